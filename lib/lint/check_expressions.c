/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Conditions: what stands in $[ ] and cannot be computed, or only as long as no variable is empty; what stands outside
 * of it and looks as if it were computed; conditions without the '?' that they are for; and times that mean nothing.
 */
#include <ctype.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "dialplan/expression.h"
#include "dialplan/timing.h"
#include "lint/part.h"

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t';
}

/* The length of the operator that the text begins with; 0: it begins with none. */
static size_t operator_length(const char *text)
{
    static const char *const operators[] = { "::", ">=", "<=", "!=", "=~", "~~", "|", "&", "=", ">",
                                             "<",  "+",  "-",  "*",  "/",  "%",  "?", ":", "!" };

    for (size_t i = 0; i < VL_COUNT(operators); i++)
        if (!strncmp(text, operators[i], strlen(operators[i])))
            return strlen(operators[i]);
    return 0;
}

/* The length of one thing that is no operator: a reference, a string, or a character. */
static size_t thing_length(const char *text)
{
    size_t reference = vl_reference_length(text), length;

    if (reference || *text != '"')
        return reference ? reference : *text == '\\' && text[1] ? 2 : 1;
    for (length = 1; text[length] && text[length] != '"'; length++)
        if (text[length] == '\\' && text[length + 1])
            length++;
    return length + (text[length] == '"');
}

/* Whether an operator of the expression lacks a side. A regular expression without quotes may be anything. */
static bool is_broken(const char *text)
{
    bool wanted = true, any = false;

    while (*text) {
        size_t length = operator_length(text);

        if (is_blank(*text) || *text == '(' || *text == ')') {
            wanted |= *text == '(';
            if (*text == ')' && wanted)
                return true;
            text++;
            continue;
        }
        if (length && wanted && *text != '-' && *text != '!' && *text != '+')
            return true;
        if (length && (*text == ':' || !strncmp(text, "=~", 2)))
            return !text[length + strspn(text + length, " \t")];
        if (!length)
            length = thing_length(text);
        else
            wanted = any = true;
        if (!operator_length(text))
            wanted = false;
        text += length;
    }
    return wanted && any;
}

/* One word: a string, or whatever stands up to a blank, a bracket or an operator. */
static size_t word_length(const char *text, bool *ret_literal)
{
    size_t length = 0;

    *ret_literal = true;
    do {
        *ret_literal &= text[length] != '$';
        length += thing_length(text + length);
    } while (text[length] && !is_blank(text[length]) && !strchr("()\"", text[length]) &&
             !operator_length(text + length));
    return length;
}

/* Where the second of two words stands that have no operator between them; NULL: nowhere. Words that are only known in
 * a call may hold one, and a regular expression without quotes anything. */
static const char *second_word(const char *text)
{
    bool literal, before = false;

    while (*text) {
        size_t length = operator_length(text);

        if (length && (*text == ':' || !strncmp(text, "=~", 2)))
            return NULL;
        if (length || *text == '(' || *text == ')') {
            before = false;
            text += length ? length : 1;
        } else if (is_blank(*text)) {
            text++;
        } else {
            length = word_length(text, &literal);
            if (before && literal)
                return text;
            before = literal;
            text += length;
        }
    }
    return NULL;
}

/* What is never empty: Asterisk sets it, or the application that it is about. */
static bool is_always_set(const char *name)
{
    static const char *const names[] = {
        "EXTEN",    "CONTEXT",   "PRIORITY",    "CHANNEL", "UNIQUEID",    "EPOCH",
        "DATETIME", "TIMESTAMP", "HANGUPCAUSE", "ARGC",    "MACRO_DEPTH", "SYSTEMNAME"
    };
    size_t length = strlen(name);

    for (size_t i = 0; i < VL_COUNT(names); i++)
        if (!strcmp(names[i], name))
            return true;
    return (length > 6 && !strcmp(name + length - 6, "STATUS")) ||
           (length > 6 && !strcmp(name + length - 6, "RESULT")) || (length > 4 && !strcmp(name + length - 4, "TIME"));
}

/* Whether a step before this one sets it in the same extension, or a step anywhere does. */
enum setting { NOWHERE, SOMEWHERE, BEFORE };

static enum setting setting_of(const struct vl_lint *lint, const struct vl_lint_call *call, const char *name)
{
    enum { STEPS_MOST = 500 };
    size_t count, length = strlen(name);
    const struct vl_lint_call *first = vl_lint_calls_of(lint, call->extension, &count), *before = call;

