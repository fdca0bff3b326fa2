/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A lexer, a parser by precedence and the operators. Each value is a number, a string that is one (and becomes one when
 * an operator looks at it), another string, or not known; what is not known makes a result unknown only where the
 * result hangs on it.
 */
#include "dialplan/expression.h"

#include <ctype.h>
#include <limits.h>
#include <math.h>
#include <regex.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

enum { DEPTH_MOST = 64, PATTERN_MOST = 64, REPEATS_MOST = 4, SUBJECT_MOST = 256 };

enum kind { NUMBER, NUMERIC, STRING, UNKNOWN };

struct value {
    enum kind kind;
    long double number;
    const char *text;
};

enum token { END, WORD, OPEN, CLOSE, COMMA, OPERATOR, ODD };

/* Operators by precedence, the loosest first. */
enum level { CONDITION = 1, OR, AND, COMPARISON, SUM, PRODUCT, UNARY, MATCH };

struct expression;
typedef struct value operation(struct expression *expression, struct value a, struct value b);

struct sign {
    const char *text;
    enum level level;
    operation *compute;
};

struct expression {
    struct vl_arena *arena;
    const char *rest;
    unsigned depth;
    bool wrong, odd; /* not an expression; more than is known here */
    enum token token;
    struct value word;
    const struct sign *sign;
};

static struct value unknown(void)
{
    return (struct value){ .kind = UNKNOWN };
}

static struct value number(long double value)
{
    return (struct value){ .kind = NUMBER, .number = value };
}

static struct value string(const char *text)
{
    bool numeric = isdigit((unsigned char)*text) || *text == '.';

    for (const char *p = text; *p && numeric; p++)
        numeric = isdigit((unsigned char)*p) || *p == '.';
    return (struct value){ .kind = numeric ? NUMERIC : STRING, .text = text };
}

/* False: it is no number. */
static bool to_number(struct value *value)
{
    if (value->kind == NUMERIC)
        *value = number(strtold(value->text, NULL));
    return value->kind == NUMBER;
}

static const char *to_text(struct vl_arena *arena, const struct value *value)
{
    return value->kind == NUMBER ? vl_arena_printf(arena, "%.18Lg", value->number) : value->text;
}

static bool is_unknown(struct value a, struct value b)
{
    return a.kind == UNKNOWN || b.kind == UNKNOWN;
}

static bool is_nothing(struct value *value)
{
    if (value->kind == STRING)
        return !*value->text;
    return to_number(value) && value->number == 0;
}

static struct value compute_or(struct expression *expression, struct value a, struct value b)
{
    (void)expression;
    if (a.kind == UNKNOWN)
        return a;
    return is_nothing(&a) ? b : a;
}

static struct value compute_and(struct expression *expression, struct value a, struct value b)
{
    (void)expression;
    if ((a.kind != UNKNOWN && is_nothing(&a)) || (b.kind != UNKNOWN && is_nothing(&b)))
        return number(0);
    return is_unknown(a, b) ? unknown() : a;
}

static int order_of(struct expression *expression, struct value a, struct value b)
{
    if (a.kind == STRING || b.kind == STRING)
        return strcmp(to_text(expression->arena, &a), to_text(expression->arena, &b));
    (void)to_number(&a);
    (void)to_number(&b);
    return (a.number > b.number) - (a.number < b.number);
}

#define COMPARISON_OF(name, sign)                                                                                      \
    static struct value name(struct expression *expression, struct value a, struct value b)                            \
    {                                                                                                                  \
        return is_unknown(a, b) ? unknown() : number(order_of(expression, a, b) sign 0);                               \
    }

COMPARISON_OF(compute_equal, ==)
COMPARISON_OF(compute_unequal, !=)
COMPARISON_OF(compute_more, >)
COMPARISON_OF(compute_less, <)
COMPARISON_OF(compute_at_least, >=)
COMPARISON_OF(compute_at_most, <=)

/* What is no number is left out of a sum. */
static struct value compute_plus(struct expression *expression, struct value a, struct value b)
{
    bool has_a = to_number(&a), has_b = to_number(&b);

    (void)expression;
    if (is_unknown(a, b))
        return unknown();
    if (!has_a || !has_b)
        return has_a ? a : has_b ? b : number(0);
    return number(a.number + b.number);
}

static struct value compute_minus(struct expression *expression, struct value a, struct value b)
{
    bool has_a = to_number(&a), has_b = to_number(&b);

    (void)expression;
    if (is_unknown(a, b))
        return unknown();
    if (!has_b)
        return has_a ? a : number(0);
    return number((has_a ? a.number : 0) - b.number);
}

static struct value compute_times(struct expression *expression, struct value a, struct value b)
{
    bool both = to_number(&a) && to_number(&b);

