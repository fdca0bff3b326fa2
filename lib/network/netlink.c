/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/memory.h"
#include "network/netlink.h"

/*
 * Asking the kernel, and reading what it says of links, addresses and routes.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <stdlib.h>
#include <string.h>

#include "network/netlink_part.h"

enum {
    DUMP_ROOM = 1 << 16,
    ANSWER_S = 10,   /* how long the kernel may take to answer */
    DUMP_TRIES = 20, /* a listing starts again when what it lists changes meanwhile */
};

/* A socket that does not wait for ever. The one before goes, with the answers that nobody heard. */
static int connect_anew(struct vl_net *net)
{
    const struct timeval patience = { .tv_sec = ANSWER_S };

    if (net->socket)
        (void)mnl_socket_close(net->socket);
    net->socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
    if (!net->socket || mnl_socket_bind(net->socket, 0, MNL_SOCKET_AUTOPID) < 0)
        return -1;
    return setsockopt(mnl_socket_get_fd(net->socket), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
}

struct vl_net *vl_net_open(struct vl_error *err)
{
    struct vl_net *net = vl_calloc(1, sizeof(*net));

    if (net && connect_anew(net) == 0)
        return net;
    (void)vl_fail_errno(err, "cannot talk to the kernel about its network (rtnetlink)");
    vl_net_close(net);
    return NULL;
}

void vl_net_close(struct vl_net *net)
{
    if (!net)
        return;
    if (net->socket)
        (void)mnl_socket_close(net->socket);
    free(net);
}

int vl_net_receive(struct vl_net *net, unsigned sequence, mnl_cb_t callback, void *context)
{
    VL_FREE char *room = vl_malloc(DUMP_ROOM);
    unsigned port = mnl_socket_get_portid(net->socket);
    int rc = 1;

    if (!room)
        return -1;
    while (rc > 0) {
        ssize_t got = mnl_socket_recvfrom(net->socket, room, DUMP_ROOM);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            errno = errno == EAGAIN ? ETIMEDOUT : errno;
            return -1;
        }
        rc = mnl_cb_run(room, (size_t)got, sequence, port, callback, context);
        if (rc < 0 && errno == EPROTO)
            rc = 1; /* the answer to an earlier request */
    }
    return rc;
}

int vl_net_ask(struct vl_net *net, struct nlmsghdr *request, mnl_cb_t callback, void *context)
{
    request->nlmsg_seq = ++net->sequence;
    if (mnl_socket_sendto(net->socket, request, request->nlmsg_len) < 0)
        return -1;
    return vl_net_receive(net, request->nlmsg_seq, callback, context);
}

int vl_net_keep(struct vl_net_dump *dump, const struct nlmsghdr *header)
{
    struct vl_net_messages *messages = dump->messages;
    struct vl_net_message *grown = vl_arena_grow(dump->arena, messages->list, messages->count, sizeof(*grown));
    void *copy = vl_arena_zalloc(dump->arena, header->nlmsg_len);

    if (!grown || !copy) {
        errno = ENOMEM;
        return MNL_CB_ERROR;
    }
    memcpy(copy, header, header->nlmsg_len);
    grown[messages->count++] = (struct vl_net_message){ .bytes = copy, .length = header->nlmsg_len };
    messages->list = grown;
    return MNL_CB_OK;
}

static int dump_once(struct vl_net *net, uint16_t type, int family, mnl_cb_t callback, struct vl_net_dump *dump)
{
    char room[MNL_NLMSG_HDRLEN + 256] = { 0 };
    struct nlmsghdr *request = mnl_nlmsg_put_header(room);
    void *extra = mnl_nlmsg_put_extra_header(request, sizeof(struct ifinfomsg));
    struct rtgenmsg *general = extra;
    struct ndmsg *neighbour = extra;

    request->nlmsg_type = type;
    request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    general->rtgen_family = (unsigned char)family;
    if (type == RTM_GETNEIGH)
        neighbour->ndm_flags = dump->neighbours;
    return vl_net_ask(net, request, callback, dump);
}

