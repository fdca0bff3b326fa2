/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is ours in a data base of FreePBX, a line a row: as queries, and as the lines that they shall give. A line names
 * trunks and routes by name, for their numbers are the data base's own affair, and stands for itself, so that lines can
 * be sorted and compared as texts. The order of the routes is not in them: that is for who sits at the page to change.
 *
 * The client prints a line feed in a value as `\n` and a backslash as `\\`, so a row is a line whatever is in it; and
 * no value of ours is as long as the cut. Columns are taken as bytes: tables of one data base may differ in collation.
 */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "render/freepbx_part.h"

enum { MOST_ROWS = 2000, LONGEST = 400 };

/* A line begins a query. `{column}` is the column as bytes, cut. @trunks and @routes are the tables with what is ours,
 * `t` and `r`, each with its row in voiplab_owned. */
#define TRUNKS "voiplab_owned o JOIN trunks t ON o.kind = 'trunk' AND o.id = t.trunkid AND o.name = t.channelid"
#define ROUTES "voiplab_owned o JOIN outbound_routes r ON o.kind = 'route' AND o.id = r.route_id AND o.name = r.name"

static const char look_trunks[] =
    "SELECT CONCAT('trunk ', {t.channelid}, ': ', {t.tech}, ' \"', {t.name}, '\", user \"', {t.usercontext}, "
    "'\", cid ', {t.keepcid}, ' \"', {t.outcid}, '\", channels \"', {t.maxchans}, '\", prefix \"', {t.dialoutprefix}, "
    "'\", failure \"', {t.failscript}, '\", disabled ', {t.disabled}) FROM @trunks\n";

/* The options of trunks: the table, the word for them, what stands before the trunk's number. */
static const char look_options[] =
    "SELECT CONCAT('trunk ', {t.channelid}, ' %s ', LPAD(s.flags, 2, '0'), ': ', {s.keyword}, '=', {s.data}) "
    "FROM @trunks JOIN %s s ON s.id = CONCAT('%s', t.trunkid)\n";

static const char look_routes[] =
    "SELECT CONCAT('route ', {r.name}, ': emergency \"', {r.emergency_route}, '\", intracompany \"', "
    "{r.intracompany_route}, '\", cid \"', {r.outcid}, '\", pin \"', {r.password}, '\"') FROM @routes\n"
    "SELECT CONCAT('route ', {r.name}, ' pattern: ', IF(p.prepend_digits = '', '', CONCAT({p.prepend_digits}, '+')), "
    "IF(p.match_pattern_prefix = '', '', CONCAT({p.match_pattern_prefix}, '|')), {p.match_pattern_pass}, "
    "IF(p.match_cid = '', '', CONCAT('/', {p.match_cid}))) FROM @routes "
    "JOIN outbound_route_patterns p ON p.route_id = r.route_id\n"
    "SELECT CONCAT('route ', {r.name}, ' trunk ', s.seq, ': ', {t.channelid}) FROM @routes "
    "JOIN outbound_route_trunks s ON s.route_id = r.route_id LEFT JOIN trunks t ON t.trunkid = s.trunk_id\n";

/* `dialout-trunk,3,…` is shown with the name of the trunk 3. */
static const char look_contexts[] =
    "SELECT CONCAT('route ', SUBSTRING({e.context}, 11), ' ', {e.extension}, ' ', LPAD(e.priority, 2, '0'), ': ', "
    "{e.application}, ' ', IF(t.trunkid IS NULL, {e.args}, CONCAT('dialout-trunk,', {t.channelid}, "
    "SUBSTRING({e.args}, LENGTH(SUBSTRING_INDEX(e.args, ',', 2)) + 1)))) FROM extensions e "
    "LEFT JOIN trunks t ON e.args LIKE 'dialout-trunk,%' "
    "AND t.trunkid = SUBSTRING_INDEX(SUBSTRING_INDEX(e.args, ',', 2), ',', -1) "
    "WHERE e.context LIKE 'outrt-%' AND e.descr = 'voiplab'\n"
    "SELECT CONCAT('route ', SUBSTRING({i.application}, 11), ' included') FROM extensions i "
    "JOIN (SELECT DISTINCT context FROM extensions WHERE context LIKE 'outrt-%' AND descr = 'voiplab') o "
    "ON o.context = i.application WHERE i.context = 'outbound-allroutes'\n";

