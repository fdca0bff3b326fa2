/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The table of what is looked at, and what its parts share. The order matters: the kernel's log before the device,
 * which it explains; memory after both, since an emulated guest needs more of it; Secure Boot after the modules.
 */
#include "probe/host.h"

#include <inttypes.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "probe/host_part.h"

#define MIB ((uint64_t)1 << 20)
#define GIB ((uint64_t)1 << 30)

enum { READ_LIMIT = 16 << 20 };

static int (*const parts[])(struct vl_probe *) = {
    vl_probe_cpu,      vl_probe_firmware, vl_probe_kvm,        vl_probe_modules,     vl_probe_forward, vl_probe_iommu,
    vl_probe_emulator, vl_probe_memory,   vl_probe_processors, vl_probe_merging,     vl_probe_disk,    vl_probe_mount,
    vl_probe_tools,    vl_probe_clock,    vl_probe_open_files, vl_probe_secure_boot,
};

void vl_probe_add(struct vl_probe *probe, const char *name, enum vl_check_status status, const char *seen,
                  const char *remedy)
{
    struct vl_host_report *report = probe->report;
    struct vl_check *grown = vl_arena_grow(probe->arena, probe->checks, report->count, sizeof(*grown));

    if (!grown)
        return;
    grown[report->count++] = (struct vl_check){ .name = name, .status = status, .seen = seen, .remedy = remedy };
    probe->checks = grown;
    report->checks = grown;
}

const char *vl_probe_path(struct vl_probe *probe, const char *path)
{
    return vl_arena_printf(probe->arena, "%s%s", probe->root, path);
}

bool vl_probe_exists(struct vl_probe *probe, const char *path)
{
    return vl_file_exists(vl_probe_path(probe, path));
}

const char *vl_probe_read(struct vl_probe *probe, const char *path)
{
    VL_FREE char *text = NULL;
    VL_ERROR_AUTO ignored = { .code = VL_OK };

    if (vl_file_read(vl_probe_path(probe, path), READ_LIMIT, &text, NULL, &ignored) < 0)
        return NULL;
    return vl_arena_strdup(probe->arena, text);
}

const char *vl_probe_word(struct vl_probe *probe, const char *path)
{
    VL_FREE char *text = NULL;
    VL_ERROR_AUTO ignored = { .code = VL_OK };

    if (vl_file_read(vl_probe_path(probe, path), READ_LIMIT, &text, NULL, &ignored) < 0)
        return NULL;
    return vl_text_printable(probe->arena, vl_text_strip(text));
}

const char *vl_probe_size(struct vl_probe *probe, uint64_t bytes)
{
    if (bytes >= GIB)
        return vl_arena_printf(probe->arena, "%.1f GiB", (double)bytes / (double)GIB);
    return vl_arena_printf(probe->arena, "%" PRIu64 " MiB", bytes / MIB);
}

unsigned vl_probe_machines(const struct vl_lab *lab)
{
    unsigned count = 0;

    for (size_t i = 0; lab && i < lab->pbx_count; i++)
        count += lab->pbxs[i].place == VL_PLACE_VM;
    return count;
}

/* Guests that are emulated run all the same: what keeps hardware virtualization off makes them slow, and is no failure
 * where a QEMU can emulate them. */
static void soften(const struct vl_probe *probe)
{
    static const char *const speed[] = { "virtualization", "firmware lock", "kvm device", "kvm module" };

    for (size_t i = 0; i < probe->report->count; i++)
        for (size_t j = 0; j < VL_COUNT(speed); j++)
            if (probe->checks[i].status == VL_CHECK_FAIL && !strcmp(probe->checks[i].name, speed[j]))
                probe->checks[i].status = VL_CHECK_WARN;
}

static const char *first_to_run_out(const struct vl_host_capacity *capacity)
{
    const struct {
        const char *name;
        bool known;
        unsigned count;
    } bounds[] = {
        { "memory", capacity->memory_total > 0, capacity->by_memory },
        { "disk", capacity->disk_available > 0, capacity->by_disk_thin },
        { "processors", capacity->by_processors > 0, capacity->by_processors },
    };
    const char *first = NULL;
    unsigned least = 0;

    for (size_t i = 0; i < VL_COUNT(bounds); i++)
        if (bounds[i].known && (!first || bounds[i].count < least)) {
            first = bounds[i].name;
            least = bounds[i].count;
        }
    return first;
}

int vl_probe_host(struct vl_arena *arena, const struct vl_host_options *options, struct vl_host_report *ret_report,
                  struct vl_error *err)
{
    static const char *const none[] = { NULL };
    bool elsewhere = options->root && *options->root && strcmp(options->root, "/") != 0;
    struct vl_host_report report = { .missing_modules = none };
    struct vl_probe probe = {
        .arena = arena,
        .options = options,
        .report = &report,
        .err = err,
        .root = elsewhere ? options->root : "",
        .is_live = !elsewhere && !options->cpuinfo,
        .cpu_alone = !elsewhere && options->cpuinfo,
    };

    if (elsewhere && !vl_file_exists(options->root))
        return vl_fail(err, VL_ERROR_NOTFOUND, "there is no tree '%s'", options->root);
    for (size_t i = 0; i < VL_COUNT(parts); i++)
        if (parts[i](&probe) < 0)
            return -1;
    if (report.emulation_possible)
        soften(&probe);
    report.capacity.first = first_to_run_out(&report.capacity);
    if (arena->failed)
        return vl_no_memory(err);
    *ret_report = report;
    return 0;
}
