/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The keys of the lab file, a row each: voiplab-lab(5) in C.
 */
#include "lab/schema.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "lab/value.h"

#define AT(type, field) offsetof(struct type, field)
#define KEY(structure, text, kind, field)                                                                              \
    {                                                                                                                  \
        .name = (text), .type = (kind), .offset = AT(structure, field)                                                 \
    }
/* One that other sections hang on. */
#define LEAD(structure, text, kind, field)                                                                             \
    {                                                                                                                  \
        .name = (text), .type = (kind), .offset = AT(structure, field), .leads = true                                  \
    }
#define NUMBER_KEY(structure, text, field, low, high)                                                                  \
    {                                                                                                                  \
        .name = (text), .type = VL_VALUE_NUMBER, .offset = AT(structure, field), .min = (low), .max = (high)           \
    }

static const char *const virtualizations[] = { "auto", "kvm", "qemu", NULL };
static const char *const ipv6_modes[] = { "auto", "none", NULL };
static const char *const roles[] = { "guest", "hub", NULL };
static const char *const backings[] = { [VL_BACKING_FILES] = "files", [VL_BACKING_DATABASE] = "database", NULL };
static const char *const pin_places[] = { "file", "inline", NULL };
static const char *const places[] = { "vm", "ssh", "local", NULL };
static const char *const boots[] = { VL_BOOT_DISK, VL_BOOT_CDROM, VL_BOOT_NETWORK, NULL };

static const struct vl_lab_key lab_keys[] = {
    { .name = "name", .type = VL_VALUE_NAME, .offset = AT(vl_raw_lab, name), .required = true, .stand_in = "lab" },
    LEAD(vl_raw_lab, "country", VL_VALUE_NAME, country),
    KEY(vl_raw_lab, "hypervisor", VL_VALUE_TEXT, hypervisor),
    KEY(vl_raw_lab, "storage", VL_VALUE_TEXT, storage),
    KEY(vl_raw_lab, "sshkey", VL_VALUE_TEXT, sshkey),
    KEY(vl_raw_lab, "insecure", VL_VALUE_YES_NO, insecure),
    { .name = "virtualization",
      .type = VL_VALUE_CHOICE,
      .offset = AT(vl_raw_lab, virtualization),
      .choices = virtualizations },
};

static const struct vl_lab_key hypervisor_keys[] = {
    { .name = "uri",
      .type = VL_VALUE_TEXT,
      .offset = AT(vl_raw_hypervisor, uri),
      .required = true,
      .stand_in = "test:///" },
};

static const struct vl_lab_key host_keys[] = {
    KEY(vl_raw_host, "reserve", VL_VALUE_SIZE, reserve),
};

static const struct vl_lab_key bridge_keys[] = {
    KEY(vl_raw_bridge, "name", VL_VALUE_INTERFACE, name),
    KEY(vl_raw_bridge, "interface", VL_VALUE_INTERFACE, interface),
    KEY(vl_raw_bridge, "hwaddr", VL_VALUE_MAC, hwaddr),
    { .name = "address",
      .type = VL_VALUE_NETWORK_OR_DHCP,
      .offset = AT(vl_raw_bridge, address),
      .offset2 = AT(vl_raw_bridge, prefix),
      .required = true,
      .stand_in = "" },
    KEY(vl_raw_bridge, "gateway", VL_VALUE_ADDRESS, gateway),
    KEY(vl_raw_bridge, "gateway6", VL_VALUE_ADDRESS6, gateway6),
    KEY(vl_raw_bridge, "dns", VL_VALUE_ADDRESSES, dns),
    KEY(vl_raw_bridge, "addresses", VL_VALUE_NETWORKS, addresses),
    { .name = "network",
      .type = VL_VALUE_NETWORK,
      .offset = AT(vl_raw_bridge, network),
      .offset2 = AT(vl_raw_bridge, network_prefix) },
    { .name = "ipv6", .type = VL_VALUE_CHOICE, .offset = AT(vl_raw_bridge, ipv6), .choices = ipv6_modes },
    NUMBER_KEY(vl_raw_bridge, "mtu", mtu, 68, 65535),
    { .name = "backend", .type = VL_VALUE_CHOICE, .offset = AT(vl_raw_bridge, backend), .choices = vl_bridge_backends },
};

