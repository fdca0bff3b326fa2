/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * [trunks] and [trunk A B] of the lab file: what they say of the trunks that the topology has.
 */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "lab/schema.h"

/* Codecs that Asterisk has a format for. */
static const char *const codecs[] = { "ulaw", "alaw",  "gsm",   "g722",  "g726", "g729",
                                      "ilbc", "speex", "lpc10", "adpcm", "slin", NULL };

static int check_codecs(const struct vl_lab *lab, const struct vl_raw_section *section, const char *const *given,
                        struct vl_error *err)
{
    for (; given && *given; given++) {
        size_t i = 0;

        while (codecs[i] && strcmp(codecs[i], *given) != 0)
            i++;
        if (!codecs[i])
            return VL_LAB_MISTAKE(lab, vl_raw_line(section, "codec"), err,
                                  "[%s] codec: '%s' is none of ulaw, alaw, gsm, g722, g726, g729, ilbc, speex, lpc10, "
                                  "adpcm, slin",
                                  section->section->name, *given);
    }
    return 0;
}

static int read_qualify(const struct vl_lab *lab, const struct vl_raw_section *section, const char *given, int *qualify,
                        struct vl_error *err)
{
    long number = 0;

    if (!given)
        return 0;
    if (strcmp(given, "yes") != 0 && strcmp(given, "no") != 0 && !vl_text_number(given, 1, 60000, &number))
        return VL_LAB_MISTAKE(lab, vl_raw_line(section, "qualify"), err,
                              "[%s] qualify: should be yes, no, or the ms that an answer may take, 1 to 60000",
                              section->section->name);
    *qualify = !strcmp(given, "yes") ? VL_QUALIFY_YES : (int)number;
    return 0;
}

/* What a section says of how a trunk carries calls, over what held before. */
#define READ_SETTINGS(lab, section, raw, settings, err)                                                                \
    read_settings(lab, section, &(struct carries){ (raw)->codecs, (raw)->qualify, (raw)->limit, (raw)->encryption },   \
                  settings, err)

struct carries {
    const char *const *codecs;
    const char *qualify;
    unsigned limit;
    bool encryption;
};

static int read_settings(const struct vl_lab *lab, const struct vl_raw_section *section, const struct carries *given,
                         struct vl_trunk_settings *settings, struct vl_error *err)
{
    if (given->codecs)
        settings->codecs = given->codecs;
    if (given->limit)
        settings->limit = given->limit;
    if (vl_ini_entry(section->section, "encryption"))
        settings->encryption = given->encryption;
    if (check_codecs(lab, section, given->codecs, err) < 0)
        return -1;
    return read_qualify(lab, section, given->qualify, &settings->qualify, err);
}

static int check_ends(const struct vl_lab *lab, const struct vl_raw_section *section, struct vl_error *err)
{
    const struct vl_raw_trunk *raw = section->object;
    const char *ends[] = { raw->from, raw->to };

    for (int end = 0; end < 2; end++) {
        const struct vl_pbx *pbx = vl_lab_pbx(lab, ends[end]);

        if (!pbx || (pbx->role != VL_ROLE_GUEST && end == 0))
            return VL_LAB_MISTAKE(lab, section->section->line, err, "[%s] '%s' is not a guest of this lab",
                                  section->section->name, ends[end]);
    }
    if (!strcmp(ends[0], ends[1]))
        return VL_LAB_MISTAKE(lab, section->section->line, err, "[%s] leads from a PBX to itself",
                              section->section->name);
    return 0;
}

/* The keys that are for the other kind of trunk. */
static int check_keys(const struct vl_lab *lab, const struct vl_raw_section *section, bool hub, struct vl_error *err)
{
    static const struct {
        const char *key, *reason;
        bool hub;
    } rows[] = {
        { "name", "a trunk to the hub has the name of the account; say account in the [pbx] section", true },
        { "encryption", "only IAX2 can do it, and a trunk to the hub is SIP", true },
        { "register", "only a guest and the hub register with each other", false },
    };

    for (size_t i = 0; i < VL_COUNT(rows); i++)
        if (rows[i].hub == hub && vl_ini_entry(section->section, rows[i].key))
            return VL_LAB_MISTAKE(lab, vl_raw_line(section, rows[i].key), err, "[%s] %s: %s", section->section->name,
                                  rows[i].key, rows[i].reason);
    return 0;
}

static int read_trunk(const struct vl_lab *lab, const struct vl_raw_section *section, struct vl_trunk_given *given,
                      struct vl_error *err)
{
    const struct vl_raw_trunk *raw = section->object;
    struct vl_trunk ignored;
    bool hub;

    if (check_ends(lab, section, err) < 0)
        return -1;
    *given = (struct vl_trunk_given){
        .from = vl_lab_pbx(lab, raw->from),
        .to = vl_lab_pbx(lab, raw->to),
        .name = raw->name,
        .secret = raw->secret,
        .registers = (enum vl_register)raw->registers,
        .line = section->section->line,
    };
    hub = given->to->role == VL_ROLE_HUB;
    given->settings = hub ? (struct vl_trunk_settings){ .qualify = VL_QUALIFY_YES } : lab->trunk_settings;
    if (!hub && lab->topology != VL_TOPOLOGY_LISTED && !vl_lab_trunk(lab, given->from, given->to, &ignored))
        return VL_LAB_MISTAKE(
            lab, given->line, err,
            "[%s] the topology of [trunks] has no trunk here; make it listed, with a section for each "
            "trunk, or leave this section out",
            section->section->name);
    return check_keys(lab, section, hub, err) < 0 ? -1 : READ_SETTINGS(lab, section, raw, &given->settings, err);
}

