/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which account of a PBX is nearest to the calls that it may have at once. chan_sip says both numbers. What the
 * dialplan counts are groups, a line per channel; how many a group may have the lab knows: on the hub it is the account
 * of a guest or a telephone (PJSIP, which has no call-limit), on a guest the trunk to another one (IAX2). A call that
 * is one too many for such a trunk goes by the hub, where there is one, so that it is nobody's limit then.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "render/writer.h"
#include "request/limits.h"

enum { CALLS_MOST = 1 << 20, COLUMNS = 4 };

#define NO_CATEGORY "(default)"

/* A line as its columns; a count. */
static size_t split(struct vl_arena *arena, const char *line, const char *ret_columns[static COLUMNS])
{
    const char *const *words = vl_text_split(arena, line, " \t\r");
    size_t count = 0;

    for (; words[count] && count < COLUMNS; count++)
        ret_columns[count] = words[count];
    return count;
}

/* Who takes what a PBX says of its accounts. */
struct taking {
    struct vl_limits *limits;
    struct vl_arena *arena;
    const char *preferred;
};

static void take(const struct taking *taking, const char *name, unsigned long now, unsigned long most)
{
    struct vl_limit_account *fullest = &taking->limits->fullest;
    bool preferred = taking->preferred && !strcmp(name, taking->preferred);

    if (!most || most > CALLS_MOST || now > CALLS_MOST)
        return;
    if (fullest->name && now * fullest->most < fullest->now * most + !preferred)
        return;
    *fullest = (struct vl_limit_account){ .name = vl_arena_strdup(taking->arena, name),
                                          .now = (unsigned)now,
                                          .most = (unsigned)most };
}

/* `7001    8/0/0    10`: in use, ringing, on hold; and the limit, or N/A. */
static void take_in_use(const struct taking *taking, const char *const columns[static COLUMNS])
{
    char *end;
    unsigned long now = strtoul(columns[1], &end, 10);

    if (end != columns[1] && *end == '/')
        take(taking, columns[0], now, strtoul(columns[2], NULL, 10));
}

/* How many calls this group may have; 0: nobody counts it, or that is not known. */
static unsigned limit_of_trunk(const struct vl_lab *lab, const struct vl_pbx *pbx, const char *group)
{
    struct vl_trunks walk = vl_lab_trunks_from(lab, pbx);

    while (!vl_pbx_has_account(lab, pbx) && vl_lab_next_trunk(&walk))
        if (!strcmp(walk.trunk.name, group))
            return walk.trunk.settings.limit;
    return 0;
}

/* The same of an account of the hub: a guest's, or a telephone's. */
static unsigned limit_of_account(const struct vl_lab *lab, const char *group)
{
    return vl_lab_account_owner(lab, group) || vl_lab_telephone_owner(lab, group) == lab->hub
               ? vl_account_limit(lab, group)
               : 0;
}

struct group {
    const char *name, *category;
    unsigned long count;
    unsigned most;
};

struct groups {
    struct group *items;
    size_t count;
};

/* The group of a line `CHANNEL  GROUP  CATEGORY`, NULL when it has no limit: so there are no more than the lab has. */
static struct group *group_of(struct vl_arena *arena, struct groups *groups, const struct vl_lab *lab,
                              const struct vl_pbx *pbx, const char *const columns[static COLUMNS])
{
    unsigned most;

    if (!strchr(columns[0], '/'))
        return NULL;
    for (size_t i = 0; i < groups->count; i++)
        if (!strcmp(groups->items[i].name, columns[1]) && !strcmp(groups->items[i].category, columns[2]))
            return &groups->items[i];
    if (pbx == lab->hub)
        most = strcmp(columns[2], NO_CATEGORY) ? 0 : limit_of_account(lab, columns[1]);
    else
        most = strcmp(columns[2], "trunk") ? 0 : limit_of_trunk(lab, pbx, columns[1]);
    groups->items = most ? vl_arena_grow(arena, groups->items, groups->count, sizeof(*groups->items)) : groups->items;
    if (!most || !groups->items)
        return NULL;
    groups->items[groups->count] = (struct group){ .name = columns[1], .category = columns[2], .most = most };
    return &groups->items[groups->count++];
}

void vl_limits_read_accounts(struct vl_limits *limits, struct vl_arena *arena, const struct vl_lab *lab,
                             const struct vl_pbx *pbx, const char *account, const char *text)
{
    const struct taking taking = { .limits = limits, .arena = arena, .preferred = account };
    VL_ARENA_AUTO scratch = { .blocks = NULL };
    const char *const *lines = vl_text_split(&scratch, text, "\n");
    struct groups groups = { .count = 0 };
    const char *columns[COLUMNS];

    for (size_t i = 0; lines[i]; i++) {
        struct group *group;

        if (split(&scratch, lines[i], columns) != 3)
            continue;
        take_in_use(&taking, columns);
        group = group_of(&scratch, &groups, lab, pbx, columns);
        if (group)
            group->count++;
    }
    for (size_t i = 0; i < groups.count; i++)
        take(&taking, groups.items[i].name, groups.items[i].count, groups.items[i].most);
}
