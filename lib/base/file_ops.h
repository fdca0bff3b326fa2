/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The system calls that change files, as one table, so that a test can make the n-th fail, shorten it, or count them;
 * and the syncing of names, which every change of a directory ends with. For file.c, delete.c and tests alone: who
 * wants a file changed asks base/file.h, and base/delete.h to have one go.
 */
#ifndef VL_BASE_FILE_OPS_H
#define VL_BASE_FILE_OPS_H

#include <sys/stat.h>
#include <sys/types.h>

#include "base/error.h"

/* The default table calls the kernel, but for `unlink` and `rmdir`: they are NULL there, so that nobody has the
 * kernel's from here, and delete.c, which alone has them, takes its own. */
struct vl_file_ops {
    int (*open)(const char *path, int flags, mode_t mode);
    ssize_t (*write)(int descriptor, const void *bytes, size_t length);
    int (*fchmod)(int descriptor, mode_t mode);
    int (*chmod)(const char *path, mode_t mode);
    int (*fchown)(int descriptor, uid_t owner, gid_t group);
    int (*fsync)(int descriptor);
    int (*rename)(const char *from, const char *to);
    int (*unlink)(const char *path);
    int (*mkdir)(const char *path, mode_t mode);
    char *(*mkdtemp)(char *template);
    int (*rmdir)(const char *path);
};

/* The table in force. */
const struct vl_file_ops *vl_file_ops(void);

/* Use another table until it is set back with NULL; returns the one in force before. Tests only. */
const struct vl_file_ops *vl_file_set_ops(const struct vl_file_ops *ops);

/* Have a place on the disk; `flags` are more of open()'s. -1 with errno. */
int vl_file_sync(const char *path, int flags);

/* Have the names on the disk of the directory that a file is in. */
int vl_file_sync_parent(const char *path, struct vl_error *err);

#endif
