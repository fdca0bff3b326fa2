/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From a connection to a session: what is offered, the handshake, the host key, and who we are. Whatever goes wrong is
 * told by what the guest offered and what this libssh2 has, for each alone says nothing.
 */
#include "machine/ssh_session.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/digest.h"
#include "base/memory.h"
#include "base/text.h"
#include "machine/ssh_kexinit.h"
#include "machine/ssh_key.h"
#include "machine/wire.h"

#define LIBRARY "libssh2 "

/* Each list of a profile, as libssh2 numbers it: both directions of what has two. */
static const int methods[VL_SSH_LISTS][2] = {
    [VL_SSH_KEX] = { LIBSSH2_METHOD_KEX, -1 },
    [VL_SSH_HOSTKEYS] = { LIBSSH2_METHOD_HOSTKEY, -1 },
    [VL_SSH_CIPHERS] = { LIBSSH2_METHOD_CRYPT_CS, LIBSSH2_METHOD_CRYPT_SC },
    [VL_SSH_MACS] = { LIBSSH2_METHOD_MAC_CS, LIBSSH2_METHOD_MAC_SC },
};

static const char *library(const struct vl_ssh_worker *worker, enum vl_ssh_list list)
{
    return vl_buf_text(&worker->library[list]);
}

static bool library_has(const struct vl_ssh_worker *worker, enum vl_ssh_list list, const char *name, size_t length)
{
    return vl_ssh_list_has(library(worker, list), worker->library[list].length, name, length);
}

/* All that this libssh2 has, from itself. */
static int ask_library(struct vl_ssh_worker *worker, struct vl_error *err)
{
    for (int list = 0; list < VL_SSH_LISTS; list++) {
        const char **names = NULL;
        int count = libssh2_session_supported_algs(worker->session, methods[list][0], &names);

        if (count < 0)
            return vl_ssh_session_fail(worker, err, "cannot ask libssh2 what it has");
        for (int i = 0; i < count; i++)
            vl_ssh_list_add(&worker->library[list], names[i], strlen(names[i]));
        libssh2_free(worker->session, names);
    }
    return 0;
}

/* Whether the host key that is known can be one that this algorithm signs with. One that is only looked at may be any.
 */
static bool fits_hostkey(const struct vl_ssh_worker *worker, const char *name, size_t length)
{
    return worker->look || vl_ssh_signs_with(name, length, worker->hostkey, strcspn(worker->hostkey, " "));
}

static void offer_hostkeys(struct vl_ssh_worker *worker, const char *list, bool known, struct vl_buf *wanted)
{
    const char *at = list, *name;
    size_t length;

    while ((name = vl_ssh_list_next(&at, list + strlen(list), &length)))
        if (fits_hostkey(worker, name, length) &&
            (!worker->look || known == vl_ssh_signs_with(name, length, worker->hostkey, strcspn(worker->hostkey, " "))))
            vl_ssh_list_add(wanted, name, length);
}

/* Offer nothing but the type of key that is known, or a guest that has several would show another one. Who only looks
 * takes any, but asks for the known type first. */
static void want(struct vl_ssh_worker *worker, enum vl_ssh_list list, struct vl_buf *wanted)
{
    const char *all = worker->profile->lists[list];

    if (list != VL_SSH_HOSTKEYS) {
        vl_buf_puts(wanted, all);
        return;
    }
    offer_hostkeys(worker, all, true, wanted);
    if (worker->look)
        offer_hostkeys(worker, all, false, wanted);
}

static int fail_library(const struct vl_ssh_worker *worker, enum vl_ssh_list list, const char *missing,
                        struct vl_error *err)
{
    return vl_fail(err, VL_ERROR_REFUSED,
                   "this " LIBRARY "%s has no %s '%s', which 'ssh = %s' of '%s' needs; 'ssh = auto' offers all that it "
                   "has, else another build of libssh2 is needed",
                   libssh2_version(0), vl_ssh_list_title(list), missing, worker->profile->name, worker->name);
}

/* SHA-1, which the configuration of OpenSSL may forbid: altogether, and libssh2 1.10 would crash for want of it, so
 * that it is not offered then; or for signatures, of which libssh2 knows more or less, so that it is offered and
 * blamed. */

