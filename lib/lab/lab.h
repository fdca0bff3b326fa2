/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The lab: what the lab file (voiplab-lab(5)) says, typed, checked and complete. Every `count` is expanded, every
 * default filled in, every reference resolved. Nothing in it changes after vl_lab_load(); all of it lives in one arena.
 */
#ifndef VL_LAB_LAB_H
#define VL_LAB_LAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

enum vl_role {
    VL_ROLE_GUEST, /* a PBX of a student or a project */
    VL_ROLE_HUB,   /* the one that owns the lines to the telephone network; at most one */
};

enum vl_place {
    VL_PLACE_VM,    /* a guest that voiplab makes under libvirt */
    VL_PLACE_SSH,   /* a host that exists and is reached over SSH */
    VL_PLACE_LOCAL, /* the Asterisk on this host */
};

enum vl_image_kind {
    VL_IMAGE_BUILD,    /* source is the name of a recipe in share/images */
    VL_IMAGE_ISO,      /* an installation medium: the guest boots from it with an empty disk */
    VL_IMAGE_DISK,     /* a ready disk image */
    VL_IMAGE_URL,      /* a ready disk image, fetched once */
    VL_IMAGE_KEPT,     /* one that `image import` or `image capture` put into the cache */
    VL_IMAGE_LOCATION, /* an installation tree: its installer is started without a medium */
};

enum vl_virtualization { VL_VIRTUALIZATION_AUTO, VL_VIRTUALIZATION_KVM, VL_VIRTUALIZATION_QEMU };

/* Who looks after the configuration of a PBX: X(ID, name). What each is stands in its row of render/flavor.c. */
#define VL_FLAVORS(X)                                                                                                  \
    X(ASTERISK, asterisk)                                                                                              \
    X(FREEPBX, freepbx)                                                                                                \
    X(ISSABEL, issabel)                                                                                                \
    X(ELASTIX, elastix)

enum vl_flavor {
    VL_FLAVOR_AUTO, /* the PBX is asked: probe/nature.h */
#define X(id, name) VL_FLAVOR_##id,
    VL_FLAVORS(X)
#undef X
        VL_FLAVOR_COUNT,
};

/* Which driver of Asterisk speaks SIP. */
enum vl_sip_driver { VL_SIP_AUTO, VL_SIP_CHAN_SIP, VL_SIP_PJSIP, VL_SIP_DRIVERS };

/* Who configures the network of this host, and so which files the bridge is written in: X(ID, name). What each is
 * stands in the file of this name in network/. */
#define VL_BACKENDS(X)                                                                                                 \
    X(IFCFG, ifcfg)                                                                                                    \
    X(NETWORKMANAGER, networkmanager)                                                                                  \
    X(NETWORKD, networkd)                                                                                              \
    X(IFUPDOWN, ifupdown)                                                                                              \
    X(NETPLAN, netplan)

enum vl_bridge_backend {
    VL_BACKEND_AUTO, /* found out by vl_uplink_owner() */
#define X(id, name) VL_BACKEND_##id,
    VL_BACKENDS(X)
#undef X
        VL_BACKEND_COUNT,
};

/* What the host keeps for itself when [host] reserve does not say: 1.5 GiB. */
#define VL_HOST_RESERVE ((uint64_t)1536 << 20)

struct vl_bridge {
    const char *name;             /* br0 */
    const char *interface;        /* the uplink; NULL: an isolated lab network */
    const char *hwaddr;           /* the uplink's MAC address, which the bridge keeps; NULL: not stated */
    bool dhcp;                    /* this host's address comes by DHCP; only with an uplink */
    uint32_t address;             /* of this host on the bridge, host byte order; 0 with dhcp */
    uint32_t network;             /* the network of the lab; with dhcp as stated by the key `network` */
    unsigned prefix;              /* length of the network prefix; 0: not known (dhcp without `network`) */
    uint32_t gateway;             /* 0: none; with dhcp that of the guests only */
    const char *gateway6;         /* IPv6 address, may be link-local; NULL: none */
    const char *const *dns;       /* IPv4 and IPv6, NULL-terminated, may be empty */
    const char *const *addresses; /* further ones of this host, ADDRESS/PREFIX, IPv4 and IPv6; NULL-terminated */
    bool ipv6_auto;               /* router advertisements are accepted; false: IPv6 only as `addresses` has it */
    bool ipv6_stated;             /* the lab file says so; else it is as the uplink has it */
    unsigned mtu;                 /* 0: not stated */
    enum vl_bridge_backend backend;
    int line;
};

