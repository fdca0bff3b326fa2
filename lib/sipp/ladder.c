/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Ladders. Columns are as wide as the hosts leave room for. A label that does not fit between two of them is cut, with
 * a `~` for the rest; where there are so many hosts that no label would fit, each line names its two ends instead.
 */
#include <stdio.h>
#include <string.h>

#include "base/xml.h"
#include "sipp/ladder.h"

enum {
    MOST_HOSTS = 16,
    TIME_WIDTH = 10,
    LEAST_COLUMN = 12,
    MOST_COLUMN = 26,
    MOST_STEPS = 400,
    HEAD = 40,
    MOST_SECONDS = 99999
};

struct ladder {
    const struct vl_capture *capture;
    uint32_t call;
    struct vl_endpoint hosts[MOST_HOSTS];
    const char *names[MOST_HOSTS];
    size_t host_count;
    int64_t begun_ns;
};

static size_t index_of(const struct vl_endpoint *hosts, size_t count, const struct vl_endpoint *host)
{
    size_t i = 0;

    while (i < count && !vl_packet_same_host(&hosts[i], host))
        i++;
    return i;
}

static bool is_of(const struct vl_capture *capture, const struct vl_capture_step *step, uint32_t call)
{
    return capture->legs[step->leg].call == call;
}

size_t vl_ladder_hosts(const struct vl_capture *capture, uint32_t call, struct vl_endpoint *ret_hosts, size_t most)
{
    size_t count = 0;

    for (size_t i = 0; i < capture->step_count; i++) {
        const struct vl_capture_step *step = &capture->steps[i];

        if (!is_of(capture, step, call))
            continue;
        if (count < most && index_of(ret_hosts, count, &step->from) == count)
            ret_hosts[count++] = step->from;
        if (count < most && index_of(ret_hosts, count, &step->to) == count)
            ret_hosts[count++] = step->to;
    }
    return count;
}

static void prepare(struct ladder *ladder, const struct vl_capture *capture, uint32_t call,
                    const struct vl_ladder_names *names, struct vl_arena *arena)
{
    *ladder = (struct ladder){ .capture = capture, .call = call };
    ladder->host_count = vl_ladder_hosts(capture, call, ladder->hosts, MOST_HOSTS);
    for (size_t i = 0; i < ladder->host_count; i++) {
        ladder->names[i] = names->name ? names->name(names->context, arena, &ladder->hosts[i]) : NULL;
        if (!ladder->names[i])
            ladder->names[i] = vl_packet_host(arena, &ladder->hosts[i]);
    }
    for (size_t i = capture->step_count; i > 0; i--)
        if (is_of(capture, &capture->steps[i - 1], call))
            ladder->begun_ns = capture->steps[i - 1].time_ns;
}

/* What stands at a step: its label, and that it was said before. */
static void label_of(const struct vl_capture_step *step, char *label, size_t size)
{
    (void)snprintf(label, size, "%s%s", step->label, step->again ? " (again)" : "");
}

/* Since the first step, in the room that a time has: whoever made the capture may have set any clock. */
static void add_time(const struct ladder *ladder, const struct vl_capture_step *step, struct vl_buf *text)
{
    double seconds = (double)(step->time_ns - ladder->begun_ns) / 1e9;

    seconds = seconds > MOST_SECONDS ? MOST_SECONDS : seconds < 0 ? 0 : seconds;
    vl_buf_printf(text, "%*.3f ", TIME_WIDTH - 1, seconds);
}

/* Text cut to `room`, with `~` for what is gone. */
static void add_cut(struct vl_buf *text, const char *words, size_t room, bool filled)
{
    size_t length = strlen(words);

    if (length > room)
        vl_buf_printf(text, "%.*s~", (int)room - 1, words);
    else
        vl_buf_printf(text, "%s%*s", words, filled ? (int)(room - length) : 0, "");
}

static void add_heads(const struct ladder *ladder, size_t column, size_t width, struct vl_buf *text)
{
    size_t last = ladder->host_count - 1;

    vl_buf_printf(text, "%*s", TIME_WIDTH, "");
    for (size_t i = 0; i < last; i++) {
        add_cut(text, ladder->names[i], column - 1, true);
        vl_buf_putc(text, ' ');
    }
    add_cut(text, ladder->names[last], width - TIME_WIDTH - last * column, false);
    vl_buf_putc(text, '\n');
}

