/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Devices, entries and mailboxes, read from the files beside the dialplan. The checks that compare with them
 * are in check_accounts.c.
 */
#include "lint/devices.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "dialplan/conf.h"
#include "lint/report.h"

struct reading {
    struct vl_arena *arena;
    const struct vl_lint_options *options;
    struct vl_devices *devices;
    struct vl_conf conf;
    const char *file;
    enum vl_technology technology;
};

static struct vl_position keep(const struct reading *reading, const struct vl_position *at)
{
    return (struct vl_position){ .file = vl_arena_strdup(reading->arena, at->file), .line = at->line };
}

static const char *keep_value(const struct reading *reading, const struct vl_conf_line *line)
{
    return line ? vl_arena_strdup(reading->arena, line->value) : NULL;
}

/* By their settings, those of queues.conf first: there, `context` is not where calls start. */
static const struct vl_entry_use queue_use = { "context", "a digit that a waiting caller dials is looked up in",
                                               "it does nothing" };
static const struct vl_entry_use uses[] = {
    { "context", "calls start in", "every one of them fails" },
    { "subscribecontext", "hints are looked up in", "no lamp is lit" },
    { "message_context", "text messages go to", "every one of them is lost" },
    { "exitcontext", "callers leave a mailbox for", "the way out leads nowhere" },
    { "dialout", "callers of a mailbox dial in", "every one of these calls fails" },
    { "callback", "messages of a mailbox are called back in", "every one of these calls fails" },
    { "regcontext", "extensions of registered telephones are put into", NULL },
};

static void add_entry(struct reading *reading, const struct vl_conf_line *line, const struct vl_entry_use *use)
{
    struct vl_devices *devices = reading->devices;
    struct vl_entry *grown = vl_arena_grow(reading->arena, devices->entries, devices->entry_count, sizeof(*grown));

    if (!grown || !*line->value)
        return;
    devices->entries = grown;
    grown[devices->entry_count++] = (struct vl_entry){ .context = vl_arena_strdup(reading->arena, line->value),
                                                       .use = use,
                                                       .at = keep(reading, &line->at) };
}

/* Where calls of a section start, or subscriptions look. */
static void add_entries(struct reading *reading, const struct vl_conf_section *section)
{
    for (size_t i = 0; i < section->line_count && !section->is_template; i++)
        for (size_t j = 0; j < VL_COUNT(uses); j++)
            if (!strcasecmp(section->lines[i].name, uses[j].setting))
                add_entry(reading, &section->lines[i], &uses[j]);
}

static void add_device(struct reading *reading, const struct vl_conf_section *section)
{
    struct vl_devices *devices = reading->devices;
    struct vl_device *grown = vl_arena_grow(reading->arena, devices->devices, devices->device_count, sizeof(*grown));

    if (!grown)
        return;
    devices->devices = grown;
    grown[devices->device_count++] = (struct vl_device){
        .technology = reading->technology,
        .name = vl_arena_strdup(reading->arena, section->name),
        .context = keep_value(reading, vl_conf_section_line(section, "context")),
        .host = keep_value(reading, vl_conf_section_line(section, "host")),
        .at = keep(reading, &section->at),
    };
}

static void add_registered(struct reading *reading, const char *host, size_t length, bool named)
{
    struct vl_devices *devices = reading->devices;
    struct vl_registered *grown =
        vl_arena_grow(reading->arena, devices->registered, devices->registered_count, sizeof(*grown));

    if (!grown)
        return;
    devices->registered = grown;
    grown[devices->registered_count++] = (struct vl_registered){ .technology = reading->technology,
                                                                 .host = vl_arena_strndup(reading->arena, host, length),
                                                                 .named = named };
}

/* `register => USER:SECRET@HOST:PORT/EXTENSION` */
static void read_registered(struct reading *reading, const struct vl_conf_section *section)
{
    for (size_t i = 0; i < section->line_count; i++) {
        const char *value = section->lines[i].value, *at = strrchr(value, '@'), *host = at ? at + 1 : value;

        if (!strcasecmp(section->lines[i].name, "register"))
            add_registered(reading, host, strcspn(host, ":/~?"), strchr(host, '/') != NULL);
    }
}

static bool is_no(const char *value)
{
    return !strcasecmp(value, "no") || !strcasecmp(value, "false") || !strcasecmp(value, "off") || !strcmp(value, "0");
}

