/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The index of everything: one row per verb of the command line. A row of two words is a verb of the command that is
 * its first word. Parser, help and completion have what they know from here.
 */
#include <stdlib.h>
#include <string.h>

#include "cmd.h"

#define TALK [CMD_QUIET] = true, [CMD_VERBOSE] = true, [CMD_COLOR] = true, [CMD_JSON] = true
#define LAB TALK, [CMD_FILE] = true, [CMD_STATE] = true, [CMD_CACHE] = true, [CMD_SHARE] = true
#define SHOW [CMD_DRY_RUN] = true, [CMD_CHECK] = true, [CMD_EXPLAIN] = true
#define PLAN SHOW, [CMD_SHOW_SECRETS] = true
#define REACH [CMD_JOBS] = true, [CMD_WAIT] = true, [CMD_CONNECT] = true

const struct cmd_command cmd_commands[] = {
    { .name = "init",
      .operands = "[LAB]",
      .summary = "write a commented lab file",
      .takes = { [CMD_TEMPLATE] = true, [CMD_SHARE] = true },
      .most_operands = 1,
      .kind = CMD_FILES,
      .lab = CMD_LAB_NONE,
      .run = cmd_run_init },
    { .name = "check-cpu",
      .operands = "",
      .summary = "see whether this host can run the lab's guests",
      .takes = { LAB, SHOW, [CMD_CPUINFO] = true, [CMD_ROOT] = true, [CMD_CONNECT] = true, [CMD_LOAD_MODULES] = true,
                 [CMD_YES] = true },
      .lab = CMD_LAB_MAY_BE,
      .request = VOIPLAB_CHECK_CPU,
      .run = cmd_run_check_cpu },
    { .name = "bridge",
      .operands = "",
      .summary = "make the bridge, with a way back: confirm, revert, show",
      .takes = { LAB, PLAN, [CMD_ROOT] = true, [CMD_BACKEND] = true, [CMD_TIMEOUT] = true, [CMD_COMMIT] = true },
      .request = VOIPLAB_BRIDGE,
      .run = cmd_run_bridge },
    { .name = "bridge confirm",
      .operands = "",
      .summary = "keep the change of the network that waits",
      .takes = { LAB, [CMD_ROOT] = true },
      .lab = CMD_LAB_NONE,
      .request = VOIPLAB_BRIDGE_CONFIRM,
      .run = cmd_run_bridge_back },
    { .name = "bridge revert",
      .operands = "",
      .summary = "put the network back as it was",
      .takes = { LAB, SHOW, [CMD_ROOT] = true, [CMD_BOOT] = true },
      .lab = CMD_LAB_NONE,
      .request = VOIPLAB_BRIDGE_REVERT,
      .run = cmd_run_bridge_back },
    { .name = "bridge show",
      .operands = "",
      .summary = "show the bridges of this host, who wrote them, and whether a change waits",
      .takes = { LAB, [CMD_ROOT] = true },
      .lab = CMD_LAB_NONE,
      .request = VOIPLAB_BRIDGE_SHOW,
      .run = cmd_run_bridge_back },
    { .name = "image",
      .operands = "[IMAGE ...]",
      .summary = "build the base images, and verify them",
      .takes = { LAB, PLAN },
      .most_operands = -1,
      .kind = CMD_IMAGES,
      .request = VOIPLAB_IMAGE,
      .run = cmd_run_request },
    { .name = "create-vm",
      .operands = "[PBX ...]",
      .summary = "make guests and start them; with --memory and --disk one without a lab file",
      .takes = { LAB, PLAN, REACH, [CMD_MEMORY] = true, [CMD_DISK] = true, [CMD_CDROM] = true, [CMD_BRIDGE] = true,
                 [CMD_OS] = true, [CMD_VCPUS] = true },
      .most_operands = -1,
      .kind = CMD_PBXS,
      .request = VOIPLAB_CREATE_VM,
      .run = cmd_run_create_vm },
    { .name = "trunk",
      .also = "push",
      .operands = "[PBX ...]",
      .summary = "put SIP and IAX2 trunks on every PBX, and see them registered",
      .takes = { LAB, PLAN, REACH, [CMD_ROOT] = true },
      .most_operands = -1,
      .kind = CMD_PBXS,
      .request = VOIPLAB_TRUNK,
      .run = cmd_run_request },
    { .name = "trunk remove",
      .operands = "[PBX ...]",
      .summary = "take what push and dialplan wrote out of the PBXs again",
      .takes = { LAB, PLAN, REACH, [CMD_ROOT] = true },
      .most_operands = -1,
      .kind = CMD_PBXS,
      .request = VOIPLAB_TRUNK_REMOVE,
      .run = cmd_run_request },
    { .name = "dialplan",
      .also = "push",
      .operands = "[PBX ...]",
      .summary = "put the dialplan on every PBX; show where a number goes; find mistakes",
      .takes = { LAB, PLAN, REACH, [CMD_ROOT] = true },
      .most_operands = -1,
      .kind = CMD_PBXS,
      .request = VOIPLAB_DIALPLAN,
      .run = cmd_run_request },
    { .name = "dialplan diff",
      .operands = "[PBX ...]",
      .summary = "show how what each PBX runs differs from the lab file; exit 5 when it does",
      .takes = { LAB, REACH, [CMD_ROOT] = true, [CMD_SHOW_SECRETS] = true },
      .most_operands = -1,
      .kind = CMD_PBXS,
      .request = VOIPLAB_DIALPLAN_DIFF,
      .run = cmd_run_request },
    { .name = "dialplan show",
      .operands = "NUMBER|-",
      .summary = "show which way a number goes, and why; with - for many on standard input",
      .takes = { LAB, [CMD_WAIT] = true, [CMD_CONNECT] = true, [CMD_ROOT] = true, [CMD_CONTEXT] = true,
                 [CMD_CALLERID] = true, [CMD_AT] = true, [CMD_PRIORITY] = true, [CMD_CONF] = true, [CMD_PBX] = true,
                 [CMD_DOT] = true },
      .least_operands = 1,
      .most_operands = 1,
      .kind = CMD_NUMBER,
      .run = cmd_run_dialplan_show },
    { .name = "dialplan lint",
      .operands = "FILE ...",
      .summary = "find mistakes in files like extensions.conf, and put right what can be",
      .takes = { LAB, SHOW, [CMD_ASTERISK] = true, [CMD_SIP] = true, [CMD_IAX] = true, [CMD_PJSIP] = true,
                 [CMD_COUNTRY] = true, [CMD_IGNORE] = true, [CMD_LEVEL] = true, [CMD_SARIF] = true,
                 [CMD_RULE_TABLE] = true, [CMD_FIX_FILES] = true, [CMD_WRITE] = true },
      .most_operands = -1,
      .kind = CMD_FILES,
      .lab = CMD_LAB_NAMED,
      .request = VOIPLAB_DIALPLAN_LINT,
      .run = cmd_run_dialplan_lint },
    { .name = "phone",
      .operands = "[PHONE ...]",
      .summary = "write the profiles of the telephones, hand them out, have them fetched",
      .takes = { LAB, PLAN, [CMD_OUTPUT] = true, [CMD_SERVE] = true, [CMD_RESYNC] = true, [CMD_ADDRESS] = true },
      .most_operands = -1,
      .kind = CMD_PHONES,
      .request = VOIPLAB_PHONE,
      .run = cmd_run_phone },
    { .name = "sipp",
      .operands = "[LOAD ...]",
      .summary = "run the lab's load tests with SIPp",
      .takes = { LAB, [CMD_DRY_RUN] = true },
      .most_operands = -1,
      .kind = CMD_LOADS,
      .request = VOIPLAB_SIPP,
      .run = cmd_run_request },
    { .name = "up",
      .operands = "[PBX ...]",
      .summary = "bring the whole lab up, from whatever it is now",
      .takes = { LAB, PLAN, REACH, [CMD_ROOT] = true },
      .most_operands = -1,
      .kind = CMD_PBXS,
      .request = VOIPLAB_UP,
      .run = cmd_run_up },
    { .name = "status",
      .operands = "[PBX ...]",
      .summary = "show what is seen: guests, registrations, peers",
      .takes = { LAB, REACH },
      .most_operands = -1,
      .kind = CMD_PBXS,
      .request = VOIPLAB_STATUS,
      .run = cmd_run_request },
    { .name = "verify",
      .operands = "[PBX ...]",
      .summary = "call every PBX from every other",
      .takes = { LAB, REACH },
      .most_operands = -1,
      .kind = CMD_PBXS,
      .request = VOIPLAB_VERIFY,
      .run = cmd_run_request },
    { .name = "ssh",
      .operands = "NAME [CMD ...]",
      .summary = "log in to a PBX, or run a command there, with the lab's key",
      .takes = { LAB, [CMD_DRY_RUN] = true },
      .least_operands = 1,
      .most_operands = -1,
      .kind = CMD_PBXS,
      .takes_rest = true,
      .request = VOIPLAB_SSH,
      .run = cmd_run_ssh },
    { .name = "cli",
      .operands = "NAME [COMMAND]",
      .summary = "open the console of a PBX's Asterisk, or ask it one thing",
      .takes = { LAB, [CMD_DRY_RUN] = true, [CMD_WAIT] = true, [CMD_SHOW_SECRETS] = true },
      .least_operands = 1,
      .most_operands = 2,
      .kind = CMD_PBXS,
      .takes_rest = true,
      .request = VOIPLAB_CLI,
      .run = cmd_run_cli },
    { .name = "exec",
      .operands = "[NAME ...] -- CMD ...",
      .summary = "run a command on all PBXs at once",
      .takes = { LAB, [CMD_DRY_RUN] = true, [CMD_JOBS] = true, [CMD_WAIT] = true, [CMD_SHOW_SECRETS] = true },
      .least_operands = 1,
      .most_operands = -1,
      .kind = CMD_PBXS,
      .takes_rest = true,
      .request = VOIPLAB_EXEC,
      .run = cmd_run_exec },
    { .name = "logs",
      .operands = "NAME",
      .summary = "show the end of the log of a PBX's Asterisk, or follow it",
      .takes = { LAB, [CMD_DRY_RUN] = true, [CMD_WAIT] = true, [CMD_SHOW_SECRETS] = true, [CMD_FOLLOW] = true },
      .least_operands = 1,
      .most_operands = 1,
      .kind = CMD_PBXS,
      .request = VOIPLAB_LOGS,
      .run = cmd_run_logs },
    { .name = "down",
      .operands = "[PBX ...]",
      .summary = "shut the guests down",
      .takes = { LAB, PLAN, [CMD_CONNECT] = true },
      .most_operands = -1,
      .kind = CMD_PBXS,
      .request = VOIPLAB_DOWN,
      .run = cmd_run_request },
    { .name = "destroy",
      .operands = "[PBX ...]",
      .summary = "take away all that is this lab's own, and nothing else",
      .takes = { LAB, PLAN, [CMD_CONNECT] = true, [CMD_YES] = true },
      .most_operands = -1,
      .kind = CMD_PBXS,
      .request = VOIPLAB_DESTROY,
      .run = cmd_run_destroy },
    { .name = "completion",
      .operands = "bash|zsh|fish",
      .summary = "print the script that lets a shell complete the words of voiplab",
      .takes = { [CMD_SHARE] = true },
      .least_operands = 1,
      .most_operands = 1,
      .kind = CMD_WORDS,
      .words = (const char *const[]){ "bash", "zsh", "fish", NULL },
      .lab = CMD_LAB_NONE,
      .run = cmd_run_completion },
    { .name = "completion words",
      .operands = "-- WORD ...",
      .summary = "print what may stand in place of the last word; the scripts ask for it",
      .most_operands = -1,
      .kind = CMD_TEXT,
      .lab = CMD_LAB_NONE,
      .takes_rest = true,
      .run = cmd_run_completion_words },
    { .name = NULL },
};

