/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The local target: files under the root of a tree, files and commands of this host.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/file_ops.h"
#include "base/process.h"
#include "machine/target.h"
#include "plan/apply.h"
#include "plan/block.h"
#include "plan/plan.h"
#include "plan/print.h"

static struct {
    struct vl_arena arena;
    char directory[64];
    struct vl_target *tree; /* its root is "tree" in the directory */
    struct vl_target *host;
} bed;

static const char *in_bed(const char *name)
{
    return vl_arena_printf(&bed.arena, "%s/%s", bed.directory, name);
}

static void assert_says(const struct vl_error *err, const char *words)
{
    if (!strstr(vl_error_text(err), words))
        fail_msg("'%s' does not say '%s'", vl_error_text(err), words);
}

static void test_write_read_remove(void **state)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_FREE char *text = NULL, *outside = NULL;
    mode_t mode = 0;

    (void)state;
    assert_int_equal(bed.tree->ops->write(bed.tree, "/etc/asterisk/sip.conf", "[general]\n", 0640, NULL, &err), 0);
    assert_int_equal(bed.tree->ops->read(bed.tree, "/etc/asterisk/sip.conf", &text, &mode, &err), 0);
    assert_string_equal(text, "[general]\n");
    assert_int_equal(mode, 0640);
    assert_int_equal(vl_file_read(in_bed("tree/etc/asterisk/sip.conf"), 100, &outside, NULL, &err), 0);
    assert_string_equal(outside, text);
    assert_int_equal(bed.tree->ops->remove(bed.tree, "/etc/asterisk/sip.conf", &err), 0);
    assert_int_equal(bed.tree->ops->remove(bed.tree, "/etc/asterisk/sip.conf", &err), 0);
    assert_false(vl_file_exists(in_bed("tree/etc/asterisk/sip.conf")));
}

static void test_absent_and_impossible(void **state)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    char *text = NULL;
    mode_t mode;

    (void)state;
    assert_int_equal(bed.tree->ops->read(bed.tree, "/etc/absent", &text, &mode, &err), -1);
    assert_int_equal(err.code, VL_ERROR_NOTFOUND);
    assert_int_equal(bed.tree->ops->read(bed.tree, "/no/directory", &text, &mode, &err), -1);
    assert_int_equal(err.code, VL_ERROR_NOTFOUND);
    assert_int_equal(bed.tree->ops->read(bed.tree, "/etc/asterisk", &text, &mode, &err), -1);
    assert_int_equal(err.code, VL_ERROR_FAILED);
    assert_int_equal(bed.tree->ops->write(bed.tree, "/no/directory", "x", 0600, NULL, &err), -1);
    assert_null(text);
}

static void test_paths_stay_inside(void **state)
{
    static const char *const bad[] = { "",
                                       "etc/passwd",
                                       "/",
                                       "//etc",
                                       "/etc/",
                                       "/../passwd",
                                       "/etc/../../up",
                                       "/etc/..",
                                       "/./etc/x",
                                       "/etc//x",
                                       "/.",
                                       "/etc/asterisk/../../../x",
                                       "..",
                                       "/etc/.",
                                       "./x" };

    (void)state;
    for (size_t i = 0; i < VL_COUNT(bad); i++) {
        VL_ERROR_AUTO err = { .code = VL_OK };
        char *text = NULL;
        mode_t mode;

        assert_int_equal(bed.tree->ops->read(bed.tree, bad[i], &text, &mode, &err), -1);
        assert_says(&err, "not a plain absolute path");
        assert_int_equal(bed.tree->ops->write(bed.tree, bad[i], "x", 0600, NULL, &err), -1);
        assert_says(&err, "not a plain absolute path");
        assert_int_equal(bed.tree->ops->remove(bed.tree, bad[i], &err), -1);
        assert_says(&err, "not a plain absolute path");
    }
    {
        VL_ERROR_AUTO err = { .code = VL_OK };

        /* dots inside a name are just a name */
        assert_int_equal(bed.tree->ops->write(bed.tree, "/etc/..x", "x", 0600, NULL, &err), 0);
        assert_int_equal(bed.tree->ops->write(bed.tree, "/etc/.x.", "x", 0600, NULL, &err), 0);
    }
}

