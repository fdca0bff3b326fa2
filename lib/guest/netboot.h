/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The kernel and the initrd of an installer: fetched from an installation tree, or taken out of an installation disc,
 * into the cache. The file is there only when it is whole.
 */
#ifndef VL_GUEST_NETBOOT_H
#define VL_GUEST_NETBOOT_H

#include "base/arena.h"
#include "base/error.h"
#include "guest/image.h"

/* Their place in the cache, without the endings .vmlinuz and .initrd: CACHE/installers/NAME-HASH, where HASH comes from
 * where they are from, a URL or a disc. In the arena. */
const char *vl_netboot_place(struct vl_arena *arena, const char *cache_directory, const char *name, const char *source);

/* By curl: http, https, ftp, file. Of `fetch` the checksum is not used. */
int vl_netboot_fetch(const struct vl_image_fetch *fetch, struct vl_error *err);

/* The file `path`, without '/' in front, on the disc `iso` into `file`. */
int vl_netboot_extract(const char *iso, const char *path, const char *file, struct vl_error *err);

#endif
