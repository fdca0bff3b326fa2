/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Readers: of this machine's files, and of nothing.
 */
#include <glob.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "dialplan/dialplan.h"

enum { FILE_MOST = 64 << 20 };

static int read_file(void *context, const char *path, struct vl_arena *arena, const char **ret_text,
                     struct vl_error *err)
{
    VL_FREE char *text = NULL;

    (void)context;
    if (vl_file_read(path, FILE_MOST, &text, NULL, err) < 0)
        return -1;
    *ret_text = vl_arena_strdup(arena, text);
    return vl_arena_check(arena, err);
}

static int copy_paths(const glob_t *found, struct vl_arena *arena, const char *const **ret_paths, size_t *ret_count)
{
    const char **paths = vl_arena_zalloc(arena, (found->gl_pathc + 1) * sizeof(*paths));

    if (!paths)
        return -1;
    for (size_t i = 0; i < found->gl_pathc; i++)
        paths[i] = vl_arena_strdup(arena, found->gl_pathv[i]);
    *ret_paths = paths;
    *ret_count = found->gl_pathc;
    return arena->failed ? -1 : 0;
}

static int expand(void *context, const char *pattern, struct vl_arena *arena, const char *const **ret_paths,
                  size_t *ret_count, struct vl_error *err)
{
    glob_t found;
    int rc = glob(pattern, GLOB_NOMAGIC | GLOB_BRACE, NULL, &found);

    (void)context;
    *ret_count = 0;
    if (rc == 0) {
        rc = copy_paths(&found, arena, ret_paths, ret_count);
        globfree(&found);
    } else {
        rc = rc == GLOB_NOSPACE ? -1 : 0;
    }
    return rc < 0 ? vl_no_memory(err) : 0;
}

struct vl_conf_reader vl_conf_files(const char *directory)
{
    return (struct vl_conf_reader){ .read = read_file, .expand = expand, .directory = directory };
}

static int read_nothing(void *context, const char *path, struct vl_arena *arena, const char **ret_text,
                        struct vl_error *err)
{
    (void)context;
    (void)arena;
    (void)ret_text;
    return vl_fail(err, VL_ERROR_NOTFOUND, "'%s' is not there", path);
}

const struct vl_conf_reader vl_conf_no_files = { .read = read_nothing };
