/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "network/watchdog.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/process.h"
#include "base/text.h"
#include "network/change.h"
#include "network/checkpoint.h"
#include "network/reach.h"
#include "network/recovery.h"

enum {
    TICK_MS = 200,
    ROUND_MS = 500,         /* how long an echo may take */
    ROUND_PAUSE_MS = 1000,  /* from one to the next */
    SILENCE_MS = 6000,      /* so long without any answer: cut off */
    LOCK_MS = 3000,         /* how long the watchdog before may take to end */
    READY_MS = 10000,       /* how long arming may take */
    TAKEN_BACK_MS = 120000, /* how long putting back may take */
    ENDED_MS = 3000,        /* and the watchdog, to end then */
    RETRY_MS = 5000,        /* between two tries to put back */
    TRIES = 12,
};

enum { CHANNEL = 3 };

static volatile sig_atomic_t asked_to_end;

static void note_signal(int number)
{
    asked_to_end = number;
}

/* What the watchdog works with. */
struct watch {
    struct vl_checkpoint checkpoint;
    const char *directory;
    struct vl_reach reach;
    long long deadline, next_round;
    unsigned timeout_s;
    int channel; /* to the command; -1: the change is through */
};

/* Tell the command why arming failed. */
static int refuse(const struct vl_error *err)
{
    const char *text = vl_error_text(err);

    (void)send(CHANNEL, text, strlen(text), MSG_NOSIGNAL);
    return 1;
}

/* The watchdog holds its lock for as long as it lives: that is how others know of it. The one of the change before may
 * be about to end. */
static int lock_watch(const char *directory, struct vl_error *err)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    const char *path = vl_arena_printf(&arena, "%s/watchdog", directory);
    long long deadline = vl_boot_ms() + LOCK_MS;
    int lock = -1;

    while ((lock = vl_file_lock(path, "another change of the network is being watched already", err)) < 0 &&
           vl_boot_ms() < deadline) {
        vl_error_clear(err);
        (void)poll(NULL, 0, TICK_MS / 10);
    }
    return lock;
}

static void find_reachable(struct watch *watch)
{
    vl_reach_add(&watch->reach, watch->checkpoint.gateway, true);
    vl_reach_add(&watch->reach, watch->checkpoint.peer, false);
    if (watch->reach.count)
        (void)vl_reach_round(&watch->reach, ROUND_MS);
}

/* Why the change is to be taken back now; NULL: it is not. */
static const char *reason_to_take_back(struct watch *watch)
{
    if (asked_to_end)
        return "the watchdog was told to end";
    if (vl_boot_ms() >= watch->deadline)
        return "it was not confirmed in time";
    if (watch->reach.count && vl_boot_ms() >= watch->next_round) {
        (void)vl_reach_round(&watch->reach, ROUND_MS);
        watch->next_round = vl_boot_ms() + ROUND_PAUSE_MS;
        if (vl_reach_lost(&watch->reach, SILENCE_MS))
            return "what answered before (the gateway, the peer of the SSH session) answered no more";
    }
    return NULL;
}

/* One change of this host's network at a time, also where two commands keep their state in different directories. A
 * name of the abstract namespace of sockets belongs to one network namespace, and goes with the process. */
static int bind_name(int descriptor)
{
    static const char text[] = "voiplab-bridge-watchdog";
    struct sockaddr_un name = { .sun_family = AF_UNIX };

    memcpy(name.sun_path + 1, text, sizeof(text) - 1);
    return bind(descriptor, (const struct sockaddr *)&name,
                (socklen_t)(offsetof(struct sockaddr_un, sun_path) + sizeof(text)));
}

static int lock_host(struct vl_error *err)
{
    long long deadline = vl_boot_ms() + LOCK_MS;
    VL_CLOSE int descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int bound = -1, held;

    while (descriptor >= 0 && (bound = bind_name(descriptor)) < 0 && errno == EADDRINUSE && vl_boot_ms() < deadline)
        (void)poll(NULL, 0, TICK_MS / 10);
    if (descriptor < 0 || (bound < 0 && errno != EADDRINUSE))
        return vl_fail_errno(err, "cannot lock the network of this host");
    if (bound < 0)
        return vl_fail(err, VL_ERROR_FAILED,
                       "another change of this host's network is being watched, with another --state directory");
    held = descriptor;
    descriptor = -1;
    return held;
}

