/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who has the uplink: a table of what is seen and what follows, and trees of files that are looked at. */
#include "support.h"

#include "base/cleanup.h"
#include "base/delete.h"
#include "base/file.h"
#include "network/road.h"
#include "network/uplink.h"

#define FILE_OF(kind) [VL_BACKEND_##kind] = { .file = "FILE-" #kind, .directory = "DIRECTORY" }
#define RUNS(kind) [VL_BACKEND_##kind] = { .running = "RUN-" #kind, .directory = "DIRECTORY" }
#define BOTH(kind) [VL_BACKEND_##kind] = { .file = "FILE-" #kind, .running = "RUN-" #kind, .directory = "DIRECTORY" }
#define REST(kind) [VL_BACKEND_##kind] = { .rest = "REST-" #kind, .directory = "DIRECTORY" }
#define DIRECTORY(kind) [VL_BACKEND_##kind] = { .directory = "DIRECTORY" }

static const struct {
    struct vl_uplink_evidence evidence;
    bool bare;
    enum vl_bridge_backend expected; /* VL_BACKEND_AUTO: refused */
    const char *says;                /* a part of the reason or of the message */
} table[] = {
    { { { FILE_OF(IFCFG) } }, false, VL_BACKEND_IFCFG, "FILE-IFCFG" },
    { { { FILE_OF(IFCFG), RUNS(NETWORKMANAGER) } }, false, VL_BACKEND_IFCFG, "FILE-IFCFG" },
    { { { FILE_OF(IFCFG), BOTH(NETWORKMANAGER) } }, false, VL_BACKEND_AUTO, "ifcfg ('FILE-IFCFG'), networkmanager" },
    { { { RUNS(NETWORKMANAGER) } }, false, VL_BACKEND_NETWORKMANAGER, "RUN-NETWORKMANAGER" },
    { { { RUNS(NETWORKMANAGER), DIRECTORY(IFUPDOWN) } }, false, VL_BACKEND_NETWORKMANAGER, "RUN" },
    { { { BOTH(NETWORKD), DIRECTORY(IFUPDOWN) } }, false, VL_BACKEND_NETWORKD, "FILE-NETWORKD" },
    { { { FILE_OF(NETPLAN), RUNS(NETWORKD) } }, false, VL_BACKEND_NETPLAN, "FILE-NETPLAN" },
    { { { FILE_OF(NETPLAN), RUNS(NETWORKMANAGER) } }, false, VL_BACKEND_NETPLAN, "FILE-NETPLAN" },
    { { { FILE_OF(NETPLAN), FILE_OF(NETWORKD) } }, false, VL_BACKEND_AUTO, "by 'backend = NAME' in [bridge]" },
    { { { FILE_OF(NETPLAN), FILE_OF(IFUPDOWN) } }, false, VL_BACKEND_AUTO, "ifupdown ('FILE-IFUPDOWN'), netplan" },
    { { { BOTH(IFUPDOWN), DIRECTORY(NETWORKD) } }, false, VL_BACKEND_IFUPDOWN, "FILE-IFUPDOWN" },
    { { { BOTH(IFUPDOWN), RUNS(NETWORKMANAGER) } }, false, VL_BACKEND_AUTO, "RUN-NETWORKMANAGER" },
    { { { DIRECTORY(IFUPDOWN), DIRECTORY(NETWORKD) } }, false, VL_BACKEND_AUTO, "nobody is seen" },
    { { { DIRECTORY(IFUPDOWN), DIRECTORY(NETWORKD) } }, true, VL_BACKEND_AUTO, "nobody is seen" },
    { { { REST(NETWORKMANAGER), DIRECTORY(IFUPDOWN), DIRECTORY(NETPLAN) } },
      false,
      VL_BACKEND_NETWORKMANAGER,
      "REST-NETWORKMANAGER" },
    { { { REST(NETWORKMANAGER), FILE_OF(IFUPDOWN) } }, false, VL_BACKEND_IFUPDOWN, "FILE-IFUPDOWN" },
    { { { DIRECTORY(IFCFG) } }, false, VL_BACKEND_IFCFG, "DIRECTORY" },
    { { { [0] = { .file = NULL } } }, false, VL_BACKEND_AUTO, "by 'backend = NAME' in [bridge]" },
    { { { [0] = { .file = NULL } } }, true, VL_BACKEND_IFCFG, "nothing of a network's" },
};

