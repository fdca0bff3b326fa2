/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "cmd.h"

/* Where the "--" stands that ends the names; -1: before the first operand; `operand_count`: nowhere. */
static int border(const struct cmd_options *options)
{
    int at = 0;

    if (options->dashes)
        return -1;
    while (at < options->operand_count && strcmp(options->operands[at], "--") != 0)
        at++;
    return at;
}

/* exec [NAME ...] -- CMD ... */
int cmd_run_exec(const struct cmd_command *command, const struct cmd_options *options)
{
    struct voiplab_request request = cmd_request(command, options);
    struct voiplab_exec exec = VOIPLAB_EXEC_INIT;
    int at = border(options);

    for (int i = 0; i < at; i++)
        if (options->operands[i][0] == '-') {
            cmd_complain("exec: options such as '%s' stand before the names", options->operands[i]);
            return VOIPLAB_USAGE;
        }
    if (at + 1 >= options->operand_count) {
        cmd_complain("exec needs a command behind '--': voiplab exec %s", command->operands);
        return VOIPLAB_USAGE;
    }
    if (at >= 0)
        options->operands[at] = NULL; /* it ends the names */
    request.names = at > 0 ? (const char *const *)(void *)options->operands : NULL;
    exec.command = (const char *const *)(void *)(options->operands + at + 1);
    request.parameters.exec = &exec;
    return cmd_carry_out(command, &request, options);
}
