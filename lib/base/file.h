/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files: read whole with a bound, replaced atomically, never followed through a symbolic link that we did not expect.
 *
 * A replacement is written to `.NAME.voiplab` beside the target, synced, renamed over it, and the directory is synced.
 * After a kill at any point the target is its old or its new self, and at most that one temporary remains; the next
 * write of the same file replaces it. All changes go through one table of operations, so that a test can make the
 * n-th fail, shorten it, or count them.
 */
#ifndef VL_BASE_FILE_H
#define VL_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/error.h"

/* The system calls that change files; the default table calls the kernel. */
struct vl_file_ops {
    int (*open)(const char *path, int flags, mode_t mode);
    ssize_t (*write)(int descriptor, const void *bytes, size_t length);
    int (*fchmod)(int descriptor, mode_t mode);
    int (*fchown)(int descriptor, uid_t owner, gid_t group);
    int (*fsync)(int descriptor);
    int (*rename)(const char *from, const char *to);
    int (*unlink)(const char *path);
    int (*mkdir)(const char *path, mode_t mode);
    int (*rmdir)(const char *path);
};

/* Use another table until it is set back with NULL; returns the one in force before. Tests only. */
const struct vl_file_ops *vl_file_set_ops(const struct vl_file_ops *ops);

/* Read a regular file of at most `limit` bytes. On success *ret_text is the caller's (NUL-terminated; a NUL inside the
 * file is an error) and *ret_stat, when given, what fstat said. A missing file is VL_ERROR_NOTFOUND. */
int vl_file_read(const char *path, size_t limit, char **ret_text, struct stat *ret_stat, struct vl_error *err);

/* Replace or make `path` as described above. `mode` is applied exactly. When the file exists its owner is kept. */
int vl_file_write(const char *path, const char *text, size_t length, mode_t mode, struct vl_error *err);

/* The same for a file that shall belong to `group`, which it does from the moment that it is in its place. (gid_t)-1
 * keeps the group as vl_file_write() does. Who is not root may not give files away, and is not asked to. */
int vl_file_write_group(const char *path, const char *text, size_t length, mode_t mode, gid_t group,
                        struct vl_error *err);

/* Remove a file; a missing one is no error. */
int vl_file_remove(const char *path, struct vl_error *err);

/* Make a directory and its parents with this mode (parents that exist are left alone). */
int vl_file_mkdirs(const char *path, mode_t mode, struct vl_error *err);

/* Take an exclusive lock on `path` (made when missing, 0600) without waiting. Returns the descriptor, which holds the
 * lock until it is closed, or -1; when somebody else holds it the message says `BUSY`. */
int vl_file_lock(const char *path, const char *busy, struct vl_error *err);

/* Remove the temporary that a killed vl_file_write() of this file may have left. */
void vl_file_sweep(const char *path);

bool vl_file_exists(const char *path);

#endif
