/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dialplan/index.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/memory.h"
#include "base/names.h"
#include "dialplan/pattern.h"

enum { MANY_EDGES = 8 };

/* An edge and the node that it leads to. Ranks first … last-1 are below it. */
struct node {
    struct vl_cell cell;
    size_t first, last;
    struct node *edges;
    size_t edge_count;
    uint32_t *starts; /* with many edges: where the list of each character starts in `lists`, and the end of the last */
    uint32_t *lists;
};

/* The first of the extensions with this literal name; others, with other caller ids, follow it. */
struct vl_index {
    struct vl_names names; /* by pattern: the first extension of each name */
    size_t pattern_first;  /* rank of the first pattern */
    struct node root;
    size_t *odd; /* ranks of patterns that are tried one by one */
    size_t odd_count;
};

static bool is_odd(const char *pattern)
{
    struct vl_cell cell;

    for (const char *p = pattern + 1; p;) {
        p = vl_cell_next(p, &cell);
        if (cell.odd)
            return true;
    }
    return false;
}

static int compare_slots(const void *left, const void *right)
{
    return vl_extension_compare(*(struct vl_extension *const *)left, *(struct vl_extension *const *)right);
}

static void sort_extensions(struct vl_context *context)
{
    if (context->extension_count > 1)
        qsort(context->extensions, context->extension_count, sizeof(*context->extensions), compare_slots);
    for (size_t i = 0; i < context->extension_count; i++)
        context->extensions[i]->rank = i;
}

static bool same_pattern(const void *entry, const void *key)
{
    return vl_pattern_compare(((const struct vl_extension *)entry)->pattern, key) == 0;
}

/* The list of edges for each character. */
static void build_lists(struct vl_arena *arena, struct node *node)
{
    size_t total = 0;

    for (unsigned c = 0; c < 256; c++)
        for (size_t i = 0; i < node->edge_count; i++)
            total += vl_cell_has(&node->edges[i].cell, (unsigned char)c);
    node->starts = vl_arena_zalloc(arena, 257 * sizeof(*node->starts));
    node->lists = vl_arena_zalloc(arena, (total + 1) * sizeof(*node->lists));
    if (!node->starts || !node->lists)
        return;
    total = 0;
    for (unsigned c = 0; c < 256; c++) {
        node->starts[c] = (uint32_t)total;
        for (size_t i = 0; i < node->edge_count; i++)
            if (vl_cell_has(&node->edges[i].cell, (unsigned char)c))
                node->lists[total++] = (uint32_t)i;
    }
    node->starts[256] = (uint32_t)total;
}

/* What stands at a place of the sorted patterns while the trie is built: how far each name is read. */
struct builder {
    struct vl_arena *arena;
    const struct vl_context *context;
    const char **rests; /* by rank */
};

static struct node *add_edge(struct builder *builder, struct node *node, const struct vl_cell *cell, size_t rank)
{
    struct node *edges = vl_arena_grow(builder->arena, node->edges, node->edge_count, sizeof(*edges));

    if (!edges)
        return NULL;
    node->edges = edges;
    edges[node->edge_count] = (struct node){ .cell = *cell, .first = rank };
    return &edges[node->edge_count++];
}

/* Split what is below a node by the next cell. A cell that nothing has to be read behind ends the branch. */
static void build_node(struct builder *builder, struct node *node)
{
    struct node *edge = NULL;

    for (size_t rank = node->first; rank < node->last; rank++) {
        struct vl_cell cell;

        builder->rests[rank] = vl_cell_next(builder->rests[rank], &cell);
        if (!edge || vl_cell_compare(&edge->cell, &cell) != 0)
            edge = add_edge(builder, node, &cell, rank);
        if (!edge)
            return;
        edge->last = rank + 1;
    }
    for (size_t i = 0; i < node->edge_count; i++)
        if (node->edges[i].cell.value < VL_CELL_ANY)
            build_node(builder, &node->edges[i]);
    if (node->edge_count > MANY_EDGES)
        build_lists(builder->arena, node);
}

static void build_trie(struct vl_arena *arena, struct vl_context *context, struct vl_index *index)
{
    struct builder builder = { .arena = arena, .context = context };
    VL_FREE const char **rests = vl_calloc(context->extension_count + 1, sizeof(*rests));

    builder.rests = rests;
    if (!rests) {
        arena->failed = true;
        return;
    }
    for (size_t i = index->pattern_first; i < context->extension_count; i++) {
        const char *pattern = context->extensions[i]->pattern;

        rests[i] = pattern + 1;
        if (is_odd(pattern)) {
            size_t *odd = vl_arena_grow(arena, index->odd, index->odd_count, sizeof(*odd));

            if (!odd)
                return;
            index->odd = odd;
            odd[index->odd_count++] = i;
        }
    }
    index->root = (struct node){ .first = index->pattern_first, .last = context->extension_count };
    build_node(&builder, &index->root);
}

