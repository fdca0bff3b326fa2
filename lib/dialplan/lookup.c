/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dialplan/lookup.h"

#include <stdint.h>
#include <string.h>

#include "base/names.h"

bool vl_dialplan_same_context(const void *entry, const void *key)
{
    return !strcmp(((const struct vl_context *)entry)->name, key);
}

bool vl_dialplan_same_global(const void *entry, const void *key)
{
    return !strcmp(((const struct vl_global *)entry)->name, key);
}

const struct vl_context *vl_dialplan_context(const struct vl_dialplan *plan, const char *name)
{
    return vl_names_find(plan->context_names, vl_hash_text(VL_HASH_START, name), vl_dialplan_same_context, name);
}

const char *vl_dialplan_global(const struct vl_dialplan *plan, const char *name)
{
    const struct vl_global *global =
        vl_names_find(plan->global_names, vl_hash_text(VL_HASH_START, name), vl_dialplan_same_global, name);

    return global ? global->value : NULL;
}

const struct vl_priority *vl_extension_priority(const struct vl_extension *extension, int number)
{
    size_t low = 0, high = extension->priority_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (extension->priorities[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low < extension->priority_count && extension->priorities[low].number == number ? &extension->priorities[low]
                                                                                          : NULL;
}

const struct vl_priority *vl_extension_label(const struct vl_extension *extension, const char *label)
{
    const struct vl_priority *found = NULL;

    for (size_t i = 0; i < extension->priority_count; i++) {
        const struct vl_priority *step = &extension->priorities[i];

        if (step->label && !strcmp(step->label, label) && (!found || step->order < found->order))
            found = step;
    }
    return found;
}

static const char *global_value(void *context, const char *name)
{
    return vl_dialplan_global(context, name);
}

struct vl_variables vl_dialplan_variables(const struct vl_dialplan *plan)
{
    return (struct vl_variables){ .value = global_value, .context = (void *)(uintptr_t)plan, .compute = true };
}
