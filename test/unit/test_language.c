/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Languages of extension names: what they hold against the matcher, whether one is held by a union of others against
 * all short numbers. A `no` has to come with a number that shows it, so both answers are checked.
 */
#include "support.h"

#include "dialplan/pattern.h"
#include "lint/cover.h"

static const char alphabet[] = "0129a*";
enum { LETTERS = sizeof(alphabet) - 1, LONGEST = 4, MEMBERS_MOST = 7 };

/* A random name: mostly patterns, of few characters so that they often meet. */
static void make_name(struct generator *generator, char *name)
{
    static const char *const cells[] = {
        "X", "Z", "N", "0", "1", "2", "9", "[12]", "[0-2]", "[29a]", "a", "*", "-", "x"
    };
    size_t count = choose(generator, LONGEST + 1), kind = choose(generator, 8);

    name[0] = '\0';
    if (kind)
        (void)stpcpy(name, "_");
    for (size_t i = 0; i < count; i++) {
        const char *cell = cells[choose(generator, kind ? sizeof(cells) / sizeof(cells[0]) : 1)];

        if (!kind) {
            char one[2] = { alphabet[choose(generator, LETTERS)], '\0' };

            (void)stpcpy(name + strlen(name), one);
        } else {
            (void)stpcpy(name + strlen(name), cell);
        }
    }
    if (kind == 1)
        (void)stpcpy(name + strlen(name), ".");
    if (kind == 2)
        (void)stpcpy(name + strlen(name), "!");
}

/* The n-th number over the alphabet, by length and then in order; false when there are no more. */
static bool nth_number(size_t n, char *number)
{
    size_t length = 0, of_length = 1;

    while (n >= of_length) {
        n -= of_length;
        of_length *= LETTERS;
        if (++length > LONGEST + 1)
            return false;
    }
    for (size_t i = 0; i < length; i++, n /= LETTERS)
        number[i] = alphabet[n % LETTERS];
    number[length] = '\0';
    return true;
}

static void holds_what_matches(void **state)
{
    static const char *const names[] = { "911",      "9-1-1", "_9X-1", "_X.",  "_X!",   "_.", "_!",
                                         "_[",       "_1[]2", "_[]",   "_1[]", "_1[]!", "_",  "_N[n]",
                                         "_n[2-4a]", "_[5-]", "_1.23", "_Z!9", "_[9-1]" };
    static const char *const numbers[] = { "",   "9",  "911", "91-1", "5",  "-", "15", "2n",
                                           "n2", "12", "4a",  "1.23", "1x", "_", "5-" };
    VL_ARENA_AUTO arena = { .blocks = NULL };

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct vl_numbers language = vl_numbers_of(&arena, names[i]);

        for (size_t j = 0; j < sizeof(numbers) / sizeof(numbers[0]); j++) {
            bool matches = numbers[j][0] != '_' && vl_pattern_matches(names[i], numbers[j]);

            if (numbers[j][0] != '_' && vl_numbers_has(&language, numbers[j]) != matches)
                fail_msg("'%s' and '%s': the matcher says %d", names[i], numbers[j], matches);
        }
    }
}

static void random_names_hold_what_matches(void **state)
{
    struct generator generator = { .state = 0x4c616e67 };

    (void)state;
    for (int round = 0; round < 2000; round++) {
        VL_ARENA_AUTO arena = { .blocks = NULL };
        char name[64], number[LONGEST + 3];
        struct vl_numbers language;

        make_name(&generator, name);
        language = vl_numbers_of(&arena, name);
        for (size_t n = 0; nth_number(n, number) && n < 400; n++)
            if (vl_numbers_has(&language, number) != vl_pattern_matches(name, number))
                fail_msg("'%s' and '%s'", name, number);
    }
}

struct world {
    struct vl_arena arena;
    char names[MEMBERS_MOST][64], asked[64];
    struct vl_numbers members[MEMBERS_MOST], language;
    size_t count;
};

static bool member_has(const struct world *world, const char *number)
{
    for (size_t i = 0; i < world->count; i++)
        if (vl_numbers_has(&world->members[i], number))
            return true;
    return false;
}

static void describe(const struct world *world, const char *what, const char *number)
{
    for (size_t i = 0; i < world->count; i++)
        print_message("member '%s'\n", world->names[i]);
    fail_msg("'%s': %s '%s'", world->asked, what, number);
}

static void make_world(struct world *world, struct generator *generator)
{
    *world = (struct world){ .count = 1 + choose(generator, MEMBERS_MOST) };
    for (size_t i = 0; i < world->count; i++) {
        make_name(generator, world->names[i]);
        world->members[i] = vl_numbers_of(&world->arena, world->names[i]);
    }
    make_name(generator, world->asked);
    world->language = vl_numbers_of(&world->arena, world->asked);
}

static enum vl_covered check_world(struct world *world)
{
    struct vl_cover cover = { .arena = &world->arena };
    const char *lacks = NULL;
    const void *tag = NULL;
    enum vl_covered covered;
    char number[LONGEST + 3];

    for (size_t i = 0; i < world->count; i++)
        vl_cover_add(&cover, &world->members[i], world->names[i]);
    covered = vl_cover_holds(&cover, &world->language, &tag, &lacks);
    if (covered == VL_COVERED_NO) {
        assert_non_null(lacks);
        if (!vl_numbers_has(&world->language, lacks) || member_has(world, lacks))
            describe(world, "not held, but the number to show it is wrong:", lacks);
    } else if (covered == VL_COVERED_YES) {
        assert_non_null(tag);
        for (size_t n = 0; nth_number(n, number); n++)
            if (vl_numbers_has(&world->language, number) && !member_has(world, number))
                describe(world, "said to be held, but no member has", number);
    }
    return covered;
}

