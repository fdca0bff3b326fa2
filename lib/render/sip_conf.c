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
     * account are answered alike. OPTIONS too: unasked, it tells which numbers lead somewhere. */
    { "context", OURS "PSTN" },
    { "allowguest", "no" },
    { "alwaysauthreject", "yes" },
    { "auth_options_requests", "yes" },
    /* For all alike: an account whose nat differs can be told apart by its answers. Who is unknown is answered with the
     * nat of the moment in which chan_sip was loaded, which a reload does not change; so it is Asterisk's own, and for
     * voice alone another. */
    { "nat", "auto_force_rport,comedia" },
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

static const struct vl_option guest_general[] = {
    { "allowguest", "no" },
    { "alwaysauthreject", "yes" },
    { "auth_options_requests", "yes" },
};

/* Who registers may be ready before the other end knows its account: it asks again soon, also when it was refused. */
static const struct vl_option registers_general[] = {
    { "registertimeout", "5" },
    { "register_retry_403", "yes" },
};

/* Every section of ours: voice passes through the PBX. */
static const struct vl_option voice[] = {
    { "dtmfmode", "rfc2833" },
    { "directmedia", "no" },
};

/* A section that is no trunk is as one of which nothing is said. */
static const struct vl_trunk_settings unsaid = { .qualify = VL_QUALIFY_YES };

static const struct vl_option registering[] = {
    { "type", "friend" },
    { "host", "dynamic" },
    { "qualify", "yes" },
};

