/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Guests that stand still while their memory is saved and their disk copied: how, and what becomes of one that a run
 * was cut off from. Against libvirt's test driver.
 *
 * ctest: THREADS yes
 */
#include "ready_fixture.h"

#include "plan/backup.h"
#include "plan/sites.h"

static bool is_state(struct fixture *fixture, enum vl_domain_state state)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };
    struct vl_domain domain;

    assert_int_equal(vl_hypervisor_domain(fixture->session.hypervisor, &arena, "t-a", &domain, &err), 0);
    return domain.state == state;
}

/* What each plan that may meet such a guest has for it. */
static void assert_runs_on(struct fixture *fixture, bool wanted)
{
    const struct vl_pbx *pbx = &fixture->session.lab->pbxs[0];
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_PLAN_AUTO resume = { .count = 0 };
    VL_PLAN_AUTO made = { .count = 0 };
    VL_PLAN_AUTO renewed = { .count = 0 };
    VL_PLAN_AUTO unstarted = { .count = 0 };

    if (vl_stage_ready_resume(&fixture->session, pbx, &resume, &err) < 0 ||
        vl_stage_guest(&fixture->session, pbx, &made, &err) < 0)
        fail_msg("%s", vl_error_text(&err));
    fixture->session.renews = true;
    assert_int_equal(vl_stage_guest(&fixture->session, pbx, &renewed, &err), 0);
    fixture->session.renews = false;
    fixture->session.starts_none = true;
    assert_int_equal(vl_stage_guest(&fixture->session, pbx, &unstarted, &err), 0);
    fixture->session.starts_none = false;
    assert_null(step_of(&renewed, VL_STEP_RESUME));
    assert_null(step_of(&unstarted, VL_STEP_RESUME));
    assert_int_equal(step_of(&resume, VL_STEP_RESUME) != NULL, wanted);
    assert_int_equal(step_of(&made, VL_STEP_RESUME) != NULL, wanted);
    assert_int_equal(step_of(&made, VL_STEP_START) == NULL, wanted);
}

/* A guest that is paused is left to who did that, unless it was us: there is a mark then, which goes. */
static void test_cut_off(void **state)
{
    FIXTURE_AUTO *fixture = fixture_ready();
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_PLAN_AUTO plan = { .count = 0 };
    VL_PLAN_AUTO back = { .count = 0 };
    const char *mark = vl_ready_mark(
        &arena, vl_arena_printf(&arena, "%s/a.ready-2.save", vl_ready_directory(&fixture->session, &arena)));
    bool paused = false;

    (void)state;
    define_and_note(fixture);
    fixture->session.options.hypervisor = "qemu:///system";
    assert_int_equal(vl_hypervisor_pause(fixture->session.hypervisor, "t-a", "t", &paused, &err), 0);
    assert_true(paused);
    assert_int_equal(take(fixture, true, &plan, &err), -1);
    assert_non_null(strstr(vl_error_text(&err), "it is paused; 'virsh resume' lets it run on"));
    vl_error_clear(&err);
    write_whole(vl_ready_mark(&arena, vl_arena_printf(&arena, "%s/aa.ready-2.save",
                                                      vl_ready_directory(&fixture->session, &arena))),
                "");
    assert_runs_on(fixture, false);
    write_whole(mark, "");
    assert_runs_on(fixture, true);
    if (vl_stage_ready_back(&fixture->session, &fixture->session.lab->pbxs[0], VL_READY_TAG, &back, &err) < 0)
        fail_msg("%s", vl_error_text(&err));
    assert_null(step_of(&back, VL_STEP_RESUME)); /* it is off by then */
    assert_string_equal(step_of(&back, VL_STEP_COMMAND)->argv[3], mark);
    assert_null(step_of(&back, VL_STEP_COMMAND)->argv[4]);
}

/* How a memory was saved: by libvirt's test driver, which can have snapshots, or where that is said to fail. */
static const struct vl_hypervisor_ops *real_ops;
static char snapshot_xml[2048];
static unsigned snapshot_flags;
static bool snapshots_fail;
static unsigned saves;