static int fail_sha1(const struct vl_ssh_worker *worker, const char *algorithm, size_t length, struct vl_error *err)
{
    return vl_fail(err, VL_ERROR_REFUSED,
                   "'%s' needs '%.*s', and the crypto policy of this host (the configuration of its OpenSSL) forbids "
                   "SHA-1; allow it with 'update-crypto-policies --set DEFAULT:SHA1', or for this program alone with "
                   "OPENSSL_CONF=FILE, where [evp_properties] says 'rh-allow-sha1-signatures = yes'",
                   worker->name, (int)length, algorithm);
}

static bool has_no_sha1(void)
{
    return vl_digest_sha1() == VL_DIGEST_SHA1_MISSING;
}

/* The first name of a list that rests on SHA-1; NULL: none. */
static const char *find_sha1(const char *list, size_t *ret_length)
{
    const char *at = list, *name;

    while ((name = vl_ssh_list_next(&at, list + strlen(list), ret_length)))
        if (vl_ssh_needs_sha1(name, *ret_length))
            return name;
    return NULL;
}

/* Whether SHA-1 is the reason: what would have been agreed on with it, or was agreed on and signs with it. */
static bool blame_sha1(const struct vl_ssh_worker *worker, const struct vl_kexinit_sides *sides, struct vl_error *err)
{
    struct vl_kexinit_sides with = *sides;
    const char *const *all = worker->profile->lists;
    enum vl_digest_sha1 sha1 = vl_digest_sha1();
    size_t length;

    with.offered = all;
    for (int list = 0; list < VL_SSH_LISTS && sha1 != VL_DIGEST_SHA1_WORKS; list++) {
        const char *agreed = vl_kexinit_agreed(sides, (enum vl_ssh_list)list, &length);

        if (!agreed && sha1 == VL_DIGEST_SHA1_MISSING)
            agreed = vl_kexinit_agreed(&with, (enum vl_ssh_list)list, &length);
        if (!agreed || !vl_ssh_needs_sha1(agreed, length) ||
            (sha1 == VL_DIGEST_SHA1_SIGNS_NOT && list != VL_SSH_HOSTKEYS))
            continue;
        (void)fail_sha1(worker, agreed, length, err);
        return true;
    }
    return false;
}

static int set_offer(struct vl_ssh_worker *worker, enum vl_ssh_list list, struct vl_error *err)
{
    for (int i = 0; i < 2 && methods[list][i] >= 0; i++)
        if (libssh2_session_method_pref(worker->session, methods[list][i], vl_buf_text(&worker->offered[list])))
            return vl_ssh_session_fail(worker, err, "cannot set the methods of SSH");
    return 0;
}

/* What is offered of one list: what is wanted and this libssh2 has. */
static int make_offer(struct vl_ssh_worker *worker, enum vl_ssh_list list, struct vl_error *err)
{
    VL_BUF_AUTO wanted = VL_BUF_INIT;
    VL_BUF_AUTO missing = VL_BUF_INIT;
    const char *at, *end, *name;
    bool no_sha1 = has_no_sha1();
    size_t length;

    want(worker, list, &wanted);
    if (!wanted.length)
        return vl_fail(err, VL_ERROR_REFUSED,
                       "'ssh = %s' of '%s' takes no host key of the type '%.*s', which is the one that is known; "
                       "'ssh = auto' does",
                       worker->profile->name, worker->name, (int)strcspn(worker->hostkey, " "), worker->hostkey);
    at = vl_buf_text(&wanted);
    end = at + wanted.length;
    while ((name = vl_ssh_list_next(&at, end, &length)))
        vl_ssh_list_add(library_has(worker, list, name, length) && !(no_sha1 && vl_ssh_needs_sha1(name, length))
                            ? &worker->offered[list]
                            : &missing,
                        name, length);
    if (worker->offered[list].failed || missing.failed)
        return vl_no_memory(err);
    if (worker->offered[list].length && !(worker->profile->whole && missing.length))
        return set_offer(worker, list, err);
    name = no_sha1 ? find_sha1(vl_buf_text(&missing), &length) : NULL;
    if (name)
        return fail_sha1(worker, name, length, err);
    return fail_library(worker, list, vl_buf_text(&missing), err);
}

