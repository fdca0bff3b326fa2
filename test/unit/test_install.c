/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Guests that are installed unattended, against libvirt's test driver: what is planned before, while and after, and by
 * what the end of an installation is told from its being cut off.
 *
 * ctest: THREADS yes
 */
#include "guests_fixture.h"

#include <sys/stat.h>

#include "base/text.h"
#include "guest/netboot.h"
#include "plan/ready.h"
#include "request/fleet.h"

#define TREE "http://192.0.2.1/debian/dists/bookworm/main/installer-amd64/"
#define UNATTENDED "location:" TREE "\nos = debian12"

static bool has_note(struct fixture *fixture)
{
    return vl_stage_installs(&fixture->session, &fixture->session.lab->pbxs[0]);
}

static void plan_one(struct fixture *fixture, struct vl_plan *plan)
{
    VL_ERROR_AUTO err = { .code = VL_OK };

    if (vl_stage_guest(&fixture->session, &fixture->session.lab->pbxs[0], plan, &err) < 0)
        fail_msg("%s", vl_error_text(&err));
}

/* The installer is fetched once, and is then in the cache. */
static void test_installer(void **state)
{
    FIXTURE_AUTO *fixture = fixture_open(UNATTENDED);
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_PLAN_AUTO before = { .count = 0 };
    VL_PLAN_AUTO after = { .count = 0 };
    const char *place = vl_netboot_place(&arena, fixture->directory, "i", TREE);

    (void)state;
    assert_int_equal(vl_stage_image(&fixture->session, NULL, &before, &err), 0);
    assert_int_equal(before.count, 2);
    assert_int_equal(before.steps[0].kind, VL_STEP_FETCH);
    assert_string_equal(before.steps[0].source, TREE "current/images/netboot/debian-installer/amd64/linux");
    assert_string_equal(before.steps[1].source, TREE "current/images/netboot/debian-installer/amd64/initrd.gz");
    assert_int_equal(mkdir(vl_arena_printf(&arena, "%s/installers", fixture->directory), 0700), 0);
    write_whole(vl_arena_printf(&arena, "%s.vmlinuz", place), "kernel");
    write_whole(vl_arena_printf(&arena, "%s.initrd", place), "initrd");
    assert_int_equal(vl_stage_image(&fixture->session, NULL, &after, &err), 0);
    assert_int_equal(after.count, 0);
}

static size_t position(const struct vl_plan *plan, enum vl_step_kind kind)
{
    const struct vl_step *step = step_of(plan, kind);

    assert_non_null(step);
    return (size_t)(step - plan->steps);
}

/* It is noted before there is a disk, and started by the installer's kernel, whose answers are in its initrd. */
static void test_before(void **state)
{
    FIXTURE_AUTO *fixture = fixture_open(UNATTENDED);
    VL_PLAN_AUTO plan = { .count = 0 };
    const struct vl_step *seed;
    const char *xml;

    (void)state;
    plan_one(fixture, &plan);
    assert_true(position(&plan, VL_STEP_FILE) < position(&plan, VL_STEP_VOLUME));
    assert_true(step_of(&plan, VL_STEP_FILE)->stays); /* also when a later step fails, as the disk does */
    seed = &plan.steps[position(&plan, VL_STEP_SEED)];
    assert_null(seed->label);
    assert_non_null(strstr(seed->base, "/installers/i-"));
    assert_true(vl_text_ends(seed->object, ".initrd"));
    xml = plan.steps[position(&plan, VL_STEP_DOMAIN)].after;
    assert_non_null(strstr(xml, "<on_reboot>destroy</on_reboot>"));
    assert_non_null(strstr(xml, seed->object));
    assert_non_null(strstr(xml, "file=/preseed.cfg"));
    assert_non_null(strstr(xml, "<memory unit=\"KiB\">1048576</memory>"));
    assert_non_null(strstr(xml, "address=\"127.0.0.1\""));
    assert_true(position(&plan, VL_STEP_DOMAIN) < position(&plan, VL_STEP_START));
}

static const char *pool_path; /* NULL: there are no files */

