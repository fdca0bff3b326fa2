/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "guest/task.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

#include "base/clock.h"
#include "base/memory.h"

/* What a look and a change may take when nothing else is said. A change may mean a QEMU that starts on a busy host, or
 * that is killed, for which libvirt takes up to 15 s by itself. */
enum { LOOK_MS = 20000, CHANGE_MS = 120000 };
/* Between two questions whether who waits was cancelled, and what a change that was begun gets to come to its end. */
enum { POLL_MS = 100, GRACE_MS = 3000 };
/* A new connection, after a call has hung on the one before. */
enum { AGAIN_MS = 2000 };

/* Both sides hold it; the last one that lets go frees it. */
struct vl_errand {
    struct vl_task task;
    pthread_mutex_t lock;
    pthread_cond_t ended; /* by the clock of vl_now_ms() */
    bool is_done, given_up;
    int rc;
    struct vl_error error;
    long long heard;          /* when it began, or was last seen to get on; under the lock */
    virConnectPtr connection; /* a reference of its own; NULL: it makes one */
};

static void errand_free(struct vl_errand *errand)
{
    if (errand->task.asked.work == vl_task_connect && errand->task.answer.connection)
        (void)vl_libvirt.virConnectClose(errand->task.answer.connection);
    if (errand->connection)
        (void)vl_libvirt.virConnectClose(errand->connection);
    vl_error_clear(&errand->error);
    vl_arena_free(&errand->task.arena);
    (void)pthread_cond_destroy(&errand->ended);
    (void)pthread_mutex_destroy(&errand->lock);
    vl_free(errand);
}

void vl_task_free(struct vl_task **task)
{
    if (*task)
        errand_free((*task)->errand);
    *task = NULL;
}

static const char *copy(struct vl_arena *arena, const char *text)
{
    return text ? vl_arena_strdup(arena, text) : NULL;
}

/* Takes the reference to the connection, which may be NULL, also when it fails. */
static struct vl_errand *errand_new(const struct vl_question *question, virConnectPtr connection)
{
    struct vl_errand *errand = vl_calloc(1, sizeof(*errand));
    struct vl_question *asked = errand ? &errand->task.asked : NULL;
    struct vl_arena *arena = errand ? &errand->task.arena : NULL;
    pthread_condattr_t attributes;

    if (!errand) {
        if (connection)
            (void)vl_libvirt.virConnectClose(connection);
        return NULL;
    }
    errand->connection = connection;
    *asked = *question;
    asked->name = copy(arena, question->name);
    asked->lab = copy(arena, question->lab);
    asked->pool = copy(arena, question->pool);
    asked->xml = copy(arena, question->xml);
    asked->path = copy(arena, question->path);
    asked->domain = copy(arena, question->domain);
    errand->task.errand = errand;
    errand->heard = vl_now_ms();
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&errand->ended, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    (void)pthread_mutex_init(&errand->lock, NULL);
    if (!arena->failed)
        return errand;
    errand_free(errand);
    return NULL;
}

static void *run(void *argument)
{
    struct vl_errand *errand = argument;
    int rc = errand->task.asked.work(&errand->task, errand->connection, &errand->error);
    bool alone;

    if (rc == 0)
        rc = vl_arena_check(&errand->task.arena, &errand->error);
    (void)pthread_mutex_lock(&errand->lock);
    errand->rc = rc;
    errand->is_done = true;
    alone = errand->given_up;
    if (!alone)
        (void)pthread_cond_signal(&errand->ended);
    (void)pthread_mutex_unlock(&errand->lock);
    if (alone)
        errand_free(errand);
    return NULL;
}

/* Signals are for who waits. */
static int start(struct vl_errand *errand)
{
    pthread_attr_t detached;
    pthread_t thread;
    sigset_t all, before;
    int rc;

    (void)sigfillset(&all);
    (void)pthread_attr_init(&detached);
    (void)pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    rc = pthread_create(&thread, &detached, run, errand);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    (void)pthread_attr_destroy(&detached);
    return rc;
}

