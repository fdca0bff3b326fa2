/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The connection and the table of operations.
 */
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/memory.h"
#include "base/xml.h"
#include "guest/hypervisor.h"
#include "guest/hypervisor_part.h"
#include "guest/task.h"

/* libvirt may probe each QEMU that is installed before it says what it runs: half a minute where they are emulated on a
 * busy host. */
enum { PROBE_MS = 120000, LEAVE_MS = 2000 };

static struct vl_hypervisor_ops libvirt_ops;
static const struct vl_hypervisor_ops *_Atomic in_force = &libvirt_ops; /* read by the threads of tasks */

static void fill_ops(void)
{
    libvirt_ops = (struct vl_hypervisor_ops){
        .domain_define = vl_libvirt.virDomainDefineXMLFlags,
        .domain_start = vl_libvirt.virDomainCreate,
        .domain_shutdown = vl_libvirt.virDomainShutdown,
        .domain_destroy = vl_libvirt.virDomainDestroy,
        .domain_undefine = vl_libvirt.virDomainUndefineFlags,
        .domain_save = vl_libvirt.virDomainSaveFlags,
        .domain_snapshot = vl_libvirt.virDomainSnapshotCreateXML,
        .domain_restore = vl_libvirt.virDomainRestoreFlags,
        .domain_set_memory = vl_libvirt.virDomainSetMemoryFlags,
        .domain_set_vcpus = vl_libvirt.virDomainSetVcpusFlags,
        .domain_update_device = vl_libvirt.virDomainUpdateDeviceFlags,
        .domain_set_metadata = vl_libvirt.virDomainSetMetadata,
        .domain_resize = vl_libvirt.virDomainBlockResize,
        .domain_autostart = vl_libvirt.virDomainSetAutostart,
        .domain_suspend = vl_libvirt.virDomainSuspend,
        .domain_resume = vl_libvirt.virDomainResume,
        .agent_command = vl_hypervisor_agent_command,
        .pool_define = vl_libvirt.virStoragePoolDefineXML,
        .pool_build = vl_libvirt.virStoragePoolBuild,
        .pool_start = vl_libvirt.virStoragePoolCreate,
        .pool_autostart = vl_libvirt.virStoragePoolSetAutostart,
        .pool_refresh = vl_libvirt.virStoragePoolRefresh,
        .pool_stop = vl_libvirt.virStoragePoolDestroy,
        .pool_delete = vl_libvirt.virStoragePoolDelete,
        .pool_undefine = vl_libvirt.virStoragePoolUndefine,
        .volume_create = vl_libvirt.virStorageVolCreateXML,
        .volume_delete = vl_libvirt.virStorageVolDelete,
        .volume_resize = vl_libvirt.virStorageVolResize,
        .volume_upload = vl_libvirt.virStorageVolUpload,
        .volume_download = vl_libvirt.virStorageVolDownload,
        .stream_send = vl_libvirt.virStreamSend,
        .stream_receive = vl_libvirt.virStreamRecv,
        .stream_finish = vl_libvirt.virStreamFinish,
    };
}

static int have_libvirt(struct vl_error *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    if (vl_libvirt_load(err) < 0)
        return -1;
    (void)pthread_once(&once, fill_ops);
    return 0;
}

const struct vl_hypervisor_ops *vl_hypervisor_ops(void)
{
    return in_force;
}

const struct vl_hypervisor_ops *vl_hypervisor_set_ops(const struct vl_hypervisor_ops *replacement)
{
    VL_ERROR_AUTO ignored = { .code = VL_OK };

    (void)have_libvirt(&ignored);
    return atomic_exchange(&in_force, replacement ? replacement : &libvirt_ops);
}

/* libvirt prints every error on stderr unless a handler takes it; we report them ourselves. */
static void stay_silent(void *context, virErrorPtr error)
{
    (void)context;
    (void)error;
}

static struct vl_hypervisor *prepare(const char *uri, const struct vl_patience *patience)
{
    struct vl_hypervisor *hypervisor = vl_calloc(1, sizeof(*hypervisor));

    if (!hypervisor)
        return NULL;
    hypervisor->uri = vl_strdup(uri);
    if (!hypervisor->uri) {
        vl_free(hypervisor);
        return NULL;
    }
    if (patience)
        hypervisor->patience = *patience;
    atomic_init(&hypervisor->is_deaf, false);
    (void)pthread_mutex_init(&hypervisor->lock, NULL);
    return hypervisor;
}

struct vl_hypervisor *vl_hypervisor_open(const char *uri, const struct vl_patience *patience, struct vl_error *err)
{
    struct vl_hypervisor *hypervisor = NULL;
    VL_TASK_AUTO *task = NULL;

