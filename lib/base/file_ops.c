/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/file_ops.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/memory.h"

static int kernel_open(const char *path, int flags, mode_t mode)
{
    return open(path, flags, mode);
}

static const struct vl_file_ops kernel_ops = {
    .open = kernel_open,
    .write = write,
    .fchmod = fchmod,
    .chmod = chmod,
    .fchown = fchown,
    .fsync = fsync,
    .rename = rename,
    .mkdir = mkdir,
    .mkdtemp = mkdtemp,
};

static const struct vl_file_ops *ops = &kernel_ops;

const struct vl_file_ops *vl_file_ops(void)
{
    return ops;
}

const struct vl_file_ops *vl_file_set_ops(const struct vl_file_ops *replacement)
{
    const struct vl_file_ops *before = ops;

    ops = replacement ? replacement : &kernel_ops;
    return before;
}

int vl_file_sync(const char *path, int flags)
{
    VL_CLOSE int descriptor = open(path, O_RDONLY | O_CLOEXEC | flags);

    return descriptor < 0 ? -1 : ops->fsync(descriptor);
}

/* The directory part of a path: "." when there is none. The caller frees it. */
static char *directory_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    if (!slash)
        return vl_strdup(".");
    return vl_strndup(path, slash == path ? 1 : (size_t)(slash - path));
}

int vl_file_sync_parent(const char *path, struct vl_error *err)
{
    VL_FREE char *directory = directory_of(path);

    if (!directory)
        return vl_no_memory(err);
    if (vl_file_sync(directory, O_DIRECTORY) < 0)
        return vl_fail_errno(err, "cannot sync the directory '%s'", directory);
    return 0;
}
