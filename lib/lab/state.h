/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a lab must remember between runs: its secrets, and what its PBXs were found to be. The secrets live in
 * STATE/LAB/secrets, one `NAME = VALUE` a line, mode 0600, in a directory of mode 0700. A secret that is asked for and
 * missing is made at random, in memory; nothing is written before the plan says so (vl_state_text() is what the file
 * shall hold).
 *
 * Names: sip/ACCOUNT (guest at the hub), iax/NAME (IAX2 pair), phone/PBX/EXTENSION, user/NUMBER, provider/NAME,
 * admin/PHONE, pin/ROUTE, voicemail/NUMBER (the last two are digits).
 */
#ifndef VL_LAB_STATE_H
#define VL_LAB_STATE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "lab/lab.h"
#include "lab/nature.h"

struct vl_secret {
    const char *name, *value;
    bool fresh; /* not in the file yet */
};

struct vl_state {
    struct vl_arena arena;
    const char *directory;      /* STATE/LAB */
    struct vl_secret **secrets; /* in the order in which they were first wanted */
    size_t secret_count;
    void *by_name, *by_value; /* the same as trees, tsearch(3) */
    const struct vl_lab *lab;
    struct vl_nature *natures; /* of its PBXs, in their order */
    /* Where random bytes come from; getrandom(2) unless a test says otherwise. Returns 0, or -1 with errno. */
    int (*random)(void *bytes, size_t length);
};

/* Open the state of `lab` under `state_directory` and complete it: afterwards every secret that the lab needs is there,
 * those given in the lab file taking the place of stored ones. Nothing is written. */
int vl_state_open(struct vl_state *state, const struct vl_lab *lab, const char *state_directory,
                  int (*random)(void *, size_t), struct vl_error *err);
void vl_state_close(struct vl_state *state);

/* The secret of this name (kind and rest as in `sip/7001`), never NULL for one that the lab needs; NULL otherwise. */
const char *vl_state_secret(const struct vl_state *state, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* True when this word is the value of a secret of the lab. */
bool vl_state_is_secret(const struct vl_state *state, const char *word);

/* What the secrets file shall hold; the caller frees it. NULL when memory ran out. */
char *vl_state_text(const struct vl_state *state);

/* What a PBX of the lab is, as far as is known. */
const struct vl_nature *vl_state_nature(const struct vl_state *state, const struct vl_pbx *pbx);

/* Whether a trunk runs over IAX2: where both ends have it; else it is SIP. */
bool vl_state_over_iax2(const struct vl_state *state, const struct vl_trunk *trunk);

/* This was found. True when it is news, which STATE/LAB/natures does not hold yet. Not for two threads at once. */
bool vl_state_learn(struct vl_state *state, const struct vl_pbx *pbx, const struct vl_nature *found);

/* What the file STATE/LAB/natures shall hold, in the arena. */
const char *vl_state_natures_text(const struct vl_state *state, struct vl_arena *arena);

/* Path of a file in the state directory, in the arena: vl_state_path(state, "ssh/%s", name). */
const char *vl_state_path(struct vl_state *state, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define VL_STATE_AUTO __attribute__((cleanup(vl_state_close))) struct vl_state

#endif
