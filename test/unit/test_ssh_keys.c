/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is known of SSH without a server: profiles, the lists of a server, keys as texts, and the line of a lab file
 * that has one.
 */
#include "support.h"

#include "base/cleanup.h"
#include "base/digest.h"
#include "base/process.h"
#include "lab/edit.h"
#include "lab/schema.h"
#include "machine/ssh_kexinit.h"
#include "machine/ssh_key.h"
#include "machine/ssh_private.h"

static void put_list(struct vl_buf *message, const char *list)
{
    size_t length = strlen(list);
    const unsigned char head[] = { 0, 0, (unsigned char)(length >> 8), (unsigned char)length };

    vl_buf_add(message, head, sizeof(head));
    vl_buf_add(message, list, length);
}

/* What a server sends first: its version, and KEXINIT with these lists. */
static void compose(struct vl_buf *bytes, const char *greeting, const char *const lists[static VL_SSH_LISTS])
{
    static const int order[] = {
        VL_SSH_KEX, VL_SSH_HOSTKEYS, VL_SSH_CIPHERS, VL_SSH_CIPHERS, VL_SSH_MACS, VL_SSH_MACS
    };
    VL_BUF_AUTO message = VL_BUF_INIT;
    unsigned char head[5] = { 0, 0, 0, 0, 4 };
    static const char rest[4 + 4 + 4 + 1 + 4];
    size_t length;

    vl_buf_putc(&message, 20);
    vl_buf_add(&message, "0123456789abcdef", 16);
    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
        put_list(&message, lists[order[i]]);
    put_list(&message, "none");
    put_list(&message, "none");
    vl_buf_add(&message, rest, sizeof(rest) - 4);
    length = message.length + 1 + 4;
    head[2] = (unsigned char)(length >> 8);
    head[3] = (unsigned char)length;
    vl_buf_puts(bytes, greeting);
    vl_buf_add(bytes, head, sizeof(head));
    vl_buf_add(bytes, vl_buf_text(&message), message.length);
    vl_buf_add(bytes, rest, 4);
}

static const char *const centos5[] = { "diffie-hellman-group-exchange-sha1,diffie-hellman-group14-sha1",
                                       "ssh-rsa,ssh-dss", "aes128-cbc,3des-cbc,aes128-ctr", "hmac-md5,hmac-sha1" };

static const char *explain(struct vl_buf *text, const char *const lists[static VL_SSH_LISTS], const char *profile,
                           const char *const library[static VL_SSH_LISTS])
{
    VL_BUF_AUTO bytes = VL_BUF_INIT;
    struct vl_kexinit kexinit;
    const struct vl_kexinit_sides sides = { .server = &kexinit,
                                            .offered = vl_ssh_profile(profile)->lists,
                                            .library = library,
                                            .version = "libssh2 9.9",
                                            .profile = profile };

    compose(&bytes, "SSH-2.0-OpenSSH_4.3\r\n", lists);
    assert_true(vl_kexinit_find(vl_buf_text(&bytes), bytes.length, &kexinit));
    vl_buf_reset(text);
    vl_kexinit_explain(&sides, text);
    return vl_buf_text(text);
}

static void test_lists_are_found(void **state)
{
    VL_BUF_AUTO bytes = VL_BUF_INIT;
    VL_BUF_AUTO text = VL_BUF_INIT;
    struct vl_kexinit kexinit;

    (void)state;
    compose(&bytes, "Welcome!\r\nto this machine\r\nSSH-2.0-OpenSSH_4.3\r\n", centos5);
    assert_true(vl_kexinit_find(vl_buf_text(&bytes), bytes.length, &kexinit));
    vl_kexinit_quote(&text, &kexinit.version);
    assert_string_equal(vl_buf_text(&text), "OpenSSH_4.3");
    for (int i = 0; i < VL_SSH_LISTS; i++) {
        assert_int_equal(kexinit.lists[i].length, strlen(centos5[i]));
        assert_memory_equal(kexinit.lists[i].at, centos5[i], strlen(centos5[i]));
    }
    /* cut anywhere, they are not */
    for (size_t length = 0; length < bytes.length - 4; length++)
        assert_false(vl_kexinit_find(vl_buf_text(&bytes), length, &kexinit));
}

static void test_a_quote_is_printable_and_bounded(void **state)
{
    VL_BUF_AUTO text = VL_BUF_INIT;
    char said[1000];

    (void)state;
    memset(said, 'a', sizeof(said));
    memcpy(said, "\033[2J\n\xff", 6);
    vl_kexinit_quote(&text, &(struct vl_kexinit_text){ .at = said, .length = sizeof(said) });
    assert_int_equal(text.length, VL_KEXINIT_QUOTED + 3);
    assert_memory_equal(vl_buf_text(&text), "?[2J??aaa", 9);
}

