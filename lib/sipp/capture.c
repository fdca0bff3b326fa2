/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whose a datagram is: IAX2 by its port, SIP by its first line, RTP by its first bytes. SIP and IAX2 become steps of
 * legs; SDP tells the media which ends have RTP.
 */
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "sipp/capture.h"
#include "sipp/iax_frame.h"

enum { IAX_LOOKS = 4096 }; /* the latest legs that a frame of IAX2 may be of */

struct vl_capture *vl_capture_new(void)
{
    struct vl_capture *capture = vl_calloc(1, sizeof(*capture));

    if (capture && !(capture->media = vl_media_new())) {
        vl_free(capture);
        return NULL;
    }
    return capture;
}

void vl_capture_free(struct vl_capture *capture)
{
    if (!capture)
        return;
    vl_media_free(capture->media);
    vl_free(capture->legs);
    vl_free(capture->steps);
    vl_free(capture);
}

static uint64_t hash_bytes(const void *bytes, size_t length)
{
    const uint8_t *at = bytes;
    uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a */

    for (size_t i = 0; i < length; i++)
        hash = (hash ^ at[i]) * UINT64_C(0x100000001b3);
    return hash;
}

/* One more of an array, within `most`; NULL: there is none to be had. */
static void *one_more(void *array, size_t *count, size_t *room, size_t size, size_t most)
{
    void **items = array, *grown;

    if (*count >= most)
        return NULL;
    if (*count == *room) {
        grown = vl_realloc(*items, (*room ? *room * 2 : 64) * size);
        if (!grown)
            return NULL;
        *items = grown;
        *room = *room ? *room * 2 : 64;
    }
    return (char *)*items + (*count)++ * size;
}

static struct vl_capture_leg *new_leg(struct vl_capture *capture, const struct vl_packet *packet, const char *id)
{
    struct vl_capture_leg *leg =
        one_more(&capture->legs, &capture->leg_count, &capture->leg_room, sizeof(*leg), VL_CAPTURE_MOST_LEGS);
    uint32_t *bucket = &capture->buckets[hash_bytes(id, strlen(id)) % 1024];

    if (!leg) {
        capture->counts.legs_over++;
        return NULL;
    }
    *leg = (struct vl_capture_leg){ .from = packet->from, .to = packet->to, .first_ns = packet->time_ns };
    (void)snprintf(leg->id, sizeof(leg->id), "%s", id);
    if (*id) {
        leg->next = *bucket;
        *bucket = (uint32_t)capture->leg_count;
    }
    return leg;
}

static bool was_said(struct vl_capture_leg *leg, uint64_t hash)
{
    for (size_t i = 0; i < sizeof(leg->recent) / sizeof(leg->recent[0]); i++)
        if (leg->recent[i] == hash)
            return true;
    leg->recent[leg->steps % (sizeof(leg->recent) / sizeof(leg->recent[0]))] = hash;
    return false;
}

static void add_step(struct vl_capture *capture, struct vl_capture_leg *leg, const struct vl_packet *packet,
                     const char *label, bool again)
{
    struct vl_capture_step *step =
        one_more(&capture->steps, &capture->step_count, &capture->step_room, sizeof(*step), VL_CAPTURE_MOST_STEPS);
    uint64_t hash = hash_bytes(packet->payload, packet->length);

    leg->last_ns = packet->time_ns;
    if (!step) {
        capture->counts.steps_over++;
        return;
    }
    *step = (struct vl_capture_step){ .time_ns = packet->time_ns,
                                      .from = packet->from,
                                      .to = packet->to,
                                      .leg = (uint32_t)(leg - capture->legs),
                                      .again = was_said(leg, hash) || again,
                                      .hash = hash };
    (void)snprintf(step->label, sizeof(step->label), "%s", label);
    leg->steps++;
}

static struct vl_capture_leg *sip_leg(struct vl_capture *capture, const char *id)
{
    uint32_t at = capture->buckets[hash_bytes(id, strlen(id)) % 1024];

    while (at && strcmp(capture->legs[at - 1].id, id) != 0)
        at = capture->legs[at - 1].next;
    return at ? &capture->legs[at - 1] : NULL;
}

/* How a leg stands after a response to its INVITE. */
static void answer_invite(struct vl_capture_leg *leg, const struct vl_sip_message *message, int64_t time_ns)
{
    unsigned status = message->status;

    if (status < 200 || leg->answered_ns)
        return;
    if (status < 300) {
        leg->answered_ns = time_ns;
        leg->failed = false;
        leg->why[0] = '\0';
        return;
    }
    leg->failed = true;
    leg->failure = status;
    (void)snprintf(leg->why, sizeof(leg->why), "%u %s", status, message->reason);
}

