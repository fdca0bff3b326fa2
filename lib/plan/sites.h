/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The hypervisors of a lab, and which guest is on which. That of [lab] is session->hypervisor, and stands for NULL
 * wherever a site is named; each [hypervisor NAME] of the lab file is a site beside it.
 *
 * Who is on which is found once, when they are connected (vl_sites_open()): what exists tells by the marks of
 * domains, what exists no more or not yet by the line `place GUEST SITE` of STATE/LAB/made, the rest is chosen
 * (plan/placement.h). A lab without such sections has one hypervisor, and nothing is looked for or written down.
 */
#ifndef VL_PLAN_SITES_H
#define VL_PLAN_SITES_H

#include "plan/made.h"
#include "plan/session.h"

struct vl_site {
    const struct vl_lab_hypervisor *lab; /* its section */
    struct vl_hypervisor *hypervisor;    /* NULL: it is not connected */
    bool kvm;
};

/* Of a guest. */
struct vl_place_found {
    const struct vl_site *site;
    const char *problem; /* why nothing can be done with this guest; NULL: nothing is wrong */
};

/* Connect to all, once and at the same time; see where the guests are and choose where the others shall be. Fails when
 * none answers. One that does not is a warning, and the problem of its guests. */
int vl_sites_open(struct vl_session *session, struct vl_error *err);
void vl_sites_close(struct vl_session *session);

/* So many hypervisors has the lab, and this one; i 0 is that of [lab], which is NULL. */
size_t vl_sites_count(const struct vl_session *session);
const struct vl_site *vl_sites_at(const struct vl_session *session, size_t i);

/* Its number, for vl_sites_at(). */
size_t vl_site_index(const struct vl_session *session, const struct vl_pbx *pbx);

/* Where a guest is or will be; and what keeps it from being worked on (NULL: nothing). */
const struct vl_site *vl_site_of(const struct vl_session *session, const struct vl_pbx *pbx);
const char *vl_site_problem(const struct vl_session *session, const struct vl_pbx *pbx);

/* Of a site: its connection (NULL: none), whether its guests have hardware virtualization, its URI, and its name in the
 * lab file. */
struct vl_hypervisor *vl_site_hypervisor(const struct vl_session *session, const struct vl_site *site);
bool vl_site_kvm(const struct vl_session *session, const struct vl_site *site);
/* Whether its guests are emulated. Of a hypervisor that was not asked only what this host shows is known: whether it
 * has what its guests would need. */
bool vl_site_emulates(const struct vl_session *session, const struct vl_site *site);
const char *vl_site_uri(const struct vl_session *session, const struct vl_site *site);
const char *vl_site_name(const struct vl_site *site);

/* The target that steps there have: "libvirt", and with more than one "libvirt on NAME". */
const char *vl_site_target(const struct vl_site *site, struct vl_arena *arena);

/* The list of what was made looks at what is there from now on. */
void vl_site_made(const struct vl_site *site, struct vl_made *made);

/* Whether any hypervisor is connected. */
bool vl_sites_reached(const struct vl_session *session);

/* An error (VL_ERROR_PARTIAL) when one did not answer; what was to be done at the others is done. */
int vl_sites_check(const struct vl_session *session, struct vl_error *err);

#endif
