/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/sized.h"

#include <stdbool.h>
#include <string.h>

static bool is_zero(const unsigned char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (bytes[i])
            return false;
    return true;
}

int vl_sized_copy(void *copy, const void *given, size_t size, const char *init, struct vl_error *err)
{
    size_t given_size = 0;

    memset(copy, 0, size);
    memcpy(copy, &size, sizeof(size));
    if (!given)
        return 0;
    memcpy(&given_size, given, sizeof(given_size));
    if (given_size < sizeof(size))
        return vl_fail(err, VL_ERROR_USAGE, "a structure has no size: start from %s", init);
    if (given_size > size && !is_zero((const unsigned char *)given + size, given_size - size))
        return vl_fail(err, VL_ERROR_USAGE,
                       "the program asks for something in %s that this libvoiplab does not know; a newer one may",
                       init);
    memcpy((unsigned char *)copy + sizeof(size), (const unsigned char *)given + sizeof(size),
           (given_size < size ? given_size : size) - sizeof(size));
    return 0;
}
