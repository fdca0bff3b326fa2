/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/delete.h"
#include "base/file.h"
#include "base/process.h"
#include "base/text.h"
#include "network/netlink.h"
#include "network/rehearsal.h"
#include "network/rehearsal_look.h"

enum { LIMIT_MS = 120000 };

struct rehearse {
    struct vl_arena *arena;
    const struct vl_backend *row;
    const char *backend; /* its name */
    const struct vl_bridge *bridge;
    const char *directory;
    struct vl_buf links, scene; /* of the scene: what is there, and the whole */
    struct vl_error *err;
};

static int write_file(const struct rehearse *rehearse, const char *path, const char *text, unsigned mode)
{
    const char *directory = vl_arena_strndup(rehearse->arena, path, (size_t)(strrchr(path, '/') - path));

    if (vl_file_mkdirs(directory, 0755, rehearse->err) < 0)
        return -1;
    return vl_file_write(path, text, strlen(text), (mode_t)mode, rehearse->err);
}

/* Cards, with the addresses that they have at a start; of what software makes only what stands for one in a container.
 * *ret_kind is NULL when the uplink is among them, else what it is. */
static int put_links(struct rehearse *rehearse, const char **ret_kind)
{
    VL_NET_AUTO *net = vl_net_open(rehearse->err);
    struct vl_net_link *links = NULL;
    size_t count = 0;

    *ret_kind = "not there";
    if (!net || vl_net_links(net, rehearse->arena, &links, &count, rehearse->err) < 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        bool card = links[i].is_ethernet && (!*links[i].kind || !strcmp(links[i].kind, "veth"));

        if (!strcmp(links[i].name, rehearse->bridge->interface))
            *ret_kind = card ? NULL : links[i].kind;
        if (card && links[i].has_mac)
            vl_buf_printf(&rehearse->links, "link %s %s %u\n", links[i].name,
                          vl_net_mac_text(rehearse->arena, links[i].has_own_mac ? links[i].own_mac : links[i].mac),
                          links[i].mtu);
    }
    return 0;
}

/* What else is on the uplink now, or on the bridge since an earlier run. */
static int put_held(struct rehearse *rehearse)
{
    VL_NET_AUTO *net = vl_net_open(rehearse->err);
    struct vl_net_link uplink, bridge;
    const char **lines = NULL, *name = rehearse->bridge->name;
    size_t count = 0;

    if (!net || vl_net_link(net, rehearse->arena, rehearse->bridge->interface, &uplink, rehearse->err) < 0 ||
        vl_net_link(net, rehearse->arena, name, &bridge, rehearse->err) < 0 ||
        vl_scene_see_held(net, rehearse->arena, bridge.exists && uplink.master == bridge.index ? &bridge : &uplink,
                          name, rehearse->bridge->dhcp, &lines, &count, rehearse->err) < 0)
        return -1;
    for (size_t i = 0; i < count; i++)
        vl_buf_printf(&rehearse->scene, "hold %s\n", lines[i]);
    return 0;
}

static void put_wanted(struct rehearse *rehearse)
{
    const struct vl_bridge *bridge = rehearse->bridge;
    struct vl_buf *scene = &rehearse->scene;

    vl_buf_printf(scene, "want port %s %s\n", bridge->interface, bridge->name);
    if (!bridge->dhcp)
        vl_buf_printf(scene, "want address %s %s/%u\n", bridge->name,
                      vl_text_from_ipv4(rehearse->arena, bridge->address), bridge->prefix);
    for (size_t i = 0; bridge->addresses[i]; i++)
        vl_buf_printf(scene, "want address %s %s\n", bridge->name, bridge->addresses[i]);
    if (!bridge->dhcp && bridge->gateway)
        vl_buf_printf(scene, "want default %s %s\n", bridge->name, vl_text_from_ipv4(rehearse->arena, bridge->gateway));
    if (bridge->gateway6)
        vl_buf_printf(scene, "want default %s %s\n", bridge->name, bridge->gateway6);
}

