/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The lab file between reading and resolving: values have their types, but names still point nowhere, counts are not
 * expanded and defaults are not filled in. Only lab/ sees it.
 */
#ifndef VL_LAB_SCHEMA_H
#define VL_LAB_SCHEMA_H

#include "lab/ini.h"
#include "lab/lab.h"

struct vl_raw_lab {
    const char *name, *country, *hypervisor, *storage, *sshkey;
    int virtualization;
    bool insecure;
};

struct vl_raw_hypervisor {
    const char *name, *uri;
};

struct vl_raw_host {
    uint64_t reserve;
};

struct vl_raw_bridge {
    const char *name, *interface, *hwaddr, *gateway6;
    uint32_t address, gateway, network;
    unsigned prefix, network_prefix, mtu; /* address and prefix 0: dhcp */
    const char *const *dns, *const *addresses;
    int backend, ipv6; /* ipv6: index of auto, none */
};

struct vl_raw_image {
    const char *name, *base, *os, *sha256;
    const char *const *packages;
    int install; /* index of auto, by-hand, unattended */
};

struct vl_raw_pbx {
    const char *name, *image, *prefix, *account, *user, *hostkey, *class;
    const char *sshkey, *password_file, *proxy_jump, *proxy_hostkey, *hypervisor;
    int ssh;         /* index of auto, modern, legacy */
    int role, place; /* place: -1 not given */
    int flavor, sip;
    int backing;
    uint32_t address;
    uint64_t memory, max_memory, disk;
    unsigned vcpus, max_vcpus, port, count;
    const char *cpu, *machine;
    bool autostart;
    const char *const *extensions, *const *boot;
};

struct vl_raw_trunk {
    const char *from, *to, *name, *secret, *qualify;
    const char *const *codecs;
    bool encryption;
    unsigned limit;
    int registers; /* index of guest, hub, none */
    bool insecure;
};

struct vl_raw_trunks {
    const char *qualify;
    const char *const *codecs;
    bool encryption;
    unsigned limit;
    int topology;
};

struct vl_raw_dahdi {
    const char *const *fxs, *const *fxo;
    const char *zone;
    int echocanceller;
};

struct vl_raw_dialplan {
    const char *via, *class, *attendant, *callerid;
    int pins; /* index of file, inline */
    unsigned limit, warning, interval;
};

struct vl_raw_pool {
    const char *name;
    const char *const *lines;
};

struct vl_raw_class {
    const char *name;
    const char *const *routes;
};

struct vl_raw_did {
    const char *number, *to;
};

/* [plan] of a numbering plan */
struct vl_raw_plan {
    const char *name, *country, *source, *zone;
};

struct vl_raw_route {
    const char *name, *title, *pin, *dial, *via;
    const char *const *patterns;
    unsigned limit;
    bool emergency, barred;
};

struct vl_raw_user {
    const char *number, *name, *secret, *class;
    unsigned dahdi;
    bool voicemail;
    bool insecure;
};

struct vl_raw_extension {
    const char *number, *name, *secret;
    bool mailbox;
    bool insecure;
};

struct vl_raw_provider {
    const char *name, *host, *username, *secret;
    bool has_register;
    bool insecure;
};

struct vl_raw_load {
    const char *name, *target, *caller, *extension, *answer;
    unsigned rate, calls, hold, concurrent, timeout;
};

struct vl_raw_phone {
    const char *name, *model, *mac, *pbx, *title, *timezone, *daylight, *ntp, *voicemail, *password;
    const char *const *extensions;
    uint32_t address;
    int codec;
    bool nat, keepalive;
    bool insecure;
};

/* One section read: where it stands and its raw structure (of the kind that the table in raw.c gives it). */
struct vl_raw_section {
    const struct vl_ini_section *section;
    void *object;
};

/* The echo cancellers of DAHDI, NULL-terminated; the first is the default, the last is `none`. */
extern const char *const vl_echocancellers[];

enum vl_raw_kind {
    VL_RAW_LAB,
    VL_RAW_HYPERVISOR,
    VL_RAW_HOST,
    VL_RAW_BRIDGE,
    VL_RAW_IMAGE,
    VL_RAW_PBX,
    VL_RAW_TRUNKS,
    VL_RAW_TRUNK,
    VL_RAW_DAHDI,
    VL_RAW_ROUTE,
    VL_RAW_USER,
    VL_RAW_PROVIDER,
    VL_RAW_LOAD,
    VL_RAW_PHONE,
    VL_RAW_DIALPLAN,
    VL_RAW_POOL,
    VL_RAW_CLASS,
    VL_RAW_DID,
    VL_RAW_EXTENSION,
    VL_RAW_KINDS,
};

struct vl_raw_file {
    struct vl_arena *arena;
    struct vl_ini ini;
    struct {
        struct vl_raw_section *sections;
        size_t count;
    } kinds[VL_RAW_KINDS];
    struct vl_raw_plan plan; /* of a numbering plan */
    bool lost;               /* there is a section of which not even the name is known */
    bool bare;               /* it has no [lab]: what else it lacks is not worth telling */
    int secret_line;         /* the first line that gives a secret; 0: none does */
};

/* Read the sections of a lab file by the tables. All mistakes are gathered; sections that have one are left out, and
 * marked as broken. -1: nothing could be read, or there are too many. */
int vl_raw_read(struct vl_arena *arena, const char *path, struct vl_raw_file *ret_file, struct vl_error *mistakes,
                struct vl_error *err);
