/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A thread per guest that asks it, over a connection of its own, what its kernel has counted; a guest that is slow to
 * answer keeps nobody waiting, and its last figures are dropped when they are old. What a guest says of itself may be a
 * lie; it is shown, and nothing is decided by it that the host does not see as well.
 */
#include <math.h>
#include <pthread.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "request/load.h"

enum { CONNECT_MS = 5000, ASK_MS = 5000, PERIOD_MS = 1000, STEP_MS = 100, OLD_MS = 5000 };

struct watched {
    struct vl_load_watch *watch;
    const struct vl_pbx *pbx;
    pthread_t thread;
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

/* `cpu …` of /proc/stat, then /proc/meminfo. */
static void take(struct watched *watched, const char *text)
{
    struct vl_load_guest guest = { .name = watched->pbx->name, .processor = NAN };
    uint64_t busy, all;

    vl_host_ticks(text, &busy, &all);
    vl_host_memory(text, &guest.memory_used, &guest.memory_total);
    if (watched->all && all > watched->all && busy >= watched->busy)
        guest.processor = (double)(busy - watched->busy) / (double)(all - watched->all);
    watched->busy = busy;
    watched->all = all;
    (void)pthread_mutex_lock(&watched->watch->lock);
    watched->guest = guest;
    watched->seen_ms = vl_now_ms();
    (void)pthread_mutex_unlock(&watched->watch->lock);
}

static void pause_between(struct vl_load_watch *watch)
{
    static const struct timespec moment = { .tv_nsec = STEP_MS * 1000000L };

    for (int waited = 0; waited < PERIOD_MS && !is_stopped(watch); waited += STEP_MS)
        (void)nanosleep(&moment, NULL);
}

static void *look(void *argument)
{
    static const char *const argv[] = { "sh", "-c", "head -n 1 /proc/stat; cat /proc/meminfo", NULL };
    struct watched *watched = argument;
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_TARGET_AUTO *target = vl_session_connect(watched->watch->session, watched->pbx, CONNECT_MS, &err);

    while (target && !is_stopped(watched->watch)) {
        struct vl_command_result result = { .output = NULL };

        if (target->ops->run(target, argv, NULL, ASK_MS, &result, &err) < 0)
            break;
        take(watched, result.output);
        vl_command_result_free(&result);
        pause_between(watched->watch);
    }
    return NULL;
}

struct vl_load_watch *vl_run_watch_start(const struct vl_run *run)
{
    const struct vl_lab *lab = run->session->lab;
    struct vl_load_watch *watch = vl_calloc(1, sizeof(*watch));

    if (!watch)
        return NULL;
    watch->session = run->session;
    (void)pthread_mutex_init(&watch->lock, NULL);
    for (size_t i = 0; i < lab->pbx_count && watch->count < VL_LOAD_GUESTS; i++) {
        struct watched *watched = &watch->guests[watch->count];

        if (lab->pbxs[i].place == VL_PLACE_LOCAL)
            continue;
        *watched = (struct watched){ .watch = watch, .pbx = &lab->pbxs[i] };
        watched->started = pthread_create(&watched->thread, NULL, look, watched) == 0;
        watch->count += watched->started;
    }
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
        (void)pthread_join(watch->guests[i].thread, NULL);
    (void)pthread_mutex_destroy(&watch->lock);
    vl_free(watch);
}
