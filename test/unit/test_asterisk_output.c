/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The parsers of Asterisk's answers, on what an Asterisk 16 printed (data/asterisk16), on the older layouts of 1.6 and
 * 1.8, and on text that no Asterisk would send.
 */
#include "support.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "probe/asterisk.h"

static char *captured(const char *name)
{
    VL_FREE char *path = NULL;

    assert_true(asprintf(&path, "%s/test/unit/data/asterisk16/%s.txt", SOURCE_DIRECTORY, name) > 0);
    return read_whole(path);
}

struct registry {
    struct vl_arena arena;
    struct vl_registration *list;
    size_t count;
};

static void parse_registry(struct registry *registry, const char *name)
{
    VL_FREE char *text = captured(name);

    *registry = (struct registry){ .count = 99 };
    assert_int_equal(vl_asterisk_parse_sip_registry(&registry->arena, text, &registry->list, &registry->count), 0);
}

static void test_registry_registered(void **state)
{
    struct registry registry;

    (void)state;
    parse_registry(&registry, "sip_show_registry.registered");
    assert_int_equal(registry.count, 1);
    assert_string_equal(registry.list[0].host, "10.77.0.10:5060");
    assert_string_equal(registry.list[0].username, "7001");
    assert_int_equal(registry.list[0].state, VL_REGISTRATION_REGISTERED);
    assert_string_equal(registry.list[0].state_text, "Registered");
    vl_arena_free(&registry.arena);
}

static void test_registry_states(void **state)
{
    static const struct {
        const char *file;
        enum vl_registration_state states[5];
    } cases[] = {
        { "sip_show_registry.unregistered",
          { VL_REGISTRATION_UNREGISTERED, VL_REGISTRATION_UNREGISTERED, VL_REGISTRATION_UNREGISTERED,
            VL_REGISTRATION_UNREGISTERED, VL_REGISTRATION_UNREGISTERED } },
        { "sip_show_registry.rejected_and_failed",
          { VL_REGISTRATION_FAILED, VL_REGISTRATION_FAILED, VL_REGISTRATION_NO_AUTHENTICATION, VL_REGISTRATION_REJECTED,
            VL_REGISTRATION_NO_AUTHENTICATION } },
        { "sip_show_registry.no_authentication_and_unanswered",
          { VL_REGISTRATION_REQUEST_SENT, VL_REGISTRATION_REQUEST_SENT, VL_REGISTRATION_NO_AUTHENTICATION,
            VL_REGISTRATION_NO_AUTHENTICATION, VL_REGISTRATION_NO_AUTHENTICATION } },
    };
    static const char *const users[] = { "7009", "a-long-user-", "fixed-down", "denied", "7002" };

    (void)state;
    for (size_t i = 0; i < VL_COUNT(cases); i++) {
        struct registry registry;

        parse_registry(&registry, cases[i].file);
        assert_int_equal(registry.count, 5);
        for (size_t j = 0; j < 5; j++) {
            assert_string_equal(registry.list[j].username, users[j]);
            assert_int_equal(registry.list[j].state, cases[i].states[j]);
        }
        assert_string_equal(registry.list[1].host, "no-such-host.example:5060");
        vl_arena_free(&registry.arena);
    }
}

static void test_registry_none(void **state)
{
    struct registry registry;

    (void)state;
    parse_registry(&registry, "sip_show_registry.none");
    assert_int_equal(registry.count, 0);
    vl_arena_free(&registry.arena);
}

