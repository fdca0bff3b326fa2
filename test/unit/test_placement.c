/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Guests and their places on several hypervisors: the same for the same, where the file says, where they are, and
 * evenly.
 */
#include "support.h"

#include "plan/made.h"
#include "plan/placement.h"

#define GIB ((int64_t)1 << 30)

enum { GUESTS = 30 };

static void choose_for(const struct vl_room *rooms, size_t count, struct vl_placement *guests)
{
    for (size_t i = 0; i < GUESTS; i++)
        guests[i] = (struct vl_placement){ .fixed = VL_PLACEMENT_NOWHERE, .memory = GIB / 4 };
    vl_placement_choose(rooms, count, guests, GUESTS);
}

static size_t count_at(const struct vl_placement *guests, int place)
{
    size_t count = 0;

    for (size_t i = 0; i < GUESTS; i++)
        count += guests[i].place == place;
    return count;
}

static void test_evenly(void **state)
{
    const struct vl_room same[] = { { true, 16 * GIB, -1 }, { true, 16 * GIB, -1 } };
    const struct vl_room twice[] = { { true, 4 * GIB, -1 }, { true, 8 * GIB, -1 } };
    struct vl_placement guests[GUESTS];

    (void)state;
    choose_for(same, 2, guests);
    assert_int_equal(count_at(guests, 0), GUESTS / 2);
    assert_int_equal(guests[0].place, 0); /* of equal ones the first */
    assert_int_equal(guests[1].place, 1);
    choose_for(twice, 2, guests);
    assert_int_equal(count_at(guests, 1), 23); /* 16 until both have 4 GiB, then in turn */
    assert_false(guests[GUESTS - 1].crowded);
}

/* Whoever is somewhere stays there, whatever is chosen for the others; a second run chooses nothing anew. */
static void test_stable(void **state)
{
    const struct vl_room rooms[] = { { true, 6 * GIB, 20 * GIB }, { true, 5 * GIB, -1 }, { true, 4 * GIB, 3 * GIB } };
    struct vl_placement first[GUESTS], again[GUESTS];
    struct vl_room later[3];

    (void)state;
    choose_for(rooms, 3, first);
    choose_for(rooms, 3, again);
    for (size_t i = 0; i < GUESTS; i++)
        assert_int_equal(first[i].place, again[i].place);
    memcpy(later, rooms, sizeof(later));
    for (size_t i = 0; i < GUESTS; i++) {
        again[i].fixed = first[i].place;
        again[i].made = true;
        later[first[i].place].memory -= again[i].memory;
    }
    vl_placement_choose(later, 3, again, GUESTS);
    for (size_t i = 0; i < GUESTS; i++)
        assert_int_equal(first[i].place, again[i].place);
}

static void test_by_hand(void **state)
{
    const struct vl_room rooms[] = { { true, 8 * GIB, -1 }, { true, 2 * GIB, -1 } };
    struct vl_placement guests[] = { { .fixed = -1, .memory = GIB },
                                     { .fixed = 1, .memory = 4 * GIB },
                                     { .fixed = 0, .memory = 7 * GIB },
                                     { .fixed = -1, .memory = GIB } };

    (void)state;
    vl_placement_choose(rooms, 2, guests, 4);
    assert_int_equal(guests[1].place, 1); /* though there is no room */
    assert_int_equal(guests[2].place, 0);
    assert_int_equal(guests[0].place, 0); /* what the file says is taken off before any is chosen */
    assert_false(guests[0].crowded);
    assert_int_equal(guests[3].place, 0);
    assert_true(guests[3].crowded);
}

static void test_disk(void **state)
{
    const struct vl_room rooms[] = { { true, 100 * GIB, VL_PLACEMENT_DISK }, { true, 10 * GIB, 100 * GIB } };
    struct vl_placement guests[GUESTS];

    (void)state;
    choose_for(rooms, 2, guests);
    assert_int_equal(count_at(guests, 0), 1); /* then its disk is full */
    assert_int_equal(guests[0].place, 0);
    assert_int_equal(count_at(guests, 1), GUESTS - 1);
}

static void test_silent(void **state)
{
    const struct vl_room one[] = { { false, 100 * GIB, -1 }, { true, GIB, -1 } };
    const struct vl_room none[] = { { false, 100 * GIB, -1 }, { false, GIB, -1 } };
    struct vl_placement guests[GUESTS];

    (void)state;
    choose_for(one, 2, guests);
    assert_int_equal(count_at(guests, 1), GUESTS);
    assert_true(guests[GUESTS - 1].crowded);
    choose_for(none, 2, guests);
    assert_int_equal(count_at(guests, VL_PLACEMENT_NOWHERE), GUESTS);
}

/* The list of what was made, for a lab on several: what is of one is not taken for that of another. */
static void test_made(void **state)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    struct vl_made made = { .known = true };

    (void)state;
    vl_made_add(&made, &arena, "pool", "voiplab-t");
    vl_made_add(&made, &arena, "volume", "a.qcow2");
    made.at = "second";
    assert_false(vl_made_has(&made, "volume", "a.qcow2"));
    assert_false(vl_made_has(&made, "pool", "voiplab-t"));
    vl_made_add(&made, &arena, "volume", "b.qcow2");
    vl_made_add(&made, &arena, "volume", "a.qcow2");
    vl_made_add(&made, &arena, "guest", "b");
    assert_true(vl_made_has(&made, "volume", "second/b.qcow2") == false);
    assert_null(vl_made_volume_line(&made, "volume a.qcow2"));
    assert_string_equal(vl_made_volume_line(&made, "volume second/b.qcow2"), "b.qcow2");
    vl_made_drop(&made, "volume", "a.qcow2");
    made.at = NULL;
    assert_true(vl_made_has(&made, "volume", "a.qcow2"));
    assert_false(vl_made_has(&made, "volume", "b.qcow2"));
    assert_null(vl_made_volume_line(&made, "volume second/b.qcow2"));
    vl_made_set_place(&made, &arena, "b", "first");
    vl_made_set_place(&made, &arena, "b", "second");
    assert_non_null(strstr(vl_made_text(&made, &arena), "\nguest b\nplace b second\n"));
    vl_made_set_place(&made, &arena, "b", NULL);
    assert_null(strstr(vl_made_text(&made, &arena), "place"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_evenly), cmocka_unit_test(test_stable), cmocka_unit_test(test_by_hand),
        cmocka_unit_test(test_disk),   cmocka_unit_test(test_silent), cmocka_unit_test(test_made),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
