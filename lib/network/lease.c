/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "network/lease.h"

#include <ctype.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/process.h"
#include "base/text.h"

enum { ASK_MS = 5000 };

/* The hexadecimal digits of a text, in lower case. NULL when there are none. */
static const char *digits(struct vl_arena *arena, const char *text)
{
    char *out = vl_arena_strdup(arena, text);
    size_t length = 0;

    for (; *text; text++)
        if (isxdigit((unsigned char)*text))
            out[length++] = (char)tolower((unsigned char)*text);
    out[length] = '\0';
    return length ? out : NULL;
}

static struct vl_lease by_networkd(struct vl_arena *arena, unsigned index)
{
    const char *lease = vl_arena_printf(arena, "/run/systemd/netif/leases/%u", index);
    const char *link = vl_arena_printf(arena, "/run/systemd/netif/links/%u", index);
    const char *iaid6 = vl_backend_state(arena, link, "", "DHCP6_CLIENT_IAID");

    return (struct vl_lease){
        .client = digits(arena, vl_backend_state(arena, lease, "", "CLIENTID")),
        .iaid6 = vl_text_starts(iaid6, "0x") ? digits(arena, iaid6 + 2) : NULL,
    };
}

/* What stands behind `NAME = ` in what nmcli says. */
static const char *option(struct vl_arena *arena, const char *says, const char *name)
{
    const char *found = strstr(says, vl_arena_printf(arena, ":%s = ", name));

    if (!found)
        return NULL;
    found = strchr(found, '=') + 1;
    return digits(arena, vl_arena_strndup(arena, found, strcspn(found, "\n")));
}

/* It is asked, since its files are not always of now. */
static struct vl_lease by_networkmanager(struct vl_arena *arena, unsigned index)
{
    const char *path = vl_arena_printf(arena, "/run/NetworkManager/devices/%u", index);
    char name[IF_NAMESIZE] = "";
    const char *const argv[] = { "nmcli", "-t", "-f", "DHCP4,DHCP6", "device", "show", name, NULL };
    struct vl_process_options options = { .timeout_ms = ASK_MS };
    VL_PROCESS_RESULT_AUTO result = { .status = -1 };
    VL_ERROR_AUTO ignored = { .code = VL_OK };

    if (strcmp(vl_backend_state(arena, path, "device", "managed"), "true") != 0 || !if_indextoname(index, name) ||
        vl_process_run(argv, &options, &result, &ignored) < 0 || !result.output)
        return (struct vl_lease){ .client = NULL };
    return (struct vl_lease){
        .client = option(arena, result.output, "dhcp_client_identifier"),
        .iaid6 = option(arena, result.output, "iaid"),
        .duid6 = option(arena, result.output, "dhcp6_client_id"),
        .by_networkmanager = true,
    };
}

struct vl_lease vl_lease_of(struct vl_arena *arena, unsigned index)
{
    struct vl_lease lease = by_networkd(arena, index);

    if (!lease.client && !lease.iaid6)
        lease = by_networkmanager(arena, index);
    return lease;
}

bool vl_lease_iaid(const struct vl_lease *lease, uint32_t *ret_iaid)
{
    char iaid[9] = "";

    if (!lease->client || !vl_text_starts(lease->client, "ff") || strlen(lease->client) < 10)
        return false;
    memcpy(iaid, lease->client + 2, 8);
    *ret_iaid = (uint32_t)strtoul(iaid, NULL, 16);
    return true;
}

const char *vl_lease_colons(struct vl_arena *arena, const char *hex)
{
    VL_BUF_AUTO out = VL_BUF_INIT;

    for (size_t i = 0; hex[i] && hex[i + 1]; i += 2)
        vl_buf_printf(&out, "%s%.2s", i ? ":" : "", hex + i);
    arena->failed |= out.failed;
    return vl_arena_strdup(arena, vl_buf_text(&out));
}

const char *vl_lease_identifier(struct vl_arena *arena, const struct vl_lease *lease)
{
    /* 01 and six bytes: the type of Ethernet and an address */
    if (!lease->client || (vl_text_starts(lease->client, "01") && strlen(lease->client) == 14))
        return NULL;
    return vl_lease_colons(arena, lease->client);
}

const char *vl_lease_rename(struct vl_arena *arena, const char *text, const char *from, const char *to)
{
    static const char between[] = " \t\n\"';";
    VL_BUF_AUTO out = VL_BUF_INIT;
    size_t length = strlen(from);

    while (*text) {
        size_t word = strcspn(text, between);

        if (word == length && !strncmp(text, from, length))
            vl_buf_puts(&out, to);
        else
            vl_buf_add(&out, text, word);
        text += word;
        word = strspn(text, between);
        vl_buf_add(&out, text, word);
        text += word;
    }
    arena->failed |= out.failed;
    return vl_arena_strdup(arena, vl_buf_text(&out));
}

