/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the files of functions share: functions.c has the table, function_text.c those that compute with text and
 * numbers, function_kept.c those that give back what was written to them, function_database.c AstDB.
 *
 * Every reader takes what stands between the parentheses, in which everything is known, and returns a value that lives
 * as long as runner->scratch, or NULL: not known.
 */
#ifndef VL_TRACE_FUNCTIONS_H
#define VL_TRACE_FUNCTIONS_H

#include "trace/state.h"

typedef const char *vl_function_read(struct vl_runner *runner, const char *arguments);
typedef void vl_function_write(struct vl_runner *runner, const char *arguments, const char *value);

enum { VL_FUNCTION_WORDS_MOST = 10 };

/* Arguments as most functions take them apart: at commas outside of quotes, parentheses and brackets, into `most` at
 * most, the last with all that is left; without quotes and backslashes. Those that are not there are NULL. */
void vl_function_words(struct vl_arena *arena, const char *text, size_t most,
                       const char *ret_words[static VL_FUNCTION_WORDS_MOST]);

/* The value of the variable, or function, of this name; NULL: it is not known. */
const char *vl_function_named(struct vl_runner *runner, const char *name);

/* function_text.c */
vl_function_read vl_function_cut, vl_function_decrement, vl_function_field_count, vl_function_field_number,
    vl_function_filter, vl_function_increment, vl_function_length, vl_function_list_filter, vl_function_lower,
    vl_function_pop, vl_function_quote, vl_function_regex, vl_function_replace, vl_function_shift,
    vl_function_string_replace, vl_function_upper;
vl_function_write vl_function_push, vl_function_unshift;

/* function_number.c */
vl_function_read vl_function_format, vl_function_math;

/* function_kept.c */
vl_function_read vl_function_callerid, vl_function_cdr, vl_function_channel, vl_function_environment, vl_function_group,
    vl_function_group_count, vl_function_group_list, vl_function_hash, vl_function_hash_keys, vl_function_presentation,
    vl_function_shared;
vl_function_write vl_function_array_write, vl_function_callerid_write, vl_function_cdr_write, vl_function_channel_write,
    vl_function_environment_write, vl_function_group_write, vl_function_hash_write, vl_function_presentation_write,
    vl_function_shared_write;

/* function_database.c */
vl_function_read vl_function_database, vl_function_database_delete, vl_function_database_exists;
vl_function_write vl_function_database_delete_write, vl_function_database_write;
/* AstDB: what is below a family, or a part of one, is gone. */
void vl_function_database_forget(struct vl_runner *runner, const char *tree);
/* Somebody else may have changed what begins so. */
void vl_function_database_doubt(struct vl_runner *runner, const char *prefix);

#endif
