/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Archives, by libarchive: the only door to it. A writer makes a tar file packed by zstd, an image of a CD (ISO 9660
 * with Joliet and Rock Ridge), or what a kernel unpacks as a part of its initrd (cpio, newc); a reader reads one of the
 * first two and nothing else of what libarchive knows, since an archive comes from wherever a person got it. The same
 * entries give the same bytes: no date, user or name of the host is in it but what the caller says.
 *
 * Nothing here makes a file: a writer gives its bytes to a sink, a reader takes them from a descriptor that is open,
 * and what an entry is called is not a path before the caller has judged it (vl_archive_is_plain()).
 */
#ifndef VL_BASE_ARCHIVE_H
#define VL_BASE_ARCHIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/error.h"

enum vl_archive_format { VL_ARCHIVE_TAR_ZSTD, VL_ARCHIVE_ISO, VL_ARCHIVE_CPIO };

/* Where the bytes of an archive go, in order: 0, or -1 with the error. */
struct vl_archive_sink {
    int (*write)(void *context, const void *bytes, size_t length, struct vl_error *err);
    void *context;
};

/* The sink that is a struct vl_buf. */
int vl_archive_into_buf(void *buf, const void *bytes, size_t length, struct vl_error *err);

struct vl_archive_options {
    enum vl_archive_format format;
    const char *label; /* of an ISO image: its volume identifier, at most 32 characters; NULL: none */
    int64_t time;      /* seconds since 1970, of all entries and of the volume */
};

struct vl_archive_writer;

struct vl_archive_writer *vl_archive_create(const struct vl_archive_options *options,
                                            const struct vl_archive_sink *sink, struct vl_error *err);

/* Begin a file of `size` bytes, which vl_archive_write() must then give to the last. `path` is relative; it belongs to
 * root. Directories on the way need not be named. */
int vl_archive_begin(struct vl_archive_writer *writer, const char *path, uint64_t size, mode_t mode,
                     struct vl_error *err);
int vl_archive_write(struct vl_archive_writer *writer, const void *bytes, size_t length, struct vl_error *err);

/* A whole file: of bytes; and of a descriptor that is open at its start, of so many bytes as `size` says. */
int vl_archive_add(struct vl_archive_writer *writer, const char *path, const void *bytes, size_t length, mode_t mode,
                   struct vl_error *err);
int vl_archive_add_descriptor(struct vl_archive_writer *writer, const char *path, int descriptor, uint64_t size,
                              mode_t mode, struct vl_error *err);

/* The end of the archive, after which its sink has all of it. */
int vl_archive_finish(struct vl_archive_writer *writer, struct vl_error *err);

/* Free it; what was not finished is no archive. NULL is no fault. */
void vl_archive_close(struct vl_archive_writer *writer);

enum vl_archive_kind { VL_ARCHIVE_FILE, VL_ARCHIVE_DIRECTORY, VL_ARCHIVE_OTHER }; /* other: links, devices, … */

struct vl_archive_entry {
    const char *path; /* as the archive has it, which may be anything; valid until the next entry */
    enum vl_archive_kind kind;
    uint64_t size; /* as the archive says; what comes may be less or more */
    mode_t mode;   /* permissions */
};

struct vl_archive_reader;

/* Read from a descriptor, which stays the caller's; an ISO image needs one that can be moved in. `what` names it in
 * messages. */
struct vl_archive_reader *vl_archive_open(enum vl_archive_format format, int descriptor, const char *what,
                                          struct vl_error *err);

/* The next entry: 1, 0 at the end, -1 when the archive is damaged. */
int vl_archive_next(struct vl_archive_reader *reader, struct vl_archive_entry *ret_entry, struct vl_error *err);

/* Bytes of the entry, at most `size`: how many, 0 at its end, -1 when the archive is damaged. */
ssize_t vl_archive_read(struct vl_archive_reader *reader, void *bytes, size_t size, struct vl_error *err);

/* The rest of the entry behind what `buf` has, at most `limit` bytes: more is an error. */
int vl_archive_read_all(struct vl_archive_reader *reader, size_t limit, struct vl_buf *buf, struct vl_error *err);

void vl_archive_end(struct vl_archive_reader *reader);

/* Whether a name leads to a file below the place where it is unpacked, and is written the one way that it can be:
 * relative, without "." and "..", empty parts, and bytes that a terminal would not show. */
bool vl_archive_is_plain(const char *path);

static inline void vl_archive_writer_cleanup(struct vl_archive_writer **writer)
{
    vl_archive_close(*writer);
}

static inline void vl_archive_reader_cleanup(struct vl_archive_reader **reader)
{
    vl_archive_end(*reader);
}

#define VL_ARCHIVE_WRITER_AUTO __attribute__((cleanup(vl_archive_writer_cleanup))) struct vl_archive_writer
#define VL_ARCHIVE_READER_AUTO __attribute__((cleanup(vl_archive_reader_cleanup))) struct vl_archive_reader

#endif
