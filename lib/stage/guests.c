/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Virtual machines: images in the cache, base volumes in the lab's pool, a linked clone and a seed for each guest, its
 * domain, and that it runs.
 *
 * Names tell whether something is current, so nothing has to be remembered: a base volume carries a hash of what it was
 * made of, a seed that of its content, a domain the fingerprint of its XML. A guest's disk is never replaced here,
 * whatever happened to the base image: it holds a student's work.
 */
#include <string.h>

#include "guest/hypervisor.h"
#include "lab/identity.h"
#include "lab/system.h"
#include "render/domain_xml.h"
#include "render/installer.h"
#include "stage/guests_part.h"
#include "stage/stage.h"

/* What is planned of one guest. */
struct planned {
    char uuid[37], mac[18];
    const char *disk;
    struct vl_volume volume;
    struct vl_guest_boot boot;
    struct vl_guest_install install;
    bool installs;
    const char *seed; /* the volume with its identity, or its answers; NULL: it has none */
};

/* What it boots from, with the base volumes that are missing. Whether a kept image has a kernel only the cache tells.
 */
static int plan_boot(const struct vl_guest_plan *guests, const struct vl_pbx *pbx, const struct vl_volume *disk,
                     struct vl_guest_boot *boot)
{
    if (vl_guest_plan_boot(guests, pbx, disk, boot) < 0)
        return -1;
    return boot->kernel ? vl_lab_check_kernel(guests->session->lab, pbx, guests->err) : 0;
}

/* Its disk, and what it boots from. */
static int plan_disk(const struct vl_guest_plan *guests, struct vl_guest_plan *own, const struct vl_pbx *pbx,
                     struct planned *planned)
{
    struct vl_volume *volume = &planned->volume;
    const char *disk = planned->disk;
    const char *domain = vl_domain_name(&guests->plan->arena, guests->session->lab, pbx);

    if (vl_guest_volume(guests, disk, volume) < 0 || (!own->stops && vl_guest_plan_unended(own, domain, volume) < 0) ||
        (own->stops ? vl_guest_plan_renewed(own, pbx, volume) : vl_guest_plan_lost_disk(own, pbx->name, disk, volume)) <
            0)
        return -1;
    if (vl_guest_plan_installs(own, pbx, volume, &planned->installs) < 0 ||
        vl_guest_see_base(guests, pbx->name, volume) < 0 || plan_boot(guests, pbx, volume, &planned->boot) < 0 ||
        vl_guest_plan_disk(own, disk, volume, pbx->disk, planned->boot.base_volume) < 0)
        return -1;
    return vl_guest_plan_growth(own, pbx, volume, planned->boot.base_volume);
}

/* Its answers while it is installed unattended, or its identity. What was installed on the disk knows its own. */
static int plan_seed(const struct vl_guest_plan *own, const struct vl_pbx *pbx, struct planned *planned)
{
    if (planned->installs) {
        if (vl_guest_plan_install(own, pbx, planned->mac, &planned->install) < 0)
            return -1;
        planned->boot = planned->install.boot;
        planned->seed = planned->install.seed;
        return 0;
    }
    return planned->boot.base_volume ? vl_guest_plan_seed(own, pbx, planned->mac, &planned->seed) : 0;
}

