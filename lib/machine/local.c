/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The target that is this host, or a tree of files under a directory of it. Paths are those that the files would have
 * on a running system (/etc/asterisk/sip.conf); a tree's root is put in front of them. Nothing outside the tree is
 * touched: ".." is refused, and so is a symbolic link that leads out.
 *
 * On the way to a file are directories of others: /etc/asterisk is Asterisk's, and whoever gets hold of it can lay
 * links there. So each way is walked (base/walk.h), and what is read, judged and changed is what was walked to.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/delete.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/own.h"
#include "base/process.h"
#include "base/walk.h"
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

static int check_plain(const char *path, struct vl_error *err)
{
    return is_plain(path) ? 0 : vl_fail(err, VL_ERROR_FAILED, "'%s' is not a plain absolute path", path);
}

/* What somebody else could have put there, is theirs; a second name of somebody else's file is not. */
static int judge_file(const char *path, const struct vl_walk *walk, struct vl_error *err)
{
    if (walk->why == VL_WALK_OURS || walk->status.st_nlink == 1 || walk->status.st_uid == walk->owner)
        return 0;
    return vl_fail(err, VL_ERROR_REFUSED,
                   "'%s' is another name of a file that may lie elsewhere, in a directory where others decide; put a "
                   "file of its own there",
                   path);
}

static int local_read(struct vl_target *target, const char *path, char **ret_text, mode_t *ret_mode,
                      struct vl_error *err)
{
    VL_WALK_AUTO walk = VL_WALK_INIT;

    if (check_plain(path, err) < 0 || vl_walk(&walk, local_of(target)->root, path, VL_WALK_FILE, err) < 0 ||
        judge_file(path, &walk, err) < 0 ||
        vl_file_read_open(walk.descriptor, path, LOCAL_FILE_LIMIT, ret_text, err) < 0)
        return -1;
    *ret_mode = walk.status.st_mode & 07777;
    return 0;
}

/* A name in a directory that is held open, so that no link can be laid on the way to it. */
struct place {
    struct vl_walk walk; /* to the directory */
    char *path;          /* of the name, through the descriptor */
    char *shown;         /* as it is told, with the root of a tree */
};

static void leave_place(struct place *place)
{
    vl_walk_end(&place->walk);
    free(place->path);
    free(place->shown);
}

#define PLACE_AUTO __attribute__((cleanup(leave_place))) struct place

static int find_place(const struct local_target *local, const char *path, struct place *place, struct vl_error *err)
{
    if (check_plain(path, err) < 0 || vl_walk(&place->walk, local->root, path, VL_WALK_PARENT, err) < 0)
        return -1;
    if (vl_asprintf(&place->path, "/proc/self/fd/%d/%s", place->walk.descriptor, place->walk.name) < 0 ||
        vl_asprintf(&place->shown, "%s%s", local->root, path) < 0)
        return vl_no_memory(err);
    return 0;
}

/* For a change. */
static int take_place(const struct local_target *local, const char *path, struct place *place, struct vl_error *err)
{
    if (find_place(local, path, place, err) < 0)
        return -1;
    if (vl_own_judge_way(&place->walk, place->shown, err) < 0)
        return -1;
    if (!vl_file_exists("/proc/self/fd"))
        return vl_fail(err, VL_ERROR_FAILED, "'/proc' is not mounted, without which no file is changed; mount it");
    return 0;
}

