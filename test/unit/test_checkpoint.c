/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Checkpoints: what is written is read again; what was cut short or damaged is not taken for a whole one; files,
 * modes and directories come back; of two who decide over a change, one succeeds.
 */
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/file_ops.h"
#include "network/change.h"
#include "network/checkpoint.h"
#include "network/checkpoint_text.h"
#include "support.h"

/* An address as the kernel tells it: 192.0.2.10/24 on the link of index 7. */
static struct vl_net_message address_message(struct vl_arena *arena)
{
    struct {
        struct nlmsghdr header;
        struct ifaddrmsg info;
        struct rtattr attribute;
        unsigned char bytes[4];
    } message = {
        .header = { .nlmsg_len = sizeof(message), .nlmsg_type = RTM_NEWADDR },
        .info = { .ifa_family = AF_INET, .ifa_prefixlen = 24, .ifa_flags = IFA_F_PERMANENT, .ifa_index = 7 },
        .attribute = { .rta_len = RTA_LENGTH(4), .rta_type = IFA_LOCAL },
        .bytes = { 192, 0, 2, 10 },
    };
    void *copy = vl_arena_zalloc(arena, sizeof(message));

    memcpy(copy, &message, sizeof(message));
    return (struct vl_net_message){ .bytes = copy, .length = sizeof(message) };
}

static void fill(struct vl_checkpoint *checkpoint)
{
    static struct vl_saved_file files[] = {
        { .path = "/etc/network/interfaces", .backup = "1%etc%network%interfaces", .text = "auto lo\n", .mode = 0640 },
        { .path = "/etc/with blanks/a b", .mode = 0 },
    };
    static struct vl_saved_setting settings[] = { { "net.bridge.bridge-nf-call-iptables", "1" } };
    static const char *directories[] = { "/tree/etc", "/tree/etc/x y" };
    static const char *const words[] = { "nmcli", "connection", "reload", NULL };
    static const char *const *reloads[] = { words };
    static struct vl_net_message messages[1];
    static struct vl_saved_pair further[] = { { .uplink = { .name = "eth1", .link = { .exists = true, .index = 8 } },
                                                .bridge = { .name = "br1", .link = { .stp = true }, .rules = 2 } } };

    messages[0] = address_message(&checkpoint->arena);
    *checkpoint = (struct vl_checkpoint){
        .arena = checkpoint->arena,
        .root = "/",
        .lab = "tesis",
        .backend = "ifupdown",
        .gateway = "192.0.2.1",
        .peer = "198.51.100.7",
        .first = true,
        .files = files,
        .file_count = 2,
        .directories = directories,
        .directory_count = 2,
        .boot = "0f1e2d3c",
        .uplink = { .name = "eth0",
                    .link = { .exists = true, .index = 7, .up = true, .mtu = 1492, .has_mac = true, .mac = { 2, 1 } },
                    .addresses = { .list = messages, .count = 1 } },
        .bridge = { .name = "br0" },
        .further = further,
        .further_count = 1,
        .settings = settings,
        .setting_count = 1,
        .reloads = reloads,
        .reload_count = 1,
    };
}

static void test_round_trip(void **state)
{
    VL_CHECKPOINT_AUTO one = { .root = NULL };
    VL_CHECKPOINT_AUTO other = { .root = NULL };
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_BUF_AUTO text = VL_BUF_INIT;
    VL_BUF_AUTO again = VL_BUF_INIT;

    (void)state;
    fill(&one);
    vl_checkpoint_text(&one, &arena, &text);
    assert_true(vl_checkpoint_parse(&other, vl_arena_strdup(&arena, vl_buf_text(&text))));
    assert_string_equal(other.peer, "198.51.100.7");
    assert_int_equal(other.file_count, 2);
    assert_string_equal(other.files[1].path, "/etc/with blanks/a b");
    assert_null(other.files[1].backup);
    assert_int_equal(other.files[0].mode, 0640);
    assert_int_equal(other.uplink.link.mtu, 1492);
    assert_string_equal(vl_net_address_text(&arena, &other.uplink.addresses.list[0]), "192.0.2.10/24");
    assert_false(other.bridge.link.exists);
    assert_int_equal(other.further_count, 1);
    assert_string_equal(other.further[0].uplink.name, "eth1");
    assert_int_equal(other.further[0].uplink.link.index, 8);
    assert_true(other.further[0].bridge.link.stp && !other.bridge.link.stp);
    assert_int_equal(other.further[0].bridge.rules, 2);
    assert_int_equal(other.bridge.rules, 0);
    assert_int_equal(other.setting_count, 1);
    assert_string_equal(other.settings[0].key, "net.bridge.bridge-nf-call-iptables");
    assert_string_equal(other.settings[0].value, "1");
    vl_checkpoint_text(&other, &arena, &again);
    assert_string_equal(vl_buf_text(&again), vl_buf_text(&text));
}

