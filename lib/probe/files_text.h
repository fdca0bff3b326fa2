/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * find lists them, a line each, and cat reads them one behind the other: the sizes in the list say where one ends. The
 * text that is kept is just the same, list and contents; what is not read is told by the letter.
 *
 *   f 640 asterisk:asterisk 95315 /etc/asterisk/sip.conf
 *   l 777 root:root 0 /etc/asterisk/manager.conf
 *   = /var/lib/manager.conf
 */
#ifndef VL_PROBE_FILES_TEXT_H
#define VL_PROBE_FILES_TEXT_H

#include "probe/files.h"

#define VL_SEEN_LINK "= "

/* Add one; nothing when there are VL_SEEN_KEPT_MOST. */
void vl_seen_add(struct vl_arena *arena, struct vl_seen_files *files, const struct vl_seen_file *file);

/* Add those of the list, up to its end or an empty line; *ret_rest is behind that. What is no line of it is passed
 * over.
 */
void vl_seen_list(struct vl_arena *arena, const char *text, struct vl_seen_files *files, const char **ret_rest);

/* Its text is still to come. */
bool vl_seen_is_due(const struct vl_seen_file *file);

/* The contents of the files from `first` on, so many of them. False: what comes is less than that. */
bool vl_seen_contents(struct vl_arena *arena, struct vl_seen_file *first, size_t count, const char *contents,
                      const char **ret_rest);

void vl_seen_sort(struct vl_seen_files *files);

/* Paths, those first that matter most: what lies least deep. */
int vl_seen_compare_depths(const char *a, const char *b);

#endif