/* Find the group in the system's data base, or for a tree in the tree's own /etc/group. True when there is one. */
static bool find_group(const struct local_target *local, const char *name, gid_t *ret_group)
{
    struct group entry, *found = NULL;
    VL_FREE char *room = vl_malloc(65536);
    VL_WALK_AUTO walk = VL_WALK_INIT;
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    VL_FCLOSE FILE *file = NULL;

    if (!room)
        return false;
    if (!*local->root)
        (void)getgrnam_r(name, &entry, room, 65536, &found);
    else if (vl_walk(&walk, local->root, "/etc/group", VL_WALK_FILE, &ignored) == 0)
        file = fdopen(walk.descriptor, "r");
    if (file)
        walk.descriptor = -1; /* the stream's now */
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
    PLACE_AUTO place = { .walk = VL_WALK_INIT };
    gid_t id = (gid_t)-1;

    if (take_place(local, path, &place, err) < 0)
        return -1;
    if (group)
        (void)find_group(local, group, &id);
    return vl_file_write_shown(place.path, place.shown, text, strlen(text), mode, id, err);
}

static enum vl_path_kind kind_of(mode_t mode)
{
    if (S_ISLNK(mode))
        return VL_PATH_LINK;
    if (S_ISDIR(mode))
        return VL_PATH_DIRECTORY;
    return S_ISREG(mode) ? VL_PATH_FILE : VL_PATH_OTHER;
}

/* Where what is open lies, as the kernel says; a tree's paths begin at its root, as they do everywhere here. */
static char *real_path(const struct local_target *local, int descriptor)
{
    size_t root = strlen(local->root);
    VL_FREE char *name = NULL, *real = NULL;

    if (vl_asprintf(&name, "/proc/self/fd/%d", descriptor) < 0)
        return NULL;
    real = realpath(name, NULL);
    return real ? vl_strdup(strncmp(real, local->root, root) == 0 ? real + root : real) : NULL;
}

/* What a link says and where it ends. One that others could have laid ends nowhere, unless at what is theirs. */
static int follow_link(const struct local_target *local, const char *path, const struct place *place,
                       struct vl_path_facts *facts, struct stat *status, struct vl_error *err)
{
    VL_WALK_AUTO walk = VL_WALK_INIT;
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    char text[PATH_MAX];
    ssize_t length = readlinkat(place->walk.descriptor, place->walk.name, text, sizeof(text));

    if (length < 0)
        return vl_fail_errno(err, "cannot read the link '%s'", place->shown);
    facts->link = vl_strndup(text, (size_t)length);
    *status = (struct stat){ .st_mode = 0 };
    if (vl_walk(&walk, local->root, path, VL_WALK_ANY, &ignored) == 0) {
        *status = walk.status;
        facts->real = real_path(local, walk.descriptor);
    }
    return facts->link ? 0 : vl_no_memory(err);
}

static int local_facts(struct vl_target *target, const char *path, struct vl_path_facts *ret_facts,
                       struct vl_error *err)
{
    const struct local_target *local = local_of(target);
    PLACE_AUTO place = { .walk = VL_WALK_INIT };
    VL_PATH_FACTS_AUTO facts = { .kind = VL_PATH_NONE };
    struct stat status;

    if (find_place(local, path, &place, err) < 0) {
        if (err->code != VL_ERROR_NOTFOUND)
            return -1;
        vl_error_clear(err);
    } else if (fstatat(place.walk.descriptor, place.walk.name, &status, AT_SYMLINK_NOFOLLOW) == 0) {
        facts.kind = kind_of(status.st_mode);
        if (facts.kind == VL_PATH_LINK && follow_link(local, path, &place, &facts, &status, err) < 0)
            return -1;
        facts.mode = status.st_mode & 07777;
        facts.owner = status.st_uid;
        facts.group = status.st_gid;
        facts.changed = status.st_mtime;
    } else if (errno != ENOENT && errno != ENOTDIR) {
        return vl_fail_errno(err, "cannot look at '%s'", place.shown);
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
    PLACE_AUTO place = { .walk = VL_WALK_INIT };

    if (take_place(local_of(target), path, &place, err) < 0) {
        if (err->code != VL_ERROR_NOTFOUND)
            return -1;
        vl_error_clear(err); /* a missing one is as good as removed */
        return 0;
    }
    return vl_file_remove_shown(place.path, place.shown, err);
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
    ret_result->answered = time(NULL);
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