/* A file that was cut anywhere, and one with any one byte of another value, is refused or says the same. */
static void test_damaged(void **state)
{
    VL_CHECKPOINT_AUTO one = { .root = NULL };
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_BUF_AUTO text = VL_BUF_INIT;

    (void)state;
    fill(&one);
    vl_checkpoint_text(&one, &arena, &text);
    for (size_t i = 0; i + 4 < text.length; i++) {
        VL_CHECKPOINT_AUTO cut = { .root = NULL };

        assert_false(vl_checkpoint_parse(&cut, vl_arena_strndup(&arena, vl_buf_text(&text), i)));
    }
    for (size_t i = 0; i < text.length; i++) {
        VL_CHECKPOINT_AUTO damaged = { .root = NULL };
        char *copy = vl_arena_strdup(&arena, vl_buf_text(&text));

        copy[i] = '\n';
        (void)vl_checkpoint_parse(&damaged, copy); /* must not read outside */
    }
}

static void test_words(void **state)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    struct vl_net_message message = address_message(&arena), back;
    const char *word = vl_net_word(&arena, &message);

    (void)state;
    assert_true(vl_net_from_word(&arena, word, &back));
    assert_int_equal(back.length, message.length);
    assert_memory_equal(back.bytes, message.bytes, message.length);
    for (size_t i = 0; i < strlen(word); i++)
        assert_false(vl_net_from_word(&arena, vl_arena_strndup(&arena, word, i), &back));
    assert_false(vl_net_from_word(&arena, vl_arena_printf(&arena, "%sx", word), &back));
    assert_false(vl_net_from_word(&arena, vl_arena_printf(&arena, "%s00", word), &back));
}

static void expect_file(const char *path, const char *text, mode_t mode)
{
    VL_FREE char *found = NULL;
    VL_ERROR_AUTO err = { .code = VL_OK };
    struct stat status;

    assert_int_equal(vl_file_read(path, 4096, &found, &status, &err), 0);
    assert_string_equal(found, text);
    assert_int_equal(status.st_mode & 07777, mode);
}

/* Two runs, each with a checkpoint; `last` has what was before the second, `original` what was before the first. */
static void test_two_runs(void **state)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };
    char *root = make_directory();
    const char *store = vl_arena_printf(&arena, "%s/store", root);
    const char *tree = vl_arena_printf(&arena, "%s/tree", root);
    const char *path = vl_arena_printf(&arena, "%s/etc/Wired connection 1", tree);
    size_t changed = 0;

    (void)state;
    assert_int_equal(vl_file_mkdirs(vl_arena_printf(&arena, "%s/etc", tree), 0755, &err), 0);
    for (int run = 0; run < 2; run++) {
        VL_CHECKPOINT_AUTO checkpoint = { .root = tree };

        assert_int_equal(vl_checkpoint_add_file(&checkpoint, "/etc/Wired connection 1", run ? "one" : "none",
                                                run ? 0644 : 0600, &err),
                         0);
        assert_int_equal(vl_checkpoint_add_file(&checkpoint, run ? "/etc/c" : "/etc/b", NULL, 0, &err), 0);
        assert_int_equal(vl_checkpoint_write(&checkpoint, store, &err), 0);
        assert_int_equal(vl_checkpoint_keep(store, &err), 0);
        assert_int_equal(checkpoint.first, run == 0);
        assert_int_equal(vl_file_write(path, run ? "two" : "one", 3, 0644, &err), 0);
        assert_int_equal(
            vl_file_write(vl_arena_printf(&arena, "%s/etc/%s", tree, run ? "c" : "b"), "new", 3, 0644, &err), 0);
    }
    for (int i = 0; i < 2; i++) {
        VL_CHECKPOINT_AUTO back = { .root = NULL };

        assert_int_equal(vl_checkpoint_read(&back, store, i ? "original" : "last", &err), 0);
        assert_int_equal(vl_checkpoint_restore_files(&back, &changed, &err), 0);
        expect_file(path, i ? "none" : "one", i ? 0600 : 0644);
        assert_false(vl_file_exists(vl_arena_printf(&arena, "%s/etc/c", tree)));
        assert_int_equal(vl_file_exists(vl_arena_printf(&arena, "%s/etc/b", tree)), i == 0);
    }
    assert_int_equal(changed, 4);
    vl_checkpoint_forget(store);
    assert_false(vl_file_exists(store));
    remove_tree(root);
    free(root);
}

