/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * console NAME: this terminal becomes that of the guest, so it is set to raw mode when the console is there and set
 * back whatever ends it, a signal too: that does so before it does what it does.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "cmd.h"

#define ESCAPE 0x1d /* ^], as with virsh */

static struct termios before;
static volatile sig_atomic_t raw;

static void set_back(void)
{
    if (raw)
        (void)tcsetattr(STDIN_FILENO, TCSANOW, &before);
    raw = 0;
}

/* Set up with SA_RESETHAND. */
static void end_by(int signal_number)
{
    set_back();
    (void)raise(signal_number);
}

static void take_signals(void)
{
    static const int ending[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGABRT, SIGSEGV, SIGBUS };
    struct sigaction action = { .sa_handler = end_by, .sa_flags = (int)SA_RESETHAND };

    for (size_t i = 0; i < sizeof(ending) / sizeof(ending[0]); i++)
        (void)sigaction(ending[i], &action, NULL);
    (void)signal(SIGTSTP, SIG_IGN); /* stopped, it would leave a raw terminal to the shell */
}

static void opened(void *context)
{
    struct termios mode = before;

    (void)fprintf(stderr, "the serial console of '%s'; ^] (Ctrl and ]) leaves it\n", (const char *)context);
    take_signals();
    raw = 1;
    cfmakeraw(&mode);
    (void)tcsetattr(STDIN_FILENO, TCSANOW, &mode);
}

static int talk(const struct cmd_command *command, struct voiplab_request *request, const struct cmd_options *options)
{
    struct voiplab_console console = VOIPLAB_CONSOLE_INIT;
    voiplab_error *error = NULL;
    voiplab_lab *lab;
    int status;

    if (options->values[CMD_JSON]) {
        cmd_complain("a serial console is no JSON; --json goes with --vnc");
        return VOIPLAB_USAGE;
    }
    if (tcgetattr(STDIN_FILENO, &before) < 0 || !isatty(STDOUT_FILENO)) {
        cmd_complain("a console needs a terminal, as standard input and output; 'voiplab exec' runs commands from "
                     "scripts");
        return VOIPLAB_USAGE;
    }
    lab = cmd_open(options, command->lab, &status);
    if (!lab)
        return status;
    console.input = STDIN_FILENO;
    console.output = STDOUT_FILENO;
    console.escape = ESCAPE;
    console.opened = opened;
    console.context = options->operands[0];
    request->parameters.console = &console;
    status = (int)voiplab_run(lab, request, NULL, &error);
    if (raw)
        (void)fputs("\r\n", stderr);
    set_back();
    if (error)
        cmd_complain("%s", voiplab_error_message(error));
    voiplab_error_free(error);
    voiplab_close(lab);
    return status;
}

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

    if (!options->values[CMD_VNC])
        return talk(command, &request, options);
    console.vnc = true;
    console.viewer = desktop && !options->values[CMD_JSON] && is_there("virt-viewer");
    request.parameters.console = &console;
    return console.viewer ? cmd_become(command, &request, options, NULL, 0) : cmd_carry_out(command, &request, options);
}
