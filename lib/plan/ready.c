/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/ready.h"

#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"

enum { RECORD_LIMIT = 4096, MOST_PAIRS = 1000000 };

const char *vl_ready_directory(const struct vl_session *session, struct vl_arena *arena)
{
    return vl_arena_printf(arena, "%s/saved", session->state.directory);
}

const char *vl_ready_path(const struct vl_session *session, struct vl_arena *arena, const char *name)
{
    return vl_arena_printf(arena, "%s/%s.ready.state", vl_ready_directory(session, arena), name);
}

/* What a file is known by: its size, and when it was written last. */
static const char *memory_line(struct vl_arena *arena, const char *path)
{
    struct stat status;

    if (stat(path, &status) < 0)
        return NULL;
    return vl_arena_printf(arena, "memory %s %lld %lld.%09ld", strrchr(path, '/') + 1, (long long)status.st_size,
                           (long long)status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
}

/* The same of a volume, as libvirt knows it. *ret_line is NULL when there is none. */
static int layer_line(struct vl_hypervisor *hypervisor, struct vl_arena *arena, const char *pool, const char *name,
                      const char **ret_line, struct vl_error *err)
{
    struct vl_volume volume = { .name = NULL };

    if (hypervisor && vl_hypervisor_volume(hypervisor, arena, pool, name, &volume, err) < 0)
        return -1;
    *ret_line = volume.name ? vl_arena_printf(arena, "layer %s %s", name, volume.stamp) : NULL;
    return 0;
}

/* The value of a line of the record: NULL when it has none of this key. */
static const char *value(const char *const *lines, const char *key)
{
    size_t length = strlen(key);

    for (; *lines; lines++)
        if (!strncmp(*lines, key, length) && (*lines)[length] == ' ')
            return *lines + length + 1;
    return NULL;
}

static const char *first_word(struct vl_arena *arena, const char *text)
{
    return text ? vl_arena_strndup(arena, text, strcspn(text, " ")) : NULL;
}

static bool has_line(const char *const *lines, const char *wanted)
{
    for (; wanted && *lines; lines++)
        if (!strcmp(*lines, wanted))
            return true;
    return false;
}

static int find_tear(struct vl_hypervisor *hypervisor, struct vl_arena *arena, const char *pool, struct vl_ready *ready,
                     const char *const *lines, struct vl_error *err)
{
    const char *memory = memory_line(arena, ready->memory), *layer;

    if (layer_line(hypervisor, arena, pool, ready->layer, &layer, err) < 0)
        return -1;
    if (!has_line(lines, layer))
        ready->torn = layer ? "its disk was written to since" : "its disk is gone";
    else if (!has_line(lines, memory))
        ready->torn = memory ? "its memory was written to since" : "its memory is gone";
    return 0;
}

bool vl_ready_parse(const struct vl_session *session, struct vl_arena *arena, const char *text, const char *name,
                    struct vl_ready *ret_ready)
{
    const char *const *lines = vl_text_split(arena, text, "\n");
    const char *memory = first_word(arena, value(lines, "memory"));

    *ret_ready = (struct vl_ready){ .layer = first_word(arena, value(lines, "layer")),
                                    .definition = value(lines, "definition") };
    if (!ret_ready->layer || !ret_ready->definition || !memory || strchr(memory, '/') ||
        !vl_made_layer_of(ret_ready->layer, name))
        return false;
    ret_ready->memory = vl_arena_printf(arena, "%s/%s", vl_ready_directory(session, arena), memory);
    return true;
}

int vl_ready_read(const struct vl_session *session, struct vl_hypervisor *hypervisor, struct vl_arena *arena,
                  const char *pool, const char *name, struct vl_ready *ret_ready, struct vl_error *err)
{
    VL_ERROR_AUTO cause = { .code = VL_OK };
    VL_FREE char *text = NULL;
    const char *const *lines;

    *ret_ready = (struct vl_ready){ .layer = NULL };
    if (vl_file_read(vl_ready_path(session, arena, name), RECORD_LIMIT, &text, NULL, &cause) < 0) {
        if (cause.code == VL_ERROR_NOTFOUND)
            return 0;
        vl_error_move(err, &cause);
        return -1;
    }
    lines = vl_text_split(arena, text, "\n");
    if (!vl_ready_parse(session, arena, text, name, ret_ready)) {
        *ret_ready = (struct vl_ready){ .layer = "", .torn = "its record cannot be read" };
        return 0;
    }
    if (find_tear(hypervisor, arena, pool, ret_ready, lines, err) < 0)
        return -1;
    return vl_arena_check(arena, err);
}

const char *vl_ready_text(struct vl_hypervisor *hypervisor, struct vl_arena *arena, const char *pool,
                          const struct vl_ready *ready, struct vl_error *err)
{
    const char *memory = memory_line(arena, ready->memory), *layer;

    if (layer_line(hypervisor, arena, pool, ready->layer, &layer, err) < 0)
        return NULL;
    if (layer && memory)
        return vl_arena_printf(arena,
                               "# The ready state of a guest, which voiplab reset puts it back to: a disk, and the "
                               "memory that goes with it.\n%s\n%s\ndefinition %s\n",
                               layer, memory, ready->definition);
    (void)vl_fail(err, VL_ERROR_NOTFOUND, "there is no %s '%s', which was saved just now", layer ? "file" : "volume",
                  layer ? ready->memory : ready->layer);
    return NULL;
}

void vl_ready_name_next(const struct vl_session *session, struct vl_arena *arena, const struct vl_made *made,
                        const char *name, struct vl_ready *ready)
{
    const char *stem = vl_arena_printf(arena, "%s.ready-", name);
    long last = 0;

    for (size_t i = 0; i < made->count; i++) {
        const char *volume = vl_made_volume_line(made, made->lines[i]);
        long number;

        if (!volume || !vl_made_layer_of(volume, name))
            continue;
        volume += strlen(stem);
        if (vl_text_number(vl_arena_strndup(arena, volume, strspn(volume, "0123456789")), 1, MOST_PAIRS, &number) &&
            number > last)
            last = number;
    }
    ready->layer = vl_arena_printf(arena, "%s%ld.qcow2", stem, last + 1);
    ready->memory = vl_arena_printf(arena, "%s/%s%ld.save", vl_ready_directory(session, arena), stem, last + 1);
}

static bool is_of(const char *file, const char *name)
{
    size_t length = strlen(name);

    return !strncmp(file, name, length) && file[length] == '.' &&
           (vl_text_ends(file, ".save") || vl_text_ends(file, ".state"));
}

const char *const *vl_ready_files(const struct vl_session *session, struct vl_arena *arena, const char *name,
                                  const char *memory)
{
    const char *directory = vl_ready_directory(session, arena), *record = vl_ready_path(session, arena, name),
               **files = vl_arena_zalloc(arena, sizeof(*files));
    DIR *entries = opendir(directory);
    size_t count = 0;

    for (const struct dirent *entry; files && entries && (entry = readdir(entries));) {
        const char *path = vl_arena_printf(arena, "%s/%s", directory, entry->d_name);
        const char **grown;

        if (!is_of(entry->d_name, name) || (memory && (!strcmp(path, memory) || !strcmp(path, record))))
            continue;
        grown = vl_arena_grow(arena, files, count + 1, sizeof(*grown));
        if (!grown)
            break;
        files = grown;
        files[count++] = path;
        files[count] = NULL;
    }
    if (entries)
        (void)closedir(entries);
    return files;
}
