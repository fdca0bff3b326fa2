/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The hypervisor: pools, volumes and domains through libvirt, the only file that knows it. Nothing waits for libvirt
 * longer than its patience (task.h). Everything that voiplab
 * makes carries its mark: a domain an element in <metadata> (urn:voiplab:1, attributes lab and name) and the UUID that
 * lab/identity.h makes of these two, so that a copy of a domain, which has the element as well, is not taken for it;
 * the pool a name that starts with "voiplab-". libvirt has no place for a mark on a volume: those are remembered in the
 * lab's state (plan/made.h). Functions that change or delete a domain refuse one that does not carry the mark.
 *
 * Calls that change something go through one table of operations (hypervisor_ops.h), so that a test can make the n-th
 * fail.
 */
#ifndef VL_GUEST_HYPERVISOR_H
#define VL_GUEST_HYPERVISOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/digest.h"
#include "base/error.h"

struct vl_hypervisor;

/* How long the hypervisor may keep us waiting, and what ends the waiting before. A look that comes to nothing within
 * its time fails with VL_ERROR_TIMEOUT, and so does a change; what libvirt was doing then it may do yet, so who runs
 * again looks again. Once libvirtd does not even take a new connection, all that follows fails at once. */
struct vl_patience {
    int look_ms, change_ms;           /* 0: 20 s and 120 s */
    bool (*cancelled)(void *context); /* true ends a look at once, and a change after 3 s; may be NULL; any thread */
    void *context;
};

/* Of work with libvirt that takes its time so many pieces at once: fewer than the calls that libvirtd serves of one
 * connection (task.h), so that a look at something else is still answered. */
enum { VL_GUESTS_AT_A_TIME = 4 };

/* Connect to a libvirt URI; `patience` may be NULL. */
struct vl_hypervisor *vl_hypervisor_open(const char *uri, const struct vl_patience *patience, struct vl_error *err);
void vl_hypervisor_close(struct vl_hypervisor *hypervisor);

/* Version of the hypervisor's libvirt as text "9.0.0", in the arena; and whether it can run KVM guests: libvirt offers
 * the type and the processor has vmx or svm, since a /dev/kvm that opens is not yet one that runs a guest. */
int vl_hypervisor_describe(struct vl_hypervisor *hypervisor, struct vl_arena *arena, const char **ret_version,
                           bool *ret_kvm, struct vl_error *err);

/* What the host of a hypervisor has. */
enum vl_bridge_there { VL_BRIDGE_THERE_UNKNOWN, VL_BRIDGE_THERE_NOT, VL_BRIDGE_THERE };

struct vl_hypervisor_host {
    uint64_t memory, given; /* bytes; and how many of them guests have that run, or that are voiplab's */
    uint64_t disk;          /* bytes that are free in the pool that `pool_path` is or lies in; where `disk_known` */
    bool disk_known;
    const char *machine; /* in words: "x86_64, QEMU 7.2" */
    enum vl_bridge_there bridge;
};

int vl_hypervisor_look_at_host(struct vl_hypervisor *hypervisor, struct vl_arena *arena, const char *pool_path,
                               const char *bridge, struct vl_hypervisor_host *ret_host, struct vl_error *err);

/* How many processors its host has; what cannot be told is 1. */
unsigned vl_hypervisor_processors(struct vl_hypervisor *hypervisor);

/* Whether a machine type is one that the hypervisor's QEMU knows: a newer one may have given up an old one. True also
 * where that cannot be told. */
bool vl_hypervisor_has_machine(struct vl_hypervisor *hypervisor, const char *machine);

enum vl_domain_state { VL_DOMAIN_ABSENT, VL_DOMAIN_STOPPED, VL_DOMAIN_RUNNING, VL_DOMAIN_PAUSED };

/* How a domain that is off came to be so. */
enum vl_domain_end {
    VL_END_NONE,      /* it is not off */
    VL_END_UNKNOWN,   /* also that of one that never ran */
    VL_END_BY_ITSELF, /* its own system has switched it off */
    VL_END_CUT_OFF,   /* somebody has pulled the plug, or its QEMU or its host broke down */
};

