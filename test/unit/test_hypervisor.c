/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The hypervisor's functions against libvirt's test driver, which keeps its state in this process and whose only
 * domain and pool are somebody else's. What that driver lacks, uploads, goes through a table of our own.
 *
 * ctest: COST 15 THREADS yes
 */
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

static bool fails(const char *name)
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

static int counted_volume_upload(struct _virStorageVol *volume, struct _virStream *stream, unsigned long long offset,
                                 unsigned long long length, unsigned flags)
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
static int counted_stream_send(struct _virStream *stream, const char *bytes, size_t length)
{
    size_t taken = length > 100000 ? 100000 : length;

    (void)stream;
    if (fails("stream_send") || (shrinking && truncate(shrinking, 10) < 0))
        return -1;
    vl_buf_add(&received, bytes, taken);
    return (int)taken;
}

static int counted_stream_finish(struct _virStream *stream)
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
    .stream_send = counted_stream_send,
    .stream_finish = counted_stream_finish,
};

/* Threads of this process, and how many there are when nobody works for it. */
static size_t idle;

static size_t threads(void)
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
static void await_idle(void)
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

static int set_up(void **state)
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

static int tear_down(void **state)
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
static const char *guest_xml(struct fixture *fixture, const char *name, const char *lab, uint64_t memory)
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

static int make_volume(struct fixture *fixture, const char *name, const char *format, const char *backing)
{
    const struct vl_volume_spec spec = { .name = name, .format = format, .capacity = 1 << 20, .backing_path = backing };
    VL_FREE char *xml = vl_render_volume_xml(&spec, &fixture->err);

    assert_non_null(xml);
    return vl_hypervisor_volume_make(fixture->hypervisor, POOL, xml, &fixture->err);
}

static struct vl_domain domain_of(struct fixture *fixture, const char *name)
{
    struct vl_domain domain;

    ok(fixture, vl_hypervisor_domain(fixture->hypervisor, &fixture->arena, name, &domain, &fixture->err));
    return domain;
}

static struct vl_volume volume_of(struct fixture *fixture, const char *name)
{
    struct vl_volume volume;

    ok(fixture, vl_hypervisor_volume(fixture->hypervisor, &fixture->arena, POOL, name, &volume, &fixture->err));
    return volume;
}

static void test_describe(void **state)
{
    struct fixture *fixture = *state;
    const char *version = NULL;
    bool kvm = true;

    ok(fixture, vl_hypervisor_describe(fixture->hypervisor, &fixture->arena, &version, &kvm, &fixture->err));
    assert_true(version[0] >= '1' && version[0] <= '9');
    assert_non_null(strchr(version, '.'));
    /* The test driver knows nothing of KVM; from libvirt 10 on it has capabilities of whatever it is asked for. */
    if (strtol(version, NULL, 10) < 10)
        assert_false(kvm);
}

static void test_no_daemon(void **state)
{
    struct fixture *fixture = *state;

    assert_null(vl_hypervisor_open("qemu:///system?socket=/nowhere/libvirt-sock", NULL, &fixture->err));
    assert_non_null(strstr(vl_error_text(&fixture->err), "cannot connect to the hypervisor 'qemu:///system?socket="));
    assert_non_null(strstr(vl_error_text(&fixture->err), "is libvirtd running"));
}

