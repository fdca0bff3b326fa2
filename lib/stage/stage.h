/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Stages: each looks at what is there and appends the steps that are missing. Later stages build on what earlier ones
 * make, so `up` plans and applies them one after the other; a dry run plans them all against what is there now.
 */
#ifndef VL_STAGE_STAGE_H
#define VL_STAGE_STAGE_H

#include "plan/plan.h"
#include "plan/session.h"
#include "probe/packages.h"

/* State directory, secrets, the lab's SSH key and the host keys of its virtual machines. */
int vl_stage_state(struct vl_session *session, struct vl_plan *plan, struct vl_error *err);

/* Whether something of this host belongs to another lab, or to somebody else, that this one would take: its bridge, the
 * network, the address of a guest on that bridge. To be asked before anything is changed. -1 with whose it is. */
int vl_stage_refuse_others(struct vl_session *session, const char *const *names, struct vl_error *err);
/* The first of these: of a bridge without an uplink. */
int vl_stage_bridge_refused(struct vl_session *session, struct vl_error *err);

/* The bridge: files for an uplink, or the live bridge of an isolated lab. */
int vl_stage_bridge(struct vl_session *session, struct vl_plan *plan, struct vl_error *err);

/* A bridge with an uplink: its files, and on this host what takes an unconfirmed change back at boot and the live
 * switch-over. `dry`: where the latter cannot be, since this is another host than the lab file's, it is left out with a
 * warning. */
int vl_stage_uplink(struct vl_session *session, bool dry, struct vl_plan *plan, struct vl_error *err);

/* Frames between the ports of the lab's bridge pass the host's packet filter unhindered; vl_stage_bridge() and
 * vl_stage_uplink() do this as well. */
int vl_stage_forward(struct vl_session *session, struct vl_plan *plan, struct vl_error *err);

/* What was added for them to the packet filter goes. */
void vl_stage_forward_gone(struct vl_session *session, struct vl_plan *plan);

/* Have the trunk `trunk` ("A:B") of the lab lose `loss` hundredths of a percent of its packets, each way; 0: none more.
 * `trunk` NULL, with 0: no trunk loses any more. Whether the kernel can is asked at once. */
int vl_stage_impair(struct vl_session *session, const char *trunk, unsigned loss, struct vl_plan *plan,
                    struct vl_error *err);
/* The two ends of "A:B"; false: it names no two PBXs of the lab. */
bool vl_stage_impair_trunk(const struct vl_lab *lab, struct vl_arena *arena, const char *trunk,
                           const struct vl_pbx *ret_ends[static 2]);
/* What was dropped on purpose is so no more. */
void vl_stage_impair_gone(struct vl_session *session, struct vl_plan *plan);

/* The packages that are missing, by the host's package manager. */
int vl_stage_packages(struct vl_session *session, const struct vl_missing_packages *missing, struct vl_plan *plan,
                      struct vl_error *err);

/* The modules of `missing` (NULL-terminated): loaded, and loaded at every start. */
int vl_stage_modules(struct vl_session *session, const char *const *missing, struct vl_plan *plan,
                     struct vl_error *err);

/* The files of a bridge with an uplink, by the back end that is asked for or found; without the kernel settings. */
int vl_stage_bridge_render(struct vl_session *session, struct vl_arena *arena, enum vl_bridge_backend *ret_backend,
                           struct vl_fileset *set, struct vl_error *err);

/* Whether this host is one where the bridge's files would mean something; to be asked before they are written. */
int vl_stage_bridge_possible(struct vl_session *session, struct vl_error *err);

/* Images that are built or fetched and not in the cache. names: images, NULL: all that a PBX uses. */
int vl_stage_image(struct vl_session *session, const char *const *names, struct vl_plan *plan, struct vl_error *err);
/* Whether it is one of these. */
bool vl_stage_image_wanted(const struct vl_session *session, const char *const *names, const struct vl_image *image);

/* Guests that are installed unattended (guest_install.c, install_note.c): the installer's kernel and initrd into the
 * cache; whether one is being installed, as is noted; that its disk, which is there by now, is the one that is meant;
 * the end of that. */
