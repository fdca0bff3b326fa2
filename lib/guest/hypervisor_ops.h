/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The libvirt calls that change something, as one table, so that a test can count them and make the n-th fail. The
 * types are libvirt's own, named by their structure tags: nothing but hypervisor_part.h needs libvirt's headers.
 */
#ifndef VL_GUEST_HYPERVISOR_OPS_H
#define VL_GUEST_HYPERVISOR_OPS_H

#include <stddef.h>

struct _virConnect;
struct _virDomain;
struct _virDomainSnapshot;
struct _virStoragePool;
struct _virStorageVol;
struct _virStream;

/* Each as in libvirt, which says so by its name: domain_define is virDomainDefineXMLFlags, domain_snapshot is
 * virDomainSnapshotCreateXML, and so on. */
struct vl_hypervisor_ops {
    struct _virDomain *(*domain_define)(struct _virConnect *connection, const char *xml, unsigned flags);
    int (*domain_start)(struct _virDomain *domain);
    int (*domain_shutdown)(struct _virDomain *domain);
    int (*domain_destroy)(struct _virDomain *domain);
    int (*domain_undefine)(struct _virDomain *domain, unsigned flags);
    int (*domain_save)(struct _virDomain *domain, const char *file, const char *xml, unsigned flags);
    struct _virDomainSnapshot *(*domain_snapshot)(struct _virDomain *domain, const char *xml, unsigned flags);
    int (*domain_restore)(struct _virConnect *connection, const char *file, const char *xml, unsigned flags);
    int (*domain_set_memory)(struct _virDomain *domain, unsigned long kib, unsigned flags);
    int (*domain_set_vcpus)(struct _virDomain *domain, unsigned count, unsigned flags);
    int (*domain_update_device)(struct _virDomain *domain, const char *xml, unsigned flags);
    int (*domain_set_metadata)(struct _virDomain *domain, int type, const char *metadata, const char *key,
                               const char *uri, unsigned flags);
    int (*domain_resize)(struct _virDomain *domain, const char *disk, unsigned long long size, unsigned flags);
    int (*domain_autostart)(struct _virDomain *domain, int on);

    int (*domain_suspend)(struct _virDomain *domain);
    int (*domain_resume)(struct _virDomain *domain);
    char *(*agent_command)(struct _virDomain *domain, const char *command, int timeout_s, unsigned flags);

    struct _virStoragePool *(*pool_define)(struct _virConnect *connection, const char *xml, unsigned flags);
    int (*pool_build)(struct _virStoragePool *pool, unsigned flags);
    int (*pool_start)(struct _virStoragePool *pool, unsigned flags);
    int (*pool_autostart)(struct _virStoragePool *pool, int on);
    int (*pool_refresh)(struct _virStoragePool *pool, unsigned flags);
    int (*pool_stop)(struct _virStoragePool *pool);
    int (*pool_delete)(struct _virStoragePool *pool, unsigned flags);
    int (*pool_undefine)(struct _virStoragePool *pool);

    struct _virStorageVol *(*volume_create)(struct _virStoragePool *pool, const char *xml, unsigned flags);
    int (*volume_delete)(struct _virStorageVol *volume, unsigned flags);
    int (*volume_resize)(struct _virStorageVol *volume, unsigned long long size, unsigned flags);
    int (*volume_upload)(struct _virStorageVol *volume, struct _virStream *stream, unsigned long long offset,
                         unsigned long long length, unsigned flags);
    int (*volume_download)(struct _virStorageVol *volume, struct _virStream *stream, unsigned long long offset,
                           unsigned long long length, unsigned flags);
    int (*stream_send)(struct _virStream *stream, const char *bytes, size_t length);
    int (*stream_receive)(struct _virStream *stream, char *bytes, size_t length);
    int (*stream_finish)(struct _virStream *stream);
};

/* Use another table until it is set back with NULL; returns the one in force before. Tests only. */
const struct vl_hypervisor_ops *vl_hypervisor_set_ops(const struct vl_hypervisor_ops *ops);

#endif
