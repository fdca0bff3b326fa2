/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * systemd-networkd (systemd.netdev(5), systemd.network(5)): a .netdev for the bridge, a .network for it, and the
 * uplink's .network made to say Bridge=. networkd takes the first .network file, in the order of their names and
 * wherever they lie, that matches an interface. One that is for others as well (by a wildcard, or by an address, which
 * the bridge keeps) is not edited: files of ours that sort before it say what is so for the uplink and the bridge.
 */
#include "network/networkd_part.h"

#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/keys.h"
#include "base/text.h"
#include "network/networkd_match.h"
#include "network/owner.h"

#define UNITS "/etc/systemd/network/"
/* What our files are called; the latter where somebody's own would be taken before them. */
#define OWN UNITS "60-voiplab-"
#define OWN_FIRST UNITS "00-voiplab-"

static void add(struct vl_networkd *networkd, const char *path, const char *text, const char *why)
{
    vl_fileset_add(networkd->arena, networkd->set,
                   &(struct vl_file){
                       .path = path,
                       .kind = VL_FILE_WHOLE,
                       .mode = 0644,
                       .text = text,
                       .why = why,
                       .reload = VL_RELOAD_NONE,
                   });
}

/* Of files of one name the first counts, in the order of `sources`; an empty one says that there is none. */
static bool counts(const struct vl_bridge_input *input, const struct vl_bridge_source *file)
{
    for (size_t i = 0; i < input->count && &input->files[i] != file; i++)
        if (!strcmp(vl_networkd_name(input->files[i].path), vl_networkd_name(file->path)) &&
            !strstr(input->files[i].path, ".d/"))
            return false;
    return *file->text != '\0';
}

/* networkd's order: by the name of the file. */
static const struct vl_bridge_source *next_file(const struct vl_networkd *networkd,
                                                const struct vl_bridge_source *after)
{
    const struct vl_bridge_source *next = NULL;

    for (size_t i = 0; i < networkd->input->count; i++) {
        const struct vl_bridge_source *file = &networkd->input->files[i];

        if (vl_text_ends(file->path, ".network") && counts(networkd->input, file) &&
            (!after || strcmp(vl_networkd_name(file->path), vl_networkd_name(after->path)) > 0) &&
            (!next || strcmp(vl_networkd_name(file->path), vl_networkd_name(next->path)) < 0))
            next = file;
    }
    return next;
}

/* Whether ours, with the name that sorts first, still comes after this one. */
static int check_first(const struct vl_networkd *networkd, const struct vl_bridge_source *file)
{
    if (strcmp(vl_networkd_name(file->path), vl_networkd_name(OWN_FIRST)) > 0)
        return 0;
    return vl_fail_at(networkd->err, VL_ERROR_FAILED, file->path, 0,
                      "may be taken for '%s' or '%s' before the files of voiplab are, and is for others as well; give "
                      "it a name that sorts after '%s'",
                      networkd->bridge->interface, networkd->bridge->name, vl_networkd_name(OWN_FIRST));
}

/* What the uplink is a part of already would lose it. */
static int check_master(const struct vl_networkd *networkd)
{
    static const char *const keys[] = { "Bridge", "Bond" };

    for (size_t i = 0; networkd->uplinks && i < VL_COUNT(keys); i++) {
        const char *master = vl_keys_value(networkd->arena, networkd->uplink_text, "Network", keys[i]);
        const struct vl_key_line *line = vl_keys_find(networkd->arena, networkd->uplinks->text, "Network", keys[i]);

        if (master && *master && strcmp(master, networkd->bridge->name) != 0)
            return vl_bridge_fail_port(networkd->uplinks->path, line ? line->number : 0, networkd->bridge->interface,
                                       master, i == 0, networkd->err);
    }
    return 0;
}

/* The file that the uplink has its settings from, and whether it can be edited. */
static int find_uplink(struct vl_networkd *networkd)
{
    const struct vl_networkd_link uplink = { .name = networkd->bridge->interface,
                                             .mac = vl_bridge_own_mac(networkd->input) };
    const struct vl_bridge_source *file = NULL, *shared = NULL;
    enum vl_match shared_match = VL_MATCH_NO;

    while ((file = next_file(networkd, file)) && !networkd->uplinks && shared_match != VL_MATCH_YES) {
        bool alone;
        const char *whole = vl_networkd_whole(networkd, file);
        enum vl_match match = vl_networkd_match(networkd->arena, whole, &uplink, &alone);

        if (match != VL_MATCH_NO && alone) {
            networkd->uplink_path = vl_arena_printf(networkd->arena, UNITS "%s", vl_networkd_name(file->path));
            networkd->uplink_text = whole;
            networkd->uplinks = file;
        } else if (match > shared_match) {
            if (check_first(networkd, file) < 0)
                return -1;
            shared = file;
            shared_match = match;
        }
    }
    if (!shared || (networkd->uplinks && vl_text_starts(networkd->uplink_path, OWN_FIRST)))
        return check_master(networkd);
    if (networkd->uplinks)
        return vl_fail_at(networkd->err, VL_ERROR_FAILED, shared->path, 0,
                          "may match '%s' before '%s' does; say by Name= what is meant", uplink.name,
                          networkd->uplink_path);
    networkd->shared = true;
    networkd->uplinks = shared;
    networkd->uplink_text = vl_networkd_whole(networkd, shared);
    return check_master(networkd);
}

