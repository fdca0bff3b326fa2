/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the authors of the thesis typed into the page of Elastix (4.4.1, 4.4.2), for any lab: the trunk `DAHDI SIP` to
 * the hub with its registration, an IAX2 trunk to every other guest that is called as that guest (`Virtual2`), a route
 * to each of them by its prefix, and the extensions. Where a line is not theirs it says why.
 */
#include <ctype.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "render/freepbx_part.h"

/* The peer's name is the one that the files of a guest have, so that who looks at a guest need not ask which it is. */
#define HUB_CHANNEL "hub"
#define HUB_NAME "DAHDI SIP"

/* The names are cut to what the narrowest column of any era takes: that of a route holds `outrt-NNN-` as well. */
enum { MOST_OPTIONS = 24, LONGEST_ROUTE = 33, LONGEST_NAME = 50 };

/* What the words of the tables below that start with `@` stand for. */
struct words {
    const char *address, *account, *secret, *number, *name;
};

/* The hub does not sign its calls (insecure), and sees the account whatever the number of the caller (fromuser).
 * Without `context` the generator puts from-trunk-sip-hub there, which counts calls. */
static const struct vl_freepbx_option sip_hub[] = {
    { "host", "@address" },        { "username", "@account" }, { "secret", "@secret" },      { "type", "peer" },
    { "fromuser", "@account" },    { "qualify", "yes" },       { "trustrpid", "yes" },       { "sendrpid", "yes" },
    { "insecure", "port,invite" }, { "disallow", "all" },      { "allow", "ulaw&alaw&gsm" }, { "dtmfmode", "rfc2833" },
    { "canreinvite", "no" },
};

static const struct vl_freepbx_option pjsip_hub[] = {
    { "trunk_name", HUB_CHANNEL },
    { "sip_server", "@address" },
    { "sip_server_port", "5060" },
    { "username", "@account" },
    { "secret", "@secret" },
    { "registration", "send" },
    { "authentication", "outbound" },
    { "contact_user", "@account" },
    { "from_user", "@account" },
    { "context", "from-pstn" },
    { "transport", "0.0.0.0-udp" },
    { "qualify_frequency", "60" },
    { "auth_rejection_permanent", "off" },
    { "retry_interval", "60" },
    { "forbidden_retry_interval", "30" },
    { "fatal_retry_interval", "30" },
    { "max_retries", "10000" },
    { "expiration", "3600" },
    { "codecs", "ulaw,alaw,gsm" },
    { "dtmfmode", "rfc4733" },
    { "trust_rpid", "yes" },
    { "sendrpid", "yes" },
    { "disabletrunk", "off" },
};

/* Theirs, and codecs and md5, since the other end may be a guest with the files of voiplab. */
static const struct vl_freepbx_option iax_peer[] = {
    { "host", "@address" }, { "username", "@account" }, { "secret", "@secret" },
    { "type", "peer" },     { "trunk", "yes" },         { "qualify", "yes" },
    { "auth", "md5" },      { "disallow", "all" },      { "allow", "ulaw&alaw&gsm" },
};

/* Theirs, that it comes from the guest whose account it is, and that so many calls may begin at once. */
static const struct vl_freepbx_option iax_user[] = {
    { "secret", "@secret" },
    { "type", "user" },
    { "context", "from-trunk" },
    { "auth", "md5" },
    { "trunk", "yes" },
    { "requirecalltoken", "yes" },
    { "maxauthreq", "100" },
    { "deny", "0.0.0.0/0.0.0.0" },
    { "permit", "@address/255.255.255.255" },
    { "disallow", "all" },
    { "allow", "ulaw&alaw&gsm" },
};

static const struct vl_freepbx_option sip_phone[] = {
    { "secret", "@secret" },
    { "dtmfmode", "rfc2833" },
    { "canreinvite", "no" },
    { "context", "from-internal" },
    { "host", "dynamic" },
    { "type", "friend" },
    { "nat", "yes" },
    { "port", "5060" },
    { "qualify", "yes" },
    { "callgroup", "" },
    { "pickupgroup", "" },
    { "disallow", "all" },
    { "allow", "ulaw&alaw&gsm" },
    { "dial", "SIP/@number" },
    { "accountcode", "" },
    { "mailbox", "@number@device" },
    { "account", "@number" },
    { "callerid", "@name <@number>" },
};

