/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which files a PBX gets: one row of a table per file, with the condition under which it is there, the main file that
 * includes it and the module that must read it again.
 */
#include "render/asterisk.h"

#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "render/writer.h"

/* What has no place for a mark, as the file of a PIN, which holds the PIN and nothing else: whose it is says the
 * dialplan, which every PBX of a lab has. */
#define CLAIM VL_ETC_ASTERISK "voiplab_extensions.conf"

struct row {
    enum vl_role role;
    unsigned parts; /* any of these asks for the file */
    bool (*needed)(const struct vl_pbx_writer *writer);
    const char *name;  /* of our file in /etc/asterisk */
    enum vl_slot slot; /* by the flavour it is included by the file of the PBX that takes this; VL_SLOTS: by ours */
    void (*write)(const struct vl_pbx_writer *writer);
    enum vl_reload reload;
    const char *why, *why_include;
};

static bool has_dahdi(const struct vl_pbx_writer *writer)
{
    return writer->lab->dahdi.fxs_count + writer->lab->dahdi.fxo_count > 0;
}

static bool has_mailboxes(const struct vl_pbx_writer *writer)
{
    return vl_lab_has_mailboxes(writer->lab);
}

static bool has_own_mailboxes(const struct vl_pbx_writer *writer)
{
    return vl_pbx_has_mailboxes(writer->lab, writer->pbx);
}

static bool has_chan_sip(const struct vl_pbx_writer *writer)
{
    return writer->nature->sip == VL_SIP_CHAN_SIP;
}

static bool has_pjsip(const struct vl_pbx_writer *writer)
{
    return writer->nature->sip == VL_SIP_PJSIP;
}

static bool has_registrations(const struct vl_pbx_writer *writer)
{
    return has_chan_sip(writer) && writer->flavor->places[VL_SLOT_REGISTRATIONS].main;
}

static bool has_iax2(const struct vl_pbx_writer *writer)
{
    return writer->nature->iax2;
}

