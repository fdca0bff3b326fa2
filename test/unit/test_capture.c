/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Frames taken apart, RTP counted, calls put together: cases that are made here byte by byte. What tshark says of whole
 * captures is in test/cli/capture.sh.
 */
#include "support.h"

#include <math.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "probe/impair.h"
#include "sipp/capture.h"
#include "sipp/heard.h"
#include "sipp/iax_frame.h"
#include "sipp/ladder.h"
#include "sipp/media_count.h"
#include "sipp/pcapng.h"

/* G.107 (06/2015), clause 7: with all values of table 2 as they are, R is 93.2. */
static void mos_as_g107_has_it(void **state)
{
    struct vl_mos_inputs inputs = { .codec = vl_mos_codec("pcmu"), .burst = 1 };
    struct vl_mos mos;

    (void)state;
    assert_true(vl_mos_estimate(&inputs, &mos));
    assert_true(fabs(mos.r - 93.2) < 0.05);
    assert_true(fabs(mos.mos - 4.41) < 0.01);
    assert_true(fabs(mos.ro - 94.77) < 0.05);
    assert_true(fabs(mos.is - 1.41) < 0.05);
    inputs.loss_percent = 5; /* Ie,eff = 95 * 5 / (5 + 25.1), and 95 * 5 / (5 + 4.3) */
    assert_true(vl_mos_estimate(&inputs, &mos));
    assert_true(fabs(mos.ie_effective - 15.78) < 0.01);
    inputs.plain = true;
    assert_true(vl_mos_estimate(&inputs, &mos));
    assert_true(fabs(mos.ie_effective - 51.08) < 0.01);
    inputs = (struct vl_mos_inputs){ .codec = vl_mos_codec("PCMA"), .burst = 1, .delay_ms = 400 };
    assert_true(vl_mos_estimate(&inputs, &mos));
    assert_true(mos.r > 55 && mos.r < 75); /* G.114: "not recommended" beyond */
    inputs.codec = vl_mos_codec("G722");
    assert_false(vl_mos_estimate(&inputs, &mos));
    inputs.codec = vl_mos_codec("nothing");
    assert_false(vl_mos_estimate(&inputs, &mos));
}

static void count_numbers(const uint16_t *numbers, size_t length, struct vl_media_count *count)
{
    *count = (struct vl_media_count){ .packets = 0 };
    for (size_t i = 0; i < length; i++)
        vl_media_count(count,
                       &(struct vl_media_header){ .number = numbers[i], .stamp = (uint32_t)(i * 160), .ssrc = 1 },
                       VL_MEDIA_SOUND, (int64_t)i * 20000000, 8000);
}

static void send_sound(struct vl_media *media, unsigned stream, unsigned number)
{
    const uint8_t bytes[172] = {
        0x80,
        0,
        (uint8_t)(number >> 8),
        (uint8_t)number,
        0,
        0,
        (uint8_t)(number * 160 >> 8),
        (uint8_t)(number * 160),
        0,
        0,
        0,
        (uint8_t)stream,
    };
    const struct vl_packet packet = { .from = vl_packet_ipv4_end(0x0a000001, 4000),
                                      .to = vl_packet_ipv4_end(0x0a000002, (uint16_t)(5000 + stream)),
                                      .payload = bytes,
                                      .length = sizeof(bytes),
                                      .time_ns = number * INT64_C(20000000) };

    assert_true(vl_media_add(media, &packet));
}

/* Two streams, of one of which each tenth packet does not come; and how it was between two looks. */
static void sound_while_it_goes_on(void **state)
{
    VL_MEDIA_AUTO *media = vl_media_new();
    struct vl_media_sum taken = *vl_media_sum(media), now;
    struct vl_load_sound sound = vl_media_sum_between(&taken, &taken);
    const struct vl_endpoint ends[] = { vl_packet_ipv4_end(0x0a000002, 5001), vl_packet_ipv4_end(0x0a000002, 5002) };

    (void)state;
    assert_true(isnan(sound.loss_percent) && isnan(sound.mos));
    for (size_t i = 0; i < 2; i++)
        vl_media_announce(media, &ends[i], NULL, 0);
    for (unsigned number = 1; number <= 100; number++) {
        send_sound(media, 1, number);
        if (number % 10 != 5)
            send_sound(media, 2, number);
        if (number == 50)
            taken = *vl_media_sum(media);
    }
    assert_int_equal(taken.expected, 100);
    assert_int_equal(taken.came, 95);
    now = *vl_media_sum(media);
    sound = vl_media_sum_between(&taken, &now);
    assert_true(fabs(sound.loss_percent - 5) < 0.001);
    assert_true(sound.mos > 3.8 && sound.mos < 3.9);
    send_sound(media, 2, 95); /* one that was given up comes after all, and another one twice */
    send_sound(media, 1, 100);
    taken = now;
    now = *vl_media_sum(media);
    assert_int_equal(now.came - taken.came, 1);
    assert_true(isnan(vl_media_sum_between(&taken, &now).loss_percent));
}

