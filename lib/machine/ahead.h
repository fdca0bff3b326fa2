/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a target was asked ahead of need, in one round trip (target.h, prefetch): the answer, taken apart and kept.
 *
 * It is an aid and never the last word. An answer that is not wholly in order is dropped as one, a part of it that is
 * missing is not known, and what is not known is asked for by itself, with its own checks and its own message. What is
 * kept is forgotten after a few seconds, and with the first change: a plan must not be made from how a file was.
 */
#ifndef VL_MACHINE_AHEAD_H
#define VL_MACHINE_AHEAD_H

#include "base/arena.h"
#include "machine/target.h"

enum {
    VL_AHEAD_TOTAL = 4 << 20,  /* bytes of the content of all files together */
    VL_AHEAD_UNANSWERED = 124, /* status of a command that was not answered in time, as timeout(1) has it */
    VL_AHEAD_KEPT_MS = 30000,  /* after this nothing of it is used any more: thirty busy guests wait for each other */
    VL_AHEAD_MOST = 256,       /* paths, groups or commands of one question */
    VL_AHEAD_LIMIT = 8 << 20,  /* bytes of an answer */
};

struct vl_ahead_path {
    const char *path;
    bool known;                 /* facts are */
    struct vl_path_facts facts; /* its texts are the arena's */
    const char *text;           /* NULL: not known */
};

struct vl_ahead_group {
    const char *name;
    bool gives; /* a write gives files to it */
    gid_t id;
};

struct vl_ahead_command {
    const char *line;
    int status;
    const char *output; /* NULL: not known, or handed out */
    long long answered; /* struct vl_command_result */
};

struct vl_ahead {
    struct vl_arena arena;
    struct vl_ahead_path *paths;
    struct vl_ahead_group *groups;
    struct vl_ahead_command *commands;
    size_t path_count, group_count, command_count;
    long long taken_ms;
    struct vl_ahead *older; /* what was learnt before, by another question; NULL: nothing */
};

/* Take an answer of `length` bytes apart; `ahead` is empty before. False when it is not in order (and `ahead` is
 * to be dropped). The format is told in ssh_ahead.c, beside the script that makes it. */
bool vl_ahead_parse(struct vl_ahead *ahead, const struct vl_wanted *wanted, const char *bytes, size_t length);

/* True when all that is wanted is there and not too old at `now_ms`. */
bool vl_ahead_has(const struct vl_ahead *ahead, const struct vl_wanted *wanted, long long now_ms);

/* What is known and not too old, or NULL. A command's answer is handed out once: who asks again wants to know anew. */
const struct vl_ahead_path *vl_ahead_find_path(const struct vl_ahead *ahead, const char *path, long long now_ms);
const struct vl_ahead_group *vl_ahead_find_group(const struct vl_ahead *ahead, const char *name, long long now_ms);
struct vl_ahead_command *vl_ahead_find_command(const struct vl_ahead *ahead, const char *line, long long now_ms);

/* Put what was just learnt in front of what `*ahead` points to, of which two answers are kept. */
void vl_ahead_push(struct vl_ahead **ahead, struct vl_ahead *newest);

/* Free what `*ahead` points to with all that is older, and set it to NULL: nothing of it is true any more. */
void vl_ahead_drop(struct vl_ahead **ahead);

#endif
