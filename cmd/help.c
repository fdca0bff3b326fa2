/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * --help, from the rows of commands and options.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "screen.h"

/* A name, and behind it a text that goes on in the same column; where the name leaves it no room it begins below. */
static void print_pair(size_t width, size_t column, const char *text)
{
    bool below = width + 2 > column;

    if (below && width + 2 + cmd_width(text, strlen(text)) <= cmd_columns(STDOUT_FILENO)) {
        (void)printf("  %s\n", text);
        return;
    }
    (void)printf("%s%*s", below ? "\n" : "", (int)(column - (below ? 0 : width)), "");
    cmd_wrap(stdout, text, cmd_columns(STDOUT_FILENO), column, column);
}

static void print_paragraph(const char *text)
{
    cmd_wrap(stdout, text, cmd_columns(STDOUT_FILENO), 0, 0);
}

void cmd_print_commands(void)
{
    (void)printf("usage: voiplab COMMAND [OPTION ...]\n\nVirtual telephony labs from one lab file.\n\n");
    for (const struct cmd_command *command = cmd_commands; command->name; command++)
        if (cmd_is_command(command))
            print_pair((size_t)printf("  %s", command->name), 14, command->summary);
    (void)printf("\n");
    print_paragraph("'voiplab COMMAND --help' tells more, 'man voiplab' tells all. 'voiplab init' writes a lab file to "
                    "start from.");
}

/* What --file is good for is told by the row of the command. */
const char *cmd_option_help(const struct cmd_command *command, enum cmd_option option)
{
    if (option == CMD_FILE && command->lab == CMD_LAB_NONE)
        return "not used: no lab file is needed";
    if (option == CMD_FILE && command->lab == CMD_LAB_PLACE)
        return "where the lab file of the backup goes (default: voiplab.ini, then $VOIPLAB_FILE)";
    if (option == CMD_FILE && command->lab == CMD_LAB_NAMED)
        return "lab file; none is needed, and only one that is given here is used";
    return cmd_option_rows[option].help;
}

static void print_option(const struct cmd_command *command, enum cmd_option option)
{
    const struct cmd_option_row *row = &cmd_option_rows[option];
    const char *const *few = cmd_option_words(option);
    char *words = few ? cmd_list(few, "", " or ") : NULL;
    const char *help = cmd_option_help(command, option);
    char *text = NULL;
    int width;

    if (asprintf(&text, "%s%s%s", help, words ? ": " : "", words ? words : "") < 0)
        text = NULL;
    width = row->letter ? printf("  -%c, ", row->letter) : printf("      ");
    width += printf("--%s%s%s", row->name, row->argument ? " " : "", row->argument ? row->argument : "");
    print_pair((size_t)width, 26, text ? text : help);
    free(text);
    free(words);
}

static void print_verbs(const struct cmd_command *command)
{
    bool any = false;

    for (const struct cmd_command *row = cmd_commands; row->name; row++) {
        if (row == command || !cmd_are_kin(row, command))
            continue;
        print_pair((size_t)printf("%s  %s", any ? "" : "\n", row->name) - !any, 20, row->summary);
        any = true;
    }
    if (any)
        (void)printf("\nThese take other options:\n'voiplab %s VERB --help' lists them.\n", command->name);
}

static void print_usage(const struct cmd_command *command)
{
    char *usage = NULL;

    if (asprintf(&usage, "usage: voiplab %s%s%s%s [OPTION ...]%s%s", command->name, command->also ? " [" : "",
                 command->also ? command->also : "", command->also ? "]" : "", *command->operands ? " " : "",
                 command->operands) >= 0)
        cmd_wrap(stdout, usage, cmd_columns(STDOUT_FILENO), 0, 11);
    free(usage);
}

void cmd_print_help(const struct cmd_command *command)
{
    print_usage(command);
    (void)printf("\n");
    print_paragraph(command->summary);
    (void)printf("\n");
    for (int i = 0; i < CMD_OPTION_COUNT; i++)
        if (cmd_option_is_taken(command, i))
            print_option(command, (enum cmd_option)i);
    (void)printf("\n");
    print_paragraph("Each option has a variable: --json is $VOIPLAB_JSON. See voiplab(1).");
    if (cmd_is_command(command))
        print_verbs(command);
}