/* [general] of sip.conf: whether strangers may call, and where they come in. */
static void read_guests(struct reading *reading, const struct vl_conf_section *section)
{
    const struct vl_conf_line *allow = vl_conf_section_line(section, "allowguest"),
                              *context = vl_conf_section_line(section, "context");
    struct vl_devices *devices = reading->devices;

    if (allow)
        devices->guests = !is_no(allow->value);
    else if (!devices->guests_at.file)
        devices->guests = true;
    if (allow || !devices->guests_at.file)
        devices->guests_at = keep(reading, allow ? &allow->at : &section->at);
    if (context)
        devices->guest_context = vl_arena_strdup(reading->arena, context->value);
}

static void read_sip(struct reading *reading)
{
    for (size_t i = 0; i < reading->conf.section_count; i++) {
        const struct vl_conf_section *section = reading->conf.sections[i];

        if (reading->technology == VL_SIP && !strcasecmp(section->name, "general"))
            read_guests(reading, section);
        if (!strcasecmp(section->name, "general"))
            read_registered(reading, section);
        else if (vl_conf_section_line(section, "type") && !section->is_template)
            add_device(reading, section);
        add_entries(reading, section);
    }
    vl_lint_read_secrets(reading->arena, reading->technology, &reading->conf, reading->devices);
}

static bool is_object(const struct vl_conf_section *section, const char *type)
{
    const struct vl_conf_line *line = vl_conf_section_line(section, "type");

    return line && !section->is_template && !strcasecmp(line->value, type);
}

/* `sip:USER@HOST:PORT` */
static const char *host_of(const char *uri, size_t *ret_length)
{
    const char *host = strchr(uri, ':') ? strchr(uri, ':') + 1 : uri, *at = strchr(host, '@');

    host = at ? at + 1 : host;
    *ret_length = strcspn(host, ":;>");
    return host;
}

/* The host of `sip:USER@HOST:PORT`, where the first AOR of an endpoint is; "dynamic" of one that registers, as sip.conf
 * says it. NULL: it has no AOR. */
static const char *pjsip_host(const struct reading *reading, const struct vl_conf_section *endpoint)
{
    const struct vl_conf_line *aors = vl_conf_section_line(endpoint, "aors");
    size_t length = aors ? strcspn(aors->value, ", ") : 0;

    for (size_t i = 0; i < reading->conf.section_count && length; i++) {
        const struct vl_conf_section *section = reading->conf.sections[i];
        const struct vl_conf_line *contact;
        const char *host;

        if (!is_object(section, "aor") || strlen(section->name) != length ||
            strncmp(section->name, aors->value, length) != 0)
            continue;
        contact = vl_conf_section_line(section, "contact");
        if (!contact)
            return "dynamic";
        host = host_of(contact->value, &length);
        return vl_arena_strndup(reading->arena, host, length);
    }
    return NULL;
}

static void read_registration(struct reading *reading, const struct vl_conf_section *section)
{
    const struct vl_conf_line *server = vl_conf_section_line(section, "server_uri");
    size_t length;
    const char *host = server ? host_of(server->value, &length) : NULL;

    if (host)
        add_registered(reading, host, length, vl_conf_section_line(section, "contact_user") != NULL);
}

/* Objects of pjsip.conf: endpoints are devices. */
static void read_pjsip(struct reading *reading)
{
    struct vl_devices *devices = reading->devices;

    for (size_t i = 0; i < reading->conf.section_count; i++) {
        const struct vl_conf_section *section = reading->conf.sections[i];
        size_t count = devices->device_count;

        if (is_object(section, "endpoint"))
            add_device(reading, section);
        if (is_object(section, "registration"))
            read_registration(reading, section);
        if (devices->device_count > count)
            devices->devices[count].host = pjsip_host(reading, section);
        add_entries(reading, section);
    }
    vl_lint_read_secrets(reading->arena, reading->technology, &reading->conf, reading->devices);
}

static void read_users(struct reading *reading)
{
    for (size_t i = 0; i < reading->conf.section_count; i++) {
        const struct vl_conf_section *section = reading->conf.sections[i];
        const struct vl_conf_line *sip = vl_conf_section_line(section, "hassip"),
                                  *iax = vl_conf_section_line(section, "hasiax");

        reading->technology = VL_SIP;
        if (sip && !is_no(sip->value))
            add_device(reading, section);
        reading->technology = VL_IAX;
        if (iax && !is_no(iax->value))
            add_device(reading, section);
        add_entries(reading, section);
    }
    vl_lint_read_user_secrets(reading->arena, &reading->conf, reading->devices);
}

