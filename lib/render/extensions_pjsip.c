/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the dialplan must do itself where PJSIP is the driver. It has no limit of calls: each account is a group of
 * channels (set_var in pjsip.conf, with how many there may be), and the group is counted. And it logs an error for
 * whoever dials a telephone that is not registered, which is no error: such a one is not dialled.
 */
#include "render/writer.h"

#include <string.h>

static bool is_pjsip(const struct vl_pbx_writer *writer)
{
    return writer->nature->sip == VL_SIP_PJSIP;
}

const char *vl_writer_ring(const struct vl_pbx_writer *writer, const char *phone)
{
    if (is_pjsip(writer))
        return vl_arena_printf(writer->arena, "Gosub(" OURS "sub-ring,s,1(%s))", phone);
    return vl_arena_printf(writer->arena, "Dial(%s,%d)", vl_writer_device(writer, phone), VL_RING_SECONDS);
}

void vl_write_sub_ring(const struct vl_pbx_writer *writer)
{
    if (is_pjsip(writer))
        vl_buf_printf(writer->out,
                      "\n[" OURS "sub-ring]\n"
                      "; ARG1: telephone, which is not dialled while it is not registered\n"
                      "exten => s,1,Set(DIALSTATUS=CHANUNAVAIL)\n"
                      "same => n,GotoIf($[\"${PJSIP_DIAL_CONTACTS(${ARG1})}\" = \"\"]?away)\n"
                      "same => n,Dial(%s,%d)\n"
                      "same => n(away),Return()\n",
                      vl_writer_device(writer, "${ARG1}"), VL_RING_SECONDS);
}

const char *vl_write_caller_limit(const struct vl_pbx_writer *writer, const char *label, const char *over)
{
    if (!is_pjsip(writer))
        return "";
    vl_buf_printf(writer->out,
                  "same => n%s,GotoIf($[\"${GROUP()}\" = \"\"]?dial)\n"
                  "same => n,GotoIf($[${GROUP_COUNT(${GROUP()})} > ${" VL_CALL_LIMIT "}]?%s)\n",
                  label, over);
    return "(dial)";
}

unsigned vl_account_limit(const struct vl_lab *lab, const char *account)
{
    const struct vl_pbx *guest = vl_lab_account_owner(lab, account);
    enum vl_register ignored;
    struct vl_trunk trunk;

    return guest && vl_lab_hub_trunk(lab, guest, &trunk, &ignored) && trunk.settings.limit ? trunk.settings.limit
                                                                                           : VL_ACCOUNT_LIMIT;
}

const char *vl_writer_account(const struct vl_pbx_writer *writer, const char *account)
{
    if (!is_pjsip(writer))
        return "";
    return vl_arena_printf(writer->arena, ",%s,%u", account, vl_account_limit(writer->lab, account));
}

bool vl_writer_tells_account(const struct vl_pbx_writer *writer)
{
    return is_pjsip(writer);
}

const char *vl_write_guard(const struct vl_pbx_writer *writer, const char *account, const char *limit)
{
    if (!is_pjsip(writer))
        return "exten => s,1";
    vl_buf_printf(writer->out,
                  "exten => s,1,Set(DIALSTATUS=CHANUNAVAIL)\n"
                  "same => n,GotoIf($[\"${%s}\" = \"\"]?caller)\n"
                  "same => n,GotoIf($[\"${PJSIP_DIAL_CONTACTS(${%s})}\" = \"\"]?over)\n"
                  "same => n,Set(DIALSTATUS=BUSY)\n"
                  "same => n,GotoIf($[${GROUP_COUNT(${%s})} >= ${%s}]?over)\n",
                  account, account, account, limit);
    (void)vl_write_caller_limit(writer, "(caller)", "over");
    return "same => n(dial)";
}
