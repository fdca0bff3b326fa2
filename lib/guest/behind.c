/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A guest that runs as it was defined when it was started, and is defined differently by now, or shall be: what is
 * different, and what of it can be changed while it runs (live.c). One definition is libvirt's own text and the other
 * may be ours, so what is compared is what reads the same in both: a row for each thing that a definition of ours can
 * have in two ways. How much memory a guest has at the moment is its own doing as well, so a difference in that counts
 * only until it was told: then it runs with the fingerprint of what it was told.
 */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "base/xml.h"
#include "guest/hypervisor_part.h"

#define FINGERPRINT "/domain/metadata/voiplab:guest/@fingerprint"

#define MOST_MEMORY "/domain/memory"
#define MOST_VCPUS "/domain/vcpu"
#define BRIDGE "/domain/devices/interface[@type='bridge']/source/@bridge"
#define MEDIUM "/domain/devices/disk[@device='cdrom']/source/@file[not(contains(., '-seed-'))]"

/* What only the next start can change, as a user calls it, and where it stands. */
static const struct part {
    const char *words, *xpath;
} parts[] = {
    { "memory", MOST_MEMORY },
    { "processors", MOST_VCPUS },
    { "virtualization", "/domain/@type" },
    { "identity", "/domain/devices/disk/source/@file[contains(., '-seed-')]" },
    { "disk", "/domain/devices/disk[@device='disk']/source/@file[not(contains(., '-seed-'))]" },
    { "network", "/domain/devices/interface/@type | /domain/devices/interface[@type='network']/source/@network" },
    { "kernel", "/domain/os/kernel | /domain/os/initrd | /domain/os/cmdline" },
    { "boot order", "/domain/os[not(kernel)]/boot/@dev" },
    { "processor model", "/domain/cpu/@mode | /domain/cpu[@mode='custom']/model" },
    { "translation cache", "/domain/features/tcg/tb-cache" },
    /* one by one: libvirt has an order of its own */
    { "devices", "/domain/devices/disk/@device" },
    { "devices", "/domain/devices/disk/target/@bus" },
    { "devices", "/domain/devices/interface/model/@type" },
    { "devices", "/domain/devices/graphics/@type" },
    { "devices", "/domain/devices/channel/target/@name" },
    { "devices", "/domain/devices/rng/@model" },
    { "devices", "/domain/devices/memballoon/@model" },
    { "devices", "/domain/devices/memballoon/@freePageReporting" },
    { "devices", "/domain/devices/memballoon/stats/@period" },
    { "console", "/domain/devices/serial/log/@file" },
};

static bool same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool same_part(const struct vl_xml_document *running, const struct vl_xml_document *wanted,
                      struct vl_arena *arena, const char *xpath)
{
    const char *const *a = vl_xml_find_all(running, arena, xpath), *const *b = vl_xml_find_all(wanted, arena, xpath);

    for (; a && b && *a && *b; a++, b++)
        if (strcmp(*a, *b) != 0)
            return false;
    return (!a || !*a) && (!b || !*b);
}

static void add_words(struct vl_arena *arena, const char **words, const char *more)
{
    if (!*words)
        *words = more;
    else if (!strstr(*words, more))
        *words = vl_arena_printf(arena, "%s, %s", *words, more);
}

/* A machine without a version is whichever version there is. */
static bool same_machine(const struct vl_xml_document *running, const struct vl_xml_document *wanted,
                         struct vl_arena *arena)
{
    const char *now = vl_xml_find(running, arena, "/domain/os/type/@machine");
    const char *then = vl_xml_find(wanted, arena, "/domain/os/type/@machine");

    return same(now, then) || (now && same(then, "pc") && vl_text_starts(now, "pc-i440fx-"));
}

static unsigned long long number(const struct vl_xml_document *document, struct vl_arena *arena, const char *xpath)
{
    const char *text = vl_xml_find(document, arena, xpath);

    return text ? strtoull(text, NULL, 10) : 0;
}

static unsigned long long find_memory(const struct vl_xml_document *running, const struct vl_xml_document *wanted,
                                      struct vl_arena *arena)
{
    unsigned long long most = number(running, arena, MOST_MEMORY);
    unsigned long long target = number(wanted, arena, "/domain/currentMemory");

    if (!target || same(vl_xml_find(running, arena, FINGERPRINT), vl_xml_find(wanted, arena, FINGERPRINT)) ||
        !vl_xml_find(running, arena, "/domain/devices/memballoon[@model='virtio']/@model"))
        return 0;
    target = target < most ? target : most;
    return target == number(running, arena, "/domain/currentMemory") ? 0 : target;
}

