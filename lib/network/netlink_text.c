/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Addresses and routes as people write them, and as words of a checkpoint.
 */
#include <arpa/inet.h>
#include <linux/fib_rules.h>
#include <linux/neighbour.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "network/netlink.h"
#include "network/netlink_part.h"

enum { MESSAGE_ROOM = 1 << 13 };

const char *vl_net_number_text(struct vl_arena *arena, int family, const unsigned char *bytes)
{
    char text[INET6_ADDRSTRLEN] = "";

    (void)inet_ntop(family, bytes, text, sizeof(text));
    return vl_arena_strdup(arena, text);
}

const char *vl_net_mac_text(struct vl_arena *arena, const unsigned char mac[static 6])
{
    return vl_arena_printf(arena, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
}

const char *vl_net_address_text(struct vl_arena *arena, const struct vl_net_message *message)
{
    struct vl_net_facts facts = vl_net_address_facts(message);

    return vl_arena_printf(arena, "%s/%u", vl_net_number_text(arena, facts.family, facts.bytes), facts.prefix);
}

const char *vl_net_route_text(struct vl_arena *arena, const struct vl_net_message *message)
{
    struct vl_net_facts facts = vl_net_route_facts(message);
    const struct nlattr *metric = vl_net_attribute(message->bytes, sizeof(struct rtmsg), RTA_PRIORITY);
    const char *text =
        facts.is_default
            ? "default"
            : vl_arena_printf(arena, "%s/%u", vl_net_number_text(arena, facts.family, facts.bytes), facts.prefix);

    if (vl_net_attribute(message->bytes, sizeof(struct rtmsg), RTA_GATEWAY))
        text = vl_arena_printf(arena, "%s via %s", text, vl_net_number_text(arena, facts.family, facts.gateway));
    if (metric)
        text = vl_arena_printf(arena, "%s metric %u", text, mnl_attr_get_u32(metric));
    return text;
}

const char *vl_net_way_text(struct vl_arena *arena, const struct vl_net_message *route)
{
    struct vl_net_facts facts = vl_net_route_facts(route);
    const char *text =
        facts.is_default
            ? facts.family == AF_INET ? "default" : "default6"
            : vl_arena_printf(arena, "%s/%u", vl_net_number_text(arena, facts.family, facts.bytes), facts.prefix);

    if (!facts.has_gateway)
        return text;
    if (!vl_net_attribute(route->bytes, sizeof(struct rtmsg), RTA_GATEWAY))
        return NULL;
    return vl_arena_printf(arena, "%s via %s", text, vl_net_number_text(arena, facts.family, facts.gateway));
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
    static const struct {
        uint16_t type;
        size_t extra;
    } kinds[] = {
        { RTM_NEWADDR, sizeof(struct ifaddrmsg) },
        { RTM_NEWROUTE, sizeof(struct rtmsg) },
        { RTM_NEWNEIGH, sizeof(struct ndmsg) },
        { RTM_NEWRULE, sizeof(struct fib_rule_hdr) },
    };
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
    if (length < MNL_NLMSG_HDRLEN + sizeof(struct ifaddrmsg) || header->nlmsg_len != length)
        return false;
    for (size_t i = 0; i < VL_COUNT(kinds); i++)
        if (header->nlmsg_type == kinds[i].type && length >= MNL_NLMSG_HDRLEN + kinds[i].extra) {
            *ret_message = (struct vl_net_message){ .bytes = bytes, .length = length };
            return true;
        }
    return false;
}
