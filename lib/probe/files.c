/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Three questions: what there is (find), which of it is as it was known (sha256sum), and what is in the rest (cat).
 */
#include "probe/files.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/digest.h"
#include "base/text.h"
#include "probe/files_text.h"

#define GONE "- "
#define DENIED "! "

enum { RUN_MS = 60000, CHUNK_BYTES = 512 << 10, CHUNK_FILES = 200, CHUNK_NAMES = 32 << 10, LIST_BYTES = 800 << 10 };

/* One that is named as a root of its own is listed twice. */
static void sort_once(struct vl_seen_files *files)
{
    size_t kept = 0;

    vl_seen_sort(files);
    for (size_t i = 0; i < files->count; i++)
        if (!kept || strcmp(files->files[kept - 1].path, files->files[i].path) != 0)
            files->files[kept++] = files->files[i];
    files->count = kept;
}

static int compare_importance(const void *a, const void *b)
{
    return vl_seen_compare_depths(((const struct vl_seen_file *)a)->path, ((const struct vl_seen_file *)b)->path);
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

/* The lines of sha256sum(1): a sum, two blanks, a path. Others are passed over. */
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
        if (file && vl_seen_is_due(file) && has_sum(before, vl_arena_strndup(arena, *lines, digits)) &&
            strlen(before->text) == file->size)
            file->text = vl_arena_strdup(arena, before->text);
    }
}

/* A look at a PBX. */
struct look {
    struct vl_target *target;
    struct vl_arena *arena;
    const char *const *roots;
    const struct vl_seen_files *known;
    struct vl_seen_files *files;
    struct vl_seen_files gone; /* the paths of what was asked for and is certain not to be there */
    bool cut;                  /* the PBX has more files than it was to list */
};

/* The lines about what is not there. */
static void take_gone(struct look *look, const char *output)
{
    const char *const *lines = vl_text_split(look->arena, output, "\n");

    for (; lines && *lines; lines++)
        if (vl_text_starts(*lines, GONE "/"))
            vl_seen_add(look->arena, &look->gone, &(struct vl_seen_file){ .path = *lines + strlen(GONE) });
}

/* Whether a list may have had more lines than came: a link has two. */
static bool is_cut(const char *list, const char *end, size_t most)
{
    size_t lines = 0;

    for (const char *at = list; at < end; at += strcspn(at, "\n") + 1)
        lines += !vl_text_starts(at, VL_SEEN_LINK);
    return lines >= most || strlen(list) >= LIST_BYTES;
}

/* What find lists of the roots, what lies least deep first, so that it is not the order of directories that says what
 * is left out; and which of those that are files are not there, but not where a directory that may not be looked into
 * says so. A root that is not there is no matter to find's other roots. */
static int list(struct look *look, const char *const *roots, size_t count, size_t most, struct vl_error *err)
{
    static const char script[] =
        "export LC_ALL=C; n=$1; shift; find \"$@\" -xdev -path '*[[:cntrl:]]*' -prune -o "
        "'(' -type l -printf '%d l %m %u:%g 0 %p\\t= %l\\n' ')' -o '(' -type f -printf '%d f %m %u:%g %s %p\\n' ')' -o "
        "-type d -exec sh -c 'for d; do [ -r \"$d\" ] && [ -x \"$d\" ] || "
        "printf \"0 x 0 - 0 %s\\\\n\" \"$d\"; done' sh '{}' + "
        "2>/dev/null | sort -k1,1n -k6 | head -n \"$n\" | cut -d' ' -f2- | tr '\\t\\000' '\\n\\001' | head -c 819200; "
        "echo; for p; do case $p in */) continue ;; esac; [ -f \"$p\" ] || [ -h \"$p\" ] && continue; d=$p; "
        "until [ -e \"${d:-/}\" ]; do d=${d%/*}; done; "
        "[ -x \"${d:-/}\" ] || [ ! -d \"${d:-/}\" ] && printf -- '- %s\\n' \"$p\"; done; :";
    size_t before = look->files->count, at;
    VL_FREE char *output = NULL;
    const char *rest, **argv = words(look->arena, script, count + 1, &at);

    if (!argv)
        return vl_no_memory(err);
    argv[at++] = vl_arena_printf(look->arena, "%zu", most);
    for (size_t i = 0; i < count; i++)
        argv[at + i] = roots[i];
    if (run(look->target, argv, &output, err) < 0)
        return -1;
    vl_seen_list(look->arena, output, look->files, &rest);
    look->cut |= is_cut(output, rest, most);
    if (strlen(output) >= LIST_BYTES && look->files->count > before)
        look->files->count--; /* its line may have been cut */
    take_gone(look, rest);
    return vl_arena_check(look->arena, err);
}

