/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * All printing: results on stdout; talk, progress and problems on stderr. Both often go to one place, so that what
 * stdout has is written before stderr speaks. A progress line is rewritten in place on a terminal; elsewhere only some
 * of them are printed.
 */
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cmd.h"
#include "live.h"
#include "screen.h"

static struct {
    bool quiet, verbose, color, terminal;
    bool line_open; /* a progress line stands on the terminal */
    time_t last_progress;
    struct timespec phase_begun;
    unsigned phase, phases; /* the one that goes on; 0: none */
    enum cmd_form form;     /* of the texts of results */
    bool lines;             /* each JSON document is to stand on a line */
    bool json, document;    /* one JSON document is wanted on stdout; it is there */
    char *complaint;        /* the last one */
    char *warned, *warning; /* about whom the last warning was, and what it said */
} out;

/* What the text of a result is: a row says what its command prints, and some options change that. */
static enum cmd_form form_of(const struct cmd_command *command, const struct cmd_options *options)
{
    static const enum cmd_option verbatim[] = { CMD_DOT, CMD_SARIF, CMD_JUNIT, CMD_JSON, CMD_JSON_LINES };
    static const enum cmd_option plan[] = { CMD_DRY_RUN, CMD_CHECK, CMD_FIX_FILES, CMD_LOAD_MODULES };

    for (size_t i = 0; i < sizeof(verbatim) / sizeof(verbatim[0]); i++)
        if (options->values[verbatim[i]])
            return CMD_FORM_VERBATIM;
    if (options->values[CMD_EXPLAIN])
        return CMD_FORM_NOTE;
    for (size_t i = 0; i < sizeof(plan) / sizeof(plan[0]); i++)
        if (options->values[plan[i]])
            return CMD_FORM_PLAN;
    return command->form;
}

void cmd_out_setup(const struct cmd_command *command, const struct cmd_options *options)
{
    const char *color = options->values[CMD_COLOR], *no_color = getenv("NO_COLOR");

    out.form = form_of(command, options);
    out.lines = options->values[CMD_JSON_LINES] != NULL;
    out.json = out.lines || options->values[CMD_JSON] != NULL;
    out.quiet = options->values[CMD_QUIET] != NULL;
    out.verbose = options->values[CMD_VERBOSE] != NULL;
    out.terminal = isatty(STDERR_FILENO) != 0;
    out.color = isatty(STDOUT_FILENO) != 0 && !(no_color && *no_color);
    if (color)
        out.color = !strcmp(color, "always") || (!strcmp(color, "auto") && out.color);
}

static void close_line(void)
{
    cmd_live_erase();
    if (out.line_open)
        (void)fputs("\r\033[K", stderr);
    out.line_open = false;
}

/* Where is talked, once nothing of the results is held back. */
static FILE *talk(void)
{
    (void)fflush(stdout);
    close_line();
    return stderr;
}

/* A line of talk. On a terminal it is broken between words; elsewhere it stays one line, which others look for. */
static void say(const char *head, const char *text)
{
    char *shown = cmd_for_locale(text);
    FILE *stream = talk();

    (void)fputs(head, stream);
    if (out.terminal)
        cmd_wrap(stream, shown ? shown : text, cmd_columns(STDERR_FILENO), cmd_width(head, strlen(head)), 4);
    else
        (void)fprintf(stream, "%s\n", shown ? shown : text);
    free(shown);
}

/* Length of the UTF-8 sequence at `p`; 0 when there is none. */
static size_t sequence(const unsigned char *p)
{
    static const unsigned char least[] = { 0, 0, 0xc2, 0xe0, 0xf0, 0xf5 };
    size_t length = 1;

    if (*p < 0x80)
        return 1;
    while (length < 5 && *p >= least[length + 1])
        length++;
    if (length == 1 || length == 5)
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    if ((*p == 0xe0 && p[1] < 0xa0) || (*p == 0xed && p[1] > 0x9f) || (*p == 0xf0 && p[1] < 0x90) ||
        (*p == 0xf4 && p[1] > 0x8f))
        return 0; /* longer than needed, a surrogate, or beyond the last character */
    return length;
}

/* A complaint quotes what was typed, or stands in a file: what a terminal would obey is written as \xNN. The caller
 * frees it. */