/* A disk of which so much is written. */
static void make_disk_in(struct fixture *fixture, const char *pool, const char *written)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };

    if (vl_hypervisor_pool_make(fixture->session.hypervisor, pool, pool_path ? pool_path : "/nowhere", &err) < 0 ||
        vl_hypervisor_volume_make(
            fixture->session.hypervisor, pool,
            vl_arena_printf(&arena,
                            "<volume><name>a.qcow2</name><capacity>4294967296</capacity><allocation>%s</allocation>"
                            "<target><format type='qcow2'/></target></volume>",
                            written),
            &err) < 0)
        fail_msg("%s", vl_error_text(&err));
}

static void make_disk(struct fixture *fixture, const char *written)
{
    make_disk_in(fixture, "voiplab-t", written);
}

#define EMPTY "200704"
#define INSTALLED "900000000"

static void make_pool(struct fixture *fixture)
{
    make_disk(fixture, INSTALLED);
}

/* Once it is installed it boots from its disk, and what was for the installer is no part of it. */
static void test_after(void **state)
{
    FIXTURE_AUTO *fixture = fixture_open(UNATTENDED);
    VL_PLAN_AUTO plan = { .count = 0 };
    const char *xml;

    (void)state;
    make_pool(fixture);
    plan_one(fixture, &plan);
    assert_null(step_of(&plan, VL_STEP_SEED));
    assert_null(step_of(&plan, VL_STEP_FILE));
    xml = plan.steps[position(&plan, VL_STEP_DOMAIN)].after;
    assert_non_null(strstr(xml, "<on_reboot>restart</on_reboot>"));
    assert_non_null(strstr(xml, "<boot dev=\"hd\"/>"));
    assert_null(strstr(xml, "<kernel>"));
    assert_null(strstr(xml, "vnc"));
}

/* The note is there, and the domain is defined as for the installer. Nobody knows how it came to be off: as when its
 * libvirtd was restarted. */
static void prepare(struct fixture *fixture, const char *written)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_PLAN_AUTO plan = { .count = 0 };
    const struct vl_step *file;

    plan_one(fixture, &plan);
    file = &plan.steps[position(&plan, VL_STEP_FILE)];
    assert_int_equal(vl_file_mkdirs(fixture->session.state.directory, 0700, &err), 0);
    write_whole(file->object, file->after);
    make_disk(fixture, written);
    if (vl_hypervisor_define(fixture->session.hypervisor, plan.steps[position(&plan, VL_STEP_DOMAIN)].after, "t-a", "t",
                             &err) < 0)
        fail_msg("%s", vl_error_text(&err));
    assert_true(has_note(fixture));
}

/* As while it is installed. */
static void begin(struct fixture *fixture)
{
    VL_ERROR_AUTO err = { .code = VL_OK };

    prepare(fixture, INSTALLED);
    if (vl_hypervisor_start(fixture->session.hypervisor, "t-a", "t", &err) < 0)
        fail_msg("%s", vl_error_text(&err));
}

static void look_again(struct fixture *fixture, bool wait, size_t failed)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_FLEET_AUTO fleet = { .count = 0 };

    assert_int_equal(vl_fleet_open(&fixture->session, (const char *const[]){ "a", NULL }, &fleet, &err), 0);
    (wait ? vl_fleet_wait_installed : vl_fleet_end_installed)(&fleet);
    assert_int_equal(vl_fleet_failed(&fleet), failed);
}

static void test_ends(void **state)
{
    FIXTURE_AUTO *fixture = fixture_open(UNATTENDED);
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_PLAN_AUTO plan = { .count = 0 };

    (void)state;
    begin(fixture);
    look_again(fixture, false, 0);
    assert_true(has_note(fixture)); /* it runs */
    plan_one(fixture, &plan);
    assert_null(step_of(&plan, VL_STEP_DOMAIN)); /* and is as it shall be */
    assert_null(step_of(&plan, VL_STEP_START));
    assert_int_equal(vl_hypervisor_stop(fixture->session.hypervisor, "t-a", "t", 5000, false, &err), 0);
    look_again(fixture, false, 0);
    assert_false(has_note(fixture));
}

