/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A plan as a lab note: for someone who has nothing else, and types it. A heading says where that is; what is typed is
 * the column `type` of the table of kinds (steps.c). What is the same on several PBXs stands there once (same.h).
 */
#include <string.h>

#include "base/text.h"
#include "plan/print.h"
#include "plan/same.h"
#include "plan/steps.h"
#include "plan/typed.h"

/* Between the parts of a step, while they are compared as one text. */
#define PART '\1'

struct noted {
    const struct vl_step *step;
    const struct vl_pbx *place; /* NULL: this host */
    const struct vl_pbx *about; /* whom it is for; NULL: none, or many */
    const char *title, *why, *type, *see, *seen;
};

struct note {
    const struct vl_session *session;
    struct vl_arena arena;
    struct vl_buf *buf;
    struct noted *steps;
    size_t count;
    size_t number;       /* of the last step that stands there */
    const char *heading; /* the last */
    bool looks;          /* the part about what is seen in the end has begun */
};

/* Who is at one place for one PBX: `count` steps from `first` on. */
struct block {
    size_t first, count;
};

static bool note_step(struct note *note, const struct vl_step *step, bool show_secrets, struct noted *ret)
{
    VL_TYPING_AUTO typing = {
        .session = note->session, .step = step, .arena = &note->arena, .show_secrets = show_secrets
    };
    const struct vl_lab *lab = note->session->lab;

    vl_type_step(&typing);
    ret->step = step;
    ret->place = lab ? vl_lab_pbx(lab, step->target) : NULL;
    ret->about = step->about && lab ? vl_lab_pbx(lab, step->about) : ret->place;
    ret->title = vl_step_title(&note->arena, step);
    ret->why = step->why ? step->why : "";
    ret->type = vl_arena_strdup(&note->arena, vl_buf_text(&typing.type));
    ret->see = vl_arena_strdup(&note->arena, vl_buf_text(&typing.see));
    ret->seen = vl_arena_strdup(&note->arena, vl_buf_text(&typing.seen));
    return !note->arena.failed;
}

/* The addresses and numbers of the lab. */

static void add_numbers(struct note *note, const struct vl_pbx *pbx)
{
    for (size_t i = 0; pbx->extensions && pbx->extensions[i]; i++)
        vl_buf_printf(note->buf, "%s%s", i ? ", " : "", pbx->extensions[i]);
    for (size_t i = 0; pbx->role == VL_ROLE_HUB && i < note->session->lab->user_count; i++)
        vl_buf_printf(note->buf, "%s%s", i ? ", " : "", note->session->lab->users[i].number);
}

static void add_addresses(struct note *note)
{
    const struct vl_lab *lab = note->session->lab;
    const struct vl_bridge *bridge = &lab->bridge;

    vl_buf_puts(note->buf,
                "\n## Addresses and numbers\n\n| | address | numbers | telephones | echo test | account at the "
                "hub |\n| --- | --- | --- | --- | --- | --- |\n");
    vl_buf_printf(note->buf, "| this host, on %s | %s | | | | |\n", bridge->name,
                  bridge->address ? vl_arena_printf(&note->arena, "%s/%u",
                                                    vl_text_from_ipv4(&note->arena, bridge->address), bridge->prefix)
                                  : "by DHCP");
    for (size_t i = 0; i < lab->pbx_count; i++) {
        const struct vl_pbx *pbx = &lab->pbxs[i];

        vl_buf_printf(note->buf, "| %s%s | %s | %s%s | ", pbx->name, pbx->role == VL_ROLE_HUB ? " (the hub)" : "",
                      vl_text_from_ipv4(&note->arena, pbx->address), pbx->prefix ? pbx->prefix : "",
                      pbx->prefix ? "XXX" : "");
        add_numbers(note, pbx);
        vl_buf_printf(note->buf, " | %s | %s |\n", pbx->test_number ? pbx->test_number : "",
                      pbx->account ? pbx->account : "");
    }
}

static void add_head(struct note *note, const struct vl_plan *plan, bool show_secrets)
{
    vl_buf_printf(note->buf,
                  "# %s\n\nWhat `voiplab` would do now, to be done by hand: %zu steps, in order, and why. Nothing was "
                  "changed. A heading says where you are; there, type as root what stands in the blocks, in one shell. "
                  "Behind some steps stands what is seen when they went well: a `#`, the command to look with, and "
                  "its answer; registrations and calls may take half a minute.\n",
                  note->session->lab ? note->session->lab->name : "guest", vl_plan_changes(plan));
    if (!show_secrets && vl_plan_changes(plan))
        vl_buf_puts(note->buf, "\nSecrets are shown as `••••`. As it stands this note is for reading: with "
                               "`--show-secrets` it has them, and works as printed.\n");
    if (note->session->lab)
        add_addresses(note);
}

