/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The change of a data base of FreePBX. First all that is ours goes, by the numbers in voiplab_owned; then what is
 * wanted comes, with the number that it had or else the lowest free one, as the page gives them. That way there is one
 * rule for what is new, what is changed and what is gone, and a number that somebody else's rows point to stays what it
 * was.
 *
 * The tables of Elastix know no transactions (MyISAM): the lock keeps others out, and who runs this can put the dump
 * back. A locked table may be named once in a statement, which is why numbers are looked for in tables of our own.
 */
#include <stdarg.h>
#include <string.h>

#include "render/freepbx_part.h"

static const struct era {
    const char *name;
    const char *tables; /* to lock beside those that all have */
} eras[VL_FREEPBX_ERAS] = {
    [VL_FREEPBX_2_6] = { "2.6", "extensions WRITE, trunks_dialpatterns WRITE" },
#define ROUTES                                                                                                         \
    "outbound_routes WRITE, outbound_route_sequence WRITE, outbound_route_trunks WRITE, "                              \
    "outbound_route_patterns WRITE, trunk_dialpatterns WRITE"
    [VL_FREEPBX_2_8] = { "2.8", ROUTES },
    [VL_FREEPBX_2_11] = { "2.11", ROUTES },
    [VL_FREEPBX_12] = { "12", ROUTES ", outbound_route_email WRITE, pjsip WRITE" },
};

const struct vl_freepbx_section_name vl_freepbx_sections[VL_FREEPBX_SECTIONS] = {
    [VL_FREEPBX_PEER] = { "tr-peer-", "peer" },
    [VL_FREEPBX_USER] = { "tr-user-", "user" },
    [VL_FREEPBX_REGISTRATION] = { "tr-reg-", "registration" },
};

const char *vl_freepbx_era_name(enum vl_freepbx_era era)
{
    return eras[era].name;
}

bool vl_freepbx_era_of(const char *name, enum vl_freepbx_era *ret_era)
{
    for (unsigned i = 0; i < VL_FREEPBX_ERAS; i++)
        if (!strcmp(eras[i].name, name)) {
            *ret_era = (enum vl_freepbx_era)i;
            return true;
        }
    return false;
}

/* The session's sql_mode is empty: a backslash escapes. What is not printable ASCII goes as bytes. */
void vl_freepbx_quote(struct vl_buf *sql, const char *text)
{
    bool plain = true;

    for (const char *c = text; *c; c++)
        plain &= *c >= ' ' && *c <= '~';
    if (!plain) {
        vl_buf_puts(sql, "0x");
        for (const char *c = text; *c; c++)
            vl_buf_printf(sql, "%02X", (unsigned)(unsigned char)*c);
        return;
    }
    vl_buf_putc(sql, '\'');
    for (; *text; text++) {
        if (*text == '\'' || *text == '\\')
            vl_buf_putc(sql, *text);
        vl_buf_putc(sql, *text);
    }
    vl_buf_putc(sql, '\'');
}

/* Append `format` with each `?` as the next string, quoted. */
static void put(struct vl_buf *sql, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    for (; *format; format++)
        if (*format == '?')
            vl_freepbx_quote(sql, va_arg(args, const char *));
        else
            vl_buf_putc(sql, *format);
    va_end(args);
}

/* A temporary table needs no lock and ends with the session. The second row of one text in voiplab_guard is an error,
 * which names it: so a statement can fail by what it finds. */
static const char begin[] = "SET SESSION sql_mode = '';\n"
                            "CREATE TEMPORARY TABLE voiplab_guard (problem VARBINARY(250) NOT NULL PRIMARY KEY);\n"
                            "CREATE TEMPORARY TABLE voiplab_numbers (n INT NOT NULL PRIMARY KEY);\n"
                            "CREATE TEMPORARY TABLE voiplab_before (kind VARBINARY(20) NOT NULL, id INT NOT NULL, name "
                            "VARBINARY(190) NOT NULL, "
                            "seq INT NULL, PRIMARY KEY (kind, id, name));\n"
                            "SET autocommit = 0;\n"
                            "LOCK TABLES voiplab_owned WRITE, voiplab_owned AS owned_route WRITE, trunks WRITE, sip "
                            "WRITE, iax WRITE, users WRITE, "
                            "devices WRITE, admin WRITE, ";

