/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A guest by its agent, as the target that it is over SSH otherwise; and is again when an agent that has answered
 * before fails: libvirt gives it five seconds to say that it is there, which one on a busy host may not make, and a
 * libvirtd may be started anew meanwhile. What was asked then is asked over SSH, and may be done twice; the first
 * question, which wakes a guest, must not be: who asks it does so anew, with the time of then (fleet_connect.c). What
 * does not end in time has been begun: that is no failure of the agent.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "guest/hypervisor.h"
#include "plan/sites.h"
#include "stage/stage.h"

enum { CONNECT_MS = 10000 };

struct agent {
    struct vl_session *session;
    const struct vl_pbx *pbx;
    struct vl_hypervisor *hypervisor;
    char *domain;
    bool answered;
    struct vl_target *over_ssh; /* NULL: the agent has not failed */
};

static void close_agent(void *context)
{
    struct agent *agent = context;

    vl_target_close(agent->over_ssh);
    free(agent->domain);
    free(agent);
}

static void keep(struct vl_buf *buf, const unsigned char *bytes, size_t length, size_t limit)
{
    if (bytes)
        vl_buf_add(buf, (const char *)bytes, length < limit ? length : limit);
}

static int run_over_ssh(const struct agent *agent, const char *const *argv, const char *input, size_t limit,
                        int timeout_ms, int *ret_status, struct vl_buf *output, struct vl_error *err)
{
    struct vl_command_result result = { .status = -1 };

    if (agent->over_ssh->ops->run(agent->over_ssh, argv, input, timeout_ms, &result, err) < 0)
        return -1;
    *ret_status = result.status;
    keep(output, (const unsigned char *)result.output, strlen(result.output), limit);
    vl_command_result_free(&result);
    return 0;
}

static int execute(void *context, const char *const *argv, const char *input, size_t limit, int timeout_ms,
                   int *ret_status, struct vl_buf *output, struct vl_buf *errors, struct vl_error *err)
{
    struct agent *agent = context;
    VL_HYPERVISOR_ANSWER_AUTO answer = { .status = -1 };
    VL_ERROR_AUTO cause = { .code = VL_OK };
    long long begun = vl_now_ms();
    int left;

    if (!agent->over_ssh && vl_hypervisor_execute(agent->hypervisor, agent->domain, agent->session->lab->name, argv,
                                                  input, timeout_ms, &answer, &cause) == 0) {
        agent->answered = true;
        *ret_status = answer.status;
        keep(output, answer.output, answer.output_length, limit);
        keep(errors, answer.errors, answer.errors_length, limit);
        return 0;
    }
    left = timeout_ms - (int)(vl_now_ms() - begun);
    if (!agent->over_ssh && agent->answered && cause.code != VL_ERROR_TIMEOUT && left > 0)
        agent->over_ssh =
            vl_session_connect(agent->session, agent->pbx, left < CONNECT_MS ? left : CONNECT_MS, NULL, err);
    left = timeout_ms - (int)(vl_now_ms() - begun);
    if (agent->over_ssh && left > 0)
        return run_over_ssh(agent, argv, input, limit, left, ret_status, output, err);
    if (!err->code)
        vl_error_move(err, &cause);
    return -1;
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
        *agent =
            (struct agent){ .session = session, .pbx = pbx, .hypervisor = hypervisor, .domain = vl_strdup(domain) };
        if (agent->domain)
            return vl_target_by(
                pbx->name, &(struct vl_executor){ .execute = execute, .close = close_agent, .context = agent }, err);
        close_agent(agent);
    } else {
        free(agent);
    }
    (void)vl_no_memory(err);
    return NULL;
}
