/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The figures of a stream as JSON: numbers that were not measured are null, never 0.
 */
#include "sipp/media.h"

static void real(struct vl_json *json, const char *key, double value, bool known)
{
    if (known)
        vl_json_real(json, key, value);
    else
        vl_json_null(json, key);
}

void vl_media_model_json(struct vl_json *json, const char *key, const struct vl_media_figures *figures)
{
    bool known = figures->estimated;

    vl_json_object(json, key);
    real(json, "R", figures->mos.r, known);
    real(json, "Ro", figures->mos.ro, known);
    real(json, "Is", figures->mos.is, known);
    real(json, "Id", figures->mos.id, known);
    real(json, "Ie_eff", figures->mos.ie_effective, known);
    real(json, "A", figures->mos.advantage, known);
    real(json, "Ie", known ? figures->inputs.codec->ie : 0, known);
    real(json, "Bpl", known ? figures->inputs.codec->bpl : 0, known);
    vl_json_bool(json, "Bpl_assumed", known && figures->inputs.codec->assumed);
    real(json, "Ppl", figures->inputs.loss_percent, known);
    real(json, "BurstR", figures->inputs.burst, known);
    real(json, "Ta_ms", figures->inputs.delay_ms, known);
    vl_json_end(json);
}

void vl_media_json(struct vl_json *json, const struct vl_media_figures *figures)
{
    vl_json_number(json, "ssrc", figures->ssrc);
    vl_json_string(json, "codec", figures->codec);
    vl_json_number(json, "payload_type", figures->type);
    vl_json_bool(json, "announced", figures->announced);
    vl_json_real(json, "seconds", (double)(figures->last_ns - figures->first_ns) / 1e9);
    vl_json_number(json, "packets", (int64_t)figures->packets);
    vl_json_number(json, "expected", (int64_t)figures->expected);
    vl_json_number(json, "lost", (int64_t)figures->lost);
    vl_json_real(json, "loss_percent", figures->loss_percent);
    vl_json_number(json, "duplicates", (int64_t)figures->duplicates);
    vl_json_number(json, "reordered", (int64_t)figures->reordered);
    vl_json_number(json, "restarts", (int64_t)figures->restarts);
    vl_json_number(json, "payload_changes", (int64_t)figures->type_changes);
    vl_json_number(json, "dtmf_packets", (int64_t)figures->events);
    vl_json_real(json, "jitter_mean_ms", figures->jitter_mean_ms);
    vl_json_real(json, "jitter_max_ms", figures->jitter_max_ms);
    vl_json_real(json, "gap_max_ms", figures->gap_max_ms);
    real(json, "packet_ms", figures->packet_ms, figures->packet_ms > 0);
    real(json, "mos", figures->mos.mos, figures->estimated);
    real(json, "mos_without_concealment", figures->mos_plain, figures->estimated);
    vl_media_model_json(json, "g107", figures);
}
