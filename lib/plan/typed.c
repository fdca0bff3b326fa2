/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files, commands and what else happens on a host that is there. A file of the user's is never written anew by hand: it
 * keeps its owner and its mode, and what is put in is put in where it belongs.
 */
#include "plan/typed.h"

#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "lab/mask.h"
#include "plan/steps.h"

const char *vl_typed_text(const struct vl_typing *typing, const char *text)
{
    return typing->show_secrets ? text : vl_lab_mask(&typing->session->state, typing->arena, text);
}

const char *vl_typed_word(struct vl_arena *arena, const char *word)
{
    VL_BUF_AUTO buf = VL_BUF_INIT;

    vl_shell_word(&buf, word);
    arena->failed |= buf.failed;
    return vl_arena_strdup(arena, vl_buf_text(&buf));
}

static const char *path_word(const struct vl_typing *typing)
{
    const struct vl_step *step = typing->step;

    return vl_typed_word(typing->arena,
                         step->tree ? vl_arena_printf(typing->arena, "%s%s", step->tree, step->object) : step->object);
}

/* Whether who types this is root: on a PBX as the lab file logs in, on this host as we are. */
static bool is_root(const struct vl_typing *typing)
{
    const struct vl_pbx *pbx = typing->session->lab ? vl_lab_pbx(typing->session->lab, typing->step->target) : NULL;

    if (pbx && pbx->place != VL_PLACE_LOCAL)
        return !pbx->ssh_user || !strcmp(pbx->ssh_user, "root");
    return geteuid() == 0;
}

/* The lines that differ, between those at the beginning and at the end that stay. */
struct change {
    size_t first, last; /* numbers of the first line that is replaced, and of the first behind them; from 1 */
    const char *text;   /* what comes in their place */
    size_t length;
};

static size_t line_length(const char *text)
{
    size_t length = strcspn(text, "\n");

    return length + (text[length] == '\n');
}

static size_t count_lines(const char *text)
{
    size_t count = 0;

    for (; *text; text += line_length(text))
        count++;
    return count;
}

/* Whole lines at the end that two texts share, in bytes. */
static size_t common_end(const char *first, const char *second)
{
    size_t a = strlen(first), b = strlen(second), most = a < b ? a : b, same = 0, whole = 0;

    while (same < most && first[a - same - 1] == second[b - same - 1]) {
        same++;
        if (same == a || first[a - same - 1] == '\n')
            if (same == b || second[b - same - 1] == '\n')
                whole = same;
    }
    return whole;
}

static struct change find_change(const char *before, const char *after)
{
    struct change change = { .first = 1 };
    size_t end;

    while (*before && line_length(before) == line_length(after) && !strncmp(before, after, line_length(before))) {
        size_t length = line_length(before);

        change.first++;
        before += length;
        after += length;
    }
    end = common_end(before, after);
    change.last = change.first + count_lines(before) - count_lines(before + strlen(before) - end);
    change.text = after;
    change.length = strlen(after) - end;
    return change;
}

/* By `cat >`, which leaves owner and mode as they are. */
static void type_replacement(struct vl_typing *typing, const char *path)
{
    const struct vl_step *step = typing->step;
    struct change change = find_change(step->before, step->after);
    const char *text = vl_typed_text(typing, vl_arena_strndup(typing->arena, change.text, change.length));

    vl_buf_printf(&typing->type, "{ head -n %zu %s\n", change.first - 1, path);
    if (*text)
        vl_shell_input(&typing->type, "cat", text, NULL);
    vl_buf_printf(&typing->type, "tail -n +%zu %s; } >%s.new\ncat %s.new >%s\nrm %s.new\n", change.last, path, path,
                  path, path, path);
}

/* A file that is there, and has another text now. */
static void type_change(struct vl_typing *typing, const char *path)
{
    const struct vl_step *step = typing->step;
    const char *end = step->before[0] ? strrchr(step->before, '\n') : NULL;
    bool ends = !step->before[0] || (end && !end[1]);

    if (!strcmp(step->before, step->after))
        return;
    if (vl_text_starts(step->after, step->before) && (ends || step->after[strlen(step->before)] == '\n'))
        vl_shell_input(&typing->type, vl_arena_printf(typing->arena, "cat >>%s", path),
                       vl_typed_text(typing, step->after + strlen(step->before)), NULL);
    else
        type_replacement(typing, path);
}

/* The size tells a slip of the hand; with secrets left out there is no telling it. */
static void see_file(struct vl_typing *typing, const char *path, bool whose, const char *group)
{
    const struct vl_step *step = typing->step;
    bool sized = !strcmp(vl_typed_text(typing, step->after), step->after);

    vl_buf_printf(&typing->see, "stat -c '%s%%a%s' %s",
                  whose   ? "%U:%G "
                  : group ? "%G "
                          : "",
                  sized ? " %s" : "", path);
    if (whose || group)
        vl_buf_printf(&typing->seen, "%s%s ", whose ? "root:" : "", group);
    vl_buf_printf(&typing->seen, "%o", step->mode);
    if (sized)
        vl_buf_printf(&typing->seen, " %zu", strlen(step->after));
    vl_buf_putc(&typing->seen, '\n');
}

