/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A pattern is a row of sets of keys, each set a bit per key, and perhaps an open end: one more digit or several. Two
 * rows that differ in one place are one row with both sets there; a row whose sets all lie in those of another of the
 * same length and end is part of it.
 */
#include "render/digit_map.h"

#include <ctype.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"

enum { LONGEST = 64, DIGITS = 0x3ff };

static const char keys[] = "0123456789*#";

struct sequence {
    uint16_t sets[LONGEST];
    size_t length;
    bool open;   /* any number of digits more */
    bool urgent; /* stays by itself */
};

/* The bit of a key; 0 for what no key sends. */
static uint16_t key_bit(char c)
{
    const char *key = c ? strchr(keys, c) : NULL;

    if (!key)
        return 0;
    return (uint16_t)(1U << (key - keys));
}

/* The keys of [...] at `text`, which is behind the bracket; moves it behind the closing one. */
static uint16_t read_set(const char **text)
{
    uint16_t set = 0;
    const char *c = *text;

    for (; *c && *c != ']'; c++) {
        char last = c[1] == '-' && c[2] && c[2] != ']' ? c[2] : *c;

        for (int key = *c; key <= last; key++)
            set |= key_bit((char)key);
        c += last == *c ? 0 : 2;
    }
    *text = *c ? c + 1 : c;
    return set;
}

/* The keys that one character of a pattern (in upper case) stands for. */
static uint16_t read_class(char c)
{
    switch (c) {
    case 'X':
        return DIGITS;
    case 'Z':
        return DIGITS & ~1U;
    case 'N':
        return DIGITS & ~3U;
    default:
        return key_bit(c);
    }
}

/* False for what cannot be dialled on a telephone: `s`, letters, a pattern of more than LONGEST keys. */
static bool read_pattern(const char *pattern, struct sequence *ret_sequence)
{
    struct sequence sequence = { .length = 0 };
    bool is_pattern = *pattern == '_';

    for (pattern += is_pattern; *pattern && *pattern != '/';) {
        char c = *pattern++;
        uint16_t set;

        if (c == '-')
            continue;
        if (is_pattern && (c == '.' || c == '!')) {
            sequence.open = true;
            if (c == '!')
                break;
            set = DIGITS;
        } else if (is_pattern && c == '[') {
            set = read_set(&pattern);
        } else {
            set = is_pattern ? read_class((char)toupper((unsigned char)c)) : key_bit(c);
        }
        if (!set || sequence.length == LONGEST)
            return false;
        sequence.sets[sequence.length++] = set;
        if (sequence.open)
            break;
    }
    *ret_sequence = sequence;
    return sequence.length > 0;
}

/* Whether every number of `part` is one of `whole`. */
static bool covers(const struct sequence *whole, const struct sequence *part)
{
    if (whole->urgent || part->urgent)
        return false;
    if (whole->length > part->length || (part->open && !whole->open) || (whole->length < part->length && !whole->open))
        return false;
    for (size_t i = 0; i < part->length; i++) {
        uint16_t allowed = i < whole->length ? whole->sets[i] : DIGITS;

        if (part->sets[i] & ~allowed)
            return false;
    }
    return true;
}

/* Draw `b` into `a` when they differ in one place only. */
static bool unite(struct sequence *a, const struct sequence *b)
{
    size_t place = 0, differences = 0;

    if (a->urgent || b->urgent || a->length != b->length || a->open != b->open)
        return false;
    for (size_t i = 0; i < a->length && differences < 2; i++)
        if (a->sets[i] != b->sets[i]) {
            place = i;
            differences++;
        }
    if (differences != 1)
        return false;
    a->sets[place] |= b->sets[place];
    return true;
}

/* Draw together what can be, until nothing changes. Returns how many are left. */
static size_t reduce(struct sequence *sequences, size_t count)
{
    bool changed = true;

    while (changed) {
        changed = false;
        for (size_t i = 0; i < count; i++)
            for (size_t j = i + 1; j < count;) {
                if (covers(&sequences[j], &sequences[i]))
                    sequences[i] = sequences[j];
                else if (!covers(&sequences[i], &sequences[j]) && !unite(&sequences[i], &sequences[j])) {
                    j++;
                    continue;
                }
                memmove(&sequences[j], &sequences[j + 1], (--count - j) * sizeof(*sequences));
                changed = true;
            }
    }
    return count;
}

