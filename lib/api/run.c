/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Carrying out a request: what its row asks for is seen to, then it runs.
 */
#include <string.h>
#include <unistd.h>

#include "api/api.h"
#include "api/needs.h"
#include "api/sized.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/scratch.h"
#include "plan/made.h"
#include "plan/sites.h"
#include "request/fleet.h"

/* A request as it came, made whole: with parameters for every command that has any. */
struct asked {
    struct voiplab_request request;
    const struct vl_request_row *row;
    struct vl_arena arena;
};

static int check_request(struct asked *asked, const struct voiplab_request *given, struct vl_error *err)
{
    struct voiplab_request *request = &asked->request;
    const void *parameters;
    void *copy;

    if (!given)
        return vl_fail(err, VL_ERROR_USAGE, "no request is given");
    if (vl_sized_copy(request, given, sizeof(*request), "VOIPLAB_REQUEST_INIT", err) < 0)
        return -1;
    asked->row = vl_request_row(request->command);
    if (!asked->row)
        return vl_fail(err, VL_ERROR_USAGE, "there is no command %d", (int)request->command);
    if ((unsigned)request->mode > VOIPLAB_EXPLAIN)
        return vl_fail(err, VL_ERROR_USAGE, "there is no mode %d", (int)request->mode);
    parameters = request->parameters.any;
    request->parameters.any = NULL;
    if (!asked->row->parameters && parameters)
        return vl_fail(err, VL_ERROR_USAGE, "the command %d has no parameters", (int)request->command);
    if (!asked->row->parameters || (!parameters && asked->row->no_defaults))
        return 0;
    copy = vl_arena_zalloc(&asked->arena, asked->row->parameters);
    if (!copy)
        return vl_no_memory(err);
    request->parameters.any = copy;
    return vl_sized_copy(copy, parameters, asked->row->parameters, "the _INIT of the command's parameters", err);
}

/* Two runs would each make secrets of their own and leave half of the PBXs with either. Returns the descriptor that
 * holds the lock. The lock file stays, beside the lab's directory: whoever removed it would let two others lock two
 * files of one name. */
static int lock_lab(struct vl_session *session, struct vl_arena *arena, struct vl_error *err)
{
    const char *directory = session->options.state_directory, *name = vl_session_lab_name(session);
    int lock;

    if (vl_file_mkdirs(directory, 0700, err) < 0)
        return -1;
    lock = vl_file_lock(vl_arena_printf(arena, "%s/.%s.lock", directory, name),
                        "another voiplab is changing this lab; wait until it is done", err);
    if (lock < 0 || !session->lab)
        return lock;
    vl_scratch_sweep(vl_arena_printf(arena, "%s/%s", directory, name));
    /* what was read before may be old by now */
    vl_state_close(&session->state);
    if (vl_state_open(&session->state, session->lab, directory, NULL, err) == 0)
        return lock;
    (void)close(lock);
    return -1;
}

static bool needs_lock(const struct asked *asked, const struct vl_session *session)
{
    if (asked->request.mode != VOIPLAB_APPLY)
        return false;
    return asked->row->lock == VL_LOCK_LAB || (asked->row->lock == VL_LOCK_UNLESS_TREE && !session->options.root[1]);
}

/* The names but those of guests that the lab file had once: what takes guests away knows these as well. */
static const char *const *names_in_lab(struct asked *asked, const struct vl_session *session)
{
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    const char *const *names = asked->request.names;
    struct vl_made made = { .known = false };
    const char **kept;
    size_t count = 0;

    while (names && names[count])
        count++;
    kept = vl_arena_zalloc(&asked->arena, (count + 1) * sizeof(*kept));
    if (!kept || vl_made_read(session, &asked->arena, &made, &ignored) < 0)
        return names;
    for (size_t i = count = 0; names && names[i]; i++)
        if (vl_lab_pbx(session->lab, names[i]) || !vl_made_guest(session, &made, names[i]))
            kept[count++] = names[i];
    return kept;
}

