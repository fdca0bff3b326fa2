/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * check-cpu: whether the lab works on this host, in one line; what there is to do about it, as a table; and how many
 * guests fit.
 */
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "guest/hypervisor.h"
#include "plan/sites.h"
#include "probe/host.h"
#include "request/request.h"
#include "stage/stage.h"

static const char *const status_words[] = {
    [VL_CHECK_PASS] = "PASS",
    [VL_CHECK_WARN] = "WARN",
    [VL_CHECK_FAIL] = "FAIL",
    [VL_CHECK_SKIP] = "SKIP",
};

/* A guest of a lab whose guests say nothing of their memory. */
#define VL_USUAL_GUEST ((uint64_t)64 << 20)

/* What stands in the way of the lab, and how many rows are not shown. */
struct verdict {
    const char *failed; /* the names of the checks; NULL: none has */
    size_t failures, hidden;
};

/* A row that asks for nothing is noise to who wants to know whether it works. */
static bool is_shown(const struct vl_run *run, const struct vl_check *check)
{
    const struct voiplab_check_cpu *how = run->request->parameters.check_cpu;
    bool here = !how->cpuinfo && !run->session->options.root[1];

    if (how->all)
        return true;
    return check->status == VL_CHECK_FAIL || check->status == VL_CHECK_WARN ||
           (check->status == VL_CHECK_SKIP && check->remedy && here);
}

static void judge(const struct vl_run *run, const struct vl_check *check, struct verdict *verdict)
{
    verdict->hidden += !is_shown(run, check);
    if (check->status != VL_CHECK_FAIL)
        return;
    verdict->failures++;
    verdict->failed =
        verdict->failed ? vl_arena_printf(&run->result->arena, "%s, %s", verdict->failed, check->name) : check->name;
}

static void add_check(const struct vl_run *run, const struct vl_check *check, struct verdict *verdict)
{
    struct vl_json *json = run->result->document;
    const char *cells[VL_RESULT_COLUMNS] = { status_words[check->status], check->name, check->seen,
                                             check->remedy ? check->remedy : "" };

    judge(run, check, verdict);
    if (is_shown(run, check))
        vl_result_row(run->result, cells);
    vl_json_object(json, NULL);
    vl_json_string(json, "name", check->name);
    vl_json_string(json, "status", status_words[check->status]);
    vl_json_string(json, "seen", check->seen);
    vl_json_string(json, "remedy", check->remedy);
    vl_json_end(json);
}

/* Whether systemd is what started this host is asked as sd_booted(3) does. */
static const char *start_libvirt(void)
{
    return vl_file_exists("/run/systemd/system") ? "systemctl start libvirtd" : "libvirtd -d";
}

/* Whether a libvirt answers where the lab wants one. */
static struct vl_check look_at_libvirt(const struct vl_run *run, const struct vl_host_report *report)
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
    } else if (session->lab && !vl_lab_has_machines(session->lab)) {
        check.status = VL_CHECK_SKIP;
        check.seen = "this lab has no virtual machines";
    } else if (vl_sites_open(session, &cause) == 0 && session->hypervisor &&
               vl_hypervisor_describe(session->hypervisor, arena, &version, &kvm, &cause) == 0) {
        check.seen = vl_arena_printf(arena, "version %s at '%s'", version, session->options.hypervisor);
    } else {
        check.status = VL_CHECK_FAIL;
        check.seen = vl_arena_printf(arena, "no answer at '%s'", session->options.hypervisor);
        check.remedy = report->daemon_install
                           ? vl_arena_printf(arena, "%s; then start it: %s", report->daemon_install, start_libvirt())
                           : vl_arena_printf(arena, "start libvirtd (%s), or say with -c where it is", start_libvirt());
    }
    return check;
}

/* What there is on the host of another hypervisor of the lab, in the arena. */
static struct vl_check look_at_site(const struct vl_run *run, const struct vl_site *site)
{
    const struct vl_lab *lab = run->session->lab;
    struct vl_arena *arena = &run->result->arena;
    struct vl_check check = { .name = vl_site_target(site, arena), .status = VL_CHECK_FAIL };
    const char *pool =
        vl_arena_printf(arena, "%s/voiplab-%s", lab->storage ? lab->storage : "/var/lib/libvirt/images", lab->name);
    VL_ERROR_AUTO cause = { .code = VL_OK };
    struct vl_hypervisor_host host;
    uint64_t left, guest = VL_USUAL_GUEST;

    check.seen = vl_arena_printf(arena, "no answer at '%s', or no bridge '%s' there", vl_site_uri(run->session, site),
                                 lab->bridge.name);
    check.remedy = "the lines above say what is wrong";
    if (!vl_site_hypervisor(run->session, site) ||
        vl_hypervisor_look_at_host(vl_site_hypervisor(run->session, site), arena, pool, lab->bridge.name, &host,
                                   &cause) < 0)
        return check;
    left = host.memory > host.given + lab->host_reserve ? host.memory - host.given - lab->host_reserve : 0;
    for (size_t i = 0; i < lab->pbx_count; i++)
        if (lab->pbxs[i].place == VL_PLACE_VM && lab->pbxs[i].memory > guest)
            guest = lab->pbxs[i].memory;
    check.status = left < guest ? VL_CHECK_WARN : VL_CHECK_PASS;
    check.seen = vl_arena_printf(
        arena, "%s at '%s'; %llu MiB of %llu given to no guest, which %llu more of %llu MiB fit in", host.machine,
        vl_site_uri(run->session, site), (unsigned long long)(left >> 20), (unsigned long long)(host.memory >> 20),
        (unsigned long long)(left / guest), (unsigned long long)(guest >> 20));
    check.remedy = left < guest ? "no guest will be placed there; give those that are there less memory" : NULL;
    return check;
}

