/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Changes of links, addresses and routes: collected in a batch, sent in one system call.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/text.h"
#include "network/netlink.h"
#include "network/netlink_part.h"

enum {
    SLICE = 64, /* changes in one system call: the kernel drops its answers when more wait than the socket holds */
};

struct vl_net_change {
    const char *title;
    int harmless[2]; /* errors that mean that it is done already; 0: none */
};

void vl_net_batch_free(struct vl_net_batch *batch)
{
    vl_buf_free(&batch->messages);
    vl_arena_free(&batch->arena);
    batch->changes = NULL;
    batch->count = 0;
}

/* Close a message, give it the number of its change, and append it. */
static void append(struct vl_net_batch *batch, struct nlmsghdr *header, const char *title, int harmless, int harmless2)
{
    struct vl_net_change *grown = vl_arena_grow(&batch->arena, batch->changes, batch->count, sizeof(*grown));
    static const char padding[MNL_ALIGNTO];

    if (!grown)
        return;
    header->nlmsg_seq = (unsigned)batch->count;
    header->nlmsg_pid = 0;
    grown[batch->count++] = (struct vl_net_change){ .title = title, .harmless = { harmless, harmless2 } };
    batch->changes = grown;
    vl_buf_add(&batch->messages, header, header->nlmsg_len);
    vl_buf_add(&batch->messages, padding, MNL_ALIGN(header->nlmsg_len) - header->nlmsg_len);
}

void vl_net_add_bridge(struct vl_net_batch *batch, const char *name, const unsigned char *mac, unsigned mtu)
{
    char room[1024] = { 0 };
    struct ifinfomsg *info;
    struct nlmsghdr *header = vl_net_begin(room, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, sizeof(*info), &info);
    struct nlattr *link_info, *data;

    mnl_attr_put_strz(header, IFLA_IFNAME, name);
    if (mac)
        mnl_attr_put(header, IFLA_ADDRESS, 6, mac);
    if (mtu)
        mnl_attr_put_u32(header, IFLA_MTU, mtu);
    link_info = mnl_attr_nest_start(header, IFLA_LINKINFO);
    mnl_attr_put_str(header, IFLA_INFO_KIND, "bridge");
    data = mnl_attr_nest_start(header, IFLA_INFO_DATA);
    mnl_attr_put_u32(header, IFLA_BR_STP_STATE, 0);
    mnl_attr_put_u32(header, IFLA_BR_FORWARD_DELAY, 0);
    mnl_attr_nest_end(header, data);
    mnl_attr_nest_end(header, link_info);
    append(batch, header, vl_arena_printf(&batch->arena, "make the bridge '%s'", name), 0, 0);
}

void vl_net_set_stp(struct vl_net_batch *batch, int index, bool on)
{
    char room[256] = { 0 };
    struct ifinfomsg *info;
    struct nlmsghdr *header = vl_net_begin(room, RTM_NEWLINK, 0, sizeof(*info), &info);
    struct nlattr *link_info, *data;

    info->ifi_index = index;
    link_info = mnl_attr_nest_start(header, IFLA_LINKINFO);
    mnl_attr_put_str(header, IFLA_INFO_KIND, "bridge");
    data = mnl_attr_nest_start(header, IFLA_INFO_DATA);
    mnl_attr_put_u32(header, IFLA_BR_STP_STATE, on);
    mnl_attr_nest_end(header, data);
    mnl_attr_nest_end(header, link_info);
    append(batch, header, vl_arena_printf(&batch->arena, "set spanning tree of the bridge of index %d", index), 0, 0);
}

