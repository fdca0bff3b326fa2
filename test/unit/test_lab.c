/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The labs that come with voiplab, loaded: the names, numbers and addresses that the thesis and the manual promise. And
 * the secrets of a lab: made once, kept, overruled by the lab file.
 */
#include "support.h"

#include "base/cleanup.h"
#include "base/memory.h"
#include "base/text.h"
#include "lab/lab.h"
#include "lab/nature.h"
#include "lab/state.h"

#define SHARE SOURCE_DIRECTORY "/share"

static struct vl_lab *load(const char *name)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_FREE char *path = NULL;
    struct vl_lab *lab;

    assert_true(asprintf(&path, "%s/labs/%s.ini", SHARE, name) > 0);
    lab = vl_lab_load(path, SHARE, &err);
    if (!lab)
        fail_msg("%s", vl_error_text(&err));
    return lab;
}

static void check_address(uint32_t address, const char *expected)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };

    assert_string_equal(vl_text_from_ipv4(&arena, address), expected);
}

static struct vl_trunk trunk_between(const struct vl_lab *lab, const char *from, const char *to)
{
    struct vl_trunk trunk = { .from = NULL };

    if (!vl_lab_trunk(lab, vl_lab_pbx(lab, from), vl_lab_pbx(lab, to), &trunk))
        fail_msg("no trunk from %s to %s", from, to);
    return trunk;
}

static size_t count_trunks(struct vl_trunks walk)
{
    size_t count = 0;

    while (vl_lab_next_trunk(&walk))
        count++;
    return count;
}

static const struct vl_route *route_named(const struct vl_lab *lab, const char *name)
{
    for (size_t i = 0; i < lab->route_count; i++)
        if (!strcmp(lab->routes[i].name, name))
            return &lab->routes[i];
    fail_msg("no route %s", name);
    return NULL;
}

static void check_guest(const struct vl_lab *lab, const char *name, const char *address, const char *account,
                        const char *prefix, const char *extension)
{
    const struct vl_pbx *pbx = vl_lab_pbx(lab, name);
    VL_FREE char *test_number = NULL;

    assert_non_null(pbx);
    assert_int_equal(pbx->role, VL_ROLE_GUEST);
    assert_int_equal(pbx->place, VL_PLACE_VM);
    check_address(pbx->address, address);
    assert_string_equal(pbx->account, account);
    assert_string_equal(pbx->prefix, prefix);
    assert_string_equal(pbx->extensions[0], extension);
    assert_null(pbx->extensions[1]);
    assert_true(asprintf(&test_number, "%s999", prefix) > 0);
    assert_string_equal(pbx->test_number, test_number);
    assert_string_equal(pbx->ssh_user, "root");
    assert_int_equal(pbx->ssh_port, 22);
    assert_ptr_equal(pbx->image, &lab->images[0]);
}

static void test_thesis_pbxs(void **state)
{
    VL_LAB_AUTO *lab = load("thesis");

    (void)state;
    assert_string_equal(lab->name, "tesis");
    assert_string_equal(lab->storage, "/vm");
    assert_string_equal(lab->hypervisor, "qemu:///system");
    assert_string_equal(lab->bridge.name, "br0");
    assert_string_equal(lab->bridge.interface, "eth0");
    check_address(lab->bridge.address, "192.168.0.153");
    check_address(lab->bridge.gateway, "192.168.0.1");
    assert_int_equal(lab->bridge.prefix, 24);
    assert_int_equal(lab->pbx_count, 4);
    assert_ptr_equal(lab->hub, vl_lab_pbx(lab, "servidor"));
    assert_int_equal(lab->hub->place, VL_PLACE_LOCAL);
    check_address(lab->hub->address, "192.168.0.153");
    assert_null(lab->hub->account);
    assert_null(lab->hub->prefix);
    check_guest(lab, "virtual1", "192.168.0.195", "7001", "1", "1500");
    check_guest(lab, "virtual2", "192.168.0.156", "7002", "2", "2500");
    check_guest(lab, "virtual3", "192.168.0.158", "7003", "3", "3500");
    assert_true(vl_lab_pbx(lab, "virtual1")->memory == (uint64_t)300 << 20);
    assert_true(vl_lab_pbx(lab, "virtual1")->disk == (uint64_t)35 << 30);
    assert_null(vl_lab_pbx(lab, "virtual4"));
}

