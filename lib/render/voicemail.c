/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * voicemail.conf: a mailbox per telephone that has one, in a voicemail context named as the hub's own, so
 * that the sample mailbox of a packaged Asterisk (1234, with a password that everybody knows) is not among them.
 *
 * The password that a person sets by telephone is kept beside the messages (passwordlocation), so that Asterisk does
 * not write into our file. Until then it is the one of the state, or the number itself: the custom for a new mailbox.
 */
#include "render/writer.h"

static void put_mailbox(const struct vl_pbx_writer *writer, const char *number, const char *name)
{
    const char *secret = vl_state_secret(writer->state, "voicemail/%s", number);

    vl_buf_printf(writer->out, "%s => %s,%s,,,passwordlocation=spooldir\n", number, secret ? secret : number,
                  vl_writer_plain(writer, name ? name : number));
}

void vl_write_voicemail_conf(const struct vl_pbx_writer *writer)
{
    const struct vl_lab *lab = writer->lab;

    vl_buf_printf(writer->out, "[%s]\n", writer->context);
    for (size_t i = 0; writer->pbx->role == VL_ROLE_HUB && i < lab->user_count; i++)
        if (lab->users[i].voicemail)
            put_mailbox(writer, lab->users[i].number, lab->users[i].name);
    for (size_t i = 0; i < lab->extension_count; i++)
        if (lab->extensions[i].pbx == writer->pbx && lab->extensions[i].mailbox)
            put_mailbox(writer, lab->extensions[i].number, lab->extensions[i].name);
}
