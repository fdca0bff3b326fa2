/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the files of netplan's back end share.
 */
#ifndef VL_NETWORK_NETPLAN_PART_H
#define VL_NETWORK_NETPLAN_PART_H

#include "base/buf.h"
#include "base/yaml.h"
#include "network/backend.h"

#define VL_NETPLAN "/etc/netplan/"
#define VL_NETPLAN_OWN_NAME "60-voiplab.yaml"
#define VL_NETPLAN_OWN VL_NETPLAN VL_NETPLAN_OWN_NAME
/* The entry that is ours where one for many cards would be taken for the uplink: networkd takes the first, and this
 * sorts before what people write. */
#define VL_NETPLAN_OWN_ID "00-voiplab"

struct vl_netplan {
    struct vl_arena *arena;
    const struct vl_bridge_input *input;
    const struct vl_bridge *bridge;
    const char *kind, *id; /* where the uplink stands: ethernets, vlans, bonds; NULL: nowhere */
    const char *late;      /* the file that it stands in, when netplan reads that after ours */
    const char *renderer;  /* that its entry names */
    const char *renderer_of_all;
    const char *shared;              /* the id of the first entry that is for the uplink and for others; NULL: none */
    const struct vl_yaml *of_shared; /* that entry */
    const char *shared_path;
    int shared_line;
    const struct vl_yaml *said;   /* what the entries of the uplink say, put together */
    const struct vl_yaml *before; /* the bridge's entry in our own file since an earlier run; NULL: there is none */
    struct vl_fileset *set;
    struct vl_error *err;
};

/* Kinds of links that can be an uplink, NULL-terminated; the wireless ones are refused. */
extern const char *const vl_netplan_kinds[];

/* The text of a scalar; NULL for what is none. */
const char *vl_netplan_scalar(const struct vl_yaml *node);

void vl_netplan_add(struct vl_netplan *netplan, const char *path, const struct vl_buf *text, const char *why);

/* Whether an entry is that of an interface. */
enum vl_netplan_whose { WHOSE_OTHER, WHOSE_OURS, WHOSE_SHARED, WHOSE_UNKNOWN };

enum vl_netplan_whose vl_netplan_whose(const char *id, const struct vl_yaml *entry, const char *interface,
                                       const char *mac);

/* Take the addresses of the uplink out of a file; what they are is kept in `said`. */
int vl_netplan_edit(struct vl_netplan *netplan, const struct vl_bridge_source *file);

/* Refuse an uplink that a bridge or a bond of this file has as its port. To be called when the uplink's id is known. */
int vl_netplan_check_ports(const struct vl_netplan *netplan, const struct vl_bridge_source *file);

/* Two nodes as netplan puts those of two files together: mappings by their keys, lists one behind the other; else the
 * later counts. Either may be NULL. */
const struct vl_yaml *vl_netplan_merge(struct vl_arena *arena, const struct vl_yaml *one, const struct vl_yaml *other);

/* What the bridge gets for a key that the lab file does not say: what the uplink said, or the bridge did since an
 * earlier run. NULL: nothing. */
const struct vl_yaml *vl_netplan_carried(const struct vl_netplan *netplan, const char *key);

/* The line of such a key of the bridge, when there is one. */
void vl_netplan_put_carried(const struct vl_netplan *netplan, struct vl_buf *out, const char *key);

/* A node as one line of flow style. */
void vl_netplan_put_flow(struct vl_buf *out, const struct vl_yaml *node);

/* The routes of the bridge: the default ones that the lab file gives, with what the uplink's said of them, and those
 * that lead elsewhere or are of other tables. */
void vl_netplan_put_routes(const struct vl_netplan *netplan, struct vl_buf *out);

#endif
