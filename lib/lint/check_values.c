/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Values: what Set() does not set, and text that was meant as something else: {NAME} without '$', sounds with the
 * suffix of their file, quotes of a word processor, and a ')' too many.
 */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "dialplan/expression.h"
#include "lint/modules.h"
#include "lint/part.h"

static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";

/* `NAME=` behind a comma: somebody thinks that Set() takes several. */
static const char *second_of(struct vl_arena *arena, const char *value)
{
    for (const char *p = strchr(value, ','); p; p = strchr(p + 1, ',')) {
        size_t blanks = strspn(p + 1, " "), length = strspn(p + 1 + blanks, letters);

        if (length && p[1 + blanks + length] == '=' && !isdigit((unsigned char)p[1 + blanks]))
            return vl_arena_strndup(arena, p + 1 + blanks, length);
    }
    return NULL;
}

static void check_set(struct vl_lint *lint, const struct vl_lint_call *call)
{
    const char *text = call->arguments, *value = text, *name, *second;
    size_t reference = vl_reference_length(text), length;

    for (; *value && *value != '='; value++)
        value += vl_reference_length(value) ? vl_reference_length(value) - 1 : 0;
    length = (size_t)(value - text);
    name = vl_arena_strndup(lint->arena, text, length);
    second = *value && lint->asterisk >= 106 && !strchr(name, '(') ? second_of(lint->arena, value + 1) : NULL;
    if (!*value)
        vl_lint_add(lint, VL_RULE_SET, &call->step->at, call->extension, NULL, "Set(%s) sets nothing: it has no '='",
                    text);
    else if (strchr(name, ' ') && !strchr(name, '(') && !strchr(name, '$'))
        vl_lint_add(lint, VL_RULE_SET, &call->step->at, call->extension, NULL,
                    "the blanks belong to the name: this sets '%s', and ${%s} stays as it was", name,
                    vl_text_strip(vl_arena_strdup(lint->arena, name)));
    else if (isalpha((unsigned char)*name) && name[strspn(name, letters)] == '(' && !strchr(name, ')'))
        vl_lint_add(lint, VL_RULE_SET, &call->step->at, call->extension, NULL,
                    "the '(' of '%s' does not close before '=', so that this is no function, and nothing is set", name);
    else if (second)
        vl_lint_add(lint, VL_RULE_SET, &call->step->at, call->extension, NULL,
                    "Set() sets one variable: '%s' becomes '%s'; write a Set() for '%s', or MSet()", name, value + 1,
                    second);
    else if (reference == length && reference > 3 && text[1] == '{' && strspn(text + 2, letters) == reference - 3) {
        name = vl_arena_strndup(lint->arena, text + 2, reference - 3);
        if (!vl_lint_is_assigned(lint, name) && !vl_dialplan_global(lint->plan, name) && strncmp(name, "ARG", 3) != 0)
            vl_lint_add(
                lint, VL_RULE_SET, &call->step->at, call->extension, NULL,
                "what is set is the variable whose name '%s' holds, and nothing has set that; write Set(%s=...)", name,
                name);
    }
}

/* A variable that the plan has. */
static bool is_variable(const struct vl_lint *lint, const char *name)
{
    return vl_lint_is_assigned(lint, name) || vl_dialplan_global(lint->plan, name) || !strcmp(name, "EXTEN") ||
           !strcmp(name, "CALLERID") || !strncmp(name, "ARG", 3);
}

/* `{NAME}`, `{NAME:1}` and `{FUNCTION(...)}` without '$'. */
static void check_braces(struct vl_lint *lint, const struct vl_lint_call *call)
{
    for (const char *p = strchr(call->arguments, '{'); p; p = strchr(p + 1, '{')) {
        size_t length = strspn(p + 1, letters), whole = strcspn(p, "}");
        const struct vl_provided *function;
        const char *name;

        if (length < 2 || !strchr("}:(", p[1 + length]) || !p[whole] || !isalpha((unsigned char)p[1]) ||
            (p > call->arguments && strchr("$\\%{", p[-1])))
            continue;
        name = vl_arena_strndup(lint->arena, p + 1, length);
        function = p[1 + length] == '(' && name ? vl_lint_provided(lint, VL_PROVIDES_FUNCTION, name) : NULL;
        if (name && (function ? !strcmp(function->name, name) && p[whole - 1] == ')'
                              : p[1 + length] != '(' && is_variable(lint, name)))
            vl_lint_add(lint, VL_RULE_BRACES, &call->step->at, call->extension, NULL,
                        "'%.*s' is text; the value is $%.*s", (int)whole + 1, p, (int)whole + 1, p);
    }
}

/* `$NAME` and `$(NAME)` without braces. A shell has variables of its own. */
static void check_bare(struct vl_lint *lint, const struct vl_lint_call *call)
{
    for (const char *p = strchr(call->arguments, '$'); p; p = strchr(p + 1, '$')) {
        const char *start = p + 1 + (p[1] == '(');
        size_t length = strspn(start, letters);
        const char *name;

        if (length < 2 || !isalpha((unsigned char)*start) || (p[1] == '(' && start[length] != ')') ||
            (p > call->arguments && p[-1] == '\\'))
            continue;
        name = vl_arena_strndup(lint->arena, start, length);
        if (name && is_variable(lint, name))
            vl_lint_add(lint, VL_RULE_BRACES, &call->step->at, call->extension, NULL,
                        "'$%s%s%s' is text; the value of the variable is ${%s}", p[1] == '(' ? "(" : "", name,
                        p[1] == '(' ? ")" : "", name);
    }
}

