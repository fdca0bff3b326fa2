/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which word was meant. A suggestion is followed without much thought, so it is made for slips of the hand only:
 * letters that are wrong, missing, too many, or swapped; one of them in a short word, two in one of six letters and
 * more.
 */
#include <limits.h>
#include <string.h>

#include "cmd.h"

enum { LONGEST = 32 };

static unsigned smaller(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* The slips between two words (optimal string alignment); long words are far. */
static unsigned distance(const char *a, const char *b)
{
    unsigned rows[LONGEST + 1][LONGEST + 1] = { { 0 } };
    size_t rows_used = strlen(a), columns = strlen(b);

    if (rows_used > LONGEST || columns > LONGEST)
        return UINT_MAX;
    for (unsigned i = 0; i <= rows_used; i++)
        rows[i][0] = i;
    for (unsigned j = 0; j <= columns; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= rows_used; i++)
        for (size_t j = 1; j <= columns; j++) {
            unsigned best = smaller(rows[i - 1][j], rows[i][j - 1]) + 1;

            best = smaller(best, rows[i - 1][j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                best = smaller(best, rows[i - 2][j - 2] + 1);
            rows[i][j] = best;
        }
    return rows[rows_used][columns];
}

const char *cmd_nearest(const char *wrong, const char *const *names)
{
    size_t length = strlen(wrong);
    unsigned bearable = length < 3 ? 0 : length < 6 ? 1 : 2;
    const char *best = NULL;

    for (; *names; names++) {
        unsigned far = distance(wrong, *names);

        if (far <= bearable && (!best || far < distance(wrong, best)))
            best = *names;
    }
    return best;
}
