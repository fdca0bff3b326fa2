/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * `bridge --commit-if-reachable`: whether who is logged in has access still, before the change becomes final.
 */
#include "network/access.h"
#include "probe/filter.h"
#include "request/bridge.h"

enum { GREETING_MS = 2000, SESSION_MS = 3000 };

bool vl_run_access_greets(const struct vl_access *access)
{
    return vl_access_greets(access, GREETING_MS);
}

/* Who comes anew is let in by rules that mean nothing any more; who is in already may not notice. */
static const char *shut_out(const struct vl_run *run)
{
    const struct vl_bridge *bridge = &run->session->lab->bridge;
    struct vl_arena *arena = &run->result->arena;
    struct vl_filter_rules rules[VL_FILTERS];

    /* what counts now comes first, before what stands in files */
    if (!vl_filter_look(arena, bridge->interface, bridge->name, rules) || !rules[0].live)
        return NULL;
    return vl_arena_printf(arena,
                           "the packet filter (%s) has rules for '%s' and none such for '%s', so nothing tells whether "
                           "who comes anew gets in: %s",
                           rules[0].program, bridge->interface, bridge->name, rules[0].first);
}

const char *vl_run_access_lost(const struct vl_run *run, const struct vl_access *access, bool greeted,
                               bool *ret_goes_on)
{
    struct vl_arena *arena = &run->result->arena;
    struct vl_access_count count = vl_access_look(access);
    const char *lost = shut_out(run);

    *ret_goes_on = false;
    if (lost)
        return lost;
    if (greeted && !vl_run_access_greets(access))
        return vl_arena_printf(arena, "the SSH server does not answer at %s port %u any more", access->here.text,
                               (unsigned)access->here.port);
    if (!count.known)
        return NULL;
    /* that this is told goes through the session itself, and is what its other end acknowledges */
    vl_session_event(run->session, VOIPLAB_EVENT_STEP, VL_THIS_HOST, "the session with %s: does it go on?",
                     access->peer);
    switch (vl_access_wait(access, &count, SESSION_MS)) {
    case VL_ACCESS_GOES_ON:
        *ret_goes_on = true;
        return NULL;
    case VL_ACCESS_SILENT:
        return vl_arena_printf(arena, "the session with %s hangs: the other end acknowledges nothing", access->peer);
    case VL_ACCESS_UNKNOWN:
        break;
    }
    return NULL;
}
