/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The classes of numbers: those of the country's numbering plan (share/numbering/COUNTRY.ini), changed or joined by the
 * [route] sections of the lab file, emergency classes first.
 */
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "lab/schema.h"

static int set_pin(const struct vl_lab *lab, const struct vl_raw_section *section, struct vl_route *route,
                   const char *pin, struct vl_error *err)
{
    route->pin = NULL;
    route->pin_secret = !strcmp(pin, "secret");
    if (route->pin_secret || !strcmp(pin, "none"))
        return 0;
    if (strlen(pin) < 4 || strlen(pin) > 16 || pin[strspn(pin, "0123456789")])
        return VL_LAB_MISTAKE(lab, vl_raw_line(section, "pin"), err,
                              "[%s] pin: should be 4 to 16 digits, 'secret' or 'none'", section->section->name);
    route->pin = pin;
    return 0;
}

/* A guest, which the hub sends the numbers to over its account; else a provider or a pool of this name. */
static int set_via(struct vl_lab *lab, const struct vl_raw_section *section, struct vl_route *route, const char *via,
                   struct vl_error *err)
{
    const struct vl_pbx *guest = vl_lab_pbx(lab, via);
    bool line = false;

    for (size_t i = 0; i < lab->provider_count; i++)
        line |= !strcmp(lab->providers[i].name, via);
    for (size_t i = 0; i < lab->pool_count; i++)
        line |= !strcmp(lab->pools[i].name, via);
    if (!guest || !guest->account || line)
        return vl_lab_resolve_via(lab, section, "via", via, &route->via, &route->pool, err);
    route->over = guest;
    route->via = NULL;
    route->pool = NULL;
    return 0;
}

/* Lay what a section says over a route. */
static int overlay(struct vl_lab *lab, const struct vl_raw_section *section, struct vl_route *route,
                   struct vl_error *err)
{
    const struct vl_raw_route *raw = section->object;

    route->title = raw->title ? raw->title : route->title;
    route->patterns = raw->patterns ? raw->patterns : route->patterns;
    route->dial = raw->dial ? raw->dial : route->dial;
    if (vl_ini_entry(section->section, "emergency"))
        route->emergency = raw->emergency;
    if (raw->pin && set_pin(lab, section, route, raw->pin, err) < 0)
        return -1;
    if (raw->limit)
        route->limit_s = raw->limit;
    if (vl_ini_entry(section->section, "barred"))
        route->barred = raw->barred;
    if (raw->via && set_via(lab, section, route, raw->via, err) < 0)
        return -1;
    if (route->emergency && route->over)
        return VL_LAB_MISTAKE(lab, vl_raw_line(section, "via"), err,
                              "[%s] via: '%s' is a guest, and an emergency call must not hang on one",
                              section->section->name, raw->via);
    if (route->emergency && route->barred)
        return VL_LAB_MISTAKE(lab, vl_raw_line(section, "barred"), err,
                              "[%s] barred: everybody must reach an emergency number", section->section->name);
    if (route->emergency && (route->pin || route->pin_secret))
        return VL_LAB_MISTAKE(lab, vl_raw_line(section, "pin"), err,
                              "[%s] pin: an emergency number must not ask for a PIN; write pin = none",
                              section->section->name);
    return 0;
}

static struct vl_route *find_route(struct vl_route *routes, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (!strcmp(routes[i].name, name))
            return &routes[i];
    return NULL;
}

/* A class of the plan without numbers, or a class of the lab file that the plan does not have: a new one or a slip. */
static int without_patterns(struct vl_lab *lab, const struct vl_raw_file *file, const struct vl_raw_section *section,
                            bool from_lab, const struct vl_route *routes, size_t count, struct vl_error *err)
{
    const char **names = vl_arena_zalloc(&lab->arena, (count + 1) * sizeof(*names)), *nearest;
    const struct vl_raw_route *raw = section->object;
    size_t known = 0;

    if (!names)
        return vl_no_memory(err);
    for (size_t i = 0; i < count; i++)
        if (routes[i].patterns)
            names[known++] = routes[i].name;
    nearest = vl_text_nearest(raw->name, names);
    if (!from_lab)
        return vl_fail_at(err, VL_ERROR_LAB, file->ini.file, section->section->line, "[%s] needs the key 'patterns'",
                          section->section->name);
    return vl_fail_at(err, VL_ERROR_LAB, file->ini.file, section->section->line,
                      "[%s] needs the key 'pattern': the numbering plan has no class of this name%s%s%s",
                      section->section->name, nearest ? "; did you mean [route " : "", nearest ? nearest : "",
                      nearest ? "]?" : "");
}

static int add_routes(struct vl_lab *lab, const struct vl_raw_file *file, bool from_lab, struct vl_route *routes,
                      size_t *count, struct vl_error *err)
{
    for (size_t i = 0; i < file->kinds[VL_RAW_ROUTE].count; i++) {
        const struct vl_raw_section *section = &file->kinds[VL_RAW_ROUTE].sections[i];
        const struct vl_raw_route *raw = section->object;
        struct vl_route *route = find_route(routes, *count, raw->name);

        if (!route) {
            route = &routes[(*count)++];
            *route = (struct vl_route){ .name = raw->name, .title = raw->name, .pool = &lab->dialplan.pool };
        }
        if (from_lab)
            route->line = section->section->line;
        if (overlay(lab, section, route, err) < 0)
            return -1;
        if (!route->patterns)
            return without_patterns(lab, file, section, from_lab, routes, *count, err);
    }
    return 0;
}

/* Stable: emergency classes to the front, the rest in their order. */
static void order_routes(struct vl_route *sorted, const struct vl_route *routes, size_t count)
{
    size_t next = 0;

    for (int emergency = 1; emergency >= 0; emergency--)
        for (size_t i = 0; i < count; i++)
            if (routes[i].emergency == (emergency == 1))
                sorted[next++] = routes[i];
}

static int read_plan(struct vl_lab *lab, const struct vl_raw_file *raw, const char *share_directory,
                     struct vl_raw_file *plan, struct vl_error *err)
{
    const struct vl_raw_section *section = &raw->kinds[VL_RAW_LAB].sections[0];
    const char *path = vl_arena_printf(&lab->arena, "%s/numbering/%s.ini", share_directory, lab->country);

    if (!vl_file_exists(path))
        return VL_LAB_MISTAKE(lab, vl_raw_line(section, "country"), err,
                              "[lab] country: there is no numbering plan '%s'", path);
    return vl_raw_read_plan(&lab->arena, path, plan, err);
}

int vl_lab_make_routes(struct vl_lab *lab, const struct vl_raw_file *raw, const char *share_directory,
                       struct vl_error *err)
{
    struct vl_raw_file plan;
    struct vl_route *routes, *sorted;
    size_t count = 0, total;

    if (read_plan(lab, raw, share_directory, &plan, err) < 0)
        return -1;
    total = plan.kinds[VL_RAW_ROUTE].count + raw->kinds[VL_RAW_ROUTE].count;
    routes = vl_arena_zalloc(&lab->arena, total * sizeof(*routes));
    sorted = vl_arena_zalloc(&lab->arena, total * sizeof(*sorted));
    if (!routes || !sorted)
        return vl_no_memory(err);
    if (add_routes(lab, &plan, false, routes, &count, err) < 0 || add_routes(lab, raw, true, routes, &count, err) < 0)
        return -1;
    order_routes(sorted, routes, count);
    if (lab->dahdi.line && !lab->dahdi.zone)
        lab->dahdi.zone = plan.plan.zone ? plan.plan.zone : "us";
    lab->routes = sorted;
    lab->route_count = count;
    return 0;
}
