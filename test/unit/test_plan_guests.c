/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Making guests, against libvirt's test driver with a node of our own: what one guest's failure does to the others, and
 * what the plan says of a base image that was fetched.
 *
 * ctest: THREADS yes
 */
#include "guests_fixture.h"

#include "guest/image.h"
#include "guest/libvirt.h"
#include "request/fleet.h"

/* A domain of that name which is not ours: its guest fails with its own line, the others run. */
static void test_foreign_domain(void **state)
{
    FIXTURE_AUTO *fixture = fixture_open("iso:/dev/null");
    VL_FLEET_AUTO fleet = { .count = 0 };
    VL_ERROR_AUTO err = { .code = VL_OK };

    (void)state;
    make_shared(fixture);
    assert_int_equal(vl_fleet_open(&fixture->session, NULL, &fleet, &err), 0);
    vl_fleet_make_guests(&fleet);
    assert_int_equal(fleet.count, 3);
    assert_int_equal(vl_fleet_failed(&fleet), 1);
    assert_int_equal(fleet.members[1].error.code, VL_ERROR_FAILED);
    assert_string_equal(vl_buf_text(&fixture->warnings),
                        "b: the hypervisor has a domain 't-b' that this lab did not make; it stays as it is, so rename "
                        "one of the two\n");
    assert_int_equal(state_of(fixture, "t-a"), VL_DOMAIN_RUNNING);
    assert_int_equal(state_of(fixture, "t-c"), VL_DOMAIN_RUNNING);
    assert_int_equal(fleet.changed, 6); /* disk, domain and start of each of the two */

    /* and once more: nothing is left to do for these two */
    fleet.changed = 0;
    vl_fleet_make_guests(&fleet);
    assert_int_equal(fleet.changed, 0);
}

static const struct vl_hypervisor_ops *libvirt;
static int starts;

static int refuse_first(struct _virDomain *domain)
{
    return starts++ ? libvirt->domain_start(domain) : -1;
}

/* A guest that cannot be started is no reason not to start the next one. */
static void test_failed_start(void **state)
{
    FIXTURE_AUTO *fixture = fixture_open("iso:/dev/null");
    struct vl_hypervisor_ops failing;
    VL_FLEET_AUTO fleet = { .count = 0 };
    VL_ERROR_AUTO err = { .code = VL_OK };

    (void)state;
    make_shared(fixture);
    assert_int_equal(vl_fleet_open(&fixture->session, (const char *const[]){ "a", "c", NULL }, &fleet, &err), 0);
    libvirt = vl_hypervisor_set_ops(NULL);
    failing = *libvirt;
    failing.domain_start = refuse_first;
    starts = 0;
    fixture->session.options.jobs = 1; /* so that it is known whose start is refused */
    (void)vl_hypervisor_set_ops(&failing);
    vl_fleet_make_guests(&fleet);
    (void)vl_hypervisor_set_ops(NULL);
    assert_int_equal(vl_fleet_failed(&fleet), 1);
    assert_non_null(strstr(vl_buf_text(&fixture->warnings), "a: start domain t-a: cannot start domain 't-a'"));
    assert_int_equal(state_of(fixture, "t-a"), VL_DOMAIN_STOPPED);
    assert_int_equal(state_of(fixture, "t-c"), VL_DOMAIN_RUNNING);
}

static int defines, wrong_defines;
static bool define_failed;
static int (*real_error)(void);

static struct _virDomain *define_late(struct _virConnect *connection, const char *xml, unsigned flags)
{
    define_failed = ++defines <= wrong_defines;
    return define_failed ? NULL : libvirt->domain_define(connection, xml, flags);
}

static int error_of_define(void)
{
    int code = define_failed ? 1 : real_error(); /* VIR_ERR_INTERNAL_ERROR */

    define_failed = false;
    return code;
}

