/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/delete.h"
#include "base/file_ops.h"
#include "base/memory.h"

/* How long a file counts as just made. */
enum { FRESH_S = 60 };

static int read_all(int descriptor, const char *path, size_t limit, struct vl_buf *buf, struct vl_error *err)
{
    char chunk[4096];

    for (;;) {
        ssize_t got = read(descriptor, chunk, sizeof(chunk));

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return vl_fail_errno(err, "cannot read '%s'", path);
        if (got == 0)
            return 0;
        vl_buf_add(buf, chunk, (size_t)got);
        if (buf->length > limit)
            return vl_fail(err, VL_ERROR_FAILED, "'%s' is larger than %zu bytes", path, limit);
    }
}

int vl_file_read_open(int descriptor, const char *path, size_t limit, char **ret_text, struct vl_error *err)
{
    VL_BUF_AUTO buf = VL_BUF_INIT;
    char *text;

    if (read_all(descriptor, path, limit, &buf, err) < 0)
        return -1;
    if (memchr(vl_buf_text(&buf), '\0', buf.length))
        return vl_fail(err, VL_ERROR_FAILED, "'%s' holds a NUL byte, so it is no text file", path);
    text = vl_buf_take(&buf);
    if (!text)
        return vl_no_memory(err);
    *ret_text = text;
    return 0;
}

int vl_file_read(const char *path, size_t limit, char **ret_text, struct stat *ret_stat, struct vl_error *err)
{
    VL_CLOSE int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat status;

    if (descriptor < 0) {
        int rc = vl_fail_errno(err, "cannot open '%s'", path);

        if (errno == ENOENT || errno == ENOTDIR)
            err->code = VL_ERROR_NOTFOUND;
        return rc;
    }
    if (fstat(descriptor, &status) < 0)
        return vl_fail_errno(err, "cannot look at '%s'", path);
    if (!S_ISREG(status.st_mode))
        return vl_fail(err, VL_ERROR_FAILED, "'%s' is not a regular file", path);
    if (vl_file_read_open(descriptor, path, limit, ret_text, err) < 0)
        return -1;
    if (ret_stat)
        *ret_stat = status;
    return 0;
}

static int write_all(int descriptor, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t put = vl_file_ops()->write(descriptor, bytes, length);

        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return -1;
        if (put == 0) {
            errno = ENOSPC;
            return -1;
        }
        bytes += put;
        length -= (size_t)put;
    }
    return 0;
}

static char *temporary_for(const char *path)
{
    const char *slash = strrchr(path, '/');
    size_t directory = slash ? (size_t)(slash - path) + 1 : 0;
    struct vl_buf buf = VL_BUF_INIT;

    vl_buf_add(&buf, path, directory);
    vl_buf_printf(&buf, ".%s.voiplab", path + directory);
    return vl_buf_take(&buf);
}

void vl_file_sync_names(const char *directory)
{
    (void)vl_file_sync(directory, O_DIRECTORY);
}

/* Whether the file that is replaced may say whose the new one is: it may have been put there, by somebody else, so that
 * they get what we write. */
static bool may_keep_owner(const char *path, const struct stat *old)
{
    const char *slash = strrchr(path, '/');
    VL_FREE char *parent = slash ? vl_strndup(path, (size_t)(slash - path) + 1) : vl_strdup("./");
    struct stat directory;

    if (!S_ISREG(old->st_mode) || !parent || stat(parent, &directory) < 0)
        return false;
    return !(directory.st_mode & S_IWOTH) || old->st_uid == directory.st_uid;
}

/* The owner of a file that is replaced is kept, and the group that is asked for set, where we may do so. This is the
 * temporary's, before it is in its place: whoever is killed here leaves no file that its readers cannot read. */
