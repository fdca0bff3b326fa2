/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Causes: what an answer to the script of evidence.c is taken apart into, the words of each driver's log, how things
 * stand, and text that no script of ours has printed. The lines are those of Asterisk 16 and 22.
 */
#include "support.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "probe/causes.h"
#include "probe/evidence.h"

#define NOW "voiplab says now 1795889000\n\nvoiplab says since\n2026-11-28 17:43:00\n2026-11-28 17:43:00\n"
#define LOG(lines) "\nvoiplab says log 100 /var/log/asterisk/messages\n" lines
#define MODULES                                                                                                        \
    "\nvoiplab says modules\nchan_sip.so  SIP  0  Running  core\nchan_iax2.so  IAX2  0  Running  core\n2 modules "     \
    "loaded\n"

static struct vl_leg sip_leg(void)
{
    return (struct vl_leg){ .name = "7001",
                            .from_address = "10.0.0.11",
                            .to_address = "10.0.0.10",
                            .number = "7002",
                            .driver = "chan_sip",
                            .from_driver = "chan_sip",
                            .files = { "/etc/asterisk/sip.conf", "/etc/asterisk/voiplab_sip.conf" } };
}

static struct vl_leg iax_leg(void)
{
    struct vl_leg leg = sip_leg();

    leg.name = "1000";
    leg.number = "2999";
    leg.driver = leg.from_driver = "chan_iax2";
    return leg;
}

static struct vl_cause found(struct vl_arena *arena, struct vl_leg leg, const char *answer)
{
    struct vl_evidence *evidence = vl_arena_zalloc(arena, sizeof(*evidence));

    vl_evidence_parse(arena, "hub", answer, evidence);
    return vl_cause_find(arena, &leg, NULL, evidence);
}

static void test_words_of_the_log(void **state)
{
    static const struct {
        enum vl_cause_id id;
        bool iax2;
        const char *line;
    } lines[] = {
        { VL_CAUSE_SECRET, false,
          "NOTICE[77] chan_sip.c: Registration from '<sip:7001@10.0.0.10>' failed for '10.0.0.11:5060' - Wrong "
          "password" },
        { VL_CAUSE_ACCOUNT, false,
          "NOTICE[77] chan_sip.c: Registration from '<sip:7001@10.0.0.10>' failed for '10.0.0.11:5060' - No matching "
          "peer found" },
        { VL_CAUSE_ACL, false,
          "NOTICE[77] chan_sip.c: Registration from '<sip:7001@10.0.0.10>' failed for '10.0.0.11:5060' - Device does "
          "not match ACL" },
        { VL_CAUSE_SECRET, false,
          "NOTICE[77][C-00000008] chan_sip.c: Failed to authenticate device \"Anonymous\" "
          "<sip:7001@anonymous.invalid>;tag=as1d for INVITE, code = -1" },
        { VL_CAUSE_CODEC, false, "NOTICE[77][C-00000009] chan_sip.c: No compatible codecs, not accepting this offer!" },
        { VL_CAUSE_CONTEXT, false,
          "NOTICE[77][C-0000000b] chan_sip.c: Call from '7001' (10.0.0.11:5060) to extension '7002' rejected because "
          "extension not found in context 'nowhere'." },
        { VL_CAUSE_LIMIT, false,
          "NOTICE[77][C-0000000e] chan_sip.c: Call from peer '7001' rejected due to usage limit of 1" },
        { VL_CAUSE_CONTACTS, false,
          "WARNING[9] res_pjsip_registrar.c: Registration attempt from endpoint '7001' to AOR '7001' will exceed max "
          "contacts of 1" },
        { VL_CAUSE_ACCOUNT, false,
          "NOTICE[9] res_pjsip/pjsip_distributor.c: Request 'REGISTER' from '<sip:7001@10.0.0.10>' failed for "
          "'10.0.0.11:5060' (callid: a) - No matching endpoint found" },
        { VL_CAUSE_SECRET, false,
          "NOTICE[9] res_pjsip/pjsip_distributor.c: Request 'REGISTER' from '<sip:7001@10.0.0.10>' failed for "
          "'10.0.0.11:5060' (callid: a) - Failed to authenticate" },
        { VL_CAUSE_ACL, false,
          "NOTICE[9] res_pjsip/pjsip_distributor.c: Request 'INVITE' from '<sip:7001@10.0.0.10>' failed for "
          "'10.0.0.11:5060' (callid: a) - Not match Endpoint ACL" },
        { VL_CAUSE_SECRET, true, "NOTICE[335] chan_iax2.c: Host 10.0.0.11:4569 failed to authenticate as 1000" },
        { VL_CAUSE_SECRET, true, "NOTICE[335] chan_iax2.c: Packet Decrypt Failed!" },
        { VL_CAUSE_ACL, true,
          "NOTICE[335] acl.c: IAX2 user ACL: Rejecting '10.0.0.11' due to a failure to pass ACL '(BASELINE)'" },
        { VL_CAUSE_CODEC, true,
          "NOTICE[330] chan_iax2.c: Rejected connect attempt from 10.0.0.11:4569, requested/capability "
          "'(ulaw)'/'(gsm|ulaw|alaw)' incompatible with our capability '(g726)'." },
        { VL_CAUSE_CONTEXT, true,
          "NOTICE[337] chan_iax2.c: Rejected connect attempt from 10.0.0.11:4569, request '2999@nowhere' does not "
          "exist" },
        { VL_CAUSE_TOKEN, true,
          "ERROR[337] chan_iax2.c: Call rejected, CallToken Support required. If unexpected, resolve by placing "
          "address 10.0.0.11 in the calltokenoptional list or setting user 1000 requirecalltoken=no" },
        /* of others, or of no account at all */
        { VL_CAUSE_NONE, false,
          "NOTICE[77] chan_sip.c: Registration from '<sip:70011@10.0.0.10>' failed for '10.0.0.99:5060' - Wrong "
          "password" },
        { VL_CAUSE_NONE, true,
          "NOTICE[335] acl.c: IAX2 user ACL: Rejecting '10.0.0.111' due to a failure to pass ACL '(BASELINE)'" },
        { VL_CAUSE_NONE, false, "NOTICE[335] chan_iax2.c: Packet Decrypt Failed!" },
        { VL_CAUSE_NONE, true, "WARNING[2] pbx.c: Context 'local' tries to include nonexistent context" },
    };

    (void)state;
    for (size_t i = 0; i < VL_COUNT(lines); i++) {
        VL_ARENA_AUTO arena = { .blocks = NULL };
        const char *text = vl_arena_printf(&arena, NOW LOG("[Nov 28 17:43:05] %s\n"), lines[i].line);
        struct vl_cause cause = found(&arena, lines[i].iax2 ? iax_leg() : sip_leg(), text);

        if (cause.id != lines[i].id)
            fail_msg("'%s' is taken for %s", lines[i].line, vl_cause_row(cause.id)->name);
        if (cause.id)
            assert_string_equal(cause.where, "/var/log/asterisk/messages:100");
    }
}

