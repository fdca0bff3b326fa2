/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The steps of `down` and `destroy`, and of `up --prune`: stopping a lab, and taking away all that is its own. Nothing
 * goes that does not carry the lab's mark or stand in its list of what was made (plan/made.h), and nothing that
 * somebody else uses; what stays is told, with what to do. Who may delete what is told by base/file.h; it is done by
 * plan/steps.c.
 */
#include <string.h>

#include "stage/gone.h"
#include "stage/stage.h"

static bool is_machine(const struct vl_lab *lab, const char *name)
{
    const struct vl_pbx *pbx = vl_lab_pbx(lab, name);

    return pbx && pbx->place == VL_PLACE_VM;
}

static int look_around(struct vl_gone *gone)
{
    struct vl_arena *arena = &gone->plan->arena;
    struct vl_hypervisor *hypervisor = vl_site_hypervisor(gone->session, gone->site);

    if (vl_hypervisor_domains(hypervisor, arena, gone->session->lab->name, &gone->domains, &gone->domain_count,
                              gone->err) < 0)
        return -1;
    return vl_hypervisor_uses(hypervisor, arena, true, &gone->uses, &gone->use_count, gone->err);
}

static void add_guest(struct vl_gone *gone, const char *name)
{
    const char **guests = vl_arena_grow(&gone->plan->arena, gone->guests, gone->guest_count, sizeof(*guests));

    if (!guests)
        return;
    gone->guests = guests;
    guests[gone->guest_count++] = name;
}

/* With its disk, and never to come back. */
static bool goes_for_good(const struct vl_gone *gone, const struct vl_domain *domain)
{
    for (size_t i = 0; i < gone->guest_count; i++)
        if (!strcmp(gone->guests[i], domain->pbx))
            return true;
    return gone->whole;
}

static bool domain_goes(const struct vl_gone *gone, const char *const *names, const struct vl_domain *domain)
{
    return goes_for_good(gone, domain) || (names && vl_session_wanted(names, domain->pbx));
}

static void add_stop(const struct vl_gone *gone, const struct vl_domain *domain)
{
    const struct vl_pbx *pbx = vl_lab_pbx(gone->session->lab, domain->pbx);
    bool gone_with_disk = goes_for_good(gone, domain), installs = pbx && vl_stage_installs(gone->session, pbx);

    vl_plan_add(gone->plan,
                &(struct vl_step){ .kind = VL_STEP_STOP,
                                   .target = vl_site_target(gone->site, &gone->plan->arena),
                                   .site = gone->site,
                                   .object = domain->name,
                                   .at_once = gone_with_disk || installs,
                                   .why = gone_with_disk ? "its disk goes too: there is nothing to shut down for"
                                          : installs     ? "an installation that is cut off begins anew, and "
                                                           "must not look like one that has come to its end"
                                                         : "the guest is asked to shut down" });
}

static void plan_domains(const struct vl_gone *gone, const char *const *names, bool remove)
{
    for (size_t i = 0; i < gone->domain_count; i++)
        if (domain_goes(gone, names, &gone->domains[i]) && gone->domains[i].state != VL_DOMAIN_STOPPED)
            add_stop(gone, &gone->domains[i]);
    /* they stop together, so nothing stands between these steps */
    for (size_t i = 0; remove && i < gone->domain_count; i++)
        if (domain_goes(gone, names, &gone->domains[i]))
            vl_plan_add(gone->plan, &(struct vl_step){ .kind = VL_STEP_UNDEFINE,
                                                       .target = vl_site_target(gone->site, &gone->plan->arena),
                                                       .site = gone->site,
                                                       .object = gone->domains[i].name,
                                                       .why = "libvirt forgets the guest" });
}

/* Keys of the guests that go for good, and their lines in the list. */
static int plan_belongings(struct vl_gone *gone)
{
    if (!gone->guest_count)
        return 0;
    if (vl_gone_keys(gone) < 0)
        return -1;
    return gone->made.known ? vl_stage_made_file(gone->session, &gone->made, gone->plan, gone->err) : 0;
}

