/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * extensions.conf of the hub: the contexts of the thesis, with Gosub routines in the place of its macros.
 *
 * Everybody who belongs to the lab dials in the context named after it, or in that of a class of service. Such a
 * context holds nothing but includes. Emergency numbers are the first, so that no pattern of another class of numbers
 * can stand before them; then come the telephones, then the classes of numbers in the order of the numbering plan. A
 * class of numbers that may not be called is there as well, as a context that refuses it: left out, its numbers would
 * fall into the next wider pattern.
 *
 * Calls from the telephone network enter PSTN and reach telephones only.
 */
#include "render/writer.h"

#include <string.h>

static void put_sub_voicemail(const struct vl_pbx_writer *writer)
{
    struct vl_buf *out = writer->out;

    vl_buf_printf(out,
                  "\n[" OURS "sub-voicemail]\n"
                  "; ARG1: device, ARG2: mailbox%s\n"
                  "include => " OURS "call-end\n",
                  vl_writer_tells_account(writer) ? ", ARG3: account, ARG4: how many calls it may have" : "");
    vl_buf_printf(out,
                  "%s,Dial(${ARG1},%d,rtT" VL_TIME_LIMIT ")\n"
                  "same => n%s,GotoIf($[\"${DIALSTATUS}\" = \"BUSY\"]?busy)\n",
                  vl_write_guard(writer, "ARG3", "ARG4"), VL_RING_SECONDS,
                  vl_writer_tells_account(writer) ? "(over)" : "");
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
                  "\n[" OURS "sub-novoicemail]\n"
                  "; ARG1: device%s\n"
                  "include => " OURS "call-end\n",
                  vl_writer_tells_account(writer) ? ", ARG2: account, ARG3: how many calls it may have" : "");
    vl_buf_printf(writer->out,
                  "%s,Dial(${ARG1},%d,rtT" VL_TIME_LIMIT ")\n"
                  "same => n%s,Return()\n",
                  vl_write_guard(writer, "ARG2", "ARG3"), VL_RING_SECONDS,
                  vl_writer_tells_account(writer) ? "(over)" : "");
}

/* A number of the hub and the device behind it. */
static void put_number(const struct vl_pbx_writer *writer, const char *number, unsigned dahdi, bool voicemail)
{
    const char *device = dahdi ? vl_arena_printf(writer->arena, "DAHDI/%u", dahdi) : vl_writer_device(writer, number);
    const char *account = dahdi ? "" : vl_writer_account(writer, number);

    vl_buf_printf(writer->out, "exten => %s,hint,%s\n", number, device);
    if (voicemail)
        vl_buf_printf(writer->out, "exten => %s,1,Gosub(" OURS "sub-voicemail,s,1(%s,%s%s))\nsame => n,Hangup()\n",
                      number, device, number, account);
    else
        vl_buf_printf(writer->out,
                      "exten => %s,1,Gosub(" OURS "sub-novoicemail,s,1(%s%s))\nsame => n,Goto(" OURS
                      "call-result,s,1)\n",
                      number, device, account);
}

static void put_users(const struct vl_pbx_writer *writer)
{
    const struct vl_lab *lab = writer->lab;

    vl_buf_printf(writer->out, "\n[" OURS "usuarios-%s]\n", lab->name);
    for (size_t i = 0; i < lab->pbx_count; i++)
        if (vl_pbx_has_account(lab, &lab->pbxs[i]))
            put_number(writer, lab->pbxs[i].account, 0, false);
    for (size_t i = 0; i < lab->user_count; i++)
        put_number(writer, lab->users[i].number, lab->users[i].dahdi, lab->users[i].voicemail);
}

static void put_guest_numbers(const struct vl_pbx_writer *writer)
{
    const struct vl_lab *lab = writer->lab;

    vl_buf_printf(writer->out, "\n[" OURS "numeros-%s]\n; the numbers of the guests, through their accounts\n",
                  lab->name);
    for (size_t i = 0; i < lab->pbx_count; i++) {
        const struct vl_pbx *guest = &lab->pbxs[i];

        if (vl_pbx_has_account(lab, guest) && guest->prefix)
            vl_buf_printf(writer->out,
                          "; %s\nexten => _%sXXX,1,Gosub(" OURS "sub-novoicemail,s,1(%s%s))\n"
                          "same => n,Goto(" OURS "call-result,s,1)\n",
                          guest->name, guest->prefix, vl_writer_beyond(writer, guest->account, "${EXTEN}"),
                          vl_writer_account(writer, guest->account));
    }
}

