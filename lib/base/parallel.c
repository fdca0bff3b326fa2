/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/parallel.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

/* Most of them wait for another machine; one that never answers takes the place of one that would. Their stacks are
 * small: what is large is in arenas. */
enum { MOST_THREADS = 256, DEFAULT_THREADS = 128, STACK_BYTES = 512 << 10 };

struct crew {
    atomic_size_t next;
    size_t count;
    void (*work)(void *context, size_t index);
    void *context;
};

static void *labour(void *argument)
{
    struct crew *crew = argument;
    size_t index;

    while ((index = atomic_fetch_add(&crew->next, 1)) < crew->count)
        crew->work(crew->context, index);
    return NULL;
}

void vl_parallel(size_t count, unsigned jobs, void (*work)(void *context, size_t index), void *context)
{
    struct crew crew = { .count = count, .work = work, .context = context };
    pthread_t threads[MOST_THREADS];
    pthread_attr_t small;
    size_t wanted = jobs ? jobs : DEFAULT_THREADS, started = 0;
    bool with_size = pthread_attr_init(&small) == 0;

    if (wanted > MOST_THREADS)
        wanted = MOST_THREADS;
    if (wanted > count)
        wanted = count;
    if (with_size)
        (void)pthread_attr_setstacksize(&small, STACK_BYTES);
    while (started + 1 < wanted && pthread_create(&threads[started], with_size ? &small : NULL, labour, &crew) == 0)
        started++;
    if (with_size)
        (void)pthread_attr_destroy(&small);
    (void)labour(&crew);
    for (size_t i = 0; i < started; i++)
        (void)pthread_join(threads[i], NULL);
}
