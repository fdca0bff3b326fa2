/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every file that the labs of the thesis and of the quickstart, and one with all that a dialplan can have, give to
 * their PBXs and to the host of the bridge, against test/golden/LAB/PBX/PATH (.block for a block in a file of the
 * user). UPDATE_GOLDEN=1 writes them anew; look at the difference before you keep it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sys/stat.h>

#include "lab_fixture.h"
#include "network/backend.h"
#include "network/sysctl.h"

static void make_parents(char *path)
{
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        (void)mkdir(path, 0755);
        *slash = '/';
    }
}

static void update(char *path, const char *text)
{
    VL_FCLOSE FILE *stream = NULL;

    make_parents(path);
    stream = fopen(path, "w");
    assert_non_null(stream);
    assert_true(fputs(text, stream) >= 0);
}

static void check_file(struct lab_fixture *fixture, const char *owner, const struct vl_file *file)
{
    char *path = vl_arena_printf(&fixture->arena, "%s/test/golden/%s/%s%s%s", SOURCE_DIRECTORY, fixture->lab->name,
                                 owner, file->path, file->kind == VL_FILE_BLOCK ? ".block" : "");
    VL_FREE char *expected = NULL;
    VL_ERROR_AUTO err = { .code = VL_OK };

    assert_non_null(file->why);
    if (getenv("UPDATE_GOLDEN"))
        update(path, file->text);
    if (vl_file_read(path, 1 << 20, &expected, NULL, &err) < 0)
        fail_msg("%s", vl_error_text(&err));
    if (strcmp(expected, file->text) != 0)
        print_error("%s is not what is rendered\n", path);
    assert_string_equal(file->text, expected);
}

/* What was found of some PBXs. */
struct found {
    const char *pbx;
    struct vl_nature nature;
};

static void check_lab_found(const char *name, const struct found *found, size_t found_count)
{
    LAB_FIXTURE_AUTO *fixture = lab_fixture_open(name);
    const struct vl_bridge_input input = { .bridge = &fixture->lab->bridge };
    struct vl_fileset host = { .files = NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };

    for (size_t i = 0; i < found_count; i++)
        assert_true(vl_state_learn(&fixture->state, vl_lab_pbx(fixture->lab, found[i].pbx), &found[i].nature));
    for (size_t i = 0; i < fixture->lab->pbx_count; i++) {
        const char *pbx = fixture->lab->pbxs[i].name;
        struct vl_fileset set = lab_fixture_render(fixture, pbx, VL_PART_TRUNK | VL_PART_DIALPLAN);

        for (size_t j = 0; j < set.count; j++)
            if (vl_file_stays(set.files[j].kind))
                check_file(fixture, pbx, &set.files[j]);
    }
    if (input.bridge->interface)
        assert_int_equal(vl_bridge_files(&fixture->arena, VL_BACKEND_IFCFG, &input, &host, &err), 0);
    vl_bridge_sysctl(&fixture->arena, fixture->lab, true, "", &host);
    for (size_t i = 0; i < host.count; i++)
        check_file(fixture, "bridge", &host.files[i]);
}

static void check_lab(const char *name)
{
    check_lab_found(name, NULL, 0);
}

static void test_thesis(void **unused)
{
    (void)unused;
    check_lab("thesis");
}

static void test_quickstart(void **unused)
{
    (void)unused;
    check_lab("quickstart");
}

static void test_everything(void **unused)
{
    (void)unused;
    check_lab(SOURCE_DIRECTORY "/test/lab/pass-dialplan-with-everything.ini");
}

static void test_interfaces(void **unused)
{
    (void)unused;
    check_lab(SOURCE_DIRECTORY "/test/lab/pass-interfaces.ini");
}

/* Which driver a guest has is known before there is one: the recipe of its image says so. */
static void test_images(void **unused)
{
    (void)unused;
    check_lab(SOURCE_DIRECTORY "/test/lab/pass-images.ini");
}

