/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sections that stand in a file of the user's and in the file of ours that it includes: found with their lines, and
 * nothing else is taken for one.
 */
#include "support.h"

#include <sys/resource.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "stage/clash.h"

static struct vl_file ours_files[] = {
    { .path = "/etc/asterisk/voiplab_extensions.conf",
      .kind = VL_FILE_WHOLE,
      .text = "[globals](+)\nPOOL=1\n[tesis]\nexten => 1,1,NoOp()\n[apps]\nexten => 8,1,NoOp()\n" },
    { .path = "/etc/asterisk/voiplab_sip.conf",
      .kind = VL_FILE_WHOLE,
      .text = "[general](+)\nregister => a:b@c\n[7001]\ntype=friend\n[carrier]\ntype=peer\n" },
    { .path = "/etc/asterisk/voiplab_pjsip.conf",
      .kind = VL_FILE_WHOLE,
      .text = "[hub]\ntype=endpoint\n[hub]\ntype=aor\n" },
};

static const struct vl_fileset ours = { .files = ours_files, .count = VL_COUNT(ours_files) };

#define BLOCK(section, name) "; voiplab: begin\n[" section "]\n#include voiplab_" name ".conf\n; voiplab: end\n"
#define EXTENSIONS BLOCK("globals", "extensions")
#define SIP BLOCK("general", "sip")

static const struct {
    const char *path, *text, *clash; /* clash NULL: none */
} cases[] = {
    { "/etc/asterisk/extensions.conf",
      "[general]\nstatic=yes\n[globals]\nA=1\n[mine]\nexten => 1,1,NoOp()\n" EXTENSIONS, NULL },
    { "/etc/asterisk/extensions.conf", "[general]\n\n[tesis]\nexten => 1,1,Answer()\n" EXTENSIONS,
      "/etc/asterisk/extensions.conf:3: [tesis] is in this file and in '/etc/asterisk/voiplab_extensions.conf' of the "
      "lab: Asterisk makes one context of the two and drops each line whose extension and priority are there already; "
      "remove or rename it in this file" },
    /* behind our block as well; a second one of the user's own of the same name is said once */
    { "/etc/asterisk/extensions.conf",
      "[globals]\n[apps]\nexten => 8,1,Answer()\n" EXTENSIONS "[tesis]\nexten => 2,1,Answer()\n[apps]\n",
      "/etc/asterisk/extensions.conf:2: [apps] is in this file and in '/etc/asterisk/voiplab_extensions.conf' of the "
      "lab, and so are [tesis] (line 8): Asterisk makes one context of the two and drops each line whose extension and "
      "priority are there already; remove or rename them in these files" },
    /* names of contexts are told apart by their case, accounts of SIP are not */
    { "/etc/asterisk/extensions.conf", "[Tesis]\nexten => 1,1,Answer()\n" EXTENSIONS, NULL },
    { "/etc/asterisk/sip.conf", "[general]\n[Carrier]\nsecret=1234\n" SIP,
      "/etc/asterisk/sip.conf:2: [Carrier] is in this file and in '/etc/asterisk/voiplab_sip.conf' of the lab: "
      "Asterisk "
      "makes one account of the two, secret and all, in which the later lines count; remove or rename it in this "
      "file" },
    /* ours has one name for several objects */
    { "/etc/asterisk/pjsip.conf",
      "[global]\ntype=global\n[transport-udp]\ntype=transport\n#include voiplab_pjsip.conf\n", NULL },
    { "/etc/asterisk/pjsip.conf", "[hub]\ntype=endpoint\n#include voiplab_pjsip.conf\n",
      "/etc/asterisk/pjsip.conf:1: [hub] is in this file and in '/etc/asterisk/voiplab_pjsip.conf' of the lab: where "
      "two objects of one type have one name, Asterisk reads none of that type; remove or rename it in this file" },
    /* what is no section: comments, templates, and what adds to ours on purpose */
    { "/etc/asterisk/extensions.conf", ";[tesis]\n;--\n[tesis]\n--;\n[tesis](!)\nexten => 1,1,Answer()\n" EXTENSIONS,
      NULL },
    { "/etc/asterisk/extensions.conf", "[globals]\n" EXTENSIONS "[tesis](+)\nexten => 2,1,Answer()\n", NULL },
    { "/etc/asterisk/sip.conf", "[base](!)\ntype=friend\n[7001](base)\nsecret=1\n" SIP,
      "/etc/asterisk/sip.conf:3: [7001] is in this file and in '/etc/asterisk/voiplab_sip.conf' of the lab: Asterisk "
      "makes one account of the two, secret and all, in which the later lines count; remove or rename it in this "
      "file" },
    /* without the block nothing of ours is read */
    { "/etc/asterisk/sip.conf", "[7001]\nsecret=1\n", NULL },
    /* a file that is not one of sections */
    { "/etc/dahdi/system.conf", "fxoks=1\n# voiplab: begin\nfxoks=1\n# voiplab: end\n", NULL },
};

