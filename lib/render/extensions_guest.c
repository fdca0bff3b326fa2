/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * extensions.conf of a guest. A telephone of the guest dials in from-internal: emergency numbers, the guest's own
 * numbers, the other guests by prefix over IAX2 (by the hub when that trunk is down, or there is none), all the rest by
 * the hub.
 *
 * A call from outside enters from-trunk and finds the guest's own numbers only: whoever comes in cannot go out again
 * at this guest's expense, and two guests cannot send a call in circles. Where guests stand in a chain or a ring
 * without a hub, a neighbour's call is sent on to the other neighbour, for numbers of guests and nothing else; a call
 * that only goes on and never back ends.
 */
#include <string.h>

#include "render/writer.h"

/* The web interface's way to its telephone may end anywhere, in a mailbox or in an announcement: whether the telephone
 * is there is asked of the driver before. What chan_sip says of one that is not has neither a dot nor a colon. */
static void put_interface_phone(const struct vl_pbx_writer *writer, const char *phone)
{
    const struct vl_pbx *pbx = writer->pbx;

    vl_buf_printf(writer->out, "exten => %s,1,GotoIf($[", pbx->account);
    if (writer->nature->sip == VL_SIP_PJSIP)
        vl_buf_printf(writer->out, "\"${PJSIP_DIAL_CONTACTS(%s)}\" = \"\"", phone);
    else
        vl_buf_printf(writer->out, "!(\"${SIPPEER(%s,ip)}\" =~ \"[.:]\")", phone);
    vl_buf_printf(writer->out,
                  "]?" OURS "own-numbers,%s,1)\n"
                  "same => n,Goto(" OURS "from-trunk,%s,1)\n",
                  pbx->test_number, phone);
}

/* Where a web interface looks after the machine, mailboxes are its own. */
static bool has_mailboxes(const struct vl_pbx_writer *writer)
{
    return writer->flavor->places[VL_SLOT_VOICEMAIL].main && vl_pbx_has_mailboxes(writer->lab, writer->pbx);
}

static void put_phone(const struct vl_pbx_writer *writer, const char *number)
{
    const struct vl_telephone *told = vl_lab_telephone(writer->lab, writer->pbx, number);

    vl_buf_printf(writer->out, "exten => %s,1,%s\n", number, vl_writer_ring(writer, number));
    if (told && told->mailbox && has_mailboxes(writer))
        vl_buf_printf(writer->out,
                      "same => n,GotoIf($[\"${DIALSTATUS}\" = \"BUSY\"]?busy)\n"
                      "same => n,VoiceMail(%s@%s,u)\n"
                      "same => n,Hangup()\n"
                      "same => n(busy),VoiceMail(%s@%s,b)\n"
                      "same => n,Hangup()\n",
                      number, writer->context, number, writer->context);
    else
        vl_buf_puts(writer->out, "same => n,Goto(" OURS "call-result,s,1)\n");
}

static void put_own_numbers(const struct vl_pbx_writer *writer)
{
    const struct vl_pbx *pbx = writer->pbx;
    struct vl_buf *out = writer->out;
    const char *first = pbx->extensions ? pbx->extensions[0] : NULL;

    vl_buf_puts(out, "\n[" OURS "own-numbers]\n");
    for (const char *const *extension = pbx->extensions; extension && *extension; extension++)
        if (vl_writer_makes_phone(writer, *extension))
            put_phone(writer, *extension);
    vl_buf_printf(out,
                  "; test number: says back what it hears\n"
                  "exten => %s,1,Answer()\nsame => n,Echo()\nsame => n,Hangup()\n",
                  pbx->test_number);
    if (!vl_pbx_has_account(writer->lab, pbx))
        return;
    vl_buf_puts(out, "; the account at the hub rings the first telephone, or the test number while that one is away\n");
    if (!first) {
        vl_buf_printf(out, "exten => %s,1,Goto(" OURS "own-numbers,%s,1)\n", pbx->account, pbx->test_number);
        return;
    }
    if (!vl_writer_makes_phone(writer, first)) {
        put_interface_phone(writer, first);
        return;
    }
    vl_buf_printf(out, "exten => %s,1,%s\n", pbx->account, vl_writer_ring(writer, first));
    vl_buf_printf(out, "same => n,GotoIf($[\"${DIALSTATUS}\" = \"CHANUNAVAIL\"]?" OURS "own-numbers,%s,1)\n",
                  pbx->test_number);
    vl_buf_puts(out, "same => n,Goto(" OURS "call-result,s,1)\n");
}

