/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * logs: the end of the log of a PBX's Asterisk, or that file followed as it grows; or what a guest wrote on its serial
 * console, which its hypervisor keeps on this host.
 */
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "request/request.h"
#include "stage/stage.h"

#define DIRECTORY "/var/log/asterisk/"

enum { CONSOLE_LIMIT = 16 << 20 };

/* Where Asterisk writes, as its samples of different times have it; the first that is there is meant. */
static const char *const places[] = { DIRECTORY "messages.log", DIRECTORY "full", DIRECTORY "messages" };

/* The file that is there. NULL after a failure. ls names those that are, and ends with an error for the others. */
static const char *find_file(const struct vl_run *run, const struct vl_pbx *pbx)
{
    const char *const argv[] = { "ls", "-1", "--", places[0], places[1], places[2], NULL };
    struct vl_command_result result = { .status = -1 };
    const char *const *lines;

    if (vl_run_on(run, pbx, argv, &result, run->err) < 0)
        return NULL;
    lines = vl_text_split(&run->result->arena, result.output ? result.output : "", "\n");
    vl_command_result_free(&result);
    for (size_t i = 0; i < VL_COUNT(places); i++)
        for (size_t j = 0; lines[j]; j++)
            if (!strcmp(lines[j], places[i]))
                return places[i];
    (void)vl_fail(run->err, VL_ERROR_FAILED,
                  "'%s' has no log of Asterisk: none of messages.log, full and messages is in '" DIRECTORY
                  "'; 'voiplab cli %s \"logger show channels\"' tells where it writes",
                  pbx->name, pbx->name);
    return NULL;
}

/* The other log of a guest is what it writes to its serial console. */
static void tell_of_console(const struct vl_run *run, const struct vl_pbx *pbx)
{
    if (pbx->place != VL_PLACE_VM)
        return;
    if (vl_stage_console_log(run->session, &run->result->arena, pbx))
        vl_session_event(run->session, VOIPLAB_EVENT_STEP, pbx->name,
                         "this is Asterisk's log; 'voiplab logs --console %s' shows that of its serial console",
                         pbx->name);
    else
        vl_session_event(
            run->session, VOIPLAB_EVENT_STEP, pbx->name,
            "this is Asterisk's log; of the serial console none is kept: 'voiplab console %s' shows what comes",
            pbx->name);
}

static int show_console(const struct vl_run *run, const struct vl_pbx *pbx)
{
    struct vl_arena *arena = &run->result->arena;
    const char *file = vl_stage_console_log(run->session, arena, pbx);
    VL_FREE char *text = NULL;

    if (run->request->parameters.logs->follow)
        return vl_fail(run->err, VL_ERROR_USAGE, "'voiplab console %s' shows what comes; the log is what came before",
                       pbx->name);
    if (pbx->place != VL_PLACE_VM)
        return vl_fail(run->err, VL_ERROR_USAGE, "'%s' is no guest of the lab, so it has no serial console here",
                       pbx->name);
    if (!file)
        return vl_fail(run->err, VL_ERROR_FAILED,
                       "what '%s' writes on its serial console is not kept: its hypervisor is on another host, or no "
                       "virtlogd runs, which keeps that small; 'voiplab console %s' shows what comes",
                       pbx->name, pbx->name);
    if (vl_file_read(file, CONSOLE_LIMIT, &text, NULL, run->err) < 0)
        return vl_error_wrap(run->err, "'%s' has no log of its serial console", pbx->name);
    run->result->text = vl_run_output(run, arena, text);
    vl_json_string(run->result->document, "pbx", pbx->name);
    vl_json_string(run->result->document, "file", file);
    vl_json_string(run->result->document, "output", run->result->text);
    return vl_arena_check(arena, run->err);
}

static int show_end(const struct vl_run *run, const struct vl_pbx *pbx, const char *file)
{
    const char *const argv[] = { "tail", "-n100", "--", file, NULL };
    struct vl_command_result result = { .status = -1 };
    int status;

    if (vl_run_is_dry(run))
        return vl_run_show_command(run, argv);
    if (vl_run_on(run, pbx, argv, &result, run->err) < 0)
        return -1;
    run->result->text = vl_run_output(run, &run->result->arena, result.output ? result.output : "");
    status = result.status;
    vl_command_result_free(&result);
    vl_json_string(run->result->document, "pbx", pbx->name);
    vl_json_string(run->result->document, "file", file);
    vl_json_string(run->result->document, "output", run->result->text);
    if (!status)
        return 0;
    return vl_fail(run->err, VL_ERROR_FAILED, "'%s' cannot read '%s': tail ended with %d", pbx->name, file, status);
}

int vl_run_logs(const struct vl_run *run)
{
    const char *const *names = run->request->names;
    const struct vl_pbx *pbx;
    const char *file;

    if (!names || !names[0] || names[1])
        return vl_fail(run->err, VL_ERROR_USAGE, "one PBX has to be named, whose log is meant");
    pbx = vl_lab_pbx(run->session->lab, names[0]);
    if (run->request->parameters.logs->console)
        return show_console(run, pbx);
    file = find_file(run, pbx);
    if (!file)
        return -1;
    tell_of_console(run, pbx);
    if (!run->request->parameters.logs->follow)
        return show_end(run, pbx, file);
    return vl_run_hand_over(run, false, (const char *const[]){ "tail", "-n100", "-F", file, NULL });
}
