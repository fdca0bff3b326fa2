/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * trust: the host keys of PBXs as they are seen from here, without believing them; and into the lab file with those
 * that somebody compared.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "lab/edit.h"
#include "machine/ssh_key.h"
#include "plan/login.h"
#include "request/request.h"

enum { CONNECT_MS = 10000, CONNECT_MOST_S = 86400, FILE_LIMIT = 1 << 20, KEY_LINE_LIMIT = 1000 };

struct trusting {
    const struct vl_run *run;
    struct vl_plan plan; /* its arena has the text */
    const char *path;
    const char *text; /* of the lab file, as it shall be */
    mode_t mode;
    size_t seen, written;
};

/* One key that was seen. */
struct sight {
    const struct vl_pbx *pbx;
    const char *key;   /* of the lab file: hostkey, proxy-hostkey */
    const char *known; /* "TYPE BASE64"; NULL: it is new */
    const char *found;
};

static int read_file(struct trusting *trusting)
{
    const struct vl_run *run = trusting->run;
    VL_FREE char *path = realpath(run->session->options.lab_file, NULL), *text = NULL;
    struct stat status;

    if (!path)
        return vl_fail_errno(run->err, "cannot find '%s'", run->session->options.lab_file);
    if (vl_file_read(path, FILE_LIMIT, &text, &status, run->err) < 0)
        return -1;
    trusting->path = vl_arena_strdup(&trusting->plan.arena, path);
    trusting->text = vl_arena_strdup(&trusting->plan.arena, text);
    trusting->mode = status.st_mode & 07777;
    return 0;
}

static bool is_known(const struct sight *sight)
{
    return sight->known && strcmp(sight->known, sight->found) == 0;
}

/* Whether the key is taken: it is the known one, or somebody says so. */
static bool is_accepted(const struct trusting *trusting, const struct sight *sight)
{
    const struct voiplab_trust *parameters = trusting->run->request->parameters.trust;
    struct vl_arena *arena = &trusting->run->result->arena;
    const char *known = sight->known ? vl_ssh_fingerprint(arena, sight->known) : NULL;

    if (is_known(sight) || !parameters->confirm)
        return true;
    return parameters->confirm(
        parameters->context,
        vl_arena_printf(arena, "'%s' shows the %s %s %s%s%s; is it the one that its console shows, and to be written?",
                        sight->pbx->name, sight->key, vl_ssh_hostkey_type(sight->found),
                        vl_ssh_fingerprint(arena, sight->found), known ? ", which DIFFERS from the known " : "",
                        known ? known : ""));
}

static void add_row(const struct trusting *trusting, const struct sight *sight, const char *state)
{
    struct vl_arena *arena = &trusting->run->result->arena;

    vl_result_row(trusting->run->result, (const char *const[VL_RESULT_COLUMNS]){
                                             sight->pbx->name,
                                             sight->key,
                                             vl_ssh_hostkey_type(sight->found),
                                             vl_ssh_fingerprint(arena, sight->found),
                                             sight->known ? vl_ssh_fingerprint(arena, sight->known) : NULL,
                                             state,
                                         });
}

/* Put the key into the text. */
static int write_key(struct trusting *trusting, const struct sight *sight, struct vl_error *err)
{
    struct vl_arena *arena = &trusting->plan.arena;
    const char *section = vl_arena_printf(arena, "pbx %s", sight->pbx->name);
    const char *text = strlen(sight->found) < KEY_LINE_LIMIT
                           ? vl_lab_set_key(arena, trusting->text, section, sight->key, sight->found)
                           : NULL;

    if (arena->failed)
        return vl_no_memory(err);
    if (!text)
        return vl_fail(err, VL_ERROR_FAILED,
                       "the %s of '%s' cannot be written into [%s]: it is too long for a line of "
                       "'%s', or the section is not there any more",
                       sight->key, sight->pbx->name, section, trusting->path);
    trusting->text = text;
    trusting->written++;
    return 0;
}

/* One key: 1 when it is to be believed from here on, 0 when it is not, -1 on failure. */
static int see_to(struct trusting *trusting, struct sight *sight, struct vl_error *err)
{
    struct vl_arena *arena = &trusting->run->result->arena;
    bool accepted;

    trusting->seen++;
    sight->known = sight->known ? vl_ssh_hostkey_plain(arena, sight->known) : NULL;
    accepted = vl_run_is_dry(trusting->run) || is_accepted(trusting, sight);
    add_row(trusting, sight,
            is_known(sight) ? "as known"
            : !accepted     ? "not written"
            : sight->known  ? "differs"
                            : "new");
    if (is_known(sight))
        return 1;
    if (sight->known)
        vl_session_event(trusting->run->session, VOIPLAB_EVENT_WARNING, sight->pbx->name,
                         "its %s differs from the known one: it is %s, and was %s", sight->key,
                         vl_ssh_fingerprint(arena, sight->found), vl_ssh_fingerprint(arena, sight->known));
    if (accepted && write_key(trusting, sight, err) < 0)
        return -1;
    return accepted && !vl_run_is_dry(trusting->run);
}

