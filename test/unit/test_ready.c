/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Ready states: which pair of a disk and a memory may be used, and what is planned with it. Against libvirt's test
 * driver, which has volumes and no files; the memory is a file of the test's.
 *
 * ctest: THREADS yes
 */
#include "ready_fixture.h"

#include "base/text.h"
#include "plan/made.h"
#include "plan/ready.h"

static void test_good_pair(void **state)
{
    FIXTURE_AUTO *fixture = fixture_ready();
    VL_ARENA_AUTO arena = { .blocks = NULL };
    struct vl_ready ready = pair_of(fixture, &arena);

    (void)state;
    assert_null(ready.torn);
    assert_string_equal(ready.layer, "a.ready-1.qcow2");
    assert_string_equal(ready.definition, "0011223344556677");
    assert_string_equal(ready.files, "8899");
    assert_string_equal(vl_ready_files(&fixture->session, &arena, "a", VL_READY_TAG), "8899");
    assert_null(vl_ready_files(&fixture->session, &arena, "a", "exam"));
    assert_string_equal(ready.memory, vl_arena_printf(&arena, "%s/t/saved/a.ready-1.save", fixture->directory));
}

/* Either half written to, or gone, and a record of which a part is lost. */
static void test_torn_pair(void **state)
{
    FIXTURE_AUTO *fixture = fixture_ready();
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };
    const char *record = vl_ready_path(&fixture->session, &arena, "a", VL_READY_TAG),
               *memory = pair_of(fixture, &arena).memory;

    (void)state;
    write_whole(memory, "memory of later");
    assert_string_equal(pair_of(fixture, &arena).torn, "its memory was written to since");
    assert_int_equal(remove(memory), 0);
    assert_string_equal(pair_of(fixture, &arena).torn, "its memory is gone");
    assert_int_equal(vl_hypervisor_volume_remove(fixture->session.hypervisor, POOL, "a.ready-1.qcow2", &err), 0);
    assert_string_equal(pair_of(fixture, &arena).torn, "its disk is gone");
    write_whole(record, "layer a.ready-1.qcow2 - -\n");
    assert_string_equal(pair_of(fixture, &arena).torn, "its record cannot be read");
    write_whole(record, "layer b.ready-1.qcow2 - -\nmemory x 1 1\ndefinition 0\n");
    assert_string_equal(pair_of(fixture, &arena).torn, "its record cannot be read");
    write_whole(record, "layer a.ready-1.qcow2 - -\nmemory ../../x 1 1\ndefinition 0\n");
    assert_string_equal(pair_of(fixture, &arena).torn, "its record cannot be read");
    assert_int_equal(remove(record), 0);
    assert_null(pair_of(fixture, &arena).layer);
}

/* The whole of a reset, as a dry run shows it. */
static int plan_reset(struct fixture *fixture, const char *const *names, struct vl_plan *plan, struct vl_error *err)
{
    const struct vl_lab *lab = fixture->session.lab;
    int rc = vl_stage_ready_off(&fixture->session, names, VL_READY_TAG, plan, err);

    for (; rc == 0 && *names; names++)
        rc = vl_stage_ready_back(&fixture->session, vl_lab_pbx(lab, *names), VL_READY_TAG, plan, err);
    return rc;
}

