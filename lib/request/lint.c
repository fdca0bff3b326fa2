/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * `dialplan lint`: read the files, look at each as a plan of its own, and print what was found: as lines that compilers
 * and editors know, as JSON, as SARIF 2.1.0 (OASIS), or, with --fix, as the diff that puts right what a machine can,
 * which --yes applies.
 */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "dialplan/version.h"
#include "lab/ini.h"
#include "lint/lint.h"
#include "lint/sarif.h"
#include "plan/print.h"
#include "render/asterisk.h"
#include "request/findings.h"
#include "request/fixes.h"
#include "request/request.h"

/* What all files share. */
struct lint_run {
    const struct vl_run *run;
    const struct voiplab_lint *lint;
    struct vl_conf_reader reader;
    struct vl_lint_options options;
    enum vl_severity level;
    struct vl_buf text;
    struct vl_json *sarif;
    size_t counts[VL_SEVERITY_ERROR + 1];
    bool shortened; /* the lines are fewer than the findings */
    struct vl_fixes fixes;
};

static int usage(const struct lint_run *lint, const char *format, const char *value)
{
    VL_BUF_AUTO text = VL_BUF_INIT;
    const char *mark = strstr(format, "%s");

    vl_buf_add(&text, format, (size_t)(mark - format));
    vl_buf_puts(&text, value);
    vl_buf_puts(&text, mark + 2);
    return vl_fail(lint->run->err, VL_ERROR_USAGE, "%s", vl_buf_text(&text));
}

static int check_rules(const struct lint_run *lint)
{
    for (const char *const *name = lint->lint->ignore; name && *name; name++)
        if (!vl_lint_rule(*name))
            return usage(lint, "--ignore: there is no rule '%s'; 'voiplab dialplan lint --rules' lists them", *name);
    return 0;
}

static void add_number(struct lint_run *lint, const char ***numbers, size_t *count, const char *number)
{
    const char **grown;

    if (*number == '_')
        return; /* a pattern: no number to try */
    /* one more for the end of the list */
    grown = vl_arena_grow(&lint->run->result->arena, *numbers, *count, sizeof(*grown));
    if (!grown)
        return;
    *numbers = grown;
    grown[(*count)++] = number;
}

/* The emergency numbers of share/numbering/COUNTRY.ini. */
static int read_country(struct lint_run *lint, const char *country, const char ***numbers, size_t *count)
{
    struct vl_arena *arena = &lint->run->result->arena;
    const char *path =
        vl_arena_printf(arena, "%s/numbering/%s.ini", lint->run->session->options.share_directory, country);
    struct vl_ini plan;

    if (!vl_text_is_name(country) || !vl_file_exists(path))
        return usage(lint, "--country: there is no numbering plan '%s'", country);
    if (vl_ini_read(arena, path, &plan, lint->run->err) < 0)
        return -1;
    for (size_t i = 0; i < plan.section_count; i++) {
        const struct vl_ini_entry *emergency = vl_ini_entry(&plan.sections[i], "emergency");
        const struct vl_ini_entry *patterns = vl_ini_entry(&plan.sections[i], "patterns");
        const char *const *list = patterns ? vl_text_split(arena, patterns->value, ", \t") : NULL;

        for (; emergency && !strcmp(emergency->value, "yes") && list && *list; list++)
            add_number(lint, numbers, count, *list);
    }
    return 0;
}

static void read_lab(struct lint_run *lint, const struct vl_lab *lab, const char ***numbers, size_t *count)
{
    for (size_t i = 0; i < lab->route_count; i++)
        for (const char *const *pattern = lab->routes[i].patterns; lab->routes[i].emergency && *pattern; pattern++)
            add_number(lint, numbers, count, *pattern);
}

static int set_emergency(struct lint_run *lint)
{
    const struct vl_lab *lab = lint->run->session->lab;
    const char **numbers = NULL;
    size_t count = 0;

    if (lint->lint->country && read_country(lint, lint->lint->country, &numbers, &count) < 0)
        return -1;
    if (!lint->lint->country && lab)
        read_lab(lint, lab, &numbers, &count);
    if (!count)
        return 0;
    numbers = vl_arena_grow(&lint->run->result->arena, numbers, count, sizeof(*numbers));
    if (!numbers)
        return vl_no_memory(lint->run->err);
    numbers[count] = NULL;
    lint->options.emergency = numbers;
    lint->options.country = lint->lint->country ? lint->lint->country : lab->country;
    return 0;
}