/* What a user other than root, whose the directory is, does for as long as it takes: two names of it change places. */
static pid_t start_swapping(const char *one, const char *other)
{
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid > 0)
        return pid;
    for (unsigned n = 0;; n++) {
        (void)renameat2(AT_FDCWD, one, AT_FDCWD, other, RENAME_EXCHANGE);
        if (n % 64 == 0)
            (void)poll(NULL, 0, 1);
        if (getppid() == 1)
            _exit(0);
    }
}

static void stop_swapping(pid_t pid)
{
    (void)kill(pid, SIGKILL);
    (void)waitpid(pid, NULL, 0);
}

enum { OTHER = 12345, TRIES = 3000, LONGEST_MS = 60000 };

/* So often, and until both sides of the race have been seen: on a busy machine one of the two may have all the time. */
static bool tries_again(int tries, bool seen, long long begun)
{
    return tries < TRIES || (!seen && vl_now_ms() - begun < LONGEST_MS);
}

static void make_theirs(const char *directory)
{
    assert_int_equal(mkdir(directory, 0755), 0);
    assert_int_equal(chown(directory, OTHER, OTHER), 0);
}

/* However a file and a link change places, what is read is never what the link leads to. */
static void test_no_link_is_read_in_a_race(void **state)
{
    const char *file = in_bed("theirs/sip.conf"), *link = in_bed("theirs/link");
    VL_ERROR_AUTO err = { .code = VL_OK };
    size_t got = 0, refused = 0;
    long long begun = vl_now_ms();
    pid_t swapper;

    (void)state;
    if (geteuid() != 0)
        skip();
    make_theirs(in_bed("theirs"));
    assert_int_equal(vl_file_write(in_bed("shadow"), "SUPERSECRET", 11, 0600, &err), 0);
    assert_int_equal(vl_file_write(file, "[general]\n", 10, 0644, &err), 0);
    assert_int_equal(chown(file, OTHER, OTHER), 0);
    assert_int_equal(symlink(in_bed("shadow"), link), 0);
    assert_int_equal(lchown(link, OTHER, OTHER), 0);
    swapper = start_swapping(file, link);
    for (int i = 0; tries_again(i, got && refused, begun); i++) {
        VL_ERROR_AUTO cause = { .code = VL_OK };
        VL_FREE char *text = NULL;
        mode_t mode;
        bool leaked;

        if (bed.host->ops->read(bed.host, file, &text, &mode, &cause) < 0) {
            refused++;
            continue;
        }
        got++;
        leaked = strstr(text, "SUPERSECRET") || mode == 0600;
        if (leaked)
            stop_swapping(swapper);
        assert_false(leaked);
    }
    stop_swapping(swapper);
    assert_true(got > 0);
    assert_true(refused > 0);
}

/* However a directory and a link change places, nothing is written where the link leads. */
static void test_no_link_is_written_through_in_a_race(void **state)
{
    const char *directory = in_bed("theirs2/d"), *link = in_bed("theirs2/link");
    VL_ERROR_AUTO err = { .code = VL_OK };
    size_t written = 0;
    long long begun = vl_now_ms();
    pid_t swapper;

    (void)state;
    if (geteuid() != 0)
        skip();
    make_theirs(in_bed("theirs2"));
    make_theirs(directory);
    assert_int_equal(mkdir(in_bed("roots"), 0755), 0);
    assert_int_equal(vl_file_write(in_bed("roots/precious"), "", 0, 0600, &err), 0);
    assert_int_equal(symlink(in_bed("roots"), link), 0);
    assert_int_equal(lchown(link, OTHER, OTHER), 0);
    swapper = start_swapping(directory, link);
    for (int i = 0; tries_again(i, written, begun); i++) {
        VL_ERROR_AUTO cause = { .code = VL_OK };

        written += bed.host->ops->write(bed.host, in_bed("theirs2/d/x.conf"), "x", 0644, NULL, &cause) == 0;
        vl_error_clear(&cause);
        (void)bed.host->ops->remove(bed.host, in_bed("theirs2/d/precious"), &cause);
    }
    stop_swapping(swapper);
    assert_true(written > 0);
    assert_int_equal(unlink(in_bed("roots/precious")), 0);
    assert_int_equal(rmdir(in_bed("roots")), 0); /* empty */
}

