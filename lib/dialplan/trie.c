/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dialplan/trie.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/memory.h"

enum { SET_MOST = 255, NAME_MOST = 511 }; /* bytes; a longer set is passed over, a longer name is in no tree */

struct vl_trie {
    const char *set;                      /* the characters, in order; one alone may be N, X, Z, '.', '!' or '/' */
    bool pattern;                         /* of a pattern: else no character means anything else */
    uint32_t width;                       /* the lower ones are tried first */
    struct vl_trie *alternative, *next;   /* the next of the same place; the first of the place behind it */
    const struct vl_extension *extension; /* that ends here */
};

/* A piece of a name. */
struct piece {
    char set[SET_MOST + 1];
    uint32_t width;
};

static bool is_alone(const char *set, char c)
{
    return set[0] == c && !set[1];
}

/* The characters between `p` and the ']' into `has`. Returns what stands behind it. A '-' at the end reaches over the
 * ']' to the next one. *ret_long: they were more than there is room for, each as often as it stands there. */
static const char *read_set(const char *p, bool has[static 256], bool *ret_long)
{
    unsigned count = 0;

    while (*p && *p != ']') {
        unsigned char first = (unsigned char)p[0], last;

        if (first == '\\') {
            p++;
            if (!*p || !strchr("[\\-]", *p))
                continue;
            first = (unsigned char)*p;
        } else if (first == '-') {
            const char *end = p[1] == '\\' ? p + 2 : p + 1;

            first = (unsigned char)p[-1];
            last = (unsigned char)*end;
            if (count && last) {
                for (unsigned c = first + 1U; c <= last; c++, count++)
                    has[c] = true;
                p = end + 1;
                continue;
            }
            first = '-';
        }
        has[first] = true;
        count++;
        p++;
    }
    *ret_long = count > SET_MOST;
    return *p ? p + 1 : p;
}

/* The next piece of a name, *ret_piece without characters at its end. Returns where it goes on. */
static const char *next_piece(const char *p, bool pattern, struct piece *ret_piece)
{
    size_t length = 0;

    while (*p && !length) {
        bool has[256] = { false }, is_long = false;

        if (*p == '-') {
            p++;
            continue;
        }
        if (*p != '[' || !pattern) {
            bool letter = pattern && strchr("nxz", *p);

            p += *p == '\\';
            ret_piece->width = 1;
            ret_piece->set[0] = letter ? (char)(*p - 'a' + 'A') : *p;
            ret_piece->set[1] = '\0';
            return *p ? p + 1 : p;
        }
        p = read_set(p + 1, has, &is_long);
        for (unsigned c = 1; c < 256 && !is_long; c++)
            if (has[c])
                ret_piece->set[length++] = (char)c;
        ret_piece->width = (uint32_t)length << 8 | (unsigned char)ret_piece->set[0];
    }
    ret_piece->set[length] = '\0';
    return p;
}

static struct vl_trie *find_node(struct vl_trie *first, const struct piece *piece, bool pattern)
{
    while (first && (first->pattern != pattern || strcmp(first->set, piece->set) != 0))
        first = first->alternative;
    return first;
}

static uint32_t width_of(const struct piece *piece, bool pattern)
{
    static const struct {
        char letter;
        uint32_t width;
    } widths[] = { { 'N', 0x832 }, { 'Z', 0x931 }, { 'X', 0xa30 }, { '.', 0x18000 }, { '!', 0x28000 } };

    for (size_t i = 0; i < VL_COUNT(widths) && pattern && piece->width == 1; i++)
        if (piece->set[0] == widths[i].letter)
            return widths[i].width;
    return piece->width;
}

/* Behind those that are as wide. NULL: memory ran out. */
static struct vl_trie *add_node(struct vl_arena *arena, struct vl_trie **first, const struct piece *piece, bool pattern)
{
    struct vl_trie *node = vl_arena_zalloc(arena, sizeof(*node));

    if (!node)
        return NULL;
    *node = (struct vl_trie){ .set = vl_arena_strdup(arena, piece->set),
                              .pattern = pattern,
                              .width = width_of(piece, pattern) };
    while (*first && (*first)->width <= node->width)
        first = &(*first)->alternative;
    node->alternative = *first;
    *first = node;
    return node;
}

/* What the tree knows an extension by: the caller id behind the name, its own '_' as a letter. The dashes of a hint are
 * still there, which counts behind a set that goes on beyond its ']'. */
