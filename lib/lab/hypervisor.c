/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which URIs of a hypervisor a lab file may have. libvirt runs programs for some of them, and who wrote the lab file
 * would run them as who uses it. Not what is known to do so is refused, but what is not known to be harmless: names may
 * be written in more than one way (%63ommand), and libvirt learns new ones.
 */
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "lab/schema.h"

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

int vl_lab_check_hypervisor(struct vl_lab *lab, int line, struct vl_error *err)
{
    size_t length;
    const char *unknown = first_unknown(lab->hypervisor, &length);

    if (!unknown)
        return 0;
    return VL_LAB_MISTAKE(lab, line, err,
                          "[lab] hypervisor: '%s' in '%s' could run a program of its choice on this host; if that is "
                          "meant, take it out of the lab file and say it by --connect",
                          vl_text_printable(&lab->arena, vl_arena_strndup(&lab->arena, unknown, length)),
                          vl_text_printable(&lab->arena, lab->hypervisor));
}
