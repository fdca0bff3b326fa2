/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a program may hand to the library, and what it must not: every mistake is an error, none ends the program.
 *
 * ctest: THREADS yes
 */
#include "support.h"

#include "api/needs.h"

#include "voiplab.h"

/* The lab that has no lab file. */
static voiplab_lab *open_none(void)
{
    struct voiplab_options options = VOIPLAB_OPTIONS_INIT;
    voiplab_lab *lab;

    options.share_directory = SOURCE_DIRECTORY "/share";
    options.state_directory = "/nonexistent/voiplab";
    lab = voiplab_open(&options, NULL);
    assert_non_null(lab);
    return lab;
}

/* The request fails with this status, and its message has these words. */
static void refused(const struct voiplab_request *request, enum voiplab_status wanted, const char *words)
{
    voiplab_lab *lab = open_none();
    voiplab_result *result = NULL;
    voiplab_error *error = NULL;
    enum voiplab_status status = voiplab_run(lab, request, &result, &error);

    if (status != wanted || !strstr(voiplab_error_message(error), words))
        fail_msg("status %d, '%s'; wanted %d, '%s'", (int)status, voiplab_error_message(error), (int)wanted, words);
    assert_int_equal(voiplab_error_status(error), wanted);
    assert_non_null(result);
    assert_non_null(strstr(voiplab_result_json(result), words));
    voiplab_result_free(result);
    voiplab_error_free(error);
    voiplab_close(lab);
}

static void test_no_request(void **state)
{
    struct voiplab_request request = VOIPLAB_REQUEST_INIT;
    voiplab_error *error = NULL;

    (void)state;
    refused(NULL, VOIPLAB_USAGE, "no request is given");
    assert_int_equal(voiplab_run(NULL, &request, NULL, &error), VOIPLAB_USAGE);
    assert_non_null(strstr(voiplab_error_message(error), "no lab is given"));
    voiplab_error_free(error);
    assert_int_equal(voiplab_run(NULL, NULL, NULL, NULL), VOIPLAB_USAGE);
}

static void test_unknown_command(void **state)
{
    static const int commands[] = { -1, 99, 1000, INT32_MAX };

    (void)state;
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        struct voiplab_request request = VOIPLAB_REQUEST_INIT;

        request.command = (enum voiplab_command)commands[i];
        refused(&request, VOIPLAB_USAGE, "there is no command");
    }
}

static void test_unknown_mode(void **state)
{
    struct voiplab_request request = VOIPLAB_REQUEST_INIT;

    (void)state;
    request.mode = (enum voiplab_mode)7;
    refused(&request, VOIPLAB_USAGE, "there is no mode 7");
}

/* The rows are without a gap, the last command has one, and none of them ends the program for want of parameters. */
static void test_every_command(void **state)
{
    (void)state;
    for (int command = 0; vl_request_row((enum voiplab_command)command); command++) {
        struct voiplab_request request = VOIPLAB_REQUEST_INIT;
        voiplab_lab *lab = open_none();
        voiplab_error *error = NULL;

        request.command = (enum voiplab_command)command;
        request.mode = VOIPLAB_DRY_RUN;
        (void)voiplab_run(lab, &request, NULL, &error);
        assert_null(error ? strstr(voiplab_error_message(error), "there is no command") : NULL);
        voiplab_error_free(error);
        voiplab_close(lab);
    }
}

static void test_lint_without_parameters(void **state)
{
    struct voiplab_request request = VOIPLAB_REQUEST_INIT;
    voiplab_lab *lab = open_none();

    (void)state;
    request.command = VOIPLAB_DIALPLAN_LINT;
    assert_int_equal(voiplab_run(lab, &request, NULL, NULL), VOIPLAB_OK);
    voiplab_close(lab);
}

static void test_parameters_of_another(void **state)
{
    struct voiplab_request request = VOIPLAB_REQUEST_INIT;
    struct voiplab_lint lint = VOIPLAB_LINT_INIT;

    (void)state;
    request.command = VOIPLAB_STATUS;
    request.parameters.lint = &lint;
    refused(&request, VOIPLAB_USAGE, "has no parameters");
}

