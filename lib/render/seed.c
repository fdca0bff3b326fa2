/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "render/seed.h"

#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/digest.h"
#include "base/json.h"
#include "base/text.h"

/* A control character would end a line early and start one of its writer's choice. */
static int check_line(const char *what, const char *text, struct vl_error *err)
{
    for (const char *p = text; *p; p++) {
        if ((unsigned char)*p < ' ' || *p == 0x7f)
            return vl_fail(err, VL_ERROR_FAILED, "seed: %s must be one line of text", what);
    }
    return *text ? 0 : vl_fail(err, VL_ERROR_FAILED, "seed: %s is empty", what);
}

static int check(const struct vl_seed *seed, struct vl_error *err)
{
    const struct {
        const char *what, *text;
    } lines[] = {
        { "the host name", seed->hostname },
        { "the mac address", seed->mac },
        { "the authorized key", seed->authorized_key },
        { "the public host key", seed->host_public_key },
        { "the time zone", seed->zone },
        { "the language", seed->language },
    };

    for (size_t i = 0; i < VL_COUNT(lines); i++) {
        if (check_line(lines[i].what, lines[i].text, err) < 0)
            return -1;
    }
    for (size_t i = 0; seed->dns && seed->dns[i]; i++) {
        if (check_line("a name server", seed->dns[i], err) < 0)
            return -1;
    }
    return 0;
}

/* Take the document into the arena, after `header`. */
static int finish(struct vl_arena *arena, const struct vl_json *json, const char *header, const char **ret_text,
                  struct vl_error *err)
{
    VL_FREE char *text = vl_json_text(json, 2, err);

    if (!text)
        return -1;
    *ret_text = vl_arena_printf(arena, "%s%s", header, text);
    explicit_bzero(text, strlen(text));
    return 0;
}

/* See cloud-init's cc_users_groups and cc_ssh. Root logs in with its key; no password opens anything. */
static int user_data(struct vl_arena *arena, const struct vl_seed *seed, const char **ret_text, struct vl_error *err)
{
    VL_JSON_AUTO *json = vl_json_new();

    vl_json_object(json, NULL);
    vl_json_string(json, "hostname", seed->hostname);
    vl_json_bool(json, "manage_etc_hosts", true); /* Asterisk looks its own name up when it starts */
    vl_json_bool(json, "disable_root", false);
    vl_json_bool(json, "ssh_pwauth", false);
    vl_json_array(json, "users");
    vl_json_object(json, NULL);
    vl_json_string(json, "name", "root");
    vl_json_bool(json, "lock_passwd", true);
    vl_json_array(json, "ssh_authorized_keys");
    vl_json_string(json, NULL, seed->authorized_key);
    vl_json_end(json);
    vl_json_end(json);
    vl_json_end(json);
    vl_json_bool(json, "ssh_deletekeys", true); /* those of the base image, which every clone would share */
    vl_json_object(json, "ssh_keys");
    vl_json_string(json, "ed25519_private", seed->host_private_key);
    vl_json_string(json, "ed25519_public", seed->host_public_key);
    return finish(arena, json, "#cloud-config\n", ret_text, err);
}

static void add_dns(struct vl_json *json, const char *const *dns)
{
    if (!dns || !dns[0])
        return;
    vl_json_object(json, "nameservers");
    vl_json_array(json, "addresses");
    for (size_t i = 0; dns[i]; i++)
        vl_json_string(json, NULL, dns[i]);
    vl_json_end(json);
    vl_json_end(json);
}

/* The route by its network, since `gateway4` is deprecated in netplan and `default` unknown to cloud-init of 2020. */
static void add_gateway(struct vl_arena *arena, struct vl_json *json, uint32_t gateway)
{
    if (!gateway)
        return;
    vl_json_array(json, "routes");
    vl_json_object(json, NULL);
    vl_json_string(json, "to", "0.0.0.0/0");
    vl_json_string(json, "via", vl_text_from_ipv4(arena, gateway));
    vl_json_end(json);
    vl_json_end(json);
}

/* Network configuration version 2 of cloud-init; the card is found by its address, whatever the guest calls it. */
static int network_config(struct vl_arena *arena, const struct vl_seed *seed, const char **ret_text,
                          struct vl_error *err)
{
    VL_JSON_AUTO *json = vl_json_new();

    vl_json_object(json, NULL);
    vl_json_number(json, "version", 2);
    vl_json_object(json, "ethernets");
    vl_json_object(json, "lab0");
    vl_json_object(json, "match");
    vl_json_string(json, "macaddress", seed->mac);
    vl_json_end(json);
    vl_json_array(json, "addresses");
    vl_json_string(json, NULL, vl_arena_printf(arena, "%s/%u", vl_text_from_ipv4(arena, seed->address), seed->prefix));
    vl_json_end(json);
    add_gateway(arena, json, seed->gateway);
    add_dns(json, seed->dns);
    return finish(arena, json, "", ret_text, err);
}