/* Where calls over the lab's trunks start. */
static int set_trunks(struct lint_run *lint)
{
    const struct vl_lab *lab = lint->run->session->lab;
    struct vl_arena *arena = &lint->run->result->arena;
    struct vl_lint_trunks *trunks = lab ? vl_arena_zalloc(arena, (lab->pbx_count + 1) * sizeof(*trunks)) : NULL;

    if (!trunks)
        return lab ? vl_no_memory(lint->run->err) : 0;
    for (size_t i = 0; i < lab->pbx_count; i++)
        if (lab->pbxs[i].role != VL_ROLE_HUB || lab->provider_count)
            trunks[lint->options.trunk_count++] =
                (struct vl_lint_trunks){ .pbx = lab->pbxs[i].name,
                                         .context = vl_render_trunk_context(arena, &lab->pbxs[i]) };
    lint->options.trunks = trunks;
    return 0;
}

static bool is_cancelled(void *context)
{
    return vl_session_cancelled(context);
}

static int set_options(struct lint_run *lint)
{
    const struct voiplab_lint *asked = lint->lint;
    int level = asked->level ? vl_severity_of(asked->level) : (int)VL_SEVERITY_WARNING;

    if (level < 0)
        return usage(lint, "--level: '%s' is none of error, warning, notice", asked->level);
    lint->level = (enum vl_severity)level;
    lint->options.asterisk = asked->asterisk ? vl_version_number(asked->asterisk) : VL_VERSION_DEFAULT;
    if (!lint->options.asterisk)
        return vl_fail(lint->run->err, VL_ERROR_USAGE, VL_VERSION_NONE, asked->asterisk);
    lint->options.sip = asked->sip;
    lint->options.iax = asked->iax;
    lint->options.pjsip = asked->pjsip;
    lint->options.beside = true;
    lint->options.ignore = asked->ignore;
    lint->options.cancelled = is_cancelled;
    lint->options.cancelled_context = lint->run->session;
    return check_rules(lint) < 0 || set_trunks(lint) < 0 ? -1 : set_emergency(lint);
}

static void note_finding(struct lint_run *lint, const struct vl_finding *finding)
{
    struct vl_json *json = lint->run->result->document;

    vl_json_object(json, NULL);
    vl_json_string(json, "file", finding->at.file);
    vl_json_number(json, "line", finding->at.line);
    vl_json_string(json, "severity", vl_severity_name(finding->severity));
    vl_json_string(json, "rule", finding->rule->name);
    vl_json_string(json, "text", finding->text);
    vl_json_string(json, "context", finding->context);
    vl_json_string(json, "extension", finding->extension);
    vl_json_bool(json, "fixable", finding->fix != NULL);
    vl_json_end(json);
    if (lint->sarif)
        vl_sarif_finding(lint->sarif, finding);
}

/* Whether the files are changed: they are asked for, and not only looked at, as by --dry-run. */
static bool writes(const struct lint_run *lint)
{
    return lint->lint->write && lint->run->request->mode == VOIPLAB_APPLY;
}

/* What was fixed, as a diff; and what would change the files, as the plan that does it. Who only wants the diff need
 * not be able to write. */
static int fix_files(struct lint_run *lint)
{
    const struct vl_run *run = lint->run;
    VL_PLAN_AUTO plan = { .count = 0 };
    size_t changed = 0;

    vl_fixes_diff(&lint->fixes, &lint->text);
    if (!lint->lint->write && !vl_run_is_dry(run))
        return 0;
    if (vl_fixes_plan(&lint->fixes, &plan, run->err) < 0)
        return -1;
    vl_plan_json(run->session, &plan, run->request->show_secrets, run->result->document, "plan");
    return writes(lint) ? vl_run_apply_plan(run, &plan, "/", &changed) : 0;
}

/* All findings for programs, and for people what they can read. */
static int tell(struct lint_run *lint, const struct vl_lint_result *found)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    const struct vl_finding **told = vl_arena_zalloc(&arena, (found->count + 1) * sizeof(struct vl_finding *));
    size_t count = 0;

    for (size_t i = 0; told && i < found->count; i++) {
        const struct vl_finding *finding = &found->findings[i];

        if (finding->severity < lint->level)
            continue;
        told[count++] = finding;
        lint->counts[finding->severity]++;
        note_finding(lint, finding);
    }
    if (told)
        lint->shortened |= vl_findings_print(&arena, told, count, lint->lint->all, &lint->text);
    return vl_arena_check(&arena, lint->run->err);
}

