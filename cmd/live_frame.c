/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Each row is a name, a figure, and its last minute as little bars, for which there may be no room. Rows come in the
 * order of what one looks for first; where the screen has too few lines, reasons and guests are left out, then the
 * rows at the end, and never the line of the keys.
 */
#include "live_frame.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "screen.h"

enum { NAME = 16, FIGURE = 24, LEAST_BARS = 4, REASONS = 3, ROWS = 9 /* besides sound, reasons, guests and keys */ };

static const double WORST_MOS = 1, BEST_MOS = 4.5;

struct drawing {
    FILE *stream;
    const struct cmd_live_past *past;
    const struct cmd_live_screen *screen;
    size_t lines;
};

static void push(struct cmd_live_past *past, size_t series, double value)
{
    double *values = past->values[series];

    if (past->count == CMD_LIVE_PAST)
        (void)memmove(values, values + 1, (CMD_LIVE_PAST - 1) * sizeof(*values));
    values[past->count < CMD_LIVE_PAST ? past->count : CMD_LIVE_PAST - 1] = value;
}

static double share(double part, double whole)
{
    return whole > 0 ? part / whole : NAN;
}

void cmd_live_take(struct cmd_live_past *past, const struct voiplab_load_figures *figures)
{
    bool again = figures->succeeded < past->succeeded || figures->failed < past->failed; /* another run began */

    if (again)
        past->succeeded = past->failed = 0;
    past->heard &= !again;
    push(past, CMD_LIVE_RATE, figures->rate);
    push(past, CMD_LIVE_UP, (double)figures->up);
    push(past, CMD_LIVE_SUCCEEDED, (double)(figures->succeeded - past->succeeded));
    push(past, CMD_LIVE_FAILED, (double)(figures->failed - past->failed));
    push(past, CMD_LIVE_P50, figures->request_p50_ms);
    push(past, CMD_LIVE_P95, figures->request_p95_ms);
    push(past, CMD_LIVE_LOSS, figures->loss_percent);
    push(past, CMD_LIVE_MOS, (figures->mos - WORST_MOS) / (BEST_MOS - WORST_MOS));
    past->heard |= !isnan(figures->loss_percent);
    push(past, CMD_LIVE_GENERATOR, figures->generator);
    push(past, CMD_LIVE_HOST, figures->processor);
    push(past, CMD_LIVE_HOST + 1, share(figures->memory, figures->memory_most));
    for (size_t i = 0; i < CMD_LIVE_GUESTS; i++) {
        const struct voiplab_load_guest *guest = i < figures->guest_count ? &figures->guests[i] : NULL;

        push(past, CMD_LIVE_GUEST + 2 * i, guest ? guest->processor : NAN);
        push(past, CMD_LIVE_GUEST + 2 * i + 1, guest ? share(guest->memory, guest->memory_most) : NAN);
    }
    past->succeeded = figures->succeeded;
    past->failed = figures->failed;
    past->count += past->count < CMD_LIVE_PAST;
}

