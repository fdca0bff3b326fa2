/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sipp: the load runs of the lab file, one after the other.
 */
#include <time.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "plan/plan.h"
#include "request/load_listen.h"
#include "request/results.h"
#include "sipp/generator.h"
#include "sipp/task.h"

struct running {
    struct vl_session *session;
    const struct voiplab_sipp *asked;
    const struct vl_load *load;
    struct vl_load_watch *watch;
    struct vl_load_listener *listener;
    struct vl_far_end *far;
};

static int is_cancelled(void *context)
{
    const struct running *running = context;

    return vl_session_cancelled(running->session) || vl_far_end_is_gone(running->far);
}

static void begun(void *context)
{
    const struct running *running = context;

    vl_far_end_mark(running->far);
    vl_run_listen_begin(running->listener);
}

static size_t guests_of(void *context, struct vl_load_guest guests[static VL_LOAD_GUESTS])
{
    const struct running *running = context;

    return vl_run_watch_guests(running->watch, guests);
}

static struct vl_load_sound sound_of(void *context)
{
    const struct running *running = context;

    return vl_run_listen_sound(running->listener);
}

static void show_sample(void *context, const struct vl_load_sample *sample)
{
    const struct running *running = context;

    if (running->asked->figures)
        vl_run_show_figures(running->asked, running->load, sample);
    else
        vl_session_event(running->session, VOIPLAB_EVENT_PROGRESS, running->load->name,
                         "%.0f s: %llu of %u calls, %llu up, %llu succeeded, %llu failed, %.1f a second", sample->at_s,
                         (unsigned long long)sample->made, running->load->calls, (unsigned long long)sample->current,
                         (unsigned long long)sample->succeeded, (unsigned long long)sample->failed, sample->rate);
}

static void steer(void *context, struct vl_load_steering *steering)
{
    const struct running *running = context;

    vl_run_steer(running->asked, steering);
}

/* What a load run would do, for --dry-run. */
static void describe(const struct vl_load_asked *asked, struct vl_buf *text)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    const struct vl_load *load = &asked->load;
    const struct vl_sipp_options *options = &asked->options;

    vl_buf_printf(
        text, "%s: %u call%s at %u a second from %s as telephone %s of %s (%s) to %s, held %u.%u s%s%s%s%s%s\n",
        load->name, load->calls, vl_plural(load->calls), load->rate, options->local_address, options->callers[0].number,
        load->target->name, vl_text_from_ipv4(&arena, load->target->address), load->extension, load->hold_ms / 1000,
        load->hold_ms % 1000 / 100,
        asked->far.number
            ? vl_arena_printf(&arena, ", answered as telephone %s of %s", asked->far.number, asked->far.pbx->name)
            : "",
        load->concurrent ? vl_arena_printf(&arena, ", at most %u at once", load->concurrent) : "",
        options->caller_count > 1 ? vl_arena_printf(&arena, ", with %zu more callers", options->caller_count - 1) : "",
        options->tcp ? ", over TCP" : "",
        options->scenario == vl_scenarios ? ""
                                          : vl_arena_printf(&arena, ", scenario %s", vl_run_scenario_name(options)));
}

/* The same as JSON, with the names that a run's own figures have. */
static void describe_json(const struct vl_run *run, const struct vl_load_asked *asked)
{
    struct vl_json *json = run->result->document;
    const struct vl_load *load = &asked->load;

    vl_json_object(json, NULL);
    vl_json_string(json, "name", load->name);
    vl_json_string(json, "target", load->target->name);
    vl_json_string(json, "address", vl_text_from_ipv4(&run->result->arena, load->target->address));
    vl_json_string(json, "caller", asked->options.callers[0].number);
    vl_json_string(json, "extension", load->extension);
    vl_json_string(json, "answered_by", asked->far.number);
    vl_json_string(json, "scenario", vl_run_scenario_name(&asked->options));
    vl_json_number(json, "rate_asked", load->rate);
    vl_json_number(json, "calls_asked", load->calls);
    vl_json_number(json, "hold_ms", load->hold_ms);
    if (load->concurrent)
        vl_json_number(json, "concurrent_asked", load->concurrent);
    vl_json_string(json, "outcome", "planned");
    vl_json_end(json);
}