/* A listing during which something came or went is marked so by the kernel (NLM_F_DUMP_INTR, for libmnl EINTR): it may
 * lack what was there all the time, and is made anew. */
int vl_net_dump_of(struct vl_net *net, uint16_t type, int family, mnl_cb_t callback, struct vl_net_dump *dump)
{
    size_t messages = dump->messages ? dump->messages->count : 0, links = dump->count;

    for (int i = 0; i < DUMP_TRIES; i++) {
        int rc = dump_once(net, type, family, callback, dump);

        if (rc >= 0 || errno != EINTR)
            return rc;
        if (dump->messages)
            dump->messages->count = messages;
        dump->count = links;
        dump->found = false;
        if (connect_anew(net) < 0)
            return -1;
    }
    errno = EAGAIN;
    return -1;
}

static void take_kind(struct vl_net_link *link, const struct nlattr *info)
{
    const struct nlattr *attribute;

    mnl_attr_for_each_nested(attribute, info) if (mnl_attr_get_type(attribute) == IFLA_INFO_KIND)(void)
        snprintf(link->kind, sizeof(link->kind), "%s", mnl_attr_get_str(attribute));
    link->is_bridge = strcmp(link->kind, "bridge") == 0;
}

static bool has_spanning_tree(const struct nlattr *info)
{
    const struct nlattr *data, *attribute;

    mnl_attr_for_each_nested(data, info) if (mnl_attr_get_type(data) == IFLA_INFO_DATA)
        mnl_attr_for_each_nested(attribute, data) if (mnl_attr_get_type(attribute) == IFLA_BR_STP_STATE &&
                                                      mnl_attr_get_u32(attribute)) return true;
    return false;
}

static bool take_mac(const struct nlattr *attribute, unsigned char mac[static 6])
{
    static const unsigned char none[6] = { 0 };

    if (mnl_attr_get_payload_len(attribute) != sizeof(none))
        return false;
    memcpy(mac, mnl_attr_get_payload(attribute), sizeof(none));
    return memcmp(mac, none, sizeof(none)) != 0;
}

static void take_link_attribute(struct vl_arena *arena, struct vl_net_link *link, const struct nlattr *attribute)
{
    switch (mnl_attr_get_type(attribute)) {
    case IFLA_IFNAME:
        (void)snprintf(link->name, sizeof(link->name), "%s", mnl_attr_get_str(attribute));
        break;
    case IFLA_MASTER:
        link->master = (int)mnl_attr_get_u32(attribute);
        break;
    case IFLA_LINK:
        link->lower = (int)mnl_attr_get_u32(attribute);
        break;
    case IFLA_MTU:
        link->mtu = mnl_attr_get_u32(attribute);
        break;
    case IFLA_IFALIAS:
        link->alias = vl_arena_strdup(arena, mnl_attr_get_str(attribute));
        break;
    case IFLA_LINKINFO:
        take_kind(link, attribute);
        link->stp = link->is_bridge && has_spanning_tree(attribute);
        break;
    case IFLA_ADDRESS:
        link->has_mac = take_mac(attribute, link->mac);
        break;
    case IFLA_PERM_ADDRESS:
        link->has_own_mac = take_mac(attribute, link->own_mac);
        break;
    default:
        break;
    }
}

static int take_link(const struct nlmsghdr *header, void *context)
{
    struct vl_net_dump *dump = context;
    const struct ifinfomsg *info = mnl_nlmsg_get_payload(header);
    const struct nlattr *attribute;
    struct vl_net_link *grown = vl_arena_grow(dump->arena, dump->links, dump->count, sizeof(*grown));

    if (!grown) {
        errno = ENOMEM;
        return MNL_CB_ERROR;
    }
    dump->links = grown;
    grown[dump->count] = (struct vl_net_link){
        .exists = true,
        .index = info->ifi_index,
        .up = (info->ifi_flags & IFF_UP) != 0,
        .running = (info->ifi_flags & IFF_RUNNING) != 0,
        .is_loopback = (info->ifi_flags & IFF_LOOPBACK) != 0,
        .is_ethernet = info->ifi_type == ARPHRD_ETHER,
    };
    mnl_attr_for_each(attribute, header, sizeof(*info))
        take_link_attribute(dump->arena, &grown[dump->count], attribute);
    /* the index is then of another namespace */
    mnl_attr_for_each(attribute, header, sizeof(*info)) if (mnl_attr_get_type(attribute) == IFLA_LINK_NETNSID)
        grown[dump->count]
            .lower = 0;
    dump->count++;
    return MNL_CB_OK;
}

