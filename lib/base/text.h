/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Small things done with text: sizes with units, the nearest right name, IPv4 addresses, lines.
 */
#ifndef VL_BASE_TEXT_H
#define VL_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

/* Parse a decimal number between min and max, the whole text. */
bool vl_text_number(const char *text, long min, long max, long *ret_number);

/* Parse `300M`, `35G` (K, M, G, T: powers of 1024) into bytes. A number without a unit is refused. */
bool vl_text_size(const char *text, uint64_t *ret_bytes);

/* Print bytes with the largest unit that divides them: 300M, 35G. */
char *vl_text_from_size(struct vl_arena *arena, uint64_t bytes);

/* Parse dotted quad into host byte order; nothing but four decimal numbers of 0 to 255. */
bool vl_text_ipv4(const char *text, uint32_t *ret_address);
char *vl_text_from_ipv4(struct vl_arena *arena, uint32_t address);

/* Parse ADDRESS/PREFIX with a prefix of 1 to 32. */
bool vl_text_network(const char *text, uint32_t *ret_address, unsigned *ret_prefix);
uint32_t vl_text_netmask(unsigned prefix);

/* Parse an IPv6 address (RFC 4291, without a zone) into network byte order. */
bool vl_text_ipv6(const char *text, unsigned char ret_address[static 16]);

/* Parse ADDRESS/PREFIX with an IPv6 address and a prefix of 1 to 128. */
bool vl_text_network6(const char *text, unsigned char ret_address[static 16], unsigned *ret_prefix);

/* The entry of `names` (NULL-terminated) nearest to `wrong` by edit distance, or NULL when none is near. */
const char *vl_text_nearest(const char *wrong, const char *const *names);

/* A name as the lab file allows it: [a-z][a-z0-9-]{0,62}. */
bool vl_text_is_name(const char *text);

/* A name that an interface of the network may have: a letter or digit, then up to 14 letters, digits, '.', '_', '-'. */
bool vl_text_is_interface(const char *text);

/* The http://, https:// or ftp:// URL of something, in printable ASCII without blanks, quotes and '\\'. */
bool vl_text_is_url(const char *text);

/* Strip white space at both ends, in place. */
char *vl_text_strip(char *text);

/* A path as the name of one file: with '%' for each '/'. */
char *vl_text_flat(struct vl_arena *arena, const char *path);

/* Split at any of `separators`, dropping empty parts; returns a NULL-terminated array in the arena. */
const char *const *vl_text_split(struct vl_arena *arena, const char *text, const char *separators);

/* Make bytes safe for a terminal or a log: control characters and bytes outside printable ASCII become \xNN (a line
 * feed stays). */
char *vl_text_printable(struct vl_arena *arena, const char *text);

/* The length of a character of UTF-8, beyond ASCII, that does nothing but print; 0: it is none. Controls are not, nor
 * are marks that turn the direction of what follows. */
size_t vl_text_letter(const char *text);

/* The same as vl_text_printable(), but for such letters, which stay what they are: for people's own words. */
char *vl_text_visible(struct vl_arena *arena, const char *text);

/* How much of what others said a message quotes. */
enum { VL_TEXT_QUOTED = 400 };

/* The last `most` bytes of a text, less the rest of a UTF-8 character that was cut. */
const char *vl_text_tail(const char *text, size_t most);

/* What a guest said, for a message: the end of it, where the reason is, at most `most` bytes, on one line and
 * printable; with "..." in front when there was more. */
char *vl_text_quote(struct vl_arena *arena, const char *text, size_t most);

/* What is put behind a noun of which there are so many: "" or "s". */
static inline const char *vl_plural(size_t count)
{
    return count == 1 ? "" : "s";
}

bool vl_text_starts(const char *text, const char *prefix);
bool vl_text_ends(const char *text, const char *suffix);

#endif
