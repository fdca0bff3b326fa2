/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * voiplab: find the command, parse its options, run it.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd.h"

/* What may stand after "voiplab", or after the name of a command. */
static int unknown(const char *name, const struct cmd_command *of)
{
    const char *meant = cmd_meant(name, of);

    if (!of && !strcmp(name, "version"))
        meant = "--version";
    if (meant)
        cmd_complain("there is no command '%s%s%s'; did you mean '%s'?", of ? of->name : "", of ? " " : "", name,
                     meant);
    else
        cmd_complain("there is no command '%s%s%s'; 'voiplab %s%s--help' lists them", of ? of->name : "", of ? " " : "",
                     name, of ? of->name : "", of ? " " : "");
    return VOIPLAB_USAGE;
}

/* help [COMMAND [VERB]] */
static int print_help_for(const char *name, const char *verb)
{
    const struct cmd_command *command = name ? cmd_find(name, NULL) : NULL;
    const struct cmd_command *row = command ? cmd_find(name, verb) : NULL;

    if (name && !command)
        return unknown(name, NULL);
    if (name && !row)
        return unknown(verb, command);
    if (row)
        cmd_print_help(row);
    else
        cmd_print_commands();
    return VOIPLAB_OK;
}

static int run_parsed(const struct cmd_command *command, const struct cmd_options *options)
{
    if (options->values[CMD_HELP]) {
        cmd_print_help(command);
        return VOIPLAB_OK;
    }
    cmd_out_setup(command, options);
    return command->run(command, options);
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
        return print_help_for(argv[2], argv[2] ? argv[3] : NULL);
    if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V")) {
        (void)printf("voiplab %s\n", voiplab_version());
        return VOIPLAB_OK;
    }
    if (argv[1][0] == '-') {
        cmd_complain("the command comes first, then its options: '%s' is neither --help nor --version", argv[1]);
        return VOIPLAB_USAGE;
    }
    command = cmd_find(argv[1], NULL);
    if (!command)
        return unknown(argv[1], NULL);
    status = cmd_parse(&command, argc - 1, argv + 1, &options);
    if (!status)
        status = run_parsed(command, &options);
    free(options.set);
    return status;
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
    (void)signal(SIGCHLD, SIG_DFL); /* who starts us may ignore it, and then nobody could tell how a child ended */
    (void)umask(077);
    cmd_json_wanted(argc, argv, cmd_from_environment(CMD_JSON) != NULL);
    status = run(argc, argv);
    cmd_print_failure(status);
    status = cmd_interrupted(status);
    return cmd_flush() ? status : VOIPLAB_FAILED;
}
