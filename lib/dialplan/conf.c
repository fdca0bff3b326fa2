/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One file is read line by line: comments go first, since `;--` … `--;` may open and close anywhere; what is left is a
 * section header, a directive or `name = value`. Where Asterisk would give up on the whole load, conf->broken is set
 * and reading goes on: whoever looks for mistakes wants all of them. In a file that another includes Asterisk gives up
 * on the rest of that file only, and on those that the same #include names after it.
 */
#include "dialplan/conf.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/names.h"
#include "base/cleanup.h"
#include "base/text.h"

/* What reading a line or a file gives, beside 0 and -1: memory ran out. */
enum { READ = 1, GIVEN_UP = 2 };

enum { NEST_MOST = 128, INCLUDE_MOST = 10, SECTION_NAME_MOST = 79, INHERITED_TIMES = 300 };

/* Bytes of files that others include, each as often as it is: ten lines that include their own file, ten deep, are
 * more than anyone has, and the files may be those of a guest. */
enum { INCLUDED_MOST = 32 << 20 };

#define ASTETCDIR "/etc/asterisk"

struct parser {
    struct vl_arena *arena;
    const struct vl_conf_reader *reader;
    struct vl_conf *conf;
    struct vl_conf_section *section; /* the one that lines of this file go to */
    struct vl_conf_section *current; /* the last one of all files: where a file that is included begins */
    unsigned depth;
    bool too_deep;              /* files include each other: none is followed any more */
    size_t included;            /* bytes of files that are included */
    struct vl_names all, plain; /* the first section of each name, in whatever case; without the templates */
    size_t read;                /* lines of all files so far */
    size_t inherited; /* lines copied from templates: bounded by those read, since templates of templates can double
                         each time */
};

struct file {
    const char *name;
    int line;
    int comments;     /* how many are open; below 0 after one too many was closed */
    int comment_line; /* where the first of them started */
};

static struct vl_position here(const struct file *file)
{
    return (struct vl_position){ .file = file->name, .line = file->line };
}

/* Editors of other systems put it in front of a file; Asterisk passes it over. */
#define BYTE_ORDER_MARK "\xef\xbb\xbf"

static int read_text(struct parser *parser, const char *name, char *text);

__attribute__((format(printf, 5, 6))) static void
mark(struct parser *parser, enum vl_conf_code code, struct vl_position at, const char *section, const char *format, ...)
{
    struct vl_conf *conf = parser->conf;
    struct vl_conf_mark *marks = vl_arena_grow(parser->arena, conf->marks, conf->mark_count, sizeof(*marks));
    char text[512]; /* a line can be long, and its start is enough */
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (!marks)
        return;
    conf->marks = marks;
    marks[conf->mark_count++] = (struct vl_conf_mark){
        .code = code, .at = at, .section = section, .text = vl_text_printable(parser->arena, text)
    };
}

/* Cut the comments out of a line, in place. NULL: nothing of it is outside of one. */
static char *without_comments(struct parser *parser, struct file *file, char *line)
{
    char *kept = file->comments ? NULL : line, *scan = line, *at;

    while ((at = strchr(scan, ';'))) {
        if (at > scan && at[-1] == '\\') {
            memmove(at - 1, at, strlen(at) + 1);
            scan = at;
        } else if (at[1] == '-' && at[2] == '-' && at[3] != '-') {
            if (file->comments >= NEST_MOST) {
                mark(parser, VL_CONF_COMMENT_DEPTH, here(file), NULL, "more than %d comments in each other", NEST_MOST);
                scan = at + 3;
                continue;
            }
            if (file->comments++ == 0)
                file->comment_line = file->line;
            *at = '\0';
            scan = at + 3;
        } else if (at >= scan + 2 && at[-1] == '-' && at[-2] == '-') {
            scan = at + 1;
            if (--file->comments == 0) {
                if (kept) {
                    char *end = kept + strlen(kept);

                    memmove(end, scan, strlen(scan) + 1);
                    scan = end;
                } else {
                    kept = scan;
                }
            } else if (file->comments == -1) {
                mark(parser, VL_CONF_COMMENT_CLOSED, here(file), NULL,
                     "'--;' closes a comment that is not open: Asterisk ignores the rest of the file");
            }
        } else if (!file->comments) {
            *at = '\0';
            break;
        } else {
            scan = at + 1;
        }
    }
    return kept;
}

