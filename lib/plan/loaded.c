/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/loaded.h"

#include <string.h>

#include "base/cleanup.h"
#include "plan/reload.h"
#include "probe/ask.h"
#include "probe/asterisk.h"

#define UPTIME "core show uptime seconds"
#define SOCKET "/var/run/asterisk/asterisk.ctl"
/* A process's own directory is as old as the process: its time is what the clock of the target says. */
#define CLOCK "/proc/self"

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

static bool is_in(const char *const *list, const char *word)
{
    while (*list && strcmp(*list, word) != 0)
        list++;
    return *list != NULL;
}

struct vl_wanted vl_loaded_wanted(struct vl_arena *arena, const struct vl_fileset *set)
{
    static const char *const paths[] = { CLOCK, SOCKET, NULL };
    const char **commands = vl_arena_zalloc(arena, (VL_RELOAD_COUNT + 2) * sizeof(*commands));
    size_t count = 0;
    bool any = false;

    for (size_t i = 0; i < set->count; i++)
        any |= is_asterisks(&set->files[i]);
    if (!any || !commands)
        return (struct vl_wanted){ .paths = NULL };
    commands[count++] = UPTIME;
    for (unsigned i = 0; i < VL_RELOAD_COUNT; i++)
        if (kinds_of(set) & 1U << i && vl_reload_module_list((enum vl_reload)i) &&
            !is_in(commands, vl_reload_module_list((enum vl_reload)i)))
            commands[count++] = vl_reload_module_list((enum vl_reload)i);
    return (struct vl_wanted){ .paths = paths, .commands = commands };
}

static bool look(struct vl_target *target, const char *path, struct vl_path_facts *facts)
{
    VL_ERROR_AUTO ignored = { .code = VL_OK };

    return target->ops->facts && target->ops->facts(target, path, facts, &ignored) == 0 && facts->kind != VL_PATH_NONE;
}

/* What Asterisk answers; NULL: nothing. The caller frees it. */
static char *ask(struct vl_target *target, const char *command)
{
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    char *output = NULL;

    (void)vl_asterisk_ask(target, command, &output, &ignored);
    return output;
}

/* Nothing is said of a module where there is no list. */
static void look_at_module(struct vl_target *target, enum vl_reload reload, struct vl_loaded *loaded)
{
    VL_FREE char *list = vl_reload_module_list(reload) ? ask(target, vl_reload_module_list(reload)) : NULL;

    if (!list || !strstr(list, "modules loaded") || vl_asterisk_runs_module(list, vl_reload_module(reload)))
        return;
    if (strstr(list, vl_reload_module(reload)))
        loaded->failed |= 1U << reload;
    else
        loaded->missing |= 1U << reload;
}

void vl_loaded_learn(struct vl_target *target, const struct vl_fileset *set, struct vl_loaded *ret_loaded)
{
    VL_PATH_FACTS_AUTO clock = { .kind = VL_PATH_NONE };
    VL_FREE char *uptime = NULL;
    unsigned kinds = kinds_of(set);

    if (!kinds || !look(target, CLOCK, &clock) || clock.changed <= 0)
        return;
    for (unsigned i = 0; i < VL_RELOAD_COUNT; i++)
        if (kinds & 1U << i && vl_reload_module((enum vl_reload)i))
            look_at_module(target, (enum vl_reload)i, ret_loaded);
    uptime = ask(target, UPTIME);
    ret_loaded->now = clock.changed;
    ret_loaded->known = uptime && vl_asterisk_parse_reload(uptime, &ret_loaded->seconds);
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
