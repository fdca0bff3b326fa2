/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "render/phone.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "base/xml.h"
#include "lab/phone_model.h"
#include "render/asterisk.h"
#include "render/digit_map.h"

/* SIP port of the first line; the phone has one for each. */
enum { FIRST_PORT = 5060 };

static const char *file_text(const struct vl_fileset *set, const char *path)
{
    for (size_t i = 0; i < set->count; i++)
        if (set->files[i].kind == VL_FILE_WHOLE && !strcmp(set->files[i].path, path))
            return set->files[i].text;
    return "";
}

/* Who has no class of service dials where everybody does. */
static const char *context_of(struct vl_arena *arena, const struct vl_lab *lab, const struct vl_state *state,
                              const struct vl_pbx *pbx, const char *extension)
{
    for (size_t i = 0; pbx->role == VL_ROLE_HUB && i < lab->user_count; i++)
        if (!strcmp(lab->users[i].number, extension) && lab->users[i].class)
            return vl_render_class_context(arena, state, pbx, lab->users[i].class);
    return vl_render_our_context(arena, lab, state, pbx);
}

static void end_list(struct vl_arena *arena, struct vl_dialable *dialable, size_t count)
{
    const char **grown = vl_arena_grow(arena, dialable->patterns, count, sizeof(*grown));

    if (grown)
        grown[count] = NULL;
    dialable->patterns = grown;
}

/* The telephones of a web interface are not in our files; they can be called all the same. */
static void add_interface_phones(struct vl_arena *arena, const struct vl_nature *nature, struct vl_dialable *dialable)
{
    size_t count = 0;

    while (dialable->patterns && dialable->patterns[count])
        count++;
    for (const char *const *phone = nature->phones; *phone; phone++) {
        const char **grown = vl_arena_grow(arena, dialable->patterns, count, sizeof(*grown));

        if (!grown)
            return;
        grown[count++] = *phone;
        dialable->patterns = grown;
    }
    end_list(arena, dialable, count);
}

/* What the PBX lets the first line dial: in the context that its account has. */
static struct vl_dialable dialable(struct vl_arena *arena, const struct vl_lab *lab, const struct vl_state *state,
                                   const struct vl_phone *phone)
{
    struct vl_fileset set = { .files = NULL };
    struct vl_dialable found;

    vl_render_pbx(arena, lab, state, phone->pbx, VL_PART_TRUNK | VL_PART_DIALPLAN, &set);
    vl_dialable_collect(arena, file_text(&set, "/etc/asterisk/voiplab_extensions.conf"),
                        context_of(arena, lab, state, phone->pbx, phone->extensions[0]), &found);
    add_interface_phones(arena, vl_state_nature(state, phone->pbx), &found);
    return found;
}

/* Every pattern of the emergency classes, NULL-terminated; NULL when memory ran out. */
static const char *const *emergencies(struct vl_arena *arena, const struct vl_lab *lab)
{
    const char **patterns;
    size_t room = 1, count = 0;

    for (size_t i = 0; i < lab->route_count; i++)
        for (const char *const *pattern = lab->routes[i].patterns; *pattern; pattern++)
            room++;
    patterns = vl_arena_zalloc(arena, room * sizeof(*patterns));
    for (size_t i = 0; patterns && i < lab->route_count; i++)
        for (const char *const *pattern = lab->routes[i].patterns; *pattern; pattern++)
            if (lab->routes[i].emergency)
                patterns[count++] = *pattern;
    return patterns;
}

static const char *digit_map(struct vl_arena *arena, const struct vl_lab *lab, const struct vl_phone *phone,
                             const struct vl_dialable *numbers, struct vl_error *err)
{
    const char *const *urgent = emergencies(arena, lab);

    if (!arena->failed && numbers->patterns && urgent)
        return vl_digit_map(arena, numbers->patterns, urgent, phone->model->dialplan_limit, err);
    (void)vl_no_memory(err);
    return NULL;
}

const char *vl_render_phone_digit_map(struct vl_arena *arena, const struct vl_lab *lab, const struct vl_state *state,
                                      const struct vl_phone *phone, struct vl_error *err)
{
    const struct vl_dialable numbers = dialable(arena, lab, state, phone);

    return digit_map(arena, lab, phone, &numbers, err);
}

/* MAC address without colons. */
static const char *bare_mac(struct vl_arena *arena, const char *mac)
{
    char *bare = vl_arena_strdup(arena, mac), *end = bare;

    for (const char *c = mac; *c; c++)
        if (*c != ':')
            *end++ = *c;
    *end = '\0';
    return bare;
}

const char *vl_render_phone_file_name(struct vl_arena *arena, const struct vl_phone *phone)
{
    const char *values[VL_PHONE_VALUE_COUNT] = { [VL_PHONE_MAC] = bare_mac(arena, phone->mac) };

    return vl_phone_fill(arena, phone->model->file, values);
}

const char *vl_render_phone_resync_path(struct vl_arena *arena, const struct vl_phone *phone, const char *url)
{
    const char *values[VL_PHONE_VALUE_COUNT] = { [VL_PHONE_MAC] = bare_mac(arena, phone->mac), [VL_PHONE_URL] = url };

    return vl_phone_fill(arena, phone->model->resync, values);
}