static struct vl_domain_spec spec_of(const struct vl_guest_plan *guests, const struct vl_pbx *pbx,
                                     const struct planned *planned)
{
    struct vl_arena *arena = &guests->plan->arena;
    const struct vl_lab *lab = guests->session->lab;
    uint64_t least = planned->installs ? planned->install.memory : 0;

    return (struct vl_domain_spec){
        .lab = lab->name,
        .pbx = pbx->name,
        .name = vl_domain_name(arena, lab, pbx),
        .uuid = planned->uuid,
        .mac = planned->mac,
        .memory = pbx->memory > least ? pbx->memory : least,
        .max_memory = pbx->max_memory,
        .vcpus = pbx->vcpus,
        .max_vcpus = pbx->max_vcpus,
        .cpu = pbx->cpu,
        .machine = pbx->machine,
        .emulated = !vl_site_kvm(guests->session, guests->site),
        .disk_path = vl_guest_volume_path(guests, planned->disk),
        .disk_format = "qcow2",
        .seed_path = planned->installs ? planned->install.disc
                     : planned->seed   ? vl_guest_volume_path(guests, planned->seed)
                                       : NULL,
        .cdrom_path = planned->boot.cdrom,
        .boot = pbx->boot,
        .kernel = planned->boot.kernel,
        .initrd = planned->boot.initrd,
        .cmdline = planned->boot.cmdline,
        .installs = planned->installs,
        .bridge = lab->bridge.name,
        .os = pbx->image->os,
        .console_log = vl_stage_console_log(guests->session, arena, pbx),
    };
}

static int plan_guest(const struct vl_guest_plan *guests, const struct vl_pbx *pbx)
{
    struct vl_guest_plan own = *guests;
    struct planned planned = { .disk = vl_arena_printf(&guests->plan->arena, "%s.qcow2", pbx->name) };
    struct vl_domain_spec spec;
    struct vl_domain domain;

    vl_identity_uuid(guests->session->lab->name, pbx->name, planned.uuid);
    vl_identity_mac(guests->session->lab->name, pbx->name, planned.mac);
    own.about = pbx->name;
    own.stops = guests->session->renews;
    if (plan_disk(guests, &own, pbx, &planned) < 0)
        return -1;
    if (plan_seed(&own, pbx, &planned) < 0)
        return -1;
    own.info = planned.boot.info;
    spec = spec_of(guests, pbx, &planned);
    /* With its host an installer would start over what it has installed meanwhile. */
    if (vl_guest_plan_domain(&own, &spec, pbx->autostart && !planned.installs, &domain) < 0)
        return -1;
    return vl_guest_plan_old_seeds(&own, pbx, planned.seed ? planned.seed : "", &domain);
}

/* The same base volume is wanted by many guests: its steps are kept once. */
void vl_guest_drop_repeated(struct vl_plan *plan)
{
    size_t kept = 0;

    for (size_t i = 0; i < plan->count; i++) {
        bool repeated = false;

        for (size_t j = 0; j < kept && !repeated; j++)
            repeated = plan->steps[j].kind == plan->steps[i].kind && plan->steps[j].pool && plan->steps[i].pool &&
                       plan->steps[j].site == plan->steps[i].site &&
                       !strcmp(plan->steps[j].object, plan->steps[i].object);
        if (!repeated)
            plan->steps[kept++] = plan->steps[i];
    }
    plan->count = kept;
}

/* The base volumes that this guest's disk needs. */
static int plan_shared(const struct vl_guest_plan *guests, const struct vl_pbx *pbx)
{
    struct vl_volume disk;
    struct vl_guest_boot boot;
    bool installs;

    if (vl_guest_volume(guests, vl_arena_printf(&guests->plan->arena, "%s.qcow2", pbx->name), &disk) < 0 ||
        vl_guest_see_base(guests, pbx->name, &disk) < 0)
        return -1;
    if (guests->session->renews)
        disk = (struct vl_volume){ .name = NULL };
    if (vl_guest_installs(guests, pbx, &disk, &installs) < 0)
        return -1;
    if (pbx->image->unattended)
        return installs ? vl_guest_plan_installer(guests, pbx->image) : 0;
    return plan_boot(guests, pbx, &disk, &boot);
}