static const char stale[] =
    "DELETE voiplab_owned FROM voiplab_owned LEFT JOIN trunks ON trunks.trunkid = voiplab_owned.id AND "
    "trunks.channelid = "
    "voiplab_owned.name WHERE voiplab_owned.kind = 'trunk' AND trunks.trunkid IS NULL;\n"
    "DELETE voiplab_owned FROM voiplab_owned LEFT JOIN users ON users.extension = voiplab_owned.name WHERE "
    "voiplab_owned.kind = 'extension' AND users.extension IS NULL;\n";

static const char stale_routes[] = "DELETE voiplab_owned FROM voiplab_owned LEFT JOIN outbound_routes ON "
                                   "outbound_routes.route_id = voiplab_owned.id AND "
                                   "outbound_routes.name = voiplab_owned.name WHERE voiplab_owned.kind = 'route' AND "
                                   "outbound_routes.route_id IS NULL;\n";

static const char remember[] =
    "INSERT INTO voiplab_before SELECT kind, id, name, NULL FROM voiplab_owned WHERE kind <> 'reload';\n";

static const char remember_routes[] =
    "UPDATE voiplab_before JOIN outbound_route_sequence ON voiplab_before.kind = 'route' AND "
    "outbound_route_sequence.route_id = voiplab_before.id SET voiplab_before.seq = outbound_route_sequence.seq;\n";

#define OUR_CONTEXT "CONCAT('outrt-', LPAD(voiplab_before.id, 3, '0'), '-', voiplab_before.name)"

static const char remember_contexts[] =
    "INSERT IGNORE INTO voiplab_before SELECT 'route', SUBSTRING(context, 7, 3), SUBSTRING(context, 11), NULL FROM "
    "extensions WHERE context LIKE 'outrt-%' AND descr = 'voiplab';\n"
    "UPDATE voiplab_before JOIN extensions ON voiplab_before.kind = 'route' AND extensions.context = "
    "'outbound-allroutes' AND extensions.application = " OUR_CONTEXT " SET voiplab_before.seq = extensions.priority;\n";

#define OUR_SECTIONS(table)                                                                                            \
    "DELETE " table " FROM " table " JOIN voiplab_before ON voiplab_before.kind = 'trunk' AND " table                  \
    ".id IN (CONCAT('tr-peer-', voiplab_before.id), CONCAT('tr-user-', voiplab_before.id), CONCAT('tr-reg-', "         \
    "voiplab_before.id));\n"
#define OURS(table, column, kind, by)                                                                                  \
    "DELETE " table " FROM " table " JOIN voiplab_before ON voiplab_before.kind = '" kind "' AND " table "." column    \
    " = " by ";\n"

static const char take_out[] =
    OUR_SECTIONS("sip") OUR_SECTIONS("iax") OURS("trunks", "trunkid", "trunk", "voiplab_before.id")
        OURS("sip", "id", "extension", "voiplab_before.name") OURS("devices", "id", "extension", "voiplab_before.name")
            OURS("users", "extension", "extension", "voiplab_before.name") "DELETE FROM voiplab_owned;\n";

static const char take_out_pjsip[] = OURS("pjsip", "id", "trunk", "CONCAT(voiplab_before.id, '')");

static const char take_out_routes[] = OURS("outbound_routes", "route_id", "route", "voiplab_before.id")
    OURS("outbound_route_sequence", "route_id", "route", "voiplab_before.id")
        OURS("outbound_route_trunks", "route_id", "route", "voiplab_before.id")
            OURS("outbound_route_patterns", "route_id", "route", "voiplab_before.id");

