/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "network/netlink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

/* The macros of libmnl convert between signed and unsigned lengths, and take `const` away and put it back. */
#pragma GCC diagnostic ignored "-Wcast-qual"
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"

enum {
    DUMP_ROOM = 1 << 16,
    MESSAGE_ROOM = 1 << 13,
    SLICE = 64,      /* changes in one system call: the kernel drops its answers when more wait than the socket holds */
    ANSWER_S = 10,   /* how long the kernel may take to answer */
    DUMP_TRIES = 20, /* a listing starts again when what it lists changes meanwhile */
};

struct vl_net {
    struct mnl_socket *socket;
    unsigned sequence;
};

struct vl_net_change {
    const char *title;
    int harmless[2]; /* errors that mean that it is done already; 0: none */
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
    struct vl_net *net = calloc(1, sizeof(*net));

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

/* Receive until the request is answered; the kernel's error becomes errno. */
static int receive(struct vl_net *net, unsigned sequence, mnl_cb_t callback, void *context)
{
    VL_FREE char *room = malloc(DUMP_ROOM);
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

static int ask(struct vl_net *net, struct nlmsghdr *request, mnl_cb_t callback, void *context)
{
    request->nlmsg_seq = ++net->sequence;
    if (mnl_socket_sendto(net->socket, request, request->nlmsg_len) < 0)
        return -1;
    return receive(net, request->nlmsg_seq, callback, context);
}

/* A dump in progress: what it is for, and what has come. */
struct dump {
    struct vl_arena *arena;
    int index;
    struct vl_net_messages *messages;
    struct vl_net_link *links;
    size_t count;
    const unsigned char *address;
    size_t address_length;
    bool found;
};

static int keep(struct dump *dump, const struct nlmsghdr *header)
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

static int dump_once(struct vl_net *net, uint16_t type, int family, mnl_cb_t callback, struct dump *dump)
{
    char room[MNL_NLMSG_HDRLEN + 256] = { 0 };
    struct nlmsghdr *request = mnl_nlmsg_put_header(room);
    struct rtgenmsg *general = mnl_nlmsg_put_extra_header(request, sizeof(struct ifinfomsg));

    request->nlmsg_type = type;
    request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    general->rtgen_family = (unsigned char)family;
    return ask(net, request, callback, dump);
}

/* A listing during which something came or went is marked so by the kernel (NLM_F_DUMP_INTR, for libmnl EINTR): it may
 * lack what was there all the time, and is made anew. */
static int dump_of(struct vl_net *net, uint16_t type, int family, mnl_cb_t callback, struct dump *dump)
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

static bool is_kind(const struct nlattr *info, const char *kind)
{
    const struct nlattr *attribute;

    mnl_attr_for_each_nested(attribute, info) if (mnl_attr_get_type(attribute) == IFLA_INFO_KIND &&
                                                  !strcmp(mnl_attr_get_str(attribute), kind)) return true;
    return false;
}

static bool has_spanning_tree(const struct nlattr *info)
{
    const struct nlattr *data, *attribute;

    mnl_attr_for_each_nested(data, info) if (mnl_attr_get_type(data) == IFLA_INFO_DATA)
        mnl_attr_for_each_nested(attribute, data) if (mnl_attr_get_type(attribute) == IFLA_BR_STP_STATE &&
                                                      mnl_attr_get_u32(attribute)) return true;
    return false;
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
    case IFLA_MTU:
        link->mtu = mnl_attr_get_u32(attribute);
        break;
    case IFLA_IFALIAS:
        link->alias = vl_arena_strdup(arena, mnl_attr_get_str(attribute));
        break;
    case IFLA_LINKINFO:
        link->is_bridge = is_kind(attribute, "bridge");
        link->stp = link->is_bridge && has_spanning_tree(attribute);
        break;
    case IFLA_ADDRESS:
        link->has_mac = mnl_attr_get_payload_len(attribute) == sizeof(link->mac);
        if (link->has_mac)
            memcpy(link->mac, mnl_attr_get_payload(attribute), sizeof(link->mac));
        break;
    default:
        break;
    }
}

static int take_link(const struct nlmsghdr *header, void *context)
{
    struct dump *dump = context;
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
    };
    mnl_attr_for_each(attribute, header, sizeof(*info))
        take_link_attribute(dump->arena, &grown[dump->count], attribute);
    dump->count++;
    return MNL_CB_OK;
}

int vl_net_links(struct vl_net *net, struct vl_arena *arena, struct vl_net_link **ret_links, size_t *ret_count,
                 struct vl_error *err)
{
    struct dump dump = { .arena = arena };

