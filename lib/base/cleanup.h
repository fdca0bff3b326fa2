/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Cleanup attributes for locals: `VL_FREE char *name = ...;` is freed when it goes out of scope.
 */
#ifndef VL_BASE_CLEANUP_H
#define VL_BASE_CLEANUP_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline void vl_cleanup_free(void *slot)
{
    free(*(void **)slot);
}

static inline void vl_cleanup_close(const int *descriptor)
{
    if (*descriptor >= 0)
        (void)close(*descriptor);
}

static inline void vl_cleanup_fclose(FILE *const *stream)
{
    if (*stream)
        (void)fclose(*stream);
}

#define VL_FREE __attribute__((cleanup(vl_cleanup_free)))
#define VL_CLOSE __attribute__((cleanup(vl_cleanup_close)))
#define VL_FCLOSE __attribute__((cleanup(vl_cleanup_fclose)))

#define VL_COUNT(array) (sizeof(array) / sizeof((array)[0]))

#endif
