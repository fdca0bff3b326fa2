/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The plain form of a dialplan: what a file says and what `dialplan show` of Asterisk 16 prints of it are the same, and
 * any other text is taken for what it is.
 */
#include "dialplan/normal.h"
#include "support.h"

static const char conf[] = "[one]\n"
                           "exten => _X./1234,1(start),NoOp(a,b)\n"
                           "same => n(second),Set(x=${EXTEN:1})\n"
                           "exten => 5,hint,SIP/5\n"
                           "exten => 5,1,Wait(  2 )\n"
                           "include => two,09:00-17:00,mon-fri,*,*\n"
                           "ignorepat => 9\n"
                           "switch => IAX2/other\n"
                           "[two]\n"
                           "exten => s,1,Hangup()\n";

/* As Asterisk 16.28 prints it, the contexts in its own order, with one that the file does not have. */
static const char shown[] =
    "[ Context 'two' created by 'pbx_config' ]\n"
    "  's' =>            1. Hangup()                                   [extensions.conf:10]\n"
    "\n"
    "[ Context 'parkedcalls' created by 'res_parking' ]\n"
    "  '700' =>          1. Park()                                     [res_parking]\n"
    "\n"
    "[ Context 'one' created by 'pbx_config' ]\n"
    "  '5' =>            hint: SIP/5                                   [extensions.conf:4]\n"
    "                    1. Wait(  2 )                                 [extensions.conf:5]\n"
    "  '_X.' (CID match '1234') =>  1. NoOp(a,b)                                  [extensions.conf:2]\n"
    "     [second]       2. Set(x=${EXTEN:1})                          [extensions.conf:3]\n"
    "  Include =>        'two,09:00-17:00,mon-fri,*,*'                 [pbx_config]\n"
    "  Ignore pattern => '9'                                           [pbx_config]\n"
    "  Alt. Switch =>    'IAX2/other'                                  [pbx_config]\n"
    "\n"
    "-= 3 extensions (4 priorities) in 3 contexts. =-\n";

static struct vl_dialplan *parse(void)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    struct vl_dialplan *plan = vl_dialplan_parse("extensions.conf", conf, &vl_conf_no_files, &err);

    assert_non_null(plan);
    return plan;
}

static void test_same(void **state)
{
    VL_DIALPLAN_AUTO *plan = parse();
    VL_BUF_AUTO ours = VL_BUF_INIT;
    VL_BUF_AUTO theirs = VL_BUF_INIT;

    (void)state;
    vl_dialplan_normal(plan, &ours);
    assert_true(vl_dialplan_normal_shown(plan, shown, &theirs));
    assert_string_equal(vl_buf_text(&ours), vl_buf_text(&theirs));
    assert_string_equal(vl_buf_text(&ours), "[one]\n"
                                            "'5' => hint: SIP/5\n"
                                            "'5' => 1. Wait( 2 )\n"
                                            "'_X.' (CID match '1234') => 1. NoOp(a,b)\n"
                                            "'_X.' (CID match '1234') => 2. Set(x=${EXTEN:1})\n"
                                            "include => two,09:00-17:00,mon-fri,*,*\n"
                                            "ignorepat => 9\n"
                                            "switch => IAX2/other\n"
                                            "[two]\n"
                                            "'s' => 1. Hangup()\n");
}

/* Cut anywhere, and with any byte another: never a crash, and only a heading makes it an answer. */
static void test_hostile(void **state)
{
    VL_DIALPLAN_AUTO *plan = parse();
    VL_BUF_AUTO nothing = VL_BUF_INIT;

    (void)state;
    assert_false(vl_dialplan_normal_shown(plan, "No such command 'dialplan show'\n", &nothing));
    assert_int_equal(nothing.length, 0);
    for (size_t i = 0; i < sizeof(shown) - 1; i++) {
        char *copy = strndup(shown, i);
        VL_BUF_AUTO out = VL_BUF_INIT;

        (void)vl_dialplan_normal_shown(plan, copy, &out);
        free(copy);
        copy = strdup(shown);
        copy[i] = (char)(i % 2 ? '\'' : ']');
        vl_buf_reset(&out);
        (void)vl_dialplan_normal_shown(plan, copy, &out);
        free(copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_same), cmocka_unit_test(test_hostile) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