/* A libvirtd that has just begun fails to read its schemas on several threads at once, and then does not. */
static void test_schema_read_at_once(void **state)
{
    FIXTURE_AUTO *fixture = fixture_open("iso:/dev/null");
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_TARGET_AUTO *host = vl_target_local("/", &err);
    struct vl_hypervisor_ops late;

    (void)state;
    make_shared(fixture);
    libvirt = vl_hypervisor_set_ops(NULL);
    late = *libvirt;
    late.domain_define = define_late;
    real_error = vl_libvirt.virGetLastErrorCode;
    vl_libvirt.virGetLastErrorCode = error_of_define;
    for (wrong_defines = 2; wrong_defines < 4; wrong_defines++) {
        VL_PLAN_AUTO plan = { .count = 0 };

        defines = 0;
        assert_int_equal(
            vl_stage_guest(&fixture->session, &fixture->session.lab->pbxs[wrong_defines == 2 ? 0 : 2], &plan, &err), 0);
        (void)vl_hypervisor_set_ops(&late);
        assert_int_equal(vl_apply(&fixture->session, &plan, host, &err), wrong_defines == 2 ? 0 : -1);
        (void)vl_hypervisor_set_ops(NULL);
        assert_int_equal(defines, 3);
    }
    vl_libvirt.virGetLastErrorCode = real_error;
}

static const char *behind_of(struct fixture *fixture, struct vl_arena *arena)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    struct vl_domain domain;

    assert_int_equal(vl_hypervisor_domain(fixture->session.hypervisor, arena, "t-a", &domain, &err), 0);
    return domain.behind;
}

/* A guest that runs is defined anew and told to be behind; it starts anew only where that is asked for. */
static void test_behind(void **state)
{
    FIXTURE_AUTO *fixture = fixture_open("iso:/dev/null");
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_PLAN_AUTO first = { .count = 0 };
    VL_PLAN_AUTO second = { .count = 0 };
    VL_PLAN_AUTO third = { .count = 0 };
    VL_PLAN_AUTO fourth = { .count = 0 };
    VL_PLAN_AUTO fifth = { .count = 0 };
    struct vl_pbx *pbx = (struct vl_pbx *)(uintptr_t)&fixture->session.lab->pbxs[0];

    (void)state;
    make_shared(fixture);
    make_one(fixture, &first);
    assert_non_null(step_of(&first, VL_STEP_START));
    assert_null(behind_of(fixture, &arena));

    pbx->memory = pbx->max_memory = 320 << 20;
    pbx->vcpus = pbx->max_vcpus = 2;
    make_one(fixture, &second);
    assert_int_equal(second.count, 1);
    assert_int_equal(second.steps[0].kind, VL_STEP_DOMAIN);
    assert_string_equal(second.steps[0].note, "at its next start: memory, processors, translation cache; 'up "
                                              "--restart' restarts it");
    assert_string_equal(behind_of(fixture, &arena), "memory, processors, translation cache");
    make_one(fixture, &third);
    assert_int_equal(third.count, 0);

    fixture->session.restarts = true;
    make_one(fixture, &fourth);
    assert_int_equal(fourth.count, 2);
    assert_int_equal(fourth.steps[0].kind, VL_STEP_STOP);
    assert_int_equal(fourth.steps[1].kind, VL_STEP_START);
    assert_null(behind_of(fixture, &arena));
    assert_int_equal(state_of(fixture, "t-a"), VL_DOMAIN_RUNNING);
    make_one(fixture, &fifth);
    assert_int_equal(fifth.count, 0);
}

/* Another boot order is there at the next start, and the difference is told until then. */
static void test_boot_order(void **state)
{
    static const char *const network_first[] = { "network", "disk", NULL };
    FIXTURE_AUTO *fixture = fixture_open("iso:/dev/null");
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_PLAN_AUTO first = { .count = 0 };
    VL_PLAN_AUTO second = { .count = 0 };
    VL_PLAN_AUTO third = { .count = 0 };
    VL_PLAN_AUTO fourth = { .count = 0 };
    struct vl_pbx *pbx = (struct vl_pbx *)(uintptr_t)&fixture->session.lab->pbxs[0];

    (void)state;
    make_shared(fixture);
    make_one(fixture, &first);
    pbx->boot = network_first;
    make_one(fixture, &second);
    assert_int_equal(second.count, 1);
    assert_int_equal(second.steps[0].kind, VL_STEP_DOMAIN);
    assert_string_equal(second.steps[0].note, "at its next start: boot order; 'up --restart' restarts it");
    assert_non_null(strstr(second.steps[0].after, "<boot dev=\"network\"/>\n    <boot dev=\"hd\"/>"));
    assert_string_equal(behind_of(fixture, &arena), "boot order");
    make_one(fixture, &third);
    assert_int_equal(third.count, 0);
    fixture->session.restarts = true;
    make_one(fixture, &fourth);
    assert_int_equal(fourth.count, 2);
    assert_int_equal(fourth.steps[0].kind, VL_STEP_STOP);
    assert_int_equal(fourth.steps[1].kind, VL_STEP_START);
    assert_null(behind_of(fixture, &arena));
}