static const char *const installs[] = { "auto", "by-hand", "unattended", NULL };

static const struct vl_lab_key image_keys[] = {
    { .name = "base", .type = VL_VALUE_TEXT, .offset = AT(vl_raw_image, base), .required = true, .stand_in = "disk:/" },
    KEY(vl_raw_image, "os", VL_VALUE_TEXT, os),
    KEY(vl_raw_image, "sha256", VL_VALUE_TEXT, sha256),
    KEY(vl_raw_image, "packages", VL_VALUE_PACKAGES, packages),
    { .name = "install", .type = VL_VALUE_CHOICE, .offset = AT(vl_raw_image, install), .choices = installs },
};

static const struct vl_lab_key pbx_keys[] = {
    { .name = "role", .type = VL_VALUE_CHOICE, .offset = AT(vl_raw_pbx, role), .choices = roles, .leads = true },
    { .name = "place", .type = VL_VALUE_CHOICE, .offset = AT(vl_raw_pbx, place), .choices = places, .leads = true },
    KEY(vl_raw_pbx, "image", VL_VALUE_NAME, image),
    KEY(vl_raw_pbx, "hypervisor", VL_VALUE_NAME, hypervisor),
    LEAD(vl_raw_pbx, "address", VL_VALUE_ADDRESS, address),
    LEAD(vl_raw_pbx, "prefix", VL_VALUE_TEXT, prefix),
    LEAD(vl_raw_pbx, "account", VL_VALUE_DIGITS, account),
    LEAD(vl_raw_pbx, "extensions", VL_VALUE_NUMBERS, extensions),
    KEY(vl_raw_pbx, "memory", VL_VALUE_SIZE, memory),
    KEY(vl_raw_pbx, "max-memory", VL_VALUE_SIZE, max_memory),
    KEY(vl_raw_pbx, "disk", VL_VALUE_SIZE, disk),
    NUMBER_KEY(vl_raw_pbx, "vcpus", vcpus, 1, 64),
    NUMBER_KEY(vl_raw_pbx, "max-vcpus", max_vcpus, 1, 64),
    KEY(vl_raw_pbx, "cpu", VL_VALUE_TEXT, cpu),
    KEY(vl_raw_pbx, "machine", VL_VALUE_TEXT, machine),
    { .name = "boot", .type = VL_VALUE_CHOICES, .offset = AT(vl_raw_pbx, boot), .choices = boots },
    KEY(vl_raw_pbx, "autostart", VL_VALUE_YES_NO, autostart),
    { .name = "count", .type = VL_VALUE_NUMBER, .offset = AT(vl_raw_pbx, count), .min = 1, .max = 1000, .leads = true },
    KEY(vl_raw_pbx, "user", VL_VALUE_NAME, user),
    NUMBER_KEY(vl_raw_pbx, "port", port, 1, 65535),
    KEY(vl_raw_pbx, "hostkey", VL_VALUE_TEXT, hostkey),
    { .name = "ssh", .type = VL_VALUE_CHOICE, .offset = AT(vl_raw_pbx, ssh), .choices = vl_lab_ssh_profiles },
    KEY(vl_raw_pbx, "sshkey", VL_VALUE_TEXT, sshkey),
    KEY(vl_raw_pbx, "password-file", VL_VALUE_TEXT, password_file),
    KEY(vl_raw_pbx, "proxy-jump", VL_VALUE_TEXT, proxy_jump),
    KEY(vl_raw_pbx, "proxy-hostkey", VL_VALUE_TEXT, proxy_hostkey),
    KEY(vl_raw_pbx, "class", VL_VALUE_NAME, class),
    { .name = "flavor", .type = VL_VALUE_CHOICE, .offset = AT(vl_raw_pbx, flavor), .choices = vl_flavors },
    { .name = "sip", .type = VL_VALUE_CHOICE, .offset = AT(vl_raw_pbx, sip), .choices = vl_sip_drivers },
    { .name = "freepbx", .type = VL_VALUE_CHOICE, .offset = AT(vl_raw_pbx, backing), .choices = backings },
};

