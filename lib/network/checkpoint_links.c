/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The links of a checkpoint, saved and put back. A link is known by its name: between the two its owner may have made
 * it anew.
 */
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/process.h"
#include "base/text.h"
#include "network/checkpoint.h"

enum { SETTING_MS = 5000 };

static const char *boot_id(struct vl_arena *arena)
{
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    VL_FREE char *text = NULL;

    if (vl_file_read("/proc/sys/kernel/random/boot_id", 256, &text, NULL, &ignored) < 0)
        return "unknown";
    return vl_arena_strdup(arena, vl_text_strip(text));
}

static int save_master(struct vl_checkpoint *checkpoint, struct vl_net *net, struct vl_saved_link *saved,
                       struct vl_error *err)
{
    struct vl_net_link *links;
    size_t count;

    if (!saved->link.master)
        return 0;
    if (vl_net_links(net, &checkpoint->arena, &links, &count, err) < 0)
        return -1;
    for (size_t i = 0; i < count; i++)
        if (links[i].index == saved->link.master)
            saved->master = vl_arena_strdup(&checkpoint->arena, links[i].name);
    return 0;
}

#define ADDRESS_MODE "/proc/sys/net/ipv6/conf/%s/addr_gen_mode"

/* NULL: this kernel has none, or the link is not there. */
static const char *address_mode(struct vl_arena *arena, const char *name)
{
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    VL_FREE char *text = NULL;

    if (vl_file_read(vl_arena_printf(arena, ADDRESS_MODE, name), 64, &text, NULL, &ignored) < 0)
        return NULL;
    return vl_arena_strdup(arena, vl_text_strip(text));
}

void vl_checkpoint_restore_mode(const struct vl_saved_link *saved)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    const char *now = saved->name ? address_mode(&arena, saved->name) : NULL;
    const char *const argv[] = { "sysctl",
                                 "-q",
                                 "-e",
                                 "-w",
                                 vl_arena_printf(&arena, "net/ipv6/conf/%s/addr_gen_mode=%s", saved->name,
                                                 saved->address_mode ? saved->address_mode : ""),
                                 NULL };
    struct vl_process_options options = { .timeout_ms = SETTING_MS };
    VL_PROCESS_RESULT_AUTO result = { .status = -1 };

    if (saved->address_mode && now && strcmp(saved->address_mode, now) != 0)
        (void)vl_process_run(argv, &options, &result, &ignored);
}

static int save_link(struct vl_checkpoint *checkpoint, struct vl_net *net, const char *name, struct vl_saved_link *ret,
                     struct vl_error *err)
{
    ret->name = vl_arena_strdup(&checkpoint->arena, name);
    if (vl_net_link(net, &checkpoint->arena, name, &ret->link, err) < 0)
        return -1;
    if (!ret->link.exists)
        return 0;
    ret->address_mode = address_mode(&checkpoint->arena, name);
    if (save_master(checkpoint, net, ret, err) < 0 ||
        vl_policy_look(net, &checkpoint->arena, &ret->link, &ret->policy, err) < 0 ||
        vl_net_addresses(net, &checkpoint->arena, ret->link.index, &ret->addresses, err) < 0)
        return -1;
    return vl_net_routes(net, &checkpoint->arena, ret->link.index, &ret->routes, err);
}

/* Keep of all default routes those over other links. */
static void keep_others(const struct vl_net_link *uplink, const struct vl_net_link *bridge,
                        struct vl_net_messages *routes)
{
    size_t kept = 0;

    for (size_t i = 0; i < routes->count; i++)
        if (!vl_net_route_over(&routes->list[i], uplink->index) &&
            (!bridge->exists || !vl_net_route_over(&routes->list[i], bridge->index)))
            routes->list[kept++] = routes->list[i];
    routes->count = kept;
}

