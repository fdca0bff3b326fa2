/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The table of causes, the words in the log that prove one (a row each), and what is proved by how an Asterisk stands:
 * in the order in which they are looked for, the surest first.
 */
#include "probe/causes.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "probe/asterisk.h"
#include "probe/evidence.h"

static const struct vl_cause_row rows[VL_CAUSES] = {
    [VL_CAUSE_NONE] = { "unknown", "nothing that was looked at shows why", "'voiplab logs' shows what it says" },
    [VL_CAUSE_SECRET] = { "secret", "wrong secret", "'voiplab up' writes the lab's secret at both ends" },
    [VL_CAUSE_ACCOUNT] = { "account", "no such account", "'voiplab up' writes the account" },
    [VL_CAUSE_ACL] = { "acl", "refused by an access list",
                       "permit the caller's address there, or correct the address in the lab file" },
    [VL_CAUSE_CODEC] = { "codec", "no codec in common", "give both ends one codec in allow=" },
    [VL_CAUSE_CONTEXT] = { "context", "the context has no such number",
                           "'voiplab dialplan' writes the dialplan; 'voiplab dialplan diff' shows what differs" },
    [VL_CAUSE_TOKEN] = { "calltoken", "the caller sends no IAX2 call token",
                         "update the caller, or set requirecalltoken=auto for it" },
    [VL_CAUSE_EXPIRY] = { "expiry", "the registration has expired at the registrar",
                          "'voiplab up' registers again; let maxexpiry there not be shorter than what is asked for" },
    [VL_CAUSE_CONTACTS] = { "contacts", "the limit of contacts is reached",
                            "set remove_existing=yes, or a larger max_contacts, in the AOR" },
    [VL_CAUSE_BLOCKED] = { "blocked", "no packet comes through",
                           "look for a packet filter at both ends and between them" },
    [VL_CAUSE_NAT] = { "nat", "the contact that is registered is not the address it comes from",
                       "take externaddr and localnet out of the registering side, or set nat=force_rport,comedia" },
    [VL_CAUSE_LIMIT] = { "limit", "the limit of calls is reached",
                         "wait until calls end, or raise 'limit' of the trunk in the lab file" },
    [VL_CAUSE_MODULE] = { "module", "Asterisk's driver is not there",
                          "load it and see that modules.conf loads it; 'voiplab logs' shows why it did not" },
    [VL_CAUSE_UNREADABLE] = { "unreadable", "Asterisk may not read its file",
                              "'voiplab up' gives the file back to it" },
    [VL_CAUSE_STALE] = { "stale", "the file is younger than what Asterisk has loaded", "'voiplab up' reloads it" },
};

const struct vl_cause_row *vl_cause_row(enum vl_cause_id id)
{
    return &rows[id];
}

/* Whom a line must be about, for it to be about our leg and no other. ELSEWHERE: about an address that whoever
 * registers gives, which is not the one that he has; the line does not say who that is.
 * CALL: it is said of calls alone, and explains no registration. */
enum { NAME = 1, ADDRESS = 2, NUMBER = 4, IAX2 = 8, ELSEWHERE = 16, CALL = 32 };

/* The words of chan_sip, chan_iax2 and PJSIP (1.6.2 to 22), the more telling first: IAX2 says that it failed to
 * authenticate after each of the reasons above. `refusing`: the side that is called or registered with says so. */
