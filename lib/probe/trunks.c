/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "probe/trunks.h"

#include <poll.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "lab/flavor.h"
#include "probe/asterisk.h"

enum {
    ASK_TIMEOUT_MS = 30000,
    POLL_FIRST_MS = 30,
    POLL_MOST_MS = 240,
    LOOKS_WITHOUT = 5, /* so often a call is not there, before it is one that has ended */
};

#define ASK_IAX2_PEERS "iax2 show peers"
#define ASK_CHANNELS "core show channels concise"
#define IAX2_PEER_HEAD "^"
#define IAX2_PEER_END "[ /].* OK \\("

/* How a driver is asked about its registrations and peers, and told to try again: all, or one by its name. */
static const struct dialect {
    const char *registry, *peers, *again, *register_one, *qualify_one;
    /* the beginning and the end of a line that says that it is well, for grep -E: of a registration, of a peer */
    const char *registry_head, *registry_end, *peer_head, *peer_end;
    int (*parse_registry)(struct vl_arena *arena, const char *text, struct vl_registration **ret, size_t *ret_count);
    int (*parse_peers)(struct vl_arena *arena, const char *text, struct vl_peer **ret, size_t *ret_count);
} dialects[VL_SIP_DRIVERS] = {
    [VL_SIP_CHAN_SIP] = { .registry = "sip show registry",
                          .peers = "sip show peers",
                          .again = "sip reload",
                          .registry_head = "^",
                          .registry_end = ":.* Registered ",
                          .peer_head = "^",
                          .peer_end = "[ /].* OK \\(",
                          .parse_registry = vl_asterisk_parse_sip_registry,
                          .parse_peers = vl_asterisk_parse_sip_peers },
    [VL_SIP_PJSIP] = { .registry = "pjsip show registrations",
                       .peers = "pjsip show contacts",
                       .register_one = "pjsip send register",
                       .qualify_one = "pjsip qualify",
                       .registry_head = "^ *",
                       .registry_end = "/.* Registered",
                       .peer_head = " ",
                       .peer_end = "/.* Avail",
                       .parse_registry = vl_asterisk_parse_pjsip_registrations,
                       .parse_peers = vl_asterisk_parse_pjsip_contacts },
};

static const struct dialect *dialect_of(const struct vl_state *state, const struct vl_pbx *pbx)
{
    return &dialects[vl_state_nature(state, pbx)->sip];
}

/* Whether trunks of this kind lead out of the PBX. */
static bool has_trunks(const struct vl_state *state, const struct vl_pbx *pbx, bool iax2)
{
    struct vl_trunks walk = vl_lab_trunks_from(state->lab, pbx);

    while (vl_lab_next_trunk(&walk))
        if (vl_state_over_iax2(state, &walk.trunk) == iax2)
            return true;
    return false;
}

/* Whether this guest registers with the hub. */
static bool registers(const struct vl_state *state, const struct vl_pbx *pbx)
{
    return pbx->role == VL_ROLE_GUEST && pbx->account && vl_lab_registers(state->lab, pbx) == VL_REGISTER_GUEST;
}

const char *const *vl_probe_trunk_commands(struct vl_arena *arena, const struct vl_state *state,
                                           const struct vl_pbx *pbx)
{
    static const char *const none[] = { NULL };
    const char **commands = vl_arena_zalloc(arena, 4 * sizeof(*commands));
    size_t count = 0;

    if (!commands)
        return none;
    if (registers(state, pbx))
        commands[count++] = dialect_of(state, pbx)->registry;
    if (pbx->role == VL_ROLE_HUB || pbx->account || has_trunks(state, pbx, false))
        commands[count++] = dialect_of(state, pbx)->peers;
    if (has_trunks(state, pbx, true))
        commands[count] = ASK_IAX2_PEERS;
    return commands;
}

/* How many of these names Asterisk shows as being well. */
static struct vl_sight count_lines(struct vl_arena *arena, const char *title, const char *question, const char *head,
                                   const char *names, const char *end, size_t count)
{
    return (struct vl_sight){
        .title = title,
        .command = vl_arena_printf(arena, "asterisk -rx '%s' | grep -c -E '%s(%s)%s'", question, head, names, end),
        .answer = vl_arena_printf(arena, "%zu", count),
    };
}

