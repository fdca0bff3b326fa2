/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sections become contexts, [globals] and [general], as pbx_config of Asterisk 16 does it.
 */
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/memory.h"
#include "base/text.h"
#include "dialplan/diagnostic.h"
#include "dialplan/index.h"
#include "dialplan/load_exten.h"
#include "dialplan/lookup.h"
#include "dialplan/pattern.h"
#include "dialplan/timing.h"
#include "dialplan/trie.h"
#include "dialplan/users.h"

/* A context while it is loaded. */
struct loading {
    struct vl_context context; /* first, since the table of names points here */
    struct vl_names existing;
};

static const char *filled_in(struct vl_dialplan *plan, const char *text)
{
    struct vl_variables variables = vl_dialplan_variables(plan);

    return vl_substitute(&plan->arena, &variables, text);
}

/* A later value of the same name takes the place of the first; an empty one takes it away. */
static void load_global(struct vl_dialplan *plan, const struct vl_conf_line *line)
{
    uint64_t hash = vl_hash_text(VL_HASH_START, line->name);
    struct vl_global *global = vl_names_find(plan->global_names, hash, vl_dialplan_same_global, line->name), *globals;
    struct vl_global value = { .name = line->name, .value = filled_in(plan, line->value), .at = line->at };

    if (global) {
        *global = value;
        for (size_t i = 0; i < plan->global_count; i++)
            if (!strcmp(plan->globals[i].name, line->name))
                plan->globals[i] = value;
        return;
    }
    globals = vl_arena_grow(&plan->arena, plan->globals, plan->global_count, sizeof(*globals));
    global = vl_arena_zalloc(&plan->arena, sizeof(*global));
    if (!globals || !global)
        return;
    *global = value;
    plan->globals = globals;
    globals[plan->global_count++] = value;
    vl_names_add(&plan->arena, plan->global_names, hash, global);
}

static void load_general(struct vl_dialplan *plan, const struct vl_conf_section *section)
{
    struct vl_dialplan_general *general = &plan->general;
    const struct {
        const char *name;
        bool *value;
    } switches[] = {
        { "static", &general->static_config },
        { "writeprotect", &general->write_protect },
        { "clearglobalvars", &general->clear_globals },
        { "autofallthrough", &general->autofallthrough },
        { "extenpatternmatchnew", &general->new_pattern_match },
    };

    for (size_t i = 0; i < section->line_count; i++) {
        const struct vl_conf_line *line = &section->lines[i];

        for (size_t j = 0; j < VL_COUNT(switches); j++)
            if (!strcasecmp(line->name, switches[j].name))
                *switches[j].value = vl_conf_is_true(line->value);
        if (!strcasecmp(line->name, "userscontext"))
            general->users_context = line->value;
        if (!strcasecmp(line->name, "overrideswitch"))
            general->override_switch = line->value;
    }
}

static struct loading *get_context(struct vl_dialplan *plan, const char *name)
{
    struct vl_arena *arena = &plan->arena;
    uint64_t hash = vl_hash_text(VL_HASH_START, name);
    struct loading *loading = vl_names_find(plan->context_names, hash, vl_dialplan_same_context, name);
    struct vl_context **contexts;

    if (loading)
        return loading;
    loading = vl_arena_zalloc(arena, sizeof(*loading));
    contexts = vl_arena_grow(arena, plan->contexts, plan->context_count, sizeof(*contexts));
    if (!loading || !contexts)
        return NULL;
    loading->context.name = name;
    plan->contexts = contexts;
    contexts[plan->context_count++] = &loading->context;
    vl_names_add(arena, plan->context_names, hash, loading);
    return loading;
}

static void load_include(struct vl_dialplan *plan, struct vl_section_state *state, const struct vl_conf_line *line)
{
    struct vl_context *context = state->context;
    const char *written = filled_in(plan, line->value), *comma = strchr(written, ','), *wrong = NULL;
    struct vl_include include = { .written = written, .at = line->at }, *includes;

    for (size_t i = 0; i < context->include_count; i++) {
        if (strcasecmp(context->includes[i].written, written) != 0)
            continue;
        vl_diagnose(plan, VL_DIALPLAN_INCLUDE_TWICE, line->at, context->name, NULL, "'%s' is included already",
                    written);
        return;
    }
    include.name = comma ? vl_arena_strndup(&plan->arena, written, (size_t)(comma - written)) : written;
    if (comma && comma[1])
        include.timing = vl_timing_read(&plan->arena, comma + 1, &wrong);
    if (wrong)
        vl_diagnose(plan, VL_DIALPLAN_INCLUDE_TIME, line->at, context->name, NULL,
                    "'%s' is no time that Asterisk knows", wrong);
    includes = vl_arena_grow(&plan->arena, context->includes, context->include_count, sizeof(*includes));
    if (!includes)
        return;
    context->includes = includes;
    includes[context->include_count++] = include;
}

