/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A digit map accepts what the patterns accept that it was made of: every number of up to five digits, and longer ones
 * made at random from the patterns, right and wrong. Both matchers here are written from the documents: Asterisk's
 * patterns, and "Dial Plans" of the SPA administration guide.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ctype.h>
#include <glob.h>
#include <unistd.h>

#include "base/text.h"
#include "lab_fixture.h"
#include "render/digit_map.h"
#include "render/phone.h"

static const char *const none[] = { NULL };

static bool in_set(const char *set, size_t length, char c)
{
    for (size_t i = 0; i < length; i++) {
        if (i + 2 < length && set[i + 1] == '-') {
            if (c >= set[i] && c <= set[i + 2])
                return true;
            i += 2;
        } else if (set[i] == c) {
            return true;
        }
    }
    return false;
}

static bool asterisk_matches(const char *pattern, const char *number)
{
    if (*pattern != '_')
        return !strcmp(pattern, number);
    for (pattern++; *pattern; number++) {
        const char *close = *pattern == '[' ? strchr(pattern, ']') : NULL;
        bool fits;

        if (*pattern == '!')
            return true;
        if (*pattern == '.')
            return *number != '\0';
        if (close)
            fits = in_set(pattern + 1, (size_t)(close - pattern - 1), *number);
        else if (strchr("XZN", *pattern))
            fits = *number >= (*pattern == 'X' ? '0' : *pattern == 'Z' ? '1' : '2') && *number <= '9';
        else
            fits = *pattern == *number;
        if (!fits || !*number)
            return false;
        pattern = close ? close + 1 : pattern + 1;
    }
    return !*number;
}

/* One sequence of a map, up to `|`, `)` or a timer. */
static bool sequence_matches(const char *sequence, const char *number)
{
    const char *element = sequence, *behind;
    bool fits;

    if (strchr("|)S", *element))
        return !*number;
    behind = *element == '[' ? strchr(element, ']') + 1 : element + 1;
    if (*element == '[')
        fits = *number && in_set(element + 1, (size_t)(behind - element - 2), *number);
    else
        fits = *element == 'x' ? isdigit((unsigned char)*number) != 0 : *number && *element == *number;
    if (*behind == '.')
        return sequence_matches(behind + 1, number) || (fits && sequence_matches(element, number + 1));
    return fits && sequence_matches(behind, number + 1);
}

static bool map_matches(const char *map, const char *number)
{
    for (const char *sequence = map + 1; sequence; sequence = strchr(sequence, '|')) {
        sequence += *sequence == '|';
        if (sequence_matches(sequence, number))
            return true;
    }
    return false;
}

static bool patterns_match(const char *const *patterns, const char *number)
{
    for (; *patterns; patterns++)
        if (asterisk_matches(*patterns, number))
            return true;
    return false;
}

static size_t accepted;

static void compare(const char *const *patterns, const char *map, const char *number)
{
    bool wanted = patterns_match(patterns, number);

    accepted += wanted;
    if (map_matches(map, number) != wanted)
        fail_msg("%s is %s by the patterns, and not so by %s", number, wanted ? "accepted" : "refused", map);
}

static unsigned random_number(unsigned below)
{
    unsigned value;

    (void)lab_fixture_random(&value, sizeof(value));
    return (value >> 8) % below;
}

/* A number that the pattern accepts, now and then with a wrong digit, one too few or one too many. */
static void make_number(const char *pattern, char *number, size_t size)
{
    size_t length = 0;

    for (pattern += *pattern == '_'; *pattern && length + 8 < size; pattern++) {
        if (*pattern == '.' || *pattern == '!')
            for (unsigned more = random_number(6); more; more--)
                number[length++] = (char)('0' + random_number(10));
        else if (*pattern == '[') {
            number[length++] = pattern[1];
            pattern = strchr(pattern, ']');
        } else
            number[length++] = isdigit((unsigned char)*pattern) ? *pattern : (char)('0' + random_number(10));
    }
    if (length && random_number(4) == 0)
        number[random_number((unsigned)length)] = (char)('0' + random_number(10));
    if (length && random_number(8) == 0)
        length--;
    if (random_number(8) == 0)
        number[length++] = (char)('0' + random_number(10));
    number[length] = '\0';
}