static const struct row rows[] = {
    {
        .role = VL_ROLE_HUB,
        .parts = VL_PART_TRUNK | VL_PART_DIALPLAN,
        .needed = has_registrations,
        .name = "voiplab_sip_registrations.conf",
        .slot = VL_SLOT_REGISTRATIONS,
        .write = vl_write_sip_registrations,
        .reload = VL_RELOAD_SIP,
        .why = "the registrations of the hub with its providers",
        .why_include = "the web interface includes this file in the settings of sip.conf; this line adds ours",
    },
    {
        .role = VL_ROLE_HUB,
        .parts = VL_PART_TRUNK | VL_PART_DIALPLAN,
        .needed = has_chan_sip,
        .name = "voiplab_sip.conf",
        .slot = VL_SLOT_SIP,
        .write = vl_write_sip_conf,
        .reload = VL_RELOAD_SIP,
        .why = "a SIP account for every guest to register with, the telephones of the hub and its providers",
        .why_include = "Asterisk reads sip.conf; this line makes it read the accounts of the lab as well",
    },
    {
        .role = VL_ROLE_HUB,
        .parts = VL_PART_TRUNK | VL_PART_DIALPLAN,
        .needed = has_pjsip,
        .name = "voiplab_pjsip.conf",
        .slot = VL_SLOT_PJSIP,
        .write = vl_write_pjsip_conf,
        .reload = VL_RELOAD_PJSIP,
        .why = "a SIP account for every guest to register with, the telephones of the hub and its providers",
        .why_include = "Asterisk reads pjsip.conf; this line makes it read the accounts of the lab as well",
    },
    {
        .role = VL_ROLE_HUB,
        .parts = VL_PART_DIALPLAN,
        .needed = has_mailboxes,
        .name = "voiplab_voicemail.conf",
        .slot = VL_SLOT_VOICEMAIL,
        .write = vl_write_voicemail_conf,
        .reload = VL_RELOAD_VOICEMAIL,
        .why = "the mailboxes of the telephones that have one, and the names that the directory knows",
        .why_include = "Asterisk reads voicemail.conf; this line makes it read the mailboxes of the lab as well",
    },
    {
        .role = VL_ROLE_HUB,
        .parts = VL_PART_DIALPLAN,
        .needed = has_dahdi,
        .name = "voiplab_dahdi-channels.conf",
        .slot = VL_SLOTS,
        .write = vl_write_dahdi_channels_conf,
        .reload = VL_RELOAD_DAHDI,
        .why = "each port of the telephony card: signalling, context, group, caller id",
    },
    {
        .role = VL_ROLE_HUB,
        .parts = VL_PART_DIALPLAN,
        .needed = has_dahdi,
        .name = "voiplab_chan_dahdi.conf",
        .slot = VL_SLOT_DAHDI,
        .write = vl_write_chan_dahdi_conf,
        .reload = VL_RELOAD_DAHDI,
        .why = "what all ports of the telephony card have in common, and the file that lists them",
        .why_include = "Asterisk reads chan_dahdi.conf; this line makes it read the ports of the lab as well",
    },
    {
        .role = VL_ROLE_HUB,
        .parts = VL_PART_DIALPLAN,
        .name = "voiplab_extensions.conf",
        .slot = VL_SLOT_DIALPLAN,
        .write = vl_write_extensions_hub,
        .reload = VL_RELOAD_DIALPLAN,
        .why = "the dialplan: who may call what, the classes of numbers, and the way out to the telephone network",
        .why_include = "Asterisk reads extensions.conf; this line makes it read the dialplan of the lab as well",
    },
    {
        .role = VL_ROLE_GUEST,
        .parts = VL_PART_TRUNK,
        .needed = has_registrations,
        .name = "voiplab_sip_registrations.conf",
        .slot = VL_SLOT_REGISTRATIONS,
        .write = vl_write_sip_registrations,
        .reload = VL_RELOAD_SIP,
        .why = "the registration with the hub",
        .why_include = "the web interface includes this file in the settings of sip.conf; this line adds ours",
    },
    {
        .role = VL_ROLE_GUEST,
        .parts = VL_PART_TRUNK,
        .needed = has_chan_sip,
        .name = "voiplab_sip.conf",
        .slot = VL_SLOT_SIP,
        .write = vl_write_sip_conf,
        .reload = VL_RELOAD_SIP,
        .why = "the SIP trunk to the hub, with its registration, and the telephones of this PBX",
        .why_include = "Asterisk reads sip.conf; this line makes it read the SIP trunk of the lab as well",
    },
    {
        .role = VL_ROLE_GUEST,
        .parts = VL_PART_TRUNK,
        .needed = has_pjsip,
        .name = "voiplab_pjsip.conf",
        .slot = VL_SLOT_PJSIP,
        .write = vl_write_pjsip_conf,
        .reload = VL_RELOAD_PJSIP,
        .why = "the SIP trunk to the hub, with its registration, and the telephones of this PBX",
        .why_include = "Asterisk reads pjsip.conf; this line makes it read the SIP trunk of the lab as well",
    },
    {
        .role = VL_ROLE_GUEST,
        .parts = VL_PART_TRUNK,
        .needed = has_iax2,
        .name = "voiplab_iax.conf",
        .slot = VL_SLOT_IAX,
        .write = vl_write_iax_conf,
        .reload = VL_RELOAD_IAX2,
        .why = "an IAX2 trunk to every other guest (peer) and from every other guest (user)",
        .why_include = "Asterisk reads iax.conf; this line makes it read the IAX2 trunks of the lab as well",
    },
    {
        .role = VL_ROLE_GUEST,
        .parts = VL_PART_TRUNK | VL_PART_DIALPLAN,
        .needed = has_own_mailboxes,
        .name = "voiplab_voicemail.conf",
        .slot = VL_SLOT_VOICEMAIL,
        .write = vl_write_voicemail_conf,
        .reload = VL_RELOAD_VOICEMAIL,
        .why = "the mailboxes of the telephones of this PBX",
        .why_include = "Asterisk reads voicemail.conf; this line makes it read the mailboxes of the lab as well",
    },
    {
        .role = VL_ROLE_GUEST,
        .parts = VL_PART_TRUNK | VL_PART_DIALPLAN,
        .name = "voiplab_extensions.conf",
        .slot = VL_SLOT_DIALPLAN,
        .write = vl_write_extensions_guest,
        .reload = VL_RELOAD_DIALPLAN,
        .why = "the dialplan: own telephones, the other guests by prefix over IAX2, everything else by the hub",
        .why_include = "Asterisk reads extensions.conf; this line makes it read the dialplan of the lab as well",
    },
};