void vl_task_beat(struct vl_task *task)
{
    (void)pthread_mutex_lock(&task->errand->lock);
    task->errand->heard = vl_now_ms();
    (void)pthread_mutex_unlock(&task->errand->lock);
}

bool vl_task_is_given_up(struct vl_task *task)
{
    bool given_up;

    (void)pthread_mutex_lock(&task->errand->lock);
    given_up = task->errand->given_up;
    (void)pthread_mutex_unlock(&task->errand->lock);
    return given_up;
}

/* How a wait ended. */
enum outcome { CAME, OVERDUE, CANCELLED };

static bool is_cancelled(const struct vl_hypervisor *hypervisor)
{
    return hypervisor->patience.cancelled && hypervisor->patience.cancelled(hypervisor->patience.context);
}

static enum outcome overdue(const struct vl_hypervisor *hypervisor, struct vl_errand *errand, int patience_ms,
                            long long *cancelled)
{
    long long now = vl_now_ms();

    if (!*cancelled && is_cancelled(hypervisor))
        *cancelled = now;
    if (*cancelled && now - *cancelled >= (errand->task.asked.changes ? GRACE_MS : 0))
        return CANCELLED;
    return now - errand->heard >= patience_ms ? OVERDUE : CAME;
}

/* With the lock held. A wait that did not end with an answer leaves the errand to its thread. */
static enum outcome wait_locked(const struct vl_hypervisor *hypervisor, struct vl_errand *errand, int patience_ms)
{
    long long cancelled = 0;

    while (!errand->is_done) {
        enum outcome outcome = overdue(hypervisor, errand, patience_ms, &cancelled);
        struct timespec until;

        if (outcome != CAME) {
            errand->given_up = true;
            return outcome;
        }
        (void)clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += POLL_MS * 1000000L;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        (void)pthread_cond_timedwait(&errand->ended, &errand->lock, &until);
    }
    return CAME;
}

static enum outcome wait_for(const struct vl_hypervisor *hypervisor, struct vl_errand *errand, int patience_ms)
{
    enum outcome outcome;

    (void)pthread_mutex_lock(&errand->lock);
    outcome = wait_locked(hypervisor, errand, patience_ms);
    (void)pthread_mutex_unlock(&errand->lock);
    return outcome;
}

static int patience_for(const struct vl_hypervisor *hypervisor, const struct vl_question *question)
{
    const struct vl_patience *patience = &hypervisor->patience;

    if (question->patience_ms)
        return question->patience_ms;
    if (question->changes)
        return patience->change_ms ? patience->change_ms : CHANGE_MS;
    return patience->look_ms ? patience->look_ms : LOOK_MS;
}

static const char *object_of(const struct vl_question *question)
{
    return question->name ? question->name : question->pool ? question->pool : "libvirt";
}

/* A reference to the connection in force; NULL: there is none yet. */
static virConnectPtr refer(struct vl_hypervisor *hypervisor)
{
    virConnectPtr connection;

    (void)pthread_mutex_lock(&hypervisor->lock);
    connection = hypervisor->connection;
    if (connection && vl_libvirt.virConnectRef(connection) < 0)
        connection = NULL;
    (void)pthread_mutex_unlock(&hypervisor->lock);
    return connection;
}

/* One errand, without a second look at what may have gone wrong. On CAME *ret_errand is the caller's. */
static enum outcome attempt(struct vl_hypervisor *hypervisor, const struct vl_question *question, int patience_ms,
                            struct vl_errand **ret_errand, struct vl_error *err)
{
    struct vl_errand *errand = errand_new(question, refer(hypervisor));
    enum outcome outcome;

    *ret_errand = NULL;
    if (!errand) {
        (void)vl_no_memory(err);
        return CAME;
    }
    if (start(errand) != 0) {
        errand_free(errand);
        (void)vl_fail(err, VL_ERROR_FAILED, "cannot %s '%s': no thread is to be had for it", question->what,
                      object_of(question));
        return CAME;
    }
    outcome = wait_for(hypervisor, errand, patience_ms);
    if (outcome == CAME)
        *ret_errand = errand;
    return outcome;
}

