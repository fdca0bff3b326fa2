/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * trust NAME ...: each key that is new, or another one, is asked about before it is written.
 */
#include <unistd.h>

#include "cmd.h"

static bool confirm(void *context, const char *question)
{
    (void)context;
    return cmd_confirmed(question);
}

int cmd_run_trust(const struct cmd_command *command, const struct cmd_options *options)
{
    struct voiplab_request request = cmd_request(command, options);
    struct voiplab_trust trust = VOIPLAB_TRUST_INIT;

    if (!options->values[CMD_YES] && request.mode == VOIPLAB_APPLY) {
        if (!isatty(STDIN_FILENO)) {
            cmd_complain("trust asks before it believes a host key; without a terminal it needs --yes, and --dry-run "
                         "only shows it");
            return VOIPLAB_USAGE;
        }
        trust.confirm = confirm;
    }
    request.parameters.trust = &trust;
    return cmd_carry_out(command, &request, options);
}
