/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Atomic files, with every operation failing in turn. After each failure the file is its old or its new self, and
 * nothing but at most one `.NAME.voiplab` lies beside it; the next write goes through.
 */
#include "support.h"

#include <dirent.h>
#include <fcntl.h>

#include "base/cleanup.h"
#include "base/delete.h"
#include "base/file.h"
#include "base/file_ops.h"

#define OLD "type=peer\n; old\n"
#define NEW "type=friend\n; new, and longer than what was there before\n"

enum operation { OPEN, WRITE, FCHMOD, FCHOWN, FSYNC, RENAME, UNLINK, MKDIR, RMDIR, CHMOD, MKDTEMP, OPERATIONS };

/* What shall go wrong: the n-th call (from 1) of one operation with this errno; writes may be short as well. */
static struct {
    int calls[OPERATIONS];
    enum operation wrong;
    int at, error;
    bool then_dead; /* and nothing works from then on, as after a kill */
    bool dead;
    size_t most;         /* bytes that one write takes; 0: all */
    gid_t renamed_group; /* whose the temporary was when it was put in place */
} plan;

static int goes_wrong(enum operation operation)
{
    int call = ++plan.calls[operation];

    if (plan.dead || (plan.at && operation == plan.wrong && call == plan.at)) {
        plan.dead = plan.then_dead;
        errno = plan.error;
        return -1;
    }
    return 0;
}

static int fake_open(const char *path, int flags, mode_t mode)
{
    return goes_wrong(OPEN) ? -1 : open(path, flags, mode);
}

static ssize_t fake_write(int descriptor, const void *bytes, size_t length)
{
    if (goes_wrong(WRITE))
        return -1;
    return write(descriptor, bytes, plan.most && length > plan.most ? plan.most : length);
}

static int fake_fchmod(int descriptor, mode_t mode)
{
    return goes_wrong(FCHMOD) ? -1 : fchmod(descriptor, mode);
}

static int fake_fchown(int descriptor, uid_t owner, gid_t group)
{
    return goes_wrong(FCHOWN) ? -1 : fchown(descriptor, owner, group);
}

static int fake_fsync(int descriptor)
{
    return goes_wrong(FSYNC) ? -1 : fsync(descriptor);
}

static int fake_rename(const char *from, const char *to)
{
    struct stat status;

    plan.renamed_group = stat(from, &status) == 0 ? status.st_gid : (gid_t)-1;
    return goes_wrong(RENAME) ? -1 : rename(from, to);
}

static int fake_unlink(const char *path)
{
    return goes_wrong(UNLINK) ? -1 : unlink(path);
}

static int fake_mkdir(const char *path, mode_t mode)
{
    return goes_wrong(MKDIR) ? -1 : mkdir(path, mode);
}

static int fake_rmdir(const char *path)
{
    return goes_wrong(RMDIR) ? -1 : rmdir(path);
}

static int fake_chmod(const char *path, mode_t mode)
{
    return goes_wrong(CHMOD) ? -1 : chmod(path, mode);
}

static char *fake_mkdtemp(char *template)
{
    return goes_wrong(MKDTEMP) ? NULL : mkdtemp(template);
}

static const struct vl_file_ops fake_ops = {
    .open = fake_open,
    .write = fake_write,
    .fchmod = fake_fchmod,
    .fchown = fake_fchown,
    .fsync = fake_fsync,
    .rename = fake_rename,
    .unlink = fake_unlink,
    .mkdir = fake_mkdir,
    .rmdir = fake_rmdir,
    .chmod = fake_chmod,
    .mkdtemp = fake_mkdtemp,
};

static char *directory;

static int make_place(void **state)
{
    (void)state;
    directory = make_directory();
    memset(&plan, 0, sizeof(plan));
    (void)vl_file_set_ops(&fake_ops);
    return 0;
}

static int clear_place(void **state)
{
    (void)state;
    (void)vl_file_set_ops(NULL);
    remove_tree(directory);
    free(directory);
    return 0;
}

static char *path_of(const char *name)
{
    char *path = NULL;

    assert_true(asprintf(&path, "%s/%s", directory, name) > 0);
    return path;
}

