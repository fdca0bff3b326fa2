/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd.h"

/* cli NAME [COMMAND]: the console is a program that this process becomes; of one command the library has the answer. */
int cmd_run_cli(const struct cmd_command *command, const struct cmd_options *options)
{
    const char *const names[] = { options->operands[0], NULL };
    struct voiplab_request request = cmd_request(command, options);
    struct voiplab_cli cli = VOIPLAB_CLI_INIT;

    request.names = names;
    request.parameters.cli = &cli;
    if (options->operand_count < 2)
        return cmd_become(command, &request, options, NULL, 0);
    cli.command = options->operands[1];
    return cmd_carry_out(command, &request, options);
}