/* Take what stands in this line of a section for not written, and read the rest of it anew. False: it is no key's. */
bool vl_raw_forget(struct vl_raw_file *file, struct vl_ini_section *section, int line);
/* Whether other sections hang on what this key says. */
bool vl_raw_leads(const struct vl_ini_section *section, const char *key);
/* Leave out the sections that have been marked as broken since. */
void vl_raw_drop_broken(struct vl_raw_file *file);
/* The section that a line of the file is in; NULL: none. */
struct vl_ini_section *vl_raw_section_at(const struct vl_raw_file *file, int line);
/* Whether the rest can be looked at without this section. */
bool vl_raw_can_spare(const struct vl_ini_section *section);

/* Gather into `err` all mistakes of a file that has some: those that were found when it was read, the one in `err` that
 * ended the building of the lab, and what is found in the rest of the file. `build`: whether a lab can be built of what
 * is left of the file. */
void vl_lab_find_mistakes(struct vl_raw_file *file, const char *path, const char *share_directory,
                          int (*build)(const struct vl_raw_file *file, const char *path, const char *share_directory,
                                       struct vl_error *err),
                          struct vl_error *mistakes, struct vl_error *err);

/* Read a numbering plan into [plan] and routes (struct vl_raw_route objects in file order). */
int vl_raw_read_plan(struct vl_arena *arena, const char *path, struct vl_raw_file *ret_file, struct vl_error *err);

/* Line of a key in a section, or of the section when the key is not there. */
int vl_raw_line(const struct vl_raw_section *section, const char *key);

/* The hypervisors: that of [lab], whose URI must run no program on this host, and the others; and which of them a PBX
 * is on by what its section says. */
int vl_lab_check_hypervisor(struct vl_lab *lab, int line, struct vl_error *err);
int vl_lab_make_hypervisors(struct vl_lab *lab, const struct vl_raw_file *raw, struct vl_error *err);
int vl_lab_resolve_hypervisor(struct vl_lab *lab, const struct vl_raw_section *section, struct vl_pbx *pbx,
                              struct vl_error *err);

/* [bridge], with its addresses checked against each other. */
int vl_lab_make_bridge(struct vl_lab *lab, const struct vl_raw_file *raw, struct vl_error *err);

/* What [trunks] says of all trunks, and [trunk A B] of one. */
int vl_lab_make_trunks(struct vl_lab *lab, const struct vl_raw_file *raw, struct vl_error *err);

/* The order of struct vl_trunk_given in a lab, for qsort(3): by its ends. */
int vl_lab_compare_trunks(const void *a, const void *b);

/* Routes from the numbering plan, then from the lab file over it. */
int vl_lab_make_routes(struct vl_lab *lab, const struct vl_raw_file *raw, const char *share_directory,
                       struct vl_error *err);

/* The classes of service, without a look at the routes that they name: who has one is read before the routes. */
int vl_lab_make_classes(struct vl_lab *lab, const struct vl_raw_file *raw, struct vl_error *err);

/* The class that the key `class` of a section names; without the key that of [dialplan]. */
int vl_lab_resolve_class(struct vl_lab *lab, const struct vl_raw_section *section, const char *name,
                         const struct vl_class **ret_class, struct vl_error *err);

/* The pools of lines, and the default one. */
int vl_lab_make_pools(struct vl_lab *lab, const struct vl_raw_file *raw, struct vl_error *err);

/* [dialplan] and the numbers of the telephone network, and whether classes name routes that are there. */
int vl_lab_make_dialplan(struct vl_lab *lab, const struct vl_raw_file *raw, struct vl_error *err);

/* The provider or the pool of this name, or the error; `section` and `key` say who asks. */
int vl_lab_resolve_via(struct vl_lab *lab, const struct vl_raw_section *section, const char *key, const char *name,
                       const struct vl_provider **ret_provider, const struct vl_pool **ret_pool, struct vl_error *err);

/* A secret that the lab file gives under `key` (NULL: none): no name of its account, and not short, unless the section
 * or [lab] says so. */
int vl_lab_check_secret(const struct vl_lab *lab, const struct vl_raw_section *section, const char *key,
                        const char *secret, const char *account, bool insecure, struct vl_error *err);

/* PBXs: counts expanded, defaults filled in, prefixes chosen. */
int vl_lab_make_pbxs(struct vl_lab *lab, const struct vl_raw_file *raw, struct vl_error *err);

/* How a PBX is logged in to. vl_lab_make_ssh() does what is one PBX's own; the hosts that sessions go through may be
 * other PBXs, which vl_lab_resolve_jumps() finds when all are there. */
int vl_lab_make_ssh(struct vl_lab *lab, const struct vl_raw_section *section, struct vl_pbx *pbx, struct vl_error *err);
int vl_lab_resolve_jumps(struct vl_lab *lab, struct vl_pbx *pbxs, size_t count, struct vl_error *err);

/* The profiles of SSH, NULL-terminated; the first is the default. */
extern const char *const vl_lab_ssh_profiles[];

/* Whether the order in which a PBX boots can come about with its image, as far as the lab file tells. */
int vl_lab_check_boot(const struct vl_lab *lab, const struct vl_pbx *pbx, struct vl_error *err);

/* Telephones of guests, of which more is said than their number. */
int vl_lab_make_extensions(struct vl_lab *lab, const struct vl_raw_file *raw, struct vl_error *err);

/* Phones: their models read, their extensions found. */
int vl_lab_make_phones(struct vl_lab *lab, const struct vl_raw_file *raw, const char *share_directory,
                       struct vl_error *err);

/* What can only be seen when the whole is there: addresses, names and numbers that collide. */
int vl_lab_check(const struct vl_lab *lab, struct vl_error *err);
int vl_lab_check_numbers(const struct vl_lab *lab, struct vl_error *err);

#define VL_LAB_MISTAKE(lab, line, err, ...) vl_fail_at(err, VL_ERROR_LAB, (lab)->file, line, __VA_ARGS__)

#endif
