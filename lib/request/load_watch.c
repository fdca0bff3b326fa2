/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who looks at the guests during a load run. Those that run on a hypervisor that answers are not asked themselves: the
 * hypervisor is, a thread for each, once a second for all that it has. Of the others each has a thread that asks what
 * its kernel has counted, over a connection of its own. Who is slow to answer keeps nobody waiting, and figures that
 * are old are dropped. What a guest says of itself may be a lie; it is shown, and nothing is decided by it that the
 * host does not see as well.
 */
#include <math.h>
#include <pthread.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "guest/hypervisor.h"
#include "plan/sites.h"
#include "request/load.h"

enum { CONNECT_MS = 5000, ASK_MS = 5000, PERIOD_MS = 1000, STEP_MS = 100, OLD_MS = 5000 };

struct watched {
    struct vl_load_watch *watch;
    const struct vl_pbx *pbx;
    struct vl_hypervisor *hypervisor; /* that says how it is; NULL: it does itself */
    pthread_t thread;                 /* of its own, or of the first guest of a hypervisor for all of these */
    bool started;
    uint64_t busy, all;         /* at the look before */
    long long seen_ms;          /* when `guest` was; 0: never */
    struct vl_load_guest guest; /* under the lock of the watch */
};

struct vl_load_watch {
    struct vl_session *session;
    pthread_mutex_t lock;
    bool stopped;
    size_t count;
    struct watched guests[VL_LOAD_GUESTS];
};

static bool is_stopped(struct vl_load_watch *watch)
{
    bool stopped;

    (void)pthread_mutex_lock(&watch->lock);
    stopped = watch->stopped;
    (void)pthread_mutex_unlock(&watch->lock);
    return stopped;
}

static void pause_between(struct vl_load_watch *watch)
{
    static const struct timespec moment = { .tv_nsec = STEP_MS * 1000000L };

    for (int waited = 0; waited < PERIOD_MS && !is_stopped(watch); waited += STEP_MS)
        (void)nanosleep(&moment, NULL);
}

/* Take what a guest has spent of its processors since it started, and of how much: of the look before the difference
 * counts. Who has spent less than before has started anew. */
static void take(struct watched *watched, struct vl_load_guest guest, uint64_t busy, uint64_t all)
{
    if (watched->all && all > watched->all && busy >= watched->busy)
        guest.processor = (double)(busy - watched->busy) / (double)(all - watched->all);
    if (guest.processor > 1)
        guest.processor = 1;
    watched->busy = busy;
    watched->all = all;
    (void)pthread_mutex_lock(&watched->watch->lock);
    watched->guest = guest;
    watched->seen_ms = vl_now_ms();
    (void)pthread_mutex_unlock(&watched->watch->lock);
}

/* `cpu …` of /proc/stat, then /proc/meminfo. */
static void take_said(struct watched *watched, const char *text)
{
    struct vl_load_guest guest = { .name = watched->pbx->name, .processor = NAN };
    uint64_t busy, all;

    vl_host_ticks(text, &busy, &all);
    vl_host_memory(text, &guest.memory_used, &guest.memory_total);
    take(watched, guest, busy, all);
}

