/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Links, addresses and routes of this host's kernel, by rtnetlink(7): as this program needs them.
 *
 * What is read keeps the kernel's own form, so that what is put back is what was there, down to attributes that this
 * program knows nothing of (lifetimes, metrics, preferred sources). What is changed is collected in a batch and sent in
 * one system call: the kernel carries out all of it before the call returns, so that a process that is killed has done
 * either all of a batch or nothing of it.
 */
#ifndef VL_NETWORK_NETLINK_H
#define VL_NETWORK_NETLINK_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"

struct vl_net;

struct vl_net_link {
    bool exists;
    int index;
    char name[IFNAMSIZ];
    bool up, running, is_bridge, is_loopback, is_ethernet;
    char kind[16]; /* of a link that software makes: "bridge", "macvlan", …; "" for a card */
    int lower;     /* index of the link that it stands on, as a VLAN does on a card; 0: none */
    bool stp;      /* a bridge that runs the spanning tree protocol */
    int master;    /* index of the bridge, bond, … it is a port of; 0: none */
    unsigned mtu;
    unsigned char mac[6];
    bool has_mac;
    unsigned char own_mac[6]; /* that the card has of itself, whatever it was given since */
    bool has_own_mac;
    const char *alias; /* in the arena that was given; NULL: none */
};

/* An address, a route, a neighbour or a rule in the kernel's own form. */
struct vl_net_message {
    const void *bytes; /* struct nlmsghdr */
    size_t length;
};

struct vl_net_messages {
    struct vl_net_message *list;
    size_t count;
};

/* What can be told of an address or of a route. */
struct vl_net_facts {
    int family; /* AF_INET or AF_INET6 */
    unsigned char bytes[16];
    unsigned prefix;
    bool permanent;  /* of an address: not from DHCP or a router advertisement */
    bool temporary;  /* of an address: for privacy, and soon another (RFC 8981) */
    bool link_local; /* of an address, or of a route's destination */
    bool is_default; /* of a route: to everywhere */
    bool has_gateway, has_source, in_main;
    uint32_t table;
    bool by_hand; /* of a route: somebody or somebody's file gave it, not the kernel, a router, a server or a daemon */
    bool by_object; /* of a route: its next hop is an object of its own (ip-nexthop(8)) */
    unsigned char gateway[16], source[16];
};

struct vl_net *vl_net_open(struct vl_error *err);
void vl_net_close(struct vl_net *net);

static inline void vl_net_cleanup(struct vl_net **net)
{
    vl_net_close(*net);
}

#define VL_NET_AUTO __attribute__((cleanup(vl_net_cleanup))) struct vl_net

/* "02:00:00:00:00:0a", in the arena. */
const char *vl_net_mac_text(struct vl_arena *arena, const unsigned char mac[static 6]);

/* Look at one link. A missing one is no error: ret_link->exists is false. */
int vl_net_link(struct vl_net *net, struct vl_arena *arena, const char *name, struct vl_net_link *ret_link,
                struct vl_error *err);

/* Every link, in the order of their indexes. */
int vl_net_links(struct vl_net *net, struct vl_arena *arena, struct vl_net_link **ret_links, size_t *ret_count,
                 struct vl_error *err);

/* The addresses of a link, of both families. */
int vl_net_addresses(struct vl_net *net, struct vl_arena *arena, int index, struct vl_net_messages *ret,
                     struct vl_error *err);

/* The routes over a link, of both families and all tables, but for those that the kernel makes from addresses by itself
 * (tables `local`, multicast). Those without a gateway come first, as the others need them. */
int vl_net_routes(struct vl_net *net, struct vl_arena *arena, int index, struct vl_net_messages *ret,
                  struct vl_error *err);

/* The default routes of the main table, over whatever link. */
int vl_net_default_routes(struct vl_net *net, struct vl_arena *arena, struct vl_net_messages *ret,
                          struct vl_error *err);

/* Whether a route leads over the link, and whether two messages are about the same route. */
bool vl_net_route_over(const struct vl_net_message *message, int index);
bool vl_net_same_route(const struct vl_net_message *one, const struct vl_net_message *other);

struct vl_net_facts vl_net_address_facts(const struct vl_net_message *message);
struct vl_net_facts vl_net_route_facts(const struct vl_net_message *message);

/* "192.168.0.153/24", and "default via 192.168.0.1 metric 100", as ip(8) takes them. In the arena. */
const char *vl_net_address_text(struct vl_arena *arena, const struct vl_net_message *message);
const char *vl_net_route_text(struct vl_arena *arena, const struct vl_net_message *message);

/* Where a route leads and by which gateway: "203.0.113.0/24 via 192.0.2.1". NULL: by more than one. */
const char *vl_net_way_text(struct vl_arena *arena, const struct vl_net_message *route);

