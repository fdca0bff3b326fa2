/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The parts of a report that are words and tables.
 */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/cleanup.h"
#include "sipp/chart.h"
#include "sipp/report_part.h"

/* What is looked up by a path of members. */
const struct vl_json_value *vl_report_at(const struct vl_json_value *value, const char *first, const char *second)
{
    value = vl_json_member(value, first);
    return second ? vl_json_member(value, second) : value;
}

double vl_report_real(const struct vl_json_value *value, const char *first, const char *second)
{
    return vl_json_real_of(vl_report_at(value, first, second));
}

const char *vl_report_text(const struct vl_json_value *value, const char *first, const char *second)
{
    const char *text = vl_json_string_of(vl_report_at(value, first, second));

    return text ? text : "n/a";
}

/* Groups of three digits. */
void vl_report_put_count(struct vl_buf *buf, double number)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    const char *digits = vl_arena_printf(&arena, "%.0f", number);
    size_t length = strlen(digits);

    if (isnan(number)) {
        vl_buf_puts(buf, "n/a");
        return;
    }
    for (size_t i = 0; i < length; i++)
        vl_buf_printf(buf, "%s%c", i && (length - i) % 3 == 0 && digits[i - 1] != '-' ? "," : "", digits[i]);
}

void vl_report_put_figure(struct vl_buf *buf, double number, int digits, const char *unit)
{
    if (isnan(number))
        vl_buf_puts(buf, "n/a");
    else if (!digits)
        vl_report_put_count(buf, number);
    else
        vl_buf_printf(buf, "%.*f", digits, number);
    if (!isnan(number) && *unit)
        vl_buf_printf(buf, "\xc2\xa0%s", unit);
}

void vl_report_put_tile(struct vl_buf *buf, const char *what, double number, int digits, const char *unit)
{
    vl_buf_puts(buf, "<li><b>");
    vl_report_put_figure(buf, number, digits, unit);
    vl_buf_printf(buf, "</b><span>%s</span></li>\n", what);
}

/* How the calls sounded, or why that is not known. */
const char *vl_report_sound(struct vl_arena *arena, const struct vl_json_value *run)
{
    double mos = vl_report_real(run, "media", "mos"), lowest = vl_report_real(run, "media", "mos_lowest");
    double loss = vl_report_real(run, "media", "loss_percent"), streams = vl_report_real(run, "media", "streams");
    const char *why = vl_json_string_of(vl_json_member(run, "not_heard"));

    if (why)
        return vl_arena_printf(arena, "How they sound is not known: %s", why);
    if (!vl_json_member(run, "heard"))
        return "How they sound is not known: nobody listened";
    if (!(streams > 0))
        return "They had no sound that could be counted (RTP)";
    if (isnan(mos))
        return vl_arena_printf(arena, "Of their sound %.2f %% was lost, in %.0f streams; MOS is not defined for it",
                               loss, streams);
    return vl_arena_printf(arena, "They sound like MOS %.2f, the worst of %.0f streams like %.2f; %.2f %% was lost",
                           mos, streams, lowest, loss);
}

void vl_report_put_row(struct vl_buf *buf, const char *what, double number, int digits, const char *unit)
{
    vl_buf_printf(buf, "<tr><th scope=\"row\">%s</th><td>", what);
    vl_report_put_figure(buf, number, digits, unit);
    vl_buf_puts(buf, "</td></tr>\n");
}

void vl_report_put_text_row(struct vl_buf *buf, const char *what, const char *text)
{
    vl_buf_printf(buf, "<tr><th scope=\"row\">%s</th><td class=\"word\">", what);
    vl_html_text(buf, text);
    vl_buf_puts(buf, "</td></tr>\n");
}

/* What was said in one of the calls that failed so; NULL: none was heard. */
static const char *ladder_of(const struct vl_json_value *run, const char *reason)
{
    const struct vl_json_value *ladders = vl_json_member(run, "ladders");

    for (size_t i = 0; i < vl_json_length(ladders); i++) {
        const struct vl_json_value *ladder = vl_json_element(ladders, i);

        if (!strcmp(vl_report_text(ladder, "reason", NULL), reason))
            return vl_json_string_of(vl_json_member(ladder, "ladder"));
    }
    return NULL;
}