int vl_checkpoint_network(struct vl_checkpoint *checkpoint, struct vl_net *net, const char *uplink, const char *bridge,
                          struct vl_error *err)
{
    checkpoint->boot = boot_id(&checkpoint->arena);
    if (save_link(checkpoint, net, uplink, &checkpoint->uplink, err) < 0)
        return -1;
    if (save_link(checkpoint, net, bridge, &checkpoint->bridge, err) < 0 ||
        vl_net_default_routes(net, &checkpoint->arena, &checkpoint->others, err) < 0)
        return -1;
    keep_others(&checkpoint->uplink.link, &checkpoint->bridge.link, &checkpoint->others);
    return 0;
}

static bool same_address(const struct vl_net_message *a, const struct vl_net_message *b)
{
    struct vl_net_facts one = vl_net_address_facts(a), other = vl_net_address_facts(b);

    return one.family == other.family && one.prefix == other.prefix && !memcmp(one.bytes, other.bytes, 16);
}

static bool has_address(const struct vl_net_messages *messages, const struct vl_net_message *wanted)
{
    for (size_t i = 0; i < messages->count; i++)
        if (same_address(&messages->list[i], wanted))
            return true;
    return false;
}

static bool has_route(const struct vl_net_messages *messages, const struct vl_net_message *wanted)
{
    for (size_t i = 0; i < messages->count; i++)
        if (vl_net_same_route(&messages->list[i], wanted))
            return true;
    return false;
}

/* The addresses and routes of a link as they were. What came since goes first: an address takes those along that were
 * added after it to the same network. */
static int restore_link(struct vl_net *net, struct vl_arena *arena, const struct vl_saved_link *saved,
                        const struct vl_net_link *link, struct vl_net_batch *batch, struct vl_error *err)
{
    struct vl_net_messages addresses = { .count = 0 }, routes = { .count = 0 };
    struct vl_policy policy;
    int index = link->index;

    if (vl_net_addresses(net, arena, index, &addresses, err) < 0 ||
        vl_net_routes(net, arena, index, &routes, err) < 0 || vl_policy_look(net, arena, link, &policy, err) < 0)
        return -1;
    vl_policy_restore(arena, &saved->policy, &policy, index, batch);
    for (size_t i = 0; i < addresses.count; i++)
        if (!has_address(&saved->addresses, &addresses.list[i]))
            vl_net_delete_address(batch, &addresses.list[i]);
    for (size_t i = 0; i < routes.count; i++)
        if (!has_route(&saved->routes, &routes.list[i]))
            vl_net_delete_route(batch, &routes.list[i]);
    for (size_t i = 0; i < saved->addresses.count; i++)
        vl_net_put_address(batch, &saved->addresses.list[i], index);
    for (size_t i = 0; i < saved->routes.count; i++)
        if (!vl_net_route_facts(&saved->routes.list[i]).by_object || !has_route(&routes, &saved->routes.list[i]))
            vl_net_put_route(batch, &saved->routes.list[i], saved->link.index, index);
    return 0;
}

/* A default route over another link comes back when none of its family is left there. As good as it can be: that link
 * is not ours, and may be gone. */
static void restore_others(struct vl_net *net, struct vl_arena *arena, const struct vl_checkpoint *checkpoint,
                           const struct vl_net_link *uplink, const struct vl_net_link *bridge)
{
    VL_NET_BATCH_AUTO batch = { .count = 0 };
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    struct vl_net_messages now;

    if (!checkpoint->others.count || vl_net_default_routes(net, arena, &now, &ignored) < 0)
        return;
    keep_others(uplink, bridge, &now);
    for (size_t i = 0; i < checkpoint->others.count; i++) {
        int family = vl_net_route_facts(&checkpoint->others.list[i]).family;
        bool left = false;

        for (size_t k = 0; k < now.count; k++)
            left |= vl_net_route_facts(&now.list[k]).family == family;
        if (!left)
            vl_net_put_route(&batch, &checkpoint->others.list[i], 0, 0);
    }
    (void)vl_net_send(net, &batch, &ignored);
}

/* The link that it was a port of, as that is now; 0: none, or none of that name is left. A checkpoint of an earlier
 * version has no name. */
static int find_master(struct vl_net *net, struct vl_arena *arena, const struct vl_saved_link *saved, int *ret_master,
                       struct vl_error *err)
{
    struct vl_net_link master;

