/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From [pbx] sections to PBXs: a section with `count = 30` becomes NAME-01 … NAME-30 with addresses counted up; the
 * numbers, accounts and prefixes that the file leaves out are chosen here, always in the same way for the same file.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "lab/schema.h"

/* A host name has 63 characters, `-1000` takes five of them. */
enum { MEGABYTE = 1 << 20, LONGEST_COUNTED_NAME = 58 };

static const struct vl_image *find_image(const struct vl_lab *lab, const char *name)
{
    for (size_t i = 0; i < lab->image_count; i++)
        if (!strcmp(lab->images[i].name, name))
            return &lab->images[i];
    return NULL;
}

/* Without a word on the place: a hub is this host's Asterisk, a guest is a virtual machine. */
static enum vl_place place_of(const struct vl_raw_pbx *raw)
{
    if (raw->place >= 0)
        return (enum vl_place)raw->place;
    return raw->role == VL_ROLE_HUB ? VL_PLACE_LOCAL : VL_PLACE_VM;
}

static int resolve_image(const struct vl_lab *lab, const struct vl_raw_section *section, struct vl_pbx *pbx,
                         struct vl_error *err)
{
    const struct vl_raw_pbx *raw = section->object;

    if (pbx->place != VL_PLACE_VM) {
        if (raw->image)
            return VL_LAB_MISTAKE(lab, vl_raw_line(section, "image"), err,
                                  "[%s] image: only a PBX with place = vm has an image", section->section->name);
        return 0;
    }
    if (!raw->image && lab->image_count == 1) {
        pbx->image = &lab->images[0];
        return 0;
    }
    if (!raw->image)
        return VL_LAB_MISTAKE(lab, section->section->line, err,
                              "[%s] needs the key 'image', the name of an [image] section", section->section->name);
    pbx->image = find_image(lab, raw->image);
    if (!pbx->image)
        return VL_LAB_MISTAKE(lab, vl_raw_line(section, "image"), err, "[%s] image: there is no [image %s]",
                              section->section->name, raw->image);
    return 0;
}

static const char *const *one_extension(struct vl_arena *arena, const char *number)
{
    const char **list = vl_arena_zalloc(arena, 2 * sizeof(*list));

    if (list)
        list[0] = number;
    return list;
}

/* The PBX whose prefix is this one, starts it or continues it; NULL when the prefix is free. */
static const struct vl_pbx *prefix_owner(const struct vl_pbx *pbxs, size_t count, const char *prefix)
{
    for (size_t i = 0; i < count; i++)
        if (pbxs[i].prefix && (vl_text_starts(pbxs[i].prefix, prefix) || vl_text_starts(prefix, pbxs[i].prefix)))
            return &pbxs[i];
    return NULL;
}

enum { PREFIX_DIGITS = 4, PREFIXES = 10000 };

/* Which prefixes are no longer free, by the number of their digits: those of PBXs, and what starts or continues one. */
struct prefix_room {
    bool taken[PREFIX_DIGITS][PREFIXES];
};

static void take_prefix(struct prefix_room *room, const char *prefix)
{
    unsigned value = (unsigned)strtoul(prefix, NULL, 10), first = value, last = value;
    size_t width = strlen(prefix) - 1;

    for (size_t i = width + 1; i-- > 0; value /= 10)
        room->taken[i][value] = true;
    for (size_t i = width + 1; i < PREFIX_DIGITS; i++) {
        first *= 10;
        last = last * 10 + 9;
        for (unsigned longer = first; longer <= last; longer++)
            room->taken[i][longer] = true;
    }
}

/* The lowest free prefix of `wanted_width` digits, or, when that is 0, of the fewest digits that leave room for
 * `needed` guests. Prefixes 1 to 6 only: 0, 8 and 9 start what the numbering plans send outside, 7 the numbers of the
 * hub. */