static const char *const topologies[] = { "mesh", "star", "chain", "ring", "listed", NULL };
static const char *const registers[] = { "guest", "hub", "none", NULL };

#define CARRIES(structure)                                                                                             \
    KEY(structure, "codec", VL_VALUE_NAMES, codecs), KEY(structure, "qualify", VL_VALUE_TEXT, qualify),                \
        KEY(structure, "encryption", VL_VALUE_YES_NO, encryption), NUMBER_KEY(structure, "limit", limit, 1, 10000)

static const struct vl_lab_key trunks_keys[] = {
    { .name = "topology",
      .type = VL_VALUE_CHOICE,
      .offset = AT(vl_raw_trunks, topology),
      .choices = topologies,
      .leads = true },
    CARRIES(vl_raw_trunks),
};

static const struct vl_lab_key trunk_keys[] = {
    KEY(vl_raw_trunk, "name", VL_VALUE_DIGITS, name),
    KEY(vl_raw_trunk, "secret", VL_VALUE_SECRET, secret),
    KEY(vl_raw_trunk, "insecure", VL_VALUE_YES_NO, insecure),
    CARRIES(vl_raw_trunk),
    { .name = "register", .type = VL_VALUE_CHOICE, .offset = AT(vl_raw_trunk, registers), .choices = registers },
};

static const struct vl_lab_key dahdi_keys[] = {
    LEAD(vl_raw_dahdi, "fxs", VL_VALUE_NUMBERS, fxs),
    LEAD(vl_raw_dahdi, "fxo", VL_VALUE_NUMBERS, fxo),
    KEY(vl_raw_dahdi, "zone", VL_VALUE_NAME, zone),
    { .name = "echocanceller",
      .type = VL_VALUE_CHOICE,
      .offset = AT(vl_raw_dahdi, echocanceller),
      .choices = vl_echocancellers },
};

static const struct vl_lab_key dialplan_keys[] = {
    KEY(vl_raw_dialplan, "via", VL_VALUE_NAME, via),
    KEY(vl_raw_dialplan, "class", VL_VALUE_NAME, class),
    KEY(vl_raw_dialplan, "operator", VL_VALUE_DIGITS, attendant),
    KEY(vl_raw_dialplan, "callerid", VL_VALUE_DIGITS, callerid),
    { .name = "pins", .type = VL_VALUE_CHOICE, .offset = AT(vl_raw_dialplan, pins), .choices = pin_places },
    NUMBER_KEY(vl_raw_dialplan, "limit", limit, 60, 86400),
    NUMBER_KEY(vl_raw_dialplan, "warning", warning, 0, 86400),
    NUMBER_KEY(vl_raw_dialplan, "interval", interval, 0, 86400),
};

static const struct vl_lab_key pool_keys[] = {
    { .name = "lines", .type = VL_VALUE_LINES, .offset = AT(vl_raw_pool, lines), .required = true },
};

static const struct vl_lab_key class_keys[] = {
    { .name = "routes", .type = VL_VALUE_NAMES, .offset = AT(vl_raw_class, routes), .required = true },
};

static const struct vl_lab_key did_keys[] = {
    { .name = "to", .type = VL_VALUE_DIGITS, .offset = AT(vl_raw_did, to), .required = true },
};

static const struct vl_lab_key plan_keys[] = {
    KEY(vl_raw_plan, "name", VL_VALUE_TEXT, name),
    KEY(vl_raw_plan, "country", VL_VALUE_NAME, country),
    KEY(vl_raw_plan, "source", VL_VALUE_TEXT, source),
    KEY(vl_raw_plan, "zone", VL_VALUE_NAME, zone),
};

