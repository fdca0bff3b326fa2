/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * File sets against a target that lives in memory: what a plan holds, that carrying it out leaves nothing to do, that
 * only what changed is reloaded, and that removal gives back the bytes that were there.
 */
#include "support.h"

#include "base/cleanup.h"
#include "base/memory.h"
#include "plan/plan.h"

enum { MOST_FILES = 8 };

struct memory_file {
    char *path, *text;
    mode_t mode;
};

struct memory_target {
    struct vl_target base;
    struct memory_file files[MOST_FILES];
    const char *unreadable; /* a path that cannot be read */
    int writes;
};

static struct memory_file *find(struct vl_target *target, const char *path)
{
    struct memory_target *memory = (struct memory_target *)target;

    for (size_t i = 0; i < MOST_FILES; i++)
        if (memory->files[i].path && !strcmp(memory->files[i].path, path))
            return &memory->files[i];
    return NULL;
}

static int memory_read(struct vl_target *target, const char *path, char **ret_text, mode_t *ret_mode,
                       struct vl_error *err)
{
    const struct memory_file *file = find(target, path);
    const struct memory_target *memory = (const struct memory_target *)target;

    if (memory->unreadable && !strcmp(memory->unreadable, path))
        return vl_fail(err, VL_ERROR_FAILED, "cannot read '%s'", path);
    if (!file)
        return vl_fail(err, VL_ERROR_NOTFOUND, "no '%s'", path);
    *ret_text = strdup(file->text);
    *ret_mode = file->mode;
    return 0;
}

static void put(struct memory_target *memory, const char *path, const char *text, mode_t mode)
{
    struct memory_file *file = find(&memory->base, path);

    for (size_t i = 0; !file && i < MOST_FILES; i++)
        if (!memory->files[i].path)
            file = &memory->files[i];
    assert_non_null(file);
    if (!file->path)
        file->path = strdup(path);
    free(file->text);
    file->text = strdup(text);
    file->mode = mode;
}

static void drop(struct memory_target *memory, const char *path)
{
    struct memory_file *file = find(&memory->base, path);

    assert_non_null(file);
    free(file->path);
    free(file->text);
    *file = (struct memory_file){ .path = NULL };
}

static const struct vl_target_ops memory_ops = { .read = memory_read };

static void clear(struct memory_target *memory)
{
    for (size_t i = 0; i < MOST_FILES; i++) {
        free(memory->files[i].path);
        free(memory->files[i].text);
    }
}

#define MEMORY_TARGET(variable)                                                                                        \
    __attribute__((cleanup(clear))) struct memory_target variable = { .base = { .ops = &memory_ops,                    \
                                                                                .name = "virtual1" } }

static struct vl_file files[] = {
    { .path = "/etc/asterisk/voiplab_sip.conf",
      .kind = VL_FILE_WHOLE,
      .mode = 0640,
      .group = "asterisk",
      .text = "[hub]\ntype=peer\n",
      .why = "the trunk to the hub",
      .reload = VL_RELOAD_SIP },
    { .path = "/etc/asterisk/sip.conf",
      .kind = VL_FILE_BLOCK,
      .mode = 0640,
      .text = "#include voiplab_sip.conf\n",
      .why = "chan_sip reads our file",
      .reload = VL_RELOAD_SIP },
    { .path = "/etc/asterisk/voiplab_iax.conf",
      .kind = VL_FILE_WHOLE,
      .mode = 0640,
      .text = "[1000]\n",
      .why = "the trunks to the guests",
      .reload = VL_RELOAD_IAX2 },
    { .path = "/etc/sysctl.d/60-voiplab.conf",
      .kind = VL_FILE_WHOLE,
      .mode = 0644,
      .text = "net.ipv4.ip_forward = 1\n",
      .why = "routing",
      .reload = VL_RELOAD_NONE },
};

static const struct vl_fileset set = { .files = files, .count = VL_COUNT(files) };

