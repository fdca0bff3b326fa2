/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * All mistakes of a lab file in one go. A value that is wrong is as if it were not there, a section that is of no use
 * without it is left out, and the lab is built of the rest: what ends that is the next mistake. What only follows from
 * an earlier one is not told.
 */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "lab/schema.h"

/* The line that a message begins with; 0: it is about none of this file. */
static int line_of(const char *path, const char *text)
{
    size_t length = strlen(path);
    long line;

    if (strncmp(text, path, length) != 0 || text[length] != ':')
        return 0;
    line = strtol(text + length + 1, NULL, 10);
    return line > 0 && line < 1 << 24 ? (int)line : 0;
}

/* Whether a message has this section's name. Of one whose name is wrong any of its kind may be meant. */
static bool names(const struct vl_ini_section *section, const char *text)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };

    if (!*section->label)
        return strstr(text, vl_arena_printf(&arena, "[%s]", section->name)) != NULL;
    return strstr(text, vl_arena_printf(&arena, "[%s]", section->name)) ||
           strstr(text, vl_arena_printf(&arena, "'%s'", section->label)) ||
           (strchr(section->label, ' ') && strstr(text, vl_arena_printf(&arena, "[%s", section->kind)));
}

static bool has_word(const char *text, const char *word)
{
    size_t length = strlen(word);

    for (const char *at = text; (at = strstr(at, word)); at++)
        if (at > text && strchr(" '", at[-1]) && strchr(" '=,;:", at[length]))
            return true;
    return false;
}

/* A key that is wrong is as if it were not there. Whether a message only follows from that: in the same section it is
 * about this key too; in another one it is about what hangs on it. */
static bool follows_from_key(const struct vl_ini_section *section, const char *key, const struct vl_ini_section *of,
                             const char *text)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };

    if (section == of)
        return has_word(text, key);
    if (!vl_raw_leads(section, key))
        return false;
    /* where the numbering plan is not known, nor are its routes */
    if (!strcmp(key, "country"))
        return of && (!strcmp(of->kind, "route") || !strcmp(of->kind, "class"));
    return names(section, text) || strstr(text, vl_arena_printf(&arena, "%s =", key));
}

static bool follows_from(const struct vl_ini_section *section, const struct vl_ini_section *of, const char *text)
{
    if (section->broken && (!of || names(section, text)))
        return true;
    for (size_t i = 0; i < section->entry_count; i++)
        if (!*section->entries[i].value && follows_from_key(section, section->entries[i].key, of, text))
            return true;
    return false;
}

static bool is_new(const struct vl_raw_file *file, int line, const char *text)
{
    const struct vl_ini_section *section = vl_raw_section_at(file, line);

    if (!section && file->bare)
        return false;
    for (size_t i = 0; i < file->ini.section_count; i++)
        if (follows_from(&file->ini.sections[i], section, text))
            return false;
    /* of one whose key is wrong the right one is missed */
    return !section || !section->told || !strstr(text, "needs the key");
}

/* What ended a build. False: nothing more can be looked for. */
static bool take(struct vl_raw_file *file, const char *path, struct vl_error *all, struct vl_error *one)
{
    int line = one->code == VL_ERROR_LAB ? line_of(path, vl_error_text(one)) : 0;
    struct vl_ini_section *section = vl_raw_section_at(file, line);

    if ((one->code != VL_ERROR_LAB || is_new(file, line, vl_error_text(one))) && !vl_error_gather(all, one))
        return false;
    if (!section || section->broken)
        return false;
    if (vl_raw_forget(file, section, line))
        return true;
    if (!vl_raw_can_spare(section))
        return false;
    section->broken = true;
    vl_raw_drop_broken(file);
    return true;
}

static bool can_go_on(const struct vl_raw_file *file)
{
    for (size_t i = 0; i < file->ini.section_count; i++) {
        const struct vl_ini_section *section = &file->ini.sections[i];

        if (section->broken && vl_ini_entry(section, "role") && !vl_raw_can_spare(section))
            return false; /* the hub */
    }
    return !file->lost;
}

struct told {
    const char *text;
    int line;
    size_t place; /* qsort(3) keeps no order of its own */
};

static int by_line(const void *a, const void *b)
{
    const struct told *one = a, *other = b;

    if (one->line != other->line)
        return one->line < other->line ? -1 : 1;
    return one->place < other->place ? -1 : 1;
}

/* In the order of the file, as one reads it. */
static void sort(const char *path, struct vl_error *all)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_ERROR_AUTO sorted = { .code = VL_OK };
    const char *const *lines = vl_text_split(&arena, vl_error_text(all), "\n");
    struct told *told;
    size_t count = 0;

    while (lines[count])
        count++;
    told = vl_arena_zalloc(&arena, (count + 1) * sizeof(*told));
    if (all->code != VL_ERROR_LAB || count < 2 || !told)
        return;
    for (size_t i = 0; i < count; i++)
        told[i] = (struct told){ .text = lines[i], .line = line_of(path, lines[i]), .place = i };
    qsort(told, count, sizeof(*told), by_line);
    for (size_t i = 0; i < count; i++) {
        VL_ERROR_AUTO one = { .code = VL_OK };

        (void)vl_fail(&one, VL_ERROR_LAB, "%s", told[i].text);
        (void)vl_error_gather(&sorted, &one);
    }
    vl_error_move(all, &sorted);
}

void vl_lab_find_mistakes(struct vl_raw_file *file, const char *path, const char *share_directory,
                          int (*build)(const struct vl_raw_file *file, const char *path, const char *share_directory,
                                       struct vl_error *err),
                          struct vl_error *mistakes, struct vl_error *err)
{
    bool more = can_go_on(file);

    if (err->code)
        more = take(file, path, mistakes, err) && more;
    while (more) {
        VL_ERROR_AUTO one = { .code = VL_OK };

        more = build(file, path, share_directory, &one) < 0 && take(file, path, mistakes, &one);
    }
    sort(path, mistakes);
    vl_error_move(err, mistakes);
}
