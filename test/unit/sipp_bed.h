/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the tests of load runs have in common: who answers, a load, and the directory of the run.
 */
#ifndef TEST_SIPP_BED_H
#define TEST_SIPP_BED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* after the four that cmocka needs */
#include <cmocka.h>

#include <arpa/inet.h>
#include <dirent.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/process.h"
#include "base/scratch.h"
#include "machine/cage.h"
#include "machine/sandbox.h"
#include "sipp/run.h"

#define KEYS "4711#" /* that slow.py wants */

static char work[] = "/tmp/voiplab-load-XXXXXX";

__attribute__((unused)) static unsigned free_udp_port(void)
{
    VL_CLOSE int descriptor = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in name = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t length = sizeof(name);

    assert_int_equal(bind(descriptor, (const struct sockaddr *)&name, sizeof(name)), 0);
    assert_int_equal(getsockname(descriptor, (struct sockaddr *)&name, &length), 0);
    return ntohs(name.sin_port);
}

/* Looked up and not tried, since a try would take the port from SIPp. */
__attribute__((unused)) static bool is_bound(unsigned port)
{
    VL_FCLOSE FILE *file = fopen("/proc/net/udp", "r");
    char line[256], mark[32];

    (void)snprintf(mark, sizeof(mark), ": 0100007F:%04X ", port);
    while (file && fgets(line, sizeof(line), file))
        if (strstr(line, mark))
            return true;
    return false;
}

static pid_t answerer; /* the one that was started last */

/* Start who answers, and wait until its port is taken. */
__attribute__((unused)) static pid_t started(const char *const *argv, unsigned port)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    pid_t pid = vl_process_start(NULL, argv, (int[]){ -1, -1, -1 }, -1, NULL, &err);

    assert_true(pid > 0);
    answerer = pid;
    for (int i = 0; i < 200 && !is_bound(port); i++)
        (void)poll(NULL, 0, 50);
    if (is_bound(port))
        return pid;
    (void)kill(pid, SIGKILL);
    fail_msg("%s does not start", argv[0]);
    return -1;
}

/* A SIPp that answers; `scenario` NULL: the built-in one. */
__attribute__((unused)) static pid_t start_answerer(const char *scenario, unsigned port)
{
    char text[16], control[16];
    const char *const argv[] = { "sipp",
                                 scenario ? "-sf" : "-sn",
                                 scenario ? scenario : "uas",
                                 "-i",
                                 "127.0.0.1",
                                 "-p",
                                 text,
                                 "-ci",
                                 "127.0.0.1",
                                 "-cp",
                                 control,
                                 "-nostdin",
                                 NULL };

    (void)snprintf(text, sizeof(text), "%u", port);
    (void)snprintf(control, sizeof(control), "%u", free_udp_port());
    return started(argv, port);
}

__attribute__((unused)) static pid_t start_slow_answerer(unsigned port)
{
    char text[16];
    const char *const argv[] = { "python3", SOURCE_DIRECTORY "/test/unit/data/sipp/slow.py", "127.0.0.1", text, NULL };

    (void)snprintf(text, sizeof(text), "%u", port);
    return started(argv, port);
}

__attribute__((unused)) static void stop(pid_t pid)
{
    (void)kill(pid, SIGKILL);
    (void)waitpid(pid, NULL, 0);
}

static struct vl_pbx target = { .name = "pbx1", .address = 0x7f000001 };

__attribute__((unused)) static struct vl_load a_load(unsigned rate, unsigned calls, unsigned hold_ms)
{
    return (struct vl_load){ .name = "test",
                             .target = &target,
                             .caller = "1500",
                             .extension = "1999",
                             .rate = rate,
                             .calls = calls,
                             .hold_ms = hold_ms,
                             .timeout_s = 30 };
}

__attribute__((unused)) static const char *scenario_text(const char *name)
{
    static struct vl_arena arena; /* to the end of the program */
    VL_ERROR_AUTO err = { .code = VL_OK };
    const struct vl_scenario *scenario = vl_scenario_find(name);
    const char *text =
        vl_scenario_text(&arena, scenario, SOURCE_DIRECTORY "/share/sipp", scenario->types ? strlen(KEYS) : 0, &err);

    if (!text)
        fail_msg("%s", vl_error_text(&err));
    return text;
}

static const struct vl_sipp_caller caller = { .number = "1500", .secret = "rightSecret123" };

__attribute__((unused)) static struct vl_sipp_options options_for(const struct vl_load *load, unsigned port)
{
    return (struct vl_sipp_options){ .load = load,
                                     .scenario = vl_scenarios,
                                     .scenario_text = scenario_text("call"),
                                     .work_directory = work,
                                     .local_address = "127.0.0.1",
                                     .callers = &caller,
                                     .caller_count = 1,
                                     .port = port };
}

__attribute__((unused)) static void assert_work_is_empty(void)
{
    DIR *directory = opendir(work);
    const struct dirent *entry;

    while ((entry = readdir(directory)))
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            fail_msg("'%s' was left in the work directory", entry->d_name);
    (void)closedir(directory);
}

struct watcher {
    int progresses;
    uint64_t up; /* the most calls that a progress showed */
    bool secret_seen;
    pid_t answerer;
};

/* What /proc says of the SIPp that a process started. */
__attribute__((unused)) static pid_t find_sipp(pid_t parent)
{
    DIR *processes = opendir("/proc");
    const struct dirent *entry;
    pid_t found = 0;

    while (!found && (entry = readdir(processes))) {
        char path[64], line[256] = "", name[32] = "";
        long its_parent = 0;
        FILE *file;

        (void)snprintf(path, sizeof(path), "/proc/%.20s/status", entry->d_name);
        file = entry->d_name[0] >= '1' && entry->d_name[0] <= '9' ? fopen(path, "re") : NULL;
        while (file && fgets(line, sizeof(line), file)) {
            (void)sscanf(line, "Name: %31s", name);
            (void)sscanf(line, "PPid: %ld", &its_parent);
        }
        if (file)
            (void)fclose(file);
        if (its_parent == parent && !strcmp(name, "sipp") && strtol(entry->d_name, NULL, 10) != answerer)
            found = (pid_t)strtol(entry->d_name, NULL, 10);
    }
    (void)closedir(processes);
    return found;
}

#endif
