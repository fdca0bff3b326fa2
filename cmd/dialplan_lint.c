/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dialplan lint FILE …: one request for all files. No lab file is needed; one that is named says whose emergency
 * numbers count.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"

/* The words of a list with commas between, NULL-terminated; `copy` is cut up. The caller frees the result. */
static const char **words_of(char *copy)
{
    size_t count = 1;
    const char **words;

    for (const char *p = copy; *p; p++)
        count += *p == ',';
    words = calloc(count + 1, sizeof(*words));
    for (size_t i = 0; words && *copy;) {
        size_t length = strcspn(copy, ",");

        if (length)
            words[i++] = copy;
        copy += length;
        if (*copy)
            *copy++ = '\0';
    }
    return words;
}

static bool fits_together(const struct cmd_options *options)
{
    if (!options->values[CMD_RULE_TABLE] && !options->operand_count)
        cmd_complain("dialplan lint needs a file: voiplab dialplan lint extensions.conf");
    else if (options->values[CMD_SARIF] && options->values[CMD_JSON])
        cmd_complain("--sarif and --json: one of them, please");
    else if (cmd_is_given(options, CMD_WRITE) && !options->values[CMD_FIX_FILES])
        cmd_complain("dialplan lint changes nothing, unless it is told to with --fix");
    else if (options->values[CMD_FIX_FILES] && options->values[CMD_SARIF])
        cmd_complain("--fix prints a diff: it does not go with --sarif");
    else
        return true;
    return false;
}

static int run(const struct cmd_command *command, const struct cmd_options *options, const char *const *ignore)
{
    const struct voiplab_lint lint = {
        .size = sizeof(lint),
        .asterisk = options->values[CMD_ASTERISK],
        .sip = options->values[CMD_SIP],
        .iax = options->values[CMD_IAX],
        .pjsip = options->values[CMD_PJSIP],
        .country = options->values[CMD_COUNTRY],
        .level = options->values[CMD_LEVEL],
        .ignore = ignore,
        .sarif = options->values[CMD_SARIF] != NULL,
        .rules = options->values[CMD_RULE_TABLE] != NULL,
        .fix = options->values[CMD_FIX_FILES] != NULL,
        .write = options->values[CMD_FIX_FILES] && options->values[CMD_WRITE],
        .all = options->values[CMD_VERBOSE] != NULL,
    };
    struct voiplab_request request = cmd_request(command, options);
    int status;
    voiplab_lab *lab = cmd_open(options, command->lab, &status);

    if (!lab)
        return status;
    request.parameters.lint = &lint;
    status = cmd_finish(lab, &request, options);
    voiplab_close(lab);
    return status;
}

int cmd_run_dialplan_lint(const struct cmd_command *command, const struct cmd_options *options)
{
    char *copy = options->values[CMD_IGNORE] ? strdup(options->values[CMD_IGNORE]) : NULL;
    const char **ignore = copy ? words_of(copy) : NULL;
    int status = VOIPLAB_USAGE;

    if (fits_together(options))
        status = run(command, options, ignore);
    free(ignore);
    free(copy);
    return status;
}
