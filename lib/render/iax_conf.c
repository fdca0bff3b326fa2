/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * iax.conf of a guest. For every ordered pair of guests there is one account: on the caller's side a `peer` (where to
 * send, and as whom), on the called side a `user` of the same name (who may come in, and where to). A name never
 * stands twice in one file, since it begins with the prefix of the caller.
 */
#include "render/writer.h"

/* Codecs are stated because a sample iax.conf limits them to those of a slow line. */
static void put_common(const struct vl_pbx_writer *writer, const struct vl_trunk *trunk)
{
    vl_buf_printf(writer->out, "secret=%s\nauth=md5\ntrunk=yes\n", vl_writer_trunk_secret(writer, trunk));
    vl_buf_puts(writer->out, "disallow=all\nallow=ulaw\nallow=alaw\nallow=gsm\n");
}

/* A peer that was still starting when it was first asked is asked again after 2 s, not after the usual 10. */
static void put_peer(const struct vl_pbx_writer *writer, const struct vl_trunk *trunk)
{
    vl_buf_printf(writer->out,
                  "\n; %s -> %s\n[%s]\ntype=peer\nhost=%s\nusername=%s\nqualify=yes\n"
                  "qualifyfreqnotok=2000\n",
                  trunk->from->name, trunk->to->name, trunk->name, vl_writer_address(writer, trunk->to->address),
                  trunk->name);
    put_common(writer, trunk);
}

static void put_user(const struct vl_pbx_writer *writer, const struct vl_trunk *trunk)
{
    vl_buf_printf(writer->out, "\n; %s <- %s\n[%s]\ntype=user\ncontext=" OURS "from-trunk\nrequirecalltoken=yes\n",
                  trunk->to->name, trunk->from->name, trunk->name);
    vl_buf_printf(writer->out, "deny=0.0.0.0/0.0.0.0\npermit=%s/255.255.255.255\n",
                  vl_writer_address(writer, trunk->from->address));
    put_common(writer, trunk);
}

void vl_write_iax_conf(const struct vl_pbx_writer *writer)
{
    const struct vl_lab *lab = writer->lab;

    for (size_t i = 0; i < lab->trunk_count; i++)
        if (lab->trunks[i].from == writer->pbx && vl_writer_over_iax2(writer, &lab->trunks[i]))
            put_peer(writer, &lab->trunks[i]);
    for (size_t i = 0; i < lab->trunk_count; i++)
        if (lab->trunks[i].to == writer->pbx && vl_writer_over_iax2(writer, &lab->trunks[i]))
            put_user(writer, &lab->trunks[i]);
}