/* Whether somebody's file would be taken for the bridge before ours is. */
static int is_before_ours(const struct vl_networkd *networkd, bool *ret_before)
{
    const struct vl_networkd_link bridge = {
        .name = networkd->bridge->name,
        .mac = vl_bridge_mac(networkd->input),
        .is_bridge = true,
    };
    const struct vl_bridge_source *file = NULL;
    bool alone;

    while ((file = next_file(networkd, file)) && strcmp(vl_networkd_name(file->path), vl_networkd_name(OWN)) < 0) {
        if (vl_text_starts(file->path, OWN_FIRST) ||
            vl_networkd_match(networkd->arena, file->text, &bridge, &alone) == VL_MATCH_NO)
            continue;
        if (check_first(networkd, file) < 0)
            return -1;
        *ret_before = true;
    }
    return 0;
}

static int name_files(struct vl_networkd *networkd)
{
    const char *name = networkd->bridge->name;
    bool first = networkd->shared ||
                 vl_bridge_text(networkd->input, vl_arena_printf(networkd->arena, OWN_FIRST "%s.network", name));
    const char *own;

    if (is_before_ours(networkd, &first) < 0)
        return -1;
    own = first ? OWN_FIRST : OWN;
    networkd->netdev_path = vl_arena_printf(networkd->arena, "%s%s.netdev", own, name);
    networkd->bridge_path = vl_arena_printf(networkd->arena, "%s%s.network", own, name);
    if (!networkd->uplink_path)
        networkd->uplink_path = vl_arena_printf(networkd->arena, "%s%s.network", own, networkd->bridge->interface);
    return 0;
}

/* Another file that makes the bridge. */
static int check_others(const struct vl_networkd *networkd)
{
    for (size_t i = 0; i < networkd->input->count; i++) {
        const struct vl_bridge_source *file = &networkd->input->files[i];
        const struct vl_key_line *name = vl_keys_find(networkd->arena, file->text, "NetDev", "Name");

        if (vl_text_ends(file->path, ".netdev") && name && !strcmp(name->value, networkd->bridge->name) &&
            strcmp(file->path, networkd->netdev_path) != 0 && counts(networkd->input, file))
            return vl_bridge_fail_exists(file->path, name->number, networkd->bridge->name, networkd->err);
    }
    return 0;
}

/* A file for the uplink alone, with what the one says that is for others as well. */
static const char *own_text(const struct vl_networkd *networkd)
{
    static const struct vl_key_change without[] = { { "Match", NULL, NULL } };
    const char *shared = networkd->shared ? networkd->uplink_text : "";

    shared = vl_keys_edit(networkd->arena, shared, without, VL_COUNT(without));
    return vl_arena_printf(networkd->arena, "# Written by voiplab.\n[Match]\nName=%s\n%s%s",
                           networkd->bridge->interface, *shared ? "\n" : "", shared);
}

/* Drop-ins add to the file whose name they have, wherever they lie; one of /usr/lib or /run is said anew in /etc. */
static void add_drop_ins(struct vl_networkd *networkd)
{
    const struct vl_bridge_source *drop_in = NULL;

    while (networkd->uplinks && !networkd->shared &&
           (drop_in = vl_networkd_drop_in(networkd, networkd->uplinks, drop_in))) {
        const char *text = vl_networkd_as_port(networkd, drop_in->text, false);

        if (*drop_in->text && (vl_text_starts(drop_in->path, UNITS) || strcmp(text, drop_in->text) != 0))
            add(networkd,
                vl_arena_printf(networkd->arena, UNITS "%s.d/%s", vl_networkd_name(networkd->uplinks->path),
                                vl_networkd_name(drop_in->path)),
                text, "what it adds to the uplink's settings goes over to the bridge");
    }
}

static void add_uplink(struct vl_networkd *networkd)
{
    bool own = !networkd->uplinks || networkd->shared;

    add(networkd, networkd->uplink_path,
        vl_networkd_as_port(networkd, own ? own_text(networkd) : networkd->uplinks->text, true),
        "the uplink becomes a port of the bridge and has no address of its own");
    add_drop_ins(networkd);
}

static void add_netdev(struct vl_networkd *networkd)
{
    const char *mac = vl_bridge_mac(networkd->input);
    VL_BUF_AUTO text = VL_BUF_INIT;

    vl_buf_printf(&text, "# Written by voiplab.\n[NetDev]\nName=%s\nKind=bridge\n", networkd->bridge->name);
    if (mac)
        vl_buf_printf(&text, "MACAddress=%s\n", mac);
    if (networkd->bridge->mtu)
        vl_buf_printf(&text, "MTUBytes=%u\n", networkd->bridge->mtu);
    vl_buf_puts(&text, "\n[Bridge]\nSTP=no\nForwardDelaySec=0\n");
    networkd->arena->failed |= text.failed;
    add(networkd, networkd->netdev_path, vl_arena_strdup(networkd->arena, vl_buf_text(&text)),
        "the bridge that the guests hang on");
}