static const char take_out_contexts[] =
    "DELETE extensions FROM extensions JOIN voiplab_before ON voiplab_before.kind = 'route' AND extensions.context "
    "= " OUR_CONTEXT ";\n"
    "DELETE extensions FROM extensions JOIN voiplab_before ON voiplab_before.kind = 'route' AND extensions.context = "
    "'outbound-allroutes' AND extensions.application = " OUR_CONTEXT ";\n";

/* What others hung on something of ours that is gone, and nothing can find any more. */
#define LEFT_OVER(table, column, kind)                                                                                 \
    "DELETE " table " FROM " table " JOIN voiplab_before ON voiplab_before.kind = '" kind "' AND " table "." column    \
    " = voiplab_before.id LEFT JOIN voiplab_owned ON voiplab_owned.kind = '" kind "' AND voiplab_owned.id = " table    \
    "." column " WHERE voiplab_owned.kind IS NULL;\n"

static const char end[] = "INSERT INTO voiplab_owned VALUES ('reload', 0, '');\n"
                          "UPDATE admin SET value = 'true' WHERE variable = 'need_reload';\n"
                          "COMMIT;\n"
                          "UNLOCK TABLES;\n";

/* @number: the number that it had, else the lowest that is free and was not one of ours. */
static void put_number(struct vl_buf *sql, const char *table, const char *column, const char *kind, const char *name)
{
    vl_buf_printf(
        sql,
        "DELETE FROM voiplab_numbers;\n"
        "INSERT IGNORE INTO voiplab_numbers VALUES (1);\n"
        "INSERT IGNORE INTO voiplab_numbers SELECT %s + 1 FROM %s WHERE %s > 0;\n"
        "INSERT IGNORE INTO voiplab_numbers SELECT id + 1 FROM voiplab_before WHERE kind = '%s';\n"
        "SET @free = (SELECT MIN(n) FROM voiplab_numbers LEFT JOIN %s ON %s.%s = n LEFT JOIN voiplab_before ON "
        "voiplab_before.kind = '%s' AND voiplab_before.id = n WHERE %s.%s IS NULL AND voiplab_before.id IS "
        "NULL);\n",
        column, table, column, kind, table, table, column, kind, table, column);
    put(sql, "SET @number = (SELECT MIN(id) FROM voiplab_before WHERE kind = ? AND name = ?);\n", kind, name);
    vl_buf_puts(sql, "SET @number = IFNULL(@number, @free);\n");
}

/* Before the thing itself: should this be cut off where the tables know no transactions, what is there is known as
 * ours, and what is not there is forgotten the next time. */
static void put_owned(struct vl_buf *sql, const char *kind, const char *name)
{
    put(sql, "INSERT INTO voiplab_owned VALUES (?, @number, ?);\n", kind, name);
}

/* The rows of a section; `id` is an expression. */
static void put_options(struct vl_buf *sql, const char *table, const char *id, const struct vl_freepbx_options *options)
{
    if (!options->count)
        return;
    vl_buf_printf(sql, "INSERT INTO %s (id, keyword, data, flags) VALUES\n", table);
    for (size_t i = 0; i < options->count; i++) {
        vl_buf_printf(sql, "  (%s, ", id);
        put(sql, "?, ?", options->items[i].keyword, options->items[i].data);
        vl_buf_printf(sql, ", %zu)%s\n", i + VL_FREEPBX_FIRST_FLAG, i + 1 < options->count ? "," : ";");
    }
}

static void put_section(const struct vl_freepbx *freepbx, const char *table, enum vl_freepbx_section section,
                        const struct vl_freepbx_options *options, struct vl_buf *sql)
{
    put_options(sql, table, vl_arena_printf(freepbx->arena, "CONCAT('%s', @number)", vl_freepbx_sections[section].id),
                options);
}

