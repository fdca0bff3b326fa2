/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * trunk verify: every trunk of the lab, as each of its ends sees it, and a call over it. On one screen: a row per PBX
 * that calls, a column per PBX that is called, and in a cell the time that the other side took to answer, or why it
 * does not work.
 */
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "base/xml.h"
#include "request/request.h"

enum {
    WIDEST = 80, /* columns of a screen; a matrix that needs more has one character per cell */
    NAME_WIDTH = 16,
};

/* What all edges of one cell come to. */
struct cell {
    bool any, failed;
    int milliseconds;
    enum vl_cause_id cause;
};

static struct cell cell_of(struct vl_member *from, const struct vl_pbx *to)
{
    struct cell cell = { .milliseconds = -1 };

    for (size_t i = 0; i < vl_member_edges(from); i++) {
        const struct vl_edge *edge = vl_member_edge(from, i);

        if (edge->to != to || edge->away)
            continue;
        cell.any = true;
        cell.failed |= !edge->ok;
        if (!cell.cause)
            cell.cause = edge->cause.id;
        if (edge->milliseconds > cell.milliseconds)
            cell.milliseconds = edge->milliseconds;
    }
    return cell;
}

static const char *cell_text(struct vl_arena *arena, const struct cell *cell)
{
    if (!cell->any)
        return "-";
    if (cell->failed)
        return cell->cause ? vl_cause_row(cell->cause)->name : "fails";
    return cell->milliseconds < 0 ? "ok" : vl_arena_printf(arena, "%d ms", cell->milliseconds);
}

static char cell_letter(const struct cell *cell)
{
    if (!cell->any)
        return '-';
    if (!cell->failed)
        return '.';
    return cell->cause ? (char)('a' + cell->cause - 1) : 'x';
}

static const char *name_of(struct vl_arena *arena, const struct vl_member *member)
{
    return vl_arena_strndup(arena, member->pbx->name, strnlen(member->pbx->name, NAME_WIDTH));
}

/* How wide the column of a member is: of the names for `to` NULL. */
static size_t width_of(struct vl_arena *arena, struct vl_fleet *fleet, const struct vl_member *to)
{
    size_t width = to ? strlen(name_of(arena, to)) : 0;

    for (size_t i = 0; i < fleet->count; i++) {
        const struct cell cell = cell_of(&fleet->members[i], to ? to->pbx : NULL);
        size_t length = strlen(to ? cell_text(arena, &cell) : name_of(arena, &fleet->members[i]));

        width = length > width ? length : width;
    }
    return width;
}

static void wide_matrix(struct vl_arena *arena, struct vl_fleet *fleet, const size_t *widths, size_t names,
                        struct vl_buf *text)
{
    vl_buf_printf(text, "%-*s", (int)names, "");
    for (size_t to = 0; to < fleet->count; to++)
        vl_buf_printf(text, "  %*s", (int)widths[to], name_of(arena, &fleet->members[to]));
    vl_buf_putc(text, '\n');
    for (size_t from = 0; from < fleet->count; from++) {
        vl_buf_printf(text, "%-*s", (int)names, name_of(arena, &fleet->members[from]));
        for (size_t to = 0; to < fleet->count; to++) {
            const struct cell cell = cell_of(&fleet->members[from], fleet->members[to].pbx);

            vl_buf_printf(text, "  %*s", (int)widths[to], cell_text(arena, &cell));
        }
        vl_buf_putc(text, '\n');
    }
}

/* A character per cell, in the order of the rows, and what the letters mean that are there. */
static void narrow_matrix(struct vl_arena *arena, struct vl_fleet *fleet, size_t names, struct vl_buf *text)
{
    bool there[VL_CAUSES] = { false };

    for (size_t from = 0; from < fleet->count; from++) {
        vl_buf_printf(text, "%-*s  ", (int)names, name_of(arena, &fleet->members[from]));
        for (size_t to = 0; to < fleet->count; to++) {
            const struct cell cell = cell_of(&fleet->members[from], fleet->members[to].pbx);

            there[cell.cause] = true;
            vl_buf_putc(text, cell_letter(&cell));
        }
        vl_buf_putc(text, '\n');
    }
    vl_buf_puts(text, "columns in the order of the rows; . works, x fails, - no way\n");
    for (int id = 1; id < VL_CAUSES; id++)
        if (there[id])
            vl_buf_printf(text, "%c  %s\n", 'a' + id - 1, vl_cause_row((enum vl_cause_id)id)->title);
}

static void matrix(struct vl_fleet *fleet, struct vl_buf *text)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    size_t names = width_of(&arena, fleet, NULL), total = names;
    size_t *widths = vl_arena_zalloc(&arena, (fleet->count + 1) * sizeof(*widths));

    for (size_t i = 0; widths && i < fleet->count && total <= WIDEST; i++) {
        widths[i] = width_of(&arena, fleet, &fleet->members[i]);
        total += widths[i] + 2;
    }
    if (total <= WIDEST && widths)
        wide_matrix(&arena, fleet, widths, names, text);
    else
        narrow_matrix(&arena, fleet, names, text);
    text->failed |= arena.failed;
}

static void edges_json(const struct vl_run *run, struct vl_fleet *fleet)
{
    struct vl_json *json = run->result->document;

    vl_json_array(json, "edges");
    for (size_t m = 0; m < fleet->count; m++) {
        struct vl_member *member = &fleet->members[m];

        for (size_t i = 0; i < vl_member_edges(member); i++) {
            const struct vl_edge *edge = vl_member_edge(member, i);

            vl_json_object(json, NULL);
            vl_json_string(json, "from", member->pbx->name);
            vl_json_string(json, "to", edge->to->name);
            vl_json_string(json, "what", vl_fleet_edge_text(&member->cause_arena, edge));
            vl_json_bool(json, "ok", edge->ok);
            vl_json_string(json, "status", vl_text_printable(&member->cause_arena, edge->status));
            if (edge->milliseconds < 0)
                vl_json_null(json, "milliseconds");
            else
                vl_json_number(json, "milliseconds", edge->milliseconds);
            vl_json_string(json, "cause", edge->ok || edge->away ? NULL : vl_cause_row(edge->cause.id)->name);
            vl_json_end(json);
        }
    }
    vl_json_end(json);
}