static int give_away(int descriptor, const char *path, const char *shown, gid_t group, struct vl_error *err)
{
    struct stat old;

    if (lstat(path, &old) == 0 && (old.st_uid != geteuid() || old.st_gid != getegid()) && may_keep_owner(path, &old) &&
        vl_file_ops()->fchown(descriptor, old.st_uid, old.st_gid) < 0 && geteuid() == 0)
        return vl_fail_errno(err, "cannot keep the owner of '%s'", shown);
    if (group != (gid_t)-1 && vl_file_ops()->fchown(descriptor, (uid_t)-1, group) < 0 && geteuid() == 0)
        return vl_fail_errno(err, "cannot give '%s' to the group %ju", shown, (uintmax_t)group);
    return 0;
}

/* What is written, and how it is. */
struct content {
    const char *text;
    size_t length;
    mode_t mode;
    gid_t group;
};

/* Write and sync the temporary. The mode comes last: a change of owner clears the set-user-ID bits. */
static int fill_temporary(const char *temporary, const char *path, const char *shown, const struct content *content,
                          struct vl_error *err)
{
    VL_CLOSE int descriptor = -1;

    if (!vl_file_drop_temporary(temporary))
        return vl_fail_errno(err, "cannot remove the left-over of '%s'", shown);
    descriptor = vl_file_ops()->open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (descriptor < 0)
        return vl_fail_errno(err, "cannot make a file beside '%s'", shown);
    if (write_all(descriptor, content->text, content->length) < 0)
        return vl_fail_errno(err, "cannot write '%s'", shown);
    if (give_away(descriptor, path, shown, content->group, err) < 0)
        return -1;
    if (vl_file_ops()->fchmod(descriptor, content->mode) < 0)
        return vl_fail_errno(err, "cannot set the mode of '%s'", shown);
    if (vl_file_ops()->fsync(descriptor) < 0)
        return vl_fail_errno(err, "cannot sync '%s'", shown);
    return 0;
}

int vl_file_write(const char *path, const char *text, size_t length, mode_t mode, struct vl_error *err)
{
    return vl_file_write_shown(path, path, text, length, mode, (gid_t)-1, err);
}

int vl_file_write_shown(const char *path, const char *shown, const char *text, size_t length, mode_t mode, gid_t group,
                        struct vl_error *err)
{
    const struct content content = { .text = text, .length = length, .mode = mode, .group = group };
    VL_FREE char *temporary = temporary_for(path);

    if (!temporary)
        return vl_no_memory(err);
    if (fill_temporary(temporary, path, shown, &content, err) < 0) {
        (void)vl_file_drop_temporary(temporary);
        return -1;
    }
    if (vl_file_ops()->rename(temporary, path) < 0) {
        int rc = vl_fail_errno(err, "cannot put '%s' in place", shown);

        (void)vl_file_drop_temporary(temporary);
        return rc;
    }
    return vl_file_sync_parent(path, err);
}

int vl_file_rename(const char *from, const char *to, struct vl_error *err)
{
    if (vl_file_sync(from, O_NOFOLLOW | O_NONBLOCK) < 0)
        return vl_fail_errno(err, "cannot sync '%s'", from);
    if (vl_file_ops()->rename(from, to) < 0)
        return vl_fail_errno(err, "cannot put '%s' in place", to);
    return vl_file_sync_parent(to, err);
}

bool vl_file_move(const char *from, const char *to)
{
    return vl_file_ops()->rename(from, to) == 0;
}

/* mkdir() takes the umask off the mode; a directory that we make gets the whole. */
static int make_directory(const char *path, mode_t mode)
{
    if (vl_file_ops()->mkdir(path, mode) < 0)
        return errno == EEXIST ? 0 : -1;
    return vl_file_ops()->chmod(path, mode);
}

