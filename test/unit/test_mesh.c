/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A trunk of a large mesh costs no more than one of a small: processor time, allocations, and what the state keeps.
 *
 * ctest: COST 20
 */
#include "support.h"

#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/memory.h"
#include "lab/lab.h"
#include "lab/state.h"
#include "render/asterisk.h"

#define SHARE SOURCE_DIRECTORY "/share"

/* Under a sanitizer the same, of a smaller mesh: it makes each trunk ten times as dear, and says nothing more of a
 * large one. */
#if SANITIZED
enum { SMALL = 20, LARGE = 80, TIMES = 1 };
#else
enum { SMALL = 50, LARGE = 200, TIMES = 3 };
#endif

struct cost {
    double seconds, allocations; /* of a trunk */
    size_t secrets;
};

static struct vl_lab *load_mesh(unsigned guests)
{
    char path[] = "/tmp/voiplab-mesh-XXXXXX";
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_FREE char *text = NULL;
    struct vl_lab *lab;
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    (void)close(fd);
    assert_true(asprintf(&text,
                         "[lab]\nname = mesh\n[bridge]\naddress = 10.0.0.1/16\n[image pbx]\n"
                         "base = build:debian-asterisk\n[pbx hub]\nrole = hub\n[pbx g]\ncount = %u\n"
                         "address = 10.0.1.1\n",
                         guests) > 0);
    write_whole(path, text);
    lab = vl_lab_load(path, SHARE, &err);
    (void)unlink(path);
    if (!lab)
        fail_msg("%s", vl_error_text(&err));
    return lab;
}

static double processor_seconds(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static struct cost measure(unsigned guests)
{
    double begun = processor_seconds(), edges = (double)guests * (guests - 1);
    VL_LAB_AUTO *lab = NULL;
    VL_STATE_AUTO state;
    VL_ERROR_AUTO err = { .code = VL_OK };
    struct cost cost;

    vl_memory_fail_after(-1);
    lab = load_mesh(guests);
    assert_int_equal(vl_state_open(&state, lab, "/nonexistent", NULL, &err), 0);
    for (size_t i = 0; i < lab->pbx_count; i++) {
        VL_ARENA_AUTO arena = { .blocks = NULL };
        struct vl_fileset set = { .count = 0 };

        vl_render_pbx(&arena, lab, &state, &lab->pbxs[i], VL_PART_TRUNK | VL_PART_DIALPLAN, &set);
        assert_false(arena.failed);
    }
    cost = (struct cost){ .seconds = (processor_seconds() - begun) / edges,
                          .allocations = (double)vl_memory_count() / edges,
                          .secrets = state.secret_count };
    return cost;
}

/* The best of some: what else the machine does makes it slower, never faster. */
static struct cost best_of(unsigned times, unsigned guests)
{
    struct cost best = measure(guests);

    while (--times) {
        struct cost next = measure(guests);

        if (next.seconds < best.seconds)
            best = next;
    }
    return best;
}

static void test_cost_of_a_trunk(void **unused)
{
    struct cost small = best_of(TIMES, SMALL), large = best_of(TIMES, LARGE);

    (void)unused;
    print_message("%.2f and %.2f us, %.2f and %.2f allocations\n", small.seconds * 1e6, large.seconds * 1e6,
                  small.allocations, large.allocations);
    assert_true(large.allocations < small.allocations * 1.3);
    if (TIMES > 1)
        assert_true(large.seconds < small.seconds * 2);
    assert_true(large.secrets < small.secrets * 5);
}

/* The largest that one section makes: prefixes of four digits, accounts that leave 8 to the telephone network. */
static void test_thousand(void **unused)
{
    VL_LAB_AUTO *lab = load_mesh(1000);
    const struct vl_pbx *first = vl_lab_pbx(lab, "g-01"), *last = vl_lab_pbx(lab, "g-1000");
    struct vl_trunk trunk;

    (void)unused;
    assert_string_equal(first->prefix, "1000");
    assert_string_equal(last->prefix, "1999");
    assert_string_equal(first->account, "7001");
    assert_string_equal(last->account, "71000");
    assert_true(vl_lab_trunk(lab, last, first, &trunk));
    assert_string_equal(trunk.name, "1999000");
    assert_true(vl_lab_trunk(lab, first, last, &trunk));
    assert_string_equal(trunk.name, "1000998");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cost_of_a_trunk),
        cmocka_unit_test(test_thousand),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
