/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What Asterisk reads of the lab, on the disc that makes a clone this guest: it is in its place before Asterisk first
 * starts, so nobody has to write it over the network then and have it read again, which costs an emulated guest three
 * seconds. It is what vl_stage_pbx() would write into /etc/asterisk of a disk that is new, which finds it right
 * afterwards, or puts it right: the guest takes it once, at the first boot of its disk (images/debian-asterisk, seed),
 * and what the base image has otherwise than was thought shows only then.
 */
#include <string.h>

#include "base/text.h"
#include "lab/flavor.h"
#include "plan/block.h"
#include "render/asterisk.h"
#include "render/seed.h"
#include "stage/guests_part.h"

/* The name of a file that is Asterisk's own; NULL: it lies elsewhere. */
static const char *name_of(const struct vl_file *file)
{
    const char *name = vl_text_starts(file->path, VL_ETC_ASTERISK) ? file->path + strlen(VL_ETC_ASTERISK) : NULL;

    return name && !strchr(name, '/') ? name : NULL;
}

static void add(struct vl_arena *arena, struct vl_fileset *seed, const struct vl_file *file, const char *place,
                const char *text)
{
    vl_fileset_add(arena, seed,
                   &(struct vl_file){ .path = vl_arena_printf(arena, "%s/%s", place, name_of(file)),
                                      .kind = VL_FILE_WHOLE,
                                      .mode = file->mode,
                                      .text = text,
                                      .why = file->why });
}

/* A file of ours as it is, or the block that goes to the end of one of the image's, which must have the section that it
 * adds to. */
static void place(struct vl_arena *arena, const struct vl_file *file, struct vl_fileset *seed)
{
    const char *name = name_of(file);

    if (name && file->kind == VL_FILE_WHOLE && vl_text_starts(name, VL_SEED_OURS))
        add(arena, seed, file, VL_SEED_FILES, file->text);
    if (!name || file->kind != VL_FILE_BLOCK)
        return;
    add(arena, seed, file, VL_SEED_BLOCKS, vl_block_put(arena, "", file->text, vl_block_comment(file->path)));
    if (file->adds_to)
        add(arena, seed, file, VL_SEED_SECTIONS, vl_arena_printf(arena, "%s\n", file->adds_to));
}

/* Which files there are to be it has said itself, before it got its new disk: unless that has another Asterisk. That it
 * has a web interface the guest sees. */
static bool is_known(const struct vl_session *session, const struct vl_pbx *pbx)
{
    const struct vl_nature *nature = vl_state_nature(&session->state, pbx), stated = vl_nature_stated(pbx);

    return nature->seen && nature->flavor == VL_FLAVOR_ASTERISK && !vl_pbx_in_database(pbx) &&
           (stated.sip == VL_SIP_AUTO || stated.sip == nature->sip);
}

void vl_guest_add_configuration(const struct vl_guest_plan *guests, const struct vl_pbx *pbx, struct vl_fileset *seed)
{
    struct vl_arena *arena = &guests->plan->arena;
    struct vl_fileset set = { .count = 0 };

    if (!guests->session->configures || !is_known(guests->session, pbx))
        return;
    vl_render_pbx(arena, guests->session->lab, &guests->session->state, pbx, VL_PART_TRUNK | VL_PART_DIALPLAN, &set);
    for (size_t i = 0; i < set.count; i++)
        place(arena, &set.files[i], seed);
}
