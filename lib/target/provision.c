/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "target/provision.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"

enum { CONNECTIONS = 16, CONNECTIONS_OF_ONE = 4, IDLE_S = 10, MEMORY_OF_ONE = 16 << 10 };

/* What became of a file; only the server's thread moves it on, under the lock. */
enum state { WAITING, UNDER_WAY, SENT };

struct slot {
    struct vl_provision_file *file;
    enum state state;
    char peer[INET6_ADDRSTRLEN];
};

struct vl_provision {
    struct MHD_Daemon *daemon;
    struct slot *slots;
    size_t count;
    unsigned port;
    pthread_mutex_t lock;
};

/* Takes as long whatever is wrong with the path. */
static bool same_path(const char *wanted, const char *got)
{
    size_t length = strlen(wanted);
    unsigned char difference = 0;

    if (strlen(got) != length)
        return false;
    for (size_t i = 0; i < length; i++)
        difference |= (unsigned char)(wanted[i] ^ got[i]);
    return difference == 0;
}

static void note_peer(struct slot *slot, struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const struct sockaddr_in *peer = info ? (const void *)info->client_addr : NULL;

    slot->peer[0] = '\0';
    if (peer && peer->sin_family == AF_INET)
        (void)inet_ntop(AF_INET, &peer->sin_addr, slot->peer, sizeof(slot->peer));
}

/* The file of this path when it still waits; it is under way from now on. */
static struct slot *take(struct vl_provision *provision, const char *path, struct MHD_Connection *connection)
{
    struct slot *found = NULL;

    (void)pthread_mutex_lock(&provision->lock);
    for (size_t i = 0; i < provision->count; i++)
        if (provision->slots[i].state == WAITING && same_path(provision->slots[i].file->path, path))
            found = &provision->slots[i];
    if (found) {
        found->state = UNDER_WAY;
        note_peer(found, connection);
    }
    (void)pthread_mutex_unlock(&provision->lock);
    return found;
}

static enum MHD_Result answer(struct MHD_Connection *connection, unsigned status, const char *text)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer(strlen(text), (void *)(uintptr_t)text, MHD_RESPMEM_PERSISTENT);
    enum MHD_Result rc;

    if (!response)
        return MHD_NO;
    (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
    (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    if (status == MHD_HTTP_OK)
        (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "text/xml");
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
        (void)MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, MHD_HTTP_METHOD_GET);
    rc = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return rc;
}

/* A request whose header has come. A body is not read: the answer comes first and the connection is closed. */
static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url, const char *method,
                                  const char *version, const char *upload, size_t *upload_size, void **request)
{
    struct vl_provision *provision = context;
    struct slot *slot;

    (void)version;
    (void)upload;
    (void)upload_size;
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0)
        return answer(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "");
    slot = take(provision, url, connection);
    *request = slot;
    if (!slot)
        return answer(connection, MHD_HTTP_NOT_FOUND, "");
    return answer(connection, MHD_HTTP_OK, slot->file->text);
}

/* Sent to its end, or there again for another try. */
static void on_completed(void *context, struct MHD_Connection *connection, void **request,
                         enum MHD_RequestTerminationCode how)
{
    struct vl_provision *provision = context;
    struct slot *slot = *request;

    (void)connection;
    if (!slot)
        return;
    (void)pthread_mutex_lock(&provision->lock);
    slot->state = how == MHD_REQUEST_TERMINATED_COMPLETED_OK ? SENT : WAITING;
    (void)pthread_mutex_unlock(&provision->lock);
}

/* A listening socket on this address and no other. -1 on failure. */
static int listen_on(uint32_t address, unsigned *ret_port, struct vl_error *err)
{
    struct sockaddr_in name = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(address) };
    socklen_t length = sizeof(name);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (listener < 0 || bind(listener, (struct sockaddr *)&name, length) < 0 || listen(listener, CONNECTIONS) < 0 ||
        getsockname(listener, (struct sockaddr *)&name, &length) < 0) {
        (void)vl_fail_errno(err, "cannot listen on the address of the bridge");
        if (listener >= 0)
            (void)close(listener);
        return -1;
    }
    *ret_port = ntohs(name.sin_port);
    return listener;
}

/* MHD prints what it finds wrong with requests; a library does not. */
static void stay_silent(void *context, const char *format, va_list args)
{
    (void)context;
    (void)format;
    (void)args;
}

static int start(struct vl_provision *provision, int listener, struct vl_error *err)
{
    provision->daemon = MHD_start_daemon(
        MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL | MHD_USE_ITC, 0, NULL, NULL, on_request, provision,
        MHD_OPTION_EXTERNAL_LOGGER, stay_silent, NULL, MHD_OPTION_LISTEN_SOCKET, listener, MHD_OPTION_NOTIFY_COMPLETED,
        on_completed, provision, MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
        (unsigned)CONNECTIONS_OF_ONE, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_S,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MEMORY_OF_ONE, MHD_OPTION_END);
    return provision->daemon ? 0 : vl_fail(err, VL_ERROR_FAILED, "the HTTP server does not start");
}

struct vl_provision *vl_provision_open(uint32_t address, struct vl_provision_file *files, size_t count,
                                       struct vl_error *err)
{
    struct vl_provision *provision = calloc(1, sizeof(*provision));
    int listener;

    if (provision)
        provision->slots = calloc(count + 1, sizeof(*provision->slots));
    if (!provision || !provision->slots) {
        free(provision);
        (void)vl_fail(err, VL_ERROR_MEMORY, "out of memory");
        return NULL;
    }
    (void)pthread_mutex_init(&provision->lock, NULL);
    provision->count = count;
    for (size_t i = 0; i < count; i++)
        provision->slots[i].file = &files[i];
    listener = listen_on(address, &provision->port, err);
    if (listener >= 0 && start(provision, listener, err) == 0)
        return provision;
    if (listener >= 0)
        (void)close(listener);
    vl_provision_close(provision);
    return NULL;
}

unsigned vl_provision_port(const struct vl_provision *provision)
{
    return provision->port;
}

size_t vl_provision_look(struct vl_provision *provision)
{
    size_t left = 0;

    (void)pthread_mutex_lock(&provision->lock);
    for (size_t i = 0; i < provision->count; i++) {
        struct slot *slot = &provision->slots[i];

        slot->file->fetched = slot->state == SENT;
        if (slot->file->fetched)
            memcpy(slot->file->fetched_by, slot->peer, sizeof(slot->peer));
        left += !slot->file->fetched;
    }
    (void)pthread_mutex_unlock(&provision->lock);
    return left;
}

void vl_provision_close(struct vl_provision *provision)
{
    if (!provision)
        return;
    if (provision->daemon)
        MHD_stop_daemon(provision->daemon);
    (void)pthread_mutex_destroy(&provision->lock);
    free(provision->slots);
    free(provision);
}
