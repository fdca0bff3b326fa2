/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/own.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/walk.h"

/* What to say of somebody else's, for all of these. */
#define WHY "what is done here, as root too, is decided by it"

static char *absolute(const char *path, struct vl_error *err)
{
    VL_FREE char *here = *path == '/' ? NULL : getcwd(NULL, 0);
    char *whole = NULL;

    if (*path != '/' && !here)
        (void)vl_fail_errno(err, "cannot find the working directory");
    else if (vl_asprintf(&whole, "%s%s%s", here ? here : "", here ? "/" : "", path) < 0)
        (void)vl_no_memory(err);
    return whole;
}

static int fail_directory(const char *path, const struct vl_walk *walk, struct vl_error *err)
{
    const char *where = walk->where ? walk->where : "/";

    if (walk->why == VL_WALK_WRITABLE)
        return vl_fail(err, VL_ERROR_REFUSED,
                       "others may write to the directory '%s' (mode %04o), and so replace '%s': " WHY
                       "; 'chmod go-w %s', or move it",
                       where, (unsigned)walk->mode, path, where);
    return vl_fail(err, VL_ERROR_REFUSED,
                   "%s '%s' belongs to another user (%u), who can replace '%s': " WHY
                   "; move it to a directory of your own, or 'chown' that one",
                   walk->why == VL_WALK_LINK ? "the link" : "the directory", where, (unsigned)walk->owner, path);
}

static int judge(const char *path, const struct vl_walk *walk, enum vl_own_kind kind, struct vl_error *err)
{
    const struct stat *status = &walk->status;
    unsigned mode = status->st_mode & 07777;

    if (!vl_walk_is_ours(status->st_uid))
        return vl_fail(err, VL_ERROR_REFUSED,
                       "'%s' belongs to another user (%u): " WHY "; when it says what you want, 'chown %u %s'", path,
                       (unsigned)status->st_uid, (unsigned)geteuid(), path);
    if (walk->why != VL_WALK_OURS)
        return fail_directory(path, walk, err);
    if (kind == VL_OWN_SECRET && (mode & 077))
        return vl_fail(err, VL_ERROR_REFUSED, "'%s' is open to others (mode %04o), and it is a secret; 'chmod 600 %s'",
                       path, mode, path);
    if (vl_walk_is_open(status))
        return vl_fail(err, VL_ERROR_REFUSED, "others may write to '%s' (mode %04o): " WHY "; 'chmod go-w %s'", path,
                       mode, path);
    return 0;
}

/* What was not found, or is no file, by the name that it was asked for by. */
static int fail_to_get_there(const char *path, const struct vl_walk *walk, struct vl_error *err)
{
    if (err->code == VL_ERROR_NOTFOUND) {
        errno = ENOENT;
        (void)vl_fail_errno(err, "cannot open '%s'", path);
        err->code = VL_ERROR_NOTFOUND;
    } else if (err->code == VL_ERROR_FAILED && walk->status.st_mode && !S_ISREG(walk->status.st_mode)) {
        (void)vl_fail(err, VL_ERROR_FAILED, "'%s' is not a regular file", path);
    }
    return -1;
}

int vl_own_read(const char *path, size_t limit, enum vl_own_kind kind, char **ret_text, bool *ret_exposed,
                struct vl_error *err)
{
    VL_FREE char *whole = absolute(path, err);
    VL_WALK_AUTO walk = VL_WALK_INIT;

    if (!whole)
        return -1;
    if (vl_walk(&walk, "", whole, VL_WALK_FILE, err) < 0)
        return fail_to_get_there(path, &walk, err);
    if (judge(path, &walk, kind, err) < 0 || vl_file_read_open(walk.descriptor, path, limit, ret_text, err) < 0)
        return -1;
    if (ret_exposed)
        *ret_exposed = (walk.status.st_mode & S_IROTH) && !walk.hidden;
    return 0;
}

int vl_own_directory(const char *path, struct vl_error *err)
{
    VL_FREE char *whole = absolute(path, err);
    VL_ERROR_AUTO cause = { .code = VL_OK };
    VL_WALK_AUTO walk = VL_WALK_INIT;
    int rc;

    if (!whole)
        return -1;
    rc = vl_walk(&walk, "", whole, VL_WALK_DIRECTORY, &cause);
    if (walk.why != VL_WALK_OURS)
        return fail_directory(path, &walk, err);
    if (rc < 0 && (cause.code == VL_ERROR_REFUSED || cause.code == VL_ERROR_MEMORY)) {
        vl_error_move(err, &cause);
        return -1;
    }
    return 0;
}

int vl_own_judge_way(const struct vl_walk *walk, const char *path, struct vl_error *err)
{
    if (!walk->planted)
        return 0;
    return vl_fail(
        err, VL_ERROR_REFUSED,
        "'%s', on the way to '%s', was made by another user (%u) where everybody may make one; choose another "
        "directory",
        walk->where ? walk->where : "/", path, (unsigned)walk->owner);
}

int vl_own_mkdirs(const char *path, mode_t mode, struct vl_error *err)
{
    VL_WALK_AUTO walk = VL_WALK_INIT;
    VL_ERROR_AUTO ignored = { .code = VL_OK };

    (void)vl_walk(&walk, "", path, VL_WALK_DIRECTORY, &ignored);
    return vl_own_judge_way(&walk, path, err) < 0 ? -1 : vl_file_mkdirs(path, mode, err);
}
