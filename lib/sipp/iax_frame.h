/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A full frame of IAX2 (RFC 5456, 8.1), as far as a ladder wants it. Pure. Texts are cut to their room and hold
 * printable ASCII alone.
 */
#ifndef VL_SIPP_IAX_FRAME_H
#define VL_SIPP_IAX_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { VL_IAX_PORT = 4569, VL_IAX_NUMBER = 32 };

struct vl_iax_frame {
    unsigned source, destination; /* call numbers, each of its own end; destination 0: not known yet */
    bool again;                   /* sent once more */
    const char *name;             /* "NEW", "RINGING"; NULL: none of these (sound, ACK, LAGRQ, …) */
    bool begins, answers, ends;
    bool failed; /* it says that the call came to nothing */
    char called[VL_IAX_NUMBER], caller[VL_IAX_NUMBER];
    char cause[40]; /* what a HANGUP or REJECT says */
    unsigned cause_code;
    bool offers_encryption; /* an AUTHREQ: what follows in the call may be encrypted, but for the call numbers */
    bool plain;             /* it is what a frame that is not encrypted is: known, and whole */
};

/* False when the bytes are no full frame. */
bool vl_iax_read(const uint8_t *bytes, size_t length, struct vl_iax_frame *ret_frame);

#endif
