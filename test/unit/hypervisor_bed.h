/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the tests of the hypervisor's functions have in common: libvirt's test driver, which keeps its state in this
 * process and whose only domain and pool are somebody else's, behind a table that fails the n-th call. What that driver
 * lacks, uploads, is the table's own.
 */
#ifndef TEST_HYPERVISOR_BED_H
#define TEST_HYPERVISOR_BED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <libvirt/libvirt.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "guest/hypervisor.h"
#include "guest/hypervisor_ops.h"
#include "lab/identity.h"
#include "render/domain_xml.h"
#include "render/volume_xml.h"

#define URI "test:///default"
#define POOL "voiplab-tesis"
#define POOL_PATH "/nowhere/voiplab-tesis"

/* The table that fails the n-th call, counted over all its rows. */
static const struct vl_hypervisor_ops *real;
static atomic_int calls; /* domains that stop together are called for together */
static int failing_call;
static const char *failed_name;

static inline bool fails(const char *name)
{
    if (atomic_fetch_add(&calls, 1) + 1 != failing_call)
        return false;
    failed_name = name;
    return true;
}

#define COUNTED(type, name, failure, parameters, arguments)                                                            \
    static type counted_##name parameters                                                                              \
    {                                                                                                                  \
        return fails(#name) ? (failure) : real->name arguments;                                                        \
    }

COUNTED(struct _virDomain *, domain_define, NULL, (struct _virConnect * c, const char *xml, unsigned flags),
        (c, xml, flags))
COUNTED(int, domain_start, -1, (struct _virDomain * d), (d))
COUNTED(int, domain_shutdown, -1, (struct _virDomain * d), (d))
COUNTED(int, domain_destroy, -1, (struct _virDomain * d), (d))
COUNTED(int, domain_undefine, -1, (struct _virDomain * d, unsigned flags), (d, flags))
COUNTED(int, domain_save, -1, (struct _virDomain * d, const char *file, const char *xml, unsigned flags),
        (d, file, xml, flags))
COUNTED(int, domain_suspend, -1, (struct _virDomain * d), (d))
COUNTED(int, domain_resume, -1, (struct _virDomain * d), (d))
COUNTED(struct _virDomainSnapshot *, domain_snapshot, NULL, (struct _virDomain * d, const char *xml, unsigned flags),
        (d, xml, flags))
COUNTED(int, domain_restore, -1, (struct _virConnect * c, const char *file, const char *xml, unsigned flags),
        (c, file, xml, flags))
COUNTED(struct _virStoragePool *, pool_define, NULL, (struct _virConnect * c, const char *xml, unsigned flags),
        (c, xml, flags))
COUNTED(int, pool_build, -1, (struct _virStoragePool * p, unsigned flags), (p, flags))
COUNTED(int, pool_start, -1, (struct _virStoragePool * p, unsigned flags), (p, flags))
COUNTED(int, pool_autostart, -1, (struct _virStoragePool * p, int on), (p, on))
COUNTED(int, pool_refresh, -1, (struct _virStoragePool * p, unsigned flags), (p, flags))
COUNTED(int, pool_stop, -1, (struct _virStoragePool * p), (p))
COUNTED(int, pool_delete, -1, (struct _virStoragePool * p, unsigned flags), (p, flags))
COUNTED(int, pool_undefine, -1, (struct _virStoragePool * p), (p))
COUNTED(struct _virStorageVol *, volume_create, NULL, (struct _virStoragePool * p, const char *xml, unsigned flags),
        (p, xml, flags))
COUNTED(int, volume_delete, -1, (struct _virStorageVol * v, unsigned flags), (v, flags))

/* Uploads end in this buffer. */
static struct vl_buf received;
static unsigned long long announced;

static inline int counted_volume_upload(struct _virStorageVol *volume, struct _virStream *stream,
                                        unsigned long long offset, unsigned long long length, unsigned flags)
{
    (void)volume;
    (void)stream;
    assert_int_equal(offset, 0);
    assert_int_equal(flags, 0);
    announced = length;
    vl_buf_reset(&received);
    return fails("volume_upload") ? -1 : 0;
}

/* A file that becomes shorter while it is sent; or NULL. */
static const char *shrinking;

/* Takes less than it is given, as a stream may. */
static inline int counted_stream_send(struct _virStream *stream, const char *bytes, size_t length)
{
    size_t taken = length > 100000 ? 100000 : length;

    (void)stream;
    if (fails("stream_send") || (shrinking && truncate(shrinking, 10) < 0))
        return -1;
    vl_buf_add(&received, bytes, taken);
    return (int)taken;
}

/* What was received, from where it was read to, a byte of it another one where that is wanted. */
static size_t read_back;
static bool flips;

static inline int counted_volume_download(struct _virStorageVol *volume, struct _virStream *stream,
                                          unsigned long long offset, unsigned long long length, unsigned flags)
{
    (void)volume;
    (void)stream;
    assert_true(offset == 0 && length == 0 && flags == 0);
    read_back = 0;
    return fails("volume_download") ? -1 : 0;
}

static inline int counted_stream_receive(struct _virStream *stream, char *bytes, size_t length)
{
    size_t left = received.length - read_back, taken = left < length ? left : length;

    (void)stream;
    if (fails("stream_receive"))
        return -1;
    if (taken)
        memcpy(bytes, received.data + read_back, taken);
    if (flips && taken)
        bytes[taken / 2] ^= 4;
    read_back += taken;
    return (int)taken;
}

static inline int counted_stream_finish(struct _virStream *stream)
{
    (void)stream;
    return fails("stream_finish") ? -1 : 0;
}

static const struct vl_hypervisor_ops counted = {
    .domain_define = counted_domain_define,
    .domain_start = counted_domain_start,
    .domain_shutdown = counted_domain_shutdown,
    .domain_destroy = counted_domain_destroy,
    .domain_undefine = counted_domain_undefine,
    .domain_save = counted_domain_save,
    .domain_suspend = counted_domain_suspend,
    .domain_resume = counted_domain_resume,
    .domain_snapshot = counted_domain_snapshot,
    .domain_restore = counted_domain_restore,
    .pool_define = counted_pool_define,
    .pool_build = counted_pool_build,
    .pool_start = counted_pool_start,
    .pool_autostart = counted_pool_autostart,
    .pool_refresh = counted_pool_refresh,
    .pool_stop = counted_pool_stop,
    .pool_delete = counted_pool_delete,
    .pool_undefine = counted_pool_undefine,
    .volume_create = counted_volume_create,
    .volume_delete = counted_volume_delete,
    .volume_upload = counted_volume_upload,
    .volume_download = counted_volume_download,
    .stream_send = counted_stream_send,
    .stream_receive = counted_stream_receive,
    .stream_finish = counted_stream_finish,
};

/* Threads of this process, and how many there are when nobody works for it. */
static size_t idle;

static inline size_t threads(void)
{
    DIR *directory = opendir("/proc/self/task");
    size_t count = 0;

    assert_non_null(directory);
    while (readdir(directory))
        count++;
    (void)closedir(directory);
    return count;
}

/* Those that were given up end after what they waited for; what they hold on to is given back by then. */
static inline void await_idle(void)
{
    for (int i = 0; i < 5000 && threads() > idle; i++)
        (void)usleep(1000);
    assert_true(threads() <= idle);
}

struct fixture {
    struct vl_hypervisor *hypervisor;
    struct vl_arena arena;
    struct vl_error err;
};

static inline int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));

    assert_non_null(fixture);
    fixture->hypervisor = vl_hypervisor_open(URI, NULL, &fixture->err);
    if (!fixture->hypervisor)
        fail_msg("%s", vl_error_text(&fixture->err));
    real = vl_hypervisor_set_ops(&counted);
    calls = 0;
    failing_call = 0;
    idle = threads();
    *state = fixture;
    return 0;
}

