/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd.h"

/* logs NAME: what grows is followed by a program that this process becomes. */
int cmd_run_logs(const struct cmd_command *command, const struct cmd_options *options)
{
    struct voiplab_request request = cmd_request(command, options);
    struct voiplab_logs logs = VOIPLAB_LOGS_INIT;

    logs.follow = options->values[CMD_FOLLOW] != NULL;
    logs.console = options->values[CMD_CONSOLE] != NULL;
    request.parameters.logs = &logs;
    return logs.follow ? cmd_become(command, &request, options, NULL, 0) : cmd_carry_out(command, &request, options);
}
