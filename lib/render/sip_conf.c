/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sip.conf (chan_sip). The hub gets an account per guest, its own telephones and its providers; a guest gets a peer
 * for the hub, the registration with it, and its own telephones.
 *
 * Options common to a kind of section are tables, as a person would read them; only names and secrets are computed.
 */
#include "render/writer.h"

static const struct vl_option hub_general[] = {
    /* Who is not known gets nowhere: calls without an account are refused, and a wrong password and an unknown
     * account are answered alike. */
    { "context", OURS "PSTN" },
    { "allowguest", "no" },
    { "alwaysauthreject", "yes" },
    /* for all alike: an account whose nat differs from the general one can be told apart by its answers */
    { "nat", "force_rport,comedia" },
    { "srvlookup", "no" },
    { "videosupport", "yes" },
    { "t38pt_udptl", "yes" },
    { "disallow", "all" },
    { "allow", "ulaw" },
    { "allow", "alaw" },
    { "allow", "gsm" },
    { "allow", "h264" },
    { "allow", "h263p" },
    { "allow", "h263" },
    { "directmedia", "no" },
    { "allowsubscribe", "yes" },
    { "notifyringing", "yes" },
    { "notifyhold", "yes" },
    { "callcounter", "yes" },
};

/* The guest may be ready before the hub knows its account: it asks again soon, also when it was refused. */
static const struct vl_option guest_general[] = {
    { "allowguest", "no" },
    { "alwaysauthreject", "yes" },
    { "registertimeout", "5" },
    { "register_retry_403", "yes" },
};

/* Every section of ours: voice passes through the PBX, in codecs that all of them speak. */
static const struct vl_option voice[] = {
    { "disallow", "all" }, { "allow", "ulaw" },       { "allow", "alaw" },
    { "allow", "gsm" },    { "dtmfmode", "rfc2833" }, { "directmedia", "no" },
};

static const struct vl_option registering[] = {
    { "type", "friend" },
    { "host", "dynamic" },
    { "qualify", "yes" },
};

static const struct vl_option limits[] = {
    { "call-limit", "10" },
    { "callgroup", "1" },
    { "pickupgroup", "1" },
};

/* A transfer by the telephone (`T` of Dial) is dialled where its owner dials. Without this it would be looked for in
 * the routine that Dial() stands in; and callers from the telephone network, who have no such variable, must find
 * nothing. */
static void put_transfer(const struct vl_pbx_writer *writer, const char *context)
{
    vl_buf_printf(writer->out, "setvar=TRANSFER_CONTEXT=%s\n", context);
}

/* The account of a guest. It may ring from the guest's own address only, and the number of the caller behind the
 * guest is believed (the thesis: "allow any CID"). */
static void put_guest_account(const struct vl_pbx_writer *writer, const struct vl_pbx *guest)
{
    const char *context = vl_writer_class_context(writer, guest->class);

    vl_buf_printf(writer->out, "\n; %s\n[%s]\n", guest->name, guest->account);
    vl_write_options(writer, registering);
    vl_buf_printf(writer->out, "secret=%s\ncontext=%s\ndeny=0.0.0.0/0.0.0.0\npermit=%s/255.255.255.255\n",
                  vl_writer_secret(writer, "sip", guest->account), context, vl_writer_address(writer, guest->address));
    vl_buf_puts(writer->out, "trustrpid=yes\nsendrpid=yes\n");
    put_transfer(writer, context);
    vl_write_options(writer, voice);
    vl_write_options(writer, limits);
}

static void put_user_account(const struct vl_pbx_writer *writer, const struct vl_user *user)
{
    const char *name = vl_writer_plain(writer, user->name ? user->name : user->number);
    const char *context = vl_writer_class_context(writer, user->class);

    vl_buf_printf(writer->out, "\n[%s]\n", user->number);
    vl_write_options(writer, registering);
    vl_buf_printf(writer->out, "secret=%s\ncontext=%s\nsubscribecontext=%s\ncallerid=\"%s\" <%s>\n",
                  vl_writer_secret(writer, "user", user->number), context, context, name, user->number);
    if (user->voicemail)
        vl_buf_printf(writer->out, "mailbox=%s@%s\n", user->number, writer->context);
    put_transfer(writer, context);
    vl_buf_puts(writer->out, "dtmfmode=rfc2833\ndirectmedia=no\n");
    vl_write_options(writer, limits);
}

static void put_provider(const struct vl_pbx_writer *writer, const struct vl_provider *provider)
{
    vl_buf_printf(writer->out, "\n[%s]\ntype=peer\nhost=%s\n", provider->name, provider->host);
    if (provider->username)
        vl_buf_printf(writer->out, "defaultuser=%s\nfromuser=%s\nsecret=%s\n", provider->username, provider->username,
                      vl_writer_secret(writer, "provider", provider->name));
    /* a provider sends calls without signing them; they reach the telephones of the hub and nothing else */
    vl_buf_puts(writer->out, "context=" OURS "PSTN\ninsecure=port,invite\nqualify=yes\n");
    vl_write_options(writer, voice);
}

static void write_hub(const struct vl_pbx_writer *writer)
{
    const struct vl_lab *lab = writer->lab;

    for (size_t i = 0; i < lab->pbx_count; i++)
        if (vl_pbx_has_account(lab, &lab->pbxs[i]))
            put_guest_account(writer, &lab->pbxs[i]);
    for (size_t i = 0; i < lab->user_count; i++)
        if (lab->users[i].dahdi == 0 && vl_writer_makes_phone(writer, lab->users[i].number))
            put_user_account(writer, &lab->users[i]);
    for (size_t i = 0; i < lab->provider_count; i++)
        put_provider(writer, &lab->providers[i]);
}