    *ret_master = saved->link.master;
    if (!saved->master)
        return 0;
    if (vl_net_link(net, arena, saved->master, &master, err) < 0)
        return -1;
    *ret_master = master.exists ? master.index : 0;
    return 0;
}

/* Another link of the same name has an address of its own card; a bridge has none. */
static int restore_settings(struct vl_net *net, struct vl_arena *arena, const struct vl_saved_link *saved,
                            const struct vl_net_link *now, struct vl_net_batch *batch, struct vl_error *err)
{
    bool same_mac = !saved->link.has_mac || !memcmp(now->mac, saved->link.mac, 6);
    int master;

    if (find_master(net, arena, saved, &master, err) < 0)
        return -1;
    vl_net_set_link(
        batch, now->index,
        &(struct vl_net_settings){
            .master = now->master != master ? &master : NULL,
            .up = &saved->link.up,
            .mtu = now->mtu != saved->link.mtu ? saved->link.mtu : 0,
            .mac = !same_mac && (now->is_bridge || now->index == saved->link.index) ? saved->link.mac : NULL,
        });
    return 0;
}

/* A bridge that was there before the change and is not any more. */
static int make_again(struct vl_net *net, struct vl_arena *arena, const struct vl_saved_link *saved,
                      struct vl_net_link *ret_now, struct vl_error *err)
{
    VL_NET_BATCH_AUTO batch = { .count = 0 };

    vl_net_add_bridge(&batch, saved->name, saved->link.has_mac ? saved->link.mac : NULL, saved->link.mtu);
    if (vl_net_send(net, &batch, err) < 0)
        return -1;
    return vl_net_link(net, arena, saved->name, ret_now, err);
}

/* The bridge goes, or is as it was. */
static int restore_bridge(struct vl_net *net, struct vl_arena *arena, const struct vl_saved_link *saved,
                          const struct vl_net_link *now, struct vl_net_batch *batch, struct vl_error *err)
{
    if (!now->exists)
        return 0;
    if (!saved->link.exists) {
        static const struct vl_policy none = { .rules = { .count = 0 } };
        struct vl_policy policy;

        if (vl_policy_look(net, arena, now, &policy, err) < 0)
            return -1;
        vl_policy_restore(arena, &none, &policy, now->index, batch);
        vl_net_delete_link(batch, now->index);
        return 0;
    }
    if (restore_settings(net, arena, saved, now, batch, err) < 0)
        return -1;
    if (saved->link.stp != now->stp)
        vl_net_set_stp(batch, now->index, saved->link.stp);
    return restore_link(net, arena, saved, now, batch, err);
}

int vl_checkpoint_restore_network(const struct vl_checkpoint *checkpoint, const struct vl_saved_link *uplink,
                                  const struct vl_saved_link *bridge, bool *ret_done, struct vl_error *err)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_NET_AUTO *net = NULL;
    VL_NET_BATCH_AUTO batch = { .count = 0 };
    struct vl_net_link uplink_now, bridge_now;

    *ret_done = false;
    if (!checkpoint->boot || strcmp(checkpoint->boot, boot_id(&arena)) != 0 || !uplink->link.exists)
        return 0;
    net = vl_net_open(err);
    if (!net || vl_net_link(net, &arena, uplink->name, &uplink_now, err) < 0 ||
        vl_net_link(net, &arena, bridge->name, &bridge_now, err) < 0)
        return -1;
    if (!uplink_now.exists)
        return 0;
    if (bridge->link.exists && !bridge_now.exists && make_again(net, &arena, bridge, &bridge_now, err) < 0)
        return -1;
    if (restore_settings(net, &arena, uplink, &uplink_now, &batch, err) < 0 ||
        restore_bridge(net, &arena, bridge, &bridge_now, &batch, err) < 0 ||
        restore_link(net, &arena, uplink, &uplink_now, &batch, err) < 0 || vl_net_send(net, &batch, err) < 0)
        return -1;
    restore_others(net, &arena, checkpoint, &uplink_now, &bridge_now);
    *ret_done = true;
    return 0;
}
