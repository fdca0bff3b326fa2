/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Kernel modules that are missing and can be loaded: loaded now, and at every start from now on. Of a tree (--root)
 * only the file is written: its kernel does not run.
 */
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "render/modules.h"
#include "stage/stage.h"

enum { FILE_LIMIT = 1 << 20 };

static bool has(struct vl_plan *plan, const struct vl_session *session, const char *path)
{
    const char *root = session->options.root[1] ? session->options.root : "";

    return vl_file_exists(vl_arena_printf(&plan->arena, "%s%s", root, path));
}

/* CentOS 5 and 6 have neither systemd nor modules-load.d. */
static enum vl_modules_style choose_style(struct vl_plan *plan, const struct vl_session *session)
{
    if (has(plan, session, "/etc/modules-load.d") || has(plan, session, "/usr/lib/systemd") ||
        has(plan, session, "/lib/systemd"))
        return VL_MODULES_LOAD_D;
    return has(plan, session, "/etc/sysconfig") ? VL_MODULES_SYSCONFIG : VL_MODULES_LOAD_D;
}

static bool is_in(const char *const *names, const char *name)
{
    for (; *names; names++)
        if (strcmp(*names, name) == 0)
            return true;
    return false;
}

/* What the file names now and, behind it, what is missing. */
static const char *const *all_names(struct vl_plan *plan, const char *const *listed, const char *const *missing)
{
    static const char *const none[] = { NULL };
    size_t count = 0, room = 1;
    const char **names;

    for (size_t i = 0; listed[i]; i++)
        room++;
    for (size_t i = 0; missing[i]; i++)
        room++;
    names = vl_arena_zalloc(&plan->arena, room * sizeof(*names));
    if (!names)
        return none;
    for (size_t i = 0; listed[i]; i++)
        names[count++] = listed[i];
    for (size_t i = 0; missing[i]; i++)
        if (!is_in(names, missing[i]))
            names[count++] = missing[i];
    return names;
}

static int add_file(struct vl_session *session, struct vl_plan *plan, const char *const *missing, struct vl_error *err)
{
    enum vl_modules_style style = choose_style(plan, session);
    const char *path = vl_modules_path(style), *const * names;
    char *directory =
        vl_arena_printf(&plan->arena, "%s%s", session->options.root[1] ? session->options.root : "", path);
    struct vl_fileset set = { .count = 0 };
    VL_TARGET_AUTO *target = vl_target_local(session->options.root, err);
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    VL_FREE char *text = NULL;
    mode_t mode;

    if (!target)
        return -1;
    (void)target->ops->read(target, path, &text, &mode, &ignored);
    names = all_names(plan, vl_modules_listed(&plan->arena, style, text ? text : ""), missing);
    vl_render_modules(&plan->arena, style, names, &set);
    if (strrchr(directory, '/'))
        *strrchr(directory, '/') = '\0';
    vl_plan_add_directory(plan, directory, 0755, "where the host looks for modules to load when it starts");
    return vl_plan_files(plan, target, VL_THIS_HOST, &set, 0, false, err);
}

int vl_stage_modules(struct vl_session *session, const char *const *missing, struct vl_plan *plan, struct vl_error *err)
{
    if (!*missing)
        return 0;
    for (size_t i = 0; missing[i] && !session->options.root[1]; i++)
        vl_plan_add_command(plan, "the kernel has it as a module, and it is not loaded",
                            vl_arena_printf(&plan->arena, "modprobe %s", missing[i]),
                            vl_plan_argv(plan, "modprobe", "--", missing[i], NULL));
    if (add_file(session, plan, missing, err) < 0)
        return -1;
    return vl_arena_check(&plan->arena, err);
}