/* The PIN is what the lab file gives, or what was made at random when it says `secret`. */
static void put_pattern(const struct vl_pbx_writer *writer, const struct vl_route *route, const char *pattern)
{
    struct vl_buf *out = writer->out;

    vl_buf_printf(out, "exten => %s,1,", pattern);
    if (vl_route_has_pin(route)) {
        vl_buf_puts(out, "Authenticate(");
        if (writer->lab->dialplan.inline_pins)
            vl_buf_puts(out, vl_writer_secret(writer, "pin", route->name));
        else
            vl_buf_printf(out, VL_PIN_FILE, route->name);
        vl_buf_puts(out, ")\nsame => n,");
    }
    vl_write_dial_out(writer, route, route->dial ? route->dial : vl_writer_dialled(pattern));
    vl_buf_puts(out, "\nsame => n,Goto(" OURS "call-result,s,1)\n");
}

/* Whether there is a context whose telephones may call this class of numbers, or one whose telephones may not. */
static bool is_somewhere(const struct vl_lab *lab, const struct vl_route *route, bool allowed)
{
    bool found = vl_class_allows(NULL, route) == allowed;

    for (size_t i = 0; i < lab->class_count; i++)
        found |= vl_class_allows(&lab->classes[i], route) == allowed;
    return found;
}

static void put_outbound(const struct vl_pbx_writer *writer, const struct vl_route *route)
{
    vl_buf_printf(writer->out, "\n[" OURS "outbound-%s]\n; %s\n", route->name,
                  route->title ? route->title : route->name);
    for (const char *const *pattern = route->patterns; *pattern; pattern++)
        put_pattern(writer, route, *pattern);
}

static void put_barred(const struct vl_pbx_writer *writer, const struct vl_route *route)
{
    vl_buf_printf(writer->out, "\n[" OURS "barred-%s]\n; %s: for who may not call them\n", route->name,
                  route->title ? route->title : route->name);
    for (const char *const *pattern = route->patterns; *pattern; pattern++)
        vl_buf_printf(writer->out, "exten => %s,1,Goto(" OURS "call-barred,s,1)\n", *pattern);
}

static void put_routes(const struct vl_pbx_writer *writer)
{
    for (size_t i = 0; i < writer->lab->route_count; i++) {
        const struct vl_route *route = &writer->lab->routes[i];

        if (is_somewhere(writer->lab, route, true))
            put_outbound(writer, route);
        if (is_somewhere(writer->lab, route, false))
            put_barred(writer, route);
    }
}

static void put_call_barred(const struct vl_pbx_writer *writer)
{
    bool needed = false;

    for (size_t i = 0; i < writer->lab->route_count; i++)
        needed |= is_somewhere(writer->lab, &writer->lab->routes[i], false);
    if (needed)
        vl_buf_puts(writer->out, "\n[" OURS "call-barred]\n"
                                 "; not allowed from this telephone: 21 is \"call rejected\"\n"
                                 "include => " OURS "call-end\n"
                                 "exten => s,1,Hangup(21)\n");
}

static void put_apps(const struct vl_pbx_writer *writer)
{
    struct vl_buf *out = writer->out;
    const char *context = writer->context;

    vl_buf_puts(out, "\n[" OURS "apps]\n");
    if (vl_lab_has_mailboxes(writer->lab)) {
        vl_buf_printf(out,
                      "exten => " VL_NUMBER_VOICEMAIL ",1,Answer()\nsame => n,VoiceMailMain(@%s)\nsame => n,Hangup()\n",
                      context);
        vl_buf_printf(out,
                      "; Directorio de primer nombre\n"
                      "exten => " VL_NUMBER_DIRECTORY_FIRST
                      ",1,Answer()\nsame => n,Directory(%s,%s,f)\nsame => n,Hangup()\n",
                      context, context);
        vl_buf_printf(out,
                      "; Directorio de apellido\n"
                      "exten => " VL_NUMBER_DIRECTORY_LAST
                      ",1,Answer()\nsame => n,Directory(%s,%s)\nsame => n,Hangup()\n",
                      context, context);
    }
    vl_buf_puts(out, "; test number: says back what it hears\n"
                     "exten => " VL_NUMBER_ECHO ",1,Answer()\nsame => n,Echo()\nsame => n,Hangup()\n");
}

