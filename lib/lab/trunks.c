/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * IAX2 between every ordered pair of guests. The thesis's names: the guest with prefix 1 calls the others as 1000,
 * 1001, … in the order of the lab file.
 */
#include <string.h>

#include "lab/schema.h"

static const struct vl_raw_section *find_override(const struct vl_raw_file *raw, const char *from, const char *to)
{
    for (size_t i = 0; i < raw->kinds[VL_RAW_TRUNK].count; i++) {
        const struct vl_raw_section *section = &raw->kinds[VL_RAW_TRUNK].sections[i];
        const struct vl_raw_trunk *trunk = section->object;

        if (!strcmp(trunk->from, from) && !strcmp(trunk->to, to))
            return section;
    }
    return NULL;
}

static struct vl_trunk make_trunk(struct vl_lab *lab, const struct vl_raw_file *raw, const struct vl_pbx *from,
                                  const struct vl_pbx *to, size_t index)
{
    const struct vl_raw_section *section = find_override(raw, from->name, to->name);
    const struct vl_raw_trunk *given = section ? section->object : NULL;

    return (struct vl_trunk){
        .from = from,
        .to = to,
        .name = given && given->name ? given->name : vl_arena_printf(&lab->arena, "%s%03zu", from->prefix, index),
        .secret = given ? given->secret : NULL,
        .line = section ? section->section->line : 0,
    };
}

static int check_overrides(const struct vl_lab *lab, const struct vl_raw_file *raw, struct vl_error *err)
{
    for (size_t i = 0; i < raw->kinds[VL_RAW_TRUNK].count; i++) {
        const struct vl_raw_section *section = &raw->kinds[VL_RAW_TRUNK].sections[i];
        const struct vl_raw_trunk *trunk = section->object;
        const char *ends[] = { trunk->from, trunk->to };

        for (int end = 0; end < 2; end++) {
            const struct vl_pbx *pbx = vl_lab_pbx(lab, ends[end]);

            if (!pbx || pbx->role != VL_ROLE_GUEST)
                return VL_LAB_MISTAKE(lab, section->section->line, err, "[%s] '%s' is not a guest of this lab",
                                      section->section->name, ends[end]);
        }
        if (!strcmp(ends[0], ends[1]))
            return VL_LAB_MISTAKE(lab, section->section->line, err, "[%s] leads from a PBX to itself",
                                  section->section->name);
    }
    return 0;
}

int vl_lab_make_trunks(struct vl_lab *lab, const struct vl_raw_file *raw, struct vl_error *err)
{
    struct vl_trunk *trunks;
    size_t count = 0;

    if (check_overrides(lab, raw, err) < 0)
        return -1;
    trunks = vl_arena_zalloc(&lab->arena, lab->pbx_count * lab->pbx_count * sizeof(*trunks));
    if (!trunks)
        return vl_no_memory(err);
    for (size_t i = 0; i < lab->pbx_count; i++) {
        size_t index = 0;

        for (size_t j = 0; j < lab->pbx_count; j++) {
            if (i == j || lab->pbxs[i].role != VL_ROLE_GUEST || lab->pbxs[j].role != VL_ROLE_GUEST)
                continue;
            trunks[count++] = make_trunk(lab, raw, &lab->pbxs[i], &lab->pbxs[j], index++);
        }
    }
    lab->trunks = trunks;
    lab->trunk_count = count;
    return 0;
}
