/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The page of a search for the largest load that holds: how many, what gave first, each step, and all of it over time.
 */
#include <math.h>
#include <string.h>

#include "base/cleanup.h"
#include "sipp/chart.h"
#include "sipp/report_part.h"

static const struct vl_json_value *steps_of(const struct vl_json_value *search)
{
    return vl_report_at(search, "capacity", "steps");
}

static bool has_held(const struct vl_json_value *step)
{
    return vl_json_true(vl_json_member(step, "held"));
}

/* The last step of what is called the capacity that held; NULL: none did. */
static const struct vl_json_value *step_of_capacity(const struct vl_json_value *search)
{
    double capacity = vl_report_real(search, "capacity", "capacity");
    const struct vl_json_value *found = NULL;

    for (size_t i = 0; i < vl_json_length(steps_of(search)); i++) {
        const struct vl_json_value *step = vl_json_element(steps_of(search), i);

        if (has_held(step) && !(fabs(vl_report_real(step, "load", NULL) - capacity) > 0))
            found = step;
    }
    return found;
}

static void put_answer(struct vl_buf *buf, const struct vl_json_value *search, const char *level)
{
    bool found = vl_report_real(search, "capacity", "capacity") > 0;

    vl_buf_printf(buf, "<%s id=\"answer\">", level);
    vl_html_text(buf, vl_report_text(search, "answer", NULL));
    vl_buf_printf(buf, "</%s>\n<p class=\"first %s\">What gave first: ", level, found ? "good" : "bad");
    vl_html_text(buf, vl_report_text(search, "limit", "text"));
    vl_buf_puts(buf, ".</p>\n");
    if (vl_json_string_of(vl_report_at(search, "capacity", "log"))) {
        vl_buf_puts(buf, "<p class=\"soft\">Its log: ");
        vl_html_text(buf, vl_report_text(search, "capacity", "log"));
        vl_buf_puts(buf, "</p>\n");
    }
}

static void put_tiles(struct vl_buf *buf, const struct vl_json_value *search)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    const struct vl_json_value *step = step_of_capacity(search);
    const char *unit = vl_report_text(search, "capacity", "unit");
    bool least = vl_json_true(vl_report_at(search, "capacity", "at_least"));
    VL_BUF_AUTO words = VL_BUF_INIT;

    vl_html_text(&words, unit);
    vl_buf_puts(buf, "<ul class=\"tiles\">\n");
    vl_report_put_tile(buf, vl_arena_printf(&arena, "%s hold", vl_buf_text(&words)),
                       vl_report_real(search, "capacity", "capacity"), 0, "");
    vl_report_put_tile(buf, "were too much", vl_report_real(search, "capacity", "too_much"), 0, "");
    vl_report_put_tile(buf, least ? "at least, for each processor of it" : "for each processor of it",
                       vl_report_real(search, "capacity", "per_core"), 1, "");
    vl_report_put_tile(buf, least ? "at least, for each GHz of them" : "for each GHz of them",
                       vl_report_real(search, "capacity", "per_ghz"), 1, "");
    vl_report_put_tile(buf, "to the first answer then, 95 of 100", vl_report_real(step, "request_p95_ms", NULL), 0,
                       "ms");
    vl_report_put_tile(buf, "MOS of all sound then", vl_report_real(step, "mos", NULL), 2, "");
    vl_report_put_tile(buf, "of this host's processors, at most", vl_report_most(search, "processor", 100), 0, "%");
    vl_buf_puts(buf, "</ul>\n");
    buf->failed |= arena.failed || words.failed;
}

static void put_step(struct vl_buf *buf, const struct vl_json_value *step, size_t index)
{
    static const struct {
        const char *key;
        int digits;
    } columns[] = { { "begun_s", 0 },
                    { "load", 0 },
                    { "peak", 0 },
                    { "rate", 1 },
                    { "failed", 0 },
                    { "request_p95_ms", 1 },
                    { "retransmissions", 0 },
                    { "loss_percent", 2 },
                    { "mos", 2 } };
    const char *why = vl_json_string_of(vl_json_member(step, "why"));

    vl_buf_printf(buf, "<tr><th scope=\"row\">%zu</th>", index + 1);
    for (size_t c = 0; c < VL_COUNT(columns); c++) {
        vl_buf_puts(buf, "<td>");
        vl_report_put_figure(buf, vl_report_real(step, columns[c].key, NULL), columns[c].digits, "");
        vl_buf_puts(buf, "</td>");
    }
    vl_buf_printf(buf, "<td class=\"word %s\">", has_held(step) ? "good" : "bad");
    vl_html_text(buf, has_held(step) ? "held" : why ? why : "did not hold");
    vl_buf_puts(buf, "</td></tr>\n");
}

