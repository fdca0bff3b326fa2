/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * check-cpu: the host's checks as a table, and how many guests fit.
 */
#include <string.h>
#include <unistd.h>

#include "guest/hypervisor.h"
#include "probe/host.h"
#include "request/request.h"
#include "stage/stage.h"

static const char *const status_words[] = {
    [VL_CHECK_PASS] = "PASS",
    [VL_CHECK_WARN] = "WARN",
    [VL_CHECK_FAIL] = "FAIL",
    [VL_CHECK_SKIP] = "SKIP",
};

static void add_check(const struct vl_run *run, const struct vl_check *check)
{
    struct vl_json *json = run->result->document;
    const char *cells[VL_RESULT_COLUMNS] = { status_words[check->status], check->name, check->seen,
                                             check->remedy ? check->remedy : "" };

    vl_result_row(run->result, cells);
    vl_json_object(json, NULL);
    vl_json_string(json, "name", check->name);
    vl_json_string(json, "status", status_words[check->status]);
    vl_json_string(json, "seen", check->seen);
    vl_json_string(json, "remedy", check->remedy);
    vl_json_end(json);
}

/* Whether a libvirt answers where the lab wants one. */
static void check_libvirt(const struct vl_run *run)
{
    struct vl_session *session = run->session;
    struct vl_arena *arena = &run->result->arena;
    VL_ERROR_AUTO cause = { .code = VL_OK };
    struct vl_check check = { .name = "libvirt", .status = VL_CHECK_PASS };
    const char *version = "";
    bool kvm;

    if (run->request->parameters.check_cpu->cpuinfo || strcmp(session->options.root, "/") != 0) {
        check.status = VL_CHECK_SKIP;
        check.seen = "another machine's files are looked at";
    } else if (vl_session_hypervisor(session, &cause) == 0 &&
               vl_hypervisor_describe(session->hypervisor, arena, &version, &kvm, &cause) == 0) {
        check.seen = vl_arena_printf(arena, "version %s at '%s'", version, session->options.hypervisor);
    } else {
        check.status = VL_CHECK_FAIL;
        check.seen = vl_arena_printf(arena, "no answer at '%s'", session->options.hypervisor);
        check.remedy = "install libvirt-daemon-system and start libvirtd";
    }
    add_check(run, &check);
}

/* How many of the lab's own guests fit. */
static unsigned lab_fit(const struct vl_host_capacity *capacity)
{
    return capacity->lab_by_memory < capacity->lab_by_disk ? capacity->lab_by_memory : capacity->lab_by_disk;
}

static void add_capacity(struct vl_json *json, const struct vl_host_capacity *capacity)
{
    vl_json_object(json, "capacity");
    vl_json_number(json, "memory_total", (int64_t)capacity->memory_total);
    vl_json_number(json, "memory_available", (int64_t)capacity->memory_available);
    vl_json_number(json, "memory_reserve", (int64_t)capacity->memory_reserve);
    vl_json_number(json, "memory_needed", (int64_t)capacity->memory_needed);
    vl_json_number(json, "disk_available", (int64_t)capacity->disk_available);
    vl_json_number(json, "disk_thin", (int64_t)capacity->disk_thin);
    vl_json_number(json, "disk_full", (int64_t)capacity->disk_full);
    vl_json_number(json, "guests", capacity->guests);
    vl_json_number(json, "lab_fit", lab_fit(capacity));
    vl_json_number(json, "lab_fit_memory", capacity->lab_by_memory);
    vl_json_number(json, "lab_fit_disk", capacity->lab_by_disk);
    vl_json_number(json, "fit_memory", capacity->by_memory);
    vl_json_number(json, "fit_disk_thin", capacity->by_disk_thin);
    vl_json_number(json, "fit_disk_full", capacity->by_disk_full);
    vl_json_string(json, "first", capacity->first);
    vl_json_end(json);
}

static void sum_up(struct voiplab_result *result, const struct vl_host_capacity *capacity)
{
    const char *first = capacity->first ? capacity->first : "nothing";

    if (capacity->guests)
        vl_result_summary(result,
                          "%u of this lab's %u guests fit; room for %u in memory, %u on the disk as linked "
                          "clones; what runs out first: %s",
                          lab_fit(capacity), capacity->guests, capacity->by_memory, capacity->by_disk_thin, first);
    else
        vl_result_summary(result, "%u guests fit in memory, %u on the disk as linked clones; what runs out first: %s",
                          capacity->by_memory, capacity->by_disk_thin, first);
}

/* --fix: what can be done safely, which is to load modules. The mode decides whether it is shown or done. */
static int fix(const struct vl_run *run, const struct vl_host_report *report)
{
    struct vl_session *session = run->session;
    VL_PLAN_AUTO plan = { .count = 0 };
    size_t changed = 0;

    if (vl_stage_modules(session, report->missing_modules, &plan, run->err) < 0)
        return -1;
    if (vl_run_is_dry(run))
        return vl_run_show_plan(run, &plan);
    if (plan.count && !session->options.root[1] && geteuid() != 0)
        return vl_fail(run->err, VL_ERROR_FAILED, "only root may load modules; run the same command as root");
    if (vl_run_apply_plan(run, &plan, session->options.root, &changed) < 0)
        return -1;
    vl_json_bool(run->result->document, "changed", changed > 0);
    vl_result_summary(run->result, changed ? "%zu steps taken" : "nothing to do", changed);
    return 0;
}

int vl_run_check_cpu(const struct vl_run *run)
{
    struct voiplab_result *result = run->result;
    struct vl_host_report report;
    const struct vl_host_capacity *capacity = &report.capacity;
    const struct vl_host_options options = {
        .cpuinfo = run->request->parameters.check_cpu->cpuinfo,
        .root = run->session->options.root,
        .lab = run->session->lab,
        .storage = run->session->lab ? run->session->lab->storage : NULL,
    };

    if (vl_probe_host(&result->arena, &options, &report, run->err) < 0)
        return -1;
    if (run->request->parameters.check_cpu->fix)
        return fix(run, &report);
    vl_result_headings(result, "STATUS", "CHECK", "SEEN", "REMEDY", NULL);
    vl_json_bool(result->document, "usable", report.usable);
    vl_json_string(result->document, "virtualization", report.virtualization);
    vl_json_bool(result->document, "emulation", report.emulation_possible);
    vl_json_array(result->document, "checks");
    for (size_t i = 0; i < report.count; i++)
        add_check(run, &report.checks[i]);
    check_libvirt(run);
    vl_json_end(result->document);
    add_capacity(result->document, capacity);
    sum_up(result, capacity);
    if (report.usable)
        return 0;
    return vl_fail(run->err, VL_ERROR_FAILED, "no hardware virtualization: %s; %s", report.unusable,
                   report.emulation_possible
                       ? "guests will be emulated (type='qemu'), slow but working"
                       : "there is no QEMU to emulate guests with either: install qemu-system-x86");
}
