/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * find lists them, a line each, and cat reads them one behind the other: the sizes in the list say where one ends. The
 * text that is kept is just the same, list and contents.
 *
 *   f 640 asterisk:asterisk 95315 /etc/asterisk/sip.conf
 *   l 777 root:root 0 /etc/asterisk/manager.conf
 *   = /var/lib/manager.conf
 */
#include "probe/files.h"

#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/digest.h"
#include "base/text.h"

#define HEAD "# Files of a PBX as it was handed over, which voiplab save compares with those of now.\n"
#define TAKEN "taken "
#define LINK "= "

enum { RUN_MS = 60000, CHUNK_BYTES = 512 << 10, CHUNK_FILES = 200, CHUNK_NAMES = 32 << 10, MOST_DIGITS = 9 };

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
    long size;

    for (size_t i = 0; i < VL_COUNT(fields); i++) {
        size_t length = strcspn(at, " ");

        if (!length || at[length] != ' ')
            return false;
        fields[i] = vl_arena_strndup(arena, at, length);
        at += length + 1;
    }
    if (arena->failed || (strcmp(fields[0], "f") != 0 && strcmp(fields[0], "l") != 0) || !is_path(at) ||
        strspn(fields[1], "01234567") != strlen(fields[1]) || strlen(fields[1]) > MOST_DIGITS ||
        !vl_text_number(fields[3], 0, INT_MAX, &size))
        return false;
    *ret_file = (struct vl_seen_file){ .path = vl_arena_strdup(arena, at),
                                       .kind = *fields[0],
                                       .mode = (unsigned)strtoul(fields[1], NULL, 8) & 07777,
                                       .owner = vl_text_printable(arena, fields[2]),
                                       .size = (size_t)size };
    return true;
}

static void append(struct vl_arena *arena, struct vl_seen_files *files, const struct vl_seen_file *file)
{
    struct vl_seen_file *grown =
        files->count < VL_SEEN_MOST ? vl_arena_grow(arena, files->files, files->count, sizeof(*grown)) : NULL;

    if (!grown)
        return;
    files->files = grown;
    grown[files->count++] = *file;
}

/* The list up to its end or an empty line; *ret_rest is behind that. What is no line of it is passed over. */
static void parse_list(struct vl_arena *arena, const char *text, struct vl_seen_files *files, const char **ret_rest)
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
        if (last && last->kind == 'l' && !last->text && vl_text_starts(line, LINK)) {
            last->text = vl_arena_strdup(arena, line + strlen(LINK));
        } else if (parse_line(arena, line, &file)) {
            append(arena, files, &file);
            last = files->count > before ? &files->files[before] : NULL;
        }
    }
    *ret_rest = *text == '\n' ? text + 1 : text;
}

static bool is_read(const struct vl_seen_file *file)
{
    return file->kind == 'f' && file->size <= VL_SEEN_FILE_LIMIT;
}

/* Its text is still to come. */
static bool is_due(const struct vl_seen_file *file)
{
    return is_read(file) && !file->text;
}