static struct _virDomainSnapshot *seen_snapshot(struct _virDomain *domain, const char *xml, unsigned flags)
{
    (void)snprintf(snapshot_xml, sizeof(snapshot_xml), "%s", xml);
    snapshot_flags = flags;
    return snapshots_fail ? NULL : real_ops->domain_snapshot(domain, "<domainsnapshot/>", 0); /* others it cannot */
}

static int seen_save(struct _virDomain *domain, const char *file, const char *xml, unsigned flags)
{
    saves++;
    return real_ops->domain_save(domain, file, xml, flags);
}

/* Of a guest that stands still before and after; its disks are no part of it. Where that fails it is saved the other
 * way, and where that does as well, which it does in the test driver, it runs on. */
static void test_saved_standing(void **state)
{
    FIXTURE_AUTO *fixture = fixture_ready();
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };
    const char *file = vl_arena_printf(&arena, "%s/<a>&.save", fixture->directory);
    const struct vl_saving saving = { .file = file, .mark = vl_ready_mark(&arena, file), .memory = 1 << 30 };
    struct vl_hypervisor_ops ops;

    (void)state;
    define_and_note(fixture);
    real_ops = vl_hypervisor_set_ops(NULL);
    ops = *real_ops;
    ops.domain_snapshot = seen_snapshot;
    ops.domain_save = seen_save;
    (void)vl_hypervisor_set_ops(&ops);
    snapshots_fail = true;
    assert_int_equal(vl_hypervisor_save(fixture->session.hypervisor, "t-a", "t", &saving, &err), -1);
    assert_non_null(strstr(vl_error_text(&err), "unsupported flags"));
    assert_int_equal(saves, 1);
    assert_true(is_state(fixture, VL_DOMAIN_RUNNING));
    assert_false(vl_file_exists(saving.mark));
    vl_error_clear(&err);
    snapshots_fail = false;
    if (vl_hypervisor_save(fixture->session.hypervisor, "t-a", "t", &saving, &err) < 0)
        fail_msg("%s", vl_error_text(&err));
    (void)vl_hypervisor_set_ops(NULL);
    assert_int_equal(saves, 1);
    assert_true(is_state(fixture, VL_DOMAIN_PAUSED));
    assert_true(vl_file_exists(saving.mark));
    assert_int_equal(remove(saving.mark), 0);
    assert_int_equal(vl_hypervisor_save(fixture->session.hypervisor, "t-a", "t", &saving, &err), -1);
    assert_non_null(strstr(vl_error_text(&err), "is paused: somebody has done that meanwhile"));
    assert_false(vl_file_exists(saving.mark));
    vl_error_clear(&err);
    assert_int_equal(snapshot_flags, 4); /* VIR_DOMAIN_SNAPSHOT_CREATE_NO_METADATA */
    assert_non_null(strstr(snapshot_xml, "/&lt;a&gt;&amp;.save\""));
    assert_non_null(strstr(snapshot_xml, "<disk name=\"vda\" snapshot=\"no\"/>"));
    assert_int_equal(vl_hypervisor_run_on(fixture->session.hypervisor, "t-a", "t", NULL, &err), 0);
    assert_true(is_state(fixture, VL_DOMAIN_RUNNING));
}

/* Of a guest that somebody let run while its disk was copied there is no pair; of one that is off meanwhile there is.
 */
static void test_run_on_by_others(void **state)
{
    FIXTURE_AUTO *fixture = fixture_ready();
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_TARGET_AUTO *host = vl_target_local("/", &err);
    VL_PLAN_AUTO plan = { .count = 0 };

    (void)state;
    define_and_note(fixture);
    vl_plan_add(&plan, &(struct vl_step){ .kind = VL_STEP_RESUME, .target = "libvirt", .object = "t-a" });
    assert_int_equal(vl_apply(&fixture->session, &plan, host, &err), 0);
    plan.steps[0].at_once = true;
    assert_int_equal(vl_apply(&fixture->session, &plan, host, &err), -1);
    assert_non_null(strstr(vl_error_text(&err), "somebody let 't-a' run while its disk was copied"));
    vl_error_clear(&err);
    assert_int_equal(vl_hypervisor_pause(fixture->session.hypervisor, "t-a", "t", &(bool){ false }, &err), 0);
    assert_int_equal(vl_apply(&fixture->session, &plan, host, &err), 0);
    assert_true(is_state(fixture, VL_DOMAIN_RUNNING));
    assert_int_equal(vl_hypervisor_stop(fixture->session.hypervisor, "t-a", "t", 0, true, &err), 0);
    assert_int_equal(vl_apply(&fixture->session, &plan, host, &err), 0);
    assert_true(is_state(fixture, VL_DOMAIN_STOPPED));
}