enum { NOTE_LOCAL_PORT = 5070, NOTE_CONTROL_PORT = 8888, NOTE_FAR_PORT = 5072, NOTE_FAR_CONTROL_PORT = 8889 };

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

static void add_note_command(struct vl_plan *plan, const char *object, const char *const *argv, const char *directory,
                             const char *why)
{
    vl_plan_add(plan, &(struct vl_step){ .kind = VL_STEP_COMMAND,
                                         .target = VL_THIS_HOST,
                                         .object = object,
                                         .argv = argv,
                                         .source = directory,
                                         .why = why });
}

/* One registration of the telephone at the other end by hand; for 0 seconds it is taken back. */
static void add_registration(const struct vl_load_asked *asked, struct vl_plan *plan, const char *directory,
                             unsigned seconds, const char *why)
{
    struct vl_arena *arena = &plan->arena;
    struct vl_far_registration *registration = vl_arena_zalloc(arena, sizeof(*registration));

    if (!registration)
        return;
    vl_far_end_registration(registration, &asked->far, &asked->options, NOTE_FAR_PORT,
                            vl_arena_printf(arena, "%u", seconds));
    if (seconds)
        add_note_file(plan, directory, VL_SIPP_ACCOUNTS, vl_sipp_accounts(arena, &registration->options),
                      "the telephone that answers, with its secret");
    add_note_command(plan, vl_arena_printf(arena, "telephone %s%s", asked->far.number, seconds ? "" : " no more"),
                     vl_sipp_command(arena, &registration->options, NOTE_FAR_PORT, NOTE_FAR_CONTROL_PORT), directory,
                     why);
}

/* The telephone at the other end by hand. */
static void add_far_steps(const struct vl_load_asked *asked, struct vl_plan *plan, const char *directory,
                          const char *registering)
{
    struct vl_arena *arena = &plan->arena;
    const struct vl_far_telephone *far = &asked->far;
    const struct vl_answer_task task = vl_far_end_task(arena, far, &asked->options, NOTE_FAR_PORT);

    vl_plan_add_directory(plan, directory, 0700, "where the SIPp works that is the telephone at the other end");
    vl_plan_add_directory(plan, registering, 0700, "and the one that registers it");
    add_note_file(plan, registering, VL_SIPP_SCENARIO, far->register_text, "one registration");
    add_note_file(plan, directory, VL_SIPP_SCENARIO, far->answer_text, "one call, as it is answered");
    add_registration(asked, plan, registering, vl_far_end_seconds(&asked->options),
                     "it registers with its PBX, from the port where it will answer");
    add_note_command(plan, vl_arena_printf(arena, "answers of %s", far->number),
                     vl_generator_answer_command(arena, &task, NOTE_FAR_PORT, NOTE_FAR_CONTROL_PORT), directory,
                     "it answers until it is ended: in a window of its own");
}

/* The same by hand, for a note. */
static int add_steps(const struct vl_run *run, const struct vl_load_asked *asked, struct vl_plan *plan)
{
    struct vl_arena *arena = &plan->arena;
    const char *directory = vl_arena_printf(arena, "%s/sipp-%s", run->session->state.directory, asked->load.name);
    const char *far = vl_arena_printf(arena, "%s-answer", directory);
    const char *registering = vl_arena_printf(arena, "%s/register", far);

    if (asked->far.number)
        add_far_steps(asked, plan, far, registering);
    vl_plan_add_directory(plan, directory, 0700, "where SIPp finds its files and writes its figures");
    add_note_file(plan, directory, VL_SIPP_SCENARIO, vl_arena_strdup(arena, asked->options.scenario_text),
                  "one call, as SIPp is to make it");
    add_note_file(plan, directory, VL_SIPP_ACCOUNTS, vl_sipp_accounts(arena, &asked->options),
                  "the telephone that calls, with its secret, which has no place in a command line");
    add_note_command(plan, vl_arena_printf(arena, "load %s", asked->load.name),
                     vl_sipp_command(arena, &asked->options, NOTE_LOCAL_PORT, NOTE_CONTROL_PORT), directory,
                     "the calls, which SIPp shows while they last; it ends with status 0 when all of them went well");
    if (asked->far.number)
        add_registration(asked, plan, registering, 0, "when the SIPp that answers was ended: nobody is there any more");
    return vl_arena_check(arena, run->err);
}

