/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A guest that runs as it was defined when it was started, and is defined differently by now. Both definitions are
 * libvirt's own words, so what is the same in both reads the same.
 */
#include <string.h>

#include "base/cleanup.h"
#include "base/xml.h"
#include "guest/hypervisor_part.h"

#define FINGERPRINT "/domain/metadata/voiplab:guest/@fingerprint"

/* What may differ, as a user calls it, and where it stands. */
static const struct part {
    const char *words, *xpath;
} parts[] = {
    { "memory", "/domain/memory" },
    { "processors", "/domain/vcpu" },
    { "virtualization", "/domain/@type" },
    { "identity", "/domain/devices/disk/source/@file[contains(., '-seed-')]" },
    { "medium", "/domain/devices/disk[@device='cdrom']/source/@file[not(contains(., '-seed-'))]" },
    { "disk", "/domain/devices/disk[@device='disk']/source/@file[not(contains(., '-seed-'))]" },
    { "bridge", "/domain/devices/interface/source/@bridge" },
    { "kernel", "/domain/os/kernel | /domain/os/initrd | /domain/os/cmdline" },
    { "machine", "/domain/os/type/@machine" },
};

static bool same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool same_part(const struct vl_xml_document *running, const struct vl_xml_document *defined,
                      struct vl_arena *arena, const char *xpath)
{
    const char *const *a = vl_xml_find_all(running, arena, xpath), *const *b = vl_xml_find_all(defined, arena, xpath);

    for (; a && b && *a && *b; a++, b++)
        if (strcmp(*a, *b) != 0)
            return false;
    return (!a || !*a) && (!b || !*b);
}

static const char *differences(const struct vl_xml_document *running, const struct vl_xml_document *defined,
                               struct vl_arena *arena)
{
    const char *words = NULL;

    for (size_t i = 0; i < VL_COUNT(parts); i++)
        if (!same_part(running, defined, arena, parts[i].xpath))
            words = words ? vl_arena_printf(arena, "%s, %s", words, parts[i].words) : parts[i].words;
    return words ? words : "devices";
}

int vl_hypervisor_behind(virDomainPtr handle, const char *defined, struct vl_arena *arena, struct vl_domain *domain,
                         struct vl_error *err)
{
    VL_FREE char *xml = virDomainGetXMLDesc(handle, 0);
    VL_XML_DOCUMENT_AUTO *now = xml ? vl_xml_parse(xml, "the definition of a domain that runs", err) : NULL;
    VL_XML_DOCUMENT_AUTO *next = now ? vl_xml_parse(defined, "the definition of a domain", err) : NULL;

    if (!xml && virGetLastErrorCode() == VIR_ERR_NO_DOMAIN)
        return 0; /* it has gone meanwhile */
    if (!xml)
        return vl_hypervisor_fail(err, "read the definition of", virDomainGetName(handle));
    if (!next)
        return -1;
    domain->files = vl_xml_find_all(now, arena, "/domain/devices/disk/source/@file");
    if (!same(vl_xml_find(now, arena, FINGERPRINT), vl_xml_find(next, arena, FINGERPRINT)))
        domain->behind = differences(now, next, arena);
    return 0;
}
