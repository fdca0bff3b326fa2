/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the writers of the Asterisk files share; asterisk.c is the only caller of the writers.
 */
#ifndef VL_RENDER_WRITER_H
#define VL_RENDER_WRITER_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "lab/flavor.h"
#include "lab/lab.h"
#include "lab/state.h"

/* Seconds that a telephone rings before the call goes on to the mailbox or is given up; the thesis's own value. */
#define VL_RING_SECONDS 20

/* Stands in what the writers write before each name of a context or peer of ours; what it becomes is said by the
 * flavour's row: nothing, or `voiplab-`. */
#define OURS "\1"

/* One PBX of a lab, and where the text goes. */
struct vl_pbx_writer {
    struct vl_arena *arena;
    const struct vl_lab *lab;
    const struct vl_state *state;
    const struct vl_pbx *pbx;
    const struct vl_nature *nature;
    const struct vl_flavor_row *flavor;
    const char *context; /* where who belongs to the lab dials at the hub; begins with OURS */
    struct vl_buf *out;
};

/* A line `key=value` of a section. */
struct vl_option {
    const char *key, *value;
};

void vl_write_option_table(const struct vl_pbx_writer *writer, const struct vl_option *options, size_t count);
#define vl_write_options(writer, table) vl_write_option_table(writer, table, VL_COUNT(table))

/* Only for who has these parts: sip.conf's registrations where they stand apart, which a writer of sip.conf leaves out
 * then. */
void vl_write_sip_registrations(const struct vl_pbx_writer *writer);
void vl_write_sip_conf(const struct vl_pbx_writer *writer);
void vl_write_pjsip_conf(const struct vl_pbx_writer *writer);
void vl_write_iax_conf(const struct vl_pbx_writer *writer);
void vl_write_extensions_hub(const struct vl_pbx_writer *writer);
void vl_write_extensions_guest(const struct vl_pbx_writer *writer);
void vl_write_voicemail_conf(const struct vl_pbx_writer *writer);
void vl_write_chan_dahdi_conf(const struct vl_pbx_writer *writer);
void vl_write_dahdi_channels_conf(const struct vl_pbx_writer *writer);
void vl_write_dahdi_system_conf(const struct vl_pbx_writer *writer);

/* The hub's routines that dial out, and the globals that they use; extensions_lines.c. */
void vl_write_globals(const struct vl_pbx_writer *writer);
void vl_write_pools(const struct vl_pbx_writer *writer);

/* The steps of the dialplan that dial `number` (an expression) over the lines of a route, the last one without a line
 * feed. */
void vl_write_dial_out(const struct vl_pbx_writer *writer, const struct vl_route *route, const char *number);

/* The option of Dial() that ends a call in time, with the warnings. */
#define VL_TIME_LIMIT "L(${TIEMPO_MAX}:${TIEMPO_ADV}:${INTERVALO_ADV})"

/* The context call-end: h, i and t of every context where a telephone dials. */
void vl_write_call_end(const struct vl_pbx_writer *writer);

/* The context of the hub where telephones of this class of service dial; NULL: those without one. */
const char *vl_writer_class_context(const struct vl_pbx_writer *writer, const struct vl_class *class);

/* The file with the PIN of a route, as Authenticate() reads it. */
#define VL_PIN_FILE "/etc/asterisk/voiplab_pin_%s"

static inline bool vl_route_has_pin(const struct vl_route *route)
{
    return !route->emergency && (route->pin || route->pin_secret);
}

/* The context call-result: what a caller hears when Dial() did not end in a conversation. It ends the call. */
void vl_write_call_result(const struct vl_pbx_writer *writer);

/* The context where the telephones of a guest dial. */
const char *vl_writer_phone_context(const struct vl_pbx_writer *writer);

