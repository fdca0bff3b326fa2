/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Unattended installations: what a distribution's installer is told, so that nobody has to be asked. A pure function
 * from what is known of a guest to the files that its installer reads.
 *
 * A row for each kind of installer says where it has its kernel, how its answers get to it, and by which words on its
 * kernel's command line it finds them:
 *   - CentOS 5 (Elastix 2) and CentOS 7 (Issabel 4, the FreePBX distribution): a kickstart, on a disc of its own with
 *     the label OEMDRV. That of 7 would find it by the label alone, that of 5 looks at every CD drive (ks=cdrom:).
 *   - Debian: a preseed file and what goes with it, put at the end of the installer's initrd, which is read before the
 *     first question: also before the network is there.
 *
 * Nobody gets a password: root is locked, and logs in with the lab's key. The host key was made on this host. Sources:
 * anaconda and pykickstart at the tags of RHEL 5 and 7; Debian's installation guide, appendix B.
 */
#ifndef VL_RENDER_INSTALLER_H
#define VL_RENDER_INSTALLER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "lab/country.h"
#include "render/fileset.h"

enum vl_carrier { VL_CARRIER_DISC, VL_CARRIER_INITRD };

struct vl_answers;
struct vl_buf;

/* A kind of installer. */
struct vl_installer {
    const char *name; /* for messages */
    enum vl_carrier carrier;
    uint64_t memory;                       /* bytes that it needs, which may be more than the installed system does */
    const char *disc_kernel, *disc_initrd; /* on its own installation disc */
    const char *tree_kernel, *tree_initrd; /* below the URL of an installation tree */
    const char *tree_word; /* what stands before that URL on the command line; NULL: the installer asks for it */
    void (*render)(struct vl_arena *arena, const struct vl_answers *answers, struct vl_fileset *set);
    const char *(*cmdline)(struct vl_arena *arena, const struct vl_answers *answers);
};

/* The installer of an operating system as a lab file names it (rhel5.4, elastix2, debian11); NULL: none is known. */
const struct vl_installer *vl_installer_find(const char *os);

/* Those systems in words, for messages. */
const char *vl_installer_list(struct vl_arena *arena);

/* Whether Asterisk is among what is installed of a system from its tree, or from a disc, unless it is said; true where
 * that is not known. */
bool vl_installer_has_asterisk(const char *os, bool tree);

struct vl_answers {
    const char *os; /* which must have an installer */
    const char *lab, *hostname;
    const char *mac;  /* of the guest's only network card, lower case with colons */
    uint32_t address; /* host byte order */
    unsigned prefix;
    uint32_t gateway;       /* 0: none */
    const char *const *dns; /* NULL-terminated, dotted quads; NULL: none */
    const struct vl_country *country;
    const char *disk;              /* as the installed system calls it, without /dev */
    const char *url;               /* of the installation tree; NULL: it is on the disc */
    const char *const *packages;   /* NULL-terminated; NULL: those of the system's row */
    const char *authorized_key;    /* one line; who may log in as root */
    const char *host_private_key;  /* the file, unencrypted; of the type that vl_system_key_type() says; RSA in PEM */
    const char *host_public_key;   /* one line */
    const char *database_password; /* of a web interface that asks for one at its first start: letters and digits */
    const char *web_password;      /* likewise, of its user admin; both may be NULL where
                                     vl_system_asks() says no */
};

/* Append the files to *set; paths are relative to the root of the disc or of the initrd, modes as they stand there.
 * Fails on a control character in what must be one line, and on an address tree of a Debian that names no suite. */
int vl_render_answers(struct vl_arena *arena, const struct vl_answers *answers, struct vl_fileset *set,
                      struct vl_error *err);

/* What the installer's kernel is started with, so that it finds them. */
const char *vl_render_installer_cmdline(struct vl_arena *arena, const struct vl_answers *answers);

#endif
