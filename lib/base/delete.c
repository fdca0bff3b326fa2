/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The only unlink() and rmdir() of lib/ and cmd/. What a person owns is deleted because a step of a plan asks for it
 * (lib/plan/steps.c); delete.h says who else asks, and for what.
 */
#include "base/delete.h"

#include <errno.h>
#include <ftw.h>
#include <unistd.h>

#include "base/file_ops.h"

static int delete_name(const char *path)
{
    return vl_file_ops()->unlink ? vl_file_ops()->unlink(path) : unlink(path);
}

static int delete_directory(const char *path)
{
    return vl_file_ops()->rmdir ? vl_file_ops()->rmdir(path) : rmdir(path);
}

bool vl_file_drop(const char *path)
{
    return delete_name(path) == 0;
}

bool vl_file_drop_directory(const char *path)
{
    return delete_directory(path) == 0;
}

bool vl_file_drop_temporary(const char *temporary)
{
    return delete_name(temporary) == 0 || errno == ENOENT;
}

int vl_file_remove(const char *path, struct vl_error *err)
{
    return vl_file_remove_shown(path, path, err);
}

int vl_file_remove_shown(const char *path, const char *shown, struct vl_error *err)
{
    if (delete_name(path) < 0) {
        if (errno == ENOENT || errno == ENOTDIR)
            return 0;
        return vl_fail_errno(err, "cannot remove '%s'", shown);
    }
    return vl_file_sync_parent(path, err);
}

static int remove_entry(const char *path, const struct stat *info, int type, struct FTW *walk)
{
    (void)info;
    if (type != FTW_DP && type != FTW_DNR)
        (void)delete_name(path);
    else if (walk->level)
        (void)delete_directory(path);
    return 0;
}

/* What is left of the tree, for whatever reason, is seen at its top. */
int vl_file_remove_tree(const char *path, struct vl_error *err)
{
    (void)nftw(path, remove_entry, 8, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
    if (delete_directory(path) < 0 && errno != ENOENT)
        return vl_fail_errno(err, "cannot remove the directory '%s' and what is in it", path);
    return 0;
}
