/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the files of the hypervisor share: the only door to libvirt.
 */
#ifndef VL_GUEST_HYPERVISOR_PART_H
#define VL_GUEST_HYPERVISOR_PART_H

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#include "base/arena.h"
#include "base/error.h"
#include "guest/hypervisor_ops.h"

struct vl_hypervisor {
    virConnectPtr connection;
};

/* The table of operations in force. */
const struct vl_hypervisor_ops *vl_hypervisor_ops(void);

/* Fail with libvirt's last error of this thread: "cannot VERB 'NAME': its message: our advice". */
int vl_hypervisor_fail(struct vl_error *err, const char *verb, const char *name);

/* The name of the lab whose mark a definition carries, and of the PBX, in the arena; NULL: none. */
struct vl_xml_document;
const char *vl_hypervisor_mark(const struct vl_xml_document *document, struct vl_arena *arena, const char **ret_pbx);

/* libvirt's objects are counted; a local gives its reference back when it goes out of scope. */
#define REFERENCE(name, type, release)                                                                                 \
    static inline void name(type *object)                                                                              \
    {                                                                                                                  \
        if (*object)                                                                                                   \
            (void)release(*object);                                                                                    \
    }

REFERENCE(release_domain, virDomainPtr, virDomainFree)
REFERENCE(release_pool, virStoragePoolPtr, virStoragePoolFree)
REFERENCE(release_volume, virStorageVolPtr, virStorageVolFree)
REFERENCE(release_stream, virStreamPtr, virStreamFree)

#define DOMAIN_AUTO __attribute__((cleanup(release_domain))) virDomainPtr
#define POOL_AUTO __attribute__((cleanup(release_pool))) virStoragePoolPtr
#define VOLUME_AUTO __attribute__((cleanup(release_volume))) virStorageVolPtr
#define STREAM_AUTO __attribute__((cleanup(release_stream))) virStreamPtr

#endif
