/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One is made, and locked, while its parent is locked, and swept under the same lock: nobody sweeps one that is not
 * locked yet.
 */
#include "base/scratch.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/delete.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"

#define NAME ".scratch"

enum { SUFFIX = 7 }; /* what vl_file_scratch() adds */

static int open_locked(int parent, const char *name, int how)
{
    int descriptor = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

    if (descriptor >= 0 && flock(descriptor, how) == 0)
        return descriptor;
    if (descriptor >= 0)
        (void)close(descriptor);
    return -1;
}

static bool is_scratch(const char *name)
{
    return vl_text_starts(name, NAME ".") && strlen(name) == strlen(NAME) + SUFFIX;
}

/* One inside of another goes with that one. It is locked as long as its maker lives, who may be the one to ask. */
static bool is_inside(const char *parent)
{
    const char *slash = strrchr(parent, '/');

    return is_scratch(slash ? slash + 1 : parent);
}

/* The caller holds the lock of the parent. */
static void sweep(int locked, const char *parent)
{
    int again = openat(locked, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *directory = again >= 0 ? fdopendir(again) : NULL;
    const struct dirent *entry;

    while (directory && (entry = readdir(directory))) {
        VL_CLOSE int left = -1;
        VL_FREE char *path = NULL;
        VL_ERROR_AUTO ignored = { .code = VL_OK };

        if (!is_scratch(entry->d_name))
            continue;
        left = open_locked(locked, entry->d_name, LOCK_EX | LOCK_NB);
        if (left >= 0 && vl_asprintf(&path, "%s/%s", parent, entry->d_name) >= 0)
            (void)vl_file_remove_tree(path, &ignored);
    }
    if (directory)
        (void)closedir(directory);
    else if (again >= 0)
        (void)close(again);
}

void vl_scratch_sweep(const char *parent)
{
    VL_CLOSE int locked = open_locked(AT_FDCWD, parent, LOCK_EX);

    if (locked >= 0)
        sweep(locked, parent);
}

int vl_scratch_make(struct vl_scratch *scratch, const char *parent, struct vl_error *err)
{
    VL_CLOSE int locked = is_inside(parent) ? -1 : open_locked(AT_FDCWD, parent, LOCK_EX);

    *scratch = (struct vl_scratch)VL_SCRATCH_INIT;
    if (locked >= 0)
        sweep(locked, parent);
    scratch->path = vl_file_scratch(parent, NAME, err);
    if (!scratch->path)
        return -1;
    scratch->lock = open_locked(AT_FDCWD, scratch->path, LOCK_EX | LOCK_NB);
    return scratch->lock >= 0 ? 0 : vl_fail_errno(err, "cannot lock the directory '%s'", scratch->path);
}

void vl_scratch_remove(struct vl_scratch *scratch)
{
    VL_ERROR_AUTO ignored = { .code = VL_OK };

    if (scratch->path)
        (void)vl_file_remove_tree(scratch->path, &ignored);
    vl_free(scratch->path);
    if (scratch->lock >= 0)
        (void)close(scratch->lock);
    *scratch = (struct vl_scratch)VL_SCRATCH_INIT;
}
