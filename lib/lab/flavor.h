/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The flavours of PBX: one row each (flavor.c), with how it is told from the others, which of its files takes what of
 * ours, and how ours and its own meet.
 *
 * A plain Asterisk's files are its administrator's: ours are included by the main ones. On a machine with a web
 * interface (FreePBX and what came of it) the main files are links into the interface, and others are written anew at
 * every "Apply"; what it leaves alone are the *_custom.conf files, which the generated ones include. There our contexts
 * and peers have names that begin with `voiplab-`, since `from-internal` is the interface's, and the telephones are its
 * own. Sources: the projects' trees, FreePBX 2.7 to 17 and IssabelPBX 2.12.
 */
#ifndef VL_LAB_FLAVOR_H
#define VL_LAB_FLAVOR_H

#include "lab/nature.h"

#define VL_ETC_ASTERISK "/etc/asterisk/"

/* What of ours is to be read by a file of the PBX. */
enum vl_slot {
    VL_SLOT_SIP,           /* sections of chan_sip; on a plain Asterisk also its settings and registrations */
    VL_SLOT_REGISTRATIONS, /* registrations of chan_sip, where they stand apart */
    VL_SLOT_PJSIP,
    VL_SLOT_IAX,
    VL_SLOT_DIALPLAN,
    VL_SLOT_VOICEMAIL,
    VL_SLOT_DAHDI,
    VL_SLOTS,
};

/* The file in /etc/asterisk that includes ours; `adds_to`: the section that ours adds to, `[…](+)`. NULL: none does. */
struct vl_flavor_place {
    const char *main, *adds_to;
};

struct vl_flavor_row {
    const char *title;                    /* as people call it */
    const char *const *signs;             /* files that only this flavour has; any of them tells it; NULL-terminated */
    const char *prefix;                   /* of the names of our contexts and peers */
    const struct vl_flavor_place *places; /* VL_SLOTS of them */
    const char *entry;              /* context of the interface's that is for others and leads into ours; NULL: none */
    const char *calls_in;           /* likewise, for calls that come in over its own trunks */
    const char *const *phone_files; /* generated files, whose sections are the telephones; NULL-terminated */
    const char *const *reach;       /* contexts that lead to the telephones, the best first; NULL-terminated */
    const char *const *versions;    /* files that tell the interface's version, as <version>; NULL-terminated */
};

const struct vl_flavor_row *vl_flavor_row(enum vl_flavor flavor);

/* What the hub is called among the peers of such a guest. In the arena. */
const char *vl_flavor_hub_peer(struct vl_arena *arena, const struct vl_pbx *pbx, const struct vl_nature *nature);

/* What a PBX was found to be, in words: "Issabel 2.11.0, Asterisk 16.28, chan_sip". In the arena. */
const char *vl_flavor_describe(struct vl_arena *arena, const struct vl_nature *nature);

#endif