    if (dump_of(net, RTM_GETLINK, AF_UNSPEC, take_link, &dump) < 0)
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
    struct dump *dump = context;
    const struct ifaddrmsg *info = mnl_nlmsg_get_payload(header);

    return (int)info->ifa_index == dump->index ? keep(dump, header) : MNL_CB_OK;
}

int vl_net_addresses(struct vl_net *net, struct vl_arena *arena, int index, struct vl_net_messages *ret,
                     struct vl_error *err)
{
    struct dump dump = { .arena = arena, .index = index, .messages = ret };

    *ret = (struct vl_net_messages){ .count = 0 };
    if (dump_of(net, RTM_GETADDR, AF_INET, take_address, &dump) < 0 ||
        dump_of(net, RTM_GETADDR, AF_INET6, take_address, &dump) < 0)
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

/* True when a route leads over the link; with `to` not 0 it is led over that one instead. */
static bool route_over(const struct nlmsghdr *header, int index, int to)
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

static const struct nlattr *find(const struct nlmsghdr *header, size_t extra, uint16_t type)
{
    const struct nlattr *attribute;

    mnl_attr_for_each(attribute, header, (unsigned)extra) if (mnl_attr_get_type(attribute) == type) return attribute;
    return NULL;
}

static int take_route(const struct nlmsghdr *header, void *context)
{
    struct dump *dump = context;
    const struct rtmsg *info = mnl_nlmsg_get_payload(header);
    const struct nlattr *table = find(header, sizeof(*info), RTA_TABLE);
    uint32_t number = table ? mnl_attr_get_u32(table) : info->rtm_table;

    if (number == RT_TABLE_LOCAL || info->rtm_type == RTN_MULTICAST || info->rtm_flags & RTM_F_CLONED)
        return MNL_CB_OK;
    if (!dump->index)
        return info->rtm_type == RTN_UNICAST && !info->rtm_dst_len && number == RT_TABLE_MAIN ? keep(dump, header)
                                                                                              : MNL_CB_OK;
    return route_over(header, dump->index, 0) ? keep(dump, header) : MNL_CB_OK;
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
    struct dump dump = { .arena = arena, .index = index, .messages = ret };

    *ret = (struct vl_net_messages){ .count = 0 };
    if (dump_of(net, RTM_GETROUTE, AF_INET, take_route, &dump) < 0 ||
        dump_of(net, RTM_GETROUTE, AF_INET6, take_route, &dump) < 0)
        return vl_fail_errno(err, "cannot list the routes of this host");
    return order_routes(arena, ret) < 0 ? vl_fail(err, VL_ERROR_MEMORY, "out of memory") : 0;
}

int vl_net_default_routes(struct vl_net *net, struct vl_arena *arena, struct vl_net_messages *ret, struct vl_error *err)
{
    return vl_net_routes(net, arena, 0, ret, err);
}

bool vl_net_route_over(const struct vl_net_message *message, int index)
{
    return route_over(message->bytes, index, 0);
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

static size_t address_size(int family)
{
    return family == AF_INET ? 4 : 16;
}

/* Copy the address that an attribute holds. False when there is none of this family's length. */
static bool take_bytes(const struct nlattr *attribute, int family, unsigned char bytes[static 16])
{
    if (!attribute || mnl_attr_get_payload_len(attribute) != address_size(family))
        return false;
    memcpy(bytes, mnl_attr_get_payload(attribute), address_size(family));
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
    const struct nlattr *flags = find(header, sizeof(*info), IFA_FLAGS);
    struct vl_net_facts facts = { .family = info->ifa_family, .prefix = info->ifa_prefixlen };

    if (!take_bytes(find(header, sizeof(*info), IFA_LOCAL), facts.family, facts.bytes))
        (void)take_bytes(find(header, sizeof(*info), IFA_ADDRESS), facts.family, facts.bytes);
    facts.permanent = ((flags ? mnl_attr_get_u32(flags) : info->ifa_flags) & IFA_F_PERMANENT) != 0;
    facts.link_local = is_link_local(facts.family, facts.bytes);
    return facts;
}

struct vl_net_facts vl_net_route_facts(const struct vl_net_message *message)
{
    const struct nlmsghdr *header = message->bytes;
    const struct rtmsg *info = mnl_nlmsg_get_payload(header);
    struct vl_net_facts facts = { .family = info->rtm_family, .prefix = info->rtm_dst_len };

    (void)take_bytes(find(header, sizeof(*info), RTA_DST), facts.family, facts.bytes);
    facts.has_gateway = take_bytes(find(header, sizeof(*info), RTA_GATEWAY), facts.family, facts.gateway) ||
                        find(header, sizeof(*info), RTA_MULTIPATH) || find(header, sizeof(*info), RTA_VIA);
    facts.by_object = find(header, sizeof(*info), RTA_NH_ID) != NULL;
    facts.has_source = take_bytes(find(header, sizeof(*info), RTA_PREFSRC), facts.family, facts.source);
    facts.link_local = is_link_local(facts.family, facts.bytes);
    facts.is_default = info->rtm_dst_len == 0;
    facts.in_main = info->rtm_table == RT_TABLE_MAIN;
    return facts;
}

static const char *number_text(struct vl_arena *arena, int family, const unsigned char *bytes)
{
    char text[INET6_ADDRSTRLEN] = "";

    (void)inet_ntop(family, bytes, text, sizeof(text));
    return vl_arena_strdup(arena, text);
}

const char *vl_net_address_text(struct vl_arena *arena, const struct vl_net_message *message)
{
    struct vl_net_facts facts = vl_net_address_facts(message);

    return vl_arena_printf(arena, "%s/%u", number_text(arena, facts.family, facts.bytes), facts.prefix);
}

const char *vl_net_route_text(struct vl_arena *arena, const struct vl_net_message *message)
{
    struct vl_net_facts facts = vl_net_route_facts(message);
    const struct nlattr *metric = find(message->bytes, sizeof(struct rtmsg), RTA_PRIORITY);
    const char *text =
        facts.is_default ? "default"
                         : vl_arena_printf(arena, "%s/%u", number_text(arena, facts.family, facts.bytes), facts.prefix);

    if (find(message->bytes, sizeof(struct rtmsg), RTA_GATEWAY))
        text = vl_arena_printf(arena, "%s via %s", text, number_text(arena, facts.family, facts.gateway));
    if (metric)
        text = vl_arena_printf(arena, "%s metric %u", text, mnl_attr_get_u32(metric));
    return text;
}

const char *vl_net_word(struct vl_arena *arena, const struct vl_net_message *message)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *bytes = message->bytes;
    char *word = vl_arena_zalloc(arena, message->length * 2 + 1);

    for (size_t i = 0; word && i < message->length; i++) {
        word[2 * i] = digits[bytes[i] >> 4];
        word[2 * i + 1] = digits[bytes[i] & 15];
    }
    return word ? word : "";
}

static int digit_of(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool vl_net_from_word(struct vl_arena *arena, const char *word, struct vl_net_message *ret_message)
{
    size_t length = strlen(word) / 2;
    unsigned char *bytes = vl_arena_zalloc(arena, length + 1);
    const struct nlmsghdr *header = (const void *)bytes;

    if (!bytes || length > MESSAGE_ROOM || strlen(word) % 2)
        return false;
    for (size_t i = 0; i < length; i++) {
        int high = digit_of(word[2 * i]), low = digit_of(word[2 * i + 1]);

        if (high < 0 || low < 0)
            return false;
        bytes[i] = (unsigned char)(high << 4 | low);
    }
    if (length < MNL_NLMSG_HDRLEN + sizeof(struct ifaddrmsg) || header->nlmsg_len != length ||
        (header->nlmsg_type != RTM_NEWADDR && header->nlmsg_type != RTM_NEWROUTE))
        return false;
    *ret_message = (struct vl_net_message){ .bytes = bytes, .length = length };
    return header->nlmsg_type == RTM_NEWADDR || length >= MNL_NLMSG_HDRLEN + sizeof(struct rtmsg);
}

static struct nlmsghdr *begin(char *room, uint16_t type, int flags, size_t extra, void *ret_extra)
{
    struct nlmsghdr *header = mnl_nlmsg_put_header(room);
    void *payload = mnl_nlmsg_put_extra_header(header, extra);

    header->nlmsg_type = type;
    header->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | flags);
    memcpy(ret_extra, &payload, sizeof(payload));
    return header;
}

static int take_way(const struct nlmsghdr *header, void *context)
{
    struct dump *dump = context;
    const struct nlattr *link = find(header, sizeof(struct rtmsg), RTA_OIF);

    dump->index = link ? (int)mnl_attr_get_u32(link) : 0;
    return MNL_CB_OK;
}

/* The link over which this address is reached now; 0: none. */
static int way_to(struct vl_net *net, int family, const unsigned char *address)
{
    char room[256] = { 0 };
    struct rtmsg *info;
    struct nlmsghdr *header = begin(room, RTM_GETROUTE, 0, sizeof(*info), &info);
    struct dump dump = { .index = 0 };

    info->rtm_family = (unsigned char)family;
    info->rtm_dst_len = (unsigned char)(address_size(family) * 8);
    mnl_attr_put(header, RTA_DST, address_size(family), address);
    return ask(net, header, take_way, &dump) < 0 ? 0 : dump.index;
}

static int take_neighbour(const struct nlmsghdr *header, void *context)
{
    struct dump *dump = context;
    const struct ndmsg *info = mnl_nlmsg_get_payload(header);
    const struct nlattr *destination = find(header, sizeof(*info), NDA_DST);

    if (info->ndm_ifindex == dump->index && destination &&
        mnl_attr_get_payload_len(destination) == dump->address_length &&
        !memcmp(mnl_attr_get_payload(destination), dump->address, dump->address_length))
        dump->found |= !(info->ndm_state & (NUD_INCOMPLETE | NUD_FAILED)) && info->ndm_state != NUD_NONE;
    return MNL_CB_OK;
}

int vl_net_neighbour(struct vl_net *net, int family, const unsigned char *address, bool *ret_known,
                     struct vl_error *err)
{
    struct dump dump = {
        .address = address,
        .address_length = address_size(family),
        .index = way_to(net, family, address), /* a link that was left may still know it from before */
    };