static void add_name(struct vl_arena *arena, const char **names, size_t *count, const char *name)
{
    *names = *count ? vl_arena_printf(arena, "%s|%s", *names, name) : name;
    (*count)++;
}

static const char *trunk_names(struct vl_arena *arena, const struct vl_state *state, const struct vl_pbx *pbx,
                               bool iax2, const char *names, size_t *count)
{
    struct vl_trunks walk = vl_lab_trunks_from(state->lab, pbx);

    while (vl_lab_next_trunk(&walk))
        if (vl_state_over_iax2(state, &walk.trunk) == iax2)
            add_name(arena, &names, count, vl_arena_strdup(arena, walk.trunk.name));
    return names;
}

/* The SIP peers: at the hub the accounts of the guests, at a guest the hub and the guests that have no IAX2. */
static const char *sip_names(struct vl_arena *arena, const struct vl_state *state, const struct vl_pbx *pbx,
                             size_t *count)
{
    const char *names = "";

    if (pbx->role != VL_ROLE_HUB) {
        if (pbx->account)
            add_name(arena, &names, count, vl_flavor_hub_peer(arena, pbx, vl_state_nature(state, pbx)));
        return trunk_names(arena, state, pbx, false, names, count);
    }
    for (size_t i = 0; i < state->lab->pbx_count; i++)
        if (state->lab->pbxs[i].account)
            add_name(arena, &names, count, state->lab->pbxs[i].account);
    return names;
}

size_t vl_probe_sights(struct vl_arena *arena, const struct vl_state *state, const struct vl_pbx *pbx,
                       struct vl_sight ret_sights[static VL_PROBE_SIGHTS])
{
    const struct dialect *dialect = dialect_of(state, pbx);
    const char *names, *iax2;
    size_t sip_count = 0, iax2_count = 0, sights = 0;

    if (registers(state, pbx)) {
        const char *name = dialect->register_one ? vl_flavor_hub_peer(arena, pbx, vl_state_nature(state, pbx))
                                                 : vl_text_from_ipv4(arena, state->lab->hub->address);

        ret_sights[sights++] = count_lines(arena, "the registration with the hub", dialect->registry,
                                           dialect->registry_head, name, dialect->registry_end, 1);
    }
    names = sip_names(arena, state, pbx, &sip_count);
    iax2 = trunk_names(arena, state, pbx, true, "", &iax2_count);
    if (sip_count)
        ret_sights[sights++] = count_lines(arena, "the SIP peers that answer", dialect->peers, dialect->peer_head,
                                           names, dialect->peer_end, sip_count);
    if (iax2_count)
        ret_sights[sights++] = count_lines(arena, "the IAX2 peers that answer", ASK_IAX2_PEERS, IAX2_PEER_HEAD, iax2,
                                           IAX2_PEER_END, iax2_count);
    return sights;
}

/* One CLI command of Asterisk. */
static int ask(struct vl_target *target, const char *command, char **ret_output, struct vl_error *err)
{
    const char *const argv[] = { "asterisk", "-rx", command, NULL };
    struct vl_command_result result = { .status = -1 };
    int timeout = target->answer_timeout_ms ? target->answer_timeout_ms : ASK_TIMEOUT_MS;

    if (target->ops->run(target, argv, NULL, timeout, &result, err) < 0)
        return -1;
    if (result.status) {
        vl_command_result_free(&result);
        return vl_fail(err, VL_ERROR_FAILED, "Asterisk does not answer on '%s'", target->name);
    }
    *ret_output = result.output;
    return 0;
}

bool vl_probe_asterisk_ready(struct vl_target *target)
{
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    VL_FREE char *output = NULL;

    return ask(target, VL_PROBE_READY, &output, &ignored) == 0;
}

