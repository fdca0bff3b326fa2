/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the loader noticed, as findings; and names of extensions that mean something else than they seem to.
 */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "lint/numbers.h"
#include "lint/part.h"
#include "lint/report.h"

static const enum vl_lint_id rules[] = {
#define X(code, level, name) [VL_DIALPLAN_##code] = VL_RULE_##code,
    VL_DIALPLAN_DIAGNOSTICS(X)
#undef X
};

static const struct vl_extension *extension_of(const struct vl_lint *lint, const struct vl_diagnostic *diagnostic)
{
    const struct vl_context *context =
        diagnostic->context ? vl_dialplan_context(lint->plan, diagnostic->context) : NULL;

    for (size_t i = 0; context && diagnostic->extension && i < context->extension_count; i++)
        if (!strcmp(context->extensions[i]->name, diagnostic->extension))
            return context->extensions[i];
    return NULL;
}

/* The label that a line of the file gives its step, `1(LABEL)`; NULL: none. */
static const char *label_of(struct vl_lint *lint, const char *line)
{
    const char *value = line ? strchr(line, '=') : NULL, *open;
    bool same = line && !strncasecmp(line + strspn(line, " \t"), "same", 4);
    size_t count = 0, at = same ? 0 : 1;
    const char *const *fields =
        value ? vl_jump_words(lint->arena, value + 1 + strspn(value + 1, "> \t"), &count) : NULL;

    open = fields && count > at ? strchr(fields[at], '(') : NULL;
    return open ? vl_arena_strndup(lint->arena, open + 1, strcspn(open + 1, ")")) : NULL;
}

/* Whether a line that Asterisk drops has a label that something jumps to, or may jump to: then somebody wants it, and
 * it must not go. */
static bool is_wanted(struct vl_lint *lint, const struct vl_position *at)
{
    const char *label = label_of(lint, vl_lint_line(lint, at));

    for (size_t i = 0; label && i < lint->place_count; i++)
        if (!lint->places[i].priority || !strcmp(lint->places[i].priority, label))
            return true;
    return false;
}

/* `,n` becomes `,1` where it was meant to begin an extension that has no priority 1. */
static const struct vl_fix *fix_of(struct vl_lint *lint, const struct vl_diagnostic *diagnostic)
{
    const struct vl_extension *extension = extension_of(lint, diagnostic);

    switch (diagnostic->code) {
    case VL_DIALPLAN_NEXT_AFTER_HINT:
    case VL_DIALPLAN_NEXT_ACROSS:
        if (!extension || vl_extension_priority(extension, 1))
            return NULL;
        return vl_lint_replace(lint, &diagnostic->at, ",n", ",1");
    case VL_DIALPLAN_INCLUDE_TWICE:
    case VL_DIALPLAN_SWITCH_TWICE:
    case VL_DIALPLAN_IGNOREPAT_TWICE:
        return vl_lint_replace(lint, &diagnostic->at, NULL, NULL);
    case VL_DIALPLAN_PRIORITY_TWICE:
        return is_wanted(lint, &diagnostic->at) ? NULL : vl_lint_replace(lint, &diagnostic->at, NULL, NULL);
    default:
        return NULL;
    }
}

/* A line of another file comes before one of a program's files: that is how such files are overridden. */
static bool is_overridden(struct vl_lint *lint, const struct vl_diagnostic *diagnostic,
                          const struct vl_extension *extension)
{
    if (diagnostic->code != VL_DIALPLAN_PRIORITY_TWICE && diagnostic->code != VL_DIALPLAN_LABEL_TWICE)
        return false;
    return extension && strcmp(extension->at.file, diagnostic->at.file) != 0 &&
           vl_lint_in_generated(lint, &diagnostic->at);
}

/* n across extensions is an accident when the extension has no beginning, and a habit when it has. */
static enum vl_severity severity_of(struct vl_lint *lint, const struct vl_diagnostic *diagnostic)
{
    const struct vl_extension *extension = extension_of(lint, diagnostic);

