/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What an Asterisk says about itself, read from what `asterisk -rx COMMAND` prints. The text comes from a guest whose
 * root is a student, so nothing in it is believed beyond its form: any bytes are accepted, and every string handed out
 * is printable ASCII (the rest as \xNN). Of a cell and of a table no more is kept than the limits below.
 *
 * Formats: chan_sip.c, chan_iax2.c and main/cli.c of Asterisk 1.6 to 20, seen on 16; PJSIP's of 13 to 22, seen on 16
 * and 22. Column widths changed over the
 * years and a cell may be wider than its column, so places are taken from the header line and cells are then read word
 * by word. A text without the header line (or, for channels, without a single channel line) is no answer at all.
 *
 * The parsers fill an array in the arena and return 0, or return -1 when the text is no such answer, or when memory
 * ran out (then arena->failed is set).
 */
#ifndef VL_PROBE_ASTERISK_H
#define VL_PROBE_ASTERISK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

/* A row of Asterisk's has 64 characters and more, so no answer of VL_TARGET_OUTPUT_LIMIT that is one of Asterisk's has
 * more rows; its names have 80 characters at most. What goes beyond was made up to fill our memory and is dropped. */
enum { VL_ASTERISK_ROWS = 16384, VL_ASTERISK_CELL = 256 };

/* The state of an outgoing SIP registration. Reg.Time stays in place after a registration is lost: only this counts. */
enum vl_registration_state {
    VL_REGISTRATION_REGISTERED,
    VL_REGISTRATION_REQUEST_SENT,      /* no answer yet, or none ever */
    VL_REGISTRATION_UNREGISTERED,      /* not tried yet */
    VL_REGISTRATION_NO_AUTHENTICATION, /* the other side knows no such account, or the secret is wrong */
    VL_REGISTRATION_REJECTED,
    VL_REGISTRATION_FAILED,
    VL_REGISTRATION_OTHER, /* `Auth. Sent`, `Timeout`, or what a later version says: see the text */
};

struct vl_registration {
    const char *host;     /* as shown, with its port; cut to the column (30 characters in 1.6, 39 later) */
    const char *username; /* cut to 12 characters: compare with vl_asterisk_name_matches() */
    enum vl_registration_state state;
    const char *state_text;
    const char *when; /* what follows the state: since when (chan_sip), "(exp. 93s)" (PJSIP of today); "" */
};

enum vl_peer_status {
    VL_PEER_OK,
    VL_PEER_LAGGED,      /* answers, but later than qualify allows */
    VL_PEER_UNREACHABLE, /* answered once and does no more */
    VL_PEER_UNKNOWN,     /* never answered yet, or not registered yet */
    VL_PEER_UNMONITORED, /* qualify is off: nothing is known */
    VL_PEER_OTHER,
};

struct vl_peer {
    const char *name;     /* cut to 25 (SIP) or 15 (IAX2) characters: compare with vl_asterisk_name_matches() */
    const char *username; /* what stands after `NAME/`; "" when nothing does */
    const char *host;     /* address as shown; "" while there is none */
    enum vl_peer_status status;
    const char *status_text;
    int milliseconds; /* round trip of the last qualify; -1: none shown */
};

struct vl_channel {
    const char *name; /* SIP/1500-0000008f */
    const char *context, *extension, *state, *application, *data;
    const char *bridge;    /* its bridge (12 and later) or the channel it is bridged with; "" when there is none */
    bool bridged;          /* in a bridge with another channel */
    const char *caller;    /* the number of who calls; "" when it is not known */
    unsigned long seconds; /* since it is there */
};

/* `sip show registry`. */
int vl_asterisk_parse_sip_registry(struct vl_arena *arena, const char *text, struct vl_registration **ret,
                                   size_t *ret_count);

/* `sip show peers`. */
int vl_asterisk_parse_sip_peers(struct vl_arena *arena, const char *text, struct vl_peer **ret, size_t *ret_count);

/* `pjsip show registrations`: the name of the registration stands in `username`, the host of its server in `host`. One
 * that ran out is none: VL_REGISTRATION_OTHER. */
int vl_asterisk_parse_pjsip_registrations(struct vl_arena *arena, const char *text, struct vl_registration **ret,
                                          size_t *ret_count);

/* Whether `now`, which is in force, is another one than `before` or was renewed since. PJSIP says how long it is good
 * still, which gets less until it is renewed; where it says nothing, nobody knows, and that counts as new. */
bool vl_asterisk_registered_since(const struct vl_registration *before, const struct vl_registration *now);

/* When it was made, as chan_sip shows it: in seconds since 1970 if its local time were UTC. False: it is not shown. */
bool vl_asterisk_registration_time(const struct vl_registration *registration, long long *ret_time);

/* `pjsip show contacts`: a peer per contact, with the name of its AOR. */
int vl_asterisk_parse_pjsip_contacts(struct vl_arena *arena, const char *text, struct vl_peer **ret, size_t *ret_count);

/* `iax2 show peers`. */
int vl_asterisk_parse_iax2_peers(struct vl_arena *arena, const char *text, struct vl_peer **ret, size_t *ret_count);

/* `core show channels concise`; an empty text is an answer: no channels. Lines that are no channels are passed over. */
int vl_asterisk_parse_channels_concise(struct vl_arena *arena, const char *text, struct vl_channel **ret,
                                       size_t *ret_count);

/* `core show channels count`. False when the text does not say both. */
bool vl_asterisk_parse_channels_count(const char *text, unsigned long *ret_channels, unsigned long *ret_calls);

/* `core show version`: 16 and 28 for 16.28.0, 1 and 8 for 1.8.32, 18 and 9 for certified-18.9-cert1; a missing minor
 * number is 0. False when no number is shown (a build from master). */
bool vl_asterisk_parse_version(const char *text, unsigned *ret_major, unsigned *ret_minor);

/* `core show uptime seconds`: for how long Asterisk runs, in seconds. */
bool vl_asterisk_parse_uptime(const char *text, unsigned long *ret_seconds);

/* The same command: how long ago it read its files again, by `core reload` or `module reload`; a module's own command
 * (`sip reload`) does not count. */
bool vl_asterisk_parse_reload(const char *text, unsigned long *ret_seconds);

/* True when Asterisk does not know the command, or the module that it is about, which is how a missing module shows
 * (its exit status is 0). */
bool vl_asterisk_no_such_command(const char *text);

/* Whether a list of `module show` has this module, running. Asterisk before 11 shows no state. */
bool vl_asterisk_runs_module(const char *list, const char *name);

/* The line with which `module reload` or `module load` says that it has not done so; NULL when it says no such thing,
 * also of a module that has nothing to reload. In the arena, printable. */
const char *vl_asterisk_reload_refused(struct vl_arena *arena, const char *text);

/* True when `shown` is `full`, or is `full` cut to one of the columns for names: 12 characters (a registration's user
 * name), 15 (an IAX2 peer) or 25 (a SIP peer). */
bool vl_asterisk_name_matches(const char *shown, const char *full);

#endif
