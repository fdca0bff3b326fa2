/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The files that make the bridge of an uplink, for each of those who configure a host's network.
 *
 * A back end gets the files that are there and gives back whole files as they shall be. The uplink's own file is
 * edited: what says addresses leaves it (the bridge has them), what ties it to the bridge comes in, every other line
 * stays as it is and where it is. Rendering on top of the result gives the same bytes again. What cannot be edited
 * without guessing is refused with FILE:LINE and what to do about it.
 */
#ifndef VL_NETWORK_BACKEND_H
#define VL_NETWORK_BACKEND_H

#include "base/error.h"
#include "lab/lab.h"
#include "render/fileset.h"

/* A file that is there now. */
struct vl_bridge_source {
    const char *path; /* absolute, as seen below the root */
    const char *text;
};

/* What a DHCP server knows the uplink by, as hexadecimal digits; NULL: not known. See lease.h. */
struct vl_lease {
    const char *client;        /* DHCPv4's client identifier, with its type */
    const char *iaid6, *duid6; /* of DHCPv6 */
    bool by_networkmanager;    /* else by systemd-networkd */
};

/* How the uplink is held now by a daemon that makes what it does of the interface's name or kind, or keeps it in no
 * file of its own, as NetworkManager does; NULL: not known. */
struct vl_hold {
    const char *profile; /* UUID of the connection that is up on it */
    const char *metric;  /* of the routes over it, where its connection says none */
    const char *token; /* what its own IPv6 address ends with, `::1:2:3:4`, where that is not made of its MAC address */
};

struct vl_bridge_input {
    const struct vl_bridge *bridge; /* with an uplink */
    struct vl_lease lease;          /* that the uplink has now */
    struct vl_hold hold;
    const char *hwaddr; /* the uplink's MAC address as seen; NULL: unknown. The lab's own goes before it */
    const char *own;    /* that the card has of itself and again at the next start; NULL: unknown */
    const struct vl_bridge_source *files;
    size_t count;
};

/* Append the files to `set`. A back end of VL_BACKEND_AUTO is a mistake of the caller. */
int vl_bridge_files(struct vl_arena *arena, enum vl_bridge_backend backend, const struct vl_bridge_input *input,
                    struct vl_fileset *set, struct vl_error *err);

/* The failure that the uplink is a wireless card, as this line (0: none) of a file (NULL: the kernel) says. An access
 * point passes only frames that come from the card's own address, so that the kernel refuses it as a port of a bridge.
 */
int vl_bridge_fail_wireless(const char *path, int line, const char *interface, struct vl_error *err);

/* The failures that a file makes a bridge of this name already that is not ours, and that it makes the uplink a port of
 * another bridge, or else of a bond. */
int vl_bridge_fail_exists(const char *path, int line, const char *name, struct vl_error *err);
int vl_bridge_fail_port(const char *path, int line, const char *interface, const char *master, bool is_bridge,
                        struct vl_error *err);

/* The uplink's MAC address as the lab or else the host has it; NULL: unknown. */
const char *vl_bridge_mac(const struct vl_bridge_input *input);

/* The MAC address that files know the uplink by, which is not that of the bridge where a file gives it another one. */
const char *vl_bridge_own_mac(const struct vl_bridge_input *input);

/* The text of a source, or NULL. */
const char *vl_bridge_text(const struct vl_bridge_input *input, const char *path);

/* What the back ends share: an address of the list `addresses` is one of IPv6. */
bool vl_bridge_is_ipv6(const char *address);
bool vl_bridge_has_ipv6(const struct vl_bridge *bridge);

/* Whether the gateway of IPv4 is in no network that the bridge is in: it is on the link all the same, as hosters have
 * it who give a server one address (/32). */
bool vl_bridge_gateway_is_far(const struct vl_bridge *bridge);

/* Whether the interface's name is that of a VLAN (eth0.100), whose link and number it then gives. */
bool vl_bridge_vlan(struct vl_arena *arena, const char *interface, const char **ret_link, unsigned *ret_id);

typedef int vl_bridge_renderer(struct vl_arena *arena, const struct vl_bridge_input *input, struct vl_fileset *set,
                               struct vl_error *err);

/* When the owner's daemon is spoken to: our files are there, or they are gone again. */
enum vl_owner_word { VL_OWNER_CHANGED, VL_OWNER_PUT_BACK, VL_OWNER_WORDS };
enum { VL_OWNER_COMMANDS = 4, VL_OWNER_ARGV = 9 };

struct vl_owner {
    const char *state;  /* a path that is there once the daemon has run on this host; NULL ends the list */
    const char *daemon; /* its name in /proc/PID/comm */
    /* UPLINK and BRIDGE stand for the names, PROFILE for what the row's `profile` says */
    const char *commands[VL_OWNER_WORDS][VL_OWNER_COMMANDS][VL_OWNER_ARGV];
};

