/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/pending.h"

#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/memory.h"
#include "plan/reload.h"

enum { PENDING_LIMIT = 4096 };

static char *pending_path(const struct vl_session *session, const char *target_name)
{
    char *path = NULL;

    return vl_asprintf(&path, "%s/pending-%s", session->state.directory, target_name) < 0 ? NULL : path;
}

unsigned vl_pending(const struct vl_session *session, const char *target_name)
{
    VL_FREE char *path = pending_path(session, target_name), *text = NULL;
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    unsigned owed = 0;

    if (!path || vl_file_read(path, PENDING_LIMIT, &text, NULL, &ignored) < 0)
        return 0;
    for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n')
        owed |= 1U << vl_reload_of(line, strcspn(line, "\n"));
    return owed & ~(1U << VL_RELOAD_NONE);
}

char *vl_pending_note(struct vl_session *session, const struct vl_plan *plan, struct vl_error *err)
{
    VL_BUF_AUTO words = VL_BUF_INIT;
    VL_FREE char *path = NULL;
    char *noted;

    for (size_t i = 0; i < plan->count; i++)
        if (plan->steps[i].kind == VL_STEP_RELOAD)
            vl_buf_printf(&words, "%s\n", plan->steps[i].object);
    if (!words.length || !session->state.directory)
        return NULL;
    path = pending_path(session, plan->steps[0].target);
    if (!path || vl_file_mkdirs(session->state.directory, 0700, err) < 0 ||
        vl_file_write(path, vl_buf_text(&words), words.length, 0600, err) < 0)
        return NULL;
    noted = path;
    path = NULL;
    return noted;
}