static void test_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < VL_COUNT(table); i++) {
        VL_ARENA_AUTO arena = { .blocks = NULL };
        VL_ERROR_AUTO err = { .code = VL_OK };
        enum vl_bridge_backend backend = VL_BACKEND_AUTO;
        const char *why = "";
        int rc = vl_uplink_decide(&arena, "eth0", &table[i].evidence, table[i].bare, &backend, &why, &err);

        if (rc == 0 ? backend != table[i].expected : table[i].expected != VL_BACKEND_AUTO)
            fail_msg("case %zu: %s", i, rc == 0 ? vl_bridge_backends[backend] : vl_error_text(&err));
        if (!strstr(rc == 0 ? why : vl_error_text(&err), table[i].says))
            fail_msg("case %zu says %s", i, rc == 0 ? why : vl_error_text(&err));
    }
}

/* What netplan does not name is NetworkManager's where a file of its says so, as on a desktop. */
static void test_rest(void **state)
{
    static const char tree[] = "/tmp/voiplab-uplink-XXXXXX", text[] = "network:\n  version: 2\n  renderer: %s\n";
    static const struct {
        const char *renderer, *expected;
    } cases[] = { { "NetworkManager", "networkmanager" }, { "networkd", "netplan" } };

    (void)state;
    for (size_t i = 0; i < VL_COUNT(cases); i++) {
        VL_ARENA_AUTO arena = { .blocks = NULL };
        VL_ERROR_AUTO err = { .code = VL_OK };
        char *root = mkdtemp(vl_arena_strdup(&arena, tree));
        const char *file = vl_arena_printf(&arena, "%s/etc/netplan/01-all.yaml", root), *why;
        enum vl_bridge_backend backend;

        assert_non_null(root);
        assert_int_equal(vl_file_mkdirs(vl_arena_printf(&arena, "%s/etc/netplan", root), 0755, &err), 0);
        write_whole(file, vl_arena_printf(&arena, text, cases[i].renderer));
        if (vl_uplink_owner(&arena, root, "enp3s0", NULL, &backend, &why, &err) < 0)
            fail_msg("%s", vl_error_text(&err));
        assert_string_equal(vl_bridge_backends[backend], cases[i].expected);
        assert_int_equal(vl_file_remove_tree(root, &err), 0);
    }
}

/* Each tree of test/bridge is seen as that of its back end. */
static void test_trees(void **state)
{
    static const char *const trees[] = {
        "ifcfg/foreign",    "networkmanager/foreign", "networkd/foreign",
        "ifupdown/foreign", "netplan/foreign",        "networkd/static-wildcard",
    };

    (void)state;
    for (size_t i = 0; i < VL_COUNT(trees); i++) {
        VL_ARENA_AUTO arena = { .blocks = NULL };
        VL_ERROR_AUTO err = { .code = VL_OK };
        const char *root = vl_arena_printf(&arena, "%s/test/bridge/%s/before", SOURCE_DIRECTORY, trees[i]), *why;
        enum vl_bridge_backend backend;

        if (vl_uplink_owner(&arena, root, "eth0", NULL, &backend, &why, &err) < 0)
            fail_msg("%s: %s", trees[i], vl_error_text(&err));
        assert_memory_equal(trees[i], vl_bridge_backends[backend], strlen(vl_bridge_backends[backend]));
        assert_non_null(strstr(why, "/etc/"));
    }
}

