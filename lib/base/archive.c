/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libarchive behind a small interface. It puts the clock's time and the host's zone into images of CDs, and has no
 * option against that: base/iso_dates.h takes them out.
 */
#include "base/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/iso_dates.h"
#include "base/library.h"
#include "base/memory.h"
#include "base/text.h"

/* Every function of it that is called. */
#define FUNCTIONS(FUNCTION)                                                                                            \
    FUNCTION(archive_entry_filetype)                                                                                   \
    FUNCTION(archive_entry_free)                                                                                       \
    FUNCTION(archive_entry_hardlink)                                                                                   \
    FUNCTION(archive_entry_new2)                                                                                       \
    FUNCTION(archive_entry_pathname)                                                                                   \
    FUNCTION(archive_entry_perm)                                                                                       \
    FUNCTION(archive_entry_set_atime)                                                                                  \
    FUNCTION(archive_entry_set_ctime)                                                                                  \
    FUNCTION(archive_entry_set_filetype)                                                                               \
    FUNCTION(archive_entry_set_mtime)                                                                                  \
    FUNCTION(archive_entry_set_nlink)                                                                                  \
    FUNCTION(archive_entry_set_pathname)                                                                               \
    FUNCTION(archive_entry_set_perm)                                                                                   \
    FUNCTION(archive_entry_set_size)                                                                                   \
    FUNCTION(archive_entry_size)                                                                                       \
    FUNCTION(archive_entry_symlink)                                                                                    \
    FUNCTION(archive_error_string)                                                                                     \
    FUNCTION(archive_read_data)                                                                                        \
    FUNCTION(archive_read_free)                                                                                        \
    FUNCTION(archive_read_new)                                                                                         \
    FUNCTION(archive_read_next_header)                                                                                 \
    FUNCTION(archive_read_open_fd)                                                                                     \
    FUNCTION(archive_read_support_filter_zstd)                                                                         \
    FUNCTION(archive_read_support_format_iso9660)                                                                      \
    FUNCTION(archive_read_support_format_tar)                                                                          \
    FUNCTION(archive_write_add_filter_zstd)                                                                            \
    FUNCTION(archive_write_close)                                                                                      \
    FUNCTION(archive_write_data)                                                                                       \
    FUNCTION(archive_write_free)                                                                                       \
    FUNCTION(archive_write_header)                                                                                     \
    FUNCTION(archive_write_new)                                                                                        \
    FUNCTION(archive_write_open2)                                                                                      \
    FUNCTION(archive_write_set_bytes_in_last_block)                                                                    \
    FUNCTION(archive_write_set_bytes_per_block)                                                                        \
    FUNCTION(archive_write_set_format_cpio_newc)                                                                       \
    FUNCTION(archive_write_set_format_iso9660)                                                                         \
    FUNCTION(archive_write_set_format_option)                                                                          \
    FUNCTION(archive_write_set_format_pax_restricted)

static VL_LIBRARY_TABLE(FUNCTIONS) libarchive;
static const char *const names[] = { FUNCTIONS(VL_LIBRARY_NAME) };
static struct vl_library library = VL_LIBRARY(VOIPLAB_LIBARCHIVE, "libarchive13", names, &libarchive);

enum { COPY_SIZE = 1 << 20, READ_BLOCK = 1 << 17 };

struct vl_archive_writer {
    struct archive *archive;
    struct vl_archive_options options;
    struct vl_archive_sink sink;
    struct vl_iso_dates dates;
    uint64_t sent, missing; /* of the whole archive, and of the file that was begun */
    struct vl_error error;  /* of the sink */
    bool deaf;              /* nothing goes to the sink any more */
};

struct vl_archive_reader {
    struct archive *archive;
    const char *what;
};

int vl_archive_into_buf(void *buf, const void *bytes, size_t length, struct vl_error *err)
{
    struct vl_buf *into = buf;

    vl_buf_add(into, bytes, length);
    return into->failed ? vl_no_memory(err) : 0;
}

/* What libarchive has to say; the sink's own words are better than those. */
static int complain(struct vl_archive_writer *writer, const char *verb, struct vl_error *err)
{
    const char *why = libarchive.archive_error_string(writer->archive);

    if (writer->error.code != VL_OK) {
        vl_error_move(err, &writer->error);
        return -1;
    }
    return vl_fail(err, VL_ERROR_FAILED, "cannot %s: %s", verb, why ? why : "libarchive does not say why");
}

