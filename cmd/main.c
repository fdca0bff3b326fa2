/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * voiplab: find the command, parse its options, run it.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd.h"

static int unknown_command(const char *name)
{
    const char *names[64] = { NULL }, *nearest;

    for (size_t i = 0; cmd_commands[i].name && i < 63; i++)
        names[i] = cmd_commands[i].name;
    nearest = cmd_nearest(name, names);
    if (nearest)
        cmd_complain("there is no command '%s'; did you mean '%s'?", name, nearest);
    else
        cmd_complain("there is no command '%s'; 'voiplab --help' lists them", name);
    return VOIPLAB_USAGE;
}

static int print_help_for(int argc, char **argv)
{
    const struct cmd_command *command = argc > 2 ? cmd_find(argv[2]) : NULL;

    if (argc > 2 && !command)
        return unknown_command(argv[2]);
    if (command)
        cmd_print_help(command);
    else
        cmd_print_commands();
    return VOIPLAB_OK;
}

static int run(int argc, char **argv)
{
    const struct cmd_command *command;
    struct cmd_options options;
    int status;

    if (argc < 2) {
        cmd_complain("which command? 'voiplab --help' lists them");
        return VOIPLAB_USAGE;
    }
    if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help"))
        return print_help_for(argc, argv);
    if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V")) {
        (void)printf("voiplab %s\n", voiplab_version());
        return VOIPLAB_OK;
    }
    if (argv[1][0] == '-') {
        cmd_complain("the command comes first, then its options: '%s' is neither --help nor --version", argv[1]);
        return VOIPLAB_USAGE;
    }
    command = cmd_find(argv[1]);
    if (!command)
        return unknown_command(argv[1]);
    status = cmd_parse(command, argc - 1, argv + 1, &options);
    if (status)
        return status;
    if (options.values[CMD_HELP]) {
        cmd_print_help(command);
        return VOIPLAB_OK;
    }
    cmd_out_setup(&options);
    return command->run(command, &options);
}

/* A standard descriptor that is missing would be the next file that is opened, a lock or the state, and what is printed
 * would land in it. /dev/null takes its place, open the wrong way round: reading and writing fail as they would have.
 * The descriptor 3 of a worker is left alone: only what is missing is filled, from below. */
static bool hold_standard_descriptors(void)
{
    for (int i = STDIN_FILENO; i <= STDERR_FILENO; i++)
        if (fcntl(i, F_GETFD) < 0 && open("/dev/null", i == STDIN_FILENO ? O_WRONLY : O_RDONLY) != i)
            return false;
    return true;
}

int main(int argc, char **argv)
{
    int status;

    if (!hold_standard_descriptors()) {
        cmd_complain("a standard descriptor is closed, and '/dev/null' cannot take its place; start it with all three");
        return VOIPLAB_FAILED;
    }
    if (voiplab_worker(argc, argv, &status))
        return status;
    (void)signal(SIGPIPE, SIG_IGN);
    (void)umask(077);
    cmd_json_wanted(argc, argv);
    status = run(argc, argv);
    cmd_print_failure(status);
    return cmd_flush() ? status : VOIPLAB_FAILED;
}
