/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The seed: what makes a clone of the base image this guest. A pure function from the guest's identity to the files of
 * a small ISO (volume label `cidata`), read twice over:
 *   - by voiplab's own images: voiplab/hostname, voiplab/network (systemd.network(5)), voiplab/authorized_keys,
 *     voiplab/ssh_host_ed25519_key and voiplab/ssh_host_ed25519_key.pub, each copied to its place as it is;
 *   - by any image with cloud-init: user-data, meta-data and network-config of its NoCloud source. They are JSON, which
 *     is YAML, so nothing has to be quoted by hand.
 * For voiplab's own images there may also be, appended by others, files of /etc/asterisk that are ours, in
 * VL_SEED_FILES, and what goes to the end of files that are there, in VL_SEED_BLOCKS, if they have the section that is
 * named in the file of the same name in VL_SEED_SECTIONS; they are taken once, at the first boot of a disk. The host
 * key is made on the host, so the first connection to the guest is already a verified one.
 */
#ifndef VL_RENDER_SEED_H
#define VL_RENDER_SEED_H

#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "render/fileset.h"

#define VL_SEED_FILES "voiplab/asterisk"
#define VL_SEED_BLOCKS "voiplab/blocks"
#define VL_SEED_SECTIONS "voiplab/sections"
#define VL_SEED_OURS "voiplab_" /* how the names of the former begin */

struct vl_seed {
    const char *hostname;
    const char *mac;  /* of the guest's only network card, lower case with colons */
    uint32_t address; /* host byte order */
    unsigned prefix;
    uint32_t gateway;             /* 0: none */
    const char *const *dns;       /* NULL-terminated, dotted quads; NULL: none */
    const char *authorized_key;   /* one line: "ssh-ed25519 AAAA… comment"; who may log in as root */
    const char *host_private_key; /* OpenSSH private key file, ed25519, unencrypted */
    const char *host_public_key;  /* its one-line public half */
    const char *zone;             /* of the clock, as tzdata names it: America/Guayaquil */
    const char *language;         /* of Asterisk's prompts: es */
};

/* Append the files to *set; paths are relative to the root of the ISO, modes as they stand there. The instance-id in
 * meta-data is a hash of all the others: cloud-init starts over when, and only when, something of the seed changed.
 * Fails on a line feed or another control character in what must be one line. */
int vl_render_seed(struct vl_arena *arena, const struct vl_seed *seed, struct vl_fileset *set, struct vl_error *err);

#endif
