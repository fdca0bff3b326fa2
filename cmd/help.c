/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * --help, from the rows of commands and options.
 */
#include <stdio.h>
#include <stdlib.h>

#include "cmd.h"

void cmd_print_commands(void)
{
    (void)printf("usage: voiplab COMMAND [OPTION ...]\n\nVirtual telephony labs from one lab file.\n\n");
    for (const struct cmd_command *command = cmd_commands; command->name; command++)
        if (cmd_is_command(command))
            (void)printf("  %-10s  %s\n", command->name, command->summary);
    (void)printf("\n'voiplab COMMAND --help' tells more, 'man voiplab' tells all. 'voiplab init' writes a lab file to "
                 "start from.\n");
}

/* What --file is good for is told by the row of the command. */
const char *cmd_option_help(const struct cmd_command *command, enum cmd_option option)
{
    if (option == CMD_FILE && command->lab == CMD_LAB_NONE)
        return "not used: no lab file is needed";
    if (option == CMD_FILE && command->lab == CMD_LAB_NAMED)
        return "lab file; none is needed, and only one that is given here is used";
    return cmd_option_rows[option].help;
}

static void print_option(const struct cmd_command *command, enum cmd_option option)
{
    const struct cmd_option_row *row = &cmd_option_rows[option];
    const char *const *few = cmd_option_words(option);
    char *words = few ? cmd_list(few, "", " or ") : NULL;
    int width;

    width = row->letter ? printf("  -%c, ", row->letter) : printf("      ");
    width += printf("--%s%s%s", row->name, row->argument ? " " : "", row->argument ? row->argument : "");
    (void)printf("%*s%s%s%s\n", width < 26 ? 26 - width : 2, "", cmd_option_help(command, option), words ? ": " : "",
                 words ? words : "");
    free(words);
}

static void print_verbs(const struct cmd_command *command)
{
    bool any = false;

    for (const struct cmd_command *row = cmd_commands; row->name; row++) {
        if (row == command || !cmd_are_kin(row, command))
            continue;
        (void)printf("%s  %-16s  %s\n", any ? "" : "\n", row->name, row->summary);
        any = true;
    }
    if (any)
        (void)printf("\nThese take other options: 'voiplab %s VERB --help' lists them.\n", command->name);
}

void cmd_print_help(const struct cmd_command *command)
{
    (void)printf("usage: voiplab %s%s%s%s [OPTION ...]%s%s\n\n%s\n\n", command->name, command->also ? " [" : "",
                 command->also ? command->also : "", command->also ? "]" : "", *command->operands ? " " : "",
                 command->operands, command->summary);
    for (int i = 0; i < CMD_OPTION_COUNT; i++)
        if (cmd_option_is_taken(command, i))
            print_option(command, (enum cmd_option)i);
    if (cmd_is_command(command))
        print_verbs(command);
}