static void test_thesis_trunks(void **state)
{
    static const struct {
        const char *from, *to, *name;
    } expected[] = {
        { "virtual1", "virtual2", "1000" }, { "virtual1", "virtual3", "1001" }, { "virtual2", "virtual1", "2000" },
        { "virtual2", "virtual3", "2001" }, { "virtual3", "virtual1", "3000" }, { "virtual3", "virtual2", "3001" },
    };
    VL_LAB_AUTO *lab = load("thesis");

    (void)state;
    assert_int_equal(count_trunks(vl_lab_trunks(lab)), VL_COUNT(expected));
    assert_int_equal(count_trunks(vl_lab_trunks_from(lab, vl_lab_pbx(lab, "virtual2"))), 2);
    assert_int_equal(count_trunks(vl_lab_trunks_to(lab, vl_lab_pbx(lab, "virtual2"))), 2);
    for (size_t i = 0; i < VL_COUNT(expected); i++) {
        const struct vl_trunk trunk = trunk_between(lab, expected[i].from, expected[i].to);

        assert_string_equal(trunk.name, expected[i].name);
        assert_null(trunk.secret);
    }
}

static void test_thesis_routes(void **state)
{
    static const char *const order[] = { "emergencia", "local", "celular", "regional", "internacional", "uio" };
    VL_LAB_AUTO *lab = load("thesis");

    (void)state;
    assert_int_equal(lab->route_count, VL_COUNT(order));
    for (size_t i = 0; i < VL_COUNT(order); i++) {
        assert_string_equal(lab->routes[i].name, order[i]);
        assert_int_equal(lab->routes[i].emergency, i == 0);
        assert_non_null(lab->routes[i].patterns[0]);
    }
    assert_string_equal(lab->routes[0].patterns[0], "911");
    assert_string_equal(lab->routes[0].title, "Emergencia 911");
    assert_null(lab->routes[0].pin);
    assert_string_equal(route_named(lab, "celular")->pin, "19999");
    assert_false(route_named(lab, "celular")->pin_secret);
    assert_string_equal(route_named(lab, "celular")->patterns[0], "_0[89]XXXXXXX");
    assert_string_equal(route_named(lab, "internacional")->pin, "9999");
    assert_string_equal(route_named(lab, "internacional")->via->host, "sip.voipcheap.com");
    assert_string_equal(route_named(lab, "uio")->dial, "8007");
    assert_string_equal(route_named(lab, "uio")->title, "Extension de Quito");
    assert_null(route_named(lab, "regional")->via);
}

static void test_thesis_rest(void **state)
{
    VL_LAB_AUTO *lab = load("thesis");

    (void)state;
    assert_int_equal(lab->user_count, 3);
    assert_string_equal(lab->users[0].number, "7000");
    assert_true(lab->users[0].voicemail);
    assert_int_equal(lab->users[2].dahdi, 2);
    assert_int_equal(lab->dahdi.fxs_count, 2);
    assert_int_equal(lab->dahdi.fxs[1], 2);
    assert_int_equal(lab->dahdi.fxo[0], 3);
    assert_string_equal(lab->dahdi.zone, "us");
    assert_int_equal(lab->load_count, 1);
    assert_ptr_equal(lab->loads[0].target, vl_lab_pbx(lab, "virtual1"));
    assert_string_equal(lab->loads[0].extension, "2999");
    assert_string_equal(lab->loads[0].caller, "1500");
    assert_int_equal(lab->loads[0].rate, 10);
    assert_int_equal(lab->loads[0].calls, 1265);
    assert_int_equal(lab->loads[0].hold_ms, 31000);
    assert_int_equal(lab->loads[0].concurrent, 316);
    assert_true(lab->loads[0].timeout_s > 126 + 31);
}

