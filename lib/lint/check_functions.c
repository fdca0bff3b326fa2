/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Functions: those that no Asterisk has, and those that are set but only read. What a function gives that is not there
 * is empty, and nothing but a line in a log tells.
 */
#include <string.h>
#include <strings.h>

#include "lint/modules.h"
#include "lint/part.h"

static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";

/* A name with a '(' behind it; NULL: it is none. */
static const char *name_at(struct vl_arena *arena, const char *text)
{
    size_t length = strspn(text, letters);

    return length && text[length] == '(' ? vl_arena_strndup(arena, text, length) : NULL;
}

const char *vl_lint_next_function(struct vl_lint *lint, const struct vl_lint_call *call, const char **position,
                                  bool *ret_set)
{
    const char *name = NULL;

    *ret_set = !*position && call->row->effect == VL_EFFECT_SET;
    if (!*position) {
        *position = call->arguments;
        name = *ret_set ? name_at(lint->arena, call->arguments + strspn(call->arguments, " ")) : NULL;
        if (name)
            return name;
        *ret_set = false;
    }
    for (const char *p = strstr(*position, "${"); p && !name; p = strstr(p + 2, "${")) {
        name = name_at(lint->arena, p + 2);
        *position = p + 2;
    }
    return name;
}

/* A slip, when it begins as the name that was meant; else it may be of func_odbc.conf, or of a module that is not
 * Asterisk's own. */
static void report(struct vl_lint *lint, const struct vl_lint_call *call, const char *name, bool set,
                   const struct vl_provided *other)
{
    const char *meant = other              ? other->name
                        : strlen(name) > 3 ? vl_lint_nearest_provided(lint, VL_PROVIDES_FUNCTION, name)
                                           : NULL;
    const char *loss = set ? "nothing is set" : "what it gives is empty";

    if (other || (meant && !strncasecmp(meant, name, 3)))
        vl_lint_add(lint, VL_RULE_FUNCTION, &call->step->at, call->extension, NULL,
                    "there is no function '%s', and %s; did you mean '%s'?", name, loss, meant);
    else
        vl_lint_add_as(lint, VL_RULE_FUNCTION, VL_SEVERITY_NOTICE, &call->step->at, call->extension, NULL,
                       "Asterisk has no function '%s', and %s unless another module brings it", name, loss);
}

static void check_call(struct vl_lint *lint, const struct vl_lint_call *call)
{
    const char *position = NULL, *name;
    bool set;

    while ((name = vl_lint_next_function(lint, call, &position, &set))) {
        const struct vl_provided *provided = vl_lint_provided(lint, VL_PROVIDES_FUNCTION, name);

        if ((!provided || strcmp(provided->name, name) != 0) && strncmp(name, "ODBC_", 5) != 0)
            report(lint, call, name, set, provided);
        else if (provided && set && provided->read_only)
            vl_lint_add(lint, VL_RULE_READ_ONLY, &call->step->at, call->extension, NULL,
                        "the function %s cannot be set: nothing happens but a line in the log", name);
    }
}

void vl_lint_check_functions(struct vl_lint *lint)
{
    for (size_t i = 0; i < lint->call_count && !vl_lint_stopped(lint); i++)
        check_call(lint, &lint->calls[i]);
}
