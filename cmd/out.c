/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * All printing: results on stdout; talk, progress and problems on stderr. A progress line is rewritten in place on a
 * terminal; elsewhere only some of them are printed.
 */
#include <libsmartcols.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cmd.h"

static struct {
    bool quiet, verbose, color, terminal;
    bool line_open; /* a progress line stands on the terminal */
    time_t last_progress;
    bool json, document; /* one JSON document is wanted on stdout; it is there */
    char *complaint;     /* the last one */
} out;

void cmd_out_setup(const struct cmd_options *options)
{
    const char *color = options->values[CMD_COLOR], *no_color = getenv("NO_COLOR");

    out.json = options->values[CMD_JSON] != NULL;
    out.quiet = options->values[CMD_QUIET] != NULL;
    out.verbose = options->values[CMD_VERBOSE] != NULL;
    out.terminal = isatty(STDERR_FILENO) != 0;
    out.color = isatty(STDOUT_FILENO) != 0 && !(no_color && *no_color);
    if (color)
        out.color = !strcmp(color, "always") || (!strcmp(color, "auto") && out.color);
}

static void close_line(void)
{
    if (out.line_open)
        (void)fputs("\r\033[K", stderr);
    out.line_open = false;
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
    close_line();
    shown = out.complaint ? printable(out.complaint) : NULL;
    (void)fprintf(stderr, "voiplab: %s\n", shown ? shown : "out of memory");
    free(shown);
}

static void print_json_string(const char *text)
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

void cmd_json_wanted(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        out.json |= !strcmp(argv[i], "--json");
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
    (void)printf("{\n  \"error\": ");
    print_json_string(out.complaint ? out.complaint : "out of memory");
    (void)printf(",\n  \"status\": %d\n}\n", status);
}

static void print_progress(const struct voiplab_event *event)
{
    time_t now = time(NULL);

    if (out.terminal) {
        (void)fprintf(stderr, "\r\033[K  %s: %s", event->target ? event->target : "lab", event->text);
        out.line_open = true;
    } else if (out.verbose || now - out.last_progress >= 5) {
        out.last_progress = now;
        (void)fprintf(stderr, "  %s: %s\n", event->target ? event->target : "lab", event->text);
    }
    (void)fflush(stderr);
}

void cmd_event(void *context, const struct voiplab_event *event)
{
    (void)context;
    if (event->kind == VOIPLAB_EVENT_WARNING) {
        cmd_complain("%s%s%s", event->target ? event->target : "", event->target ? ": " : "", event->text);
        return;
    }
    if (out.quiet)
        return;
    if (event->kind == VOIPLAB_EVENT_PROGRESS) {
        print_progress(event);
        return;
    }
    close_line();
    if (event->kind == VOIPLAB_EVENT_PHASE)
        (void)fprintf(stderr, "[%u/%u] %s\n", event->done, event->total, event->text);
    else
        (void)fprintf(stderr, "  %s: %s\n", event->target ? event->target : "lab", event->text);
}

/* Additions green, removals red, in the indented diffs of a plan. */
static void print_text(const char *text)
{
    while (*text) {
        size_t length = strcspn(text, "\n");
        const char *color = NULL;

        if (out.color && !strncmp(text, "    +", 5))
            color = "\033[32m";
        else if (out.color && !strncmp(text, "    -", 5))
            color = "\033[31m";
        (void)printf("%s%.*s%s\n", color ? color : "", (int)length, text, color ? "\033[m" : "");
        text += length + (text[length] == '\n');
    }
}

static int fill_table(struct libscols_table *table, const voiplab_result *result)
{
    size_t columns = voiplab_result_columns(result);

    if (scols_table_enable_noencoding(table, 1)) /* the library's cells are printable: once is enough */
        return -1;
    for (size_t i = 0; i < columns; i++)
        if (!scols_table_new_column(table, voiplab_result_heading(result, i), 0, 0))
            return -1;
    for (size_t row = 0; row < voiplab_result_rows(result); row++) {
        struct libscols_line *line = scols_table_new_line(table, NULL);

        for (size_t i = 0; line && i < columns; i++)
            if (scols_line_set_data(line, i, voiplab_result_cell(result, row, i)))
                line = NULL;
        if (!line)
            return -1;
    }
    return scols_print_table(table);
}

static void print_table(const voiplab_result *result)
{
    struct libscols_table *table;

    if (!voiplab_result_rows(result))
        return;
    scols_init_debug(0);
    table = scols_new_table();
    if (!table || fill_table(table, result))
        cmd_complain("out of memory");
    scols_unref_table(table);
}

/* The text of an empty plan says what its summary says: once is enough. */
static bool is_summary(const char *text, const voiplab_result *result)
{
    const char *summary = voiplab_result_summary(result);
    size_t length = strlen(summary);

    return !strncmp(text, summary, length) && !strcmp(text + length, "\n");
}

void cmd_print_result(const voiplab_result *result, bool json, bool quiet)
{
    close_line();
    if (json) {
        out.document = true;
        (void)fputs(voiplab_result_json(result), stdout);
        return;
    }
    print_text(voiplab_result_text(result));
    print_table(result);
    if (!quiet && *voiplab_result_summary(result) && !is_summary(voiplab_result_text(result), result))
        (void)fprintf(stderr, "%s\n", voiplab_result_summary(result));
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
