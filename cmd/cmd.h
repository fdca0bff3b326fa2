/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The command line: what a command is, what its options are, how it prints. The library does the work.
 */
#ifndef CMD_CMD_H
#define CMD_CMD_H

#include <stdbool.h>
#include <stddef.h>

#include "voiplab.h"

/* Every option of every command; a command's row says which of them it takes. X(ENUM, long, short, argument, help)
 * An argument in brackets is a number that may be left out: the value is "" then. */
#define CMD_OPTIONS(X)                                                                                                 \
    X(FILE, "file", 'f', "LAB", "lab file (default: voiplab.ini, then $VOIPLAB_FILE)")                                 \
    X(DRY_RUN, "dry-run", 'n', NULL, "print the plan and touch nothing")                                               \
    X(CHECK, "check", 0, NULL, "like --dry-run; exit 5 when anything differs")                                         \
    X(EXPLAIN, "explain", 0, NULL, "print the plan as a lab note in Markdown and touch nothing")                       \
    X(JSON, "json", 0, NULL, "print the result as JSON")                                                               \
    X(JOBS, "jobs", 'j', "N", "at most N targets at the same time (default 32)")                                       \
    X(WAIT, "wait", 0, "SECONDS", "how long to wait for a PBX to answer")                                              \
    X(ROOT, "root", 0, "DIR", "write the files of this host under DIR")                                                \
    X(CONNECT, "connect", 'c', "URI", "libvirt URI instead of the lab file's")                                         \
    X(STATE, "state", 0, "DIR", "where labs keep their secrets and keys (default /var/lib/voiplab)")                   \
    X(CACHE, "cache", 0, "DIR", "where built images are kept (default /var/cache/voiplab)")                            \
    X(SHARE, "share", 0, "DIR", "where recipes, numbering plans and scenarios are")                                    \
    X(SHOW_SECRETS, "show-secrets", 0, NULL, "print secrets as they are instead of dots")                              \
    X(YES, "yes", 'y', NULL, "do not ask; lint --fix: change the files")                                               \
    X(FIX, "fix", 0, NULL,                                                                                             \
      "put right what can be: check-cpu loads modules, asking first; lint prints a diff, --yes writes it")             \
    X(QUIET, "quiet", 'q', NULL, "print results and problems only")                                                    \
    X(VERBOSE, "verbose", 'v', NULL, "print every step and every progress line")                                       \
    X(COLOR, "color", 0, "WHEN", "auto, always or never")                                                              \
    X(CPUINFO, "cpuinfo", 0, "FILE", "look at FILE instead of /proc/cpuinfo")                                          \
    X(MEMORY, "memory", 0, "SIZE", "memory of the guest, such as 300M")                                                \
    X(DISK, "disk", 0, "SIZE", "disk of the guest, such as 35G")                                                       \
    X(CDROM, "cdrom", 0, "ISO", "installation medium to boot from while the disk is empty")                            \
    X(BRIDGE, "bridge", 0, "NAME", "bridge that the guest's card joins (default br0)")                                 \
    X(OS, "os", 0, "ID", "operating system, such as rhel5.4 or debian11: chooses devices that it knows")               \
    X(VCPUS, "vcpus", 0, "N", "processors of the guest (default 1)")                                                   \
    X(TEMPLATE, "template", 't', "NAME", "quickstart (the default), classroom or thesis")                              \
    X(TIMEOUT, "timeout", 0, "SECONDS", "take the change back when it is not confirmed by then (default 120)")         \
    X(COMMIT, "commit-if-reachable", 0, NULL, "confirm by itself once what answered before answers again")             \
    X(BOOT, "boot", 0, NULL, "revert: only a change that was cut off, as at boot")                                     \
    X(BACKEND, "backend", 0, "NAME", "auto, ifcfg, networkmanager, networkd, ifupdown or netplan")                     \
    X(OUTPUT, "output", 0, "DIR", "directory of the profiles (default: phones in the state of the lab)")               \
    X(SERVE, "serve", 0, "[SECONDS]", "hand each profile out once over HTTP, for so long at most (default 300)")       \
    X(RESYNC, "resync", 0, NULL, "ask the phones to fetch their profiles")                                             \
    X(ADDRESS, "address", 0, "IP", "address of the phone instead of the lab file's")                                   \
    X(CONTEXT, "context", 0, "NAME", "show: the context where the call comes in")                                      \
    X(CALLERID, "callerid", 0, "NUMBER", "show: the caller's number (default: none)")                                  \
    X(AT, "at", 0, "TIME", "show: 'HH:MM', 'mon HH:MM' or 'YYYY-MM-DD HH:MM' (default: now)")                          \
    X(PRIORITY, "priority", 0, "N", "show: look for this priority (default 1)")                                        \
    X(CONF, "conf", 0, "FILE", "show: read this extensions.conf; no lab file is needed")                               \
    X(PBX, "pbx", 0, "NAME", "show: read what this PBX has, over SSH")                                                 \
    X(DOT, "dot", 0, NULL, "show: print the contexts as a graph for Graphviz")                                         \
    X(ASTERISK, "asterisk", 0, "VERSION", "lint: the Asterisk that will run it, such as 1.8 or 22 (default 16)")       \
    X(SIP, "sip", 0, "CONF", "lint: sip.conf (default: beside the file, when it is there)")                            \
    X(IAX, "iax", 0, "CONF", "lint: iax.conf (default: beside the file, when it is there)")                            \
    X(PJSIP, "pjsip", 0, "CONF", "lint: pjsip.conf (default: beside the file, when it is there)")                      \
    X(COUNTRY, "country", 0, "CODE", "lint: the numbering plan whose emergency numbers must be reached")               \
    X(IGNORE, "ignore", 0, "RULES", "lint: leave these rules out, separated by commas")                                \
    X(LEVEL, "level", 0, "LEVEL", "lint: tell, and fail at, error, warning (default) or notice and worse")             \
    X(SARIF, "sarif", 0, NULL, "lint: print SARIF 2.1.0")                                                              \
    X(RULES, "rules", 0, NULL, "lint: print the table of rules")                                                       \
    X(HELP, "help", 'h', NULL, "print this help")                                                                      \
    X(VERSION, "version", 'V', NULL, "print the version")

