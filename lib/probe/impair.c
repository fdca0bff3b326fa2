/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "probe/impair.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/process.h"
#include "base/text.h"

enum { TIMEOUT_MS = 5000 };

const char *vl_impair_table(struct vl_arena *arena, const char *lab)
{
    return vl_arena_printf(arena, "voiplab-%s", lab);
}

/* `… counter packets 12 bytes 2400 drop comment "alfa:beta loss=2.00%"`; false: another line. */
static bool parse_rule(struct vl_arena *arena, const char *line, struct vl_impairment *rule)
{
    static const char counter[] = "counter packets ", comment[] = "comment \"";
    const char *packets = strstr(line, counter), *name = strstr(line, comment), *end;
    unsigned whole, part;

    if (!packets || !name)
        return false;
    name += strlen(comment);
    end = strstr(name, " loss=");
    if (!end || sscanf(end, " loss=%3u.%2u%%\"", &whole, &part) != 2 || whole > 100)
        return false;
    *rule = (struct vl_impairment){ .trunk = vl_arena_strndup(arena, name, (size_t)(end - name)),
                                    .loss = whole * 100 + part };
    return sscanf(packets + strlen(counter), "%20" SCNu64, &rule->dropped) == 1;
}

size_t vl_impair_parse(struct vl_arena *arena, const char *text, struct vl_impairment **ret)
{
    const char *const *lines = vl_text_split(arena, text, "\n");
    size_t count = 0;

    *ret = NULL;
    for (; lines && *lines; lines++) {
        struct vl_impairment rule;

        if (!parse_rule(arena, *lines, &rule))
            continue;
        if (count && !strcmp((*ret)[count - 1].trunk, rule.trunk)) { /* the way back */
            (*ret)[count - 1].dropped += rule.dropped;
            continue;
        }
        *ret = vl_arena_grow(arena, *ret, count, sizeof(**ret));
        if (!*ret)
            return 0;
        (*ret)[count++] = rule;
    }
    return count;
}

size_t vl_impair_look(struct vl_arena *arena, const char *lab, struct vl_impairment **ret)
{
    const char *const argv[] = { "nft", "list", "table", "bridge", vl_impair_table(arena, lab), NULL };
    const struct vl_process_options options = { .timeout_ms = TIMEOUT_MS };
    VL_PROCESS_RESULT_AUTO result = { .status = -1 };
    VL_ERROR_AUTO ignored = { .code = VL_OK };

    *ret = NULL;
    if (!vl_process_found("nft") || vl_process_run(argv, &options, &result, &ignored) < 0 || result.status)
        return 0;
    return vl_impair_parse(arena, result.output ? result.output : "", ret);
}