    if (dump_of(net, RTM_GETNEIGH, family, take_neighbour, &dump) < 0)
        return vl_fail_errno(err, "cannot list the neighbours of this host");
    *ret_known = dump.found;
    return 0;
}

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
    struct nlmsghdr *header = begin(room, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, sizeof(*info), &info);
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
    struct nlmsghdr *header = begin(room, RTM_NEWLINK, 0, sizeof(*info), &info);
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
    struct nlmsghdr *header = begin(room, RTM_NEWLINK, 0, sizeof(*info), &info);

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
    struct nlmsghdr *header = begin(room, RTM_DELLINK, 0, sizeof(*info), &info);

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

    if (!find(header, sizeof(struct rtmsg), RTA_NH_ID))
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

/* Beside those that are there: to replace would take the place of another link's route to the same network. */
void vl_net_put_route(struct vl_net_batch *batch, const struct vl_net_message *message, int from, int to)
{
    struct nlmsghdr *copy = copy_of(batch, message, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_APPEND);
    struct rtmsg *info = copy ? mnl_nlmsg_get_payload(copy) : NULL;

    if (!copy)
        return;
    (void)route_over(copy, from, to);
    drop_next_hop(copy, false);
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

void vl_net_new_address(struct vl_net_batch *batch, int family, const unsigned char *address, unsigned prefix,
                        int index)
{
    char room[256] = { 0 };
    struct ifaddrmsg *info;
    struct nlmsghdr *header = begin(room, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, sizeof(*info), &info);

    info->ifa_family = (unsigned char)family;
    info->ifa_prefixlen = (unsigned char)prefix;
    info->ifa_flags = IFA_F_NODAD;
    info->ifa_index = (unsigned)index;
    mnl_attr_put(header, IFA_LOCAL, address_size(family), address);
    mnl_attr_put(header, IFA_ADDRESS, address_size(family), address);
    if (family == AF_INET && prefix < 31) {
        uint32_t broadcast;

        memcpy(&broadcast, address, sizeof(broadcast));
        broadcast |= htonl(~vl_text_netmask(prefix));
        mnl_attr_put_u32(header, IFA_BROADCAST, broadcast);
    }
    append(batch, header,
           vl_arena_printf(&batch->arena, "add the address %s/%u", number_text(&batch->arena, family, address), prefix),
           EEXIST, 0);
}

void vl_net_new_default(struct vl_net_batch *batch, int family, const unsigned char *gateway, int index)
{
    char room[256] = { 0 };
    struct rtmsg *info;
    struct nlmsghdr *header = begin(room, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, sizeof(*info), &info);

    info->rtm_family = (unsigned char)family;
    info->rtm_table = RT_TABLE_MAIN;
    info->rtm_protocol = RTPROT_STATIC;
    info->rtm_scope = RT_SCOPE_UNIVERSE;
    info->rtm_type = RTN_UNICAST;
    mnl_attr_put(header, RTA_GATEWAY, address_size(family), gateway);
    mnl_attr_put_u32(header, RTA_OIF, (uint32_t)index);
    append(batch, header,
           vl_arena_printf(&batch->arena, "add the route default via %s", number_text(&batch->arena, family, gateway)),
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
        if (receive(net, first + (unsigned)i, NULL, NULL) == 0 || is_harmless(&changes[i], errno))
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
        return vl_fail(err, VL_ERROR_MEMORY, "out of memory");
    if (!batch->count)
        return 0;
    vl_buf_add(&messages, batch->messages.data, batch->messages.length);
    if (messages.failed)
        return vl_fail(err, VL_ERROR_MEMORY, "out of memory");
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