/* What a trunk over which a call cannot go leaves it to. A call that has not been counted, or no more, is not held
 * against the limit. */
static void put_sub_trunk_end(const struct vl_pbx_writer *writer, bool limited)
{
    struct vl_buf *out = writer->out;

    if (vl_pbx_has_account(writer->lab, writer->pbx)) {
        vl_buf_puts(out, "same => n,GotoIf($[\"${DIALSTATUS}\" = \"CHANUNAVAIL\"]?hub)\n"
                         "same => n,GotoIf($[\"${DIALSTATUS}\" = \"CONGESTION\"]?hub)\n"
                         "same => n,Return()\n");
        if (limited)
            vl_buf_puts(out, "same => n(hub),Set(GROUP(trunk)=)\nsame => n,");
        else
            vl_buf_puts(out, "same => n(hub),");
        vl_buf_printf(out, "Dial(%s)\n", vl_writer_beyond(writer, OURS "hub", "${ARG2}"));
    } else if (limited) {
        vl_buf_puts(out, "same => n,Return()\n"
                         "same => n(full),Set(GROUP(trunk)=)\n"
                         "same => n,Set(DIALSTATUS=CONGESTION)\n");
    }
    vl_buf_puts(out, "same => n,Return()\n");
}

/* The routine that dials over a trunk of one kind, and by the hub while that trunk is down, or full: IAX2 itself knows
 * no limit of calls. */
static void put_sub_trunk(const struct vl_pbx_writer *writer, const char *name, const char *what, const char *dial,
                          bool limited)
{
    const char *full = vl_pbx_has_account(writer->lab, writer->pbx) ? "hub" : "full";

    if (!limited)
        vl_buf_printf(writer->out, "\n[" OURS "%s]\n; ARG1: %s account, ARG2: number\nexten => s,1,Dial(%s)\n", name,
                      what, dial);
    else
        vl_buf_printf(writer->out,
                      "\n[" OURS "%s]\n"
                      "; ARG1: %s account, ARG2: number, ARG3: how many calls it carries at once, 0: any number\n"
                      "exten => s,1,GotoIf($[${ARG3} = 0]?dial)\n"
                      "same => n,Set(GROUP(trunk)=${ARG1})\n"
                      "same => n,GotoIf($[${GROUP_COUNT(${ARG1}@trunk)} > ${ARG3}]?%s)\n"
                      "same => n(dial),Dial(%s)\n",
                      name, what, full, dial);
    put_sub_trunk_end(writer, limited);
}

static bool has_trunk(const struct vl_pbx_writer *writer, bool iax2, bool limited)
{
    struct vl_trunks walk = vl_lab_trunks_from(writer->lab, writer->pbx);

    while (vl_lab_next_trunk(&walk))
        if (vl_writer_over_iax2(writer, &walk.trunk) == iax2 && (!limited || walk.trunk.settings.limit))
            return true;
    return false;
}

static void put_by_hub(const struct vl_pbx_writer *writer, const char *pattern)
{
    vl_buf_printf(writer->out, "exten => %s,1,Dial(%s)\nsame => n,Goto(" OURS "call-result,s,1)\n", pattern,
                  vl_writer_beyond(writer, OURS "hub", vl_writer_dialled(pattern)));
}

