/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * exec: one command on many PBXs at once. Nothing but their SSH has to work: it is what one puts a PBX right with whose
 * Asterisk does not run.
 */
#include <string.h>

#include "base/buf.h"
#include "base/parallel.h"
#include "base/text.h"
#include "lab/mask.h"
#include "request/request.h"

enum { CONNECT_MS = 10000, CONNECT_MOST_S = 86400, RUN_MS = 600000, TAB = 8 };

int vl_run_on(const struct vl_run *run, const struct vl_pbx *pbx, const char *const *argv,
              struct vl_command_result *ret_result, struct vl_error *err)
{
    unsigned wait_s = run->session->options.wait_s;
    int wait_ms = wait_s ? (int)(wait_s < CONNECT_MOST_S ? wait_s : CONNECT_MOST_S) * 1000 : CONNECT_MS;
    struct vl_gate_visit visit;
    VL_TARGET_AUTO *target = vl_gate_connect(run->session, pbx, wait_ms, &visit, err);

    vl_gate_leave(run->session, &visit); /* what it is to do may take it as long as it likes */
    return target ? target->ops->run(target, argv, NULL, RUN_MS, ret_result, err) : -1;
}

/* Tabs as blanks and ends of lines as one character, so that they are not escaped like what does harm. */
static void plain_lines(struct vl_buf *plain, const char *text)
{
    size_t column = 0;

    for (; *text; text++) {
        if (*text == '\r' && text[1] == '\n')
            continue;
        if (*text == '\t')
            vl_buf_printf(plain, "%*s", (int)(TAB - column % TAB), "");
        else
            vl_buf_putc(plain, *text);
        column = *text == '\n' ? 0 : *text == '\t' ? column + TAB - column % TAB : column + 1;
    }
    if (column)
        vl_buf_putc(plain, '\n');
}

char *vl_run_visible(struct vl_arena *arena, const char *said)
{
    VL_BUF_AUTO plain = VL_BUF_INIT;

    plain_lines(&plain, said);
    arena->failed |= plain.failed;
    return vl_text_visible(arena, vl_buf_text(&plain));
}

char *vl_run_output(const struct vl_run *run, struct vl_arena *arena, const char *said)
{
    VL_BUF_AUTO plain = VL_BUF_INIT;
    char *shown;

    plain_lines(&plain, said);
    arena->failed |= plain.failed;
    shown = vl_text_printable(arena, vl_buf_text(&plain));
    return run->request->show_secrets ? shown : vl_lab_mask(&run->session->state, arena, shown);
}

struct executing {
    const struct vl_run *run;
    struct vl_fleet *fleet;
    const char *const *argv;
    struct vl_command_result *results;
};

static void execute(void *context, size_t index)
{
    const struct executing *executing = context;
    struct vl_member *member = &executing->fleet->members[index];
    struct vl_command_result *result = &executing->results[index];
    VL_ERROR_AUTO cause = { .code = VL_OK };

    if (vl_session_cancelled(executing->run->session))
        (void)vl_fail(&cause, VL_ERROR_FAILED, "cancelled before the command was run");
    else if (vl_run_on(executing->run, member->pbx, executing->argv, result, &cause) == 0 && result->status)
        (void)vl_fail(&cause, VL_ERROR_FAILED, "the command ended with %d", result->status);
    if (!cause.code)
        return;
    vl_error_move(&member->error, &cause);
    vl_session_event(executing->run->session, VOIPLAB_EVENT_WARNING, member->pbx->name, "%s",
                     vl_error_text(&member->error));
}

/* Each line with the name in front: whose it is has to be seen, also of a line that looks like another one's. */
static void add_lines(struct vl_buf *text, const char *name, const char *output)
{
    while (*output) {
        size_t length = strcspn(output, "\n");

        vl_buf_printf(text, "%s: ", name);
        vl_buf_add(text, output, length);
        vl_buf_putc(text, '\n');
        output += length + (output[length] == '\n');
    }
}

