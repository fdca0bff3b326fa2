/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Commands as a person types them into a shell of POSIX, for texts that are to be pasted: any value comes out as it
 * went in, and none of its bytes does anything to the terminal that shows it. Nothing here is ever run by us.
 */
#ifndef VL_BASE_SHELL_H
#define VL_BASE_SHELL_H

#include "base/buf.h"

/* One word, in quotes where it needs them. */
void vl_shell_word(struct vl_buf *buf, const char *word);

/* Words with blanks between them. */
void vl_shell_words(struct vl_buf *buf, const char *const *argv);

/* A text, or an end of it, that a person would have the shell put in: `command`, which may stand in double quotes. */
struct vl_shell_part {
    const char *text, *command;
};

/* A command line that has `text` on its standard input: by a here-document whose end stands nowhere in the text, by
 * printf where no here-document can say it. Both follow `command`, which ends without a line feed. `parts`
 * (NULL: none; the last has no text) are put in by the shell. */
void vl_shell_input(struct vl_buf *buf, const char *command, const char *text, const struct vl_shell_part *parts);

/* A fenced block of Markdown, with a fence that stands nowhere in the text, which ends with a line feed. */
void vl_shell_fence(struct vl_buf *buf, const char *language, const char *text);

#endif