/* The arrow between two columns, its label in it: "--INVITE 2500-->" of `room` characters. */
static void add_arrow(struct vl_buf *text, const char *label, size_t room, bool forth)
{
    size_t length = strlen(label), space = room - 2, front;

    if (length > space) {
        vl_buf_puts(text, forth ? "-" : "<");
        add_cut(text, label, space, true);
        vl_buf_puts(text, forth ? ">" : "-");
        return;
    }
    front = (space - length) / 2;
    vl_buf_putc(text, forth ? '-' : '<');
    for (size_t i = 0; i < space - length + 1; i++) {
        if (i == front)
            vl_buf_puts(text, label);
        if (i < space - length)
            vl_buf_putc(text, '-');
    }
    vl_buf_putc(text, forth ? '>' : '-');
}

static void add_rung(const struct ladder *ladder, const struct vl_capture_step *step, size_t column,
                     struct vl_buf *text)
{
    size_t from = index_of(ladder->hosts, ladder->host_count, &step->from);
    size_t to = index_of(ladder->hosts, ladder->host_count, &step->to);
    size_t left = from < to ? from : to, right = from < to ? to : from;
    char label[VL_CAPTURE_LABEL + 16];

    label_of(step, label, sizeof(label));
    add_time(ladder, step, text);
    for (size_t i = 0; i < ladder->host_count; i++) {
        vl_buf_putc(text, '|');
        if (i == left && right < ladder->host_count && left != right) {
            add_arrow(text, label, (right - left) * column - 1, from < to);
            i = right - 1;
        } else if (i + 1 < ladder->host_count) {
            vl_buf_printf(text, "%*s", (int)column - 1, "");
        }
    }
    vl_buf_putc(text, '\n');
}

static void add_sentence(const struct ladder *ladder, const struct vl_capture_step *step, size_t width,
                         struct vl_buf *text)
{
    size_t from = index_of(ladder->hosts, ladder->host_count, &step->from);
    size_t to = index_of(ladder->hosts, ladder->host_count, &step->to);
    size_t room = (width - TIME_WIDTH - 5) / 3;
    char label[VL_CAPTURE_LABEL + 16];

    label_of(step, label, sizeof(label));
    add_time(ladder, step, text);
    add_cut(text, from < ladder->host_count ? ladder->names[from] : "another", room, false);
    vl_buf_puts(text, " > ");
    add_cut(text, to < ladder->host_count ? ladder->names[to] : "another", room, false);
    vl_buf_puts(text, ": ");
    add_cut(text, label, room, false);
    vl_buf_putc(text, '\n');
}

void vl_ladder_text(const struct vl_capture *capture, uint32_t call, const struct vl_ladder_names *names, size_t width,
                    struct vl_buf *text)
{
    VL_ARENA_AUTO arena = { .failed = false };
    struct ladder ladder;
    size_t column, shown = 0;

    prepare(&ladder, capture, call, names, &arena);
    if (ladder.host_count < 2)
        return;
    width = width < HEAD ? HEAD : width;
    column = (width - TIME_WIDTH - 1 - LEAST_COLUMN) / (ladder.host_count - 1);
    column = column > MOST_COLUMN ? MOST_COLUMN : column;
    if (column >= LEAST_COLUMN)
        add_heads(&ladder, column, width, text);
    for (size_t i = 0; i < capture->step_count; i++) {
        if (!is_of(capture, &capture->steps[i], call))
            continue;
        if (++shown > MOST_STEPS)
            continue;
        if (column >= LEAST_COLUMN)
            add_rung(&ladder, &capture->steps[i], column, text);
        else
            add_sentence(&ladder, &capture->steps[i], width, text);
    }
    if (shown > MOST_STEPS)
        vl_buf_printf(text, "%*s%zu more\n", TIME_WIDTH, "", shown - MOST_STEPS);
    text->failed |= arena.failed;
}

/* --- SVG ---------------------------------------------------------------------------------------------------------- */

enum { LEFT = 110, STEP_X = 190, TOP = 60, STEP_Y = 26, MARGIN = 30 };

static int x_of(size_t host)
{
    return LEFT + STEP_X / 2 + (int)host * STEP_X;
}

static void svg_text(struct vl_xml *xml, int x, int y, const char *anchor, const char *words)
{
    vl_xml_open(xml, "text");
    vl_xml_format(xml, "x", "%d", x);
    vl_xml_format(xml, "y", "%d", y);
    vl_xml_attribute(xml, "text-anchor", anchor);
    vl_xml_text(xml, words);
    vl_xml_close(xml);
}