    (void)expression;
    return is_unknown(a, b) ? unknown() : number(both ? a.number * b.number : 0);
}

static struct value compute_quotient(struct expression *expression, struct value a, struct value b)
{
    bool has_a = to_number(&a), has_b = to_number(&b);

    (void)expression;
    if (is_unknown(a, b))
        return unknown();
    if (!has_a)
        return number(0);
    return number(has_b && b.number != 0 ? a.number / b.number : INT_MAX);
}

static struct value compute_remainder(struct expression *expression, struct value a, struct value b)
{
    bool both = to_number(&a) && to_number(&b);

    (void)expression;
    if (is_unknown(a, b))
        return unknown();
    return number(both && b.number != 0 ? fmodl(a.number, b.number) : 0);
}

/* Without its quotes, all of them, when it begins and ends with one. */
static char *unquoted(struct vl_arena *arena, const struct value *value)
{
    char *text = vl_arena_strdup(arena, to_text(arena, value)), *end = text;

    if (*text != '"' || text[strlen(text) - 1] != '"')
        return text;
    for (const char *p = text; *p; p++)
        if (*p != '"')
            *end++ = *p;
    *end = '\0';
    return text;
}

static bool refers_back(const char *pattern)
{
    for (const char *p = pattern; (p = strchr(p, '\\')) && p[1]; p += 2)
        if (p[1] >= '1' && p[1] <= '9')
            return true;
    return false;
}

/* The C library copies what is repeated, again for each repetition around it, and looks at a long text again from each
 * of its characters; references back take a time without bound. What numbers and names are matched with has none of
 * that. */
bool vl_expression_is_costly(const char *text, const char *pattern)
{
    size_t repeats = 0;

    for (const char *p = pattern; (p = strpbrk(p, "*+?")); p++)
        repeats++;
    return strlen(pattern) > PATTERN_MOST || strlen(text) > SUBJECT_MOST || repeats > REPEATS_MOST ||
           strchr(pattern, '{') || refers_back(pattern);
}

static struct value match(struct expression *expression, struct value a, struct value b, bool anchored)
{
    struct vl_arena *arena = expression->arena;
    const char *text, *pattern;
    struct value result;
    regmatch_t found[2];
    regex_t regex;

    if (is_unknown(a, b))
        return unknown();
    text = unquoted(arena, &a);
    pattern = unquoted(arena, &b);
    if (vl_expression_is_costly(text, pattern))
        return unknown();
    if (regcomp(&regex, pattern, REG_EXTENDED) != 0)
        return string("");
    if (regexec(&regex, text, VL_COUNT(found), found, 0) != 0 || (anchored && found[0].rm_so != 0))
        result = regex.re_nsub ? string("") : number(0);
    else if (found[1].rm_so >= 0)
        result = string(vl_arena_strndup(arena, text + found[1].rm_so, (size_t)(found[1].rm_eo - found[1].rm_so)));
    else
        result = number((long double)(found[0].rm_eo - found[0].rm_so));
    regfree(&regex);
    return result;
}

static struct value compute_match(struct expression *expression, struct value a, struct value b)
{
    return match(expression, a, b, true);
}

static struct value compute_search(struct expression *expression, struct value a, struct value b)
{
    return match(expression, a, b, false);
}

static struct value compute_joined(struct expression *expression, struct value a, struct value b)
{
    struct vl_arena *arena = expression->arena;

    if (is_unknown(a, b))
        return unknown();
    return string(vl_arena_printf(arena, "%s%s", unquoted(arena, &a), unquoted(arena, &b)));
}

static struct value compute_not(struct value a)
{
    if (a.kind == UNKNOWN)
        return a;
    return number(a.kind == NUMBER ? a.number == 0 : (int)strtol(a.text, NULL, 10) == 0);
}

static struct value compute_negative(struct value a)
{
    if (a.kind == UNKNOWN)
        return a;
    return number(to_number(&a) ? -a.number : 0);
}

static struct value choose(struct value asked, struct value yes, struct value no)
{
    if (asked.kind == UNKNOWN)
        return asked;
    if (asked.kind == STRING)
        return *asked.text && strcmp(asked.text, "\"\"") != 0 ? yes : no;
    return to_number(&asked) && asked.number != 0 ? yes : no;
}