/* What a file of the user's holds on a machine that is not there yet is not known: most likely there is one. */
static void type_joining(struct vl_typing *typing, const char *path, const char *install)
{
    const char *text = vl_typed_text(typing, typing->step->joins);

    vl_buf_printf(&typing->type, "test -e %s || %s/dev/null %s\n", path, install, path);
    vl_buf_printf(&typing->type, "test -z \"$(tail -c 1 %s)\" || echo >>%s\n", path, path);
    vl_shell_input(&typing->type, vl_arena_printf(typing->arena, "cat >>%s", path), text, NULL);
    vl_buf_printf(&typing->see, "tail -n %zu %s", count_lines(text), path);
    vl_buf_puts(&typing->seen, text);
}

void vl_type_file(struct vl_typing *typing)
{
    const struct vl_step *step = typing->step;
    const char *path = path_word(typing), *group = step->group ? step->group : "root";
    bool root = is_root(typing);

    if (!step->before) {
        const char *install =
            vl_arena_printf(typing->arena, "install %s-m %04o ",
                            root ? vl_arena_printf(typing->arena, "-o root -g %s ", group) : "", step->mode);

        if (step->joins) {
            type_joining(typing, path, install);
            return;
        }
        vl_shell_input(&typing->type, vl_arena_printf(typing->arena, "%s/dev/stdin %s", install, path),
                       vl_typed_text(typing, step->after), NULL);
        see_file(typing, path, root, group);
        return;
    }
    type_change(typing, path);
    if (step->group && root)
        vl_buf_printf(&typing->type, "chgrp %s %s\n", step->group, path);
    if (step->mode != step->mode_before)
        vl_buf_printf(&typing->type, "chmod %04o %s\n", step->mode, path);
    see_file(typing, path, false, root ? step->group : NULL);
}

void vl_type_remove(struct vl_typing *typing)
{
    const char *path = path_word(typing);

    vl_buf_printf(&typing->type, "rm %s\n", path);
    vl_buf_printf(&typing->see, "test -e %s || echo gone", path);
    vl_buf_puts(&typing->seen, "gone\n");
}

/* That it ended well is all that is known of a command. */
static void see_status(struct vl_typing *typing)
{
    vl_buf_puts(&typing->see, "echo $?");
    vl_buf_puts(&typing->seen, "0\n");
}

void vl_type_command(struct vl_typing *typing)
{
    const char *directory = typing->step->source, *line;
    VL_BUF_AUTO words = VL_BUF_INIT;

    vl_shell_words(&words, typing->step->argv);
    line = vl_typed_text(typing, vl_buf_text(&words));
    if (directory)
        vl_buf_printf(&typing->type, "(cd %s && %s)\n", vl_typed_word(typing->arena, directory), line);
    else
        vl_buf_printf(&typing->type, "%s\n", line);
    typing->type.failed |= words.failed;
    see_status(typing);
}

void vl_type_sql(struct vl_typing *typing)
{
    VL_BUF_AUTO words = VL_BUF_INIT;

    vl_shell_words(&words, typing->step->argv);
    vl_shell_input(&typing->type, vl_buf_text(&words), vl_typed_text(typing, typing->step->input), NULL);
    typing->type.failed |= words.failed;
    see_status(typing);
}

/* Parents that are not there get the mode as well. */
void vl_type_directory(struct vl_typing *typing)
{
    const char *path = path_word(typing);

    vl_buf_printf(&typing->type, "(umask %03o; mkdir -p %s)\n", ~typing->step->mode & 0777U, path);
    vl_buf_printf(&typing->see, "stat -c '%%F %%a' %s", path);
    vl_buf_printf(&typing->seen, "directory %o\n", typing->step->mode);
}

/* Unlike what is masked in a file of settings, nothing of a private key may be seen. */
void vl_type_key(struct vl_typing *typing)
{
    const struct vl_step *step = typing->step;
    const char *path = path_word(typing),
               *public_path = vl_typed_word(typing->arena, vl_arena_printf(typing->arena, "%s.pub", step->object)),
               *install = vl_arena_printf(typing->arena, "install -m %04o /dev/stdin ", step->mode);

    vl_shell_input(&typing->type, vl_arena_printf(typing->arena, "%s%s", install, path),
                   typing->show_secrets ? step->input : "••••\n", NULL);
    vl_shell_input(&typing->type, vl_arena_printf(typing->arena, "%s%s", install, public_path), step->after, NULL);
    if (!typing->show_secrets)
        return;
    vl_buf_printf(&typing->see, "ssh-keygen -y -f %s | diff - %s && echo a pair", path, public_path);
    vl_buf_puts(&typing->seen, "a pair\n");
}

void vl_type_look(struct vl_typing *typing)
{
    if (typing->step->input)
        vl_buf_puts(&typing->type, typing->step->input);
}

void vl_type_switch(struct vl_typing *typing)
{
    vl_buf_puts(&typing->type, typing->step->after);
    see_status(typing);
}

void vl_type_step(struct vl_typing *typing)
{
    const struct vl_step *step = typing->step;

    vl_step_kind(step)->type(typing);
    if (step->see) {
        vl_buf_reset(&typing->see);
        vl_buf_reset(&typing->seen);
        vl_buf_puts(&typing->see, step->see);
        vl_buf_printf(&typing->seen, "%s\n", step->seen);
    }
    typing->arena->failed |= typing->type.failed || typing->see.failed || typing->seen.failed;
}

void vl_typing_free(struct vl_typing *typing)
{
    vl_buf_free(&typing->type);
    vl_buf_free(&typing->see);
    vl_buf_free(&typing->seen);
}
