/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "guest/recipe.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/delete.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/own.h"
#include "base/process.h"
#include "base/text.h"
#include "lab/recipe.h"

enum { RECIPE_FILE_LIMIT = 1 << 20, INFO_LIMIT = 65536, MOST_DEPTH = 8, MOST_FILES = 4 };

const char *const vl_recipe_files[] = { "disk.qcow2", "vmlinuz", "initrd", "info", NULL };

static void free_entries(struct dirent ***entries)
{
    if (!*entries)
        return;
    for (struct dirent **entry = *entries; *entry; entry++)
        free(*entry);
    free(*entries);
}

/* Directory entries in byte order, NULL-terminated. */
static struct dirent **sorted_entries(const char *path)
{
    struct dirent **entries = NULL, **terminated;
    int count = scandir(path, &entries, NULL, alphasort);

    if (count < 0)
        return NULL;
    terminated = vl_realloc(entries, ((size_t)count + 1) * sizeof(*entries));
    if (!terminated)
        return NULL;
    terminated[count] = NULL;
    return terminated;
}

static int add_tree(struct vl_buf *sums, const char *path, const char *relative, int depth, struct vl_error *err);

/* One line for what `path` is: a link with its target, a directory with its tree, a file with mode and checksum. */
static int add_entry(struct vl_buf *sums, const char *path, const char *relative, int depth, struct vl_error *err)
{
    char hex[VL_DIGEST_SHA256_SIZE], link[512];
    VL_FREE char *text = NULL;
    struct stat status;
    ssize_t length;

    if (lstat(path, &status) < 0)
        return vl_fail_errno(err, "cannot look at '%s'", path);
    if (S_ISDIR(status.st_mode))
        return add_tree(sums, path, relative, depth + 1, err);
    if (S_ISLNK(status.st_mode)) {
        length = readlink(path, link, sizeof(link));
        if (length < 0)
            return vl_fail_errno(err, "cannot read the link '%s'", path);
        vl_buf_printf(sums, "link %s %.*s\n", relative, (int)length, link);
        return 0;
    }
    if (vl_own_read(path, RECIPE_FILE_LIMIT, VL_OWN_WORD, &text, NULL, err) < 0)
        return -1;
    if (vl_digest_sha256(text, strlen(text), hex) < 0)
        return vl_fail(err, VL_ERROR_FAILED, "cannot make a SHA-256 checksum");
    vl_buf_printf(sums, "file %s %o %s\n", relative, status.st_mode & 0111U, hex);
    return 0;
}

static int add_tree(struct vl_buf *sums, const char *path, const char *relative, int depth, struct vl_error *err)
{
    __attribute__((cleanup(free_entries))) struct dirent **entries = sorted_entries(path);

    if (!entries)
        return vl_fail_errno(err, "cannot read the directory '%s'", path);
    if (depth > MOST_DEPTH)
        return vl_fail(err, VL_ERROR_FAILED, "'%s' lies too deep for a recipe", path);
    for (size_t i = 0; entries[i]; i++) {
        const char *name = entries[i]->d_name;
        VL_FREE char *below = NULL, *below_relative = NULL;

        if (!strcmp(name, ".") || !strcmp(name, ".."))
            continue;
        if (vl_asprintf(&below, "%s/%s", path, name) < 0 || vl_asprintf(&below_relative, "%s/%s", relative, name) < 0)
            return vl_no_memory(err);
        if (add_entry(sums, below, below_relative, depth, err) < 0)
            return -1;
    }
    return 0;
}

const char *vl_recipe_fact(struct vl_arena *arena, const char *directory, const char *key, struct vl_error *err)
{
    const char *path = vl_arena_printf(arena, "%s/info", directory), *value = NULL;
    size_t length = strlen(key);
    VL_FREE char *text = NULL;
    char *rest;

    if (vl_own_read(path, INFO_LIMIT, VL_OWN_WORD, &text, NULL, err) < 0)
        return NULL;
    for (rest = text; rest;) {
        const char *line = strsep(&rest, "\n");

        if (vl_text_starts(line, key) && line[length] == '=')
            value = vl_arena_strdup(arena, line + length + 1);
    }
    if (!value)
        (void)vl_fail(err, VL_ERROR_NOTFOUND, "'%s' has no line %s=", path, key);
    return value;
}

/* The recipe's own files, and those of the one that it is like. */
static int add_recipe(struct vl_buf *sums, struct vl_arena *arena, const char *share_directory,
                      const struct vl_recipe *recipe, struct vl_error *err)
{
    struct vl_lab_recipe facts;

    if (add_tree(sums, recipe->directory, ".", 0, err) < 0 ||
        vl_lab_read_recipe(arena, share_directory, recipe->name, &facts, err) < 0)
        return -1;
    if (!facts.like)
        return 0;
    return add_tree(sums, vl_arena_printf(arena, "%s/images/%s", share_directory, facts.like), "like", 0, err);
}

