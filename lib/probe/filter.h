/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Rules of this host's packet filter that name a network interface. A port of a bridge is the interface of no packet
 * any more: its packets come and go by the bridge, so that a rule for it lets nobody in and keeps nobody out. The
 * kernel does not tell; who changes the network has to.
 *
 * What is read is what the filters print of themselves: iptables-save(8), ip6tables-save(8), and nft(8), which marks
 * the tables that the first two keep. firewalld and ufw put their rules into these. What counts after the next start
 * stands in files, also of those that do not run now: they are read as well.
 */
#ifndef VL_PROBE_FILTER_H
#define VL_PROBE_FILTER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

enum vl_filter {
    VL_FILTER_IPTABLES,
    VL_FILTER_IP6TABLES,
    VL_FILTER_NFTABLES,
    VL_FILTER_FIREWALLD, /* from here on: files */
    VL_FILTER_UFW,
    VL_FILTER_NFTABLES_FILE,
    VL_FILTER_IPTABLES_FILES,
    VL_FILTERS
};

/* What names the interface in one of them. */
struct vl_filter_rules {
    const char *program; /* "iptables-save", or which files they are: "/etc/ufw" */
    bool live;           /* they count now */
    const char *first;   /* the first of the rules, as it is printed */
    size_t count;
};

/* Look at this host: of the filters that name `interface` in rules that are not there for `instead` as well (NULL: in
 * any), each. How many these are. Texts are in the arena. */
size_t vl_filter_look(struct vl_arena *arena, const char *interface, const char *instead,
                      struct vl_filter_rules ret[static VL_FILTERS]);

/* The same of the text that a filter prints. */
void vl_filter_read(struct vl_arena *arena, enum vl_filter filter, const char *text, const char *interface,
                    const char *instead, struct vl_filter_rules *ret);

#endif
