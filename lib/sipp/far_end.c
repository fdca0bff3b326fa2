/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sipp/far_end.h"

#include <poll.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/text.h"

enum {
    SPARE_S = 60,     /* beyond the calls */
    REGISTER_S = 10,  /* that a registration may take */
    SETTLE_MS = 1500, /* that the figures of the last calls may take: they are written four times a second */
    LOOK_MS = 50,
};

unsigned vl_far_end_seconds(const struct vl_sipp_options *options)
{
    return options->load->timeout_s + SPARE_S;
}

void vl_far_end_registration(struct vl_far_registration *ret_registration, const struct vl_far_telephone *telephone,
                             const struct vl_sipp_options *options, uint16_t local_port, const char *seconds)
{
    *ret_registration = (struct vl_far_registration){
        .caller = { .number = telephone->number, .secret = telephone->secret },
        .load = { .name = telephone->number,
                  .target = telephone->pbx,
                  .caller = telephone->number,
                  .extension = telephone->number,
                  .rate = 1,
                  .calls = 1,
                  .timeout_s = REGISTER_S },
        .options = { .load = &ret_registration->load,
                     .scenario = vl_scenario_find("register"),
                     .scenario_text = telephone->register_text,
                     .work_directory = options->work_directory,
                     .local_address = telephone->local_address,
                     .callers = &ret_registration->caller,
                     .caller_count = 1,
                     .local_port = local_port,
                     .expires = seconds },
    };
}

struct vl_answer_task vl_far_end_task(struct vl_arena *arena, const struct vl_far_telephone *telephone,
                                      const struct vl_sipp_options *options, uint16_t local_port)
{
    return (struct vl_answer_task){
        .work_directory = options->work_directory,
        .local_address = telephone->local_address,
        .scenario = telephone->answer_text,
        .remote = vl_text_from_ipv4(arena, telephone->pbx->address),
        .extension = telephone->number,
        .local_port = local_port,
        .hold_ms = options->load->hold_ms,
        .echoes = telephone->echoes,
    };
}

/* Register for so many seconds, or with 0 no more. */
static int register_for(const struct vl_far_end *end, const char *seconds, struct vl_error *err)
{
    const struct vl_far_telephone *telephone = end->telephone;
    struct vl_far_registration registration;
    VL_SIPP_SUMMARY_AUTO summary = { .name = NULL };

    vl_far_end_registration(&registration, telephone, end->options, end->task.local_port, seconds);
    if (vl_sipp_run(&registration.options, &summary, err) < 0)
        return -1;
    if (summary.succeeded)
        return 0;
    return vl_fail(err, VL_ERROR_FAILED, "telephone '%s' cannot register with '%s' (%s): %s", telephone->number,
                   telephone->pbx->name, summary.address,
                   summary.reason_count ? summary.reasons[0].text : "nobody answers");
}

int vl_far_end_start(struct vl_far_end *end, const struct vl_far_telephone *telephone,
                     const struct vl_sipp_options *options, struct vl_error *err)
{
    unsigned seconds = vl_far_end_seconds(options);
    uint16_t port;

    if (!telephone->number)
        return 0;
    if (seconds > VL_FAR_END_S)
        return vl_fail(err, VL_ERROR_USAGE,
                       "the calls may take %u s, and a telephone that answers is registered for %d at the most: make "
                       "fewer calls, or faster ones, or nobody answer",
                       seconds, VL_FAR_END_S);
    if (vl_generator_free_port(telephone->local_address, &port, err) < 0)
        return -1;
    end->telephone = telephone;
    end->options = options;
    end->task = vl_far_end_task(&end->arena, telephone, options, port);
    if (register_for(end, vl_arena_printf(&end->arena, "%u", seconds), err) < 0)
        return -1;
    end->registered = true;
    return vl_generator_answer(&end->generator, &end->task, err);
}

static uint64_t arrived(const struct vl_far_end *end)
{
    return end->generator.statistics.now[VL_STATISTIC_ARRIVED] - end->before;
}

/* Take what it has written until so many have come, or no more of it is to be expected. */
static int take_until(struct vl_far_end *end, uint64_t wanted, struct vl_error *err)
{
    long long deadline = vl_now_ms() + SETTLE_MS;

    do {
        vl_generator_hear(&end->generator);
        if (vl_generator_take(&end->generator, err) < 0)
            return -1;
        if (arrived(end) >= wanted)
            return 0;
        (void)poll(NULL, 0, LOOK_MS);
    } while (vl_now_ms() < deadline && !vl_generator_ended(&end->generator, false));
    return 0;
}

void vl_far_end_mark(struct vl_far_end *end)
{
    VL_ERROR_AUTO ignored = { .code = VL_OK };

    if (!end->telephone)
        return;
    (void)take_until(end, end->options->trial ? 1 : 0, &ignored);
    end->before += arrived(end);
}

bool vl_far_end_is_gone(struct vl_far_end *end)
{
    return end->telephone && end->generator.pid > 0 && vl_generator_ended(&end->generator, false);
}

static const char *how_it_ended(struct vl_arena *arena, int status)
{
    return WIFSIGNALED(status) ? vl_arena_printf(arena, "signal %d", WTERMSIG(status))
                               : vl_arena_printf(arena, "status %d", WEXITSTATUS(status));
}

int vl_far_end_count(struct vl_far_end *end, struct vl_sipp_summary *summary, struct vl_error *err)
{
    const struct vl_far_telephone *telephone = end->telephone;

    if (!telephone)
        return 0;
    if (take_until(end, summary->succeeded, err) < 0)
        return -1;
    summary->answered_by = vl_arena_strdup(&summary->arena, telephone->number);
    summary->answered_on = vl_arena_strdup(&summary->arena, telephone->pbx->name);
    summary->arrived = arrived(end);
    if (vl_far_end_is_gone(end))
        summary->far_ended = how_it_ended(&summary->arena, end->generator.status);
    return vl_arena_check(&summary->arena, err);
}

void vl_far_end_stop(struct vl_far_end *end)
{
    VL_ERROR_AUTO ignored = { .code = VL_OK };

    vl_generator_free(&end->generator);
    if (end->registered)
        (void)register_for(end, "0", &ignored);
    vl_arena_free(&end->arena);
}
