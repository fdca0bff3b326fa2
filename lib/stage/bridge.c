/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The bridge on this host: its files, and one without an uplink live.
 */
#include <arpa/inet.h>
#include <glob.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "network/backend.h"
#include "network/settings.h"
#include "network/sysctl.h"
#include "network/possible.h"
#include "network/uplink.h"
#include "plan/pending.h"
#include "stage/stage.h"

/* The back end that is named, else the one that is seen to have the uplink. */
static int choose_backend(struct vl_session *session, struct vl_arena *arena, enum vl_bridge_backend *ret_backend,
                          struct vl_error *err)
{
    const char *why;

    *ret_backend = session->backend;
    if (*ret_backend != VL_BACKEND_AUTO)
        return 0;
    return vl_uplink_owner(arena, session->options.root, session->lab->bridge.interface, session->lab->bridge.hwaddr,
                           ret_backend, &why, err);
}

int vl_stage_bridge_render(struct vl_session *session, struct vl_arena *arena, enum vl_bridge_backend *ret_backend,
                           struct vl_fileset *set, struct vl_error *err)
{
    struct vl_bridge_input input;

    if (choose_backend(session, arena, ret_backend, err) < 0 ||
        vl_uplink_gather(arena, session->options.root, *ret_backend, &session->lab->bridge, &input, err) < 0)
        return -1;
    return vl_bridge_files(arena, *ret_backend, &input, set, err);
}

/* The directories that the files lie in, where they are missing. */
static void add_directories(struct vl_plan *plan, const char *root, const struct vl_fileset *set)
{
    for (size_t i = 0; i < set->count; i++) {
        const char *path = set->files[i].path;
        const char *directory = vl_arena_printf(&plan->arena, "%s%.*s", root, (int)(strrchr(path, '/') - path), path);
        bool known = false;

        for (size_t j = 0; j < plan->count; j++)
            known |= plan->steps[j].kind == VL_STEP_DIRECTORY && !strcmp(plan->steps[j].object, directory);
        if (!known)
            vl_plan_add_directory(plan, directory, 0755, "where the files of the bridge are looked for");
    }
}

/* What the files of sysctl.d(5) say of the uplink, for the bridge: in the order in which they are read. */
static const char *settings_of(struct vl_session *session, struct vl_plan *plan, const char *root)
{
    static const char *const patterns[] = { "/etc/sysctl.d/*.conf", "/etc/sysctl.conf" };
    struct vl_arena *arena = &plan->arena;
    VL_BUF_AUTO out = VL_BUF_INIT;

    for (size_t i = 0; i < VL_COUNT(patterns); i++) {
        glob_t found = { .gl_pathc = 0 };

        (void)glob(vl_arena_printf(arena, "%s%s", root, patterns[i]), 0, NULL, &found);
        for (size_t k = 0; k < found.gl_pathc; k++) {
            VL_ERROR_AUTO ignored = { .code = VL_OK };
            VL_FREE char *text = NULL;

            if (vl_file_read(found.gl_pathv[k], 1 << 20, &text, NULL, &ignored) == 0)
                vl_settings_from_file(arena, &session->lab->bridge, text, &out);
        }
        globfree(&found);
    }
    arena->failed |= out.failed;
    return vl_arena_strdup(arena, vl_buf_text(&out));
}

static int bridge_files(struct vl_session *session, struct vl_plan *plan, struct vl_error *err)
{
    struct vl_fileset set = { .count = 0 };
    bool real = !strcmp(session->options.root, "/");
    const char *root = real ? "" : session->options.root;
    bool directory = vl_file_exists(vl_arena_printf(&plan->arena, "%s/etc/sysctl.d", root)) ||
                     !vl_file_exists(vl_arena_printf(&plan->arena, "%s/etc/sysctl.conf", root));
    enum vl_bridge_backend backend;
    VL_TARGET_AUTO *target = vl_target_local(session->options.root, err);

    if (!target || vl_stage_bridge_render(session, &plan->arena, &backend, &set, err) < 0)
        return -1;
    session->backend = backend;
    vl_bridge_sysctl(&plan->arena, session->lab, directory, settings_of(session, plan, root), &set);
    add_directories(plan, root, &set);
    return vl_plan_files(plan, target, VL_THIS_HOST, &set, real ? vl_pending(session, VL_THIS_HOST) : 0, real, err);
}

int vl_stage_bridge_possible(struct vl_session *session, struct vl_error *err)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    enum vl_bridge_backend backend;

    if (!session->lab->bridge.interface || strcmp(session->options.root, "/") != 0)
        return 0;
    if (vl_uplink_possible(&session->lab->bridge, err) < 0 || choose_backend(session, &arena, &backend, err) < 0)
        return -1;
    /* where one is seen to have the uplink, its files are read */
    if (session->backend == VL_BACKEND_AUTO || vl_file_exists(vl_uplink_directory(backend)))
        return 0;
    return vl_fail(
        err, VL_ERROR_FAILED,
        "this host has no '%s', so files for %s would be read by nobody; name another by 'backend = NAME' in "
        "[bridge], or to 'voiplab bridge' with --backend NAME, write them elsewhere with --root DIR, or say interface "
        "= none in [bridge]",
        vl_uplink_directory(backend), vl_bridge_backends[backend]);
}