/* Where what makes a guest's configuration gets its trunks from: [pbx] freepbx. */
enum vl_backing {
    VL_BACKING_FILES,    /* files of ours beside its own */
    VL_BACKING_DATABASE, /* rows of the data base that a FreePBX makes its files of (render/freepbx.h) */
};

/* A further hypervisor that guests may live on: [hypervisor NAME]. */
struct vl_lab_hypervisor {
    const char *name, *uri;
    int line;
};

/* What the hypervisor of [lab] is called where guests are given their places. */
#define VL_LAB_HYPERVISOR "lab"

struct vl_image {
    const char *name;
    enum vl_image_kind kind;
    const char *source;          /* what stands after `build:`, `iso:`, `disk:`, `url:`, `image:` or `location:` */
    bool unattended;             /* it is installed by an installer that has all answers (render/installer.h) */
    const char *const *packages; /* beside those of the recipe, or those to install; NULL-terminated; NULL: none */
    const char *sha256;          /* checksum that a fetched image must have, 64 hexadecimal digits; NULL: not stated */
    const char *os;              /* debian11, rhel5.4, …; NULL: not stated */
    enum vl_sip_driver sip;      /* what its recipe says that its guests speak SIP with; auto: nothing is known */
    int os_line;
    int line;
};

/* What stands between us and a PBX: another PBX of the lab, or a host of its own that is logged in to with the same
 * key.
 */
struct vl_ssh_jump {
    const char *text;         /* as the lab file has it */
    const struct vl_pbx *pbx; /* NULL: a host of its own, with what follows */
    const char *user, *host;  /* root when it is not said; a name or an address */
    unsigned port;
    const char *hostkey; /* NULL: not known yet */
    int line;
};

/* The longest way to a PBX: the sessions of it. */
enum { VL_SSH_HOPS = 4 };

/* Where keys and passwords come from when it is no file. */
#define VL_SSH_AGENT "agent"
#define VL_SSH_ASK "ask"

/* What a guest can boot from, as the lab file calls it. */
#define VL_BOOT_DISK "disk"
#define VL_BOOT_CDROM "cdrom"
#define VL_BOOT_NETWORK "network"

struct vl_pbx {
    const char *name;
    enum vl_role role;
    enum vl_place place;
    const struct vl_image *image; /* for VL_PLACE_VM, else NULL */
    const char *hypervisor;       /* VL_LAB_HYPERVISOR, or of lab->hypervisors; NULL: where there is room */
    uint32_t address;
    const char *prefix;            /* digits that the numbers of this guest start with; NULL for the hub */
    const char *const *extensions; /* phones of this guest, NULL-terminated; full numbers such as 1500 */
    const char *test_number;       /* answers with an echo: prefix + 999; NULL for the hub */
    const char *account;   /* SIP account on the hub, and the number that rings it there: 7001 …; NULL for the hub or
                              without one */
    uint64_t memory, disk; /* bytes */
    uint64_t max_memory;   /* to which it can grow while the guest runs; not less than memory */
    unsigned vcpus, max_vcpus;
    const char *cpu;         /* model of the processor, as libvirt calls it, or "host"; NULL: not stated */
    const char *machine;     /* as QEMU calls it, with its version; NULL: not stated */
    const char *const *boot; /* what it boots from, in this order, NULL-terminated; NULL: not stated */
    int boot_line;
    bool autostart;       /* it starts with its hypervisor */
    int disk_line;        /* of the key; of the section where there is none */
    const char *ssh_user; /* root */
    unsigned ssh_port;    /* 22 */
    const char *hostkey;  /* "ssh-ed25519 AAAA…"; NULL: this host made it (state), or of VL_PLACE_SSH not known */
    const char *ssh;      /* profile: auto, modern, legacy */
    const char *sshkey;   /* file of the private key, or VL_SSH_AGENT; NULL: the lab's own, from the state; none
                             where there is a password */
    const char *password_file;      /* or VL_SSH_ASK; NULL: none */
    const struct vl_ssh_jump *jump; /* NULL: it is reached straight */
    const struct vl_class *class;   /* what its telephones may call through the hub; NULL: all but barred routes */
    enum vl_flavor flavor;          /* as stated; what it is: lab/nature.h */
    enum vl_sip_driver sip;         /* likewise */
    enum vl_backing backing;
    size_t ordinal; /* of a guest: how many guests stand before it in the lab file */
    int line;       /* of its section */
    int address_line;
};

