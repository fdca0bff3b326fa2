/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "probe/trunks.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "lab/flavor.h"
#include "probe/ask.h"
#include "probe/asterisk.h"
#include "probe/trunks_part.h"

/* Of one round trip: a guest with more SIP trunks asks these peers when their time comes. */
enum { REGISTER_MOST = 64 };

/* After that nobody takes a registration for one that was made just now. */
enum { SOON_S = 15 };

static const struct vl_dialect dialects[VL_SIP_DRIVERS] = {
    [VL_SIP_CHAN_SIP] = { .registry = "sip show registry",
                          .peers = "sip show peers",
                          .again = "sip reload",
                          .anew = "module reload chan_sip.so",
                          .qualify_one = "sip qualify peer",
                          .registry_head = "^",
                          .registry_end = ":.* Registered ",
                          .peer_head = "^",
                          .peer_end = "[ /].* OK \\(",
                          .awaited = "!= ~\\sRegistered ~\\sOK\\s",
                          .parse_registry = vl_asterisk_parse_sip_registry,
                          .parse_peers = vl_asterisk_parse_sip_peers },
    [VL_SIP_PJSIP] = { .registry = "pjsip show registrations",
                       .peers = "pjsip show contacts",
                       .anew = "module refresh res_pjsip_outbound_registration.so",
                       .register_one = "pjsip send register",
                       .qualify_one = "pjsip qualify",
                       .registry_head = "^ *",
                       .registry_end = "/.* Registered",
                       .peer_head = " ",
                       .peer_end = "/.* Avail",
                       .awaited = "~\\sRegistered ~\\sAvail",
                       .parse_registry = vl_asterisk_parse_pjsip_registrations,
                       .parse_peers = vl_asterisk_parse_pjsip_contacts },
};

const struct vl_dialect *vl_probe_dialect(const struct vl_state *state, const struct vl_pbx *pbx)
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

bool vl_probe_registers(const struct vl_state *state, const struct vl_pbx *pbx)
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
    if (vl_probe_registers(state, pbx))
        commands[count++] = vl_probe_dialect(state, pbx)->registry;
    if (pbx->role == VL_ROLE_HUB || pbx->account || has_trunks(state, pbx, false))
        commands[count++] = vl_probe_dialect(state, pbx)->peers;
    if (has_trunks(state, pbx, true))
        commands[count] = VL_ASK_IAX2_PEERS;
    return commands;
}

const char *vl_probe_trunk_awaited(const struct vl_state *state, const struct vl_pbx *pbx)
{
    return vl_probe_registers(state, pbx) ? vl_probe_dialect(state, pbx)->awaited : NULL;
}

/* The hub, and the peers of SIP trunks, are asked whether they answer: either driver does so by itself after ten
 * seconds, or at its own pace. Behind the `count` commands that there are. */
static void add_qualifying(struct vl_arena *arena, const struct vl_state *state, const struct vl_pbx *pbx,
                           const char **commands, size_t count)
{
    const char *qualify = vl_probe_dialect(state, pbx)->qualify_one;
    struct vl_trunks walk = vl_lab_trunks_from(state->lab, pbx);

    if (pbx->account)
        commands[count++] =
            vl_arena_printf(arena, "%s %s", qualify, vl_flavor_hub_peer(arena, pbx, vl_state_nature(state, pbx)));
    while (vl_lab_next_trunk(&walk))
        if (!vl_state_over_iax2(state, &walk.trunk))
            commands[count++] = vl_arena_printf(arena, "%s %s", qualify, walk.trunk.name);
}

/* Reloaded, chan_sip asks its peers by itself; PJSIP does not, and old versions wait before they register. With `anew`
 * the registrations are new ones, not those that there are again. In the arena; NULL ends the list. */
static const char **again_commands(struct vl_arena *arena, const struct vl_state *state, const struct vl_pbx *pbx,
                                   bool anew)
{
    const struct vl_dialect *dialect = vl_probe_dialect(state, pbx);
    const struct vl_lab *lab = state->lab;
    const char **commands = vl_arena_zalloc(arena, (lab->pbx_count + 5) * sizeof(*commands));
    size_t count = 0;

    if (!commands)
        return NULL;
    if (anew ? dialect->anew : dialect->again)
        commands[count++] = anew ? dialect->anew : dialect->again;
    if (!anew && vl_probe_registers(state, pbx) && dialect->register_one)
        commands[count++] = vl_arena_printf(arena, "%s %s", dialect->register_one,
                                            vl_flavor_hub_peer(arena, pbx, vl_state_nature(state, pbx)));
    if (dialect->register_one)
        add_qualifying(arena, state, pbx, commands, count);
    return commands;
}

void vl_probe_register_again(const struct vl_state *state, const struct vl_pbx *pbx, struct vl_target *target)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    const char **commands = again_commands(&arena, state, pbx, false);

    if (commands)
        vl_asterisk_ask_all(target, commands);
}

void vl_probe_qualify(const struct vl_state *state, const struct vl_pbx *pbx, struct vl_target *target)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    const char **commands = vl_arena_zalloc(&arena, (state->lab->pbx_count + 2) * sizeof(*commands));

    if (!commands)
        return;
    add_qualifying(&arena, state, pbx, commands, 0);
    if (!arena.failed)
        vl_asterisk_ask_all(target, commands);
}

