/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Archives: what is written is read again, the same gives the same bytes whenever it is made, images of CDs are what
 * another program takes them for, and what a person may have made to harm is an error or told as what it is.
 */
#include "support.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <time.h>

#include "base/archive.h"
#include "base/arena.h"
#include "base/cleanup.h"
#include "base/process.h"

enum { THEN = 946684800, LARGE = 3 << 20 }; /* 2000-01-01 */

static char *large;

static int make_large(void **state)
{
    struct generator generator = { .state = 7 };

    (void)state;
    large = malloc(LARGE);
    assert_non_null(large);
    for (size_t i = 0; i < LARGE; i++) /* half of it can be packed */
        large[i] = i & 1 ? 'x' : (char)generate(&generator);
    return 0;
}

static int free_large(void **state)
{
    (void)state;
    free(large);
    return 0;
}

static void write_sample(enum vl_archive_format format, struct vl_buf *buf)
{
    const struct vl_archive_options options = { .format = format, .label = "cidata", .time = THEN };
    const struct vl_archive_sink sink = { .write = vl_archive_into_buf, .context = buf };
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_ARCHIVE_WRITER_AUTO *writer = vl_archive_create(&options, &sink, &err);

    assert_non_null(writer);
    assert_int_equal(vl_archive_add(writer, "meta-data", "id: 1\n", 6, 0644, &err), 0);
    assert_int_equal(vl_archive_add(writer, "etc/ssh/a_long_name_of_a_host_key", "secret", 6, 0600, &err), 0);
    assert_int_equal(vl_archive_add(writer, "large", large, LARGE, 0644, &err), 0);
    assert_int_equal(vl_archive_add(writer, "empty", "", 0, 0400, &err), 0);
    assert_int_equal(vl_archive_finish(writer, &err), 0);
    assert_false(buf->failed);
}

static int descriptor_of(const char *bytes, size_t length)
{
    int descriptor = memfd_create("archive", MFD_CLOEXEC);

    assert_true(descriptor >= 0);
    assert_int_equal(write(descriptor, bytes, length), (ssize_t)length);
    assert_int_equal(lseek(descriptor, 0, SEEK_SET), 0);
    return descriptor;
}

static void read_sample(enum vl_archive_format format, const struct vl_buf *archive)
{
    static const struct {
        const char *path;
        size_t size;
        mode_t mode;
    } files[] = { { "meta-data", 6, 0644 },
                  { "etc/ssh/a_long_name_of_a_host_key", 6, 0600 },
                  { "large", LARGE, 0644 },
                  { "empty", 0, 0400 } };
    VL_CLOSE int descriptor = descriptor_of(archive->data, archive->length);
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_ARCHIVE_READER_AUTO *reader = vl_archive_open(format, descriptor, "sample", &err);
    struct vl_archive_entry entry;
    unsigned seen = 0;
    int rc;

    assert_non_null(reader);
    while ((rc = vl_archive_next(reader, &entry, &err)) > 0) {
        if (entry.kind == VL_ARCHIVE_DIRECTORY) /* an image names them, a tar file need not */
            continue;
        for (size_t i = 0; i < VL_COUNT(files); i++)
            if (strcmp(entry.path, files[i].path) == 0) {
                VL_BUF_AUTO content = VL_BUF_INIT;

                seen |= 1U << i;
                assert_int_equal(entry.kind, VL_ARCHIVE_FILE);
                assert_int_equal(entry.size, files[i].size);
                assert_int_equal(entry.mode, files[i].mode);
                assert_int_equal(vl_archive_read_all(reader, files[i].size, &content, &err), 0);
                assert_int_equal(content.length, files[i].size);
                if (files[i].size == LARGE)
                    assert_memory_equal(content.data, large, LARGE);
            }
    }
    assert_int_equal(rc, 0);
    assert_int_equal(seen, 15);
}

static void test_round_trip(void **state)
{
    (void)state;
    for (int format = VL_ARCHIVE_TAR_ZSTD; format <= VL_ARCHIVE_ISO; format++) {
        VL_BUF_AUTO archive = VL_BUF_INIT;

        write_sample((enum vl_archive_format)format, &archive);
        read_sample((enum vl_archive_format)format, &archive);
        if (format == VL_ARCHIVE_TAR_ZSTD)
            assert_true(archive.length < LARGE * 3 / 4);
    }
}

