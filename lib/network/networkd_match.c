/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "network/networkd_match.h"

#include <fnmatch.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/keys.h"
#include "base/text.h"

static enum vl_match matched(bool is)
{
    return is ? VL_MATCH_YES : VL_MATCH_NO;
}

/* One of the globs of a list, which a `!` before it turns round. */
static enum vl_match match_globs(struct vl_arena *arena, const char *value, const char *word)
{
    bool inverted = *value == '!', found = false;
    const char *const *globs = vl_text_split(arena, value + inverted, " \t");

    for (size_t i = 0; globs[i]; i++)
        found |= !fnmatch(globs[i], word, 0);
    return matched(found != inverted);
}

static enum vl_match match_name(struct vl_arena *arena, const char *value, const struct vl_networkd_link *link)
{
    return match_globs(arena, value, link->name);
}

/* Its twelve digits, which systemd takes with colons, hyphens or full stops between them. */
static const char *digits_of(struct vl_arena *arena, const char *mac)
{
    char *digits = vl_arena_strdup(arena, mac), *to = digits;

    for (; *mac; mac++)
        if (!strchr(":-.", *mac))
            *to++ = *mac;
    *to = '\0';
    return digits;
}

static enum vl_match match_mac(struct vl_arena *arena, const char *value, const struct vl_networkd_link *link)
{
    return link->mac ? matched(strcasestr(digits_of(arena, value), digits_of(arena, link->mac)) != NULL)
                     : VL_MATCH_MAYBE;
}

/* What software makes has no such address. */
static enum vl_match match_permanent(struct vl_arena *arena, const char *value, const struct vl_networkd_link *link)
{
    return link->is_bridge ? VL_MATCH_NO : match_mac(arena, value, link);
}

static enum vl_match match_kind(struct vl_arena *arena, const char *value, const struct vl_networkd_link *link)
{
    return link->is_bridge ? match_globs(arena, value, "bridge") : VL_MATCH_MAYBE;
}

static enum vl_match match_type(struct vl_arena *arena, const char *value, const struct vl_networkd_link *link)
{
    if (link->is_bridge)
        return match_globs(arena, value, "bridge");
    if (vl_text_starts(link->name, "e") && !strchr(link->name, '.'))
        return match_globs(arena, value, "ether");
    return VL_MATCH_MAYBE;
}

static const struct {
    const char *key;
    enum vl_match (*match)(struct vl_arena *arena, const char *value, const struct vl_networkd_link *link);
} keys[] = {
    { "Name", match_name }, { "MACAddress", match_mac }, { "PermanentMACAddress", match_permanent },
    { "Kind", match_kind }, { "Type", match_type },
};

static enum vl_match match_line(struct vl_arena *arena, const struct vl_key_line *line,
                                const struct vl_networkd_link *link)
{
    for (size_t i = 0; i < VL_COUNT(keys); i++)
        if (!strcmp(keys[i].key, line->key))
            return keys[i].match(arena, line->value, link);
    return VL_MATCH_MAYBE;
}

static bool is_for_one(const struct vl_key_line *line, const struct vl_networkd_link *link)
{
    return (!strcmp(line->key, "Name") && !strcmp(line->value, link->name)) ||
           (!strcmp(line->key, "PermanentMACAddress") && link->mac && !strcasecmp(line->value, link->mac));
}

enum vl_match vl_networkd_match(struct vl_arena *arena, const char *text, const struct vl_networkd_link *link,
                                bool *ret_alone)
{
    enum vl_match all = VL_MATCH_YES;
    struct vl_key_line *lines;
    size_t count = vl_keys_lines(arena, text, &lines);
    bool any = false;

    *ret_alone = false;
    for (size_t i = 0; i < count; i++) {
        enum vl_match one;

        if (!lines[i].key || strcmp(lines[i].section, "Match") != 0 || !*lines[i].value)
            continue;
        any = true;
        one = match_line(arena, &lines[i], link);
        all = one < all ? one : all;
        *ret_alone |= is_for_one(&lines[i], link);
    }
    return any ? all : VL_MATCH_MAYBE;
}