/* The plug was pulled: it is not installed, and the next run begins anew. */
static void test_cut_off(void **state)
{
    FIXTURE_AUTO *fixture = fixture_open(UNATTENDED);
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_PLAN_AUTO plan = { .count = 0 };

    (void)state;
    begin(fixture);
    assert_int_equal(vl_hypervisor_stop(fixture->session.hypervisor, "t-a", "t", 0, true, &err), 0);
    look_again(fixture, true, 1);
    assert_true(has_note(fixture));
    assert_non_null(strstr(vl_buf_text(&fixture->warnings), "its installer had not come to its end; 'voiplab up a'"));
    plan_one(fixture, &plan);
    assert_non_null(step_of(&plan, VL_STEP_START));
    assert_null(step_of(&plan, VL_STEP_DOMAIN));
}

static void expect_refused(struct fixture *fixture, const char *part)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_PLAN_AUTO plan = { .count = 0 };

    if (vl_stage_guest(&fixture->session, &fixture->session.lab->pbxs[0], &plan, &err) == 0)
        fail_msg("it is planned, with %s start", step_of(&plan, VL_STEP_START) ? "a" : "no");
    if (!strstr(vl_error_text(&err), part))
        fail_msg("'%s' does not say '%s'", vl_error_text(&err), part);
}

/* libvirt forgets how a guest came to be off. Nothing is installed over what may be installed; on an empty disk there
 * is nothing. */
static void test_forgotten(void **state)
{
    FIXTURE_AUTO *fixture = fixture_open(UNATTENDED);
    FIXTURE_AUTO *empty = fixture_open(UNATTENDED);
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_PLAN_AUTO plan = { .count = 0 };
    VL_PLAN_AUTO anew = { .count = 0 };

    (void)state;
    prepare(fixture, INSTALLED);
    expect_refused(fixture, "'voiplab reset --clean a' installs it anew");
    expect_refused(fixture, "/t/installing-a' has it start from its disk");
    look_again(fixture, true, 1);
    assert_true(has_note(fixture));
    assert_non_null(strstr(vl_buf_text(&fixture->warnings), "nobody knows whether its installer had come to its end"));
    fixture->session.renews = true;
    plan_one(fixture, &anew);
    assert_non_null(step_of(&anew, VL_STEP_REMOVE_VOLUME));
    assert_non_null(step_of(&anew, VL_STEP_START));
    prepare(empty, EMPTY);
    plan_one(empty, &plan);
    assert_non_null(step_of(&plan, VL_STEP_START));
    /* without its domain there is no telling either */
    assert_int_equal(vl_hypervisor_undefine(fixture->session.hypervisor, "t-a", "t", &err), 0);
    fixture->session.renews = false;
    expect_refused(fixture, "'voiplab reset --clean a' installs it anew");
}

/* The note goes, and the guest boots from its disk. */
static void expect_past(struct fixture *fixture, const char *why)
{
    VL_PLAN_AUTO plan = { .count = 0 };
    const struct vl_step *gone, *domain;

    plan_one(fixture, &plan);
    gone = step_of(&plan, VL_STEP_REMOVE);
    if (!gone)
        fail_msg("the note stays that is past, since %s", why);
    assert_true(vl_text_ends(gone->object, "/t/installing-a"));
    assert_string_equal(gone->why, why);
    domain = step_of(&plan, VL_STEP_DOMAIN);
    assert_true(!domain || !strstr(domain->after, "<kernel>"));
    assert_true(domain ? position(&plan, VL_STEP_REMOVE) < position(&plan, VL_STEP_DOMAIN) : true);
}

static void set_unattended(struct fixture *fixture, bool unattended)
{
    struct vl_image *image = (struct vl_image *)(uintptr_t)fixture->session.lab->pbxs[0].image;

    image->unattended = unattended;
}

/* Defined as one that boots from its disk, which a person has installed since. */
static void install_by_hand(struct fixture *fixture)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_PLAN_AUTO plan = { .count = 0 };

    set_unattended(fixture, false);
    plan_one(fixture, &plan);
    assert_int_equal(vl_hypervisor_define(fixture->session.hypervisor,
                                          plan.steps[position(&plan, VL_STEP_DOMAIN)].after, "t-a", "t", &err),
                     0);
    set_unattended(fixture, true);
}

