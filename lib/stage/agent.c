/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A guest by its agent, as the target that it is over SSH otherwise.
 */
#include <stdlib.h>

#include "base/memory.h"
#include "guest/hypervisor.h"
#include "plan/sites.h"
#include "stage/stage.h"

struct agent {
    struct vl_hypervisor *hypervisor;
    char *domain, *lab;
};

static void close_agent(void *context)
{
    struct agent *agent = context;

    free(agent->domain);
    free(agent->lab);
    free(agent);
}

static int execute(void *context, const char *const *argv, const char *input, size_t limit, int timeout_ms,
                   int *ret_status, struct vl_buf *output, struct vl_buf *errors, struct vl_error *err)
{
    const struct agent *agent = context;
    VL_HYPERVISOR_ANSWER_AUTO answer = { .status = -1 };

    if (vl_hypervisor_execute(agent->hypervisor, agent->domain, agent->lab, argv, input, timeout_ms, &answer, err) < 0)
        return -1;
    *ret_status = answer.status;
    if (answer.output)
        vl_buf_add(output, (const char *)answer.output, answer.output_length < limit ? answer.output_length : limit);
    if (answer.errors)
        vl_buf_add(errors, (const char *)answer.errors, answer.errors_length < limit ? answer.errors_length : limit);
    return 0;
}

struct vl_target *vl_stage_agent(struct vl_session *session, const struct vl_pbx *pbx, struct vl_error *err)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    struct vl_hypervisor *hypervisor =
        vl_site_problem(session, pbx) ? NULL : vl_site_hypervisor(session, vl_site_of(session, pbx));
    const char *domain = vl_domain_name(&arena, session->lab, pbx);
    struct agent *agent;

    if (pbx->place != VL_PLACE_VM || !hypervisor) {
        (void)vl_fail(err, VL_ERROR_FAILED, "'%s' has no agent that could be asked", pbx->name);
        return NULL;
    }
    agent = vl_calloc(1, sizeof(*agent));
    if (agent && domain) {
        *agent = (struct agent){ .hypervisor = hypervisor,
                                 .domain = vl_strdup(domain),
                                 .lab = vl_strdup(session->lab->name) };
        if (agent->domain && agent->lab)
            return vl_target_by(
                pbx->name, &(struct vl_executor){ .execute = execute, .close = close_agent, .context = agent }, err);
        close_agent(agent);
    } else {
        free(agent);
    }
    (void)vl_no_memory(err);
    return NULL;
}