/* A connection in place of one on which a call hangs. False: libvirtd does not answer at all. */
static bool connect_again(struct vl_hypervisor *hypervisor)
{
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    struct vl_errand *errand;
    virConnectPtr before = NULL;
    bool connected;

    (void)attempt(hypervisor, &(struct vl_question){ .work = vl_task_connect, .name = hypervisor->uri }, AGAIN_MS,
                  &errand, &ignored);
    connected = errand && errand->rc == 0;
    (void)pthread_mutex_lock(&hypervisor->lock);
    if (connected) {
        before = hypervisor->connection;
        hypervisor->connection = errand->task.answer.connection;
        errand->task.answer.connection = NULL;
    }
    (void)pthread_mutex_unlock(&hypervisor->lock);
    if (before)
        (void)vl_libvirt.virConnectClose(before); /* the call that hangs has a reference: nothing is sent here */
    if (errand)
        errand_free(errand);
    return connected;
}

static int deaf(const struct vl_question *question, struct vl_error *err)
{
    return vl_fail(err, VL_ERROR_TIMEOUT,
                   "cannot %s '%s': its libvirtd takes connections and does not answer: "
                   "'systemctl restart libvirtd' on its host restarts it, and the guests run on",
                   question->what, object_of(question));
}

/* Whose fault it is that it did not come. */
static int explain(struct vl_hypervisor *hypervisor, const struct vl_question *question, int patience_ms,
                   struct vl_error *err)
{
    if (question->work == vl_task_connect || !connect_again(hypervisor)) {
        atomic_store(&hypervisor->is_deaf, true);
        return deaf(question, err);
    }
    return vl_fail(err, VL_ERROR_TIMEOUT,
                   "cannot %s '%s': libvirt has not done it within %g s, and was not waited for any longer%s",
                   question->what, object_of(question), patience_ms / 1000.0,
                   question->lab ? ": does the guest's QEMU hang? 'virsh destroy' ends it" : "");
}

struct vl_task *vl_task_do(struct vl_hypervisor *hypervisor, const struct vl_question *question, struct vl_error *err)
{
    int patience_ms = patience_for(hypervisor, question);
    struct vl_errand *errand;
    enum outcome outcome;

    if (atomic_load(&hypervisor->is_deaf)) {
        (void)deaf(question, err);
        return NULL;
    }
    outcome = attempt(hypervisor, question, patience_ms, &errand, err);
    if (outcome == OVERDUE)
        (void)explain(hypervisor, question, patience_ms, err);
    else if (outcome == CANCELLED)
        (void)vl_fail(err, VL_ERROR_FAILED, "cannot %s '%s': cancelled", question->what, object_of(question));
    if (!errand)
        return NULL;
    if (errand->rc == 0)
        return &errand->task;
    vl_error_move(err, &errand->error);
    errand_free(errand);
    return NULL;
}

int vl_task_done(struct vl_hypervisor *hypervisor, const struct vl_question *question, struct vl_error *err)
{
    VL_TASK_AUTO *task = vl_task_do(hypervisor, question, err);

    return task ? 0 : -1;
}

int vl_task_connect(struct vl_task *task, virConnectPtr connection, struct vl_error *err)
{
    (void)connection;
    task->answer.connection = vl_libvirt.virConnectOpen(task->asked.name);
    return task->answer.connection ? 0 : vl_hypervisor_fail(err, "connect to the hypervisor", task->asked.name);
}

int vl_task_disconnect(struct vl_task *task, virConnectPtr connection, struct vl_error *err)
{
    (void)err;
    (void)vl_libvirt.virConnectClose(connection); /* the hypervisor's reference, */
    (void)vl_libvirt.virConnectClose(connection); /* and that of the errand, so that the last of them goes here */
    task->errand->connection = NULL;
    return 0;
}
