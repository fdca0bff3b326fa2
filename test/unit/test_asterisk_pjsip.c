/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The parsers of what PJSIP prints, on what an Asterisk 16 and a 22 printed (data/asterisk16, data/asterisk22), on the
 * older layout without times, and on text that no Asterisk would send.
 */
#include "support.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "probe/asterisk.h"

#define LONG_NAME "a-very-long-name-of-an-aor-that-goes-on-and-on-until-the-end"

static char *captured(const char *name)
{
    VL_FREE char *path = NULL;

    assert_true(asprintf(&path, "%s/test/unit/data/%s.txt", SOURCE_DIRECTORY, name) > 0);
    return read_whole(path);
}

struct expected_registration {
    const char *name, *host, *text;
    enum vl_registration_state state;
};

static void check_registrations(const char *text, const struct expected_registration *expected, size_t expected_count)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    struct vl_registration *list;
    size_t count = 99;

    assert_int_equal(vl_asterisk_parse_pjsip_registrations(&arena, text, &list, &count), 0);
    assert_int_equal(count, expected_count);
    for (size_t i = 0; i < count; i++) {
        assert_string_equal(list[i].username, expected[i].name);
        assert_string_equal(list[i].host, expected[i].host);
        assert_string_equal(list[i].state_text, expected[i].text);
        assert_int_equal(list[i].state, expected[i].state);
    }
}

static void test_registrations(void **state)
{
    static const struct {
        const char *file;
        struct expected_registration rows[2];
        size_t count;
    } cases[] = {
        { "asterisk16/pjsip_show_registrations.registered",
          { { "hub", "10.77.0.10", "Registered", VL_REGISTRATION_REGISTERED } },
          1 },
        { "asterisk22/pjsip_show_registrations.registered",
          { { "hub", "10.77.0.10", "Registered", VL_REGISTRATION_REGISTERED } },
          1 },
        { "asterisk16/pjsip_show_registrations.rejected",
          { { LONG_NAME, "10.77.0.10", "Rejected", VL_REGISTRATION_REJECTED },
            { "hub", "10.77.0.10", "Unregistered", VL_REGISTRATION_UNREGISTERED } },
          2 },
        { "asterisk22/pjsip_show_registrations.rejected",
          { { LONG_NAME, "10.77.0.10", "Rejected", VL_REGISTRATION_REJECTED },
            { "hub", "10.77.0.10", "Rejected", VL_REGISTRATION_REJECTED } },
          2 },
        { .file = "asterisk16/pjsip_show_registrations.none" },
        { .file = "asterisk22/pjsip_show_registrations.none" },
    };

    (void)state;
    for (size_t i = 0; i < VL_COUNT(cases); i++) {
        VL_FREE char *text = captured(cases[i].file);

        check_registrations(text, cases[i].rows, cases[i].count);
    }
}

/* Up to 16.26 there is no time; a registration may have no auth; a URI is cut; a user stands before the host; what has
 * run out is not in force, whatever the status says. */
static void test_odd_registrations(void **state)
{
    static const char text[] =
        "\n <Registration/ServerURI..............................>  <Auth..........>  <Status.......>"
        "\n==========================================================================================\n"
        " hub/sip:10.77.0.10                                      hub               Registered  \r\n"
        " open/sip:10.77.0.10:5061                                                  Unregistered\n"
        " p/sip:a-provider-with-a-long-name.example.net;transp    p                 Registered\n"
        " q/sip:user@10.0.0.1;x=y                                 q                 Stopped\n"
        " old/sip:10.77.0.10                                      hub               Registered"
        "        (exp. 5s ago)\n"
        " no-slash                                                hub               Registered\n"
        " bare/sip:10.77.0.10\n"
        "\nObjects found: 6\n\n";
    static const struct expected_registration expected[] = {
        { "hub", "10.77.0.10", "Registered", VL_REGISTRATION_REGISTERED },
        { "open", "10.77.0.10:5061", "Unregistered", VL_REGISTRATION_UNREGISTERED },
        { "p", "a-provider-with-a-long-name.example.net;transp", "Registered", VL_REGISTRATION_REGISTERED },
        { "q", "10.0.0.1;x=y", "Stopped", VL_REGISTRATION_OTHER },
        { "old", "10.77.0.10", "Registered        (exp. 5s ago)", VL_REGISTRATION_OTHER },
    };

    (void)state;
    check_registrations(text, expected, VL_COUNT(expected));
}

static struct vl_registration registration_of(struct vl_arena *arena, const char *status)
{
    const char *text = vl_arena_printf(arena,
                                       " <Registration/ServerURI....>  <Auth....>  <Status.......>\n====\n"
                                       " hub/sip:10.77.0.10            hub         %s\n",
                                       status);
    struct vl_registration *list;
    size_t count;

