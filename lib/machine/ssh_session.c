/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/ssh_session.h"

#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/memory.h"
#include "machine/ssh_kexinit.h"

void vl_ssh_session_wait(struct vl_ssh_worker *worker, int more, short events)
{
    int directions = libssh2_session_block_directions(worker->session);
    struct pollfd waits[] = { { .fd = worker->guest },
                              { .fd = VL_SSH_CONTROL, .events = POLLRDHUP },
                              { .fd = more, .events = events } };

    if (directions & LIBSSH2_SESSION_BLOCK_OUTBOUND)
        waits[0].events |= POLLOUT;
    if (directions & LIBSSH2_SESSION_BLOCK_INBOUND || !directions)
        waits[0].events |= POLLIN;
    (void)poll(waits, VL_COUNT(waits), -1);
    if (waits[1].revents & (POLLRDHUP | POLLHUP | POLLERR))
        _exit(0);
}

bool vl_ssh_session_unfinished(struct vl_ssh_worker *worker, ssize_t rc)
{
    if (rc != LIBSSH2_ERROR_EAGAIN ||
        !(libssh2_session_block_directions(worker->session) & LIBSSH2_SESSION_BLOCK_OUTBOUND))
        return false;
    vl_ssh_session_wait(worker, -1, 0);
    return true;
}

bool vl_ssh_session_must_wait(struct vl_ssh_worker *worker, ssize_t rc)
{
    if (rc != LIBSSH2_ERROR_EAGAIN)
        return false;
    vl_ssh_session_wait(worker, -1, 0);
    return true;
}

int vl_ssh_session_fail(struct vl_ssh_worker *worker, struct vl_error *err, const char *what)
{
    char *text = NULL;
    int rc = libssh2_session_last_error(worker->session, &text, NULL, 0);

    return vl_fail(err, VL_ERROR_FAILED, "%s: %s (libssh2 %d)", what, text && *text ? text : "no reason given", rc);
}

/* libssh2 copies the password about and frees the copies as they are. Wiped, they cannot be found by a guest that takes
 * this process over after the login. The functions have the types that libssh2_session_init_ex(3) asks for. */
static void *wiping_alloc(size_t size, void **abstract)
{
    (void)abstract;
    return vl_malloc(size);
}

static void wiping_free(void *block, void **abstract)
{
    (void)abstract;
    if (block)
        explicit_bzero(block, malloc_usable_size(block));
    free(block);
}

static void *wiping_realloc(void *block, size_t size, void **abstract)
{
    size_t old = block ? malloc_usable_size(block) : 0;
    void *larger = vl_malloc(size);

    if (larger && block) {
        memcpy(larger, block, old < size ? old : size);
        wiping_free(block, abstract);
    }
    return larger;
}

/* What libssh2 reads with, as libssh2_session_callback_set(3) asks for it: counting, and at first keeping a copy. */
static ssize_t receive(int socket, void *buffer, size_t length, int flags, void **abstract)
{
    struct vl_ssh_worker *worker = *abstract;
    ssize_t got = recv(socket, buffer, length, flags);

    if (got < 0)
        return errno == EINTR ? -EAGAIN : -errno;
    worker->received += (size_t)got;
    if (worker->listening && worker->heard.length + (size_t)got <= VL_KEXINIT_LIMIT)
        vl_buf_add(&worker->heard, buffer, (size_t)got);
    return got;
}

static void set_receive(LIBSSH2_SESSION *session)
{
#if LIBSSH2_VERSION_NUM >= 0x010b01 /* 1.11.1: the other one is deprecated */
    (void)libssh2_session_callback_set2(session, LIBSSH2_CALLBACK_RECV, (libssh2_cb_generic *)receive);
#else
    ssize_t (*function)(int, void *, size_t, int, void **) = receive;
    void *pointer;

    /* ISO C knows no cast from a function to an object, POSIX guarantees the same size */
    memcpy(&pointer, &function, sizeof(pointer));
    (void)libssh2_session_callback_set(session, LIBSSH2_CALLBACK_RECV, pointer);
#endif
}

int vl_ssh_session_begin(struct vl_ssh_worker *worker, struct vl_error *err)
{
    worker->session = libssh2_session_init_ex(wiping_alloc, wiping_free, wiping_realloc, worker);
    if (!worker->session)
        return vl_no_memory(err);
    set_receive(worker->session);
    libssh2_session_set_blocking(worker->session, 0);
    return 0;
}

void vl_ssh_session_end(struct vl_ssh_worker *worker)
{
    if (worker->session)
        (void)libssh2_session_free(worker->session);
    vl_buf_free(&worker->heard);
    for (int i = 0; i < VL_SSH_LISTS; i++) {
        vl_buf_free(&worker->offered[i]);
        vl_buf_free(&worker->library[i]);
    }
}
