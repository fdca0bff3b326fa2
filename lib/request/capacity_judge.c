/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whether a step held, and what gave when it did not.
 */
#include <inttypes.h>
#include <math.h>

#include "base/text.h"
#include "request/capacity.h"
#include "sipp/judge.h"

enum { DEFAULT_P95_MS = 1000 };

const char *vl_capacity_unit(const struct vl_capacity *capacity)
{
    return capacity->asked->by_rate ? "calls a second" : "calls at once";
}

/* How the calls went. */
static const char *broken_calls(const struct vl_capacity *capacity, const struct vl_sipp_summary *summary,
                                unsigned number)
{
    struct vl_arena *arena = &capacity->run->result->arena;
    unsigned p95 = capacity->asked->p95_ms ? capacity->asked->p95_ms : DEFAULT_P95_MS;
    const struct vl_response_summary *times = &summary->times[VL_LOAD_CLOCK_REQUEST];

    if (summary->outcome != VL_LOAD_COMPLETE)
        return "it did not come to its end";
    if (summary->failed * 100 > (uint64_t)capacity->asked->failures_percent * summary->made)
        return vl_arena_printf(arena, "%" PRIu64 " of %" PRIu64 " failed: %s", summary->failed, summary->made,
                               summary->reason_count ? summary->reasons[0].text : "SIPp does not say why");
    if (vl_sipp_summary_astray(summary))
        return vl_arena_printf(arena, "%" PRIu64 " of %" PRIu64 " did not come to telephone %s of '%s'",
                               vl_sipp_summary_astray(summary), summary->succeeded, summary->answered_by,
                               summary->answered_on);
    if (times->count && times->p95 > p95)
        return vl_arena_printf(arena, "the first answer took %.0f ms, 95 of 100", times->p95);
    if (!capacity->asked->by_rate && summary->peak < number - summary->failed)
        return vl_arena_printf(arena, "only %" PRIu64 " were up at once", summary->peak);
    /* one call may always come late: SIPp needs a moment to start */
    if (capacity->asked->by_rate && summary->rate < 0.95 * number - 1.0 / VL_CAPACITY_SECONDS)
        return vl_arena_printf(arena, "only %.1f a second were begun", summary->rate);
    return NULL;
}

enum vl_capacity_rule vl_capacity_broken_rule(const struct vl_capacity *capacity, const struct vl_sipp_summary *summary,
                                              unsigned number, const struct vl_load_sound *sound, const char **ret_why)
{
    struct vl_arena *arena = &capacity->run->result->arena;
    const struct voiplab_sipp *asked = capacity->asked;
    const double *again = asked->most_retransmissions;

    *ret_why = broken_calls(capacity, summary, number);
    if (*ret_why)
        return VL_CAPACITY_CALLS;
    if (again && (double)summary->retransmissions * 100 > *again * (double)summary->made) {
        *ret_why = vl_arena_printf(arena, "%" PRIu64 " messages were sent again in %" PRIu64 " calls",
                                   summary->retransmissions, summary->made);
        return VL_CAPACITY_MESSAGES;
    }
    if (asked->most_loss && sound->loss_percent > *asked->most_loss) {
        *ret_why = vl_arena_printf(arena, "%.2f %% of the sound was lost", sound->loss_percent);
        return VL_CAPACITY_LOSS;
    }
    if (asked->least_mos && sound->mos < *asked->least_mos) {
        *ret_why = vl_arena_printf(arena, "the sound had a MOS of %.2f", sound->mos);
        return VL_CAPACITY_MOS;
    }
    return VL_CAPACITY_KEPT;
}

bool vl_capacity_judges_sound(const struct vl_capacity *capacity)
{
    return capacity->asked->most_loss || capacity->asked->least_mos;
}

int vl_capacity_check_sound(const struct vl_capacity *capacity, const struct vl_capacity_step *step,
                            struct vl_error *err)
{
    const struct voiplab_sipp *asked = capacity->asked;
    const char *unit = vl_capacity_unit(capacity);
    bool silent = isnan(step->sound.loss_percent);

