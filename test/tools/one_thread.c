/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Linked into the programs of unit tests that do not say `ctest: THREADS yes`, in place of pthread_create (ld's
 * --wrap): ThreadSanitizer does not look at them, so one that starts a thread has to fail.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument);

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument)
{
    (void)thread, (void)attributes, (void)start, (void)argument;
    fputs("this program starts a thread: say so in its head, 'ctest: THREADS yes'\n", stderr);
    abort();
}
