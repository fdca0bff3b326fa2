/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a lab must remember between runs: its secrets, and what its PBXs were found to be. The secrets live in
 * STATE/LAB/secrets, one `NAME = VALUE` a line, mode 0600, in a directory of mode 0700. A secret that is asked for and
 * missing is made at random, in memory; nothing is written before the plan says so (vl_state_text() is what the file
 * shall hold).
 *
 * Names: sip/ACCOUNT (guest at the hub), phone/PBX/EXTENSION, user/NUMBER, provider/NAME, admin/PHONE, pin/ROUTE,
 * voicemail/NUMBER (the last two are digits); database/PBX and web/PBX of a web interface that is installed unattended.
 * The secrets of the trunks between guests are not kept but made of one key, see trunk_secrets.c: key/trunks, salt/PBX;
 * iax/NAME for one that is given, or was kept by an earlier version. While secrets are changed for new ones:
 * rotation/phase, and old/NAME for what has become something else.
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
    bool shut;                  /* it is there and this user may not read it: no secret and no nature is known */
    struct vl_secret **secrets; /* in the order in which they were first wanted */
    size_t secret_count;
    void *by_name, *by_value;   /* the same as trees, tsearch(3) */
    struct vl_trunk_keys *keys; /* what the secrets of trunks are made of; NULL: none is needed */
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

/* A secret of a trunk, and what there is beside it while it is changed for a new one. */
struct vl_trunk_secret {
    const char *secret; /* what the caller says now */
    const char *also;   /* the other one that is taken from it; NULL: none */
    /* Where the end that is called can have a second account for the time of the change, NAME-new: */
    const char *account; /* what is taken under the name of the trunk */
    const char *alias;   /* what is taken under the other; NULL: there is none now */
    bool by_alias;       /* the caller uses that one */
};

/* What is added to the name of a trunk for the second account. */
#define VL_TRUNK_ALIAS "-new"

/* That of a trunk between guests, and of the account of a guest at the hub. In the arena; never NULL. */
struct vl_trunk_secret vl_state_trunk_secret(const struct vl_state *state, struct vl_arena *arena,
                                             const struct vl_trunk *trunk);
struct vl_trunk_secret vl_state_hub_secret(const struct vl_state *state, const struct vl_pbx *guest);

/* Whether the secret of this trunk is in the state, or given, and not one that was made up a moment ago. */
bool vl_state_trunk_secret_kept(const struct vl_state *state, const struct vl_trunk *trunk);

/* How far a change of the trunks' secrets has come. In each phase all PBXs get their files anew, before the next. */
enum vl_rotation {
    VL_ROTATION_NONE,
    VL_ROTATION_BOTH,    /* callers say the old one, and both are taken */
    VL_ROTATION_CALLERS, /* callers say the new one, and both are taken */
    VL_ROTATION_CALLED,  /* the old one is taken no more */
    VL_ROTATION_BACK,    /* callers leave the second account */
    VL_ROTATION_LAST,    /* there is no second account */
};

enum vl_rotation vl_state_rotation(const struct vl_state *state);

/* Begin: new secrets for all trunks of the PBXs of these names (NULL: of the lab), but those that the lab file gives.
 */
int vl_state_rotate(struct vl_state *state, const char *const *names, struct vl_error *err);
/* Go on to a phase; VL_ROTATION_NONE: the old secrets are forgotten. */
void vl_state_set_rotation(struct vl_state *state, enum vl_rotation phase);
/* Whether a PBX has a trunk whose secret is changed. */
bool vl_state_rotates(const struct vl_state *state, const struct vl_pbx *pbx);

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

/* For the other files of the state. A stored secret by its name, or NULL; store one in place of what there is; take one
 * out. Names are made like those of vl_state_secret(). */
struct vl_secret *vl_state_find(const struct vl_state *state, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void vl_state_store(struct vl_state *state, const char *value, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void vl_state_drop(struct vl_state *state, struct vl_secret *secret);
void vl_state_add(struct vl_state *state, const char *name, const char *value, bool fresh);
bool vl_state_is_stored(const struct vl_state *state, const char *word);

/* What secrets are made of. `length` of them at random, and a NUL; -1 with errno when there is no chance to be had. */
#define VL_STATE_LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
int vl_state_chance(const struct vl_state *state, const char *alphabet, size_t length, char *text);

/* In trunk_secrets.c: what is needed of the state for the secrets of trunks; whether a word is one of them. */
int vl_state_read_keys(struct vl_state *state, struct vl_error *err);
bool vl_state_is_trunk_secret(const struct vl_state *state, const char *word);

#define VL_STATE_AUTO __attribute__((cleanup(vl_state_close))) struct vl_state

#endif