static bool is_needed(const struct vl_pbx_writer *writer, const struct row *row)
{
    return !row->needed || row->needed(writer);
}

static bool is_of_sip_driver(const struct row *row)
{
    return row->reload == VL_RELOAD_SIP || row->reload == VL_RELOAD_PJSIP;
}

static bool is_of_driver(const struct row *row)
{
    return is_of_sip_driver(row) || row->reload == VL_RELOAD_IAX2;
}

/* A driver that is not there cannot be told. */
static enum vl_reload reload_of(const struct vl_pbx_writer *writer, const struct row *row)
{
    bool there = is_needed(writer, row) || (writer->nature->both && is_of_sip_driver(row));

    return there ? row->reload : VL_RELOAD_NONE;
}

static void add_pair(const struct vl_pbx_writer *writer, const struct row *row, struct vl_fileset *set)
{
    struct vl_arena *arena = writer->arena;
    const struct vl_flavor_place *place;
    struct vl_file file = {
        .path = vl_arena_printf(arena, VL_ETC_ASTERISK "%s", row->name),
        .kind = VL_FILE_WHOLE,
        .mode = 0640,
        .group = "asterisk",
        .lab = writer->lab->name,
        .lent = vl_nature_has_gui(writer->nature),
        .text = vl_render_with_prefix(arena, vl_buf_text(writer->out), writer->flavor->prefix),
        .why = row->why,
        .reload = reload_of(writer, row),
    };

    vl_fileset_add(arena, set, &file);
    if (row->slot == VL_SLOTS)
        return;
    place = &writer->flavor->places[row->slot];
    file.beside = file.path;
    file.path = vl_arena_printf(arena, VL_ETC_ASTERISK "%s", place->main);
    file.kind = VL_FILE_BLOCK;
    file.text = vl_arena_printf(arena, "#include %s\n", row->name);
    file.adds_to = place->adds_to;
    file.why = row->why_include;
    vl_fileset_add(arena, set, &file);
}

/* What the other driver had, when it was the one of this PBX: first the line goes that includes our file. */
static void add_gone(const struct vl_pbx_writer *writer, const struct row *row, struct vl_fileset *set)
{
    struct vl_file file = {
        .path = vl_arena_printf(writer->arena, VL_ETC_ASTERISK "%s", writer->flavor->places[row->slot].main),
        .kind = VL_FILE_BLOCK_GONE,
        .mode = 0640,
        .group = "asterisk",
        .lab = writer->lab->name,
        .beside = vl_arena_printf(writer->arena, VL_ETC_ASTERISK "%s", row->name),
        .why =
            "the other SIP driver had this when it was the one of this PBX; both at once would be two of each account",
        .reload = reload_of(writer, row),
    };

    vl_fileset_add(writer->arena, set, &file);
    file.path = file.beside;
    file.beside = NULL;
    file.kind = VL_FILE_GONE;
    vl_fileset_add(writer->arena, set, &file);
}

static void add_row(struct vl_pbx_writer *writer, const struct row *row, struct vl_fileset *set)
{
    VL_BUF_AUTO text = VL_BUF_INIT;

    writer->out = &text;
    vl_buf_printf(&text, VL_FILE_MARK "%s" VL_FILE_MARK_LAB "%s. The next run overwrites what is changed here.\n",
                  writer->pbx->name, writer->lab->name);
    row->write(writer);
    if (text.failed)
        writer->arena->failed = true;
    add_pair(writer, row, set);
}

/* The kernel's side of the card. It is not Asterisk's file: no #include there, so the lines stand in the block. */
static void add_dahdi_system(struct vl_pbx_writer *writer, struct vl_fileset *set)
{
    VL_BUF_AUTO text = VL_BUF_INIT;
    struct vl_file file = {
        .path = "/etc/dahdi/system.conf",
        .kind = VL_FILE_BLOCK,
        .mode = 0644,
        .lab = writer->lab->name,
        .beside = CLAIM,
        .why = "the kernel's side of the telephony card: which ports carry telephones and which carry lines",
        .reload = VL_RELOAD_DAHDI,
    };

    writer->out = &text;
    vl_write_dahdi_system_conf(writer);
    if (text.failed)
        writer->arena->failed = true;
    file.text = vl_arena_strdup(writer->arena, vl_buf_text(&text));
    vl_fileset_add(writer->arena, set, &file);
}

