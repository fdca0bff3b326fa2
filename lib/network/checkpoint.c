/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "network/checkpoint.h"

#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/delete.h"
#include "base/file.h"
#include "base/text.h"
#include "machine/target.h"
#include "network/checkpoint_text.h"

enum { CHECKPOINT_LIMIT = 4 << 20 };

void vl_checkpoint_free(struct vl_checkpoint *checkpoint)
{
    vl_arena_free(&checkpoint->arena);
    *checkpoint = (struct vl_checkpoint){ .root = NULL };
}

const char *vl_checkpoint_directory(struct vl_arena *arena, const char *state_directory, const char *root)
{
    if (!strcmp(root, "/"))
        return vl_arena_printf(arena, "%s/.bridge/host", state_directory);
    return vl_arena_printf(arena, "%s/.bridge/tree-%s", state_directory, vl_text_flat(arena, root));
}

/* A name for a backup: the number before it makes it the only one, the rest is for people. Blanks part the words of a
 * checkpoint. */
static const char *backup_name(struct vl_arena *arena, unsigned number, const char *path)
{
    char *name = vl_arena_printf(arena, "%u%s", number, vl_text_flat(arena, path));

    for (char *p = name; *p; p++)
        if ((unsigned char)*p <= ' ')
            *p = '_';
    return name;
}

int vl_checkpoint_add_file(struct vl_checkpoint *checkpoint, const char *path, const char *text, mode_t mode,
                           struct vl_error *err)
{
    struct vl_arena *arena = &checkpoint->arena;
    struct vl_saved_file *grown =
        vl_arena_grow(arena, checkpoint->files, checkpoint->file_count, sizeof(*checkpoint->files));

    if (strchr(path, '\n'))
        return vl_fail(err, VL_ERROR_FAILED, "'%s' has a line end in its name; give it another name",
                       vl_text_printable(arena, path));
    if (!grown)
        return vl_no_memory(err);
    grown[checkpoint->file_count++] = (struct vl_saved_file){
        .path = vl_arena_strdup(arena, path),
        .text = text ? vl_arena_strdup(arena, text) : NULL,
        .mode = mode,
    };
    checkpoint->files = grown;
    return vl_arena_check(arena, err);
}

void vl_checkpoint_add_directory(struct vl_checkpoint *checkpoint, const char *path)
{
    struct vl_arena *arena = &checkpoint->arena;

    for (const char *end = strchr(path + 1, '/');; end = strchr(end + 1, '/')) {
        const char *part = end ? vl_arena_strndup(arena, path, (size_t)(end - path)) : vl_arena_strdup(arena, path);
        const char **grown;

        if (!vl_file_exists(part)) {
            grown = vl_arena_grow(arena, checkpoint->directories, checkpoint->directory_count, sizeof(*grown));
            if (!grown)
                return;
            grown[checkpoint->directory_count++] = part;
            checkpoint->directories = grown;
        }
        if (!end)
            return;
    }
}

/* The first number that no backup has. */
static unsigned next_backup(const char *directory)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    DIR *listing = opendir(vl_arena_printf(&arena, "%s/backup", directory));
    unsigned next = 1;

    for (const struct dirent *entry; listing && (entry = readdir(listing));) {
        unsigned number = (unsigned)strtoul(entry->d_name, NULL, 10);

        if (number >= next)
            next = number + 1;
    }
    if (listing)
        (void)closedir(listing);
    return next;
}

static int write_backups(struct vl_checkpoint *checkpoint, const char *directory, struct vl_error *err)
{
    struct vl_arena *arena = &checkpoint->arena;
    const char *backups = vl_arena_printf(arena, "%s/backup", directory);
    unsigned number = next_backup(directory);

    if (vl_file_mkdirs(backups, 0700, err) < 0)
        return -1;
    for (size_t i = 0; i < checkpoint->file_count; i++) {
        struct vl_saved_file *file = &checkpoint->files[i];

        if (!file->text)
            continue;
        file->backup = backup_name(arena, number++, file->path);
        if (vl_file_write(vl_arena_printf(arena, "%s/%s", backups, file->backup), file->text, strlen(file->text), 0600,
                          err) < 0)
            return -1;
    }
    return 0;
}

static int write_named(const struct vl_checkpoint *checkpoint, const char *directory, const char *name,
                       struct vl_error *err)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_BUF_AUTO text = VL_BUF_INIT;

    vl_checkpoint_text(checkpoint, &arena, &text);
    if (text.failed || arena.failed)
        return vl_no_memory(err);
    return vl_file_write(vl_arena_printf(&arena, "%s/%s", directory, name), vl_buf_text(&text), text.length, 0600, err);
}

static bool has_file(const struct vl_checkpoint *checkpoint, const char *path)
{
    for (size_t i = 0; i < checkpoint->file_count; i++)
        if (!strcmp(checkpoint->files[i].path, path))
            return true;
    return false;
}

