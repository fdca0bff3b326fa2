/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the writers of the Asterisk files share; asterisk.c is the only caller of the writers.
 */
#ifndef VL_RENDER_WRITER_H
#define VL_RENDER_WRITER_H

#include "base/arena.h"
#include "base/buf.h"
#include "lab/lab.h"
#include "lab/state.h"

/* Seconds that a telephone rings before the call goes on to the mailbox or is given up; the thesis's own value. */
#define VL_RING_SECONDS 20

/* One PBX of a lab, and where the text goes. */
struct vl_pbx_writer {
    struct vl_arena *arena;
    const struct vl_lab *lab;
    const struct vl_state *state;
    const struct vl_pbx *pbx;
    const char *context; /* vl_render_hub_context() */
    struct vl_buf *out;
};

void vl_write_sip_conf(const struct vl_pbx_writer *writer);
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

/* The secret of this name, "" when the state has none. */
const char *vl_writer_secret(const struct vl_pbx_writer *writer, const char *kind, const char *name);

/* Text without what means something in a value of an Asterisk file (quotes, ; \ < > , |) or does not print. */
const char *vl_writer_plain(const struct vl_pbx_writer *writer, const char *text);

/* The address in dotted form. */
const char *vl_writer_address(const struct vl_pbx_writer *writer, uint32_t address);

/* ${EXTEN}, reduced to digits where the pattern lets any character through (`.` or `!`): what a caller sends must
 * not become a second destination in Dial(). */
const char *vl_writer_dialled(const char *pattern);

/* Whether the hub has an account for this guest. */
static inline bool vl_pbx_has_account(const struct vl_lab *lab, const struct vl_pbx *pbx)
{
    return lab->hub && pbx->role == VL_ROLE_GUEST && pbx->account;
}

#endif
