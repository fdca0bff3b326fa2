/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the dialplan must do itself where PJSIP is the driver. It has no limit of calls: each account is a group of
 * channels (set_var in pjsip.conf), and the group is counted. And it logs an error for whoever dials a telephone that
 * is not registered, which is no error: such a one is not dialled.
 */
#include "render/writer.h"

/* As many as sip_conf.c allows. */
#define MOST "10"

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
                  "same => n,GotoIf($[${GROUP_COUNT(${GROUP()})} > " MOST "]?%s)\n",
                  label, over);
    return "(dial)";
}

const char *vl_writer_account(const struct vl_pbx_writer *writer, const char *account)
{
    return is_pjsip(writer) ? vl_arena_printf(writer->arena, ",%s", account) : "";
}

const char *vl_write_guard(const struct vl_pbx_writer *writer, const char *account)
{
    if (!is_pjsip(writer))
        return "exten => s,1";
    vl_buf_printf(writer->out,
                  "exten => s,1,Set(DIALSTATUS=CHANUNAVAIL)\n"
                  "same => n,GotoIf($[\"${%s}\" = \"\"]?caller)\n"
                  "same => n,GotoIf($[\"${PJSIP_DIAL_CONTACTS(${%s})}\" = \"\"]?over)\n"
                  "same => n,Set(DIALSTATUS=BUSY)\n"
                  "same => n,GotoIf($[${GROUP_COUNT(${%s})} >= " MOST "]?over)\n",
                  account, account, account);
    (void)vl_write_caller_limit(writer, "(caller)", "over");
    return "same => n(dial)";
}
