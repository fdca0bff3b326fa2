/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "network/checkpoint_text.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

/* Lines of one word and a text, which goes to the end of the line. */
static const struct {
    const char *word;
    size_t offset;
} texts[] = {
    { "root", offsetof(struct vl_checkpoint, root) },       { "lab", offsetof(struct vl_checkpoint, lab) },
    { "backend", offsetof(struct vl_checkpoint, backend) }, { "gateway", offsetof(struct vl_checkpoint, gateway) },
    { "peer", offsetof(struct vl_checkpoint, peer) },       { "boot", offsetof(struct vl_checkpoint, boot) },
};

static const char header[] = "voiplab checkpoint 1";

static void add_link(const char *kind, const struct vl_saved_link *saved, struct vl_arena *arena, struct vl_buf *text)
{
    const struct vl_net_link *link = &saved->link;

    vl_buf_printf(text, "%s %d %d %d %d %u %d %02x:%02x:%02x:%02x:%02x:%02x %s\n", kind, link->exists, link->index,
                  link->master, link->up, link->mtu, link->has_mac, link->mac[0], link->mac[1], link->mac[2],
                  link->mac[3], link->mac[4], link->mac[5], saved->name);
    if (saved->master)
        vl_buf_printf(text, "%s-master %s\n", kind, saved->master);
    if (saved->address_mode)
        vl_buf_printf(text, "%s-mode %s\n", kind, saved->address_mode);
    for (size_t i = 0; i < saved->addresses.count; i++)
        vl_buf_printf(text, "%s-address %s\n", kind, vl_net_word(arena, &saved->addresses.list[i]));
    for (size_t i = 0; i < saved->routes.count; i++)
        vl_buf_printf(text, "%s-route %s\n", kind, vl_net_word(arena, &saved->routes.list[i]));
    for (size_t i = 0; i < saved->policy.neighbours.count; i++)
        vl_buf_printf(text, "%s-neighbour %s\n", kind, vl_net_word(arena, &saved->policy.neighbours.list[i]));
    for (size_t i = 0; i < saved->policy.rules.count; i++)
        vl_buf_printf(text, "%s-rule %s\n", kind, vl_net_word(arena, &saved->policy.rules.list[i]));
}

static void add_pair(const struct vl_saved_link *uplink, const struct vl_saved_link *bridge, struct vl_arena *arena,
                     struct vl_buf *text)
{
    add_link("uplink", uplink, arena, text);
    add_link("bridge", bridge, arena, text);
    if (bridge->link.stp)
        vl_buf_puts(text, "bridge-stp on\n");
    if (bridge->rules)
        vl_buf_printf(text, "bridge-rules %u\n", bridge->rules);
}

void vl_checkpoint_text(const struct vl_checkpoint *checkpoint, struct vl_arena *arena, struct vl_buf *text)
{
    vl_buf_printf(text, "%s\n", header);
    for (size_t i = 0; i < VL_COUNT(texts); i++) {
        const char *value;

        memcpy(&value, (const char *)checkpoint + texts[i].offset, sizeof(value));
        if (value)
            vl_buf_printf(text, "%s %s\n", texts[i].word, value);
    }
    if (checkpoint->first)
        vl_buf_puts(text, "first yes\n");
    for (size_t i = 0; i < checkpoint->file_count; i++) {
        const struct vl_saved_file *file = &checkpoint->files[i];

        vl_buf_printf(text, "file %o %s %s\n", (unsigned)file->mode, file->backup ? file->backup : "-", file->path);
    }
    for (size_t i = 0; i < checkpoint->directory_count; i++)
        vl_buf_printf(text, "directory %s\n", checkpoint->directories[i]);
    for (size_t i = 0; i < checkpoint->reload_count; i++) {
        vl_buf_puts(text, "reload");
        for (const char *const *word = checkpoint->reloads[i]; *word; word++)
            vl_buf_printf(text, " %s", *word);
        vl_buf_putc(text, '\n');
    }
    for (size_t i = 0; i < checkpoint->setting_count; i++)
        vl_buf_printf(text, "setting %s %s\n", checkpoint->settings[i].value, checkpoint->settings[i].key);
    if (checkpoint->boot) {
        add_pair(&checkpoint->uplink, &checkpoint->bridge, arena, text);
        for (size_t i = 0; i < checkpoint->others.count; i++)
            vl_buf_printf(text, "other-route %s\n", vl_net_word(arena, &checkpoint->others.list[i]));
        for (size_t i = 0; i < checkpoint->further_count; i++)
            add_pair(&checkpoint->further[i].uplink, &checkpoint->further[i].bridge, arena, text);
    }
    vl_buf_puts(text, "end\n");
}

