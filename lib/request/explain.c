/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why a trunk or a call failed. Nobody is asked while all is well. When something has failed, each PBX that stands at
 * an end of it is asked once for all that may show why (probe/evidence.h); a registration about which nobody said
 * anything is then tried again, and the registrar asked a second time.
 */
#include <poll.h>
#include <string.h>

#include "base/clock.h"
#include "base/cleanup.h"
#include "base/parallel.h"
#include "base/text.h"
#include "lab/flavor.h"
#include "lab/mask.h"
#include "probe/evidence.h"
#include "render/asterisk.h"
#include "request/fleet.h"
#include "stage/stage.h"

enum {
    RETRY_S = 7, /* a guest of ours registers again after 5 s */
    AGAIN_MS = 1500,
    MOST_LEGS = 2,
    MOST_EDGES = 64, /* of one PBX: what has more trunks that fail has one cause */
};

struct explaining {
    struct vl_fleet *fleet;
    struct vl_evidence *evidence; /* per member; pbx NULL: not asked */
    struct vl_arena *arenas;
    bool *asked;
    const char ***questions; /* per member */
};

static size_t index_of(const struct vl_fleet *fleet, const struct vl_pbx *pbx)
{
    size_t i = 0;

    while (i < fleet->count && fleet->members[i].pbx != pbx)
        i++;
    return i;
}

struct vl_edge *vl_member_edge(struct vl_member *member, size_t i)
{
    return i < member->view.edge_count ? &member->view.edges[i] : &member->calls[i - member->view.edge_count];
}

size_t vl_member_edges(const struct vl_member *member)
{
    return member->view.edge_count + member->call_count;
}

static bool is_bad(const struct vl_edge *edge)
{
    return !edge->ok && !edge->away;
}

static bool is_told(const struct vl_edge *edge)
{
    return is_bad(edge) && (!edge->unseen || edge->cause.id);
}

static const char *driver_of(const struct vl_fleet *fleet, const struct vl_pbx *pbx, bool iax2)
{
    return iax2                                                                ? "chan_iax2"
           : vl_state_nature(&fleet->session->state, pbx)->sip == VL_SIP_PJSIP ? "chan_pjsip"
                                                                               : "chan_sip";
}

/* The files that Asterisk reads for a leg: the main one of each driver, and ours. */
static void add_files(struct vl_arena *arena, const struct vl_fleet *fleet, const struct vl_pbx *pbx, bool iax2,
                      struct vl_leg *leg)
{
    const struct vl_nature *nature = vl_state_nature(&fleet->session->state, pbx);
    const struct vl_flavor_place *places = vl_flavor_row(nature->flavor)->places;
    enum vl_slot slot = iax2 ? VL_SLOT_IAX : nature->sip == VL_SIP_PJSIP ? VL_SLOT_PJSIP : VL_SLOT_SIP;

    leg->files[0] = vl_arena_printf(arena, VL_ETC_ASTERISK "%s", places[slot].main);
    leg->files[1] = iax2                    ? VL_ETC_ASTERISK "voiplab_iax.conf"
                    : slot == VL_SLOT_PJSIP ? VL_ETC_ASTERISK "voiplab_pjsip.conf"
                                            : VL_ETC_ASTERISK "voiplab_sip.conf";
    if (!leg->number)
        return;
    leg->files[2] = vl_arena_printf(arena, VL_ETC_ASTERISK "%s", places[VL_SLOT_DIALPLAN].main);
    leg->files[3] = VL_ETC_ASTERISK "voiplab_extensions.conf";
}

static struct vl_leg make_leg(struct vl_arena *arena, const struct vl_fleet *fleet, const struct vl_pbx *from,
                              const struct vl_pbx *to, bool iax2, const char *name, const char *number)
{
    struct vl_leg leg = {
        .name = name,
        .from_address = vl_text_from_ipv4(arena, from->address),
        .to_address = vl_text_from_ipv4(arena, to->address),
        .number = number,
        .driver = driver_of(fleet, to, iax2),
        .from_driver = driver_of(fleet, from, iax2),
    };

    if (from->role == VL_ROLE_HUB)
        leg.other_name = vl_flavor_hub_peer(arena, to, vl_state_nature(&fleet->session->state, to));
    add_files(arena, fleet, to, iax2, &leg);
    return leg;
}

