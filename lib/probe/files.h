/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The files below some directories of a PBX, all of them, with what is in them: what lies there now, to be compared
 * with what lay there before, of which a text is kept.
 *
 * What a PBX says is bounded and may be anything: names that a terminal would not show are left out, and so is what
 * comes behind the first VL_SEEN_MOST files.
 */
#ifndef VL_PROBE_FILES_H
#define VL_PROBE_FILES_H

#include <stddef.h>

#include "base/arena.h"
#include "machine/target.h"

enum {
    VL_SEEN_MOST = 2000,             /* files */
    VL_SEEN_FILE_LIMIT = 256 << 10,  /* bytes of one whose text is looked at */
    VL_SEEN_TOTAL_LIMIT = 8 << 20,   /* bytes of all of them */
    VL_SEEN_RECORD_LIMIT = 10 << 20, /* bytes of the text that is kept */
};

struct vl_seen_file {
    const char *path;  /* absolute */
    char kind;         /* 'f' a file, 'l' a symbolic link */
    unsigned mode;     /* 07777 */
    const char *owner; /* USER:GROUP */
    size_t size;       /* bytes */
    const char *text;  /* a NUL in it as \1; of a link: what it says; NULL: it is larger than the limit */
};

struct vl_seen_files {
    struct vl_seen_file *files; /* sorted by path; in the arena */
    size_t count;
};

/* Look at `roots`: directories end with a slash, others are files; NULL-terminated. One that is not there has none.
 * `known` (NULL: nothing): what was seen before, there or somewhere else; of a file that has the SHA-256 sum of the one
 * of its path in there the text is not brought over once more. */
int vl_probe_files(struct vl_target *target, struct vl_arena *arena, const char *const *roots,
                   const struct vl_seen_files *known, struct vl_seen_files *ret_files, struct vl_error *err);

const struct vl_seen_file *vl_seen_find(const struct vl_seen_files *files, const char *path);

/* The text that is kept of them, in the arena, and back; `taken` is when it was, in seconds since 1970. */
const char *vl_seen_text(struct vl_arena *arena, const struct vl_seen_files *files, long taken);
int vl_seen_parse(struct vl_arena *arena, const char *text, struct vl_seen_files *ret_files, long *ret_taken,
                  struct vl_error *err);

#endif
