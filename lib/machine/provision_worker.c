/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The HTTP server that hands files out once: the only door to libmicrohttpd. One thread waits for connections and for
 * the parent, whose end is also its own. The server is set up before the cage closes, so that no request is read
 * outside of it.
 */
#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/library.h"
#include "base/memory.h"
#include "machine/provision.h"
#include "machine/sandbox.h"
#include "machine/wire.h"

/* Every function of it that is called. */
#define FUNCTIONS(FUNCTION)                                                                                            \
    FUNCTION(MHD_add_response_header)                                                                                  \
    FUNCTION(MHD_create_response_from_buffer)                                                                          \
    FUNCTION(MHD_destroy_response)                                                                                     \
    FUNCTION(MHD_get_connection_info)                                                                                  \
    FUNCTION(MHD_get_daemon_info)                                                                                      \
    FUNCTION(MHD_get_timeout)                                                                                          \
    FUNCTION(MHD_queue_response)                                                                                       \
    FUNCTION(MHD_run)                                                                                                  \
    FUNCTION(MHD_start_daemon)

static VL_LIBRARY_TABLE(FUNCTIONS) libmicrohttpd;
static const char *const names[] = { FUNCTIONS(VL_LIBRARY_NAME) };
static struct vl_library library = VL_LIBRARY(VOIPLAB_LIBMICROHTTPD, "libmicrohttpd12", names, &libmicrohttpd);

enum {
    LISTENER = 0,
    CONTROL = 3,
    CONNECTIONS = 16,
    CONNECTIONS_OF_ONE = 4,
    IDLE_S = 10,
    MEMORY_OF_ONE = 16 << 10,
    FILES_LIMIT = 64 << 20,
    FILES_MS = 10000,
    TELL_MS = 10000,
    LOOK_MS = 1000, /* how often connections are looked at that are idle */
};

struct file {
    char *path, *text;
    enum { WAITING, UNDER_WAY, SENT } state;
    uint32_t peer;
};

struct server {
    struct MHD_Daemon *daemon;
    struct file *files;
    size_t count;
    bool failed; /* the parent cannot be told */
};

/* Takes as long whatever is wrong with the path. */
static bool same_path(const char *wanted, const char *got)
{
    size_t length = strlen(wanted);
    unsigned difference = 0;

    if (strlen(got) != length)
        return false;
    for (size_t i = 0; i < length; i++)
        difference |= (unsigned char)wanted[i] ^ (unsigned char)got[i];
    return difference == 0;
}

static uint32_t peer_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        libmicrohttpd.MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const struct sockaddr_in *peer = info ? (const void *)info->client_addr : NULL;

    return peer && peer->sin_family == AF_INET ? ntohl(peer->sin_addr.s_addr) : 0;
}

/* The file of this path when it still waits, or NULL. */
static struct file *find(const struct server *server, const char *path)
{
    for (size_t i = 0; i < server->count; i++)
        if (server->files[i].state == WAITING && same_path(server->files[i].path, path))
            return &server->files[i];
    return NULL;
}

static enum MHD_Result answer(struct MHD_Connection *connection, unsigned status, char *text)
{
    struct MHD_Response *response =
        libmicrohttpd.MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_PERSISTENT);
    enum MHD_Result rc;

    if (!response)
        return MHD_NO;
    (void)libmicrohttpd.MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
    (void)libmicrohttpd.MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    if (status == MHD_HTTP_OK)
        (void)libmicrohttpd.MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "text/xml");
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
        (void)libmicrohttpd.MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, MHD_HTTP_METHOD_GET);
    rc = libmicrohttpd.MHD_queue_response(connection, status, response);
    libmicrohttpd.MHD_destroy_response(response);
    return rc;
}

/* A request whose header has come. A body is not read: the answer comes first and the connection is closed. */
static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url, const char *method,
                                  const char *version, const char *upload, size_t *upload_size, void **request)
{
    static char nothing[1];
    struct server *server = context;
    struct file *file;

    (void)version;
    (void)upload;
    (void)upload_size;
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0)
        return answer(connection, MHD_HTTP_METHOD_NOT_ALLOWED, nothing);
    file = find(server, url);
    *request = file;
    if (!file)
        return answer(connection, MHD_HTTP_NOT_FOUND, nothing);
    file->state = UNDER_WAY;
    file->peer = peer_of(connection);
    return answer(connection, MHD_HTTP_OK, file->text);
}

/* Sent to its end, which the parent is told, or there again for another try. */
static void on_completed(void *context, struct MHD_Connection *connection, void **request,
                         enum MHD_RequestTerminationCode how)
{
    struct server *server = context;
    struct file *file = *request;
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_BUF_AUTO message = VL_BUF_INIT;

