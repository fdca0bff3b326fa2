/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The serial console of a guest, and where its screen is.
 *
 * A stream of libvirt's blocks, both ways and for as long as libvirtd likes. So two threads of their own have it, one
 * that receives and one that sends, and between them and who sits there is a socket pair: that one waits for the socket
 * and never for libvirt. It ends by closing its side, whereupon the sender aborts the stream, which wakes the receiver;
 * the last of the two gives everything back, be that after the console is long left.
 */
#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/xml.h"
#include "guest/hypervisor.h"
#include "guest/hypervisor_part.h"
#include "guest/task.h"

enum { CHUNK = 4096, POLL_MS = 100 };
/* What the threads get to come to their end when the console is left. */
enum { LEAVE_MS = 1000 };

struct talk {
    virStreamPtr stream;
    int socket; /* the threads' side */
    atomic_int threads;
    atomic_bool is_left, broke;
};

static void leave(struct talk *talk)
{
    if (atomic_fetch_sub(&talk->threads, 1) != 1)
        return;
    (void)virStreamFree(talk->stream);
    (void)close(talk->socket);
    vl_free(talk);
}

static bool put(int socket, const char *bytes, size_t length)
{
    while (length) {
        ssize_t sent = send(socket, bytes, length, MSG_NOSIGNAL);

        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            return false;
        bytes += sent;
        length -= (size_t)sent;
    }
    return true;
}

static void *receive(void *argument)
{
    struct talk *talk = argument;
    char bytes[CHUNK];
    int got;

    while ((got = vl_hypervisor_ops()->stream_recv(talk->stream, bytes, sizeof(bytes))) > 0)
        if (!put(talk->socket, bytes, (size_t)got))
            break;
    if (got < 0 && !atomic_load(&talk->is_left))
        atomic_store(&talk->broke, true);
    (void)shutdown(talk->socket, SHUT_WR);
    leave(talk);
    return NULL;
}

static bool pass(virStreamPtr stream, const char *bytes, size_t length)
{
    while (length) {
        int sent = vl_hypervisor_ops()->stream_send(stream, bytes, length);

        if (sent <= 0)
            return false;
        bytes += sent;
        length -= (size_t)sent;
    }
    return true;
}

static void *transmit(void *argument)
{
    struct talk *talk = argument;
    char bytes[CHUNK];
    ssize_t got;

    while ((got = recv(talk->socket, bytes, sizeof(bytes), 0)) > 0 || (got < 0 && errno == EINTR))
        if (got > 0 && !pass(talk->stream, bytes, (size_t)got))
            break;
    atomic_store(&talk->is_left, true);
    (void)vl_hypervisor_ops()->stream_abort(talk->stream);
    leave(talk);
    return NULL;
}

static int start(void *(*body)(void *), struct talk *talk)
{
    pthread_t thread;
    sigset_t all, before;
    int rc;

    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    rc = pthread_create(&thread, NULL, body, talk);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (rc == 0)
        (void)pthread_detach(thread);
    return rc;
}

/* Takes the stream. Returns our side of the socket, or -1. *ret_talk is valid while that is open and not at its end. */
static int begin(virStreamPtr stream, struct talk **ret_talk)
{
    struct talk *talk = vl_calloc(1, sizeof(*talk));
    int sockets[2];

    if (!talk || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) < 0) {
        (void)vl_hypervisor_ops()->stream_abort(stream);
        (void)virStreamFree(stream);
        vl_free(talk);
        return -1;
    }
    talk->stream = stream;
    talk->socket = sockets[1];
    atomic_init(&talk->threads, 3); /* the third is who sits there */
    *ret_talk = talk;
    if (start(transmit, talk) != 0) {
        (void)vl_hypervisor_ops()->stream_abort(stream);
        atomic_store(&talk->threads, 1);
    } else if (start(receive, talk) != 0) {
        atomic_store(&talk->is_left, true);
        (void)atomic_fetch_sub(&talk->threads, 1);
    } else {
        return sockets[0];
    }
    (void)close(sockets[0]);
    leave(talk);
    return -1;
}

/* From who sits there to the guest; false: it is over. What a guest that does not read has no room for is lost, as on a
 * serial line: nothing may keep the escape from being seen. */
static bool type(const struct vl_console *console, int socket)
{
    char bytes[CHUNK];
    ssize_t got = read(console->input, bytes, sizeof(bytes));
    const char *escape;

    if (got < 0 && (errno == EINTR || errno == EAGAIN))
        return true;
    if (got <= 0)
        return false;
    escape = console->escape ? memchr(bytes, console->escape, (size_t)got) : NULL;
    got = escape ? escape - bytes : got;
    if (got)
        (void)send(socket, bytes, (size_t)got, MSG_NOSIGNAL | MSG_DONTWAIT);
    return !escape;
}

/* From the guest to who sits there; false: it is over. */
static bool show(const struct vl_console *console, int socket)
{
    char bytes[CHUNK];
    ssize_t got = recv(socket, bytes, sizeof(bytes), 0);

    if (got < 0 && errno == EINTR)
        return true;
    for (ssize_t done = 0, now = 0; done < got; done += now) {
        now = write(console->output, bytes + done, (size_t)(got - done));
        if (now < 0 && errno != EINTR)
            return false;
        now = now < 0 ? 0 : now;
    }
    return got > 0;
}

static bool is_cancelled(const struct vl_patience *patience)
{
    return patience->cancelled && patience->cancelled(patience->context);
}