/* The clock does not matter, and neither does the zone of the host. */
static void test_same_bytes(void **state)
{
    const struct timespec while_passing = { .tv_sec = 1, .tv_nsec = 50000000 };
    struct vl_buf first[2] = { VL_BUF_INIT, VL_BUF_INIT }, again[2] = { VL_BUF_INIT, VL_BUF_INIT };

    (void)state;
    write_sample(VL_ARCHIVE_TAR_ZSTD, &first[0]);
    write_sample(VL_ARCHIVE_ISO, &first[1]);
    (void)nanosleep(&while_passing, NULL);
    assert_int_equal(setenv("TZ", "America/Guayaquil", 1), 0);
    tzset();
    write_sample(VL_ARCHIVE_TAR_ZSTD, &again[0]);
    write_sample(VL_ARCHIVE_ISO, &again[1]);
    assert_int_equal(unsetenv("TZ"), 0);
    tzset();
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(first[i].length, again[i].length);
        for (size_t at = 0; at < first[i].length; at++)
            if (first[i].data[at] != again[i].data[at])
                fail_msg("the %s differ at byte %zu", i ? "images" : "tar files", at);
        vl_buf_free(&first[i]); /* cleanup of arrays is by hand */
        vl_buf_free(&again[i]);
    }
}

/* A program of other people finds the label, the date and the modes. */
static void test_image_for_others(void **state)
{
    VL_FREE char *directory = NULL;
    VL_BUF_AUTO archive = VL_BUF_INIT;
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };
    const char *path;
    FILE *file;

    (void)state;
    if (!vl_process_found("xorriso"))
        skip();
    directory = make_directory();
    path = vl_arena_printf(&arena, "%s/image.iso", directory);
    write_sample(VL_ARCHIVE_ISO, &archive);
    file = fopen(path, "we");
    assert_non_null(file);
    assert_int_equal(fwrite(archive.data, 1, archive.length, file), archive.length);
    (void)fclose(file);
    {
        const char *const argv[] = { "xorriso", "-indev", path, "-pvd_info", "-lsdl", "/etc/ssh/*", "--", NULL };
        const struct vl_process_options options = { .timeout_ms = 60000 };
        VL_FREE char *output = NULL;

        assert_int_equal(vl_process_check(argv, &options, &output, &err), 0);
        if (!strstr(output, "Volume Id    : cidata") || !strstr(output, "Creation Time: 2000010100000000") ||
            !strstr(output, "-rw------- ") || !strstr(output, "a_long_name_of_a_host_key"))
            fail_msg("%s", output);
    }
    remove_tree(directory);
}

static void test_misuse(void **state)
{
    const struct vl_archive_options options = { .format = VL_ARCHIVE_TAR_ZSTD };
    VL_BUF_AUTO buf = VL_BUF_INIT;
    const struct vl_archive_sink sink = { .write = vl_archive_into_buf, .context = &buf };
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_ARCHIVE_WRITER_AUTO *writer = vl_archive_create(&options, &sink, &err);

    (void)state;
    assert_non_null(writer);
    assert_int_equal(vl_archive_begin(writer, "short", 10, 0644, &err), 0);
    assert_int_equal(vl_archive_write(writer, "123", 3, &err), 0);
    assert_int_equal(vl_archive_finish(writer, &err), -1);
    assert_string_equal(vl_error_text(&err), "a file in the archive lacks 7 bytes");
    assert_int_equal(vl_archive_write(writer, "12345678", 8, &err), -1);
    assert_non_null(strstr(vl_error_text(&err), "became larger"));
}

static int take_little(void *context, const void *bytes, size_t length, struct vl_error *err)
{
    size_t *left = context;

    (void)bytes;
    if (length > *left)
        return vl_fail(err, VL_ERROR_FAILED, "the disk is full");
    *left -= length;
    return 0;
}

static void test_sink_fails(void **state)
{
    (void)state;
    for (int format = VL_ARCHIVE_TAR_ZSTD; format <= VL_ARCHIVE_ISO; format++)
        for (size_t room = 0; room < LARGE; room += LARGE / 4) {
            const struct vl_archive_options options = { .format = (enum vl_archive_format)format };
            size_t left = room / 2;
            const struct vl_archive_sink sink = { .write = take_little, .context = &left };
            VL_ERROR_AUTO err = { .code = VL_OK };
            VL_ARCHIVE_WRITER_AUTO *writer = vl_archive_create(&options, &sink, &err);

            assert_non_null(writer);
            assert_int_equal(vl_archive_add(writer, "large", large, LARGE, 0644, &err) < 0 ||
                                 vl_archive_finish(writer, &err) < 0,
                             true);
            assert_string_equal(vl_error_text(&err), "the disk is full");
        }
}