static void add_network(struct vl_networkd *networkd)
{
    VL_BUF_AUTO text = VL_BUF_INIT;

    vl_buf_printf(&text, "# Written by voiplab.\n[Match]\nName=%s\n", networkd->bridge->name);
    if (networkd->bridge->mtu)
        vl_buf_printf(&text, "\n[Link]\nMTUBytes=%u\n", networkd->bridge->mtu);
    vl_networkd_put_network(networkd, &text);
    networkd->arena->failed |= text.failed;
    add(networkd, networkd->bridge_path, vl_arena_strdup(networkd->arena, vl_buf_text(&text)),
        "the address of this host, which the bridge carries now");
}

static int render(struct vl_arena *arena, const struct vl_bridge_input *input, struct vl_fileset *set,
                  struct vl_error *err)
{
    struct vl_networkd networkd = { .arena = arena, .input = input, .bridge = input->bridge, .set = set, .err = err };

    if (find_uplink(&networkd) < 0 || name_files(&networkd) < 0 || check_others(&networkd) < 0)
        return -1;
    add_netdev(&networkd);
    add_network(&networkd);
    add_uplink(&networkd);
    return 0;
}

/* What netplan makes in /run is netplan's. */
static bool is_about(struct vl_arena *arena, const struct vl_bridge_source *file, const char *interface,
                     const char *mac)
{
    bool alone;

    return vl_text_ends(file->path, ".network") && !vl_text_starts(file->path, "/run/systemd/network/10-netplan-") &&
           vl_networkd_match(arena, file->text, &(struct vl_networkd_link){ .name = interface, .mac = mac }, &alone) ==
               VL_MATCH_YES;
}

/* It keeps a file for every interface. */
static const char *runs(struct vl_arena *arena, const char *interface, unsigned index)
{
    const char *path = vl_arena_printf(arena, "/run/systemd/netif/links/%u", index);
    const char *state = vl_backend_state(arena, path, "", "ADMIN_STATE");

    (void)interface;
    return *state && strcmp(state, "unmanaged") != 0 ? path : NULL;
}

/* The name under which systemd's configuration is known, of a file of it or of a drop-in. */
static const char *config_of(struct vl_arena *arena, const char *file)
{
    const char *name = file + strlen("/etc/"), *folder = strstr(name, ".d/");

    return folder ? vl_arena_strndup(arena, name, (size_t)(folder - name)) : name;
}

static bool is_new(const struct vl_backend_answer *answer, const char *path)
{
    for (size_t i = 0; i < answer->count; i++)
        if (!strcmp(answer->files[i], path))
            return true;
    return false;
}

/* Files of others that are read together with a new one: before each file its path stands as a comment. What netplan
 * makes of its files belongs to them. */
static const char *const *read_together(struct vl_arena *arena, const struct vl_backend_answer *answer)
{
    const char *const *lines = vl_text_split(arena, answer->output, "\n");
    const char **remarks;
    size_t count = 0;

    while (lines && lines[count])
        count++;
    remarks = vl_arena_zalloc(arena, (count + 1) * sizeof(*remarks));
    count = 0;
    for (; remarks && lines && *lines; lines++) {
        const char *path = vl_text_starts(*lines, "# /") ? *lines + 2 : NULL;

        if (path && !is_new(answer, path) && !vl_text_starts(path, "/run/systemd/network/10-netplan-"))
            remarks[count++] = vl_arena_printf(arena, "systemd-analyze reads %s with %s", path, answer->file);
    }
    return remarks;
}

#define IN(folder)                                                                                                     \
    folder "/systemd/network/*.network", folder "/systemd/network/*.netdev",                                           \
        folder "/systemd/network/*.network.d/*.conf"

const struct vl_backend vl_backend_networkd = {
    .directory = "/etc/systemd/network",
    .sources = { IN("/etc"), IN("/run"), IN("/usr/local/lib"), IN("/usr/lib"), IN("/lib") },
    .render = render,
    .rehearsal = { .needs = { "/lib/systemd/systemd-networkd" },
                   .of_files = { .files = UNITS "*",
                                 .argv = { "systemd-analyze", "--no-pager", "cat-config" },
                                 .subject = config_of,
                                 .remarks = read_together,
                                 .may_fail = true },
                   .runs = { { "/lib/systemd/systemd-networkd" } },
                   .stays = true,
                   .is_networkd = true,
                   .links = "/run/systemd/netif/links",
                   .settled = "ADMIN_STATE=configured" },
    .is_about = is_about,
    .runs = runs,
    /* it takes the uplink's leaving the bridge for a new uplink, and configures that by the file that it read last;
     * once this has failed it looks at a new file only when it is told to */
    .owners = { { VL_NETWORKD_RUNS,
                  .commands = { [VL_OWNER_CHANGED] = { { "networkctl", "reload" } },
                                [VL_OWNER_PUT_BACK] = { { "networkctl", "reload" },
                                                        { "networkctl", "reconfigure", "UPLINK" } } } } },
};
