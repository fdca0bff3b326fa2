/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The live bridge goes when its alias says that this lab made it, but never under somebody else: one with an uplink
 * carries this host's own network, and `bridge revert` is the way back from that; a port that is no tap of a guest of
 * this lab is somebody's.
 */
#include <dirent.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "stage/gone.h"
#include "stage/stage.h"

static bool is_our_tap(const struct vl_gone *gone, const char *port)
{
    for (size_t i = 0; i < gone->use_count; i++)
        if (gone->uses[i].tap && gone->uses[i].lab && !strcmp(gone->uses[i].lab, gone->session->lab->name) &&
            !strcmp(gone->uses[i].path, port))
            return true;
    return false;
}

struct ports {
    const char *foreign; /* the first that is not ours; NULL: none */
    bool uplink;         /* one is a card of this machine */
};

static struct ports look_at_ports(const struct vl_gone *gone, const char *bridge)
{
    struct vl_arena *arena = &gone->plan->arena;
    DIR *directory = opendir(vl_arena_printf(arena, "/sys/class/net/%s/brif", bridge));
    struct ports ports = { .foreign = NULL };

    for (const struct dirent *port; directory && (port = readdir(directory));) {
        if (port->d_name[0] == '.')
            continue;
        ports.uplink |= vl_file_exists(vl_arena_printf(arena, "/sys/class/net/%s/device", port->d_name));
        if (!ports.foreign && !is_our_tap(gone, port->d_name))
            ports.foreign = vl_arena_strdup(arena, port->d_name);
    }
    if (directory)
        (void)closedir(directory);
    return ports;
}

static bool is_marked(const struct vl_gone *gone, const char *bridge)
{
    struct vl_arena *arena = &gone->plan->arena;
    const char *mark = vl_arena_printf(arena, "voiplab:%s", gone->session->lab->name);
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    VL_FREE char *alias = NULL;

    return vl_file_read(vl_arena_printf(arena, "/sys/class/net/%s/ifalias", bridge), 4096, &alias, NULL, &ignored) ==
               0 &&
           !strcmp(vl_text_strip(alias), mark);
}

void vl_gone_bridge(struct vl_gone *gone)
{
    const char *bridge = gone->session->lab->bridge.name;
    struct ports ports;

    vl_stage_impair_gone(gone->session, gone->plan);
    if (!is_marked(gone, bridge))
        return;
    ports = look_at_ports(gone, bridge);
    if (gone->session->lab->bridge.interface || ports.uplink)
        vl_session_event(gone->session, VOIPLAB_EVENT_WARNING, VL_THIS_HOST,
                         "the bridge '%s' stays, since it carries this host's own network; 'voiplab bridge revert' "
                         "puts that back as it was",
                         bridge);
    else if (ports.foreign)
        vl_session_event(gone->session, VOIPLAB_EVENT_WARNING, VL_THIS_HOST,
                         "the bridge '%s' stays, since its port '%s' is none of this lab; 'ip link set dev %s "
                         "nomaster' takes that out, then run this again",
                         bridge, ports.foreign, ports.foreign);
    else {
        vl_plan_add_command(gone->plan, "the bridge was made for this lab",
                            vl_arena_printf(&gone->plan->arena, "bridge %s goes", bridge),
                            vl_plan_argv(gone->plan, "ip", "link", "delete", "dev", bridge, NULL));
        vl_stage_forward_gone(gone->session, gone->plan);
    }
}
