/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/ahead.h"

#include <stdint.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/memory.h"

/* What is left of the answer. It is a guest's: no number is believed before it was held against what is there. */
struct reader {
    const char *at, *end;
    bool failed;
};

/* The next line, without its end, in place; "" with `failed` when there is none. */
static const char *take_line(struct reader *reader, size_t *ret_length)
{
    const char *start = reader->at, *end = reader->failed ? NULL : memchr(start, '\n', (size_t)(reader->end - start));

    *ret_length = 0;
    if (!end) {
        reader->failed = true;
        return "";
    }
    reader->at = end + 1;
    *ret_length = (size_t)(end - start);
    return start;
}

static bool take_word(struct reader *reader, const char *word)
{
    size_t length;
    const char *line = take_line(reader, &length);

    if (reader->failed || length != strlen(word) || memcmp(line, word, length) != 0)
        reader->failed = true;
    return !reader->failed;
}

static const char *take_bytes(struct reader *reader, size_t length)
{
    const char *start = reader->at;

    if (reader->failed || length > (size_t)(reader->end - start)) {
        reader->failed = true;
        return NULL;
    }
    reader->at += length;
    return start;
}

/* `TAG A B …` with exactly `count` decimal numbers, or octal ones where `base` says so. */
static bool take_numbers(struct reader *reader, char tag, const int *base, unsigned long *numbers, size_t count)
{
    size_t length;
    const char *line = take_line(reader, &length), *end = line + length;

    if (reader->failed || length < 1 || *line++ != tag)
        return !(reader->failed = true);
    for (size_t i = 0; i < count; i++) {
        if (line >= end || *line++ != ' ' || line >= end)
            return !(reader->failed = true);
        numbers[i] = 0;
        for (size_t digits = 0; line < end && *line != ' '; line++, digits++) {
            if (*line < '0' || *line >= '0' + base[i] || digits >= 10)
                return !(reader->failed = true);
            numbers[i] = numbers[i] * (unsigned long)base[i] + (unsigned long)(*line - '0');
        }
    }
    return line == end || !(reader->failed = true);
}

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

static void take_status(struct reader *reader, struct vl_ahead *ahead, struct said *said)
{
    unsigned long total = 0;

    for (size_t i = 0; i < ahead->path_count; i++) {
        unsigned long *numbers = said[i].numbers;

        if (!said[i].letter->there)
            continue;
        if (!take_numbers(reader, 'i', bases, numbers, 5) || numbers[0] > 07777 || numbers[1] > UINT32_MAX ||
            numbers[2] > UINT32_MAX) {
            reader->failed = true;
            return;
        }
        ahead->paths[i].facts.mode = (mode_t)numbers[0];
        ahead->paths[i].facts.owner = (uid_t)numbers[1];
        ahead->paths[i].facts.group = (gid_t)numbers[2];
        said[i].content =
            said[i].letter->readable && numbers[3] <= VL_TARGET_FILE_LIMIT && total + numbers[3] <= VL_AHEAD_TOTAL;
        total += said[i].content ? numbers[3] : 0;
    }
}

/* A text with a NUL in it is no text: it stays unknown, and who reads it is told so. */
static void take_contents(struct reader *reader, struct vl_ahead *ahead, const struct said *said)
{
    for (size_t i = 0; i < ahead->path_count && !reader->failed; i++) {
        const char *bytes = said[i].content ? take_bytes(reader, said[i].numbers[3]) : NULL;

        if (bytes && !memchr(bytes, '\0', said[i].numbers[3]))
            ahead->paths[i].text = vl_arena_strndup(&ahead->arena, bytes, said[i].numbers[3]);
    }
}

/* The same files once more, after they were read: one that changed meanwhile is not known. */
static void take_again(struct reader *reader, struct vl_ahead *ahead, const struct said *said)
{
    for (size_t i = 0; i < ahead->path_count && !reader->failed; i++) {
        unsigned long again[5];

        if (said[i].content && take_numbers(reader, 'i', bases, again, 5) &&
            memcmp(again, said[i].numbers, sizeof(again)) != 0)
            ahead->paths[i].text = NULL;
    }
}

static char *take_link(struct reader *reader, struct vl_arena *arena)
{
    unsigned long length = 0;
    const char *bytes = take_numbers(reader, 'l', (const int[]){ 10 }, &length, 1) ? take_bytes(reader, length) : NULL;

    if (!bytes || memchr(bytes, '\0', length))
        reader->failed = true;
    return reader->failed ? NULL : vl_arena_strndup(arena, bytes, length);
}

static void take_links(struct reader *reader, struct vl_ahead *ahead, const struct said *said)
{
    for (size_t i = 0; i < ahead->path_count && !reader->failed; i++) {
        struct vl_path_facts *facts = &ahead->paths[i].facts;

        if (facts->kind != VL_PATH_LINK)
            continue;
        facts->link = take_link(reader, &ahead->arena);
        if (said[i].letter->there)
            facts->real = take_link(reader, &ahead->arena);
    }
}