/* Read to the end whatever comes; how many entries there were, -1 for an error, which must have words. */
static int read_through(enum vl_archive_format format, const char *bytes, size_t length)
{
    VL_CLOSE int descriptor = descriptor_of(bytes, length);
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_ARCHIVE_READER_AUTO *reader = vl_archive_open(format, descriptor, "hostile", &err);
    struct vl_archive_entry entry;
    int rc = reader ? 1 : -1, count = 0;

    while (rc > 0 && (rc = vl_archive_next(reader, &entry, &err)) > 0) {
        char part[4096];
        ssize_t got;

        while ((got = vl_archive_read(reader, part, sizeof(part), &err)) > 0)
            ;
        rc = got < 0 ? -1 : rc;
        count++;
    }
    if (rc < 0)
        assert_non_null(strstr(vl_error_text(&err), "cannot read 'hostile'"));
    return rc < 0 ? -1 : count;
}

static void test_damaged(void **state)
{
    struct generator generator = { .state = 11 };
    VL_BUF_AUTO archive = VL_BUF_INIT;
    int failed = 0;

    (void)state;
    write_sample(VL_ARCHIVE_TAR_ZSTD, &archive);
    for (int i = 0; i < 10; i++) {
        assert_int_equal(read_through(VL_ARCHIVE_TAR_ZSTD, archive.data, choose(&generator, archive.length - 4096)),
                         -1);
        archive.data[choose(&generator, archive.length)] ^= 0x55;
        failed += read_through(VL_ARCHIVE_TAR_ZSTD, archive.data, archive.length) < 0;
    }
    assert_true(failed > 0);
    assert_int_equal(read_through(VL_ARCHIVE_TAR_ZSTD, "#!/bin/sh\n", 10), -1);
    assert_int_equal(read_through(VL_ARCHIVE_ISO, "#!/bin/sh\n", 10), -1);
}

static void test_one_format(void **state)
{
    VL_BUF_AUTO image = VL_BUF_INIT;

    (void)state;
    write_sample(VL_ARCHIVE_ISO, &image);
    assert_true(read_through(VL_ARCHIVE_TAR_ZSTD, image.data, image.length) <= 0); /* zeros: the end of a tar file */
}

static void test_limit(void **state)
{
    VL_BUF_AUTO archive = VL_BUF_INIT, content = VL_BUF_INIT;
    VL_ERROR_AUTO err = { .code = VL_OK };
    struct vl_archive_entry entry;

    (void)state;
    write_sample(VL_ARCHIVE_TAR_ZSTD, &archive);
    {
        VL_CLOSE int descriptor = descriptor_of(archive.data, archive.length);
        VL_ARCHIVE_READER_AUTO *reader = vl_archive_open(VL_ARCHIVE_TAR_ZSTD, descriptor, "sample", &err);

        assert_non_null(reader);
        assert_int_equal(vl_archive_next(reader, &entry, &err), 1);
        assert_int_equal(vl_archive_read_all(reader, 5, &content, &err), -1);
        assert_string_equal(vl_error_text(&err), "'sample' has a file in it that is larger than it may be");
    }
}

static void test_plain(void **state)
{
    static const char *const good[] = { "a", "lab.ini", "guests/one/disk", "..a", "a../b.", ".hidden" };
    static const char *const bad[] = { "",     "/",        "/etc/passwd", "..",       "../a",  "a/../b",
                                       "a/..", "a//b",     "a/",          "./a",      "a/./b", ".",
                                       "a\nb", "a\x1b[2J", "a b",         "\xc3\xa9", "a/" };

    (void)state;
    for (size_t i = 0; i < VL_COUNT(good); i++)
        assert_true(vl_archive_is_plain(good[i]));
    for (size_t i = 0; i < VL_COUNT(bad); i++)
        assert_false(vl_archive_is_plain(bad[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip), cmocka_unit_test(test_same_bytes), cmocka_unit_test(test_image_for_others),
        cmocka_unit_test(test_misuse),     cmocka_unit_test(test_sink_fails), cmocka_unit_test(test_damaged),
        cmocka_unit_test(test_one_format), cmocka_unit_test(test_limit),      cmocka_unit_test(test_plain),
    };

    return cmocka_run_group_tests(tests, make_large, free_large);
}
