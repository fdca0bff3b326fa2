/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "probe/files_text.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/text.h"

#define HEAD "# Files of a PBX as it was handed over, which voiplab save compares with those of now.\n"
#define TAKEN "taken "
#define MORE "more "

enum { MOST_DIGITS = 9 };

/* The first letter of a line. */
static const struct letter {
    char letter, kind;
    enum vl_seen_unread unread;
} letters[] = {
    { 'f', 'f', VL_SEEN_READ },   { 'l', 'l', VL_SEEN_READ },   { 'm', 'f', VL_SEEN_MUCH },
    { 'u', 'f', VL_SEEN_DENIED }, { 'h', '?', VL_SEEN_HIDDEN }, { 'x', 'd', VL_SEEN_DENIED },
};

static const struct letter *letter_of(const char *word)
{
    for (size_t i = 0; i < VL_COUNT(letters); i++)
        if (word[0] == letters[i].letter && !word[1])
            return &letters[i];
    return NULL;
}

static bool is_path(const char *path)
{
    if (*path != '/' || path[1] == '\0' || strstr(path, "//") || strstr(path, "/./") || strstr(path, "/../"))
        return false;
    for (; *path; path++)
        if ((unsigned char)*path < ' ' || *path == 0x7f)
            return false;
    return true;
}

/* The fields of a line up to the path, which may have blanks in it. */
static bool parse_line(struct vl_arena *arena, const char *line, struct vl_seen_file *ret_file)
{
    const char *fields[4], *at = line;
    const struct letter *letter;
    long size;

    for (size_t i = 0; i < VL_COUNT(fields); i++) {
        size_t length = strcspn(at, " ");

        if (!length || at[length] != ' ')
            return false;
        fields[i] = vl_arena_strndup(arena, at, length);
        at += length + 1;
    }
    letter = letter_of(fields[0]);
    if (arena->failed || !letter || !is_path(at) || strspn(fields[1], "01234567") != strlen(fields[1]) ||
        strlen(fields[1]) > MOST_DIGITS || !vl_text_number(fields[3], 0, INT_MAX, &size))
        return false;
    *ret_file = (struct vl_seen_file){ .path = vl_arena_strdup(arena, at),
                                       .kind = letter->kind,
                                       .mode = (unsigned)strtoul(fields[1], NULL, 8) & 07777,
                                       .owner = vl_text_printable(arena, fields[2]),
                                       .size = (size_t)size,
                                       .unread = letter->unread };
    if (ret_file->kind == 'f' && !ret_file->unread && ret_file->size > VL_SEEN_FILE_LIMIT)
        ret_file->unread = VL_SEEN_LARGE;
    return true;
}

void vl_seen_add(struct vl_arena *arena, struct vl_seen_files *files, const struct vl_seen_file *file)
{
    struct vl_seen_file *grown =
        files->count < VL_SEEN_KEPT_MOST ? vl_arena_grow(arena, files->files, files->count, sizeof(*grown)) : NULL;

    if (!grown)
        return;
    files->files = grown;
    grown[files->count++] = *file;
}

void vl_seen_list(struct vl_arena *arena, const char *text, struct vl_seen_files *files, const char **ret_rest)
{
    struct vl_seen_file *last = NULL;

    while (*text && *text != '\n') {
        size_t length = strcspn(text, "\n");
        const char *line = vl_arena_strndup(arena, text, length);
        struct vl_seen_file file;
        size_t before = files->count;

        text += length + (text[length] == '\n');
        if (!line)
            break;
        if (last && last->kind == 'l' && !last->text && vl_text_starts(line, VL_SEEN_LINK)) {
            last->text = vl_arena_strdup(arena, line + strlen(VL_SEEN_LINK));
        } else if (parse_line(arena, line, &file)) {
            vl_seen_add(arena, files, &file);
            last = files->count > before ? &files->files[before] : NULL;
        }
    }
    *ret_rest = *text == '\n' ? text + 1 : text;
}

static bool is_read(const struct vl_seen_file *file)
{
    return file->kind == 'f' && file->unread == VL_SEEN_READ;
}

bool vl_seen_is_due(const struct vl_seen_file *file)
{
    return is_read(file) && !file->text;
}

bool vl_seen_contents(struct vl_arena *arena, struct vl_seen_file *first, size_t count, const char *contents,
                      const char **ret_rest)
{
    size_t left = strlen(contents);

    for (size_t i = 0; i < count; i++) {
        if (!vl_seen_is_due(&first[i]))
            continue;
        if (first[i].size > left)
            return false;
        first[i].text = vl_arena_strndup(arena, contents, first[i].size);
        contents += first[i].size;
        left -= first[i].size;
    }
    *ret_rest = contents;
    return true;
}

