/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * check-cpu: what the files of nine kinds of machine say (test/fixtures/hosts), what the KVM device says, sums of
 * memory and disk.
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

#define HOSTS SOURCE_DIRECTORY "/test/fixtures/hosts/"
#define CPUINFO(host) HOSTS host "/proc/cpuinfo"

static const struct vl_check *check_named(const struct vl_host_report *report, const char *name)
{
    for (size_t i = 0; i < report->count; i++)
        if (strcmp(report->checks[i].name, name) == 0)
            return &report->checks[i];
    fail_msg("there is no check '%s'", name);
    return NULL;
}

/* The rows of one kind of machine that its files decide; 0 ends the list. */
struct row {
    const char *name;
    enum vl_check_status status;
    const char *seen; /* must stand in what was seen; NULL: anything */
};

static const struct machine {
    const char *name, *virtualization;
    bool usable, usable_by_cpuinfo; /* by cpuinfo: when that file is all there is */
    const char *missing;            /* modules to load, each with a blank behind it */
    struct row rows[16];
} machines[] = {
    { .name = "core2duo-e6750", /* the host of the thesis */
      .virtualization = "vmx",
      .usable = true,
      .usable_by_cpuinfo = true,
      .missing = "",
      .rows = { { "virtualization", VL_CHECK_PASS, "vmx on 2" },
                { "processor", VL_CHECK_PASS, "E6750" },
                { "64-bit", VL_CHECK_PASS, "lm" },
                { "nested paging", VL_CHECK_WARN, NULL },
                { "firmware lock", VL_CHECK_PASS, "/var/log/dmesg" },
                { "kvm device", VL_CHECK_SKIP, NULL },
                { "kvm module", VL_CHECK_PASS, "kvm_intel is loaded" },
                { "nested", VL_CHECK_SKIP, NULL },
                { "vhost_net", VL_CHECK_WARN, NULL },
                { "tun", VL_CHECK_PASS, "loaded" },
                { "br_netfilter", VL_CHECK_PASS, "none" },
                { "time", VL_CHECK_SKIP, NULL },
                { "open files", VL_CHECK_SKIP, NULL } } },
    { .name = "xeon-6338",
      .virtualization = "vmx",
      .usable = true,
      .usable_by_cpuinfo = true,
      .missing = "vhost_net br_netfilter ",
      .rows = { { "nested paging", VL_CHECK_PASS, "ept" },
                { "outer hypervisor", VL_CHECK_PASS, "none" },
                { "firmware lock", VL_CHECK_PASS, NULL }, /* SGX and x2apic are off, which is none of ours */
                { "kvm module", VL_CHECK_PASS, "kvm_intel" },
                { "nested", VL_CHECK_PASS, "on" },
                { "vhost_net", VL_CHECK_WARN, "not loaded" },
                { "bridge", VL_CHECK_PASS, "loaded" },
                { "emulator", VL_CHECK_PASS, "/usr/libexec/qemu-kvm" },
                { "pool mount", VL_CHECK_PASS, "'/var/lib/libvirt/images' (xfs" },
                { "secure boot", VL_CHECK_PASS, "off" } } },
    { .name = "epyc-7302p",
      .virtualization = "svm",
      .usable = true,
      .usable_by_cpuinfo = true,
      .missing = "",
      .rows = { { "virtualization", VL_CHECK_PASS, "svm on 4" },
                { "nested paging", VL_CHECK_PASS, "npt" },
                { "firmware lock", VL_CHECK_PASS, NULL }, /* it was off before the last start */
                { "kvm module", VL_CHECK_PASS, "kvm_amd" },
                { "nested", VL_CHECK_PASS, "on" },
                { "vhost_net", VL_CHECK_PASS, "loaded" },
                { "secure boot", VL_CHECK_SKIP, NULL } } },
    { .name = "guest-nested",
      .virtualization = "vmx",
      .usable = true,
      .usable_by_cpuinfo = true,
      .missing = "",
      .rows = { { "virtualization", VL_CHECK_PASS, "vmx" },
                { "outer hypervisor", VL_CHECK_PASS, "'QEMU', which is given vmx" },
                { "nested", VL_CHECK_PASS, "off" },
                { "tun", VL_CHECK_PASS, "built in" } } },
    { .name = "guest-without",
      .missing = "tun bridge br_netfilter ",
      .rows = { { "virtualization", VL_CHECK_WARN, "hypervisor hides" },
                { "nested paging", VL_CHECK_SKIP, NULL },
                { "outer hypervisor", VL_CHECK_WARN, "hidden" },
                { "kvm module", VL_CHECK_SKIP, NULL },
                { "tun", VL_CHECK_WARN, "not loaded" } } },
    { .name = "arm-server",
      .missing = "",
      .rows = { { "virtualization", VL_CHECK_WARN, "not an x86 processor" },
                { "processor", VL_CHECK_PASS, "ARM" },
                { "64-bit", VL_CHECK_PASS, "64 bits" },
                { "bridge", VL_CHECK_SKIP, NULL } } },
    { .name = "bios-off-intel", /* the kernel takes the flag away */
      .missing = "tun bridge ",
      .rows = { { "virtualization", VL_CHECK_WARN, "neither vmx nor svm" },
                { "firmware lock", VL_CHECK_WARN, "VMX (outside TXT) disabled by BIOS" } } },
    { .name = "bios-off-amd", /* the flag stays, the log tells */
      .virtualization = "svm",
      .usable_by_cpuinfo = true,
      .missing = "tun bridge ", /* and not kvm_amd, which would not load */
      .rows = { { "virtualization", VL_CHECK_PASS, "svm" },
                { "firmware lock", VL_CHECK_WARN, "kvm: disabled by bios" },
                { "kvm module", VL_CHECK_WARN, "does not load" } } },
    { .name = "core2duo-e6750-bios-off",
      .virtualization = "vmx",
      .usable_by_cpuinfo = true,
      .missing = "",
      .rows = { { "firmware lock", VL_CHECK_WARN, "kvm: disabled by bios" } } },
};