static void read_lines(struct reading *reading)
{
    for (size_t i = 0; i < reading->conf.section_count; i++)
        add_entries(reading, reading->conf.sections[i]);
}

static void add_name(struct reading *reading, const char ***names, size_t *count, const char *name)
{
    const char **grown = vl_arena_grow(reading->arena, *names, *count, sizeof(*grown));

    if (!grown)
        return;
    *names = grown;
    grown[(*count)++] = vl_arena_strdup(reading->arena, name);
}

static void read_queues(struct reading *reading)
{
    reading->devices->queues_read = true;
    for (size_t i = 0; i < reading->conf.section_count; i++) {
        const struct vl_conf_section *section = reading->conf.sections[i];
        const struct vl_conf_line *context = section->is_template ? NULL : vl_conf_section_line(section, "context");

        if (!section->is_template && strcasecmp(section->name, "general") != 0)
            add_name(reading, &reading->devices->queues, &reading->devices->queue_count, section->name);
        if (context)
            add_entry(reading, context, &queue_use);
    }
}

static void read_modules(struct reading *reading)
{
    vl_module_loading_read(reading->arena, &reading->conf, &reading->devices->loading);
}

/* chan_dahdi.conf: a channel takes what stands above it. FXO ports, which have lines, use FXS signalling. */
static void read_dahdi(struct reading *reading)
{
    struct vl_devices *devices = reading->devices;

    read_lines(reading);
    for (size_t i = 0; i < reading->conf.section_count; i++) {
        const struct vl_conf_section *section = reading->conf.sections[i];
        const struct vl_conf_line *context = NULL;
        const char *signalling = "";

        for (size_t j = 0; j < section->line_count; j++) {
            const struct vl_conf_line *line = &section->lines[j];

            if (!strcasecmp(line->name, "context"))
                context = line;
            else if (!strcasecmp(line->name, "signalling"))
                signalling = line->value;
            else if ((!strcasecmp(line->name, "channel") || !strcasecmp(line->name, "dahdichan")) && context &&
                     (!strncasecmp(signalling, "fxs", 3) || !strcasecmp(signalling, "auto"))) {
                add_entry(reading, context, &uses[0]);
                if (devices->entry_count) {
                    devices->entries[devices->entry_count - 1].line = true;
                    devices->entries[devices->entry_count - 1].surely = !strncasecmp(signalling, "fxs", 3);
                }
            }
        }
    }
}

static void read_voicemail(struct reading *reading)
{
    struct vl_devices *devices = reading->devices;

    for (size_t i = 0; i < reading->conf.section_count; i++) {
        const struct vl_conf_section *section = reading->conf.sections[i];

        if (!strcasecmp(section->name, "general") || !strcasecmp(section->name, "zonemessages"))
            continue;
        for (size_t j = 0; j < section->line_count; j++) {
            struct vl_mailbox *grown =
                vl_arena_grow(reading->arena, devices->mailboxes, devices->mailbox_count, sizeof(*grown));

            if (!grown)
                return;
            devices->mailboxes = grown;
            grown[devices->mailbox_count++] =
                (struct vl_mailbox){ .name = vl_arena_strdup(reading->arena, section->lines[j].name),
                                     .context = vl_arena_strdup(reading->arena, section->name) };
        }
    }
}

static void note_technology(struct reading *reading, void (*read)(struct reading *reading))
{
    struct vl_devices *devices = reading->devices;

    if (read == read_sip || read == read_pjsip) {
        devices->read[reading->technology] = true;
        devices->files[reading->technology] = vl_arena_strdup(reading->arena, reading->file);
    }
    if (read == read_voicemail)
        devices->voicemail = true;
    else if (read != read_queues && read != read_modules)
        devices->lines = true;
}

/* Read one file; `must` it be there? Everything that is kept is copied: what was read goes. */
static int read_file(struct reading *reading, const char *file, bool must, void (*read)(struct reading *reading),
                     struct vl_error *err)
{
    const struct vl_conf_reader *reader = reading->options->reader;
    VL_ARENA_AUTO scratch = { .blocks = NULL };
    VL_ERROR_AUTO cause = { .code = VL_OK };
    const char *text = NULL;

    reading->file = file;
    if (!reader || reader->read(reader->context, file, &scratch, &text, &cause) < 0) {
        if (must)
            vl_error_move(err, &cause);
        return must ? -1 : 0;
    }
    reading->conf = (struct vl_conf){ .section_count = 0 };
    if (vl_conf_read(&scratch, file, text, reader, &reading->conf, err) < 0)
        return -1;
    read(reading);
    note_technology(reading, read);
    return 0;
}