static int send_bytes(struct vl_archive_writer *writer, const void *bytes, size_t length)
{
    writer->sent += length;
    return writer->sink.write(writer->sink.context, bytes, length, &writer->error);
}

/* An image in whole blocks, which libarchive writes. */
static int send_image(struct vl_archive_writer *writer, const char *bytes, size_t length)
{
    unsigned char block[VL_ISO_BLOCK];

    if (length % VL_ISO_BLOCK != 0)
        return vl_fail(&writer->error, VL_ERROR_FAILED, "the image of a CD came in parts of blocks");
    for (; length > 0; bytes += VL_ISO_BLOCK, length -= VL_ISO_BLOCK) {
        memcpy(block, bytes, sizeof(block));
        vl_iso_dates_block(&writer->dates, writer->sent / VL_ISO_BLOCK, block);
        if (writer->dates.failed)
            return vl_no_memory(&writer->error);
        if (send_bytes(writer, block, sizeof(block)) < 0)
            return -1;
    }
    return 0;
}

/* libarchive 3.6 never frees the buffer of an archive that has failed. So no failure of the sink is one of its: from
 * then on what it writes is dropped, and who writes into the archive is told (sink_failed()). */
static la_ssize_t take_bytes(struct archive *archive, void *context, const void *bytes, size_t length)
{
    struct vl_archive_writer *writer = context;

    (void)archive;
    if (!writer->deaf && (writer->options.format == VL_ARCHIVE_ISO ? send_image(writer, bytes, length)
                                                                   : send_bytes(writer, bytes, length)) < 0)
        writer->deaf = true;
    return (la_ssize_t)length;
}

static bool sink_failed(const struct vl_archive_writer *writer)
{
    return writer->error.code != VL_OK;
}

/* Names as they are and as short ones; modes as they are. */
static int set_image_options(struct vl_archive_writer *writer)
{
    struct archive *archive = writer->archive;

    if (libarchive.archive_write_set_format_iso9660(archive) != ARCHIVE_OK ||
        libarchive.archive_write_set_format_option(archive, "iso9660", "rockridge", "strict") != ARCHIVE_OK ||
        libarchive.archive_write_set_format_option(archive, "iso9660", "application-id", "VOIPLAB") != ARCHIVE_OK ||
        libarchive.archive_write_set_format_option(archive, "iso9660", "joliet", "1") != ARCHIVE_OK ||
        libarchive.archive_write_set_format_option(archive, "iso9660", "pad", NULL) != ARCHIVE_OK)
        return -1;
    return !writer->options.label || libarchive.archive_write_set_format_option(archive, "iso9660", "volume-id",
                                                                                writer->options.label) == ARCHIVE_OK
               ? 0
               : -1;
}

static int set_options(struct vl_archive_writer *writer)
{
    struct archive *archive = writer->archive;

    if (writer->options.format == VL_ARCHIVE_ISO)
        return set_image_options(writer) < 0 ? -1
                                             : libarchive.archive_write_set_bytes_per_block(archive, 16 * VL_ISO_BLOCK);
    if (writer->options.format == VL_ARCHIVE_CPIO)
        return libarchive.archive_write_set_format_cpio_newc(archive) == ARCHIVE_OK ? 0 : -1;
    return libarchive.archive_write_set_format_pax_restricted(archive) == ARCHIVE_OK &&
                   libarchive.archive_write_add_filter_zstd(archive) == ARCHIVE_OK
               ? 0
               : -1;
}

struct vl_archive_writer *vl_archive_create(const struct vl_archive_options *options,
                                            const struct vl_archive_sink *sink, struct vl_error *err)
{
    VL_ARCHIVE_WRITER_AUTO *writer = NULL;
    struct vl_archive_writer *made;

    if (vl_library_load(&library, err) < 0)
        return NULL;
    writer = vl_calloc(1, sizeof(*writer));
    if (!writer || !(writer->archive = libarchive.archive_write_new())) {
        (void)vl_no_memory(err);
        return NULL;
    }
    writer->options = *options;
    writer->sink = *sink;
    writer->dates = (struct vl_iso_dates){ .label = options->label, .time = options->time };
    if (set_options(writer) < 0 || libarchive.archive_write_set_bytes_in_last_block(writer->archive, 1) != ARCHIVE_OK ||
        libarchive.archive_write_open2(writer->archive, writer, NULL, take_bytes, NULL, NULL) != ARCHIVE_OK) {
        (void)complain(writer, "begin the archive", err);
        return NULL;
    }
    made = writer;
    writer = NULL;
    return made;
}