static void put_trunk(const struct vl_freepbx *freepbx, const struct vl_freepbx_trunk *trunk, struct vl_buf *sql)
{
    bool goes_on = freepbx->era >= VL_FREEPBX_2_11;

    vl_buf_puts(sql, "\n");
    put_number(sql, "trunks", "trunkid", "trunk", trunk->channel);
    put_owned(sql, "trunk", trunk->channel);
    vl_buf_printf(sql,
                  "INSERT INTO trunks (trunkid, name, tech, outcid, keepcid, maxchans, failscript, dialoutprefix, "
                  "channelid, usercontext, provider, disabled%s) VALUES (@number, ",
                  goes_on ? ", `continue`" : "");
    put(sql, "?, ?, '', 'off', '', '', '', ?, ?, '', 'off'", trunk->name, trunk->tech, trunk->channel, trunk->user);
    vl_buf_puts(sql, goes_on ? ", 'off');\n" : ");\n");
    if (!strcmp(trunk->table, "pjsip"))
        put_options(sql, trunk->table, "@number", &trunk->peer);
    else
        put_section(freepbx, trunk->table, VL_FREEPBX_PEER, &trunk->peer, sql);
    put_section(freepbx, trunk->table, VL_FREEPBX_USER, &trunk->caller, sql);
    if (trunk->registration) {
        vl_buf_printf(sql, "INSERT INTO %s (id, keyword, data, flags) VALUES (CONCAT('%s', @number), ", trunk->table,
                      vl_freepbx_sections[VL_FREEPBX_REGISTRATION].id);
        put(sql, "'register', ?, 0);\n", trunk->registration);
    }
}

/* @place: that of the route in the order of all, or behind those that are there and those that were ours. */
static void put_place(struct vl_buf *sql, const char *last, const char *name)
{
    vl_buf_printf(sql,
                  "SET @last = (%s);\n"
                  "SET @mine = (SELECT MAX(seq) FROM voiplab_before WHERE kind = 'route');\n",
                  last);
    put(sql, "SET @place = (SELECT MIN(seq) FROM voiplab_before WHERE kind = 'route' AND name = ?);\n", name);
    vl_buf_puts(sql, "SET @place = IFNULL(@place, GREATEST(IFNULL(@last, -1), IFNULL(@mine, -1)) + 1);\n");
}

static void put_route(const struct vl_freepbx_route *route, struct vl_buf *sql)
{
    vl_buf_puts(sql, "\n");
    put_number(sql, "outbound_routes", "route_id", "route", route->name);
    put_owned(sql, "route", route->name);
    put_place(sql, "SELECT MAX(seq) FROM outbound_route_sequence", route->name);
    put(sql,
        "INSERT INTO outbound_routes (route_id, name, outcid, outcid_mode, password, emergency_route, "
        "intracompany_route, mohclass, time_group_id) VALUES (@number, ?, '', '', '', ?, '', 'default', NULL);\n"
        "INSERT INTO outbound_route_sequence (route_id, seq) VALUES (@number, @place);\n",
        route->name, route->emergency ? "YES" : "");
    for (size_t i = 0; i < route->pattern_count; i++)
        put(sql,
            "INSERT INTO outbound_route_patterns (route_id, match_pattern_prefix, match_pattern_pass, match_cid, "
            "prepend_digits) VALUES (@number, '', ?, '', '');\n",
            route->patterns[i]);
    for (size_t i = 0; i < route->trunk_count; i++) {
        vl_buf_printf(sql,
                      "INSERT INTO outbound_route_trunks (route_id, trunk_id, seq) SELECT @number, id, %zu FROM "
                      "voiplab_owned WHERE kind = 'trunk' AND name = ",
                      i);
        put(sql, "?;\n", route->trunks[i]);
    }
}

static void put_step(struct vl_buf *sql, const char *extension, unsigned priority, const char *application,
                     const char *args)
{
    put(sql,
        "INSERT INTO extensions (context, extension, priority, application, args, descr, flags) SELECT @context, ?, ",
        extension);
    vl_buf_printf(sql, "%u, ", priority);
    put(sql, "?, ", application);
    vl_buf_printf(sql, "%s, 'voiplab', 0", args);
}

