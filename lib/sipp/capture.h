/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What was seen on a link: frames in, calls and media out. Pure: the frames come from a file or from a tap. Everything
 * is bounded, since whoever sends the frames may be hostile; what is beyond the bounds is counted and told.
 *
 * A leg is what two ends call one call: a Call-ID of SIP, a pair of call numbers of IAX2. A call is the legs that
 * belong together across PBXs, each of which ends one leg and begins the next (B2BUA): their called numbers end alike,
 * one goes out where the other came in, and it begins while that one is being set up.
 */
#ifndef VL_SIPP_CAPTURE_H
#define VL_SIPP_CAPTURE_H

#include "sipp/media.h"
#include "sipp/sip_message.h"

enum { VL_CAPTURE_MOST_LEGS = 20000, VL_CAPTURE_MOST_STEPS = 200000, VL_CAPTURE_LABEL = 64 };

/* What one end said to the other in a leg. */
struct vl_capture_step {
    int64_t time_ns;
    struct vl_endpoint from, to;
    uint32_t leg; /* index */
    bool again;   /* the same was sent before */
    uint64_t hash;
    char label[VL_CAPTURE_LABEL]; /* "INVITE 2500", "200 OK", "ANSWER" */
};

struct vl_capture_leg {
    bool iax;                     /* else SIP */
    struct vl_endpoint from, to;  /* of its first step */
    char id[96];                  /* Call-ID */
    unsigned source, destination; /* call numbers of `from` and of `to`; 0: not known */
    char called[VL_SIP_NUMBER], caller[VL_SIP_NUMBER];
    int64_t first_ns, last_ns, answered_ns; /* answered: 0 when it was not */
    bool ended;
    bool may_encrypt, encrypted; /* IAX2: how it goes on is not to be seen */
    unsigned failure;            /* status of SIP, cause code of IAX2 (0 where it gave none) with `failed` */
    bool failed;
    char why[64];       /* "486 Busy Here" */
    uint32_t call;      /* index of the call that it belongs to */
    uint32_t followed;  /* index + 1 of the last leg with which the PBX went on; 0: none */
    uint32_t next;      /* of the legs with the same hash; index + 1 */
    uint64_t recent[8]; /* hashes of its last steps */
    size_t steps;
};

struct vl_capture_counts {
    uint64_t frames, bytes;            /* on the wire */
    uint64_t other, broken, fragments; /* vl_packet_decode() */
    uint64_t sip, iax, rtp, unknown;   /* datagrams */
    uint64_t steps_over, legs_over;    /* beyond the bounds */
    int64_t first_ns, last_ns;
};

struct vl_capture {
    struct vl_capture_counts counts;
    struct vl_media *media;
    struct vl_capture_leg *legs;
    struct vl_capture_step *steps;
    size_t leg_count, step_count, leg_room, step_room;
    size_t call_count; /* after vl_capture_calls() */
    uint32_t buckets[1024];
};

struct vl_capture *vl_capture_new(void);
void vl_capture_free(struct vl_capture *capture);

/* Look at a frame of which `captured` bytes are there, of `length` on the wire. */
void vl_capture_frame(struct vl_capture *capture, unsigned link, const uint8_t *bytes, size_t captured, size_t length,
                      int64_t time_ns);

/* Find the calls: `call` of every leg is set, from 0, in the order in which they began. */
void vl_capture_calls(struct vl_capture *capture);

static inline void vl_capture_cleanup(struct vl_capture **capture)
{
    vl_capture_free(*capture);
}

#define VL_CAPTURE_AUTO __attribute__((cleanup(vl_capture_cleanup))) struct vl_capture

#endif
