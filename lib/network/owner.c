/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "network/owner.h"

#include <glob.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"

enum { WORDS = 6, COMMANDS = 4 };

/* For the bridge `device connect` would take up the profile that NetworkManager made for the bridge it came upon, which
 * is gone when NetworkManager is started anew. The port comes up with the bridge, but not when that profile was still
 * being left at that moment, and is not tried again then; so it is brought up by its own command. */
#define RELOAD                                                                                                         \
    {                                                                                                                  \
        "nmcli", "connection", "reload"                                                                                \
    }
#define CONNECT_UPLINK                                                                                                 \
    {                                                                                                                  \
        "nmcli", "--wait", "30", "device", "connect", "UPLINK"                                                         \
    }
#define BRING_UP(profile)                                                                                              \
    {                                                                                                                  \
        "nmcli", "--wait", "30", "connection", "up", profile                                                           \
    }

/* UPLINK and BRIDGE stand for the names. The first row whose daemon runs counts. */
static const struct {
    enum vl_bridge_backend backend;
    const char *state; /* a path that is there once the daemon has run on this host */
    const char *commands[2][COMMANDS][WORDS];
} owners[] = {
    /* our files say NM_CONTROLLED=no: it lets go of the interfaces when it reads them, and takes the uplink back */
    { VL_BACKEND_IFCFG,
      "/run/NetworkManager",
      { [VL_OWNER_CHANGED] = { { "nmcli", "connection", "reload" } },
        [VL_OWNER_PUT_BACK] = { RELOAD, CONNECT_UPLINK } } },
    { VL_BACKEND_NETWORKMANAGER,
      "/run/NetworkManager",
      { [VL_OWNER_CHANGED] = { RELOAD, BRING_UP("voiplab-BRIDGE"), CONNECT_UPLINK },
        [VL_OWNER_PUT_BACK] = { RELOAD, CONNECT_UPLINK } } },
    /* it takes the uplink's leaving the bridge for a new uplink, and configures that by the file that it read last;
     * once this has failed it looks at a new file only when it is told to */
    { VL_BACKEND_NETWORKD,
      "/run/systemd/netif/state",
      { [VL_OWNER_CHANGED] = { { "networkctl", "reload" } },
        [VL_OWNER_PUT_BACK] = { { "networkctl", "reload" }, { "networkctl", "reconfigure", "UPLINK" } } } },
    { VL_BACKEND_NETPLAN,
      "/run/systemd/netif/state",
      { [VL_OWNER_CHANGED] = { { "netplan", "generate" }, { "networkctl", "reload" } },
        [VL_OWNER_PUT_BACK] = { { "netplan", "generate" },
                                { "networkctl", "reload" },
                                { "networkctl", "reconfigure", "UPLINK" } } } },
    { VL_BACKEND_NETPLAN,
      "/run/NetworkManager",
      { [VL_OWNER_CHANGED] = { { "netplan", "generate" }, RELOAD, BRING_UP("netplan-BRIDGE"), CONNECT_UPLINK },
        [VL_OWNER_PUT_BACK] = { { "netplan", "generate" }, RELOAD, CONNECT_UPLINK } } },
};

/* What the daemon of that state is called in /proc/PID/comm. */
static const char *daemon_name(const char *state)
{
    return strstr(state, "NetworkManager") ? "NetworkManager" : "systemd-network";
}

/* A daemon that was stopped leaves its state behind, and what is sent to it would fail. */
static bool is_running(const char *state)
{
    glob_t found = { .gl_pathc = 0 };
    bool running = false;

    if (vl_file_exists(state) && glob("/proc/[0-9]*/comm", GLOB_NOSORT, NULL, &found) == 0)
        for (size_t i = 0; i < found.gl_pathc && !running; i++) {
            VL_ERROR_AUTO ignored = { .code = VL_OK };
            VL_FREE char *name = NULL;

            running = vl_file_read(found.gl_pathv[i], 64, &name, NULL, &ignored) == 0 &&
                      !strcmp(vl_text_strip(name), daemon_name(state));
        }
    globfree(&found);
    return running;
}

/* The word, with the name that it stands for or ends with. */
static const char *named(struct vl_arena *arena, const char *word, const char *uplink, const char *bridge)
{
    static const char name[] = "BRIDGE";
    size_t length = strlen(word), before = length - (sizeof(name) - 1);

    if (!strcmp(word, "UPLINK"))
        return uplink;
    if (length < sizeof(name) - 1 || strcmp(word + before, name) != 0)
        return word;
    return vl_arena_printf(arena, "%.*s%s", (int)before, word, bridge);
}

const char *const *const *vl_owner_commands(struct vl_arena *arena, enum vl_bridge_backend backend,
                                            enum vl_owner_word word, const char *uplink, const char *bridge)
{
    const char *const **commands = vl_arena_zalloc(arena, (COMMANDS + 1) * sizeof(*commands));
    size_t row = 0;

    while (row < VL_COUNT(owners) && (owners[row].backend != backend || !is_running(owners[row].state)))
        row++;
    for (size_t i = 0; commands && row < VL_COUNT(owners) && i < COMMANDS; i++) {
        const char *const *words = owners[row].commands[word][i];
        const char **argv = vl_arena_zalloc(arena, (WORDS + 1) * sizeof(*argv));

        if (!words[0] || !argv)
            break;
        for (size_t k = 0; k < WORDS && words[k]; k++)
            argv[k] = named(arena, words[k], uplink, bridge);
        commands[i] = argv;
    }
    return commands;
}