static bool parse_file(struct vl_checkpoint *checkpoint, char *rest)
{
    struct vl_saved_file *grown =
        vl_arena_grow(&checkpoint->arena, checkpoint->files, checkpoint->file_count, sizeof(*grown));
    char *mode = strsep(&rest, " "), *backup = strsep(&rest, " ");

    if (!grown || !mode || !backup || !rest || rest[0] != '/' || strchr(backup, '/'))
        return false;
    grown[checkpoint->file_count++] = (struct vl_saved_file){
        .path = rest,
        .backup = strcmp(backup, "-") != 0 ? backup : NULL,
        .mode = (mode_t)(strtoul(mode, NULL, 8) & 07777),
    };
    checkpoint->files = grown;
    return true;
}

static bool parse_directory(struct vl_checkpoint *checkpoint, char *rest)
{
    const char **grown =
        vl_arena_grow(&checkpoint->arena, checkpoint->directories, checkpoint->directory_count, sizeof(*grown));

    if (!grown || rest[0] != '/')
        return false;
    grown[checkpoint->directory_count++] = rest;
    checkpoint->directories = grown;
    return true;
}

static bool parse_reload(struct vl_checkpoint *checkpoint, char *rest)
{
    const char *const **grown =
        vl_arena_grow(&checkpoint->arena, checkpoint->reloads, checkpoint->reload_count, sizeof(*grown));
    const char *const *words = vl_text_split(&checkpoint->arena, rest, " ");

    if (!grown || !words || !words[0])
        return false;
    grown[checkpoint->reload_count++] = words;
    checkpoint->reloads = (const char *const *const *)grown;
    return true;
}

static bool parse_setting(struct vl_checkpoint *checkpoint, char *rest)
{
    struct vl_saved_setting *grown =
        vl_arena_grow(&checkpoint->arena, checkpoint->settings, checkpoint->setting_count, sizeof(*grown));
    const char *value = strsep(&rest, " ");

    if (!grown || !rest)
        return false;
    grown[checkpoint->setting_count++] = (struct vl_saved_setting){ .key = rest, .value = value };
    checkpoint->settings = grown;
    return true;
}

static bool parse_link(struct vl_saved_link *saved, char *rest)
{
    struct vl_net_link *link = &saved->link;
    int exists, up, has_mac, name_at = 0;
    unsigned mac[6];

    if (sscanf(rest, "%d %d %d %d %u %d %2x:%2x:%2x:%2x:%2x:%2x %n", &exists, &link->index, &link->master, &up,
               &link->mtu, &has_mac, &mac[0], &mac[1], &mac[2], &mac[3], &mac[4], &mac[5], &name_at) != 12 ||
        !rest[name_at])
        return false;
    link->exists = exists != 0;
    link->up = up != 0;
    link->has_mac = has_mac != 0;
    for (int i = 0; i < 6; i++)
        link->mac[i] = (unsigned char)mac[i];
    saved->name = rest + name_at;
    return true;
}

static bool parse_message(struct vl_checkpoint *checkpoint, struct vl_net_messages *messages, const char *word)
{
    struct vl_net_message *grown = vl_arena_grow(&checkpoint->arena, messages->list, messages->count, sizeof(*grown));

    if (!grown || !vl_net_from_word(&checkpoint->arena, word, &grown[messages->count]))
        return false;
    messages->count++;
    messages->list = grown;
    return true;
}

/* An uplink after the first one begins the next pair; what follows is said of that. */
static bool parse_uplink(struct vl_checkpoint *checkpoint, char *rest)
{
    struct vl_saved_pair *grown;

    if (!checkpoint->uplink.name)
        return parse_link(&checkpoint->uplink, rest);
    grown = vl_arena_grow(&checkpoint->arena, checkpoint->further, checkpoint->further_count, sizeof(*grown));
    if (!grown)
        return false;
    checkpoint->further = grown;
    grown[checkpoint->further_count] = (struct vl_saved_pair){ .uplink = { .name = NULL } };
    return parse_link(&grown[checkpoint->further_count++].uplink, rest);
}

