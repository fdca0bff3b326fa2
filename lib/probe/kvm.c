/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The KVM device is asked and not believed: in containers and nested machines the node is often there, and can even be
 * opened, where no guest can be run.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "probe/host.h"

enum { CPUINFO_LIMIT = 16 << 20 };

static enum vl_kvm_state try_device(const char *device)
{
    VL_CLOSE int kvm = open(device, O_RDWR | O_CLOEXEC);
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
    cpu = vl_cpu_parse(text);
    if (cpu.has_flags && !cpu.virtualization)
        return false;
    return vl_kvm_try("/dev/kvm", NULL) == VL_KVM_WORKS;
}