    if (diagnostic->code == VL_DIALPLAN_NEXT_ACROSS && extension && vl_extension_priority(extension, 1))
        return VL_SEVERITY_NOTICE;
    if (is_overridden(lint, diagnostic, extension))
        return VL_SEVERITY_NOTICE;
    return vl_lint_rules[rules[diagnostic->code]].severity;
}

/* An include of what a module makes, or of what a program leaves to its user to write. */
static bool is_meant(struct vl_lint *lint, const struct vl_diagnostic *diagnostic)
{
    const char *quote = diagnostic->code == VL_DIALPLAN_INCLUDE_UNKNOWN ? strchr(diagnostic->text, '\'') : NULL;
    const char *name = quote ? vl_arena_strndup(lint->arena, quote + 1, strcspn(quote + 1, "'")) : NULL;
    size_t length = name ? strlen(name) : 0;

    return name &&
           (vl_lint_is_made(name) || vl_lint_is_beside(lint, name) ||
            (length > 7 && !strcmp(name + length - 7, "-custom") && vl_lint_in_generated(lint, &diagnostic->at)));
}

/* A ';' in the middle of a line that lacks something: it was meant as a comma, or as text. */
static const char *comment_hint(struct vl_lint *lint, const struct vl_diagnostic *diagnostic)
{
    const char *line = diagnostic->code == VL_DIALPLAN_PRIORITY_UNKNOWN ? vl_lint_line(lint, &diagnostic->at) : NULL;
    const char *mark = line ? strchr(line, ';') : NULL;

    return mark && mark > line && !isspace((unsigned char)mark[-1]) && !isspace((unsigned char)mark[1]) && mark[1]
               ? "; what stands behind the ';' is a comment"
               : "";
}

void vl_lint_check_loader(struct vl_lint *lint)
{
    for (size_t i = 0; i < lint->plan->diagnostic_count; i++) {
        const struct vl_diagnostic *diagnostic = &lint->plan->diagnostics[i];

        if (!is_meant(lint, diagnostic))
            vl_lint_add_as(lint, rules[diagnostic->code], severity_of(lint, diagnostic), &diagnostic->at,
                           extension_of(lint, diagnostic), fix_of(lint, diagnostic), "%s%s", diagnostic->text,
                           comment_hint(lint, diagnostic));
    }
}

/* A run of letters, outside of sets, that holds one of N X Z beside others: a word, not cells. */
static bool holds_word(const char *p)
{
    while (*p) {
        size_t length = 0, cells = 0;

        if (*p == '[')
            p += strcspn(p, "]");
        for (; isalpha((unsigned char)p[length]); length++)
            cells += strchr("NXZnxz", p[length]) != NULL;
        if (cells && cells < length)
            return true;
        p += length ? length : *p != '\0';
    }
    return false;
}

/* A literal that only makes sense as a pattern: cells or a set or a wildcard, among digits. */
static bool wants_underscore(const char *name)
{
    size_t cells = 0, digits = 0;

    for (const char *p = name; *p; p++) {
        if (isdigit((unsigned char)*p) || *p == '*' || *p == '#' || *p == '+')
            digits++;
        else if (strchr("NXZ", *p))
            cells++;
        else if (*p == '[' && strchr(p, ']')) {
            p = strchr(p, ']');
            cells++;
        } else if ((*p == '.' || *p == '!') && !p[1]) {
            cells += digits > 0 || cells > 0;
        } else if (*p != '-') {
            return false;
        }
    }
    return cells > 0 && (digits > 0 || cells > 1);
}