/* 1.6: a host column of 30, wider gaps; a stale time after a state that is no longer good; states of other versions. */
static void test_registry_old_layout(void **state)
{
    static const char text[] = "Host                            dnsmgr  Username       Refresh State                "
                               "Reg.Time                 \n"
                               "192.168.0.153:5060              N       7001               105 Auth. Sent           "
                               "Mon, 12 Sep 2011 10:00:00\n"
                               "192.168.0.153:5060              N       Registered         105 Timeout              "
                               "Mon, 12 Sep 2011 10:00:00\n"
                               "192.168.0.153:5060              N       two words          105 Registered           "
                               "Mon, 12 Sep 2011 10:00:00\r\n"
                               "3 SIP registrations.\n";
    VL_ARENA_AUTO arena = { .blocks = NULL };
    struct vl_registration *list;
    size_t count;
    long long when;

    (void)state;
    assert_int_equal(vl_asterisk_parse_sip_registry(&arena, text, &list, &count), 0);
    assert_int_equal(count, 3);
    assert_string_equal(list[0].username, "7001");
    assert_int_equal(list[0].state, VL_REGISTRATION_OTHER);
    assert_string_equal(list[0].state_text, "Auth. Sent");
    assert_string_equal(list[1].username, "Registered");
    assert_int_equal(list[1].state, VL_REGISTRATION_OTHER);
    assert_string_equal(list[1].state_text, "Timeout");
    assert_string_equal(list[2].username, "two words");
    assert_int_equal(list[2].state, VL_REGISTRATION_REGISTERED);
    assert_string_equal(list[2].when, "Mon, 12 Sep 2011 10:00:00");
    assert_true(vl_asterisk_registration_time(&list[2], &when));
    assert_int_equal(when, 1315821600);
    assert_false(vl_asterisk_registration_time(&(struct vl_registration){ .when = "(exp. 93s)" }, &when));
    assert_false(vl_asterisk_registered_since(&list[2], &list[2]));
    assert_true(vl_asterisk_registered_since(
        &(struct vl_registration){ .state = VL_REGISTRATION_REGISTERED, .when = "Mon, 12 Sep 2011 09:59:59" },
        &list[2]));
}

typedef int (*peer_parser)(struct vl_arena *, const char *, struct vl_peer **, size_t *);

struct expected_peer {
    const char *name, *username, *host;
    enum vl_peer_status status;
    int milliseconds;
};

static void check_peers(peer_parser parse, const char *text, const struct expected_peer *expected,
                        size_t expected_count)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    struct vl_peer *list = NULL;
    size_t count = 99;

    assert_int_equal(parse(&arena, text, &list, &count), 0);
    assert_int_equal(count, expected_count);
    for (size_t i = 0; i < count; i++) {
        assert_string_equal(list[i].name, expected[i].name);
        assert_string_equal(list[i].username, expected[i].username);
        assert_string_equal(list[i].host, expected[i].host);
        assert_int_equal(list[i].status, expected[i].status);
        assert_int_equal(list[i].milliseconds, expected[i].milliseconds);
    }
}

static void check_captured_peers(peer_parser parse, const char *name, const struct expected_peer *expected,
                                 size_t count)
{
    VL_FREE char *text = captured(name);

    check_peers(parse, text, expected, count);
}

static void test_sip_peers(void **state)
{
    static const struct expected_peer good[] = {
        { "1500", "", "", VL_PEER_UNMONITORED, -1 },
        { "hub", "7001", "10.77.0.10", VL_PEER_OK, 1 },
    };
    static const struct expected_peer mixed[] = {
        { "7001", "7001", "10.77.0.11", VL_PEER_OK, 1 },
        { "7002", "", "", VL_PEER_UNKNOWN, -1 },
        { "7003", "", "", VL_PEER_UNMONITORED, -1 },
        { "a-very-long-peer-name-of-", "", "10.77.0.12", VL_PEER_OK, 1 },
        { "fixed-down", "", "10.77.0.13", VL_PEER_UNREACHABLE, -1 },
        { "fixed-unmonitored", "", "10.77.0.12", VL_PEER_UNMONITORED, -1 },
    };
    struct expected_peer lagged[VL_COUNT(mixed)];

    (void)state;
    memcpy(lagged, mixed, sizeof(lagged));
    lagged[3].status = VL_PEER_LAGGED;
    lagged[3].milliseconds = 2592;
    check_captured_peers(vl_asterisk_parse_sip_peers, "sip_show_peers.pbx_ok", good, VL_COUNT(good));
    check_captured_peers(vl_asterisk_parse_sip_peers, "sip_show_peers.hub_mixed", mixed, VL_COUNT(mixed));
    check_captured_peers(vl_asterisk_parse_sip_peers, "sip_show_peers.lagged", lagged, VL_COUNT(lagged));
    check_captured_peers(vl_asterisk_parse_sip_peers, "sip_show_peers.none", NULL, 0);
}

