/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Rules and severities by name. The rules stand in rules.h.
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