static void test_domain_life(void **state)
{
    struct fixture *fixture = *state;
    struct vl_hypervisor *hypervisor = fixture->hypervisor;
    const char *xml = guest_xml(fixture, "virtual1", "tesis", 300 << 20);
    struct vl_domain domain, *domains;
    size_t count;

    assert_int_equal(domain_of(fixture, "virtual1").state, VL_DOMAIN_ABSENT);
    ok(fixture, vl_hypervisor_define(hypervisor, xml, "virtual1", "tesis", &fixture->err));
    domain = domain_of(fixture, "virtual1");
    assert_int_equal(domain.state, VL_DOMAIN_STOPPED);
    assert_string_equal(domain.lab, "tesis");
    assert_string_equal(domain.pbx, "virtual1");
    assert_non_null(strstr(xml, domain.fingerprint));
    assert_int_equal(strlen(domain.fingerprint), 16);

    ok(fixture, vl_hypervisor_start(hypervisor, "virtual1", "tesis", &fixture->err));
    ok(fixture, vl_hypervisor_start(hypervisor, "virtual1", "tesis", &fixture->err));
    assert_int_equal(domain_of(fixture, "virtual1").state, VL_DOMAIN_RUNNING);
    refuses(fixture, vl_hypervisor_undefine(hypervisor, "virtual1", "tesis", &fixture->err), "is running");

    /* A new definition while it runs: the stored one counts. */
    xml = guest_xml(fixture, "virtual1", "tesis", 512 << 20);
    ok(fixture, vl_hypervisor_define(hypervisor, xml, "virtual1", "tesis", &fixture->err));
    assert_non_null(strstr(xml, domain_of(fixture, "virtual1").fingerprint));

    ok(fixture, vl_hypervisor_domains(hypervisor, &fixture->arena, "tesis", &domains, &count, &fixture->err));
    assert_int_equal(count, 1);
    assert_string_equal(domains[0].name, "virtual1");
    ok(fixture, vl_hypervisor_domains(hypervisor, &fixture->arena, "other", &domains, &count, &fixture->err));
    assert_int_equal(count, 0);

    ok(fixture, vl_hypervisor_stop(hypervisor, "virtual1", "tesis", 2000, false, &fixture->err));
    assert_int_equal(domain_of(fixture, "virtual1").state, VL_DOMAIN_STOPPED);
    ok(fixture, vl_hypervisor_undefine(hypervisor, "virtual1", "tesis", &fixture->err));
    assert_int_equal(domain_of(fixture, "virtual1").state, VL_DOMAIN_ABSENT);
    ok(fixture, vl_hypervisor_undefine(hypervisor, "virtual1", "tesis", &fixture->err));
    ok(fixture, vl_hypervisor_stop(hypervisor, "virtual1", "tesis", 0, true, &fixture->err));
    refuses(fixture, vl_hypervisor_start(hypervisor, "virtual1", "tesis", &fixture->err),
            "there is no domain 'virtual1'");
}

/* The driver's own domain `test` runs and has no mark. */
static void test_not_ours(void **state)
{
    struct fixture *fixture = *state;
    struct vl_hypervisor *hypervisor = fixture->hypervisor;
    const char *xml = guest_xml(fixture, "test", "tesis", 300 << 20);

    assert_int_equal(domain_of(fixture, "test").state, VL_DOMAIN_RUNNING);
    assert_null(domain_of(fixture, "test").lab);
    refuses(fixture, vl_hypervisor_define(hypervisor, xml, "test", "tesis", &fixture->err), "does not carry the mark");
    refuses(fixture, vl_hypervisor_start(hypervisor, "test", "tesis", &fixture->err), "does not carry the mark");
    refuses(fixture, vl_hypervisor_stop(hypervisor, "test", "tesis", 0, true, &fixture->err),
            "does not carry the mark");
    refuses(fixture, vl_hypervisor_undefine(hypervisor, "test", "tesis", &fixture->err), "does not carry the mark");

    /* Another lab's is not this lab's. */
    xml = guest_xml(fixture, "virtual1", "other", 300 << 20);
    refuses(fixture, vl_hypervisor_define(hypervisor, xml, "virtual1", "tesis", &fixture->err),
            "lacks its name or the mark");
    ok(fixture, vl_hypervisor_define(hypervisor, xml, "virtual1", "other", &fixture->err));
    refuses(fixture, vl_hypervisor_undefine(hypervisor, "virtual1", "tesis", &fixture->err), "mark of lab 'tesis'");

    refuses(fixture, vl_hypervisor_pool_make(hypervisor, "default-pool", "/x", &fixture->err), "start with 'voiplab-'");
    refuses(fixture, vl_hypervisor_pool_remove(hypervisor, "default-pool", &fixture->err), "start with 'voiplab-'");
    refuses(fixture, vl_hypervisor_pool_refresh(hypervisor, "default-pool", &fixture->err), "start with 'voiplab-'");
    refuses(fixture, vl_hypervisor_volume_make(hypervisor, "default-pool", "<volume/>", &fixture->err), "start with");
    refuses(fixture, vl_hypervisor_volume_remove(hypervisor, "default-pool", "x", &fixture->err), "start with");
    refuses(fixture, vl_hypervisor_volume_upload(hypervisor, "default-pool", "x", "/dev/null", &fixture->err),
            "start with");
    assert_int_equal(calls, 1); /* the definition for the other lab, and nothing else */
}

