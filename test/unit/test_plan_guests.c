/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Making guests, against libvirt's test driver with a node of our own: what one guest's failure does to the others, and
 * what the plan says of a base image that was fetched.
 *
 * ctest: THREADS yes
 */
#include "guest/hypervisor.h"
#include "support.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "guest/hypervisor_ops.h"
#include "guest/image.h"
#include "plan/apply.h"
#include "request/fleet.h"
#include "stage/stage.h"

/* The node: a domain has the name that guest `b` of lab `t` needs. */
static const char node_xml[] = "<node><domain type='test'><name>t-b</name><memory>8192</memory>"
                               "<os><type>hvm</type></os></domain></node>";

static const char lab_head[] = "[lab]\nname = t\n[bridge]\naddress = 10.5.5.1/24\n";
static const char three_guests[] =
    "[pbx a]\naddress = 10.5.5.11\n[pbx b]\naddress = 10.5.5.12\n[pbx c]\naddress = 10.5.5.13\n";

struct fixture {
    char *directory;
    struct vl_session session;
    struct vl_buf warnings;
};

static void on_event(void *context, const struct voiplab_event *event)
{
    struct fixture *fixture = context;

    if (event->kind == VOIPLAB_EVENT_WARNING)
        vl_buf_printf(&fixture->warnings, "%s: %s\n", event->target, event->text);
}

/* The lab's guests start from `base`, "%s" in it being the fixture's directory. */
static struct fixture *fixture_open(const char *base)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_ARENA_AUTO arena = { .blocks = NULL };
    const char *lab, *node;

    assert_non_null(fixture);
    fixture->directory = make_directory();
    lab = vl_arena_printf(&arena, "%s/lab.ini", fixture->directory);
    node = vl_arena_printf(&arena, "%s/node.xml", fixture->directory);
    write_whole(lab, vl_arena_printf(&arena, "%s[image i]\nbase = %s\n%s", lab_head, base, three_guests));
    write_whole(node, node_xml);
    fixture->session = (struct vl_session){ .options = { .root = "/",
                                                         .state_directory = fixture->directory,
                                                         .cache_directory = fixture->directory,
                                                         .share_directory = SOURCE_DIRECTORY "/share",
                                                         .event = on_event,
                                                         .context = fixture } };
    (void)pthread_mutex_init(&fixture->session.event_lock, NULL);
    fixture->session.lab = vl_lab_load(lab, SOURCE_DIRECTORY "/share", &err);
    if (!fixture->session.lab ||
        vl_state_open(&fixture->session.state, fixture->session.lab, fixture->directory, NULL, &err) < 0)
        fail_msg("%s", vl_error_text(&err));
    fixture->session.hypervisor = vl_hypervisor_open(vl_arena_printf(&arena, "test://%s", node), NULL, &err);
    if (!fixture->session.hypervisor)
        fail_msg("%s", vl_error_text(&err));
    return fixture;
}

static void fixture_close(struct fixture **slot)
{
    struct fixture *fixture = *slot;

    vl_hypervisor_close(fixture->session.hypervisor);
    vl_state_close(&fixture->session.state);
    vl_session_forget(&fixture->session);
    vl_lab_free(fixture->session.lab);
    (void)pthread_mutex_destroy(&fixture->session.event_lock);
    vl_buf_free(&fixture->warnings);
    remove_tree(fixture->directory);
    free(fixture->directory);
    free(fixture);
}

#define FIXTURE_AUTO __attribute__((cleanup(fixture_close))) struct fixture

static enum vl_domain_state state_of(struct fixture *fixture, const char *name)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };
    struct vl_domain domain;

    assert_int_equal(vl_hypervisor_domain(fixture->session.hypervisor, &arena, name, &domain, &err), 0);
    return domain.state;
}

