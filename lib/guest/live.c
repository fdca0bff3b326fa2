/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is changed on a guest while it runs: its memory by the balloon, processors plugged in, the bridge of its card,
 * the medium in its drive, the size of its disk. What libvirt says of the running guest is looked at again just before,
 * and at the end it is marked with the fingerprint of the definition that it was told.
 */
#include <string.h>

#include "base/cleanup.h"
#include "base/xml.h"
#include "guest/hypervisor.h"
#include "guest/hypervisor_part.h"
#include "guest/task.h"

#define MARK "/domain/metadata/voiplab:guest/"

struct change {
    virDomainPtr domain;
    const char *name, *wanted;
    struct vl_live_changes changes;
    struct vl_arena *arena;
    struct vl_error *err;
};

/* Our element, without the name space, which libvirt puts to it. */
static char *element(const struct change *change)
{
    static const char *const attributes[][2] = { { "lab", MARK "@lab" },
                                                 { "name", MARK "@name" },
                                                 { "fingerprint", MARK "@fingerprint" } };
    VL_XML_DOCUMENT_AUTO *wanted = vl_xml_parse(change->wanted, "the definition of a domain", change->err);
    VL_XML_AUTO *xml = vl_xml_new();

    vl_xml_open(xml, "guest");
    for (size_t i = 0; wanted && i < VL_COUNT(attributes); i++) {
        const char *value = vl_xml_find(wanted, change->arena, attributes[i][1]);

        vl_xml_attribute(xml, attributes[i][0], value ? value : "");
    }
    vl_xml_close(xml);
    return wanted ? vl_xml_take(xml, change->err) : NULL;
}

/* libvirt's last error, when the call before it went wrong. */
static int check(const struct change *change, int rc, const char *verb)
{
    return rc < 0 ? vl_hypervisor_fail(change->err, verb, change->name) : 0;
}

static int change_device(const struct change *change, const char *xml, const char *verb)
{
    return xml ? check(change, vl_hypervisor_ops()->domain_update_device(change->domain, xml, VIR_DOMAIN_AFFECT_LIVE),
                       verb)
               : 0;
}

static int change_all(const struct change *change)
{
    const struct vl_hypervisor_ops *ops = vl_hypervisor_ops();
    const struct vl_live_changes *changes = &change->changes;
    VL_FREE char *mark = element(change);

    if (!mark ||
        (changes->memory_kib &&
         check(change,
               ops->domain_set_memory(change->domain, (unsigned long)changes->memory_kib, VIR_DOMAIN_AFFECT_LIVE),
               "change the memory of domain") < 0) ||
        (changes->vcpus && check(change, ops->domain_set_vcpus(change->domain, changes->vcpus, VIR_DOMAIN_AFFECT_LIVE),
                                 "change the processors of domain") < 0) ||
        change_device(change, changes->card, "change the bridge of domain") < 0 ||
        change_device(change, changes->drive, "change the medium of domain") < 0)
        return -1;
    return check(change,
                 ops->domain_set_metadata(change->domain, VIR_DOMAIN_METADATA_ELEMENT, mark, "voiplab",
                                          VL_XML_NAMESPACE, VIR_DOMAIN_AFFECT_LIVE),
                 "mark domain");
}

static int work(struct vl_task *task, virConnectPtr connection, struct vl_error *err)
{
    const struct vl_question *asked = &task->asked;
    struct change change = { .name = asked->name, .wanted = asked->xml, .arena = &task->arena, .err = err };
    DOMAIN_AUTO domain = NULL;
    VL_FREE char *running = NULL;
    enum vl_domain_state state;

    if (vl_hypervisor_check_definition(asked->xml, asked->name, asked->lab, err) < 0 ||
        vl_hypervisor_find_ours(connection, asked->name, asked->lab, &domain, &state, err) < 0)
        return -1;
    if (state != VL_DOMAIN_RUNNING)
        return 0; /* it has stopped meanwhile, and starts as it is defined */
    running = vl_libvirt.virDomainGetXMLDesc(domain, 0);
    if (!running)
        return vl_hypervisor_fail(err, "read the definition of", asked->name);
    change.domain = domain;
    return vl_hypervisor_changes(change.arena, running, asked->xml, &change.changes, err) < 0 ? -1
                                                                                              : change_all(&change);
}

int vl_hypervisor_change(struct vl_hypervisor *hypervisor, const char *xml, const char *name, const char *lab,
                         struct vl_error *err)
{
    const struct vl_question question = {
        .work = work, .what = "change domain", .name = name, .lab = lab, .xml = xml, .changes = true
    };

    return vl_task_done(hypervisor, &question, err);
}

static int set_autostart(struct vl_task *task, virConnectPtr connection, struct vl_error *err)
{
    const struct vl_question *asked = &task->asked;
    DOMAIN_AUTO domain = NULL;
    enum vl_domain_state state;

    if (vl_hypervisor_find_ours(connection, asked->name, asked->lab, &domain, &state, err) < 0)
        return -1;
    return vl_hypervisor_ops()->domain_autostart(domain, asked->flag) < 0
               ? vl_hypervisor_fail(err, "change the automatic start of domain", asked->name)
               : 0;
}

int vl_hypervisor_autostart(struct vl_hypervisor *hypervisor, const char *name, const char *lab, bool on,
                            struct vl_error *err)
{
    const struct vl_question question = { .work = set_autostart,
                                          .what = "change the automatic start of domain",
                                          .name = name,
                                          .lab = lab,
                                          .flag = on,
                                          .changes = true };

    return vl_task_done(hypervisor, &question, err);
}

/* One that runs must be told by its QEMU, which has the file open. The path of the volume is that of the disk. */
static int grow(struct vl_task *task, virConnectPtr connection, struct vl_error *err)
{
    const struct vl_question *asked = &task->asked;
    POOL_AUTO pool = NULL;
    VOLUME_AUTO volume = NULL;
    DOMAIN_AUTO domain = vl_libvirt.virDomainLookupByName(connection, asked->domain);
    VL_FREE char *path = NULL;
    enum vl_domain_state state = VL_DOMAIN_ABSENT;
    int rc;

    if (vl_hypervisor_find_our_pool(connection, asked->pool, &pool, err) < 0 ||
        vl_hypervisor_find_volume(pool, asked->name, &volume, err) < 0)
        return -1;
    if (!volume || !(path = vl_libvirt.virStorageVolGetPath(volume)))
        return vl_hypervisor_fail(err, "look for volume", asked->name);
    if (domain) {
        (void)vl_libvirt.virDomainFree(domain);
        domain = NULL;
        if (vl_hypervisor_find_ours(connection, asked->domain, asked->lab, &domain, &state, err) < 0)
            return -1;
    }
    rc = state == VL_DOMAIN_RUNNING || state == VL_DOMAIN_PAUSED
             ? vl_hypervisor_ops()->domain_resize(domain, path, asked->size, VIR_DOMAIN_BLOCK_RESIZE_BYTES)
             : vl_hypervisor_ops()->volume_resize(volume, asked->size, 0);
    return rc < 0 ? vl_hypervisor_fail(err, "grow volume", asked->name) : 0;
}

int vl_hypervisor_volume_grow(struct vl_hypervisor *hypervisor, const char *pool, const char *name, uint64_t size,
                              const char *domain, const char *lab, struct vl_error *err)
{
    const struct vl_question question = { .work = grow,
                                          .what = "grow volume",
                                          .name = name,
                                          .pool = pool,
                                          .lab = lab,
                                          .domain = domain,
                                          .size = size,
                                          .changes = true };

    return vl_task_done(hypervisor, &question, err);
}
