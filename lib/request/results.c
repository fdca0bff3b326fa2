/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The report is made of what result.json says, so that `sipp report` makes the same bytes of it again.
 */
#include "request/results.h"

#include <string.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/delete.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/own.h"
#include "base/text.h"
#include "request/load_listen.h"
#include "sipp/judge.h"
#include "sipp/report.h"

enum { RESULT_LIMIT = 256 << 20, REPORTS = 16, CPUINFO_LIMIT = 1 << 20, ROOM_LEAST = 2 << 20 };

#define RESULT "result.json"

static bool is_registering(const struct vl_load_asked *asked)
{
    return asked->options.scenario && asked->options.scenario->registers;
}

/* "Intel(R) Xeon(R) CPU" of /proc/cpuinfo; NULL: it does not say. */
static const char *processor_name(struct vl_arena *arena)
{
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    VL_FREE char *text = NULL;
    const char *at;

    if (vl_file_read("/proc/cpuinfo", CPUINFO_LIMIT, &text, NULL, &ignored) < 0 || !(at = strstr(text, "model name")) ||
        !(at = strstr(at, ": ")))
        return NULL;
    return vl_arena_strndup(arena, at + 2, strcspn(at + 2, "\n"));
}

static void put_host(struct vl_arena *arena, struct vl_json *json)
{
    struct utsname names = { .sysname = "" };

    (void)uname(&names);
    vl_json_object(json, "host");
    vl_json_string(json, "name", names.nodename);
    vl_json_string(json, "kernel", names.release);
    vl_json_string(json, "processor", processor_name(arena));
    vl_json_number(json, "processors", sysconf(_SC_NPROCESSORS_ONLN));
    vl_json_number(json, "memory", (int64_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGE_SIZE));
    vl_json_end(json);
}

static void put_guests(const struct vl_run *run, struct vl_json *json)
{
    const struct vl_lab *lab = run->session->lab;

    vl_json_array(json, "guests");
    for (size_t i = 0; i < lab->pbx_count; i++) {
        const struct vl_pbx *pbx = &lab->pbxs[i];

        vl_json_object(json, NULL);
        vl_json_string(json, "name", pbx->name);
        vl_json_string(json, "place", pbx->place == VL_PLACE_VM ? "vm" : pbx->place == VL_PLACE_SSH ? "ssh" : "local");
        if (pbx->place == VL_PLACE_VM) {
            vl_json_number(json, "processors", pbx->vcpus);
            vl_json_number(json, "memory", (int64_t)pbx->memory);
        }
        if (pbx->place != VL_PLACE_LOCAL)
            vl_json_string(json, "figures_by", vl_run_watch_from_outside(run->session, pbx) ? "hypervisor" : "guest");
        vl_json_end(json);
    }
    vl_json_end(json);
}

/* NULL where libcrypto cannot. */
static const char *hash_of(struct vl_arena *arena, const char *text)
{
    char sum[VL_DIGEST_SHA256_SIZE];

    return vl_digest_sha256(text, strlen(text), sum) < 0 ? NULL : vl_arena_strdup(arena, sum);
}

/* UTC: as ISO 8601 has it, or as part of a name. */
static const char *time_text(struct vl_arena *arena, long long begun, bool name)
{
    time_t seconds = (time_t)begun;
    struct tm parts = { .tm_mday = 1 };

    (void)gmtime_r(&seconds, &parts);
    return vl_arena_printf(arena, name ? "%04d%02d%02d-%02d%02d%02d" : "%04d-%02d-%02dT%02d:%02d:%02dZ",
                           parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min,
                           parts.tm_sec);
}

