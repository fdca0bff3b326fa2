/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/ahead.h"

#include <stdint.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/list.h"
#include "base/memory.h"
#include "machine/lines.h"

/* The letter that the guest gives a path. */
static const struct letter {
    char letter;
    enum vl_path_kind kind;
    bool there;    /* it has a line of its own: mode, owner, group, size */
    bool readable; /* its content follows, when it is not too long */
} letters[] = {
    { 'n', VL_PATH_NONE, false, false },     { 'f', VL_PATH_FILE, true, true },   { 'u', VL_PATH_FILE, true, false },
    { 'd', VL_PATH_DIRECTORY, true, false }, { 'o', VL_PATH_OTHER, true, false }, { 'L', VL_PATH_LINK, true, true },
    { 'M', VL_PATH_LINK, true, false },      { 'X', VL_PATH_LINK, false, false }, { 's', VL_PATH_NONE, false, false },
};

static const struct letter *find_letter(char c)
{
    for (size_t i = 0; i < VL_COUNT(letters); i++)
        if (letters[i].letter == c)
            return &letters[i];
    return NULL;
}

/* What was said of a path while its answer is taken apart. */
struct said {
    const struct letter *letter;
    unsigned long numbers[5]; /* mode, owner, group, size, time of change */
    bool content;
};

static const int bases[5] = { 8, 10, 10, 10, 10 };

static void take_status(struct vl_lines *lines, struct vl_ahead *ahead, struct said *said)
{
    unsigned long total = 0;

    for (size_t i = 0; i < ahead->path_count; i++) {
        unsigned long *numbers = said[i].numbers;

        if (!said[i].letter->there)
            continue;
        if (!vl_lines_numbers(lines, 'i', bases, numbers, 5) || numbers[0] > 07777 || numbers[1] > UINT32_MAX ||
            numbers[2] > UINT32_MAX) {
            lines->failed = true;
            return;
        }
        ahead->paths[i].facts.mode = (mode_t)numbers[0];
        ahead->paths[i].facts.owner = (uid_t)numbers[1];
        ahead->paths[i].facts.group = (gid_t)numbers[2];
        ahead->paths[i].facts.changed = (long long)(numbers[4] & INT64_MAX);
        said[i].content =
            said[i].letter->readable && numbers[3] <= VL_TARGET_FILE_LIMIT && total + numbers[3] <= VL_AHEAD_TOTAL;
        total += said[i].content ? numbers[3] : 0;
    }
}

/* A text with a NUL in it is no text: it stays unknown, and who reads it is told so. */
static void take_contents(struct vl_lines *lines, struct vl_ahead *ahead, const struct said *said)
{
    for (size_t i = 0; i < ahead->path_count && !lines->failed; i++) {
        const char *bytes = said[i].content ? vl_lines_bytes(lines, said[i].numbers[3]) : NULL;

        if (bytes && !memchr(bytes, '\0', said[i].numbers[3]))
            ahead->paths[i].text = vl_arena_strndup(&ahead->arena, bytes, said[i].numbers[3]);
    }
}

/* The same files once more, after they were read: one that changed meanwhile is not known. */
static void take_again(struct vl_lines *lines, struct vl_ahead *ahead, const struct said *said)
{
    for (size_t i = 0; i < ahead->path_count && !lines->failed; i++) {
        unsigned long again[5];

        if (said[i].content && vl_lines_numbers(lines, 'i', bases, again, 5) &&
            memcmp(again, said[i].numbers, sizeof(again)) != 0)
            ahead->paths[i].text = NULL;
    }
}

static char *take_link(struct vl_lines *lines, struct vl_arena *arena)
{
    unsigned long length = 0;
    const char *bytes =
        vl_lines_numbers(lines, 'l', (const int[]){ 10 }, &length, 1) ? vl_lines_bytes(lines, length) : NULL;

    if (!bytes || memchr(bytes, '\0', length))
        lines->failed = true;
    return lines->failed ? NULL : vl_arena_strndup(arena, bytes, length);
}

