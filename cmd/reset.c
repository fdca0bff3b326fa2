/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd.h"

int cmd_run_reset(const struct cmd_command *command, const struct cmd_options *options)
{
    struct voiplab_request request = cmd_request(command, options);
    struct voiplab_reset reset = VOIPLAB_RESET_INIT;

    reset.clean = options->values[CMD_CLEAN] != NULL;
    request.parameters.reset = &reset;
    return cmd_carry_out(command, &request, options);
}
