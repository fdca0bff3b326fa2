/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files: read whole with a bound, replaced atomically, never followed through a symbolic link that we did not expect.
 *
 * A replacement is written to `.NAME.voiplab` beside the target, synced, renamed over it, and the directory is synced.
 * After a kill at any point the target is its old or its new self, and at most that one temporary remains; the next
 * write of the same file replaces it.
 *
 * Nothing else in lib/ or cmd/ makes, changes or renames a file (delete.c has one go), and few ask for it; test/changes
 * looks for both. There are three kinds of them:
 *
 *   plan/steps.c   what a person owns or reads, on this host and behind machine/target.h: with a backup, undone when a
 *                  later step fails, and in the plan that is shown first
 *   network/       checkpoints of the network and the marks by which a change of it is decided: what apply is undone
 *                  with. No plan holds these, or nobody could take back a plan that was cut off
 *   the rest       what a run makes for itself: scratch directories, accounts for SIPp and images that are not whole
 *                  yet, which it takes away; backups, the note of reloads that are owed (plan/pending.c) and locks,
 *                  which stay; the lab file that `init` makes where there is none;
 *                  and what a person asks to have written down by its name: the frames and the picture of `capture`
 *
 * A child (curl, xorriso, SIPp, the build of a recipe) writes where it is told to, which is a place of the last kind;
 * what it made gets its name from here. All goes through one table of operations, file_ops.h, for the tests.
 */
#ifndef VL_BASE_FILE_H
#define VL_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/error.h"

/* Read a regular file of at most `limit` bytes. On success *ret_text is the caller's (NUL-terminated; a NUL inside the
 * file is an error) and *ret_stat, when given, what fstat said. A missing file is VL_ERROR_NOTFOUND. */
int vl_file_read(const char *path, size_t limit, char **ret_text, struct stat *ret_stat, struct vl_error *err);

/* The same of a regular file that is open; `path` is for messages. */
int vl_file_read_open(int descriptor, const char *path, size_t limit, char **ret_text, struct vl_error *err);

/* Replace or make `path` as described above. `mode` is applied exactly. When the file exists its owner is kept, unless
 * everybody may make one in its directory, and the directory's owner did not. */
int vl_file_write(const char *path, const char *text, size_t length, mode_t mode, struct vl_error *err);

/* The same for a file that shall belong to `group`, which it does from the moment that it is in its place. (gid_t)-1
 * keeps the group as vl_file_write() does. Who is not root may not give files away, and is not asked to. Messages name
 * it `shown`: `path` may lead through a descriptor. */
int vl_file_write_shown(const char *path, const char *shown, const char *text, size_t length, mode_t mode, gid_t group,
                        struct vl_error *err);

/* Give what lies ready at `from` the name `to`, in the same directory: a file that somebody else wrote, or a directory,
 * for which no other may be in its place. It is synced before and the directory afterwards, so that whoever finds `to`
 * finds the whole; of a directory that is its list of names. */
int vl_file_rename(const char *from, const char *to, struct vl_error *err);

/* The bare call, as those of delete.h: nothing is synced. Of several who move one file, one gets true; for the others,
 * errno says why not. */
bool vl_file_move(const char *from, const char *to);

/* Have the names in a directory on the disk, as well as it goes. */
void vl_file_sync_names(const char *directory);

/* Make a directory and its parents with this mode (parents that exist are left alone). */
int vl_file_mkdirs(const char *path, mode_t mode, struct vl_error *err);

/* Make a directory PARENT/NAME.XXXXXX of mode 0700, each time another one. The caller frees its path, and removes it
 * with vl_file_remove_tree() of delete.h; NULL on failure. */
char *vl_file_scratch(const char *parent, const char *name, struct vl_error *err);

/* Give a directory that is open to a user and the group of the same number: one that we made for them. */
int vl_file_give_directory(int descriptor, uid_t user, struct vl_error *err);

/* Take an exclusive lock on `path` (made when missing, 0600) without waiting. Returns the descriptor, which holds the
 * lock until it is closed, or -1; when somebody else holds it the message says `BUSY`. */
int vl_file_lock(const char *path, const char *busy, struct vl_error *err);

/* Open a device to talk to it, which makes and changes no file: a descriptor, or -1 with errno. */
int vl_file_open_device(const char *path);

/* Say a word to the kernel by a file of /proc, which is not replaced but written to. False when it does not take it. */
bool vl_file_tell_kernel(const char *path, const char *word);

/* A file that is written little by little: made anew, or emptied when it is there (a descriptor, or -1), and bytes at
 * its end. It is synced and gets the name under which others find it by vl_file_rename(). */
int vl_file_create(const char *path, mode_t mode, struct vl_error *err);
int vl_file_append(int descriptor, const char *path, const void *bytes, size_t length, struct vl_error *err);

/* Open for writing a file that somebody has just made, of `size` bytes of which none is written yet; for the caller to
 * close. -1: there is none. */
int vl_file_open_empty(const char *path, uint64_t size);

/* The same of a file that must not be there, and that has its name at once: an output for a person. */
int vl_file_begin(const char *path, mode_t mode, struct vl_error *err);

/* Remove the temporary that a killed vl_file_write() of this file may have left. */
void vl_file_sweep(const char *path);

bool vl_file_exists(const char *path);

#endif
