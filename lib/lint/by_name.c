/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Rules, severities and versions of Asterisk by name. The rules stand in rules.h.
 */
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "lint/part.h"
#include "lint/report.h"

const struct vl_lint_rule vl_lint_rules[] = {
#define X(id, text, level, first, last, function, description)                                                         \
    [VL_RULE_##id] = { .name = (text),                                                                                 \
                       .severity = VL_SEVERITY_##level,                                                                \
                       .since = (first),                                                                               \
                       .before = (last),                                                                               \
                       .summary = (description),                                                                       \
                       .check = (function) },
    VL_LINT_RULES(X)
#undef X
        [VL_RULE_COUNT] = { .name = NULL },
};

const struct vl_lint_rule *vl_lint_rule(const char *name)
{
    for (const struct vl_lint_rule *rule = vl_lint_rules; rule->name; rule++)
        if (!strcmp(rule->name, name))
            return rule;
    return NULL;
}

static const char *const severities[] = {
    [VL_SEVERITY_NOTICE] = "notice",
    [VL_SEVERITY_WARNING] = "warning",
    [VL_SEVERITY_ERROR] = "error",
};

const char *vl_severity_name(enum vl_severity severity)
{
    return severities[severity];
}

int vl_severity_of(const char *name)
{
    for (size_t i = 0; i < VL_COUNT(severities); i++)
        if (!strcmp(severities[i], name))
            return (int)i;
    return -1;
}

/* Until 1.8 the second number counts, from 10 on the first one. */
int vl_lint_version(const char *text)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    const char *const *parts = vl_text_split(&arena, text, ".");
    long major, minor = 0;

    if (!parts || !parts[0] || !vl_text_number(parts[0], 1, 99, &major) ||
        (parts[1] && !vl_text_number(parts[1], 0, 99, &minor)))
        return 0;
    if (major >= 10)
        return (int)major * 100;
    return major == 1 && parts[1] ? 100 + (int)minor : 0;
}

const char *vl_lint_version_name(struct vl_arena *arena, int version)
{
    if (version >= 1000)
        return vl_arena_printf(arena, "%d", version / 100);
    return vl_arena_printf(arena, "1.%d", version - 100);
}
