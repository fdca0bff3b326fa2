/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The plan against the accounts and mailboxes that stand beside it.
 */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "lint/part.h"

static const struct {
    const char *name;
    enum vl_technology technology;
} technologies[] = { { "SIP/", VL_SIP }, { "IAX2/", VL_IAX }, { "PJSIP/", VL_PJSIP } };

/* Up to what ends a device; a `${...}` is part of it, with whatever stands in there. */
static size_t device_end(const char *device)
{
    size_t length = 0, depth = 0;

    for (; device[length] && (depth || !strchr("&,)^ ", device[length])); length++) {
        if (device[length] == '{')
            depth++;
        else if (device[length] == '}' && depth)
            depth--;
    }
    return length;
}

/* Where the account's name stands in what follows `SIP/` and its like; length 0: it cannot be told. */
static const char *account_in(const char *device, enum vl_technology technology, size_t *ret_length)
{
    size_t length = device_end(device), part = strcspn(device, "/&,)^ ");
    const char *at = memchr(device, '@', technology == VL_IAX ? part : length);

    *ret_length = 0;
    if (technology == VL_IAX && at && memchr(device, ':', (size_t)(at - device)))
        return device; /* with a password of its own, it needs no account */
    if (at && at < device + length) {
        part = strcspn(at + 1, "/&,)^: ");
        device = at + 1;
    } else {
        part = strcspn(device, "/&,)^:; ");
    }
    /* a host, or not known before the call */
    for (size_t i = 0; i < part; i++)
        if (strchr(".$[{}", device[i]))
            return device;
    *ret_length = part;
    return device;
}

static void check_device(struct vl_lint *lint, const struct vl_extension *extension, const struct vl_priority *step,
                         const char *device, enum vl_technology technology)
{
    size_t length;
    const char *name = account_in(device, technology, &length);

    if (!length || !lint->devices.read[technology] || vl_lint_device(&lint->devices, technology, name, length))
        return;
    vl_lint_add(lint, VL_RULE_PEER, &step->at, extension, NULL, "there is no '%.*s' in %s: the %s fails", (int)length,
                name, lint->devices.files[technology], step->number == VL_PRIORITY_HINT ? "hint" : "call");
}

/* Every `SIP/...`, `IAX2/...` and `PJSIP/...` of a text that begins a device. */
static void check_text(struct vl_lint *lint, const struct vl_extension *extension, const struct vl_priority *step,
                       const char *text)
{
    const char *filled = vl_lint_filled(lint, extension, text);

    for (const char *p = filled; *p; p++)
        for (size_t i = 0; i < VL_COUNT(technologies); i++) {
            size_t length = strlen(technologies[i].name);

            if (!strncasecmp(p, technologies[i].name, length) && (p == filled || strchr("&,(^= :?", p[-1])))
                check_device(lint, extension, step, p + length, technologies[i].technology);
        }
}

/* The device of a hint, up to '&' or what is for presence only. */
static size_t device_length(const char *text)
{
    return strcspn(text, "&,(");
}

/* A hint that watches one device while another one rings. */
static void check_hint(struct vl_lint *lint, const struct vl_extension *extension)
{
    const struct vl_priority *hint = vl_extension_priority(extension, VL_PRIORITY_HINT);
    const struct vl_priority *first = vl_extension_priority(extension, 1);
    const char *text = hint ? vl_lint_known(lint, extension, hint->application) : NULL;
    size_t length = text ? device_length(text) : 0;

    if (hint)
        check_text(lint, extension, hint, hint->application);
    if (!length || !memchr(text, '/', length) || !first || extension->priority_count != 2 ||
        vl_application(first->application)->effect != VL_EFFECT_DIAL)
        return;
    if (!strchr(first->arguments, '$') && !strcasestr(first->arguments, vl_arena_strndup(lint->arena, text, length)))
        vl_lint_add(lint, VL_RULE_HINT_OTHER, &hint->at, extension, NULL,
                    "the hint watches '%.*s', but a call to '%s' rings '%.*s'", (int)length, text, extension->name,
                    (int)device_length(first->arguments), first->arguments);
}

static void check_mailboxes(struct vl_lint *lint, const struct vl_lint_call *call)
{
    const char *known = call->count ? vl_lint_known(lint, call->extension, call->parts[0]) : NULL;
    size_t count = 0;
    const char *const *boxes = known ? vl_jump_split(lint->arena, known, '&', &count) : NULL;

    for (size_t i = 0; i < count; i++) {
        const char *at = strchr(boxes[i], '@');
        const char *name = vl_arena_strndup(lint->arena, boxes[i], strcspn(boxes[i], "@"));
        const char *context = at && at[1] ? at + 1 : "default";

        bool option = *name && strchr("subj", *name) && vl_lint_has_mailbox(&lint->devices, name + 1, context);
        const char *hint =
            option ? vl_arena_printf(lint->arena, "; the option stands behind a comma: %s,%c", name + 1, *name) : "";

        if (*name && !vl_lint_has_mailbox(&lint->devices, name, context))
            vl_lint_add(lint, VL_RULE_MAILBOX, &call->step->at, call->extension, NULL,
                        "there is no mailbox '%s' in [%s] of voicemail.conf%s", name, context, hint);
    }
}

