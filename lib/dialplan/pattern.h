/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Extension names and patterns: the order in which Asterisk tries them, and what matches what.
 *
 * A name that starts with '_' is a pattern, and a pattern is a row of cells: X, Z, N, a set in brackets, an ordinary
 * character, '.' (one character or more), '!' (none or more), the end. Patterns are compared cell by cell, the smaller
 * set first; so what counts is how narrow a pattern is at its start, not how long it is. Dashes outside of sets are
 * decoration everywhere. Names without '_' come before all patterns.
 *
 * Source: main/pbx.c of Asterisk 16, tried on it (test/e2e/dialplan_oracle.sh).
 */
#ifndef VL_DIALPLAN_PATTERN_H
#define VL_DIALPLAN_PATTERN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "dialplan/dialplan.h"

/* What a cell counts in the order: for characters and sets the size of the set in the upper and its lowest character
 * in the lower byte, for the rest these. */
enum {
    VL_CELL_ANY = 0x18000,  /* '.' */
    VL_CELL_REST = 0x28000, /* '!' */
    VL_CELL_END = 0x30000,
    VL_CELL_OPEN = 0x40000, /* '[' without ']' */
};

struct vl_cell {
    uint32_t value;
    unsigned char set[32]; /* the characters, the lowest in the highest bit of the first byte */
    bool odd;              /* an empty set stood before it: it counts for nothing in the order but matches nothing */
};

/* Read the cell at `p`, behind the '_'. Returns where the next one starts, NULL after VL_CELL_END. */
const char *vl_cell_next(const char *p, struct vl_cell *ret_cell);

static inline bool vl_cell_has(const struct vl_cell *cell, unsigned char c)
{
    return cell->set[c / 8] & (1u << (7 - c % 8));
}

/* <0, 0, >0: order of two cells. */
int vl_cell_compare(const struct vl_cell *left, const struct vl_cell *right);

/* <0, 0, >0: order of two names, whose dashes and blanks are gone. 0: Asterisk takes them for the same. */
int vl_pattern_compare(const char *left, const char *right);

/* The same for extensions: by name, then those with a caller id first, then by that. */
int vl_extension_compare(const struct vl_extension *left, const struct vl_extension *right);

/* Equal names have equal hashes. */
uint64_t vl_pattern_hash(uint64_t hash, const char *pattern);

/* Whether a name or a pattern matches what was dialled, whole. */
bool vl_pattern_matches(const char *pattern, const char *number);

/* Whether a caller id entry ("" is for callers without one) lets this caller in; NULL or "" is no caller id. */
bool vl_callerid_matches(const char *pattern, const char *callerid);

/* The name without blanks outside of sets, and without dashes outside of sets when `dashes` is false. */
char *vl_pattern_strip(struct vl_arena *arena, const char *name, bool dashes);

/* A caller id entry as pbx_config keeps it: without '(', ')', ' ', without '-' outside of brackets and without '.'
 * but at the end. */
char *vl_callerid_strip(struct vl_arena *arena, const char *callerid);

#endif
