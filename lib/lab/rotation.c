/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * New secrets for trunks, in phases: what was is kept as old/NAME until every PBX has what comes after. Where each
 * phase stands is kept as well, so that whoever comes next goes on, and every file that is written in between is the
 * phase's.
 */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "lab/state.h"

enum { KEY_LENGTH = 44, SECRET_LENGTH = 24 };

static bool is_named(const char *const *names, const struct vl_pbx *pbx)
{
    if (!names)
        return true;
    for (; *names; names++)
        if (!strcmp(*names, pbx->name))
            return true;
    return false;
}

/* Keep what stands under `kind`/`name` as old, and put something by chance in its place. `before`: what there was when
 * nothing stands there. */
static int renew(struct vl_state *state, const char *kind, const char *name, const char *before, size_t length,
                 struct vl_error *err)
{
    const struct vl_secret *secret = vl_state_find(state, "%s/%s", kind, name);
    char value[KEY_LENGTH + 1];

    if (vl_state_chance(state, VL_STATE_LETTERS, length, value) < 0)
        return vl_fail_errno(err, "cannot get random bytes");
    vl_state_store(state, secret ? secret->value : before, "old/%s/%s", kind, name);
    vl_state_store(state, value, "%s/%s", kind, name);
    explicit_bzero(value, sizeof(value));
    return 0;
}

/* Secrets with a line of their own have none any more: from now on they are made of the key. */
static void release(struct vl_state *state, struct vl_trunks walk)
{
    const struct vl_trunk *trunk;
    struct vl_secret *secret;

    while ((trunk = vl_lab_next_trunk(&walk))) {
        if (trunk->secret || !(secret = vl_state_find(state, "iax/%s", trunk->name)))
            continue;
        vl_state_store(state, secret->value, "old/iax/%s", trunk->name);
        vl_state_drop(state, secret);
    }
}

static int renew_account(struct vl_state *state, const struct vl_pbx *pbx, struct vl_error *err)
{
    if (!pbx->account || vl_lab_hub_secret(state->lab, pbx))
        return 0;
    return renew(state, "sip", pbx->account, "", SECRET_LENGTH, err);
}

static int renew_pbx(struct vl_state *state, const struct vl_pbx *pbx, bool salted, struct vl_error *err)
{
    const struct vl_lab *lab = state->lab;

    if (renew_account(state, pbx, err) < 0)
        return -1;
    release(state, vl_lab_trunks_from(lab, pbx));
    release(state, vl_lab_trunks_to(lab, pbx));
    return salted ? renew(state, "salt", pbx->name, "0", SECRET_LENGTH, err) : 0;
}

int vl_state_rotate(struct vl_state *state, const char *const *names, struct vl_error *err)
{
    const struct vl_lab *lab = state->lab;

    names = names && names[0] ? names : NULL;
    if (!names && lab->guest_count > 1 && renew(state, "key", "trunks", "", KEY_LENGTH, err) < 0)
        return -1;
    for (size_t i = 0; i < lab->pbx_count; i++) {
        const struct vl_pbx *pbx = &lab->pbxs[i];

        if (pbx->role != VL_ROLE_GUEST)
            continue;
        if (is_named(names, pbx) ? renew_pbx(state, pbx, names != NULL, err) < 0
                                 : lab->hub && is_named(names, lab->hub) && renew_account(state, pbx, err) < 0)
            return -1;
    }
    vl_state_set_rotation(state, VL_ROTATION_BOTH);
    return vl_arena_check(&state->arena, err);
}

static void forget(struct vl_state *state)
{
    for (size_t i = state->secret_count; i > 0; i--)
        if (vl_text_starts(state->secrets[i - 1]->name, "old/"))
            vl_state_drop(state, state->secrets[i - 1]);
    vl_state_drop(state, vl_state_find(state, "rotation/phase"));
}

void vl_state_set_rotation(struct vl_state *state, enum vl_rotation phase)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    char digit[] = { (char)('0' + phase), '\0' };

    if (phase == VL_ROTATION_NONE)
        forget(state);
    else
        vl_state_store(state, digit, "rotation/phase");
    if (vl_state_read_keys(state, &err) < 0)
        state->arena.failed = true;
}

static bool is_renewed(const struct vl_state *state, const struct vl_pbx *pbx)
{
    return vl_state_find(state, "old/salt/%s", pbx->name) ||
           (pbx->account && vl_state_find(state, "old/sip/%s", pbx->account));
}

bool vl_state_rotates(const struct vl_state *state, const struct vl_pbx *pbx)
{
    const struct vl_lab *lab = state->lab;
    struct vl_trunk ignored;

    if (vl_state_find(state, "old/key/trunks") || is_renewed(state, pbx))
        return true;
    for (size_t i = 0; i < lab->pbx_count; i++)
        if (is_renewed(state, &lab->pbxs[i]) && (pbx == lab->hub || vl_lab_trunk(lab, pbx, &lab->pbxs[i], &ignored) ||
                                                 vl_lab_trunk(lab, &lab->pbxs[i], pbx, &ignored)))
            return true;
    return false;
}