static bool is_directory(const char *root)
{
    return vl_text_ends(root, "/");
}

/* What may not be left out: it was known, or asked for, or says what else was not seen. */
static bool is_wanted(const struct look *look, const struct vl_seen_file *file)
{
    if (file->kind == 'd' || file->kind == '?' || (look->known && vl_seen_find(look->known, file->path)))
        return true;
    for (const char *const *root = look->roots; *root; root++)
        if (!strcmp(*root, file->path))
            return true;
    return false;
}

/* The files that were known or asked for and of which the list says nothing: they are not there, or not to be seen, or
 * left out. */
static const char **missing(const struct look *look, size_t *ret_count)
{
    size_t known = look->known ? look->known->count : 0, roots = 0, count = 0;
    const char **paths;

    while (look->roots[roots])
        roots++;
    paths = vl_arena_zalloc(look->arena, (known + roots + 1) * sizeof(*paths));
    for (size_t i = 0; paths && i < known + roots; i++) {
        const char *path = i < known ? look->known->files[i].path : look->roots[i - known];

        if (!is_directory(path) && !vl_seen_find(look->files, path) && !vl_seen_find(&look->gone, path))
            paths[count++] = path;
    }
    *ret_count = count;
    return paths;
}

/* How many of these paths one question is about. */
static size_t question(const char *const *paths, size_t count)
{
    size_t names = 0, files = 0;

    while (files < count && files < CHUNK_FILES) {
        names += strlen(paths[files]) + 3;
        if (files && names > CHUNK_NAMES)
            break;
        files++;
    }
    return files;
}

static int ask_for_missing(struct look *look, struct vl_error *err)
{
    size_t count, asked;
    const char **paths = missing(look, &count);
    bool cut = look->cut;

    for (size_t done = 0; paths && done < count; done += asked) {
        asked = question(&paths[done], count - done);
        if (list(look, &paths[done], asked, asked, err) < 0)
            return -1;
        sort_once(look->files);
    }
    look->cut = cut; /* what lies below a directory that has the name of a file now is no matter */
    vl_seen_sort(&look->gone);
    paths = missing(look, &count);
    for (size_t i = 0; paths && i < count; i++)
        vl_seen_add(look->arena, look->files,
                    &(struct vl_seen_file){ .path = paths[i], .kind = '?', .owner = "-", .unread = VL_SEEN_HIDDEN });
    sort_once(look->files);
    return vl_arena_check(look->arena, err);
}

/* Leave out what is too much. */
static void bound_count(const struct look *look)
{
    struct vl_seen_files *files = look->files;
    const char *bound = "/";
    size_t wanted = 0, kept = 0, room;
    bool left_out = look->cut;

    for (size_t i = 0; i < files->count; i++)
        wanted += is_wanted(look, &files->files[i]);
    if (!left_out && files->count <= VL_SEEN_MOST)
        return;
    room = wanted < VL_SEEN_MOST ? VL_SEEN_MOST - wanted : 0;
    qsort(files->files, files->count, sizeof(*files->files), compare_importance);
    for (size_t i = 0; i < files->count; i++) {
        const struct vl_seen_file file = files->files[i];

        if (is_wanted(look, &file)) {
            files->files[kept++] = file;
        } else if (room) {
            room--;
            bound = file.path;
            files->files[kept++] = file;
        } else {
            left_out = true;
        }
    }
    files->count = kept;
    files->bound = left_out ? bound : NULL;
    vl_seen_sort(files);
}

/* Leave unread what is too much altogether: what was known, or asked for, comes first, what lies deepest last. */
static void bound_bytes(const struct look *look)
{
    struct vl_seen_files *files = look->files;
    size_t total = 0;

    for (size_t i = 0; i < files->count; i++)
        total += files->files[i].kind == 'f' && files->files[i].text ? files->files[i].size : 0;
    if (files->count)
        qsort(files->files, files->count, sizeof(*files->files), compare_importance);
    for (int wanted = 1; wanted >= 0; wanted--)
        for (size_t i = 0; i < files->count; i++) {
            struct vl_seen_file *file = &files->files[i];

            if (!vl_seen_is_due(file) || is_wanted(look, file) != wanted)
                continue;
            if (total + file->size > VL_SEEN_TOTAL_LIMIT)
                file->unread = VL_SEEN_MUCH;
            else
                total += file->size;
        }
    vl_seen_sort(files);
}