static const char *choose_prefix(struct vl_arena *arena, const struct prefix_room *room, size_t needed,
                                 size_t wanted_width)
{
    unsigned first = 1, last = 6;

    for (size_t width = 0; width < PREFIX_DIGITS; width++, first *= 10, last = last * 10 + 9) {
        unsigned lowest = 0;
        size_t free = 0;

        if (wanted_width && width + 1 != wanted_width)
            continue;
        for (unsigned prefix = first; prefix <= last && free < needed; prefix++) {
            if (room->taken[width][prefix])
                continue;
            lowest = lowest ? lowest : prefix;
            free++;
        }
        if (free >= needed)
            return vl_arena_printf(arena, "%u", lowest);
    }
    return NULL;
}

static int check_prefix(struct vl_lab *lab, const struct vl_raw_section *section, const char *prefix,
                        struct vl_error *err)
{
    size_t length = strlen(prefix);

    if (!length || length > 4 || prefix[strspn(prefix, "0123456789")])
        return VL_LAB_MISTAKE(lab, vl_raw_line(section, "prefix"), err,
                              "[%s] prefix: '%s' is neither 'auto' nor 1 to 4 digits", section->section->name,
                              vl_text_printable(&lab->arena, prefix));
    if (strchr("0789", prefix[0]))
        return VL_LAB_MISTAKE(lab, vl_raw_line(section, "prefix"), err,
                              "[%s] prefix: '%s' starts with %c, which belongs to the hub or to the telephone "
                              "network; choose 1 to 6",
                              section->section->name, prefix, prefix[0]);
    return 0;
}

/* Sizes that no guest can have. */
static int check_sizes(const struct vl_lab *lab, const struct vl_raw_section *section, struct vl_error *err)
{
    const struct vl_raw_pbx *raw = section->object;

    if (raw->memory && raw->memory < VL_GUEST_MEMORY_LEAST)
        return VL_LAB_MISTAKE(lab, vl_raw_line(section, "memory"), err, "[%s] memory: '%s' is less than 16M",
                              section->section->name, vl_ini_entry(section->section, "memory")->value);
    if (raw->disk && raw->disk < VL_GUEST_DISK_LEAST)
        return VL_LAB_MISTAKE(lab, vl_raw_line(section, "disk"), err, "[%s] disk: '%s' is less than 1M",
                              section->section->name, vl_ini_entry(section->section, "disk")->value);
    return 0;
}

static int check_hardware(struct vl_lab *lab, const struct vl_raw_section *section, const struct vl_pbx *pbx,
                          struct vl_error *err)
{
    static const char word[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";
    const struct vl_raw_pbx *raw = section->object;

    if (raw->max_memory && raw->max_memory < pbx->memory)
        return VL_LAB_MISTAKE(lab, vl_raw_line(section, "max-memory"), err,
                              "[%s] max-memory: '%s' is less than the memory that the guest has",
                              section->section->name, vl_ini_entry(section->section, "max-memory")->value);
    if (raw->max_vcpus && raw->max_vcpus < pbx->vcpus)
        return VL_LAB_MISTAKE(lab, vl_raw_line(section, "max-vcpus"), err,
                              "[%s] max-vcpus: %u is less than the processors that the guest has",
                              section->section->name, raw->max_vcpus);
    if (raw->cpu && raw->cpu[strspn(raw->cpu, word)])
        return VL_LAB_MISTAKE(lab, vl_raw_line(section, "cpu"), err,
                              "[%s] cpu: '%s' is neither 'host' nor a model; 'virsh cpu-models x86_64' lists them",
                              section->section->name, vl_text_printable(&lab->arena, raw->cpu));
    if (raw->machine && (!vl_text_starts(raw->machine, "pc-i440fx-") || raw->machine[strspn(raw->machine, word)]))
        return VL_LAB_MISTAKE(lab, vl_raw_line(section, "machine"), err,
                              "[%s] machine: '%s' is no pc-i440fx-VERSION; 'qemu-system-x86_64 -machine help' lists "
                              "them",
                              section->section->name, vl_text_printable(&lab->arena, raw->machine));
    return 0;
}

/* What is the same for every copy of a section. */
static int common_pbx(struct vl_lab *lab, const struct vl_raw_section *section, struct vl_pbx *pbx,
                      struct vl_error *err)
{
    const struct vl_raw_pbx *raw = section->object;