/* A note that outlived what it was of wipes no disk: of one that is installed by hand by now, and that was. */
static void test_past(void **state)
{
    FIXTURE_AUTO *fixture = fixture_open("iso:/dev/null\nos = debian12\ninstall = unattended");
    FIXTURE_AUTO *empty = fixture_open("iso:/dev/null\nos = debian12\ninstall = unattended");
    VL_PLAN_AUTO plan = { .count = 0 };

    (void)state;
    prepare(fixture, INSTALLED);
    set_unattended(fixture, false);
    expect_past(fixture, "the guest is not installed unattended any more");
    install_by_hand(fixture);
    assert_true(has_note(fixture));
    expect_past(fixture, "the guest boots from its disk");
    /* a run that was to make the guest anew was cut off before it was defined so */
    prepare(empty, EMPTY);
    install_by_hand(empty);
    plan_one(empty, &plan);
    assert_null(step_of(&plan, VL_STEP_REMOVE));
    assert_non_null(strstr(plan.steps[position(&plan, VL_STEP_DOMAIN)].after, "<kernel>"));
}

static const char *note_path(struct fixture *fixture, struct vl_arena *arena)
{
    return vl_arena_printf(arena, "%s/installing-a", fixture->session.state.directory);
}

/* Carry out what says which disk is meant; how many steps that takes. */
static size_t note_disk(struct fixture *fixture)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_TARGET_AUTO *host = vl_target_local("/", &err);
    VL_PLAN_AUTO plan = { .count = 0 };

    if (vl_stage_install_note(&fixture->session, &fixture->session.lab->pbxs[0], &plan, &err) < 0 ||
        vl_apply(&fixture->session, &plan, host, &err) < 0)
        fail_msg("%s", vl_error_text(&err));
    return plan.count;
}

/* The disk that was made for the installation is installed over, and no other that has its name later. */
static void test_other_disk(void **state)
{
    FIXTURE_AUTO *fixture = fixture_open(UNATTENDED);
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_PLAN_AUTO same = { .count = 0 };
    const char *pool = vl_arena_printf(&arena, "%s/pool", fixture->directory);
    const char *disk = vl_arena_printf(&arena, "%s/a.qcow2", pool);

    (void)state;
    fixture->session.options.hypervisor = "test:///of-this-host";
    assert_int_equal(mkdir(pool, 0700), 0);
    write_whole(disk, "a disk");
    pool_path = pool;
    begin(fixture);
    pool_path = NULL;
    assert_int_equal(note_disk(fixture), 1);
    assert_int_equal(note_disk(fixture), 0);
    assert_int_equal(vl_hypervisor_stop(fixture->session.hypervisor, "t-a", "t", 0, true, &err), 0);
    plan_one(fixture, &same);
    assert_non_null(step_of(&same, VL_STEP_START));
    assert_null(step_of(&same, VL_STEP_DOMAIN));
    assert_null(step_of(&same, VL_STEP_FILE));
    assert_int_equal(rename(disk, vl_arena_printf(&arena, "%s/away", pool)), 0);
    write_whole(disk, "a disk");
    expect_past(fixture, "it is of another disk than the guest has");
    /* one of an earlier version says no disk */
    write_whole(note_path(fixture, &arena), "the guest is installed\n");
    plan_one(fixture, &same);
    assert_non_null(step_of(&same, VL_STEP_START));
}

/* A snapshot without a memory is started by its definition, which must not be that of an installation. */
static void test_put_back(void **state)
{
    FIXTURE_AUTO *fixture = fixture_open(UNATTENDED);
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_PLAN_AUTO plan = { .count = 0 };
    struct vl_ready ready = { .tag = "off", .layer = "a.ready-1.qcow2", .definition = "0011223344556677" };

    (void)state;
    begin(fixture);
    make_clone(fixture, "voiplab-t", ready.layer, "/pool/other.qcow2");
    assert_int_equal(vl_file_mkdirs(vl_ready_directory(&fixture->session, &arena), 0700, &err), 0);
    write_whole(vl_ready_path(&fixture->session, &arena, "a", "off"),
                vl_ready_text(fixture->session.hypervisor, &arena, "voiplab-t", &ready, &err));
    if (vl_stage_ready_back(&fixture->session, &fixture->session.lab->pbxs[0], "off", &plan, &err) < 0)
        fail_msg("%s", vl_error_text(&err));
    assert_null(step_of(&plan, VL_STEP_START));
    assert_true(position(&plan, VL_STEP_REMOVE) < position(&plan, VL_STEP_REMOVE_VOLUME));
}