static void unions_against_all_short_numbers(void **state)
{
    struct generator generator = { .state = 0x436f766572 };
    size_t held = 0, open = 0;

    (void)state;
    for (int round = 0; round < 4000; round++) {
        struct world world;
        enum vl_covered covered;

        make_world(&world, &generator);
        covered = check_world(&world);
        held += covered == VL_COVERED_YES;
        open += covered == VL_COVERED_NO;
        vl_arena_free(&world.arena);
    }
    print_message("%zu held, %zu not held\n", held, open);
    assert_true(held > 200 && open > 200); /* else the test looks at nothing */
}

static void unions_that_a_person_writes(void **state)
{
    static const struct {
        const char *asked;
        const char *members[6];
        enum vl_covered covered;
    } cases[] = {
        { "911", { "_9XX" }, VL_COVERED_YES },
        { "911", { "_9X[02-9]" }, VL_COVERED_NO },
        { "_X", { "_X!" }, VL_COVERED_YES },
        { "_X!", { "_X." }, VL_COVERED_NO }, /* one digit */
        { "_X!", { "_X.", "_X" }, VL_COVERED_YES },
        { "_NXX", { "_[2-5]XX", "_[6-9]XX" }, VL_COVERED_YES },
        { "_NXX", { "_[2-5]XX", "_[7-9]XX" }, VL_COVERED_NO },
        { "_[12]", { "1", "2" }, VL_COVERED_YES },
        { "_X.", { "_0.", "_Z.", "_X" }, VL_COVERED_YES },
        { "_X.", { "_0X.", "_ZX." }, VL_COVERED_NO }, /* "0a" */
        { "_.", { "_X." }, VL_COVERED_NO },
        { "_XXXX", { "_XX!" }, VL_COVERED_YES },
        { "_1[", { "_X." }, VL_COVERED_UNKNOWN }, /* holds nothing at all */
        { "_9-1", { "91" }, VL_COVERED_YES },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        VL_ARENA_AUTO arena = { .blocks = NULL };
        struct vl_cover cover = { .arena = &arena };
        struct vl_numbers asked = vl_numbers_of(&arena, cases[i].asked);

        for (size_t j = 0; cases[i].members[j]; j++) {
            struct vl_numbers member = vl_numbers_of(&arena, cases[i].members[j]);

            vl_cover_add(&cover, &member, cases[i].members[j]);
        }
        if (vl_cover_holds(&cover, &asked, NULL, NULL) != cases[i].covered)
            fail_msg("'%s' in '%s' and others", cases[i].asked, cases[i].members[0]);
    }
}

static void two_names_meet(void **state)
{
    struct generator generator = { .state = 0x4d656574 };

    (void)state;
    for (int round = 0; round < 4000; round++) {
        VL_ARENA_AUTO arena = { .blocks = NULL };
        char left[64], right[64], number[LONGEST + 3];
        const char *both = NULL;
        struct vl_numbers a, b;

        make_name(&generator, left);
        make_name(&generator, right);
        a = vl_numbers_of(&arena, left);
        b = vl_numbers_of(&arena, right);
        if (vl_numbers_meet(&a, &b, &arena, &both)) {
            if (!vl_numbers_has(&a, both) || !vl_numbers_has(&b, both))
                fail_msg("'%s' and '%s' do not both have '%s'", left, right, both);
        } else {
            for (size_t n = 0; nth_number(n, number); n++)
                if (vl_numbers_has(&a, number) && vl_numbers_has(&b, number))
                    fail_msg("'%s' and '%s' both have '%s'", left, right, number);
        }
    }
}

/* Patterns that fall into pieces at every cell do not stop the program. */
static void hard_questions_end(void **state)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    struct vl_cover cover = { .arena = &arena };
    struct vl_numbers asked = vl_numbers_of(&arena, "_XXXXXXXXXXXXXXXXXXXXXXXX");
    struct generator generator = { .state = 7 };

    (void)state;
    for (int i = 0; i < 400; i++) {
        char name[128] = "_", *end = name + 1;
        struct vl_numbers member;

        for (int j = 0; j < 24; j++)
            end = stpcpy(end, choose(&generator, 12) ? "X" : choose(&generator, 2) ? "[0-8]" : "[1-9]");
        member = vl_numbers_of(&arena, name);
        vl_cover_add(&cover, &member, NULL);
    }
    (void)vl_cover_holds(&cover, &asked, NULL, NULL);
}

/* What several questions may look at together; then there is no answer, and no wrong one. */
static void questions_share_a_limit(void **state)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    struct vl_numbers wide = vl_numbers_of(&arena, "_XXX"), narrow = vl_numbers_of(&arena, "_12X");
    long work_left = 5;
    struct vl_cover cover = { .arena = &arena, .work_left = &work_left };
    int answers = 0;

    (void)state;
    vl_cover_add(&cover, &wide, &wide);
    while (vl_cover_holds(&cover, &narrow, NULL, NULL) == VL_COVERED_YES && answers < 10)
        answers++;
    assert_in_range(answers, 1, 5);
    assert_int_equal(vl_cover_holds(&cover, &narrow, NULL, NULL), VL_COVERED_UNKNOWN);
    assert_true(work_left < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(holds_what_matches),
        cmocka_unit_test(random_names_hold_what_matches),
        cmocka_unit_test(unions_that_a_person_writes),
        cmocka_unit_test(unions_against_all_short_numbers),
        cmocka_unit_test(two_names_meet),
        cmocka_unit_test(hard_questions_end),
        cmocka_unit_test(questions_share_a_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
