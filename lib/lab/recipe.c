/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lab/recipe.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"

enum { RECIPE_LIMIT = 65536 };

/* Which recipe, and where its file is read. */
struct reading {
    struct vl_arena *arena;
    const char *name, *path;
    int line;
};

/* `what`: why the value of `key` is none. */
static int complain(const struct reading *reading, const char *key, const char *value, const char *what,
                    struct vl_error *err)
{
    const char *quoted = vl_text_printable(reading->arena, value);

    if (vl_arena_check(reading->arena, err) < 0)
        return -1;
    return vl_fail_at(err, VL_ERROR_LAB, reading->path, reading->line, "%s: '%s' %s", key, quoted, what);
}

static int read_like(const struct reading *reading, const char *value, const char **ret_like, struct vl_error *err)
{
    if (!vl_text_is_name(value) || !strcmp(value, reading->name))
        return complain(reading, "like", value, "is no name of another recipe", err);
    *ret_like = vl_arena_strdup(reading->arena, value);
    return 0;
}

static int read_driver(const struct reading *reading, const char *value, enum vl_sip_driver *ret_driver,
                       struct vl_error *err)
{
    for (int i = VL_SIP_AUTO + 1; i < VL_SIP_DRIVERS; i++)
        if (!strcmp(value, vl_sip_drivers[i])) {
            *ret_driver = (enum vl_sip_driver)i;
            return 0;
        }
    return complain(reading, "sip", value, "is neither chan_sip nor pjsip", err);
}

/* The other keys are for the recipe's program. */
static int read_line(const struct reading *reading, const char *line, struct vl_lab_recipe *facts, struct vl_error *err)
{
    if (vl_text_starts(line, "like="))
        return read_like(reading, line + strlen("like="), &facts->like, err);
    if (vl_text_starts(line, "sip="))
        return read_driver(reading, line + strlen("sip="), &facts->sip, err);
    return 0;
}

int vl_lab_read_recipe(struct vl_arena *arena, const char *share_directory, const char *name,
                       struct vl_lab_recipe *ret_facts, struct vl_error *err)
{
    struct reading reading = { .arena = arena, .name = name };
    struct vl_lab_recipe facts = { .sip = VL_SIP_AUTO };
    VL_FREE char *text = NULL;
    char *rest, *line;

    *ret_facts = facts;
    reading.path = vl_arena_printf(arena, "%s/images/%s/recipe", share_directory, name);
    if (vl_arena_check(arena, err) < 0)
        return -1;
    if (!vl_file_exists(reading.path))
        return 0;
    if (vl_file_read(reading.path, RECIPE_LIMIT, &text, NULL, err) < 0)
        return -1;
    for (rest = text; (line = strsep(&rest, "\n"));) {
        reading.line++;
        if (read_line(&reading, vl_text_strip(line), &facts, err) < 0)
            return -1;
    }
    *ret_facts = facts;
    return vl_arena_check(arena, err);
}
