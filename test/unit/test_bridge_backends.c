/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every back end of the bridge in every case of test/bridge: the files of BACKEND/CASE/before, the lab of
 * labs/CASE.ini (of a case LAB-WHAT labs/LAB.ini), and what shall come of it in BACKEND/CASE/after. A case refuse-WHAT
 * has the message in BACKEND/CASE/message (its lab is labs/static.ini, or labs/vlan.ini when WHAT starts with vlan).
 * Whatever is rendered is rendered again on top of itself and must stay the same. UPDATE_GOLDEN=1 writes the files
 * anew; look at the difference.
 */
#include "support.h"

#include <dirent.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "lab/lab.h"
#include "network/backend.h"
#include "network/uplink.h"

#define CASES "test/bridge"
#define MAC "00:0e:08:aa:bb:cc"

static int enter_source(void **state)
{
    (void)state;
    return chdir(SOURCE_DIRECTORY);
}

/* What would be there after the files were written: the old ones with the new ones over them. */
static struct vl_bridge_input after(struct vl_arena *arena, const struct vl_bridge_input *before,
                                    const struct vl_fileset *set)
{
    struct vl_bridge_source *files = vl_arena_zalloc(arena, (before->count + set->count + 1) * sizeof(*files));
    struct vl_bridge_input input = *before;

    assert_non_null(files);
    input.count = 0;
    for (size_t i = 0; i < before->count; i++) {
        bool replaced = false;

        for (size_t j = 0; j < set->count; j++)
            replaced |= !strcmp(set->files[j].path, before->files[i].path);
        if (!replaced)
            files[input.count++] = before->files[i];
    }
    for (size_t i = 0; i < set->count; i++)
        files[input.count++] = (struct vl_bridge_source){ set->files[i].path, set->files[i].text };
    input.files = files;
    return input;
}

/* Rendered on top of what was rendered: no file becomes another. */
static void check_twice(struct vl_arena *arena, enum vl_bridge_backend backend, const struct vl_bridge_input *before,
                        const struct vl_fileset *set, const char *what)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    struct vl_bridge_input input = after(arena, before, set);
    struct vl_fileset again = { .files = NULL };

    if (vl_bridge_files(arena, backend, &input, &again, &err) < 0)
        fail_msg("%s, the second time: %s", what, vl_error_text(&err));
    assert_int_equal(again.count, set->count);
    for (size_t i = 0; i < again.count; i++) {
        const char *text = vl_bridge_text(&input, again.files[i].path);

        assert_non_null(text);
        if (strcmp(text, again.files[i].text) != 0)
            fail_msg("%s: %s is another the second time:\n%s---\n%s", what, again.files[i].path, text,
                     again.files[i].text);
    }
}

static void check_golden(struct vl_arena *arena, const char *directory, const struct vl_file *file)
{
    char *path = vl_arena_printf(arena, "%s/after%s", directory, file->path);
    VL_FREE char *expected = NULL;

    assert_int_equal(file->mode, strstr(path, "NetworkManager") || strstr(path, "netplan") ? 0600 : 0644);
    assert_non_null(file->why);
    if (getenv("UPDATE_GOLDEN")) {
        VL_ERROR_AUTO err = { .code = VL_OK };

        assert_int_equal(vl_file_mkdirs(vl_arena_strndup(arena, path, (size_t)(strrchr(path, '/') - path)), 0755, &err),
                         0);
        write_whole(path, file->text);
    }
    expected = read_whole(path);
    if (strcmp(expected, file->text) != 0)
        fail_msg("%s is not what is rendered:\n%s", path, file->text);
}

static void check_message(struct vl_arena *arena, const char *directory, const struct vl_error *err)
{
    char *path = vl_arena_printf(arena, "%s/message", directory), *expected;

    if (getenv("UPDATE_GOLDEN"))
        write_whole(path, vl_arena_printf(arena, "%s\n", vl_error_text(err)));
    expected = read_whole(path);
    assert_string_equal(vl_arena_printf(arena, "%s\n", vl_error_text(err)), expected);
    free(expected);
}