bool vl_probe_started_since(struct vl_target *target, long long since)
{
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    VL_FREE char *ready = NULL, *uptime = NULL;
    unsigned long seconds;

    return ask(target, VL_PROBE_READY, &ready, &ignored) == 0 &&
           ask(target, "core show uptime seconds", &uptime, &ignored) == 0 &&
           vl_asterisk_parse_uptime(uptime ? uptime : "", &seconds) && (long long)seconds * 1000 <= vl_now_ms() - since;
}

/* Ask for all, in one round trip where the target can. What is answered does not matter. */
static void ask_all(struct vl_target *target, const char *const *commands)
{
    VL_ERROR_AUTO ignored = { .code = VL_OK };

    vl_target_prefetch(target, &(struct vl_wanted){ .commands = commands });
    for (; *commands; commands++) {
        VL_FREE char *output = NULL;

        (void)ask(target, *commands, &output, &ignored);
    }
}

/* PJSIP asks an address that did not answer again at its own pace, and old versions wait before they register. */
void vl_probe_register_again(const struct vl_state *state, const struct vl_pbx *pbx, struct vl_target *target)
{
    const struct dialect *dialect = dialect_of(state, pbx);
    const struct vl_lab *lab = state->lab;
    VL_ARENA_AUTO arena = { .blocks = NULL };
    const char **commands = vl_arena_zalloc(&arena, (lab->pbx_count + 4) * sizeof(*commands));
    const char *hub = vl_flavor_hub_peer(&arena, pbx, vl_state_nature(state, pbx));
    struct vl_trunks walk = vl_lab_trunks_from(lab, pbx);
    size_t count = 0;

    if (!commands)
        return;
    if (dialect->again)
        commands[count++] = dialect->again;
    if (registers(state, pbx) && dialect->register_one)
        commands[count++] = vl_arena_printf(&arena, "%s %s", dialect->register_one, hub);
    if (pbx->account && dialect->qualify_one)
        commands[count++] = vl_arena_printf(&arena, "%s %s", dialect->qualify_one, hub);
    while (dialect->qualify_one && vl_lab_next_trunk(&walk))
        if (!vl_state_over_iax2(state, &walk.trunk))
            commands[count++] = vl_arena_printf(&arena, "%s %s", dialect->qualify_one, walk.trunk.name);
    ask_all(target, commands);
}

static void add_edge(struct vl_arena *arena, struct vl_trunk_view *view, const struct vl_edge *edge)
{
    struct vl_edge *grown;

    if (!view->every && (edge->ok || view->edge_count >= VL_TRUNK_VIEW_BAD))
        return;
    grown = vl_arena_grow(arena, view->edges, view->edge_count, sizeof(*grown));
    if (!grown)
        return;
    view->edges = grown;
    grown[view->edge_count] = *edge;
    grown[view->edge_count].name = vl_arena_strdup(arena, edge->name);
    grown[view->edge_count++].status = vl_arena_strdup(arena, edge->status);
}

static int look_at_registration(struct vl_arena *arena, const struct vl_state *state, const struct vl_pbx *pbx,
                                struct vl_target *target, struct vl_trunk_view *view, struct vl_error *err)
{
    VL_ARENA_AUTO answer = { .blocks = NULL };
    const char *hub = vl_text_from_ipv4(&answer, state->lab->hub->address), *words = "";
    const struct dialect *dialect = dialect_of(state, pbx);
    const char *name =
        dialect->register_one ? vl_flavor_hub_peer(&answer, pbx, vl_state_nature(state, pbx)) : pbx->account;
    VL_FREE char *output = NULL;
    struct vl_registration *list;
    size_t count;

