/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * `dialplan lint --fix --yes` with every operation on files failing in turn: all files are as they were, and after a
 * kill each is its old or its new self. With a lab, what was there is kept before it is changed, or nothing is changed.
 */
#include <fcntl.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/file_ops.h"
#include "support.h"
#include "voiplab.h"

#define OLD "[a]\nexten => 1,1,Dial(DAHDI/1|20)\nexten => 1,2,Dial(DAHDI/1|20)\nexten => 1,2,Hangup()\n"
#define LAB SOURCE_DIRECTORY "/share/labs/quickstart.ini"

enum { FILES = 3 };

static char *directory;
static struct voiplab_options options = VOIPLAB_OPTIONS_INIT;
static const struct vl_file_ops *kernel;

/* The n-th call that changes a name fails, and with `dead` all that come after it. */
static struct {
    int calls, at;
    bool dead;
} plan;

static bool goes_wrong(void)
{
    plan.calls++;
    errno = EIO;
    return plan.at && (plan.dead ? plan.calls >= plan.at : plan.calls == plan.at);
}

static int fake_open(const char *path, int flags, mode_t mode)
{
    return goes_wrong() ? -1 : kernel->open(path, flags, mode);
}

static ssize_t fake_write(int descriptor, const void *bytes, size_t length)
{
    return goes_wrong() ? -1 : kernel->write(descriptor, bytes, length);
}

static int fake_fsync(int descriptor)
{
    return goes_wrong() ? -1 : kernel->fsync(descriptor);
}

static int fake_rename(const char *from, const char *to)
{
    return goes_wrong() ? -1 : kernel->rename(from, to);
}

static int fake_mkdir(const char *path, mode_t mode)
{
    return goes_wrong() ? -1 : kernel->mkdir(path, mode);
}

static char *path_of(int number)
{
    char *path = NULL;

    assert_true(asprintf(&path, "%s/%d.conf", directory, number) > 0);
    return path;
}

static void make_files(void)
{
    for (int i = 0; i < FILES; i++) {
        VL_FREE char *path = path_of(i);

        write_whole(path, OLD);
    }
}

/* How many files are as they were; the others have the new text, as a whole. */
static int count_old(const char *new)
{
    int count = 0;

    for (int i = 0; i < FILES; i++) {
        VL_FREE char *path = path_of(i), *text = read_whole(path);

        count += !strcmp(text, OLD);
        if (strcmp(text, OLD) != 0 && new)
            assert_string_equal(text, new);
    }
    return count;
}

static enum voiplab_status fix(void)
{
    VL_FREE char *one = path_of(0), *two = path_of(1), *three = path_of(2);
    const char *const names[FILES + 1] = { one, two, three, NULL };
    const struct voiplab_lint lint = { .size = sizeof(lint), .fix = true, .write = true };
    const struct voiplab_request request = {
        .size = sizeof(request), .command = VOIPLAB_DIALPLAN_LINT, .names = names, .parameters.lint = &lint
    };
    voiplab_error *error = NULL;
    voiplab_result *result = NULL;
    voiplab_lab *lab = voiplab_open(&options, &error);
    enum voiplab_status status;

    assert_non_null(lab);
    status = voiplab_run(lab, &request, &result, &error);
    voiplab_result_free(result);
    voiplab_error_free(error);
    voiplab_close(lab);
    return status;
}

static int make_place(void **state)
{
    static struct vl_file_ops fake;

    (void)state;
    directory = make_directory();
    kernel = vl_file_set_ops(NULL);
    fake = *kernel;
    fake.open = fake_open;
    fake.write = fake_write;
    fake.fsync = fake_fsync;
    fake.rename = fake_rename;
    fake.mkdir = fake_mkdir;
    plan.calls = plan.at = 0;
    (void)vl_file_set_ops(&fake);
    options = (struct voiplab_options){ .size = sizeof(options), .share_directory = SOURCE_DIRECTORY "/share" };
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

/* Fail at each call in turn; one call that fails undoes all, and so does a death but for what it had come to. */
static void fail_everywhere(bool dead)
{
    VL_FREE char *first = path_of(0), *new = NULL;
    int calls, mixed = 0;

    make_files();
    assert_int_equal(fix(), VOIPLAB_OK);
    assert_int_equal(count_old(NULL), 0);
    new = read_whole(first);
    calls = plan.calls;
    assert_true(calls >= FILES * 5);
    for (int at = 1; at <= calls; at++) {
        make_files();
        plan.calls = 0;
        plan.at = at;
        plan.dead = dead;
        assert_int_equal(fix(), VOIPLAB_FAILED);
        if (!dead)
            assert_int_equal(count_old(new), FILES);
        mixed += count_old(new) < FILES;
    }
    assert_int_equal(mixed > 0, dead);
    plan.at = 0;
    make_files();
    assert_int_equal(fix(), VOIPLAB_OK);
    assert_int_equal(count_old(new), 0);
}

static void test_failures(void **state)
{
    (void)state;
    fail_everywhere(false);
}

static void test_deaths(void **state)
{
    (void)state;
    fail_everywhere(true);
}

/* What a lab keeps is kept first: while it cannot be, no file is changed. */
static void test_backup_first(void **state)
{
    VL_FREE char *store = NULL, *first = path_of(0), *kept = NULL, *text = NULL;

    (void)state;
    assert_true(asprintf(&store, "%s/state", directory) > 0);
    options.lab_file = LAB;
    options.state_directory = store;
    make_files();
    plan.at = 1; /* the directory of the backups */
    plan.dead = false;
    assert_int_equal(fix(), VOIPLAB_FAILED);
    assert_int_equal(count_old(NULL), FILES);
    plan.at = 0;
    assert_int_equal(fix(), VOIPLAB_OK);
    assert_int_equal(count_old(NULL), 0);
    assert_true(asprintf(&kept, "%s/quickstart/backup/this host/%s", store, first) > 0);
    for (char *slash = kept + strlen(kept) - strlen(first); *slash; slash++)
        *slash = *slash == '/' ? '%' : *slash;
    text = read_whole(kept);
    assert_string_equal(text, OLD);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_place, clear_place)

int main(void)
{
    const struct CMUnitTest tests[] = { TEST(test_failures), TEST(test_deaths), TEST(test_backup_first) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
