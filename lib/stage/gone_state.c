/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What voiplab keeps of a lab in STATE/LAB goes file by file, each by a row of a table: the directory may be one that a
 * person keeps things of another kind in, since its name is the lab's and --state may say any place. What no row is
 * for stays, and so do the directories that it is in; that is told.
 */
#include <dirent.h>
#include <fnmatch.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "plan/backup.h"
#include "plan/ready.h"
#include "stage/gone.h"

enum { HEAD_LIMIT = 1 << 20 };

/* A place is a directory of the state, "" the state's own; in it, files whose name matches are voiplab's. */
static const struct row {
    const char *place, *pattern;
} rows[] = {
    { "", "secrets" },
    { "", "natures" },
    { "", "made" },
    { "", "pending-*" },
    { "", "grown-*" },
    { "", "installing-*" },
    { "", "paused" }, /* of earlier versions */
    { "", VL_BACKUP_UNPACKING },
    { "", ".*.voiplab" }, /* what a write that was cut off has left */
    { "", "accounts-*.csv" },
    { "", "statistics-*.csv" },
    { "", "*-seed-????????????.iso" },
    { "", "*-seed-????????????.initrd" },
    { "ssh", "lab_ed25519" },
    { "ssh", "lab_ed25519.pub" },
    { "ssh", "*_host_ed25519" },
    { "ssh", "*_host_ed25519.pub" },
    { "ssh", "lab_rsa" },
    { "ssh", "lab_rsa.pub" },
    { "ssh", "*_host_rsa" },
    { "ssh", "*_host_rsa.pub" },
    { "ssh", "known_hosts" },
    { "ssh", "config" },
    { "ssh", ".*.voiplab" },
    { "saved", "*.save" },
    { "saved", "*.still" },
    { "saved", "*.state" },
    { "saved", "*.files" },
    { "saved", ".*.voiplab" },
    { "console", "*.log" },
    { "console", "*.log.[0-9]" }, /* where virtlogd writes it */
    { "phones", "spa[0-9a-f]*.cfg" },
    { "phones", ".*.voiplab" },
    { "loads/*", "report.html" },
    { "loads/*", "result.json" },
    { "loads/*", "samples.csv" },
    { "loads/*", ".*.voiplab" },
    { "backup/*", "%*" }, /* the path of a file that was replaced, with % for / */
    { "backup/*", ".*.voiplab" },
};

/* What voiplab writes at the head of the files that a state has. */
static const struct head {
    const char *name, *text;
} heads[] = {
    { "secrets", "# Secrets of this lab, made by voiplab." },
    { "natures", "# What the PBXs of this lab were found to be." },
    { "made", "# What voiplab made for this lab." },
    { "ssh/config", "# The PBXs of the lab '" },
};

struct sweep {
    struct vl_gone *gone;
    const char *top;
    const char **files, **directories; /* paths that go */
    size_t file_count, directory_count;
    const char *foreign; /* the first thing that stays; NULL: none */
};

static void add_path(struct sweep *sweep, const char ***paths, size_t *count, const char *path)
{
    const char **grown = vl_arena_grow(&sweep->gone->plan->arena, *paths, *count, sizeof(*grown));

    if (!grown)
        return;
    *paths = grown;
    grown[(*count)++] = path;
}

static bool is_ours(const char *place, const char *name)
{
    for (size_t i = 0; i < VL_COUNT(rows); i++)
        if (!fnmatch(rows[i].place, place, FNM_PATHNAME) && !fnmatch(rows[i].pattern, name, 0))
            return true;
    return false;
}

/* A directory that has rows, or others below it. */
static bool is_place(const char *place)
{
    for (size_t i = 0; i < VL_COUNT(rows); i++)
        if (*rows[i].place && (!fnmatch(rows[i].place, place, FNM_PATHNAME) ||
                               (vl_text_starts(rows[i].place, place) && rows[i].place[strlen(place)] == '/')))
            return true;
    return false;
}

static bool sweep_place(struct sweep *sweep, const char *place, unsigned depth);

/* True when it goes, with all that is in it. */
static bool sweep_entry(struct sweep *sweep, const char *place, const char *name, unsigned depth)
{
    struct vl_arena *arena = &sweep->gone->plan->arena;
    const char *inner = *place ? vl_arena_printf(arena, "%s/%s", place, name) : vl_arena_strdup(arena, name);
    const char *path = vl_arena_printf(arena, "%s/%s", sweep->top, inner);
    struct stat status;

    if (lstat(path, &status) < 0)
        return true;
    if (S_ISDIR(status.st_mode) && depth < 2 && is_place(inner))
        return sweep_place(sweep, inner, depth + 1);
    if (S_ISREG(status.st_mode) && is_ours(place, name) && !(sweep->gone->stays && !*place && !strcmp(name, "made"))) {
        add_path(sweep, &sweep->files, &sweep->file_count, path);
        return true;
    }
    if (!sweep->foreign && strcmp(inner, "made") != 0)
        sweep->foreign = path;
    return false;
}

