/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dialplan show: one number, or many from standard input.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cmd.h"
#include "screen.h"

static int complain_and_free(voiplab_error *error)
{
    int status = (int)voiplab_error_status(error);

    cmd_complain("%s", voiplab_error_message(error));
    voiplab_error_free(error);
    return status;
}

/* Answer one question and print it. */
static int answer(const voiplab_dialplan *dialplan, const struct voiplab_dialplan_query *query,
                  enum voiplab_dialplan_form form)
{
    voiplab_error *error = NULL;
    char *text = NULL;

    if (voiplab_dialplan_show(dialplan, query, form, &text, &error) != VOIPLAB_OK)
        return complain_and_free(error);
    if (form == VOIPLAB_DIALPLAN_TEXT)
        cmd_print(text);
    else
        (void)fputs(text, stdout);
    free(text);
    return VOIPLAB_OK;
}

/* Answer one line of many. A line that does not say enough is told on a line of its own, and does not keep the others
 * from being answered: *ret_go_on. */
static int answer_line(const voiplab_dialplan *dialplan, const struct voiplab_dialplan_query *query, size_t number,
                       bool *ret_go_on)
{
    voiplab_error *error = NULL;
    char *text = NULL;
    int status = (int)voiplab_dialplan_show(dialplan, query, VOIPLAB_DIALPLAN_LINE, &text, &error);

    *ret_go_on = text != NULL;
    if (text)
        cmd_print_line(text);
    if (status != VOIPLAB_OK)
        cmd_complain("line %zu: %s", number, voiplab_error_message(error));
    voiplab_error_free(error);
    free(text);
    return status;
}

/* Lines of `NUMBER CONTEXT [CALLERID]`; empty ones are passed over. */
static int answer_lines(const voiplab_dialplan *dialplan, struct voiplab_dialplan_query query)
{
    const char *context = query.context, *callerid = query.callerid;
    char *line = NULL, *rest, *word;
    size_t size = 0, number = 0;
    int status = VOIPLAB_OK;
    bool go_on = true;

    while (go_on && getline(&line, &size, stdin) >= 0) {
        int outcome;

        number++;
        query.number = strtok_r(line, " \t\r\n", &rest);
        if (!query.number)
            continue;
        word = strtok_r(NULL, " \t\r\n", &rest);
        query.context = word ? word : context;
        word = word ? strtok_r(NULL, " \t\r\n", &rest) : NULL;
        query.callerid = word ? word : callerid;
        outcome = answer_line(dialplan, &query, number, &go_on);
        status = outcome != VOIPLAB_OK ? outcome : status;
    }
    if (ferror(stdin)) {
        cmd_complain("cannot read standard input");
        status = VOIPLAB_FAILED;
    }
    free(line);
    return status;
}

static int show(const struct cmd_options *options, const char *number, const voiplab_dialplan *dialplan)
{
    struct voiplab_dialplan_query query = {
        .size = sizeof(query),
        .number = number,
        .context = options->values[CMD_CONTEXT],
        .callerid = options->values[CMD_CALLERID],
        .at = options->values[CMD_AT],
        .now = (long long)time(NULL),
        .priority = (int)cmd_number(options, CMD_PRIORITY, 1),
        .set = options->set,
        .utf8 = cmd_is_utf8(),
        .asterisk = options->values[CMD_ASTERISK],
        .steps = (int)cmd_number(options, CMD_STEPS, 0),
    };
    enum voiplab_dialplan_form form = options->values[CMD_DOT]    ? VOIPLAB_DIALPLAN_GRAPH
                                      : options->values[CMD_JSON] ? VOIPLAB_DIALPLAN_JSON
                                                                  : VOIPLAB_DIALPLAN_TEXT;

    return strcmp(number, "-") != 0 ? answer(dialplan, &query, form) : answer_lines(dialplan, query);
}

int cmd_run_dialplan_show(const struct cmd_command *command, const struct cmd_options *options)
{
    struct voiplab_dialplan_source source = { .size = sizeof(source),
                                              .conf = options->values[CMD_CONF],
                                              .pbx = options->values[CMD_PBX],
                                              .database = options->values[CMD_DB] };
    voiplab_error *error = NULL;
    voiplab_dialplan *dialplan;
    voiplab_lab *lab = NULL;
    int status = VOIPLAB_OK;

    if (!source.conf) {
        lab = cmd_open(options, command->lab, &status);
        if (!lab)
            return status;
    }
    dialplan = voiplab_dialplan_open(lab, &source, &error);
    if (!dialplan)
        status = complain_and_free(error);
    else
        status = show(options, options->operands[0], dialplan);
    voiplab_dialplan_close(dialplan);
    voiplab_close(lab);
    return status;
}
