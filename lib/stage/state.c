/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The lab's state on this host: keys and secrets that are not there yet.
 */
#include <string.h>

#include "base/cleanup.h"
#include "stage/stage.h"

/* A key pair, unless both halves are there: a private key without its public half is left over from a run that was cut
 * off. */
static int add_key(struct vl_plan *plan, struct vl_session *session, const char *name, const char *why,
                   struct vl_error *err)
{
    struct vl_key_pair pair;

    if (vl_session_key(session, &plan->arena, name, &pair, err) < 0)
        return -1;
    if (!pair.stored)
        vl_plan_add(plan, &(struct vl_step){
                              .kind = VL_STEP_KEY,
                              .target = VL_THIS_HOST,
                              .object = vl_arena_printf(&plan->arena, "%s/ssh/%s", session->state.directory, name),
                              .why = why,
                              .after = pair.public_text,
                              .input = pair.private_text,
                              .mode = 0600,
                          });
    return 0;
}

static int add_secrets(struct vl_session *session, struct vl_plan *plan, struct vl_error *err)
{
    VL_FREE char *text = vl_state_text(&session->state);
    struct vl_file file = {
        .path = vl_arena_printf(&plan->arena, "%s/secrets", session->state.directory),
        .mode = 0600,
        .text = text,
        .why = "the secrets of every trunk and telephone, 24 random characters each, are kept here and nowhere else "
               "on this host",
    };
    struct vl_fileset set = { .files = &file, .count = 1 };
    VL_TARGET_AUTO *host = vl_target_local("/", err);

    if (!text || !host)
        return err->code ? -1 : vl_no_memory(err);
    return vl_plan_files(plan, host, VL_THIS_HOST, &set, 0, false, err);
}

static bool is_rsa(const struct vl_pbx *pbx)
{
    return strcmp(vl_pbx_key_type(pbx), "rsa") == 0;
}

int vl_stage_state(struct vl_session *session, struct vl_plan *plan, struct vl_error *err)
{
    const char *directory = session->state.directory;
    bool lab_keys[2] = { false };

    vl_plan_add_directory(plan, directory, 0700, "what the lab must remember, readable by root only");
    vl_plan_add_directory(plan, vl_arena_printf(&plan->arena, "%s/ssh", directory), 0700, "the SSH keys of the lab");
    if (add_secrets(session, plan, err) < 0)
        return -1;
    for (size_t i = 0; i < session->lab->pbx_count; i++) {
        const struct vl_pbx *pbx = &session->lab->pbxs[i];

        lab_keys[is_rsa(pbx)] |= pbx->place == VL_PLACE_VM ||
                                 (pbx->place == VL_PLACE_SSH && !pbx->sshkey && (!pbx->password_file || pbx->jump));
        if (pbx->place == VL_PLACE_VM &&
            add_key(plan, session, vl_arena_printf(&plan->arena, "%s_host_%s", pbx->name, vl_pbx_key_type(pbx)),
                    "the guest's SSH host key is made here, so that the first connection is already a verified one",
                    err) < 0)
            return -1;
    }
    if (lab_keys[false] &&
        add_key(plan, session, "lab_ed25519", "the key with which voiplab logs in to the lab's PBXs", err) < 0)
        return -1;
    if (lab_keys[true] &&
        add_key(plan, session, "lab_rsa", "the same for PBXs whose sshd knows no other kind of key", err) < 0)
        return -1;
    return vl_arena_check(&plan->arena, err);
}
