/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * backup, and restore: a lab or some of its guests into one file, and from it on this host or another.
 */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "plan/backup.h"
#include "plan/sites.h"
#include "request/request.h"
#include "stage/stage.h"

static int check_machines(const struct vl_run *run)
{
    const char *const *names = run->request->names;

    for (; names && *names; names++)
        if (vl_lab_pbx(run->session->lab, *names)->place != VL_PLACE_VM)
            return vl_fail(run->err, VL_ERROR_USAGE,
                           "'%s' is no virtual machine of this lab, and only those have a disk here", *names);
    return 0;
}

static int check_file(const struct vl_run *run, const char *file)
{
    if (!file || *file != '/' || file[strlen(file) - 1] == '/')
        return vl_fail(run->err, VL_ERROR_USAGE, "a backup is a file, with an absolute path");
    return 0;
}

static int finish_backup(const struct vl_run *run, const char *file)
{
    struct stat status;

    if (stat(file, &status) < 0)
        return vl_fail_errno(run->err, "cannot look at '%s'", file);
    vl_json_bool(run->result->document, "changed", true);
    vl_json_string(run->result->document, "file", file);
    vl_json_number(run->result->document, "bytes", (int64_t)status.st_size);
    vl_result_summary(run->result, "'%s' has it, %llu MiB; 'voiplab restore' puts it back", file,
                      (unsigned long long)(status.st_size + (1 << 20) - 1) >> 20);
    return vl_sites_check(run->session, run->err);
}

int vl_run_backup(const struct vl_run *run)
{
    const struct voiplab_backup *how = run->request->parameters.backup;
    VL_PLAN_AUTO plan = { .count = 0 };
    size_t changed = 0;

    if (check_file(run, how->file) < 0 || check_machines(run) < 0)
        return -1;
    if (!vl_sites_reached(run->session) && vl_lab_has_machines(run->session->lab))
        return vl_fail(run->err, VL_ERROR_FAILED, "without a hypervisor there is no guest to make a backup of");
    if (vl_file_exists(how->file) && !how->replace)
        return vl_fail(run->err, VL_ERROR_FAILED, "'%s' is there already, and stays; --replace writes it anew",
                       how->file);
    if (!vl_file_exists(run->session->state.directory))
        return vl_fail(run->err, VL_ERROR_FAILED, "this lab was not made yet: there is nothing to make a backup of");
    if (vl_stage_backup(run->session, run->request->names, how->file, !how->no_base, &plan, run->err) < 0)
        return -1;
    if (vl_run_is_dry(run))
        return vl_run_show_plan(run, &plan);
    return vl_run_apply_plan(run, &plan, "/", &changed) < 0 ? -1 : finish_backup(run, how->file);
}

/* The lab of the backup becomes that of the session. */
static int open_lab(const struct vl_run *run, const char *text, const char *lab_file)
{
    struct vl_session *session = run->session;

    session->lab = vl_backup_load_lab(session, text, lab_file, run->err);
    if (!session->lab)
        return vl_error_wrap(run->err, "the lab file in the backup");
    if (!session->hypervisor_given)
        session->options.hypervisor = session->lab->hypervisor;
    return vl_state_open(&session->state, session->lab, session->options.state_directory, NULL, run->err);
}

/* As the API locks a lab that it knows from the start. */
static int lock_lab(const struct vl_run *run)
{
    const char *directory = run->session->options.state_directory;

    if (vl_run_is_dry(run))
        return 0;
    if (vl_file_mkdirs(directory, 0700, run->err) < 0)
        return -1;
    *run->lock = vl_file_lock(vl_arena_printf(&run->result->arena, "%s/.%s.lock", directory, run->session->lab->name),
                              "another voiplab is changing this lab; wait until it is done", run->err);
    return *run->lock < 0 ? -1 : 0;
}

static int put_back(const struct vl_run *run, const struct vl_restoring *restoring)
{
    VL_PLAN_AUTO before = { .count = 0 };
    VL_PLAN_AUTO plan = { .count = 0 };
    size_t changed = 0;

    if (vl_stage_restore(run->session, restoring, &before, &plan, run->err) < 0)
        return -1;
    if (vl_run_is_dry(run))
        return vl_run_show_plan(run, &plan);
    vl_session_phase(run->session, 2, 2, "putting it back");
    if (vl_run_apply_plan(run, &plan, "/", &changed) < 0)
        return -1;
    vl_json_bool(run->result->document, "changed", true);
    vl_json_string(run->result->document, "lab", run->session->lab->name);
    vl_result_summary(run->result, "the lab '%s' is back as it was; 'voiplab up -f %s' starts its guests",
                      run->session->lab->name, restoring->lab_file);
    return vl_sites_check(run->session, run->err);
}

int vl_run_restore(const struct vl_run *run)
{
    const struct voiplab_restore *how = run->request->parameters.restore;
    const char *const *names = run->request->names;
    struct vl_manifest manifest;
    struct vl_restoring restoring = { .manifest = &manifest,
                                      .file = how->file,
                                      .lab_file = how->lab_file,
                                      .names = names && names[0] ? names : NULL,
                                      .replace = how->replace };

    if (check_file(run, how->file) < 0 || check_file(run, how->lab_file) < 0)
        return -1;
    if (run->session->lab)
        return vl_fail(run->err, VL_ERROR_USAGE, "the lab is the one in the backup: none is opened before");
    vl_session_phase(run->session, 1, 2, "reading the backup");
    if (vl_backup_check(run->session, &run->result->arena, how->file, &manifest, &restoring.lab_text, run->err) < 0 ||
        open_lab(run, restoring.lab_text, how->lab_file) < 0)
        return -1;
    if (strcmp(run->session->lab->name, manifest.lab) != 0)
        return vl_fail(run->err, VL_ERROR_FAILED, "the backup '%s' is of the lab '%s', and its lab file of '%s'",
                       how->file, manifest.lab, run->session->lab->name);
    if (vl_fleet_check_names(run->session->lab, names, run->err) < 0 || check_machines(run) < 0 || lock_lab(run) < 0 ||
        vl_sites_open(run->session, run->err) < 0)
        return -1;
    return put_back(run, &restoring);
}