/* Whose registration it was is not said: it is the one that is not in force, and gives an address that it has not. */
static void test_contact_elsewhere(void **state)
{
    static const struct {
        enum vl_cause_id id;
        bool registers;
        const char *address;
    } cases[] = { { VL_CAUSE_NAT, true, "203.0.113.9" },
                  { VL_CAUSE_NONE, true, "10.0.0.11" },
                  { VL_CAUSE_NONE, false, "203.0.113.9" } };

    (void)state;
    for (size_t i = 0; i < VL_COUNT(cases); i++) {
        VL_ARENA_AUTO arena = { .blocks = NULL };
        struct vl_leg leg = sip_leg();

        leg.registers = cases[i].registers;
        assert_int_equal(found(&arena, leg,
                               vl_arena_printf(&arena,
                                               NOW LOG("[Nov 28 17:43:05] WARNING[77] chan_sip.c: Domain '%s:5060' "
                                                       "disallowed by contact ACL (violating IP %s)\n"),
                                               cases[i].address, cases[i].address))
                             .id,
                         cases[i].id);
    }
}

static void test_only_since_the_check_began(void **state)
{
    static const struct {
        const char *time;
        bool counts;
    } times[] = {
        { "[Nov 28 17:42:59]", false },
        { "[Nov 28 17:43:00]", true },
        { "[Nov 29 00:00:00]", true },
        { "[Nov 27 23:59:59]", false },
        { "[Dec  1 00:00:01]", true },
        { "[Oct 28 17:43:01]", false },
        { "[2026-11-28 17:43:01]", true },
        { "[2026-11-28 17:42:01.123]", false },
        { "[2027-01-01 00:00:00]", true },
        { "", false },
        { "[", false },
        { "[Nov 28]", false },
    };

    (void)state;
    for (size_t i = 0; i < VL_COUNT(times); i++) {
        VL_ARENA_AUTO arena = { .blocks = NULL };
        const char *text = vl_arena_printf(
            &arena,
            NOW LOG("%s NOTICE[1] chan_sip.c: Registration from '<sip:7001@h>' failed for 'x' - Wrong password\n"),
            times[i].time);

        assert_int_equal(found(&arena, sip_leg(), text).id, times[i].counts ? VL_CAUSE_SECRET : VL_CAUSE_NONE);
    }
}

