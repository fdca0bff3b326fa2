/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * [phone NAME]: the telephones on the desks. Each belongs to one PBX, has the model's lines at most, and shares neither
 * extension nor MAC address nor IP address with another.
 */
#include <ctype.h>
#include <string.h>

#include "base/text.h"
#include "lab/country.h"
#include "lab/phone_model.h"
#include "lab/schema.h"

struct phone_check {
    struct vl_lab *lab;
    const struct vl_raw_section *section;
    struct vl_error *err;
};

#define MISTAKE(check, key, ...)                                                                                       \
    VL_LAB_MISTAKE((check)->lab, vl_raw_line((check)->section, key), (check)->err, __VA_ARGS__)
#define NAME(check) ((check)->section->section->name)

/* GMT, or GMT and a sign and HH:MM up to 13:00. */
static bool is_timezone(const char *text)
{
    if (!vl_text_starts(text, "GMT"))
        return false;
    text += 3;
    if (!*text)
        return true;
    return strlen(text) == 6 && strchr("+-", text[0]) && isdigit((unsigned char)text[1]) &&
           isdigit((unsigned char)text[2]) && text[3] == ':' && strchr("0134", text[4]) && strchr("05", text[5]) &&
           strncmp(text + 1, "13:00", 5) <= 0;
}

/* Read once for all phones of one model. */
static int find_model(const struct phone_check *check, const char *share_directory, const struct vl_phone *phones,
                      size_t count, const char *name, const struct vl_phone_model **ret_model)
{
    struct vl_phone_model *model;
    VL_ERROR_AUTO cause = { .code = VL_OK };

    for (size_t i = 0; i < count; i++)
        if (!strcmp(phones[i].model->name, name)) {
            *ret_model = phones[i].model;
            return 0;
        }
    model = vl_arena_zalloc(&check->lab->arena, sizeof(*model));
    if (!model)
        return vl_no_memory(check->err);
    *ret_model = model;
    if (vl_phone_model_read(&check->lab->arena, share_directory, name, model, &cause) == 0)
        return 0;
    if (cause.code == VL_ERROR_NOTFOUND)
        return MISTAKE(check, "model", "[%s] model: %s; a model of a phone is a file of that directory", NAME(check),
                       vl_error_text(&cause));
    vl_error_move(check->err, &cause);
    return -1;
}

static bool has_extension(const struct vl_lab *lab, const struct vl_pbx *pbx, const char *extension)
{
    for (const char *const *own = pbx->extensions; own && *own; own++)
        if (!strcmp(*own, extension))
            return true;
    for (size_t i = 0; pbx->role == VL_ROLE_HUB && i < lab->user_count; i++)
        if (!strcmp(lab->users[i].number, extension) && !lab->users[i].dahdi)
            return true;
    return false;
}

static int check_extensions(const struct phone_check *check, const struct vl_phone *phone)
{
    unsigned count = 0;

    for (; phone->extensions[count]; count++) {
        const char *extension = phone->extensions[count];

        if (!has_extension(check->lab, phone->pbx, extension))
            return MISTAKE(check, "extension", "[%s] extension: '%s' is no %s of '%s'", NAME(check), extension,
                           phone->pbx->role == VL_ROLE_HUB ? "[user] with a SIP account" : "extension",
                           phone->pbx->name);
        for (unsigned i = 0; i < count; i++)
            if (!strcmp(phone->extensions[i], extension))
                return MISTAKE(check, "extension", "[%s] extension: '%s' is there twice", NAME(check), extension);
    }
    if (count > phone->model->lines)
        return MISTAKE(check, "extension", "[%s] extension: %u of them, but a %s has %u lines", NAME(check), count,
                       phone->model->title, phone->model->lines);
    return 0;
}

static bool shares_extension(const struct vl_phone *a, const struct vl_phone *b, const char **ret_extension)
{
    for (size_t i = 0; a->extensions[i]; i++)
        for (size_t j = 0; a->pbx == b->pbx && b->extensions[j]; j++)
            if (!strcmp(a->extensions[i], b->extensions[j])) {
                *ret_extension = a->extensions[i];
                return true;
            }
    return false;
}

static int check_others(const struct phone_check *check, const struct vl_phone *phone, const struct vl_phone *others,
                        size_t count)
{
    const char *extension;

    for (size_t i = 0; i < count; i++) {
        const struct vl_phone *other = &others[i];

        if (!strcmp(other->name, phone->name))
            return VL_LAB_MISTAKE(check->lab, phone->line, check->err, "[%s]: the name is that of another phone",
                                  NAME(check));
        if (!strcmp(other->mac, phone->mac))
            return MISTAKE(check, "mac", "[%s] mac: '%s' is that of [phone %s]", NAME(check), phone->mac, other->name);
        if (phone->address && other->address == phone->address)
            return MISTAKE(check, "address", "[%s] address: is that of [phone %s]", NAME(check), other->name);
        if (shares_extension(phone, other, &extension))
            return MISTAKE(check, "extension", "[%s] extension: '%s' is that of [phone %s]", NAME(check), extension,
                           other->name);
    }
    return 0;
}