/* Make what the guests share, as `up` does. */
static void make_shared(struct fixture *fixture)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_PLAN_AUTO plan = { .count = 0 };

    assert_int_equal(vl_stage_guests_shared(&fixture->session, NULL, &plan, &err), 0);
    assert_int_equal(plan.count, 1);
    assert_int_equal(plan.steps[0].kind, VL_STEP_POOL);
    if (vl_hypervisor_pool_make(fixture->session.hypervisor, plan.steps[0].object, plan.steps[0].after, &err) < 0)
        fail_msg("%s", vl_error_text(&err));
}

/* A domain of that name which is not ours: its guest fails with its own line, the others run. */
static void test_foreign_domain(void **state)
{
    FIXTURE_AUTO *fixture = fixture_open("iso:/dev/null");
    VL_FLEET_AUTO fleet = { .count = 0 };
    VL_ERROR_AUTO err = { .code = VL_OK };

    (void)state;
    make_shared(fixture);
    assert_int_equal(vl_fleet_open(&fixture->session, NULL, &fleet, &err), 0);
    vl_fleet_make_guests(&fleet);
    assert_int_equal(fleet.count, 3);
    assert_int_equal(vl_fleet_failed(&fleet), 1);
    assert_int_equal(fleet.members[1].error.code, VL_ERROR_FAILED);
    assert_string_equal(vl_buf_text(&fixture->warnings),
                        "b: the hypervisor has a domain 't-b' that this lab did not make; it stays as it is, so rename "
                        "one of the two\n");
    assert_int_equal(state_of(fixture, "t-a"), VL_DOMAIN_RUNNING);
    assert_int_equal(state_of(fixture, "t-c"), VL_DOMAIN_RUNNING);
    assert_int_equal(fleet.changed, 6); /* disk, domain and start of each of the two */

    /* and once more: nothing is left to do for these two */
    fleet.changed = 0;
    vl_fleet_make_guests(&fleet);
    assert_int_equal(fleet.changed, 0);
}

static const struct vl_hypervisor_ops *libvirt;
static int starts;

static int refuse_first(struct _virDomain *domain)
{
    return starts++ ? libvirt->domain_start(domain) : -1;
}

/* A guest that cannot be started is no reason not to start the next one. */
static void test_failed_start(void **state)
{
    FIXTURE_AUTO *fixture = fixture_open("iso:/dev/null");
    struct vl_hypervisor_ops failing;
    VL_FLEET_AUTO fleet = { .count = 0 };
    VL_ERROR_AUTO err = { .code = VL_OK };

    (void)state;
    make_shared(fixture);
    assert_int_equal(vl_fleet_open(&fixture->session, (const char *const[]){ "a", "c", NULL }, &fleet, &err), 0);
    libvirt = vl_hypervisor_set_ops(NULL);
    failing = *libvirt;
    failing.domain_start = refuse_first;
    starts = 0;
    (void)vl_hypervisor_set_ops(&failing);
    vl_fleet_make_guests(&fleet);
    (void)vl_hypervisor_set_ops(NULL);
    assert_int_equal(vl_fleet_failed(&fleet), 1);
    assert_non_null(strstr(vl_buf_text(&fixture->warnings), "a: start domain t-a: cannot start domain 't-a'"));
    assert_int_equal(state_of(fixture, "t-a"), VL_DOMAIN_STOPPED);
    assert_int_equal(state_of(fixture, "t-c"), VL_DOMAIN_RUNNING);
}

/* A qcow2 header of version 2: 7 MiB, with or without a backing file. */
static void write_image(const char *path, bool backed)
{
    unsigned char header[80] = "QFI\xfb";
    FILE *file = fopen(path, "we");

    header[7] = 2;
    header[15] = backed ? 72 : 0;
    header[29] = 0x70;
    assert_non_null(file);
    assert_int_equal(fwrite(header, 1, sizeof(header), file), sizeof(header));
    assert_int_equal(fclose(file), 0);
}

