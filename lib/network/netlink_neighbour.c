/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Neighbours that somebody has entered by hand, which the kernel forgets with the last address of the link: those that
 * last (`nud permanent`) and those for whom this host answers (`proxy`). What the kernel has learnt it learns again.
 */
#include <errno.h>
#include <linux/neighbour.h>
#include <string.h>

#include "network/netlink.h"
#include "network/netlink_part.h"

enum { TRIES = 5 };

struct listing {
    struct vl_arena *arena;
    int index;
    struct vl_net_messages *messages;
};

static int take(const struct nlmsghdr *header, void *context)
{
    const struct ndmsg *info = mnl_nlmsg_get_payload(header);
    struct listing *listing = context;
    struct vl_net_messages *messages = listing->messages;
    struct vl_net_message *grown;
    void *copy;

    if (info->ndm_ifindex != listing->index || (info->ndm_family != AF_INET && info->ndm_family != AF_INET6) ||
        (!(info->ndm_flags & NTF_PROXY) && info->ndm_state != NUD_PERMANENT) ||
        !vl_net_attribute(header, sizeof(*info), NDA_DST))
        return MNL_CB_OK;
    grown = vl_arena_grow(listing->arena, messages->list, messages->count, sizeof(*grown));
    copy = vl_arena_zalloc(listing->arena, header->nlmsg_len);
    if (!grown || !copy) {
        errno = ENOMEM;
        return MNL_CB_ERROR;
    }
    memcpy(copy, header, header->nlmsg_len);
    grown[messages->count++] = (struct vl_net_message){ .bytes = copy, .length = header->nlmsg_len };
    messages->list = grown;
    return MNL_CB_OK;
}

static int list(struct listing *listing, int family, unsigned flags)
{
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    VL_NET_AUTO *net = vl_net_open(&ignored);
    char room[256] = { 0 };
    struct ndmsg *info;
    struct nlmsghdr *request = vl_net_begin(room, RTM_GETNEIGH, NLM_F_DUMP, sizeof(*info), &info);

    info->ndm_family = (unsigned char)family;
    info->ndm_flags = (unsigned char)flags;
    request->nlmsg_flags &= (uint16_t)~NLM_F_ACK;
    if (!net)
        return -1;
    request->nlmsg_seq = ++net->sequence;
    if (mnl_socket_sendto(net->socket, request, request->nlmsg_len) < 0)
        return -1;
    return vl_net_receive(net, request->nlmsg_seq, take, listing);
}

int vl_net_neighbours(struct vl_arena *arena, int index, struct vl_net_messages *ret, struct vl_error *err)
{
    static const struct {
        int family;
        unsigned flags;
    } kinds[] = { { AF_INET, 0 }, { AF_INET6, 0 }, { AF_INET, NTF_PROXY }, { AF_INET6, NTF_PROXY } };
    struct listing listing = { .arena = arena, .index = index, .messages = ret };

    *ret = (struct vl_net_messages){ .count = 0 };
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        size_t before = ret->count;
        int rc = -1;

        /* a listing during which something came or went may lack what was there all the time, and is made anew */
        for (int k = 0; rc < 0 && k < TRIES; k++) {
            ret->count = before;
            rc = list(&listing, kinds[i].family, kinds[i].flags);
            if (rc < 0 && errno != EINTR)
                break;
        }
        if (rc < 0)
            return vl_fail_errno(err, "cannot list the neighbours of this host");
    }
    return 0;
}

/* Whose entry it is, of which kind. */
struct entry {
    int family;
    bool proxy;
    const unsigned char *address;
};

static struct entry entry_of(const struct vl_net_message *message)
{
    const struct ndmsg *info = mnl_nlmsg_get_payload(message->bytes);
    const struct nlattr *address = vl_net_attribute(message->bytes, sizeof(*info), NDA_DST);
    static const unsigned char none[16];
    bool whole = address && mnl_attr_get_payload_len(address) == vl_net_address_size(info->ndm_family);

    return (struct entry){ info->ndm_family, (info->ndm_flags & NTF_PROXY) != 0,
                           whole ? mnl_attr_get_payload(address) : none };
}

bool vl_net_has_neighbour(const struct vl_net_messages *messages, const struct vl_net_message *wanted)
{
    struct entry one = entry_of(wanted);

    for (size_t i = 0; i < messages->count; i++) {
        struct entry other = entry_of(&messages->list[i]);

        if (one.family == other.family && one.proxy == other.proxy &&
            !memcmp(one.address, other.address, vl_net_address_size(one.family)))
            return true;
    }
    return false;
}

const char *vl_net_neighbour_text(struct vl_arena *arena, const struct vl_net_message *message)
{
    const struct nlattr *link = vl_net_attribute(message->bytes, sizeof(struct ndmsg), NDA_LLADDR);
    struct entry entry = entry_of(message);
    const char *text = vl_net_number_text(arena, entry.family, entry.address);
    const unsigned char *mac = link && mnl_attr_get_payload_len(link) == 6 ? mnl_attr_get_payload(link) : NULL;

    if (entry.proxy)
        return vl_arena_printf(arena, "proxy %s", text);
    if (!mac)
        return text;
    return vl_arena_printf(arena, "%s lladdr %02x:%02x:%02x:%02x:%02x:%02x nud permanent", text, mac[0], mac[1], mac[2],
                           mac[3], mac[4], mac[5]);
}

static void change(struct vl_net_batch *batch, const struct vl_net_message *message, uint16_t type, int flags,
                   int index, const char *verb)
{
    struct nlmsghdr *copy = vl_net_copy(batch, message, type, flags);
    struct ndmsg *info = copy ? mnl_nlmsg_get_payload(copy) : NULL;
    struct nlattr *attribute;

    if (!copy)
        return;
    info->ndm_ifindex = index;
    mnl_attr_for_each(attribute, copy, sizeof(*info))
    {
        int kind = mnl_attr_get_type(attribute);

        if (kind != NDA_DST && kind != NDA_LLADDR) /* the kernel's findings */
            attribute->nla_type = NDA_UNSPEC;
    }
    vl_net_append(
        batch, copy,
        vl_arena_printf(&batch->arena, "%s the neighbour %s", verb, vl_net_neighbour_text(&batch->arena, message)),
        type == RTM_NEWNEIGH ? EEXIST : ENOENT, type == RTM_NEWNEIGH ? 0 : ENXIO);
}

void vl_net_put_neighbour(struct vl_net_batch *batch, const struct vl_net_message *message, int index)
{
    change(batch, message, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, index, "add");
}

void vl_net_delete_neighbour(struct vl_net_batch *batch, const struct vl_net_message *message)
{
    const struct ndmsg *info = mnl_nlmsg_get_payload(message->bytes);

    change(batch, message, RTM_DELNEIGH, 0, info->ndm_ifindex, "delete");
}
