/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Findings, and the rules that they come from: what whoever asks the linter gets.
 */
#ifndef VL_LINT_REPORT_H
#define VL_LINT_REPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "dialplan/dialplan.h"

enum vl_severity {
    VL_SEVERITY_NOTICE,
    VL_SEVERITY_WARNING,
    VL_SEVERITY_ERROR,
};

/* "notice", "warning", "error"; and back: -1 when it is none of them. */
const char *vl_severity_name(enum vl_severity severity);
int vl_severity_of(const char *name);

struct vl_lint;

struct vl_lint_rule {
    const char *name;
    enum vl_severity severity; /* a finding may be milder */
    int since, before;         /* versions of Asterisk as vl_version_number() gives them; 0: no limit */
    const char *summary;
    void (*check)(struct vl_lint *lint); /* several rules may share one */
};

/* The table, ended by a row without a name. */
extern const struct vl_lint_rule vl_lint_rules[];

/* The rule of this name, NULL when there is none. */
const struct vl_lint_rule *vl_lint_rule(const char *name);

/* A line of a file as it would be right. */
struct vl_fix {
    struct vl_position at;
    const char *line; /* without a line feed; NULL: the line goes */
};

struct vl_finding {
    const struct vl_lint_rule *rule;
    enum vl_severity severity;
    struct vl_position at;
    const char *text;                /* one line, lower case: what, why, what to do */
    const char *context, *extension; /* NULL: none */
    const struct vl_fix *fix;        /* NULL: a person has to think */
};

/* A context where calls start that come over trunks, as a lab file tells it. */
struct vl_lint_trunks {
    const char *pbx, *context;
};

struct vl_lint_options {
    const struct vl_dialplan *plan;
    const struct vl_conf_reader *reader; /* of the plan's files and of those below */
    int asterisk;                        /* version; 0: 16 */
    /* Files of devices and mailboxes; NULL: `NAME.conf` beside the plan's first file, when `beside` is set and it is
     * there. Every file that is named must be readable. */
    const char *sip, *iax, *pjsip;
    bool beside;
    const char *const *emergency; /* numbers that everybody who can dial out must reach; NULL: see below */
    const char *country; /* whose they are, for messages; NULL: one of those that are usual in the world is enough */
    const struct vl_lint_trunks *trunks; /* beside what files of devices tell */
    size_t trunk_count;
    const char *const *ignore;        /* names of rules that are left out; NULL: none */
    bool (*cancelled)(void *context); /* asked often: true ends the run with an error; NULL: never */
    void *cancelled_context;
};

struct vl_lint_result {
    struct vl_arena arena;       /* owns what follows; the plan must outlive it */
    struct vl_finding *findings; /* by file in the plan's order, line, rule */
    size_t count;
};

#endif
