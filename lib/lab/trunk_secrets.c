/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The secrets of the trunks between guests. A mesh of 1,000 guests has 999,000: they are not kept but made again when
 * they are wanted, of a random key of the lab and the names of the two ends, by HMAC. One who has a secret, or many,
 * but not the key knows nothing of the others. The last letters of a secret are made of those before, so that a word
 * can be told to be one without a list of all.
 *
 * They are changed for new ones by another key, or where only those of some PBXs are, by a salt of each of these. The
 * old key and salts are kept until no PBX has a secret of theirs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/text.h"
#include "lab/state.h"

enum { BODY_LENGTH = 18, TAG_LENGTH = 6, SECRET_LENGTH = BODY_LENGTH + TAG_LENGTH };

/* What a PBX had before it had a salt. */
#define NO_SALT "0"

/* What secrets are made of: `old` is what it was before the change that goes on now. */
struct vl_trunk_keys {
    const char *key, *old_key;
    const char **salts, **old_salts; /* of each PBX of the lab */
    size_t stored;                   /* how many have a line of their own */
    enum vl_rotation phase;
};

static const char alphabet[] = VL_STATE_LETTERS;

/* Letters and digits, each equally likely, of what HMAC makes of `text`: bytes beyond the last whole multiple are
 * thrown away, and when too few are left it is asked for more. */
static bool spell(const char *key, const char *text, char *word, size_t length)
{
    unsigned char bytes[VL_DIGEST_HMAC_SIZE];
    char message[512];
    size_t count = 0;

    for (unsigned round = 0; count < length; round++) {
        int size = snprintf(message, sizeof(message), "%s %u", text, round);

        if (size < 0 || (size_t)size >= sizeof(message) || vl_digest_hmac(key, message, (size_t)size, bytes) < 0)
            return false;
        for (size_t i = 0; i < sizeof(bytes) && count < length; i++)
            if (bytes[i] < 256 / (sizeof(alphabet) - 1) * (sizeof(alphabet) - 1))
                word[count++] = alphabet[bytes[i] % (sizeof(alphabet) - 1)];
    }
    word[length] = '\0';
    explicit_bzero(bytes, sizeof(bytes));
    return true;
}

/* The last letters of a secret that begins like this. */
static bool spell_tag(const char *key, const char *body, char tag[static TAG_LENGTH + 1])
{
    char text[sizeof("tag ") + BODY_LENGTH];

    (void)snprintf(text, sizeof(text), "tag %.*s", BODY_LENGTH, body);
    return spell(key, text, tag, TAG_LENGTH);
}

static const char *derive(struct vl_arena *arena, const struct vl_lab *lab, const struct vl_trunk *trunk,
                          const char *key, const char *const *salts)
{
    char text[256], secret[SECRET_LENGTH + 1];
    const char *from = salts[trunk->from - lab->pbxs], *to = salts[trunk->to - lab->pbxs];

    (void)snprintf(text, sizeof(text), "iax2 %s %s %s %s", trunk->from->name, trunk->to->name, from, to);
    if (!spell(key, text, secret, BODY_LENGTH) || !spell_tag(key, secret, secret + BODY_LENGTH)) {
        arena->failed = true;
        return "";
    }
    return vl_arena_strdup(arena, secret);
}

static const char *stored(const struct vl_state *state, const char *kind, const char *name)
{
    const struct vl_secret *secret = vl_state_find(state, "%s/%s", kind, name);

    return secret ? secret->value : NULL;
}

enum vl_rotation vl_state_rotation(const struct vl_state *state)
{
    const struct vl_secret *phase = vl_state_find(state, "rotation/phase");

    if (!phase || *phase->value < '1' || *phase->value > '0' + VL_ROTATION_LAST)
        return VL_ROTATION_NONE;
    return (enum vl_rotation)(*phase->value - '0');
}

/* Of two secrets what is said and taken in this phase. An Asterisk that encrypts tries the first of several secrets and
 * no other, so a second account has the second one. */
