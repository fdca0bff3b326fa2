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

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"

enum { VL_TARGET_FILE_LIMIT = 1 << 20, VL_TARGET_OUTPUT_LIMIT = 1 << 20 };

struct vl_target;

struct vl_command_result {
    int status;         /* exit status; 128 + n when a signal ended it */
    char *output;       /* stdout, bounded, NUL-terminated (a NUL in it ends it), owned */
    long long answered; /* the target's own clock when it had ended or later, in seconds since 1970; 0: not known */
};

enum vl_path_kind { VL_PATH_NONE, VL_PATH_FILE, VL_PATH_LINK, VL_PATH_DIRECTORY, VL_PATH_OTHER };

/* What a path is, without what is in it. */
struct vl_path_facts {
    enum vl_path_kind kind; /* of the name itself */
    mode_t mode;            /* 07777 of it; of a link: of the file that it leads to, 0 when there is none */
    uid_t owner;            /* likewise */
    gid_t group;
    long long changed; /* when what is in it changed, by the target's own clock, in seconds since 1970; 0: not known */
    char *link;        /* what a link says, owned; NULL: it is none */
    char *real; /* the absolute path of what a link leads to, through all links, owned; NULL: none, or nothing there.
                 * A target's word: it is where the target says, and a tree's path begins at the tree's root */
};

/* What is going to be asked of a target: lists that end with NULL; NULL is an empty one. */
struct vl_wanted {
    const char *const *paths;    /* of files: read(), facts() */
    const char *const *groups;   /* gives_to() */
    const char *const *commands; /* of Asterisk: run() of `asterisk -rx COMMAND` */
    /* What the answers of the last `together` commands (0: of the last one) must have, a blank between two: with which
     * lines begin that say `!Up!`, behind a `~` a pattern of perl's, or with `!=` that none of them is what the same
     * command was answered before in this question. They are given when all is there or a moment
     * has passed, where the target can. NULL: nothing. */
    const char *awaited;
    unsigned together;
};

/* What came of something that was to be done first: it was not done; it was, and nothing was learnt; it was. */
enum vl_taken { VL_TAKEN_NOT, VL_TAKEN_DONE, VL_TAKEN_LEARNT };

/* One of several changes that are made in one go: write(), remove(), or run() of `asterisk -rx COMMAND`. */
struct vl_batch_item {
    enum { VL_BATCH_WRITE, VL_BATCH_REMOVE, VL_BATCH_COMMAND } kind;
    const char *object; /* path or command */
    const char *text;   /* VL_BATCH_WRITE, with the arguments of write() */
    mode_t mode;
    const char *group;
};

/* How far a batch came. */
struct vl_batch_report {
    size_t done;    /* so many items from the first on were carried out */
    size_t touched; /* so many may have changed something: not less than `done` */
    size_t failed;  /* the item that was not; their number when all were, or when it was the fault of none */
    struct vl_command_result *results; /* one per item, the caller's; filled for commands that were carried out */
};

/* What one batch takes: items, and bytes of all texts together. */
enum { VL_BATCH_ITEMS = 64, VL_BATCH_TEXT = 1 << 20 };

