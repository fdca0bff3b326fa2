/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A SIP message (RFC 3261), as far as a ladder and a count of media want it: what it is, whose call, from whom to whom,
 * and the ends of RTP that its SDP (RFC 8866) names. Pure. Texts are cut to their room and hold printable ASCII alone.
 */
#ifndef VL_SIPP_SIP_MESSAGE_H
#define VL_SIPP_SIP_MESSAGE_H

#include "sipp/media.h"

enum { VL_SIP_MAPS = 8, VL_SIP_NUMBER = 32 };

struct vl_sip_message {
    unsigned status; /* 0: a request */
    char method[16]; /* of a response that of its CSeq */
    char reason[24]; /* "OK" */
    char call_id[96];
    char called[VL_SIP_NUMBER], caller[VL_SIP_NUMBER]; /* user of the request's URI (else of To) and of From */
    bool has_sdp;
    struct vl_endpoint rtp; /* port 0: none */
    struct vl_media_map maps[VL_SIP_MAPS];
    size_t map_count;
};

/* False when the bytes begin with no SIP message. */
bool vl_sip_read(const uint8_t *bytes, size_t length, struct vl_sip_message *ret_message);

/* Copy at most `room` - 1 characters, '?' for what is not printable ASCII. */
void vl_sip_copy(char *to, size_t room, const char *from, size_t length);

#endif
