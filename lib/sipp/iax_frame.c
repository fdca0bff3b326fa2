/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Full frames of IAX2: twelve bytes, then information elements. What the steps of a call are is two tables, by the
 * numbers of RFC 5456, 8.2 and 8.3.
 */
#include "base/cleanup.h"
#include "sipp/iax_frame.h"
#include "sipp/sip_message.h"

enum { FRAME_DTMF = 1, FRAME_CONTROL = 4, FRAME_IAX = 6, MOST_TYPE = 12, MOST_IAX = 40 };
enum { ELEMENT_CALLED = 1, ELEMENT_CALLER = 2, ELEMENT_CAUSE = 22, ELEMENT_CODE = 42, ELEMENT_ENCRYPTION = 43 };
enum { IAX_NEW = 1, IAX_HANGUP = 5, IAX_REJECT = 6, IAX_INVAL = 10, CONTROL_ANSWER = 4 };

static const char *const iax_names[] = {
    [IAX_NEW] = "NEW", [IAX_HANGUP] = "HANGUP", [IAX_REJECT] = "REJECT", [7] = "ACCEPT",
    [8] = "AUTHREQ",   [9] = "AUTHREP",         [IAX_INVAL] = "INVAL",   [21] = "DIAL",
    [22] = "TXREQ",    [26] = "TXREL",          [40] = "CALLTOKEN",
};

static const char *const control_names[] = {
    [1] = "HANGUP control", [3] = "RINGING",    [CONTROL_ANSWER] = "ANSWER",
    [5] = "BUSY",           [8] = "CONGESTION", [14] = "PROGRESS",
    [15] = "PROCEEDING",    [16] = "HOLD",      [17] = "UNHOLD",
};

static const char *name_of(unsigned type, unsigned subclass)
{
    if (type == FRAME_DTMF)
        return "DTMF";
    if (type == FRAME_IAX && subclass < VL_COUNT(iax_names))
        return iax_names[subclass];
    if (type == FRAME_CONTROL && subclass < VL_COUNT(control_names))
        return control_names[subclass];
    return NULL;
}

static void read_element(unsigned id, const uint8_t *value, size_t length, struct vl_iax_frame *frame)
{
    const char *text = (const char *)value;

    if (id == ELEMENT_CALLED)
        vl_sip_copy(frame->called, sizeof(frame->called), text, length);
    else if (id == ELEMENT_CALLER)
        vl_sip_copy(frame->caller, sizeof(frame->caller), text, length);
    else if (id == ELEMENT_CAUSE)
        vl_sip_copy(frame->cause, sizeof(frame->cause), text, length);
    else if (id == ELEMENT_CODE && length == 1)
        frame->cause_code = value[0];
    else if (id == ELEMENT_ENCRYPTION && length == 2)
        frame->offers_encryption = value[0] || value[1];
}

/* Whether they fill the frame. */
static bool read_elements(const uint8_t *at, size_t left, struct vl_iax_frame *frame)
{
    while (left >= 2 && left - 2 >= at[1]) {
        size_t whole = 2 + (size_t)at[1];

        read_element(at[0], at + 2, at[1], frame);
        at += whole;
        left -= whole;
    }
    return !left;
}

bool vl_iax_read(const uint8_t *bytes, size_t length, struct vl_iax_frame *ret_frame)
{
    unsigned type, subclass;

    *ret_frame = (struct vl_iax_frame){ .name = NULL };
    if (length < 12 || !(bytes[0] & 0x80))
        return false;
    type = bytes[10];
    subclass = bytes[11];
    ret_frame->source = (bytes[0] & 0x7fU) << 8 | bytes[1];
    ret_frame->destination = (bytes[2] & 0x7fU) << 8 | bytes[3];
    ret_frame->again = bytes[2] >> 7;
    ret_frame->name = name_of(type, subclass);
    ret_frame->begins = type == FRAME_IAX && subclass == IAX_NEW;
    ret_frame->answers = type == FRAME_CONTROL && subclass == CONTROL_ANSWER;
    ret_frame->ends = type == FRAME_IAX && (subclass == IAX_HANGUP || subclass == IAX_REJECT || subclass == IAX_INVAL);
    ret_frame->failed = type == FRAME_IAX && (subclass == IAX_REJECT || subclass == IAX_INVAL);
    ret_frame->plain = type > 0 && type <= MOST_TYPE;
    if (type == FRAME_IAX)
        ret_frame->plain = read_elements(bytes + 12, length - 12, ret_frame) && subclass > 0 && subclass <= MOST_IAX;
    return true;
}