    if (!vl_capacity_judges_sound(capacity) || step->broken == VL_CAPACITY_CALLS)
        return 0;
    if (step->missed)
        return vl_fail(err, VL_ERROR_FAILED,
                       "the sound of %u %s cannot be judged: this host did not hear all of it (%" PRIu64 " frames)",
                       step->load, unit, step->missed);
    if (silent || (asked->least_mos && isnan(step->sound.mos)))
        return vl_fail(err, VL_ERROR_FAILED, "the sound of %u %s cannot be judged: %s", step->load, unit,
                       silent ? "none was heard (RTP)" : "its codec has no MOS");
    return 0;
}

static bool is_used_up(const struct vl_limit_use *use)
{
    return use->most && use->peak * 10 >= use->most * 9;
}

static struct vl_capacity_gave blame_generator(const struct vl_capacity *capacity)
{
    return (struct vl_capacity_gave){ .name = vl_sipp_limit_name(VL_LOAD_LIMIT_GENERATOR),
                                      .text = vl_arena_printf(
                                          &capacity->run->result->arena,
                                          "SIPp itself makes no more than %.1f calls a second here, without any PBX",
                                          capacity->generator_rate),
                                      .generator = true };
}

/* Whether a step asks more of SIPp than it may well carry: one that is slow answers late long before it falls behind,
 * and what it does not answer in time looks as if the PBX had not. */
static bool is_too_much(const struct vl_capacity *capacity, unsigned number)
{
    return capacity->generator_slow && capacity->asked->by_rate && number >= capacity->generator_rate / 2;
}

static struct vl_capacity_gave full_account(const struct vl_capacity *capacity, const struct vl_pbx *pbx,
                                            const char *account, unsigned most)
{
    struct vl_arena *arena = &capacity->run->result->arena;
    const struct vl_lab *lab = capacity->run->session->lab;
    const struct vl_pbx *guest = pbx == lab->hub ? vl_lab_account_owner(lab, account) : NULL;
    const char *name = vl_text_quote(arena, account, VL_TEXT_QUOTED);

    if (guest)
        return (struct vl_capacity_gave){
            .full = true,
            .name = "trunk limit",
            .text =
                vl_arena_printf(arena, "the trunk between '%s' and '%s' may have %u calls at once (limit of [trunk])",
                                guest->name, pbx->name, most),
        };
    return (struct vl_capacity_gave){
        .full = true,
        .name = "call limit",
        .text = vl_arena_printf(arena, "the account %s of '%s' may have %u calls at once (call-limit)", name, pbx->name,
                                most),
    };
}

static struct vl_capacity_gave find_full_at(const struct vl_capacity *capacity, const struct vl_capacity_place *place,
                                            unsigned number)
{
    struct vl_arena *arena = &capacity->run->result->arena;
    const struct vl_limits now = vl_limits_now(place->watch);

    /* elsewhere than at the target nobody knows whether the calls pass: there it is what was seen that counts */
    if (place == capacity->places && now.calls_most && !capacity->asked->by_rate && number > now.calls_most)
        return full_account(capacity, place->pbx, place->account, now.calls_most);
    if (now.fullest.name && now.fullest.now >= now.fullest.most)
        return full_account(capacity, place->pbx, now.fullest.name, now.fullest.most);
    for (size_t i = 0; i < VL_LIMITS; i++) {
        const struct vl_limit_use *use = &now.use[i];

        if (is_used_up(use))
            return (struct vl_capacity_gave){
                .full = true,
                .name = vl_limit_names[i].name,
                .text = vl_arena_printf(arena, "the %s of '%s' were used up: %u of %u (%s)", vl_limit_names[i].name,
                                        place->pbx->name, use->peak < use->most ? use->peak : use->most, use->most,
                                        vl_limit_names[i].set_by),
            };
    }
    return (struct vl_capacity_gave){ .full = false };
}

/* What of the PBXs was seen to be full. That it is so does not depend on how well SIPp ran. */
static struct vl_capacity_gave find_full(const struct vl_capacity *capacity, unsigned number)
{
    struct vl_capacity_gave gave = { .full = false };

