/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/requests.h"

#include "base/cleanup.h"
#include "request/bridge.h"

static const struct vl_request_row rows[] = {
    [VOIPLAB_CHECK_CPU] = { .run = vl_run_check_cpu, .parameters = sizeof(struct voiplab_check_cpu) },
    [VOIPLAB_BRIDGE] = { .run = vl_run_bridge,
                         .lab = VL_LAB_NEEDED,
                         .lock = VL_LOCK_UNLESS_TREE,
                         .root = true,
                         .parameters = sizeof(struct voiplab_bridge) },
    [VOIPLAB_BRIDGE_CONFIRM] = { .run = vl_run_bridge_confirm, .root = true },
    [VOIPLAB_BRIDGE_REVERT] = { .run = vl_run_bridge_revert,
                                .root = true,
                                .parameters = sizeof(struct voiplab_bridge_revert) },
    [VOIPLAB_BRIDGE_SHOW] = { .run = vl_run_bridge_show },
    [VOIPLAB_IMAGE] = { .run = vl_run_image, .lab = VL_LAB_NEEDED },
    [VOIPLAB_CREATE_VM] = { .run = vl_run_create_vm,
                            .lab = VL_LAB_UNLESS_PARAMETERS,
                            .lock = VL_LOCK_LAB,
                            .hypervisor = VL_HYPERVISOR_TO_APPLY,
                            .pbxs = true,
                            .parameters = sizeof(struct voiplab_guest),
                            .no_defaults = true },
    [VOIPLAB_TRUNK] = { .run = vl_run_trunk, .lab = VL_LAB_NEEDED, .lock = VL_LOCK_LAB, .pbxs = true },
    [VOIPLAB_TRUNK_REMOVE] = { .run = vl_run_trunk_remove, .lab = VL_LAB_NEEDED, .lock = VL_LOCK_LAB, .pbxs = true },
    [VOIPLAB_DIALPLAN] = { .run = vl_run_dialplan, .lab = VL_LAB_NEEDED, .lock = VL_LOCK_LAB, .pbxs = true },
    [VOIPLAB_DIALPLAN_DIFF] = { .run = vl_run_dialplan_diff, .lab = VL_LAB_NEEDED, .pbxs = true },
    [VOIPLAB_DIALPLAN_LINT] = { .run = vl_run_lint, .parameters = sizeof(struct voiplab_lint) },
    [VOIPLAB_PHONE] = { .run = vl_run_phone,
                        .lab = VL_LAB_NEEDED,
                        .lock = VL_LOCK_LAB,
                        .parameters = sizeof(struct voiplab_phone) },
    [VOIPLAB_SIPP] = { .run = vl_run_sipp, .lab = VL_LAB_NEEDED },
    [VOIPLAB_UP] = { .run = vl_run_up,
                     .lab = VL_LAB_NEEDED,
                     .lock = VL_LOCK_LAB,
                     .hypervisor = VL_HYPERVISOR_TO_APPLY,
                     .pbxs = true,
                     .parameters = sizeof(struct voiplab_up) },
    [VOIPLAB_STATUS] = { .run = vl_run_status, .lab = VL_LAB_NEEDED, .pbxs = true },
    [VOIPLAB_VERIFY] = { .run = vl_run_verify, .lab = VL_LAB_NEEDED, .pbxs = true },
    [VOIPLAB_DOWN] = { .run = vl_run_down,
                       .lab = VL_LAB_NEEDED,
                       .lock = VL_LOCK_LAB,
                       .hypervisor = VL_HYPERVISOR_ALWAYS,
                       .pbxs = true },
    [VOIPLAB_DESTROY] = { .run = vl_run_destroy,
                          .lab = VL_LAB_NEEDED,
                          .lock = VL_LOCK_LAB,
                          .hypervisor = VL_HYPERVISOR_ALWAYS,
                          .pbxs = true },
    [VOIPLAB_SSH] = { .run = vl_run_ssh, .lab = VL_LAB_NEEDED, .pbxs = true },
    [VOIPLAB_EXEC] = { .run = vl_run_exec,
                       .lab = VL_LAB_NEEDED,
                       .pbxs = true,
                       .parameters = sizeof(struct voiplab_exec) },
    [VOIPLAB_CLI] = { .run = vl_run_cli, .lab = VL_LAB_NEEDED, .pbxs = true, .parameters = sizeof(struct voiplab_cli) },
};

const struct vl_request_row *vl_request_row(enum voiplab_command command)
{
    return (size_t)command < VL_COUNT(rows) && rows[command].run ? &rows[command] : NULL;
}