/* libvirt checks a definition against its schema. */
static void test_invalid_definition(void **state)
{
    struct fixture *fixture = *state;
    VL_BUF_AUTO xml = VL_BUF_INIT;

    vl_buf_puts(&xml, guest_xml(fixture, "virtual1", "tesis", 300 << 20));
    memcpy(strstr(xml.data, "<apic/>"), "<epic/>", 7);
    refuses(fixture, vl_hypervisor_define(fixture->hypervisor, xml.data, "virtual1", "tesis", &fixture->err),
            "cannot define domain 'virtual1': ");
}

static void test_storage(void **state)
{
    struct fixture *fixture = *state;
    struct vl_hypervisor *hypervisor = fixture->hypervisor;
    struct vl_volume *volumes, volume;
    size_t count;
    bool active = true;

    ok(fixture, vl_hypervisor_pool(hypervisor, POOL, &active, &fixture->err));
    assert_false(active);
    assert_null(volume_of(fixture, "base.qcow2").name);
    ok(fixture, vl_hypervisor_pool_make(hypervisor, POOL, POOL_PATH, &fixture->err));
    ok(fixture, vl_hypervisor_pool_make(hypervisor, POOL, POOL_PATH, &fixture->err));
    refuses(fixture, vl_hypervisor_pool_make(hypervisor, POOL, "/elsewhere", &fixture->err), "instead of '/elsewhere'");
    ok(fixture, vl_hypervisor_pool(hypervisor, POOL, &active, &fixture->err));
    assert_true(active);
    ok(fixture, vl_hypervisor_pool_refresh(hypervisor, POOL, &fixture->err));

    ok(fixture, make_volume(fixture, "base.qcow2", "qcow2", NULL));
    refuses(fixture, make_volume(fixture, "base.qcow2", "qcow2", NULL), "exists");
    ok(fixture, make_volume(fixture, "virtual1.qcow2", "qcow2", POOL_PATH "/base.qcow2"));
    volume = volume_of(fixture, "virtual1.qcow2");
    assert_string_equal(volume.path, POOL_PATH "/virtual1.qcow2");
    assert_string_equal(volume.backing, POOL_PATH "/base.qcow2");
    assert_int_equal(volume.capacity, 1 << 20);
    assert_null(volume_of(fixture, "base.qcow2").backing);
    ok(fixture, vl_hypervisor_volumes(hypervisor, &fixture->arena, POOL, &volumes, &count, &fixture->err));
    assert_int_equal(count, 2);

    ok(fixture, vl_hypervisor_volume_remove(hypervisor, POOL, "virtual1.qcow2", &fixture->err));
    ok(fixture, vl_hypervisor_volume_remove(hypervisor, POOL, "virtual1.qcow2", &fixture->err));
    assert_null(volume_of(fixture, "virtual1.qcow2").name);
    ok(fixture, vl_hypervisor_pool_remove(hypervisor, POOL, &fixture->err));
    ok(fixture, vl_hypervisor_pool_remove(hypervisor, POOL, &fixture->err));
    ok(fixture, vl_hypervisor_volume_remove(hypervisor, POOL, "virtual1.qcow2", &fixture->err));
    refuses(fixture, make_volume(fixture, "x", "raw", NULL), "there is no storage pool");
}

/* A pool that cannot be started is not left behind with a path that may be wrong. */
static void test_pool_that_does_not_start(void **state)
{
    struct fixture *fixture = *state;

    failing_call = 2; /* its directory */
    refuses(fixture, vl_hypervisor_pool_make(fixture->hypervisor, POOL, "/mistaken", &fixture->err),
            "cannot make the directory");
    ok(fixture, vl_hypervisor_pool_make(fixture->hypervisor, POOL, POOL_PATH, &fixture->err));
}

