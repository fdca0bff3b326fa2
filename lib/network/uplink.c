/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "network/uplink.h"

#include <fnmatch.h>
#include <glob.h>
#include <net/if.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "machine/target.h"
#include "network/lease.h"
#include "network/netlink.h"
#include "network/stranger.h"

/* What to do about it: the lab file counts for every command, and only one of them has the option. */
#define REMEDY "say which counts by 'backend = NAME' in [bridge], or to 'voiplab bridge' with --backend NAME"

struct look {
    struct vl_arena *arena;
    const char *root, *interface;
    const char *mac; /* NULL: not known */
    struct vl_target *target;
    struct vl_bridge_source *files;
    size_t count;
    bool evidence; /* looking only: a file that is not read for what it is (a link out of the tree) says nothing */
    struct vl_error *err;
};

static int add_source(struct look *look, const char *path, const char *text)
{
    struct vl_bridge_source *grown;

    for (size_t i = 0; i < look->count; i++)
        if (!strcmp(look->files[i].path, path))
            return 0;
    grown = vl_arena_grow(look->arena, look->files, look->count, sizeof(*grown));

    if (!grown)
        return vl_no_memory(look->err);
    grown[look->count++] =
        (struct vl_bridge_source){ vl_arena_strdup(look->arena, path), vl_arena_strdup(look->arena, text) };
    look->files = grown;
    return 0;
}

static int add_file(struct look *look, const char *path)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_FREE char *text = NULL;
    mode_t mode;

    if (look->target->ops->read(look->target, path, &text, &mode, &err) < 0) {
        if (err.code == VL_ERROR_NOTFOUND || look->evidence)
            return 0;
        vl_error_move(look->err, &err);
        return -1;
    }
    return add_source(look, path, text);
}

/* `path` with what glob(7) would take for a pattern made plain. */
static const char *quote(struct vl_arena *arena, const char *path)
{
    VL_BUF_AUTO out = VL_BUF_INIT;

    for (; *path; path++)
        vl_buf_printf(&out, strchr("*?[]\\", *path) ? "\\%c" : "%c", *path);
    arena->failed |= out.failed;
    return vl_arena_strdup(arena, vl_buf_text(&out));
}

/* A link to /dev/null is systemd's way to say that a file does not count, nor others of its name: an empty one. */
static bool is_masked(const char *path)
{
    char link[16];
    ssize_t length = readlink(path, link, sizeof(link));

    return length == (ssize_t)strlen("/dev/null") && !strncmp(link, "/dev/null", (size_t)length);
}

/* The regular files that match, in the order of their names. */
static int add_matches(struct look *look, const char *pattern)
{
    size_t root_length = !strcmp(look->root, "/") ? 0 : strlen(look->root);
    const char *base = root_length ? quote(look->arena, look->root) : "";
    glob_t found = { .gl_pathc = 0 };
    int rc = 0, status = glob(vl_arena_printf(look->arena, "%s%s", base, pattern), 0, NULL, &found);

    if (status != 0 && status != GLOB_NOMATCH)
        rc = vl_fail(look->err, VL_ERROR_FAILED, "cannot look for '%s'", pattern);
    for (size_t i = 0; i < found.gl_pathc && rc == 0; i++) {
        struct stat status_of;

        if (lstat(found.gl_pathv[i], &status_of) < 0 || S_ISDIR(status_of.st_mode))
            continue;
        rc = is_masked(found.gl_pathv[i]) ? add_source(look, found.gl_pathv[i] + root_length, "")
                                          : add_file(look, found.gl_pathv[i] + root_length);
    }
    globfree(&found);
    return rc;
}

static int open_look(struct look *look)
{
    look->target = vl_target_local(look->root, look->err);
    return look->target ? 0 : -1;
}

/* The files of a back end, and those that they lead to. */
static int add_all(struct look *look, const struct vl_backend *row)
{
    for (size_t i = 0; row->sources[i]; i++)
        if (add_matches(look, row->sources[i]) < 0)
            return -1;
    for (size_t i = 0; row->leads && i < look->count; i++) {
        const char *const *patterns = row->leads(look->arena, &look->files[i]);

        for (size_t k = 0; patterns && patterns[k]; k++)
            if (add_matches(look, patterns[k]) < 0)
                return -1;
    }
    return 0;
}

