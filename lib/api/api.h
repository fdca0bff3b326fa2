/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The handles of the public interface, opened up for the files that implement it.
 */
#ifndef VL_API_API_H
#define VL_API_API_H

#include "plan/session.h"

struct vl_session *vl_api_session(voiplab_lab *lab);

enum voiplab_status vl_api_status(enum vl_error_code code);

/* Hand an internal error to the caller, who gets NULL when there is none, and need not want it. It is empty afterwards.
 * Returns its status. */
enum voiplab_status vl_api_finish(struct vl_error *error, voiplab_error **ret_error);

#endif
