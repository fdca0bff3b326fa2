/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who is logged in over SSH must stay reachable when the network of this host changes: the two ends of the connection,
 * as SSH tells them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"

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

const char *cmd_ssh_peer(void)
{
    static char value[256];
    const char *own = getenv("SSH_CONNECTION");

    if (own)
        (void)snprintf(value, sizeof(value), "%s", own);
    for (pid_t pid = getppid(); pid > 1 && !*value;)
        pid = look_at_process(pid, value, sizeof(value));
    return *value ? value : NULL;
}
