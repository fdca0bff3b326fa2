/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The lab's own SSH keys. What is not stored yet is made when it is first asked for, and kept as long as the session
 * is: names of volumes and definitions of guests depend on it, and a plan that is only shown shall have the right ones.
 */
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "machine/ssh_private.h"
#include "plan/session.h"

enum { KEY_LIMIT = 65536 };

/* The text of a file of the state, in the arena; NULL when there is none that can be read. */
static const char *read_half(const struct vl_session *session, struct vl_arena *arena, const char *name,
                             const char *suffix)
{
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    VL_FREE char *text = NULL;
    const char *copy;

    if (vl_file_read(vl_arena_printf(arena, "%s/ssh/%s%s", session->state.directory, name, suffix), KEY_LIMIT, &text,
                     NULL, &ignored) < 0)
        return NULL;
    copy = vl_arena_strdup(arena, text);
    explicit_bzero(text, strlen(text));
    return copy;
}

/* Keys of RSA have that at the end of their name. Their bits are made by libcrypto, from chance of its own. */
static int make_texts(struct vl_session *session, const char *name, const char *comment, struct vl_buf *private_text,
                      struct vl_buf *public_text, struct vl_error *err)
{
    return vl_text_ends(name, "_rsa")
               ? vl_ssh_private_make_rsa(comment, private_text, public_text, err)
               : vl_ssh_private_make(session->state.random, comment, private_text, public_text, err);
}

static int make_pair(struct vl_session *session, const char *name, struct vl_error *err)
{
    struct vl_arena *arena = &session->key_arena;
    struct vl_key_pair *pairs = vl_arena_grow(arena, session->keys, session->key_count, sizeof(*pairs));
    VL_BUF_AUTO private_text = VL_BUF_INIT;
    VL_BUF_AUTO public_text = VL_BUF_INIT;

    if (!pairs)
        return vl_no_memory(err);
    session->keys = pairs;
    if (make_texts(session, name, vl_arena_printf(arena, "voiplab %s %s", session->lab->name, name), &private_text,
                   &public_text, err) < 0)
        return -1;
    pairs[session->key_count++] = (struct vl_key_pair){
        .name = vl_arena_strdup(arena, name),
        .private_text = vl_arena_strdup(arena, vl_buf_text(&private_text)),
        .public_text = vl_arena_strdup(arena, vl_buf_text(&public_text)),
    };
    return vl_arena_check(arena, err);
}

int vl_session_key(struct vl_session *session, struct vl_arena *arena, const char *name, struct vl_key_pair *ret_pair,
                   struct vl_error *err)
{
    *ret_pair = (struct vl_key_pair){
        .name = name,
        .private_text = read_half(session, arena, name, ""),
        .public_text = read_half(session, arena, name, ".pub"),
        .stored = true,
    };
    if (ret_pair->private_text && ret_pair->public_text)
        return vl_arena_check(arena, err);
    for (size_t i = 0; i < session->key_count; i++)
        if (!strcmp(session->keys[i].name, name)) {
            *ret_pair = session->keys[i];
            return 0;
        }
    if (make_pair(session, name, err) < 0)
        return -1;
    *ret_pair = session->keys[session->key_count - 1];
    return 0;
}