struct vl_domain {
    const char *name;
    enum vl_domain_state state;
    enum vl_domain_end end;  /* as libvirtd remembers it; of one that boots a kernel vl_hypervisor_domain() also knows
                                what libvirtd has forgotten, by its log */
    const char *lab, *pbx;   /* from our element in <metadata>; NULL: not ours */
    const char *fingerprint; /* attribute of our element: hash of the XML that we defined; NULL: none */
    /* The following only from vl_hypervisor_domain(). */
    const char *machine; /* with its version, as it is defined */
    const char *kernel;  /* that it is defined to boot; NULL: it boots by itself */
    const char *cmdline; /* that the kernel is told; NULL: none */
    bool autostart;      /* with its hypervisor */
    /* Of one that runs or is paused: libvirt keeps what is defined meanwhile for the next start. */
    const char *behind;       /* what that will change, in words ("memory, identity"); NULL: nothing */
    const char *const *files; /* of its disks, as it runs; NULL-terminated; NULL: it is off */
    const char *running;      /* the definition that it runs with; NULL: it is off */
};

/* How a guest that runs differs from another definition of it. */
struct vl_live_changes {
    const char *now, *later; /* in words: what can be changed while it runs, what only its next start can; or NULL */
    /* What the former is; 0 and NULL where it is the same. */
    unsigned long long memory_kib;
    unsigned vcpus;
    const char *card, *drive; /* the device as it shall be: of another bridge, with another medium */
};

int vl_hypervisor_changes(struct vl_arena *arena, const char *running, const char *wanted,
                          struct vl_live_changes *ret_changes, struct vl_error *err);

/* Change what a domain is while it runs to what `xml` says of it, as far as can be; what is the same already is left
 * alone. Memory that the guest is told to give back it gives back when it can. */
int vl_hypervisor_change(struct vl_hypervisor *hypervisor, const char *xml, const char *name, const char *lab,
                         struct vl_error *err);

/* Whether it starts with its hypervisor. */
int vl_hypervisor_autostart(struct vl_hypervisor *hypervisor, const char *name, const char *lab, bool on,
                            struct vl_error *err);

/* One domain by name; absent is no error (state VL_DOMAIN_ABSENT). */
int vl_hypervisor_domain(struct vl_hypervisor *hypervisor, struct vl_arena *arena, const char *name,
                         struct vl_domain *ret_domain, struct vl_error *err);

/* All domains that carry our mark for this lab. */
int vl_hypervisor_domains(struct vl_hypervisor *hypervisor, struct vl_arena *arena, const char *lab,
                          struct vl_domain **ret_domains, size_t *ret_count, struct vl_error *err);

/* How a guest is that runs, as its hypervisor says. */
struct vl_domain_figures {
    bool known;            /* false: it does not run, or the hypervisor cannot tell */
    uint64_t processor_ns; /* that its processors have run since its QEMU was started: it may become less */
    unsigned processors;
    uint64_t memory_used, memory_total; /* bytes; total 0: not known */
    bool memory_of_host;                /* used is what QEMU has of the host's: the guest's kernel does not say */
};

/* Of the guests `names` of a lab, `count` of them, at once; *ret_at_ms (vl_now_ms()) is when that was. */
int vl_hypervisor_figures(struct vl_hypervisor *hypervisor, const char *lab, const char *const *names, size_t count,
                          struct vl_domain_figures *ret_figures, long long *ret_at_ms, struct vl_error *err);

/* What holds on to something of the hypervisor's host. */
struct vl_use {
    const char *by;  /* for messages: "the domain 'x'", "the volume 'y' of the pool 'z'" */
    const char *lab; /* of a domain whose mark says so, with its PBX; else NULL */
    const char *pbx;
    const char *volume; /* the path of the volume that has `path` as its backing store; NULL: a domain holds it */
    const char *path;   /* of a file; of a tap, the name of the interface */
    bool tap;
};

/* What the domains use, as they are defined and as they run: files of disks with their backing stores, kernels, taps;
 * and with `pools` the backing stores of all volumes of all running pools. */
int vl_hypervisor_uses(struct vl_hypervisor *hypervisor, struct vl_arena *arena, bool pools, struct vl_use **ret_uses,
                       size_t *ret_count, struct vl_error *err);

/* Define (with VALIDATE) or redefine; refuses to replace a domain that is not ours (lab given). */
int vl_hypervisor_define(struct vl_hypervisor *hypervisor, const char *xml, const char *name, const char *lab,
                         struct vl_error *err);
int vl_hypervisor_start(struct vl_hypervisor *hypervisor, const char *name, const char *lab, struct vl_error *err);

/* Ask the guest to stop (ACPI), wait up to timeout_ms, then pull the plug when `force`, else fail with
 * VL_ERROR_TIMEOUT. timeout_ms 0 with `force` pulls it at once. A stopped or absent domain is no error. */
