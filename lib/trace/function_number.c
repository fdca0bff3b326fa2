/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * MATH() and SPRINTF() (funcs/func_math.c, func_sprintf.c).
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "trace/functions.h"

/* The longer ones first. */
static const char *const signs[] = { "AND", "XOR", "OR", "<<", ">>", "<=", ">=", "==",
                                     "+",   "-",   "*",  "/",  "%",  "^",  "<",  ">" };

/* A number in plain figures, with blanks around it. NULL: there is none, or not only figures. */
static const char *read_number(const char *text, double *ret_number)
{
    size_t digits;
    char *end;

    text += strspn(text, " ");
    digits = strspn(text + (*text == '-'), "0123456789.");
    if (!digits || digits > 15)
        return NULL;
    *ret_number = strtod(text, &end);
    if (end != text + (*text == '-') + digits)
        return NULL;
    return end + strspn(end, " ");
}

/* *ret_true is for a comparison, -1 for anything else. False: more than is known here. */
static bool compute(const char *sign, double a, double b, double *ret_value, int *ret_true)
{
    bool small = fabs(a) < 1e9 && fabs(b) < 1e9;
    int x = small ? (int)a : 0, y = small ? (int)b : 0;
    char kind = sign[0];

    *ret_true = -1;
    if (!small)
        return false;
    if ((kind == '<' || kind == '>') && sign[1] == kind) {
        *ret_value = kind == '<' ? (double)((unsigned)x << ((unsigned)y & 31)) : x >> ((unsigned)y & 31);
        return x >= 0 && y >= 0 && y < 31 && *ret_value < 1e9;
    }
    switch (kind) {
    case 'A':
        *ret_value = x & y;
        return true;
    case 'X':
        *ret_value = x ^ y;
        return true;
    case 'O':
        *ret_value = x | y;
        return true;
    case '+':
        *ret_value = a + b;
        return true;
    case '-':
        *ret_value = a - b;
        return true;
    case '*':
        *ret_value = a * b;
        return true;
    case '/':
        *ret_value = b != 0 ? a / b : 0;
        return true;
    case '%':
        *ret_value = y ? x % y : 0;
        return y != 0;
    case '^':
        *ret_value = pow(a, b);
        return isfinite(*ret_value);
    case '<':
        *ret_true = sign[1] ? a <= b : a < b;
        return true;
    case '>':
        *ret_true = sign[1] ? a >= b : a > b;
        return true;
    default:
        *ret_true = a == b;
        return true;
    }
}

static const char *written(struct vl_runner *runner, double value, const char *type)
{
    if (!type || !*type || !strcmp(type, "f") || !strcmp(type, "float"))
        return vl_arena_printf(runner->scratch, "%f", value);
    if (fabs(value) >= 1e9)
        return NULL;
    if (!strcmp(type, "i") || !strcmp(type, "int"))
        return vl_arena_printf(runner->scratch, "%d", (int)value);
    if (!strcmp(type, "h") || !strcmp(type, "hex"))
        return vl_arena_printf(runner->scratch, "%x", (unsigned)(int)value);
    if (!strcmp(type, "c") || !strcmp(type, "char"))
        return vl_arena_printf(runner->scratch, "%c", (int)value);
    return NULL;
}

/* One '=' is no sign, and a number alone lacks one: nothing comes of either. */
static bool has_no_sign(const char *rest)
{
    double number;

    if (!*rest)
        return true;
    rest = *rest == '=' && rest[1] != '=' ? read_number(rest + 1, &number) : NULL;
    return rest && !*rest;
}

/* `MATH(NUMBER SIGN NUMBER[,TYPE])` */
const char *vl_function_math(struct vl_runner *runner, const char *text)
{
    const char *words[VL_FUNCTION_WORDS_MOST], *rest;
    double a, b, value = 0;
    int truth;

    vl_function_words(runner->scratch, text, 2, words);
    rest = read_number(words[0], &a);
    if (rest && has_no_sign(rest))
        return "";
    for (size_t i = 0; rest && i < VL_COUNT(signs); i++) {
        const char *end;

        if (!vl_text_starts(rest, signs[i]))
            continue;
        end = read_number(rest + strlen(signs[i]), &b);
        if (!end || *end || !compute(signs[i], a, b, &value, &truth))
            return NULL;
        return truth < 0 ? written(runner, value, words[1]) : truth ? "TRUE" : "FALSE";
    }
    return NULL;
}

