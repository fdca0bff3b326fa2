/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What NetworkManager has of an uplink now and in no file of the uplink's own goes over to the bridge: the connection
 * that is up although it is one for any card, the metric, and the end of the address that it made itself.
 */
#include "support.h"

#include <arpa/inet.h>

#include "base/text.h"
#include "lab/lab.h"
#include "network/backend.h"
#include "network/networkmanager_hold.h"

#define FOLDER "/etc/NetworkManager/system-connections/"
#define UUID "0f2b1d6e-1111-4222-8333-444455556674"

static const char any_card[] = "[connection]\n"
                               "id=Wired\n"
                               "uuid=" UUID "\n"
                               "type=ethernet\n"
                               "autoconnect-priority=10\n"
                               "multi-connect=3\n"
                               "zone=internal\n"
                               "\n"
                               "[802-1x]\n"
                               "eap=tls;\n"
                               "\n"
                               "[ipv4]\n"
                               "method=auto\n"
                               "\n"
                               "[ipv6]\n"
                               "addr-gen-mode=stable-privacy\n"
                               "ip6-privacy=2\n"
                               "method=auto\n"
                               "\n"
                               "[.nmmeta]\n"
                               "nm-generated=true\n";

static const struct vl_bridge bridge = {
    .name = "br0",
    .interface = "eth0",
    .dhcp = true,
    .ipv6_auto = true,
    .addresses = (const char *const[]){ NULL },
    .dns = (const char *const[]){ NULL },
};

static const char *render(struct vl_arena *arena, const struct vl_bridge_input *input, const char *path)
{
    struct vl_fileset set = { .files = NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };

    if (vl_bridge_files(arena, VL_BACKEND_NETWORKMANAGER, input, &set, &err) < 0)
        fail_msg("%s", vl_error_text(&err));
    for (size_t i = 0; i < set.count; i++)
        if (!strcmp(set.files[i].path, path))
            return set.files[i].text;
    fail_msg("%s is not written", path);
    return NULL;
}

static void has(const char *text, const char *line)
{
    if (!strstr(text, line))
        fail_msg("no '%s' in\n%s", line, text);
}

static void has_not(const char *text, const char *line)
{
    if (strstr(text, line))
        fail_msg("'%s' is in\n%s", line, text);
}

static void test_hold(void **state)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    const struct vl_bridge_source source = { FOLDER "Wired.nmconnection", any_card };
    struct vl_bridge_input input = {
        .bridge = &bridge,
        .hold = { .profile = UUID, .metric = "100", .token = "::1:2:3:4" },
        .files = &source,
        .count = 1,
    };
    const char *port = render(&arena, &input, FOLDER "voiplab-eth0.nmconnection");
    const char *ours = render(&arena, &input, FOLDER "voiplab-br0.nmconnection");
    const char *name = vl_backend(VL_BACKEND_NETWORKMANAGER)->profile(&arena, &input, VL_OWNER_CHANGED);
    struct vl_bridge_input again = { .bridge = &bridge, .count = 3 };

    (void)state;
    has(port, "interface-name=eth0\n");
    has(port, "autoconnect-priority=999\n");
    has(port, "eap=tls;\n");
    has(port, "master=br0\n");
    has_not(port, "multi-connect");
    has_not(port, ".nmmeta");
    has_not(port, UUID);
    has(port, vl_arena_printf(&arena, "uuid=%s\n", name));
    assert_string_equal(vl_backend(VL_BACKEND_NETWORKMANAGER)->profile(&arena, &input, VL_OWNER_PUT_BACK), UUID);
    has(ours, "zone=internal\n");
    has(ours, "[ipv4]\nmethod=auto\nroute-metric=100\n");
    has(ours, "[ipv6]\nmethod=auto\nip6-privacy=2\nroute-metric=100\naddr-gen-mode=eui64\ntoken=::1:2:3:4\n");
    has_not(ours, "stable-privacy");
    /* once it is the port, nothing of that is known any more */
    again.files = (const struct vl_bridge_source[]){ source,
                                                     { FOLDER "voiplab-br0.nmconnection", ours },
                                                     { FOLDER "voiplab-eth0.nmconnection", port } };
    assert_string_equal(render(&arena, &again, FOLDER "voiplab-br0.nmconnection"), ours);
    assert_string_equal(render(&arena, &again, FOLDER "voiplab-eth0.nmconnection"), port);
}

/* A lab that says what IPv6 the bridge has is not led by the uplink's. */
static void test_ipv6_method(void **state)
{
    static const struct {
        const char *uplink, *wanted;
        bool automatic;
        const char *addresses[2];
    } rows[] = {
        { "disabled", "disabled", true, { NULL } },
        { "ignore", "ignore", true, { NULL } },
        { "link-local", "link-local", true, { NULL } },
        { "dhcp", "dhcp", true, { NULL } },
        { "auto", "auto", true, { NULL } },
        { "manual", "auto", true, { NULL } },
        { "disabled", "auto", true, { "2001:db8::9/64" } },
        { "auto", "disabled", false, { NULL } },
        { "disabled", "manual", false, { "2001:db8::9/64" } },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        VL_ARENA_AUTO arena = { .blocks = NULL };
        struct vl_bridge changed = bridge;
        const struct vl_bridge_source source = { FOLDER "lan.nmconnection",
                                                 vl_arena_printf(&arena,
                                                                 "[connection]\nid=lan\ninterface-name=eth0\n"
                                                                 "[ipv6]\nmethod=%s\n",
                                                                 rows[i].uplink) };
        const struct vl_bridge_input input = { .bridge = &changed, .files = &source, .count = 1 };

        changed.ipv6_auto = rows[i].automatic;
        changed.addresses = rows[i].addresses;
        has(render(&arena, &input, FOLDER "voiplab-br0.nmconnection"),
            vl_arena_printf(&arena, "[ipv6]\nmethod=%s\n", rows[i].wanted));
        /* a connection without a name of its own gets one, by which it is brought up */
        has(render(&arena, &input, FOLDER "lan.nmconnection"), "uuid=");
    }
}

static void test_token(void **state)
{
    static const unsigned char mac[6] = { 0x02, 0, 0, 0, 0, 0x0a };
    VL_ARENA_AUTO arena = { .blocks = NULL };
    unsigned char address[16];

    (void)state;
    assert_int_equal(inet_pton(AF_INET6, "2001:db8::9af:348a:6e8d:d053", address), 1);
    assert_string_equal(vl_networkmanager_token(&arena, address, mac), "::9af:348a:6e8d:d053");
    assert_int_equal(inet_pton(AF_INET6, "2001:db8::ff:fe00:a", address), 1);
    assert_null(vl_networkmanager_token(&arena, address, mac));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hold),
        cmocka_unit_test(test_ipv6_method),
        cmocka_unit_test(test_token),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
