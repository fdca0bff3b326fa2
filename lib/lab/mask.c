/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lab/mask.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/memory.h"
#include "base/text.h"

static bool word_character(char c)
{
    return isalnum((unsigned char)c) != 0;
}

/* Append a word of letters and digits, or dots when it is a secret. */
static void add_word(const struct vl_state *state, struct vl_buf *buf, const char *word, size_t length)
{
    VL_FREE char *copy = vl_strndup(word, length);

    if (!copy)
        buf->failed = true;
    else
        vl_buf_puts(buf, vl_state_is_secret(state, copy) ? "••••" : copy);
    if (copy)
        explicit_bzero(copy, length);
}

/* What has gone by in the line that is masked: enough to know what the next word is, without looking back, which a line
 * of 100,000 blanks would make slow. */
struct gone_by {
    enum { NO_KEY, IN_KEY, AFTER_KEY, AT_VALUE } at;
    const char *key; /* a word; after it blanks (AFTER_KEY), then `=` or `=>` and blanks (AT_VALUE) */
    size_t key_length;
    const char *element; /* behind the last '<'; NULL: there is none */
    bool tag_closed;     /* the last character is '>' */
};

static void go_by(struct gone_by *gone, const char *text)
{
    gone->tag_closed = *text == '>';
    if (*text == '<')
        gone->element = text + 1;
    if (word_character(*text)) {
        if (gone->at != IN_KEY)
            *gone = (struct gone_by){ .at = IN_KEY, .key = text, .element = gone->element };
        gone->key_length++;
    } else if (*text == ' ') {
        gone->at = gone->at == IN_KEY ? AFTER_KEY : gone->at;
    } else if (*text == '=') {
        gone->at = gone->at == IN_KEY || gone->at == AFTER_KEY ? AT_VALUE : NO_KEY;
    } else if (*text != '>' || gone->at != AT_VALUE) {
        gone->at = NO_KEY;
    }
    if (*text == '\n')
        *gone = (struct gone_by){ .at = NO_KEY };
}

/* Words that say how something is proven, and prove nothing: IAX2 has a list of them under `auth`. */
static bool is_method(const char *text, size_t length)
{
    static const char *const methods[] = { "md5", "rsa", "plaintext", "userpass", "digest" };

    while (length) {
        size_t word = strcspn(text, ", ;\n"), i = 0;

        word = word < length ? word : length;
        while (i < VL_COUNT(methods) && (strlen(methods[i]) != word || strncasecmp(methods[i], text, word) != 0))
            i++;
        if (i == VL_COUNT(methods))
            return false;
        word += word < length; /* the comma */
        text += word;
        length -= word;
    }
    return true;
}

/* The length of the value at `text` when what stands before it, in its line, is a key whose value is a secret: one that
 * is no longer, or not yet, in our state is one all the same, and a user's file has secrets of its own. 0: no value. */
static size_t secret_value(const struct gone_by *gone, const char *text)
{
    static const char *const keys[] = { "secret", "password", "vmsecret", "remotesecret", "md5secret", "auth" };

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]) && gone->at == AT_VALUE; i++)
        if (strlen(keys[i]) == gone->key_length && !strncasecmp(gone->key, keys[i], gone->key_length))
            return !strcmp(keys[i], "auth") && is_method(text, strcspn(text, " ;\n")) ? 0 : strcspn(text, " ;\n");
    return 0;
}

/* The same for the profile of a telephone: the text of an element whose name says that it is a password. */
static size_t secret_element(const struct gone_by *gone, const char *text)
{
    if (!gone->tag_closed || !gone->element)
        return 0;
    if (!vl_text_starts(gone->element, "Password_") && !vl_text_starts(gone->element, "Admin_Passwd"))
        return 0;
    return strcspn(text, "<\n");
}

char *vl_lab_mask(const struct vl_state *state, struct vl_arena *arena, const char *text)
{
    VL_BUF_AUTO buf = VL_BUF_INIT;
    struct gone_by gone = { .at = NO_KEY };

    while (*text) {
        size_t length = 0, hidden = secret_value(&gone, text);

        hidden = hidden ? hidden : secret_element(&gone, text);
        while (word_character(text[length]))
            length++;
        if (hidden) {
            vl_buf_puts(&buf, "••••");
            length = hidden;
        } else if (length)
            add_word(state, &buf, text, length);
        else
            vl_buf_putc(&buf, *text);
        for (const char *end = text + (length ? length : 1); text < end; text++)
            go_by(&gone, text);
    }
    if (buf.failed)
        arena->failed = true;
    return vl_arena_strdup(arena, vl_buf_text(&buf));
}
