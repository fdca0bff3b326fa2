/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/needed.h"

#include <string.h>

#include "dialplan/provided.h"
#include "plan/reload.h"

struct list {
    struct vl_arena *arena;
    const char **names;
    size_t count;
};

static void add(struct list *list, const char *name)
{
    const char **grown;

    if (!name)
        return;
    for (size_t i = 0; i < list->count; i++)
        if (!strcmp(list->names[i], name))
            return;
    grown = vl_arena_grow(list->arena, list->names, list->count, sizeof(*grown));
    if (!grown)
        return;
    list->names = grown;
    grown[list->count++] = name;
}

static void add_provider(struct list *list, enum vl_provides kind, const char *name, size_t length)
{
    const char *module = vl_module_of(kind, vl_arena_strndup(list->arena, name, length));

    if (module)
        add(list, vl_arena_printf(list->arena, "%s.so", module));
}

static size_t word(const char *text)
{
    return strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");
}

/* `exten => NAME,PRIORITY,APPLICATION(…)` or `same => PRIORITY,APPLICATION(…)`, as we write them. NULL: neither. */
static const char *application_of(const char *line)
{
    size_t commas = !strncmp(line, "exten => ", 9) ? 2 : !strncmp(line, "same => ", 8) ? 1 : 0;

    if (!commas)
        return NULL;
    for (; commas; commas--) {
        line += strcspn(line, ",\n");
        if (*line != ',')
            return NULL;
        line++;
    }
    return line;
}

/* What it sets or asks by functions: a name in capitals in front of a parenthesis. */
static void add_functions(struct list *list, const char *line, const char *end)
{
    while (line < end) {
        size_t length = word(line);

        if (length && line[length] == '(')
            add_provider(list, VL_PROVIDES_FUNCTION, line, length);
        line += length ? length : 1;
    }
}

static void add_dialplan(struct list *list, const char *text)
{
    for (const char *line = text; line && *line; line += strcspn(line, "\n"), line += *line == '\n') {
        const char *application = application_of(line), *end = line + strcspn(line, "\n");

        if (!application)
            continue;
        add_provider(list, VL_PROVIDES_APPLICATION, application, word(application));
        add_functions(list, application + word(application), end);
    }
}

const char *const *vl_needed_modules(struct vl_arena *arena, const struct vl_fileset *set)
{
    static const char *const none[] = { NULL };
    struct list list = { .arena = arena };
    const char **grown;

    for (size_t i = 0; i < set->count; i++) {
        const struct vl_file *file = &set->files[i];

        if (!vl_file_stays(file->kind))
            continue;
        add(&list, vl_reload_module(file->reload));
        for (const char *const *with = vl_reload_module_with(file->reload); *with; with++)
            add(&list, *with);
        if (file->reload == VL_RELOAD_DIALPLAN)
            add_dialplan(&list, file->text);
    }
    grown = vl_arena_grow(arena, list.names, list.count, sizeof(*grown));
    if (!grown)
        return none;
    grown[list.count] = NULL;
    return grown;
}