/* How one gets to a PBX. */
static void add_login(struct note *note, const struct vl_pbx *pbx)
{
    VL_BUF_AUTO line = VL_BUF_INIT;

    if (pbx->place == VL_PLACE_LOCAL)
        return;
    vl_buf_puts(&line, "ssh");
    if (pbx->ssh_port != 22)
        vl_buf_printf(&line, " -p %u", pbx->ssh_port);
    if (pbx->sshkey ? strcmp(pbx->sshkey, VL_SSH_AGENT) != 0 : !pbx->password_file) {
        vl_buf_puts(&line, " -i ");
        vl_shell_word(&line, pbx->sshkey ? pbx->sshkey
                                         : vl_arena_printf(&note->arena, "%s/ssh/lab_%s",
                                                           note->session->state.directory, vl_pbx_key_type(pbx)));
    }
    vl_buf_printf(&line, " %s@%s", pbx->ssh_user ? pbx->ssh_user : "root",
                  vl_text_from_ipv4(&note->arena, pbx->address));
    vl_buf_printf(note->buf, "\nLog in to %s: `%s`\n", pbx->name, vl_buf_text(&line));
    note->buf->failed |= line.failed;
}

static void add_heading(struct note *note, const char *heading, bool looks)
{
    if (looks && !note->looks)
        vl_buf_puts(note->buf, "\n# What is seen in the end\n");
    note->looks = looks;
    if (note->heading && !strcmp(note->heading, heading))
        return;
    note->heading = heading;
    vl_buf_printf(note->buf, "\n## %s\n", heading);
}

/* Steps */

static bool is_look(const struct noted *noted)
{
    return noted->step->kind == VL_STEP_LOOK;
}

static void add_commands(struct note *note, const char *type, const char *see, const char *seen)
{
    if (*type) {
        vl_buf_putc(note->buf, '\n');
        vl_shell_fence(note->buf, "sh", type);
    }
    if (!*see)
        return;
    vl_buf_putc(note->buf, '\n');
    vl_shell_fence(note->buf, "console", vl_arena_printf(&note->arena, "# %s\n%s", see, seen));
}

static void add_step(struct note *note, const char *title, const char *why)
{
    vl_buf_printf(note->buf, "\n### %zu. %s\n", ++note->number, title);
    if (*why)
        vl_buf_printf(note->buf, "\nWhy: %s.\n", why);
}

static const char *name_place(struct note *note, const struct noted *noted)
{
    return noted->place ? vl_arena_printf(&note->arena, "On %s", noted->place->name) : "On this host";
}

static void add_block(struct note *note, const struct block *block)
{
    const struct noted *first = &note->steps[block->first];
    const char *heading = name_place(note, first);
    bool again = note->heading && !strcmp(note->heading, heading) && note->looks == is_look(first);

    add_heading(note, heading, is_look(first));
    if (first->place && !again && !is_look(first))
        add_login(note, first->place);
    for (size_t i = 0; i < block->count; i++) {
        const struct noted *noted = &first[i];

        add_step(note, noted->title, noted->why);
        add_commands(note, noted->type, noted->see, noted->seen);
    }
}

/* Groups */

static bool same_place(const struct noted *first, const struct noted *second)
{
    return first->place == second->place && first->about == second->about && is_look(first) == is_look(second);
}

static struct block block_at(const struct note *note, size_t first)
{
    struct block block = { .first = first, .count = 1 };

    while (first + block.count < note->count && same_place(&note->steps[first], &note->steps[first + block.count]))
        block.count++;
    return block;
}

/* Two PBXs for which the same kinds of steps are done, on each or on this host. */
static bool same_kinds(const struct note *note, const struct block *first, const struct block *second)
{
    const struct noted *a = &note->steps[first->first], *b = &note->steps[second->first];

    if (first->count != second->count || !a->about || !b->about || (a->place != NULL) != (b->place != NULL) ||
        a->about->role != b->about->role)
        return false;
    for (size_t i = 0; i < first->count; i++)
        if (a[i].step->kind != b[i].step->kind || (a[i].step->before != NULL) != (b[i].step->before != NULL))
            return false;
    return true;
}

/* Blocks that follow one another and are of the same kinds. */
struct group {
    struct block *blocks;
    size_t count;
    struct vl_same same;
    const char ***parts; /* per step: the one text for all, cut into its parts; NULL: each has its own */
};

enum { TITLE, WHY, TYPE, SEE, SEEN, PARTS };

static const char **cut(struct vl_arena *arena, const char *text)
{
    const char **parts = vl_arena_zalloc(arena, PARTS * sizeof(*parts));
    char *rest = vl_arena_strdup(arena, text);

    for (size_t i = 0; parts && i < PARTS; i++) {
        char *end = strchr(rest, PART);

        parts[i] = rest;
        if (end)
            *end = '\0';
        rest = end ? end + 1 : rest + strlen(rest);
    }
    return parts;
}

