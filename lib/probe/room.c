/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Room for the guests: memory beside the host's reserve, disk for linked clones and for disks that are written full,
 * and the file system that the pool lies on.
 */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "lab/emulation.h"
#include "probe/host_part.h"

#define MIB ((uint64_t)1 << 20)
#define GIB ((uint64_t)1 << 30)

/* What a linked clone grows to in a term of classes, and what its base image takes: estimates. */
static const uint64_t clone_growth = 1 * GIB, image_size = 2 * GIB;
static const uint64_t usual_memory = 300 * MIB, usual_disk = 35 * GIB;
static const char usual_storage[] = "/var/lib/libvirt/images";

/* A figure of /proc/meminfo in bytes, 0 when it is not there. */
static uint64_t meminfo(const char *text, const char *key)
{
    const char *at = strstr(text, key);

    return at && (at == text || at[-1] == '\n') ? (uint64_t)strtoull(at + strlen(key), NULL, 10) * 1024 : 0;
}

struct needs {
    uint64_t memory, disk;
    unsigned guests;
    size_t images;
};

/* What a guest takes of the host's memory. */
static uint64_t cost(const struct vl_pbx *pbx, bool emulated)
{
    return pbx->memory +
           (emulated ? vl_emulation_cost(pbx->max_memory > pbx->memory ? pbx->max_memory : pbx->memory) : 0);
}

static struct needs lab_needs(const struct vl_lab *lab, bool emulated)
{
    struct needs needs = { .guests = vl_probe_machines(lab), .images = lab ? lab->image_count : 1 };

    for (size_t i = 0; lab && i < lab->pbx_count; i++) {
        if (lab->pbxs[i].place != VL_PLACE_VM)
            continue;
        needs.memory += cost(&lab->pbxs[i], emulated);
        needs.disk += lab->pbxs[i].disk;
    }
    return needs;
}

static unsigned fits(uint64_t room, uint64_t taken, uint64_t each)
{
    uint64_t count = room > taken && each ? (room - taken) / each : 0;

    return count > 100000 ? 100000 : (unsigned)count;
}

/* How many of the lab's machines fit into `room`, one after the other as they stand in its file. */
static unsigned lab_fits(const struct vl_lab *lab, uint64_t room, uint64_t taken, bool emulated)
{
    unsigned count = 0;

    for (size_t i = 0; lab && i < lab->pbx_count; i++) {
        if (lab->pbxs[i].place != VL_PLACE_VM)
            continue;
        taken += cost(&lab->pbxs[i], emulated);
        if (taken > room)
            break;
        count++;
    }
    return count;
}

static void judge_memory(struct vl_probe *probe, const char *seen)
{
    const struct vl_host_capacity *capacity = &probe->report->capacity;
    uint64_t guests = capacity->memory_needed - capacity->memory_reserve;

    if (capacity->memory_needed > capacity->memory_total)
        vl_probe_add(probe, "memory", VL_CHECK_FAIL, seen,
                     "make fewer guests, or give them less `memory` in the lab file");
    else if (capacity->memory_available && guests > capacity->memory_available)
        vl_probe_add(probe, "memory", VL_CHECK_WARN, seen,
                     "other programs hold memory that the guests will need: end some");
    else
        vl_probe_add(probe, "memory", VL_CHECK_PASS, seen, NULL);
}