/* systemd.network(5). Router advertisements are not listened to: any other guest on the bridge could send them. */
static const char *networkd(struct vl_arena *arena, const struct vl_seed *seed)
{
    VL_BUF_AUTO buf = VL_BUF_INIT;

    vl_buf_printf(&buf, "# Written by voiplab: the address is the lab file's.\n[Match]\nMACAddress=%s\n\n", seed->mac);
    vl_buf_printf(&buf, "[Network]\nAddress=%s/%u\n", vl_text_from_ipv4(arena, seed->address), seed->prefix);
    if (seed->gateway)
        vl_buf_printf(&buf, "Gateway=%s\n", vl_text_from_ipv4(arena, seed->gateway));
    for (size_t i = 0; seed->dns && seed->dns[i]; i++)
        vl_buf_printf(&buf, "DNS=%s\n", seed->dns[i]);
    vl_buf_puts(&buf, "IPv6AcceptRA=no\n");
    arena->failed |= buf.failed;
    return vl_arena_strdup(arena, vl_buf_text(&buf));
}

/* What is not one program's own file, for whoever configures the guest (images/debian-asterisk, seed). */
static const char *facts(struct vl_arena *arena, const struct vl_seed *seed)
{
    uint32_t netmask = seed->prefix ? ~(uint32_t)0 << (32 - seed->prefix) : 0;
    VL_BUF_AUTO buf = VL_BUF_INIT;

    vl_buf_printf(&buf, "ADDRESS=%s\nNETMASK=%s\n", vl_text_from_ipv4(arena, seed->address),
                  vl_text_from_ipv4(arena, netmask));
    vl_buf_printf(&buf, "GATEWAY=%s\nDNS=", seed->gateway ? vl_text_from_ipv4(arena, seed->gateway) : "");
    for (size_t i = 0; seed->dns && seed->dns[i]; i++)
        vl_buf_printf(&buf, "%s%s", i ? " " : "", seed->dns[i]);
    vl_buf_printf(&buf, "\nZONE=%s\nLANGUAGE=%s\n", seed->zone, seed->language);
    arena->failed |= buf.failed;
    return vl_arena_strdup(arena, vl_buf_text(&buf));
}

static int meta_data(struct vl_arena *arena, const char *hostname, const struct vl_fileset *set, size_t first,
                     const char **ret_text, struct vl_error *err)
{
    VL_JSON_AUTO *json = vl_json_new();
    VL_BUF_AUTO all = VL_BUF_INIT;
    char digest[65];

    for (size_t i = first; i < set->count; i++)
        vl_buf_printf(&all, "%s %zu\n%s", set->files[i].path, strlen(set->files[i].text), set->files[i].text);
    if (all.failed || vl_digest_sha256(vl_buf_text(&all), all.length, digest) < 0)
        return vl_no_memory(err);
    vl_json_object(json, NULL);
    vl_json_string(json, "instance-id", vl_arena_printf(arena, "voiplab-%.16s", digest));
    vl_json_string(json, "local-hostname", hostname);
    return finish(arena, json, "", ret_text, err);
}

static void add(struct vl_arena *arena, struct vl_fileset *set, const char *path, unsigned mode, const char *text,
                const char *why)
{
    const struct vl_file file = { .path = path, .kind = VL_FILE_WHOLE, .mode = mode, .text = text, .why = why };

    vl_fileset_add(arena, set, &file);
}

static const char *line(struct vl_arena *arena, const char *text)
{
    return vl_arena_printf(arena, "%s\n", text);
}

int vl_render_seed(struct vl_arena *arena, const struct vl_seed *seed, struct vl_fileset *set, struct vl_error *err)
{
    const char *user, *network, *meta = "";
    size_t first = set->count;

    if (check(seed, err) < 0 || user_data(arena, seed, &user, err) < 0 ||
        network_config(arena, seed, &network, err) < 0)
        return -1;
    add(arena, set, "voiplab/hostname", 0644, line(arena, seed->hostname), "the guest's name");
    add(arena, set, "voiplab/network", 0644, networkd(arena, seed), "the guest's address");
    add(arena, set, "voiplab/facts", 0644, facts(arena, seed), "its network once more, its clock and its language");
    add(arena, set, "voiplab/authorized_keys", 0600, line(arena, seed->authorized_key), "the key that may log in");
    add(arena, set, "voiplab/ssh_host_ed25519_key", 0600, seed->host_private_key,
        "the guest's host key, made on the host so that the first connection is verified");
    add(arena, set, "voiplab/ssh_host_ed25519_key.pub", 0644, line(arena, seed->host_public_key), "its public half");
    add(arena, set, "network-config", 0644, network, "the guest's address, for cloud-init");
    add(arena, set, "user-data", 0600, user, "name and keys, for cloud-init");
    if (arena->failed)
        return vl_no_memory(err);
    if (meta_data(arena, seed->hostname, set, first, &meta, err) < 0)
        return -1;
    add(arena, set, "meta-data", 0644, meta, "tells cloud-init whether the seed is new");
    return vl_arena_check(arena, err);
}
