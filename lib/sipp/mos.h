/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How a call would sound to a listener, as the E-model of ITU-T G.107 (06/2015) reckons it from what was measured:
 *
 *     R = Ro - Is - Id - Ie,eff + A
 *
 * Ro, Is and Id are computed as clause 7 has it, with the default values of its table 2 for all that is not measured
 * (loudness, noise, echo loss); Ie,eff is that of clause 7.5, from the loss and the codec's Ie and Bpl. The result is
 * an estimate for people on narrow-band telephones; nobody has listened.
 */
#ifndef VL_SIPP_MOS_H
#define VL_SIPP_MOS_H

#include <stdbool.h>

/* What is known of a codec: its name in SDP, and the figures of ITU-T G.113 Appendix I (table I.1, I.4). */
struct vl_mos_codec {
    const char *name;
    double ie;        /* impairment of the codec itself; below 0: the narrow-band model has no figure */
    double bpl;       /* how well it conceals random loss */
    double bpl_plain; /* the same for a receiver that conceals nothing; 0: the codec always conceals */
    bool assumed;     /* G.113 has no Bpl: that of the nearest kin is taken */
};

/* The row of a codec by the name that SDP has (case does not matter); NULL: none is known. */
const struct vl_mos_codec *vl_mos_codec(const char *name);

struct vl_mos_inputs {
    const struct vl_mos_codec *codec;
    double loss_percent; /* Ppl */
    double burst;        /* BurstR: 1 where losses come at random */
    double delay_ms;     /* Ta: mouth to ear, one way */
    bool plain;          /* the receiver conceals nothing */
};

struct vl_mos {
    double ro, is, id, ie_effective, advantage; /* advantage: A, 0 for a telephone with a wire */
    double r, mos;                              /* mos: 1 … 4.5 */
};

/* False when the codec is NULL or has no figures. */
bool vl_mos_estimate(const struct vl_mos_inputs *inputs, struct vl_mos *ret_mos);

#endif
