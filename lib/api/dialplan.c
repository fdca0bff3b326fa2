/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The public interface to dialplans: where one comes from, and questions to it.
 */
#include <string.h>

#include "api/api.h"
#include "api/sized.h"
#include "base/memory.h"
#include "dialplan/version.h"
#include "request/dialplan_source.h"
#include "trace/show.h"

#define NO_CONTEXT "say with --context where the call comes in"

struct voiplab_dialplan {
    struct vl_dialplan *plan;
    const char *context; /* where the telephones of its PBX dial; NULL: not known */
    const struct vl_astdb *database;
    struct vl_arena arena;
};

voiplab_dialplan *voiplab_dialplan_open(voiplab_lab *lab, const struct voiplab_dialplan_source *given,
                                        voiplab_error **ret_error)
{
    voiplab_dialplan *dialplan = vl_malloc(sizeof(*dialplan));
    VL_ERROR_AUTO err = { .code = VL_OK };
    struct voiplab_dialplan_source source;

    if (!dialplan) {
        (void)vl_no_memory(&err);
        (void)vl_api_finish(&err, ret_error);
        return NULL;
    }
    *dialplan = (voiplab_dialplan){ .plan = NULL };
    if (lab && vl_api_session(lab)->state.shut)
        vl_session_event(vl_api_session(lab), VOIPLAB_EVENT_WARNING, NULL,
                         "'%s' is for root: what the PBXs were found to be is not known, and they are taken for what "
                         "the lab file says",
                         vl_api_session(lab)->state.directory);
    if (vl_sized_copy(&source, given, sizeof(source), "VOIPLAB_DIALPLAN_SOURCE_INIT", &err) == 0)
        dialplan->plan = vl_run_dialplan_source(lab ? vl_api_session(lab) : NULL, &source, &dialplan->arena,
                                                &dialplan->context, &dialplan->database, &err);
    if (dialplan->plan) {
        (void)vl_api_finish(&err, ret_error);
        return dialplan;
    }
    (void)vl_api_finish(&err, ret_error);
    voiplab_dialplan_close(dialplan);
    return NULL;
}

void voiplab_dialplan_close(voiplab_dialplan *dialplan)
{
    if (!dialplan)
        return;
    vl_dialplan_free(dialplan->plan);
    vl_arena_free(&dialplan->arena);
    vl_free(dialplan);
}

static char *copy_of(const char *text, struct vl_error *err)
{
    char *copy = vl_strdup(text);

    if (!copy)
        (void)vl_no_memory(err);
    return copy;
}

/* What a line gets that does not say enough, with all members that an answer has. */
static char *show_no_context(const struct vl_query *query, struct vl_error *err)
{
    VL_JSON_AUTO *json = vl_json_new();
    struct vl_search search = { .visits = NULL };
    struct vl_query nowhere = *query;

    nowhere.context = "";
    vl_json_object(json, NULL);
    vl_show_search_json(json, &nowhere, &search);
    vl_json_string(json, "error", NO_CONTEXT);
    return vl_json_text(json, 0, err);
}

/* One line: the search only. A context that is not there is an answer too. */
static char *show_line(const struct vl_dialplan *plan, const struct vl_query *query, struct vl_error *err)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_JSON_AUTO *json = vl_json_new();
    VL_ERROR_AUTO cause = { .code = VL_OK };
    struct vl_search search;

    vl_json_object(json, NULL);
    if (vl_search(plan, query, &arena, &search, &cause) < 0 && cause.code != VL_ERROR_NOTFOUND) {
        vl_error_move(err, &cause);
        return NULL;
    }
    vl_show_search_json(json, query, &search);
    if (cause.code)
        vl_json_string(json, "error", vl_error_text(&cause));
    return vl_json_text(json, 0, err);
}