/* One leg with who stands at its ends. */
struct way {
    struct vl_leg leg;
    const struct vl_pbx *from, *to;
};

static void add_way(struct vl_arena *arena, const struct vl_fleet *fleet, struct way *ways, size_t *count,
                    const struct vl_pbx *from, const struct vl_pbx *to, bool iax2, const char *name, const char *number)
{
    ways[(*count)++] =
        (struct way){ .leg = make_leg(arena, fleet, from, to, iax2, name, number), .from = from, .to = to };
}

static size_t ways_of_call(struct vl_arena *arena, const struct vl_fleet *fleet, const struct vl_pbx *from,
                           const struct vl_edge *edge, struct way *ways)
{
    const struct vl_lab *lab = fleet->session->lab;
    const struct vl_pbx *to = edge->to == lab->hub ? from : edge->to; /* over the hub, and back */
    struct vl_trunk trunk;
    size_t count = 0;

    if (from->role == VL_ROLE_HUB) {
        add_way(arena, fleet, ways, &count, from, edge->to, false, edge->to->account, edge->name);
    } else if (edge->by_hub) {
        add_way(arena, fleet, ways, &count, from, lab->hub, false, from->account, edge->name);
        add_way(arena, fleet, ways, &count, lab->hub, to, false, to->account, edge->name);
    } else if (vl_lab_way(lab, from, edge->to, &trunk) != VL_WAY_NONE) {
        add_way(arena, fleet, ways, &count, from, trunk.to, edge->iax2, vl_arena_strdup(arena, trunk.name), edge->name);
    }
    if (count)
        ways[0].leg.context = edge->context;
    return count;
}

/* Whether no answer came, by the words for it. */
static bool is_silent(const struct vl_edge *edge)
{
    static const char *const words[] = {
        "Request Sent", "Timeout", "UNREACHABLE", "UNKNOWN", "Unavail", "Unregistered"
    };

    for (size_t i = 0; i < VL_COUNT(words); i++)
        if (vl_text_starts(edge->status, words[i]))
            return true;
    return false;
}

/* The legs that an edge is made of, at most MOST_LEGS. */
static size_t ways_of(struct vl_arena *arena, const struct vl_fleet *fleet, const struct vl_pbx *from,
                      const struct vl_edge *edge, struct way *ways)
{
    const char *name = edge->kind == VL_EDGE_HUB ? from->account : edge->name;
    size_t count = 0;

    if (edge->kind == VL_EDGE_CALL)
        return ways_of_call(arena, fleet, from, edge, ways);
    if (edge->kind == VL_EDGE_ACCOUNT) { /* it registers here, and is called from here */
        add_way(arena, fleet, ways, &count, edge->to, from, false, name, NULL);
        ways[0].leg.registers = true;
    }
    add_way(arena, fleet, ways, &count, from, edge->to, edge->iax2, name, NULL);
    if (edge->kind == VL_EDGE_REGISTRATION)
        ways[0].leg.registers = true;
    ways[count - 1].leg.silent = is_silent(edge);
    return count;
}

static void add_question(struct explaining *all, const struct vl_pbx *pbx, const char *question)
{
    size_t member = index_of(all->fleet, pbx), count = 0;

    if (member == all->fleet->count)
        return;
    all->asked[member] = true;
    for (; question && all->questions[member][count]; count++)
        if (!strcmp(all->questions[member][count], question))
            return;
    if (question && count < VL_EVIDENCE_QUESTIONS)
        all->questions[member][count] = question;
}