/* Whatever else happened: `file` is `one` or `two` (NULL: not there), and beside it is at most its temporary. */
static void check_place(const char *one, const char *two)
{
    DIR *entries = opendir(directory);
    VL_FREE char *path = path_of("file"), *text = NULL;

    assert_non_null(entries);
    for (const struct dirent *entry; (entry = readdir(entries));)
        assert_true(entry->d_name[0] != '.' ? !strcmp(entry->d_name, "file")
                                            : !strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..") ||
                                                  !strcmp(entry->d_name, ".file.voiplab"));
    (void)closedir(entries);
    if (access(path, F_OK) != 0) {
        assert_true(!one || !two);
        return;
    }
    text = read_whole(path);
    assert_true((one && !strcmp(text, one)) || (two && !strcmp(text, two)));
}

static int put(const char *text, struct vl_error *err)
{
    VL_FREE char *path = path_of("file");

    return vl_file_write(path, text, strlen(text), 0640, err);
}

static void test_write(void **state)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_FREE char *path = path_of("file"), *text = NULL;
    struct stat status;
    mode_t mask = umask(0077);

    (void)state;
    assert_int_equal(put(OLD, &err), 0);
    (void)umask(mask);
    assert_int_equal(vl_file_read(path, 4096, &text, &status, &err), 0);
    assert_string_equal(text, OLD);
    assert_int_equal(status.st_mode & 07777, 0640);
    assert_int_equal(put(NEW, &err), 0);
    check_place(NEW, NEW);
    assert_int_equal(err.code, VL_OK);
    /* file and directory are both synced, each time */
    assert_int_equal(plan.calls[FSYNC], 4);
}

/* Every operation that a write makes, failing at every call that it makes of it. */
static void fail_everywhere(const char *before, bool then_dead)
{
    static const int errors[] = { EIO, ENOSPC };
    int calls[OPERATIONS], failures = 0;

    assert_int_equal(put(NEW, &(struct vl_error){ .code = VL_OK }), 0);
    memcpy(calls, plan.calls, sizeof(calls));
    for (int operation = 0; operation < OPERATIONS; operation++)
        for (int at = 1; at <= calls[operation]; at++)
            for (size_t i = 0; i < VL_COUNT(errors); i++) {
                VL_ERROR_AUTO err = { .code = VL_OK };
                VL_FREE char *path = path_of("file");

                memset(&plan, 0, sizeof(plan));
                (void)unlink(path);
                if (before)
                    assert_int_equal(put(before, &err), 0);
                memset(&plan, 0, sizeof(plan));
                plan.wrong = (enum operation)operation;
                plan.at = at;
                plan.error = errors[i];
                plan.then_dead = then_dead;
                assert_int_equal(put(NEW, &err), -1);
                assert_int_equal(err.code, VL_ERROR_FAILED);
                assert_non_null(strstr(vl_error_text(&err), strerror(errors[i])));
                check_place(before, NEW);
                memset(&plan, 0, sizeof(plan));
                vl_error_clear(&err);
                assert_int_equal(put(NEW, &err), 0);
                check_place(NEW, NEW);
                failures++;
            }
    assert_true(failures >= 12);
}

static void test_write_fails(void **state)
{
    (void)state;
    fail_everywhere(OLD, false);
}

static void test_write_new_fails(void **state)
{
    (void)state;
    fail_everywhere(NULL, false);
}

static void test_write_killed(void **state)
{
    (void)state;
    fail_everywhere(OLD, true);
}

static void test_short_writes(void **state)
{
    VL_ERROR_AUTO err = { .code = VL_OK };

    (void)state;
    plan.most = 3;
    assert_int_equal(put(NEW, &err), 0);
    check_place(NEW, NEW);
    assert_int_equal(plan.calls[WRITE], (strlen(NEW) + 2) / 3);
}

static void test_interrupted_write(void **state)
{
    VL_ERROR_AUTO err = { .code = VL_OK };

    (void)state;
    plan.most = 10;
    plan.wrong = WRITE;
    plan.at = 2;
    plan.error = EINTR;
    assert_int_equal(put(NEW, &err), 0);
    check_place(NEW, NEW);
}