/* The DUID that a lease file has; NULL: none. */
static const char *duid_of(struct vl_arena *arena, const char *text)
{
    const char *found = strstr(text, "default-duid ");

    return found ? vl_arena_strndup(arena, found, strcspn(found, "\n")) : NULL;
}

/* What the bridge's file has already stays, when it is of the same client: the lease in it is newer. */
static const char *file_text(struct vl_arena *arena, const struct vl_bridge_input *input, const char *path,
                             const char *source)
{
    const char *before = vl_bridge_text(input, path), *duid = duid_of(arena, source);
    const char *known = before ? duid_of(arena, before) : NULL;

    if (before && (duid ? known && !strcmp(duid, known) : !known))
        return before;
    return vl_lease_rename(arena, source, input->bridge->interface, input->bridge->name);
}

static const char *const configs[] = { VL_LEASE_CONFIG };

bool vl_lease_is_config(const char *path)
{
    for (size_t i = 0; i < VL_COUNT(configs); i++)
        if (!strcmp(path, configs[i]))
            return true;
    return false;
}

/* The end of what stands in braces from `text` on, behind the last one; NULL: they do not close. Comments and quotes
 * may have braces. */
static const char *block_end(const char *text)
{
    int depth = 0;

    for (const char *p = text; *p; p++) {
        if (*p == '#')
            p += strcspn(p, "\n");
        else if (*p == '"')
            p += 1 + strcspn(p + 1, "\"");
        if (!*p)
            return NULL;
        depth += *p == '{' ? 1 : *p == '}' ? -1 : 0;
        if (*p == '}' && depth <= 0)
            return depth ? NULL : p + 1;
    }
    return NULL;
}

/* What is said for this interface, from its name in quotes to the brace at the end. NULL: nothing is. */
static const char *block_of(struct vl_arena *arena, const char *text, const char *interface)
{
    static const char word[] = "interface", blanks[] = " \t\r\n";
    const char *quoted = vl_arena_printf(arena, "\"%s\"", interface);

    for (const char *at = text; *at; at++) {
        const char *name = at + strlen(word);

        if (*at == '#')
            at += strcspn(at, "\n");
        if (!*at)
            break;
        if ((at != text && !strchr(" \t\r\n;}", at[-1])) || !vl_text_starts(at, word))
            continue;
        name += strspn(name, blanks);
        if (vl_text_starts(name, quoted))
            return block_end(name + strlen(quoted)) ? name : NULL;
    }
    return NULL;
}

/* It is said for the bridge now and no longer for the uplink: dhclient also asks for an address for each interface that
 * its file speaks of. */
static void add_config(struct vl_arena *arena, const struct vl_bridge_input *input, struct vl_fileset *set)
{
    size_t length = strlen(input->bridge->interface) + 2; /* with its quotes */

    for (size_t i = 0; i < VL_COUNT(configs); i++) {
        const char *text = vl_bridge_text(input, configs[i]);
        const char *block = text ? block_of(arena, text, input->bridge->interface) : NULL;

        if (!block && (!text || !block_of(arena, text, input->bridge->name)))
            continue;
        vl_fileset_add(arena, set,
                       &(struct vl_file){
                           .path = configs[i],
                           .kind = VL_FILE_WHOLE,
                           .mode = 0644,
                           .text = !block ? text
                                          : vl_arena_printf(arena, "%.*s\"%s\"%s", (int)(block - text), text,
                                                            input->bridge->name, block + length),
                           .why = "what it says for the DHCP client of the uplink is for the bridge's",
                           .reload = VL_RELOAD_NONE,
                       });
    }
}

void vl_lease_files(struct vl_arena *arena, const struct vl_bridge_input *input, struct vl_fileset *set)
{
    static const char *const folders[] = { "/var/lib/dhcp/", "/var/lib/dhclient/" };
    static const char *const names[] = { "dhclient.", "dhclient6.", "dhclient-", "dhclient6-" };

    if (!input->bridge->dhcp && !input->bridge->ipv6_auto)
        return;
    add_config(arena, input, set);
    for (size_t i = 0; i < VL_COUNT(folders) * VL_COUNT(names); i++) {
        const char *start = vl_arena_printf(arena, "%s%s", folders[i / VL_COUNT(names)], names[i % VL_COUNT(names)]);
        const char *source =
            vl_bridge_text(input, vl_arena_printf(arena, "%s%s.leases", start, input->bridge->interface));
        const char *path = vl_arena_printf(arena, "%s%s.leases", start, input->bridge->name);

        if (source)
            vl_fileset_add(arena, set,
                           &(struct vl_file){
                               .path = path,
                               .kind = VL_FILE_WHOLE,
                               .mode = 0644,
                               .text = file_text(arena, input, path, source),
                               .why = "who this host is for the DHCP server, and its lease, go with its address",
                               .reload = VL_RELOAD_NONE,
                           });
    }
}