static int merge_files(const struct vl_checkpoint *checkpoint, struct vl_checkpoint *original)
{
    for (size_t i = 0; i < checkpoint->file_count; i++) {
        struct vl_saved_file *grown;

        if (has_file(original, checkpoint->files[i].path))
            continue;
        grown = vl_arena_grow(&original->arena, original->files, original->file_count, sizeof(*grown));
        if (!grown)
            return -1;
        grown[original->file_count++] = checkpoint->files[i];
        original->files = grown;
    }
    for (size_t i = 0; i < checkpoint->directory_count; i++) {
        const char **grown =
            vl_arena_grow(&original->arena, original->directories, original->directory_count, sizeof(*grown));

        if (!grown)
            return -1;
        grown[original->directory_count++] = checkpoint->directories[i];
        original->directories = grown;
    }
    return 0;
}

static bool has_uplink(const struct vl_checkpoint *checkpoint, const char *name)
{
    bool found = !strcmp(checkpoint->uplink.name, name);

    for (size_t i = 0; i < checkpoint->further_count; i++)
        found |= !strcmp(checkpoint->further[i].uplink.name, name);
    return found;
}

static bool same_words(const char *const *one, const char *const *other)
{
    while (*one && *other && !strcmp(*one, *other)) {
        one++;
        other++;
    }
    return !*one && !*other;
}

static bool has_reload(const struct vl_checkpoint *checkpoint, const char *const *words)
{
    for (size_t i = 0; i < checkpoint->reload_count; i++)
        if (same_words(checkpoint->reloads[i], words))
            return true;
    return false;
}

static bool has_setting(const struct vl_checkpoint *checkpoint, const char *key)
{
    for (size_t i = 0; i < checkpoint->setting_count; i++)
        if (!strcmp(checkpoint->settings[i].key, key))
            return true;
    return false;
}

static int merge_settings(const struct vl_checkpoint *checkpoint, struct vl_checkpoint *original)
{
    for (size_t i = 0; i < checkpoint->setting_count; i++) {
        struct vl_saved_setting *grown;

        if (has_setting(original, checkpoint->settings[i].key))
            continue;
        grown = vl_arena_grow(&original->arena, original->settings, original->setting_count, sizeof(*grown));
        if (!grown)
            return -1;
        grown[original->setting_count++] = checkpoint->settings[i];
        original->settings = grown;
    }
    return 0;
}

/* The links of another uplink, and how the owner of the network learns of it. */
static int merge_network(const struct vl_checkpoint *checkpoint, struct vl_checkpoint *original)
{
    struct vl_arena *arena = &original->arena;

    for (size_t i = 0; i < checkpoint->reload_count; i++) {
        const char *const **grown;

        if (has_reload(original, checkpoint->reloads[i]))
            continue;
        grown = vl_arena_grow(arena, original->reloads, original->reload_count, sizeof(*grown));
        if (!grown)
            return -1;
        grown[original->reload_count++] = checkpoint->reloads[i];
        original->reloads = (const char *const *const *)grown;
    }
    if (checkpoint->boot && original->boot && !has_uplink(original, checkpoint->uplink.name)) {
        struct vl_saved_pair *grown = vl_arena_grow(arena, original->further, original->further_count, sizeof(*grown));

        if (!grown)
            return -1;
        grown[original->further_count++] =
            (struct vl_saved_pair){ .uplink = checkpoint->uplink, .bridge = checkpoint->bridge };
        original->further = grown;
    }
    return 0;
}

int vl_checkpoint_write(struct vl_checkpoint *checkpoint, const char *directory, struct vl_error *err)
{
    VL_CHECKPOINT_AUTO original = { .root = NULL };
    int found;

    if (vl_file_mkdirs(directory, 0700, err) < 0 || write_backups(checkpoint, directory, err) < 0)
        return -1;
    found = vl_checkpoint_find(&original, directory, "original", err);
    if (found < 0)
        return -1;
    checkpoint->first = !found;
    return write_named(checkpoint, directory, "last", err);
}

int vl_checkpoint_keep(const char *directory, struct vl_error *err)
{
    VL_CHECKPOINT_AUTO last = { .root = NULL };
    VL_CHECKPOINT_AUTO original = { .root = NULL };
    int found;

    if (vl_checkpoint_read(&last, directory, "last", err) < 0)
        return -1;
    found = vl_checkpoint_find(&original, directory, "original", err);
    if (found <= 0)
        return found < 0 ? -1 : write_named(&last, directory, "original", err);
    if (merge_files(&last, &original) < 0 || merge_settings(&last, &original) < 0 ||
        merge_network(&last, &original) < 0)
        return vl_no_memory(err);
    return write_named(&original, directory, "original", err);
}

