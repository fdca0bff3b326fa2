/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * `pjsip show registrations` and `pjsip show contacts`: objects as rows of words below a header line, or `No objects
 * found.` A row begins with NAME/URI, of which the URI may be cut; a long name is not, and shifts the rest. So rows are
 * read word by word.
 */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "probe/asterisk.h"
#include "probe/slice.h"

/* NAME/sip:USER@HOST:PORT;… as far as it is shown: the name, and from the host on. False when there is no '/'. */
static bool split_object(struct vl_slice word, struct vl_slice *ret_name, struct vl_slice *ret_host)
{
    const char *slash = word.length ? memchr(word.start, '/', word.length) : NULL, *at;
    struct vl_slice uri;

    if (!slash || slash == word.start)
        return false;
    *ret_name = (struct vl_slice){ word.start, (size_t)(slash - word.start) };
    uri = (struct vl_slice){ slash + 1, word.length - ret_name->length - 1 };
    for (at = uri.start + uri.length; at > uri.start && at[-1] != '@';)
        at--;
    if (at > uri.start)
        uri = (struct vl_slice){ at, uri.length - (size_t)(at - uri.start) };
    else if (vl_slice_starts(uri, "sip:"))
        uri.start += strlen("sip:"), uri.length -= strlen("sip:");
    *ret_host = uri;
    return true;
}

/* Read up to and including the header, which begins so; or the word that there is nothing. False: it is no such
 * answer. */
static bool find_header(const char **rest, const char *header)
{
    struct vl_slice line;

    while (vl_slice_line(rest, &line)) {
        line = vl_slice_strip(line);
        if (vl_slice_starts(line, header) || vl_slice_starts(line, "No objects found"))
            return true;
    }
    return false;
}

static const struct {
    const char *text;
    enum vl_registration_state state;
} registration_states[] = {
    { "Registered", VL_REGISTRATION_REGISTERED },
    { "Unregistered", VL_REGISTRATION_UNREGISTERED },
    { "Rejected", VL_REGISTRATION_REJECTED },
};

static const char *find_text(struct vl_slice whole, const char *text)
{
    size_t length = strlen(text);

    for (size_t i = 0; i + length <= whole.length; i++)
        if (!memcmp(whole.start + i, text, length))
            return whole.start + i;
    return NULL;
}

/* `AUTH  STATUS` or `STATUS`, since 2022 with ` (exp. 55s)` or ` (exp. 5s ago)`. What has run out is no registration,
 * whatever the status says. */
static bool read_status(struct vl_arena *arena, struct vl_slice rest, struct vl_registration *registration)
{
    struct vl_slice whole = vl_slice_strip(rest), word, status = { .length = 0 };
    const char *expiry = find_text(whole, "(exp. ");
    bool over;

    rest = whole;
    if (expiry)
        rest.length = (size_t)(expiry - whole.start);
    while ((word = vl_slice_word(&rest)).length)
        status = word;
    if (!status.length)
        return false;
    over = expiry && find_text((struct vl_slice){ expiry, whole.length - (size_t)(expiry - whole.start) }, " ago)");
    registration->state = VL_REGISTRATION_OTHER;
    for (size_t i = 0; i < VL_COUNT(registration_states); i++)
        if (vl_slice_equals(status, registration_states[i].text))
            registration->state = registration_states[i].state;
    if (over && registration->state == VL_REGISTRATION_REGISTERED) {
        registration->state = VL_REGISTRATION_OTHER;
        status.length = whole.length - (size_t)(status.start - whole.start);
    }
    registration->state_text = vl_slice_keep(arena, status);
    registration->when =
        expiry ? vl_slice_keep(arena, (struct vl_slice){ expiry, whole.length - (size_t)(expiry - whole.start) }) : "";
    return true;
}

/* `(exp. 93s)`, or `(exp. 5s ago)`, which is less than nothing. False for a time that is no such one. */
static bool seconds_left(const char *when, long *ret_seconds)
{
    char *end;

    if (strncmp(when, "(exp. ", 6) != 0)
        return false;
    *ret_seconds = strtol(when + 6, &end, 10);
    if (!strncmp(end, "s ago", 5))
        *ret_seconds = -*ret_seconds;
    return end > when + 6;
}