/* A name that somebody planted does not make the file theirs; one of Asterisk's own directory stays Asterisk's. */
static void test_planted_names(void **state)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    const char *planted = in_bed("sticky/phone.xml"), *kept = in_bed("theirs3/sip.conf");
    struct stat status;

    (void)state;
    if (geteuid() != 0)
        skip();
    assert_int_equal(mkdir(in_bed("sticky"), 0700), 0);
    assert_int_equal(chmod(in_bed("sticky"), 01777), 0);
    assert_int_equal(vl_file_write(planted, "", 0, 0600, &err), 0);
    assert_int_equal(chown(planted, OTHER, OTHER), 0);
    assert_int_equal(bed.host->ops->write(bed.host, planted, "secret", 0640, NULL, &err), 0);
    assert_int_equal(stat(planted, &status), 0);
    assert_int_equal(status.st_uid, 0);
    assert_int_equal(status.st_gid, 0);
    make_theirs(in_bed("theirs3"));
    assert_int_equal(vl_file_write(kept, "", 0, 0600, &err), 0);
    assert_int_equal(chown(kept, OTHER, OTHER), 0);
    assert_int_equal(bed.host->ops->write(bed.host, kept, "x", 0640, NULL, &err), 0);
    assert_int_equal(stat(kept, &status), 0);
    assert_int_equal(status.st_uid, OTHER);
    /* a directory that somebody planted, and a link */
    make_theirs(in_bed("sticky/out"));
    assert_int_equal(bed.host->ops->write(bed.host, in_bed("sticky/out/phone.xml"), "secret", 0640, NULL, &err), -1);
    assert_says(&err, "another user");
    assert_int_equal(symlink(in_bed("theirs3"), in_bed("sticky/link")), 0);
    assert_int_equal(lchown(in_bed("sticky/link"), OTHER, OTHER), 0);
    assert_int_equal(bed.host->ops->write(bed.host, in_bed("sticky/link/phone.xml"), "secret", 0640, NULL, &err), -1);
    assert_says(&err, "another user");
}

/* A second name of root's file in a directory of another is not read as theirs. */
static void test_second_names(void **state)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_FREE char *text = NULL;
    mode_t mode;

    (void)state;
    if (geteuid() != 0)
        skip();
    make_theirs(in_bed("theirs4"));
    assert_int_equal(vl_file_write(in_bed("shadow2"), "SUPERSECRET", 11, 0600, &err), 0);
    assert_int_equal(link(in_bed("shadow2"), in_bed("theirs4/sip.conf")), 0);
    assert_int_equal(bed.host->ops->read(bed.host, in_bed("theirs4/sip.conf"), &text, &mode, &err), -1);
    assert_says(&err, "another name");
}

static void test_links_do_not_lead_out(void **state)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_FREE char *secret = NULL, *inside = NULL;
    char *text = NULL;
    mode_t mode;

    (void)state;
    assert_int_equal(vl_file_write(in_bed("secret"), "secret", 6, 0600, &err), 0);
    assert_int_equal(symlink(in_bed("secret"), in_bed("tree/etc/link")), 0);
    assert_int_equal(symlink(bed.directory, in_bed("tree/etc/out")), 0);
    assert_int_equal(symlink("asterisk", in_bed("tree/etc/in")), 0);
    assert_int_equal(bed.tree->ops->read(bed.tree, "/etc/link", &text, &mode, &err), -1);
    assert_says(&err, "leads out of the tree");
    assert_int_equal(bed.tree->ops->read(bed.tree, "/etc/out/secret", &text, &mode, &err), -1);
    assert_says(&err, "leads out of the tree");
    assert_int_equal(bed.tree->ops->write(bed.tree, "/etc/out/secret", "x", 0600, NULL, &err), -1);
    assert_says(&err, "leads out of the tree");
    assert_int_equal(bed.tree->ops->remove(bed.tree, "/etc/out/secret", &err), -1);
    assert_says(&err, "leads out of the tree");
    /* a link that is replaced or removed is not followed */
    assert_int_equal(bed.tree->ops->write(bed.tree, "/etc/link", "new", 0600, NULL, &err), 0);
    assert_int_equal(vl_file_read(in_bed("secret"), 100, &secret, NULL, &err), 0);
    assert_string_equal(secret, "secret");
    assert_int_equal(bed.tree->ops->write(bed.tree, "/etc/in/iax.conf", "inside", 0600, NULL, &err), 0);
    assert_int_equal(bed.tree->ops->read(bed.tree, "/etc/asterisk/iax.conf", &inside, &mode, &err), 0);
    assert_string_equal(inside, "inside");
    assert_null(text);
}

