/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who gets in, and with what: the secrets of accounts, the accounts that everybody can take for his own, and those that
 * let in whoever calls.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "dialplan/conf.h"
#include "lint/devices.h"

struct work {
    struct vl_arena *arena;
    struct vl_devices *devices;
    const struct vl_conf *conf;
    enum vl_technology technology;
};

/* What Asterisk asks a caller for; remotesecret is not one of them, with it Asterisk proves itself to others. */
static const char *const proofs[VL_TECHNOLOGY_COUNT][4] = {
    [VL_SIP] = { "secret", "md5secret", NULL },
    [VL_IAX] = { "secret", "inkeys", "dbsecret", NULL },
    [VL_PJSIP] = { "auth", NULL },
};

static const char *value_of(const struct vl_conf_section *section, const char *name)
{
    const struct vl_conf_line *line = vl_conf_section_line(section, name);

    return line ? line->value : "";
}

static bool is_of_type(const struct vl_conf_section *section, const char *type)
{
    return !section->is_template && !strcasecmp(value_of(section, "type"), type);
}

static bool has_proof(const struct work *work, const struct vl_conf_section *section)
{
    for (const char *const *name = proofs[work->technology]; *name; name++)
        if (*value_of(section, *name))
            return true;
    return false;
}

/* Only some addresses are let in. */
static bool is_limited(const struct vl_conf_section *section)
{
    static const char *const names[] = { "deny",          "permit",     "acl",          "contactdeny",
                                         "contactpermit", "contactacl", "contact_deny", "contact_acl" };

    for (size_t i = 0; i < VL_COUNT(names); i++)
        if (*value_of(section, names[i]))
            return true;
    return false;
}

static struct vl_position keep(const struct work *work, const struct vl_position *at)
{
    return (struct vl_position){ .file = vl_arena_strdup(work->arena, at->file), .line = at->line };
}

static void add_secret(struct work *work, const char *name, const char *user, const struct vl_conf_line *line)
{
    struct vl_devices *devices = work->devices;
    struct vl_found_secret *grown = vl_arena_grow(work->arena, devices->secrets, devices->secret_count, sizeof(*grown));

    if (!grown || !line || !*line->value)
        return;
    devices->secrets = grown;
    grown[devices->secret_count++] =
        (struct vl_found_secret){ .name = vl_arena_strdup(work->arena, name),
                                  .user = vl_arena_strdup(work->arena, *user ? user : name),
                                  .value = vl_arena_strdup(work->arena, line->value),
                                  .at = keep(work, &line->at) };
}

static void add_to(struct work *work, struct vl_open **list, size_t *count, const struct vl_conf_section *section)
{
    struct vl_open *grown = vl_arena_grow(work->arena, *list, *count, sizeof(*grown));
    const char *const *wanted = proofs[work->technology];

    if (!grown)
        return;
    *list = grown;
    grown[(*count)++] = (struct vl_open){ .name = vl_arena_strdup(work->arena, section->name),
                                          .wanted = wanted[0],
                                          .at = keep(work, &section->at) };
}

static void add_open(struct work *work, const struct vl_conf_section *section)
{
    add_to(work, &work->devices->open, &work->devices->open_count, section);
}

static void add_stranger(struct work *work, const struct vl_conf_section *section)
{
    struct vl_devices *devices = work->devices;
    struct vl_stranger *grown = vl_arena_grow(work->arena, devices->strangers, devices->stranger_count, sizeof(*grown));
    const char *context = value_of(section, "context");

    if (!grown)
        return;
    devices->strangers = grown;
    grown[devices->stranger_count++] =
        (struct vl_stranger){ .who = vl_arena_printf(work->arena, "[%s] of %s", section->name, section->at.file),
                              .context = vl_arena_strdup(work->arena, *context ? context : "default"),
                              .wanted = work->technology == VL_PJSIP
                                            ? "auth= there, or name a context that calls nobody outside"
                                            : "secret= there, or name a context that calls nobody outside" };
}

