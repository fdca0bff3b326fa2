/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The rows of request/requests.h as a table.
 */
#include "api/needs.h"

#include "base/cleanup.h"

static const struct vl_request_row rows[] = {
#define REQUEST(command, function, ...) [VOIPLAB_##command] = { .run = function, __VA_ARGS__ },
#include "request/requests.h"
#undef REQUEST
};

const struct vl_request_row *vl_request_row(enum voiplab_command command)
{
    return (size_t)command < VL_COUNT(rows) && rows[command].run ? &rows[command] : NULL;
}