/* A file of `length` bytes, unlinked by the caller. */
static char *make_file(size_t length)
{
    char *path = strdup("/tmp/voiplab-test-upload.XXXXXX");
    int descriptor = mkstemp(path);

    assert_true(descriptor >= 0);
    for (size_t i = 0; i < length; i++) {
        const char byte = (char)('a' + i % 23);

        if (i % 1000 == 0 || i == length - 1)
            assert_int_equal(pwrite(descriptor, &byte, 1, (off_t)i), 1);
    }
    (void)close(descriptor);
    return path;
}

static void test_upload(void **state)
{
    struct fixture *fixture = *state;
    struct vl_hypervisor *hypervisor = fixture->hypervisor;
    const size_t length = 700001;
    VL_FREE char *file = make_file(length);
    struct vl_volume *volumes;
    size_t count;

    ok(fixture, vl_hypervisor_pool_make(hypervisor, POOL, POOL_PATH, &fixture->err));
    refuses(fixture, vl_hypervisor_volume_upload(hypervisor, POOL, "base", file, &fixture->err), "no volume 'base'");
    ok(fixture, make_volume(fixture, "base", "raw", NULL));
    assert_false(volume_of(fixture, "base").uploaded);
    ok(fixture, vl_hypervisor_volume_upload(hypervisor, POOL, "base", file, &fixture->err));
    assert_int_equal(announced, length);
    assert_int_equal(received.length, length);
    assert_int_equal(received.data[700000], 'a' + 700000 % 23);
    assert_true(volume_of(fixture, "base").uploaded);
    ok(fixture, vl_hypervisor_volumes(hypervisor, &fixture->arena, POOL, &volumes, &count, &fixture->err));
    assert_int_equal(count, 1);

    /* Cut off anywhere on the second time, it does not count as uploaded any more. */
    for (int n = 2;; n++) {
        calls = 0;
        failing_call = n;
        if (vl_hypervisor_volume_upload(hypervisor, POOL, "base", file, &fixture->err) == 0)
            break;
        vl_error_clear(&fixture->err);
        assert_false(volume_of(fixture, "base").uploaded);
        failing_call = 0;
        ok(fixture, vl_hypervisor_volume_upload(hypervisor, POOL, "base", file, &fixture->err));
    }
    assert_true(calls > 8);
    failing_call = 0;
    refuses(fixture, vl_hypervisor_volume_upload(hypervisor, POOL, "base", "/nowhere/x", &fixture->err), "cannot open");
    assert_false(volume_of(fixture, "base").uploaded);
    refuses(fixture, vl_hypervisor_volume_upload(hypervisor, POOL, "base", "/dev/null", &fixture->err), "regular");
    ok(fixture, vl_hypervisor_volume_upload(hypervisor, POOL, "base", file, &fixture->err));
    ok(fixture, vl_hypervisor_volume_remove(hypervisor, POOL, "base", &fixture->err));
    ok(fixture, make_volume(fixture, "base", "raw", NULL));
    assert_false(volume_of(fixture, "base").uploaded);
    assert_int_equal(unlink(file), 0);
}

static void test_upload_of_shrinking_file(void **state)
{
    struct fixture *fixture = *state;
    VL_FREE char *file = make_file(700001);

    ok(fixture, vl_hypervisor_pool_make(fixture->hypervisor, POOL, POOL_PATH, &fixture->err));
    ok(fixture, make_volume(fixture, "base", "raw", NULL));
    shrinking = file;
    refuses(fixture, vl_hypervisor_volume_upload(fixture->hypervisor, POOL, "base", file, &fixture->err),
            "became shorter");
    shrinking = NULL;
    assert_false(volume_of(fixture, "base").uploaded);
    assert_int_equal(unlink(file), 0);
}

