/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lint/cover.h"

#include <string.h>

/* Cells that one question may look at, those of other branches too: far more than any plan that a person wrote needs.
 */
enum { STEPS_MOST = 2000000 };

/* A place in the union: the numbers that have come here through the cells from the root. */
struct vl_cover_node {
    struct vl_bytes cell; /* the one that leads here */
    const void *tag;      /* of the first member that ends here */
    bool ends;            /* a member ends here */
    bool any;             /* and holds all that goes on */
    struct vl_cover_node *children, *next;
};

static struct vl_cover_node *child_of(struct vl_cover *cover, struct vl_cover_node *node, const struct vl_bytes *cell)
{
    struct vl_cover_node *child = node->children;

    while (child && !vl_bytes_same(&child->cell, cell))
        child = child->next;
    if (child)
        return child;
    child = vl_arena_zalloc(cover->arena, sizeof(*child));
    if (!child)
        return NULL;
    child->cell = *cell;
    child->next = node->children;
    node->children = child;
    return child;
}

void vl_cover_add(struct vl_cover *cover, const struct vl_numbers *language, const void *tag)
{
    struct vl_cover_node *node;

    if (language->never)
        return;
    if (!cover->root)
        cover->root = vl_arena_zalloc(cover->arena, sizeof(*cover->root));
    node = cover->root;
    for (size_t i = 0; node && i < language->count; i++)
        node = child_of(cover, node, &language->cells[i]);
    if (!node)
        return;
    if (!node->tag || (language->any && !node->any))
        node->tag = tag;
    node->ends = true;
    node->any |= language->any;
}

/* The walk: a stack of the nodes that are alive at each depth, and the number on the way. */
struct walk {
    const struct vl_numbers *language;
    struct vl_arena scratch;
    const struct vl_cover_node **alive;
    size_t alive_room;
    unsigned char *number;
    size_t number_room;
    long steps_left;
    const void *tag;
};

/* Twice the room; NULL, and the scratch arena has failed, when memory ran out. */
static void *doubled(struct walk *walk, const void *old, size_t *room, size_t size)
{
    size_t wider = *room ? 2 * *room : 64;
    void *block = vl_arena_zalloc(&walk->scratch, wider * size);

    if (block && old)
        (void)memcpy(block, old, *room * size);
    if (block)
        *room = wider;
    return block;
}

static void push_alive(struct walk *walk, size_t *end, const struct vl_cover_node *node)
{
    if (*end == walk->alive_room)
        walk->alive = doubled(walk, walk->alive, &walk->alive_room, sizeof(*walk->alive));
    if (walk->alive)
        walk->alive[(*end)++] = node;
}

static void put_number(struct walk *walk, size_t at, unsigned char byte)
{
    if (at + 1 >= walk->number_room)
        walk->number = doubled(walk, walk->number, &walk->number_room, 1);
    if (!walk->number)
        return;
    walk->number[at] = byte;
    walk->number[at + 1] = '\0';
}

static bool one_holds(struct walk *walk, size_t from, size_t end, bool any)
{
    for (size_t i = from; i < end; i++)
        if (any ? walk->alive[i]->any : walk->alive[i]->ends) {
            if (!walk->tag)
                walk->tag = walk->alive[i]->tag;
            return true;
        }
    return false;
}

/* The bytes of `rest` that every living node treats like `byte`; their children that take it come behind `end`. */
static struct vl_bytes class_of(struct walk *walk, size_t from, size_t end, size_t *new_end, struct vl_bytes rest,
                                unsigned char byte)
{
    *new_end = end;
    for (size_t i = from; i < end && !walk->scratch.failed; i++)
        for (const struct vl_cover_node *child = walk->alive[i]->children; child; child = child->next) {
            bool takes = vl_bytes_has(&child->cell, byte);

            if (--walk->steps_left < 0)
                return rest;
            rest = vl_bytes_meet(&rest, &child->cell, !takes);
            if (takes)
                push_alive(walk, new_end, child);
        }
    return rest;
}

/* Whether what the language has from cell `at` on is held by the nodes [from, end). */
static bool holds(struct walk *walk, size_t at, size_t from, size_t end)
{
    const struct vl_numbers *language = walk->language;
    struct vl_bytes rest;

    if (walk->scratch.failed || --walk->steps_left < 0)
        return false;
    put_number(walk, at, '\0');
    if (one_holds(walk, from, end, true))
        return true;
    if (at >= language->count && !one_holds(walk, from, end, false))
        return false;
    if (at >= language->count && !language->any)
        return true;
    rest = at < language->count ? language->cells[at] : vl_bytes_all();
    while (!vl_bytes_empty(&rest)) {
        unsigned char byte = vl_bytes_member(&rest);
        size_t new_end;
        struct vl_bytes class = class_of(walk, from, end, &new_end, rest, byte);

        put_number(walk, at, byte);
        if (walk->scratch.failed || walk->steps_left < 0 || new_end == end || !holds(walk, at + 1, end, new_end))
            return false;
        rest = vl_bytes_meet(&rest, &class, true);
    }
    return true;
}

/* A number that the walk did not find in the union: what was walked, and the rest of the language. */
static const char *lacking(const struct walk *walk, struct vl_arena *arena)
{
    size_t walked = walk->number ? strlen((const char *)walk->number) : 0;
    const struct vl_numbers *language = walk->language;
    size_t length = walked > language->count ? walked : language->count;
    char *number = vl_arena_zalloc(arena, length + 1);

    for (size_t i = 0; number && i < length; i++)
        number[i] = i < walked ? (char)walk->number[i] : (char)vl_bytes_member(&language->cells[i]);
    return number ? number : "";
}

enum vl_covered vl_cover_holds(const struct vl_cover *cover, const struct vl_numbers *language, const void **ret_tag,
                               const char **ret_number)
{
    struct walk walk = { .language = language, .steps_left = STEPS_MOST };
    enum vl_covered covered = VL_COVERED_NO;
    size_t end = 0;

    if (language->never || (cover->work_left && *cover->work_left < 0))
        return VL_COVERED_UNKNOWN;
    if (cover->root)
        push_alive(&walk, &end, cover->root);
    if (end && holds(&walk, 0, 0, end))
        covered = VL_COVERED_YES;
    else if (walk.scratch.failed || walk.steps_left < 0)
        covered = VL_COVERED_UNKNOWN;
    if (cover->work_left)
        *cover->work_left -= STEPS_MOST - walk.steps_left;
    if (covered == VL_COVERED_YES && ret_tag)
        *ret_tag = walk.tag;
    if (covered == VL_COVERED_NO && ret_number)
        *ret_number = lacking(&walk, cover->arena);
    vl_arena_free(&walk.scratch);
    return covered;
}
