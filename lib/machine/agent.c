/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The agent's messages are those of draft-miller-ssh-agent: a length, a type, and fields like those of wire.h.
 */
#include "machine/agent.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "machine/ssh_key.h"
#include "machine/wire.h"

enum {
    REQUEST_IDENTITIES = 11,
    IDENTITIES_ANSWER = 12,
    SIGN_REQUEST = 13,
    SIGN_RESPONSE = 14,
    USERAUTH_REQUEST = 50,
    SIGN_SHA2_256 = 2,
    SIGN_SHA2_512 = 4,
    ANSWER_LIMIT = 256 << 10,
    KEYS_LIMIT = 1000,
};

/* How an agent must be told to sign with RSA, by the algorithm that the login says it has. */
static const struct {
    const char *algorithm;
    uint32_t flags;
} ways[] = { { "rsa-sha2-256", SIGN_SHA2_256 }, { "rsa-sha2-512", SIGN_SHA2_512 } };

static int connect_agent(struct vl_error *err)
{
    const char *path = getenv("SSH_AUTH_SOCK");
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int descriptor;

    if (!path || !*path)
        return vl_fail(err, VL_ERROR_REFUSED,
                       "sshkey = agent asks for ssh-agent, and SSH_AUTH_SOCK does not say where it is; start one, or "
                       "with sudo keep it by 'sudo --preserve-env=SSH_AUTH_SOCK'");
    if (strlen(path) >= sizeof(address.sun_path))
        return vl_fail(err, VL_ERROR_REFUSED, "the path in SSH_AUTH_SOCK is too long: '%s'", path);
    memcpy(address.sun_path, path, strlen(path));
    descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0 || connect(descriptor, (const struct sockaddr *)&address, sizeof(address)) < 0) {
        (void)vl_fail_errno(err, "cannot reach ssh-agent at '%s', where SSH_AUTH_SOCK says it is", path);
        if (descriptor >= 0)
            (void)close(descriptor);
        return -1;
    }
    return descriptor;
}

static int receive(int socket, void *bytes, size_t length, long long deadline, struct vl_error *err)
{
    char *at = bytes;

    while (length > 0) {
        ssize_t got = recv(socket, at, length, MSG_DONTWAIT);

        if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
            return vl_fail(err, VL_ERROR_FAILED, "ssh-agent ended the connection");
        if (got < 0 && errno == EAGAIN && vl_ssh_wait(socket, POLLIN, deadline, err) < 0)
            return -1;
        at += got > 0 ? got : 0;
        length -= got > 0 ? (size_t)got : 0;
    }
    return 0;
}

/* Send `request` (fields behind a type) and take the answer, which must be of the type `expected`. */
static int ask(int socket, const struct vl_buf *request, char expected, long long deadline, struct vl_buf *answer,
               struct vl_ssh_fields *ret_fields, struct vl_error *err)
{
    VL_BUF_AUTO framed = VL_BUF_INIT;
    unsigned char head[4];
    size_t length;

    vl_ssh_wire_bytes(&framed, vl_buf_text(request), request->length);
    if (request->failed || vl_ssh_wire_send(socket, &framed, deadline, err) < 0 ||
        receive(socket, head, sizeof(head), deadline, err) < 0)
        return err->code ? -1 : vl_no_memory(err);
    length = (size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3];
    if (length < 1 || length > ANSWER_LIMIT)
        return vl_fail(err, VL_ERROR_FAILED, "ssh-agent gave an answer of %zu bytes", length);
    vl_buf_reset(answer);
    for (size_t left = length; left > 0;) {
        char chunk[4096];
        size_t part = left < sizeof(chunk) ? left : sizeof(chunk);

        if (receive(socket, chunk, part, deadline, err) < 0)
            return -1;
        vl_buf_add(answer, chunk, part);
        left -= part;
    }
    if (answer->failed)
        return vl_no_memory(err);
    if (answer->data[0] != expected)
        return vl_fail(err, VL_ERROR_FAILED, "ssh-agent refuses (it answered %d)", answer->data[0]);
    *ret_fields = (struct vl_ssh_fields){ .at = (const unsigned char *)answer->data + 1, .left = length - 1 };
    return 0;
}

/* The type of a public key as it goes over the wire; NULL: none of those that can be used. */
static const char *type_of(const char *blob, size_t length)
{
    struct vl_ssh_fields fields = { .at = (const unsigned char *)blob, .left = length };
    VL_FREE char *type = vl_ssh_take_text(&fields);

    return type && !strchr(type, ' ') ? vl_ssh_hostkey_type(type) : NULL;
}

static int list_keys(struct vl_agent *agent, long long deadline, struct vl_error *err)
{
    VL_BUF_AUTO request = VL_BUF_INIT;
    VL_BUF_AUTO answer = VL_BUF_INIT;
    struct vl_ssh_fields fields;
    uint32_t count;

    vl_buf_putc(&request, REQUEST_IDENTITIES);
    if (ask(agent->socket, &request, IDENTITIES_ANSWER, deadline, &answer, &fields, err) < 0)
        return -1;
    count = vl_ssh_take_number(&fields);
    for (uint32_t i = 0; i < count && i < KEYS_LIMIT && !fields.failed && agent->count < VL_AGENT_KEYS; i++) {
        size_t length, comment;
        const char *blob = vl_ssh_take_bytes(&fields, &length);

        (void)vl_ssh_take_bytes(&fields, &comment);
        if (!fields.failed && length <= 4096 && type_of(blob, length))
            vl_buf_add(&agent->keys[agent->count++], blob, length);
    }
    if (!agent->count)
        return vl_fail(err, VL_ERROR_REFUSED,
                       "ssh-agent has no ed25519, ecdsa or rsa key; 'ssh-add FILE' gives it one");
    return 0;
}