static void test_root_with_the_same_beginning(void **state)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    char *text = NULL;
    mode_t mode;

    (void)state;
    assert_int_equal(mkdir(in_bed("tree-beside"), 0700), 0);
    assert_int_equal(vl_file_write(in_bed("tree-beside/file"), "x", 1, 0600, &err), 0);
    assert_int_equal(symlink(in_bed("tree-beside"), in_bed("tree/beside")), 0);
    assert_int_equal(bed.tree->ops->read(bed.tree, "/beside/file", &text, &mode, &err), -1);
    assert_says(&err, "leads out of the tree");
}

static void test_group(void **state)
{
    static const char groups[] = "root:x:0:\nasterisk:x:4321:\n";
    VL_ERROR_AUTO err = { .code = VL_OK };
    struct stat status;

    (void)state;
    if (geteuid() != 0)
        skip();
    /* a tree has groups of its own */
    assert_int_equal(vl_file_write(in_bed("tree/etc/group"), groups, strlen(groups), 0644, &err), 0);
    assert_int_equal(bed.tree->ops->write(bed.tree, "/etc/g1", "x", 0640, "asterisk", &err), 0);
    assert_int_equal(stat(in_bed("tree/etc/g1"), &status), 0);
    assert_int_equal(status.st_gid, 4321);
    assert_int_equal(status.st_mode & 07777, 0640);
    assert_int_equal(bed.tree->ops->write(bed.tree, "/etc/g2", "x", 0640, "daemon", &err), 0);
    assert_int_equal(stat(in_bed("tree/etc/g2"), &status), 0);
    assert_int_equal(status.st_gid, 0);
    assert_int_equal(bed.host->ops->write(bed.host, in_bed("g3"), "x", 0640, "daemon", &err), 0);
    assert_int_equal(stat(in_bed("g3"), &status), 0);
    assert_int_equal(status.st_gid, 1);
    assert_int_equal(bed.host->ops->write(bed.host, in_bed("g4"), "x", 0640, "no-such-group", &err), 0);
    assert_int_equal(stat(in_bed("g4"), &status), 0);
    assert_int_equal(status.st_gid, 0);
}

static int dead_fchown(int descriptor, uid_t owner, gid_t group)
{
    (void)descriptor;
    (void)owner;
    (void)group;
    errno = EIO;
    return -1;
}

/* A run that ends where the group is set has put no file in place that nobody but root can read. */
static void test_group_or_nothing(void **state)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    struct vl_file_ops broken = *vl_file_set_ops(NULL);
    int rc;

    (void)state;
    if (geteuid() != 0)
        skip();
    broken.fchown = dead_fchown;
    (void)vl_file_set_ops(&broken);
    rc = bed.host->ops->write(bed.host, in_bed("g5"), "x", 0640, "daemon", &err);
    (void)vl_file_set_ops(NULL);
    assert_int_equal(rc, -1);
    assert_says(&err, "group");
    assert_false(vl_file_exists(in_bed("g5")));
}

static const struct vl_fileset *one_file(const char *path, enum vl_file_kind kind, const char *text)
{
    struct vl_file *file = vl_arena_zalloc(&bed.arena, sizeof(*file));
    struct vl_fileset *files = vl_arena_zalloc(&bed.arena, sizeof(*files));

    assert_true(file && files);
    *file =
        (struct vl_file){ .path = path, .kind = kind, .mode = 0640, .group = "daemon", .text = text, .why = "test" };
    *files = (struct vl_fileset){ .files = file, .count = 1 };
    return files;
}

/* A file of another group, which a version before left or somebody else set, is put right by the next run. */
static void test_wrong_group_is_planned(void **state)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_PLAN_AUTO plan = { .steps = NULL };
    VL_PLAN_AUTO again = { .steps = NULL };
    const struct vl_fileset *files = one_file(in_bed("g6"), VL_FILE_WHOLE, "x\n");
    const struct vl_step *step;

    (void)state;
    if (geteuid() != 0)
        skip();
    assert_int_equal(vl_file_write(in_bed("g6"), "x\n", 2, 0640, &err), 0);
    assert_int_equal(vl_plan_files(&plan, bed.host, "here", files, 0, false, &err), 0);
    assert_int_equal(plan.count, 1);
    step = plan.steps;
    assert_non_null(strstr(vl_step_title(&arena, step), "for the group daemon"));
    assert_int_equal(bed.host->ops->write(bed.host, step->object, step->after, (mode_t)step->mode, step->group, &err),
                     0);
    assert_int_equal(vl_plan_files(&again, bed.host, "here", files, 0, false, &err), 0);
    assert_int_equal(again.count, 0);
}

