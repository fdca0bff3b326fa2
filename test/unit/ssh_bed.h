/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A real sshd on the loopback address for the tests of the SSH target, started on a free port with keys of its own.
 * Each program that includes this has its own.
 */
#ifndef VL_TEST_SSH_BED_H
#define VL_TEST_SSH_BED_H

/* cmocka.h needs the first four before it */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/process.h"
#include "machine/target.h"

enum { SKIPPED = 77, DEADLINE_MS = 20000 };

/* Everything of one test run; the directory is removed at its end. */
static struct {
    struct vl_arena arena;
    char directory[64];
    const char *user;
    const char *key, *hostkey, *other_key, *other_hostkey;
    const char *pam; /* option of sshd: without PAM it is quicker, but refuses an account whose password is locked */
    unsigned port;
    pid_t sshd;
} bed = { .pam = "UsePAM=no", .sshd = -1 };

static inline const char *in_bed(const char *name)
{
    return vl_arena_printf(&bed.arena, "%s/%s", bed.directory, name);
}

static inline double now(void)
{
    struct timespec time;

    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static inline struct sockaddr_in loopback(unsigned port)
{
    return (struct sockaddr_in){ .sin_family = AF_INET,
                                 .sin_port = htons((uint16_t)port),
                                 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

/* A socket bound to a free port of the loopback address. */
static inline int bind_free(unsigned *ret_port)
{
    struct sockaddr_in address = loopback(0);
    socklen_t size = sizeof(address);
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(descriptor >= 0);
    assert_int_equal(bind(descriptor, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(getsockname(descriptor, (struct sockaddr *)&address, &size), 0);
    *ret_port = ntohs(address.sin_port);
    return descriptor;
}

static inline bool answers(unsigned port)
{
    struct sockaddr_in address = loopback(port);
    VL_CLOSE int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    return connect(descriptor, (struct sockaddr *)&address, sizeof(address)) == 0;
}

/* Make a key pair; returns the text of the file with `suffix`. */
static inline const char *make_key(const char *name, const char *type, const char *suffix)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    const char *path = in_bed(name);
    char *text = NULL;
    const char *kept;

    if (!vl_file_exists(path))
        assert_int_equal(vl_process_check((const char *const[]){ "ssh-keygen", "-q", "-t", type, "-N", "", "-C", "",
                                                                 "-f", path, NULL },
                                          NULL, NULL, &err),
                         0);
    assert_int_equal(vl_file_read(vl_arena_printf(&bed.arena, "%s%s", path, suffix), 65536, &text, NULL, &err), 0);
    kept = vl_arena_strdup(&bed.arena, text);
    free(text);
    return kept;
}

/* Start an sshd with `more` options (NULL-terminated "-o" values) on top of the common ones. It ends with the test,
 * also with one that is killed. */
static inline pid_t start_sshd(const char *hostkey, const char *const *more, unsigned *ret_port)
{
    static const char *const common[] = { "StrictModes=no", "PermitRootLogin=prohibit-password",
                                          "PasswordAuthentication=no", "KbdInteractiveAuthentication=no",
                                          "ListenAddress=127.0.0.1", "PidFile=none", "MaxStartups=100",
                                          "LoginGraceTime=20", "LogLevel=QUIET",
                                          /* a bash below another one does not read the user's own ~/.bashrc */
                                          "SetEnv=SHLVL=5", NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };
    const char *argv[64] = { "/usr/bin/setpriv", "--pdeathsig", "TERM",         "/usr/sbin/sshd", "-D", "-e", "-f",
                             "/dev/null",        "-h",          in_bed(hostkey) };
    size_t count = 10;
    pid_t pid;

    (void)close(bind_free(ret_port));
    argv[count++] = "-o";
    argv[count++] = vl_arena_printf(&bed.arena, "Port=%u", *ret_port);
    argv[count++] = "-o";
    argv[count++] = bed.pam;
    argv[count++] = "-o";
    argv[count++] = vl_arena_printf(&bed.arena, "AuthorizedKeysFile=%s", in_bed("authorized_keys"));
    for (size_t i = 0; common[i]; i++, count += 2) {
        argv[count] = "-o";
        argv[count + 1] = common[i];
    }
    for (size_t i = 0; more && more[i]; i++, count += 2) {
        argv[count] = "-o";
        argv[count + 1] = more[i];
    }
    assert_true(count < VL_COUNT(argv));
    pid = vl_process_start(argv[0], argv, (const int[3]){ -1, -1, 2 }, -1, NULL, &err);
    assert_true(pid > 0);
    for (int i = 0; i < 200 && !answers(*ret_port); i++)
        (void)usleep(50000);
    return pid;
}

static inline void stop(pid_t pid)
{
    if (pid > 0) {
        (void)kill(pid, SIGTERM);
        (void)waitpid(pid, NULL, 0);
    }
}

static inline struct vl_ssh_options options_for(unsigned port)
{
    return (struct vl_ssh_options){
        .name = "virtual1",
        .address = "127.0.0.1",
        .port = port,
        .user = bed.user,
        .private_key = bed.key,
        .hostkey = bed.hostkey,
        .connect_timeout_ms = DEADLINE_MS,
        .command_timeout_ms = DEADLINE_MS,
    };
}

static inline struct vl_target *open_target(void)
{
    struct vl_ssh_options options = options_for(bed.port);
    VL_ERROR_AUTO err = { .code = VL_OK };
    struct vl_target *target = vl_target_ssh(&options, &err);

    if (!target)
        fail_msg("%s", vl_error_text(&err));
    return target;
}

/* Options that must not lead to a target; the error goes to `err`. */
static inline void refuse(const struct vl_ssh_options *options, struct vl_error *err)
{
    struct vl_target *target = vl_target_ssh(options, err);

    vl_target_close(target);
    assert_null(target);
}

static inline void assert_says(const struct vl_error *err, const char *words)
{
    if (!strstr(vl_error_text(err), words))
        fail_msg("'%s' does not say '%s'", vl_error_text(err), words);
}

static inline int run(struct vl_target *target, const char *const *argv, const char *input,
                      struct vl_command_result *result)
{
    VL_ERROR_AUTO err = { .code = VL_OK };

    if (target->ops->run(target, argv, input, 0, result, &err) < 0)
        fail_msg("%s", vl_error_text(&err));
    return result->status;
}

/* The exit status of a shell command there. */
static inline int run_status(struct vl_target *target, const char *script)
{
    struct vl_command_result result = { .output = NULL };
    int status = run(target, (const char *const[]){ "sh", "-c", script, NULL }, NULL, &result);

    vl_command_result_free(&result);
    return status;
}

/* The worker of the newest target of this process: its child that carries the worker's argument. */
static inline pid_t find_worker(void)
{
    DIR *processes = opendir("/proc");
    struct dirent *entry;
    pid_t found = -1;

    assert_non_null(processes);
    while ((entry = readdir(processes))) {
        VL_ERROR_AUTO err = { .code = VL_OK };
        VL_FREE char *status = NULL;
        VL_BUF_AUTO path = VL_BUF_INIT;
        const char *parent;

        vl_buf_printf(&path, "/proc/%s/status", entry->d_name);
        if (entry->d_name[0] < '0' || entry->d_name[0] > '9' ||
            vl_file_read(vl_buf_text(&path), 65536, &status, NULL, &err) < 0)
            continue;
        parent = strstr(status, "\nPPid:\t");
        if (parent && atoi(parent + 7) == getpid() && atoi(entry->d_name) != bed.sshd)
            found = atoi(entry->d_name);
    }
    (void)closedir(processes);
    return found;
}

/* A file of /proc with NUL bytes turned into spaces. */
static inline char *read_process(pid_t pid, const char *name)
{
    struct vl_buf text = VL_BUF_INIT;
    VL_BUF_AUTO path = VL_BUF_INIT;
    VL_CLOSE int descriptor = -1;
    char chunk[4096];
    ssize_t got;

    vl_buf_printf(&path, "/proc/%d/%s", (int)pid, name);
    descriptor = open(vl_buf_text(&path), O_RDONLY | O_CLOEXEC);
    assert_true(descriptor >= 0);
    while ((got = read(descriptor, chunk, sizeof(chunk))) > 0)
        vl_buf_add(&text, chunk, (size_t)got);
    for (size_t i = 0; i < text.length; i++)
        if (text.data[i] == '\0')
            text.data[i] = ' ';
    return vl_buf_take(&text);
}

/* Start the sshd of the tests, in the way in which it lets this user in. */
static inline bool start_bed(void)
{
    static const char *const ways[] = { "UsePAM=no", "UsePAM=yes" };

    for (size_t i = 0; i < VL_COUNT(ways); i++) {
        struct vl_ssh_options options;
        VL_ERROR_AUTO err = { .code = VL_OK };
        VL_TARGET_AUTO *target = NULL;

        bed.pam = ways[i];
        bed.sshd = start_sshd("host", NULL, &bed.port);
        options = options_for(bed.port);
        target = vl_target_ssh(&options, &err);
        if (target)
            return true;
        (void)fprintf(stderr, "with %s: %s\n", ways[i], vl_error_text(&err));
        stop(bed.sshd);
        bed.sshd = -1;
    }
    return false;
}

static inline int set_up(void **state)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_BUF_AUTO keys = VL_BUF_INIT;
    struct passwd *self = getpwuid(geteuid());

    (void)state;
    (void)snprintf(bed.directory, sizeof(bed.directory), "/tmp/voiplab-test-ssh-XXXXXX");
    if (!self || !mkdtemp(bed.directory))
        return -1;
    bed.user = vl_arena_strdup(&bed.arena, self->pw_name);
    bed.key = make_key("user", "ed25519", "");
    bed.hostkey = make_key("host", "ed25519", ".pub");
    bed.other_key = make_key("other_user", "ed25519", "");
    bed.other_hostkey = make_key("other_host", "ed25519", ".pub");
    vl_buf_puts(&keys, make_key("user", "ed25519", ".pub"));
    vl_buf_puts(&keys, make_key("ecdsa_user", "ecdsa", ".pub"));
    vl_buf_puts(&keys, make_key("rsa_user", "rsa", ".pub"));
    if (vl_file_write(in_bed("authorized_keys"), vl_buf_text(&keys), keys.length, 0644, &err) < 0)
        return -1;
    /* where sshd, as root, keeps the half of it that has no rights */
    if (geteuid() == 0)
        (void)mkdir("/run/sshd", 0755);
    return start_bed() ? 0 : -1;
}

static inline int tear_down(void **state)
{
    VL_ERROR_AUTO err = { .code = VL_OK };

    (void)state;
    stop(bed.sshd);
    (void)vl_process_check((const char *const[]){ "rm", "-rf", "--", bed.directory, NULL }, NULL, NULL, &err);
    vl_arena_free(&bed.arena);
    return 0;
}

static inline int skip_all(const char *reason)
{
    const char *ci = getenv("CI");

    (void)fprintf(stderr, "skipped: %s\n", reason);
    return ci && strcmp(ci, "true") == 0 ? 1 : SKIPPED;
}

/* Whether this program is to go on: it may be the worker of its own target, or lack what it needs. */
static inline bool is_bed_possible(int argc, char **argv, int *ret_status)
{
    if (argc == 2 && strcmp(argv[1], VL_SSH_WORKER_ARGUMENT) == 0) {
        *ret_status = vl_ssh_worker_main();
        return false;
    }
    if (vl_process_found("/usr/sbin/sshd") && vl_process_found("ssh-keygen"))
        return true;
    *ret_status = skip_all("sshd and ssh-keygen are needed (Debian: openssh-server)");
    return false;
}

#endif