static int set_methods(struct vl_ssh_worker *worker, struct vl_error *err)
{
    worker->profile = vl_ssh_profile(*worker->profile_name ? worker->profile_name : NULL);
    if (!worker->profile)
        return vl_fail(err, VL_ERROR_FAILED, "there is no SSH profile '%s'", worker->profile_name);
    if (!worker->look && !vl_ssh_hostkey_type(worker->hostkey))
        return vl_fail(err, VL_ERROR_FAILED, "the host key recorded for '%s' is of no type that can be checked",
                       worker->name);
    if (ask_library(worker, err) < 0)
        return -1;
    for (int list = 0; list < VL_SSH_LISTS; list++)
        if (make_offer(worker, (enum vl_ssh_list)list, err) < 0)
            return -1;
    return 0;
}

/* The handshake */

static int fail_handshake(struct vl_ssh_worker *worker, struct vl_error *err)
{
    VL_BUF_AUTO text = VL_BUF_INIT;
    VL_BUF_AUTO version = VL_BUF_INIT;
    VL_BUF_AUTO has = VL_BUF_INIT;
    const char *offered[VL_SSH_LISTS], *all[VL_SSH_LISTS];
    struct vl_kexinit kexinit;
    struct vl_kexinit_sides sides = {
        .server = &kexinit, .offered = offered, .library = all, .profile = worker->profile->name
    };

    if (!vl_kexinit_find(vl_buf_text(&worker->heard), worker->heard.length, &kexinit))
        return vl_ssh_session_fail(worker, err, "cannot begin an SSH session");
    for (int list = 0; list < VL_SSH_LISTS; list++) {
        offered[list] = vl_buf_text(&worker->offered[list]);
        all[list] = library(worker, (enum vl_ssh_list)list);
    }
    vl_buf_printf(&has, LIBRARY "%s", libssh2_version(0));
    sides.version = vl_buf_text(&has);
    vl_kexinit_quote(&version, &kexinit.version);
    if (blame_sha1(worker, &sides, err))
        return -1;
    vl_kexinit_explain(&sides, &text);
    if (text.length)
        return vl_fail(err, VL_ERROR_REFUSED, "'%s' (%s) and we have %s", worker->name, vl_buf_text(&version),
                       vl_buf_text(&text));
    vl_buf_printf(&text, "cannot begin an SSH session with '%s' (%s)", worker->name, vl_buf_text(&version));
    return vl_ssh_session_fail(worker, err, vl_buf_text(&text));
}

static int shake_hands(struct vl_ssh_worker *worker, struct vl_error *err)
{
    int rc;

    worker->listening = true;
    do
        rc = libssh2_session_handshake(worker->session, worker->guest);
    while (vl_ssh_session_must_wait(worker, rc));
    worker->listening = false;
    return rc ? fail_handshake(worker, err) : 0;
}

/* The host key that the guest proved to own, as "TYPE BASE64"; NULL after a failure. */
static char *seen_hostkey(struct vl_ssh_worker *worker, struct vl_error *err)
{
    VL_FREE char *text = NULL;
    size_t length = 0, width;
    int type;
    const char *blob = libssh2_session_hostkey(worker->session, &length, &type);
    char *line = NULL;

    width = blob && length > 4 ? (unsigned char)blob[3] : 0;
    if (!width || width > length - 4 || length > 16384) {
        (void)vl_fail(err, VL_ERROR_FAILED, "'%s' showed no host key", worker->name);
        return NULL;
    }
    text = vl_digest_base64(blob, length);
    if (!text || vl_asprintf(&line, "%.*s %s", (int)width, blob + 4, text) < 0) {
        (void)vl_no_memory(err);
        return NULL;
    }
    return line;
}