    view->registration_wanted = true;
    view->registration = "";
    if (ask(target, dialect->registry, &output, err) < 0)
        return -1;
    if (dialect->parse_registry(&answer, output, &list, &count) < 0)
        return vl_fail(err, VL_ERROR_FAILED, "Asterisk on '%s' does not say what it has registered; is %s there?",
                       target->name, vl_sip_drivers[vl_state_nature(state, pbx)->sip]);
    for (size_t i = 0; i < count; i++) {
        if (!vl_asterisk_name_matches(list[i].username, name) || !vl_text_starts(list[i].host, hub) ||
            (list[i].host[strlen(hub)] && list[i].host[strlen(hub)] != ':'))
            continue;
        words = list[i].state_text;
        view->registered = list[i].state == VL_REGISTRATION_REGISTERED;
        view->stuck = list[i].state == VL_REGISTRATION_NO_AUTHENTICATION || list[i].state == VL_REGISTRATION_REJECTED ||
                      list[i].state == VL_REGISTRATION_FAILED;
    }
    view->registration = vl_arena_strdup(arena, words);
    add_edge(arena, view,
             &(struct vl_edge){ .kind = VL_EDGE_REGISTRATION,
                                .to = state->lab->hub,
                                .name = pbx->account,
                                .status = *words ? words : "no such registration",
                                .milliseconds = -1,
                                .ok = view->registered });
    return 0;
}

/* A peer as Asterisk shows it: it is good when it answers, and, where it registers, is registered now. One that is
 * OK may have no address any more: what expired is forgotten, and its last answer is not. */
static bool is_good(const struct vl_peer *peer, bool registers)
{
    return peer->status == VL_PEER_OK && (!registers || *peer->host); /* Asterisk does not dial one that is LAGGED */
}

/* Count one wanted peer among those that Asterisk shows: the account `edge->name`, which leads to `edge->to`. */
static void count_peer(struct vl_arena *arena, const struct vl_peer *peers, size_t count, struct vl_edge edge,
                       bool registers, struct vl_trunk_view *view)
{
    edge.status = "not there";
    edge.milliseconds = -1;
    for (size_t i = 0; i < count && !edge.ok; i++) {
        if (!vl_asterisk_name_matches(peers[i].name, edge.name))
            continue;
        edge.ok = is_good(&peers[i], registers);
        edge.status = !edge.ok && peers[i].status == VL_PEER_OK ? "not registered" : peers[i].status_text;
        edge.milliseconds = edge.ok ? peers[i].milliseconds : -1;
    }
    edge.away = edge.away && !edge.ok;
    view->peers_wanted++;
    view->peers_ok += edge.ok;
    view->peers_away += edge.away;
    if (!edge.ok && !edge.away && !view->first_bad_peer)
        view->first_bad_peer = vl_arena_printf(arena, "%s (%s): %s", edge.name, edge.to->name, edge.status);
    add_edge(arena, view, &edge);
}

/* The peers that Asterisk shows, in the arena `answer`. */
struct peers {
    struct vl_peer *list;
    size_t count;
};

static int ask_sip_peers(struct vl_arena *answer, const struct vl_state *state, const struct vl_pbx *pbx,
                         struct vl_target *target, struct peers *ret_peers, struct vl_error *err)
{
    const struct dialect *dialect = dialect_of(state, pbx);
    VL_FREE char *output = NULL;

    if (ask(target, dialect->peers, &output, err) < 0)
        return -1;
    if (dialect->parse_peers(answer, output, &ret_peers->list, &ret_peers->count) == 0)
        return 0;
    return vl_fail(err, VL_ERROR_FAILED, "Asterisk on '%s' shows no SIP peers; is %s there?", target->name,
                   vl_sip_drivers[vl_state_nature(state, pbx)->sip]);
}

static int ask_iax2_peers(struct vl_arena *answer, struct vl_target *target, struct peers *ret_peers,
                          struct vl_error *err)
{
    VL_FREE char *output = NULL;

    if (ask(target, ASK_IAX2_PEERS, &output, err) < 0)
        return -1;
    if (vl_asterisk_parse_iax2_peers(answer, output, &ret_peers->list, &ret_peers->count) == 0)
        return 0;
    return vl_fail(err, VL_ERROR_FAILED, "Asterisk on '%s' shows no IAX2 peers; is chan_iax2 there?", target->name);
}

