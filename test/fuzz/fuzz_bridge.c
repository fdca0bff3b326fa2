/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any bytes as the network configuration of a host, for each back end: it is refused with a reason, or what is rendered
 * and then rendered again on top of itself is the same. The first byte chooses back end and lab; a byte of 1 parts
 * files.
 */
#include <string.h>

#include "base/cleanup.h"
#include "lab/lab.h"
#include "network/backend.h"

#include "fuzz.h"

enum { PARTS = 3, FILES = 16 };

static const char *const lab_names[] = { "static", "dhcp", "vlan", "bond" };

static const struct {
    enum vl_bridge_backend backend;
    const char *paths[PARTS];
} hosts[] = {
    { VL_BACKEND_IFCFG,
      { "/etc/sysconfig/network-scripts/ifcfg-eth0", "/etc/sysconfig/network-scripts/route-eth0",
        "/etc/sysconfig/network-scripts/ifcfg-eth0.100" } },
    { VL_BACKEND_NETWORKMANAGER,
      { "/etc/NetworkManager/system-connections/a.nmconnection",
        "/etc/NetworkManager/system-connections/b.nmconnection", "/etc/NetworkManager/system-connections/c" } },
    { VL_BACKEND_NETWORKD,
      { "/etc/systemd/network/10-eth0.network", "/etc/systemd/network/20-x.netdev",
        "/etc/systemd/network/30-y.network" } },
    { VL_BACKEND_IFUPDOWN,
      { "/etc/network/interfaces", "/etc/network/interfaces.d/a", "/etc/network/interfaces.d/b" } },
    { VL_BACKEND_NETPLAN, { "/etc/netplan/01.yaml", "/etc/netplan/50.yaml", "/etc/netplan/99.yaml" } },
};

static const struct vl_bridge *bridge_of(size_t number)
{
    static struct vl_lab *loaded[VL_COUNT(lab_names)];
    VL_ERROR_AUTO err = { .code = VL_OK };
    char path[4096];

    if (!loaded[number]) {
        (void)snprintf(path, sizeof(path), "%s/test/bridge/labs/%s.ini", SOURCE_DIRECTORY, lab_names[number]);
        loaded[number] = vl_lab_load(path, SOURCE_DIRECTORY "/share", &err);
        FUZZ_CHECK(loaded[number]);
    }
    return &loaded[number]->bridge;
}

/* Put a file that was rendered where it would be written. */
static void put(struct vl_bridge_source *files, size_t *count, const struct vl_file *file)
{
    size_t at = 0;

    while (at < *count && strcmp(files[at].path, file->path) != 0)
        at++;
    if (at >= FILES)
        return;
    files[at] = (struct vl_bridge_source){ .path = file->path, .text = file->text };
    *count += at == *count;
}

static void render_again(struct vl_arena *arena, enum vl_bridge_backend backend, struct vl_bridge_input *input,
                         struct vl_bridge_source *files, const struct vl_fileset *first)
{
    struct vl_fileset again = { .files = NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };

    for (size_t i = 0; i < first->count; i++)
        put(files, &input->count, &first->files[i]);
    if (vl_bridge_files(arena, backend, input, &again, &err) < 0) {
        /* a second document of YAML may say what the first did not */
        FUZZ_CHECK(backend == VL_BACKEND_NETPLAN && err.code != VL_OK);
        return;
    }
    for (size_t i = 0; i < again.count; i++) {
        const char *there = vl_bridge_text(input, again.files[i].path);

        FUZZ_CHECK(there && !strcmp(there, again.files[i].text));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };
    struct vl_fileset set = { .files = NULL };
    struct vl_bridge_source files[FILES];
    struct vl_bridge_input input = { .files = files, .hwaddr = "00:0e:08:aa:bb:cc" };
    size_t host, number;
    char *text;

    if (size < 2)
        return 0;
    host = data[0] % VL_COUNT(hosts);
    number = data[0] / VL_COUNT(hosts) % VL_COUNT(lab_names);
    input.bridge = bridge_of(number);
    text = vl_arena_strndup(&arena, (const char *)data + 1, size - 1);
    while (text && input.count < PARTS) {
        char *part = strsep(&text, "\x01");

        files[input.count] = (struct vl_bridge_source){ .path = hosts[host].paths[input.count], .text = part };
        input.count++;
    }
    if (vl_bridge_files(&arena, hosts[host].backend, &input, &set, &err) < 0) {
        FUZZ_CHECK(err.code != VL_OK);
        return 0;
    }
    FUZZ_CHECK(!arena.failed && err.code == VL_OK);
    render_again(&arena, hosts[host].backend, &input, files, &set);
    return 0;
}