static char *printable(const char *text)
{
    char *made = NULL;
    size_t size;
    FILE *stream = open_memstream(&made, &size);

    while (stream && *text) {
        const unsigned char *p = (const unsigned char *)text;
        size_t length = sequence(p), shown = length;

        if (*p < ' ' || *p == 0x7f || (*p == 0xc2 && p[1] < 0xa0)) /* those of ASCII, and of Unicode's first page */
            shown = 0;
        length = length ? length : 1;
        for (size_t i = 0; i < length && !shown; i++)
            (void)fprintf(stream, "\\x%02x", p[i]);
        (void)fwrite(p, 1, shown, stream);
        text += length;
    }
    if (stream && fclose(stream) == 0)
        return made;
    free(made);
    return NULL;
}

/* JSON has its own way to write such characters, and gets the text as it is. */
void cmd_complain(const char *format, ...)
{
    char *shown;
    va_list args;

    free(out.complaint);
    va_start(args, format);
    if (vasprintf(&out.complaint, format, args) < 0)
        out.complaint = NULL;
    va_end(args);
    shown = out.complaint ? printable(out.complaint) : NULL;
    say("voiplab: ", shown ? shown : "out of memory");
    free(shown);
}

/* Many complaints that are one failure, a line each. */
void cmd_complain_lines(const char *text)
{
    char *whole = strdup(text);

    for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n')
        cmd_complain("%.*s", (int)strcspn(line, "\n"), line);
    free(out.complaint);
    out.complaint = whole;
}

void cmd_print_json_string(const char *text)
{
    (void)putchar('"');
    while (*text) {
        size_t length = sequence((const unsigned char *)text);

        if (!length)
            (void)fputs("\\ufffd", stdout);
        else if (*text == '"' || *text == '\\')
            (void)printf("\\%c", *text);
        else if ((unsigned char)*text < ' ')
            (void)printf("\\u%04x", (unsigned)*text);
        else
            (void)printf("%.*s", (int)length, text);
        text += length ? length : 1;
    }
    (void)putchar('"');
}

void cmd_json_wanted(int argc, char **argv, bool always)
{
    out.json = always;
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        out.lines |= !strcmp(argv[i], "--json-lines");
        out.json |= out.lines || !strcmp(argv[i], "--json");
    }
}

void cmd_print(const char *text)
{
    if (!cmd_print_text(text, out.form, out.color))
        cmd_complain("out of memory");
}

void cmd_print_line(const char *json)
{
    out.document = true;
    (void)fputs(json, stdout);
}

void cmd_print_failure(int status)
{
    if (!out.json || out.document || status == VOIPLAB_OK)
        return;
    (void)printf(out.lines ? "{ \"error\": " : "{\n  \"error\": ");
    cmd_print_json_string(out.complaint ? out.complaint : "out of memory");
    (void)printf(out.lines ? ", \"status\": %d }\n" : ",\n  \"status\": %d\n}\n", status);
}

static double seconds_since(const struct timespec *begun)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - begun->tv_sec) + (double)(now.tv_nsec - begun->tv_nsec) / 1e9;
}

/* One line that is alive: what is waited for, and for how long already. It is cut where the screen ends, since of a
 * line that went on in the next one the first half would stay. */
static void print_live(const char *line)
{
    size_t columns = cmd_columns(STDERR_FILENO) - 1;
    const char *rest;
    char *text = NULL, *shown;

    if (out.phase && asprintf(&text, "  %.0f s  %s", seconds_since(&out.phase_begun), line) < 0)
        text = NULL;
    shown = cmd_for_locale(text ? text : line);
    if (shown && shown[cmd_bytes(shown, columns)]) /* by whole words, and that it goes on */
        (void)fprintf(talk(), "%.*s ...", (int)cmd_line(shown, columns > 4 ? columns - 4 : 1, &rest), shown);
    else
        (void)fprintf(talk(), "%s", shown ? shown : "");
    out.line_open = true;
    free(shown);
    free(text);
}

static void print_progress(const struct voiplab_event *event)
{
    time_t now = time(NULL);
    char *line = NULL;

    if (asprintf(&line, "%s: %s", event->target ? event->target : "lab", event->text) < 0)
        return;
    if (out.terminal) {
        print_live(line);
    } else if (out.verbose || now - out.last_progress >= 5) {
        out.last_progress = now;
        say("  ", line);
    }
    free(line);
    (void)fflush(stderr);
}

/* A phase is over: the next one begins, or the command ends. */
static void end_phase(void)
{
    if (out.phase)
        (void)fprintf(talk(), "[%u/%u] took %.1f s\n", out.phase, out.phases, seconds_since(&out.phase_begun));
    out.phase = 0;
}

