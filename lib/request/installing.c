/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Guests that are installed. An unattended installation is over when its installer has switched the guest off; then the
 * guest is defined as what it is now, and boots from its disk. Whoever is installed by hand is waited for until it
 * answers, and who waits is told where its screen is.
 */
#include "request/fleet_part.h"
#include "request/machines.h"

#include <poll.h>

#include "base/clock.h"
#include "base/parallel.h"
#include "guest/hypervisor.h"
#include "plan/apply.h"
#include "plan/sites.h"
#include "stage/stage.h"

enum { POLL_MS = 2000 };

static struct vl_hypervisor *hypervisor_of(const struct vl_fleet *fleet, const struct vl_member *member)
{
    return vl_site_hypervisor(fleet->session, vl_site_of(fleet->session, member->pbx));
}

static int look(const struct vl_fleet *fleet, struct vl_arena *arena, const struct vl_member *member,
                struct vl_domain *ret_domain, struct vl_error *err)
{
    struct vl_hypervisor *hypervisor = hypervisor_of(fleet, member);

    *ret_domain = (struct vl_domain){ .state = VL_DOMAIN_ABSENT };
    return hypervisor ? vl_hypervisor_domain(hypervisor, arena, vl_domain_name(arena, fleet->session->lab, member->pbx),
                                             ret_domain, err)
                      : 0;
}

/* The guest's disk, as far as it can be told. */
static struct vl_volume disk_of(const struct vl_fleet *fleet, struct vl_arena *arena, const struct vl_member *member)
{
    struct vl_hypervisor *hypervisor = hypervisor_of(fleet, member);
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    struct vl_volume volume = { .name = NULL };

    if (hypervisor)
        (void)vl_hypervisor_volume(hypervisor, arena, vl_pool_name(arena, fleet->session),
                                   vl_arena_printf(arena, "%s.qcow2", member->pbx->name), &volume, &ignored);
    return volume;
}

/* MiB of it that are written; what cannot be told is 0. */
static unsigned long long written(const struct vl_fleet *fleet, struct vl_arena *arena, const struct vl_member *member)
{
    return (unsigned long long)(disk_of(fleet, arena, member).allocated >> 20);
}

/* The note goes. */
static int end_note(struct vl_fleet *fleet, const struct vl_member *member, struct vl_error *err)
{
    VL_TARGET_AUTO *host = vl_target_local("/", err);
    VL_PLAN_AUTO plan = { .count = 0 };

    if (!host)
        return -1;
    vl_stage_installed(fleet->session, member->pbx, &plan);
    (void)__atomic_add_fetch(&fleet->changed, plan.count, __ATOMIC_RELAXED);
    return vl_apply(fleet->session, &plan, host, err);
}

void vl_fleet_end_installed(struct vl_fleet *fleet)
{
    for (size_t i = 0; i < fleet->count; i++) {
        struct vl_member *member = &fleet->members[i];
        VL_ARENA_AUTO arena = { .blocks = NULL };
        VL_ERROR_AUTO cause = { .code = VL_OK };
        struct vl_domain domain;

        if (member->error.code || !vl_stage_installs(fleet->session, member->pbx))
            continue;
        if (look(fleet, &arena, member, &domain, &cause) < 0 ||
            (domain.end == VL_END_BY_ITSELF && end_note(fleet, member, &cause) < 0))
            vl_fleet_fail_member(fleet, member, &cause);
    }
}

struct waiting {
    struct vl_fleet *fleet;
    long long begun;
};

static void tell(const struct waiting *waiting, struct vl_arena *arena, const struct vl_member *member)
{
    vl_session_event(waiting->fleet->session, VOIPLAB_EVENT_PROGRESS, member->pbx->name,
                     "installing: %lld s, %llu MiB written", (vl_now_ms() - waiting->begun) / 1000,
                     written(waiting->fleet, arena, member));
}

