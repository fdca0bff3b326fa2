/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The public interface: handles around the internals, and the table of requests.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/api.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "guest/image.h"
#include "machine/provision.h"
#include "network/watchdog.h"
#include "render/asterisk.h"
#include "request/bridge.h"
#include "request/request.h"

struct voiplab_error {
    struct vl_error error;
};

struct voiplab_lab {
    struct vl_session session;
    struct vl_arena arena;
};

const char *voiplab_version(void)
{
    return VOIPLAB_VERSION;
}

bool voiplab_worker(int argc, char **argv, int *ret_status)
{
    if (argc == 2 && !strcmp(argv[1], VL_SSH_WORKER_ARGUMENT))
        *ret_status = vl_ssh_worker_main();
    else if (argc == 2 && !strcmp(argv[1], VL_PROVISION_WORKER_ARGUMENT))
        *ret_status = vl_provision_worker_main();
    else if (argc == 4 && !strcmp(argv[1], VL_WATCHDOG_ARGUMENT))
        *ret_status = vl_watchdog_main(argv[2], argv[3]);
    else
        return false;
    return true;
}

static const enum voiplab_status statuses[] = {
    [VL_OK] = VOIPLAB_OK,
    [VL_ERROR_FAILED] = VOIPLAB_FAILED,
    [VL_ERROR_USAGE] = VOIPLAB_USAGE,
    [VL_ERROR_LAB] = VOIPLAB_LAB_FILE,
    [VL_ERROR_PARTIAL] = VOIPLAB_PARTIAL,
    [VL_ERROR_DRIFT] = VOIPLAB_DRIFT,
    [VL_ERROR_NOTFOUND] = VOIPLAB_FAILED,
    [VL_ERROR_TIMEOUT] = VOIPLAB_FAILED,
    [VL_ERROR_REFUSED] = VOIPLAB_FAILED,
    [VL_ERROR_MEMORY] = VOIPLAB_FAILED,
};

const char *voiplab_error_message(const voiplab_error *error)
{
    return error ? vl_error_text(&error->error) : "out of memory";
}

enum voiplab_status voiplab_error_status(const voiplab_error *error)
{
    return error ? statuses[error->error.code] : VOIPLAB_FAILED;
}

void voiplab_error_free(voiplab_error *error)
{
    if (!error)
        return;
    vl_error_clear(&error->error);
    vl_free(error);
}

void vl_api_error(struct vl_error *error, voiplab_error **ret_error)
{
    *ret_error = vl_malloc(sizeof(**ret_error));
    if (!*ret_error)
        return;
    (*ret_error)->error = (struct vl_error){ .code = VL_OK };
    vl_error_move(&(*ret_error)->error, error);
}

struct vl_session *vl_api_session(voiplab_lab *lab)
{
    return &lab->session;
}

static const char *or_default(struct vl_arena *arena, const char *given, const char *otherwise)
{
    return vl_arena_strdup(arena, given && *given ? given : otherwise);
}

static void copy_options(struct voiplab_lab *lab, const struct voiplab_options *options)
{
    struct vl_arena *arena = &lab->arena;
    struct voiplab_options *copy = &lab->session.options;

    *copy = *options;
    copy->share_directory = or_default(arena, options->share_directory, "share");
    copy->state_directory = or_default(arena, options->state_directory, "/var/lib/voiplab");
    copy->cache_directory = or_default(arena, options->cache_directory, "/var/cache/voiplab");
    copy->root = or_default(arena, options->root, "/");
}

static int open_lab(struct voiplab_lab *lab, struct vl_error *err)
{
    struct vl_session *session = &lab->session;

    if (session->options.lab_file) {
        session->lab = vl_lab_load(session->options.lab_file, session->options.share_directory, err);
        if (!session->lab ||
            vl_state_open(&session->state, session->lab, session->options.state_directory, NULL, err) < 0)
            return -1;
    }
    session->options.hypervisor = or_default(&lab->arena, session->options.hypervisor,
                                             session->lab ? session->lab->hypervisor : "qemu:///system");
    return vl_arena_check(&lab->arena, err);
}