/* Under a sanitizer, which has nothing to find here in the ten-thousandth, a comparison takes up to thirty times as
 * long. */
#if SANITIZED
enum { LONGEST_OF_ALL = 3, LONGER_ONES = 2000 };
#else
enum { LONGEST_OF_ALL = 5, LONGER_ONES = 50000 };
#endif

static void compare_all(const char *const *patterns, const char *map)
{
    static const unsigned powers[] = { 1, 10, 100, 1000, 10000, 100000 };
    size_t count = 0;
    char number[128];

    for (int length = 1; length <= LONGEST_OF_ALL; length++)
        for (unsigned value = 0; value < powers[length]; value++) {
            (void)snprintf(number, sizeof(number), "%0*u", length, value);
            compare(patterns, map, number);
        }
    while (patterns[count])
        count++;
    for (unsigned i = 0; i < LONGER_ONES; i++) {
        make_number(patterns[random_number((unsigned)count)], number, sizeof(number));
        if (*number)
            compare(patterns, map, number);
    }
}

static const char *map_of(struct vl_arena *arena, const char *const *patterns, const char *const *urgent)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    const char *map = vl_digit_map(arena, patterns, urgent, 2047, &err);

    if (!map)
        fail_msg("%s", vl_error_text(&err));
    return map;
}

static void test_syntax(void **unused)
{
    static const struct {
        const char *patterns, *urgent, *map;
    } cases[] = {
        { "911", "911", "(911S0)" },
        { "911 _NXXXXXX", "911", "(911S1|[2-9]xxxxxx)" },
        { "911 _00X.", "", "(911|00xxx.)" },
        { "_00!", "", "(00x.)" },
        { "_X!", "", "(xx.)" },
        { "7001 7002 7003 7010", "", "(700[1-3]|7010)" },
        { "1500 _1XXX 1999", "", "(1xxx)" },
        { "_[13]XX _2XX", "", "([1-3]xx)" },
        { "_[1-3]ZN _5[0-25]", "", "([1-3][1-9][2-9]|5[0-25])" },
        { "*97 _*9[78]", "", "(*9[78])" },
        { "s i t h failed _[a-c]X", "", "()" },
        { "_0-9-X 1-2", "", "(09x|12)" },
    };

    (void)unused;
    for (size_t i = 0; i < VL_COUNT(cases); i++) {
        VL_ARENA_AUTO arena = { .blocks = NULL };

        assert_string_equal(
            map_of(&arena, vl_text_split(&arena, cases[i].patterns, " "), vl_text_split(&arena, cases[i].urgent, " ")),
            cases[i].map);
    }
}

/* Patterns at random. */
static void test_random(void **unused)
{
    (void)unused;
    for (unsigned round = 0; round < 60; round++) {
        static const char *const parts[] = { "X", "Z", "N", "[2-5]", "[079]", "1", "0", "8", "9" };
        VL_ARENA_AUTO arena = { .blocks = NULL };
        const char *patterns[9] = { NULL };

        lab_fixture_seed = round;
        for (unsigned i = 0; i < 8; i++) {
            patterns[i] = "_";
            for (unsigned length = 1 + random_number(5); length; length--)
                patterns[i] = vl_arena_printf(&arena, "%s%s", patterns[i], parts[random_number(VL_COUNT(parts))]);
            if (random_number(4) == 0)
                patterns[i] = vl_arena_printf(&arena, "%s%s", patterns[i], random_number(2) ? "." : "!");
        }
        compare_all(patterns, map_of(&arena, patterns, none));
    }
}

/* A map that the phone would cut off is an error and not a smaller map. */
static void test_limit(void **unused)
{
    static const char *const patterns[] = { "1234", "5678", "_9[13]5[13]", NULL };
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };

    (void)unused;
    assert_null(vl_digit_map(&arena, patterns, none, 20, &err));
    assert_non_null(strstr(vl_error_text(&err), "the phone keeps 20"));
}