/* The command has said that it is through (true), or has ended without (false). */
static bool hear_command(struct watch *watch)
{
    char word = 0;
    ssize_t got = recv(watch->channel, &word, 1, MSG_DONTWAIT);

    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return true;
    (void)close(watch->channel);
    watch->channel = -1;
    return got == 1 && word == 'D';
}

static void end_change(const struct watch *watch, const char *reason, bool restored)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    const char *outcome =
        vl_arena_printf(&arena, restored ? "taken back: %s" : "could not be taken back whole: %s", reason);

    if (restored && watch->checkpoint.first)
        vl_checkpoint_forget_original(watch->directory);
    vl_change_over(watch->directory, outcome, restored);
    syslog(LOG_WARNING, "bridge '%s': the change was %s", watch->checkpoint.bridge.name, outcome);
}

static bool restore_with_patience(const struct watch *watch, struct vl_error *err)
{
    size_t changed = 0;

    for (int i = 0; i < TRIES; i++) {
        vl_error_clear(err);
        if (vl_network_restore(&watch->checkpoint, &changed, err) == 0)
            return true;
        syslog(LOG_ERR, "bridge '%s': %s", watch->checkpoint.bridge.name, vl_error_text(err));
        (void)poll(NULL, 0, RETRY_MS);
    }
    return false;
}

/* The command may still be at it (it was stopped, or is slow): it stops when it sees that the change stands no more,
 * and what it did until then is put back as well. */
static bool await_command(struct watch *watch)
{
    bool was_there = watch->channel >= 0;

    while (watch->channel >= 0) {
        struct pollfd wait = { .fd = watch->channel, .events = POLLIN };

        if (poll(&wait, 1, -1) > 0)
            (void)hear_command(watch);
    }
    return was_there;
}

static int take_back(struct watch *watch, const char *reason)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    bool restored;

    if (!vl_change_take_back(watch->directory))
        return 0; /* confirmed at the last moment */
    restored = restore_with_patience(watch, &err);
    if (await_command(watch))
        restored = restore_with_patience(watch, &err);
    end_change(watch, restored ? reason : vl_error_text(&err), restored);
    return restored ? 0 : 1;
}

static int keep_watch(struct watch *watch)
{
    for (;;) {
        struct pollfd wait = { .fd = watch->channel, .events = POLLIN };
        const char *reason = NULL;

        (void)poll(&wait, 1, TICK_MS);
        switch (vl_change_mark(watch->directory, watch->deadline)) {
        case VL_MARK_DECIDED:
            return 0;
        case VL_MARK_REVERTING:
            return take_back(watch, "it was asked for by hand");
        case VL_MARK_PENDING:
            break;
        }
        if (watch->channel >= 0 && wait.revents && !hear_command(watch))
            reason = "the command ended before it was through";
        if (!reason)
            reason = reason_to_take_back(watch);
        if (reason)
            return take_back(watch, reason);
    }
}

static int read_whole(struct watch *watch, struct vl_error *err)
{
    if (vl_checkpoint_read(&watch->checkpoint, watch->directory, "last", err) < 0)
        return -1;
    for (size_t i = 0; i < watch->checkpoint.file_count; i++)
        if (watch->checkpoint.files[i].lost)
            return vl_fail(err, VL_ERROR_FAILED, "the backup of '%s' cannot be read", watch->checkpoint.files[i].path);
    return 0;
}

static int arm(struct watch *watch, struct vl_error *err)
{
    int lock = lock_watch(watch->directory, err);

    if (lock < 0 || lock_host(err) < 0 || read_whole(watch, err) < 0)
        return -1;
    find_reachable(watch);
    watch->deadline = vl_boot_ms() + (long long)watch->timeout_s * 1000;
    watch->next_round = vl_boot_ms() + ROUND_PAUSE_MS;
    if (vl_change_begin(watch->directory, watch->deadline, err) < 0)
        return -1;
    if (send(CHANNEL, "R", 1, MSG_NOSIGNAL) == 1)
        return 0;
    vl_change_drop(watch->directory);
    return vl_fail(err, VL_ERROR_FAILED, "the command has gone");
}

