/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sipp: what the options say of a load.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "live.h"

static struct voiplab_sipp load_of(const struct cmd_options *options)
{
    struct voiplab_sipp load = VOIPLAB_SIPP_INIT;

    load.target = options->values[CMD_TARGET];
    load.extension = options->values[CMD_NUMBER_CALLED];
    load.answer = options->values[CMD_ANSWER];
    load.callers = options->values[CMD_CALLERS];
    load.scenario = options->values[CMD_SCENARIO];
    load.rate = cmd_number(options, CMD_RATE, 0);
    load.calls = cmd_number(options, CMD_CALLS, 0);
    load.hold_s = cmd_number(options, CMD_HOLD, 0);
    load.concurrent = cmd_number(options, CMD_AT_ONCE, 0);
    load.tcp = options->values[CMD_TCP] != NULL;
    load.untried = options->values[CMD_UNTRIED] != NULL;
    load.pictures = options->values[CMD_PNG] != NULL;
    load.by_rate = options->values[CMD_BY] && !strcmp(options->values[CMD_BY], "rate");
    return load;
}

/* Who watches: a program that reads lines, a person at a terminal, or nobody who sees more than progress lines. */
static void let_watch(struct voiplab_sipp *load, const struct cmd_command *command, const struct cmd_options *options)
{
    const char *terminal = getenv("TERM");
    bool silent = options->values[CMD_JSON] || options->values[CMD_QUIET] || (terminal && !strcmp(terminal, "dumb"));

    if (options->values[CMD_JSON_LINES]) {
        load->figures = cmd_live_json;
    } else if (!silent && isatty(STDOUT_FILENO)) {
        cmd_live_setup(command->request == VOIPLAB_SIPP);
        load->figures = cmd_live_figures;
        load->steer = cmd_live_steer;
    }
}

/* What a step of a search must keep to. */
struct rules {
    double retransmissions, loss, mos;
};

static void take_rules(struct voiplab_sipp *load, const struct cmd_options *options, struct rules *rules)
{
    load->failures_percent = cmd_number(options, CMD_FAILURES, 0);
    load->p95_ms = cmd_number(options, CMD_P95, 0);
    load->most_retransmissions = cmd_decimal(options, CMD_RETRANSMISSIONS, &rules->retransmissions);
    load->most_loss = cmd_decimal(options, CMD_LOSS, &rules->loss);
    load->least_mos = cmd_decimal(options, CMD_MOS, &rules->mos);
}

static int carry_out(const struct cmd_command *command, const struct cmd_options *options,
                     struct voiplab_request *request)
{
    struct voiplab_sipp load = load_of(options);
    char *output = cmd_absolute(options->values[CMD_RESULTS]);
    struct rules rules;
    int status;

    take_rules(&load, options, &rules);
    load.output = output;
    let_watch(&load, command, options);
    request->parameters.sipp = &load;
    status = cmd_carry_out(command, request, options);
    cmd_live_leave();
    free(output);
    return status;
}

int cmd_run_sipp(const struct cmd_command *command, const struct cmd_options *options)
{
    struct voiplab_request request = cmd_request(command, options);

    return carry_out(command, options, &request);
}

/* The directories are named as plain absolute paths, as the library wants them. */
int cmd_run_sipp_report(const struct cmd_command *command, const struct cmd_options *options)
{
    struct voiplab_request request = cmd_request(command, options);
    char **names = calloc((size_t)options->operand_count + 1, sizeof(*names));
    int status = VOIPLAB_FAILED;

    for (int i = 0; names && i < options->operand_count; i++)
        names[i] = cmd_absolute(options->operands[i]);
    request.names = (const char *const *)(void *)names;
    if (names)
        status = carry_out(command, options, &request);
    else
        cmd_complain("out of memory");
    for (int i = 0; names && i < options->operand_count; i++)
        free(names[i]);
    free(names);
    return status;
}