static void put_failure(struct vl_buf *buf, const struct vl_json_value *run, const struct vl_json_value *reason)
{
    const char *words = vl_report_text(reason, "reason", NULL), *ladder = ladder_of(run, words);

    vl_buf_puts(buf, "<h3>");
    vl_html_text(buf, words);
    vl_buf_puts(buf, ": ");
    vl_report_put_count(buf, vl_report_real(reason, "count", NULL));
    vl_buf_puts(buf, "</h3>\n");
    if (!ladder)
        return;
    vl_buf_puts(buf, "<figure><figcaption class=\"soft\">What was said in one such call, in seconds</figcaption>\n"
                     "<pre class=\"wide\" tabindex=\"0\">");
    vl_html_text(buf, ladder);
    vl_buf_puts(buf, "</pre></figure>\n");
}

/* What the dialplan says of the number that all of them called. */
static void put_foretold(struct vl_buf *buf, const struct vl_json_value *run)
{
    const struct vl_json_value *foretold = vl_json_member(run, "foretold");
    const char *text = vl_json_string_of(vl_json_member(foretold, "text"));

    if (!vl_json_string_of(vl_json_member(foretold, "pbx")))
        return;
    vl_buf_puts(buf, "<h3>What the dialplan of ");
    vl_html_text(buf, vl_report_text(foretold, "pbx", NULL));
    vl_buf_puts(buf, " says of ");
    vl_html_text(buf, vl_report_text(foretold, "number", NULL));
    if (text) {
        vl_buf_puts(buf, " in ");
        vl_html_text(buf, vl_report_text(foretold, "context", NULL));
        vl_buf_puts(buf, "</h3>\n<pre class=\"wide\" tabindex=\"0\">");
        vl_html_text(buf, text);
        vl_buf_puts(buf, "</pre>\n");
    } else {
        vl_buf_puts(buf, " is not known</h3>\n<p class=\"soft\">");
        vl_html_text(buf, vl_report_text(foretold, "why", NULL));
        vl_buf_puts(buf, "</p>\n");
    }
}

void vl_report_failures(struct vl_buf *buf, const struct vl_json_value *run)
{
    const struct vl_json_value *reasons = vl_report_at(run, "run", "reasons");

    vl_buf_puts(buf, "<h2>Failures by cause</h2>\n");
    if (!vl_json_length(reasons))
        vl_buf_puts(buf, "<p>No call failed.</p>\n");
    for (size_t i = 0; i < vl_json_length(reasons); i++)
        put_failure(buf, run, vl_json_element(reasons, i));
    put_foretold(buf, run);
}

void vl_report_times(struct vl_buf *buf, const struct vl_json_value *run)
{
    static const char *const rows[][2] = { { "session_request_delay_ms", "to the first answer" },
                                           { "answer_delay_ms", "to the 200 of the call" },
                                           { "disconnect_delay_ms", "from BYE to its 200" } };
    static const char *const columns[][2] = { { "samples", "calls" }, { "min", "least" },     { "p50", "50 of 100" },
                                              { "p95", "95 of 100" }, { "p99", "99 of 100" }, { "max", "most" } };

    vl_buf_puts(buf, "<h2>Response times</h2>\n<div class=\"wide\"><table><caption>Milliseconds; so many of 100 calls "
                     "took no longer</caption><thead><tr><th scope=\"col\">Time</th>");
    for (size_t c = 0; c < VL_COUNT(columns); c++)
        vl_buf_printf(buf, "<th scope=\"col\">%s</th>", columns[c][1]);
    vl_buf_puts(buf, "</tr></thead><tbody>\n");
    for (size_t r = 0; r < VL_COUNT(rows); r++) {
        const struct vl_json_value *times = vl_report_at(run, "run", rows[r][0]);

        vl_buf_printf(buf, "<tr><th scope=\"row\">%s</th>", rows[r][1]);
        for (size_t c = 0; c < VL_COUNT(columns); c++) {
            vl_buf_puts(buf, "<td>");
            vl_report_put_figure(buf, vl_report_real(times, columns[c][0], NULL), c ? 1 : 0, "");
            vl_buf_puts(buf, "</td>");
        }
        vl_buf_puts(buf, "</tr>\n");
    }
    vl_buf_puts(buf, "</tbody></table></div>\n");
}