static void refused(struct fixture *fixture, const char *text)
{
    static const char *const names[] = { "a", NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_PLAN_AUTO plan = { .count = 0 };

    assert_int_equal(plan_reset(fixture, names, &plan, &err), -1);
    assert_non_null(strstr(vl_error_text(&err), text));
    assert_non_null(strstr(vl_error_text(&err), "'voiplab reset --clean a'"));
}

/* No guest is touched for a pair that is of no use; a good one is a new clone, and the memory after that. */
static void test_reset(void **state)
{
    FIXTURE_AUTO *fixture = fixture_ready();
    static const enum vl_step_kind wanted[] = { VL_STEP_STOP, VL_STEP_REMOVE_VOLUME, VL_STEP_VOLUME, VL_STEP_RESTORE };
    static const char *const names[] = { "a", NULL }, *const both[] = { "a", "c", NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_ERROR_AUTO other = { .code = VL_OK };
    VL_PLAN_AUTO plan = { .count = 0 };
    VL_PLAN_AUTO nothing = { .count = 0 };

    (void)state;
    refused(fixture, "libvirt has no such guest any more");
    define_and_note(fixture);
    if (plan_reset(fixture, names, &plan, &err) < 0)
        fail_msg("%s", vl_error_text(&err));
    assert_int_equal(plan.count, VL_COUNT(wanted));
    for (size_t i = 0; i < VL_COUNT(wanted); i++)
        assert_int_equal(plan.steps[i].kind, wanted[i]);
    assert_true(plan.steps[0].at_once);
    assert_string_equal(plan.steps[1].object, "a.qcow2");
    assert_string_equal(plan.steps[2].object, "a.qcow2");
    assert_non_null(strstr(plan.steps[2].after, "/a.ready-1.qcow2</path>"));
    assert_int_equal(plan_reset(fixture, both, &nothing, &other), -1);
    assert_non_null(strstr(vl_error_text(&other), "'c' has no ready state"));
}

static void test_defined_otherwise(void **state)
{
    FIXTURE_AUTO *fixture = fixture_ready();
    struct vl_pbx *pbx = (struct vl_pbx *)(uintptr_t)&fixture->session.lab->pbxs[0];
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_PLAN_AUTO plan = { .count = 0 };
    const struct vl_step *step;

    (void)state;
    define_and_note(fixture);
    pbx->memory += 64 << 20;
    assert_int_equal(vl_stage_guest(&fixture->session, pbx, &plan, &err), 0);
    step = step_of(&plan, VL_STEP_DOMAIN);
    assert_non_null(step);
    assert_int_equal(vl_hypervisor_define(fixture->session.hypervisor, step->after, "t-a", "t", &err), 0);
    refused(fixture, "the guest is defined otherwise by now");
}

/* The address of the memory is not the one at which it would be waited for, so this is told before anything is done. */
static void test_otherwise_in_file(void **state)
{
    FIXTURE_AUTO *fixture = fixture_ready();
    struct vl_pbx *pbx = (struct vl_pbx *)(uintptr_t)&fixture->session.lab->pbxs[0];

    (void)state;
    define_and_note(fixture);
    pbx->address++;
    refused(fixture, "the lab file has the guest otherwise by now");
    pbx->address--;
    pbx->memory += 64 << 20;
    refused(fixture, "the lab file has the guest otherwise by now");
}

/* Cut off between the old disk and the new one: the guest is made with the disk of its ready state, and boots the
 * kernel that this was made with. */
static void test_lost_disk(void **state)
{
    FIXTURE_AUTO *fixture = fixture_ready();
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_PLAN_AUTO plan = { .count = 0 };

    (void)state;
    define_and_note(fixture);
    assert_int_equal(vl_hypervisor_stop(fixture->session.hypervisor, "t-a", "t", 0, true, &err), 0);
    assert_int_equal(vl_hypervisor_volume_remove(fixture->session.hypervisor, POOL, "a.qcow2", &err), 0);
    assert_int_equal(vl_stage_guest(&fixture->session, &fixture->session.lab->pbxs[0], &plan, &err), 0);
    assert_non_null(step_of(&plan, VL_STEP_VOLUME));
    assert_non_null(strstr(step_of(&plan, VL_STEP_VOLUME)->after, "/a.ready-1.qcow2</path>"));
    assert_null(step_of(&plan, VL_STEP_DOMAIN));
    assert_non_null(step_of(&plan, VL_STEP_START));
}

static size_t count_of(const struct vl_plan *plan, enum vl_step_kind kind)
{
    size_t count = 0;

    for (size_t i = 0; i < plan->count; i++)
        count += plan->steps[i].kind == kind;
    return count;
}

/* Made anew, a guest has no ready state: both halves and the record go. */
static void test_made_anew(void **state)
{
    FIXTURE_AUTO *fixture = fixture_ready();
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_PLAN_AUTO plan = { .count = 0 };
    const struct vl_step *step;
    bool record = false, memory = false;

    (void)state;
    write_whole(vl_arena_printf(&arena, "%s/t/made", fixture->directory),
                "pool " POOL "\nguest a\nvolume a.qcow2\nvolume a.ready-1.qcow2\nvolume a.ready-7.qcow2\n");
    fixture->session.renews = true;
    assert_int_equal(vl_stage_guest(&fixture->session, &fixture->session.lab->pbxs[0], &plan, &err), 0);
    assert_int_equal(count_of(&plan, VL_STEP_REMOVE_VOLUME), 2);
    step = step_of(&plan, VL_STEP_COMMAND);
    assert_non_null(step);
    for (const char *const *word = step->argv; *word; word++) {
        record |= !strcmp(*word, vl_ready_path(&fixture->session, &arena, "a", VL_READY_TAG));
        memory |= !strcmp(*word, pair_of(fixture, &arena).memory);
    }
    assert_true(record && memory);
}

/* A good ready state stays, unless it is wanted anew; that none can be taken is told then. */
static void test_taken_anew(void **state)
{
    FIXTURE_AUTO *fixture = fixture_ready();
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_PLAN_AUTO plan = { .count = 0 };

    (void)state;
    define_and_note(fixture);
    fixture->session.options.hypervisor = "qemu:///system";
    assert_int_equal(take(fixture, false, &plan, &err), 0);
    assert_int_equal(plan.count, 0);
    if (take(fixture, true, &plan, &err) < 0)
        fail_msg("%s", vl_error_text(&err));
    assert_string_equal(step_of(&plan, VL_STEP_SAVE)->object, "t-a");
    assert_string_equal(step_of(&plan, VL_STEP_COPY_VOLUME)->source, "a.qcow2");
    assert_int_equal(plan.steps[plan.count - 2].kind, VL_STEP_RESUME); /* once both halves are there */
    assert_true(plan.steps[plan.count - 2].at_once);
    assert_true(vl_text_ends(plan.steps[plan.count - 1].argv[3], "/a.ready-1.still"));
    assert_int_equal(vl_hypervisor_stop(fixture->session.hypervisor, "t-a", "t", 0, true, &err), 0);
    assert_int_equal(take(fixture, true, &plan, &err), -1);
    assert_non_null(strstr(vl_error_text(&err), "'a' cannot have a ready state: it does not run"));
    fixture->session.options.hypervisor = "qemu+ssh://far/system";
    vl_error_clear(&err);
    assert_int_equal(take(fixture, true, &plan, &err), -1);
    assert_non_null(strstr(vl_error_text(&err), "its hypervisor is on another host"));
}

/* Somebody's volume of the name that the next one would have is not taken for a part of it. */
static void test_in_the_way(void **state)
{
    FIXTURE_AUTO *fixture = fixture_ready();
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_PLAN_AUTO plan = { .count = 0 };

    (void)state;
    define_and_note(fixture);
    fixture->session.options.hypervisor = "qemu:///system";
    write_whole(vl_arena_printf(&arena, "%s/made", fixture->session.state.directory),
                "pool " POOL "\nvolume a.qcow2\nvolume a.ready-1.qcow2\nguest a\n");
    if (take(fixture, true, &plan, &err) < 0)
        fail_msg("%s", vl_error_text(&err));
    make_clone(fixture, POOL, "a.ready-2.qcow2", "/pool/" BASE ".qcow2");
    assert_int_equal(take(fixture, true, &plan, &err), -1);
    assert_non_null(strstr(vl_error_text(&err), "has a volume 'a.ready-2.qcow2' that this lab did not make"));
}

/* The memory of before goes with the new pair, whose record has the name of the one of before. */
static void test_kept(void **state)
{
    FIXTURE_AUTO *fixture = fixture_ready();
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_PLAN_AUTO plan = { .count = 0 };
    const char *before = pair_of(fixture, &arena).memory;
    struct vl_ready next = { .tag = VL_READY_TAG, .layer = "a.ready-2.qcow2", .definition = "0011223344556677" };
    bool record = false, memory = false;
    const struct vl_step *step;

    (void)state;
    next.memory = vl_arena_printf(&arena, "%s/a.ready-2.save", vl_ready_directory(&fixture->session, &arena));
    make_clone(fixture, POOL, next.layer, "/pool/" BASE ".qcow2");
    write_whole(next.memory, "memory of now");
    if (vl_stage_ready_keep(&fixture->session, &fixture->session.lab->pbxs[0], &next, &plan, &err) < 0 ||
        vl_stage_ready_run_on(&fixture->session, &fixture->session.lab->pbxs[0], &next, true, &plan, &err) < 0)
        fail_msg("%s", vl_error_text(&err));
    step = step_of(&plan, VL_STEP_COMMAND);
    assert_non_null(step);
    for (const char *const *word = step->argv; *word; word++) {
        record |= !strcmp(*word, vl_ready_path(&fixture->session, &arena, "a", VL_READY_TAG));
        memory |= !strcmp(*word, before);
        assert_string_not_equal(*word, next.memory);
    }
    assert_true(memory);
    assert_false(record);
}

/* Another snapshot of guest "a", of the disk of its ready state, with a memory or without. */
static void add_tag(struct fixture *fixture, const char *tag, const char *layer, const char *memory)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };
    struct vl_ready ready = { .tag = tag, .layer = layer, .definition = "0011223344556677", .taken = 1795000000 };
    struct vl_volume below;

    assert_int_equal(vl_hypervisor_volume(fixture->session.hypervisor, &arena, POOL, "a.ready-1.qcow2", &below, &err),
                     0);
    make_clone(fixture, POOL, layer, below.path);
    if (memory) {
        ready.memory = vl_arena_printf(&arena, "%s/%s", vl_ready_directory(&fixture->session, &arena), memory);
        write_whole(ready.memory, "memory");
    }
    write_whole(vl_ready_path(&fixture->session, &arena, "a", tag),
                vl_ready_text(fixture->session.hypervisor, &arena, POOL, &ready, &err));
}