/* Make a guest with all that it needs, and take it away again, as the plan would: each step only where it is due. */
static int whole_life(struct fixture *fixture)
{
    struct vl_hypervisor *hypervisor = fixture->hypervisor;
    const char *xml = guest_xml(fixture, "virtual1", "tesis", 300 << 20);
    struct vl_error *err = &fixture->err;

    if (vl_hypervisor_pool_make(hypervisor, POOL, POOL_PATH, err) < 0 ||
        vl_hypervisor_pool_refresh(hypervisor, POOL, err) < 0)
        return -1;
    if (!volume_of(fixture, "virtual1.qcow2").name && make_volume(fixture, "virtual1.qcow2", "qcow2", NULL) < 0)
        return -1;
    if (vl_hypervisor_define(hypervisor, xml, "virtual1", "tesis", err) < 0 ||
        vl_hypervisor_start(hypervisor, "virtual1", "tesis", err) < 0 ||
        vl_hypervisor_stop(hypervisor, "virtual1", "tesis", 0, true, err) < 0 ||
        vl_hypervisor_undefine(hypervisor, "virtual1", "tesis", err) < 0 ||
        vl_hypervisor_volume_remove(hypervisor, POOL, "virtual1.qcow2", err) < 0)
        return -1;
    return vl_hypervisor_pool_remove(hypervisor, POOL, err);
}

/* Whichever call fails: the failure is reported, and running it again finishes the work. */
static void test_each_call_fails_once(void **state)
{
    struct fixture *fixture = *state;
    int failures = 0;

    for (int n = 1;; n++) {
        int rc;

        calls = 0;
        failing_call = n;
        failed_name = NULL;
        rc = whole_life(fixture);
        failing_call = 0;
        if (!failed_name)
            break;
        if (strcmp(failed_name, "pool_delete") == 0) { /* a directory that is not empty stays */
            assert_int_equal(rc, 0);
            continue;
        }
        failures++;
        if (rc != -1)
            fail_msg("the failure of %s was not reported", failed_name);
        assert_non_null(strstr(vl_error_text(&fixture->err), "cannot "));
        vl_error_clear(&fixture->err);
        ok(fixture, whole_life(fixture));
        assert_int_equal(domain_of(fixture, "virtual1").state, VL_DOMAIN_ABSENT);
    }
    assert_int_equal(failures, 13);
}

/* A guest that does not listen: an error without force, off with it. */
static void test_deaf_guest(void **state)
{
    struct fixture *fixture = *state;
    struct vl_hypervisor *hypervisor = fixture->hypervisor;
    const char *xml = guest_xml(fixture, "virtual1", "tesis", 300 << 20);

    ok(fixture, vl_hypervisor_define(hypervisor, xml, "virtual1", "tesis", &fixture->err));
    ok(fixture, vl_hypervisor_start(hypervisor, "virtual1", "tesis", &fixture->err));
    calls = 0;
    failing_call = 1; /* the power button */
    assert_int_equal(vl_hypervisor_stop(hypervisor, "virtual1", "tesis", 300, false, &fixture->err), -1);
    assert_int_equal(fixture->err.code, VL_ERROR_TIMEOUT);
    vl_error_clear(&fixture->err);
    calls = 0;
    ok(fixture, vl_hypervisor_stop(hypervisor, "virtual1", "tesis", 300, true, &fixture->err));
    assert_int_equal(domain_of(fixture, "virtual1").state, VL_DOMAIN_STOPPED);
}

static atomic_int presses; /* several are pressed at a time */

/* A power button that nobody listens to. */
static int deaf_shutdown(struct _virDomain *domain)
{
    (void)domain;
    presses++;
    return 0;
}

static double seconds(void)
{
    return (double)vl_now_ms() / 1000;
}

static const char *const three[] = { "virtual1", "virtual2", "virtual3" };

static void start_three(struct fixture *fixture)
{
    for (size_t i = 0; i < 3; i++) {
        const char *xml = guest_xml(fixture, three[i], "tesis", 300 << 20);

        ok(fixture, vl_hypervisor_define(fixture->hypervisor, xml, three[i], "tesis", &fixture->err));
        ok(fixture, vl_hypervisor_start(fixture->hypervisor, three[i], "tesis", &fixture->err));
    }
}

static bool always(void *context)
{
    (void)context;
    return true;
}

