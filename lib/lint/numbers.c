/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lint/numbers.h"

#include <string.h>

#include "dialplan/pattern.h"

static struct vl_bytes bytes_of(const struct vl_cell *cell)
{
    struct vl_bytes bytes = { .bits = { 0 } };

    for (unsigned byte = 1; byte < 256; byte++)
        if (vl_cell_has(cell, (unsigned char)byte))
            vl_bytes_set(&bytes, (unsigned char)byte);
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
            language->cells[language->count++] = vl_bytes_all();
        if (language->any)
            return; /* what stands behind counts for nothing */
        language->cells[language->count] = bytes_of(&cell);
        language->never = cell.odd || cell.value == VL_CELL_OPEN || vl_bytes_empty(&language->cells[language->count]);
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
                vl_bytes_set(&language.cells[language.count++], (unsigned char)*name);
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
        if (!vl_bytes_has(&language->cells[i++], (unsigned char)*number))
            return false;
    }
    return i == language->count && !language->never;
}

bool vl_numbers_meet(const struct vl_numbers *a, const struct vl_numbers *b, struct vl_arena *arena,
                     const char **ret_number)
{
    size_t length = a->count > b->count ? a->count : b->count;
    struct vl_bytes all = vl_bytes_all();
    char *number;

    if (a->never || b->never || (!a->any && a->count < length) || (!b->any && b->count < length))
        return false;
    for (size_t i = 0; i < length; i++) {
        struct vl_bytes both =
            vl_bytes_meet(i < a->count ? &a->cells[i] : &all, i < b->count ? &b->cells[i] : &all, false);

        if (vl_bytes_empty(&both))
            return false;
    }
    if (!ret_number)
        return true;
    number = vl_arena_zalloc(arena, length + 1);
    for (size_t i = 0; number && i < length; i++) {
        struct vl_bytes both =
            vl_bytes_meet(i < a->count ? &a->cells[i] : &all, i < b->count ? &b->cells[i] : &all, false);

        number[i] = (char)vl_bytes_member(&both);
    }
    *ret_number = number ? number : "";
    return true;
}

const char *vl_numbers_example(const struct vl_numbers *language, struct vl_arena *arena)
{
    const char *number = NULL;

    return vl_numbers_meet(language, language, arena, &number) ? number : NULL;
}
