/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/memory.h"

#include <stdatomic.h>
#include <stdlib.h>

static atomic_long asked;
static atomic_long limit = -1;

void *vl_malloc(size_t size)
{
    long n = atomic_fetch_add(&asked, 1);
    long allowed = atomic_load(&limit);

    if (allowed >= 0 && n >= allowed)
        return NULL;
    return malloc(size ? size : 1);
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
