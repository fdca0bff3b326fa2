/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "network/ask.h"

#include <fnmatch.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"
#include "base/process.h"
#include "base/text.h"
#include "network/backend.h"

enum { ASK_MS = 10000, FILE_LIMIT = 1 << 20, LINES = 32 };

struct asking {
    struct vl_arena *arena;
    const char *const *files;
    size_t count;
    const char **lines; /* LINES and a NULL at the end */
    size_t line_count;
};

static void tell(struct asking *asking, const char *line)
{
    if (asking->line_count < LINES)
        asking->lines[asking->line_count++] = line;
}

/* Returns 1 when the file is refused. A program that is too old for the question says so. */
static int judge(struct asking *asking, const struct vl_backend_question *question, const char *file,
                 const struct vl_process_result *result)
{
    const struct vl_backend_answer answer = { file, asking->files, asking->count,
                                              result->output ? result->output : "" };
    const char *errors = result->errors ? result->errors : "";
    const char *const *remarks;

    if (result->status != 0) {
        if (question->may_fail || (question->too_new && strstr(errors, question->too_new)))
            return 0;
        tell(asking, vl_arena_printf(asking->arena, "%s refuses %s: %s", question->argv[0], file,
                                     vl_text_quote(asking->arena, errors, VL_TEXT_QUOTED)));
        return 1;
    }
    for (remarks = question->remarks ? question->remarks(asking->arena, &answer) : NULL; remarks && *remarks; remarks++)
        tell(asking, *remarks);
    return 0;
}

static int ask(struct asking *asking, const struct vl_backend_question *question, const char *file)
{
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    VL_PROCESS_RESULT_AUTO result = { .status = -1 };
    VL_FREE char *text = NULL;
    struct vl_process_options options = { .timeout_ms = ASK_MS };
    const char *argv[VL_QUESTION_WORDS + 2] = { NULL };
    size_t count = 0;

    if (!question->subject && vl_file_read(file, FILE_LIMIT, &text, NULL, &ignored) < 0)
        return 0;
    options.input = text;
    for (; count < VL_QUESTION_WORDS && question->argv[count]; count++)
        argv[count] = question->argv[count];
    if (question->subject)
        argv[count] = question->subject(asking->arena, file);
    if (vl_process_run(argv, &options, &result, &ignored) < 0)
        return 0;
    return judge(asking, question, file, &result);
}

int vl_ask_owner(struct vl_arena *arena, const char *const *files, size_t count, const char *const **ret_lines)
{
    struct asking asking = { .arena = arena, .files = files, .count = count };
    int rc = 0;

    asking.lines = vl_arena_zalloc(arena, (LINES + 1) * sizeof(*asking.lines));
    *ret_lines = asking.lines;
    for (int backend = VL_BACKEND_AUTO + 1; asking.lines && backend < VL_BACKEND_COUNT; backend++) {
        const struct vl_backend_question *question = &vl_backend((enum vl_bridge_backend)backend)->rehearsal.of_files;

        if (!question->files || !vl_process_found(question->argv[0]))
            continue;
        for (size_t i = 0; i < count; i++)
            if (!fnmatch(question->files, files[i], 0) && ask(&asking, question, files[i]))
                rc = 1;
    }
    return rc;
}