static bool has_word(const char *const *words, const char *end)
{
    for (; words && *words; words++)
        if (vl_text_ends(*words, end))
            return true;
    return false;
}

/* Each has what it needs; what one needs alone goes with it, and what others need stays. */
static void test_needs(void **state)
{
    FIXTURE_AUTO *fixture = fixture_ready();
    VL_ARENA_AUTO arena = { .blocks = NULL };
    const struct vl_ready no_exam = { .tag = "exam" }, next = { .tag = "exam", .layer = "a.ready-9.qcow2" };
    struct vl_ready_needs needs;
    const struct vl_ready_name *names;

    (void)state;
    add_tag(fixture, "exam", "a.ready-2.qcow2", "a.ready-2.save");
    add_tag(fixture, "off", "a.ready-3.qcow2", NULL);
    write_whole(vl_arena_printf(&arena, "%s/a.ready-7.save", vl_ready_directory(&fixture->session, &arena)), "left");
    write_whole(vl_arena_printf(&arena, "%s/aa.ready-7.save", vl_ready_directory(&fixture->session, &arena)), "other");
    names = vl_ready_list(&fixture->session, &arena, "a");
    assert_string_equal(names[0].tag, "exam");
    assert_string_equal(names[1].tag, "off");
    assert_string_equal(names[2].tag, "ready");
    assert_null(names[3].tag);
    needs = vl_ready_needs(&fixture->session, &arena, "a", &no_exam);
    assert_true(has_word(needs.layers, "a.ready-1.qcow2") && has_word(needs.layers, "a.ready-3.qcow2"));
    assert_false(has_word(needs.layers, "a.ready-2.qcow2"));
    assert_true(has_word(needs.files, "/a.ready-2.save") && has_word(needs.files, "/a.ready-7.save"));
    assert_false(has_word(needs.files, "/a.ready-1.save") || has_word(needs.files, "/aa.ready-7.save"));
    assert_true(has_word(needs.files, "/a.exam.state"));
    assert_false(has_word(needs.files, "/a.off.state") || has_word(needs.files, "/a.ready.state"));
    needs = vl_ready_needs(&fixture->session, &arena, "a", &next);
    assert_true(has_word(needs.layers, "a.ready-9.qcow2") && has_word(needs.files, "/a.ready-2.save"));
    assert_false(has_word(needs.files, ".state"));
    write_whole(vl_ready_path(&fixture->session, &arena, "a", "off"), "nonsense\n");
    needs = vl_ready_needs(&fixture->session, &arena, "a", &no_exam);
    assert_null(needs.layers);
    assert_false(has_word(needs.files, ".save"));
    needs = vl_ready_needs(&fixture->session, &arena, "a", NULL);
    assert_true(has_word(needs.files, "/a.off.state") && has_word(needs.files, "/a.ready-1.save"));
}

