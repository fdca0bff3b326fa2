/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libvirt, loaded when a hypervisor is first asked for (base/library.h): a host of which only trunks and dialplans are
 * looked after has none.
 */
#ifndef VL_GUEST_LIBVIRT_H
#define VL_GUEST_LIBVIRT_H

#include <libvirt/libvirt-qemu.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#include "base/error.h"
#include "base/library.h"

/* Every function of libvirt that is called. */
#define VL_LIBVIRT(FUNCTION)                                                                                           \
    FUNCTION(virConnectBaselineCPU)                                                                                    \
    FUNCTION(virConnectClose)                                                                                          \
    FUNCTION(virConnectGetCapabilities)                                                                                \
    FUNCTION(virConnectGetDomainCapabilities)                                                                          \
    FUNCTION(virConnectGetLibVersion)                                                                                  \
    FUNCTION(virConnectGetType)                                                                                        \
    FUNCTION(virConnectGetURI)                                                                                         \
    FUNCTION(virConnectGetVersion)                                                                                     \
    FUNCTION(virConnectListAllDomains)                                                                                 \
    FUNCTION(virConnectListAllStoragePools)                                                                            \
    FUNCTION(virConnectOpen)                                                                                           \
    FUNCTION(virConnectRef)                                                                                            \
    FUNCTION(virDomainBlockResize)                                                                                     \
    FUNCTION(virDomainCreate)                                                                                          \
    FUNCTION(virDomainDefineXMLFlags)                                                                                  \
    FUNCTION(virDomainDestroy)                                                                                         \
    FUNCTION(virDomainFree)                                                                                            \
    FUNCTION(virDomainGetAutostart)                                                                                    \
    FUNCTION(virDomainGetInfo)                                                                                         \
    FUNCTION(virDomainGetName)                                                                                         \
    FUNCTION(virDomainGetState)                                                                                        \
    FUNCTION(virDomainGetUUIDString)                                                                                   \
    FUNCTION(virDomainGetXMLDesc)                                                                                      \
    FUNCTION(virDomainIsActive)                                                                                        \
    FUNCTION(virDomainListGetStats)                                                                                    \
    FUNCTION(virDomainLookupByName)                                                                                    \
    FUNCTION(virDomainLookupByUUIDString)                                                                              \
    FUNCTION(virDomainRestoreFlags)                                                                                    \
    FUNCTION(virDomainResume)                                                                                          \
    FUNCTION(virDomainSaveFlags)                                                                                       \
    FUNCTION(virDomainSaveImageGetXMLDesc)                                                                             \
    FUNCTION(virDomainSetAutostart)                                                                                    \
    FUNCTION(virDomainSetMemoryFlags)                                                                                  \
    FUNCTION(virDomainSetMetadata)                                                                                     \
    FUNCTION(virDomainSetVcpusFlags)                                                                                   \
    FUNCTION(virDomainShutdown)                                                                                        \
    FUNCTION(virDomainSnapshotCreateXML)                                                                               \
    FUNCTION(virDomainSnapshotFree)                                                                                    \
    FUNCTION(virDomainStatsRecordListFree)                                                                             \
    FUNCTION(virDomainSuspend)                                                                                         \
    FUNCTION(virDomainUndefineFlags)                                                                                   \
    FUNCTION(virDomainUpdateDeviceFlags)                                                                               \
    FUNCTION(virGetLastError)                                                                                          \
    FUNCTION(virGetLastErrorCode)                                                                                      \
    FUNCTION(virInterfaceFree)                                                                                         \
    FUNCTION(virInterfaceLookupByName)                                                                                 \
    FUNCTION(virNodeGetInfo)                                                                                           \
    FUNCTION(virResetLastError)                                                                                        \
    FUNCTION(virSetErrorFunc)                                                                                          \
    FUNCTION(virStoragePoolBuild)                                                                                      \
    FUNCTION(virStoragePoolCreate)                                                                                     \
    FUNCTION(virStoragePoolDefineXML)                                                                                  \
    FUNCTION(virStoragePoolDelete)                                                                                     \
    FUNCTION(virStoragePoolDestroy)                                                                                    \
    FUNCTION(virStoragePoolFree)                                                                                       \
    FUNCTION(virStoragePoolGetAutostart)                                                                               \
    FUNCTION(virStoragePoolGetInfo)                                                                                    \
    FUNCTION(virStoragePoolGetName)                                                                                    \
    FUNCTION(virStoragePoolGetXMLDesc)                                                                                 \
    FUNCTION(virStoragePoolIsActive)                                                                                   \
    FUNCTION(virStoragePoolListAllVolumes)                                                                             \
    FUNCTION(virStoragePoolLookupByName)                                                                               \
    FUNCTION(virStoragePoolRefresh)                                                                                    \
    FUNCTION(virStoragePoolSetAutostart)                                                                               \
    FUNCTION(virStoragePoolUndefine)                                                                                   \
    FUNCTION(virStorageVolCreateXML)                                                                                   \
    FUNCTION(virStorageVolDelete)                                                                                      \
    FUNCTION(virStorageVolDownload)                                                                                    \
    FUNCTION(virStorageVolFree)                                                                                        \
    FUNCTION(virStorageVolGetName)                                                                                     \
    FUNCTION(virStorageVolGetPath)                                                                                     \
    FUNCTION(virStorageVolGetXMLDesc)                                                                                  \
    FUNCTION(virStorageVolLookupByName)                                                                                \
    FUNCTION(virStorageVolResize)                                                                                      \
    FUNCTION(virStorageVolUpload)                                                                                      \
    FUNCTION(virStreamAbort)                                                                                           \
    FUNCTION(virStreamFinish)                                                                                          \
    FUNCTION(virStreamFree)                                                                                            \
    FUNCTION(virStreamNew)                                                                                             \
    FUNCTION(virStreamRecv)                                                                                            \
    FUNCTION(virStreamSend)                                                                                            \
    FUNCTION(virTypedParamsGetInt)                                                                                     \
    FUNCTION(virTypedParamsGetUInt)                                                                                    \
    FUNCTION(virTypedParamsGetULLong)

/* What holds for QEMU alone is a library of its own. */
#define VL_LIBVIRT_QEMU(FUNCTION) FUNCTION(virDomainQemuAgentCommand)

struct vl_libvirt {
    VL_LIBVIRT(VL_LIBRARY_MEMBER)
};

struct vl_libvirt_qemu {
    VL_LIBVIRT_QEMU(VL_LIBRARY_MEMBER)
};

/* NULLs until vl_libvirt_load() has returned 0. */
extern struct vl_libvirt vl_libvirt;
extern struct vl_libvirt_qemu vl_libvirt_qemu;

/* Load it, once for the process. Fails with VL_ERROR_NOTFOUND when it is not installed or lacks one of these functions.
 */
int vl_libvirt_load(struct vl_error *err);
int vl_libvirt_qemu_load(struct vl_error *err);

#endif