static bool same_name(const void *entry, const void *key)
{
    return !strcasecmp(((const struct vl_conf_section *)entry)->name, key);
}

static uint64_t hash_of(const char *name)
{
    uint64_t hash = VL_HASH_START;

    for (; *name; name++) {
        char c = (char)tolower((unsigned char)*name);

        hash = vl_hash_bytes(hash, &c, 1);
    }
    return hash;
}

/* The first section of this name, in whatever case; the templates too when `templates`. */
static struct vl_conf_section *find_section(const struct parser *parser, const char *name, bool templates)
{
    return vl_names_find(templates ? &parser->all : &parser->plain, hash_of(name), same_name, name);
}

static void add_line(struct vl_arena *arena, struct vl_conf_section *section, struct vl_conf_line line)
{
    struct vl_conf_line *lines = vl_arena_grow(arena, section->lines, section->line_count, sizeof(*lines));

    if (!lines)
        return;
    section->lines = lines;
    lines[section->line_count++] = line;
}

static void inherit(struct parser *parser, const struct file *file, struct vl_conf_section *section,
                    const struct vl_conf_section *base)
{
    size_t count = base->line_count;

    if (parser->inherited + count > parser->read * INHERITED_TIMES) {
        mark(parser, VL_CONF_SECTION_BASE, here(file), section->name,
             "the templates grow beyond all measure: '%s' is left out", base->name);
        return;
    }
    parser->inherited += count;
    for (size_t i = 0; i < count; i++)
        add_line(parser->arena, section, base->lines[i]);
}

/* What was just marked makes Asterisk give up. */
static int broken(struct parser *parser)
{
    struct vl_conf *conf = parser->conf;

    if (parser->depth)
        return GIVEN_UP;
    if (!conf->broken && conf->mark_count)
        conf->broken_by = conf->mark_count - 1;
    conf->broken = true;
    return 0;
}

static void append_section(struct parser *parser, struct vl_conf_section *section)
{
    struct vl_conf *conf = parser->conf;
    struct vl_conf_section **sections =
        vl_arena_grow(parser->arena, conf->sections, conf->section_count, sizeof(*sections));

    if (!sections)
        return;
    conf->sections = sections;
    sections[conf->section_count++] = section;
    if (!find_section(parser, section->name, true))
        vl_names_add(parser->arena, &parser->all, hash_of(section->name), section);
    if (!section->is_template && !find_section(parser, section->name, false))
        vl_names_add(parser->arena, &parser->plain, hash_of(section->name), section);
}

/* One word of the list in parentheses. Returns the section that lines go to from now on; NULL: what it names is not
 * there. */
static struct vl_conf_section *apply_option(struct parser *parser, struct file *file, struct vl_conf_section *section,
                                            const char *option, bool *is_new)
{
    bool add = !strcasecmp(option, "+");
    struct vl_conf_section *other;

    if (!strcasecmp(option, "!")) {
        section->is_template = true;
        return section;
    }
    other = add ? find_section(parser, section->name, false) : find_section(parser, option, true);
    if (!other) {
        mark(parser, VL_CONF_SECTION_BASE, here(file), section->name,
             add ? "there is no section '%s' yet to add to" : "there is no section or template '%s'",
             add ? section->name : option);
        return NULL;
    }
    if (!add) {
        inherit(parser, file, section, other);
        return section;
    }
    for (size_t i = 0; *is_new && i < section->line_count; i++)
        add_line(parser->arena, other, section->lines[i]);
    *is_new = false;
    return other;
}

