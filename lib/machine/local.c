/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The target that is this host, or a tree of files under a directory of it. Paths are those that the files would have
 * on a running system (/etc/asterisk/sip.conf); a tree's root is put in front of them. Nothing outside the tree is
 * touched: ".." is refused, and so is a symbolic link that leads out.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/delete.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/process.h"
#include "machine/target.h"

/* This host is trusted, and the secrets of a lab of 250 guests are 2.4 MB. */
enum { DEFAULT_TIMEOUT_MS = 120000, LOCAL_FILE_LIMIT = 16 << 20 };

struct local_target {
    struct vl_target base;
    char *root; /* "" for the host itself, else the absolute path of the tree without a slash at its end */
};

static struct local_target *local_of(struct vl_target *target)
{
    return (struct local_target *)target;
}

/* True for an absolute path to a file without "." or ".." or empty parts. */
static bool is_plain(const char *path)
{
    while (*path == '/') {
        size_t length = strcspn(++path, "/");

        if (length == 0 || (length == 1 && path[0] == '.') || (length == 2 && path[0] == '.' && path[1] == '.'))
            return false;
        path += length;
        if (!*path)
            return true;
    }
    return false;
}

/* True when `path` exists and is, after all links, not in the tree. */
static bool leads_out(const char *root, const char *path)
{
    VL_FREE char *real = realpath(path, NULL);
    size_t length = strlen(root);

    return real && !(strncmp(real, root, length) == 0 && (real[length] == '/' || real[length] == '\0'));
}

/* The path on this host, which the caller frees. With `follow` the file itself must not be a link out of the tree. */
static char *locate(const struct local_target *local, const char *path, bool follow, struct vl_error *err)
{
    struct vl_buf whole = VL_BUF_INIT;
    VL_BUF_AUTO directory = VL_BUF_INIT;
    char *text;

    if (!is_plain(path)) {
        (void)vl_fail(err, VL_ERROR_FAILED, "'%s' is not a plain absolute path", path);
        return NULL;
    }
    vl_buf_printf(&whole, "%s%s", local->root, path);
    text = vl_buf_take(&whole);
    if (text)
        vl_buf_add(&directory, text, (size_t)(strrchr(text, '/') - text));
    if (!text || directory.failed) {
        free(text);
        (void)vl_no_memory(err);
        return NULL;
    }
    if (*local->root && (leads_out(local->root, vl_buf_text(&directory)) || (follow && leads_out(local->root, text)))) {
        (void)vl_fail(err, VL_ERROR_FAILED, "'%s' leads out of the tree '%s' by a symbolic link", path, local->root);
        free(text);
        return NULL;
    }
    return text;
}

static int local_read(struct vl_target *target, const char *path, char **ret_text, mode_t *ret_mode,
                      struct vl_error *err)
{
    VL_FREE char *place = locate(local_of(target), path, true, err);
    struct stat status;

    if (!place || vl_file_read(place, LOCAL_FILE_LIMIT, ret_text, &status, err) < 0)
        return -1;
    *ret_mode = status.st_mode & 07777;
    return 0;
}

/* Find the group in the system's data base, or for a tree in the tree's own /etc/group. True when there is one. */
static bool find_group(const struct local_target *local, const char *name, gid_t *ret_group)
{
    struct group entry, *found = NULL;
    VL_FREE char *room = vl_malloc(65536);
    VL_BUF_AUTO path = VL_BUF_INIT;
    VL_FCLOSE FILE *file = NULL;

    if (!room)
        return false;
    vl_buf_printf(&path, "%s/etc/group", local->root);
    if (!*local->root)
        (void)getgrnam_r(name, &entry, room, 65536, &found);
    else if (!leads_out(local->root, vl_buf_text(&path)))
        file = fopen(vl_buf_text(&path), "re");
    while (file && fgetgrent_r(file, &entry, room, 65536, &found) == 0 && strcmp(entry.gr_name, name) != 0)
        found = NULL;
    if (!found)
        return false;
    *ret_group = found->gr_gid;
    return true;
}

static int local_write(struct vl_target *target, const char *path, const char *text, mode_t mode, const char *group,
                       struct vl_error *err)
{
    struct local_target *local = local_of(target);
    VL_FREE char *place = locate(local, path, false, err);
    gid_t id = (gid_t)-1;

    if (!place)
        return -1;
    if (group)
        (void)find_group(local, group, &id);
    return vl_file_write_group(place, text, strlen(text), mode, id, err);
}