voiplab_lab *voiplab_open(const struct voiplab_options *options, voiplab_error **ret_error)
{
    struct voiplab_lab *lab = vl_malloc(sizeof(*lab));
    VL_ERROR_AUTO err = { .code = VL_OK };

    *ret_error = NULL;
    if (!lab)
        return NULL;
    *lab = (struct voiplab_lab){ .session = { .lab = NULL } };
    (void)pthread_mutex_init(&lab->session.event_lock, NULL);
    copy_options(lab, options);
    if (open_lab(lab, &err) == 0)
        return lab;
    vl_api_error(&err, ret_error);
    voiplab_close(lab);
    return NULL;
}

void voiplab_close(voiplab_lab *lab)
{
    if (!lab)
        return;
    vl_hypervisor_close(lab->session.hypervisor);
    vl_state_close(&lab->session.state);
    vl_lab_free(lab->session.lab);
    (void)pthread_mutex_destroy(&lab->session.event_lock);
    vl_arena_free(&lab->arena);
    vl_free(lab);
}

static int check_images(const struct vl_run *run)
{
    const struct vl_lab *lab = run->session->lab;

    for (const char *const *name = run->request->names; name && *name; name++) {
        bool known = false;

        for (size_t i = 0; i < lab->image_count; i++)
            known |= !strcmp(lab->images[i].name, *name);
        if (!known)
            return vl_fail(run->err, VL_ERROR_USAGE, "'%s' is no [image] section of this lab", *name);
    }
    return 0;
}

/* An image that was built is compared with its checksums, of one that was fetched the header is read. */
static int verify_image(const struct vl_run *run, const struct vl_image *image)
{
    const struct voiplab_options *options = &run->session->options;
    struct vl_arena *arena = &run->result->arena;
    struct vl_recipe recipe = { .name = NULL };
    uint64_t size;

    if (image->kind == VL_IMAGE_BUILD) {
        if (vl_recipe_find(arena, options->share_directory, options->cache_directory, image->source, &recipe,
                           run->err) < 0 ||
            vl_recipe_verify(&recipe, run->err) < 0)
            return -1;
    } else {
        recipe.cache = vl_image_place(arena, options->cache_directory, image->name, image->source);
        if (vl_image_virtual_size(recipe.cache, &size, run->err) < 0)
            return -1;
    }
    vl_result_row(run->result,
                  (const char *const[VL_RESULT_COLUMNS]){ image->name, recipe.name, recipe.hash, recipe.cache });
    return 0;
}

static int run_image(const struct vl_run *run)
{
    const struct vl_lab *lab = run->session->lab;
    VL_PLAN_AUTO plan = { .count = 0 };
    size_t changed = 0;

    if (check_images(run) < 0 || vl_stage_image(run->session, run->request->names, &plan, run->err) < 0)
        return -1;
    if (vl_run_is_dry(run))
        return vl_run_show_plan(run, &plan);
    if (vl_run_apply_plan(run, &plan, "/", &changed) < 0)
        return -1;
    vl_result_headings(run->result, "IMAGE", "RECIPE", "HASH", "PLACE", NULL);
    for (size_t i = 0; i < lab->image_count; i++) {
        const struct vl_image *image = &lab->images[i];

        if ((image->kind == VL_IMAGE_BUILD || image->kind == VL_IMAGE_URL) &&
            vl_stage_image_wanted(run->session, run->request->names, image) && verify_image(run, image) < 0)
            return -1;
    }
    vl_result_table_json(run->result, "images");
    vl_result_summary(run->result, changed ? "%zu images made; all are verified" : "nothing to do; all are verified",
                      changed);
    return 0;
}