static const struct vl_lab_key route_keys[] = {
    KEY(vl_raw_route, "title", VL_VALUE_TEXT, title),    KEY(vl_raw_route, "pattern", VL_VALUE_PATTERNS, patterns),
    KEY(vl_raw_route, "pin", VL_VALUE_TEXT, pin),        KEY(vl_raw_route, "dial", VL_VALUE_DIGITS, dial),
    KEY(vl_raw_route, "via", VL_VALUE_NAME, via),        KEY(vl_raw_route, "emergency", VL_VALUE_YES_NO, emergency),
    NUMBER_KEY(vl_raw_route, "limit", limit, 60, 86400), KEY(vl_raw_route, "barred", VL_VALUE_YES_NO, barred),
};

static const struct vl_lab_key user_keys[] = {
    KEY(vl_raw_user, "name", VL_VALUE_TEXT, name),
    NUMBER_KEY(vl_raw_user, "dahdi", dahdi, 1, 1024),
    KEY(vl_raw_user, "voicemail", VL_VALUE_YES_NO, voicemail),
    KEY(vl_raw_user, "secret", VL_VALUE_SECRET, secret),
    KEY(vl_raw_user, "insecure", VL_VALUE_YES_NO, insecure),
    KEY(vl_raw_user, "class", VL_VALUE_NAME, class),
};

static const struct vl_lab_key extension_keys[] = {
    KEY(vl_raw_extension, "name", VL_VALUE_TEXT, name),
    KEY(vl_raw_extension, "secret", VL_VALUE_SECRET, secret),
    KEY(vl_raw_extension, "insecure", VL_VALUE_YES_NO, insecure),
    KEY(vl_raw_extension, "mailbox", VL_VALUE_YES_NO, mailbox),
};

static const struct vl_lab_key provider_keys[] = {
    { .name = "host", .type = VL_VALUE_TEXT, .offset = AT(vl_raw_provider, host), .required = true },
    KEY(vl_raw_provider, "username", VL_VALUE_TEXT, username),
    KEY(vl_raw_provider, "secret", VL_VALUE_SECRET, secret),
    KEY(vl_raw_provider, "insecure", VL_VALUE_YES_NO, insecure),
    KEY(vl_raw_provider, "register", VL_VALUE_YES_NO, has_register),
};

static const struct vl_lab_key load_keys[] = {
    { .name = "target", .type = VL_VALUE_NAME, .offset = AT(vl_raw_load, target), .required = true },
    KEY(vl_raw_load, "caller", VL_VALUE_DIGITS, caller),
    KEY(vl_raw_load, "extension", VL_VALUE_DIGITS, extension),
    KEY(vl_raw_load, "answer", VL_VALUE_DIGITS, answer),
    NUMBER_KEY(vl_raw_load, "rate", rate, 1, 10000),
    NUMBER_KEY(vl_raw_load, "calls", calls, 1, 10000000),
    NUMBER_KEY(vl_raw_load, "hold", hold, 0, 3600),
    NUMBER_KEY(vl_raw_load, "concurrent", concurrent, 1, 100000),
    NUMBER_KEY(vl_raw_load, "timeout", timeout, 1, 86400),
};

static const char *const codecs[] = { [VL_CODEC_ULAW] = "ulaw", [VL_CODEC_ALAW] = "alaw", NULL };

static const struct vl_lab_key phone_keys[] = {
    { .name = "model", .type = VL_VALUE_NAME, .offset = AT(vl_raw_phone, model), .required = true },
    { .name = "mac", .type = VL_VALUE_MAC, .offset = AT(vl_raw_phone, mac), .required = true },
    { .name = "pbx", .type = VL_VALUE_NAME, .offset = AT(vl_raw_phone, pbx), .required = true },
    { .name = "extension", .type = VL_VALUE_NUMBERS, .offset = AT(vl_raw_phone, extensions), .required = true },
    KEY(vl_raw_phone, "name", VL_VALUE_TEXT, title),
    { .name = "codec", .type = VL_VALUE_CHOICE, .offset = AT(vl_raw_phone, codec), .choices = codecs },
    KEY(vl_raw_phone, "nat", VL_VALUE_YES_NO, nat),
    KEY(vl_raw_phone, "keepalive", VL_VALUE_YES_NO, keepalive),
    KEY(vl_raw_phone, "address", VL_VALUE_ADDRESS, address),
    KEY(vl_raw_phone, "timezone", VL_VALUE_TEXT, timezone),
    KEY(vl_raw_phone, "daylight", VL_VALUE_TEXT, daylight),
    KEY(vl_raw_phone, "ntp", VL_VALUE_TEXT, ntp),
    KEY(vl_raw_phone, "voicemail", VL_VALUE_DIGITS, voicemail),
    KEY(vl_raw_phone, "password", VL_VALUE_SECRET, password),
    KEY(vl_raw_phone, "insecure", VL_VALUE_YES_NO, insecure),
};

