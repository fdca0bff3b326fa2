/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a new disk gets with its seed. Against libvirt's test driver.
 *
 * ctest: THREADS yes
 */
#include "ready_fixture.h"

static const struct vl_file *file_of(const struct vl_step *step, const char *path)
{
    for (size_t i = 0; i < step->files->count; i++)
        if (!strcmp(step->files->files[i].path, path))
            return &step->files->files[i];
    return NULL;
}

/* The seed of a guest that is made anew. */
static const struct vl_step *plan_anew(struct fixture *fixture, struct vl_plan *plan)
{
    VL_ERROR_AUTO err = { .code = VL_OK };

    if (vl_stage_guest(&fixture->session, &fixture->session.lab->pbxs[0], plan, &err) < 0)
        fail_msg("%s", vl_error_text(&err));
    assert_non_null(step_of(plan, VL_STEP_SEED));
    return step_of(plan, VL_STEP_SEED);
}

/* A new disk gets its files with the seed, whose name stays; one that has never said what it is, or that gets another
 * Asterisk, is given them later, and so it is in a plan that is only shown. */
static void test_configured(void **state)
{
    FIXTURE_AUTO *fixture = fixture_ready();
    struct vl_nature nature = { .flavor = VL_FLAVOR_ASTERISK, .sip = VL_SIP_PJSIP, .iax2 = true, .seen = true };
    const struct vl_pbx *pbx = &fixture->session.lab->pbxs[0];
    VL_PLAN_AUTO unknown = { .count = 0 };
    VL_PLAN_AUTO known = { .count = 0 };
    VL_PLAN_AUTO other = { .count = 0 };
    VL_PLAN_AUTO shown = { .count = 0 };
    VL_ARENA_AUTO arena = { .blocks = NULL };
    const struct vl_step *seed;
    const char *name, *now;

    (void)state;
    nature.phones = (const char *const[]){ NULL };
    define_and_note(fixture);
    fixture->session.renews = fixture->session.configures = true;
    seed = plan_anew(fixture, &unknown);
    assert_null(file_of(seed, "voiplab/asterisk/voiplab_pjsip.conf"));
    name = seed->object;
    assert_true(vl_state_learn(&fixture->session.state, pbx, &nature));
    seed = plan_anew(fixture, &known);
    assert_string_equal(seed->object, name);
    assert_int_equal(file_of(seed, "voiplab/asterisk/voiplab_pjsip.conf")->mode, 0640);
    assert_string_equal(file_of(seed, "voiplab/blocks/extensions.conf")->text,
                        "; voiplab: begin\n#include voiplab_extensions.conf\n; voiplab: end\n");
    assert_null(file_of(seed, "voiplab/asterisk/voiplab_sip.conf"));
    now = vl_stage_pbx_fingerprint(&fixture->session, pbx, &arena);
    assert_non_null(now);
    assert_null(vl_stage_pbx_fingerprint(&fixture->session, pbx + 1, &arena)); /* nobody has seen it */
    fixture->session.configures = false;
    assert_null(file_of(plan_anew(fixture, &shown), "voiplab/asterisk/voiplab_pjsip.conf"));
    fixture->session.configures = true;
    nature.sip = VL_SIP_CHAN_SIP;
    assert_true(vl_state_learn(&fixture->session.state, pbx, &nature));
    assert_string_not_equal(now, vl_stage_pbx_fingerprint(&fixture->session, pbx, &arena));
    assert_null(file_of(plan_anew(fixture, &other), "voiplab/asterisk/voiplab_sip.conf"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_configured),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
