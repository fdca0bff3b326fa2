/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>

#include "cmd.h"

int cmd_run_init(const struct cmd_command *command, const struct cmd_options *options)
{
    const char *path = options->operand_count ? options->operands[0] : "voiplab.ini";
    const char *name = options->values[CMD_TEMPLATE] ? options->values[CMD_TEMPLATE] : "quickstart";
    voiplab_error *error = NULL;
    enum voiplab_status status = voiplab_init(cmd_share_directory(options), name, path, &error);

    (void)command;
    if (status == VOIPLAB_OK) {
        (void)printf("%s\n", path);
        return VOIPLAB_OK;
    }
    cmd_complain("%s", voiplab_error_message(error));
    voiplab_error_free(error);
    return (int)status;
}