static const char look_extensions[] =
    "SELECT CONCAT('extension ', {u.extension}, ': \"', {u.name}, '\", voicemail ', {u.voicemail}, ', rings ', "
    "IFNULL(u.ringtimer, '')) FROM voiplab_owned o JOIN users u ON o.kind = 'extension' AND u.extension = o.name\n"
    "SELECT CONCAT('extension ', {d.id}, ' device: ', {d.tech}, ' ', {d.dial}, ' ', {d.devicetype}, ' ', {d.user}, "
    "' \"', {d.description}, '\"') FROM voiplab_owned o JOIN devices d ON o.kind = 'extension' AND d.id = o.name\n"
    "SELECT CONCAT('extension ', {s.id}, ' ', LPAD(s.flags, 2, '0'), ': ', {s.keyword}, '=', {s.data}) "
    "FROM voiplab_owned o JOIN sip s ON o.kind = 'extension' AND s.id = o.name\n";

static const char look_owed[] = "SELECT 'reload owed' FROM voiplab_owned WHERE kind = 'reload'\n";

/* Append what stands for the shorthand at *text, and go past it. */
static void put_shorthand(struct vl_buf *sql, const char **text)
{
    size_t length = strcspn(*text, "}");

    if (vl_text_starts(*text, "@trunks")) {
        vl_buf_puts(sql, TRUNKS);
        *text += strlen("@trunks");
    } else if (vl_text_starts(*text, "@routes")) {
        vl_buf_puts(sql, ROUTES);
        *text += strlen("@routes");
    } else if (**text == '{') {
        vl_buf_printf(sql, "IFNULL(LEFT(BINARY %.*s, %d), '')", (int)length - 1, *text + 1, LONGEST);
        *text += length + 1;
    } else if (**text == '\n') {
        vl_buf_printf(sql, " LIMIT %d;\n", MOST_ROWS);
        (*text)++;
    } else {
        vl_buf_putc(sql, *(*text)++);
    }
}

static void put_queries(struct vl_buf *sql, const char *queries)
{
    while (*queries)
        put_shorthand(sql, &queries);
}

static void put_section_look(const struct vl_freepbx *freepbx, const char *table, const char *word, const char *id,
                             struct vl_buf *sql)
{
    put_queries(sql, vl_arena_printf(freepbx->arena, look_options, word, table, id));
}

static void put_era(const struct vl_freepbx *freepbx, const struct vl_freepbx_model *model, struct vl_buf *sql)
{
    static const char *const tables[] = { "sip", "iax" };

    vl_buf_printf(sql, "-- era %s\n", vl_freepbx_era_name(freepbx->era));
    put_queries(sql, look_trunks);
    for (size_t i = 0; i < VL_COUNT(tables); i++)
        for (unsigned section = 0; section < VL_FREEPBX_SECTIONS; section++)
            put_section_look(freepbx, tables[i], vl_freepbx_sections[section].word, vl_freepbx_sections[section].id,
                             sql);
    if (freepbx->era >= VL_FREEPBX_12)
        put_section_look(freepbx, "pjsip", "pjsip", "", sql);
    put_queries(sql, freepbx->era == VL_FREEPBX_2_6 ? look_contexts : look_routes);
    put_queries(sql, look_extensions);
    put_queries(sql, look_owed);
    vl_freepbx_clashes(freepbx, model, false, sql);
    vl_buf_puts(sql, "-- end\n");
}

const char *vl_freepbx_look_sql(struct vl_freepbx *freepbx, bool remove)
{
    VL_BUF_AUTO sql = VL_BUF_INIT;

    for (freepbx->era = 0; freepbx->era < VL_FREEPBX_ERAS; freepbx->era++) {
        struct vl_freepbx_model model = vl_freepbx_model(freepbx, remove);

        put_era(freepbx, &model, &sql);
    }
    freepbx->era = 0;
    freepbx->arena->failed |= sql.failed;
    return vl_arena_strdup(freepbx->arena, vl_buf_text(&sql));
}

/* The lines of one trunk's options. A backslash is doubled, as the client does. */
static void put_options(struct vl_buf *out, const char *head, const struct vl_freepbx_options *options)
{
    for (size_t i = 0; i < options->count; i++)
        vl_buf_printf(out, "%s %02zu: %s=%s\n", head, i + VL_FREEPBX_FIRST_FLAG, options->items[i].keyword,
                      options->items[i].data);
}

static void put_trunk(const struct vl_freepbx *freepbx, const struct vl_freepbx_trunk *trunk, struct vl_buf *out)
{
    const char *head = vl_arena_printf(freepbx->arena, "trunk %s", trunk->channel);
    const char *peer = trunk->table[0] == 'p' ? "pjsip" : vl_freepbx_sections[VL_FREEPBX_PEER].word;

    vl_buf_printf(out,
                  "%s: %s \"%s\", user \"%s\", cid off \"\", channels \"\", prefix \"\", failure \"\", disabled off\n",
                  head, trunk->tech, trunk->name, trunk->user);
    put_options(out, vl_arena_printf(freepbx->arena, "%s %s", head, peer), &trunk->peer);
    put_options(out, vl_arena_printf(freepbx->arena, "%s %s", head, vl_freepbx_sections[VL_FREEPBX_USER].word),
                &trunk->caller);
    if (trunk->registration)
        vl_buf_printf(out, "%s %s 00: register=%s\n", head, vl_freepbx_sections[VL_FREEPBX_REGISTRATION].word,
                      trunk->registration);
}