/* What holds for every report. */
static void check_report(const struct vl_host_report *report, const struct machine *machine)
{
    assert_true((report->virtualization == NULL) == (machine->virtualization == NULL));
    if (report->virtualization)
        assert_string_equal(report->virtualization, machine->virtualization);
    assert_true(report->usable || report->unusable);
    for (size_t i = 0; i < report->count; i++) {
        assert_non_null(report->checks[i].seen);
        assert_int_not_equal(report->checks[i].seen[0], '\0');
        if (report->checks[i].status == VL_CHECK_FAIL || report->checks[i].status == VL_CHECK_WARN)
            assert_non_null(report->checks[i].remedy);
    }
}

static void check_missing(const struct vl_host_report *report, const char *wanted)
{
    char names[200] = "";

    for (size_t i = 0; report->missing_modules[i]; i++)
        (void)snprintf(names + strlen(names), sizeof(names) - strlen(names), "%s ", report->missing_modules[i]);
    assert_string_equal(names, wanted);
}

static void test_machines(void **state)
{
    (void)state;
    for (size_t i = 0; i < VL_COUNT(machines); i++) {
        const struct machine *machine = &machines[i];
        VL_ARENA_AUTO arena = { .failed = false };
        VL_ERROR_AUTO err = { .code = VL_OK };
        struct vl_host_report report;
        const struct vl_host_options tree = { .root = vl_arena_printf(&arena, HOSTS "%s", machine->name) };
        const struct vl_host_options file = { .cpuinfo = vl_arena_printf(&arena, "%s/proc/cpuinfo", tree.root) };

        print_message("%s\n", machine->name);
        assert_int_equal(vl_probe_host(&arena, &tree, &report, &err), 0);
        check_report(&report, machine);
        assert_int_equal(report.usable, machine->usable);
        check_missing(&report, machine->missing);
        for (const struct row *row = machine->rows; row->name; row++) {
            const struct vl_check *check = check_named(&report, row->name);

            assert_int_equal(check->status, row->status);
            if (row->seen && !strstr(check->seen, row->seen))
                fail_msg("%s, %s: '%s'", machine->name, row->name, check->seen);
        }
        assert_int_equal(vl_probe_host(&arena, &file, &report, &err), 0);
        check_report(&report, machine);
        assert_int_equal(report.usable, machine->usable_by_cpuinfo);
        assert_int_equal(check_named(&report, "kvm device")->status, VL_CHECK_SKIP);
        check_missing(&report, "");
    }
}

/* A root that holds nothing but files of /proc. */
static char root[] = "/tmp/voiplab-host-XXXXXX";

