/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pjsip.conf: what sip_conf.c says, in the words of the other driver. A peer of chan_sip is several objects here, which
 * may have one name: an endpoint (how to talk), an auth (a secret), an aor (where it is), and for one that is called at
 * an address an identify (its calls come from there) and a registration.
 *
 * Who is not known gets nowhere by itself: PJSIP lets strangers in by an endpoint `anonymous`, which we do not make.
 * But an endpoint without `auth` lets in whoever names it in From. So each has `identify_by`: those that are challenged
 * are told by their name, those that are not by their address and port. With its port, so that a telephone or a load
 * test on the machine of the hub is not taken for the hub.
 *
 * PJSIP looks at an address again every qualify_frequency only, also while nobody answers there, and gives a
 * registration up at the first refusal: a lab's PBXs start in any order, so both try again soon and for ever.
 */
#include "render/writer.h"

#include <stdlib.h>

/* Every endpoint of ours: voice passes through the PBX. */
static const struct vl_option media[] = {
    { "dtmf_mode", "rfc4733" },
    { "direct_media", "no" },
};

static const struct vl_option hub_phone_media[] = {
    { "disallow", "all" },      { "allow", "ulaw,alaw,gsm,h264,h263p,h263" },
    { "dtmf_mode", "rfc4733" }, { "direct_media", "no" },
    { "t38_udptl", "yes" },
};

/* Who registers may sit behind a router: what it says of its own address is not believed. */
static const struct vl_option nat[] = {
    { "rtp_symmetric", "yes" },
    { "force_rport", "yes" },
    { "rewrite_contact", "yes" },
};

/* One device to an account: after a restart, the new place takes the one of the old, which is gone. */
static const struct vl_option registered_aor[] = {
    { "max_contacts", "1" },
    { "remove_existing", "yes" },
};

static const struct vl_option pickup[] = {
    { "call_group", "1" },
    { "pickup_group", "1" },
};

/* The number of the caller travels beside the name of the account. */
static const struct vl_option caller[] = {
    { "trust_id_inbound", "yes" },
    { "send_rpid", "yes" },
};

/* A registration never gives up. With the hub it is tried as often as by chan_sip, with a provider as that one asks
 * strangers to. */
static const struct vl_option persistence[] = {
    { "expiration", "120" },
    { "max_retries", "1000000" },
    { "auth_rejection_permanent", "no" },
};

static const struct vl_option soon[] = {
    { "retry_interval", "5" },
    { "forbidden_retry_interval", "5" },
    { "fatal_retry_interval", "5" },
};

static const struct vl_option patiently[] = {
    { "retry_interval", "20" },
    { "forbidden_retry_interval", "60" },
    { "fatal_retry_interval", "60" },
};

enum { QUALIFY_S = 10 };

static void put_object(const struct vl_pbx_writer *writer, const char *name, const char *type)
{
    vl_buf_printf(writer->out, "\n[%s]\ntype=%s\n", name, type);
}

static void put_auth(const struct vl_pbx_writer *writer, const char *name, const char *username, const char *secret)
{
    put_object(writer, name, "auth");
    vl_buf_printf(writer->out, "auth_type=userpass\nusername=%s\npassword=%s\n", username, secret);
}

/* While a secret is changed for another at both ends, either is taken: a second auth has the other one. */
static void put_trunk_auth(const struct vl_pbx_writer *writer, const char *name, const struct vl_trunk_secret *secret)
{
    put_auth(writer, name, name, secret->secret);
    if (secret->also)
        put_auth(writer, vl_arena_printf(writer->arena, "%s-also", name), name, secret->also);
}

static void put_voice(const struct vl_pbx_writer *writer, const struct vl_trunk_settings *settings)
{
    static const char *const common[] = { "ulaw", "alaw", "gsm", NULL };
    const char *const *codecs = settings && settings->codecs ? settings->codecs : common;

    vl_buf_puts(writer->out, "disallow=all\nallow=");
    for (size_t i = 0; codecs[i]; i++)
        vl_buf_printf(writer->out, "%s%s", i ? "," : "", codecs[i]);
    vl_buf_puts(writer->out, "\n");
    vl_write_options(writer, media);
}

/* How often an address is asked whether it is there, and how long it may take; NULL: nothing is said of it. */
static void put_qualify(const struct vl_pbx_writer *writer, const struct vl_trunk_settings *settings)
{
    vl_buf_printf(writer->out, "qualify_frequency=%d\n", settings && !settings->qualify ? 0 : QUALIFY_S);
    if (settings && settings->qualify > 0)
        vl_buf_printf(writer->out, "qualify_timeout=%d.%03d\n", settings->qualify / 1000, settings->qualify % 1000);
}

