/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Other labs of this host: what they have made for themselves is not taken from them. Where their bridge is not up, or
 * is a bridge of the host that several labs share, what they have written down of their guests tells (plan/made.h).
 */
#include <dirent.h>
#include <string.h>

#include "base/text.h"
#include "plan/made.h"
#include "stage/stage.h"

static void close_directory(DIR **directory)
{
    if (*directory)
        (void)closedir(*directory);
}

static int compare(const struct vl_session *session, const char *const *names, const struct vl_made *made,
                   const char *other, struct vl_error *err)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    const char *name;

    for (size_t i = 0; i < session->lab->pbx_count; i++) {
        const struct vl_pbx *pbx = &session->lab->pbxs[i];
        const char *address = vl_text_from_ipv4(&arena, pbx->address);

        if (pbx->place != VL_PLACE_VM || !vl_session_wanted(names, pbx->name) ||
            !(name = vl_made_address(made, address, session->lab->bridge.name)))
            continue;
        return vl_fail(err, VL_ERROR_FAILED,
                       "%s on '%s' is the address of '%s', a guest of the lab '%s'; give '%s' another one, or 'voiplab "
                       "destroy' that lab first",
                       address, session->lab->bridge.name, vl_text_quote(&arena, name, VL_TEXT_QUOTED), other,
                       pbx->name);
    }
    return 0;
}

int vl_stage_refuse_others(struct vl_session *session, const char *const *names, struct vl_error *err)
{
    __attribute__((cleanup(close_directory))) DIR *labs = NULL;

    if (session->options.root[1])
        return 0;
    if (vl_stage_bridge_refused(session, err) < 0)
        return -1;
    labs = opendir(session->options.state_directory);
    for (const struct dirent *entry; labs && (entry = readdir(labs));) {
        VL_ARENA_AUTO arena = { .blocks = NULL };
        VL_ERROR_AUTO unread = { .code = VL_OK };
        struct vl_made made;

        if (!vl_text_is_name(entry->d_name) || !strcmp(entry->d_name, session->lab->name) ||
            vl_made_read_at(vl_arena_printf(&arena, "%s/%s", session->options.state_directory, entry->d_name), &arena,
                            &made, &unread) < 0)
            continue;
        if (compare(session, names, &made, entry->d_name, err) < 0)
            return -1;
    }
    return 0;
}
