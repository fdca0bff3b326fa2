/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lab/system.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "lab/lab.h"

static const struct vl_system_family families[] = {
    { .name = "almalinux", .url = "http://almalinux.org/almalinux/", .last = 19 },
    { .name = "centos", .url = "http://centos.org/centos/", .virtio_from = 6, .keys_from = 7, .last = 19 },
    { .name = "debian", .url = "http://debian.org/debian/", .virtio_from = 6, .keys_from = 8, .last = 39 },
    { .name = "elastix", .virtio_from = 4, .keys_from = 4, .asks = true, .last = 9 },
    { .name = "fedora", .url = "http://fedoraproject.org/fedora/", .virtio_from = 9, .last = 99 },
    { .name = "freepbx", .last = 39 },
    { .name = "issabel", .asks = true, .last = 9 },
    { .name = "rhel", .url = "http://redhat.com/rhel/", .virtio_from = 6, .keys_from = 7, .last = 19 },
    { .name = "rocky", .url = "http://rockylinux.org/rocky/", .last = 19 },
    { .name = "ubuntu", .url = "http://ubuntu.com/ubuntu/", .virtio_from = 9, .last = 49 },
};

const struct vl_system_family *vl_system_families(size_t *ret_count)
{
    *ret_count = VL_COUNT(families);
    return families;
}

const struct vl_system_family *vl_system_family(const char *os, const char **ret_version)
{
    for (size_t i = 0; os && i < VL_COUNT(families); i++) {
        size_t length = strlen(families[i].name);

        if (strncmp(os, families[i].name, length) == 0 && isdigit((unsigned char)os[length]) &&
            strtoul(os + length, NULL, 10) <= families[i].last) {
            *ret_version = os + length;
            return &families[i];
        }
    }
    return NULL;
}

/* The nearest right name: another family with the same version, or the version with the dot that it lacks. */
static const char *nearest(struct vl_arena *arena, const char *os)
{
    const char *names[VL_COUNT(families) + 1] = { NULL }, *version = os + strcspn(os, "0123456789"), *family, *better;
    const char *unused;

    for (size_t i = 0; i < VL_COUNT(families); i++)
        names[i] = families[i].name;
    family = vl_text_nearest(vl_arena_strndup(arena, os, (size_t)(version - os)), names);
    if (!family || !*version)
        return NULL;
    better = vl_arena_printf(arena, "%s%s", family, version);
    if (!vl_system_family(better, &unused))
        better = vl_arena_printf(arena, "%s%c.%s", family, version[0], version + 1);
    return vl_system_family(better, &unused) ? better : NULL;
}

const char *vl_system_complaint(struct vl_arena *arena, const char *os)
{
    const char *version, *better, *list = "";

    if (!os || vl_system_family(os, &version))
        return NULL;
    better = nearest(arena, os);
    if (better)
        return vl_arena_printf(arena, "there is no system '%s' that is known; did you mean '%s'?", os, better);
    for (size_t i = 0; i < VL_COUNT(families); i++)
        list = vl_arena_printf(arena, "%s%s%s", list, i ? ", " : "", families[i].name);
    return vl_arena_printf(arena,
                           "there is no system '%s' that is known, so it gets virtio devices; known are, each with its "
                           "version, such as debian11: %s",
                           os, list);
}

const char *vl_system_key_type(const char *os)
{
    const char *version;
    const struct vl_system_family *family = vl_system_family(os, &version);

    return family && strtoul(version, NULL, 10) < family->keys_from ? "rsa" : "ed25519";
}

bool vl_system_is_virtio(const char *os)
{
    const char *version;
    const struct vl_system_family *family = vl_system_family(os, &version);

    return !family || strtoul(version, NULL, 10) >= family->virtio_from;
}

bool vl_system_asks(const char *os)
{
    const char *version;
    const struct vl_system_family *family = vl_system_family(os, &version);

    return family && family->asks;
}

const char *vl_pbx_key_type(const struct vl_pbx *pbx)
{
    return pbx->image && pbx->image->unattended ? vl_system_key_type(pbx->image->os) : "ed25519";
}