/* A transfer by the telephone is dialled where its owner dials, see sip_conf.c. */
static void put_place(const struct vl_pbx_writer *writer, const char *context)
{
    vl_buf_printf(writer->out, "context=%s\nset_var=TRANSFER_CONTEXT=%s\n", context, context);
}

static void put_acl(const struct vl_pbx_writer *writer, const struct vl_pbx *from)
{
    vl_buf_printf(writer->out, "deny=0.0.0.0/0.0.0.0\npermit=%s/255.255.255.255\n",
                  vl_writer_address(writer, from->address));
}

/* An endpoint that proves who it is. */
static void put_challenged(const struct vl_pbx_writer *writer, const char *name)
{
    put_object(writer, name, "endpoint");
    vl_buf_printf(writer->out, "identify_by=username\nauth=%s\n", name);
}

/* The same for who may have two secrets for a while. */
static void put_challenged_trunk(const struct vl_pbx_writer *writer, const char *name,
                                 const struct vl_trunk_secret *secret)
{
    put_object(writer, name, "endpoint");
    vl_buf_printf(writer->out, "identify_by=username\nauth=%s", name);
    if (secret->also)
        vl_buf_printf(writer->out, ",%s-also", name);
    vl_buf_puts(writer->out, "\n");
}

/* An endpoint at an address, to which calls are sent as `username`. */
static void put_called(const struct vl_pbx_writer *writer, const char *name, const char *identify_by,
                       const char *username)
{
    put_object(writer, name, "endpoint");
    vl_buf_printf(writer->out, "identify_by=%s\naors=%s\n", identify_by, name);
    if (username)
        vl_buf_printf(writer->out, "outbound_auth=%s\nfrom_user=%s\n", name, username);
}

static void put_address(const struct vl_pbx_writer *writer, const char *name, const char *host,
                        const struct vl_trunk_settings *settings)
{
    put_object(writer, name, "aor");
    vl_buf_printf(writer->out, "contact=sip:%s\n", host);
    put_qualify(writer, settings);
}

/* The option that does away with the wait before the first registration is known from 16.27, 18.13 and 19.5 on; an
 * object with one that is not known is refused as a whole. An older one is asked to register by who waits for it. */
static bool knows_initial_delay(const struct vl_nature *nature)
{
    char *rest = NULL;
    unsigned long major = nature->asterisk ? strtoul(nature->asterisk, &rest, 10) : 0;
    unsigned long minor = rest && *rest == '.' ? strtoul(rest + 1, NULL, 10) : 0;

    return major >= 20 || (major == 19 && minor >= 5) || (major == 18 && minor >= 13) || (major == 16 && minor >= 27);
}

static void put_registration(const struct vl_pbx_writer *writer, const char *name, const char *auth,
                             const char *username, const char *host)
{
    put_object(writer, name, "registration");
    vl_buf_printf(writer->out, "server_uri=sip:%s\nclient_uri=sip:%s@%s\noutbound_auth=%s\n", host, username, host,
                  auth);
    vl_write_options(writer, persistence);
    if (knows_initial_delay(writer->nature))
        vl_buf_puts(writer->out, "max_random_initial_delay=0\n");
}

static void put_registered_aor(const struct vl_pbx_writer *writer, const char *name,
                               const struct vl_trunk_settings *settings)
{
    put_object(writer, name, "aor");
    vl_write_options(writer, registered_aor);
    put_qualify(writer, settings);
}

/* All channels of an account are a group, which the dialplan counts; see extensions_pjsip.c. */
static void put_group(const struct vl_pbx_writer *writer, const char *account)
{
    vl_buf_printf(writer->out, "set_var=GROUP()=%s\nset_var=" VL_CALL_LIMIT "=%u\n", account,
                  vl_account_limit(writer->lab, account));
}

/* The hub registers with a guest under the name that it has there, and signs calls with it. */
static void put_registration_of_hub(const struct vl_pbx_writer *writer, const struct vl_pbx *guest,
                                    const struct vl_trunk_secret *secret)
{
    const char *name = vl_flavor_hub_peer(writer->arena, guest, vl_state_nature(writer->state, guest));
    const char *auth = vl_arena_printf(writer->arena, "%s-register", guest->account);

    put_auth(writer, auth, name, secret->secret);
    put_registration(writer, guest->account, auth, name, vl_writer_address(writer, guest->address));
    vl_buf_printf(writer->out, "contact_user=%s\n", guest->account);
    vl_write_options(writer, soon);
}

/* The account of a guest. It may ring from the guest's own address only, and the number of the caller behind the
 * guest is believed. */
