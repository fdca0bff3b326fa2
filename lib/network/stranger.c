/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "network/stranger.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"

#define USE_IT                                                                                                         \
    "; or make the bridge yourself with it, and use that by 'interface = none' and the name and address of the "       \
    "bridge "                                                                                                          \
    "in [bridge]"

static const struct {
    const char *name;
    const char *signs[3]; /* paths; INTERFACE stands for the name of the uplink. NULL-terminated */
    const char *remedy;   /* behind the name of the uplink */
} strangers[] = {
    { "wicked",
      { "/etc/sysconfig/network/ifcfg-INTERFACE", "/etc/wicked", NULL },
      "to NetworkManager ('systemctl enable --now NetworkManager' in the place of wicked), and say backend = "
      "networkmanager in [bridge]" USE_IT " (BRIDGE='yes' and BRIDGE_PORTS in its ifcfg file, then 'wicked ifreload "
      "all')" },
    { "dhcpcd",
      { "/etc/dhcpcd.conf", NULL },
      "to ifupdown or networkd: 'denyinterfaces INTERFACE' in /etc/dhcpcd.conf takes it from dhcpcd, and backend = "
      "ifupdown or networkd in [bridge] says who has it then" USE_IT },
    { "ConnMan",
      { "/etc/connman", "/var/lib/connman", NULL },
      "to networkd: 'NetworkInterfaceBlacklist = INTERFACE' in /etc/connman/main.conf takes it from ConnMan, and "
      "backend "
      "= networkd in [bridge] says who has it then" USE_IT },
};

/* `text` with the uplink's name in its places. */
static const char *named(struct vl_arena *arena, const char *text, const char *interface)
{
    static const char word[] = "INTERFACE";
    const char *at = strstr(text, word);

    if (!at)
        return text;
    return vl_arena_printf(arena, "%.*s%s%s", (int)(at - text), text, interface, at + strlen(word));
}

int vl_stranger_refuse(struct vl_arena *arena, const char *root, const char *interface, struct vl_error *err)
{
    const char *base = strcmp(root, "/") != 0 ? root : "";

    for (size_t i = 0; i < VL_COUNT(strangers); i++)
        for (size_t j = 0; strangers[i].signs[j]; j++) {
            const char *sign = named(arena, strangers[i].signs[j], interface);

            if (vl_file_exists(vl_arena_printf(arena, "%s%s", base, sign)))
                return vl_fail(
                    err, VL_ERROR_FAILED,
                    "'%s' is seen to be configured by %s ('%s'), whose files are not written here; give it %s",
                    interface, strangers[i].name, sign, named(arena, strangers[i].remedy, interface));
        }
    return 0;
}