static const struct sign {
    enum vl_cause_id cause;
    bool refusing;
    unsigned about;
    const char *words[4];
} signs[] = {
    { VL_CAUSE_CONTACTS, true, NAME, { "will exceed max contacts of" } },
    { VL_CAUSE_ACL, true, NAME, { "Registration from", "failed for", "Device does not match ACL" } },
    { VL_CAUSE_ACL, true, ADDRESS, { "ACL: Rejecting", "due to a failure to pass ACL" } },
    { VL_CAUSE_ACL, true, ADDRESS, { "Request '", "failed for", "Not match Endpoint" } },
    { VL_CAUSE_ACCOUNT, true, NAME, { "Registration from", "failed for", "No matching peer found" } },
    { VL_CAUSE_ACCOUNT, true, NAME, { "Registration from", "failed for", "Username/auth name mismatch" } },
    { VL_CAUSE_ACCOUNT, true, NAME, { "Registration from", "failed for", "Peer is not supposed to register" } },
    { VL_CAUSE_ACCOUNT, true, ADDRESS, { "Request '", "failed for", "No matching endpoint found" } },
    { VL_CAUSE_ACCOUNT, true, NAME, { "AOR '", "not found for endpoint" } },
    { VL_CAUSE_SECRET, true, NAME, { "Registration from", "failed for", "Wrong password" } },
    { VL_CAUSE_SECRET, true, ADDRESS, { "Request '", "failed for", "Failed to authenticate" } },
    { VL_CAUSE_SECRET, true, NAME | CALL, { "Failed to authenticate device", "for INVITE" } },
    { VL_CAUSE_CONTEXT,
      true,
      NUMBER | CALL,
      { "Call ", "to extension '", "rejected because extension not found in context" } },
    { VL_CAUSE_CONTEXT,
      true,
      ADDRESS | NUMBER | CALL,
      { "Rejected connect attempt from", "request '", "does not exist" } },
    { VL_CAUSE_CODEC, true, ADDRESS | CALL, { "Rejected connect attempt from", "incompatible with our capability" } },
    { VL_CAUSE_TOKEN, true, ADDRESS | CALL, { "Call rejected, CallToken Support required" } },
    { VL_CAUSE_LIMIT, true, NAME | CALL, { "Call from", "rejected due to usage limit of" } },
    { VL_CAUSE_LIMIT, false, NAME | CALL, { "Call to", "rejected due to usage limit of" } },
    { VL_CAUSE_SECRET, true, NAME, { "failed MD5 authentication for" } },
    { VL_CAUSE_ACCOUNT, true, ADDRESS | IAX2, { "Rejected connect attempt from", "who was trying to reach" } },
    { VL_CAUSE_SECRET, true, NAME | ADDRESS, { "failed to authenticate as" } },
    { VL_CAUSE_CODEC, true, CALL, { "No compatible codecs, not accepting this offer" } },
    { VL_CAUSE_SECRET, true, IAX2, { "Packet Decrypt Failed" } },
    { VL_CAUSE_NAT, true, ELSEWHERE, { "Domain '", "disallowed by contact ACL", "violating IP" } },
    { VL_CAUSE_SECRET, false, NAME, { "Forbidden - wrong password on authentication for" } },
    { VL_CAUSE_CODEC, false, ADDRESS | CALL, { "Call rejected by", "Unable to negotiate codec" } },
    { VL_CAUSE_CODEC, false, NAME | CALL, { "Unable to create translator path for", " on " } },
    { VL_CAUSE_CONTEXT, false, ADDRESS | CALL, { "Call rejected by", "No such context/extension" } },
};

/* `word` stands in the line, and is not a part of a longer one: 7001 is not 70011, 10.0.0.1 not 10.0.0.11. */
static bool has_word(const char *line, const char *word)
{
    size_t length = strlen(word);

    for (const char *at = line; length && (at = strstr(at, word)); at++)
        if ((at == line || !isalnum((unsigned char)at[-1])) && !isalnum((unsigned char)at[length]) &&
            (at[length] != '.' || !isdigit((unsigned char)at[length + 1])))
            return true;
    return false;
}

static bool is_about(const struct sign *sign, const struct vl_leg *leg, const char *line)
{
    const char *address = sign->refusing ? leg->from_address : leg->to_address;

    if ((sign->about & NAME) && !has_word(line, leg->name) && !(leg->other_name && has_word(line, leg->other_name)))
        return false;
    if ((sign->about & ADDRESS) && !has_word(line, address))
        return false;
    if ((sign->about & IAX2) && strcmp(leg->driver, "chan_iax2") != 0)
        return false;
    if ((sign->about & CALL) && leg->registers)
        return false;
    if ((sign->about & ELSEWHERE) && (!leg->registers || has_word(line, address)))
        return false;
    return !(sign->about & NUMBER) || (leg->number && has_word(line, leg->number));
}

