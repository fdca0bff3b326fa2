/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The files of a PBX as a text: what can be read of any text is found again, and written and read once more it is the
 * same.
 */
#include <string.h>

#include "base/cleanup.h"
#include "probe/files.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };
    struct vl_seen_files files, again;
    const char *text = vl_arena_strndup(&arena, (const char *)data, size);
    long taken;

    if (!text || vl_seen_parse(&arena, text, &files, &taken, &err) < 0)
        return 0;
    FUZZ_CHECK(files.count <= VL_SEEN_KEPT_MOST);
    for (size_t i = 0; i < files.count; i++) {
        FUZZ_CHECK(files.files[i].path[0] == '/');
        FUZZ_CHECK(vl_seen_find(&files, files.files[i].path));
        FUZZ_CHECK(!i || strcmp(files.files[i - 1].path, files.files[i].path) <= 0);
    }
    text = vl_seen_text(&arena, &files, taken);
    FUZZ_CHECK(vl_seen_parse(&arena, text, &again, &taken, &err) == 0 && again.count == files.count);
    FUZZ_CHECK(!again.bound == !files.bound && (!files.bound || !strcmp(again.bound, files.bound)));
    return 0;
}