enum cmd_option {
#define X(id, name, letter, argument, help) CMD_##id,
    CMD_OPTIONS(X)
#undef X
        CMD_OPTION_COUNT
};

#define CMD_BIT(id) (1UL << CMD_##id)

/* Options as given: NULL when not given; options without an argument hold "". */
struct cmd_options {
    const char *values[CMD_OPTION_COUNT];
    char **operands;
    int operand_count;
};

struct cmd_command {
    const char *name;
    const char *operands;              /* for the usage line: "[PBX ...]" */
    const char *summary;               /* one line */
    unsigned long options;             /* bits of enum cmd_option it takes, besides help */
    int least_operands, most_operands; /* most: -1 no limit */
    enum voiplab_command request;
    int (*run)(const struct cmd_command *command, const struct cmd_options *options);
};

/* The table, ended by a row without a name. */
extern const struct cmd_command cmd_commands[];

/* commands.c */
const struct cmd_command *cmd_find(const char *name);
void cmd_print_commands(void);
void cmd_print_help(const struct cmd_command *command);

/* opt.c: parse argv[0…] (argv[0] is the command's name). Returns 0, or 2 after it has said what is wrong. */
int cmd_parse(const struct cmd_command *command, int argc, char **argv, struct cmd_options *ret_options);
/* The nearest of `names` by edit distance, NULL when none is near. */
const char *cmd_nearest(const char *wrong, const char *const *names);
/* A number option between 1 and `most`; `otherwise` when not given. False after it has said what is wrong. */
bool cmd_number(const struct cmd_options *options, enum cmd_option option, unsigned most, unsigned otherwise,
                unsigned *ret_number);

/* out.c */
void cmd_out_setup(const struct cmd_options *options);
void cmd_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Note whether the command line asks for JSON, also one that cannot be parsed. */
void cmd_json_wanted(int argc, char **argv);
/* A run that ends without a result still prints a JSON document where one is wanted: the last complaint. */
void cmd_print_failure(int status);
/* Print JSON on a line of its own, one of many: what goes wrong stands in them, and there is no such document. */
void cmd_print_line(const char *json);
void cmd_event(void *context, const struct voiplab_event *event);
void cmd_print_result(const voiplab_result *result, bool json, bool quiet);
bool cmd_flush(void);

/* request.c: the commands that are one request to the library */
int cmd_run_request(const struct cmd_command *command, const struct cmd_options *options);
enum cmd_lab {
    CMD_LAB_NEEDED,
    CMD_LAB_MAY_BE, /* used when there is one */
    CMD_LAB_NONE,   /* not used, also when voiplab.ini or $VOIPLAB_FILE is there */
};
/* Open the lab that the options name. NULL after a complaint; *ret_status is the exit status. */
voiplab_lab *cmd_open(const struct cmd_options *options, enum cmd_lab wanted, int *ret_status);
/* Run a request, print its result, return the exit status. */
int cmd_finish(voiplab_lab *lab, const struct voiplab_request *request, const struct cmd_options *options);
/* The request that the common options ask for. */
struct voiplab_request cmd_request(const struct cmd_command *command, const struct cmd_options *options);
/* Ask a yes-or-no question on the terminal; anything but y is no. */
bool cmd_confirmed(const char *question);
/* A plain absolute path, which the library wants. The caller frees it; NULL for NULL. */
char *cmd_absolute(const char *given);
const char *cmd_share_directory(const struct cmd_options *options);

/* peer.c: the address from which the person at this terminal is logged in; NULL: not over SSH */
const char *cmd_ssh_peer(void);

/* the commands that are more than one request */
int cmd_run_init(const struct cmd_command *command, const struct cmd_options *options);
int cmd_run_create_vm(const struct cmd_command *command, const struct cmd_options *options);
int cmd_run_bridge(const struct cmd_command *command, const struct cmd_options *options);
int cmd_run_dialplan(const struct cmd_command *command, const struct cmd_options *options);
int cmd_run_trunk(const struct cmd_command *command, const struct cmd_options *options);
int cmd_run_destroy(const struct cmd_command *command, const struct cmd_options *options);
int cmd_run_phone(const struct cmd_command *command, const struct cmd_options *options);
int cmd_run_check_cpu(const struct cmd_command *command, const struct cmd_options *options);
int cmd_run_dialplan(const struct cmd_command *command, const struct cmd_options *options);
/* False after it has said that an option is for lint only. */
bool cmd_refuse_lint_options(const struct cmd_options *options);
int cmd_run_dialplan_lint(const struct cmd_command *command, const struct cmd_options *options);

#endif
