/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "network/rehearsal_look.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/names.h"
#include "base/text.h"
#include "network/netlink.h"

enum { SCENE_LIMIT = 1 << 20 };

static void add_word(struct vl_arena *arena, const char ***list, size_t *count, const char *word)
{
    const char **grown = vl_arena_grow(arena, *list, *count, sizeof(*grown));

    if (!grown)
        return;
    *list = grown;
    grown[(*count)++] = word;
}

static void read_link(struct vl_arena *arena, const char *const *words, struct vl_scene *scene)
{
    struct vl_scene_link *grown = vl_arena_grow(arena, scene->links, scene->link_count, sizeof(*grown));

    if (!grown || !words[0] || !words[1] || !words[2] || !words[3])
        return;
    scene->links = grown;
    grown[scene->link_count++] = (struct vl_scene_link){ words[1], words[2], words[3] };
}

static void read_line(struct vl_arena *arena, const char *line, struct vl_scene *scene)
{
    const char *const *words = vl_text_split(arena, line, " ");
    const char *rest = strchr(line, ' ') ? strchr(line, ' ') + 1 : "";

    if (vl_text_starts(line, "link "))
        read_link(arena, words, scene);
    else if (vl_text_starts(line, "want "))
        add_word(arena, &scene->wanted, &scene->wanted_count, rest);
    else if (vl_text_starts(line, "hold "))
        add_word(arena, &scene->held, &scene->held_count, rest);
    else if (vl_text_starts(line, "file "))
        add_word(arena, &scene->files, &scene->file_count, rest);
    else if (vl_text_starts(line, "uplink "))
        scene->uplink = rest;
    else if (vl_text_starts(line, "bridge "))
        scene->bridge = rest;
    else if (!strcmp(line, "dhcp"))
        scene->dhcp = true;
    else if (!strcmp(line, "before"))
        scene->before = true;
    for (int i = 0; vl_text_starts(line, "backend ") && vl_bridge_backends[i]; i++)
        if (!strcmp(vl_bridge_backends[i], rest))
            scene->backend = (enum vl_bridge_backend)i;
}

int vl_scene_read(struct vl_arena *arena, const char *path, struct vl_scene *ret_scene)
{
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    VL_FREE char *text = NULL;
    const char *const *lines;

    if (vl_file_read(path, SCENE_LIMIT, &text, NULL, &ignored) < 0)
        return -1;
    lines = vl_text_split(arena, text, "\n");
    for (size_t i = 0; lines[i]; i++)
        read_line(arena, lines[i], ret_scene);
    return ret_scene->uplink && ret_scene->bridge ? 0 : -1;
}

struct seen {
    struct vl_arena arena;
    const char **lines;
    size_t count;
};

static const char *number(struct seen *seen, int family, const unsigned char *bytes)
{
    char text[INET6_ADDRSTRLEN] = "";

    (void)inet_ntop(family, bytes, text, sizeof(text));
    return vl_arena_strdup(&seen->arena, text);
}

static void see(struct seen *seen, const char *line)
{
    add_word(&seen->arena, &seen->lines, &seen->count, line);
}

static int look_at(struct vl_net *net, const struct vl_net_link *link, struct seen *seen, struct vl_error *err)
{
    struct vl_net_messages addresses, routes;

    if (vl_net_addresses(net, &seen->arena, link->index, &addresses, err) < 0 ||
        vl_net_routes(net, &seen->arena, link->index, &routes, err) < 0)
        return -1;
    for (size_t i = 0; i < addresses.count; i++) {
        struct vl_net_facts facts = vl_net_address_facts(&addresses.list[i]);

        if (!facts.link_local)
            see(seen, vl_arena_printf(&seen->arena, "address %s %s/%u", link->name,
                                      number(seen, facts.family, facts.bytes), facts.prefix));
    }
    for (size_t i = 0; i < routes.count; i++) {
        struct vl_net_facts facts = vl_net_route_facts(&routes.list[i]);

        if (facts.is_default && facts.in_main && facts.has_gateway)
            see(seen,
                vl_arena_printf(&seen->arena, "default %s %s", link->name, number(seen, facts.family, facts.gateway)));
    }
    return 0;
}

static int look(const struct vl_scene *scene, struct seen *seen)
{
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    VL_NET_AUTO *net = vl_net_open(&ignored);
    struct vl_net_link uplink = { .exists = false }, bridge = { .exists = false };

    if (!net || vl_net_link(net, &seen->arena, scene->uplink, &uplink, &ignored) < 0 ||
        vl_net_link(net, &seen->arena, scene->bridge, &bridge, &ignored) < 0)
        return -1;
    if (uplink.exists && bridge.exists && bridge.is_bridge && uplink.master == bridge.index && uplink.up && bridge.up)
        see(seen, vl_arena_printf(&seen->arena, "port %s %s", uplink.name, bridge.name));
    if (uplink.exists && look_at(net, &uplink, seen, &ignored) < 0)
        return -1;
    return bridge.exists ? look_at(net, &bridge, seen, &ignored) : 0;
}

