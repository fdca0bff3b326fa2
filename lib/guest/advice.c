/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libvirt's messages: they are kept and, where its error says what is missing on the host, what to do next is added.
 */
#include <errno.h>

#include "base/cleanup.h"
#include "base/memory.h"
#include "base/text.h"
#include "guest/hypervisor_part.h"

#define DENIED "run it as root or as a member of the group libvirt"

/* What to do next: by the part of libvirt that failed (0: any), its error code and, for a system call, its errno
 * (0: any). */
static const struct advice {
    int domain, code, number;
    const char *text;
} advices[] = {
    { VIR_FROM_RPC, VIR_ERR_SYSTEM_ERROR, ENOENT, "is libvirtd running? 'systemctl start libvirtd' starts it" },
    { VIR_FROM_RPC, VIR_ERR_SYSTEM_ERROR, ECONNREFUSED, "is libvirtd running? 'systemctl start libvirtd' starts it" },
    { VIR_FROM_RPC, VIR_ERR_SYSTEM_ERROR, EACCES, DENIED },
    { 0, VIR_ERR_AUTH_FAILED, 0, DENIED },
    { 0, VIR_ERR_AUTH_UNAVAILABLE, 0, DENIED },
    { 0, VIR_ERR_AUTH_CANCELLED, 0, DENIED },
    { 0, VIR_ERR_NO_CONNECT, 0, "check the URI of the hypervisor" },
    { 0, VIR_ERR_SYSTEM_ERROR, EACCES, "can QEMU's user come there? 'storage' in the lab file names another place" },
    { 0, VIR_ERR_SYSTEM_ERROR, ENODEV, "is the bridge there? 'voiplab bridge' makes it" },
    { 0, VIR_ERR_SYSTEM_ERROR, ENOSPC, "free some space on the hypervisor's disk" },
    { 0, VIR_ERR_SYSTEM_ERROR, ENOMEM, "stop a guest, or give the guests less memory" },
    { 0, VIR_ERR_CONFIG_UNSUPPORTED, 0,
      "can this host run KVM guests? 'voiplab check-cpu' says; "
      "'virtualization = qemu' in the lab file emulates them" },
};

static const char *advice_for(const virError *error)
{
    for (size_t i = 0; i < VL_COUNT(advices); i++) {
        if (advices[i].code == error->code && (advices[i].domain == 0 || advices[i].domain == error->domain) &&
            (advices[i].number == 0 || advices[i].number == error->int1))
            return advices[i].text;
    }
    return NULL;
}

/* libvirt passes on what QEMU printed, in several lines and as much as it was; ours is one. */
static char *one_line(const char *message)
{
    char *line = vl_strdup(vl_text_tail(message, 2 * VL_TEXT_QUOTED));

    for (char *p = line; p && *p; p++) {
        if ((unsigned char)*p < ' ' || *p == 0x7f)
            *p = ' ';
    }
    return line;
}

int vl_hypervisor_fail(struct vl_error *err, const char *verb, const char *name)
{
    const virError *error = vl_libvirt.virGetLastError();
    VL_FREE char *message = one_line(error && error->message ? error->message : "libvirt does not say why");
    const char *advice = error ? advice_for(error) : NULL;

    return vl_fail(err, VL_ERROR_FAILED, "cannot %s '%s': %s%s%s", verb, name, message ? message : "out of memory",
                   advice ? ": " : "", advice ? advice : "");
}