static int explain(const struct vl_run *run, const struct vl_load_asked *loads, size_t count)
{
    VL_PLAN_AUTO plan = { .count = 0 };

    for (size_t i = 0; i < count; i++)
        if (add_steps(run, &loads[i], &plan) < 0)
            return -1;
    return vl_run_show_plan(run, &plan);
}

/* Of a scenario that is not ours nobody knows how it takes a copy of an answer that comes late. */
static void warn_of_copies(const struct vl_run *run, const struct vl_load_asked *asked)
{
    if (asked->options.scenario || vl_scenario_tells_copies(asked->options.scenario_text))
        return;
    vl_session_event(
        run->session, VOIPLAB_EVENT_WARNING, asked->load.name,
        "'%s' does not tell late copies of answers from new ones (start_txn and response_txn, sipp(1)), so "
        "on a busy network calls may fail that did not",
        asked->options.scenario_name);
}

/* A run whose results cannot be kept did not go well, whatever its calls did; its figures are printed all the same. */
static bool keep(const struct vl_run *run, const struct vl_load_asked *asked, const struct vl_load_results *results,
                 struct vl_buf *text)
{
    VL_ERROR_AUTO cause = { .code = VL_OK };

    if (vl_run_keep_results(run, asked, results, &cause) == 0) {
        vl_buf_printf(text, "  %-22s %s/report.html\n", "report", results->directory);
        return true;
    }
    vl_session_event(run->session, VOIPLAB_EVENT_WARNING, asked->load.name, "the results are not kept: %s",
                     vl_error_text(&cause));
    return false;
}

/* Make the calls, with all who look at them. */
static int make_calls(const struct vl_run *run, struct vl_load_asked *asked, struct running *running,
                      struct vl_load_results *results, struct vl_sipp_summary *summary)
{
    VL_FAR_END_AUTO far = VL_FAR_END_INIT;
    int rc;

    if (vl_far_end_start(&far, &asked->far, &asked->options, run->err) < 0)
        return vl_error_wrap(run->err, "load '%s'", asked->load.name);
    running->far = &far;
    running->watch = vl_run_watch_start(run);
    running->listener = vl_run_listen_start(run, asked, &results->not_heard);
    asked->options.context = running;
    asked->options.begun = begun;
    asked->options.cancelled = is_cancelled;
    asked->options.sample = show_sample;
    asked->options.guests = guests_of;
    asked->options.sound = sound_of;
    asked->options.steer = running->asked->steer ? steer : NULL;
    rc = vl_sipp_run(&asked->options, summary, run->err);
    if (rc == 0)
        rc = vl_far_end_count(&far, summary, run->err);
    vl_run_watch_stop(running->watch);
    vl_run_listen_end(running->listener);
    results->summary = summary;
    results->listener = running->listener;
    return rc;
}

/* Of calls that failed, or came to somebody else, the dialplan may say why. */
static void foretell(const struct vl_run *run, const struct vl_load_asked *asked, struct vl_load_results *results)
{
    bool registers = asked->options.scenario && asked->options.scenario->registers;

    if (!asked->foreign && !registers && (results->summary->failed || vl_sipp_summary_astray(results->summary)) &&
        !vl_session_cancelled(run->session))
        results->foretold = vl_run_foretell(run, asked->load.target, asked->load.extension, asked->load.caller, NULL);
}

