/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What Asterisk's modules bring into a dialplan: applications, functions and technologies of channels, of Asterisk 1.2
 * to 22, whichever of them a version has.
 */
#ifndef VL_DIALPLAN_PROVIDED_H
#define VL_DIALPLAN_PROVIDED_H

#include <stdbool.h>
#include <stddef.h>

enum vl_provides {
    VL_PROVIDES_APPLICATION,
    VL_PROVIDES_FUNCTION,
    VL_PROVIDES_CHANNEL,
};

/* A module, and what it brings, separated by blanks. */
struct vl_module {
    const char *name; /* "": Asterisk itself; NULL: it is not known which, or none of Asterisk's own */
    int since;        /* the first version after 16 that brings it; 0: 16 does */
    const char *applications, *written, *read_only, *channel;
};

extern const struct vl_module vl_modules[];
extern const size_t vl_module_count;

/* The module that brings what has this name, without ".so"; NULL: Asterisk itself does, or it is not known which. */
const char *vl_module_of(enum vl_provides kind, const char *name);

struct vl_module_loading;

enum vl_presence_kind {
    VL_PRESENCE_HERE,
    VL_PRESENCE_UNLOADED,  /* modules.conf loads none of the modules that bring it */
    VL_PRESENCE_GONE,      /* this version no longer has it */
    VL_PRESENCE_LATER,     /* this version has it not yet */
    VL_PRESENCE_ELSEWHERE, /* others than Asterisk's modules bring it, or those of some old version did */
    VL_PRESENCE_NONE,      /* nobody is known to bring it */
};

struct vl_presence {
    enum vl_presence_kind kind;
    const char *module;  /* UNLOADED: the first of them */
    int version;         /* GONE, LATER: since when */
    const char *instead; /* GONE: what is written today */
};

/* Whether a version of Asterisk with these modules (NULL: not known, or all) has what is so called, in whatever case of
 * its letters. */
struct vl_presence vl_presence_of(const struct vl_module_loading *loading, enum vl_provides kind, const char *name,
                                  int asterisk);

#endif
