/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The KVM device is asked and not believed: in containers and nested machines the node is often there, and can even be
 * opened, where no guest can be run. Of another machine there are only files: then flag and kernel log decide.
 */
#include <errno.h>
#include <linux/kvm.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "probe/host_part.h"

enum { CPUINFO_LIMIT = 16 << 20 };

static enum vl_kvm_state try_device(const char *device)
{
    VL_CLOSE int kvm = vl_file_open_device(device);
    VL_CLOSE int guest = -1;
    VL_CLOSE int processor = -1;
    int version;

    if (kvm < 0)
        return errno == ENOENT || errno == ENOTDIR ? VL_KVM_ABSENT : VL_KVM_DENIED;
    version = ioctl(kvm, KVM_GET_API_VERSION, 0);
    if (version != KVM_API_VERSION) {
        errno = version < 0 ? errno : ENOTSUP;
        return VL_KVM_VERSION;
    }
    guest = ioctl(kvm, KVM_CREATE_VM, 0);
    if (guest < 0)
        return VL_KVM_NO_VM;
    processor = ioctl(guest, KVM_CREATE_VCPU, 0);
    return processor < 0 ? VL_KVM_NO_VCPU : VL_KVM_WORKS;
}

enum vl_kvm_state vl_kvm_try(const char *device, int *ret_errno)
{
    enum vl_kvm_state state;

    errno = 0;
    state = try_device(device);
    if (ret_errno)
        *ret_errno = state == VL_KVM_WORKS ? 0 : errno;
    return state;
}

bool vl_probe_kvm_usable(const char *cpuinfo)
{
    VL_FREE char *text = NULL;
    VL_ERROR_AUTO err = { .code = VL_OK };
    struct vl_cpu cpu;

    if (vl_file_read(cpuinfo ? cpuinfo : "/proc/cpuinfo", CPUINFO_LIMIT, &text, NULL, &err) < 0)
        return false;
    /* our guests are x86_64: the KVM of another processor runs none of them */
    cpu = vl_cpu_parse(text);
    if (!cpu.virtualization || !cpu.is_64_bit)
        return false;
    return vl_kvm_try("/dev/kvm", NULL) == VL_KVM_WORKS;
}

static const struct {
    const char *seen, *remedy, *unusable;
} texts[] = {
    [VL_KVM_ABSENT] = { "/dev/kvm does not exist",
                        "load the module: voiplab check-cpu --fix, or modprobe kvm_intel (vmx) or kvm_amd (svm)",
                        "there is no /dev/kvm" },
    [VL_KVM_DENIED] = { "/dev/kvm cannot be opened", "run as root, or join the group kvm",
                        "/dev/kvm cannot be opened" },
    [VL_KVM_VERSION] = { "/dev/kvm does not speak version 12 of the KVM API", "use a kernel of 2.6.22 or later",
                         "/dev/kvm speaks another version of the KVM API" },
    [VL_KVM_NO_VM] = { "/dev/kvm opens, but makes no guest", "look for kvm in the kernel's log (dmesg)",
                       "/dev/kvm makes no guest" },
    [VL_KVM_NO_VCPU] = { "/dev/kvm makes a guest, but no processor for it", "look for kvm in the kernel's log (dmesg)",
                         "/dev/kvm makes no processor for a guest" },
    [VL_KVM_WORKS] = { "/dev/kvm makes a guest with a processor", NULL, NULL },
};

static bool can_serve(const struct vl_probe *probe)
{
    return probe->cpu.virtualization && probe->bar == VL_CPU_NO_BAR;
}

static void judge_files(struct vl_probe *probe)
{
    size_t length = 0;
    const char *busy = probe->log ? vl_kernel_log_busy(probe->log, &length) : NULL;

    probe->report->usable = can_serve(probe) && !probe->is_locked && !busy;
    if (!busy) {
        vl_probe_add(probe, "kvm device", VL_CHECK_SKIP,
                     "another machine's devices are not opened: its processor and kernel log decide", NULL);
        return;
    }
    if (can_serve(probe) && !probe->is_locked)
        probe->report->unusable = "another hypervisor holds the processor's virtualization";
    vl_probe_add(probe, "kvm device", VL_CHECK_FAIL,
                 vl_arena_printf(probe->arena, "the kernel's log: '%s'",
                                 vl_text_printable(probe->arena, vl_arena_strndup(probe->arena, busy, length))),
                 "stop the machines of VirtualBox or VMware on that host, and unload vboxdrv or vmmon: one hypervisor "
                 "at a time has the processor's virtualization");
}

int vl_probe_kvm(struct vl_probe *probe)
{
    struct vl_host_report *report = probe->report;
    enum vl_kvm_state state;
    int cause = 0;
    const char *seen;

    if (!probe->is_live) {
        judge_files(probe);
        return 0;
    }
    state = vl_kvm_try("/dev/kvm", &cause);
    seen = cause ? vl_arena_printf(probe->arena, "%s (%s)", texts[state].seen, strerror(cause)) : texts[state].seen;
    if (state != VL_KVM_WORKS)
        vl_probe_add(probe, "kvm device", VL_CHECK_FAIL, seen, texts[state].remedy);
    else if (!can_serve(probe))
        vl_probe_add(probe, "kvm device", VL_CHECK_FAIL,
                     vl_arena_printf(probe->arena, "%s, but %s", seen, report->unusable),
                     "it is not used, since ordinary guests do not run on such a device, but emulated");
    else
        vl_probe_add(probe, "kvm device", VL_CHECK_PASS, seen, NULL);
    report->usable = state == VL_KVM_WORKS && can_serve(probe);
    if (!report->usable && can_serve(probe) && !probe->is_locked)
        report->unusable = texts[state].unusable;
    return 0;
}
