/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What others wrote, where we show it: secrets masked in a time that grows with the text and no faster, and a guest's
 * last words in an error instead of all that it printed.
 */
#include "support.h"

#include <time.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "lab/mask.h"
#include "plan/apply.h"

static void test_masked(void **state)
{
    static const struct {
        const char *text, *shown;
    } rows[] = {
        { "secret=abc", "secret=••••" },
        { "secret = abc ; note", "secret = ••••" },
        { "secret = two words", "secret = ••••" },
        { "secret\t=\tabc\r\nx", "secret\t=\t••••\r\nx" },
        { "password = \"x y\"", "password = ••••" },
        { "Secret   =>   a-b/c", "Secret   =>   ••••" },
        { "secret=>abc", "secret=>••••" },
        { "secret=abc\nx=abc", "secret=••••\nx=abc" },
        { "secret=\nabc", "secret=\nabc" },
        { "secret=", "secret=" },
        { "remotesecret=a;b", "remotesecret=••••" },
        { "secret = a\\;b", "secret = ••••" },
        { "secrets=abc", "secrets=abc" },
        { "insecure=port,invite", "insecure=port,invite" },
        { "bypass=yes", "bypass=yes" },
        { "dbpass = abc", "dbpass = ••••" },
        { "vmpassword=abc", "vmpassword=••••" },
        { "pass=abc", "pass=••••" },
        { "md5_cred=abc", "md5_cred=••••" },
        { "sslkeypassphrase = a b", "sslkeypassphrase = ••••" },
        { "$conf[\"AMPDBPASS\"] = 'abc';", "$conf[\"AMPDBPASS\"] = ••••" },
        { "inkeys=alfa", "inkeys=alfa" },
        { "secret x=abc", "secret x=abc" },
        { "secret > = abc", "secret > = abc" },
        { "secret==abc", "secret=••••" },
        { "auth=md5", "auth=md5" },
        { "auth = MD5,rsa ; both", "auth = MD5,rsa ; both" },
        { "auth=md5x", "auth=••••" },
        { "auth=plaintext,hunter", "auth=••••" },
        { "auth=7000:hunter@asterisk", "auth=••••" },
        { "secret=md5", "secret=••••" },
        { "+secret = abc", "+secret = ••••" },
        { "+secret\t= abc\n-;secret=abc\n  dbpass=abc", "+secret\t= ••••\n-;secret=••••\n  dbpass=••••" },
        { "register => ana:ab:c@alfa:5060/1500", "register => ana:••••@alfa:5060/1500" },
        { "+register => tls://ana@x:a@b@alfa ; note", "+register => tls://ana@x:••••@alfa ; note" },
        { "register=ana@alfa:5060/1500", "register=ana@alfa:5060/1500" },
        { "exten => 1,1,Dial(IAX2/ana:a-b!@alfa/2)", "exten => 1,1,Dial(IAX2/ana:••••@alfa/2)" },
        { "exten => 1,1,Dial(SIP/${EXTEN:1}@alfa)", "exten => 1,1,Dial(SIP/${EXTEN:1}@alfa)" },
        { "From: <sip:1500@alfa>", "From: <sip:1500@alfa>" },
        { "exten => 1500,1,Dial(SIP/x)", "exten => 1500,1,Dial(SIP/x)" },
        { " same => n,Voicemail(1500@default,u)", " same => n,Voicemail(1500@default,u)" },
        { "1500 => 4711,Ana,ana@x", "1500 => ••••,Ana,ana@x" },
        { "+1500=>4711,Ana", "+1500=>••••,Ana" },
        { "[1500] => Ana", "[1500] => Ana" },
        { "1500 = Ana", "1500 = Ana" },
        { "conf => 600,4711,4712", "conf => 600,••••" },
        { "conf => 600", "conf => 600" },
        { "agent => 1001,4711,Ana", "agent => 1001,••••" },
        { "-----BEGIN RSA PRIVATE KEY-----\nabc+\nd=\n-----END RSA PRIVATE KEY-----\nabc\n",
          "-----BEGIN RSA PRIVATE KEY-----\n••••\n••••\n-----END RSA PRIVATE KEY-----\nabc\n" },
        { "+-----BEGIN PRIVATE KEY-----\n+abc\n abc\n+-----END PRIVATE KEY-----\n+a",
          "+-----BEGIN PRIVATE KEY-----\n+••••\n ••••\n+-----END PRIVATE KEY-----\n+a" },
        { "+-----BEGIN PRIVATE KEY-----\n+abc\n@@ -1 +1 @@\n+abc",
          "+-----BEGIN PRIVATE KEY-----\n+••••\n@@ -1 +1 @@\n+abc" },
        { "key = -----BEGIN PRIVATE KEY-----\\nabc\nx", "key = -----BEGIN PRIVATE KEY-----••••\n••••" },
        { "-----BEGIN PRIVATE KEY-----abc-----END PRIVATE KEY-----\nx", "-----BEGIN PRIVATE KEY-----••••\nx" },
        { "-----BEGIN CERTIFICATE-----\nabc", "-----BEGIN CERTIFICATE-----\nabc" },
        { "<Password_1>ab c</Password_1>", "<Password_1>••••</Password_1>" },
        { "<a><Admin_Passwd ua=\"na\">x</Admin_Passwd>", "<a><Admin_Passwd ua=\"na\">••••</Admin_Passwd>" },
        { "<Password_1\n>abc", "<Password_1\n>abc" },
        { "<Display_1>abc<", "<Display_1>abc<" },
    };
    struct vl_session session = { .lab = NULL };
    size_t wrong = 0;

    (void)state;
    for (size_t i = 0; i < VL_COUNT(rows); i++) {
        VL_ARENA_AUTO arena = { .blocks = NULL };
        const char *shown = vl_lab_mask(&session.state, &arena, rows[i].text);

        if (strcmp(shown, rows[i].shown) == 0)
            continue;
        wrong++;
        print_error("'%s' is shown as '%s', not '%s'\n", rows[i].text, shown, rows[i].shown);
    }
    assert_int_equal(wrong, 0);
}