int vl_net_links(struct vl_net *net, struct vl_arena *arena, struct vl_net_link **ret_links, size_t *ret_count,
                 struct vl_error *err)
{
    struct vl_net_dump dump = { .arena = arena };

    if (vl_net_dump_of(net, RTM_GETLINK, AF_UNSPEC, take_link, &dump) < 0)
        return vl_fail_errno(err, "cannot list the links of this host");
    *ret_links = dump.links;
    *ret_count = dump.count;
    return 0;
}

int vl_net_link(struct vl_net *net, struct vl_arena *arena, const char *name, struct vl_net_link *ret_link,
                struct vl_error *err)
{
    struct vl_net_link *links = NULL;
    size_t count = 0;

    *ret_link = (struct vl_net_link){ .exists = false };
    if (vl_net_links(net, arena, &links, &count, err) < 0)
        return -1;
    for (size_t i = 0; i < count; i++)
        if (!strcmp(links[i].name, name))
            *ret_link = links[i];
    return 0;
}

static int take_address(const struct nlmsghdr *header, void *context)
{
    struct vl_net_dump *dump = context;
    const struct ifaddrmsg *info = mnl_nlmsg_get_payload(header);

    return (int)info->ifa_index == dump->index ? vl_net_keep(dump, header) : MNL_CB_OK;
}

int vl_net_addresses(struct vl_net *net, struct vl_arena *arena, int index, struct vl_net_messages *ret,
                     struct vl_error *err)
{
    struct vl_net_dump dump = { .arena = arena, .index = index, .messages = ret };

    *ret = (struct vl_net_messages){ .count = 0 };
    if (vl_net_dump_of(net, RTM_GETADDR, AF_INET, take_address, &dump) < 0 ||
        vl_net_dump_of(net, RTM_GETADDR, AF_INET6, take_address, &dump) < 0)
        return vl_fail_errno(err, "cannot list the addresses of this host");
    return 0;
}

/* One next hop of a multipath route, by position. NULL past the last. */
static struct rtnexthop *next_hop(const struct nlattr *multipath, size_t *offset)
{
    size_t length = mnl_attr_get_payload_len(multipath);
    struct rtnexthop *hop = (void *)((char *)mnl_attr_get_payload(multipath) + *offset);

    if (*offset + sizeof(*hop) > length || hop->rtnh_len < sizeof(*hop) || *offset + hop->rtnh_len > length)
        return NULL;
    *offset += RTNH_ALIGN((size_t)hop->rtnh_len);
    return hop;
}

bool vl_net_lead_over(const struct nlmsghdr *header, int index, int to)
{
    struct nlattr *attribute;
    struct rtnexthop *hop;
    size_t offset = 0;
    bool found = false;

    mnl_attr_for_each(attribute, header, sizeof(struct rtmsg))
    {
        if (mnl_attr_get_type(attribute) == RTA_OIF && (int)mnl_attr_get_u32(attribute) == index) {
            found = true;
            if (to)
                memcpy(mnl_attr_get_payload(attribute), &to, sizeof(to));
        }
        if (mnl_attr_get_type(attribute) != RTA_MULTIPATH)
            continue;
        while ((hop = next_hop(attribute, &offset)))
            if (hop->rtnh_ifindex == index) {
                found = true;
                hop->rtnh_ifindex = to ? to : index;
            }
    }
    return found;
}

