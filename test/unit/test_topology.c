/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which trunks each topology has, how a call gets from each guest to each other, and that it arrives: every way is gone
 * hop by hop. And how the secrets of trunks are changed, phase by phase.
 */
#include "support.h"

#include <unistd.h>

#include "base/cleanup.h"
#include "base/memory.h"
#include "lab_fixture.h"

#define SHARE SOURCE_DIRECTORY "/share"

static struct vl_lab *load_text(const char *text)
{
    char path[] = "/tmp/voiplab-topology-XXXXXX";
    VL_ERROR_AUTO err = { .code = VL_OK };
    struct vl_lab *lab;
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    (void)close(fd);
    write_whole(path, text);
    lab = vl_lab_load(path, SHARE, &err);
    (void)unlink(path);
    if (!lab)
        fail_msg("%s", vl_error_text(&err));
    return lab;
}

/* A lab of so many guests, with or without a hub. */
static struct vl_lab *load_lab(const char *topology, unsigned guests, bool hub, const char *more)
{
    VL_FREE char *text = NULL;

    assert_true(asprintf(&text,
                         "[lab]\nname = topo\n[bridge]\naddress = 10.0.0.1/16\n[image pbx]\n"
                         "base = build:debian-asterisk\n%s[pbx g]\ncount = %u\naddress = 10.0.1.1\n"
                         "[trunks]\ntopology = %s\n%s",
                         hub ? "[pbx hub]\nrole = hub\n" : "", guests, topology, more) > 0);
    return load_text(text);
}

static size_t count(struct vl_trunks walk)
{
    size_t total = 0;

    while (vl_lab_next_trunk(&walk))
        total++;
    return total;
}

static void test_counts(void **unused)
{
    static const struct {
        const char *topology;
        unsigned guests;
        bool hub;
        size_t trunks;
    } cases[] = {
        { "mesh", 5, true, 20 },  { "mesh", 5, false, 20 }, { "star", 5, true, 0 },    { "chain", 5, true, 8 },
        { "chain", 2, false, 2 }, { "ring", 5, true, 10 },  { "ring", 2, false, 2 },   { "ring", 3, false, 6 },
        { "ring", 1, false, 0 },  { "chain", 1, true, 0 },  { "listed", 5, false, 0 },
    };

    (void)unused;
    for (size_t i = 0; i < VL_COUNT(cases); i++) {
        VL_LAB_AUTO *lab = load_lab(cases[i].topology, cases[i].guests, cases[i].hub, "");
        size_t sum = 0;

        assert_int_equal(count(vl_lab_trunks(lab)), cases[i].trunks);
        for (size_t j = 0; j < lab->pbx_count; j++) {
            sum += count(vl_lab_trunks_from(lab, &lab->pbxs[j]));
            assert_int_equal(count(vl_lab_trunks_from(lab, &lab->pbxs[j])),
                             count(vl_lab_trunks_to(lab, &lab->pbxs[j])));
        }
        assert_int_equal(sum, cases[i].trunks);
    }
}

/* A trunk has the name that it would have in a mesh. */
static void test_names_stay(void **unused)
{
    static const char *const topologies[] = { "chain", "ring" };
    VL_LAB_AUTO *mesh = load_lab("mesh", 6, true, "");

    (void)unused;
    for (size_t i = 0; i < VL_COUNT(topologies); i++) {
        VL_LAB_AUTO *lab = load_lab(topologies[i], 6, true, "");
        struct vl_trunk other;

        for (struct vl_trunks walk = vl_lab_trunks(lab); vl_lab_next_trunk(&walk);) {
            assert_true(vl_lab_trunk(mesh, vl_lab_pbx(mesh, walk.trunk.from->name),
                                     vl_lab_pbx(mesh, walk.trunk.to->name), &other));
            assert_string_equal(walk.trunk.name, other.name);
        }
    }
}

