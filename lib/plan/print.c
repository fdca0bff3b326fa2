/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/print.h"

#include <string.h>

#include "base/text.h"
#include "lab/mask.h"
#include "plan/diff.h"
#include "plan/steps.h"

/* True when the file has its text and its mode already: then it is its group that changes. */
static bool changes_group_only(const struct vl_step *step)
{
    return step->group && step->before && !strcmp(step->before, step->after) && step->mode == step->mode_before;
}

char *vl_step_title(struct vl_arena *arena, const struct vl_step *step)
{
    if (step->restarts)
        return vl_arena_printf(arena, "restart Asterisk (a module did not come up; %s)", step->object);
    if (step->kind == VL_STEP_FILE && changes_group_only(step))
        return vl_arena_printf(arena, "%s %s (the same, for the group %s)", vl_step_kind(step)->verb, step->object,
                               step->group);
    if (step->kind == VL_STEP_FILE)
        return vl_arena_printf(arena, "%s %s (%s, mode %04o)", vl_step_kind(step)->verb, step->object,
                               step->before ? "changed" : "new", step->mode);
    if (step->kind == VL_STEP_UPLOAD)
        return vl_arena_printf(arena, "%s %s (from %s)", vl_step_kind(step)->verb, step->object, step->source);
    if (step->kind == VL_STEP_IMAGE && step->source)
        return vl_arena_printf(arena, "fetch image %s (from %s into %s)", step->object, step->source, step->after);
    if (step->kind == VL_STEP_IMAGE || step->kind == VL_STEP_KEEP || step->kind == VL_STEP_CAPTURE)
        return vl_arena_printf(arena, "%s %s (into %s)", vl_step_kind(step)->verb, step->object, step->after);
    if (step->note)
        return vl_arena_printf(arena, "%s %s (%s)", vl_step_kind(step)->verb, step->object, step->note);
    return vl_arena_printf(arena, "%s %s", vl_step_kind(step)->verb, step->object);
}

static void add_command(struct vl_buf *buf, const char *const *argv)
{
    vl_shell_words(buf, argv);
    vl_buf_putc(buf, '\n');
}

/* The seed's files by name and size: some hold private keys. */
static void add_file_names(struct vl_buf *buf, const struct vl_fileset *files)
{
    for (size_t i = 0; i < files->count; i++)
        vl_buf_printf(buf, "%s (%zu byte%s)\n", files->files[i].path, strlen(files->files[i].text),
                      vl_plural(strlen(files->files[i].text)));
}

static void add_content(struct vl_buf *buf, const struct vl_step *step)
{
    switch (vl_step_kind(step)->show) {
    case VL_SHOW_DIFF:
        vl_diff(buf, step->before, step->after);
        break;
    case VL_SHOW_COMMAND:
        add_command(buf, step->argv);
        break;
    case VL_SHOW_AFTER:
        vl_buf_puts(buf, step->after);
        if (*step->after && step->after[strlen(step->after) - 1] != '\n')
            vl_buf_putc(buf, '\n');
        break;
    case VL_SHOW_FILES:
        add_file_names(buf, step->files);
        break;
    case VL_SHOW_NOTHING:
        break;
    }
}

/* The content with secrets masked and, since it may come from a guest, made safe for a terminal. */
static const char *content(const struct vl_session *session, struct vl_arena *arena, const struct vl_step *step,
                           bool show_secrets)
{
    VL_BUF_AUTO buf = VL_BUF_INIT;
    const char *text;

    add_content(&buf, step);
    if (buf.failed)
        arena->failed = true;
    text = vl_text_visible(arena, vl_buf_text(&buf));
    return show_secrets ? text
                        : vl_lab_mask_file(&session->state, arena,
                                           vl_step_kind(step)->show == VL_SHOW_DIFF ? step->object : NULL, text);
}

static void add_indented(struct vl_buf *buf, const char *text)
{
    while (*text) {
        size_t length = strcspn(text, "\n");

        vl_buf_puts(buf, "    ");
        vl_buf_add(buf, text, length);
        vl_buf_putc(buf, '\n');
        text += length + (text[length] == '\n');
    }
}

static size_t count_targets(const struct vl_plan *plan)
{
    size_t count = 0;

    for (size_t i = 0; i < plan->count; i++) {
        bool seen = false;

        for (size_t j = 0; j < i && !seen; j++)
            seen = !strcmp(plan->steps[i].target, plan->steps[j].target);
        count += !seen;
    }
    return count;
}

void vl_plan_print(const struct vl_session *session, const struct vl_plan *plan, bool show_secrets, struct vl_buf *buf)
{
    size_t targets = count_targets(plan);

    for (size_t i = 0; i < plan->count; i++) {
        const struct vl_step *step = &plan->steps[i];
        VL_ARENA_AUTO arena = { .blocks = NULL };

        vl_buf_printf(buf, "%s: %s%s\n", step->target, vl_step_title(&arena, step),
                      step->fresh_target && step->kind == VL_STEP_FILE && !step->before
                          ? ", as if nothing were there: this PBX does not answer yet"
                          : "");
        add_indented(buf, content(session, &arena, step, show_secrets));
        buf->failed |= arena.failed;
    }
    if (plan->count)
        vl_buf_printf(buf, "plan: %zu step%s on %zu target%s\n", plan->count, vl_plural(plan->count), targets,
                      vl_plural(targets));
    else
        vl_buf_puts(buf, "nothing to do\n");
}

void vl_plan_json(const struct vl_session *session, const struct vl_plan *plan, bool show_secrets, struct vl_json *json,
                  const char *key)
{
    vl_json_array(json, key);
    for (size_t i = 0; i < plan->count; i++) {
        const struct vl_step *step = &plan->steps[i];
        VL_ARENA_AUTO arena = { .blocks = NULL };

        if (step->kind == VL_STEP_LOOK)
            continue;
        vl_json_object(json, NULL);
        vl_json_string(json, "target", step->target);
        vl_json_string(json, "action", vl_step_kind(step)->verb);
        vl_json_string(json, "object", step->object);
        vl_json_string(json, "why", step->why);
        vl_json_bool(json, "new", !step->before);
        vl_json_string(json, "change", content(session, &arena, step, show_secrets));
        vl_json_end(json);
    }
    vl_json_end(json);
}
