/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dialplan/pattern.h"

#include <string.h>

#include "base/names.h"

static void put(struct vl_cell *cell, unsigned char from, unsigned char to, unsigned *count)
{
    for (unsigned c = from; c <= to; c++) {
        if (!vl_cell_has(cell, (unsigned char)c))
            ++*count;
        cell->set[c / 8] = (unsigned char)(cell->set[c / 8] | 1u << (7 - c % 8));
    }
}

static void fill(struct vl_cell *cell, unsigned char from, unsigned char to)
{
    unsigned count = 0;

    put(cell, from, to, &count);
    cell->value = count << 8 | from;
}

/* The set between `p` and `end`. A range that runs backwards adds nothing, yet its first character counts as lowest. */
static void read_set(const char *p, const char *end, struct vl_cell *cell)
{
    unsigned lowest = 0xff, count = 0;

    for (; p < end; p++) {
        unsigned char from = (unsigned char)*p, to = from;

        if (p + 2 < end && p[1] == '-') {
            to = (unsigned char)p[2];
            p += 2;
        }
        if (from < lowest)
            lowest = from;
        put(cell, from, to, &count);
    }
    cell->value = count ? count << 8 | lowest : 0;
}

const char *vl_cell_next(const char *p, struct vl_cell *cell)
{
    const char *end;

    *cell = (struct vl_cell){ .value = 0 };
    for (;;) {
        while (*p == '-')
            p++;
        switch (*p) {
        case '\0':
            cell->value = VL_CELL_END;
            return NULL;
        case 'n':
        case 'N':
            fill(cell, '2', '9');
            return p + 1;
        case 'x':
        case 'X':
            fill(cell, '0', '9');
            return p + 1;
        case 'z':
        case 'Z':
            fill(cell, '1', '9');
            return p + 1;
        case '.':
            cell->value = VL_CELL_ANY;
            return p + 1;
        case '!':
            cell->value = VL_CELL_REST;
            return p + 1;
        case '[':
            break;
        default:
            fill(cell, (unsigned char)*p, (unsigned char)*p);
            return p + 1;
        }
        end = strchr(++p, ']');
        if (!end) {
            cell->value = VL_CELL_OPEN;
            return p;
        }
        read_set(p, end, cell);
        p = end + 1;
        if (cell->value)
            return p;
        cell->odd = true;
    }
}

int vl_cell_compare(const struct vl_cell *left, const struct vl_cell *right)
{
    if (left->value != right->value)
        return left->value < right->value ? -1 : 1;
    /* the one that has the lower character first: its bit is set where the other's is not */
    return memcmp(right->set, left->set, sizeof(left->set));
}

int vl_pattern_compare(const char *left, const char *right)
{
    struct vl_cell a, b;
    int order;

    if (*left != '_' || *right != '_') {
        if (*left != '_' && *right != '_')
            return strcmp(left, right);
        return *left == '_' ? 1 : -1;
    }
    left++;
    right++;
    do {
        left = vl_cell_next(left, &a);
        right = vl_cell_next(right, &b);
        order = vl_cell_compare(&a, &b);
    } while (!order && left && right);
    return order;
}

int vl_extension_compare(const struct vl_extension *left, const struct vl_extension *right)
{
    int order = vl_pattern_compare(left->pattern, right->pattern);

    if (order || (!left->callerid && !right->callerid))
        return order;
    if (!left->callerid || !right->callerid)
        return left->callerid ? -1 : 1;
    return vl_pattern_compare(left->callerid, right->callerid);
}

uint64_t vl_pattern_hash(uint64_t hash, const char *pattern)
{
    struct vl_cell cell;

    if (*pattern != '_')
        return vl_hash_text(hash, pattern);
    for (const char *p = pattern + 1; p;) {
        p = vl_cell_next(p, &cell);
        hash = vl_hash_bytes(hash, &cell.value, sizeof(cell.value));
        hash = vl_hash_bytes(hash, cell.set, sizeof(cell.set));
    }
    return hash;
}

static const char *skip_dashes(const char *p)
{
    while (*p == '-')
        p++;
    return p;
}

static bool literal_matches(const char *name, const char *number)
{
    for (;;) {
        name = skip_dashes(name);
        number = skip_dashes(number);
        if (*name != *number)
            return false;
        if (!*name)
            return true;
        name++;
        number++;
    }
}

/* Whether the set that starts behind '[' at `p` has `c`. *ret_next is behind the ']'. -1: no ']', or an empty set. */
static int set_has(const char *p, unsigned char c, const char **ret_next)
{
    const char *end = strchr(p, ']');
    struct vl_cell cell = { .value = 0 };

    if (!end)
        return 0;
    *ret_next = end + 1;
    if (end == p)
        return -1;
    read_set(p, end, &cell);
    return vl_cell_has(&cell, c) ? 1 : 0;
}

static bool pattern_matches(const char *p, const char *number)
{
    for (;;) {
        unsigned char c;
        struct vl_cell cell;
        int has;

        number = skip_dashes(number);
        p = skip_dashes(p);
        c = (unsigned char)*number;
        if (!c || !*p)
            break;
        if (*p == '.' || *p == '!')
            return true;
        if (*p == '[') {
            has = set_has(p + 1, c, &p);
            if (has < 0)
                continue;
            if (!has)
                return false;
        } else {
            p = vl_cell_next(p, &cell);
            if (!vl_cell_has(&cell, c))
                return false;
        }
        number++;
    }
    return !*number && (!*p || *p == '!');
}

bool vl_pattern_matches(const char *pattern, const char *number)
{
    if (*pattern != '_')
        return literal_matches(pattern, number);
    if (*number == '_' && vl_pattern_compare(pattern, number) == 0)
        return true;
    return pattern_matches(pattern + 1, number);
}

bool vl_callerid_matches(const char *pattern, const char *callerid)
{
    if (!callerid || !*callerid)
        return !*pattern;
    return vl_pattern_matches(pattern, callerid);
}

char *vl_pattern_strip(struct vl_arena *arena, const char *name, bool dashes)
{
    char *text = vl_arena_strdup(arena, name), *to = text;
    bool pattern = *name == '_', in_set = false;

    for (const char *from = text; *from; from++) {
        if (*from == '[')
            in_set = pattern;
        else if (*from == ']')
            in_set = false;
        else if (!in_set && (*from == ' ' || (*from == '-' && !dashes)))
            continue;
        *to++ = *from;
    }
    if (to != text || *text)
        *to = '\0';
    return text;
}

char *vl_callerid_strip(struct vl_arena *arena, const char *callerid)
{
    char *text = vl_arena_strdup(arena, callerid), *to = text;
    int depth = 0;

    for (const char *from = text; *from; from++) {
        depth += (*from == '[') - (*from == ']');
        if (strchr("( )", *from) || (*from == '-' && depth == 0) || (*from == '.' && from[1]))
            continue;
        *to++ = *from;
    }
    if (to != text || *text)
        *to = '\0';
    return text;
}