/* The case of its letters does not matter. */
static void check_queue(struct vl_lint *lint, const struct vl_lint_call *call)
{
    const char *name = call->count ? vl_lint_known(lint, call->extension, call->parts[0]) : NULL, *near;
    const char **names;

    for (size_t i = 0; name && i < lint->devices.queue_count; i++)
        if (!strcasecmp(lint->devices.queues[i], name))
            return;
    if (!name || !*name)
        return;
    names = vl_arena_zalloc(lint->arena, (lint->devices.queue_count + 1) * sizeof(*names));
    for (size_t i = 0; names && i < lint->devices.queue_count; i++)
        names[i] = lint->devices.queues[i];
    near = names && strlen(name) > 3 ? vl_text_nearest(name, names) : NULL;
    vl_lint_add(lint, VL_RULE_QUEUE, &call->step->at, call->extension, NULL,
                "there is no queue '%s' in queues.conf, and the call goes on%s%s%s", name,
                near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

/* No voicemail.conf where the other files are: said once, of the first call that wants it. */
static void check_voicemail(struct vl_lint *lint)
{
    for (size_t i = 0; lint->devices.mailboxes_missing && i < lint->call_count; i++)
        if (lint->calls[i].row->mailboxes) {
            vl_lint_add(lint, VL_RULE_MAILBOX, &lint->calls[i].step->at, lint->calls[i].extension, NULL,
                        "there is no voicemail.conf beside this file, so there are no mailboxes");
            return;
        }
}

void vl_lint_check_devices(struct vl_lint *lint)
{
    check_voicemail(lint);
    for (size_t i = 0; i < lint->call_count; i++) {
        const struct vl_lint_call *call = &lint->calls[i];

        if (vl_lint_names_devices(call))
            check_text(lint, call->extension, call->step, call->arguments);
        if (lint->devices.queues_read && !lint->devices.realtime && vl_lint_call_is(call, "Queue"))
            check_queue(lint, call);
        if (lint->devices.voicemail && call->row->mailboxes)
            check_mailboxes(lint, call);
    }
    for (size_t i = 0; i < lint->plan->context_count; i++)
        for (size_t j = 0; j < lint->plan->contexts[i]->extension_count; j++)
            check_hint(lint, lint->plan->contexts[i]->extensions[j]);
}

/* Why somebody would guess it soon; NULL: they would not. */
static const char *weakness(const char *secret, const char *name)
{
    static const char *const common[] = {
        "secret", "password", "asterisk", "changeme", "admin", "1234", "12345", "test"
    };

    if (!strcasecmp(secret, name))
        return "it is the account's name";
    for (size_t i = 0; i < VL_COUNT(common); i++)
        if (!strcasecmp(secret, common[i]))
            return "everybody tries that one first";
    if (strlen(secret) < 6)
        return "it has less than six characters";
    if (strlen(secret) < 9 && !secret[strspn(secret, "0123456789")])
        return "it is a short number";
    return NULL;
}

void vl_lint_check_accounts(struct vl_lint *lint)
{
    const struct vl_devices *devices = &lint->devices;

    for (size_t i = 0; i < devices->secret_count; i++) {
        const struct vl_found_secret *secret = &devices->secrets[i];
        const char *why = weakness(secret->value, secret->user);

        if (why || (why = weakness(secret->value, secret->name)))
            vl_lint_add(lint, VL_RULE_SECRET_WEAK, &secret->at, NULL, NULL, "the secret of '%s' is easily guessed: %s",
                        secret->user, why);
    }
    for (size_t i = 0; i < devices->open_count; i++)
        vl_lint_add(lint, VL_RULE_SECRET_MISSING, &devices->open[i].at, NULL, NULL,
                    "'%s' is asked for nothing: whoever registers as it gets its calls and makes calls; write %s=",
                    devices->open[i].name, devices->open[i].wanted);
    for (size_t i = 0; i < devices->unchallenged_count; i++)
        vl_lint_add(lint, VL_RULE_CHALLENGE, &devices->unchallenged[i].at, NULL, NULL,
                    "whoever calls as '%s', from any address, is taken for it and asked for nothing; write "
                    "identify_by=ip, or %s=",
                    devices->unchallenged[i].name, devices->unchallenged[i].wanted);
    if (devices->read[VL_SIP] && devices->guests && devices->guests_at.file)
        vl_lint_add(lint, VL_RULE_GUESTS, &devices->guests_at, NULL, NULL,
                    "calls of strangers are let into [%s]; write allowguest=no", devices->guest_context);
}