/* When a step fails, what was written before goes: but for what was noted before the thing that it tells of was made.
 */
static void test_notes_stay(void **state)
{
    static const char *const fails[] = { "false", NULL };
    struct vl_session session = { .lab = NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_PLAN_AUTO plan = { .steps = NULL };

    (void)state;
    vl_plan_add(&plan,
                &(struct vl_step){
                    .kind = VL_STEP_FILE, .target = "here", .object = in_bed("goes"), .after = "x", .mode = 0600 });
    vl_plan_add(&plan,
                &(struct vl_step){
                    .kind = VL_STEP_FILE, .target = "here", .object = in_bed("note"), .after = "x", .mode = 0600 });
    vl_plan_stays(&plan, 1);
    vl_plan_add(&plan, &(struct vl_step){ .kind = VL_STEP_COMMAND, .target = "here", .object = "it", .argv = fails });
    assert_int_equal(vl_apply(&session, &plan, bed.host, &err), -1);
    assert_false(vl_file_exists(in_bed("goes")));
    assert_true(vl_file_exists(in_bed("note")));
}

static void test_facts(void **state)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    struct vl_path_facts facts = { .kind = VL_PATH_OTHER };

    (void)state;
    assert_int_equal(vl_file_write(in_bed("tree/etc/fact"), "x", 1, 0604, &err), 0);
    assert_int_equal(symlink("fact", in_bed("tree/etc/fact-link")), 0);
    assert_int_equal(bed.tree->ops->facts(bed.tree, "/etc/fact", &facts, &err), 0);
    assert_int_equal(facts.kind, VL_PATH_FILE);
    assert_int_equal(facts.mode, 0604);
    assert_int_equal(facts.owner, geteuid());
    assert_int_equal(bed.tree->ops->facts(bed.tree, "/etc", &facts, &err), 0);
    assert_int_equal(facts.kind, VL_PATH_DIRECTORY);
    assert_int_equal(bed.tree->ops->facts(bed.tree, "/etc/fact/below", &facts, &err), 0);
    assert_int_equal(facts.kind, VL_PATH_NONE);
    assert_int_equal(bed.tree->ops->facts(bed.tree, "/etc/fact-link", &facts, &err), 0);
    assert_int_equal(facts.kind, VL_PATH_LINK);
    assert_string_equal(facts.link, "fact");
    assert_string_equal(facts.real, "/etc/fact");
    assert_int_equal(facts.mode, 0604);
    vl_path_facts_free(&facts);
}

static void assert_link_refused(const char *path, enum vl_file_kind kind)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_PLAN_AUTO plan = { .steps = NULL };

    assert_int_equal(vl_plan_files(&plan, bed.tree, "here", one_file(path, kind, "; ours\n"), 0, false, &err), -1);
    assert_says(&err, "is a symbolic link, which would be lost");
    assert_says(&err, path);
}

/* A link would become a file: refused while nothing has changed yet. */
static void test_links_are_not_replaced(void **state)
{
    VL_ERROR_AUTO err = { .code = VL_OK };

    (void)state;
    assert_int_equal(mkdir(in_bed("tree/srv"), 0700), 0);
    assert_int_equal(vl_file_write(in_bed("tree/srv/sip.conf"), "; mine\n", 7, 0640, &err), 0);
    assert_int_equal(symlink("../srv/sip.conf", in_bed("tree/etc/linked")), 0);
    assert_int_equal(symlink("nowhere/at/all", in_bed("tree/etc/dangling")), 0);
    assert_link_refused("/etc/linked", VL_FILE_BLOCK);
    assert_link_refused("/etc/linked", VL_FILE_WHOLE);
    assert_link_refused("/etc/linked", VL_FILE_GONE);
    assert_link_refused("/etc/dangling", VL_FILE_BLOCK);
}

