/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The lines of /etc/network/interfaces (interfaces(5)), and what the commands in its stanzas are about.
 */
#ifndef VL_NETWORK_INTERFACES_LINE_H
#define VL_NETWORK_INTERFACES_LINE_H

#include <stdbool.h>

#include "base/arena.h"

/* A line that counts, in words, with the lines that it goes on in. */
struct vl_interfaces_line {
    const char *text; /* as it stands in the file, with line feeds but the last */
    const char *const *words;
    int number;
    bool opens; /* a stanza */
};

size_t vl_interfaces_lines(struct vl_arena *arena, const char *text, struct vl_interfaces_line **ret_lines);

/* Whether an option that starts with this word is a command: `up` and its like. */
bool vl_interfaces_is_command(const char *word);

/* What a command is about: something else than IP, addresses, or what goes with them (routes, rules, neighbours,
 * settings of the kernel for IP on the interface). */
enum vl_interfaces_object { VL_OBJECT_OTHER, VL_OBJECT_ADDRESS, VL_OBJECT_ROUTE };
enum vl_interfaces_object vl_interfaces_object(struct vl_arena *arena, const char *interface,
                                               const struct vl_interfaces_line *line);

/* Where in a word a setting of the kernel for IP on the interface stands (conf/eth0/ or conf.eth0.); NULL: nowhere. */
const char *vl_interfaces_setting(struct vl_arena *arena, const char *interface, const char *word);

/* The first word that is an address, perhaps with a prefix; NULL: there is none. */
const char *vl_interfaces_address(const struct vl_interfaces_line *line);

/* Whether two of them are of one address, however it is written, and whatever the prefixes are. */
bool vl_interfaces_same_address(const char *one, const char *other);

#endif
