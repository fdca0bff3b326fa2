/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * extensions.conf of the hub: the contexts of the thesis, with Gosub routines in the place of its macros.
 *
 * Everybody who belongs to the lab dials in the context named after it; it holds nothing but includes, emergency
 * numbers first, so that no pattern of another class can stand before them. Calls from the telephone network enter
 * PSTN and reach the telephones of the hub only.
 */
#include "render/asterisk.h"
#include "render/pbx.h"

#include <ctype.h>

#define TIME_LIMIT "L(${TIEMPO_MAX}:${TIEMPO_ADV}:${INTERVALO_ADV})"

static void put_globals(const struct vl_pbx_writer *writer)
{
    const struct vl_dahdi *dahdi = &writer->lab->dahdi;

    vl_buf_puts(writer->out, "[globals](+)\n"
                             "; longest call, warning before its end, interval between warnings: milliseconds\n"
                             "TIEMPO_MAX=1800000\n"
                             "TIEMPO_ADV=300000\n"
                             "INTERVALO_ADV=60000\n");
    for (size_t i = 0; i < dahdi->fxo_count; i++)
        vl_buf_printf(writer->out, "OUTBOUNDTRUNK%zu=DAHDI/%u\n", i + 1, dahdi->fxo[i]);
}

static void put_sub_voicemail(const struct vl_pbx_writer *writer)
{
    struct vl_buf *out = writer->out;

    vl_buf_printf(out,
                  "\n[sub-voicemail]\n"
                  "; ARG1: device, ARG2: mailbox\n"
                  "exten => s,1,Dial(${ARG1},%d,rtT" TIME_LIMIT ")\n"
                  "same => n,GotoIf($[\"${DIALSTATUS}\" = \"BUSY\"]?busy)\n",
                  VL_RING_SECONDS);
    vl_buf_printf(out,
                  "same => n,VoiceMail(${ARG2}@%s,u)\n"
                  "same => n,Return()\n"
                  "same => n(busy),VoiceMail(${ARG2}@%s,b)\n"
                  "same => n,Return()\n",
                  writer->context, writer->context);
}

static void put_sub_novoicemail(const struct vl_pbx_writer *writer)
{
    vl_buf_printf(writer->out,
                  "\n[sub-novoicemail]\n"
                  "; ARG1: device\n"
                  "exten => s,1,Dial(${ARG1},%d,rtT" TIME_LIMIT ")\n"
                  "same => n,Return()\n",
                  VL_RING_SECONDS);
}

/* Try every line in turn. `options` are those of Dial(), with their commas. */
static void put_lines(const struct vl_pbx_writer *writer, const char *options)
{
    for (size_t i = 0; i < writer->lab->dahdi.fxo_count; i++)
        vl_buf_printf(writer->out, "same => n,Dial(${OUTBOUNDTRUNK%zu}/${ARG1}%s)\n", i + 1, options);
    vl_buf_puts(writer->out, "same => n,Return()\n");
}

static void put_sub_outbound(const struct vl_pbx_writer *writer)
{
    VL_BUF_AUTO caller = VL_BUF_INIT;

    for (const char *c = writer->lab->name; *c; c++)
        vl_buf_putc(&caller, (char)toupper((unsigned char)*c));
    vl_buf_printf(writer->out,
                  "\n[sub-outboundpool]\n"
                  "; ARG1: number. The lines are tried in this order\n"
                  "exten => s,1,Set(CALLERID(all)=\"%s\" <999999>)\n",
                  vl_buf_text(&caller));
    put_lines(writer, ",,T" TIME_LIMIT);
    vl_buf_puts(writer->out, "\n[sub-emergencia]\n"
                             "; ARG1: number. No time limit, and the caller's own number\n"
                             "exten => s,1,NoOp(emergency call to ${ARG1} from ${CALLERID(num)})\n");
    put_lines(writer, "");
}

/* A number of the hub and the device behind it. */
static void put_number(const struct vl_pbx_writer *writer, const char *number, const char *device, bool voicemail)
{
    vl_buf_printf(writer->out, "exten => %s,hint,%s\n", number, device);
    if (voicemail)
        vl_buf_printf(writer->out, "exten => %s,1,Gosub(sub-voicemail,s,1(%s,%s))\nsame => n,Hangup()\n", number,
                      device, number);
    else
        vl_buf_printf(writer->out, "exten => %s,1,Gosub(sub-novoicemail,s,1(%s))\nsame => n,Goto(call-result,s,1)\n",
                      number, device);
}

static void put_users(const struct vl_pbx_writer *writer)
{
    const struct vl_lab *lab = writer->lab;

    vl_buf_printf(writer->out, "\n[usuarios-%s]\n", lab->name);
    for (size_t i = 0; i < lab->pbx_count; i++)
        if (vl_pbx_has_account(lab, &lab->pbxs[i]))
            put_number(writer, lab->pbxs[i].account, vl_arena_printf(writer->arena, "SIP/%s", lab->pbxs[i].account),
                       false);
    for (size_t i = 0; i < lab->user_count; i++) {
        const struct vl_user *user = &lab->users[i];
        const char *device = user->dahdi ? vl_arena_printf(writer->arena, "DAHDI/%u", user->dahdi)
                                         : vl_arena_printf(writer->arena, "SIP/%s", user->number);

        put_number(writer, user->number, device, user->voicemail);
    }
}