static void numbers_are_counted(void **state)
{
    static const uint16_t late[] = { 65534, 65535, 1, 0, 2, 2, 5 }, before[] = { 10, 9, 11 };
    static const uint16_t anew[] = { 1, 2, 3, 40000, 40001, 40002 }, stray[] = { 1, 2, 40000, 3, 4 };
    struct vl_media_count count;

    (void)state;
    count_numbers(late, 7, &count);
    assert_int_equal(vl_media_expected(&count), 8);
    assert_int_equal(count.reordered, 1);
    assert_int_equal(count.duplicates, 1);
    count_numbers(before, 3, &count);
    assert_int_equal(vl_media_expected(&count), 3);
    count_numbers(anew, 6, &count);
    assert_int_equal(vl_media_expected(&count), 6);
    assert_int_equal(count.restarts, 1);
    assert_int_equal(count.strays, 0);
    count_numbers(stray, 5, &count);
    assert_int_equal(vl_media_expected(&count), 4);
    assert_int_equal(count.strays, 1);
}

/* Whatever the order in which they come, all of them are there. */
static void any_order_loses_nothing(void **state)
{
    struct generator generator = { .state = 15 };
    uint16_t numbers[600];
    struct vl_media_count count;

    (void)state;
    for (int round = 0; round < 200; round++) {
        uint16_t first = (uint16_t)generate(&generator);

        for (size_t i = 0; i < 600; i++)
            numbers[i] = (uint16_t)(first + i);
        for (size_t i = 0; i + 60 < 600; i += 60)
            for (size_t k = 0; k < 30; k++) {
                size_t a = i + choose(&generator, 60), b = i + choose(&generator, 60);
                uint16_t kept = numbers[a];

                numbers[a] = numbers[b];
                numbers[b] = kept;
            }
        count_numbers(numbers, 600, &count);
        assert_int_equal(vl_media_expected(&count), 600);
        assert_int_equal(count.duplicates, 0);
    }
}

/* A sender that waits, and one whose clock jumps, have no jitter by that. */
static void jitter_is_of_the_way(void **state)
{
    struct vl_media_count count = { .packets = 0 };
    struct vl_media_header header = { .ssrc = 1 };
    int64_t at = 0;

    (void)state;
    for (int i = 0; i < 100; i++) {
        if (i == 40) { /* silence of three seconds */
            at += 3000000000;
            header.stamp += 24000;
        }
        if (i == 70)
            header.stamp -= 5000000;
        vl_media_count(&count, &header, VL_MEDIA_SOUND, at, 8000);
        header.number++;
        header.stamp += 160;
        at += 20000000;
    }
    assert_int_equal(count.restarts, 1);
    assert_true(count.jitter_max < 1e-6);
    assert_true(fabs(count.gap_max - 0.02) < 1e-6);
    header.stamp += 160;
    at += 1500000000; /* the way stood still: that is no new clock */
    header.number++;
    vl_media_count(&count, &header, VL_MEDIA_SOUND, at, 8000);
    assert_int_equal(count.restarts, 1);
    assert_true(count.jitter_max > 0.05);
}

/* --- frames ------------------------------------------------------------------------------------------------------- */

struct wire {
    struct vl_capture *capture;
    int64_t now_ns;
};

