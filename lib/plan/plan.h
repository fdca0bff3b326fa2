/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A plan: the ordered steps that lead from what is there to what the lab file asks for. It is a value: made by the
 * stages (stage.h), printed by print.h, carried out by apply.h. What is already right is not in it.
 */
#ifndef VL_PLAN_PLAN_H
#define VL_PLAN_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/shell.h"
#include "machine/target.h"
#include "render/fileset.h"

#define VL_THIS_HOST "this host"

enum vl_step_kind {
    VL_STEP_FILE,          /* make or replace a file: before, after, mode, group */
    VL_STEP_REMOVE,        /* remove a file: before */
    VL_STEP_COMMAND,       /* run argv on the target */
    VL_STEP_RELOAD,        /* run argv on the target and look at what Asterisk answers */
    VL_STEP_DIRECTORY,     /* make a directory with its parents: mode */
    VL_STEP_IMAGE,         /* build a base image by its recipe into the cache */
    VL_STEP_FETCH,         /* the URL `source` into the file `after` */
    VL_STEP_EXTRACT,       /* the file `base` on the disc `source` into the file `after` */
    VL_STEP_KEEP,          /* make an image of `kept` in the cache, whose place is `after` */
    VL_STEP_CAPTURE,       /* make one of the disk of a guest, `wipe` */
    VL_STEP_POOL,          /* make the storage pool */
    VL_STEP_VOLUME,        /* make a volume; after is its XML */
    VL_STEP_UPLOAD,        /* make a volume and fill it from the local file `source` */
    VL_STEP_SEED,          /* make a seed volume from `files` */
    VL_STEP_DOMAIN,        /* define a domain; after is its XML */
    VL_STEP_CHANGE,        /* change a domain that runs as `before` says to what `after` says, both XML */
    VL_STEP_AUTOSTART,     /* a domain starts with its hypervisor; `after` NULL: it does not */
    VL_STEP_GROW,          /* make a volume larger, which is the disk of the domain `source`: size */
    VL_STEP_START,         /* start a domain */
    VL_STEP_STOP,          /* stop a domain */
    VL_STEP_UNDEFINE,      /* undefine a domain */
    VL_STEP_SAVE,          /* the memory of a domain into the local file `after`; it stands still, or stops */
    VL_STEP_RESUME,        /* a domain that stands still runs on */
    VL_STEP_RESTORE,       /* a domain runs on from the local file `source` */
    VL_STEP_COPY_VOLUME,   /* the volume `source`, with what is in it, as another, whose XML is `after` */
    VL_STEP_REMOVE_VOLUME, /* delete a volume */
    VL_STEP_REMOVE_POOL,   /* remove the pool */
    VL_STEP_SQL,           /* change the data base of a FreePBX by argv with input on stdin: before, after */
    VL_STEP_KEY,           /* make a pair of SSH keys: input is the private one, after the public one */
    VL_STEP_LOOK,          /* nothing is changed: input is what is typed, then `see`; for a note only */
    VL_STEP_BACKUP,        /* write the backup `backup` into a file; after: what is in it */
    VL_STEP_UNPACK,        /* put the things `unpack` of a backup where they go; after: which */
    VL_STEP_SWITCH,        /* the uplink of the lab's bridge becomes its port; after: the commands of ip(8) */
    VL_STEP_KINDS,
};

struct vl_site;
struct vl_kept_source;
struct vl_wipe;
struct vl_backup;
struct vl_unpack;

