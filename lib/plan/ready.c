/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/ready.h"

#include <dirent.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"

#define RECORD ".state"
#define MEMORY ".save"
#define MARK ".still"
#define NO_MEMORY "memory none"

enum { RECORD_LIMIT = 4096, MOST_PAIRS = 1000000 };

const char *vl_ready_directory(const struct vl_session *session, struct vl_arena *arena)
{
    return vl_arena_printf(arena, "%s/saved", session->state.directory);
}

const char *vl_ready_path(const struct vl_session *session, struct vl_arena *arena, const char *name, const char *tag)
{
    return vl_arena_printf(arena, "%s/%s.%s" RECORD, vl_ready_directory(session, arena), name, tag);
}

const char *vl_ready_files_path(const struct vl_session *session, struct vl_arena *arena, const char *name)
{
    return vl_arena_printf(arena, "%s/%s.files", vl_ready_directory(session, arena), name);
}

/* What a file is known by: its size, and when it was written last. */
static const char *memory_line(struct vl_arena *arena, const char *path)
{
    struct stat status;

    if (!path)
        return NO_MEMORY;
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

/* A record without what it needs is none. */
static void understand(struct vl_arena *arena, const char *directory, const char *name, const char *const *lines,
                       struct vl_ready *ready)
{
    const char *memory = first_word(arena, value(lines, "memory")), *taken = value(lines, "taken");

    ready->layer = first_word(arena, value(lines, "layer"));
    ready->definition = value(lines, "definition");
    ready->machine = value(lines, "machine");
    ready->files = value(lines, "files");
    if (!taken || !vl_text_number(taken, 0, LONG_MAX, &ready->taken))
        ready->taken = 0;
    if (!ready->layer || !ready->definition || !memory || strchr(memory, '/') || !vl_made_layer_of(ready->layer, name))
        *ready = (struct vl_ready){ .tag = ready->tag, .layer = "", .torn = "its record cannot be read" };
    else if (strcmp(memory, "none") != 0)
        ready->memory = vl_arena_printf(arena, "%s/%s", directory, memory);
}

bool vl_ready_parse(const struct vl_session *session, struct vl_arena *arena, const char *text, const char *name,
                    struct vl_ready *ret_ready)
{
    const char *const *lines = vl_text_split(arena, text, "\n");

    *ret_ready = (struct vl_ready){ .tag = NULL };
    if (!lines)
        return false;
    understand(arena, vl_ready_directory(session, arena), name, lines, ret_ready);
    return !ret_ready->torn;
}

/* What a record says, whatever is there. *ret_lines is NULL where there is none. */
static int read_record(const struct vl_session *session, struct vl_arena *arena, const char *name, const char *tag,
                       struct vl_ready *ret_ready, const char *const **ret_lines, struct vl_error *err)
{
    VL_ERROR_AUTO cause = { .code = VL_OK };
    VL_FREE char *text = NULL;

    *ret_lines = NULL;
    *ret_ready = (struct vl_ready){ .tag = tag };
    if (vl_file_read(vl_ready_path(session, arena, name, tag), RECORD_LIMIT, &text, NULL, &cause) < 0) {
        if (cause.code == VL_ERROR_NOTFOUND)
            return 0;
        vl_error_move(err, &cause);
        return -1;
    }
    *ret_lines = vl_text_split(arena, text, "\n");
    if (*ret_lines)
        understand(arena, vl_ready_directory(session, arena), name, *ret_lines, ret_ready);
    return vl_arena_check(arena, err);
}

const char *vl_ready_files(const struct vl_session *session, struct vl_arena *arena, const char *name, const char *tag)
{
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    const char *const *lines;
    struct vl_ready ready;

    return read_record(session, arena, name, tag, &ready, &lines, &ignored) == 0 && !ready.torn ? ready.files : NULL;
}

int vl_ready_read(const struct vl_session *session, struct vl_hypervisor *hypervisor, struct vl_arena *arena,
                  const char *pool, const char *name, const char *tag, struct vl_ready *ret_ready, struct vl_error *err)
{
    const char *const *lines;

    if (read_record(session, arena, name, tag, ret_ready, &lines, err) < 0)
        return -1;
    if (!ret_ready->layer || ret_ready->torn)
        return 0;
    return find_tear(hypervisor, arena, pool, ret_ready, lines, err) < 0 ? -1 : vl_arena_check(arena, err);
}

static const char *line_of(struct vl_arena *arena, const char *key, const char *text)
{
    return text ? vl_arena_printf(arena, "%s %s\n", key, text) : "";
}

const char *vl_ready_text(struct vl_hypervisor *hypervisor, struct vl_arena *arena, const char *pool,
                          const struct vl_ready *ready, struct vl_error *err)
{
    const char *memory = memory_line(arena, ready->memory), *layer;

    if (layer_line(hypervisor, arena, pool, ready->layer, &layer, err) < 0)
        return NULL;
    if (layer && memory)
        return vl_arena_printf(arena,
                               "# A snapshot of a guest, which voiplab reset or revert puts it back to: a disk, and "
                               "the memory that goes with it.\n%s\n%s\ndefinition %s\n%s%staken %ld\n",
                               layer, memory, ready->definition, line_of(arena, "machine", ready->machine),
                               line_of(arena, "files", ready->files), ready->taken);
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

/* NAME.TAG.state; no PBX and no tag has a dot in its name. */
static bool is_record(struct vl_arena *arena, const char *file, struct vl_ready_name *ret_name)
{
    const char *dot = strchr(file, '.'), *end;

    if (!dot || !vl_text_ends(dot, RECORD) || (end = strchr(dot + 1, '.')) == NULL || strcmp(end, RECORD) != 0)
        return false;
    *ret_name = (struct vl_ready_name){ .guest = vl_arena_strndup(arena, file, (size_t)(dot - file)),
                                        .tag = vl_arena_strndup(arena, dot + 1, (size_t)(end - dot - 1)) };
    return vl_text_is_name(ret_name->guest) && vl_text_is_name(ret_name->tag);
}

static bool is_of(const char *file, const char *name, const char *end)
{
    size_t length = strlen(name);

    return !strncmp(file, name, length) && file[length] == '.' && vl_text_ends(file, end);
}

const char *vl_ready_mark(struct vl_arena *arena, const char *memory)
{
    size_t length = vl_text_ends(memory, MEMORY) ? strlen(memory) - strlen(MEMORY) : strlen(memory);

    return vl_arena_printf(arena, "%.*s" MARK, (int)length, memory);
}

static int compare_names(const void *a, const void *b)
{
    const struct vl_ready_name *one = a, *other = b;
    int order = strcmp(one->guest, other->guest);

    return order ? order : strcmp(one->tag, other->tag);
}

const struct vl_ready_name *vl_ready_list(const struct vl_session *session, struct vl_arena *arena, const char *name)
{
    struct vl_ready_name *names = vl_arena_zalloc(arena, sizeof(*names)), found, *grown;
    DIR *entries = opendir(vl_ready_directory(session, arena));
    size_t count = 0;

    for (const struct dirent *entry; names && entries && (entry = readdir(entries));) {
        if (!is_record(arena, entry->d_name, &found) || (name && strcmp(found.guest, name) != 0))
            continue;
        grown = vl_arena_grow(arena, names, count + 1, sizeof(*grown));
        if (!grown)
            break;
        names = grown;
        names[count++] = found;
        names[count] = (struct vl_ready_name){ .tag = NULL };
    }
    if (entries)
        (void)closedir(entries);
    if (names)
        qsort(names, count, sizeof(*names), compare_names);
    return names;
}

/* A list in the making. */
struct list {
    struct vl_arena *arena;
    const char **items;
    size_t count;
};

static struct list list_of(struct vl_arena *arena)
{
    return (struct list){ .arena = arena, .items = vl_arena_zalloc(arena, sizeof(const char *)) };
}

static void add(struct list *list, const char *item)
{
    const char **grown = list->items ? vl_arena_grow(list->arena, list->items, list->count + 1, sizeof(*grown)) : NULL;

    if (!grown)
        return;
    list->items = grown;
    grown[list->count++] = item;
    grown[list->count] = NULL;
}

static bool has(const struct list *list, const char *item)
{
    for (size_t i = 0; i < list->count; i++)
        if (!strcmp(list->items[i], item))
            return true;
    return false;
}

const char *const *vl_ready_marks(const struct vl_session *session, struct vl_arena *arena, const char *name)
{
    static const char *const none[] = { NULL };
    const char *directory = vl_ready_directory(session, arena);
    struct list marks = list_of(arena);
    DIR *entries = opendir(directory);

    for (const struct dirent *entry; entries && (entry = readdir(entries));)
        if (is_of(entry->d_name, name, MARK))
            add(&marks, vl_arena_printf(arena, "%s/%s", directory, entry->d_name));
    if (entries)
        (void)closedir(entries);
    return marks.items ? marks.items : none;
}

/* What the records need. False: one of them does not say. */
static bool collect(const struct vl_session *session, struct vl_arena *arena, const char *name,
                    const struct vl_ready *instead, struct list *layers, struct list *memories)
{
    bool known = true;

    for (const struct vl_ready_name *record = vl_ready_list(session, arena, name); record && record->tag; record++) {
        VL_ERROR_AUTO ignored = { .code = VL_OK };
        const char *const *lines;
        struct vl_ready ready;

        if (!strcmp(record->tag, instead->tag))
            continue;
        if (read_record(session, arena, name, record->tag, &ready, &lines, &ignored) < 0 || ready.torn) {
            known = false;
            continue;
        }
        if (ready.layer)
            add(layers, ready.layer);
        if (ready.memory)
            add(memories, ready.memory);
    }
    if (instead->layer)
        add(layers, instead->layer);
    if (instead->memory)
        add(memories, instead->memory);
    return known;
}

/* They go with the ready state. */
static void add_files_kept(const struct vl_session *session, const char *name, const struct vl_ready *instead,
                           struct list *files)
{
    const char *path = vl_ready_files_path(session, files->arena, name);

    if ((!instead || (!instead->layer && !strcmp(instead->tag, VL_READY_TAG))) && path && vl_file_exists(path))
        add(files, path);
}

struct vl_ready_needs vl_ready_needs(const struct vl_session *session, struct vl_arena *arena, const char *name,
                                     const struct vl_ready *instead)
{
    struct list layers = list_of(arena), memories = list_of(arena), files = list_of(arena);
    const char *directory = vl_ready_directory(session, arena);
    bool known = !instead || collect(session, arena, name, instead, &layers, &memories);
    DIR *entries = opendir(directory);

    for (const struct dirent *entry; entries && (entry = readdir(entries));) {
        const char *path = vl_arena_printf(arena, "%s/%s", directory, entry->d_name);

        if (path && known && is_of(entry->d_name, name, MEMORY) && !has(&memories, path))
            add(&files, path);
    }
    if (entries)
        (void)closedir(entries);
    for (const struct vl_ready_name *record = vl_ready_list(session, arena, name); record && record->tag; record++)
        if (!instead || (!instead->layer && !strcmp(record->tag, instead->tag)))
            add(&files, vl_ready_path(session, arena, name, record->tag));
    add_files_kept(session, name, instead, &files);
    return (struct vl_ready_needs){ .layers = known ? layers.items : NULL, .files = files.items };
}