    *pbx = (struct vl_pbx){
        .name = raw->name,
        .role = (enum vl_role)raw->role,
        .place = place_of(raw),
        .address = raw->address,
        .account = raw->account,
        .memory = raw->memory ? raw->memory : (uint64_t)256 * MEGABYTE,
        .disk = raw->disk ? raw->disk : (uint64_t)4096 * MEGABYTE,
        .vcpus = raw->vcpus ? raw->vcpus : 1,
        .cpu = raw->cpu,
        .machine = raw->machine,
        .boot = raw->boot,
        .boot_line = vl_raw_line(section, "boot"),
        .autostart = raw->autostart,
        .ssh_user = raw->user ? raw->user : "root",
        .ssh_port = raw->port ? raw->port : 22,
        .flavor = (enum vl_flavor)raw->flavor,
        .sip = (enum vl_sip_driver)raw->sip,
        .backing = (enum vl_backing)raw->backing,
        .line = section->section->line,
        .address_line = vl_raw_line(section, "address"),
        .disk_line = vl_raw_line(section, "disk"),
    };
    pbx->max_memory = raw->max_memory ? raw->max_memory : pbx->memory;
    pbx->max_vcpus = raw->max_vcpus ? raw->max_vcpus : pbx->vcpus;
    if (check_sizes(lab, section, err) < 0 || check_hardware(lab, section, pbx, err) < 0)
        return -1;
    if (!pbx->address && pbx->place == VL_PLACE_LOCAL)
        pbx->address = lab->bridge.address;
    if (!pbx->address && pbx->place == VL_PLACE_LOCAL)
        return VL_LAB_MISTAKE(lab, section->section->line, err,
                              "[%s] needs the key 'address': the address of this host comes by DHCP, and the trunks "
                              "of the others need one that stays",
                              section->section->name);
    if (pbx->place == VL_PLACE_VM && lab->bridge.dhcp && !lab->bridge.prefix)
        return VL_LAB_MISTAKE(lab, section->section->line, err,
                              "[%s] is made here with an address of its own: say in [bridge] network = ADDRESS/PREFIX "
                              "in which network, since the bridge has its address by DHCP",
                              section->section->name);
    if (!pbx->address && !section->section->told) /* else the lab is only looked at for more mistakes */
        return VL_LAB_MISTAKE(lab, section->section->line, err, "[%s] needs the key 'address'", section->section->name);
    if (pbx->role == VL_ROLE_HUB && (raw->prefix || raw->extensions || raw->account || raw->class))
        return VL_LAB_MISTAKE(lab, section->section->line, err,
                              "[%s] is the hub: it has no prefix, extensions, account or class; its telephones are "
                              "[user] sections",
                              section->section->name);
    if (pbx->flavor == VL_FLAVOR_ASTERISK && vl_pbx_in_database(pbx))
        return VL_LAB_MISTAKE(lab, vl_raw_line(section, "freepbx"), err,
                              "[%s] freepbx: a plain Asterisk has no data base of trunks; leave out flavor or freepbx",
                              section->section->name);
    if (pbx->role == VL_ROLE_HUB && vl_pbx_in_database(pbx))
        return VL_LAB_MISTAKE(lab, vl_raw_line(section, "freepbx"), err,
                              "[%s] freepbx: the hub has no data base of trunks; 'database' is for guests",
                              section->section->name);
    if (resolve_image(lab, section, pbx, err) < 0 || vl_lab_check_boot(lab, pbx, err) < 0 ||
        vl_lab_resolve_hypervisor(lab, section, pbx, err) < 0 || vl_lab_make_ssh(lab, section, pbx, err) < 0)
        return -1;
    return vl_lab_resolve_class(lab, section, raw->class, &pbx->class, err);
}

static int check_extensions(const struct vl_lab *lab, const struct vl_raw_section *section, const struct vl_pbx *pbx,
                            struct vl_error *err)
{
    int line = vl_raw_line(section, "extensions");
    size_t length = strlen(pbx->prefix) + 3;