/* [name], [name](!,+,template,…) */
static int read_header(struct parser *parser, struct file *file, char *line)
{
    char *end = strchr(line, ']'), *options = NULL, *option;
    struct vl_arena *arena = parser->arena;
    struct vl_conf_section *section, *other;
    bool is_new = true;
    int rc = 0;

    if (end && end[1] == '(') {
        options = end + 2;
        if (!strchr(options, ')'))
            end = NULL;
        else
            *strchr(options, ')') = '\0';
    }
    if (!end) {
        mark(parser, VL_CONF_SECTION_BROKEN, here(file), NULL,
             options ? "the list behind '%s' has no ')'" : "'%s' has no ']'", line);
        return broken(parser);
    }
    *end = '\0';
    section = vl_arena_zalloc(arena, sizeof(*section));
    if (!section)
        return -1;
    section->name = vl_arena_strndup(arena, line + 1, strnlen(line + 1, SECTION_NAME_MOST));
    section->at = here(file);
    while (options && rc != GIVEN_UP && (option = strsep(&options, ","))) {
        other = apply_option(parser, file, section, option, &is_new);
        if (other)
            section = other;
        else
            rc = broken(parser);
    }
    if (is_new && rc != GIVEN_UP)
        append_section(parser, section);
    if (rc != GIVEN_UP)
        parser->section = parser->current = section;
    return rc;
}

static void remember_file(struct parser *parser, const char *name)
{
    struct vl_conf *conf = parser->conf;
    const char **files;

    for (size_t i = 0; i < conf->file_count; i++)
        if (!strcmp(conf->files[i], name))
            return;
    files = vl_arena_grow(parser->arena, conf->files, conf->file_count, sizeof(*files));
    if (!files)
        return;
    conf->files = files;
    files[conf->file_count++] = name;
}

/* Read one file: READ or GIVEN_UP; 0 when it is not there. */
static int read_path(struct parser *parser, const char *path)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    struct vl_arena *arena = parser->arena;
    const char *text;

    if (parser->reader->read(parser->reader->context, path, arena, &text, &err) < 0)
        return err.code == VL_ERROR_MEMORY ? -1 : 0;
    remember_file(parser, path);
    parser->included += strlen(text);
    return read_text(parser, path, vl_arena_strdup(arena, text));
}

static int read_matches(struct parser *parser, const char *pattern)
{
    const struct vl_conf_reader *reader = parser->reader;
    struct vl_arena *arena = parser->arena;
    VL_ERROR_AUTO err = { .code = VL_OK };
    const char *const *paths = &pattern;
    size_t count = 1;
    int found = 0, rc;

    if (reader->expand && reader->expand(reader->context, pattern, arena, &paths, &count, &err) < 0)
        return err.code == VL_ERROR_MEMORY ? -1 : 0;
    for (size_t i = 0; i < count; i++) {
        rc = read_path(parser, paths[i]);
        if (rc < 0 || rc == GIVEN_UP)
            return rc;
        found |= rc;
    }
    return found;
}

/* Where a whole path is in the copy of a PBX's files that the plan is in: below the root of a copied tree, or in a
 * directory that has all of them. NULL: nowhere, since this is no copy. */
static const char *place_in_copy(struct vl_arena *arena, const char *directory, const char *pattern)
{
    size_t length = directory ? strlen(directory) : 0, tail = strlen(ASTETCDIR);

    if (!length || *pattern != '/' || !strcmp(directory, ASTETCDIR) ||
        (vl_text_starts(pattern, directory) && pattern[length] == '/'))
        return NULL;
    if (length > tail && !strcmp(directory + length - tail, ASTETCDIR))
        return vl_arena_printf(arena, "%.*s%s", (int)(length - tail), directory, pattern);
    if (!strcmp(directory, &ASTETCDIR[1]))
        return vl_arena_printf(arena, ".%s", pattern);
    if (!vl_text_starts(pattern, ASTETCDIR "/"))
        return NULL;
    return vl_arena_printf(arena, "%s%s", directory, pattern + tail);
}