static struct vl_trunk_secret in_phase(const struct vl_state *state, const char *now, const char *old)
{
    enum vl_rotation phase = state->keys->phase;
    struct vl_trunk_secret secret = { .secret = now, .account = now };

    if (!old || !strcmp(now, old) || phase == VL_ROTATION_NONE || phase == VL_ROTATION_LAST)
        return secret;
    secret.alias = now;
    secret.by_alias = phase == VL_ROTATION_CALLERS || phase == VL_ROTATION_CALLED;
    if (phase == VL_ROTATION_BOTH || phase == VL_ROTATION_CALLERS) {
        secret.account = old;
        secret.also = old;
    }
    if (phase == VL_ROTATION_BOTH) {
        secret.secret = old;
        secret.also = now;
    }
    return secret;
}

struct vl_trunk_secret vl_state_trunk_secret(const struct vl_state *state, struct vl_arena *arena,
                                             const struct vl_trunk *trunk)
{
    const struct vl_trunk_keys *keys = state->keys;
    const char *now = trunk->secret, *old = NULL;

    if (!now && keys->stored)
        now = stored(state, "iax", trunk->name);
    if (now)
        return in_phase(state, now, NULL);
    now = derive(arena, state->lab, trunk, keys->key, keys->salts);
    if (keys->phase == VL_ROTATION_NONE)
        return in_phase(state, now, NULL);
    if (keys->stored)
        old = stored(state, "old/iax", trunk->name);
    if (!old)
        old = derive(arena, state->lab, trunk, keys->old_key ? keys->old_key : keys->key, keys->old_salts);
    return in_phase(state, now, old);
}

struct vl_trunk_secret vl_state_hub_secret(const struct vl_state *state, const struct vl_pbx *guest)
{
    const char *now = stored(state, "sip", guest->account);

    return in_phase(state, now ? now : "", stored(state, "old/sip", guest->account));
}

bool vl_state_trunk_secret_kept(const struct vl_state *state, const struct vl_trunk *trunk)
{
    const struct vl_secret *secret = vl_state_find(state, "iax/%s", trunk->name);

    if (!secret)
        secret = vl_state_find(state, "key/trunks");
    return trunk->secret || (secret && !secret->fresh);
}

static bool has_tag(const char *key, const char *word)
{
    char tag[TAG_LENGTH + 1];

    return key && spell_tag(key, word, tag) && !strcmp(tag, word + BODY_LENGTH);
}

bool vl_state_is_trunk_secret(const struct vl_state *state, const char *word)
{
    const struct vl_trunk_keys *keys = state->keys;

    if (!keys || strlen(word) != SECRET_LENGTH || strspn(word, alphabet) != SECRET_LENGTH)
        return false;
    return has_tag(keys->key, word) || has_tag(keys->old_key, word);
}

int vl_state_read_keys(struct vl_state *state, struct vl_error *err)
{
    struct vl_trunk_keys *keys = vl_arena_zalloc(&state->arena, sizeof(*keys));
    size_t size = state->lab->pbx_count * sizeof(*keys->salts);

    if (!keys)
        return vl_no_memory(err);
    keys->salts = vl_arena_zalloc(&state->arena, size);
    keys->old_salts = vl_arena_zalloc(&state->arena, size);
    if (!keys->salts || !keys->old_salts)
        return vl_no_memory(err);
    keys->key = stored(state, "key", "trunks");
    keys->old_key = stored(state, "old/key", "trunks");
    keys->phase = vl_state_rotation(state);
    for (size_t i = 0; i < state->lab->pbx_count; i++) {
        const char *now = stored(state, "salt", state->lab->pbxs[i].name);
        const char *old = stored(state, "old/salt", state->lab->pbxs[i].name);

        keys->salts[i] = now ? now : NO_SALT;
        keys->old_salts[i] = old ? old : keys->salts[i];
    }
    for (size_t i = 0; i < state->secret_count; i++)
        keys->stored +=
            vl_text_starts(state->secrets[i]->name, "iax/") || vl_text_starts(state->secrets[i]->name, "old/iax/");
    state->keys = keys;
    return 0;
}
