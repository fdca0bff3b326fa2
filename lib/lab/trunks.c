/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * IAX2 between every ordered pair of guests. The thesis's names: the guest with prefix 1 calls the others as 1000,
 * 1001, … in the order of the lab file. What is kept is only what the lab file says of some; a trunk is made of that
 * and of where its two ends stand.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab/schema.h"

/* The digits behind the prefix in a name. Four where a lab has more than 1,001 guests: no prefix is the beginning of
 * another, so the names differ all the same. */
#define INDEX_FORMAT "%03zu"

static int compare_ends(const void *a, const void *b)
{
    const struct vl_trunk_given *left = a, *right = b;

    if (left->from != right->from)
        return left->from < right->from ? -1 : 1;
    return left->to < right->to ? -1 : left->to > right->to;
}

static const struct vl_trunk_given *find_given(const struct vl_lab *lab, const struct vl_pbx *from,
                                               const struct vl_pbx *to)
{
    const struct vl_trunk_given wanted = { .from = from, .to = to };

    if (!lab->trunk_given_count)
        return NULL;
    return bsearch(&wanted, lab->trunks_given, lab->trunk_given_count, sizeof(wanted), compare_ends);
}

/* What `to` is among the other guests, from the side of `from`. */
static size_t index_of(const struct vl_pbx *from, const struct vl_pbx *to)
{
    return to->ordinal - (to->ordinal > from->ordinal);
}

bool vl_lab_trunk(const struct vl_lab *lab, const struct vl_pbx *from, const struct vl_pbx *to,
                  struct vl_trunk *ret_trunk)
{
    const struct vl_trunk_given *given;

    if (from == to || from->role != VL_ROLE_GUEST || to->role != VL_ROLE_GUEST)
        return false;
    given = find_given(lab, from, to);
    *ret_trunk = (struct vl_trunk){
        .from = from, .to = to, .secret = given ? given->secret : NULL, .line = given ? given->line : 0
    };
    if (given && given->name)
        (void)snprintf(ret_trunk->name, sizeof(ret_trunk->name), "%s", given->name);
    else
        (void)snprintf(ret_trunk->name, sizeof(ret_trunk->name), "%s" INDEX_FORMAT, from->prefix, index_of(from, to));
    return true;
}

struct vl_trunks vl_lab_trunks(const struct vl_lab *lab)
{
    return (struct vl_trunks){ .lab = lab };
}

struct vl_trunks vl_lab_trunks_from(const struct vl_lab *lab, const struct vl_pbx *pbx)
{
    return (struct vl_trunks){ .lab = lab, .from = pbx };
}

struct vl_trunks vl_lab_trunks_to(const struct vl_lab *lab, const struct vl_pbx *pbx)
{
    return (struct vl_trunks){ .lab = lab, .to = pbx };
}

const struct vl_trunk *vl_lab_next_trunk(struct vl_trunks *walk)
{
    const struct vl_lab *lab = walk->lab;
    size_t steps = walk->from || walk->to ? lab->pbx_count : lab->pbx_count * lab->pbx_count;

    while (walk->next < steps) {
        size_t step = walk->next++;
        const struct vl_pbx *other = &lab->pbxs[step % lab->pbx_count];

        if (vl_lab_trunk(lab,
                         walk->from ? walk->from
                         : walk->to ? other
                                    : &lab->pbxs[step / lab->pbx_count],
                         walk->to ? walk->to : other, &walk->trunk))
            return &walk->trunk;
    }
    return NULL;
}

static int check_section(const struct vl_lab *lab, const struct vl_raw_section *section, struct vl_error *err)
{
    const struct vl_raw_trunk *raw = section->object;
    const char *ends[] = { raw->from, raw->to };

    for (int end = 0; end < 2; end++) {
        const struct vl_pbx *pbx = vl_lab_pbx(lab, ends[end]);

        if (!pbx || pbx->role != VL_ROLE_GUEST)
            return VL_LAB_MISTAKE(lab, section->section->line, err, "[%s] '%s' is not a guest of this lab",
                                  section->section->name, ends[end]);
    }
    if (!strcmp(ends[0], ends[1]))
        return VL_LAB_MISTAKE(lab, section->section->line, err, "[%s] leads from a PBX to itself",
                              section->section->name);
    if (raw->name && strlen(raw->name) > VL_TRUNK_NAME_LENGTH)
        return VL_LAB_MISTAKE(lab, vl_raw_line(section, "name"), err, "[%s] name: '%s' has more than %d digits",
                              section->section->name, raw->name, VL_TRUNK_NAME_LENGTH);
    return 0;
}