/* What libvirt's test driver cannot do, and what a guest was told. */
static unsigned long told_kib;
static unsigned told_vcpus;
static unsigned long long told_size;
static int marks;

static int tell_memory(struct _virDomain *domain, unsigned long kib, unsigned flags)
{
    told_kib = kib;
    return libvirt->domain_set_memory(domain, kib, flags);
}

static int tell_vcpus(struct _virDomain *domain, unsigned count, unsigned flags)
{
    told_vcpus = count;
    return libvirt->domain_set_vcpus(domain, count, flags);
}

static int tell_mark(struct _virDomain *domain, int type, const char *metadata, const char *key, const char *uri,
                     unsigned flags)
{
    marks++;
    return libvirt->domain_set_metadata(domain, type, metadata, key, uri, flags);
}

static int tell_size(struct _virDomain *domain, const char *disk, unsigned long long size, unsigned flags)
{
    (void)domain;
    (void)disk;
    (void)flags;
    told_size = size;
    return 0;
}

static void listen_to_changes(struct vl_hypervisor_ops *ops)
{
    libvirt = vl_hypervisor_set_ops(NULL);
    *ops = *libvirt;
    ops->domain_set_memory = tell_memory;
    ops->domain_set_vcpus = tell_vcpus;
    ops->domain_set_metadata = tell_mark;
    ops->domain_resize = tell_size;
    (void)vl_hypervisor_set_ops(ops);
}

static void make_state(struct fixture *fixture)
{
    assert_int_equal(mkdir(fixture->session.state.directory, 0700), 0);
}

/* Memory below the most that a guest can have, and a processor more, reach it while it runs, and are done once. */
static void test_live(void **state)
{
    FIXTURE_AUTO *fixture = fixture_open("iso:/dev/null");
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_PLAN_AUTO first = { .count = 0 };
    VL_PLAN_AUTO second = { .count = 0 };
    VL_PLAN_AUTO third = { .count = 0 };
    struct vl_pbx *pbx = (struct vl_pbx *)(uintptr_t)&fixture->session.lab->pbxs[0];
    struct vl_hypervisor_ops ops;

    (void)state;
    make_state(fixture);
    pbx->memory = 192 << 20;
    pbx->max_memory = 256 << 20;
    pbx->max_vcpus = 2;
    make_shared(fixture);
    make_one(fixture, &first);
    listen_to_changes(&ops);
    pbx->memory = 200 << 20;
    pbx->vcpus = 2;
    make_one(fixture, &second);
    assert_int_equal(second.count, 3);
    assert_int_equal(second.steps[0].kind, VL_STEP_DOMAIN);
    assert_null(second.steps[0].note);
    assert_int_equal(second.steps[1].kind, VL_STEP_FILE); /* the note that its system has to take the processor */
    assert_int_equal(second.steps[2].kind, VL_STEP_CHANGE);
    assert_string_equal(second.steps[2].note, "memory, processors");
    assert_int_equal(told_kib, 200 << 10);
    assert_int_equal(told_vcpus, 2);
    assert_int_equal(marks, 1);
    assert_null(behind_of(fixture, &arena));
    make_one(fixture, &third);
    assert_int_equal(third.count, 0);
    (void)vl_hypervisor_set_ops(NULL);
}