/* Why it cannot be done here; NULL: it can. */
static const char *obstacle(struct rehearse *rehearse)
{
    const struct vl_backend_rehearsal *how = &rehearse->row->rehearsal;

    if (geteuid() != 0)
        return "only root can";
    if (!how->runs[0][0])
        return "there is no way to";
    for (size_t i = 0; i < VL_COUNT(how->needs) && how->needs[i]; i++)
        if (*how->needs[i] == '/' ? !vl_file_exists(how->needs[i]) : !vl_process_found(how->needs[i]))
            return vl_arena_printf(rehearse->arena, "'%s' is not here", how->needs[i]);
    return NULL;
}

static void put_head(struct rehearse *rehearse)
{
    vl_buf_reset(&rehearse->scene);
    vl_buf_printf(&rehearse->scene, "backend %s\nuplink %s\nbridge %s\n%s%s", rehearse->backend,
                  rehearse->bridge->interface, rehearse->bridge->name, rehearse->bridge->dhcp ? "dhcp\n" : "",
                  vl_buf_text(&rehearse->links));
}

static int write_scene(struct rehearse *rehearse, const char *directory)
{
    if (rehearse->scene.failed || rehearse->links.failed)
        return vl_no_memory(rehearse->err);
    return write_file(rehearse, vl_arena_printf(rehearse->arena, "%s/scene", directory), vl_buf_text(&rehearse->scene),
                      0600);
}

static int lay_out(struct rehearse *rehearse, const struct vl_fileset *set)
{
    put_head(rehearse);
    put_wanted(rehearse);
    if (put_held(rehearse) < 0)
        return -1;
    for (size_t i = 0; i < set->count; i++) {
        const struct vl_file *file = &set->files[i];

        vl_buf_printf(&rehearse->scene, "file %s\n", file->path);
        if (write_file(rehearse, vl_arena_printf(rehearse->arena, "%s/new%s", rehearse->directory, file->path),
                       file->text, file->mode) < 0)
            return -1;
    }
    return write_scene(rehearse, rehearse->directory);
}

/* The lines of the answer that begin with the word, as one line: 'A', 'B'. "" when there is none. */
static const char *lines_of(struct vl_arena *arena, const char *answer, const char *word)
{
    const char *const *lines = vl_text_split(arena, answer, "\n"), *text = "";

    for (size_t i = 0; lines[i]; i++)
        if (vl_text_starts(lines[i], word))
            text = vl_arena_printf(arena, "%s%s'%s'", text, *text ? ", " : "",
                                   vl_text_printable(arena, lines[i] + strlen(word)));
    return text;
}

static const char *tell(struct rehearse *rehearse, enum vl_rehearsed how, const char *answer, long long took_ms)
{
    struct vl_arena *arena = rehearse->arena;
    const char *missing = lines_of(arena, answer, "missing "), *surplus = lines_of(arena, answer, "surplus ");
    const char *says = lines_of(arena, answer, "says ");

    if (*says)
        says = vl_arena_printf(arena, "; it says %s", says);
    if (how == VL_NOT_REHEARSED)
        return vl_arena_printf(arena, "%s", lines_of(arena, answer, "cannot "));
    if (how == VL_REHEARSED_WELL)
        return vl_arena_printf(arena, "in %lld.%lld s the new files bring up '%s' as is wanted%s%s", took_ms / 1000,
                               took_ms % 1000 / 100, rehearse->bridge->name,
                               rehearse->bridge->dhcp ? " (but for the lease, which nobody gives there)" : "", says);
    return vl_arena_printf(arena, "the new files do not bring up what is wanted%s%s%s%s%s%s%s",
                           *missing || *surplus ? ": " : "", *missing ? "missing " : "", missing,
                           *missing && *surplus ? "; " : "", *surplus ? "too much " : "", surplus, says);
}

static int run(struct rehearse *rehearse, const char *directory, struct vl_process_result *result)
{
    const char *const argv[] = { "/proc/self/exe", VL_REHEARSAL_ARGUMENT, directory, NULL };
    struct vl_process_options options = { .timeout_ms = LIMIT_MS };

    return vl_process_run(argv, &options, result, rehearse->err);
}

