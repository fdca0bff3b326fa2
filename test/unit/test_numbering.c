/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The numbering plans of share/numbering against numbers that exist: test/numbering/COUNTRY.txt says for each of them
 * which class it belongs to, or that none may take it. A number belongs to the first class, in the order of the
 * dialplan, that has a pattern for it. The matcher here is one of its own, so that it shares no mistake with the one
 * of the library.
 */
#include "support.h"

#include <glob.h>

#include "base/cleanup.h"
#include "lab/schema.h"

enum { EXAMPLES_OF_A_CLASS = 2, EXAMPLES_OF_NONE = 5 };

/* A set in brackets: whether it has the digit; *set is moved to its end. */
static bool in_set(const char **set, char digit)
{
    bool found = false;
    const char *p = *set + 1;

    for (; *p && *p != ']'; p++) {
        if (p[1] == '-' && p[2] != ']') {
            found |= digit >= p[0] && digit <= p[2];
            p += 2;
        } else {
            found |= *p == digit;
        }
    }
    *set = p;
    return found;
}

static bool matches(const char *pattern, const char *number)
{
    if (*pattern != '_')
        return !strcmp(pattern, number);
    for (pattern++; *pattern; pattern++, number++) {
        if (*pattern == '!' || (*pattern == '.' && *number))
            return true;
        if (!*number)
            return false;
        if (*pattern == '['   ? !in_set(&pattern, *number)
            : *pattern == 'X' ? !strchr("0123456789", *number)
            : *pattern == 'Z' ? !strchr("123456789", *number)
            : *pattern == 'N' ? !strchr("23456789", *number)
                              : *pattern != *number)
            return false;
    }
    return !*number;
}

static const char *class_of(const struct vl_lab *lab, const char *number)
{
    for (size_t i = 0; i < lab->route_count; i++)
        for (const char *const *pattern = lab->routes[i].patterns; *pattern; pattern++)
            if (matches(*pattern, number))
                return lab->routes[i].name;
    return "-";
}

static struct vl_lab *lab_of(const char *country, const char *more)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    char *directory = make_directory();
    VL_FREE char *path = NULL, *text = NULL;
    struct vl_lab *lab;

    assert_true(asprintf(&path, "%s/lab.ini", directory) > 0);
    assert_true(asprintf(&text,
                         "[lab]\nname=numbers\ncountry=%s\n[bridge]\naddress=10.1.1.1/24\n[pbx hub]\nrole=hub\n%s",
                         country, more) > 0);
    write_whole(path, text);
    lab = vl_lab_load(path, SOURCE_DIRECTORY "/share", &err);
    if (!lab)
        fail_msg("%s", vl_error_text(&err));
    remove_tree(directory);
    free(directory);
    return lab;
}

/* The examples of one class, counted; `-` counts those of none. */
static unsigned check_examples(const struct vl_lab *lab, const char *text, const char *class, unsigned *wrong)
{
    VL_FREE char *copy = strdup(text);
    char *rest = copy, *line;
    unsigned count = 0;

    while ((line = strsep(&rest, "\n"))) {
        char *wanted = strchr(line, ' ');

        if (!*line || *line == '#')
            continue;
        assert_non_null(wanted);
        *wanted++ = '\0';
        if (strcmp(wanted, class) != 0)
            continue;
        count++;
        if (strcmp(class_of(lab, line), class) != 0) {
            print_error("%s: %s is of class %s, wanted %s\n", lab->country, line, class_of(lab, line), class);
            ++*wrong;
        }
    }
    return count;
}

static unsigned lines_in(const char *text)
{
    unsigned count = 0;

    for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
        count += *line != '#' && *line != '\n';
    return count;
}

