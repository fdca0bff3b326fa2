/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The directories that lead to where we are stay open on a stack, so that ".." is the one that we came through. What a
 * link says takes the place of its name in the text that is still to go.
 */
#include "base/walk.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/memory.h"

enum { MOST_LINKS = 40, MOST_DEPTH = 256, ENTRY_ROOM = 65536 };

/* A directory on the way. */
struct level {
    int descriptor;
    struct stat status;
    size_t length; /* of `at` without its name */
};

struct walking {
    struct vl_walk *walk;
    const char *root;
    enum vl_walk_to to;
    struct level *levels;
    size_t depth;
    struct vl_buf at; /* where we are */
    char *rest;       /* still to go, from `next` on */
    char *next;
    unsigned links;
    bool bound; /* what is found must belong to `bound_to` */
    uid_t bound_to;
    struct vl_error *err;
};

/* Whose a thing is, and who may write to it */

/* The user who called sudo; our own number when nobody did. Root's environment is root's word. */
static uid_t caller(void)
{
    const char *text = geteuid() == 0 ? getenv("SUDO_UID") : NULL;
    char *end;
    unsigned long number;

    if (!text || *text < '0' || *text > '9')
        return geteuid();
    errno = 0;
    number = strtoul(text, &end, 10);
    return errno || *end || number >= UINT_MAX ? geteuid() : (uid_t)number;
}

bool vl_walk_is_ours(uid_t user)
{
    return user == 0 || user == geteuid() || user == caller();
}

/* A group that bears its owner's name, is the owner's own, and has no further member. */
static bool is_private(uid_t user, gid_t group)
{
    struct passwd entry, *person = NULL;
    struct group line, *found = NULL;
    VL_FREE char *room = vl_malloc(ENTRY_ROOM), *more = vl_malloc(ENTRY_ROOM);

    if (!room || !more || getpwuid_r(user, &entry, room, ENTRY_ROOM, &person) || !person || entry.pw_gid != group ||
        getgrgid_r(group, &line, more, ENTRY_ROOM, &found) || !found)
        return false;
    return strcmp(line.gr_name, entry.pw_name) == 0 &&
           (!line.gr_mem[0] || (strcmp(line.gr_mem[0], entry.pw_name) == 0 && !line.gr_mem[1]));
}

bool vl_walk_is_open(const struct stat *status)
{
    if (status->st_mode & S_IWOTH)
        return true;
    return (status->st_mode & S_IWGRP) && status->st_gid != 0 && !is_private(status->st_uid, status->st_gid);
}

/* Others may write there, and are not kept from what is not theirs. */
static bool is_common(const struct stat *status)
{
    return !(status->st_mode & S_ISVTX) && vl_walk_is_open(status);
}

static bool is_shared(const struct stat *status)
{
    return !vl_walk_is_ours(status->st_uid) || is_common(status);
}

/* What is met */

static const char *place(const struct walking *walking)
{
    return walking->at.length ? vl_buf_text(&walking->at) : "/";
}

/* The first one is remembered. */
static void note(struct walking *walking, enum vl_walk_why why, const struct stat *status)
{
    struct vl_walk *walk = walking->walk;

    if (walk->why != VL_WALK_OURS)
        return;
    walk->why = why;
    walk->where = vl_strdup(place(walking));
    walk->owner = status->st_uid;
    walk->mode = status->st_mode & 07777;
}

static const struct level *here(const struct walking *walking)
{
    return &walking->levels[walking->depth - 1];
}

/* Somebody else's, where everybody may make something. */
static void note_planted(struct walking *walking, const struct stat *status)
{
    if (walking->depth && (here(walking)->status.st_mode & S_IWOTH) && !vl_walk_is_ours(status->st_uid))
        walking->walk->planted = true;
}

static int fail_link(struct walking *walking)
{
    return vl_fail(walking->err, VL_ERROR_REFUSED,
                   "the link '%s' may be another user's, and leads to what is not theirs; put the file itself there",
                   place(walking));
}

/* A link that somebody else made, or could have put there, binds what is found to belong to them. */
static int judge_link(struct walking *walking, const struct stat *link)
{
    const struct stat *directory = &here(walking)->status;
    bool theirs = !vl_walk_is_ours(link->st_uid);
    uid_t owner = theirs ? link->st_uid : directory->st_uid;

    note_planted(walking, link);
    if (!theirs && !is_shared(directory))
        return 0;
    note(walking, VL_WALK_LINK, link);
    if (vl_walk_is_ours(owner) || (walking->bound && walking->bound_to != owner))
        return fail_link(walking);
    walking->bound = true;
    walking->bound_to = owner;
    return 0;
}