static void look_for_a_while(struct watched *watched)
{
    static const char *const argv[] = { "sh", "-c", "head -n 1 /proc/stat; cat /proc/meminfo", NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_TARGET_AUTO *target = vl_session_connect(watched->watch->session, watched->pbx, CONNECT_MS, NULL, &err);

    while (target && !is_stopped(watched->watch)) {
        struct vl_command_result result = { .output = NULL };

        if (target->ops->run(target, argv, NULL, ASK_MS, &result, &err) < 0)
            break;
        take_said(watched, result.output);
        vl_command_result_free(&result);
        pause_between(watched->watch);
    }
}

/* One that is under load may be too slow for once, and is the one of which the figures count: it is asked again. */
static void *look(void *argument)
{
    struct watched *watched = argument;

    while (!is_stopped(watched->watch)) {
        look_for_a_while(watched);
        pause_between(watched->watch);
    }
    return NULL;
}

static void take_figures(struct watched *watched, const struct vl_domain_figures *figures, long long at_ms)
{
    struct vl_load_guest guest = { .name = watched->pbx->name,
                                   .processor = NAN,
                                   .memory_used = figures->memory_used,
                                   .memory_total = figures->memory_total };

    if (figures->known)
        take(watched, guest, figures->processor_ns, (uint64_t)at_ms * 1000000 * figures->processors);
}

/* For all that are on the same hypervisor as the first of them. */
static void *look_from_outside(void *argument)
{
    struct watched *first = argument, *of[VL_LOAD_GUESTS];
    struct vl_load_watch *watch = first->watch;
    struct vl_domain_figures figures[VL_LOAD_GUESTS];
    const char *names[VL_LOAD_GUESTS];
    size_t count = 0;

    for (size_t i = 0; i < watch->count; i++)
        if (watch->guests[i].hypervisor == first->hypervisor) {
            names[count] = watch->guests[i].pbx->name;
            of[count++] = &watch->guests[i];
        }
    for (; !is_stopped(watch); pause_between(watch)) {
        VL_ERROR_AUTO ignored = { .code = VL_OK };
        long long at_ms;

        if (vl_hypervisor_figures(first->hypervisor, watch->session->lab->name, names, count, figures, &at_ms,
                                  &ignored) < 0)
            continue;
        for (size_t i = 0; i < count; i++)
            take_figures(of[i], &figures[i], at_ms);
    }
    return NULL;
}

/* The hypervisor that tells of a guest; NULL: none does. */
static struct vl_hypervisor *hypervisor_of(const struct vl_session *session, const struct vl_pbx *pbx)
{
    if (pbx->place != VL_PLACE_VM || vl_site_problem(session, pbx))
        return NULL;
    return vl_site_hypervisor(session, vl_site_of(session, pbx));
}

bool vl_run_watch_from_outside(const struct vl_session *session, const struct vl_pbx *pbx)
{
    return hypervisor_of(session, pbx) != NULL;
}

/* A lab that has none, or one that does not answer, does without. */
static void open_hypervisors(struct vl_session *session)
{
    VL_ERROR_AUTO ignored = { .code = VL_OK };

    if (vl_lab_has_machines(session->lab))
        (void)vl_sites_open(session, &ignored);
}

static void start_each(struct vl_load_watch *watch)
{
    for (size_t i = 0; i < watch->count; i++) {
        struct watched *watched = &watch->guests[i];
        bool first = true;

        for (size_t before = 0; watched->hypervisor && before < i; before++)
            first &= watch->guests[before].hypervisor != watched->hypervisor;
        if (first)
            watched->started =
                pthread_create(&watched->thread, NULL, watched->hypervisor ? look_from_outside : look, watched) == 0;
    }
}

struct vl_load_watch *vl_run_watch_start(const struct vl_run *run)
{
    const struct vl_lab *lab = run->session->lab;
    struct vl_load_watch *watch = vl_calloc(1, sizeof(*watch));

    if (!watch)
        return NULL;
    watch->session = run->session;
    (void)pthread_mutex_init(&watch->lock, NULL);
    open_hypervisors(run->session);
    for (size_t i = 0; i < lab->pbx_count && watch->count < VL_LOAD_GUESTS; i++)
        if (lab->pbxs[i].place != VL_PLACE_LOCAL)
            watch->guests[watch->count++] = (struct watched){
                .watch = watch, .pbx = &lab->pbxs[i], .hypervisor = hypervisor_of(run->session, &lab->pbxs[i])
            };
    start_each(watch);
    return watch;
}

size_t vl_run_watch_guests(struct vl_load_watch *watch, struct vl_load_guest guests[static VL_LOAD_GUESTS])
{
    long long now = vl_now_ms();

    if (!watch)
        return 0;
    (void)pthread_mutex_lock(&watch->lock);
    for (size_t i = 0; i < watch->count; i++) {
        const struct watched *watched = &watch->guests[i];
        bool known = watched->seen_ms && now - watched->seen_ms < OLD_MS;

        guests[i] = known ? watched->guest : (struct vl_load_guest){ .name = watched->pbx->name, .processor = NAN };
    }
    (void)pthread_mutex_unlock(&watch->lock);
    return watch->count;
}

void vl_run_watch_stop(struct vl_load_watch *watch)
{
    if (!watch)
        return;
    (void)pthread_mutex_lock(&watch->lock);
    watch->stopped = true;
    (void)pthread_mutex_unlock(&watch->lock);
    for (size_t i = 0; i < watch->count; i++)
        if (watch->guests[i].started)
            (void)pthread_join(watch->guests[i].thread, NULL);
    (void)pthread_mutex_destroy(&watch->lock);
    vl_free(watch);
}
