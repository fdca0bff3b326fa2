/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the running system grants: a clock that is kept right, and open files.
 */
#include <inttypes.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/timex.h>

#include "probe/host_part.h"

/* adjtimex(2) only looks when no mode is set, and then needs no privilege. Guests take the host's time when they
 * start, and logs of several PBXs are compared by it. */
int vl_probe_clock(struct vl_probe *probe)
{
    struct timex clock;
    int state;

    if (!probe->is_live) {
        vl_probe_add(probe, "time", VL_CHECK_SKIP, "another machine's clock is not seen", NULL);
        return 0;
    }
    memset(&clock, 0, sizeof(clock));
    state = adjtimex(&clock);
    if (state < 0)
        vl_probe_add(probe, "time", VL_CHECK_SKIP, "the kernel does not tell", NULL);
    else if (state == TIME_ERROR || (clock.status & STA_UNSYNC))
        vl_probe_add(probe, "time", VL_CHECK_WARN, "the clock is not synchronised",
                     "install chrony: the logs of host and guests are compared by their times");
    else
        vl_probe_add(probe, "time", VL_CHECK_PASS,
                     vl_arena_printf(probe->arena, "synchronised, to within %ld ms", clock.maxerror / 1000), NULL);
    return 0;
}

/* Sockets and pipes: ours for each PBX, and what a call takes in SIPp and in an Asterisk of this host (two RTP
 * sockets a leg). */
enum { FILES_BASE = 256, FILES_OF_PBX = 8, FILES_OF_CALL = 6 };

static uint64_t concurrent_calls(const struct vl_load *load)
{
    uint64_t held = ((uint64_t)load->rate * load->hold_ms + 999) / 1000 + load->rate;

    if (load->concurrent && load->concurrent < held)
        held = load->concurrent;
    return held < load->calls ? held : load->calls;
}

static uint64_t files_needed(const struct vl_lab *lab)
{
    uint64_t calls = 0;

    for (size_t i = 0; lab && i < lab->load_count; i++)
        if (concurrent_calls(&lab->loads[i]) > calls)
            calls = concurrent_calls(&lab->loads[i]);
    return FILES_BASE + (lab ? lab->pbx_count : 1) * FILES_OF_PBX + calls * FILES_OF_CALL;
}

int vl_probe_open_files(struct vl_probe *probe)
{
    uint64_t needed = files_needed(probe->options->lab);
    struct rlimit limit;
    const char *seen;

    if (!probe->is_live || getrlimit(RLIMIT_NOFILE, &limit) < 0) {
        vl_probe_add(probe, "open files", VL_CHECK_SKIP, "another machine's limit is not seen", NULL);
        return 0;
    }
    if (limit.rlim_max == RLIM_INFINITY)
        seen = vl_arena_printf(probe->arena, "no hard limit; about %" PRIu64 " are needed", needed);
    else
        seen = vl_arena_printf(probe->arena, "hard limit %" PRIu64 "; about %" PRIu64 " are needed",
                               (uint64_t)limit.rlim_max, needed);
    if (limit.rlim_max < needed)
        vl_probe_add(probe, "open files", VL_CHECK_WARN, seen,
                     "raise nofile in /etc/security/limits.conf, or lower rate, hold or concurrent of the load run");
    else
        vl_probe_add(probe, "open files", VL_CHECK_PASS, seen, NULL);
    return 0;
}