/* IPv6 can be written in more than one way: `address LINK A/P`, told apart by what it means. */
static bool same_line(const char *one, const char *other)
{
    size_t head = strlen(one) - strlen(strrchr(one, ' ') + 1);
    unsigned char bytes[2][16];
    const char *const from[2] = { one + head, strncmp(one, other, head) == 0 ? other + head : "" };
    const char *prefix[2];

    if (!strcmp(one, other))
        return true;
    for (size_t i = 0; i < 2; i++) {
        char text[64] = "";
        size_t length = strcspn(from[i], "/");

        memcpy(text, from[i], length < sizeof(text) ? length : 0);
        prefix[i] = from[i] + length;
        if (!vl_text_ipv6(text, bytes[i]))
            return false;
    }
    return !memcmp(bytes[0], bytes[1], sizeof(bytes[0])) && !strcmp(prefix[0], prefix[1]);
}

static bool has(const char *const *lines, size_t count, const char *line)
{
    for (size_t i = 0; i < count; i++)
        if (same_line(line, lines[i]))
            return true;
    return false;
}

/* `address UPLINK …`, `default UPLINK …` */
static bool is_of_uplink(const struct vl_scene *scene, const char *line)
{
    const char *space = strchr(line, ' ');
    size_t length = strlen(scene->uplink);

    return !vl_text_starts(line, "port ") && space && !strncmp(space + 1, scene->uplink, length) &&
           space[1 + length] == ' ';
}

bool vl_scene_is_as_wanted(const struct vl_scene *scene, bool tell)
{
    struct seen seen = { .count = 0 };
    bool as_wanted = look(scene, &seen) == 0;

    for (size_t i = 0; i < scene->wanted_count; i++) {
        if (has(seen.lines, seen.count, scene->wanted[i]))
            continue;
        as_wanted = false;
        if (tell)
            printf("missing %s\n", scene->wanted[i]);
    }
    for (size_t i = 0; i < seen.count; i++) {
        if (!is_of_uplink(scene, seen.lines[i]))
            continue;
        as_wanted = false;
        if (tell)
            printf("surplus %s\n", seen.lines[i]);
    }
    vl_arena_free(&seen.arena);
    return as_wanted;
}

static void see_routes(struct vl_arena *arena, const struct vl_net_messages *routes, const char *name, bool dhcp,
                       const char ***lines, size_t *count)
{
    for (size_t i = 0; i < routes->count; i++) {
        struct vl_net_facts facts = vl_net_route_facts(&routes->list[i]);
        const char *route = vl_net_way_text(arena, &routes->list[i]);

        if (!facts.by_hand || facts.link_local || facts.by_object || !route || (dhcp && facts.in_main) ||
            (facts.is_default && facts.in_main))
            continue;
        add_word(arena, lines, count, vl_arena_printf(arena, "route %s %s table %u", name, route, facts.table));
    }
}

int vl_scene_see_held(struct vl_net *net, struct vl_arena *arena, const struct vl_net_link *link, const char *name,
                      bool dhcp, const char ***lines, size_t *count, struct vl_error *err)
{
    struct vl_net_messages routes, neighbours, rules;

    if (vl_net_routes(net, arena, link->index, &routes, err) < 0 ||
        vl_net_neighbours(net, arena, link->index, &neighbours, err) < 0 || vl_net_rules(net, arena, &rules, err) < 0)
        return -1;
    see_routes(arena, &routes, name, dhcp, lines, count);
    for (size_t i = 0; i < neighbours.count; i++)
        add_word(arena, lines, count,
                 vl_arena_printf(arena, "neighbour %s %s", name, vl_net_neighbour_text(arena, &neighbours.list[i])));
    for (size_t i = 0; i < rules.count; i++)
        add_word(arena, lines, count,
                 vl_arena_printf(arena, "rule %s", vl_net_rule_text(arena, &rules.list[i], link->name, name)));
    return 0;
}

static int look_for_held(const struct vl_scene *scene, struct seen *seen)
{
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    VL_NET_AUTO *net = vl_net_open(&ignored);
    const char *name = scene->before ? scene->uplink : scene->bridge;
    struct vl_net_link link = { .exists = false }, bridge = { .exists = false };

    if (!net || vl_net_link(net, &seen->arena, name, &link, &ignored) < 0 ||
        vl_net_link(net, &seen->arena, scene->bridge, &bridge, &ignored) < 0)
        return -1;
    if (scene->before && link.exists && bridge.exists && link.master == bridge.index)
        link = bridge; /* an earlier run made it */
    return link.exists
               ? vl_scene_see_held(net, &seen->arena, &link, scene->bridge, false, &seen->lines, &seen->count, &ignored)
               : 0;
}

bool vl_scene_is_held(const struct vl_scene *scene, bool tell)
{
    struct seen seen = { .count = 0 };
    bool held = !scene->held_count || look_for_held(scene, &seen) == 0;

    for (size_t i = 0; i < scene->held_count; i++) {
        if (has(seen.lines, seen.count, scene->held[i]))
            continue;
        held = false;
        if (tell)
            printf("lost %s\n", scene->held[i]);
    }
    vl_arena_free(&seen.arena);
    return held;
}

uint64_t vl_scene_mark(const struct vl_scene *scene)
{
    struct seen seen = { .count = 0 };
    uint64_t mark = 0;

    if (look(scene, &seen) == 0 && seen.count > 0 && look_for_held(scene, &seen) == 0)
        for (size_t i = 0; i < seen.count; i++)
            mark = vl_hash_text(mark, seen.lines[i]);
    vl_arena_free(&seen.arena);
    return mark;
}
