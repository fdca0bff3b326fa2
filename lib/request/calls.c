/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * calls: what is called on the PBXs at this moment, a line per channel, as their Asterisks tell it.
 */
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/parallel.h"
#include "base/text.h"
#include "probe/ask.h"
#include "probe/asterisk.h"
#include "request/request.h"

enum { WAIT_S = 10, MINUTE = 60, HOUR = 3600, PARTNERS_MOST = 4 };

struct listed {
    struct vl_channel *channels;
    size_t count;
};

struct listing {
    struct vl_fleet *fleet;
    struct listed *lists; /* one per member, their texts in its arena */
};

static void list_channels(void *context, size_t index)
{
    const struct listing *listing = context;
    struct vl_member *member = &listing->fleet->members[index];
    struct listed *listed = &listing->lists[index];
    VL_FREE char *text = NULL;

    if (member->error.code || !member->target ||
        vl_asterisk_ask(member->target, "core show channels concise", &text, &member->error) < 0)
        return;
    if (vl_asterisk_parse_channels_concise(&member->arena, text ? text : "", &listed->channels, &listed->count) < 0)
        (void)vl_fail(&member->error, VL_ERROR_FAILED, "Asterisk does not show its channels on '%s'",
                      member->pbx->name);
}

static bool is_with(const struct vl_channel *channel, const struct vl_channel *other)
{
    return other != channel && (!strcmp(other->bridge, channel->bridge) || !strcmp(other->name, channel->bridge));
}

/* Those that it is in a bridge with: of Asterisk 12 and later by the bridge, of an older one by each other's name. Of a
 * conference the first few and how many more, as it may have thousands. */
static const char *partners(struct vl_arena *arena, const struct listed *listed, const struct vl_channel *channel)
{
    VL_BUF_AUTO names = VL_BUF_INIT;
    size_t count = 0;

    if (!channel->bridged)
        return NULL;
    for (size_t i = 0; i < listed->count; i++)
        if (is_with(channel, &listed->channels[i]) && ++count <= PARTNERS_MOST)
            vl_buf_printf(&names, "%s%s", count > 1 ? " " : "", listed->channels[i].name);
    if (count > PARTNERS_MOST)
        vl_buf_printf(&names, " and %zu more", count - PARTNERS_MOST);
    return count ? vl_text_quote(arena, vl_buf_text(&names), VL_TEXT_QUOTED) : NULL;
}

static const char *lasting(struct vl_arena *arena, unsigned long seconds)
{
    return vl_arena_printf(arena, "%lu:%02lu:%02lu", seconds / HOUR, seconds % HOUR / MINUTE, seconds % MINUTE);
}

/* What a guest says of its calls is for a terminal: who is root there, or just calls, chooses the words. */
static const char *shown(struct vl_arena *arena, const char *text)
{
    return text && *text ? vl_text_quote(arena, text, VL_TEXT_QUOTED) : NULL;
}

static void add_row(const struct vl_run *run, const char *pbx, const struct listed *listed,
                    const struct vl_channel *channel)
{
    struct vl_arena *arena = &run->result->arena;

    vl_result_row(run->result, (const char *const[VL_RESULT_COLUMNS]){
                                   pbx, shown(arena, channel->caller), shown(arena, channel->extension),
                                   shown(arena, channel->context), shown(arena, channel->state),
                                   lasting(arena, channel->seconds), shown(arena, channel->application),
                                   shown(arena, channel->name), partners(arena, listed, channel) });
}

static int tell(const struct vl_run *run, const struct listing *listing)
{
    size_t channels = 0, busy = 0, asked = 0;

    vl_result_headings(run->result, "PBX", "CALLER", "NUMBER", "CONTEXT", "STATE", "TIME", "APPLICATION", "CHANNEL",
                       "WITH", NULL);
    for (size_t i = 0; i < listing->fleet->count; i++) {
        const struct vl_member *member = &listing->fleet->members[i];
        const struct listed *listed = &listing->lists[i];

        if (member->error.code && member->target)
            vl_session_event(run->session, VOIPLAB_EVENT_WARNING, member->pbx->name, "%s",
                             vl_error_text(&member->error));
        for (size_t j = 0; j < listed->count; j++)
            add_row(run, member->pbx->name, listed, &listed->channels[j]);
        channels += listed->count;
        busy += listed->count > 0;
        asked += !member->error.code;
    }
    vl_result_table_json(run->result, "channels");
    vl_result_summary(run->result, "%zu channel%s on %zu of %zu PBX%s", channels, vl_plural(channels), busy, asked,
                      asked == 1 ? "" : "s");
    return vl_run_fleet_error(run, listing->fleet);
}

int vl_run_calls(const struct vl_run *run)
{
    VL_FLEET_AUTO fleet = { .count = 0 };
    struct listing listing = { .fleet = &fleet };

    if (vl_fleet_open(run->session, run->request->names, &fleet, run->err) < 0)
        return -1;
    listing.lists = vl_arena_zalloc(&run->result->arena, fleet.count * sizeof(*listing.lists));
    if (!listing.lists)
        return vl_no_memory(run->err);
    vl_fleet_connect(&fleet, run->session->options.wait_s ? run->session->options.wait_s : WAIT_S);
    vl_parallel(fleet.count, run->session->options.jobs, list_channels, &listing);
    return tell(run, &listing);
}