/* Of a guest whose disk is started by a kernel of its image: the mistake of an order in which something comes before
 * the disk. */
struct vl_lab;
int vl_lab_check_kernel(const struct vl_lab *lab, const struct vl_pbx *pbx, struct vl_error *err);

/* True when trunks, routes and extensions of this PBX are rows of its data base: then no file may have them too. */
static inline bool vl_pbx_in_database(const struct vl_pbx *pbx)
{
    return pbx->backing == VL_BACKING_DATABASE;
}

/* Which guests have trunks to each other. */
enum vl_topology {
    VL_TOPOLOGY_MESH,   /* all */
    VL_TOPOLOGY_STAR,   /* none: all goes by the hub */
    VL_TOPOLOGY_CHAIN,  /* those that stand one behind the other in the lab file */
    VL_TOPOLOGY_RING,   /* those, and the last and the first */
    VL_TOPOLOGY_LISTED, /* those of a [trunk A B], from A to B */
};

/* Which end of the trunk between a guest and the hub registers with the other. */
enum vl_register {
    VL_REGISTER_GUEST,
    VL_REGISTER_HUB,
    VL_REGISTER_NONE, /* each knows the other's address */
};

/* Asked of a peer every now and then, with the longest answer that Asterisk itself has in mind. */
#define VL_QUALIFY_YES (-1)

/* How a trunk carries calls: [trunk A B], and for those between guests [trunks] before that. */
struct vl_trunk_settings {
    const char *const *codecs; /* the best first, NULL-terminated; NULL: ulaw, alaw, gsm */
    int qualify;               /* VL_QUALIFY_YES; 0: the other end is not asked whether it is there; ms */
    bool encryption;           /* between guests, over IAX2 */
    unsigned limit;            /* calls at once; 0: any number between guests, 10 at the hub */
};

/* What a [trunk A B] of the lab file says. */
struct vl_trunk_given {
    const struct vl_pbx *from, *to;
    const char *name, *secret; /* NULL: not given */
    struct vl_trunk_settings settings;
    enum vl_register registers; /* where `to` is the hub */
    int line;
};

/* The longest name, a [trunk A B]'s own: what a key of digits takes. */
#define VL_TRUNK_NAME_LENGTH 32

/* IAX2 between an ordered pair of guests: a peer of this name on `from`, a user of the same name on `to`. One is made
 * when it is asked for and nowhere kept: a full mesh of 1,000 guests has 999,000. */
struct vl_trunk {
    const struct vl_pbx *from, *to;
    char name[VL_TRUNK_NAME_LENGTH + 1]; /* 1000, 1001, …: prefix of `from`, then the index of `to` among the others,
                                            three digits */
    const char *secret;                  /* given in the lab file; NULL: random, from the state */
    struct vl_trunk_settings settings;
    int line; /* of its [trunk A B]; 0 when there is none */
};

/* How a call gets from one guest to another. */
enum vl_way {
    VL_WAY_NONE,
    VL_WAY_TRUNK,  /* over the trunk between them */
    VL_WAY_HUB,    /* by the hub */
    VL_WAY_ONWARD, /* over the trunk to a neighbour, which sends it on */
};

/* A walk over trunks, in the order of the lab file. */
struct vl_trunks {
    const struct vl_lab *lab;
    const struct vl_pbx *from, *to; /* those that leave this PBX, that lead to it; NULL: any */
    size_t next;
    struct vl_trunk trunk;
};

/* A telephone of the hub: [user 7000]. */
struct vl_user {
    const char *number;
    const char *name; /* shown as caller id name; NULL: none */
    unsigned dahdi;   /* channel when it hangs on an FXS port; 0: a SIP phone */
    bool voicemail;
    const char *secret;           /* NULL: random, from the state */
    const struct vl_class *class; /* NULL: all but barred routes */
    int line;
};

/* What is said of a telephone of a guest: [extension 1500]. */
struct vl_telephone {
    const char *number;
    const struct vl_pbx *pbx;
    const char *name;   /* shown as caller id name; NULL: none */
    const char *secret; /* NULL: random, from the state; of a telephone of a web interface, the one that it has there */
    bool mailbox;
    int line;
};

/* A guest with less memory does not boot, and a smaller disk holds no system: a slip of the unit. */
#define VL_GUEST_MEMORY_LEAST ((uint64_t)16 << 20)
#define VL_GUEST_DISK_LEAST ((uint64_t)1 << 20)

