/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/manifest.h"

#include <inttypes.h>
#include <string.h>

#include "base/archive.h"
#include "base/buf.h"
#include "base/text.h"

#define STATE "state/"
#define VOLUMES "volumes/"

enum { MOST_ENTRIES = 20000, FILE_WORDS = 5, VOLUME_WORDS = 7, HEX_DIGITS = 64 };

/* A disk of more is nobody's. */
#define LARGEST (UINT64_C(1) << 46)

const char *vl_manifest_text(struct vl_arena *arena, const struct vl_manifest *manifest)
{
    VL_BUF_AUTO text = VL_BUF_INIT;

    vl_buf_printf(&text, VL_MANIFEST_FORMAT "\nlab %s\nby %s\nmade %" PRIu64 "\nbase %s\n", manifest->lab,
                  manifest->version, manifest->made, manifest->has_base ? "yes" : "no");
    for (size_t i = 0; i < manifest->count; i++) {
        const struct vl_backup_entry *entry = &manifest->entries[i];

        if (entry->is_volume)
            vl_buf_printf(&text, "volume %s %s %" PRIu64 " %s %" PRIu64 " %s\n", entry->path, entry->format,
                          entry->capacity, entry->backing ? entry->backing : "-", entry->size, entry->sha256);
        else
            vl_buf_printf(&text, "file %s %o %" PRIu64 " %s\n", entry->path, entry->mode, entry->size, entry->sha256);
    }
    vl_buf_puts(&text, "end\n");
    arena->failed |= text.failed;
    return vl_arena_strdup(arena, vl_buf_text(&text));
}

static bool read_number(const char *word, unsigned base, uint64_t most, uint64_t *ret_number)
{
    uint64_t number = 0;

    if (!*word || (word[0] == '0' && word[1]))
        return false;
    for (; *word; word++) {
        if (*word < '0' || (unsigned)(*word - '0') >= base)
            return false;
        number = number * base + (unsigned)(*word - '0');
        if (number > most)
            return false;
    }
    *ret_number = number;
    return true;
}

static bool read_sum(const char *word, char *sum)
{
    if (strlen(word) != HEX_DIGITS || strspn(word, "0123456789abcdef") != HEX_DIGITS)
        return false;
    memcpy(sum, word, HEX_DIGITS + 1);
    return true;
}

static size_t count_words(const char *const *words)
{
    size_t count = 0;

    while (words[count])
        count++;
    return count;
}

/* file PATH MODE SIZE SHA256 */
static bool read_file(const char *const *words, struct vl_backup_entry *entry)
{
    uint64_t mode;

    if (count_words(words) != FILE_WORDS || !vl_archive_is_plain(words[1]) ||
        (strcmp(words[1], VL_MANIFEST_LAB) != 0 && !vl_text_starts(words[1], STATE)) ||
        !read_number(words[2], 8, 0777, &mode) || !read_number(words[3], 10, LARGEST, &entry->size) ||
        !read_sum(words[4], entry->sha256))
        return false;
    entry->path = words[1];
    entry->mode = (unsigned)mode;
    return true;
}

/* Of a name of a volume: it is one part of a path, and no option of a command. */
static bool is_volume_name(const char *name)
{
    return vl_archive_is_plain(name) && !strchr(name, '/') && *name != '-' && *name != '.';
}

/* volume volumes/SITE/NAME FORMAT CAPACITY BACKING SIZE SHA256 */
static bool read_volume(struct vl_arena *arena, const char *const *words, struct vl_backup_entry *entry)
{
    const char *site, *slash;

    if (count_words(words) != VOLUME_WORDS || !vl_archive_is_plain(words[1]) || !vl_text_starts(words[1], VOLUMES))
        return false;
    site = words[1] + strlen(VOLUMES);
    slash = strchr(site, '/');
    if (!slash || !vl_text_is_name(vl_arena_strndup(arena, site, (size_t)(slash - site))) || !is_volume_name(slash + 1))
        return false;
    entry->is_volume = true;
    entry->path = words[1];
    entry->name = slash + 1;
    entry->format = words[2];
    entry->backing = strcmp(words[4], "-") != 0 ? words[4] : NULL;
    return (!strcmp(words[2], "qcow2") || (!strcmp(words[2], "raw") && !entry->backing)) &&
           (!entry->backing || is_volume_name(entry->backing)) &&
           read_number(words[3], 10, LARGEST, &entry->capacity) && read_number(words[5], 10, LARGEST, &entry->size) &&
           read_sum(words[6], entry->sha256);
}

