/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lab/ini.h"

#include <errno.h>
#include <iniparser.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/memory.h"
#include "base/own.h"
#include "base/text.h"

enum { FILE_LIMIT = 1 << 20, LINE_LIMIT = 1000 };

#define NAME_CHARACTERS "abcdefghijklmnopqrstuvwxyz0123456789-"

struct scan {
    bool lost;    /* there is such a section */
    bool goes_on; /* the line before, which was a mistake, goes on in this one */
    bool skips;   /* the header of this section is a mistake: its lines are no one's */
    struct vl_arena *arena;
    struct vl_ini *ini;
    const char *file;
    int line;
    struct vl_error *err;
};

#define MISTAKE(scan, ...) vl_fail_at((scan)->err, VL_ERROR_LAB, (scan)->file, (scan)->line, __VA_ARGS__)

static const struct vl_ini_entry *find_line(const struct vl_ini_section *section, const char *key)
{
    for (size_t i = 0; i < section->entry_count; i++)
        if (!strcmp(section->entries[i].key, key))
            return &section->entries[i];
    return NULL;
}

const struct vl_ini_entry *vl_ini_entry(const struct vl_ini_section *section, const char *key)
{
    const struct vl_ini_entry *entry = find_line(section, key);

    return entry && *entry->value ? entry : NULL;
}

bool vl_ini_is_wrong(const struct vl_ini_section *section, const char *key)
{
    const struct vl_ini_entry *entry = find_line(section, key);

    return entry && !*entry->value;
}

/* What is wrong with the characters of a section's or key's name. */
static int check_name(const struct scan *scan, const char *what, const char *name, const char *allowed)
{
    size_t good = strspn(name, allowed);

    if (!*name)
        return MISTAKE(scan, "the %s has no name", what);
    if (!name[good])
        return 0;
    if (name[good] >= 'A' && name[good] <= 'Z')
        return MISTAKE(scan, "the %s name '%s' has upper case letters; names are lower case", what,
                       vl_text_printable(scan->arena, name));
    return MISTAKE(scan, "the %s name '%s' may hold only a-z, 0-9 and '-'", what, vl_text_printable(scan->arena, name));
}

/* The name in a header. NULL: what stands there is none, or has text behind it. */
static char *header_name(const struct scan *scan, char *text)
{
    char *end = strchr(text, ']');

    if (!end) {
        (void)MISTAKE(scan, "'%s' has no closing bracket", vl_text_printable(scan->arena, text));
        return NULL;
    }
    *end = '\0';
    if (*vl_text_strip(end + 1)) {
        (void)MISTAKE(scan, "there is text after the section '[%s]'; put it, or a comment, on a line of its own",
                      vl_text_printable(scan->arena, text + 1));
        return NULL;
    }
    return vl_text_strip(text + 1);
}

static int add_section(const struct scan *scan, char *text)
{
    struct vl_ini_section *section, *grown;
    char *space;

    if (check_name(scan, "section", text, NAME_CHARACTERS " ") < 0)
        return -1;
    if (strstr(text, "  "))
        return MISTAKE(scan, "the section name '%s' has two blanks in a row; use one", text);
    for (size_t i = 0; i < scan->ini->section_count; i++)
        if (!strcmp(scan->ini->sections[i].name, text))
            return MISTAKE(scan, "the section [%s] is there twice; the first is in line %d", text,
                           scan->ini->sections[i].line);
    grown = vl_arena_grow(scan->arena, scan->ini->sections, scan->ini->section_count, sizeof(*grown));
    if (!grown)
        return vl_no_memory(scan->err);
    scan->ini->sections = grown;
    section = &grown[scan->ini->section_count++];
    *section = (struct vl_ini_section){ .name = vl_arena_strdup(scan->arena, text), .line = scan->line };
    space = strchr(text, ' ');
    section->kind = vl_arena_strndup(scan->arena, text, strcspn(text, " "));
    section->label = space ? vl_arena_strdup(scan->arena, vl_text_strip(space)) : "";
    return 0;
}

