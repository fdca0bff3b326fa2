/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A guest on the way from one state into another.
 */
#include <poll.h>

#include "base/clock.h"
#include "guest/hypervisor_part.h"

enum { SETTLE_MS = 60000, SETTLE_LOOK_MS = 100 };

/* Paused, and not by anybody who will let it run on: it is being saved, restored or started. */
static bool is_in_between(virDomainPtr domain)
{
    int state, reason;

    if (vl_libvirt.virDomainGetState(domain, &state, &reason, 0) < 0 || state != VIR_DOMAIN_PAUSED)
        return false;
    switch (reason) {
    case VIR_DOMAIN_PAUSED_MIGRATION:
    case VIR_DOMAIN_PAUSED_SAVE:
    case VIR_DOMAIN_PAUSED_SNAPSHOT:
    case VIR_DOMAIN_PAUSED_STARTING_UP:
        return true;
    default:
        return false;
    }
}

void vl_hypervisor_settle(virDomainPtr domain)
{
    long long begun = vl_now_ms();

    while (is_in_between(domain) && vl_now_ms() < begun + SETTLE_MS)
        (void)poll(NULL, 0, SETTLE_LOOK_MS);
}