/* Of a guest that has answered it is known what it has. */
static const char *find_complaint(const struct vl_session *session, const struct vl_pbx *pbx, struct vl_arena *arena)
{
    const struct vl_image *image = pbx->image;
    const char *complaint = image ? vl_system_complaint(arena, image->os) : NULL;

    if (complaint || !image || !image->unattended || image->packages || vl_state_nature(&session->state, pbx)->seen ||
        vl_installer_has_asterisk(image->os, image->kind == VL_IMAGE_LOCATION))
        return complaint;
    return vl_arena_printf(arena,
                           "no Asterisk is among what is installed of '%s', so its guests come without; where your "
                           "tree or disc has it, 'packages' can name it, and build:debian-asterisk makes guests that "
                           "have it",
                           image->os);
}

/* What is wrong with the system of an image, once: the first of its guests that is wanted tells it. */
static void warn_of_system(struct vl_session *session, const char *const *names, size_t index, struct vl_arena *arena)
{
    const struct vl_pbx *pbxs = session->lab->pbxs;
    const struct vl_image *image = pbxs[index].image;
    const char *complaint = find_complaint(session, &pbxs[index], arena);

    for (size_t i = 0; i < index && complaint; i++)
        if (pbxs[i].image == image && vl_session_wanted(names, pbxs[i].name))
            return;
    if (complaint)
        vl_session_event(session, VOIPLAB_EVENT_WARNING, NULL, "%s:%d: [image %s] os: %s", session->lab->file,
                         image->os_line, image->name, complaint);
}

/* What the guests of each hypervisor share, begun with the first of them. */
static const struct vl_guest_plan *begin_at(struct vl_guest_plan *begun, struct vl_session *session,
                                            const struct vl_site *site, struct vl_plan *plan, struct vl_error *err)
{
    size_t i = 0;

    while (begun[i].session && begun[i].site != site)
        i++;
    if (!begun[i].session && vl_guest_begin(&begun[i], session, site, plan, err) < 0)
        return NULL;
    return &begun[i];
}

/* Plan something for every guest that is wanted, after the pool that it is in. Those whose hypervisor does not answer
 * are left alone, where there is another. */
static int plan_each(struct vl_session *session, const char *const *names,
                     int (*plan_one)(const struct vl_guest_plan *guests, const struct vl_pbx *pbx),
                     struct vl_plan *plan, struct vl_error *err)
{
    struct vl_guest_plan *begun = vl_arena_zalloc(&plan->arena, (vl_sites_count(session) + 1) * sizeof(*begun));

    for (size_t i = 0; begun && i < session->lab->pbx_count; i++) {
        const struct vl_pbx *pbx = &session->lab->pbxs[i];
        const struct vl_guest_plan *guests;

        if (pbx->place != VL_PLACE_VM || !vl_session_wanted(names, pbx->name) || vl_site_problem(session, pbx))
            continue;
        guests = begin_at(begun, session, vl_site_of(session, pbx), plan, err);
        if (!guests)
            return -1;
        warn_of_system(session, names, i, &plan->arena);
        if (plan_one(guests, pbx) < 0)
            return vl_error_wrap(err, "%s", pbx->name);
    }
    vl_guest_drop_repeated(plan);
    return vl_arena_check(&plan->arena, err);
}

int vl_stage_guests(struct vl_session *session, const char *const *names, struct vl_plan *plan, struct vl_error *err)
{
    return plan_each(session, names, plan_guest, plan, err);
}

int vl_stage_guests_shared(struct vl_session *session, const char *const *names, struct vl_plan *plan,
                           struct vl_error *err)
{
    return plan_each(session, names, plan_shared, plan, err);
}

int vl_stage_guest(struct vl_session *session, const struct vl_pbx *pbx, struct vl_plan *plan, struct vl_error *err)
{
    struct vl_guest_plan guests;

    if (vl_site_problem(session, pbx))
        return vl_fail(err, VL_ERROR_FAILED, "%s", vl_site_problem(session, pbx));
    if (vl_guest_begin(&guests, session, vl_site_of(session, pbx), plan, err) < 0 || plan_guest(&guests, pbx) < 0)
        return -1;
    return vl_arena_check(&plan->arena, err);
}
