/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/login.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/memory.h"
#include "base/own.h"
#include "base/text.h"
#include "machine/ssh_key.h"

enum {
    KEY_LIMIT = 65536,
    PASSWORD_LIMIT = 1024,
    COMMAND_TIMEOUT_MS = 60000,
    LOGIN_TIMEOUT_MS = 120000, /* sshd itself waits no longer (LoginGraceTime) */
    LONGEST_WAIT_S = 86400,
};

struct making {
    struct vl_session *session;
    struct vl_login *login;
    struct vl_error *err;
};

/* Takes `secret` over. */
static const char *keep(struct vl_login *login, char *secret)
{
    login->secrets[login->secret_count++] = secret;
    return secret;
}

static int read_key(const struct making *making, const char *path, struct vl_ssh_options *options)
{
    char *text = NULL;

    if (vl_own_read(path, KEY_LIMIT, VL_OWN_SECRET, &text, NULL, making->err) < 0)
        return -1;
    options->private_key = keep(making->login, text);
    if (vl_ssh_private_is_locked(text))
        return vl_fail(making->err, VL_ERROR_REFUSED,
                       "a passphrase protects the key '%s'; give it to ssh-agent with 'ssh-add %s' and say 'sshkey = "
                       "agent' in the lab file",
                       path, path);
    return 0;
}

/* Passwords */

/* The first line of the file. */
static char *read_password(const char *path, struct vl_error *err)
{
    char *text = NULL;

    if (vl_own_read(path, PASSWORD_LIMIT, VL_OWN_SECRET, &text, NULL, err) < 0) {
        (void)vl_error_wrap(err, "the password file");
        return NULL;
    }
    text[strcspn(text, "\r\n")] = '\0';
    if (*text)
        return text;
    (void)vl_fail(err, VL_ERROR_REFUSED, "the first line of the password file '%s' is empty", path);
    free(text);
    return NULL;
}

/* Asked once: the second connection of a run, and each try after, gets the same answer. */
static char *ask_password(struct vl_session *session, const struct vl_pbx *pbx, struct vl_error *err)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    char room[PASSWORD_LIMIT] = "";
    size_t index = (size_t)(pbx - session->lab->pbxs);
    char *answer = NULL;

    (void)pthread_mutex_lock(&session->event_lock);
    if (!session->passwords)
        session->passwords = vl_calloc(session->lab->pbx_count, sizeof(*session->passwords));
    if (session->passwords && !session->passwords[index] && session->options.ask &&
        session->options.ask(session->options.context,
                             vl_arena_printf(&arena, "password of '%s' on '%s'", pbx->ssh_user, pbx->name), room,
                             sizeof(room)) &&
        *room)
        session->passwords[index] = vl_strdup(room);
    explicit_bzero(room, sizeof(room));
    if (session->passwords && session->passwords[index])
        answer = vl_strdup(session->passwords[index]);
    (void)pthread_mutex_unlock(&session->event_lock);
    if (!answer)
        (void)vl_fail(err, VL_ERROR_REFUSED,
                      "the password for '%s' is to be asked for, and nobody answers: no terminal, or no word; "
                      "password-file = FILE in the lab file takes it from a file",
                      pbx->name);
    return answer;
}

static int find_password(const struct making *making, const struct vl_pbx *pbx, struct vl_ssh_options *options)
{
    char *password;

    if (!pbx->password_file)
        return 0;
    password = strcmp(pbx->password_file, VL_SSH_ASK) == 0 ? ask_password(making->session, pbx, making->err)
                                                           : read_password(pbx->password_file, making->err);
    if (!password)
        return making->err->code ? -1 : vl_no_memory(making->err);
    options->password = keep(making->login, password);
    return 0;
}

/* Keys */

/* A PBX with a password and no key of its own is not shown the lab's: it has nothing to do with it. */
static int find_key(const struct making *making, const struct vl_pbx *pbx, bool password,
                    struct vl_ssh_options *options)
{
    if (pbx->sshkey && strcmp(pbx->sshkey, VL_SSH_AGENT) == 0) {
        options->agent = true;
        return 0;
    }
    if (!pbx->sshkey && password)
        return 0;
    return read_key(making,
                    pbx->sshkey ? pbx->sshkey
                                : vl_arena_printf(&making->login->arena, "%s/ssh/lab_%s",
                                                  making->session->state.directory, vl_pbx_key_type(pbx)),
                    options);
}

static int find_hostkey(const struct making *making, const struct vl_pbx *pbx, struct vl_ssh_options *options)
{
    struct vl_arena *arena = &making->login->arena;
    VL_FREE char *text = NULL;
    const char *path;

    options->hostkey = pbx->hostkey;
    if (pbx->place == VL_PLACE_SSH)
        options->remedy = vl_arena_printf(arena, "'voiplab trust %s' shows the new key and writes it", pbx->name);
    if (pbx->hostkey)
        return 0;
    if (pbx->place == VL_PLACE_SSH)
        return vl_fail(making->err, VL_ERROR_REFUSED,
                       "the host key of '%s' is not known; 'voiplab trust %s' shows it, to be compared by hand, and "
                       "writes it into the lab file",
                       pbx->name, pbx->name);
    path = vl_arena_printf(arena, "%s/ssh/%s_host_%s.pub", making->session->state.directory, pbx->name,
                           vl_pbx_key_type(pbx));
    if (path && access(path, F_OK) < 0 && errno == ENOENT) /* a machine of ours has its host key before it is made */
        return vl_fail(making->err, VL_ERROR_FAILED,
                       "this guest was not made yet, says the state in '%s'; 'voiplab up' makes it, and --state names "
                       "where else the lab has its state",
                       making->session->state.directory);
    if (vl_own_read(path, KEY_LIMIT, VL_OWN_WORD, &text, NULL, making->err) < 0)
        return -1;
    options->hostkey = vl_arena_strdup(arena, vl_text_strip(text));
    return 0;
}

