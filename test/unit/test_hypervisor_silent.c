/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Guests that do not hear, and a hypervisor that does not answer: nobody is waited for longer than was said.
 *
 * ctest: COST 15 THREADS yes
 */
#include "hypervisor_bed.h"

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

/* Calls that do not come back before they are let go. What they do then is over when nobody hangs: the threads that
 * they were made on are joined by nobody, and a race detector does not see libvirt's counts. */
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
    bool hangs = strcmp(virDomainGetName(domain), "virtual1") == 0;
    int rc;

    if (hangs)
        hang();
    rc = real->domain_shutdown(domain);
    atomic_fetch_sub(&hanging, hangs);
    return rc;
}

static struct _virDomain *frozen_define(struct _virConnect *connection, const char *xml, unsigned flags)
{
    struct _virDomain *domain;

    hang();
    domain = real->domain_define(connection, xml, flags);
    atomic_fetch_sub(&hanging, 1);
    return domain;
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

static int frozen_suspend(struct _virDomain *domain)
{
    int rc;

    hang();
    rc = real->domain_suspend(domain);
    atomic_fetch_sub(&hanging, 1);
    return rc;
}

/* A pause that comes when nobody waits for it any more is taken back: nobody would let the guest run on. */
static void test_late_pause(void **state)
{
    struct fixture *fixture = *state;
    const char *xml = guest_xml(fixture, "virtual1", "tesis", 300 << 20);
    struct vl_hypervisor_ops frozen = *real;
    const struct vl_patience patience = { .change_ms = 400 };
    VL_HYPERVISOR_AUTO *hurried = vl_hypervisor_open(URI, &patience, &fixture->err);
    bool paused = false;

    ok(fixture, vl_hypervisor_define(hurried, xml, "virtual1", "tesis", &fixture->err));
    ok(fixture, vl_hypervisor_start(hurried, "virtual1", "tesis", &fixture->err));
    frozen.domain_suspend = frozen_suspend;
    (void)vl_hypervisor_set_ops(&frozen);
    refuses(fixture, vl_hypervisor_pause(hurried, "virtual1", "tesis", &paused, &fixture->err),
            "libvirt has not done it within 0.4 s");
    let_go();
    (void)vl_hypervisor_set_ops(NULL);
    assert_false(paused);
    assert_int_equal(domain_of(fixture, "virtual1").state, VL_DOMAIN_RUNNING);
    ok(fixture, vl_hypervisor_stop(fixture->hypervisor, "virtual1", "tesis", 0, true, &fixture->err));
    ok(fixture, vl_hypervisor_undefine(fixture->hypervisor, "virtual1", "tesis", &fixture->err));
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_many_stop_together), TEST(test_many_that_listen), TEST(test_frozen_guest),
        TEST(test_frozen_change),      TEST(test_late_pause),       TEST(test_frozen_daemon),
    };

    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