    assert_int_equal(vl_asterisk_parse_pjsip_registrations(arena, text, &list, &count), 0);
    assert_int_equal(count, 1);
    return list[0];
}

/* What gets less by itself is no news. */
static void test_registered_since(void **state)
{
    static const struct {
        const char *before, *now;
        bool renewed;
    } cases[] = {
        { "Registered        (exp. 93s)", "Registered        (exp. 93s)", false },
        { "Registered        (exp. 93s)", "Registered        (exp. 92s)", false },
        { "Registered        (exp. 93s)", "Registered        (exp. 119s)", true },
        { "Registered        (exp. 5s ago)", "Registered        (exp. 6s ago)", false },
        { "Registered        (exp. 5s ago)", "Registered        (exp. 119s)", true },
        { "Unregistered      (exp. 119s)", "Registered        (exp. 119s)", true },
        { "Registered        (exp. 93s)", "Unregistered      (exp. 119s)", false },
        { "Registered", "Registered", true }, /* up to 16.26: nobody knows */
    };
    VL_ARENA_AUTO arena = { .blocks = NULL };

    (void)state;
    for (size_t i = 0; i < VL_COUNT(cases); i++) {
        struct vl_registration before = registration_of(&arena, cases[i].before);
        struct vl_registration now = registration_of(&arena, cases[i].now);

        if (vl_asterisk_registered_since(&before, &now) != cases[i].renewed)
            fail_msg("'%s' after '%s'", cases[i].now, cases[i].before);
    }
}

struct expected_peer {
    const char *name, *host;
    enum vl_peer_status status;
    int milliseconds;
};

static void check_contacts(const char *text, const struct expected_peer *expected, size_t expected_count)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    struct vl_peer *list;
    size_t count = 99;

    assert_int_equal(vl_asterisk_parse_pjsip_contacts(&arena, text, &list, &count), 0);
    assert_int_equal(count, expected_count);
    for (size_t i = 0; i < count; i++) {
        assert_string_equal(list[i].name, expected[i].name);
        assert_string_equal(list[i].username, "");
        assert_string_equal(list[i].host, expected[i].host);
        assert_int_equal(list[i].status, expected[i].status);
        assert_int_equal(list[i].milliseconds, expected[i].milliseconds);
    }
}

static void test_contacts(void **state)
{
    static const struct {
        const char *file;
        struct expected_peer rows[5];
        size_t count;
    } cases[] = {
        { "asterisk16/pjsip_show_contacts.ok",
          { { "2002", "10.77.0.14", VL_PEER_OK, 2 }, { "hub", "10.77.0.10", VL_PEER_OK, 2 } },
          2 },
        { "asterisk16/pjsip_show_contacts.unreachable",
          { { "2002", "10.77.0.14", VL_PEER_OK, 2 }, { "hub", "10.77.0.10", VL_PEER_UNREACHABLE, -1 } },
          2 },
        { "asterisk16/pjsip_show_contacts.long",
          { { "1001", "10.77.0.99", VL_PEER_UNMONITORED, -1 },
            { LONG_NAME, "10.77.0.99:5060", VL_PEER_UNMONITORED, -1 },
            { "hub", "10.77.0.10", VL_PEER_UNMONITORED, -1 },
            { "self", "127.0.0.1", VL_PEER_UNMONITORED, -1 },
            { "self", "127.0.0.1:", VL_PEER_UNMONITORED, -1 } },
          5 },
        { "asterisk22/pjsip_show_contacts.hub",
          { { "7001", "10.77.0.11:5060", VL_PEER_OK, 1 },
            { "7002", "10.77.0.12:5060", VL_PEER_OK, 2 },
            { "7003", "10.77.0.13:5060", VL_PEER_OK, 1 },
            { "7004", "10.77.0.14:5060", VL_PEER_OK, 1 } },
          4 },
        { "asterisk22/pjsip_show_contacts.unreachable",
          { { "4000", "10.77.0.11", VL_PEER_UNREACHABLE, -1 },
            { "4001", "10.77.0.12", VL_PEER_OK, 2 },
            { "4002", "10.77.0.13", VL_PEER_OK, 2 },
            { "hub", "10.77.0.10", VL_PEER_UNREACHABLE, -1 } },
          4 },
    };

    (void)state;
    for (size_t i = 0; i < VL_COUNT(cases); i++) {
        VL_FREE char *text = captured(cases[i].file);

        check_contacts(text, cases[i].rows, cases[i].count);
    }
}