static void make_plan(struct vl_plan *plan, struct memory_target *memory)
{
    VL_ERROR_AUTO err = { .code = VL_OK };

    assert_int_equal(vl_plan_files(plan, memory ? &memory->base : NULL, "virtual1", &set, 0, true, &err), 0);
    assert_int_equal(err.code, VL_OK);
}

/* Do what the plan says; returns the reloads as a text. */
static void carry_out(const struct vl_plan *plan, struct memory_target *memory, char *ret_reloads, size_t size)
{
    ret_reloads[0] = '\0';
    for (size_t i = 0; i < plan->count; i++) {
        const struct vl_step *step = &plan->steps[i];
        size_t length = strlen(ret_reloads);

        if (step->kind == VL_STEP_FILE)
            put(memory, step->object, step->after, step->mode);
        else if (step->kind == VL_STEP_REMOVE)
            drop(memory, step->object);
        else if (step->kind == VL_STEP_RELOAD)
            (void)snprintf(ret_reloads + length, size - length, "%s;", step->argv[2]);
        else
            fail();
    }
}

static const char *text_of(struct memory_target *memory, const char *path)
{
    const struct memory_file *file = find(&memory->base, path);

    return file ? file->text : NULL;
}

static void test_new_target(void **state)
{
    VL_PLAN_AUTO plan = { .steps = NULL };

    (void)state;
    make_plan(&plan, NULL);
    assert_int_equal(plan.count, 6);
    for (size_t i = 0; i < plan.count; i++)
        assert_true(plan.steps[i].fresh_target);
    for (size_t i = 0; i < VL_COUNT(files); i++) {
        assert_int_equal(plan.steps[i].kind, VL_STEP_FILE);
        assert_string_equal(plan.steps[i].target, "virtual1");
        assert_string_equal(plan.steps[i].object, files[i].path);
        assert_string_equal(plan.steps[i].why, files[i].why);
        assert_int_equal(plan.steps[i].mode, files[i].mode);
        assert_null(plan.steps[i].before);
    }
    assert_string_equal(plan.steps[0].after, files[0].text);
    assert_string_equal(plan.steps[0].group, "asterisk");
    assert_string_equal(plan.steps[4].argv[2], "module reload chan_sip.so");
    assert_string_equal(plan.steps[5].argv[2], "module reload chan_iax2.so");
    assert_null(plan.steps[5].argv[3]);
}

static void test_twice(void **state)
{
    MEMORY_TARGET(memory);
    char reloads[200];

    (void)state;
    put(&memory, "/etc/asterisk/sip.conf", "[general]\ncontext=default", 0600);
    {
        VL_PLAN_AUTO plan = { .steps = NULL };

        make_plan(&plan, &memory);
        assert_int_equal(plan.count, 6);
        assert_string_equal(plan.steps[1].before, "[general]\ncontext=default");
        carry_out(&plan, &memory, reloads, sizeof(reloads));
        assert_string_equal(reloads, "module reload chan_sip.so;module reload chan_iax2.so;");
    }
    /* the user's own file keeps the user's own mode */
    assert_int_equal(find(&memory.base, "/etc/asterisk/sip.conf")->mode, 0600);
    {
        VL_PLAN_AUTO again = { .steps = NULL };

        make_plan(&again, &memory);
        assert_int_equal(again.count, 0);
    }
}

static void set_up(struct memory_target *memory)
{
    VL_PLAN_AUTO plan = { .steps = NULL };
    char reloads[200];

    make_plan(&plan, memory);
    carry_out(&plan, memory, reloads, sizeof(reloads));
}

static void check_change(struct memory_target *memory, size_t steps, const char *wanted_reloads)
{
    VL_PLAN_AUTO plan = { .steps = NULL };
    VL_PLAN_AUTO again = { .steps = NULL };
    char reloads[200];

    make_plan(&plan, memory);
    carry_out(&plan, memory, reloads, sizeof(reloads));
    assert_int_equal(plan.count, steps);
    assert_string_equal(reloads, wanted_reloads);
    make_plan(&again, memory);
    assert_int_equal(again.count, 0);
}