bool vl_report_steps_picture(struct vl_buf *buf, const struct vl_json_value *search, size_t index, bool alone)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    size_t count = vl_json_length(steps_of(search));
    struct vl_chart_step *steps = vl_arena_zalloc(&arena, (count + 1) * sizeof(*steps));
    const struct vl_chart chart = { .id = vl_arena_printf(&arena, "r%zu-steps", index),
                                    .title = "What was tried, and what held",
                                    .description = vl_report_text(search, "answer", NULL),
                                    .unit = vl_report_text(search, "capacity", "unit"),
                                    .alone = alone };

    for (size_t i = 0; steps && i < count; i++)
        steps[i] = (struct vl_chart_step){ .load = vl_report_real(vl_json_element(steps_of(search), i), "load", NULL),
                                           .held = has_held(vl_json_element(steps_of(search), i)) };
    buf->failed |= arena.failed;
    if (!count || !steps)
        return false;
    if (!alone)
        vl_report_begin_figure(buf, &chart);
    vl_chart_steps_svg(buf, &chart, steps, count, vl_report_real(search, "capacity", "capacity"));
    vl_buf_puts(buf, alone ? "" : "</figure>\n");
    return true;
}

static void put_steps(struct vl_buf *buf, const struct vl_json_value *search, size_t index)
{
    static const char *const titles[] = {
        "Step",           "after, s",   "asked",   "at once", "begun/s",          "failed",
        "answer p95, ms", "sent again", "lost, %", "MOS",     "what became of it"
    };

    vl_buf_puts(buf, "<h2>The steps of the search</h2>\n");
    (void)vl_report_steps_picture(buf, search, index, false);
    vl_buf_puts(buf, "<div class=\"wide\"><table><thead><tr>");
    for (size_t c = 0; c < VL_COUNT(titles); c++)
        vl_buf_printf(buf, "<th scope=\"col\"%s>%s</th>", c + 1 == VL_COUNT(titles) ? " class=\"word\"" : "",
                      titles[c]);
    vl_buf_puts(buf, "</tr></thead><tbody>\n");
    for (size_t i = 0; i < vl_json_length(steps_of(search)); i++)
        put_step(buf, vl_json_element(steps_of(search), i), i);
    vl_buf_puts(buf, "</tbody></table></div>\n");
}

static void put_published(struct vl_buf *buf, const struct vl_json_value *search)
{
    const struct vl_json_value *published = vl_report_at(search, "capacity", "published");

    if (!vl_json_length(published))
        return;
    vl_buf_puts(buf, "<h2>What others have published</h2>\n<ul>\n");
    for (size_t i = 0; i < vl_json_length(published); i++) {
        const char *text = vl_json_string_of(vl_json_element(published, i));

        vl_buf_puts(buf, "<li>");
        vl_html_text(buf, text ? text : "n/a");
        vl_buf_puts(buf, "</li>\n");
    }
    vl_buf_puts(buf, "</ul>\n");
}

static void put_how(struct vl_buf *buf, const struct vl_json_value *search)
{
    vl_buf_puts(buf, "<h2>How it was measured</h2>\n<p>After the method of RFC 7502: four times as many until a step "
                     "does not hold, then what lies between.</p>\n<table><tbody>\n");
    vl_report_put_text_row(buf, "Load", vl_report_text(search, "capacity", "name"));
    vl_report_put_text_row(buf, "Begun", vl_report_text(search, "begun", NULL));
    vl_report_put_text_row(buf, "Target", vl_report_text(search, "capacity", "target"));
    vl_report_put_text_row(buf, "Number called", vl_report_text(search, "capacity", "extension"));
    vl_report_put_text_row(buf, "What is looked for", vl_report_text(search, "capacity", "unit"));
    vl_report_put_text_row(buf, "Scenario", vl_report_text(search, "scenario", "name"));
    vl_report_put_text_row(buf, "Its SHA-256", vl_report_text(search, "scenario", "sha256"));
    vl_report_put_row(buf, "SIPp with itself", vl_report_real(search, "capacity", "generator_rate"), 1, "calls/s");
    vl_report_put_host(buf, search);
    vl_buf_puts(buf, "</tbody></table>\n");
}

void vl_report_capacity(struct vl_buf *buf, const struct vl_json_value *search, size_t index, const char *level)
{
    put_answer(buf, search, level);
    put_tiles(buf, search);
    put_steps(buf, search, index);
    vl_report_pictures(buf, search, index);
    put_published(buf, search);
    put_how(buf, search);
}