/* A structure of a program that knows more than this library, and of one that knows less. */
static void test_sizes(void **state)
{
    struct {
        struct voiplab_check_cpu known;
        const char *later;
    } newer = { .known = { .size = sizeof(newer) } };
    struct voiplab_request request = VOIPLAB_REQUEST_INIT;
    struct voiplab_check_cpu older = { .size = offsetof(struct voiplab_check_cpu, fix), .fix = true };
    voiplab_lab *lab = open_none();
    voiplab_result *result = NULL;

    (void)state;
    request.command = VOIPLAB_CHECK_CPU;
    newer.known.cpuinfo = SOURCE_DIRECTORY "/test/fixtures/cpuinfo/none";
    request.parameters.check_cpu = &newer.known;
    newer.later = "something";
    refused(&request, VOIPLAB_USAGE, "does not know");
    request.size = 1;
    refused(&request, VOIPLAB_USAGE, "VOIPLAB_REQUEST_INIT");
    request.size = sizeof(request);
    /* what is behind its size is not read: it would be a plan to load modules, and no table */
    request.parameters.check_cpu = &older;
    request.mode = VOIPLAB_DRY_RUN;
    (void)voiplab_run(lab, &request, &result, NULL);
    assert_non_null(result);
    assert_true(voiplab_result_rows(result) > 0);
    assert_null(strstr(voiplab_result_json(result), "\"plan\""));
    voiplab_result_free(result);
    voiplab_close(lab);
}

static void test_open(void **state)
{
    struct voiplab_options options = { .share_directory = SOURCE_DIRECTORY "/share" };
    voiplab_error *error = NULL;

    (void)state;
    assert_null(voiplab_open(&options, &error));
    assert_int_equal(voiplab_error_status(error), VOIPLAB_USAGE);
    assert_non_null(strstr(voiplab_error_message(error), "VOIPLAB_OPTIONS_INIT"));
    voiplab_error_free(error);
    assert_int_equal(voiplab_init(NULL, NULL, NULL, NULL), VOIPLAB_USAGE);
}

static void test_dialplan(void **state)
{
    struct voiplab_dialplan_source source = VOIPLAB_DIALPLAN_SOURCE_INIT;
    struct voiplab_dialplan_query query = VOIPLAB_DIALPLAN_QUERY_INIT;
    voiplab_error *error = NULL;
    voiplab_dialplan *dialplan;
    char *text = NULL;

    (void)state;
    assert_null(voiplab_dialplan_open(NULL, &source, &error));
    assert_int_equal(voiplab_error_status(error), VOIPLAB_USAGE);
    voiplab_error_free(error);
    source.conf = SOURCE_DIRECTORY "/test/lint/applications.conf";
    dialplan = voiplab_dialplan_open(NULL, &source, &error);
    if (!dialplan)
        fail_msg("%s", voiplab_error_message(error));
    assert_int_equal(voiplab_dialplan_show(NULL, &query, VOIPLAB_DIALPLAN_TEXT, &text, NULL), VOIPLAB_USAGE);
    assert_int_equal(voiplab_dialplan_show(dialplan, &query, VOIPLAB_DIALPLAN_TEXT, &text, NULL), VOIPLAB_USAGE);
    query.number = "1";
    query.context = "nowhere";
    assert_int_equal(voiplab_dialplan_show(dialplan, &query, (enum voiplab_dialplan_form)9, &text, NULL),
                     VOIPLAB_USAGE);
    assert_int_equal(voiplab_dialplan_show(dialplan, &query, VOIPLAB_DIALPLAN_TEXT, NULL, NULL), VOIPLAB_USAGE);
    assert_int_equal(voiplab_dialplan_show(dialplan, &query, VOIPLAB_DIALPLAN_LINE, &text, &error), VOIPLAB_OK);
    assert_non_null(strstr(text, "nowhere"));
    free(text);
    voiplab_dialplan_close(dialplan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_request),   cmocka_unit_test(test_unknown_command),
        cmocka_unit_test(test_unknown_mode), cmocka_unit_test(test_every_command),
        cmocka_unit_test(test_sizes),        cmocka_unit_test(test_lint_without_parameters),
        cmocka_unit_test(test_open),         cmocka_unit_test(test_parameters_of_another),
        cmocka_unit_test(test_dialplan),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