static void put_guest_numbers(const struct vl_pbx_writer *writer)
{
    const struct vl_lab *lab = writer->lab;

    vl_buf_printf(writer->out, "\n[numeros-%s]\n; the numbers of the guests, through their accounts\n", lab->name);
    for (size_t i = 0; i < lab->pbx_count; i++) {
        const struct vl_pbx *guest = &lab->pbxs[i];

        if (vl_pbx_has_account(lab, guest) && guest->prefix)
            vl_buf_printf(writer->out,
                          "; %s\nexten => _%sXXX,1,Gosub(sub-novoicemail,s,1(SIP/%s/${EXTEN}))\n"
                          "same => n,Goto(call-result,s,1)\n",
                          guest->name, guest->prefix, guest->account);
    }
}

/* What the file gives, or what was made at random when it says `secret`. A class of emergency never has one. */
static const char *pin_of(const struct vl_pbx_writer *writer, const struct vl_route *route)
{
    if (route->emergency)
        return NULL;
    if (route->pin)
        return route->pin;
    return route->pin_secret ? vl_writer_secret(writer, "pin", route->name) : NULL;
}

static void put_pattern(const struct vl_pbx_writer *writer, const struct vl_route *route, const char *pattern)
{
    struct vl_buf *out = writer->out;
    const char *number = route->dial ? route->dial : vl_writer_dialled(pattern);
    const char *pin = pin_of(writer, route);

    if (pin)
        vl_buf_printf(out, "exten => %s,1,Authenticate(%s)\nsame => n,", pattern, pin);
    else
        vl_buf_printf(out, "exten => %s,1,", pattern);
    if (route->via)
        vl_buf_printf(out, "Dial(SIP/%s/%s,60,r)\n", route->via->name, number);
    else if (route->emergency)
        vl_buf_printf(out, "Gosub(sub-emergencia,s,1(%s))\n", number);
    else
        vl_buf_printf(out, "Gosub(sub-outboundpool,s,1(%s))\n", number);
    vl_buf_puts(out, "same => n,Goto(call-result,s,1)\n");
}

static void put_routes(const struct vl_pbx_writer *writer)
{
    for (size_t i = 0; i < writer->lab->route_count; i++) {
        const struct vl_route *route = &writer->lab->routes[i];

        vl_buf_printf(writer->out, "\n[outbound-%s]\n; %s\n", route->name, route->title ? route->title : route->name);
        for (const char *const *pattern = route->patterns; *pattern; pattern++)
            put_pattern(writer, route, *pattern);
    }
}

static void put_apps(const struct vl_pbx_writer *writer)
{
    struct vl_buf *out = writer->out;
    const char *context = writer->context;

    vl_buf_puts(out, "\n[apps]\n");
    if (vl_lab_has_mailboxes(writer->lab)) {
        vl_buf_printf(out, "exten => 200,1,Answer()\nsame => n,VoiceMailMain(@%s)\nsame => n,Hangup()\n", context);
        vl_buf_printf(out,
                      "; Directorio de primer nombre\n"
                      "exten => 8,1,Answer()\nsame => n,Directory(%s,%s,f)\nsame => n,Hangup()\n",
                      context, context);
        vl_buf_printf(out,
                      "; Directorio de apellido\n"
                      "exten => 9,1,Answer()\nsame => n,Directory(%s,%s)\nsame => n,Hangup()\n",
                      context, context);
    }
    vl_buf_puts(out, "; test number: says back what it hears\n"
                     "exten => 600,1,Answer()\nsame => n,Echo()\nsame => n,Hangup()\n");
}

static void put_include_routes(const struct vl_pbx_writer *writer, bool emergency)
{
    for (size_t i = 0; i < writer->lab->route_count; i++)
        if (writer->lab->routes[i].emergency == emergency)
            vl_buf_printf(writer->out, "include => outbound-%s\n", writer->lab->routes[i].name);
}

static void put_main(const struct vl_pbx_writer *writer)
{
    const char *name = writer->lab->name;

    vl_buf_printf(writer->out, "\n[%s]\n", writer->context);
    put_include_routes(writer, true);
    vl_buf_printf(writer->out, "include => usuarios-%s\ninclude => numeros-%s\ninclude => apps\n", name, name);
    put_include_routes(writer, false);
}

/* Who answers a caller from the telephone network that dials nothing: the first telephone of the hub, or else the
 * first guest; NULL when there is neither. */
static const char *operator_of(const struct vl_lab *lab)
{
    if (lab->user_count > 0)
        return lab->users[0].number;
    for (size_t i = 0; i < lab->pbx_count; i++)
        if (vl_pbx_has_account(lab, &lab->pbxs[i]))
            return lab->pbxs[i].account;
    return NULL;
}

/* A call on an analog line carries no number: it begins at `s`, and the caller dials the rest. */
static void put_pstn(const struct vl_pbx_writer *writer)
{
    const char *name = writer->lab->name;
    const char *number = operator_of(writer->lab);

    vl_buf_printf(writer->out,
                  "\n[PSTN]\ninclude => usuarios-%s\n"
                  "exten => s,1,Answer()\n"
                  "same => n,Background(vm-enter-num-to-call)\n"
                  "same => n,WaitExten(10)\n"
                  "exten => i,1,Playback(pbx-invalid)\n"
                  "same => n,Hangup()\n",
                  name);
    if (number)
        vl_buf_printf(writer->out, "exten => t,1,Goto(usuarios-%s,%s,1)\n", name, number);
    else
        vl_buf_puts(writer->out, "exten => t,1,Hangup()\n");
}

void vl_write_extensions_hub(const struct vl_pbx_writer *writer)
{
    put_globals(writer);
    if (vl_lab_has_mailboxes(writer->lab))
        put_sub_voicemail(writer);
    put_sub_novoicemail(writer);
    put_sub_outbound(writer);
    vl_write_call_result(writer);
    put_users(writer);
    put_guest_numbers(writer);
    put_routes(writer);
    put_apps(writer);
    put_main(writer);
    put_pstn(writer);
}
