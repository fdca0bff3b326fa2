/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a search has found.
 */
#include <inttypes.h>
#include <math.h>

#include "base/cleanup.h"
#include "request/capacity.h"

/* How sure it is: what held, and what did not. */
static const char *seen(const struct vl_load_search *search)
{
    if (!search->held)
        return "";
    return search->confirmed ? ", seen twice" : ", seen once";
}

/* Ports are of calls: without any there should be none. */
static void tell_used(const struct vl_capacity_place *place, struct vl_buf *text)
{
    unsigned ports = place->idle[VL_LIMIT_PORTS], kept = place->kept[VL_LIMIT_PORTS];

    if (ports > kept)
        vl_buf_printf(
            text, "  %-22s %u of the RTP ports of '%s', also between the steps: calls of others, or ones never ended\n",
            "in use before", ports - kept, place->pbx->name);
}

static void tell_kept(const struct vl_capacity_place *place, struct vl_buf *text)
{
    const char *title = "not given back";

    for (size_t i = 0; i < VL_LIMITS; i++) {
        if (!place->kept[i])
            continue;
        vl_buf_printf(text, "  %-22s %u of the %s: the Asterisk of '%s' keeps them until it is started anew\n", title,
                      place->kept[i], vl_limit_names[i].name, place->pbx->name);
        title = "";
    }
}

static void tell_place(const struct vl_capacity_place *place, struct vl_buf *text)
{
    if (!place->idle_known)
        vl_buf_printf(text, "  %-22s what '%s' has in use was not to be seen: something there may have been full\n",
                      "not looked at", place->pbx->name);
    tell_used(place, text);
    tell_kept(place, text);
}

static void tell_places_json(const struct vl_capacity *capacity, struct vl_json *json)
{
    vl_json_array(json, "places");
    for (size_t p = 0; p < capacity->place_count; p++) {
        const struct vl_capacity_place *place = &capacity->places[p];

        vl_json_object(json, NULL);
        vl_json_string(json, "name", place->pbx->name);
        vl_json_bool(json, "looked_at", place->idle_known);
        vl_json_object(json, "in_use_between_steps");
        for (size_t i = 0; i < VL_LIMITS; i++)
            vl_json_number(json, vl_limit_names[i].key, place->idle[i]);
        vl_json_end(json);
        vl_json_object(json, "not_given_back");
        for (size_t i = 0; i < VL_LIMITS; i++)
            vl_json_number(json, vl_limit_names[i].key, place->kept[i]);
        vl_json_end(json);
        vl_json_end(json);
    }
    vl_json_end(json);
}

/* What others have published, for who wants to compare: of Asterisk, calls at once with G.711 that is passed through.
 */
static const char *const published[] = {
    "TransNexus, Asterisk 1.4.21 on a Xeon X3220: 100 calls per GHz",
    "SoftBCom 2014, four cores of a Xeon E5506 (2.13 GHz): up to 1600 calls, 188 per GHz",
};

/* What gave before the processors did leaves open what these would have carried. */
static void tell_share(const struct vl_capacity *capacity, struct vl_buf *text)
{
    const struct vl_capacity_share share = capacity->share;

    if (isnan(share.per_core))
        return;
    vl_buf_printf(text, "  %-22s %s%.1f %s, of %u", "per core", share.least ? "at least " : "", share.per_core,
                  vl_capacity_unit(capacity), share.cores);
    if (!isnan(share.per_ghz))
        vl_buf_printf(text, " of %.2f GHz: %s%.1f per GHz", share.ghz, share.least ? "at least " : "", share.per_ghz);
    vl_buf_putc(text, '\n');
    for (size_t i = 0; i < VL_COUNT(published) && !capacity->asked->by_rate; i++)
        vl_buf_printf(text, "  %-22s %s\n", i ? "" : "published", published[i]);
}

/* The columns of sound stand there when some was heard. */
static void tell_steps(const struct vl_capacity *capacity, struct vl_buf *text)
{
    bool sounds = false;

    for (unsigned i = 0; i < capacity->search.steps; i++)
        sounds |= !isnan(capacity->steps[i].sound.loss_percent);
    vl_buf_printf(text, "  %-22s %8s %8s %8s %8s %8s %8s", "steps", "asked", "at once", "a second", "failed",
                  "p95 (ms)", "resent");
    vl_buf_puts(text, sounds ? "   lost %      MOS\n" : "\n");
    for (unsigned i = 0; i < capacity->search.steps; i++) {
        const struct vl_capacity_step *step = &capacity->steps[i];

        vl_buf_printf(text, "  %2u %-19s %8u %8" PRIu64 " %8.1f %8" PRIu64 " %8.1f %8" PRIu64, i + 1,
                      step->held ? "held" : "did not hold", step->load, step->peak, isnan(step->rate) ? 0 : step->rate,
                      step->failed, step->p95_ms, step->retransmissions);
        if (!isnan(step->sound.loss_percent))
            vl_buf_printf(text, " %8.2f", step->sound.loss_percent);
        if (!isnan(step->sound.mos))
            vl_buf_printf(text, " %8.2f", step->sound.mos);
        vl_buf_putc(text, '\n');
    }
}