int vl_agent_open(struct vl_agent *ret_agent, long long deadline, struct vl_error *err)
{
    *ret_agent = (struct vl_agent){ .socket = connect_agent(err) };
    if (ret_agent->socket < 0)
        return -1;
    if (list_keys(ret_agent, deadline, err) == 0)
        return 0;
    vl_agent_close(ret_agent);
    return -1;
}

void vl_agent_close(struct vl_agent *agent)
{
    for (size_t i = 0; i < VL_AGENT_KEYS; i++)
        vl_buf_free(&agent->keys[i]);
    vl_ssh_private_free(&agent->own);
    if (agent->socket >= 0)
        (void)close(agent->socket);
    agent->socket = -1;
}

static bool takes_text(struct vl_ssh_fields *fields, const char *expected)
{
    size_t length;
    const char *text = vl_ssh_take_bytes(fields, &length);

    return !fields->failed && length == strlen(expected) && memcmp(text, expected, length) == 0;
}

static bool takes_byte(struct vl_ssh_fields *fields, unsigned char expected)
{
    if (fields->failed || !fields->left || *fields->at != expected)
        return false;
    fields->at++;
    fields->left--;
    return true;
}

/* Whether `data` is what RFC 4252 section 7 has signed: a session, and a login of this user with this key. */
static bool is_login(const struct vl_buf *key, const char *user, const void *data, size_t length, char **ret_algorithm)
{
    struct vl_ssh_fields fields = { .at = data, .left = length };
    size_t session, blob_length;
    VL_FREE char *algorithm = NULL;
    const char *blob;

    (void)vl_ssh_take_bytes(&fields, &session);
    if (fields.failed || session < 16 || session > 64 || !takes_byte(&fields, USERAUTH_REQUEST) ||
        !takes_text(&fields, user) || !takes_text(&fields, "ssh-connection") || !takes_text(&fields, "publickey") ||
        !takes_byte(&fields, 1))
        return false;
    algorithm = vl_ssh_take_text(&fields);
    blob = vl_ssh_take_bytes(&fields, &blob_length);
    if (!algorithm || !vl_ssh_fields_done(&fields) || blob_length != key->length ||
        memcmp(blob, vl_buf_text(key), blob_length) != 0)
        return false;
    *ret_algorithm = algorithm;
    algorithm = NULL;
    return true;
}

static uint32_t flags_of(const char *algorithm)
{
    for (size_t i = 0; i < VL_COUNT(ways); i++)
        if (strcmp(ways[i].algorithm, algorithm) == 0)
            return ways[i].flags;
    return 0;
}

static int have_signed(struct vl_agent *agent, size_t index, uint32_t flags, const void *data, size_t length,
                       long long deadline, struct vl_buf *ret_signature, struct vl_error *err)
{
    VL_BUF_AUTO request = VL_BUF_INIT;
    VL_BUF_AUTO answer = VL_BUF_INIT;
    struct vl_ssh_fields fields;
    const char *signature;
    size_t size;

    vl_buf_putc(&request, SIGN_REQUEST);
    vl_ssh_wire_bytes(&request, vl_buf_text(&agent->keys[index]), agent->keys[index].length);
    vl_ssh_wire_bytes(&request, data, length);
    vl_ssh_wire_number(&request, flags);
    if (ask(agent->socket, &request, SIGN_RESPONSE, deadline, &answer, &fields, err) < 0)
        return -1;
    signature = vl_ssh_take_bytes(&fields, &size);
    if (!vl_ssh_fields_done(&fields))
        return vl_fail(err, VL_ERROR_FAILED, "ssh-agent gave an answer that is not whole");
    /* inside of it: the algorithm, which the login has already, and the signature itself */
    fields = (struct vl_ssh_fields){ .at = (const unsigned char *)signature, .left = size };
    (void)vl_ssh_take_bytes(&fields, &size);
    signature = vl_ssh_take_bytes(&fields, &size);
    if (!vl_ssh_fields_done(&fields))
        return vl_fail(err, VL_ERROR_FAILED, "ssh-agent gave a signature that is not whole");
    vl_buf_reset(ret_signature);
    vl_buf_add(ret_signature, signature, size);
    return ret_signature->failed ? vl_no_memory(err) : 0;
}

int vl_agent_sign(struct vl_agent *agent, size_t index, const char *user, const void *data, size_t length,
                  long long deadline, struct vl_buf *ret_signature, struct vl_error *err)
{
    VL_FREE char *algorithm = NULL;

    if (index >= agent->count || agent->used[index] || !is_login(&agent->keys[index], user, data, length, &algorithm))
        return vl_fail(err, VL_ERROR_FAILED, "what shall be signed is no login of '%s'", user);
    agent->used[index] = true;
    if (agent->own.signer)
        return vl_ssh_private_sign(&agent->own, algorithm, data, length, ret_signature, err);
    return have_signed(agent, index, flags_of(algorithm), data, length, deadline, ret_signature, err);
}

int vl_agent_be(struct vl_agent *ret_agent, const char *text, struct vl_error *err)
{
    *ret_agent = (struct vl_agent){ .socket = -1 };
    if (vl_ssh_private_read(&ret_agent->own, text, err) < 0)
        return -1;
    vl_buf_add(&ret_agent->keys[0], vl_buf_text(&ret_agent->own.blob), ret_agent->own.blob.length);
    ret_agent->count = 1;
    return ret_agent->keys[0].failed ? vl_no_memory(err) : 0;
}