/* With a guest that is in the lab file no more its note goes: another may have the name. */
static void test_pruned(void **state)
{
    FIXTURE_AUTO *fixture = fixture_open(UNATTENDED);
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_PLAN_AUTO plan = { .count = 0 };
    struct vl_pbx *pbx = (struct vl_pbx *)(uintptr_t)&fixture->session.lab->pbxs[0];
    const char *note = note_path(fixture, &arena);
    bool goes = false;

    (void)state;
    begin(fixture);
    pbx->name = "z";
    if (vl_stage_pruned(&fixture->session, &plan, &err) < 0)
        fail_msg("%s", vl_error_text(&err));
    for (size_t i = 0; i < plan.count; i++)
        for (const char *const *word = plan.steps[i].kind == VL_STEP_COMMAND ? plan.steps[i].argv : NULL; word && *word;
             word++)
            goes |= !strcmp(*word, note);
    assert_true(goes);
}

/* How often it is told that the guests of this image come without Asterisk. */
static size_t count_without(const char *base)
{
    FIXTURE_AUTO *fixture = fixture_open(base);
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_PLAN_AUTO plan = { .count = 0 };
    size_t count = 0;

    if (vl_stage_guests_shared(&fixture->session, NULL, &plan, &err) < 0)
        fail_msg("%s", vl_error_text(&err));
    for (const char *at = vl_buf_text(&fixture->warnings); (at = strstr(at, "Asterisk")); at++)
        count += vl_text_starts(at, "Asterisk is among what is installed of 'debian12', so ");
    return count;
}

/* Once for an image, unless somebody says what is installed. */
static void test_without_asterisk(void **state)
{
    (void)state;
    assert_int_equal(count_without(UNATTENDED), 1);
    assert_int_equal(count_without(UNATTENDED "\npackages = openssh-server, asterisk"), 0);
    assert_int_equal(count_without("location:http://192.0.2.1/debian/dists/bullseye/main/installer-amd64/\n"
                                   "os = debian11"),
                     0);
    assert_int_equal(count_without("iso:/dev/null\nos = debian12"), 0);
    assert_int_equal(count_without("iso:/dev/null\nos = debian12\ninstall = unattended"), 1);
}

/* The same of a guest without a lab file, whose installer is somebody's at its screen. */
static void test_lone_forgotten(void **state)
{
    FIXTURE_AUTO *fixture = fixture_open("disk:/dev/null");
    struct vl_lab *lab = fixture->session.lab;
    struct voiplab_guest guest = {
        .name = "a", .memory = "1G", .disk = "4G", .bridge = "br0", .os = "debian12", .location = TREE
    };
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_ERROR_AUTO unclear = { .code = VL_OK };
    VL_PLAN_AUTO first = { .count = 0 };
    VL_PLAN_AUTO second = { .count = 0 };
    VL_PLAN_AUTO third = { .count = 0 };
    const struct vl_step *domain;

    (void)state;
    fixture->session.lab = NULL;
    assert_int_equal(vl_stage_lone_guest(&fixture->session, &guest, &first, &err), 0);
    domain = &first.steps[position(&first, VL_STEP_DOMAIN)];
    assert_non_null(strstr(domain->after, "<kernel>"));
    make_disk_in(fixture, "voiplab-default", INSTALLED);
    assert_int_equal(vl_hypervisor_define(fixture->session.hypervisor, domain->after, "a", "default", &err), 0);
    assert_int_equal(vl_stage_lone_guest(&fixture->session, &guest, &second, &unclear), -1);
    assert_non_null(strstr(vl_error_text(&unclear), "nobody knows whether its installer had come to its end; without "
                                                    "--location it starts from its disk"));
    guest.location = NULL;
    assert_int_equal(vl_stage_lone_guest(&fixture->session, &guest, &third, &err), 0);
    assert_null(strstr(third.steps[position(&third, VL_STEP_DOMAIN)].after, "<kernel>"));
    assert_non_null(step_of(&third, VL_STEP_START));
    fixture->session.lab = lab;
}