/* A temporary that a killed run left, or that somebody put there to be followed, is replaced and not followed. */
static void test_left_over(void **state)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_FREE char *temporary = path_of(".file.voiplab"), *victim = path_of("victim"), *text = NULL;

    (void)state;
    write_whole(temporary, "half a li");
    assert_int_equal(put(NEW, &err), 0);
    check_place(NEW, NEW);
    write_whole(victim, "untouched");
    assert_int_equal(symlink(victim, temporary), 0);
    assert_int_equal(put(OLD, &err), 0);
    text = read_whole(victim);
    assert_string_equal(text, "untouched");
    assert_int_equal(unlink(victim), 0);
    check_place(OLD, OLD);
}

/* The name is replaced, not what it points to: the link becomes a file, its old target stays as it was. */
static void test_symlink_target(void **state)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_FREE char *path = path_of("file"), *elsewhere = path_of("elsewhere"), *text = NULL;
    struct stat status;

    (void)state;
    write_whole(elsewhere, "untouched");
    assert_int_equal(symlink(elsewhere, path), 0);
    assert_int_equal(put(NEW, &err), 0);
    assert_int_equal(lstat(path, &status), 0);
    assert_true(S_ISREG(status.st_mode));
    text = read_whole(elsewhere);
    assert_string_equal(text, "untouched");
}

static void check_owner(const char *path, uid_t owner, gid_t group, mode_t mode)
{
    struct stat status;

    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_uid, owner);
    assert_int_equal(status.st_gid, group);
    assert_int_equal(status.st_mode & 07777, mode);
}

static void test_owner_kept(void **state)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_FREE char *path = path_of("file");

    (void)state;
    if (geteuid() != 0)
        skip();
    assert_int_equal(put(OLD, &err), 0);
    assert_int_equal(chown(path, 4242, 4343), 0);
    assert_int_equal(put(NEW, &err), 0);
    check_owner(path, 4242, 4343, 0640);
    /* the owner cannot be kept: better no new file than one of somebody else */
    memset(&plan, 0, sizeof(plan));
    plan.wrong = FCHOWN;
    plan.at = 1;
    plan.error = EPERM;
    assert_int_equal(put(OLD, &err), -1);
    check_place(NEW, NEW);
}

/* The group is there before the name is: a kill between the two would leave a file that its reader may not read. */
static void test_group_before_name(void **state)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_FREE char *path = path_of("file");

    (void)state;
    if (geteuid() != 0)
        skip();
    for (int i = 0; i < 2; i++) { /* made, and replaced */
        memset(&plan, 0, sizeof(plan));
        assert_int_equal(vl_file_write_shown(path, path, i ? NEW : OLD, strlen(i ? NEW : OLD), 02640, 4343, &err), 0);
        assert_int_equal(plan.renamed_group, 4343);
        check_owner(path, 0, 4343, 02640);
        assert_int_equal(chown(path, 0, 0), 0);
    }
    /* killed where the group is set: the old file, or none */
    for (int i = 0; i < 2; i++) {
        memset(&plan, 0, sizeof(plan));
        plan.wrong = FCHOWN;
        plan.at = 1;
        plan.error = EPERM;
        plan.then_dead = true;
        assert_int_equal(vl_file_write_shown(path, path, OLD, strlen(OLD), 0640, 4343, &err), -1);
        check_place(i ? NULL : NEW, i ? NULL : NEW);
        (void)unlink(path);
    }
}

static void test_read_refusals(void **state)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_FREE char *missing = path_of("missing"), *below = path_of("file/below"), *fifo = path_of("fifo");
    VL_FREE char *path = path_of("file"), *text = NULL;
    FILE *file;

    (void)state;
    assert_int_equal(vl_file_read(missing, 10, &text, NULL, &err), -1);
    assert_int_equal(err.code, VL_ERROR_NOTFOUND);
    assert_int_equal(vl_file_read(directory, 10, &text, NULL, &err), -1);
    assert_int_equal(err.code, VL_ERROR_FAILED);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    assert_int_equal(vl_file_read(fifo, 10, &text, NULL, &err), -1);
    write_whole(path, "1234567890");
    assert_int_equal(vl_file_read(path, 9, &text, NULL, &err), -1);
    assert_null(text);
    assert_int_equal(vl_file_read(path, 10, &text, NULL, &err), 0);
    assert_int_equal(vl_file_read(below, 10, &missing, NULL, &err), -1);
    assert_int_equal(err.code, VL_ERROR_NOTFOUND);
    file = fopen(path, "we");
    assert_non_null(file);
    assert_int_equal(fwrite("a\0b", 1, 3, file), 3);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(vl_file_read(path, 10, &missing, NULL, &err), -1);
    assert_non_null(strstr(vl_error_text(&err), "NUL"));
}