static void take_links(struct vl_lines *lines, struct vl_ahead *ahead, const struct said *said)
{
    for (size_t i = 0; i < ahead->path_count && !lines->failed; i++) {
        struct vl_path_facts *facts = &ahead->paths[i].facts;

        if (facts->kind != VL_PATH_LINK)
            continue;
        facts->link = take_link(lines, &ahead->arena);
        if (said[i].letter->there)
            facts->real = take_link(lines, &ahead->arena);
    }
}

static void take_paths(struct vl_lines *lines, struct vl_ahead *ahead)
{
    struct said *said = vl_arena_zalloc(&ahead->arena, (ahead->path_count + 1) * sizeof(*said));
    size_t length;
    const char *line = vl_lines_next(lines, &length);

    if (!said || lines->failed || length != ahead->path_count + 2 || line[0] != 'k' || line[1] != ' ') {
        lines->failed = true;
        return;
    }
    for (size_t i = 0; i < ahead->path_count; i++) {
        said[i].letter = find_letter(line[2 + i]);
        if (!said[i].letter) {
            lines->failed = true;
            return;
        }
        ahead->paths[i].facts.kind = said[i].letter->kind;
        ahead->paths[i].known = said[i].letter->letter != 's';
    }
    take_status(lines, ahead, said);
    take_contents(lines, ahead, said);
    take_again(lines, ahead, said);
    take_links(lines, ahead, said);
}

static void take_groups(struct vl_lines *lines, struct vl_ahead *ahead)
{
    for (size_t i = 0; i < ahead->group_count && !lines->failed; i++) {
        unsigned long id;

        ahead->groups[i].gives = vl_lines_try_numbers(lines, 'g', (const int[]){ 10 }, &id, 1);
        if (!ahead->groups[i].gives)
            (void)vl_lines_word(lines, "g -");
        else if (id > UINT32_MAX)
            lines->failed = true;
        else
            ahead->groups[i].id = (gid_t)id;
    }
}

/* Fewer answers than questions: the one after the last was not answered in time, nor were those behind it. */
static void take_commands(struct vl_lines *lines, struct vl_ahead *ahead)
{
    for (size_t i = 0; i < ahead->command_count && !lines->failed; i++) {
        struct vl_ahead_command *command = &ahead->commands[i];
        const char *bytes = "";
        size_t length = 0;

        if (!vl_lines_try_command(lines, &command->status, &bytes, &length))
            command->status = VL_AHEAD_UNANSWERED;
        command->output = vl_arena_strndup(&ahead->arena, bytes, strnlen(bytes, length));
    }
}

/* When all commands were answered. */
static void take_clock(struct vl_lines *lines, struct vl_ahead *ahead)
{
    unsigned long seconds = 0;

    (void)vl_lines_numbers(lines, 't', (const int[]){ 10 }, &seconds, 1);
    for (size_t i = 0; i < ahead->command_count; i++)
        ahead->commands[i].answered = (long long)seconds;
}

/* Room for what is wanted, with its names. */
static bool prepare(struct vl_ahead *ahead, const struct vl_wanted *wanted)
{
    struct vl_arena *arena = &ahead->arena;

    ahead->path_count = vl_list_length(wanted->paths);
    ahead->group_count = vl_list_length(wanted->groups);
    ahead->command_count = vl_list_length(wanted->commands);
    ahead->paths = vl_arena_zalloc(arena, (ahead->path_count + 1) * sizeof(*ahead->paths));
    ahead->groups = vl_arena_zalloc(arena, (ahead->group_count + 1) * sizeof(*ahead->groups));
    ahead->commands = vl_arena_zalloc(arena, (ahead->command_count + 1) * sizeof(*ahead->commands));
    if (!ahead->paths || !ahead->groups || !ahead->commands)
        return false;
    for (size_t i = 0; i < ahead->path_count; i++)
        ahead->paths[i].path = vl_arena_strdup(arena, wanted->paths[i]);
    for (size_t i = 0; i < ahead->group_count; i++)
        ahead->groups[i].name = vl_arena_strdup(arena, wanted->groups[i]);
    for (size_t i = 0; i < ahead->command_count; i++)
        ahead->commands[i].line = vl_arena_strdup(arena, wanted->commands[i]);
    return !arena->failed;
}

