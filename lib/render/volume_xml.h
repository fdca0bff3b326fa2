/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Storage as libvirt shall make it (format: https://libvirt.org/formatstorage.html, libvirt 9.0): volumes, and the pool
 * of type `dir` that holds them. Pure functions.
 *
 * The four volumes of a lab: a linked clone (qcow2 with a backing path), an empty disk to install on (qcow2 without), a
 * base image (qcow2 of its own capacity, to be filled), and a raw one for a seed ISO, a kernel or an initrd.
 */
#ifndef VL_RENDER_VOLUME_XML_H
#define VL_RENDER_VOLUME_XML_H

#include <stdint.h>

#include "base/error.h"

/* Of the file of each: what guests write is nobody's to read. */
#define VL_VOLUME_MODE 0600

struct vl_volume_spec {
    const char *name;         /* in the pool: virtual1.qcow2 */
    const char *format;       /* qcow2 or raw */
    uint64_t capacity;        /* bytes, as the guest sees it; never left to libvirt to guess */
    const char *backing_path; /* qcow2 image that this one is a linked clone of; NULL: none */
};

/* The document; the caller frees it. The volume's file has mode 0600. NULL on failure. */
char *vl_render_volume_xml(const struct vl_volume_spec *spec, struct vl_error *err);

/* A pool of type dir; its directory gets mode 0711: QEMU's user comes to its files, and nobody else lists them. */
char *vl_render_pool_xml(const char *name, const char *path, struct vl_error *err);

#endif