int vl_checkpoint_read(struct vl_checkpoint *checkpoint, const char *directory, const char *name, struct vl_error *err)
{
    struct vl_arena *arena = &checkpoint->arena;
    const char *path = vl_arena_printf(arena, "%s/%s", directory, name);
    VL_FREE char *text = NULL;

    if (vl_file_read(path, CHECKPOINT_LIMIT, &text, NULL, err) < 0)
        return -1;
    if (!vl_checkpoint_parse(checkpoint, vl_arena_strdup(arena, text)))
        return vl_fail(err, VL_ERROR_FAILED, "'%s' is damaged; the files as they were are in '%s/backup'", path,
                       directory);
    for (size_t i = 0; i < checkpoint->file_count; i++) {
        struct vl_saved_file *file = &checkpoint->files[i];
        VL_ERROR_AUTO ignored = { .code = VL_OK };
        VL_FREE char *bytes = NULL;

        if (!file->backup)
            continue;
        file->lost = vl_file_read(vl_arena_printf(arena, "%s/backup/%s", directory, file->backup), CHECKPOINT_LIMIT,
                                  &bytes, NULL, &ignored) < 0;
        file->text = bytes ? vl_arena_strdup(arena, bytes) : NULL;
    }
    return vl_arena_check(arena, err);
}

int vl_checkpoint_find(struct vl_checkpoint *checkpoint, const char *directory, const char *name, struct vl_error *err)
{
    VL_ERROR_AUTO cause = { .code = VL_OK };

    if (vl_checkpoint_read(checkpoint, directory, name, &cause) == 0)
        return 1;
    if (cause.code == VL_ERROR_NOTFOUND)
        return 0;
    vl_error_move(err, &cause);
    return -1;
}

/* Put one file back. Returns 1 when it had to change. */
static int restore_file(struct vl_target *target, const struct vl_checkpoint *checkpoint,
                        const struct vl_saved_file *file, struct vl_error *err)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_ERROR_AUTO cause = { .code = VL_OK };
    VL_FREE char *now = NULL;
    mode_t mode = 0;
    int rc;

    if (file->lost)
        return vl_fail(err, VL_ERROR_FAILED, "'%s' stays as it is: its backup '%s' cannot be read", file->path,
                       file->backup);
    vl_file_sweep(
        vl_arena_printf(&arena, "%s%s", strcmp(checkpoint->root, "/") != 0 ? checkpoint->root : "", file->path));
    rc = target->ops->read(target, file->path, &now, &mode, &cause);
    if (rc < 0 && cause.code != VL_ERROR_NOTFOUND) {
        vl_error_move(err, &cause);
        return -1;
    }
    if (!file->text)
        return now ? target->ops->remove(target, file->path, err) < 0 ? -1 : 1 : 0;
    if (now && !strcmp(now, file->text) && (mode & 07777) == file->mode)
        return 0;
    return target->ops->write(target, file->path, file->text, file->mode, NULL, err) < 0 ? -1 : 1;
}

int vl_checkpoint_restore_files(const struct vl_checkpoint *checkpoint, size_t *changed, struct vl_error *err)
{
    VL_TARGET_AUTO *target = vl_target_local(checkpoint->root, err);
    int rc = 0;

    if (!target)
        return -1;
    /* one that cannot be put back must not keep the others from it */
    for (size_t i = checkpoint->file_count; i-- > 0;) {
        VL_ERROR_AUTO cause = { .code = VL_OK };
        int done = restore_file(target, checkpoint, &checkpoint->files[i], &cause);

        if (done < 0 && rc == 0)
            vl_error_move(err, &cause);
        rc = done < 0 ? -1 : rc;
        *changed += done > 0;
    }
    for (size_t i = checkpoint->directory_count; i-- > 0;)
        (void)vl_file_drop_directory(checkpoint->directories[i]);
    return rc;
}

static void forget_directory(const char *directory)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    DIR *listing = opendir(directory);

    for (const struct dirent *entry; listing && (entry = readdir(listing));)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            (void)vl_file_drop(vl_arena_printf(&arena, "%s/%s", directory, entry->d_name));
    if (listing)
        (void)closedir(listing);
}

/* `original` goes first: without it, what is left is nothing that would be put back. */
void vl_checkpoint_forget_original(const char *directory)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    const char *backups = vl_arena_printf(&arena, "%s/backup", directory);

    (void)vl_file_drop(vl_arena_printf(&arena, "%s/original", directory));
    (void)vl_file_drop(vl_arena_printf(&arena, "%s/last", directory));
    forget_directory(backups);
    (void)vl_file_drop_directory(backups);
}

void vl_checkpoint_forget(const char *directory)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    const char *parent = vl_arena_strndup(&arena, directory, (size_t)(strrchr(directory, '/') - directory));

    vl_checkpoint_forget_original(directory);
    forget_directory(directory);
    (void)vl_file_drop_directory(directory);
    (void)vl_file_drop_directory(parent);
}