static bool matches(const struct sign *sign, const struct vl_leg *leg, const char *line)
{
    const char *at = line;

    for (size_t i = 0; i < VL_COUNT(sign->words) && sign->words[i]; i++) {
        at = strstr(at, sign->words[i]);
        if (!at)
            return false;
        at += strlen(sign->words[i]);
    }
    return is_about(sign, leg, line);
}

/* The answers to a challenge, which IAX2 logs, are as good as the secret to who can try words fast enough. */
static const char *without_hashes(struct vl_arena *arena, const char *line)
{
    char *text = vl_text_quote(arena, line, VL_TEXT_QUOTED);

    for (char *at = text; *at; at++) {
        size_t length = strspn(at, "0123456789abcdefABCDEF");

        if (length >= 32)
            memset(at, '*', length);
        at += length ? length - 1 : 0;
    }
    return text;
}

struct vl_cause vl_cause_in_log(struct vl_arena *arena, const struct vl_leg *leg, const struct vl_evidence *said,
                                bool refusing)
{
    for (size_t i = 0; i < VL_COUNT(signs); i++) {
        for (size_t j = said->log_count; signs[i].refusing == refusing && j-- > 0;) {
            const struct vl_evidence_line *line = &said->log[j];

            if ((line->before && !leg->registers) || !matches(&signs[i], leg, line->text))
                continue;
            return (struct vl_cause){
                .id = signs[i].cause,
                .pbx = said->pbx,
                .where = vl_evidence_where(arena, said, line),
                .line = without_hashes(arena, line->text),
            };
        }
    }
    return (struct vl_cause){ .id = VL_CAUSE_NONE };
}

/* What is looked at to prove a cause by how things stand. */
struct scene {
    struct vl_arena *arena;
    const struct vl_leg *leg;
    const struct vl_evidence *from, *to;
};

static struct vl_cause none(void)
{
    return (struct vl_cause){ .id = VL_CAUSE_NONE };
}

static struct vl_cause proof(enum vl_cause_id id, const struct vl_evidence *said, const char *where, const char *line)
{
    return (struct vl_cause){ .id = id, .pbx = said->pbx, .where = where, .line = line };
}

/* The driver is not in the list of modules that this Asterisk has given. */
static struct vl_cause missing_module(const struct scene *scene, const struct vl_evidence *said)
{
    const char *driver = said == scene->from ? scene->leg->from_driver : scene->leg->driver;
    const char *module = vl_arena_printf(scene->arena, "%s.so", driver), *row, *sum;

    if (!said || !said->modules)
        return none();
    sum = vl_evidence_line_with(scene->arena, said->modules, (const char *const[]){ "modules loaded", NULL });
    row = vl_evidence_line_with(scene->arena, said->modules, (const char *const[]){ module, NULL });
    if (!sum || (row && !strstr(row, "Not Running")))
        return none();
    return proof(VL_CAUSE_MODULE, said, "module show like chan_",
                 row ? row : vl_arena_printf(scene->arena, "%s (%s is none of them)", sum, module));
}

/* Asterisk may search its directory and read this file: `who` has its user and all its groups. */
static bool may_read(struct vl_arena *arena, const char *who, const struct vl_evidence_file *file)
{
    bool directory = !strcmp(file->path, "/etc/asterisk");
    unsigned bit = directory ? 1 : 4;

    for (const char *const *line = vl_text_split(arena, who, "\n"); *line; line++) {
        const char *const *words = vl_text_split(arena, *line, " \t\r");
        bool user = words[0] && !strcmp(words[0], "Uid:"), first = true;

        for (size_t i = 1; words[0] && words[i]; i++, first = false) {
            unsigned long id = strtoul(words[i], NULL, 10);

            if (user && first && id == 0)
                return true;
            if (user && first && id == file->owner)
                return (file->mode >> 6 & bit) != 0;
            if (!user && id == file->group)
                return (file->mode >> 3 & bit) != 0;
        }
    }
    return (file->mode & bit) != 0;
}

static bool is_of(const struct vl_leg *leg, const struct vl_evidence_file *file)
{
    if (!strcmp(file->path, "/etc/asterisk"))
        return true;
    for (size_t i = 0; i < VL_COUNT(leg->files) && leg->files[i]; i++)
        if (!strcmp(file->path, leg->files[i]))
            return true;
    return false;
}

