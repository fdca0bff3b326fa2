/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sipp: the load runs of the lab file, one after the other.
 */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/own.h"
#include "base/text.h"
#include "plan/plan.h"
#include "request/request.h"
#include "sipp/run.h"

struct running {
    struct vl_session *session;
    const struct vl_load *load;
};

static int is_cancelled(void *context)
{
    const struct running *running = context;

    return vl_session_cancelled(running->session);
}

static void show_progress(void *context, const struct vl_load_progress *now)
{
    const struct running *running = context;

    vl_session_event(running->session, VOIPLAB_EVENT_PROGRESS, running->load->name,
                     "%.0f s: %llu of %llu calls, %llu up, %llu succeeded, %llu failed, %.1f a second", now->elapsed_s,
                     (unsigned long long)now->made, (unsigned long long)now->total, (unsigned long long)now->current,
                     (unsigned long long)now->succeeded, (unsigned long long)now->failed, now->rate);
}

/* What a load run would do, for --dry-run. */
static void describe(const struct vl_run *run, const struct vl_load *load, struct vl_buf *text)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };

    vl_buf_printf(text, "%s: %u call%s at %u a second from %s as telephone %s of %s (%s) to %s, held %u.%u s%s\n",
                  load->name, load->calls, vl_plural(load->calls), load->rate,
                  vl_text_from_ipv4(&arena, run->session->lab->bridge.address), load->caller, load->target->name,
                  vl_text_from_ipv4(&arena, load->target->address), load->extension, load->hold_ms / 1000,
                  load->hold_ms % 1000 / 100,
                  load->concurrent ? vl_arena_printf(&arena, ", at most %u at once", load->concurrent) : "");
}

/* The same as JSON, with the names that a run's own figures have. */
static void describe_json(const struct vl_run *run, const struct vl_load *load)
{
    struct vl_json *json = run->result->document;

    vl_json_object(json, NULL);
    vl_json_string(json, "name", load->name);
    vl_json_string(json, "target", load->target->name);
    vl_json_string(json, "address", vl_text_from_ipv4(&run->result->arena, load->target->address));
    vl_json_string(json, "caller", load->caller);
    vl_json_string(json, "extension", load->extension);
    vl_json_number(json, "rate_asked", load->rate);
    vl_json_number(json, "calls_asked", load->calls);
    vl_json_number(json, "hold_ms", load->hold_ms);
    if (load->concurrent)
        vl_json_number(json, "concurrent_asked", load->concurrent);
    vl_json_string(json, "outcome", "planned");
    vl_json_end(json);
}

/* What a run works with. The secret is the state's, the rest is in the arena. */
static struct vl_sipp_options options_of(const struct vl_run *run, const struct vl_load *load, struct vl_arena *arena)
{
    return (struct vl_sipp_options){
        .load = load,
        .scenario_directory = vl_arena_printf(arena, "%s/sipp", run->session->options.share_directory),
        .work_directory = run->session->state.directory,
        .local_address = vl_text_from_ipv4(arena, run->session->lab->bridge.address),
        .secret = vl_state_secret(&run->session->state, "phone/%s/%s", load->target->name, load->caller),
    };
}

enum { SCENARIO_LIMIT = 1 << 20, NOTE_LOCAL_PORT = 5070, NOTE_CONTROL_PORT = 8888 };

static void add_note_file(struct vl_plan *plan, const char *directory, const char *name, const char *text,
                          const char *why)
{
    vl_plan_add(plan, &(struct vl_step){ .kind = VL_STEP_FILE,
                                         .target = VL_THIS_HOST,
                                         .object = vl_arena_printf(&plan->arena, "%s/%s", directory, name),
                                         .after = text,
                                         .mode = 0600,
                                         .why = why });
}

