/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lint/modules.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/names.h"
#include "base/text.h"
#include "dialplan/retired.h"
#include "lint/part.h"

struct vl_provisions {
    struct vl_names names;
    const char **small[2], **written[2]; /* of applications and functions, to compare with; NULL-terminated */
    size_t counts[2];
};

static char *in_small_letters(struct vl_arena *arena, const char *name)
{
    char *copy = vl_arena_strdup(arena, name);

    for (char *p = copy; p && *p; p++)
        *p = (char)tolower((unsigned char)*p);
    return copy;
}

static uint64_t hash_of(enum vl_provides kind, const char *name)
{
    return vl_hash_folded(vl_hash_bytes(VL_HASH_START, &kind, sizeof(kind)), name, strlen(name));
}

static bool is_same(const void *entry, const void *key)
{
    const struct vl_provided *a = entry, *b = key;

    return a->kind == b->kind && !strcasecmp(a->name, b->name);
}

static struct vl_provided *find(const struct vl_names *names, enum vl_provides kind, const char *name)
{
    struct vl_provided wanted = { .kind = kind, .name = name };

    return vl_names_find(names, hash_of(kind, name), is_same, &wanted);
}

bool vl_lint_bars_module(const struct vl_lint *lint, const char *module)
{
    return vl_module_is_barred(&lint->devices.loading, module);
}

bool vl_lint_lacks_module(const struct vl_lint *lint, const char *module)
{
    return lint->devices.loading.read && !vl_module_is_loaded(&lint->devices.loading, module);
}

/* A name to compare others with. */
static void add_name(struct vl_lint *lint, enum vl_provides kind, const char *name)
{
    struct vl_provisions *provisions = lint->provisions;
    size_t count = provisions->counts[kind];
    const char **small = vl_arena_grow(lint->arena, provisions->small[kind], count, sizeof(*small));
    const char **written = vl_arena_grow(lint->arena, provisions->written[kind], count, sizeof(*written));

    if (!small || !written)
        return;
    provisions->small[kind] = small;
    provisions->written[kind] = written;
    small[count] = name ? in_small_letters(lint->arena, name) : NULL;
    written[count] = name;
    provisions->counts[kind]++;
}

static void add(struct vl_lint *lint, const struct vl_provided *wanted)
{
    struct vl_provided *provided = find(&lint->provisions->names, wanted->kind, wanted->name);

    if (provided) {
        provided->lacking &= !wanted->module || wanted->lacking; /* one module that is loaded is enough */
        return;
    }
    provided = vl_arena_zalloc(lint->arena, sizeof(*provided));
    if (!provided)
        return;
    *provided = *wanted;
    vl_names_add(lint->arena, &lint->provisions->names, hash_of(wanted->kind, wanted->name), provided);
    if (wanted->kind != VL_PROVIDES_CHANNEL)
        add_name(lint, wanted->kind, wanted->name);
}

static void add_list(struct vl_lint *lint, struct vl_provided wanted, const char *list)
{
    const char *const *names = vl_text_split(lint->arena, list ? list : "", " ");

    for (; names && *names; names++) {
        wanted.name = *names;
        add(lint, &wanted);
    }
}

static void add_module(struct vl_lint *lint, const struct vl_module *module)
{
    struct vl_provided wanted = { .module = module->name,
                                  .lacking =
                                      module->name && *module->name && vl_lint_lacks_module(lint, module->name) };

    wanted.kind = VL_PROVIDES_APPLICATION;
    add_list(lint, wanted, module->applications);
    wanted.kind = VL_PROVIDES_CHANNEL;
    add_list(lint, wanted, module->channel);
    wanted.kind = VL_PROVIDES_FUNCTION;
    add_list(lint, wanted, module->written);
    wanted.read_only = true;
    add_list(lint, wanted, module->read_only);
}

/* Names of the other tables, of which no module is known when it is not in this one. */
static void add_others(struct vl_lint *lint)
{
    struct vl_provided other = { .kind = VL_PROVIDES_APPLICATION };

    for (size_t i = 0; i < vl_application_count; i++) {
        other.name = vl_applications[i].name;
        add(lint, &other);
    }
    for (size_t i = 0; (other.name = vl_retired_application(i)); i++)
        add(lint, &other);
}

static bool is_ready(struct vl_lint *lint)
{
    if (lint->provisions || lint->arena->failed)
        return !lint->arena->failed;
    lint->provisions = vl_arena_zalloc(lint->arena, sizeof(*lint->provisions));
    for (size_t i = 0; lint->provisions && i < vl_module_count; i++)
        add_module(lint, &vl_modules[i]);
    if (!lint->provisions)
        return false;
    add_others(lint);
    add_name(lint, VL_PROVIDES_APPLICATION, NULL);
    add_name(lint, VL_PROVIDES_FUNCTION, NULL);
    return !lint->arena->failed;
}

const struct vl_provided *vl_lint_provided(struct vl_lint *lint, enum vl_provides kind, const char *name)
{
    return is_ready(lint) ? find(&lint->provisions->names, kind, name) : NULL;
}

const char *vl_lint_nearest_provided(struct vl_lint *lint, enum vl_provides kind, const char *name)
{
    bool comparable = is_ready(lint) && (lint->comparisons_left -= (long)lint->provisions->counts[kind]) > 0;
    char *wrong = comparable ? in_small_letters(lint->arena, name) : NULL;
    const char *found = wrong ? vl_text_nearest(vl_text_strip(wrong), lint->provisions->small[kind]) : NULL;

    for (size_t i = 0; found && lint->provisions->small[kind][i]; i++)
        if (found == lint->provisions->small[kind][i])
            return lint->provisions->written[kind][i];
    return NULL;
}
