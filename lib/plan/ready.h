/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The ready state of a guest: a disk as it was, and the memory that goes with it. The disk is a volume
 * NAME.ready-N.qcow2 that nothing writes to, a copy of what the guest had written when its memory was saved; to put the
 * guest back is to give it a clone of that. The memory is a file of STATE/LAB/saved, which is root's alone, for every
 * secret of the guest is in it. A record beside it, NAME.ready.state, makes the two a pair; it is written when both are
 * whole, and in one go:
 *
 *   layer VOLUME SIZE CHANGED
 *   memory FILE SIZE CHANGED
 *   definition FINGERPRINT
 *
 * Memory on a disk that is not the one that it was saved with ruins the file system without a word. So of a pair where
 * either half was written since, or whose guest is defined otherwise by now, nothing is used.
 */
#ifndef VL_PLAN_READY_H
#define VL_PLAN_READY_H

#include <stdbool.h>

#include "plan/made.h"
#include "plan/session.h"

struct vl_ready {
    const char *layer;      /* name of the volume; NULL: there is no ready state */
    const char *memory;     /* path of the file */
    const char *definition; /* fingerprint of the domain that was saved */
    const char *torn;       /* what is wrong with the pair, in words; NULL: nothing */
};

/* In the arena. A record that cannot be read counts as torn. `hypervisor` is that of the guest; NULL: none answers. */
int vl_ready_read(const struct vl_session *session, struct vl_hypervisor *hypervisor, struct vl_arena *arena,
                  const char *pool, const char *name, struct vl_ready *ret_ready, struct vl_error *err);

/* What a record says, whatever has become of the two since. False: it cannot be read. */
bool vl_ready_parse(const struct vl_session *session, struct vl_arena *arena, const char *text, const char *name,
                    struct vl_ready *ret_ready);

/* The record of a pair as its halves are now, and where it is kept. NULL: one of them is not there. */
const char *vl_ready_text(struct vl_hypervisor *hypervisor, struct vl_arena *arena, const char *pool,
                          const struct vl_ready *ready, struct vl_error *err);
const char *vl_ready_path(const struct vl_session *session, struct vl_arena *arena, const char *name);
const char *vl_ready_directory(const struct vl_session *session, struct vl_arena *arena);

/* Names for the next pair of a guest: no volume ever had them. */
void vl_ready_name_next(const struct vl_session *session, struct vl_arena *arena, const struct vl_made *made,
                        const char *name, struct vl_ready *ready);

/* All files of STATE/LAB/saved that are of this guest, but `memory` and, where that is not NULL, the record, which is
 * of it: paths, NULL-terminated, in the arena. */
const char *const *vl_ready_files(const struct vl_session *session, struct vl_arena *arena, const char *name,
                                  const char *memory);

#endif