static char *kept_text(const struct vl_run *run, const struct vl_load_asked *asked, const struct vl_load_kept *kept,
                       struct vl_error *err)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_JSON_AUTO *json = vl_json_new();

    vl_json_object(json, NULL);
    vl_json_string(json, "schema", kept->schema);
    vl_json_string(json, "voiplab", VOIPLAB_VERSION);
    vl_json_string(json, "begun", time_text(&arena, kept->begun, false));
    vl_json_string(json, "lab", run->session->lab->name);
    vl_json_string(json, "answer", kept->answer);
    vl_json_object(json, "limit");
    vl_json_string(json, "what", kept->limit);
    vl_json_string(json, "text", kept->limit_text);
    vl_json_end(json);
    vl_json_object(json, "scenario");
    vl_json_string(json, "name", vl_run_scenario_name(&asked->options));
    vl_json_string(json, "sha256", hash_of(&arena, asked->options.scenario_text));
    vl_json_end(json);
    put_host(&arena, json);
    put_guests(run, json);
    kept->put(kept->context, json);
    vl_sipp_samples_json(kept->seen, json, "samples");
    vl_json_end(json);
    return vl_json_text(json, 1, err);
}

static int write_into(const char *directory, const char *name, const char *text, size_t length, struct vl_error *err)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };

    return vl_file_write(vl_arena_printf(&arena, "%s/%s", directory, name), text, length, 0600, err);
}

static int write_report(const struct vl_json_value *const *results, const char *const *names, size_t count,
                        const char *directory, struct vl_error *err)
{
    VL_BUF_AUTO page = VL_BUF_INIT;

    vl_sipp_report(&page, results, names, count);
    if (page.failed)
        return vl_no_memory(err);
    return write_into(directory, "report.html", vl_buf_text(&page), page.length, err);
}

const char *vl_run_begin_results(const struct vl_run *run, const struct vl_load_asked *asked, const char *name,
                                 long long begun, struct vl_error *err)
{
    struct vl_arena *arena = &run->result->arena;
    const char *directory = run->request->parameters.sipp->output;
    struct statvfs room;

    if (!directory)
        directory = vl_arena_printf(arena, "%s/loads/%s-%s", run->session->state.directory, name,
                                    time_text(arena, begun, true));
    else if (run->session->lab->load_count > 1)
        directory = vl_arena_printf(arena, "%s/%s", directory, asked->load.name);
    if (vl_arena_check(arena, err) < 0 || vl_own_mkdirs(directory, 0700, err) < 0)
        return NULL;
    if (statvfs(directory, &room) < 0 || room.f_bavail * room.f_frsize >= ROOM_LEAST)
        return directory;
    (void)vl_fail(
        err, VL_ERROR_FAILED,
        "'%s' has only %llu KiB left for the results: make room for %u MiB, or name another directory with -o",
        directory, (unsigned long long)(room.f_bavail * room.f_frsize / 1024), ROOM_LEAST >> 20);
    vl_run_drop_results(directory);
    return NULL;
}

void vl_run_drop_results(const char *directory)
{
    (void)vl_file_drop_directory(directory);
}

/* What was seen must not be lost because it cannot be kept: this is told, and the figures are printed all the same. */
int vl_run_keep(const struct vl_run *run, const struct vl_load_asked *asked, const struct vl_load_kept *kept,
                struct vl_error *err)
{
    VL_FREE char *text = kept_text(run, asked, kept, err);
    VL_JSON_VALUE_AUTO *result = text ? vl_json_read(text, err) : NULL;
    VL_BUF_AUTO samples = VL_BUF_INIT;

    if (!result || vl_own_mkdirs(kept->directory, 0700, err) < 0)
        return -1;
    vl_sipp_samples_csv(kept->seen, &samples);
    if (samples.failed)
        return vl_no_memory(err);
    if (write_into(kept->directory, RESULT, text, strlen(text), err) < 0 ||
        write_into(kept->directory, "samples.csv", vl_buf_text(&samples), samples.length, err) < 0)
        return -1;
    return write_report((const struct vl_json_value *[]){ result }, (const char *[]){ asked->load.name }, 1,
                        kept->directory, err);
}

struct kept_run {
    const struct vl_run *run;
    const struct vl_load_asked *asked;
    const struct vl_load_results *results;
};

static void put_run(const void *context, struct vl_json *json)
{
    const struct kept_run *kept = context;
    const struct vl_load_results *results = kept->results;
    bool registers = is_registering(kept->asked);

    vl_sipp_summary_json(results->summary, json, "run");
    vl_sipp_metrics_json(results->summary, registers, json, "metrics");
    vl_run_listen_json(kept->run, results->listener, results->not_heard, results->summary, json);
    vl_run_foretold_json(&results->foretold, json, "foretold");
}