/* What is said of a call explains no registration. */
static void test_calls_are_no_registrations(void **state)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    struct vl_leg leg = sip_leg();
    const char *text =
        NOW LOG("[Nov 28 17:43:05] NOTICE[76] chan_sip.c: Call from peer '7001' rejected due to usage limit of 1\n");

    (void)state;
    assert_int_equal(found(&arena, leg, text).id, VL_CAUSE_LIMIT);
    leg.registers = true;
    assert_int_equal(found(&arena, leg, text).id, VL_CAUSE_NONE);
}

/* A registration is tried again after some seconds, perhaps not while one looks; a call is placed by who looks. */
static void test_before_the_check(void **state)
{
    static const char times[] = "voiplab says since\n2026-11-28 17:43:00\n2026-11-28 17:43:07\n";
    static const char line[] = "NOTICE[1] chan_sip.c: Registration from '<sip:7001@h>' failed for 'x' - Wrong password";

    (void)state;
    for (int i = 0; i < 4; i++) {
        VL_ARENA_AUTO arena = { .blocks = NULL };
        struct vl_leg leg = sip_leg();
        bool before = i % 2;

        leg.registers = i / 2;
        assert_int_equal(
            found(&arena, leg,
                  vl_arena_printf(&arena, "%s" LOG("[Nov 28 17:43:0%d] %s\n"), times, before ? 6 : 7, line))
                .id,
            before && !leg.registers ? VL_CAUSE_NONE : VL_CAUSE_SECRET);
    }
}

static void test_how_things_stand(void **state)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    struct vl_leg leg = sip_leg();
    struct vl_cause cause;

    (void)state;
    cause = found(&arena, leg, NOW "\nvoiplab says modules\nchan_iax2.so  IAX2  0  Running  core\n1 modules loaded\n");
    assert_int_equal(cause.id, VL_CAUSE_MODULE);
    assert_int_equal(found(&arena, leg, NOW MODULES).id, VL_CAUSE_NONE);
    /* the truth is that there is no such account, whatever the log says of a password */
    cause = found(&arena, leg,
                  NOW LOG("[Nov 28 17:43:05] NOTICE[77] chan_sip.c: Registration from '<sip:7001@h>' failed for 'x' - "
                          "Wrong password\n") "\nvoiplab says answer sip show peer 7001\nPeer 7001 not found.\n");
    assert_int_equal(cause.id, VL_CAUSE_ACCOUNT);
    assert_string_equal(cause.where, "sip show peer 7001");
    leg.registers = true;
    cause = found(&arena, leg, NOW "\nvoiplab says answer sip show peer 7001\n  Addr->IP     : (null)\n");
    assert_int_equal(cause.id, VL_CAUSE_EXPIRY);
    cause = found(&arena, leg,
                  NOW "\nvoiplab says answer sip show peer 7001\n  Addr->IP     : 10.0.0.11:5060\n"
                      "  Reg. Contact : sip:7001@203.0.113.9:5060\n");
    assert_int_equal(cause.id, VL_CAUSE_NAT);
    leg.registers = false;
    leg.silent = true;
    cause = found(&arena, leg, NOW "\nvoiplab says sockets\nlocal\n00000000:11D9\n");
    assert_int_equal(cause.id, VL_CAUSE_MODULE);
    cause = found(&arena, leg, NOW "\nvoiplab says sockets\nlocal\n00000000:13C4\n");
    assert_int_equal(cause.id, VL_CAUSE_BLOCKED);
    cause = found(&arena, leg,
                  NOW "\nvoiplab says sockets\n0:13C4\n\nvoiplab says filter\n-A INPUT -p udp --dport 5060 -j DROP\n");
    assert_int_equal(cause.id, VL_CAUSE_BLOCKED);
    assert_string_equal(cause.line, "-A INPUT -p udp --dport 5060 -j DROP");
}

#define FILES(mode, group, time)                                                                                       \
    "\nvoiplab says files\n755 0 0 1795880000 /etc/asterisk\n" mode " 0 " group " " time                               \
    " /etc/asterisk/voiplab_sip.conf\n"
#define WHO "\nvoiplab says who\nUid:\t102\t102\t102\t102\nGid:\t105\t105\t105\t105\nGroups:\t20 105 \n"

static void test_files(void **state)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    struct vl_cause cause;

    (void)state;
    assert_int_equal(found(&arena, sip_leg(), NOW FILES("640", "105", "1795880000") WHO).id, VL_CAUSE_NONE);
    assert_int_equal(found(&arena, sip_leg(), NOW FILES("640", "20", "1795880000") WHO).id, VL_CAUSE_NONE);
    cause = found(&arena, sip_leg(), NOW FILES("640", "0", "1795880000") WHO);
    assert_int_equal(cause.id, VL_CAUSE_UNREADABLE);
    assert_string_equal(cause.where, "/etc/asterisk/voiplab_sip.conf");
    assert_int_equal(found(&arena, sip_leg(), NOW FILES("600", "105", "1795880000") WHO).id, VL_CAUSE_UNREADABLE);
    cause = found(&arena, sip_leg(),
                  NOW FILES("640", "105", "1795888990") WHO
                  "\nvoiplab says uptime\nSystem uptime: 500\nLast reload: 100\n");
    assert_int_equal(cause.id, VL_CAUSE_STALE);
    cause = found(&arena, sip_leg(),
                  NOW FILES("640", "105", "1795888899") WHO
                  "\nvoiplab says uptime\nSystem uptime: 500\nLast reload: 100\n");
    assert_int_equal(cause.id, VL_CAUSE_NONE);
}

