/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Asterisk's configuration files (main/config.c): sections of lines, after #include, comments and templates. Nothing
 * here knows what the sections are for: extensions.conf, sip.conf and their kin are read alike.
 */
#ifndef VL_DIALPLAN_CONF_H
#define VL_DIALPLAN_CONF_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"

enum { VL_CONF_LINE_MOST = 8190 }; /* bytes of a line without its end; a longer one is dropped (Asterisk 16) */

/* Where something was written. */
struct vl_position {
    const char *file; /* as the reader was asked for it; never NULL, "" when nothing was written */
    int line;         /* from 1; 0: the file as a whole */
};

/* Where files come from. Both calls put what they return into the arena. */
struct vl_conf_reader {
    /* The text of a file, NUL-terminated. A missing one is VL_ERROR_NOTFOUND. */
    int (*read)(void *context, const char *path, struct vl_arena *arena, const char **ret_text, struct vl_error *err);
    /* The paths that a pattern of #include names, sorted; itself when nothing in it is a wildcard. May be NULL: then
     * the pattern is the path. */
    int (*expand)(void *context, const char *pattern, struct vl_arena *arena, const char *const **ret_paths,
                  size_t *ret_count, struct vl_error *err);
    /* In front of relative names of #include: astetcdir; NULL: they are read as they are. A directory other than
     * /etc/asterisk is taken for a copy of it: what is included by its whole path is looked for there first. */
    const char *directory;
    void *context;
};

/* A reader of this machine's files, each of at most 64 MiB; `directory` is kept, not copied. */
struct vl_conf_reader vl_conf_files(const char *directory);

/* A reader that knows no file at all, for text that includes none. */
extern const struct vl_conf_reader vl_conf_no_files;

struct vl_conf_line {
    const char *name, *value;
    struct vl_position at;
};

struct vl_conf_section {
    const char *name;
    bool is_template; /* [name](!): only there to be inherited from */
    struct vl_conf_line *lines;
    size_t line_count;
    struct vl_position at;
};

enum vl_conf_level {
    VL_CONF_LEVEL_NOTICE,
    VL_CONF_LEVEL_SILENT,
    VL_CONF_LEVEL_WARNING,
    VL_CONF_LEVEL_ERROR,
};

/* What is wrong with a file: X(CODE, level, rule name). The level says what Asterisk does: ERROR: the whole load fails
 * or a line is lost with an error in its log, WARNING: with a warning, SILENT: without a word, NOTICE: only worth
 * knowing. `Nothing loads' is so of the main file; of a file that is included the rest is lost. */
#define VL_CONF_MARKS(X)                                                                                               \
    X(FILE_MISSING, ERROR, "file-missing")             /* #include of a file that is not there: nothing loads */       \
    X(FILE_TRIED, NOTICE, "tryinclude-missing")        /* #tryinclude of a file that is not there */                   \
    X(FILE_DEPTH, ERROR, "include-depth")              /* #include nested too deeply */                                \
    X(EXEC, NOTICE, "exec")                            /* #exec: what it would print is not known */                   \
    X(DIRECTIVE_UNKNOWN, WARNING, "directive-unknown") /* #something */                                                \
    X(DIRECTIVE_EMPTY, WARNING, "directive-empty")     /* #include without a name */                                   \
    X(LINE_LONG, WARNING, "line-too-long")             /* dropped */                                                   \
    X(COMMENT_OPEN, WARNING, "comment-open")           /* `;--` without `--;` */                                       \
    X(COMMENT_CLOSED, SILENT, "comment-not-open")      /* `--;` without `;--`: the rest of the file is lost */         \
    X(COMMENT_DEPTH, ERROR, "comment-depth")           /* more than 128 comments in each other */                      \
    X(SECTION_BROKEN, ERROR, "section-broken")         /* no ']' or no ')': nothing loads */                           \
    X(SECTION_BASE, ERROR, "template-missing")         /* [a](b) or [a](+) of what is not there: nothing loads */      \
    X(SECTION_NONE, ERROR, "line-before-section")      /* nothing loads */                                             \
    X(LINE_BROKEN, WARNING, "line-without-equals")     /* dropped */                                                   \
    X(ESCAPE, ERROR, "escape-broken")                  /* a lone backslash: nothing loads */

enum vl_conf_code {
#define X(code, level, name) VL_CONF_##code,
    VL_CONF_MARKS(X)
#undef X
        VL_CONF_MARK_COUNT
};

struct vl_conf_mark {
    enum vl_conf_code code;
    struct vl_position at;
    const char *section; /* NULL: it is about none */
    const char *text;    /* one line, lower case, the value quoted */
};

/* In the order of the files; sections of one name are several. */
struct vl_conf {
    struct vl_conf_section **sections;
    size_t section_count;
    const char **files; /* every file that was read, once, in order */
    size_t file_count;
    struct vl_conf_mark *marks; /* in the order in which they came up */
    size_t mark_count;
    const char **moved; /* what was included by the whole path and read from beside instead, in words */
    size_t moved_count;
    bool broken; /* Asterisk would refuse the whole of it; the sections hold what could be understood all the same */
    size_t broken_by; /* then the mark that says so; the first of them */
};

/* Read `text`, which is the file `name`, and what it includes, into the arena. Fails only when memory runs out. */
int vl_conf_read(struct vl_arena *arena, const char *name, const char *text, const struct vl_conf_reader *reader,
                 struct vl_conf *ret_conf, struct vl_error *err);

/* The last line of this name in a section, in whatever case; NULL: there is none. */
const struct vl_conf_line *vl_conf_section_line(const struct vl_conf_section *section, const char *name);

/* Whether Asterisk takes a value for yes; NULL is no. */
bool vl_conf_is_true(const char *value);

#endif