/* One conversion, `%-5.2f` and its like, with the word for it. False: more than is known here. */
static bool add_converted(struct vl_buf *out, struct vl_arena *arena, const char *conversion, size_t length,
                          const char *word)
{
    char kind = conversion[length - 1];
    size_t plain = length - 2, flags = strspn(conversion + 1, "-+ 0");
    char *end, *dot;
    long width = 0, precision = -1, number;

    if (strspn(conversion + 1, "-+ 0123456789.") != plain || plain > 8)
        return false;
    width = strtol(conversion + 1 + flags, &end, 10);
    dot = *end == '.' ? end : NULL;
    if (dot)
        precision = strtol(dot + 1, &end, 10);
    if (end != conversion + length - 1 || width > 999 || precision > 999 || !word)
        return false;
    if (kind == 's') {
        int padded = (int)width * (memchr(conversion + 1, '-', flags) ? -1 : 1);

        vl_buf_printf(out, "%*.*s", padded, precision < 0 ? (int)strlen(word) : (int)precision, word);
        return true;
    }
    if (!*word || word[strspn(word, "-0123456789.")] || strlen(word) > 9)
        return false;
    number = strtol(word, NULL, 10);
    if (precision >= 0 && kind != 'f')
        return false;
    bool left = memchr(conversion + 1, '-', flags), zeros = memchr(conversion + 1, '0', flags) && !left;
    const char *figures = kind == 'f'
                              ? vl_arena_printf(arena, "%.*f", precision < 0 ? 6 : (int)precision, strtod(word, NULL))
                          : kind == 'x'                ? vl_arena_printf(arena, "%x", (unsigned)number)
                          : kind == 'X'                ? vl_arena_printf(arena, "%X", (unsigned)number)
                          : kind == 'u'                ? vl_arena_printf(arena, "%u", (unsigned)number)
                          : kind == 'd' || kind == 'i' ? vl_arena_printf(arena, "%ld", number)
                          : kind == 'c'                ? vl_arena_printf(arena, "%c", (char)number)
                                                       : NULL;

    if (!figures || memchr(conversion + 1, '+', flags) || memchr(conversion + 1, ' ', flags))
        return false;
    if (zeros && *figures == '-') {
        vl_buf_putc(out, '-');
        figures++;
        width--;
    }
    for (long i = (long)strlen(figures); zeros && i < width; i++)
        vl_buf_putc(out, '0');
    vl_buf_printf(out, "%*s", zeros ? 0 : (int)(left ? -width : width), figures);
    return true;
}

/* `SPRINTF(FORMAT,…)` */
const char *vl_function_format(struct vl_runner *runner, const char *text)
{
    const char *words[VL_FUNCTION_WORDS_MOST];
    VL_BUF_AUTO out = VL_BUF_INIT;
    bool known = !strchr(text, '\\');
    size_t used = 1;

    vl_function_words(runner->scratch, text, VL_FUNCTION_WORDS_MOST, words);
    for (const char *format = words[0]; *format && known;) {
        size_t length = *format == '%' ? strcspn(format + 1, "%sdixXufcoegEG") + 2 : 1;

        if (*format != '%' || format[1] == '%')
            vl_buf_putc(&out, *format);
        else
            known = used + 1 < VL_FUNCTION_WORDS_MOST && length <= strlen(format) &&
                    add_converted(&out, runner->scratch, format, length, words[used++]);
        format += length;
    }
    if (out.failed)
        runner->arena->failed = true;
    return known ? vl_arena_strdup(runner->scratch, vl_buf_text(&out)) : NULL;
}
