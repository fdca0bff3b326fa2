/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Asking the programs of a network's owner what they make of files of its, without bringing anything up: where the
 * programs are there. What is asked stands in the rows of the back ends (struct vl_backend_question); a file is put to
 * the program of each whose kind it is, as netplan's drop-ins are of networkd's.
 */
#ifndef VL_NETWORK_ASK_H
#define VL_NETWORK_ASK_H

#include <stddef.h>

#include "base/arena.h"

/* Ask about the new files, which lie where they will. What there is to tell comes as lines, NULL-terminated, in the
 * arena: that a file is refused, or that it is read together with others than the new ones. Returns 1 when one is
 * refused, else 0. */
int vl_ask_owner(struct vl_arena *arena, const char *const *files, size_t count, const char *const **ret_lines);

#endif