static void test_remove(void **state)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_FREE char *path = path_of("file"), *below = path_of("file/below");

    (void)state;
    assert_int_equal(vl_file_remove(path, &err), 0);
    write_whole(path, OLD);
    assert_int_equal(vl_file_remove(below, &err), 0);
    assert_true(vl_file_exists(path));
    assert_int_equal(vl_file_remove(path, &err), 0);
    assert_false(vl_file_exists(path));
    assert_int_equal(vl_file_remove(directory, &err), -1);
    write_whole(path, OLD);
    memset(&plan, 0, sizeof(plan));
    plan.wrong = UNLINK;
    plan.at = 1;
    plan.error = EIO;
    assert_int_equal(vl_file_remove(path, &err), -1);
    check_place(OLD, OLD);
}

/* The next call of one operation goes wrong with this errno. */
static void break_next(enum operation operation, int error)
{
    memset(&plan, 0, sizeof(plan));
    plan.wrong = operation;
    plan.at = 1;
    plan.error = error;
}

/* What lies ready is synced before it gets its name, and the directory after that; else the old one stays. */
static void test_rename(void **state)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_FREE char *from = path_of("part"), *path = path_of("file"), *text = NULL;

    (void)state;
    assert_int_equal(vl_file_rename(from, path, &err), -1);
    assert_false(vl_file_exists(path));
    write_whole(path, OLD);
    write_whole(from, NEW);
    break_next(FSYNC, EIO);
    assert_int_equal(vl_file_rename(from, path, &err), -1);
    assert_int_equal(plan.calls[RENAME], 0);
    break_next(RENAME, EIO);
    assert_int_equal(vl_file_rename(from, path, &err), -1);
    assert_true(vl_file_exists(from));
    memset(&plan, 0, sizeof(plan));
    assert_int_equal(vl_file_rename(from, path, &err), 0);
    assert_int_equal(plan.calls[FSYNC], 2);
    assert_false(vl_file_exists(from));
    text = read_whole(path);
    assert_string_equal(text, NEW);
}

/* A directory takes its name like a file; one that is there and not empty is not replaced. */
static void test_rename_directory(void **state)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_FREE char *from = path_of("part/below"), *old = path_of("old/below"), *part = path_of("part");
    VL_FREE char *other = path_of("old");

    (void)state;
    assert_int_equal(vl_file_mkdirs(from, 0755, &err), 0);
    assert_int_equal(vl_file_mkdirs(old, 0755, &err), 0);
    assert_int_equal(vl_file_rename(part, other, &err), -1);
    assert_int_equal(vl_file_remove_tree(other, &err), 0);
    assert_int_equal(vl_file_rename(part, other, &err), 0);
    assert_true(vl_file_exists(old));
}

/* Of several who drop or move one file, one does; nothing is synced, and errno says why it was not done. */
static void test_drop(void **state)
{
    VL_FREE char *path = path_of("file"), *moved = path_of("moved");

    (void)state;
    write_whole(path, OLD);
    assert_true(vl_file_move(path, moved));
    assert_false(vl_file_move(path, moved));
    assert_int_equal(errno, ENOENT);
    assert_true(vl_file_drop(moved));
    assert_false(vl_file_drop(moved));
    assert_int_equal(errno, ENOENT);
    write_whole(path, OLD);
    assert_false(vl_file_drop_directory(directory));
    assert_int_equal(errno, ENOTEMPTY);
    break_next(UNLINK, EROFS);
    assert_false(vl_file_drop(path));
    assert_int_equal(errno, EROFS);
    check_place(OLD, OLD);
    assert_int_equal(plan.calls[FSYNC], 0);
    vl_file_sync_names(directory);
    assert_int_equal(plan.calls[FSYNC], 1);
}

