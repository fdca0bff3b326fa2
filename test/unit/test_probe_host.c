/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * check-cpu: what cpuinfo files of four kinds of machine say, what the KVM device says, sums of memory and disk.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* after the four that cmocka needs */
#include <cmocka.h>

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "probe/host.h"

#define DATA SOURCE_DIRECTORY "/test/unit/data/cpuinfo/"

static void test_cpuinfo_files(void **state)
{
    static const struct {
        const char *file, *virtualization;
        bool has_flags, is_guest;
        unsigned processors;
    } cases[] = {
        { DATA "core2duo-e6750", "vmx", true, false, 2 },
        { DATA "epyc-svm", "svm", true, false, 4 },
        { DATA "guest-without", NULL, true, true, 2 }, /* `svm_lock` and `vmx flags` are not the flags */
        { DATA "arm-server", NULL, false, false, 4 },
    };

    (void)state;
    for (size_t i = 0; i < VL_COUNT(cases); i++) {
        VL_ERROR_AUTO err = { .code = VL_OK };
        VL_FREE char *text = NULL;
        struct vl_cpu cpu;

        assert_int_equal(vl_file_read(cases[i].file, 1 << 20, &text, NULL, &err), 0);
        cpu = vl_cpu_parse(text);
        assert_true((cpu.virtualization == NULL) == (cases[i].virtualization == NULL));
        if (cpu.virtualization)
            assert_string_equal(cpu.virtualization, cases[i].virtualization);
        assert_int_equal(cpu.has_flags, cases[i].has_flags);
        assert_int_equal(cpu.is_guest, cases[i].is_guest);
        assert_int_equal(cpu.processors, cases[i].processors);
    }
}

static void test_cpuinfo_words(void **state)
{
    static const struct {
        const char *text, *virtualization;
    } cases[] = {
        { "flags\t\t: vmx", "vmx" },
        { "flags: fpu svm\n", "svm" },
        { "flags\t: fpu\n\nflags\t: fpu vmx\n", "vmx" }, /* on the second processor only */
        { "flags\t: vmxx xvmx\n", NULL },
        { "vmx flags\t: vmx\n", NULL },
        { "Features\t: vmx\n", NULL },
        { "flags", NULL },
        { "flags\t:", NULL },
        { "", NULL },
        { "\n\n", NULL },
    };

    (void)state;
    for (size_t i = 0; i < VL_COUNT(cases); i++) {
        struct vl_cpu cpu = vl_cpu_parse(cases[i].text);

        assert_true((cpu.virtualization == NULL) == (cases[i].virtualization == NULL));
        if (cpu.virtualization)
            assert_string_equal(cpu.virtualization, cases[i].virtualization);
    }
}

static void test_kvm_device(void **state)
{
    int cause = 0;

    (void)state;
    assert_int_equal(vl_kvm_try("/nonexistent/kvm", &cause), VL_KVM_ABSENT);
    assert_int_equal(cause, ENOENT);
    assert_int_equal(vl_kvm_try("/dev", &cause), VL_KVM_DENIED);
    assert_int_equal(vl_kvm_try("/dev/null", &cause), VL_KVM_VERSION); /* opens, and is no such device */
    assert_int_not_equal(cause, 0);
    assert_false(vl_probe_kvm_usable(DATA "guest-without"));
    assert_false(vl_probe_kvm_usable("/nonexistent"));
    assert_int_equal(vl_probe_kvm_usable(DATA "epyc-svm"), vl_kvm_try("/dev/kvm", NULL) == VL_KVM_WORKS);
}

static const struct vl_check *check_named(const struct vl_host_report *report, const char *name)
{
    for (size_t i = 0; i < report->count; i++)
        if (strcmp(report->checks[i].name, name) == 0)
            return &report->checks[i];
    fail_msg("there is no check '%s'", name);
    return NULL;
}

static void test_no_virtualization(void **state)
{
    VL_ARENA_AUTO arena = { .failed = false };
    VL_ERROR_AUTO err = { .code = VL_OK };
    struct vl_host_report report;
    const struct vl_host_options options = { .cpuinfo = DATA "guest-without" };
    const struct vl_check *check;

    (void)state;
    assert_int_equal(vl_probe_host(&arena, &options, &report, &err), 0);
    assert_false(report.usable);
    assert_null(report.virtualization);
    check = check_named(&report, "virtualization");
    assert_int_equal(check->status, VL_CHECK_FAIL);
    assert_non_null(strstr(check->remedy, "type='qemu'"));
    assert_non_null(strstr(check->remedy, "nested"));
    assert_int_not_equal(check_named(&report, "kvm device")->status, VL_CHECK_PASS);
    assert_true(report.capacity.memory_total > 0);
    for (size_t i = 0; i < report.count; i++) {
        assert_non_null(report.checks[i].seen);
        if (report.checks[i].status == VL_CHECK_FAIL)
            assert_non_null(report.checks[i].remedy);
    }
}

