/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "request/dialplan_source.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "dialplan/beside.h"
#include "dialplan/zone.h"
#include "probe/ask.h"
#include "render/asterisk.h"
#include "request/fleet.h"

#define CONF_DIRECTORY "/etc/asterisk"
#define CONF CONF_DIRECTORY "/extensions.conf"

enum { ANSWER_MS = 10000, DATABASE_MOST = 64 << 20 };

static int read_target(void *context, const char *path, struct vl_arena *arena, const char **ret_text,
                       struct vl_error *err)
{
    struct vl_target *target = context;
    VL_FREE char *text = NULL;
    mode_t mode;

    if (target->ops->read(target, path, &text, &mode, err) < 0)
        return -1;
    *ret_text = vl_arena_strdup(arena, text);
    return vl_arena_check(arena, err);
}

static int compare_text(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* How many parts of the path stand behind the place `from`. */
static const char *count_parts(struct vl_arena *arena, const char *from)
{
    unsigned count = 1;

    while ((from = strchr(from + 1, '/')))
        count++;
    return vl_arena_printf(arena, "%u", count);
}

/* Wildcards are looked up by find(1) over there. At the one depth that the pattern has, none of its '*' can stand for a
 * '/', since all of these are in the pattern. */
static int expand_target(void *context, const char *pattern, struct vl_arena *arena, const char *const **ret_paths,
                         size_t *ret_count, struct vl_error *err)
{
    struct vl_target *target = context;
    const char *slash = memrchr(pattern, '/', strcspn(pattern, "*?["));
    const char **one = vl_arena_zalloc(arena, sizeof(*one)), **paths;
    struct vl_command_result result = { .output = NULL };
    size_t count = 0;

    if (!one)
        return vl_no_memory(err);
    *one = pattern;
    *ret_paths = one;
    *ret_count = 1;
    if (!slash || !strpbrk(slash, "*?["))
        return 0;
    const char *directory = vl_arena_strndup(arena, pattern, slash == pattern ? 1 : (size_t)(slash - pattern));
    const char *depth = count_parts(arena, slash);
    const char *const argv[] = {
        "find", directory, "-mindepth", depth, "-maxdepth", depth, "-path", pattern, NULL,
    };
    if (target->ops->run(target, argv, NULL, ANSWER_MS, &result, err) < 0)
        return -1;
    paths = (const char **)(uintptr_t)vl_text_split(arena, result.output ? result.output : "", "\n");
    vl_command_result_free(&result);
    while (paths && paths[count])
        count++;
    if (count)
        qsort(paths, count, sizeof(*paths), compare_text);
    *ret_paths = paths;
    *ret_count = count;
    return 0;
}

/* What is in AstDB; NULL: Asterisk does not say, and it is not known. */
static const struct vl_astdb *ask_database(struct vl_target *target, struct vl_arena *arena)
{
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    VL_FREE char *shown = NULL;

    if (vl_asterisk_ask(target, "database show", &shown, &ignored) < 0 || !shown)
        return NULL;
    return vl_astdb_parse(arena, shown);
}

static const struct vl_astdb *load_database(const char *path, struct vl_arena *arena, struct vl_error *err)
{
    const struct vl_astdb *database;
    VL_FREE char *text = NULL;

    if (vl_file_read(path, DATABASE_MOST, &text, NULL, err) < 0)
        return NULL;
    database = vl_astdb_parse(arena, text);
    if (!database && vl_arena_check(arena, err) == 0)
        (void)vl_fail(err, VL_ERROR_FAILED, "'%s' is not what 'asterisk -rx \"database show\"' prints", path);
    return database;
}

/* With what is known of the files beside. */
static struct vl_dialplan *load_beside(const char *path, const struct vl_conf_reader *reader, struct vl_error *err)
{
    struct vl_dialplan *plan = vl_dialplan_load(path, reader, err);

    if (plan)
        vl_dialplan_look_beside(plan, path, reader);
    if (plan && vl_arena_check(&plan->arena, err) < 0) {
        vl_dialplan_free(plan);
        return NULL;
    }
    return plan;
}

static struct vl_dialplan *load_running(struct vl_session *session, const char *name, struct vl_arena *arena,
                                        const struct vl_astdb **ret_database, struct vl_error *err)
{
    const char *const names[] = { name, NULL };
    struct vl_conf_reader reader = { .read = read_target, .expand = expand_target, .directory = CONF_DIRECTORY };
    VL_TARGET_AUTO *target = NULL;

    if (vl_fleet_check_names(session->lab, names, err) < 0)
        return NULL;
    for (size_t i = 0; i < session->lab->pbx_count && !target; i++)
        if (!strcmp(session->lab->pbxs[i].name, name)) {
            target = vl_session_connect(session, &session->lab->pbxs[i], ANSWER_MS, NULL, err);
            if (!target)
                return NULL;
        }
    reader.context = target;
    if (!*ret_database)
        *ret_database = ask_database(target, arena);
    return load_beside(CONF, &reader, err);
}

/* What the hub would get, or the first PBX of a lab without one. */
static struct vl_dialplan *load_rendered(struct vl_session *session, struct vl_error *err)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    const struct vl_pbx *pbx = session->lab->hub ? session->lab->hub : &session->lab->pbxs[0];
    struct vl_fileset set = { .count = 0 };

    vl_render_pbx(&arena, session->lab, &session->state, pbx, VL_PART_TRUNK | VL_PART_DIALPLAN, &set);
    for (size_t i = 0; i < set.count && !arena.failed; i++) {
        const char *name = strrchr(set.files[i].path, '/');

        if (name && !strcmp(name, "/voiplab_extensions.conf"))
            return vl_dialplan_parse(set.files[i].path, set.files[i].text, &vl_conf_no_files, err);
    }
    (void)vl_fail(err, arena.failed ? VL_ERROR_MEMORY : VL_ERROR_FAILED, "'%s' gets no dialplan", pbx->name);
    return NULL;
}

