/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which code can delete a file: delete.c, which alone in lib/ and cmd/ calls unlink() and rmdir(), and who includes
 * this header to ask it (test/changes holds everybody to both):
 *
 *   plan/steps.c   what a person owns or reads goes by a step of a plan, VL_STEP_REMOVE, and by nothing else: shown
 *                  before, with a backup, undone when a later step fails. On this host it comes here by
 *                  machine/local.c; on another one it goes by rm(1) there (machine/ssh_file.c)
 *   network/       checkpoints that are forgotten, the marks of a change, and what a change that is taken back had made
 *   the rest       what a run made for itself: scratch directories, accounts and figures of SIPp, the directory for
 *                  results of a load that came to nothing, images that are not whole yet, the seed in the cache, the
 *                  note of owed reloads (plan/apply.c), and file.c's temporaries
 *
 * Guests and their volumes are no files of ours: libvirt deletes them, for steps of a plan as well (guest/hypervisor.c,
 * guest/pool.c, guest/volume.c). A file that is replaced goes by rename(), in file.c.
 */
#ifndef VL_BASE_DELETE_H
#define VL_BASE_DELETE_H

#include <stdbool.h>

#include "base/error.h"

/* Remove a file; a missing one is no error. */
int vl_file_remove(const char *path, struct vl_error *err);

/* The same; messages name it `shown`: `path` may lead through a descriptor. */
int vl_file_remove_shown(const char *path, const char *shown, struct vl_error *err);

/* Remove a directory with all that is in it, on its own file system; links are not followed. What cannot be removed
 * does not keep the rest from it. A missing one is no error. */
int vl_file_remove_tree(const char *path, struct vl_error *err);

/* The bare calls, for marks whose coming and going is the message, and for left-overs: nothing is synced, and a missing
 * file is told. Of several who drop or move one file, one gets true; for the others, errno says why not. */
bool vl_file_drop(const char *path);
bool vl_file_drop_directory(const char *path); /* an empty one */

/* For file.c: the temporary of a write goes, if it is there. False with errno when it stays. */
bool vl_file_drop_temporary(const char *temporary);

#endif
