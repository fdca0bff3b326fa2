/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A backup: a lab, or some of its guests, in one file, packed by zstd. In it are the lab file, what STATE/LAB has of
 * secrets, keys and ready states, and the volumes of the pool; last the list of all that (plan/manifest.h), by which it
 * is known to be whole. Its first entry says what it is.
 *
 * A guest that runs is asked to write out what it has not (sync), then stands still while its disk is copied, and runs
 * on: on the disk in the backup it has lost its power at that moment. What it had in memory is not in it; that of its
 * ready state is.
 *
 * Whoever restores a backup has its guests run, on this host's hypervisor: it is to be trusted as the lab file is. What
 * it holds is put nowhere but where a lab's things are, whatever it says, and nothing before all of it was read.
 */
#ifndef VL_PLAN_BACKUP_H
#define VL_PLAN_BACKUP_H

#include "plan/manifest.h"
#include "plan/steps.h"

/* What shall be in one. */
struct vl_backup_item {
    struct vl_backup_entry entry; /* but for what is known when it is read: size and checksum, of a file its mode */
    const char *file;             /* the file of this host that it is; NULL: a volume */
    const char *pool;             /* of a volume */
    const struct vl_site *site;
    const struct vl_pbx *pbx; /* the guest whose disk it is, which it writes to; NULL: nobody does */
    const char *domain;
    unsigned depth; /* how many others it stands on; vl_backup_order() */
};

struct vl_backup {
    struct vl_backup_item *items;
    size_t count;
    bool has_base;
};

/* Put the volumes from the item `first` on into an order in which each can be made: what is a clone comes behind what
 * it is one of. */
void vl_backup_order(struct vl_backup *backup, size_t first);

/* VL_STEP_BACKUP: write the backup step->backup into the file step->object, which appears when it is whole. */
int vl_backup_write(const struct vl_step_scene *scene);

/* Copy the disk of a guest into a file of this host while it stands still, if it runs. There is a mark for it meanwhile
 * (plan/ready.h). Of the item all is needed but the entry's size and checksum. */
int vl_backup_still(const struct vl_step_scene *scene, const struct vl_backup_item *item, const char *into);

/* Read a backup to its end: that it is whole and all of it is as its list says, and that nothing in it is what a backup
 * cannot have. *ret_lab is its lab file. Nothing is written. */
int vl_backup_check(struct vl_session *session, struct vl_arena *arena, const char *file,
                    struct vl_manifest *ret_manifest, const char **ret_lab, struct vl_error *err);

/* The lab of such a text, as if it stood in `lab_file` already. A lab is read from a file, so it is put into one for
 * that moment, which nobody else can read. NULL on failure. */
struct vl_lab *vl_backup_load_lab(const struct vl_session *session, const char *text, const char *lab_file,
                                  struct vl_error *err);

/* Where the entries of a backup go. */
struct vl_unpack_item {
    const struct vl_backup_entry *entry;
    const char *file; /* a file of this host; NULL: a volume */
    const char *pool;
    const struct vl_site *site;
    const char *xml;   /* of a volume */
    const char *ready; /* the guest whose ready state a file is the record of; NULL: it is none */
};

struct vl_unpack {
    const struct vl_unpack_item *items;
    size_t count;
};

/* VL_STEP_UNPACK: put the entries of step->unpack from the backup step->object where they go, each when its bytes are
 * those of the list. */
int vl_backup_unpack(const struct vl_step_scene *scene);

/* The file by which it is known that a run was cut off which unpacked one. */
const char *vl_backup_note(const struct vl_session *session, struct vl_arena *arena);
#define VL_BACKUP_UNPACKING "restoring"

#endif
