/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "cmd.h"

enum { SERVE_S = 300 };

/* phone [PHONE ...] */
int cmd_run_phone(const struct cmd_command *command, const struct cmd_options *options)
{
    struct voiplab_request request = cmd_request(command, options);
    struct voiplab_phone phone = VOIPLAB_PHONE_INIT;
    char *output;
    voiplab_lab *lab;
    int status;

    if (options->values[CMD_ADDRESS] && !options->values[CMD_RESYNC]) {
        cmd_complain("--address is where a phone is asked to fetch its profile: it goes with --resync");
        return VOIPLAB_USAGE;
    }
    lab = cmd_open(options, command->lab, &status);
    if (!lab)
        return status;
    output = cmd_absolute(options->values[CMD_OUTPUT]);
    phone.output = output;
    phone.serve_s = options->values[CMD_SERVE] ? cmd_number(options, CMD_SERVE, SERVE_S) : 0;
    phone.resync = options->values[CMD_RESYNC] != NULL;
    phone.address = options->values[CMD_ADDRESS];
    request.parameters.phone = &phone;
    status = cmd_finish(lab, &request, options);
    free(output);
    voiplab_close(lab);
    return status;
}