static bool sweep_place(struct sweep *sweep, const char *place, unsigned depth)
{
    struct vl_arena *arena = &sweep->gone->plan->arena;
    const char *path = *place ? vl_arena_printf(arena, "%s/%s", sweep->top, place) : sweep->top;
    DIR *directory = opendir(path);
    bool empty = directory != NULL;

    for (const struct dirent *entry; directory && (entry = readdir(directory));)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            empty &= sweep_entry(sweep, place, vl_arena_strdup(arena, entry->d_name), depth);
    if (directory)
        (void)closedir(directory);
    if (empty)
        add_path(sweep, &sweep->directories, &sweep->directory_count, path);
    return empty;
}

static bool has_head(struct vl_arena *arena, const char *top, const struct head *head)
{
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    VL_FREE char *text = NULL;
    bool is = vl_file_read(vl_arena_printf(arena, "%s/%s", top, head->name), HEAD_LIMIT, &text, NULL, &ignored) == 0 &&
              vl_text_starts(text, head->text);

    if (text)
        explicit_bzero(text, strlen(text));
    return is;
}

/* Whether voiplab has kept a lab in this directory: one of the files says so, or there is nothing else in it. */
static bool is_state(const struct sweep *sweep)
{
    for (size_t i = 0; i < VL_COUNT(heads); i++)
        if (has_head(&sweep->gone->plan->arena, sweep->top, &heads[i]))
            return true;
    return !sweep->foreign;
}

/* A command with these paths as its operands. */
static void add_command(struct sweep *sweep, const char *const *command, const char **paths, size_t count,
                        const char *title)
{
    struct vl_arena *arena = &sweep->gone->plan->arena;
    const char **argv = vl_arena_zalloc(arena, (count + 5) * sizeof(*argv));
    size_t words = 0;

    if (!argv || !count)
        return;
    for (; *command; command++)
        argv[words++] = *command;
    for (size_t i = 0; i < count; i++)
        argv[words++] = paths[i];
    vl_plan_add_command(sweep->gone->plan, "secrets and keys of a lab that is no more", title, argv);
}

void vl_gone_state(struct vl_gone *gone)
{
    static const char *const remove_files[] = { "rm", "-f", "--", NULL };
    static const char *const remove_directories[] = { "rmdir", "--ignore-fail-on-non-empty", "--", NULL };
    struct sweep sweep = { .gone = gone, .top = gone->session->state.directory };
    struct vl_arena *arena = &gone->plan->arena;
    struct stat status;

    if (lstat(sweep.top, &status) < 0)
        return;
    if (S_ISDIR(status.st_mode))
        (void)sweep_place(&sweep, "", 0);
    else
        sweep.foreign = sweep.top;
    if (sweep.foreign)
        vl_session_event(gone->session, VOIPLAB_EVENT_WARNING, VL_THIS_HOST,
                         "'%s' is none of voiplab's and stays, with the directories that it is in", sweep.foreign);
    if (!is_state(&sweep))
        return;
    add_command(&sweep, remove_files, sweep.files, sweep.file_count,
                vl_arena_printf(arena, "state of %s goes", gone->session->lab->name));
    add_command(&sweep, remove_directories, sweep.directories, sweep.directory_count,
                vl_arena_printf(arena, "directory of %s goes", gone->session->lab->name));
}

int vl_gone_keys(struct vl_gone *gone)
{
    static const char *const endings[] = { "ed25519", "ed25519.pub", "rsa", "rsa.pub" };
    static const char *const remove_files[] = { "rm", "-f", "--", NULL };
    struct sweep sweep = { .gone = gone };
    struct vl_arena *arena = &gone->plan->arena;
    const char *path;

    for (size_t i = 0; i < gone->guest_count; i++) {
        for (size_t j = 0; j < VL_COUNT(endings) && !vl_lab_pbx(gone->session->lab, gone->guests[i]); j++) {
            path = vl_arena_printf(arena, "%s/ssh/%s_host_%s", gone->session->state.directory, gone->guests[i],
                                   endings[j]);

            if (vl_file_exists(path))
                add_path(&sweep, &sweep.files, &sweep.file_count, path);
        }
        for (const char *const *file = vl_ready_needs(gone->session, arena, gone->guests[i], NULL).files; file && *file;
             file++)
            add_path(&sweep, &sweep.files, &sweep.file_count, *file);
        path = vl_arena_printf(arena, "%s/installing-%s", gone->session->state.directory, gone->guests[i]);
        if (vl_file_exists(path))
            add_path(&sweep, &sweep.files, &sweep.file_count, path);
        for (const char *const *mark = vl_ready_marks(gone->session, arena, gone->guests[i]); *mark; mark++)
            add_path(&sweep, &sweep.files, &sweep.file_count, *mark);
        vl_made_drop(&gone->made, "guest", gone->guests[i]);
        vl_made_drop_address(&gone->made, gone->guests[i]);
        vl_made_set_place(&gone->made, &gone->plan->arena, gone->guests[i], NULL);
    }
    add_command(&sweep, remove_files, sweep.files, sweep.file_count,
                "keys and saved memory of guests that are no more");
    return vl_arena_check(arena, gone->err);
}
