/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd.h"

int cmd_run_snapshot(const struct cmd_command *command, const struct cmd_options *options)
{
    struct voiplab_request request = cmd_request(command, options);
    struct voiplab_snapshot snapshot = VOIPLAB_SNAPSHOT_INIT;

    snapshot.tag = options->values[CMD_TAG];
    request.parameters.snapshot = &snapshot;
    return cmd_carry_out(command, &request, options);
}

/* The first operand is the tag. */
int cmd_run_snapshot_tag(const struct cmd_command *command, const struct cmd_options *options)
{
    struct voiplab_request request = cmd_request(command, options);
    struct voiplab_snapshot snapshot = VOIPLAB_SNAPSHOT_INIT;

    snapshot.tag = request.names[0];
    request.names++;
    request.parameters.snapshot = &snapshot;
    return cmd_carry_out(command, &request, options);
}