/* The stack */

static int push(struct walking *walking, int descriptor, const struct stat *status, size_t length)
{
    struct level *grown = vl_realloc(walking->levels, (walking->depth + 1) * sizeof(*grown));

    if (!grown || walking->depth >= MOST_DEPTH) {
        (void)close(descriptor);
        return grown ? vl_fail(walking->err, VL_ERROR_FAILED, "'%s' lies too deep", place(walking))
                     : vl_no_memory(walking->err);
    }
    walking->levels = grown;
    grown[walking->depth++] = (struct level){ .descriptor = descriptor, .status = *status, .length = length };
    if (!vl_walk_is_ours(status->st_uid))
        note(walking, VL_WALK_OWNER, status);
    else if (is_common(status))
        note(walking, VL_WALK_WRITABLE, status);
    return 0;
}

static void pop(struct walking *walking)
{
    walking->depth--;
    (void)close(walking->levels[walking->depth].descriptor);
    vl_buf_cut(&walking->at, walking->levels[walking->depth].length);
}

static int lead_out(const struct walking *walking)
{
    return vl_fail(walking->err, VL_ERROR_REFUSED, "'%s' leads out of the tree '%s' by a symbolic link", place(walking),
                   walking->root);
}

static int go_up(struct walking *walking)
{
    if (walking->depth > 1) {
        pop(walking);
        return 0;
    }
    return *walking->root ? lead_out(walking) : 0;
}

static int begin(struct walking *walking, const char *path)
{
    const char *root = *walking->root ? walking->root : "/";
    int descriptor = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
    struct stat status;

    vl_buf_puts(&walking->at, walking->root);
    walking->rest = walking->next = vl_strdup(path);
    if (!walking->rest || descriptor < 0 || fstat(descriptor, &status) < 0) {
        int rc = walking->rest ? vl_fail_errno(walking->err, "cannot open '%s'", root) : vl_no_memory(walking->err);

        if (descriptor >= 0)
            (void)close(descriptor);
        return rc;
    }
    return push(walking, descriptor, &status, 0);
}

/* What the link says, followed by what is left to go. `length`: of `at` without the link's name. */
static int follow(struct walking *walking, int link, size_t length, const char *left)
{
    VL_FREE char *said = vl_malloc(PATH_MAX);
    ssize_t got = said ? readlinkat(link, "", said, PATH_MAX - 1) : -1;
    size_t root = strlen(walking->root);
    char *whole = NULL;

    if (!said)
        return vl_no_memory(walking->err);
    if (got < 0 || ++walking->links > MOST_LINKS)
        return vl_fail(walking->err, VL_ERROR_FAILED, "cannot follow the link '%s'", place(walking));
    said[got] = '\0';
    if (*said == '/' && (strncmp(said, walking->root, root) != 0 || (said[root] && said[root] != '/')))
        return lead_out(walking);
    vl_buf_cut(&walking->at, length);
    while (*said == '/' && walking->depth > 1)
        pop(walking);
    if (vl_asprintf(&whole, "%s/%s", *said == '/' ? said + root : said, left) < 0)
        return vl_no_memory(walking->err);
    free(walking->rest);
    walking->rest = walking->next = whole;
    return 0;
}

/* The end of the way */