/* What the mark of a copy was while the guest was paused, and whether that fails. */
static const char *copied_mark;
static bool marked, suspends_fail;

static int seen_suspend(struct _virDomain *domain)
{
    int rc = real_ops->domain_suspend(domain);

    marked = vl_file_exists(copied_mark);
    return suspends_fail ? -1 : rc;
}

/* Before its disk is copied again, whatever for. */
static bool plan_wakes(struct fixture *fixture)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_PLAN_AUTO backup = { .count = 0 };
    VL_PLAN_AUTO capture = { .count = 0 };
    bool wakes;

    if (vl_stage_backup(&fixture->session, NULL, "/nowhere/b", true, &backup, &err) < 0 ||
        vl_stage_capture(&fixture->session, &fixture->session.lab->pbxs[0], "n", &capture, &err) < 0)
        fail_msg("%s", vl_error_text(&err));
    assert_non_null(step_of(&backup, VL_STEP_BACKUP));
    assert_non_null(step_of(&capture, VL_STEP_CAPTURE));
    wakes = step_of(&backup, VL_STEP_RESUME) != NULL;
    assert_int_equal(step_of(&capture, VL_STEP_RESUME) != NULL, wakes);
    return wakes;
}

/* One that stands still for its disk to be copied has a mark as well, and so is known when that was cut off. What
 * libvirt's test driver cannot is the copy. */
static void test_copied(void **state)
{
    FIXTURE_AUTO *fixture = fixture_ready();
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };
    const struct vl_backup_item item = { .entry = { .name = "a.qcow2" },
                                         .pool = POOL,
                                         .pbx = &fixture->session.lab->pbxs[0],
                                         .domain = "t-a",
                                         .site = vl_site_of(&fixture->session, &fixture->session.lab->pbxs[0]) };
    const struct vl_step_scene scene = { .session = &fixture->session, .arena = &arena, .err = &err };
    VL_PLAN_AUTO renewed = { .count = 0 };
    bool goes = false;
    struct vl_hypervisor_ops ops;

    (void)state;
    define_and_note(fixture);
    copied_mark = vl_arena_printf(&arena, "%s/a.copied.still", vl_ready_directory(&fixture->session, &arena));
    real_ops = vl_hypervisor_set_ops(NULL);
    ops = *real_ops;
    ops.domain_suspend = seen_suspend;
    (void)vl_hypervisor_set_ops(&ops);
    for (int i = 0; i < 2; i++) {
        suspends_fail = i == 1; /* its answer was lost */
        marked = false;
        assert_int_equal(vl_backup_still(&scene, &item, "/nowhere/copy"), -1);
        vl_error_clear(&err);
        assert_true(marked);
        assert_true(is_state(fixture, VL_DOMAIN_RUNNING));
        assert_false(vl_file_exists(copied_mark));
    }
    (void)vl_hypervisor_set_ops(NULL);
    assert_int_equal(vl_hypervisor_pause(fixture->session.hypervisor, "t-a", "t", &(bool){ false }, &err), 0);
    have_image(fixture, "debian-asterisk-22");
    fixture->session.options.hypervisor = "qemu:///system";
    assert_false(plan_wakes(fixture));
    write_whole(copied_mark, "");
    assert_true(plan_wakes(fixture));
    assert_runs_on(fixture, true);
    fixture->session.renews = true; /* a new disk ends all that */
    assert_int_equal(vl_stage_guest(&fixture->session, &fixture->session.lab->pbxs[0], &renewed, &err), 0);
    fixture->session.renews = false;
    assert_null(step_of(&renewed, VL_STEP_RESUME));
    for (size_t i = 0; i < renewed.count; i++)
        for (const char *const *word = renewed.steps[i].argv; word && *word; word++)
            goes |= !strcmp(*word, copied_mark);
    assert_true(goes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cut_off),
        cmocka_unit_test(test_saved_standing),
        cmocka_unit_test(test_run_on_by_others),
        cmocka_unit_test(test_copied),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