static void put_includes(const struct vl_pbx_writer *writer, const struct vl_class *class)
{
    const char *name = writer->lab->name;
    const struct vl_route *routes = writer->lab->routes;
    size_t i = 0;

    vl_buf_printf(writer->out, "\n[%s]\n", vl_writer_class_context(writer, class));
    for (; i < writer->lab->route_count && routes[i].emergency; i++)
        vl_buf_printf(writer->out, "include => " OURS "outbound-%s\n", routes[i].name);
    vl_buf_printf(writer->out,
                  "include => " OURS "usuarios-%s\ninclude => " OURS "numeros-%s\ninclude => " OURS "apps\n", name,
                  name);
    for (; i < writer->lab->route_count; i++)
        vl_buf_printf(writer->out, "include => " OURS "%s-%s\n",
                      vl_class_allows(class, &routes[i]) ? "outbound" : "barred", routes[i].name);
    vl_buf_puts(writer->out, "include => " OURS "call-end\n");
}

/* The steps after `exten => X,1,` that ring a telephone of the lab for a caller from outside. */
static void put_ring(const struct vl_pbx_writer *writer, const char *number)
{
    const struct vl_pbx *guest = vl_lab_extension_owner(writer->lab, number);

    if (guest)
        vl_buf_printf(writer->out,
                      "Gosub(" OURS "sub-novoicemail,s,1(%s%s))\nsame => n,Goto(" OURS "call-result,s,1)\n",
                      vl_writer_beyond(writer, guest->account, number), vl_writer_account(writer, guest->account));
    else
        vl_buf_printf(writer->out, "Goto(" OURS "PSTN,%s,1)\n", number);
}

/* The numbers that the telephone network has for us. Some providers send them with a + in front. */
static void put_dids(const struct vl_pbx_writer *writer)
{
    if (!writer->lab->did_count)
        return;
    vl_buf_puts(writer->out, "\n[" OURS "did]\n; the numbers that callers from outside dial\n");
    for (size_t i = 0; i < writer->lab->did_count; i++) {
        const struct vl_did *did = &writer->lab->dids[i];

        vl_buf_printf(writer->out, "exten => %s,1,", did->number);
        put_ring(writer, did->to);
        vl_buf_printf(writer->out, "exten => +%s,1,Goto(" OURS "PSTN,%s,1)\n", did->number, did->number);
    }
}

/* A call on an analog line carries no number: it begins at `s`, and the caller dials the rest, or waits for the
 * operator. */
static void put_pstn(const struct vl_pbx_writer *writer)
{
    const char *number = writer->lab->dialplan.attendant;

    vl_buf_printf(writer->out,
                  "\n[" OURS "PSTN]\n%sinclude => " OURS "usuarios-%s\ninclude => " OURS "call-end\n"
                  "exten => s,1,Answer()\n"
                  "same => n,Background(vm-enter-num-to-call)\n"
                  "same => n,WaitExten(10)\n"
                  "exten => i,1,Playback(pbx-invalid)\n"
                  "same => n,Goto(t,1)\n"
                  "exten => t,1,",
                  writer->lab->did_count ? "include => " OURS "did\n" : "", writer->lab->name);
    if (number)
        put_ring(writer, number);
    else
        vl_buf_puts(writer->out, "Hangup()\n");
}

void vl_write_extensions_hub(const struct vl_pbx_writer *writer)
{
    vl_write_globals(writer);
    if (vl_lab_has_mailboxes(writer->lab))
        put_sub_voicemail(writer);
    put_sub_novoicemail(writer);
    vl_write_pools(writer);
    vl_write_call_result(writer);
    vl_write_call_end(writer);
    put_users(writer);
    put_guest_numbers(writer);
    put_call_barred(writer);
    put_routes(writer);
    put_apps(writer);
    if (writer->flavor->entry)
        vl_buf_printf(writer->out, "\n[%s]\ninclude => %s\n", writer->flavor->entry, writer->context);
    put_includes(writer, NULL);
    for (size_t i = 0; i < writer->lab->class_count; i++)
        put_includes(writer, &writer->lab->classes[i]);
    put_dids(writer);
    put_pstn(writer);
}
