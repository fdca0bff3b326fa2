/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "base/text.h"
#include "trace/show.h"

static const char *name_of(struct vl_arena *arena, const struct vl_extension *extension)
{
    return extension->callerid ? vl_arena_printf(arena, "%s/%s", extension->name, extension->callerid)
                               : extension->name;
}

static void add_position(struct vl_buf *out, struct vl_position at)
{
    const char *slash = strrchr(at.file, '/');

    vl_buf_printf(out, "%s:%d\n", slash ? slash + 1 : at.file, at.line);
}

static void add_visit(struct vl_buf *out, const struct vl_search *search, size_t place)
{
    const struct vl_visit *visit = &search->visits[place];

    if (!visit->include)
        vl_buf_printf(out, "  [%s]\n", visit->context->name);
    else
        vl_buf_printf(out, "  [%s]  included by [%s]%s%s%s\n", visit->include->name,
                      search->visits[visit->from].context->name, visit->include->timing ? " as " : "",
                      visit->include->timing ? visit->include->written : "",
                      !visit->context  ? ": there is no such context"
                      : visit->in_time ? ""
                                       : ": not at that time");
    for (size_t i = 0; visit->context && i < visit->context->switch_count; i++)
        vl_buf_printf(out, "    switch %s/%s: not asked\n", visit->context->switches[i].name,
                      visit->context->switches[i].data);
}

/* The visits that have something to say: those with a candidate or a switch, those that led there, and includes of what
 * is not there. NULL: memory ran out. */
static bool *tell_visits(struct vl_arena *arena, const struct vl_search *search)
{
    bool *told = vl_arena_zalloc(arena, search->visit_count);

    if (!told)
        return NULL;
    told[0] = true;
    for (size_t i = 0; i < search->candidate_count; i++)
        told[search->candidates[i].visit] = true;
    for (size_t i = 0; i < search->visit_count; i++)
        told[i] |= !search->visits[i].context || search->visits[i].context->switch_count;
    /* a visit comes behind the one that it was led to from */
    for (size_t i = search->visit_count; i-- > 1;)
        told[search->visits[i].from] |= told[i];
    return told;
}

static void add_search(struct vl_buf *out, struct vl_arena *arena, const struct vl_search *search)
{
    bool *told = tell_visits(arena, search);
    size_t passed = 0;

    vl_buf_puts(out, "\nsearch:\n");
    for (size_t i = 0; told && i < search->visit_count; i++) {
        if (!told[i]) {
            passed++;
            continue;
        }
        add_visit(out, search, i);
        for (size_t j = 0; j < search->candidate_count; j++) {
            const struct vl_candidate *candidate = &search->candidates[j];

            if (candidate->visit != i)
                continue;
            vl_buf_printf(out, "    %-20s %-32s ", name_of(arena, candidate->extension), vl_fate_text(candidate->fate));
            add_position(out, candidate->extension->at);
        }
    }
    if (passed)
        vl_buf_printf(out, "  and %zu context%s without a candidate\n", passed, passed == 1 ? "" : "s");
    if (search->deep)
        vl_buf_printf(out, "  Asterisk gives up here: more than %d contexts\n", VL_DIALPLAN_DEPTH_MOST);
}

static void add_steps(struct vl_buf *out, struct vl_arena *arena, const struct vl_show *show)
{
    vl_buf_puts(out, "\nsteps:\n");
    for (size_t i = 0; i < show->step_count; i++) {
        const struct vl_show_step *step = &show->steps[i];
        const char *call = vl_arena_printf(arena, "%s(%s)", step->priority->application, step->filled);

        vl_buf_printf(out, "  %*s%s,%s,%d  %s%s%s  ", (int)step->depth * 2, "", step->extension->context->name,
                      step->extension->name, step->priority->number, call, step->note ? "  ; " : "",
                      step->note ? step->note : "");
        add_position(out, step->priority->at);
    }
    vl_buf_printf(out, "  %s\n", show->end);
}

static void add_printable(struct vl_buf *out, struct vl_arena *arena, const char *text, bool utf8)
{
    const char *start = text;

    while (utf8 && *text) {
        size_t length = vl_text_letter(text);

        if (!length) {
            text++;
            continue;
        }
        vl_buf_puts(out, vl_text_printable(arena, vl_arena_strndup(arena, start, (size_t)(text - start))));
        vl_buf_add(out, text, length);
        text += length;
        start = text;
    }
    vl_buf_puts(out, vl_text_printable(arena, start));
}

/* The arrows are the only characters beyond ASCII that are ours; whatever else comes from the file. */
static void add_way(struct vl_buf *out, struct vl_arena *arena, const char *way, bool utf8)
{
    static const char arrow[] = " \xe2\x86\x92 ";

    for (const char *next; (next = strstr(way, arrow)); way = next + strlen(arrow)) {
        add_printable(out, arena, vl_arena_strndup(arena, way, (size_t)(next - way)), utf8);
        vl_buf_puts(out, arrow);
    }
    add_printable(out, arena, way, utf8);
}

static void add_assumed(struct vl_buf *out, const struct vl_show *show)
{
    if (show->assumed_count)
        vl_buf_puts(out, "\nassumed:\n");
    for (size_t i = 0; i < show->assumed_count; i++)
        vl_buf_printf(out, "  %s\n", show->assumed[i]);
}

void vl_show_text(struct vl_buf *out, struct vl_arena *arena, const struct vl_show *show, bool utf8)
{
    VL_BUF_AUTO raw = VL_BUF_INIT;

    add_way(out, arena, show->way, utf8);
    if (show->assumed_count)
        vl_buf_printf(out, "  (? %zu assumed)", show->assumed_count);
    vl_buf_putc(out, '\n');
    add_search(&raw, arena, &show->search);
    if (show->search.match)
        add_steps(&raw, arena, show);
    add_assumed(&raw, show);
    add_printable(out, arena, vl_buf_text(&raw), utf8);
    out->failed |= raw.failed;
}
