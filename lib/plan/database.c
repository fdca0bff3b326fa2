/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/database.h"

#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/text.h"

/* The reload of the page runs PHP for seconds, on an emulated guest for minutes. */
enum { LOOK_TIMEOUT_MS = 60000, CHANGE_TIMEOUT_MS = 600000 };

/* What the script says when it cannot. */
static const struct {
    const char *word, *meaning;
} problems[] = {
    { "no-configuration", "has no data base of FreePBX, Elastix or Issabel (no AMPDBUSER in /etc/freepbx.conf, "
                          "/etc/issabelpbx.conf or /etc/amportal.conf); leave 'freepbx = database' out" },
    { "no-client", "has no client of its data base (mysql and mysqldump, or mariadb and mariadb-dump)" },
    { "no-database", "cannot ask its data base" },
    { "unknown", "has tables that are not those of FreePBX 2.6 to 17 or Issabel; leave 'freepbx = database' out" },
    { "changed", "has other tables than a moment ago; run the same command again" },
    { "look", "cannot say what is in its data base" },
    { "dump", "cannot keep its tables in /var/backups/voiplab, so nothing was changed" },
    { "sql", "did not take the change of its data base, so nothing was changed" },
    { "lost",
      "did not take the change of its data base, and its tables could not be put back; they are in the file that "
      "is named here" },
    { "reload", "made no configuration of its data base, which is as it was again; try the reload by hand" },
};

static int fail_as(const struct vl_target *target, const char *word, const char *rest, struct vl_arena *arena,
                   struct vl_error *err)
{
    const char *said = vl_text_quote(arena, rest, VL_TEXT_QUOTED), *guard = strstr(said, "Duplicate entry '");

    /* the guard's row is the reason, between the client's words; a quote in it is the lab's own */
    if (guard && strstr(guard, "' for key"))
        said = vl_arena_strndup(arena, guard + 17, (size_t)(strstr(guard, "' for key") - guard - 17));
    for (size_t i = 0; i < VL_COUNT(problems); i++)
        if (!strcmp(problems[i].word, word))
            return vl_fail(err, VL_ERROR_FAILED, "'%s' %s%s%s", target->name, problems[i].meaning, *said ? ": " : "",
                           said);
    return vl_fail(err, VL_ERROR_FAILED, "'%s' does not answer as it should about its data base", target->name);
}

/* The first line without its head: `rest` is what follows it. NULL: it does not begin so. */
static const char *take_line(struct vl_arena *arena, const char **text, const char *head)
{
    size_t length = strcspn(*text, "\n"), skip = strlen(head);
    const char *line;

    if (!vl_text_starts(*text, head))
        return NULL;
    line = vl_arena_strndup(arena, *text + skip, length - skip);
    *text += length + ((*text)[length] == '\n');
    return line;
}

/* `ERA DRIVER`. */
static bool read_kind(struct vl_arena *arena, const char *line, struct vl_database *database)
{
    const char *const *words = line ? vl_text_split(arena, line, " ") : NULL;

    if (!words || !words[0] || !words[1] || !vl_freepbx_era_of(words[0], &database->era))
        return false;
    database->pjsip = !strcmp(words[1], "pjsip");
    return true;
}

static int read_answer(const struct vl_target *target, struct vl_arena *arena, const char *text,
                       struct vl_database *database, struct vl_error *err)
{
    VL_BUF_AUTO rows = VL_BUF_INIT;
    const char *const *lines;
    const char *word = take_line(arena, &text, "error ");
    bool ended = false;

    if (word)
        return fail_as(target, word, text, arena, err);
    if (!read_kind(arena, take_line(arena, &text, "voiplab "), database))
        return fail_as(target, "", "", arena, err);
    database->dump = take_line(arena, &text, "dump ");
    lines = vl_text_split(arena, text, "\n");
    for (size_t i = 0; lines[i]; i++) {
        ended = !strcmp(lines[i], "end");
        if (vl_text_starts(lines[i], "clash ") && !database->clash)
            database->clash = lines[i] + strlen("clash ");
        if (!ended && !vl_text_starts(lines[i], "clash "))
            vl_buf_printf(&rows, "%s\n", vl_text_printable(arena, lines[i]));
    }
    if (!ended)
        return vl_fail(err, VL_ERROR_FAILED, "'%s' says more about its data base than can be read, or was cut off",
                       target->name);
    arena->failed |= rows.failed;
    database->rows = vl_freepbx_sorted(arena, vl_buf_text(&rows));
    return vl_arena_check(arena, err);
}

static int run(struct vl_target *target, struct vl_arena *arena, const char *const *argv, const char *input,
               int timeout_ms, struct vl_database *ret_database, struct vl_error *err)
{
    struct vl_command_result result = { .status = -1 };
    struct vl_database database = { .rows = "" };
    int rc;

    if (target->ops->run(target, argv, input, timeout_ms, &result, err) < 0)
        return vl_error_wrap(err, "cannot ask '%s' about its data base", target->name);
    rc = read_answer(target, arena, result.output ? result.output : "", &database, err);
    vl_command_result_free(&result);
    if (rc == 0)
        *ret_database = database;
    return rc;
}

int vl_database_look(struct vl_target *target, struct vl_arena *arena, const char *sql,
                     struct vl_database *ret_database, struct vl_error *err)
{
    const char *const argv[] = { "sh", "-c", vl_freepbx_script, "sh", "look", NULL };

    return run(target, arena, argv, sql, LOOK_TIMEOUT_MS, ret_database, err);
}

int vl_database_change(const struct vl_step_scene *scene)
{
    const struct vl_step *step = scene->step;
    struct vl_database database;

    if (run(scene->target, scene->arena, step->argv, step->input, CHANGE_TIMEOUT_MS, &database, scene->err) < 0)
        return -1;
    if (database.dump)
        vl_session_event(scene->session, VOIPLAB_EVENT_PROGRESS, step->target, "the tables as they were are in %s",
                         database.dump);
    if (strcmp(database.rows, step->after ? step->after : "") != 0)
        return vl_fail(scene->err, VL_ERROR_FAILED,
                       "the change went through, but the data base does not hold what was put there; somebody else "
                       "changes it, or its columns are too short; run the same command again to see what differs");
    return 0;
}