    for (int i = 0; i < STEPS_MOST && before > first; i++) {
        const char *text = (--before)->arguments;

        text += strspn(text, "_");
        /* Read(NAME,...) may leave it empty */
        if (before->step != call->step && vl_application_sets(before->row) && !strncmp(text, name, length) &&
            text[length] == '=' && text[length + 1])
            return BEFORE;
    }
    return vl_lint_is_assigned(lint, name) ? SOMEWHERE : NOWHERE;
}

/* A function whose value may be empty, since what it is asked for need not be there. */
static bool may_lack(const char *function)
{
    static const char *const names[] = { "DB",   "CALLERID", "CDR",    "CUT",        "FILTER",       "ENV",     "SHELL",
                                         "CURL", "HASH",     "SHARED", "SIP_HEADER", "PJSIP_HEADER", "REALTIME" };

    for (size_t i = 0; i < VL_COUNT(names); i++)
        if (!strcmp(names[i], function))
            return true;
    return false;
}

/* Whether the operator is about numbers: one in quotes is none. */
static bool is_numeric(const char *sign)
{
    return sign && *sign && strchr("<>+-*/%", *sign);
}

/* What keeps it from being empty: quotes, or a digit where a number is wanted. */
static const char *advice(struct vl_lint *lint, const char *reference, size_t length, bool numeric)
{
    return numeric ? vl_arena_printf(lint->arena, "0%.*s", (int)length, reference)
                   : vl_arena_printf(lint->arena, "\"%.*s\" with quotes on both sides", (int)length, reference);
}

static void report_operand(struct vl_lint *lint, const struct vl_lint_call *call, const char *reference, size_t length,
                           bool numeric)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
    size_t letter_count = strspn(reference + 2, letters);
    const char *name = vl_arena_strndup(lint->arena, reference + 2, letter_count);
    char next = reference[2 + letter_count];
    const char *value = vl_dialplan_global(lint->plan, name);
    enum setting setting;

    if (!letter_count || (next != '}' && next != ':' && next != '(') || (next == '(' && !may_lack(name)) ||
        is_always_set(name))
        return;
    setting = next == '(' ? NOWHERE : setting_of(lint, call, name);
    if (setting == BEFORE || (setting == NOWHERE && next != '(' && value && *value))
        return;
    vl_lint_add_as(lint, VL_RULE_UNQUOTED,
                   setting == SOMEWHERE || !strncmp(name, "ARG", 3) ? VL_SEVERITY_NOTICE : VL_SEVERITY_WARNING,
                   &call->step->at, call->extension, NULL,
                   "where %.*s is empty the expression lacks a side, and is 0 or nothing; write %s", (int)length,
                   reference, advice(lint, reference, length, numeric));
}

/* References that are a whole side of an operator. */
static void check_operands(struct vl_lint *lint, const struct vl_lint_call *call, const char *text)
{
    bool operators = false, starts = true;
    const char *before = NULL; /* the operator on the left */

    for (const char *p = text; *p; p += operator_length(p) ? operator_length(p) : thing_length(p))
        operators |= operator_length(p) && *p != ':' && *p != '?';
    for (const char *p = text; *p && operators;) {
        size_t sign = operator_length(p), length = sign ? sign : thing_length(p);
        bool ends = !p[length] || is_blank(p[length]) || p[length] == ')' || operator_length(p + length);

        if (*p == '$' && p[1] == '{' && starts && ends)
            report_operand(lint, call, p, length,
                           is_numeric(before) || is_numeric(p + length + strspn(p + length, " \t")));
        if (sign || !is_blank(*p))
            before = sign ? p : NULL;
        starts = sign || is_blank(*p) || *p == '(';
        p += length;
    }
}

static void check_expression(struct vl_lint *lint, const struct vl_lint_call *call, const char *text)
{
    const char *second = second_word(text);

    if (is_broken(text)) {
        vl_lint_add(lint, VL_RULE_EXPRESSION, &call->step->at, call->extension, NULL,
                    "$[%s] is no expression, since an operator lacks a side: Asterisk makes it 0, or nothing", text);
        return;
    }
    check_operands(lint, call, text);
    if (second)
        vl_lint_add(lint, VL_RULE_EXPRESSION, &call->step->at, call->extension, NULL,
                    "$[%s] ends before '%s', since no operator stands there: Asterisk leaves the rest out; words with "
                    "blanks stand in quotes",
                    text, second);
}

