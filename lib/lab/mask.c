/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A line at a time: which part of it is a secret is told by the name that stands before it, by what the line is in (a
 * private key, the mailboxes of voicemail.conf) and by the shape of it. In doubt it is one: of a value whose end is not
 * certain (blanks, quotes, `;`, which begins a comment unless it is escaped) all is hidden to the end of the line.
 */
#include "lab/mask.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/memory.h"
#include "base/text.h"

#define DOTS "••••"

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
        vl_buf_puts(buf, vl_state_is_secret(state, copy) ? DOTS : copy);
    if (copy)
        explicit_bzero(copy, length);
}

/* What has gone by in the line that is masked: enough to know what the next word is, without looking back, which a line
 * of 100,000 blanks would make slow. */
struct gone_by {
    enum { NO_KEY, IN_KEY, AFTER_KEY, AT_VALUE } at;
    const char *key; /* a word; after it blanks (AFTER_KEY), then `=` or `=>` and blanks (AT_VALUE) */
    size_t key_length;
    size_t values;       /* so many `=` behind a key */
    bool arrow;          /* the last of them is `=>` */
    const char *element; /* behind the last '<'; NULL: there is none */
    bool tag_closed;     /* the last character is '>' */
};

/* What may stand between a key and its `=`: blanks, and in other languages than Asterisk's the end of its quotes. */
static bool between(char c)
{
    return c && strchr(" \t\"']", c);
}

static void go_by_sign(struct gone_by *gone, char c)
{
    if (gone->at == AT_VALUE && (c == ' ' || c == '\t'))
        return;
    if (between(c) && (gone->at == IN_KEY || gone->at == AFTER_KEY)) {
        gone->at = AFTER_KEY;
    } else if (c == '=' && (gone->at == IN_KEY || gone->at == AFTER_KEY)) {
        gone->at = AT_VALUE;
        gone->values++;
        gone->arrow = false;
    } else if (c == '>' && gone->at == AT_VALUE) {
        gone->arrow = true;
    } else {
        gone->at = NO_KEY;
    }
}

static void go_by(struct gone_by *gone, const char *text)
{
    gone->tag_closed = *text == '>';
    if (*text == '<')
        gone->element = text + 1;
    if (!word_character(*text)) {
        go_by_sign(gone, *text);
        return;
    }
    if (gone->at != IN_KEY) {
        gone->at = IN_KEY;
        gone->key = text;
        gone->key_length = 0;
    }
    gone->key_length++;
}

/* A part of a line; empty: there is none. */
struct part {
    const char *start, *end;
};

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

static struct part nothing(struct part value)
{
    return (struct part){ value.start, value.start };
}

static struct part all(struct part value)
{
    return value;
}

static struct part but_methods(struct part value)
{
    return is_method(value.start, strcspn(value.start, " \t;\r\n")) ? nothing(value) : value;
}

/* register => user:secret:name@host:port/extension; the user may be a part of tls://user@domain. */
static struct part credentials(struct part value)
{
    const char *at = memrchr(value.start, '@', (size_t)(value.end - value.start));
    const char *colon = at ? memchr(value.start, ':', (size_t)(at - value.start)) : NULL;

    if (colon && vl_text_starts(colon, "://"))
        colon = memchr(colon + 1, ':', (size_t)(at - colon - 1));
    return colon ? (struct part){ colon + 1, at } : nothing(value);
}

/* conf => room,pin,pin of the one who leads it */
static struct part later_fields(struct part value)
{
    const char *comma = memchr(value.start, ',', (size_t)(value.end - value.start));

    return comma ? (struct part){ comma + 1, value.end } : nothing(value);
}

static struct part first_field(struct part value)
{
    const char *comma = memchr(value.start, ',', (size_t)(value.end - value.start));

    return comma ? (struct part){ value.start, comma } : value;
}

/* Names of settings whose value is a secret, or has one in it: one that is no longer, or not yet, in our state is one
 * all the same, and a user's file has secrets of its own. The first row that fits counts. */
