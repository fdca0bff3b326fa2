/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The requests: REQUEST(COMMAND, function, what must be there before it runs: members of struct vl_request_row). This
 * file is included twice, for the declarations (request.h) and for the table (api/needs.c).
 */
REQUEST(CHECK_CPU, vl_run_check_cpu, .state = VL_STATE_MAY_BE, .parameters = sizeof(struct voiplab_check_cpu))
REQUEST(BRIDGE, vl_run_bridge, .network = true, .lab = VL_LAB_NEEDED, .lock = VL_LOCK_UNLESS_TREE, .root = true,
        .parameters = sizeof(struct voiplab_bridge))
REQUEST(BRIDGE_CONFIRM, vl_run_bridge_confirm, .network = true, .root = true)
REQUEST(BRIDGE_REVERT, vl_run_bridge_revert, .network = true, .root = true,
        .parameters = sizeof(struct voiplab_bridge_revert))
REQUEST(BRIDGE_SHOW, vl_run_bridge_show, .state = VL_STATE_MAY_BE, .network = true, .lab = VL_LAB_MAY_BE)
REQUEST(IMAGE, vl_run_image, .lab = VL_LAB_NEEDED, .state = VL_STATE_MAY_BE)
REQUEST(IMAGE_LIST, vl_run_image_list, .lab = VL_LAB_MAY_BE, .state = VL_STATE_MAY_BE)
REQUEST(IMAGE_REMOVE, vl_run_image_remove, .lab = VL_LAB_MAY_BE, .state = VL_STATE_MAY_BE)
REQUEST(IMAGE_IMPORT, vl_run_image_import, .lab = VL_LAB_MAY_BE, .state = VL_STATE_MAY_BE)
REQUEST(IMAGE_CAPTURE, vl_run_image_capture, .lab = VL_LAB_NEEDED, .lock = VL_LOCK_LAB,
        .hypervisor = VL_HYPERVISOR_ALWAYS, .names = vl_run_image_capture_names)
REQUEST(IMAGE_VERIFY, vl_run_image_verify, .lab = VL_LAB_MAY_BE, .state = VL_STATE_MAY_BE)
REQUEST(CREATE_VM, vl_run_create_vm, .lab = VL_LAB_UNLESS_PARAMETERS, .lock = VL_LOCK_LAB,
        .hypervisor = VL_HYPERVISOR_TO_APPLY, .pbxs = true, .parameters = sizeof(struct voiplab_guest),
        .names = vl_run_create_vm_values, .no_defaults = true)
REQUEST(TRUNK, vl_run_trunk, .lab = VL_LAB_NEEDED, .lock = VL_LOCK_LAB, .pbxs = true)
REQUEST(TRUNK_REMOVE, vl_run_trunk_remove, .lab = VL_LAB_NEEDED, .lock = VL_LOCK_LAB, .pbxs = true)
REQUEST(TRUNK_ROTATE, vl_run_trunk_rotate, .lab = VL_LAB_NEEDED, .lock = VL_LOCK_LAB, .pbxs = true)
REQUEST(TRUNK_VERIFY, vl_run_trunk_verify, .lab = VL_LAB_NEEDED, .pbxs = true,
        .parameters = sizeof(struct voiplab_trunk_verify))
REQUEST(DIALPLAN, vl_run_dialplan, .lab = VL_LAB_NEEDED, .lock = VL_LOCK_LAB, .pbxs = true)
REQUEST(DIALPLAN_DIFF, vl_run_dialplan_diff, .lab = VL_LAB_NEEDED, .pbxs = true)
REQUEST(DIALPLAN_LINT, vl_run_lint, .state = VL_STATE_MAY_BE, .parameters = sizeof(struct voiplab_lint))
REQUEST(PHONE, vl_run_phone, .lab = VL_LAB_NEEDED, .names = vl_run_phone_names, .lock = VL_LOCK_LAB,
        .parameters = sizeof(struct voiplab_phone))
REQUEST(SIPP, vl_run_sipp, .lab = VL_LAB_NEEDED, .state = VL_STATE_TO_APPLY, .parameters = sizeof(struct voiplab_sipp))
REQUEST(SIPP_CAPACITY, vl_run_sipp_capacity, .lab = VL_LAB_NEEDED, .state = VL_STATE_NEEDED,
        .parameters = sizeof(struct voiplab_sipp))
REQUEST(SIPP_REPORT, vl_run_sipp_report, .state = VL_STATE_MAY_BE, .parameters = sizeof(struct voiplab_sipp))
REQUEST(UP, vl_run_up, .network = true, .lab = VL_LAB_NEEDED, .lock = VL_LOCK_LAB, .hypervisor = VL_HYPERVISOR_TO_APPLY,
        .pbxs = true, .parameters = sizeof(struct voiplab_up))
