/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What guests boot from: their base images and the names of these, and what becomes of a guest whose image is another
 * one in the lab file than when it got its disk. Against libvirt's test driver.
 *
 * ctest: THREADS yes
 */
#include "guests_fixture.h"

#include <sys/stat.h>
#include <utime.h>

#include "base/text.h"
#include "guest/image.h"

#define POOL "voiplab-t"

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

/* Of an image of the cache, what it has tells whether a kernel starts its disks. */
static void test_kept_kernel(void **state)
{
    static const char *const network_first[] = { "network", "disk", NULL };
    FIXTURE_AUTO *fixture = fixture_open("image:gold");
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_PLAN_AUTO alone = { .count = 0 };
    VL_PLAN_AUTO refused = { .count = 0 };
    const char *place = vl_arena_printf(&arena, "%s/images", fixture->directory);
    struct vl_pbx *pbx = (struct vl_pbx *)(uintptr_t)&fixture->session.lab->pbxs[0];

    (void)state;
    assert_int_equal(mkdir(place, 0755), 0);
    place = vl_arena_printf(&arena, "%s/gold-0123456789ab", place);
    assert_int_equal(mkdir(place, 0755), 0);
    write_image(vl_arena_printf(&arena, "%s/disk.qcow2", place), false);
    write_whole(vl_arena_printf(&arena, "%s/vmlinuz", place), "kernel");
    write_whole(vl_arena_printf(&arena, "%s/initrd", place), "initrd");
    write_whole(vl_arena_printf(&arena, "%s/SHA256SUMS", place), "");
    write_whole(vl_arena_printf(&arena, "%s/info", place), "made=captured\n");
    pbx->boot = network_first;
    if (vl_stage_guests_shared(&fixture->session, NULL, &alone, &err) < 0)
        fail_msg("%s", vl_error_text(&err));
    write_whole(vl_arena_printf(&arena, "%s/info", place), "made=captured\ncmdline=quiet\n");
    assert_int_equal(vl_stage_guests_shared(&fixture->session, NULL, &refused, &err), -1);
    assert_non_null(strstr(vl_error_text(&err), "[pbx a] boot: 'disk' is started by the kernel of [image i], which "));
}

static void make_pool(struct fixture *fixture)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_PLAN_AUTO shared = { .count = 0 };

    assert_int_equal(vl_stage_guests_shared(&fixture->session, NULL, &shared, &err), 0);
    assert_int_equal(shared.steps[0].kind, VL_STEP_POOL);
    assert_string_equal(shared.steps[0].object, POOL);
    assert_int_equal(vl_hypervisor_pool_make(fixture->session.hypervisor, POOL, shared.steps[0].after, &err), 0);
}

static const char *other_of(struct fixture *fixture, size_t index, struct vl_arena *arena)
{
    const char *other = vl_stage_other_base(&fixture->session, &fixture->session.lab->pbxs[index], arena);

    return other ? other : "-";
}

/* A guest whose disk is of another recipe than the lab file's boots what that disk needs, and it is told. */
static void test_other_recipe(void **state)
{
    FIXTURE_AUTO *fixture = fixture_open("build:debian-asterisk-22");
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_PLAN_AUTO plan = { .count = 0 };
    const char *domains[3] = { NULL };
    size_t count = 0;

    (void)state;
    make_pool(fixture);
    make_clone(fixture, POOL, "a.qcow2", "/pool/debian-asterisk-0123456789ab.qcow2");
    make_clone(fixture, POOL, "c.qcow2", "/pool/debian-asterisk-22-0123456789ab.qcow2");
    assert_int_equal(vl_stage_guests(&fixture->session, (const char *const[]){ "a", "c", NULL }, &plan, &err), 0);
    for (size_t i = 0; i < plan.count; i++)
        if (plan.steps[i].kind == VL_STEP_DOMAIN)
            domains[count++] = plan.steps[i].after;
    assert_int_equal(count, 2);
    assert_non_null(strstr(domains[0], "/debian-asterisk-0123456789ab.vmlinuz</kernel>"));
    assert_non_null(strstr(domains[1], "/debian-asterisk-22-0123456789ab.vmlinuz</kernel>"));
    assert_string_equal(other_of(fixture, 0, &arena), "of the image 'debian-asterisk-0123456789ab'");
    assert_string_equal(other_of(fixture, 1, &arena), "-"); /* it has no disk yet */
    assert_string_equal(other_of(fixture, 2, &arena), "-"); /* an earlier state of the recipe */
}

/* What is planned of guest "a". */
static void plan_a(struct fixture *fixture, struct vl_plan *plan)
{
    VL_ERROR_AUTO err = { .code = VL_OK };

    if (vl_stage_guest(&fixture->session, &fixture->session.lab->pbxs[0], plan, &err) < 0)
        fail_msg("%s", vl_error_text(&err));
}

static const char *definition_of(const struct vl_plan *plan)
{
    const struct vl_step *step = step_of(plan, VL_STEP_DOMAIN);

    assert_non_null(step);
    return step->after;
}

