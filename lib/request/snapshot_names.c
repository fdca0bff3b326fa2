/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which snapshot is meant, and of whom. A tag is a word like the name of a PBX, and no PBX's: so 'snapshot alfa' is
 * about the ready state of alfa, and 'snapshot alfa exam' takes one that is called exam. A word that is nearly the name
 * of a PBX is a slip; who means it as a tag says so by the parameter.
 */
#include <string.h>

#include "base/text.h"
#include "plan/ready.h"
#include "request/machines.h"

static bool tag_comes_last(const struct vl_run *run)
{
    return run->request->command == VOIPLAB_SNAPSHOT;
}

static size_t count_names(const struct vl_run *run)
{
    size_t count = 0;

    while (run->request->names && run->request->names[count])
        count++;
    return count;
}

/* The index of the name that is the tag; -1: none is. */
static long tag_index(const struct vl_run *run)
{
    size_t count = count_names(run);

    if (run->request->parameters.snapshot->tag || !count)
        return -1;
    if (!tag_comes_last(run))
        return 0;
    return vl_lab_pbx(run->session->lab, run->request->names[count - 1]) ? -1 : (long)count - 1;
}

struct vl_named vl_run_named(const struct vl_run *run)
{
    size_t count = count_names(run), kept = 0;
    const char **names = vl_arena_zalloc(&run->result->arena, (count + 1) * sizeof(*names));
    struct vl_named named = { .tag = run->request->parameters.snapshot->tag };
    long tag = tag_index(run);

    if (tag >= 0)
        named.tag = run->request->names[tag];
    for (size_t i = 0; names && i < count; i++)
        if ((long)i != tag)
            names[kept++] = run->request->names[i];
    named.names = kept ? names : NULL;
    if (named.tag && tag_comes_last(run) && !strcmp(named.tag, VL_READY_TAG))
        named.tag = NULL;
    return named;
}

/* A last name that is near one of the lab's. */
static int check_slip(const struct vl_run *run)
{
    long tag = tag_comes_last(run) ? tag_index(run) : -1;
    const char *wrong[] = { tag < 0 ? NULL : run->request->names[tag], NULL };
    VL_ERROR_AUTO cause = { .code = VL_OK };

    if (!wrong[0] || vl_fleet_check_names(run->session->lab, wrong, &cause) == 0 ||
        !strstr(vl_error_text(&cause), "did you mean"))
        return 0;
    return vl_fail(run->err, VL_ERROR_USAGE, "%s '--tag %s' takes a snapshot of that name", vl_error_text(&cause),
                   wrong[0]);
}

/* A guest that the lab file has no more may have some, which may be deleted. */
static int check_pbxs(const struct vl_run *run, const char *const *names)
{
    for (size_t i = 0; names && names[i]; i++) {
        const char *one[] = { names[i], NULL };
        VL_ARENA_AUTO arena = { .blocks = NULL };
        const struct vl_ready_name *some = vl_ready_list(run->session, &arena, names[i]);

        if ((run->request->command != VOIPLAB_SNAPSHOT_DELETE || !some || !some->tag) &&
            vl_fleet_check_names(run->session->lab, one, run->err) < 0)
            return -1;
    }
    return 0;
}

int vl_run_snapshot_names(const struct vl_run *run)
{
    struct vl_named named;

    if (check_slip(run) < 0)
        return -1;
    named = vl_run_named(run);
    if (!named.tag && !tag_comes_last(run))
        return vl_fail(run->err, VL_ERROR_USAGE, "which snapshot? 'voiplab snapshot list' shows them");
    if (named.tag && !vl_text_is_name(named.tag))
        return vl_fail(run->err, VL_ERROR_USAGE,
                       "'%s' is no name for a snapshot: a letter a-z, then up to 62 of a-z, 0-9 and '-'", named.tag);
    if (named.tag && tag_comes_last(run) && vl_lab_pbx(run->session->lab, named.tag))
        return vl_fail(run->err, VL_ERROR_USAGE, "'%s' is a PBX of this lab, so no snapshot is called so", named.tag);
    return check_pbxs(run, named.names);
}