static void put_pattern(const struct vl_freepbx_route *route, const char *pattern, struct vl_buf *sql)
{
    VL_BUF_AUTO extension = VL_BUF_INIT;
    unsigned priority = 1;

    vl_buf_printf(&extension, "%s%s", vl_freepbx_is_number(pattern) ? "" : "_", pattern);
    if (route->emergency) {
        put_step(sql, vl_buf_text(&extension), priority++, "SetVar", "'EMERGENCYROUTE=YES'");
        vl_buf_puts(sql, ";\n");
    }
    for (size_t i = 0; i < route->trunk_count; i++) {
        put_step(sql, vl_buf_text(&extension), priority++, "Macro",
                 "CONCAT('dialout-trunk,', id, '" VL_FREEPBX_MACRO_REST "')");
        put(sql, " FROM voiplab_owned WHERE kind = 'trunk' AND name = ?;\n", route->trunks[i]);
    }
    put_step(sql, vl_buf_text(&extension), priority, "Macro", "'outisbusy'");
    vl_buf_puts(sql, ";\n");
    sql->failed |= extension.failed;
}

/* Before 2.8: a context per route, which one context includes in the order of their names. */
static void put_context(const struct vl_freepbx_route *route, struct vl_buf *sql)
{
    put(sql,
        "\nSET @number = (SELECT MIN(id) FROM voiplab_before WHERE kind = 'route' AND name = ?);\n"
        "SET @last = (SELECT MAX(CAST(SUBSTRING(context, 7, 3) AS UNSIGNED)) FROM extensions WHERE context LIKE "
        "'outrt-%');\n"
        "SET @mine = (SELECT MAX(id) FROM voiplab_before WHERE kind = 'route');\n"
        "SET @number = IFNULL(@number, GREATEST(IFNULL(@last, 0), IFNULL(@mine, 0)) + 1);\n"
        "SET @context = CONCAT('outrt-', LPAD(@number, 3, '0'), '-', ?);\n",
        route->name, route->name);
    for (size_t i = 0; i < route->pattern_count; i++)
        put_pattern(route, route->patterns[i], sql);
    put_place(sql,
              "SELECT IFNULL(MAX(CAST(priority AS UNSIGNED)), 0) FROM extensions WHERE context = "
              "'outbound-allroutes'",
              route->name);
    vl_buf_puts(sql, "INSERT INTO extensions (context, extension, priority, application, args, descr, flags) VALUES "
                     "('outbound-allroutes', 'include', @place, @context, '', '', 2);\n");
}

static void put_extension(const struct vl_freepbx_extension *extension, struct vl_buf *sql)
{
    VL_BUF_AUTO id = VL_BUF_INIT;

    vl_freepbx_quote(&id, extension->number);
    vl_buf_puts(sql, "\nSET @number = 0;\n");
    put_owned(sql, "extension", extension->number);
    put(sql,
        "INSERT INTO users (extension, password, name, voicemail, ringtimer, noanswer, recording, outboundcid, "
        "sipname) "
        "VALUES (?, '', ?, 'novm', 0, '', '', '', '');\n"
        "INSERT INTO devices (id, tech, dial, devicetype, user, description, emergency_cid) VALUES (?, ?, ?, 'fixed', "
        "?, "
        "?, '');\n",
        extension->number, extension->name, extension->number, extension->tech, extension->dial, extension->number,
        extension->name);
    put_options(sql, "sip", vl_buf_text(&id), &extension->device);
    sql->failed |= id.failed;
}