enum label_rule { LABEL_NONE, LABEL_NAME, LABEL_TWO_NAMES, LABEL_DIGITS };

/* One kind of section: how its label must look and where it is kept, the keys, the size of its structure. */
static const struct section_kind {
    const char *name;
    enum label_rule label;
    const struct vl_lab_key *keys;
    size_t key_count, size;
    const char *label_example;
} kinds[VL_RAW_KINDS] = {
    [VL_RAW_LAB] = { "lab", LABEL_NONE, lab_keys, VL_COUNT(lab_keys), sizeof(struct vl_raw_lab), "[lab]" },
    [VL_RAW_HYPERVISOR] = { "hypervisor", LABEL_NAME, hypervisor_keys, VL_COUNT(hypervisor_keys),
                            sizeof(struct vl_raw_hypervisor), "[hypervisor second]" },
    [VL_RAW_HOST] = { "host", LABEL_NONE, host_keys, VL_COUNT(host_keys), sizeof(struct vl_raw_host), "[host]" },
    [VL_RAW_BRIDGE] = { "bridge", LABEL_NONE, bridge_keys, VL_COUNT(bridge_keys), sizeof(struct vl_raw_bridge),
                        "[bridge]" },
    [VL_RAW_IMAGE] = { "image", LABEL_NAME, image_keys, VL_COUNT(image_keys), sizeof(struct vl_raw_image),
                       "[image pbx]" },
    [VL_RAW_PBX] = { "pbx", LABEL_NAME, pbx_keys, VL_COUNT(pbx_keys), sizeof(struct vl_raw_pbx), "[pbx virtual1]" },
    [VL_RAW_TRUNKS] = { "trunks", LABEL_NONE, trunks_keys, VL_COUNT(trunks_keys), sizeof(struct vl_raw_trunks),
                        "[trunks]" },
    [VL_RAW_TRUNK] = { "trunk", LABEL_TWO_NAMES, trunk_keys, VL_COUNT(trunk_keys), sizeof(struct vl_raw_trunk),
                       "[trunk virtual1 virtual2]" },
    [VL_RAW_DAHDI] = { "dahdi", LABEL_NONE, dahdi_keys, VL_COUNT(dahdi_keys), sizeof(struct vl_raw_dahdi), "[dahdi]" },
    [VL_RAW_ROUTE] = { "route", LABEL_NAME, route_keys, VL_COUNT(route_keys), sizeof(struct vl_raw_route),
                       "[route celular]" },
    [VL_RAW_USER] = { "user", LABEL_DIGITS, user_keys, VL_COUNT(user_keys), sizeof(struct vl_raw_user), "[user 7000]" },
    [VL_RAW_PROVIDER] = { "provider", LABEL_NAME, provider_keys, VL_COUNT(provider_keys),
                          sizeof(struct vl_raw_provider), "[provider voipcheap]" },
    [VL_RAW_LOAD] = { "load", LABEL_NAME, load_keys, VL_COUNT(load_keys), sizeof(struct vl_raw_load), "[load tesis]" },
    [VL_RAW_PHONE] = { "phone", LABEL_NAME, phone_keys, VL_COUNT(phone_keys), sizeof(struct vl_raw_phone),
                       "[phone mesa1]" },
    [VL_RAW_DIALPLAN] = { "dialplan", LABEL_NONE, dialplan_keys, VL_COUNT(dialplan_keys),
                          sizeof(struct vl_raw_dialplan), "[dialplan]" },
    [VL_RAW_POOL] = { "pool", LABEL_NAME, pool_keys, VL_COUNT(pool_keys), sizeof(struct vl_raw_pool), "[pool lines]" },
    [VL_RAW_CLASS] = { "class", LABEL_NAME, class_keys, VL_COUNT(class_keys), sizeof(struct vl_raw_class),
                       "[class student]" },
    [VL_RAW_DID] = { "did", LABEL_DIGITS, did_keys, VL_COUNT(did_keys), sizeof(struct vl_raw_did), "[did 022345678]" },
    [VL_RAW_EXTENSION] = { "extension", LABEL_DIGITS, extension_keys, VL_COUNT(extension_keys),
                           sizeof(struct vl_raw_extension), "[extension 1500]" },
};

