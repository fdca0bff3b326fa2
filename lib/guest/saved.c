/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The memory of a guest in a file, and a guest that runs on from there. What belongs with it on the disk is
 * plan/ready.h.
 */
#include <stdlib.h>

#include "base/cleanup.h"
#include "guest/hypervisor.h"
#include "guest/hypervisor_part.h"
#include "guest/task.h"

static int save(struct vl_task *task, virConnectPtr connection, struct vl_error *err)
{
    const struct vl_question *asked = &task->asked;
    DOMAIN_AUTO domain = NULL;
    enum vl_domain_state state;

    if (vl_hypervisor_find_ours(connection, asked->name, asked->lab, &domain, &state, err) < 0)
        return -1;
    if (state != VL_DOMAIN_RUNNING && state != VL_DOMAIN_PAUSED)
        return vl_fail(err, VL_ERROR_FAILED, "domain '%s' does not run, so it has no memory to save", asked->name);
    return vl_hypervisor_ops()->domain_save(domain, asked->path, NULL, VIR_DOMAIN_SAVE_RUNNING) < 0
               ? vl_hypervisor_fail(err, "save the memory of domain", asked->name)
               : 0;
}

int vl_hypervisor_save(struct vl_hypervisor *hypervisor, const char *name, const char *lab, const char *file,
                       struct vl_error *err)
{
    const struct vl_question question = {
        .work = save, .what = "save the memory of domain", .name = name, .lab = lab, .path = file, .changes = true
    };

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