static int name_taken(const struct vl_lab *lab, const struct vl_trunk_given *given, const struct vl_pbx *from,
                      const struct vl_pbx *to, struct vl_error *err)
{
    return VL_LAB_MISTAKE(lab, given->line, err, "[trunk %s %s] name: '%s' is the name of the trunk from '%s' to '%s'",
                          given->from->name, given->to->name, given->name, from->name, to->name);
}

/* The trunk that would have this name without a word of the lab file: what stands behind its caller's prefix tells
 * where it leads. */
static bool find_automatic(const struct vl_lab *lab, const char *name, struct vl_trunk *ret_trunk)
{
    struct vl_trunks walk;

    for (size_t i = 0; i < lab->pbx_count; i++) {
        const struct vl_pbx *pbx = &lab->pbxs[i];

        if (pbx->role != VL_ROLE_GUEST || strncmp(name, pbx->prefix, strlen(pbx->prefix)) != 0)
            continue;
        walk = vl_lab_trunks_from(lab, pbx);
        while (vl_lab_next_trunk(&walk))
            if (!strcmp(walk.trunk.name, name)) {
                *ret_trunk = walk.trunk;
                return true;
            }
    }
    return false;
}

static int compare_names(const void *a, const void *b)
{
    const struct vl_trunk_given *const *left = a, *const *right = b;
    int order = strcmp((*left)->name, (*right)->name);

    return order ? order : (*left)->line - (*right)->line;
}

/* Names that the lab file gives, against each other and against those of the others. */
static int check_names(struct vl_lab *lab, struct vl_error *err)
{
    const struct vl_trunk_given **sorted = vl_arena_zalloc(&lab->arena, (lab->trunk_given_count + 1) * sizeof(*sorted));
    struct vl_trunk other;
    size_t count = 0;

    if (!sorted)
        return vl_no_memory(err);
    for (size_t i = 0; i < lab->trunk_given_count; i++)
        if (lab->trunks_given[i].name)
            sorted[count++] = &lab->trunks_given[i];
    qsort(sorted, count, sizeof(const struct vl_trunk_given *), compare_names);
    for (size_t i = 1; i < count; i++)
        if (!strcmp(sorted[i - 1]->name, sorted[i]->name))
            return name_taken(lab, sorted[i], sorted[i - 1]->from, sorted[i - 1]->to, err);
    for (size_t i = 0; i < count; i++)
        if (find_automatic(lab, sorted[i]->name, &other) &&
            (other.from != sorted[i]->from || other.to != sorted[i]->to))
            return name_taken(lab, sorted[i], other.from, other.to, err);
    return 0;
}

static int read_all(struct vl_lab *lab, const struct vl_raw_file *raw, struct vl_error *err)
{
    const struct vl_raw_section *section = raw->kinds[VL_RAW_TRUNKS].sections;
    const struct vl_raw_trunks *all = section ? section->object : NULL;

    lab->trunk_settings = (struct vl_trunk_settings){ .qualify = VL_QUALIFY_YES };
    if (!section)
        return 0;
    lab->topology = (enum vl_topology)all->topology;
    if (lab->topology == VL_TOPOLOGY_STAR && !lab->hub)
        return VL_LAB_MISTAKE(lab, vl_raw_line(section, "topology"), err,
                              "[trunks] topology: a star needs a PBX in its middle; give one of them role = hub");
    return READ_SETTINGS(lab, section, all, &lab->trunk_settings, err);
}

static int check_secrets(const struct vl_lab *lab, const struct vl_raw_file *raw, struct vl_error *err)
{
    for (size_t i = 0; i < raw->kinds[VL_RAW_TRUNK].count; i++) {
        const struct vl_raw_section *section = &raw->kinds[VL_RAW_TRUNK].sections[i];
        const struct vl_raw_trunk *given = section->object;
        const struct vl_pbx *from = vl_lab_pbx(lab, given->from), *to = vl_lab_pbx(lab, given->to);
        enum vl_register ignored;
        struct vl_trunk trunk = { .from = NULL };

        if (!vl_lab_trunk(lab, from, to, &trunk))
            (void)vl_lab_hub_trunk(lab, from, &trunk, &ignored);
        if (vl_lab_check_secret(lab, section, "secret", given->secret, trunk.name, given->insecure, err) < 0)
            return -1;
    }
    return 0;
}

int vl_lab_make_trunks(struct vl_lab *lab, const struct vl_raw_file *raw, struct vl_error *err)
{
    size_t count = raw->kinds[VL_RAW_TRUNK].count;
    struct vl_trunk_given *given = vl_arena_zalloc(&lab->arena, (count + 1) * sizeof(*given));

    if (!given)
        return vl_no_memory(err);
    if (read_all(lab, raw, err) < 0)
        return -1;
    for (size_t i = 0; i < count; i++)
        if (read_trunk(lab, &raw->kinds[VL_RAW_TRUNK].sections[i], &given[i], err) < 0)
            return -1;
    qsort(given, count, sizeof(*given), vl_lab_compare_trunks);
    lab->trunks_given = given;
    lab->trunk_given_count = count;
    return check_secrets(lab, raw, err) < 0 ? -1 : check_names(lab, err);
}