static int connect_ms(const struct vl_session *session)
{
    unsigned wait_s = session->options.wait_s;

    return wait_s ? (int)(wait_s < CONNECT_MOST_S ? wait_s : CONNECT_MOST_S) * 1000 : CONNECT_MS;
}

/* Look at a key; `jump`: of the host in between, which is believed by *believed from then on. */
static int look(struct trusting *trusting, const struct vl_pbx *pbx, bool jump, const char **believed,
                struct vl_error *err)
{
    struct vl_session *session = trusting->run->session;
    VL_LOGIN_AUTO login = { .count = 0 };
    VL_FREE char *found = NULL;
    struct sight sight = { .pbx = pbx, .key = jump ? "proxy-hostkey" : "hostkey" };
    int rc;

    sight.known = jump ? pbx->jump->hostkey : pbx->hostkey;
    if (vl_login_make(session, pbx, jump ? VL_LOGIN_LOOK_JUMP : VL_LOGIN_LOOK, connect_ms(session), &login, err) < 0)
        return -1;
    if (*believed)
        login.sessions[login.count - 1].hostkey = *believed;
    found = vl_target_ssh_look(&login.sessions[0], err);
    if (!found)
        return -1;
    sight.found = vl_arena_strdup(&trusting->run->result->arena, found);
    rc = see_to(trusting, &sight, err);
    if (rc > 0)
        *believed = sight.found;
    return rc;
}

static int trust_pbx(struct trusting *trusting, const struct vl_pbx *pbx, struct vl_error *err)
{
    const char *believed = NULL;
    int rc;

    if (pbx->place != VL_PLACE_SSH)
        return vl_fail(err, VL_ERROR_USAGE, "'%s' is %s; there is no host key to be trusted", pbx->name,
                       pbx->place == VL_PLACE_LOCAL ? "this host itself"
                                                    : "a guest that is made here, whose key this lab made");
    if (pbx->jump && pbx->jump->host) {
        rc = look(trusting, pbx, true, &believed, err);
        if (rc < 0)
            return -1;
        if (rc == 0) {
            vl_session_event(trusting->run->session, VOIPLAB_EVENT_WARNING, pbx->name,
                             "its own host key is seen through '%s' only, once that is trusted", pbx->jump->host);
            return 0;
        }
    }
    return look(trusting, pbx, false, &believed, err) < 0 ? -1 : 0;
}

static int write_file(struct trusting *trusting)
{
    const struct vl_run *run = trusting->run;
    struct vl_file file = { .path = trusting->path,
                            .mode = trusting->mode,
                            .text = trusting->text,
                            .why = "the host keys by which the PBXs are known from now on" };
    const struct vl_fileset set = { .files = &file, .count = 1 };
    VL_TARGET_AUTO *host = vl_target_local("/", run->err);
    size_t changed = 0;

    if (!host || vl_plan_files(&trusting->plan, host, VL_THIS_HOST, &set, 0, false, run->err) < 0)
        return -1;
    if (vl_run_is_dry(run))
        return vl_run_show_plan(run, &trusting->plan);
    vl_result_summary(run->result, "%zu host key%s seen, %zu written", trusting->seen, vl_plural(trusting->seen),
                      trusting->written);
    return vl_run_apply_plan(run, &trusting->plan, "/", &changed);
}

/* All that are named, whatever becomes of one of them. */
static int trust_all(struct trusting *trusting)
{
    const struct vl_run *run = trusting->run;
    const struct vl_lab *lab = run->session->lab;
    VL_ERROR_AUTO first = { .code = VL_OK };
    size_t failed = 0;

    for (size_t i = 0; i < lab->pbx_count; i++) {
        VL_ERROR_AUTO cause = { .code = VL_OK };

        if (!vl_session_wanted(run->request->names, lab->pbxs[i].name) ||
            trust_pbx(trusting, &lab->pbxs[i], &cause) == 0)
            continue;
        if (failed++ || trusting->seen)
            vl_session_event(run->session, VOIPLAB_EVENT_WARNING, lab->pbxs[i].name, "%s", vl_error_text(&cause));
        if (!first.code)
            vl_error_move(&first, &cause);
    }
    vl_result_table_json(run->result, "keys");
    if (trusting->seen && write_file(trusting) < 0)
        return -1;
    if (!failed)
        return 0;
    vl_error_move(run->err, &first);
    if (trusting->seen)
        run->err->code = VL_ERROR_PARTIAL;
    return -1;
}

int vl_run_trust(const struct vl_run *run)
{
    struct trusting trusting = { .run = run };
    int rc;

    if (!run->request->names || !run->request->names[0])
        return vl_fail(run->err, VL_ERROR_USAGE, "a PBX has to be named, whose host key is meant");
    vl_result_headings(run->result, "PBX", "KEY", "TYPE", "FINGERPRINT", "KNOWN", "STATE", NULL);
    rc = read_file(&trusting) < 0 ? -1 : trust_all(&trusting);
    vl_plan_free(&trusting.plan);
    return rc;
}
