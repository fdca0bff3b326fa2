/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a recipe says of the image that it builds, in the file `recipe` of share/images/NAME: a KEY=value a line. Most
 * of it is for the recipe's own program; what the lab has to know before there is an image is read here.
 */
#ifndef VL_LAB_RECIPE_H
#define VL_LAB_RECIPE_H

#include "lab/lab.h"

struct vl_lab_recipe {
    const char *like;       /* the recipe whose files belong to this one too; NULL: none */
    enum vl_sip_driver sip; /* the driver that a guest of the image speaks SIP with; auto: it does not say */
};

/* Read it. A recipe without that file, or that is not there at all, says nothing; a value that it may not have is
 * VL_ERROR_LAB with FILE:LINE. */
int vl_lab_read_recipe(struct vl_arena *arena, const char *share_directory, const char *name,
                       struct vl_lab_recipe *ret_facts, struct vl_error *err);

#endif