int vl_hypervisor_stop(struct vl_hypervisor *hypervisor, const char *name, const char *lab, int timeout_ms, bool force,
                       struct vl_error *err);

/* A guest that shall stop. */
struct vl_stopping {
    const char *name;
    struct vl_error error; /* why it did not; the caller's to clear */
    bool stuck;            /* its QEMU does not answer libvirt: it cannot be asked, and is not waited for */
};

struct vl_stop_options {
    int timeout_ms;
    bool force;
    bool (*cancelled)(void *context); /* true ends the waiting; no plug is pulled then; may be NULL */
    void *context;
};

/* Like vl_hypervisor_stop() for many guests, which are all asked first and then waited for together; one whose QEMU
 * hangs keeps no other waiting. Returns how many did not stop. */
size_t vl_hypervisor_stop_all(struct vl_hypervisor *hypervisor, const char *lab, struct vl_stopping *guests,
                              size_t count, const struct vl_stop_options *options);

struct vl_saving {
    const char *file; /* on the hypervisor's host, which is this one */
    const char *mark; /* a file that is there from before it stands still */
    uint64_t memory;  /* bytes that it may have, for patience */
};

/* Write the memory of a guest that runs into a file. After that it stands still, until vl_hypervisor_run_on(), or is
 * off where its libvirt can have it only so; either way what is on its disks goes with what is in the file, and the
 * mark is the caller's to take away. When it fails it runs on without one, but for a libvirtd that does not answer. */
int vl_hypervisor_save(struct vl_hypervisor *hypervisor, const char *name, const char *lab,
                       const struct vl_saving *saving, struct vl_error *err);
/* Let a guest run on from what vl_hypervisor_save() wrote, which stays. Its disks must be as they were then, which
 * nobody but the caller knows. One that runs is left alone: that is a failure. So is a file of another guest. */
int vl_hypervisor_restore(struct vl_hypervisor *hypervisor, const char *name, const char *lab, const char *file,
                          struct vl_error *err);

/* What a command in a guest gave, all of it the guest's word. Start from { .status = -1 }. */
struct vl_hypervisor_answer {
    int status;                     /* exit status, or 128 + the signal that ended it */
    unsigned char *output, *errors; /* owned; each may be NULL, which is nothing, and hold NUL bytes */
    size_t output_length, errors_length;
};

void vl_hypervisor_answer_free(struct vl_hypervisor_answer *answer);

#define VL_HYPERVISOR_ANSWER_AUTO __attribute__((cleanup(vl_hypervisor_answer_free))) struct vl_hypervisor_answer

/* Have the agent of a guest (qemu-ga, by its channel org.qemu.guest_agent.0) run a program with `input` (NULL: none) on
 * its standard input, as root. Fails at once where no agent is there, and when the program has not ended in time. */
int vl_hypervisor_execute(struct vl_hypervisor *hypervisor, const char *name, const char *lab, const char *const *argv,
                          const char *input, int timeout_ms, struct vl_hypervisor_answer *ret_answer,
                          struct vl_error *err);

/* Have a guest stand still, if it runs (`ret_paused`: it did, and does now), and let one run on that stands still. What
 * it has given to its disk before is in the files of the disk meanwhile, as after a power cut. */
int vl_hypervisor_pause(struct vl_hypervisor *hypervisor, const char *name, const char *lab, bool *ret_paused,
                        struct vl_error *err);
int vl_hypervisor_run_on(struct vl_hypervisor *hypervisor, const char *name, const char *lab, bool *ret_moved,
                         struct vl_error *err);

/* Undefine a stopped domain, with its saved state and its snapshots; an absent one is no error. Its volumes stay. */
int vl_hypervisor_undefine(struct vl_hypervisor *hypervisor, const char *name, const char *lab, struct vl_error *err);

/* A storage pool of type dir: what libvirt knows of it. */
struct vl_pool_there {
    bool defined, active, autostart;
};

/* Look at one; an absent pool is no error. Make it at `path`: define, build, start, autostart, as far as it is not. */
int vl_hypervisor_pool(struct vl_hypervisor *hypervisor, const char *pool, struct vl_pool_there *ret_pool,
                       struct vl_error *err);
int vl_hypervisor_pool_make(struct vl_hypervisor *hypervisor, const char *pool, const char *path, struct vl_error *err);
/* Remove the pool's definition, and its directory when that is empty; an absent pool is no error. One that does not
 * run, whose volumes nobody has seen, is left alone when it has any. */