static const struct vl_option groups[] = {
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

static void put_voice(const struct vl_pbx_writer *writer, const struct vl_trunk_settings *settings)
{
    vl_write_codecs(writer, settings);
    vl_write_options(writer, voice);
}

static void put_limits(const struct vl_pbx_writer *writer, const struct vl_trunk_settings *settings)
{
    vl_buf_printf(writer->out, "call-limit=%u\n", settings->limit ? settings->limit : (unsigned)VL_ACCOUNT_LIMIT);
    vl_write_options(writer, groups);
}

/* chan_sip knows one secret of a section. While it is changed for another at both ends a call is taken by the address
 * that it comes from, whichever of the two it is signed with. Only then: who comes from an address that is not
 * permitted is refused before he is asked for a secret, which tells a stranger that there is such an account. */
static void put_open(const struct vl_pbx_writer *writer, const struct vl_trunk_secret *secret, const char *address)
{
    if (secret->also)
        vl_buf_printf(writer->out, "insecure=invite\ndeny=0.0.0.0/0.0.0.0\npermit=%s/255.255.255.255\n", address);
}

/* Whoever registers with the right secret does so from this address. */
static void put_bound(const struct vl_pbx_writer *writer, const char *address)
{
    vl_buf_printf(writer->out, "contactdeny=0.0.0.0/0.0.0.0\ncontactpermit=%s/255.255.255.255\n", address);
}

/* The account of a guest. It may ring from the guest's own address only, and the number of the caller behind the
 * guest is believed (the thesis: "allow any CID"). As a peer it is known by its name when it registers and by its
 * address when it calls; a friend is looked for by its name in calls, too. */
static void put_guest_account(const struct vl_pbx_writer *writer, const struct vl_pbx *guest)
{
    const char *context = vl_writer_class_context(writer, guest->class);
    const char *address = vl_writer_address(writer, guest->address);
    const struct vl_trunk_secret secret = vl_state_hub_secret(writer->state, guest);
    enum vl_register registers = VL_REGISTER_GUEST;
    struct vl_trunk trunk;

    (void)vl_lab_hub_trunk(writer->lab, guest, &trunk, &registers);
    vl_buf_printf(writer->out, "\n; %s\n[%s]\ntype=peer\nhost=%s\n", guest->name, guest->account,
                  registers == VL_REGISTER_GUEST ? "dynamic" : address);
    /* one that registers says by which number it wants to be called */
    if (registers != VL_REGISTER_GUEST)
        vl_buf_printf(writer->out, "defaultuser=%s\n", guest->account);
    vl_write_qualify(writer, &trunk.settings);
    vl_buf_printf(writer->out, "secret=%s\ncontext=%s\n", secret.secret, context);
    put_bound(writer, address);
    put_open(writer, &secret, address);
    vl_buf_puts(writer->out, "trustrpid=yes\nsendrpid=yes\n");
    put_transfer(writer, context);
    put_voice(writer, &trunk.settings);
    put_limits(writer, &trunk.settings);
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
    vl_write_options(writer, voice);
    put_limits(writer, &unsaid);
}

static void put_provider(const struct vl_pbx_writer *writer, const struct vl_provider *provider)
{
    vl_buf_printf(writer->out, "\n[%s]\ntype=peer\nhost=%s\n", provider->name, provider->host);
    if (provider->username)
        vl_buf_printf(writer->out, "defaultuser=%s\nfromuser=%s\nsecret=%s\n", provider->username, provider->username,
                      vl_writer_secret(writer, "provider", provider->name));
    /* a provider sends calls without signing them; they reach the telephones of the hub and nothing else */
    vl_buf_puts(writer->out, "context=" OURS "PSTN\ninsecure=port,invite\nqualify=yes\n");
    put_voice(writer, &unsaid);
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
 * Remote-Party-ID. Where the hub registers its address is what it then says, and it must be the one of the lab. */
static void put_hub_peer(const struct vl_pbx_writer *writer)
{
    const char *address = vl_writer_address(writer, writer->lab->hub->address), *account = writer->pbx->account;
    enum vl_register registers = VL_REGISTER_GUEST;
    struct vl_trunk trunk;

    (void)vl_lab_hub_trunk(writer->lab, writer->pbx, &trunk, &registers);
    vl_buf_printf(writer->out, "\n[" OURS "hub]\ntype=peer\nhost=%s\ndefaultuser=%s\nfromuser=%s\nsecret=%s\n",
                  registers == VL_REGISTER_HUB ? "dynamic" : address, account, account,
                  vl_state_hub_secret(writer->state, writer->pbx).secret);
    if (registers == VL_REGISTER_HUB)
        put_bound(writer, address);
    vl_buf_puts(writer->out, "context=" OURS "from-trunk\ninsecure=port,invite\n");
    vl_write_qualify(writer, &trunk.settings);
    vl_buf_puts(writer->out, "trustrpid=yes\nsendrpid=yes\n");
    put_voice(writer, &trunk.settings);
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
    put_voice(writer, &unsaid);
}

/* A trunk to another guest where one of the two has no IAX2: on the caller's side a peer that signs its calls with the
 * name of the trunk, on the called side a user of that name. */
static void put_trunk_peer(const struct vl_pbx_writer *writer, const struct vl_trunk *trunk)
{
    vl_buf_printf(writer->out, "\n; %s -> %s\n[%s]\ntype=peer\nhost=%s\ndefaultuser=%s\nfromuser=%s\nsecret=%s\n",
                  trunk->from->name, trunk->to->name, trunk->name, vl_writer_address(writer, trunk->to->address),
                  trunk->name, trunk->name, vl_state_trunk_secret(writer->state, writer->arena, trunk).secret);
    vl_write_qualify(writer, &trunk->settings);
    vl_buf_puts(writer->out, "trustrpid=yes\nsendrpid=yes\n");
    put_voice(writer, &trunk->settings);
}

static void put_trunk_user(const struct vl_pbx_writer *writer, const struct vl_trunk *trunk)
{
    const struct vl_trunk_secret secret = vl_state_trunk_secret(writer->state, writer->arena, trunk);

    vl_buf_printf(writer->out, "\n; %s <- %s\n[%s]\ntype=user\nsecret=%s\ncontext=%s\ntrustrpid=yes\n", trunk->to->name,
                  trunk->from->name, trunk->name, secret.secret, vl_writer_entry_context(writer, trunk));
    put_open(writer, &secret, vl_writer_address(writer, trunk->from->address));
    put_voice(writer, &trunk->settings);
}

static void put_trunks(const struct vl_pbx_writer *writer)
{
    struct vl_trunks from = vl_lab_trunks_from(writer->lab, writer->pbx);
    struct vl_trunks to = vl_lab_trunks_to(writer->lab, writer->pbx);

    while (vl_lab_next_trunk(&from))
        if (!vl_writer_over_iax2(writer, &from.trunk))
            put_trunk_peer(writer, &from.trunk);
    while (vl_lab_next_trunk(&to))
        if (!vl_writer_over_iax2(writer, &to.trunk))
            put_trunk_user(writer, &to.trunk);
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
    const struct vl_lab *lab = writer->lab;

    for (size_t i = 0; i < lab->provider_count; i++) {
        const struct vl_provider *provider = &lab->providers[i];

        if (provider->has_register && provider->username)
            vl_buf_printf(writer->out, "register => %s:%s@%s\n", provider->username,
                          vl_writer_secret(writer, "provider", provider->name), provider->host);
    }
    for (size_t i = 0; i < lab->pbx_count; i++) {
        const struct vl_pbx *guest = &lab->pbxs[i];

        if (vl_pbx_has_account(lab, guest) && vl_lab_registers(lab, guest) == VL_REGISTER_HUB)
            vl_buf_printf(writer->out, "register => %s:%s@%s/%s\n",
                          vl_flavor_hub_peer(writer->arena, guest, vl_state_nature(writer->state, guest)),
                          vl_state_hub_secret(writer->state, guest).secret, vl_writer_address(writer, guest->address),
                          guest->account);
    }
}

void vl_write_sip_registrations(const struct vl_pbx_writer *writer)
{
    const struct vl_pbx *pbx = writer->pbx;

    if (pbx->role == VL_ROLE_HUB)
        put_hub_registrations(writer);
    else if (vl_pbx_has_account(writer->lab, pbx) && vl_lab_registers(writer->lab, pbx) == VL_REGISTER_GUEST)
        vl_buf_printf(writer->out, "register => %s:%s@%s/%s\n", pbx->account,
                      vl_state_hub_secret(writer->state, pbx).secret,
                      vl_writer_address(writer, writer->lab->hub->address), pbx->account);
}

static bool hub_registers(const struct vl_lab *lab)
{
    for (size_t i = 0; i < lab->trunk_given_count; i++)
        if (lab->trunks_given[i].registers == VL_REGISTER_HUB)
            return true;
    return false;
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
    if (writer->pbx->role == VL_ROLE_GUEST || hub_registers(writer->lab))
        vl_write_options(writer, registers_general);
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
