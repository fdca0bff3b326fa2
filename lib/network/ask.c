/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "network/ask.h"

#include <fnmatch.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"
#include "base/process.h"
#include "base/text.h"

enum { ASK_MS = 10000, FILE_LIMIT = 1 << 20, WORDS = 5, LINES = 32 };

struct question {
    struct vl_arena *arena;
    const char *const *files;
    size_t count;
    const char **lines; /* LINES and a NULL at the end */
    size_t line_count;
};

static void tell(struct question *question, const char *line)
{
    if (question->line_count < LINES)
        question->lines[question->line_count++] = line;
}

static bool is_new(const struct question *question, const char *path)
{
    for (size_t i = 0; i < question->count; i++)
        if (!strcmp(question->files[i], path))
            return true;
    return false;
}

/* A keyfile that NetworkManager would not load. One that does not know the option says so. */
static int judge_status(struct question *question, const char *file, const struct vl_process_result *result)
{
    const char *errors = result->errors ? result->errors : "";

    if (result->status == 0 || strstr(errors, "--offline"))
        return 0;
    tell(question, vl_arena_printf(question->arena, "nmcli refuses %s: %s", file,
                                   vl_text_quote(question->arena, errors, VL_TEXT_QUOTED)));
    return 1;
}

/* Before each file that is read its path stands as a comment. What netplan makes of its files belongs to them. */
static int judge_config(struct question *question, const char *file, const struct vl_process_result *result)
{
    const char *const *lines = vl_text_split(question->arena, result->output ? result->output : "", "\n");

    for (; result->status == 0 && lines && *lines; lines++) {
        const char *path = vl_text_starts(*lines, "# /") ? *lines + 2 : NULL;

        if (path && !is_new(question, path) && !vl_text_starts(path, "/run/systemd/network/10-netplan-"))
            tell(question, vl_arena_printf(question->arena, "systemd-analyze reads %s with %s", path, file));
    }
    return 0;
}

/* The name under which systemd's configuration is known, of a file of it or of a drop-in. */
static const char *config_of(struct vl_arena *arena, const char *file)
{
    const char *name = file + strlen("/etc/"), *folder = strstr(name, ".d/");

    return folder ? vl_arena_strndup(arena, name, (size_t)(folder - name)) : name;
}

static const struct row {
    const char *files; /* pattern of fnmatch(3) */
    const char *argv[WORDS];
    bool reads; /* the file comes on its standard input; else its configuration's name is the last word */
    int (*judge)(struct question *question, const char *file, const struct vl_process_result *result);
} rows[] = {
    { "/etc/NetworkManager/system-connections/*",
      { "nmcli", "--offline", "connection", "modify" },
      true,
      judge_status },
    { "/etc/systemd/network/*", { "systemd-analyze", "--no-pager", "cat-config" }, false, judge_config },
};

static int ask(struct question *question, const struct row *row, const char *file)
{
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    VL_PROCESS_RESULT_AUTO result = { .status = -1 };
    VL_FREE char *text = NULL;
    struct vl_process_options options = { .timeout_ms = ASK_MS };
    const char *argv[WORDS + 1] = { NULL };
    size_t count = 0;

    if (row->reads && vl_file_read(file, FILE_LIMIT, &text, NULL, &ignored) < 0)
        return 0;
    options.input = text;
    for (; count < WORDS && row->argv[count]; count++)
        argv[count] = row->argv[count];
    if (!row->reads)
        argv[count] = config_of(question->arena, file);
    if (vl_process_run(argv, &options, &result, &ignored) < 0)
        return 0;
    return row->judge(question, file, &result);
}

int vl_ask_owner(struct vl_arena *arena, const char *const *files, size_t count, const char *const **ret_lines)
{
    struct question question = { .arena = arena, .files = files, .count = count };
    int rc = 0;

    question.lines = vl_arena_zalloc(arena, (LINES + 1) * sizeof(*question.lines));
    *ret_lines = question.lines;
    for (size_t i = 0; question.lines && i < VL_COUNT(rows); i++)
        for (size_t k = 0; k < count && vl_process_found(rows[i].argv[0]); k++)
            if (!fnmatch(rows[i].files, files[k], 0) && ask(&question, &rows[i], files[k]))
                rc = 1;
    return rc;
}
