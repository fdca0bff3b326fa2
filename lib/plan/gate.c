/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/gate.h"

#include <poll.h>
#include <unistd.h>

#include "base/clock.h"
#include "guest/hypervisor.h"
#include "plan/sites.h"

/*
 * At once, for each processor of the host; and how long each keeps others waiting at most. Seen with emulated PBXs of
 * 100 MB on two processors: to be let in and have all answers takes a second and a half of a processor, a call between
 * two guests over a third, all three emulated, two to three seconds. Twelve that called at once were not answered
 * within ten seconds; in turns all were. Twenty in turns of four seconds, which a call takes longer than when two
 * processors have four of them, came to be all under way at once, and were not answered within thirty.
 */
enum { BUSY_EMULATED = 2, TURN_MS = 4000, POLL_MS = 20 };

static unsigned most_of(const struct vl_session *session, const struct vl_site *site)
{
    struct vl_hypervisor *hypervisor = vl_site_hypervisor(session, site);
    long processors;

    if (!vl_site_emulates(session, site))
        return 0;
    processors = hypervisor ? (long)vl_hypervisor_processors(hypervisor) : sysconf(_SC_NPROCESSORS_ONLN);
    return BUSY_EMULATED * (processors > 0 ? (unsigned)processors : 1);
}

/* With the lock. NULL: this one has no turns. What is not known of a hypervisor may be when it is connected. */
static struct vl_gate_site *bounded(struct vl_session *session, const struct vl_pbx *pbx)
{
    struct vl_gate *gate = &session->gate;
    size_t index = vl_site_index(session, pbx);
    const struct vl_site *at = vl_sites_at(session, index);
    struct vl_gate_site *site = gate->sites ? &gate->sites[index] : NULL;
    unsigned most = site && site->known ? site->most : most_of(session, at);

    if (!site && most) {
        gate->sites = vl_arena_zalloc(&session->site_arena, vl_sites_count(session) * sizeof(*gate->sites));
        site = gate->sites ? &gate->sites[index] : NULL;
    }
    if (!site)
        return NULL;
    site->most = most;
    site->known = vl_site_hypervisor(session, at) != NULL;
    return most ? site : NULL;
}

static bool is_full(const struct vl_gate_site *site)
{
    long long now = vl_now_ms();
    unsigned busy = 0;

    for (const struct vl_gate_visit *visit = site->inside; visit; visit = visit->next)
        busy += now - visit->since_ms < visit->turn_ms;
    return busy >= site->most;
}

static void take_out(struct vl_gate_visit **list, const struct vl_gate_visit *visit)
{
    while (*list != visit)
        list = &(*list)->next;
    *list = visit->next;
}

static void line_up(struct vl_gate_site *site, int turn_ms, struct vl_gate_visit *visit)
{
    struct vl_gate_visit **last = &site->waiting;

    while (*last)
        last = &(*last)->next;
    *visit = (struct vl_gate_visit){ .site = site, .turn_ms = turn_ms };
    *last = visit;
}

/* With the lock. Whether it waits no longer: it has its turn, or is not to have one. */
static bool goes_on(struct vl_session *session, struct vl_gate_visit *visit)
{
    struct vl_gate_site *site = visit->site;
    bool cancelled = vl_session_cancelled(session);

    if (!cancelled && (site->waiting != visit || is_full(site)))
        return false;
    take_out(&site->waiting, visit);
    visit->since_ms = vl_now_ms();
    visit->next = site->inside;
    site->inside = visit;
    return true;
}

bool vl_gate_enter_for(struct vl_session *session, const struct vl_pbx *pbx, int turn_ms, struct vl_gate_visit *visit)
{
    struct vl_gate *gate = &session->gate;
    struct vl_gate_site *site;
    bool on;

    *visit = (struct vl_gate_visit){ .site = NULL };
    if (pbx->place != VL_PLACE_VM)
        return false;
    (void)pthread_mutex_lock(&gate->lock);
    site = bounded(session, pbx);
    if (site)
        line_up(site, turn_ms, visit);
    on = !site || goes_on(session, visit);
    (void)pthread_mutex_unlock(&gate->lock);
    while (!on) {
        (void)poll(NULL, 0, POLL_MS);
        (void)pthread_mutex_lock(&gate->lock);
        on = goes_on(session, visit);
        (void)pthread_mutex_unlock(&gate->lock);
    }
    return site != NULL;
}

bool vl_gate_enter(struct vl_session *session, const struct vl_pbx *pbx, struct vl_gate_visit *visit)
{
    return vl_gate_enter_for(session, pbx, TURN_MS, visit);
}

void vl_gate_leave(struct vl_session *session, struct vl_gate_visit *visit)
{
    if (!visit->site)
        return;
    (void)pthread_mutex_lock(&session->gate.lock);
    take_out(&visit->site->inside, visit);
    (void)pthread_mutex_unlock(&session->gate.lock);
    visit->site = NULL;
}

/* Who comes to the door of a guest. */
struct coming {
    struct vl_session *session;
    const struct vl_pbx *pbx;
    struct vl_gate_visit *visit;
};

static void come_in(void *context)
{
    const struct coming *coming = context;

    (void)vl_gate_enter(coming->session, coming->pbx, coming->visit);
}

struct vl_target *vl_gate_connect(struct vl_session *session, const struct vl_pbx *pbx, int timeout_ms,
                                  struct vl_gate_visit *visit, struct vl_error *err)
{
    struct coming coming = { .session = session, .pbx = pbx, .visit = visit };
    const struct vl_ssh_there there = { .call = come_in, .context = &coming };

    *visit = (struct vl_gate_visit){ .site = NULL };
    return vl_session_connect(session, pbx, timeout_ms, &there, err);
}
