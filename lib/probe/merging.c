/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Pages of guests that are equal, which the kernel keeps once (KSM, Documentation/admin-guide/mm/ksm.rst of Linux).
 * QEMU offers the memory of guests for it. It is a switch of the whole host, and by the time that a write takes a guest
 * can find out what others have in memory: so it is told and never turned on here.
 */
#include <stdlib.h>
#include <string.h>

#include "probe/host_part.h"

enum { PAGE = 4096 };

/* `test/bench/density --merge`: six emulated PBXs of one image, with 100 MiB each, took 187 MiB of the host each, and
 * 139 when their pages were merged. */
#define REMEDY                                                                                                         \
    "equal pages of guests can be kept once, about half of the memory of PBXs of one image: "                          \
    "'echo 1 > /sys/kernel/mm/ksm/run'; a guest may find out by it what others have in memory"

int vl_probe_merging(struct vl_probe *probe)
{
    const struct vl_host_capacity *capacity = &probe->report->capacity;
    const char *run = vl_probe_word(probe, "/sys/kernel/mm/ksm/run");
    const char *sharing = vl_probe_word(probe, "/sys/kernel/mm/ksm/pages_sharing");
    uint64_t saved = sharing ? strtoull(sharing, NULL, 10) * PAGE : 0;
    bool scarce =
        capacity->memory_total && (capacity->memory_needed > capacity->memory_total ||
                                   capacity->memory_needed - capacity->memory_reserve > capacity->memory_available);

    if (!run)
        vl_probe_add(probe, "merged memory", VL_CHECK_SKIP, "the kernel does not merge equal pages (KSM)", NULL);
    else if (!strcmp(run, "1"))
        vl_probe_add(probe, "merged memory", VL_CHECK_PASS,
                     vl_arena_printf(probe->arena, "on: equal pages are kept once, which saves %s now",
                                     vl_probe_size(probe, saved)),
                     NULL);
    else if (scarce)
        vl_probe_add(probe, "merged memory", VL_CHECK_WARN, "off", REMEDY);
    else
        vl_probe_add(probe, "merged memory", VL_CHECK_PASS, "off, and the guests fit without it", NULL);
    return 0;
}