static void check_case(enum vl_bridge_backend backend, const char *name)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };
    const char *directory = vl_arena_printf(&arena, CASES "/%s/%s", vl_bridge_backends[backend], name);
    bool refused = vl_text_starts(name, "refuse-");
    const char *lab_name = refused ? (vl_text_starts(name, "refuse-vlan") ? "vlan" : "static")
                                   : vl_arena_strndup(&arena, name, strcspn(name, "-"));
    VL_LAB_AUTO *lab = vl_lab_load(vl_arena_printf(&arena, CASES "/labs/%s.ini", lab_name), "share", &err);
    const char *root = vl_arena_printf(&arena, "%s/%s/before", SOURCE_DIRECTORY, directory);
    struct vl_bridge_input input;
    struct vl_fileset set = { .files = NULL };

    if (!lab)
        fail_msg("%s", vl_error_text(&err));
    input = (struct vl_bridge_input){ .bridge = &lab->bridge };
    if (vl_file_exists(root) && vl_uplink_gather(&arena, root, backend, &lab->bridge, &input, &err) < 0)
        fail_msg("%s: %s", directory, vl_error_text(&err));
    input.hwaddr = MAC;
    if (vl_bridge_files(&arena, backend, &input, &set, &err) < 0) {
        if (!refused)
            fail_msg("%s: %s", directory, vl_error_text(&err));
        check_message(&arena, directory, &err);
        return;
    }
    assert_false(refused);
    for (size_t i = 0; i < set.count; i++)
        check_golden(&arena, directory, &set.files[i]);
    check_twice(&arena, backend, &input, &set, directory);
}

static void check_backend(enum vl_bridge_backend backend)
{
    static const char *const always[] = { "static", "dhcp", "more", "mtu", "only4", "foreign", NULL };
    VL_ARENA_AUTO arena = { .blocks = NULL };
    DIR *directory;

    for (size_t i = 0; always[i]; i++)
        check_case(backend, always[i]);
    directory = opendir(vl_arena_printf(&arena, CASES "/%s", vl_bridge_backends[backend]));
    assert_non_null(directory);
    for (struct dirent *entry = readdir(directory); entry; entry = readdir(directory))
        if (entry->d_name[0] != '.')
            check_case(backend, entry->d_name);
    assert_int_equal(closedir(directory), 0);
}

static void test_ifcfg(void **state)
{
    (void)state;
    check_backend(VL_BACKEND_IFCFG);
}

static void test_networkmanager(void **state)
{
    (void)state;
    check_backend(VL_BACKEND_NETWORKMANAGER);
}

static void test_networkd(void **state)
{
    (void)state;
    check_backend(VL_BACKEND_NETWORKD);
}

static void test_ifupdown(void **state)
{
    (void)state;
    check_backend(VL_BACKEND_IFUPDOWN);
}

static void test_netplan(void **state)
{
    (void)state;
    check_backend(VL_BACKEND_NETPLAN);
}

/* Files put together at random from lines that are the card's own (they must all survive, in their order) and lines
 * that say addresses (none may survive in the uplink's file). */
