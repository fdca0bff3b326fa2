/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A place where files are changed and commands run: a directory tree of this host, or a host over SSH. The same plan
 * is applied to either. What a target says is untrusted: lengths are bounded here, meaning is checked by the caller.
 */
#ifndef VL_MACHINE_TARGET_H
#define VL_MACHINE_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"

enum { VL_TARGET_FILE_LIMIT = 1 << 20, VL_TARGET_OUTPUT_LIMIT = 1 << 20 };

struct vl_target;

struct vl_command_result {
    int status;   /* exit status; 128 + n when a signal ended it */
    char *output; /* stdout, bounded, NUL-terminated (a NUL in it ends it), owned */
};

struct vl_target_ops {
    /* Read a file: 0 with the caller's *ret_text and *ret_mode, or -1; VL_ERROR_NOTFOUND when there is none. */
    int (*read)(struct vl_target *target, const char *path, char **ret_text, mode_t *ret_mode, struct vl_error *err);
    /* Replace or make a file atomically: it has this mode and group from the moment that it is in its place. `group`
     * NULL keeps or defaults the group; one that the target does not know is passed over. Parents must exist. */
    int (*write)(struct vl_target *target, const char *path, const char *text, mode_t mode, const char *group,
                 struct vl_error *err);
    int (*remove)(struct vl_target *target, const char *path, struct vl_error *err);
    /* True when the name is a symbolic link: read() follows it, write() and remove() would put an end to it. NULL: not
     * known. */
    bool (*is_link)(struct vl_target *target, const char *path);
    /* True when the file is there, belongs to another group, and write() would give it to this one. NULL: not known. */
    bool (*wrong_group)(struct vl_target *target, const char *path, const char *group);
    /* Run argv with `input` on stdin (NULL: none). Fails when it could not be run or did not end in time, not when it
     * exits non-zero. */
    int (*run)(struct vl_target *target, const char *const *argv, const char *input, int timeout_ms,
               struct vl_command_result *ret_result, struct vl_error *err);
    void (*close)(struct vl_target *target);
};

struct vl_target {
    const struct vl_target_ops *ops;
    const char *name;      /* for messages: "this host", "virtual1" */
    int answer_timeout_ms; /* how long a question to its Asterisk may take; 0: as long as who asks thinks right */
};

void vl_command_result_free(struct vl_command_result *result);

/* Close and free; accepts NULL. */
void vl_target_close(struct vl_target *target);

static inline void vl_target_cleanup(struct vl_target **target)
{
    vl_target_close(*target);
}

#define VL_TARGET_AUTO __attribute__((cleanup(vl_target_cleanup))) struct vl_target

/* Files under `root` ("/" for the host itself) and commands of this host (refused when root is not "/"). */
struct vl_target *vl_target_local(const char *root, struct vl_error *err);

struct vl_ssh_options {
    const char *name;    /* of the target, for messages */
    const char *address; /* dotted quad */
    unsigned port;
    const char *user;
    const char *private_key; /* text of an OpenSSH private key file (ed25519 or ecdsa) */
    const char *hostkey;     /* "ssh-ed25519 AAAA…": the only key accepted */
    int connect_timeout_ms;  /* TCP, handshake and authentication together */
    int command_timeout_ms;  /* default bound of one operation */
};

/* Start a worker process for this host and log in. The worker is this program run again with the single argument
 * VL_SSH_WORKER_ARGUMENT (see vl_ssh_worker_main); it never outlives the target. */
struct vl_target *vl_target_ssh(const struct vl_ssh_options *options, struct vl_error *err);

#define VL_SSH_WORKER_ARGUMENT "--voiplab-ssh-worker"

/* What main() calls when argv[1] is VL_SSH_WORKER_ARGUMENT: serves the parent over descriptor 3 and returns the exit
 * status. */
int vl_ssh_worker_main(void);

/* Tests: the program to run as the worker instead of /proc/self/exe. */
void vl_ssh_set_worker_program(const char *path);

#endif
