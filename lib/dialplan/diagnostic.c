/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dialplan/diagnostic.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/text.h"

static const struct {
    const char *rule;
    enum vl_conf_level level;
} codes[] = {
#define X(code, severity, name) [VL_DIALPLAN_##code] = { .rule = (name), .level = VL_CONF_LEVEL_##severity },
    VL_DIALPLAN_DIAGNOSTICS(X)
#undef X
};

const char *vl_diagnostic_rule(enum vl_dialplan_code code)
{
    return codes[code].rule;
}

enum vl_conf_level vl_diagnostic_level(enum vl_dialplan_code code)
{
    return codes[code].level;
}

void vl_diagnose_text(struct vl_dialplan *plan, enum vl_dialplan_code code, struct vl_position at, const char *context,
                      const char *extension, const char *text)
{
    struct vl_arena *arena = &plan->arena;
    struct vl_diagnostic *list;

    list = vl_arena_grow(arena, plan->diagnostics, plan->diagnostic_count, sizeof(*list));
    if (!list)
        return;
    plan->diagnostics = list;
    list[plan->diagnostic_count++] = (struct vl_diagnostic){
        .code = code,
        .at = at,
        .text = text,
        .context = context ? vl_arena_strdup(arena, context) : NULL,
        .extension = extension ? vl_arena_strdup(arena, extension) : NULL,
    };
}

void vl_diagnose(struct vl_dialplan *plan, enum vl_dialplan_code code, struct vl_position at, const char *context,
                 const char *extension, const char *format, ...)
{
    char text[512];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    vl_diagnose_text(plan, code, at, context, extension, vl_text_printable(&plan->arena, text));
}
