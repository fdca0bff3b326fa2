/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Signs of a hoster, in the lab file and in what the firmware says, and that there is none elsewhere.
 */
#include "support.h"

#include <unistd.h>

#include "network/hoster.h"

static char directory[] = "/tmp/voiplab-hoster.XXXXXX";

static const char *sign_of(struct vl_arena *arena, const char *file, const char *text)
{
    static const char *const none[] = { NULL };
    const struct vl_bridge bridge = { .name = "br0", .interface = "none-such0", .dhcp = true, .addresses = none };
    const char *path = vl_arena_printf(arena, "%s/%s", directory, file), *sign;

    write_whole(path, text);
    sign = vl_hoster_sign(arena, &bridge, directory);
    assert_int_equal(unlink(path), 0);
    return sign;
}

static void test_machine(void **state)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };

    (void)state;
    assert_non_null(mkdtemp(directory));
    assert_string_equal(
        sign_of(&arena, "sys_vendor", "Hetzner\n"),
        vl_arena_printf(&arena, "this is a machine of the hoster Hetzner ('%s/sys_vendor')", directory));
    assert_non_null(sign_of(&arena, "chassis_asset_tag", "7783-7084-3265-9085-8269-3286-77\n"));
    assert_null(sign_of(&arena, "sys_vendor", "Dell Inc.\n"));
    assert_null(sign_of(&arena, "product_name", "Hetzner\n"));
    assert_int_equal(rmdir(directory), 0);
}

static void test_address(void **state)
{
    static const char *const none[] = { NULL };
    struct vl_bridge bridge = { .name = "br0", .interface = "none-such0", .addresses = none };
    VL_ARENA_AUTO arena = { .blocks = NULL };

    (void)state;
    bridge.address = bridge.network = 0xc633644d;
    bridge.prefix = 32;
    bridge.gateway = 0xac1f0101;
    assert_string_equal(
        vl_hoster_sign(&arena, &bridge, NULL),
        "198.51.100.77/32 with its gateway 172.31.1.1 beyond is how a hoster gives a server its address");
    bridge.prefix = 24;
    bridge.network = 0xc6336400;
    bridge.gateway = 0xc6336401;
    assert_null(vl_hoster_sign(&arena, &bridge, NULL));
    assert_null(vl_hoster_sign(&arena, &bridge, "/nowhere"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_machine),
        cmocka_unit_test(test_address),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
