/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The list of a backup, and backups that somebody has made up: read as a whole, or not at all.
 */
#include "support.h"

#include <sys/mman.h>

#include "base/archive.h"
#include "base/cleanup.h"
#include "guest/image.h"
#include "plan/backup.h"

#define SUM "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08" /* of "test" */
#define HEAD "voiplab-backup 1\nlab t\nby 0.1.0\nmade 1764400000\nbase yes\n"

static void test_list(void **state)
{
    static const char text[] = HEAD "file lab.ini 600 4 " SUM "\nfile state/ssh/lab_ed25519 600 0 " SUM
                                    "\nvolume volumes/lab/i.base.qcow2 qcow2 1048576 - 4 " SUM
                                    "\nvolume volumes/second/a.qcow2 qcow2 1048576 i.base.qcow2 4 " SUM
                                    "\nvolume volumes/lab/a-seed-0123456789ab.iso raw 4 - 4 " SUM "\nend\n";
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };
    struct vl_manifest manifest;

    (void)state;
    if (vl_manifest_parse(&arena, text, &manifest, &err) < 0)
        fail_msg("%s", vl_error_text(&err));
    assert_string_equal(manifest.lab, "t");
    assert_true(manifest.has_base);
    assert_int_equal(manifest.count, 5);
    assert_string_equal(manifest.entries[3].name, "a.qcow2");
    assert_string_equal(manifest.entries[3].backing, "i.base.qcow2");
    assert_null(manifest.entries[2].backing);
    assert_string_equal(vl_manifest_text(&arena, &manifest), text);
}

static void test_bad_lists(void **state)
{
    static const char *const bad[] = {
        "",
        "voiplab-backup 2\nlab t\nend\n",
        "voiplab-backup 1\nlab ../t\nby 0\nmade 1\nbase yes\nend\n",
        HEAD,
        HEAD "end\nfile lab.ini 600 4 " SUM "\n",
        HEAD "file /etc/passwd 600 4 " SUM "\nend\n",
        HEAD "file ../lab.ini 600 4 " SUM "\nend\n",
        HEAD "file state/../../etc/shadow 600 4 " SUM "\nend\n",
        HEAD "file lab.ini 4755 4 " SUM "\nend\n",
        HEAD "file lab.ini 600 -4 " SUM "\nend\n",
        HEAD "file lab.ini 600 99999999999999999999 " SUM "\nend\n",
        HEAD "file lab.ini 600 4 123\nend\n",
        HEAD "file lab.ini 600 4 " SUM "\nfile lab.ini 600 4 " SUM "\nend\n",
        HEAD "volume volumes/lab/a.qcow2 vmdk 4 - 4 " SUM "\nend\n",
        HEAD "volume volumes/lab/a.qcow2 qcow2 4 /etc/shadow 4 " SUM "\nend\n",
        HEAD "volume volumes/lab/../a.qcow2 qcow2 4 - 4 " SUM "\nend\n",
        HEAD "volume volumes/lab/b/a.qcow2 qcow2 4 - 4 " SUM "\nend\n",
        HEAD "volume volumes/lab/-a raw 4 - 4 " SUM "\nend\n",
        HEAD "volume volumes/lab/a raw 4 b 4 " SUM "\nend\n",
        HEAD "link lab.ini /etc/passwd\nend\n",
    };

    (void)state;
    for (size_t i = 0; i < VL_COUNT(bad); i++) {
        VL_ARENA_AUTO arena = { .blocks = NULL };
        VL_ERROR_AUTO err = { .code = VL_OK };
        struct vl_manifest manifest;

        if (vl_manifest_parse(&arena, bad[i], &manifest, &err) == 0)
            fail_msg("it is taken: %s", bad[i]);
        assert_true(err.code == VL_ERROR_FAILED);
    }
}

struct part {
    const char *path, *bytes;
    size_t length; /* 0: a text */
};

/* An archive of these, checked; what is wrong with it, in the arena ("": nothing). */
static const char *check(struct vl_arena *arena, const struct part *parts, size_t count)
{
    const struct vl_archive_options options = { .format = VL_ARCHIVE_TAR_ZSTD };
    VL_BUF_AUTO bytes = VL_BUF_INIT;
    const struct vl_archive_sink sink = { .write = vl_archive_into_buf, .context = &bytes };
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_ARCHIVE_WRITER_AUTO *writer = vl_archive_create(&options, &sink, &err);
    VL_CLOSE int file = memfd_create("backup", MFD_CLOEXEC);
    struct vl_session session = { .lab = NULL };
    struct vl_manifest manifest;
    const char *lab;

    assert_non_null(writer);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(vl_archive_add(writer, parts[i].path, parts[i].bytes,
                                        parts[i].length ? parts[i].length : strlen(parts[i].bytes), 0600, &err),
                         0);
    assert_int_equal(vl_archive_finish(writer, &err), 0);
    assert_int_equal(write(file, bytes.data, bytes.length), (ssize_t)bytes.length);
    if (vl_backup_check(&session, arena, vl_arena_printf(arena, "/proc/self/fd/%d", file), &manifest, &lab, &err) == 0)
        return "";
    return vl_arena_strdup(arena, vl_error_text(&err));
}

#define BEGIN                                                                                                          \
    {                                                                                                                  \
        "voiplab-backup", "voiplab-backup 1\nlab t\n", 0                                                               \
    }