static const char *join(struct vl_arena *arena, const char *const *words)
{
    const char *joined = NULL;

    for (; words && *words; words++)
        joined = joined ? vl_arena_printf(arena, "%s,%s", joined, *words) : *words;
    return joined;
}

int vl_recipe_find(struct vl_arena *arena, const char *share_directory, const char *cache_directory, const char *name,
                   const char *const *packages, struct vl_recipe *ret_recipe, struct vl_error *err)
{
    struct vl_recipe recipe = { .name = name };
    char hex[VL_DIGEST_SHA256_SIZE];
    VL_BUF_AUTO sums = VL_BUF_INIT;

    recipe.directory = vl_arena_printf(arena, "%s/images/%s", share_directory, name);
    if (!vl_file_exists(vl_arena_printf(arena, "%s/build", recipe.directory)))
        return vl_fail(err, VL_ERROR_NOTFOUND, "there is no recipe '%s': '%s/build' is missing", name,
                       recipe.directory);
    if (add_recipe(&sums, arena, share_directory, &recipe, err) < 0)
        return -1;
    recipe.packages = join(arena, packages);
    if (recipe.packages)
        vl_buf_printf(&sums, "packages %s\n", recipe.packages);
    if (sums.failed || vl_digest_sha256(vl_buf_text(&sums), sums.length, hex) < 0)
        return vl_fail(err, VL_ERROR_FAILED, "cannot make a checksum of the recipe '%s'", name);
    recipe.hash = vl_arena_strndup(arena, hex, 12);
    recipe.cache = vl_arena_printf(arena, "%s/images/%s-%s", cache_directory, name, recipe.hash);
    recipe.built = vl_file_exists(vl_arena_printf(arena, "%s/SHA256SUMS", recipe.cache));
    if (recipe.built && !(recipe.cmdline = vl_recipe_fact(arena, recipe.cache, "cmdline", err)))
        return -1;
    *ret_recipe = recipe;
    return 0;
}

/* `sha256sum` writes and checks the sums, so that a person can do the same. */
int vl_recipe_note_sums(const char *directory, const char *const *files, struct vl_error *err)
{
    const char *argv[2 + MOST_FILES + 1] = { "sha256sum", "--" };
    VL_FREE char *sums = NULL, *path = NULL;

    for (size_t i = 0; files[i] && i < MOST_FILES; i++)
        argv[2 + i] = files[i];
    if (vl_process_check(argv, &(struct vl_process_options){ .directory = directory }, &sums, err) < 0)
        return -1;
    if (vl_asprintf(&path, "%s/SHA256SUMS", directory) < 0)
        return vl_no_memory(err);
    return vl_file_write(path, sums, strlen(sums), 0644, err);
}

const char *const *vl_recipe_command(struct vl_arena *arena, const struct vl_recipe *recipe, const char *directory)
{
    static const char *const none[] = { NULL };
    const char **argv = vl_arena_zalloc(arena, 5 * sizeof(*argv));
    size_t count = 0;

    if (!argv)
        return none;
    argv[count++] = vl_arena_printf(arena, "%s/build", recipe->directory);
    if (recipe->packages) {
        argv[count++] = "--packages";
        argv[count++] = recipe->packages;
    }
    argv[count] = directory;
    return argv;
}

int vl_recipe_build(const struct vl_recipe *recipe, const struct vl_process_options *options, struct vl_error *err)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    const char *work = vl_arena_printf(&arena, "%s.part", recipe->cache);
    const char *const *argv = vl_recipe_command(&arena, recipe, work);
    VL_CLOSE int lock = -1;

    if (vl_file_mkdirs(work, 0755, err) < 0)
        return -1;
    lock =
        vl_file_lock(vl_arena_printf(&arena, "%s.lock", recipe->cache), "another voiplab builds this image now", err);
    if (lock < 0 || vl_file_remove_tree(work, err) < 0 || vl_file_mkdirs(work, 0755, err) < 0)
        return -1;
    if (vl_process_check(argv, options, NULL, err) < 0 || vl_recipe_note_sums(work, vl_recipe_files, err) < 0) {
        VL_ERROR_AUTO ignored = { .code = VL_OK };

        (void)vl_file_remove_tree(work, &ignored);
        return vl_error_wrap(err, "cannot build the image '%s'", recipe->name);
    }
    if (vl_file_remove_tree(recipe->cache, err) < 0)
        return -1;
    return vl_file_rename(work, recipe->cache, err);
}

int vl_recipe_check_sums(const char *directory, struct vl_error *err)
{
    static const char *const argv[] = { "sha256sum", "--check", "--quiet", "--strict", "SHA256SUMS", NULL };

    return vl_process_check(argv, &(struct vl_process_options){ .directory = directory }, NULL, err);
}

int vl_recipe_verify(const struct vl_recipe *recipe, struct vl_error *err)
{
    if (vl_recipe_check_sums(recipe->cache, err) < 0)
        return vl_error_wrap(err, "the image in '%s' is damaged; remove that directory and build it again",
                             recipe->cache);
    return 0;
}
