/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "network/owner.h"

#include <glob.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "network/uplink.h"

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

/* The names that words of a row stand for. */
struct names {
    const char *uplink, *bridge;
    const char *profile; /* NULL: there is none */
};

/* The word, with the name that it stands for or ends with. NULL: there is no such name. */
static const char *named(struct vl_arena *arena, const char *word, const struct names *names)
{
    static const char name[] = "BRIDGE";
    size_t length = strlen(word), before = length - (sizeof(name) - 1);

    if (!strcmp(word, "UPLINK"))
        return names->uplink;
    if (!strcmp(word, "PROFILE"))
        return names->profile;
    if (length < sizeof(name) - 1 || strcmp(word + before, name) != 0)
        return word;
    return vl_arena_printf(arena, "%.*s%s", (int)before, word, names->bridge);
}

/* What the daemon calls the uplink's connection by; NULL: nothing is known. */
static const char *profile_of(struct vl_arena *arena, enum vl_bridge_backend backend, enum vl_owner_word word,
                              const struct vl_bridge *bridge)
{
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    struct vl_bridge_input input;

    if (!vl_backend(backend)->profile || vl_uplink_gather(arena, "/", backend, bridge, &input, &ignored) < 0)
        return NULL;
    return vl_backend(backend)->profile(arena, &input, word);
}

/* The words of one command of a row. NULL: it is about what there is not. */
static const char *const *command(struct vl_arena *arena, const char *const *words, const struct names *names)
{
    const char **argv = vl_arena_zalloc(arena, (VL_OWNER_ARGV + 1) * sizeof(*argv));

    for (size_t i = 0; argv && i < VL_OWNER_ARGV && words[i]; i++) {
        argv[i] = named(arena, words[i], names);
        if (!argv[i])
            return NULL;
    }
    return argv;
}

const char *const *const *vl_owner_commands(struct vl_arena *arena, enum vl_bridge_backend backend,
                                            enum vl_owner_word word, const struct vl_bridge *bridge)
{
    const char *const **commands = vl_arena_zalloc(arena, (VL_OWNER_COMMANDS + 1) * sizeof(*commands));
    const struct vl_backend *row = vl_backend(backend);
    const struct vl_owner *owner = row ? row->owners : NULL;
    struct names names = { .uplink = bridge->interface, .bridge = bridge->name };
    size_t count = 0;

    while (owner && owner->state && !is_running(owner))
        owner++;
    if (!commands || !owner || !owner->state)
        return commands;
    names.profile = profile_of(arena, backend, word, bridge);
    for (size_t i = 0; i < VL_OWNER_COMMANDS && owner->commands[word][i][0]; i++) {
        commands[count] = command(arena, owner->commands[word][i], &names);
        count += commands[count] != NULL;
    }
    return commands;
}

int vl_owner_kept(struct vl_arena *arena, enum vl_bridge_backend backend, const struct vl_bridge *bridge,
                  struct vl_bridge_source **ret_files, size_t *ret_count, struct vl_error *err)
{
    const struct vl_backend *row = vl_backend(backend);
    struct vl_bridge_input input;

    *ret_files = NULL;
    *ret_count = 0;
    if (!row || !row->is_kept)
        return 0;
    if (vl_uplink_gather(arena, "/", backend, bridge, &input, err) < 0)
        return -1;
    *ret_files = vl_arena_zalloc(arena, (input.count + 1) * sizeof(**ret_files));
    for (size_t i = 0; *ret_files && i < input.count; i++)
        if (row->is_kept(arena, &input, &input.files[i]))
            (*ret_files)[(*ret_count)++] = input.files[i];
    return vl_arena_check(arena, err);
}
