/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a load run needs beyond the PBX that is called: the telephone at the other end, the PIN that is asked for on the
 * way, and the files of its scenario.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "dialplan/pattern.h"
#include "request/load.h"

const char *vl_run_scenario(const struct vl_run *run, struct vl_arena *arena, const struct vl_scenario *scenario,
                            size_t keys)
{
    return vl_scenario_text(arena, scenario, vl_arena_printf(arena, "%s/sipp", run->session->options.share_directory),
                            keys, run->err);
}

const char *vl_run_telephone_secret(const struct vl_session *session, const struct vl_pbx *pbx, const char *number)
{
    if (pbx == session->lab->hub)
        return vl_state_secret(&session->state, "user/%s", number);
    return vl_state_secret(&session->state, "phone/%s/%s", pbx->name, number);
}

/* One telephone cannot do both: its PBX has one place for it. */
static int check_callers(const struct vl_run *run, const struct vl_load_asked *asked)
{
    const char *answer = asked->load.answer;

    for (size_t i = 0; i < asked->options.caller_count; i++)
        if (asked->far.pbx == asked->load.target && !strcmp(asked->options.callers[i].number, answer))
            return vl_fail(run->err, VL_ERROR_USAGE,
                           "telephone '%s' is to answer, and cannot call itself: say who calls with --callers, or "
                           "let another one answer",
                           answer);
    return 0;
}

int vl_run_load_far(const struct vl_run *run, struct vl_arena *arena, struct vl_load_asked *asked)
{
    const struct vl_scenario *scenario = asked->options.scenario;
    const char *answer = asked->load.answer;
    struct vl_far_telephone far = { .number = answer };

    if (!answer)
        return 0;
    far.pbx = vl_lab_telephone_owner(run->session->lab, answer);
    if (!far.pbx)
        return vl_fail(run->err, VL_ERROR_USAGE,
                       "'%s' is no SIP telephone of this lab, so that SIPp cannot answer as it: say an extension of a "
                       "guest or a [user]",
                       answer);
    if (scenario && scenario->registers)
        return vl_fail(run->err, VL_ERROR_USAGE, "'%s' makes no calls, so that '%s' has none to answer", scenario->name,
                       answer);
    far.local_address = vl_text_from_ipv4(arena, run->session->lab->bridge.address);
    far.secret = vl_run_telephone_secret(run->session, far.pbx, answer);
    far.echoes = scenario && scenario->sends;
    far.answer_text =
        vl_scenario_answer_text(arena, scenario ? scenario : vl_scenarios,
                                vl_arena_printf(arena, "%s/sipp", run->session->options.share_directory), run->err);
    far.register_text = far.answer_text ? vl_run_scenario(run, arena, vl_scenario_find("register"), 0) : NULL;
    asked->far = far;
    return far.register_text ? check_callers(run, asked) : -1;
}

/* The class of numbers that a number belongs to: the first that has a pattern for it. */
static const struct vl_route *route_of(const struct vl_lab *lab, const char *number)
{
    for (size_t i = 0; i < lab->route_count; i++)
        for (const char *const *pattern = lab->routes[i].patterns; *pattern; pattern++)
            if (vl_pattern_matches(*pattern, number))
                return &lab->routes[i];
    return NULL;
}

/* Somebody else's scenario that reads a field behind the first two wants them: [field2], [field10 line=0]. */
static bool reads_keys(const char *text)
{
    static const char word[] = "[field";
    bool reads = false;

    for (const char *at = text; !reads && (at = strstr(at, word)); at += sizeof(word) - 1)
        reads = strtoul(at + sizeof(word) - 1, NULL, 10) >= VL_SIPP_FIELD_KEYS;
    return reads;
}

static bool wants_keys(const struct vl_sipp_options *options)
{
    return options->scenario ? options->scenario->types : reads_keys(options->scenario_text);
}

int vl_run_load_keys(const struct vl_run *run, struct vl_arena *arena, struct vl_load_asked *asked)
{
    const struct vl_lab *lab = run->session->lab;
    const struct vl_route *route = route_of(lab, asked->load.extension);
    const char *pin;

    if (!wants_keys(&asked->options))
        return 0;
    if (asked->foreign)
        return vl_fail(run->err, VL_ERROR_USAGE,
                       "'%s' is no PBX of this lab, so that nobody knows the PIN that it asks for: call by one that is",
                       asked->load.target->name);
    if (!route || (!route->pin && !route->pin_secret))
        return vl_fail(
            run->err, VL_ERROR_USAGE,
            "nobody asks for a PIN when '%s' is called%s%s: say with --number one of a class of numbers that "
            "has one (pin of [route])",
            asked->load.extension, route ? ", which belongs to the class of numbers " : "", route ? route->name : "");
    pin = vl_state_secret(&run->session->state, "pin/%s", route->name);
    asked->options.keys = vl_arena_printf(arena, "%s#", pin);
    return vl_arena_check(arena, run->err);
}
