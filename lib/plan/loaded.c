/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/loaded.h"

#include "probe/asterisk.h"

enum { ASK_TIMEOUT_MS = 30000 };

#define UPTIME "core show uptime seconds"
#define SOCKET "/var/run/asterisk/asterisk.ctl"
/* A process's own directory is as old as the process: its time is what the clock of the target says. */
#define CLOCK "/proc/self"

static bool is_asterisks(const struct vl_file *file)
{
    return file->reload >= VL_RELOAD_SIP && file->reload <= VL_RELOAD_DAHDI;
}

struct vl_wanted vl_loaded_wanted(const struct vl_fileset *set)
{
    static const char *const paths[] = { CLOCK, SOCKET, NULL };
    static const char *const commands[] = { UPTIME, NULL };

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

void vl_loaded_learn(struct vl_target *target, const struct vl_fileset *set, struct vl_loaded *ret_loaded)
{
    static const char *const argv[] = { "asterisk", "-rx", UPTIME, NULL };
    VL_PATH_FACTS_AUTO clock = { .kind = VL_PATH_NONE };
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    struct vl_command_result result = { .status = -1 };
    int timeout = target->answer_timeout_ms ? target->answer_timeout_ms : ASK_TIMEOUT_MS;

    if (!vl_loaded_wanted(set).paths || !look(target, CLOCK, &clock) || clock.changed <= 0 ||
        target->ops->run(target, argv, NULL, timeout, &result, &ignored) < 0)
        return;
    ret_loaded->now = clock.changed;
    ret_loaded->known =
        result.status == 0 && result.output && vl_asterisk_parse_reload(result.output, &ret_loaded->seconds);
    vl_command_result_free(&result);
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
