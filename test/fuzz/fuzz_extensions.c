/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An extensions.conf of any bytes, and a number looked up in it. The input up to the first NUL byte is the file, the
 * rest the number; without a NUL the first extension's own name is looked up. The index must find what a look at every
 * extension finds, in the same order.
 */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "dialplan/index.h"
#include "dialplan/pattern.h"
#include "trace/show.h"

#include "fuzz.h"

enum { CONTEXTS_MOST = 3, READS_MOST = 4 };

/* The file as it includes itself; a few times, so that the time goes to other files and not to the same one again. */
struct same {
    const char *text;
    unsigned reads;
};

/* A reader that answers to every name with "same" in it. */
static int read_same(void *context, const char *path, struct vl_arena *arena, const char **ret_text,
                     struct vl_error *err)
{
    struct same *same = context;

    if (!strstr(path, "same") || same->reads++ >= READS_MOST)
        return vl_fail(err, VL_ERROR_NOTFOUND, "'%s' is not there", path);
    *ret_text = vl_arena_strndup(arena, same->text, strnlen(same->text, 200));
    return 0;
}

static void check_index(const struct vl_context *context, const char *number)
{
    VL_MATCHES_AUTO matches = { .count = 0 };
    size_t next = 0;

    vl_index_find(context, number, &matches);
    FUZZ_CHECK(!matches.failed);
    for (size_t i = 0; i < context->extension_count; i++) {
        const struct vl_extension *extension = context->extensions[i];

        FUZZ_CHECK(i == 0 || vl_extension_compare(context->extensions[i - 1], extension) < 0);
        FUZZ_CHECK(extension->rank == i && extension->priority_count > 0);
        if (vl_pattern_matches(extension->pattern, number))
            FUZZ_CHECK(next < matches.count && matches.ranks[next++] == i);
    }
    FUZZ_CHECK(next == matches.count);
}

static void check_show(const struct vl_dialplan *plan, const char *context, const char *number)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_BUF_AUTO out = VL_BUF_INIT;
    VL_JSON_AUTO *json = vl_json_new();
    VL_FREE char *text = NULL;
    struct vl_query query = { .number = number, .context = context, .priority = 1, .callerid = "100" };
    struct vl_show show;

    FUZZ_CHECK(vl_show(plan, &query, NULL, &arena, &show, &err) == 0);
    FUZZ_CHECK(!show.search.match || show.search.step);
    vl_show_text(&out, &arena, &show, true);
    for (const char *p = vl_buf_text(&out); *p; p++)
        FUZZ_CHECK((unsigned char)*p >= ' ' || *p == '\n');
    vl_show_dot(&out, plan, &show);
    vl_json_object(json, NULL);
    vl_show_json(json, &show);
    text = vl_json_text(json, 0, &err);
    FUZZ_CHECK(text && !out.failed && !arena.failed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_FREE char *text = strndup((const char *)data, size);
    size_t length = text ? strlen(text) : size;
    VL_FREE char *number = length < size ? strndup((const char *)data + length + 1, size - length - 1) : NULL;
    struct same same = { .text = text };
    struct vl_conf_reader reader = { .read = read_same, .context = &same };
    VL_DIALPLAN_AUTO *plan = NULL;

    if (!text)
        return 0;
    plan = vl_dialplan_parse("extensions.conf", text, &reader, &err);
    FUZZ_CHECK(plan);
    for (size_t i = 0; i < plan->context_count && i < CONTEXTS_MOST; i++) {
        const struct vl_context *context = plan->contexts[i];
        const char *wanted = number ? number : context->extension_count ? context->extensions[0]->name : "s";

        check_index(context, wanted);
        check_show(plan, context->name, wanted);
    }
    return 0;
}
