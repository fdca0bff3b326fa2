/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Trunks, which are accounts at a fixed address: their calls carry the number that was dialled, so that a context with
 * nothing but s refuses every one of them. Only whoever is registered with, and was not told an extension, calls s.
 */
#include <string.h>
#include <strings.h>

#include "lint/part.h"

static bool is_trunk(const struct vl_device *device)
{
    return device->context && device->host && strcasecmp(device->host, "dynamic") != 0;
}

/* Whether calls from there may come to s: this PBX registers there and names no extension. */
static bool calls_s(const struct vl_devices *devices, const struct vl_device *device)
{
    for (size_t i = 0; i < devices->registered_count; i++) {
        const struct vl_registered *registered = &devices->registered[i];

        if (registered->technology == device->technology && !registered->named &&
            (!strcasecmp(registered->host, device->host) || !strcasecmp(registered->host, device->name)))
            return true;
    }
    return false;
}

/* Whether a number that somebody dialled is found, or may be, when a search starts in the context. */
static bool takes_numbers(struct vl_lint *lint, const struct vl_context *context)
{
    const struct vl_context **visits;
    bool *timed;
    size_t count = vl_lint_visits(lint, context, &visits, &timed);

    for (size_t i = 0; i < count; i++) {
        if (visits[i]->switch_count)
            return true;
        for (size_t j = 0; j < visits[i]->extension_count; j++)
            if (!vl_is_special(visits[i]->extensions[j]->name))
                return true;
    }
    return false;
}

/* The step of s that calls with a number never come to; NULL: they find their number, or there is no s. */
static const struct vl_extension *lone_s(struct vl_lint *lint, const struct vl_context *context)
{
    bool elsewhere;
    const struct vl_extension *s = context ? vl_lint_find(lint, context, "s", "1", &elsewhere) : NULL;

    return s && !takes_numbers(lint, context) ? s : NULL;
}

static void check_devices(struct vl_lint *lint)
{
    for (size_t i = 0; i < lint->devices.device_count; i++) {
        const struct vl_device *device = &lint->devices.devices[i];
        const struct vl_context *context = is_trunk(device) && !calls_s(&lint->devices, device)
                                               ? vl_dialplan_context(lint->plan, device->context)
                                               : NULL;

        if (lone_s(lint, context))
            vl_lint_add(
                lint, VL_RULE_TRUNK_ONLY_S, &device->at, NULL, NULL,
                "calls of the trunk '%s' carry the number that was dialled, and [%s] has s but no number: every "
                "one is refused; write _X. in place of s",
                device->name, context->name);
    }
}

static bool is_entry(const struct vl_devices *devices, const char *context)
{
    for (size_t i = 0; i < devices->entry_count; i++)
        if (!strcmp(devices->entries[i].context, context))
            return true;
    return false;
}

/* What the lab file tells and no file of devices does. Several PBXs have one of a name: it is said once. */
static void check_lab(struct vl_lint *lint)
{
    for (size_t i = 0; i < lint->options->trunk_count; i++) {
        const struct vl_lint_trunks *trunks = &lint->options->trunks[i];
        const struct vl_context *context = vl_dialplan_context(lint->plan, trunks->context);
        const struct vl_extension *s = lone_s(lint, context);
        bool told = is_entry(&lint->devices, trunks->context);

        for (size_t j = 0; j < i; j++)
            told |= !strcmp(lint->options->trunks[j].context, trunks->context);
        if (s && !told)
            vl_lint_add(lint, VL_RULE_TRUNK_ONLY_S, &s->at, s, NULL,
                        "calls that reach '%s' over its trunks start in [%s] with the number that was dialled, and it "
                        "has s but no number: every one is refused; write _X. in place of s",
                        trunks->pbx, context->name);
    }
}

void vl_lint_check_trunks(struct vl_lint *lint)
{
    check_devices(lint);
    check_lab(lint);
}