static struct vl_cause unreadable(const struct scene *scene, const struct vl_evidence *said)
{
    for (size_t i = 0; said && said->who && i < said->file_count; i++) {
        const struct vl_evidence_file *file = &said->files[i];

        if (is_of(scene->leg, file) && !may_read(scene->arena, said->who, file))
            return proof(VL_CAUSE_UNREADABLE, said, file->path,
                         vl_arena_printf(scene->arena, "mode %04o, owner %u, group %u; Asterisk is %s", file->mode,
                                         file->owner, file->group,
                                         vl_text_quote(scene->arena, said->who, VL_TEXT_QUOTED)));
    }
    return none();
}

/* Asterisk says in whole seconds how long ago it loaded its files, and one may have been written just before. */
static struct vl_cause stale(const struct scene *scene, const struct vl_evidence *said)
{
    unsigned long loaded;

    if (!said || !said->uptime || !vl_asterisk_parse_reload(said->uptime, &loaded))
        return none();
    for (size_t i = 0; i < said->file_count; i++) {
        const struct vl_evidence_file *file = &said->files[i];
        long long age = said->now - file->changed;

        if (strcmp(file->path, "/etc/asterisk") != 0 && is_of(scene->leg, file) && !file->wrong && age >= 0 &&
            age + 1 < (long long)loaded)
            return proof(VL_CAUSE_STALE, said, file->path,
                         vl_arena_printf(scene->arena, "changed %lld s ago; Asterisk says \"Last reload: %lu\" seconds",
                                         age, loaded));
    }
    return none();
}

static bool is_iax2(const struct scene *scene)
{
    return !strcmp(scene->leg->driver, "chan_iax2");
}

const char *vl_cause_question(struct vl_arena *arena, const struct vl_leg *leg)
{
    if (!strcmp(leg->driver, "chan_iax2"))
        return vl_arena_printf(arena, "iax2 show users like ^%s$", leg->name);
    if (!strcmp(leg->driver, "chan_sip"))
        return vl_arena_printf(arena, "sip show peer %s", leg->other_name ? leg->other_name : leg->name);
    return vl_arena_printf(arena, "pjsip show endpoint %s", leg->other_name ? leg->other_name : leg->name);
}

const char *vl_cause_dial_question(struct vl_arena *arena, const struct vl_leg *leg)
{
    return leg->number && leg->context ? vl_arena_printf(arena, "dialplan show %s@%s", leg->number, leg->context)
                                       : NULL;
}

/* That there is none, in the words of each driver; an IAX2 user is shown by a list alone. */
static struct vl_cause missing_account(const struct scene *scene)
{
    const char *ask = vl_cause_question(scene->arena, scene->leg);
    const char *answer = scene->to ? vl_evidence_answer(scene->to, ask) : NULL, *line;

    if (!answer)
        return none();
    if (is_iax2(scene)) {
        line = vl_evidence_line_with(scene->arena, answer, (const char *const[]){ "Username", NULL });
        if (!line || vl_evidence_line_with(scene->arena, answer, (const char *const[]){ scene->leg->name, NULL }))
            return none();
        return proof(VL_CAUSE_ACCOUNT, scene->to, ask, "no row below the heading");
    }
    line = vl_evidence_line_with(scene->arena, answer, (const char *const[]){ "Peer ", "not found", NULL });
    if (!line)
        line = vl_evidence_line_with(scene->arena, answer, (const char *const[]){ "Unable to find object", NULL });
    return line ? proof(VL_CAUSE_ACCOUNT, scene->to, ask, line) : none();
}

/* What the registrar has of a registration: nothing any more, or an address that is not that of who registered. */
static struct vl_cause registered_address(const struct scene *scene)
{
    const char *ask = vl_cause_question(scene->arena, scene->leg);
    const char *answer = scene->leg->registers && scene->to ? vl_evidence_answer(scene->to, ask) : NULL;
    const char *contact, *address;

    if (!answer)
        return none();
    contact = vl_evidence_line_with(scene->arena, answer, (const char *const[]){ "Reg. Contact", ": sip", NULL });
    address = vl_evidence_line_with(scene->arena, answer, (const char *const[]){ "Addr->IP", ":", NULL });
    if (address && strstr(address, "(null)"))
        return proof(VL_CAUSE_EXPIRY, scene->to, ask, address);
    if (contact && !has_word(contact, scene->leg->from_address))
        return proof(VL_CAUSE_NAT, scene->to, ask, contact);
    return none();
}