static const struct vl_freepbx_option pjsip_phone[] = {
    { "sipdriver", "chan_pjsip" }, { "secret", "@secret" },
    { "dtmfmode", "rfc4733" },     { "context", "from-internal" },
    { "trustrpid", "yes" },        { "sendrpid", "pai" },
    { "qualifyfreq", "60" },       { "max_contacts", "1" },
    { "transport", "" },           { "disallow", "all" },
    { "allow", "ulaw&alaw&gsm" },  { "dial", "PJSIP/@number" },
    { "accountcode", "" },         { "mailbox", "@number@device" },
    { "account", "@number" },      { "callerid", "@name <@number>" },
};

static const char *put_words(struct vl_arena *arena, const char *text, const struct words *words)
{
    const struct {
        const char *word, *value;
    } known[] = { { "@address", words->address },
                  { "@account", words->account },
                  { "@secret", words->secret },
                  { "@number", words->number },
                  { "@name", words->name } };
    VL_BUF_AUTO buf = VL_BUF_INIT;

    while (*text) {
        size_t i = 0;

        while (i < VL_COUNT(known) && strncmp(text, known[i].word, strlen(known[i].word)) != 0)
            i++;
        if (i == VL_COUNT(known)) {
            vl_buf_putc(&buf, *text++);
            continue;
        }
        vl_buf_puts(&buf, known[i].value ? known[i].value : "");
        text += strlen(known[i].word);
    }
    arena->failed |= buf.failed;
    return vl_arena_strdup(arena, vl_buf_text(&buf));
}

static void add_option(struct vl_freepbx_options *options, const char *keyword, const char *data)
{
    if (options->items && options->count < MOST_OPTIONS)
        options->items[options->count++] = (struct vl_freepbx_option){ .keyword = keyword, .data = data };
}

/* The options of a table; `account`, the name of the section, goes before them where it is not among them. */
static struct vl_freepbx_options make_options(struct vl_arena *arena, const char *account,
                                              const struct vl_freepbx_option *table, size_t count,
                                              const struct words *words)
{
    struct vl_freepbx_options options = { .items = vl_arena_zalloc(arena, MOST_OPTIONS * sizeof(*options.items)) };

    if (account)
        add_option(&options, "account", account);
    for (size_t i = 0; i < count; i++)
        add_option(&options, table[i].keyword, put_words(arena, table[i].data, words));
    return options;
}

#define OPTIONS(freepbx, account, table, words) make_options((freepbx)->arena, account, table, VL_COUNT(table), words)

static struct vl_freepbx_trunk *add_trunk(const struct vl_freepbx *freepbx, struct vl_freepbx_model *model)
{
    struct vl_freepbx_trunk *grown =
        vl_arena_grow(freepbx->arena, model->trunks, model->trunk_count, sizeof(*model->trunks));

    if (!grown)
        return NULL;
    model->trunks = grown;
    return &model->trunks[model->trunk_count++];
}

static void add_hub(const struct vl_freepbx *freepbx, struct vl_freepbx_model *model)
{
    const struct vl_pbx *pbx = freepbx->pbx;
    struct vl_freepbx_trunk *trunk = add_trunk(freepbx, model);
    struct words words = { .account = pbx->account };

    if (!trunk)
        return;
    words.address = vl_text_from_ipv4(freepbx->arena, freepbx->lab->hub->address);
    words.secret = vl_state_hub_secret(freepbx->state, pbx).secret;
    *trunk = (struct vl_freepbx_trunk){
        .name = HUB_NAME, .tech = "sip", .table = "sip", .channel = HUB_CHANNEL, .user = ""
    };
    if (freepbx->pjsip) {
        trunk->tech = trunk->table = "pjsip";
        trunk->peer = OPTIONS(freepbx, NULL, pjsip_hub, &words);
        return;
    }
    trunk->peer = OPTIONS(freepbx, HUB_CHANNEL, sip_hub, &words);
    trunk->registration =
        vl_arena_printf(freepbx->arena, "%s:%s@%s/%s", pbx->account, words.secret, words.address, pbx->account);
}

/* `Virtual2` for virtual2. */
static const char *title_of(const struct vl_freepbx *freepbx, const struct vl_pbx *pbx)
{
    char *title = vl_arena_strndup(freepbx->arena, pbx->name, LONGEST_NAME);

    if (*title)
        *title = (char)toupper((unsigned char)*title);
    return title;
}

