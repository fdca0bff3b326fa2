/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What SIPp is to do in each call. A row per scenario of ours; the calls among them are one file, share/sipp/call.xml,
 * in which the part between the answer and the end is another one for each row. So all of them tell late copies of
 * answers from new ones in the same way. The other end of such a call, when SIPp is that too, is share/sipp/answer.xml
 * with a part of the same kind.
 */
#ifndef VL_SIPP_SCENARIO_H
#define VL_SIPP_SCENARIO_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"

struct vl_scenario {
    const char *name;    /* call */
    const char *file;    /* in share/sipp */
    const char *talk;    /* in share/sipp: what takes the place of the talk of `file`; NULL: nothing does */
    const char *answer;  /* in share/sipp: the same of the file of the end that answers */
    const char *summary; /* what a call of it is, for people */
    bool sends;          /* sound: it wants the file VL_SIPP_TONE beside it */
    bool waits;          /* for the other side to hang up */
    bool registers;      /* instead of calling */
    bool types;          /* the PIN of the number that is called */
};

/* The file of a tone: 8,000 samples of G.711 mu-law. */
#define VL_SIPP_TONE "tone.ulaw"
enum { VL_SIPP_TONE_LENGTH = 8000 };

/* The rows, ended by one without a name; the first is what is meant when none is said. */
extern const struct vl_scenario vl_scenarios[];

/* NULL: there is none of this name. */
const struct vl_scenario *vl_scenario_find(const char *name);

/* The fields of the accounts that a scenario reads: number, answer to a challenge, and from here on the keys that are
 * typed, one by one. */
enum { VL_SIPP_FIELD_KEYS = 2 };

/* The XML of a row, from its files in `directory`; NULL on failure. It is in the arena. What it has between its marks
 * of a key is there once for each of so many `keys`. */
const char *vl_scenario_text(struct vl_arena *arena, const struct vl_scenario *scenario, const char *directory,
                             size_t keys, struct vl_error *err);

/* The same of the end that answers. */
const char *vl_scenario_answer_text(struct vl_arena *arena, const struct vl_scenario *scenario, const char *directory,
                                    struct vl_error *err);

/* Read a scenario of somebody else's. NULL on failure. */
const char *vl_scenario_read(struct vl_arena *arena, const char *file, struct vl_error *err);

/* Whether a scenario tells a late copy of an answer from the answer to what was sent since: each of its requests begins
 * a transaction, and each answer belongs to one. */
bool vl_scenario_tells_copies(const char *text);

/* A second of a tone of 440 Hz, 20 dB below the loudest, in G.711 mu-law (ITU-T G.711, table 2a). */
void vl_sipp_tone(unsigned char ret_samples[static VL_SIPP_TONE_LENGTH]);

#endif
