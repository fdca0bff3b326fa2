/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the dialplans of the hub and of the guests have in common. */
#include "render/writer.h"

void vl_write_call_result(const struct vl_pbx_writer *writer)
{
    vl_buf_puts(writer->out, "\n[" OURS "call-result]\n"
                             "include => " OURS "call-end\n"
                             "; what the caller hears when nobody could be reached\n"
                             "exten => s,1,GotoIf($[\"${DIALSTATUS}\" = \"BUSY\"]?busy)\n"
                             "same => n,GotoIf($[\"${DIALSTATUS}\" = \"NOANSWER\"]?end)\n"
                             "same => n,GotoIf($[\"${HANGUPCAUSE}\" = \"1\"]?unknown)\n"
                             "same => n,Congestion(5)\n"
                             "same => n(end),Hangup()\n"
                             "same => n(busy),Busy(5)\n"
                             "same => n,Hangup()\n"
                             "same => n(unknown),Hangup(1)\n");
}

void vl_write_call_end(const struct vl_pbx_writer *writer)
{
    vl_buf_puts(writer->out, "\n[" OURS "call-end]\n"
                             "; hung up; no such number; nothing was dialled\n"
                             "exten => h,1,NoOp(call ended: ${DIALSTATUS} ${HANGUPCAUSE})\n"
                             "exten => i,1,Playback(pbx-invalid)\n"
                             "same => n,Hangup(1)\n"
                             "exten => t,1,Hangup()\n");
}

const char *vl_writer_class_context(const struct vl_pbx_writer *writer, const struct vl_class *class)
{
    return class ? vl_arena_printf(writer->arena, OURS "class-%s", class->name) : writer->context;
}

const char *vl_writer_device(const struct vl_pbx_writer *writer, const char *name)
{
    return vl_arena_printf(writer->arena, writer->nature->sip == VL_SIP_PJSIP ? "PJSIP/%s" : "SIP/%s", name);
}

const char *vl_writer_beyond(const struct vl_pbx_writer *writer, const char *peer, const char *number)
{
    if (writer->nature->sip == VL_SIP_PJSIP)
        return vl_arena_printf(writer->arena, "PJSIP/%s@%s", number, peer);
    return vl_arena_printf(writer->arena, "SIP/%s/%s", peer, number);
}

const char *vl_writer_phone_context(const struct vl_pbx_writer *writer)
{
    return writer->flavor->entry ? "from-internal" : OURS "from-internal";
}

void vl_write_codecs(const struct vl_pbx_writer *writer, const struct vl_trunk_settings *settings)
{
    static const char *const common[] = { "ulaw", "alaw", "gsm", NULL };

    vl_buf_puts(writer->out, "disallow=all\n");
    for (const char *const *codec = settings->codecs ? settings->codecs : common; *codec; codec++)
        vl_buf_printf(writer->out, "allow=%s\n", *codec);
}

void vl_write_qualify(const struct vl_pbx_writer *writer, const struct vl_trunk_settings *settings)
{
    if (settings->qualify > 0)
        vl_buf_printf(writer->out, "qualify=%d\n", settings->qualify);
    else
        vl_buf_printf(writer->out, "qualify=%s\n", settings->qualify ? "yes" : "no");
}

const char *vl_writer_entry_context(const struct vl_pbx_writer *writer, const struct vl_trunk *trunk)
{
    struct vl_trunk onward;

    for (size_t i = 0; vl_lab_sends_on(writer->lab) && i < writer->lab->pbx_count; i++)
        if (vl_lab_onward(writer->lab, trunk->from, trunk->to, &writer->lab->pbxs[i], &onward))
            return vl_arena_printf(writer->arena, OURS "onward-%s", trunk->from->name);
    return OURS "from-trunk";
}
