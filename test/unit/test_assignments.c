/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files of assignments: what is read is what a shell has that sources them, and an edited file is one to it, too. */
#include "support.h"

#include <sys/wait.h>

#include "base/assignments.h"
#include "base/cleanup.h"

static const char *const texts[] = {
    "DEVICE=eth0\nONBOOT=yes\n",
    "DEVICE=\"eth0\"\nONBOOT='yes' # at once\n",
    "  DEVICE=eth0 ; ONBOOT=yes\n",
    "export DEVICE=eth\"0\"\nONBOOT=y'e's",
    "OPTS=\"-K eth0 gro off;\n -K eth0 tso off\"\nDEVICE=eth0\n",
    "TEAM='{\n  \"runner\": {\"name\": \"lacp\"}\n}'\nDEVICE=eth0\n",
    "# DEVICE=eth9 \"\nDEVICE=eth\\\n0\nONBOOT=ye\\s\n",
    "DEVICE=eth9\nDEVICE=eth0\n\n# the end\n",
    "OPTS=\"a \\\"DEVICE=x\\\" \\$b \\\\ c\"\nDEVICE=eth0\n",
    "DEVICE=\n",
    "DEVICE=eth0 # one\n\tONBOOT=no\n# BRIDGE=none\n",
};

/* What `sh` has in the variable after it sourced the text; "" when nothing. */
static char *by_shell(struct vl_arena *arena, const char *text, const char *key)
{
    char path[] = "/tmp/assignments.XXXXXX";
    int descriptor = mkstemp(path);
    FILE *pipe;
    char *value = vl_arena_zalloc(arena, 4096);

    assert_true(descriptor >= 0 && value);
    assert_int_equal(write(descriptor, text, strlen(text)), (ssize_t)strlen(text));
    close(descriptor);
    pipe = popen(vl_arena_printf(arena, "unset %s; . %s; printf %%s \"$%s\"", key, path, key), "r");
    assert_non_null(pipe);
    assert_true(fread(value, 1, 4095, pipe) < 4095);
    assert_int_equal(pclose(pipe), 0);
    unlink(path);
    return value;
}

static void check_value(struct vl_arena *arena, const char *text, const char *key)
{
    const char *value = vl_assignments_value(arena, text, key);

    if (strcmp(value ? value : "", by_shell(arena, text, key)) != 0)
        fail_msg("%s of\n%s is '%s' and not '%s'", key, text, value, by_shell(arena, text, key));
}

static void test_as_shell(void **state)
{
    static const char *const keys[] = { "DEVICE", "ONBOOT", "OPTS", "TEAM" };
    static const char *const none[] = { NULL };
    VL_ARENA_AUTO arena = { .blocks = NULL };

    (void)state;
    for (size_t i = 0; i < VL_COUNT(texts); i++) {
        assert_int_equal(vl_assignments_odd_line(&arena, texts[i], none), 0);
        for (size_t k = 0; k < VL_COUNT(keys); k++)
            check_value(&arena, texts[i], keys[k]);
    }
}

/* After an edit a shell has what was set, nothing of what was removed, and all else as before. */
static void test_edit(void **state)
{
    static const struct vl_key_change changes[] = {
        { "", "BRIDGE", "br0" },
        { "", "DEVICE", "eth0" },
        { "", "ONB*", NULL },
    };
    VL_ARENA_AUTO arena = { .blocks = NULL };

    (void)state;
    for (size_t i = 0; i < VL_COUNT(texts); i++) {
        const char *edited = vl_assignments_edit(&arena, texts[i], changes, VL_COUNT(changes));

        if (strcmp(by_shell(&arena, edited, "BRIDGE"), "br0") != 0)
            fail_msg("no bridge in\n%s", edited);
        assert_string_equal(by_shell(&arena, edited, "DEVICE"), "eth0");
        assert_string_equal(by_shell(&arena, edited, "ONBOOT"), "");
        assert_string_equal(by_shell(&arena, edited, "OPTS"), by_shell(&arena, texts[i], "OPTS"));
        assert_string_equal(by_shell(&arena, edited, "TEAM"), by_shell(&arena, texts[i], "TEAM"));
        assert_string_equal(vl_assignments_edit(&arena, edited, changes, VL_COUNT(changes)), edited);
    }
    assert_string_equal(vl_assignments_edit(&arena, texts[7], changes, 1),
                        "DEVICE=eth9\nDEVICE=eth0\nBRIDGE=br0\n\n# the end\n");
    assert_string_equal(vl_assignments_edit(&arena, texts[2], changes, VL_COUNT(changes)), "DEVICE=eth0\nBRIDGE=br0\n");
}

/* What only a shell can tell is known as that. */
static void test_odd(void **state)
{
    static const char *const patterns[] = { "DEV*", NULL };
    VL_ARENA_AUTO arena = { .blocks = NULL };

    (void)state;
    assert_int_equal(vl_assignments_odd_line(&arena, "A=1\n. /etc/other\n", patterns), 2);
    assert_int_equal(vl_assignments_odd_line(&arena, "A=1\n\nif true; then B=1; fi\n", patterns), 3);
    assert_int_equal(vl_assignments_odd_line(&arena, "A=\"1\n2\"\nDEVICE=$A\n", patterns), 3);
    assert_int_equal(vl_assignments_odd_line(&arena, "A=$B\nDEVICE='$A'\n", patterns), 0);
    assert_int_equal(vl_assignments_odd_line(&arena, "DEVICE=\"eth0\n", patterns), 1);
    assert_null(vl_assignments_value(&arena, "DEVICE=$(hostname)\n", "DEVICE"));
    assert_string_equal(
        vl_assignments_collect(&arena, "DNS1=1 DNS2='2\n3'\nA=4\n", (const char *const[]){ "DNS*", NULL }),
        "DNS1=1\nDNS2='2\n3'\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_as_shell),
        cmocka_unit_test(test_edit),
        cmocka_unit_test(test_odd),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
