/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A backup is read to its end before anything of it is believed. The list is its last entry, so what comes before is
 * noted as it comes, and compared then.
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/archive.h"
#include "base/cleanup.h"
#include "base/delete.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "guest/image.h"
#include "plan/backup.h"

enum { CHUNK = 256 * 1024, MOST_SEEN = 20000, LIST_LIMIT = 8 << 20, LAB_LIMIT = 1 << 20, HEAD = 65536 };

/* One entry as it came. */
struct seen {
    const char *path;
    uint64_t size, capacity;
    char sha256[VL_DIGEST_SHA256_SIZE];
    const char *backing; /* of a qcow2 image */
    const char *fault;   /* why it can be none; NULL: it is one */
};

struct checking {
    struct vl_session *session;
    struct vl_arena *arena;
    struct vl_archive_reader *reader;
    struct seen *seen;
    size_t count;
    char *chunk;
    const char *lab, *list;
    struct vl_error *err;
};

static int note_image(struct checking *checking, struct seen *seen, const char *bytes, size_t length)
{
    VL_ERROR_AUTO fault = { .code = VL_OK };

    if (vl_image_read_header(checking->arena, bytes, length, &seen->capacity, &seen->backing, &fault) < 0)
        seen->fault = vl_arena_strdup(checking->arena, vl_error_text(&fault));
    return vl_arena_check(checking->arena, checking->err);
}

/* As much of an entry as one reading gives may be little: the head of an image must be whole. */
static ssize_t fill(struct checking *checking)
{
    size_t have = 0;

    while (have < CHUNK) {
        ssize_t got = vl_archive_read(checking->reader, checking->chunk + have, CHUNK - have, checking->err);

        if (got < 0)
            return -1;
        if (got == 0)
            break;
        have += (size_t)got;
    }
    return (ssize_t)have;
}

static int read_entry(struct checking *checking, struct seen *seen)
{
    struct vl_digest *digest = vl_digest_begin();
    bool first = true;
    ssize_t got = 0;
    int rc = 0;

    if (!digest)
        return vl_no_memory(checking->err);
    while (rc == 0 && (got = fill(checking)) > 0) {
        vl_digest_add(digest, checking->chunk, (size_t)got);
        seen->size += (uint64_t)got;
        if (first)
            rc = note_image(checking, seen, checking->chunk, (size_t)got);
        first = false;
        if (vl_session_cancelled(checking->session))
            rc = vl_fail(checking->err, VL_ERROR_FAILED, "cancelled; nothing was changed");
    }
    if (got < 0 || rc < 0) {
        (void)vl_digest_end(digest, NULL);
        return -1;
    }
    return vl_digest_end(digest, seen->sha256) < 0 ? vl_no_memory(checking->err) : 0;
}

/* A text of the archive that is small. */
static int read_text(struct checking *checking, size_t limit, const char **ret_text)
{
    VL_BUF_AUTO text = VL_BUF_INIT;

    if (vl_archive_read_all(checking->reader, limit, &text, checking->err) < 0)
        return -1;
    if (memchr(vl_buf_text(&text), '\0', text.length))
        return vl_fail(checking->err, VL_ERROR_FAILED, "a text in it has a NUL byte");
    *ret_text = vl_arena_strdup(checking->arena, vl_buf_text(&text));
    return vl_arena_check(checking->arena, checking->err);
}

static int add_seen(struct checking *checking, const struct vl_archive_entry *entry)
{
    struct seen *grown = vl_arena_grow(checking->arena, checking->seen, checking->count, sizeof(*grown)), *seen;

    if (!grown)
        return vl_no_memory(checking->err);
    checking->seen = grown;
    seen = &grown[checking->count];
    *seen = (struct seen){ .path = vl_arena_strdup(checking->arena, entry->path) };
    if (++checking->count > MOST_SEEN)
        return vl_fail(checking->err, VL_ERROR_FAILED, "it has more than %d files in it", MOST_SEEN);
    if (strcmp(entry->path, VL_MANIFEST_LAB) != 0)
        return read_entry(checking, seen);
    if (read_text(checking, LAB_LIMIT, &checking->lab) < 0)
        return -1;
    seen->size = strlen(checking->lab);
    return vl_digest_sha256(checking->lab, strlen(checking->lab), seen->sha256) < 0 ? vl_no_memory(checking->err) : 0;
}

static int read_all(struct checking *checking)
{
    struct vl_archive_entry entry;
    bool headed = false;
    int rc;

    while ((rc = vl_archive_next(checking->reader, &entry, checking->err)) > 0) {
        const char *head = NULL;

        if (entry.kind != VL_ARCHIVE_FILE || !vl_archive_is_plain(entry.path))
            return vl_fail(checking->err, VL_ERROR_FAILED, "it has '%s' in it, which no backup has",
                           vl_text_quote(checking->arena, entry.path, VL_TEXT_QUOTED));
        if (!headed && (strcmp(entry.path, "voiplab-backup") != 0 || read_text(checking, LAB_LIMIT, &head) < 0))
            return checking->err->code ? -1 : vl_fail(checking->err, VL_ERROR_FAILED, "it is no backup of voiplab's");
        if (checking->list)
            return vl_fail(checking->err, VL_ERROR_FAILED, "something comes behind its list");
        if (headed && !strcmp(entry.path, "manifest")) {
            if (read_text(checking, LIST_LIMIT, &checking->list) < 0)
                return -1;
        } else if (headed && add_seen(checking, &entry) < 0) {
            return -1;
        }
        headed = true;
    }
    if (rc == 0 && !checking->list)
        return vl_fail(checking->err, VL_ERROR_FAILED,
                       headed ? "it is cut off: its list is missing" : "it is no backup of voiplab's");
    return rc;
}

