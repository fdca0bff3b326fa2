/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the stages of a PBX will ask of it, with what somebody else wants to know, for one round trip.
 */
#include "base/cleanup.h"
#include "plan/loaded.h"
#include "render/asterisk.h"
#include "stage/clash.h"
#include "stage/stage.h"

enum { MOST_PATHS = 64, MOST_COMMANDS = 32 };

struct vl_wanted vl_stage_pbx_wanted(struct vl_session *session, const struct vl_pbx *pbx, unsigned parts,
                                     const struct vl_wanted *more, struct vl_arena *arena)
{
    struct vl_fileset set = { .count = 0 };
    const char *const *lists[] = { more->paths, parts ? vl_clash_paths(arena) : NULL };
    const char *paths[MOST_PATHS] = { NULL }, *commands[MOST_COMMANDS] = { NULL };
    size_t count = 0, command_count = 0;

    if (parts) /* all that is ours: the main files that are looked at include it, whatever part it is */
        vl_render_pbx(arena, session->lab, &session->state, pbx,
                      parts | VL_PART_TRUNK | VL_PART_DIALPLAN | VL_PART_OLD_DRIVER, &set);
    for (size_t i = 0; i < VL_COUNT(lists); i++)
        for (const char *const *path = lists[i]; path && *path && count + 1 < MOST_PATHS; path++)
            paths[count++] = *path;
    for (const char *const *command = more->commands; command && *command && command_count + 2 < MOST_COMMANDS;
         command++)
        commands[command_count++] = *command;
    if (!parts) /* else it goes with the files */
        commands[command_count++] = VL_LOADED_MODULES;
    return vl_plan_wanted(arena, &set, &(struct vl_wanted){ .paths = paths, .commands = commands });
}
