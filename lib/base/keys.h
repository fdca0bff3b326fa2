/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files of lines KEY=VALUE, with or without [SECTIONS], edited: keyfiles, systemd's units, ifcfg files. A line that no
 * change names stays as it is and where it is, comments and blank lines too.
 */
#ifndef VL_BASE_KEYS_H
#define VL_BASE_KEYS_H

#include <stdbool.h>

#include "base/arena.h"

/* One change. Sections and keys to be removed may be patterns of fnmatch(3), those to be set are names. */
struct vl_key_change {
    const char *section; /* "" for keys before the first section */
    const char *key;     /* NULL: the section with all that is in it goes */
    const char *value;   /* NULL: the key goes; else it is set: at its first place, or at the end of its section */
};

/* The text with the changes made. A set key wins over a removal that its name matches. Without a line feed at the end
 * it gets one. In the arena. */
const char *vl_keys_edit(struct vl_arena *arena, const char *text, const struct vl_key_change *changes, size_t count);

/* One line of such a file. */
struct vl_key_line {
    const char *text;    /* the whole line */
    const char *section; /* it stands in; of a heading its own */
    const char *key;     /* NULL: a heading, a comment, a blank line */
    const char *value;   /* stripped */
    int number;          /* from 1 */
    bool heading;
};

size_t vl_keys_lines(struct vl_arena *arena, const char *text, struct vl_key_line **ret_lines);

/* The last line that has the key, or NULL. */
const struct vl_key_line *vl_keys_find(struct vl_arena *arena, const char *text, const char *section, const char *key);

/* Its value, or NULL; with quotes taken off when the whole of it stands in them. */
const char *vl_keys_value(struct vl_arena *arena, const char *text, const char *section, const char *key);

/* Lines of the section (a name) whose key matches one of the patterns (NULL-terminated), each with a line feed. */
const char *vl_keys_collect(struct vl_arena *arena, const char *text, const char *section, const char *const *patterns);

/* The same of those lines whose key matches none. */
const char *vl_keys_others(struct vl_arena *arena, const char *text, const char *section, const char *const *patterns);

#endif