static int run_create_vm(const struct vl_run *run)
{
    VL_PLAN_AUTO plan = { .count = 0 };
    size_t changed = 0;

    if (!run->request->guest)
        return vl_run_guests(run);
    if (vl_run_hypervisor(run) < 0 || vl_stage_lone_guest(run->session, run->request->guest, &plan, run->err) < 0)
        return -1;
    if (vl_run_is_dry(run))
        return vl_run_show_plan(run, &plan);
    if (vl_run_apply_plan(run, &plan, "/", &changed) < 0)
        return -1;
    vl_result_summary(run->result, changed ? "%zu steps taken; '%s' runs" : "nothing to do", changed,
                      run->request->guest->name);
    return 0;
}

static int run_trunk(const struct vl_run *run)
{
    return vl_run_push(run, VL_PART_TRUNK, false);
}

static int run_trunk_remove(const struct vl_run *run)
{
    return vl_run_push(run, VL_PART_TRUNK | VL_PART_DIALPLAN, true);
}

static int run_dialplan(const struct vl_run *run)
{
    return vl_run_push(run, VL_PART_DIALPLAN, false);
}

static int run_down(const struct vl_run *run)
{
    return vl_run_gone(run, false);
}

static int run_destroy(const struct vl_run *run)
{
    return vl_run_gone(run, true);
}

static int (*const requests[])(const struct vl_run *run) = {
    [VOIPLAB_CHECK_CPU] = vl_run_check_cpu,
    [VOIPLAB_BRIDGE] = vl_run_bridge,
    [VOIPLAB_IMAGE] = run_image,
    [VOIPLAB_CREATE_VM] = run_create_vm,
    [VOIPLAB_TRUNK] = run_trunk,
    [VOIPLAB_DIALPLAN] = run_dialplan,
    [VOIPLAB_SIPP] = vl_run_load,
    [VOIPLAB_UP] = vl_run_up,
    [VOIPLAB_STATUS] = vl_run_status,
    [VOIPLAB_VERIFY] = vl_run_verify,
    [VOIPLAB_DOWN] = run_down,
    [VOIPLAB_DESTROY] = run_destroy,
    [VOIPLAB_TRUNK_REMOVE] = run_trunk_remove,
    [VOIPLAB_BRIDGE_CONFIRM] = vl_run_bridge_confirm,
    [VOIPLAB_BRIDGE_REVERT] = vl_run_bridge_revert,
    [VOIPLAB_DIALPLAN_DIFF] = vl_run_dialplan_diff,
    [VOIPLAB_BRIDGE_SHOW] = vl_run_bridge_show,
    [VOIPLAB_PHONE] = vl_run_phone,
    [VOIPLAB_DIALPLAN_LINT] = vl_run_lint,
};

/* What can be asked for without a lab file. */
static bool needs_lab(const struct voiplab_request *request)
{
    static const bool none_needed[VL_COUNT(requests)] = {
        [VOIPLAB_CHECK_CPU] = true,   [VOIPLAB_BRIDGE_CONFIRM] = true, [VOIPLAB_BRIDGE_REVERT] = true,
        [VOIPLAB_BRIDGE_SHOW] = true, [VOIPLAB_DIALPLAN_LINT] = true,
    };

    return !none_needed[request->command] && !request->guest;
}

/* Requests that change a lab are made one at a time: two runs would each make secrets of their own and leave half of
 * the PBXs with either. Returns the descriptor that holds the lock. The lock file stays, beside the lab's directory:
 * whoever removed it would let two others lock two files of one name. */
static int lock_lab(struct voiplab_lab *lab, struct vl_error *err)
{
    struct vl_session *session = &lab->session;
    const char *directory = session->options.state_directory, *name = session->lab ? session->lab->name : "default";
    int lock;

    if (vl_file_mkdirs(directory, 0700, err) < 0)
        return -1;
    lock = vl_file_lock(vl_arena_printf(&lab->arena, "%s/.%s.lock", directory, name),
                        "another voiplab is changing this lab; wait until it is done", err);
    if (lock < 0 || !session->lab)
        return lock;
    /* what was read before may be old by now */
    vl_state_close(&session->state);
    if (vl_state_open(&session->state, session->lab, directory, NULL, err) == 0)
        return lock;
    (void)close(lock);
    return -1;
}

