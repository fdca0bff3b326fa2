/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which numbers a telephone can dial: collected from the dialplan that its PBX gets, and written as the digit map of a
 * telephone, so that both know the same numbers. With it a telephone sends a number as soon as no other digit can
 * follow, and refuses at once what leads nowhere.
 */
#ifndef VL_RENDER_DIGIT_MAP_H
#define VL_RENDER_DIGIT_MAP_H

#include "base/arena.h"
#include "base/error.h"

struct vl_dialable {
    const char *const *patterns; /* extensions as in extensions.conf, NULL-terminated, in the order of the search */
    const char *voicemail;       /* the number that leads to VoiceMailMain(); NULL: none */
};

/* What can be dialled in `context` of an extensions.conf that our renderers wrote (`text`), its includes followed. */
void vl_dialable_collect(struct vl_arena *arena, const char *text, const char *context,
                         struct vl_dialable *ret_dialable);

/*
 * The patterns as a digit map of the SPA phones (Cisco SPA300/SPA500 administration guide, "Dial Plans"): sequences of
 * keys, `x`, sets and repetition (`.`), with `|` between them, in parentheses. Those in `urgent` (NULL-terminated) come
 * first and are not waited for: S0 when no number goes on behind them, else S1 (one second). The rest is drawn
 * together: 7001 and 7002 are 700[12], and what another sequence covers is left out. A map of more than `limit` bytes
 * is an error. NULL on failure.
 */
const char *vl_digit_map(struct vl_arena *arena, const char *const *patterns, const char *const *urgent, size_t limit,
                         struct vl_error *err);

#endif
