/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where a change of this host's network stands: who decides on it, and how it ended. It is told by files in the
 * directory of the checkpoints:
 *
 *   pending    the latest change waits to be confirmed; holds its deadline, by which a watchdog knows its own change
 *   reverting  it is being taken back
 *   watchdog   locked by the watchdog for as long as it lives
 *   outcome    one line on how the latest change ended
 *
 * A change becomes final by the removal of `pending` and is taken back by its renaming to `reverting`: of two who try,
 * one succeeds. Only that such a file is not there counts for decided; a directory that cannot be read does not.
 */
#ifndef VL_NETWORK_CHANGE_H
#define VL_NETWORK_CHANGE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"

enum vl_change_phase {
    VL_CHANGE_NONE,      /* nothing waits */
    VL_CHANGE_ARMED,     /* a change waits to be confirmed, and the watchdog lives */
    VL_CHANGE_ABANDONED, /* a change was neither confirmed nor taken back, and nobody watches it any more */
};

/* Where the change stands; *ret_left_s, when given, is the time until the watchdog takes it back. */
enum vl_change_phase vl_change_phase(const char *directory, long long *ret_left_s);

/* Whether a watchdog lives. */
bool vl_change_is_watched(const char *directory);

/* The watchdog's first word: from now on a change waits. The deadline is in milliseconds since boot. */
int vl_change_begin(const char *directory, long long deadline_ms, struct vl_error *err);

/* The change was not begun after all. */
void vl_change_drop(const char *directory);

/* Whether a change waits, of whomever. */
bool vl_change_pending(const char *directory);

/* What a watchdog sees of the change with this deadline. */
enum vl_change_mark { VL_MARK_DECIDED, VL_MARK_PENDING, VL_MARK_REVERTING };
enum vl_change_mark vl_change_mark(const char *directory, long long deadline_ms);

/* Make it final: 1 for who gets to do it, 0 when nothing waits. What could not be taken back whole, and nobody tries
 * any more, can be confirmed as it is. `original` has the checkpoint then. */
int vl_change_confirm(const char *directory, struct vl_error *err);

/* True for who gets to take it back, or goes on with what was cut off; also when that cannot be noted. */
bool vl_change_take_back(const char *directory);

/* Note how it ended; `reverting` goes when it is over and nothing is left to be done. */
void vl_change_over(const char *directory, const char *outcome, bool over);

/* How the latest change ended, with `prefix` before it; "" when nothing is known. In the arena. */
const char *vl_change_outcome(struct vl_arena *arena, const char *directory, const char *prefix);

#endif
