/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the parts of the host's probe share: the report as it grows, and the table's functions. Each adds one or more
 * rows; host.c has their order. Only the files of vl_probe_host() include this.
 */
#ifndef VL_PROBE_HOST_PART_H
#define VL_PROBE_HOST_PART_H

#include "probe/host.h"

/* Why KVM is of no use to the lab whatever flag the processor has. */
enum vl_cpu_bar {
    VL_CPU_NO_BAR,
    VL_CPU_IS_32_BIT,
    VL_CPU_XEN_HOST,    /* dom0 */
    VL_CPU_XEN_PERHAPS, /* that or a paravirtual guest of Xen: a cpuinfo file does not tell which */
    VL_CPU_KERNEL_32_BIT,
};

struct vl_probe {
    struct vl_arena *arena;
    const struct vl_host_options *options;
    const char *root; /* "" for this host */
    bool is_live;     /* this host itself: its devices may be opened and its programs run */
    bool cpu_alone;   /* a cpuinfo file without a root: nothing else of that machine is known */
    struct vl_host_report *report;
    struct vl_cpu cpu;
    const char *cpu_text;
    enum vl_cpu_bar bar;
    const char *log;      /* the kernel's, since before its last start; NULL: not to be had */
    bool is_locked;       /* the firmware keeps virtualization off */
    const char *modules;  /* text of ROOT/proc/modules; "" when there is none */
    const char *built_in; /* text of modules.builtin; "" when there is none */
    const char *loadable; /* text of modules.dep; "" when there is none */
    struct vl_check *checks;
    struct vl_error *err;
};

/* Add a row. */
void vl_probe_add(struct vl_probe *probe, const char *name, enum vl_check_status status, const char *seen,
                  const char *remedy);

/* ROOT and path, in the arena. */
const char *vl_probe_path(struct vl_probe *probe, const char *path);

/* True when ROOT/path is there. */
bool vl_probe_exists(struct vl_probe *probe, const char *path);

/* The text of ROOT/path in the arena; NULL when it cannot be read or is larger than 16 MiB. */
const char *vl_probe_read(struct vl_probe *probe, const char *path);

/* The same without white space at its ends: a file of /sys. */
const char *vl_probe_word(struct vl_probe *probe, const char *path);

/* For people: 1.5 GiB, 300 MiB. */
const char *vl_probe_size(struct vl_probe *probe, uint64_t bytes);

/* How many guests of the lab libvirt carries. */
unsigned vl_probe_machines(const struct vl_lab *lab);

/* Where a module stands. */
enum vl_module_state { VL_MODULE_LOADED, VL_MODULE_BUILT_IN, VL_MODULE_LOADABLE, VL_MODULE_ABSENT };
enum vl_module_state vl_probe_module(struct vl_probe *probe, const char *name);

/* The rows. -1 ends the probe: probe->err says why. */
int vl_probe_cpu(struct vl_probe *probe);
int vl_probe_firmware(struct vl_probe *probe);
int vl_probe_kvm(struct vl_probe *probe);
int vl_probe_modules(struct vl_probe *probe);
int vl_probe_forward(struct vl_probe *probe);
int vl_probe_iommu(struct vl_probe *probe);
int vl_probe_emulator(struct vl_probe *probe);
int vl_probe_memory(struct vl_probe *probe);
int vl_probe_processors(struct vl_probe *probe);
int vl_probe_merging(struct vl_probe *probe);
int vl_probe_disk(struct vl_probe *probe);
int vl_probe_mount(struct vl_probe *probe);
int vl_probe_tools(struct vl_probe *probe);
int vl_probe_clock(struct vl_probe *probe);
int vl_probe_open_files(struct vl_probe *probe);
int vl_probe_secure_boot(struct vl_probe *probe);

#endif
