/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/memory.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static atomic_long asked;
static atomic_long limit = -1;

static bool is_granted(void)
{
    long n = atomic_fetch_add(&asked, 1);
    long allowed = atomic_load(&limit);

    return allowed < 0 || n < allowed;
}

void *vl_malloc(size_t size)
{
    return is_granted() ? malloc(size ? size : 1) : NULL;
}

void *vl_calloc(size_t count, size_t size)
{
    return is_granted() ? calloc(count ? count : 1, size ? size : 1) : NULL;
}

void *vl_realloc(void *block, size_t size)
{
    return is_granted() ? realloc(block, size ? size : 1) : NULL;
}

char *vl_strdup(const char *text)
{
    return is_granted() ? strdup(text) : NULL;
}

char *vl_strndup(const char *text, size_t length)
{
    return is_granted() ? strndup(text, length) : NULL;
}

int vl_vasprintf(char **ret_text, const char *format, va_list args)
{
    if (is_granted())
        return vasprintf(ret_text, format, args);
    *ret_text = NULL;
    return -1;
}

int vl_asprintf(char **ret_text, const char *format, ...)
{
    va_list args;
    int rc;

    va_start(args, format);
    rc = vl_vasprintf(ret_text, format, args);
    va_end(args);
    return rc;
}

void vl_free(void *block)
{
    free(block);
}

void vl_memory_fail_after(long after)
{
    atomic_store(&asked, 0);
    atomic_store(&limit, after);
}

long vl_memory_count(void)
{
    return atomic_load(&asked);
}