void vl_net_set_link(struct vl_net_batch *batch, int index, const struct vl_net_settings *settings)
{
    char room[512] = { 0 };
    struct ifinfomsg *info;
    struct nlmsghdr *header = vl_net_begin(room, RTM_NEWLINK, 0, sizeof(*info), &info);

    info->ifi_index = index;
    if (settings->up) {
        info->ifi_change = IFF_UP;
        info->ifi_flags = *settings->up ? IFF_UP : 0;
    }
    if (settings->mac)
        mnl_attr_put(header, IFLA_ADDRESS, 6, settings->mac);
    if (settings->mtu)
        mnl_attr_put_u32(header, IFLA_MTU, settings->mtu);
    if (settings->alias && strlen(settings->alias) < 256)
        mnl_attr_put_str(header, IFLA_IFALIAS, settings->alias);
    if (settings->master)
        mnl_attr_put_u32(header, IFLA_MASTER, (uint32_t)*settings->master);
    append(batch, header, vl_arena_printf(&batch->arena, "change the link of index %d", index), 0, 0);
}

void vl_net_delete_link(struct vl_net_batch *batch, int index)
{
    char room[256] = { 0 };
    struct ifinfomsg *info;
    struct nlmsghdr *header = vl_net_begin(room, RTM_DELLINK, 0, sizeof(*info), &info);

    info->ifi_index = index;
    append(batch, header, vl_arena_printf(&batch->arena, "delete the link of index %d", index), ENODEV, 0);
}

/* A copy of a message with room for an attribute more. NULL when it is too large for any that the kernel sends. */
static struct nlmsghdr *copy_of(struct vl_net_batch *batch, const struct vl_net_message *message, uint16_t type,
                                int flags)
{
    struct nlmsghdr *copy = vl_arena_zalloc(&batch->arena, message->length + 64);

    if (!copy)
        return NULL;
    memcpy(copy, message->bytes, message->length);
    copy->nlmsg_type = type;
    copy->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | flags);
    return copy;
}

/* The flags that are the kernel's findings go; no probe for a duplicate: the address was this host's already. */
static void clean_flags(struct nlmsghdr *header)
{
    static const uint32_t kept = IFA_F_NOPREFIXROUTE | IFA_F_MANAGETEMPADDR | IFA_F_HOMEADDRESS | IFA_F_MCAUTOJOIN;
    struct ifaddrmsg *info = mnl_nlmsg_get_payload(header);
    struct nlattr *attribute;

    info->ifa_flags &= (unsigned char)(kept & 0xff);
    info->ifa_flags |= IFA_F_NODAD;
    mnl_attr_for_each(attribute, header, sizeof(*info))
    {
        uint32_t flags;

        if (mnl_attr_get_type(attribute) != IFA_FLAGS)
            continue;
        flags = (mnl_attr_get_u32(attribute) & kept) | IFA_F_NODAD;
        memcpy(mnl_attr_get_payload(attribute), &flags, sizeof(flags));
    }
}

/* A label is the name of the link with or without a suffix after a colon; on another link it is refused or misleads. */
static void drop_label(struct nlmsghdr *header)
{
    struct nlattr *attribute;

    mnl_attr_for_each(attribute, header, sizeof(struct ifaddrmsg))
    {
        if (mnl_attr_get_type(attribute) == IFA_LABEL)
            attribute->nla_type = IFA_UNSPEC;
    }
}

/* An IPv4 address that a DHCP client gave to a link stays for good on another: the client does not know of that, and an
 * address that runs out there cuts the host off. Who takes the link over sets times of its own. */
static void drop_lifetime(struct nlmsghdr *header)
{
    const struct ifaddrmsg *info = mnl_nlmsg_get_payload(header);
    struct nlattr *attribute;

    mnl_attr_for_each(attribute, header, sizeof(*info))
    {
        if (info->ifa_family == AF_INET && mnl_attr_get_type(attribute) == IFA_CACHEINFO)
            attribute->nla_type = IFA_UNSPEC;
    }
}

