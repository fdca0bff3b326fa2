/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lab/state.h"
#include "lab/system.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/memory.h"
#include "base/own.h"

enum {
    SECRET_LENGTH = 24,
    KEY_LENGTH = 44 /* 262 bits */,
    PIN_LENGTH = 6,
    SECRETS_FILE_LIMIT = 16 << 20 /* 250 guests: 62,250 trunks of 40 bytes */
};

static const char letters_and_digits[] = VL_STATE_LETTERS;
static const char digits[] = "0123456789";

static int kernel_random(void *bytes, size_t length)
{
    return getrandom(bytes, length, 0) == (ssize_t)length ? 0 : -1;
}

/* Complete one secret: the lab file's word wins, then what is stored, then chance. */
static int need(struct vl_state *state, const char *given, const char *alphabet, size_t length, struct vl_error *err,
                const char *format, ...) __attribute__((format(printf, 6, 7)));

static int need(struct vl_state *state, const char *given, const char *alphabet, size_t length, struct vl_error *err,
                const char *format, ...)
{
    char value[KEY_LENGTH + 1];
    VL_FREE char *name = NULL;
    struct vl_secret *stored;
    va_list args;
    int rc;

    va_start(args, format);
    rc = vl_vasprintf(&name, format, args);
    va_end(args);
    if (rc < 0)
        return vl_no_memory(err);
    stored = vl_state_find(state, "%s", name);
    if (stored && (!given || !strcmp(given, stored->value)))
        return 0;
    if (!given && vl_state_chance(state, alphabet, length, value) < 0)
        return vl_fail_errno(err, "cannot get random bytes");
    vl_state_store(state, given ? given : value, "%s", name);
    explicit_bzero(value, sizeof(value));
    return 0;
}

#define NEED_SECRET(state, given, err, ...) need(state, given, letters_and_digits, SECRET_LENGTH, err, __VA_ARGS__)

static int need_for_extension(struct vl_state *state, const struct vl_lab *lab, const struct vl_pbx *pbx,
                              const char *number, struct vl_error *err)
{
    const struct vl_telephone *extension = vl_lab_telephone(lab, pbx, number);

    if (NEED_SECRET(state, extension ? extension->secret : NULL, err, "phone/%s/%s", pbx->name, number) < 0)
        return -1;
    return extension && extension->mailbox ? need(state, NULL, digits, PIN_LENGTH, err, "voicemail/%s", number) : 0;
}

/* What it would be asked for on the console, were it not installed unattended. */
static int need_for_first_start(struct vl_state *state, const struct vl_pbx *pbx, struct vl_error *err)
{
    if (!pbx->image || !pbx->image->unattended || !vl_system_asks(pbx->image->os))
        return 0;
    return NEED_SECRET(state, NULL, err, "database/%s", pbx->name) < 0
               ? -1
               : NEED_SECRET(state, NULL, err, "web/%s", pbx->name);
}

static int need_for_pbxs(struct vl_state *state, const struct vl_lab *lab, struct vl_error *err)
{
    struct vl_trunk trunk;

    for (size_t i = 0; i < lab->pbx_count; i++) {
        const struct vl_pbx *pbx = &lab->pbxs[i];

        if (pbx->account && NEED_SECRET(state, vl_lab_hub_secret(lab, pbx), err, "sip/%s", pbx->account) < 0)
            return -1;
        if (need_for_first_start(state, pbx, err) < 0)
            return -1;
        for (size_t j = 0; pbx->extensions && pbx->extensions[j]; j++)
            if (need_for_extension(state, lab, pbx, pbx->extensions[j], err) < 0)
                return -1;
    }
    for (size_t i = 0; i < lab->trunk_given_count; i++)
        if (lab->trunks_given[i].secret &&
            vl_lab_trunk(lab, lab->trunks_given[i].from, lab->trunks_given[i].to, &trunk) &&
            NEED_SECRET(state, trunk.secret, err, "iax/%s", trunk.name) < 0)
            return -1;
    return 0;
}

