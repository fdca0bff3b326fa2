/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the plan uses and modules.conf beside it does not load: with autoload=no whatever it does not name, and what
 * it bars in any case.
 */
#include <string.h>

#include "lint/modules.h"
#include "lint/part.h"

static void report(struct vl_lint *lint, const struct vl_lint_call *call, const struct vl_provided *provided,
                   const char *loss)
{
    bool barred;

    if (!provided || !provided->lacking)
        return;
    barred = vl_lint_bars_module(lint, provided->module);
    vl_lint_add_as(lint, VL_RULE_MODULE, VL_SEVERITY_WARNING, &call->step->at, call->extension, NULL,
                   "%s is in %s.so, which modules.conf does not load: %s; %s%s%s there", provided->name,
                   provided->module, loss, barred ? "take its noload away" : "write load => ",
                   barred ? "" : provided->module, barred ? "" : ".so");
}

static void check_functions(struct vl_lint *lint, const struct vl_lint_call *call)
{
    const char *position = NULL, *name;
    bool set;

    while ((name = vl_lint_next_function(lint, call, &position, &set)))
        report(lint, call, vl_lint_provided(lint, VL_PROVIDES_FUNCTION, name),
               set ? "nothing is set" : "what it gives is empty");
}

static void check_channels(struct vl_lint *lint, const struct vl_lint_call *call)
{
    const char *filled = vl_lint_filled(lint, call->extension, call->arguments);
    const char *text = vl_jump_devices(lint->arena, call->row, filled);
    size_t count = 0;
    const char *const *devices = text ? vl_jump_split(lint->arena, text, '&', &count) : NULL;

    for (size_t i = 0; i < count; i++) {
        const char *technology = vl_arena_strndup(lint->arena, devices[i], strcspn(devices[i], "/"));

        report(lint, call, vl_lint_provided(lint, VL_PROVIDES_CHANNEL, technology), "the call to it fails");
    }
}

void vl_lint_check_modules(struct vl_lint *lint)
{
    const struct vl_position whole = { .file = lint->plan->file_count ? lint->plan->files[0] : "", .line = 1 };

    if (!lint->devices.loading.read)
        return;
    if (vl_lint_lacks_module(lint, "pbx_config")) {
        vl_lint_add(lint, VL_RULE_MODULE, &whole, NULL, NULL,
                    "nothing of this file is loaded: modules.conf does not load pbx_config.so");
        return;
    }
    for (size_t i = 0; i < lint->call_count && !vl_lint_stopped(lint); i++) {
        const struct vl_lint_call *call = &lint->calls[i];

        report(lint, call, vl_lint_provided(lint, VL_PROVIDES_APPLICATION, call->application), "the call ends here");
        check_functions(lint, call);
        if (call->row->devices)
            check_channels(lint, call);
    }
}