/* The same by hand, for a note. */
static int add_steps(const struct vl_run *run, const struct vl_load *load, struct vl_plan *plan)
{
    struct vl_arena *arena = &plan->arena;
    const struct vl_sipp_options options = options_of(run, load, arena);
    const char *directory = vl_arena_printf(arena, "%s/sipp-%s", run->session->state.directory, load->name);
    VL_FREE char *scenario = NULL;

    if (vl_own_read(vl_arena_printf(arena, "%s/" VL_SIPP_SCENARIO, options.scenario_directory), SCENARIO_LIMIT,
                    VL_OWN_WORD, &scenario, NULL, run->err) < 0)
        return -1;
    vl_plan_add_directory(plan, directory, 0700, "where SIPp finds its files and writes its figures");
    add_note_file(plan, directory, VL_SIPP_SCENARIO, vl_arena_strdup(arena, scenario),
                  "one call, as SIPp is to make it");
    add_note_file(plan, directory, VL_SIPP_ACCOUNTS, vl_sipp_accounts(arena, &options),
                  "the telephone that calls, with its secret, which has no place in a command line");
    vl_plan_add(plan, &(struct vl_step){ .kind = VL_STEP_COMMAND,
                                         .target = VL_THIS_HOST,
                                         .object = vl_arena_printf(arena, "load %s", load->name),
                                         .argv = vl_sipp_command(arena, &options, NOTE_LOCAL_PORT, NOTE_CONTROL_PORT),
                                         .source = directory,
                                         .why = "the calls, which SIPp shows while they last; it ends with status 0 "
                                                "when all of them went well" });
    return vl_arena_check(arena, run->err);
}

static int explain(const struct vl_run *run)
{
    VL_PLAN_AUTO plan = { .count = 0 };

    for (size_t i = 0; i < run->session->lab->load_count; i++)
        if (vl_session_wanted(run->request->names, run->session->lab->loads[i].name) &&
            add_steps(run, &run->session->lab->loads[i], &plan) < 0)
            return -1;
    return vl_run_show_plan(run, &plan);
}

static int run_one(const struct vl_run *run, const struct vl_load *load, struct vl_buf *text, size_t *failed)
{
    struct running running = { .session = run->session, .load = load };
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_SIPP_SUMMARY_AUTO summary = { .name = NULL };
    VL_ERROR_AUTO verdict = { .code = VL_OK };
    VL_FREE char *printed = NULL;
    struct vl_sipp_options options = options_of(run, load, &arena);

    options.cancelled = is_cancelled;
    options.progress = show_progress;
    options.context = &running;
    if (vl_sipp_run(&options, &summary, run->err) < 0)
        return vl_error_wrap(run->err, "%s", load->name);
    printed = vl_sipp_summary_text(&summary);
    if (!printed)
        return vl_no_memory(run->err);
    vl_buf_puts(text, printed);
    vl_sipp_summary_json(&summary, run->result->document, NULL);
    if (vl_sipp_verdict(&summary, &verdict) < 0) {
        vl_session_event(run->session, VOIPLAB_EVENT_WARNING, load->name, "%s", vl_error_text(&verdict));
        (*failed)++;
    }
    return 0;
}

static int check_names(const struct vl_run *run)
{
    const struct vl_lab *lab = run->session->lab;
    const char **known = vl_arena_zalloc(&run->result->arena, (lab->load_count + 1) * sizeof(*known));

    if (!known)
        return vl_no_memory(run->err);
    if (lab->load_count == 0)
        return vl_fail_at(run->err, VL_ERROR_LAB, lab->file, 1,
                          "the lab has no [load] section; [load NAME] describes calls, see voiplab-lab(5)");
    for (size_t i = 0; i < lab->load_count; i++)
        known[i] = lab->loads[i].name;
    return vl_run_check_names(run, "load", known);
}

int vl_run_sipp(const struct vl_run *run)
{
    VL_BUF_AUTO text = VL_BUF_INIT;
    size_t failed = 0, done = 0;

    if (check_names(run) < 0)
        return -1;
    if (run->request->mode == VOIPLAB_EXPLAIN)
        return explain(run);
    vl_json_array(run->result->document, "loads");
    for (size_t i = 0; i < run->session->lab->load_count; i++) {
        const struct vl_load *load = &run->session->lab->loads[i];

        if (!vl_session_wanted(run->request->names, load->name))
            continue;
        done++;
        if (vl_run_is_dry(run)) {
            describe(run, load, &text);
            describe_json(run, load);
        } else if (run_one(run, load, &text, &failed) < 0) {
            return -1;
        }
    }
    vl_json_end(run->result->document);
    if (text.failed)
        return vl_no_memory(run->err);
    run->result->text = vl_arena_strdup(&run->result->arena, vl_buf_text(&text));
    vl_result_summary(run->result, vl_run_is_dry(run) ? "%zu load run%s would be made" : "%zu load run%s made", done,
                      vl_plural(done));
    if (failed)
        return vl_fail(run->err, failed < done ? VL_ERROR_PARTIAL : VL_ERROR_FAILED,
                       "%zu of %zu load run%s did not go well", failed, done, vl_plural(done));
    return 0;
}
