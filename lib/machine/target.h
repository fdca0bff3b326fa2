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
    const char *address; /* dotted quad; of one that is reached through another, any name that is known there */
    unsigned port;
    const char *user;
    const char *profile;     /* see ssh_profile.h; NULL: auto */
    const char *private_key; /* text of a private key file, PEM or OpenSSH's own format; NULL: none */
    const char *password;    /* tried after the keys; NULL: none */
    bool agent;              /* the keys of ssh-agent are tried */
    const char *hostkey;     /* "ssh-ed25519 AAAA…": the only key accepted */
    const char *remedy;      /* what to do when it is another and the host is right; NULL: the lab made the key */
    int connect_timeout_ms;  /* TCP and handshake together */
    int login_timeout_ms;    /* authentication, in which a server may wait for its name server; 0: as long */
    int command_timeout_ms;  /* default bound of one operation */
    const struct vl_ssh_options *via; /* log in there first, and go on from there; NULL: straight */
};

/* Start a worker process for this host and log in. The worker is this program run again with the single argument
 * VL_SSH_WORKER_ARGUMENT (see vl_ssh_worker_main); it never outlives the target. */
struct vl_target *vl_target_ssh(const struct vl_ssh_options *options, struct vl_error *err);

/* Show the host key of a server, as "TYPE BASE64", without a login, and without believing it. `hostkey`, when it is
 * known, says of which type to ask first. The caller frees it; NULL on failure. */
char *vl_target_ssh_look(const struct vl_ssh_options *options, struct vl_error *err);

#define VL_SSH_WORKER_ARGUMENT "--voiplab-ssh-worker"

/* What main() calls when argv[1] is VL_SSH_WORKER_ARGUMENT: serves the parent over descriptor 3 and returns the exit
 * status. */
int vl_ssh_worker_main(void);

/* Tests: the program to run as the worker instead of /proc/self/exe. */
void vl_ssh_set_worker_program(const char *path);

#endif