static const struct pool {
    enum vl_bridge_backend backend;
    const char *path, *head;
    const char *own[8], *addressing[8];
} pools[] = {
    { VL_BACKEND_IFCFG,
      "/etc/sysconfig/network-scripts/ifcfg-eth0",
      "DEVICE=eth0\n",
      { "ETHTOOL_OPTS=\"wol g\"", "# IPADDR=1.2.3.4", "", "USERCTL=no", "  LINKDELAY=5", "TYPE=Ethernet",
        "MASTER_X=1" },
      { "IPADDR=10.9.9.9", "NETMASK=255.0.0.0", "GATEWAY2=10.9.9.1", "PREFIX=8", "IPV6ADDR=2001:db8::7/64",
        "IPADDR3=10.9.9.8" } },
    { VL_BACKEND_NETWORKMANAGER,
      "/etc/NetworkManager/system-connections/x.nmconnection",
      "[connection]\ninterface-name=eth0\n",
      { "[ethernet]", "wake-on-lan=64", "# note", "", "[user]", "a.b=c", "mtu=9000" },
      { "[ipv4]\naddress1=10.9.9.9/8", "[ipv6]\naddress1=2001:db8::7/64", "[proxy]\nmethod=1" } },
    { VL_BACKEND_NETWORKD,
      "/etc/systemd/network/10-eth0.network",
      "[Match]\nName=eth0\n",
      { "[Link]", "MTUBytes=9000", "# note", "", "[CAN]", "BitRate=1", "; semicolon" },
      { "[Network]\nAddress=10.9.9.9/8", "[Network]\nDHCP=yes", "[Address]\nAddress=10.9.9.9/8",
        "[Route]\nGateway=10.9.9.1" } },
    { VL_BACKEND_IFUPDOWN,
      "/etc/network/interfaces",
      "source interfaces.d/*\niface eth0 inet static\n",
      { "  ethernet-wol g", "  # note", "", "  up ethtool -K eth0 tso off \\\n     gso off", "  pre-up true",
        "  bond-mode 4", "  mtu 9000" },
      { "  address 10.9.9.9", "  netmask 255.0.0.0", "  gateway 10.9.9.1", "  broadcast +" } },
};

static size_t pick(struct generator *generator, const char *const *lines)
{
    size_t count = 0;

    while (count < 8 && lines[count])
        count++;
    return choose(generator, count);
}

/* Whether the lines of `text` that stand in `wanted` come in this order. */
static void check_survival(const struct pool *pool, const char *text, const char *const *wanted, size_t count)
{
    const char *at = text;

    for (size_t i = 0; i < count; i++) {
        const char *found = at;
        size_t length = strlen(wanted[i]);

        while (found && (strncmp(found, wanted[i], length) != 0 || found[length] != '\n'))
            found = strchr(found, '\n') ? strchr(found, '\n') + 1 : NULL;
        if (!found || !*found)
            fail_msg("%s: '%s' is lost or in another place in\n%s", pool->path, wanted[i], text);
        at = found + length + 1;
    }
    assert_null(strstr(text, "10.9.9"));
    assert_null(strstr(text, "db8::7"));
}

static void check_random(struct generator *generator, const struct pool *pool, const struct vl_bridge *bridge)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_BUF_AUTO text = VL_BUF_INIT;
    const char *own[16];
    size_t own_count = 0, lines = choose(generator, 16);
    struct vl_bridge_source source = { .path = pool->path };
    struct vl_bridge_input input = { .bridge = bridge, .hwaddr = MAC, .files = &source, .count = 1 };
    struct vl_fileset set = { .files = NULL };
    bool plain = true; /* in sections that stay, for what is the card's own */

    vl_buf_puts(&text, pool->head);
    for (size_t i = 0; i < lines; i++) {
        bool mine = choose(generator, 2) == 0;
        const char *const *from = mine ? pool->own : pool->addressing;
        const char *line = from[pick(generator, from)];

        if (strchr(line, '[') == line)
            plain = mine;
        vl_buf_printf(&text, "%s\n", line);
        if (mine && plain && *line)
            own[own_count++] = line;
    }
    source.text = vl_buf_text(&text);
    if (vl_bridge_files(&arena, pool->backend, &input, &set, &err) < 0)
        fail_msg("%s:\n%s", vl_error_text(&err), source.text);
    check_twice(&arena, pool->backend, &input, &set, source.text);
    input = after(&arena, &input, &set);
    check_survival(pool, vl_bridge_text(&input, pool->path), own, own_count);
}

static void test_random_files(void **state)
{
    struct generator generator = { .state = 20261123 };
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_LAB_AUTO *lab = vl_lab_load(CASES "/labs/static.ini", "share", &err);

    (void)state;
    assert_non_null(lab);
    for (unsigned i = 0; i < 8000; i++)
        check_random(&generator, &pools[i % VL_COUNT(pools)], &lab->bridge);
}