static void test_missing_cpuinfo(void **state)
{
    VL_ARENA_AUTO arena = { .failed = false };
    VL_ERROR_AUTO err = { .code = VL_OK };
    struct vl_host_report report;
    const struct vl_host_options options = { .cpuinfo = "/nonexistent/cpuinfo" };

    (void)state;
    assert_int_equal(vl_probe_host(&arena, &options, &report, &err), -1);
    assert_int_equal(err.code, VL_ERROR_NOTFOUND);
}

/* A root that holds nothing but /proc/cpuinfo and /proc/meminfo. */
static char root[] = "/tmp/voiplab-host-XXXXXX";

static void put_root(const char *name, const char *text)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    char path[200];

    (void)snprintf(path, sizeof(path), "%s/proc", root);
    assert_int_equal(vl_file_mkdirs(path, 0755, &err), 0);
    (void)snprintf(path, sizeof(path), "%s/proc/%s", root, name);
    assert_int_equal(vl_file_write(path, text, strlen(text), 0644, &err), 0);
}

static void probe_lab(unsigned guests, struct vl_arena *arena, struct vl_host_report *report)
{
    struct vl_pbx pbxs[41] = { { .name = "hub", .place = VL_PLACE_LOCAL, .memory = 1ULL << 40 } };
    const struct vl_lab lab = { .pbxs = pbxs, .pbx_count = guests + 1, .image_count = 1 };
    const struct vl_host_options options = { .root = root, .lab = &lab, .storage = "/not/made/yet" };
    VL_ERROR_AUTO err = { .code = VL_OK };

    for (unsigned i = 1; i <= guests; i++)
        pbxs[i] = (struct vl_pbx){ .place = VL_PLACE_VM, .memory = 256ULL << 20, .disk = 1ULL << 45 };
    assert_int_equal(vl_probe_host(arena, &options, report, &err), 0);
}

/* 8 GiB, of which 1.5 are the host's; an emulated guest of 256 MiB costs 470: 14 fit. */
static void test_memory_sums(void **state)
{
    VL_ARENA_AUTO arena = { .failed = false };
    struct vl_host_report report;

    (void)state;
    put_root("cpuinfo", "processor\t: 0\nflags\t\t: fpu\n");
    put_root("meminfo", "MemTotal:        8388608 kB\nMemFree: 1 kB\nMemAvailable:    8000000 kB\n");
    probe_lab(14, &arena, &report);
    assert_int_equal(report.capacity.memory_total, 8ULL << 30);
    assert_int_equal(report.capacity.memory_needed, (14ULL * 470 + 1536) << 20);
    assert_int_equal(report.capacity.guests, 14);
    assert_int_equal(report.capacity.by_memory, 14);
    assert_int_equal(check_named(&report, "memory")->status, VL_CHECK_PASS);
    assert_int_equal(check_named(&report, "disk")->status,
                     report.capacity.disk_available >= 16ULL << 30 ? VL_CHECK_WARN : VL_CHECK_FAIL);
    assert_int_equal(report.capacity.by_disk_full, 0);
    assert_int_equal(check_named(&report, "kvm device")->status, VL_CHECK_SKIP);
    assert_int_equal(check_named(&report, "xorriso")->status, VL_CHECK_FAIL); /* none in that root */
    assert_int_equal(check_named(&report, "sipp")->status, VL_CHECK_WARN);
    assert_false(report.emulation_possible);
    probe_lab(15, &arena, &report);
    assert_int_equal(check_named(&report, "memory")->status, VL_CHECK_FAIL);
    put_root("meminfo", "MemTotal:        8388608 kB\nMemAvailable:    100 kB\n");
    probe_lab(14, &arena, &report);
    assert_int_equal(check_named(&report, "memory")->status, VL_CHECK_WARN);
}

static int make_root(void **state)
{
    (void)state;
    return mkdtemp(root) ? 0 : -1;
}

static int remove_root(void **state)
{
    static const char *const names[] = { "/proc/cpuinfo", "/proc/meminfo", "/proc", "" };
    char path[200];

    (void)state;
    for (size_t i = 0; i < VL_COUNT(names); i++) {
        (void)snprintf(path, sizeof(path), "%s%s", root, names[i]);
        (void)remove(path);
    }
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cpuinfo_files),   cmocka_unit_test(test_cpuinfo_words),
        cmocka_unit_test(test_kvm_device),      cmocka_unit_test(test_no_virtualization),
        cmocka_unit_test(test_missing_cpuinfo), cmocka_unit_test(test_memory_sums),
    };

    return cmocka_run_group_tests(tests, make_root, remove_root);
}