static void compare_step(struct note *note, struct group *group, size_t index)
{
    const char **texts = vl_arena_zalloc(&note->arena, group->count * sizeof(*texts)), *text;

    for (size_t i = 0; texts && i < group->count; i++) {
        const struct noted *noted = &note->steps[group->blocks[i].first + index];

        texts[i] = vl_arena_printf(&note->arena, "%s%c%s%c%s%c%s%c%s", noted->title, PART, noted->why, PART,
                                   noted->type, PART, noted->see, PART, noted->seen);
    }
    text = texts ? vl_same_text(&group->same, texts) : NULL;
    group->parts[index] = text ? cut(&note->arena, text) : NULL;
}

static bool compare(struct note *note, struct group *group)
{
    size_t count = group->blocks[0].count;
    const struct vl_pbx **pbxs = vl_arena_zalloc(&note->arena, group->count * sizeof(*pbxs));

    group->parts = vl_arena_zalloc(&note->arena, count * sizeof(*group->parts));
    if (!pbxs || !group->parts)
        return false;
    for (size_t i = 0; i < group->count; i++)
        pbxs[i] = note->steps[group->blocks[i].first].about;
    group->same = (struct vl_same){ .arena = &note->arena, .rows = group->count, .pbxs = pbxs };
    for (size_t i = 0; i < count; i++)
        compare_step(note, group, i);
    return true;
}

static const char *list_names(struct note *note, const struct group *group)
{
    const char *names = group->same.pbxs[0]->name;

    for (size_t i = 1; i < group->count; i++)
        names = vl_arena_printf(&note->arena, "%s%s%s", names, i + 1 < group->count ? ", " : " and ",
                                group->same.pbxs[i]->name);
    return names;
}

static void add_group_head(struct note *note, const struct group *group)
{
    const struct noted *first = &note->steps[group->blocks[0].first];
    const char *names = list_names(note, group);

    add_heading(note,
                first->place ? vl_arena_printf(&note->arena, "On %s", names)
                             : vl_arena_printf(&note->arena, "On this host, for %s", names),
                is_look(first));
    vl_buf_printf(note->buf, "\nThe same %s, one after the other%s\n",
                  first->place ? "on each of them" : "for each of them",
                  group->same.count ? ": in the place of what stands between `" VL_SAME_OPEN "` and `" VL_SAME_CLOSE
                                      "` put the value of this table."
                                    : ".");
    if (group->same.count)
        vl_same_table(&group->same, note->buf);
    for (size_t i = 0; i < group->count && first->place && !is_look(first); i++)
        add_login(note, group->same.pbxs[i]);
}

/* A step of which each PBX has its own text. */
static void add_each(struct note *note, const struct group *group, size_t index)
{
    const struct noted *first = &note->steps[group->blocks[0].first + index];

    add_step(note, vl_arena_printf(&note->arena, "%s (each its own)", vl_step_kind(first->step)->verb), "");
    for (size_t i = 0; i < group->count; i++) {
        const struct noted *noted = &note->steps[group->blocks[i].first + index];

        vl_buf_printf(note->buf, "\n#### %s %s\n\n%s%s%s.\n", noted->place ? "On" : "For", noted->about->name,
                      noted->title, *noted->why ? ": " : "", noted->why);
        add_commands(note, noted->type, noted->see, noted->seen);
    }
}

static void add_group(struct note *note, const struct group *group)
{
    add_group_head(note, group);
    for (size_t i = 0; i < group->blocks[0].count; i++) {
        const char **parts = group->parts[i];

        if (!parts) {
            add_each(note, group, i);
            continue;
        }
        add_step(note, parts[TITLE], parts[WHY]);
        add_commands(note, parts[TYPE], parts[SEE], parts[SEEN]);
    }
}

static void add_blocks(struct note *note)
{
    struct block *blocks = vl_arena_zalloc(&note->arena, (note->count + 1) * sizeof(*blocks));
    size_t count = 0, alike;

    for (size_t i = 0; blocks && i < note->count; i += blocks[count++].count)
        blocks[count] = block_at(note, i);
    for (size_t i = 0; blocks && i < count; i += alike) {
        struct group group = { .blocks = &blocks[i] };

        for (alike = 1; i + alike < count && same_kinds(note, &blocks[i], &blocks[i + alike]);)
            alike++;
        group.count = alike;
        if (alike == 1)
            add_block(note, &blocks[i]);
        else if (compare(note, &group))
            add_group(note, &group);
    }
}

void vl_plan_explain(const struct vl_session *session, const struct vl_plan *plan, bool show_secrets,
                     struct vl_buf *buf)
{
    struct note note = { .session = session, .buf = buf, .count = plan->count };

    note.steps = vl_arena_zalloc(&note.arena, (plan->count + 1) * sizeof(*note.steps));
    for (size_t i = 0; note.steps && i < plan->count; i++) {
        if (!note_step(&note, &plan->steps[i], show_secrets, &note.steps[i]))
            break;
    }
    add_head(&note, plan, show_secrets);
    if (!vl_plan_changes(plan))
        vl_buf_puts(buf, "\nNothing is to be changed.\n");
    if (note.steps && !note.arena.failed)
        add_blocks(&note);
    buf->failed |= note.arena.failed;
    vl_arena_free(&note.arena);
}
