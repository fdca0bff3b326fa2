/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the files of the hypervisor share: the only door to libvirt.
 */
#ifndef VL_GUEST_HYPERVISOR_PART_H
#define VL_GUEST_HYPERVISOR_PART_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/arena.h"
#include "base/error.h"
#include "guest/hypervisor.h"
#include "guest/hypervisor_ops.h"
#include "guest/libvirt.h"

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

/* The volume of this name; absent is NULL and no error. */
int vl_hypervisor_find_volume(virStoragePoolPtr pool, const char *name, virStorageVolPtr *ret_volume,
                              struct vl_error *err);

/* The volume that says that the upload of `name` came to its end; absent is NULL and no error. */
#define VL_VOLUME_COMPLETE ".complete"
int vl_hypervisor_find_marker(virStoragePoolPtr pool, const char *name, virStorageVolPtr *ret_volume,
                              struct vl_error *err);

/* Send bytes into a stream to a volume; `what` is for the message. */
int vl_hypervisor_send(virStreamPtr stream, const char *bytes, size_t length, const char *what, struct vl_error *err);

/* Read a volume to its end, for the task that is under way: what its bytes are, and into `into`, an open file (-1:
 * none). */
struct vl_task;
struct vl_volume_bytes {
    char sha256[VL_DIGEST_SHA256_SIZE];
    uint64_t size;
};
int vl_hypervisor_receive(struct vl_task *task, virConnectPtr connection, virStorageVolPtr volume, int into,
                          struct vl_volume_bytes *bytes, struct vl_error *err);

/* The name of the lab whose mark a definition carries, and of the PBX, in the arena; NULL: none. */
struct vl_xml_document;
const char *vl_hypervisor_mark(const struct vl_xml_document *document, struct vl_arena *arena, const char **ret_pbx);

/* The domain of this name, which must be the lab's and there; and its state. A definition must be of this name and
 * carry the lab's mark. */
int vl_hypervisor_find_ours(virConnectPtr connection, const char *name, const char *lab, virDomainPtr *ret_domain,
                            enum vl_domain_state *ret_state, struct vl_error *err);
int vl_hypervisor_check_definition(const char *xml, const char *name, const char *lab, struct vl_error *err);

/* Wait while the guest is on the way from one state into another, as who was to wait for it is gone: libvirt 9.0 dies
 * of a domain that is destroyed while it is restored. Not for ever. */
void vl_hypervisor_settle(virDomainPtr domain);

/* How a domain that is off came to be so: by libvirt's reason; by the log of a domain; and by that which the host of
 * the hypervisor keeps, as far as it is this one. */
enum vl_domain_end vl_hypervisor_end_of(int reason);
enum vl_domain_end vl_hypervisor_end_in_log(const char *log);
enum vl_domain_end vl_hypervisor_end_by_log(virConnectPtr connection, const char *name);

/* What a domain that runs will be at its next start, and its disks now: `behind`, `files` and `running` of vl_domain.
 * `defined` is its stored definition. */
int vl_hypervisor_behind(virDomainPtr handle, const char *defined, struct vl_arena *arena, struct vl_domain *domain,
                         struct vl_error *err);

/* virDomainQemuAgentCommand(), whose library must be loaded. */
char *vl_hypervisor_agent_command(virDomainPtr domain, const char *command, int timeout_s, unsigned flags);

/* What libvirt says of a domain (virDomainListGetStats), as figures. */
void vl_hypervisor_read_figures(virTypedParameterPtr list, int count, struct vl_arena *arena,
                                struct vl_domain_figures *ret_figures);

/* libvirt's objects are counted; a local gives its reference back when it goes out of scope. */
#define REFERENCE(name, type, release)                                                                                 \
    static inline void name(type *object)                                                                              \
    {                                                                                                                  \
        if (*object)                                                                                                   \
            (void)release(*object);                                                                                    \
    }

REFERENCE(release_domain, virDomainPtr, vl_libvirt.virDomainFree)
REFERENCE(release_snapshot, virDomainSnapshotPtr, vl_libvirt.virDomainSnapshotFree)
REFERENCE(release_pool, virStoragePoolPtr, vl_libvirt.virStoragePoolFree)
REFERENCE(release_volume, virStorageVolPtr, vl_libvirt.virStorageVolFree)
REFERENCE(release_stream, virStreamPtr, vl_libvirt.virStreamFree)

#define DOMAIN_AUTO __attribute__((cleanup(release_domain))) virDomainPtr
#define SNAPSHOT_AUTO __attribute__((cleanup(release_snapshot))) virDomainSnapshotPtr
#define POOL_AUTO __attribute__((cleanup(release_pool))) virStoragePoolPtr
#define VOLUME_AUTO __attribute__((cleanup(release_volume))) virStorageVolPtr
#define STREAM_AUTO __attribute__((cleanup(release_stream))) virStreamPtr

#endif
