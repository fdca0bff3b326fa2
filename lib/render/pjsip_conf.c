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

/* Every endpoint of ours: voice passes through the PBX, in codecs that all of them speak. */
static const struct vl_option voice[] = {
    { "disallow", "all" },
    { "allow", "ulaw,alaw,gsm" },
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
    { "qualify_frequency", "10" },
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

static void put_object(const struct vl_pbx_writer *writer, const char *name, const char *type)
{
    vl_buf_printf(writer->out, "\n[%s]\ntype=%s\n", name, type);
}

static void put_auth(const struct vl_pbx_writer *writer, const char *name, const char *username, const char *secret)
{
    put_object(writer, name, "auth");
    vl_buf_printf(writer->out, "auth_type=userpass\nusername=%s\npassword=%s\n", username, secret);
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

/* An endpoint at an address, to which calls are sent as `username`. */
static void put_called(const struct vl_pbx_writer *writer, const char *name, const char *username)
{
    put_object(writer, name, "endpoint");
    vl_buf_printf(writer->out, "identify_by=ip\naors=%s\n", name);
    if (username)
        vl_buf_printf(writer->out, "outbound_auth=%s\nfrom_user=%s\n", name, username);
}

static void put_address(const struct vl_pbx_writer *writer, const char *name, const char *host, unsigned qualify_s)
{
    put_object(writer, name, "aor");
    vl_buf_printf(writer->out, "contact=sip:%s\nqualify_frequency=%u\n", host, qualify_s);
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

static void put_registration(const struct vl_pbx_writer *writer, const char *name, const char *username,
                             const char *host)
{
    put_object(writer, name, "registration");
    vl_buf_printf(writer->out, "server_uri=sip:%s\nclient_uri=sip:%s@%s\noutbound_auth=%s\n", host, username, host,
                  name);
    vl_write_options(writer, persistence);
    if (knows_initial_delay(writer->nature))
        vl_buf_puts(writer->out, "max_random_initial_delay=0\n");
}

static void put_registered_aor(const struct vl_pbx_writer *writer, const char *name)
{
    put_object(writer, name, "aor");
    vl_write_options(writer, registered_aor);
}

/* All channels of an account are a group, which the dialplan counts; see extensions_pjsip.c. */
static void put_group(const struct vl_pbx_writer *writer, const char *account)
{
    vl_buf_printf(writer->out, "set_var=GROUP()=%s\n", account);
}

/* The account of a guest. It may ring from the guest's own address only, and the number of the caller behind the
 * guest is believed. */
static void put_guest_account(const struct vl_pbx_writer *writer, const struct vl_pbx *guest)
{
    vl_buf_printf(writer->out, "\n; %s", guest->name);
    put_challenged(writer, guest->account);
    vl_buf_printf(writer->out, "aors=%s\n", guest->account);
    put_place(writer, vl_writer_class_context(writer, guest->class));
    put_group(writer, guest->account);
    put_acl(writer, guest);
    vl_write_options(writer, caller);
    vl_write_options(writer, voice);
    vl_write_options(writer, nat);
    vl_write_options(writer, pickup);
    put_auth(writer, guest->account, guest->account, vl_writer_secret(writer, "sip", guest->account));
    put_registered_aor(writer, guest->account);
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
    put_registered_aor(writer, user->number);
}

/* A provider sends calls without signing them; they reach the telephones of the hub and nothing else. */
static void put_provider(const struct vl_pbx_writer *writer, const struct vl_provider *provider)
{
    const char *name = provider->name;

    put_called(writer, name, provider->username);
    vl_buf_puts(writer->out, "context=" OURS "PSTN\n");
    vl_write_options(writer, voice);
    if (provider->username)
        put_auth(writer, name, provider->username, vl_writer_secret(writer, "provider", name));
    put_address(writer, name, provider->host, 60);
    put_object(writer, name, "identify");
    vl_buf_printf(writer->out, "endpoint=%s\nmatch=%s\n", name, provider->host);
    if (provider->has_register && provider->username) {
        put_registration(writer, name, provider->username, provider->host);
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

/* The hub sends its calls without signing them, so they are known by its address; they reach the telephones of this
 * guest and nothing else. from_user makes the hub see the account whatever the number of the caller. */
static void put_hub(const struct vl_pbx_writer *writer)
{
    const char *account = writer->pbx->account, *host = vl_writer_address(writer, writer->lab->hub->address);

    put_called(writer, OURS "hub", account);
    vl_buf_puts(writer->out, "context=" OURS "from-trunk\n");
    vl_write_options(writer, caller);
    vl_write_options(writer, voice);
    put_auth(writer, OURS "hub", account, vl_writer_secret(writer, "sip", account));
    put_address(writer, OURS "hub", host, 10);
    put_object(writer, OURS "hub", "identify");
    vl_buf_printf(writer->out, "endpoint=" OURS "hub\nmatch=%s:5060\n", host);
    put_registration(writer, OURS "hub", account, host);
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
    vl_write_options(writer, voice);
    vl_write_options(writer, nat);
    put_auth(writer, extension, extension, secret ? secret : "");
    put_registered_aor(writer, extension);
}

/* A trunk to another guest where one of the two has no IAX2. On the caller's side: nothing is at its address that
 * sends calls as it, so none are taken for its. */
static void put_trunk_out(const struct vl_pbx_writer *writer, const struct vl_trunk *trunk)
{
    vl_buf_printf(writer->out, "\n; %s -> %s", trunk->from->name, trunk->to->name);
    put_called(writer, trunk->name, trunk->name);
    vl_buf_puts(writer->out, "context=" OURS "from-trunk\n");
    vl_write_options(writer, caller);
    vl_write_options(writer, voice);
    put_auth(writer, trunk->name, trunk->name, vl_writer_trunk_secret(writer, trunk));
    put_address(writer, trunk->name, vl_writer_address(writer, trunk->to->address), 10);
}

static void put_trunk_in(const struct vl_pbx_writer *writer, const struct vl_trunk *trunk)
{
    vl_buf_printf(writer->out, "\n; %s <- %s", trunk->to->name, trunk->from->name);
    put_challenged(writer, trunk->name);
    vl_buf_puts(writer->out, "context=" OURS "from-trunk\n");
    put_acl(writer, trunk->from);
    vl_buf_puts(writer->out, "trust_id_inbound=yes\n");
    vl_write_options(writer, voice);
    put_auth(writer, trunk->name, trunk->name, vl_writer_trunk_secret(writer, trunk));
}

static void write_guest(const struct vl_pbx_writer *writer)
{
    const struct vl_lab *lab = writer->lab;
    const struct vl_pbx *pbx = writer->pbx;

    if (vl_pbx_has_account(lab, pbx))
        put_hub(writer);
    for (const char *const *extension = pbx->extensions; extension && *extension; extension++)
        if (vl_writer_makes_phone(writer, *extension))
            put_phone(writer, *extension);
    for (size_t i = 0; i < lab->trunk_count; i++) {
        const struct vl_trunk *trunk = &lab->trunks[i];

        if (trunk->from == pbx && !vl_writer_over_iax2(writer, trunk))
            put_trunk_out(writer, trunk);
        if (trunk->to == pbx && !vl_writer_over_iax2(writer, trunk))
            put_trunk_in(writer, trunk);
    }
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
