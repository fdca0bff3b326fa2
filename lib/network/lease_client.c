/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "network/lease_client.h"

#include <fcntl.h>
#include <glob.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/process.h"
#include "base/text.h"

enum {
    WORDS = 40,
    COMMAND_LIMIT = 4096,
    START_MS = 15000,
    END_TRIES = 50,
    END_PAUSE_MS = 20,
    START_TRIES = 20,
    START_PAUSE_MS = 250
};

/* Whether the process is a dhclient of this network namespace. */
static bool is_client(struct vl_arena *arena, const char *process)
{
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    VL_FREE char *name = NULL;
    char ours[64] = "", theirs[64] = "";

    return vl_file_read(vl_arena_printf(arena, "%s/comm", process), 64, &name, NULL, &ignored) == 0 &&
           !strcmp(vl_text_strip(name), "dhclient") && readlink("/proc/self/ns/net", ours, sizeof(ours) - 1) > 0 &&
           readlink(vl_arena_printf(arena, "%s/ns/net", process), theirs, sizeof(theirs) - 1) > 0 &&
           !strcmp(ours, theirs);
}

/* The word for the other interface: its name, or a file that has the name in it. */
static const char *renamed(struct vl_arena *arena, const char *word, const char *from, const char *to)
{
    const char *found = *word == '/' ? strrchr(word, '/') : word;
    size_t length = strlen(from);

    if (!strcmp(word, from))
        return to;
    while (*word == '/' && (found = strstr(found, from)) != NULL) {
        if (strchr(".-/", found[-1]) && (!found[length] || found[length] == '.'))
            return vl_arena_printf(arena, "%.*s%s%s", (int)(found - word), word, to, found + length);
        found++;
    }
    return word;
}

/* Read /proc/PID/cmdline. False when it is not one for the interface, or one that its starter watches (-d). */
static bool read_command(struct vl_arena *arena, const char *process, const char *interface, const char *other,
                         struct vl_lease_client *client)
{
    VL_CLOSE int descriptor = open(vl_arena_printf(arena, "%s/cmdline", process), O_RDONLY | O_CLOEXEC);
    char *text = vl_arena_zalloc(arena, COMMAND_LIMIT + 1);
    ssize_t length = descriptor >= 0 && text ? read(descriptor, text, COMMAND_LIMIT) : -1;
    size_t count = 0;
    const char **argv = vl_arena_zalloc(arena, (WORDS + 2) * sizeof(*argv));
    const char **moved = vl_arena_zalloc(arena, (WORDS + 2) * sizeof(*moved));
    bool found = false, watched = false;

    if (!argv || !moved || length <= 0)
        return false;
    for (size_t i = 0; i < (size_t)length && count < WORDS; i += strlen(text + i) + 1) {
        watched |= !strcmp(text + i, "-d");
        if (!strcmp(text + i, "-nw") || !strcmp(text + i, "-1"))
            continue;
        found |= !strcmp(text + i, interface);
        argv[count] = vl_arena_strdup(arena, text + i);
        moved[count] = renamed(arena, argv[count], interface, other);
        count++;
        if (count > 1)
            continue;
        argv[count] = moved[count] = "-nw";
        count++;
    }
    *client = (struct vl_lease_client){ .pid = atoi(strrchr(process, '/') + 1), .argv = argv, .renamed = moved };
    return found && !watched;
}

const struct vl_lease_client *vl_lease_clients(struct vl_arena *arena, const char *interface, const char *other)
{
    glob_t found = { .gl_pathc = 0 };
    struct vl_lease_client *clients = vl_arena_zalloc(arena, sizeof(*clients));
    size_t count = 0;

    if (glob("/proc/[0-9]*", GLOB_NOSORT, NULL, &found) == 0)
        for (size_t i = 0; i < found.gl_pathc && clients; i++) {
            struct vl_lease_client client, *grown;

            if (!is_client(arena, found.gl_pathv[i]) ||
                !read_command(arena, found.gl_pathv[i], interface, other, &client))
                continue;
            grown = vl_arena_zalloc(arena, (count + 2) * sizeof(*grown));
            if (!grown)
                break;
            memcpy(grown, clients, count * sizeof(*grown));
            grown[count++] = client;
            clients = grown;
        }
    globfree(&found);
    return clients;
}

const char *vl_lease_clients_text(struct vl_arena *arena, const struct vl_lease_client *clients, bool moves)
{
    VL_BUF_AUTO text = VL_BUF_INIT;

    for (; clients && clients->pid; clients++) {
        vl_buf_printf(&text, "kill -KILL %d\n", clients->pid);
        for (size_t i = 0; moves && clients->renamed[i]; i++)
            vl_buf_printf(&text, "%s%s", i ? " " : "", clients->renamed[i]);
        vl_buf_puts(&text, moves ? "\n" : "");
    }
    arena->failed |= text.failed;
    return vl_arena_strdup(arena, vl_buf_text(&text));
}

/* Told to end in the usual way it might give the lease back, or take the address away. */
static void end(int pid)
{
    (void)kill(pid, SIGKILL);
    for (int i = 0; i < END_TRIES && kill(pid, 0) == 0; i++)
        (void)poll(NULL, 0, END_PAUSE_MS);
}

/* One of DHCPv6 ends at once while its interface has no address of the link yet, which takes a second or two to come.
 */
static int start(const char *const *argv, struct vl_error *err)
{
    for (int i = 0;; i++) {
        struct vl_process_options options = { .timeout_ms = START_MS };
        VL_FREE char *output = NULL;

        if (vl_process_check(argv, &options, &output, err) == 0)
            return 0;
        if (i == START_TRIES)
            return -1;
        vl_error_clear(err);
        (void)poll(NULL, 0, START_PAUSE_MS);
    }
}

int vl_lease_clients_end(const char *interface, const char *other, bool moves, struct vl_error *err)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    const struct vl_lease_client *client = vl_lease_clients(&arena, interface, other);
    int rc = 0;

    for (; client && client->pid; client++) {
        end(client->pid);
        if (moves && rc == 0)
            rc = start(client->renamed, err);
    }
    return arena.failed ? vl_no_memory(err) : rc;
}