/* An Ethernet frame with a UDP datagram from host 10.0.0.A to 10.0.0.B. */
static void send_bytes(struct wire *wire, unsigned a, unsigned b, unsigned port, const void *payload, size_t length)
{
    uint8_t frame[2048] = { [12] = 0x08, [14] = 0x45, [23] = 17 };
    size_t whole = 28 + length;

    frame[16] = (uint8_t)(whole >> 8);
    frame[17] = (uint8_t)whole;
    (void)memcpy(frame + 26, (const uint8_t[]){ 10, 0, 0, (uint8_t)a, 10, 0, 0, (uint8_t)b }, 8);
    frame[34] = frame[36] = (uint8_t)(port >> 8);
    frame[35] = frame[37] = (uint8_t)port;
    frame[38] = (uint8_t)((length + 8) >> 8);
    frame[39] = (uint8_t)(length + 8);
    (void)memcpy(frame + 42, payload, length);
    vl_capture_frame(wire->capture, VL_LINK_ETHERNET, frame, 14 + whole, 14 + whole, wire->now_ns += 10000000);
}

static void say(struct wire *wire, unsigned a, unsigned b, const char *call, const char *first, const char *method)
{
    char text[512];

    (void)snprintf(text, sizeof(text),
                   "%s\r\nFrom: \"x\" <sip:1500@a>;tag=1\r\nt: sip:2500@b\r\ni: %s\r\nCSeq: 1 %s\r\n\r\n", first, call,
                   method);
    send_bytes(wire, a, b, 5060, text, strlen(text));
}

static void say_iax(struct wire *wire, unsigned a, unsigned b, const uint8_t *frame, size_t length)
{
    send_bytes(wire, a, b, VL_IAX_PORT, frame, length);
}

#define IAX(from, to, type, subclass, ...)                                                                             \
    (const uint8_t[])                                                                                                  \
    {                                                                                                                  \
        0x80, (from), 0, (to), 0, 0, 0, 0, 0, 0, (type), (subclass), ##__VA_ARGS__                                     \
    }

/* A telephone calls over a PBX, IAX2, another PBX and its telephone; the last one is busy. */
static void make_call(struct wire *wire)
{
    say(wire, 1, 2, "a", "INVITE sip:2500@b SIP/2.0", "INVITE");
    say(wire, 1, 2, "a", "INVITE sip:2500@b SIP/2.0", "INVITE");
    say(wire, 2, 1, "a", "SIP/2.0 100 Trying", "INVITE");
    say_iax(wire, 2, 3, IAX(7, 0, 6, 1, 1, 4, '2', '5', '0', '0'), 18);
    say_iax(wire, 3, 2, IAX(9, 7, 6, 7), 12);
    say(wire, 3, 4, "b", "INVITE sip:500@c SIP/2.0", "INVITE");
    say(wire, 4, 3, "b", "SIP/2.0 486 Busy\033[1m Here", "INVITE");
    say_iax(wire, 3, 2, IAX(9, 7, 4, 5), 12);
    say_iax(wire, 2, 3, IAX(7, 9, 6, 5, 42, 1, 17), 15);
    say(wire, 2, 1, "a", "SIP/2.0 486 Busy Here", "INVITE");
    say(wire, 1, 2, "a", "ACK sip:2500@b SIP/2.0", "ACK");
    say(wire, 1, 2, "other", "INVITE sip:7000@b SIP/2.0", "INVITE");
}

static const char ladder_of_it[] = "          10.0.0.1           10.0.0.2           10.0.0.3           10.0.0.4\n"
                                   "    0.000 |---INVITE 2500--->|                  |                  |\n"
                                   "    0.010 |-INVITE 2500 (ag~>|                  |                  |\n"
                                   "    0.020 |<---100 Trying----|                  |                  |\n"
                                   "    0.030 |                  |-----NEW 2500---->|                  |\n"
                                   "    0.040 |                  |<-----ACCEPT------|                  |\n"
                                   "    0.050 |                  |                  |----INVITE 500--->|\n"
                                   "    0.060 |                  |                  |<486 Busy?[1m He~-|\n"
                                   "    0.070 |                  |<------BUSY-------|                  |\n"
                                   "    0.080 |                  |------HANGUP----->|                  |\n"
                                   "    0.090 |<-486 Busy Here---|                  |                  |\n"
                                   "    0.100 |-------ACK------->|                  |                  |\n";

