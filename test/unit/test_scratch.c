/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Directories for the time of a piece of work: gone with it, and when it was killed with the next one.
 */
#include "support.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/scratch.h"

static char *directory;

static int make_place(void **state)
{
    (void)state;
    directory = make_directory();
    return 0;
}

static int clear_place(void **state)
{
    (void)state;
    remove_tree(directory);
    free(directory);
    return 0;
}

static void fill(const struct vl_scratch *scratch)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_FREE char *path = NULL;

    assert_true(asprintf(&path, "%s/accounts", scratch->path) > 0);
    assert_int_equal(vl_file_write(path, "secret", 6, 0600, &err), 0);
}

static void test_removed(void **state)
{
    VL_SCRATCH_AUTO scratch = VL_SCRATCH_INIT;
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_FREE char *path = NULL;
    struct stat status;

    (void)state;
    assert_int_equal(vl_scratch_make(&scratch, directory, &err), 0);
    assert_int_equal(stat(scratch.path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0700);
    fill(&scratch);
    path = strdup(scratch.path);
    vl_scratch_remove(&scratch);
    assert_int_equal(stat(path, &status), -1);
    assert_int_equal(vl_scratch_make(&scratch, "/no/such/place", &err), -1);
}

/* A seed is made in a directory of its own, inside that of the step that uploads it: nobody waits for himself. */
static void test_one_inside_another(void **state)
{
    VL_SCRATCH_AUTO outer = VL_SCRATCH_INIT;
    VL_ERROR_AUTO err = { .code = VL_OK };

    (void)state;
    (void)alarm(10);
    assert_int_equal(vl_scratch_make(&outer, directory, &err), 0);
    for (int i = 0; i < 2; i++) {
        VL_SCRATCH_AUTO inner = VL_SCRATCH_INIT;

        assert_int_equal(vl_scratch_make(&inner, outer.path, &err), 0);
        fill(&inner);
    }
    (void)alarm(0);
}

/* Of two, the one whose maker was killed goes, and the other stays. */
static void test_swept(void **state)
{
    VL_SCRATCH_AUTO living = VL_SCRATCH_INIT;
    VL_SCRATCH_AUTO next = VL_SCRATCH_INIT;
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_FREE char *left = NULL;
    char told[256] = "";
    struct stat status;
    int ends[2];
    pid_t pid;

    (void)state;
    assert_int_equal(pipe(ends), 0);
    pid = fork();
    if (pid == 0) {
        struct vl_scratch killed = VL_SCRATCH_INIT;

        if (vl_scratch_make(&killed, directory, &err) == 0)
            (void)!write(ends[1], killed.path, strlen(killed.path));
        (void)pause();
        _exit(1);
    }
    assert_true(read(ends[0], told, sizeof(told) - 1) > 0);
    left = strdup(told);
    assert_int_equal(vl_scratch_make(&living, directory, &err), 0);
    fill(&living);
    assert_int_equal(stat(left, &status), 0); /* its maker lives */
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_int_equal(vl_scratch_make(&next, directory, &err), 0);
    assert_int_equal(stat(left, &status), -1);
    assert_int_equal(stat(living.path, &status), 0);
    vl_scratch_sweep(directory);
    assert_int_equal(stat(living.path, &status), 0);
    assert_int_equal(stat(next.path, &status), 0);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_removed, make_place, clear_place),
        cmocka_unit_test_setup_teardown(test_swept, make_place, clear_place),
        cmocka_unit_test_setup_teardown(test_one_inside_another, make_place, clear_place),
    };

    return cmocka_run_group_tests_name("scratch", tests, NULL, NULL);
}