/* Follow a call as the dialplans send it on. Returns the hops, 0 when it does not arrive. */
static size_t hops(const struct vl_lab *lab, const struct vl_pbx *from, const struct vl_pbx *to)
{
    struct vl_trunk trunk;
    enum vl_way way = vl_lab_way(lab, from, to, &trunk);
    size_t steps = 1;

    if (way == VL_WAY_HUB)
        return 2;
    if (way == VL_WAY_NONE)
        return 0;
    while (trunk.to != to) {
        struct vl_trunk next;

        assert_true(++steps <= lab->pbx_count);
        if (!vl_lab_onward(lab, trunk.from, trunk.to, to, &next))
            return 0;
        assert_ptr_equal(next.from, trunk.to);
        assert_ptr_not_equal(next.to, trunk.from);
        trunk = next;
    }
    return steps;
}

static void check_ways(const char *topology, unsigned guests, bool hub)
{
    VL_LAB_AUTO *lab = load_lab(topology, guests, hub, "");

    for (size_t i = 0; i < lab->pbx_count; i++)
        for (size_t j = 0; j < lab->pbx_count; j++) {
            const struct vl_pbx *from = &lab->pbxs[i], *to = &lab->pbxs[j];
            size_t forward = (j + guests - i) % guests, back = guests - forward;

            if (from == to || from->role == VL_ROLE_HUB || to->role == VL_ROLE_HUB)
                assert_int_equal(hops(lab, from, to), 0);
            else if (hub)
                assert_true(hops(lab, from, to) >= 1);
            else if (!strcmp(topology, "ring"))
                assert_int_equal(hops(lab, from, to), forward < back ? forward : back);
            else
                assert_int_equal(hops(lab, from, to), i < j ? j - i : i - j);
        }
}

static void test_every_call_arrives(void **unused)
{
    (void)unused;
    for (unsigned guests = 1; guests <= 9; guests++) {
        check_ways("chain", guests, false);
        check_ways("ring", guests, false);
        check_ways("chain", guests, true);
        check_ways("ring", guests, true);
        check_ways("star", guests, true);
        check_ways("listed", guests, true);
    }
}

static void test_listed(void **unused)
{
    VL_LAB_AUTO *lab = load_lab("listed", 3, false, "[trunk g-01 g-02]\nlimit = 3\n[trunk g-02 g-03]\n");
    const struct vl_pbx *one = vl_lab_pbx(lab, "g-01"), *two = vl_lab_pbx(lab, "g-02"),
                        *three = vl_lab_pbx(lab, "g-03");
    struct vl_trunk trunk;

    (void)unused;
    assert_int_equal(count(vl_lab_trunks(lab)), 2);
    assert_int_equal(vl_lab_way(lab, one, two, &trunk), VL_WAY_TRUNK);
    assert_int_equal(trunk.settings.limit, 3);
    assert_int_equal(vl_lab_way(lab, two, one, &trunk), VL_WAY_NONE);
    assert_int_equal(vl_lab_way(lab, one, three, &trunk), VL_WAY_NONE);
}

/* What of a trunk stands in the files of both ends must fit in every phase, also while one end is a phase behind. */
static bool fits(const struct vl_trunk_secret *caller, const struct vl_trunk_secret *called)
{
    const char *taken = caller->by_alias ? called->alias : called->account;

    return taken && !strcmp(caller->secret, taken);
}

static bool fits_sip(const struct vl_trunk_secret *caller, const struct vl_trunk_secret *called)
{
    return !strcmp(caller->secret, called->secret) || (called->also && !strcmp(caller->secret, called->also));
}