int vl_file_mkdirs(const char *path, mode_t mode, struct vl_error *err)
{
    VL_FREE char *copy = vl_strdup(path);

    if (!copy)
        return vl_no_memory(err);
    for (char *slash = copy + (copy[0] == '/');; slash++) {
        bool last;
        struct stat status;

        slash += strcspn(slash, "/");
        last = *slash == '\0';
        *slash = '\0';
        if (stat(copy, &status) == 0 && !S_ISDIR(status.st_mode))
            return vl_fail(err, VL_ERROR_FAILED, "'%s' is there and is not a directory", copy);
        if (stat(copy, &status) < 0 && make_directory(copy, mode) < 0)
            return vl_fail_errno(err, "cannot make the directory '%s'", copy);
        if (last)
            return 0;
        *slash = '/';
    }
}

char *vl_file_scratch(const char *parent, const char *name, struct vl_error *err)
{
    char *path = NULL;

    if (vl_asprintf(&path, "%s/%s.XXXXXX", parent, name) < 0) {
        (void)vl_no_memory(err);
        return NULL;
    }
    if (vl_file_ops()->mkdtemp(path))
        return path;
    (void)vl_fail_errno(err, "cannot make a directory in '%s'", parent);
    vl_free(path);
    return NULL;
}

int vl_file_give_directory(int descriptor, uid_t user, struct vl_error *err)
{
    return vl_file_ops()->fchown(descriptor, user, user) < 0 ? vl_fail_errno(err, "cannot give a directory away") : 0;
}

int vl_file_lock(const char *path, const char *busy, struct vl_error *err)
{
    int descriptor = vl_file_ops()->open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (descriptor < 0)
        return vl_fail_errno(err, "cannot open the lock '%s'", path);
    if (flock(descriptor, LOCK_EX | LOCK_NB) < 0) {
        int rc = errno == EWOULDBLOCK ? vl_fail(err, VL_ERROR_FAILED, "%s", busy)
                                      : vl_fail_errno(err, "cannot lock '%s'", path);

        (void)close(descriptor);
        return rc;
    }
    return descriptor;
}

int vl_file_begin(const char *path, mode_t mode, struct vl_error *err)
{
    int descriptor = vl_file_ops()->open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);

    if (descriptor < 0 && errno == EEXIST)
        return vl_fail(err, VL_ERROR_FAILED, "'%s' is there already; give another name, or remove it", path);
    return descriptor < 0 ? vl_fail_errno(err, "cannot make '%s'", path) : descriptor;
}

int vl_file_open_device(const char *path)
{
    return vl_file_ops()->open(path, O_RDWR | O_CLOEXEC, 0);
}

bool vl_file_tell_kernel(const char *path, const char *word)
{
    VL_CLOSE int descriptor = vl_file_ops()->open(path, O_WRONLY | O_CLOEXEC, 0);

    return descriptor >= 0 && vl_file_ops()->write(descriptor, word, strlen(word)) == (ssize_t)strlen(word);
}

int vl_file_create(const char *path, mode_t mode, struct vl_error *err)
{
    int descriptor = vl_file_ops()->open(path, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY, mode);

    if (descriptor >= 0 && vl_file_ops()->fchmod(descriptor, mode) == 0)
        return descriptor;
    (void)vl_fail_errno(err, "cannot write '%s'", path);
    if (descriptor >= 0)
        (void)close(descriptor);
    return -1;
}

int vl_file_append(int descriptor, const char *path, const void *bytes, size_t length, struct vl_error *err)
{
    return write_all(descriptor, bytes, length) < 0 ? vl_fail_errno(err, "cannot write '%s'", path) : 0;
}

void vl_file_sweep(const char *path)
{
    VL_FREE char *temporary = temporary_for(path);

    if (temporary)
        (void)vl_file_drop_temporary(temporary);
}

bool vl_file_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

int vl_file_open_empty(const char *path, uint64_t size)
{
    VL_CLOSE int descriptor = open(path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
    struct stat status;
    int kept = descriptor;

    if (descriptor < 0 || fstat(descriptor, &status) < 0 || !S_ISREG(status.st_mode) || status.st_blocks ||
        (uint64_t)status.st_size != size || status.st_mtime + FRESH_S < time(NULL))
        return -1;
    descriptor = -1;
    return kept;
}
