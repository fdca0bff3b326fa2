/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Is this host ready to carry a lab: processor, KVM, modules, memory, disk, tools. What is found becomes a list of
 * checks, each with what was seen and what to do about it. libvirt is checked where it is opened, not here.
 */
#ifndef VL_PROBE_HOST_H
#define VL_PROBE_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "lab/lab.h"
#include "probe/packages.h"

enum vl_check_status { VL_CHECK_PASS, VL_CHECK_WARN, VL_CHECK_FAIL, VL_CHECK_SKIP };

struct vl_check {
    const char *name; /* "virtualization", "kvm device", "memory", … */
    enum vl_check_status status;
    const char *seen;   /* what was found */
    const char *remedy; /* what to do; NULL when there is nothing to do */
};

/* How many guests fit beside the host's reserve. Without a lab: guests of 300M and 35G. */
struct vl_host_capacity {
    uint64_t memory_total, memory_available; /* bytes; from /proc/meminfo; 0: not known */
    uint64_t memory_reserve;                 /* bytes that the host keeps */
    uint64_t disk_available;                 /* bytes where the volumes go */
    uint64_t memory_needed; /* by the lab's guests and the reserve, with what emulation adds when they are emulated */
    uint64_t disk_thin;     /* by the lab: room for the changes of linked clones, an estimate */
    uint64_t disk_full;     /* by the lab once every disk has grown to its full size */
    unsigned guests;        /* guests that the lab asks for; 0 without a lab */
    unsigned lab_by_memory, lab_by_disk;            /* guests of the lab that fit, taken in the order of its file */
    unsigned by_memory, by_disk_thin, by_disk_full; /* guests of the lab's mean size that fit */
    unsigned by_processors; /* emulated PBXs that the processors were seen to bear; 0: no such bound is known */
    const char *first;      /* what runs out first: "memory", "disk" or "processors"; NULL: nothing is known */
};

struct vl_host_report {
    const struct vl_check *checks;
    size_t count;
    const char *virtualization;          /* flag of the processor: "vmx", "svm", or NULL */
    bool usable;                         /* guests run with hardware virtualization */
    const char *unusable;                /* why not, as part of a sentence; NULL when usable */
    bool emulation_possible;             /* guests can be emulated: a QEMU for x86_64 is installed. What only keeps them
                                            from running fast is no failure then */
    struct vl_missing_packages packages; /* programs that are not there; without a lab: all that any needs */
    const char *daemon_install;          /* the command that installs libvirt's daemon; NULL: it is installed */
    const char *const *missing_modules;  /* not loaded, but can be: names for modprobe, NULL-terminated */
    struct vl_host_capacity capacity;
};

struct vl_host_options {
    const char *cpuinfo;      /* file to read; NULL: ROOT/proc/cpuinfo. Another machine's: nothing else is known of its
                                 processor, and no device is opened */
    const char *root;         /* NULL or "/": this host. Another root is only looked at: no device is opened there, and
                                 nothing is run */
    const struct vl_lab *lab; /* NULL: none */
    const char *storage;      /* directory of the volumes; need not exist yet; NULL: /var/lib/libvirt/images */
};

/* What /proc/cpuinfo says. */
struct vl_cpu {
    const char *virtualization; /* "vmx" (Intel), "svm" (AMD) or NULL; static */
    bool has_flags;             /* an x86 processor: without a flag there is no hardware virtualization */
    bool is_guest;              /* the flag `hypervisor`: this host is itself a virtual machine */
    bool is_paravirtual;        /* and one of Xen's that sees the processor as Xen shows it: dom0, or a PV guest */
    bool is_64_bit;             /* `lm`, or a processor of another family that says so */
    bool has_nested_paging;     /* `ept` or `npt` */
    unsigned processors, with_flags, with_virtualization; /* with: those that have a `flags` line, the flag */
    const char *vendor, *model;                           /* in the text, not terminated; NULL: not said */
    size_t vendor_length, model_length;
    const char *family; /* of one that is not x86: "ARM", "SPARC", …; NULL: an x86, or not known. Static */
};

/* Parse the text of a cpuinfo file, also when it came by mail (quoted, indented, wrapped), or what lscpu(1) prints. A
 * flag counts as a whole word of a `flags` line, on any processor. */
struct vl_cpu vl_cpu_parse(const char *text);

/* The last line of a kernel's log since its last start that says that another hypervisor (VirtualBox, VMware) holds the
 * processor's virtualization, so that KVM cannot have it; NULL when none does. *ret_length bytes of `log`. */
const char *vl_kernel_log_busy(const char *log, size_t *ret_length);

/* The last line of a kernel's log since its last start that says that the firmware keeps hardware virtualization off;
 * NULL when none does. *ret_length bytes of `log`. */
const char *vl_kernel_log_firmware_lock(const char *log, size_t *ret_length);

/* How far one comes with the KVM device (Linux, Documentation/virt/kvm/api.rst). */
enum vl_kvm_state {
    VL_KVM_ABSENT,  /* there is no such device */
    VL_KVM_DENIED,  /* it cannot be opened */
    VL_KVM_VERSION, /* KVM_GET_API_VERSION is not 12 */
    VL_KVM_NO_VM,   /* KVM_CREATE_VM fails */
    VL_KVM_NO_VCPU, /* KVM_CREATE_VCPU fails */
    VL_KVM_WORKS,
};

/* Open the device and make a guest with one processor, which is gone again afterwards. `ret_errno` (may be NULL) tells
 * why the step that failed did. */
enum vl_kvm_state vl_kvm_try(const char *device, int *ret_errno);

/* Look at the host. The report lives in the arena. Fails only when memory runs out or `cpuinfo`, if given, cannot be
 * read, or there is no such root: everything else that is wrong is a check that says so. */
int vl_probe_host(struct vl_arena *arena, const struct vl_host_options *options, struct vl_host_report *ret_report,
                  struct vl_error *err);

/* True when guests can be run with KVM here: the processor says so, and the device makes a guest with a processor.
 * `cpuinfo` NULL: /proc/cpuinfo. Decides between the domain types kvm and qemu. */
bool vl_probe_kvm_usable(const char *cpuinfo);

#endif
