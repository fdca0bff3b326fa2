/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A direction is what goes from one host to another with one codec. Its MOS is the mean of those of its streams, which
 * are one call each; the lowest is shown beside it, since a mean hides the call that nobody could understand.
 */
#include "sipp/heard.h"

#include <math.h>
#include <string.h>

#include "base/buf.h"

enum { DIRECTIONS = 64, LADDER_WIDTH = 100, LADDERS = 16 };

struct direction {
    struct vl_endpoint from, to;
    const char *codec;
    uint64_t streams, packets, expected, lost, reordered, duplicates, estimated;
    double loss_most, jitter_sum, jitter_most, gap_most, mos_sum;
    struct vl_media_figures worst; /* with the lowest MOS */
};

static struct direction *direction_of(struct direction *directions, size_t *count,
                                      const struct vl_media_figures *figures)
{
    size_t i = 0;

    while (i < *count &&
           !(vl_packet_same_host(&directions[i].from, &figures->from) &&
             vl_packet_same_host(&directions[i].to, &figures->to) && !strcmp(directions[i].codec, figures->codec)))
        i++;
    if (i == DIRECTIONS)
        return NULL;
    if (i == *count)
        directions[(*count)++] =
            (struct direction){ .from = figures->from, .to = figures->to, .codec = figures->codec };
    return &directions[i];
}

static double larger(double a, double b)
{
    return a > b ? a : b;
}

static void add_stream(struct direction *direction, const struct vl_media_figures *figures)
{
    direction->streams++;
    direction->packets += figures->packets;
    direction->expected += figures->expected;
    direction->lost += figures->lost;
    direction->reordered += figures->reordered;
    direction->duplicates += figures->duplicates;
    direction->loss_most = larger(direction->loss_most, figures->loss_percent);
    direction->jitter_sum += figures->jitter_mean_ms;
    direction->jitter_most = larger(direction->jitter_most, figures->jitter_max_ms);
    direction->gap_most = larger(direction->gap_most, figures->gap_max_ms);
    if (!figures->estimated)
        return;
    if (!direction->estimated++ || figures->mos.mos < direction->worst.mos.mos)
        direction->worst = *figures;
    direction->mos_sum += figures->mos.mos;
}

/* What has no denominator is null. */
static void put_share(struct vl_json *json, const char *key, double part, uint64_t whole)
{
    if (whole)
        vl_json_real(json, key, part / (double)whole);
    else
        vl_json_null(json, key);
}

static const char *name_of(const struct vl_ladder_names *names, struct vl_arena *arena, const struct vl_endpoint *host)
{
    const char *name = names->name ? names->name(names->context, arena, host) : NULL;

    return name ? name : vl_packet_host(arena, host);
}

static void put_direction(const struct direction *direction, const struct vl_ladder_names *names, struct vl_json *json)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };

    vl_json_object(json, NULL);
    vl_json_string(json, "from", name_of(names, &arena, &direction->from));
    vl_json_string(json, "to", name_of(names, &arena, &direction->to));
    vl_json_string(json, "codec", direction->codec);
    vl_json_number(json, "streams", (int64_t)direction->streams);
    vl_json_number(json, "packets", (int64_t)direction->packets);
    vl_json_number(json, "expected", (int64_t)direction->expected);
    vl_json_number(json, "lost", (int64_t)direction->lost);
    put_share(json, "loss_percent", 100.0 * (double)direction->lost, direction->expected);
    vl_json_real(json, "loss_percent_most", direction->loss_most);
    vl_json_number(json, "reordered", (int64_t)direction->reordered);
    vl_json_number(json, "duplicates", (int64_t)direction->duplicates);
    put_share(json, "jitter_mean_ms", direction->jitter_sum, direction->streams);
    vl_json_real(json, "jitter_max_ms", direction->jitter_most);
    vl_json_real(json, "gap_max_ms", direction->gap_most);
    put_share(json, "mos", direction->mos_sum, direction->estimated);
    put_share(json, "mos_lowest", direction->worst.mos.mos, direction->estimated ? 1 : 0);
    if (direction->estimated)
        vl_media_model_json(json, "lowest", &direction->worst);
    else
        vl_json_null(json, "lowest");
    vl_json_end(json);
}

static void put_sum(const struct direction *directions, size_t count, struct vl_json *json)
{
    struct direction sum = { .streams = 0 };
    double lowest = NAN;

    for (size_t i = 0; i < count; i++) {
        sum.streams += directions[i].streams;
        sum.expected += directions[i].expected;
        sum.lost += directions[i].lost;
        sum.estimated += directions[i].estimated;
        sum.mos_sum += directions[i].mos_sum;
        if (directions[i].estimated && !(lowest <= directions[i].worst.mos.mos))
            lowest = directions[i].worst.mos.mos;
    }
    vl_json_number(json, "streams", (int64_t)sum.streams);
    put_share(json, "loss_percent", 100.0 * (double)sum.lost, sum.expected);
    put_share(json, "mos", sum.mos_sum, sum.estimated);
    put_share(json, "mos_lowest", lowest, sum.estimated ? 1 : 0);
}

void vl_heard_media_json(const struct vl_capture *capture, const struct vl_ladder_names *names, struct vl_json *json,
                         const char *key)
{
    struct direction directions[DIRECTIONS];
    struct vl_media_figures figures;
    size_t count = 0, cursor = 0;

    while (vl_media_next(capture->media, &cursor, &figures)) {
        struct direction *direction = direction_of(directions, &count, &figures);

        if (direction)
            add_stream(direction, &figures);
    }
    if (!count) {
        vl_json_null(json, key);
        return;
    }
    vl_json_object(json, key);
    put_sum(directions, count, json);
    vl_json_array(json, "rows");
    for (size_t i = 0; i < count; i++)
        put_direction(&directions[i], names, json);
    vl_json_end(json);
    vl_json_end(json);
}

/* Whether a leg came to what the reason says. One without a code is told by what is missing. */
static bool is_of_reason(const struct vl_capture_leg *leg, const struct vl_load_reason *reason)
{
    if (reason->code)
        return leg->failed && !leg->answered_ns && leg->failure == reason->code;
    return !leg->failed && !(leg->answered_ns && leg->ended);
}

static const struct vl_capture_leg *find_leg(const struct vl_capture *capture, const struct vl_endpoint *caller,
                                             const struct vl_load_reason *reason)
{
    for (size_t i = 0; i < capture->leg_count; i++) {
        const struct vl_capture_leg *leg = &capture->legs[i];

        if (!leg->iax && vl_packet_same_host(&leg->from, caller) && is_of_reason(leg, reason))
            return leg;
    }
    return NULL;
}

void vl_heard_ladders_json(const struct vl_capture *capture, const struct vl_ladder_names *names,
                           const struct vl_endpoint *caller, const struct vl_sipp_summary *summary,
                           struct vl_json *json, const char *key)
{
    vl_json_array(json, key);
    for (size_t i = 0; i < summary->reason_count && i < LADDERS; i++) {
        const struct vl_capture_leg *leg = find_leg(capture, caller, &summary->reasons[i]);
        VL_BUF_AUTO text = VL_BUF_INIT;

        if (!leg)
            continue;
        vl_ladder_text(capture, leg->call, names, LADDER_WIDTH, &text);
        if (!text.length || text.failed)
            continue;
        vl_json_object(json, NULL);
        vl_json_string(json, "reason", summary->reasons[i].text);
        vl_json_string(json, "ladder", vl_buf_text(&text));
        vl_json_end(json);
    }
    vl_json_end(json);
}
