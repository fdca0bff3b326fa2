/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SIPp at the other end of the calls: a telephone of a PBX of the lab, registered there as any other one, that answers.
 * What comes to it has gone all the way, over every trunk between: what was answered before (by a mailbox, or to ask
 * for a PIN) has not.
 *
 * A PBX may call back where the registration came from and not where that says (nat = yes), so one SIPp registers from
 * a port, and then the one that answers takes that port over. It cannot register again meanwhile: the registration is
 * for as long as the calls take, and is taken back at the end.
 */
#ifndef VL_SIPP_FAR_END_H
#define VL_SIPP_FAR_END_H

#include "sipp/generator.h"
#include "sipp/run.h"

/* The longest that PBXs grant, unless they are told otherwise (maxexpiry of sip.conf, Asterisk 16). */
enum { VL_FAR_END_S = 3600 };

/* Which telephone, and how it answers. All texts outlive it. */
struct vl_far_telephone {
    const struct vl_pbx *pbx;
    const char *number, *secret;
    const char *local_address;               /* of this host, in the network of its PBX */
    const char *answer_text, *register_text; /* XML */
    bool echoes;                             /* what it hears */
};

struct vl_far_end {
    struct vl_arena arena;
    const struct vl_far_telephone *telephone;
    const struct vl_sipp_options *options;
    struct vl_answer_task task;
    struct vl_generator generator;
    bool registered;
    uint64_t before; /* calls that had come when it was marked */
};

/* How long the telephone is registered for the calls of `options`, in seconds. */
unsigned vl_far_end_seconds(const struct vl_sipp_options *options);

/* Register the telephone with its PBX, for the calls of `options`, which both outlive it, and answer. Of a telephone
 * without a number nothing is done, nor by the others then. */
int vl_far_end_start(struct vl_far_end *end, const struct vl_far_telephone *telephone,
                     const struct vl_sipp_options *options, struct vl_error *err);

/* What has come until now does not count. */
void vl_far_end_mark(struct vl_far_end *end);

/* Whether it has ended by itself, so that no call will be answered any more. */
bool vl_far_end_is_gone(struct vl_far_end *end);

/* Write into the summary of a run what came since, which is waited for a moment, and whether it has ended by itself. */
int vl_far_end_count(struct vl_far_end *end, struct vl_sipp_summary *summary, struct vl_error *err);

/* End it, and take the registration back. Accepts one that was not started. */
void vl_far_end_stop(struct vl_far_end *end);

/* What the SIPp that answers is told; its texts are in the arena, or those of the telephone and the options. */
struct vl_answer_task vl_far_end_task(struct vl_arena *arena, const struct vl_far_telephone *telephone,
                                      const struct vl_sipp_options *options, uint16_t local_port);

/* The registration of the telephone from a port, as a load of one call. */
struct vl_far_registration {
    struct vl_sipp_caller caller;
    struct vl_load load;
    struct vl_sipp_options options; /* points to the two above */
};
void vl_far_end_registration(struct vl_far_registration *ret_registration, const struct vl_far_telephone *telephone,
                             const struct vl_sipp_options *options, uint16_t local_port, const char *seconds);

#define VL_FAR_END_AUTO __attribute__((cleanup(vl_far_end_stop))) struct vl_far_end
#define VL_FAR_END_INIT                                                                                                \
    {                                                                                                                  \
        .generator = VL_GENERATOR_INIT                                                                                 \
    }

#endif
