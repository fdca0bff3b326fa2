/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The guest as libvirt shall define it (format: https://libvirt.org/formatdomain.html, libvirt 9.0). A pure function of
 * its specification. The document carries voiplab's element in <metadata>, by which hypervisor.c knows what is ours:
 *   <voiplab:guest xmlns:voiplab="urn:voiplab:1" lab="tesis" name="virtual1" fingerprint="0123456789abcdef"/>
 */
#ifndef VL_RENDER_DOMAIN_XML_H
#define VL_RENDER_DOMAIN_XML_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct vl_domain_spec {
    const char *lab, *pbx;  /* the mark: names of the lab and of the PBX in it */
    const char *name;       /* the domain's name, unique on the hypervisor */
    const char *uuid, *mac; /* lab/identity */
    const char *title;      /* one line for virt-manager; NULL: none */
    uint64_t memory;        /* bytes; rounded up to KiB */
    uint64_t max_memory;    /* bytes to which the memory can grow while the guest runs; 0: it cannot */
    unsigned vcpus;
    unsigned max_vcpus;                    /* likewise; 0: there are no more */
    const char *cpu;                       /* model of the processor, as libvirt calls it, or "host"; NULL: the best */
    const char *machine;                   /* as QEMU calls it, such as pc-i440fx-7.2; NULL: "pc" */
    const char *machine_now;               /* that of its definition, which it keeps where `machine` does not say; a
                                              saved state is of one machine only. No part of the fingerprint. NULL: it
                                              has none yet */
    bool emulated;                         /* type qemu instead of kvm */
    const char *disk_path;                 /* the guest's disk on the hypervisor's host */
    const char *disk_format;               /* qcow2 or raw */
    const char *seed_path;                 /* ISO with the guest's identity (render/seed); NULL: none */
    const char *cdrom_path;                /* installation medium; NULL: none */
    const char *const *boot;               /* what it boots from, in this order, by the names of lab/lab.h; NULL: the
                                              disk, and while that is empty the medium */
    const char *kernel, *initrd, *cmdline; /* what starts the disk, where that comes first; kernel NULL: its own boot
                                              loader; the others may be NULL */
    bool installs; /* it is installed now, by a kernel: a reboot ends it as switching off does, and there is a screen */
    const char *bridge;      /* of the hypervisor's host */
    const char *network;     /* libvirt's, instead of a bridge; NULL: the bridge */
    const char *os;          /* debian11, rhel5.4, elastix2 …: gets devices that it has drivers for; NULL: virtio */
    const char *console_log; /* file that keeps what the guest writes to its serial console; NULL: none */
};

/* The document; the caller frees it. Its fingerprint is the first 16 hexadecimal digits of the SHA-256 of the same
 * document with an empty one: another fingerprint means that today's definition would differ. NULL on failure. */
char *vl_render_domain_xml(const struct vl_domain_spec *spec, struct vl_error *err);

#endif
