/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The handles of the public interface, opened up for the files that implement it.
 */
#ifndef VL_API_API_H
#define VL_API_API_H

#include "plan/session.h"

struct vl_session *vl_api_session(voiplab_lab *lab);

/* Hand an internal error to the caller; it is empty afterwards. */
void vl_api_error(struct vl_error *error, voiplab_error **ret_error);

#endif