void vl_net_put_address(struct vl_net_batch *batch, const struct vl_net_message *message, int index)
{
    struct nlmsghdr *copy = copy_of(batch, message, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE);
    struct ifaddrmsg *info = copy ? mnl_nlmsg_get_payload(copy) : NULL;

    if (!copy)
        return;
    clean_flags(copy);
    if ((int)info->ifa_index != index) {
        drop_label(copy);
        drop_lifetime(copy);
    }
    info->ifa_index = (unsigned)index;
    append(batch, copy,
           vl_arena_printf(&batch->arena, "add the address %s", vl_net_address_text(&batch->arena, message)), EEXIST,
           0);
}

/* The kernel tells a route by a nexthop object both ways, and takes it only one way: by the object (an attribute of
 * which makes the others too much) or by what the object says. */
static void drop_next_hop(struct nlmsghdr *header, bool by_object)
{
    struct nlattr *attribute;

    if (!vl_net_attribute(header, sizeof(struct rtmsg), RTA_NH_ID))
        return;
    mnl_attr_for_each(attribute, header, sizeof(struct rtmsg))
    {
        int type = mnl_attr_get_type(attribute);

        if (type == RTA_NH_ID
                ? !by_object
                : by_object && (type == RTA_OIF || type == RTA_GATEWAY || type == RTA_VIA || type == RTA_MULTIPATH))
            attribute->nla_type = RTA_UNSPEC;
    }
}

/* A route of a router's advertisement runs out unless the router says it again. The kernel tells the time that is left
 * in one attribute and takes it in another; without it the route would outlive its router, as the kernel takes a route
 * that does not run out for somebody's. */
static void keep_lifetime(struct nlmsghdr *header)
{
    const struct rtmsg *info = mnl_nlmsg_get_payload(header);
    const struct nlattr *cache = vl_net_attribute(header, sizeof(*info), RTA_CACHEINFO);
    struct rta_cacheinfo known;
    long ticks = sysconf(_SC_CLK_TCK);

    if (info->rtm_family != AF_INET6 || !cache || mnl_attr_get_payload_len(cache) < sizeof(known) || ticks <= 0 ||
        vl_net_attribute(header, sizeof(*info), RTA_EXPIRES))
        return;
    memcpy(&known, mnl_attr_get_payload(cache), sizeof(known));
    if (known.rta_expires > 0)
        mnl_attr_put_u32(header, RTA_EXPIRES, (uint32_t)((known.rta_expires + ticks - 1) / ticks));
}

/* Beside those that are there: to replace would take the place of another link's route to the same network. */
void vl_net_put_route(struct vl_net_batch *batch, const struct vl_net_message *message, int from, int to)
{
    struct nlmsghdr *copy = copy_of(batch, message, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_APPEND);
    struct rtmsg *info = copy ? mnl_nlmsg_get_payload(copy) : NULL;

    if (!copy)
        return;
    (void)vl_net_lead_over(copy, from, to);
    drop_next_hop(copy, false);
    keep_lifetime(copy);
    info->rtm_flags &= ~(unsigned)(RTNH_F_DEAD | RTNH_F_LINKDOWN | RTNH_F_OFFLOAD | RTM_F_CLONED);
    append(batch, copy, vl_arena_printf(&batch->arena, "add the route %s", vl_net_route_text(&batch->arena, message)),
           EEXIST, 0);
}

void vl_net_delete_address(struct vl_net_batch *batch, const struct vl_net_message *message)
{
    struct nlmsghdr *copy = copy_of(batch, message, RTM_DELADDR, 0);

    if (copy)
        append(batch, copy,
               vl_arena_printf(&batch->arena, "delete the address %s", vl_net_address_text(&batch->arena, message)),
               EADDRNOTAVAIL, ENODEV);
}

void vl_net_delete_route(struct vl_net_batch *batch, const struct vl_net_message *message)
{
    struct nlmsghdr *copy = copy_of(batch, message, RTM_DELROUTE, 0);

    if (!copy)
        return;
    drop_next_hop(copy, true);
    append(batch, copy,
           vl_arena_printf(&batch->arena, "delete the route %s", vl_net_route_text(&batch->arena, message)), ESRCH,
           ENODEV);
}