/* A larger disk, while the guest runs; a smaller one is refused, and so is one smaller than the image. */
static void test_disk_size(void **state)
{
    FIXTURE_AUTO *fixture = fixture_open("iso:/dev/null");
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_PLAN_AUTO first = { .count = 0 };
    VL_PLAN_AUTO second = { .count = 0 };
    VL_PLAN_AUTO third = { .count = 0 };
    VL_PLAN_AUTO taken = { .count = 0 };
    struct vl_pbx *pbx = (struct vl_pbx *)(uintptr_t)&fixture->session.lab->pbxs[0];
    struct vl_hypervisor_ops ops;

    (void)state;
    make_state(fixture);
    pbx->disk = 8 << 20;
    make_shared(fixture);
    make_one(fixture, &first);
    assert_int_equal(vl_stage_grown(&fixture->session, pbx, &taken), 0);
    assert_int_equal(taken.count, 0);
    listen_to_changes(&ops);
    pbx->disk = 16 << 20;
    make_one(fixture, &second);
    (void)vl_hypervisor_set_ops(NULL);
    assert_int_equal(second.count, 2);
    assert_int_equal(second.steps[0].kind, VL_STEP_FILE);
    assert_int_equal(second.steps[1].kind, VL_STEP_GROW);
    assert_string_equal(second.steps[1].note, "from 8M to 16M");
    assert_int_equal(told_size, 16 << 20);
    assert_int_equal(vl_stage_grown(&fixture->session, pbx, &taken), 0);
    assert_int_equal(taken.count, 1);
    assert_int_equal(taken.steps[0].kind, VL_STEP_COMMAND);
    assert_string_equal(taken.steps[0].target, "a");

    pbx->disk = 4 << 20;
    assert_int_equal(vl_stage_guest(&fixture->session, pbx, &third, &err), -1);
    assert_int_equal(err.code, VL_ERROR_LAB);
    assert_non_null(strstr(vl_error_text(&err), "[pbx a] disk: 4M is less than 8M, which the disk of the guest has, "
                                                "and a disk cannot shrink"));
}

/* The calls of libvirt that a guest is made again with; the n-th fails. */
static int again_calls, again_fails;

static bool again_failed(void)
{
    return ++again_calls == again_fails;
}

static int again_destroy(struct _virDomain *domain)
{
    return again_failed() ? -1 : libvirt->domain_destroy(domain);
}

static int again_delete(struct _virStorageVol *volume, unsigned flags)
{
    return again_failed() ? -1 : libvirt->volume_delete(volume, flags);
}

static struct _virStorageVol *again_create(struct _virStoragePool *pool, const char *xml, unsigned flags)
{
    return again_failed() ? NULL : libvirt->volume_create(pool, xml, flags);
}

static int again_start(struct _virDomain *domain)
{
    return again_failed() ? -1 : libvirt->domain_start(domain);
}

/* Guest "a" made again, with the n-th call of libvirt failing. True when the plan came to its end. */
static bool renew(struct fixture *fixture, int fails)
{
    struct vl_hypervisor_ops failing;
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_TARGET_AUTO *host = vl_target_local("/", &err);
    VL_PLAN_AUTO plan = { .count = 0 };
    int rc;

    libvirt = vl_hypervisor_set_ops(NULL);
    failing = *libvirt;
    failing.domain_destroy = again_destroy;
    failing.volume_delete = again_delete;
    failing.volume_create = again_create;
    failing.domain_start = again_start;
    again_calls = 0;
    again_fails = fails;
    fixture->session.renews = true;
    assert_int_equal(vl_stage_guest(&fixture->session, &fixture->session.lab->pbxs[0], &plan, &err), 0);
    (void)vl_hypervisor_set_ops(&failing);
    rc = vl_apply(&fixture->session, &plan, host, &err);
    (void)vl_hypervisor_set_ops(NULL);
    return rc == 0;
}

static const char *capacity_of(struct fixture *fixture, struct vl_arena *arena)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    struct vl_volume volume;

    assert_int_equal(vl_hypervisor_volume(fixture->session.hypervisor, arena, "voiplab-t", "a.qcow2", &volume, &err),
                     0);
    return volume.name ? vl_arena_printf(arena, "%llu", (unsigned long long)volume.capacity) : "none";
}

/* A guest that is made again has a new disk, and that alone is new. Cut off after any call, the next run ends with the
 * same, and so does `up`. */