/* What a program of the owner's said of a file. */
struct vl_backend_answer {
    const char *file;
    const char *const *files; /* all that are new, `count` of them */
    size_t count;
    const char *output;
};

/* What is asked about each new file, which lies where it will (ask.h). */
enum { VL_QUESTION_WORDS = 5 };

struct vl_backend_question {
    const char *files; /* pattern of fnmatch(3); NULL: nothing is asked */
    const char *argv[VL_QUESTION_WORDS];
    const char *too_new; /* a word of it that a program too old for it names when it complains; NULL: none is */
    /* The last word of the command, of the file's path. NULL: the file comes on its standard input. */
    const char *(*subject)(struct vl_arena *arena, const char *file);
    /* What there is to tell of an answer, NULL-terminated, in the arena. NULL: nothing but a refusal. */
    const char *const *(*remarks)(struct vl_arena *arena, const struct vl_backend_answer *answer);
    bool may_fail; /* any exit status but 0 says nothing; else it refuses the file */
};

/* How the next start is rehearsed (rehearsal.h). UPLINK and BRIDGE stand for the names. */
enum { VL_REHEARSAL_NEEDS = 4, VL_REHEARSAL_ASKS = 2, VL_REHEARSAL_RUNS = 2 };

struct vl_backend_rehearsal {
    const char *needs[VL_REHEARSAL_NEEDS]; /* programs and paths without which it cannot be done */
    const char *prepares[VL_OWNER_ARGV];   /* makes of the files what a daemon then reads */
    const char *hands_over;      /* pattern of glob(7) of what is then there for `hand` to bring up; NULL: nothing */
    enum vl_bridge_backend hand; /* another back end, whose daemon does it instead */
    const char *asks[VL_REHEARSAL_ASKS][VL_OWNER_ARGV]; /* read the files, and fail when something is wrong in them */
    const char *reads;                                  /* files below this path are read by sh(1); NULL: none are */
    struct vl_backend_question of_files;                /* about each of them */
    const char *runs[VL_REHEARSAL_RUNS][VL_OWNER_ARGV]; /* bring the network up */
    const char *ready[VL_REHEARSAL_RUNS];               /* what is there once the run before the next may begin */
    bool stays;                                         /* a daemon, which does not end */
    bool is_networkd;                                   /* whose state directory belongs to a user of its own */
    const char *links; /* folder with a file for each link's index in which it says how far it is; NULL: it does not */
    const char *settled; /* the line that such a file then has when nothing more comes */
};

/* A back end: all that there is to know of it, in one row, which stands in a file of its own. */
struct vl_backend {
    const char *directory; /* where its files lie */
    /* patterns of glob(7), absolute, of the files that it wants to see; NULL-terminated. Where several files of one
     * name lie in folders of the same list, the first counts for who reads them: so that comes first. */
    const char *sources[16];
    /* Patterns of further files that are read because this one says so, absolute, NULL-terminated. May be NULL. */
    const char *const *(*leads)(struct vl_arena *arena, const struct vl_bridge_source *file);
    vl_bridge_renderer *render;
    /* Whether the file is about the interface of this name and MAC address (NULL: not known). */
    bool (*is_about)(struct vl_arena *arena, const struct vl_bridge_source *file, const char *interface,
                     const char *mac);
    /* Whose a card is that no file names, when this file says so; VL_BACKEND_AUTO: it does not. May be NULL. */
    enum vl_bridge_backend (*rest)(struct vl_arena *arena, const struct vl_bridge_source *file);
    /* What says, on this host, that it has the interface of this name and index now; NULL: nothing. May be NULL. */
    const char *(*runs)(struct vl_arena *arena, const char *interface, unsigned index);
    /* How it holds the interface of this index now. May be NULL. */
    struct vl_hold (*holds)(struct vl_arena *arena, unsigned index);
    /* What its daemon calls the uplink's connection by: as the files will be, or as it is now; NULL: nothing. May be
     * NULL. */
    const char *(*profile)(struct vl_arena *arena, const struct vl_bridge_input *input, enum vl_owner_word word);
    /* Whether the file, which is not of the kind that is written, says what comes back by itself only at a start: it is
     * kept for the way back. May be NULL. */
    bool (*is_kept)(struct vl_arena *arena, const struct vl_bridge_input *input, const struct vl_bridge_source *file);
    unsigned hands;            /* back ends whose daemons it speaks through, a bit each */
    struct vl_owner owners[3]; /* the first whose daemon runs counts */
    struct vl_backend_rehearsal rehearsal;
};

/* The row; of VL_BACKEND_AUTO NULL. */
const struct vl_backend *vl_backend(enum vl_bridge_backend backend);

#define X(id, name) extern const struct vl_backend vl_backend_##name;
VL_BACKENDS(X)
#undef X

/* For the rows: the value of a key of a daemon's state file, "" when it says nothing. */
const char *vl_backend_state(struct vl_arena *arena, const char *path, const char *section, const char *key);

#endif
