/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What reaches an extension in the search of extenpatternmatchnew=yes, which takes one extension of a context for a
 * number and has an order of its own (dialplan/trie.h). It is found out by asking for the numbers that the extension's
 * name matches: at each place the characters that all names treat alike are one.
 */
#include "lint/tree.h"

#include <string.h>

#include "dialplan/trie.h"
#include "lint/numbers.h"

enum { NUMBERS_MOST = 5000, LENGTH_MOST = 64 };

struct asking {
    struct vl_lint *lint;
    const struct vl_context *const *visits;
    const bool *timed;
    size_t visit_count;
    const struct vl_extension *extension;
    const struct vl_numbers *language;
    unsigned char members[256]; /* one of each class of characters, digits first */
    size_t member_count;
    size_t length_most; /* of numbers that are worth asking for */
    char number[LENGTH_MOST + 2];
    size_t asked;
    const struct vl_extension *by;
    enum vl_tree_reach reach;
};

/* Who takes the number, when a search goes through the contexts. */
static const struct vl_extension *taker(const struct asking *asking)
{
    for (size_t i = 0; i < asking->visit_count; i++) {
        bool own = asking->visits[i] == asking->extension->context;
        const struct vl_extension *found =
            asking->timed[i] && !own ? NULL : vl_trie_find(asking->visits[i], asking->number, NULL, NULL);

        if (found && vl_extension_priority(found, 1))
            return found;
    }
    return NULL;
}

static void ask(struct asking *asking)
{
    const struct vl_extension *found;

    asking->lint->cover_left -= (long)asking->visit_count * 8;
    if (++asking->asked > NUMBERS_MOST || asking->lint->cover_left < 0) {
        asking->reach = VL_TREE_UNKNOWN;
        return;
    }
    found = taker(asking);
    if (!asking->by)
        asking->by = found;
    /* a name that the tree does not know what to do with is no matter of others */
    if (!found || found == asking->extension)
        asking->reach = VL_TREE_SOME;
}

/* Every number that goes on from here, until one is the extension's. */
static void ask_all(struct asking *asking, size_t length)
{
    const struct vl_numbers *language = asking->language;

    asking->number[length] = '\0';
    if (length >= language->count && length)
        ask(asking);
    if (asking->reach != VL_TREE_NONE || length >= asking->length_most || (length >= language->count && !language->any))
        return;
    for (size_t i = 0; i < asking->member_count && asking->reach == VL_TREE_NONE; i++) {
        if (length < language->count && !vl_bytes_has(&language->cells[length], asking->members[i]))
            continue;
        asking->number[length] = (char)asking->members[i];
        ask_all(asking, length + 1);
    }
}

/* Part the classes of characters where a set lies across them. */
static void part(unsigned char *classes, unsigned *count, const struct vl_bytes *cell)
{
    unsigned char parted[256] = { 0 };

    for (unsigned byte = 1; byte < 256; byte++) {
        unsigned char own = classes[byte];

        if (!vl_bytes_has(cell, (unsigned char)byte))
            continue;
        if (!parted[own] && *count < 255)
            parted[own] = (unsigned char)++*count;
        classes[byte] = parted[own];
    }
}

static void find_members(struct asking *asking)
{
    unsigned char classes[256] = { 0 };
    bool taken[256] = { false };
    unsigned count = 0;
    struct vl_bytes digits = { .bits = { 0 } };

    for (unsigned byte = '0'; byte <= '9'; byte++)
        vl_bytes_set(&digits, (unsigned char)byte);
    part(classes, &count, &digits);
    for (size_t i = 0; i < asking->visit_count; i++) {
        const struct vl_lint_context *context = vl_lint_context(asking->lint, asking->visits[i]->name);

        for (size_t j = 0; context && j < context->context->extension_count; j++) {
            const struct vl_numbers *language = &context->languages[j];

            for (size_t k = 0; k < language->count; k++)
                part(classes, &count, &language->cells[k]);
            if (language->count + 1 > asking->length_most)
                asking->length_most = language->count + 1;
        }
    }
    if (asking->length_most > LENGTH_MOST)
        asking->length_most = LENGTH_MOST;
    for (unsigned i = 0; i < 255 + 10; i++) {
        unsigned byte = i < 10 ? '0' + i : i - 9;

        if (byte == '-' || byte == '/' || taken[classes[byte]])
            continue;
        taken[classes[byte]] = true;
        asking->members[asking->member_count++] = (unsigned char)byte;
    }
}

/* Names that the tree reads in a way of its own. */
static bool is_odd(const struct vl_extension *extension)
{
    return extension->callerid || strpbrk(extension->pattern, "-\\/") || strstr(extension->pattern, "[]") ||
           strstr(extension->pattern, "[N]") || strstr(extension->pattern, "[X]") || strstr(extension->pattern, "[Z]");
}

enum vl_tree_reach vl_lint_reach(struct vl_lint *lint, const struct vl_context *const *visits, const bool *timed,
                                 size_t visit_count, const struct vl_extension *extension,
                                 const struct vl_extension **ret_by)
{
    struct asking asking = { .lint = lint,
                             .visits = visits,
                             .timed = timed,
                             .visit_count = visit_count,
                             .extension = extension,
                             .language = vl_lint_language(lint, extension) };

    *ret_by = NULL;
    for (size_t i = 0; i < visit_count; i++)
        if (visits[i]->looked_up || visits[i]->switch_count)
            return VL_TREE_UNKNOWN;
    if (is_odd(extension) || asking.language->never || !vl_extension_priority(extension, 1))
        return VL_TREE_UNKNOWN;
    find_members(&asking);
    ask_all(&asking, 0);
    *ret_by = asking.by;
    return asking.asked ? asking.reach : VL_TREE_UNKNOWN;
}
