/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a host says about the changes that it was given in one go (target.h, batch), taken apart. All of it is the
 * guest's word.
 */
#ifndef VL_MACHINE_BATCH_H
#define VL_MACHINE_BATCH_H

#include "machine/target.h"

/* Where and why it stopped. */
struct vl_batch_failure {
    bool failed;
    size_t index; /* of the item; the number of items when it was about none of them */
    int status;
};

/* Take an answer of `length` bytes apart. False when it is not in order: then nothing is known, and every file may
 * have been touched. The format is told in ssh_batch.c, beside the script that makes it. */
bool vl_batch_parse(const struct vl_batch_item *items, size_t count, const char *bytes, size_t length,
                    struct vl_batch_report *report, struct vl_batch_failure *ret_failure);

#endif
