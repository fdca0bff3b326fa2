/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A host whose commands are run by another way than SSH has all that one over SSH has: files, what is asked ahead,
 * batches. Here the way is this host itself.
 */
#include "support.h"

#include "base/cleanup.h"
#include "base/process.h"
#include "machine/target.h"

struct way {
    unsigned count; /* of the commands */
    bool closed, broken;
};

static int execute_here(void *context, const char *const *argv, const char *input, size_t limit, int timeout_ms,
                        int *ret_status, struct vl_buf *output, struct vl_buf *errors, struct vl_error *err)
{
    struct way *way = context;
    const struct vl_process_options options = { .input = input, .timeout_ms = timeout_ms, .output_limit = limit };
    VL_PROCESS_RESULT_AUTO result = { .status = -1 };

    way->count++;
    if (way->broken)
        return vl_fail(err, VL_ERROR_TIMEOUT, "it says nothing");
    if (vl_process_run(argv, &options, &result, err) < 0)
        return -1;
    *ret_status = result.status;
    vl_buf_puts(output, result.output);
    vl_buf_puts(errors, result.errors);
    return 0;
}

static void close_way(void *context)
{
    struct way *way = context;

    way->closed = true;
}

static struct vl_target *open_way(struct way *way)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    struct vl_target *target = vl_target_by(
        "virtual1", &(struct vl_executor){ .execute = execute_here, .close = close_way, .context = way }, &err);

    assert_non_null(target);
    return target;
}

static void test_files(void **state)
{
    VL_FREE char *directory = make_directory(), *path = NULL, *text = NULL;
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_PATH_FACTS_AUTO facts = { .kind = VL_PATH_NONE };
    struct way way = { .count = 0 };
    struct vl_target *target = open_way(&way);
    mode_t mode;

    (void)state;
    assert_true(asprintf(&path, "%s/a b 'c'", directory) > 0);
    assert_int_equal(target->ops->write(target, path, "one\ntwo ä\n", 0640, NULL, &err), 0);
    vl_target_prefetch(target, &(struct vl_wanted){ .paths = (const char *const[]){ path, NULL } });
    way.count = 0;
    assert_int_equal(target->ops->read(target, path, &text, &mode, &err), 0);
    assert_string_equal(text, "one\ntwo ä\n");
    assert_int_equal(mode, 0640);
    assert_int_equal(target->ops->facts(target, path, &facts, &err), 0);
    assert_int_equal(facts.kind, VL_PATH_FILE);
    assert_int_equal(way.count, 0); /* asked ahead */
    assert_int_equal(target->ops->remove(target, path, &err), 0);
    assert_int_equal(way.count, 1);
    vl_target_close(target);
    assert_true(way.closed);
    remove_tree(directory);
}

static void test_commands(void **state)
{
    static const char *const argv[] = { "sh", "-c", "cat; exit 9", NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };
    struct vl_command_result result = { .status = -1 };
    struct way way = { .count = 0 };
    struct vl_target *target = open_way(&way);

    (void)state;
    target->patience_ms = 5000;
    assert_int_equal(target->ops->run(target, argv, "given\n", 1000, &result, &err), 0);
    assert_int_equal(result.status, 9);
    assert_string_equal(result.output, "given\n");
    assert_true(target->patience_ms > 0 && target->patience_ms <= 5000);
    vl_command_result_free(&result);

    /* After a failure it is left alone. */
    way.broken = true;
    assert_int_equal(target->ops->run(target, argv, NULL, 1000, &result, &err), -1);
    assert_string_equal(vl_error_text(&err), "it says nothing");
    vl_error_clear(&err);
    way.broken = false;
    way.count = 0;
    assert_int_equal(target->ops->run(target, argv, NULL, 1000, &result, &err), -1);
    assert_non_null(strstr(vl_error_text(&err), "is left alone since it failed before: it says nothing"));
    vl_target_prefetch(target, &(struct vl_wanted){ .commands = (const char *const[]){ "core show version", NULL } });
    assert_int_equal(way.count, 0);
    vl_target_close(target);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_commands),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