static void free_interfaces(struct ifaddrs *const *interfaces)
{
    if (*interfaces)
        freeifaddrs(*interfaces);
}

/* The kernel takes no alias with a new bridge, but a group, any number: with this one it is ours until the alias is
 * there. In ASCII it is `voip`. */
#define NEW_GROUP "1987012976"
#define MARK "voiplab:"

struct live_bridge {
    bool exists, is_bridge, is_new, is_up, has_address, has_any_address;
    const char *lab;   /* whose mark it has, in the plan's arena; NULL: none */
    const char *other; /* an interface that has our network already; NULL: none has */
};

/* A word about an interface from /sys, in the arena; "" when it has none. */
static const char *attribute(struct vl_arena *arena, const char *name, const char *which)
{
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    VL_FREE char *text = NULL;

    if (vl_file_read(vl_arena_printf(arena, "/sys/class/net/%s/%s", name, which), 4096, &text, NULL, &ignored) < 0)
        return "";
    return vl_arena_strdup(arena, vl_text_strip(text));
}

/* Whether another interface has our network, or a part of it: the kernel would send there what is for our guests. */
static bool has_network(const struct ifaddrs *interface, const struct vl_bridge *bridge)
{
    uint32_t mask = vl_text_netmask(bridge->prefix), address, theirs;

    if (!interface->ifa_addr || interface->ifa_addr->sa_family != AF_INET || !interface->ifa_netmask ||
        interface->ifa_flags & IFF_LOOPBACK)
        return false;
    address = ntohl(((const struct sockaddr_in *)(const void *)interface->ifa_addr)->sin_addr.s_addr);
    theirs = ntohl(((const struct sockaddr_in *)(const void *)interface->ifa_netmask)->sin_addr.s_addr);
    return (theirs & mask) == mask && (address & mask) == (bridge->address & mask);
}

static int look_at_bridge(struct vl_arena *arena, const struct vl_bridge *bridge, struct live_bridge *ret_live,
                          struct vl_error *err)
{
    __attribute__((cleanup(free_interfaces))) struct ifaddrs *interfaces = NULL;
    const char *alias = attribute(arena, bridge->name, "ifalias");
    struct live_bridge live = { .exists = if_nametoindex(bridge->name) != 0 };

    if (getifaddrs(&interfaces) < 0)
        return vl_fail_errno(err, "cannot list the interfaces of this host");
    live.lab = vl_text_starts(alias, MARK) ? alias + strlen(MARK) : NULL;
    live.is_new = !*alias && !strcmp(attribute(arena, bridge->name, "netdev_group"), NEW_GROUP);
    live.is_bridge = vl_file_exists(vl_arena_printf(arena, "/sys/class/net/%s/bridge", bridge->name));
    for (const struct ifaddrs *interface = interfaces; interface; interface = interface->ifa_next) {
        const struct sockaddr_in *address;

        if (strcmp(interface->ifa_name, bridge->name) != 0) {
            if (has_network(interface, bridge))
                live.other = vl_arena_strdup(arena, interface->ifa_name);
            continue;
        }
        live.is_up |= (interface->ifa_flags & IFF_UP) != 0;
        if (!interface->ifa_addr || interface->ifa_addr->sa_family != AF_INET)
            continue;
        address = (const void *)interface->ifa_addr;
        live.has_any_address = true;
        live.has_address |= ntohl(address->sin_addr.s_addr) == bridge->address;
    }
    *ret_live = live;
    return 0;
}

static int refuse_network(const struct vl_session *session, const char *other, const char *address,
                          struct vl_error *err)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    const char *alias = attribute(&arena, other, "ifalias");
    const char *whose = vl_text_starts(alias, MARK)
                            ? vl_arena_printf(&arena, ", the bridge of the lab '%s'",
                                              vl_text_quote(&arena, alias + strlen(MARK), VL_TEXT_QUOTED))
                            : "";

    return vl_fail(err, VL_ERROR_FAILED,
                   "the network of %s is on '%s' already%s; give [bridge] and the PBXs of '%s' addresses of another "
                   "network",
                   address, vl_text_quote(&arena, other, VL_TEXT_QUOTED), whose, session->lab->name);
}

/* A bridge of another lab, or of somebody else, is not taken over; one that is up with our address was given to us. */
static int refuse_foreign(const struct vl_session *session, const struct live_bridge *live, const char *address,
                          struct vl_error *err)
{
    const char *name = session->lab->bridge.name, *lab = session->lab->name;
    VL_ARENA_AUTO arena = { .blocks = NULL };