static void add_sip(struct vl_capture *capture, const struct vl_packet *packet, const struct vl_sip_message *message)
{
    struct vl_capture_leg *leg = sip_leg(capture, message->call_id);
    char label[VL_CAPTURE_LABEL];
    bool invite = !strcmp(message->method, "INVITE");

    if (message->has_sdp && message->rtp.port)
        vl_media_announce(capture->media, &message->rtp, message->maps, message->map_count);
    if (!leg && (!invite || message->status || !(leg = new_leg(capture, packet, message->call_id))))
        return; /* not of a call, or of one that began before */
    if (message->status)
        (void)snprintf(label, sizeof(label), "%u %s%s%s", message->status, message->reason, invite ? "" : " ",
                       invite ? "" : message->method);
    else
        (void)snprintf(label, sizeof(label), "%s%s%s", message->method, invite ? " " : "",
                       invite ? message->called : "");
    if (invite && !message->status) {
        vl_sip_copy(leg->called, sizeof(leg->called), message->called, strlen(message->called));
        vl_sip_copy(leg->caller, sizeof(leg->caller), message->caller, strlen(message->caller));
    } else if (invite) {
        answer_invite(leg, message, packet->time_ns);
    }
    leg->ended |= !strcmp(message->method, "BYE");
    add_step(capture, leg, packet, label, false);
}

/* Whether a frame is of this leg: the call number that it comes with, or that it goes to, is one of the leg's. */
static bool iax_is_of(const struct vl_capture_leg *leg, const struct vl_packet *packet,
                      const struct vl_iax_frame *frame)
{
    bool forth = vl_packet_same_end(&leg->from, &packet->from) && vl_packet_same_end(&leg->to, &packet->to);
    bool back = vl_packet_same_end(&leg->from, &packet->to) && vl_packet_same_end(&leg->to, &packet->from);

    if (!leg->iax || (!forth && !back))
        return false;
    return forth ? leg->source == frame->source : leg->source == frame->destination;
}

static struct vl_capture_leg *iax_leg(struct vl_capture *capture, const struct vl_packet *packet,
                                      const struct vl_iax_frame *frame)
{
    size_t lowest = capture->leg_count > IAX_LOOKS ? capture->leg_count - IAX_LOOKS : 0;

    for (size_t i = capture->leg_count; i > lowest; i--)
        if (iax_is_of(&capture->legs[i - 1], packet, frame))
            return &capture->legs[i - 1];
    return NULL;
}

static void end_iax(struct vl_capture_leg *leg, const struct vl_iax_frame *frame)
{
    leg->ended = true;
    if (leg->answered_ns || (!frame->failed && !frame->cause[0] && frame->cause_code <= 16))
        return;
    leg->failed = true;
    leg->failure = frame->cause_code;
    if (frame->cause[0])
        (void)snprintf(leg->why, sizeof(leg->why), "%s: %s", frame->name, frame->cause);
    else if (frame->cause_code)
        (void)snprintf(leg->why, sizeof(leg->why), "%s, cause %u", frame->name, frame->cause_code);
    else
        (void)snprintf(leg->why, sizeof(leg->why), "%s", frame->name);
}

/* The leg that a NEW begins, or that it begins anew: with a token it is sent twice. */
static struct vl_capture_leg *begin_iax(struct vl_capture *capture, struct vl_capture_leg *leg,
                                        const struct vl_packet *packet, const struct vl_iax_frame *frame)
{
    if (!leg || leg->ended || leg->encrypted)
        leg = new_leg(capture, packet, "");
    if (!leg)
        return NULL;
    leg->iax = true;
    leg->source = frame->source;
    vl_sip_copy(leg->called, sizeof(leg->called), frame->called, strlen(frame->called));
    vl_sip_copy(leg->caller, sizeof(leg->caller), frame->caller, strlen(frame->caller));
    return leg;
}

/* Once there is a key nothing but call numbers can be read. Whether this frame is behind that. */
static bool hidden(struct vl_capture *capture, struct vl_capture_leg *leg, const struct vl_packet *packet,
                   const struct vl_iax_frame *frame)
{
    if (leg->encrypted || !leg->may_encrypt || frame->plain) {
        leg->last_ns = packet->time_ns;
        return leg->encrypted;
    }
    leg->encrypted = true;
    add_step(capture, leg, packet, "(encrypted)", false);
    return true;
}

static void add_iax(struct vl_capture *capture, const struct vl_packet *packet, const struct vl_iax_frame *frame)
{
    struct vl_capture_leg *leg = iax_leg(capture, packet, frame);
    char label[VL_CAPTURE_LABEL];

    if (frame->begins && frame->plain && !frame->destination)
        leg = begin_iax(capture, leg, packet, frame);
    if (!leg || hidden(capture, leg, packet, frame) || !frame->name)
        return;
    (void)snprintf(label, sizeof(label), "%s%s%s", frame->name, frame->begins ? " " : "",
                   frame->begins ? frame->called : "");
    leg->may_encrypt |= frame->offers_encryption;
    if (frame->answers && !leg->answered_ns)
        leg->answered_ns = packet->time_ns;
    if (frame->ends)
        end_iax(leg, frame);
    add_step(capture, leg, packet, label, frame->again);
}