void vl_index_build(struct vl_arena *arena, struct vl_context *context)
{
    struct vl_index *index = vl_arena_zalloc(arena, sizeof(*index));
    const struct vl_extension *before = NULL;

    if (!index)
        return;
    sort_extensions(context);
    context->index = index;
    index->pattern_first = context->extension_count;
    for (size_t i = 0; i < context->extension_count; i++) {
        struct vl_extension *extension = context->extensions[i];

        if (!before || !same_pattern(extension, before->pattern))
            vl_names_add(arena, &index->names, vl_pattern_hash(VL_HASH_START, extension->pattern), extension);
        if (*extension->pattern == '_' && index->pattern_first > i)
            index->pattern_first = i;
        before = extension;
    }
    build_trie(arena, context, index);
}

static void add_match(struct vl_matches *matches, size_t rank)
{
    if (matches->count == matches->size) {
        size_t size = matches->size ? matches->size * 2 : 16;
        size_t *ranks = vl_realloc(matches->ranks, size * sizeof(*ranks));

        if (!ranks) {
            matches->failed = true;
            return;
        }
        matches->ranks = ranks;
        matches->size = size;
    }
    matches->ranks[matches->count++] = rank;
}

static void add_range(const struct vl_context *context, const struct node *node, struct vl_matches *matches)
{
    const struct vl_index *index = context->index;

    for (size_t rank = node->first; rank < node->last; rank++)
        if (!index->odd_count || !is_odd(context->extensions[rank]->pattern))
            add_match(matches, rank);
}

static void walk(const struct vl_context *context, const struct node *node, const char *number,
                 struct vl_matches *matches);

static void follow(const struct vl_context *context, const struct node *edge, const char *number,
                   struct vl_matches *matches)
{
    matches->looked++;
    if (edge->cell.value == VL_CELL_REST || (edge->cell.value == VL_CELL_ANY && *number) ||
        (edge->cell.value == VL_CELL_END && !*number))
        add_range(context, edge, matches);
    else if (edge->cell.value < VL_CELL_ANY && *number && vl_cell_has(&edge->cell, (unsigned char)*number))
        walk(context, edge, number + 1, matches);
}

/* Edges without characters sort behind all others, and there are at most four: '.', '!', the end, an open set. */
static void walk(const struct vl_context *context, const struct node *node, const char *number,
                 struct vl_matches *matches)
{
    size_t i = 0;

    if (node->starts) {
        unsigned char c = (unsigned char)*number;

        for (uint32_t at = node->starts[c]; c && at < node->starts[c + 1u]; at++)
            follow(context, &node->edges[node->lists[at]], number, matches);
        i = node->edge_count - (node->edge_count < 4 ? node->edge_count : 4);
        while (i < node->edge_count && node->edges[i].cell.value < VL_CELL_ANY)
            i++;
    }
    for (; i < node->edge_count; i++)
        follow(context, &node->edges[i], number, matches);
}

/* All extensions of one name, which stand side by side. */
static void add_name(const struct vl_context *context, const char *pattern, struct vl_matches *matches)
{
    const struct vl_extension *found =
        vl_names_find(&context->index->names, vl_pattern_hash(VL_HASH_START, pattern), same_pattern, pattern);

    for (size_t i = found ? found->rank : context->extension_count;
         i < context->extension_count && same_pattern(context->extensions[i], pattern); i++)
        add_match(matches, i);
}

static int compare_ranks(const void *left, const void *right)
{
    size_t a = *(const size_t *)left, b = *(const size_t *)right;

    return a < b ? -1 : a > b;
}

/* What does not come out of the trie: odd patterns, and a number that is a pattern itself. */
static void add_special(const struct vl_context *context, const char *number, struct vl_matches *matches)
{
    const struct vl_index *index = context->index;
    size_t before = matches->count, kept = 0;

    for (size_t i = 0; i < index->odd_count; i++, matches->looked++)
        if (vl_pattern_matches(context->extensions[index->odd[i]]->pattern, number))
            add_match(matches, index->odd[i]);
    if (*number == '_')
        add_name(context, number, matches);
    if (matches->count == before || matches->failed)
        return;
    qsort(matches->ranks, matches->count, sizeof(*matches->ranks), compare_ranks);
    for (size_t i = 0; i < matches->count; i++)
        if (i == 0 || matches->ranks[i] != matches->ranks[kept - 1])
            matches->ranks[kept++] = matches->ranks[i];
    matches->count = kept;
}

void vl_index_find(const struct vl_context *context, const char *number, struct vl_matches *matches)
{
    char *plain = vl_strdup(number), *to = plain;

    matches->count = 0;
    if (!plain) {
        matches->failed = true;
        return;
    }
    for (const char *from = number; *from; from++)
        if (*from != '-')
            *to++ = *from;
    *to = '\0';
    if (*plain != '_')
        add_name(context, plain, matches);
    walk(context, &context->index->root, plain, matches);
    add_special(context, number, matches);
    free(plain);
}

void vl_matches_free(struct vl_matches *matches)
{
    free(matches->ranks);
    *matches = (struct vl_matches){ .count = 0 };
}