/* Trunks from and to a machine without IAX2 are SIP; a web interface has its own transport and some telephones. */
static void test_pjsip(void **unused)
{
    static const char *const none[] = { NULL }, *const phones[] = { "3500", NULL };
    static const struct found found[] = {
        { "hub", { VL_FLAVOR_ASTERISK, VL_SIP_PJSIP, .iax2 = true, .seen = true, .asterisk = "22.8", .phones = none } },
        { "new", { VL_FLAVOR_ASTERISK, VL_SIP_PJSIP, .iax2 = true, .seen = true, .asterisk = "16.3", .phones = none } },
        { "gui",
          { VL_FLAVOR_FREEPBX, VL_SIP_PJSIP, .transport = true, .seen = true, .asterisk = "18.13", .phones = phones,
            .reach = "ext-local" } },
    };

    (void)unused;
    check_lab_found(SOURCE_DIRECTORY "/test/lab/pass-pjsip.ini", found, VL_COUNT(found));
}

/* What is taken away: also what a driver had that is gone, without telling it. */
static void test_every_driver(void **unused)
{
    LAB_FIXTURE_AUTO *fixture = lab_fixture_open(SOURCE_DIRECTORY "/test/lab/pass-pjsip.ini");
    struct vl_fileset set = lab_fixture_render(fixture, "new", VL_PART_TRUNK | VL_PART_EVERY_DRIVER);
    size_t sip = 0, pjsip = 0;

    (void)unused;
    for (size_t i = 0; i < set.count; i++) {
        bool old = strstr(set.files[i].path, "/sip.conf") || strstr(set.files[i].path, "/voiplab_sip.conf");
        bool current = strstr(set.files[i].path, "pjsip.conf") != NULL;

        sip += old;
        pjsip += current;
        if (old)
            assert_int_equal(set.files[i].reload, VL_RELOAD_NONE);
        if (current)
            assert_int_equal(set.files[i].reload, VL_RELOAD_PJSIP);
    }
    assert_int_equal(sip, 2);
    assert_int_equal(pjsip, 2);
}

/* What a PBX is given also says what the other driver must not have any more: the line that includes our file before
 * that file. A driver that is still there is told. */
static void assert_old_driver(bool both)
{
    LAB_FIXTURE_AUTO *fixture = lab_fixture_open(SOURCE_DIRECTORY "/test/lab/pass-pjsip.ini");
    const struct vl_pbx *pbx = vl_lab_pbx(fixture->lab, "new");
    struct vl_nature nature = *vl_state_nature(&fixture->state, pbx);
    const struct vl_file *block, *file;
    struct vl_fileset set;

    nature.both = both;
    nature.seen = true;
    assert_true(vl_state_learn(&fixture->state, pbx, &nature));
    set = lab_fixture_render(fixture, "new", VL_PART_TRUNK | VL_PART_OLD_DRIVER);
    block = lab_fixture_find(&set, "/etc/asterisk/sip.conf", VL_FILE_BLOCK_GONE);
    file = lab_fixture_find(&set, "/etc/asterisk/voiplab_sip.conf", VL_FILE_GONE);
    assert_non_null(block);
    assert_non_null(file);
    assert_true(block < file);
    assert_int_equal(block->reload, both ? VL_RELOAD_SIP : VL_RELOAD_NONE);
    assert_int_equal(file->reload, block->reload);
    assert_non_null(lab_fixture_find(&set, "/etc/asterisk/voiplab_pjsip.conf", VL_FILE_WHOLE));
    assert_null(lab_fixture_find(&set, "/etc/asterisk/voiplab_iax.conf", VL_FILE_GONE));
    set = lab_fixture_render(fixture, "new", VL_PART_TRUNK);
    assert_null(lab_fixture_find(&set, "/etc/asterisk/sip.conf", VL_FILE_BLOCK_GONE));
}

static void test_old_driver(void **unused)
{
    (void)unused;
    assert_old_driver(false);
    assert_old_driver(true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_thesis),       cmocka_unit_test(test_quickstart), cmocka_unit_test(test_everything),
        cmocka_unit_test(test_interfaces),   cmocka_unit_test(test_images),     cmocka_unit_test(test_pjsip),
        cmocka_unit_test(test_every_driver), cmocka_unit_test(test_old_driver),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