void vl_net_put_neighbour(struct vl_net_batch *batch, const struct vl_net_message *message, int index)
{
    struct nlmsghdr *copy = copy_of(batch, message, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE);
    struct ndmsg *info = copy ? mnl_nlmsg_get_payload(copy) : NULL;

    if (!copy)
        return;
    info->ndm_ifindex = index;
    append(batch, copy,
           vl_arena_printf(&batch->arena, "add the neighbour %s", vl_net_neighbour_text(&batch->arena, message)),
           EEXIST, 0);
}

void vl_net_delete_neighbour(struct vl_net_batch *batch, const struct vl_net_message *message)
{
    struct nlmsghdr *copy = copy_of(batch, message, RTM_DELNEIGH, 0);

    if (copy)
        append(batch, copy,
               vl_arena_printf(&batch->arena, "delete the neighbour %s", vl_net_neighbour_text(&batch->arena, message)),
               ENOENT, ENODEV);
}

/* What the kernel found out about a rule's links goes. */
void vl_net_put_rule(struct vl_net_batch *batch, const struct vl_net_message *message, const char *from, const char *to)
{
    const struct fib_rule_hdr *was = mnl_nlmsg_get_payload(message->bytes);
    char *room = vl_arena_zalloc(&batch->arena, message->length + IFNAMSIZ * 2 + 64);
    struct fib_rule_hdr *info;
    struct nlmsghdr *header;
    const struct nlattr *attribute;

    if (!room)
        return;
    header = vl_net_begin(room, RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL, sizeof(*info), &info);
    *info = *was;
    info->flags &= ~(unsigned)(FIB_RULE_UNRESOLVED | FIB_RULE_IIF_DETACHED | FIB_RULE_OIF_DETACHED);
    mnl_attr_for_each(attribute, message->bytes, sizeof(*was))
    {
        uint16_t type = mnl_attr_get_type(attribute);
        bool link = type == FRA_IIFNAME || type == FRA_OIFNAME;

        if (link && !strcmp(mnl_attr_get_str(attribute), from))
            mnl_attr_put_strz(header, type, to);
        else
            mnl_attr_put(header, type, mnl_attr_get_payload_len(attribute), mnl_attr_get_payload(attribute));
    }
    append(batch, header,
           vl_arena_printf(&batch->arena, "add the rule %s", vl_net_rule_text(&batch->arena, message, from, to)),
           EEXIST, 0);
}

void vl_net_delete_rule(struct vl_net_batch *batch, const struct vl_net_message *message)
{
    struct nlmsghdr *copy = copy_of(batch, message, RTM_DELRULE, 0);

    if (copy)
        append(batch, copy,
               vl_arena_printf(&batch->arena, "delete the rule %s", vl_net_rule_text(&batch->arena, message, "", "")),
               ENOENT, 0);
}

void vl_net_new_address(struct vl_net_batch *batch, int family, const unsigned char *address, unsigned prefix,
                        int index)
{
    char room[256] = { 0 };
    struct ifaddrmsg *info;
    struct nlmsghdr *header = vl_net_begin(room, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, sizeof(*info), &info);

    info->ifa_family = (unsigned char)family;
    info->ifa_prefixlen = (unsigned char)prefix;
    info->ifa_flags = IFA_F_NODAD;
    info->ifa_index = (unsigned)index;
    mnl_attr_put(header, IFA_LOCAL, vl_net_address_size(family), address);
    mnl_attr_put(header, IFA_ADDRESS, vl_net_address_size(family), address);
    if (family == AF_INET && prefix < 31) {
        uint32_t broadcast;

        memcpy(&broadcast, address, sizeof(broadcast));
        broadcast |= htonl(~vl_text_netmask(prefix));
        mnl_attr_put_u32(header, IFA_BROADCAST, broadcast);
    }
    append(batch, header,
           vl_arena_printf(&batch->arena, "add the address %s/%u", vl_net_number_text(&batch->arena, family, address),
                           prefix),
           EEXIST, 0);
}