static void free_entry(struct archive_entry **entry)
{
    libarchive.archive_entry_free(*entry);
}

#define ENTRY_AUTO __attribute__((cleanup(free_entry))) struct archive_entry

static int check_whole(const struct vl_archive_writer *writer, struct vl_error *err)
{
    if (writer->missing > 0)
        return vl_fail(err, VL_ERROR_FAILED, "a file in the archive lacks %llu bytes",
                       (unsigned long long)writer->missing);
    return 0;
}

int vl_archive_begin(struct vl_archive_writer *writer, const char *path, uint64_t size, mode_t mode,
                     struct vl_error *err)
{
    ENTRY_AUTO *entry = libarchive.archive_entry_new2(writer->archive);

    if (!entry)
        return vl_no_memory(err);
    if (check_whole(writer, err) < 0)
        return -1;
    libarchive.archive_entry_set_pathname(entry, path);
    libarchive.archive_entry_set_size(entry, (la_int64_t)size);
    libarchive.archive_entry_set_filetype(entry, AE_IFREG);
    libarchive.archive_entry_set_perm(entry, mode & 07777);
    libarchive.archive_entry_set_nlink(entry, 1);
    libarchive.archive_entry_set_mtime(entry, (time_t)writer->options.time, 0);
    if (writer->options.format == VL_ARCHIVE_ISO) {
        libarchive.archive_entry_set_atime(entry, (time_t)writer->options.time, 0);
        libarchive.archive_entry_set_ctime(entry, (time_t)writer->options.time, 0);
    }
    if (libarchive.archive_write_header(writer->archive, entry) != ARCHIVE_OK || sink_failed(writer))
        return complain(writer, "write into the archive", err);
    writer->missing = size;
    return 0;
}

int vl_archive_write(struct vl_archive_writer *writer, const void *bytes, size_t length, struct vl_error *err)
{
    const char *at = bytes;

    if (length > writer->missing)
        return vl_fail(err, VL_ERROR_FAILED, "a file in the archive became larger while it was read");
    while (length > 0) {
        la_ssize_t taken = libarchive.archive_write_data(writer->archive, at, length);

        if (taken <= 0 || sink_failed(writer))
            return complain(writer, "write into the archive", err);
        at += taken;
        length -= (size_t)taken;
        writer->missing -= (uint64_t)taken;
    }
    return 0;
}

int vl_archive_add(struct vl_archive_writer *writer, const char *path, const void *bytes, size_t length, mode_t mode,
                   struct vl_error *err)
{
    if (vl_archive_begin(writer, path, length, mode, err) < 0)
        return -1;
    return vl_archive_write(writer, bytes, length, err);
}

int vl_archive_add_descriptor(struct vl_archive_writer *writer, const char *path, int descriptor, uint64_t size,
                              mode_t mode, struct vl_error *err)
{
    VL_FREE char *bytes = vl_malloc(COPY_SIZE);

    if (!bytes)
        return vl_no_memory(err);
    if (vl_archive_begin(writer, path, size, mode, err) < 0)
        return -1;
    while (writer->missing > 0) {
        size_t wanted = writer->missing < COPY_SIZE ? (size_t)writer->missing : COPY_SIZE;
        ssize_t got = read(descriptor, bytes, wanted);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return vl_fail_errno(err, "cannot read '%s'", path);
        if (got == 0)
            return check_whole(writer, err);
        if (vl_archive_write(writer, bytes, (size_t)got, err) < 0)
            return -1;
    }
    return 0;
}

int vl_archive_finish(struct vl_archive_writer *writer, struct vl_error *err)
{
    if (check_whole(writer, err) < 0)
        return -1;
    return libarchive.archive_write_close(writer->archive) == ARCHIVE_OK && !sink_failed(writer)
               ? 0
               : complain(writer, "finish the archive", err);
}

void vl_archive_close(struct vl_archive_writer *writer)
{
    if (!writer)
        return;
    writer->deaf = true;
    (void)libarchive.archive_write_free(writer->archive);
    vl_iso_dates_free(&writer->dates);
    vl_error_clear(&writer->error);
    vl_free(writer);
}

static int complain_of(const struct vl_archive_reader *reader, struct vl_error *err)
{
    const char *why = libarchive.archive_error_string(reader->archive);
    VL_ARENA_AUTO arena = { .blocks = NULL };

    return vl_fail(err, VL_ERROR_FAILED, "cannot read '%s': %s", reader->what,
                   vl_text_printable(&arena, why ? why : "it is damaged"));
}

