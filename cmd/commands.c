/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The index of everything: one row per command.
 */
#include <stdio.h>
#include <string.h>

#include "cmd.h"

#define TALK (CMD_BIT(QUIET) | CMD_BIT(VERBOSE) | CMD_BIT(COLOR) | CMD_BIT(JSON))
#define SHOW (CMD_BIT(DRY_RUN) | CMD_BIT(CHECK) | CMD_BIT(EXPLAIN))
#define PLAN (SHOW | CMD_BIT(SHOW_SECRETS))
#define LAB (TALK | CMD_BIT(FILE) | CMD_BIT(STATE) | CMD_BIT(CACHE) | CMD_BIT(SHARE))
#define REACH (CMD_BIT(JOBS) | CMD_BIT(WAIT) | CMD_BIT(CONNECT))
#define LINT                                                                                                           \
    (CMD_BIT(ASTERISK) | CMD_BIT(SIP) | CMD_BIT(IAX) | CMD_BIT(PJSIP) | CMD_BIT(COUNTRY) | CMD_BIT(IGNORE) |           \
     CMD_BIT(LEVEL) | CMD_BIT(SARIF) | CMD_BIT(RULES) | CMD_BIT(FIX) | CMD_BIT(YES))
#define GUEST (CMD_BIT(MEMORY) | CMD_BIT(DISK) | CMD_BIT(CDROM) | CMD_BIT(BRIDGE) | CMD_BIT(OS) | CMD_BIT(VCPUS))
#define DIALPLAN_SHOW                                                                                                  \
    (CMD_BIT(CONTEXT) | CMD_BIT(CALLERID) | CMD_BIT(AT) | CMD_BIT(PRIORITY) | CMD_BIT(CONF) | CMD_BIT(PBX) |           \
     CMD_BIT(DOT))

