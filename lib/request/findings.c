/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A flood of findings is read by nobody: what one rule says in the same words is one line, in the place of the first of
 * them. Where that is still too much, words that differ in their numbers only are the same; then each rule tells its
 * first causes only, and how much more there is; and in the end the rules with the worst findings are told.
 */
#include "request/findings.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/names.h"

enum { PLACES_MOST = 3 };

/* What one rule says in the same words. */
struct cause {
    const struct vl_finding *first;
    const char *words; /* its text, or that without numbers */
    const struct vl_finding *others[PLACES_MOST];
    size_t count;
    size_t number; /* among those of its rule */
    bool varied;   /* they differ in numbers */
    struct told *rule;
};

/* A rule that has something to say. */
struct told {
    const struct vl_lint_rule *rule;
    size_t causes, findings, shown; /* shown: findings in the lines that are printed */
    bool closed;                    /* its last line says how much more there is */
    bool hidden;                    /* there is no room for it */
    size_t number;                  /* which of the rules it is */
    enum vl_severity severity;      /* the worst of its findings */
};

struct groups {
    struct vl_arena *arena;
    bool loose; /* words that differ in their numbers only are the same */
    struct vl_names causes_by_text, rules_by_name;
    struct cause **causes;
    struct told **rules;
    size_t cause_count, rule_count;
};

/* A text with each of its numbers as `0`. */
static const char *without_numbers(struct vl_arena *arena, const char *text)
{
    char *copy = vl_arena_strdup(arena, text), *end = copy;

    for (const char *p = text; *p && *copy; p++)
        if (!isdigit((unsigned char)*p))
            *end++ = *p;
        else if (end == copy || end[-1] != '0')
            *end++ = '0';
    *end = '\0';
    return copy;
}

/* A cause that is looked for. */
struct wanted {
    const struct vl_finding *finding;
    const char *words;
};

static bool same_cause(const void *entry, const void *key)
{
    const struct cause *cause = entry;
    const struct wanted *wanted = key;

    return cause->first->rule == wanted->finding->rule && cause->first->severity == wanted->finding->severity &&
           !strcmp(cause->words, wanted->words);
}

static bool same_rule(const void *entry, const void *key)
{
    return ((const struct told *)entry)->rule == key;
}

static void *add(struct groups *groups, struct vl_names *names, uint64_t hash, size_t size, void *list, size_t *count)
{
    void *entry = vl_arena_zalloc(groups->arena, size);
    void **slots, ***rows = list;

    slots = entry ? vl_arena_grow(groups->arena, *rows, *count, sizeof(*slots)) : NULL;
    if (!slots)
        return NULL;
    *rows = slots;
    slots[(*count)++] = entry;
    vl_names_add(groups->arena, names, hash, entry);
    return entry;
}

static struct told *rule_of(struct groups *groups, const struct vl_lint_rule *rule)
{
    uint64_t hash = vl_hash_text(VL_HASH_START, rule->name);
    struct told *told = vl_names_find(&groups->rules_by_name, hash, same_rule, rule);

    if (!told)
        told = add(groups, &groups->rules_by_name, hash, sizeof(*told), &groups->rules, &groups->rule_count);
    if (told && !told->rule)
        *told = (struct told){ .rule = rule, .number = groups->rule_count - 1 };
    return told;
}

static void put(struct groups *groups, const struct vl_finding *finding)
{
    struct wanted wanted = { finding, groups->loose ? without_numbers(groups->arena, finding->text) : finding->text };
    uint64_t hash = vl_hash_text(vl_hash_text(VL_HASH_START, finding->rule->name), wanted.words);
    struct cause *cause = vl_names_find(&groups->causes_by_text, hash, same_cause, &wanted);
    struct told *told = rule_of(groups, finding->rule);

    if (told && !cause) {
        cause = add(groups, &groups->causes_by_text, hash, sizeof(*cause), &groups->causes, &groups->cause_count);
        if (cause)
            *cause = (struct cause){ .first = finding, .words = wanted.words, .rule = told, .number = told->causes++ };
    } else if (cause && cause->count <= PLACES_MOST) {
        cause->others[cause->count - 1] = finding;
    }
    if (!told || !cause)
        return;
    cause->varied |= strcmp(cause->first->text, finding->text) != 0;
    cause->count++;
    told->findings++;
    told->severity = finding->severity > told->severity ? finding->severity : told->severity;
}