static int check_address(const struct phone_check *check, const struct vl_phone *phone)
{
    struct vl_lab *lab = check->lab;
    const struct vl_bridge *bridge = &lab->bridge;
    const char *text = vl_text_from_ipv4(&lab->arena, phone->address);

    if (!phone->address)
        return 0;
    if (bridge->prefix && (phone->address & vl_text_netmask(bridge->prefix)) != bridge->network)
        return MISTAKE(check, "address", "[%s] address: '%s' is outside the bridge's network %s/%u", NAME(check), text,
                       vl_text_from_ipv4(&lab->arena, bridge->network), bridge->prefix);
    if (phone->address == bridge->address)
        return MISTAKE(check, "address", "[%s] address: '%s' is the address of the bridge", NAME(check), text);
    for (size_t i = 0; i < lab->pbx_count; i++)
        if (lab->pbxs[i].address == phone->address)
            return MISTAKE(check, "address", "[%s] address: '%s' is the address of '%s'", NAME(check), text,
                           lab->pbxs[i].name);
    return 0;
}

/* A host name or an address: what a phone's field takes. */
static int check_words(const struct phone_check *check, const struct vl_phone *phone)
{
    static const char host[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-";

    if (!is_timezone(phone->timezone))
        return MISTAKE(check, "timezone", "[%s] timezone: '%s' is not written like GMT-05:00", NAME(check),
                       vl_text_printable(&check->lab->arena, phone->timezone));
    if (phone->ntp && phone->ntp[strspn(phone->ntp, host)])
        return MISTAKE(check, "ntp", "[%s] ntp: '%s' is not a host name", NAME(check),
                       vl_text_printable(&check->lab->arena, phone->ntp));
    return 0;
}

static const char *lower_case(struct vl_arena *arena, const char *text)
{
    char *lower = vl_arena_strdup(arena, text);

    for (char *c = lower; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    return lower;
}

/* Without a server of its own a phone on an isolated network takes the time from its PBX. */
static const char *ntp_of(const struct vl_lab *lab, const struct vl_raw_phone *given)
{
    if (given->ntp)
        return strcmp(given->ntp, "none") != 0 ? given->ntp : NULL;
    return lab->bridge.interface ? "pool.ntp.org" : NULL;
}

static int make_phone(const struct phone_check *check, const char *share_directory, struct vl_phone *phones,
                      size_t count)
{
    const struct vl_raw_phone *given = check->section->object;
    struct vl_lab *lab = check->lab;
    struct vl_phone *phone = &phones[count];

    *phone = (struct vl_phone){
        .name = given->name,
        .mac = lower_case(&lab->arena, given->mac),
        .pbx = vl_lab_pbx(lab, given->pbx),
        .extensions = given->extensions,
        .title = given->title,
        .codec = (enum vl_codec)given->codec,
        .nat = given->nat,
        .keepalive = given->keepalive,
        .address = given->address,
        .timezone = given->timezone ? given->timezone : vl_country(lab->country)->gmt,
        .daylight = given->daylight,
        .ntp = ntp_of(lab, given),
        .voicemail = given->voicemail,
        .password = given->password,
        .line = check->section->section->line,
    };
    if (!phone->pbx)
        return MISTAKE(check, "pbx", "[%s] pbx: '%s' is no [pbx] of this lab", NAME(check), given->pbx);
    if (find_model(check, share_directory, phones, count, given->model, &phone->model) < 0 ||
        check_extensions(check, phone) < 0 || check_others(check, phone, phones, count) < 0 ||
        check_address(check, phone) < 0)
        return -1;
    if (vl_lab_check_secret(lab, check->section, "password", given->password, phone->model->admin, given->insecure,
                            check->err) < 0)
        return -1;
    return check_words(check, phone);
}

int vl_lab_make_phones(struct vl_lab *lab, const struct vl_raw_file *raw, const char *share_directory,
                       struct vl_error *err)
{
    size_t count = raw->kinds[VL_RAW_PHONE].count;
    struct vl_phone *phones = vl_arena_zalloc(&lab->arena, count * sizeof(*phones));

    if (!phones)
        return vl_no_memory(err);
    for (size_t i = 0; i < count; i++) {
        const struct phone_check check = { .lab = lab, .section = &raw->kinds[VL_RAW_PHONE].sections[i], .err = err };

        if (make_phone(&check, share_directory, phones, i) < 0)
            return -1;
    }
    lab->phones = phones;
    lab->phone_count = count;
    return 0;
}
