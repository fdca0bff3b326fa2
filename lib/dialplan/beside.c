/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dialplan/beside.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"

/* What res_parking makes when nothing else is said. */
#define PARKED "parkedcalls"

static void add_maker(struct vl_dialplan *plan, const char *context, const char *file)
{
    struct vl_maker *makers = vl_arena_grow(&plan->arena, plan->makers, plan->maker_count, sizeof(*makers));

    if (!makers)
        return;
    plan->makers = makers;
    makers[plan->maker_count++] = (struct vl_maker){ .context = context, .file = file };
}

static bool is_part(char byte)
{
    return isalnum((unsigned char)byte) || strchr("-_.~", byte);
}

/* The word at `p`, quotes passed over; its end in *ret_end. */
static const char *word_at(struct vl_arena *arena, const char *p, const char **ret_end)
{
    size_t length = 0;

    p += strspn(p, " \t\"'");
    while (p[length] && is_part(p[length]))
        length++;
    *ret_end = p + length;
    return vl_arena_strndup(arena, p, length);
}

/* `context NAME {`, `macro NAME(…) {` and their kin, each in a line of its own. */
static void read_ael(struct vl_dialplan *plan, const char *line, const char *file)
{
    const char *rest, *word = word_at(&plan->arena, line, &rest);

    if (!strcmp(word, "abstract") || !strcmp(word, "extend"))
        word = word_at(&plan->arena, rest, &rest);
    if (strcmp(word, "context") != 0 && strcmp(word, "macro") != 0)
        return;
    word = word_at(&plan->arena, rest, &rest);
    if (*word)
        add_maker(plan, word, file);
}

/* `NAME = {` and `["NAME"] = {` */
static void read_lua(struct vl_dialplan *plan, const char *line, const char *file)
{
    const char *rest, *word;

    line += strspn(line, " \t");
    word = word_at(&plan->arena, line + (*line == '['), &rest);
    rest += strspn(rest, " \t\"']");
    if (*word && *rest == '=' && rest[1] != '=')
        add_maker(plan, word, file);
}

static void read_parking(struct vl_dialplan *plan, const char *line, const char *file)
{
    const char *rest, *word = word_at(&plan->arena, line, &rest);

    rest += strspn(rest, " \t");
    if (strcasecmp(word, "context") != 0 || *rest != '=')
        return;
    rest += 1 + (rest[1] == '>');
    add_maker(plan, word_at(&plan->arena, rest, &rest), file);
}

static const struct {
    const char *name, *comment;
    void (*read)(struct vl_dialplan *plan, const char *line, const char *file);
} files[] = {
    { "extensions.ael", "//", read_ael },
    { "extensions.lua", "--", read_lua },
    { "res_parking.conf", ";", read_parking },
};

static void read_lines(struct vl_dialplan *plan, const char *text, size_t row)
{
    char *rest = vl_arena_strdup(&plan->arena, text), *line, *comment;

    while (!plan->arena.failed && (line = strsep(&rest, "\n"))) {
        comment = strstr(line, files[row].comment);
        if (comment)
            *comment = '\0';
        files[row].read(plan, line, files[row].name);
    }
}

/* Which modules are loaded. */
static void read_modules(struct vl_dialplan *plan, const char *directory, const struct vl_conf_reader *reader)
{
    const char *name = vl_arena_printf(&plan->arena, "%smodules.conf", directory), *text;
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    struct vl_conf conf;

    if (reader->read(reader->context, name, &plan->arena, &text, &ignored) == 0 &&
        vl_conf_read(&plan->arena, name, text, reader, &conf, &ignored) == 0)
        vl_module_loading_read(&plan->arena, &conf, &plan->loading);
}

void vl_dialplan_look_beside(struct vl_dialplan *plan, const char *path, const struct vl_conf_reader *reader)
{
    const char *slash = strrchr(path, '/'), *text;
    const char *directory = vl_arena_strndup(&plan->arena, path, slash ? (size_t)(slash + 1 - path) : 0);

    for (size_t i = 0; i < VL_COUNT(files); i++) {
        const char *name = vl_arena_printf(&plan->arena, "%s%s", directory, files[i].name);
        VL_ERROR_AUTO ignored = { .code = VL_OK };

        if (reader->read(reader->context, name, &plan->arena, &text, &ignored) == 0)
            read_lines(plan, text, i);
    }
    read_modules(plan, directory, reader);
}

const char *vl_dialplan_maker(const struct vl_dialplan *plan, const char *context)
{
    for (size_t i = 0; i < plan->maker_count; i++)
        if (!strcmp(plan->makers[i].context, context))
            return plan->makers[i].file;
    return strcmp(context, PARKED) ? NULL : "res_parking";
}
