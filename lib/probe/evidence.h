/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What one PBX says of itself when something has failed, all in one round trip: what its Asterisk has logged since the
 * check began, whether it listens, what it has loaded and when, who may read its files, what a packet filter drops, and
 * the answers to a few questions about the accounts that failed.
 *
 * The answer is made by a script of ours on a machine whose root is a student. Nothing in it is believed beyond its
 * form, a text without its parts is one that says nothing, and what a log holds may have been written by anyone: it is
 * quoted, never acted on.
 */
#ifndef VL_PROBE_EVIDENCE_H
#define VL_PROBE_EVIDENCE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "machine/target.h"

/* Of a log so many lines from its end are looked at; so many questions are asked at once. */
enum { VL_EVIDENCE_LINES = 2000, VL_EVIDENCE_QUESTIONS = 48 };

struct vl_evidence_line {
    const char *text;
    unsigned long number; /* in its file; 0: not known */
    bool before;          /* the check began: of a registration that is not tried again while one looks */
};

struct vl_evidence_file {
    const char *path;
    unsigned mode, owner, group;
    long long changed; /* by the PBX's own clock, in seconds since 1970 */
    bool wrong;        /* it is not as the lab has it; set by who has compared it */
};

struct vl_evidence {
    const char *pbx;
    const char *log_file;         /* NULL: none was found */
    struct vl_evidence_line *log; /* since shortly before the check began, oldest first */
    size_t log_count;
    struct vl_evidence_file *files;
    size_t file_count;
    const char *who;     /* lines of /proc/PID/status of its Asterisk; NULL: it does not run */
    const char *modules; /* `module show like` */
    const char *sockets; /* /proc/net/udp: the local addresses */
    const char *filter;  /* rules that drop or refuse */
    const char *uptime;  /* `core show uptime seconds` */
    const char *questions[VL_EVIDENCE_QUESTIONS], *answers[VL_EVIDENCE_QUESTIONS];
    size_t question_count;
    long long now; /* by its clock, after it has said `uptime` (plan/loaded.c has why) */
};

/* Ask a PBX for all this: what it has logged in the last `since_s` seconds, of which the last `check_s` are those of
 * the check, and the answers of its Asterisk to `questions` (NULL-terminated; those beyond the limit are left out). */
int vl_evidence_ask(struct vl_arena *arena, struct vl_target *target, unsigned since_s, unsigned check_s,
                    const char *const *questions, struct vl_evidence *ret_evidence, struct vl_error *err);

/* Take the answer of that script apart. */
void vl_evidence_parse(struct vl_arena *arena, const char *pbx, const char *answer, struct vl_evidence *ret_evidence);

/* The answer to a question; NULL when it was not asked. */
const char *vl_evidence_answer(const struct vl_evidence *evidence, const char *question);

/* Where a line of the log stands: FILE:LINE, or FILE where its number is not known. In the arena. */
const char *vl_evidence_where(struct vl_arena *arena, const struct vl_evidence *evidence,
                              const struct vl_evidence_line *line);

/* The first line of a text that has all these words in this order (NULL-terminated), without blanks at its ends; NULL:
 * none. In the arena, printable and cut. */
const char *vl_evidence_line_with(struct vl_arena *arena, const char *text, const char *const *words);

#endif
