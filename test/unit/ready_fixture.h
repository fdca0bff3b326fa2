/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Guest "a" of the lab of guests_fixture.h with its ready state. Include it first. */
#ifndef READY_FIXTURE_H
#define READY_FIXTURE_H

#include "guests_fixture.h"

#include "base/text.h"
#include "plan/made.h"
#include "plan/ready.h"

#define POOL "voiplab-t"
#define BASE "debian-asterisk-22-0123456789ab"

static inline struct vl_ready pair_of(struct fixture *fixture, struct vl_arena *arena)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    struct vl_ready ready;

    if (vl_ready_read(&fixture->session, fixture->session.hypervisor, arena, POOL, "a", VL_READY_TAG, &ready, &err) < 0)
        fail_msg("%s", vl_error_text(&err));
    return ready;
}

/* Guest "a" with its disk and a pair that is good. */
static inline struct fixture *fixture_ready(void)
{
    struct fixture *fixture = fixture_open("build:debian-asterisk-22");
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_PLAN_AUTO shared = { .count = 0 };
    const struct vl_made none = { .known = true };
    struct vl_ready ready = { .layer = NULL };
    struct vl_volume layer;
    const char *text;

    assert_int_equal(vl_stage_guests_shared(&fixture->session, NULL, &shared, &err), 0);
    assert_int_equal(vl_hypervisor_pool_make(fixture->session.hypervisor, POOL, shared.steps[0].after, &err), 0);
    vl_ready_name_next(&fixture->session, &arena, &none, "a", &ready);
    assert_string_equal(ready.layer, "a.ready-1.qcow2");
    make_clone(fixture, POOL, ready.layer, "/pool/" BASE ".qcow2");
    assert_int_equal(vl_hypervisor_volume(fixture->session.hypervisor, &arena, POOL, ready.layer, &layer, &err), 0);
    make_clone(fixture, POOL, "a.qcow2", layer.path);
    assert_int_equal(vl_file_mkdirs(vl_ready_directory(&fixture->session, &arena), 0700, &err), 0);
    write_whole(ready.memory, "memory");
    ready.definition = "0011223344556677";
    ready.files = "8899";
    text = vl_ready_text(fixture->session.hypervisor, &arena, POOL, &ready, &err);
    assert_non_null(text);
    write_whole(vl_ready_path(&fixture->session, &arena, "a", VL_READY_TAG), text);
    return fixture;
}

/* The domain of guest "a", as it was when its memory was saved: libvirt has it so, and the record says it. */
static inline void define_and_note(struct fixture *fixture)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_PLAN_AUTO plan = { .count = 0 };
    struct vl_ready ready = pair_of(fixture, &arena);
    const struct vl_step *step;
    struct vl_domain domain;

    assert_int_equal(vl_stage_guest(&fixture->session, &fixture->session.lab->pbxs[0], &plan, &err), 0);
    step = step_of(&plan, VL_STEP_DOMAIN);
    assert_non_null(step);
    assert_non_null(strstr(step->after, "/" BASE ".vmlinuz</kernel>"));
    if (vl_hypervisor_define(fixture->session.hypervisor, step->after, "t-a", "t", &err) < 0 ||
        vl_hypervisor_start(fixture->session.hypervisor, "t-a", "t", &err) < 0)
        fail_msg("%s", vl_error_text(&err));
    assert_int_equal(vl_hypervisor_domain(fixture->session.hypervisor, &arena, "t-a", &domain, &err), 0);
    ready.definition = domain.fingerprint;
    write_whole(vl_ready_path(&fixture->session, &arena, "a", VL_READY_TAG),
                vl_ready_text(fixture->session.hypervisor, &arena, POOL, &ready, &err));
}

static inline int take(struct fixture *fixture, bool anew, struct vl_plan *plan, struct vl_error *err)
{
    struct vl_ready ready;

    return vl_stage_ready_take(&fixture->session, &fixture->session.lab->pbxs[0], VL_READY_TAG, anew, plan, &ready,
                               err);
}

#endif