static void check_plan(const char *path, unsigned *wrong)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };
    const char *country = vl_arena_strndup(&arena, strrchr(path, '/') + 1, strlen(strrchr(path, '/')) - 5);
    VL_LAB_AUTO *lab = lab_of(country, "");
    VL_FREE char *text = read_whole(vl_arena_printf(&arena, "%s/test/numbering/%s.txt", SOURCE_DIRECTORY, country));
    struct vl_raw_file plan;
    unsigned seen, count;

    assert_int_equal(vl_raw_read_plan(&arena, path, &plan, &err), 0);
    assert_true(plan.plan.source && strlen(plan.plan.source) > 10);
    assert_non_null(plan.plan.name);
    assert_non_null(plan.plan.zone);
    assert_true(lab->routes[0].emergency);
    seen = check_examples(lab, text, "-", wrong);
    assert_true(seen >= EXAMPLES_OF_NONE);
    for (size_t i = 0; i < lab->route_count; i++) {
        const struct vl_route *route = &lab->routes[i];

        assert_false(route->emergency && (route->pin || route->pin_secret || route->barred));
        assert_int_equal(route->barred, !strcmp(route->name, "premium"));
        count = check_examples(lab, text, route->name, wrong);
        if (count < EXAMPLES_OF_A_CLASS && !route->emergency)
            fail_msg("%s: the class %s has %u examples", country, route->name, count);
        seen += count;
    }
    /* no example is of a class that is not there */
    assert_int_equal(seen, lines_in(text));
}

static void test_plans(void **state)
{
    unsigned wrong = 0;
    glob_t files;

    (void)state;
    assert_int_equal(glob(SOURCE_DIRECTORY "/share/numbering/*.ini", 0, NULL, &files), 0);
    assert_true(files.gl_pathc >= 8);
    for (size_t i = 0; i < files.gl_pathc; i++)
        check_plan(files.gl_pathv[i], &wrong);
    globfree(&files);
    assert_int_equal(wrong, 0);
}

/* A look at the matcher itself: what it must not let through. */
static void test_matcher(void **state)
{
    (void)state;
    assert_true(matches("911", "911"));
    assert_false(matches("911", "9110"));
    assert_true(matches("_0[2-7]X", "025"));
    assert_false(matches("_0[2-7]X", "085"));
    assert_false(matches("_0[2-7]X", "02"));
    assert_true(matches("_00Z.", "0012"));
    assert_false(matches("_00Z.", "001"));
    assert_false(matches("_00Z.", "0002"));
    assert_true(matches("_00!", "00"));
    assert_true(matches("_[13-5]", "3"));
    assert_false(matches("_[13-5]", "2"));
    assert_false(matches("_N", "1"));
}

/* Premium numbers are nobody's, unless a class of service names them; emergency numbers are everybody's. */
static void test_who_may_call_what(void **state)
{
    static const struct {
        const char *class, *route;
        bool allowed;
    } cases[] = {
        { "everything", "premium", false }, { "everything", "internacional", true },
        { "chief", "premium", true },       { "chief", "celular", true },
        { "near", "local", true },          { "near", "celular", false },
        { "near", "premium", false },       { "near", "emergencia", true },
        { "nothing", "local", false },      { "nothing", "emergencia", true },
        { NULL, "premium", false },         { NULL, "internacional", true },
        { NULL, "emergencia", true },
    };
    VL_LAB_AUTO *lab = lab_of("ec", "[class everything]\nroutes=all\n[class chief]\nroutes=all, premium\n"
                                    "[class near]\nroutes=local\n[class nothing]\nroutes=none\n");

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct vl_class *class = NULL;
        const struct vl_route *route = NULL;

        for (size_t j = 0; j < lab->class_count; j++)
            if (cases[i].class && !strcmp(lab->classes[j].name, cases[i].class))
                class = &lab->classes[j];
        for (size_t j = 0; j < lab->route_count; j++)
            if (!strcmp(lab->routes[j].name, cases[i].route))
                route = &lab->routes[j];
        assert_non_null(route);
        assert_true(!cases[i].class || class);
        if (vl_class_allows(class, route) != cases[i].allowed)
            fail_msg("class %s, route %s", cases[i].class ? cases[i].class : "(none)", cases[i].route);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_matcher),
        cmocka_unit_test(test_plans),
        cmocka_unit_test(test_who_may_call_what),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
