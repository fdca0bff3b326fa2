/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any bytes as the list of a backup, as the head of a disk image in one, and as a whole backup. The first byte chooses.
 */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/archive.h"
#include "base/cleanup.h"
#include "guest/image.h"
#include "plan/backup.h"

#include "fuzz.h"

/* What was read is written so that it is read again, as the same; and leads nowhere but below where it is put. */
static void try_list(struct vl_arena *arena, const char *bytes, size_t length)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    struct vl_manifest first, second;
    const char *text;

    if (vl_manifest_parse(arena, vl_arena_strndup(arena, bytes, length), &first, &err) < 0)
        return;
    for (size_t i = 0; i < first.count; i++) {
        FUZZ_CHECK(vl_archive_is_plain(first.entries[i].path));
        FUZZ_CHECK(!first.entries[i].is_volume || !strchr(first.entries[i].name, '/'));
    }
    text = vl_manifest_text(arena, &first);
    FUZZ_CHECK(vl_manifest_parse(arena, text, &second, &err) == 0);
    FUZZ_CHECK(first.count == second.count && !strcmp(text, vl_manifest_text(arena, &second)));
}

static void try_image(struct vl_arena *arena, const char *bytes, size_t length)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    const char *backing;
    uint64_t size;

    (void)vl_image_read_header(arena, bytes, length, &size, &backing, &err);
}

static void try_whole(struct vl_arena *arena, const char *bytes, size_t length)
{
    VL_CLOSE int file = memfd_create("backup", MFD_CLOEXEC);
    VL_ERROR_AUTO err = { .code = VL_OK };
    struct vl_session session = { .lab = NULL };
    struct vl_manifest manifest;
    const char *lab;

    FUZZ_CHECK(file >= 0 && write(file, bytes, length) == (ssize_t)length);
    (void)vl_backup_check(&session, arena, vl_arena_printf(arena, "/proc/self/fd/%d", file), &manifest, &lab, &err);
}

static void (*const tries[])(struct vl_arena *arena, const char *bytes, size_t length) = { try_list, try_image,
                                                                                           try_whole };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };

    if (size < 1)
        return 0;
    tries[data[0] % VL_COUNT(tries)](&arena, (const char *)data + 1, size - 1);
    FUZZ_CHECK(!arena.failed);
    return 0;
}
