/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Checkpoints of this host's network, so that a change to it can be taken back: by the watchdog when nobody confirms
 * it, after a power cut by the boot-time unit, and by `bridge revert` at any later time.
 *
 * STATE/.bridge/host/ (tree-… for another root) holds
 *
 *   - last: what was there before the latest run; the watchdog's
 *   - original: what was there before the first run that was confirmed; files and links that later ones came to are
 *     added
 *   - backup/: the bytes of every file that either names
 *
 * and what network/change.h says of the latest change. `last` is written before the first change, and added to
 * `original` before it becomes final: what was taken back leaves no trace there. Both are lines of words, whole only
 * with their last line; addresses and routes stand in them as the kernel's own messages.
 */
#ifndef VL_NETWORK_CHECKPOINT_H
#define VL_NETWORK_CHECKPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/error.h"
#include "network/netlink.h"
#include "network/policy.h"

struct vl_saved_file {
    const char *path;   /* below the root */
    const char *backup; /* name in backup/; NULL: there was no such file */
    const char *text;   /* what it held */
    mode_t mode;
    bool lost; /* the backup cannot be read: the file stays as it is */
};

/* A link with what is on it. It is known by its name, since whoever owns the network may make it anew at any time: its
 * index is of the moment at which this was saved. */
struct vl_saved_link {
    const char *name;
    const char *master; /* name of the link that it is a port of; NULL: none */
    struct vl_net_link link;
    struct vl_net_messages addresses, routes;
    struct vl_policy policy;
    const char *address_mode; /* how it makes its own IPv6 addresses (addr_gen_mode); NULL: not known */
    unsigned rules; /* of a bridge: for which families (probe/forward.h) a rule lets its frames pass, a bit each */
};

/* A setting of the kernel. */
struct vl_saved_setting {
    const char *key;   /* "net.bridge.bridge-nf-call-iptables" */
    const char *value; /* "1" */
};

/* An uplink and its bridge. */
struct vl_saved_pair {
    struct vl_saved_link uplink, bridge;
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
    struct vl_saved_pair *further; /* in `original`: other uplinks that later runs came to */
    size_t further_count;
    struct vl_saved_setting *settings;
    size_t setting_count;
    struct vl_net_messages others;     /* default routes over other links: the bridge's may take their place */
    const char *const *const *reloads; /* commands by which the owner of the network learns of restored files */
    size_t reload_count;
};

void vl_checkpoint_free(struct vl_checkpoint *checkpoint);

#define VL_CHECKPOINT_AUTO __attribute__((cleanup(vl_checkpoint_free))) struct vl_checkpoint

/* STATE/.bridge/…, in the arena. */
const char *vl_checkpoint_directory(struct vl_arena *arena, const char *state_directory, const char *root);

/* A file as it is before a change of it; `text` is NULL when it is not there. */
int vl_checkpoint_add_file(struct vl_checkpoint *checkpoint, const char *path, const char *text, mode_t mode,
                           struct vl_error *err);

/* A directory that will be made, and its parents: each one that is missing is noted. */
void vl_checkpoint_add_directory(struct vl_checkpoint *checkpoint, const char *path);

/* The two links with their addresses and routes, as they are now. */
int vl_checkpoint_network(struct vl_checkpoint *checkpoint, struct vl_net *net, const char *uplink, const char *bridge,
                          struct vl_error *err);

/* The kernel's switches for the packet filter on bridges, and the rules for this bridge, as they are now. */
void vl_checkpoint_filter(struct vl_checkpoint *checkpoint);

/* Write `last`; to be called before the first change. */
int vl_checkpoint_write(struct vl_checkpoint *checkpoint, const char *directory, struct vl_error *err);

/* Add to `original` what it does not have yet of `last`; to be called before the change becomes final. */
int vl_checkpoint_keep(const char *directory, struct vl_error *err);

/* Read `last` or `original` with the bytes of its files. VL_ERROR_NOTFOUND when there is none. A backup that cannot be
 * read is no error: its file is marked as lost. */
int vl_checkpoint_read(struct vl_checkpoint *checkpoint, const char *directory, const char *name, struct vl_error *err);

/* The same for one that need not be there: 1 when it was read, 0 when there is none. */
int vl_checkpoint_find(struct vl_checkpoint *checkpoint, const char *directory, const char *name, struct vl_error *err);

/* Put files back: those that differ, and those that were not there go; left-over temporaries and emptied directories
 * too. *changed counts. One that cannot be put back does not keep the others from it; the first is the error. */
int vl_checkpoint_restore_files(const struct vl_checkpoint *checkpoint, size_t *changed, struct vl_error *err);

/* Put the links, addresses and routes of an uplink and its bridge back, when the kernel is still the same and the
 * uplink is there; *ret_done tells. After a reboot the saved state means nothing: see vl_switch_back(). */
int vl_checkpoint_restore_network(const struct vl_checkpoint *checkpoint, const struct vl_saved_link *uplink,
                                  const struct vl_saved_link *bridge, bool *ret_done, struct vl_error *err);

/* Put the switches back, and take away rules for the bridges that were not there. */
void vl_checkpoint_restore_filter(const struct vl_checkpoint *checkpoint);
/* A link makes its own IPv6 addresses as it did: bridge-utils has a port make none, and never takes that back. */
void vl_checkpoint_restore_mode(const struct vl_saved_link *saved);

/* Forget the checkpoints and the backups; what tells of the latest change stays. */
void vl_checkpoint_forget_original(const char *directory);

/* Forget everything, the directory too. Nobody must be watching. */
void vl_checkpoint_forget(const char *directory);

#endif