static void put_guest_account(const struct vl_pbx_writer *writer, const struct vl_pbx *guest)
{
    const struct vl_trunk_secret secret = vl_state_hub_secret(writer->state, guest);
    const char *address = vl_writer_address(writer, guest->address), *account = guest->account;
    enum vl_register registers = VL_REGISTER_GUEST;
    struct vl_trunk trunk;

    (void)vl_lab_hub_trunk(writer->lab, guest, &trunk, &registers);
    vl_buf_printf(writer->out, "\n; %s", guest->name);
    put_challenged_trunk(writer, account, &secret);
    vl_buf_printf(writer->out, "aors=%s\n", account);
    if (registers == VL_REGISTER_HUB)
        vl_buf_printf(writer->out, "outbound_auth=%s-register\n", account);
    put_place(writer, vl_writer_class_context(writer, guest->class));
    put_group(writer, account);
    put_acl(writer, guest);
    vl_write_options(writer, caller);
    put_voice(writer, &trunk.settings);
    vl_write_options(writer, nat);
    vl_write_options(writer, pickup);
    put_trunk_auth(writer, account, &secret);
    if (registers == VL_REGISTER_GUEST)
        put_registered_aor(writer, account, &trunk.settings);
    else
        put_address(writer, account, vl_arena_printf(writer->arena, "%s@%s", account, address), &trunk.settings);
    if (registers == VL_REGISTER_HUB)
        put_registration_of_hub(writer, guest, &secret);
}

static void put_user_account(const struct vl_pbx_writer *writer, const struct vl_user *user)
{
    const char *name = vl_writer_plain(writer, user->name ? user->name : user->number);
    const char *context = vl_writer_class_context(writer, user->class);

    put_challenged(writer, user->number);
    vl_buf_printf(writer->out, "aors=%s\n", user->number);
    put_place(writer, context);
    put_group(writer, user->number);
    vl_buf_printf(writer->out, "subscribe_context=%s\ncallerid=\"%s\" <%s>\n", context, name, user->number);
    if (user->voicemail)
        vl_buf_printf(writer->out, "mailboxes=%s@%s\n", user->number, writer->context);
    vl_write_options(writer, hub_phone_media);
    vl_write_options(writer, nat);
    vl_write_options(writer, pickup);
    put_auth(writer, user->number, user->number, vl_writer_secret(writer, "user", user->number));
    put_registered_aor(writer, user->number, NULL);
}

