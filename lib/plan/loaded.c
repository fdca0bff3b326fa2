/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/loaded.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/memory.h"
#include "plan/needed.h"
#include "plan/reload.h"
#include "probe/ask.h"
#include "probe/asterisk.h"
#include "probe/unloaded.h"

#define UPTIME "core show uptime seconds"
#define SOCKET "/var/run/asterisk/asterisk.ctl"

enum { CLOCK_MS = 10000 };

static bool is_asterisks(const struct vl_file *file)
{
    return file->reload >= VL_RELOAD_SIP && file->reload <= VL_RELOAD_DAHDI;
}

/* The kinds of files of a set that a module of Asterisk's reads. */
static unsigned kinds_of(const struct vl_fileset *set)
{
    unsigned kinds = 0;

    for (size_t i = 0; i < set->count; i++)
        if (is_asterisks(&set->files[i]) && vl_file_stays(set->files[i].kind))
            kinds |= 1U << set->files[i].reload;
    return kinds;
}

struct vl_wanted vl_loaded_wanted(const struct vl_fileset *set)
{
    static const char *const paths[] = { SOCKET, VL_MODULES_CONF, NULL };
    static const char *const commands[] = { UPTIME, VL_LOADED_MODULES, NULL };

    for (size_t i = 0; i < set->count; i++)
        if (is_asterisks(&set->files[i]))
            return (struct vl_wanted){ .paths = paths, .commands = commands };
    return (struct vl_wanted){ .paths = NULL };
}

static bool look(struct vl_target *target, const char *path, struct vl_path_facts *facts)
{
    VL_ERROR_AUTO ignored = { .code = VL_OK };

    return target->ops->facts && target->ops->facts(target, path, facts, &ignored) == 0 && facts->kind != VL_PATH_NONE;
}

/* What the clock of a target says now; 0: not known. */
static long long clock_of(struct vl_target *target)
{
    static const char *const argv[] = { "date", "+%s", NULL };
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    struct vl_command_result result = { .status = -1 };
    long long seconds = 0;

    if (target->ops->run(target, argv, NULL, CLOCK_MS, &result, &ignored) == 0 && result.status == 0)
        seconds = strtoll(result.output, NULL, 10);
    vl_command_result_free(&result);
    return seconds > 0 ? seconds : 0;
}

/* When Asterisk has read its files, and the clock. This one must not be the earlier of the two: between them a busy
 * host takes seconds, by which a file that was read at once would seem to have changed since. */
static void look_at_reload(struct vl_target *target, struct vl_loaded *loaded)
{
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    struct vl_command_result uptime = { .status = -1 };

    if (vl_asterisk_answer(target, UPTIME, &uptime, &ignored) == 0 &&
        vl_asterisk_parse_reload(uptime.output, &loaded->seconds)) {
        loaded->now = uptime.answered ? uptime.answered : clock_of(target);
        loaded->known = loaded->now > 0;
    }
    vl_command_result_free(&uptime);
}

/* What Asterisk answers; NULL: nothing. The caller frees it. */
static char *ask(struct vl_target *target, const char *command)
{
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    char *output = NULL;

    (void)vl_asterisk_ask(target, command, &output, &ignored);
    return output;
}

/* The module that reads the files of a kind. */
static void look_at_reader(const char *list, enum vl_reload reload, struct vl_loaded *loaded)
{
    const char *module = vl_reload_module(reload);

    if (!module || vl_asterisk_runs_module(list, module))
        return;
    if (vl_probe_lists_module(list, module))
        loaded->failed |= 1U << reload;
    else
        loaded->missing |= 1U << reload;
}

/* What the set needs and the list of modules does not have, though it would after a start. */
static const char *const *unloaded_of(struct vl_arena *arena, struct vl_target *target, const struct vl_fileset *set,
                                      const char *list)
{
    const char *const *needed = vl_needed_modules(arena, set);
    const char **unloaded;
    size_t count = 0;

    while (needed[count])
        count++;
    unloaded = vl_arena_zalloc(arena, (count + 1) * sizeof(*unloaded));
    count = 0;
    for (; unloaded && *needed; needed++)
        if (!vl_probe_lists_module(list, *needed) && vl_probe_is_unloaded(target, *needed))
            unloaded[count++] = *needed;
    return unloaded;
}

/* The list of modules; NULL: Asterisk does not give it, and nothing is said of any. The caller frees it. */
static char *list_modules(struct vl_target *target)
{
    char *list = ask(target, VL_LOADED_MODULES);

    if (list && strstr(list, "modules loaded"))
        return list;
    vl_free(list);
    return NULL;
}

const char *const *vl_loaded_unloaded(struct vl_arena *arena, struct vl_target *target, const struct vl_fileset *set)
{
    VL_FREE char *list = list_modules(target);

    return list ? unloaded_of(arena, target, set, list) : NULL;
}

static void look_at_modules(struct vl_arena *arena, struct vl_target *target, const struct vl_fileset *set,
                            struct vl_loaded *loaded)
{
    VL_FREE char *list = list_modules(target);

    if (!list)
        return;
    for (unsigned i = 0; i < VL_RELOAD_COUNT; i++)
        if (kinds_of(set) & 1U << i)
            look_at_reader(list, (enum vl_reload)i, loaded);
    loaded->unloaded = unloaded_of(arena, target, set, list);
}

void vl_loaded_learn(struct vl_arena *arena, struct vl_target *target, const struct vl_fileset *set,
                     struct vl_loaded *ret_loaded)
{
    if (!kinds_of(set) || !target->ops->facts)
        return;
    look_at_modules(arena, target, set, ret_loaded);
    look_at_reload(target, ret_loaded);
}

/* Asterisk says it in whole seconds, and a file is written just before it is loaded. */
bool vl_loaded_is_older(const struct vl_loaded *loaded, struct vl_target *target, const struct vl_file *file)
{
    VL_PATH_FACTS_AUTO facts = { .kind = VL_PATH_NONE };
    long long age;

    if (!loaded->known || !is_asterisks(file) || !look(target, file->path, &facts) || facts.changed <= 0)
        return false;
    age = loaded->now - facts.changed;
    return age >= 0 && age + 1 < (long long)loaded->seconds;
}

bool vl_loaded_shut_out(struct vl_target *target, const struct vl_file *file)
{
    VL_PATH_FACTS_AUTO facts = { .kind = VL_PATH_NONE }, socket = { .kind = VL_PATH_NONE };
    gid_t group;

    if (!target || !is_asterisks(file) || !file->group || !target->ops->gives_to ||
        !target->ops->gives_to(target, file->group, &group) || !look(target, SOCKET, &socket) || socket.owner == 0 ||
        !look(target, file->path, &facts))
        return false;
    if (facts.owner == socket.owner)
        return !(facts.mode & 0400);
    return facts.group == group ? !(facts.mode & 0040) : !(facts.mode & 0004);
}
