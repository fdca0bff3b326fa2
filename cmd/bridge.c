/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bridge, and what belongs to its way back: confirm, revert, show.
 */
#include <signal.h>
#include <string.h>

#include "cmd.h"

int cmd_run_bridge(const struct cmd_command *command, const struct cmd_options *options)
{
    struct voiplab_request request = cmd_request(command, options);
    struct voiplab_bridge bridge = VOIPLAB_BRIDGE_INIT;

    bridge.backend = options->values[CMD_BACKEND];
    bridge.timeout_s = cmd_number(options, CMD_TIMEOUT, 120);
    bridge.commit_if_reachable = options->values[CMD_COMMIT] != NULL;
    bridge.peer = cmd_ssh_peer();
    bridge.unrehearsed = options->values[CMD_REHEARSE] && !strcmp(options->values[CMD_REHEARSE], "no");
    request.parameters.bridge = &bridge;
    return cmd_carry_out(command, &request, options);
}

int cmd_run_bridge_back(const struct cmd_command *command, const struct cmd_options *options)
{
    struct voiplab_request request = cmd_request(command, options);
    struct voiplab_bridge_revert revert = VOIPLAB_BRIDGE_REVERT_INIT;

    /* the way back may cut the session off in which it was asked for, and must be gone to its end */
    (void)signal(SIGHUP, SIG_IGN);
    revert.boot = options->values[CMD_BOOT] != NULL;
    if (request.command == VOIPLAB_BRIDGE_REVERT)
        request.parameters.bridge_revert = &revert;
    return cmd_carry_out(command, &request, options);
}