/* The hub sends its calls without signing them, so they are known by its address; they reach the telephones of this
 * guest and nothing else. fromuser makes the hub see the account whatever the number of the caller, which travels in
 * Remote-Party-ID. */
static void put_hub_peer(const struct vl_pbx_writer *writer)
{
    const struct vl_pbx *pbx = writer->pbx;

    vl_buf_printf(writer->out, "\n[" OURS "hub]\ntype=peer\nhost=%s\ndefaultuser=%s\nfromuser=%s\nsecret=%s\n",
                  vl_writer_address(writer, writer->lab->hub->address), pbx->account, pbx->account,
                  vl_writer_secret(writer, "sip", pbx->account));
    vl_buf_puts(writer->out,
                "context=" OURS "from-trunk\ninsecure=port,invite\nqualify=yes\ntrustrpid=yes\nsendrpid=yes\n");
    vl_write_options(writer, voice);
}

static void put_phone(const struct vl_pbx_writer *writer, const char *extension)
{
    const char *secret = vl_state_secret(writer->state, "phone/%s/%s", writer->pbx->name, extension);
    const struct vl_telephone *told = vl_lab_telephone(writer->lab, writer->pbx, extension);

    vl_buf_printf(writer->out, "\n[%s]\n", extension);
    vl_write_options(writer, registering);
    vl_buf_printf(writer->out, "secret=%s\ncontext=%s\n", secret ? secret : "", vl_writer_phone_context(writer));
    if (told && told->name)
        vl_buf_printf(writer->out, "callerid=\"%s\" <%s>\n", vl_writer_plain(writer, told->name), extension);
    if (told && told->mailbox)
        vl_buf_printf(writer->out, "mailbox=%s@%s\n", extension, writer->context);
    vl_write_options(writer, voice);
}

/* A trunk to another guest where one of the two has no IAX2: on the caller's side a peer that signs its calls with the
 * name of the trunk, on the called side a user of that name. */
static void put_trunk_peer(const struct vl_pbx_writer *writer, const struct vl_trunk *trunk)
{
    vl_buf_printf(writer->out,
                  "\n; %s -> %s\n[%s]\ntype=peer\nhost=%s\ndefaultuser=%s\nfromuser=%s\nsecret=%s\nqualify=yes\n"
                  "trustrpid=yes\nsendrpid=yes\n",
                  trunk->from->name, trunk->to->name, trunk->name, vl_writer_address(writer, trunk->to->address),
                  trunk->name, trunk->name, vl_writer_trunk_secret(writer, trunk));
    vl_write_options(writer, voice);
}

static void put_trunk_user(const struct vl_pbx_writer *writer, const struct vl_trunk *trunk)
{
    vl_buf_printf(writer->out,
                  "\n; %s <- %s\n[%s]\ntype=user\nsecret=%s\ncontext=" OURS
                  "from-trunk\ndeny=0.0.0.0/0.0.0.0\npermit=%s/255.255.255.255\ntrustrpid=yes\n",
                  trunk->to->name, trunk->from->name, trunk->name, vl_writer_trunk_secret(writer, trunk),
                  vl_writer_address(writer, trunk->from->address));
    vl_write_options(writer, voice);
}

static void put_trunks(const struct vl_pbx_writer *writer)
{
    for (size_t i = 0; i < writer->lab->trunk_count; i++) {
        const struct vl_trunk *trunk = &writer->lab->trunks[i];

        if (trunk->from == writer->pbx && !vl_writer_over_iax2(writer, trunk))
            put_trunk_peer(writer, trunk);
        if (trunk->to == writer->pbx && !vl_writer_over_iax2(writer, trunk))
            put_trunk_user(writer, trunk);
    }
}

static void write_guest(const struct vl_pbx_writer *writer)
{
    const struct vl_pbx *pbx = writer->pbx;

    if (vl_pbx_has_account(writer->lab, pbx))
        put_hub_peer(writer);
    for (const char *const *extension = pbx->extensions; extension && *extension; extension++)
        if (vl_writer_makes_phone(writer, *extension))
            put_phone(writer, *extension);
    put_trunks(writer);
}

static void put_hub_registrations(const struct vl_pbx_writer *writer)
{
    for (size_t i = 0; i < writer->lab->provider_count; i++) {
        const struct vl_provider *provider = &writer->lab->providers[i];

        if (provider->has_register && provider->username)
            vl_buf_printf(writer->out, "register => %s:%s@%s\n", provider->username,
                          vl_writer_secret(writer, "provider", provider->name), provider->host);
    }
}

void vl_write_sip_registrations(const struct vl_pbx_writer *writer)
{
    const struct vl_pbx *pbx = writer->pbx;

    if (pbx->role == VL_ROLE_HUB)
        put_hub_registrations(writer);
    else if (vl_pbx_has_account(writer->lab, pbx))
        vl_buf_printf(writer->out, "register => %s:%s@%s/%s\n", pbx->account,
                      vl_writer_secret(writer, "sip", pbx->account),
                      vl_writer_address(writer, writer->lab->hub->address), pbx->account);
}

/* Where a web interface looks after sip.conf, its settings are not ours, and registrations have a file of their own. */
static void put_general(const struct vl_pbx_writer *writer)
{
    if (writer->flavor->places[VL_SLOT_REGISTRATIONS].main)
        return;
    vl_buf_puts(writer->out, "[general](+)\n");
    if (writer->pbx->role == VL_ROLE_HUB)
        vl_write_options(writer, hub_general);
    else
        vl_write_options(writer, guest_general);
    vl_write_sip_registrations(writer);
}

void vl_write_sip_conf(const struct vl_pbx_writer *writer)
{
    put_general(writer);
    if (writer->pbx->role == VL_ROLE_HUB)
        write_hub(writer);
    else
        write_guest(writer);
}