static bool has_line(const char *const *lines, const char *line)
{
    for (size_t i = 0; lines[i]; i++)
        if (!strcmp(lines[i], line))
            return true;
    return false;
}

/* Of what is lost, as an answer has it, what the files as they are bring up, said as `missing`. "" when they do not, or
 * cannot be tried. */
static const char *missed(struct rehearse *rehearse, const char *answer)
{
    static const char word[] = "lost ";
    struct vl_arena *arena = rehearse->arena;
    const char *const *lines = vl_text_split(arena, answer, "\n"), *const * before;
    const char *directory = vl_arena_printf(arena, "%s/before", rehearse->directory), *text = "";
    VL_PROCESS_RESULT_AUTO result = { .status = -1 };
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    bool any = false;

    put_head(rehearse);
    vl_buf_puts(&rehearse->scene, "before\n");
    for (size_t i = 0; lines[i]; i++)
        if (vl_text_starts(lines[i], word)) {
            vl_buf_printf(&rehearse->scene, "hold %s\n", lines[i] + strlen(word));
            any = true;
        }
    if (!any || vl_file_mkdirs(directory, 0700, &ignored) < 0 || write_scene(rehearse, directory) < 0 ||
        run(rehearse, directory, &result) < 0 || result.status != 0)
        return "";
    before = vl_text_split(arena, result.output ? result.output : "", "\n");
    for (size_t i = 0; lines[i]; i++)
        if (vl_text_starts(lines[i], word) && !has_line(before, lines[i]))
            text = vl_arena_printf(arena, "%smissing %s\n", text, lines[i] + strlen(word));
    return text;
}

static int play(struct rehearse *rehearse, enum vl_rehearsed *ret_how, const char **ret_text)
{
    VL_PROCESS_RESULT_AUTO result = { .status = -1 };
    long long begun = vl_boot_ms(), took;
    const char *answer, *missing;

    if (run(rehearse, rehearse->directory, &result) < 0)
        return -1;
    took = vl_boot_ms() - begun;
    answer = result.output ? result.output : "";
    *ret_how = result.status == 0 ? VL_REHEARSED_WELL : result.status == 1 ? VL_REHEARSED_BADLY : VL_NOT_REHEARSED;
    missing = *ret_how == VL_REHEARSED_WELL ? missed(rehearse, answer) : "";
    if (*missing)
        *ret_how = VL_REHEARSED_BADLY;
    *ret_text = tell(rehearse, *ret_how, vl_arena_printf(rehearse->arena, "%s%s", answer, missing), took);
    return rehearse->err->code ? -1 : 0;
}

int vl_rehearse(struct vl_arena *arena, enum vl_bridge_backend backend, const struct vl_bridge *bridge,
                const struct vl_fileset *set, enum vl_rehearsed *ret_how, const char **ret_text, struct vl_error *err)
{
    struct rehearse rehearse = {
        .arena = arena,
        .row = vl_backend(backend),
        .backend = vl_bridge_backends[backend],
        .bridge = bridge,
        .err = err,
    };
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    VL_FREE char *directory = NULL;
    const char *kind = NULL;
    int rc;

    *ret_how = VL_NOT_REHEARSED;
    *ret_text = obstacle(&rehearse);
    if (*ret_text)
        return 0;
    rc = put_links(&rehearse, &kind);
    if (rc == 0 && kind) {
        *ret_text = vl_arena_printf(arena, "the uplink is no card (%s)", kind);
        vl_buf_free(&rehearse.scene);
        vl_buf_free(&rehearse.links);
        return 0;
    }
    directory =
        rc == 0 ? vl_file_scratch(vl_file_exists("/dev/shm") ? "/dev/shm" : "/tmp", "voiplab-rehearsal", err) : NULL;
    rehearse.directory = directory;
    rc = directory && lay_out(&rehearse, set) == 0 ? play(&rehearse, ret_how, ret_text) : -1;
    if (directory)
        (void)vl_file_remove_tree(directory, &ignored);
    vl_buf_free(&rehearse.scene);
    vl_buf_free(&rehearse.links);
    return rc;
}
