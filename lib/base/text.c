/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/text.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool vl_text_number(const char *text, long min, long max, long *ret_number)
{
    char *end;
    long number;

    if (!is_digit(text[0]) && !(text[0] == '-' && is_digit(text[1])))
        return false;
    errno = 0;
    number = strtol(text, &end, 10);
    if (errno || *end || number < min || number > max)
        return false;
    *ret_number = number;
    return true;
}

bool vl_text_size(const char *text, uint64_t *ret_bytes)
{
    static const char units[] = "KMGT";
    const char *unit;
    char *end;
    unsigned long long number;
    unsigned shift;

    if (!is_digit(text[0]))
        return false;
    errno = 0;
    number = strtoull(text, &end, 10);
    if (errno || !*end || end[1])
        return false;
    unit = strchr(units, toupper((unsigned char)*end));
    if (!unit)
        return false;
    shift = 10U * (unsigned)(unit - units + 1);
    if (number > (UINT64_MAX >> shift) || number == 0)
        return false;
    *ret_bytes = (uint64_t)number << shift;
    return true;
}

char *vl_text_from_size(struct vl_arena *arena, uint64_t bytes)
{
    static const char units[] = "TGMK";

    for (unsigned i = 0; units[i]; i++) {
        unsigned shift = 40 - 10 * i;

        if (bytes && bytes % ((uint64_t)1 << shift) == 0)
            return vl_arena_printf(arena, "%llu%c", (unsigned long long)(bytes >> shift), units[i]);
    }
    return vl_arena_printf(arena, "%llu", (unsigned long long)bytes);
}

bool vl_text_ipv4(const char *text, uint32_t *ret_address)
{
    uint32_t address = 0;

    for (int part = 0; part < 4; part++) {
        unsigned value = 0, digits = 0;

        for (; is_digit(*text) && digits < 4; text++, digits++)
            value = value * 10 + (unsigned)(*text - '0');
        if (digits == 0 || digits > 3 || value > 255)
            return false;
        if (*text++ != (part < 3 ? '.' : '\0'))
            return false;
        address = address << 8 | value;
    }
    *ret_address = address;
    return true;
}

char *vl_text_from_ipv4(struct vl_arena *arena, uint32_t address)
{
    return vl_arena_printf(arena, "%u.%u.%u.%u", address >> 24, (address >> 16) & 255, (address >> 8) & 255,
                           address & 255);
}

/* What stands before the slash of ADDRESS/PREFIX, and where the prefix begins. No address of either family is longer
 * than the room, which is asked of nobody: a text that is right is right when memory is short, too. */
static const char *part_network(const char *text, char ret_address[static INET6_ADDRSTRLEN])
{
    const char *slash = strchr(text, '/');
    size_t length = slash ? (size_t)(slash - text) : 0;

    if (!slash || length >= INET6_ADDRSTRLEN)
        return NULL;
    memcpy(ret_address, text, length);
    ret_address[length] = '\0';
    return slash + 1;
}

bool vl_text_network(const char *text, uint32_t *ret_address, unsigned *ret_prefix)
{
    char address[INET6_ADDRSTRLEN];
    const char *number = part_network(text, address);
    long prefix;

    if (!number || !vl_text_number(number, 1, 32, &prefix) || !vl_text_ipv4(address, ret_address))
        return false;
    *ret_prefix = (unsigned)prefix;
    return true;
}

uint32_t vl_text_netmask(unsigned prefix)
{
    return prefix == 0 ? 0 : UINT32_MAX << (32 - prefix);
}

bool vl_text_ipv6(const char *text, unsigned char ret_address[static 16])
{
    return inet_pton(AF_INET6, text, ret_address) == 1;
}

bool vl_text_network6(const char *text, unsigned char ret_address[static 16], unsigned *ret_prefix)
{
    char address[INET6_ADDRSTRLEN];
    const char *number = part_network(text, address);
    long prefix;

    if (!number || !vl_text_number(number, 1, 128, &prefix) || !vl_text_ipv6(address, ret_address))
        return false;
    *ret_prefix = (unsigned)prefix;
    return true;
}