/* A clash as the look asks for it, or as what makes the change fail. */
static void put_clash(bool guard, const char *text, const char *from, struct vl_buf *sql)
{
    if (guard) {
        put(sql, "INSERT INTO voiplab_guard VALUES (?);\nINSERT INTO voiplab_guard SELECT ? FROM ", text, text);
        vl_buf_printf(sql, "%s LIMIT 1;\n", from);
        return;
    }
    put(sql, "SELECT CONCAT('clash ', ?) FROM ", text);
    vl_buf_printf(sql, "%s LIMIT 1;\n", from);
}

static void put_name_clash(const struct vl_freepbx *freepbx, const struct vl_freepbx_trunk *trunk, const char *section,
                           bool guard, struct vl_buf *sql)
{
    VL_BUF_AUTO from = VL_BUF_INIT;

    if (!*section)
        return;
    put(&from,
        "trunks LEFT JOIN voiplab_owned ON voiplab_owned.kind = 'trunk' AND voiplab_owned.id = trunks.trunkid AND "
        "voiplab_owned.name = trunks.channelid WHERE voiplab_owned.kind IS NULL AND (trunks.channelid = ? OR "
        "trunks.usercontext = ?) AND trunks.tech ",
        section, section);
    vl_buf_puts(&from, !strcmp(trunk->table, "iax") ? "IN ('iax', 'iax2')" : "IN ('sip', 'pjsip')");
    put_clash(guard,
              vl_arena_printf(freepbx->arena,
                              "a trunk that is not ours has the name '%s' already; delete it in the web page, or leave "
                              "'freepbx = database' out",
                              section),
              vl_buf_text(&from), sql);
    sql->failed |= from.failed;
}

static void put_extension_clash(const struct vl_freepbx *freepbx, const char *number, bool guard, struct vl_buf *sql)
{
    VL_BUF_AUTO from = VL_BUF_INIT;

    put(&from,
        "users LEFT JOIN voiplab_owned ON voiplab_owned.kind = 'extension' AND voiplab_owned.name = users.extension "
        "WHERE "
        "voiplab_owned.kind IS NULL AND users.extension = ?",
        number);
    put_clash(
        guard,
        vl_arena_printf(freepbx->arena,
                        "there is an extension '%s' already that is not ours; delete it in the web page, or leave it "
                        "out of the lab file",
                        number),
        vl_buf_text(&from), sql);
    sql->failed |= from.failed;
}

static void put_context_clash(const struct vl_freepbx *freepbx, const char *name, bool guard, struct vl_buf *sql)
{
    VL_BUF_AUTO from = VL_BUF_INIT;

    put(&from,
        "extensions WHERE context LIKE 'outrt-%' AND SUBSTRING(context, 11) = ? AND (descr IS NULL OR descr <> "
        "'voiplab')",
        name);
    put_clash(
        guard,
        vl_arena_printf(freepbx->arena,
                        "there is an outbound route '%s' already that is not ours; give it another name in the web "
                        "page",
                        name),
        vl_buf_text(&from), sql);
    sql->failed |= from.failed;
}

/* A trunk of ours that goes while a route of somebody else's leads into it: the route would lead nowhere, or into the
 * next trunk that gets the number. */
static void put_use_clash(const struct vl_freepbx *freepbx, const struct vl_freepbx_model *model, bool guard,
                          struct vl_buf *sql)
{
    VL_BUF_AUTO from = VL_BUF_INIT;

