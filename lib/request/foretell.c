/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "request/foretell.h"

#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/text.h"
#include "dialplan/version.h"
#include "lab/mask.h"
#include "render/asterisk.h"
#include "request/dialplan_source.h"
#include "trace/show.h"

/* On the hub a guest's class of service counts as a telephone's does; who is neither came over the line of a provider.
 */
static const char *context_at_hub(const struct vl_run *run, const struct vl_pbx *hub, const char *caller,
                                  const struct vl_pbx *from, const char *telephones)
{
    const struct vl_lab *lab = run->session->lab;
    struct vl_arena *arena = &run->result->arena;
    const struct vl_class *class = from ? from->class : NULL;
    bool known = from != NULL;

    for (size_t i = 0; !from && i < lab->user_count; i++)
        if (!strcmp(lab->users[i].number, caller)) {
            class = lab->users[i].class;
            known = true;
        }
    if (!known)
        return vl_render_trunk_context(arena, hub);
    return class ? vl_render_class_context(arena, &run->session->state, hub, class) : telephones;
}

static const char *context_of(const struct vl_run *run, const struct vl_pbx *pbx, const char *caller,
                              const struct vl_pbx *from, const char *telephones)
{
    if (pbx == run->session->lab->hub)
        return context_at_hub(run, pbx, caller, from, telephones);
    return from ? vl_render_trunk_context(&run->result->arena, pbx) : telephones;
}

/* What a report has is handed on. */
static const char *masked(const struct vl_run *run, const char *text)
{
    return run->request->show_secrets ? text : vl_lab_mask(&run->session->state, &run->result->arena, text);
}

static const char *follow(const struct vl_run *run, const struct vl_dialplan *plan, const struct vl_query *query,
                          const struct vl_show_facts *facts, struct vl_error *err)
{
    struct vl_arena *arena = &run->result->arena;
    VL_BUF_AUTO text = VL_BUF_INIT;
    struct vl_show show;

    if (vl_show(plan, query, facts, arena, &show, err) < 0)
        return NULL;
    vl_show_text(&text, arena, &show, true);
    return text.failed ? NULL : masked(run, vl_arena_strdup(arena, vl_buf_text(&text)));
}

struct vl_foretold vl_run_foretell(const struct vl_run *run, const struct vl_pbx *pbx, const char *number,
                                   const char *caller, const struct vl_pbx *from)
{
    struct vl_session *session = run->session;
    struct vl_arena *arena = &run->result->arena;
    struct voiplab_dialplan_source source = VOIPLAB_DIALPLAN_SOURCE_INIT;
    const char *version = vl_state_nature(&session->state, pbx)->asterisk;
    struct vl_foretold foretold = { .pbx = pbx, .number = number };
    VL_ERROR_AUTO cause = { .code = VL_OK };
    struct vl_show_facts facts = { .asterisk = version ? vl_version_number(version) : 0 };
    struct vl_moment moment;
    struct vl_dialplan *plan;

    source.pbx = pbx->name;
    plan = vl_run_dialplan_source(session, &source, arena, &foretold.context, &facts.database, &cause);
    foretold.context = context_of(run, pbx, caller, from, foretold.context);
    if (plan && foretold.context && vl_run_moment((long long)time(NULL), &moment))
        foretold.text = follow(
            run, plan,
            &(struct vl_query){
                .number = number, .context = foretold.context, .callerid = caller, .priority = 1, .moment = &moment },
            &facts, &cause);
    if (!foretold.text)
        foretold.why =
            cause.code ? masked(run, vl_arena_strdup(arena, vl_error_text(&cause))) : "it cannot be followed";
    vl_dialplan_free(plan);
    return foretold;
}

const char *vl_run_foretold_title(const struct vl_run *run, const struct vl_foretold *foretold)
{
    return vl_arena_printf(&run->result->arena, "what the dialplan of '%s' says of %s%s%s", foretold->pbx->name,
                           vl_text_quote(&run->result->arena, foretold->number, VL_TEXT_QUOTED),
                           foretold->context ? " in " : "", foretold->context ? foretold->context : "");
}

void vl_run_foretold_json(const struct vl_foretold *foretold, struct vl_json *json, const char *key)
{
    if (!foretold->pbx) {
        vl_json_null(json, key);
        return;
    }
    vl_json_object(json, key);
    vl_json_string(json, "pbx", foretold->pbx->name);
    vl_json_string(json, "number", foretold->number);
    vl_json_string(json, "context", foretold->context);
    vl_json_string(json, "text", foretold->text);
    vl_json_string(json, "why", foretold->why);
    vl_json_end(json);
}
