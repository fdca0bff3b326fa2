/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ssh NAME [CMD ...]: the library says what to run, and this process becomes it.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"

static void free_words(char **words)
{
    for (size_t i = 0; words && words[i]; i++)
        free(words[i]);
    free(words);
}

/* The words of the first row behind the name of its PBX, and `rest` after them; free_words() is the caller's. NULL: no
 * memory. */
static char **words_of(const voiplab_result *result, char *const *rest, int rest_count)
{
    size_t columns = voiplab_result_columns(result), count = 0;
    char **words = calloc(columns + (size_t)rest_count + 2, sizeof(*words));
    bool good = words != NULL;

    for (size_t i = 1; good && i < columns; i++) {
        const char *cell = voiplab_result_cell(result, 0, i);

        if (strcmp(cell, "-") != 0)
            good = (words[count++] = strdup(cell)) != NULL;
    }
    /* what follows is a command, also where it begins with a dash */
    if (good && rest_count)
        good = (words[count++] = strdup("--")) != NULL;
    for (int i = 0; good && i < rest_count; i++)
        good = (words[count++] = strdup(rest[i])) != NULL;
    if (good)
        return words;
    free_words(words);
    return NULL;
}

/* Only a failure comes back. What this process ignores the next one would ignore too. */
static int become(char **words)
{
    if (!words || !words[0]) {
        cmd_complain(words ? "there is nothing to run" : "out of memory");
        return VOIPLAB_FAILED;
    }
    if (!cmd_flush())
        return VOIPLAB_FAILED;
    (void)signal(SIGPIPE, SIG_DFL);
    (void)execvp(words[0], words);
    cmd_complain("cannot run '%s': %s; is it installed?", words[0], strerror(errno));
    return VOIPLAB_FAILED;
}

int cmd_become(const struct cmd_command *command, const struct voiplab_request *request,
               const struct cmd_options *options, char *const *rest, int rest_count)
{
    int status;
    voiplab_lab *lab = cmd_open(options, command->lab, &status);
    voiplab_result *result = NULL;
    voiplab_error *error = NULL;
    char **words = NULL;
    bool shown = request->mode != VOIPLAB_APPLY || options->values[CMD_JSON];

    if (!lab || shown) {
        status = lab ? cmd_finish(lab, request, options) : status;
        voiplab_close(lab);
        return status;
    }
    status = (int)voiplab_run(lab, request, &result, &error);
    if (status)
        cmd_complain("%s", voiplab_error_message(error));
    else
        words = words_of(result, rest, rest_count);
    voiplab_result_free(result);
    voiplab_error_free(error);
    voiplab_close(lab);
    status = status ? status : become(words);
    free_words(words);
    return status;
}

int cmd_run_ssh(const struct cmd_command *command, const struct cmd_options *options)
{
    const char *const names[] = { options->operands[0], NULL };
    struct voiplab_request request = cmd_request(command, options);

    request.names = names;
    return cmd_become(command, &request, options, options->operands + 1, options->operand_count - 1);
}
