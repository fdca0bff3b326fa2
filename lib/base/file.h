/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files: read whole with a bound, replaced atomically, never followed through a symbolic link that we did not expect.
 *
 * A replacement is written to `.NAME.voiplab` beside the target, synced, renamed over it, and the directory is synced.
 * After a kill at any point the target is its old or its new self, and at most that one temporary remains; the next
 * write of the same file replaces it.
 *
 * Nothing else in lib/ or cmd/ makes, changes, renames or removes a file, and few ask for it (test/changes looks for
 * both): which code can delete one is seen from the callers of this header. There are three kinds of them:
 *
 *   plan/steps.c   what a person owns or reads, on this host and behind machine/target.h: with a backup, undone when a
 *                  later step fails, and in the plan that is shown first
 *   network/       checkpoints of the network and the marks by which a change of it is decided: what apply is undone
 *                  with. No plan holds these, or nobody could take back a plan that was cut off
 *   the rest       what a run makes for itself: scratch directories, accounts for SIPp and images that are not whole
 *                  yet, which it takes away; backups, the note of reloads that are owed (plan/pending.c) and locks,
 * which stay; and the lab file that `init` makes where there is none
 *
 * A child (curl, xorriso, SIPp, the build of a recipe) writes where it is told to, which is a place of the last kind;
 * what it made gets its name from here. All goes through one table of operations, so that a test can make the n-th
 * fail, shorten it, or count them.
 */
#ifndef VL_BASE_FILE_H
#define VL_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/error.h"

/* The system calls that change files; the default table calls the kernel. */
struct vl_file_ops {
    int (*open)(const char *path, int flags, mode_t mode);
    ssize_t (*write)(int descriptor, const void *bytes, size_t length);
    int (*fchmod)(int descriptor, mode_t mode);
    int (*chmod)(const char *path, mode_t mode);
    int (*fchown)(int descriptor, uid_t owner, gid_t group);
    int (*fsync)(int descriptor);
    int (*rename)(const char *from, const char *to);
    int (*unlink)(const char *path);
    int (*mkdir)(const char *path, mode_t mode);
    char *(*mkdtemp)(char *template);
    int (*rmdir)(const char *path);
};

/* Use another table until it is set back with NULL; returns the one in force before. Tests only. */
const struct vl_file_ops *vl_file_set_ops(const struct vl_file_ops *ops);

/* Read a regular file of at most `limit` bytes. On success *ret_text is the caller's (NUL-terminated; a NUL inside the
 * file is an error) and *ret_stat, when given, what fstat said. A missing file is VL_ERROR_NOTFOUND. */
int vl_file_read(const char *path, size_t limit, char **ret_text, struct stat *ret_stat, struct vl_error *err);

/* Replace or make `path` as described above. `mode` is applied exactly. When the file exists its owner is kept. */
int vl_file_write(const char *path, const char *text, size_t length, mode_t mode, struct vl_error *err);

/* The same for a file that shall belong to `group`, which it does from the moment that it is in its place. (gid_t)-1
 * keeps the group as vl_file_write() does. Who is not root may not give files away, and is not asked to. */
int vl_file_write_group(const char *path, const char *text, size_t length, mode_t mode, gid_t group,
                        struct vl_error *err);

/* Give what lies ready at `from` the name `to`, in the same directory: a file that somebody else wrote, or a directory,
 * for which no other may be in its place. It is synced before and the directory afterwards, so that whoever finds `to`
 * finds the whole; of a directory that is its list of names. */
int vl_file_rename(const char *from, const char *to, struct vl_error *err);

/* Remove a file; a missing one is no error. */
int vl_file_remove(const char *path, struct vl_error *err);

/* Remove a directory with all that is in it, on its own file system; links are not followed. What cannot be removed
 * does not keep the rest from it. A missing one is no error. */
int vl_file_remove_tree(const char *path, struct vl_error *err);

/* The bare calls, for marks whose coming and going is the message, and for left-overs: nothing is synced, and a missing
 * file is told. Of several who drop or move one file, one gets true; for the others, errno says why not. */
bool vl_file_drop(const char *path);
bool vl_file_drop_directory(const char *path); /* an empty one */
bool vl_file_move(const char *from, const char *to);

/* Have the names in a directory on the disk, as well as it goes. */
void vl_file_sync_names(const char *directory);

/* Make a directory and its parents with this mode (parents that exist are left alone). */
int vl_file_mkdirs(const char *path, mode_t mode, struct vl_error *err);

/* Make a directory PARENT/NAME.XXXXXX of mode 0700, each time another one. The caller frees its path, and removes it
 * with vl_file_remove_tree(); NULL on failure. */
char *vl_file_scratch(const char *parent, const char *name, struct vl_error *err);

/* Take an exclusive lock on `path` (made when missing, 0600) without waiting. Returns the descriptor, which holds the
 * lock until it is closed, or -1; when somebody else holds it the message says `BUSY`. */
int vl_file_lock(const char *path, const char *busy, struct vl_error *err);

/* Open a device to talk to it, which makes and changes no file: a descriptor, or -1 with errno. */
int vl_file_open_device(const char *path);

/* Say a word to the kernel by a file of /proc, which is not replaced but written to. False when it does not take it. */
bool vl_file_tell_kernel(const char *path, const char *word);

/* Remove the temporary that a killed vl_file_write() of this file may have left. */
void vl_file_sweep(const char *path);

bool vl_file_exists(const char *path);

#endif
