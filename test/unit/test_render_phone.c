/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Profiles of telephones against test/golden/phone/PHONE.cfg (UPDATE_GOLDEN=1 writes them anew; look at the difference
 * before you keep it), and what every profile must say whatever it looks like.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/xml.h"
#include "lab_fixture.h"
#include "render/phone.h"

#define PHONES SOURCE_DIRECTORY "/test/unit/data/phones.ini"

static const struct vl_phone *find_phone(const struct lab_fixture *fixture, const char *name)
{
    for (size_t i = 0; i < fixture->lab->phone_count; i++)
        if (!strcmp(fixture->lab->phones[i].name, name))
            return &fixture->lab->phones[i];
    fail_msg("there is no phone %s", name);
    return NULL;
}

static const char *render(struct lab_fixture *fixture, const char *name)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    const char *text = vl_render_phone(&fixture->arena, fixture->lab, &fixture->state, find_phone(fixture, name), &err);

    if (!text)
        fail_msg("%s", vl_error_text(&err));
    return text;
}

static void check_golden(const char *lab, const char *name)
{
    LAB_FIXTURE_AUTO *fixture = lab_fixture_open(lab);
    const char *text = render(fixture, name);
    const char *path = vl_arena_printf(&fixture->arena, "%s/test/golden/phone/%s.cfg", SOURCE_DIRECTORY, name);
    VL_FREE char *expected = NULL;
    VL_ERROR_AUTO err = { .code = VL_OK };

    if (getenv("UPDATE_GOLDEN"))
        assert_int_equal(vl_file_write(path, text, strlen(text), 0644, &err), 0);
    if (vl_file_read(path, 1 << 20, &expected, NULL, &err) < 0)
        fail_msg("%s", vl_error_text(&err));
    assert_string_equal(text, expected);
}

static void test_golden(void **unused)
{
    (void)unused;
    check_golden("thesis", "mesa1");
    check_golden(PHONES, "desk");
    check_golden(PHONES, "front");
}

struct parsed {
    struct vl_arena *arena;
    struct vl_xml_document *document;
};

static void expect(const struct parsed *profile, const char *element, const char *text)
{
    const char *found = vl_xml_find(profile->document, profile->arena,
                                    vl_arena_printf(profile->arena, "/flat-profile/*[name()='%s']", element));

    if (!found)
        fail_msg("the profile has no %s", element);
    if (strcmp(found, text) != 0)
        fail_msg("%s is '%s' instead of '%s'", element, found, text);
}

/* What the thesis set on the page "Ext. 1" of its telephone, and what it took over from the factory and was used. */
static void test_thesis(void **unused)
{
    LAB_FIXTURE_AUTO *fixture = lab_fixture_open("thesis");
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_XML_DOCUMENT_AUTO *document = vl_xml_parse(render(fixture, "mesa1"), "the profile", &err);
    const struct parsed profile = { .arena = &fixture->arena, .document = document };

    (void)unused;
    assert_non_null(document);
    expect(&profile, "Line_Enable_1_", "Yes");
    expect(&profile, "Share_Ext_1_", "private");
    expect(&profile, "Subscription_Expires_1_", "3600");
    expect(&profile, "NAT_Mapping_Enable_1_", "No");
    expect(&profile, "NAT_Keep_Alive_Msg_1_", "$NOTIFY");
    expect(&profile, "Proxy_1_", "192.168.0.195");
    expect(&profile, "User_ID_1_", "1500");
    expect(&profile, "Password_1_", vl_state_secret(&fixture->state, "phone/virtual1/1500"));
    expect(&profile, "Admin_Passwd", vl_state_secret(&fixture->state, "admin/mesa1"));
    expect(&profile, "Preferred_Codec_1_", "G711u");
    for (int line = 2; line <= 3; line++) {
        expect(&profile, vl_arena_printf(&fixture->arena, "Line_Enable_%d_", line), "No");
        expect(&profile, vl_arena_printf(&fixture->arena, "User_ID_%d_", line), "");
        expect(&profile, vl_arena_printf(&fixture->arena, "Password_%d_", line), "");
        expect(&profile, vl_arena_printf(&fixture->arena, "Extension_%d_", line), "Disabled");
    }
    assert_string_equal(vl_render_phone_file_name(&fixture->arena, find_phone(fixture, "mesa1")),
                        "spa000e08aabbcc.cfg");
    assert_string_equal(vl_render_phone_resync_path(&fixture->arena, find_phone(fixture, "mesa1"), "tftp://h/x"),
                        "/admin/resync?tftp://h/x");
}

