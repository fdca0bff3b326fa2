/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A guest that stands still for a moment: what it has given to its disk is in the files of the disk then.
 */
#include "guest/hypervisor.h"
#include "guest/hypervisor_part.h"
#include "guest/task.h"

/* `flag`: it shall stand still. */
static int move(struct vl_task *task, virConnectPtr connection, struct vl_error *err)
{
    const struct vl_question *asked = &task->asked;
    DOMAIN_AUTO domain = NULL;
    enum vl_domain_state state;

    if (vl_hypervisor_find_ours(connection, asked->name, asked->lab, &domain, &state, err) < 0)
        return -1;
    task->answer.flag = false;
    if (state != (asked->flag ? VL_DOMAIN_RUNNING : VL_DOMAIN_PAUSED))
        return 0;
    if ((asked->flag ? vl_hypervisor_ops()->domain_suspend : vl_hypervisor_ops()->domain_resume)(domain) < 0)
        return vl_hypervisor_fail(err, asked->flag ? "pause domain" : "let run on domain", asked->name);
    task->answer.flag = true;
    if (asked->flag && vl_task_is_given_up(task)) /* nobody is left who would let it run on */
        (void)vl_hypervisor_ops()->domain_resume(domain);
    return 0;
}

static int ask(struct vl_hypervisor *hypervisor, const char *name, const char *lab, bool pause, bool *ret_moved,
               struct vl_error *err)
{
    const struct vl_question question = { .work = move,
                                          .what = pause ? "pause domain" : "let run on domain",
                                          .name = name,
                                          .lab = lab,
                                          .flag = pause,
                                          .changes = true };
    VL_TASK_AUTO *task = vl_task_do(hypervisor, &question, err);

    if (!task)
        return -1;
    if (ret_moved)
        *ret_moved = task->answer.flag;
    return 0;
}

int vl_hypervisor_pause(struct vl_hypervisor *hypervisor, const char *name, const char *lab, bool *ret_paused,
                        struct vl_error *err)
{
    return ask(hypervisor, name, lab, true, ret_paused, err);
}

int vl_hypervisor_run_on(struct vl_hypervisor *hypervisor, const char *name, const char *lab, bool *ret_moved,
                         struct vl_error *err)
{
    return ask(hypervisor, name, lab, false, ret_moved, err);
}