static void load_switch(struct vl_dialplan *plan, struct vl_section_state *state, const struct vl_conf_line *line)
{
    struct vl_context *context = state->context;
    struct vl_switch found = { .kind = VL_SWITCH, .at = line->at }, *switches;
    char *text = vl_arena_strdup(&plan->arena, line->value), *slash;

    if (!strcasecmp(line->name, "switch"))
        text = vl_arena_strdup(&plan->arena, filled_in(plan, text));
    else
        found.kind = !strcasecmp(line->name, "eswitch") ? VL_ESWITCH : VL_LSWITCH;
    slash = strchr(text, '/');
    if (slash)
        *slash = '\0';
    found.name = text;
    found.data = slash ? slash + 1 : "";
    for (size_t i = 0; i < context->switch_count; i++) {
        if (strcasecmp(context->switches[i].name, found.name) != 0 ||
            strcasecmp(context->switches[i].data, found.data) != 0)
            continue;
        vl_diagnose(plan, VL_DIALPLAN_SWITCH_TWICE, line->at, context->name, NULL,
                    "the switch '%s/%s' is there already", found.name, found.data);
        return;
    }
    switches = vl_arena_grow(&plan->arena, context->switches, context->switch_count, sizeof(*switches));
    if (!switches)
        return;
    context->switches = switches;
    switches[context->switch_count++] = found;
}

static void load_ignorepat(struct vl_dialplan *plan, struct vl_section_state *state, const struct vl_conf_line *line)
{
    struct vl_context *context = state->context;
    const char *pattern = filled_in(plan, line->value);
    struct vl_ignorepat *list;

    for (size_t i = 0; i < context->ignorepat_count; i++) {
        if (strcasecmp(context->ignorepats[i].pattern, pattern) != 0)
            continue;
        vl_diagnose(plan, VL_DIALPLAN_IGNOREPAT_TWICE, line->at, context->name, NULL, "'%s' is ignored already",
                    pattern);
        return;
    }
    list = vl_arena_grow(&plan->arena, context->ignorepats, context->ignorepat_count, sizeof(*list));
    if (!list)
        return;
    context->ignorepats = list;
    list[context->ignorepat_count++] = (struct vl_ignorepat){ .pattern = pattern, .at = line->at };
}

static void load_autohints(struct vl_dialplan *plan, struct vl_section_state *state, const struct vl_conf_line *line)
{
    (void)plan;
    state->context->autohints = vl_conf_is_true(line->value);
}

static const struct {
    const char *name;
    void (*load)(struct vl_dialplan *plan, struct vl_section_state *state, const struct vl_conf_line *line);
} keys[] = {
    { "exten", vl_load_exten }, { "include", load_include }, { "ignorepat", load_ignorepat }, { "switch", load_switch },
    { "lswitch", load_switch }, { "eswitch", load_switch },  { "autohints", load_autohints },
};

static void load_line(struct vl_dialplan *plan, struct vl_section_state *state, const struct vl_conf_line *line)
{
    /* so does Asterisk: whatever starts like this */
    if (!strncasecmp(line->name, "same", 4)) {
        vl_load_same(plan, state, line);
        return;
    }
    for (size_t i = 0; i < VL_COUNT(keys); i++) {
        if (strcasecmp(line->name, keys[i].name) != 0)
            continue;
        keys[i].load(plan, state, line);
        return;
    }
    vl_diagnose(plan, VL_DIALPLAN_KEY_UNKNOWN, line->at, state->context->name, NULL,
                "there is no '%s': Asterisk drops the line", line->name);
}

static void load_section(struct vl_dialplan *plan, const struct vl_conf_section *section)
{
    struct loading *loading = get_context(plan, section->name);
    struct vl_section_state state = { .extension = "", .priority = -2 };
    struct vl_context *context;
    struct vl_position *sections;

    if (!loading)
        return;
    context = &loading->context;
    sections = vl_arena_grow(&plan->arena, context->sections, context->section_count, sizeof(*sections));
    if (!sections)
        return;
    context->sections = sections;
    sections[context->section_count++] = section->at;
    state.context = context;
    state.existing = &loading->existing;
    for (size_t i = 0; i < section->line_count && !plan->arena.failed; i++)
        load_line(plan, &state, &section->lines[i]);
}

static bool is_context(const struct vl_conf_section *section)
{
    return !section->is_template && strcasecmp(section->name, "general") != 0 &&
           strcasecmp(section->name, "globals") != 0;
}

/* [general] and [globals] may stand there several times; later values win. */
static void load_settings(struct vl_dialplan *plan, const struct vl_conf *conf)
{
    for (size_t i = 0; i < conf->section_count; i++) {
        const struct vl_conf_section *section = conf->sections[i];

        if (section->is_template)
            continue;
        if (!strcasecmp(section->name, "general"))
            load_general(plan, section);
        for (size_t j = 0; !strcasecmp(section->name, "globals") && j < section->line_count; j++)
            load_global(plan, &section->lines[j]);
    }
}

static void check_includes(struct vl_dialplan *plan)
{
    for (size_t i = 0; i < plan->context_count; i++)
        for (size_t j = 0; j < plan->contexts[i]->include_count; j++) {
            const struct vl_include *include = &plan->contexts[i]->includes[j];

            if (!vl_dialplan_context(plan, include->name))
                vl_diagnose(plan, VL_DIALPLAN_INCLUDE_UNKNOWN, include->at, plan->contexts[i]->name, NULL,
                            "there is no context '%s'", include->name);
        }
}