int vl_run_keep_results(const struct vl_run *run, const struct vl_load_asked *asked,
                        const struct vl_load_results *results, struct vl_error *err)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    const char *limit;
    enum vl_load_limit which = vl_sipp_limit(results->summary, &arena, &limit);
    const struct kept_run kept = { .run = run, .asked = asked, .results = results };

    return vl_run_keep(
        run, asked,
        &(struct vl_load_kept){ .schema = VL_SIPP_SCHEMA,
                                .directory = results->directory,
                                .begun = results->begun,
                                .answer = vl_sipp_answer(results->summary, is_registering(asked), &arena),
                                .limit = vl_sipp_limit_name(which),
                                .limit_text = limit,
                                .put = put_run,
                                .context = &kept,
                                .seen = results->summary },
        err);
}

static struct vl_json_value *read_result(const struct vl_run *run, const char *directory)
{
    struct vl_arena *arena = &run->result->arena;
    const char *path = vl_arena_printf(arena, "%s/" RESULT, directory), *schema;
    VL_FREE char *text = NULL;
    struct vl_json_value *result;

    if (vl_file_read(path, RESULT_LIMIT, &text, NULL, run->err) < 0)
        return NULL;
    result = vl_json_read(text, run->err);
    schema = vl_json_string_of(vl_json_member(result, "schema"));
    if (result && schema && (!strcmp(schema, VL_SIPP_SCHEMA) || !strcmp(schema, VL_CAPACITY_SCHEMA)))
        return result;
    if (result)
        (void)vl_fail(run->err, VL_ERROR_FAILED,
                      "it has neither \"schema\": \"" VL_SIPP_SCHEMA "\" nor \"" VL_CAPACITY_SCHEMA "\"");
    vl_json_value_free(result);
    (void)vl_error_wrap(run->err, "'%s' is no result of a load run of this version", path);
    return NULL;
}

static int read_results(const struct vl_run *run, struct vl_json_value **results, size_t *count)
{
    const char *const *names = run->request->names;

    for (; names && names[*count]; (*count)++) {
        if (*count == REPORTS)
            return vl_fail(run->err, VL_ERROR_USAGE, "a report compares at most %d runs", REPORTS);
        results[*count] = read_result(run, names[*count]);
        if (!results[*count])
            return -1;
    }
    if (!*count)
        return vl_fail(run->err, VL_ERROR_USAGE, "the report of which run? name its directory");
    return 0;
}

static int report(const struct vl_run *run, struct vl_json_value **results, size_t *count)
{
    const struct voiplab_sipp *asked = run->request->parameters.sipp;
    const struct vl_json_value *const *runs = (const struct vl_json_value *const *)(void *)results;
    const char *output = asked->output;
    size_t pictures = 0;

    if ((asked->pictures && vl_run_check_pictures(run->err) < 0) || read_results(run, results, count) < 0)
        return -1;
    if (!output && *count > 1)
        return vl_fail(run->err, VL_ERROR_USAGE, "a comparison belongs to no run: say with -o where it shall be");
    output = output ? output : run->request->names[0];
    if (vl_own_mkdirs(output, 0700, run->err) < 0 ||
        write_report(runs, run->request->names, *count, output, run->err) < 0)
        return -1;
    if (asked->pictures && vl_run_make_pictures(&run->result->arena, runs, *count, output, &pictures, run->err) < 0)
        return -1;
    if (asked->pictures)
        vl_result_summary(run->result, "%s/report.html and %zu picture%s are written", output, pictures,
                          vl_plural(pictures));
    else
        vl_result_summary(run->result, "%s/report.html is written", output);
    return 0;
}

int vl_run_sipp_report(const struct vl_run *run)
{
    struct vl_json_value *results[REPORTS] = { NULL };
    size_t count = 0;
    int rc = report(run, results, &count);

    for (size_t i = 0; i < count; i++)
        vl_json_value_free(results[i]);
    return rc;
}