/* Three deaf guests and one that is not ours: one deadline for all, and one failure. */
static void test_many_stop_together(void **state)
{
    struct fixture *fixture = *state;
    struct vl_hypervisor_ops deaf = counted;
    struct vl_stopping guests[] = {
        { .name = "virtual1" }, { .name = "test" }, { .name = "virtual2" }, { .name = "virtual3" }, { .name = "absent" }
    };
    struct vl_stop_options options = { .timeout_ms = 700, .force = true, .cancelled = always };
    double start;

    start_three(fixture);
    deaf.domain_shutdown = deaf_shutdown;
    (void)vl_hypervisor_set_ops(&deaf);
    presses = 0;
    assert_int_equal(vl_hypervisor_stop_all(fixture->hypervisor, "tesis", guests, 5, &options), 4);
    assert_non_null(strstr(vl_error_text(&guests[0].error), "cancelled"));
    for (size_t i = 0; i < 5; i++)
        vl_error_clear(&guests[i].error);
    assert_int_equal(domain_of(fixture, "virtual1").state, VL_DOMAIN_RUNNING);

    options.cancelled = NULL;
    start = seconds();
    assert_int_equal(vl_hypervisor_stop_all(fixture->hypervisor, "tesis", guests, 5, &options), 1);
    assert_true(seconds() - start < 1.4);
    assert_true(seconds() - start >= 0.7);
    assert_int_equal(presses, 3);
    assert_non_null(strstr(vl_error_text(&guests[1].error), "does not carry the mark"));
    vl_error_clear(&guests[1].error);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(domain_of(fixture, three[i]).state, VL_DOMAIN_STOPPED);
    assert_int_equal(domain_of(fixture, "test").state, VL_DOMAIN_RUNNING);
}

/* Those that listen are not waited for. */
static void test_many_that_listen(void **state)
{
    struct fixture *fixture = *state;
    struct vl_stopping guests[] = { { .name = "virtual1" }, { .name = "virtual2" }, { .name = "virtual3" } };
    const struct vl_stop_options options = { .timeout_ms = 60000 };
    double start = seconds();

    start_three(fixture);
    assert_int_equal(vl_hypervisor_stop_all(fixture->hypervisor, "tesis", guests, 3, &options), 0);
    assert_true(seconds() - start < 10);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(domain_of(fixture, three[i]).state, VL_DOMAIN_STOPPED);
}

/* Calls that do not come back before they are let go. */
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t opened = PTHREAD_COND_INITIALIZER;
static bool is_open;
static atomic_int hanging;

static void hang(void)
{
    atomic_fetch_add(&hanging, 1);
    (void)pthread_mutex_lock(&gate);
    while (!is_open)
        (void)pthread_cond_wait(&opened, &gate);
    (void)pthread_mutex_unlock(&gate);
    atomic_fetch_sub(&hanging, 1);
}

static void let_go(void)
{
    (void)pthread_mutex_lock(&gate);
    is_open = true;
    (void)pthread_cond_broadcast(&opened);
    (void)pthread_mutex_unlock(&gate);
    while (atomic_load(&hanging))
        (void)usleep(1000);
    await_idle();
    is_open = false;
}

static int frozen_shutdown(struct _virDomain *domain)
{
    if (strcmp(virDomainGetName(domain), "virtual1") == 0)
        hang();
    return real->domain_shutdown(domain);
}

static struct _virDomain *frozen_define(struct _virConnect *connection, const char *xml, unsigned flags)
{
    hang();
    return real->domain_define(connection, xml, flags);
}

/* A QEMU that does not answer libvirt: the others are stopped as if it were not there, and its plug is pulled. */
static void test_frozen_guest(void **state)
{
    struct fixture *fixture = *state;
    struct vl_stopping guests[] = { { .name = "virtual1" }, { .name = "virtual2" }, { .name = "virtual3" } };
    struct vl_stop_options options = { .timeout_ms = 60000 };
    struct vl_hypervisor_ops frozen = *real;
    double start = seconds();

    start_three(fixture);
    frozen.domain_shutdown = frozen_shutdown;
    (void)vl_hypervisor_set_ops(&frozen);
    assert_int_equal(vl_hypervisor_stop_all(fixture->hypervisor, "tesis", guests, 3, &options), 1);
    assert_non_null(strstr(vl_error_text(&guests[0].error), "its QEMU hangs: it can be forced off"));
    vl_error_clear(&guests[0].error);
    assert_int_equal(domain_of(fixture, "virtual2").state, VL_DOMAIN_STOPPED);
    assert_int_equal(domain_of(fixture, "virtual3").state, VL_DOMAIN_STOPPED);
    assert_true(seconds() - start < 30);

    options.force = true;
    ok(fixture, vl_hypervisor_stop(fixture->hypervisor, "virtual1", "tesis", 60000, true, &fixture->err));
    assert_int_equal(domain_of(fixture, "virtual1").state, VL_DOMAIN_STOPPED);
    assert_true(seconds() - start < 50);
    let_go();
}

