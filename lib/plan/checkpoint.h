/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Checkpoints of this host's network, so that a change to it can be taken back: by the watchdog when nobody confirms
 * it, after a power cut by the boot-time unit, and by `bridge revert` at any later time.
 *
 * STATE/.bridge/host/ (tree-… for another root) holds
 *
 *   last       what was there before the latest run: the watchdog's
 *   original   what was there before the first one; files that later runs came to are added to it
 *   backup/    the bytes of every file that either names
 *   pending    the latest change waits to be confirmed; holds the deadline and who watches
 *   reverting  it is being taken back
 *   watchdog   locked by the watchdog for as long as it lives
 *   outcome    one line on how the latest change ended
 *
 * A change becomes final by the removal of `pending` and is taken back by its renaming to `reverting`: of two who try,
 * one succeeds. `last` and `original` are lines of words, written before the first change and whole only with their
 * last line; addresses and routes stand in them as the kernel's own messages.
 */
#ifndef VL_PLAN_CHECKPOINT_H
#define VL_PLAN_CHECKPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/error.h"
#include "plan/plan.h"
#include "target/netlink.h"

struct vl_saved_file {
    const char *path;   /* below the root */
    const char *backup; /* name in backup/; NULL: there was no such file */
    const char *text;   /* what it held */
    mode_t mode;
};

/* A link with what is on it. */
struct vl_saved_link {
    const char *name;
    struct vl_net_link link;
    struct vl_net_messages addresses, routes;
};

struct vl_checkpoint {
    struct vl_arena arena;
    const char *root;
    const char *lab, *backend;  /* for people */
    const char *gateway, *peer; /* what must stay reachable; NULL: not known */
    bool first;                 /* there was no `original` before */
    struct vl_saved_file *files;
    size_t file_count;
    const char **directories; /* that the run makes */
    size_t directory_count;
    const char *boot; /* boot id of the kernel whose state this is; NULL: no network is saved */
    struct vl_saved_link uplink, bridge;
    struct vl_net_messages others;     /* default routes over other links: the bridge's may take their place */
    const char *const *const *reloads; /* commands by which the owner of the network learns of restored files */
    size_t reload_count;
};

enum vl_change_phase {
    VL_CHANGE_NONE,      /* nothing waits */
    VL_CHANGE_ARMED,     /* a change waits to be confirmed, and the watchdog lives */
    VL_CHANGE_ABANDONED, /* a change was neither confirmed nor taken back, and nobody watches it any more */
};

void vl_checkpoint_free(struct vl_checkpoint *checkpoint);

#define VL_CHECKPOINT_AUTO __attribute__((cleanup(vl_checkpoint_free))) struct vl_checkpoint

/* STATE/.bridge/…, in the arena. */
const char *vl_checkpoint_directory(struct vl_arena *arena, const char *state_directory, const char *root);

/* The file and directory steps of `plan`, as they are before it. A symbolic link is refused. */
int vl_checkpoint_files(struct vl_checkpoint *checkpoint, const struct vl_plan *plan, struct vl_error *err);

/* The two links with their addresses and routes, as they are now. */
int vl_checkpoint_network(struct vl_checkpoint *checkpoint, struct vl_net *net, const char *uplink, const char *bridge,
                          struct vl_error *err);

/* Write `last`, and add to `original` what it does not have yet; to be called before the first change. */
int vl_checkpoint_write(struct vl_checkpoint *checkpoint, const char *directory, struct vl_error *err);

/* Read `last` or `original` with the bytes of its files. VL_ERROR_NOTFOUND when there is none. */
int vl_checkpoint_read(struct vl_checkpoint *checkpoint, const char *directory, const char *name, struct vl_error *err);

/* Put files back: those that differ, and those that were not there go; left-over temporaries and emptied directories
 * too. *changed counts. */
int vl_checkpoint_restore_files(const struct vl_checkpoint *checkpoint, size_t *changed, struct vl_error *err);

/* Put links, addresses and routes back, when the kernel is still the same and the uplink is there; *ret_done tells.
 * After a reboot the saved state means nothing: see vl_switch_back(). */
int vl_checkpoint_restore_network(const struct vl_checkpoint *checkpoint, bool *ret_done, struct vl_error *err);

/* Forget the checkpoints and the backups; what tells of the latest change stays. */
void vl_checkpoint_forget_original(const char *directory);

/* Forget everything, the directory too. */
void vl_checkpoint_forget(const char *directory);

/* Where the change stands; *ret_left_s, when given, is the time until the watchdog takes it back. */
enum vl_change_phase vl_change_phase(const char *directory, long long *ret_left_s);

/* Watchdog: begin and end. */
int vl_change_begin(const char *directory, long long deadline_ms, struct vl_error *err);
bool vl_change_pending(const char *directory);
/* Whether a watchdog that lives is taking it back. */
bool vl_change_is_reverted(const char *directory);
/* True for who gets to do it. What could not be taken back whole, and nobody tries any more, can be confirmed as it is.
 */
bool vl_change_confirm(const char *directory);
bool vl_change_take_back(const char *directory);
/* Note how it ended; `reverting` goes when it is over and nothing is left to be done. */
void vl_change_over(const char *directory, const char *outcome, bool over);

/* How the latest change ended, with `prefix` before it; "" when nothing is known. In the arena. */
const char *vl_change_outcome(struct vl_arena *arena, const char *directory, const char *prefix);

#endif
