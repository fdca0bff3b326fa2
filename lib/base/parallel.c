/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/parallel.h"

#include <pthread.h>
#include <stdatomic.h>

enum { MOST_THREADS = 64, DEFAULT_THREADS = 32 };

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
    size_t wanted = jobs ? jobs : DEFAULT_THREADS, started = 0;

    if (wanted > MOST_THREADS)
        wanted = MOST_THREADS;
    if (wanted > count)
        wanted = count;
    while (started + 1 < wanted && pthread_create(&threads[started], NULL, labour, &crew) == 0)
        started++;
    (void)labour(&crew);
    for (size_t i = 0; i < started; i++)
        (void)pthread_join(threads[i], NULL);
}
