/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * extensions.conf as Asterisk understands it: contexts, extensions, priorities, with the line that each came from.
 *
 * The model is what Asterisk 16 holds in memory after a load, plus what it only says in its log: every line that it
 * drops or warns about is a diagnostic with a code and a position, for people and for a linter. Nothing here reads a
 * file, a clock or a channel: files come from a reader, the rest is text.
 *
 * A load has two stages, as in Asterisk. conf.h turns files into sections of lines (#include, templates, comments);
 * load.c turns these into the model. Extensions of a context stand in the order in which Asterisk compares them
 * (pattern.h), and an index finds those that match a number without looking at the others (index.h).
 */
#ifndef VL_DIALPLAN_DIALPLAN_H
#define VL_DIALPLAN_DIALPLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "dialplan/conf.h"
#include "dialplan/module_loading.h"

/* Limits of Asterisk 16 (config.c, channel.h, pbx.c). */
enum {
    VL_DIALPLAN_NAME_MOST = 79,   /* of a context or an extension, in a channel (AST_MAX_CONTEXT, AST_MAX_EXTENSION) */
    VL_DIALPLAN_DEPTH_MOST = 512, /* contexts that one search visits (AST_PBX_MAX_STACK) */
};

/* The priority number of a hint. */
enum { VL_PRIORITY_HINT = -1 };

/* How the priority of a line was written. */
enum vl_priority_form {
    VL_PRIORITY_FORM_NUMBER,
    VL_PRIORITY_FORM_NEXT,  /* n, next */
    VL_PRIORITY_FORM_SAME,  /* s, same */
    VL_PRIORITY_FORM_LABEL, /* the name of a label that was there */
    VL_PRIORITY_FORM_HINT,
};

/* One step of an extension: one line of the file. */
struct vl_priority {
    int number;              /* VL_PRIORITY_HINT for a hint, else 1 or more (less is possible by `1+-5`) */
    const char *label;       /* NULL: none */
    const char *application; /* as written, without blanks in front; "" when the line ends before it */
    const char *arguments;   /* between the first '(' and the last ')'; "" when there are none */
    enum vl_priority_form form;
    int plus;         /* what `+N` added, also written as a negative number; 0 when nothing was */
    bool by_same;     /* the line was `same =>`, not `exten =>` */
    size_t order;     /* how many steps of the extension were loaded before it */
    const char *name; /* the extension's name as this line wrote it, variables filled in, blanks gone */
    struct vl_position at;
};

/* A name in a context, with the steps in rising order: a hint first. */
struct vl_extension {
    const struct vl_context *context;
    const char *name;    /* as shown: blanks outside of sets are gone */
    const char *pattern; /* as compared: dashes outside of sets are gone too */
    const char
        *callerid; /* the caller id it is for, dashes and all; "": for callers without one; NULL: for everybody */
    struct vl_priority *priorities;
    size_t priority_count;
    size_t rank;           /* its place in context->extensions */
    size_t entered;        /* which line of its context, counted from 1, brought its first step */
    struct vl_position at; /* of the first step, whose spelling is the extension's too */
};

/* `include => NAME[,TIMES,WEEKDAYS,DAYS,MONTHS[,TIMEZONE]]` */
struct vl_include {
    const char *name;         /* of the context, which need not exist */
    const char *written;      /* the whole value, variables filled in */
    struct vl_timing *timing; /* NULL: always */
    struct vl_position at;
};

enum vl_switch_kind {
    VL_SWITCH,
    VL_LSWITCH,
    VL_ESWITCH,
};

/* `switch => NAME/DATA`, where Asterisk asks somebody else: named, never asked. */
struct vl_switch {
    enum vl_switch_kind kind;
    const char *name, *data;
    struct vl_position at;
};

struct vl_ignorepat {
    const char *pattern;
    struct vl_position at;
};

struct vl_context {
    const char *name;
    struct vl_extension **extensions; /* in Asterisk's order */
    size_t extension_count;
    struct vl_include *includes; /* in file order */
    size_t include_count;
    struct vl_switch *switches;
    size_t switch_count;
    struct vl_ignorepat *ignorepats;
    size_t ignorepat_count;
    bool autohints;
    struct vl_position *sections; /* every [section] of this name; at least one */
    size_t section_count;
    struct vl_index *index;
    struct vl_trie *trie; /* with general.new_pattern_match only: trie.h */
    size_t loaded;        /* steps that lines of it brought */
    bool looked_up;       /* a label that stands for a priority, in the midst of them */
};

struct vl_global {
    const char *name, *value; /* the value with globals that stand above it filled in */
    struct vl_position at;
};

/* [general]; a missing line is Asterisk's default. */
struct vl_dialplan_general {
    bool static_config, write_protect, clear_globals; /* default no */
    bool autofallthrough;                             /* default yes */
    bool new_pattern_match;                           /* extenpatternmatchnew, default no */
    const char *users_context;                        /* default "default" */
    const char *override_switch;                      /* NULL: none */
};

/* X(CODE, level, rule name): the marks of conf.h, then what only a dialplan can have wrong. */
#define VL_DIALPLAN_DIAGNOSTICS(X)                                                                                     \
    VL_CONF_MARKS(X)                                 /* conf.h */                                                      \
    X(KEY_UNKNOWN, WARNING, "key-unknown")           /* neither exten nor include nor … : dropped */                 \
    X(SAME_FIRST, ERROR, "same-without-exten")       /* `same` before any `exten` of the section: dropped */           \
    X(LABEL_OPEN, WARNING, "label-without-end")      /* `1(label`: dropped */                                          \
    X(LABEL_TWICE, WARNING, "label-twice")           /* the label is dropped, the line stays */                        \
    X(NEXT_FIRST, WARNING, "next-first")             /* `n` as the first priority of a section: dropped */             \
    X(SAME_PRIORITY_FIRST, WARNING, "same-first")    /* `s` as the first priority of a section: dropped */             \
    X(NEXT_AFTER_HINT, SILENT, "next-after-hint")    /* `n` after a hint is priority 0: dropped */                     \
    X(NEXT_ACROSS, NOTICE, "next-across-extensions") /* `n` goes on from another extension's number */                 \
    X(PRIORITY_UNKNOWN, WARNING, "priority-unknown") /* neither a number nor a label: dropped */                       \
    X(PRIORITY_SMALL, WARNING, "priority-below-one") /* dropped */                                                     \
    X(PRIORITY_TWICE, ERROR, "priority-twice")       /* the first one stays */                                         \
    X(PARENTHESIS, WARNING, "parenthesis-open")      /* no ')' : the arguments go to the end of the line */            \
    X(NAME_EMPTY, ERROR, "name-empty")               /* `exten => ,1,…`: dropped */                                  \
    X(PATTERN_WIDE, WARNING, "pattern-matches-all")  /* `_.` or `_!` */                                                \
    X(PATTERN_OPEN, WARNING, "set-open")             /* '[' without ']': never matches */                              \
    X(NAME_LONG, NOTICE, "name-too-long")            /* more than a channel can hold */                                \
    X(INCLUDE_TWICE, WARNING, "include-twice")       /* dropped */                                                     \
    X(INCLUDE_UNKNOWN, WARNING, "include-unknown")   /* no context of that name */                                     \
    X(INCLUDE_TIME, WARNING, "include-time")         /* a part of the times means nothing */                           \
    X(SWITCH_TWICE, WARNING, "switch-twice")         /* dropped */                                                     \
    X(IGNOREPAT_TWICE, WARNING, "ignorepat-twice")   /* dropped */                                                     \
    X(OTHER_LANGUAGE, NOTICE, "other-language")      /* AEL or Lua: named, not read */

enum vl_dialplan_code {
#define X(code, level, name) VL_DIALPLAN_##code,
    VL_DIALPLAN_DIAGNOSTICS(X)
#undef X
        VL_DIALPLAN_CODE_COUNT
};

_Static_assert((int)VL_DIALPLAN_ESCAPE == (int)VL_CONF_MARK_COUNT - 1, "a mark is the diagnostic of its number");

struct vl_diagnostic {
    enum vl_dialplan_code code;
    struct vl_position at;
    const char *text;    /* one line, lower case, the value quoted */
    const char *context; /* the context, and the extension, that it is about; NULL: none */
    const char *extension;
};

/* Who has to do with a context beside the plan: beside.h. */
struct vl_maker {
    const char *context, *file;
};

struct vl_dialplan {
    struct vl_arena arena;        /* owns everything below */
    struct vl_context **contexts; /* in the order in which their names first appear */
    size_t context_count;
    struct vl_global *globals;
    size_t global_count;
    struct vl_dialplan_general general;
    const char **files; /* every file that was read, once, in order */
    size_t file_count;
    const char **moved; /* as vl_conf.moved */
    size_t moved_count;
    struct vl_maker *makers;
    size_t maker_count;
    struct vl_module_loading loading;  /* modules.conf beside it: beside.h */
    struct vl_diagnostic *diagnostics; /* in the order in which they came up */
    size_t diagnostic_count;
    bool broken;      /* Asterisk would refuse the whole of it; the model holds what could be understood all the same */
    size_t broken_by; /* then the diagnostic that says so; the first of them */
    struct vl_names *context_names, *global_names;
};

/* Load `path`, what it includes, and users.conf beside it (users.h). Fails only when `path` cannot be read or memory
 * runs out: what is wrong inside is a diagnostic. The caller frees the result. */
struct vl_dialplan *vl_dialplan_load(const char *path, const struct vl_conf_reader *reader, struct vl_error *err);

/* The same for text that is at hand; `name` stands in positions. */
struct vl_dialplan *vl_dialplan_parse(const char *name, const char *text, const struct vl_conf_reader *reader,
                                      struct vl_error *err);

/* Accepts NULL. */
void vl_dialplan_free(struct vl_dialplan *plan);

static inline void vl_dialplan_cleanup(struct vl_dialplan **plan)
{
    vl_dialplan_free(*plan);
}

#define VL_DIALPLAN_AUTO __attribute__((cleanup(vl_dialplan_cleanup))) struct vl_dialplan

/* By name, which is case sensitive; NULL when there is none. */
const struct vl_context *vl_dialplan_context(const struct vl_dialplan *plan, const char *name);

/* The value of a global, NULL when there is none. Names of variables are case sensitive. */
const char *vl_dialplan_global(const struct vl_dialplan *plan, const char *name);

/* The step of this number or label; NULL when there is none. Of two with one label it is the one loaded first. */
const struct vl_priority *vl_extension_priority(const struct vl_extension *extension, int number);
const struct vl_priority *vl_extension_label(const struct vl_extension *extension, const char *label);

const char *vl_diagnostic_rule(enum vl_dialplan_code code);
enum vl_conf_level vl_diagnostic_level(enum vl_dialplan_code code);

#endif