const struct nlattr *vl_net_attribute(const struct nlmsghdr *header, size_t extra, uint16_t type)
{
    const struct nlattr *attribute;

    mnl_attr_for_each(attribute, header, (unsigned)extra) if (mnl_attr_get_type(attribute) == type) return attribute;
    return NULL;
}

static int take_route(const struct nlmsghdr *header, void *context)
{
    struct vl_net_dump *dump = context;
    const struct rtmsg *info = mnl_nlmsg_get_payload(header);
    const struct nlattr *table = vl_net_attribute(header, sizeof(*info), RTA_TABLE);
    uint32_t number = table ? mnl_attr_get_u32(table) : info->rtm_table;

    if (number == RT_TABLE_LOCAL || info->rtm_type == RTN_MULTICAST || info->rtm_flags & RTM_F_CLONED)
        return MNL_CB_OK;
    if (!dump->index)
        return info->rtm_type == RTN_UNICAST && !info->rtm_dst_len && number == RT_TABLE_MAIN
                   ? vl_net_keep(dump, header)
                   : MNL_CB_OK;
    return vl_net_lead_over(header, dump->index, 0) ? vl_net_keep(dump, header) : MNL_CB_OK;
}

/* Those without a gateway before those with one, else as they came. */
static int order_routes(struct vl_arena *arena, struct vl_net_messages *messages)
{
    struct vl_net_message *sorted = vl_arena_zalloc(arena, (messages->count + 1) * sizeof(*sorted));
    size_t next = 0;

    if (!sorted)
        return -1;
    for (int gateway = 0; gateway < 2; gateway++)
        for (size_t i = 0; i < messages->count; i++)
            if (vl_net_route_facts(&messages->list[i]).has_gateway == (gateway == 1))
                sorted[next++] = messages->list[i];
    messages->list = sorted;
    return 0;
}

int vl_net_routes(struct vl_net *net, struct vl_arena *arena, int index, struct vl_net_messages *ret,
                  struct vl_error *err)
{
    struct vl_net_dump dump = { .arena = arena, .index = index, .messages = ret };

    *ret = (struct vl_net_messages){ .count = 0 };
    if (vl_net_dump_of(net, RTM_GETROUTE, AF_INET, take_route, &dump) < 0 ||
        vl_net_dump_of(net, RTM_GETROUTE, AF_INET6, take_route, &dump) < 0)
        return vl_fail_errno(err, "cannot list the routes of this host");
    return order_routes(arena, ret) < 0 ? vl_no_memory(err) : 0;
}

int vl_net_default_routes(struct vl_net *net, struct vl_arena *arena, struct vl_net_messages *ret, struct vl_error *err)
{
    return vl_net_routes(net, arena, 0, ret, err);
}

bool vl_net_route_over(const struct vl_net_message *message, int index)
{
    return vl_net_lead_over(message->bytes, index, 0);
}

/* The next attribute that says something of the route itself; how old it is does not. NULL: there is none. */
static const struct nlattr *next_attribute(const struct nlmsghdr *header, const struct nlattr *attribute)
{
    attribute = attribute ? mnl_attr_next(attribute) : mnl_nlmsg_get_payload_offset(header, sizeof(struct rtmsg));
    while (mnl_attr_ok(attribute, (char *)mnl_nlmsg_get_payload_tail(header) - (char *)attribute) &&
           mnl_attr_get_type(attribute) == RTA_CACHEINFO)
        attribute = mnl_attr_next(attribute);
    return mnl_attr_ok(attribute, (char *)mnl_nlmsg_get_payload_tail(header) - (char *)attribute) ? attribute : NULL;
}

bool vl_net_same_route(const struct vl_net_message *one, const struct vl_net_message *other)
{
    struct rtmsg a = *(const struct rtmsg *)mnl_nlmsg_get_payload(one->bytes);
    struct rtmsg b = *(const struct rtmsg *)mnl_nlmsg_get_payload(other->bytes);
    const struct nlattr *x = next_attribute(one->bytes, NULL), *y = next_attribute(other->bytes, NULL);

    a.rtm_flags = b.rtm_flags = 0; /* what the kernel finds: no carrier */
    for (; x && y; x = next_attribute(one->bytes, x), y = next_attribute(other->bytes, y))
        if (x->nla_len != y->nla_len || memcmp(x, y, x->nla_len) != 0)
            return false;
    return !x && !y && !memcmp(&a, &b, sizeof(a));
}

