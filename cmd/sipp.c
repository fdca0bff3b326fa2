/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sipp: what the options say of a load.
 */
#include "cmd.h"

static struct voiplab_sipp load_of(const struct cmd_options *options)
{
    struct voiplab_sipp load = VOIPLAB_SIPP_INIT;

    load.target = options->values[CMD_TARGET];
    load.extension = options->values[CMD_NUMBER_CALLED];
    load.callers = options->values[CMD_CALLERS];
    load.scenario = options->values[CMD_SCENARIO];
    load.rate = cmd_number(options, CMD_RATE, 0);
    load.calls = cmd_number(options, CMD_CALLS, 0);
    load.hold_s = cmd_number(options, CMD_HOLD, 0);
    load.concurrent = cmd_number(options, CMD_AT_ONCE, 0);
    load.tcp = options->values[CMD_TCP] != NULL;
    load.untried = options->values[CMD_UNTRIED] != NULL;
    return load;
}

int cmd_run_sipp(const struct cmd_command *command, const struct cmd_options *options)
{
    struct voiplab_request request = cmd_request(command, options);
    struct voiplab_sipp load = load_of(options);

    request.parameters.sipp = &load;
    return cmd_carry_out(command, &request, options);
}