static void test_what_is_missing_where(void **state)
{
    static const char *const without_sha1[] = { "diffie-hellman-group14-sha256,curve25519-sha256", "ssh-ed25519",
                                                "aes128-ctr", "hmac-sha2-256" };
    static const char *const weak[] = { "diffie-hellman-group14-sha1", "ssh-rsa", "3des-cbc", "hmac-sha1" };
    VL_BUF_AUTO text = VL_BUF_INIT;

    (void)state;
    assert_string_equal(explain(&text, centos5, "auto", centos5), "");
    assert_string_equal(explain(&text, centos5, "legacy", centos5), "");
    assert_non_null(strstr(explain(&text, centos5, "modern", centos5),
                           "no key exchange in common: it offers 'diffie-hellman-group-exchange-sha1,"
                           "diffie-hellman-group14-sha1', we '"));
    assert_non_null(strstr(vl_buf_text(&text), "; 'ssh = auto' in the lab file would offer what it has"));
    assert_null(strstr(vl_buf_text(&text), "no cipher"));
    assert_non_null(strstr(explain(&text, centos5, "modern", without_sha1),
                           "and this libssh2 9.9 has none of what it offers; no type of host key in common"));
    assert_non_null(strstr(explain(&text, weak, "auto", weak), "no cipher in common: it offers '3des-cbc', we '"));
    assert_non_null(strstr(vl_buf_text(&text), "which leaves out '3des-cbc' because it is not safe any more"));
}

static void test_group14_before_an_exchange_of_groups(void **state)
{
    const char *list = vl_ssh_profile("auto")->lists[VL_SSH_KEX];

    (void)state;
    assert_true(strstr(list, "group14-sha1") < strstr(list, "group-exchange"));
    assert_null(strstr(vl_ssh_profile("legacy")->lists[VL_SSH_KEX], "group-exchange"));
    assert_true(strstr(list, "curve25519") == list);
}

/* The lab file's words are those of the table. */
static void test_profiles_have_the_names_of_the_lab_file(void **state)
{
    size_t count = 0;

    (void)state;
    for (; vl_lab_ssh_profiles[count]; count++)
        assert_string_equal(vl_lab_ssh_profiles[count], vl_ssh_profiles[count].name);
    assert_null(vl_ssh_profiles[count].name);
    assert_null(vl_ssh_profile("old"));
    assert_ptr_equal(vl_ssh_profile(NULL), &vl_ssh_profiles[0]);
}

#define ED25519 "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFyJbLu3sjSL1BZOH4GOPLBl3OK1m3XVBGKBDlQi4bk/"

static void test_host_keys(void **state)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    static const char *const wrong[] = { "",
                                         "ssh-ed25519",
                                         "ssh-ed25519 AAAA",
                                         "ssh-ed25519 !!!!",
                                         "ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIFyJbLu3sjSL1BZOH4GOPLBl3OK1m3XVBGKBDlQi4bk/",
                                         "ssh-dss AAAAB3NzaC1kc3M=" };

    (void)state;
    assert_string_equal(vl_ssh_hostkey_plain(&arena, ED25519 " root@pbx\n"), ED25519);
    assert_string_equal(vl_ssh_fingerprint(&arena, ED25519 " x"), vl_ssh_fingerprint(&arena, ED25519));
    assert_int_equal(strlen(vl_ssh_fingerprint(&arena, ED25519)), strlen("SHA256:") + 43);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_null(vl_ssh_hostkey_plain(&arena, wrong[i]));
}

