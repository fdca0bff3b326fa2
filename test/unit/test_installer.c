/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The answers of unattended installations against golden files, a kind of installer each, and what is refused.
 * UPDATE_GOLDEN=1 makes the golden files anew; look at the difference before you keep it. Their grammar is held by
 * test/cli/kickstart.sh.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "lab/system.h"
#include "render/installer.h"

#define GOLDEN SOURCE_DIRECTORY "/test/golden/installer/"

/* Not keys: only their shape matters here, and that they have lines. */
static const char openssh_key[] =
    "-----BEGIN OPENSSH PRIVATE KEY-----\nTk9UIEEgS0VZ\n-----END OPENSSH PRIVATE KEY-----\n";
static const char pem_key[] = "-----BEGIN RSA PRIVATE KEY-----\nTk9UIEEgS0VZ\n-----END RSA PRIVATE KEY-----\n";

static struct vl_answers answers_for(const char *os, const char *url)
{
    static const char *const dns[] = { "192.168.0.1", "9.9.9.9", NULL };
    bool rsa = strcmp(vl_system_key_type(os), "rsa") == 0;

    return (struct vl_answers){
        .os = os,
        .lab = "tesis",
        .hostname = "virtual1",
        .mac = "52:54:00:b0:91:ea",
        .address = 0xc0a800c3,
        .prefix = 24,
        .gateway = 0xc0a80001,
        .dns = dns,
        .country = vl_country("ec"),
        .disk = rsa ? "hda" : "vda",
        .url = url,
        .authorized_key = rsa ? "ssh-rsa QVVUSE9SSVpFRA== voiplab tesis" : "ssh-ed25519 QVVUSE9SSVpFRA== voiplab tesis",
        .host_private_key = rsa ? pem_key : openssh_key,
        .host_public_key = rsa ? "ssh-rsa SE9TVA== root@virtual1" : "ssh-ed25519 SE9TVA== root@virtual1",
        .database_password = vl_system_asks(os) ? "DATABASEsecret1" : NULL,
        .web_password = vl_system_asks(os) ? "WEBsecret2" : NULL,
    };
}

static void check_golden(const char *text, const char *name)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    const char *path = vl_arena_printf(&arena, GOLDEN "%s", name);
    VL_FREE char *expected = NULL;
    VL_ERROR_AUTO err = { .code = VL_OK };

    if (getenv("UPDATE_GOLDEN")) {
        assert_int_equal(vl_file_mkdirs(GOLDEN, 0755, &err), 0);
        assert_int_equal(vl_file_write(path, text, strlen(text), 0644, &err), 0);
        return;
    }
    if (vl_file_read(path, 1 << 20, &expected, NULL, &err) < 0)
        fail_msg("%s", vl_error_text(&err));
    assert_string_equal(text, expected);
}

static void render(struct vl_arena *arena, const struct vl_answers *answers, struct vl_fileset *set)
{
    VL_ERROR_AUTO err = { .code = VL_OK };

    if (vl_render_answers(arena, answers, set, &err) < 0)
        fail_msg("%s", vl_error_text(&err));
}

static void test_golden(void **state)
{
    static const struct {
        const char *os, *url, *name;
    } cases[] = {
        { "elastix2", NULL, "elastix2" },
        { "centos5.11", "http://192.168.0.1/centos/5.11/os/x86_64/", "centos5-tree" },
        { "issabel4", NULL, "issabel4" },
        { "centos7", "ftp://192.168.0.1/centos/7/os/x86_64/", "centos7-tree" },
        { "debian11", "http://192.168.0.1:3142/debian/dists/bullseye/main/installer-amd64/", "debian11-tree" },
        { "debian12", NULL, "debian12" },
    };

    (void)state;
    for (size_t i = 0; i < VL_COUNT(cases); i++) {
        VL_ARENA_AUTO arena = { .blocks = NULL };
        struct vl_answers answers = answers_for(cases[i].os, cases[i].url);
        struct vl_fileset set = { .count = 0 };

        render(&arena, &answers, &set);
        check_golden(vl_arena_printf(&arena, "%s\n", vl_render_installer_cmdline(&arena, &answers)),
                     vl_arena_printf(&arena, "%s.cmdline", cases[i].name));
        for (size_t j = 0; j < set.count; j++) {
            assert_int_equal(set.files[j].mode, 0600);
            check_golden(set.files[j].text, vl_arena_printf(&arena, "%s.%s", cases[i].name, set.files[j].path));
        }
    }
}

/* On a network of its own there is no gateway and no name server, and somebody knows better what to install. */
static void test_isolated(void **state)
{
    static const char *const packages[] = { "@base", "vim-enhanced", NULL };
    static const char *const systems[] = { "centos5", "centos7", "debian12" };

    (void)state;
    for (size_t i = 0; i < VL_COUNT(systems); i++) {
        VL_ARENA_AUTO arena = { .blocks = NULL };
        struct vl_answers answers = answers_for(systems[i], NULL);
        struct vl_fileset set = { .count = 0 };

        answers.gateway = 0;
        answers.dns = NULL;
        answers.packages = packages;
        render(&arena, &answers, &set);
        assert_null(strstr(set.files[0].text, "gateway="));
        assert_null(strstr(set.files[0].text, "nameserver="));
        assert_null(strstr(set.files[0].text, "asterisk"));
        assert_non_null(strstr(set.files[0].text, "vim-enhanced"));
    }
}