/* The contents of the files from `first` on, so many of them. False: what comes is less or more. */
static bool take_contents(struct vl_arena *arena, struct vl_seen_file *first, size_t count, const char *contents,
                          const char **ret_rest)
{
    size_t left = strlen(contents);

    for (size_t i = 0; i < count; i++) {
        if (!is_due(&first[i]))
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

static void sort(struct vl_seen_files *files)
{
    if (files->count)
        qsort(files->files, files->count, sizeof(*files->files), compare_paths);
}

static int run(struct vl_target *target, const char *const *argv, char **ret_output, struct vl_error *err)
{
    struct vl_command_result result = { .status = -1 };

    *ret_output = NULL;
    if (target->ops->run(target, argv, NULL, RUN_MS, &result, err) < 0)
        return -1;
    *ret_output = result.output;
    result.output = NULL;
    vl_command_result_free(&result);
    return *ret_output ? 0 : vl_fail(err, VL_ERROR_FAILED, "'%s' does not say which files it has", target->name);
}

/* A list of words with room for so many more; `ret_count` is where they go. */
static const char **words(struct vl_arena *arena, const char *script, size_t more, size_t *ret_count)
{
    const char **argv = vl_arena_zalloc(arena, (more + 5) * sizeof(*argv));

    if (!argv)
        return NULL;
    argv[0] = "sh";
    argv[1] = "-c";
    argv[2] = script;
    argv[3] = "sh";
    *ret_count = 4;
    return argv;
}

static bool has_sum(const struct vl_seen_file *file, const char *sum)
{
    char hex[VL_DIGEST_SHA256_SIZE];

    return file && file->text && vl_digest_sha256(file->text, strlen(file->text), hex) == 0 && !strcmp(hex, sum);
}

/* The lines of sha256sum(1), between those of the list: a sum, two blanks, a path. Others are passed over. */
static void take_known(struct vl_arena *arena, const char *output, const struct vl_seen_files *known,
                       struct vl_seen_files *files)
{
    const char *const *lines = vl_text_split(arena, output, "\n");

    for (; lines && *lines; lines++) {
        size_t digits = strspn(*lines, "0123456789abcdef");
        const char *path = *lines + digits + 2;
        const struct vl_seen_file *before;
        struct vl_seen_file *file;

        if (digits != VL_DIGEST_SHA256_SIZE - 1 || strncmp(*lines + digits, "  /", 3) != 0)
            continue;
        file = (struct vl_seen_file *)(uintptr_t)vl_seen_find(files, path);
        before = vl_seen_find(known, path);
        if (file && is_due(file) && has_sum(before, vl_arena_strndup(arena, *lines, digits)) &&
            strlen(before->text) == file->size)
            file->text = vl_arena_strdup(arena, before->text);
    }
}

/* A root that is not there is no matter to find's other roots. */
static int list(struct vl_target *target, struct vl_arena *arena, const char *const *roots,
                const struct vl_seen_files *known, struct vl_seen_files *files, struct vl_error *err)
{
    static const char script[] =
        "s=; [ -z \"$1\" ] || s='-exec sha256sum -- {} +'; shift; "
        "find \"$@\" -xdev -path '*[[:cntrl:]]*' -prune -o '(' -type l -printf 'l %m %u:%g 0 %p\\n= %l\\n' ')' -o "
        "-type f -printf 'f %m %u:%g %s %p\\n' -size -257k $s 2>/dev/null | head -n 6000 | tr '\\000' '\\001'";
    VL_FREE char *output = NULL;
    const char *rest, **argv;
    size_t count = 0, at;

    while (roots[count])
        count++;
    argv = words(arena, script, count + 1, &at);
    if (!argv)
        return vl_no_memory(err);
    argv[at++] = known && known->count ? "sums" : "";
    for (size_t i = 0; i < count; i++)
        argv[at + i] = roots[i];
    if (run(target, argv, &output, err) < 0)
        return -1;
    parse_list(arena, output, files, &rest);
    sort(files);
    if (known)
        take_known(arena, output, known, files);
    return vl_arena_check(arena, err);
}

/* How many files from `first` on one question is about. */
static size_t chunk(const struct vl_seen_file *first, size_t count)
{
    size_t bytes = 0, names = 0, files = 0;

    while (files < count && files < CHUNK_FILES) {
        bytes += is_due(&first[files]) ? first[files].size : 0;
        names += strlen(first[files].path) + 3;
        if (files && (bytes > CHUNK_BYTES || names > CHUNK_NAMES))
            break;
        files++;
    }
    return files;
}

static int read_chunk(struct vl_target *target, struct vl_arena *arena, struct vl_seen_file *first, size_t count,
                      struct vl_error *err)
{
    static const char script[] = "cat -- \"$@\" | tr '\\000' '\\001'";
    VL_FREE char *output = NULL;
    const char *rest = "", **argv;
    size_t at, before;

    argv = words(arena, script, count, &at);
    if (!argv)
        return vl_no_memory(err);
    before = at;
    for (size_t i = 0; i < count; i++)
        if (is_due(&first[i]))
            argv[at++] = first[i].path;
    if (at == before)
        return 0;
    if (run(target, argv, &output, err) < 0)
        return -1;
    if (take_contents(arena, first, count, output, &rest) && !*rest)
        return vl_arena_check(arena, err);
    return vl_fail(err, VL_ERROR_FAILED, "files of '%s' were changed while they were read; run this again",
                   target->name);
}

/* What is too much altogether is left unread, the last files first. */
static void bound(struct vl_seen_files *files)
{
    size_t total = 0;

    for (size_t i = 0; i < files->count; i++) {
        total += is_read(&files->files[i]) ? files->files[i].size : 0;
        if (total > VL_SEEN_TOTAL_LIMIT) {
            files->count = i;
            return;
        }
    }
}

int vl_probe_files(struct vl_target *target, struct vl_arena *arena, const char *const *roots,
                   const struct vl_seen_files *known, struct vl_seen_files *ret_files, struct vl_error *err)
{
    *ret_files = (struct vl_seen_files){ .count = 0 };
    if (list(target, arena, roots, known, ret_files, err) < 0)
        return -1;
    bound(ret_files);
    for (size_t done = 0; done < ret_files->count;) {
        size_t count = chunk(&ret_files->files[done], ret_files->count - done);

        if (read_chunk(target, arena, &ret_files->files[done], count, err) < 0)
            return -1;
        done += count;
    }
    return 0;
}

const struct vl_seen_file *vl_seen_find(const struct vl_seen_files *files, const char *path)
{
    const struct vl_seen_file wanted = { .path = path };

    return files->count ? bsearch(&wanted, files->files, files->count, sizeof(*files->files), compare_paths) : NULL;
}

const char *vl_seen_text(struct vl_arena *arena, const struct vl_seen_files *files, long taken)
{
    VL_BUF_AUTO text = VL_BUF_INIT;

    vl_buf_printf(&text, HEAD TAKEN "%ld\n", taken);
    for (size_t i = 0; i < files->count; i++) {
        const struct vl_seen_file *file = &files->files[i];

        vl_buf_printf(&text, "%c %o %s %zu %s\n", file->kind, file->mode, file->owner, file->size, file->path);
        if (file->kind == 'l' && file->text)
            vl_buf_printf(&text, LINK "%s\n", file->text);
    }
    vl_buf_putc(&text, '\n');
    for (size_t i = 0; i < files->count; i++)
        if (is_read(&files->files[i]) && files->files[i].text)
            vl_buf_puts(&text, files->files[i].text);
    arena->failed |= text.failed;
    return vl_arena_strdup(arena, vl_buf_text(&text));
}

int vl_seen_parse(struct vl_arena *arena, const char *text, struct vl_seen_files *ret_files, long *ret_taken,
                  struct vl_error *err)
{
    const char *taken = strstr(text, "\n" TAKEN), *rest;

    *ret_files = (struct vl_seen_files){ .count = 0 };
    *ret_taken = 0;
    parse_list(arena, text, ret_files, &rest);
    if (!vl_text_starts(text, HEAD) || !taken || !take_contents(arena, ret_files->files, ret_files->count, rest, &rest))
        return vl_fail(err, VL_ERROR_FAILED, "it is damaged");
    taken += strlen("\n" TAKEN);
    (void)vl_text_number(vl_arena_strndup(arena, taken, strcspn(taken, "\n")), 0, LONG_MAX, ret_taken);
    sort(ret_files);
    return vl_arena_check(arena, err);
}