static void a_call_across_pbxs(void **state)
{
    VL_CAPTURE_AUTO *capture = vl_capture_new();
    VL_BUF_AUTO text = VL_BUF_INIT;
    VL_ERROR_AUTO err = { .code = VL_OK };
    struct wire wire = { .capture = capture };
    char *svg;

    (void)state;
    make_call(&wire);
    vl_capture_calls(capture);
    assert_int_equal(capture->leg_count, 4);
    assert_int_equal(capture->call_count, 2);
    assert_int_equal(capture->legs[2].call, 0);
    assert_true(capture->legs[1].failed);
    assert_string_equal(capture->legs[1].why, "HANGUP, cause 17");
    assert_string_equal(capture->legs[0].why, "486 Busy Here");
    assert_true(capture->steps[1].again);
    vl_ladder_text(capture, 0, &(struct vl_ladder_names){ .name = NULL }, 80, &text);
    assert_string_equal(vl_buf_text(&text), ladder_of_it);
    svg = vl_ladder_svg(capture, 0, &(struct vl_ladder_names){ .name = NULL }, &err);
    assert_non_null(svg);
    assert_non_null(strstr(svg, ">486 Busy?[1m Here</text>"));
    free(svg);
}

/* Three telephones call at the same moment, and the PBX has room for two: each leg beyond it is of the call that was
 * answered when it was, and none of the one that was refused. */
static void calls_at_the_same_moment(void **state)
{
    VL_CAPTURE_AUTO *capture = vl_capture_new();
    struct wire wire = { .capture = capture };

    (void)state;
    say(&wire, 1, 2, "a", "INVITE sip:2500@b SIP/2.0", "INVITE");
    say(&wire, 1, 2, "b", "INVITE sip:2500@b SIP/2.0", "INVITE");
    say(&wire, 1, 2, "c", "INVITE sip:2500@b SIP/2.0", "INVITE");
    say_iax(&wire, 2, 3, IAX(7, 0, 6, 1, 1, 4, '2', '5', '0', '0'), 18);
    say_iax(&wire, 2, 3, IAX(8, 0, 6, 1, 1, 4, '2', '5', '0', '0'), 18);
    say(&wire, 2, 1, "b", "SIP/2.0 503 Service Unavailable", "INVITE");
    say_iax(&wire, 3, 2, IAX(9, 7, 4, 4), 12);
    say(&wire, 2, 1, "a", "SIP/2.0 200 OK", "INVITE");
    say_iax(&wire, 3, 2, IAX(10, 8, 4, 4), 12);
    say(&wire, 2, 1, "c", "SIP/2.0 200 OK", "INVITE");
    vl_capture_calls(capture);
    assert_int_equal(capture->leg_count, 5);
    assert_int_equal(capture->call_count, 3);
    assert_true(capture->legs[3].answered_ns && capture->legs[4].answered_ns);
    assert_int_equal(capture->legs[3].call, capture->legs[0].call);
    assert_int_equal(capture->legs[4].call, capture->legs[2].call);
}

/* RTP of PCMU from host 10.0.0.A to 10.0.0.B: 100 packets, of which every one with a number that `leaves_out` divides
 * is lost. */
static void talk(struct wire *wire, unsigned a, unsigned b, unsigned ssrc, unsigned leaves_out)
{
    for (unsigned i = 1; i <= 100; i++) {
        uint8_t packet[172] = { 0x80, 0, 0, (uint8_t)i,   0, 0, (uint8_t)(i * 160 >> 8), (uint8_t)(i * 160),
                                0,    0, 0, (uint8_t)ssrc };

        if (i % leaves_out)
            send_bytes(wire, a, b, 10000, packet, sizeof(packet));
    }
}

static const char *host_name(void *context, struct vl_arena *arena, const struct vl_endpoint *host)
{
    (void)context;
    return host->address[15] == 1 ? vl_arena_strdup(arena, "this host") : NULL;
}

