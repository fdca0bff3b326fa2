/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd.h"

/* inspect [NAME ...]; of all labs no file is read. */
int cmd_run_inspect(const struct cmd_command *command, const struct cmd_options *options)
{
    struct voiplab_request request = cmd_request(command, options);
    struct voiplab_inspect inspect = VOIPLAB_INSPECT_INIT;
    struct cmd_command row = *command;

    inspect.all = options->values[CMD_ALL] != NULL;
    if (inspect.all) {
        request.parameters.inspect = &inspect;
        row.lab = CMD_LAB_NONE;
    }
    return cmd_carry_out(&row, &request, options);
}
