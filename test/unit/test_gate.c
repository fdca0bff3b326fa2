/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How many emulated guests of one host are kept busy at once, against libvirt's test driver with a node of our own,
 * which has one processor.
 *
 * ctest: THREADS yes
 */
#include "guests_fixture.h"

#include <poll.h>
#include <stdatomic.h>

#include "base/clock.h"
#include "base/parallel.h"
#include "plan/sites.h"

enum { BUSY_MS = 150, VISITORS = 9, TURN_MS = 4000 };

struct visits {
    struct vl_session *session;
    const struct vl_pbx *pbx;
    int busy_ms;
    bool ordered;
    atomic_uint inside, most, done, bounded;
    size_t came[VISITORS]; /* who was let in, in that order */
};

static unsigned waiting(struct vl_session *session)
{
    unsigned count = 0;

    (void)pthread_mutex_lock(&session->gate.lock);
    for (const struct vl_gate_visit *visit = session->gate.sites ? session->gate.sites[0].waiting : NULL; visit;
         visit = visit->next)
        count++;
    (void)pthread_mutex_unlock(&session->gate.lock);
    return count;
}

static void visit(void *context, size_t index)
{
    struct visits *visits = context;
    struct vl_gate_visit visit;
    unsigned inside, most;

    while (visits->ordered && waiting(visits->session) + visits->done < index)
        (void)poll(NULL, 0, 1);
    visits->bounded += vl_gate_enter(visits->session, visits->pbx, &visit);
    visits->came[atomic_fetch_add(&visits->done, 1)] = index;
    inside = atomic_fetch_add(&visits->inside, 1) + 1;
    most = visits->most;
    while (inside > most && !atomic_compare_exchange_weak(&visits->most, &most, inside))
        ;
    (void)poll(NULL, 0, visits->busy_ms);
    visits->inside--;
    vl_gate_leave(visits->session, &visit);
    assert_null(visit.site);
    vl_gate_leave(visits->session, &visit); /* who is not inside does no harm */
}

/* All of them at the same time, each a guest on the host of `pbx`. */
static void visit_all(struct visits *visits, struct fixture *fixture, const struct vl_pbx *pbx)
{
    *visits = (struct visits){ .session = &fixture->session, .pbx = pbx, .busy_ms = BUSY_MS };
    vl_parallel(VISITORS, VISITORS, visit, visits);
    assert_int_equal(visits->done, VISITORS);
}

static struct vl_pbx *first_of(struct fixture *fixture)
{
    return (struct vl_pbx *)(uintptr_t)&fixture->session.lab->pbxs[0];
}

static void test_emulated(void **state)
{
    FIXTURE_AUTO *fixture = fixture_open("iso:/dev/null");
    struct visits visits;

    (void)state;
    visit_all(&visits, fixture, first_of(fixture));
    assert_int_equal(visits.most, 2);
    assert_int_equal(visits.bounded, VISITORS);
    assert_null(fixture->session.gate.sites[0].inside);
    assert_null(fixture->session.gate.sites[0].waiting);
}

/* Who comes first is let in first. */
static void test_order(void **state)
{
    FIXTURE_AUTO *fixture = fixture_open("iso:/dev/null");
    struct vl_gate_visit blocking[2];
    struct visits visits = { .session = &fixture->session, .pbx = first_of(fixture), .busy_ms = 1, .ordered = true };

    (void)state;
    for (size_t i = 0; i < VL_COUNT(blocking); i++)
        assert_true(vl_gate_enter(&fixture->session, visits.pbx, &blocking[i]));
    fixture->session.gate.sites[0].most = 1; /* one goes in when both are out, or have been in for long */
    vl_parallel(VISITORS, VISITORS, visit, &visits);
    assert_int_equal(visits.most, 1);
    for (size_t i = 0; i < VISITORS; i++)
        assert_int_equal(visits.came[i], i);
    for (size_t i = 0; i < VL_COUNT(blocking); i++)
        vl_gate_leave(&fixture->session, &blocking[i]);
}

/* With hardware virtualization, on a PBX that is no guest, and where nothing is known of the host, nobody waits. */
static void test_others(void **state)
{
    FIXTURE_AUTO *fixture = fixture_open("iso:/dev/null");
    struct vl_hypervisor *hypervisor = fixture->session.hypervisor;
    struct vl_pbx *pbx = first_of(fixture);
    struct visits visits;

    (void)state;
    fixture->session.hypervisor = NULL;
    visit_all(&visits, fixture, pbx);
    assert_in_range(visits.most, 5, VISITORS);
    assert_int_equal(visits.bounded, 0);
    fixture->session.hypervisor = hypervisor;
    pbx->place = VL_PLACE_SSH;
    visit_all(&visits, fixture, pbx);
    assert_in_range(visits.most, 5, VISITORS);
    pbx->place = VL_PLACE_VM;
    fixture->session.kvm = true;
    visit_all(&visits, fixture, pbx);
    assert_in_range(visits.most, 5, VISITORS);
    assert_int_equal(visits.bounded, 0);
}