/* A telephone of the hub has the hub's voicemail and its account; one of a guest what its section says. */
static void test_values(void **unused)
{
    LAB_FIXTURE_AUTO *fixture = lab_fixture_open(PHONES);
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_XML_DOCUMENT_AUTO *front_document = vl_xml_parse(render(fixture, "front"), "the profile", &err);
    VL_XML_DOCUMENT_AUTO *desk_document = vl_xml_parse(render(fixture, "desk"), "the profile", &err);
    const struct parsed front = { .arena = &fixture->arena, .document = front_document };
    const struct parsed desk = { .arena = &fixture->arena, .document = desk_document };

    (void)unused;
    expect(&front, "Password_1_", vl_state_secret(&fixture->state, "user/7000"));
    expect(&front, "Line_Enable_12_", "No");
    expect(&front, "Time_Zone", "GMT-05:00");
    expect(&front, "Primary_NTP_Server", "");
    assert_true(*vl_xml_find(front_document, &fixture->arena, "//Voice_Mail_Number"));
    expect(&desk, "Display_Name_2_", "R&D <one>");
    expect(&desk, "User_ID_2_", "1501");
    expect(&desk, "SIP_Port_2_", "5061");
    expect(&desk, "Preferred_Codec_1_", "G711a");
    expect(&desk, "Second_Preferred_Codec_1_", "G711u");
    expect(&desk, "NAT_Mapping_Enable_2_", "Yes");
    expect(&desk, "NAT_Keep_Alive_Enable_2_", "Yes");
    expect(&desk, "Daylight_Saving_Time_Enable", "Yes");
    expect(&desk, "Daylight_Saving_Time_Rule", "start=3/-1/7/2:0:0;end=10/-1/7/3:0:0;save=1");
    expect(&desk, "Voice_Mail_Number", "1999");
    expect(&desk, "Admin_Passwd", "letmein1");
    expect(&desk, "Line_Enable_3_", "No");
}

static void check_each_once(struct lab_fixture *fixture, const struct vl_xml_document *document)
{
    size_t count = 0;

    for (;; count++) {
        const char *name =
            vl_xml_find(document, &fixture->arena, vl_arena_printf(&fixture->arena, "/*/*[%zu]/@ua", count + 1));
        const char *element =
            vl_xml_part(document, &fixture->arena, vl_arena_printf(&fixture->arena, "/*/*[%zu]", count + 1));
        const char *same;

        if (!name)
            break;
        element = vl_arena_strndup(&fixture->arena, element + 1, strcspn(element + 1, " "));
        same =
            vl_xml_find(document, &fixture->arena, vl_arena_printf(&fixture->arena, "/*/*[name()='%s'][2]", element));
        if (same)
            fail_msg("%s is there twice", element);
    }
    assert_true(count > 100);
}

/* No element is there twice (the phone takes the last one), every element is kept from the phone's users, and every
 * service code is blank. */
static void test_every_element(void **unused)
{
    static const char *const phones[] = { "desk", "front" };

    (void)unused;
    for (size_t i = 0; i < VL_COUNT(phones); i++) {
        LAB_FIXTURE_AUTO *fixture = lab_fixture_open(PHONES);
        VL_ERROR_AUTO err = { .code = VL_OK };
        VL_XML_DOCUMENT_AUTO *document = vl_xml_parse(render(fixture, phones[i]), "the profile", &err);

        assert_non_null(document);
        check_each_once(fixture, document);
        assert_null(vl_xml_find(document, &fixture->arena, "/*/*[not(@ua = 'na')]"));
        assert_null(vl_xml_find(document, &fixture->arena,
                                "/*/*[contains(name(), '_Code') and not(contains(name(), 'Codec')) and text()]"));
        assert_non_null(vl_xml_find(document, &fixture->arena, "/*[count(*[contains(name(), '_Code')]) > 50]"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden),
        cmocka_unit_test(test_thesis),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_every_element),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
