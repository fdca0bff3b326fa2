/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Child processes: an argv array in, exit status and bounded output back, never a shell, never longer than a deadline.
 */
#ifndef VL_BASE_PROCESS_H
#define VL_BASE_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"

struct vl_process_options {
    const char *input;     /* what the child reads on stdin; NULL: /dev/null */
    const char *directory; /* its working directory; NULL: ours */
    int timeout_ms;        /* kill it after this long; 0: no limit */
    size_t output_limit;   /* bytes of stdout kept (the rest is read and dropped); 0: 1 MiB */
    void (*on_line)(void *context, const char *line); /* called for each line of stderr as it comes; may be NULL */
    void *on_line_context;
    const char *const *environment; /* "NAME=value" entries added to ours; NULL-terminated; NULL: none */
    /* Asked a few times a second; true ends the child and all that it started: SIGTERM, and SIGKILL for what is left
     * ten seconds later. With it the child leads a process group of its own, which the terminal's Ctrl-C does not
     * reach. May be NULL. */
    bool (*cancelled)(void *context);
    void *cancelled_context;
};

struct vl_process_result {
    int status;   /* exit status, or 128 + the signal that ended it; 255 when nobody could tell */
    char *output; /* stdout, owned */
    char *errors; /* the last 64 KiB of stderr, owned */
    bool timed_out;
    bool cancelled;
};

/* Run argv[0] (found in PATH) and wait for it. Fails when it cannot be started, not when it exits non-zero. */
int vl_process_run(const char *const *argv, const struct vl_process_options *options,
                   struct vl_process_result *ret_result, struct vl_error *err);

/* Like vl_process_run, but being cancelled, a timeout or any exit status but 0 is an error that quotes the program and
 * the last line of its stderr. */
int vl_process_check(const char *const *argv, const struct vl_process_options *options, char **ret_output,
                     struct vl_error *err);

void vl_process_result_free(struct vl_process_result *result);

/* Start argv with stdin/stdout/stderr as given (-1: /dev/null) and descriptor `keep` (or -1) passed as 3. Returns the
 * pid. The caller waits for it. `path` NULL: argv[0] found in PATH. The child gets every signal at its default and no
 * other descriptor. */
pid_t vl_process_start(const char *path, const char *const *argv, const int stdio[static 3], int keep,
                       const char *const *environment, struct vl_error *err);

/* True when `program` is found in PATH and may be executed. */
bool vl_process_found(const char *program);

#define VL_PROCESS_RESULT_AUTO __attribute__((cleanup(vl_process_result_free))) struct vl_process_result

#endif
