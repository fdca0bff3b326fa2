/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a checkpoint has of the packet filter: so much as a bridge changes of it. It is put back last, since nobody is
 * reached by it.
 */
#include <string.h>

#include "base/file.h"
#include "base/process.h"
#include "network/checkpoint.h"
#include "probe/forward.h"

enum { TIMEOUT_MS = 5000 };

void vl_checkpoint_filter(struct vl_checkpoint *checkpoint)
{
    struct vl_arena *arena = &checkpoint->arena;

    checkpoint->settings = vl_arena_zalloc(arena, VL_FORWARD_FAMILIES * sizeof(*checkpoint->settings));
    for (int i = 0; checkpoint->settings && i < VL_FORWARD_FAMILIES; i++) {
        char value = vl_forward_switch(arena, (enum vl_forward_family)i);

        if (!value)
            continue;
        checkpoint->settings[checkpoint->setting_count++] =
            (struct vl_saved_setting){ vl_forward_rows[i].key, vl_arena_printf(arena, "%c", value) };
        if (vl_forward_is_accepted(arena, (enum vl_forward_family)i, checkpoint->bridge.name))
            checkpoint->bridge.rules |= 1U << i;
    }
}

static void put_setting(const struct vl_saved_setting *setting)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };

    for (int i = 0; i < VL_FORWARD_FAMILIES; i++) {
        char now = vl_forward_switch(&arena, (enum vl_forward_family)i);

        if (now && now != *setting->value && !strcmp(setting->key, vl_forward_rows[i].key))
            (void)vl_file_tell_kernel(
                vl_arena_printf(&arena, "/proc/sys/net/bridge/%s", strrchr(setting->key, '.') + 1), setting->value);
    }
}

static void take_rules(const struct vl_saved_link *bridge)
{
    const struct vl_process_options options = { .timeout_ms = TIMEOUT_MS };

    for (int i = 0; bridge->name && i < VL_FORWARD_FAMILIES; i++) {
        VL_ARENA_AUTO arena = { .blocks = NULL };
        VL_PROCESS_RESULT_AUTO result = { .status = -1 };
        VL_ERROR_AUTO ignored = { .code = VL_OK };
        enum vl_forward_family family = (enum vl_forward_family)i;

        if (bridge->rules & 1U << i || !vl_forward_switch(&arena, family) ||
            !vl_forward_is_accepted(&arena, family, bridge->name))
            continue;
        (void)vl_process_run(vl_forward_rule(&arena, family, "-D", bridge->name), &options, &result, &ignored);
    }
}

void vl_checkpoint_restore_filter(const struct vl_checkpoint *checkpoint)
{
    for (size_t i = 0; i < checkpoint->setting_count; i++)
        put_setting(&checkpoint->settings[i]);
    for (size_t i = 0; i < checkpoint->further_count; i++)
        take_rules(&checkpoint->further[i].bridge);
    take_rules(&checkpoint->bridge);
}