REQUEST(STATUS, vl_run_status, .lab = VL_LAB_MAY_BE, .pbxs = true)
REQUEST(VERIFY, vl_run_verify, .lab = VL_LAB_NEEDED, .pbxs = true)
REQUEST(CALLS, vl_run_calls, .lab = VL_LAB_NEEDED, .pbxs = true)
REQUEST(DOWN, vl_run_down, .network = true, .lab = VL_LAB_MAY_BE, .lock = VL_LOCK_LAB,
        .hypervisor = VL_HYPERVISOR_ALWAYS, .pbxs = true, .orphans = true)
REQUEST(DESTROY, vl_run_destroy, .network = true, .lab = VL_LAB_MAY_BE, .lock = VL_LOCK_LAB,
        .hypervisor = VL_HYPERVISOR_ALWAYS, .pbxs = true, .orphans = true)
REQUEST(RESET, vl_run_reset, .lab = VL_LAB_NEEDED, .lock = VL_LOCK_LAB, .hypervisor = VL_HYPERVISOR_TO_APPLY,
        .pbxs = true, .parameters = sizeof(struct voiplab_reset))
REQUEST(SNAPSHOT, vl_run_snapshot, .lab = VL_LAB_NEEDED, .lock = VL_LOCK_LAB, .hypervisor = VL_HYPERVISOR_ALWAYS,
        .parameters = sizeof(struct voiplab_snapshot), .names = vl_run_snapshot_names)
REQUEST(SNAPSHOT_LIST, vl_run_snapshot_list, .lab = VL_LAB_NEEDED, .hypervisor = VL_HYPERVISOR_ALWAYS, .pbxs = true,
        .orphans = true)
REQUEST(SNAPSHOT_DELETE, vl_run_snapshot_delete, .lab = VL_LAB_NEEDED, .lock = VL_LOCK_LAB,
        .hypervisor = VL_HYPERVISOR_ALWAYS, .parameters = sizeof(struct voiplab_snapshot),
        .names = vl_run_snapshot_names)
REQUEST(REVERT, vl_run_revert, .lab = VL_LAB_NEEDED, .lock = VL_LOCK_LAB, .hypervisor = VL_HYPERVISOR_TO_APPLY,
        .parameters = sizeof(struct voiplab_snapshot), .names = vl_run_snapshot_names)
REQUEST(BACKUP, vl_run_backup, .lab = VL_LAB_NEEDED, .lock = VL_LOCK_LAB, .hypervisor = VL_HYPERVISOR_ALWAYS,
        .pbxs = true, .parameters = sizeof(struct voiplab_backup))
REQUEST(RESTORE, vl_run_restore, .parameters = sizeof(struct voiplab_restore))
REQUEST(SSH, vl_run_ssh, .lab = VL_LAB_NEEDED, .pbxs = true)
REQUEST(EXEC, vl_run_exec, .lab = VL_LAB_NEEDED, .pbxs = true, .parameters = sizeof(struct voiplab_exec))
REQUEST(CLI, vl_run_cli, .lab = VL_LAB_NEEDED, .pbxs = true, .parameters = sizeof(struct voiplab_cli))
REQUEST(LOGS, vl_run_logs, .lab = VL_LAB_NEEDED, .pbxs = true, .parameters = sizeof(struct voiplab_logs))
REQUEST(CONSOLE, vl_run_console, .lab = VL_LAB_MAY_BE, .state = VL_STATE_MAY_BE, .hypervisor = VL_HYPERVISOR_ALWAYS,
        .pbxs = true, .parameters = sizeof(struct voiplab_console))
REQUEST(SAVE, vl_run_save, .lab = VL_LAB_NEEDED, .pbxs = true)
REQUEST(INSPECT, vl_run_inspect, .lab = VL_LAB_UNLESS_PARAMETERS, .state = VL_STATE_MAY_BE, .pbxs = true,
        .parameters = sizeof(struct voiplab_inspect), .no_defaults = true)
REQUEST(TRUST, vl_run_trust, .lab = VL_LAB_NEEDED, .lock = VL_LOCK_LAB, .pbxs = true,
        .parameters = sizeof(struct voiplab_trust))
REQUEST(CAPTURE, vl_run_capture, .lab = VL_LAB_MAY_BE, .state = VL_STATE_MAY_BE, .names = vl_run_capture_names,
        .parameters = sizeof(struct voiplab_capture))
REQUEST(IMPAIR, vl_run_impair, .lab = VL_LAB_NEEDED, .lock = VL_LOCK_LAB, .state = VL_STATE_TO_APPLY,
        .names = vl_run_impair_names)
