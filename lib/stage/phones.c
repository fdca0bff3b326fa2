/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The profiles of the telephones, one file each, in a directory that a TFTP or HTTP server reads, or in the lab's
 * state.
 */
#include <grp.h>
#include <sys/stat.h>

#include "render/phone.h"
#include "stage/stage.h"

/* Accounts and their secrets are in it. */
enum { PROFILE_MODE = 0640 };

/* A server that is not root reads the files by their group: that of the directory, when it is not root's. */
static const char *group_of(struct vl_arena *arena, const char *directory)
{
    struct stat status;
    const struct group *entry;

    if (stat(directory, &status) < 0 || status.st_gid == 0)
        return NULL;
    entry = getgrgid(status.st_gid);
    return entry ? vl_arena_strdup(arena, entry->gr_name) : NULL;
}

int vl_stage_phones(struct vl_session *session, const char *const *names, const char *output, struct vl_plan *plan,
                    struct vl_error *err)
{
    const char *directory = output ? vl_arena_strdup(&plan->arena, output)
                                   : vl_arena_printf(&plan->arena, "%s/phones", session->state.directory);
    struct vl_fileset set = { .files = NULL };
    VL_TARGET_AUTO *host = vl_target_local("/", err);

    if (!host)
        return -1;
    vl_plan_add_directory(plan, directory, output ? 0755 : 0700, "where the profiles of the telephones lie");
    for (size_t i = 0; i < session->lab->phone_count; i++) {
        const struct vl_phone *phone = &session->lab->phones[i];
        const char *text;

        if (!vl_session_wanted(names, phone->name))
            continue;
        text = vl_render_phone(&plan->arena, session->lab, &session->state, phone, err);
        if (!text)
            return -1;
        vl_fileset_add(&plan->arena, &set,
                       &(struct vl_file){
                           .path = vl_arena_printf(&plan->arena, "%s/%s", directory,
                                                   vl_render_phone_file_name(&plan->arena, phone)),
                           .mode = PROFILE_MODE,
                           .group = group_of(&plan->arena, directory),
                           .text = text,
                           .why = vl_arena_printf(&plan->arena,
                                                  "what the telephone '%s' fetches: its accounts at '%s', the numbers "
                                                  "that it can dial, and nothing left as the factory set it that would "
                                                  "keep numbers from the PBX",
                                                  phone->name, phone->pbx->name),
                       });
    }
    return vl_plan_files(plan, host, VL_THIS_HOST, &set, 0, false, err);
}