/* `users` may be NULL. */
static void load_conf(struct vl_dialplan *plan, const struct vl_conf *conf, const struct vl_conf *users)
{
    load_settings(plan, conf);
    for (size_t i = 0; i < conf->section_count; i++)
        if (is_context(conf->sections[i]))
            load_section(plan, conf->sections[i]);
    if (users) {
        const struct vl_conf_section section = vl_users_section(&plan->arena, users, plan->general.users_context);

        if (section.line_count)
            load_section(plan, &section);
    }
    for (size_t i = 0; i < plan->context_count && !plan->arena.failed; i++) {
        vl_index_build(&plan->arena, plan->contexts[i]);
        if (plan->general.new_pattern_match)
            vl_trie_build(&plan->arena, plan->contexts[i]);
    }
    check_includes(plan);
}

/* `extensions.ael` and `extensions.lua` are other languages. */
static bool is_other_language(const char *name)
{
    const char *dot = strrchr(name, '.');

    return dot && (!strcasecmp(dot, ".ael") || !strcasecmp(dot, ".lua"));
}

static struct vl_dialplan *new_plan(struct vl_error *err)
{
    struct vl_dialplan *plan = vl_malloc(sizeof(*plan));

    if (!plan) {
        vl_no_memory(err);
        return NULL;
    }
    *plan = (struct vl_dialplan){ .general = { .autofallthrough = true, .users_context = "default" } };
    plan->context_names = vl_arena_zalloc(&plan->arena, sizeof(*plan->context_names));
    plan->global_names = vl_arena_zalloc(&plan->arena, sizeof(*plan->global_names));
    return plan;
}

/* What is wrong with the files is wrong with the plan. */
static void take_marks(struct vl_dialplan *plan, const struct vl_conf *conf)
{
    for (size_t i = 0; i < conf->mark_count; i++)
        vl_diagnose_text(plan, (enum vl_dialplan_code)conf->marks[i].code, conf->marks[i].at, conf->marks[i].section,
                         NULL, conf->marks[i].text);
    plan->files = conf->files;
    plan->file_count = conf->file_count;
    plan->moved = conf->moved;
    plan->moved_count = conf->moved_count;
    plan->broken = conf->broken;
    plan->broken_by = conf->broken_by;
}

/* users.conf beside the file; NULL: there is none that could be read. */
static const struct vl_conf *read_users(struct vl_dialplan *plan, const char *name, const struct vl_conf_reader *reader)
{
    const char *slash = strrchr(name, '/'), *text;
    const char *path = vl_arena_printf(&plan->arena, "%.*susers.conf", slash ? (int)(slash + 1 - name) : 0, name);
    struct vl_conf *users = vl_arena_zalloc(&plan->arena, sizeof(*users));
    VL_ERROR_AUTO ignored = { .code = VL_OK };

    if (!users || reader->read(reader->context, path, &plan->arena, &text, &ignored) < 0 ||
        vl_conf_read(&plan->arena, path, text, reader, users, &ignored) < 0)
        return NULL;
    return users;
}

static int load_text(struct vl_dialplan *plan, const char *name, const char *text, const struct vl_conf_reader *reader,
                     bool with_users, struct vl_error *err)
{
    struct vl_conf conf;

    if (plan->arena.failed)
        return vl_no_memory(err);
    if (is_other_language(name)) {
        vl_diagnose(plan, VL_DIALPLAN_OTHER_LANGUAGE,
                    (struct vl_position){ .file = vl_arena_strdup(&plan->arena, name) }, NULL, NULL,
                    "'%s' is written in another language than extensions.conf and is not read", name);
    } else {
        if (vl_conf_read(&plan->arena, name, text, reader, &conf, err) < 0)
            return -1;
        take_marks(plan, &conf);
        load_conf(plan, &conf, with_users ? read_users(plan, name, reader) : NULL);
    }
    return vl_arena_check(&plan->arena, err);
}

static struct vl_dialplan *load_plan(const char *name, const char *text, const struct vl_conf_reader *reader,
                                     bool with_users, struct vl_error *err)
{
    struct vl_dialplan *plan = new_plan(err);

    if (plan && load_text(plan, name, text, reader, with_users, err) < 0) {
        vl_dialplan_free(plan);
        return NULL;
    }
    return plan;
}

struct vl_dialplan *vl_dialplan_parse(const char *name, const char *text, const struct vl_conf_reader *reader,
                                      struct vl_error *err)
{
    return load_plan(name, text, reader, false, err);
}

struct vl_dialplan *vl_dialplan_load(const char *path, const struct vl_conf_reader *reader, struct vl_error *err)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    const char *text;

    if (reader->read(reader->context, path, &arena, &text, err) < 0)
        return NULL;
    return load_plan(path, text, reader, true, err);
}

void vl_dialplan_free(struct vl_dialplan *plan)
{
    if (!plan)
        return;
    vl_arena_free(&plan->arena);
    vl_free(plan);
}
