/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Our block in somebody else's file. The law: whatever the file holds, putting the block in and taking it out gives
 * back its bytes; and putting it in twice is putting it in once.
 */
#include "support.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "plan/block.h"

#define INCLUDE "#include voiplab_sip.conf\n"

static void check_law(const char *text, const char *block, char comment)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    const char *once = vl_block_put(&arena, text, block, comment);
    const char *back = vl_block_take_out(&arena, once, comment);

    assert_string_equal(vl_block_put(&arena, once, block, comment), once);
    assert_non_null(strstr(once, block));
    if (text) {
        assert_non_null(back);
        assert_string_equal(back, text);
    } else {
        assert_null(back);
    }
}

/* A block that changes in between leaves nothing behind either. */
static void check_change(const char *text, const char *block, const char *other, char comment)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    const char *first = vl_block_put(&arena, text, block, comment);
    const char *second = vl_block_put(&arena, first, other, comment);
    const char *back = vl_block_take_out(&arena, second, comment);

    assert_string_equal(second, vl_block_put(&arena, text, other, comment));
    assert_true(text ? back && !strcmp(back, text) : !back);
}

static void test_known(void **state)
{
    static const char *const texts[] = {
        NULL,
        "",
        "\n",
        "\n\n\n",
        "[general]",
        "[general]\n",
        "[general]\r\ncontext=default\r\n",
        "[general]\r\ncontext=default",
        "\r",
        "; voiplab: begin\n",
        "; voiplab: begin",
        "; voiplab: end\n",
        "; voiplab: end",
        "; voiplab: end\n; voiplab: begin\n",
        " ; voiplab: begin\n; voiplab: end\n",
        "; voiplab: begin \n; voiplab: end\n",
        ";voiplab: begin\n; voiplab: end\n",
        "; voiplab: begin, file made by voiplab\n",
        "; voiplab: begin, after a line without an end\n",
        "# voiplab: begin\n# voiplab: end\n",
    };

    (void)state;
    for (size_t i = 0; i < VL_COUNT(texts); i++) {
        check_law(texts[i], INCLUDE, ';');
        check_law(texts[i], "", ';');
        check_law(texts[i], "no line feed", ';');
        check_change(texts[i], INCLUDE, "a\nb\n", ';');
    }
}

static void test_form(void **state)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };

    (void)state;
    assert_string_equal(vl_block_put(&arena, "[general]\n", INCLUDE, ';'),
                        "[general]\n; voiplab: begin\n" INCLUDE "; voiplab: end\n");
    assert_string_equal(vl_block_put(&arena, "a", "b", '#'),
                        "a\n# voiplab: begin, after a line without an end\nb\n# voiplab: end\n");
    assert_string_equal(vl_block_put(&arena, NULL, INCLUDE, ';'),
                        "; voiplab: begin, file made by voiplab\n" INCLUDE "; voiplab: end\n");
    assert_string_equal(vl_block_take_out(&arena, "[general]\n", ';'), "[general]\n");
}

/* What the user adds around the block afterwards stays; a file that we made stays when something was added to it. */
static void test_user_edits(void **state)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    const char *made = vl_block_put(&arena, NULL, INCLUDE, ';'), *edited, *back;

    (void)state;
    edited = vl_arena_printf(&arena, "%s[7010]\ntype=friend\n", made);
    assert_string_equal(vl_block_take_out(&arena, edited, ';'), "[7010]\ntype=friend\n");
    edited = vl_arena_printf(&arena, "; mine\n%s; below\n", vl_block_put(&arena, "[general]\n", INCLUDE, ';'));
    back = vl_block_take_out(&arena, edited, ';');
    assert_string_equal(back, "; mine\n[general]\n; below\n");
    assert_string_equal(vl_block_put(&arena, edited, "x\n", ';'),
                        "; mine\n[general]\n; voiplab: begin\nx\n; voiplab: end\n; below\n");
}