/* The hub as a peer: registered with it or not, Asterisk dials it only while it answers. */
static void look_at_hub(struct vl_arena *arena, const struct vl_state *state, const struct vl_pbx *pbx,
                        const struct peers *peers, struct vl_trunk_view *view)
{
    const char *name = vl_flavor_hub_peer(arena, pbx, vl_state_nature(state, pbx));
    struct vl_edge edge = {
        .kind = VL_EDGE_HUB, .to = state->lab->hub, .name = name, .status = "not there", .milliseconds = -1
    };

    for (size_t i = 0; i < peers->count; i++) {
        if (strcmp(peers->list[i].name, name) != 0)
            continue;
        edge.ok = peers->list[i].status == VL_PEER_OK;
        edge.status = peers->list[i].status_text;
        edge.milliseconds = peers->list[i].milliseconds;
    }
    view->hub = edge.ok ? NULL : vl_arena_strdup(arena, edge.status);
    add_edge(arena, view, &edge);
}

static bool is_away(const struct vl_lab *lab, const bool *away, const struct vl_pbx *pbx)
{
    return away && away[pbx - lab->pbxs];
}

static void look_at_trunks(struct vl_arena *arena, const struct vl_state *state, const struct vl_pbx *pbx,
                           const bool *away, bool iax2, const struct peers *peers, struct vl_trunk_view *view)
{
    struct vl_trunks walk = vl_lab_trunks_from(state->lab, pbx);

    while (vl_lab_next_trunk(&walk))
        if (vl_state_over_iax2(state, &walk.trunk) == iax2)
            count_peer(arena, peers->list, peers->count,
                       (struct vl_edge){ .kind = VL_EDGE_TRUNK,
                                         .to = walk.trunk.to,
                                         .name = walk.trunk.name,
                                         .iax2 = iax2,
                                         .away = is_away(state->lab, away, walk.trunk.to) },
                       false, view);
}

/* The first that is one. What is not asked, or not answered, keeps nobody from asking the rest. */
static int first_of(struct vl_error *causes, size_t count, struct vl_error *err)
{
    int rc = 0;

    for (size_t i = 0; i < count; i++) {
        if (causes[i].code && rc == 0)
            vl_error_move(err, &causes[i]);
        rc = causes[i].code || err->code ? -1 : rc;
        vl_error_clear(&causes[i]);
    }
    return rc;
}

static int look_at_guest(struct vl_arena *arena, const struct vl_state *state, const struct vl_pbx *pbx,
                         const bool *away, struct vl_target *target, struct vl_trunk_view *view, struct vl_error *err)
{
    VL_ARENA_AUTO answer = { .blocks = NULL };
    bool sip = has_trunks(state, pbx, false), iax2 = has_trunks(state, pbx, true);
    struct peers peers = { .count = 0 }, iax2_peers = { .count = 0 };
    struct vl_error causes[3] = { { .code = VL_OK }, { .code = VL_OK }, { .code = VL_OK } };

    if (registers(state, pbx))
        view->asterisk |= look_at_registration(arena, state, pbx, target, view, &causes[0]) == 0;
    if (pbx->account || sip)
        view->asterisk |= ask_sip_peers(&answer, state, pbx, target, &peers, &causes[1]) == 0;
    if (pbx->account)
        look_at_hub(arena, state, pbx, &peers, view);
    look_at_trunks(arena, state, pbx, away, false, &peers, view);
    if (dialect_of(state, pbx)->qualify_one)
        view->stuck =
            (view->registration_wanted && (!view->registered || view->hub)) || view->peers_ok < view->peers_wanted;
    if (iax2)
        view->asterisk |= ask_iax2_peers(&answer, target, &iax2_peers, &causes[2]) == 0;
    look_at_trunks(arena, state, pbx, away, true, &iax2_peers, view);
    view->hub_away = state->lab->hub && is_away(state->lab, away, state->lab->hub);
    return first_of(causes, VL_COUNT(causes), err);
}

static int look_at_accounts(struct vl_arena *arena, const struct vl_state *state, const struct vl_pbx *pbx,
                            const bool *away, struct vl_target *target, struct vl_trunk_view *view,
                            struct vl_error *err)
{
    const struct vl_lab *lab = state->lab;
    VL_ARENA_AUTO answer = { .blocks = NULL };
    struct peers peers;