/* It is off, by the will of somebody else than its installer, as far as is known. */
static int fail_of_end(const struct vl_fleet *fleet, struct vl_arena *arena, const struct vl_member *member,
                       const struct vl_domain *domain, struct vl_error *err)
{
    const struct vl_volume disk = disk_of(fleet, arena, member);
    const char *name = member->pbx->name;

    if (vl_stage_install_is_unclear(domain, &disk))
        return vl_stage_install_unclear(fleet->session, member->pbx, err);
    return vl_fail(err, VL_ERROR_FAILED,
                   "'%s' does not run any more, and its installer had not come to its end; 'voiplab up %s' begins anew",
                   name, name);
}

/* Once more: whether to wait on. -1: no, with the reason. */
static int wait_on(const struct waiting *waiting, struct vl_member *member, struct vl_error *err)
{
    const struct vl_session *session = waiting->fleet->session;
    unsigned wait_s = session->options.wait_s ? session->options.wait_s : VL_WAIT_INSTALL_S;
    VL_ARENA_AUTO arena = { .blocks = NULL };
    struct vl_domain domain;

    if (look(waiting->fleet, &arena, member, &domain, err) < 0 && !vl_session_cancelled(session))
        return -1;
    if (vl_session_cancelled(session)) {
        vl_error_clear(err); /* which may be that the look was */
        return vl_fail(err, VL_ERROR_FAILED, "cancelled; the installation goes on, and 'voiplab up' waits for it");
    }
    if (domain.end == VL_END_BY_ITSELF)
        return 0;
    if (domain.state != VL_DOMAIN_RUNNING)
        return fail_of_end(waiting->fleet, &arena, member, &domain, err);
    if (vl_now_ms() - waiting->begun > wait_s * 1000LL)
        return vl_fail(err, VL_ERROR_TIMEOUT,
                       "'%s' is not installed after %u s; it goes on, and 'voiplab up' waits for it", member->pbx->name,
                       wait_s);
    tell(waiting, &arena, member);
    return 1;
}

static void tell_begun(const struct vl_fleet *fleet, const struct vl_member *member)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    struct vl_domain domain;

    vl_session_event(fleet->session, VOIPLAB_EVENT_STEP, member->pbx->name, "is installed unattended");
    if (look(fleet, &arena, member, &domain, &ignored) == 0)
        vl_run_tell_screen(fleet->session, member->pbx->name, &domain);
}

static void wait_member(void *context, size_t index)
{
    const struct waiting *waiting = context;
    struct vl_member *member = &waiting->fleet->members[index];
    VL_ERROR_AUTO cause = { .code = VL_OK };
    int rc;

    if (member->error.code || !vl_stage_installs(waiting->fleet->session, member->pbx))
        return;
    tell_begun(waiting->fleet, member);
    while ((rc = wait_on(waiting, member, &cause)) > 0)
        (void)poll(NULL, 0, POLL_MS);
    if (rc < 0 || end_note(waiting->fleet, member, &cause) < 0) {
        vl_fleet_fail_member(waiting->fleet, member, &cause);
        return;
    }
    vl_session_event(waiting->fleet->session, VOIPLAB_EVENT_STEP, member->pbx->name, "is installed, in %lld s",
                     (vl_now_ms() - waiting->begun) / 1000);
    vl_fleet_make_guest(waiting->fleet, member);
}

void vl_fleet_wait_installed(struct vl_fleet *fleet)
{
    struct waiting waiting = { .fleet = fleet, .begun = vl_now_ms() };

    vl_parallel(fleet->count, fleet->session->options.jobs, wait_member, &waiting);
}

const char *vl_fleet_tell_by_hand(const struct vl_fleet *fleet, struct vl_arena *arena, const struct vl_member *member)
{
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    struct vl_domain domain;

    if (look(fleet, arena, member, &domain, &ignored) < 0 || domain.state != VL_DOMAIN_RUNNING)
        return "it does not run";
    return vl_arena_printf(arena, "to be installed by hand, %llu MiB written", written(fleet, arena, member));
}