static unsigned vcpus_of(const struct vl_xml_document *document, struct vl_arena *arena)
{
    unsigned long long some = number(document, arena, "/domain/vcpu/@current");

    return (unsigned)(some ? some : number(document, arena, MOST_VCPUS));
}

/* A processor that a guest has booted with stays until it stops. */
static unsigned find_vcpus(const struct vl_xml_document *running, const struct vl_xml_document *wanted,
                           struct vl_arena *arena)
{
    unsigned most = (unsigned)number(running, arena, MOST_VCPUS), target = vcpus_of(wanted, arena);

    target = target < most ? target : most;
    return target > vcpus_of(running, arena) ? target : 0;
}

/* The device at `device` of the wanted definition, when what stands at `what` is there in both and not the same. */
static const char *find_device(const struct vl_xml_document *running, const struct vl_xml_document *wanted,
                               struct vl_arena *arena, const char *what, const char *device)
{
    const char *now = vl_xml_find(running, arena, what), *then = vl_xml_find(wanted, arena, what);

    return now && then && strcmp(now, then) != 0 ? vl_xml_part(wanted, arena, device) : NULL;
}

static void add_live(struct vl_arena *arena, struct vl_live_changes *changes)
{
    if (changes->memory_kib)
        add_words(arena, &changes->now, "memory");
    if (changes->vcpus)
        add_words(arena, &changes->now, "processors");
    if (changes->card)
        add_words(arena, &changes->now, "bridge");
    if (changes->drive)
        add_words(arena, &changes->now, "medium");
}

static void compare(struct vl_arena *arena, const struct vl_xml_document *running, const struct vl_xml_document *wanted,
                    struct vl_live_changes *changes)
{
    *changes = (struct vl_live_changes){
        .memory_kib = find_memory(running, wanted, arena),
        .vcpus = find_vcpus(running, wanted, arena),
        .card = find_device(running, wanted, arena, BRIDGE, "/domain/devices/interface"),
        .drive = find_device(running, wanted, arena, MEDIUM, "/domain/devices/disk[@device='cdrom']"),
    };
    add_live(arena, changes);
    if (vcpus_of(wanted, arena) < vcpus_of(running, arena))
        add_words(arena, &changes->later, "processors");
    for (size_t i = 0; i < VL_COUNT(parts); i++)
        if (!same_part(running, wanted, arena, parts[i].xpath))
            add_words(arena, &changes->later, parts[i].words);
    if (!same_machine(running, wanted, arena))
        add_words(arena, &changes->later, "machine");
}

int vl_hypervisor_changes(struct vl_arena *arena, const char *running, const char *wanted,
                          struct vl_live_changes *ret_changes, struct vl_error *err)
{
    VL_XML_DOCUMENT_AUTO *now = vl_xml_parse(running, "the definition of a domain that runs", err);
    VL_XML_DOCUMENT_AUTO *next = now ? vl_xml_parse(wanted, "the definition of a domain", err) : NULL;

    if (!next)
        return -1;
    compare(arena, now, next, ret_changes);
    return vl_arena_check(arena, err);
}

static const char *all_words(struct vl_arena *arena, const struct vl_live_changes *changes)
{
    const char *words = changes->now;

    if (changes->later)
        add_words(arena, &words, changes->later);
    return words;
}

int vl_hypervisor_behind(virDomainPtr handle, const char *defined, struct vl_arena *arena, struct vl_domain *domain,
                         struct vl_error *err)
{
    const char *name = vl_libvirt.virDomainGetName(handle);
    VL_FREE char *xml = vl_libvirt.virDomainGetXMLDesc(handle, 0);
    VL_XML_DOCUMENT_AUTO *document = xml ? vl_xml_parse(xml, "the definition of a domain that runs", err) : NULL;
    struct vl_live_changes changes;

    if (!xml && vl_libvirt.virGetLastErrorCode() == VIR_ERR_NO_DOMAIN)
        return 0; /* it has gone meanwhile */
    if (!xml)
        return vl_hypervisor_fail(err, "read the definition of", name);
    if (!document || vl_hypervisor_changes(arena, xml, defined, &changes, err) < 0)
        return -1;
    domain->running = vl_arena_strdup(arena, xml);
    domain->files = vl_xml_find_all(document, arena, "/domain/devices/disk/source/@file");
    domain->behind = all_words(arena, &changes);
    return 0;
}