static bool label_fits(enum label_rule rule, const char *label)
{
    switch (rule) {
    case LABEL_NONE:
        return !*label;
    case LABEL_NAME:
        return vl_text_is_name(label);
    case LABEL_DIGITS:
        return *label && strlen(label) <= 32 && !label[strspn(label, "0123456789")];
    case LABEL_TWO_NAMES:
        return *label && strchr(label, ' ');
    }
    return false;
}

/* Every labelled structure starts with its label, trunks with their two. */
static int store_label(struct vl_arena *arena, const struct vl_ini *ini, const struct vl_ini_section *section,
                       const struct section_kind *kind, void *object, struct vl_error *err)
{
    const char *const *words;

    if (!label_fits(kind->label, section->label))
        return vl_fail_at(err, VL_ERROR_LAB, ini->file, section->line, "[%s] should read like %s%s", section->name,
                          kind->label_example,
                          kind->label == LABEL_NAME ? ": a name is a letter a-z, then up to 62 of a-z, 0-9 and '-'"
                                                    : "");
    if (kind->label == LABEL_NAME || kind->label == LABEL_DIGITS)
        *(const char **)object = section->label;
    if (kind->label != LABEL_TWO_NAMES)
        return 0;
    words = vl_text_split(arena, section->label, " ");
    if (!words[0] || !words[1] || words[2])
        return vl_fail_at(err, VL_ERROR_LAB, ini->file, section->line, "[%s] should read like %s", section->name,
                          kind->label_example);
    ((struct vl_raw_trunk *)object)->from = words[0];
    ((struct vl_raw_trunk *)object)->to = words[1];
    return 0;
}

/* What a section is, and with a mistake what it was meant to be; -1: nobody knows. */
static int find_kind(const struct vl_ini *ini, const struct vl_ini_section *section, struct vl_error *err)
{
    const char *names[VL_RAW_KINDS + 1] = { NULL };
    const char *nearest;
    int meant = 0;

    for (int i = 0; i < VL_RAW_KINDS; i++) {
        if (!strcmp(kinds[i].name, section->kind))
            return i;
        names[i] = kinds[i].name;
    }
    nearest = vl_text_nearest(section->kind, names);
    while (nearest && names[meant] != nearest)
        meant++;
    if (nearest) {
        (void)vl_fail_at(err, VL_ERROR_LAB, ini->file, section->line,
                         "there is no section kind '%s'; did you mean '%s'?", section->kind, nearest);
        return meant;
    }
    return vl_fail_at(err, VL_ERROR_LAB, ini->file, section->line, "there is no section kind '%s'; see voiplab-lab(5)",
                      section->kind);
}

static void *read_values(struct vl_raw_file *file, const struct vl_ini_section *section, int index,
                         struct vl_error *err)
{
    const struct section_kind *kind = &kinds[index];
    void *object = vl_arena_zalloc(file->arena, kind->size);

