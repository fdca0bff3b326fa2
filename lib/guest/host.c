/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a hypervisor's host has: memory and what of it is given to guests, room on the disk, the machine, the bridge.
 */
#include <string.h>

#include "base/cleanup.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/xml.h"
#include "guest/hypervisor.h"
#include "guest/hypervisor_part.h"
#include "guest/task.h"

enum { PROBE_MS = 120000 };

/* A domain that does not run counts when it is of voiplab's: it will. */
static bool counts(virDomainPtr domain, const virDomainInfo *info, struct vl_arena *arena)
{
    VL_FREE char *xml = NULL;
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    const char *pbx;

    if (info->state != VIR_DOMAIN_SHUTOFF)
        return true;
    xml = vl_libvirt.virDomainGetXMLDesc(domain, VIR_DOMAIN_XML_INACTIVE);
    {
        VL_XML_DOCUMENT_AUTO *document = xml ? vl_xml_parse(xml, "a domain", &ignored) : NULL;

        return document && vl_hypervisor_mark(document, arena, &pbx);
    }
}

static int add_domains(virConnectPtr connection, struct vl_task *task, struct vl_hypervisor_host *host,
                       struct vl_error *err)
{
    virDomainPtr *domains = NULL;
    int count = vl_libvirt.virConnectListAllDomains(connection, &domains, 0);

    if (count < 0)
        return vl_hypervisor_fail(err, "list the domains of", "the hypervisor");
    for (int i = 0; i < count; i++) {
        virDomainInfo info;

        if (vl_libvirt.virDomainGetInfo(domains[i], &info) == 0 && counts(domains[i], &info, &task->arena))
            host->given += (uint64_t)info.maxMem * 1024;
        (void)vl_libvirt.virDomainFree(domains[i]);
    }
    vl_free(domains);
    return 0;
}

/* The pool whose directory our pool's is, or lies in: the longest way counts. */
static void look_at_pool(virStoragePoolPtr pool, const char *path, size_t *longest, struct vl_task *task,
                         struct vl_hypervisor_host *host)
{
    VL_FREE char *xml = vl_libvirt.virStoragePoolGetXMLDesc(pool, 0);
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    VL_XML_DOCUMENT_AUTO *document = xml ? vl_xml_parse(xml, "a pool", &ignored) : NULL;
    const char *target = document ? vl_xml_find(document, &task->arena, "/pool/target/path") : NULL;
    size_t length = target ? strlen(target) : 0;
    virStoragePoolInfo info;

    if (!length || length <= *longest || strncmp(path, target, length) != 0 ||
        (path[length] != '/' && path[length] != '\0') || vl_libvirt.virStoragePoolGetInfo(pool, &info) < 0)
        return;
    *longest = length;
    host->disk_known = true;
    host->disk = info.available;
}

static void add_disk(virConnectPtr connection, struct vl_task *task, struct vl_hypervisor_host *host)
{
    virStoragePoolPtr *pools = NULL;
    int count = vl_libvirt.virConnectListAllStoragePools(connection, &pools, VIR_CONNECT_LIST_STORAGE_POOLS_ACTIVE);
    size_t longest = 0;

    for (int i = 0; i < count; i++) {
        look_at_pool(pools[i], task->asked.path, &longest, task, host);
        (void)vl_libvirt.virStoragePoolFree(pools[i]);
    }
    vl_free(pools);
}

/* What a guest's saved state, or a running guest, must find again elsewhere. */
static const char *describe_machine(virConnectPtr connection, struct vl_arena *arena, const virNodeInfo *node)
{
    unsigned long version = 0;
    const char *type = vl_libvirt.virConnectGetType(connection);

    (void)vl_libvirt.virConnectGetVersion(connection, &version);
    return vl_arena_printf(arena, "%s, %s %lu.%lu", node->model, type ? type : "?", version / 1000000,
                           version / 1000 % 1000);
}

/* The test driver has interfaces of its own, and no guest on them. */
static enum vl_bridge_there look_for_bridge(virConnectPtr connection, const char *name)
{
    const char *type = vl_libvirt.virConnectGetType(connection);
    virInterfacePtr interface;

    if (!name || !type || strcmp(type, "QEMU") != 0)
        return VL_BRIDGE_THERE_UNKNOWN;
    interface = vl_libvirt.virInterfaceLookupByName(connection, name);
    if (interface) {
        (void)vl_libvirt.virInterfaceFree(interface);
        return VL_BRIDGE_THERE;
    }
    return vl_libvirt.virGetLastErrorCode() == VIR_ERR_NO_INTERFACE ? VL_BRIDGE_THERE_NOT : VL_BRIDGE_THERE_UNKNOWN;
}

static int look_at_host(struct vl_task *task, virConnectPtr connection, struct vl_error *err)
{
    struct vl_hypervisor_host *host = vl_arena_zalloc(&task->arena, sizeof(*host));
    virNodeInfo node;

    if (!host)
        return vl_no_memory(err);
    if (vl_libvirt.virNodeGetInfo(connection, &node) < 0)
        return vl_hypervisor_fail(err, "look at the host of", "the hypervisor");
    host->memory = (uint64_t)node.memory * 1024;
    if (add_domains(connection, task, host, err) < 0)
        return -1;
    add_disk(connection, task, host);
    host->machine = describe_machine(connection, &task->arena, &node);
    host->bridge = look_for_bridge(connection, task->asked.name);
    task->answer.list = host;
    return 0;
}

int vl_hypervisor_look_at_host(struct vl_hypervisor *hypervisor, struct vl_arena *arena, const char *pool_path,
                               const char *bridge, struct vl_hypervisor_host *ret_host, struct vl_error *err)
{
    const struct vl_question question = { .work = look_at_host,
                                          .what = "look at the host by its bridge",
                                          .name = bridge,
                                          .path = pool_path,
                                          .patience_ms = PROBE_MS };
    VL_TASK_AUTO *task = vl_task_do(hypervisor, &question, err);

    if (!task)
        return -1;
    *ret_host = *(const struct vl_hypervisor_host *)task->answer.list;
    ret_host->machine = vl_arena_strdup(arena, ret_host->machine);
    return vl_arena_check(arena, err);
}

static int count_processors(struct vl_task *task, virConnectPtr connection, struct vl_error *err)
{
    virNodeInfo node;

    if (vl_libvirt.virNodeGetInfo(connection, &node) < 0)
        return vl_hypervisor_fail(err, "look at the host of", "the hypervisor");
    task->count = node.cpus;
    return 0;
}

unsigned vl_hypervisor_processors(struct vl_hypervisor *hypervisor)
{
    const struct vl_question question = { .work = count_processors, .what = "ask for the processors of" };
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    VL_TASK_AUTO *task = vl_task_do(hypervisor, &question, &ignored);

    return task && task->count ? (unsigned)task->count : 1;
}