/* A guest that is no machine of the lab file any more cannot be made again: with its name all of it goes. */
static void add_named(struct vl_gone *gone, const char *const *names)
{
    for (; *names; names++)
        if (!is_machine(gone->session->lab, *names) && vl_made_guest(gone->session, &gone->made, *names))
            add_guest(gone, *names);
}

static int plan_whole(struct vl_gone *gone)
{
    vl_gone_bridge(gone);
    if (gone->stays && gone->made.known && vl_stage_made_file(gone->session, &gone->made, gone->plan, gone->err) < 0)
        return -1;
    vl_gone_state(gone);
    return 0;
}

/* What is on each hypervisor. One that does not answer may have something of the lab's, which must be known then. */
static int plan_sites(struct vl_gone *gone, const char *const *names, bool prunes, bool remove)
{
    for (size_t i = vl_sites_count(gone->session); i-- > 0;) {
        gone->site = vl_sites_at(gone->session, i);
        gone->domain_count = gone->use_count = 0;
        if (!vl_site_hypervisor(gone->session, gone->site)) {
            gone->stays |= gone->session->places != NULL;
            continue;
        }
        vl_site_made(gone->site, &gone->made);
        if (look_around(gone) < 0)
            return -1;
        for (size_t j = 0; prunes && j < gone->domain_count; j++)
            if (!is_machine(gone->session->lab, gone->domains[j].pbx))
                add_guest(gone, gone->domains[j].pbx);
        plan_domains(gone, names, remove);
        if (remove && (gone->whole || gone->guest_count) && vl_gone_volumes(gone) < 0)
            return -1;
    }
    gone->site = NULL;
    vl_site_made(NULL, &gone->made);
    return 0;
}

int vl_stage_gone(struct vl_session *session, const char *const *names, bool remove, struct vl_plan *plan,
                  struct vl_error *err)
{
    struct vl_gone gone = { .session = session, .plan = plan, .err = err };
    static const char *const all[] = { NULL };
    bool named = names && names[0];

    if ((vl_made_machines(session) && vl_sites_open(session, err) < 0) ||
        vl_made_read(session, &plan->arena, &gone.made, err) < 0)
        return -1;
    gone.whole = remove && !named;
    if (named && remove)
        add_named(&gone, names);
    if (plan_sites(&gone, named ? names : all, false, remove) < 0 || (named    ? plan_belongings(&gone)
                                                                      : remove ? plan_whole(&gone)
                                                                               : 0) < 0)
        return -1;
    return vl_arena_check(&plan->arena, err);
}

/* The orphans of one hypervisor, behind those that were found. */
static int add_orphans(struct vl_session *session, const struct vl_site *site, struct vl_arena *arena,
                       struct vl_domain **domains, size_t *count, struct vl_error *err)
{
    struct vl_hypervisor *hypervisor = vl_site_hypervisor(session, site);
    struct vl_domain *there, *grown;
    size_t there_count = 0;

    if (!hypervisor)
        return 0;
    if (vl_hypervisor_domains(hypervisor, arena, session->lab->name, &there, &there_count, err) < 0)
        return -1;
    for (size_t i = 0; i < there_count; i++) {
        if (is_machine(session->lab, there[i].pbx))
            continue;
        grown = vl_arena_grow(arena, *domains, *count, sizeof(*grown));
        if (!grown)
            return vl_no_memory(err);
        grown[(*count)++] = there[i];
        *domains = grown;
    }
    return 0;
}

int vl_stage_orphans(struct vl_session *session, struct vl_arena *arena, struct vl_domain **ret_domains,
                     size_t *ret_count, struct vl_error *err)
{
    *ret_count = 0;
    *ret_domains = NULL;
    for (size_t i = 0; i < vl_sites_count(session); i++)
        if (add_orphans(session, vl_sites_at(session, i), arena, ret_domains, ret_count, err) < 0)
            return -1;
    return 0;
}

int vl_stage_pruned(struct vl_session *session, struct vl_plan *plan, struct vl_error *err)
{
    struct vl_gone gone = { .session = session, .plan = plan, .err = err };

    if (vl_made_read(session, &plan->arena, &gone.made, err) < 0 || plan_sites(&gone, NULL, true, true) < 0 ||
        plan_belongings(&gone) < 0)
        return -1;
    return vl_arena_check(&plan->arena, err);
}