static void test_collect(void **unused)
{
    static const char text[] = "[globals](+)\nA=1\n"
                               "[inner]\nexten => 100,1,Answer()\nsame => n,VoiceMailMain(@x)\n"
                               "exten => 101,hint,SIP/101\nexten => 102,2,NoOp()\nexten => s,1,NoOp()\n"
                               "[other]\nexten => 999,1,NoOp()\n"
                               "[start]\ninclude => inner\ninclude => missing\ninclude => start\n"
                               "exten => _1XX/123,1,NoOp()\nexten => 100,1,NoOp()\n";
    VL_ARENA_AUTO arena = { .blocks = NULL };
    struct vl_dialable found;

    (void)unused;
    vl_dialable_collect(&arena, text, "start", &found);
    assert_string_equal(found.patterns[0], "_1XX/123");
    assert_string_equal(found.patterns[1], "100");
    assert_string_equal(found.patterns[2], "s");
    assert_null(found.patterns[3]);
    assert_string_equal(found.voicemail, "100");
    vl_dialable_collect(&arena, text, "nowhere", &found);
    assert_null(found.patterns[0]);
    assert_null(found.voicemail);
}

static void check_phone(struct lab_fixture *fixture, const struct vl_phone *phone)
{
    const char *extensions = lab_fixture_text(fixture, phone->pbx->name, "voiplab_extensions.conf");
    const char *context = vl_render_our_context(&fixture->arena, fixture->lab, &fixture->state, phone->pbx);
    VL_ERROR_AUTO err = { .code = VL_OK };
    struct vl_dialable found;
    const char *map = vl_render_phone_digit_map(&fixture->arena, fixture->lab, &fixture->state, phone, &err);

    if (!map)
        fail_msg("%s", vl_error_text(&err));
    vl_dialable_collect(&fixture->arena, extensions, context, &found);
    accepted = 0;
    compare_all(found.patterns, map);
    assert_true(accepted > LONGER_ONES / 50);
    for (size_t i = 0; i < fixture->lab->route_count; i++)
        /* a class that nobody may call without being allowed to is not in the dialplan of the telephone's PBX */
        for (const char *const *pattern = fixture->lab->routes[i].patterns; *pattern && !fixture->lab->routes[i].barred;
             pattern++)
            for (unsigned round = 0; round < 50; round++) {
                char number[128];

                make_number(*pattern, number, sizeof(number));
                if (asterisk_matches(*pattern, number) && !map_matches(map, number))
                    fail_msg("%s: %s of [%s] is not in %s", fixture->lab->country, number, fixture->lab->routes[i].name,
                             map);
            }
}

/* Every telephone of the labs, with every numbering plan that there is. */
static void test_plans(void **unused)
{
    VL_FREE char *lab = NULL;
    VL_ERROR_AUTO err = { .code = VL_OK };
    glob_t plans;

    (void)unused;
    assert_int_equal(vl_file_read(SOURCE_DIRECTORY "/test/unit/data/phones.ini", 1 << 16, &lab, NULL, &err), 0);
    assert_int_equal(glob(SOURCE_DIRECTORY "/share/numbering/*.ini", 0, NULL, &plans), 0);
    for (size_t i = 0; i < plans.gl_pathc; i++) {
        const char *country = strrchr(plans.gl_pathv[i], '/') + 1;
        VL_ARENA_AUTO arena = { .blocks = NULL };
        char path[] = "/tmp/voiplab-test-XXXXXX";
        int descriptor = mkstemp(path);
        const char *text = vl_arena_printf(&arena, "%.*scountry = %.*s%s", (int)(strstr(lab, "country") - lab), lab,
                                           (int)(strlen(country) - 4), country, strchr(strstr(lab, "country"), '\n'));

        assert_true(descriptor >= 0 && write(descriptor, text, strlen(text)) == (ssize_t)strlen(text));
        (void)close(descriptor);
        {
            LAB_FIXTURE_AUTO *fixture = lab_fixture_open(path);

            (void)unlink(path);
            assert_int_equal(fixture->lab->phone_count, 2);
            check_phone(fixture, &fixture->lab->phones[0]);
            check_phone(fixture, &fixture->lab->phones[1]);
        }
    }
    globfree(&plans);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_syntax),  cmocka_unit_test(test_random), cmocka_unit_test(test_limit),
        cmocka_unit_test(test_collect), cmocka_unit_test(test_plans),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