size_t vl_net_address_size(int family)
{
    return family == AF_INET ? 4 : 16;
}

/* Copy the address that an attribute holds. False when there is none of this family's length. */
static bool take_bytes(const struct nlattr *attribute, int family, unsigned char bytes[static 16])
{
    if (!attribute || mnl_attr_get_payload_len(attribute) != vl_net_address_size(family))
        return false;
    memcpy(bytes, mnl_attr_get_payload(attribute), vl_net_address_size(family));
    return true;
}

static bool is_link_local(int family, const unsigned char *bytes)
{
    return family == AF_INET6 && bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80;
}

struct vl_net_facts vl_net_address_facts(const struct vl_net_message *message)
{
    const struct nlmsghdr *header = message->bytes;
    const struct ifaddrmsg *info = mnl_nlmsg_get_payload(header);
    const struct nlattr *flags = vl_net_attribute(header, sizeof(*info), IFA_FLAGS);
    struct vl_net_facts facts = { .family = info->ifa_family, .prefix = info->ifa_prefixlen };
    unsigned bits = flags ? mnl_attr_get_u32(flags) : info->ifa_flags;

    if (!take_bytes(vl_net_attribute(header, sizeof(*info), IFA_LOCAL), facts.family, facts.bytes))
        (void)take_bytes(vl_net_attribute(header, sizeof(*info), IFA_ADDRESS), facts.family, facts.bytes);
    facts.permanent = (bits & IFA_F_PERMANENT) != 0;
    facts.temporary = (bits & IFA_F_TEMPORARY) != 0 && facts.family == AF_INET6; /* of IPv4: secondary */
    facts.link_local = is_link_local(facts.family, facts.bytes);
    return facts;
}

struct vl_net_facts vl_net_route_facts(const struct vl_net_message *message)
{
    const struct nlmsghdr *header = message->bytes;
    const struct rtmsg *info = mnl_nlmsg_get_payload(header);
    const struct nlattr *table = vl_net_attribute(header, sizeof(*info), RTA_TABLE);
    struct vl_net_facts facts = { .family = info->rtm_family, .prefix = info->rtm_dst_len };

    (void)take_bytes(vl_net_attribute(header, sizeof(*info), RTA_DST), facts.family, facts.bytes);
    facts.has_gateway = take_bytes(vl_net_attribute(header, sizeof(*info), RTA_GATEWAY), facts.family, facts.gateway) ||
                        vl_net_attribute(header, sizeof(*info), RTA_MULTIPATH) ||
                        vl_net_attribute(header, sizeof(*info), RTA_VIA);
    facts.by_object = vl_net_attribute(header, sizeof(*info), RTA_NH_ID) != NULL;
    facts.has_source = take_bytes(vl_net_attribute(header, sizeof(*info), RTA_PREFSRC), facts.family, facts.source);
    facts.link_local = is_link_local(facts.family, facts.bytes);
    facts.is_default = info->rtm_dst_len == 0;
    facts.in_main = info->rtm_table == RT_TABLE_MAIN;
    facts.table = table ? mnl_attr_get_u32(table) : info->rtm_table;
    facts.by_hand = info->rtm_protocol == RTPROT_BOOT || info->rtm_protocol == RTPROT_STATIC;
    return facts;
}

struct nlmsghdr *vl_net_begin(char *room, uint16_t type, int flags, size_t extra, void *ret_extra)
{
    struct nlmsghdr *header = mnl_nlmsg_put_header(room);
    void *payload = mnl_nlmsg_put_extra_header(header, extra);

    header->nlmsg_type = type;
    header->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | flags);
    memcpy(ret_extra, &payload, sizeof(payload));
    return header;
}