/* Beginnings only: no key is in them. */
static void test_private_keys(void **state)
{
    static const struct {
        const char *text, *type;
        bool locked;
    } keys[] = {
        { "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n", "ssh-rsa", false },
        { "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n", "ssh-rsa", true },
        { "-----BEGIN EC PRIVATE KEY-----\nMHcC\n", "ecdsa-sha2-nistp256", false },
        { "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIF\n", NULL, true },
        { "-----BEGIN PRIVATE KEY-----\nMIIE\n", NULL, false },
        { "-----BEGIN OPENSSH PRIVATE "
          "KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW\n"
          "QyNTUxOQAAACBciWy7t7I0i9QWTh+BjjywZdzitZt11QRigQ5UIuG5PwAAAIhAAAAAAAAA\n",
          "ssh-ed25519", false },
        { "-----BEGIN OPENSSH PRIVATE "
          "KEY-----\nb3BlbnNzaC1rZXktdjEAAAAACmFlczI1Ni1jdHIAAAAGYmNyeXB0AAAAGAAAABBfv2Z1Zm\n"
          "QyNTUxOQAAACBciWy7t7I0i9QWTh+BjjywZdzitZt11QRigQ5UIuG5PwAAAIhAAAAAAAAA\n",
          NULL, true },
        { "-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl\n", NULL, false },
        { "no key at all", NULL, false },
        { "", NULL, false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        const char *type = vl_ssh_private_type(keys[i].text);

        if (keys[i].type)
            assert_string_equal(type, keys[i].type);
        else
            assert_null(type);
        assert_int_equal(vl_ssh_private_is_locked(keys[i].text), keys[i].locked);
    }
}

static void test_a_key_of_the_lab_file_is_set(void **state)
{
    static const struct {
        const char *text, *wanted;
    } cases[] = {
        { "[pbx a]\nx = 1\n\n[pbx b]\n", "[pbx a]\nx = 1\nhostkey = K V\n\n[pbx b]\n" },
        { "[pbx a]", "[pbx a]\nhostkey = K V\n" },
        { "[pbx a]\r\n; c\r\nx = 1\r\n# c\r\n[pbx ab]\r\nhostkey = o\r\n",
          "[pbx a]\r\n; c\r\nx = 1\r\nhostkey = K V\r\n# c\r\n[pbx ab]\r\nhostkey = o\r\n" },
        { "[ pbx a ]\nhostkey\t=\told key ; mine\ny=2", "[ pbx a ]\nhostkey\t=\tK V ; mine\ny=2" },
        { "[pbx a]\nhostkey=old\n", "[pbx a]\nhostkey=K V\n" },
        { "[pbx a]\nhostkey = \"old ; key\" # x\n", "[pbx a]\nhostkey = K V # x\n" },
        { "[pbx a]\n;hostkey = old\nproxy-hostkey = other\n",
          "[pbx a]\n;hostkey = old\nproxy-hostkey = other\nhostkey = K V\n" },
        { "[pbx b]\nhostkey = o\n[pbx a]\nx = 1", "[pbx b]\nhostkey = o\n[pbx a]\nx = 1\nhostkey = K V\n" },
        { "[pbx b]\nx = [pbx a]\n", NULL },
        { "", NULL },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        VL_ARENA_AUTO arena = { .blocks = NULL };
        const char *edited = vl_lab_set_key(&arena, cases[i].text, "pbx a", "hostkey", "K V");

        if (cases[i].wanted)
            assert_string_equal(edited, cases[i].wanted);
        else
            assert_null(edited);
    }
}

/* Of every kind and in every format that ssh-keygen writes: the public key is right, and it signs; of what is cut or
 * changed nothing is made. */
static void test_private_keys_sign(void **state)
{
    static const struct {
        const char *type, *bits, *format, *algorithm;
    } cases[] = { { "ed25519", "256", "RFC4716", "ssh-ed25519" },
                  { "rsa", "2048", "RFC4716", "rsa-sha2-256" },
                  { "rsa", "2048", "PEM", "rsa-sha2-512" },
                  { "rsa", "3072", "PKCS8", "rsa-sha2-256" },
                  { "ecdsa", "256", "RFC4716", "ecdsa-sha2-nistp256" },
                  { "ecdsa", "384", "PEM", "ecdsa-sha2-nistp384" },
                  { "ecdsa", "521", "RFC4716", "ecdsa-sha2-nistp521" },
                  { "ecdsa", "521", "PKCS8", "ecdsa-sha2-nistp521" } };
    char *directory = make_directory();

    (void)state;
    for (size_t i = 0; i < VL_COUNT(cases); i++) {
        VL_ARENA_AUTO arena = { .blocks = NULL };
        VL_ERROR_AUTO err = { .code = VL_OK };
        VL_BUF_AUTO signature = VL_BUF_INIT;
        const char *path = vl_arena_printf(&arena, "%s/key%zu", directory, i);
        const char *const argv[] = {
            "ssh-keygen", "-q", "-t", cases[i].type, "-b", cases[i].bits, "-m", cases[i].format, "-N",
            "",           "-C", "",   "-f",          path, NULL
        };
        struct vl_ssh_private key = { .signer = NULL };
        VL_FREE char *text = NULL, *public = NULL, *base64 = NULL;

        assert_int_equal(vl_process_check(argv, NULL, NULL, &err), 0);
        text = read_whole(path);
        public = read_whole(vl_arena_printf(&arena, "%s.pub", path));
        if (vl_ssh_private_read(&key, text, &err) < 0)
            fail_msg("%s %s: %s", cases[i].type, cases[i].format, vl_error_text(&err));
        base64 = vl_digest_base64(vl_buf_text(&key.blob), key.blob.length);
        assert_non_null(strstr(public, base64));
        assert_int_equal(vl_ssh_private_sign(&key, cases[i].algorithm, "login", 5, &signature, &err), 0);
        assert_true(signature.length >= 64);
        assert_int_equal(vl_ssh_private_sign(&key, "ssh-dss", "login", 5, &signature, &err), -1);
        vl_ssh_private_free(&key);
        for (size_t cut = 0; cut < strlen(text); cut += 7) {
            VL_FREE char *part = strndup(text, cut);

            if (vl_ssh_private_read(&key, part, &err) == 0)
                vl_ssh_private_free(&key); /* what was cut off need not be missed */
            vl_error_clear(&err);
        }
    }
    remove_tree(directory);
    free(directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lists_are_found),
        cmocka_unit_test(test_a_quote_is_printable_and_bounded),
        cmocka_unit_test(test_what_is_missing_where),
        cmocka_unit_test(test_group14_before_an_exchange_of_groups),
        cmocka_unit_test(test_profiles_have_the_names_of_the_lab_file),
        cmocka_unit_test(test_host_keys),
        cmocka_unit_test(test_private_keys),
        cmocka_unit_test(test_private_keys_sign),
        cmocka_unit_test(test_a_key_of_the_lab_file_is_set),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