/* Of two failures that SIPp counted one was heard; of the sound each direction is a row, with its worst stream. */
static void what_a_load_run_keeps(void **state)
{
    static const struct vl_load_reason reasons[] = { { "486 Busy Here", 486, 7 },
                                                     { "503 Service Unavailable", 503, 2 },
                                                     { "no answer in time", 0, 1 } };
    const struct vl_sipp_summary summary = { .reasons = reasons, .reason_count = 3 };
    const struct vl_ladder_names names = { .name = host_name };
    const struct vl_endpoint caller = vl_packet_ipv4_end(0x0a000001, 0);
    VL_CAPTURE_AUTO *capture = vl_capture_new();
    struct wire wire = { .capture = capture };
    VL_JSON_AUTO *json = vl_json_new();
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_FREE char *text = NULL;
    VL_JSON_VALUE_AUTO *read = NULL;
    const struct vl_json_value *media, *row, *ladders;

    (void)state;
    make_call(&wire);
    talk(&wire, 1, 2, 1, 1000);
    talk(&wire, 1, 2, 2, 10);
    talk(&wire, 2, 1, 3, 1000);
    vl_capture_calls(capture);
    vl_json_object(json, NULL);
    vl_heard_media_json(capture, &names, json, "media");
    vl_heard_ladders_json(capture, &names, &caller, &summary, json, "ladders");
    vl_json_end(json);
    text = vl_json_text(json, 0, &err);
    read = vl_json_read(text, &err);
    media = vl_json_member(read, "media");
    assert_int_equal(vl_json_length(vl_json_member(media, "rows")), 2);
    row = vl_json_element(vl_json_member(media, "rows"), 0);
    assert_string_equal(vl_json_string_of(vl_json_member(row, "from")), "this host");
    assert_string_equal(vl_json_string_of(vl_json_member(row, "to")), "10.0.0.2");
    assert_true(fabs(vl_json_real_of(vl_json_member(row, "streams")) - 2) < 1e-9);
    assert_true(vl_json_real_of(vl_json_member(row, "lost")) > 8);
    assert_true(vl_json_real_of(vl_json_member(row, "loss_percent_most")) > 9);
    assert_true(vl_json_real_of(vl_json_member(row, "loss_percent")) < 5.1);
    assert_true(vl_json_real_of(vl_json_member(row, "mos_lowest")) < vl_json_real_of(vl_json_member(row, "mos")));
    assert_true(vl_json_real_of(vl_json_member(vl_json_member(row, "lowest"), "Ppl")) > 9);
    assert_true(fabs(vl_json_real_of(vl_json_member(media, "streams")) - 3) < 1e-9);
    ladders = vl_json_member(read, "ladders");
    assert_int_equal(vl_json_length(ladders), 2);
    assert_non_null(
        strstr(vl_json_string_of(vl_json_member(vl_json_element(ladders, 0), "ladder")), "          this host   "));
    assert_non_null(strstr(vl_json_string_of(vl_json_member(vl_json_element(ladders, 1), "ladder")), "INVITE 7000"));
}

/* However many hosts there are, no line is wider than what it is given. */
static void a_ladder_fits(void **state)
{
    VL_CAPTURE_AUTO *capture = vl_capture_new();
    struct wire wire = { .capture = capture };

    (void)state;
    for (unsigned i = 1; i < 20; i++)
        say(&wire, i, i + 1, "a", "INVITE sip:123456789012345678901234567890@b SIP/2.0", "INVITE");
    vl_capture_calls(capture);
    for (size_t width = 40; width < 200; width++) {
        VL_BUF_AUTO text = VL_BUF_INIT;

        vl_ladder_text(capture, 0, &(struct vl_ladder_names){ .name = NULL }, width, &text);
        for (const char *at = vl_buf_text(&text); *at; at += strcspn(at, "\n") + 1)
            assert_true(strcspn(at, "\n") <= width);
    }
}

/* An AUTHREQ that offers encryption, and then bytes that nobody can read. */
static void an_encrypted_leg(void **state)
{
    VL_CAPTURE_AUTO *capture = vl_capture_new();
    struct wire wire = { .capture = capture };

    (void)state;
    say_iax(&wire, 2, 3, IAX(7, 0, 6, 1, 1, 4, '2', '5', '0', '0'), 18);
    say_iax(&wire, 3, 2, IAX(9, 7, 6, 8, 43, 2, 0, 1), 16);
    say_iax(&wire, 2, 3, IAX(7, 9, 0xc3, 0x51, 3, 99), 14);
    say_iax(&wire, 3, 2, IAX(9, 7, 4, 4), 12); /* looks like an ANSWER, and may be anything */
    vl_capture_calls(capture);
    assert_int_equal(capture->leg_count, 1);
    assert_true(capture->legs[0].encrypted);
    assert_int_equal(capture->legs[0].answered_ns, 0);
    assert_int_equal(capture->step_count, 3);
    assert_string_equal(capture->steps[2].label, "(encrypted)");
}

