/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trace/show.h"

#include <string.h>

#include "trace/run.h"

#define ARROW " \xe2\x86\x92 "

static void add_contexts(struct vl_buf *out, const struct vl_search *search, size_t visit)
{
    if (search->visits[visit].include)
        add_contexts(out, search, search->visits[visit].from);
    vl_buf_printf(out, "%s%s", ARROW, search->visits[visit].context->name);
}

/* The whole in one line. */
static const char *way_of(struct vl_runner *runner)
{
    const struct vl_show *show = runner->show;
    const struct vl_candidate *match = show->search.match;
    VL_BUF_AUTO out = VL_BUF_INIT;

    vl_buf_puts(&out, show->query.number);
    if (!match) {
        vl_buf_printf(&out, "%s%s%snothing", ARROW, show->query.context, ARROW);
    } else {
        add_contexts(&out, &show->search, match->visit);
        vl_buf_printf(&out, "%s%s", ARROW, match->extension->name);
    }
    if (show->pin)
        vl_buf_puts(&out, ARROW "PIN");
    for (size_t i = 0; i < show->dial_count; i++)
        vl_buf_printf(&out, "%s%s", i ? ", then " : ARROW, show->dials[i]);
    if (match && !show->dial_count && runner->last)
        vl_buf_printf(&out, "%s%s", ARROW, runner->last);
    if (out.failed)
        runner->arena->failed = true;
    return vl_arena_strdup(runner->arena, vl_buf_text(&out));
}

/* What was found elsewhere than it is said to be, or is not known, when the files were read. */
static void assume_files(struct vl_runner *runner)
{
    const struct vl_dialplan *plan = runner->plan;

    for (size_t i = 0; i < plan->moved_count; i++)
        vl_trace_assume(runner, plan->moved[i]);
    for (size_t i = 0; i < plan->diagnostic_count; i++)
        if (plan->diagnostics[i].code == VL_DIALPLAN_EXEC)
            vl_trace_assume(runner, vl_arena_printf(runner->scratch, "%s: it adds nothing", plan->diagnostics[i].text));
}

static void set_facts(struct vl_runner *runner)
{
    for (const char *const *set = runner->facts->set; set && *set; set++) {
        size_t length = strcspn(*set, "=");

        vl_trace_write(runner, vl_arena_strndup(runner->arena, *set, length), *set + length + ((*set)[length] == '='));
    }
}

int vl_show(const struct vl_dialplan *plan, const struct vl_query *query, const struct vl_show_facts *facts,
            struct vl_arena *arena, struct vl_show *ret_show, struct vl_error *err)
{
    static const struct vl_show_facts none = { .database = NULL };
    struct vl_runner runner = {
        .plan = plan, .facts = facts ? facts : &none, .arena = arena, .scratch = arena, .show = ret_show
    };

    *ret_show = (struct vl_show){ .query = *query, .end = "no extension takes it" };
    if (vl_search(plan, query, arena, &ret_show->search, err) < 0)
        return -1;
    if (ret_show->search.match) {
        runner.at = (struct vl_trace_place){ query->context, query->number, query->priority };
        assume_files(&runner);
        set_facts(&runner);
        vl_trace(&runner);
    }
    ret_show->way = way_of(&runner);
    return vl_arena_check(arena, err);
}
