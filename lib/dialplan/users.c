/* SPDX-License-Identifier: GPL-3.0-or-later */
/* As pbx_load_users of pbx/pbx_config.c does it. */
#include "dialplan/users.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/text.h"

enum { CHANNELS_MOST = 254, PORTS_MOST = 1024 };

struct users {
    struct vl_arena *arena;
    const struct vl_conf *conf;
    struct vl_conf_section section;
};

/* The first line of this name; NULL: there is none. */
static const char *own_option(const struct vl_conf_section *section, const char *name)
{
    for (size_t i = 0; i < section->line_count; i++)
        if (!strcasecmp(section->lines[i].name, name))
            return section->lines[i].value;
    return NULL;
}

/* That of the account, else of [general]. */
static const char *option_of(const struct users *users, const struct vl_conf_section *account, const char *name)
{
    const char *value = own_option(account, name);

    for (size_t i = 0; !value && i < users->conf->section_count; i++)
        if (!strcasecmp(users->conf->sections[i]->name, "general"))
            value = own_option(users->conf->sections[i], name);
    return value;
}

/* One more channel, while there is room. */
static void add_channel(struct vl_buf *channels, const char *technology, const char *name)
{
    if (channels->length + strlen(technology) + strlen(name) + 1 < CHANNELS_MOST)
        vl_buf_printf(channels, "%s%s/%s", channels->length ? "&" : "", technology, name);
}

/* `1,3-5` */
static void add_ports(struct users *users, struct vl_buf *channels, const char *text)
{
    const char *const *parts = text ? vl_text_split(users->arena, text, ",") : NULL;

    for (; parts && *parts; parts++) {
        int first = 0, last = 0, count = sscanf(*parts, "%30d-%30d", &first, &last);

        if (count == 1)
            last = first;
        if (last < first) {
            int swapped = first;

            first = last;
            last = swapped;
        }
        for (long port = first; port <= last && port - first < PORTS_MOST; port++)
            add_channel(channels, "DAHDI", vl_arena_printf(users->arena, "%ld", port));
    }
}

static void add_line(struct users *users, const struct vl_position *at, const char *value)
{
    struct vl_conf_section *section = &users->section;
    struct vl_conf_line *lines = vl_arena_grow(users->arena, section->lines, section->line_count, sizeof(*lines));

    if (!lines)
        return;
    if (!section->line_count)
        section->at = *at;
    section->lines = lines;
    lines[section->line_count++] = (struct vl_conf_line){ .name = "exten", .value = value, .at = *at };
}

static void add_extensions(struct users *users, const struct vl_conf_section *account, const char *channels)
{
    struct vl_arena *arena = users->arena;
    const char *name = account->name, *others = own_option(account, "alternateexts");
    const char *const *list = others && *others ? vl_text_split(arena, others, ",") : NULL;

    add_line(users, &account->at, vl_arena_printf(arena, "%s,hint,%s", name, channels));
    if (vl_conf_is_true(option_of(users, account, "hasvoicemail")))
        add_line(users, &account->at, vl_arena_printf(arena, "%s,1,Gosub(%s,stdexten(${HINT}))", name, name));
    else
        add_line(users, &account->at, vl_arena_printf(arena, "%s,1,Dial(${HINT})", name));
    for (; list && *list; list++)
        add_line(users, &account->at, vl_arena_printf(arena, "%s,1,Goto(%s,1)", *list, name));
}

static void add_account(struct users *users, const struct vl_conf_section *account)
{
    static const char *const technologies[][2] = { { "hassip", "SIP" }, { "hasiax", "IAX2" }, { "hash323", "H323" } };
    const char *has = option_of(users, account, "hasexten");
    VL_BUF_AUTO channels = VL_BUF_INIT;

    if (has && !vl_conf_is_true(has))
        return;
    for (size_t i = 0; i < VL_COUNT(technologies); i++)
        if (vl_conf_is_true(option_of(users, account, technologies[i][0])))
            add_channel(&channels, technologies[i][1], account->name);
    add_ports(users, &channels, option_of(users, account, "dahdichan"));
    if (channels.length)
        add_extensions(users, account, vl_arena_strdup(users->arena, vl_buf_text(&channels)));
    users->arena->failed |= channels.failed;
}

struct vl_conf_section vl_users_section(struct vl_arena *arena, const struct vl_conf *conf, const char *context)
{
    struct users users = { .arena = arena, .conf = conf, .section = { .name = context } };

    for (size_t i = 0; i < conf->section_count && !conf->broken; i++)
        if (!conf->sections[i]->is_template && strcasecmp(conf->sections[i]->name, "general") != 0)
            add_account(&users, conf->sections[i]);
    return users.section;
}
