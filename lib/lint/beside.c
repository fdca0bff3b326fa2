/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Plans in AEL and Lua, which Asterisk puts into one with extensions.conf. They are not understood; but a context that
 * they name may be theirs.
 */
#include <ctype.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "lint/part.h"

static const char *read_beside(struct vl_lint *lint, const char *name)
{
    const struct vl_conf_reader *reader = lint->options->reader;
    const char *first = lint->plan->file_count ? lint->plan->files[0] : "", *slash = strrchr(first, '/');
    int directory = slash ? (int)(slash - first) + 1 : 0;
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    const char *text = NULL;

    if (!lint->options->beside || !reader || !reader->read ||
        reader->read(reader->context, vl_arena_printf(lint->arena, "%.*s%s", directory, first, name), lint->arena,
                     &text, &ignored) < 0)
        return "";
    return text;
}

static bool is_part(char byte)
{
    return isalnum((unsigned char)byte) || byte == '-' || byte == '_' || byte == '.';
}

static bool has_word(const char *text, const char *word)
{
    size_t length = strlen(word);

    for (const char *p = length ? strstr(text, word) : NULL; p; p = strstr(p + length, word))
        if ((p == text || !is_part(p[-1])) && !is_part(p[length]))
            return true;
    return false;
}

bool vl_lint_is_beside(struct vl_lint *lint, const char *context)
{
    static const char *const names[] = { "extensions.ael", "extensions.lua" };
    const char *macro = vl_text_starts(context, "macro-") ? context + strlen("macro-") : context;

    for (size_t i = 0; i < VL_COUNT(names); i++) {
        if (!lint->beside[i])
            lint->beside[i] = read_beside(lint, names[i]);
        if (has_word(lint->beside[i], context) || has_word(lint->beside[i], macro))
            return true;
    }
    return false;
}