static void test_only_what_changed(void **state)
{
    MEMORY_TARGET(memory);

    (void)state;
    set_up(&memory);
    put(&memory, "/etc/asterisk/voiplab_iax.conf", "edited by hand\n", 0640);
    check_change(&memory, 2, "module reload chan_iax2.so;");
    put(&memory, "/etc/asterisk/voiplab_sip.conf", files[0].text, 0644);
    check_change(&memory, 2, "module reload chan_sip.so;");
    drop(&memory, "/etc/sysctl.d/60-voiplab.conf");
    check_change(&memory, 1, "");
    put(&memory, "/etc/asterisk/sip.conf", "[general]\n; the block was removed by hand\n", 0640);
    check_change(&memory, 2, "module reload chan_sip.so;");
    /* the mode of the user's file is the user's */
    find(&memory.base, "/etc/asterisk/sip.conf")->mode = 0666;
    check_change(&memory, 0, "");
}

static void test_pending_reload(void **state)
{
    MEMORY_TARGET(memory);
    VL_PLAN_AUTO plan = { .steps = NULL };
    VL_PLAN_AUTO quiet = { .steps = NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };

    (void)state;
    set_up(&memory);
    assert_int_equal(vl_plan_files(&plan, &memory.base, "virtual1", &set, 1U << VL_RELOAD_SIP, true, &err), 0);
    assert_int_equal(plan.count, 1);
    assert_int_equal(plan.steps[0].kind, VL_STEP_RELOAD);
    assert_string_equal(plan.steps[0].argv[2], "module reload chan_sip.so");
    assert_int_equal(vl_plan_files(&quiet, &memory.base, "virtual1", &set, 1U << VL_RELOAD_SIP, false, &err), 0);
    assert_int_equal(quiet.count, 0);
}

/* Removal is the reverse, to the byte, whatever the user's file looked like. */
static void check_removal(const char *before)
{
    MEMORY_TARGET(memory);
    VL_PLAN_AUTO plan = { .steps = NULL };
    VL_PLAN_AUTO again = { .steps = NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };
    const char *after;
    char reloads[200];

    if (before)
        put(&memory, "/etc/asterisk/sip.conf", before, 0604);
    set_up(&memory);
    assert_int_equal(vl_plan_files_removed(&plan, &memory.base, "virtual1", &set, 0, &err), 0);
    /* the block that includes a file goes before the file */
    assert_string_equal(plan.steps[plan.count - 3].object, "/etc/asterisk/voiplab_sip.conf");
    carry_out(&plan, &memory, reloads, sizeof(reloads));
    assert_string_equal(reloads, "module reload chan_sip.so;module reload chan_iax2.so;");
    after = text_of(&memory, "/etc/asterisk/sip.conf");
    assert_true(before ? after && !strcmp(after, before) : !after);
    if (before)
        assert_int_equal(find(&memory.base, "/etc/asterisk/sip.conf")->mode, 0604);
    assert_null(text_of(&memory, "/etc/asterisk/voiplab_sip.conf"));
    assert_null(text_of(&memory, "/etc/sysctl.d/60-voiplab.conf"));
    assert_int_equal(vl_plan_files_removed(&again, &memory.base, "virtual1", &set, 0, &err), 0);
    assert_int_equal(again.count, 0);
}

static void test_removal(void **state)
{
    (void)state;
    check_removal(NULL);
    check_removal("");
    check_removal("[general]\n");
    check_removal("[general]\r\ncontext=default");
}

#define OURS(pbx, lab)                                                                                                 \
    "; Written by voiplab for " pbx " of the lab " lab ". The next run overwrites what is changed here.\n"

/* A file that is another lab's is neither replaced nor removed; one that nobody claims does not go by its name alone.
 */