static void relay(const struct vl_patience *patience, const struct vl_console *console, int socket)
{
    struct pollfd ends[] = { { .fd = console->input, .events = POLLIN }, { .fd = socket, .events = POLLIN } };

    while (!is_cancelled(patience)) {
        int count = poll(ends, VL_COUNT(ends), POLL_MS);

        if (count < 0 && errno != EINTR)
            return;
        if (count <= 0)
            continue;
        if (ends[1].revents && !show(console, socket))
            return;
        if (ends[0].revents && !type(console, socket))
            return;
    }
}

/* Close our side, and give the others a moment, so that the connection is not closed under them; however much the guest
 * writes meanwhile. */
static void end(int socket)
{
    struct pollfd left = { .fd = socket, .events = POLLIN };
    long long until = vl_now_ms() + LEAVE_MS;
    char bytes[CHUNK];

    (void)shutdown(socket, SHUT_WR);
    while (vl_now_ms() < until && poll(&left, 1, POLL_MS) >= 0)
        if (left.revents && recv(socket, bytes, sizeof(bytes), 0) <= 0)
            break;
    (void)close(socket);
}

/* The definition that a guest runs with; `asked.domain` is its name for a person. NULL after a failure. */
static char *definition_of_running(const struct vl_task *task, virConnectPtr connection, virDomainPtr *ret_domain,
                                   struct vl_error *err)
{
    const struct vl_question *asked = &task->asked;
    enum vl_domain_state state;
    char *xml;

    if (vl_hypervisor_find_ours(connection, asked->name, asked->lab, ret_domain, &state, err) < 0)
        return NULL;
    if (state != VL_DOMAIN_RUNNING && state != VL_DOMAIN_PAUSED) {
        (void)vl_fail(err, VL_ERROR_FAILED, "the guest '%s' is off; 'voiplab up %s' starts it", asked->domain,
                      asked->domain);
        return NULL;
    }
    xml = virDomainGetXMLDesc(*ret_domain, 0);
    if (!xml)
        (void)vl_hypervisor_fail(err, "read the definition of", asked->name);
    return xml;
}

static int open_console(struct vl_task *task, virConnectPtr connection, struct vl_error *err)
{
    DOMAIN_AUTO domain = NULL;
    VL_FREE char *xml = definition_of_running(task, connection, &domain, err);
    VL_XML_DOCUMENT_AUTO *document = xml ? vl_xml_parse(xml, "the definition of a domain", err) : NULL;

    if (!document)
        return -1;
    if (!vl_xml_part(document, &task->arena, "/domain/devices/serial | /domain/devices/console"))
        return vl_fail(err, VL_ERROR_FAILED,
                       "the guest '%s' has no serial console; 'voiplab down %s' and 'voiplab up %s' give it one",
                       task->asked.domain, task->asked.domain, task->asked.domain);
    task->stream = virStreamNew(connection, 0);
    if (!task->stream || vl_hypervisor_ops()->domain_open_console(domain, NULL, task->stream, 0) < 0)
        return vl_hypervisor_fail(err, "open the console of", task->asked.domain);
    return 0;
}

int vl_hypervisor_console(struct vl_hypervisor *hypervisor, const char *name, const char *lab, const char *pbx,
                          const struct vl_console *console, struct vl_error *err)
{
    const struct vl_question question = {
        .work = open_console, .what = "open the console of", .name = name, .lab = lab, .domain = pbx
    };
    VL_TASK_AUTO *task = vl_task_do(hypervisor, &question, err);
    struct talk *talk;
    bool broke;
    int socket;

    if (!task)
        return -1;
    socket = begin(task->stream, &talk);
    task->stream = NULL;
    if (socket < 0)
        return vl_fail(err, VL_ERROR_FAILED, "cannot open the console of '%s': no memory or thread is to be had for it",
                       pbx);
    if (console->opened)
        console->opened(console->context);
    relay(&hypervisor->patience, console, socket);
    broke = atomic_load(&talk->broke);
    end(socket);
    leave(talk);
    return broke ? vl_fail(err, VL_ERROR_FAILED, "the console of '%s' broke off: libvirt does not pass it on any more",
                           pbx)
                 : 0;
}

static int find_screen(struct vl_task *task, virConnectPtr connection, struct vl_error *err)
{
    DOMAIN_AUTO domain = NULL;
    VL_FREE char *xml = definition_of_running(task, connection, &domain, err);
    VL_XML_DOCUMENT_AUTO *document = xml ? vl_xml_parse(xml, "the definition of a domain", err) : NULL;
    const char *port;

    if (!document)
        return -1;
    port = vl_xml_find(document, &task->arena, "/domain/devices/graphics[@type='vnc']/@port");
    task->count = port ? strtoul(port, NULL, 10) : 0;
    if (task->count && task->count <= 65535)
        return 0;
    return vl_fail(err, VL_ERROR_FAILED,
                   "the guest '%s' has no screen: only one that is installed from an ISO has; 'voiplab console %s' is "
                   "its serial console",
                   task->asked.domain, task->asked.domain);
}

int vl_hypervisor_screen(struct vl_hypervisor *hypervisor, const char *name, const char *lab, const char *pbx,
                         unsigned *ret_port, struct vl_error *err)
{
    const struct vl_question question = {
        .work = find_screen, .what = "look for the screen of", .name = name, .lab = lab, .domain = pbx
    };
    VL_TASK_AUTO *task = vl_task_do(hypervisor, &question, err);

    if (!task)
        return -1;
    *ret_port = (unsigned)task->count;
    return 0;
}