static enum vl_path_kind kind_of(mode_t mode)
{
    if (S_ISLNK(mode))
        return VL_PATH_LINK;
    if (S_ISDIR(mode))
        return VL_PATH_DIRECTORY;
    return S_ISREG(mode) ? VL_PATH_FILE : VL_PATH_OTHER;
}

/* What a link says and where it ends; a tree's paths begin at its root, as they do everywhere here. */
static int follow_link(const struct local_target *local, const char *place, struct vl_path_facts *facts,
                       struct vl_error *err)
{
    VL_FREE char *real = realpath(place, NULL);
    char text[PATH_MAX];
    ssize_t length = readlink(place, text, sizeof(text));

    if (length < 0)
        return vl_fail_errno(err, "cannot read the link '%s'", place);
    facts->link = vl_strndup(text, (size_t)length);
    if (real)
        facts->real = vl_strdup(real + (leads_out(local->root, real) ? 0 : strlen(local->root)));
    return facts->link && (facts->real || !real) ? 0 : vl_no_memory(err);
}

static int local_facts(struct vl_target *target, const char *path, struct vl_path_facts *ret_facts,
                       struct vl_error *err)
{
    struct local_target *local = local_of(target);
    VL_FREE char *place = locate(local, path, false, err);
    VL_PATH_FACTS_AUTO facts = { .kind = VL_PATH_NONE };
    struct stat status;

    if (!place)
        return -1;
    if (lstat(place, &status) == 0) {
        facts.kind = kind_of(status.st_mode);
        if (facts.kind == VL_PATH_LINK && follow_link(local, place, &facts, err) < 0)
            return -1;
        if (facts.kind == VL_PATH_LINK && stat(place, &status) < 0)
            status = (struct stat){ .st_mode = 0 };
        facts.mode = status.st_mode & 07777;
        facts.owner = status.st_uid;
        facts.group = status.st_gid;
        facts.changed = status.st_mtime;
    } else if (errno != ENOENT && errno != ENOTDIR) {
        return vl_fail_errno(err, "cannot look at '%s'", place);
    }
    *ret_facts = facts;
    facts = (struct vl_path_facts){ .kind = VL_PATH_NONE };
    return 0;
}

/* Who is not root cannot give a file away, so that it would be wrong for ever: to them it is not. */
static bool local_gives_to(struct vl_target *target, const char *group, gid_t *ret_id)
{
    return geteuid() == 0 && find_group(local_of(target), group, ret_id);
}

static int local_remove(struct vl_target *target, const char *path, struct vl_error *err)
{
    VL_FREE char *place = locate(local_of(target), path, false, err);

    return place ? vl_file_remove(place, err) : -1;
}

static int local_run(struct vl_target *target, const char *const *argv, const char *input, int timeout_ms,
                     struct vl_command_result *ret_result, struct vl_error *err)
{
    struct vl_process_options options = {
        .input = input,
        .timeout_ms = timeout_ms > 0 ? timeout_ms : DEFAULT_TIMEOUT_MS,
        .output_limit = VL_TARGET_OUTPUT_LIMIT,
    };
    VL_PROCESS_RESULT_AUTO result = { .status = -1 };

    if (*local_of(target)->root)
        return vl_fail(err, VL_ERROR_FAILED, "'%s' is not run: '%s' is a tree of files, not a running system", argv[0],
                       local_of(target)->root);
    if (vl_process_run(argv, &options, &result, err) < 0)
        return -1;
    if (result.timed_out)
        return vl_fail(err, VL_ERROR_TIMEOUT, "'%s' did not end within %.1f s", argv[0], options.timeout_ms / 1000.0);
    ret_result->status = result.status;
    ret_result->output = result.output;
    result.output = NULL;
    return 0;
}

static void local_close(struct vl_target *target)
{
    free(local_of(target)->root);
    free(target);
}

static const struct vl_target_ops local_ops = {
    .read = local_read,
    .write = local_write,
    .remove = local_remove,
    .facts = local_facts,
    .gives_to = local_gives_to,
    .run = local_run,
    .close = local_close,
};

struct vl_target *vl_target_local(const char *root, struct vl_error *err)
{
    struct local_target *local = vl_calloc(1, sizeof(*local));
    VL_FREE char *real = realpath(root, NULL);

    if (local && real)
        local->root = vl_strdup(strcmp(real, "/") == 0 ? "" : real);
    if (!local || !local->root) {
        (void)(real ? vl_no_memory(err) : vl_fail_errno(err, "cannot use '%s' as the root of a tree", root));
        free(local);
        return NULL;
    }
    local->base = (struct vl_target){ .ops = &local_ops, .name = *local->root ? local->root : "this host" };
    return &local->base;
}