/* An Avail without its time is none; a row that lacks a word is no row; nothing that is handed out does not print. */
static void test_odd_contacts(void **state)
{
    static const char text[] =
        "  Contact:  <Aor/ContactUri..............................> <Hash....> <Status> <RTT(ms)..>\n"
        "  Contact:  a/sip:1.2.3.4  0123456789 Avail  nan\n"
        "  Contact:  b/sip:1.2.3.4  0123456789 Avail\n"
        "  Contact:  c/sip:1.2.3.4  0123456789\n"
        "  Contact:  /sip:1.2.3.4   0123456789 Avail  1.000\n"
        "  Contact:  d\x1b[2J/sip:u@h  0123456789 Created  nan\n"
        "  Contact:  e/sip:1.2.3.4  0123456789 Avail  99999999999999999999.5\n"
        "  Contact:  f/sip:1.2.3.4  0123456789 Avail  7\n"
        "Contact: g/ 0 Removed nan";
    static const struct expected_peer expected[] = {
        { "a", "1.2.3.4", VL_PEER_OTHER, -1 },     { "b", "1.2.3.4", VL_PEER_OTHER, -1 },
        { "d\\x1b[2J", "h", VL_PEER_UNKNOWN, -1 }, { "e", "1.2.3.4", VL_PEER_OTHER, -1 },
        { "f", "1.2.3.4", VL_PEER_OK, 7 },         { "g", "", VL_PEER_OTHER, -1 },
    };

    (void)state;
    check_contacts(text, expected, VL_COUNT(expected));
}

static void test_no_answer(void **state)
{
    static const char *const files[] = { "asterisk16/no_such_command", "asterisk16/no_asterisk_stdout",
                                         "asterisk16/sip_show_peers.pbx_ok", "asterisk16/sip_show_registry.none" };
    VL_ARENA_AUTO arena = { .blocks = NULL };
    struct vl_registration *registrations;
    struct vl_peer *peers;
    size_t count;

    (void)state;
    for (size_t i = 0; i < VL_COUNT(files); i++) {
        VL_FREE char *text = captured(files[i]);

        assert_int_equal(vl_asterisk_parse_pjsip_registrations(&arena, text, &registrations, &count), -1);
        assert_int_equal(vl_asterisk_parse_pjsip_contacts(&arena, text, &peers, &count), -1);
    }
    assert_int_equal(vl_asterisk_parse_pjsip_contacts(&arena, "", &peers, &count), -1);
}

/* The names of channels and the places of their fields are those of PJSIP, on 22. */
static void test_channels(void **state)
{
    VL_FREE char *text = captured("asterisk22/core_show_channels_concise.calls");
    VL_ARENA_AUTO arena = { .blocks = NULL };
    struct vl_channel *list;
    size_t count;

    (void)state;
    assert_int_equal(vl_asterisk_parse_channels_concise(&arena, text, &list, &count), 0);
    assert_int_equal(count, 6);
    assert_string_equal(list[0].name, "PJSIP/4000-00000015");
    assert_string_equal(list[0].state, "Up");
    assert_true(list[0].bridged);
    assert_string_equal(list[3].name, "Local/1999@from-internal-0000000a;2");
    assert_string_equal(list[3].bridge, list[0].bridge);
    assert_false(list[2].bridged);
}

static void test_limits(void **state)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_BUF_AUTO text = VL_BUF_INIT;
    struct vl_registration *registrations;
    struct vl_peer *peers;
    size_t count;

    (void)state;
    vl_buf_puts(&text, "Contact:  <Aor/ContactUri\n");
    vl_buf_printf(&text, "Contact: a/h 1 %0*d 1\n", 2 * VL_ASTERISK_CELL, 1);
    for (size_t i = 0; i < VL_ASTERISK_ROWS + 5; i++)
        vl_buf_puts(&text, "Contact: a/h 1 U 1\n");
    assert_int_equal(vl_asterisk_parse_pjsip_contacts(&arena, vl_buf_text(&text), &peers, &count), 0);
    assert_int_equal(count, VL_ASTERISK_ROWS);
    assert_int_equal(strlen(peers[0].status_text), VL_ASTERISK_CELL);
    vl_buf_reset(&text);
    vl_buf_puts(&text, "<Registration/ServerURI\n");
    for (size_t i = 0; i < VL_ASTERISK_ROWS + 5; i++)
        vl_buf_puts(&text, "a/h a U\n");
    assert_int_equal(vl_asterisk_parse_pjsip_registrations(&arena, vl_buf_text(&text), &registrations, &count), 0);
    assert_int_equal(count, VL_ASTERISK_ROWS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_registrations),    cmocka_unit_test(test_odd_registrations),
        cmocka_unit_test(test_registered_since), cmocka_unit_test(test_contacts),
        cmocka_unit_test(test_odd_contacts),     cmocka_unit_test(test_no_answer),
        cmocka_unit_test(test_channels),         cmocka_unit_test(test_limits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