static int add_entry(const struct scan *scan, char *text)
{
    char *equals = strchr(text, '=');
    struct vl_ini_section *section;
    const struct vl_ini_entry *twin;
    struct vl_ini_entry *grown;

    if (!equals)
        return MISTAKE(scan, "'%s' is no [section] and no key = value", vl_text_printable(scan->arena, text));
    *equals = '\0';
    text = vl_text_strip(text);
    if (scan->ini->section_count == 0)
        return MISTAKE(scan, "the key '%s' stands before the first [section]", vl_text_printable(scan->arena, text));
    section = &scan->ini->sections[scan->ini->section_count - 1];
    if (check_name(scan, "key", text, NAME_CHARACTERS) < 0)
        return -1;
    twin = find_line(section, text);
    if (twin)
        return MISTAKE(scan, "[%s] %s is there twice; the first is in line %d", section->name, text, twin->line);
    grown = vl_arena_grow(scan->arena, section->entries, section->entry_count, sizeof(*grown));
    if (!grown)
        return vl_no_memory(scan->err);
    section->entries = grown;
    grown[section->entry_count++] =
        (struct vl_ini_entry){ .key = vl_arena_strdup(scan->arena, text), .value = "", .line = scan->line };
    return 0;
}

/* A header that only lacks its bracket, or has text behind it, says all the same which section this is. What else is
 * wrong with it is not told then. */
static int begin_section(struct scan *scan, char *line)
{
    struct vl_error *told = scan->err;
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    char *name = header_name(scan, line);

    if (!name) {
        scan->err = &ignored;
        line[strcspn(line, ";#")] = '\0';
    }
    scan->skips = add_section(scan, name ? name : vl_text_strip(line + 1)) < 0;
    scan->err = told;
    scan->lost |= scan->skips;
    return name && !scan->skips ? 0 : -1;
}

static int scan_line(struct scan *scan, char *line)
{
    size_t length = strlen(line);
    bool goes_on = scan->goes_on;

    scan->goes_on = length && line[length - 1] == '\\';
    if (goes_on)
        return 1;
    if (length > LINE_LIMIT)
        return MISTAKE(scan, "the line is longer than %d characters", LINE_LIMIT);
    if (scan->goes_on)
        return MISTAKE(scan, "a value cannot go on in the next line; put it in one line");
    line = vl_text_strip(line);
    if (!*line || *line == ';' || *line == '#')
        return 0;
    if (*line != '[')
        return scan->skips ? 1 : add_entry(scan, line);
    return begin_section(scan, line);
}

/* The text as iniparser gets it: without what nothing is read of, and it takes no long lines; a header that is taken
 * for what it was meant to be is whole. */
static void keep_line(const struct scan *scan, size_t sections_before, int rc, const char *line, size_t length,
                      struct vl_buf *kept)
{
    if (rc == 0)
        vl_buf_add(kept, line, length);
    else if (scan->ini->section_count > sections_before)
        vl_buf_printf(kept, "[%s]", scan->ini->sections[scan->ini->section_count - 1].name);
    vl_buf_putc(kept, '\n');
}

/* Every line, also behind one that is a mistake: all of them are told at once. `whole` is the same text, of which
 * *kept becomes what is no mistake. */
static int scan_text(struct scan *scan, char *text, const char *whole, struct vl_buf *kept)
{
    struct vl_error *all = scan->err;
    const char *start = text;

    if (vl_text_starts(text, "\xef\xbb\xbf")) {
        scan->line = 1;
        return MISTAKE(scan, "the file starts with a byte order mark; save it as UTF-8 without one");
    }
    while (text) {
        char *line = strsep(&text, "\n");
        size_t length = strlen(line), sections = scan->ini->section_count;
        VL_ERROR_AUTO one = { .code = VL_OK };
        int rc;

        scan->line++;
        if (length && line[length - 1] == '\r')
            line[length - 1] = '\0';
        scan->err = &one;
        rc = scan_line(scan, line);
        scan->err = all;
        keep_line(scan, sections, rc, whole + (line - start), length, kept);
        if (rc < 0 && !scan->ini->section_count)
            scan->lost = true;
        else if (rc < 0 && scan->ini->section_count == sections)
            scan->ini->sections[sections - 1].told = true;
        if (rc < 0 && !vl_error_gather(all, &one))
            return -1;
    }
    if (!kept->failed)
        return 0;
    vl_error_clear(all);
    return vl_no_memory(all);
}