int vl_stage_installer(struct vl_session *session, const struct vl_image *image, struct vl_plan *plan,
                       struct vl_error *err);
bool vl_stage_installs(const struct vl_session *session, const struct vl_pbx *pbx);
int vl_stage_install_note(struct vl_session *session, const struct vl_pbx *pbx, struct vl_plan *plan,
                          struct vl_error *err);
void vl_stage_installed(struct vl_session *session, const struct vl_pbx *pbx, struct vl_plan *plan);

struct vl_domain;
struct vl_volume;
/* Whether one that is noted so may be installed by now: nobody knows how it came to be off, and its disk is not empty,
 * which the installer would make it. Fail of that, with what to do. */
bool vl_stage_install_is_unclear(const struct vl_domain *domain, const struct vl_volume *disk);
int vl_stage_install_unclear(const struct vl_session *session, const struct vl_pbx *pbx, struct vl_error *err);

struct vl_kept_source;
/* The cache gets the image NAME from a source with this sum; nothing when it has it. Another one of that name is an
 * error. */
int vl_stage_image_keep(struct vl_session *session, const char *name, const char *sum,
                        const struct vl_kept_source *source, struct vl_plan *plan, struct vl_error *err);

struct vl_cached;
/* The files of these images in the cache go; what else lies among them stays and is told. */
int vl_stage_image_remove(struct vl_session *session, const struct vl_cached *images, size_t count,
                          struct vl_plan *plan, struct vl_error *err);

/* What the guests of these names will have made for them, and what an earlier version has made, is written down; to be
 * carried out before the guests are made. */
int vl_stage_made(struct vl_session *session, const char *const *names, struct vl_plan *plan, struct vl_error *err);
struct vl_made;
int vl_stage_made_file(struct vl_session *session, const struct vl_made *made, struct vl_plan *plan,
                       struct vl_error *err);

/* Pool, base volumes, clones, seeds, domains; running. names: PBXs, NULL: all. */
int vl_stage_guests(struct vl_session *session, const char *const *names, struct vl_plan *plan, struct vl_error *err);

/* The same in two parts: what the guests share, pool and base volumes, and after that what is one guest's alone. */
int vl_stage_guests_shared(struct vl_session *session, const char *const *names, struct vl_plan *plan,
                           struct vl_error *err);
int vl_stage_guest(struct vl_session *session, const struct vl_pbx *pbx, struct vl_plan *plan, struct vl_error *err);

/* A guest that runs and got a larger disk, or another processor: it takes them. The second: it has, for this host. */
int vl_stage_grown(struct vl_session *session, const struct vl_pbx *pbx, struct vl_plan *plan);
void vl_stage_grown_done(struct vl_session *session, const struct vl_pbx *pbx, struct vl_plan *plan);

/* The file that has what a guest writes on its serial console; NULL: its hypervisor is on another host,
 * or no virtlogd keeps the file from filling the disk. */
const char *vl_stage_console_log(const struct vl_session *session, struct vl_arena *arena, const struct vl_pbx *pbx);

/* The hypervisor is on this host: what it writes can be read here. */
struct vl_site;
bool vl_stage_is_here(const struct vl_session *session, const struct vl_site *site);

/* What the disk of a guest is, in words and in the arena, where the lab file has another image for it by now ("a clone
 * of 'i-0123456789ab.base.qcow2'"); NULL: it is of that, or nobody knows. */
const char *vl_stage_other_base(struct vl_session *session, const struct vl_pbx *pbx, struct vl_arena *arena);

/* The file of this host that an image of disk: or iso: is, is there. */
int vl_stage_check_file(const struct vl_session *session, const struct vl_image *image, struct vl_error *err);

/* The files of one PBX. target NULL: it does not answer (dry run), everything is new. parts: VL_PART_… */
int vl_stage_pbx(struct vl_session *session, const struct vl_pbx *pbx, struct vl_target *target, unsigned parts,
                 struct vl_plan *plan, struct vl_error *err);

/* A fingerprint of all that voiplab would have in the files of a plain Asterisk. NULL: somebody else has a say in them,
 * or what it is is not known. In the arena. */
