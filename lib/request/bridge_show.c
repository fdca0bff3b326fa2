/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * `bridge show`: the bridges of this host as the kernel has them, which files voiplab wrote, and whether a change
 * waits.
 */
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "network/change.h"
#include "network/checkpoint.h"
#include "network/netlink.h"
#include "request/request.h"
#include "request/result.h"

static void row(const struct vl_run *run, const char *what, const char *item, const char *seen)
{
    vl_result_row(run->result, (const char *const[VL_RESULT_COLUMNS]){ what, item, seen });
}

static const char *joined(struct vl_arena *arena, const char *list, const char *word)
{
    return *list ? vl_arena_printf(arena, "%s, %s", list, word) : word;
}

/* A setting that sysfs has of a bridge: "0". "" when it cannot be read. */
static const char *setting(struct vl_arena *arena, const char *bridge, const char *name)
{
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    VL_FREE char *text = NULL;

    if (vl_file_read(vl_arena_printf(arena, "/sys/class/net/%s/bridge/%s", bridge, name), 64, &text, NULL, &ignored) <
        0)
        return "";
    return vl_arena_strdup(arena, vl_text_strip(text));
}

static const char *texts_of(struct vl_arena *arena, const struct vl_net_messages *messages, bool routes)
{
    const char *list = "";

    for (size_t i = 0; i < messages->count; i++) {
        const struct vl_net_message *message = &messages->list[i];

        if (routes && !vl_net_route_facts(message).is_default)
            continue;
        list = joined(arena, list, routes ? vl_net_route_text(arena, message) : vl_net_address_text(arena, message));
    }
    return list;
}

static int show_bridge(const struct vl_run *run, struct vl_net *net, const struct vl_net_link *bridge,
                       const struct vl_net_link *links, size_t count)
{
    struct vl_arena *arena = &run->result->arena;
    struct vl_net_messages addresses, routes;
    const char *ports = "", *owner = "not voiplab's";

    if (vl_net_addresses(net, arena, bridge->index, &addresses, run->err) < 0 ||
        vl_net_routes(net, arena, bridge->index, &routes, run->err) < 0)
        return -1;
    for (size_t i = 0; i < count; i++)
        if (links[i].master == bridge->index)
            ports = joined(arena, ports, links[i].name);
    if (bridge->alias && vl_text_starts(bridge->alias, "voiplab:"))
        owner = vl_arena_printf(arena, "made for the lab '%s'", vl_text_printable(arena, bridge->alias + 8));
    row(run, "bridge", bridge->name,
        vl_arena_printf(arena, "%s, %s", bridge->up ? bridge->running ? "up" : "up, without carrier" : "down", owner));
    row(run, "ports", bridge->name, *ports ? ports : "none");
    row(run, "addresses", bridge->name, addresses.count ? texts_of(arena, &addresses, false) : "none");
    row(run, "default route", bridge->name, *texts_of(arena, &routes, true) ? texts_of(arena, &routes, true) : "none");
    row(run, "settings", bridge->name,
        vl_arena_printf(arena, "STP %s, forward delay %s, MTU %u, MAC %02x:%02x:%02x:%02x:%02x:%02x",
                        strcmp(setting(arena, bridge->name, "stp_state"), "0") != 0 ? "on" : "off",
                        setting(arena, bridge->name, "forward_delay"), bridge->mtu, bridge->mac[0], bridge->mac[1],
                        bridge->mac[2], bridge->mac[3], bridge->mac[4], bridge->mac[5]));
    return 0;
}

static int show_links(const struct vl_run *run)
{
    VL_NET_AUTO *net = vl_net_open(run->err);
    struct vl_net_link *links = NULL;
    size_t count = 0, bridges = 0;

    if (!net || vl_net_links(net, &run->result->arena, &links, &count, run->err) < 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        if (!links[i].is_bridge)
            continue;
        bridges++;
        if (show_bridge(run, net, &links[i], links, count) < 0)
            return -1;
    }
    if (!bridges)
        row(run, "bridge", "none", "this host has no bridge");
    return 0;
}

/* What became of a file, and of the one before it. */
static const char *file_text(struct vl_arena *arena, const struct vl_checkpoint *original,
                             const struct vl_saved_file *file)
{
    const char *kept = file->lost ? "; its backup cannot be read" : file->text ? "; the file as it was is kept" : "";
    const char *lab = original->lab ? vl_arena_printf(arena, " for the lab '%s'", original->lab) : "";

    return vl_arena_printf(arena, "%s by voiplab%s%s", file->backup ? "changed" : "made", lab, kept);
}

static int show_files(const struct vl_run *run, const char *directory)
{
    VL_CHECKPOINT_AUTO original = { .root = NULL };
    int found = vl_checkpoint_find(&original, directory, "original", run->err);

    for (size_t i = 0; found > 0 && i < original.file_count; i++)
        row(run, "file", original.files[i].path, file_text(&run->result->arena, &original, &original.files[i]));
    return found < 0 ? -1 : 0;
}

static void show_change(const struct vl_run *run, const char *directory)
{
    struct vl_arena *arena = &run->result->arena;
    long long left = 0;
    const char *outcome = vl_change_outcome(arena, directory, "the latest was ");

    switch (vl_change_phase(directory, &left)) {
    case VL_CHANGE_ARMED:
        row(run, "change", "waits", vl_arena_printf(arena, "taken back in %lld s unless it is confirmed", left));
        break;
    case VL_CHANGE_ABANDONED:
        row(run, "change", "cut off", "nobody watches it: confirm it, or take it back with revert");
        break;
    case VL_CHANGE_NONE:
        row(run, "change", "none waits", *outcome ? outcome : "none was made");
        break;
    }
}

int vl_run_bridge_show(const struct vl_run *run)
{
    const char *root = run->session->options.root;
    const char *directory = vl_checkpoint_directory(&run->result->arena, run->session->options.state_directory, root);

    vl_result_headings(run->result, "WHAT", "NAME", "SEEN", NULL);
    if ((!strcmp(root, "/") && show_links(run) < 0) || show_files(run, directory) < 0)
        return -1;
    show_change(run, directory);
    vl_result_table_json(run->result, "bridge");
    return 0;
}
