/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The public interface: handles around the internals.
 */
#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "api/sized.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/own.h"
#include "base/text.h"
#include "plan/sites.h"
#include "lab/lab.h"
#include "machine/cage.h"
#include "machine/provision.h"
#include "network/rehearsal.h"
#include "network/watchdog.h"

enum { EXAMPLE_LIMIT = 1 << 20 };

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

const char *const *voiplab_bridge_backends(void)
{
    return vl_bridge_backends;
}

bool voiplab_worker(int argc, char **argv, int *ret_status)
{
    if (argc == 2 && !strcmp(argv[1], VL_SSH_WORKER_ARGUMENT))
        *ret_status = vl_ssh_worker_main();
    else if (argc == 2 && !strcmp(argv[1], VL_PROVISION_WORKER_ARGUMENT))
        *ret_status = vl_provision_worker_main();
    else if (argc == 4 && !strcmp(argv[1], VL_WATCHDOG_ARGUMENT))
        *ret_status = vl_watchdog_main(argv[2], argv[3]);
    else if (argc == 3 && !strcmp(argv[1], VL_REHEARSAL_ARGUMENT))
        *ret_status = vl_rehearsal_main(argv[2]);
    else
        return vl_cage_is_meant(argc, argv, ret_status);
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

enum voiplab_status vl_api_status(enum vl_error_code code)
{
    return statuses[code];
}

enum voiplab_status vl_api_finish(struct vl_error *error, voiplab_error **ret_error)
{
    enum voiplab_status status = statuses[error->code];

    if (!ret_error)
        return status;
    *ret_error = error->code ? vl_malloc(sizeof(**ret_error)) : NULL;
    if (!*ret_error)
        return status;
    (*ret_error)->error = (struct vl_error){ .code = VL_OK };
    vl_error_move(&(*ret_error)->error, error);
    return status;
}

struct vl_session *vl_api_session(voiplab_lab *lab)
{
    return &lab->session;
}

static const char *or_default(struct vl_arena *arena, const char *given, const char *otherwise)
{
    return vl_arena_strdup(arena, given && *given ? given : otherwise);
}

/* Programs are run again, and files opened again, by way of /proc. */
static int check_proc(struct vl_error *err)
{
    if (vl_file_exists("/proc/self/exe"))
        return 0;
    return vl_fail(err, VL_ERROR_FAILED, "'/proc' is not mounted, and is needed; 'mount -t proc proc /proc'");
}

static int copy_options(struct voiplab_lab *lab, const struct voiplab_options *options, struct vl_error *err)
{
    struct vl_arena *arena = &lab->arena;
    struct voiplab_options *copy = &lab->session.options;

    if (vl_sized_copy(copy, options, sizeof(*copy), "VOIPLAB_OPTIONS_INIT", err) < 0)
        return -1;
    options = copy;
    copy->share_directory = or_default(arena, options->share_directory, "share");
    copy->state_directory = or_default(arena, options->state_directory, "/var/lib/voiplab");
    copy->cache_directory = or_default(arena, options->cache_directory, "/var/cache/voiplab");
    copy->root = or_default(arena, options->root, "/");
    if (vl_arena_check(arena, err) < 0 || vl_own_directory(copy->share_directory, err) < 0 ||
        vl_own_directory(copy->state_directory, err) < 0)
        return -1;
    return vl_own_directory(copy->cache_directory, err);
}

/* Whether the lab is one of the examples that come with the program, by whatever way it was named, or a copy of one. */
static bool is_example(const struct vl_session *session)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    VL_FREE char *text = NULL, *example = NULL;
    const char *slash = strrchr(session->lab->file, '/');
    const char *path =
        vl_arena_printf(&arena, "%s/labs/%s", session->options.share_directory, slash ? slash + 1 : session->lab->file);

    return vl_file_read(session->lab->file, EXAMPLE_LIMIT, &text, NULL, &ignored) == 0 &&
           vl_file_read(path, EXAMPLE_LIMIT, &example, NULL, &ignored) == 0 && !strcmp(text, example);
}

/* What stands in the examples is no secret. */
static int check_readers(const struct vl_session *session, struct vl_error *err)
{
    const struct vl_lab *lab = session->lab;

    if (!lab->exposed_line || is_example(session))
        return 0;
    return vl_fail_at(err, VL_ERROR_LAB, lab->file, lab->exposed_line,
                      "this is a secret, and every user of this host can read the file; 'chmod 600 %s'", lab->file);
}

static int open_lab(struct voiplab_lab *lab, struct vl_error *err)
{
    struct vl_session *session = &lab->session;

    if (session->options.lab_file) {
        session->lab = vl_lab_load(session->options.lab_file, session->options.share_directory, err);
        if (!session->lab || check_readers(session, err) < 0 ||
            vl_state_open(&session->state, session->lab, session->options.state_directory, NULL, err) < 0)
            return -1;
    }
    session->hypervisor_given = session->options.hypervisor && *session->options.hypervisor;
    session->options.hypervisor = or_default(&lab->arena, session->options.hypervisor,
                                             session->lab ? session->lab->hypervisor : "qemu:///system");
    return vl_arena_check(&lab->arena, err);
}

voiplab_lab *voiplab_open(const struct voiplab_options *options, voiplab_error **ret_error)
{
    struct voiplab_lab *lab = vl_malloc(sizeof(*lab));
    VL_ERROR_AUTO err = { .code = VL_OK };

    if (!lab) {
        (void)vl_no_memory(&err);
        (void)vl_api_finish(&err, ret_error);
        return NULL;
    }
    *lab = (struct voiplab_lab){ .session = { .lab = NULL } };
    (void)pthread_mutex_init(&lab->session.event_lock, NULL);
    if (check_proc(&err) == 0 && copy_options(lab, options, &err) == 0 && open_lab(lab, &err) == 0) {
        (void)vl_api_finish(&err, ret_error);
        return lab;
    }
    (void)vl_api_finish(&err, ret_error);
    voiplab_close(lab);
    return NULL;
}

void voiplab_close(voiplab_lab *lab)
{
    if (!lab)
        return;
    vl_sites_close(&lab->session);
    vl_state_close(&lab->session.state);
    vl_session_forget(&lab->session);
    vl_lab_free(lab->session.lab);
    (void)pthread_mutex_destroy(&lab->session.event_lock);
    vl_arena_free(&lab->arena);
    vl_free(lab);
}

static int write_template(const char *share_directory, const char *name, const char *path, struct vl_error *err)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_FREE char *text = NULL;
    const char *template;

    if (!share_directory || !name || !path)
        return vl_fail(err, VL_ERROR_USAGE, "a template needs the shared files, a name and a place to go to");
    template = vl_arena_printf(&arena, "%s/labs/%s.ini", share_directory, name);
    if (!vl_text_is_name(name) || !vl_file_exists(template))
        return vl_fail(err, VL_ERROR_USAGE, "there is no template '%s'; there are quickstart, classroom and thesis",
                       name);
    if (vl_file_exists(path))
        return vl_fail(err, VL_ERROR_FAILED,
                       "'%s' exists; it is not overwritten: give the name of another file, or move it away", path);
    if (vl_file_read(template, 1 << 20, &text, NULL, err) < 0)
        return -1;
    return vl_file_write(path, text, strlen(text), 0600, err);
}

enum voiplab_status voiplab_init(const char *share_directory, const char *name, const char *path,
                                 voiplab_error **ret_error)
{
    VL_ERROR_AUTO err = { .code = VL_OK };

    (void)write_template(share_directory, name, path, &err);
    return vl_api_finish(&err, ret_error);
}
