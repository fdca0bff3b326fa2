/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Our number goes along, for the death signal is set too late when we have died before: the parent is another one then.
 */
#include "machine/cage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/process.h"
#include "machine/sandbox.h"

enum { DIRECTORY = 3, OURS = 4 /* --voiplab-cage PARENT udp|tcp PROGRAM */ };

pid_t vl_cage_start(const char *const *argv, bool tcp, int directory, int errors, struct vl_error *err)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    size_t count = 0;
    const char **whole;

    while (argv[count])
        count++;
    whole = vl_arena_zalloc(&arena, (count + OURS + 1) * sizeof(*whole));
    if (!whole)
        return vl_no_memory(err);
    whole[0] = "voiplab";
    whole[1] = VL_CAGE_ARGUMENT;
    whole[2] = vl_arena_printf(&arena, "%ld", (long)getpid());
    whole[3] = tcp ? "tcp" : "udp";
    memcpy(whole + OURS, argv, count * sizeof(*whole));
    if (vl_arena_check(&arena, err) < 0)
        return -1;
    return vl_process_start("/proc/self/exe", whole, (const int[3]){ -1, -1, errors }, directory, NULL, err);
}

/* Its name is looked up in our PATH, and it gets nothing of our environment. */
static int become(char **argv, pid_t parent, bool tcp, struct vl_error *err)
{
    static char language[] = "LC_ALL=C", terminal[] = "TERM=dumb";
    static char *const environment[] = { language, terminal, NULL };

    if (fchdir(DIRECTORY) < 0)
        return vl_fail_errno(err, "cannot enter the directory of '%s'", argv[0]);
    (void)close(DIRECTORY);
    (void)setpgid(0, 0); /* what is typed at the terminal is for us, who end it in good order */
    if (vl_sandbox_enter_program(parent, tcp, err) < 0)
        return -1;
    (void)execvpe(argv[0], argv, environment);
    return vl_fail_errno(err, "cannot start '%s' as the user %d", argv[0], VL_SANDBOX_PROGRAM_USER);
}

bool vl_cage_is_meant(int argc, char **argv, int *ret_status)
{
    VL_ERROR_AUTO err = { .code = VL_OK };

    if (argc <= OURS || strcmp(argv[1], VL_CAGE_ARGUMENT) != 0)
        return false;
    (void)become(argv + OURS, (pid_t)strtol(argv[2], NULL, 10), strcmp(argv[3], "tcp") == 0, &err);
    (void)fprintf(stderr, "%s\n", vl_error_text(&err));
    *ret_status = VL_CAGE_FAILED;
    return true;
}