#define LIST(text)                                                                                                     \
    {                                                                                                                  \
        "manifest", HEAD text "end\n", 0                                                                               \
    }
#define LAB                                                                                                            \
    {                                                                                                                  \
        "lab.ini", "test", 0                                                                                           \
    }
#define LAB_LINE "file lab.ini 600 4 " SUM "\n"

static void expect(const struct part *parts, size_t count, const char *wanted)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    const char *said = check(&arena, parts, count);

    if (*wanted ? !strstr(said, wanted) : *said)
        fail_msg("'%s' instead of '%s'", said, wanted);
}

static void test_whole(void **state)
{
    const struct part good[] = { BEGIN, LAB, LIST(LAB_LINE) };
    const struct part foreign[] = { { "README", "hello", 0 } };
    const struct part no_list[] = { BEGIN, LAB };
    const struct part outside[] = { BEGIN, LAB, { "../../etc/passwd", "test", 0 }, LIST(LAB_LINE) };
    const struct part absolute[] = { BEGIN, LAB, { "/etc/passwd", "test", 0 }, LIST(LAB_LINE) };
    const struct part more[] = { BEGIN, LAB, { "state/secrets", "test", 0 }, LIST(LAB_LINE) };
    const struct part twice[] = { BEGIN, LAB, LAB, LIST(LAB_LINE) };
    const struct part less[] = { BEGIN, LAB, LIST(LAB_LINE "file state/secrets 600 4 " SUM "\n") };
    const struct part other[] = { BEGIN, { "lab.ini", "tesT", 0 }, LIST(LAB_LINE) };
    const struct part behind[] = { BEGIN, LAB, LIST(LAB_LINE), { "state/secrets", "test", 0 } };
    const struct part no_lab[] = { BEGIN, { "state/secrets", "test", 0 }, LIST("file state/secrets 600 4 " SUM "\n") };

    (void)state;
    expect(good, VL_COUNT(good), "");
    expect(foreign, VL_COUNT(foreign), "it is no backup of voiplab's");
    expect(no_list, VL_COUNT(no_list), "its list is missing");
    expect(outside, VL_COUNT(outside), "which no backup has");
    expect(absolute, VL_COUNT(absolute), "which no backup has");
    expect(more, VL_COUNT(more), "files in it that its list does not have");
    expect(twice, VL_COUNT(twice), "files in it that its list does not have");
    expect(less, VL_COUNT(less), "'state/secrets' in it is missing");
    expect(other, VL_COUNT(other), "'lab.ini' in it is damaged");
    expect(behind, VL_COUNT(behind), "something comes behind its list");
    expect(no_lab, VL_COUNT(no_lab), "it has no lab file in it");
}

static void put(unsigned char *at, uint64_t value, size_t length)
{
    while (length-- > 0) {
        at[length] = (unsigned char)value;
        value >>= 8;
    }
}

/* A disk that shows its guest a file of the hypervisor's host is refused, whatever the list says. */
static void test_disk(void **state)
{
    static const char *const backings[] = { "/pool/i.base.qcow2", "/etc/shadow", "json:{}" };
    static const char *const wanted[] = { "", "is a clone of '/etc/shadow', and not what the list says",
                                          "is a clone of 'json:{}', and not what the list says" };

    (void)state;
    for (size_t i = 0; i < VL_COUNT(backings); i++) {
        VL_ARENA_AUTO arena = { .blocks = NULL };
        unsigned char disk[512] = "QFI\xfb";
        char sum[VL_DIGEST_SHA256_SIZE];
        const struct part parts[] = {
            BEGIN,
            LAB,
            { "volumes/lab/a.qcow2", (const char *)disk, sizeof(disk) },
            { "manifest",
              (put(disk + 4, 3, 4), put(disk + 8, 256, 8), put(disk + 16, strlen(backings[i]), 4),
               put(disk + 24, 1 << 20, 8), memcpy(disk + 256, backings[i], strlen(backings[i])),
               vl_digest_sha256(disk, sizeof(disk), sum),
               vl_arena_printf(
                   &arena, HEAD LAB_LINE "volume volumes/lab/a.qcow2 qcow2 1048576 i.base.qcow2 512 %s\nend\n", sum)),
              0 },
        };

        expect(parts, VL_COUNT(parts), wanted[i]);
    }
}

static void test_order(void **state)
{
    struct vl_backup_item items[] = {
        { .entry = { .name = "a.qcow2", .backing = "a.ready-1.qcow2", .is_volume = true } },
        { .entry = { .name = "a.ready-1.qcow2", .backing = "i.base.qcow2", .is_volume = true } },
        { .entry = { .name = "b.qcow2", .backing = "i.base.qcow2", .is_volume = true } },
        { .entry = { .name = "i.base.qcow2", .is_volume = true } },
    };
    struct vl_backup backup = { .items = items, .count = VL_COUNT(items) };

    (void)state;
    vl_backup_order(&backup, 0);
    assert_string_equal(items[0].entry.name, "i.base.qcow2");
    assert_string_equal(items[1].entry.name, "a.ready-1.qcow2");
    assert_string_equal(items[2].entry.name, "b.qcow2");
    assert_string_equal(items[3].entry.name, "a.qcow2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_list), cmocka_unit_test(test_bad_lists), cmocka_unit_test(test_whole),
        cmocka_unit_test(test_disk), cmocka_unit_test(test_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