static int check_hostkey(const struct vl_ssh_worker *worker, const char *seen, struct vl_error *err)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    const char *known = vl_ssh_hostkey_plain(&arena, worker->hostkey);
    const char *is = vl_ssh_fingerprint(&arena, seen), *was = vl_ssh_fingerprint(&arena, worker->hostkey);

    if (known && strcmp(known, seen) == 0)
        return 0;
    if (!*worker->remedy)
        return vl_fail(err, VL_ERROR_FAILED,
                       "host key of '%s' is not the one that this lab made; another machine may be answering at its "
                       "address: check the address, and if the guest was installed anew, make it again with "
                       "'voiplab create-vm'",
                       worker->name);
    return vl_fail(
        err, VL_ERROR_REFUSED,
        "host key of '%s' is not the one that the lab file has: it is %s, and was %s; another machine may be "
        "answering at its address: check the address, and if the host was installed anew, %s",
        worker->name, is ? is : "none", was ? was : "none", worker->remedy);
}

/* Who we are */

/* What an attempt came to. */
enum attempt { IN, NOT_THIS_WAY, BROKEN };

struct login {
    struct vl_ssh_worker *worker;
    struct vl_error *err;
    struct vl_buf tried; /* "the lab's key" ... */
    char *takes;         /* "publickey,password", as the guest says */
    bool used_password;
};

/* Ask how to log in, now. 0; 1 when there is no need to; -1. */
static int ask_ways(struct login *login)
{
    struct vl_ssh_worker *worker = login->worker;
    const char *list;

    do
        list = libssh2_userauth_list(worker->session, worker->user, (unsigned)strlen(worker->user));
    while (!list && vl_ssh_session_must_wait(worker, libssh2_session_last_errno(worker->session)));
    if (!list && libssh2_userauth_authenticated(worker->session))
        return 1;
    if (!list)
        return vl_ssh_session_fail(worker, login->err, "cannot ask how to log in");
    free(login->takes);
    login->takes = vl_strdup(list); /* libssh2 has its own for the next answer */
    return login->takes ? 0 : vl_no_memory(login->err);
}

static bool takes(const struct login *login, const char *method)
{
    return vl_ssh_list_has(login->takes, strlen(login->takes), method, strlen(method));
}

static enum attempt judge(struct login *login, const char *what, int rc)
{
    static const int refusals[] = { LIBSSH2_ERROR_AUTHENTICATION_FAILED, LIBSSH2_ERROR_PUBLICKEY_UNVERIFIED,
                                    LIBSSH2_ERROR_PASSWORD_EXPIRED, LIBSSH2_ERROR_METHOD_NOT_SUPPORTED };

    if (rc == 0)
        return IN;
    for (size_t i = 0; i < VL_COUNT(refusals); i++)
        if (rc == refusals[i]) {
            vl_buf_printf(&login->tried, "%s%s", login->tried.length ? ", " : "", what);
            return NOT_THIS_WAY;
        }
    (void)vl_ssh_session_fail(login->worker, login->err, "cannot log in");
    return BROKEN;
}

static bool has_rsa_sha2(const struct vl_ssh_worker *worker)
{
    return library_has(worker, VL_SSH_HOSTKEYS, "rsa-sha2-256", 12);
}

/* Whether this libssh2 signs with this key by SHA-1 alone. */
static bool signs_by_sha1(const struct vl_ssh_worker *worker, const struct vl_ssh_agent_key *key)
{
    static const char rsa[] = { 0, 0, 0, 7, 's', 's', 'h', '-', 'r', 's', 'a' };

    return key->length > sizeof(rsa) && memcmp(key->blob, rsa, sizeof(rsa)) == 0 && !has_rsa_sha2(worker);
}

/* Before such a key is used. */
static int allow_sha1(const struct login *login)
{
    if (strcmp(login->worker->profile->name, "modern") == 0)
        return vl_fail(login->err, VL_ERROR_REFUSED,
                       "this " LIBRARY "%s signs with RSA keys by SHA-1 alone, which 'ssh = modern' of '%s' forbids; "
                       "use an ed25519 or ecdsa key, or 'ssh = auto'",
                       libssh2_version(0), login->worker->name);
    return has_no_sha1() ? fail_sha1(login->worker, "ssh-rsa", 7, login->err) : 0;
}

/* The key of the agent that is tried, for sign(). */
struct signing {
    uint32_t index;
};

/* What libssh2 has signed with, as libssh2_userauth_publickey(3) asks for it: the program signs, or has ssh-agent sign:
 * this process has no private key. */
