/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bridge, and what belongs to its way back: confirm, revert, show.
 */
#include <signal.h>
#include <string.h>

#include "cmd.h"

static const struct {
    const char *verb;
    enum voiplab_command request;
    enum cmd_lab lab;
} verbs[] = {
    { "confirm", VOIPLAB_BRIDGE_CONFIRM, CMD_LAB_NONE },
    { "revert", VOIPLAB_BRIDGE_REVERT, CMD_LAB_NONE },
    { "show", VOIPLAB_BRIDGE_SHOW, CMD_LAB_NONE },
};

static int run(const struct voiplab_request *request, const struct cmd_options *options, enum cmd_lab wanted)
{
    int status;
    voiplab_lab *lab = cmd_open(options, wanted, &status);

    if (!lab)
        return status;
    status = cmd_finish(lab, request, options);
    voiplab_close(lab);
    return status;
}

/* bridge [confirm|revert|show] */
int cmd_run_bridge(const struct cmd_command *command, const struct cmd_options *options)
{
    struct voiplab_request request = cmd_request(command, options);
    struct voiplab_bridge bridge = VOIPLAB_BRIDGE_INIT;
    struct voiplab_bridge_revert revert = VOIPLAB_BRIDGE_REVERT_INIT;
    const char *verb = options->operand_count ? options->operands[0] : NULL;

    if (!cmd_number(options, CMD_TIMEOUT, 86400, 120, &bridge.timeout_s))
        return VOIPLAB_USAGE;
    request.names = NULL;
    bridge.commit_if_reachable = options->values[CMD_COMMIT] != NULL;
    bridge.backend = options->values[CMD_BACKEND];
    bridge.peer = cmd_ssh_peer();
    revert.boot = options->values[CMD_BOOT] != NULL;
    request.parameters.bridge = &bridge;
    if (!verb)
        return run(&request, options, CMD_LAB_NEEDED);
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        if (strcmp(verb, verbs[i].verb) != 0)
            continue;
        /* the way back may cut the session off in which it was asked for, and must be gone to its end */
        (void)signal(SIGHUP, SIG_IGN);
        request.command = verbs[i].request;
        request.parameters.any = NULL;
        if (request.command == VOIPLAB_BRIDGE_REVERT)
            request.parameters.bridge_revert = &revert;
        return run(&request, options, verbs[i].lab);
    }
    cmd_complain("bridge: '%s' is none of confirm, revert, show", verb);
    return VOIPLAB_USAGE;
}