static void test_quickstart(void **state)
{
    VL_LAB_AUTO *lab = load("quickstart");

    (void)state;
    assert_null(lab->bridge.interface);
    assert_true(lab->bridge.gateway == 0);
    assert_string_equal(lab->hub->name, "hub");
    assert_int_equal(lab->hub->place, VL_PLACE_VM);
    check_address(lab->hub->address, "10.77.7.10");
    check_guest(lab, "alfa", "10.77.7.11", "7001", "1", "1500");
    check_guest(lab, "beta", "10.77.7.12", "7002", "2", "2500");
    assert_int_equal(count_trunks(vl_lab_trunks(lab)), 2);
    assert_string_equal(trunk_between(lab, "alfa", "beta").name, "1000");
    assert_string_equal(trunk_between(lab, "beta", "alfa").name, "2000");
    assert_true(lab->routes[0].emergency);
    assert_false(lab->routes[1].emergency);
    assert_true(route_named(lab, "celular")->pin_secret);
    assert_int_equal(lab->loads[0].hold_ms, 2000);
    assert_int_equal(lab->dahdi.line, 0);
}

static void test_classroom(void **state)
{
    VL_LAB_AUTO *lab = load("classroom");

    (void)state;
    assert_int_equal(lab->pbx_count, 31);
    assert_int_equal(count_trunks(vl_lab_trunks(lab)), 30 * 29);
    for (unsigned i = 0; i < 30; i++) {
        VL_FREE char *name = NULL, *address = NULL, *account = NULL, *prefix = NULL, *extension = NULL;

        assert_true(asprintf(&name, "student-%02u", i + 1) > 0);
        assert_true(asprintf(&address, "192.168.50.%u", 50 + i) > 0);
        assert_true(asprintf(&account, "%u", 7001 + i) > 0);
        assert_true(asprintf(&prefix, "%u", 10 + i) > 0);
        assert_true(asprintf(&extension, "%u500", 10 + i) > 0);
        check_guest(lab, name, address, account, prefix, extension);
    }
    assert_string_equal(trunk_between(lab, "student-01", "student-02").name, "10000");
    assert_string_equal(trunk_between(lab, "student-30", "student-29").name, "39028");
    for (struct vl_trunks one = vl_lab_trunks(lab); vl_lab_next_trunk(&one);)
        for (struct vl_trunks other = vl_lab_trunks(lab); vl_lab_next_trunk(&other) && other.next < one.next;)
            assert_string_not_equal(one.trunk.name, other.trunk.name);
}

/* Whichever allocation fails, the lab is not loaded and the error says why. */
static void test_without_memory(void **state)
{
    VL_LAB_AUTO *whole = NULL;
    long needed;

    (void)state;
    vl_memory_fail_after(-1);
    whole = load("classroom");
    needed = vl_memory_count();
    for (long after = 0; after < needed; after += 1 + after / 20) {
        VL_ERROR_AUTO err = { .code = VL_OK };
        struct vl_lab *lab;

        vl_memory_fail_after(after);
        lab = vl_lab_load(SHARE "/labs/classroom.ini", SHARE, &err);
        vl_memory_fail_after(-1);
        assert_null(lab);
        if (err.code != VL_ERROR_MEMORY)
            fail_msg("allocation %ld of %ld: %s", after, needed, vl_error_text(&err));
    }
}

static unsigned char next_byte;

static int counted_bytes(void *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        ((unsigned char *)bytes)[i] = next_byte++;
    return 0;
}

static int no_bytes(void *bytes, size_t length)
{
    (void)bytes;
    (void)length;
    errno = EIO;
    return -1;
}