/* The image of the lab file is another one since. */
static void change_base(struct fixture *fixture, enum vl_image_kind kind, const char *source)
{
    struct vl_image *image = (struct vl_image *)(uintptr_t)&fixture->session.lab->images[0];

    image->kind = kind;
    image->source = source;
}

static const char *disk_file(struct fixture *fixture, struct vl_arena *arena, const char *name)
{
    const char *file = vl_arena_printf(arena, "%s/%s", fixture->directory, name);

    write_image(file, false);
    return file;
}

/* A disk that its kernel starts goes on with that, whatever the lab file says since; and one that starts by itself gets
 * none. */
static void test_other_kind(void **state)
{
    FIXTURE_AUTO *fixture = fixture_open("build:debian-asterisk");
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_PLAN_AUTO first = { .count = 0 };
    VL_PLAN_AUTO plan = { .count = 0 };
    VL_PLAN_AUTO media = { .count = 0 };
    VL_PLAN_AUTO refused = { .count = 0 };
    VL_PLAN_AUTO back = { .count = 0 };
    const char *file = disk_file(fixture, &arena, "B.qcow2");

    (void)state;
    make_pool(fixture);
    make_clone(fixture, POOL, "a.qcow2", "/pool/debian-asterisk-0123456789ab.qcow2");
    change_base(fixture, VL_IMAGE_DISK, file);
    assert_int_equal(vl_stage_guest(&fixture->session, &fixture->session.lab->pbxs[0], &refused, &err), -1);
    assert_non_null(strstr(vl_error_text(&err), "what its kernel is told at the start is not known any more"));
    change_base(fixture, VL_IMAGE_BUILD, "debian-asterisk");
    have_image(fixture, "debian-asterisk");
    plan_a(fixture, &first);
    assert_string_equal(other_of(fixture, 0, &arena), "-");
    assert_non_null(strstr(definition_of(&first), "/debian-asterisk-0123456789ab.vmlinuz</kernel>"));
    assert_non_null(strstr(definition_of(&first), "<cmdline>quiet splash</cmdline>"));
    if (vl_hypervisor_define(fixture->session.hypervisor, definition_of(&first), "t-a", "t", &err) < 0)
        fail_msg("%s", vl_error_text(&err));
    change_base(fixture, VL_IMAGE_DISK, file);
    plan_a(fixture, &plan);
    assert_null(step_of(&plan, VL_STEP_UPLOAD));
    assert_null(step_of(&plan, VL_STEP_DOMAIN)); /* it stays as it is defined */
    assert_string_equal(other_of(fixture, 0, &arena), "of the image 'debian-asterisk-0123456789ab'");
    change_base(fixture, VL_IMAGE_ISO, file);
    plan_a(fixture, &media);
    assert_null(step_of(&media, VL_STEP_DOMAIN));
    fixture->session.renews = true; /* a new disk is as the lab file says */
    change_base(fixture, VL_IMAGE_DISK, file);
    plan_a(fixture, &back);
    assert_string_equal(step_of(&back, VL_STEP_UPLOAD)->source, file);
    assert_null(strstr(definition_of(&back), "<kernel>"));
}

static void test_by_itself(void **state)
{
    static const char *const backings[] = { "/pool/i-0123456789ab.base.qcow2", "/pool/i.base.qcow2", NULL };
    static const char *const told[] = { "a clone of 'i-0123456789ab.base.qcow2'", "a clone of 'i.base.qcow2'",
                                        "of no image" };

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        FIXTURE_AUTO *fixture = fixture_open("build:debian-asterisk");
        VL_ARENA_AUTO arena = { .blocks = NULL };
        VL_ERROR_AUTO err = { .code = VL_OK };
        VL_PLAN_AUTO plan = { .count = 0 };

        make_pool(fixture);
        if (backings[i])
            make_clone(fixture, POOL, "a.qcow2", backings[i]);
        else
            assert_int_equal(vl_hypervisor_volume_make(fixture->session.hypervisor, POOL,
                                                       "<volume><name>a.qcow2</name><capacity>1048576</capacity>"
                                                       "<target><format type='qcow2'/></target></volume>",
                                                       &err),
                             0);
        plan_a(fixture, &plan);
        assert_null(strstr(definition_of(&plan), "<kernel>"));
        assert_null(step_of(&plan, VL_STEP_UPLOAD));
        assert_string_equal(other_of(fixture, 0, &arena), told[i]);
    }
}

/* Another content, or another file, is another base volume: a guest that is new is never made of the old one. */
static void test_other_content(void **state)
{
    FIXTURE_AUTO *fixture = fixture_open("disk:/A.qcow2");
    VL_ARENA_AUTO arena = { .blocks = NULL };
    const char *files[2], *volumes[3];

    (void)state;
    files[0] = disk_file(fixture, &arena, "A.qcow2");
    files[1] = disk_file(fixture, &arena, "B.qcow2");
    change_base(fixture, VL_IMAGE_DISK, files[0]);
    make_pool(fixture);
    for (size_t i = 0; i < 3; i++) {
        VL_PLAN_AUTO plan = { .count = 0 };

        change_base(fixture, VL_IMAGE_DISK, files[i == 1]);
        if (i == 2)
            assert_int_equal(utime(files[0], &(struct utimbuf){ .modtime = 1 }), 0);
        plan_a(fixture, &plan);
        volumes[i] = vl_arena_strdup(&arena, step_of(&plan, VL_STEP_UPLOAD)->object);
        assert_non_null(strstr(step_of(&plan, VL_STEP_VOLUME)->after, volumes[i]));
        assert_true(vl_text_starts(volumes[i], "i-") && vl_text_ends(volumes[i], ".base.qcow2"));
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(volumes[i], volumes[j]);
    }
}

