/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the files that plan virtual machines share: the plan in the making, and its parts below guests.c.
 */
#ifndef VL_STAGE_GUESTS_PART_H
#define VL_STAGE_GUESTS_PART_H

#include "guest/hypervisor.h"
#include "plan/made.h"
#include "plan/plan.h"
#include "plan/session.h"
#include "plan/sites.h"
#include "render/domain_xml.h"

/* Planning the guests of one lab: what all of them share. */
struct vl_guest_plan {
    struct vl_session *session;
    struct vl_plan *plan;
    const struct vl_site *site;       /* where these guests are */
    struct vl_hypervisor *hypervisor; /* of it; NULL: it does not answer */
    const char *pool, *pool_path;
    struct vl_made made;
    const char *about; /* the guest that the steps are for; NULL: what many share */
    const char *info;  /* the file that says its kernel's command line, once its image is built; NULL: none */
    bool stops;        /* a step of the plan stops the guest, if it runs */
    bool reachable;    /* a hypervisor answers; without one (dry run) everything counts as absent */
    struct vl_error *err;
};

/* In the place of what is known when the image is built. */
#define VL_GUEST_UNKNOWN_CMDLINE "(as the recipe says)"

/* What a guest boots from; NULL where it does not apply. */
struct vl_guest_boot {
    const char *base_volume; /* its disk is a linked clone of this */
    const char *kernel, *initrd, *cmdline, *cdrom;
    const char *info;  /* the file that says the command line, once the image is built */
    const char *other; /* what the disk is instead of what the lab file says, in words; NULL: it is that */
};

/* Begin a plan for guests of one hypervisor; the pool is made where it is not there. */
int vl_guest_begin(struct vl_guest_plan *guests, struct vl_session *session, const struct vl_site *site,
                   struct vl_plan *plan, struct vl_error *err);

/* Steps that are in a plan more than once, as each of many guests wants the same base volume, are kept once. */
void vl_guest_drop_repeated(struct vl_plan *plan);

/* A volume of the pool; absent is no error. One that this lab did not make is. */
int vl_guest_volume(const struct vl_guest_plan *guests, const char *name, struct vl_volume *ret_volume);

/* Where a volume lies or will lie. */
const char *vl_guest_volume_path(const struct vl_guest_plan *guests, const char *name);

/* The domain of this name; absent is no error, one that this lab did not make is. */
int vl_guest_domain(const struct vl_guest_plan *guests, const char *name, struct vl_domain *ret_domain);

/* Append a step on libvirt. */
void vl_guest_add_step(const struct vl_guest_plan *guests, const struct vl_step *step);

/* A file of this host as a volume of the pool. A half-uploaded one is made anew. */
int vl_guest_plan_upload(const struct vl_guest_plan *guests, const char *name, const char *file, bool qcow2,
                         const char *why);

/* A disk whose making was cut off goes: *volume is none then. One that a guest has run
 * with stays, whatever has become of it. */
int vl_guest_plan_unended(const struct vl_guest_plan *guests, const char *domain, struct vl_volume *volume);

/* The disk of a guest, unless it is there: a linked clone of `base_volume`, or (NULL) an empty one. */
int vl_guest_plan_disk(const struct vl_guest_plan *guests, const char *name, const struct vl_volume *volume,
                       uint64_t size, const char *base_volume);

/* A disk that is smaller than the lab file says, or smaller than its image, where it is there already. */
int vl_guest_plan_growth(const struct vl_guest_plan *guests, const struct vl_pbx *pbx, const struct vl_volume *volume,
                         const char *base_volume);

/* The step that makes a disk larger. */
void vl_guest_add_growth(const struct vl_guest_plan *guests, const struct vl_volume *volume, const char *domain,
                         uint64_t size);

/* Of a guest that runs while its disk or its processors are changed: its own system has to take what it got, for which
 * there is a note until it has (vl_stage_grown()). */
int vl_guest_plan_note(const struct vl_guest_plan *guests, const char *name);

/* The domain of a guest: defined, changed where it runs, started. *ret_domain: as it is before that. */
int vl_guest_plan_domain(const struct vl_guest_plan *guests, const struct vl_domain_spec *spec, bool autostart,
                         struct vl_domain *ret_domain);

/* What a guest's disk was a clone of in the first place: *disk has a ready state of its own as its backing store. */
int vl_guest_see_base(const struct vl_guest_plan *guests, const char *name, struct vl_volume *disk);

/* An empty clone of `layer` as a guest's disk. */
int vl_guest_plan_clone(const struct vl_guest_plan *guests, const char *disk, const struct vl_volume *layer);

/* A disk that is not there, of a guest that has a ready state, is made as a clone of that: a run that was to put it
 * back was cut off. *volume is the disk then. */