static void svg_line(struct vl_xml *xml, const char *kind, const int ends[static 4], bool arrow)
{
    static const char *const names[] = { "x1", "y1", "x2", "y2" };

    vl_xml_open(xml, "line");
    vl_xml_attribute(xml, "class", kind);
    for (size_t i = 0; i < 4; i++)
        vl_xml_format(xml, names[i], "%d", ends[i]);
    if (arrow)
        vl_xml_attribute(xml, "marker-end", "url(#head)");
    vl_xml_close(xml);
}

static void svg_hosts(const struct ladder *ladder, struct vl_xml *xml, int bottom)
{
    for (size_t i = 0; i < ladder->host_count; i++) {
        svg_text(xml, x_of(i), TOP - 24, "middle", ladder->names[i]);
        svg_line(xml, "host", (int[]){ x_of(i), TOP - 14, x_of(i), bottom }, false);
    }
}

static void svg_step(const struct ladder *ladder, const struct vl_capture_step *step, struct vl_xml *xml, int y)
{
    size_t from = index_of(ladder->hosts, ladder->host_count, &step->from);
    size_t to = index_of(ladder->hosts, ladder->host_count, &step->to);
    char label[VL_CAPTURE_LABEL + 16], time[32];

    if (from >= ladder->host_count || to >= ladder->host_count)
        return;
    label_of(step, label, sizeof(label));
    (void)snprintf(time, sizeof(time), "%.3f s", (double)(step->time_ns - ladder->begun_ns) / 1e9);
    svg_text(xml, LEFT - 20, y + 4, "end", time);
    svg_text(xml, (x_of(from) + x_of(to)) / 2, y - 5, "middle", label);
    svg_line(xml, ladder->capture->legs[step->leg].iax ? "iax" : "sip", (int[]){ x_of(from), y, x_of(to), y }, true);
}

static void svg_head(struct vl_xml *xml)
{
    vl_xml_leaf(xml, "title", "The ladder of a call");
    vl_xml_leaf(xml, "style",
                "text{font:12px sans-serif}.host{stroke:#999}.sip{stroke:#1f5fa8;stroke-width:1.5}"
                ".iax{stroke:#a8481f;stroke-width:1.5}");
    vl_xml_open(xml, "defs");
    vl_xml_open(xml, "marker");
    vl_xml_attribute(xml, "id", "head");
    vl_xml_attribute(xml, "viewBox", "0 0 10 10");
    vl_xml_attribute(xml, "refX", "10");
    vl_xml_attribute(xml, "refY", "5");
    vl_xml_attribute(xml, "markerWidth", "7");
    vl_xml_attribute(xml, "markerHeight", "7");
    vl_xml_attribute(xml, "orient", "auto");
    vl_xml_empty(xml, "path", "d", "M0,0L10,5L0,10z", NULL);
    vl_xml_close(xml);
    vl_xml_close(xml);
}

char *vl_ladder_svg(const struct vl_capture *capture, uint32_t call, const struct vl_ladder_names *names,
                    struct vl_error *err)
{
    VL_ARENA_AUTO arena = { .failed = false };
    VL_XML_AUTO *xml = vl_xml_new();
    struct ladder ladder;
    int count = 0, row = 0;

    prepare(&ladder, capture, call, names, &arena);
    for (size_t i = 0; i < capture->step_count; i++)
        count += is_of(capture, &capture->steps[i], call) && count < MOST_STEPS;
    vl_xml_open(xml, "svg");
    vl_xml_attribute(xml, "xmlns", "http://www.w3.org/2000/svg");
    vl_xml_attribute(xml, "role", "img");
    vl_xml_format(xml, "viewBox", "0 0 %d %d", LEFT + STEP_X * (int)ladder.host_count + MARGIN,
                  TOP + STEP_Y * (count + 1) + MARGIN);
    svg_head(xml);
    svg_hosts(&ladder, xml, TOP + STEP_Y * (count + 1));
    for (size_t i = 0; i < capture->step_count && row < count; i++)
        if (is_of(capture, &capture->steps[i], call))
            svg_step(&ladder, &capture->steps[i], xml, TOP + STEP_Y * ++row);
    vl_xml_close(xml);
    if (vl_arena_check(&arena, err) < 0)
        return NULL;
    return vl_xml_take(xml, err);
}