/* What can be told without doing anything. */
static int check_needs(struct asked *asked, const struct vl_session *session, struct vl_error *err)
{
    const struct vl_request_row *row = asked->row;
    const struct voiplab_request *request = &asked->request;
    bool lab = row->lab == VL_LAB_NEEDED || (row->lab == VL_LAB_UNLESS_PARAMETERS && !request->parameters.any);

    if (lab && !session->lab)
        return vl_fail(err, VL_ERROR_USAGE, "this needs a lab file");
    if (session->state.shut && (row->state == VL_STATE_NEEDED || request->show_secrets ||
                                (row->state == VL_STATE_TO_APPLY && request->mode == VOIPLAB_APPLY)))
        return vl_fail(err, VL_ERROR_FAILED, "the secrets in '%s' are for root, and this needs them; run it as root",
                       session->state.directory);
    if (row->root && request->mode == VOIPLAB_APPLY && !session->options.root[1] && geteuid() != 0)
        return vl_fail(err, VL_ERROR_FAILED,
                       "only root may change the network of this host; run the same command as root");
    if (row->network && !session->options.root[1] && !vl_file_exists("/sys/class/net"))
        return vl_fail(
            err, VL_ERROR_FAILED,
            "'/sys' is not mounted, where the network of this host is looked at; 'mount -t sysfs sysfs /sys'");
    if (!row->pbxs || !session->lab)
        return 0;
    return vl_fleet_check_names(session->lab, row->orphans ? names_in_lab(asked, session) : request->names, err);
}

static int see_to_hypervisor(const struct asked *asked, const struct vl_run *run)
{
    const struct vl_session *session = run->session;

    if (asked->row->hypervisor == VL_HYPERVISOR_TO_APPLY)
        return vl_run_hypervisor(run);
    if (asked->row->hypervisor == VL_HYPERVISOR_ALWAYS && vl_made_machines(session))
        return vl_sites_open(run->session, run->err);
    return 0;
}

static int carry_out(struct asked *asked, const struct voiplab_request *given, struct vl_run *run)
{
    struct vl_session *session = run->session;

    run->request = &asked->request;
    if (check_request(asked, given, run->err) < 0 || check_needs(asked, session, run->err) < 0 ||
        (asked->row->names && asked->row->names(run) < 0))
        return -1;
    session->restarts = session->renews = session->configures = false;
    session->starts_none = asked->request.no_start;
    session->backend = session->lab ? session->lab->bridge.backend : VL_BACKEND_AUTO;
    if (needs_lock(asked, session) && (*run->lock = lock_lab(session, &asked->arena, run->err)) < 0)
        return -1;
    return see_to_hypervisor(asked, run) < 0 ? -1 : asked->row->run(run);
}

enum voiplab_status voiplab_run(voiplab_lab *lab, const struct voiplab_request *request, voiplab_result **ret_result,
                                voiplab_error **ret_error)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_ERROR_AUTO cause = { .code = VL_OK };
    VL_CLOSE int lock = -1;
    struct asked asked = { .row = NULL };
    struct vl_run run = { .session = lab ? vl_api_session(lab) : NULL, .err = &err, .lock = &lock };

    run.result = vl_result_new();
    if (!run.result)
        (void)vl_no_memory(&err);
    else if (!lab)
        (void)vl_fail(&err, VL_ERROR_USAGE, "no lab is given: voiplab_open() makes one, also without a lab file");
    else
        (void)carry_out(&asked, request, &run);
    if (run.result && vl_result_finish(run.result, vl_api_status(err.code), &err, &cause) < 0 && !err.code)
        vl_error_move(&err, &cause);
    vl_arena_free(&asked.arena);
    if (ret_result)
        *ret_result = run.result;
    else
        voiplab_result_free(run.result);
    return vl_api_finish(&err, ret_error);
}
