/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "cmd.h"

/* capture [PBX|A:B ...] */
int cmd_run_capture(const struct cmd_command *command, const struct cmd_options *options)
{
    struct voiplab_request request = cmd_request(command, options);
    struct voiplab_capture capture = VOIPLAB_CAPTURE_INIT;
    char *read = cmd_absolute(options->values[CMD_READ]), *write = cmd_absolute(options->values[CMD_WRITE_FRAMES]);
    char *svg = cmd_absolute(options->values[CMD_SVG]);
    int status;

    capture.read = read;
    capture.write = write;
    capture.svg = svg;
    capture.interface = options->values[CMD_INTERFACE];
    capture.seconds = cmd_number(options, CMD_SECONDS, 0);
    capture.most = options->values[CMD_MOST];
    capture.ladder = options->values[CMD_LADDER] != NULL;
    capture.call = cmd_number(options, CMD_LADDER, 0);
    request.parameters.capture = &capture;
    status = cmd_carry_out(command, &request, options);
    free(read);
    free(write);
    free(svg);
    return status;
}