static void put_root(const char *name, const char *text)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    char path[200];

    (void)snprintf(path, sizeof(path), "%s/proc/self", root);
    assert_int_equal(vl_file_mkdirs(path, 0755, &err), 0);
    (void)snprintf(path, sizeof(path), "%s/proc/%s", root, name);
    assert_int_equal(vl_file_write(path, text, strlen(text), 0644, &err), 0);
}

/* The tree tells which programs there are. */
static void put_programs(void)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    char path[200];

    (void)snprintf(path, sizeof(path), "%s/usr/bin", root);
    assert_int_equal(vl_file_mkdirs(path, 0755, &err), 0);
}

static void put_qemu(void)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    char path[200];

    (void)snprintf(path, sizeof(path), "%s/usr/bin/qemu-system-x86_64", root);
    assert_int_equal(vl_file_write(path, "", 0, 0755, &err), 0);
}

/* Where the volumes of the thesis go on the thesis's host, whose kernel has no mountinfo. */
static void test_pool_mount(void **state)
{
    VL_ARENA_AUTO arena = { .failed = false };
    VL_ERROR_AUTO err = { .code = VL_OK };
    struct vl_host_report report;
    const struct vl_host_options options = { .root = HOSTS "core2duo-e6750", .storage = "/vm/guests" };

    (void)state;
    assert_int_equal(vl_probe_host(&arena, &options, &report, &err), 0);
    assert_non_null(strstr(check_named(&report, "pool mount")->seen, "is on '/vm' (ext3, /dev/sda5)"));
}

/* What may stand in mountinfo, and what it means for the guests' disks. */
static void test_mounts(void **state)
{
    static const struct {
        const char *storage, *seen;
        enum vl_check_status status;
    } cases[] = {
        { "/vmx", "on '/' (ext4", VL_CHECK_PASS }, /* not below /vm */
        { "/vm/a", "on '/vm' (xfs", VL_CHECK_PASS },
        { "/tmp/x", "tmpfs", VL_CHECK_WARN },
        { "/my disk/x", "on '/my disk' (ext4", VL_CHECK_PASS },
        { "/ro", "read-only", VL_CHECK_FAIL },
        { "/usb", "vfat", VL_CHECK_FAIL },
        { "/top/x", "overlay", VL_CHECK_WARN }, /* two mounts on one point: the later one is on top */
    };
    VL_ARENA_AUTO arena = { .failed = false };

    (void)state;
    put_root("cpuinfo", "processor\t: 0\nflags\t\t: fpu vmx\n");
    put_root("self/mountinfo", "1 0 8:1 / / rw shared:1 master:2 - ext4 /dev/vda rw\n"
                               "2 1 8:2 / /vm rw - xfs /dev/vdb rw\n"
                               "3 1 0:3 / /tmp rw - tmpfs tmpfs rw\n"
                               "4 1 8:4 / /my\\040disk rw - ext4 /dev/vdc rw\n"
                               "5 1 8:5 / /ro ro,noatime - ext4 /dev/vdd ro\n"
                               "6 1 8:6 / /usb rw - vfat /dev/sdb1 rw\n"
                               "7 1 8:7 / /top rw - ext4 /dev/vde rw\n"
                               "8 1 0:8 / /top rw - overlay overlay rw\n"
                               "broken line\n9 1 8:9 / /vm/a/b\n");
    for (size_t i = 0; i < VL_COUNT(cases); i++) {
        VL_ERROR_AUTO err = { .code = VL_OK };
        struct vl_host_report report;
        const struct vl_host_options options = { .root = root, .storage = cases[i].storage };
        const struct vl_check *check;

        assert_int_equal(vl_probe_host(&arena, &options, &report, &err), 0);
        check = check_named(&report, "pool mount");
        if (check->status != cases[i].status || !strstr(check->seen, cases[i].seen))
            fail_msg("%s: '%s'", cases[i].storage, check->seen);
    }
}

