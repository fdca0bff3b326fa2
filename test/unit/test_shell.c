/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is written for a person to type: a real shell makes of it the bytes that went in, whatever they are; and texts
 * that are the same but for some values.
 */
#include "support.h"

#include "base/cleanup.h"
#include "base/process.h"
#include "base/shell.h"
#include "base/text.h"
#include "machine/ssh_private.h"
#include "plan/same.h"

static const char *const shells[] = { "sh", "bash" };

/* What a shell prints that is given these commands on its standard input. */
static char *run(const char *shell, const char *commands)
{
    const char *const argv[] = { shell, NULL };
    VL_ERROR_AUTO error = { .code = VL_OK };
    char *output = NULL;

    if (vl_process_check(argv, &(struct vl_process_options){ .input = commands }, &output, &error) < 0)
        fail_msg("%s cannot run what was written:\n%s\n%s", shell, commands, vl_error_text(&error));
    return output;
}

static void gives_back_word(const char *word)
{
    VL_BUF_AUTO line = VL_BUF_INIT;

    vl_buf_puts(&line, "printf %s ");
    vl_shell_word(&line, word);
    vl_buf_putc(&line, '\n');
    for (size_t i = 0; i < VL_COUNT(shells); i++) {
        VL_FREE char *output = run(shells[i], vl_buf_text(&line));

        if (strcmp(output, word) != 0)
            fail_msg("%s: the word '%s' became '%s' by %s", shells[i], word, output, vl_buf_text(&line));
    }
}

static void gives_back_text(const char *text)
{
    VL_BUF_AUTO line = VL_BUF_INIT;

    vl_shell_input(&line, "cat", text, NULL);
    for (const char *at = vl_buf_text(&line); *at; at++)
        if ((unsigned char)*at < ' ' && *at != '\n' && *at != '\t')
            fail_msg("what is to be typed has the control character %d", *at);
    for (size_t i = 0; i < VL_COUNT(shells); i++) {
        VL_FREE char *output = run(shells[i], vl_buf_text(&line));

        if (strcmp(output, text) != 0)
            fail_msg("%s: the text '%s' became '%s' by %s", shells[i], text, output, vl_buf_text(&line));
    }
}

static const char *const nasty[] = {
    "plain",
    "two words",
    "it's",
    "'",
    "''",
    "\"$HOME\" `id` $(id) \\ \\\\ \\n",
    "-n",
    "-",
    "--",
    "~",
    "*",
    "%s %d %%",
    "a\nb\n",
    "\n",
    "\n\n",
    "EOF",
    "EOF\n",
    "a\nEOF\nEOF2\nb\n",
    "EOF \n EOF\n",
    "\t tab\n",
    "cr\r\n",
    "\033[31mred\033[0m\n",
    "\001\002\177",
    "bell\a and more",
    "Extensi\303\263n de Quito\n",
    "\303",            /* UTF-8 that is cut */
    "\300\257\n",      /* too long a form of '/' */
    "\355\240\200\n",  /* half of a surrogate */
    "\342\200\256x\n", /* right to left */
    "\302\233J\n",     /* a control of ISO 8859 */
    "\360\237\223\236\n",
    "no line feed at the end",
    "${EXTEN:1}\nsame => n,Set(x=$[${A} + 1])\n",
    "!history! #comment ;x &y |z <a >b (c) {d} [e] ?f ^g =h",
};

static void test_words(void **state)
{
    (void)state;
    for (size_t i = 0; i < VL_COUNT(nasty); i++)
        gives_back_word(nasty[i]);
}

static void test_texts(void **state)
{
    (void)state;
    for (size_t i = 0; i < VL_COUNT(nasty); i++)
        gives_back_text(nasty[i]);
}

/* Bytes as they come, those that mean something to a shell more often than others. */
static void test_any_bytes(void **state)
{
    static const char meaning[] = "'\"\\$`\nEOF\n-%!#\r\033\200\303\263 \t";
    struct generator generator = { .state = 20 };

    (void)state;
    for (int round = 0; round < 150; round++) {
        char text[40];
        size_t length = generate(&generator) % (sizeof(text) - 1);

        for (size_t i = 0; i < length; i++)
            text[i] = generate(&generator) % 2 ? meaning[generate(&generator) % (sizeof(meaning) - 1)]
                                               : (char)(1 + generate(&generator) % 255);
        text[length] = '\0';
        gives_back_word(text);
        gives_back_text(text);
    }
}

/* What the shell puts in stands where it belongs, and what looks like it and is none stays. */
static void test_parts(void **state)
{
    static const struct vl_shell_part parts[] = { { .text = "KEY", .command = "printf '%s' 'a key' | tr a-k A-K" },
                                                  { .text = NULL } };
    VL_BUF_AUTO line = VL_BUF_INIT;

    (void)state;
    vl_shell_input(&line, "cat", "x=${KEY} \\ `id` $(id) \"KEY\"\nEOF\n", parts);
    for (size_t i = 0; i < VL_COUNT(shells); i++) {
        VL_FREE char *output = run(shells[i], vl_buf_text(&line));

        assert_string_equal(output, "x=${A KEy} \\ `id` $(id) \"A KEy\"\nEOF\n");
    }
}

