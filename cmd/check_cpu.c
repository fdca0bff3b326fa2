/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * check-cpu looks, with a lab file for what the lab needs, and without one. With --fix it shows what it would do, asks,
 * and only then does it.
 */
#include <stdio.h>
#include <unistd.h>

#include "cmd.h"

static bool fits_together(const struct voiplab_request *request, const struct cmd_options *options)
{
    const struct voiplab_check_cpu *how = request->parameters.check_cpu;
    bool asks = how->fix && request->mode == VOIPLAB_APPLY && !options->values[CMD_YES];
    bool changes = cmd_is_given(options, CMD_DRY_RUN) || cmd_is_given(options, CMD_CHECK) ||
                   cmd_is_given(options, CMD_EXPLAIN) || cmd_is_given(options, CMD_YES);

    if (!how->fix && changes)
        cmd_complain("check-cpu changes nothing, unless it is told to with --fix: the option makes no sense without");
    else if (how->fix && (how->cpuinfo || options->values[CMD_FILE]))
        cmd_complain("--fix is for this host, or for a tree (--root): it takes neither --cpuinfo nor --file");
    else if (asks && (!isatty(STDIN_FILENO) || options->values[CMD_JSON]))
        cmd_complain("--fix asks before it changes anything; without a terminal, or with --json, it needs --yes");
    else
        return true;
    return false;
}

/* Show the plan and, when it is not empty, ask. With --json there is one document, the one of what was done. */
static bool may_fix(voiplab_lab *lab, const struct voiplab_request *request, const struct cmd_options *options,
                    int *ret_status)
{
    struct voiplab_request preview = *request;
    voiplab_result *result = NULL;
    voiplab_error *error = NULL;
    bool empty;

    if (request->mode != VOIPLAB_APPLY || options->values[CMD_JSON])
        return true;
    preview.mode = VOIPLAB_DRY_RUN;
    *ret_status = (int)voiplab_run(lab, &preview, &result, &error);
    if (error)
        cmd_complain("%s", voiplab_error_message(error));
    empty = !result || !*voiplab_result_text(result);
    if (result && !error)
        cmd_print_result(result, false, !empty || options->values[CMD_QUIET]);
    voiplab_result_free(result);
    voiplab_error_free(error);
    if (*ret_status != VOIPLAB_OK || empty)
        return false;
    (void)fflush(stdout);
    return options->values[CMD_YES] || cmd_confirmed("do this?");
}

int cmd_run_check_cpu(const struct cmd_command *command, const struct cmd_options *options)
{
    struct voiplab_request request = cmd_request(command, options);
    struct voiplab_check_cpu how = VOIPLAB_CHECK_CPU_INIT;
    int status;
    voiplab_lab *lab;

    how.cpuinfo = options->values[CMD_CPUINFO];
    how.fix = options->values[CMD_LOAD_MODULES] != NULL;
    how.all = options->values[CMD_VERBOSE] != NULL;
    request.parameters.check_cpu = &how;
    if (!fits_together(&request, options))
        return VOIPLAB_USAGE;
    lab = cmd_open(options, how.fix ? CMD_LAB_NONE : command->lab, &status);
    if (!lab)
        return status;
    if (!how.fix || may_fix(lab, &request, options, &status))
        status = cmd_finish(lab, &request, options);
    voiplab_close(lab);
    return status;
}
