/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * iax.conf of a guest. For every ordered pair of guests there is one account: on the caller's side a `peer` (where to
 * send, and as whom), on the called side a `user` of the same name (who may come in, and where to). A name never
 * stands twice in one file, since it begins with the prefix of the caller.
 */
#include "render/writer.h"

/* Codecs are stated because a sample iax.conf limits them to those of a slow line. */
static void put_common(const struct vl_pbx_writer *writer, const struct vl_trunk *trunk, const char *secret)
{
    vl_buf_printf(writer->out, "secret=%s\nauth=md5\ntrunk=yes\n", secret);
    if (trunk->settings.encryption)
        vl_buf_puts(writer->out, "encryption=aes128\nforceencryption=yes\n");
    vl_write_codecs(writer, &trunk->settings);
}

/* A peer that was still starting when it was first asked is asked again after 2 s, not after the usual 10. The data
 * base of a web interface has no second account: there one takes two secrets, which does where nothing is encrypted. */
static void put_peer(const struct vl_pbx_writer *writer, const struct vl_trunk *trunk)
{
    const struct vl_trunk_secret secret = vl_state_trunk_secret(writer->state, writer->arena, trunk);
    bool by_alias = secret.by_alias && !vl_pbx_in_database(trunk->to);

    vl_buf_printf(writer->out, "\n; %s -> %s\n[%s]\ntype=peer\nhost=%s\nusername=%s%s\n", trunk->from->name,
                  trunk->to->name, trunk->name, vl_writer_address(writer, trunk->to->address), trunk->name,
                  by_alias ? VL_TRUNK_ALIAS : "");
    vl_write_qualify(writer, &trunk->settings);
    if (trunk->settings.qualify)
        vl_buf_puts(writer->out, "qualifyfreqnotok=2000\n");
    put_common(writer, trunk, secret.secret);
}

/* Calls that begin at once wait for their authentication together. More than maxauthreq of them are refused, and 3 is
 * what chan_iax2 does without it: a busy guest, which answers late, would refuse most of a burst. */
static void put_user(const struct vl_pbx_writer *writer, const struct vl_trunk *trunk, const char *more,
                     const char *secret)
{
    vl_buf_printf(writer->out, "\n; %s <- %s\n[%s%s]\ntype=user\ncontext=%s\nrequirecalltoken=yes\nmaxauthreq=100\n",
                  trunk->to->name, trunk->from->name, trunk->name, more, vl_writer_entry_context(writer, trunk));
    vl_buf_printf(writer->out, "deny=0.0.0.0/0.0.0.0\npermit=%s/255.255.255.255\n",
                  vl_writer_address(writer, trunk->from->address));
    put_common(writer, trunk, secret);
}

static void put_users(const struct vl_pbx_writer *writer, const struct vl_trunk *trunk)
{
    const struct vl_trunk_secret secret = vl_state_trunk_secret(writer->state, writer->arena, trunk);

    if (secret.also && vl_pbx_in_database(trunk->from)) {
        put_user(writer, trunk, "", vl_arena_printf(writer->arena, "%s\\;%s", secret.secret, secret.also));
        return;
    }
    put_user(writer, trunk, "", secret.account);
    if (secret.alias)
        put_user(writer, trunk, VL_TRUNK_ALIAS, secret.alias);
}

/* Without authdebug chan_iax2 refuses calls and tells nobody why. */
static bool has_trunks(const struct vl_pbx_writer *writer)
{
    struct vl_trunks to = vl_lab_trunks_to(writer->lab, writer->pbx);

    while (vl_lab_next_trunk(&to))
        if (vl_writer_over_iax2(writer, &to.trunk))
            return true;
    return false;
}

void vl_write_iax_conf(const struct vl_pbx_writer *writer)
{
    struct vl_trunks from = vl_lab_trunks_from(writer->lab, writer->pbx);
    struct vl_trunks to = vl_lab_trunks_to(writer->lab, writer->pbx);

    if (writer->flavor->places[VL_SLOT_IAX].adds_to && has_trunks(writer))
        vl_buf_puts(writer->out, "[general](+)\nauthdebug=yes\n");
    while (vl_lab_next_trunk(&from))
        if (vl_writer_over_iax2(writer, &from.trunk))
            put_peer(writer, &from.trunk);
    while (vl_lab_next_trunk(&to))
        if (vl_writer_over_iax2(writer, &to.trunk))
            put_users(writer, &to.trunk);
}
