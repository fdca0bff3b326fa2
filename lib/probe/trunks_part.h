/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How the two SIP drivers are asked about trunks, for who asks (trunks.c) and for who says how it is asked (sights.c).
 */
#ifndef VL_PROBE_TRUNKS_PART_H
#define VL_PROBE_TRUNKS_PART_H

#include "probe/asterisk.h"
#include "lab/state.h"

#define VL_ASK_IAX2_PEERS "iax2 show peers"

/* How a driver is asked about its registrations and peers, and told to try again: all, or one by its name. */
struct vl_dialect {
    const char *registry, *peers, *again, *register_one, *qualify_one;
    /* has new registrations: with a name and a count of their own, for the hub refuses a number that it has seen. Of
     * chan_sip it is the command that Asterisk remembers the time of, so that nobody takes its files for newer than
     * what it has; PJSIP keeps the registrations that there are when it is told to reload */
    const char *anew;
    /* the beginning and the end of a line that says that it is well, for grep -E: of a registration, of a peer */
    const char *registry_head, *registry_end, *peer_head, *peer_end;
    const char *awaited; /* of a guest that was told to register (struct vl_wanted): a registration and a peer that are;
                            where it says since when, another one than before, which looked as well */
    int (*parse_registry)(struct vl_arena *arena, const char *text, struct vl_registration **ret, size_t *ret_count);
    int (*parse_peers)(struct vl_arena *arena, const char *text, struct vl_peer **ret, size_t *ret_count);
};

/* Of the SIP driver that this PBX has. */
const struct vl_dialect *vl_probe_dialect(const struct vl_state *state, const struct vl_pbx *pbx);

#endif