void vl_report_metrics(struct vl_buf *buf, const struct vl_json_value *run)
{
    static const struct {
        const char *key, *title, *unit;
    } rows[] = {
        { "registration_request_delay_ms", "Registration request delay (4.1)", "ms" },
        { "ineffective_registration_attempts_percent", "Ineffective registration attempts (4.2)", "%" },
        { "session_request_delay_ms", "Session request delay (4.3)", "ms" },
        { "session_disconnect_delay_ms", "Session disconnect delay (4.4)", "ms" },
        { "session_duration_time_s", "Session duration time (4.5)", "s" },
        { "session_establishment_ratio_percent", "Session establishment ratio (4.6)", "%" },
        { "session_establishment_effectiveness_ratio_percent", "Session establishment effectiveness ratio (4.7)", "%" },
        { "ineffective_session_attempts_percent", "Ineffective session attempts (4.8)", "%" },
        { "session_completion_ratio_percent", "Session completion ratio (4.9)", "%" },
    };

    vl_buf_puts(buf,
                "<h2>RFC 6076</h2>\n<table><caption>n/a: not defined for this run, or not measured</caption><tbody>\n");
    for (size_t i = 0; i < VL_COUNT(rows); i++)
        vl_report_put_row(buf, rows[i].title, vl_report_real(run, "metrics", rows[i].key), 2, rows[i].unit);
    vl_buf_puts(buf, "</tbody></table>\n");
}

struct column {
    const char *key, *title;
    int digits;
    const char *unit;
};

static void put_head(struct vl_buf *buf, const struct column *columns, size_t count)
{
    vl_buf_puts(buf, "<thead><tr>");
    for (size_t c = 0; c < count; c++)
        vl_buf_printf(buf, "<th scope=\"col\">%s</th>", columns[c].title);
    vl_buf_puts(buf, "</tr></thead>");
}

static void put_direction(struct vl_buf *buf, const struct vl_json_value *row)
{
    vl_html_text(buf, vl_report_text(row, "from", NULL));
    vl_buf_puts(buf, " to ");
    vl_html_text(buf, vl_report_text(row, "to", NULL));
    vl_buf_puts(buf, ", ");
    vl_html_text(buf, vl_report_text(row, "codec", NULL));
}

/* A row for each direction; the figures are members of the row, or of what it has as `within`. */
static void put_directions(struct vl_buf *buf, const struct vl_json_value *rows, const char *within,
                           const struct column *columns, size_t count)
{
    vl_buf_puts(buf, "<tbody>\n");
    for (size_t i = 0; i < vl_json_length(rows); i++) {
        const struct vl_json_value *row = vl_json_element(rows, i);

        vl_buf_puts(buf, "<tr><th scope=\"row\">");
        put_direction(buf, row);
        vl_buf_puts(buf, "</th>");
        for (size_t c = 1; c < count; c++) {
            vl_buf_puts(buf, "<td>");
            vl_report_put_figure(buf, vl_report_real(within ? vl_json_member(row, within) : row, columns[c].key, NULL),
                                 columns[c].digits, columns[c].unit);
            vl_buf_puts(buf, "</td>");
        }
        vl_buf_puts(buf, "</tr>\n");
    }
    vl_buf_puts(buf, "</tbody></table></div>\n");
}

