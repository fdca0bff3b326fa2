/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * `dialplan diff`: what each PBX runs now, as its Asterisk tells it, against what the lab file says; not the files,
 * which may not have been loaded, or have been changed after that.
 */
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "dialplan/normal.h"
#include "lab/mask.h"
#include "plan/diff.h"
#include "probe/ask.h"
#include "render/asterisk.h"
#include "request/request.h"

enum { WAIT_S = 10 };

/* The dialplan that the lab gives this PBX. NULL when it gives none, or on failure. */
static struct vl_dialplan *wanted_plan(const struct vl_run *run, const struct vl_pbx *pbx, struct vl_error *err)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    struct vl_fileset set = { .count = 0 };

    vl_render_pbx(&arena, run->session->lab, &run->session->state, pbx, VL_PART_TRUNK | VL_PART_DIALPLAN, &set);
    for (size_t i = 0; i < set.count && !arena.failed; i++) {
        const char *name = strrchr(set.files[i].path, '/');

        if (name && !strcmp(name, "/voiplab_extensions.conf"))
            return vl_dialplan_parse(set.files[i].path, set.files[i].text, &vl_conf_no_files, err);
    }
    if (arena.failed)
        (void)vl_no_memory(err);
    return NULL;
}

static int running_plan(const struct vl_member *member, const struct vl_dialplan *plan, struct vl_buf *out,
                        struct vl_error *err)
{
    VL_FREE char *shown = NULL;

    if (vl_asterisk_ask(member->target, "dialplan show", &shown, err) < 0)
        return -1;
    return shown && vl_dialplan_normal_shown(plan, shown, out)
               ? 0
               : vl_fail(err, VL_ERROR_FAILED, "Asterisk does not show its dialplan; does it run?");
}

/* Append the difference of one PBX. */
static int compare(const struct vl_run *run, const struct vl_member *member, struct vl_buf *text, struct vl_error *err)
{
    VL_DIALPLAN_AUTO *plan = wanted_plan(run, member->pbx, err);
    VL_BUF_AUTO wanted = VL_BUF_INIT;
    VL_BUF_AUTO running = VL_BUF_INIT;
    VL_BUF_AUTO diff = VL_BUF_INIT;
    VL_ARENA_AUTO arena = { .blocks = NULL };
    const char *shown;

    if (!plan)
        return err->code ? -1 : 0;
    vl_dialplan_normal(plan, &wanted);
    if (running_plan(member, plan, &running, err) < 0)
        return -1;
    vl_diff(&diff, vl_buf_text(&running), vl_buf_text(&wanted));
    if (wanted.failed || running.failed || diff.failed)
        return vl_no_memory(err);
    if (!diff.length)
        return 0;
    shown = vl_text_printable(&arena, vl_buf_text(&diff));
    vl_buf_printf(text, "--- %s: what it runs\n+++ %s: what the lab file says\n%s", member->pbx->name,
                  member->pbx->name,
                  run->request->show_secrets ? shown : vl_lab_mask(&run->session->state, &arena, shown));
    return 1;
}

static void note(const struct vl_run *run, const struct vl_member *member, const char *word, const char *change)
{
    struct vl_json *json = run->result->document;

    vl_json_object(json, NULL);
    vl_json_string(json, "pbx", member->pbx->name);
    vl_json_string(json, "state", word);
    vl_json_string(json, "change", change);
    vl_json_end(json);
}

/* What was not seen is not the same. */
static void summarize(struct voiplab_result *result, const struct vl_fleet *fleet, size_t different)
{
    size_t unseen = vl_fleet_failed(fleet);

    if (different)
        vl_result_summary(result, "%zu of %zu PBX%s run something else", different, fleet->count,
                          vl_plural(fleet->count));
    else if (unseen)
        vl_result_summary(result, "no difference on %zu PBX%s, %zu not seen", fleet->count - unseen,
                          vl_plural(fleet->count - unseen), unseen);
    else
        vl_result_summary(result, "no difference");
}

static size_t compare_all(const struct vl_run *run, struct vl_fleet *fleet, struct vl_buf *text)
{
    size_t different = 0;

    vl_json_array(run->result->document, "pbxs");
    for (size_t i = 0; i < fleet->count; i++) {
        struct vl_member *member = &fleet->members[i];
        size_t before = text->length;
        int rc = member->error.code || !member->target ? -1 : compare(run, member, text, &member->error);

        if (rc < 0 && member->target)
            vl_session_event(run->session, VOIPLAB_EVENT_WARNING, member->pbx->name, "%s",
                             vl_error_text(&member->error));
        different += rc > 0;
        note(run, member, rc < 0 ? "unknown" : rc ? "different" : "same", rc > 0 ? vl_buf_text(text) + before : NULL);
    }
    vl_json_end(run->result->document);
    return different;
}

int vl_run_dialplan_diff(const struct vl_run *run)
{
    VL_FLEET_AUTO fleet = { .count = 0 };
    VL_BUF_AUTO text = VL_BUF_INIT;
    size_t different;

    if (vl_fleet_open(run->session, run->request->names, &fleet, run->err) < 0)
        return -1;
    vl_fleet_connect(&fleet, run->session->options.wait_s ? run->session->options.wait_s : WAIT_S);
    different = compare_all(run, &fleet, &text);
    if (text.failed)
        return vl_no_memory(run->err);
    run->result->text = vl_arena_strdup(&run->result->arena, vl_buf_text(&text));
    summarize(run->result, &fleet, different);
    if (vl_run_fleet_error(run, &fleet) < 0)
        return -1;
    return different ? vl_fail(run->err, VL_ERROR_DRIFT, "%zu of %zu PBX%s run something else", different, fleet.count,
                               vl_plural(fleet.count))
                     : 0;
}