/* A provider sends calls without signing them; they reach the telephones of the hub and nothing else. */
static void put_provider(const struct vl_pbx_writer *writer, const struct vl_provider *provider)
{
    const char *name = provider->name;

    put_called(writer, name, "ip", provider->username);
    vl_buf_puts(writer->out, "context=" OURS "PSTN\n");
    put_voice(writer, NULL);
    if (provider->username)
        put_auth(writer, name, provider->username, vl_writer_secret(writer, "provider", name));
    put_object(writer, name, "aor");
    vl_buf_printf(writer->out, "contact=sip:%s\nqualify_frequency=60\n", provider->host);
    put_object(writer, name, "identify");
    vl_buf_printf(writer->out, "endpoint=%s\nmatch=%s\n", name, provider->host);
    if (provider->has_register && provider->username) {
        put_registration(writer, name, name, provider->username, provider->host);
        vl_write_options(writer, patiently);
    }
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

/* A hub that registers here. For the AOR that somebody registers as PJSIP looks only where `identify_by` has the name,
 * and a name lets in whoever says it: so this one is challenged, in calls as well. A hub with PJSIP answers with the
 * name that it has here, one with chan_sip in calls with the account's. */
static void put_challenged_hub(const struct vl_pbx_writer *writer, const struct vl_trunk_secret *secret)
{
    vl_buf_puts(writer->out, "auth=" OURS "hub," OURS "hub-register");
    if (secret->also)
        vl_buf_puts(writer->out, "," OURS "hub-also," OURS "hub-register-also");
    vl_buf_puts(writer->out, "\n");
}

static void put_auths_of_hub(const struct vl_pbx_writer *writer, const struct vl_trunk_secret *secret)
{
    put_auth(writer, OURS "hub-register", OURS "hub", secret->secret);
    if (!secret->also)
        return;
    put_auth(writer, OURS "hub-also", writer->pbx->account, secret->also);
    put_auth(writer, OURS "hub-register-also", OURS "hub", secret->also);
}

/* The hub sends its calls without signing them, so they are known by its address; they reach the telephones of this
 * guest and nothing else. from_user makes the hub see the account whatever the number of the caller. */
static void put_hub(const struct vl_pbx_writer *writer)
{
    const char *account = writer->pbx->account, *host = vl_writer_address(writer, writer->lab->hub->address);
    const struct vl_trunk_secret secret = vl_state_hub_secret(writer->state, writer->pbx);
    enum vl_register registers = VL_REGISTER_GUEST;
    struct vl_trunk trunk;

    (void)vl_lab_hub_trunk(writer->lab, writer->pbx, &trunk, &registers);
    put_called(writer, OURS "hub", registers == VL_REGISTER_HUB ? "ip,username" : "ip", account);
    if (registers == VL_REGISTER_HUB)
        put_challenged_hub(writer, &secret);
    vl_buf_puts(writer->out, "context=" OURS "from-trunk\n");
    vl_write_options(writer, caller);
    put_voice(writer, &trunk.settings);
    put_auth(writer, OURS "hub", account, secret.secret);
    if (registers == VL_REGISTER_HUB) {
        put_auths_of_hub(writer, &secret);
        put_registered_aor(writer, OURS "hub", &trunk.settings);
    } else {
        put_address(writer, OURS "hub", host, &trunk.settings);
    }
    put_object(writer, OURS "hub", "identify");
    vl_buf_printf(writer->out, "endpoint=" OURS "hub\nmatch=%s:5060\n", host);
    if (registers != VL_REGISTER_GUEST)
        return;
    put_registration(writer, OURS "hub", OURS "hub", account, host);
    vl_buf_printf(writer->out, "contact_user=%s\n", account);
    vl_write_options(writer, soon);
}

static void put_phone(const struct vl_pbx_writer *writer, const char *extension)
{
    const char *secret = vl_state_secret(writer->state, "phone/%s/%s", writer->pbx->name, extension);
    const struct vl_telephone *told = vl_lab_telephone(writer->lab, writer->pbx, extension);

    put_challenged(writer, extension);
    vl_buf_printf(writer->out, "aors=%s\ncontext=%s\n", extension, vl_writer_phone_context(writer));
    if (told && told->name)
        vl_buf_printf(writer->out, "callerid=\"%s\" <%s>\n", vl_writer_plain(writer, told->name), extension);
    if (told && told->mailbox)
        vl_buf_printf(writer->out, "mailboxes=%s@%s\n", extension, writer->context);
    put_voice(writer, NULL);
    vl_write_options(writer, nat);
    put_auth(writer, extension, extension, secret ? secret : "");
    put_registered_aor(writer, extension, NULL);
}

/* A trunk to another guest where one of the two has no IAX2. On the caller's side: nothing is at its address that
 * sends calls as it, so none are taken for its. */
static void put_trunk_out(const struct vl_pbx_writer *writer, const struct vl_trunk *trunk)
{
    vl_buf_printf(writer->out, "\n; %s -> %s", trunk->from->name, trunk->to->name);
    put_called(writer, trunk->name, "ip", trunk->name);
    vl_buf_puts(writer->out, "context=" OURS "from-trunk\n");
    vl_write_options(writer, caller);
    put_voice(writer, &trunk->settings);
    put_auth(writer, trunk->name, trunk->name, vl_state_trunk_secret(writer->state, writer->arena, trunk).secret);
    put_address(writer, trunk->name, vl_writer_address(writer, trunk->to->address), &trunk->settings);
}

static void put_trunk_in(const struct vl_pbx_writer *writer, const struct vl_trunk *trunk)
{
    const struct vl_trunk_secret secret = vl_state_trunk_secret(writer->state, writer->arena, trunk);

    vl_buf_printf(writer->out, "\n; %s <- %s", trunk->to->name, trunk->from->name);
    put_challenged_trunk(writer, trunk->name, &secret);
    vl_buf_printf(writer->out, "context=%s\n", vl_writer_entry_context(writer, trunk));
    put_acl(writer, trunk->from);
    vl_buf_puts(writer->out, "trust_id_inbound=yes\n");
    put_voice(writer, &trunk->settings);
    put_trunk_auth(writer, trunk->name, &secret);
}

static void write_guest(const struct vl_pbx_writer *writer)
{
    const struct vl_lab *lab = writer->lab;
    const struct vl_pbx *pbx = writer->pbx;
    struct vl_trunks from = vl_lab_trunks_from(lab, pbx), to = vl_lab_trunks_to(lab, pbx);

    if (vl_pbx_has_account(lab, pbx))
        put_hub(writer);
    for (const char *const *extension = pbx->extensions; extension && *extension; extension++)
        if (vl_writer_makes_phone(writer, *extension))
            put_phone(writer, *extension);
    while (vl_lab_next_trunk(&from))
        if (!vl_writer_over_iax2(writer, &from.trunk))
            put_trunk_out(writer, &from.trunk);
    while (vl_lab_next_trunk(&to))
        if (!vl_writer_over_iax2(writer, &to.trunk))
            put_trunk_in(writer, &to.trunk);
}

void vl_write_pjsip_conf(const struct vl_pbx_writer *writer)
{
    if (!writer->nature->transport) {
        put_object(writer, VL_OUR_TRANSPORT, "transport");
        vl_buf_puts(writer->out, "protocol=udp\nbind=0.0.0.0:5060\n");
    }
    if (writer->pbx->role == VL_ROLE_HUB)
        write_hub(writer);
    else
        write_guest(writer);
}