static void take_paths(struct reader *reader, struct vl_ahead *ahead)
{
    struct said *said = vl_arena_zalloc(&ahead->arena, (ahead->path_count + 1) * sizeof(*said));
    size_t length;
    const char *line = take_line(reader, &length);

    if (!said || reader->failed || length != ahead->path_count + 2 || line[0] != 'k' || line[1] != ' ') {
        reader->failed = true;
        return;
    }
    for (size_t i = 0; i < ahead->path_count; i++) {
        said[i].letter = find_letter(line[2 + i]);
        if (!said[i].letter) {
            reader->failed = true;
            return;
        }
        ahead->paths[i].facts.kind = said[i].letter->kind;
        ahead->paths[i].known = said[i].letter->letter != 's';
    }
    take_status(reader, ahead, said);
    take_contents(reader, ahead, said);
    take_again(reader, ahead, said);
    take_links(reader, ahead, said);
}

static void take_groups(struct reader *reader, struct vl_ahead *ahead)
{
    for (size_t i = 0; i < ahead->group_count && !reader->failed; i++) {
        struct reader start = *reader;
        unsigned long id;

        if (take_numbers(reader, 'g', (const int[]){ 10 }, &id, 1) && id <= UINT32_MAX) {
            ahead->groups[i].gives = true;
            ahead->groups[i].id = (gid_t)id;
            continue;
        }
        *reader = start;
        (void)take_word(reader, "g -");
    }
}

/* Fewer answers than questions: the one after the last was not answered in time, nor were those behind it. */
static void take_commands(struct reader *reader, struct vl_ahead *ahead)
{
    for (size_t i = 0; i < ahead->command_count && !reader->failed; i++) {
        struct reader start = *reader;
        unsigned long numbers[2];
        const char *bytes = NULL;

        if (take_numbers(reader, 'c', (const int[]){ 10, 10 }, numbers, 2) && numbers[0] <= 255 &&
            numbers[1] <= VL_TARGET_OUTPUT_LIMIT)
            bytes = take_bytes(reader, numbers[1]);
        if (!bytes) {
            *reader = start;
            ahead->commands[i].status = VL_AHEAD_UNANSWERED;
            ahead->commands[i].output = "";
            continue;
        }
        ahead->commands[i].status = (int)numbers[0];
        ahead->commands[i].output = vl_arena_strndup(&ahead->arena, bytes, strnlen(bytes, numbers[1]));
    }
}

static size_t count_of(const char *const *list)
{
    size_t count = 0;

    while (list && list[count])
        count++;
    return count;
}

/* Room for what is wanted, with its names. */
static bool prepare(struct vl_ahead *ahead, const struct vl_wanted *wanted)
{
    struct vl_arena *arena = &ahead->arena;

    ahead->path_count = count_of(wanted->paths);
    ahead->group_count = count_of(wanted->groups);
    ahead->command_count = count_of(wanted->commands);
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
    struct reader reader = { .at = bytes, .end = bytes + length };

    if (!prepare(ahead, wanted) || !take_word(&reader, "voiplab ahead"))
        return false;
    take_paths(&reader, ahead);
    take_groups(&reader, ahead);
    take_commands(&reader, ahead);
    return take_word(&reader, "voiplab end") && reader.at == reader.end && !ahead->arena.failed;
}

static bool is_fresh(const struct vl_ahead *ahead, long long now_ms)
{
    return ahead && now_ms - ahead->taken_ms <= VL_AHEAD_KEPT_MS;
}

const struct vl_ahead_path *vl_ahead_find_path(const struct vl_ahead *ahead, const char *path, long long now_ms)
{
    for (size_t i = 0; is_fresh(ahead, now_ms) && i < ahead->path_count; i++)
        if (ahead->paths[i].known && !strcmp(ahead->paths[i].path, path))
            return &ahead->paths[i];
    return NULL;
}

const struct vl_ahead_group *vl_ahead_find_group(const struct vl_ahead *ahead, const char *name, long long now_ms)
{
    for (size_t i = 0; is_fresh(ahead, now_ms) && i < ahead->group_count; i++)
        if (!strcmp(ahead->groups[i].name, name))
            return &ahead->groups[i];
    return NULL;
}

struct vl_ahead_command *vl_ahead_find_command(const struct vl_ahead *ahead, const char *line, long long now_ms)
{
    for (size_t i = 0; is_fresh(ahead, now_ms) && i < ahead->command_count; i++)
        if (ahead->commands[i].output && !strcmp(ahead->commands[i].line, line))
            return &ahead->commands[i];
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

void vl_ahead_drop(struct vl_ahead **ahead)
{
    if (*ahead)
        vl_arena_free(&(*ahead)->arena);
    vl_free(*ahead);
    *ahead = NULL;
}