static void test_iax2_peers(void **state)
{
    static const struct expected_peer one[] = { { "2000", "2000", "10.77.0.11", VL_PEER_OK, 3 } };
    static const struct expected_peer two[] = {
        { "1000", "1000", "10.77.0.12", VL_PEER_OK, 3 },
        { "1001", "1001", "10.77.0.13", VL_PEER_UNREACHABLE, -1 },
    };
    static const struct expected_peer lagged[] = {
        { "1005", "", "", VL_PEER_UNKNOWN, -1 },
        { "1000", "1000", "10.77.0.12", VL_PEER_LAGGED, 2625 },
        { "1001", "1001", "10.77.0.13", VL_PEER_UNREACHABLE, -1 },
        { "1002", "nosuchuser", "10.77.0.12", VL_PEER_LAGGED, 2625 },
        { "1003", "", "10.77.0.12", VL_PEER_UNMONITORED, -1 },
        { "1004-a-very-lon", "", "10.77.0.12", VL_PEER_UNKNOWN, -1 },
    };

    (void)state;
    check_captured_peers(vl_asterisk_parse_iax2_peers, "iax2_show_peers.ok", one, VL_COUNT(one));
    check_captured_peers(vl_asterisk_parse_iax2_peers, "iax2_show_peers.ok_and_unreachable", two, VL_COUNT(two));
    check_captured_peers(vl_asterisk_parse_iax2_peers, "iax2_show_peers.lagged", lagged, VL_COUNT(lagged));
    check_captured_peers(vl_asterisk_parse_iax2_peers, "iax2_show_peers.none", NULL, 0);
}

/* The layouts of Asterisk 1.6 and 1.8, made with the format strings of their chan_sip.c and chan_iax2.c. */
static void test_old_peers(void **state)
{
    static const char sip[] = "Name/username              Host            Dyn Nat ACL Port     Status               \n"
                              "virtual1/7001              192.168.0.195    D   N      5060     OK (12 ms)           \n"
                              "virtual2                   (Unspecified)    D   N   A  0        UNKNOWN              \n"
                              "2 sip peers [Monitored: 1 online, 1 offline Unmonitored: 0 online, 0 offline]\n";
    static const struct expected_peer sip_peers[] = {
        { "virtual1", "7001", "192.168.0.195", VL_PEER_OK, 12 },
        { "virtual2", "", "", VL_PEER_UNKNOWN, -1 },
    };
    static const char iax2[] = "Name/Username    Host                 Mask             Port          Status    \n"
                               "1000/1000        192.168.0.156   (S)  255.255.255.255  4569          OK (3 ms) \n"
                               "1001             (Unspecified)   (D)  255.255.255.255  0     (T)     UNKNOWN   \n"
                               "2 iax2 peers [1 online, 1 offline, 0 unmonitored]\n";
    static const struct expected_peer iax2_peers[] = {
        { "1000", "1000", "192.168.0.156", VL_PEER_OK, 3 },
        { "1001", "", "", VL_PEER_UNKNOWN, -1 },
    };

    (void)state;
    check_peers(vl_asterisk_parse_sip_peers, sip, sip_peers, VL_COUNT(sip_peers));
    check_peers(vl_asterisk_parse_iax2_peers, iax2, iax2_peers, VL_COUNT(iax2_peers));
}

