/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is told of the files of a PBX that are not as they were kept: without secrets, with every byte where JSON has no
 * room for it, and nothing of what was not seen but that.
 */
#include "support.h"

#include "base/cleanup.h"
#include "base/digest.h"
#include "base/json.h"
#include "base/text.h"
#include "request/changed.h"
#include "request/result.h"

#define A "/etc/asterisk/"

static struct vl_session session;
static struct voiplab_request request;
static struct vl_comparison comparison;
static bool unknown; /* none were kept */
static char *text, *json;

/* A file as it was kept and as it is; both may lack a path: it is not there. */
static void compare(struct vl_seen_file kept, struct vl_seen_file now)
{
    struct voiplab_result *result = vl_result_new();
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_BUF_AUTO told = VL_BUF_INIT;
    const struct vl_run run = { .session = &session, .request = &request, .result = result, .err = &err };

    free(text);
    free(json);
    kept.owner = now.owner = "root:root";
    comparison.kept.files = &kept;
    comparison.kept.count = kept.path != NULL;
    comparison.now.files = &now;
    comparison.now.count = now.path != NULL;
    comparison.known = !unknown;
    comparison.different = comparison.unseen = 0;
    vl_json_array(result->document, "files");
    assert_int_equal(vl_changed_tell(&run, "alfa", &comparison, &told), 0);
    json = vl_json_text(result->document, 0, &err);
    assert_non_null(json);
    text = vl_buf_take(&told);
    vl_json_free(result->document);
    vl_arena_free(&result->arena);
    vl_arena_free(&comparison.arena);
    free(result);
}

static struct vl_seen_file file(const char *path, const char *content)
{
    return (struct vl_seen_file){ .path = path, .kind = 'f', .text = content, .size = strlen(content) };
}

static const struct vl_seen_file none;

static void expect(const char *shown)
{
    if (strcmp(text ? text : "", shown) != 0)
        fail_msg("'%s' is told, not '%s'", text, shown);
}

/* JSON has the same, and nothing of what is hidden. */
static void expect_json(const char *has, const char *lacks)
{
    if (!strstr(json, has))
        fail_msg("there is no '%s' in %s", has, json);
    if (strstr(json, lacks))
        fail_msg("there is '%s' in %s", lacks, json);
}

static void test_secrets(void **state)
{
    static const char key[] =
        "-----BEGIN PRIVATE KEY-----\nAAAA\nBBBB\nCCCC\nDDDD\nEEEE\n%s\n-----END PRIVATE KEY-----\n";
    VL_ARENA_AUTO arena = { .blocks = NULL };

    (void)state;
    compare(file(A "sip.conf", "x=y\n"), file(A "sip.conf", "x=y\nsecret\t= hunter two\n"));
    expect("--- alfa" A "sip.conf\n+++ alfa" A "sip.conf\n@@ -1,1 +1,2 @@\n x=y\n+secret = ••••\n");
    expect_json("+secret\\t= ••••", "hunter");
    compare(file(A "a.key", vl_arena_printf(&arena, key, "FFFF")),
            file(A "a.key", vl_arena_printf(&arena, key, "GGGG")));
    expect("--- alfa" A "a.key\n+++ alfa" A "a.key\n@@ -4,5 +4,5 @@\n ••••\n ••••\n ••••\n-••••\n+••••\n "
           "-----END PRIVATE KEY-----\n");
    expect_json("\"change\": \"changed\"", "GGGG");
    compare(file(A "voicemail.conf", "[default]\nana=4711,Ana\n\n\n\n1=1\n"),
            file(A "voicemail.conf", "[default]\nana=4711,Ana\n\n\n\n1=4712,Eva\n"));
    expect_json("-1=••••\\n+1=••••,Eva", "4712");
    request.show_secrets = true;
    compare(none, file(A "sip.conf", "secret = hunter two\n"));
    request.show_secrets = false;
    expect("--- /dev/null\n+++ alfa" A "sip.conf\n@@ -0,0 +1,1 @@\n+secret = hunter two\n");
}

/* Base64 is what patch(1) gets of a file that is no UTF-8. */
static void test_bytes(void **state)
{
    static const char diff[] = "--- alfa" A "x\n+++ alfa" A "x\n@@ -1,1 +1,1 @@\n-; extensi\xf3n\n+; extensi\xf3n 2\n";
    VL_FREE char *base64 = vl_digest_base64(diff, strlen(diff));
    VL_ARENA_AUTO arena = { .blocks = NULL };

    (void)state;
    compare(file(A "x", "; extensi\xf3n\n"), file(A "x", "; extensi\xf3n 2\n"));
    expect_json(vl_arena_printf(&arena, "\"diff_base64\": \"%s\"", base64), "\"diff_base64\": null");
    assert_non_null(strstr(text, "+; extensi\\xf3n 2\n"));
    compare(file(A "x", "; extensi\xc3\xb3n\n"), file(A "x", "; extensi\xc3\xb3n 2\n"));
    expect_json("+; extensi\xc3\xb3n 2\\n\", \"diff_base64\": null", "\"diff_base64\": \"");
}