static int set_reader(struct archive *archive, enum vl_archive_format format)
{
    if (format == VL_ARCHIVE_ISO)
        return libarchive.archive_read_support_format_iso9660(archive);
    if (libarchive.archive_read_support_filter_zstd(archive) != ARCHIVE_OK)
        return -1;
    return libarchive.archive_read_support_format_tar(archive);
}

struct vl_archive_reader *vl_archive_open(enum vl_archive_format format, int descriptor, const char *what,
                                          struct vl_error *err)
{
    VL_ARCHIVE_READER_AUTO *reader = NULL;
    struct vl_archive_reader *made;

    if (vl_library_load(&library, err) < 0)
        return NULL;
    reader = vl_calloc(1, sizeof(*reader));
    if (!reader || !(reader->archive = libarchive.archive_read_new())) {
        (void)vl_no_memory(err);
        return NULL;
    }
    reader->what = what;
    if (set_reader(reader->archive, format) != ARCHIVE_OK ||
        libarchive.archive_read_open_fd(reader->archive, descriptor, READ_BLOCK) != ARCHIVE_OK) {
        (void)complain_of(reader, err);
        return NULL;
    }
    made = reader;
    reader = NULL;
    return made;
}

/* A hard link is a regular file for libarchive, with another's name. */
static enum vl_archive_kind kind_of(struct archive_entry *entry)
{
    if (libarchive.archive_entry_hardlink(entry) || libarchive.archive_entry_symlink(entry))
        return VL_ARCHIVE_OTHER;
    switch (libarchive.archive_entry_filetype(entry)) {
    case AE_IFREG:
        return VL_ARCHIVE_FILE;
    case AE_IFDIR:
        return VL_ARCHIVE_DIRECTORY;
    default:
        return VL_ARCHIVE_OTHER;
    }
}

int vl_archive_next(struct vl_archive_reader *reader, struct vl_archive_entry *ret_entry, struct vl_error *err)
{
    struct archive_entry *entry;
    int rc = libarchive.archive_read_next_header(reader->archive, &entry);
    const char *path;

    if (rc == ARCHIVE_EOF)
        return 0;
    if (rc != ARCHIVE_OK && rc != ARCHIVE_WARN)
        return complain_of(reader, err);
    path = libarchive.archive_entry_pathname(entry);
    *ret_entry = (struct vl_archive_entry){
        .path = path ? path : "",
        .kind = kind_of(entry),
        .size = libarchive.archive_entry_size(entry) > 0 ? (uint64_t)libarchive.archive_entry_size(entry) : 0,
        .mode = libarchive.archive_entry_perm(entry),
    };
    return 1;
}

ssize_t vl_archive_read(struct vl_archive_reader *reader, void *bytes, size_t size, struct vl_error *err)
{
    la_ssize_t got = libarchive.archive_read_data(reader->archive, bytes, size);

    return got < 0 ? complain_of(reader, err) : got;
}

int vl_archive_read_all(struct vl_archive_reader *reader, size_t limit, struct vl_buf *buf, struct vl_error *err)
{
    char bytes[16384];
    ssize_t got;

    while ((got = vl_archive_read(reader, bytes, sizeof(bytes), err)) > 0) {
        if ((size_t)got > limit)
            return vl_fail(err, VL_ERROR_FAILED, "'%s' has a file in it that is larger than it may be", reader->what);
        limit -= (size_t)got;
        vl_buf_add(buf, bytes, (size_t)got);
    }
    explicit_bzero(bytes, sizeof(bytes));
    if (got < 0)
        return -1;
    return buf->failed ? vl_no_memory(err) : 0;
}

void vl_archive_end(struct vl_archive_reader *reader)
{
    if (!reader)
        return;
    (void)libarchive.archive_read_free(reader->archive);
    vl_free(reader);
}

bool vl_archive_is_plain(const char *path)
{
    for (;;) {
        size_t length = strcspn(path, "/");

        if (length == 0 || (length == 1 && path[0] == '.') || (length == 2 && strncmp(path, "..", 2) == 0))
            return false;
        for (size_t i = 0; i < length; i++)
            if (path[i] <= ' ' || path[i] > '~')
                return false;
        if (!path[length])
            return true;
        path += length + 1;
    }
}