static void test_fences(void **state)
{
    static const struct {
        const char *text, *fenced;
    } rows[] = {
        { "x\n", "```sh\nx\n```\n" },
        { "a `b` c\n", "```sh\na `b` c\n```\n" },
        { "```\n", "````sh\n```\n````\n" },
        { "a`````b\n", "``````sh\na`````b\n``````\n" },
    };

    (void)state;
    for (size_t i = 0; i < VL_COUNT(rows); i++) {
        VL_BUF_AUTO buf = VL_BUF_INIT;

        vl_shell_fence(&buf, "sh", rows[i].text);
        assert_string_equal(vl_buf_text(&buf), rows[i].fenced);
    }
}

/* One text for three, and back: each value put in its place gives each text. */
static void test_same(void **state)
{
    static const struct vl_pbx alfa = { .name = "alfa", .address = 0x0a4d070b, .prefix = "1", .account = "7001" };
    static const struct vl_pbx beta = { .name = "beta", .address = 0x0a4d070c, .prefix = "2", .account = "7002" };
    static const struct vl_pbx *const pbxs[] = { &alfa, &beta };
    static const struct {
        const char *texts[2], *text;
    } rows[] = {
        { { "the same\n", "the same\n" }, "the same\n" },
        { { "on alfa.\n", "on beta.\n" }, "on {{name}}.\n" },
        { { "lab-alfa.qcow2", "lab-beta.qcow2" }, "lab-{{name}}.qcow2" },
        { { "10.77.7.11:5060", "10.77.7.12:5060" }, "{{address}}:5060" },
        { { "_1XXX", "_2XXX" }, "_{{prefix}}XXX" },
        { { "size 3121", "size 3122" }, "size {{1}}" },
        { { "7001:Abc@10.77.7.10/7001", "7002:Def@10.77.7.10/7002" }, "{{account}}:{{2}}@10.77.7.10/{{account}}" },
        { { "52:54:00:aa:bb:cc", "52:54:00:dd:ee:ff" }, "{{1}}" },
        { { "a b", "a" }, NULL },
        { { "a b", "a  b" }, NULL },
        { { "a\nb\n", "a\n" }, NULL },
        { { "a {{b}}", "a {{b}}" }, NULL },
    };

    (void)state;
    for (size_t i = 0; i < VL_COUNT(rows); i++) {
        VL_ARENA_AUTO arena = { .blocks = NULL };
        struct vl_same same = { .arena = &arena, .rows = 2, .pbxs = pbxs };
        const char *text = vl_same_text(&same, rows[i].texts);

        if (!text != !rows[i].text || (text && strcmp(text, rows[i].text) != 0))
            fail_msg("'%s' and '%s' became '%s', not '%s'", rows[i].texts[0], rows[i].texts[1], text ? text : "(none)",
                     rows[i].text ? rows[i].text : "(none)");
    }
}

/* So many words differ that each is better read by itself; a text that is given up leaves no value behind. */
static void test_too_different(void **state)
{
    static const struct vl_pbx alfa = { .name = "alfa" }, beta = { .name = "beta" };
    static const struct vl_pbx *const pbxs[] = { &alfa, &beta };
    VL_ARENA_AUTO arena = { .blocks = NULL };
    struct vl_same same = { .arena = &arena, .rows = 2, .pbxs = pbxs };
    VL_BUF_AUTO first = VL_BUF_INIT;
    VL_BUF_AUTO second = VL_BUF_INIT;

    (void)state;
    for (int i = 0; i < 30; i++) {
        vl_buf_printf(&first, "a%d ", i);
        vl_buf_printf(&second, "b%d ", i);
    }
    assert_null(vl_same_text(&same, (const char *const[]){ vl_buf_text(&first), vl_buf_text(&second) }));
    assert_int_equal(same.count, 0);
    assert_string_equal(vl_same_text(&same, (const char *const[]){ "x alfa", "x beta" }), "x {{name}}");
}

static int zero(void *bytes, size_t length)
{
    memset(bytes, 7, length);
    return 0;
}

/* ssh-keygen takes the key that was made for its own, and says that its public half is the other text. */
static void test_key(void **state)
{
    VL_ERROR_AUTO error = { .code = VL_OK };
    VL_BUF_AUTO private_text = VL_BUF_INIT;
    VL_BUF_AUTO public_text = VL_BUF_INIT;
    VL_BUF_AUTO line = VL_BUF_INIT;
    VL_FREE char *output = NULL;

    (void)state;
    if (!vl_process_found("ssh-keygen"))
        skip();
    assert_int_equal(vl_ssh_private_make(zero, "voiplab lab some key", &private_text, &public_text, &error), 0);
    vl_buf_puts(&line, "umask 077\nf=$(mktemp)\n");
    vl_shell_input(&line, "cat >$f", vl_buf_text(&private_text), NULL);
    vl_buf_puts(&line, "ssh-keygen -y -f $f\nrm $f\n");
    output = run("sh", vl_buf_text(&line));
    assert_string_equal(output, vl_buf_text(&public_text));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),         cmocka_unit_test(test_texts),  cmocka_unit_test(test_any_bytes),
        cmocka_unit_test(test_parts),         cmocka_unit_test(test_fences), cmocka_unit_test(test_same),
        cmocka_unit_test(test_too_different), cmocka_unit_test(test_key),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