static void look_at_sites(const struct vl_run *run, struct verdict *verdict)
{
    for (size_t i = 1; run->session->places && i < vl_sites_count(run->session); i++) {
        struct vl_check check = look_at_site(run, vl_sites_at(run->session, i));

        add_check(run, &check, verdict);
    }
}

/* How many of the lab's own guests fit. */
static unsigned lab_fit(const struct vl_host_capacity *capacity)
{
    unsigned least = capacity->lab_by_memory < capacity->lab_by_disk ? capacity->lab_by_memory : capacity->lab_by_disk;

    return capacity->by_processors && capacity->by_processors < least ? capacity->by_processors : least;
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
    if (capacity->by_processors)
        vl_json_number(json, "fit_processors", capacity->by_processors);
    else
        vl_json_null(json, "fit_processors");
    vl_json_string(json, "first", capacity->first);
    vl_json_end(json);
}

static void sum_up(struct voiplab_result *result, const struct vl_host_capacity *capacity, size_t hidden)
{
    const char *first = capacity->first ? capacity->first : "nothing";
    const char *rest =
        hidden ? vl_arena_printf(&result->arena, "; %zu check%s more with -v", hidden, vl_plural(hidden)) : "";
    const char *processors =
        capacity->by_processors
            ? vl_arena_printf(&result->arena, ", emulated ones on the processors for %u", capacity->by_processors)
            : "";

    if (capacity->guests)
        vl_result_summary(result,
                          "%u of this lab's %u guest%s fit; room for %u in memory, %u on the disk as linked "
                          "clones%s; what runs out first: %s%s",
                          lab_fit(capacity), capacity->guests, vl_plural(capacity->guests), capacity->by_memory,
                          capacity->by_disk_thin, processors, first, rest);
    else
        vl_result_summary(
            result, "%u guest%s fit in memory, %u on the disk as linked clones%s; what runs out first: %s%s",
            capacity->by_memory, vl_plural(capacity->by_memory), capacity->by_disk_thin, processors, first, rest);
}

/* The answer to what was asked, before all that it comes from. */
static int conclude(const struct vl_run *run, const struct vl_host_report *report, const struct verdict *verdict)
{
    struct voiplab_result *result = run->result;
    const char *text;

    if (verdict->failed)
        text = vl_arena_printf(&result->arena, "does not work yet: %s", verdict->failed);
    else if (report->usable)
        text = "works, with hardware virtualization";
    else
        text = vl_arena_printf(&result->arena, "works, emulated: slow (%s)", report->unusable);
    result->text = vl_arena_printf(&result->arena, "%s\n", text);
    vl_json_bool(result->document, "works", !verdict->failed);
    vl_json_string(result->document, "verdict", text);
    if (!verdict->failed)
        return 0;
    return vl_fail(run->err, VL_ERROR_FAILED, "%zu check%s failed; the table says what to do", verdict->failures,
                   vl_plural(verdict->failures));
}

/* --fix: what can be done safely, which is to install packages and load modules. The mode decides whether it is shown
 * or done. */
static int fix(const struct vl_run *run, const struct vl_host_report *report)
{
    struct vl_session *session = run->session;
    VL_PLAN_AUTO plan = { .count = 0 };
    struct vl_check libvirt = look_at_libvirt(run, report);
    size_t changed = 0;

    if (libvirt.status == VL_CHECK_FAIL)
        vl_session_event(session, VOIPLAB_EVENT_WARNING, "libvirt", "%s, which --fix leaves to you: %s", libvirt.seen,
                         libvirt.remedy);
    if (vl_stage_packages(session, &report->packages, &plan, run->err) < 0 ||
        vl_stage_modules(session, report->missing_modules, &plan, run->err) < 0)
        return -1;
    if (vl_run_is_dry(run))
        return vl_run_show_plan(run, &plan);
    if (plan.count && !session->options.root[1] && geteuid() != 0)
        return vl_fail(run->err, VL_ERROR_FAILED,
                       "only root may install packages and load modules; run the same command as root");
    if (vl_run_apply_plan(run, &plan, session->options.root, &changed) < 0)
        return -1;
    vl_json_bool(run->result->document, "changed", changed > 0);
    vl_result_summary(run->result, changed ? "%zu step%s taken" : "nothing to do", changed, vl_plural(changed));
    return 0;
}

int vl_run_check_cpu(const struct vl_run *run)
{
    struct voiplab_result *result = run->result;
    struct vl_host_report report;
    struct verdict verdict = { .failed = NULL };
    struct vl_check libvirt;
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
        add_check(run, &report.checks[i], &verdict);
    libvirt = look_at_libvirt(run, &report);
    add_check(run, &libvirt, &verdict);
    look_at_sites(run, &verdict);
    vl_json_end(result->document);
    add_capacity(result->document, capacity);
    sum_up(result, capacity, verdict.hidden);
    return conclude(run, &report, &verdict);
}