static int need_for_hub(struct vl_state *state, const struct vl_lab *lab, struct vl_error *err)
{
    for (size_t i = 0; i < lab->user_count; i++) {
        const struct vl_user *user = &lab->users[i];

        if (NEED_SECRET(state, user->secret, err, "user/%s", user->number) < 0)
            return -1;
        if (user->voicemail && need(state, NULL, digits, PIN_LENGTH, err, "voicemail/%s", user->number) < 0)
            return -1;
    }
    for (size_t i = 0; i < lab->provider_count; i++)
        if (NEED_SECRET(state, lab->providers[i].secret, err, "provider/%s", lab->providers[i].name) < 0)
            return -1;
    for (size_t i = 0; i < lab->route_count; i++) {
        const struct vl_route *route = &lab->routes[i];

        if ((route->pin || route->pin_secret) &&
            need(state, route->pin, digits, PIN_LENGTH, err, "pin/%s", route->name) < 0)
            return -1;
    }
    return 0;
}

static int need_for_phones(struct vl_state *state, const struct vl_lab *lab, struct vl_error *err)
{
    for (size_t i = 0; i < lab->phone_count; i++)
        if (NEED_SECRET(state, lab->phones[i].password, err, "admin/%s", lab->phones[i].name) < 0)
            return -1;
    return 0;
}

static int parse_line(struct vl_state *state, char *line, const char *path, int number, struct vl_error *err)
{
    char *equals = strstr(line, " = ");

    if (!*line || *line == '#')
        return 0;
    if (!equals || !equals[3] || equals[3 + strspn(equals + 3, letters_and_digits)])
        return vl_fail_at(err, VL_ERROR_FAILED, path, number, "this is no line NAME = VALUE of letters and digits");
    *equals = '\0';
    if (vl_state_find(state, "%s", line))
        return vl_fail_at(err, VL_ERROR_FAILED, path, number, "'%s' is there twice", line);
    vl_state_add(state, line, equals + 3, false);
    return 0;
}

static int read_stored(struct vl_state *state, struct vl_error *err)
{
    const char *path = vl_state_path(state, "secrets");
    VL_FREE char *text = NULL;
    VL_ERROR_AUTO cause = { .code = VL_OK };
    char *rest;
    int number = 0, rc = 0;

    if (vl_own_read(path, SECRETS_FILE_LIMIT, VL_OWN_SECRET, &text, NULL, &cause) < 0) {
        if (cause.code == VL_ERROR_NOTFOUND)
            return 0;
        vl_error_move(err, &cause);
        return -1;
    }
    rest = text;
    while (rest && rc == 0)
        rc = parse_line(state, strsep(&rest, "\n"), path, ++number, err);
    explicit_bzero(text, strlen(text));
    return rc;
}

/* A line that does not read as one is as good as none: the PBX is asked again. */
static int read_natures(struct vl_state *state, struct vl_error *err)
{
    const char *path = vl_state_path(state, "natures");
    VL_ERROR_AUTO cause = { .code = VL_OK };
    VL_FREE char *text = NULL;
    char *rest, *line;

    state->natures = vl_arena_zalloc(&state->arena, state->lab->pbx_count * sizeof(*state->natures));
    if (!state->natures)
        return vl_no_memory(err);
    for (size_t i = 0; i < state->lab->pbx_count; i++)
        state->natures[i] = vl_nature_stated(&state->lab->pbxs[i]);
    if (state->shut)
        return 0;
    if (vl_own_read(path, SECRETS_FILE_LIMIT, VL_OWN_WORD, &text, NULL, &cause) < 0) {
        if (cause.code == VL_ERROR_NOTFOUND)
            return 0;
        vl_error_move(err, &cause);
        return -1;
    }
    for (rest = text; (line = strsep(&rest, "\n"));) {
        const struct vl_pbx *pbx;
        struct vl_nature nature;
        const char *name;

        if (vl_nature_parse(&state->arena, line, &name, &nature) && (pbx = vl_lab_pbx(state->lab, name)))
            state->natures[pbx - state->lab->pbxs] = vl_nature_settle(pbx, &nature);
    }
    return 0;
}