/* So is what an URL had then and has now; and what was fetched has the checksum of the lab file, or is not used. */
static void test_other_sum(void **state)
{
    static const char url[] = "https://192.0.2.1/disk.qcow2", sum[] = "01234567890123456789012345678901"
                                                                      "23456789012345678901234567890123";
    FIXTURE_AUTO *fixture = fixture_open("url:https://192.0.2.1/disk.qcow2");
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_PLAN_AUTO bare = { .count = 0 };
    VL_PLAN_AUTO noted = { .count = 0 };
    VL_PLAN_AUTO pinned = { .count = 0 };
    VL_PLAN_AUTO other = { .count = 0 };
    VL_PLAN_AUTO images = { .count = 0 };
    struct vl_image *image = (struct vl_image *)(uintptr_t)&fixture->session.lab->images[0];
    const char *place = vl_image_place(&arena, fixture->directory, "i", url);

    (void)state;
    make_pool(fixture);
    assert_int_equal(mkdir(vl_arena_printf(&arena, "%s/images", fixture->directory), 0755), 0);
    write_image(place, false);
    plan_a(fixture, &bare);
    write_whole(vl_arena_printf(&arena, "%s.sha256", place), vl_arena_printf(&arena, "%s  disk.qcow2\n", sum));
    plan_a(fixture, &noted);
    image->sha256 = sum;
    plan_a(fixture, &pinned);
    assert_string_not_equal(step_of(&bare, VL_STEP_UPLOAD)->object, step_of(&noted, VL_STEP_UPLOAD)->object);
    assert_string_equal(step_of(&pinned, VL_STEP_UPLOAD)->object, step_of(&noted, VL_STEP_UPLOAD)->object);
    assert_int_equal(vl_stage_image(&fixture->session, NULL, &images, &err), 0);
    assert_int_equal(images.count, 0);
    image->sha256 = "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff";
    plan_a(fixture, &other);
    assert_string_not_equal(step_of(&other, VL_STEP_UPLOAD)->object, step_of(&noted, VL_STEP_UPLOAD)->object);
    assert_int_equal(vl_stage_image(&fixture->session, NULL, &images, &err), -1);
    assert_non_null(strstr(vl_error_text(&err), "[image i] sha256: what was fetched has 0123456789"));
    assert_non_null(strstr(vl_error_text(&err), "'voiplab image remove i-"));
}

/* A medium is a file that is there; who is on another host gets a copy. */
static void test_medium(void **state)
{
    static const char *const wrong[] = { "/nowhere/fake.iso", "/tmp" };
    static const char *const words[] = { "[image i] base: there is no file '/nowhere/fake.iso'",
                                         "[image i] base: '/tmp' is a directory" };
    FIXTURE_AUTO *fixture = fixture_open("iso:/A.qcow2");
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_PLAN_AUTO here = { .count = 0 };
    VL_PLAN_AUTO far = { .count = 0 };
    const char *file = disk_file(fixture, &arena, "A.qcow2"), *volume;

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        VL_ERROR_AUTO err = { .code = VL_OK };
        VL_PLAN_AUTO refused = { .count = 0 };

        change_base(fixture, VL_IMAGE_ISO, wrong[i]);
        assert_int_equal(vl_stage_guest(&fixture->session, &fixture->session.lab->pbxs[0], &refused, &err), -1);
        assert_non_null(strstr(vl_error_text(&err), words[i]));
    }
    change_base(fixture, VL_IMAGE_ISO, file);
    make_pool(fixture);
    plan_a(fixture, &here);
    assert_null(step_of(&here, VL_STEP_UPLOAD));
    assert_non_null(strstr(definition_of(&here), file));
    fixture->session.options.hypervisor = "qemu+ssh://far/system";
    plan_a(fixture, &far);
    volume = step_of(&far, VL_STEP_UPLOAD)->object;
    assert_string_equal(step_of(&far, VL_STEP_UPLOAD)->source, file);
    assert_true(vl_text_starts(volume, "i-") && vl_text_ends(volume, ".medium.iso"));
    assert_null(strstr(definition_of(&far), file));
    assert_non_null(strstr(definition_of(&far), vl_arena_printf(&arena, "/voiplab-t/%s", volume)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fetched_image), cmocka_unit_test(test_kept_kernel), cmocka_unit_test(test_other_recipe),
        cmocka_unit_test(test_other_kind),    cmocka_unit_test(test_by_itself),   cmocka_unit_test(test_other_content),
        cmocka_unit_test(test_other_sum),     cmocka_unit_test(test_medium),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
