/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * status, down and destroy without a lab: of the guests that create-vm made without a lab file.
 */
#include "guest/hypervisor.h"
#include "plan/plan.h"
#include "request/machines.h"
#include "request/request.h"
#include "stage/stage.h"

static const char *word(enum vl_domain_state state)
{
    return state == VL_DOMAIN_RUNNING ? "running" : state == VL_DOMAIN_PAUSED ? "paused" : "stopped";
}

int vl_run_lone_status(const struct vl_run *run)
{
    struct vl_domain *domains;
    size_t count, running = 0;

    if (vl_stage_lone_guests(run->session, run->request->names, &run->result->arena, &domains, &count, run->err) < 0)
        return -1;
    vl_result_headings(run->result, "NAME", "GUEST", NULL);
    vl_json_array(run->result->document, "guests");
    for (size_t i = 0; i < count; i++) {
        const char *cells[VL_RESULT_COLUMNS] = { domains[i].pbx, word(domains[i].state) };

        running += domains[i].state == VL_DOMAIN_RUNNING;
        vl_result_row(run->result, cells);
        vl_json_object(run->result->document, NULL);
        vl_json_string(run->result->document, "name", domains[i].pbx);
        vl_json_string(run->result->document, "guest", word(domains[i].state));
        vl_json_end(run->result->document);
    }
    vl_json_end(run->result->document);
    vl_result_summary(run->result, "%zu of %zu guest%s without a lab file run%s", running, count, count == 1 ? "" : "s",
                      running == 1 ? "s" : "");
    return 0;
}

int vl_run_lone_gone(const struct vl_run *run, bool remove)
{
    VL_PLAN_AUTO plan = { .count = 0 };

    if (vl_stage_lone_guests_gone(run->session, run->request->names, remove, &plan, run->err) < 0)
        return -1;
    return vl_run_take_away(run, &plan);
}