/* Which files are as they were known: that is asked of those alone whose size says that they may be. */
static int ask_for_sums(const struct look *look, struct vl_error *err)
{
    static const char script[] = "sha256sum -- \"$@\" 2>/dev/null; :";
    const char **paths = vl_arena_zalloc(look->arena, (look->files->count + 1) * sizeof(*paths)), **argv;
    size_t count = 0, asked, at;

    for (size_t i = 0; paths && look->known && i < look->files->count; i++) {
        const struct vl_seen_file *file = &look->files->files[i], *before = vl_seen_find(look->known, file->path);

        if (vl_seen_is_due(file) && before && before->text && before->kind == 'f' && before->size == file->size)
            paths[count++] = file->path;
    }
    for (size_t done = 0; done < count; done += asked) {
        VL_FREE char *output = NULL;

        asked = question(&paths[done], count - done);
        argv = words(look->arena, script, asked, &at);
        for (size_t i = 0; argv && i < asked; i++)
            argv[at + i] = paths[done + i];
        if (!argv || run(look->target, argv, &output, err) < 0)
            return argv ? -1 : vl_no_memory(err);
        take_known(look->arena, output, look->known, look->files);
    }
    return vl_arena_check(look->arena, err);
}

/* How many files from `first` on one question is about. */
static size_t chunk(const struct vl_seen_file *first, size_t count)
{
    size_t bytes = 0, names = 0, files = 0;

    while (files < count && files < CHUNK_FILES) {
        bytes += vl_seen_is_due(&first[files]) ? first[files].size : 0;
        names += strlen(first[files].path) + 3;
        if (files && (bytes > CHUNK_BYTES || names > CHUNK_NAMES))
            break;
        files++;
    }
    return files;
}

/* The lines about files that may not be read, up to the empty one behind them. */
static const char *take_denied(struct vl_arena *arena, struct vl_seen_file *first, size_t count, const char *output)
{
    const struct vl_seen_files files = { .files = first, .count = count };

    while (vl_text_starts(output, DENIED)) {
        size_t length = strcspn(output, "\n");
        const char *path = vl_arena_strndup(arena, output + strlen(DENIED), length - strlen(DENIED));
        struct vl_seen_file *file = (struct vl_seen_file *)(uintptr_t)vl_seen_find(&files, path);

        if (file && vl_seen_is_due(file))
            file->unread = VL_SEEN_DENIED;
        output += length + (output[length] == '\n');
    }
    return output + (*output == '\n');
}

static int read_chunk(struct look *look, struct vl_seen_file *first, size_t count, struct vl_error *err)
{
    static const char script[] = "for p; do [ -r \"$p\" ] || printf '! %s\\n' \"$p\"; done; echo; "
                                 "cat -- \"$@\" 2>/dev/null | tr '\\000' '\\001'";
    VL_FREE char *output = NULL;
    const char *rest = "", **argv;
    size_t at, before;

    argv = words(look->arena, script, count, &at);
    if (!argv)
        return vl_no_memory(err);
    before = at;
    for (size_t i = 0; i < count; i++)
        if (vl_seen_is_due(&first[i]))
            argv[at++] = first[i].path;
    if (at == before)
        return 0;
    if (run(look->target, argv, &output, err) < 0)
        return -1;
    rest = take_denied(look->arena, first, count, output);
    if (vl_seen_contents(look->arena, first, count, rest, &rest) && !*rest)
        return vl_arena_check(look->arena, err);
    return vl_fail(err, VL_ERROR_FAILED, "files of '%s' were changed while they were read; run this again",
                   look->target->name);
}

int vl_probe_files(struct vl_target *target, struct vl_arena *arena, const char *const *roots,
                   const struct vl_seen_files *known, struct vl_seen_files *ret_files, struct vl_error *err)
{
    struct look look = { .target = target, .arena = arena, .roots = roots, .known = known, .files = ret_files };
    size_t count = 0;

    *ret_files = (struct vl_seen_files){ .count = 0 };
    while (roots[count])
        count++;
    if (list(&look, roots, count, VL_SEEN_MOST + count + 1, err) < 0)
        return -1;
    sort_once(ret_files);
    vl_seen_sort(&look.gone);
    if (ask_for_missing(&look, err) < 0)
        return -1;
    bound_count(&look);
    if (ask_for_sums(&look, err) < 0)
        return -1;
    bound_bytes(&look);
    for (size_t done = 0; done < ret_files->count; done += count) {
        count = chunk(&ret_files->files[done], ret_files->count - done);
        if (read_chunk(&look, &ret_files->files[done], count, err) < 0)
            return -1;
    }
    return 0;
}
