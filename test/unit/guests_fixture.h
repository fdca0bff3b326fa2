/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A lab of three guests on libvirt's test driver, with a node of our own. Include it first.
 */
#ifndef GUESTS_FIXTURE_H
#define GUESTS_FIXTURE_H

#include "guest/hypervisor.h"
#include "support.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "guest/hypervisor_ops.h"
#include "guest/recipe.h"
#include "plan/apply.h"
#include "stage/stage.h"

/* The node: a domain has the name that guest `b` of lab `t` needs. */
static const char node_xml[] =
    "<node><cpu><active>1</active></cpu><domain type='test'><name>t-b</name><memory>8192</memory>"
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
static inline struct fixture *fixture_open(const char *base)
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

static inline void fixture_close(struct fixture **slot)
{
    struct fixture *fixture = *slot;

    vl_hypervisor_close(fixture->session.hypervisor);
    vl_arena_free(&fixture->session.site_arena);
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

static inline enum vl_domain_state state_of(struct fixture *fixture, const char *name)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };
    struct vl_domain domain;

    assert_int_equal(vl_hypervisor_domain(fixture->session.hypervisor, &arena, name, &domain, &err), 0);
    return domain.state;
}

/* Make what the guests share, as `up` does. */
static inline void make_shared(struct fixture *fixture)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_PLAN_AUTO plan = { .count = 0 };

    assert_int_equal(vl_stage_guests_shared(&fixture->session, NULL, &plan, &err), 0);
    assert_int_equal(plan.count, 1);
    assert_int_equal(plan.steps[0].kind, VL_STEP_POOL);
    if (vl_hypervisor_pool_make(fixture->session.hypervisor, plan.steps[0].object, plan.steps[0].after, &err) < 0)
        fail_msg("%s", vl_error_text(&err));
}

/* A disk that is a clone of this, as one made earlier. */
static inline void make_clone(struct fixture *fixture, const char *pool, const char *disk, const char *base)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };
    const char *xml =
        vl_arena_printf(&arena,
                        "<volume><name>%s</name><capacity>1048576</capacity><target><format type='qcow2'/>"
                        "</target><backingStore><path>%s</path></backingStore></volume>",
                        disk, base);

    if (vl_hypervisor_volume_make(fixture->session.hypervisor, pool, xml, &err) < 0)
        fail_msg("%s", vl_error_text(&err));
}

/* An image is in the cache, as far as its files are looked at. */
static inline void have_image(struct fixture *fixture, const char *name)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };
    struct vl_recipe recipe;

    if (vl_recipe_find(&arena, SOURCE_DIRECTORY "/share", fixture->directory, name, NULL, &recipe, &err) < 0 ||
        vl_file_mkdirs(recipe.cache, 0755, &err) < 0)
        fail_msg("%s", vl_error_text(&err));
    write_whole(vl_arena_printf(&arena, "%s/info", recipe.cache), "cmdline=quiet splash\n");
    write_whole(vl_arena_printf(&arena, "%s/SHA256SUMS", recipe.cache), "");
}

static inline const struct vl_step *step_of(const struct vl_plan *plan, enum vl_step_kind kind)
{
    for (size_t i = 0; i < plan->count; i++)
        if (plan->steps[i].kind == kind)
            return &plan->steps[i];
    return NULL;
}

/* What the plan for guest "a" is, carried out. */
static inline void make_one(struct fixture *fixture, struct vl_plan *plan)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_TARGET_AUTO *host = vl_target_local("/", &err);

    if (vl_stage_guest(&fixture->session, &fixture->session.lab->pbxs[0], plan, &err) < 0 ||
        vl_apply(&fixture->session, plan, host, &err) < 0)
        fail_msg("%s", vl_error_text(&err));
}

#endif