static inline int tear_down(void **state)
{
    struct fixture *fixture = *state;

    (void)vl_hypervisor_set_ops(NULL);
    vl_hypervisor_close(fixture->hypervisor);
    vl_arena_free(&fixture->arena);
    vl_error_clear(&fixture->err);
    vl_buf_free(&received);
    free(fixture);
    return 0;
}

#define ok(fixture, call)                                                                                              \
    do {                                                                                                               \
        if ((call) != 0)                                                                                               \
            fail_msg("%s: %s", #call, vl_error_text(&(fixture)->err));                                                 \
    } while (0)

#define refuses(fixture, call, words)                                                                                  \
    do {                                                                                                               \
        assert_int_equal((call), -1);                                                                                  \
        if (!strstr(vl_error_text(&(fixture)->err), words))                                                            \
            fail_msg("'%s' is not in: %s", words, vl_error_text(&(fixture)->err));                                     \
        vl_error_clear(&(fixture)->err);                                                                               \
    } while (0)

/* The definition of virtual1 for the test driver, in the fixture's arena. */
static inline const char *guest_xml(struct fixture *fixture, const char *name, const char *lab, uint64_t memory)
{
    char uuid[37];
    const struct vl_domain_spec spec = {
        .lab = lab,
        .pbx = name,
        .name = name,
        .uuid = uuid,
        .mac = "52:54:00:b0:91:ea",
        .memory = memory,
        .vcpus = 1,
        .disk_path = POOL_PATH "/virtual1.qcow2",
        .disk_format = "qcow2",
        .seed_path = POOL_PATH "/virtual1.iso",
        .bridge = "br0",
        .os = "debian11",
        .emulated = true,
    };
    VL_FREE char *xml = NULL;
    VL_BUF_AUTO adapted = VL_BUF_INIT;
    char *type;

    vl_identity_uuid(lab, name, uuid);
    xml = vl_render_domain_xml(&spec, &fixture->err);

    assert_non_null(xml);
    type = strstr(xml, "<domain type=\"qemu\"");
    assert_ptr_equal(type, xml);
    /* The test driver runs guests of type `test` only, and of its own architecture. */
    vl_buf_puts(&adapted, "<domain type=\"test\"");
    vl_buf_puts(&adapted, xml + strlen("<domain type=\"qemu\""));
    return vl_arena_strdup(&fixture->arena, vl_buf_text(&adapted));
}

static inline int make_volume(struct fixture *fixture, const char *name, const char *format, const char *backing)
{
    const struct vl_volume_spec spec = { .name = name, .format = format, .capacity = 1 << 20, .backing_path = backing };
    VL_FREE char *xml = vl_render_volume_xml(&spec, &fixture->err);

    assert_non_null(xml);
    return vl_hypervisor_volume_make(fixture->hypervisor, POOL, xml, &fixture->err);
}

static inline struct vl_domain domain_of(struct fixture *fixture, const char *name)
{
    struct vl_domain domain;

    ok(fixture, vl_hypervisor_domain(fixture->hypervisor, &fixture->arena, name, &domain, &fixture->err));
    return domain;
}

static inline struct vl_volume volume_of(struct fixture *fixture, const char *name)
{
    struct vl_volume volume;

    ok(fixture, vl_hypervisor_volume(fixture->hypervisor, &fixture->arena, POOL, name, &volume, &fixture->err));
    return volume;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
