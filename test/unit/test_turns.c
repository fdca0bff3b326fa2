/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whose turn it is to boot, against libvirt's test driver with a node of our own, which has one processor.
 *
 * ctest: THREADS yes
 */
#include "guests_fixture.h"

#include "plan/sites.h"
#include "request/fleet_part.h"

static void open_fleet(struct fixture *fixture, struct vl_fleet *fleet)
{
    VL_ERROR_AUTO err = { .code = VL_OK };

    make_shared(fixture);
    for (size_t i = 0; i < fixture->session.lab->pbx_count; i++)
        fixture->session.state.natures[i].seen = true; /* they are installed: who is not is started at once */
    assert_int_equal(vl_fleet_open(&fixture->session, (const char *const[]){ "a", "c", NULL }, fleet, &err), 0);
}

/* A guest is made, and started when its turn comes; one that is installed by hand is started at once. */
static void test_put_off(void **state)
{
    FIXTURE_AUTO *fixture = fixture_open("iso:/dev/null");
    VL_FLEET_AUTO fleet = { .count = 0 };
    VL_ERROR_AUTO err = { .code = VL_OK };

    (void)state;
    open_fleet(fixture, &fleet);
    fixture->session.state.natures[2].seen = false;
    vl_fleet_make_guests(&fleet);
    assert_int_equal(vl_fleet_failed(&fleet), 0);
    assert_int_equal(state_of(fixture, "t-a"), VL_DOMAIN_STOPPED);
    assert_int_equal(fleet.members[0].start.count, 1);
    assert_true(fleet.members[0].started);
    assert_int_equal(state_of(fixture, "t-c"), VL_DOMAIN_RUNNING);
    assert_int_equal(fleet.members[1].start.count, 0);
    assert_int_equal(fleet.changed, 6);
    assert_int_equal(vl_fleet_start(&fleet, &fleet.members[0], &err), 0);
    assert_int_equal(state_of(fixture, "t-a"), VL_DOMAIN_RUNNING);
    assert_int_equal(fleet.members[0].start.count, 0);
}

/* What runs as it was before is off for no longer than it takes to boot. */
static void test_restart(void **state)
{
    FIXTURE_AUTO *fixture = fixture_open("iso:/dev/null");
    VL_FLEET_AUTO fleet = { .count = 0 };
    VL_ERROR_AUTO err = { .code = VL_OK };
    struct vl_pbx *pbx = (struct vl_pbx *)(uintptr_t)&fixture->session.lab->pbxs[0];

    (void)state;
    open_fleet(fixture, &fleet);
    vl_fleet_make_guests(&fleet);
    assert_int_equal(vl_fleet_start(&fleet, &fleet.members[0], &err), 0);
    pbx->memory = pbx->max_memory = 320 << 20;
    fixture->session.restarts = true;
    vl_fleet_make_guests(&fleet);
    assert_int_equal(state_of(fixture, "t-a"), VL_DOMAIN_RUNNING);
    assert_int_equal(fleet.members[0].start.count, 3);
    assert_int_equal(fleet.members[0].start.steps[0].kind, VL_STEP_STOP);
    assert_int_equal(fleet.members[0].start.steps[1].kind, VL_STEP_DOMAIN);
    assert_int_equal(fleet.members[0].start.steps[2].kind, VL_STEP_START);
}

/* So many boot as the processors bear, and libvirtd starts no more at once than it serves. */
static void test_turns(void **state)
{
    FIXTURE_AUTO *fixture = fixture_open("iso:/dev/null");
    VL_FLEET_AUTO fleet = { .count = 0 };
    struct vl_turns turns;
    struct vl_member members[8];

    (void)state;
    open_fleet(fixture, &fleet);
    vl_turns_open(&turns, &fleet);
    assert_null(turns.sites); /* nobody waits, so nobody is asked */
    vl_turns_close(&turns);
    vl_fleet_make_guests(&fleet);
    for (size_t i = 0; i < VL_COUNT(members); i++)
        members[i] = (struct vl_member){ .pbx = fleet.members[0].pbx, .booted_ms = 1000 };
    vl_turns_open(&turns, &fleet);
    assert_int_equal(turns.sites[0].most, 2);
    assert_true(vl_turns_take(&turns, &members[0]));
    assert_true(vl_turns_take(&turns, &members[1]));
    assert_false(vl_turns_take(&turns, &members[2]));
    vl_turns_started(&turns, &members[0]);
    assert_false(vl_turns_take(&turns, &members[2]));
    vl_turns_end(&turns, &members[0]);
    assert_true(vl_turns_take(&turns, &members[2]));
    vl_turns_end(&turns, &members[0]); /* which has none any more */
    assert_false(vl_turns_take(&turns, &members[3]));
    vl_turns_end_long(&turns, &members[1], 91000);
    assert_false(vl_turns_take(&turns, &members[3]));
    vl_turns_end_long(&turns, &members[1], 91001); /* one that never answers keeps nobody waiting */
    assert_true(vl_turns_take(&turns, &members[3]));
    vl_turns_end_long(&turns, &members[1], 200000);
    assert_int_equal(turns.sites[0].booting, 2);
    turns.sites[0].most = 100;
    while (vl_turns_take(&turns, &members[4]))
        ;
    assert_int_equal(turns.sites[0].starting, VL_GUESTS_AT_A_TIME);
    vl_turns_started(&turns, &members[0]);
    assert_true(vl_turns_take(&turns, &members[4]));
    vl_turns_close(&turns);
}

/* With hardware virtualization a processor bears more. */
static void test_kvm(void **state)
{
    FIXTURE_AUTO *fixture = fixture_open("iso:/dev/null");
    VL_FLEET_AUTO fleet = { .count = 0 };
    struct vl_turns turns;

    (void)state;
    open_fleet(fixture, &fleet);
    vl_fleet_make_guests(&fleet);
    fixture->session.kvm = true;
    vl_turns_open(&turns, &fleet);
    assert_int_equal(turns.sites[0].most, 4);
    vl_turns_close(&turns);
}

/* Each host has its own turns. */
static void test_second_host(void **state)
{
    FIXTURE_AUTO *fixture = fixture_open("iso:/dev/null");
    VL_FLEET_AUTO fleet = { .count = 0 };
    struct vl_site second = { .hypervisor = fixture->session.hypervisor, .kvm = true };
    struct vl_place_found places[3] = { { .site = NULL }, { .site = NULL }, { .site = &second } };
    struct vl_turns turns;

    (void)state;
    open_fleet(fixture, &fleet);
    vl_fleet_make_guests(&fleet);
    fixture->session.sites = &second;
    fixture->session.places = places;
    fixture->session.lab->hypervisor_count = 1;
    vl_turns_open(&turns, &fleet);
    assert_int_equal(turns.sites[0].most, 2);
    assert_int_equal(turns.sites[1].most, 4);
    while (vl_turns_take(&turns, &fleet.members[0]))
        ;
    assert_true(vl_turns_take(&turns, &fleet.members[1]));
    assert_int_equal(turns.sites[0].booting, 2);
    assert_int_equal(turns.sites[1].booting, 1);
    vl_turns_close(&turns);
    fixture->session.sites = NULL;
    fixture->session.places = NULL;
    fixture->session.lab->hypervisor_count = 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_put_off), cmocka_unit_test(test_restart),
                                        cmocka_unit_test(test_turns), cmocka_unit_test(test_kvm),
                                        cmocka_unit_test(test_second_host) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
