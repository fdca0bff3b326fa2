/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/plan.h"

#include <stdarg.h>

#include "base/file.h"

void vl_plan_add(struct vl_plan *plan, const struct vl_step *step)
{
    struct vl_step *steps = vl_arena_grow(&plan->arena, plan->steps, plan->count, sizeof(*steps));

    if (!steps)
        return;
    steps[plan->count++] = *step;
    plan->steps = steps;
}

void vl_plan_add_directory(struct vl_plan *plan, const char *path, unsigned mode, const char *why)
{
    if (!vl_file_exists(path))
        vl_plan_add(plan, &(struct vl_step){
                              .kind = VL_STEP_DIRECTORY,
                              .target = VL_THIS_HOST,
                              .object = vl_arena_strdup(&plan->arena, path),
                              .mode = mode,
                              .why = why,
                          });
}

void vl_plan_add_command(struct vl_plan *plan, const char *why, const char *title, const char *const *argv)
{
    vl_plan_add(plan, &(struct vl_step){
                          .kind = VL_STEP_COMMAND,
                          .target = VL_THIS_HOST,
                          .object = title,
                          .argv = argv,
                          .why = why,
                      });
}

void vl_plan_stays(struct vl_plan *plan, size_t first)
{
    for (size_t i = first; i < plan->count; i++)
        plan->steps[i].stays = true;
}

void vl_plan_shows(struct vl_plan *plan, const char *see, const char *seen)
{
    if (plan->count) {
        plan->steps[plan->count - 1].see = see;
        plan->steps[plan->count - 1].seen = seen;
    }
}

void vl_plan_join(struct vl_plan *plan, const struct vl_plan *from)
{
    for (size_t i = 0; i < from->count; i++)
        vl_plan_add(plan, &from->steps[i]);
}

size_t vl_plan_changes(const struct vl_plan *plan)
{
    size_t count = 0;

    for (size_t i = 0; i < plan->count; i++)
        count += plan->steps[i].kind != VL_STEP_LOOK;
    return count;
}

void vl_plan_free(struct vl_plan *plan)
{
    vl_arena_free(&plan->arena);
    plan->steps = NULL;
    plan->count = 0;
    plan->shared = (struct vl_fileset){ .count = 0 };
}

const char *const *vl_plan_argv(struct vl_plan *plan, const char *first, ...)
{
    static const char *const none[] = { NULL };
    size_t count = 0;
    const char **argv;
    va_list args;

    va_start(args, first);
    for (const char *word = first; word; word = va_arg(args, const char *))
        count++;
    va_end(args);
    argv = vl_arena_zalloc(&plan->arena, (count + 1) * sizeof(*argv));
    if (!argv)
        return none;
    va_start(args, first);
    count = 0;
    for (const char *word = first; word; word = va_arg(args, const char *))
        argv[count++] = word;
    va_end(args);
    return argv;
}
