/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cli: the console of the Asterisk of a PBX, or one command of it.
 */
#include <string.h>

#include "base/text.h"
#include "request/request.h"

/* What the Asterisk of the PBX answers, into the result. */
static int ask(const struct vl_run *run, const struct vl_pbx *pbx, const char *const *argv)
{
    struct vl_arena *arena = &run->result->arena;
    struct vl_command_result result = { .status = -1 };
    const char *said;
    int status;

    if (vl_run_on(run, pbx, argv, &result, run->err) < 0)
        return -1;
    said = vl_run_output(run, arena, result.output ? result.output : "");
    status = result.status;
    vl_command_result_free(&result);
    if (status)
        return vl_fail(run->err, VL_ERROR_FAILED,
                       "'asterisk -rx' on '%s' ended with %d: '%s'; does Asterisk run there?", pbx->name, status,
                       vl_text_quote(arena, said, VL_TEXT_QUOTED));
    run->result->text = said;
    vl_json_string(run->result->document, "pbx", pbx->name);
    vl_json_string(run->result->document, "output", said);
    return 0;
}

int vl_run_cli(const struct vl_run *run)
{
    static const char *const console[] = { "asterisk", "-r", NULL };
    const char *const *names = run->request->names;
    const char *command = run->request->parameters.cli->command;
    const char *const argv[] = { "asterisk", "-rx", command, NULL };

    if (!names || !names[0] || names[1])
        return vl_fail(run->err, VL_ERROR_USAGE, "one PBX has to be named, whose Asterisk is meant");
    if (!command)
        return vl_run_hand_over(run, true, console);
    if (!*command)
        return vl_fail(run->err, VL_ERROR_USAGE, "the command is empty; without one it is the console");
    if (vl_run_is_dry(run))
        return vl_run_show_command(run, argv);
    return ask(run, vl_lab_pbx(run->session->lab, names[0]), argv);
}