/* What needs no change behind a link is no matter, until it is to be taken out. */
static void test_right_links_are_left(void **state)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_PLAN_AUTO plan = { .steps = NULL };
    const struct vl_fileset *files = one_file("/etc/right", VL_FILE_BLOCK, "; ours\n");
    const char *whole = vl_block_put(&bed.arena, "; mine\n", "; ours\n", vl_block_comment("/etc/right"));

    (void)state;
    assert_int_equal(vl_file_write(in_bed("tree/srv/right"), whole, strlen(whole), 0640, &err), 0);
    assert_int_equal(symlink("../srv/right", in_bed("tree/etc/right")), 0);
    assert_int_equal(vl_plan_files(&plan, bed.tree, "here", files, 0, false, &err), 0);
    assert_int_equal(plan.count, 0);
    assert_int_equal(vl_plan_files_removed(&plan, bed.tree, "here", files, 0, &err), -1);
    assert_says(&err, "is a symbolic link, which would be lost");
}

static void test_run(void **state)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    struct vl_command_result result = { .output = NULL };

    (void)state;
    assert_int_equal(
        bed.host->ops->run(bed.host, (const char *const[]){ "cat", NULL }, "it's $HOME\n", 0, &result, &err), 0);
    assert_int_equal(result.status, 0);
    assert_string_equal(result.output, "it's $HOME\n");
    vl_command_result_free(&result);
    assert_int_equal(
        bed.host->ops->run(bed.host, (const char *const[]){ "sh", "-c", "kill -9 $$", NULL }, NULL, 0, &result, &err),
        0);
    assert_int_equal(result.status, 128 + 9);
    vl_command_result_free(&result);
    assert_int_equal(
        bed.host->ops->run(bed.host, (const char *const[]){ "sleep", "30", NULL }, NULL, 100, &result, &err), -1);
    assert_int_equal(err.code, VL_ERROR_TIMEOUT);
    assert_int_equal(
        bed.host->ops->run(bed.host, (const char *const[]){ "/no/such/program", NULL }, NULL, 0, &result, &err), -1);
    assert_int_equal(bed.tree->ops->run(bed.tree, (const char *const[]){ "true", NULL }, NULL, 0, &result, &err), -1);
    assert_says(&err, "a tree of files");
}

static void test_names_and_roots(void **state)
{
    VL_ERROR_AUTO err = { .code = VL_OK };

    (void)state;
    assert_string_equal(bed.host->name, "this host");
    assert_string_equal(bed.tree->name, in_bed("tree"));
    assert_null(vl_target_local(in_bed("absent"), &err));
    assert_says(&err, "as the root of a tree");
    vl_target_close(NULL);
}

static int set_up(void **state)
{
    VL_ERROR_AUTO err = { .code = VL_OK };

    (void)state;
    (void)snprintf(bed.directory, sizeof(bed.directory), "/tmp/voiplab-test-local-XXXXXX");
    if (!mkdtemp(bed.directory) || vl_file_mkdirs(in_bed("tree/etc/asterisk"), 0755, &err) < 0)
        return -1;
    bed.tree = vl_target_local(in_bed("tree/"), &err);
    bed.host = vl_target_local("/", &err);
    return bed.tree && bed.host ? 0 : -1;
}

static int tear_down(void **state)
{
    VL_ERROR_AUTO err = { .code = VL_OK };

    (void)state;
    vl_target_close(bed.tree);
    vl_target_close(bed.host);
    (void)vl_process_check((const char *const[]){ "rm", "-rf", "--", bed.directory, NULL }, NULL, NULL, &err);
    vl_arena_free(&bed.arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_write_read_remove),
        cmocka_unit_test(test_absent_and_impossible),
        cmocka_unit_test(test_paths_stay_inside),
        cmocka_unit_test(test_links_do_not_lead_out),
        cmocka_unit_test(test_no_link_is_read_in_a_race),
        cmocka_unit_test(test_no_link_is_written_through_in_a_race),
        cmocka_unit_test(test_planted_names),
        cmocka_unit_test(test_second_names),
        cmocka_unit_test(test_root_with_the_same_beginning),
        cmocka_unit_test(test_group),
        cmocka_unit_test(test_group_or_nothing),
        cmocka_unit_test(test_wrong_group_is_planned),
        cmocka_unit_test(test_notes_stay),
        cmocka_unit_test(test_facts),
        cmocka_unit_test(test_links_are_not_replaced),
        cmocka_unit_test(test_right_links_are_left),
        cmocka_unit_test(test_run),
        cmocka_unit_test(test_names_and_roots),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