/* Of a file: what is opened now is looked at again, for it may be another by now. */
static int arrive(struct walking *walking, int descriptor, const char *name)
{
    struct vl_walk *walk = walking->walk;
    struct stat *status = &walk->status;

    walk->descriptor = descriptor;
    if (fstat(descriptor, status) < 0)
        return vl_fail_errno(walking->err, "cannot look at '%s'", place(walking));
    if (walking->to == VL_WALK_FILE && S_ISREG(status->st_mode)) {
        (void)close(descriptor);
        walk->descriptor =
            openat(here(walking)->descriptor, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        if (walk->descriptor < 0 || fstat(walk->descriptor, status) < 0)
            return vl_fail_errno(walking->err, "cannot open '%s'", place(walking));
    }
    if (walking->to == VL_WALK_FILE && !S_ISREG(status->st_mode))
        return vl_fail(walking->err, VL_ERROR_FAILED, "'%s' is not a regular file", place(walking));
    if (walking->bound && status->st_uid != walking->bound_to)
        return fail_link(walking);
    return 0;
}

/* The directory that we are in is what was meant. */
static int arrive_here(struct walking *walking)
{
    struct vl_walk *walk = walking->walk;

    walk->status = here(walking)->status;
    if (walking->to == VL_WALK_FILE)
        return vl_fail(walking->err, VL_ERROR_FAILED, "'%s' is not a regular file", place(walking));
    walk->descriptor = fcntl(here(walking)->descriptor, F_DUPFD_CLOEXEC, 3);
    if (walk->descriptor < 0)
        return vl_fail_errno(walking->err, "cannot look at '%s'", place(walking));
    return walking->bound && walk->status.st_uid != walking->bound_to ? fail_link(walking) : 0;
}

static int fail_to_open(const struct walking *walking)
{
    int rc = vl_fail_errno(walking->err, "cannot open '%s'", place(walking));

    if (errno == ENOENT || errno == ENOTDIR)
        walking->err->code = VL_ERROR_NOTFOUND;
    return rc;
}

/* Take the name that is next. 1: we are there. */
static int step(struct walking *walking, const char *name, const char *left)
{
    bool last = !left[strspn(left, "/")];
    size_t length = walking->at.length;
    struct stat status;
    int descriptor, rc;

    vl_buf_printf(&walking->at, "/%s", name);
    if (walking->at.failed)
        return vl_no_memory(walking->err);
    descriptor = openat(here(walking)->descriptor, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (descriptor < 0)
        return fail_to_open(walking);
    if (fstat(descriptor, &status) < 0) {
        (void)close(descriptor);
        return fail_to_open(walking);
    }
    if (S_ISLNK(status.st_mode)) {
        rc = judge_link(walking, &status) < 0 ? -1 : follow(walking, descriptor, length, left);
        (void)close(descriptor);
        return rc;
    }
    note_planted(walking, &status);
    if (S_ISDIR(status.st_mode))
        return push(walking, descriptor, &status, length);
    if (last && walking->to != VL_WALK_DIRECTORY && walking->to != VL_WALK_PARENT)
        return arrive(walking, descriptor, name) < 0 ? -1 : 1;
    (void)close(descriptor);
    errno = ENOTDIR;
    return fail_to_open(walking);
}

static int go(struct walking *walking)
{
    for (;;) {
        char *name = walking->next + strspn(walking->next, "/"), *left = name + strcspn(name, "/");
        VL_FREE char *copy = vl_strndup(name, (size_t)(left - name));
        int rc;

        if (!copy)
            return vl_no_memory(walking->err);
        walking->next = left;
        if (!*copy)
            return arrive_here(walking);
        rc = !strcmp(copy, ".") ? 0 : !strcmp(copy, "..") ? go_up(walking) : step(walking, copy, left);
        if (rc)
            return rc < 0 ? -1 : 0;
    }
}

static void leave(struct walking *walking)
{
    for (size_t i = 0; i < walking->depth; i++)
        if (!(walking->levels[i].status.st_mode & S_IXOTH))
            walking->walk->hidden = true;
    while (walking->depth)
        pop(walking);
    free(walking->levels);
    free(walking->rest);
    vl_buf_free(&walking->at);
}

int vl_walk(struct vl_walk *walk, const char *root, const char *path, enum vl_walk_to to, struct vl_error *err)
{
    struct walking walking = { .walk = walk, .root = root, .to = to, .at = VL_BUF_INIT, .err = err };
    const char *slash = strrchr(path, '/');
    VL_FREE char *directory = to == VL_WALK_PARENT && slash ? vl_strndup(path, (size_t)(slash - path)) : NULL;
    int rc;

    *walk = (struct vl_walk)VL_WALK_INIT;
    walk->name = slash ? slash + 1 : path;
    if (to == VL_WALK_PARENT && !directory)
        return vl_no_memory(err);
    rc = begin(&walking, directory ? directory : path) < 0 ? -1 : go(&walking);
    leave(&walking);
    if (rc < 0 && walk->descriptor >= 0) {
        (void)close(walk->descriptor);
        walk->descriptor = -1;
    }
    return rc;
}

void vl_walk_end(struct vl_walk *walk)
{
    if (walk->descriptor >= 0)
        (void)close(walk->descriptor);
    free(walk->where);
    *walk = (struct vl_walk)VL_WALK_INIT;
}