static struct vl_cause missing_number(const struct scene *scene)
{
    const char *ask = vl_cause_dial_question(scene->arena, scene->leg);
    const char *answer = ask && scene->from ? vl_evidence_answer(scene->from, ask) : NULL, *line = NULL;

    if (answer)
        line = vl_evidence_line_with(scene->arena, answer, (const char *const[]){ "There is no existence of", NULL });
    return line ? proof(VL_CAUSE_CONTEXT, scene->from, ask, line) : none();
}

/* Nothing answers. A driver that does not listen is one that is not there; else it is on the way. */
static struct vl_cause unanswered(const struct scene *scene)
{
    const struct vl_evidence *ends[] = { scene->to, scene->from };
    const char *port = is_iax2(scene) ? ":11D9" : ":13C4", *number = is_iax2(scene) ? "4569" : "5060", *line;

    if (!scene->leg->silent)
        return none();
    if (scene->to && scene->to->sockets && !strstr(scene->to->sockets, port))
        return proof(VL_CAUSE_MODULE, scene->to, "/proc/net/udp",
                     vl_arena_printf(scene->arena, "nothing listens on UDP port %s", number));
    for (size_t i = 0; i < VL_COUNT(ends); i++) {
        line = ends[i] ? vl_evidence_line_with(scene->arena, ends[i]->filter, (const char *const[]){ number, NULL })
                       : NULL;
        if (line)
            return proof(VL_CAUSE_BLOCKED, ends[i], "packet filter", line);
    }
    if (!scene->to || !scene->to->sockets)
        return none();
    return proof(VL_CAUSE_BLOCKED, scene->to, "/proc/net/udp",
                 vl_arena_printf(scene->arena, "it listens on UDP port %s, and '%s' has no answer from there", number,
                                 scene->from ? scene->from->pbx : scene->leg->from_address));
}

/* What a file that is right and was not loaded explains. */
static bool is_of_files(enum vl_cause_id id)
{
    return id == VL_CAUSE_SECRET || id == VL_CAUSE_ACCOUNT || id == VL_CAUSE_ACL || id == VL_CAUSE_CODEC ||
           id == VL_CAUSE_CONTEXT || id == VL_CAUSE_LIMIT || id == VL_CAUSE_NAT || id == VL_CAUSE_NONE;
}

static struct vl_cause said_or_seen(const struct scene *scene)
{
    struct vl_cause cause = scene->to ? vl_cause_in_log(scene->arena, scene->leg, scene->to, true) : none();
    struct vl_cause account = missing_account(scene);

    /* chan_sip tells of a wrong password where it keeps from the caller that there is no such account */
    if (account.id && (!cause.id || cause.id == VL_CAUSE_SECRET))
        return account;
    if (!cause.id)
        cause = registered_address(scene);
    if (!cause.id)
        cause = missing_number(scene);
    if (!cause.id)
        cause = unanswered(scene);
    if (!cause.id && scene->from)
        cause = vl_cause_in_log(scene->arena, scene->leg, scene->from, false);
    return cause;
}

struct vl_cause vl_cause_find(struct vl_arena *arena, const struct vl_leg *leg, const struct vl_evidence *from,
                              const struct vl_evidence *to)
{
    const struct scene scene = { .arena = arena, .leg = leg, .from = from, .to = to };
    const struct vl_evidence *ends[] = { to, from };
    struct vl_cause cause = none(), older;

    for (size_t i = 0; i < VL_COUNT(ends) && !cause.id; i++)
        cause = missing_module(&scene, ends[i]);
    for (size_t i = 0; i < VL_COUNT(ends) && !cause.id; i++)
        cause = unreadable(&scene, ends[i]);
    if (cause.id)
        return cause;
    cause = said_or_seen(&scene);
    for (size_t i = 0; i < VL_COUNT(ends) && is_of_files(cause.id); i++) {
        older = stale(&scene, ends[i]);
        if (older.id)
            return older;
    }
    return cause;
}
