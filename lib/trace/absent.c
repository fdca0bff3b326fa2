/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whether there is the application that a step names: its module may not be loaded, or belong to another version of
 * Asterisk. One that is not there ends the call.
 */
#include <string.h>

#include "dialplan/provided.h"
#include "dialplan/version.h"
#include "trace/run.h"

/* Whatever modules there are: no application has blanks, quotes, commas or brackets in its name. */
static bool is_no_name(const char *name)
{
    return !*name || strpbrk(name, " \t\"'$,()[]{}") != NULL;
}

/* An application that the version which is followed has not. When nobody said which one runs the plan, it was made for
 * one that has it. */
static bool is_not_of_version(struct vl_runner *runner, const char *name, const struct vl_presence *presence,
                              const char **note)
{
    int asterisk = runner->facts->asterisk;
    const char *version = vl_version_name(runner->arena, asterisk ? asterisk : VL_VERSION_DEFAULT);

    if (!asterisk || presence->kind == VL_PRESENCE_ELSEWHERE) {
        vl_trace_assume(runner, vl_arena_printf(runner->scratch, "there is an application %s, which Asterisk %s lacks",
                                                name, version));
        return false;
    }
    version = vl_version_name(runner->arena, presence->version);
    *note = presence->kind == VL_PRESENCE_GONE
                ? vl_arena_printf(runner->arena, "gone since Asterisk %s, which ends the call; write %s", version,
                                  presence->instead)
                : vl_arena_printf(runner->arena, "there since Asterisk %s only, which ends the call", version);
    return true;
}

bool vl_trace_is_absent(struct vl_runner *runner, const char *name, const char **note)
{
    int asterisk = runner->facts->asterisk;
    struct vl_presence presence =
        vl_presence_of(&runner->plan->loading, VL_PROVIDES_APPLICATION, name, asterisk ? asterisk : VL_VERSION_DEFAULT);

    if (is_no_name(name)) {
        *note = *name ? "no application has such a name, which ends the call"
                      : "the step names no application, which ends the call";
        return true;
    }
    switch (presence.kind) {
    case VL_PRESENCE_HERE:
        return false;
    case VL_PRESENCE_UNLOADED:
        *note = vl_arena_printf(runner->arena, "it is in %s.so, which modules.conf does not load: that ends the call",
                                presence.module);
        return true;
    case VL_PRESENCE_GONE:
    case VL_PRESENCE_LATER:
    case VL_PRESENCE_ELSEWHERE:
        return is_not_of_version(runner, name, &presence, note);
    case VL_PRESENCE_NONE:
        break;
    }
    vl_trace_assume(runner, vl_arena_printf(runner->scratch, "no other module brings an application '%s'", name));
    *note = "Asterisk has no such application, which ends the call";
    return true;
}