int vl_hypervisor_pool_remove(struct vl_hypervisor *hypervisor, const char *pool, struct vl_error *err);
/* Make libvirt look at the pool's directory again, after files were put there without it. */
int vl_hypervisor_pool_refresh(struct vl_hypervisor *hypervisor, const char *pool, struct vl_error *err);

struct vl_volume {
    const char *name; /* NULL: absent */
    const char *path;
    uint64_t capacity;   /* bytes */
    const char *backing; /* path of the backing store; NULL: none */
    const char *stamp;   /* its size on the disk, and when it was written last: another when that is */
    uint64_t allocated;  /* bytes that it takes up on the disk; see vl_volume_is_empty() */
    bool ended;          /* its making came to its end: libvirt gives a volume the mode that it shall have last */
    bool uploaded;       /* vl_hypervisor_volume_upload() filled it to the end; see there */
};

/* A disk with nothing of its own is smaller, and one of a guest that has run, if only for a moment, is larger. */
enum { VL_VOLUME_EMPTY_MOST = 1 << 20 };

/* Whether there is nothing on it that anybody would miss. */
static inline bool vl_volume_is_empty(const struct vl_volume *volume)
{
    return !volume->backing && volume->allocated < VL_VOLUME_EMPTY_MOST;
}

/* One volume by name; absent is no error (name NULL), neither is an absent pool. */
int vl_hypervisor_volume(struct vl_hypervisor *hypervisor, struct vl_arena *arena, const char *pool, const char *name,
                         struct vl_volume *ret_volume, struct vl_error *err);
int vl_hypervisor_volumes(struct vl_hypervisor *hypervisor, struct vl_arena *arena, const char *pool,
                          struct vl_volume **ret_volumes, size_t *ret_count, struct vl_error *err);
/* Make a volume from XML (render/volume_xml). An existing one of that name is an error. */
int vl_hypervisor_volume_make(struct vl_hypervisor *hypervisor, const char *pool, const char *xml,
                              struct vl_error *err);
/* Make a volume from XML with the bytes of the volume `from`, so that both are clones of the same; libvirt's own way to
 * copy would write all that is in the backing store, too. Cut off, it is there with undefined content. */
int vl_hypervisor_volume_copy(struct vl_hypervisor *hypervisor, const char *pool, const char *from, const char *xml,
                              struct vl_error *err);
/*
 * Fill a volume from a local file through a stream, for as long as it gets on.
 *
 * libvirt cannot rename a volume, so an upload is not atomic; what makes it safe is a second, empty volume
 * NAME.complete: removed first, made again only after the last byte has arrived. Cut off at any point, the volume is
 * there with undefined content and `uploaded` is false: remove it, make it and upload again. NAME.complete is not
 * listed by vl_hypervisor_volumes() and goes with the volume in vl_hypervisor_volume_remove(). What has gone through a
 * stream is read back before: it has come to another host, and a base image with a wrong bit would be everybody's.
 *
 * Where hypervisor and voiplab are one host, put the finished file into the pool's directory by an atomic rename and
 * call vl_hypervisor_pool_refresh() instead: faster, and never half done. `uploaded` says nothing about such a volume.
 */
int vl_hypervisor_volume_upload(struct vl_hypervisor *hypervisor, const char *pool, const char *name, const char *file,
                                struct vl_error *err);
/* Read a volume to its end, as its bytes lie on the disk: their SHA-256, how many they are (`ret_size` may be NULL),
 * and into the file of this host `file`, which is made anew with mode 0600; NULL: into none. */
int vl_hypervisor_volume_download(struct vl_hypervisor *hypervisor, const char *pool, const char *name,
                                  const char *file, char ret_sha256[static VL_DIGEST_SHA256_SIZE], uint64_t *ret_size,
                                  struct vl_error *err);
/* Make a volume larger, which is the disk of the domain `domain`: through that, when it runs. */
int vl_hypervisor_volume_grow(struct vl_hypervisor *hypervisor, const char *pool, const char *name, uint64_t size,
                              const char *domain, const char *lab, struct vl_error *err);
/* Remove a volume; an absent one is no error. */
int vl_hypervisor_volume_remove(struct vl_hypervisor *hypervisor, const char *pool, const char *name,
                                struct vl_error *err);

static inline void vl_hypervisor_cleanup(struct vl_hypervisor **hypervisor)
{
    vl_hypervisor_close(*hypervisor);
}

#define VL_HYPERVISOR_AUTO __attribute__((cleanup(vl_hypervisor_cleanup))) struct vl_hypervisor

#endif
