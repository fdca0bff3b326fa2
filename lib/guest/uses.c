/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who holds on to what: so that nothing is deleted under somebody's running guest. A domain is asked twice, as it is
 * defined and, when it runs, as it runs: libvirt tells the whole chain of backing stores only of the latter, and a disk
 * may have been attached to it alone. What a volume is a clone of is told by its pool.
 */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/xml.h"
#include "guest/hypervisor.h"
#include "guest/hypervisor_part.h"
#include "guest/task.h"

struct uses {
    virConnectPtr connection;
    struct vl_arena *arena;
    struct vl_use *uses;
    size_t count;
    struct vl_error *err;
};

static void add(struct uses *all, const struct vl_use *use)
{
    struct vl_use *grown = vl_arena_grow(all->arena, all->uses, all->count, sizeof(*grown));

    if (!grown)
        return;
    all->uses = grown;
    grown[all->count++] = *use;
}

static void add_texts(struct uses *all, struct vl_use use, const struct vl_xml_document *document, const char *xpath)
{
    const char *const *texts = vl_xml_find_all(document, all->arena, xpath);

    for (; texts && *texts; texts++) {
        use.path = *texts;
        add(all, &use);
    }
}

/* Disks that name pool and volume instead of a path. */
static void add_volumes(struct uses *all, struct vl_use use, const struct vl_xml_document *document)
{
    const char *const *pools = vl_xml_find_all(document, all->arena, "/domain/devices/disk/source[@volume]/@pool");
    const char *const *names = vl_xml_find_all(document, all->arena, "/domain/devices/disk/source[@pool]/@volume");

    for (; pools && names && *pools && *names; pools++, names++) {
        POOL_AUTO pool = vl_libvirt.virStoragePoolLookupByName(all->connection, *pools);
        VOLUME_AUTO volume = pool ? vl_libvirt.virStorageVolLookupByName(pool, *names) : NULL;
        VL_FREE char *path = volume ? vl_libvirt.virStorageVolGetPath(volume) : NULL;

        use.path = path ? vl_arena_strdup(all->arena, path) : NULL;
        if (use.path)
            add(all, &use);
    }
}

/* A domain that goes meanwhile uses nothing. */
static int add_definition(struct uses *all, virDomainPtr domain, unsigned flags)
{
    const char *name = vl_libvirt.virDomainGetName(domain);
    VL_FREE char *xml = vl_libvirt.virDomainGetXMLDesc(domain, flags);
    VL_XML_DOCUMENT_AUTO *document = NULL;
    struct vl_use use = { .by = vl_arena_printf(all->arena, "the domain '%s'", name) };

    if (!xml)
        return vl_libvirt.virGetLastErrorCode() == VIR_ERR_NO_DOMAIN
                   ? 0
                   : vl_hypervisor_fail(all->err, "read the definition of", name);
    document = vl_xml_parse(xml, "the definition of a domain", all->err);
    if (!document)
        return -1;
    use.lab = vl_hypervisor_mark(document, all->arena, &use.pbx);
    add_texts(all, use, document, "/domain/devices/disk//source/@file");
    add_texts(all, use, document, "/domain/devices/disk//source/@dev");
    add_texts(all, use, document, "/domain/os/kernel | /domain/os/initrd | /domain/os/loader | /domain/os/nvram");
    add_volumes(all, use, document);
    use.tap = true;
    add_texts(all, use, document, "/domain/devices/interface/target/@dev");
    return 0;
}

static int add_domains(struct uses *all)
{
    virDomainPtr *domains = NULL;
    int count = vl_libvirt.virConnectListAllDomains(all->connection, &domains, 0), rc = 0;

    if (count < 0)
        return vl_hypervisor_fail(all->err, "list the domains of", "the hypervisor");
    for (int i = 0; i < count; i++) {
        if (rc == 0)
            rc = add_definition(all, domains[i], VIR_DOMAIN_XML_INACTIVE);
        if (rc == 0 && vl_libvirt.virDomainIsActive(domains[i]) == 1)
            rc = add_definition(all, domains[i], 0);
        (void)vl_libvirt.virDomainFree(domains[i]);
    }
    free(domains);
    return rc;
}

static int add_clone(struct uses *all, virStoragePoolPtr pool, virStorageVolPtr volume)
{
    VL_FREE char *xml = vl_libvirt.virStorageVolGetXMLDesc(volume, 0);
    VL_XML_DOCUMENT_AUTO *document = xml ? vl_xml_parse(xml, "the description of a volume", all->err) : NULL;
    struct vl_use use = { .by = vl_arena_printf(all->arena, "the volume '%s' of the pool '%s'",
                                                vl_libvirt.virStorageVolGetName(volume),
                                                vl_libvirt.virStoragePoolGetName(pool)) };

    if (!xml)
        return 0; /* gone meanwhile, or not to be read: then it is nobody's clone that libvirt knows of */
    if (!document)
        return -1;
    use.volume = vl_xml_find(document, all->arena, "/volume/target/path");
    add_texts(all, use, document, "/volume/backingStore/path");
    return 0;
}

static int add_clones(struct uses *all, virStoragePoolPtr pool)
{
    virStorageVolPtr *volumes = NULL;
    int count = vl_libvirt.virStoragePoolListAllVolumes(pool, &volumes, 0), rc = 0;

    for (int i = 0; i < count; i++) {
        if (rc == 0)
            rc = add_clone(all, pool, volumes[i]);
        (void)vl_libvirt.virStorageVolFree(volumes[i]);
    }
    free(volumes);
    return rc;
}

static int add_pools(struct uses *all)
{
    virStoragePoolPtr *pools = NULL;
    int count =
        vl_libvirt.virConnectListAllStoragePools(all->connection, &pools, VIR_CONNECT_LIST_STORAGE_POOLS_ACTIVE);
    int rc = 0;

    if (count < 0)
        return vl_hypervisor_fail(all->err, "list the storage pools of", "the hypervisor");
    for (int i = 0; i < count; i++) {
        if (rc == 0)
            rc = add_clones(all, pools[i]);
        (void)vl_libvirt.virStoragePoolFree(pools[i]);
    }
    free(pools);
    return rc;
}

static int find_uses(struct vl_task *task, virConnectPtr connection, struct vl_error *err)
{
    struct uses all = { .connection = connection, .arena = &task->arena, .err = err };

    if (add_domains(&all) < 0 || (task->asked.flag && add_pools(&all) < 0))
        return -1;
    task->answer.list = all.uses;
    task->count = all.count;
    return 0;
}

int vl_hypervisor_uses(struct vl_hypervisor *hypervisor, struct vl_arena *arena, bool pools, struct vl_use **ret_uses,
                       size_t *ret_count, struct vl_error *err)
{
    const struct vl_question question = { .work = find_uses, .what = "look at all disks of", .flag = pools };
    VL_TASK_AUTO *task = vl_task_do(hypervisor, &question, err);

    if (!task)
        return -1;
    *ret_uses = task->answer.list;
    *ret_count = task->count;
    vl_arena_adopt(arena, &task->arena);
    return vl_arena_check(arena, err);
}