static const struct name {
    const char *name;
    enum { WHOLE, ENDING, FIRST } fits; /* the name; the end of it; the name, of the first value in a line */
    struct part (*hidden)(struct part value);
} names[] = {
    { "bypass", WHOLE, nothing },     { "secret", ENDING, all },       { "password", ENDING, all },
    { "passwd", ENDING, all },        { "passphrase", ENDING, all },   { "pass", ENDING, all },
    { "pincode", ENDING, all },       { "pin", WHOLE, all },           { "adminpin", WHOLE, all },
    { "cred", WHOLE, all },  /* md5_cred */
    { "token", WHOLE, all }, /* refresh_token */
    { "apikey", WHOLE, all },         { "auth", WHOLE, but_methods },  { "register", FIRST, credentials },
    { "switch", FIRST, credentials }, { "conf", FIRST, later_fields }, /* of meetme.conf */
    { "agent", FIRST, later_fields },                                  /* of agents.conf */
};

static bool fits(const struct name *name, const struct gone_by *gone)
{
    size_t length = strlen(name->name);

    if (gone->key_length < length || (name->fits != ENDING && gone->key_length != length) ||
        (name->fits == FIRST && gone->values != 1))
        return false;
    return !strncasecmp(gone->key + gone->key_length - length, name->name, length);
}

static struct part secret_value(const struct gone_by *gone, struct part value)
{
    for (size_t i = 0; i < VL_COUNT(names); i++)
        if (fits(&names[i], gone))
            return names[i].hidden(value);
    return nothing(value);
}

/* The profile of a telephone: the text of an element whose name says that it is a password. */
static struct part secret_element(const struct gone_by *gone, struct part rest)
{
    if (!gone->element ||
        (!vl_text_starts(gone->element, "Password_") && !vl_text_starts(gone->element, "Admin_Passwd")))
        return nothing(rest);
    return (struct part){ rest.start, rest.start + strcspn(rest.start, "<\r\n") };
}

/* What stands before a colon and is no user: a kind of address, or of a hint. */
static bool is_scheme(const char *word, size_t length)
{
    static const char *const schemes[] = { "sip", "sips", "pjsip", "tel", "mailto", "xmpp", "park", "mwi", "local" };

    for (size_t i = 0; i < VL_COUNT(schemes); i++)
        if (strlen(schemes[i]) == length && !strncasecmp(schemes[i], word, length))
            return true;
    return false;
}

/* user:secret@host, as in Dial(IAX2/user:secret@host), behind the colon; but not the 1 of ${EXTEN:1}@host. */
static struct part secret_of_address(const struct gone_by *gone, struct part rest)
{
    size_t length = strcspn(rest.start, " \t\r\n()[]{}<>$,&|\"';/:@\\");

    if (rest.start[length] != '@' || is_scheme(gone->key, gone->key_length))
        return nothing(rest);
    return (struct part){ rest.start, rest.start + length };
}

struct masking {
    const struct vl_state *state;
    struct vl_buf *buf;
    const char *file; /* its name; NULL: any text */
    bool in_key;      /* a private key has begun */
    enum { UNKNOWN, MAILBOXES, SETTINGS } section;
};

static bool is_file(const struct masking *masking, const char *beginning)
{
    return masking->file && vl_text_starts(masking->file, beginning);
}

/* 1500 => 4711,Name: a mailbox, by the section of voicemail.conf; elsewhere by its look, but not in a dialplan. */
static bool is_mailbox(const struct masking *masking, const struct gone_by *gone)
{
    bool number = strspn(gone->key, "0123456789") == gone->key_length && strchr(" \t=", gone->key[gone->key_length]);

    if (gone->values != 1 || masking->section == SETTINGS || is_file(masking, "extensions"))
        return false;
    return masking->section == MAILBOXES || (number && gone->arrow);
}

/* The next part of the line that is to be hidden, when it begins here. */
static struct part find(const struct masking *masking, const struct gone_by *gone, struct part rest)
{
    struct part value;

    if (gone->at != AT_VALUE)
        return gone->tag_closed ? secret_element(gone, rest) : nothing(rest);
    if (*rest.start == ' ' || *rest.start == '\t' || (*rest.start == '>' && rest.start[-1] == '='))
        return nothing(rest);
    value = secret_value(gone, rest);
    return value.start == value.end && is_mailbox(masking, gone) ? first_field(rest) : value;
}

