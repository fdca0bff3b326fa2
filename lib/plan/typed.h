/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a person types to do a step by hand, and what that person then looks at: the column `type` of the table of kinds
 * (steps.c). Pure: nothing is run.
 */
#ifndef VL_PLAN_TYPED_H
#define VL_PLAN_TYPED_H

#include "plan/plan.h"
#include "plan/session.h"

struct vl_typing {
    const struct vl_session *session;
    const struct vl_step *step;
    struct vl_arena *arena;
    bool show_secrets;
    struct vl_buf type; /* commands for a shell, lines */
    struct vl_buf see;  /* a command line whose answer is known, or nothing */
    struct vl_buf seen; /* its answer, lines */
};

/* Fill in the last three, which the caller frees. Of a step that says itself what is to be seen, that. */
void vl_type_step(struct vl_typing *typing);
void vl_typing_free(struct vl_typing *typing);

/* The columns. */
void vl_type_file(struct vl_typing *typing);
void vl_type_remove(struct vl_typing *typing);
void vl_type_command(struct vl_typing *typing);
void vl_type_sql(struct vl_typing *typing);
void vl_type_directory(struct vl_typing *typing);
void vl_type_key(struct vl_typing *typing);
void vl_type_look(struct vl_typing *typing);
void vl_type_switch(struct vl_typing *typing);

/* In typed_guest.c. */
void vl_type_image(struct vl_typing *typing);
void vl_type_fetch(struct vl_typing *typing);
void vl_type_extract(struct vl_typing *typing);
void vl_type_keep(struct vl_typing *typing);
void vl_type_capture(struct vl_typing *typing);
void vl_type_pool(struct vl_typing *typing);
void vl_type_volume(struct vl_typing *typing);
void vl_type_upload(struct vl_typing *typing);
void vl_type_seed(struct vl_typing *typing);
void vl_type_domain(struct vl_typing *typing);
void vl_type_change(struct vl_typing *typing);
void vl_type_autostart(struct vl_typing *typing);
void vl_type_grow(struct vl_typing *typing);
void vl_type_start(struct vl_typing *typing);
void vl_type_stop(struct vl_typing *typing);
void vl_type_undefine(struct vl_typing *typing);
void vl_type_save(struct vl_typing *typing);
void vl_type_resume(struct vl_typing *typing);
void vl_type_restore(struct vl_typing *typing);
void vl_type_copy_volume(struct vl_typing *typing);
void vl_type_remove_volume(struct vl_typing *typing);
void vl_type_remove_pool(struct vl_typing *typing);
void vl_type_backup(struct vl_typing *typing);
void vl_type_unpack(struct vl_typing *typing);

/* For these files, in the arena: a text without its secrets, unless they are asked for; a word in the quotes that it
 * needs. */
const char *vl_typed_text(const struct vl_typing *typing, const char *text);
const char *vl_typed_word(struct vl_arena *arena, const char *word);

#define VL_TYPING_AUTO __attribute__((cleanup(vl_typing_free))) struct vl_typing

#endif