static void test_renewed(void **state)
{
    FIXTURE_AUTO *fixture = fixture_open("iso:/dev/null");
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_PLAN_AUTO first = { .count = 0 };
    VL_PLAN_AUTO again = { .count = 0 };
    struct vl_pbx *pbx = (struct vl_pbx *)(uintptr_t)&fixture->session.lab->pbxs[0];
    int cuts = 0;

    (void)state;
    pbx->disk = 8 << 20;
    make_shared(fixture);
    make_one(fixture, &first);
    pbx->disk = 16 << 20;
    fixture->session.renews = true;
    assert_int_equal(vl_stage_guest(&fixture->session, pbx, &again, &err), 0);
    assert_int_equal(again.count, 4);
    assert_int_equal(again.steps[0].kind, VL_STEP_STOP);
    assert_true(again.steps[0].at_once);
    assert_int_equal(again.steps[1].kind, VL_STEP_REMOVE_VOLUME);
    assert_int_equal(again.steps[2].kind, VL_STEP_VOLUME);
    assert_int_equal(again.steps[3].kind, VL_STEP_START);
    assert_string_equal(capacity_of(fixture, &arena), "8388608");

    for (int fails = 1; !renew(fixture, fails); fails++, cuts++) {
        VL_PLAN_AUTO rest = { .count = 0 };

        fixture->session.renews = fails % 2;
        make_one(fixture, &rest);
        if (fails > 2)
            assert_string_equal(capacity_of(fixture, &arena), "16777216");
        assert_int_equal(state_of(fixture, "t-a"), VL_DOMAIN_RUNNING);
    }
    assert_int_equal(cuts, 4);
    assert_string_equal(capacity_of(fixture, &arena), "16777216");
    assert_int_equal(state_of(fixture, "t-a"), VL_DOMAIN_RUNNING);
}

/* A disk that somebody else's domain has, too, is not thrown away, and nothing is done to its guest. */
static void test_held_disk(void **state)
{
    FIXTURE_AUTO *fixture = fixture_open("iso:/dev/null");
    VL_PLAN_AUTO first = { .count = 0 };
    VL_PLAN_AUTO again = { .count = 0 };
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_ARENA_AUTO arena = { .blocks = NULL };
    struct vl_volume volume;

    (void)state;
    make_shared(fixture);
    make_one(fixture, &first);
    assert_int_equal(vl_hypervisor_volume(fixture->session.hypervisor, &arena, "voiplab-t", "a.qcow2", &volume, &err),
                     0);
    make_clone(fixture, "voiplab-t", "mine.qcow2", volume.path);
    fixture->session.renews = true;
    if (vl_stage_guest(&fixture->session, &fixture->session.lab->pbxs[0], &again, &err) == 0)
        fail_msg("a disk with a clone goes");
    assert_non_null(strstr(vl_error_text(&err), "its disk 'a.qcow2' stays, since the volume 'mine.qcow2'"));
}

/* libvirt gives a disk its mode last: one that has another, and nothing on it, was cut off. */
static void test_unended(void **state)
{
    static const char xml[] = "<volume><name>a.qcow2</name><capacity>4096</capacity><target><format type='qcow2'/>"
                              "<permissions><mode>0644</mode></permissions></target></volume>";
    FIXTURE_AUTO *fixture = fixture_open("iso:/dev/null");
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_PLAN_AUTO plan = { .count = 0 };

    (void)state;
    make_shared(fixture);
    assert_int_equal(vl_hypervisor_volume_make(fixture->session.hypervisor, "voiplab-t", xml, &err), 0);
    make_one(fixture, &plan);
    assert_int_equal(plan.steps[0].kind, VL_STEP_REMOVE_VOLUME);
    assert_int_equal(plan.steps[1].kind, VL_STEP_VOLUME);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_foreign_domain),
        cmocka_unit_test(test_failed_start),
        cmocka_unit_test(test_schema_read_at_once),

        cmocka_unit_test(test_behind),
        cmocka_unit_test(test_boot_order),
        cmocka_unit_test(test_renewed),
        cmocka_unit_test(test_held_disk),
        cmocka_unit_test(test_live),
        cmocka_unit_test(test_disk_size),
        cmocka_unit_test(test_unended),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
