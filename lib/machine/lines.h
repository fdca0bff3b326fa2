/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reading what a script on a host printed: lines of a tag and numbers, and counted bytes. It is a guest's: no number is
 * believed before it was held against what is there, and after the first thing that is not in order nothing more is
 * taken.
 */
#ifndef VL_MACHINE_LINES_H
#define VL_MACHINE_LINES_H

#include <stdbool.h>
#include <stddef.h>

#include "machine/target.h"

struct vl_lines {
    const char *at, *end;
    bool failed;
};

/* The next line without its end, in place; "" with `failed` when there is none. */
const char *vl_lines_next(struct vl_lines *lines, size_t *ret_length);

/* So many bytes, in place; NULL with `failed` when there are not as many. */
const char *vl_lines_bytes(struct vl_lines *lines, size_t length);

/* A line that is just this. */
bool vl_lines_word(struct vl_lines *lines, const char *word);

/* `TAG A B …`: exactly `count` numbers, each of its base and at most ten digits. */
bool vl_lines_numbers(struct vl_lines *lines, char tag, const int *bases, unsigned long *numbers, size_t count);

/* The same for what may be there: when it is not, nothing was read. */
bool vl_lines_try_word(struct vl_lines *lines, const char *word);
bool vl_lines_try_numbers(struct vl_lines *lines, char tag, const int *bases, unsigned long *numbers, size_t count);

/* `c STATUS LENGTH` and so many bytes: a command's answer, in place. */
bool vl_lines_try_command(struct vl_lines *lines, int *ret_status, const char **ret_bytes, size_t *ret_length);

/* The same as run() gives it. */
bool vl_lines_try_answer(struct vl_lines *lines, struct vl_command_result *ret_result);

#endif