static void tell(const struct executing *executing, size_t index, struct vl_buf *text)
{
    const struct vl_member *member = &executing->fleet->members[index];
    const struct vl_command_result *result = &executing->results[index];
    const struct vl_run *run = executing->run;
    struct vl_json *json = run->result->document;
    struct vl_arena *arena = &run->result->arena;
    const char *output = result->output ? result->output : "";

    add_lines(text, member->pbx->name, vl_run_output(run, arena, output));
    vl_json_object(json, NULL);
    vl_json_string(json, "pbx", member->pbx->name);
    if (result->output)
        vl_json_number(json, "status", result->status);
    else
        vl_json_null(json, "status");
    vl_json_string(json, "output",
                   run->request->show_secrets ? output : vl_lab_mask(&run->session->state, arena, output));
    vl_json_string(json, "error", member->error.code ? vl_text_printable(arena, vl_error_text(&member->error)) : NULL);
    vl_json_end(json);
}

static int tell_all(const struct executing *executing)
{
    const struct vl_run *run = executing->run;
    VL_BUF_AUTO text = VL_BUF_INIT;
    size_t count = executing->fleet->count;

    vl_json_array(run->result->document, "pbxs");
    for (size_t i = 0; i < count; i++) {
        tell(executing, i, &text);
        vl_command_result_free(&executing->results[i]);
    }
    vl_json_end(run->result->document);
    if (text.failed)
        return vl_no_memory(run->err);
    run->result->text = vl_arena_strdup(&run->result->arena, vl_buf_text(&text));
    vl_result_summary(run->result, "it ended well on %zu of %zu PBX%s", count - vl_fleet_failed(executing->fleet),
                      count, vl_plural(count));
    return vl_run_fleet_error(run, executing->fleet);
}

int vl_run_show_command(const struct vl_run *run, const char *const *argv)
{
    const struct vl_lab *lab = run->session->lab;
    VL_PLAN_AUTO plan = { .count = 0 };

    for (size_t i = 0; i < lab->pbx_count; i++)
        if (vl_session_wanted(run->request->names, lab->pbxs[i].name))
            vl_plan_add(&plan, &(struct vl_step){
                                   .kind = VL_STEP_COMMAND,
                                   .target = lab->pbxs[i].name,
                                   .object = argv[0],
                                   .argv = argv,
                                   .why = "it was asked for",
                               });
    return vl_run_show_plan(run, &plan);
}

/* What a command says on its standard error belongs between its other lines, and a target hands on one stream. */
static const char *const *with_errors(struct vl_arena *arena, const char *const *argv)
{
    static const char *const first[] = { "sh", "-c", "exec \"$@\" 2>&1", "sh" };
    size_t count = 0, before = sizeof(first) / sizeof(first[0]);
    const char **whole;

    while (argv[count])
        count++;
    whole = vl_arena_zalloc(arena, (before + count + 1) * sizeof(*whole));
    for (size_t i = 0; whole && i < before + count; i++)
        whole[i] = i < before ? first[i] : argv[i - before];
    return whole;
}

int vl_run_exec(const struct vl_run *run)
{
    const char *const *command = run->request->parameters.exec->command;
    VL_FLEET_AUTO fleet = { .count = 0 };
    struct executing executing = { .run = run, .fleet = &fleet };

    if (!command || !command[0])
        return vl_fail(run->err, VL_ERROR_USAGE, "there is no command to run");
    if (vl_run_is_dry(run))
        return vl_run_show_command(run, command);
    if (vl_fleet_open(run->session, run->request->names, &fleet, run->err) < 0)
        return -1;
    executing.argv = with_errors(&run->result->arena, command);
    executing.results = vl_arena_zalloc(&run->result->arena, fleet.count * sizeof(*executing.results));
    if (!executing.argv || !executing.results)
        return vl_no_memory(run->err);
    vl_parallel(fleet.count, run->session->options.jobs, execute, &executing);
    return tell_all(&executing);
}