static void test_decision(void **state)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };
    char *store = make_directory();

    (void)state;
    assert_int_equal(vl_change_phase(store, NULL), VL_CHANGE_NONE);
    assert_int_equal(vl_change_confirm(store, &err), 0);
    assert_false(vl_change_take_back(store));
    assert_int_equal(vl_change_begin(store, vl_boot_ms() + 5000, &err), 0);
    assert_int_equal(vl_change_phase(store, NULL), VL_CHANGE_ABANDONED); /* nobody holds the watchdog's lock */
    assert_true(vl_change_take_back(store));
    assert_true(vl_change_take_back(store)); /* one that was killed is gone on with */
    vl_change_over(store, "taken back", true);
    assert_int_equal(vl_change_phase(store, NULL), VL_CHANGE_NONE);
    assert_string_equal(vl_change_outcome(&arena, store, ": "), ": taken back");
    assert_int_equal(vl_change_begin(store, vl_boot_ms() + 5000, &err), 0);
    assert_true(vl_change_take_back(store));
    assert_int_equal(vl_change_confirm(store, &err), 1); /* one that cannot be gone on with is left as it is */
    assert_int_equal(vl_change_phase(store, NULL), VL_CHANGE_NONE);
    assert_int_equal(vl_change_begin(store, vl_boot_ms() + 5000, &err), 0);
    assert_int_equal(vl_change_confirm(store, &err), 1);
    assert_false(vl_change_take_back(store));
    remove_tree(store);
    free(store);
}

/* One operation on files that fails. */
static int failing(const char *path)
{
    (void)path;
    errno = EIO;
    return -1;
}

static int failing_move(const char *from, const char *to)
{
    (void)to;
    return failing(from);
}

static int failing_sync(int descriptor)
{
    (void)descriptor;
    return failing("");
}

/* A decision that the disk refuses: who cannot confirm has not confirmed, and who cannot note that it is taken back
 * takes it back all the same. What is decided stands, synced or not. */
static void test_decision_on_a_broken_disk(void **state)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    const struct vl_file_ops kernel = *vl_file_set_ops(NULL);
    struct vl_file_ops broken = kernel;
    char *store = make_directory();

    (void)state;
    assert_int_equal(vl_change_begin(store, vl_boot_ms() + 5000, &err), 0);
    broken.unlink = failing;
    broken.rename = failing_move;
    (void)vl_file_set_ops(&broken);
    assert_int_equal(vl_change_confirm(store, &err), -1);
    assert_true(vl_change_pending(store));
    assert_true(vl_change_take_back(store));
    assert_true(vl_change_pending(store));
    vl_change_drop(store);
    assert_true(vl_change_pending(store));
    broken = kernel;
    broken.fsync = failing_sync;
    vl_error_clear(&err);
    assert_int_equal(vl_change_confirm(store, &err), 1);
    assert_int_equal(vl_change_begin(store, vl_boot_ms() + 5000, &err), -1); /* not synced: it must not stand */
    assert_false(vl_change_pending(store));
    (void)vl_file_set_ops(NULL);
    assert_int_equal(vl_change_phase(store, NULL), VL_CHANGE_NONE);
    remove_tree(store);
    free(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip), cmocka_unit_test(test_damaged),
        cmocka_unit_test(test_words),      cmocka_unit_test(test_two_runs),
        cmocka_unit_test(test_decision),   cmocka_unit_test(test_decision_on_a_broken_disk),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
