/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "base/arena.h"
#include "base/error.h"
#include "network/netlink.h"

/*
 * Ways, neighbours and rules of routing.
 */
#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/neighbour.h>
#include <string.h>

#include "network/netlink_part.h"

static int take_way(const struct nlmsghdr *header, void *context)
{
    struct vl_net_way *way = context;
    const struct nlattr *link = vl_net_attribute(header, sizeof(struct rtmsg), RTA_OIF);
    const struct nlattr *source = vl_net_attribute(header, sizeof(struct rtmsg), RTA_PREFSRC);
    size_t length = source ? mnl_attr_get_payload_len(source) : 0;

    way->index = link ? (int)mnl_attr_get_u32(link) : 0;
    way->has_source = source && length <= sizeof(way->source);
    if (way->has_source)
        memcpy(way->source, mnl_attr_get_payload(source), length);
    return MNL_CB_OK;
}

bool vl_net_way(struct vl_net *net, int family, const unsigned char *address, struct vl_net_way *ret_way)
{
    char room[256] = { 0 };
    struct rtmsg *info;
    struct nlmsghdr *header = vl_net_begin(room, RTM_GETROUTE, 0, sizeof(*info), &info);

    *ret_way = (struct vl_net_way){ .index = 0 };
    info->rtm_family = (unsigned char)family;
    info->rtm_dst_len = (unsigned char)(vl_net_address_size(family) * 8);
    mnl_attr_put(header, RTA_DST, vl_net_address_size(family), address);
    return vl_net_ask(net, header, take_way, ret_way) == 0 && ret_way->index;
}

/* The link over which this address is reached now; 0: none. */
static int way_to(struct vl_net *net, int family, const unsigned char *address)
{
    struct vl_net_way way;

    return vl_net_way(net, family, address, &way) ? way.index : 0;
}

static int take_neighbour(const struct nlmsghdr *header, void *context)
{
    struct vl_net_dump *dump = context;
    const struct ndmsg *info = mnl_nlmsg_get_payload(header);
    const struct nlattr *destination = vl_net_attribute(header, sizeof(*info), NDA_DST);

    if (info->ndm_ifindex == dump->index && destination &&
        mnl_attr_get_payload_len(destination) == dump->address_length &&
        !memcmp(mnl_attr_get_payload(destination), dump->address, dump->address_length))
        dump->found |= !(info->ndm_state & (NUD_INCOMPLETE | NUD_FAILED)) && info->ndm_state != NUD_NONE;
    return MNL_CB_OK;
}

int vl_net_neighbour(struct vl_net *net, int family, const unsigned char *address, bool *ret_known,
                     struct vl_error *err)
{
    struct vl_net_dump dump = {
        .address = address,
        .address_length = vl_net_address_size(family),
        .index = way_to(net, family, address), /* a link that was left may still know it from before */
    };

    if (vl_net_dump_of(net, RTM_GETNEIGH, family, take_neighbour, &dump) < 0)
        return vl_fail_errno(err, "cannot list the neighbours of this host");
    *ret_known = dump.found;
    return 0;
}

static int take_lasting(const struct nlmsghdr *header, void *context)
{
    struct vl_net_dump *dump = context;
    const struct ndmsg *info = mnl_nlmsg_get_payload(header);

    bool lasting = info->ndm_flags & NTF_PROXY ||
                   (info->ndm_state & NUD_PERMANENT && vl_net_attribute(header, sizeof(*info), NDA_LLADDR));

    return info->ndm_ifindex == dump->index && lasting ? vl_net_keep(dump, header) : MNL_CB_OK;
}

/* What somebody set is told from what the kernel sets itself, for groups and for the link's own addresses, by its
 * address of the link: those are no host's. Whom this host answers for (NTF_PROXY) has none. */
static bool is_of_a_host(const struct vl_net_message *message)
{
    const struct nlattr *link = vl_net_attribute(message->bytes, sizeof(struct ndmsg), NDA_LLADDR);
    const unsigned char *bytes = link ? mnl_attr_get_payload(link) : NULL;

    return !bytes || (mnl_attr_get_payload_len(link) == 6 && !(bytes[0] & 1));
}

int vl_net_neighbours(struct vl_net *net, struct vl_arena *arena, int index, struct vl_net_messages *ret,
                      struct vl_error *err)
{
    struct vl_net_dump dump = { .arena = arena, .index = index, .messages = ret };
    size_t kept = 0;

    *ret = (struct vl_net_messages){ .count = 0 };
    for (int proxies = 0; proxies < 2; proxies++) {
        dump.neighbours = proxies ? NTF_PROXY : 0;
        if (vl_net_dump_of(net, RTM_GETNEIGH, AF_INET, take_lasting, &dump) < 0 ||
            vl_net_dump_of(net, RTM_GETNEIGH, AF_INET6, take_lasting, &dump) < 0)
            return vl_fail_errno(err, "cannot list the neighbours of this host");
    }
    for (size_t i = 0; i < ret->count; i++)
        if (is_of_a_host(&ret->list[i]))
            ret->list[kept++] = ret->list[i];
    ret->count = kept;
    return 0;
}

