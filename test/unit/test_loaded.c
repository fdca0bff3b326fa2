/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whether Asterisk has read a file since it changed, of a target on whose clock each question takes time: a busy one is
 * not to be told to load again what it has loaded.
 */
#include "support.h"

#include "base/cleanup.h"
#include "plan/loaded.h"

enum { WRITTEN = 1000, LOADED = 1001 };

/* Its Asterisk has loaded its files at LOADED. */
struct busy_target {
    struct vl_target base;
    long long now;     /* its clock */
    long long takes;   /* what each question takes, in seconds */
    long long changed; /* when the file was written */
    bool tells;        /* an answer comes with the clock */
    bool without_date; /* date(1) does not work there */
};

static int busy_facts(struct vl_target *target, const char *path, struct vl_path_facts *ret_facts, struct vl_error *err)
{
    struct busy_target *busy = (struct busy_target *)target;

    (void)err;
    *ret_facts = (struct vl_path_facts){ .kind = VL_PATH_FILE,
                                         .changed = !strcmp(path, "/proc/self") ? busy->now : busy->changed };
    busy->now += busy->takes;
    return 0;
}

static int busy_run(struct vl_target *target, const char *const *argv, const char *input, int timeout_ms,
                    struct vl_command_result *ret_result, struct vl_error *err)
{
    struct busy_target *busy = (struct busy_target *)target;
    char *output = NULL;
    int length;

    (void)input;
    (void)timeout_ms;
    (void)err;
    busy->now += busy->takes;
    if (!strcmp(argv[0], "date"))
        length = asprintf(&output, "%lld\n", busy->now);
    else if (strstr(argv[2], "uptime"))
        length = asprintf(&output, "System uptime: 100000\nLast reload: %lld\n", busy->now - LOADED);
    else
        length = asprintf(&output, "chan_sip.so  SIP  0  Running  core\n1 modules loaded\n");
    assert_true(length > 0);
    *ret_result =
        (struct vl_command_result){ .status = !strcmp(argv[0], "date") && busy->without_date, .output = output };
    busy->now += busy->takes;
    ret_result->answered = busy->tells ? busy->now : 0;
    return 0;
}

static int busy_read(struct vl_target *target, const char *path, char **ret_text, mode_t *ret_mode,
                     struct vl_error *err)
{
    (void)target;
    (void)ret_text;
    (void)ret_mode;
    return vl_fail(err, VL_ERROR_NOTFOUND, "no '%s'", path);
}

static const struct vl_target_ops busy_ops = { .read = busy_read, .facts = busy_facts, .run = busy_run };

static struct vl_file file = {
    .path = "/etc/asterisk/sip.conf", .kind = VL_FILE_WHOLE, .text = "", .reload = VL_RELOAD_SIP
};

static bool is_older(struct busy_target busy, bool *ret_known)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    struct vl_loaded loaded = { .known = false };
    const struct vl_fileset set = { .files = &file, .count = 1 };

    busy.base = (struct vl_target){ .ops = &busy_ops, .name = "virtual1" };
    vl_loaded_learn(&arena, &busy.base, &set, &loaded);
    *ret_known = loaded.known;
    return vl_loaded_is_older(&loaded, &busy.base, &file);
}

/* Read a second after it was written: however slow the host is, now as in an hour. */
static void test_slow_target(void **state)
{
    bool known;

    (void)state;
    for (unsigned tells = 0; tells < 2; tells++)
        for (long long takes = 0; takes <= 20; takes += 5) {
            const struct busy_target busy = { .now = 5000, .takes = takes, .changed = WRITTEN, .tells = tells };

            assert_false(is_older(busy, &known));
            assert_true(known);
        }
}

static void test_changed_since(void **state)
{
    bool known;

    (void)state;
    for (unsigned tells = 0; tells < 2; tells++) {
        struct busy_target busy = { .now = 5000, .takes = 5, .changed = LOADED + 60, .tells = tells };

        assert_true(is_older(busy, &known));
        busy.changed = 6000; /* its clock was put back */
        assert_false(is_older(busy, &known));
    }
}

static void test_no_clock(void **state)
{
    bool known;

    (void)state;
    assert_false(is_older((struct busy_target){ .now = 5000, .changed = LOADED + 60, .without_date = true }, &known));
    assert_false(known);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_slow_target),
        cmocka_unit_test(test_changed_since),
        cmocka_unit_test(test_no_clock),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