/* Behind a name with a blank in it patch(1) wants a tab, as diff(1) writes it. */
static void test_name(void **state)
{
    (void)state;
    compare(none, file(A "a b", "x\n"));
    expect_json("\"--- /dev/null\\n+++ alfa" A "a b\\t\\n@@ -0,0 +1,1 @@\\n+x\\n\"", "removed");
    compare(file(A "a b", "x\n"), none);
    expect_json("\"--- alfa" A "a b\\t\\n+++ /dev/null\\n@@ -1,1 +0,0 @@\\n-x\\n\"", "new");
}

/* What is not seen is neither changed nor gone nor new. */
static void test_unseen(void **state)
{
    static const struct {
        char kind;
        enum vl_seen_unread unread;
        const char *now, *kept;
    } rows[] = {
        { 'f', VL_SEEN_MUCH, "it is not read, since all", "it was not kept, since all" },
        { 'f', VL_SEEN_DENIED, "it cannot be read by", "it could not be read when" },
        { '?', VL_SEEN_HIDDEN, "whether it is there cannot", "it could not be seen when" },
        { 'd', VL_SEEN_DENIED, "this directory cannot be", "this directory could not be" },
    };

    (void)state;
    for (size_t i = 0; i < VL_COUNT(rows); i++) {
        struct vl_seen_file unseen = { .path = A "x", .kind = rows[i].kind, .unread = rows[i].unread, .size = 9 };

        compare(file(A "x", "abc"), unseen);
        assert_true(vl_text_starts(text, "alfa" A "x: not compared: ") && strstr(text, rows[i].now));
        expect_json("\"change\": \"unread\"", "@@");
        compare(unseen, file(A "x", "abc"));
        assert_true(vl_text_starts(text, "alfa" A "x: not compared: ") && strstr(text, rows[i].kept));
        assert_true(comparison.unseen == 1 && comparison.different == 0);
        compare(unseen, unseen);
        assert_non_null(strstr(text, rows[i].now));
        compare(none, unseen);
        assert_non_null(strstr(text, rows[i].now));
        assert_true(comparison.unseen == 1 && comparison.different == 0);
    }
    compare((struct vl_seen_file){ .path = A "x", .kind = 'f', .unread = VL_SEEN_LARGE, .size = 300000 },
            (struct vl_seen_file){ .path = A "x", .kind = 'f', .unread = VL_SEEN_LARGE, .size = 300001 });
    assert_non_null(strstr(text, "-(300000 bytes)\n+(300001 bytes)\n"));
    assert_true(comparison.unseen == 0 && comparison.different == 1);
}

/* Where nothing was kept only what the lab file has is looked at. */
static void test_unknown(void **state)
{
    struct vl_seen_file unseen = { .path = A "x", .kind = 'f', .unread = VL_SEEN_DENIED, .size = 9 };

    (void)state;
    unknown = true;
    comparison.now.bound = comparison.kept.bound = A "a";
    compare(unseen, unseen);
    expect("");
    comparison.now.bound = comparison.kept.bound = NULL;
    vl_plan_add(&comparison.plan, &(struct vl_step){ .kind = VL_STEP_FILE, .object = A "x", .after = "ours\n" });
    compare(unseen, unseen);
    expect("alfa" A "x: not compared: it cannot be read by this login\n");
    compare(file(A "x", "theirs\n"), file(A "x", "theirs\n"));
    assert_non_null(strstr(text, "-ours\n+theirs\n"));
    vl_plan_free(&comparison.plan);
    unknown = false;
}

/* Behind a limit nothing is new, and the limit is told. */
static void test_limits(void **state)
{
    (void)state;
    comparison.kept.bound = A "b/1999";
    compare(file(A "a", "a"), file(A "b/2000", "b"));
    assert_null(strstr(text, "b/2000\n"));
    assert_non_null(strstr(text, "\nalfa: it had more than 2000 files when they were kept: "));
    assert_true(comparison.unseen == 1 && comparison.different == 1); /* a is gone */
    expect_json("\"limit\": \"it had more than 2000 files", "b/2000");
    compare(none, file(A "b/1998", "b"));
    assert_non_null(strstr(text, "+++ alfa" A "b/1998\n"));
    comparison.kept.bound = NULL;
    comparison.now.bound = A "b/1999";
    compare(none, none);
    expect("alfa: it has more than 2000 files: of those that lie deeper than '/etc/asterisk/b/1999', or as deep and "
           "behind it, only the ones were looked at that were kept or that voiplab writes\n");
    comparison.now.bound = NULL;
    compare(none, none);
    expect("");
    expect_json("\"limit\": null", "more than");
    free(text);
    free(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_secrets), cmocka_unit_test(test_bytes),   cmocka_unit_test(test_name),
        cmocka_unit_test(test_unseen),  cmocka_unit_test(test_unknown), cmocka_unit_test(test_limits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
