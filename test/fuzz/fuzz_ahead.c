/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a hostile host answers to a question ahead of need (machine/ahead.h): taken apart or dropped, and what is kept
 * is within the limits that its readers rely on.
 */
#include <string.h>

#include "base/cleanup.h"
#include "base/memory.h"
#include "machine/ahead.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const paths[] = { "/a", "/link", "/none", "/gone", "/directory", NULL };
    static const char *const groups[] = { "asterisk", "nobody", NULL };
    static const char *const commands[] = { "core show version", "sip show peers", NULL };
    static const struct vl_wanted wanted = { .paths = paths, .groups = groups, .commands = commands };
    struct vl_ahead *ahead = vl_calloc(1, sizeof(*ahead));

    if (ahead && vl_ahead_parse(ahead, &wanted, (const char *)data, size)) {
        FUZZ_CHECK(ahead->path_count == 5 && ahead->group_count == 2 && ahead->command_count == 2);
        for (size_t i = 0; i < ahead->path_count; i++) {
            const struct vl_ahead_path *path = &ahead->paths[i];

            FUZZ_CHECK(path->facts.mode <= 07777);
            FUZZ_CHECK(!path->text || strlen(path->text) <= VL_TARGET_FILE_LIMIT);
            FUZZ_CHECK(!path->facts.real || path->facts.kind == VL_PATH_LINK);
        }
        for (size_t i = 0; i < ahead->command_count; i++)
            FUZZ_CHECK(strlen(ahead->commands[i].output) <= VL_TARGET_OUTPUT_LIMIT);
    }
    vl_ahead_drop(&ahead);
    return 0;
}