/* A SIP provider of the hub: [provider NAME]. */
struct vl_provider {
    const char *name, *host, *username; /* username NULL: none */
    const char *secret;                 /* NULL: random, from the state, which the user then replaces */
    bool has_register;
    int line;
};

/* A class of numbers: where it comes from is the numbering plan, then [route NAME] of the lab file over it. */
struct vl_route {
    const char *name;              /* local, regional, celular, internacional, emergencia, … */
    const char *title;             /* for comments: "Llamadas locales" */
    const char *const *patterns;   /* as in extensions.conf: _NXXXXXX, 911; NULL-terminated, never empty */
    const char *pin;               /* digits given in the file; NULL: none, or random when pin_secret */
    bool pin_secret;               /* `pin = secret`: made at random once and kept in the state */
    bool emergency;                /* first, never behind a PIN */
    const char *dial;              /* number sent instead of the one dialled; NULL: as dialled */
    bool barred;                   /* in no class of service that does not name it: premium numbers */
    unsigned limit_s;              /* longest call; 0: that of the dialplan */
    const struct vl_provider *via; /* NULL: `pool` */
    const struct vl_pool *pool;    /* the lines to try; NULL only with `via` and `over` */
    const struct vl_pbx *over;     /* the guest that the hub sends these numbers to; NULL: none */
    int line;                      /* 0: from the numbering plan only */
};

/* A line to the telephone network. */
struct vl_line {
    unsigned channel;                   /* an FXO channel; 0: the provider */
    const struct vl_provider *provider; /* NULL with a channel */
};

/* Lines that are tried one after the other: [pool NAME], or the default one. */
struct vl_pool {
    const char *name; /* NULL: the default pool */
    const struct vl_line *lines;
    size_t line_count;
    int line;
};

/* A class of service, [class NAME]: which routes its telephones may take. Emergency routes need no permission. */
struct vl_class {
    const char *name;
    const char *const *routes; /* names, NULL-terminated, each of a route of the lab */
    bool all;                  /* and all that are not barred */
    int line;
};

/* A number of the telephone network that leads to a telephone: [did NUMBER]. */
struct vl_did {
    const char *number, *to;
    int line;
};

/* [dialplan]: what holds for the whole plan of the hub. */
struct vl_lab_dialplan {
    struct vl_pool pool;                     /* for routes without `via`; may be without lines */
    const struct vl_class *class;            /* of who has none; NULL: all but barred routes */
    const char *attendant;                   /* who answers callers that dial nothing; NULL: nobody */
    const char *callerid;                    /* number shown to who is called outside; NULL: the caller's own */
    bool inline_pins;                        /* PINs stand in the dialplan; else in files that only Asterisk reads */
    unsigned limit_s, warning_s, interval_s; /* longest call, warning before its end, interval between warnings */
};

struct vl_dahdi {
    const unsigned *fxs, *fxo; /* channel numbers */
    size_t fxs_count, fxo_count;
    const char *zone;          /* loadzone, e.g. us; from the numbering plan unless stated */
    const char *echocanceller; /* mg2; NULL: none */
    int line;                  /* 0: no [dahdi] section */
};

/* A load run: [load NAME]. */
struct vl_load {
    const char *name;
    const struct vl_pbx *target; /* where SIPp sends its calls */
    const char *caller;          /* extension of `target` whose account SIPp uses */
    const char *extension;       /* number that it calls */
    const char *answer;          /* telephone of the lab that SIPp is at the other end; NULL: of none */
    unsigned rate;               /* new calls a second */
    unsigned calls;              /* calls in all */
    unsigned hold_ms;            /* how long an answered call is held */
    unsigned concurrent;         /* at most this many at once; 0: no limit of ours */
    unsigned timeout_s;          /* the run is ended after this long */
    int line;
};

/* One setting of a profile: an element and its text, both with {placeholders} (lab/phone_model.h). */
struct vl_phone_setting {
    const char *element, *text;
};

struct vl_phone_settings {
    const struct vl_phone_setting *items;
    size_t count;
};

/* How the profile of a kind of telephone is written: share/phones/MODEL.ini, see voiplab-lab(5). */
struct vl_phone_model {
    const char *name, *title;
    unsigned lines;                             /* SIP accounts that it can have */
    unsigned dialplan_limit;                    /* bytes of a dial plan that it keeps */
    const char *file;                           /* template of the file name */
    const char *resync;                         /* template of the path that makes it fetch its profile */
    const char *admin;                          /* who may ask it to, by HTTP Digest */
    const char *root, *attribute, *value;       /* root element; attribute of every element, NULL: none */
    const char *yes, *no, *ulaw, *alaw;         /* its words */
    struct vl_phone_settings phone, line, idle; /* of the phone, of a line in use, of one that is not */
    const char *const *blank;                   /* elements that shall be empty, NULL-terminated */
};