/* A message as one word, and back. False when the word is none that vl_net_word() made. */
const char *vl_net_word(struct vl_arena *arena, const struct vl_net_message *message);
bool vl_net_from_word(struct vl_arena *arena, const char *word, struct vl_net_message *ret_message);

/* The way to an address: the link, and the address of this host that would be the sender's. False: there is none. */
struct vl_net_way {
    int index;
    bool has_source;
    unsigned char source[16];
};
bool vl_net_way(struct vl_net *net, int family, const unsigned char *address, struct vl_net_way *ret_way);

/* Whether the kernel's neighbour table knows who has this address, on the link that leads there now: true unless it
 * asked in vain or has not asked. */
int vl_net_neighbour(struct vl_net *net, int family, const unsigned char *address, bool *ret_known,
                     struct vl_error *err);

/* The neighbours that somebody set on a link (ip-neighbour(8)): those that last, and those whom this host answers for
 * (proxy). */
int vl_net_neighbours(struct vl_net *net, struct vl_arena *arena, int index, struct vl_net_messages *ret,
                      struct vl_error *err);

/* The rules of routing (ip-rule(8)) of both families, but for the three that every host has. */
int vl_net_rules(struct vl_net *net, struct vl_arena *arena, struct vl_net_messages *ret, struct vl_error *err);

/* Whether a rule is for what comes or goes by the link of this name. */
bool vl_net_rule_names(const struct vl_net_message *rule, const char *name);

/* "inet from 192.0.2.9/32 iif eth0 table 101", with the link `from` as `to`; and "192.0.2.77 lladdr 02:…", of a proxy
 * "proxy 192.0.2.77". */
const char *vl_net_rule_text(struct vl_arena *arena, const struct vl_net_message *rule, const char *from,
                             const char *to);
const char *vl_net_neighbour_text(struct vl_arena *arena, const struct vl_net_message *neighbour);

/* Changes, collected. Start from all zeros; vl_net_batch_free() at the end. */
struct vl_net_batch {
    struct vl_buf messages;
    struct vl_net_change *changes; /* what each is called in a message */
    size_t count;
    struct vl_arena arena;
};

void vl_net_batch_free(struct vl_net_batch *batch);

#define VL_NET_BATCH_AUTO __attribute__((cleanup(vl_net_batch_free))) struct vl_net_batch

/* What vl_net_set_link() shall change. */
struct vl_net_settings {
    const int *master;        /* NULL: as it is; 0: none */
    const bool *up;           /* NULL: as it is */
    unsigned mtu;             /* 0: as it is */
    const unsigned char *mac; /* NULL: as it is */
    const char *alias;        /* NULL: as it is; at most 255 bytes */
};

/* A bridge without STP and without a forward delay, which is down at first. */
void vl_net_add_bridge(struct vl_net_batch *batch, const char *name, const unsigned char *mac, unsigned mtu);
/* Turn the spanning tree protocol of a bridge on or off. */
void vl_net_set_stp(struct vl_net_batch *batch, int index, bool on);
void vl_net_set_link(struct vl_net_batch *batch, int index, const struct vl_net_settings *settings);
/* A link that is gone already is no error, and neither are an address and a route that are. */
void vl_net_delete_link(struct vl_net_batch *batch, int index);
/* Make; `index` is the link that it shall be on. An address that is there is replaced, and is not probed for
 * duplicates: it was ours. A route is made beside others to the same network. */
void vl_net_put_address(struct vl_net_batch *batch, const struct vl_net_message *message, int index);
void vl_net_put_route(struct vl_net_batch *batch, const struct vl_net_message *message, int from, int to);
void vl_net_delete_address(struct vl_net_batch *batch, const struct vl_net_message *message);
void vl_net_delete_route(struct vl_net_batch *batch, const struct vl_net_message *message);
/* A neighbour on another link, and a rule with the link `from` as `to`. */
void vl_net_put_neighbour(struct vl_net_batch *batch, const struct vl_net_message *message, int index);
void vl_net_put_rule(struct vl_net_batch *batch, const struct vl_net_message *message, const char *from,
                     const char *to);
void vl_net_delete_neighbour(struct vl_net_batch *batch, const struct vl_net_message *message);
void vl_net_delete_rule(struct vl_net_batch *batch, const struct vl_net_message *message);
/* From scratch: `address` as 4 or 16 bytes. */
void vl_net_new_address(struct vl_net_batch *batch, int family, const unsigned char *address, unsigned prefix,
                        int index);
/* `on_link`: the gateway is in no network of the link, and on it all the same. */
void vl_net_new_default(struct vl_net_batch *batch, int family, const unsigned char *gateway, bool on_link, int index);

/* Carry the batch out. Every change is tried; the error is of the first one that failed. */
int vl_net_send(struct vl_net *net, const struct vl_net_batch *batch, struct vl_error *err);

#endif
