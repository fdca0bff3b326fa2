/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The way to a file, one directory after the other, and who else could have laid it otherwise. What was judged is what
 * is opened: each step is taken from the descriptor of the last one, and never through a link that is not read first.
 *
 * Ours is what belongs to root, to the user that we are, or as root to the one who called us by sudo(8). A directory is
 * shared when it belongs to another, or others may write to it; one with the sticky bit is not, for there nobody can
 * replace what is another's, but what lies in it is looked at for itself like all.
 */
#ifndef VL_BASE_WALK_H
#define VL_BASE_WALK_H

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/error.h"

enum vl_walk_to {
    VL_WALK_FILE,      /* a regular file, opened for reading */
    VL_WALK_ANY,       /* whatever it is, opened to be looked at (O_PATH); its last link is followed */
    VL_WALK_PARENT,    /* the directory that the last name is in, O_PATH; that name need not be there */
    VL_WALK_DIRECTORY, /* a directory, O_PATH */
};

/* Why somebody else has a say in where a path leads. */
enum vl_walk_why { VL_WALK_OURS, VL_WALK_OWNER, VL_WALK_WRITABLE, VL_WALK_LINK };

struct vl_walk {
    int descriptor;     /* of what the walk was to; -1: it did not get there */
    struct stat status; /* of that, from the descriptor */
    const char *name;   /* the last name, in the path that was given */
    /* the first place where somebody else has a say: */
    enum vl_walk_why why;
    char *where; /* its path, owned; NULL: none */
    uid_t owner; /* whose it is */
    mode_t mode;
    bool planted; /* somebody else made a directory or a link of it where everybody may make one */
    bool hidden;  /* not everybody can come to it */
};

/* Walk to the absolute path `path` below `root` ("": this host's; else a directory, which no link and no ".." leads out
 * of: VL_ERROR_REFUSED). Of a failure, `walk` holds what was seen up to there; it is freed by vl_walk_end() in any
 * case. VL_ERROR_NOTFOUND: a part of it is not there.
 *
 * A link that others could have laid is followed only to what belongs to who laid it. */
int vl_walk(struct vl_walk *walk, const char *root, const char *path, enum vl_walk_to to, struct vl_error *err);
void vl_walk_end(struct vl_walk *walk);

/* Whether this user is root, who we are, or who called us by sudo. */
bool vl_walk_is_ours(uid_t user);

/* Whether others than the owner may write to what has this status. The group that is the owner's alone does not count:
 * many systems give each user one, and files that it may write to. */
bool vl_walk_is_open(const struct stat *status);

#define VL_WALK_INIT                                                                                                   \
    {                                                                                                                  \
        .descriptor = -1                                                                                               \
    }
#define VL_WALK_AUTO __attribute__((cleanup(vl_walk_end))) struct vl_walk

#endif