/* Bars of the last values; `most` is a full one, 0: the largest that is shown. */
static void put_bars(FILE *stream, const struct drawing *drawing, size_t series, double most, size_t room)
{
    static const char *const blocks[] = { "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
    static const char *const letters[] = { ".", ":", "-", "=", "+", "*", "#", "@" };
    const double *values = drawing->past->values[series];
    size_t count = drawing->past->count, first = count > room ? count - room : 0;

    for (size_t i = first; i < count && series < CMD_LIVE_MOS; i++)
        most = values[i] > most ? values[i] : most;
    for (size_t i = first; i < count; i++) {
        double level = most > 0 ? values[i] / most * 7 + 0.5 : 0;
        size_t bar = level >= 1 ? level < 7 ? (size_t)level : 7 : 0;

        (void)fputs(isnan(values[i]) ? " " : drawing->screen->utf8 ? blocks[bar] : letters[bar], stream);
    }
}

static bool is_plain(const char *at, bool utf8)
{
    return (unsigned char)*at < 0x80 ? *at >= ' ' && *at != 0x7f : utf8;
}

/* A line: it is cut where the screen ends, and blanks at its end are left out. */
static void put_line(struct drawing *drawing, const char *text)
{
    size_t length = cmd_bytes(text, drawing->screen->columns);

    while (length && text[length - 1] == ' ')
        length--;
    for (size_t i = 0; i < length; i++)
        if (drawing->screen->utf8 || ((unsigned char)text[i] & 0xc0) != 0x80) /* a letter of many bytes is one "?" */
            (void)fputc(is_plain(text + i, drawing->screen->utf8) ? text[i] : '?', drawing->stream);
    (void)fputc('\n', drawing->stream);
    drawing->lines++;
}

__attribute__((format(printf, 2, 3))) static void put_text(struct drawing *drawing, const char *format, ...)
{
    char *text = NULL;
    va_list args;

    va_start(args, format);
    if (vasprintf(&text, format, args) < 0)
        text = NULL;
    va_end(args);
    put_line(drawing, text ? text : "");
    free(text);
}

/* `second`: of a row that has two pictures, each in half of the room; CMD_LIVE_SERIES: it has one. */
static void put_row(struct drawing *drawing, const char *name, const char *figure, size_t series, size_t second)
{
    size_t left = NAME + FIGURE + 2, columns = drawing->screen->columns;
    size_t room = columns > left + LEAST_BARS ? columns - left : 0, half = room > 2 ? (room - 2) / 2 : 0;
    size_t width = second < CMD_LIVE_SERIES ? half : room;
    size_t shown = drawing->past->count < width ? drawing->past->count : width;
    char *text = NULL;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    size_t name_bytes = cmd_bytes(name, NAME), name_width = cmd_width(name, name_bytes);

    if (!stream)
        return;
    (void)fprintf(stream, "%.*s%*s%*s  ", (int)name_bytes, name, (int)(NAME - name_width), "", FIGURE, figure);
    put_bars(stream, drawing, series, series < CMD_LIVE_MOS ? 0 : 1, width);
    (void)fprintf(stream, "%*s", (int)(second < CMD_LIVE_SERIES ? width - shown + 2 : 0), "");
    if (second < CMD_LIVE_SERIES)
        put_bars(stream, drawing, second, 1, width);
    if (fclose(stream) == 0)
        put_line(drawing, text);
    free(text);
}

__attribute__((format(printf, 4, 5))) static void put_figure(struct drawing *drawing, const char *name, size_t series,
                                                             const char *format, ...)
{
    char *figure = NULL;
    va_list args;

    va_start(args, format);
    if (vasprintf(&figure, format, args) < 0)
        figure = NULL;
    va_end(args);
    put_row(drawing, name, figure ? figure : "", series, CMD_LIVE_SERIES);
    free(figure);
}

static void put_time(struct drawing *drawing, const char *name, size_t series, double ms)
{
    if (isnan(ms))
        put_figure(drawing, name, series, "no answer");
    else
        put_figure(drawing, name, series, "%.1f ms", ms);
}

/* A machine: its processor and its memory, both as a share of what it has. */
static void put_machine(struct drawing *drawing, const char *name, size_t series, double processor, double memory)
{
    char *busy = NULL, *used = NULL, *figure = NULL;

    if (isnan(processor) || asprintf(&busy, "cpu %3.0f %%", processor * 100) < 0)
        busy = NULL;
    if (isnan(memory) || asprintf(&used, "memory %3.0f %%", memory * 100) < 0)
        used = NULL;
    if (asprintf(&figure, "%s  %s", busy ? busy : "cpu   -  ", used ? used : "memory   -  ") < 0)
        figure = NULL;
    put_row(drawing, name, figure ? figure : "", series, series + 1);
    free(busy);
    free(used);
    free(figure);
}

/* Of a second without sound there is nothing to tell; of a run without it there is no row. */
static void put_sound(struct drawing *drawing, const struct voiplab_load_figures *figures)
{
    char *loss = NULL, *mos = NULL, *figure = NULL;

    if (isnan(figures->loss_percent) || asprintf(&loss, "loss %4.1f %%", figures->loss_percent) < 0)
        loss = NULL;
    if (isnan(figures->mos) || asprintf(&mos, "MOS %4.2f", figures->mos) < 0)
        mos = NULL;
    if (asprintf(&figure, "%s  %s", loss ? loss : "loss    - ", mos ? mos : "MOS    -") < 0)
        figure = NULL;
    put_row(drawing, "sound", figure ? figure : "", CMD_LIVE_LOSS, CMD_LIVE_MOS);
    free(loss);
    free(mos);
    free(figure);
}

static void put_calls(struct drawing *drawing, const struct voiplab_load_figures *figures, size_t reasons)
{
    put_figure(drawing, "rate", CMD_LIVE_RATE, "%.1f of %.1f a second", figures->rate, figures->rate_asked);
    put_figure(drawing, "calls up", CMD_LIVE_UP, "%llu", figures->up);
    put_figure(drawing, "succeeded", CMD_LIVE_SUCCEEDED, "%llu", figures->succeeded);
    put_figure(drawing, "failed", CMD_LIVE_FAILED, "%llu", figures->failed);
    for (size_t i = 0; i < reasons; i++)
        put_text(drawing, "%*llu  %s", NAME, figures->reasons[i].count, figures->reasons[i].text);
    put_time(drawing, "answer p50", CMD_LIVE_P50, figures->request_p50_ms);
    put_time(drawing, "       p95", CMD_LIVE_P95, figures->request_p95_ms);
}

/* The guests that there is room for; the last line tells of the others. */
static void put_guests(struct drawing *drawing, const struct voiplab_load_figures *figures, size_t room)
{
    size_t count = figures->guest_count < CMD_LIVE_GUESTS ? figures->guest_count : CMD_LIVE_GUESTS;
    size_t shown = count <= room ? count : room ? room - 1 : 0;

    for (size_t i = 0; i < shown; i++) {
        const struct voiplab_load_guest *guest = &figures->guests[i];

        put_machine(drawing, guest->name, CMD_LIVE_GUEST + 2 * i, guest->processor,
                    share(guest->memory, guest->memory_most));
    }
    if (shown < count && room)
        put_text(drawing, "and %zu more guests", count - shown);
}

static const char *text_of(enum cmd_live_keys keys)
{
    static const char *const texts[] = {
        [CMD_LIVE_STEERED] = "keys: + 10 % more, - 10 % less, p pause, q stop",
        [CMD_LIVE_PAUSED] = "paused; keys: p go on, q stop",
        [CMD_LIVE_WATCHED] = "keys: q stop",
        [CMD_LIVE_STOPPED] = "stopping: no new calls, and those that are up end",
        [CMD_LIVE_UNHEARD] = "",
    };

    return texts[keys];
}

/* No more than `most` lines of a text, the last of which gives way to that of the keys. */
static char *cut(char *text, size_t most, const char *last, size_t *lines)
{
    char *at = text;

    for (size_t i = 1; i < *lines && i < most; i++)
        at = strchr(at, '\n') + 1;
    if (*lines > most)
        *at = '\0';
    if (*lines > most && *last && asprintf(&at, "%s%s", text, last) >= 0) {
        free(text);
        text = at;
    } else if (*lines > most) {
        most--;
    }
    *lines = *lines > most ? most : *lines;
    return text;
}

char *cmd_live_draw(const struct cmd_live_past *past, const struct voiplab_load_figures *figures,
                    const struct cmd_live_screen *screen, enum cmd_live_keys keys, size_t *ret_lines)
{
    struct drawing drawing = { .past = past, .screen = screen };
    size_t keys_lines = keys != CMD_LIVE_UNHEARD, rows = ROWS + past->heard + keys_lines,
           spare = screen->rows > rows ? screen->rows - rows : 0;
    size_t reasons = figures->reason_count < REASONS ? figures->reason_count : REASONS, last;
    char *text = NULL;
    size_t size;

    reasons = reasons < spare ? reasons : spare;
    drawing.stream = open_memstream(&text, &size);
    if (!drawing.stream)
        return NULL;
    put_text(&drawing, "%s  %.0f s  %llu of %llu calls made", figures->load, figures->at_s, figures->made,
             figures->asked);
    put_calls(&drawing, figures, reasons);
    if (past->heard)
        put_sound(&drawing, figures);
    put_machine(&drawing, "this host", CMD_LIVE_HOST, figures->processor, share(figures->memory, figures->memory_most));
    put_guests(&drawing, figures, spare - reasons);
    put_figure(&drawing, "SIPp", CMD_LIVE_GENERATOR, "cpu %3.0f %%",
               isnan(figures->generator) ? 0 : figures->generator * 100);
    (void)fflush(drawing.stream);
    last = size;
    if (keys_lines)
        put_text(&drawing, "%s", text_of(keys));
    *ret_lines = drawing.lines;
    if (fclose(drawing.stream) == 0) {
        char *keys_line = strdup(text + last);

        text = cut(text, screen->rows, keys_line ? keys_line : "", ret_lines);
        free(keys_line);
        return text;
    }
    free(text);
    return NULL;
}