/* Who is called takes two secrets while they are changed, with a semicolon between them that begins no comment. */
static struct words words_of_trunk(const struct vl_freepbx *freepbx, const struct vl_trunk *trunk,
                                   const struct vl_pbx *other)
{
    const struct vl_trunk_secret secret = vl_state_trunk_secret(freepbx->state, freepbx->arena, trunk);

    return (struct words){
        .address = vl_text_from_ipv4(freepbx->arena, other->address),
        .account = vl_arena_strdup(freepbx->arena, trunk->name),
        .secret = secret.also && trunk->to == freepbx->pbx
                      ? vl_arena_printf(freepbx->arena, "%s\\;%s", secret.secret, secret.also)
                      : secret.secret,
    };
}

/* One trunk of the page has both directions: the peer that we call as, and the user that the other calls as. */
static void add_iax2(const struct vl_freepbx *freepbx, const struct vl_trunk *out, struct vl_freepbx_model *model)
{
    struct vl_trunk back;
    bool in = vl_lab_trunk(freepbx->lab, out->to, out->from, &back);
    struct words words = words_of_trunk(freepbx, out, out->to);
    struct vl_freepbx_trunk *trunk = add_trunk(freepbx, model);

    if (!trunk)
        return;
    *trunk = (struct vl_freepbx_trunk){ .name = title_of(freepbx, out->to),
                                        .tech = "iax2",
                                        .table = "iax",
                                        .channel = words.account,
                                        .user = "",
                                        .peer = OPTIONS(freepbx, words.account, iax_peer, &words) };
    if (!in)
        return;
    words = words_of_trunk(freepbx, &back, back.from);
    trunk->user = words.account;
    trunk->caller = OPTIONS(freepbx, words.account, iax_user, &words);
}

/* A class of numbers may be called as a guest is, or as the hub: no two routes of ours have one name. */
static const char *route_name(const struct vl_freepbx *freepbx, const struct vl_freepbx_model *model, const char *name)
{
    const char *wanted = vl_arena_strndup(freepbx->arena, name, LONGEST_ROUTE), *unique = wanted;
    unsigned copy = 1;

    for (size_t i = 0; i < model->route_count; i++)
        if (!strcmp(model->routes[i].name, unique)) {
            unique = vl_arena_printf(freepbx->arena, "%.*s-%u", LONGEST_ROUTE - 4, wanted, ++copy);
            i = (size_t)-1; /* from the beginning */
        }
    return unique;
}

static struct vl_freepbx_route *add_route(const struct vl_freepbx *freepbx, struct vl_freepbx_model *model,
                                          const char *name, const char *trunk)
{
    struct vl_freepbx_route *grown =
        vl_arena_grow(freepbx->arena, model->routes, model->route_count, sizeof(*model->routes));

    if (!grown)
        return NULL;
    model->routes = grown;
    name = route_name(freepbx, model, name);
    grown += model->route_count++;
    *grown = (struct vl_freepbx_route){ .name = name, .trunks = { trunk }, .trunk_count = 1 };
    return grown;
}

/* The page drops what is there twice. */
static void add_pattern(const struct vl_freepbx *freepbx, struct vl_freepbx_route *route, const char *pattern)
{
    const char **grown;

    for (size_t i = 0; i < route->pattern_count; i++)
        if (!strcmp(route->patterns[i], pattern))
            return;
    grown = vl_arena_grow(freepbx->arena, route->patterns, route->pattern_count, sizeof(*grown));
    if (!grown)
        return;
    grown[route->pattern_count++] = pattern;
    route->patterns = grown;
}

/* A pattern of the lab as the page takes it: without `_`; it knows no `!`, which is nothing or anything. */
static void add_lab_pattern(const struct vl_freepbx *freepbx, struct vl_freepbx_route *route, const char *pattern)
{
    const char *text = *pattern == '_' ? pattern + 1 : pattern;
    size_t length = strlen(text);

    if (!length || text[length - 1] != '!') {
        add_pattern(freepbx, route, text);
        return;
    }
    if (length > 1)
        add_pattern(freepbx, route, vl_arena_strndup(freepbx->arena, text, length - 1));
    add_pattern(freepbx, route, vl_arena_printf(freepbx->arena, "%.*s.", (int)length - 1, text));
}

static void add_classes(const struct vl_freepbx *freepbx, bool emergency, struct vl_freepbx_model *model)
{
    for (size_t i = 0; i < freepbx->lab->route_count; i++) {
        const struct vl_route *class = &freepbx->lab->routes[i];
        struct vl_freepbx_route *route;

        if (class->emergency != emergency || !vl_class_allows(freepbx->pbx->class, class))
            continue;
        route = add_route(freepbx, model, class->name, HUB_CHANNEL);
        for (const char *const *pattern = class->patterns; route && *pattern; pattern++)
            add_lab_pattern(freepbx, route, *pattern);
        if (route)
            route->emergency = emergency;
    }
}