static void check_rotation(const char *const *names, size_t changed)
{
    LAB_FIXTURE_AUTO *fixture = lab_fixture_open("thesis");
    struct vl_state *state = &fixture->state;
    VL_ERROR_AUTO err = { .code = VL_OK };
    size_t seen = 0;

    for (struct vl_trunks walk = vl_lab_trunks(fixture->lab); vl_lab_next_trunk(&walk);) {
        struct vl_trunk_secret before = vl_state_trunk_secret(state, &fixture->arena, &walk.trunk), last = before;

        assert_int_equal(vl_state_rotation(state), VL_ROTATION_NONE);
        assert_int_equal(vl_state_rotate(state, names, &err), 0);
        for (enum vl_rotation phase = VL_ROTATION_BOTH; phase <= VL_ROTATION_LAST; phase++) {
            struct vl_trunk_secret secret;

            vl_state_set_rotation(state, phase);
            assert_int_equal(vl_state_rotation(state), phase);
            secret = vl_state_trunk_secret(state, &fixture->arena, &walk.trunk);
            assert_true(fits(&secret, &secret));
            assert_true(fits(&last, &secret));
            assert_true(fits(&secret, &last));
            assert_true(fits_sip(&last, &secret));
            assert_true(fits_sip(&secret, &last));
            last = secret;
        }
        seen += strcmp(before.secret, last.secret) != 0;
        assert_true(vl_state_is_secret(state, before.secret));
        assert_true(vl_state_is_secret(state, last.secret));
        vl_state_set_rotation(state, VL_ROTATION_NONE);
        for (size_t i = 0; i < state->secret_count; i++)
            assert_false(strstr(state->secrets[i]->name, "old/") || strstr(state->secrets[i]->name, "rotation"));
    }
    assert_int_equal(seen, changed);
}

static void test_rotation(void **unused)
{
    static const char *const one[] = { "virtual1", NULL }, *const hub[] = { "servidor", NULL };

    (void)unused;
    check_rotation(NULL, 6);
    check_rotation(one, 4);
    check_rotation(hub, 0);
}

/* A state file of an earlier version has a line for each trunk: they hold until they are changed. */
static void test_stored_secrets(void **unused)
{
    LAB_FIXTURE_AUTO *fixture = lab_fixture_open("thesis");
    struct vl_state *state = &fixture->state;
    VL_ERROR_AUTO err = { .code = VL_OK };
    struct vl_trunk trunk;

    (void)unused;
    vl_state_store(state, "storedLongAgo", "iax/1000");
    assert_int_equal(vl_state_read_keys(state, &err), 0);
    assert_true(
        vl_lab_trunk(fixture->lab, vl_lab_pbx(fixture->lab, "virtual1"), vl_lab_pbx(fixture->lab, "virtual2"), &trunk));
    assert_string_equal(vl_state_trunk_secret(state, &fixture->arena, &trunk).secret, "storedLongAgo");
    assert_int_equal(vl_state_rotate(state, NULL, &err), 0);
    assert_string_equal(vl_state_trunk_secret(state, &fixture->arena, &trunk).secret, "storedLongAgo");
    vl_state_set_rotation(state, VL_ROTATION_CALLERS);
    assert_string_equal(vl_state_trunk_secret(state, &fixture->arena, &trunk).also, "storedLongAgo");
    vl_state_set_rotation(state, VL_ROTATION_NONE);
    assert_null(vl_state_secret(state, "iax/1000"));
    assert_true(vl_state_is_secret(state, "storedLongAgo"));
}

/* Long names tell trunks apart as well as short ones; salts and secrets of one lab are no other's. */
static void test_secrets_differ(void **unused)
{
    VL_LAB_AUTO *lab = load_lab("mesh", 30, false, "");
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_STATE_AUTO state;
    const char **secrets = vl_arena_zalloc(&arena, 30 * 29 * sizeof(*secrets));
    size_t total = 0;

    (void)unused;
    assert_int_equal(vl_state_open(&state, lab, "/nonexistent", NULL, &err), 0);
    for (struct vl_trunks walk = vl_lab_trunks(lab); vl_lab_next_trunk(&walk);) {
        secrets[total] = vl_state_trunk_secret(&state, &arena, &walk.trunk).secret;
        for (size_t i = 0; i < total; i++)
            assert_string_not_equal(secrets[i], secrets[total]);
        total++;
    }
    assert_false(vl_state_is_secret(&state, "abcdefghijklmnopqrstuvwx"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts),
        cmocka_unit_test(test_names_stay),
        cmocka_unit_test(test_every_call_arrives),
        cmocka_unit_test(test_listed),
        cmocka_unit_test(test_rotation),
        cmocka_unit_test(test_stored_secrets),
        cmocka_unit_test(test_secrets_differ),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
