/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the dialplans of the hub and of the guests have in common. */
#include "render/pbx.h"

void vl_write_call_result(const struct vl_pbx_writer *writer)
{
    vl_buf_puts(writer->out, "\n[call-result]\n"
                             "; what the caller hears when nobody could be reached\n"
                             "exten => s,1,GotoIf($[\"${DIALSTATUS}\" = \"BUSY\"]?busy)\n"
                             "same => n,GotoIf($[\"${DIALSTATUS}\" = \"NOANSWER\"]?end)\n"
                             "same => n,Congestion(5)\n"
                             "same => n(end),Hangup()\n"
                             "same => n(busy),Busy(5)\n"
                             "same => n,Hangup()\n");
}