enum vl_codec { VL_CODEC_ULAW, VL_CODEC_ALAW };

/* A telephone that stands on a desk and gets its settings from a profile: [phone NAME]. */
struct vl_phone {
    const char *name;
    const struct vl_phone_model *model;
    const char *mac; /* lower case, with colons */
    const struct vl_pbx *pbx;
    const char *const *extensions; /* of `pbx`, one for each line in use, NULL-terminated, never empty */
    const char *title;             /* shown on its screen and to who is called; NULL: the extension of each line */
    enum vl_codec codec;           /* the one that it asks for first */
    bool nat;                      /* it finds out and sends its outside address */
    bool keepalive;                /* it keeps the way through a NAT open */
    uint32_t address;              /* 0: not stated */
    const char *timezone;          /* GMT-05:00 */
    const char *daylight;          /* rule of the summer time in the phone's own words; NULL: none */
    const char *ntp;               /* time server; NULL: none */
    const char *voicemail;         /* number of its voicemail key; NULL: what the dialplan of its PBX has */
    const char *password;          /* of its web page; NULL: random, from the state */
    int line;
};

struct vl_lab {
    struct vl_arena arena;
    const char *file; /* path of the lab file, for messages */
    int exposed_line; /* the first line of it with a secret that every user of this host can read; 0: there is none */
    const char *name;
    const char *country; /* numbering plan */
    const char *hypervisor;
    const struct vl_lab_hypervisor *hypervisors; /* those beside it */
    size_t hypervisor_count;
    const char *storage; /* the pool lies below it on the hypervisor's host; NULL: /var/lib/libvirt/images */
    const char *sshkey; /* of PBXs that say nothing: private key file for VL_PLACE_SSH, or VL_SSH_AGENT; NULL: the lab's
                           own, from the state */
    bool insecure;      /* secrets of the file may be weak */
    enum vl_virtualization virtualization;
    uint64_t host_reserve; /* bytes of memory that the guests must leave to this host */
    struct vl_bridge bridge;
    const struct vl_image *images;
    size_t image_count;
    const struct vl_pbx *pbxs; /* in the order of the file, counts expanded */
    size_t pbx_count;
    const struct vl_pbx *hub; /* NULL: none */
    size_t guest_count;
    enum vl_topology topology;
    struct vl_trunk_settings trunk_settings;   /* [trunks] */
    const struct vl_trunk_given *trunks_given; /* sorted by their ends, which are PBXs of `pbxs` */
    size_t trunk_given_count;
    const struct vl_telephone *extensions;
    size_t extension_count;
    const struct vl_user *users;
    size_t user_count;
    const struct vl_provider *providers;
    size_t provider_count;
    const struct vl_route *routes; /* the emergency classes first, then in the order of the plan, then the lab's own */
    size_t route_count;
    struct vl_dahdi dahdi;
    struct vl_lab_dialplan dialplan;
    const struct vl_pool *pools;
    size_t pool_count;
    const struct vl_class *classes;
    size_t class_count;
    const struct vl_did *dids;
    size_t did_count;
    const struct vl_load *loads;
    size_t load_count;
    const struct vl_phone *phones;
    size_t phone_count;
};

/* The names of the back ends as the lab file and --backend have them, NULL-terminated; index: enum vl_bridge_backend.
 */
extern const char *const vl_bridge_backends[];

/* The same of flavours and of SIP drivers. */
extern const char *const vl_flavors[], *const vl_sip_drivers[];

/* Those names from the `first` on, for messages: "ifcfg, networkmanager, … or netplan". In the arena. */
const char *vl_lab_backend_list(struct vl_arena *arena, enum vl_bridge_backend first);

/* Read and check the lab file `path` with the numbering plans of `share_directory`/numbering. The lab is the caller's
 * to free. A mistake is VL_ERROR_LAB with FILE:LINE. */
struct vl_lab *vl_lab_load(const char *path, const char *share_directory, struct vl_error *err);

void vl_lab_free(struct vl_lab *lab);