/* A section of sip.conf or iax.conf. Who registers an account of a changing address gets its calls, and may call. */
static void read_account(struct work *work, const struct vl_conf_section *section)
{
    bool open = !has_proof(work, section) && !is_limited(section);
    bool registers = is_of_type(section, "friend") || is_of_type(section, "peer");

    add_secret(work, section->name, "", vl_conf_section_line(section, "secret"));
    if (open && registers && !strcasecmp(value_of(section, "host"), "dynamic"))
        add_open(work, section);
    /* chan_iax2 takes a caller without a name for any user that asks for nothing */
    if (open && work->technology == VL_IAX && is_of_type(section, "user"))
        add_stranger(work, section);
}

/* Whether one of the aors of an endpoint takes registrations. */
static bool is_registered(const struct work *work, const struct vl_conf_section *endpoint)
{
    const char *const *names = vl_text_split(work->arena, value_of(endpoint, "aors"), ", \t");

    for (; names && *names; names++)
        for (size_t i = 0; i < work->conf->section_count; i++) {
            const struct vl_conf_section *aor = work->conf->sections[i];

            if (is_of_type(aor, "aor") && !strcmp(aor->name, *names) && atoi(value_of(aor, "max_contacts")) > 0)
                return true;
        }
    return false;
}

/* Whether calls of the endpoint are known by their address. */
static bool is_identified(const struct work *work, const struct vl_conf_section *endpoint)
{
    const char *by = value_of(endpoint, "identify_by");

    for (size_t i = 0; i < work->conf->section_count; i++)
        if (is_of_type(work->conf->sections[i], "identify") &&
            !strcmp(value_of(work->conf->sections[i], "endpoint"), endpoint->name))
            return true;
    return *by && !strstr(by, "username");
}

/* Whether a caller is taken for the endpoint by the name that he gives. So it is where nothing is said, and an address
 * that is known besides takes nothing from it. */
static bool is_named(const struct work *work, const struct vl_conf_section *endpoint)
{
    const char *by = value_of(endpoint, "identify_by");
    const char *const *ways = vl_text_split(work->arena, by, ", \t");

    for (; ways && *ways; ways++)
        if (!strcasecmp(*ways, "username"))
            return true;
    return !*by;
}

static void read_endpoint(struct work *work, const struct vl_conf_section *section)
{
    if (has_proof(work, section) || is_limited(section))
        return;
    if (!strcmp(section->name, "anonymous") || !strncmp(section->name, "anonymous@", 10))
        add_stranger(work, section);
    else if (is_registered(work, section) && !is_identified(work, section))
        add_open(work, section);
    else if (is_named(work, section))
        add_to(work, &work->devices->unchallenged, &work->devices->unchallenged_count, section);
}

void vl_lint_read_secrets(struct vl_arena *arena, enum vl_technology technology, const struct vl_conf *conf,
                          struct vl_devices *devices)
{
    struct work work = { .arena = arena, .devices = devices, .conf = conf, .technology = technology };

    for (size_t i = 0; i < conf->section_count; i++) {
        const struct vl_conf_section *section = conf->sections[i];

        if (section->is_template || !*value_of(section, "type"))
            continue;
        if (technology != VL_PJSIP && strcasecmp(section->name, "general") != 0)
            read_account(&work, section);
        else if (technology == VL_PJSIP && is_of_type(section, "endpoint"))
            read_endpoint(&work, section);
        else if (technology == VL_PJSIP && is_of_type(section, "auth"))
            add_secret(&work, section->name, value_of(section, "username"), vl_conf_section_line(section, "password"));
    }
}

void vl_lint_read_user_secrets(struct vl_arena *arena, const struct vl_conf *conf, struct vl_devices *devices)
{
    struct work work = { .arena = arena, .devices = devices, .conf = conf };

    for (size_t i = 0; i < conf->section_count; i++)
        if (!conf->sections[i]->is_template)
            add_secret(&work, conf->sections[i]->name, "", vl_conf_section_line(conf->sections[i], "secret"));
}
