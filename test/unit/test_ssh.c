/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The SSH target against a real sshd on the loopback address, started here on a free port with keys of its own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
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
#include "machine/sandbox.h"
#include "machine/target.h"

enum { SKIPPED = 77, THREADS = 20, DEADLINE_MS = 20000 };

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

static const char *in_bed(const char *name)
{
    return vl_arena_printf(&bed.arena, "%s/%s", bed.directory, name);
}

static double now(void)
{
    struct timespec time;

    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static struct sockaddr_in loopback(unsigned port)
{
    return (struct sockaddr_in){ .sin_family = AF_INET,
                                 .sin_port = htons((uint16_t)port),
                                 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

/* A socket bound to a free port of the loopback address. */
static int bind_free(unsigned *ret_port)
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

static bool answers(unsigned port)
{
    struct sockaddr_in address = loopback(port);
    VL_CLOSE int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    return connect(descriptor, (struct sockaddr *)&address, sizeof(address)) == 0;
}

/* Make a key pair; returns the text of the file with `suffix`. */
static const char *make_key(const char *name, const char *type, const char *suffix)
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

/* Start an sshd with `more` options (NULL-terminated "-o" values) on top of the common ones. */
static pid_t start_sshd(const char *hostkey, const char *const *more, unsigned *ret_port)
{
    static const char *const common[] = { "StrictModes=no", "PermitRootLogin=prohibit-password",
                                          "PasswordAuthentication=no", "KbdInteractiveAuthentication=no",
                                          "ListenAddress=127.0.0.1", "PidFile=none", "MaxStartups=100",
                                          "LoginGraceTime=20", "LogLevel=QUIET",
                                          /* a bash below another one does not read the user's own ~/.bashrc */
                                          "SetEnv=SHLVL=5", NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };
    const char *argv[64] = { "/usr/sbin/sshd", "-D", "-e", "-f", "/dev/null", "-h", in_bed(hostkey) };
    size_t count = 7;
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

static void stop(pid_t pid)
{
    if (pid > 0) {
        (void)kill(pid, SIGTERM);
        (void)waitpid(pid, NULL, 0);
    }
}

static struct vl_ssh_options options_for(unsigned port)
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

static struct vl_target *open_target(void)
{
    struct vl_ssh_options options = options_for(bed.port);
    VL_ERROR_AUTO err = { .code = VL_OK };
    struct vl_target *target = vl_target_ssh(&options, &err);

    if (!target)
        fail_msg("%s", vl_error_text(&err));
    return target;
}

/* Options that must not lead to a target; the error goes to `err`. */
static void refuse(const struct vl_ssh_options *options, struct vl_error *err)
{
    struct vl_target *target = vl_target_ssh(options, err);

    vl_target_close(target);
    assert_null(target);
}

static void assert_says(const struct vl_error *err, const char *words)
{
    if (!strstr(vl_error_text(err), words))
        fail_msg("'%s' does not say '%s'", vl_error_text(err), words);
}

static int run(struct vl_target *target, const char *const *argv, const char *input, struct vl_command_result *result)
{
    VL_ERROR_AUTO err = { .code = VL_OK };

    if (target->ops->run(target, argv, input, 0, result, &err) < 0)
        fail_msg("%s", vl_error_text(&err));
    return result->status;
}

/* The exit status of a shell command there. */
static int run_status(struct vl_target *target, const char *script)
{
    struct vl_command_result result = { .output = NULL };
    int status = run(target, (const char *const[]){ "sh", "-c", script, NULL }, NULL, &result);

    vl_command_result_free(&result);
    return status;
}

/* The worker of the newest target of this process: its child that carries the worker's argument. */
static pid_t find_worker(void)
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
static char *read_process(pid_t pid, const char *name)
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

/* Files */

static void test_write_and_read(void **state)
{
    VL_TARGET_AUTO *target = open_target();
    VL_ERROR_AUTO err = { .code = VL_OK };
    const char *path = in_bed("file with 'quotes' and $HOME");
    static const char text[] = "one\ntwo\twith tab\n\xc3\xb1\n\nno line end at the end";
    VL_FREE char *read = NULL;
    struct stat status;
    mode_t mode = 0;

    (void)state;
    if (target->ops->write(target, path, text, 0640, NULL, &err) < 0)
        fail_msg("%s", vl_error_text(&err));
    assert_int_equal(target->ops->read(target, path, &read, &mode, &err), 0);
    assert_string_equal(read, text);
    assert_int_equal(mode, 0640);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0640);
    assert_int_equal(target->ops->remove(target, path, &err), 0);
    assert_false(vl_file_exists(path));
    assert_int_equal(target->ops->remove(target, path, &err), 0);
}

static void test_empty_and_large_files(void **state)
{
    VL_TARGET_AUTO *target = open_target();
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_BUF_AUTO large = VL_BUF_INIT;
    VL_FREE char *empty = NULL, *read = NULL;
    mode_t mode;

    (void)state;
    while (large.length < VL_TARGET_FILE_LIMIT)
        vl_buf_putc(&large, (char)('a' + large.length % 23));
    assert_int_equal(target->ops->write(target, in_bed("empty"), "", 0600, NULL, &err), 0);
    assert_int_equal(target->ops->read(target, in_bed("empty"), &empty, &mode, &err), 0);
    assert_string_equal(empty, "");
    if (target->ops->write(target, in_bed("large"), vl_buf_text(&large), 0600, NULL, &err) < 0 ||
        target->ops->read(target, in_bed("large"), &read, &mode, &err) < 0)
        fail_msg("%s", vl_error_text(&err));
    assert_true(strcmp(read, vl_buf_text(&large)) == 0);
    vl_buf_putc(&large, 'x');
    assert_int_equal(target->ops->write(target, in_bed("large"), vl_buf_text(&large), 0600, NULL, &err), -1);
    assert_says(&err, "larger than");
    assert_int_equal(run_status(target, vl_arena_printf(&bed.arena, "echo >>%s", in_bed("large"))), 0);
    assert_int_equal(target->ops->read(target, in_bed("large"), &read, &mode, &err), -1);
    assert_says(&err, "larger than");
}

static void test_read_failures(void **state)
{
    VL_TARGET_AUTO *target = open_target();
    VL_ERROR_AUTO err = { .code = VL_OK };
    char *text = NULL;
    mode_t mode;

    (void)state;
    assert_int_equal(target->ops->read(target, in_bed("absent"), &text, &mode, &err), -1);
    assert_int_equal(err.code, VL_ERROR_NOTFOUND);
    assert_int_equal(target->ops->read(target, in_bed("no/such/directory"), &text, &mode, &err), -1);
    assert_int_equal(err.code, VL_ERROR_NOTFOUND);
    assert_int_equal(target->ops->read(target, bed.directory, &text, &mode, &err), -1);
    assert_int_equal(err.code, VL_ERROR_FAILED);
    assert_says(&err, "not a regular file");
    assert_int_equal(run_status(target, vl_arena_printf(&bed.arena, "printf 'a\\000b' >%s", in_bed("nul"))), 0);
    assert_int_equal(target->ops->read(target, in_bed("nul"), &text, &mode, &err), -1);
    assert_says(&err, "NUL");
    assert_int_equal(target->ops->read(target, "relative", &text, &mode, &err), -1);
    assert_int_equal(target->ops->read(target, "/a\nb", &text, &mode, &err), -1);
    assert_says(&err, "line end");
    assert_null(text);
}

static void test_write_failures_keep_the_old_file(void **state)
{
    VL_TARGET_AUTO *target = open_target();
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_FREE char *text = NULL;
    mode_t mode;

    (void)state;
    assert_int_equal(target->ops->write(target, in_bed("no/directory"), "x", 0600, NULL, &err), -1);
    assert_says(&err, "its directory does not exist");
    assert_int_equal(mkdir(in_bed("place"), 0700), 0);
    assert_int_equal(target->ops->write(target, in_bed("place"), "x", 0600, NULL, &err), -1);
    assert_says(&err, "it is a directory");
    assert_int_equal(target->ops->write(target, in_bed("old"), "old", 0604, NULL, &err), 0);
    assert_int_equal(mkdir(in_bed(".old.voiplab"), 0700), 0);
    assert_int_equal(target->ops->write(target, in_bed("old"), "new", 0600, NULL, &err), -1);
    assert_says(&err, "an earlier try left");
    assert_int_equal(target->ops->read(target, in_bed("old"), &text, &mode, &err), 0);
    assert_string_equal(text, "old");
    assert_int_equal(mode, 0604);
    assert_int_equal(rmdir(in_bed(".old.voiplab")), 0);
    assert_int_equal(target->ops->write(target, in_bed("old"), "new", 0600, "a;b", &err), -1);
    assert_says(&err, "not the name of a group");
}

static void test_write_follows_no_link_and_leaves_no_temporary(void **state)
{
    VL_TARGET_AUTO *target = open_target();
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_FREE char *text = NULL;
    struct stat status;

    (void)state;
    assert_int_equal(vl_file_write(in_bed("victim"), "victim", 6, 0600, &err), 0);
    assert_int_equal(symlink(in_bed("victim"), in_bed(".linked.voiplab")), 0);
    assert_int_equal(symlink(in_bed("victim"), in_bed("linked")), 0);
    assert_int_equal(target->ops->write(target, in_bed("linked"), "new", 0600, NULL, &err), 0);
    assert_int_equal(vl_file_read(in_bed("victim"), 100, &text, NULL, &err), 0);
    assert_string_equal(text, "victim");
    assert_int_equal(lstat(in_bed("linked"), &status), 0);
    assert_true(S_ISREG(status.st_mode));
    assert_false(vl_file_exists(in_bed(".linked.voiplab")));
}

static void test_write_owner_and_group(void **state)
{
    VL_TARGET_AUTO *target = NULL;
    VL_ERROR_AUTO err = { .code = VL_OK };
    struct stat status;

    (void)state;
    if (geteuid() != 0)
        skip();
    target = open_target();
    assert_int_equal(target->ops->write(target, in_bed("owned"), "x", 0640, "daemon", &err), 0);
    assert_int_equal(stat(in_bed("owned"), &status), 0);
    assert_int_equal(status.st_gid, 1);
    assert_int_equal(chown(in_bed("owned"), 65534, 2), 0);
    assert_int_equal(target->ops->write(target, in_bed("owned"), "y", 0644, NULL, &err), 0);
    assert_int_equal(stat(in_bed("owned"), &status), 0);
    assert_int_equal(status.st_uid, 65534);
    assert_int_equal(status.st_gid, 2);
    assert_int_equal(status.st_mode & 07777, 0644);
    assert_int_equal(target->ops->write(target, in_bed("plain"), "x", 0640, "no-such-group", &err), 0);
    assert_int_equal(stat(in_bed("plain"), &status), 0);
    assert_int_equal(status.st_gid, 0);
    assert_int_equal(status.st_mode & 07777, 0640);
}

static void test_facts(void **state)
{
    VL_TARGET_AUTO *target = open_target();
    VL_ERROR_AUTO err = { .code = VL_OK };
    struct vl_path_facts facts = { .kind = VL_PATH_OTHER };
    const char *real = in_bed("fact");

    (void)state;
    assert_int_equal(vl_file_write(real, "x", 1, 0604, &err), 0);
    assert_int_equal(symlink("fact", in_bed("fact link")), 0);
    assert_int_equal(symlink("nowhere", in_bed("fact dangling")), 0);
    assert_int_equal(target->ops->facts(target, real, &facts, &err), 0);
    assert_int_equal(facts.kind, VL_PATH_FILE);
    assert_int_equal(facts.mode, 0604);
    assert_int_equal(facts.owner, geteuid());
    assert_int_equal(facts.group, getegid());
    assert_null(facts.link);
    assert_int_equal(target->ops->facts(target, bed.directory, &facts, &err), 0);
    assert_int_equal(facts.kind, VL_PATH_DIRECTORY);
    assert_int_equal(target->ops->facts(target, in_bed("fact/below"), &facts, &err), 0);
    assert_int_equal(facts.kind, VL_PATH_NONE);
    assert_int_equal(target->ops->facts(target, in_bed("fact dangling"), &facts, &err), 0);
    assert_int_equal(facts.kind, VL_PATH_LINK);
    assert_string_equal(facts.link, "nowhere");
    assert_null(facts.real);
    assert_int_equal(facts.mode, 0);
    vl_path_facts_free(&facts);
    assert_int_equal(target->ops->facts(target, in_bed("fact link"), &facts, &err), 0);
    assert_int_equal(facts.kind, VL_PATH_LINK);
    assert_string_equal(facts.link, "fact");
    assert_string_equal(facts.real, real);
    assert_int_equal(facts.mode, 0604);
    vl_path_facts_free(&facts);
    assert_int_equal(symlink("line\nend", in_bed("fact odd")), 0);
    assert_int_equal(target->ops->facts(target, in_bed("fact odd"), &facts, &err), -1);
    assert_says(&err, "something else");
}

static void test_groups(void **state)
{
    VL_TARGET_AUTO *target = open_target();
    gid_t group = 0;

    (void)state;
    assert_int_equal(target->ops->gives_to(target, "daemon", &group), geteuid() == 0);
    assert_int_equal(group, geteuid() == 0 ? 1 : 0);
    assert_false(target->ops->gives_to(target, "no-such-group", &group));
    assert_false(target->ops->gives_to(target, "a;b", &group));
}

static void test_prefetch(void **state)
{
    VL_TARGET_AUTO *target = open_target();
    VL_ERROR_AUTO err = { .code = VL_OK };
    const char *path = in_bed("ahead"), *absent = in_bed("ahead absent");
    const char *const paths[] = { path, absent, in_bed("ahead link"), NULL };
    const char *const groups[] = { "daemon", "no-such-group", NULL };
    const struct vl_wanted wanted = { .paths = paths, .groups = groups };
    struct vl_path_facts facts = { .kind = VL_PATH_OTHER };
    VL_FREE char *text = NULL, *again = NULL;
    gid_t group = 0;
    mode_t mode = 0;

    (void)state;
    assert_int_equal(vl_file_write(path, "one\n", 4, 0604, &err), 0);
    assert_int_equal(symlink("ahead", in_bed("ahead link")), 0);
    vl_target_prefetch(target, &wanted);
    assert_int_equal(vl_file_write(path, "two\n", 4, 0600, &err), 0); /* what is answered now was learnt before */
    assert_int_equal(target->ops->read(target, path, &text, &mode, &err), 0);
    assert_string_equal(text, "one\n");
    assert_int_equal(mode, 0604);
    assert_int_equal(target->ops->facts(target, paths[2], &facts, &err), 0);
    assert_string_equal(facts.link, "ahead");
    assert_string_equal(facts.real, path);
    vl_path_facts_free(&facts);
    assert_int_equal(target->ops->gives_to(target, "daemon", &group), geteuid() == 0);
    assert_false(target->ops->gives_to(target, "no-such-group", &group));
    assert_int_equal(target->ops->write(target, absent, "x", 0600, NULL, &err), 0); /* a change: nothing is believed */
    assert_int_equal(target->ops->read(target, path, &again, &mode, &err), 0);
    assert_string_equal(again, "two\n");
}

/* A batch with these items, whose report is in the arena. */
static int batch(struct vl_target *target, const struct vl_batch_item *items, size_t count,
                 struct vl_batch_report *report, struct vl_error *err)
{
    report->results = vl_arena_zalloc(&bed.arena, count * sizeof(*report->results));
    return target->ops->batch(target, items, count, report, err);
}

static void test_batch(void **state)
{
    VL_TARGET_AUTO *target = open_target();
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_FREE char *text = NULL;
    struct vl_batch_report report;
    struct stat status;
    const struct vl_batch_item items[] = {
        { .object = in_bed("batch 'one'"), .text = "one\nwithout an end", .mode = 0640 },
        { .object = in_bed("batch empty"), .text = "", .mode = 0755, .group = "no-such-group" },
        { .kind = VL_BATCH_REMOVE, .object = in_bed("batch gone") },
        { .object = in_bed("batch two"), .text = "\xc3\xb1\n", .mode = 0444, .group = "daemon" },
    };

    (void)state;
    assert_int_equal(vl_file_write(in_bed("batch gone"), "x", 1, 0600, &err), 0);
    assert_int_equal(vl_file_write(in_bed("batch two"), "old", 3, 0600, &err), 0);
    assert_int_equal(symlink(in_bed("batch gone"), in_bed(".batch two.voiplab")), 0); /* planted */
    assert_true(geteuid() != 0 || chown(in_bed("batch two"), 65534, 2) == 0);
    if (batch(target, items, VL_COUNT(items), &report, &err) < 0)
        fail_msg("%s", vl_error_text(&err));
    assert_int_equal(report.done, VL_COUNT(items));
    assert_int_equal(stat(items[0].object, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0640);
    assert_int_equal(status.st_size, 18);
    assert_int_equal(stat(items[1].object, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0755);
    assert_int_equal(status.st_size, 0);
    assert_false(vl_file_exists(items[2].object));
    assert_int_equal(vl_file_read(items[3].object, 100, &text, &status, &err), 0);
    assert_string_equal(text, "\xc3\xb1\n");
    assert_int_equal(status.st_mode & 07777, 0444);
    assert_int_equal(status.st_uid, geteuid() == 0 ? 65534 : geteuid());
    assert_int_equal(status.st_gid, geteuid() == 0 ? 1 : getegid());
    assert_false(vl_file_exists(in_bed(".batch two.voiplab")));
}

/* Whatever fails before all texts are ready, no file is touched and none is left. */
static void test_batch_failures_touch_nothing(void **state)
{
    VL_TARGET_AUTO *target = open_target();
    VL_ERROR_AUTO err = { .code = VL_OK };
    struct vl_batch_report report;
    struct vl_batch_item items[] = {
        { .object = in_bed("fails"), .text = "new", .mode = 0600 },
        { .object = in_bed("fails no/directory"), .text = "x", .mode = 0600 },
    };

    (void)state;
    assert_int_equal(batch(target, items, 2, &report, &err), -1);
    assert_says(&err, "its directory does not exist");
    assert_says(&err, "fails no/directory");
    assert_int_equal(report.touched, 0);
    assert_int_equal(report.failed, 1);
    items[1].object = in_bed("fails place");
    assert_int_equal(mkdir(items[1].object, 0700), 0);
    assert_int_equal(batch(target, items, 2, &report, &err), -1);
    assert_says(&err, "it is a directory");
    items[1].object = in_bed("fails left");
    assert_int_equal(mkdir(in_bed(".fails left.voiplab"), 0700), 0);
    assert_int_equal(batch(target, items, 2, &report, &err), -1);
    assert_says(&err, "an earlier try left");
    items[1] = (struct vl_batch_item){ .object = items[0].object, .text = "x", .group = "a;b" };
    assert_int_equal(batch(target, items, 2, &report, &err), -1);
    assert_says(&err, "not the name of a group");
    items[1] = (struct vl_batch_item){ .object = "relative", .text = "x" };
    assert_int_equal(batch(target, items, 2, &report, &err), -1);
    assert_false(vl_file_exists(items[0].object));
    assert_false(vl_file_exists(in_bed(".fails.voiplab")));
}

/* Commands */

static void test_arguments_arrive_intact(void **state)
{
    static const char *const argv[] = {
        "printf",      "%s\\n", "plain", "two words", "it's", "\"double\"", "$(id) `id` $HOME", "back\\slash", "", "*",
        "a;b&c|d>e<f", "!x",    "-n",    "#",         "~",    NULL
    };
    VL_TARGET_AUTO *target = open_target();
    struct vl_command_result result = { .output = NULL };
    VL_BUF_AUTO expected = VL_BUF_INIT;
    VL_ERROR_AUTO err = { .code = VL_OK };

    (void)state;
    for (size_t i = 2; argv[i]; i++)
        vl_buf_printf(&expected, "%s\n", argv[i]);
    assert_int_equal(run(target, argv, NULL, &result), 0);
    assert_string_equal(result.output, vl_buf_text(&expected));
    vl_command_result_free(&result);
    assert_int_equal(target->ops->run(target, (const char *const[]){ "echo", "a\rb", NULL }, NULL, 0, &result, &err),
                     -1);
    assert_says(&err, "line end");
    assert_int_equal(run_status(target, "exit 0"), 0);
}

static void test_exit_statuses(void **state)
{
    VL_TARGET_AUTO *target = open_target();

    (void)state;
    assert_int_equal(run_status(target, "exit 0"), 0);
    assert_int_equal(run_status(target, "exit 1"), 1);
    assert_int_equal(run_status(target, "exit 255"), 255);
    assert_int_equal(run_status(target, "kill -9 $$"), 128 + 9);
    assert_int_equal(run_status(target, "kill -15 $$"), 128 + 15);
    assert_int_equal(run_status(target, "kill -11 $$"), 128 + 11);
    assert_int_equal(run_status(target, "/no/such/program"), 127);
    /* closing the outputs early must not hide the status that comes later */
    assert_int_equal(run_status(target, "exec >&- 2>&-; sleep 1; exit 3"), 3);
}

static void test_input(void **state)
{
    VL_TARGET_AUTO *target = open_target();
    VL_BUF_AUTO input = VL_BUF_INIT;
    struct vl_command_result result = { .output = NULL };

    (void)state;
    while (input.length < 1000000)
        vl_buf_printf(&input, "line %zu\n", input.length);
    assert_int_equal(run(target, (const char *const[]){ "cat", NULL }, vl_buf_text(&input), &result), 0);
    assert_true(strcmp(result.output, vl_buf_text(&input)) == 0);
    vl_command_result_free(&result);
    /* a command that reads none of it */
    assert_int_equal(run(target, (const char *const[]){ "true", NULL }, vl_buf_text(&input), &result), 0);
    vl_command_result_free(&result);
    assert_int_equal(run(target, (const char *const[]){ "cat", NULL }, NULL, &result), 0);
    assert_string_equal(result.output, "");
    vl_command_result_free(&result);
}

static void test_floods(void **state)
{
    VL_TARGET_AUTO *target = open_target();
    struct vl_command_result result = { .output = NULL };

    (void)state;
    assert_int_equal(
        run(target, (const char *const[]){ "sh", "-c", "yes | head -c 9000000; exit 4", NULL }, NULL, &result), 4);
    assert_int_equal(strlen(result.output), VL_TARGET_OUTPUT_LIMIT);
    vl_command_result_free(&result);
    assert_int_equal(
        run(target, (const char *const[]){ "sh", "-c", "yes | head -c 9000000 >&2; echo done", NULL }, NULL, &result),
        0);
    assert_string_equal(result.output, "done\n");
    vl_command_result_free(&result);
    assert_int_equal(
        run(target, (const char *const[]){ "sh", "-c", "(yes | head -c 5000000 >&2) & yes | head -c 100; wait", NULL },
            NULL, &result),
        0);
    assert_int_equal(strlen(result.output), 100);
    vl_command_result_free(&result);
}

/* Output, errors, the end and the status of a short command come in any order and grouping; none may be waited for
 * after it has arrived. */
static void test_short_commands_never_stall(void **state)
{
    static const char *const argv[] = { "sh", "-c", "head -c 100000; echo x >&2; echo y; exit 7", NULL };
    VL_TARGET_AUTO *target = open_target();
    VL_BUF_AUTO input = VL_BUF_INIT;

    (void)state;
    while (input.length < 100000)
        vl_buf_putc(&input, 'i');
    for (int i = 0; i < 150; i++) {
        struct vl_command_result result = { .output = NULL };
        VL_ERROR_AUTO err = { .code = VL_OK };

        if (target->ops->run(target, argv, vl_buf_text(&input), 5000, &result, &err) < 0)
            fail_msg("round %d: %s", i, vl_error_text(&err));
        assert_int_equal(result.status, 7);
        assert_int_equal(strlen(result.output), 100002);
        vl_command_result_free(&result);
    }
}

static void assert_gone(struct vl_target *target)
{
    struct vl_command_result result = { .output = NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };
    double start = now();

    assert_int_equal(target->ops->run(target, (const char *const[]){ "true", NULL }, NULL, 0, &result, &err), -1);
    assert_says(&err, "failed before");
    assert_true(now() - start < 1); /* no second wait */
    assert_int_equal(find_worker(), -1);
}

static void test_hanging_command_is_ended_at_the_deadline(void **state)
{
    static const char *const scripts[] = { "sleep 60", "yes", "yes >&2", "exec >&- 2>&-; sleep 60" };

    (void)state;
    for (size_t i = 0; i < VL_COUNT(scripts); i++) {
        VL_TARGET_AUTO *target = open_target();
        struct vl_command_result result = { .output = NULL };
        VL_ERROR_AUTO err = { .code = VL_OK };
        double start = now();

        assert_int_equal(
            target->ops->run(target, (const char *const[]){ "sh", "-c", scripts[i], NULL }, NULL, 700, &result, &err),
            -1);
        assert_int_equal(err.code, VL_ERROR_TIMEOUT);
        assert_says(&err, "'virtual1' did not answer within 0.7 s");
        assert_true(now() - start >= 0.7 && now() - start < 6);
        assert_gone(target);
    }
}

/* One that answers each question just before its time is up has a bound all the same. */
static void test_patience_ends(void **state)
{
    static const char *const late[] = { "sh", "-c", "sleep 0.6", NULL };
    VL_TARGET_AUTO *target = open_target();
    VL_ERROR_AUTO err = { .code = VL_OK };
    double start = now();
    int answers = 0;

    (void)state;
    target->patience_ms = 1500;
    for (int i = 0; i < 8 && !err.code; i++) {
        struct vl_command_result result = { .output = NULL };

        answers += target->ops->run(target, late, NULL, 1400, &result, &err) == 0;
        vl_command_result_free(&result);
    }
    assert_int_equal(err.code, VL_ERROR_TIMEOUT);
    assert_says(&err, "'virtual1' has kept voiplab waiting for as long as it may in all");
    assert_in_range(answers, 1, 2);
    assert_true(now() - start >= 1.5 && now() - start < 6);
    assert_gone(target);
}

static void test_connection_lost(void **state)
{
    /* up from the shell to the sshd of this session */
    static const char script[] = "p=$$; while ! grep -q sshd /proc/$p/comm; do "
                                 "p=$(sed -n 's/^PPid:[^0-9]*//p' /proc/$p/status); done; kill -9 $p; sleep 60";
    VL_TARGET_AUTO *target = open_target();
    struct vl_command_result result = { .output = NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };
    double start = now();

    (void)state;
    assert_int_equal(
        target->ops->run(target, (const char *const[]){ "sh", "-c", script, NULL }, NULL, 0, &result, &err), -1);
    assert_int_equal(err.code, VL_ERROR_FAILED);
    assert_says(&err, "connection broke");
    assert_true(now() - start < 5);
    assert_gone(target);
}

static void test_worker_killed(void **state)
{
    VL_TARGET_AUTO *target = open_target();
    struct vl_command_result result = { .output = NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };

    (void)state;
    assert_int_equal(kill(find_worker(), SIGKILL), 0);
    assert_int_equal(target->ops->run(target, (const char *const[]){ "true", NULL }, NULL, 0, &result, &err), -1);
    assert_says(&err, "signal 9");
    assert_gone(target);
}

/* Logging in */

static void test_wrong_host_key(void **state)
{
    struct vl_ssh_options options = options_for(bed.port);
    VL_ERROR_AUTO err = { .code = VL_OK };

    (void)state;
    options.hostkey = bed.other_hostkey;
    /* a key that would be refused too: the host key must come first */
    options.private_key = bed.other_key;
    refuse(&options, &err);
    assert_says(&err, "host key of 'virtual1' is not the one that this lab made");
    options.hostkey = "ssh-dss AAAA";
    refuse(&options, &err);
    assert_says(&err, "of no type that can be checked");
    options.hostkey = "ecdsa-sha2-nistp256 AAAA";
    refuse(&options, &err);
    assert_says(&err, "no type of host key in common: it offers 'ssh-ed25519', we 'ecdsa-sha2-nistp256'");
    options.hostkey = "ssh-ed25519 ";
    refuse(&options, &err);
    assert_says(&err, "is not the one");
}

static void test_wrong_user_key(void **state)
{
    struct vl_ssh_options options = options_for(bed.port);
    VL_ERROR_AUTO err = { .code = VL_OK };

    (void)state;
    options.private_key = bed.other_key;
    refuse(&options, &err);
    assert_says(&err, "refuses the lab's key");
    options.private_key = "no key at all";
    refuse(&options, &err);
    assert_true(err.code == VL_ERROR_FAILED);
}

static void test_nobody_there(void **state)
{
    unsigned port;
    VL_CLOSE int bound = bind_free(&port); /* taken, but nobody listens */
    struct vl_ssh_options options = options_for(port);
    VL_ERROR_AUTO err = { .code = VL_OK };

    (void)state;
    assert_true(bound >= 0);
    refuse(&options, &err);
    assert_says(&err, "cannot reach 'virtual1' (127.0.0.1 port");
    options.address = "virtual1.example";
    refuse(&options, &err);
    assert_says(&err, "no address");
}

static void test_silent_server(void **state)
{
    unsigned port;
    VL_CLOSE int descriptor = bind_free(&port);
    struct vl_ssh_options options = options_for(port);
    VL_ERROR_AUTO err = { .code = VL_OK };
    double start = now();

    (void)state;
    assert_int_equal(listen(descriptor, 4), 0);
    options.connect_timeout_ms = 600;
    refuse(&options, &err);
    assert_int_equal(err.code, VL_ERROR_TIMEOUT);
    assert_true(now() - start >= 0.6 && now() - start < 6);
    assert_int_equal(find_worker(), -1);
}

/* Whether a process has these bytes in memory that it can write to. */
static bool has_in_memory(pid_t pid, const char *bytes, size_t length)
{
    VL_FREE char *maps = NULL, *memory = NULL;
    char *line = NULL, *end = NULL, *file = NULL;
    size_t size = 0;
    bool found = false;
    FILE *list;
    int descriptor;

    assert_true(asprintf(&maps, "/proc/%ld/maps", (long)pid) > 0);
    assert_true(asprintf(&memory, "/proc/%ld/mem", (long)pid) > 0);
    list = fopen(maps, "re");
    descriptor = open(memory, O_RDONLY | O_CLOEXEC);
    assert_true(list && descriptor >= 0);
    while (!found && getline(&line, &size, list) > 0) {
        unsigned long from = strtoul(line, &end, 16), to = strtoul(end + 1, &file, 16);
        char *copy = file[2] == 'w' && to - from < (64UL << 20) ? malloc(to - from) : NULL;
        ssize_t got = copy ? pread(descriptor, copy, to - from, (off_t)from) : -1;

        found = got > 0 && memmem(copy, (size_t)got, bytes, length);
        free(copy);
    }
    free(line);
    (void)fclose(list);
    (void)close(descriptor);
    return found;
}

static void *open_in_vain(void *argument)
{
    VL_ERROR_AUTO err = { .code = VL_OK };

    vl_target_close(vl_target_ssh(argument, &err));
    return NULL;
}

/* While the guest's first bytes are awaited, and after: the lab's private key is not where they are read. */
static void test_private_key_is_not_with_the_worker(void **state)
{
    unsigned port;
    VL_CLOSE int descriptor = bind_free(&port);
    struct vl_ssh_options options = options_for(port);
    const char *middle = strchr(bed.key + 40, '\n') + 71 * 2; /* the third line has the key's secret part */
    pthread_t thread;
    pid_t worker = -1;
    bool found, name;

    (void)state;
    if (geteuid() != 0)
        skip();
    assert_int_equal(listen(descriptor, 4), 0);
    options.connect_timeout_ms = 3000;
    assert_int_equal(pthread_create(&thread, NULL, open_in_vain, &options), 0);
    (void)usleep(1000000);
    worker = find_worker();
    assert_true(worker > 0);
    name = has_in_memory(worker, options.hostkey, strlen(options.hostkey));
    found = has_in_memory(worker, middle, 40);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(name); /* it is the one, and it has been told what it shall know */
    assert_false(found);
}

/* A peer that sends `bytes` and goes. */
static void *send_garbage(void *argument)
{
    int listener = *(int *)argument;
    VL_CLOSE int peer = accept(listener, NULL, NULL);
    VL_FREE char *bytes = malloc(100000);

    assert_non_null(bytes);
    for (size_t i = 0; i < 100000; i++)
        bytes[i] = (char)(i * 7919 % 251);
    memcpy(bytes, "SSH-2.0-garbage\r\n", 17);
    (void)send(peer, bytes, 100000, MSG_NOSIGNAL);
    return NULL;
}

static void test_garbage_server(void **state)
{
    unsigned port;
    VL_CLOSE int descriptor = bind_free(&port);
    struct vl_ssh_options options = options_for(port);
    VL_ERROR_AUTO err = { .code = VL_OK };
    pthread_t thread;

    (void)state;
    assert_int_equal(listen(descriptor, 4), 0);
    assert_int_equal(pthread_create(&thread, NULL, send_garbage, &descriptor), 0);
    options.connect_timeout_ms = 5000;
    refuse(&options, &err);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(find_worker(), -1);
}

/* Add a list of names: its length, then itself. */
static void put_names(struct vl_buf *packet, const char *names)
{
    size_t length = strlen(names);

    for (int shift = 24; shift >= 0; shift -= 8)
        vl_buf_putc(packet, (char)(length >> shift & 0xff));
    vl_buf_puts(packet, names);
}

/* A peer that begins the exchange of keys again and again (RFC 4253 section 7.1), with 20,000 characters each time. */
static void *send_beginnings(void *argument)
{
    static const char *const lists[] = {
        "ssh-ed25519", "aes128-ctr", "aes128-ctr", "hmac-sha2-256", "hmac-sha2-256", "none", "none", "", ""
    };
    int listener = *(int *)argument;
    VL_CLOSE int peer = accept(listener, NULL, NULL);
    VL_BUF_AUTO names = VL_BUF_INIT, body = VL_BUF_INIT, packet = VL_BUF_INIT;
    size_t padding, length;

    vl_buf_puts(&names, "curve25519-sha256,ecdh-sha2-nistp256,");
    for (int i = 0; i < 20000; i++)
        vl_buf_putc(&names, 'x');
    vl_buf_add(&body, "\x14sixteen bytes...", 17);
    put_names(&body, vl_buf_text(&names));
    for (size_t i = 0; i < VL_COUNT(lists); i++)
        put_names(&body, lists[i]);
    vl_buf_add(&body, "\0\0\0\0\0", 5);
    padding = 8 - (body.length + 5) % 8 + (8 - (body.length + 5) % 8 < 4 ? 8 : 0);
    length = body.length + padding + 1;
    for (int shift = 24; shift >= 0; shift -= 8)
        vl_buf_putc(&packet, (char)(length >> shift & 0xff));
    vl_buf_putc(&packet, (char)padding);
    vl_buf_add(&packet, body.data, body.length);
    for (size_t i = 0; i < padding; i++)
        vl_buf_putc(&packet, '\0');
    (void)send(peer, "SSH-2.0-x\r\n", 11, MSG_NOSIGNAL);
    while (send(peer, packet.data, packet.length, MSG_NOSIGNAL) > 0)
        ;
    return NULL;
}

/* What a guest sends before it has shown who it is costs no more than the cage allows. */
static void test_flood_of_beginnings(void **state)
{
    unsigned port;
    VL_CLOSE int descriptor = bind_free(&port);
    struct vl_ssh_options options = options_for(port);
    VL_ERROR_AUTO err = { .code = VL_OK };
    struct rusage usage;
    pthread_t thread;

    (void)state;
    assert_int_equal(listen(descriptor, 4), 0);
    assert_int_equal(pthread_create(&thread, NULL, send_beginnings, &descriptor), 0);
    options.connect_timeout_ms = 5000;
    refuse(&options, &err);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(find_worker(), -1);
    assert_int_equal(getrusage(RUSAGE_CHILDREN, &usage), 0);
    if (vl_sandbox_filters())
        assert_in_range(usage.ru_maxrss, 0, 200 << 10); /* KiB */
}

static void test_old_guest(void **state)
{
    static const char *const old[] = { "KexAlgorithms=diffie-hellman-group14-sha1",
                                       "HostKeyAlgorithms=ssh-rsa",
                                       "PubkeyAcceptedAlgorithms=ssh-rsa",
                                       "Ciphers=aes128-ctr",
                                       "MACs=hmac-sha1",
                                       NULL };
    const char *key = make_key("rsa_user", "rsa", "");
    struct vl_ssh_options options = options_for(0);
    VL_ERROR_AUTO err = { .code = VL_OK };
    struct vl_target *target;
    pid_t sshd;

    (void)state;
    options.private_key = key;
    options.hostkey = make_key("rsa_host", "rsa", ".pub");
    sshd = start_sshd("rsa_host", old, &options.port);
    target = vl_target_ssh(&options, &err);
    if (target)
        assert_int_equal(run_status(target, "exit 5"), 5);
    vl_target_close(target);
    stop(sshd);
    if (!target)
        fail_msg("%s", vl_error_text(&err));
}

static void test_ecdsa_user_key(void **state)
{
    struct vl_ssh_options options = options_for(bed.port);
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_TARGET_AUTO *target = NULL;

    (void)state;
    options.private_key = make_key("ecdsa_user", "ecdsa", "");
    target = vl_target_ssh(&options, &err);
    if (!target)
        fail_msg("%s", vl_error_text(&err));
    assert_int_equal(run_status(target, "exit 6"), 6);
}

/* The cage */

static void test_worker_is_caged(void **state)
{
    static const char canary[] = "VOIPLAB_TEST_CANARY=seen";
    VL_TARGET_AUTO *target = NULL;
    VL_FREE char *status = NULL, *arguments = NULL, *environment = NULL, *limits = NULL;
    pid_t worker;

    (void)state;
    assert_int_equal(setenv("VOIPLAB_TEST_CANARY", "seen", 1), 0);
    target = open_target();
    worker = find_worker();
    assert_true(worker > 0);
    status = read_process(worker, "status");
    arguments = read_process(worker, "cmdline");
    limits = read_process(worker, "limits");
    assert_string_equal(arguments, "voiplab " VL_SSH_WORKER_ARGUMENT " ");
    assert_non_null(strstr(status, "NoNewPrivs:\t1"));
    if (vl_sandbox_filters())
        assert_non_null(strstr(status, "Seccomp:\t2"));
    assert_non_null(strstr(limits, "Max file size             0                    0"));
    assert_non_null(strstr(limits, "Max processes             0                    0"));
    if (geteuid() == 0) {
        environment = read_process(worker, "environ");
        assert_null(strstr(environment, canary));
        assert_null(strstr(arguments, "PRIVATE KEY"));
        assert_null(strstr(environment, "PRIVATE KEY"));
        assert_non_null(strstr(status, "Uid:\t65534\t65534\t65534\t65534"));
        assert_non_null(strstr(status, "Gid:\t65534\t65534\t65534\t65534"));
        assert_non_null(strstr(status, "Groups:\t \n"));
        assert_non_null(strstr(status, "CapEff:\t0000000000000000"));
    }
    assert_int_equal(run_status(target, "exit 0"), 0);
}

static void test_worker_ends_with_the_program(void **state)
{
    VL_TARGET_AUTO *target = NULL;
    int pipes[2];
    pid_t pid, worker = -1;

    (void)state;
    assert_int_equal(pipe(pipes), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct vl_command_result result = { .output = NULL };
        VL_ERROR_AUTO err = { .code = VL_OK };

        target = open_target();
        worker = find_worker();
        (void)!write(pipes[1], &worker, sizeof(worker));
        (void)target->ops->run(target, (const char *const[]){ "sleep", "60", NULL }, NULL, 0, &result, &err);
        _exit(1);
    }
    assert_int_equal(read(pipes[0], &worker, sizeof(worker)), sizeof(worker));
    assert_true(worker > 0);
    (void)usleep(200000);
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    for (int i = 0; i < 100; i++) {
        VL_FREE char *path = NULL;
        VL_FREE char *text = NULL;
        VL_ERROR_AUTO err = { .code = VL_OK };

        assert_true(asprintf(&path, "/proc/%d/status", (int)worker) > 0);
        /* somebody else has to take the dead one away; dead is enough */
        if (vl_file_read(path, 65536, &text, NULL, &err) < 0 || strstr(text, "State:\tZ"))
            break;
        assert_true(i < 99);
        (void)usleep(20000);
    }
    (void)close(pipes[0]);
    (void)close(pipes[1]);
}

/* Many at once */

static void *use_target(void *argument)
{
    struct vl_ssh_options options = options_for(bed.port);
    struct vl_error err = { .code = VL_OK };
    struct vl_target *target = vl_target_ssh(&options, &err);
    const char *path = argument;
    char *text = NULL;
    mode_t mode;

    if (!target || target->ops->write(target, path, path, 0600, NULL, &err) < 0 ||
        target->ops->read(target, path, &text, &mode, &err) < 0 || strcmp(text, path) != 0 ||
        target->ops->remove(target, path, &err) < 0)
        argument = NULL;
    if (!argument)
        (void)fprintf(stderr, "%s\n", vl_error_text(&err));
    free(text);
    vl_error_clear(&err);
    vl_target_close(target);
    return argument;
}

static void test_many_targets_at_once(void **state)
{
    pthread_t threads[THREADS];
    char *paths[THREADS];
    int good = 0;
    double start = now();

    (void)state;
    for (int i = 0; i < THREADS; i++) {
        paths[i] = vl_arena_printf(&bed.arena, "%s/many%d", bed.directory, i);
        assert_int_equal(pthread_create(&threads[i], NULL, use_target, paths[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        void *result = NULL;

        assert_int_equal(pthread_join(threads[i], &result), 0);
        good += result != NULL;
    }
    assert_int_equal(good, THREADS);
    print_message("%d targets at once: %.2f s\n", THREADS, now() - start);
}

static void test_measure(void **state)
{
    enum { ROUNDS = 10 };
    double times[5] = { now() };
    VL_TARGET_AUTO *target = NULL;
    VL_ERROR_AUTO err = { .code = VL_OK };

    (void)state;
    for (int i = 0; i < ROUNDS; i++) {
        vl_target_close(target);
        target = open_target();
    }
    times[1] = now();
    for (int i = 0; i < ROUNDS; i++)
        assert_int_equal(run_status(target, "exit 0"), 0);
    times[2] = now();
    for (int i = 0; i < ROUNDS; i++)
        assert_int_equal(target->ops->write(target, in_bed("measure"), "[general]\n", 0640, NULL, &err), 0);
    times[3] = now();
    for (int i = 0; i < ROUNDS; i++) {
        VL_FREE char *text = NULL;
        mode_t mode;

        assert_int_equal(target->ops->read(target, in_bed("measure"), &text, &mode, &err), 0);
    }
    times[4] = now();
    print_message("one connect %.1f ms, run %.1f ms, write %.1f ms, read %.1f ms\n",
                  (times[1] - times[0]) * 1000 / (double)ROUNDS, (times[2] - times[1]) * 1000 / (double)ROUNDS,
                  (times[3] - times[2]) * 1000 / (double)ROUNDS, (times[4] - times[3]) * 1000 / (double)ROUNDS);
}

/* Start the sshd of the tests, in the way in which it lets this user in. */
static bool start_bed(void)
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

static int set_up(void **state)
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

static int tear_down(void **state)
{
    VL_ERROR_AUTO err = { .code = VL_OK };

    (void)state;
    stop(bed.sshd);
    (void)vl_process_check((const char *const[]){ "rm", "-rf", "--", bed.directory, NULL }, NULL, NULL, &err);
    vl_arena_free(&bed.arena);
    return 0;
}

static int skip_all(const char *reason)
{
    const char *ci = getenv("CI");

    (void)fprintf(stderr, "skipped: %s\n", reason);
    return ci && strcmp(ci, "true") == 0 ? 1 : SKIPPED;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_write_and_read),
        cmocka_unit_test(test_empty_and_large_files),
        cmocka_unit_test(test_read_failures),
        cmocka_unit_test(test_write_failures_keep_the_old_file),
        cmocka_unit_test(test_write_follows_no_link_and_leaves_no_temporary),
        cmocka_unit_test(test_write_owner_and_group),
        cmocka_unit_test(test_facts),
        cmocka_unit_test(test_groups),
        cmocka_unit_test(test_prefetch),
        cmocka_unit_test(test_batch),
        cmocka_unit_test(test_batch_failures_touch_nothing),
        cmocka_unit_test(test_arguments_arrive_intact),
        cmocka_unit_test(test_exit_statuses),
        cmocka_unit_test(test_input),
        cmocka_unit_test(test_floods),
        cmocka_unit_test(test_short_commands_never_stall),
        cmocka_unit_test(test_hanging_command_is_ended_at_the_deadline),
        cmocka_unit_test(test_patience_ends),
        cmocka_unit_test(test_connection_lost),
        cmocka_unit_test(test_worker_killed),
        cmocka_unit_test(test_wrong_host_key),
        cmocka_unit_test(test_wrong_user_key),
        cmocka_unit_test(test_nobody_there),
        cmocka_unit_test(test_silent_server),
        cmocka_unit_test(test_private_key_is_not_with_the_worker),
        cmocka_unit_test(test_garbage_server),
        cmocka_unit_test(test_flood_of_beginnings),
        cmocka_unit_test(test_old_guest),
        cmocka_unit_test(test_ecdsa_user_key),
        cmocka_unit_test(test_worker_is_caged),
        cmocka_unit_test(test_worker_ends_with_the_program),
        cmocka_unit_test(test_many_targets_at_once),
        cmocka_unit_test(test_measure),
    };

    if (argc == 2 && strcmp(argv[1], VL_SSH_WORKER_ARGUMENT) == 0)
        return vl_ssh_worker_main();
    if (!vl_process_found("/usr/sbin/sshd") || !vl_process_found("ssh-keygen"))
        return skip_all("sshd and ssh-keygen are needed (Debian: openssh-server)");
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