void vl_net_new_default(struct vl_net_batch *batch, int family, const unsigned char *gateway, bool on_link, int index)
{
    char room[256] = { 0 };
    struct rtmsg *info;
    struct nlmsghdr *header = vl_net_begin(room, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, sizeof(*info), &info);

    info->rtm_family = (unsigned char)family;
    info->rtm_table = RT_TABLE_MAIN;
    info->rtm_protocol = RTPROT_STATIC;
    info->rtm_scope = RT_SCOPE_UNIVERSE;
    info->rtm_type = RTN_UNICAST;
    info->rtm_flags = on_link ? RTNH_F_ONLINK : 0;
    mnl_attr_put(header, RTA_GATEWAY, vl_net_address_size(family), gateway);
    mnl_attr_put_u32(header, RTA_OIF, (uint32_t)index);
    append(batch, header,
           vl_arena_printf(&batch->arena, "add the route default via %s",
                           vl_net_number_text(&batch->arena, family, gateway)),
           EEXIST, 0);
}

static bool is_harmless(const struct vl_net_change *change, int error)
{
    return error == 0 || error == change->harmless[0] || error == change->harmless[1];
}

/* The kernel answers each change once, in order. The numbers go on over batches, so that an answer is never taken for
 * that to another. */
static int hear_answers(struct vl_net *net, const struct vl_net_change *changes, size_t count, unsigned first,
                        struct vl_error *err)
{
    int rc = 0;

    for (size_t i = 0; i < count; i++) {
        errno = 0;
        if (vl_net_receive(net, first + (unsigned)i, NULL, NULL) == 0 || is_harmless(&changes[i], errno))
            continue;
        if (errno == ETIMEDOUT || errno == ENOBUFS)
            return vl_fail_errno(err, "cannot hear from the kernel whether it could %s", changes[i].title);
        if (rc == 0)
            rc = vl_fail_errno(err, "cannot %s", changes[i].title);
    }
    return rc;
}

/* The length of the first `count` messages, which get their numbers. */
static size_t number_messages(char *messages, size_t length, size_t count, unsigned first)
{
    struct nlmsghdr *header = (void *)messages;
    int left = (int)length;

    for (size_t i = 0; i < count && mnl_nlmsg_ok(header, left); i++) {
        header->nlmsg_seq = first + (unsigned)i;
        header = mnl_nlmsg_next(header, &left);
    }
    return length - (size_t)left;
}

/* All at once as a rule, so that there is no moment between two changes; a great many in slices. What cannot be done
 * does not keep the rest from being done: the first failure is the error. */
int vl_net_send(struct vl_net *net, const struct vl_net_batch *batch, struct vl_error *err)
{
    VL_BUF_AUTO messages = VL_BUF_INIT;
    size_t sent = 0;
    int rc = 0;

    if (batch->arena.failed || batch->messages.failed)
        return vl_no_memory(err);
    if (!batch->count)
        return 0;
    vl_buf_add(&messages, batch->messages.data, batch->messages.length);
    if (messages.failed)
        return vl_no_memory(err);
    for (size_t i = 0; i < batch->count; i += SLICE) {
        VL_ERROR_AUTO cause = { .code = VL_OK };
        size_t count = batch->count - i < SLICE ? batch->count - i : SLICE;
        unsigned first = net->sequence + 1;
        size_t length = number_messages(messages.data + sent, messages.length - sent, count, first);

        net->sequence += (unsigned)count;
        if (mnl_socket_sendto(net->socket, messages.data + sent, length) < 0)
            return vl_fail_errno(err, "cannot send %zu changes to the kernel", count);
        sent += length;
        if (hear_answers(net, batch->changes + i, count, first, &cause) < 0 && rc == 0) {
            vl_error_move(err, &cause);
            rc = -1;
        }
    }
    return rc;
}