static void check_name(struct vl_lint *lint, const struct vl_extension *extension)
{
    const char *name = extension->name;

    if (*name == '_' && holds_word(name + 1))
        vl_lint_add(lint, VL_RULE_LETTER, &extension->at, extension, NULL,
                    "in the pattern '%s' N, X and Z stand for digits; as letters they are written [N], [X] and [Z]",
                    name);
    else if (*name != '_' && wants_underscore(name))
        vl_lint_add(lint, VL_RULE_UNDERSCORE, &extension->at, extension, NULL,
                    "'%s' matches these very characters and no number; a pattern begins with '_': '_%s'", name, name);
}

/* _. and _! the loader tells, and a set without its end too. */
static void check_pattern(struct vl_lint *lint, const struct vl_extension *extension)
{
    const char *name = extension->name, *open = strrchr(name, '['), *wild = strpbrk(name, ".!");
    const struct vl_numbers *language = vl_lint_language(lint, extension);
    bool elsewhere, set = open && !strchr(open, ']');

    if (*name != '_' || !language || set)
        return;
    while (wild && strchr(wild, ']') && (!strchr(wild, '[') || strchr(wild, ']') < strchr(wild, '[')))
        wild = strpbrk(wild + 1, ".!");
    if (language->never || !name[1])
        vl_lint_add(lint, VL_RULE_NEVER, &extension->at, extension, NULL, "no number matches '%s'", name);
    else if (wild && wild[1] && strcmp(wild, ".!") != 0)
        vl_lint_add(lint, VL_RULE_NEVER, &extension->at, extension, NULL,
                    "'%s' behind the '%c' of '%s' counts for nothing: '%c' takes all that follows", wild + 1, *wild,
                    name, *wild);
    else if (strcmp(name, "_.") != 0 && strcmp(name, "_!") != 0 && vl_extension_priority(extension, 1) &&
             vl_numbers_has(language, "h") && vl_lint_find(lint, extension->context, "h", "1", &elsewhere) == extension)
        vl_lint_add(lint, VL_RULE_TAKES_H, &extension->at, extension, NULL,
                    "'%s' matches 'h' too, so its steps run again after every call of [%s]; write _X. or what numbers "
                    "begin with, or give the context an h",
                    name, extension->context->name);
}

static bool is_section(const char *line, const char *name)
{
    return *line == '[' && !strncmp(line + 1, name, strlen(name)) && line[1 + strlen(name)] == ']';
}

/* What is told of a line of [general] or [globals], which the loader takes for a setting. */
static void check_general_line(struct vl_lint *lint, const struct vl_position *at, const char *line,
                               const char *section)
{
    static const char *const names[] = { "exten", "same", "include", "switch" };

    line += strspn(line, " \t");
    for (size_t i = 0; i < VL_COUNT(names); i++) {
        size_t length = strlen(names[i]);

        if (!strncasecmp(line, names[i], length) && line[length + strspn(line + length, " \t")] == '=')
            vl_lint_add(lint, VL_RULE_EXTEN_GENERAL, at, NULL, NULL,
                        "'%s' stands in [%s], which is no context: nobody can dial it; put a [context] above", names[i],
                        section);
    }
}

void vl_lint_check_general(struct vl_lint *lint)
{
    for (size_t i = 0; i < lint->plan->file_count; i++) {
        struct vl_position at = { .file = lint->plan->files[i], .line = 1 };
        const char *section = NULL, *line;

        for (; (line = vl_lint_line(lint, &at)); at.line++) {
            if (*line == '[')
                section = is_section(line, "general") ? "general" : is_section(line, "globals") ? "globals" : NULL;
            else if (section)
                check_general_line(lint, &at, line, section);
        }
    }
}

void vl_lint_check_names(struct vl_lint *lint)
{
    for (size_t i = 0; i < lint->plan->context_count; i++)
        for (size_t j = 0; j < lint->plan->contexts[i]->extension_count; j++) {
            check_name(lint, lint->plan->contexts[i]->extensions[j]);
            check_pattern(lint, lint->plan->contexts[i]->extensions[j]);
        }
}