    if (ask_sip_peers(&answer, state, pbx, target, &peers, err) < 0)
        return -1;
    for (size_t i = 0; i < lab->pbx_count; i++)
        if (lab->pbxs[i].account)
            count_peer(arena, peers.list, peers.count,
                       (struct vl_edge){ .kind = VL_EDGE_ACCOUNT,
                                         .to = &lab->pbxs[i],
                                         .name = lab->pbxs[i].account,
                                         .away = is_away(lab, away, &lab->pbxs[i]) },
                       registers(state, &lab->pbxs[i]), view);
    return 0;
}

int vl_probe_trunks(struct vl_arena *arena, const struct vl_state *state, const struct vl_pbx *pbx, const bool *away,
                    struct vl_target *target, struct vl_trunk_view *ret_view, struct vl_error *err)
{
    struct vl_trunk_view view = { .registration = "", .every = ret_view->every };
    VL_ARENA_AUTO wanted = { .blocks = NULL };
    int rc;

    vl_target_prefetch(target, &(struct vl_wanted){ .commands = vl_probe_trunk_commands(&wanted, state, pbx) });
    rc = pbx->role == VL_ROLE_HUB ? look_at_accounts(arena, state, pbx, away, target, &view, err)
                                  : look_at_guest(arena, state, pbx, away, target, &view, err);
    view.asterisk |= rc == 0;
    if (view.asterisk)
        *ret_view = view;
    return rc;
}

bool vl_trunk_view_good(const struct vl_trunk_view *view)
{
    return view->asterisk && (view->hub_away || ((!view->registration_wanted || view->registered) && !view->hub)) &&
           view->peers_ok + view->peers_away == view->peers_wanted;
}

/* A call under way. Other calls, a user's or those of the other PBXs' checks, may use the same trunk at the same time:
 * ours is the one that hangs on the Local channel that was not there before. */
struct placed {
    const struct vl_call *call;
    const char *prefix; /* of the names of our Local channel's two ends */
    const char *before; /* the list of channels before the call */
    bool seen, up;
    bool over;            /* nothing is to be waited for any more */
    int without;          /* looks that did not find it */
    const char *ours;     /* our channel, to be hung up: the call is over */
    const char *answered; /* the channel of another trunk that answered it: dialplans try the hub where a trunk fails */
};

/* The end of our Local channel that calls: the one that runs the dialplan, or where a device is dialled, the other. */
static const struct vl_channel *find_ours(const struct placed *placed, const struct vl_channel *list, size_t count)
{
    char end = placed->call->device ? '1' : '2';

    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(list[i].name);

        if (vl_text_starts(list[i].name, placed->prefix) && length > 2 && list[i].name[length - 1] == end &&
            strchr(";,", list[i].name[length - 2]) && !strstr(placed->before, list[i].name))
            return &list[i];
    }
    return NULL;
}

/* Asterisk 12 and later shows the same bridge with both channels, an older one each other's name. */
static bool is_bridged_with(const struct vl_channel *ours, const struct vl_channel *other)
{
    return *ours->bridge && (!strcmp(ours->bridge, other->bridge) || !strcmp(ours->bridge, other->name));
}

/* Look whether a call of ours is up on the trunk. Returns the channel to be hung up, which there is when it has been
 * answered, and at the last look in any case. */
static const char *look_at_call(struct vl_arena *arena, struct placed *placed, const struct vl_channel *list,
                                size_t count, bool last)
{
    const struct vl_channel *ours = find_ours(placed, list, count);

    for (size_t i = 0; i < count && ours; i++) {
        bool wanted = vl_text_starts(list[i].name, placed->call->channel);
        bool answered = !strcmp(list[i].state, "Up") && is_bridged_with(ours, &list[i]);

        placed->seen = placed->seen || wanted;
        placed->up = placed->up || (wanted && answered);
        if (!wanted && answered && !vl_text_starts(list[i].name, "Local/"))
            placed->answered = vl_arena_strdup(arena, list[i].name);
    }
    placed->without = ours ? 0 : placed->without + 1;
    placed->over = placed->up || placed->answered || placed->without >= LOOKS_WITHOUT || last;
    return ours && placed->over ? ours->name : NULL;
}

