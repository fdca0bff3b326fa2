/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The lines of the secrets file, in memory: by name, and by value for who asks whether a word is one.
 */
#include <search.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/memory.h"
#include "lab/state.h"

/* A shorter value is no secret but a note of ours. */
enum { SHORTEST_SECRET = 4 };

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const struct vl_secret *)a)->name, ((const struct vl_secret *)b)->name);
}

static int compare_values(const void *a, const void *b)
{
    return strcmp(((const struct vl_secret *)a)->value, ((const struct vl_secret *)b)->value);
}

static struct vl_secret *find(const struct vl_state *state, const char *name)
{
    const struct vl_secret wanted = { .name = name };
    struct vl_secret *const *found = tfind(&wanted, &state->by_name, compare_names);

    return found ? *found : NULL;
}

static void remember_value(struct vl_state *state, struct vl_secret *secret)
{
    if (strlen(secret->value) >= SHORTEST_SECRET && !tsearch(secret, &state->by_value, compare_values))
        state->arena.failed = true;
}

bool vl_state_is_stored(const struct vl_state *state, const char *word)
{
    const struct vl_secret wanted = { .value = word };

    return tfind(&wanted, &state->by_value, compare_values) != NULL;
}

void vl_state_add(struct vl_state *state, const char *name, const char *value, bool fresh)
{
    struct vl_secret *secret = vl_arena_zalloc(&state->arena, sizeof(*secret));
    struct vl_secret **grown =
        vl_arena_grow(&state->arena, state->secrets, state->secret_count, sizeof(*state->secrets));

    if (!secret || !grown)
        return;
    *secret = (struct vl_secret){
        .name = vl_arena_strdup(&state->arena, name),
        .value = vl_arena_strdup(&state->arena, value),
        .fresh = fresh,
    };
    if (!tsearch(secret, &state->by_name, compare_names))
        state->arena.failed = true;
    remember_value(state, secret);
    grown[state->secret_count++] = secret;
    state->secrets = grown;
}

/* `length` characters, each of `alphabet` equally likely: bytes beyond the last whole multiple are thrown away. */
int vl_state_chance(const struct vl_state *state, const char *alphabet, size_t length, char *text)
{
    size_t letters = strlen(alphabet), limit = 256 / letters * letters;

    for (size_t i = 0; i < length;) {
        unsigned char byte;

        if (state->random(&byte, 1) < 0)
            return -1;
        if (byte < limit)
            text[i++] = alphabet[byte % letters];
    }
    text[length] = '\0';
    return 0;
}

static void replace_value(struct vl_state *state, struct vl_secret *secret, const char *value)
{
    struct vl_secret *old = vl_arena_zalloc(&state->arena, sizeof(*old));

    /* the old value is still on the PBXs, and in the plan that replaces it: it stays a secret */
    (void)tdelete(secret, &state->by_value, compare_values);
    if (old) {
        *old = *secret;
        remember_value(state, old);
    }
    secret->value = vl_arena_strdup(&state->arena, value);
    secret->fresh = true;
    remember_value(state, secret);
}

struct vl_secret *vl_state_find(const struct vl_state *state, const char *format, ...)
{
    VL_FREE char *name = NULL;
    va_list args;
    int rc;

    va_start(args, format);
    rc = vl_vasprintf(&name, format, args);
    va_end(args);
    return rc < 0 ? NULL : find(state, name);
}

void vl_state_store(struct vl_state *state, const char *value, const char *format, ...)
{
    VL_FREE char *name = NULL;
    struct vl_secret *stored;
    va_list args;
    int rc;

    va_start(args, format);
    rc = vl_vasprintf(&name, format, args);
    va_end(args);
    if (rc < 0) {
        state->arena.failed = true;
        return;
    }
    stored = find(state, name);
    if (!stored)
        vl_state_add(state, name, value, true);
    else if (strcmp(stored->value, value) != 0)
        replace_value(state, stored, value);
}

void vl_state_drop(struct vl_state *state, struct vl_secret *secret)
{
    if (!secret)
        return;
    /* its value may still be on the PBXs, and stays a secret until the end of this run */
    (void)tdelete(secret, &state->by_name, compare_names);
    for (size_t i = 0; i < state->secret_count; i++)
        if (state->secrets[i] == secret) {
            memmove(&state->secrets[i], &state->secrets[i + 1],
                    (state->secret_count - i - 1) * sizeof(*state->secrets));
            state->secret_count--;
            return;
        }
}

void vl_state_close(struct vl_state *state)
{
    while (state->by_name)
        (void)tdelete(*(struct vl_secret **)state->by_name, &state->by_name, compare_names);
    while (state->by_value)
        (void)tdelete(*(struct vl_secret **)state->by_value, &state->by_value, compare_values);
    vl_arena_free(&state->arena);
    *state = (struct vl_state){ .random = NULL };
}

const char *vl_state_secret(const struct vl_state *state, const char *format, ...)
{
    VL_FREE char *name = NULL;
    struct vl_secret *secret;
    va_list args;
    int rc;

    va_start(args, format);
    rc = vl_vasprintf(&name, format, args);
    va_end(args);
    if (rc < 0)
        return NULL;
    secret = find(state, name);
    return secret ? secret->value : NULL;
}

char *vl_state_text(const struct vl_state *state)
{
    struct vl_buf buf = VL_BUF_INIT;

    vl_buf_puts(&buf,
                "# Secrets of this lab, made by voiplab. Keep this file: without it every trunk gets new ones.\n");
    for (size_t i = 0; i < state->secret_count; i++)
        vl_buf_printf(&buf, "%s = %s\n", state->secrets[i]->name, state->secrets[i]->value);
    return vl_buf_take(&buf);
}