    vl_buf_puts(&from, "voiplab_owned JOIN trunks ON trunks.trunkid = voiplab_owned.id AND trunks.channelid = "
                       "voiplab_owned.name ");
    if (freepbx->era == VL_FREEPBX_2_6)
        vl_buf_puts(&from,
                    "JOIN extensions ON extensions.args LIKE 'dialout-trunk,%' AND "
                    "SUBSTRING_INDEX(SUBSTRING_INDEX(extensions.args, ',', 2), ',', -1) = voiplab_owned.id WHERE "
                    "(extensions.descr IS NULL OR extensions.descr <> 'voiplab')");
    else
        vl_buf_puts(&from,
                    "JOIN outbound_route_trunks ON outbound_route_trunks.trunk_id = voiplab_owned.id JOIN "
                    "outbound_routes ON outbound_routes.route_id = outbound_route_trunks.route_id LEFT JOIN "
                    "voiplab_owned AS owned_route ON owned_route.kind = 'route' AND owned_route.id = "
                    "outbound_routes.route_id AND owned_route.name = outbound_routes.name WHERE owned_route.kind "
                    "IS NULL");
    vl_buf_puts(&from, " AND voiplab_owned.kind = 'trunk'");
    for (size_t i = 0; i < model->trunk_count; i++)
        put(&from, " AND voiplab_owned.name <> ?", model->trunks[i].channel);
    put_clash(
        guard,
        "an outbound route that is not ours uses a trunk of ours that would go; take the trunk out of the route first, "
        "in the web page",
        vl_buf_text(&from), sql);
    sql->failed |= from.failed;
}

void vl_freepbx_clashes(const struct vl_freepbx *freepbx, const struct vl_freepbx_model *model, bool guard,
                        struct vl_buf *sql)
{
    for (size_t i = 0; i < model->trunk_count; i++) {
        put_name_clash(freepbx, &model->trunks[i], model->trunks[i].channel, guard, sql);
        put_name_clash(freepbx, &model->trunks[i], model->trunks[i].user, guard, sql);
    }
    for (size_t i = 0; i < model->extension_count; i++)
        put_extension_clash(freepbx, model->extensions[i].number, guard, sql);
    for (size_t i = 0; i < model->route_count && freepbx->era == VL_FREEPBX_2_6; i++)
        put_context_clash(freepbx, model->routes[i].name, guard, sql);
    put_use_clash(freepbx, model, guard, sql);
}

static void put_taking_out(const struct vl_freepbx *freepbx, const struct vl_freepbx_model *model, struct vl_buf *sql)
{
    bool contexts = freepbx->era == VL_FREEPBX_2_6;

    vl_buf_printf(sql, "%s%s;\n%s%s", begin, eras[freepbx->era].tables, stale, contexts ? "" : stale_routes);
    vl_freepbx_clashes(freepbx, model, true, sql);
    vl_buf_printf(sql, "%s%s", remember, contexts ? remember_contexts : remember_routes);
    vl_buf_printf(sql, "%s%s%s", take_out, contexts ? take_out_contexts : take_out_routes,
                  freepbx->era >= VL_FREEPBX_12 ? take_out_pjsip : "");
}

static void put_end(const struct vl_freepbx *freepbx, struct vl_buf *sql)
{
    vl_buf_puts(sql, "\n");
    vl_buf_puts(sql, freepbx->era == VL_FREEPBX_2_6 ? LEFT_OVER("trunks_dialpatterns", "trunkid", "trunk")
                                                    : LEFT_OVER("trunk_dialpatterns", "trunkid", "trunk"));
    if (freepbx->era >= VL_FREEPBX_12)
        vl_buf_puts(sql, LEFT_OVER("outbound_route_email", "route_id", "route"));
    vl_buf_puts(sql, end);
}

const char *vl_freepbx_change_sql(const struct vl_freepbx *freepbx, bool remove)
{
    struct vl_freepbx_model model = vl_freepbx_model(freepbx, remove);
    VL_BUF_AUTO sql = VL_BUF_INIT;

    put_taking_out(freepbx, &model, &sql);
    for (size_t i = 0; i < model.trunk_count; i++)
        put_trunk(freepbx, &model.trunks[i], &sql);
    for (size_t i = 0; i < model.route_count; i++)
        if (freepbx->era == VL_FREEPBX_2_6)
            put_context(&model.routes[i], &sql);
        else
            put_route(&model.routes[i], &sql);
    for (size_t i = 0; i < model.extension_count; i++)
        put_extension(&model.extensions[i], &sql);
    put_end(freepbx, &sql);
    freepbx->arena->failed |= sql.failed;
    return vl_arena_strdup(freepbx->arena, vl_buf_text(&sql));
}
