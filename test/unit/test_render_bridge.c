/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The files of the bridge: the keys and values of the thesis, and an isolated network without an uplink. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lab_fixture.h"
#include "network/backend.h"
#include "network/sysctl.h"

static struct vl_fileset render(struct lab_fixture *fixture)
{
    const struct vl_bridge_input input = { .bridge = &fixture->lab->bridge };
    struct vl_fileset set = { .files = NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };

    assert_int_equal(vl_bridge_files(&fixture->arena, VL_BACKEND_IFCFG, &input, &set, &err), 0);
    vl_bridge_sysctl(&fixture->arena, fixture->lab, true, "", &set);
    return set;
}

/* Every line of `expected` stands in the file. */
static void check(struct lab_fixture *fixture, const struct vl_fileset *set, const char *path,
                  const char *const *expected)
{
    const struct vl_file *file = lab_fixture_find(set, path, VL_FILE_WHOLE);
    const char *text;

    assert_non_null(file);
    text = vl_arena_printf(&fixture->arena, "\n%s", file->text);
    for (; *expected; expected++)
        if (!strstr(text, vl_arena_printf(&fixture->arena, "\n%s\n", *expected)))
            fail_msg("%s lacks '%s'", path, *expected);
}

#define SCRIPTS "/etc/sysconfig/network-scripts/"

static void test_thesis(void **unused)
{
    LAB_FIXTURE_AUTO *fixture = lab_fixture_open("thesis");
    struct vl_fileset set = render(fixture);

    (void)unused;
    check(fixture, &set, SCRIPTS "ifcfg-eth0",
          (const char *const[]){ "DEVICE=eth0", "BOOTPROTO=static", "ONBOOT=yes", "BRIDGE=br0", NULL });
    check(fixture, &set, SCRIPTS "ifcfg-br0",
          (const char *const[]){ "DEVICE=br0", "TYPE=Bridge", "BOOTPROTO=static", "ONBOOT=yes", "IPADDR=192.168.0.153",
                                 "NETMASK=255.255.255.0", "GATEWAY=192.168.0.1", "NETWORK=192.168.0.0", NULL });
    check(fixture, &set, "/etc/sysctl.d/60-voiplab.conf",
          (const char *const[]){ "net.bridge.bridge-nf-call-ip6tables = 0", "net.bridge.bridge-nf-call-iptables = 0",
                                 "net.bridge.bridge-nf-call-arptables = 0", NULL });
    assert_null(strstr(set.files[0].text, "HWADDR"));
    assert_null(strstr(set.files[0].text, "IPADDR"));
    assert_int_equal(set.files[2].reload, VL_RELOAD_SYSCTL);
}

static void test_hwaddr_and_dns(void **unused)
{
    static const char *const servers[] = { "192.168.0.1", "192.168.0.2", NULL };
    LAB_FIXTURE_AUTO *fixture = lab_fixture_open("thesis");
    struct vl_fileset set;

    (void)unused;
    fixture->lab->bridge.hwaddr = "00:1b:21:3c:4d:5e";
    fixture->lab->bridge.dns = servers;
    fixture->lab->bridge.prefix = 22;
    set = render(fixture);
    check(fixture, &set, SCRIPTS "ifcfg-eth0", (const char *const[]){ "HWADDR=00:1b:21:3c:4d:5e", NULL });
    check(fixture, &set, SCRIPTS "ifcfg-br0",
          (const char *const[]){ "NETMASK=255.255.252.0", "NETWORK=192.168.0.0", "DNS1=192.168.0.1", "DNS2=192.168.0.2",
                                 NULL });
}

/* A host without /etc/sysctl.d: a block in the file that it has. */
static void test_sysctl_conf(void **unused)
{
    LAB_FIXTURE_AUTO *fixture = lab_fixture_open("thesis");
    struct vl_fileset set = { .files = NULL };

    (void)unused;
    vl_bridge_sysctl(&fixture->arena, fixture->lab, false, "", &set);
    assert_int_equal(set.count, 1);
    assert_string_equal(set.files[0].path, "/etc/sysctl.conf");
    assert_int_equal(set.files[0].kind, VL_FILE_BLOCK);
    assert_int_equal(set.files[0].reload, VL_RELOAD_SYSCTL_CONF);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_thesis),
        cmocka_unit_test(test_hwaddr_and_dns),
        cmocka_unit_test(test_sysctl_conf),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