static bool read_entry(struct vl_arena *arena, const char *line, struct vl_manifest *manifest)
{
    const char *const *words = vl_text_split(arena, line, " ");
    struct vl_backup_entry *grown, entry = { .path = NULL };
    bool good = words && words[0] &&
                (!strcmp(words[0], "file")     ? read_file(words, &entry)
                 : !strcmp(words[0], "volume") ? read_volume(arena, words, &entry)
                                               : false);

    if (!good || manifest->count == MOST_ENTRIES || vl_manifest_find(manifest, entry.path))
        return false;
    grown = vl_arena_grow(arena, manifest->entries, manifest->count, sizeof(*grown));
    if (!grown)
        return false;
    grown[manifest->count++] = entry;
    manifest->entries = grown;
    return true;
}

/* The value of a line `KEY VALUE`; NULL: it is another one. */
static const char *value_of(const char *line, const char *key)
{
    size_t length = strlen(key);

    return line && !strncmp(line, key, length) && line[length] == ' ' && line[length + 1] ? line + length + 1 : NULL;
}

static bool read_head(const char *const *lines, struct vl_manifest *manifest)
{
    const char *made, *base;

    if (!lines[0] || strcmp(lines[0], VL_MANIFEST_FORMAT) != 0 || !(manifest->lab = value_of(lines[1], "lab")) ||
        !(manifest->version = value_of(lines[2], "by")) || !(made = value_of(lines[3], "made")) ||
        !(base = value_of(lines[4], "base")))
        return false;
    manifest->has_base = !strcmp(base, "yes");
    return vl_text_is_name(manifest->lab) && read_number(made, 10, LARGEST, &manifest->made) &&
           (manifest->has_base || !strcmp(base, "no"));
}

enum { HEAD_LINES = 5 };

int vl_manifest_parse(struct vl_arena *arena, const char *text, struct vl_manifest *ret_manifest, struct vl_error *err)
{
    const char *const *lines = vl_text_split(arena, text, "\n");
    size_t i = HEAD_LINES;

    *ret_manifest = (struct vl_manifest){ .lab = NULL };
    if (!lines || arena->failed)
        return vl_no_memory(err);
    if (lines[0] && vl_text_starts(lines[0], "voiplab-backup ") && strcmp(lines[0], VL_MANIFEST_FORMAT) != 0)
        return vl_fail(err, VL_ERROR_FAILED, "it is of another version of voiplab: '%s', and this one knows '%s'",
                       vl_text_printable(arena, lines[0]), VL_MANIFEST_FORMAT);
    if (!read_head(lines, ret_manifest))
        return vl_fail(err, VL_ERROR_FAILED, "its list does not begin as that of a backup of voiplab's");
    for (; lines[i] && strcmp(lines[i], "end") != 0; i++)
        if (!read_entry(arena, lines[i], ret_manifest))
            return arena->failed ? vl_no_memory(err)
                                 : vl_fail(err, VL_ERROR_FAILED, "its list has a line that none can have: '%s'",
                                           vl_text_quote(arena, lines[i], VL_TEXT_QUOTED));
    if (!lines[i] || lines[i + 1])
        return vl_fail(err, VL_ERROR_FAILED, "its list is cut off");
    return vl_arena_check(arena, err);
}

const struct vl_backup_entry *vl_manifest_find(const struct vl_manifest *manifest, const char *path)
{
    for (size_t i = 0; i < manifest->count; i++)
        if (!strcmp(manifest->entries[i].path, path))
            return &manifest->entries[i];
    return NULL;
}
