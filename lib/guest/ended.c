/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How a domain that is off came to be so. libvirtd knows it until it is restarted, which on many hosts it is whenever
 * nobody has asked it for two minutes; what it has written into the log of the domain stays. A guest writes nothing
 * into that: it is of libvirt, and of QEMU, whose lines begin otherwise.
 */
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "guest/hypervisor_part.h"

#define LOGS "/var/log/libvirt/qemu"

/* virtlogd begins a new file after 2 MiB; a larger one is of a QEMU that has other troubles. */
enum { LOG_LIMIT = 16 << 20 };

/* A start that fails says nothing of the run before. */
enum vl_domain_end vl_hypervisor_end_of(int reason)
{
    switch (reason) {
    case VIR_DOMAIN_SHUTOFF_SHUTDOWN:
        return VL_END_BY_ITSELF;
    case VIR_DOMAIN_SHUTOFF_DESTROYED:
    case VIR_DOMAIN_SHUTOFF_CRASHED:
    case VIR_DOMAIN_SHUTOFF_DAEMON:
        return VL_END_CUT_OFF;
    default:
        return VL_END_UNKNOWN;
    }
}

/* What libvirt has written behind the time in a line of its own, "2026-11-30 23:49:05.477+0000: "; NULL: it is none. */
static const char *entry_in(const char *line)
{
    static const char shape[] = "dddd-dd-dd dd:dd:dd.ddd+0000: ";

    for (size_t i = 0; shape[i]; i++)
        if (shape[i] == 'd' ? line[i] < '0' || line[i] > '9' : line[i] != shape[i])
            return NULL;
    return line + strlen(shape);
}

static enum vl_domain_end end_of_word(const char *word)
{
    static const struct {
        const char *word;
        enum vl_domain_end end;
    } rows[] = {
        { "shutdown", VL_END_BY_ITSELF },
        { "destroyed", VL_END_CUT_OFF },
        { "crashed", VL_END_CUT_OFF },
        { "daemon", VL_END_CUT_OFF },
    };

    for (size_t i = 0; i < VL_COUNT(rows); i++)
        if (!strncmp(word, rows[i].word, strlen(rows[i].word)) && strchr("\r\n", word[strlen(rows[i].word)]))
            return rows[i].end;
    return VL_END_UNKNOWN;
}

/* A run that is in it without an end was cut off with its host. */
enum vl_domain_end vl_hypervisor_end_in_log(const char *log)
{
    static const char begins[] = "starting up", ends[] = "shutting down", reason[] = ", reason=", failed[] = "failed";
    enum vl_domain_end end = VL_END_UNKNOWN, before = VL_END_UNKNOWN;

    for (const char *line = log; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
        const char *entry = entry_in(line), *word;

        if (entry && vl_text_starts(entry, begins)) {
            before = end;
            end = VL_END_CUT_OFF;
        } else if (entry && vl_text_starts(entry, ends)) {
            word = vl_text_starts(entry + strlen(ends), reason) ? entry + strlen(ends) + strlen(reason) : "";
            end = vl_text_starts(word, failed) ? before : end_of_word(word);
        }
    }
    return end;
}

/* That of the system's own libvirtd: another one may have its log anywhere, and a log of that name is not its own. */
enum vl_domain_end vl_hypervisor_end_by_log(virConnectPtr connection, const char *name)
{
    VL_FREE char *uri = vl_libvirt.virConnectGetURI(connection), *log = NULL;
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    const char *path = vl_arena_printf(&arena, LOGS "/%s.log", name);

    if (!uri || strcmp(uri, "qemu:///system") != 0 || !path || vl_file_read(path, LOG_LIMIT, &log, NULL, &ignored) < 0)
        return VL_END_UNKNOWN;
    return vl_hypervisor_end_in_log(log);
}