/* A masked unit is none; a link to elsewhere does not keep the others from being seen, but is not edited. */
static void test_links(void **state)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };
    char *root = make_directory();
    const char *units = vl_arena_printf(&arena, "%s/etc/systemd/network", root), *why;
    struct vl_bridge bridge = { .name = "br0", .interface = "eth0" };
    struct vl_bridge_input input;
    enum vl_bridge_backend backend;

    (void)state;
    assert_int_equal(vl_file_mkdirs(units, 0755, &err), 0);
    assert_int_equal(symlink("/dev/null", vl_arena_printf(&arena, "%s/10-off.network", units)), 0);
    write_whole(vl_arena_printf(&arena, "%s/20-on.network", units), "[Match]\nName=eth0\n");
    assert_int_equal(vl_uplink_owner(&arena, root, "eth0", NULL, &backend, &why, &err), 0);
    assert_int_equal(backend, VL_BACKEND_NETWORKD);
    assert_int_equal(vl_uplink_gather(&arena, root, backend, &bridge, &input, &err), 0);
    assert_int_equal(input.count, 2);
    assert_string_equal(input.files[0].text, "");
    assert_int_equal(symlink("/etc/passwd", vl_arena_printf(&arena, "%s/30-far.network", units)), 0);
    assert_int_equal(vl_uplink_owner(&arena, root, "eth0", NULL, &backend, &why, &err), 0);
    assert_int_equal(vl_uplink_gather(&arena, root, backend, &bridge, &input, &err), -1);
    assert_non_null(strstr(vl_error_text(&err), "30-far.network"));
    remove_tree(root);
    free(root);
}

/* A default route that went to another card, and a session that would be spoken to from another address. */
static void test_roads(void **state)
{
    static const struct {
        struct vl_road before, now;
        const char *moved, *lost; /* a part of what is said; NULL: nothing */
    } cases[] = {
        { { "192.0.2.1", true, "eth0", "192.0.2.9" }, { "192.0.2.1", true, "br0", "192.0.2.9" }, NULL, NULL },
        { { "192.0.2.1", true, "br0", "192.0.2.9" }, { "192.0.2.1", true, "br0", "192.0.2.9" }, NULL, NULL },
        { { "192.0.2.1", true, "eth0", "192.0.2.9" },
          { "192.0.2.1", true, "eth1", "192.0.2.9" },
          "over 'eth1' now instead of 'br0'",
          "over 'eth1' now instead of 'br0'" },
        { { "192.0.2.1", true, "eth1", "192.0.2.9" }, { "192.0.2.1", true, "br0", "192.0.2.9" }, NULL, NULL },
        { { "192.0.2.1", true, "eth1", "192.0.2.9" }, { "192.0.2.1", true, "eth2", "192.0.2.9" }, NULL, NULL },
        { { "192.0.2.1", true, "eth0", "192.0.2.9" },
          { "192.0.2.1", true, "br0", "192.0.2.50" },
          NULL,
          "from 192.0.2.50 now, and was from 192.0.2.9" },
        { { "192.0.2.1", true, "eth0", "192.0.2.9" }, { .known = false }, NULL, "no way to 192.0.2.1 any more" },
        { { .known = false }, { "192.0.2.1", true, "eth1", "192.0.2.9" }, NULL, NULL },
    };
    VL_ARENA_AUTO arena = { .failed = false };

    (void)state;
    for (size_t i = 0; i < VL_COUNT(cases); i++) {
        const char *moved = vl_road_moved(&arena, &cases[i].before, &cases[i].now, "eth0", "br0");
        const char *lost = vl_road_lost(&arena, &cases[i].before, &cases[i].now, "eth0", "br0");

        assert_int_equal(moved != NULL, cases[i].moved != NULL);
        assert_int_equal(lost != NULL, cases[i].lost != NULL);
        assert_true(!moved || strstr(moved, cases[i].moved));
        assert_true(!lost || strstr(lost, cases[i].lost));
    }
    assert_true(vl_road_look("127.0.0.1").known);
    assert_string_equal(vl_road_look("127.0.0.1").over, "lo");
    assert_string_equal(vl_road_look("127.0.0.1").from, "127.0.0.1");
    assert_false(vl_road_look("no address").known);
    assert_false(vl_road_look(NULL).known);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_roads), cmocka_unit_test(test_table), cmocka_unit_test(test_rest),
        cmocka_unit_test(test_trees), cmocka_unit_test(test_links),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
