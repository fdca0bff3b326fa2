/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lint/numbers.h"

#include <string.h>

#include "dialplan/pattern.h"

/* Cells that one question may look at, those of other branches too: far more than any plan that a person wrote needs.
 */
enum { STEPS_MOST = 2000000 };

static void bytes_set(struct vl_bytes *cell, unsigned char byte)
{
    if (byte != '\0' && byte != '-')
        cell->bits[byte >> 6] |= UINT64_C(1) << (byte & 63);
}

static bool bytes_has(const struct vl_bytes *cell, unsigned char byte)
{
    return (cell->bits[byte >> 6] >> (byte & 63) & 1) != 0;
}

static bool bytes_empty(const struct vl_bytes *cell)
{
    return !(cell->bits[0] | cell->bits[1] | cell->bits[2] | cell->bits[3]);
}

static bool bytes_same(const struct vl_bytes *a, const struct vl_bytes *b)
{
    return !memcmp(a->bits, b->bits, sizeof(a->bits));
}

/* What both have, or with `without` what `b` does not have. */
static struct vl_bytes bytes_meet(const struct vl_bytes *a, const struct vl_bytes *b, bool without)
{
    struct vl_bytes cell;

    for (size_t i = 0; i < 4; i++)
        cell.bits[i] = a->bits[i] & (without ? ~b->bits[i] : b->bits[i]);
    return cell;
}

/* A member to show to people: a digit, else a letter or a sign, else whatever there is. */
static unsigned char bytes_member(const struct vl_bytes *cell)
{
    for (unsigned byte = '0'; byte <= '9'; byte++)
        if (bytes_has(cell, (unsigned char)byte))
            return (unsigned char)byte;
    for (unsigned byte = '#'; byte < 127; byte++)
        if (bytes_has(cell, (unsigned char)byte))
            return (unsigned char)byte;
    for (unsigned byte = 1; byte < 256; byte++)
        if (bytes_has(cell, (unsigned char)byte))
            return (unsigned char)byte;
    return '\0';
}

static struct vl_bytes all_bytes(void)
{
    struct vl_bytes bytes = { .bits = { 0 } };

    for (unsigned byte = 1; byte < 256; byte++)
        bytes_set(&bytes, (unsigned char)byte);
    return bytes;
}

static struct vl_bytes bytes_of(const struct vl_cell *cell)
{
    struct vl_bytes bytes = { .bits = { 0 } };

    for (unsigned byte = 1; byte < 256; byte++)
        if (vl_cell_has(cell, (unsigned char)byte))
            bytes_set(&bytes, (unsigned char)byte);
    return bytes;
}

/* An empty set is passed over, and so are dashes; but where it stands a character has to come. */
static const char *skip_empty(const char *p, bool *ret_empty)
{
    *ret_empty = false;
    for (;;) {
        if (p[0] == '[' && p[1] == ']') {
            *ret_empty = true;
            p += 2;
        } else if (*p == '-') {
            p++;
        } else {
            return p;
        }
    }
}

static void read_pattern(struct vl_numbers *language, const char *p)
{
    while (!language->never) {
        struct vl_cell cell;
        bool empty;

        p = vl_cell_next(skip_empty(p, &empty), &cell);
        if (!p) {
            language->never = empty || cell.odd;
            return;
        }
        language->any = cell.value == VL_CELL_ANY || cell.value == VL_CELL_REST;
        if (cell.value == VL_CELL_ANY || (cell.value == VL_CELL_REST && empty))
            language->cells[language->count++] = all_bytes();
        if (language->any)
            return; /* what stands behind counts for nothing */
        language->cells[language->count] = bytes_of(&cell);
        language->never = cell.odd || cell.value == VL_CELL_OPEN || bytes_empty(&language->cells[language->count]);
        language->count++;
    }
}

struct vl_numbers vl_numbers_of(struct vl_arena *arena, const char *name)
{
    struct vl_numbers language = { .cells = vl_arena_zalloc(arena, (strlen(name) + 1) * sizeof(struct vl_bytes)) };

    if (!language.cells) {
        language.never = true;
    } else if (*name == '_') {
        read_pattern(&language, name + 1);
    } else {
        for (; *name; name++)
            if (*name != '-')
                bytes_set(&language.cells[language.count++], (unsigned char)*name);
    }
    return language;
}

bool vl_numbers_has(const struct vl_numbers *language, const char *number)
{
    size_t i = 0;

    for (; *number; number++) {
        if (*number == '-')
            continue;
        if (i == language->count)
            return language->any && !language->never;
        if (!bytes_has(&language->cells[i++], (unsigned char)*number))
            return false;
    }
    return i == language->count && !language->never;
}

bool vl_numbers_meet(const struct vl_numbers *a, const struct vl_numbers *b, struct vl_arena *arena,
                     const char **ret_number)
{
    size_t length = a->count > b->count ? a->count : b->count;
    struct vl_bytes all = all_bytes();
    char *number;

    if (a->never || b->never || (!a->any && a->count < length) || (!b->any && b->count < length))
        return false;
    for (size_t i = 0; i < length; i++) {
        struct vl_bytes both =
            bytes_meet(i < a->count ? &a->cells[i] : &all, i < b->count ? &b->cells[i] : &all, false);

        if (bytes_empty(&both))
            return false;
    }
    if (!ret_number)
        return true;
    number = vl_arena_zalloc(arena, length + 1);
    for (size_t i = 0; number && i < length; i++) {
        struct vl_bytes both =
            bytes_meet(i < a->count ? &a->cells[i] : &all, i < b->count ? &b->cells[i] : &all, false);

        number[i] = (char)bytes_member(&both);
    }
    *ret_number = number ? number : "";
    return true;
}

const char *vl_numbers_example(const struct vl_numbers *language, struct vl_arena *arena)
{
    const char *number = NULL;

    return vl_numbers_meet(language, language, arena, &number) ? number : NULL;
}

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

    while (child && !bytes_same(&child->cell, cell))
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
            bool takes = bytes_has(&child->cell, byte);

            if (--walk->steps_left < 0)
                return rest;
            rest = bytes_meet(&rest, &child->cell, !takes);
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
    rest = at < language->count ? language->cells[at] : all_bytes();
    while (!bytes_empty(&rest)) {
        unsigned char byte = bytes_member(&rest);
        size_t new_end;
        struct vl_bytes class = class_of(walk, from, end, &new_end, rest, byte);

        put_number(walk, at, byte);
        if (walk->scratch.failed || walk->steps_left < 0 || new_end == end || !holds(walk, at + 1, end, new_end))
            return false;
        rest = bytes_meet(&rest, &class, true);
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
        number[i] = i < walked ? (char)walk->number[i] : (char)bytes_member(&language->cells[i]);
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