/* Who starts with its host would start the installer then, whether or not that had come to its end. */
static void test_autostart(void **state)
{
    FIXTURE_AUTO *fixture = fixture_open(UNATTENDED "\n[pbx d]\naddress = 10.5.5.14\nautostart = yes");
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_PLAN_AUTO plan = { .count = 0 };

    (void)state;
    assert_int_equal(vl_stage_guest(&fixture->session, &fixture->session.lab->pbxs[0], &plan, &err), 0);
    assert_string_equal(fixture->session.lab->pbxs[0].name, "d");
    assert_non_null(step_of(&plan, VL_STEP_START));
    assert_null(step_of(&plan, VL_STEP_AUTOSTART));
}

/* Who does not know Ed25519 gets RSA keys, in the form that it reads. */
static void test_old_keys(void **state)
{
    FIXTURE_AUTO *fixture = fixture_open("iso:/dev/null\nos = elastix2\ninstall = unattended");
    VL_PLAN_AUTO plan = { .count = 0 };
    VL_PLAN_AUTO keys = { .count = 0 };
    VL_ERROR_AUTO err = { .code = VL_OK };
    const struct vl_step *seed;
    size_t rsa = 0;

    (void)state;
    assert_int_equal(vl_stage_state(&fixture->session, &keys, &err), 0);
    for (size_t i = 0; i < keys.count; i++) {
        if (keys.steps[i].kind != VL_STEP_KEY)
            continue;
        rsa++;
        assert_true(vl_text_starts(keys.steps[i].input, "-----BEGIN RSA PRIVATE KEY-----\n"));
        assert_true(vl_text_starts(keys.steps[i].after, "ssh-rsa AAAA"));
    }
    assert_int_equal(rsa, 4);
    plan_one(fixture, &plan);
    seed = &plan.steps[position(&plan, VL_STEP_SEED)];
    assert_string_equal(seed->label, "OEMDRV");
    assert_int_equal(seed->files->count, 1);
    assert_non_null(strstr(seed->files->files[0].text, "-----BEGIN RSA PRIVATE KEY-----\n"));
    assert_non_null(strstr(seed->files->files[0].text, vl_state_secret(&fixture->session.state, "database/%s", "a")));
    assert_non_null(strstr(plan.steps[position(&plan, VL_STEP_DOMAIN)].after, "ks=cdrom:/ks.cfg"));
    assert_null(strstr(plan.steps[position(&plan, VL_STEP_DOMAIN)].after, "PRIVATE"));
}

static void test_unknown(void **state)
{
    FIXTURE_AUTO *fixture = fixture_open("iso:/dev/null\nos = ubuntu22\ninstall = unattended");
    VL_PLAN_AUTO plan = { .count = 0 };
    VL_ERROR_AUTO err = { .code = VL_OK };

    (void)state;
    assert_int_equal(vl_stage_image(&fixture->session, NULL, &plan, &err), -1);
    assert_int_equal(err.code, VL_ERROR_LAB);
    assert_non_null(strstr(vl_error_text(&err), "[image i] os: nobody knows how 'ubuntu22' is installed unattended"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_installer),
        cmocka_unit_test(test_before),
        cmocka_unit_test(test_after),
        cmocka_unit_test(test_ends),
        cmocka_unit_test(test_cut_off),
        cmocka_unit_test(test_old_keys),
        cmocka_unit_test(test_unknown),
        cmocka_unit_test(test_forgotten),
        cmocka_unit_test(test_autostart),
        cmocka_unit_test(test_lone_forgotten),
        cmocka_unit_test(test_past),
        cmocka_unit_test(test_other_disk),
        cmocka_unit_test(test_put_back),
        cmocka_unit_test(test_pruned),
        cmocka_unit_test(test_without_asterisk),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
