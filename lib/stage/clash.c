/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The file is read as Asterisk reads it, with the files of ours that it includes and no others, so that templates,
 * comments and `[name](+)` (which adds to a section on purpose) are what they are.
 */
#include "stage/clash.h"

#include <stdlib.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/cleanup.h"
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
    { ETC "/iax.conf", { "general" }, false, "Asterisk makes one account of the two, secret and all" },
    { ETC "/voicemail.conf", { "general", "zonemessages" }, false, "Asterisk puts the mailboxes of the two together" },
};

static const struct rule *rule_of(const char *path)
{
    for (size_t i = 0; i < VL_COUNT(rules); i++)
        if (!strcmp(rules[i].path, path))
            return &rules[i];
    return NULL;
}

static int read_ours(void *context, const char *path, struct vl_arena *arena, const char **ret_text,
                     struct vl_error *err)
{
    const struct vl_fileset *ours = context;

    (void)arena;
    for (size_t i = 0; i < ours->count; i++)
        if (ours->files[i].kind == VL_FILE_WHOLE && !strcmp(ours->files[i].path, path)) {
            *ret_text = ours->files[i].text;
            return 0;
        }
    return vl_fail(err, VL_ERROR_NOTFOUND, "'%s' is not ours", path);
}

static bool is_setting(const struct rule *rule, const char *name)
{
    for (const char *const *setting = rule->settings; *setting; setting++)
        if (!strcasecmp(*setting, name))
            return true;
    return false;
}

static bool same_name(const struct rule *rule, const char *a, const char *b)
{
    return rule->any_case ? !strcasecmp(a, b) : !strcmp(a, b);
}

/* The section of that name in the file `path`, or with `elsewhere` in another; the first one. */
static const struct vl_conf_section *find(const struct vl_conf *conf, const struct rule *rule, const char *name,
                                          bool elsewhere)
{
    for (size_t i = 0; i < conf->section_count; i++) {
        const struct vl_conf_section *section = conf->sections[i];

        if (!section->is_template && same_name(rule, section->name, name) &&
            (strcmp(section->at.file, rule->path) != 0) == elsewhere)
            return section;
    }
    return NULL;
}

/* A section of the user's, and ours of the same name. */
struct clash {
    const struct vl_conf_section *theirs, *ours;
};

static int by_line(const void *one, const void *other)
{
    return ((const struct clash *)one)->theirs->at.line - ((const struct clash *)other)->theirs->at.line;
}

/* In the order of the user's file. Ours are few; the user's may be as many as a guest likes, so it is ours that are
 * gone through. */
static size_t find_clashes(struct vl_arena *arena, const struct vl_conf *conf, const struct rule *rule,
                           struct clash **ret_clashes)
{
    struct clash *clashes = NULL;
    size_t count = 0;

    for (size_t i = 0; i < conf->section_count; i++) {
        const struct vl_conf_section *ours = conf->sections[i], *theirs;
        struct clash *grown;

        if (!strcmp(ours->at.file, rule->path) || is_setting(rule, ours->name) ||
            find(conf, rule, ours->name, true) != ours)
            continue;
        theirs = find(conf, rule, ours->name, false);
        grown = theirs ? vl_arena_grow(arena, clashes, count, sizeof(*grown)) : NULL;
        if (!grown)
            continue;
        clashes = grown;
        clashes[count++] = (struct clash){ .theirs = theirs, .ours = ours };
    }
    if (count)
        qsort(clashes, count, sizeof(*clashes), by_line);
    *ret_clashes = clashes;
    return count;
}

static const char *describe(struct vl_arena *arena, const struct vl_conf *conf, const struct rule *rule)
{
    VL_BUF_AUTO out = VL_BUF_INIT;
    struct clash *clashes;
    size_t count = find_clashes(arena, conf, rule, &clashes);

    if (!count)
        return NULL;
    vl_buf_printf(&out, "%s:%d: [%s] is in this file and in '%s' of the lab", clashes->theirs->at.file,
                  clashes->theirs->at.line, clashes->theirs->name, clashes->ours->at.file);
    for (size_t i = 1; i < count; i++)
        vl_buf_printf(&out, "%s[%s] (line %d)", i == 1 ? ", and so are " : ", ", clashes[i].theirs->name,
                      clashes[i].theirs->at.line);
    vl_buf_printf(&out, ": %s; remove or rename %s in this file", rule->outcome, count == 1 ? "it" : "them");
    arena->failed |= out.failed;
    return vl_arena_strdup(arena, vl_buf_text(&out));
}

const char *vl_clash(struct vl_arena *arena, const struct vl_file *file, const struct vl_fileset *ours)
{
    /* the reader does not change what it reads from */
    struct vl_conf_reader reader = { .read = read_ours, .directory = ETC, .context = (void *)(uintptr_t)ours };
    const struct rule *rule = rule_of(file->path);
    VL_ARENA_AUTO scratch = { .blocks = NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };
    const char *text = NULL;
    struct vl_conf conf;

    if (!rule)
        return NULL;
    if (vl_conf_read(&scratch, file->path, file->text, &reader, &conf, &err) < 0)
        arena->failed = true;
    else
        text = describe(arena, &conf, rule);
    return text;
}