bool vl_asterisk_registered_since(const struct vl_registration *before, const struct vl_registration *now)
{
    long left_before, left_now;

    if (now->state != VL_REGISTRATION_REGISTERED)
        return false;
    if (seconds_left(before->when, &left_before) && seconds_left(now->when, &left_now))
        return left_now > left_before || !vl_text_starts(before->state_text, now->state_text);
    return !*now->when || strcmp(before->when, now->when) != 0;
}

int vl_asterisk_parse_pjsip_registrations(struct vl_arena *arena, const char *text, struct vl_registration **ret,
                                          size_t *ret_count)
{
    struct vl_registration *list = NULL, *grown, registration;
    struct vl_slice line, name, host;
    size_t count = 0;

    if (!find_header(&text, "<Registration/ServerURI"))
        return -1;
    while (count < VL_ASTERISK_ROWS && vl_slice_line(&text, &line)) {
        if (!split_object(vl_slice_word(&line), &name, &host) || !read_status(arena, line, &registration))
            continue;
        grown = vl_arena_grow(arena, list, count, sizeof(*list));
        if (!grown)
            return -1;
        list = grown;
        registration.username = vl_slice_keep(arena, name);
        registration.host = vl_slice_keep(arena, host);
        list[count++] = registration;
    }
    *ret = list;
    *ret_count = count;
    return arena->failed ? -1 : 0;
}

static const struct {
    const char *text;
    enum vl_peer_status status;
} contact_statuses[] = {
    { "Avail", VL_PEER_OK },        { "Unavail", VL_PEER_UNREACHABLE }, { "Unknown", VL_PEER_UNKNOWN },
    { "Created", VL_PEER_UNKNOWN }, { "NonQual", VL_PEER_UNMONITORED },
};

/* `0.474`, rounded up; -1 for `nan` and what is no time. */
static int read_round_trip(struct vl_slice word)
{
    struct vl_slice whole = word;
    int value = 0;

    for (whole.length = 0; whole.length < word.length && word.start[whole.length] != '.';)
        whole.length++;
    if (!vl_slice_digits(whole) || whole.length > 8)
        return -1;
    for (size_t i = 0; i < whole.length; i++)
        value = value * 10 + (whole.start[i] - '0');
    return value + (whole.length < word.length);
}

/* `Contact:  NAME/URI  HASH  STATUS  RTT`. An Avail without its time is not one that Asterisk prints. */
static bool read_contact(struct vl_arena *arena, struct vl_slice line, struct vl_peer *peer)
{
    struct vl_slice name, host, status;

    if (!vl_slice_equals(vl_slice_word(&line), "Contact:") || !split_object(vl_slice_word(&line), &name, &host) ||
        !vl_slice_word(&line).length || !(status = vl_slice_word(&line)).length)
        return false;
    *peer = (struct vl_peer){
        .name = vl_slice_keep(arena, name),
        .username = "",
        .host = vl_slice_keep(arena, host),
        .status = VL_PEER_OTHER,
        .status_text = vl_slice_keep(arena, status),
        .milliseconds = read_round_trip(vl_slice_word(&line)),
    };
    for (size_t i = 0; i < VL_COUNT(contact_statuses); i++)
        if (vl_slice_equals(status, contact_statuses[i].text))
            peer->status = contact_statuses[i].status;
    if (peer->status == VL_PEER_OK && peer->milliseconds < 0)
        peer->status = VL_PEER_OTHER;
    return true;
}

int vl_asterisk_parse_pjsip_contacts(struct vl_arena *arena, const char *text, struct vl_peer **ret, size_t *ret_count)
{
    struct vl_peer *list = NULL, *grown, peer;
    struct vl_slice line;
    size_t count = 0;

    if (!find_header(&text, "Contact:  <Aor/ContactUri"))
        return -1;
    while (count < VL_ASTERISK_ROWS && vl_slice_line(&text, &line)) {
        if (!read_contact(arena, line, &peer))
            continue;
        grown = vl_arena_grow(arena, list, count, sizeof(*list));
        if (!grown)
            return -1;
        list = grown;
        list[count++] = peer;
    }
    *ret = list;
    *ret_count = count;
    return arena->failed ? -1 : 0;
}