static const struct seen *find_seen(const struct checking *checking, const char *path)
{
    for (size_t i = 0; i < checking->count; i++)
        if (!strcmp(checking->seen[i].path, path))
            return &checking->seen[i];
    return NULL;
}

/* An image that names another file of the hypervisor's host than the volume that it is a clone of would show that to
 * its guest. In which directory that lies is compared when it is known where it goes (stage/restore.c). */
static int check_image(const struct checking *checking, const struct vl_backup_entry *entry, const struct seen *seen)
{
    const char *name = seen->backing ? strrchr(seen->backing, '/') : NULL;

    if (seen->fault)
        return vl_fail(checking->err, VL_ERROR_FAILED, "'%s': %s", entry->path, seen->fault);
    if (!entry->backing != !seen->backing || (entry->backing && (!name || strcmp(name + 1, entry->backing) != 0)))
        return vl_fail(checking->err, VL_ERROR_FAILED, "'%s' is a clone of '%s', and not what the list says",
                       entry->path, seen->backing ? vl_text_quote(checking->arena, seen->backing, VL_TEXT_QUOTED) : "");
    if (seen->capacity != entry->capacity)
        return vl_fail(checking->err, VL_ERROR_FAILED, "'%s' has another size for its guest than the list says",
                       entry->path);
    return 0;
}

static int compare(const struct checking *checking, const struct vl_manifest *manifest)
{
    for (size_t i = 0; i < manifest->count; i++) {
        struct vl_backup_entry *entry = &manifest->entries[i];
        const struct seen *seen = find_seen(checking, entry->path);

        if (!seen || seen->size != entry->size || strcmp(seen->sha256, entry->sha256) != 0)
            return vl_fail(checking->err, VL_ERROR_FAILED, "'%s' in it is %s", entry->path,
                           seen ? "damaged: its checksum is another than in the list" : "missing");
        if (entry->is_volume && !strcmp(entry->format, "qcow2")) {
            if (check_image(checking, entry, seen) < 0)
                return -1;
            entry->backing_path = seen->backing;
        }
    }
    /* no two entries of the list have one path, so this leaves none that the list does not have, nor one twice */
    if (checking->count != manifest->count)
        return vl_fail(checking->err, VL_ERROR_FAILED, "it has files in it that its list does not have");
    return 0;
}

static int check(struct checking *checking, struct vl_manifest *ret_manifest, const char **ret_lab)
{
    if (read_all(checking) < 0 || vl_manifest_parse(checking->arena, checking->list, ret_manifest, checking->err) < 0 ||
        compare(checking, ret_manifest) < 0)
        return -1;
    if (!checking->lab)
        return vl_fail(checking->err, VL_ERROR_FAILED, "it has no lab file in it");
    *ret_lab = checking->lab;
    return 0;
}

int vl_backup_check(struct vl_session *session, struct vl_arena *arena, const char *file,
                    struct vl_manifest *ret_manifest, const char **ret_lab, struct vl_error *err)
{
    VL_CLOSE int descriptor = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    VL_FREE char *chunk = vl_malloc(CHUNK);
    VL_ARCHIVE_READER_AUTO *reader = NULL;
    struct checking checking = { .session = session, .arena = arena, .chunk = chunk, .err = err };

    if (descriptor < 0)
        return vl_fail_errno(err, "cannot open '%s'", file);
    if (!chunk)
        return vl_no_memory(err);
    reader = vl_archive_open(VL_ARCHIVE_TAR_ZSTD, descriptor, file, err);
    if (!reader)
        return -1;
    checking.reader = reader;
    if (check(&checking, ret_manifest, ret_lab) == 0)
        return 0;
    return vl_error_wrap(err, "the backup '%s' is of no use", file);
}

struct vl_lab *vl_backup_load_lab(const struct vl_session *session, const char *text, const char *lab_file,
                                  struct vl_error *err)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    VL_FREE char *directory = vl_file_scratch("/tmp", "voiplab-restore", err);
    const char *path = directory ? vl_arena_printf(&arena, "%s/" VL_MANIFEST_LAB, directory) : NULL;
    struct vl_lab *lab = NULL;

    if (!directory)
        return NULL;
    if (vl_file_write(path, text, strlen(text), 0600, err) == 0)
        lab = vl_lab_load(path, session->options.share_directory, err);
    (void)vl_file_remove_tree(directory, &ignored);
    if (lab)
        lab->file = vl_arena_strdup(&lab->arena, lab_file);
    return lab;
}