struct profile {
    struct vl_arena *arena;
    const struct vl_phone *phone;
    const struct vl_state *state;
    struct vl_xml *xml;
    const char *values[VL_PHONE_VALUE_COUNT];
};

static void put_element(const struct profile *profile, const char *element, const char *text)
{
    const struct vl_phone_model *model = profile->phone->model;

    vl_xml_open(profile->xml, vl_phone_fill(profile->arena, element, profile->values));
    if (model->attribute)
        vl_xml_attribute(profile->xml, model->attribute, model->value);
    text = vl_phone_fill(profile->arena, text, profile->values);
    if (*text)
        vl_xml_text(profile->xml, text);
    vl_xml_close(profile->xml);
}

static void put_settings(const struct profile *profile, const struct vl_phone_settings *settings)
{
    for (size_t i = 0; i < settings->count; i++)
        put_element(profile, settings->items[i].element, settings->items[i].text);
}

/* The secret of an account, where the PBX has it from. */
static const char *account_secret(const struct profile *profile, const char *extension)
{
    const struct vl_pbx *pbx = profile->phone->pbx;

    return pbx->role == VL_ROLE_HUB ? vl_state_secret(profile->state, "user/%s", extension)
                                    : vl_state_secret(profile->state, "phone/%s/%s", pbx->name, extension);
}

static void set_phone_values(struct profile *profile, const struct vl_dialable *numbers)
{
    const struct vl_phone *phone = profile->phone;
    const char **values = profile->values;

    values[VL_PHONE_MAC] = bare_mac(profile->arena, phone->mac);
    values[VL_PHONE_TITLE] = phone->title ? phone->title : phone->name;
    values[VL_PHONE_SERVER] = vl_text_from_ipv4(profile->arena, phone->pbx->address);
    values[VL_PHONE_PASSWORD] = vl_state_secret(profile->state, "admin/%s", phone->name);
    values[VL_PHONE_NTP] = phone->ntp;
    values[VL_PHONE_TIMEZONE] = phone->timezone;
    values[VL_PHONE_DAYLIGHT] = phone->daylight;
    values[VL_PHONE_SUMMER] = phone->daylight ? phone->model->yes : phone->model->no;
    values[VL_PHONE_VOICEMAIL] = phone->voicemail ? phone->voicemail : numbers->voicemail;
}

/* Line `index` from 0; without an extension when the phone has none for it. */
static void put_line(struct profile *profile, unsigned index, const char *extension)
{
    const struct vl_phone *phone = profile->phone;
    const struct vl_phone_model *model = phone->model;
    const char **values = profile->values;
    bool ulaw = phone->codec == VL_CODEC_ULAW;

    values[VL_PHONE_LINE] = vl_arena_printf(profile->arena, "%u", index + 1);
    values[VL_PHONE_PORT] = vl_arena_printf(profile->arena, "%u", FIRST_PORT + index);
    values[VL_PHONE_CODEC] = ulaw ? model->ulaw : model->alaw;
    values[VL_PHONE_OTHER] = ulaw ? model->alaw : model->ulaw;
    values[VL_PHONE_NAT] = phone->nat ? model->yes : model->no;
    values[VL_PHONE_KEEPALIVE] = phone->keepalive ? model->yes : model->no;
    values[VL_PHONE_EXTENSION] = extension;
    values[VL_PHONE_NAME] = phone->title ? phone->title : extension;
    values[VL_PHONE_SECRET] = extension ? account_secret(profile, extension) : NULL;
    put_settings(profile, extension ? &model->line : &model->idle);
}

static void put_profile(struct profile *profile)
{
    const struct vl_phone *phone = profile->phone;
    const char *const *extension = phone->extensions;

    vl_xml_open(profile->xml, phone->model->root);
    put_settings(profile, &phone->model->phone);
    for (const char *const *blank = phone->model->blank; *blank; blank++)
        put_element(profile, *blank, "");
    for (unsigned i = 0; i < phone->model->lines; i++) {
        put_line(profile, i, *extension);
        extension += *extension != NULL;
    }
    vl_xml_close(profile->xml);
}

const char *vl_render_phone(struct vl_arena *arena, const struct vl_lab *lab, const struct vl_state *state,
                            const struct vl_phone *phone, struct vl_error *err)
{
    VL_XML_AUTO *xml = vl_xml_new();
    struct profile profile = { .arena = arena, .phone = phone, .state = state, .xml = xml };
    const struct vl_dialable numbers = dialable(arena, lab, state, phone);
    VL_FREE char *text = NULL;

    profile.values[VL_PHONE_DIALPLAN] = digit_map(arena, lab, phone, &numbers, err);
    if (!profile.values[VL_PHONE_DIALPLAN]) {
        (void)vl_error_wrap(err, "[phone %s]", phone->name);
        return NULL;
    }
    set_phone_values(&profile, &numbers);
    put_profile(&profile);
    text = vl_xml_take(xml, err);
    if (!text)
        return NULL;
    if (arena->failed) {
        (void)vl_no_memory(err);
        return NULL;
    }
    return vl_arena_strdup(arena, text);
}
