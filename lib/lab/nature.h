/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a PBX is: who looks after its files (its flavour), which of Asterisk's drivers speaks SIP on it, and what it
 * has. The lab file may say so; what it leaves open the PBX is asked (probe/nature.h), and the answer is remembered
 * beside the secrets (STATE/LAB/natures), so that what one PBX gets can depend on what another one is, also while that
 * one does not answer.
 */
#ifndef VL_LAB_NATURE_H
#define VL_LAB_NATURE_H

#include "lab/lab.h"

/* Our UDP transport of PJSIP, where the PBX has none of its own. */
#define VL_OUR_TRANSPORT "voiplab-udp"

struct vl_nature {
    enum vl_flavor flavor;     /* never auto */
    enum vl_sip_driver sip;    /* never auto */
    bool both;                 /* the other SIP driver is loaded as well */
    enum vl_sip_driver holder; /* which of those that are loaded has port 5060, now; auto: none, or nobody looked */
    bool iax2;                 /* chan_iax2 is loaded, or is when Asterisk starts */
    bool transport;            /* PJSIP has a UDP transport that is not ours */
    bool seen;                 /* the PBX itself has said so, now or at an earlier run */
    const char *asterisk;      /* "16.28"; NULL: not known */
    const char *gui;           /* version of the web interface; NULL: not known or none */
    const char *const *phones; /* numbers of the telephones that are the web interface's; NULL-terminated, never NULL */
    const char *reach;         /* context of the web interface that leads to them; NULL: it has none */
};

/* What holds of a PBX while nobody has looked: what the lab file or the recipe of its image says, else an Asterisk with
 * chan_sip. */
struct vl_nature vl_nature_stated(const struct vl_pbx *pbx);

/* What was found, with the lab file's word over it: a PBX whose flavour is stated is not guessed at. */
struct vl_nature vl_nature_settle(const struct vl_pbx *pbx, const struct vl_nature *found);

/* Why the SIP driver that the lab file states cannot be the one of a PBX that was looked at now, and what to do; NULL:
 * it can. In the arena. */
const char *vl_nature_conflict(struct vl_arena *arena, const struct vl_pbx *pbx, const struct vl_nature *nature);

/* The line of STATE/LAB/natures about a PBX, without the line feed, and back. `line` is nobody's word but ours, yet the
 * file may be damaged: false, with *ret_nature untouched, when it does not read as such a line. */
const char *vl_nature_text(struct vl_arena *arena, const char *pbx, const struct vl_nature *nature);
bool vl_nature_parse(struct vl_arena *arena, const char *line, const char **ret_pbx, struct vl_nature *ret_nature);

static inline bool vl_nature_has_gui(const struct vl_nature *nature)
{
    return nature->flavor != VL_FLAVOR_ASTERISK && nature->flavor != VL_FLAVOR_AUTO;
}

/* Whether this number is a telephone of the web interface. */
bool vl_nature_has_phone(const struct vl_nature *nature, const char *number);

#endif
