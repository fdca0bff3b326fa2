/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the parts of the SSH target share: how it comes to be (ssh_connect.c), its worker and commands (ssh.c), its
 * files (ssh_file.c).
 */
#ifndef VL_MACHINE_SSH_INTERNAL_H
#define VL_MACHINE_SSH_INTERNAL_H

#include "base/buf.h"
#include "machine/ahead.h"
#include "machine/target.h"
#include "machine/wire.h"

struct vl_ssh {
    struct vl_target base;
    char *name;
    pid_t worker; /* 0 once it is gone */
    int control;  /* our end of the socket pair */
    int command_timeout_ms;
    char *gone;             /* why nothing is asked of it any more */
    struct vl_ahead *ahead; /* what was asked ahead of need; NULL: nothing */
    struct vl_ssh *via;     /* the session that this one goes through; NULL: none */
    struct vl_executor by;  /* what runs its commands in place of a worker; execute NULL: nothing does */
};

/* It has not failed yet. */
static inline bool vl_ssh_is_open(const struct vl_ssh *ssh)
{
    return ssh->worker > 0 || ssh->by.execute;
}

static inline struct vl_ssh *vl_ssh_of(struct vl_target *target)
{
    return (struct vl_ssh *)target;
}

/* A target without a worker; NULL: no memory. vl_target_close() frees it, with what it goes through. */
struct vl_ssh *vl_ssh_new(const char *name, int command_timeout_ms);

/* Start the worker, which gets the socket `guest`. */
int vl_ssh_start_worker(struct vl_ssh *ssh, int guest, struct vl_error *err);

/* Send one message and take the answer, of `limit` bytes at most. Returns its type, which is none of those of a
 * failure, or -1, and the worker is given up. */
int vl_ssh_ask(struct vl_ssh *ssh, const struct vl_buf *request, size_t limit, int timeout_ms, long long deadline,
               struct vl_buf *message, struct vl_ssh_fields *ret_fields, struct vl_error *err);
/* An answer that it is none. Returns -1; the worker is given up. */
int vl_ssh_improper(struct vl_ssh *ssh, struct vl_error *err);

/* What a command gave, as it came: `output` may hold NUL bytes, `errors` is the end of stderr. All of it is the guest's
 * word. Start from { .status = -1 }. */
struct vl_ssh_reply {
    int status;
    struct vl_buf output;
    struct vl_buf errors;
};

static inline void vl_ssh_reply_free(struct vl_ssh_reply *reply)
{
    vl_buf_free(&reply->output);
    vl_buf_free(&reply->errors);
}

#define VL_SSH_REPLY_AUTO __attribute__((cleanup(vl_ssh_reply_free))) struct vl_ssh_reply

/* Run a command and keep the first `limit` bytes of its output. timeout_ms 0: the target's default. */
int vl_ssh_execute(struct vl_ssh *ssh, const char *const *argv, const char *input, size_t limit, int timeout_ms,
                   struct vl_ssh_reply *reply, struct vl_error *err);

/* The operations of struct vl_target_ops on files. */
int vl_ssh_read(struct vl_target *target, const char *path, char **ret_text, mode_t *ret_mode, struct vl_error *err);
int vl_ssh_write(struct vl_target *target, const char *path, const char *text, mode_t mode, const char *group,
                 struct vl_error *err);
int vl_ssh_remove(struct vl_target *target, const char *path, struct vl_error *err);
int vl_ssh_facts(struct vl_target *target, const char *path, struct vl_path_facts *ret_facts, struct vl_error *err);
bool vl_ssh_gives_to(struct vl_target *target, const char *group, gid_t *ret_id);

void vl_ssh_prefetch(struct vl_target *target, const struct vl_wanted *wanted);
const char *const *vl_ssh_question(struct vl_target *target, const struct vl_wanted *wanted, const char *program,
                                   struct vl_arena *arena);
enum vl_taken vl_ssh_take(struct vl_target *target, const struct vl_wanted *wanted, const char *answer,
                          unsigned long *ret_said);
int vl_ssh_batch(struct vl_target *target, const struct vl_batch_item *items, size_t count,
                 struct vl_batch_report *report, struct vl_error *err);

/* Start a worker, whose descriptor 3 becomes `control`: its number, a child's of this process; or -1. And that one has
 * been waited for. */
pid_t vl_ssh_worker_start(const char *program, int control, struct vl_error *err);
void vl_ssh_worker_ended(void);

/* How long Asterisk may take for its answers. */
int vl_ssh_answer_seconds(const struct vl_ssh *ssh);

/* What these check first, and say when the command on a file did not end with 0. */
int vl_ssh_check_path(const char *path, struct vl_error *err);
bool vl_ssh_is_group(const char *group);
int vl_ssh_fail_file(const struct vl_ssh *ssh, const char *verb, const char *path, int status,
                     const struct vl_ssh_reply *reply, struct vl_error *err);

#endif