/* A signal that ends the command or its terminal does not end the watchdog; SIGTERM asks it to take back now. */
static void prepare_signals(void)
{
    struct sigaction ignore = { .sa_handler = SIG_IGN }, note = { .sa_handler = note_signal };

    (void)sigaction(SIGHUP, &ignore, NULL);
    (void)sigaction(SIGINT, &ignore, NULL);
    (void)sigaction(SIGQUIT, &ignore, NULL);
    (void)sigaction(SIGPIPE, &ignore, NULL);
    (void)sigaction(SIGTERM, &note, NULL);
}

/* Where memory runs out, others end first. */
static void spare_me(void)
{
    (void)vl_file_tell_kernel("/proc/self/oom_score_adj", "-1000");
}

int vl_watchdog_main(const char *directory, const char *seconds)
{
    struct watch watch = { .directory = directory, .channel = CHANNEL };
    VL_ERROR_AUTO err = { .code = VL_OK };
    long timeout = 0;
    int status;

    if (!vl_text_number(seconds, 1, 86400, &timeout))
        return 2;
    switch (fork()) {
    case -1:
        (void)vl_fail_errno(&err, "cannot leave the terminal");
        return refuse(&err);
    case 0:
        break;
    default:
        return 0;
    }
    (void)setsid();
    (void)umask(077);
    (void)!chdir("/");
    spare_me();
    prepare_signals();
    openlog("voiplab", LOG_PID, LOG_DAEMON);
    watch.timeout_s = (unsigned)timeout;
    status = arm(&watch, &err) < 0 ? refuse(&err) : keep_watch(&watch);
    vl_checkpoint_free(&watch.checkpoint);
    return status;
}

/* Wait for the watchdog's first word. */
static int hear_ready(int descriptor, struct vl_error *err)
{
    struct pollfd wait = { .fd = descriptor, .events = POLLIN };
    char text[1024] = "";
    ssize_t got;

    if (poll(&wait, 1, READY_MS) <= 0)
        return vl_fail(err, VL_ERROR_TIMEOUT, "the watchdog does not come up; nothing was changed");
    got = recv(descriptor, text, sizeof(text) - 1, 0);
    if (got == 1 && text[0] == 'R')
        return 0;
    return vl_fail(err, VL_ERROR_FAILED, "the watchdog could not be armed, so nothing was changed: %s",
                   got > 0 ? text : "it ended");
}

int vl_watchdog_arm(const char *directory, unsigned timeout_s, struct vl_error *err)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    const char *const argv[] = { "voiplab", VL_WATCHDOG_ARGUMENT, directory, vl_arena_printf(&arena, "%u", timeout_s),
                                 NULL };
    int pair[2], status;
    pid_t pid;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
        return vl_fail_errno(err, "cannot make a channel to the watchdog");
    pid = vl_process_start("/proc/self/exe", argv, (int[]){ -1, -1, -1 }, pair[1], NULL, err);
    (void)close(pair[1]);
    if (pid > 0)
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
            continue;
    if (pid > 0 && hear_ready(pair[0], err) == 0)
        return pair[0];
    (void)close(pair[0]);
    return -1;
}

void vl_watchdog_done(int *descriptor)
{
    if (*descriptor < 0)
        return;
    (void)send(*descriptor, "D", 1, MSG_NOSIGNAL);
    (void)close(*descriptor);
    *descriptor = -1;
}

int vl_watchdog_take_back(int *descriptor, const char *directory, struct vl_error *err)
{
    long long deadline = vl_boot_ms() + TAKEN_BACK_MS;

    if (*descriptor >= 0)
        (void)close(*descriptor);
    *descriptor = -1;
    while (vl_change_phase(directory, NULL) == VL_CHANGE_ARMED && vl_boot_ms() < deadline)
        (void)poll(NULL, 0, 50);
    if (vl_change_phase(directory, NULL) != VL_CHANGE_NONE)
        return vl_fail(err, VL_ERROR_FAILED, "the change could not be taken back; 'voiplab bridge revert' tries again");
    for (deadline = vl_boot_ms() + ENDED_MS; vl_change_is_watched(directory) && vl_boot_ms() < deadline;)
        (void)poll(NULL, 0, 10);
    return 0;
}