static void put_context(const struct vl_freepbx_route *route, struct vl_buf *out)
{
    for (size_t i = 0; i < route->pattern_count; i++) {
        unsigned priority = 1;

#define LINE "route %s %s%s %02u: "
#define HEAD route->name, vl_freepbx_is_number(route->patterns[i]) ? "" : "_", route->patterns[i], priority++
        if (route->emergency)
            vl_buf_printf(out, LINE "SetVar EMERGENCYROUTE=YES\n", HEAD);
        for (size_t k = 0; k < route->trunk_count; k++)
            vl_buf_printf(out, LINE "Macro dialout-trunk,%s" VL_FREEPBX_MACRO_REST "\n", HEAD, route->trunks[k]);
        vl_buf_printf(out, LINE "Macro outisbusy\n", HEAD);
#undef LINE
#undef HEAD
    }
    vl_buf_printf(out, "route %s included\n", route->name);
}

static void put_route(const struct vl_freepbx_route *route, struct vl_buf *out)
{
    vl_buf_printf(out, "route %s: emergency \"%s\", intracompany \"\", cid \"\", pin \"\"\n", route->name,
                  route->emergency ? "YES" : "");
    for (size_t i = 0; i < route->pattern_count; i++)
        vl_buf_printf(out, "route %s pattern: %s\n", route->name, route->patterns[i]);
    for (size_t i = 0; i < route->trunk_count; i++)
        vl_buf_printf(out, "route %s trunk %zu: %s\n", route->name, i, route->trunks[i]);
}

static void put_extension(const struct vl_freepbx *freepbx, const struct vl_freepbx_extension *extension,
                          struct vl_buf *out)
{
    const char *head = vl_arena_printf(freepbx->arena, "extension %s", extension->number);

    vl_buf_printf(out, "%s: \"%s\", voicemail novm, rings 0\n%s device: %s %s fixed %s \"%s\"\n", head, extension->name,
                  head, extension->tech, extension->dial, extension->number, extension->name);
    put_options(out, head, &extension->device);
}

/* The client's way of printing a value: what it doubles, and a value's longest. */
static const char *as_printed(struct vl_arena *arena, const char *text)
{
    VL_BUF_AUTO buf = VL_BUF_INIT;

    for (; *text; text++) {
        vl_buf_putc(&buf, *text);
        if (*text == '\\')
            vl_buf_putc(&buf, '\\');
    }
    arena->failed |= buf.failed;
    return vl_arena_strdup(arena, vl_buf_text(&buf));
}

const char *vl_freepbx_wanted(const struct vl_freepbx *freepbx)
{
    struct vl_freepbx_model model = vl_freepbx_model(freepbx, false);
    VL_BUF_AUTO out = VL_BUF_INIT;

    for (size_t i = 0; i < model.trunk_count; i++)
        put_trunk(freepbx, &model.trunks[i], &out);
    for (size_t i = 0; i < model.route_count; i++)
        if (freepbx->era == VL_FREEPBX_2_6)
            put_context(&model.routes[i], &out);
        else
            put_route(&model.routes[i], &out);
    for (size_t i = 0; i < model.extension_count; i++)
        put_extension(freepbx, &model.extensions[i], &out);
    freepbx->arena->failed |= out.failed;
    return vl_freepbx_sorted(freepbx->arena, as_printed(freepbx->arena, vl_buf_text(&out)));
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

const char *vl_freepbx_sorted(struct vl_arena *arena, const char *text)
{
    const char *const *words = vl_text_split(arena, text, "\n");
    VL_BUF_AUTO out = VL_BUF_INIT;
    const char **lines;
    size_t count = 0;

    while (words[count])
        count++;
    lines = vl_arena_zalloc(arena, (count + 1) * sizeof(*lines));
    if (!lines)
        return "";
    for (size_t i = 0; i < count; i++)
        lines[i] = words[i];
    qsort(lines, count, sizeof(*lines), compare);
    for (size_t i = 0; i < count; i++)
        vl_buf_printf(&out, "%s\n", lines[i]);
    arena->failed |= out.failed;
    return vl_arena_strdup(arena, vl_buf_text(&out));
}
