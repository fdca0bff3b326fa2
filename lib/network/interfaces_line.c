/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "network/interfaces_line.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

static bool opens_stanza(const char *word)
{
    static const char *const words[] = { "iface",      "auto",   "mapping",      "source",     "source-directory",
                                         "source-dir", "rename", "no-auto-down", "no-scripts", "template",
                                         NULL };

    for (size_t i = 0; words[i]; i++)
        if (!strcmp(word, words[i]))
            return true;
    return vl_text_starts(word, "allow-");
}

static size_t line_length(const char *text)
{
    size_t length = strcspn(text, "\n");

    while (text[length] == '\n' && length && text[length - 1] == '\\')
        length += 1 + strcspn(text + length + 1, "\n");
    return length;
}

size_t vl_interfaces_lines(struct vl_arena *arena, const char *text, struct vl_interfaces_line **ret_lines)
{
    struct vl_interfaces_line *lines = NULL;
    size_t count = 0;
    int number = 1;

    while (*text) {
        size_t length = line_length(text);
        struct vl_interfaces_line *grown = vl_arena_grow(arena, lines, count, sizeof(*lines)), *line;

        if (!grown)
            break;
        lines = grown;
        line = &lines[count++];
        *line = (struct vl_interfaces_line){ .text = vl_arena_strndup(arena, text, length), .number = number };
        line->words = vl_text_split(arena, line->text, " \t\r\n\\");
        if (line->words[0] && line->words[0][0] == '#')
            line->words = vl_text_split(arena, "", " ");
        line->opens = line->words[0] && opens_stanza(line->words[0]);
        for (size_t i = 0; i < length; i++)
            number += text[i] == '\n';
        number++;
        text += length + (text[length] == '\n');
    }
    *ret_lines = lines;
    return count;
}

bool vl_interfaces_is_command(const char *word)
{
    static const char *const words[] = { "up", "down", "pre-up", "post-up", "pre-down", "post-down", NULL };

    for (size_t i = 0; words[i]; i++)
        if (!strcmp(word, words[i]))
            return true;
    return false;
}

static bool is_program(const char *word, const char *program)
{
    const char *slash = strrchr(word, '/');

    return !strcmp(slash ? slash + 1 : word, program);
}

/* The object of ip(8), of which the first letters do. */
static enum vl_interfaces_object ip_object(const char *const *words)
{
    static const struct {
        const char *name;
        enum vl_interfaces_object object;
    } objects[] = {
        { "address", VL_OBJECT_ADDRESS }, { "route", VL_OBJECT_ROUTE },     { "rule", VL_OBJECT_ROUTE },
        { "neighbor", VL_OBJECT_ROUTE },  { "neighbour", VL_OBJECT_ROUTE }, { "nexthop", VL_OBJECT_ROUTE }
    };

    while (*words && **words == '-')
        words += !strcmp(*words, "-f") || !strcmp(*words, "-family") ? 2 : 1;
    for (size_t i = 0; *words && i < VL_COUNT(objects); i++)
        if (vl_text_starts(objects[i].name, *words))
            return objects[i].object;
    return VL_OBJECT_OTHER;
}

const char *vl_interfaces_setting(struct vl_arena *arena, const char *interface, const char *word)
{
    const char *found = strstr(word, vl_arena_printf(arena, "conf/%s/", interface));

    return found ? found : strstr(word, vl_arena_printf(arena, "conf.%s.", interface));
}

enum vl_interfaces_object vl_interfaces_object(struct vl_arena *arena, const char *interface,
                                               const struct vl_interfaces_line *line)
{
    for (size_t i = 1; line->words[i]; i++) {
        enum vl_interfaces_object object = VL_OBJECT_OTHER;

        if (is_program(line->words[i], "ip"))
            object = ip_object(line->words + i + 1);
        else if (is_program(line->words[i], "ifconfig") && line->words[i + 1] && line->words[i + 2])
            object = VL_OBJECT_ADDRESS;
        else if (is_program(line->words[i], "route") || is_program(line->words[i], "arp") ||
                 vl_interfaces_setting(arena, interface, line->words[i]))
            object = VL_OBJECT_ROUTE;
        if (object != VL_OBJECT_OTHER)
            return object;
    }
    return VL_OBJECT_OTHER;
}

const char *vl_interfaces_address(const struct vl_interfaces_line *line)
{
    for (size_t i = 1; line->words[i]; i++) {
        char text[64] = "";
        size_t length = strcspn(line->words[i], "/");
        unsigned char bytes[16];
        uint32_t number;

        memcpy(text, line->words[i], length < sizeof(text) ? length : 0);
        if (vl_text_ipv4(text, &number) || vl_text_ipv6(text, bytes))
            return line->words[i];
    }
    return NULL;
}

bool vl_interfaces_same_address(const char *one, const char *other)
{
    char texts[2][64] = { "", "" };
    unsigned char bytes[2][16];
    const char *const from[2] = { one, other };

    for (size_t i = 0; i < 2; i++)
        memcpy(texts[i], from[i], strcspn(from[i], "/") < sizeof(texts[i]) ? strcspn(from[i], "/") : 0);
    if (vl_text_ipv6(texts[0], bytes[0]) && vl_text_ipv6(texts[1], bytes[1]))
        return !memcmp(bytes[0], bytes[1], sizeof(bytes[0]));
    return !strcmp(texts[0], texts[1]);
}