static char *show_whole(const struct vl_dialplan *plan, const struct vl_query *query, const struct vl_show_facts *facts,
                        enum voiplab_dialplan_form form, bool utf8, struct vl_error *err)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_BUF_AUTO out = VL_BUF_INIT;
    VL_JSON_AUTO *json = NULL;
    struct vl_show show;

    if (vl_show(plan, query, facts, &arena, &show, err) < 0)
        return NULL;
    if (form == VOIPLAB_DIALPLAN_JSON) {
        json = vl_json_new();
        vl_json_object(json, NULL);
        vl_show_json(json, &show);
        return vl_json_text(json, 2, err);
    }
    if (form == VOIPLAB_DIALPLAN_GRAPH)
        vl_show_dot(&out, plan, &show);
    else
        vl_show_text(&out, &arena, &show, utf8);
    if (out.failed || arena.failed) {
        (void)vl_no_memory(err);
        return NULL;
    }
    return copy_of(vl_buf_text(&out), err);
}

/* The moment that is meant, from text over the caller's now. */
static int read_moment(const struct voiplab_dialplan_query *query, struct vl_moment *moment, struct vl_error *err)
{
    if (!vl_run_moment(query->now, moment))
        return vl_fail(err, VL_ERROR_USAGE, "the time cannot be told");
    if (query->at && !vl_moment_read(query->at, moment))
        return vl_fail(err, VL_ERROR_USAGE, "'%s' is no time: give 'HH:MM', 'mon HH:MM' or 'YYYY-MM-DD HH:MM'",
                       query->at);
    return 0;
}

static char *show(const voiplab_dialplan *dialplan, const struct voiplab_dialplan_query *query,
                  enum voiplab_dialplan_form form, struct vl_error *err)
{
    struct vl_moment moment;
    struct vl_query wanted = {
        .number = query->number,
        .context = query->context ? query->context : dialplan->context,
        .callerid = query->callerid,
        .priority = query->priority ? query->priority : 1,
        .moment = &moment,
    };
    struct vl_show_facts facts = { .database = dialplan->database,
                                   .set = query->set,
                                   .asterisk = query->asterisk ? vl_version_number(query->asterisk) : 0,
                                   .steps_most = (size_t)(query->steps > 0 ? query->steps : 0) };

    if (read_moment(query, &moment, err) < 0)
        return NULL;
    if (query->steps < 0) {
        (void)vl_fail(err, VL_ERROR_USAGE, "%d steps are none that could be followed", query->steps);
        return NULL;
    }
    if (query->asterisk && !facts.asterisk) {
        (void)vl_fail(err, VL_ERROR_USAGE, VL_VERSION_NONE, query->asterisk);
        return NULL;
    }
    if (!wanted.context) {
        char *line = form == VOIPLAB_DIALPLAN_LINE ? show_no_context(&wanted, err) : NULL;

        if (!err->code)
            (void)vl_fail(err, VL_ERROR_USAGE, NO_CONTEXT);
        return line;
    }
    return form == VOIPLAB_DIALPLAN_LINE ? show_line(dialplan->plan, &wanted, err)
                                         : show_whole(dialplan->plan, &wanted, &facts, form, query->utf8, err);
}

enum voiplab_status voiplab_dialplan_show(const voiplab_dialplan *dialplan, const struct voiplab_dialplan_query *given,
                                          enum voiplab_dialplan_form form, char **ret_text, voiplab_error **ret_error)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    struct voiplab_dialplan_query query;
    char *text = NULL;

    if (!dialplan || !given || !ret_text)
        (void)vl_fail(&err, VL_ERROR_USAGE, "a question needs a dialplan, a query and a place for the answer");
    else if (vl_sized_copy(&query, given, sizeof(query), "VOIPLAB_DIALPLAN_QUERY_INIT", &err) < 0)
        ; /* err says why */
    else if (query.number && !*query.number)
        (void)vl_fail(&err, VL_ERROR_USAGE,
                      "the number is empty: give the one that is dialled, such as 101, or a name "
                      "such as s or h");
    else if (!query.number || (unsigned)form > VOIPLAB_DIALPLAN_GRAPH)
        (void)vl_fail(&err, VL_ERROR_USAGE, "a query needs a number, and a form of the answer that there is");
    else
        text = show(dialplan, &query, form, &err);
    if (ret_text)
        *ret_text = text;
    return vl_api_finish(&err, ret_error);
}