    if (!object) {
        (void)vl_no_memory(err);
        return NULL;
    }
    if (index == VL_RAW_PBX)
        ((struct vl_raw_pbx *)object)->place = -1;
    if (store_label(file->arena, &file->ini, section, kind, object, err) < 0 ||
        vl_value_read(file->arena, &file->ini, section, kind->keys, kind->key_count, object, err) < 0)
        return NULL;
    return object;
}

static int read_section(struct vl_raw_file *file, const struct vl_ini_section *section, int index, struct vl_error *err)
{
    void *object = read_values(file, section, index, err);
    struct vl_raw_section *grown;

    if (!object)
        return -1;
    grown = vl_arena_grow(file->arena, file->kinds[index].sections, file->kinds[index].count, sizeof(*grown));
    if (!grown)
        return vl_no_memory(err);
    grown[file->kinds[index].count++] = (struct vl_raw_section){ .section = section, .object = object };
    file->kinds[index].sections = grown;
    return 0;
}

/* Without a value for the key in this line. */
static bool forget_value(struct vl_ini_section *section, int line)
{
    for (size_t i = 0; i < section->entry_count; i++)
        if (section->entries[i].line == line && *section->entries[i].value) {
            section->entries[i].value = "";
            return true;
        }
    return false;
}

bool vl_raw_forget(struct vl_raw_file *file, struct vl_ini_section *section, int line)
{
    VL_ERROR_AUTO ignored = { .code = VL_OK };

    section->told = true;
    if (section->broken || !forget_value(section, line))
        return false;
    for (int kind = 0; kind < VL_RAW_KINDS; kind++)
        for (size_t i = 0; i < file->kinds[kind].count; i++)
            if (file->kinds[kind].sections[i].section == section) {
                void *object = read_values(file, section, kind, &ignored);

                section->broken = !object;
                file->kinds[kind].sections[i].object = object ? object : file->kinds[kind].sections[i].object;
            }
    vl_raw_drop_broken(file);
    return true;
}

/* One of a kind that every file has. Where it is not there an empty one stands for it while mistakes are looked for. */
static bool need_section(struct vl_raw_file *file, enum vl_raw_kind kind, const char *message,
                         struct vl_error *mistakes)
{
    struct vl_ini_section *empty = vl_arena_zalloc(file->arena, sizeof(*empty));
    VL_ERROR_AUTO one = { .code = VL_OK };
    bool there = false;

    for (size_t i = 0; i < file->ini.section_count; i++)
        there |= file->ini.sections[i].line && !strcmp(file->ini.sections[i].kind, kinds[kind].name);
    if (!there && !file->lost && !file->bare)
        (void)vl_fail_at(&one, VL_ERROR_LAB, file->ini.file, 0, "%s", message);
    file->bare |= !there && kind == VL_RAW_LAB;
    if (one.code && !vl_error_gather(mistakes, &one))
        return false;
    if (!empty || file->kinds[kind].count)
        return empty != NULL;
    *empty = (struct vl_ini_section){ .name = kinds[kind].name, .kind = kinds[kind].name, .label = "", .told = true };
    (void)read_section(file, empty, (int)kind, &one);
    return file->kinds[kind].count > 0;
}

/* The line of the first key whose value is a secret that somebody typed, in this section. */
static int find_secret(const struct vl_ini_section *section, const struct section_kind *kind)
{
    for (size_t i = 0; i < kind->key_count; i++) {
        bool is_pin = !strcmp(kind->keys[i].name, "pin");
        const struct vl_ini_entry *entry =
            is_pin || kind->keys[i].type == VL_VALUE_SECRET ? vl_ini_entry(section, kind->keys[i].name) : NULL;

        if (entry && strcmp(entry->value, "secret") != 0 && strcmp(entry->value, "none") != 0)
            return entry->line;
    }
    return 0;
}

int vl_raw_read(struct vl_arena *arena, const char *path, struct vl_raw_file *ret_file, struct vl_error *mistakes,
                struct vl_error *err)
{
    struct vl_raw_file file = { .arena = arena };