    if (live->other && !live->has_address)
        return refuse_network(session, live->other, address, err);
    if (!live->exists)
        return 0;
    if (!live->is_bridge)
        return vl_fail(err, VL_ERROR_FAILED, "'%s' exists on this host and is not a bridge; give [bridge] another name",
                       name);
    if (live->lab && strcmp(live->lab, lab) != 0)
        return vl_fail(err, VL_ERROR_FAILED, "the bridge '%s' is that of the lab '%s'; give [bridge] another name",
                       name, vl_text_quote(&arena, live->lab, VL_TEXT_QUOTED));
    if (live->lab || live->is_new || (live->is_up && live->has_address))
        return 0;
    if (live->is_up || live->has_any_address)
        return vl_fail(err, VL_ERROR_FAILED,
                       "the bridge '%s' is in use and is not this lab's; give [bridge] another name, or give that one "
                       "the address %s yourself",
                       name, address);
    return vl_fail(
        err, VL_ERROR_FAILED,
        "the bridge '%s' is there and is not this lab's; give [bridge] another name, or make it this lab's by "
        "'ip link set dev %s alias " MARK "%s'",
        name, name, lab);
}

/* The commands that bring up what is missing of an isolated bridge. The alias is our mark on it. */
static int bridge_commands(struct vl_session *session, struct vl_plan *plan, struct vl_error *err)
{
    const struct vl_bridge *bridge = &session->lab->bridge;
    const char *address =
        vl_arena_printf(&plan->arena, "%s/%u", vl_text_from_ipv4(&plan->arena, bridge->address), bridge->prefix);
    const char *mark = vl_arena_printf(&plan->arena, MARK "%s", session->lab->name);
    struct live_bridge live = { .exists = false };

    if (look_at_bridge(&plan->arena, bridge, &live, err) < 0 || refuse_foreign(session, &live, address, err) < 0)
        return -1;
    if (!live.exists)
        vl_plan_add_command(plan, "a bridge without an uplink: the network of the lab, separate from every other",
                            vl_arena_printf(&plan->arena, "bridge %s", bridge->name),
                            vl_plan_argv(plan, "ip", "link", "add", "group", NEW_GROUP, "name", bridge->name, "type",
                                         "bridge", "stp_state", "0", "forward_delay", "0", NULL));
    if (!live.exists)
        vl_plan_shows(plan, vl_arena_printf(&plan->arena, "cat /sys/class/net/%s/bridge/stp_state", bridge->name), "0");
    if (!live.exists || live.is_new)
        vl_plan_add_command(
            plan, "the mark by which voiplab knows its bridge again",
            vl_arena_printf(&plan->arena, "alias of %s", bridge->name),
            vl_plan_argv(plan, "ip", "link", "set", "dev", bridge->name, "alias", mark, "group", "default", NULL));
    if (!live.exists || live.is_new)
        vl_plan_shows(plan, vl_arena_printf(&plan->arena, "cat /sys/class/net/%s/ifalias", bridge->name), mark);
    if (!live.has_address)
        vl_plan_add_command(plan, "this host's address on the lab network",
                            vl_arena_printf(&plan->arena, "address of %s", bridge->name),
                            vl_plan_argv(plan, "ip", "address", "add", address, "dev", bridge->name, NULL));
    if (!live.has_address)
        vl_plan_shows(
            plan, vl_arena_printf(&plan->arena, "ip -o address show dev %s | grep -c -w -F %s", bridge->name, address),
            "1");
    if (!live.is_up)
        vl_plan_add_command(plan, "the bridge carries traffic from now on",
                            vl_arena_printf(&plan->arena, "%s up", bridge->name),
                            vl_plan_argv(plan, "ip", "link", "set", "dev", bridge->name, "up", NULL));
    if (!live.is_up)
        vl_plan_shows(plan, vl_arena_printf(&plan->arena, "ip -o link show dev %s | grep -c '[<,]UP'", bridge->name),
                      "1");
    return 0;
}

int vl_stage_bridge_refused(struct vl_session *session, struct vl_error *err)
{
    VL_PLAN_AUTO plan = { .count = 0 };

    return session->lab->bridge.interface ? 0 : bridge_commands(session, &plan, err);
}

int vl_stage_bridge(struct vl_session *session, struct vl_plan *plan, struct vl_error *err)
{
    bool isolated = !session->lab->bridge.interface;
    int rc = isolated ? bridge_commands(session, plan, err) : bridge_files(session, plan, err);

    if (rc == 0 && isolated)
        rc = vl_stage_forward(session, plan, err);
    if (rc == 0 && plan->arena.failed)
        return vl_no_memory(err);
    return rc;
}