/* What the user wrote below a joined block stays a line of its own. */
static void test_joined_block_above_lines(void **state)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    const char *edited = vl_arena_printf(&arena, "%s[7010]\n", vl_block_put(&arena, "context=default", INCLUDE, ';'));

    (void)state;
    assert_string_equal(vl_block_take_out(&arena, edited, ';'), "context=default\n[7010]\n");
}

/* The line before a joined block was removed by hand: what comes before the block is then not ours to cut. */
static void test_joined_block_first(void **state)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };

    (void)state;
    assert_string_equal(
        vl_block_take_out(&arena, "; voiplab: begin, after a line without an end\nx\n; voiplab: end\nrest\n", ';'),
        "rest\n");
}

/* A section counts when it begins before the place of the block and is no template. */
static void test_follows_section(void **state)
{
    static const struct {
        const char *text;
        bool follows;
    } rows[] = {
        { NULL, false },
        { "", false },
        { "[globals]\nA=1\n", true },
        { "; [globals]\n", false },
        { " \t[Globals] ; as it was\n[x]\n", true },
        { "[globals](+)\n", true },
        { "[globals](!)\n", false },
        { "[globals](!,base)\n", false },
        { "[globals", false },
        { "[global]\n[globalss]\n", false },
        { "[x]\n[globals]", true },
        { "; voiplab: begin\n[globals]\n" INCLUDE "; voiplab: end\n[globals]\n", false },
        { "[globals]\n; voiplab: begin\n" INCLUDE "; voiplab: end\n", true },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (vl_block_follows_section(rows[i].text, "globals", ';') != rows[i].follows)
            fail_msg("row %zu", i);
}

static void test_comment(void **state)
{
    (void)state;
    assert_int_equal(vl_block_comment("/etc/asterisk/sip.conf"), ';');
    assert_int_equal(vl_block_comment("/etc/sysctl.conf"), '#');
}

/* Texts put together from pieces that could confuse: markers whole and broken, line ends of every kind, noise. */
static char *random_text(struct generator *generator, char comment)
{
    static const char *const pieces[] = {
        "\n",
        "\r\n",
        "\r",
        " ",
        "[general]\n",
        "context=default",
        ";",
        "#",
        "; voiplab: begin",
        "; voiplab: end",
        "; voiplab: begin\n",
        "# voiplab: begin\n",
        "# voiplab: end\n",
        "; voiplab: begin, file made by voiplab\n",
        "; voiplab: begin, after a line without an end\n",
        "\t",
        "\x80\xff",
        "\n\n\n",
        " voiplab: end\n",
        "; voiplab: en\n",
        "; voiplab: begin,\n",
    };
    struct vl_buf buf = VL_BUF_INIT;
    size_t count = choose(generator, 12);

    (void)comment;
    for (size_t i = 0; i < count; i++)
        vl_buf_puts(&buf, pieces[choose(generator, VL_COUNT(pieces))]);
    return vl_buf_take(&buf);
}

/* A text with a whole block of ours in it is one that we have been at: the law is about the others. */
static bool has_block(const char *text, char comment)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    const char *without = vl_block_take_out(&arena, text, comment);

    return !without || strcmp(without, text) != 0;
}

static void test_random(void **state)
{
    struct generator generator = { .state = 19760312 };
    unsigned tried = 0;

    (void)state;
    for (int round = 0; round < 20000; round++) {
        char comment = choose(&generator, 2) ? ';' : '#';
        VL_FREE char *text = random_text(&generator, comment);

        if (has_block(text, comment))
            continue;
        check_law(text, INCLUDE, comment);
        check_change(text, INCLUDE, "other\n", comment);
        tried++;
    }
    assert_true(tried > 10000);
}

static void test_memory(void **state)
{
    VL_ARENA_AUTO arena = { .failed = true };

    (void)state;
    assert_string_equal(vl_block_put(&arena, "a\n", "b\n", ';'), "");
    assert_true(arena.failed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known),
        cmocka_unit_test(test_form),
        cmocka_unit_test(test_user_edits),
        cmocka_unit_test(test_joined_block_first),
        cmocka_unit_test(test_joined_block_above_lines),
        cmocka_unit_test(test_follows_section),
        cmocka_unit_test(test_comment),
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