    (void)connection;
    if (!file)
        return;
    if (how != MHD_REQUEST_TERMINATED_COMPLETED_OK) {
        file->state = WAITING;
        return;
    }
    file->state = SENT;
    explicit_bzero(file->text, strlen(file->text));
    vl_ssh_wire_begin(&message, VL_PROVISION_FETCHED);
    vl_ssh_wire_number(&message, (uint32_t)(file - server->files));
    vl_ssh_wire_number(&message, file->peer);
    vl_ssh_wire_end(&message);
    if (vl_ssh_wire_send(CONTROL, &message, vl_now_ms() + TELL_MS, &err) < 0)
        server->failed = true;
}

static int receive_files(struct server *server, struct vl_error *err)
{
    VL_BUF_AUTO message = VL_BUF_INIT;
    struct vl_ssh_fields fields;
    int type = vl_ssh_wire_receive(CONTROL, FILES_LIMIT, vl_now_ms() + FILES_MS, &message, &fields, err);
    uint32_t count;

    if (type < 0)
        return -1;
    if (type != VL_PROVISION_FILES)
        return vl_fail(err, VL_ERROR_FAILED, "the program sent no files");
    count = vl_ssh_take_number(&fields);
    server->files = count <= fields.left ? vl_calloc(count + 1U, sizeof(*server->files)) : NULL;
    for (; server->files && server->count < count; server->count++) {
        server->files[server->count].path = vl_ssh_take_text(&fields);
        server->files[server->count].text = vl_ssh_take_text(&fields);
        if (!server->files[server->count].text)
            break;
    }
    if (!server->files || !vl_ssh_fields_done(&fields))
        return vl_fail(err, VL_ERROR_FAILED, "the program sent files that are not whole");
    return 0;
}

/* libmicrohttpd prints what it finds wrong with requests. */
static void stay_silent(void *context, const char *format, va_list args)
{
    (void)context;
    (void)format;
    (void)args;
}

static int start(struct server *server, struct vl_error *err)
{
    if (vl_library_load(&library, err) < 0)
        return -1;
    server->daemon = libmicrohttpd.MHD_start_daemon(
        MHD_USE_EPOLL, 0, NULL, NULL, on_request, server, MHD_OPTION_EXTERNAL_LOGGER, stay_silent, NULL,
        MHD_OPTION_LISTEN_SOCKET, LISTENER, MHD_OPTION_NOTIFY_COMPLETED, on_completed, server,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
        (unsigned)CONNECTIONS_OF_ONE, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_S,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MEMORY_OF_ONE, MHD_OPTION_END);
    return server->daemon ? 0 : vl_fail(err, VL_ERROR_FAILED, "the HTTP server does not start");
}

/* Until the parent is gone. */
static void serve(struct server *server, int events)
{
    struct pollfd waits[] = { { .fd = events, .events = POLLIN }, { .fd = CONTROL, .events = POLLIN } };

    while (!server->failed && !waits[1].revents) {
        MHD_UNSIGNED_LONG_LONG most = LOOK_MS;

        if (libmicrohttpd.MHD_get_timeout(server->daemon, &most) != MHD_YES || most > LOOK_MS)
            most = LOOK_MS;
        (void)poll(waits, VL_COUNT(waits), (int)most);
        (void)libmicrohttpd.MHD_run(server->daemon);
    }
}

static void tell(enum vl_ssh_type type, const char *text)
{
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    VL_BUF_AUTO message = VL_BUF_INIT;

    vl_ssh_wire_begin(&message, type);
    if (text)
        vl_ssh_wire_text(&message, text);
    vl_ssh_wire_end(&message);
    (void)vl_ssh_wire_send(CONTROL, &message, vl_now_ms() + TELL_MS, &ignored);
}

int vl_provision_worker_main(void)
{
    struct server server = { .files = NULL };
    const union MHD_DaemonInfo *info;
    VL_ERROR_AUTO err = { .code = VL_OK };

    vl_sandbox_hide();
    tzset(); /* the date of an answer must not look for a file any more */
    if (receive_files(&server, &err) < 0 || start(&server, &err) < 0 ||
        vl_sandbox_enter_server(CONNECTIONS + 8, &err) < 0) {
        tell(VL_SSH_FAILED, vl_error_text(&err));
        return 1;
    }
    info = libmicrohttpd.MHD_get_daemon_info(server.daemon, MHD_DAEMON_INFO_EPOLL_FD);
    if (info) {
        tell(VL_SSH_READY, NULL);
        serve(&server, info->epoll_fd);
    }
    /* what is left of the files goes with the process */
    return 0;
}