static void test_cases(void **state)
{
    (void)state;
    for (size_t i = 0; i < VL_COUNT(cases); i++) {
        VL_ARENA_AUTO arena = { .blocks = NULL };
        struct vl_file file = { .path = cases[i].path, .kind = VL_FILE_BLOCK, .text = cases[i].text };
        const struct vl_fileset shared = { .files = &file, .count = 1 };
        const char *clash = vl_clash(
            &arena,
            &(struct vl_clash_scene){ .shared = &shared, .ours = &ours, .flavor = vl_flavor_row(VL_FLAVOR_ASTERISK) });

        if (!cases[i].clash && clash)
            fail_msg("case %zu: %s", i, clash);
        if (cases[i].clash && !clash)
            fail_msg("case %zu: nothing was found", i);
        if (clash)
            assert_string_equal(clash, cases[i].clash);
        assert_false(arena.failed);
    }
}

/* A file of a guest that includes ours, and itself, for a megabyte: the sections are those that one look gives. */
static void test_amplified(void **state)
{
    static const char *const lines[] = { "#include voiplab_sip.conf\n", "#include sip.conf\n" };

    (void)state;
    for (size_t i = 0; i < VL_COUNT(lines); i++) {
        VL_ARENA_AUTO arena = { .blocks = NULL };
        VL_BUF_AUTO text = VL_BUF_INIT, accounts = VL_BUF_INIT;
        struct vl_file file = { .path = "/etc/asterisk/sip.conf", .kind = VL_FILE_BLOCK };
        struct vl_file large = { .path = "/etc/asterisk/voiplab_sip.conf", .kind = VL_FILE_WHOLE };
        const struct vl_fileset shared = { .files = &file, .count = 1 }, many = { .files = &large, .count = 1 };
        const struct vl_clash_scene scene = { .shared = &shared,
                                              .ours = &many,
                                              .flavor = vl_flavor_row(VL_FLAVOR_ASTERISK) };
        struct rusage before, after;

        vl_buf_puts(&text, "[7001]\n" SIP);
        for (int line = 0; line < 40000; line++)
            vl_buf_puts(&text, lines[i]);
        for (int account = 7001; account < 8000; account++)
            vl_buf_printf(&accounts, "[%d]\ntype=peer\nhost=dynamic\nqualify=yes\n", account);
        file.text = vl_buf_text(&text);
        large.text = vl_buf_text(&accounts);
        assert_int_equal(getrusage(RUSAGE_SELF, &before), 0);
        assert_non_null(strstr(vl_clash(&arena, &scene), "sip.conf:1: [7001] is in this file"));
        assert_int_equal(getrusage(RUSAGE_SELF, &after), 0);
        assert_in_range(after.ru_maxrss - before.ru_maxrss, 0, 256 << 10); /* KiB */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_cases), cmocka_unit_test(test_amplified) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
