/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The uplink gives its address away and becomes a port of the bridge; the bridge carries the address of the host.
 *
 * NM_CONTROLLED=no on both: on CentOS 6 and later NetworkManager would otherwise take the uplink back. STP=off and
 * DELAY=0: there is one uplink and so no loop, and with the delay of a learning port (15 s by default) a guest that
 * boots gets no answer at first; a campus switch also shuts ports that speak STP.
 */
#include "render/ifcfg.h"

#include "base/buf.h"
#include "base/text.h"

static void add(struct vl_arena *arena, struct vl_fileset *set, const char *interface, const struct vl_buf *text,
                const char *why)
{
    struct vl_file file = {
        .path = vl_arena_printf(arena, "/etc/sysconfig/network-scripts/ifcfg-%s", interface),
        .kind = VL_FILE_WHOLE,
        .mode = 0644,
        .text = vl_arena_strdup(arena, vl_buf_text(text)),
        .why = why,
        .reload = VL_RELOAD_NONE,
    };

    if (text->failed)
        arena->failed = true;
    vl_fileset_add(arena, set, &file);
}

static void add_uplink(struct vl_arena *arena, const struct vl_bridge *bridge, struct vl_fileset *set)
{
    VL_BUF_AUTO text = VL_BUF_INIT;

    vl_buf_printf(&text, "DEVICE=%s\nBOOTPROTO=static\n", bridge->interface);
    if (bridge->hwaddr)
        vl_buf_printf(&text, "HWADDR=%s\n", bridge->hwaddr);
    vl_buf_printf(&text, "ONBOOT=yes\nBRIDGE=%s\nNM_CONTROLLED=no\n", bridge->name);
    add(arena, set, bridge->interface, &text, "the uplink becomes a port of the bridge and has no address of its own");
}

static void add_bridge(struct vl_arena *arena, const struct vl_bridge *bridge, struct vl_fileset *set)
{
    VL_BUF_AUTO text = VL_BUF_INIT;
    uint32_t netmask = vl_text_netmask(bridge->prefix);

    vl_buf_printf(&text, "DEVICE=%s\nTYPE=Bridge\nBOOTPROTO=static\nONBOOT=yes\n", bridge->name);
    vl_buf_printf(&text, "IPADDR=%s\n", vl_text_from_ipv4(arena, bridge->address));
    vl_buf_printf(&text, "NETMASK=%s\n", vl_text_from_ipv4(arena, netmask));
    if (bridge->gateway)
        vl_buf_printf(&text, "GATEWAY=%s\n", vl_text_from_ipv4(arena, bridge->gateway));
    vl_buf_printf(&text, "NETWORK=%s\n", vl_text_from_ipv4(arena, bridge->address & netmask));
    for (unsigned i = 0; bridge->dns && bridge->dns[i]; i++)
        vl_buf_printf(&text, "DNS%u=%s\n", i + 1, bridge->dns[i]);
    vl_buf_puts(&text, "STP=off\nDELAY=0\nNM_CONTROLLED=no\n");
    add(arena, set, bridge->name, &text, "the bridge that the guests hang on; it carries the address of this host");
}

void vl_render_bridge_ifcfg(struct vl_arena *arena, const struct vl_lab *lab, struct vl_fileset *set)
{
    if (lab->bridge.interface)
        add_uplink(arena, &lab->bridge, set);
    add_bridge(arena, &lab->bridge, set);
}
