/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What renderers make: a set of files as they shall be. Pure values; plan/ compares them with what is there.
 */
#ifndef VL_RENDER_FILESET_H
#define VL_RENDER_FILESET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

enum vl_file_kind {
    VL_FILE_WHOLE,      /* the file is ours: its whole content is `text` */
    VL_FILE_BLOCK,      /* the file is the user's: `text` stands in it between our two marker lines */
    VL_FILE_GONE,       /* the file is ours, of an earlier lab, and must not be there any more: `text` is NULL */
    VL_FILE_BLOCK_GONE, /* likewise our two marker lines and what stands between them in a file of the user's */
};

static inline bool vl_file_stays(enum vl_file_kind kind)
{
    return kind == VL_FILE_WHOLE || kind == VL_FILE_BLOCK;
}

/* Who is to be told after a file changed: plan/reload.c decides it, and has a row for each that says how. */
enum vl_reload {
    VL_RELOAD_NONE,
    VL_RELOAD_SIP,
    VL_RELOAD_PJSIP,
    VL_RELOAD_IAX2,
    VL_RELOAD_DIALPLAN,
    VL_RELOAD_VOICEMAIL,
    VL_RELOAD_DAHDI,
    VL_RELOAD_SYSCTL,
    VL_RELOAD_SYSCTL_CONF,
    VL_RELOAD_COUNT,
};

struct vl_file {
    const char *path; /* absolute */
    enum vl_file_kind kind;
    unsigned mode;     /* 0640 … */
    const char *group; /* group name on the target, e.g. asterisk; NULL: root */
    const char *text;
    const char *adds_to; /* of a block: the section that what it includes adds to; NULL: none. It is opened in the block
                          * where the user's file has none */
    const char *lab;     /* a file of ours says in its first line which lab it is of; another's is neither replaced nor
                          * removed, and of VL_FILE_GONE only ours is. NULL: it says nothing */
    const char *beside;  /* the file that says so for this one, which has no place for it; when that is not there this
                          * one is ours. NULL: itself */
    const char *original; /* what was there before ours, somebody's own file of this name, and is put back when ours is
                           * removed; NULL: nothing */
    bool lent;            /* somebody else on the machine gives files there new modes, as a web interface does: one that
                           * its owner and its group can read is right */
    const char *why;      /* one sentence for --explain: what the file is for */
    enum vl_reload reload;
};

struct vl_fileset {
    struct vl_file *files;
    size_t count;
};

/* The first line of a file that says whose it is: VL_FILE_MARK PBX VL_FILE_MARK_LAB LAB, and a dot. */
#define VL_FILE_MARK "; Written by voiplab for "
#define VL_FILE_MARK_LAB " of the lab "

/* Append a file; the arena holds the array. Order matters: a file that another one includes comes first. */
void vl_fileset_add(struct vl_arena *arena, struct vl_fileset *set, const struct vl_file *file);

#endif
