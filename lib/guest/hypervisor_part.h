/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the files of the hypervisor share: the only door to libvirt.
 */
#ifndef VL_GUEST_HYPERVISOR_PART_H
#define VL_GUEST_HYPERVISOR_PART_H

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#include <pthread.h>
#include <stdatomic.h>

#include "base/arena.h"
#include "base/error.h"
#include "guest/hypervisor.h"
#include "guest/hypervisor_ops.h"

struct vl_hypervisor {
    char *uri;
    struct vl_patience patience;
    pthread_mutex_t lock;     /* of the connection: tasks run on threads of their own (task.h) */
    virConnectPtr connection; /* NULL while it is made */
    atomic_bool is_deaf;      /* its libvirtd does not answer, and is not asked any more */
};

/* The table of operations in force. */
const struct vl_hypervisor_ops *vl_hypervisor_ops(void);

/* Fail with libvirt's last error of this thread: "cannot VERB 'NAME': its message: our advice". */
int vl_hypervisor_fail(struct vl_error *err, const char *verb, const char *name);

/* 0 when the name is one of a pool of ours. */
int vl_hypervisor_check_pool(const char *pool, struct vl_error *err);

/* The pool of this name; absent is NULL and no error. */
int vl_hypervisor_find_pool(virConnectPtr connection, const char *pool, virStoragePoolPtr *ret_pool,
                            struct vl_error *err);

/* The same for one that must be ours and there. */
int vl_hypervisor_find_our_pool(virConnectPtr connection, const char *pool, virStoragePoolPtr *ret_pool,
                                struct vl_error *err);

/* The name of the lab whose mark a definition carries, and of the PBX, in the arena; NULL: none. */
struct vl_xml_document;
const char *vl_hypervisor_mark(const struct vl_xml_document *document, struct vl_arena *arena, const char **ret_pbx);

/* What a domain that runs will be at its next start, and its disks now: `behind` and `files` of vl_domain. `defined` is
 * its stored definition. */
int vl_hypervisor_behind(virDomainPtr handle, const char *defined, struct vl_arena *arena, struct vl_domain *domain,
                         struct vl_error *err);

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