    for (size_t i = 0; pbx->extensions[i]; i++) {
        const char *number = pbx->extensions[i];

        if (!vl_text_starts(number, pbx->prefix) || strlen(number) != length)
            return VL_LAB_MISTAKE(lab, line, err,
                                  "[pbx %s] extensions: '%s' should be the prefix '%s' and three more digits",
                                  pbx->name, number, pbx->prefix);
        if (!strcmp(number, pbx->test_number))
            return VL_LAB_MISTAKE(lab, line, err, "[pbx %s] extensions: '%s' is kept for the echo test", pbx->name,
                                  number);
        for (size_t j = 0; j < i; j++)
            if (!strcmp(number, pbx->extensions[j]))
                return VL_LAB_MISTAKE(lab, line, err, "[pbx %s] extensions: '%s' is there twice", pbx->name, number);
    }
    return 0;
}

static int number_guest(struct vl_lab *lab, const struct vl_raw_section *section, struct prefix_room *room,
                        const struct vl_pbx *pbxs, size_t index, size_t needed, struct vl_pbx *pbx,
                        struct vl_error *err)
{
    const struct vl_raw_pbx *raw = section->object;
    bool choose = !raw->prefix || !strcmp(raw->prefix, "auto");
    /* the copies of one section have prefixes of one width, the first copy's */
    size_t width = needed < raw->count ? strlen(pbxs[index - 1].prefix) : 0;
    const struct vl_pbx *owner;

    if (!choose && check_prefix(lab, section, raw->prefix, err) < 0)
        return -1;
    pbx->prefix = choose ? choose_prefix(&lab->arena, room, needed, width) : raw->prefix;
    if (!pbx->prefix)
        return VL_LAB_MISTAKE(lab, vl_raw_line(section, "prefix"), err,
                              "[%s] prefix: none is free any more; give other PBXs longer ones, such as 10",
                              section->section->name);
    owner = choose ? NULL : prefix_owner(pbxs, index, pbx->prefix);
    if (owner)
        return VL_LAB_MISTAKE(lab, vl_raw_line(section, "prefix"), err,
                              "[%s] prefix: '%s' is, starts or continues '%s', the prefix of '%s'",
                              section->section->name, pbx->prefix, owner->prefix, owner->name);
    take_prefix(room, pbx->prefix);
    pbx->test_number = vl_arena_printf(&lab->arena, "%s999", pbx->prefix);
    pbx->extensions = raw->extensions ? raw->extensions
                                      : one_extension(&lab->arena, vl_arena_printf(&lab->arena, "%s500", pbx->prefix));
    if (!pbx->extensions)
        return vl_no_memory(err);
    return check_extensions(lab, section, pbx, err);
}

static int check_copies(const struct vl_lab *lab, const struct vl_raw_section *section, struct vl_error *err)
{
    static const char *const unique[] = { "extensions", "account", "hostkey" };
    const struct vl_raw_pbx *raw = section->object;

    if (raw->role == VL_ROLE_HUB || place_of(raw) != VL_PLACE_VM)
        return VL_LAB_MISTAKE(lab, vl_raw_line(section, "count"), err,
                              "[%s] count: only a guest with place = vm can be counted", section->section->name);
    if (strlen(raw->name) > LONGEST_COUNTED_NAME)
        return VL_LAB_MISTAKE(lab, section->section->line, err,
                              "[%s] the name is longer than %d characters, which leaves no room for the numbers",
                              section->section->name, LONGEST_COUNTED_NAME);
    for (size_t i = 0; i < sizeof(unique) / sizeof(unique[0]); i++)
        if (vl_ini_entry(section->section, unique[i]))
            return VL_LAB_MISTAKE(lab, vl_raw_line(section, unique[i]), err,
                                  "[%s] %s cannot be the same for %u PBXs; leave it out", section->section->name,
                                  unique[i], raw->count);
    if (raw->prefix && strcmp(raw->prefix, "auto") != 0)
        return VL_LAB_MISTAKE(lab, vl_raw_line(section, "prefix"), err,
                              "[%s] prefix cannot be the same for %u PBXs; say auto", section->section->name,
                              raw->count);
    return 0;
}

static int expand_section(struct vl_lab *lab, const struct vl_raw_section *section, struct prefix_room *room,
                          struct vl_pbx *pbxs, size_t *count, struct vl_error *err)
{
    const struct vl_raw_pbx *raw = section->object;
    size_t copies = raw->count ? raw->count : 1;
    struct vl_pbx common;