/* The step that makes the base volume, of which there is one for all guests. */
static const struct vl_step *upload_step(const struct vl_plan *plan)
{
    const struct vl_step *found = NULL;

    for (size_t i = 0; i < plan->count; i++) {
        if (plan->steps[i].kind != VL_STEP_UPLOAD)
            continue;
        assert_null(found);
        found = &plan->steps[i];
    }
    assert_non_null(found);
    return found;
}

static void test_fetched_image(void **state)
{
    FIXTURE_AUTO *fixture = fixture_open("url:https://192.0.2.1/disk.qcow2");
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_PLAN_AUTO images = { .count = 0 };
    VL_PLAN_AUTO before = { .count = 0 };
    VL_PLAN_AUTO after = { .count = 0 };
    const char *place;

    (void)state;
    assert_int_equal(vl_stage_image(&fixture->session, NULL, &images, &err), 0);
    assert_int_equal(images.count, 1);
    assert_int_equal(images.steps[0].kind, VL_STEP_IMAGE);
    assert_string_equal(images.steps[0].source, "https://192.0.2.1/disk.qcow2");
    place = vl_image_place(&arena, fixture->directory, "i", "https://192.0.2.1/disk.qcow2");
    assert_string_equal(images.steps[0].after, place);
    assert_string_not_equal(place, vl_image_place(&arena, fixture->directory, "i", "https://192.0.2.1/other.qcow2"));

    /* without a hypervisor everything counts as absent: a dry run before the image is there, and then with it */
    vl_hypervisor_close(fixture->session.hypervisor);
    fixture->session.hypervisor = NULL;
    if (vl_stage_guests(&fixture->session, NULL, &before, &err) < 0)
        fail_msg("%s", vl_error_text(&err));
    assert_int_equal(upload_step(&before)->size, 0);
    assert_int_equal(mkdir(vl_arena_printf(&arena, "%s/images", fixture->directory), 0755), 0);
    write_image(place, false);
    assert_int_equal(vl_stage_guests(&fixture->session, NULL, &after, &err), 0);
    assert_int_equal(upload_step(&after)->size, 7 << 20);
    assert_non_null(strstr(upload_step(&after)->after, "<capacity unit=\"bytes\">7340032</capacity>"));
    assert_string_equal(upload_step(&after)->source, place);

    write_image(place, true);
    assert_int_equal(vl_stage_guests(&fixture->session, NULL, &after, &err), -1);
    assert_non_null(strstr(vl_error_text(&err), "needs another file"));
}

/* A disk that is a clone of this, as one made earlier. */
static void make_clone(struct fixture *fixture, const char *pool, const char *disk, const char *base)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };
    const char *xml =
        vl_arena_printf(&arena,
                        "<volume><name>%s</name><capacity>1048576</capacity><target><format type='qcow2'/>"
                        "</target><backingStore><path>/pool/%s</path></backingStore></volume>",
                        disk, base);

    if (vl_hypervisor_volume_make(fixture->session.hypervisor, pool, xml, &err) < 0)
        fail_msg("%s", vl_error_text(&err));
}