/* A student may write what they like into a description: it is not the status. */
static void test_lying_description(void **state)
{
    static const char head[] = "Name/username             Host                                    Dyn Forcerport "
                               "Comedia    ACL Port     Status      Description                      \n";
    static const char row[] = "7001/7001                 10.77.0.11                               D  Auto (No)  "
                              "No             5060     %s\n";
    static const struct {
        const char *status;
        enum vl_peer_status expected;
        const char *text;
    } cases[] = {
        { "UNREACHABLE OK (1 ms)", VL_PEER_UNREACHABLE, "UNREACHABLE" },
        { "OK", VL_PEER_OTHER, "OK" },
        { "OK (1 s)", VL_PEER_OTHER, "OK" },
        { "OK (-1 ms)", VL_PEER_OTHER, "OK" },
        { "OK (99999999999999999999 ms)", VL_PEER_OTHER, "OK" },
        { "OKAY (1 ms)", VL_PEER_OTHER, "OKAY" },
        { "", VL_PEER_OTHER, "" },
        { "LAGGED (2592 ms) OK (1 ms)", VL_PEER_LAGGED, "LAGGED (2592 ms)" },
        { "\x1b[2JOK (1 ms)", VL_PEER_OTHER, "\\x1b[2JOK" },
    };

    (void)state;
    for (size_t i = 0; i < VL_COUNT(cases); i++) {
        VL_ARENA_AUTO arena = { .blocks = NULL };
        VL_FREE char *text = NULL, *line = NULL;
        struct vl_peer *list;
        size_t count;
        const char *percent = strstr(row, "%s");

        assert_true(asprintf(&line, "%.*s%s\n", (int)(percent - row), row, cases[i].status) > 0);
        assert_true(asprintf(&text, "%s%s", head, line) > 0);
        assert_int_equal(vl_asterisk_parse_sip_peers(&arena, text, &list, &count), 0);
        assert_int_equal(count, 1);
        assert_int_equal(list[0].status, cases[i].expected);
        assert_string_equal(list[0].status_text, cases[i].text);
    }
}

static void test_channels(void **state)
{
    VL_FREE char *calls = captured("core_show_channels_concise.calls");
    VL_FREE char *far = captured("core_show_channels_concise.far_side");
    VL_FREE char *local = captured("core_show_channels_concise.local_call");
    VL_ARENA_AUTO arena = { .blocks = NULL };
    struct vl_channel *list;
    size_t count, bridged = 0;

    (void)state;
    assert_int_equal(vl_asterisk_parse_channels_concise(&arena, calls, &list, &count), 0);
    assert_int_equal(count, 40);
    for (size_t i = 0; i < count; i++)
        bridged += list[i].bridged;
    assert_int_equal(bridged, 40);
    assert_string_equal(list[2].name, "SIP/1500-0000008f");
    assert_string_equal(list[2].context, "internal");
    assert_string_equal(list[2].extension, "2500");
    assert_string_equal(list[2].state, "Up");
    assert_string_equal(list[2].application, "Dial");
    assert_string_equal(list[2].data, "IAX2/1000/2500,20");
    assert_string_equal(list[2].caller, "1500");
    assert_int_equal(list[2].seconds, 2);
    assert_int_equal(vl_asterisk_parse_channels_concise(&arena, far, &list, &count), 0);
    assert_int_equal(count, 20);
    assert_string_equal(list[19].application, "Echo");
    assert_false(list[19].bridged);
    assert_int_equal(vl_asterisk_parse_channels_concise(&arena, local, &list, &count), 0);
    assert_int_equal(count, 3);
    assert_true(list[0].bridged);
    assert_false(list[1].bridged);
    assert_int_equal(vl_asterisk_parse_channels_concise(&arena, "", &list, &count), 0);
    assert_int_equal(count, 0);
}

/* 1.6 has no unique id at the end; an application's data may hold the separator. */
static void test_odd_channels(void **state)
{
    static const char text[] = "SIP/7001-00000001!internal!1500!2!Up!Dial!IAX2/a!b/1500!7001!!3!12!IAX2/1000-1\n"
                               "SIP/7002-00000002!internal!1500!1!Ring!Wait!5!7002!!3!1!(None)\n"
                               "SIP/7003-00000003!internal!1500!1!Up!Echo!a!b!c!7003!!3!12!!pbx-1795405630.289\n"
                               "SIP/7005-00000003!internal!1500!1!Up!Dial!IAX2/a/2500!1500!acct!3!42!!1795405630.2\n"
                               "SIP/7004!cut off\n"
                               "Privilege escalation protection disabled!\n";
    VL_ARENA_AUTO arena = { .blocks = NULL };
    struct vl_channel *list;
    size_t count;

    (void)state;
    assert_int_equal(vl_asterisk_parse_channels_concise(&arena, text, &list, &count), 0);
    assert_int_equal(count, 4);
    assert_string_equal(list[3].caller, "1500");
    assert_true(list[0].bridged);
    assert_false(list[1].bridged);
    assert_string_equal(list[0].caller, "7001");
    assert_int_equal(list[0].seconds, 12);
    assert_string_equal(list[1].state, "Ring");
    assert_string_equal(list[1].caller, "7002");
    assert_int_equal(list[1].seconds, 1);
    assert_int_equal(list[2].seconds, 12);
    assert_false(list[2].bridged);
}