/* Looking needs none, the way back of the network has a lock of its own, and neither does the bridge of a tree
 * (--root), which has nothing to do with the lab's state. */
static bool needs_lock(const struct vl_session *session, const struct voiplab_request *request)
{
    static const bool looks_only[VL_COUNT(requests)] = {
        [VOIPLAB_CHECK_CPU] = true,     [VOIPLAB_IMAGE] = true,       [VOIPLAB_SIPP] = true,
        [VOIPLAB_STATUS] = true,        [VOIPLAB_VERIFY] = true,      [VOIPLAB_BRIDGE_CONFIRM] = true,
        [VOIPLAB_BRIDGE_REVERT] = true, [VOIPLAB_BRIDGE_SHOW] = true, [VOIPLAB_DIALPLAN_DIFF] = true,
        [VOIPLAB_DIALPLAN_LINT] = true,
    };

    if (request->command == VOIPLAB_BRIDGE && session->options.root[1])
        return false;
    return request->mode == VOIPLAB_APPLY && !looks_only[request->command];
}

/* The back end of the bridge that the request names, else the lab file. */
static int take_backend(struct vl_session *session, const struct voiplab_request *request, struct vl_error *err)
{
    session->backend = session->lab ? session->lab->bridge.backend : VL_BACKEND_AUTO;
    for (int i = 0; request->backend && vl_bridge_backends[i]; i++)
        if (!strcmp(request->backend, vl_bridge_backends[i])) {
            session->backend = (enum vl_bridge_backend)i;
            return 0;
        }
    if (!request->backend)
        return 0;
    return vl_fail(err, VL_ERROR_USAGE,
                   "there is no back end '%s'; there are auto, ifcfg, networkmanager, networkd, ifupdown and netplan",
                   request->backend);
}

enum voiplab_status voiplab_run(voiplab_lab *lab, const struct voiplab_request *request, voiplab_result **ret_result,
                                voiplab_error **ret_error)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_ERROR_AUTO cause = { .code = VL_OK };
    VL_CLOSE int lock = -1;
    struct vl_run run = { .session = &lab->session, .request = request, .err = &err, .lock = &lock };
    enum voiplab_status status;

    *ret_error = NULL;
    *ret_result = run.result = vl_result_new();
    if (!run.result)
        (void)vl_no_memory(&err);
    else if (needs_lab(request) && !lab->session.lab)
        (void)vl_fail(&err, VL_ERROR_USAGE, "this needs a lab file");
    else if (take_backend(&lab->session, request, &err) < 0)
        ; /* err says which there are */
    else if (needs_lock(&lab->session, request) && (lock = lock_lab(lab, &err)) < 0)
        ; /* err says who holds it */
    else
        (void)requests[request->command](&run);
    if (run.result && vl_result_finish(run.result, statuses[err.code], &err, &cause) < 0 && !err.code)
        vl_error_move(&err, &cause);
    status = statuses[err.code];
    if (status != VOIPLAB_OK)
        vl_api_error(&err, ret_error);
    return status;
}

enum voiplab_status voiplab_init(const char *share_directory, const char *name, const char *path,
                                 voiplab_error **ret_error)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_FREE char *text = NULL;
    const char *template = vl_arena_printf(&arena, "%s/labs/%s.ini", share_directory, name);

    *ret_error = NULL;
    if (!vl_text_is_name(name) || !vl_file_exists(template))
        (void)vl_fail(&err, VL_ERROR_USAGE, "there is no template '%s'; there are quickstart, classroom and thesis",
                      name);
    else if (vl_file_exists(path))
        (void)vl_fail(&err, VL_ERROR_FAILED, "'%s' exists; it is not overwritten", path);
    else if (vl_file_read(template, 1 << 20, &text, NULL, &err) == 0)
        (void)vl_file_write(path, text, strlen(text), 0644, &err);
    if (!err.code)
        return VOIPLAB_OK;
    vl_api_error(&err, ret_error);
    return voiplab_error_status(*ret_error);
}