int vl_probe_memory(struct vl_probe *probe)
{
    struct vl_host_capacity *capacity = &probe->report->capacity;
    const struct vl_lab *lab = probe->options->lab;
    const char *text = vl_probe_read(probe, "/proc/meminfo"), *seen;
    bool emulated = !probe->report->usable;
    struct needs needs = lab_needs(lab, emulated);
    uint64_t each =
        needs.guests ? needs.memory / needs.guests : cost(&(struct vl_pbx){ .memory = usual_memory }, emulated);

    capacity->guests = needs.guests;
    capacity->memory_reserve = lab ? lab->host_reserve : VL_HOST_RESERVE;
    capacity->memory_needed = needs.memory + capacity->memory_reserve;
    capacity->memory_total = text ? meminfo(text, "MemTotal:") : 0;
    if (!capacity->memory_total) {
        vl_probe_add(probe, "memory", VL_CHECK_SKIP,
                     vl_arena_printf(probe->arena, "'%s' does not tell", vl_probe_path(probe, "/proc/meminfo")), NULL);
        return 0;
    }
    /* kernels before 3.14 do not say what is available (CentOS 5, 6) */
    capacity->memory_available = meminfo(text, "MemAvailable:");
    if (!capacity->memory_available)
        capacity->memory_available = meminfo(text, "MemFree:") + meminfo(text, "Buffers:") + meminfo(text, "Cached:");
    capacity->by_memory = fits(capacity->memory_total, capacity->memory_reserve, each);
    capacity->lab_by_memory = lab_fits(lab, capacity->memory_total, capacity->memory_reserve, emulated);
    seen =
        vl_arena_printf(probe->arena, "%s (%s available); %u guest%s of %s each fit beside %s for the host",
                        vl_probe_size(probe, capacity->memory_total), vl_probe_size(probe, capacity->memory_available),
                        capacity->by_memory, vl_plural(capacity->by_memory), vl_probe_size(probe, each),
                        vl_probe_size(probe, capacity->memory_reserve));
    if (needs.guests)
        seen = vl_arena_printf(probe->arena, "%s; this lab's %u need %s in all", seen, needs.guests,
                               vl_probe_size(probe, capacity->memory_needed));
    judge_memory(probe, seen);
    return 0;
}

/*
 * Emulated PBXs that each processor of their host bears: all registered, and each placing a call, by `voiplab up`. Seen
 * on two processors (test/bench/density 100M 6 12 16 20 24): each takes a twentieth of one while it does nothing, and
 * what it is asked takes it the longer the more there are.
 */
enum { BORNE_EMULATED = 10 };

int vl_probe_processors(struct vl_probe *probe)
{
    struct vl_host_capacity *capacity = &probe->report->capacity;
    unsigned processors = probe->cpu.processors, guests = vl_probe_machines(probe->options->lab);
    const char *seen;

    if (probe->report->usable || !probe->report->emulation_possible || !processors)
        return 0;
    capacity->by_processors = BORNE_EMULATED * (processors < UINT_MAX / BORNE_EMULATED ? processors : 1);
    seen = vl_arena_printf(probe->arena, "%u processor%s bear%s %u emulated PBXs, as far as was seen", processors,
                           vl_plural(processors), processors == 1 ? "s" : "", capacity->by_processors);
    if (guests)
        seen = vl_arena_printf(probe->arena, "%s; this lab has %u", seen, guests);
    if (guests > capacity->by_processors)
        vl_probe_add(probe, "processors", VL_CHECK_WARN, seen,
                     "start fewer of them at a time ('voiplab up NAME ...'), or use a host with hardware "
                     "virtualization");
    else
        vl_probe_add(probe, "processors", VL_CHECK_PASS, seen, NULL);
    return 0;
}

static const char *storage_of(const struct vl_probe *probe)
{
    return probe->options->storage ? probe->options->storage : usual_storage;
}

/* The file system on which `path` is or would be made. */
static int free_space(struct vl_probe *probe, const char *path, uint64_t *ret_bytes)
{
    char *at = vl_arena_strdup(probe->arena, vl_probe_path(probe, path));
    struct statvfs status;

    while (statvfs(*at ? at : "/", &status) < 0) {
        char *slash = strrchr(at, '/');

        if ((errno != ENOENT && errno != ENOTDIR) || !slash || !*at)
            return -1;
        *slash = '\0';
    }
    *ret_bytes = (uint64_t)status.f_bavail * status.f_frsize;
    return 0;
}