static void test_no_answer(void **state)
{
    static const char *const answers[] = { "no_such_command", "no_asterisk_stderr", "core_show_version" };
    VL_FREE char *unknown = captured("no_such_command"), *version = captured("core_show_version");

    (void)state;
    for (size_t i = 0; i < VL_COUNT(answers); i++) {
        VL_FREE char *text = captured(answers[i]);
        VL_ARENA_AUTO arena = { .blocks = NULL };
        struct vl_registration *registrations;
        struct vl_channel *channels;
        struct vl_peer *peers;
        size_t count;

        assert_int_equal(vl_asterisk_parse_sip_registry(&arena, text, &registrations, &count), -1);
        assert_int_equal(vl_asterisk_parse_sip_peers(&arena, text, &peers, &count), -1);
        assert_int_equal(vl_asterisk_parse_iax2_peers(&arena, text, &peers, &count), -1);
        assert_int_equal(vl_asterisk_parse_channels_concise(&arena, text, &channels, &count), -1);
        assert_int_equal(vl_asterisk_parse_sip_registry(&arena, "", &registrations, &count), -1);
        assert_int_equal(vl_asterisk_parse_sip_peers(&arena, "", &peers, &count), -1);
    }
    assert_true(vl_asterisk_no_such_command(unknown));
    assert_true(vl_asterisk_no_such_command("\nNo such command 'sip reload'"));
    assert_true(vl_asterisk_no_such_command("No such module 'chan_sip.so'\n"));
    assert_false(vl_asterisk_no_such_command(version));
    assert_false(vl_asterisk_no_such_command(""));
}

/* A table of IAX2 is not taken for one of SIP. */
static void test_other_table(void **state)
{
    VL_FREE char *sip = captured("sip_show_peers.pbx_ok"), *iax2 = captured("iax2_show_peers.ok");
    VL_ARENA_AUTO arena = { .blocks = NULL };
    struct vl_peer *peers;
    size_t count;

    (void)state;
    assert_int_equal(vl_asterisk_parse_iax2_peers(&arena, sip, &peers, &count), -1);
    assert_int_equal(vl_asterisk_parse_sip_peers(&arena, iax2, &peers, &count), -1);
}

static void test_version(void **state)
{
    static const struct {
        const char *text;
        bool known;
        unsigned major, minor;
    } cases[] = {
        { "Asterisk Ready.\nAsterisk 22.10.1 built by nobody", true, 22, 10 }, /* one that has just started */
        { "Asterisk Ready.\n", false, 0, 0 },
        { "Asterisk 1.6.2.13 built by root @ elx on a i686", true, 1, 6 },
        { "Asterisk 1.8.32.3 built by", true, 1, 8 },
        { "Asterisk 20.0 built by", true, 20, 0 },
        { "Asterisk certified/13.8-cert4 built", true, 13, 8 },
        { "Asterisk certified-18.9-cert1 built", true, 18, 9 },
        { "Asterisk GIT-18-a1b2c3 built", true, 18, 0 },
        { "Asterisk GIT-master-7f3a built", false, 0, 0 },
        { "Asterisk ", false, 0, 0 },
        { "Asterisk 99999999999999999999", false, 0, 0 },
        { "", false, 0, 0 },
    };
    VL_FREE char *text = captured("core_show_version");
    unsigned major, minor;

    (void)state;
    assert_true(vl_asterisk_parse_version(text, &major, &minor));
    assert_int_equal(major, 16);
    assert_int_equal(minor, 28);
    for (size_t i = 0; i < VL_COUNT(cases); i++) {
        major = minor = 0;
        assert_int_equal(vl_asterisk_parse_version(cases[i].text, &major, &minor), cases[i].known);
        assert_int_equal(major, cases[i].major);
        assert_int_equal(minor, cases[i].minor);
    }
}

