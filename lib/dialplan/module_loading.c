/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dialplan/module_loading.h"

#include <string.h>
#include <strings.h>

#include "base/cleanup.h"

static void add_name(struct vl_arena *arena, const char ***names, size_t *count, const char *name)
{
    const char **grown = vl_arena_grow(arena, *names, *count, sizeof(*grown));

    if (!grown)
        return;
    *names = grown;
    grown[(*count)++] = vl_arena_strdup(arena, name);
}

static bool is_yes(const char *value)
{
    static const char *const words[] = { "yes", "true", "y", "t", "1", "on" };

    for (size_t i = 0; i < VL_COUNT(words); i++)
        if (!strcasecmp(value, words[i]))
            return true;
    return false;
}

static void read_line(struct vl_arena *arena, const struct vl_conf_line *line, struct vl_module_loading *loading)
{
    static const char *const words[] = { "load", "preload", "require", "preload-require" };

    if (!strcasecmp(line->name, "autoload"))
        loading->autoload = is_yes(line->value);
    else if (!strcasecmp(line->name, "noload"))
        add_name(arena, &loading->barred, &loading->barred_count, line->value);
    for (size_t i = 0; i < VL_COUNT(words); i++)
        if (!strcasecmp(line->name, words[i]))
            add_name(arena, &loading->loaded, &loading->loaded_count, line->value);
}

/* Without a word about it nothing is loaded but what it names. */
void vl_module_loading_read(struct vl_arena *arena, const struct vl_conf *conf, struct vl_module_loading *ret_loading)
{
    *ret_loading = (struct vl_module_loading){ .read = true };
    for (size_t i = 0; i < conf->section_count; i++)
        for (size_t j = 0; j < conf->sections[i]->line_count && !strcasecmp(conf->sections[i]->name, "modules"); j++)
            read_line(arena, &conf->sections[i]->lines[j], ret_loading);
}

static bool is_listed(const char *const *names, size_t count, const char *module)
{
    size_t length = strlen(module);

    length -= length > 3 && !strcasecmp(module + length - 3, ".so") ? 3 : 0;
    for (size_t i = 0; i < count; i++)
        if (!strncasecmp(names[i], module, length) && (!names[i][length] || !strcasecmp(names[i] + length, ".so")))
            return true;
    return false;
}

bool vl_module_is_barred(const struct vl_module_loading *loading, const char *module)
{
    return is_listed(loading->barred, loading->barred_count, module);
}

bool vl_module_is_loaded(const struct vl_module_loading *loading, const char *module)
{
    return !vl_module_is_barred(loading, module) &&
           (loading->autoload || is_listed(loading->loaded, loading->loaded_count, module));
}
