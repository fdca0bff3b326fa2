/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bridge, and what belongs to its way back: confirm, revert, show. Whoever is logged in over SSH must stay reachable,
 * so their address goes along.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"

static const struct {
    const char *verb;
    enum voiplab_command request;
    enum cmd_lab lab;
} verbs[] = {
    { "confirm", VOIPLAB_BRIDGE_CONFIRM, CMD_LAB_NONE },
    { "revert", VOIPLAB_BRIDGE_REVERT, CMD_LAB_NONE },
    { "show", VOIPLAB_BRIDGE_SHOW, CMD_LAB_NONE },
};

/* The value of SSH_CONNECTION in the environment of a process: sudo takes it from ours, but not from our parents'.
 * Returns what follows the process's name in /proc/PID/stat as the parent's pid, 0 at the end. */
static pid_t look_at_process(pid_t pid, char *value, size_t size)
{
    static const char name[] = "SSH_CONNECTION=";
    char path[64], *entry = NULL;
    size_t room = 0;
    FILE *file;
    int parent = 0;

    (void)snprintf(path, sizeof(path), "/proc/%d/environ", (int)pid);
    file = fopen(path, "re");
    while (file && getdelim(&entry, &room, '\0', file) > 0)
        if (!strncmp(entry, name, sizeof(name) - 1))
            (void)snprintf(value, size, "%s", entry + sizeof(name) - 1);
    if (file)
        (void)fclose(file);
    (void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    file = fopen(path, "re");
    if (file && getline(&entry, &room, file) > 0 && strrchr(entry, ')'))
        (void)sscanf(strrchr(entry, ')'), ") %*c %d", &parent);
    if (file)
        (void)fclose(file);
    free(entry);
    return parent;
}

/* The address from which the person at this terminal is logged in; NULL: not over SSH. */
static const char *ssh_peer(void)
{
    static char value[256];
    const char *own = getenv("SSH_CONNECTION");

    if (own)
        (void)snprintf(value, sizeof(value), "%s", own);
    for (pid_t pid = getppid(); pid > 1 && !*value;)
        pid = look_at_process(pid, value, sizeof(value));
    value[strcspn(value, " ")] = '\0';
    return *value ? value : NULL;
}

static int run(const struct voiplab_request *request, const struct cmd_options *options, enum cmd_lab wanted)
{
    int status;
    voiplab_lab *lab = cmd_open(options, wanted, &status);

    if (!lab)
        return status;
    status = cmd_finish(lab, request, options);
    voiplab_close(lab);
    return status;
}

/* bridge [confirm|revert|show] */
int cmd_run_bridge(const struct cmd_command *command, const struct cmd_options *options)
{
    struct voiplab_request request = cmd_request(command, options);
    const char *verb = options->operand_count ? options->operands[0] : NULL;

    if (!cmd_number(options, CMD_TIMEOUT, 86400, 120, &request.timeout_s))
        return VOIPLAB_USAGE;
    request.names = NULL;
    request.commit_if_reachable = options->values[CMD_COMMIT] != NULL;
    request.boot = options->values[CMD_BOOT] != NULL;
    request.peer = ssh_peer();
    if (!verb)
        return run(&request, options, CMD_LAB_NEEDED);
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        if (strcmp(verb, verbs[i].verb) != 0)
            continue;
        /* the way back may cut the session off in which it was asked for, and must be gone to its end */
        (void)signal(SIGHUP, SIG_IGN);
        request.command = verbs[i].request;
        return run(&request, options, verbs[i].lab);
    }
    cmd_complain("bridge: '%s' is none of confirm, revert, show", verb);
    return VOIPLAB_USAGE;
}
