/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Finding things among the rows of commands.h.
 */
#include <stdlib.h>
#include <string.h>

#include "cmd.h"

const struct cmd_command cmd_commands[] = {
#define COMMAND(function, ...) { .run = function, __VA_ARGS__ },
#include "commands.h"
#undef COMMAND
    { .name = NULL },
};

const char *cmd_verb(const struct cmd_command *command)
{
    const char *blank = strchr(command->name, ' ');

    return blank ? blank + 1 : NULL;
}

bool cmd_is_command(const struct cmd_command *command)
{
    return !cmd_verb(command);
}

bool cmd_are_kin(const struct cmd_command *a, const struct cmd_command *b)
{
    size_t length = strcspn(a->name, " ");

    return length == strcspn(b->name, " ") && !strncmp(a->name, b->name, length);
}

const char **cmd_names(const struct cmd_command *of)
{
    const char **names = calloc(sizeof(cmd_commands) / sizeof(cmd_commands[0]), sizeof(*names));
    size_t count = 0;

    for (const struct cmd_command *row = cmd_commands; names && row->name; row++)
        if (of ? cmd_are_kin(row, of) && cmd_verb(row) : cmd_is_command(row))
            names[count++] = of ? cmd_verb(row) : row->name;
    return names;
}

static const char *own_name(const struct cmd_command *row)
{
    return cmd_is_command(row) ? row->name : cmd_verb(row);
}

static bool has_synonym(const struct cmd_command *row, const char *word)
{
    const char *const *synonym = row->synonyms;

    while (synonym && *synonym && strcmp(*synonym, word) != 0)
        synonym++;
    return synonym && *synonym;
}

/* A suggestion is followed without much thought: what takes things away is suggested to nobody who has not said so. */
const char *cmd_meant(const char *wrong, const struct cmd_command *of)
{
    const char **names = calloc(sizeof(cmd_commands) / sizeof(cmd_commands[0]) + 1, sizeof(*names)), *meant = NULL;
    size_t count = 0;

    if (names && !of)
        names[count++] = "help"; /* which has no row */
    for (const struct cmd_command *row = cmd_commands; names && row->name && !meant; row++) {
        if (of ? !cmd_are_kin(row, of) || !cmd_verb(row) : !cmd_is_command(row))
            continue;
        if (has_synonym(row, wrong))
            meant = own_name(row);
        if (!row->destructive)
            names[count++] = own_name(row);
    }
    if (names && !meant)
        meant = cmd_nearest(wrong, names);
    free(names);
    return meant;
}

static bool is_verb(const struct cmd_command *row, const char *word)
{
    const char *verb = cmd_verb(row);

    return (verb && !strcmp(verb, word)) || (row->also && !strcmp(row->also, word));
}

const struct cmd_command *cmd_find(const char *name, const char *verb)
{
    const struct cmd_command *found = NULL;

    for (const struct cmd_command *row = cmd_commands; row->name && !found; row++)
        if (!strcmp(row->name, name))
            found = row;
    if (!found || !verb)
        return found;
    for (const struct cmd_command *row = cmd_commands; row->name; row++)
        if (cmd_are_kin(row, found) && is_verb(row, verb))
            return row;
    return NULL;
}