static int swallow_message(const char *format, ...)
{
    (void)format;
    return 0;
}

static void free_dictionary(dictionary *const *values)
{
    if (*values)
        iniparser_freedict(*values);
}

/* Let iniparser read exactly the bytes that were scanned: from memory, so that the file cannot change in between. */
static int parse_values(const struct scan *scan, const char *text, dictionary **ret_values)
{
    VL_CLOSE int memory = memfd_create("voiplab.ini", MFD_CLOEXEC);
    const char *path = vl_arena_printf(scan->arena, "/proc/self/fd/%d", memory);
    size_t length = strlen(text);

    if (vl_arena_check(scan->arena, scan->err) < 0)
        return -1;
    iniparser_set_error_callback(swallow_message);
    if (memory >= 0 && write(memory, text, length) == (ssize_t)length)
        *ret_values = iniparser_load(path);
    return *ret_values ? 0 : vl_fail_at(scan->err, VL_ERROR_LAB, scan->file, 0, "iniparser cannot read this file");
}

static int fetch_values(struct scan *scan, const dictionary *values)
{
    struct vl_error *all = scan->err;

    for (size_t i = 0; i < scan->ini->section_count; i++) {
        struct vl_ini_section *section = &scan->ini->sections[i];

        for (size_t j = 0; j < section->entry_count; j++) {
            struct vl_ini_entry *entry = &section->entries[j];
            VL_FREE char *path = NULL;
            const char *value;

            if (vl_asprintf(&path, "%s:%s", section->name, entry->key) < 0)
                return vl_no_memory(scan->err);
            value = iniparser_getstring(values, path, "");
            scan->line = entry->line;
            if (!*value) {
                VL_ERROR_AUTO one = { .code = VL_OK };

                (void)vl_fail_at(&one, VL_ERROR_LAB, scan->file, scan->line, "[%s] %s has no value", section->name,
                                 entry->key);
                section->told = true;
                if (!vl_error_gather(all, &one))
                    return -1;
                continue;
            }
            entry->value = vl_arena_strdup(scan->arena, value);
        }
    }
    return 0;
}

int vl_ini_read_all(struct vl_arena *arena, const char *path, struct vl_ini *ret_ini, bool *ret_lost,
                    struct vl_error *mistakes, struct vl_error *err)
{
    struct vl_ini ini = { .file = vl_arena_strdup(arena, path) };
    struct scan scan = { .arena = arena, .ini = &ini, .file = ini.file, .err = mistakes };
    __attribute__((cleanup(free_dictionary))) dictionary *values = NULL;
    VL_FREE char *text = NULL, *copy = NULL;
    VL_BUF_AUTO kept = VL_BUF_INIT;

    if (vl_own_read(path, FILE_LIMIT, VL_OWN_WORD, &text, &ini.exposed, err) < 0) {
        if (err->code != VL_ERROR_MEMORY)
            err->code = VL_ERROR_LAB;
        return strstr(vl_error_text(err), path) ? -1 : vl_error_wrap(err, "%s", path);
    }
    copy = vl_strdup(text);
    if (!copy)
        return vl_no_memory(err);
    if (scan_text(&scan, copy, text, &kept) < 0 || parse_values(&scan, vl_buf_text(&kept), &values) < 0 ||
        fetch_values(&scan, values) < 0) {
        vl_error_move(err, mistakes);
        return -1;
    }
    if (arena->failed)
        return vl_no_memory(err);
    *ret_lost = scan.lost;
    *ret_ini = ini;
    return 0;
}

int vl_ini_read(struct vl_arena *arena, const char *path, struct vl_ini *ret_ini, struct vl_error *err)
{
    VL_ERROR_AUTO mistakes = { .code = VL_OK };
    bool lost;

    if (vl_ini_read_all(arena, path, ret_ini, &lost, &mistakes, err) < 0)
        return -1;
    if (!mistakes.code)
        return 0;
    vl_error_move(err, &mistakes);
    return -1;
}