static void remember_move(struct parser *parser, const char *pattern, const char *copy)
{
    struct vl_conf *conf = parser->conf;
    const char **moved = vl_arena_grow(parser->arena, conf->moved, conf->moved_count, sizeof(*moved));

    if (!moved)
        return;
    conf->moved = moved;
    moved[conf->moved_count++] = vl_arena_printf(parser->arena, "'%s' is read from '%s'", pattern, copy);
}

static int read_paths(struct parser *parser, const char *pattern)
{
    const char *directory = parser->reader->directory, *copy = place_in_copy(parser->arena, directory, pattern);
    int found = copy ? read_matches(parser, copy) : 0;

    if (found > 0)
        remember_move(parser, pattern, copy);
    if (found)
        return found;
    if (directory && *pattern != '/')
        pattern = vl_arena_printf(parser->arena, "%s/%s", directory, pattern);
    return read_matches(parser, pattern);
}

static int include(struct parser *parser, struct file *file, char *name, bool must)
{
    size_t length = strlen(name);
    int found;

    if (length > 1 && (*name == '"' || *name == '<') && name[length - 1] == (*name == '<' ? '>' : '"')) {
        name[length - 1] = '\0';
        name++;
    }
    if (parser->depth >= INCLUDE_MOST || (!parser->too_deep && parser->included > INCLUDED_MOST)) {
        parser->too_deep = true;
        mark(parser, VL_CONF_FILE_DEPTH, here(file), NULL,
             parser->included > INCLUDED_MOST ? "files include each other, and are more than %d MiB by now"
                                              : "more than %d files that include each other",
             parser->included > INCLUDED_MOST ? INCLUDED_MOST >> 20 : INCLUDE_MOST);
        return broken(parser);
    }
    if (parser->too_deep)
        return 0;
    parser->depth++;
    found = read_paths(parser, name);
    parser->depth--;
    if (found)
        return found < 0 ? -1 : 0;
    if (!must) {
        mark(parser, VL_CONF_FILE_TRIED, here(file), NULL, "'%s' is not there", name);
        return 0;
    }
    mark(parser, VL_CONF_FILE_MISSING, here(file), NULL,
         parser->depth ? "'%s' cannot be included: Asterisk leaves out the rest of this file"
                       : "'%s' cannot be included: Asterisk refuses the whole dialplan",
         name);
    return broken(parser);
}

/* #include, #tryinclude, #exec */
static int read_directive(struct parser *parser, struct file *file, char *line)
{
    char *argument = line;
    bool known;

    while ((unsigned char)*argument > ' ')
        argument++;
    if (*argument)
        *argument++ = '\0';
    argument = vl_text_strip(argument);
    known = !strcasecmp(line, "include") || !strcasecmp(line, "tryinclude");
    if (!strcasecmp(line, "exec"))
        mark(parser, VL_CONF_EXEC, here(file), NULL, "'#exec %s' is not run", argument);
    else if (!known)
        mark(parser, VL_CONF_DIRECTIVE_UNKNOWN, here(file), NULL, "there is no '#%s'", line);
    else if (!*argument)
        mark(parser, VL_CONF_DIRECTIVE_EMPTY, here(file), NULL, "'#%s' names no file", line);
    else
        return include(parser, file, argument, !strcasecmp(line, "include"));
    return 0;
}

/* `name += more`: more goes behind the last value of this name in the section, if there is one. */
static bool append_value(struct parser *parser, const char *name, const char *more)
{
    struct vl_conf_section *section = parser->section;

    for (size_t i = section->line_count; i-- > 0;) {
        if (strcmp(section->lines[i].name, name) != 0)
            continue;
        section->lines[i].value = vl_text_strip(vl_arena_printf(parser->arena, "%s%s", section->lines[i].value, more));
        return true;
    }
    return false;
}