/* What comes of one file of the lab labs/static.ini; NULL: it is refused, and *ret_message says how. */
static const char *render_one(struct vl_arena *arena, enum vl_bridge_backend backend, const char *path,
                              const char *text, const char **ret_message)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_LAB_AUTO *lab = vl_lab_load(CASES "/labs/static.ini", "share", &err);
    struct vl_bridge_source source = { .path = path, .text = text };
    struct vl_bridge_input input = { .hwaddr = MAC, .files = &source, .count = 1 };
    struct vl_fileset set = { .files = NULL };

    assert_non_null(lab);
    input.bridge = &lab->bridge;
    *ret_message = "";
    if (vl_bridge_files(arena, backend, &input, &set, &err) < 0) {
        *ret_message = vl_arena_strdup(arena, vl_error_text(&err));
        return NULL;
    }
    check_twice(arena, backend, &input, &set, text);
    input = after(arena, &input, &set);
    return vl_bridge_text(&input, path);
}

#define NETPLAN_FILE "/etc/netplan/01.yaml"
#define HEAD "network:\n  version: 2\n  ethernets:\n"

/* Line ends and bytes of netplan's files: what is not of the addresses stays as it is, or nothing is changed. */
static const struct netplan_text {
    const char *before, *after; /* after: NULL when it is refused */
    const char *message;        /* a part of it */
} netplan_texts[] = {
    { "# a\xe2\x80\xa8\n" HEAD "    eth0:\n      wakeonlan: true\n      dhcp4: true\n      optional: true\n", NULL,
      NETPLAN_FILE ":1: 'U+2028' ends a line" },
    { "# a\n" HEAD "    eth0:\n      dhcp4: true\n      set-name: \"a\xe2\x80\xa9z\"\n    eth1:\n", NULL,
      NETPLAN_FILE ":7: 'U+2029' ends a line" },
    { "# a\xc2\x85\n# b\xc2\x85\n" HEAD "    eth0:\n      dhcp4: true\n    eth1:\n      dhcp4: true\n", NULL,
      NETPLAN_FILE ":1: 'U+0085' ends a line" },
    { "network:\r  version: 2\r  ethernets:\r    eth0:\r      dhcp4: true\r", NULL,
      NETPLAN_FILE ":1: 'CR' ends a line" },
    { "network:\r\r\n  ethernets:\r\r\n    eth0:\r\r\n      dhcp4: true\r\r\n", NULL,
      NETPLAN_FILE ":1: 'CR' ends a line" },
    { HEAD "    eth0:\n      dhcp4: true\r", NULL, NETPLAN_FILE ":5: 'CR' ends a line" },
    /* a file that stays as it is may have what it likes */
    { "# a\xe2\x80\xa8\n" HEAD "    eth1:\n      dhcp4: true\r\r",
      "# a\xe2\x80\xa8\n" HEAD "    eth1:\n      dhcp4: true\r\r", "" },
    { "# a\r\nnetwork:\r\n  ethernets:\r\n    eth0:\r\n      optional: true\r\n      addresses:\r\n"
      "        - 10.0.0.9/8\r\n      mtu: 1400 \r\n    eth1:\r\n      dhcp4: true\r\n",
      "# a\r\nnetwork:\r\n  ethernets:\r\n    eth0:\r\n      optional: true\r\n      mtu: 1400 \r\n    eth1:\r\n"
      "      dhcp4: true\r\n",
      "" },
    { "network:\r\n  ethernets:\r\n    eth0: # a: b\r\n      dhcp4: true\r\n",
      "network:\r\n  ethernets:\r\n    eth0: {} # a: b\r\n", "" },
    { HEAD "    eth0:\n      dhcp4: true\n      optional: true", HEAD "    eth0:\n      optional: true", "" },
    { HEAD "    eth0:\n      optional: true\n      dhcp4: true", HEAD "    eth0:\n      optional: true\n", "" },
    { "\xef\xbb\xbf" HEAD "    eth0:\n      dhcp4: true\n", "\xef\xbb\xbf" HEAD "    eth0: {}\n", "" },
    /* columns are counted in characters, and an entry that has more keeps them */
    { HEAD "    \"\xc3\xa9\xc3\xa9\xc3\xa9:\xc3\xa9\": # \xc3\xa9: x\n      match: {name: eth0}\n      dhcp4: true\n",
      HEAD "    \"\xc3\xa9\xc3\xa9\xc3\xa9:\xc3\xa9\": # \xc3\xa9: x\n      match: {name: eth0}\n", "" },
    /* the neighbours of the line ends that are refused */
    { HEAD "    eth0: # \xe2\x80\xa7 \xc3\x85 \xe2\x80\xaa\n      dhcp4: true\n",
      HEAD "    eth0: {} # \xe2\x80\xa7 \xc3\x85 \xe2\x80\xaa\n", "" },
};