static void test_whose_file(void **state)
{
    static const struct {
        const char *there;
        const char *refusal; /* NULL: it is replaced */
        size_t gone;
    } cases[] = {
        { NULL, NULL, 0 },
        { OURS("virtual1", "tesis"), NULL, 1 },
        { OURS("renamed", "tesis"), NULL, 1 },
        { OURS("virtual1", "other"), "is of the lab 'other', which has this PBX too", 0 },
        { OURS("virtual1", "tesis2"), "is of the lab 'tesis2', which has this PBX too", 0 },
        { "[1000]\n", NULL, 0 },
        { "; mine\n" OURS("virtual1", "tesis"), NULL, 0 },
        { "", NULL, 0 },
    };
    struct vl_file file = { .path = "/etc/asterisk/voiplab_iax.conf",
                            .mode = 0640,
                            .text = OURS("virtual1", "tesis") "[1000]\n",
                            .lab = "tesis",
                            .why = "the trunks" };
    const struct vl_fileset one = { .files = &file, .count = 1 };

    (void)state;
    for (size_t i = 0; i < VL_COUNT(cases); i++) {
        MEMORY_TARGET(memory);
        VL_ERROR_AUTO err = { .code = VL_OK };
        VL_PLAN_AUTO write = { .count = 0 }, remove = { .count = 0 }, gone = { .count = 0 };
        size_t removals = cases[i].there && !cases[i].refusal;

        if (cases[i].there)
            put(&memory, file.path, cases[i].there, 0640);
        file.kind = VL_FILE_WHOLE;
        assert_int_equal(vl_plan_files_removed(&remove, &memory.base, "virtual1", &one, 0, &err), 0);
        assert_int_equal(remove.count, removals);
        assert_int_equal(vl_plan_files(&write, &memory.base, "virtual1", &one, 0, false, &err),
                         cases[i].refusal ? -1 : 0);
        if (cases[i].refusal)
            assert_non_null(strstr(vl_error_text(&err), cases[i].refusal));
        vl_error_clear(&err);
        file.kind = VL_FILE_GONE;
        assert_int_equal(vl_plan_files(&gone, &memory.base, "virtual1", &one, 0, false, &err), 0);
        assert_int_equal(gone.count, cases[i].gone);
    }
}

/* A file that cannot be read is not taken for one that is not there. */
static void test_unreadable(void **state)
{
    MEMORY_TARGET(memory);
    VL_PLAN_AUTO plan = { .steps = NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };

    (void)state;
    memory.unreadable = "/etc/asterisk/sip.conf";
    assert_int_equal(vl_plan_files(&plan, &memory.base, "virtual1", &set, 0, true, &err), -1);
    assert_string_equal(vl_error_text(&err), "cannot read '/etc/asterisk/sip.conf'");
    vl_error_clear(&err);
    assert_int_equal(vl_plan_files_removed(&plan, &memory.base, "virtual1", &set, 0, &err), -1);
    assert_string_equal(vl_error_text(&err), "cannot read '/etc/asterisk/sip.conf'");
}

static void test_join(void **state)
{
    VL_PLAN_AUTO one = { .steps = NULL };
    VL_PLAN_AUTO both = { .steps = NULL };

    (void)state;
    make_plan(&one, NULL);
    vl_plan_join(&both, &one);
    vl_plan_join(&both, &one);
    assert_int_equal(both.count, 12);
    assert_string_equal(both.steps[6].object, files[0].path);
}

static void test_memory(void **state)
{
    (void)state;
    for (long after = 0; after < 2; after++) {
        VL_PLAN_AUTO plan = { .steps = NULL };
        VL_ERROR_AUTO err = { .code = VL_OK };
        int rc;

        vl_memory_fail_after(after);
        rc = vl_plan_files(&plan, NULL, "virtual1", &set, 0, true, &err);
        vl_memory_fail_after(-1);
        assert_int_equal(rc, -1);
        assert_int_equal(err.code, VL_ERROR_MEMORY);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_new_target),     cmocka_unit_test(test_twice),   cmocka_unit_test(test_only_what_changed),
        cmocka_unit_test(test_pending_reload), cmocka_unit_test(test_removal), cmocka_unit_test(test_unreadable),
        cmocka_unit_test(test_whose_file),     cmocka_unit_test(test_join),    cmocka_unit_test(test_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