static int look_at_files(struct look *look, enum vl_bridge_backend backend, struct vl_uplink_evidence *evidence)
{
    struct vl_uplink_claim *claim = &evidence->claims[backend];
    const struct vl_backend *row = vl_backend(backend);
    const char *directory =
        vl_arena_printf(look->arena, "%s%s", !strcmp(look->root, "/") ? "" : look->root, row->directory);

    look->files = NULL;
    look->count = 0;
    if (vl_file_exists(directory))
        claim->directory = row->directory;
    if (add_all(look, row) < 0)
        return -1;
    for (size_t i = 0; i < look->count; i++) {
        enum vl_bridge_backend rest = row->rest ? row->rest(look->arena, &look->files[i]) : VL_BACKEND_AUTO;

        if (row->is_about(look->arena, &look->files[i], look->interface, look->mac))
            claim->file = look->files[i].path;
        if (rest != VL_BACKEND_AUTO)
            evidence->claims[rest].rest = look->files[i].path;
    }
    return 0;
}

/* By what the daemons keep of it in /run. */
static void look_at_daemons(const struct look *look, struct vl_uplink_claim *claims)
{
    unsigned index = if_nametoindex(look->interface);

    for (int i = VL_BACKEND_AUTO + 1; i < VL_BACKEND_COUNT; i++) {
        const struct vl_backend *row = vl_backend((enum vl_bridge_backend)i);

        if (row->runs)
            claims[i].running = row->runs(look->arena, look->interface, index);
    }
}

static const char *mac_of(struct vl_arena *arena, const char *interface)
{
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    VL_FREE char *text = NULL;

    if (vl_file_read(vl_arena_printf(arena, "/sys/class/net/%s/address", interface), 4096, &text, NULL, &ignored) < 0)
        return NULL;
    (void)vl_text_strip(text);
    return strlen(text) == 17 && strcmp(text, "00:00:00:00:00:00") != 0 ? vl_arena_strdup(arena, text) : NULL;
}

/* The address that the card has of itself; NULL: not known. */
static const char *own_mac_of(struct vl_arena *arena, const char *interface)
{
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    VL_NET_AUTO *net = vl_net_open(&ignored);
    struct vl_net_link link;

    if (!net || vl_net_link(net, arena, interface, &link, &ignored) < 0 || !link.has_own_mac)
        return NULL;
    return vl_net_mac_text(arena, link.own_mac);
}

/* What files know the card by. `mac`: as the lab has it. */
static const char *known_by(struct vl_arena *arena, const char *interface, const char *mac)
{
    const char *own = own_mac_of(arena, interface);

    return own ? own : mac ? mac : mac_of(arena, interface);
}

int vl_uplink_look(struct vl_arena *arena, const char *root, const char *interface, const char *mac,
                   struct vl_uplink_evidence *ret_evidence, struct vl_error *err)
{
    struct look look = {
        .arena = arena,
        .root = root,
        .interface = interface,
        .mac = strcmp(root, "/") != 0 ? mac : known_by(arena, interface, mac),
        .evidence = true,
        .err = err,
    };
    int rc = open_look(&look);

    *ret_evidence = (struct vl_uplink_evidence){ .claims = { [0] = { .file = NULL } } };
    for (int i = VL_BACKEND_AUTO + 1; i < VL_BACKEND_COUNT && rc == 0; i++)
        rc = look_at_files(&look, (enum vl_bridge_backend)i, ret_evidence);
    if (rc == 0 && !strcmp(root, "/"))
        look_at_daemons(&look, ret_evidence->claims);
    vl_target_close(look.target);
    return rc;
}

static const char *says(const struct vl_uplink_claim *claim)
{
    return claim->file ? claim->file : claim->running;
}

/* A daemon that runs for another's files is that other's hand. */
static void join_claims(struct vl_uplink_claim *claims)
{
    for (int i = VL_BACKEND_AUTO + 1; i < VL_BACKEND_COUNT; i++)
        for (int hand = VL_BACKEND_AUTO + 1; claims[i].file && hand < VL_BACKEND_COUNT; hand++)
            if (vl_backend((enum vl_bridge_backend)i)->hands & 1U << hand)
                claims[hand].running = NULL;
}

static const char *evidence_text(struct vl_arena *arena, const struct vl_uplink_claim *claims)
{
    const char *text = "";

    for (int i = VL_BACKEND_AUTO + 1; i < VL_BACKEND_COUNT; i++)
        if (says(&claims[i]))
            text = vl_arena_printf(arena, "%s%s%s ('%s')", text, *text ? ", " : "", vl_bridge_backends[i],
                                   says(&claims[i]));
    return text;
}