static void test_netplan_bytes(void **state)
{
    (void)state;
    for (size_t i = 0; i < VL_COUNT(netplan_texts); i++) {
        VL_ARENA_AUTO arena = { .blocks = NULL };
        const struct netplan_text *text = &netplan_texts[i];
        const char *message, *result = render_one(&arena, VL_BACKEND_NETPLAN, NETPLAN_FILE, text->before, &message);

        if (!result != !text->after || !strstr(message, text->message))
            fail_msg("%s\nis %s %s", text->before, result ? "rendered" : "refused:", message);
        if (result)
            assert_string_equal(result, text->after);
    }
}

/* More lines for libyaml than for us: nothing is written past the end. The lines of others are no measure. */
static void test_netplan_many_lines(void **state)
{
    static const char *const ends[] = { "\r", "\xc2\x85", "\xe2\x80\xa8" };

    (void)state;
    for (size_t i = 0; i < VL_COUNT(ends); i++) {
        VL_ARENA_AUTO arena = { .blocks = NULL };
        VL_BUF_AUTO text = VL_BUF_INIT;
        const char *message;

        for (unsigned line = 0; line < 60000; line++)
            vl_buf_printf(&text, "# c%s", ends[i]);
        vl_buf_printf(&text, "network:%s  ethernets:%s    eth0:%s      dhcp4: true%s", ends[i], ends[i], ends[i],
                      ends[i]);
        assert_null(render_one(&arena, VL_BACKEND_NETPLAN, NETPLAN_FILE, vl_buf_text(&text), &message));
        assert_non_null(strstr(message, NETPLAN_FILE ":1: '"));
    }
}

/* The lines of /etc/network/interfaces that lead to other files or to another name of the uplink. `message`: a part of
 * it when the line is refused; else `sourced` says whether the line reads the file of the bridge. */
static const struct interfaces_line {
    const char *line, *message;
    bool sourced;
} interfaces_lines[] = {
    { "source /etc/network/interfaces.d/*", NULL, true },
    { "  source\tinterfaces.d/*", NULL, true },
    { "source ./interfaces.d//*", NULL, true },
    { "source //etc/./network/interfaces.d/[0-9]*", NULL, true },
    { "source \\\n  interfaces.d/*", NULL, true },
    { "source interfaces.d/*.cfg /etc/network/interfaces.d/*", NULL, true },
    { "source interfaces.d/*.cfg", NULL, false },
    { "source interfaces.d/eth1", NULL, false },
    { "source interfaces.d", NULL, false }, /* ifup says that it is a directory, and reads nothing */
    { "source", NULL, false },
    { "source-directory interfaces.d", NULL, true },
    { "source-directory /etc/network/interfaces.d/", NULL, true },
    { "source-dir ./interfaces.d/.", NULL, true },
    { "# source /etc/network/more/*", NULL, false },
    { "source /etc/network/more/*", NULL, false },
    { "source more/*", NULL, false },
    { "source interfaces.d/* more/*", "'more/*' leads", false },
    { "source interfaces.d/* interfaces.d/x", "'interfaces.d/x' leads", false }, /* relative to where ifup is run */
    { "source interfaces.d/*/*", NULL, false },
    { "source interfaces.d/../more", "leads", false },
    { "source interfaces.d/..", "leads", false },
    { "source interfaces.d/.hidden", NULL, false },
    { "source interfaces.d/${X:-../more}", "leads", false },
    { "source interfaces.d/$X", "leads", false },
    { "source interfaces.*/*", NULL, true },
    { "source /etc/network/interfaces.dd/*", NULL, false },
    { "source /", "leads", false },
    { "source-directory /run/network/interfaces.d", NULL, false },
    { "source-directory /etc/network/interfaces.d/more", NULL, false },
    { "source ~/interfaces", "'~/interfaces' leads to files that voiplab does not read", false },
    { "source-directory interfac*", NULL, true },
    { "source-dir more", NULL, false },
    { "iface eth0:1 inet static\n  address 10.9.9.9/8", "'eth0:1' gives the uplink another address; put it into",
      false },
    { "iface eth0:voip inet6 static\n  address 2001:db8::7/64", "'eth0:voip' gives", false },
    { "auto eth0:1", "'eth0:1' gives", false },
    { "auto lo eth1 eth0:1", "'eth0:1' gives", false },
    { "allow-hotplug eth0:1", "'eth0:1' gives", false },
    { "iface eth1:1 inet manual", NULL, false },
    { "iface eth01:1 inet manual", NULL, false },
    { "auto eth0 eth1=home /eth* eth0=eth0 /eth1=home", NULL, false },
    { "auto eth0=home", "'eth0' is for 'eth0=home' a matter of the auto stanza", false },
    { "allow-hotplug /eth*=home", "'eth0' is for '/eth*=home'", false },
    { "auto /eth?/1=home", "'eth0' is for '/eth?/1=home'", false },
    { "mapping eth*", "'eth0' is for 'eth*'", false },
};

