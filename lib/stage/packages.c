/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Packages that are missing, installed by the host's own package manager. A tree (--root) gets none: what is installed
 * there is for the system that runs on it to say.
 */
#include <glob.h>
#include <string.h>

#include "probe/packages.h"
#include "stage/stage.h"

enum { PATIENCE_S = 1800 };

static bool has_lists(const char *pattern)
{
    glob_t found = { .gl_pathc = 0 };
    bool there = glob(pattern, GLOB_NOSORT, NULL, &found) == 0 && found.gl_pathc > 0;

    globfree(&found);
    return there;
}

/* The words of `argv` and, behind them, of `names`. */
static const char *const *join(struct vl_plan *plan, const char *const *argv, const char *const *names)
{
    size_t count = 0, room = VL_PACKAGES_ARGV + 1;
    const char **words;

    for (size_t i = 0; names && names[i]; i++)
        room++;
    words = vl_arena_zalloc(&plan->arena, room * sizeof(*words));
    for (size_t i = 0; words && i < VL_PACKAGES_ARGV && argv[i]; i++)
        words[count++] = argv[i];
    for (size_t i = 0; words && names && names[i]; i++)
        words[count++] = names[i];
    return words;
}

static void add(struct vl_plan *plan, const char *why, const char *title, const char *const *argv)
{
    vl_plan_add_command(plan, why, title, argv);
    if (plan->count)
        plan->steps[plan->count - 1].patience_s = PATIENCE_S;
}

int vl_stage_packages(struct vl_session *session, const struct vl_missing_packages *missing, struct vl_plan *plan,
                      struct vl_error *err)
{
    const struct vl_package_manager *manager = missing->manager;
    bool wanted = missing->group || (missing->names && *missing->names);

    if (!manager || !wanted || session->options.root[1])
        return 0;
    if (manager->refresh[0] && !has_lists(manager->lists))
        add(plan, "the lists of packages have not been fetched yet",
            vl_arena_printf(&plan->arena, "%s update", manager->program), join(plan, manager->refresh, NULL));
    if (missing->group)
        add(plan, "the hypervisor is not installed, and this distribution has it as a group of packages",
            vl_arena_printf(&plan->arena, "the group %s", manager->group), join(plan, manager->install_group, NULL));
    if (missing->names && *missing->names)
        add(plan, "programs that a lab needs are not installed",
            vl_arena_printf(&plan->arena, "%s install", manager->program),
            join(plan, manager->install, missing->names));
    return vl_arena_check(&plan->arena, err);
}