/* A PIN in the dialplan can be read by everybody who may ask Asterisk `dialplan show`. Authenticate() reads the file
 * anew at every call, so nothing is reloaded. With `kept` the files that are needed, else those that are not: these go
 * when the dialplan does not name them any more. */
static void add_pins(const struct vl_pbx_writer *writer, bool kept, struct vl_fileset *set)
{
    for (size_t i = 0; i < writer->lab->route_count; i++) {
        const struct vl_route *route = &writer->lab->routes[i];
        struct vl_file file = {
            .path = vl_arena_printf(writer->arena, VL_PIN_FILE, route->name),
            .kind = kept ? VL_FILE_WHOLE : VL_FILE_GONE,
            .mode = 0640,
            .group = "asterisk",
            .lab = writer->lab->name,
            .beside = CLAIM,
            .why = kept ? "the PIN of a class of numbers, where `dialplan show` does not tell it"
                        : "the PIN of a class of numbers that has none any more, or has it in the dialplan",
        };

        if ((vl_route_has_pin(route) && !writer->lab->dialplan.inline_pins) != kept)
            continue;
        if (kept)
            file.text = vl_arena_printf(writer->arena, "%s\n", vl_writer_secret(writer, "pin", route->name));
        vl_fileset_add(writer->arena, set, &file);
    }
}

static bool is_route(const struct vl_lab *lab, const char *name)
{
    for (size_t i = 0; i < lab->route_count; i++)
        if (!strcmp(lab->routes[i].name, name))
            return true;
    return false;
}

/* What is remembered of a PIN makes its file known when the route has left the lab file, or the PBX is no hub any more.
 */
static void add_lost_pins(const struct vl_pbx_writer *writer, struct vl_fileset *set)
{
    for (size_t i = 0; i < writer->state->secret_count; i++) {
        const char *name = writer->state->secrets[i]->name;
        struct vl_file file = {
            .kind = VL_FILE_GONE,
            .lab = writer->lab->name,
            .beside = CLAIM,
            .why = "the PIN of a class of numbers that this PBX does not have any more",
        };

        if (!vl_text_starts(name, "pin/") || !vl_text_is_name(name + 4) ||
            (writer->pbx->role == VL_ROLE_HUB && is_route(writer->lab, name + 4)))
            continue;
        file.path = vl_arena_printf(writer->arena, VL_PIN_FILE, name + 4);
        vl_fileset_add(writer->arena, set, &file);
    }
}

/* Whether the row is of this PBX and has a place there. */
static bool is_placed(const struct vl_pbx_writer *writer, const struct row *row, unsigned parts)
{
    if (row->role != writer->pbx->role || !(row->parts & parts))
        return false;
    if (vl_pbx_in_database(writer->pbx) && !(parts & VL_PART_AS_FILES) && row->slot != VL_SLOT_DIALPLAN)
        return false;
    return row->slot == VL_SLOTS || writer->flavor->places[row->slot].main;
}

static bool is_wanted(const struct vl_pbx_writer *writer, const struct row *row, unsigned parts)
{
    return is_placed(writer, row, parts) &&
           (is_needed(writer, row) || (parts & VL_PART_EVERY_DRIVER && is_of_driver(row)));
}

static bool is_gone(const struct vl_pbx_writer *writer, const struct row *row, unsigned parts)
{
    return parts & VL_PART_OLD_DRIVER && is_of_sip_driver(row) && is_placed(writer, row, parts) &&
           !is_needed(writer, row);
}

/* Whether this PBX has a file of the row's name, or a block in the file of its place, whatever is asked for now and
 * whichever drivers it has: those of another driver are VL_PART_OLD_DRIVER's. */
static bool is_had(const struct vl_pbx_writer *writer, const struct row *row, unsigned parts, bool block)
{
    parts |= VL_PART_TRUNK | VL_PART_DIALPLAN | VL_PART_AS_FILES | VL_PART_EVERY_DRIVER;
    for (size_t i = 0; i < VL_COUNT(rows); i++) {
        bool same = block ? row->slot == rows[i].slot : !strcmp(row->name, rows[i].name);

        if (same && is_wanted(writer, &rows[i], parts))
            return true;
    }
    return false;
}

static bool is_repeated(const struct row *row)
{
    for (const struct row *before = rows; before < row; before++)
        if (!strcmp(before->name, row->name))
            return true;
    return false;
}