#define INTERFACES "/etc/network/interfaces"

static void test_interfaces_lines(void **state)
{
    static const char above[] = "auto eth0\niface eth0 inet static\n  address 192.168.0.153/24\n";

    (void)state;
    for (size_t i = 0; i < VL_COUNT(interfaces_lines); i++) {
        VL_ARENA_AUTO arena = { .blocks = NULL };
        const struct interfaces_line *line = &interfaces_lines[i];
        const char *text = vl_arena_printf(&arena, "%s%s\n", above, line->line), *message;
        const char *result = render_one(&arena, VL_BACKEND_IFUPDOWN, INTERFACES, text, &message);
        const char *own = result ? strstr(result, "\nsource " INTERFACES ".d/60-voiplab\n") : NULL;

        if (!result != !!line->message || !strstr(message, line->message ? line->message : ""))
            fail_msg("'%s' is %s %s", line->line, result ? "rendered" : "refused:", message);
        if (!result)
            assert_memory_equal(message, INTERFACES ":4: ", strlen(INTERFACES ":4: "));
        else if (!own != line->sourced || !strstr(result, line->line))
            fail_msg("'%s' becomes\n%s", line->line, result);
    }
}

/* In a file of interfaces.d a path is relative to that. */
static void test_interfaces_nested(void **state)
{
    static const char path[] = INTERFACES ".d/a";
    VL_ARENA_AUTO arena = { .blocks = NULL };
    const char *message;

    (void)state;
    assert_non_null(render_one(&arena, VL_BACKEND_IFUPDOWN, path, "source b*\n", &message));
    assert_non_null(render_one(&arena, VL_BACKEND_IFUPDOWN, path, "source " INTERFACES ".d/*\n", &message));
    assert_non_null(render_one(&arena, VL_BACKEND_IFUPDOWN, path, "source interfaces.d/*\n", &message));
    assert_null(render_one(&arena, VL_BACKEND_IFUPDOWN, path, "\nsource ../interfaces\n", &message));
    assert_memory_equal(message, INTERFACES ".d/a:2: '../interfaces' leads", 44);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ifcfg),
        cmocka_unit_test(test_networkmanager),
        cmocka_unit_test(test_networkd),
        cmocka_unit_test(test_ifupdown),
        cmocka_unit_test(test_netplan),
        cmocka_unit_test(test_random_files),
        cmocka_unit_test(test_netplan_bytes),
        cmocka_unit_test(test_netplan_many_lines),
        cmocka_unit_test(test_interfaces_lines),
        cmocka_unit_test(test_interfaces_nested),
    };

    return cmocka_run_group_tests(tests, enter_source, NULL);
}