static void judge_disk(struct vl_probe *probe, const char *seen)
{
    const struct vl_host_capacity *capacity = &probe->report->capacity;

    if (capacity->disk_thin > capacity->disk_available)
        vl_probe_add(probe, "disk", VL_CHECK_FAIL, seen, "make room, or choose another `storage` in the lab file");
    else if (capacity->disk_full > capacity->disk_available)
        vl_probe_add(probe, "disk", VL_CHECK_WARN, seen,
                     "enough for linked clones, not for disks that are written "
                     "full");
    else
        vl_probe_add(probe, "disk", VL_CHECK_PASS, seen, NULL);
}

int vl_probe_disk(struct vl_probe *probe)
{
    struct vl_host_capacity *capacity = &probe->report->capacity;
    struct needs needs = lab_needs(probe->options->lab, false);
    const char *storage = storage_of(probe), *seen;
    uint64_t images = needs.images * image_size;

    capacity->disk_thin = images + needs.guests * clone_growth;
    capacity->disk_full = images + needs.disk;
    if (free_space(probe, storage, &capacity->disk_available) < 0) {
        vl_probe_add(probe, "disk", VL_CHECK_FAIL,
                     vl_arena_printf(probe->arena, "cannot look at '%s': %s", storage, strerror(errno)),
                     "choose another `storage` in the lab file");
        return 0;
    }
    capacity->by_disk_thin = fits(capacity->disk_available, images, clone_growth);
    capacity->by_disk_full =
        fits(capacity->disk_available, images, needs.guests ? needs.disk / needs.guests : usual_disk);
    capacity->lab_by_disk = capacity->by_disk_thin < needs.guests ? capacity->by_disk_thin : needs.guests;
    seen = vl_arena_printf(probe->arena, "%s free for '%s'; room for %u linked clone%s, %u of them written full",
                           vl_probe_size(probe, capacity->disk_available), storage, capacity->by_disk_thin,
                           vl_plural(capacity->by_disk_thin), capacity->by_disk_full);
    if (needs.guests)
        seen = vl_arena_printf(probe->arena, "%s; this lab's %u need about %s, at most %s", seen, needs.guests,
                               vl_probe_size(probe, capacity->disk_thin), vl_probe_size(probe, capacity->disk_full));
    judge_disk(probe, seen);
    return 0;
}

struct mount {
    const char *point, *type, *device, *options;
};

/* White space and backslashes stand as three octal digits behind a backslash. */
static const char *unescaped(struct vl_probe *probe, const char *word)
{
    char *text = vl_arena_strdup(probe->arena, word), *to = text;

    for (const char *from = text; *from; from++) {
        if (from[0] == '\\' && strspn(from + 1, "01234567") >= 3) {
            *to++ = (char)((from[1] - '0') * 64 + (from[2] - '0') * 8 + (from[3] - '0'));
            from += 3;
        } else {
            *to++ = *from;
        }
    }
    if (to != text || *text)
        *to = '\0';
    return text;
}

/* One line of mountinfo (proc(5)): ID PARENT MAJOR:MINOR ROOT POINT OPTIONS [TAG ...] - TYPE DEVICE SUPER. */
static bool parse_mount(struct vl_probe *probe, const char *line, size_t length, struct mount *ret_mount)
{
    const char *const *words = vl_text_split(probe->arena, vl_arena_strndup(probe->arena, line, length), " ");
    size_t count = 0, dash = 6;

    while (words[count])
        count++;
    while (dash < count && strcmp(words[dash], "-") != 0)
        dash++;
    if (dash + 2 >= count)
        return false;
    *ret_mount = (struct mount){
        .point = unescaped(probe, words[4]), .options = words[5], .type = words[dash + 1], .device = words[dash + 2]
    };
    return true;
}

static bool is_below(const char *path, const char *point)
{
    size_t length = strlen(point);

    return strcmp(point, "/") == 0 ||
           (strncmp(path, point, length) == 0 && (path[length] == '/' || path[length] == '\0'));
}