static struct vl_dialplan *load_file(const char *path, struct vl_arena *arena, struct vl_error *err)
{
    const char *slash = strrchr(path, '/');
    const char *directory = slash ? vl_arena_strndup(arena, path, slash == path ? 1 : (size_t)(slash - path)) : ".";
    struct vl_conf_reader reader = vl_conf_files(directory);

    return load_beside(path, &reader, err);
}

static const char *dial_context(const struct vl_session *session, const char *name, struct vl_arena *arena)
{
    const struct vl_lab *lab = session->lab;
    const struct vl_pbx *pbx = name ? vl_lab_pbx(lab, name) : NULL;

    if (!pbx)
        pbx = lab->hub ? lab->hub : &lab->pbxs[0];
    return vl_render_dial_context(arena, lab, &session->state, pbx);
}

/* Where Asterisk loads nothing, no number goes anywhere: an answer from what could be understood would be none. */
static struct vl_dialplan *check_loads(struct vl_dialplan *plan, struct vl_error *err)
{
    const struct vl_diagnostic *why;

    if (!plan || !plan->broken)
        return plan;
    why = &plan->diagnostics[plan->broken_by];
    (void)vl_fail_at(err, VL_ERROR_FAILED, why->at.file, why->at.line, "%s%s", why->text,
                     why->code == VL_DIALPLAN_FILE_MISSING ? "" : ": Asterisk refuses the whole dialplan");
    vl_dialplan_free(plan);
    return NULL;
}

/* What the hub of a lab would get is a part of a plan only, to be included by one: that is not asked whether it loads.
 */
struct vl_dialplan *vl_run_dialplan_source(struct vl_session *session, const struct voiplab_dialplan_source *source,
                                           struct vl_arena *arena, const char **ret_context,
                                           const struct vl_astdb **ret_database, struct vl_error *err)
{
    *ret_context = NULL;
    *ret_database = source->database ? load_database(source->database, arena, err) : NULL;
    if (source->database && !*ret_database)
        return NULL;
    if (source->conf)
        return check_loads(load_file(source->conf, arena, err), err);
    if (!session || !session->lab || !session->lab->pbx_count) {
        (void)vl_fail(err, VL_ERROR_USAGE, "this needs a lab file, or --conf");
        return NULL;
    }
    *ret_context = dial_context(session, source->pbx, arena);
    if (source->pbx)
        return check_loads(load_running(session, source->pbx, arena, ret_database, err), err);
    return load_rendered(session, err);
}

bool vl_run_moment(long long now, struct vl_moment *ret_moment)
{
    time_t seconds = (time_t)now;
    struct tm parts;

    if (!localtime_r(&seconds, &parts))
        return false;
    *ret_moment = (struct vl_moment){ .year = parts.tm_year + 1900,
                                      .month = parts.tm_mon + 1,
                                      .day = parts.tm_mday,
                                      .weekday = parts.tm_wday,
                                      .hour = parts.tm_hour,
                                      .minute = parts.tm_min,
                                      .elsewhere = vl_zone_moment };
    return true;
}