/* What is known of the file tells what a line is. */
static void test_masked_file(void **state)
{
    static const struct {
        const char *path, *text, *shown;
    } rows[] = {
        { "/etc/asterisk/voicemail.conf", "1500 => 4711,Ana", "1500 => ••••,Ana" },
        { "/etc/asterisk/voicemail.conf", "[default]\nana-x = 4711\n[b]\n1=>-4711,Ana\n",
          "[default]\nana-x = ••••\n[b]\n1=>••••,Ana\n" },
        { "/etc/asterisk/voicemail.conf", "[general]\nformat = wav49|gsm\n[zonemessages]\neastern=America/New_York|Q\n",
          "[general]\nformat = wav49|gsm\n[zonemessages]\neastern=America/New_York|Q\n" },
        { "/etc/asterisk/voicemail.conf", "[general](+)\nimappassword = a b\n", "[general](+)\nimappassword = ••••\n" },
        { "/etc/asterisk/extensions_custom.conf", "[globals]\n1500 => SIP/x,y", "[globals]\n1500 => SIP/x,y" },
        { "/etc/asterisk/boxes.conf", "[a]\n1500 => 4711,Ana", "[a]\n1500 => ••••,Ana" },
        { "/etc/asterisk/sip.conf", "[general]\nsecret = a b\nformat = x", "[general]\nsecret = ••••\nformat = x" },
    };
    struct vl_session session = { .lab = NULL };

    (void)state;
    for (size_t i = 0; i < VL_COUNT(rows); i++) {
        VL_ARENA_AUTO arena = { .blocks = NULL };
        const char *shown = vl_lab_mask_file(&session.state, &arena, rows[i].path, rows[i].text);

        if (strcmp(shown, rows[i].shown) != 0)
            fail_msg("'%s' is shown as '%s', not '%s'", rows[i].text, shown, rows[i].shown);
    }
}

static double processor_seconds(void)
{
    return (double)clock() / CLOCKS_PER_SEC;
}

/* A line of one thing only, 200,000 times; looking back for each would take many seconds. */
static void test_masking_is_linear(void **state)
{
    static const char *const starts[] = { "", "secret =", "<Password_1>", "word", "register =>", "1 => " };
    static const char *const things[] = {
        " ",      ">", "=", "a>", "a=", "=>", " =", "<", "a:", "\"", "pass", "register=>", "-----BEGIN PRIVATE KEY",
        "1 => 2 "
    };
    struct vl_session session = { .lab = NULL };
    double before = processor_seconds();

    (void)state;
    for (size_t i = 0; i < VL_COUNT(starts) * VL_COUNT(things); i++) {
        VL_ARENA_AUTO arena = { .blocks = NULL };
        VL_BUF_AUTO text = VL_BUF_INIT;

        vl_buf_puts(&text, starts[i / VL_COUNT(things)]);
        while (text.length < 200000)
            vl_buf_puts(&text, things[i % VL_COUNT(things)]);
        assert_true(strlen(vl_lab_mask(&session.state, &arena, vl_buf_text(&text))) > 0);
        if (processor_seconds() - before > 10)
            fail_msg("'%s' after '%s' takes too long", things[i % VL_COUNT(things)], starts[i / VL_COUNT(things)]);
    }
}

/* Over 1 MiB of lines that end in a reason. */
static int babble(struct vl_target *target, const char *const *argv, const char *input, int timeout_ms,
                  struct vl_command_result *ret_result, struct vl_error *err)
{
    struct vl_buf text = VL_BUF_INIT;

    (void)target;
    (void)argv;
    (void)input;
    (void)timeout_ms;
    (void)err;
    while (text.length < VL_TARGET_OUTPUT_LIMIT)
        vl_buf_puts(&text, "voiplab: done\n\x1b[2J");
    vl_buf_puts(&text, "\nno such module\n\n");
    ret_result->status = 1;
    ret_result->output = vl_buf_take(&text);
    return 0;
}

static void test_failed_reload(void **state)
{
    static const struct vl_target_ops ops = { .run = babble };
    struct vl_target target = { .ops = &ops, .name = "virtual1" };
    struct vl_session session = { .lab = NULL };
    VL_PLAN_AUTO plan = { .steps = NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };
    const char *text;

    (void)state;
    vl_plan_add(&plan, &(struct vl_step){ .kind = VL_STEP_RELOAD,
                                          .target = "virtual1",
                                          .object = "sip reload",
                                          .argv = vl_plan_argv(&plan, "asterisk", "-rx", "sip reload", NULL) });
    assert_int_equal(vl_apply(&session, &plan, &target, &err), -1);
    text = vl_error_text(&err);
    assert_true(vl_text_starts(text, "reload sip reload: 'asterisk' ended with status 1: ..."));
    assert_true(strlen(text) < 1000);
    assert_non_null(strstr(text, "done \\x1b[2J no such module"));
    assert_null(strpbrk(text, "\n\x1b"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_masked),
        cmocka_unit_test(test_masked_file),
        cmocka_unit_test(test_masking_is_linear),
        cmocka_unit_test(test_failed_reload),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
