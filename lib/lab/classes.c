/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who may call what, and over which lines: classes of service, pools of lines, the numbers that callers from outside
 * know, and what [dialplan] says for all of them.
 */
#include <string.h>

#include "base/text.h"
#include "lab/schema.h"

#define SECTIONS(raw, kind) ((raw)->kinds[kind].sections)
#define SECTION_COUNT(raw, kind) ((raw)->kinds[kind].count)

/* A name that stands for nothing, with the nearest of those that do. `what` is the kind of thing that it should be. */
static int unknown_name(struct vl_lab *lab, const struct vl_raw_section *section, const char *key, const char *what,
                        const char *name, const char *const *known, struct vl_error *err)
{
    const char *nearest = vl_text_nearest(name, known);

    return VL_LAB_MISTAKE(lab, vl_raw_line(section, key), err, "[%s] %s: there is no %s%s%s%s", section->section->name,
                          key, what, nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
}

static const struct vl_class *find_class(const struct vl_lab *lab, const char *name)
{
    for (size_t i = 0; i < lab->class_count; i++)
        if (!strcmp(lab->classes[i].name, name))
            return &lab->classes[i];
    return NULL;
}

int vl_lab_resolve_class(struct vl_lab *lab, const struct vl_raw_section *section, const char *name,
                         const struct vl_class **ret_class, struct vl_error *err)
{
    const char **names;

    *ret_class = name ? find_class(lab, name) : lab->dialplan.class;
    if (!name || *ret_class)
        return 0;
    names = vl_arena_zalloc(&lab->arena, (lab->class_count + 1) * sizeof(*names));
    if (!names)
        return vl_no_memory(err);
    for (size_t i = 0; i < lab->class_count; i++)
        names[i] = lab->classes[i].name;
    return unknown_name(lab, section, "class", vl_arena_printf(&lab->arena, "[class %s]", name), name, names, err);
}

/* `all` and `none` are words, the rest are names of routes. */
static int make_class(struct vl_lab *lab, const struct vl_raw_section *section, struct vl_class *class,
                      struct vl_error *err)
{
    const struct vl_raw_class *given = section->object;
    const char **routes;
    size_t words = 0, count = 0;
    bool none = false;

    while (given->routes[words])
        words++;
    routes = vl_arena_zalloc(&lab->arena, (words + 1) * sizeof(*routes));
    if (!routes)
        return vl_no_memory(err);
    *class = (struct vl_class){ .name = given->name, .routes = routes, .line = section->section->line };
    for (size_t i = 0; i < words; i++) {
        if (!strcmp(given->routes[i], "all"))
            class->all = true;
        else if (!strcmp(given->routes[i], "none"))
            none = true;
        else
            routes[count++] = given->routes[i];
    }
    if (none && words > 1)
        return VL_LAB_MISTAKE(lab, vl_raw_line(section, "routes"), err, "[%s] routes: 'none' stands alone",
                              section->section->name);
    return 0;
}

int vl_lab_make_classes(struct vl_lab *lab, const struct vl_raw_file *raw, struct vl_error *err)
{
    size_t count = SECTION_COUNT(raw, VL_RAW_CLASS);
    struct vl_class *classes = vl_arena_zalloc(&lab->arena, (count + 1) * sizeof(*classes));
    const struct vl_raw_section *dialplan = SECTIONS(raw, VL_RAW_DIALPLAN);

    if (!classes)
        return vl_no_memory(err);
    for (size_t i = 0; i < count; i++)
        if (make_class(lab, &SECTIONS(raw, VL_RAW_CLASS)[i], &classes[i], err) < 0)
            return -1;
    lab->classes = classes;
    lab->class_count = count;
    if (!dialplan)
        return 0;
    return vl_lab_resolve_class(lab, dialplan, ((const struct vl_raw_dialplan *)dialplan->object)->class,
                                &lab->dialplan.class, err);
}

static const struct vl_provider *find_provider(const struct vl_lab *lab, const char *name)
{
    for (size_t i = 0; i < lab->provider_count; i++)
        if (!strcmp(lab->providers[i].name, name))
            return &lab->providers[i];
    return NULL;
}

static const struct vl_pool *find_pool(const struct vl_lab *lab, const char *name)
{
    for (size_t i = 0; i < lab->pool_count; i++)
        if (!strcmp(lab->pools[i].name, name))
            return &lab->pools[i];
    return NULL;
}

/* The names of the providers, and of the pools unless one of these is asked for. */
static const char *const *names_of_lines(struct vl_lab *lab, bool with_pools)
{
    const char **names = vl_arena_zalloc(&lab->arena, (lab->provider_count + lab->pool_count + 1) * sizeof(*names));
    size_t count = 0;

    for (size_t i = 0; names && i < lab->provider_count; i++)
        names[count++] = lab->providers[i].name;
    for (size_t i = 0; names && with_pools && i < lab->pool_count; i++)
        names[count++] = lab->pools[i].name;
    return names;
}

int vl_lab_resolve_via(struct vl_lab *lab, const struct vl_raw_section *section, const char *key, const char *name,
                       const struct vl_provider **ret_provider, const struct vl_pool **ret_pool, struct vl_error *err)
{
    const char *const *names;

    *ret_provider = find_provider(lab, name);
    *ret_pool = find_pool(lab, name);
    if (*ret_provider || *ret_pool)
        return 0;
    names = names_of_lines(lab, true);
    if (!names)
        return vl_no_memory(err);
    return unknown_name(lab, section, key, vl_arena_printf(&lab->arena, "[provider %s] or [pool %s]", name, name), name,
                        names, err);
}

static bool has_channel(const struct vl_dahdi *dahdi, unsigned channel)
{
    for (size_t i = 0; i < dahdi->fxo_count; i++)
        if (dahdi->fxo[i] == channel)
            return true;
    return false;
}

static int make_line(struct vl_lab *lab, const struct vl_raw_section *section, const char *word, struct vl_line *line,
                     struct vl_error *err)
{
    const char *const *names;
    long channel = 0;

    line->provider = find_provider(lab, word);
    if (line->provider)
        return 0;
    if (vl_text_is_name(word)) {
        names = names_of_lines(lab, false);
        if (!names)
            return vl_no_memory(err);
        return unknown_name(lab, section, "lines", vl_arena_printf(&lab->arena, "[provider %s]", word), word, names,
                            err);
    }
    if (!vl_text_number(word, 1, 1024, &channel) || !has_channel(&lab->dahdi, (unsigned)channel))
        return VL_LAB_MISTAKE(lab, vl_raw_line(section, "lines"), err,
                              "[%s] lines: channel %s is not among the fxo channels of [dahdi]", section->section->name,
                              word);
    line->channel = (unsigned)channel;
    return 0;
}

static int make_pool(struct vl_lab *lab, const struct vl_raw_section *section, struct vl_pool *pool,
                     struct vl_error *err)
{
    const struct vl_raw_pool *given = section->object;
    struct vl_line *lines;
    size_t count = 0;

    if (find_provider(lab, given->name))
        return VL_LAB_MISTAKE(lab, section->section->line, err, "[%s] '%s' is the name of a provider; choose another",
                              section->section->name, given->name);
    while (given->lines[count])
        count++;
    lines = vl_arena_zalloc(&lab->arena, count * sizeof(*lines));
    if (!lines)
        return vl_no_memory(err);
    for (size_t i = 0; i < count; i++) {
        if (make_line(lab, section, given->lines[i], &lines[i], err) < 0)
            return -1;
        for (size_t j = 0; j < i; j++)
            if (lines[j].channel == lines[i].channel && lines[j].provider == lines[i].provider)
                return VL_LAB_MISTAKE(lab, vl_raw_line(section, "lines"), err, "[%s] lines: '%s' is there twice",
                                      section->section->name, given->lines[i]);
    }
    *pool =
        (struct vl_pool){ .name = given->name, .lines = lines, .line_count = count, .line = section->section->line };
    return 0;
}

/* The lines of the routes that say nothing else: those that [dialplan] names, or all of the card in their order. */
static int make_default_pool(struct vl_lab *lab, const struct vl_raw_file *raw, struct vl_error *err)
{
    const struct vl_raw_section *section = SECTIONS(raw, VL_RAW_DIALPLAN);
    const struct vl_raw_dialplan *given = section ? section->object : NULL;
    const struct vl_provider *provider = NULL;
    const struct vl_pool *pool = NULL;
    size_t count = lab->dahdi.fxo_count;
    struct vl_line *lines = vl_arena_zalloc(&lab->arena, (count + 1) * sizeof(*lines));

    if (!lines)
        return vl_no_memory(err);
    if (given && given->via && vl_lab_resolve_via(lab, section, "via", given->via, &provider, &pool, err) < 0)
        return -1;
    for (size_t i = 0; i < count; i++)
        lines[i].channel = lab->dahdi.fxo[i];
    if (provider)
        lines[0] = (struct vl_line){ .provider = provider };
    lab->dialplan.pool = (struct vl_pool){ .lines = lines, .line_count = provider ? 1 : count };
    if (pool)
        lab->dialplan.pool = (struct vl_pool){ .lines = pool->lines, .line_count = pool->line_count };
    return 0;
}

int vl_lab_make_pools(struct vl_lab *lab, const struct vl_raw_file *raw, struct vl_error *err)
{
    size_t count = SECTION_COUNT(raw, VL_RAW_POOL);
    struct vl_pool *pools = vl_arena_zalloc(&lab->arena, (count + 1) * sizeof(*pools));

    if (!pools)
        return vl_no_memory(err);
    for (size_t i = 0; i < count; i++)
        if (make_pool(lab, &SECTIONS(raw, VL_RAW_POOL)[i], &pools[i], err) < 0)
            return -1;
    lab->pools = pools;
    lab->pool_count = count;
    return make_default_pool(lab, raw, err);
}

/* A number of a telephone, or of a guest's account. */
static bool is_destination(const struct vl_lab *lab, const char *number)
{
    for (size_t i = 0; i < lab->user_count; i++)
        if (!strcmp(lab->users[i].number, number))
            return true;
    return vl_lab_account_owner(lab, number) || vl_lab_extension_owner(lab, number);
}

static int check_destination(const struct vl_lab *lab, const struct vl_raw_section *section, const char *key,
                             const char *number, struct vl_error *err)
{
    if (is_destination(lab, number))
        return 0;
    return VL_LAB_MISTAKE(lab, vl_raw_line(section, key), err,
                          "[%s] %s: '%s' is neither a [user], nor the account or an extension of a guest",
                          section->section->name, key, number);
}

static int make_dids(struct vl_lab *lab, const struct vl_raw_file *raw, struct vl_error *err)
{
    size_t count = SECTION_COUNT(raw, VL_RAW_DID);
    struct vl_did *dids = vl_arena_zalloc(&lab->arena, (count + 1) * sizeof(*dids));

    if (!dids)
        return vl_no_memory(err);
    for (size_t i = 0; i < count; i++) {
        const struct vl_raw_section *section = &SECTIONS(raw, VL_RAW_DID)[i];
        const struct vl_raw_did *given = section->object;

        if (check_destination(lab, section, "to", given->to, err) < 0)
            return -1;
        if (is_destination(lab, given->number))
            return VL_LAB_MISTAKE(lab, section->section->line, err, "[%s] the number is that of a telephone of the lab",
                                  section->section->name);
        dids[i] = (struct vl_did){ .number = given->number, .to = given->to, .line = section->section->line };
    }
    lab->dids = dids;
    lab->did_count = count;
    return 0;
}

static int check_class(struct vl_lab *lab, const struct vl_raw_section *section, const struct vl_class *class,
                       struct vl_error *err)
{
    const char **names = vl_arena_zalloc(&lab->arena, (lab->route_count + 1) * sizeof(*names));

    if (!names)
        return vl_no_memory(err);
    for (size_t i = 0; i < lab->route_count; i++)
        names[i] = lab->routes[i].name;
    for (const char *const *route = class->routes; *route; route++) {
        bool found = false;

        for (size_t i = 0; names[i]; i++)
            found |= !strcmp(names[i], *route);
        if (!found)
            return unknown_name(lab, section, "routes", vl_arena_printf(&lab->arena, "class of numbers '%s'", *route),
                                *route, names, err);
    }
    return 0;
}

/* The words of [class] cannot be names of routes, and a telephone must not take an emergency number. */
static int check_routes(const struct vl_lab *lab, struct vl_error *err)
{
    for (size_t i = 0; i < lab->route_count; i++) {
        const struct vl_route *route = &lab->routes[i];

        if (!strcmp(route->name, "all") || !strcmp(route->name, "none"))
            return VL_LAB_MISTAKE(lab, route->line, err, "[route %s] '%s' is a word of [class]; choose another name",
                                  route->name, route->name);
        for (size_t j = 0; route->emergency && j < lab->user_count; j++)
            for (const char *const *pattern = route->patterns; *pattern; pattern++)
                if (!strcmp(*pattern, lab->users[j].number))
                    return VL_LAB_MISTAKE(lab, lab->users[j].line, err, "[user %s]: the number is an emergency number",
                                          lab->users[j].number);
    }
    return 0;
}

/* The tones that DAHDI knows (libtonezone 3.1). dahdi_cfg takes any name without a word, and then there are no tones.
 */
static const char *const zones[] = {
    "us", "au", "fr", "nl", "uk", "fi", "es", "jp", "no", "at", "nz", "it", "us-old", "gr", "tw", "cl",
    "se", "be", "sg", "il", "br", "hu", "lt", "pl", "za", "pt", "ee", "mx", "in",     "de", "ch", "dk",
    "cz", "cn", "ar", "my", "th", "bg", "ve", "ph", "ru", "tr", "pa", "mo", "cr",     "ae", NULL,
};

static int check_zone(const struct vl_lab *lab, const struct vl_raw_file *raw, struct vl_error *err)
{
    const struct vl_raw_section *section = SECTIONS(raw, VL_RAW_DAHDI);
    const char *nearest;

    for (size_t i = 0; section && zones[i]; i++)
        if (!strcmp(zones[i], lab->dahdi.zone))
            return 0;
    if (!section)
        return 0;
    nearest = vl_text_nearest(lab->dahdi.zone, zones);
    return VL_LAB_MISTAKE(lab, vl_raw_line(section, "zone"), err, "[dahdi] zone: DAHDI has no tones of '%s'%s%s%s",
                          lab->dahdi.zone, nearest ? "; did you mean '" : "", nearest ? nearest : "",
                          nearest ? "'?" : "");
}

/* Who answers when nobody is named: the first telephone of the hub, or else the first guest. */
static const char *first_destination(const struct vl_lab *lab)
{
    if (lab->user_count > 0)
        return lab->users[0].number;
    for (size_t i = 0; i < lab->pbx_count; i++)
        if (lab->pbxs[i].account)
            return lab->pbxs[i].account;
    return NULL;
}

int vl_lab_make_dialplan(struct vl_lab *lab, const struct vl_raw_file *raw, struct vl_error *err)
{
    static const struct vl_raw_dialplan nothing = { .via = NULL };
    const struct vl_raw_section *section = SECTIONS(raw, VL_RAW_DIALPLAN);
    const struct vl_raw_dialplan *given = section ? section->object : &nothing;
    struct vl_lab_dialplan *dialplan = &lab->dialplan;

    if (given->attendant && check_destination(lab, section, "operator", given->attendant, err) < 0)
        return -1;
    dialplan->attendant = given->attendant ? given->attendant : first_destination(lab);
    dialplan->callerid = given->callerid;
    dialplan->inline_pins = given->pins == 1;
    dialplan->limit_s = given->limit ? given->limit : 1800;
    dialplan->warning_s = section && vl_ini_entry(section->section, "warning") ? given->warning : 300;
    dialplan->interval_s = section && vl_ini_entry(section->section, "interval") ? given->interval : 60;
    for (size_t i = 0; i < lab->class_count; i++)
        if (check_class(lab, &SECTIONS(raw, VL_RAW_CLASS)[i], &lab->classes[i], err) < 0)
            return -1;
    if (check_routes(lab, err) < 0 || check_zone(lab, raw, err) < 0)
        return -1;
    return make_dids(lab, raw, err);
}

bool vl_class_allows(const struct vl_class *class, const struct vl_route *route)
{
    if (route->emergency || ((!class || class->all) && !route->barred))
        return true;
    for (size_t i = 0; class && class->routes[i]; i++)
        if (!strcmp(class->routes[i], route->name))
            return true;
    return false;
}

const struct vl_pbx *vl_lab_extension_owner(const struct vl_lab *lab, const char *number)
{
    for (size_t i = 0; i < lab->pbx_count; i++) {
        const struct vl_pbx *pbx = &lab->pbxs[i];

        if (!pbx->account)
            continue;
        if (!strcmp(pbx->test_number, number))
            return pbx;
        for (const char *const *extension = pbx->extensions; *extension; extension++)
            if (!strcmp(*extension, number))
                return pbx;
    }
    return NULL;
}