int vl_guest_plan_lost_disk(const struct vl_guest_plan *guests, const char *name, const char *disk,
                            struct vl_volume *volume);

/* Strike out, by taking its name, the volume that is needed, and all that it is a clone of. */
void vl_guest_strike_needed(struct vl_volume *volumes, size_t count, const char *needed);

/* The guest runs on from this memory. */
void vl_guest_plan_restore(const struct vl_guest_plan *guests, const char *domain, const char *memory);

/* A guest that stands still since a run was cut off that saved its memory runs on, as its state says then, and the
 * mark of that goes (plan/ready.h). Who stands still without a mark does so by somebody's will. */
void vl_guest_plan_run_on(const struct vl_guest_plan *guests, const char *name, struct vl_domain *domain);

/* The guest is switched off, unless it is. */
int vl_guest_plan_off(const struct vl_guest_plan *guests, const char *domain);

/* Files of this host go. */
void vl_guest_plan_files_gone(const struct vl_guest_plan *guests, const char *const *files, const char *title,
                              const char *why);

/* The guest stops and its disk goes, which *disk is, and says so then. */
int vl_guest_plan_renewed(const struct vl_guest_plan *guests, const struct vl_pbx *pbx, struct vl_volume *disk);

/* What a guest boots from that has this disk, or is going to have one, with the base volumes that are missing. */
int vl_guest_plan_boot(const struct vl_guest_plan *guests, const struct vl_pbx *pbx, const struct vl_volume *disk,
                       struct vl_guest_boot *boot);

/* Where the hypervisor finds the medium of an image of iso:, which it gets a copy of where it is on another host. */
int vl_guest_plan_medium(const struct vl_guest_plan *guests, const struct vl_image *image, const char **ret_path);

/* The lab's key that logs in to a guest, the guest's own, and where both are written down for a person to follow. */
struct vl_guest_keys {
    const char *authorized, *host_private, *host_public;
    const struct vl_shell_part *parts;
};

int vl_guest_keys(const struct vl_guest_plan *guests, const struct vl_pbx *pbx, struct vl_guest_keys *ret_keys);

/* Files for one guest alone, as a disc with a label, or behind an initrd, a file of this host. */
struct vl_guest_seed {
    const struct vl_fileset *files;
    size_t identity;            /* of these the first so many, whose content its name tells; 0: all */
    bool anew;                  /* also where there is a volume of that name */
    const char *label, *initrd; /* one of them */
    const struct vl_shell_part *parts;
    const char *why;
};

/* What Asterisk is to read of the lab, for a disk that is made now, if that is known. In guest_configured.c. */
void vl_guest_add_configuration(const struct vl_guest_plan *guests, const struct vl_pbx *pbx, struct vl_fileset *seed);

/* Their volume, by its content. */
int vl_guest_plan_seed_volume(const struct vl_guest_plan *guests, const struct vl_pbx *pbx,
                              const struct vl_guest_seed *seed, const char **ret_volume);

/* Whether a guest with this disk is to be installed unattended, or that is under way. In install_note.c. */
int vl_guest_installs(const struct vl_guest_plan *guests, const struct vl_pbx *pbx, const struct vl_volume *disk,
                      bool *ret_installs);
/* The same, with what it needs of notes: that it is, before it has a disk; or none, of what is past. -1 also where its
 * installer may have come to its end, with what to do. */
int vl_guest_plan_installs(const struct vl_guest_plan *guests, const struct vl_pbx *pbx, const struct vl_volume *disk,
                           bool *ret_installs);
/* The guest gets a disk that is no installer's; false: there is no note. */
bool vl_guest_plan_install_note_gone(const struct vl_guest_plan *guests, const struct vl_pbx *pbx, const char *why);

/* What it is started with until then. */
struct vl_guest_install {
    struct vl_guest_boot boot;
    const char *seed, *disc; /* the volume with its answers; its path, where they are on a disc; NULL: in the initrd */
    uint64_t memory;         /* bytes that it needs */
};

int vl_guest_plan_install(const struct vl_guest_plan *guests, const struct vl_pbx *pbx, const char *mac,
                          struct vl_guest_install *ret_install);
/* The part of it that all guests of an image share. */
int vl_guest_plan_installer(const struct vl_guest_plan *guests, const struct vl_image *image);

/* The volume with the identity of a guest, by its content. */
int vl_guest_plan_seed(const struct vl_guest_plan *guests, const struct vl_pbx *pbx, const char *mac,
                       const char **ret_volume);

/* Seeds that this guest had before, with its keys of then: they go once it does not run with them any more. */
int vl_guest_plan_old_seeds(const struct vl_guest_plan *guests, const struct vl_pbx *pbx, const char *seed,
                            const struct vl_domain *domain);

#endif
