/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The applications that matter to the course of a call, each in one row: what it does, and which of its arguments and
 * options name a place. Whoever follows, draws or checks calls reads this table and has no list of his own; jump.h
 * takes the arguments apart by it.
 */
#ifndef VL_DIALPLAN_APPLICATION_H
#define VL_DIALPLAN_APPLICATION_H

#include <stdbool.h>
#include <stddef.h>

/* What it does to the course of the call that it is a step of. */
enum vl_effect {
    VL_EFFECT_NONE, /* the call goes on */
    VL_EFFECT_GOTO,
    VL_EFFECT_GOSUB,
    VL_EFFECT_MACRO,
    VL_EFFECT_EXEC,     /* calls another application, `APPLICATION(ARGUMENTS)` */
    VL_EFFECT_TRY_EXEC, /* the same, and goes on when that fails */
    VL_EFFECT_RETURN,
    VL_EFFECT_POP, /* forgets the innermost Gosub */
    VL_EFFECT_MACRO_EXIT,
    VL_EFFECT_HANGUP,
    VL_EFFECT_TONE,        /* until the caller hangs up, or for the time of the first argument; then the call ends */
    VL_EFFECT_MORE_DIGITS, /* the call waits for them, or has none */
    VL_EFFECT_LOOP,
    VL_EFFECT_PROGRAM, /* which may set any variable */
    VL_EFFECT_SET,
    VL_EFFECT_SET_MANY,
    VL_EFFECT_SET_ONCE, /* as Set, in a version before the one whose calls are followed */
    VL_EFFECT_READ,
    VL_EFFECT_DELETE_KEY,  /* of AstDB: `family/key` */
    VL_EFFECT_DELETE_TREE, /* `family[/keytree]` */
    VL_EFFECT_DIAL,
    VL_EFFECT_PIN,
    VL_EFFECT_WAIT_EXTEN,
    VL_EFFECT_COUNT
};

/* When it does so. */
enum vl_when {
    VL_WHEN_ALWAYS,
    VL_WHEN_CONDITION, /* `CONDITION?YES:NO` */
    VL_WHEN_TIME,      /* the same with `TIMES,WEEKDAYS,DAYS,MONTHS[,TIMEZONE]` */
};

/* How the two marks of a condition are found: some applications, and IF(), take their arguments apart with regard to
 * quotes, parentheses and brackets; others take the first '?' and the first ':' behind it, or know no ':'. IF() takes
 * blanks away, too. */
enum vl_condition_marks { VL_MARKS_OUTSIDE, VL_MARKS_FIRST, VL_MARKS_QUESTION, VL_MARKS_FUNCTION };

/* How a place is written. */
enum vl_place_form {
    VL_FORM_PLACE,     /* `[[context,]extension,]priority`, for a Gosub with `(value,…)` behind; '^' counts as ',' */
    VL_FORM_ROUTINE,   /* `context[,value…]`: its s,1 */
    VL_FORM_MACRO,     /* `name[,value…]`: s,1 of `macro-name` */
    VL_FORM_CONTEXT,   /* `context`: what somebody dials is looked up there */
    VL_FORM_REST,      /* VL_FORM_PLACE in this argument and those behind it */
    VL_FORM_ORIGINATE, /* `exten,context[,extension[,priority]]` in the same way; another first word names no place */
};

/* How a call comes to a place. */
enum vl_jump_kind { VL_JUMP_GOTO, VL_JUMP_GOSUB, VL_JUMP_MACRO };

/* A place that stands in an argument beside what the effect is about. */
struct vl_place_slot {
    unsigned char argument; /* counted from 0, and from that of the devices where there are any */
    char option;            /* the letter that has it in parentheses; '\0': the whole argument */
    enum vl_place_form form;
    enum vl_jump_kind kind;
    bool own; /* the call itself goes there, and before anybody answers; else who is called, or only when he answers */
};

struct vl_application {
    const char *name;
    enum vl_effect effect;
    enum vl_when when;
    enum vl_condition_marks marks;
    bool silent;           /* what nobody hears is no place where a number leads to */
    bool asks;             /* something is asked of the caller, or decided about him */
    bool parts;            /* has several arguments, and '|' means nothing in them */
    bool mailboxes;        /* in its first argument */
    unsigned char devices; /* the argument that names channels, counted from 1; 0: none does */
    unsigned char slot_count;
    const struct vl_place_slot *slots;
    const char *reports; /* the variables that say how it went, separated by blanks; NULL: none */
};

extern const struct vl_application vl_applications[];
extern const size_t vl_application_count;

/* The row of this name, whatever the case of its letters; one without a name when there is none. */
const struct vl_application *vl_application(const char *name);

/* Whether the call never comes to the step behind it, whatever happens. */
bool vl_application_leaves(const struct vl_application *application);

/* Whether it takes the call to a place that its arguments name, perhaps on a condition. */
bool vl_application_jumps(const struct vl_application *application);

/* Whether it calls another application. */
bool vl_application_calls(const struct vl_application *application);

/* Whether the variable of this name says how the application went. */
bool vl_application_reports(const struct vl_application *application, const char *name);

/* Whether it sets the variables that its arguments name. */
bool vl_application_sets(const struct vl_application *application);

#endif
