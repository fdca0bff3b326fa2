/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * INI files, with a line number for everything. iniparser reads the values; a scan of our own before it finds where
 * each section and key stands, and refuses what iniparser 4.1 would let through or mangle in silence: a key or section
 * that is there twice, upper case (it folds names), a colon in a name (its separator), a line over its limit of 1,024
 * characters, a byte order mark, a value that goes on in the next line.
 */
#ifndef VL_LAB_INI_H
#define VL_LAB_INI_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"

struct vl_ini_entry {
    const char *key;
    const char *value; /* "": there is none, or it is wrong and that was told: as if the key were not there */
    int line;
};

struct vl_ini_section {
    const char *name;  /* the whole of it: "pbx virtual1" */
    const char *kind;  /* its first word: "pbx" */
    const char *label; /* the rest: "virtual1", or "" */
    int line;
    struct vl_ini_entry *entries;
    size_t entry_count;
    bool told;   /* a mistake in it was told: what it lacks may be what was meant there */
    bool broken; /* and it is of no use to who goes on */
};

struct vl_ini {
    const char *file;
    struct vl_ini_section *sections;
    size_t section_count;
    bool exposed; /* every user of this host can read it */
};

/* Read `path`; everything in the result lives in the arena. A mistake is VL_ERROR_LAB with FILE:LINE, and so is a file
 * that is not ours alone (base/own.h). */
int vl_ini_read(struct vl_arena *arena, const char *path, struct vl_ini *ret_ini, struct vl_error *err);

/* The same, which goes on behind a mistake: they are gathered, a line each, and what is right is read all the same.
 * *ret_lost: the header of a section is among them, so that nobody knows what is in it. -1: nothing could be read. */
int vl_ini_read_all(struct vl_arena *arena, const char *path, struct vl_ini *ret_ini, bool *ret_lost,
                    struct vl_error *mistakes, struct vl_error *err);

/* Whether the key is there and has no value any more, since it was wrong. */
bool vl_ini_is_wrong(const struct vl_ini_section *section, const char *key);

/* The entry of this key, or NULL: it is not there, or has no value. */
const struct vl_ini_entry *vl_ini_entry(const struct vl_ini_section *section, const char *key);

#endif