/* How many edges there are, and how many of them are not good. */
static size_t count_edges(struct vl_fleet *fleet, size_t *ret_bad)
{
    size_t count = 0;

    *ret_bad = 0;
    for (size_t m = 0; m < fleet->count; m++)
        for (size_t i = 0; i < vl_member_edges(&fleet->members[m]); i++, count++)
            *ret_bad += !vl_member_edge(&fleet->members[m], i)->ok;
    return count;
}

static void case_xml(const struct vl_fleet *fleet, struct vl_member *member, const struct vl_edge *edge,
                     struct vl_xml *xml)
{
    struct vl_arena *arena = &member->cause_arena;
    const struct vl_cause_row *row = vl_cause_row(edge->cause.id);

    vl_xml_open(xml, "testcase");
    vl_xml_attribute(xml, "classname", member->pbx->name);
    vl_xml_attribute(xml, "name", vl_fleet_edge_text(arena, edge));
    if (edge->milliseconds >= 0)
        vl_xml_format(xml, "time", "%d.%03d", edge->milliseconds / 1000, edge->milliseconds % 1000);
    if (!edge->ok && edge->away) {
        vl_xml_empty(xml, "skipped", NULL);
    } else if (!edge->ok) {
        vl_xml_open(xml, "failure");
        vl_xml_attribute(xml, "type", row->name);
        vl_xml_attribute(xml, "message", row->title);
        vl_xml_format(xml, NULL, "%s\n", vl_text_printable(arena, edge->status));
        if (edge->cause.id)
            vl_xml_format(xml, NULL, "%s, %s: %s\n", edge->cause.pbx, edge->cause.where,
                          vl_fleet_proof(fleet, arena, &edge->cause));
        vl_xml_close(xml);
    }
    vl_xml_close(xml);
}

/* A PBX that failed before its trunks could be seen is a case of its own. */
static bool is_case(struct vl_member *member)
{
    return member->error.code && !vl_member_edges(member);
}

static void member_xml(const struct vl_fleet *fleet, struct vl_member *member, struct vl_xml *xml)
{
    for (size_t i = 0; i < vl_member_edges(member); i++)
        case_xml(fleet, member, vl_member_edge(member, i), xml);
    if (!is_case(member))
        return;
    vl_xml_open(xml, "testcase");
    vl_xml_attribute(xml, "classname", member->pbx->name);
    vl_xml_attribute(xml, "name", "answers");
    vl_xml_empty(xml, "failure", "message", vl_text_printable(&member->cause_arena, vl_error_text(&member->error)),
                 NULL);
    vl_xml_close(xml);
}

/* What is away was not tested, and is no failure. */
static size_t count_failures(struct vl_fleet *fleet, size_t *ret_skipped, size_t *ret_cases)
{
    size_t failures = 0;

    *ret_skipped = *ret_cases = 0;
    for (size_t m = 0; m < fleet->count; m++) {
        struct vl_member *member = &fleet->members[m];

        for (size_t i = 0; i < vl_member_edges(member); i++) {
            const struct vl_edge *edge = vl_member_edge(member, i);

            failures += !edge->ok && !edge->away;
            *ret_skipped += !edge->ok && edge->away;
        }
        failures += is_case(member);
        *ret_cases += vl_member_edges(member) + is_case(member);
    }
    return failures;
}

static int junit(const struct vl_run *run, struct vl_fleet *fleet)
{
    struct vl_xml *xml = vl_xml_new();
    size_t skipped, cases, failures = count_failures(fleet, &skipped, &cases);
    VL_FREE char *text = NULL;

    vl_xml_open(xml, "testsuite");
    vl_xml_format(xml, "name", "trunks of the lab %s", run->session->lab->name);
    vl_xml_format(xml, "tests", "%zu", cases);
    vl_xml_format(xml, "failures", "%zu", failures);
    vl_xml_format(xml, "skipped", "%zu", skipped);
    for (size_t m = 0; m < fleet->count; m++)
        member_xml(fleet, &fleet->members[m], xml);
    vl_xml_close(xml);
    text = vl_xml_take(xml, run->err);
    vl_xml_free(xml);
    if (!text)
        return -1;
    run->result->text = vl_arena_printf(&run->result->arena, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n%s", text);
    return 0;
}

int vl_run_trunk_verify(const struct vl_run *run)
{
    VL_FLEET_AUTO fleet = { .count = 0 };
    VL_BUF_AUTO text = VL_BUF_INIT;
    size_t bad, count;

    if (vl_run_look(run, &fleet, true, true) < 0)
        return -1;
    edges_json(run, &fleet);
    vl_run_failures_json(run, &fleet);
    count = count_edges(&fleet, &bad);
    vl_result_summary(run->result, "%zu of %zu registrations, peers and calls are good", count - bad, count);
    if (run->request->parameters.trunk_verify->junit) {
        if (junit(run, &fleet) < 0)
            return -1;
    } else {
        matrix(&fleet, &text);
        if (text.failed)
            return vl_no_memory(run->err);
        run->result->text = vl_arena_strdup(&run->result->arena, vl_buf_text(&text));
    }
    return vl_run_fleet_error(run, &fleet);
}
