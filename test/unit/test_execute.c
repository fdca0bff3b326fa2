/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Programs run in a guest by its agent: what is sent, and what comes of each kind of answer, true or not.
 *
 * ctest: COST 5 THREADS yes
 */
#include "hypervisor_bed.h"

#include "base/json.h"

enum { MOST = 4, TIMEOUT_MS = 400 };

/* An agent that gives these answers, the last one for ever, and keeps what it was asked. */
static struct {
    const char *answers[MOST + 1];
    size_t count; /* of the questions */
    char *first;
} script;

static char *scripted(struct _virDomain *domain, const char *command, int timeout_s, unsigned flags)
{
    size_t i = script.count < MOST ? script.count : MOST;

    (void)domain;
    assert_true(timeout_s > 0);
    assert_int_equal(flags, 0);
    while (i && !script.answers[i])
        i--;
    if (!script.count++) {
        free(script.first);
        script.first = strdup(command);
    } else {
        assert_string_equal(command, "{\"execute\": \"guest-exec-status\", \"arguments\": {\"pid\": 77}}");
    }
    return script.answers[i] ? strdup(script.answers[i]) : NULL;
}

static const char *const words[] = { "sh", "-c", "echo \"$1\"", "it's ä\n", NULL };

#define STARTED "{\"return\":{\"pid\":77}}"

static int execute(struct fixture *fixture, const char *second, const char *const *argv, const char *input,
                   struct vl_hypervisor_answer *answer)
{
    struct vl_hypervisor_ops table = *real;
    int rc;

    memset(script.answers, 0, sizeof(script.answers));
    script.answers[0] = second ? STARTED : NULL;
    script.answers[1] = "{\"return\":{\"exited\":false}}";
    script.answers[2] = second;
    script.count = 0;
    table.agent_command = scripted;
    (void)vl_hypervisor_set_ops(&table);
    rc =
        vl_hypervisor_execute(fixture->hypervisor, "virtual1", "tesis", argv, input, TIMEOUT_MS, answer, &fixture->err);
    (void)vl_hypervisor_set_ops(NULL);
    return rc;
}

static void begin(struct fixture *fixture)
{
    ok(fixture, vl_hypervisor_define(fixture->hypervisor, guest_xml(fixture, "virtual1", "tesis", 300 << 20),
                                     "virtual1", "tesis", &fixture->err));
    ok(fixture, vl_hypervisor_start(fixture->hypervisor, "virtual1", "tesis", &fixture->err));
}

static void test_ended(void **state)
{
    struct fixture *fixture = *state;
    VL_HYPERVISOR_ANSWER_AUTO answer = { .status = -1 };
    VL_JSON_VALUE_AUTO *sent = NULL;
    const struct vl_json_value *arguments;

    begin(fixture);
    ok(fixture, execute(fixture, "{\"return\":{\"exited\":true,\"exitcode\":3,\"out-data\":\"aGkAaGk=\"}}", words, "in",
                        &answer));
    assert_int_equal(answer.status, 3);
    assert_int_equal(answer.output_length, 5);
    assert_memory_equal(answer.output, "hi\0hi", 5);
    assert_null(answer.errors);
    assert_int_equal(script.count, 3);
    sent = vl_json_read(script.first, &fixture->err);
    assert_string_equal(vl_json_string_of(vl_json_member(sent, "execute")), "guest-exec");
    arguments = vl_json_member(sent, "arguments");
    assert_string_equal(vl_json_string_of(vl_json_member(arguments, "path")), "sh");
    assert_int_equal(vl_json_length(vl_json_member(arguments, "arg")), 3);
    for (size_t i = 0; i < 3; i++)
        assert_string_equal(vl_json_string_of(vl_json_element(vl_json_member(arguments, "arg"), i)), words[i + 1]);
    assert_string_equal(vl_json_string_of(vl_json_member(arguments, "input-data")), "aW4=");
}

static void test_by_signal(void **state)
{
    struct fixture *fixture = *state;
    VL_HYPERVISOR_ANSWER_AUTO answer = { .status = -1 };

    begin(fixture);
    ok(fixture,
       execute(fixture, "{\"return\":{\"exited\":true,\"signal\":9,\"err-data\":\"bm8K\"}}", words, NULL, &answer));
    assert_int_equal(answer.status, 128 + 9);
    assert_null(answer.output);
    assert_memory_equal(answer.errors, "no\n", 3);
    assert_null(strstr(script.first, "input-data"));
}

/* What the guest may answer instead. */
static void test_lies(void **state)
{
    static const struct {
        const char *answer, *said;
    } cases[] = {
        { "{\"return\":{\"exited\":true,\"exitcode\":0,\"out-data\":\"a*b\"}}", "gives what is no base64 as out-data" },
        { "{\"return\":{\"exited\":true}}", "has not ended within 0.4 s" },
        { "{\"return\":[1,2]}", "has not ended within 0.4 s" },
        { "\033]0;x\007", "has not ended within 0.4 s" },
        { "{\"return\":{\"exitcode\":\"0\"}}", "has not ended within 0.4 s" },
    };
    struct fixture *fixture = *state;
    VL_HYPERVISOR_ANSWER_AUTO answer = { .status = -1 };

    begin(fixture);
    for (size_t i = 0; i < VL_COUNT(cases); i++)
        refuses(fixture, execute(fixture, cases[i].answer, words, NULL, &answer), cases[i].said);
    ok(fixture, execute(fixture, "{\"return\":{\"exitcode\":1e300}}", words, NULL, &answer));
    assert_int_equal(answer.status, 255);
}

static void test_not_there(void **state)
{
    static const char *const no_utf8[] = { "echo", "\xe4", NULL };
    struct fixture *fixture = *state;
    VL_HYPERVISOR_ANSWER_AUTO answer = { .status = -1 };

    refuses(fixture, execute(fixture, "{}", words, NULL, &answer), "there is no domain 'virtual1'");
    begin(fixture);
    refuses(fixture, execute(fixture, NULL, words, NULL, &answer), "cannot ask the agent of domain 'virtual1'");
    refuses(fixture, execute(fixture, "{}", no_utf8, NULL, &answer), "no UTF-8");
    script.count = 0;
    ok(fixture, vl_hypervisor_stop(fixture->hypervisor, "virtual1", "tesis", 0, true, &fixture->err));
    refuses(fixture, execute(fixture, "{}", words, NULL, &answer), "does not run");
    assert_int_equal(script.count, 0);
    refuses(
        fixture,
        vl_hypervisor_execute(fixture->hypervisor, "test", "tesis", words, NULL, TIMEOUT_MS, &answer, &fixture->err),
        "does not carry the mark");
    free(script.first);
    script.first = NULL;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_ended, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_by_signal, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_lies, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_not_there, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