    if (vl_ini_read_all(arena, path, &file.ini, &file.lost, mistakes, err) < 0)
        return -1;
    for (size_t i = 0; i < file.ini.section_count; i++) {
        struct vl_ini_section *section = &file.ini.sections[i];
        VL_ERROR_AUTO one = { .code = VL_OK };
        int index = find_kind(&file.ini, section, &one);

        if (index >= 0)
            section->kind = kinds[index].name;
        if (index >= 0 && !file.secret_line)
            file.secret_line = find_secret(section, &kinds[index]);
        if (index < 0 || read_section(&file, section, index, &one) < 0)
            section->broken = true;
        if (!one.code)
            continue;
        section->told = true;
        if (!vl_error_gather(mistakes, &one)) {
            vl_error_move(err, mistakes);
            return -1;
        }
    }
    vl_raw_drop_broken(&file);
    if (!need_section(&file, VL_RAW_LAB, "the file has no [lab] section; 'voiplab init' writes a lab to start from",
                      mistakes) ||
        !need_section(&file, VL_RAW_BRIDGE, "the file has no [bridge] section", mistakes)) {
        vl_error_move(err, mistakes);
        return arena->failed ? vl_no_memory(err) : -1;
    }
    *ret_file = file;
    return 0;
}

bool vl_raw_leads(const struct vl_ini_section *section, const char *key)
{
    for (int kind = 0; kind < VL_RAW_KINDS; kind++)
        for (size_t i = 0; !strcmp(kinds[kind].name, section->kind) && i < kinds[kind].key_count; i++)
            if (!strcmp(kinds[kind].keys[i].name, key))
                return kinds[kind].keys[i].leads;
    return false;
}

void vl_raw_drop_broken(struct vl_raw_file *file)
{
    for (int kind = 0; kind < VL_RAW_KINDS; kind++) {
        struct vl_raw_section *sections = file->kinds[kind].sections;
        size_t kept = 0;

        for (size_t i = 0; i < file->kinds[kind].count; i++)
            if (!sections[i].section->broken)
                sections[kept++] = sections[i];
        file->kinds[kind].count = kept;
    }
}

struct vl_ini_section *vl_raw_section_at(const struct vl_raw_file *file, int line)
{
    struct vl_ini_section *found = NULL;

    for (size_t i = 0; line > 0 && i < file->ini.section_count; i++)
        if (file->ini.sections[i].line <= line)
            found = &file->ini.sections[i];
    return found;
}

/* Without one the others can still be looked at: what would be missed of it has its name in the message. Not without
 * the lab, the bridge and the hub. */
bool vl_raw_can_spare(const struct vl_ini_section *section)
{
    const struct vl_ini_entry *role = vl_ini_entry(section, "role");

    return strcmp(section->kind, kinds[VL_RAW_LAB].name) != 0 &&
           strcmp(section->kind, kinds[VL_RAW_BRIDGE].name) != 0 && (!role || !strcmp(role->value, "guest"));
}

int vl_raw_read_plan(struct vl_arena *arena, const char *path, struct vl_raw_file *ret_file, struct vl_error *err)
{
    struct vl_raw_file file = { .arena = arena };

    if (vl_ini_read(arena, path, &file.ini, err) < 0)
        return -1;
    for (size_t i = 0; i < file.ini.section_count; i++) {
        struct vl_ini_section *section = &file.ini.sections[i];

        if (!strcmp(section->name, "plan")) {
            if (vl_value_read(arena, &file.ini, section, plan_keys, VL_COUNT(plan_keys), &file.plan, err) < 0 ||
                err->code)
                return -1;
            continue;
        }
        section->label = section->name;
        for (size_t j = 0; j < section->entry_count; j++)
            if (!strcmp(section->entries[j].key, "patterns"))
                section->entries[j].key = "pattern";
        if (read_section(&file, section, VL_RAW_ROUTE, err) < 0 || err->code)
            return -1;
    }
    *ret_file = file;
    return 0;
}

int vl_raw_line(const struct vl_raw_section *section, const char *key)
{
    const struct vl_ini_entry *entry = vl_ini_entry(section->section, key);

    return entry ? entry->line : section->section->line;
}
