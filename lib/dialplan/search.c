/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dialplan/search.h"

#include <string.h>
#include <strings.h>

#include "dialplan/beside.h"
#include "dialplan/index.h"
#include "dialplan/pattern.h"
#include "dialplan/trie.h"

struct work {
    const struct vl_dialplan *plan;
    const struct vl_query *query;
    struct vl_arena *arena;
    struct vl_search *search;
    struct vl_matches matches;
    const struct vl_extension *only; /* what the tree of the context finds */
    size_t asked;                    /* a place, since the array moves while it grows */
    bool found, has_asked;
};

const char *vl_fate_text(enum vl_fate fate)
{
    static const char *const texts[] = {
        [VL_FATE_RUNS] = "runs",
        [VL_FATE_LATER] = "one before it takes the call",
        [VL_FATE_CALLERID] = "is for another caller",
        [VL_FATE_PRIORITY] = "does not have the priority",
        [VL_FATE_OTHER] = "is not the one that the tree finds",
        [VL_FATE_TIME] = "its context is not included at that time",
    };

    return texts[fate];
}

static const struct vl_priority *wanted_step(const struct vl_query *query, const struct vl_extension *extension)
{
    return query->label ? vl_extension_label(extension, query->label)
                        : vl_extension_priority(extension, query->priority);
}

static enum vl_fate fate_of(struct work *work, const struct vl_extension *extension, bool in_time)
{
    bool other = work->plan->general.new_pattern_match && extension != work->only;

    if (!in_time)
        return VL_FATE_TIME;
    if (other && !work->found)
        return VL_FATE_OTHER;
    if (!work->plan->general.new_pattern_match && extension->callerid &&
        !vl_callerid_matches(extension->callerid, work->query->callerid))
        return VL_FATE_CALLERID;
    if (work->found)
        return VL_FATE_LATER;
    return wanted_step(work->query, extension) ? VL_FATE_RUNS : VL_FATE_PRIORITY;
}

static void add_candidate(struct work *work, const struct vl_extension *extension, size_t visit)
{
    struct vl_search *search = work->search;
    struct vl_candidate *list = vl_arena_grow(work->arena, search->candidates, search->candidate_count, sizeof(*list));
    enum vl_fate fate = fate_of(work, extension, search->visits[visit].in_time);

    if (!list)
        return;
    search->candidates = list;
    if (fate == VL_FATE_RUNS) {
        work->found = true;
        search->step = wanted_step(work->query, extension);
    }
    list[search->candidate_count++] = (struct vl_candidate){ .extension = extension, .visit = visit, .fate = fate };
}

/* A visit out of time is none for Asterisk: it does not keep the search from coming again in time. */
static bool was_visited(const struct vl_search *search, const char *name, bool in_time)
{
    for (size_t i = 0; i < search->visit_count; i++) {
        const struct vl_visit *visit = &search->visits[i];

        if (visit->context && (visit->in_time || !in_time) && !strcasecmp(visit->context->name, name))
            return true;
    }
    return false;
}

/* False: the list is full, or memory ran out. */
static bool add_visit(struct work *work, struct vl_visit visit)
{
    struct vl_search *search = work->search;
    struct vl_visit *visits;

    if (search->visit_count >= VL_DIALPLAN_DEPTH_MOST) {
        search->deep = true;
        return false;
    }
    visits = vl_arena_grow(work->arena, search->visits, search->visit_count, sizeof(*visits));
    if (!visits)
        return false;
    search->visits = visits;
    visits[search->visit_count++] = visit;
    return true;
}

/* Asterisk's own list has what both searches could find; the tree may take one that is not among them. */
static void find_only(struct work *work, const struct vl_context *context, size_t visit)
{
    const struct vl_query *query = work->query;
    bool listed = false;

    if (!work->plan->general.new_pattern_match)
        return;
    if (context->looked_up && !work->search->guessed)
        work->search->guessed = context;
    work->only = vl_trie_find(context, query->number, query->callerid, query->label);
    for (size_t i = 0; i < work->matches.count; i++)
        listed |= work->matches.ranks[i] == (work->only ? work->only->rank : 0);
    if (work->only && !listed)
        add_candidate(work, work->only, visit);
}

static bool is_now(struct work *work, const struct vl_include *include)
{
    const struct vl_moment *moment = work->query->moment;

    if (!include->timing || !moment)
        return true;
    if (!work->search->unsure && !vl_timing_is_known(include->timing, moment))
        work->search->unsure = include;
    return vl_timing_holds(include->timing, moment);
}

static void visit_context(struct work *work, const struct vl_context *context, const struct vl_include *include,
                          size_t from, bool in_time)
{
    size_t here = work->search->visit_count;

    if (!add_visit(work, (struct vl_visit){ context, include, from, in_time }) || !context)
        return;
    vl_index_find(context, work->query->number, &work->matches);
    if (work->matches.failed)
        work->arena->failed = true;
    find_only(work, context, here);
    for (size_t i = 0; i < work->matches.count && !work->arena->failed; i++)
        add_candidate(work, context->extensions[work->matches.ranks[i]], here);
    if (context->switch_count && in_time && !work->found && !work->has_asked) {
        work->has_asked = true;
        work->asked = here;
    }
    for (size_t i = 0; i < context->include_count && !work->arena->failed; i++) {
        const struct vl_include *next = &context->includes[i];
        bool now = in_time && is_now(work, next);

        if (!was_visited(work->search, next->name, now))
            visit_context(work, vl_dialplan_context(work->plan, next->name), next, here, now);
    }
}

/* List each context once: where it was seen out of time and then in time, the second counts. */
static void drop_repeated(struct vl_search *search)
{
    size_t kept = 0;

    for (size_t i = 0; i < search->candidate_count; i++) {
        const struct vl_candidate *candidate = &search->candidates[i];
        bool again = false;

        for (size_t j = candidate->visit + 1; j < search->visit_count && candidate->fate == VL_FATE_TIME; j++)
            again |= search->visits[j].in_time && search->visits[j].context == candidate->extension->context;
        if (!again)
            search->candidates[kept++] = *candidate;
    }
    search->candidate_count = kept;
}

int vl_search(const struct vl_dialplan *plan, const struct vl_query *query, struct vl_arena *arena,
              struct vl_search *ret_search, struct vl_error *err)
{
    const struct vl_context *context = vl_dialplan_context(plan, query->context);
    struct work work = { .plan = plan, .query = query, .arena = arena, .search = ret_search };

    *ret_search = (struct vl_search){ .visits = NULL };
    if (!context && vl_dialplan_maker(plan, query->context))
        return vl_fail(err, VL_ERROR_NOTFOUND, "the context '%s' is that of %s, which is not read", query->context,
                       vl_dialplan_maker(plan, query->context));
    if (!context)
        return vl_fail(err, VL_ERROR_NOTFOUND, "there is no context '%s'", query->context);
    visit_context(&work, context, NULL, 0, true);
    vl_matches_free(&work.matches);
    if (arena->failed)
        return vl_no_memory(err);
    drop_repeated(ret_search);
    for (size_t i = 0; i < ret_search->candidate_count; i++)
        if (ret_search->candidates[i].fate == VL_FATE_RUNS)
            ret_search->match = &ret_search->candidates[i];
    if (work.has_asked)
        ret_search->asked = &ret_search->visits[work.asked];
    return 0;
}