static bool yes(void *context)
{
    return *(bool *)context;
}

/* A change that does not come to its end: it is given up when its time is over, and soon after an interrupt; and others
 * are made after it. */
static void test_frozen_change(void **state)
{
    struct fixture *fixture = *state;
    const char *xml = guest_xml(fixture, "virtual1", "tesis", 300 << 20);
    struct vl_hypervisor_ops frozen = *real;
    bool interrupted = false;
    const struct vl_patience patience = { .change_ms = 400, .cancelled = yes, .context = &interrupted };
    const struct vl_patience longer = { .change_ms = 60000, .cancelled = yes, .context = &interrupted };
    VL_HYPERVISOR_AUTO *hurried = vl_hypervisor_open(URI, &patience, &fixture->err);
    VL_HYPERVISOR_AUTO *patient = vl_hypervisor_open(URI, &longer, &fixture->err);
    double start = seconds();

    frozen.domain_define = frozen_define;
    (void)vl_hypervisor_set_ops(&frozen);
    refuses(fixture, vl_hypervisor_define(hurried, xml, "virtual1", "tesis", &fixture->err),
            "cannot define domain 'virtual1': libvirt has not done it within 0.4 s");
    assert_true(seconds() - start < 10);
    interrupted = true;
    refuses(fixture, vl_hypervisor_define(patient, xml, "virtual1", "tesis", &fixture->err), "cancelled");
    assert_true(seconds() - start < 30);
    interrupted = false;
    (void)vl_hypervisor_set_ops(NULL);
    ok(fixture, vl_hypervisor_define(patient, xml, "virtual1", "tesis", &fixture->err));
    let_go();
    ok(fixture, vl_hypervisor_undefine(patient, "virtual1", "tesis", &fixture->err));
}

/* Something that takes connections and never answers, as a stopped libvirtd does; the backlog is what takes them. */
static int frozen_daemon(const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    (void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    assert_true(descriptor >= 0);
    assert_int_equal(bind(descriptor, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(descriptor, 8), 0);
    return descriptor;
}

static void test_frozen_daemon(void **state)
{
    struct fixture *fixture = *state;
    const struct vl_patience patience = { .look_ms = 500 };
    char directory[] = "/tmp/voiplab-test-daemon.XXXXXX";
    char *path, *uri;
    double start = seconds();
    int descriptor;

    assert_non_null(mkdtemp(directory));
    path = vl_arena_printf(&fixture->arena, "%s/sock", directory);
    uri = vl_arena_printf(&fixture->arena, "qemu:///system?socket=%s", path);
    descriptor = frozen_daemon(path);
    assert_null(vl_hypervisor_open(uri, &patience, &fixture->err));
    assert_non_null(strstr(vl_error_text(&fixture->err), "takes connections and does not answer"));
    assert_true(seconds() - start < 10);
    vl_error_clear(&fixture->err);
    (void)close(descriptor); /* whoever still waits for it is told so */
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(directory), 0);
    await_idle();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_describe),
        TEST(test_no_daemon),
        TEST(test_domain_life),
        TEST(test_not_ours),
        TEST(test_invalid_definition),
        TEST(test_storage),
        TEST(test_pool_that_does_not_start),
        TEST(test_upload),
        TEST(test_upload_of_shrinking_file),
        TEST(test_each_call_fails_once),
        TEST(test_deaf_guest),
        TEST(test_many_stop_together),
        TEST(test_many_that_listen),
        TEST(test_frozen_guest),
        TEST(test_frozen_change),
        TEST(test_frozen_daemon),
    };

    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
