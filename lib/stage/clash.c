/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The main file is read as Asterisk reads it, with all that it includes, so that templates, comments and `[name](+)`
 * (which adds to a section on purpose) are what they are.
 */
#include "stage/clash.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/names.h"
#include "dialplan/conf.h"

#define ETC "/etc/asterisk"

/* What Asterisk makes of two sections of one name; `settings` are sections that anybody may add to. */
static const struct rule {
    const char *path;
    const char *settings[3];
    bool any_case; /* the names are compared without regard to case */
    const char *outcome;
} rules[] = {
    { ETC "/extensions.conf",
      { "general", "globals" },
      false,
      "Asterisk makes one context of the two and drops each line whose extension and priority are there already" },
    { ETC "/sip.conf",
      { "general", "authentication" },
      true,
      "Asterisk makes one account of the two, secret and all, in which the later lines count" },
    { ETC "/pjsip.conf",
      { "global", "system" },
      false,
      "where two objects of one type have one name, Asterisk reads none of that type" },
    { ETC "/iax.conf", { "general" }, false, "Asterisk makes one account of the two, secret and all" },
    { ETC "/voicemail.conf", { "general", "zonemessages" }, false, "Asterisk puts the mailboxes of the two together" },
};

enum { FILES_MOST = 64 };

/* A guest may include as much as it likes, ours as well; what goes beyond FILES_MOST is not looked at. */
struct reading {
    const struct vl_clash_scene *scene;
    size_t files;
    const char **unread; /* not NULL: what the target would have to be asked for is only noted here */
    size_t unread_count;
};

const char *const *vl_clash_paths(struct vl_arena *arena)
{
    const char **paths = vl_arena_zalloc(arena, (VL_COUNT(rules) + 1) * sizeof(*paths));

    for (size_t i = 0; paths && i < VL_COUNT(rules); i++)
        paths[i] = rules[i].path;
    return paths;
}

static const struct vl_file *find_file(const struct vl_fileset *set, const char *path)
{
    for (size_t i = 0; i < set->count; i++)
        if (set->files[i].text && vl_file_stays(set->files[i].kind) && !strcmp(set->files[i].path, path))
            return &set->files[i];
    return NULL;
}

static bool is_ours(const struct vl_clash_scene *scene, const char *path)
{
    const struct vl_file *file = find_file(scene->ours, path);

    return file && file->kind == VL_FILE_WHOLE;
}

static int read_file(void *context, const char *path, struct vl_arena *arena, const char **ret_text,
                     struct vl_error *err)
{
    struct reading *reading = context;
    const struct vl_clash_scene *scene = reading->scene;
    const struct vl_file *file = find_file(scene->shared, path);
    VL_FREE char *text = NULL;
    mode_t mode;

    if (reading->files++ >= FILES_MOST)
        return vl_fail(err, VL_ERROR_NOTFOUND, "'%s' is one file too many", path);
    if (!file && is_ours(scene, path))
        file = find_file(scene->ours, path);
    if (file) {
        *ret_text = file->text;
        return 0;
    }
    if (reading->unread && reading->unread_count < FILES_MOST)
        reading->unread[reading->unread_count++] = path;
    if (reading->unread || !scene->target)
        return vl_fail(err, VL_ERROR_NOTFOUND, "'%s' is not known", path);
    if (scene->target->ops->read(scene->target, path, &text, &mode, err) < 0)
        return -1;
    *ret_text = vl_arena_strdup(arena, text);
    return 0;
}

static bool is_setting(const struct rule *rule, const struct vl_flavor_row *flavor, const char *name)
{
    for (const char *const *setting = rule->settings; *setting; setting++)
        if (!strcasecmp(*setting, name))
            return true;
    return (flavor->entry && !strcmp(flavor->entry, name)) || (flavor->calls_in && !strcmp(flavor->calls_in, name));
}

/* What is being compared. */
struct comparison {
    const struct vl_clash_scene *scene;
    const struct rule *rule;
    const struct vl_conf *conf;
};

/* A name of a section, as the rule tells names apart. */
struct name {
    const struct rule *rule;
    const char *text;
};

static bool is_named(const void *entry, const void *key)
{
    const struct vl_conf_section *section = entry;
    const struct name *name = key;

    return name->rule->any_case ? !strcasecmp(section->name, name->text) : !strcmp(section->name, name->text);
}

static uint64_t hash_of(const char *text)
{
    uint64_t hash = VL_HASH_START;

    for (; *text; text++)
        hash = vl_hash_bytes(hash, &(char){ (char)tolower((unsigned char)*text) }, 1);
    return hash;
}

/* The first section of each name, of ours or of somebody else's: there may be as many as a guest likes. */
static void index_sections(struct vl_arena *arena, const struct comparison *comparison, bool ours,
                           struct vl_names *ret_names)
{
    *ret_names = (struct vl_names){ .count = 0 };
    for (size_t i = 0; i < comparison->conf->section_count; i++) {
        struct vl_conf_section *section = comparison->conf->sections[i];
        const struct name name = { .rule = comparison->rule, .text = section->name };
        uint64_t hash = hash_of(section->name);

        if (!section->is_template && is_ours(comparison->scene, section->at.file) == ours &&
            !vl_names_find(ret_names, hash, is_named, &name))
            vl_names_add(arena, ret_names, hash, section);
    }
}

static const struct vl_conf_section *find(const struct vl_names *names, const struct rule *rule, const char *text)
{
    return vl_names_find(names, hash_of(text), is_named, &(const struct name){ .rule = rule, .text = text });
}

/* A section of the user's, and ours of the same name. */
struct clash {
    const struct vl_conf_section *theirs, *ours;
};