static const char *key_of(struct vl_arena *arena, const struct vl_extension *extension)
{
    const char *name = extension->priorities[0].number == VL_PRIORITY_HINT ? extension->name : extension->pattern;

    return extension->callerid ? vl_arena_printf(arena, "%s/%s", name, extension->callerid) : name;
}

static void add_extension(struct vl_arena *arena, struct vl_trie **root, const struct vl_extension *extension)
{
    const char *key = key_of(arena, extension);
    bool pattern = *key == '_';
    struct vl_trie **place = root, *node = NULL;
    struct piece piece;

    if (strlen(key) > NAME_MOST)
        return;
    for (const char *p = next_piece(key + pattern, pattern, &piece); piece.set[0];
         p = next_piece(p, pattern, &piece), place = &node->next) {
        node = find_node(*place, &piece, pattern);
        if (!node)
            node = add_node(arena, place, &piece, pattern);
        if (!node)
            return;
    }
    if (node)
        node->extension = extension;
}

/* The last one first. */
static int compare_entries(const void *left, const void *right)
{
    const struct vl_extension *a = *(const struct vl_extension *const *)left;
    const struct vl_extension *b = *(const struct vl_extension *const *)right;

    return a->entered < b->entered ? 1 : -1;
}

void vl_trie_build(struct vl_arena *arena, struct vl_context *context)
{
    size_t count = context->extension_count;
    VL_FREE const struct vl_extension **entries = vl_calloc(count + 1, sizeof(*entries));

    if (!entries) {
        arena->failed = true;
        return;
    }
    for (size_t i = 0; i < count; i++)
        entries[i] = context->extensions[i];
    if (count > 1)
        qsort(entries, count, sizeof(*entries), compare_entries);
    for (size_t i = 0; i < count && !arena->failed; i++)
        add_extension(arena, &context->trie, entries[i]);
}

struct search {
    const char *callerid, *label;
    const struct vl_extension *found;
};

static const char *advance(const char *text)
{
    text++;
    return text + strspn(text, "-");
}

static bool has_digit(const struct vl_trie *node, char c, char lowest)
{
    return !node->set[1] && c >= lowest && c <= '9';
}

/* One character, of an ordinary one, a set, or N, X, Z. At the end of a number there is none. */
static bool takes(const struct vl_trie *node, char c)
{
    if (node->pattern && node->set[0] == 'N')
        return has_digit(node, c, '2');
    if (node->pattern && node->set[0] == 'Z')
        return has_digit(node, c, '1');
    if (node->pattern && node->set[0] == 'X')
        return has_digit(node, c, '0');
    return c && strchr(node->set, c);
}

static void search(struct search *state, const struct vl_trie *first, const char *text);

/* The rest of the number, then, where one stands behind it, the caller id. */
static void take_rest(struct search *state, const struct vl_trie *node, const char *text)
{
    if (node->extension && !strchr(text, '/'))
        state->found = node->extension;
    else if (node->next && is_alone(node->next->set, '/'))
        search(state, node->next, "/");
}

/* Behind a character that fits. A '!' that takes nothing, and a caller id, are seen where no other name goes on. True:
 * the search is over. */
static bool take_one(struct search *state, const struct vl_trie *node, const char *text)
{
    const char *more = advance(text);

    if (node->extension && !*more) {
        state->found = node->extension;
        if (!state->label || vl_extension_label(node->extension, state->label))
            return true;
    }
    if (!node->next)
        return false;
    if (*more || node->next->set[0] == '!')
        search(state, node->next, more);
    else if (is_alone(node->next->set, '/'))
        search(state, node->next, "/");
    else
        return false;
    return state->found;
}

static void search(struct search *state, const struct vl_trie *first, const char *text)
{
    for (const struct vl_trie *node = first; node; node = node->alternative) {
        if (node->pattern && (is_alone(node->set, '.') || is_alone(node->set, '!'))) {
            take_rest(state, node, text);
            if (state->found)
                return;
        } else if (node->pattern && is_alone(node->set, '/')) {
            if (!node->next || !state->callerid || !*state->callerid)
                continue;
            search(state, node->next, state->callerid);
            if (state->found)
                return;
        } else if (takes(node, *text) && take_one(state, node, text)) {
            return;
        }
    }
}

const struct vl_extension *vl_trie_find(const struct vl_context *context, const char *number, const char *callerid,
                                        const char *label)
{
    struct search state = { .callerid = callerid, .label = label };

    if (*number)
        search(&state, context->trie, number);
    return state.found;
}