static void check_secret(const struct vl_state *secrets, const char *name, size_t length, const char *alphabet)
{
    const char *value = vl_state_secret(secrets, "%s", name);

    assert_non_null(value);
    assert_int_equal(strlen(value), length);
    assert_int_equal(strspn(value, alphabet), length);
}

#define LETTERS_AND_DIGITS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

/* Store what the state says in `directory`/LAB/secrets with this mode. */
static void store(const struct vl_state *secrets, const char *directory, mode_t mode)
{
    VL_FREE char *text = vl_state_text(secrets), *place = NULL, *path = NULL;

    assert_non_null(text);
    assert_true(asprintf(&place, "%s/tesis", directory) > 0);
    assert_true(asprintf(&path, "%s/secrets", place) > 0);
    (void)mkdir(place, 0700);
    write_whole(path, text);
    assert_int_equal(chmod(path, mode), 0);
}

static char *directory;

static int make_place(void **state)
{
    (void)state;
    directory = make_directory();
    next_byte = 0;
    return 0;
}

static int clear_place(void **state)
{
    (void)state;
    remove_tree(directory);
    free(directory);
    return 0;
}

static void test_secrets_made(void **state)
{
    VL_LAB_AUTO *lab = load("thesis");
    VL_STATE_AUTO secrets;
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_FREE char *place = NULL;
    struct stat status;

    (void)state;
    assert_int_equal(vl_state_open(&secrets, lab, directory, counted_bytes, &err), 0);
    check_secret(&secrets, "sip/7001", 24, LETTERS_AND_DIGITS);
    check_secret(&secrets, "sip/7003", 24, LETTERS_AND_DIGITS);
    check_secret(&secrets, "key/trunks", 44, LETTERS_AND_DIGITS);
    for (struct vl_trunks walk = vl_lab_trunks(lab); vl_lab_next_trunk(&walk);) {
        const struct vl_trunk_secret secret = vl_state_trunk_secret(&secrets, &secrets.arena, &walk.trunk);

        assert_int_equal(strlen(secret.secret), 24);
        assert_int_equal(strspn(secret.secret, LETTERS_AND_DIGITS), 24);
        assert_null(secret.also);
        assert_true(vl_state_is_secret(&secrets, secret.secret));
    }
    check_secret(&secrets, "phone/virtual1/1500", 24, LETTERS_AND_DIGITS);
    check_secret(&secrets, "user/7000", 24, LETTERS_AND_DIGITS);
    check_secret(&secrets, "provider/voipcheap", 24, LETTERS_AND_DIGITS);
    check_secret(&secrets, "admin/mesa1", 24, LETTERS_AND_DIGITS);
    assert_string_equal(vl_state_secret(&secrets, "pin/%s", "celular"), "19999");
    assert_null(vl_state_secret(&secrets, "pin/local"));
    assert_null(vl_state_secret(&secrets, "sip/7004"));
    check_secret(&secrets, "voicemail/7000", 6, "0123456789");
    assert_null(vl_state_secret(&secrets, "voicemail/7004"));
    /* 3 accounts, 3 telephones, the key of the trunks, 3 users, 1 mailbox, 2 providers, 2 PINs, 1 phone's web page */
    assert_int_equal(secrets.secret_count, 16);
    for (size_t i = 0; i < secrets.secret_count; i++) {
        assert_true(secrets.secrets[i]->fresh);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(secrets.secrets[i]->value, secrets.secrets[j]->value);
    }
    /* nothing was written */
    assert_true(asprintf(&place, "%s/tesis", directory) > 0);
    assert_int_equal(stat(place, &status), -1);
    assert_string_equal(secrets.directory, place);
}