/* The longer ones first. */
static const struct sign signs[] = {
    { "||", OR, compute_or },
    { "&&", AND, compute_and },
    { "==", COMPARISON, compute_equal },
    { "=~", MATCH, compute_search },
    { "~~", MATCH, compute_joined },
    { ">=", COMPARISON, compute_at_least },
    { "<=", COMPARISON, compute_at_most },
    { "!=", COMPARISON, compute_unequal },
    { "::", CONDITION, NULL },
    { "|", OR, compute_or },
    { "&", AND, compute_and },
    { "=", COMPARISON, compute_equal },
    { ">", COMPARISON, compute_more },
    { "<", COMPARISON, compute_less },
    { "+", SUM, compute_plus },
    { "-", SUM, compute_minus },
    { "*", PRODUCT, compute_times },
    { "/", PRODUCT, compute_quotient },
    { "%", PRODUCT, compute_remainder },
    { "?", CONDITION, NULL },
    { "!", UNARY, NULL },
    { ":", MATCH, compute_match },
};

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || (unsigned char)c >= 0x80 || (c && strchr(".';\\_^#@", c));
}

/* The length of a word; *ret_known is whether nothing in it is left to fill in. */
static size_t word_length(const char *text, bool *ret_known)
{
    size_t length = 0;

    *ret_known = true;
    for (;;) {
        size_t left = vl_reference_length(text + length);

        *ret_known &= left == 0;
        if (left)
            length += left;
        else if (text[length] == '$' && text[length + 1])
            length += 2;
        else if (is_word(text[length]))
            length++;
        else
            return length;
    }
}

/* The length of a string with its quotes, 0: it does not end. A ${…} in it may have quotes of its own. */
static size_t string_length(const char *text, bool *ret_known)
{
    size_t length = 1;

    *ret_known = true;
    while (text[length] && text[length] != '"') {
        size_t left = vl_reference_length(text + length);

        *ret_known &= left == 0;
        length += left ? left : 1;
    }
    return text[length] ? length + 1 : 0;
}

static bool is_decimal(const char *text)
{
    size_t whole = strspn(text, "0123456789"), part;

    if (!whole || !text[whole])
        return whole > 0;
    part = text[whole] == '.' ? strspn(text + whole + 1, "0123456789") : 0;
    return part > 0 && !text[whole + 1 + part];
}

static enum token read_word(struct expression *expression)
{
    bool known, quoted = *expression->rest == '"';
    size_t length = quoted ? string_length(expression->rest, &known) : word_length(expression->rest, &known);
    const char *text = vl_arena_strndup(expression->arena, expression->rest, length);

    if (!length)
        return ODD;
    expression->rest += length;
    expression->word = unknown();
    /* what is not in quotes may be empty, or more than a word: then it is another expression */
    if (!known && !quoted)
        return ODD;
    if (known)
        expression->word = (struct value){ .kind = is_decimal(text) ? NUMERIC : STRING, .text = text };
    return WORD;
}

static enum token read_token(struct expression *expression)
{
    expression->rest += strspn(expression->rest, " \t\r\n");
    for (size_t i = 0; i < VL_COUNT(signs); i++)
        if (vl_text_starts(expression->rest, signs[i].text)) {
            expression->sign = &signs[i];
            expression->rest += strlen(signs[i].text);
            return OPERATOR;
        }
    switch (*expression->rest) {
    case '\0':
        return END;
    case '(':
        expression->rest++;
        return OPEN;
    case ')':
        expression->rest++;
        return CLOSE;
    case ',':
        expression->rest++;
        return COMMA;
    default:
        return read_word(expression);
    }
}

static void advance(struct expression *expression)
{
    expression->token = read_token(expression);
    expression->odd |= expression->token == ODD;
}

static bool is_sign(const struct expression *expression, const char *text)
{
    return expression->token == OPERATOR && !strcmp(expression->sign->text, text);
}

static struct value read_level(struct expression *expression, enum level level);

static struct value fail(struct expression *expression)
{
    expression->wrong = true;
    return unknown();
}

/* Functions of numbers; of one, or of two. */
static const struct {
    const char *name;
    long double (*of_one)(long double);
    long double (*of_two)(long double, long double);
} functions[] = {
    { "ACOS", acosl, NULL },   { "ASIN", asinl, NULL },   { "ATAN", atanl, NULL },
    { "ATAN2", NULL, atan2l }, { "CEIL", ceill, NULL },   { "COS", cosl, NULL },
    { "EXP", expl, NULL },     { "EXP10", exp10l, NULL }, { "EXP2", exp2l, NULL },
    { "FLOOR", floorl, NULL }, { "LOG", logl, NULL },     { "LOG10", log10l, NULL },
    { "LOG2", log2l, NULL },   { "POW", NULL, powl },     { "REMAINDER", NULL, remainderl },
    { "RINT", rintl, NULL },   { "ROUND", roundl, NULL }, { "SIN", sinl, NULL },
    { "SQRT", sqrtl, NULL },   { "TAN", tanl, NULL },     { "TRUNC", truncl, NULL },
};