    if (common_pbx(lab, section, &common, err) < 0 || (raw->count && check_copies(lab, section, err) < 0))
        return -1;
    for (size_t i = 0; i < copies; i++) {
        struct vl_pbx *pbx = &pbxs[*count];

        *pbx = common;
        pbx->address += common.address ? (uint32_t)i : 0;
        if (raw->count)
            pbx->name = vl_arena_printf(&lab->arena, "%s-%02zu", raw->name, i + 1);
        if (pbx->role == VL_ROLE_GUEST && number_guest(lab, section, room, pbxs, *count, copies - i, pbx, err) < 0)
            return -1;
        (*count)++;
    }
    return 0;
}

/* Guests in the order of the file, and for those of a hub that have no account of their own 7001, 7002, …, after 7999
 * 71000, 71001, …: what starts with 8 is the telephone network's. */
static void number_guests(struct vl_lab *lab, struct vl_pbx *pbxs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (pbxs[i].role != VL_ROLE_GUEST)
            continue;
        pbxs[i].ordinal = lab->guest_count++;
        if (!lab->hub)
            pbxs[i].account = NULL;
        else if (!pbxs[i].account)
            pbxs[i].account = vl_arena_printf(&lab->arena, "7%03zu", lab->guest_count);
    }
}

/* A hub whose role is wrong is none, and much would hang on that: the first PBX that may have been meant stands for it
 * while mistakes are looked for. */
static void guess_hub(const struct vl_raw_section *sections, size_t count)
{
    struct vl_raw_pbx *meant = NULL;

    for (size_t i = 0; i < count; i++) {
        struct vl_raw_pbx *raw = sections[i].object;

        if (raw->role == VL_ROLE_HUB)
            return;
        if (!meant && vl_ini_is_wrong(sections[i].section, "role") && !raw->prefix && !raw->extensions &&
            !raw->account && !raw->class)
            meant = raw;
    }
    if (meant)
        meant->role = VL_ROLE_HUB;
}

int vl_lab_make_pbxs(struct vl_lab *lab, const struct vl_raw_file *raw, struct vl_error *err)
{
    const struct vl_raw_section *sections = raw->kinds[VL_RAW_PBX].sections;
    size_t section_count = raw->kinds[VL_RAW_PBX].count, total = 0, count = 0;
    struct prefix_room *room;
    struct vl_pbx *pbxs;

    for (size_t i = 0; i < section_count; i++) {
        unsigned copies = ((const struct vl_raw_pbx *)sections[i].object)->count;

        total += copies ? copies : 1;
    }
    if (total == 0)
        return VL_LAB_MISTAKE(lab, 0, err, "the lab has no [pbx] section");
    pbxs = vl_arena_zalloc(&lab->arena, total * sizeof(*pbxs));
    room = vl_arena_zalloc(&lab->arena, sizeof(*room));
    if (!pbxs || !room)
        return vl_no_memory(err);
    guess_hub(sections, section_count);
    for (size_t i = 0; i < section_count; i++)
        if (expand_section(lab, &sections[i], room, pbxs, &count, err) < 0)
            return -1;
    lab->pbxs = pbxs;
    lab->pbx_count = count;
    for (size_t i = 0; i < count; i++) {
        if (pbxs[i].role != VL_ROLE_HUB)
            continue;
        if (lab->hub)
            return VL_LAB_MISTAKE(lab, pbxs[i].line, err, "[pbx %s] role: '%s' is the hub already; a lab has one",
                                  pbxs[i].name, lab->hub->name);
        lab->hub = &pbxs[i];
    }
    number_guests(lab, pbxs, count);
    return vl_lab_resolve_jumps(lab, pbxs, count, err);
}