/* A message of one of the two links; what it is said of stands before the dash. */
static bool parse_of_link(struct vl_checkpoint *checkpoint, struct vl_saved_link *saved, const char *what,
                          const char *word)
{
    const struct {
        const char *name;
        struct vl_net_messages *messages;
    } kinds[] = { { "address", &saved->addresses },
                  { "route", &saved->routes },
                  { "neighbour", &saved->policy.neighbours },
                  { "rule", &saved->policy.rules } };

    if (!strcmp(what, "mode"))
        return strspn(word, "0123456789") == strlen(word) && (saved->address_mode = word) != NULL;
    for (size_t i = 0; i < VL_COUNT(kinds); i++)
        if (!strcmp(what, kinds[i].name))
            return parse_message(checkpoint, kinds[i].messages, word);
    return false;
}

static bool parse_of_links(struct vl_checkpoint *checkpoint, const char *word, char *rest)
{
    size_t count = checkpoint->further_count;
    struct vl_saved_link *uplink = count ? &checkpoint->further[count - 1].uplink : &checkpoint->uplink;
    struct vl_saved_link *bridge = count ? &checkpoint->further[count - 1].bridge : &checkpoint->bridge;

    if (!strcmp(word, "uplink"))
        return parse_uplink(checkpoint, rest);
    if (!strcmp(word, "bridge"))
        return parse_link(bridge, rest);
    if (!strcmp(word, "bridge-stp"))
        return bridge->link.stp = true;
    if (!strcmp(word, "bridge-rules"))
        return (bridge->rules = (unsigned)strtoul(rest, NULL, 10)) != 0;
    if (!strcmp(word, "uplink-master"))
        return (uplink->master = rest) != NULL;
    if (!strcmp(word, "bridge-master"))
        return (bridge->master = rest) != NULL;
    if (vl_text_starts(word, "uplink-"))
        return parse_of_link(checkpoint, uplink, word + strlen("uplink-"), rest);
    if (vl_text_starts(word, "bridge-"))
        return parse_of_link(checkpoint, bridge, word + strlen("bridge-"), rest);
    return !strcmp(word, "other-route") && parse_message(checkpoint, &checkpoint->others, rest);
}

static bool parse_line(struct vl_checkpoint *checkpoint, const char *word, char *rest)
{
    for (size_t i = 0; i < VL_COUNT(texts); i++) {
        if (strcmp(word, texts[i].word) != 0)
            continue;
        memcpy((char *)checkpoint + texts[i].offset, &rest, sizeof(rest));
        return true;
    }
    if (!strcmp(word, "first"))
        return checkpoint->first = true;
    if (!strcmp(word, "file"))
        return parse_file(checkpoint, rest);
    if (!strcmp(word, "directory"))
        return parse_directory(checkpoint, rest);
    if (!strcmp(word, "reload"))
        return parse_reload(checkpoint, rest);
    if (!strcmp(word, "setting"))
        return parse_setting(checkpoint, rest);
    return parse_of_links(checkpoint, word, rest);
}

/* Every pair has both names. */
static bool is_whole(const struct vl_checkpoint *checkpoint)
{
    for (size_t i = 0; i < checkpoint->further_count; i++)
        if (!checkpoint->further[i].uplink.name || !checkpoint->further[i].bridge.name)
            return false;
    return checkpoint->root && (!checkpoint->boot || (checkpoint->uplink.name && checkpoint->bridge.name));
}

bool vl_checkpoint_parse(struct vl_checkpoint *checkpoint, char *text)
{
    char *line = strsep(&text, "\n");

    if (strcmp(line, header) != 0)
        return false;
    while ((line = strsep(&text, "\n"))) {
        const char *word;

        if (!strcmp(line, "end"))
            return is_whole(checkpoint);
        word = strsep(&line, " ");
        if (!line || !parse_line(checkpoint, word, line))
            return false;
    }
    return false;
}