static void test_secrets_kept(void **state)
{
    VL_LAB_AUTO *lab = load("quickstart");
    VL_STATE_AUTO first;
    VL_STATE_AUTO second;
    VL_ERROR_AUTO err = { .code = VL_OK };

    (void)state;
    lab->name = "tesis";
    assert_int_equal(vl_state_open(&first, lab, directory, NULL, &err), 0);
    check_secret(&first, "pin/celular", 6, "0123456789");
    store(&first, directory, 0600);
    assert_int_equal(vl_state_open(&second, lab, directory, no_bytes, &err), 0);
    assert_int_equal(second.secret_count, first.secret_count);
    for (size_t i = 0; i < first.secret_count; i++) {
        assert_false(second.secrets[i]->fresh);
        assert_string_equal(second.secrets[i]->name, first.secrets[i]->name);
        assert_string_equal(second.secrets[i]->value, first.secrets[i]->value);
    }
    /* chance, not a constant: another lab's secrets are others */
    vl_state_close(&second);
    assert_int_equal(vl_state_open(&second, lab, "/nonexistent", NULL, &err), 0);
    assert_string_not_equal(vl_state_secret(&second, "sip/7001"), vl_state_secret(&first, "sip/7001"));
}

/* Only what is new is fresh, and a secret that the lab no longer needs is not forgotten. */
static void test_secrets_grow(void **state)
{
    VL_LAB_AUTO *small = load("quickstart");
    VL_LAB_AUTO *large = load("thesis");
    VL_STATE_AUTO first;
    VL_STATE_AUTO second;
    VL_ERROR_AUTO err = { .code = VL_OK };

    (void)state;
    small->name = "tesis";
    assert_int_equal(vl_state_open(&first, small, directory, NULL, &err), 0);
    store(&first, directory, 0600);
    assert_int_equal(vl_state_open(&second, large, directory, NULL, &err), 0);
    assert_string_equal(vl_state_secret(&second, "sip/7001"), vl_state_secret(&first, "sip/7001"));
    assert_string_equal(vl_state_secret(&second, "phone/alfa/1500"), vl_state_secret(&first, "phone/alfa/1500"));
    for (size_t i = 0; i < second.secret_count; i++) {
        const char *before = vl_state_secret(&first, "%s", second.secrets[i]->name);

        assert_int_equal(second.secrets[i]->fresh, !before || strcmp(before, second.secrets[i]->value) != 0);
    }
}

static void test_lab_file_wins(void **state)
{
    VL_LAB_AUTO *lab = load("thesis");
    VL_STATE_AUTO first;
    VL_STATE_AUTO second;
    VL_ERROR_AUTO err = { .code = VL_OK };
    struct vl_trunk_given given = { .from = vl_lab_pbx(lab, "virtual1"), .to = vl_lab_pbx(lab, "virtual2") };

    (void)state;
    assert_int_equal(vl_state_open(&first, lab, directory, NULL, &err), 0);
    store(&first, directory, 0600);
    given.secret = "given0secret";
    lab->trunks_given = &given;
    lab->trunk_given_count = 1;
    assert_int_equal(vl_state_open(&second, lab, directory, no_bytes, &err), 0);
    assert_string_equal(vl_state_secret(&second, "iax/1000"), "given0secret");
    for (size_t i = 0; i < second.secret_count; i++)
        assert_int_equal(second.secrets[i]->fresh, !strcmp(second.secrets[i]->name, "iax/1000"));
    store(&second, directory, 0600);
    vl_state_close(&second);
    assert_int_equal(vl_state_open(&second, lab, directory, no_bytes, &err), 0);
    for (size_t i = 0; i < second.secret_count; i++)
        assert_false(second.secrets[i]->fresh);
}

static void check_refused(const struct vl_lab *lab, int (*random)(void *, size_t), const char *message)
{
    VL_STATE_AUTO secrets;
    VL_ERROR_AUTO err = { .code = VL_OK };

    assert_int_equal(vl_state_open(&secrets, lab, directory, random, &err), -1);
    if (!strstr(vl_error_text(&err), message))
        fail_msg("'%s' lacks '%s'", vl_error_text(&err), message);
}

