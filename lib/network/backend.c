/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "network/backend.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/keys.h"
#include "base/text.h"

const struct vl_backend *vl_backend(enum vl_bridge_backend backend)
{
    static const struct vl_backend *const rows[VL_BACKEND_COUNT] = {
#define X(id, name) [VL_BACKEND_##id] = &vl_backend_##name,
        VL_BACKENDS(X)
#undef X
    };

    return rows[backend];
}

const char *vl_backend_state(struct vl_arena *arena, const char *path, const char *section, const char *key)
{
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    VL_FREE char *text = NULL;
    const char *value;

    if (vl_file_read(path, 1 << 16, &text, NULL, &ignored) < 0)
        return "";
    value = vl_keys_value(arena, text, section, key);
    return value ? value : "";
}

int vl_bridge_files(struct vl_arena *arena, enum vl_bridge_backend backend, const struct vl_bridge_input *input,
                    struct vl_fileset *set, struct vl_error *err)
{
    int rc;

    if (!vl_backend(backend))
        return vl_fail(err, VL_ERROR_FAILED, "there is no back end for the files of '%s'", input->bridge->name);
    rc = vl_backend(backend)->render(arena, input, set, err);
    return rc == 0 && arena->failed ? vl_no_memory(err) : rc;
}

int vl_bridge_fail_wireless(const char *path, int line, const char *interface, struct vl_error *err)
{
    (void)vl_fail(err, VL_ERROR_FAILED,
                  "'%s' is a wireless card: no access point lets guests with addresses of their own through it; "
                  "'interface = none' makes a bridge without an uplink, and with NAT on this host its guests reach the "
                  "world over '%s' (see 'A routed network' in voiplab-bridge(1))",
                  interface, interface);
    if (line)
        return vl_error_wrap(err, "%s:%d", path, line);
    return path ? vl_error_wrap(err, "%s", path) : -1;
}

int vl_bridge_fail_exists(const char *path, int line, const char *name, struct vl_error *err)
{
    return vl_fail_at(
        err, VL_ERROR_FAILED, path, line,
        "there is a bridge '%s' already that is not of voiplab: use it, by 'interface = none' in [bridge]; "
        "or give [bridge] another name; or remove it here",
        name);
}

int vl_bridge_fail_port(const char *path, int line, const char *interface, const char *master, bool is_bridge,
                        struct vl_error *err)
{
    if (is_bridge)
        return vl_fail_at(
            err, VL_ERROR_FAILED, path, line,
            "'%s' is a port of the bridge '%s' already; to have the guests on that one, say 'name = %s' and "
            "'interface = none' in [bridge], else take '%s' out of it first",
            interface, master, master, interface);
    return vl_fail_at(err, VL_ERROR_FAILED, path, line,
                      "'%s' is a part of '%s'; say 'interface = %s' in [bridge], or take '%s' out of it first",
                      interface, master, master, interface);
}

const char *vl_bridge_mac(const struct vl_bridge_input *input)
{
    return input->bridge->hwaddr ? input->bridge->hwaddr : input->hwaddr;
}

const char *vl_bridge_own_mac(const struct vl_bridge_input *input)
{
    return input->own ? input->own : vl_bridge_mac(input);
}

const char *vl_bridge_text(const struct vl_bridge_input *input, const char *path)
{
    for (size_t i = 0; i < input->count; i++)
        if (!strcmp(input->files[i].path, path))
            return input->files[i].text;
    return NULL;
}

bool vl_bridge_is_ipv6(const char *address)
{
    return strchr(address, ':') != NULL;
}

bool vl_bridge_has_ipv6(const struct vl_bridge *bridge)
{
    for (size_t i = 0; bridge->addresses[i]; i++)
        if (vl_bridge_is_ipv6(bridge->addresses[i]))
            return true;
    return false;
}

bool vl_bridge_gateway_is_far(const struct vl_bridge *bridge)
{
    uint32_t address;
    unsigned prefix;

    if (!bridge->gateway || bridge->dhcp)
        return false;
    if ((bridge->gateway & vl_text_netmask(bridge->prefix)) == bridge->network)
        return false;
    for (size_t i = 0; bridge->addresses[i]; i++)
        if (vl_text_network(bridge->addresses[i], &address, &prefix) &&
            !((address ^ bridge->gateway) & vl_text_netmask(prefix)))
            return false;
    return true;
}

bool vl_bridge_vlan(struct vl_arena *arena, const char *interface, const char **ret_link, unsigned *ret_id)
{
    const char *dot = strrchr(interface, '.');
    long id;

    if (!dot || !vl_text_number(dot + 1, 1, 4094, &id))
        return false;
    *ret_link = vl_arena_strndup(arena, interface, (size_t)(dot - interface));
    *ret_id = (unsigned)id;
    return true;
}