static const struct source {
    const char *name;
    enum vl_technology technology;
    void (*read)(struct reading *reading);
} sources[] = {
    { "sip.conf", VL_SIP, read_sip },          { "iax.conf", VL_IAX, read_sip },
    { "pjsip.conf", VL_PJSIP, read_pjsip },    { "users.conf", VL_SIP, read_users },
    { "chan_dahdi.conf", VL_SIP, read_dahdi }, { "dahdi-channels.conf", VL_SIP, read_lines },
    { "queues.conf", VL_SIP, read_queues },    { "voicemail.conf", VL_SIP, read_voicemail },
    { "modules.conf", VL_SIP, read_modules },
};

static const char *beside(struct vl_arena *arena, const char *file, const char *name)
{
    const char *slash = strrchr(file, '/');

    return slash ? vl_arena_printf(arena, "%.*s/%s", (int)(slash - file), file, name) : vl_arena_strdup(arena, name);
}

struct wanted_device {
    enum vl_technology technology;
    const char *name;
    size_t length;
};

static bool is_device(const void *entry, const void *key)
{
    const struct vl_device *device = entry;
    const struct wanted_device *wanted = key;

    return device->technology == wanted->technology && strlen(device->name) == wanted->length &&
           !strncasecmp(device->name, wanted->name, wanted->length);
}

static uint64_t hash_of_device(enum vl_technology technology, const char *name, size_t length)
{
    return vl_hash_folded(vl_hash_bytes(VL_HASH_START, &technology, sizeof(technology)), name, length);
}

static bool is_mailbox(const void *entry, const void *key)
{
    const struct vl_mailbox *a = entry, *b = key;

    return !strcmp(a->name, b->name) && !strcmp(a->context, b->context);
}

static uint64_t hash_of_mailbox(const struct vl_mailbox *mailbox)
{
    return vl_hash_text(vl_hash_text(VL_HASH_START, mailbox->name), mailbox->context);
}

/* The first of each name, once all are there and stay where they are. */
static void index_names(struct vl_arena *arena, struct vl_devices *devices)
{
    for (size_t i = 0; i < devices->device_count && !arena->failed; i++) {
        struct vl_device *device = &devices->devices[i];
        size_t length = strlen(device->name);

        if (!vl_lint_device(devices, device->technology, device->name, length))
            vl_names_add(arena, &devices->device_names, hash_of_device(device->technology, device->name, length),
                         device);
    }
    for (size_t i = 0; i < devices->mailbox_count && !arena->failed; i++) {
        struct vl_mailbox *mailbox = &devices->mailboxes[i];

        if (!vl_lint_has_mailbox(devices, mailbox->name, mailbox->context))
            vl_names_add(arena, &devices->mailbox_names, hash_of_mailbox(mailbox), mailbox);
    }
}

int vl_lint_read_devices(struct vl_arena *arena, const struct vl_lint_options *options, struct vl_devices *ret_devices,
                         struct vl_error *err)
{
    const char *const named[VL_COUNT(sources)] = { options->sip, options->iax, options->pjsip };

    *ret_devices = (struct vl_devices){ .guest_context = "default" };
    for (size_t i = 0; i < VL_COUNT(sources); i++) {
        struct reading reading = {
            .arena = arena, .options = options, .devices = ret_devices, .technology = sources[i].technology
        };
        const char *file = named[i];

        if (!file && options->beside && options->plan->file_count)
            file = beside(arena, options->plan->files[0], sources[i].name);
        if (file && read_file(&reading, file, named[i] != NULL, sources[i].read, err) < 0)
            return -1;
    }
    index_names(arena, ret_devices);
    ret_devices->mailboxes_missing = options->beside && ret_devices->lines && !ret_devices->voicemail &&
                                     !options->sip && !options->iax && !options->pjsip;
    return 0;
}

const struct vl_device *vl_lint_device(const struct vl_devices *devices, enum vl_technology technology,
                                       const char *name, size_t length)
{
    struct wanted_device wanted = { .technology = technology, .name = name, .length = length };

    return vl_names_find(&devices->device_names, hash_of_device(technology, name, length), is_device, &wanted);
}

bool vl_lint_has_mailbox(const struct vl_devices *devices, const char *name, const char *context)
{
    struct vl_mailbox wanted = { .name = name, .context = context };

    return vl_names_find(&devices->mailbox_names, hash_of_mailbox(&wanted), is_mailbox, &wanted) != NULL;
}