/* What another program gets, which may know '$' itself. */
static bool is_for_program(const struct vl_lint_call *call)
{
    return call->row->effect == VL_EFFECT_PROGRAM || strcasestr(call->application, "system") ||
           strstr(call->arguments, "SHELL(");
}

static bool is_suffix(const char *text)
{
    static const char *const suffixes[] = { "wav", "wav49", "gsm",  "ulaw", "alaw", "ul",  "al",
                                            "sln", "sln16", "g722", "g729", "mp3",  "ogg", "pcm" };

    for (size_t i = 0; i < VL_COUNT(suffixes); i++)
        if (!strcasecmp(text, suffixes[i]))
            return true;
    return false;
}

static void check_sounds(struct vl_lint *lint, const struct vl_lint_call *call)
{
    bool read = call->row->effect == VL_EFFECT_READ;
    size_t at = read ? 1 : 0, count = 0;
    const char *const *sounds;

    if ((!read && !vl_lint_call_is(call, "Playback") && !vl_lint_call_is(call, "BackGround")) || call->count <= at)
        return;
    sounds = vl_jump_split(lint->arena, call->parts[at], '&', &count);
    for (size_t i = 0; i < count; i++) {
        const char *dot = strrchr(sounds[i], '.');

        if (dot && is_suffix(dot + 1) && !strstr(sounds[i], "://"))
            vl_lint_add(lint, VL_RULE_SOUND, &call->step->at, call->extension, NULL,
                        "Asterisk looks for '%s' with a suffix of its own behind it; write '%.*s'", sounds[i],
                        (int)(dot - sounds[i]), sounds[i]);
    }
}

/* Of U+2018 to U+201F, those that stand for '"'; or all, with those that stand for an apostrophe as well. */
static bool is_quote(const char *text, bool all)
{
    return !strncmp(text, "\xe2\x80", 2) && (unsigned char)text[2] >= (all ? 0x98 : 0x9c) &&
           (unsigned char)text[2] <= 0x9f;
}

static bool has_quotes(const char *text, size_t length, bool all)
{
    bool quoted = false;

    for (size_t i = 0; i < length; i++) {
        quoted ^= text[i] == '"';
        if (!quoted && is_quote(text + i, all))
            return true;
    }
    return false;
}

/* Where quotes mean something: in $[ ], around a value, and in arguments that are taken apart. */
static void check_quotes(struct vl_lint *lint, const struct vl_lint_call *call)
{
    const char *text = call->arguments, *value = strchr(text, '=');
    bool wrong = call->row->parts ? has_quotes(text, strlen(text), false)
                                  : call->row->effect == VL_EFFECT_SET && value && is_quote(value + 1, false);

    for (const char *p = strstr(text, "$["); p && !wrong; p = strstr(p + 2, "$["))
        wrong = has_quotes(p + 2, vl_reference_inside(p + 2, strlen(p + 2), '['), true);
    if (wrong)
        vl_lint_add(lint, VL_RULE_QUOTES, &call->step->at, call->extension, NULL,
                    "the quotes in '%s' are not \", but those of a word processor, which are text for Asterisk", text);
}

/* What stands behind the ')' that closes the arguments before their end; NULL: nothing does. */
static const char *behind(const char *text)
{
    int depth = 0;

    for (; *text && depth >= 0; text++) {
        size_t reference = vl_reference_length(text);

        if (reference)
            text += reference - 1;
        else if (*text == '\\' && text[1])
            text++;
        else if (*text == '(' || *text == ')')
            depth += *text == '(' ? 1 : -1;
    }
    return depth < 0 ? text : NULL;
}

static void check_extra(struct vl_lint *lint, const struct vl_lint_call *call)
{
    const char *rest = call->nested ? NULL : behind(call->arguments), *second;

    if (!rest)
        return;
    second = rest + strspn(rest, ", \t");
    if (strspn(second, letters) && second[strspn(second, letters)] == '(')
        vl_lint_add(lint, VL_RULE_EXTRA, &call->step->at, call->extension, NULL,
                    "a line has one application: '%.*s' is a part of the arguments of %s; give it a line of its own",
                    (int)strspn(second, letters), second, call->application);
    else if (!*rest)
        vl_lint_add(lint, VL_RULE_EXTRA, &call->step->at, call->extension, NULL,
                    "%s has a ')' too many, which belongs to its arguments: '%s'", call->application, call->arguments);
}

void vl_lint_check_values(struct vl_lint *lint)
{
    for (size_t i = 0; i < lint->call_count && !vl_lint_stopped(lint); i++) {
        const struct vl_lint_call *call = &lint->calls[i];

        if (call->row->effect == VL_EFFECT_SET)
            check_set(lint, call);
        check_braces(lint, call);
        if (!is_for_program(call))
            check_bare(lint, call);
        check_sounds(lint, call);
        check_extra(lint, call);
        check_quotes(lint, call);
    }
}
