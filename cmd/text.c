/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The text of a result. On a terminal its lines are broken between words where the screen ends. What is there to be
 * copied is not: what files hold, the commands of a note, what other programs print. In a pipe a line stays one line,
 * which others look for.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "screen.h"

enum {
    FURTHER = 4 /* blanks in front of what a line goes on with, but in a note */,
    CONTENT = 4 /* of a file, in a plan */
};

/* Of a line, without its end, whether it is shown as it is. `fenced`: the block of a note is open. */
static bool is_verbatim(enum cmd_form form, const char *line, bool *fenced)
{
    bool fence = !strncmp(line, "```", 3);

    switch (form) {
    case CMD_FORM_WORDS:
        return false;
    case CMD_FORM_PLAN:
        return strspn(line, " ") >= CONTENT;
    case CMD_FORM_NOTE:
        *fenced ^= fence;
        return *fenced || fence || *line == '|';
    case CMD_FORM_VERBATIM:
        break;
    }
    return true;
}

/* Additions green, removals red, in the indented diffs of a plan. */
static const char *color_of(const char *line)
{
    return !strncmp(line, "    +", 5) ? "\033[32m" : !strncmp(line, "    -", 5) ? "\033[31m" : NULL;
}

static void fold(enum cmd_form form, const char *line, size_t columns)
{
    size_t further = form == CMD_FORM_NOTE ? 0 : FURTHER;
    size_t indent = strspn(line, " ");

    if (indent > columns / 2) /* deep inside: what is left of the screen would be a column of single words */
        indent = columns / 2;
    (void)printf("%*s", (int)indent, "");
    cmd_wrap(stdout, line + strspn(line, " "), columns, indent, indent + further);
}

void cmd_print_text(const char *text, enum cmd_form form, bool color)
{
    bool terminal = isatty(STDOUT_FILENO) != 0, fenced = false;
    char *shown = terminal ? cmd_for_locale(text) : NULL; /* elsewhere it may be input of a program */
    char *copy = strdup(shown ? shown : text), *rest = copy, *line;
    size_t columns = cmd_columns(STDOUT_FILENO);

    while (copy && *rest && (line = strsep(&rest, "\n"))) {
        bool verbatim = is_verbatim(form, line, &fenced);
        const char *paint = color ? color_of(line) : NULL;

        if (terminal && !verbatim && cmd_width(line, strlen(line)) > columns)
            fold(form, line, columns);
        else
            (void)printf("%s%s%s\n", paint ? paint : "", line, paint ? "\033[m" : "");
        if (!rest)
            break;
    }
    if (!copy)
        cmd_complain("out of memory");
    free(copy);
    free(shown);
}