/* A guest whose disk is of another recipe than the lab file's boots what that disk needs, and it is told. */
static void test_other_recipe(void **state)
{
    FIXTURE_AUTO *fixture = fixture_open("build:debian-asterisk-22");
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_PLAN_AUTO shared = { .count = 0 };
    VL_PLAN_AUTO plan = { .count = 0 };
    const char *pool, *domains[3] = { NULL };
    size_t count = 0;

    (void)state;
    assert_int_equal(vl_stage_guests_shared(&fixture->session, NULL, &shared, &err), 0);
    assert_int_equal(shared.steps[0].kind, VL_STEP_POOL);
    pool = shared.steps[0].object;
    assert_int_equal(vl_hypervisor_pool_make(fixture->session.hypervisor, pool, shared.steps[0].after, &err), 0);
    make_clone(fixture, pool, "a.qcow2", "debian-asterisk-0123456789ab.qcow2");
    make_clone(fixture, pool, "c.qcow2", "debian-asterisk-22-0123456789ab.qcow2");
    assert_int_equal(vl_stage_guests(&fixture->session, (const char *const[]){ "a", "c", NULL }, &plan, &err), 0);
    for (size_t i = 0; i < plan.count; i++)
        if (plan.steps[i].kind == VL_STEP_DOMAIN)
            domains[count++] = plan.steps[i].after;
    assert_int_equal(count, 2);
    assert_non_null(strstr(domains[0], "/debian-asterisk-0123456789ab.vmlinuz</kernel>"));
    assert_non_null(strstr(domains[1], "/debian-asterisk-22-0123456789ab.vmlinuz</kernel>"));
    assert_string_equal(vl_buf_text(&fixture->warnings),
                        "a: its disk is of the image 'debian-asterisk-0123456789ab', which stays; a disk of "
                        "'debian-asterisk-22' is made when the volume 'a.qcow2' of the pool 'voiplab-t' is gone\n");
}

static const struct vl_step *step_of(const struct vl_plan *plan, enum vl_step_kind kind)
{
    for (size_t i = 0; i < plan->count; i++)
        if (plan->steps[i].kind == kind)
            return &plan->steps[i];
    return NULL;
}

/* What the plan for guest "a" is, carried out. */
static void make_one(struct fixture *fixture, struct vl_plan *plan)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_TARGET_AUTO *host = vl_target_local("/", &err);

    if (vl_stage_guest(&fixture->session, &fixture->session.lab->pbxs[0], plan, &err) < 0 ||
        vl_apply(&fixture->session, plan, host, &err) < 0)
        fail_msg("%s", vl_error_text(&err));
}

static const char *behind_of(struct fixture *fixture, struct vl_arena *arena)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    struct vl_domain domain;

    assert_int_equal(vl_hypervisor_domain(fixture->session.hypervisor, arena, "t-a", &domain, &err), 0);
    return domain.behind;
}

/* A guest that runs is defined anew and told to be behind; it starts anew only where that is asked for. */
static void test_behind(void **state)
{
    FIXTURE_AUTO *fixture = fixture_open("iso:/dev/null");
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_PLAN_AUTO first = { .count = 0 };
    VL_PLAN_AUTO second = { .count = 0 };
    VL_PLAN_AUTO third = { .count = 0 };
    VL_PLAN_AUTO fourth = { .count = 0 };
    VL_PLAN_AUTO fifth = { .count = 0 };
    struct vl_pbx *pbx = (struct vl_pbx *)(uintptr_t)&fixture->session.lab->pbxs[0];

    (void)state;
    make_shared(fixture);
    make_one(fixture, &first);
    assert_non_null(step_of(&first, VL_STEP_START));
    assert_null(behind_of(fixture, &arena));

    pbx->memory += 64 << 20;
    pbx->vcpus = 2;
    make_one(fixture, &second);
    assert_int_equal(second.count, 1);
    assert_int_equal(second.steps[0].kind, VL_STEP_DOMAIN);
    assert_string_equal(behind_of(fixture, &arena), "memory, processors");
    make_one(fixture, &third);
    assert_int_equal(third.count, 0);

    fixture->session.restarts = true;
    make_one(fixture, &fourth);
    assert_int_equal(fourth.count, 2);
    assert_int_equal(fourth.steps[0].kind, VL_STEP_STOP);
    assert_int_equal(fourth.steps[1].kind, VL_STEP_START);
    assert_null(behind_of(fixture, &arena));
    assert_int_equal(state_of(fixture, "t-a"), VL_DOMAIN_RUNNING);
    make_one(fixture, &fifth);
    assert_int_equal(fifth.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_foreign_domain), cmocka_unit_test(test_failed_start),
        cmocka_unit_test(test_fetched_image),  cmocka_unit_test(test_other_recipe),
        cmocka_unit_test(test_behind),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