/* The telephones of the hub, and the accounts that ring the other guests there. */
static void add_hub_numbers(const struct vl_freepbx *freepbx, struct vl_freepbx_model *model)
{
    const struct vl_lab *lab = freepbx->lab;
    struct vl_freepbx_route *route = add_route(freepbx, model, HUB_CHANNEL, HUB_CHANNEL);

    for (size_t i = 0; route && i < lab->pbx_count; i++)
        if (&lab->pbxs[i] != freepbx->pbx && lab->pbxs[i].account)
            add_pattern(freepbx, route, lab->pbxs[i].account);
    for (size_t i = 0; route && i < lab->user_count; i++)
        add_pattern(freepbx, route, lab->users[i].number);
    if (route && !route->pattern_count)
        model->route_count--;
}

/* Theirs was `1.`; in full, for `2.` would take the local numbers that start with 2 as well. When the trunk is down the
 * hub is asked, which knows the prefixes too. */
static void add_prefix(const struct vl_freepbx *freepbx, const struct vl_pbx *to, const char *trunk, bool hub,
                       struct vl_freepbx_model *model)
{
    struct vl_freepbx_route *route = add_route(freepbx, model, to->name, trunk ? trunk : HUB_CHANNEL);

    if (!route)
        return;
    add_pattern(freepbx, route, vl_arena_printf(freepbx->arena, "%sXXX", to->prefix));
    if (hub && trunk)
        route->trunks[route->trunk_count++] = HUB_CHANNEL;
}

/* The trunk to another guest, if there is one, and the way of its numbers. */
static void add_guest(const struct vl_freepbx *freepbx, const struct vl_pbx *to, bool hub,
                      struct vl_freepbx_model *model)
{
    struct vl_trunk trunk;
    enum vl_way way = vl_lab_way(freepbx->lab, freepbx->pbx, to, &trunk);

    if (way == VL_WAY_TRUNK)
        add_iax2(freepbx, &trunk, model);
    if (way == VL_WAY_HUB)
        add_prefix(freepbx, to, NULL, true, model);
    else if (way != VL_WAY_NONE)
        add_prefix(freepbx, to, vl_arena_strdup(freepbx->arena, trunk.name), hub, model);
}

static void add_extension(const struct vl_freepbx *freepbx, const char *number, struct vl_freepbx_model *model)
{
    struct vl_freepbx_extension *grown =
        vl_arena_grow(freepbx->arena, model->extensions, model->extension_count, sizeof(*model->extensions));
    char *name = vl_arena_printf(freepbx->arena, "sip%.*s", LONGEST_NAME - 3, freepbx->pbx->name);
    const char *secret = vl_state_secret(freepbx->state, "phone/%s/%s", freepbx->pbx->name, number);
    struct words words = { .number = number, .secret = secret ? secret : "", .name = name };

    if (!grown)
        return;
    for (char *c = name; *c; c++)
        *c = (char)toupper((unsigned char)*c);
    model->extensions = grown;
    grown[model->extension_count++] = (struct vl_freepbx_extension){
        .number = number,
        .name = name,
        .tech = freepbx->pjsip ? "pjsip" : "sip",
        .dial = vl_arena_printf(freepbx->arena, "%s/%s", freepbx->pjsip ? "PJSIP" : "SIP", number),
        .device =
            freepbx->pjsip ? OPTIONS(freepbx, NULL, pjsip_phone, &words) : OPTIONS(freepbx, NULL, sip_phone, &words),
    };
}

struct vl_freepbx_model vl_freepbx_model(const struct vl_freepbx *freepbx, bool remove)
{
    struct vl_freepbx_model model = { .trunks = NULL };
    const struct vl_lab *lab = freepbx->lab;
    const struct vl_pbx *pbx = freepbx->pbx;
    bool hub = lab->hub && pbx->account;

    if (remove)
        return model;
    if (hub) {
        add_hub(freepbx, &model);
        add_classes(freepbx, true, &model);
    }
    for (size_t i = 0; i < lab->pbx_count; i++)
        add_guest(freepbx, &lab->pbxs[i], hub, &model);
    if (hub) {
        add_hub_numbers(freepbx, &model);
        add_classes(freepbx, false, &model);
    }
    for (const char *const *number = pbx->extensions; number && *number; number++)
        add_extension(freepbx, *number, &model);
    return model;
}

bool vl_freepbx_is_number(const char *pattern)
{
    return !pattern[strspn(pattern, "0123456789*")];
}