static uint32_t number_of(const struct nlmsghdr *header, uint16_t type, uint32_t otherwise)
{
    const struct nlattr *attribute = vl_net_attribute(header, sizeof(struct fib_rule_hdr), type);

    return attribute ? mnl_attr_get_u32(attribute) : otherwise;
}

/* The three that every host has. */
static bool is_usual(const struct nlmsghdr *header)
{
    const struct fib_rule_hdr *info = mnl_nlmsg_get_payload(header);
    uint32_t table = number_of(header, FRA_TABLE, info->table), priority = number_of(header, FRA_PRIORITY, 0);

    return !info->src_len && !info->dst_len &&
           ((table == RT_TABLE_LOCAL && !priority) || (table == RT_TABLE_MAIN && priority == 32766) ||
            (table == RT_TABLE_DEFAULT && priority == 32767));
}

static int take_rule(const struct nlmsghdr *header, void *context)
{
    return is_usual(header) ? MNL_CB_OK : vl_net_keep(context, header);
}

int vl_net_rules(struct vl_net *net, struct vl_arena *arena, struct vl_net_messages *ret, struct vl_error *err)
{
    struct vl_net_dump dump = { .arena = arena, .messages = ret };

    *ret = (struct vl_net_messages){ .count = 0 };
    if (vl_net_dump_of(net, RTM_GETRULE, AF_INET, take_rule, &dump) < 0 ||
        vl_net_dump_of(net, RTM_GETRULE, AF_INET6, take_rule, &dump) < 0)
        return vl_fail_errno(err, "cannot list the rules of routing of this host");
    return 0;
}

static const char *link_of(const struct vl_net_message *rule, uint16_t type)
{
    const struct nlattr *attribute = vl_net_attribute(rule->bytes, sizeof(struct fib_rule_hdr), type);

    return attribute ? mnl_attr_get_str(attribute) : "";
}

bool vl_net_rule_names(const struct vl_net_message *rule, const char *name)
{
    return !strcmp(link_of(rule, FRA_IIFNAME), name) || !strcmp(link_of(rule, FRA_OIFNAME), name);
}

static const char *net_text(struct vl_arena *arena, const struct vl_net_message *rule, uint16_t type, unsigned length,
                            const char *otherwise)
{
    const struct fib_rule_hdr *info = mnl_nlmsg_get_payload(rule->bytes);
    const struct nlattr *attribute = vl_net_attribute(rule->bytes, sizeof(*info), type);

    if (!attribute)
        return otherwise;
    return vl_arena_printf(arena, "%s/%u", vl_net_number_text(arena, info->family, mnl_attr_get_payload(attribute)),
                           length);
}

const char *vl_net_rule_text(struct vl_arena *arena, const struct vl_net_message *rule, const char *from,
                             const char *to)
{
    const struct fib_rule_hdr *info = mnl_nlmsg_get_payload(rule->bytes);
    static const struct {
        const char *word;
        uint16_t type;
    } links[] = { { "iif", FRA_IIFNAME }, { "oif", FRA_OIFNAME } };
    uint32_t mark = number_of(rule->bytes, FRA_FWMARK, 0), table = number_of(rule->bytes, FRA_TABLE, info->table);
    const char *text = vl_arena_printf(arena, "%s from %s", info->family == AF_INET6 ? "inet6" : "inet",
                                       net_text(arena, rule, FRA_SRC, info->src_len, "all"));

    if (info->dst_len)
        text = vl_arena_printf(arena, "%s to %s", text, net_text(arena, rule, FRA_DST, info->dst_len, "all"));
    for (size_t i = 0; i < 2; i++) {
        const char *name = link_of(rule, links[i].type);

        if (*name)
            text = vl_arena_printf(arena, "%s %s %s", text, links[i].word, !strcmp(name, from) ? to : name);
    }
    if (mark)
        text = vl_arena_printf(arena, "%s fwmark %#x", text, mark);
    return table ? vl_arena_printf(arena, "%s table %u", text, table) : text;
}

const char *vl_net_neighbour_text(struct vl_arena *arena, const struct vl_net_message *neighbour)
{
    const struct ndmsg *info = mnl_nlmsg_get_payload(neighbour->bytes);
    const struct nlattr *address = vl_net_attribute(neighbour->bytes, sizeof(*info), NDA_DST);
    const struct nlattr *link = vl_net_attribute(neighbour->bytes, sizeof(*info), NDA_LLADDR);
    const char *text = address ? vl_net_number_text(arena, info->ndm_family, mnl_attr_get_payload(address)) : "";

    if (info->ndm_flags & NTF_PROXY || !link)
        return vl_arena_printf(arena, "proxy %s", text);
    return vl_arena_printf(arena, "%s lladdr %s", text, vl_net_mac_text(arena, mnl_attr_get_payload(link)));
}
