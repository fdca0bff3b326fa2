/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Snapshots of a guest: its disk as it was, and the memory that goes with it. The disk is a volume NAME.ready-N.qcow2
 * that nothing writes to, a copy of what the guest had written when its memory was saved; to put the guest back is to
 * give it a clone of that. The memory is a file of STATE/LAB/saved, which is root's alone, for every secret of the
 * guest is in it; of a guest that was off there is none. A record beside it, NAME.TAG.state, makes the two a pair; it
 * is written when both are whole, and in one go:
 *
 *   layer VOLUME SIZE CHANGED
 *   memory FILE SIZE CHANGED        "memory none": the guest was off
 *   definition FINGERPRINT
 *   machine TYPE                    of the processor board, as QEMU names it with its version
 *   taken SECONDS                   since 1970
 *   files FINGERPRINT               of what voiplab had written there, if that was looked at: then it need not be again
 *                                   while it would write the same
 *
 * The ready state, which `up` takes and `reset` goes back to, is the one with the tag "ready". Which tag a volume or a
 * memory belongs to stands in the records alone: what no record names is needed no more.
 *
 * The guest stands still while its memory is saved and its disk copied, for which there is a mark, NAME.ready-N.still;
 * for a copy of its disk alone (plan/backup.h) it is NAME.copied.still.
 *
 * Memory on a disk that is not the one that it was saved with ruins the file system without a word. So of a pair where
 * either half was written since, or whose guest is defined otherwise by now, nothing is used.
 */
#ifndef VL_PLAN_READY_H
#define VL_PLAN_READY_H

#include <stdbool.h>

#include "plan/made.h"
#include "plan/session.h"

#define VL_READY_TAG "ready"

struct vl_ready {
    const char *tag;
    const char *layer;      /* name of the volume; NULL: there is no such snapshot */
    const char *memory;     /* path of the file; NULL: the guest was off */
    const char *definition; /* fingerprint of the domain that was saved */
    const char *machine;    /* its machine type; NULL: an earlier version did not note it */
    const char *files; /* fingerprint of what voiplab had written there (vl_stage_pbx_fingerprint()); NULL: not known */
    long taken;        /* when, in seconds since 1970; 0: that neither */
    const char *torn;  /* what is wrong with the pair, in words; NULL: nothing */
};

/* In the arena. A record that cannot be read counts as torn. `hypervisor` is that of the guest; NULL: none answers. */
int vl_ready_read(const struct vl_session *session, struct vl_hypervisor *hypervisor, struct vl_arena *arena,
                  const char *pool, const char *name, const char *tag, struct vl_ready *ret_ready,
                  struct vl_error *err);

/* `files` of what a record says, whatever has become of the two since. In the arena. */
const char *vl_ready_files(const struct vl_session *session, struct vl_arena *arena, const char *name, const char *tag);

/* A record that is there, whatever guest it is of. */
struct vl_ready_name {
    const char *guest, *tag;
};

/* All records of a guest (NULL: of all), sorted by guest and tag; an array in the arena whose last has no tag. */
const struct vl_ready_name *vl_ready_list(const struct vl_session *session, struct vl_arena *arena, const char *name);

/* What a record says, whatever has become of the two since. False: it cannot be read. */
bool vl_ready_parse(const struct vl_session *session, struct vl_arena *arena, const char *text, const char *name,
                    struct vl_ready *ret_ready);

/* The record of a pair as its halves are now, and where it is kept. NULL: one of them is not there. */
const char *vl_ready_text(struct vl_hypervisor *hypervisor, struct vl_arena *arena, const char *pool,
                          const struct vl_ready *ready, struct vl_error *err);
const char *vl_ready_path(const struct vl_session *session, struct vl_arena *arena, const char *name, const char *tag);
const char *vl_ready_directory(const struct vl_session *session, struct vl_arena *arena);

/* A file that is there from before a guest stands still for its memory to be saved until after it runs on: a mark, for
 * a run that is cut off in between. Its path is the memory's with another end. */
const char *vl_ready_mark(struct vl_arena *arena, const char *memory);
/* Those of a guest that are there; NULL-terminated, in the arena, never NULL. */
const char *const *vl_ready_marks(const struct vl_session *session, struct vl_arena *arena, const char *name);

/* Where the files of a guest are kept as they were when it was handed over (probe/files.h): with its ready state, so
 * what is told of them is what putting it back would lose. */
const char *vl_ready_files_path(const struct vl_session *session, struct vl_arena *arena, const char *name);

/* Names for the next pair of a guest: no volume ever had them. */
void vl_ready_name_next(const struct vl_session *session, struct vl_arena *arena, const struct vl_made *made,
                        const char *name, struct vl_ready *ready);

/* What a guest needs of its snapshots once that with the tag of `instead` is `instead`, which has no layer where it is
 * to be no more: the volumes, and the other files of STATE/LAB/saved that are of this guest, which go, records last.
 * NULL-terminated, in the arena. While a record cannot be read it is not known what it needs: *layers is NULL then, and
 * no memory goes. `instead` NULL: all files go. */
struct vl_ready_needs {
    const char *const *layers, *const *files;
};
struct vl_ready_needs vl_ready_needs(const struct vl_session *session, struct vl_arena *arena, const char *name,
                                     const struct vl_ready *instead);

#endif
