/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * impair: have a trunk lose packets, see which do, and end it. The operands are words: `A:B loss=2%`, `A:B off`, `off`.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "probe/impair.h"
#include "request/request.h"
#include "stage/stage.h"

struct asked {
    const char *trunk; /* NULL: all */
    unsigned loss;     /* hundredths of a percent; 0: off */
    bool show;
};

/* "2%", "0.5%": hundredths of a percent. */
static bool read_percent(const char *text, unsigned *ret_loss)
{
    char *end;
    double value = strtod(text, &end);

    if (end == text || strcmp(end, "%") != 0 || !(value >= 0.01 && value <= 100))
        return false;
    *ret_loss = (unsigned)lround(value * 100);
    return true;
}

static int read_word(const struct vl_run *run, const char *word, struct asked *asked)
{
    if (!strcmp(word, "off")) {
        asked->loss = 0;
        return 0;
    }
    if (vl_text_starts(word, "loss="))
        return read_percent(word + strlen("loss="), &asked->loss)
                   ? 0
                   : vl_fail(run->err, VL_ERROR_USAGE, "'%s' is no loss; one is loss=2%% or loss=0.5%%", word);
    if (vl_text_starts(word, "delay=") || vl_text_starts(word, "jitter="))
        return vl_fail(run->err, VL_ERROR_USAGE,
                       "'%s' cannot be had: packets are dropped by nftables, which holds none back; only loss=N%% can",
                       word);
    return vl_fail(run->err, VL_ERROR_USAGE, "'%s' is neither loss=N%% nor off", word);
}

static int read_words(const struct vl_run *run, struct asked *asked)
{
    const char *const *names = run->request->names;
    const struct vl_pbx *ends[2];

    if (!names || !names[0]) {
        asked->show = true;
        return 0;
    }
    if (!strcmp(names[0], "off") && !names[1])
        return 0;
    asked->trunk = names[0];
    if (!vl_stage_impair_trunk(run->session->lab, &run->result->arena, names[0], ends))
        return vl_fail(run->err, VL_ERROR_USAGE, "'%s' does not name two PBXs of this lab, as 'A:B' does", names[0]);
    if (!names[1] || names[2])
        return vl_fail(run->err, VL_ERROR_USAGE, "what shall '%s' lose? loss=2%%, or off", names[0]);
    return read_word(run, names[1], asked);
}

int vl_run_impair_names(const struct vl_run *run)
{
    struct asked asked = { .trunk = NULL };

    return run->session->lab ? read_words(run, &asked) : 0;
}

static int show(const struct vl_run *run)
{
    struct vl_arena *arena = &run->result->arena;
    struct vl_json *json = run->result->document;
    struct vl_impairment *now;
    size_t count = vl_impair_look(arena, vl_session_lab_name(run->session), &now);

    vl_json_array(json, "impairments");
    if (count)
        vl_result_headings(run->result, "TRUNK", "LOSS", "DROPPED", NULL);
    for (size_t i = 0; i < count; i++) {
        vl_result_row(run->result,
                      (const char *const[]){ now[i].trunk,
                                             vl_arena_printf(arena, "%u.%02u%%", now[i].loss / 100, now[i].loss % 100),
                                             vl_arena_printf(arena, "%llu", (unsigned long long)now[i].dropped) });
        vl_json_object(json, NULL);
        vl_json_string(json, "trunk", now[i].trunk);
        vl_json_real(json, "loss_percent", now[i].loss / 100.0);
        vl_json_number(json, "dropped", (int64_t)now[i].dropped);
        vl_json_end(json);
    }
    vl_json_end(json);
    vl_result_summary(run->result, "%zu trunk%s impaired", count, count == 1 ? " is" : "s are");
    return vl_arena_check(arena, run->err);
}

void vl_run_tell_impaired(const struct vl_run *run)
{
    VL_ARENA_AUTO arena = { .failed = false };
    struct vl_impairment *now;
    size_t count = vl_impair_look(&arena, vl_session_lab_name(run->session), &now);

    for (size_t i = 0; i < count; i++)
        vl_session_event(run->session, VOIPLAB_EVENT_WARNING, NULL,
                         "the trunk %s loses %u.%02u%% of its packets on purpose; 'voiplab impair off' ends that",
                         now[i].trunk, now[i].loss / 100, now[i].loss % 100);
}

int vl_run_impair(const struct vl_run *run)
{
    struct asked asked = { .trunk = NULL };
    VL_PLAN_AUTO plan = { .count = 0 };
    size_t changed = 0;

    if (read_words(run, &asked) < 0)
        return -1;
    if (asked.show)
        return show(run);
    if (vl_stage_impair(run->session, asked.trunk, asked.loss, &plan, run->err) < 0)
        return -1;
    if (vl_run_is_dry(run))
        return vl_run_show_plan(run, &plan);
    if (vl_run_apply_plan(run, &plan, "/", &changed) < 0)
        return -1;
    vl_json_bool(run->result->document, "changed", changed > 0);
    if (changed && asked.loss)
        vl_result_summary(run->result, "%s loses %u.%02u%% of its packets", asked.trunk, asked.loss / 100,
                          asked.loss % 100);
    else
        vl_result_summary(run->result, changed ? "%s loses nothing on purpose any more" : "nothing to do",
                          asked.trunk ? asked.trunk : "the lab");
    return 0;
}
