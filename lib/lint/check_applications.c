/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Applications that no Asterisk has: a call that comes to one ends there, and nothing but a line in a log tells why. A
 * name that is nearly one of Asterisk's is a slip; another one may belong to a module that is not Asterisk's own.
 */
#include <string.h>

#include "base/text.h"
#include "lint/modules.h"
#include "lint/part.h"
#include "lint/report.h"

/* Until 1.4 a comma could stand between the application and what it gets. Today it is a part of the name. */
static const char *name_before_comma(const struct vl_lint *lint, const struct vl_lint_call *call)
{
    size_t length = strcspn(call->application, ",");
    const char *name = call->application[length] ? vl_arena_strndup(lint->arena, call->application, length) : NULL;

    return !call->nested && name && *name && !strchr(name, '$') ? name : NULL;
}

/* The name is only known in a call, or the search for calls inside of others took something else for one. */
static bool is_doubtful(const struct vl_lint_call *call)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
    const char *name = call->application;

    return strchr(name, '$') || (call->nested && (!*name || name[strspn(name, letters)]));
}

static void report(struct vl_lint *lint, const struct vl_lint_call *call, const char *name)
{
    const char *meant = *name ? vl_lint_nearest_provided(lint, VL_PROVIDES_APPLICATION, name) : NULL;

    if (!*name)
        vl_lint_add_as(lint, VL_RULE_APPLICATION, VL_SEVERITY_WARNING, &call->step->at, call->extension, NULL,
                       "the step names no application, and the call ends here; write NoOp() when it shall do nothing");
    else if (meant)
        vl_lint_add_as(lint, VL_RULE_APPLICATION, VL_SEVERITY_WARNING, &call->step->at, call->extension, NULL,
                       "there is no application '%s', and the call ends here; did you mean '%s'?", name, meant);
    else
        vl_lint_add_as(lint, VL_RULE_APPLICATION, VL_SEVERITY_NOTICE, &call->step->at, call->extension, NULL,
                       "Asterisk has no application '%s', and the call ends here unless another module brings it",
                       name);
}

/* ExecIf and its like take the name as it is written. */
static void check_misnamed(struct vl_lint *lint, const struct vl_lint_call *call)
{
    char *copy = vl_arena_strdup(lint->arena, call->application);
    const char *name = copy ? vl_text_strip(copy) : NULL;

    if (name && vl_lint_provided(lint, VL_PROVIDES_APPLICATION, name))
        vl_lint_add_as(lint, VL_RULE_APPLICATION, VL_SEVERITY_WARNING, &call->step->at, call->extension, NULL,
                       "there is no application '%s', and it does not run: the blank belongs to the name, write %s",
                       call->application, name);
}

void vl_lint_check_applications(struct vl_lint *lint)
{
    for (size_t i = 0; i < lint->call_count; i++) {
        const struct vl_lint_call *call = &lint->calls[i];
        const char *name = name_before_comma(lint, call);

        if (call->misnamed)
            check_misnamed(lint, call);
        else if (name && lint->asterisk >= 106)
            vl_lint_add(lint, VL_RULE_APPLICATION, &call->step->at, call->extension, NULL,
                        "there is no application '%s', and the call ends here: since Asterisk 1.6 what an application "
                        "gets stands in brackets; write %s(...)",
                        call->application, name);
        else if (!is_doubtful(call) &&
                 !vl_lint_provided(lint, VL_PROVIDES_APPLICATION, name ? name : call->application))
            report(lint, call, name ? name : call->application);
    }
}
