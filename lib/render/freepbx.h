/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A guest whose configuration another program makes from a data base: FreePBX, and Elastix and Issabel, which grew out
 * of it. With `freepbx = database` its trunks, outbound routes and extensions are rows of that data base, as if a
 * person had typed them into its web page. Pure functions: SQL and texts out; who runs them is plan/database.h.
 *
 * What is ours. A table of our own, voiplab_owned, has the number and the name of every trunk, route and extension that
 * we made; one is ours while the row with that number still has that name. So a person sees the names of the thesis and
 * no mark, and what somebody else makes with a number that was ours once is not taken for ours. Before 2.8 a route is
 * no row of a table of routes, and its place in the order is part of its name: there the rows of the route say
 * `voiplab` in their column `descr`, which no page shows. The table goes with the last thing that is in it.
 */
#ifndef VL_RENDER_FREEPBX_H
#define VL_RENDER_FREEPBX_H

#include <stdbool.h>

#include "base/arena.h"
#include "lab/lab.h"
#include "lab/state.h"

/* The tables of a data base, by the release that brought them; the differences are a row each in freepbx_sql.c. */
enum vl_freepbx_era {
    VL_FREEPBX_2_6,  /* 2.6, 2.7: routes are rows of the table `extensions` */
    VL_FREEPBX_2_8,  /* 2.8 to 2.10: outbound_routes */
    VL_FREEPBX_2_11, /* 2.11, Issabel: a trunk may let the call go on to the next */
    VL_FREEPBX_12,   /* 12 to 17: PJSIP */
    VL_FREEPBX_ERAS,
};

struct vl_freepbx {
    struct vl_arena *arena; /* texts go here; when memory runs out arena->failed is set and they must not be used */
    const struct vl_lab *lab;
    const struct vl_state *state;
    const struct vl_pbx *pbx;
    enum vl_freepbx_era era;
    bool pjsip; /* its Asterisk has no chan_sip */
};

/* "2.8", as the script says it; and back: false when no era is called so. */
const char *vl_freepbx_era_name(enum vl_freepbx_era era);
bool vl_freepbx_era_of(const char *name, enum vl_freepbx_era *ret_era);

/* What shall be there, a line a row, sorted: what vl_freepbx_look_sql() prints when all is right. No number that the
 * data base gives is in it. */
const char *vl_freepbx_wanted(const struct vl_freepbx *freepbx);

/* Lines in the order of vl_freepbx_wanted(), in place of whatever order they came in. */
const char *vl_freepbx_sorted(struct vl_arena *arena, const char *text);

/* What is asked for: with `remove` nothing but that all of ours goes. Three texts of SQL for the client `mysql`.
 *
 * The look prints what is ours, and a line `clash TEXT` for everything of others that is in the way. It has a part for
 * each era, between `-- era NAME` and `-- end`, of which the script takes one.
 *
 * The change is one transaction under a lock, which also makes it one where the tables know no transactions. It takes
 * out all that is ours, puts in what is wanted, with the numbers that it had, and touches no other row. It fails as a
 * whole, with its text, at what the look calls a clash. It leaves the row `reload` in voiplab_owned. */
const char *vl_freepbx_look_sql(struct vl_freepbx *freepbx, bool remove);
const char *vl_freepbx_change_sql(const struct vl_freepbx *freepbx, bool remove);

/* What the guest's shell runs, with the SQL on stdin: `look`, `apply` or `remove` is its argument. In
 * freepbx_script.c. */
extern const char vl_freepbx_script[];

#endif