static int decide_unclaimed(struct vl_arena *arena, const char *interface, const struct vl_uplink_claim *claims,
                            bool bare, enum vl_bridge_backend *ret_backend, const char **ret_why, struct vl_error *err)
{
    int found = bare ? VL_BACKEND_IFCFG : VL_BACKEND_AUTO, count = 0;
    const char *why = "nothing of a network's configuration is there";

    for (int i = VL_BACKEND_AUTO + 1; i < VL_BACKEND_COUNT; i++)
        if (claims[i].rest) {
            *ret_backend = (enum vl_bridge_backend)i;
            *ret_why = claims[i].rest;
            return 0;
        }
    for (int i = VL_BACKEND_AUTO + 1; i < VL_BACKEND_COUNT; i++)
        if (claims[i].directory) {
            found = i;
            count++;
            why = vl_arena_printf(arena, "'%s' is there", claims[i].directory);
        }
    if (count > 1 || found == VL_BACKEND_AUTO)
        return vl_fail(err, VL_ERROR_FAILED, "nobody is seen to configure '%s' on this host; " REMEDY " (%s)",
                       interface, vl_lab_backend_list(arena, VL_BACKEND_AUTO + 1));
    *ret_backend = (enum vl_bridge_backend)found;
    *ret_why = why;
    return 0;
}

int vl_uplink_decide(struct vl_arena *arena, const char *interface, const struct vl_uplink_evidence *evidence,
                     bool bare, enum vl_bridge_backend *ret_backend, const char **ret_why, struct vl_error *err)
{
    struct vl_uplink_evidence joined = *evidence;
    unsigned count = 0;

    join_claims(joined.claims);
    for (int i = VL_BACKEND_AUTO + 1; i < VL_BACKEND_COUNT; i++)
        if (says(&joined.claims[i])) {
            *ret_backend = (enum vl_bridge_backend)i;
            *ret_why = says(&joined.claims[i]);
            count++;
        }
    if (count == 1)
        return 0;
    if (count == 0)
        return decide_unclaimed(arena, interface, joined.claims, bare, ret_backend, ret_why, err);
    return vl_fail(err, VL_ERROR_FAILED,
                   "'%s' is configured by more than one: %s; take it out of all but one, or " REMEDY, interface,
                   evidence_text(arena, joined.claims));
}

static bool is_claimed(const struct vl_uplink_evidence *evidence)
{
    for (int i = VL_BACKEND_AUTO + 1; i < VL_BACKEND_COUNT; i++)
        if (says(&evidence->claims[i]))
            return true;
    return false;
}

int vl_uplink_owner(struct vl_arena *arena, const char *root, const char *interface, const char *mac,
                    enum vl_bridge_backend *ret_backend, const char **ret_why, struct vl_error *err)
{
    struct vl_uplink_evidence evidence;

    if (vl_uplink_look(arena, root, interface, mac, &evidence, err) < 0 ||
        (!is_claimed(&evidence) && vl_stranger_refuse(arena, root, interface, err) < 0))
        return -1;
    return vl_uplink_decide(arena, interface, &evidence, strcmp(root, "/") != 0, ret_backend, ret_why, err);
}

const char *vl_uplink_directory(enum vl_bridge_backend backend)
{
    return vl_backend(backend)->directory;
}

int vl_uplink_gather(struct vl_arena *arena, const char *root, enum vl_bridge_backend backend,
                     const struct vl_bridge *bridge, struct vl_bridge_input *ret_input, struct vl_error *err)
{
    struct look look = { .arena = arena, .root = root, .interface = bridge->interface, .err = err };
    bool here = !strcmp(root, "/");
    int rc = open_look(&look);

    if (rc == 0)
        rc = add_all(&look, vl_backend(backend));
    vl_target_close(look.target);
    *ret_input = (struct vl_bridge_input){
        .bridge = bridge,
        .hwaddr = here ? mac_of(arena, bridge->interface) : NULL,
        .own = here ? own_mac_of(arena, bridge->interface) : NULL,
        .lease = here ? vl_lease_of(arena, if_nametoindex(bridge->interface)) : (struct vl_lease){ .client = NULL },
        .hold = here && vl_backend(backend)->holds
                    ? vl_backend(backend)->holds(arena, if_nametoindex(bridge->interface))
                    : (struct vl_hold){ .profile = NULL },
        .files = look.files,
        .count = look.count,
    };
    return rc == 0 && arena->failed ? vl_no_memory(err) : rc;
}
