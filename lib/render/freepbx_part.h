/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a data base of FreePBX shall have, between who reads the lab (freepbx_wanted.c) and who writes it down
 * (freepbx_sql.c as SQL, freepbx_look.c as lines).
 */
#ifndef VL_RENDER_FREEPBX_PART_H
#define VL_RENDER_FREEPBX_PART_H

#include "base/buf.h"
#include "render/freepbx.h"

/* A row of the tables sip, iax and pjsip. */
struct vl_freepbx_option {
    const char *keyword, *data;
};

struct vl_freepbx_options {
    struct vl_freepbx_option *items;
    size_t count;
};

struct vl_freepbx_trunk {
    const char *name;                       /* what the page calls it */
    const char *tech;                       /* sip, iax2, pjsip */
    const char *table;                      /* where its options are */
    const char *channel, *user;             /* section of outgoing and of incoming calls; user "": none */
    struct vl_freepbx_options peer, caller; /* the options of the two */
    const char *registration;               /* NULL: none */
};

struct vl_freepbx_route {
    const char *name;
    bool emergency;
    const char *const *patterns; /* without `_` */
    size_t pattern_count;
    const char *trunks[2]; /* their channels, in the order in which they are tried */
    size_t trunk_count;
};

struct vl_freepbx_extension {
    const char *number, *name, *tech, *dial;
    struct vl_freepbx_options device;
};

struct vl_freepbx_model {
    struct vl_freepbx_trunk *trunks; /* the hub's first */
    size_t trunk_count;
    struct vl_freepbx_route *routes; /* emergency first */
    size_t route_count;
    struct vl_freepbx_extension *extensions;
    size_t extension_count;
};

/* With `remove` the empty model. */
struct vl_freepbx_model vl_freepbx_model(const struct vl_freepbx *freepbx, bool remove);

/* An option's place in the output: 1 would mean that it is disabled. */
enum { VL_FREEPBX_FIRST_FLAG = 2 };

/* Where the parts of a trunk are kept. */
enum vl_freepbx_section { VL_FREEPBX_PEER, VL_FREEPBX_USER, VL_FREEPBX_REGISTRATION, VL_FREEPBX_SECTIONS };
extern const struct vl_freepbx_section_name {
    const char *id;   /* of its rows, before the number of the trunk */
    const char *word; /* in our lines */
} vl_freepbx_sections[VL_FREEPBX_SECTIONS];

/* Whether a pattern is a number: then it stands in the dialplan without `_`. */
bool vl_freepbx_is_number(const char *pattern);

/* The Macro of a trunk in a route before 2.8, after its number: the thesis's authors set no PIN. */
#define VL_FREEPBX_MACRO_REST ",${EXTEN},"

/* Append a string as SQL has it. */
void vl_freepbx_quote(struct vl_buf *sql, const char *text);

/* Append what is in the way, as queries with a row for each: before it `before`, after it `after`. */
void vl_freepbx_clashes(const struct vl_freepbx *freepbx, const struct vl_freepbx_model *model, bool guard,
                        struct vl_buf *sql);

#endif