static int by_place(const void *one, const void *other)
{
    const struct vl_position *a = &((const struct clash *)one)->theirs->at;
    const struct vl_position *b = &((const struct clash *)other)->theirs->at;
    int files = strcmp(a->file, b->file);

    return files ? files : a->line - b->line;
}

/* In the order of the user's files. */
static size_t find_clashes(struct vl_arena *arena, const struct comparison *comparison, struct clash **ret_clashes)
{
    struct clash *clashes = NULL;
    struct vl_names all_ours, all_theirs;
    size_t count = 0;

    index_sections(arena, comparison, true, &all_ours);
    index_sections(arena, comparison, false, &all_theirs);
    for (size_t i = 0; i < comparison->conf->section_count; i++) {
        const struct vl_conf_section *ours = comparison->conf->sections[i], *theirs;
        struct clash *grown;

        if (!is_ours(comparison->scene, ours->at.file) ||
            is_setting(comparison->rule, comparison->scene->flavor, ours->name) ||
            find(&all_ours, comparison->rule, ours->name) != ours)
            continue;
        theirs = find(&all_theirs, comparison->rule, ours->name);
        grown = theirs ? vl_arena_grow(arena, clashes, count, sizeof(*grown)) : NULL;
        if (!grown)
            continue;
        clashes = grown;
        clashes[count++] = (struct clash){ .theirs = theirs, .ours = ours };
    }
    if (count)
        qsort(clashes, count, sizeof(*clashes), by_place);
    *ret_clashes = clashes;
    return count;
}

/* What a person can do. What a web interface generates is made again, so it is changed there. */
static const char *remedy(const struct comparison *comparison, size_t count)
{
    if (comparison->scene->flavor->entry)
        return count == 1 ? "rename it in the web interface, or give the lab another number"
                          : "rename them in the web interface, or give the lab other numbers";
    return count == 1 ? "remove or rename it in this file" : "remove or rename them in these files";
}

static const char *describe(struct vl_arena *arena, const struct comparison *comparison)
{
    VL_BUF_AUTO out = VL_BUF_INIT;
    struct clash *clashes;
    size_t count = find_clashes(arena, comparison, &clashes);

    if (!count)
        return NULL;
    vl_buf_printf(&out, "%s:%d: [%s] is in this file and in '%s' of the lab", clashes->theirs->at.file,
                  clashes->theirs->at.line, clashes->theirs->name, clashes->ours->at.file);
    for (size_t i = 1; i < count; i++) {
        const struct vl_conf_section *theirs = clashes[i].theirs;

        vl_buf_printf(&out, "%s[%s] (", i == 1 ? ", and so are " : ", ", theirs->name);
        if (strcmp(theirs->at.file, clashes->theirs->at.file) != 0)
            vl_buf_printf(&out, "%s:%d)", theirs->at.file, theirs->at.line);
        else
            vl_buf_printf(&out, "line %d)", theirs->at.line);
    }
    vl_buf_printf(&out, ": %s; %s", comparison->rule->outcome, remedy(comparison, count));
    arena->failed |= out.failed;
    return vl_arena_strdup(arena, vl_buf_text(&out));
}

/* The main file of a rule with all that it includes. 1; 0 when there is none; -1 without memory. */
static int read_whole(struct vl_arena *arena, struct reading *reading, const struct rule *rule,
                      struct vl_conf *ret_conf)
{
    struct vl_conf_reader reader = { .read = read_file, .directory = ETC, .context = reading };
    const char **unread = reading->unread;
    VL_ERROR_AUTO err = { .code = VL_OK };
    const char *text;
    int rc;

    reading->unread = NULL;
    rc = read_file(reading, rule->path, arena, &text, &err);
    reading->unread = unread;
    if (rc < 0)
        return 0;
    return vl_conf_read(arena, rule->path, text, &reader, ret_conf, &err) < 0 ? -1 : 1;
}

/* A web interface has main files that are little but a list of others: these are asked for at once. */
static void prefetch(const struct vl_clash_scene *scene)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    const char **unread = vl_arena_zalloc(&arena, (FILES_MOST + 1) * sizeof(*unread));
    struct reading reading = { .scene = scene, .unread = unread };
    const char *const *paths = vl_clash_paths(&arena);

    if (!unread || !paths || !scene->target || !scene->target->ops->prefetch)
        return;
    vl_target_prefetch(scene->target, &(struct vl_wanted){ .paths = paths });
    for (size_t i = 0; i < VL_COUNT(rules); i++) {
        struct vl_conf conf;

        (void)read_whole(&arena, &reading, &rules[i], &conf);
    }
    vl_target_prefetch(scene->target, &(struct vl_wanted){ .paths = unread });
}

static const char *clash_of(struct vl_arena *arena, const struct vl_clash_scene *scene, const struct rule *rule)
{
    struct reading reading = { .scene = scene };
    VL_ARENA_AUTO scratch = { .blocks = NULL };
    struct vl_conf conf;
    struct comparison comparison = { .scene = scene, .rule = rule, .conf = &conf };
    int rc = read_whole(&scratch, &reading, rule, &conf);

    arena->failed |= rc < 0;
    return rc > 0 ? describe(arena, &comparison) : NULL;
}

const char *vl_clash(struct vl_arena *arena, const struct vl_clash_scene *scene)
{
    const char *all = NULL;

    prefetch(scene);
    for (size_t i = 0; i < VL_COUNT(rules); i++) {
        const char *clash = clash_of(arena, scene, &rules[i]);

        if (clash)
            all = all ? vl_arena_printf(arena, "%s; %s", all, clash) : clash;
    }
    return all;
}
