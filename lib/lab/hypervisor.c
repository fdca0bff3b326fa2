/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Hypervisors: that of [lab], those of the [hypervisor] sections, and which of them a PBX says it is on.
 *
 * Which URIs of a hypervisor a lab file may have. libvirt runs programs for some of them, and who wrote the lab file
 * would run them as who uses it. Not what is known to do so is refused, but what is not known to be harmless: names may
 * be written in more than one way (%63ommand), and libvirt learns new ones.
 */
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "lab/schema.h"

#define AUTOMATIC "auto"

static const char *const transports[] = { "unix", "tcp", "tls", "ssh", "libssh", "libssh2" };
static const char *const parameters[] = { "socket",  "mode",        "keyfile",
                                          "sshauth", "known_hosts", "known_hosts_verify",
                                          "root",    "no_verify",   "no_sanity",
                                          "no_tty",  "pkipath",     "tls_priority" };

static bool is_among(const char *const *words, size_t count, const char *word, size_t length)
{
    for (size_t i = 0; i < count; i++)
        if (strlen(words[i]) == length && strncmp(words[i], word, length) == 0)
            return true;
    return false;
}

/* The first part that may run a program: of the scheme what follows the '+', of the query a parameter's name. NULL:
 * there is none. */
static const char *first_unknown(const char *uri, size_t *ret_length)
{
    size_t scheme = strcspn(uri, ":"), plus = strcspn(uri, "+:");
    const char *query = strchr(uri, '?');

    *ret_length = scheme - plus;
    if (plus < scheme && !is_among(transports, VL_COUNT(transports), uri + plus + 1, *ret_length = scheme - plus - 1))
        return uri + plus + 1;
    while (query && *++query) {
        *ret_length = strcspn(query, "=&;");
        if (!is_among(parameters, VL_COUNT(parameters), query, *ret_length))
            return query;
        query += strcspn(query, "&;");
        if (!*query)
            break;
    }
    return NULL;
}

static int check_uri(struct vl_lab *lab, const char *uri, const char *key, int line, struct vl_error *err)
{
    size_t length;
    const char *unknown = first_unknown(uri, &length);

    if (!unknown)
        return 0;
    return VL_LAB_MISTAKE(lab, line, err,
                          "%s: '%s' in '%s' could run a program of its choice on this host; if that is "
                          "meant, take it out of the lab file and say it by --connect",
                          key, vl_text_printable(&lab->arena, vl_arena_strndup(&lab->arena, unknown, length)),
                          vl_text_printable(&lab->arena, uri));
}

int vl_lab_check_hypervisor(struct vl_lab *lab, int line, struct vl_error *err)
{
    return check_uri(lab, lab->hypervisor, "[lab] hypervisor", line, err);
}

static int make_hypervisor(struct vl_lab *lab, const struct vl_raw_section *section,
                           struct vl_lab_hypervisor *hypervisor, struct vl_error *err)
{
    const struct vl_raw_hypervisor *given = section->object;
    const char *key = vl_arena_printf(&lab->arena, "[%s] uri", section->section->name);
    int line = vl_raw_line(section, "uri");

    *hypervisor = (struct vl_lab_hypervisor){ .name = given->name, .uri = given->uri, .line = section->section->line };
    if (!strcmp(given->name, VL_LAB_HYPERVISOR) || !strcmp(given->name, AUTOMATIC))
        return VL_LAB_MISTAKE(lab, section->section->line, err,
                              "[%s] '%s' is a word of its own: '%s' is the hypervisor of [lab], '%s' where there is "
                              "room; choose another name",
                              section->section->name, given->name, VL_LAB_HYPERVISOR, AUTOMATIC);
    if (!strcmp(given->uri, lab->hypervisor))
        return VL_LAB_MISTAKE(lab, line, err, "%s: '%s' is the hypervisor of [lab] already", key,
                              vl_text_printable(&lab->arena, given->uri));
    for (const struct vl_lab_hypervisor *other = lab->hypervisors; other != hypervisor; other++)
        if (!strcmp(other->uri, given->uri))
            return VL_LAB_MISTAKE(lab, line, err, "%s: '%s' is that of [hypervisor %s] already", key,
                                  vl_text_printable(&lab->arena, given->uri), other->name);
    return check_uri(lab, given->uri, key, line, err);
}

int vl_lab_make_hypervisors(struct vl_lab *lab, const struct vl_raw_file *raw, struct vl_error *err)
{
    size_t count = raw->kinds[VL_RAW_HYPERVISOR].count;
    struct vl_lab_hypervisor *hypervisors = vl_arena_zalloc(&lab->arena, (count + 1) * sizeof(*hypervisors));

    if (!hypervisors)
        return vl_no_memory(err);
    lab->hypervisors = hypervisors;
    for (size_t i = 0; i < count; i++)
        if (make_hypervisor(lab, &raw->kinds[VL_RAW_HYPERVISOR].sections[i], &hypervisors[i], err) < 0)
            return -1;
    lab->hypervisor_count = count;
    return 0;
}

int vl_lab_resolve_hypervisor(struct vl_lab *lab, const struct vl_raw_section *section, struct vl_pbx *pbx,
                              struct vl_error *err)
{
    const char *given = ((const struct vl_raw_pbx *)section->object)->hypervisor;
    int line = vl_raw_line(section, "hypervisor");

    if (given && pbx->place != VL_PLACE_VM)
        return VL_LAB_MISTAKE(lab, line, err, "[%s] hypervisor: only a PBX with place = vm is on a hypervisor",
                              section->section->name);
    if (!given || !strcmp(given, AUTOMATIC) || !strcmp(given, VL_LAB_HYPERVISOR)) {
        pbx->hypervisor =
            !lab->hypervisor_count || (given && !strcmp(given, VL_LAB_HYPERVISOR)) ? VL_LAB_HYPERVISOR : NULL;
        return 0;
    }
    for (size_t i = 0; i < lab->hypervisor_count; i++)
        if (!strcmp(lab->hypervisors[i].name, given)) {
            pbx->hypervisor = lab->hypervisors[i].name;
            return 0;
        }
    return VL_LAB_MISTAKE(
        lab, line, err, "[%s] hypervisor: there is no [hypervisor %s]; '%s' is that of [lab], '%s' where there is room",
        section->section->name, given, VL_LAB_HYPERVISOR, AUTOMATIC);
}