/* The same of /proc/mounts, which kernels before 2.6.26 have alone (CentOS 5): DEVICE POINT TYPE OPTIONS. */
static bool parse_old_mount(struct vl_probe *probe, const char *line, size_t length, struct mount *ret_mount)
{
    const char *const *words = vl_text_split(probe->arena, vl_arena_strndup(probe->arena, line, length), " ");

    if (!words[0] || !words[1] || !words[2] || !words[3])
        return false;
    *ret_mount = (struct mount){
        .device = words[0], .point = unescaped(probe, words[1]), .type = words[2], .options = words[3]
    };
    return true;
}

/* The mount with the longest point above `path`; of several on one point the last one is on top. */
static bool find_mount(struct vl_probe *probe, const char *path, struct mount *ret_mount)
{
    const char *text = vl_probe_read(probe, "/proc/self/mountinfo");
    bool (*parse)(struct vl_probe *, const char *, size_t, struct mount *) = text ? parse_mount : parse_old_mount;
    struct mount mount = { .point = "", .type = "", .options = "" };
    size_t best = 0;

    if (!text)
        text = vl_probe_read(probe, "/proc/mounts");
    while (text && *text) {
        size_t length = strcspn(text, "\n");

        if (parse(probe, text, length, &mount) && is_below(path, mount.point) && strlen(mount.point) >= best) {
            best = strlen(mount.point);
            *ret_mount = mount;
        }
        text += length + (text[length] == '\n');
    }
    return best > 0;
}

/* File systems that are no place for disks of guests, and why. */
static const struct {
    const char *type;
    enum vl_check_status status;
    const char *remedy;
} unfit[] = {
    { "tmpfs", VL_CHECK_WARN, "it is memory, and empty after a restart: choose another `storage` in the lab file" },
    { "ramfs", VL_CHECK_WARN, "it is memory, and empty after a restart: choose another `storage` in the lab file" },
    { "overlay", VL_CHECK_WARN, "a container's layer goes with the container: choose another `storage`" },
    { "vfat", VL_CHECK_FAIL, "it has no files of more than 4 GiB: choose another `storage` in the lab file" },
    { "iso9660", VL_CHECK_FAIL, "it cannot be written to: choose another `storage` in the lab file" },
    { "nfs", VL_CHECK_WARN, "guests wait for the network with every write: a local disk is faster" },
    { "nfs4", VL_CHECK_WARN, "guests wait for the network with every write: a local disk is faster" },
};

static bool is_read_only(const char *options)
{
    return strcmp(options, "ro") == 0 || vl_text_starts(options, "ro,");
}

static void judge_mount(struct vl_probe *probe, const struct mount *mount, const char *seen)
{
    if (is_read_only(mount->options)) {
        vl_probe_add(probe, "pool mount", VL_CHECK_FAIL, vl_arena_printf(probe->arena, "%s, read-only", seen),
                     "choose another `storage` in the lab file");
        return;
    }
    for (size_t i = 0; i < VL_COUNT(unfit); i++)
        if (strcmp(unfit[i].type, mount->type) == 0) {
            vl_probe_add(probe, "pool mount", unfit[i].status, seen, unfit[i].remedy);
            return;
        }
    vl_probe_add(probe, "pool mount", VL_CHECK_PASS, seen, NULL);
}

int vl_probe_mount(struct vl_probe *probe)
{
    const char *storage = storage_of(probe), *seen;
    struct mount mount = { .point = "", .type = "", .options = "" };

    if (!find_mount(probe, storage, &mount)) {
        vl_probe_add(probe, "pool mount", VL_CHECK_SKIP,
                     vl_arena_printf(probe->arena, "'%s' does not tell", vl_probe_path(probe, "/proc/self/mountinfo")),
                     NULL);
        return 0;
    }
    seen = vl_arena_printf(probe->arena, "'%s' is on '%s' (%s, %s)%s", storage, mount.point, mount.type, mount.device,
                           strcmp(mount.point, "/") == 0 ? ": guests share the root file system, and can fill it"
                                                         : ": separate from the root file system");
    judge_mount(probe, &mount, vl_text_printable(probe->arena, seen));
    return 0;
}