static int sign(LIBSSH2_SESSION *session, unsigned char **ret_signature, size_t *ret_length, const unsigned char *data,
                size_t length, void **abstract)
{
    const struct signing *signing = *abstract;
    VL_BUF_AUTO message = VL_BUF_INIT;
    VL_ERROR_AUTO err = { .code = VL_OK };
    struct vl_ssh_fields fields;
    const char *signature;

    (void)session;
    vl_ssh_wire_begin(&message, VL_SSH_SIGN);
    vl_ssh_wire_number(&message, signing->index);
    vl_ssh_wire_bytes(&message, data, length);
    vl_ssh_wire_end(&message);
    if (vl_ssh_wire_send(VL_SSH_CONTROL, &message, -1, &err) < 0 ||
        vl_ssh_wire_receive(VL_SSH_CONTROL, VL_SSH_HELLO_LIMIT, -1, &message, &fields, &err) != VL_SSH_SIGNED)
        return -1;
    signature = vl_ssh_take_bytes(&fields, ret_length);
    /* libssh2 frees it, by the function that it was given */
    *ret_signature = vl_ssh_fields_done(&fields) && *ret_length ? vl_malloc(*ret_length) : NULL;
    if (!*ret_signature)
        return -1;
    memcpy(*ret_signature, signature, *ret_length);
    return 0;
}

static int use_key(struct vl_ssh_worker *worker, uint32_t index)
{
    struct signing signing = { .index = index };
    void *abstract = &signing;
    int rc;

    do
        rc = libssh2_userauth_publickey(worker->session, worker->user,
                                        (const unsigned char *)worker->agent_keys[index].blob,
                                        worker->agent_keys[index].length, sign, &abstract);
    while (vl_ssh_session_must_wait(worker, rc));
    return rc;
}

/* The key of a file. */
static enum attempt try_key(struct login *login)
{
    struct vl_ssh_worker *worker = login->worker;
    bool sha1 = worker->lab_key && signs_by_sha1(worker, &worker->agent_keys[0]);
    enum attempt came;
    int rc;

    if (!worker->lab_key || !takes(login, "publickey"))
        return NOT_THIS_WAY;
    if (sha1 && allow_sha1(login) < 0)
        return BROKEN;
    rc = use_key(worker, 0);
    if (rc && sha1 && vl_digest_sha1() != VL_DIGEST_SHA1_WORKS) {
        (void)fail_sha1(worker, "ssh-rsa", 7, login->err);
        return BROKEN;
    }
    came = judge(login, "the lab's key", rc);
    if (came == NOT_THIS_WAY && sha1)
        vl_buf_printf(&login->tried,
                      " (an RSA key, with which this " LIBRARY "%s signs by SHA-1 alone: OpenSSH since 8.8 refuses "
                      "that, so use an ed25519 or ecdsa key there)",
                      libssh2_version(0));
    return came;
}

static enum attempt try_agent(struct login *login)
{
    struct vl_ssh_worker *worker = login->worker;
    bool modern = strcmp(worker->profile->name, "modern") == 0;
    enum attempt came = NOT_THIS_WAY;

    for (uint32_t i = 0; !worker->lab_key && i < worker->agent_key_count && takes(login, "publickey"); i++) {
        if (modern && signs_by_sha1(worker, &worker->agent_keys[i]))
            continue;
        came = judge(login, "a key of ssh-agent", use_key(worker, i));
        if (came != NOT_THIS_WAY)
            return came;
    }
    return came;
}

/* The answer to a question that is asked without an echo, and alone: nothing else is told the password. */
static void respond(const char *name, int name_length, const char *instruction, int instruction_length, int count,
                    const LIBSSH2_USERAUTH_KBDINT_PROMPT *prompts, LIBSSH2_USERAUTH_KBDINT_RESPONSE *responses,
                    void **abstract)
{
    struct vl_ssh_worker *worker = *abstract;

    (void)name;
    (void)name_length;
    (void)instruction;
    (void)instruction_length;
    if (count != 1 || prompts[0].echo || !*worker->password)
        return;
    responses[0].text = vl_strdup(worker->password);
    responses[0].length = responses[0].text ? (unsigned)strlen(responses[0].text) : 0;
    explicit_bzero(worker->password, strlen(worker->password)); /* once: whoever asks again did not take it */
}