static void test_uptime_and_counts(void **state)
{
    VL_FREE char *uptime = captured("core_show_uptime_seconds");
    VL_FREE char *calls = captured("core_show_channels_count.calls"), *none = captured("core_show_channels_count.none");
    unsigned long seconds = 0, channels = 9, active = 9;

    (void)state;
    assert_true(vl_asterisk_parse_uptime(uptime, &seconds));
    assert_int_equal(seconds, 115);
    assert_false(vl_asterisk_parse_uptime("System uptime: ", &seconds));
    assert_false(vl_asterisk_parse_uptime("Last reload: 3", &seconds));
    assert_true(vl_asterisk_parse_channels_count(calls, &channels, &active));
    assert_int_equal(channels, 40);
    assert_int_equal(active, 20);
    assert_true(vl_asterisk_parse_channels_count(none, &channels, &active));
    assert_int_equal(channels + active, 0);
    assert_true(vl_asterisk_parse_channels_count("1 active channel\n1 active call\n", &channels, &active));
    assert_int_equal(channels + active, 2);
    assert_false(vl_asterisk_parse_channels_count("40 active channels\n", &channels, &active));
    assert_false(vl_asterisk_parse_channels_count("", &channels, &active));
}

static void test_names(void **state)
{
    (void)state;
    assert_true(vl_asterisk_name_matches("7001", "7001"));
    assert_false(vl_asterisk_name_matches("700", "7001"));
    assert_false(vl_asterisk_name_matches("7001", "700"));
    assert_true(vl_asterisk_name_matches("a-long-user-", "a-long-user-name"));
    assert_false(vl_asterisk_name_matches("a-long-user", "a-long-user-name"));
    assert_true(vl_asterisk_name_matches("1004-a-very-lon", "1004-a-very-long-name"));
    assert_true(vl_asterisk_name_matches("a-very-long-peer-name-of-", "a-very-long-peer-name-of-a-guest"));
    assert_false(vl_asterisk_name_matches("a-very-long-peer-name-of", "a-very-long-peer-name-of-a-guest"));
    assert_false(vl_asterisk_name_matches("", "7001"));
}

static void run_all(const char *text)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    struct vl_registration *registrations;
    struct vl_channel *channels;
    struct vl_peer *peers;
    unsigned long a, b;
    unsigned c, d;
    size_t count;

    (void)vl_asterisk_parse_sip_registry(&arena, text, &registrations, &count);
    (void)vl_asterisk_parse_sip_peers(&arena, text, &peers, &count);
    (void)vl_asterisk_parse_iax2_peers(&arena, text, &peers, &count);
    (void)vl_asterisk_parse_channels_concise(&arena, text, &channels, &count);
    (void)vl_asterisk_parse_channels_count(text, &a, &b);
    (void)vl_asterisk_parse_version(text, &c, &d);
    (void)vl_asterisk_parse_uptime(text, &a);
    (void)vl_asterisk_no_such_command(text);
}

/* Cut every answer at every byte, then damage bytes of it: nothing may be read outside the text (run under ASan). */
static void test_damaged(void **state)
{
    static const char *const files[] = {
        "sip_show_registry.registered",          "sip_show_peers.lagged", "iax2_show_peers.lagged",
        "core_show_channels_concise.local_call", "core_show_version",     "core_show_uptime_seconds",
        "core_show_channels_count.calls",
    };
    struct generator generator = { .state = 20110912 };

    (void)state;
    for (size_t i = 0; i < VL_COUNT(files); i++) {
        VL_FREE char *text = captured(files[i]);
        size_t length = strlen(text);

        for (size_t cut = 0; cut <= length; cut++) {
            VL_FREE char *part = strndup(text, cut);

            run_all(part);
        }
        for (int round = 0; round < 500; round++) {
            VL_FREE char *copy = strdup(text);

            for (int change = 0; change < 8; change++)
                copy[choose(&generator, length)] = (char)(1 + choose(&generator, 255));
            run_all(copy);
        }
    }
}