/* The state is made for root; what needs none of it works for everybody all the same. */
static bool is_shut(struct vl_state *state)
{
    return faccessat(AT_FDCWD, vl_state_path(state, "secrets"), R_OK, AT_EACCESS) < 0 && errno == EACCES;
}

static int read_kept(struct vl_state *state, struct vl_error *err)
{
    state->shut = is_shut(state);
    return state->shut ? 0 : read_stored(state, err);
}

int vl_state_open(struct vl_state *state, const struct vl_lab *lab, const char *state_directory,
                  int (*random)(void *, size_t), struct vl_error *err)
{
    *state = (struct vl_state){ .random = random ? random : kernel_random, .lab = lab };
    state->directory = vl_arena_printf(&state->arena, "%s/%s", state_directory, lab->name);
    if (vl_own_directory(state->directory, err) < 0 || read_kept(state, err) < 0 ||
        need_for_pbxs(state, lab, err) < 0 || need_for_hub(state, lab, err) < 0 ||
        need_for_phones(state, lab, err) < 0 ||
        (lab->guest_count > 1 && need(state, NULL, letters_and_digits, KEY_LENGTH, err, "key/trunks") < 0) ||
        vl_state_read_keys(state, err) < 0 || read_natures(state, err) < 0) {
        vl_state_close(state);
        return -1;
    }
    if (state->arena.failed) {
        vl_state_close(state);
        return vl_no_memory(err);
    }
    return 0;
}

bool vl_state_is_secret(const struct vl_state *state, const char *word)
{
    return vl_state_is_stored(state, word) || vl_state_is_trunk_secret(state, word);
}

const struct vl_nature *vl_state_nature(const struct vl_state *state, const struct vl_pbx *pbx)
{
    return &state->natures[pbx - state->lab->pbxs];
}

bool vl_state_over_iax2(const struct vl_state *state, const struct vl_trunk *trunk)
{
    return vl_state_nature(state, trunk->from)->iax2 && vl_state_nature(state, trunk->to)->iax2;
}

/* Kept by its text: what was found stands in memory of who looked. */
bool vl_state_learn(struct vl_state *state, const struct vl_pbx *pbx, const struct vl_nature *found)
{
    const struct vl_nature settled = vl_nature_settle(pbx, found), *known = vl_state_nature(state, pbx);
    const char *line = vl_nature_text(&state->arena, pbx->name, &settled), *ignored;
    struct vl_nature nature;

    if ((known->seen && !strcmp(line, vl_nature_text(&state->arena, pbx->name, known))) ||
        !vl_nature_parse(&state->arena, line, &ignored, &nature))
        return false;
    state->natures[pbx - state->lab->pbxs] = nature;
    return true;
}

const char *vl_state_natures_text(const struct vl_state *state, struct vl_arena *arena)
{
    VL_BUF_AUTO out = VL_BUF_INIT;

    vl_buf_puts(&out, "# What the PBXs of this lab were found to be. voiplab asks them again at every run.\n");
    for (size_t i = 0; i < state->lab->pbx_count; i++)
        if (state->natures[i].seen)
            vl_buf_printf(&out, "%s\n", vl_nature_text(arena, state->lab->pbxs[i].name, &state->natures[i]));
    arena->failed |= out.failed;
    return vl_arena_strdup(arena, vl_buf_text(&out));
}

const char *vl_state_path(struct vl_state *state, const char *format, ...)
{
    VL_FREE char *name = NULL;
    va_list args;
    int rc;

    va_start(args, format);
    rc = vl_vasprintf(&name, format, args);
    va_end(args);
    return vl_arena_printf(&state->arena, "%s/%s", state->directory, rc < 0 ? "" : name);
}
