/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A load run as it is asked for: what the lab file says, and over it what the request says.
 */
#ifndef VL_REQUEST_LOAD_H
#define VL_REQUEST_LOAD_H

#include "request/request.h"
#include "sipp/far_end.h"

/* One that is asked for, with all that SIPp must know; in the arena that it was made with. */
struct vl_load_asked {
    struct vl_load load;
    struct vl_sipp_options options;     /* `load` is the one above */
    bool foreign;                       /* the target is no PBX of the lab */
    const struct vl_provider *provider; /* it is this one, where the hub has an account; NULL: it is not */
    struct vl_far_telephone far;        /* number NULL: SIPp is nobody at the other end */
};

/* Those that the request names, or all of the lab file; without any there the one that the request describes. */
int vl_run_loads(const struct vl_run *run, struct vl_arena *arena, struct vl_load_asked **ret_loads, size_t *ret_count);

/* The XML of a scenario of ours, which types so many keys; NULL on failure. */
const char *vl_run_scenario(const struct vl_run *run, struct vl_arena *arena, const struct vl_scenario *scenario,
                            size_t keys);

/* Of the telephone that is to answer, all that SIPp must know; nobody when load.answer is NULL. */
int vl_run_load_far(const struct vl_run *run, struct vl_arena *arena, struct vl_load_asked *asked);

/* What is typed after the answer: the PIN of the number that is called, and #. */
int vl_run_load_keys(const struct vl_run *run, struct vl_arena *arena, struct vl_load_asked *asked);

/* The secret of a telephone of a PBX of the lab; NULL: it has none. */
const char *vl_run_telephone_secret(const struct vl_session *session, const struct vl_pbx *pbx, const char *number);

/* What its scenario is called. */
const char *vl_run_scenario_name(const struct vl_sipp_options *options);

/* Hand a sample, or the wish of who watches, on to `figures` or `steer` of the request, which is there. */
void vl_run_show_figures(const struct voiplab_sipp *asked, const struct vl_load *load,
                         const struct vl_load_sample *sample);
void vl_run_steer(const struct voiplab_sipp *asked, struct vl_load_steering *steering);

/* Who looks at the guests while a run goes on. */
struct vl_load_watch;

/* Start to look at the guests of the lab: a virtual machine by its hypervisor when that answers, else by SSH. NULL when
 * memory ran out; who cannot be looked at is left out. */
struct vl_load_watch *vl_run_watch_start(const struct vl_run *run);

/* Whether it is the hypervisor that tells how a guest is. */
bool vl_run_watch_from_outside(const struct vl_session *session, const struct vl_pbx *pbx);

/* As the `guests` of struct vl_sipp_options: what was seen last. */
size_t vl_run_watch_guests(struct vl_load_watch *watch, struct vl_load_guest guests[static VL_LOAD_GUESTS]);

/* Accepts NULL. */
void vl_run_watch_stop(struct vl_load_watch *watch);

#endif