static int read_line(struct parser *parser, struct file *file, char *line)
{
    bool escaped = *line == '\\', append;
    struct vl_arena *arena = parser->arena;
    char *equals, *name, *value;

    if (!parser->section) {
        mark(parser, VL_CONF_SECTION_NONE, here(file), NULL, "a line before the first section");
        return broken(parser);
    }
    line += escaped;
    if (escaped && (unsigned char)*line <= ' ') {
        mark(parser, VL_CONF_ESCAPE, here(file), NULL, "a lone backslash");
        return broken(parser);
    }
    equals = *line ? strchr(line + escaped, '=') : NULL;
    if (!equals || equals == line) {
        mark(parser, VL_CONF_LINE_BROKEN, here(file), parser->section->name,
             equals ? "nothing stands before '='" : "'%s' has no '='", line);
        return 0;
    }
    append = equals > line + escaped && equals[-1] == '+';
    equals[append ? -1 : 0] = '\0';
    name = vl_text_strip(line);
    value = equals + 1;
    if (append && append_value(parser, name, value))
        return 0;
    if (*value == '>')
        value++;
    add_line(arena, parser->section,
             (struct vl_conf_line){ .name = vl_arena_strdup(arena, name),
                                    .value = vl_arena_strdup(arena, vl_text_strip(value)),
                                    .at = here(file) });
    return 0;
}

static int read_stripped(struct parser *parser, struct file *file, char *line)
{
    if (*line == '[')
        return read_header(parser, file, line);
    if (*line == '#')
        return read_directive(parser, file, line + 1);
    return *line ? read_line(parser, file, line) : 0;
}

/* Asterisk reads lines into 8,192 bytes. */
static bool fits(struct parser *parser, const struct file *file, const char *line)
{
    if (strnlen(line, VL_CONF_LINE_MOST + 1) <= VL_CONF_LINE_MOST)
        return true;
    mark(parser, VL_CONF_LINE_LONG, here(file), NULL, "more than %d bytes: Asterisk drops the line", VL_CONF_LINE_MOST);
    return false;
}

static int read_text(struct parser *parser, const char *name, char *text)
{
    struct file file = { .name = name };
    struct vl_conf_section *outer = parser->section;
    int rc = 0;

    text += vl_text_starts(text, BYTE_ORDER_MARK) ? strlen(BYTE_ORDER_MARK) : 0;
    parser->section = parser->current;
    while (text && rc == 0) {
        char *line = strsep(&text, "\n");

        file.line++;
        parser->read++;
        if (!fits(parser, &file, line))
            continue;
        line = without_comments(parser, &file, line);
        if (line)
            rc = read_stripped(parser, &file, vl_text_strip(line));
        if (parser->arena->failed)
            rc = -1;
    }
    if (file.comments > 0 && rc != GIVEN_UP) {
        file.line = file.comment_line;
        mark(parser, VL_CONF_COMMENT_OPEN, here(&file), NULL, "the comment has no '--;'");
    }
    /* whoever included this file goes on in its own section */
    parser->section = outer;
    return rc ? rc : READ;
}

int vl_conf_read(struct vl_arena *arena, const char *name, const char *text, const struct vl_conf_reader *reader,
                 struct vl_conf *ret_conf, struct vl_error *err)
{
    struct parser parser = { .arena = arena, .reader = reader, .conf = ret_conf };

    *ret_conf = (struct vl_conf){ .sections = NULL };
    name = vl_arena_strdup(arena, name);
    remember_file(&parser, name);
    if (read_text(&parser, name, vl_arena_strdup(arena, text)) < 0)
        return vl_no_memory(err);
    return vl_arena_check(arena, err);
}

const struct vl_conf_line *vl_conf_section_line(const struct vl_conf_section *section, const char *name)
{
    const struct vl_conf_line *found = NULL;

    for (size_t i = 0; i < section->line_count; i++)
        if (!strcasecmp(section->lines[i].name, name))
            found = &section->lines[i];
    return found;
}

bool vl_conf_is_true(const char *value)
{
    static const char *const words[] = { "yes", "true", "y", "t", "1", "on" };

    for (size_t i = 0; value && i < VL_COUNT(words); i++)
        if (!strcasecmp(value, words[i]))
            return true;
    return false;
}