    if (have_libvirt(err) < 0)
        return NULL;
    hypervisor = prepare(uri, patience);
    if (!hypervisor) {
        (void)vl_no_memory(err);
        return NULL;
    }
    vl_libvirt.virSetErrorFunc(NULL, stay_silent);
    vl_xml_threads_follow();
    task = vl_task_do(
        hypervisor, &(struct vl_question){ .work = vl_task_connect, .what = "connect to the hypervisor", .name = uri },
        err);
    if (!task) {
        vl_hypervisor_close(hypervisor);
        return NULL;
    }
    hypervisor->connection = task->answer.connection;
    task->answer.connection = NULL;
    return hypervisor;
}

/* A libvirtd that does not answer is not told: the threads that still wait for it have their references. */
void vl_hypervisor_close(struct vl_hypervisor *hypervisor)
{
    VL_ERROR_AUTO ignored = { .code = VL_OK };

    if (!hypervisor)
        return;
    hypervisor->patience.cancelled = NULL;
    if (hypervisor->connection && !atomic_load(&hypervisor->is_deaf))
        (void)vl_task_done(
            hypervisor, &(struct vl_question){ .work = vl_task_disconnect, .what = "leave", .patience_ms = LEAVE_MS },
            &ignored);
    (void)pthread_mutex_destroy(&hypervisor->lock);
    vl_free(hypervisor->uri);
    vl_free(hypervisor);
}

/* True when libvirt knows the processor and it has neither vmx nor svm. libvirt describes a processor as a model and
 * what it has beyond that, so the model must be unfolded first. */
static bool lacks_virtualization(virConnectPtr connection, struct vl_arena *arena)
{
    VL_FREE char *capabilities = vl_libvirt.virConnectGetCapabilities(connection), *unfolded = NULL;
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    VL_XML_DOCUMENT_AUTO *host = capabilities ? vl_xml_parse(capabilities, "capabilities", &ignored) : NULL;
    VL_XML_DOCUMENT_AUTO *cpu = NULL;
    const char *described = host ? vl_xml_part(host, arena, "/capabilities/host/cpu[model]") : NULL;

    if (!described)
        return false;
    unfolded = vl_libvirt.virConnectBaselineCPU(connection, &described, 1, VIR_CONNECT_BASELINE_CPU_EXPAND_FEATURES);
    cpu = unfolded ? vl_xml_parse(unfolded, "cpu", &ignored) : NULL;
    return cpu && !vl_xml_find(cpu, arena, "/cpu/feature[@name='vmx' or @name='svm']") &&
           !vl_xml_find(host, arena, "/capabilities/host/cpu/feature[@name='vmx' or @name='svm']");
}

static int ask_version(struct vl_task *task, virConnectPtr connection, struct vl_error *err)
{
    unsigned long version;

    if (vl_libvirt.virConnectGetLibVersion(connection, &version) < 0)
        return vl_hypervisor_fail(err, "ask for the version of", "libvirt");
    task->answer.text =
        vl_arena_printf(&task->arena, "%lu.%lu.%lu", version / 1000000, version / 1000 % 1000, version % 1000);
    return 0;
}

static int ask_kvm(struct vl_task *task, virConnectPtr connection, struct vl_error *err)
{
    VL_FREE char *kvm = vl_libvirt.virConnectGetDomainCapabilities(connection, NULL, "x86_64", "pc", "kvm", 0);

    (void)err;
    task->answer.flag = kvm && !lacks_virtualization(connection, &task->arena);
    return 0;
}

int vl_hypervisor_describe(struct vl_hypervisor *hypervisor, struct vl_arena *arena, const char **ret_version,
                           bool *ret_kvm, struct vl_error *err)
{
    const struct vl_question version = { .work = ask_version, .what = "ask for the version of" };
    const struct vl_question kvm = { .work = ask_kvm, .what = "ask what it runs of", .patience_ms = PROBE_MS };
    VL_TASK_AUTO *first = vl_task_do(hypervisor, &version, err);
    VL_TASK_AUTO *second = first ? vl_task_do(hypervisor, &kvm, err) : NULL;

    if (!second)
        return -1;
    *ret_version = vl_arena_strdup(arena, first->answer.text);
    *ret_kvm = second->answer.flag;
    return vl_arena_check(arena, err);
}

static int ask_machine(struct vl_task *task, virConnectPtr connection, struct vl_error *err)
{
    VL_FREE char *known = vl_libvirt.virConnectGetDomainCapabilities(connection, NULL, NULL, task->asked.name, NULL, 0);

    (void)err;
    task->answer.flag = known || vl_libvirt.virGetLastErrorCode() != VIR_ERR_INVALID_ARG;
    return 0;
}

bool vl_hypervisor_has_machine(struct vl_hypervisor *hypervisor, const char *machine)
{
    const struct vl_question question = {
        .work = ask_machine, .what = "ask for its machine types", .name = machine, .patience_ms = PROBE_MS
    };
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    VL_TASK_AUTO *task = vl_task_do(hypervisor, &question, &ignored);

    return !task || task->answer.flag;
}