/* What this PBX had as long as its role, its drivers or the lab were others, and has no more. */
static void add_outlived(const struct vl_pbx_writer *writer, unsigned parts, struct vl_fileset *set)
{
    for (const struct row *row = rows; row < rows + VL_COUNT(rows); row++) {
        struct vl_file file = {
            .kind = VL_FILE_GONE,
            .mode = 0640,
            .group = "asterisk",
            .lab = writer->lab->name,
            .why = "it was for what this PBX does not have any more",
            .reload = is_of_driver(row) && !is_needed(writer, row) ? VL_RELOAD_NONE : row->reload,
        };
        const char *main = row->slot == VL_SLOTS ? NULL : writer->flavor->places[row->slot].main;

        if (is_repeated(row) || is_had(writer, row, parts, false))
            continue;
        if (main && !is_had(writer, row, parts, true)) {
            file.path = vl_arena_printf(writer->arena, VL_ETC_ASTERISK "%s", main);
            file.beside = vl_arena_printf(writer->arena, VL_ETC_ASTERISK "%s", row->name);
            file.kind = VL_FILE_BLOCK_GONE;
            vl_fileset_add(writer->arena, set, &file);
        }
        file.path = vl_arena_printf(writer->arena, VL_ETC_ASTERISK "%s", row->name);
        file.beside = NULL;
        file.kind = VL_FILE_GONE;
        vl_fileset_add(writer->arena, set, &file);
    }
}

static void add_outlived_system(const struct vl_pbx_writer *writer, struct vl_fileset *set)
{
    const struct vl_file file = {
        .path = "/etc/dahdi/system.conf",
        .kind = VL_FILE_BLOCK_GONE,
        .mode = 0644,
        .lab = writer->lab->name,
        .beside = CLAIM,
        .why = "this PBX has no telephony card in the lab any more",
        .reload = VL_RELOAD_DAHDI,
    };

    if (writer->pbx->role != VL_ROLE_HUB || !has_dahdi(writer))
        vl_fileset_add(writer->arena, set, &file);
}

/* On a guest the mailboxes of a web interface are its own, which voiplab-lab(5) says; a hub has nobody else's. */
const char *vl_render_unplaced(const struct vl_lab *lab, const struct vl_state *state, const struct vl_pbx *pbx)
{
    const struct vl_nature *nature = vl_state_nature(state, pbx);
    const struct vl_pbx_writer writer = {
        .lab = lab, .state = state, .pbx = pbx, .nature = nature, .flavor = vl_flavor_row(nature->flavor)
    };

    for (size_t i = 0; pbx->role == VL_ROLE_HUB && i < VL_COUNT(rows); i++)
        if (rows[i].role == VL_ROLE_HUB && rows[i].slot != VL_SLOTS && !writer.flavor->places[rows[i].slot].main &&
            (!rows[i].needed || rows[i].needed(&writer)))
            return rows[i].why;
    return NULL;
}

void vl_render_pbx(struct vl_arena *arena, const struct vl_lab *lab, const struct vl_state *state,
                   const struct vl_pbx *pbx, unsigned parts, struct vl_fileset *set)
{
    const struct vl_nature *nature = vl_state_nature(state, pbx);
    struct vl_pbx_writer writer = {
        .arena = arena,
        .lab = lab,
        .state = state,
        .pbx = pbx,
        .nature = nature,
        .flavor = vl_flavor_row(nature->flavor),
        .context = vl_arena_printf(arena, OURS "%s", vl_render_hub_context(arena, lab)),
    };
    bool plan = pbx->role == VL_ROLE_HUB && (parts & VL_PART_DIALPLAN);

    if (plan && has_dahdi(&writer) && writer.flavor->places[VL_SLOT_DAHDI].main)
        add_dahdi_system(&writer, set);
    if (plan)
        add_pins(&writer, true, set);
    for (size_t i = 0; i < VL_COUNT(rows); i++)
        if (is_wanted(&writer, &rows[i], parts))
            add_row(&writer, &rows[i], set);
    for (size_t i = 0; i < VL_COUNT(rows); i++)
        if (is_gone(&writer, &rows[i], parts))
            add_gone(&writer, &rows[i], set);
    add_outlived(&writer, parts, set);
    add_outlived_system(&writer, set);
    if (plan)
        add_pins(&writer, false, set);
    add_lost_pins(&writer, set);
}
