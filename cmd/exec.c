/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
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
    int at = border(options), status;
    const char **names;

    for (int i = 0; i < at; i++)
        if (options->operands[i][0] == '-') {
            cmd_complain("exec: options such as '%s' stand before the names", options->operands[i]);
            return VOIPLAB_USAGE;
        }
    if (at + 1 >= options->operand_count) {
        cmd_complain("exec needs a command behind '--': voiplab exec %s", command->operands);
        return VOIPLAB_USAGE;
    }
    names = calloc((size_t)(at > 0 ? at : 0) + 1, sizeof(*names));
    if (!names) {
        cmd_complain("out of memory");
        return VOIPLAB_FAILED;
    }
    for (int i = 0; i < at; i++)
        names[i] = options->operands[i];
    request.names = at > 0 ? names : NULL;
    exec.command = (const char *const *)(void *)(options->operands + at + 1);
    request.parameters.exec = &exec;
    status = cmd_carry_out(command, &request, options);
    free(names);
    return status;
}