static int lint_file(struct lint_run *lint, const char *path)
{
    VL_LINT_RESULT_AUTO found = { .count = 0 };
    VL_DIALPLAN_AUTO *plan = NULL;
    const char *slash = strrchr(path, '/');

    lint->reader = vl_fixes_reader(
        &lint->fixes,
        slash ? vl_arena_strndup(&lint->run->result->arena, path, (size_t)(slash - path) + (slash == path)) : NULL);
    plan = vl_dialplan_load(path, &lint->reader, lint->run->err);
    if (!plan)
        return -1;
    lint->options.plan = plan;
    lint->options.reader = &lint->reader;
    if (vl_lint_run(&lint->options, &found, lint->run->err) < 0)
        return -1;
    if (lint->lint->fix)
        return vl_fixes_add(&lint->fixes, &lint->options, &found, lint->run->err);
    return tell(lint, &found);
}

static int show_rules(const struct vl_run *run)
{
    struct vl_arena *arena = &run->result->arena;

    vl_result_headings(run->result, "RULE", "SEVERITY", "ASTERISK", "SUMMARY", NULL);
    for (const struct vl_lint_rule *rule = vl_lint_rules; rule->name; rule++) {
        const char *versions = "all";

        if (rule->since)
            versions = vl_arena_printf(arena, "%s and newer", vl_version_name(arena, rule->since));
        else if (rule->before)
            versions = vl_arena_printf(arena, "before %s", vl_version_name(arena, rule->before));
        vl_result_row(run->result, (const char *const[VL_RESULT_COLUMNS]){ rule->name, vl_severity_name(rule->severity),
                                                                           versions, rule->summary });
    }
    vl_result_table_json(run->result, "rules");
    return 0;
}

/* What --fix did, or would do. */
static int conclude_fix(const struct lint_run *lint)
{
    size_t lines = lint->fixes.lines;

    vl_result_summary(lint->run->result, lines ? "%zu line%s %s" : "nothing that can be put right by itself", lines,
                      vl_plural(lines), writes(lint) ? "changed" : "would be changed; --fix --yes does it");
    if (lint->run->request->mode == VOIPLAB_CHECK && lines)
        return vl_fail(lint->run->err, VL_ERROR_DRIFT, "%zu line%s would be changed", lines, vl_plural(lines));
    return 0;
}

/* What was found, as the status and the message that goes with it. */
static int conclude(struct lint_run *lint)
{
    const size_t *counts = lint->counts;
    size_t total = counts[VL_SEVERITY_ERROR] + counts[VL_SEVERITY_WARNING] + counts[VL_SEVERITY_NOTICE];

    if (lint->lint->fix)
        return conclude_fix(lint);
    if (!total) {
        vl_result_summary(lint->run->result, "nothing found");
        return 0;
    }
    return vl_fail(lint->run->err, VL_ERROR_FAILED, "%zu error%s, %zu warning%s, %zu notice%s%s",
                   counts[VL_SEVERITY_ERROR], vl_plural(counts[VL_SEVERITY_ERROR]), counts[VL_SEVERITY_WARNING],
                   vl_plural(counts[VL_SEVERITY_WARNING]), counts[VL_SEVERITY_NOTICE],
                   vl_plural(counts[VL_SEVERITY_NOTICE]), lint->shortened ? "; -v prints each of them" : "");
}

static int lint_files(struct lint_run *lint)
{
    struct vl_json *json = lint->run->result->document;

    if (set_options(lint) < 0)
        return -1;
    vl_json_array(json, "findings");
    for (const char *const *path = lint->run->request->names; path && *path; path++)
        if (lint_file(lint, *path) < 0)
            return -1;
    vl_json_end(json);
    return lint->lint->fix ? fix_files(lint) : 0;
}

int vl_run_lint(const struct vl_run *run)
{
    VL_JSON_AUTO *sarif = run->request->parameters.lint->sarif ? vl_sarif_new() : NULL;
    struct lint_run lint = { .run = run, .lint = run->request->parameters.lint, .sarif = sarif };
    VL_FREE char *document = NULL;
    int rc;

    if (run->request->parameters.lint->rules)
        return show_rules(run);
    rc = lint_files(&lint);
    if (rc == 0 && sarif) {
        document = vl_sarif_text(sarif, run->err);
        rc = document ? 0 : -1;
    }
    if (lint.lint->fix)
        vl_json_string(run->result->document, "diff", vl_buf_text(&lint.text));
    if (rc == 0)
        run->result->text = vl_arena_strdup(&run->result->arena, document ? document : vl_buf_text(&lint.text));
    vl_buf_free(&lint.text);
    rc = rc < 0 ? -1 : conclude(&lint);
    vl_fixes_free(&lint.fixes);
    return rc;
}