/* Sessions */

/* An explicit --wait says how long the login may take; without it, a host that is made here needs no name server. */
static int login_timeout(const struct vl_session *session, const struct vl_pbx *pbx, int timeout_ms)
{
    unsigned wait_s = session->options.wait_s;

    if (wait_s)
        return (int)(wait_s < LONGEST_WAIT_S ? wait_s : LONGEST_WAIT_S) * 1000;
    return pbx->place == VL_PLACE_SSH ? LOGIN_TIMEOUT_MS : timeout_ms;
}

static struct vl_ssh_options *add_session(const struct making *making, const struct vl_pbx *pbx)
{
    struct vl_login *login = making->login;
    struct vl_ssh_options *options = &login->sessions[login->count++];

    if (login->count > 1)
        login->sessions[login->count - 2].via = options;
    *options = (struct vl_ssh_options){
        .name = pbx->name,
        .address = vl_text_from_ipv4(&login->arena, pbx->address),
        .port = pbx->ssh_port,
        .user = pbx->ssh_user,
        .profile = pbx->ssh,
        .connect_timeout_ms = login->timeout_ms,
        .login_timeout_ms = login_timeout(making->session, pbx, login->timeout_ms),
        .command_timeout_ms = COMMAND_TIMEOUT_MS,
    };
    return options;
}

/* The address of a host that may be named, when we connect to it ourselves. */
static const char *resolve(const struct making *making, const char *host)
{
    const struct addrinfo hints = { .ai_family = AF_INET, .ai_socktype = SOCK_STREAM };
    struct addrinfo *found = NULL;
    char text[INET_ADDRSTRLEN];
    int rc = getaddrinfo(host, NULL, &hints, &found);

    if (rc) {
        (void)vl_fail(making->err, VL_ERROR_FAILED, "the proxy-jump host '%s' has no address: %s", host,
                      gai_strerror(rc));
        return NULL;
    }
    rc = getnameinfo(found->ai_addr, found->ai_addrlen, text, sizeof(text), NULL, 0, NI_NUMERICHOST);
    freeaddrinfo(found);
    return vl_arena_strdup(&making->login->arena, rc ? host : text);
}

/* A host of its own in between: it has the key of the PBX, never its password. */
static int add_jump(const struct making *making, const struct vl_pbx *pbx, enum vl_login_purpose purpose)
{
    const struct vl_ssh_jump *jump = pbx->jump;
    struct vl_arena *arena = &making->login->arena;
    struct vl_ssh_options *options = add_session(making, pbx);

    options->name = vl_arena_printf(arena, "%s, the proxy-jump of %s", jump->host, pbx->name);
    options->port = jump->port;
    options->user = jump->user;
    options->profile = NULL;
    options->hostkey = jump->hostkey;
    options->remedy = vl_arena_printf(arena, "'voiplab trust %s' shows the new key and writes it", pbx->name);
    options->address = resolve(making, jump->host);
    if (!options->address)
        return -1;
    if (purpose == VL_LOGIN_LOOK_JUMP)
        return 0;
    if (!jump->hostkey && purpose == VL_LOGIN_WORK)
        return vl_fail(making->err, VL_ERROR_REFUSED,
                       "the host key of '%s', the proxy-jump of '%s', is not known; 'voiplab trust %s' shows it, to be "
                       "compared by hand, and writes it into the lab file",
                       jump->host, pbx->name, pbx->name);
    return find_key(making, pbx, false, options);
}

static int add_pbx(const struct making *making, const struct vl_pbx *pbx, bool look)
{
    struct vl_ssh_options *options = add_session(making, pbx);

    if (look) {
        options->hostkey = pbx->hostkey;
        return 0;
    }
    if (find_hostkey(making, pbx, options) < 0 || find_password(making, pbx, options) < 0)
        return -1;
    return find_key(making, pbx, options->password != NULL, options);
}

int vl_login_make(struct vl_session *session, const struct vl_pbx *pbx, enum vl_login_purpose purpose, int timeout_ms,
                  struct vl_login *ret_login, struct vl_error *err)
{
    struct making making = { .session = session, .login = ret_login, .err = err };
    const struct vl_pbx *at = pbx;

    *ret_login = (struct vl_login){ .timeout_ms = timeout_ms };
    if (purpose == VL_LOGIN_LOOK_JUMP)
        return add_jump(&making, pbx, purpose) < 0 ? -1 : vl_arena_check(&ret_login->arena, err);
    if (add_pbx(&making, at, purpose == VL_LOGIN_LOOK) < 0)
        return -1;
    for (; at->jump && at->jump->pbx; at = at->jump->pbx)
        if (add_pbx(&making, at->jump->pbx, false) < 0)
            return -1;
    if (at->jump && add_jump(&making, at, at == pbx ? purpose : VL_LOGIN_WORK) < 0)
        return -1;
    return vl_arena_check(&ret_login->arena, err);
}

void vl_login_free(struct vl_login *login)
{
    for (size_t i = 0; i < login->secret_count; i++) {
        explicit_bzero(login->secrets[i], strlen(login->secrets[i]));
        free(login->secrets[i]);
    }
    login->secret_count = 0;
    vl_arena_free(&login->arena);
}
