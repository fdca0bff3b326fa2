/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The telephony card. /etc/dahdi/system.conf tells the kernel which port is which, chan_dahdi.conf tells Asterisk
 * what to do with it. A port that feeds a telephone (FXS) is driven with the signalling of its far end (FXO), and the
 * other way round: fxoks for FXS ports, fxsks for FXO ports.
 *
 * chan_dahdi.conf has what all ports share, as a template, and includes dahdi-channels.conf (the name that
 * dahdi_genconf gives to such a file). That one has a section per port, closed by `dahdichan`: settings of one section
 * do not leak into the next.
 */
#include "render/writer.h"

static void put_channels(struct vl_buf *out, const char *signalling, const unsigned *channels, size_t count,
                         const char *echocanceller)
{
    for (size_t i = 0; i < count; i++) {
        vl_buf_printf(out, "%s=%u\n", signalling, channels[i]);
        if (echocanceller)
            vl_buf_printf(out, "echocanceller=%s,%u\n", echocanceller, channels[i]);
    }
}

void vl_write_dahdi_system_conf(const struct vl_pbx_writer *writer)
{
    const struct vl_dahdi *dahdi = &writer->lab->dahdi;

    put_channels(writer->out, "fxoks", dahdi->fxs, dahdi->fxs_count, dahdi->echocanceller);
    put_channels(writer->out, "fxsks", dahdi->fxo, dahdi->fxo_count, dahdi->echocanceller);
    vl_buf_printf(writer->out, "loadzone=%s\ndefaultzone=%s\n", dahdi->zone, dahdi->zone);
}

static const struct vl_user *user_on(const struct vl_lab *lab, unsigned channel)
{
    for (size_t i = 0; i < lab->user_count; i++)
        if (lab->users[i].dahdi == channel)
            return &lab->users[i];
    return NULL;
}

static void put_telephone(const struct vl_pbx_writer *writer, unsigned channel)
{
    const struct vl_user *user = user_on(writer->lab, channel);
    const char *context = vl_writer_class_context(writer, user ? user->class : writer->lab->dialplan.class);

    vl_buf_printf(writer->out,
                  "\n[voiplab-fxs-%u](voiplab-port)\ncontext=%s\nsignalling=fxo_ks\ngroup=1\n"
                  "setvar=TRANSFER_CONTEXT=%s\n",
                  channel, context, context);
    if (user)
        vl_buf_printf(writer->out, "callerid=\"%s\" <%s>\n",
                      vl_writer_plain(writer, user->name ? user->name : user->number), user->number);
    if (user && user->voicemail)
        vl_buf_printf(writer->out, "mailbox=%s@%s\n", user->number, writer->context);
    vl_buf_printf(writer->out, "dahdichan => %u\n", channel);
}

static void put_line(const struct vl_pbx_writer *writer, unsigned channel)
{
    vl_buf_printf(writer->out,
                  "\n[voiplab-fxo-%u](voiplab-port)\ncontext=PSTN\nsignalling=fxs_ks\ngroup=0\n"
                  "callerid=asreceived\nbusydetect=yes\ndahdichan => %u\n",
                  channel, channel);
}

void vl_write_dahdi_channels_conf(const struct vl_pbx_writer *writer)
{
    const struct vl_dahdi *dahdi = &writer->lab->dahdi;

    vl_buf_puts(writer->out, "; FXS ports, which carry telephones: FXO signalling, group 1. FXO ports, which carry "
                             "lines: FXS signalling, group 0.\n");
    for (size_t i = 0; i < dahdi->fxs_count; i++)
        put_telephone(writer, dahdi->fxs[i]);
    for (size_t i = 0; i < dahdi->fxo_count; i++)
        put_line(writer, dahdi->fxo[i]);
}

void vl_write_chan_dahdi_conf(const struct vl_pbx_writer *writer)
{
    vl_buf_puts(writer->out, "[voiplab-port](!)\n"
                             "callwaiting=yes\n"
                             "usecallingpres=yes\n"
                             "callwaitingcallerid=yes\n"
                             "threewaycalling=yes\n"
                             "transfer=yes\n"
                             "canpark=yes\n"
                             "cancallforward=yes\n"
                             "callreturn=yes\n"
                             "echocancelwhenbridged=yes\n"
                             "callgroup=1\n"
                             "pickupgroup=1\n");
    vl_buf_printf(writer->out, "echocancel=%s\n", writer->lab->dahdi.echocanceller ? "yes" : "no");
    vl_buf_puts(writer->out, "\n#include voiplab_dahdi-channels.conf\n");
}
