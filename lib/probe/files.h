/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The files below some directories of a PBX, all of them, with what is in them: what lies there now, to be compared
 * with what lay there before, of which a text is kept.
 *
 * What a PBX says is bounded and may be anything, and who looks may not see all. Names that a terminal would not show
 * are left out. For the rest it is said what was not looked at, and nothing is taken to be gone that was not asked for:
 * of more than VL_SEEN_MOST files those count that were known or asked for, then those that lie least deep; of more
 * than VL_SEEN_TOTAL_LIMIT bytes the same ones are read.
 */
#ifndef VL_PROBE_FILES_H
#define VL_PROBE_FILES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "machine/target.h"

enum {
    VL_SEEN_MOST = 2000,             /* files, but for those that were known or asked for */
    VL_SEEN_KEPT_MOST = 8000,        /* with those */
    VL_SEEN_FILE_LIMIT = 256 << 10,  /* bytes of one whose text is looked at */
    VL_SEEN_TOTAL_LIMIT = 8 << 20,   /* bytes of all of them */
    VL_SEEN_RECORD_LIMIT = 10 << 20, /* bytes of the text that is kept */
};

/* Why there is no text of a file. Of the last three it is not known what is in it. */
enum vl_seen_unread {
    VL_SEEN_READ,
    VL_SEEN_LARGE,  /* it has more than VL_SEEN_FILE_LIMIT bytes: a file of another size is another one */
    VL_SEEN_MUCH,   /* all of them have more than VL_SEEN_TOTAL_LIMIT */
    VL_SEEN_DENIED, /* who looked may not read it */
    VL_SEEN_HIDDEN, /* who looked may not see whether it is there; nothing else of it is known */
};

struct vl_seen_file {
    const char *path;  /* absolute */
    char kind;         /* 'f' a file, 'l' a symbolic link, 'd' a directory that may not be looked into, '?' hidden */
    unsigned mode;     /* 07777 */
    const char *owner; /* USER:GROUP */
    size_t size;       /* bytes */
    const char *text;  /* a NUL in it as \1; of a link: what it says; NULL: `unread` says why */
    enum vl_seen_unread unread;
};

struct vl_seen_files {
    struct vl_seen_file *files; /* sorted by path; in the arena */
    size_t count;
    const char *bound; /* files that lie deeper than this one, or as deep and behind it, were looked at only when they
                        * were known or asked for; NULL: all were looked at */
};

/* Look at `roots`: directories end with a slash, others are files; NULL-terminated. One that is not there has none.
 * `known` (NULL: nothing): what was seen before, there or somewhere else; each of its files is asked for, and of one
 * that has the SHA-256 sum of the one of its path in there the text is not brought over once more. */
int vl_probe_files(struct vl_target *target, struct vl_arena *arena, const char *const *roots,
                   const struct vl_seen_files *known, struct vl_seen_files *ret_files, struct vl_error *err);

const struct vl_seen_file *vl_seen_find(const struct vl_seen_files *files, const char *path);

/* Whether a file of this path would be among them if it had been there. */
bool vl_seen_would_find(const struct vl_seen_files *files, const char *path);

/* The text that is kept of them, in the arena, and back; `taken` is when it was, in seconds since 1970. */
const char *vl_seen_text(struct vl_arena *arena, const struct vl_seen_files *files, long taken);
int vl_seen_parse(struct vl_arena *arena, const char *text, struct vl_seen_files *ret_files, long *ret_taken,
                  struct vl_error *err);

#endif
