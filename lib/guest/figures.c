/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How busy guests are, as the hypervisor says: asked for all at once, which costs the guests nothing. Of a guest whose
 * monitor is busy it says only what needs no monitor. Figures that are not there are normal: which ones there are is a
 * matter of the driver, of QEMU and of the guest's kernel.
 */
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/text.h"
#include "guest/hypervisor.h"
#include "guest/hypervisor_part.h"
#include "guest/task.h"
#include "lab/identity.h"

enum { PROCESSORS = 512, KIB = 1024, PATIENCE_MS = 5000 };

typedef virDomainStatsRecordPtr *records_t;

static void release_records(records_t *records)
{
    if (*records)
        vl_libvirt.virDomainStatsRecordListFree(*records);
}

struct params {
    virTypedParameterPtr list;
    int count;
};

static bool figure(const struct params *params, const char *key, uint64_t *ret_value)
{
    unsigned long long value;
    unsigned less;

    if (vl_libvirt.virTypedParamsGetULLong(params->list, params->count, key, &value) == 1) {
        *ret_value = value;
        return true;
    }
    vl_libvirt.virResetLastError(); /* of another type */
    if (vl_libvirt.virTypedParamsGetUInt(params->list, params->count, key, &less) != 1)
        return false;
    *ret_value = less;
    return true;
}

/* Nanoseconds, of all its processors: without those that QEMU takes for itself, where the hypervisor can tell them. */
static void read_processors(const struct params *params, struct vl_arena *arena, struct vl_domain_figures *figures)
{
    uint64_t most = 0, current = 0, time;
    bool any = false;

    (void)figure(params, "vcpu.current", &current);
    (void)figure(params, "vcpu.maximum", &most);
    for (uint64_t i = 0; i < most && i < PROCESSORS; i++)
        if (figure(params, vl_arena_printf(arena, "vcpu.%u.time", (unsigned)i), &time)) {
            figures->processor_ns += time;
            any = true;
        }
    if (!any)
        any = figure(params, "cpu.time", &figures->processor_ns);
    figures->processors = current && current <= PROCESSORS ? (unsigned)current : 1;
    figures->known = any;
}

/* What the guest's kernel cannot give to anybody else, when its balloon says so; else what QEMU has of this host. */
static void read_memory(const struct params *params, struct vl_domain_figures *figures)
{
    uint64_t available = 0, usable = 0, unused = 0, caches = 0, current = 0, rss = 0;

    if (!figure(params, "balloon.usable", &usable) && figure(params, "balloon.unused", &unused)) {
        (void)figure(params, "balloon.disk_caches", &caches);
        usable = unused + caches;
    }
    if (usable && figure(params, "balloon.available", &available) && available >= usable) {
        figures->memory_used = (available - usable) * KIB;
        figures->memory_total = available * KIB;
        return;
    }
    if (!figure(params, "balloon.current", &current) || !figure(params, "balloon.rss", &rss))
        return;
    figures->memory_used = rss * KIB;
    figures->memory_total = current * KIB;
    figures->memory_of_host = true;
}

void vl_hypervisor_read_figures(virTypedParameterPtr list, int count, struct vl_arena *arena,
                                struct vl_domain_figures *ret_figures)
{
    const struct params params = { .list = list, .count = count };
    int state = VIR_DOMAIN_NOSTATE;

    *ret_figures = (struct vl_domain_figures){ .known = false };
    (void)vl_libvirt.virTypedParamsGetInt(list, count, "state.state", &state);
    if (state != VIR_DOMAIN_RUNNING && state != VIR_DOMAIN_BLOCKED)
        return;
    read_processors(&params, arena, ret_figures);
    read_memory(&params, ret_figures);
}

/* The domains of the UUIDs that are asked for, NULL-terminated, without those that are not there. */
static virDomainPtr *find_domains(struct vl_task *task, virConnectPtr connection, size_t *ret_count)
{
    const char *const *uuids = vl_text_split(&task->arena, task->asked.name, " ");
    virDomainPtr *domains;
    size_t count = 0;

    while (uuids && uuids[count])
        count++;
    domains = vl_arena_zalloc(&task->arena, (count + 1) * sizeof(virDomainPtr));
    for (size_t i = *ret_count = 0; domains && i < count; i++) {
        domains[*ret_count] = vl_libvirt.virDomainLookupByUUIDString(connection, uuids[i]);
        *ret_count += domains[*ret_count] != NULL;
    }
    vl_libvirt.virResetLastError();
    return domains;
}

static void take(struct vl_task *task, records_t records, int count)
{
    const char *const *uuids = vl_text_split(&task->arena, task->asked.name, " ");
    struct vl_domain_figures *figures = task->answer.list;
    char uuid[VIR_UUID_STRING_BUFLEN];

    for (int r = 0; r < count; r++)
        for (size_t i = 0; i < task->count && vl_libvirt.virDomainGetUUIDString(records[r]->dom, uuid) == 0; i++)
            if (strcmp(uuids[i], uuid) == 0)
                vl_hypervisor_read_figures(records[r]->params, records[r]->nparams, &task->arena, &figures[i]);
}

/* The time is taken after the answer, once for all. */
static int look(struct vl_task *task, virConnectPtr connection, struct vl_error *err)
{
    __attribute__((cleanup(release_records))) records_t records = NULL;
    size_t found;
    virDomainPtr *domains = find_domains(task, connection, &found);
    int count = 0;

    task->count = (size_t)task->asked.size;
    task->answer.list = vl_arena_zalloc(&task->arena, (task->count + 1) * sizeof(struct vl_domain_figures));
    if (found && task->answer.list)
        count = vl_libvirt.virDomainListGetStats(domains,
                                                 VIR_DOMAIN_STATS_STATE | VIR_DOMAIN_STATS_CPU_TOTAL |
                                                     VIR_DOMAIN_STATS_BALLOON | VIR_DOMAIN_STATS_VCPU,
                                                 &records, VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT);
    if (count > 0)
        take(task, records, count);
    for (size_t i = 0; i < found; i++)
        (void)vl_libvirt.virDomainFree(domains[i]);
    if (count < 0)
        return vl_hypervisor_fail(err, "ask for the figures of", "the guests");
    return vl_arena_check(&task->arena, err);
}

int vl_hypervisor_figures(struct vl_hypervisor *hypervisor, const char *lab, const char *const *names, size_t count,
                          struct vl_domain_figures *ret_figures, long long *ret_at_ms, struct vl_error *err)
{
    VL_BUF_AUTO uuids = VL_BUF_INIT;
    char uuid[37];
    VL_TASK_AUTO *task = NULL;

    for (size_t i = 0; i < count; i++) {
        vl_identity_uuid(lab, names[i], uuid);
        vl_buf_printf(&uuids, "%s%s", i ? " " : "", uuid);
    }
    if (uuids.failed)
        return vl_no_memory(err);
    task = vl_task_do(hypervisor,
                      &(struct vl_question){ .work = look,
                                             .what = "ask how busy guests are",
                                             .name = vl_buf_text(&uuids),
                                             .size = count,
                                             .patience_ms = PATIENCE_MS },
                      err);
    *ret_at_ms = vl_now_ms();
    if (!task)
        return -1;
    memcpy(ret_figures, task->answer.list, count * sizeof(*ret_figures));
    return 0;
}