/* What comes from a guest is bounded and printable, whatever it is. */
static void test_hostile(void **state)
{
    static const char *const answers[] = {
        "",
        "voiplab says",
        "voiplab says ",
        "voiplab says \n",
        "voiplab says now\n",
        "voiplab says now 99999999999999999999999999\n\nvoiplab says since\n99999999999999999999999999999999999999\n",
        "voiplab says log\nvoiplab says log 1\nvoiplab says log 1 \n\n\n",
        "voiplab says log 18446744073709551615 /x\n[Nov 28 17:43:05]",
        "voiplab says files\n\n7777777777777777777777 1 1 1 /x\n640 0 0 1\n640 0 0 1 \n640\n-1 -1 -1 -1 x\n",
        "voiplab says answer sip show peer 7001\n",
        "voiplab says answer \nvoiplab says answer\n\nvoiplab says answer x",
        NOW "\nvoiplab says uptime\nLast reload: 99999999999999999999\n",
        NOW "\nvoiplab says who\nUid:\nUid: x\nGid:\n\n\nvoiplab says files\n0 0 0 0 /etc/asterisk/sip.conf\n",
    };
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_BUF_AUTO many = VL_BUF_INIT;
    struct vl_evidence evidence;
    struct vl_cause cause;

    (void)state;
    for (size_t i = 0; i < VL_COUNT(answers); i++) {
        (void)found(&arena, sip_leg(), answers[i]);
        (void)found(&arena, iax_leg(), answers[i]);
    }
    cause =
        found(&arena, sip_leg(),
              NOW LOG("[Nov 28 17:43:05] Registration from '7001\033]0;owned\007' failed for 'x' - Wrong password\n"));
    assert_int_equal(cause.id, VL_CAUSE_SECRET);
    assert_null(strchr(cause.line, '\033'));
    assert_null(strchr(cause.line, '\007'));
    /* answers to a challenge are not shown */
    cause = found(&arena, iax_leg(),
                  NOW LOG("[Nov 28 17:43:05] Host 10.0.0.11 failed MD5 authentication for '1000' "
                          "(0123456789abcdef0123456789abcdef != fedcba9876543210fedcba9876543210)\n"));
    assert_int_equal(cause.id, VL_CAUSE_SECRET);
    assert_null(strstr(cause.line, "abcdef"));
    /* more of everything than there may be */
    vl_buf_puts(&many, NOW);
    for (int i = 0; i < 1000; i++)
        vl_buf_printf(&many, "\nvoiplab says answer question %d\nanswer\n", i);
    vl_buf_puts(&many, "\nvoiplab says files\n");
    for (int i = 0; i < 1000; i++)
        vl_buf_puts(&many, "640 0 0 1 /etc/asterisk/x\n");
    vl_buf_puts(
        &many,
        "\nvoiplab says log 1 /var/log/asterisk/messages\n[Nov 28 17:43:05] Registration from '7001' failed for '");
    for (int i = 0; i < 5000; i++)
        vl_buf_puts(&many, "xxxxxxxxxx");
    vl_buf_puts(&many, "' - Wrong password\n");
    vl_evidence_parse(&arena, "hub", vl_buf_text(&many), &evidence);
    assert_int_equal(evidence.question_count, VL_EVIDENCE_QUESTIONS);
    assert_int_equal(evidence.file_count, 256);
    assert_int_equal(evidence.log_count, 1);
    assert_true(strlen(evidence.log[0].text) <= 400);
}

static void test_rows(void **state)
{
    (void)state;
    for (int i = 0; i < VL_CAUSES; i++) {
        const struct vl_cause_row *row = vl_cause_row((enum vl_cause_id)i);

        assert_non_null(row->name);
        assert_true(strlen(row->name) <= 10);
        assert_true(*row->title && *row->remedy);
        for (int k = 0; k < i; k++)
            assert_string_not_equal(row->name, vl_cause_row((enum vl_cause_id)k)->name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words_of_the_log),
        cmocka_unit_test(test_contact_elsewhere),
        cmocka_unit_test(test_only_since_the_check_began),
        cmocka_unit_test(test_before_the_check),
        cmocka_unit_test(test_calls_are_no_registrations),
        cmocka_unit_test(test_how_things_stand),
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_hostile),
        cmocka_unit_test(test_rows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