static void mask_words(const struct masking *masking, struct part line)
{
    struct gone_by gone = { .at = NO_KEY };
    struct part hidden = { NULL, NULL };
    bool colon = false; /* behind a word */

    for (const char *at = line.start, *next; at < line.end; at = next) {
        if (hidden.start < at || !hidden.start)
            hidden = colon ? secret_of_address(&gone, (struct part){ at, line.end })
                           : find(masking, &gone, (struct part){ at, line.end });
        for (next = at; next < line.end && word_character(*next);)
            next++;
        colon = *at == ':' && gone.at == IN_KEY;
        if (hidden.start == at && hidden.end > at) {
            vl_buf_puts(masking->buf, DOTS);
            next = hidden.end;
            gone.at = NO_KEY;
            continue;
        }
        if (next > at)
            add_word(masking->state, masking->buf, at, (size_t)(next - at));
        else
            vl_buf_putc(masking->buf, *next++);
        for (; at < next; at++)
            go_by(&gone, at);
    }
}

/* Behind the sign of a line of a diff. */
static const char *behind_sign(struct part line)
{
    return line.start < line.end && strchr("+- ", *line.start) ? line.start + 1 : line.start;
}

static const char *look_for(struct part line, const char *words)
{
    return memmem(line.start, (size_t)(line.end - line.start), words, strlen(words));
}

/* Whether a private key begins in the line: *ret_behind is behind what says so. */
static bool begins_key(struct part line, const char **ret_behind)
{
    static const char begin[] = "-----BEGIN ", key[] = "PRIVATE KEY", end[] = "-----";
    const char *at = look_for(line, begin);

    at = at ? look_for((struct part){ at, line.end }, key) : NULL;
    if (!at)
        return false;
    *ret_behind = at + strlen(key);
    at = look_for((struct part){ at, line.end }, end);
    *ret_behind = at ? at + strlen(end) : *ret_behind;
    return true;
}

/* A line of a private key, of which those that say where it begins and ends are shown. False: it is none. */
static bool mask_key(struct masking *masking, struct part line)
{
    const char *shown = behind_sign(line);

    if (masking->in_key)
        masking->in_key = !look_for(line, "-----END ") && !vl_text_starts(line.start, "@@ ");
    else if (begins_key(line, &shown))
        masking->in_key = !look_for((struct part){ shown, line.end }, "-----END ");
    else
        return false;
    if (!masking->in_key && shown == behind_sign(line))
        return false;
    vl_buf_add(masking->buf, line.start, (size_t)(shown - line.start));
    if (shown < line.end)
        vl_buf_puts(masking->buf, DOTS);
    return true;
}

/* The sections of voicemail.conf that have no mailboxes; of a hunk of a diff it is not known in which it begins. */
static void note_section(struct masking *masking, struct part line)
{
    static const char *const settings[] = { "general]", "zonemessages]", "aliases]" };
    const char *name = behind_sign(line);

    if (vl_text_starts(line.start, "@@ "))
        masking->section = UNKNOWN;
    if (*name++ != '[' || !is_file(masking, "voicemail"))
        return;
    masking->section = MAILBOXES;
    for (size_t i = 0; i < VL_COUNT(settings); i++)
        if (vl_text_starts(name, settings[i]))
            masking->section = SETTINGS;
}

char *vl_lab_mask_file(const struct vl_state *state, struct vl_arena *arena, const char *path, const char *text)
{
    VL_BUF_AUTO buf = VL_BUF_INIT;
    const char *slash = path ? strrchr(path, '/') : NULL;
    struct masking masking = { .state = state, .buf = &buf, .file = slash ? slash + 1 : path };

    while (*text) {
        size_t length = strcspn(text, "\n"), shown = length + (text[length] == '\n');

        while (length && text[length - 1] == '\r')
            length--;
        note_section(&masking, (struct part){ text, text + length });
        if (!mask_key(&masking, (struct part){ text, text + length }))
            mask_words(&masking, (struct part){ text, text + length });
        vl_buf_add(&buf, text + length, shown - length);
        text += shown;
    }
    if (buf.failed)
        arena->failed = true;
    return vl_arena_strdup(arena, vl_buf_text(&buf));
}

char *vl_lab_mask(const struct vl_state *state, struct vl_arena *arena, const char *text)
{
    return vl_lab_mask_file(state, arena, NULL, text);
}