/* What is worth waiting for over there: that the trunks of calls which were there when last looked are up. */
static const char *awaited(struct vl_arena *arena, const struct placed *placed, size_t count)
{
    const char *list = NULL;

    for (size_t i = 0; i < count; i++)
        if (!placed[i].over && !placed[i].without)
            list = list ? vl_arena_printf(arena, "%s %s", list, placed[i].call->channel) : placed[i].call->channel;
    return list;
}

/* What hangs up calls that are over and are not hung up yet, then what is put behind it; a list that ends with NULL. */
static const char **hang_up_then(struct vl_arena *arena, struct placed *placed, size_t count, const char *then)
{
    const char **commands = vl_arena_zalloc(arena, (count + 2) * sizeof(*commands));
    size_t used = 0;

    for (size_t i = 0; commands && i < count; i++) {
        if (!placed[i].ours)
            continue;
        commands[used++] = vl_arena_printf(arena, "channel request hangup %s", placed[i].ours);
        placed[i].ours = NULL;
    }
    if (commands)
        commands[used] = then;
    return arena->failed ? NULL : commands;
}

/* Look at all calls that are not over; those that were at the look before are hung up with it. How many are left, or
 * -1. `kept`: for what is to be told afterwards. */
static int look_at_calls(struct vl_target *target, struct vl_arena *kept, struct placed *placed, size_t count,
                         bool last, struct vl_error *err)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_FREE char *output = NULL;
    const char **commands = hang_up_then(&arena, placed, count, ASK_CHANNELS);
    struct vl_channel *list;
    size_t channels;
    int left = 0;

    if (!commands)
        return vl_no_memory(err);
    vl_target_prefetch(target, &(struct vl_wanted){ .commands = commands, .awaited = awaited(&arena, placed, count) });
    for (; commands[1]; commands++) {
        VL_FREE char *ignored = NULL;

        if (ask(target, *commands, &ignored, err) < 0)
            return -1;
    }
    if (ask(target, ASK_CHANNELS, &output, err) < 0)
        return -1;
    if (vl_asterisk_parse_channels_concise(&arena, output, &list, &channels) < 0)
        return vl_fail(err, VL_ERROR_FAILED, "Asterisk on '%s' does not list its channels", target->name);
    for (size_t i = 0; i < count; i++) {
        const char *ours = placed[i].over ? NULL : look_at_call(kept, &placed[i], list, channels, last);

        placed[i].ours = ours ? vl_arena_strdup(kept, ours) : NULL;
        left += !placed[i].over;
    }
    return left;
}

/* The command that places a call. It ends by itself, should nobody hang up. */
static const char *originate(struct vl_arena *arena, const struct vl_call *call, int timeout_ms)
{
    int seconds = timeout_ms / 1000 + 2;

    if (call->device)
        return vl_arena_printf(arena, "channel originate Local/%s@%s/n application Dial %s,%d,S(%d)", call->number,
                               call->context, call->device, seconds, seconds);
    return vl_arena_printf(arena, "channel originate Local/%s@%s/n application Wait %d", call->number, call->context,
                           seconds);
}

struct vl_sight vl_probe_call_sight(struct vl_arena *arena, const struct vl_call *call, int timeout_ms,
                                    const char **ret_originate)
{
    *ret_originate = originate(arena, call, timeout_ms);
    return (struct vl_sight){
        .command = vl_arena_printf(arena, "asterisk -rx '" ASK_CHANNELS "' | grep -c '^%s.*!Up!'", call->channel),
        .answer = "1",
    };
}

