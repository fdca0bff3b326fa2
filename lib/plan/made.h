/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What was made for a lab where the thing itself has no place for a mark: STATE/LAB/made, one `KIND NAME` a line. Only
 * what stands there is taken away again. A line is written before its thing is made (stage/made.c), so that a run that
 * is cut off in between leaves a line too many and never a thing too many; lines go when the thing has gone.
 *
 *   pool NAME     the storage pool of the lab
 *   volume NAME   a volume in it
 *   pool SITE/NAME, volume SITE/NAME
 *                 the same on another hypervisor than that of [lab]
 *   place NAME SITE
 *                 on which hypervisor this guest is, in a lab with several
 *   guest NAME    a virtual machine of this name; its domain carries a mark of its own, but whoever has taken the PBX
 *                 out of the lab file knows by this that there may be one
 *
 *   address ADDRESS BRIDGE NAME
 *                 the address of this virtual machine, for other labs of this host that would give it to one of theirs
 *
 * An earlier version wrote no such file. Where there is none, a thing is known by the name that voiplab gives it
 * (vl_made_by_name()), and the next `up` writes the file.
 */
#ifndef VL_PLAN_MADE_H
#define VL_PLAN_MADE_H

#include <stdbool.h>

#include "guest/hypervisor.h"
#include "plan/session.h"

struct vl_made {
    bool known;         /* there is such a file */
    const char *at;     /* the site whose pool and volumes are meant by their names; NULL: that of [lab] */
    const char **lines; /* NULL-terminated, without comments */
    size_t count;
    const char *text; /* the whole of it; NULL: none */
};

/* Read it, into the arena. Without a lab there is none. */
int vl_made_read(const struct vl_session *session, struct vl_arena *arena, struct vl_made *ret_made,
                 struct vl_error *err);

/* The same of any lab, by the directory of its state. */
int vl_made_read_at(const char *directory, struct vl_arena *arena, struct vl_made *ret_made, struct vl_error *err);

/* The address of a guest: note it, forget it. The guest that has this one on this bridge; NULL: none. */
void vl_made_set_address(struct vl_made *made, struct vl_arena *arena, const char *name, const char *address,
                         const char *bridge);
void vl_made_drop_address(struct vl_made *made, const char *name);
const char *vl_made_address(const struct vl_made *made, const char *address, const char *bridge);

/* Whether there is a line; add one unless there is; take it out. */
bool vl_made_has(const struct vl_made *made, const char *kind, const char *name);
void vl_made_add(struct vl_made *made, struct vl_arena *arena, const char *kind, const char *name);
void vl_made_drop(struct vl_made *made, const char *kind, const char *name);

/* The name of the volume that a line is of, when it is one of the site that is looked at; NULL: it is another line. */
const char *vl_made_volume_line(const struct vl_made *made, const char *line);

/* The place of a guest: note it, forget it (`site` NULL). */
void vl_made_set_place(struct vl_made *made, struct vl_arena *arena, const char *name, const char *site);

/* What the file shall hold, in the arena. */
const char *vl_made_text(const struct vl_made *made, struct vl_arena *arena);

/* Whether the lab had a virtual machine of this name: a line says so, or the host key that was made for it is there. */
bool vl_made_guest(const struct vl_session *session, const struct vl_made *made, const char *name);

/* Whether the lab has virtual machines, or had. */
bool vl_made_machines(const struct vl_session *session);

/* Whether a volume of the lab's pool is the lab's: a line says so; without a file, its name and what is beside it do.
 */
bool vl_made_volume(const struct vl_session *session, const struct vl_made *made, const struct vl_volume *volume);

/* Whether it is of the guest `name` alone: its disk, one of its ready state, or a seed of it; and which of these. */
bool vl_made_volume_of(const char *volume, const char *name);
bool vl_made_layer_of(const char *volume, const char *name);
bool vl_made_seed_of(const char *volume, const char *name);

#endif