static void test_kernel_log(void **state)
{
    static const struct {
        const char *log, *line;
    } cases[] = {
        { "kvm: disabled by bios", "kvm: disabled by bios" },
        { "a\n[ 1.0] kvm_intel: VMX not enabled (by BIOS) in MSR_IA32_FEAT_CTL on CPU 0\nb\n",
          "[ 1.0] kvm_intel: VMX not enabled (by BIOS) in MSR_IA32_FEAT_CTL on CPU 0" },
        { "kvm_amd: SVM disabled (by BIOS) in MSR_VM_CR on CPU 3\n",
          "kvm_amd: SVM disabled (by BIOS) in MSR_VM_CR on CPU 3" },
        { "x86/cpu: VMX (inside TXT) disabled by BIOS\n", "x86/cpu: VMX (inside TXT) disabled by BIOS" },
        { "x86/cpu: SGX disabled by BIOS.\nDMAR-IR: x2apic disabled by BIOS\n", NULL },
        { "kvm: disabled by bios\n[0.0] Linux version 6.1\nkvm: Nested Virtualization enabled\n", NULL },
        { "Linux version 6.1\nkvm\ndisabled by BIOS\n", NULL }, /* two lines */
        { "", NULL },
    };

    (void)state;
    for (size_t i = 0; i < VL_COUNT(cases); i++) {
        size_t length = 0;
        const char *line = vl_kernel_log_firmware_lock(cases[i].log, &length);

        assert_true((line == NULL) == (cases[i].line == NULL));
        if (line) {
            assert_int_equal(length, strlen(cases[i].line));
            assert_memory_equal(line, cases[i].line, length);
        }
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
        { "flags\t\t: fpu vmx\r\nbugs\t: none\r\n", "vmx" },
        { "flags\t\t: fpu svm\r\n", "svm" },
        { "flags\t\t: svm_lock avmx vmx_x\n", NULL },
        { "vmx flags\t: vnmi vmx svm\nbugs\t\t: vmx svm\nmodel name\t: vmx svm\n", NULL },
        { "power management: svm\n", NULL },
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
    assert_false(vl_probe_kvm_usable(CPUINFO("guest-without")));
    assert_false(vl_probe_kvm_usable("/nonexistent"));
    assert_int_equal(vl_probe_kvm_usable(CPUINFO("epyc-7302p")), vl_kvm_try("/dev/kvm", NULL) == VL_KVM_WORKS);
}

static int put(char *at, const char *word)
{
    (void)memcpy(at, word, strlen(word) + 1);
    return (int)strlen(word);
}

/* A line of four megabytes, with the flag as its last word. */
static void test_huge_line(void **state)
{
    enum { WORDS = 1 << 20 };
    VL_FREE char *text = malloc(4 * WORDS + 64);
    char *at = text;

    (void)state;
    assert_non_null(text);
    at += put(at, "flags\t\t:");
    for (int i = 0; i < WORDS; i++)
        at += put(at, " fpu");
    assert_null(vl_cpu_parse(text).virtualization);
    (void)put(at, " vmx");
    assert_string_equal(vl_cpu_parse(text).virtualization, "vmx");
}

static void test_no_virtualization(void **state)
{
    VL_ARENA_AUTO arena = { .failed = false };
    VL_ERROR_AUTO err = { .code = VL_OK };
    struct vl_host_report report;
    const struct vl_host_options options = { .cpuinfo = CPUINFO("guest-without") };
    const struct vl_check *check;

    (void)state;
    assert_int_equal(vl_probe_host(&arena, &options, &report, &err), 0);
    assert_false(report.usable);
    assert_null(report.virtualization);
    check = check_named(&report, "virtualization");
    assert_int_equal(check->status, report.emulation_possible ? VL_CHECK_WARN : VL_CHECK_FAIL);
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

static void probe_lab(unsigned guests, struct vl_arena *arena, struct vl_host_report *report)
{
    struct vl_pbx pbxs[41] = { { .name = "hub", .place = VL_PLACE_LOCAL, .memory = 1ULL << 40 } };
    const struct vl_image images[1] = { { .kind = VL_IMAGE_BUILD } };
    const struct vl_lab lab = {
        .pbxs = pbxs, .pbx_count = guests + 1, .images = images, .image_count = 1, .host_reserve = VL_HOST_RESERVE
    };
    const struct vl_host_options options = { .root = root, .lab = &lab, .storage = "/not/made/yet" };
    VL_ERROR_AUTO err = { .code = VL_OK };

    for (unsigned i = 1; i <= guests; i++)
        pbxs[i] = (struct vl_pbx){ .place = VL_PLACE_VM, .image = images, .memory = 256ULL << 20, .disk = 1ULL << 45 };
    assert_int_equal(vl_probe_host(arena, &options, report, &err), 0);
}

/* What a processor bears of emulated guests is counted where they would be emulated, and can be. */
static void test_processors(void **state)
{
    static const char two[] = "processor\t: 0\nflags\t\t: fpu lm\nprocessor\t: 1\nflags\t\t: fpu lm\n";
    VL_ARENA_AUTO arena = { .failed = false };
    struct vl_host_report report;

    (void)state;
    put_root("cpuinfo", two);
    put_programs();
    put_root("meminfo", "MemTotal: 33554432 kB\nMemAvailable: 33000000 kB\n");
    probe_lab(20, &arena, &report);
    assert_false(report.emulation_possible);
    assert_int_equal(report.capacity.by_processors, 0);
    for (size_t i = 0; i < report.count; i++)
        assert_string_not_equal(report.checks[i].name, "processors");
    put_qemu();
    probe_lab(20, &arena, &report);
    assert_true(report.emulation_possible);
    assert_int_equal(report.capacity.by_processors, 20);
    assert_int_equal(check_named(&report, "processors")->status, VL_CHECK_PASS);
    probe_lab(21, &arena, &report);
    assert_int_equal(check_named(&report, "processors")->status, VL_CHECK_WARN);
    assert_non_null(strstr(check_named(&report, "processors")->seen, "2 processors bear 20 emulated PBXs"));
    assert_non_null(strstr(check_named(&report, "processors")->seen, "this lab has 21"));
}

/* 8 GiB, of which 1.5 are the host's; an emulated guest of 256 MiB costs 360: 18 fit. */
static void test_memory_sums(void **state)
{
    VL_ARENA_AUTO arena = { .failed = false };
    struct vl_host_report report;

    (void)state;
    put_root("cpuinfo", "processor\t: 0\nflags\t\t: fpu\n");
    put_programs();
    put_root("meminfo", "MemTotal:        8388608 kB\nMemFree: 1 kB\nMemAvailable:    8000000 kB\n");
    probe_lab(18, &arena, &report);
    assert_int_equal(report.capacity.memory_total, 8ULL << 30);
    assert_int_equal(report.capacity.memory_needed, (18ULL * 360 + 1536) << 20);
    assert_int_equal(report.capacity.guests, 18);
    assert_int_equal(report.capacity.by_memory, 18);
    assert_int_equal(check_named(&report, "memory")->status, VL_CHECK_PASS);
    assert_int_equal(check_named(&report, "disk")->status,
                     report.capacity.disk_available >= 16ULL << 30 ? VL_CHECK_WARN : VL_CHECK_FAIL);
    assert_int_equal(report.capacity.by_disk_full, 0);
    assert_int_equal(check_named(&report, "kvm device")->status, VL_CHECK_SKIP);
    assert_int_equal(check_named(&report, "xorriso")->status, VL_CHECK_FAIL); /* none in that root */
    assert_int_equal(check_named(&report, "mmdebstrap")->status, VL_CHECK_WARN);
    assert_int_equal(check_named(&report, "sipp")->status, VL_CHECK_SKIP); /* no [load] */
    assert_false(report.emulation_possible);
    assert_int_equal(report.capacity.lab_by_memory, 18);
    probe_lab(19, &arena, &report);
    assert_int_equal(report.capacity.lab_by_memory, 18);
    assert_int_equal(check_named(&report, "memory")->status, VL_CHECK_FAIL);
    put_programs();
    put_root("meminfo", "MemTotal:        8388608 kB\nMemAvailable:    100 kB\n");
    probe_lab(18, &arena, &report);
    assert_int_equal(check_named(&report, "memory")->status, VL_CHECK_WARN);
}

static int make_root(void **state)
{
    (void)state;
    return mkdtemp(root) ? 0 : -1;
}

static int remove_root(void **state)
{
    static const char *const names[] = {
        "/proc/self/mountinfo",
        "/proc/self",
        "/proc/cpuinfo",
        "/proc/meminfo",
        "/proc",
        "/usr/bin/qemu-system-x86_64",
        "/usr/bin",
        "/usr",
        "",
    };
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
        cmocka_unit_test(test_machines),        cmocka_unit_test(test_pool_mount),
        cmocka_unit_test(test_mounts),          cmocka_unit_test(test_kernel_log),
        cmocka_unit_test(test_huge_line),       cmocka_unit_test(test_cpuinfo_words),
        cmocka_unit_test(test_kvm_device),      cmocka_unit_test(test_no_virtualization),
        cmocka_unit_test(test_missing_cpuinfo), cmocka_unit_test(test_memory_sums),
        cmocka_unit_test(test_processors),
    };

    return cmocka_run_group_tests(tests, make_root, remove_root);
}