/* Whether a number of `longer` starts with one of `shorter` and goes on. */
static bool goes_on(const struct sequence *longer, const struct sequence *shorter)
{
    if (longer->length < shorter->length || (longer->length == shorter->length && !longer->open))
        return false;
    for (size_t i = 0; i < shorter->length; i++)
        if (!(longer->sets[i] & shorter->sets[i]))
            return false;
    return true;
}

/* [2-57], with runs of three and more as ranges. */
static void put_set(struct vl_buf *out, uint16_t set)
{
    if (set == DIGITS) {
        vl_buf_putc(out, 'x');
        return;
    }
    if (!(set & (set - 1))) {
        for (size_t i = 0; keys[i]; i++)
            if (set & 1U << i)
                vl_buf_putc(out, keys[i]);
        return;
    }
    vl_buf_putc(out, '[');
    for (size_t i = 0; keys[i]; i++) {
        size_t last = i;

        if (!(set & 1U << i))
            continue;
        while (last < 9 && i <= 9 && set & 1U << (last + 1))
            last++;
        vl_buf_putc(out, keys[i]);
        if (last > i + 1)
            vl_buf_putc(out, '-');
        if (last > i)
            vl_buf_putc(out, keys[last]);
        i = last;
    }
    vl_buf_putc(out, ']');
}

static void put_sequence(struct vl_buf *out, const struct sequence *sequences, size_t count, size_t index)
{
    const struct sequence *sequence = &sequences[index];
    bool longer = false;

    vl_buf_putc(out, index ? '|' : '(');
    for (size_t i = 0; i < sequence->length; i++)
        put_set(out, sequence->sets[i]);
    if (sequence->open)
        vl_buf_puts(out, "x.");
    if (!sequence->urgent)
        return;
    for (size_t i = 0; i < count; i++)
        longer |= i != index && goes_on(&sequences[i], sequence);
    vl_buf_puts(out, longer ? "S1" : "S0");
}

static bool contains(const char *const *words, const char *word)
{
    for (; *words; words++)
        if (!strcmp(*words, word))
            return true;
    return false;
}

/* The patterns that can be dialled, urgent ones first, each once. */
static size_t read_patterns(struct sequence *sequences, const char *const *patterns, const char *const *urgent)
{
    size_t count = 0;

    for (int first = 1; first >= 0; first--)
        for (size_t i = 0; patterns[i]; i++) {
            if (contains(urgent, patterns[i]) != (first == 1) || !read_pattern(patterns[i], &sequences[count]))
                continue;
            sequences[count].urgent = first == 1;
            count++;
        }
    return count;
}

const char *vl_digit_map(struct vl_arena *arena, const char *const *patterns, const char *const *urgent, size_t limit,
                         struct vl_error *err)
{
    VL_BUF_AUTO out = VL_BUF_INIT;
    struct sequence *sequences;
    size_t count = 0;

    while (patterns[count])
        count++;
    sequences = vl_arena_zalloc(arena, (count + 1) * sizeof(*sequences));
    if (!sequences) {
        (void)vl_no_memory(err);
        return NULL;
    }
    count = reduce(sequences, read_patterns(sequences, patterns, urgent));
    for (size_t i = 0; i < count; i++)
        put_sequence(&out, sequences, count, i);
    vl_buf_puts(&out, count ? ")" : "()");
    if (out.failed) {
        (void)vl_no_memory(err);
        return NULL;
    }
    if (out.length <= limit)
        return vl_arena_strdup(arena, vl_buf_text(&out));
    (void)vl_fail(err, VL_ERROR_FAILED, "the dial plan has %zu characters, and the phone keeps %zu of them", out.length,
                  limit);
    return NULL;
}