/* Asterisk is asked for where it is: a package that is nowhere is a question that nobody answers. */
static void test_defaults(void **state)
{
    static const char tree[] = "http://192.168.0.1/debian/dists/suite/main/installer-amd64/";
    static const struct {
        const char *os, *url;
        bool has;
    } cases[] = {
        { "debian9", tree, true },   { "debian11", tree, true },    { "debian11", NULL, false },
        { "debian12", tree, false }, { "debian12", NULL, false },   { "debian13", tree, false },
        { "debian14", tree, false }, { "centos5.11", tree, false }, { "centos5.11", NULL, false },
        { "rhel5.4", NULL, false },  { "centos7", tree, false },    { "rhel7", NULL, false },
        { "elastix2", NULL, true },  { "elastix4", NULL, true },    { "issabel4", NULL, true },
        { "freepbx16", NULL, true },
    };

    (void)state;
    for (size_t i = 0; i < VL_COUNT(cases); i++) {
        VL_ARENA_AUTO arena = { .blocks = NULL };
        struct vl_answers answers = answers_for(cases[i].os, cases[i].url);
        struct vl_fileset set = { .count = 0 };
        const char *list;

        render(&arena, &answers, &set);
        list = strstr(set.files[0].text, "\n%packages\n");
        list = list ? list : strstr(set.files[0].text, "pkgsel/include string");
        assert_non_null(list);
        list = vl_arena_strndup(&arena, list, (size_t)(strstr(list, *list == '\n' ? "\n%post" : "\n") - list));
        assert_non_null(strstr(list, "openssh-server"));
        if ((strstr(list, "asterisk") != NULL) != cases[i].has)
            fail_msg("%s from a %s: %s", cases[i].os, cases[i].url ? "tree" : "disc", list);
        assert_int_equal(vl_installer_has_asterisk(cases[i].os, cases[i].url != NULL), cases[i].has);
    }
    assert_true(vl_installer_has_asterisk("ubuntu22", true)); /* nobody knows */
}

static void expect_refused(const struct vl_answers *answers, const char *part)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    struct vl_fileset set = { .count = 0 };
    VL_ERROR_AUTO err = { .code = VL_OK };

    assert_int_equal(vl_render_answers(&arena, answers, &set, &err), -1);
    if (!strstr(vl_error_text(&err), part))
        fail_msg("'%s' does not say '%s'", vl_error_text(&err), part);
}

/* Nothing that could end a line, a quoted text or a here-document before its end. */
static void test_refused(void **state)
{
    static const char *const bad_urls[] = { "http://a/ --drives=x", "http://a/\nreboot", "http://a/'", "http://a/\"b" };
    static const char *const bad_package[] = { "asterisk\n%post", NULL };
    struct vl_answers answers;

    (void)state;
    for (size_t i = 0; i < VL_COUNT(bad_urls); i++) {
        answers = answers_for("centos7", bad_urls[i]);
        expect_refused(&answers, "the url must be one");
    }
    answers = answers_for("centos7", NULL);
    answers.authorized_key = "ssh-ed25519 A\nB";
    expect_refused(&answers, "the authorized key must be one line");
    answers = answers_for("centos7", NULL);
    answers.packages = bad_package;
    expect_refused(&answers, "a package must be one word");
    answers = answers_for("centos7", NULL);
    answers.host_private_key = "VOIPLAB-END\nrm -rf /\n";
    expect_refused(&answers, "no file of a key");
    answers = answers_for("elastix2", NULL);
    answers.web_password = NULL;
    expect_refused(&answers, "the second password is empty");
    answers = answers_for("debian12", "http://deb.debian.org/debian/");
    expect_refused(&answers, "/dists/bookworm/main/installer-amd64/");
    answers = answers_for("ubuntu22", NULL);
    expect_refused(&answers, "nobody knows how 'ubuntu22' is installed unattended; known are centos5, ");
    expect_refused(&answers, "freepbx14 to 16, debian9 to 39");
}

/* No password opens anything, and no secret is where somebody reads it who does not have the disc. */
static void test_secrets(void **state)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    struct vl_answers answers = answers_for("elastix2", NULL);
    struct vl_fileset set = { .count = 0 };
    const char *line;

    (void)state;
    render(&arena, &answers, &set);
    assert_non_null(strstr(set.files[0].text, "\nrootpw --iscrypted !!\n"));
    line = vl_render_installer_cmdline(&arena, &answers);
    assert_null(strstr(line, "secret"));
    assert_null(strstr(line, "PRIVATE"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden),  cmocka_unit_test(test_isolated), cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_refused), cmocka_unit_test(test_secrets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
