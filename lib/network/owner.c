/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "network/owner.h"

#include <glob.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"

/* A daemon that was stopped leaves its state behind, and what is sent to it would fail. */
static bool is_running(const struct vl_owner *owner)
{
    glob_t found = { .gl_pathc = 0 };
    bool running = false;

    if (vl_file_exists(owner->state) && glob("/proc/[0-9]*/comm", GLOB_NOSORT, NULL, &found) == 0)
        for (size_t i = 0; i < found.gl_pathc && !running; i++) {
            VL_ERROR_AUTO ignored = { .code = VL_OK };
            VL_FREE char *name = NULL;

            running = vl_file_read(found.gl_pathv[i], 64, &name, NULL, &ignored) == 0 &&
                      !strcmp(vl_text_strip(name), owner->daemon);
        }
    globfree(&found);
    return running;
}

/* The word, with the name that it stands for or ends with. */
static const char *named(struct vl_arena *arena, const char *word, const char *uplink, const char *bridge)
{
    static const char name[] = "BRIDGE";
    size_t length = strlen(word), before = length - (sizeof(name) - 1);

    if (!strcmp(word, "UPLINK"))
        return uplink;
    if (length < sizeof(name) - 1 || strcmp(word + before, name) != 0)
        return word;
    return vl_arena_printf(arena, "%.*s%s", (int)before, word, bridge);
}

const char *const *const *vl_owner_commands(struct vl_arena *arena, enum vl_bridge_backend backend,
                                            enum vl_owner_word word, const char *uplink, const char *bridge)
{
    const char *const **commands = vl_arena_zalloc(arena, (VL_OWNER_COMMANDS + 1) * sizeof(*commands));
    const struct vl_backend *row = vl_backend(backend);
    const struct vl_owner *owner = row ? row->owners : NULL;

    while (owner && owner->state && !is_running(owner))
        owner++;
    for (size_t i = 0; commands && owner && owner->state && i < VL_OWNER_COMMANDS; i++) {
        const char *const *words = owner->commands[word][i];
        const char **argv = vl_arena_zalloc(arena, (VL_OWNER_ARGV + 1) * sizeof(*argv));

        if (!words[0] || !argv)
            break;
        for (size_t k = 0; k < VL_OWNER_ARGV && words[k]; k++)
            argv[k] = named(arena, words[k], uplink, bridge);
        commands[i] = argv;
    }
    return commands;
}