struct vl_target_ops {
    /* Read a file: 0 with the caller's *ret_text and *ret_mode, or -1; VL_ERROR_NOTFOUND when there is none. */
    int (*read)(struct vl_target *target, const char *path, char **ret_text, mode_t *ret_mode, struct vl_error *err);
    /* Replace or make a file atomically: it has this mode and group from the moment that it is in its place. `group`
     * NULL keeps or defaults the group; one that the target does not know is passed over. Parents must exist. */
    int (*write)(struct vl_target *target, const char *path, const char *text, mode_t mode, const char *group,
                 struct vl_error *err);
    int (*remove)(struct vl_target *target, const char *path, struct vl_error *err);
    /* What the path is; VL_PATH_NONE is no failure. NULL: not known. */
    int (*facts)(struct vl_target *target, const char *path, struct vl_path_facts *ret_facts, struct vl_error *err);
    /* True when write() would give files to this group, which then is *ret_id: the target has it, and who we are there
     * may give files away. NULL: not known. */
    bool (*gives_to)(struct vl_target *target, const char *group, gid_t *ret_id);
    /* Run argv with `input` on stdin (NULL: none). Fails when it could not be run or did not end in time, not when it
     * exits non-zero. */
    int (*run)(struct vl_target *target, const char *const *argv, const char *input, int timeout_ms,
               struct vl_command_result *ret_result, struct vl_error *err);
    /* Learn all this in one round trip. The operations above then answer from it, for ten seconds and until the first
     * change; what could not be learnt they ask for as if this had not been called. NULL: no use. */
    void (*prefetch)(struct vl_target *target, const struct vl_wanted *wanted);
    /* The same as a command, for who has something to do there first: `program` is for perl(1), without a line end,
     * leaves its arguments alone and may leave a number in $said. Without perl nothing is done, and the status is 127.
     * In the arena; NULL: it cannot be. */
    const char *const *(*question)(struct vl_target *target, const struct vl_wanted *wanted, const char *program,
                                   struct vl_arena *arena);
    /* Take what that command printed; *ret_said is that number, when the program was done. */
    enum vl_taken (*take)(struct vl_target *target, const struct vl_wanted *wanted, const char *answer,
                          unsigned long *ret_said);
    /* Carry out the items in order, all commands behind all files. Each file is replaced as write() does, and none is
     * before the new text of all is there. 0 when all were carried out, whatever the commands ended with. `report` is
     * filled in either case. NULL: they have to be carried out one by one. */
    int (*batch)(struct vl_target *target, const struct vl_batch_item *items, size_t count,
                 struct vl_batch_report *report, struct vl_error *err);
    void (*close)(struct vl_target *target);
};

/* The largest patience that there is, and the longest question that comes off it, in milliseconds. */
enum { VL_TARGET_PATIENCE_MS = 120000 };

struct vl_target {
    const struct vl_target_ops *ops;
    const char *name;      /* for messages: "this host", "virtual1" */
    int answer_timeout_ms; /* how long a question to its Asterisk may take; 0: as long as who asks thinks right */
    int patience_ms;       /* how long it may keep us waiting in all, from now on; 0: there is no bound */
};

void vl_command_result_free(struct vl_command_result *result);
void vl_path_facts_free(struct vl_path_facts *facts);

#define VL_PATH_FACTS_AUTO __attribute__((cleanup(vl_path_facts_free))) struct vl_path_facts

/* prefetch(), where the target has it. */
void vl_target_prefetch(struct vl_target *target, const struct vl_wanted *wanted);

/* What it is asked from now on may take so much longer in all: more is asked of it than was known when it was
 * connected. It grows no larger than a patience may be. */
static inline void vl_target_grant(struct vl_target *target, long long milliseconds)
{
    long long room = VL_TARGET_PATIENCE_MS - target->patience_ms;

    if (target->patience_ms && milliseconds > 0 && room > 0)
        target->patience_ms += (int)(milliseconds < room ? milliseconds : room);
}

/* Close and free; accepts NULL. */
void vl_target_close(struct vl_target *target);

static inline void vl_target_cleanup(struct vl_target **target)
{
    vl_target_close(*target);
}

#define VL_TARGET_AUTO __attribute__((cleanup(vl_target_cleanup))) struct vl_target

/* Another way than SSH to have commands run on a host: with the arguments of run(), their output, of which `limit`
 * bytes are kept, appended to `output` and what they say is wrong to `errors`. */
struct vl_executor {
    int (*execute)(void *context, const char *const *argv, const char *input, size_t limit, int timeout_ms,
                   int *ret_status, struct vl_buf *output, struct vl_buf *errors, struct vl_error *err);
    void (*close)(void *context);
    void *context;
};

/* A host by that way, with all that a host over SSH has. The context is the target's, also on failure. */
struct vl_target *vl_target_by(const char *name, const struct vl_executor *executor, struct vl_error *err);

/* Files under `root` ("/" for the host itself) and commands of this host (refused when root is not "/"). */
struct vl_target *vl_target_local(const char *root, struct vl_error *err);

/* Called before the host has to do anything for us; its time begins when this returns. */
struct vl_ssh_there {
    void (*call)(void *context);
    void *context;
};

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
    const struct vl_ssh_there *there; /* NULL; or what is called when it has taken the connection */
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