/* Deleted: its volume first, then its files, the record last. The disk below stays, which the ready state needs. */
static void test_dropped(void **state)
{
    FIXTURE_AUTO *fixture = fixture_ready();
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_PLAN_AUTO plan = { .count = 0 };
    const char *const *word;

    (void)state;
    write_whole(vl_arena_printf(&arena, "%s/t/made", fixture->directory),
                "pool " POOL "\nvolume a.qcow2\nvolume a.ready-1.qcow2\nvolume a.ready-2.qcow2\n");
    add_tag(fixture, "exam", "a.ready-2.qcow2", "a.ready-2.save");
    if (vl_stage_ready_drop(&fixture->session, "a", "exam", &plan, &err) < 0)
        fail_msg("%s", vl_error_text(&err));
    assert_int_equal(plan.count, 2);
    assert_int_equal(plan.steps[0].kind, VL_STEP_REMOVE_VOLUME);
    assert_string_equal(plan.steps[0].object, "a.ready-2.qcow2");
    for (word = plan.steps[1].argv; word[1]; word++)
        continue;
    assert_true(vl_text_ends(word[-1], "/a.ready-2.save") && vl_text_ends(*word, "/a.exam.state"));
}

/* A guest that was off has a disk alone: it boots. Made anew, it keeps the snapshots of a tag with all below them. */
static void test_off(void **state)
{
    FIXTURE_AUTO *fixture = fixture_ready();
    static const char *const names[] = { "a", NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_PLAN_AUTO taken = { .count = 0 };
    VL_PLAN_AUTO plan = { .count = 0 };
    VL_PLAN_AUTO anew = { .count = 0 };
    const struct vl_pbx *pbx = &fixture->session.lab->pbxs[0];
    struct vl_ready ready;

    (void)state;
    define_and_note(fixture);
    fixture->session.options.hypervisor = "qemu:///system";
    assert_int_equal(vl_hypervisor_stop(fixture->session.hypervisor, "t-a", "t", 0, true, &err), 0);
    if (vl_stage_ready_take(&fixture->session, pbx, "off", true, &taken, &ready, &err) < 0)
        fail_msg("%s", vl_error_text(&err));
    assert_null(ready.memory);
    assert_null(step_of(&taken, VL_STEP_SAVE));
    assert_string_equal(step_of(&taken, VL_STEP_COPY_VOLUME)->source, "a.qcow2");
    add_tag(fixture, "off", "a.ready-2.qcow2", NULL);
    if (vl_stage_ready_off(&fixture->session, names, "off", &plan, &err) < 0 ||
        vl_stage_ready_back(&fixture->session, pbx, "off", &plan, &err) < 0)
        fail_msg("%s", vl_error_text(&err));
    assert_null(step_of(&plan, VL_STEP_RESTORE));
    assert_non_null(step_of(&plan, VL_STEP_START));
    assert_non_null(strstr(step_of(&plan, VL_STEP_VOLUME)->after, "/a.ready-2.qcow2</path>"));
    write_whole(vl_arena_printf(&arena, "%s/t/made", fixture->directory),
                "pool " POOL "\nguest a\nvolume a.qcow2\nvolume a.ready-1.qcow2\nvolume a.ready-2.qcow2\n");
    fixture->session.renews = true;
    if (vl_stage_guest(&fixture->session, pbx, &anew, &err) < 0)
        fail_msg("%s", vl_error_text(&err));
    assert_int_equal(count_of(&anew, VL_STEP_REMOVE_VOLUME), 1);
    assert_string_equal(step_of(&anew, VL_STEP_REMOVE_VOLUME)->object, "a.qcow2");
}

/* A name is never used twice: what an attempt that was cut off has left may be there. */
static void test_names(void **state)
{
    FIXTURE_AUTO *fixture = fixture_open("iso:/dev/null");
    VL_ARENA_AUTO arena = { .blocks = NULL };
    struct vl_made made = { .known = true };
    struct vl_ready ready = { .layer = NULL };

    (void)state;
    vl_made_add(&made, &arena, "volume", "a.ready-9.qcow2");
    vl_made_add(&made, &arena, "volume", "a.ready-10.qcow2");
    vl_made_add(&made, &arena, "volume", "aa.ready-20.qcow2");
    vl_made_add(&made, &arena, "volume", "a.ready-30.iso");
    vl_ready_name_next(&fixture->session, &arena, &made, "a", &ready);
    assert_string_equal(ready.layer, "a.ready-11.qcow2");
    assert_true(vl_made_volume_of("a.ready-11.qcow2", "a"));
    assert_false(vl_made_volume_of("a.ready-11.qcow2", "aa"));
    assert_false(vl_made_volume_of("a.ready-.qcow2", "a"));
    assert_false(vl_made_layer_of("a.qcow2", "a"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_pair),
        cmocka_unit_test(test_torn_pair),
        cmocka_unit_test(test_reset),
        cmocka_unit_test(test_lost_disk),
        cmocka_unit_test(test_defined_otherwise),
        cmocka_unit_test(test_made_anew),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_otherwise_in_file),
        cmocka_unit_test(test_taken_anew),
        cmocka_unit_test(test_in_the_way),
        cmocka_unit_test(test_kept),
        cmocka_unit_test(test_needs),
        cmocka_unit_test(test_dropped),
        cmocka_unit_test(test_off),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
