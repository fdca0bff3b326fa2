/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the firmware (BIOS, UEFI) decides: whether it keeps hardware virtualization off, which only the kernel's log
 * tells, and Secure Boot.
 *
 * Kernels have said the first in several ways: "kvm: disabled by bios" (2.6 to 5), "kvm_intel: VMX not enabled (by
 * BIOS) in MSR_IA32_FEAT_CTL on CPU 0" and "kvm_amd: SVM disabled (by BIOS) in MSR_VM_CR on CPU 0" (6),
 * "x86/cpu: VMX (outside TXT) disabled by BIOS" (5.6 on). SGX and x2apic are "disabled by BIOS" in the same words and
 * are none of ours.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/klog.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/memory.h"
#include "base/text.h"
#include "probe/host_part.h"

enum { KLOG_READ_ALL = 3, KLOG_SIZE_BUFFER = 10, KLOG_LIMIT = 64 << 20 };

static bool line_has(const char *line, size_t length, const char *words)
{
    size_t size = strlen(words);

    for (size_t i = 0; i + size <= length; i++)
        if (strncasecmp(line + i, words, size) == 0)
            return true;
    return false;
}

static bool line_has_any(const char *line, size_t length, const char *const *list)
{
    for (; *list; list++)
        if (line_has(line, length, *list))
            return true;
    return false;
}

/* The last line since the last start that has one of both lists. */
static const char *last_line(const char *log, const char *const *subjects, const char *const *verdicts,
                             size_t *ret_length)
{
    const char *found = NULL;

    while (*log) {
        size_t length = strcspn(log, "\n");

        if (line_has(log, length, "Linux version "))
            found = NULL; /* an earlier start, perhaps before somebody changed the setup */
        else if (line_has_any(log, length, subjects) && line_has_any(log, length, verdicts)) {
            found = log;
            *ret_length = length;
        }
        log += length + (log[length] == '\n');
    }
    return found;
}

const char *vl_kernel_log_firmware_lock(const char *log, size_t *ret_length)
{
    static const char *const subjects[] = { "kvm", "vmx", "svm", NULL };
    static const char *const verdicts[] = { "disabled by bios", "disabled (by bios)", "not enabled (by bios)", NULL };

    return last_line(log, subjects, verdicts, ret_length);
}

const char *vl_kernel_log_busy(const char *log, size_t *ret_length)
{
    static const char *const subjects[] = { "kvm: enabling virtualization on CPU", NULL };
    static const char *const verdicts[] = { "failed", NULL };

    return last_line(log, subjects, verdicts, ret_length);
}

/* The kernel's ring buffer; syslog(2). NULL with errno when we may not read it. */
static const char *live_log(struct vl_probe *probe)
{
    int size = klogctl(KLOG_SIZE_BUFFER, NULL, 0), got;
    VL_FREE char *text = size > 0 && size < KLOG_LIMIT ? vl_calloc(1, (size_t)size + 1) : NULL;

    if (!text)
        return NULL;
    got = klogctl(KLOG_READ_ALL, text, size);
    return got < 0 ? NULL : vl_arena_strndup(probe->arena, text, (size_t)got);
}

static const char *logged(struct vl_probe *probe, const char **ret_where)
{
    static const char *const files[] = { "/var/log/dmesg", "/var/log/kern.log", "/var/log/messages" };

    *ret_where = "the kernel's log";
    if (probe->is_live)
        return live_log(probe);
    for (size_t i = 0; i < VL_COUNT(files); i++) {
        const char *text = vl_probe_read(probe, files[i]);

        *ret_where = files[i];
        if (text)
            return text;
    }
    return NULL;
}

static void add_lock(struct vl_probe *probe, const char *line, size_t length)
{
    const char *text = vl_text_printable(probe->arena, vl_arena_strndup(probe->arena, line, length));

    probe->is_locked = true;
    probe->report->unusable = "the firmware (BIOS) keeps virtualization off";
    vl_probe_add(probe, "firmware lock", VL_CHECK_FAIL, vl_arena_printf(probe->arena, "'%s'", text),
                 "turn on Intel VT-x or AMD-V (SVM) in the firmware setup (BIOS), then switch the machine off and on; "
                 "until then guests will be emulated (type='qemu')");
}

int vl_probe_firmware(struct vl_probe *probe)
{
    const char *log, *where, *line;
    size_t length = 0;

    if (probe->cpu_alone) {
        vl_probe_add(probe, "firmware lock", VL_CHECK_SKIP, "a cpuinfo file does not tell", NULL);
        return 0;
    }
    probe->log = log = logged(probe, &where);
    if (!log) {
        bool denied = probe->is_live && geteuid() != 0;

        vl_probe_add(probe, "firmware lock", VL_CHECK_SKIP,
                     denied ? "the kernel's log is for root" : "there is no kernel log to look at",
                     denied ? "run as root to look for 'disabled by BIOS' there" : NULL);
        return 0;
    }
    line = vl_kernel_log_firmware_lock(log, &length);
    if (line)
        add_lock(probe, line, length);
    else
        vl_probe_add(probe, "firmware lock", VL_CHECK_PASS,
                     vl_arena_printf(probe->arena, "no 'disabled by BIOS' in %s", where), NULL);
    return 0;
}

enum secure_boot { SECURE_BOOT_OFF, SECURE_BOOT_ON, SECURE_BOOT_UNKNOWN };

/* The variable is four bytes of attributes, then one of value (Linux, Documentation/filesystems/efivarfs.rst). */
static enum secure_boot read_secure_boot(struct vl_probe *probe)
{
    static const char variable[] = "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c";
    VL_CLOSE int descriptor = open(vl_probe_path(probe, variable), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    unsigned char bytes[5];

    if (descriptor < 0 && errno == ENOENT)
        return SECURE_BOOT_OFF;
    if (descriptor < 0 || read(descriptor, bytes, sizeof(bytes)) != (ssize_t)sizeof(bytes))
        return SECURE_BOOT_UNKNOWN;
    return bytes[4] ? SECURE_BOOT_ON : SECURE_BOOT_OFF;
}

int vl_probe_secure_boot(struct vl_probe *probe)
{
    static const char *const words[] = {
        [SECURE_BOOT_OFF] = "off", [SECURE_BOOT_ON] = "on", [SECURE_BOOT_UNKNOWN] = "not readable"
    };
    const struct vl_lab *lab = probe->options->lab;
    bool dahdi = lab && lab->dahdi.line, must_load = *probe->report->missing_modules != NULL;
    enum secure_boot state;

    if (probe->cpu_alone || (!dahdi && !must_load)) {
        vl_probe_add(probe, "secure boot", VL_CHECK_SKIP,
                     probe->cpu_alone ? "a cpuinfo file does not tell" : "does not matter: no module has to be loaded",
                     NULL);
        return 0;
    }
    state = read_secure_boot(probe);
    if (state == SECURE_BOOT_OFF || !dahdi)
        vl_probe_add(
            probe, "secure boot", state == SECURE_BOOT_UNKNOWN ? VL_CHECK_SKIP : VL_CHECK_PASS,
            state == SECURE_BOOT_OFF
                ? "off: every module loads"
                : vl_arena_printf(probe->arena, "%s: the distribution's own modules are signed and load", words[state]),
            NULL);
    else
        vl_probe_add(
            probe, "secure boot", VL_CHECK_WARN,
            vl_arena_printf(probe->arena, "%s, and the lab has [dahdi], whose modules are built here", words[state]),
            "sign the DAHDI modules with a key of your own and enrol it with mokutil, or turn Secure Boot "
            "off");
    return 0;
}
