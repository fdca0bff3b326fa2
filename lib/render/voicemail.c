/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * voicemail.conf of the hub: a mailbox per telephone that has one, in a voicemail context named as the hub's own, so
 * that the sample mailbox of a packaged Asterisk (1234, with a password that everybody knows) is not among them.
 *
 * The password that a person sets by telephone is kept beside the messages (passwordlocation), so that Asterisk does
 * not write into our file. Until then it is the one of the state, or the number itself: the custom for a new mailbox.
 */
#include "render/writer.h"

void vl_write_voicemail_conf(const struct vl_pbx_writer *writer)
{
    const struct vl_lab *lab = writer->lab;

    vl_buf_printf(writer->out, "[%s]\n", writer->context);
    for (size_t i = 0; i < lab->user_count; i++) {
        const struct vl_user *user = &lab->users[i];
        const char *secret = vl_state_secret(writer->state, "voicemail/%s", user->number);

        if (user->voicemail)
            vl_buf_printf(writer->out, "%s => %s,%s,,,passwordlocation=spooldir\n", user->number,
                          secret ? secret : user->number,
                          vl_writer_plain(writer, user->name ? user->name : user->number));
    }
}