/* The numbers of another guest, over this trunk. `limited`: its routine takes the limit. */
static void put_over_trunk(const struct vl_pbx_writer *writer, const struct vl_pbx *to, const struct vl_trunk *trunk,
                           const bool limited[2])
{
    bool iax2 = vl_writer_over_iax2(writer, trunk);

    vl_buf_printf(writer->out, "exten => _%sXXX,1,Gosub(" OURS "sub-trunk%s,s,1(%s,${EXTEN}", to->prefix,
                  iax2 ? "" : "-sip", trunk->name);
    if (limited[iax2])
        vl_buf_printf(writer->out, ",%u", trunk->settings.limit);
    vl_buf_puts(writer->out, "))\nsame => n,Goto(" OURS "call-result,s,1)\n");
}

static void put_way(const struct vl_pbx_writer *writer, const struct vl_pbx *to, const bool limited[2])
{
    struct vl_trunk trunk;

    switch (vl_lab_way(writer->lab, writer->pbx, to, &trunk)) {
    case VL_WAY_TRUNK:
        vl_buf_printf(writer->out, "; %s\n", to->name);
        put_over_trunk(writer, to, &trunk, limited);
        break;
    case VL_WAY_ONWARD:
        vl_buf_printf(writer->out, "; %s, which %s sends on\n", to->name, trunk.to->name);
        put_over_trunk(writer, to, &trunk, limited);
        break;
    case VL_WAY_HUB:
        vl_buf_printf(writer->out, "; %s, by the hub\n", to->name);
        put_by_hub(writer, vl_arena_printf(writer->arena, "_%sXXX", to->prefix));
        break;
    case VL_WAY_NONE:
        break;
    }
}

static void put_trunk_prefixes(const struct vl_pbx_writer *writer, const bool limited[2])
{
    vl_buf_puts(writer->out, "\n[" OURS "trunk-prefixes]\n");
    for (size_t i = 0; i < writer->lab->pbx_count; i++)
        put_way(writer, &writer->lab->pbxs[i], limited);
}

/* Where calls of a neighbour enter that are not all for this guest. */
static void put_onward(const struct vl_pbx_writer *writer, const struct vl_trunk *from, const bool limited[2])
{
    const struct vl_lab *lab = writer->lab;
    struct vl_trunk trunk;

    vl_buf_printf(writer->out,
                  "\n[%s]\n; calls from %s: for this guest, or further on in their direction and never back\n"
                  "include => " OURS "from-trunk\n",
                  vl_writer_entry_context(writer, from), from->from->name);
    for (size_t i = 0; i < lab->pbx_count; i++) {
        if (!vl_lab_onward(lab, from->from, writer->pbx, &lab->pbxs[i], &trunk))
            continue;
        vl_buf_printf(writer->out, "; %s\n", lab->pbxs[i].name);
        put_over_trunk(writer, &lab->pbxs[i], &trunk, limited);
    }
}

static void put_all_onward(const struct vl_pbx_writer *writer, const bool limited[2])
{
    struct vl_trunks walk = vl_lab_trunks_to(writer->lab, writer->pbx);

    while (vl_lab_sends_on(writer->lab) && vl_lab_next_trunk(&walk))
        if (strcmp(vl_writer_entry_context(writer, &walk.trunk), OURS "from-trunk") != 0)
            put_onward(writer, &walk.trunk, limited);
}

static void put_routes(const struct vl_pbx_writer *writer, bool emergency)
{
    for (size_t i = 0; i < writer->lab->route_count; i++) {
        const struct vl_route *route = &writer->lab->routes[i];

        if (route->emergency != emergency || !vl_class_allows(writer->pbx->class, route))
            continue;
        vl_buf_printf(writer->out, "; %s\n", route->title ? route->title : route->name);
        for (const char *const *pattern = route->patterns; *pattern; pattern++)
            put_by_hub(writer, *pattern);
    }
}