/* Every frame cut at every place, and what is inside damaged: nothing is read beyond (ASan), and it is told. */
static void frames_cut_and_damaged(void **state)
{
    struct generator generator = { .state = 3 };
    uint8_t frame[400];

    (void)state;
    for (int round = 0; round < 20000; round++) {
        struct vl_packet packet;
        size_t length = choose(&generator, sizeof(frame));
        VL_FREE uint8_t *exact = malloc(length + 1);

        for (size_t i = 0; i < sizeof(frame); i++)
            frame[i] = (uint8_t)generate(&generator);
        frame[12] = 0x08;
        frame[13] = 0;
        frame[14] = 0x45;
        (void)memcpy(exact, frame, length);
        if (vl_packet_decode(VL_LINK_ETHERNET, exact, length, 0, &packet) == VL_PACKET_GOOD)
            assert_true(packet.payload >= exact && packet.payload + packet.length <= exact + length);
    }
}

/* The blocks are those of the format: what libpcap and tshark make of them is in test/cli/capture.sh. */
static void pcapng_is_whole(void **state)
{
    VL_BUF_AUTO out = VL_BUF_INIT;
    size_t at = 0, blocks = 0;

    (void)state;
    vl_pcapng_begin(&out, "br0", "host 10.0.0.1", 1, 65535);
    for (uint32_t length = 0; length < 9; length++)
        vl_pcapng_packet(&out, 1, "12345678", length, 100);
    vl_pcapng_end(&out, 1, 10, 2);
    while (at < out.length) {
        uint32_t length, behind;

        (void)memcpy(&length, out.data + at + 4, 4);
        (void)memcpy(&behind, out.data + at + length - 4, 4);
        assert_int_equal(length, behind);
        assert_int_equal(length % 4, 0);
        at += length;
        blocks++;
    }
    assert_int_equal(at, out.length);
    assert_int_equal(blocks, 12);
}

/* nft's own words, as 1.0.6 prints them; and what somebody else may have put into the table. */
static void impairments_as_nft_lists_them(void **state)
{
    static const char text[] =
        "table bridge voiplab-bed {\n\tchain ways {\n"
        "\t\tip saddr 10.77.0.11 ip daddr 10.77.0.10 ip protocol udp numgen random mod 10000 < 505 counter packets 7 "
        "bytes 0 drop comment \"pbx1:hub loss=5.05%\"\n"
        "\t\tip saddr 10.77.0.10 ip daddr 10.77.0.11 ip protocol udp numgen random mod 10000 < 505 counter packets 8 "
        "bytes 0 drop comment \"pbx1:hub loss=5.05%\"\n"
        "\t\tip saddr 1.1.1.1 counter packets 3 bytes 0 drop comment \"x loss=much\"\n"
        "\t\tip saddr 1.1.1.1 counter packets 3 bytes 0 drop comment \" loss=\n"
        "\t\tip saddr 10.77.0.12 numgen random mod 10000 < 10000 counter packets 1 bytes 0 drop comment \"a:b "
        "loss=100.00%\"\n\t}\n";
    VL_ARENA_AUTO arena = { .failed = false };
    struct vl_impairment *found;

    (void)state;
    assert_int_equal(vl_impair_parse(&arena, text, &found), 2);
    assert_string_equal(found[0].trunk, "pbx1:hub");
    assert_int_equal(found[0].loss, 505);
    assert_int_equal(found[0].dropped, 15);
    assert_int_equal(found[1].loss, 10000);
    assert_int_equal(vl_impair_parse(&arena, "", &found), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mos_as_g107_has_it),
        cmocka_unit_test(sound_while_it_goes_on),
        cmocka_unit_test(numbers_are_counted),
        cmocka_unit_test(any_order_loses_nothing),
        cmocka_unit_test(jitter_is_of_the_way),
        cmocka_unit_test(a_call_across_pbxs),
        cmocka_unit_test(calls_at_the_same_moment),
        cmocka_unit_test(a_ladder_fits),
        cmocka_unit_test(what_a_load_run_keeps),
        cmocka_unit_test(an_encrypted_leg),
        cmocka_unit_test(frames_cut_and_damaged),
        cmocka_unit_test(pcapng_is_whole),
        cmocka_unit_test(impairments_as_nft_lists_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