static int name_taken(const struct vl_lab *lab, const struct vl_trunk_given *given, const struct vl_pbx *from,
                      const struct vl_pbx *to, struct vl_error *err)
{
    return VL_LAB_MISTAKE(lab, given->line, err, "[trunk %s %s] name: '%s' is the name of the trunk from '%s' to '%s'",
                          given->from->name, given->to->name, given->name, from->name, to->name);
}

/* The trunk that would have this name without a word of the lab file: what stands behind its caller's prefix tells
 * where it leads. */
static bool find_automatic(const struct vl_lab *lab, const char *name, struct vl_trunk *ret_trunk)
{
    struct vl_trunks walk;

    for (size_t i = 0; i < lab->pbx_count; i++) {
        const struct vl_pbx *pbx = &lab->pbxs[i];

        if (pbx->role != VL_ROLE_GUEST || strncmp(name, pbx->prefix, strlen(pbx->prefix)) != 0)
            continue;
        walk = vl_lab_trunks_from(lab, pbx);
        while (vl_lab_next_trunk(&walk))
            if (!strcmp(walk.trunk.name, name)) {
                *ret_trunk = walk.trunk;
                return true;
            }
    }
    return false;
}

static int compare_names(const void *a, const void *b)
{
    const struct vl_trunk_given *const *left = a, *const *right = b;
    int order = strcmp((*left)->name, (*right)->name);

    return order ? order : (*left)->line - (*right)->line;
}

/* Names that the lab file gives, against each other and against those of the others. */
static int check_names(struct vl_lab *lab, struct vl_error *err)
{
    const struct vl_trunk_given **sorted = vl_arena_zalloc(&lab->arena, (lab->trunk_given_count + 1) * sizeof(*sorted));
    struct vl_trunk other;
    size_t count = 0;

    if (!sorted)
        return vl_no_memory(err);
    for (size_t i = 0; i < lab->trunk_given_count; i++)
        if (lab->trunks_given[i].name)
            sorted[count++] = &lab->trunks_given[i];
    qsort(sorted, count, sizeof(const struct vl_trunk_given *), compare_names);
    for (size_t i = 1; i < count; i++)
        if (!strcmp(sorted[i - 1]->name, sorted[i]->name))
            return name_taken(lab, sorted[i], sorted[i - 1]->from, sorted[i - 1]->to, err);
    for (size_t i = 0; i < count; i++)
        if (find_automatic(lab, sorted[i]->name, &other) &&
            (other.from != sorted[i]->from || other.to != sorted[i]->to))
            return name_taken(lab, sorted[i], other.from, other.to, err);
    return 0;
}

int vl_lab_make_trunks(struct vl_lab *lab, const struct vl_raw_file *raw, struct vl_error *err)
{
    size_t count = raw->kinds[VL_RAW_TRUNK].count;
    struct vl_trunk_given *given = vl_arena_zalloc(&lab->arena, (count + 1) * sizeof(*given));

    if (!given)
        return vl_no_memory(err);
    for (size_t i = 0; i < count; i++) {
        const struct vl_raw_section *section = &raw->kinds[VL_RAW_TRUNK].sections[i];
        const struct vl_raw_trunk *trunk = section->object;

        if (check_section(lab, section, err) < 0)
            return -1;
        given[i] = (struct vl_trunk_given){
            .from = vl_lab_pbx(lab, trunk->from),
            .to = vl_lab_pbx(lab, trunk->to),
            .name = trunk->name,
            .secret = trunk->secret,
            .line = section->section->line,
        };
    }
    qsort(given, count, sizeof(*given), compare_ends);
    lab->trunks_given = given;
    lab->trunk_given_count = count;
    return check_names(lab, err);
}
