/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Trunks that lose packets on purpose. nftables drops them where they come into a bridge of this host, so that the tap
 * of the bridge sees what is left: UDP between the two PBXs, each way, at random. All impairments of a lab are one
 * table, which is exchanged as a whole by one command: it is as it was, or as it shall be. The addresses are those of
 * PBXs of the lab, and no other traffic is touched, least of all this host's own.
 */
#include <string.h>

#include "base/buf.h"
#include "base/process.h"
#include "base/text.h"
#include "probe/impair.h"
#include "stage/stage.h"

enum { CHECK_MS = 5000 };

bool vl_stage_impair_trunk(const struct vl_lab *lab, struct vl_arena *arena, const char *trunk,
                           const struct vl_pbx *ret_ends[static 2])
{
    const char *colon = strchr(trunk, ':');

    if (!colon)
        return false;
    ret_ends[0] = vl_lab_pbx(lab, vl_arena_strndup(arena, trunk, (size_t)(colon - trunk)));
    ret_ends[1] = vl_lab_pbx(lab, vl_arena_strdup(arena, colon + 1));
    return ret_ends[0] && ret_ends[1] && ret_ends[0] != ret_ends[1];
}

static void add_rules(struct vl_buf *script, struct vl_arena *arena, const char *table, const struct vl_pbx *ends[2],
                      const struct vl_impairment *rule)
{
    for (int i = 0; i < 2; i++)
        vl_buf_printf(script,
                      "; add rule bridge %s ways ip saddr %s ip daddr %s ip protocol udp numgen random mod 10000 < %u "
                      "counter drop comment \"%s loss=%u.%02u%%\"",
                      table, vl_text_from_ipv4(arena, ends[i]->address), vl_text_from_ipv4(arena, ends[1 - i]->address),
                      rule->loss, rule->trunk, rule->loss / 100, rule->loss % 100);
}

/* The table is made, so that it can be deleted whether or not it was there, and made again. */
static void begin_table(struct vl_buf *script, const char *table, bool kept)
{
    vl_buf_printf(script, "add table bridge %s; delete table bridge %s", table, table);
    if (!kept)
        return;
    vl_buf_printf(script, "; add table bridge %s; add chain bridge %s ways", table, table);
    vl_buf_printf(script,
                  "; add chain bridge %s forwarded { type filter hook prerouting priority -300; policy accept; }"
                  "; add chain bridge %s sent { type filter hook output priority -300; policy accept; }"
                  "; add rule bridge %s forwarded jump ways; add rule bridge %s sent jump ways",
                  table, table, table, table);
}

/* Whether this kernel can do it, before anything is done: nft asks it, and changes nothing. */
static int try_script(const char *script, struct vl_error *err)
{
    const char *const argv[] = { "nft", "-c", script, NULL };
    const struct vl_process_options options = { .timeout_ms = CHECK_MS };

    if (!vl_process_found("nft"))
        return vl_fail(err, VL_ERROR_FAILED,
                       "packets are dropped by nftables, and there is no 'nft' on this host; "
                       "install the package nftables");
    if (vl_process_check(argv, &options, NULL, err) < 0)
        return vl_error_wrap(err, "this host cannot drop packets of a trunk");
    return 0;
}

static void add_step(struct vl_plan *plan, const char *title, const char *script)
{
    vl_plan_add_command(plan, "packets of trunks are dropped at random, or are so no more", title,
                        vl_plan_argv(plan, "nft", script, NULL));
}

/* A trunk has one name, whichever of its ends is named first: as they stand in the lab file. */
static const char *canonical(const struct vl_lab *lab, struct vl_arena *arena, const char *trunk)
{
    const struct vl_pbx *ends[2];

    if (!trunk || !vl_stage_impair_trunk(lab, arena, trunk, ends) || ends[0] < ends[1])
        return trunk;
    return vl_arena_printf(arena, "%s:%s", ends[1]->name, ends[0]->name);
}

static bool is_wanted(const struct vl_impairment *rule, const char *trunk)
{
    return trunk && strcmp(rule->trunk, trunk) != 0;
}

int vl_stage_impair(struct vl_session *session, const char *trunk, unsigned loss, struct vl_plan *plan,
                    struct vl_error *err)
{
    struct vl_arena *arena = &plan->arena;
    const char *table = vl_impair_table(arena, vl_session_lab_name(session));
    struct vl_impairment *now, wanted = { .loss = loss };
    size_t count = vl_impair_look(arena, vl_session_lab_name(session), &now), kept = loss != 0;
    const struct vl_pbx *ends[2];
    VL_BUF_AUTO script = VL_BUF_INIT;
    bool same = !loss && (trunk || !count);

    wanted.trunk = trunk = canonical(session->lab, arena, trunk);
    for (size_t i = 0; i < count; i++) {
        kept += is_wanted(&now[i], trunk);
        if (trunk && !strcmp(now[i].trunk, trunk))
            same = now[i].loss == loss;
    }
    if (same)
        return 0;
    begin_table(&script, table, kept != 0);
    for (size_t i = 0; i < count; i++)
        if (is_wanted(&now[i], trunk) && vl_stage_impair_trunk(session->lab, arena, now[i].trunk, ends))
            add_rules(&script, arena, table, ends, &now[i]);
    if (loss && vl_stage_impair_trunk(session->lab, arena, trunk, ends))
        add_rules(&script, arena, table, ends, &wanted);
    if (script.failed)
        return vl_no_memory(err);
    if (try_script(vl_buf_text(&script), err) < 0)
        return -1;
    add_step(plan,
             loss ? vl_arena_printf(arena, "%s loses %u.%02u%% of its packets", trunk, loss / 100, loss % 100)
                  : vl_arena_printf(arena, "%s loses nothing", trunk ? trunk : "every trunk"),
             vl_arena_strdup(arena, vl_buf_text(&script)));
    return vl_arena_check(arena, err);
}

void vl_stage_impair_gone(struct vl_session *session, struct vl_plan *plan)
{
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    struct vl_impairment *now;

    if (vl_impair_look(&plan->arena, vl_session_lab_name(session), &now))
        (void)vl_stage_impair(session, NULL, 0, plan, &ignored);
}