/* The lines that it takes when each rule shows `most` causes. */
static size_t lines_with(const struct groups *groups, size_t most)
{
    size_t lines = 0;

    for (size_t i = 0; i < groups->rule_count; i++)
        lines += groups->rules[i]->causes <= most ? groups->rules[i]->causes : most + 1;
    return lines;
}

static void print_line(struct vl_buf *buf, const struct vl_finding *finding, const char *text)
{
    vl_buf_printf(buf, "%s:%d: %s: %s [%s]\n", finding->at.file, finding->at.line, vl_severity_name(finding->severity),
                  text, finding->rule->name);
}

/* `TEXT (12 times, also line 7, 9, other.conf:3 ...)`, or `TEXT (and 11 with other numbers, line 7 ...)` */
static const char *text_of(struct vl_arena *arena, const struct cause *cause)
{
    const char *places = "", *file = cause->first->at.file;

    if (cause->count == 1)
        return cause->first->text;
    for (size_t i = 0; i < PLACES_MOST && i + 1 < cause->count; i++) {
        const struct vl_position *at = &cause->others[i]->at;

        places = !strcmp(at->file, file)
                     ? vl_arena_printf(arena, "%s%s%d", places, i ? ", " : "", at->line)
                     : vl_arena_printf(arena, "%s%s%s:%d", places, i ? ", " : "", at->file, at->line);
    }
    return vl_arena_printf(
        arena, cause->varied ? "%s (and %zu with other numbers, line %s%s)" : "%s (%zu times, also line %s%s)",
        cause->first->text, cause->count - cause->varied, places, cause->count - 1 > PLACES_MOST ? " ..." : "");
}

static void print_cause(struct groups *groups, const struct cause *cause, size_t most, struct vl_buf *buf)
{
    struct told *told = cause->rule;

    if (told->hidden)
        return;
    if (cause->number < most || told->causes == 1) {
        print_line(buf, cause->first, text_of(groups->arena, cause));
        told->shown += cause->count;
    } else if (!told->closed) {
        told->closed = true;
        print_line(buf, cause->first,
                   most ? vl_arena_printf(groups->arena, "%zu more of this rule from here on; -v tells them",
                                          told->findings - told->shown)
                        : vl_arena_printf(groups->arena, "%s (and %zu more of this rule; -v tells them)",
                                          cause->first->text, told->findings - 1));
    }
}

static int compare_rules(const void *left, const void *right)
{
    const struct told *a = *(struct told *const *)left, *b = *(struct told *const *)right;

    if (a->severity != b->severity)
        return a->severity > b->severity ? -1 : 1;
    return (a->number > b->number) - (a->number < b->number);
}

/* More rules than lines: the last line is for those that are left out. */
static void hide_rules(struct groups *groups)
{
    if (groups->rule_count <= VL_FINDINGS_MOST)
        return;
    qsort(groups->rules, groups->rule_count, sizeof(struct told *), compare_rules);
    for (size_t i = VL_FINDINGS_MOST - 1; i < groups->rule_count; i++)
        groups->rules[i]->hidden = true;
}

static void print_hidden(const struct groups *groups, const char *file, struct vl_buf *buf)
{
    size_t rules = 0, findings = 0;

    for (size_t i = 0; i < groups->rule_count; i++) {
        rules += groups->rules[i]->hidden;
        findings += groups->rules[i]->hidden ? groups->rules[i]->findings : 0;
    }
    if (rules)
        vl_buf_printf(buf, "%s: %zu more of %zu other rules; -v tells them\n", file, findings, rules);
}

bool vl_findings_print(struct vl_arena *arena, const struct vl_finding *const *findings, size_t count, bool all,
                       struct vl_buf *buf)
{
    struct groups groups = { .arena = arena };
    size_t most = VL_FINDINGS_MOST;

    for (size_t i = 0; i < count && all; i++)
        print_line(buf, findings[i], findings[i]->text);
    for (size_t i = 0; i < count && !all; i++)
        put(&groups, findings[i]);
    if (groups.cause_count > VL_FINDINGS_MOST) {
        groups = (struct groups){ .arena = arena, .loose = true };
        for (size_t i = 0; i < count; i++)
            put(&groups, findings[i]);
    }
    while (most && lines_with(&groups, most) > VL_FINDINGS_MOST)
        most--;
    hide_rules(&groups);
    for (size_t i = 0; i < groups.cause_count; i++)
        print_cause(&groups, groups.causes[i], most, buf);
    if (count)
        print_hidden(&groups, findings[0]->at.file, buf);
    return !all && groups.cause_count < count;
}