/* A scratch directory is another one each time; its tree goes with it, and what a link in it points to does not. */
static void test_scratch(void **state)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_FREE char *one = vl_file_scratch(directory, "seed", &err), *other = vl_file_scratch(directory, "seed", &err);
    VL_FREE char *victim = path_of("file"), *below = NULL, *link = NULL;
    struct stat status;

    (void)state;
    assert_true(one && other && strcmp(one, other) != 0);
    assert_int_equal(stat(one, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0700);
    write_whole(victim, "untouched");
    assert_true(asprintf(&below, "%s/a/b", one) > 0 && asprintf(&link, "%s/a/b/link", one) > 0);
    assert_int_equal(vl_file_mkdirs(below, 0700, &err), 0);
    assert_int_equal(symlink(victim, link), 0);
    /* what cannot be removed is told, and the rest of it can be later */
    break_next(UNLINK, EPERM);
    assert_int_equal(vl_file_remove_tree(one, &err), -1);
    assert_non_null(strstr(vl_error_text(&err), one));
    memset(&plan, 0, sizeof(plan));
    vl_error_clear(&err);
    assert_int_equal(vl_file_remove_tree(one, &err), 0);
    assert_int_equal(vl_file_remove_tree(one, &err), 0);
    assert_int_equal(vl_file_remove_tree(other, &err), 0);
    check_place("untouched", "untouched");
    assert_int_equal(plan.calls[UNLINK], 1);
    assert_int_equal(plan.calls[RMDIR], 3 + 1 + 1);
    break_next(MKDTEMP, ENOSPC);
    assert_null(vl_file_scratch(directory, "seed", &err));
    assert_non_null(strstr(vl_error_text(&err), strerror(ENOSPC)));
}

/* A file of the kernel's is written to as it is, and not made. */
static void test_tell_kernel(void **state)
{
    VL_FREE char *path = path_of("file"), *text = NULL;
    int device;

    (void)state;
    assert_false(vl_file_tell_kernel(path, "1"));
    assert_false(vl_file_exists(path));
    write_whole(path, "0\n");
    assert_true(vl_file_tell_kernel(path, "1"));
    text = read_whole(path);
    assert_string_equal(text, "1\n");
    device = vl_file_open_device("/dev/null");
    assert_true(device >= 0);
    (void)close(device);
    break_next(OPEN, EACCES);
    assert_int_equal(vl_file_open_device("/dev/null"), -1);
    assert_int_equal(errno, EACCES);
}

static void test_mkdirs(void **state)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_FREE char *deep = path_of("a/b/c"), *file = path_of("file"), *below = path_of("file/x");
    struct stat status;

    (void)state;
    assert_int_equal(vl_file_mkdirs(deep, 0700, &err), 0);
    assert_int_equal(vl_file_mkdirs(deep, 0700, &err), 0);
    assert_int_equal(stat(deep, &status), 0);
    assert_true(S_ISDIR(status.st_mode));
    assert_int_equal(status.st_mode & 07777, 0700);
    assert_int_equal(plan.calls[MKDIR], 3);
    assert_int_equal(plan.calls[CHMOD], 3);
    write_whole(file, OLD);
    assert_int_equal(vl_file_mkdirs(below, 0700, &err), -1);
    assert_int_equal(vl_file_mkdirs(file, 0700, &err), -1);
}

static void test_lock(void **state)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_FREE char *path = path_of("lock");
    int first = vl_file_lock(path, "another voiplab works on this lab", &err), again;

    (void)state;
    assert_true(first >= 0);
    assert_int_equal(vl_file_lock(path, "another voiplab works on this lab", &err), -1);
    assert_string_equal(vl_error_text(&err), "another voiplab works on this lab");
    (void)close(first);
    again = vl_file_lock(path, "busy", &err);
    assert_true(again >= 0);
    (void)close(again);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_place, clear_place)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_write),
        TEST(test_write_fails),
        TEST(test_write_new_fails),
        TEST(test_write_killed),
        TEST(test_short_writes),
        TEST(test_interrupted_write),
        TEST(test_left_over),
        TEST(test_symlink_target),
        TEST(test_group_before_name),
        TEST(test_owner_kept),
        TEST(test_read_refusals),
        TEST(test_remove),
        TEST(test_mkdirs),
        TEST(test_lock),
        TEST(test_rename),
        TEST(test_rename_directory),
        TEST(test_drop),
        TEST(test_scratch),
        TEST(test_tell_kernel),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
