/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Line by line, each a pointer and a length into the datagram; nothing is allocated and nothing is copied but what is
 * kept.
 */
#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "sipp/sip_message.h"

struct text {
    const char *at;
    size_t length;
};

static const char *const methods[] = { "INVITE", "ACK",  "BYE",    "CANCEL", "OPTIONS", "REGISTER", "SUBSCRIBE",
                                       "NOTIFY", "INFO", "UPDATE", "PRACK",  "REFER",   "MESSAGE",  "PUBLISH" };

void vl_sip_copy(char *to, size_t room, const char *from, size_t length)
{
    size_t count = length < room - 1 ? length : room - 1;

    for (size_t i = 0; i < count; i++)
        to[i] = (char)(from[i] > ' ' - 1 && from[i] < 0x7f ? from[i] : '?');
    to[count] = '\0';
}

static struct text strip(struct text text)
{
    while (text.length && (*text.at == ' ' || *text.at == '\t')) {
        text.at++;
        text.length--;
    }
    while (text.length && strchr(" \t\r", text.at[text.length - 1]))
        text.length--;
    return text;
}

/* The next line without its end; false: there is none. */
static bool next_line(struct text *rest, struct text *line)
{
    const char *end;

    if (!rest->length)
        return false;
    end = memchr(rest->at, '\n', rest->length);
    line->at = rest->at;
    line->length = end ? (size_t)(end - rest->at) : rest->length;
    rest->at += line->length + (end != NULL);
    rest->length -= line->length + (end != NULL);
    if (line->length && line->at[line->length - 1] == '\r')
        line->length--;
    return true;
}

/* What stands in front of `stop`; `text` goes on behind it. All of it when there is none. */
static struct text until(struct text *text, char stop)
{
    const char *end = text->length ? memchr(text->at, stop, text->length) : NULL;
    struct text part = { .at = text->at, .length = end ? (size_t)(end - text->at) : text->length };

    text->at += part.length + (end != NULL);
    text->length -= part.length + (end != NULL);
    return part;
}

static bool is(struct text text, const char *word)
{
    return text.length == strlen(word) && strncasecmp(text.at, word, text.length) == 0;
}

static bool begins(struct text text, const char *word)
{
    return text.length >= strlen(word) && strncasecmp(text.at, word, strlen(word)) == 0;
}

static unsigned number(struct text text)
{
    unsigned value = 0;

    for (size_t i = 0; i < text.length && text.at[i] >= '0' && text.at[i] <= '9' && value < 1000000; i++)
        value = value * 10 + (unsigned)(text.at[i] - '0');
    return value;
}

/* "sip:1500@10.0.0.1;…", also in <>: the user, else the host. */
static void copy_user(char *to, size_t room, struct text uri)
{
    static const char *const schemes[] = { "sip:", "sips:", "tel:" };
    struct text user = { .length = 0 };

    for (size_t i = 0; i < uri.length && !user.at; i++)
        for (size_t k = 0; k < VL_COUNT(schemes) && !user.at; k++)
            if (begins((struct text){ uri.at + i, uri.length - i }, schemes[k]))
                user = (struct text){ uri.at + i + strlen(schemes[k]), uri.length - i - strlen(schemes[k]) };
    uri = user;
    for (user.length = 0; user.length < uri.length && !memchr("@;>? \t", uri.at[user.length], 6);)
        user.length++;
    if (user.at)
        vl_sip_copy(to, room, user.at, user.length);
}

/* False: it is no first line of SIP. */
static bool read_start(struct text line, struct vl_sip_message *message)
{
    struct text word = until(&line, ' ');

    if (is(word, "SIP/2.0")) {
        word = until(&line, ' ');
        message->status = number(word);
        vl_sip_copy(message->reason, sizeof(message->reason), line.at, line.length);
        return word.length == 3 && message->status >= 100 && message->status < 700;
    }
    for (size_t i = 0; i < VL_COUNT(methods); i++)
        if (is(word, methods[i]) && line.length > 8 &&
            begins((struct text){ line.at + line.length - 7, 7 }, "SIP/2.0")) {
            vl_sip_copy(message->method, sizeof(message->method), word.at, word.length);
            copy_user(message->called, sizeof(message->called), until(&line, ' '));
            return true;
        }
    return false;
}

static void read_header(struct text line, struct vl_sip_message *message)
{
    struct text name = strip(until(&line, ':')), value = strip(line);

    if (is(name, "Call-ID") || is(name, "i"))
        vl_sip_copy(message->call_id, sizeof(message->call_id), value.at, value.length);
    else if (is(name, "From") || is(name, "f"))
        copy_user(message->caller, sizeof(message->caller), value);
    else if ((is(name, "To") || is(name, "t")) && !message->called[0])
        copy_user(message->called, sizeof(message->called), value);
    else if (is(name, "CSeq") && message->status) {
        (void)until(&value, ' ');
        value = strip(value);
        vl_sip_copy(message->method, sizeof(message->method), value.at, value.length);
    }
}

/* "IN IP4 10.0.0.1" */
static void read_address(struct text value, struct vl_endpoint *end)
{
    char text[64];
    struct in_addr four;
    struct in6_addr six;

    (void)until(&value, ' ');
    (void)until(&value, ' ');
    value = strip(until(&value, '/'));
    vl_sip_copy(text, sizeof(text), value.at, value.length);
    if (inet_pton(AF_INET, text, &four) == 1)
        *end = vl_packet_ipv4_end(ntohl(four.s_addr), end->port);
    else if (inet_pton(AF_INET6, text, &six) == 1)
        (void)memcpy(end->address, &six, sizeof(end->address));
}

/* "rtpmap:101 telephone-event/8000" */
static void read_map(struct text value, struct vl_sip_message *message)
{
    struct vl_media_map *map = &message->maps[message->map_count];
    struct text type, name;

    (void)until(&value, ':');
    type = until(&value, ' ');
    name = strip(until(&value, '/'));
    if (message->map_count == VL_SIP_MAPS || !type.length || number(type) > 127 || !name.length)
        return;
    map->type = number(type);
    map->rate = number(value);
    vl_sip_copy(map->name, sizeof(map->name), name.at, name.length);
    message->map_count++;
}

/* The first sound of an SDP. Its address is its own, or else that of the whole. */
static void read_sdp(struct text rest, struct vl_sip_message *message)
{
    unsigned audio = 0, media = 0;
    struct text line;

    while (next_line(&rest, &line)) {
        struct text value = { line.at + 2, line.length - 2 };

        if (line.length < 3 || line.at[1] != '=')
            continue;
        if (line.at[0] == 'm' && ++media && begins(value, "audio ") && !audio) {
            audio = media;
            (void)until(&value, ' ');
            message->rtp.port = (uint16_t)(number(value) & 0xffff);
            message->has_sdp = true;
        } else if (line.at[0] == 'c' && (!media || media == audio)) {
            read_address(value, &message->rtp);
        } else if (line.at[0] == 'a' && media == audio && begins(value, "rtpmap:")) {
            read_map(value, message);
        }
    }
}

bool vl_sip_read(const uint8_t *bytes, size_t length, struct vl_sip_message *ret_message)
{
    struct text rest = { .at = (const char *)bytes, .length = length }, line;

    *ret_message = (struct vl_sip_message){ .status = 0 };
    if (length < 16 || !next_line(&rest, &line) || !read_start(line, ret_message))
        return false;
    while (next_line(&rest, &line) && line.length)
        read_header(line, ret_message);
    read_sdp(rest, ret_message);
    return ret_message->method[0] && ret_message->call_id[0];
}
