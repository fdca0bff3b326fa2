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

bool cmd_refuse_lint_options(const struct cmd_options *options)
{
    static const struct {
        enum cmd_option option;
        const char *name;
    } only_lint[] = {
        { CMD_ASTERISK, "asterisk" }, { CMD_SIP, "sip" },       { CMD_IAX, "iax" },     { CMD_PJSIP, "pjsip" },
        { CMD_COUNTRY, "country" },   { CMD_IGNORE, "ignore" }, { CMD_LEVEL, "level" }, { CMD_SARIF, "sarif" },
        { CMD_RULES, "rules" },       { CMD_FIX, "fix" },       { CMD_YES, "yes" },
    };

    for (size_t i = 0; i < sizeof(only_lint) / sizeof(only_lint[0]); i++)
        if (options->values[only_lint[i].option]) {
            cmd_complain("--%s belongs to 'dialplan lint'", only_lint[i].name);
            return false;
        }
    return true;
}

static bool fits_together(const struct cmd_options *options)
{
    bool asks = options->values[CMD_FIX] && options->values[CMD_YES];

    if (!options->values[CMD_RULES] && options->operand_count < 2)
        cmd_complain("dialplan lint needs a file: voiplab dialplan lint extensions.conf");
    else if (options->values[CMD_SARIF] && options->values[CMD_JSON])
        cmd_complain("--sarif and --json: one of them, please");
    else if (options->values[CMD_YES] && !asks)
        cmd_complain("dialplan lint changes nothing, unless it is told to with --fix");
    else if (options->values[CMD_FIX] && options->values[CMD_SARIF])
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
        .rules = options->values[CMD_RULES] != NULL,
        .fix = options->values[CMD_FIX] != NULL,
        .write = options->values[CMD_FIX] && options->values[CMD_YES],
    };
    struct voiplab_request request = cmd_request(command, options);
    int status;
    voiplab_lab *lab = cmd_open(options, options->values[CMD_FILE] ? CMD_LAB_NEEDED : CMD_LAB_NONE, &status);

    if (!lab)
        return status;
    request.command = VOIPLAB_DIALPLAN_LINT;
    request.names = (const char *const *)(void *)(options->operands + 1);
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