/* Who has to be asked about the edges of a member, and what. How many of its edges are bad. */
static size_t find_questions(struct explaining *all, struct vl_member *member)
{
    struct vl_arena *arena = &member->cause_arena;
    size_t bad = 0;

    for (size_t i = 0; i < vl_member_edges(member); i++) {
        struct way ways[MOST_LEGS];
        size_t count;

        if (!is_bad(vl_member_edge(member, i)) || bad++ >= MOST_EDGES)
            continue;
        count = ways_of(arena, all->fleet, member->pbx, vl_member_edge(member, i), ways);
        for (size_t k = 0; k < count; k++) {
            add_question(all, ways[k].from, vl_cause_dial_question(arena, &ways[k].leg));
            add_question(all, ways[k].to, vl_cause_question(arena, &ways[k].leg));
        }
    }
    return bad;
}

/* Files that are not as the lab has them are no case of one that was not loaded. */
static void mark_wrong_files(struct vl_session *session, const struct vl_member *member, struct vl_evidence *evidence)
{
    VL_PLAN_AUTO plan = { .count = 0 };
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    bool known =
        vl_stage_pbx(session, member->pbx, member->target, VL_PART_TRUNK | VL_PART_DIALPLAN, &plan, &ignored) == 0;

    for (size_t i = 0; i < evidence->file_count; i++) {
        evidence->files[i].wrong = !known;
        for (size_t k = 0; k < plan.count; k++)
            if (plan.steps[k].kind == VL_STEP_FILE && !strcmp(plan.steps[k].object, evidence->files[i].path))
                evidence->files[i].wrong = true;
    }
}

static void ask_member(void *context, size_t index)
{
    struct explaining *all = context;
    struct vl_member *member = &all->fleet->members[index];
    VL_ERROR_AUTO cause = { .code = VL_OK };
    struct vl_gate_visit visit;
    unsigned check_s; /* so long ago the check began */
    int rc;

    if (!all->asked[index] || !member->target)
        return;
    if (vl_gate_enter(all->fleet->session, member->pbx, &visit) && vl_session_cancelled(all->fleet->session)) {
        vl_gate_leave(all->fleet->session, &visit);
        return;
    }
    check_s = (unsigned)((vl_now_ms() - all->fleet->looked_ms) / 1000) + 1;
    rc = vl_evidence_ask(&all->arenas[index], member->target, check_s + RETRY_S, check_s, all->questions[index],
                         &all->evidence[index], &cause);
    vl_gate_leave(all->fleet->session, &visit);
    if (rc < 0) {
        all->evidence[index] = (struct vl_evidence){ .pbx = NULL };
        vl_session_event(all->fleet->session, VOIPLAB_EVENT_PROGRESS, member->pbx->name, "not asked for causes: %s",
                         vl_error_text(&cause));
        return;
    }
    mark_wrong_files(all->fleet->session, member, &all->evidence[index]);
}

static const struct vl_evidence *evidence_of(const struct explaining *all, const struct vl_pbx *pbx)
{
    size_t member = index_of(all->fleet, pbx);

    return member < all->fleet->count && all->evidence[member].pbx ? &all->evidence[member] : NULL;
}

static void find_cause(const struct explaining *all, struct vl_member *member, struct vl_edge *edge)
{
    struct way ways[MOST_LEGS];
    size_t count = ways_of(&member->cause_arena, all->fleet, member->pbx, edge, ways);

    for (size_t i = 0; i < count && !edge->cause.id; i++)
        edge->cause = vl_cause_find(&member->cause_arena, &ways[i].leg, evidence_of(all, ways[i].from),
                                    evidence_of(all, ways[i].to));
}

/* A call fails for what the trunk fails for that it takes. */
static void inherit_cause(struct vl_member *member, struct vl_edge *call)
{
    for (size_t i = 0; i < member->view.edge_count && !call->cause.id; i++) {
        const struct vl_edge *edge = &member->view.edges[i];

        if (edge->cause.id && (call->by_hub ? edge->to->role == VL_ROLE_HUB : edge->to == call->to))
            call->cause = edge->cause;
    }
}

