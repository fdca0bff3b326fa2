/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Renderers of what an Asterisk reads: accounts (sip.conf), trunks between guests (iax.conf), the dialplan
 * (extensions.conf), mailboxes and the DAHDI card. Dialect: chan_sip, Asterisk 1.6.2 to 20; written for 16.
 *
 * Every file of ours is named voiplab_*.conf and is read by an #include block in a main file that stays the user's.
 * A file has one content whatever was asked for; `parts` only selects which files are in the set. So `trunk` and
 * `dialplan` never undo each other's work.
 */
#ifndef VL_RENDER_ASTERISK_H
#define VL_RENDER_ASTERISK_H

#include "base/arena.h"
#include "lab/lab.h"
#include "lab/state.h"
#include "render/fileset.h"

enum {
    VL_PART_TRUNK = 1,        /* accounts and registrations; on a guest also IAX2 and the routes into them */
    VL_PART_AS_FILES = 4,     /* with the others: also what is in the data base of this PBX, as if it were not */
    VL_PART_EVERY_DRIVER = 8, /* with the others: also files for drivers that this PBX has no more, to take them away */
    VL_PART_OLD_DRIVER = 16,  /* with the others: these files of the other SIP driver, as what must not be there */
    VL_PART_DIALPLAN = 2,     /* contexts; on the hub also accounts, mailboxes and the telephone lines */
};

/*
 * Append the files of `pbx`, which belongs to `lab`, to `set`: each file of ours comes right before the block that
 * includes it. Secrets come from `state`. Text and array live in `arena`; when memory runs out arena->failed is set
 * and the set must not be used.
 */
void vl_render_pbx(struct vl_arena *arena, const struct vl_lab *lab, const struct vl_state *state,
                   const struct vl_pbx *pbx, unsigned parts, struct vl_fileset *set);

/* What of ours this hub needs and has no file for, its web interface leaving none to others, in words; NULL: it has one
 * for all. Such a hub must not be given the rest: its dialplan would lead into what is not there. */
const char *vl_render_unplaced(const struct vl_lab *lab, const struct vl_state *state, const struct vl_pbx *pbx);

/* The context of this PBX where its telephones dial. On a hub it is the name of the lab, or lab-NAME where Asterisk or
 * Debian's sample files give that name a meaning of their own (general, default, demo, …). */
const char *vl_render_dial_context(struct vl_arena *arena, const struct vl_lab *lab, const struct vl_state *state,
                                   const struct vl_pbx *pbx);

/* The same in the files that a PBX is given: there it may be a context of ours that a web interface's own includes. */
const char *vl_render_our_context(struct vl_arena *arena, const struct vl_lab *lab, const struct vl_state *state,
                                  const struct vl_pbx *pbx);

/* That of a class of service of the hub. */
const char *vl_render_class_context(struct vl_arena *arena, const struct vl_state *state, const struct vl_pbx *hub,
                                    const struct vl_class *class);

/* Where calls start that come over the trunks of a PBX: on a hub those of its providers, on a guest those of the hub
 * and of other guests. By the flavour that the lab file states. */
const char *vl_render_trunk_context(struct vl_arena *arena, const struct vl_pbx *pbx);

/* How the channels of calls are called that this guest sends over a trunk or to the hub, and the hub to a guest: up to
 * and with the last dash. */
const char *vl_render_trunk_channel(struct vl_arena *arena, const struct vl_state *state, const struct vl_trunk *trunk);
const char *vl_render_hub_channel(struct vl_arena *arena, const struct vl_state *state, const struct vl_pbx *guest);
const char *vl_render_account_channel(struct vl_arena *arena, const struct vl_lab *lab, const struct vl_state *state,
                                      const struct vl_pbx *guest);

/* What Dial() of this guest takes for a number at the hub: "SIP/hub/1600". */
const char *vl_render_hub_device(struct vl_arena *arena, const struct vl_state *state, const struct vl_pbx *guest,
                                 const char *number);

#endif