/* By direction, and what the lowest MOS of each was reckoned from. */
void vl_report_media(struct vl_buf *buf, struct vl_arena *arena, const struct vl_json_value *run)
{
    static const struct column columns[] = { { NULL, "Direction", 0, "" },
                                             { "streams", "streams", 0, "" },
                                             { "packets", "packets", 0, "" },
                                             { "lost", "lost", 0, "" },
                                             { "loss_percent", "loss", 2, "%" },
                                             { "loss_percent_most", "worst stream", 2, "%" },
                                             { "jitter_mean_ms", "jitter, mean", 1, "ms" },
                                             { "jitter_max_ms", "most", 1, "ms" },
                                             { "reordered", "late", 0, "" },
                                             { "duplicates", "twice", 0, "" },
                                             { "mos", "MOS, mean", 2, "" },
                                             { "mos_lowest", "lowest", 2, "" } };
    static const struct column inputs[] = { { NULL, "Direction", 0, "" },
                                            { "Ppl", "Ppl, loss", 2, "%" },
                                            { "BurstR", "BurstR", 2, "" },
                                            { "Ie", "Ie", 1, "" },
                                            { "Bpl", "Bpl", 1, "" },
                                            { "Ta_ms", "Ta", 0, "ms" },
                                            { "Ie_eff", "Ie,eff", 2, "" },
                                            { "Ro", "Ro", 2, "" },
                                            { "Is", "Is", 2, "" },
                                            { "Id", "Id", 2, "" },
                                            { "R", "R", 2, "" } };
    const struct vl_json_value *rows = vl_report_at(run, "media", "rows");

    vl_buf_puts(buf, "<h2>Sound</h2>\n");
    if (!vl_json_length(rows)) {
        vl_buf_puts(buf, "<p>");
        vl_html_text(buf, vl_report_sound(arena, run));
        vl_buf_puts(buf, "</p>\n");
        return;
    }
    vl_buf_puts(buf, "<div class=\"wide\"><table><caption>Counted on this host\xe2\x80\x99s link by RFC 3550; a stream "
                     "is one direction of a call</caption>");
    put_head(buf, columns, VL_COUNT(columns));
    put_directions(buf, rows, NULL, columns, VL_COUNT(columns));
    vl_buf_puts(buf,
                "<div class=\"wide\"><table><caption>What the lowest MOS of each was reckoned from, by ITU-T G.107 "
                "for a receiver that conceals losses; the delay (Ta) is not seen from here</caption>");
    put_head(buf, inputs, VL_COUNT(inputs));
    put_directions(buf, rows, "lowest", inputs, VL_COUNT(inputs));
}

void vl_report_put_host(struct vl_buf *buf, const struct vl_json_value *run)
{
    vl_report_put_text_row(buf, "This host", vl_report_text(run, "host", "name"));
    vl_report_put_text_row(buf, "Processor", vl_report_text(run, "host", "processor"));
    vl_report_put_row(buf, "Processors", vl_report_real(run, "host", "processors"), 0, "");
    vl_report_put_row(buf, "Memory", vl_report_real(run, "host", "memory") / MIB, 0, "MiB");
    vl_report_put_text_row(buf, "Kernel", vl_report_text(run, "host", "kernel"));
    vl_report_put_text_row(buf, "voiplab", vl_report_text(run, "voiplab", NULL));
}

void vl_report_how(struct vl_buf *buf, const struct vl_json_value *run)
{
    vl_buf_puts(buf, "<h2>How it was measured</h2>\n<table><tbody>\n");
    vl_report_put_text_row(buf, "Load", vl_report_text(run, "run", "name"));
    vl_report_put_text_row(buf, "Begun", vl_report_text(run, "begun", NULL));
    vl_report_put_text_row(buf, "Target", vl_report_text(run, "run", "target"));
    vl_report_put_text_row(buf, "Address", vl_report_text(run, "run", "address"));
    vl_report_put_text_row(buf, "Number called", vl_report_text(run, "run", "extension"));
    vl_report_put_row(buf, "Calls asked for", vl_report_real(run, "run", "calls_asked"), 0, "");
    vl_report_put_row(buf, "Rate asked for", vl_report_real(run, "run", "rate_asked"), 0, "calls/s");
    vl_report_put_row(buf, "Hold", vl_report_real(run, "run", "hold_ms") / 1000, 1, "s");
    vl_report_put_text_row(buf, "Outcome", vl_report_text(run, "run", "outcome"));
    vl_report_put_text_row(buf, "Scenario", vl_report_text(run, "scenario", "name"));
    vl_report_put_text_row(buf, "Its SHA-256", vl_report_text(run, "scenario", "sha256"));
    vl_report_put_row(buf, "SIPp processes", vl_report_real(run, "run", "generators"), 0, "");
    vl_report_put_row(buf, "Retransmissions", vl_report_real(run, "run", "retransmissions"), 0, "");
    vl_report_put_row(buf, "SIPp was late", vl_report_real(run, "run", "generator_late"), 0, "times");
    vl_report_put_host(buf, run);
    vl_buf_puts(buf, "</tbody></table>\n");
}
