/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Listening while a load run goes on, on the link that the calls take: how they sound, and what was said in those that
 * failed.
 */
#ifndef VL_REQUEST_LOAD_LISTEN_H
#define VL_REQUEST_LOAD_LISTEN_H

#include "request/load.h"
#include "sipp/packet.h"

struct vl_load_listener;

/* Start to listen for a run. A run goes on without being listened to: then NULL, and *ret_why, in the run's arena, is
 * why. */
struct vl_load_listener *vl_run_listen_start(const struct vl_run *run, const struct vl_load_asked *asked,
                                             const char **ret_why);

/* From now on what is heard counts. Accepts NULL, as all do. */
void vl_run_listen_begin(struct vl_load_listener *listener);

/* How it sounded since this was asked before. Not known without a listener, and before it counts. */
struct vl_load_sound vl_run_listen_sound(struct vl_load_listener *listener);

/* How all of it sounded: the streams that have an end at SIPp or at one of these hosts; the loss of all, and the mean
 * of their MOS, each by its own codec. After the end. */
struct vl_load_sound vl_run_listen_total(const struct vl_load_listener *listener, const struct vl_endpoint *hosts,
                                         size_t count);

/* How many frames were on the link and not heard, or could not be counted; those missing look as if they were lost on
 * the way. After the end. */
uint64_t vl_run_listen_missed(const struct vl_load_listener *listener);

/* What has been said so far is taken, and nothing more. */
void vl_run_listen_end(struct vl_load_listener *listener);

/* Members of the results, into the object that is open: `heard` (the link, and what was not taken), `media` and
 * `ladders`. After the end. */
void vl_run_listen_json(const struct vl_run *run, const struct vl_load_listener *listener, const char *why,
                        const struct vl_sipp_summary *summary, struct vl_json *json);

void vl_run_listen_free(struct vl_load_listener *listener);

#endif
