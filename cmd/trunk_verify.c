/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd.h"

/* trunk verify [PBX ...] */
int cmd_run_trunk_verify(const struct cmd_command *command, const struct cmd_options *options)
{
    struct voiplab_request request = cmd_request(command, options);
    struct voiplab_trunk_verify verify = VOIPLAB_TRUNK_VERIFY_INIT;

    if (options->values[CMD_JUNIT] && options->values[CMD_JSON]) {
        cmd_complain("--junit and --json: one of them, please");
        return VOIPLAB_USAGE;
    }
    verify.junit = options->values[CMD_JUNIT] != NULL;
    request.parameters.trunk_verify = &verify;
    return cmd_carry_out(command, &request, options);
}