    for (size_t i = 0; !gave.full && i < capacity->place_count; i++) {
        gave = find_full_at(capacity, &capacity->places[i], number);
        gave.pbx = capacity->places[i].pbx;
    }
    return gave;
}

/* Of a step in which nobody was busy, and of which too much was lost all the same or had to be sent again. A codec may
 * sound no better than that, with nothing lost. */
static void blame_the_way(const struct vl_capacity *capacity, const struct vl_capacity_step *step,
                          struct vl_capacity_gave *gave)
{
    bool codec = step->broken == VL_CAPACITY_MOS && !(step->sound.loss_percent > 0);

    gave->name = codec ? "codec" : "network";
    gave->text = vl_arena_printf(&capacity->run->result->arena,
                                 codec ? "%s though nothing was lost: the codec sounds no better"
                                       : "packets were lost on the way, though nobody was busy: %s",
                                 step->why);
}

struct vl_capacity_gave vl_capacity_find_limit(const struct vl_capacity *capacity,
                                               const struct vl_sipp_summary *summary,
                                               const struct vl_capacity_step *step, unsigned seconds)
{
    struct vl_capacity_gave gave;

    if (is_too_much(capacity, step->load))
        return blame_generator(capacity);
    gave = find_full(capacity, step->load);
    if (!gave.full) {
        enum vl_load_limit limit = vl_sipp_limit(summary, &capacity->run->result->arena, &gave.text);

        gave.name = vl_sipp_limit_name(limit);
        gave.generator = limit == VL_LOAD_LIMIT_GENERATOR;
        gave.processor = limit == VL_LOAD_LIMIT_GUEST ||
                         (limit == VL_LOAD_LIMIT_HOST && capacity->load->load.target->place != VL_PLACE_SSH);
        /* calls that failed and may are not why */
        if (step->broken > VL_CAPACITY_CALLS && (limit == VL_LOAD_LIMIT_NONE || limit == VL_LOAD_LIMIT_CALLS))
            blame_the_way(capacity, step, &gave);
    }
    if (capacity->place_count && !gave.generator)
        gave.log = vl_limits_log(capacity->run, gave.full ? gave.pbx : capacity->load->load.target, seconds);
    return gave;
}

unsigned vl_capacity_carried(const struct vl_capacity *capacity, const struct vl_sipp_summary *summary, unsigned number)
{
    uint64_t bad = summary->failed + vl_sipp_summary_astray(summary);
    uint64_t good = summary->made > bad ? summary->made - bad : 0;
    double part = summary->made ? (double)good / (double)summary->made : 0;

    if (!capacity->asked->by_rate)
        return (unsigned)(good < summary->peak ? good : summary->peak);
    return isnan(summary->rate) ? 0 : (unsigned)(part * (summary->rate < number ? summary->rate : number));
}

struct vl_capacity_gave vl_capacity_what_gave(const struct vl_capacity *capacity)
{
    for (unsigned i = capacity->search.steps; i > 0; i--)
        if (!capacity->steps[i - 1].held && capacity->steps[i - 1].load == capacity->search.failed)
            return capacity->steps[i - 1].gave;
    if (capacity->search.next) /* it was ended early */
        return (struct vl_capacity_gave){ .text = NULL };
    if (capacity->generator_slow && capacity->asked->by_rate)
        return blame_generator(capacity);
    return (struct vl_capacity_gave){ .name = vl_sipp_limit_name(VL_LOAD_LIMIT_NONE),
                                      .text = "nothing gave, and no more was tried" };
}

struct vl_capacity_share vl_capacity_share(const struct vl_capacity *capacity)
{
    const struct vl_limits now = vl_limits_now(capacity->places[0].watch); /* nothing, where nobody looks */
    struct vl_capacity_share share = { .per_core = NAN, .per_ghz = NAN };

    if (now.cores && capacity->search.held)
        share.per_core = (double)capacity->search.held / now.cores;
    if (now.mhz && now.cores && capacity->search.held)
        share.per_ghz = share.per_core / now.mhz * 1000;
    share.cores = now.cores;
    share.ghz = now.mhz / 1000.0;
    share.least = !capacity->gave.processor;
    return share;
}
