/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "cmd.h"

/* trunk [push|remove] [PBX ...] */
int cmd_run_trunk(const struct cmd_command *command, const struct cmd_options *options)
{
    struct cmd_command chosen = *command;
    struct cmd_options rest = *options;
    const char *verb = options->operand_count ? options->operands[0] : "";

    if (!strcmp(verb, "remove"))
        chosen.request = VOIPLAB_TRUNK_REMOVE;
    if (!strcmp(verb, "push") || !strcmp(verb, "remove")) {
        rest.operands++;
        rest.operand_count--;
    }
    return cmd_run_request(&chosen, &rest);
}