/* One that never answers keeps the others from nothing for longer than an answer takes. */
static void test_hung(void **state)
{
    FIXTURE_AUTO *fixture = fixture_open("iso:/dev/null");
    const struct vl_pbx *pbx = first_of(fixture);
    struct vl_gate_visit hung[2], visit;
    long long begun = vl_now_ms();

    (void)state;
    for (size_t i = 0; i < VL_COUNT(hung); i++)
        assert_true(vl_gate_enter(&fixture->session, pbx, &hung[i]));
    assert_true(vl_now_ms() < begun + TURN_MS);
    assert_true(vl_gate_enter(&fixture->session, pbx, &visit));
    assert_true(vl_now_ms() >= begun + TURN_MS);
    for (size_t i = 0; i < VL_COUNT(hung); i++) /* not in the order in which they came */
        vl_gate_leave(&fixture->session, &hung[i]);
    vl_gate_leave(&fixture->session, &visit);
    assert_null(fixture->session.gate.sites[0].inside);
}

/* What takes longer keeps the others as long as it says. */
static void test_long_turn(void **state)
{
    FIXTURE_AUTO *fixture = fixture_open("iso:/dev/null");
    const struct vl_pbx *pbx = first_of(fixture);
    struct vl_gate_visit calls[2], visit;
    long long begun = vl_now_ms();

    (void)state;
    for (size_t i = 0; i < VL_COUNT(calls); i++)
        assert_true(vl_gate_enter_for(&fixture->session, pbx, TURN_MS + 500, &calls[i]));
    assert_true(vl_gate_enter(&fixture->session, pbx, &visit));
    assert_true(vl_now_ms() >= begun + TURN_MS + 500);
    for (size_t i = 0; i < VL_COUNT(calls); i++)
        vl_gate_leave(&fixture->session, &calls[i]);
    vl_gate_leave(&fixture->session, &visit);
}

static atomic_bool is_cancelled;

static bool ask_cancelled(void *context)
{
    (void)context;
    return is_cancelled;
}

static void wait_or_cancel(void *context, size_t index)
{
    struct vl_session *session = context;
    struct vl_gate_visit visit;

    if (index == 0) {
        while (waiting(session) < 3)
            (void)poll(NULL, 0, 1);
        is_cancelled = true;
        return;
    }
    assert_true(vl_gate_enter(session, &session->lab->pbxs[0], &visit));
    assert_true(is_cancelled);
    vl_gate_leave(session, &visit);
}

/* Who waits when all is cancelled waits no longer, and the queue is as it was for who comes then. */
static void test_cancelled(void **state)
{
    FIXTURE_AUTO *fixture = fixture_open("iso:/dev/null");
    struct vl_session *session = &fixture->session;
    struct vl_gate_visit inside[2];
    long long begun = vl_now_ms();

    (void)state;
    is_cancelled = false;
    session->options.cancelled = ask_cancelled;
    for (size_t i = 0; i < VL_COUNT(inside); i++)
        assert_true(vl_gate_enter(session, first_of(fixture), &inside[i]));
    vl_parallel(4, 4, wait_or_cancel, session);
    assert_true(vl_now_ms() < begun + TURN_MS);
    assert_int_equal(waiting(session), 0);
    is_cancelled = false;
    for (size_t i = 0; i < VL_COUNT(inside); i++)
        vl_gate_leave(session, &inside[i]);
    assert_true(vl_gate_enter(session, first_of(fixture), &inside[0]));
    vl_gate_leave(session, &inside[0]);
    assert_true(vl_now_ms() < begun + TURN_MS);
}

/* A host has its own turns: one that is full keeps nobody from another. */
static void test_second_host(void **state)
{
    FIXTURE_AUTO *fixture = fixture_open("iso:/dev/null");
    struct vl_session *session = &fixture->session;
    struct vl_site second = { .hypervisor = session->hypervisor };
    struct vl_place_found places[3] = { { .site = NULL }, { .site = NULL }, { .site = &second } };
    struct vl_gate_visit here[2], there[2];
    long long begun = vl_now_ms();

    (void)state;
    session->sites = &second;
    session->places = places;
    session->lab->hypervisor_count = 1;
    for (int i = 0; i < 2; i++)
        assert_true(vl_gate_enter(session, &session->lab->pbxs[0], &here[i]));
    for (int i = 0; i < 2; i++)
        assert_true(vl_gate_enter(session, &session->lab->pbxs[2], &there[i]));
    assert_true(vl_now_ms() < begun + TURN_MS);
    for (int i = 0; i < 2; i++) {
        vl_gate_leave(session, &here[i]);
        vl_gate_leave(session, &there[i]);
    }
    session->sites = NULL;
    session->places = NULL;
    session->lab->hypervisor_count = 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_emulated),   cmocka_unit_test(test_order),
                                        cmocka_unit_test(test_others),     cmocka_unit_test(test_hung),
                                        cmocka_unit_test(test_long_turn),  cmocka_unit_test(test_cancelled),
                                        cmocka_unit_test(test_second_host) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