/* The PBX of this name, or NULL. */
const struct vl_pbx *vl_lab_pbx(const struct vl_lab *lab, const char *name);

/* The trunk from one guest to another. False: there is none. */
bool vl_lab_trunk(const struct vl_lab *lab, const struct vl_pbx *from, const struct vl_pbx *to,
                  struct vl_trunk *ret_trunk);

/* How a call gets from one guest to another; *ret_trunk: the one that it leaves by, where the answer is a trunk. */
enum vl_way vl_lab_way(const struct vl_lab *lab, const struct vl_pbx *from, const struct vl_pbx *to,
                       struct vl_trunk *ret_trunk);

/* Whether guests send calls on for each other: along a chain or a ring that has no hub. */
bool vl_lab_sends_on(const struct vl_lab *lab);

/* Whether a call that came to `pbx` from its neighbour `from` is sent on to the guest `to`; *ret_trunk: over which.
 * Such a call goes on in its direction and never back, so that it arrives or ends. */
bool vl_lab_onward(const struct vl_lab *lab, const struct vl_pbx *from, const struct vl_pbx *pbx,
                   const struct vl_pbx *to, struct vl_trunk *ret_trunk);

/* The SIP trunk between a guest and the hub, by the name of the guest's account there, and who registers. False: it has
 * none. */
bool vl_lab_hub_trunk(const struct vl_lab *lab, const struct vl_pbx *guest, struct vl_trunk *ret_trunk,
                      enum vl_register *ret_registers);
enum vl_register vl_lab_registers(const struct vl_lab *lab, const struct vl_pbx *guest);

/* Its secret as the lab file gives it; NULL: random, from the state. */
const char *vl_lab_hub_secret(const struct vl_lab *lab, const struct vl_pbx *guest);

/* Begin a walk, and go to the next trunk, which is there until the step after; NULL: there is no more. */
struct vl_trunks vl_lab_trunks(const struct vl_lab *lab);
struct vl_trunks vl_lab_trunks_from(const struct vl_lab *lab, const struct vl_pbx *pbx);
struct vl_trunks vl_lab_trunks_to(const struct vl_lab *lab, const struct vl_pbx *pbx);
const struct vl_trunk *vl_lab_next_trunk(struct vl_trunks *walk);

/* Whether telephones of this class of service (NULL: none stated) may take this route. */
bool vl_class_allows(const struct vl_class *class, const struct vl_route *route);

/* Numbers of the hub that are no telephones; those of voicemail are there when a telephone has a mailbox. */
#define VL_NUMBER_VOICEMAIL "200"
#define VL_NUMBER_DIRECTORY_FIRST "8" /* by first name */
#define VL_NUMBER_DIRECTORY_LAST "9"  /* by last name */
#define VL_NUMBER_ECHO "600"

/* What is said of this telephone of a guest, or NULL. */
const struct vl_telephone *vl_lab_telephone(const struct vl_lab *lab, const struct vl_pbx *pbx, const char *number);

/* Whether any telephone of this guest has a mailbox. */
bool vl_pbx_has_mailboxes(const struct vl_lab *lab, const struct vl_pbx *pbx);

/* Whether any telephone of the hub has a mailbox. */
bool vl_lab_has_mailboxes(const struct vl_lab *lab);

/* The guest whose account at the hub this is, or NULL. */
const struct vl_pbx *vl_lab_account_owner(const struct vl_lab *lab, const char *account);

/* The first SIP telephone of a PBX but for `other`, which may be NULL; NULL: it has none. */
const char *vl_lab_first_telephone(const struct vl_lab *lab, const struct vl_pbx *pbx, const char *other);

/* The PBX that has a SIP telephone of this number, or NULL. */
const struct vl_pbx *vl_lab_telephone_owner(const struct vl_lab *lab, const char *number);

/* The guest that has this extension or test number, or NULL. */
const struct vl_pbx *vl_lab_extension_owner(const struct vl_lab *lab, const char *number);

/* The type of the SSH keys that a PBX is made with: "ed25519", or "rsa" where what is installed on it knows no other.
 */
const char *vl_pbx_key_type(const struct vl_pbx *pbx);

/* True when one of its PBXs is a virtual machine, so that there is something to ask the hypervisor. */
bool vl_lab_has_machines(const struct vl_lab *lab);

static inline void vl_lab_cleanup(struct vl_lab **lab)
{
    vl_lab_free(*lab);
}

#define VL_LAB_AUTO __attribute__((cleanup(vl_lab_cleanup))) struct vl_lab

#endif