struct vl_step {
    enum vl_step_kind kind;
    const char *target; /* name of where it happens: "this host", "libvirt", the name of a PBX */
    const char *object; /* path, domain, volume, pool, recipe */
    const char *why;    /* one sentence for --explain */
    const char *note;   /* what its title says behind the object, in parentheses; NULL: nothing */
    const char *before; /* what is there now; NULL: nothing */
    const char *after;  /* what shall be there; NULL: nothing */
    unsigned mode;
    unsigned mode_before; /* of the file that is there; put back with it */
    const char *group;
    const char *const *argv; /* VL_STEP_COMMAND, _RELOAD and _SQL, NULL-terminated; VL_STEP_IMAGE: packages, or NULL */
    const char *input;       /* VL_STEP_SQL, VL_STEP_COMMAND: stdin of argv; VL_STEP_KEY; VL_STEP_LOOK */
    const char *source;      /* local file or directory that the step reads, or VL_STEP_COMMAND of a note is run in */
    const char *sha256;      /* VL_STEP_IMAGE: the checksum that what is fetched must have; NULL: any */
    const char *pool;
    unsigned patience_s;               /* VL_STEP_COMMAND: how long it may take; 0: a minute */
    uint64_t size;                     /* bytes, where a step makes something large */
    const struct vl_kept_source *kept; /* VL_STEP_KEEP (guest/kept.h) */
    const struct vl_wipe *wipe;        /* VL_STEP_CAPTURE (plan/wipe.h) */
    const struct vl_fileset *files;    /* VL_STEP_SEED */
    const char *label;                 /* VL_STEP_SEED: of the image; NULL: the files go behind the initrd `base` */
    const char *base;
    const struct vl_shell_part *parts; /* VL_STEP_SEED: what in its files stands in files of this host, too */
    const char *joins; /* VL_STEP_FILE of a fresh target: what is put at the end of the file if it is there */
    const struct vl_backup *backup; /* VL_STEP_BACKUP, VL_STEP_UNPACK (plan/backup.h) */
    const struct vl_unpack *unpack;
    const struct vl_site *site; /* VL_STEP_POOL and all on libvirt: on which hypervisor; NULL: that of [lab] */
    const char *about;          /* the PBX that it is for, where that is not the target; NULL: none, or many */
    const char *tree;       /* the files are those of this tree of this host (--root); NULL: of the running system */
    char **answer;          /* VL_STEP_COMMAND: gets what it printed, the caller's; NULL: nobody wants that */
    const char *see, *seen; /* a command line that shows that it was done, and its answer; NULL: the kind has its own */
    bool at_once;      /* VL_STEP_STOP: by pulling the plug, since the guest's disk goes too; VL_STEP_RESUME: it must
                        * have stood still until then */
    bool restarts;     /* VL_STEP_RELOAD: Asterisk is started anew, and does not answer for a while */
    bool takes_place;  /* VL_STEP_FILE: of somebody's own file that has the name of one of ours */
    bool stays;        /* VL_STEP_FILE: written before what it tells of, so it stays when a later step fails */
    bool fresh_target; /* the target does not exist yet: `before` is a guess */
};

struct vl_plan {
    struct vl_arena arena;
    struct vl_step *steps;
    size_t count;
    struct vl_fileset shared; /* files that are there and stay the user's, with the whole text that they shall have,
                                 also of those that have it already */
};

/* Append a copy of the step (strings are not copied; keep them in plan->arena or the lab's). */
void vl_plan_add(struct vl_plan *plan, const struct vl_step *step);

/* Append the making of a directory of this host, unless it is there. */
void vl_plan_add_directory(struct vl_plan *plan, const char *path, unsigned mode, const char *why);

/* Of the step that was appended last: a command line that shows that it was done, and its answer. */
void vl_plan_shows(struct vl_plan *plan, const char *see, const char *seen);

/* The files of the steps from this one on stay when a later step fails. */
void vl_plan_stays(struct vl_plan *plan, size_t first);

/* Append a command on this host; `title` is what the plan calls it. */
void vl_plan_add_command(struct vl_plan *plan, const char *why, const char *title, const char *const *argv);

/* Append all steps of `from`, whose arena must outlive `plan`. */
void vl_plan_join(struct vl_plan *plan, const struct vl_plan *from);

/* How many steps change something. */
size_t vl_plan_changes(const struct vl_plan *plan);

void vl_plan_free(struct vl_plan *plan);

/* argv in the plan's arena from a NULL-terminated list of strings. */
const char *const *vl_plan_argv(struct vl_plan *plan, const char *first, ...) __attribute__((sentinel));

/* What the two functions below will ask a target about the set, with what else somebody wants to know (`more`: paths
 * and commands; NULL: nothing), for who has it learnt in one round trip. They do so themselves for what was not learnt
 * before. In the arena. */
struct vl_wanted vl_plan_wanted(struct vl_arena *arena, const struct vl_fileset *set, const struct vl_wanted *more);

/* Compare a file set with what `target` has and append the steps. `target` NULL: the target is not there yet and
 * everything is new. `pending`: reloads that an interrupted run still owes, as a bit per enum vl_reload. With `reloads`
 * those follow that are due, as reload.h decides. */
int vl_plan_files(struct vl_plan *plan, struct vl_target *target, const char *target_name, const struct vl_fileset *set,
                  unsigned pending, bool reloads, struct vl_error *err);

/* The reverse: our whole files go, our blocks are taken out. The reloads that are due follow; `pending` as above. */
int vl_plan_files_removed(struct vl_plan *plan, struct vl_target *target, const char *target_name,
                          const struct vl_fileset *set, unsigned pending, struct vl_error *err);

#define VL_PLAN_AUTO __attribute__((cleanup(vl_plan_free))) struct vl_plan

#endif