const char *cmd_verb(const struct cmd_command *command)
{
    const char *blank = strchr(command->name, ' ');

    return blank ? blank + 1 : NULL;
}

bool cmd_is_command(const struct cmd_command *command)
{
    return !cmd_verb(command);
}

bool cmd_are_kin(const struct cmd_command *a, const struct cmd_command *b)
{
    size_t length = strcspn(a->name, " ");

    return length == strcspn(b->name, " ") && !strncmp(a->name, b->name, length);
}

const char **cmd_names(const struct cmd_command *of)
{
    const char **names = calloc(sizeof(cmd_commands) / sizeof(cmd_commands[0]), sizeof(*names));
    size_t count = 0;

    for (const struct cmd_command *row = cmd_commands; names && row->name; row++)
        if (of ? cmd_are_kin(row, of) && cmd_verb(row) : cmd_is_command(row))
            names[count++] = of ? cmd_verb(row) : row->name;
    return names;
}

static bool is_verb(const struct cmd_command *row, const char *word)
{
    const char *verb = cmd_verb(row);

    return (verb && !strcmp(verb, word)) || (row->also && !strcmp(row->also, word));
}

const struct cmd_command *cmd_find(const char *name, const char *verb)
{
    const struct cmd_command *found = NULL;

    for (const struct cmd_command *row = cmd_commands; row->name && !found; row++)
        if (!strcmp(row->name, name))
            found = row;
    if (!found || !verb)
        return found;
    for (const struct cmd_command *row = cmd_commands; row->name; row++)
        if (cmd_are_kin(row, found) && is_verb(row, verb))
            return row;
    return NULL;
}