static enum attempt try_password(struct login *login)
{
    struct vl_ssh_worker *worker = login->worker;
    enum attempt came = NOT_THIS_WAY;
    int rc;

    if (!*worker->password)
        return NOT_THIS_WAY;
    /* a guest that wants a key and a password takes that only after this */
    if (login->tried.length && !takes(login, "password") && !takes(login, "keyboard-interactive") &&
        ask_ways(login) < 0)
        return BROKEN;
    if (takes(login, "password")) {
        login->used_password = true;
        do
            rc = libssh2_userauth_password_ex(worker->session, worker->user, (unsigned)strlen(worker->user),
                                              worker->password, (unsigned)strlen(worker->password), NULL);
        while (vl_ssh_session_must_wait(worker, rc));
        came = judge(login, "the password", rc);
    } else if (takes(login, "keyboard-interactive")) {
        login->used_password = true;
        do
            rc = libssh2_userauth_keyboard_interactive_ex(worker->session, worker->user, (unsigned)strlen(worker->user),
                                                          respond);
        while (vl_ssh_session_must_wait(worker, rc));
        came = judge(login, "the password", rc);
    }
    return came;
}

/* None of it was taken. */
static int fail_login(struct login *login)
{
    struct vl_ssh_worker *worker = login->worker;
    bool key = worker->agent_key_count > 0;

    /* who goes on trying with a wrong password is locked out */
    if (login->tried.length)
        return vl_fail(login->err, login->used_password ? VL_ERROR_REFUSED : VL_ERROR_FAILED,
                       "'%s' refuses %s for the user '%s'; %s", worker->name, vl_buf_text(&login->tried), worker->user,
                       key ? "put its public key into that user's authorized_keys, and see that this user may log in"
                           : "see that it is the right one, and that this user may log in with it");
    return vl_fail(login->err, VL_ERROR_FAILED,
                   "'%s' takes only '%s' from the user '%s', and we have %s; see sshkey and password-file in "
                   "voiplab-lab(5)",
                   worker->name, login->takes, worker->user,
                   key && *worker->password ? "a key and a password"
                   : key                    ? "a key"
                   : *worker->password      ? "a password"
                                            : "neither a key nor a password");
}

/* Each way in turn. A guest that wants two gets both: it says that one is not enough like it says that it is wrong. */
static int authenticate(struct vl_ssh_worker *worker, struct vl_error *err)
{
    static enum attempt (*const ways[])(struct login *) = { try_key, try_agent, try_password };
    struct login login = { .worker = worker, .err = err };
    enum attempt came = NOT_THIS_WAY;
    int rc = ask_ways(&login);

    if (rc)
        return rc < 0 ? -1 : 0;
    for (size_t i = 0; i < VL_COUNT(ways) && came == NOT_THIS_WAY; i++)
        came = ways[i](&login);
    if (came == NOT_THIS_WAY)
        (void)fail_login(&login);
    vl_buf_free(&login.tried);
    free(login.takes);
    return came == IN ? 0 : -1;
}

/* From here on the guest may wait for its name server. */
static int tell_met(struct vl_error *err)
{
    VL_BUF_AUTO message = VL_BUF_INIT;

    vl_ssh_wire_begin(&message, VL_SSH_MET);
    vl_ssh_wire_end(&message);
    return vl_ssh_wire_send(VL_SSH_CONTROL, &message, -1, err);
}

int vl_ssh_session_log_in(struct vl_ssh_worker *worker, char **ret_seen, struct vl_error *err)
{
    VL_FREE char *seen = NULL;

    if (set_methods(worker, err) < 0 || shake_hands(worker, err) < 0)
        return -1;
    seen = seen_hostkey(worker, err);
    if (!seen)
        return -1;
    if (worker->look) {
        *ret_seen = seen;
        seen = NULL;
        return 0;
    }
    return check_hostkey(worker, seen, err) < 0 || tell_met(err) < 0 ? -1 : authenticate(worker, err);
}