/* Look which channels there are, then place all calls; with these, look for the first time. */
static int place_calls(struct vl_target *target, struct vl_arena *arena, struct placed *placed, size_t count,
                       int timeout_ms, struct vl_error *err)
{
    const char **commands = vl_arena_zalloc(arena, (count + 3) * sizeof(*commands));
    VL_FREE char *before = NULL;

    if (!commands)
        return vl_no_memory(err);
    commands[0] = ASK_CHANNELS;
    for (size_t i = 0; i < count; i++)
        commands[i + 1] = originate(arena, placed[i].call, timeout_ms);
    commands[count + 1] = ASK_CHANNELS;
    vl_target_prefetch(target, &(struct vl_wanted){ .commands = commands, .awaited = awaited(arena, placed, count) });
    if (ask(target, ASK_CHANNELS, &before, err) < 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        VL_FREE char *output = NULL;

        if (ask(target, commands[i + 1], &output, err) < 0)
            return -1;
        if (vl_asterisk_no_such_command(output))
            return vl_fail(err, VL_ERROR_FAILED,
                           "Asterisk on '%s' cannot place a call by itself; load res_clioriginate", target->name);
        placed[i].before = vl_arena_strdup(arena, before);
        placed[i].prefix = vl_arena_printf(arena, "Local/%s@%s-", placed[i].call->number, placed[i].call->context);
    }
    return vl_arena_check(arena, err);
}

static int follow_calls(struct vl_target *target, struct vl_arena *arena, struct placed *placed, size_t count,
                        int timeout_ms, struct vl_error *err)
{
    long long deadline = vl_now_ms() + timeout_ms;
    const char **hangups;
    int left;

    if (place_calls(target, arena, placed, count, timeout_ms, err) < 0)
        return -1;
    for (int pause = POLL_FIRST_MS;; pause = pause < POLL_MOST_MS ? 2 * pause : pause) {
        left = look_at_calls(target, arena, placed, count, vl_now_ms() >= deadline, err);
        if (left <= 0)
            break;
        (void)poll(NULL, 0, pause);
    }
    hangups = hang_up_then(arena, placed, count, NULL);
    if (hangups)
        ask_all(target, hangups);
    return left;
}

static void tell_unanswered(const struct vl_target *target, const struct placed *placed, int timeout_ms,
                            struct vl_error *err)
{
    const struct vl_call *call = placed->call;

    if (call->device)
        (void)vl_fail(err, VL_ERROR_FAILED,
                      "registered by its own word only: a call from '%s' over the hub to itself, %s, was not answered "
                      "within %d s",
                      target->name, call->number, timeout_ms / 1000);
    else if (placed->answered)
        (void)vl_fail(err, VL_ERROR_FAILED, "the call from '%s' to %s was answered by '%s' and not over '%s'%s",
                      target->name, call->number, placed->answered, call->channel,
                      placed->seen ? ", which rang" : ", which did not come up");
    else if (placed->without >= LOOKS_WITHOUT)
        (void)vl_fail(err, VL_ERROR_FAILED, "the call from '%s' to %s ended without an answer: %s '%s' came up",
                      target->name, call->number, placed->seen ? "a channel" : "no channel", call->channel);
    else
        (void)vl_fail(err, VL_ERROR_FAILED, "the call from '%s' to %s was not answered within %d s: %s '%s' came up",
                      target->name, call->number, timeout_ms / 1000, placed->seen ? "a channel" : "no channel",
                      call->channel);
}

void vl_probe_calls(struct vl_target *target, const struct vl_call *calls, size_t count, int timeout_ms,
                    struct vl_error *ret_errors)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_ERROR_AUTO cause = { .code = VL_OK };
    struct placed *placed = vl_arena_zalloc(&arena, count * sizeof(*placed));
    int rc = placed ? 0 : vl_no_memory(&cause);

    for (size_t i = 0; placed && i < count; i++)
        placed[i].call = &calls[i];
    if (placed)
        rc = follow_calls(target, &arena, placed, count, timeout_ms, &cause);
    for (size_t i = 0; i < count; i++) {
        if (rc < 0 && !(placed && placed[i].up))
            (void)vl_fail(&ret_errors[i], cause.code, "%s", vl_error_text(&cause));
        else if (rc == 0 && !placed[i].up)
            tell_unanswered(target, &placed[i], timeout_ms, &ret_errors[i]);
    }
}
