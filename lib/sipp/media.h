/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Media, counted from packets by RFC 3550: for each stream, which is one direction of one call's sound, what was lost,
 * what came late, twice or out of order, the jitter, and the MOS that follows from them. Pure; the packets come from
 * wherever the caller has them.
 *
 * What counts as lost: numbers that were expected (A.3 of RFC 3550) and came not even once, so that a copy of one
 * packet does not hide the loss of another. Jitter is that of A.8, over packets with sound: those of RFC 4733 (keys)
 * and RFC 3389 (comfort noise) have the time stamp of something else. A sender that starts its numbers or its time
 * stamps anew, as Asterisk does when another party comes to the call, starts a new stretch and loses nothing by it.
 */
#ifndef VL_SIPP_MEDIA_H
#define VL_SIPP_MEDIA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"
#include "sipp/media_sum.h"
#include "sipp/mos.h"
#include "sipp/packet.h"

/* So many streams are counted; what is more is only told. */
enum { VL_MEDIA_MOST_STREAMS = 65536 };

struct vl_media;

/* What an SDP says of one payload type: a=rtpmap. */
struct vl_media_map {
    unsigned type; /* 0 to 127 */
    char name[24];
    unsigned rate; /* ticks of its time stamps a second */
};

/* The figures of one stream. */
struct vl_media_figures {
    struct vl_endpoint from, to;
    uint32_t ssrc;
    const char *codec; /* "PCMU"; "type 97" where no SDP told. Belongs to the media */
    unsigned type;     /* payload type of its first sound */
    bool announced;    /* an SDP that was seen names one of its ends */
    uint64_t packets;  /* that came, copies included */
    uint64_t expected; /* by their numbers */
    uint64_t lost;     /* of these */
    double loss_percent;
    uint64_t duplicates, reordered;
    uint64_t restarts;     /* of numbers or time stamps, within the one SSRC */
    uint64_t type_changes; /* to another payload type with sound */
    uint64_t events;       /* packets of keys (RFC 4733) */
    double jitter_mean_ms, jitter_max_ms;
    double gap_max_ms; /* longest time between two packets with sound that follow each other by number */
    double packet_ms;  /* of sound in a packet; 0: not known */
    double burst;      /* BurstR of G.107: 1 where losses come at random */
    int64_t first_ns, last_ns;
    bool estimated; /* the next two hold something */
    struct vl_mos_inputs inputs;
    struct vl_mos mos; /* of a receiver that conceals losses */
    double mos_plain;  /* of one that does not; the same where the codec always does */
};

struct vl_media *vl_media_new(void);
void vl_media_free(struct vl_media *media);

/* An SDP was seen: RTP comes to this end, with these dynamic types. */
void vl_media_announce(struct vl_media *media, const struct vl_endpoint *end, const struct vl_media_map *maps,
                       size_t count);

/* Count a datagram, when it is RTP. Whether it is. */
bool vl_media_add(struct vl_media *media, const struct vl_packet *packet);

/* All streams so far, without looking at each. */
const struct vl_media_sum *vl_media_sum(const struct vl_media *media);

/* How many streams there are; those that no SDP announced and that do not behave like RTP are none. `ret_uncounted`,
 * which may be NULL: packets of streams beyond the most. */
size_t vl_media_streams(const struct vl_media *media, uint64_t *ret_uncounted);

/* The figures of the next stream, in the order in which they began; *cursor starts from 0. False: there is no more. */
bool vl_media_next(const struct vl_media *media, size_t *cursor, struct vl_media_figures *ret_figures);

/* In media_json.c. One member for each figure, into the object that is open. */
void vl_media_json(struct vl_json *json, const struct vl_media_figures *figures);

/* What MOS was reckoned from, by the names that G.107 has for them. */
void vl_media_model_json(struct vl_json *json, const char *key, const struct vl_media_figures *figures);

static inline void vl_media_cleanup(struct vl_media **media)
{
    vl_media_free(*media);
}

#define VL_MEDIA_AUTO __attribute__((cleanup(vl_media_cleanup))) struct vl_media

#endif