static void begin_phase(const struct voiplab_event *event)
{
    char *line = NULL;

    end_phase();
    if (asprintf(&line, "[%u/%u] %s", event->done, event->total, event->text) >= 0)
        say("", line);
    free(line);
    (void)clock_gettime(CLOCK_MONOTONIC, &out.phase_begun);
    out.phase = event->done;
    out.phases = event->total;
}

static void print_step(const struct voiplab_event *event)
{
    char *line = NULL;

    if (asprintf(&line, "%s: %s", event->target ? event->target : "lab", event->text) >= 0)
        say("  ", line);
    free(line);
}

/* What is said of one after the other is said once. */
static void print_warning(const struct voiplab_event *event)
{
    bool again = event->target && out.warned && out.warning && !strcmp(out.warning, event->text) &&
                 strcmp(out.warned, event->target) != 0;

    if (again) {
        cmd_complain("%s: the same as %s", event->target, out.warned);
        return;
    }
    cmd_complain("%s%s%s", event->target ? event->target : "", event->target ? ": " : "", event->text);
    free(out.warned);
    free(out.warning);
    out.warned = event->target ? strdup(event->target) : NULL;
    out.warning = strdup(event->text);
}

void cmd_event(void *context, const struct voiplab_event *event)
{
    (void)context;
    if (event->kind == VOIPLAB_EVENT_WARNING)
        print_warning(event);
    else if (out.quiet)
        return;
    else if (event->kind == VOIPLAB_EVENT_PROGRESS)
        print_progress(event);
    else if (event->kind == VOIPLAB_EVENT_PHASE)
        begin_phase(event);
    else
        print_step(event);
}

/* The words of a check, by which one finds what is wrong at a glance. */
static const char *paint(const char *cell)
{
    static const char *const words[][2] = { { "PASS", "\033[32m" }, { "WARN", "\033[33m" }, { "FAIL", "\033[31m" } };

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (!strcmp(cell, words[i][0]))
            return words[i][1];
    return NULL;
}

static void print_table(const voiplab_result *result)
{
    size_t columns = voiplab_result_columns(result), rows = voiplab_result_rows(result) + 1;
    char **cells = columns ? calloc(rows * columns, sizeof(*cells)) : NULL;
    bool good = cells != NULL;

    for (size_t i = 0; good && i < rows * columns; i++) {
        size_t row = i / columns, column = i % columns;

        cells[i] =
            cmd_for_locale(row ? voiplab_result_cell(result, row - 1, column) : voiplab_result_heading(result, column));
        good = cells[i] != NULL;
    }
    if (columns && rows > 1 &&
        (!good || !cmd_print_cells(stdout, (const char *const *)(void *)cells, rows, columns,
                                   cmd_columns(STDOUT_FILENO), out.color ? paint : NULL)))
        cmd_complain("out of memory");
    for (size_t i = 0; cells && i < rows * columns; i++)
        free(cells[i]);
    free(cells);
}

/* The text of an empty plan says what its summary says: once is enough. */
static bool is_summary(const char *text, const voiplab_result *result)
{
    const char *summary = voiplab_result_summary(result);
    size_t length = strlen(summary);

    return !strncmp(text, summary, length) && !strcmp(text + length, "\n");
}

/* Line feeds and what stands in front of a line are for people; within a text JSON has none. */
static void print_document(const char *json)
{
    for (const char *at = json; *at && out.lines; at++)
        if (*at == '\n')
            at += strspn(at + 1, " ");
        else
            (void)putchar(*at);
    (void)fputs(out.lines ? "\n" : json, stdout);
}

void cmd_print_result(const voiplab_result *result, bool json, bool quiet)
{
    end_phase();
    close_line();
    if (json) {
        out.document = true;
        print_document(voiplab_result_json(result));
        return;
    }
    cmd_print(voiplab_result_text(result));
    print_table(result);
    if (!quiet && *voiplab_result_summary(result) && !is_summary(voiplab_result_text(result), result))
        cmd_wrap(talk(), voiplab_result_summary(result), cmd_columns(STDERR_FILENO), 0, 2);
}

/* Whether who read the output has seen enough, as head(1) does. */
static bool is_reader_gone(void)
{
    struct pollfd output = { .fd = STDOUT_FILENO, .events = POLLOUT };

    return poll(&output, 1, 0) == 1 && (output.revents & POLLERR);
}

bool cmd_flush(void)
{
    close_line();
    if ((fflush(stdout) == 0 && !ferror(stdout)) || is_reader_gone())
        return true;
    cmd_complain("cannot write the output");
    return false;
}
