/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * destroy shows what goes, asks, and only then does it.
 */
#include <unistd.h>

#include "cmd.h"

static bool may_go_on(voiplab_lab *lab, const struct voiplab_request *request, const struct cmd_options *options,
                      int *ret_status)
{
    struct voiplab_request preview = *request;

    if (options->values[CMD_YES] || request->mode != VOIPLAB_APPLY)
        return true;
    *ret_status = VOIPLAB_USAGE;
    if (!isatty(STDIN_FILENO)) {
        cmd_complain("destroy asks before it takes anything away; without a terminal it needs --yes");
        return false;
    }
    preview.mode = VOIPLAB_DRY_RUN;
    *ret_status = cmd_finish(lab, &preview, options);
    return *ret_status == VOIPLAB_OK && cmd_confirmed("take all of this away?");
}

int cmd_run_destroy(const struct cmd_command *command, const struct cmd_options *options)
{
    struct voiplab_request request = cmd_request(command, options);
    int status;
    voiplab_lab *lab = cmd_open(options, command->lab, &status);

    if (!lab)
        return status;
    if (may_go_on(lab, &request, options, &status))
        status = cmd_finish(lab, &request, options);
    voiplab_close(lab);
    return status;
}