static void look(struct vl_capture *capture, const struct vl_packet *packet)
{
    struct vl_sip_message message;
    struct vl_iax_frame frame;

    if (!packet->tcp && (packet->from.port == VL_IAX_PORT || packet->to.port == VL_IAX_PORT)) {
        capture->counts.iax++;
        if (vl_iax_read(packet->payload, packet->length, &frame))
            add_iax(capture, packet, &frame);
    } else if (vl_media_add(capture->media, packet)) {
        capture->counts.rtp++;
    } else if (vl_sip_read(packet->payload, packet->length, &message)) {
        capture->counts.sip++;
        add_sip(capture, packet, &message);
    } else {
        capture->counts.unknown++;
    }
}

void vl_capture_frame(struct vl_capture *capture, unsigned link, const uint8_t *bytes, size_t captured, size_t length,
                      int64_t time_ns)
{
    struct vl_capture_counts *counts = &capture->counts;
    struct vl_packet packet;

    if (!counts->frames++)
        counts->first_ns = time_ns;
    counts->last_ns = time_ns;
    counts->bytes += length;
    switch (vl_packet_decode(link, bytes, captured, time_ns, &packet)) {
    case VL_PACKET_GOOD:
        look(capture, &packet);
        break;
    case VL_PACKET_FRAGMENT:
        counts->fragments++;
        break;
    case VL_PACKET_BROKEN:
        counts->broken++;
        break;
    case VL_PACKET_OTHER:
        counts->other++;
        break;
    }
}

/* One number may have digits in front that the other lacks: those of a trunk, or of a guest. */
static bool end_alike(const char *a, const char *b)
{
    size_t x = strlen(a), y = strlen(b);

    if (x < y)
        return end_alike(b, a);
    return y >= 2 && !strcmp(a + x - y, b);
}

/* Whether `leg` is how the PBX that `before` came to goes on with that call. */
static bool goes_on(const struct vl_capture_leg *before, const struct vl_capture_leg *leg)
{
    int64_t until = before->answered_ns ? before->answered_ns : before->last_ns;

    return vl_packet_same_host(&before->to, &leg->from) && leg->first_ns >= before->first_ns &&
           leg->first_ns <= until && end_alike(before->called, leg->called);
}

/* Whether it has no leg yet with which it goes on, or one that came to nothing, so that another way was tried. */
static bool is_free(const struct vl_capture *capture, const struct vl_capture_leg *before,
                    const struct vl_capture_leg *leg)
{
    const struct vl_capture_leg *after = before->followed ? &capture->legs[before->followed - 1] : NULL;

    return !after || (after->failed && after->last_ns <= leg->first_ns);
}

/* Whether what became of the one is what became of the other: an answer is handed on, and a failure is. */
static bool end_as_one(const struct vl_capture_leg *before, const struct vl_capture_leg *leg)
{
    if (!leg->answered_ns)
        return !before->answered_ns || leg->failed;
    return before->answered_ns ? before->answered_ns >= leg->answered_ns : !before->failed;
}

enum { BACK = 512 }; /* so many legs before are looked at: those that were being set up */

/* The leg that `leg` goes on with; its own index: there is none. Under load a PBX sets up many calls at a time, and
 * takes them up in the order in which they came: so it is the first that is free and ended as this one did, else the
 * first that is free, else (a call that rings in two places) the last one. */
static size_t leg_before(const struct vl_capture *capture, size_t index)
{
    const struct vl_capture_leg *legs = capture->legs, *leg = &legs[index];
    size_t lowest = index > BACK ? index - BACK : 0, free_one = index, any = index;

    for (size_t i = lowest; i < index; i++) {
        if (!goes_on(&legs[i], leg))
            continue;
        any = i;
        if (!is_free(capture, &legs[i], leg))
            continue;
        if (end_as_one(&legs[i], leg))
            return i;
        free_one = free_one == index ? i : free_one;
    }
    return free_one < index ? free_one : any;
}

void vl_capture_calls(struct vl_capture *capture)
{
    capture->call_count = 0;
    for (size_t i = 0; i < capture->leg_count; i++)
        capture->legs[i].followed = 0;
    for (size_t i = 0; i < capture->leg_count; i++) {
        size_t before = leg_before(capture, i);

        if (before < i)
            capture->legs[before].followed = (uint32_t)i + 1;
        capture->legs[i].call = before < i ? capture->legs[before].call : (uint32_t)capture->call_count++;
    }
}