static int compare_paths(const void *a, const void *b)
{
    return strcmp(((const struct vl_seen_file *)a)->path, ((const struct vl_seen_file *)b)->path);
}

void vl_seen_sort(struct vl_seen_files *files)
{
    if (files->count)
        qsort(files->files, files->count, sizeof(*files->files), compare_paths);
}

static size_t depth(const char *path)
{
    size_t slashes = 0;

    for (; *path; path++)
        slashes += *path == '/';
    return slashes;
}

int vl_seen_compare_depths(const char *a, const char *b)
{
    size_t depth_a = depth(a), depth_b = depth(b);

    return depth_a == depth_b ? strcmp(a, b) : depth_a < depth_b ? -1 : 1;
}

const struct vl_seen_file *vl_seen_find(const struct vl_seen_files *files, const char *path)
{
    const struct vl_seen_file wanted = { .path = path };

    return files->count ? bsearch(&wanted, files->files, files->count, sizeof(*files->files), compare_paths) : NULL;
}

/* Below a directory into which nobody looked. */
static bool is_below(const struct vl_seen_file *directory, const char *path)
{
    size_t length = strlen(directory->path);

    return vl_text_starts(path, directory->path) && (directory->path[length - 1] == '/' || path[length] == '/');
}

bool vl_seen_would_find(const struct vl_seen_files *files, const char *path)
{
    if (vl_seen_find(files, path))
        return true;
    for (size_t i = 0; i < files->count; i++)
        if (files->files[i].kind == 'd' && is_below(&files->files[i], path))
            return false;
    return !files->bound || vl_seen_compare_depths(path, files->bound) <= 0;
}

static char letter_for(const struct vl_seen_file *file)
{
    for (size_t i = 0; i < VL_COUNT(letters); i++)
        if (letters[i].kind == file->kind && letters[i].unread == file->unread)
            return letters[i].letter;
    return file->kind;
}

const char *vl_seen_text(struct vl_arena *arena, const struct vl_seen_files *files, long taken)
{
    VL_BUF_AUTO text = VL_BUF_INIT;

    vl_buf_printf(&text, HEAD TAKEN "%ld\n", taken);
    if (files->bound)
        vl_buf_printf(&text, MORE "%s\n", files->bound);
    for (size_t i = 0; i < files->count; i++) {
        const struct vl_seen_file *file = &files->files[i];

        vl_buf_printf(&text, "%c %o %s %zu %s\n", letter_for(file), file->mode, file->owner, file->size, file->path);
        if (file->kind == 'l' && file->text)
            vl_buf_printf(&text, VL_SEEN_LINK "%s\n", file->text);
    }
    vl_buf_putc(&text, '\n');
    for (size_t i = 0; i < files->count; i++)
        if (is_read(&files->files[i]) && files->files[i].text)
            vl_buf_puts(&text, files->files[i].text);
    arena->failed |= text.failed;
    return vl_arena_strdup(arena, vl_buf_text(&text));
}

/* When it was, and on the line behind that how far it goes. */
static void parse_head(struct vl_arena *arena, const char *taken, struct vl_seen_files *files, long *ret_taken)
{
    size_t length = strcspn(taken, "\n");
    const char *next = taken + length + (taken[length] == '\n');

    (void)vl_text_number(vl_arena_strndup(arena, taken, length), 0, LONG_MAX, ret_taken);
    if (!vl_text_starts(next, MORE "/"))
        return;
    next += strlen(MORE);
    files->bound = vl_arena_strndup(arena, next, strcspn(next, "\n"));
}

int vl_seen_parse(struct vl_arena *arena, const char *text, struct vl_seen_files *ret_files, long *ret_taken,
                  struct vl_error *err)
{
    const char *taken = strstr(text, "\n" TAKEN), *rest;

    *ret_files = (struct vl_seen_files){ .count = 0 };
    *ret_taken = 0;
    vl_seen_list(arena, text, ret_files, &rest);
    if (!vl_text_starts(text, HEAD) || !taken ||
        !vl_seen_contents(arena, ret_files->files, ret_files->count, rest, &rest))
        return vl_fail(err, VL_ERROR_FAILED, "it is damaged");
    parse_head(arena, taken + strlen("\n" TAKEN), ret_files, ret_taken);
    vl_seen_sort(ret_files);
    return vl_arena_check(arena, err);
}