static int tell(const struct vl_run *run, const struct vl_load_asked *asked, const struct vl_load_results *results,
                struct vl_buf *text, size_t *failed)
{
    VL_FREE char *printed = vl_sipp_summary_text(results->summary);
    VL_ERROR_AUTO verdict = { .code = VL_OK };
    bool kept;

    if (!printed)
        return vl_no_memory(run->err);
    vl_buf_puts(text, printed);
    vl_sipp_summary_json(results->summary, run->result->document, NULL);
    kept = keep(run, asked, results, text);
    if (vl_sipp_verdict(results->summary, &verdict) < 0)
        vl_session_event(run->session, VOIPLAB_EVENT_WARNING, asked->load.name, "%s", vl_error_text(&verdict));
    *failed += verdict.code || !kept;
    return 0;
}

static int run_one(const struct vl_run *run, struct vl_load_asked *asked, struct vl_buf *text, size_t *failed)
{
    struct running running = { .session = run->session, .asked = run->request->parameters.sipp, .load = &asked->load };
    VL_SIPP_SUMMARY_AUTO summary = { .name = NULL };
    struct vl_load_results results = { .begun = (long long)time(NULL) };
    int rc;

    results.directory = vl_run_begin_results(run, asked, asked->load.name, results.begun, run->err);
    if (!results.directory)
        return -1;
    warn_of_copies(run, asked);
    rc = make_calls(run, asked, &running, &results, &summary);
    if (rc == 0) {
        foretell(run, asked, &results);
        rc = tell(run, asked, &results, text, failed);
    } else
        vl_run_drop_results(results.directory);
    vl_run_listen_free(running.listener);
    return rc;
}

/* One load that cannot be made holds up no other. */
static void tell_not_made(const struct vl_run *run, const struct vl_load_asked *asked)
{
    struct vl_json *json = run->result->document;

    vl_session_event(run->session, VOIPLAB_EVENT_WARNING, asked->load.name, "%s", vl_error_text(run->err));
    vl_json_object(json, NULL);
    vl_json_string(json, "name", asked->load.name);
    vl_json_string(json, "target", asked->load.target->name);
    vl_json_string(json, "outcome", "not made");
    vl_json_string(json, "error", vl_error_text(run->err));
    vl_json_end(json);
    vl_error_clear(run->err);
}

static int run_each(const struct vl_run *run, struct vl_load_asked *loads, size_t count, struct vl_buf *text,
                    size_t *failed)
{
    vl_json_array(run->result->document, "loads");
    for (size_t i = 0; i < count; i++) {
        if (vl_run_is_dry(run)) {
            describe(&loads[i], text);
            describe_json(run, &loads[i]);
        } else if (run_one(run, &loads[i], text, failed) < 0) {
            if (count == 1 || vl_session_cancelled(run->session))
                return -1;
            tell_not_made(run, &loads[i]);
            ++*failed;
        }
    }
    vl_json_end(run->result->document);
    return text->failed ? vl_no_memory(run->err) : 0;
}

int vl_run_sipp(const struct vl_run *run)
{
    VL_BUF_AUTO text = VL_BUF_INIT;
    struct vl_load_asked *loads;
    size_t failed = 0, count;
    int rc;

    if (vl_run_loads(run, &run->result->arena, &loads, &count) < 0)
        return -1;
    if (run->request->mode == VOIPLAB_EXPLAIN)
        return explain(run, loads, count);
    rc = run_each(run, loads, count, &text, &failed);
    run->result->text = vl_arena_strdup(&run->result->arena, vl_buf_text(&text));
    if (rc < 0)
        return -1;
    vl_result_summary(run->result, vl_run_is_dry(run) ? "%zu load run%s would be made" : "%zu load run%s made", count,
                      vl_plural(count));
    if (failed)
        return vl_fail(run->err, failed < count ? VL_ERROR_PARTIAL : VL_ERROR_FAILED,
                       "%zu of %zu load run%s did not go well", failed, count, vl_plural(count));
    return 0;
}