/* More rows than an answer of Asterisk's has, and a longer cell, are dropped. */
static void test_limits(void **state)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_BUF_AUTO text = VL_BUF_INIT;
    struct vl_registration *registrations;
    struct vl_channel *channels;
    struct vl_peer *peers;
    size_t count;

    (void)state;
    vl_buf_puts(&text, "Name/username Host Port Status\n");
    vl_buf_printf(&text, "a             h    1    %0*d\n", 2 * VL_ASTERISK_CELL, 1);
    for (size_t i = 0; i < VL_ASTERISK_ROWS + 5; i++)
        vl_buf_puts(&text, "a             h    1    U\n");
    assert_int_equal(vl_asterisk_parse_sip_peers(&arena, vl_buf_text(&text), &peers, &count), 0);
    assert_int_equal(count, VL_ASTERISK_ROWS);
    assert_int_equal(strlen(peers[0].status_text), VL_ASTERISK_CELL);
    vl_buf_reset(&text);
    vl_buf_puts(&text, "Host Username Refresh State\n");
    for (size_t i = 0; i < VL_ASTERISK_ROWS + 5; i++)
        vl_buf_puts(&text, "h    a          1      U\n");
    assert_int_equal(vl_asterisk_parse_sip_registry(&arena, vl_buf_text(&text), &registrations, &count), 0);
    assert_int_equal(count, VL_ASTERISK_ROWS);
    vl_buf_reset(&text);
    for (size_t i = 0; i < VL_ASTERISK_ROWS + 5; i++)
        vl_buf_puts(&text, "n!c!e!1!Up!a!d!!!!3!1!(None)!1.23\n");
    assert_int_equal(vl_asterisk_parse_channels_concise(&arena, vl_buf_text(&text), &channels, &count), 0);
    assert_int_equal(count, VL_ASTERISK_ROWS);
}

static void test_memory(void **state)
{
    VL_FREE char *text = captured("sip_show_peers.lagged");

    (void)state;
    VL_ARENA_AUTO arena = { .failed = true };
    struct vl_registration *registrations;
    struct vl_peer *peers;
    size_t count;

    assert_int_equal(vl_asterisk_parse_sip_peers(&arena, text, &peers, &count), -1);
    assert_true(arena.failed);
    assert_int_equal(vl_asterisk_parse_sip_registry(&arena, text, &registrations, &count), -1);
}

static void test_reloads(void **state)
{
    static const char refused[] = "Module 'chan_sip.so' reported a reload failure";
    VL_ARENA_AUTO arena = { .blocks = NULL };
    unsigned long seconds = 0;

    (void)state;
    assert_true(vl_asterisk_parse_reload("System uptime: 900\nLast reload: 17\n", &seconds));
    assert_int_equal(seconds, 17);
    assert_false(vl_asterisk_parse_reload("System uptime: 900\nLast reload: \n", &seconds));
    assert_false(vl_asterisk_parse_reload("Last reload: 99999999999999999999\n", &seconds));
    assert_string_equal(vl_asterisk_reload_refused(&arena, "\n  Module 'chan_sip.so' reported a reload failure\r\n"),
                        refused);
    assert_null(vl_asterisk_reload_refused(&arena, "Module 'chan_sip.so' reloaded successfully.\n"));
    assert_null(vl_asterisk_reload_refused(&arena, "The module 'app_macro.so' does not support reloads\n"));
    assert_null(vl_asterisk_reload_refused(&arena, ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reloads),
        cmocka_unit_test(test_registry_registered),
        cmocka_unit_test(test_registry_states),
        cmocka_unit_test(test_registry_none),
        cmocka_unit_test(test_registry_old_layout),
        cmocka_unit_test(test_sip_peers),
        cmocka_unit_test(test_iax2_peers),
        cmocka_unit_test(test_old_peers),
        cmocka_unit_test(test_lying_description),
        cmocka_unit_test(test_channels),
        cmocka_unit_test(test_odd_channels),
        cmocka_unit_test(test_no_answer),
        cmocka_unit_test(test_other_table),
        cmocka_unit_test(test_version),
        cmocka_unit_test(test_uptime_and_counts),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_damaged),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
