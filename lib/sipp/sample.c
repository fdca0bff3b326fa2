/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sipp/sample.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"

enum { PROC_LIMIT = 1 << 20, KIB = 1024 };

/* user nice system idle iowait irq softirq steal; what guests take is in user and nice already (proc(5)). */
void vl_host_ticks(const char *stat, uint64_t *ret_busy, uint64_t *ret_all)
{
    enum { IDLE = 3, IO_WAIT = 4, FIELDS = 8 };
    const char *at = strncmp(stat, "cpu ", 4) == 0 ? stat + 4 : "";
    uint64_t idle = 0, all = 0;

    for (int i = 0; i < FIELDS; i++) {
        char *end;
        uint64_t ticks = strtoull(at, &end, 10);

        if (end == at)
            break;
        all += ticks;
        idle += i == IDLE || i == IO_WAIT ? ticks : 0;
        at = end;
    }
    *ret_busy = all - idle;
    *ret_all = all;
}

static uint64_t memory_of(const char *meminfo, const char *key)
{
    const char *at = strstr(meminfo, key);
    uint64_t kib = at ? strtoull(at + strlen(key), NULL, 10) : 0;

    return kib < UINT64_MAX / KIB ? kib * KIB : 0;
}

void vl_host_memory(const char *meminfo, uint64_t *ret_used, uint64_t *ret_total)
{
    uint64_t available = memory_of(meminfo, "MemAvailable:");

    if (!available) /* kernels before 3.14 */
        available = memory_of(meminfo, "MemFree:") + memory_of(meminfo, "Buffers:") + memory_of(meminfo, "\nCached:");
    *ret_total = memory_of(meminfo, "MemTotal:");
    *ret_used = available && available < *ret_total ? *ret_total - available : 0;
}

static char *read_proc(const char *path)
{
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    char *text = NULL;

    return vl_file_read(path, PROC_LIMIT, &text, NULL, &ignored) < 0 ? NULL : text;
}

/* What a process has spent: the 14th and 15th field, counted from behind its name, in which anything may stand. */
static uint64_t ticks_of(pid_t process)
{
    unsigned long long user = 0, system = 0;
    VL_FREE char *path = NULL, *text = NULL;
    const char *at;

    if (vl_asprintf(&path, "/proc/%ld/stat", (long)process) < 0 || !(text = read_proc(path)) ||
        !(at = strrchr(text, ')')) ||
        sscanf(at, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu", &user, &system) != 2)
        return 0;
    return user + system;
}

static double busiest(struct vl_host_meter *meter, const pid_t *processes, size_t count, double seconds)
{
    double most = NAN, a_second = (double)sysconf(_SC_CLK_TCK);

    for (size_t i = 0; i < count && i < VL_HOST_PROCESSES; i++) {
        uint64_t ticks = ticks_of(processes[i]);
        double share = (double)(ticks - meter->ticks[i]) / a_second / seconds;

        if (meter->at_ms && ticks >= meter->ticks[i] && !(most > share))
            most = share;
        meter->ticks[i] = ticks;
    }
    return most;
}

void vl_host_look(struct vl_host_meter *meter, const pid_t *processes, size_t count, struct vl_load_host *ret_host)
{
    VL_FREE char *stat = read_proc("/proc/stat"), *memory = read_proc("/proc/meminfo");
    long long now = vl_now_ms();
    uint64_t busy, all;

    *ret_host = (struct vl_load_host){ .processor = NAN };
    vl_host_ticks(stat ? stat : "", &busy, &all);
    vl_host_memory(memory ? memory : "", &ret_host->memory_used, &ret_host->memory_total);
    ret_host->generator = busiest(meter, processes, count, (double)(now - meter->at_ms) / 1000);
    if (meter->at_ms && all > meter->all && busy >= meter->busy)
        ret_host->processor = (double)(busy - meter->busy) / (double)(all - meter->all);
    meter->busy = busy;
    meter->all = all;
    meter->at_ms = now;
}
