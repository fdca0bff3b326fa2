/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "probe/forward.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/process.h"
#include "base/text.h"

enum { TIMEOUT_MS = 5000 };

const struct vl_forward_row vl_forward_rows[VL_FORWARD_FAMILIES] = {
    [VL_FORWARD_ARP] = { "net.bridge.bridge-nf-call-arptables", NULL }, /* Docker has no rules for ARP */
    [VL_FORWARD_IPV4] = { "net.bridge.bridge-nf-call-iptables", "iptables" },
    [VL_FORWARD_IPV6] = { "net.bridge.bridge-nf-call-ip6tables", "ip6tables" },
};

char vl_forward_switch(struct vl_arena *arena, enum vl_forward_family family)
{
    const char *path = vl_arena_printf(arena, "/proc/sys/net/bridge/%s", strrchr(vl_forward_rows[family].key, '.') + 1);
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    VL_FREE char *text = NULL;

    return vl_file_read(path, 64, &text, NULL, &ignored) < 0 ? '\0' : *text;
}

/* What a command says; NULL: it fails, or is not there. */
static char *says(const char *const *argv)
{
    const struct vl_process_options options = { .timeout_ms = TIMEOUT_MS };
    VL_PROCESS_RESULT_AUTO result = { .status = -1 };
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    char *text = NULL;

    if (vl_process_run(argv, &options, &result, &ignored) == 0 && result.status == 0) {
        text = result.output;
        result.output = NULL;
    }
    return text;
}

bool vl_forward_drops(const char *text)
{
    return vl_text_starts(text, "Chain FORWARD (policy DROP");
}

bool vl_forward_accepts(struct vl_arena *arena, const char *text, const char *bridge)
{
    const char *rule = vl_arena_printf(arena, "-A " VL_DOCKER_CHAIN " -i %s -o %s -j ACCEPT", bridge, bridge);
    const char *const *lines = vl_text_split(arena, text, "\n");

    for (; rule && lines && *lines; lines++)
        if (!strcmp(*lines, rule))
            return true;
    return false;
}

bool vl_forward_is_accepted(struct vl_arena *arena, enum vl_forward_family family, const char *bridge)
{
    const char *const rules[] = { vl_forward_rows[family].program, "-S", VL_DOCKER_CHAIN, NULL };
    VL_FREE char *docker = rules[0] ? says(rules) : NULL;

    return docker && vl_forward_accepts(arena, docker, bridge);
}

const char *const *vl_forward_rule(struct vl_arena *arena, enum vl_forward_family family, const char *change,
                                   const char *bridge)
{
    const char *words[] = {
        vl_forward_rows[family].program, "-w", change, VL_DOCKER_CHAIN, "-i", bridge, "-o", bridge, "-j", "ACCEPT", NULL
    };
    const char **argv = vl_arena_zalloc(arena, sizeof(words));

    for (size_t i = 0; argv && i < VL_COUNT(words); i++)
        argv[i] = words[i] ? vl_arena_strdup(arena, words[i]) : NULL;
    return argv;
}

static void look_at_filter(struct vl_arena *arena, const char *program, const char *bridge, struct vl_forward *forward)
{
    const char *const list[] = { program, "-L", "FORWARD", "-n", NULL };
    const char *const rules[] = { program, "-S", VL_DOCKER_CHAIN, NULL };
    VL_FREE char *policy = says(list);
    VL_FREE char *docker = policy ? says(rules) : NULL;

    forward->drops = policy && vl_forward_drops(policy);
    forward->docker = docker != NULL;
    forward->accepted = docker && bridge && vl_forward_accepts(arena, docker, bridge);
}

void vl_forward_look(struct vl_arena *arena, const char *bridge, struct vl_forward ret[static VL_FORWARD_FAMILIES])
{
    for (int i = 0; i < VL_FORWARD_FAMILIES; i++) {
        char value = vl_forward_switch(arena, (enum vl_forward_family)i);

        ret[i] = (struct vl_forward){ .filtered = value && value != '0' };
        if (value && vl_forward_rows[i].program)
            look_at_filter(arena, vl_forward_rows[i].program, bridge, &ret[i]);
    }
}
