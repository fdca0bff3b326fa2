/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * extensions.conf as our renderers write it, read back: contexts, their extensions with a priority 1, what they
 * include. Nothing but `exten =>`, `same =>` and `include =>` means anything here.
 */
#include <string.h>

#include "base/text.h"
#include "render/digit_map.h"

struct collection {
    struct vl_arena *arena;
    const char *const *lines; /* the whole text, NULL-terminated */
    const char **contexts;    /* that are to be looked at, in order; each once */
    size_t context_count;
    const char **patterns;
    size_t pattern_count;
    const char *voicemail;
};

/* Append `word` unless it is there. */
static void add_word(struct vl_arena *arena, const char ***words, size_t *count, const char *word)
{
    const char **grown;

    for (size_t i = 0; i < *count; i++)
        if (!strcmp((*words)[i], word))
            return;
    grown = vl_arena_grow(arena, *words, *count, sizeof(*grown));
    if (!grown)
        return;
    grown[(*count)++] = word;
    *words = grown;
}

/* What stands behind `KEY => `, or NULL. */
static const char *value_of(const char *line, const char *key)
{
    if (!vl_text_starts(line, key))
        return NULL;
    line += strlen(key);
    return vl_text_starts(line, " => ") ? line + 4 : NULL;
}

/* An extension is one when it has a priority 1; the number that leads to the mailboxes may have other steps before. */
static void read_extension(struct collection *collection, const char *value, const char **last)
{
    const char *name = vl_arena_strndup(collection->arena, value, strcspn(value, ","));

    *last = name;
    if (!strncmp(value + strlen(name), ",1,", 3))
        add_word(collection->arena, &collection->patterns, &collection->pattern_count, name);
}

static void read_context(struct collection *collection, const char *context)
{
    const char *heading = vl_arena_printf(collection->arena, "[%s]", context), *last = NULL;
    bool inside = false;

    for (const char *const *line = collection->lines; *line; line++) {
        const char *value;

        if (**line == '[')
            inside = vl_text_starts(*line, heading);
        if (!inside)
            continue;
        if ((value = value_of(*line, "include")))
            add_word(collection->arena, &collection->contexts, &collection->context_count,
                     vl_arena_strndup(collection->arena, value, strcspn(value, ",|; ")));
        if ((value = value_of(*line, "exten")))
            read_extension(collection, value, &last);
        if (last && *last != '_' && !collection->voicemail && strstr(*line, ",VoiceMailMain("))
            collection->voicemail = last;
    }
}

void vl_dialable_collect(struct vl_arena *arena, const char *text, const char *context,
                         struct vl_dialable *ret_dialable)
{
    struct collection collection = { .arena = arena, .lines = vl_text_split(arena, text, "\n") };
    const char **patterns;

    add_word(arena, &collection.contexts, &collection.context_count, context);
    for (size_t i = 0; i < collection.context_count; i++)
        read_context(&collection, collection.contexts[i]);
    patterns = vl_arena_grow(arena, collection.patterns, collection.pattern_count, sizeof(*patterns));
    if (patterns)
        patterns[collection.pattern_count] = NULL;
    *ret_dialable = (struct vl_dialable){ .patterns = patterns, .voicemail = collection.voicemail };
}