/* The codecs of a section of sip.conf or iax.conf, and whether Asterisk asks the other end if it is there. */
void vl_write_codecs(const struct vl_pbx_writer *writer, const struct vl_trunk_settings *settings);
void vl_write_qualify(const struct vl_pbx_writer *writer, const struct vl_trunk_settings *settings);

/* The context where calls enter that come over this trunk: `from-trunk`, or where a neighbour's calls are sent on, that
 * of its side. In the arena. */
const char *vl_writer_entry_context(const struct vl_pbx_writer *writer, const struct vl_trunk *trunk);

/* Text with `prefix` for each OURS. */
const char *vl_render_with_prefix(struct vl_arena *arena, const char *text, const char *prefix);

/* The context of the hub where who belongs to the lab dials, without OURS. */
const char *vl_render_hub_context(struct vl_arena *arena, const struct vl_lab *lab);

/* The secret of this name, "" when the state has none. */
const char *vl_writer_secret(const struct vl_pbx_writer *writer, const char *kind, const char *name);

/* Text without what means something in a value of an Asterisk file (quotes, ; \ < > , |) or does not print. */
const char *vl_writer_plain(const struct vl_pbx_writer *writer, const char *text);

/* The address in dotted form. */
const char *vl_writer_address(const struct vl_pbx_writer *writer, uint32_t address);

/* How Dial() reaches a device of SIP, and a number behind a peer: SIP/NAME and SIP/PEER/NUMBER, or the same of PJSIP.
 * In the arena. */
const char *vl_writer_device(const struct vl_pbx_writer *writer, const char *name);
const char *vl_writer_beyond(const struct vl_pbx_writer *writer, const char *peer, const char *number);

/* The step that rings a telephone of this guest, and the routine that it may need. */
const char *vl_writer_ring(const struct vl_pbx_writer *writer, const char *phone);
void vl_write_sub_ring(const struct vl_pbx_writer *writer);

/* The steps before Dial() in a routine of the hub's that rings the account in the variable `account`, if any: they go
 * to `over` when it is away, or when it has as many calls as the variable `limit` says, or the caller has too many.
 * Returns how the step with Dial() begins. */
const char *vl_write_guard(const struct vl_pbx_writer *writer, const char *account, const char *limit);

/* Whether such a routine is to be told the account; then `,ACCOUNT,LIMIT`, else "". */
bool vl_writer_tells_account(const struct vl_pbx_writer *writer);
const char *vl_writer_account(const struct vl_pbx_writer *writer, const char *account);

/* How many calls an account of the hub may have at once: what the trunk of its guest says, or as many as any. With
 * PJSIP the channels of an account know it by this variable. */
enum { VL_ACCOUNT_LIMIT = 10 };
#define VL_CALL_LIMIT "CALL_LIMIT"
unsigned vl_account_limit(const struct vl_lab *lab, const char *account);

/* The same for the caller alone: `label` is that of the first step, or "". Returns the label of the step with Dial().
 */
const char *vl_write_caller_limit(const struct vl_pbx_writer *writer, const char *label, const char *over);

static inline bool vl_writer_over_iax2(const struct vl_pbx_writer *writer, const struct vl_trunk *trunk)
{
    return vl_state_over_iax2(writer->state, trunk);
}

/* Whether this number is a telephone that we make: not where the web interface has one. */
static inline bool vl_writer_makes_phone(const struct vl_pbx_writer *writer, const char *number)
{
    return !vl_pbx_in_database(writer->pbx) && !vl_nature_has_phone(writer->nature, number);
}

/* ${EXTEN}, reduced to digits where the pattern lets any character through (`.` or `!`): what a caller sends must
 * not become a second destination in Dial(). */
const char *vl_writer_dialled(const char *pattern);

/* Whether the hub has an account for this guest. */
static inline bool vl_pbx_has_account(const struct vl_lab *lab, const struct vl_pbx *pbx)
{
    return lab->hub && pbx->role == VL_ROLE_GUEST && pbx->account;
}

#endif