/* With the question first, so that all of it is one round trip. */
const char *const *vl_probe_wake_commands(struct vl_arena *arena, const struct vl_state *state,
                                          const struct vl_pbx *pbx)
{
    bool registers = vl_probe_registers(state, pbx);
    const char **commands = again_commands(arena, state, pbx, registers);
    const char **all = vl_arena_zalloc(arena, REGISTER_MOST * sizeof(*all));
    size_t count = 0;

    if (!commands || !all)
        return NULL;
    if (registers)
        all[count++] = vl_probe_dialect(state, pbx)->registry;
    for (; *commands && count + 1 < REGISTER_MOST; commands++)
        all[count++] = *commands;
    return all;
}

void vl_probe_register_anew(const struct vl_state *state, const struct vl_pbx *pbx, struct vl_target *target,
                            struct vl_arena *arena, const char **ret_before)
{
    VL_ARENA_AUTO scratch = { .blocks = NULL };
    const char *const *commands = vl_probe_wake_commands(&scratch, state, pbx);
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    VL_FREE char *before = NULL;

    *ret_before = NULL;
    if (!commands || !*commands)
        return;
    vl_target_prefetch(target, &(struct vl_wanted){ .commands = commands });
    if (vl_asterisk_ask(target, commands[0], &before, &ignored) == 0)
        *ret_before = vl_arena_strdup(arena, before);
    while (*++commands) {
        VL_FREE char *output = NULL;

        (void)vl_asterisk_ask(target, *commands, &output, &ignored);
        vl_error_clear(&ignored);
    }
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

/* That of the hub among those that Asterisk shows; its name is NULL where there is none. */
static int find_registration(struct vl_arena *answer, const struct vl_state *state, const struct vl_pbx *pbx,
                             const char *output, struct vl_registration *ret_registration)
{
    const char *hub = vl_text_from_ipv4(answer, state->lab->hub->address);
    const struct vl_dialect *dialect = vl_probe_dialect(state, pbx);
    const char *name =
        dialect->register_one ? vl_flavor_hub_peer(answer, pbx, vl_state_nature(state, pbx)) : pbx->account;
    struct vl_registration *list;
    size_t count;

    *ret_registration = (struct vl_registration){ .state_text = "", .when = "" };
    if (dialect->parse_registry(answer, output, &list, &count) < 0)
        return -1;
    for (size_t i = 0; i < count; i++)
        if (vl_asterisk_name_matches(list[i].username, name) && vl_text_starts(list[i].host, hub) &&
            (!list[i].host[strlen(hub)] || list[i].host[strlen(hub)] == ':'))
            *ret_registration = list[i];
    return 0;
}

static bool is_old(struct vl_arena *answer, const struct vl_state *state, const struct vl_pbx *pbx, const char *before,
                   const struct vl_registration *now)
{
    struct vl_registration then;

    return before && find_registration(answer, state, pbx, before, &then) == 0 && then.username &&
           !vl_asterisk_registered_since(&then, now);
}

bool vl_probe_registered_after(const struct vl_state *state, const struct vl_pbx *pbx, const char *said,
                               long long local_time)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    struct vl_registration found;
    long long when;

    return find_registration(&arena, state, pbx, said, &found) == 0 && found.username &&
           found.state == VL_REGISTRATION_REGISTERED && vl_asterisk_registration_time(&found, &when) &&
           when >= local_time && when - local_time < SOON_S;
}

static int look_at_registration(struct vl_arena *arena, const struct vl_state *state, const struct vl_pbx *pbx,
                                struct vl_target *target, struct vl_trunk_view *view, struct vl_error *err)
{
    VL_ARENA_AUTO answer = { .blocks = NULL };
    VL_FREE char *output = NULL;
    struct vl_registration found;
    const char *words;

    view->registration_wanted = true;
    view->registration = "";
    if (vl_asterisk_ask(target, vl_probe_dialect(state, pbx)->registry, &output, err) < 0)
        return -1;
    if (find_registration(&answer, state, pbx, output, &found) < 0)
        return vl_fail(err, VL_ERROR_FAILED, "Asterisk on '%s' does not say what it has registered; is %s there?",
                       target->name, vl_sip_drivers[vl_state_nature(state, pbx)->sip]);
    words = found.state_text;
    view->registered = found.username && found.state == VL_REGISTRATION_REGISTERED;
    view->stuck = found.username && (found.state == VL_REGISTRATION_NO_AUTHENTICATION ||
                                     found.state == VL_REGISTRATION_REJECTED || found.state == VL_REGISTRATION_FAILED);
    if (view->registered && is_old(&answer, state, pbx, view->before, &found)) {
        view->registered = false;
        words = "not anew since it was put back";
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
    const struct vl_dialect *dialect = vl_probe_dialect(state, pbx);
    VL_FREE char *output = NULL;

    if (vl_asterisk_ask(target, dialect->peers, &output, err) < 0)
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

    if (vl_asterisk_ask(target, VL_ASK_IAX2_PEERS, &output, err) < 0)
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

    if (vl_probe_registers(state, pbx))
        view->asterisk |= look_at_registration(arena, state, pbx, target, view, &causes[0]) == 0;
    if (pbx->account || sip)
        view->asterisk |= ask_sip_peers(&answer, state, pbx, target, &peers, &causes[1]) == 0;
    if (pbx->account)
        look_at_hub(arena, state, pbx, &peers, view);
    look_at_trunks(arena, state, pbx, away, false, &peers, view);
    if (vl_probe_dialect(state, pbx)->register_one)
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
                       vl_probe_registers(state, &lab->pbxs[i]), view);
    return 0;
}

int vl_probe_trunks(struct vl_arena *arena, const struct vl_state *state, const struct vl_pbx *pbx, const bool *away,
                    struct vl_target *target, struct vl_trunk_view *ret_view, struct vl_error *err)
{
    struct vl_trunk_view view = { .registration = "", .every = ret_view->every, .before = ret_view->before };
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