static void put_to_hub(const struct vl_pbx_writer *writer)
{
    const struct vl_lab *lab = writer->lab;

    vl_buf_puts(writer->out, "\n[" OURS "emergency]\n");
    put_routes(writer, true);
    vl_buf_puts(writer->out, "\n[" OURS "to-hub]\n");
    for (size_t i = 0; i < lab->pbx_count; i++)
        if (&lab->pbxs[i] != writer->pbx && vl_pbx_has_account(lab, &lab->pbxs[i]))
            put_by_hub(writer, lab->pbxs[i].account);
    for (size_t i = 0; i < lab->user_count; i++)
        put_by_hub(writer, lab->users[i].number);
    put_routes(writer, false);
}

/* Where the telephones of this PBX dial. On a machine with a web interface they dial in its own context, which has a
 * place for ours in front of its own numbers; what it does at the end of a call stays its own. */
static void put_from_internal(const struct vl_pbx_writer *writer)
{
    bool hub = vl_pbx_has_account(writer->lab, writer->pbx);

    if (writer->flavor->entry)
        vl_buf_printf(writer->out, "\n[%s]\ninclude => " OURS "from-internal\n", writer->flavor->entry);
    vl_buf_puts(writer->out, "\n[" OURS "from-internal]\n; the telephones of this PBX\n");
    if (hub)
        vl_buf_puts(writer->out, "include => " OURS "emergency\n");
    vl_buf_puts(writer->out, "include => " OURS "own-numbers\ninclude => " OURS "trunk-prefixes\n");
    if (hub)
        vl_buf_puts(writer->out, "include => " OURS "to-hub\n");
    if (!writer->flavor->entry)
        vl_buf_puts(writer->out, "include => " OURS "call-end\n");
    if (has_mailboxes(writer))
        vl_buf_printf(writer->out,
                      "; the mailboxes of this PBX\n"
                      "exten => " VL_NUMBER_VOICEMAIL ",1,Answer()\nsame => n,VoiceMailMain(@%s)\nsame => n,Hangup()\n",
                      writer->context);
}

/* Calls from outside find the guest's own numbers and the telephones of its web interface. */
static void put_from_trunk(const struct vl_pbx_writer *writer)
{
    vl_buf_puts(writer->out, "\n[" OURS "from-trunk]\n; calls from the hub and from the other guests: never out again\n"
                             "include => " OURS "own-numbers\n");
    if (writer->nature->reach)
        vl_buf_printf(writer->out, "include => %s\n", writer->nature->reach);
}

/* Trunks, routes and extensions are the web interface's; it has no place for a number that is none of these. */
static void put_beside_database(const struct vl_pbx_writer *writer)
{
    put_own_numbers(writer);
    put_from_trunk(writer);
    if (writer->flavor->entry)
        vl_buf_printf(writer->out, "\n[%s]\ninclude => " OURS "own-numbers\n", writer->flavor->entry);
    if (writer->flavor->calls_in)
        vl_buf_printf(writer->out, "\n[%s]\ninclude => " OURS "from-trunk\n", writer->flavor->calls_in);
}

void vl_write_extensions_guest(const struct vl_pbx_writer *writer)
{
    const bool limited[2] = { has_trunk(writer, false, true), has_trunk(writer, true, true) };

    if (vl_pbx_in_database(writer->pbx)) {
        put_beside_database(writer);
        return;
    }
    vl_write_call_result(writer);
    vl_write_call_end(writer);
    if (has_trunk(writer, true, false) || !has_trunk(writer, false, false))
        put_sub_trunk(writer, "sub-trunk", "IAX2", "IAX2/${ARG1}/${ARG2}", limited[true]);
    if (has_trunk(writer, false, false))
        put_sub_trunk(writer, "sub-trunk-sip", "SIP", vl_writer_beyond(writer, "${ARG1}", "${ARG2}"), limited[false]);
    vl_write_sub_ring(writer);
    put_own_numbers(writer);
    put_trunk_prefixes(writer, limited);
    if (vl_pbx_has_account(writer->lab, writer->pbx))
        put_to_hub(writer);
    put_from_internal(writer);
    put_from_trunk(writer);
    put_all_onward(writer, limited);
}