static void find_causes(const struct explaining *all, bool *ret_registrations)
{
    for (size_t m = 0; m < all->fleet->count; m++) {
        struct vl_member *member = &all->fleet->members[m];

        for (size_t i = 0, bad = 0; i < vl_member_edges(member); i++) {
            struct vl_edge *edge = vl_member_edge(member, i);

            if (!is_bad(edge) || bad++ >= MOST_EDGES)
                continue;
            if (!edge->cause.id)
                find_cause(all, member, edge);
            if (!edge->cause.id && edge->kind == VL_EDGE_CALL)
                inherit_cause(member, edge);
            if (!edge->cause.id && edge->kind == VL_EDGE_REGISTRATION && member->target)
                *ret_registrations = true;
        }
    }
}

/* Have those register again about whom nothing was found. */
static void register_again(const struct explaining *all)
{
    for (size_t m = 0; m < all->fleet->count; m++) {
        struct vl_member *member = &all->fleet->members[m];

        for (size_t i = 0; i < member->view.edge_count && member->target; i++)
            if (is_bad(&member->view.edges[i]) && member->view.edges[i].kind == VL_EDGE_REGISTRATION &&
                !member->view.edges[i].cause.id)
                vl_probe_register_again(&all->fleet->session->state, member->pbx, member->target);
    }
    (void)poll(NULL, 0, AGAIN_MS);
}

const char *vl_fleet_edge_text(struct vl_arena *arena, const struct vl_edge *edge)
{
    static const char *const words[VL_EDGE_KINDS] = {
        [VL_EDGE_REGISTRATION] = "registration %s with %s",
        [VL_EDGE_HUB] = "peer %s (%s)",
        [VL_EDGE_ACCOUNT] = "account %s (%s)",
        [VL_EDGE_TRUNK] = "trunk %s (%s)",
        [VL_EDGE_CALL] = "call to %s (%s)",
    };
    const char *at = strchr(words[edge->kind], '%'), *behind = strrchr(words[edge->kind], '%');

    return vl_arena_printf(arena, "%.*s%s%.*s%s%s", (int)(at - words[edge->kind]), words[edge->kind], edge->name,
                           (int)(behind - at - 2), at + 2, edge->to->name, behind + 2);
}

/* The dots of a masked secret are no printable ASCII, which is all that an event has. */
const char *vl_fleet_proof(const struct vl_fleet *fleet, struct vl_arena *arena, const struct vl_cause *cause)
{
    char *line = vl_lab_mask(&fleet->session->state, arena, vl_text_quote(arena, cause->line, VL_TEXT_QUOTED));

    for (char *at = line; *at; at++)
        if ((unsigned char)*at >= 0x80)
            *at = '*';
    return line;
}

static void tell(const struct vl_fleet *fleet, struct vl_member *member, const struct vl_edge *edge)
{
    const struct vl_cause_row *row = vl_cause_row(edge->cause.id);
    struct vl_arena *arena = &member->cause_arena;

    if (edge->cause.id)
        vl_session_event(fleet->session, VOIPLAB_EVENT_WARNING, member->pbx->name, "%s: %s: %s has in '%s': %s; %s",
                         vl_fleet_edge_text(arena, edge), row->title, edge->cause.pbx, edge->cause.where,
                         vl_fleet_proof(fleet, arena, &edge->cause), row->remedy);
    else
        vl_session_event(fleet->session, VOIPLAB_EVENT_WARNING, member->pbx->name, "%s: %s; %s",
                         vl_fleet_edge_text(arena, edge), row->title, row->remedy);
}

static void tell_all(struct vl_fleet *fleet)
{
    for (size_t m = 0; m < fleet->count; m++)
        for (size_t i = 0, bad = 0; i < vl_member_edges(&fleet->members[m]); i++)
            if (is_told(vl_member_edge(&fleet->members[m], i)) && bad++ < MOST_EDGES)
                tell(fleet, &fleet->members[m], vl_member_edge(&fleet->members[m], i));
}

