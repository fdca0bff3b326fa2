/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A run as it is asked for, as one SIPp or several of them are told it: what none of them can take is refused before
 * any is started, and rate, calls and limit are shared out evenly.
 */
#include "sipp/task.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>
#include <sys/statvfs.h>

#include "base/buf.h"
#include "base/process.h"
#include "base/text.h"

enum {
    SIP_PORT = 5060,
    ANSWER_MS = 32000,    /* 64 × T1 (RFC 3261): a call without an answer after this long has failed */
    RATE_OF_ONE = 400,    /* calls a second that one SIPp is asked for at most; it carries about twice as many */
    ROOM_LEAST = 8 << 20, /* bytes that must be free where SIPp writes */
};

static bool is_safe(const char *text)
{
    if (!text || !*text)
        return false;
    for (; *text; text++)
        if (!isalnum((unsigned char)*text) && !strchr("-._~!$%&*+/:=?@^", *text))
            return false;
    return true;
}

/* SIPp expands what stands in the account file: only characters that mean nothing to it may come there. */
static int check_callers(const struct vl_sipp_options *options, struct vl_error *err)
{
    const struct vl_load *load = options->load;

    if (!options->caller_count)
        return vl_fail(err, VL_ERROR_FAILED, "nobody calls");
    for (size_t i = 0; i < options->caller_count; i++) {
        const struct vl_sipp_caller *caller = &options->callers[i];

        if (!is_safe(caller->number) || !is_safe(load->extension))
            return vl_fail(err, VL_ERROR_LAB, "'%s' cannot call '%s': use digits", caller->number, load->extension);
        if (caller->secret && !is_safe(caller->secret))
            return vl_fail(
                err, VL_ERROR_LAB,
                "the secret of '%s' is empty or has a character that SIPp cannot take: use letters and digits",
                caller->number);
    }
    return 0;
}

static int check_room(const char *directory, struct vl_error *err)
{
    struct statvfs room;

    if (statvfs(directory, &room) < 0 || room.f_bavail * room.f_frsize >= ROOM_LEAST)
        return 0;
    return vl_fail(err, VL_ERROR_FAILED,
                   "'%s' has only %llu KiB left, and SIPp writes its figures there: make room for %u MiB", directory,
                   (unsigned long long)(room.f_bavail * room.f_frsize / 1024), ROOM_LEAST >> 20);
}

int vl_sipp_check_options(const struct vl_sipp_options *options, struct vl_error *err)
{
    const struct vl_load *load = options->load;
    struct in_addr address;

    if (check_callers(options, err) < 0)
        return -1;
    if (load->rate == 0 || load->calls == 0 || load->timeout_s == 0)
        return vl_fail(err, VL_ERROR_LAB, "rate, calls and timeout must be at least 1");
    if (inet_pton(AF_INET, options->local_address, &address) != 1)
        return vl_fail(err, VL_ERROR_FAILED, "'%s' is not an IPv4 address", options->local_address);
    if (!vl_process_found("sipp"))
        return vl_fail(err, VL_ERROR_NOTFOUND, "'sipp' is not installed: install the package sip-tester");
    return check_room(options->work_directory, err);
}

const char *vl_sipp_accounts(struct vl_arena *arena, const struct vl_sipp_options *options)
{
    VL_BUF_AUTO text = VL_BUF_INIT;

    vl_buf_puts(&text, "SEQUENTIAL\n");
    for (size_t i = 0; i < options->caller_count; i++) {
        const struct vl_sipp_caller *caller = &options->callers[i];

        vl_buf_printf(&text, "%s;", caller->number);
        if (caller->secret)
            vl_buf_printf(&text, "[authentication username=%s password=%s]", caller->number, caller->secret);
        for (const char *key = options->keys; key && *key; key++)
            vl_buf_printf(&text, ";%c", *key);
        vl_buf_putc(&text, '\n');
    }
    arena->failed |= text.failed;
    return vl_arena_strdup(arena, vl_buf_text(&text));
}

struct vl_generator_task vl_sipp_task(const struct vl_sipp_options *options, struct vl_arena *arena, size_t index,
                                      size_t count)
{
    const struct vl_load *load = options->load;
    const struct vl_scenario *scenario = options->scenario ? options->scenario : &vl_scenarios[0];
    uint32_t address = load->target->address;
    unsigned parts = (unsigned)count, extra = (unsigned)index;
    const char *expires = options->expires ? options->expires : "60"; /* so that it is gone soon after the run */

    return (struct vl_generator_task){
        .scenario = options->scenario_text,
        .accounts = vl_sipp_accounts(arena, options),
        .work_directory = options->work_directory,
        .local_address = options->local_address,
        .remote = vl_arena_printf(arena, "%s:%u", vl_text_from_ipv4(arena, address),
                                  options->port ? options->port : SIP_PORT),
        .extension = load->extension,
        .rate = (double)load->rate / (double)count,
        .calls = load->calls / parts + (extra < load->calls % parts),
        .concurrent = load->concurrent ? load->concurrent / parts + (extra < load->concurrent % parts) : 0,
        .hold_ms = load->hold_ms,
        .answer_ms = ANSWER_MS + (scenario->waits ? load->hold_ms : 0),
        .timeout_s = load->timeout_s,
        .expires = strstr(options->scenario_text, "[expires]") ? expires : NULL,
        .local_port = options->local_port,
        .tcp = options->tcp,
        .sends = scenario->sends,
    };
}

const char *const *vl_sipp_command(struct vl_arena *arena, const struct vl_sipp_options *options, unsigned local_port,
                                   unsigned control_port)
{
    const struct vl_generator_task task = vl_sipp_task(options, arena, 0, 1);

    return vl_generator_command(arena, &task, local_port, control_port);
}

size_t vl_sipp_processes(const struct vl_sipp_options *options)
{
    size_t wanted = options->processes ? options->processes : (options->load->rate + RATE_OF_ONE - 1) / RATE_OF_ONE;

    wanted = wanted < VL_SIPP_PROCESSES ? wanted : VL_SIPP_PROCESSES;
    if (options->load->concurrent && options->load->concurrent < wanted)
        wanted = options->load->concurrent;
    return wanted < options->load->calls ? wanted : options->load->calls;
}
