/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A SIPp that is slow: preloaded, it waits before each message that is sent. So what the SIPp can do depends on the
 * clock alone, and not on what else this host does.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sys/socket.h>
#include <time.h>

static const struct timespec wait = { .tv_nsec = 5000000 };

ssize_t sendto(int descriptor, const void *bytes, size_t length, int flags, const struct sockaddr *address,
               socklen_t address_length)
{
    static ssize_t (*real)(int, const void *, size_t, int, const struct sockaddr *, socklen_t);

    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "sendto");
    (void)nanosleep(&wait, NULL);
    return real(descriptor, bytes, length, flags, address, address_length);
}
