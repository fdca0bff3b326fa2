/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * console NAME: this process becomes virsh or, for a screen on a desktop, virt-viewer.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"

static bool is_there(const char *program)
{
    const char *path = getenv("PATH");
    char *copy = path ? strdup(path) : NULL, *rest = NULL;
    bool found = false;

    for (char *at = copy ? strtok_r(copy, ":", &rest) : NULL; at && !found; at = strtok_r(NULL, ":", &rest)) {
        char *file = NULL;

        if (asprintf(&file, "%s/%s", at, program) >= 0)
            found = access(file, X_OK) == 0;
        free(file);
    }
    free(copy);
    return found;
}

int cmd_run_console(const struct cmd_command *command, const struct cmd_options *options)
{
    struct voiplab_request request = cmd_request(command, options);
    struct voiplab_console console = VOIPLAB_CONSOLE_INIT;
    bool desktop = getenv("DISPLAY") || getenv("WAYLAND_DISPLAY");

    console.vnc = options->values[CMD_VNC] != NULL;
    console.viewer = console.vnc && desktop && !options->values[CMD_JSON] && is_there("virt-viewer");
    request.parameters.console = &console;
    if (console.vnc && !console.viewer)
        return cmd_carry_out(command, &request, options);
    return cmd_become(command, &request, options, NULL, 0);
}
