/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files that decide what is done here, as root often: the lab file, keys, passwords, the state, the shared files. Each
 * is opened, and then what was opened is judged, with every directory that leads to it (walk.h): it is ours, and nobody
 * else may write to it or put another in its place. The messages are one line, with what to do.
 */
#ifndef VL_BASE_OWN_H
#define VL_BASE_OWN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"

enum vl_own_kind {
    VL_OWN_WORD,   /* what we do what it says */
    VL_OWN_SECRET, /* and nobody but its owner may read it, wherever it lies */
};

/* Read it as vl_file_read() does, with a path that may be relative. *ret_exposed (or NULL): whether every user of this
 * host can read it. VL_ERROR_REFUSED when it is not ours alone, VL_ERROR_NOTFOUND when it is not there. */
int vl_own_read(const char *path, size_t limit, enum vl_own_kind kind, char **ret_text, bool *ret_exposed,
                struct vl_error *err);

/* Judge a directory in which things are that are believed, and those above it. What of it is not there yet, or cannot
 * be looked at, is no fault: nothing is read from it. */
int vl_own_directory(const char *path, struct vl_error *err);

struct vl_walk;

/* Refuse a way on which somebody else made a directory or laid a link where everybody may: what we would write there is
 * led to where they want it. */
int vl_own_judge_way(const struct vl_walk *walk, const char *path, struct vl_error *err);

/* Make a directory and its parents (vl_file_mkdirs()), unless its way is such a one. */
int vl_own_mkdirs(const char *path, mode_t mode, struct vl_error *err);

#endif