/* Not known: any other function, which is one of the dialplan, and what is no number. */
static struct value compute_call(struct value name, struct value *arguments, size_t count)
{
    for (size_t i = 0; name.kind == STRING && i < VL_COUNT(functions); i++) {
        long double result;

        if (strcmp(functions[i].name, name.text) != 0)
            continue;
        if (count != (functions[i].of_one ? 1 : 2) || !to_number(&arguments[0]) || !to_number(&arguments[count - 1]))
            return unknown();
        result = functions[i].of_one ? functions[i].of_one(arguments[0].number)
                                     : functions[i].of_two(arguments[0].number, arguments[1].number);
        return isfinite(result) ? number(result) : unknown();
    }
    return unknown();
}

/* FUNCTION(…) */
static struct value read_call(struct expression *expression, struct value name)
{
    struct value arguments[2] = { unknown(), unknown() };
    size_t count = 0;

    do {
        struct value value;

        advance(expression);
        if (expression->token == CLOSE)
            break;
        value = read_level(expression, CONDITION);
        if (count < VL_COUNT(arguments))
            arguments[count] = value;
        count++;
    } while (expression->token == COMMA && !expression->wrong);
    if (expression->token != CLOSE)
        return fail(expression);
    advance(expression);
    return compute_call(name, arguments, count);
}

static struct value read_bracketed(struct expression *expression)
{
    struct value value;

    advance(expression);
    value = read_level(expression, CONDITION);
    if (expression->token != CLOSE)
        return fail(expression);
    advance(expression);
    return value;
}

static struct value read_operand(struct expression *expression)
{
    struct value word = expression->word;

    if (expression->token == OPEN)
        return read_bracketed(expression);
    if (is_sign(expression, "-") || is_sign(expression, "!")) {
        bool negative = is_sign(expression, "-");

        advance(expression);
        word = read_level(expression, MATCH);
        return negative ? compute_negative(word) : compute_not(word);
    }
    if (expression->token != WORD)
        return fail(expression);
    advance(expression);
    return expression->token == OPEN ? read_call(expression, word) : word;
}

/* Behind the '?'. */
static struct value read_choice(struct expression *expression, struct value asked)
{
    struct value yes = read_level(expression, CONDITION), no;

    if (!is_sign(expression, "::"))
        return fail(expression);
    advance(expression);
    no = read_level(expression, OR);
    return choose(asked, yes, no);
}

static struct value read_level(struct expression *expression, enum level level)
{
    struct value value;

    if (++expression->depth > DEPTH_MOST)
        expression->odd = expression->wrong = true;
    value = expression->wrong ? unknown() : read_operand(expression);
    while (!expression->wrong && expression->token == OPERATOR && expression->sign->level >= level &&
           expression->sign->level != UNARY && !is_sign(expression, "::")) {
        const struct sign *sign = expression->sign;

        advance(expression);
        if (sign->level == CONDITION)
            value = read_choice(expression, value);
        else
            value = sign->compute(expression, value, read_level(expression, sign->level + 1));
    }
    expression->depth--;
    return value;
}

/* An expression that is wrong has the value of what is complete before that: nothing at its start, 0 in its midst. */
static const char *value_of_wrong(const struct expression *expression, const char *text, bool begun)
{
    if (expression->odd || strstr(text, "${") || strstr(text, "$["))
        return NULL;
    return begun ? "0" : "";
}

static bool begins(const struct expression *expression)
{
    return expression->token == WORD || expression->token == OPEN || is_sign(expression, "-") ||
           is_sign(expression, "!");
}

const char *vl_expression(struct vl_arena *arena, const char *text)
{
    struct expression expression = { .arena = arena, .rest = text };
    struct value value;

    advance(&expression);
    if (!begins(&expression))
        return value_of_wrong(&expression, text, false);
    value = read_level(&expression, CONDITION);
    if (expression.wrong || expression.odd)
        return value_of_wrong(&expression, text, true);
    if (expression.token != END && value_of_wrong(&expression, text, true) == NULL)
        return NULL;
    return value.kind == UNKNOWN ? NULL : to_text(arena, &value);
}

size_t vl_reference_inside(const char *text, size_t length, char open)
{
    char close = open == '{' ? '}' : ']';
    int depth = 1;

    for (size_t i = 0; i < length; i++) {
        if (text[i] == open || text[i] == close)
            depth += text[i] == open ? 1 : -1;
        if (depth == 0)
            return i;
    }
    return length;
}

size_t vl_reference_length(const char *text)
{
    size_t length, inner;

    if (text[0] != '$' || (text[1] != '{' && text[1] != '['))
        return 0;
    length = strlen(text);
    inner = vl_reference_inside(text + 2, length - 2, text[1]);
    return inner + 2 < length ? inner + 3 : length;
}
