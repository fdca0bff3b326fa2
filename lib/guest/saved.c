/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The memory of a guest in a file, and a guest that runs on from there. What belongs with it on the disk is
 * plan/ready.h.
 *
 * It is saved as a libvirt snapshot that has memory and no disk (libvirt 1.0.1 and later), of a guest that was paused
 * before and is so after: what it was doing it goes on with, in the same QEMU, some tenths of a second later. By
 * virDomainSave, which every libvirt has and which writes the same file, its QEMU ends; to run on from the file then
 * costs an emulated guest two seconds, and each of its peers a new registration.
 */
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/delete.h"
#include "base/file.h"
#include "base/xml.h"
#include "guest/hypervisor.h"
#include "guest/hypervisor_part.h"
#include "guest/task.h"

/* What is not said of a disk is that a snapshot of it is to be made as well. */
static char *memory_alone(virDomainPtr domain, const char *file, struct vl_error *err)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_FREE char *definition = vl_libvirt.virDomainGetXMLDesc(domain, 0);
    VL_XML_DOCUMENT_AUTO *document = definition ? vl_xml_parse(definition, "the definition of a domain", err) : NULL;
    const char *const *disks = document ? vl_xml_find_all(document, &arena, "/domain/devices/disk/target/@dev") : NULL;
    VL_XML_AUTO *xml = disks ? vl_xml_new() : NULL;

    if (!disks)
        return NULL;
    vl_xml_open(xml, "domainsnapshot");
    vl_xml_empty(xml, "memory", "snapshot", "external", "file", file, NULL);
    vl_xml_open(xml, "disks");
    for (; *disks; disks++)
        vl_xml_empty(xml, "disk", "name", *disks, "snapshot", "no", NULL);
    vl_xml_close(xml);
    vl_xml_close(xml);
    return vl_xml_take(xml, err);
}

static bool save_standing(virDomainPtr domain, const char *file)
{
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    VL_FREE char *xml = memory_alone(domain, file, &ignored);
    SNAPSHOT_AUTO snapshot = NULL;

    if (xml)
        snapshot = vl_hypervisor_ops()->domain_snapshot(domain, xml, VIR_DOMAIN_SNAPSHOT_CREATE_NO_METADATA);
    return snapshot != NULL;
}

/* Where the former way does not do, for whatever reason, it is the other one's to say why. */
static int save_paused(virDomainPtr domain, const struct vl_question *asked, struct vl_error *err)
{
    if (save_standing(domain, asked->path))
        return 0;
    return vl_hypervisor_ops()->domain_save(domain, asked->path, NULL, VIR_DOMAIN_SAVE_RUNNING) < 0
               ? vl_hypervisor_fail(err, "save the memory of domain", asked->name)
               : 0;
}

/* It runs on, and nothing says any longer that it stands still. */
static void take_back(virDomainPtr domain, const char *mark)
{
    VL_ERROR_AUTO ignored = { .code = VL_OK };

    if (vl_hypervisor_ops()->domain_resume(domain) == 0)
        (void)vl_file_remove(mark, &ignored);
}

/* The mark is there before: by it a guest that stands still since a run was cut off is told from one that somebody has
 * paused. Somebody who waits for nothing any more lets nothing run on, so that is done here then. */
static int save(struct vl_task *task, virConnectPtr connection, struct vl_error *err)
{
    const struct vl_question *asked = &task->asked;
    DOMAIN_AUTO domain = NULL;
    enum vl_domain_state state;
    int rc;

    if (vl_hypervisor_find_ours(connection, asked->name, asked->lab, &domain, &state, err) < 0)
        return -1;
    if (state != VL_DOMAIN_RUNNING)
        return vl_fail(err, VL_ERROR_FAILED,
                       state == VL_DOMAIN_PAUSED ? "domain '%s' is paused: somebody has done that meanwhile"
                                                 : "domain '%s' does not run, so it has no memory to save",
                       asked->name);
    if (vl_file_write(asked->xml, "", 0, 0600, err) < 0)
        return -1;
    if (vl_hypervisor_ops()->domain_suspend(domain) < 0) {
        (void)vl_hypervisor_fail(err, "pause domain", asked->name);
        take_back(domain, asked->xml);
        return -1;
    }
    rc = save_paused(domain, asked, err);
    if (rc < 0 || vl_task_is_given_up(task))
        take_back(domain, asked->xml);
    return rc;
}

enum { SAVE_MS = 120000, SAVE_MIB_S = 20 /* a slow disk */ };

static int patience_of(uint64_t memory)
{
    uint64_t seconds = (memory >> 20) / SAVE_MIB_S;

    return SAVE_MS + (int)(seconds < 3600 ? seconds : 3600) * 1000;
}

int vl_hypervisor_save(struct vl_hypervisor *hypervisor, const char *name, const char *lab,
                       const struct vl_saving *saving, struct vl_error *err)
{
    const struct vl_question question = { .work = save,
                                          .what = "save the memory of domain",
                                          .name = name,
                                          .lab = lab,
                                          .path = saving->file,
                                          .xml = saving->mark,
                                          .changes = true,
                                          .patience_ms = patience_of(saving->memory) };

    return vl_task_done(hypervisor, &question, err);
}

/* What the file says that it is of; reading that far also tells one that was cut off. */
static int check_file(virConnectPtr connection, const struct vl_question *asked, struct vl_error *err)
{
    VL_FREE char *xml = vl_libvirt.virDomainSaveImageGetXMLDesc(connection, asked->path, 0);

    if (!xml)
        return vl_hypervisor_fail(err, "read the saved memory", asked->path);
    return vl_hypervisor_check_definition(xml, asked->name, asked->lab, err);
}

static int restore(struct vl_task *task, virConnectPtr connection, struct vl_error *err)
{
    const struct vl_question *asked = &task->asked;
    DOMAIN_AUTO domain = NULL;
    enum vl_domain_state state;

    if (vl_hypervisor_find_ours(connection, asked->name, asked->lab, &domain, &state, err) < 0)
        return -1;
    if (state != VL_DOMAIN_STOPPED)
        return vl_fail(err, VL_ERROR_FAILED, "domain '%s' runs: somebody has started it meanwhile", asked->name);
    if (check_file(connection, asked, err) < 0)
        return -1;
    return vl_hypervisor_ops()->domain_restore(connection, asked->path, NULL, VIR_DOMAIN_SAVE_RUNNING) < 0
               ? vl_hypervisor_fail(err, "restore domain", asked->name)
               : 0;
}

int vl_hypervisor_restore(struct vl_hypervisor *hypervisor, const char *name, const char *lab, const char *file,
                          struct vl_error *err)
{
    const struct vl_question question = {
        .work = restore, .what = "restore domain", .name = name, .lab = lab, .path = file, .changes = true
    };

    return vl_task_done(hypervisor, &question, err);
}