/* Every $[...] of a text, and those inside of it. */
static void check_expressions(struct vl_lint *lint, const struct vl_lint_call *call, const char *text)
{
    for (; *text; text++) {
        size_t length = vl_reference_length(text);
        const char *inner;

        if (length < 3)
            continue;
        inner = vl_arena_strndup(lint->arena, text + 2, length - 3);
        if (text[1] == '[' && text[length - 1] == ']')
            check_expression(lint, call, inner);
        check_expressions(lint, call, inner);
        text += length - 1;
    }
}

/* The condition without its references, where they stood nothing; blanks too. */
static char *literal_of(struct vl_arena *arena, const char *text)
{
    char *copy = vl_arena_strdup(arena, text), *end = copy;

    while (*text) {
        size_t length = vl_reference_length(text);

        if (!length && !is_blank(*text) && *copy)
            *end++ = *text;
        text += length ? length : 1;
    }
    *end = '\0';
    return copy;
}

static bool is_number(const char *text)
{
    text += *text == '-';
    return *text && !text[strspn(text, "0123456789")];
}

static void check_text(struct vl_lint *lint, const struct vl_lint_call *call, const char *text)
{
    const char *literal = literal_of(lint->arena, text), *first = text + strspn(text, " \t");

    if (!*literal || is_number(literal))
        return;
    if ((*first == '$' || isdigit((unsigned char)*first)) && strpbrk(literal, "=<>&|!+*"))
        vl_lint_add(lint, VL_RULE_CONDITION, &call->step->at, call->extension, NULL,
                    "of the condition '%s' only what stands first counts: operators are computed inside of $[ ]", text);
    else if (*first != '$' && !isdigit((unsigned char)*first))
        vl_lint_add(lint, VL_RULE_CONDITION, &call->step->at, call->extension, NULL,
                    "the condition '%s' is text and always true: operators are computed inside of $[ ]", text);
}

static void check_condition(struct vl_lint *lint, const struct vl_lint_call *call)
{
    const struct vl_ways ways = vl_jump_ways(lint->arena, call->row, call->arguments);
    const char *wrong = NULL;
    bool whole = vl_reference_length(call->arguments) == strlen(call->arguments) && *call->arguments;

    if (!ways.count && lint->asterisk >= 106)
        vl_lint_add(lint, VL_RULE_QUESTION, &call->step->at, call->extension, NULL,
                    "%s does nothing: since Asterisk 1.6 it is written %s(CONDITION?APPLICATION(ARGUMENTS))",
                    call->application, call->application);
    else if (ways.count && !ways.condition.marked && !whole)
        vl_lint_add(lint, VL_RULE_QUESTION, &call->step->at, call->extension, NULL,
                    "%s has no '?' behind its condition, so it does nothing: %s(CONDITION?...)", call->application,
                    call->application);
    else if (call->row->when == VL_WHEN_CONDITION && ways.count)
        check_text(lint, call, ways.condition.text);
    else if (ways.count && !strchr(ways.condition.text, '$') && lint->asterisk >= 106 &&
             vl_timing_read(lint->arena, ways.condition.text, &wrong) && wrong)
        vl_lint_add(lint, VL_RULE_TIME, &call->step->at, call->extension, NULL,
                    "'%s' in the times '%s' means nothing, so they never come as they are meant", wrong,
                    ways.condition.text);
}

/* ${IF(CONDITION?YES:NO)} wherever it stands. */
static void check_functions(struct vl_lint *lint, const struct vl_lint_call *call)
{
    static const char start[] = "${IF(";

    for (const char *p = strstr(call->arguments, start); p; p = strstr(p + 1, start)) {
        const char *text = p + strlen(start);
        const char *inner = vl_arena_strndup(lint->arena, text, vl_call_length(text));
        struct vl_condition condition;

        if (!inner)
            return;
        condition = vl_condition_read(lint->arena, inner, VL_MARKS_FUNCTION);
        if (condition.marked)
            check_text(lint, call, condition.text);
    }
}

void vl_lint_check_expressions(struct vl_lint *lint)
{
    for (size_t i = 0; i < lint->call_count && !vl_lint_stopped(lint); i++) {
        const struct vl_lint_call *call = &lint->calls[i];

        if (call->row->when != VL_WHEN_ALWAYS)
            check_condition(lint, call);
        if (vl_lint_call_is(call, "While"))
            check_text(lint, call, call->arguments);
        if (!call->nested) {
            check_functions(lint, call);
            check_expressions(lint, call, call->arguments);
        }
    }
}