const char *vl_capacity_answer(const struct vl_capacity *capacity)
{
    const struct vl_load *load = &capacity->load->load;

    return vl_arena_printf(&capacity->run->result->arena, "%u %s to '%s' on '%s' hold%s", capacity->search.held,
                           vl_capacity_unit(capacity), load->extension, load->target->name, seen(&capacity->search));
}

const char *vl_capacity_limit(const struct vl_capacity *capacity)
{
    return capacity->gave.text ? capacity->gave.text : "the search was ended before it was seen";
}

void vl_capacity_tell(const struct vl_capacity *capacity, struct vl_buf *text)
{
    vl_buf_printf(text, "load '%s': %s\n  %-22s %s\n", capacity->load->load.name, vl_capacity_answer(capacity),
                  "what gave first", vl_capacity_limit(capacity));
    if (capacity->gave.log)
        vl_buf_printf(text, "  %-22s %s\n", "its log", capacity->gave.log);
    tell_share(capacity, text);
    for (size_t i = 0; i < capacity->place_count; i++)
        tell_place(&capacity->places[i], text);
    vl_buf_printf(text, "  %-22s %.1f calls a second\n", "SIPp with itself", capacity->generator_rate);
    tell_steps(capacity, text);
}

static void tell_steps_json(const struct vl_capacity *capacity, struct vl_json *json)
{
    vl_json_array(json, "steps");
    for (unsigned i = 0; i < capacity->search.steps; i++) {
        const struct vl_capacity_step *step = &capacity->steps[i];

        vl_json_object(json, NULL);
        vl_json_real(json, "begun_s", step->begun_s);
        vl_json_number(json, "load", step->load);
        vl_json_bool(json, "held", step->held);
        vl_json_string(json, "why", step->held ? NULL : step->why);
        vl_json_number(json, "made", (int64_t)step->made);
        vl_json_number(json, "failed", (int64_t)step->failed);
        vl_json_number(json, "peak", (int64_t)step->peak);
        vl_json_real(json, "rate", step->rate);
        vl_json_real(json, "request_p95_ms", step->p95_ms);
        vl_json_number(json, "retransmissions", (int64_t)step->retransmissions);
        vl_json_real(json, "loss_percent", step->sound.loss_percent);
        vl_json_real(json, "mos", step->sound.mos);
        vl_json_number(json, "frames_missed", (int64_t)step->missed);
        vl_json_end(json);
    }
    vl_json_end(json);
}

void vl_capacity_tell_json(const struct vl_capacity *capacity, struct vl_json *json, const char *key)
{
    const struct vl_capacity_share share = capacity->share;

    vl_json_object(json, key);
    vl_json_string(json, "name", capacity->load->load.name);
    vl_json_string(json, "target", capacity->load->load.target->name);
    vl_json_string(json, "extension", capacity->load->load.extension);
    vl_json_string(json, "by", capacity->asked->by_rate ? "rate" : "calls");
    vl_json_string(json, "unit", vl_capacity_unit(capacity));
    vl_json_number(json, "capacity", capacity->search.held);
    vl_json_bool(json, "confirmed", capacity->search.confirmed);
    if (capacity->search.failed)
        vl_json_number(json, "too_much", capacity->search.failed);
    else
        vl_json_null(json, "too_much");
    vl_json_bool(json, "too_much_confirmed", capacity->search.bounded);
    vl_json_string(json, "limit", capacity->gave.name);
    vl_json_string(json, "limit_text", capacity->gave.text);
    vl_json_string(json, "log", capacity->gave.log);
    vl_json_string(json, "answered_by", capacity->load->far.number);
    tell_places_json(capacity, json);
    vl_json_real(json, "generator_rate", capacity->generator_rate);
    vl_json_real(json, "per_core", share.per_core);
    vl_json_real(json, "per_ghz", share.per_ghz);
    vl_json_bool(json, "at_least", share.least);
    vl_json_array(json, "published");
    for (size_t i = 0; i < VL_COUNT(published) && !capacity->asked->by_rate; i++)
        vl_json_string(json, NULL, published[i]);
    vl_json_end(json);
    tell_steps_json(capacity, json);
    vl_json_end(json);
}