bool vl_ahead_parse(struct vl_ahead *ahead, const struct vl_wanted *wanted, const char *bytes, size_t length)
{
    struct vl_lines lines = { .at = bytes, .end = bytes + length };

    if (!prepare(ahead, wanted) || !vl_lines_word(&lines, "voiplab ahead"))
        return false;
    (void)vl_lines_try_numbers(&lines, 'w', (const int[]){ 10 }, (unsigned long[]){ 0 }, 1);
    take_paths(&lines, ahead);
    take_groups(&lines, ahead);
    take_commands(&lines, ahead);
    take_clock(&lines, ahead);
    return vl_lines_word(&lines, "voiplab end") && lines.at == lines.end && !ahead->arena.failed;
}

static bool is_fresh(const struct vl_ahead *ahead, long long now_ms)
{
    return ahead && now_ms - ahead->taken_ms <= VL_AHEAD_KEPT_MS;
}

const struct vl_ahead_path *vl_ahead_find_path(const struct vl_ahead *ahead, const char *path, long long now_ms)
{
    for (; is_fresh(ahead, now_ms); ahead = ahead->older)
        for (size_t i = 0; i < ahead->path_count; i++)
            if (ahead->paths[i].known && !strcmp(ahead->paths[i].path, path))
                return &ahead->paths[i];
    return NULL;
}

const struct vl_ahead_group *vl_ahead_find_group(const struct vl_ahead *ahead, const char *name, long long now_ms)
{
    for (; is_fresh(ahead, now_ms); ahead = ahead->older)
        for (size_t i = 0; i < ahead->group_count; i++)
            if (!strcmp(ahead->groups[i].name, name))
                return &ahead->groups[i];
    return NULL;
}

/* Asked for anew, an older answer is not to be had any more, also when the newer one was handed out. */
struct vl_ahead_command *vl_ahead_find_command(const struct vl_ahead *ahead, const char *line, long long now_ms)
{
    bool asked = false;

    for (; is_fresh(ahead, now_ms) && !asked; ahead = ahead->older)
        for (size_t i = 0; i < ahead->command_count; i++) {
            if (strcmp(ahead->commands[i].line, line) != 0)
                continue;
            asked = true;
            if (ahead->commands[i].output)
                return &ahead->commands[i];
        }
    return NULL;
}

bool vl_ahead_has(const struct vl_ahead *ahead, const struct vl_wanted *wanted, long long now_ms)
{
    for (size_t i = 0; wanted->paths && wanted->paths[i]; i++)
        if (!vl_ahead_find_path(ahead, wanted->paths[i], now_ms))
            return false;
    for (size_t i = 0; wanted->groups && wanted->groups[i]; i++)
        if (!vl_ahead_find_group(ahead, wanted->groups[i], now_ms))
            return false;
    for (size_t i = 0; wanted->commands && wanted->commands[i]; i++)
        if (!vl_ahead_find_command(ahead, wanted->commands[i], now_ms))
            return false;
    return true;
}

void vl_ahead_push(struct vl_ahead **ahead, struct vl_ahead *newest)
{
    if (*ahead)
        vl_ahead_drop(&(*ahead)->older);
    newest->older = *ahead;
    *ahead = newest;
}

void vl_ahead_drop(struct vl_ahead **ahead)
{
    while (*ahead) {
        struct vl_ahead *older = (*ahead)->older;

        vl_arena_free(&(*ahead)->arena);
        vl_free(*ahead);
        *ahead = older;
    }
}