const char *vl_stage_pbx_fingerprint(const struct vl_session *session, const struct vl_pbx *pbx,
                                     struct vl_arena *arena);

/* What there is to be seen of a PBX's trunks, and of a call from it (`how` it goes: probe/calls.h has the call), for a
 * note: steps that change nothing. */
struct vl_call;
void vl_stage_look(struct vl_session *session, const struct vl_pbx *pbx, struct vl_plan *plan);
void vl_stage_look_at_call(const struct vl_pbx *pbx, const struct vl_call *call, const char *how, int timeout_ms,
                           struct vl_plan *plan);

/* The profiles of telephones into the directory `output`, an absolute path; NULL: STATE/LAB/phones. names: phones,
 * NULL: all. */
int vl_stage_phones(struct vl_session *session, const char *const *names, const char *output, struct vl_plan *plan,
                    struct vl_error *err);

/* The reverse of vl_stage_pbx. */
int vl_stage_pbx_removed(struct vl_session *session, const struct vl_pbx *pbx, struct vl_target *target, unsigned parts,
                         struct vl_plan *plan, struct vl_error *err);

/* What the two functions above will ask its target, and what else somebody wants to know (`more`: paths and commands),
 * for one round trip. In the arena. */
struct vl_wanted vl_stage_pbx_wanted(struct vl_session *session, const struct vl_pbx *pbx, unsigned parts,
                                     const struct vl_wanted *more, struct vl_arena *arena);

/* The modules of Asterisk's that the lab needs on this PBX, that it loads when it starts and does not have now:
 * somebody unloaded them. In the arena, ends with NULL, never NULL. */
const char *const *vl_stage_unloaded(struct vl_session *session, const struct vl_pbx *pbx, struct vl_target *target,
                                     struct vl_arena *arena);

/* Stop what runs; with `remove` also undefine it and delete volumes, pool, live bridge and state. Only what is known to
 * be this lab's, and nobody else uses; what stays is told by events. With names only these, and their volumes stay
 * unless the lab file has no such machine any more. */
int vl_stage_gone(struct vl_session *session, const char *const *names, bool remove, struct vl_plan *plan,
                  struct vl_error *err);

/* The domains that carry the lab's mark while the lab file has no such machine any more; none without a hypervisor. */
int vl_stage_orphans(struct vl_session *session, struct vl_arena *arena, struct vl_domain **ret_domains,
                     size_t *ret_count, struct vl_error *err);

/* The same stopped and taken away, with their volumes and keys. */
int vl_stage_pruned(struct vl_session *session, struct vl_plan *plan, struct vl_error *err);

struct vl_ready;
/* The snapshot `tag` of a guest, in three plans (guest_ready.c): the first stops it, and is empty where there is such a
 * one already or none can be (`anew`: the one that there is does not count, and that none can be is a failure); what it
 * names, in the arena of its plan, is for the second, after which the snapshot is there (`kept`). With the third the
 * guest runs on, and what nobody needs goes: what was there before, or what was made of one that was not kept. Of a
 * guest that is off there is one as well, but no ready state. */
int vl_stage_ready_take(struct vl_session *session, const struct vl_pbx *pbx, const char *tag, bool anew,
                        struct vl_plan *plan, struct vl_ready *ret_ready, struct vl_error *err);
int vl_stage_ready_keep(struct vl_session *session, const struct vl_pbx *pbx, const struct vl_ready *ready,
                        struct vl_plan *plan, struct vl_error *err);
int vl_stage_ready_run_on(struct vl_session *session, const struct vl_pbx *pbx, const struct vl_ready *ready, bool kept,
                          struct vl_plan *plan, struct vl_error *err);

/* A guest that stands still since a run was cut off that kept it, or its disk, runs on. The plan is empty for any
 * other. */
int vl_stage_ready_wake(struct vl_session *session, const struct vl_pbx *pbx, struct vl_plan *plan,
                        struct vl_error *err);
/* So does one that is off since then: its memory is saved, and nothing was written to its disk since. */
int vl_stage_ready_resume(struct vl_session *session, const struct vl_pbx *pbx, struct vl_plan *plan,
                          struct vl_error *err);

