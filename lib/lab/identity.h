/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who a guest is: its UUID and its MAC address, made from the names of lab and guest alone. The same lab file gives
 * the same guests on any host and on any day, so a guest that is made again keeps its DHCP lease, its place in
 * monitoring and its definition's identity in libvirt. The only file that knows libuuid.
 */
#ifndef VL_LAB_IDENTITY_H
#define VL_LAB_IDENTITY_H

/* The UUID of guest `name` of `lab`: version 5 (SHA-1 of a name in a name space, RFC 4122 section 4.3) of `name` in the
 * name space that is the version 5 UUID of `lab` in voiplab's own. By hand:
 *   N=$(uuidgen --sha1 --namespace @url --name urn:voiplab:1)
 *   uuidgen --sha1 --namespace "$(uuidgen --sha1 --namespace "$N" --name LAB)" --name NAME */
void vl_identity_uuid(const char *lab, const char *name, char ret_text[static 37]);

/* Its MAC address: 52:54:00, which QEMU's guests share, and the first three bytes of its UUID. 24 bits keep the guests
 * of a lab apart (30 guests: a chance of 1 in 38,000 that two are alike), so a caller that knows all names checks. */
void vl_identity_mac(const char *lab, const char *name, char ret_text[static 18]);

#endif
