/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/owner.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"

enum { WORDS = 5, COMMANDS = 3 };

/* UPLINK and BRIDGE stand for the names. The first row whose daemon runs counts. */
static const struct {
    enum vl_bridge_backend backend;
    const char *running; /* a path that is there while the daemon runs */
    const char *commands[2][COMMANDS][WORDS];
} owners[] = {
    /* our files say NM_CONTROLLED=no: it lets go of the interfaces when it reads them, and takes the uplink back */
    { VL_BACKEND_IFCFG,
      "/run/NetworkManager",
      { [VL_OWNER_CHANGED] = { { "nmcli", "connection", "reload" } },
        [VL_OWNER_PUT_BACK] = { { "nmcli", "connection", "reload" }, { "nmcli", "device", "connect", "UPLINK" } } } },
    { VL_BACKEND_NETWORKMANAGER,
      "/run/NetworkManager",
      { [VL_OWNER_CHANGED] = { { "nmcli", "connection", "reload" },
                               { "nmcli", "device", "connect", "BRIDGE" },
                               { "nmcli", "device", "connect", "UPLINK" } },
        [VL_OWNER_PUT_BACK] = { { "nmcli", "connection", "reload" }, { "nmcli", "device", "connect", "UPLINK" } } } },
    { VL_BACKEND_NETWORKD,
      "/run/systemd/netif/state",
      { [VL_OWNER_CHANGED] = { { "networkctl", "reload" } }, [VL_OWNER_PUT_BACK] = { { "networkctl", "reload" } } } },
    { VL_BACKEND_NETPLAN,
      "/run/systemd/netif/state",
      { [VL_OWNER_CHANGED] = { { "netplan", "generate" }, { "networkctl", "reload" } },
        [VL_OWNER_PUT_BACK] = { { "netplan", "generate" }, { "networkctl", "reload" } } } },
    { VL_BACKEND_NETPLAN,
      "/run/NetworkManager",
      { [VL_OWNER_CHANGED] = { { "netplan", "generate" },
                               { "nmcli", "connection", "reload" },
                               { "nmcli", "device", "connect", "BRIDGE" } },
        [VL_OWNER_PUT_BACK] = { { "netplan", "generate" },
                                { "nmcli", "connection", "reload" },
                                { "nmcli", "device", "connect", "UPLINK" } } } },
};

const char *const *const *vl_owner_commands(struct vl_arena *arena, enum vl_bridge_backend backend,
                                            enum vl_owner_word word, const char *uplink, const char *bridge)
{
    const char *const **commands = vl_arena_zalloc(arena, (COMMANDS + 1) * sizeof(*commands));
    size_t row = 0;

    while (row < VL_COUNT(owners) && (owners[row].backend != backend || !vl_file_exists(owners[row].running)))
        row++;
    for (size_t i = 0; commands && row < VL_COUNT(owners) && i < COMMANDS; i++) {
        const char *const *words = owners[row].commands[word][i];
        const char **argv = vl_arena_zalloc(arena, (WORDS + 1) * sizeof(*argv));

        if (!words[0] || !argv)
            break;
        for (size_t k = 0; k < WORDS && words[k]; k++)
            argv[k] = !strcmp(words[k], "UPLINK") ? uplink : !strcmp(words[k], "BRIDGE") ? bridge : words[k];
        commands[i] = argv;
    }
    return commands;
}
