/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Starting workers. To run the program again costs more than to log in to a guest: most of it is the dynamic linker's,
 * for libraries that a worker has no use for. So the program is run again once, before any guest is talked to, and this
 * one splits off a worker for each guest, which inherits nothing of another: the one that is split never hears of any.
 * A worker is the program's own child all the same (CLONE_PARENT), to be killed and waited for by its number.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/process.h"
#include "machine/sandbox.h"
#include "machine/ssh_internal.h"
#include "machine/wire.h"

enum { START_MS = 20000 };

/* The process that splits, while there are workers. */
static struct {
    pthread_mutex_t lock;
    pid_t process; /* 0: none */
    pid_t owner;   /* whose child it is: another one after a fork of the program */
    int socket;
    const char *program;
    size_t workers;
} source = { .lock = PTHREAD_MUTEX_INITIALIZER, .socket = -1 };

/* It ends when its socket closes. One of which the program's fork knows is its parent's. */
static void stop_source(void)
{
    if (source.socket >= 0)
        (void)close(source.socket);
    if (source.process > 0 && source.owner == getpid()) {
        (void)kill(source.process, SIGKILL);
        while (waitpid(source.process, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    source.process = 0;
    source.socket = -1;
}

static int start_source(const char *program, struct vl_error *err)
{
    static const char *const argv[] = { "voiplab", VL_SSH_WORKER_ARGUMENT, NULL };
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
        return vl_fail_errno(err, "cannot make a socket pair");
    source.process = vl_process_start(program, argv, (const int[3]){ -1, -1, -1 }, ends[1], NULL, err);
    (void)close(ends[1]);
    source.socket = ends[0];
    source.owner = getpid();
    source.program = program;
    source.workers = 0;
    if (source.process > 0)
        return 0;
    source.process = 0;
    stop_source();
    return -1;
}

/* A build with a sanitizer has threads of its own, which do not outlive a split: there it becomes the worker itself. */
static pid_t take_source(void)
{
    pid_t process = source.process;

    source.process = 0;
    stop_source();
    return process;
}

static pid_t split(int control, struct vl_error *err)
{
    VL_BUF_AUTO message = VL_BUF_INIT;
    struct vl_ssh_fields fields;
    uint32_t number = 0;

    if (vl_ssh_wire_send_descriptor(source.socket, control, err) < 0)
        return -1;
    if (!vl_sandbox_filters())
        return take_source();
    if (vl_ssh_wire_receive(source.socket, 4, vl_now_ms() + START_MS, &message, &fields, err) == VL_SSH_STARTED)
        number = vl_ssh_take_number(&fields);
    if (number > 0 && number <= INT32_MAX && vl_ssh_fields_done(&fields))
        return (pid_t)number;
    return vl_fail(err, VL_ERROR_FAILED, "no process can be started that would talk to a guest");
}

pid_t vl_ssh_worker_start(const char *program, int control, struct vl_error *err)
{
    pid_t worker = -1;

    (void)pthread_mutex_lock(&source.lock);
    if (source.socket >= 0 && (source.owner != getpid() || strcmp(source.program, program) != 0))
        stop_source();
    if (source.socket >= 0 || start_source(program, err) == 0)
        worker = split(control, err);
    if (worker < 0)
        stop_source();
    else
        source.workers++;
    (void)pthread_mutex_unlock(&source.lock);
    return worker;
}

void vl_ssh_worker_ended(void)
{
    (void)pthread_mutex_lock(&source.lock);
    if (source.workers > 0 && --source.workers == 0)
        stop_source();
    (void)pthread_mutex_unlock(&source.lock);
}