static bool prepare(struct vl_arena *arena, struct explaining *all)
{
    size_t count = all->fleet->count;

    all->evidence = vl_arena_zalloc(arena, (count + 1) * sizeof(*all->evidence));
    all->arenas = vl_arena_zalloc(arena, (count + 1) * sizeof(*all->arenas));
    all->asked = vl_arena_zalloc(arena, (count + 1) * sizeof(*all->asked));
    all->questions = vl_arena_zalloc(arena, (count + 1) * sizeof(*all->questions));
    for (size_t i = 0; i < count && all->questions; i++) {
        all->questions[i] = vl_arena_zalloc(arena, (VL_EVIDENCE_QUESTIONS + 1) * sizeof(**all->questions));
        if (!all->questions[i])
            return false;
    }
    return all->evidence && all->arenas && all->asked && all->questions;
}

/* The causes outlive what they were found in. */
static void keep_texts(struct vl_member *member)
{
    for (size_t i = 0; i < vl_member_edges(member); i++) {
        struct vl_cause *cause = &vl_member_edge(member, i)->cause;

        if (!cause->id)
            continue;
        cause->pbx = vl_arena_strdup(&member->cause_arena, cause->pbx);
        cause->where = vl_arena_strdup(&member->cause_arena, cause->where);
        cause->line = vl_arena_strdup(&member->cause_arena, cause->line);
    }
}

void vl_fleet_explain(struct vl_fleet *fleet)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    struct explaining all = { .fleet = fleet };
    size_t bad = 0;
    bool again = false;

    if (!prepare(&arena, &all) || vl_session_cancelled(fleet->session))
        return;
    for (size_t i = 0; i < fleet->count; i++)
        bad += find_questions(&all, &fleet->members[i]);
    if (!bad)
        return;
    vl_parallel(fleet->count, fleet->session->options.jobs, ask_member, &all);
    find_causes(&all, &again);
    if (again) {
        register_again(&all);
        vl_parallel(fleet->count, fleet->session->options.jobs, ask_member, &all);
        find_causes(&all, &again);
    }
    for (size_t i = 0; i < fleet->count; i++)
        keep_texts(&fleet->members[i]);
    for (size_t i = 0; i < fleet->count; i++)
        vl_arena_free(&all.arenas[i]);
    tell_all(fleet);
}

static void edge_json(struct vl_fleet *fleet, struct vl_member *member, const struct vl_edge *edge,
                      struct vl_json *json)
{
    const struct vl_cause_row *row = vl_cause_row(edge->cause.id);
    struct vl_arena *arena = &member->cause_arena;

    vl_json_object(json, NULL);
    vl_json_string(json, "pbx", member->pbx->name);
    vl_json_string(json, "what", vl_fleet_edge_text(arena, edge));
    vl_json_string(json, "to", edge->to->name);
    vl_json_string(json, "status", vl_text_printable(arena, edge->status));
    vl_json_string(json, "cause", row->name);
    vl_json_string(json, "title", row->title);
    vl_json_string(json, "said_by", edge->cause.pbx);
    vl_json_string(json, "where", edge->cause.where);
    vl_json_string(json, "line", edge->cause.id ? vl_fleet_proof(fleet, arena, &edge->cause) : NULL);
    vl_json_string(json, "remedy", row->remedy);
    vl_json_end(json);
}

void vl_fleet_causes_json(struct vl_fleet *fleet, struct vl_json *json)
{
    vl_json_array(json, "causes");
    for (size_t m = 0; m < fleet->count; m++)
        for (size_t i = 0, bad = 0; i < vl_member_edges(&fleet->members[m]); i++)
            if (is_told(vl_member_edge(&fleet->members[m], i)) && bad++ < MOST_EDGES)
                edge_json(fleet, &fleet->members[m], vl_member_edge(&fleet->members[m], i), json);
    vl_json_end(json);
}