/* A snapshot of a guest, also of one that is no machine of the lab any more, goes with all that only it has needed. */
int vl_stage_ready_drop(struct vl_session *session, const char *name, const char *tag, struct vl_plan *plan,
                        struct vl_error *err);

/* Look at a snapshot: what it is, the bytes that it takes up, and why the guest cannot be put back to it (NULL: it
 * can). The plan's arena holds the texts; its steps are none that would be carried out. */
int vl_stage_ready_look(struct vl_session *session, const char *name, const char *tag, struct vl_plan *plan,
                        struct vl_ready *ret_ready, uint64_t *ret_size, const char **ret_why, struct vl_error *err);

/* Guests put back to their snapshots of this tag. The first: those of these names, each of which must have one that is
 * good, are switched off. The second: one that is off gets its disk and its memory, or boots where it has none; this
 * can be done to several at a time. */
int vl_stage_ready_off(struct vl_session *session, const char *const *names, const char *tag, struct vl_plan *plan,
                       struct vl_error *err);
int vl_stage_ready_back(struct vl_session *session, const struct vl_pbx *pbx, const char *tag, struct vl_plan *plan,
                        struct vl_error *err);

/* A guest as a base image `name` of the cache, without its identity and what the lab gave it. */
int vl_stage_capture(struct vl_session *session, const struct vl_pbx *pbx, const char *name, struct vl_plan *plan,
                     struct vl_error *err);

/* A backup of the lab, or of these guests, into `file`, an absolute path; without `base` it has no base images. */
int vl_stage_backup(struct vl_session *session, const char *const *names, const char *file, bool base,
                    struct vl_plan *plan, struct vl_error *err);

/* What is in a backup that was read (plan/backup.h), put where it goes for the lab of the session, which is the one in
 * it. Nothing that is there is replaced unless `replace`. */
struct vl_manifest;
struct vl_restoring {
    const struct vl_manifest *manifest;
    const char *file;                /* the backup */
    const char *lab_file, *lab_text; /* the lab file: where it goes, and what is in it */
    const char *const *names;        /* of guests; NULL: all */
    bool replace;
};
/* `before` is a plan whose steps `plan` takes over, and to be freed after it. */
int vl_stage_restore(struct vl_session *session, const struct vl_restoring *restoring, struct vl_plan *before,
                     struct vl_plan *plan, struct vl_error *err);

/* Guest without a lab file. The first: whether it could be, before anything is looked at. */
int vl_stage_lone_guest_check(const struct voiplab_guest *guest, struct vl_error *err);
/* Before it: the parts of an installer from a tree into the cache. */
int vl_stage_lone_tree(struct vl_session *session, const struct voiplab_guest *guest, struct vl_plan *plan,
                       struct vl_error *err);
int vl_stage_lone_guest(struct vl_session *session, const struct voiplab_guest *guest, struct vl_plan *plan,
                        struct vl_error *err);

/* The guests that were made without a lab file, of these names (NULL: all; one that is none is VL_ERROR_USAGE). */
int vl_stage_lone_guests(struct vl_session *session, const char *const *names, struct vl_arena *arena,
                         struct vl_domain **ret_domains, size_t *ret_count, struct vl_error *err);
/* The same stopped, and with `remove` taken away with their disks. */
int vl_stage_lone_guests_gone(struct vl_session *session, const char *const *names, bool remove, struct vl_plan *plan,
                              struct vl_error *err);

/* A guest by its agent, over its hypervisor, with all that it has over SSH. Whether there is an agent shows with the
 * first question; when one that has answered fails later, it goes on over SSH. NULL: there is no hypervisor that could
 * be asked. */
struct vl_target *vl_stage_agent(struct vl_session *session, const struct vl_pbx *pbx, struct vl_error *err);

/* Names in libvirt. In the arena. */
const char *vl_pool_name(struct vl_arena *arena, const struct vl_session *session);
const char *vl_domain_name(struct vl_arena *arena, const struct vl_lab *lab, const struct vl_pbx *pbx);

#endif