static void test_secrets_refused(void **state)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        { "sip/7001\n", "secrets:1: " },
        { "# fine\nsip/7001 = \n", "secrets:2: " },
        { "sip/7001 = with space\n", "secrets:1: " },
        { "sip/7001 = abcd\nsip/7001 = abcd\n", "secrets:2: 'sip/7001' is there twice" },
    };
    VL_LAB_AUTO *lab = load("thesis");
    VL_STATE_AUTO secrets;
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_FREE char *path = NULL;

    (void)state;
    check_refused(lab, no_bytes, "cannot get random bytes");
    assert_int_equal(vl_state_open(&secrets, lab, directory, NULL, &err), 0);
    store(&secrets, directory, 0644);
    check_refused(lab, NULL, "is open to others (mode 0644), and it is a secret; 'chmod 600 ");
    store(&secrets, directory, 0640);
    check_refused(lab, NULL, "'chmod 600 ");
    assert_true(asprintf(&path, "%s/tesis/secrets", directory) > 0);
    assert_int_equal(chmod(path, 0600), 0);
    for (size_t i = 0; i < VL_COUNT(cases); i++) {
        write_whole(path, cases[i].text);
        check_refused(lab, NULL, cases[i].message);
    }
}

static void test_state_path(void **state)
{
    VL_LAB_AUTO *lab = load("thesis");
    VL_STATE_AUTO secrets;
    VL_ERROR_AUTO err = { .code = VL_OK };

    (void)state;
    assert_int_equal(vl_state_open(&secrets, lab, "/var/lib/voiplab", counted_bytes, &err), 0);
    assert_string_equal(vl_state_path(&secrets, "ssh/%s", "virtual1"), "/var/lib/voiplab/tesis/ssh/virtual1");
}

#define WITH_PLACE(name) cmocka_unit_test_setup_teardown(name, make_place, clear_place)

/* What is stated can be, or it is said why not and what to do. */
static void test_driver_conflict(void **unused)
{
    static const char *const none[] = { NULL };
    const struct vl_pbx pjsip = { .sip = VL_SIP_PJSIP }, open = { .sip = VL_SIP_AUTO };
    struct vl_nature nature = { .flavor = VL_FLAVOR_ASTERISK, .sip = VL_SIP_PJSIP, .phones = none };
    VL_ARENA_AUTO arena = { .blocks = NULL };

    (void)unused;
    assert_non_null(strstr(vl_nature_conflict(&arena, &pjsip, &nature), "has not loaded chan_pjsip.so"));
    assert_null(vl_nature_conflict(&arena, &open, &nature));
    nature.holder = VL_SIP_PJSIP;
    assert_null(vl_nature_conflict(&arena, &pjsip, &nature));
    nature.holder = VL_SIP_CHAN_SIP;
    assert_null(vl_nature_conflict(&arena, &open, &nature));
    assert_non_null(strstr(vl_nature_conflict(&arena, &pjsip, &nature),
                           "has loaded chan_sip.so in its place; write 'load = chan_pjsip.so'"));
    nature.both = true;
    assert_non_null(strstr(vl_nature_conflict(&arena, &pjsip, &nature),
                           "has port 5060; write 'noload = chan_sip.so' into modules.conf"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_driver_conflict), cmocka_unit_test(test_thesis_pbxs),
        cmocka_unit_test(test_thesis_trunks),   cmocka_unit_test(test_thesis_routes),
        cmocka_unit_test(test_thesis_rest),     cmocka_unit_test(test_quickstart),
        cmocka_unit_test(test_classroom),       cmocka_unit_test(test_without_memory),
        WITH_PLACE(test_secrets_made),          WITH_PLACE(test_secrets_kept),
        WITH_PLACE(test_secrets_grow),          WITH_PLACE(test_lab_file_wins),
        WITH_PLACE(test_secrets_refused),       cmocka_unit_test(test_state_path),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
