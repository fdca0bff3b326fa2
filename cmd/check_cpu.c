/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd.h"

/* check-cpu works with a lab file, for what the lab needs, and without one. */
int cmd_run_check_cpu(const struct cmd_command *command, const struct cmd_options *options)
{
    struct voiplab_request request = cmd_request(command, options);
    int status;
    voiplab_lab *lab = cmd_open(options, CMD_LAB_MAY_BE, &status);

    if (!lab)
        return status;
    status = cmd_finish(lab, &request, options);
    voiplab_close(lab);
    return status;
}