const struct cmd_command cmd_commands[] = {
    { .name = "init",
      .operands = "[LAB]",
      .summary = "write a commented lab file",
      .options = CMD_BIT(TEMPLATE) | CMD_BIT(SHARE),
      .most_operands = 1,
      .run = cmd_run_init },
    { .name = "check-cpu",
      .operands = "",
      .summary = "see whether this host can run the lab's guests",
      .options = LAB | CMD_BIT(CPUINFO) | CMD_BIT(ROOT) | CMD_BIT(CONNECT) | CMD_BIT(FIX) | CMD_BIT(YES) | SHOW,
      .request = VOIPLAB_CHECK_CPU,
      .run = cmd_run_check_cpu },
    { .name = "bridge",
      .operands = "[confirm|revert|show]",
      .summary = "make the bridge, with a way back: confirm, revert, show",
      .options = LAB | PLAN | CMD_BIT(ROOT) | CMD_BIT(BACKEND) | CMD_BIT(TIMEOUT) | CMD_BIT(COMMIT) | CMD_BIT(BOOT),
      .most_operands = 1,
      .request = VOIPLAB_BRIDGE,
      .run = cmd_run_bridge },
    { .name = "image",
      .operands = "[IMAGE ...]",
      .summary = "build the base images, and verify them",
      .options = LAB | PLAN,
      .most_operands = -1,
      .request = VOIPLAB_IMAGE,
      .run = cmd_run_request },
    { .name = "create-vm",
      .operands = "[PBX ...]",
      .summary = "make guests and start them; with --memory and --disk one without a lab file",
      .options = LAB | PLAN | REACH | GUEST,
      .most_operands = -1,
      .request = VOIPLAB_CREATE_VM,
      .run = cmd_run_create_vm },
    { .name = "trunk",
      .operands = "[push|remove] [PBX ...]",
      .summary = "put SIP and IAX2 trunks on every PBX, and see them registered",
      .options = LAB | PLAN | REACH | CMD_BIT(ROOT),
      .most_operands = -1,
      .request = VOIPLAB_TRUNK,
      .run = cmd_run_trunk },
    { .name = "dialplan",
      .operands = "[push|diff] [PBX ...] | show NUMBER | lint FILE ...",
      .summary = "put the dialplan on every PBX; show where a number goes; find mistakes",
      .options = LAB | PLAN | REACH | CMD_BIT(ROOT) | DIALPLAN_SHOW | LINT,
      .most_operands = -1,
      .request = VOIPLAB_DIALPLAN,
      .run = cmd_run_dialplan },
    { .name = "phone",
      .operands = "[PHONE ...]",
      .summary = "write the profiles of the telephones, hand them out, have them fetched",
      .options = LAB | PLAN | CMD_BIT(OUTPUT) | CMD_BIT(SERVE) | CMD_BIT(RESYNC) | CMD_BIT(ADDRESS),
      .most_operands = -1,
      .request = VOIPLAB_PHONE,
      .run = cmd_run_phone },
    { .name = "sipp",
      .operands = "[LOAD ...]",
      .summary = "run the lab's load tests with SIPp",
      .options = LAB | CMD_BIT(DRY_RUN),
      .most_operands = -1,
      .request = VOIPLAB_SIPP,
      .run = cmd_run_request },
    { .name = "up",
      .operands = "[PBX ...]",
      .summary = "bring the whole lab up, from whatever it is now",
      .options = LAB | PLAN | REACH | CMD_BIT(ROOT),
      .most_operands = -1,
      .request = VOIPLAB_UP,
      .run = cmd_run_request },
    { .name = "status",
      .operands = "[PBX ...]",
      .summary = "show what is seen: guests, registrations, peers",
      .options = LAB | REACH,
      .most_operands = -1,
      .request = VOIPLAB_STATUS,
      .run = cmd_run_request },
    { .name = "verify",
      .operands = "[PBX ...]",
      .summary = "call every PBX from every other",
      .options = LAB | REACH,
      .most_operands = -1,
      .request = VOIPLAB_VERIFY,
      .run = cmd_run_request },
    { .name = "down",
      .operands = "[PBX ...]",
      .summary = "shut the guests down",
      .options = LAB | PLAN | CMD_BIT(CONNECT),
      .most_operands = -1,
      .request = VOIPLAB_DOWN,
      .run = cmd_run_request },
    { .name = "destroy",
      .operands = "[PBX ...]",
      .summary = "take away all that is this lab's own, and nothing else",
      .options = LAB | PLAN | CMD_BIT(CONNECT) | CMD_BIT(YES),
      .most_operands = -1,
      .request = VOIPLAB_DESTROY,
      .run = cmd_run_destroy },
    { .name = NULL },
};

const struct cmd_command *cmd_find(const char *name)
{
    for (const struct cmd_command *command = cmd_commands; command->name; command++)
        if (!strcmp(command->name, name))
            return command;
    return NULL;
}

void cmd_print_commands(void)
{
    (void)printf("usage: voiplab COMMAND [OPTION ...]\n\nVirtual telephony labs from one lab file.\n\n");
    for (const struct cmd_command *command = cmd_commands; command->name; command++)
        (void)printf("  %-10s  %s\n", command->name, command->summary);
    (void)printf("\n'voiplab COMMAND --help' tells more, 'man voiplab' tells all. 'voiplab init' writes a lab file to "
                 "start from.\n");
}

static const struct {
    const char *name, *argument, *help;
    char letter;
} options_table[] = {
#define X(id, text, short_name, value, description)                                                                    \
    [CMD_##id] = { .name = (text), .letter = (short_name), .argument = (value), .help = (description) },
    CMD_OPTIONS(X)
#undef X
};

void cmd_print_help(const struct cmd_command *command)
{
    (void)printf("usage: voiplab %s [OPTION ...]%s%s\n\n%s\n\n", command->name, *command->operands ? " " : "",
                 command->operands, command->summary);
    for (int i = 0; i < CMD_OPTION_COUNT; i++) {
        const char *argument = options_table[i].argument;
        int width;

        if (i != CMD_HELP && !(command->options & 1UL << i))
            continue;
        width = options_table[i].letter ? printf("  -%c, ", options_table[i].letter) : printf("      ");
        width += printf("--%s%s%s", options_table[i].name, argument ? " " : "", argument ? argument : "");
        (void)printf("%*s%s\n", width < 26 ? 26 - width : 2, "", options_table[i].help);
    }
}