static unsigned minimum(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

enum { NEAREST_LENGTH = 40 };

/* Edit distance with swaps of neighbours (optimal string alignment), for texts up to NEAREST_LENGTH. */
static unsigned distance(const char *a, const char *b)
{
    unsigned cost[NEAREST_LENGTH + 1][NEAREST_LENGTH + 1];
    size_t rows = strlen(a), columns = strlen(b);

    if (rows > NEAREST_LENGTH || columns > NEAREST_LENGTH)
        return UINT_MAX;
    for (size_t i = 0; i <= rows; i++) {
        for (size_t j = 0; j <= columns; j++) {
            if (i == 0 || j == 0) {
                cost[i][j] = (unsigned)(i + j);
                continue;
            }
            cost[i][j] =
                minimum(minimum(cost[i - 1][j], cost[i][j - 1]) + 1, cost[i - 1][j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                cost[i][j] = minimum(cost[i][j], cost[i - 2][j - 2] + 1);
        }
    }
    return cost[rows][columns];
}

const char *vl_text_nearest(const char *wrong, const char *const *names)
{
    const char *best = NULL;
    unsigned best_distance = UINT_MAX;
    size_t own = strlen(wrong);

    for (; *names; names++) {
        size_t length = strlen(*names), apart = length > own ? length - own : own - length;
        unsigned near = length < 4 ? 1 : length < 8 ? 2 : 3;
        unsigned far = apart > near ? UINT_MAX : distance(wrong, *names);

        if (far <= near && far < best_distance) {
            best = *names;
            best_distance = far;
        }
    }
    return best;
}

bool vl_text_is_name(const char *text)
{
    size_t length = strlen(text);

    return length >= 1 && length <= 63 && text[0] >= 'a' && text[0] <= 'z' &&
           strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") == length;
}

bool vl_text_is_interface(const char *text)
{
    static const char allowed[] = "-._abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    size_t length = strlen(text);

    /* IFNAMSIZ of the kernel: 15 characters; it allows more of them, which no file of ours would survive */
    return length <= 15 && !strchr("-._", text[0]) && strspn(text, allowed) == length;
}

bool vl_text_is_url(const char *text)
{
    static const char *const schemes[] = { "http://", "https://", "ftp://" };
    bool is_known = false;

    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
        is_known |= vl_text_starts(text, schemes[i]) && text[strlen(schemes[i])];
    for (; *text; text++)
        is_known &= *text > ' ' && *text < 0x7f && !strchr("'\"\\", *text);
    return is_known;
}

char *vl_text_strip(char *text)
{
    size_t length;

    text += strspn(text, " \t\r\n");
    length = strlen(text);
    while (length && strchr(" \t\r\n", text[length - 1]))
        text[--length] = '\0';
    return text;
}

char *vl_text_flat(struct vl_arena *arena, const char *path)
{
    char *name = vl_arena_strdup(arena, path);

    for (char *p = name; *p; p++)
        if (*p == '/')
            *p = '%';
    return name;
}

const char *const *vl_text_split(struct vl_arena *arena, const char *text, const char *separators)
{
    static const char *const none[] = { NULL };
    size_t parts = 0;
    const char **list;

    for (const char *p = text; *p; parts++) {
        p += strspn(p, separators);
        p += strcspn(p, separators);
    }
    list = vl_arena_zalloc(arena, (parts + 1) * sizeof(*list));
    if (!list)
        return none;
    parts = 0;
    for (text += strspn(text, separators); *text; text += strspn(text, separators)) {
        size_t length = strcspn(text, separators);

        list[parts++] = vl_arena_strndup(arena, text, length);
        text += length;
    }
    return list;
}

static bool is_printable(unsigned char c)
{
    return c == '\n' || (c >= ' ' && c < 0x7f);
}

char *vl_text_printable(struct vl_arena *arena, const char *text)
{
    VL_BUF_AUTO buf = VL_BUF_INIT;

    for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
        const unsigned char *start = p;

        while (is_printable(*p))
            p++;
        vl_buf_add(&buf, start, (size_t)(p - start));
        if (!*p)
            break;
        vl_buf_printf(&buf, "\\x%02x", *p);
    }
    return vl_arena_strdup(arena, vl_buf_text(&buf));
}

size_t vl_text_letter(const char *text)
{
    const unsigned char *p = (const unsigned char *)text;
    size_t length = p[0] >= 0xc2 && p[0] < 0xe0   ? 2
                    : p[0] >= 0xe0 && p[0] < 0xf0 ? 3
                    : p[0] >= 0xf0 && p[0] < 0xf5 ? 4
                                                  : 0;
    uint32_t code = length ? p[0] & (0x7fU >> length) : 0;

    for (size_t i = 1; i < length; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (p[i] & 0x3fU);
    }
    if (code < 0xa0 || (length == 3 && code < 0x800) || (length == 4 && (code < 0x10000 || code > 0x10ffff)))
        return 0;
    if ((code >= 0xd800 && code < 0xe000) || (code >= 0x200b && code < 0x2010) || (code >= 0x2028 && code < 0x2030) ||
        (code >= 0x2060 && code < 0x2070) || code == 0x61c || code == 0xfeff)
        return 0;
    return length;
}

char *vl_text_visible(struct vl_arena *arena, const char *text)
{
    VL_BUF_AUTO buf = VL_BUF_INIT;

    while (*text) {
        size_t length = is_printable((unsigned char)*text) ? 1 : vl_text_letter(text);

        if (length)
            vl_buf_add(&buf, text, length);
        else
            vl_buf_printf(&buf, "\\x%02x", (unsigned char)*text);
        text += length ? length : 1;
    }
    arena->failed |= buf.failed;
    return vl_arena_strdup(arena, vl_buf_text(&buf));
}

const char *vl_text_tail(const char *text, size_t most)
{
    size_t length = strlen(text);

    if (length <= most)
        return text;
    text += length - most;
    for (int i = 0; i < 3 && ((unsigned char)*text & 0xc0) == 0x80; i++)
        text++;
    return text;
}

char *vl_text_quote(struct vl_arena *arena, const char *text, size_t most)
{
    size_t length;
    const char *tail;
    char *line;

    text += strspn(text, " \t\r\n");
    for (length = strlen(text); length && strchr(" \t\r\n", text[length - 1]);)
        length--;
    text = vl_arena_strndup(arena, text, length);
    tail = vl_text_tail(text, most);
    line = vl_arena_printf(arena, "%s%s", tail > text ? "..." : "", tail);
    for (char *p = line; (p = strpbrk(p, "\t\r\n"));)
        *p = ' ';
    return vl_text_printable(arena, line);
}

bool vl_text_starts(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool vl_text_ends(const char *text, const char *suffix)
{
    size_t length = strlen(text), end = strlen(suffix);

    return length >= end && !strcmp(text + length - end, suffix);
}
