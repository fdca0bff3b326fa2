/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The index of everything: one row per verb of the command line, COMMAND(function, members of struct cmd_command). A
 * row of two words is a verb of the command that is its first word. Parser, help and completion have what they know
 * from here. This file is included twice, for the declarations (cmd.h) and for the table (commands.c).
 */

/* Options that go together. */
#define TALK [CMD_QUIET] = true, [CMD_VERBOSE] = true, [CMD_COLOR] = true, [CMD_JSON] = true
#define LAB TALK, [CMD_FILE] = true, [CMD_STATE] = true, [CMD_CACHE] = true, [CMD_SHARE] = true, [CMD_CONNECT] = true
#define SHOW [CMD_DRY_RUN] = true, [CMD_CHECK] = true, [CMD_EXPLAIN] = true
#define PLAN SHOW, [CMD_SHOW_SECRETS] = true
#define LOAD                                                                                                           \
    [CMD_TARGET] = true, [CMD_NUMBER_CALLED] = true, [CMD_ANSWER] = true, [CMD_CALLERS] = true, [CMD_SCENARIO] = true, \
    [CMD_HOLD] = true, [CMD_AT_ONCE] = true, [CMD_TCP] = true, [CMD_JSON_LINES] = true
#define REACH [CMD_JOBS] = true, [CMD_WAIT] = true

COMMAND(cmd_run_init, .name = "init", .operands = "[LAB]", .summary = "write a commented lab file",
        .takes = { [CMD_TEMPLATE] = true, [CMD_SHARE] = true }, .most_operands = 1, .kind = CMD_FILES,
        .lab = CMD_LAB_NONE)

COMMAND(cmd_run_check_cpu, .name = "check-cpu", .operands = "",
        .summary = "see whether this host can run the lab's guests",
        .takes = { LAB, SHOW, [CMD_CPUINFO] = true, [CMD_ROOT] = true, [CMD_LOAD_MODULES] = true, [CMD_YES] = true },
        .lab = CMD_LAB_MAY_BE, .request = VOIPLAB_CHECK_CPU)

COMMAND(cmd_run_bridge, .name = "bridge", .operands = "",
        .summary = "make the bridge, with a way back: confirm, revert, show",
        .takes = { LAB, PLAN, [CMD_ROOT] = true, [CMD_BACKEND] = true, [CMD_TIMEOUT] = true, [CMD_COMMIT] = true,
                   [CMD_REHEARSE] = true },
        .request = VOIPLAB_BRIDGE)

COMMAND(cmd_run_bridge_back, .name = "bridge confirm", .operands = "",
        .summary = "keep the change of the network that waits", .takes = { LAB, [CMD_ROOT] = true },
        .lab = CMD_LAB_NONE, .request = VOIPLAB_BRIDGE_CONFIRM)

COMMAND(cmd_run_bridge_back, .name = "bridge revert", .operands = "", .summary = "put the network back as it was",
        .takes = { LAB, SHOW, [CMD_ROOT] = true, [CMD_BOOT] = true }, .lab = CMD_LAB_NONE,
        .request = VOIPLAB_BRIDGE_REVERT)

COMMAND(cmd_run_bridge_back, .name = "bridge show", .operands = "",
        .summary = "show the bridges of this host, who wrote them, and whether a change waits",
        .takes = { LAB, [CMD_ROOT] = true }, .lab = CMD_LAB_NONE, .request = VOIPLAB_BRIDGE_SHOW)

COMMAND(cmd_run_request, .name = "image", .operands = "[IMAGE ...]",
        .summary = "build the base images, and verify them", .takes = { LAB, PLAN }, .most_operands = -1,
        .kind = CMD_IMAGES, .request = VOIPLAB_IMAGE)

COMMAND(cmd_run_request, .name = "image list", .operands = "", .summary = "show the images that are in the cache",
        .takes = { LAB }, .lab = CMD_LAB_MAY_BE, .request = VOIPLAB_IMAGE_LIST)

COMMAND(cmd_run_request, .name = "image remove", .operands = "NAME ...",
        .summary = "remove images from the cache, by the names that image list shows", .takes = { LAB, PLAN },
        .least_operands = 1, .most_operands = -1, .kind = CMD_TEXT, .lab = CMD_LAB_MAY_BE,
        .request = VOIPLAB_IMAGE_REMOVE)

COMMAND(cmd_run_request, .name = "image import", .operands = "FILE [NAME]",
        .summary = "put a disk image into the cache, for base = image:NAME", .takes = { LAB, PLAN },
        .least_operands = 1, .most_operands = 2, .kind = CMD_FILES, .lab = CMD_LAB_MAY_BE,
        .request = VOIPLAB_IMAGE_IMPORT)

COMMAND(cmd_run_request, .name = "image capture", .operands = "PBX [NAME]",
        .summary = "make a base image of a guest, without its identity, for base = image:NAME", .takes = { LAB, PLAN },
        .least_operands = 1, .most_operands = 2, .kind = CMD_PBXS, .request = VOIPLAB_IMAGE_CAPTURE)

COMMAND(cmd_run_request, .name = "image verify", .operands = "[NAME ...]",
        .summary = "compare images of the cache with their checksums", .takes = { LAB }, .most_operands = -1,
        .kind = CMD_TEXT, .lab = CMD_LAB_MAY_BE, .request = VOIPLAB_IMAGE_VERIFY)

COMMAND(cmd_run_create_vm, .name = "create-vm", .operands = "[PBX ...]",
        .summary = "make guests and start them; with --memory and --disk one without a lab file",
        .takes = { LAB, PLAN, REACH, [CMD_MEMORY] = true, [CMD_DISK] = true, [CMD_CDROM] = true, [CMD_PXE] = true,
                   [CMD_LOCATION] = true, [CMD_BRIDGE] = true, [CMD_OS] = true, [CMD_VCPUS] = true,
                   [CMD_NETWORK] = true, [CMD_NO_START] = true },
        .most_operands = -1, .kind = CMD_PBXS, .request = VOIPLAB_CREATE_VM)

COMMAND(cmd_run_request, .name = "trunk", .also = "push", .operands = "[PBX ...]",
        .summary = "put SIP and IAX2 trunks on every PBX, and see them registered",
        .takes = { LAB, PLAN, REACH, [CMD_ROOT] = true }, .most_operands = -1, .kind = CMD_PBXS,
        .request = VOIPLAB_TRUNK)

COMMAND(cmd_run_request, .name = "trunk remove", .operands = "[PBX ...]", .destructive = true,
        .summary = "take what push and dialplan wrote out of the PBXs again",
        .takes = { LAB, PLAN, REACH, [CMD_ROOT] = true }, .most_operands = -1, .kind = CMD_PBXS,
        .request = VOIPLAB_TRUNK_REMOVE)

COMMAND(cmd_run_request, .name = "trunk rotate", .operands = "[PBX ...]",
        .summary = "give the trunks new secrets while calls go on over them",
        .takes = { LAB, PLAN, REACH, [CMD_ROOT] = true }, .most_operands = -1, .kind = CMD_PBXS,
        .request = VOIPLAB_TRUNK_ROTATE)

COMMAND(cmd_run_trunk_verify, .name = "trunk verify", .operands = "[PBX ...]",
        .summary = "see every trunk from both ends and call over it; say why one that fails does",
        .takes = { LAB, REACH, [CMD_JUNIT] = true }, .most_operands = -1, .kind = CMD_PBXS,
        .request = VOIPLAB_TRUNK_VERIFY)

COMMAND(cmd_run_request, .name = "dialplan", .also = "push", .operands = "[PBX ...]",
        .summary = "put the dialplan on every PBX; show where a number goes; find mistakes",
        .takes = { LAB, PLAN, REACH, [CMD_ROOT] = true }, .most_operands = -1, .kind = CMD_PBXS,
        .request = VOIPLAB_DIALPLAN)

COMMAND(cmd_run_request, .name = "dialplan diff", .operands = "[PBX ...]",
        .summary = "show how what each PBX runs differs from the lab file; exit 5 when it does",
        .takes = { LAB, REACH, [CMD_ROOT] = true, [CMD_SHOW_SECRETS] = true }, .most_operands = -1, .kind = CMD_PBXS,
        .request = VOIPLAB_DIALPLAN_DIFF)

COMMAND(cmd_run_dialplan_show, .name = "dialplan show", .operands = "NUMBER|-",
        .summary = "show which way a number goes, and why; with - for many on standard input",
        .takes = { LAB, [CMD_WAIT] = true, [CMD_ROOT] = true, [CMD_CONTEXT] = true, [CMD_CALLERID] = true,
                   [CMD_AT] = true, [CMD_PRIORITY] = true, [CMD_CONF] = true, [CMD_PBX] = true, [CMD_SET] = true,
                   [CMD_DB] = true, [CMD_STEPS] = true, [CMD_DOT] = true, [CMD_ASTERISK] = true },
        .least_operands = 1, .most_operands = 1, .kind = CMD_NUMBER)

COMMAND(cmd_run_dialplan_lint, .name = "dialplan lint", .operands = "FILE ...",
        .summary = "find mistakes in files like extensions.conf, and put right what can be",
        .takes = { LAB, SHOW, [CMD_ASTERISK] = true, [CMD_SIP] = true, [CMD_IAX] = true, [CMD_PJSIP] = true,
                   [CMD_COUNTRY] = true, [CMD_IGNORE] = true, [CMD_LEVEL] = true, [CMD_SARIF] = true,
                   [CMD_RULE_TABLE] = true, [CMD_FIX_FILES] = true, [CMD_WRITE] = true },
        .most_operands = -1, .kind = CMD_FILES, .lab = CMD_LAB_NAMED, .request = VOIPLAB_DIALPLAN_LINT)

COMMAND(cmd_run_phone, .name = "phone", .operands = "[PHONE ...]",
        .summary = "write the profiles of the telephones, hand them out, have them fetched",
        .takes = { LAB, PLAN, [CMD_OUTPUT] = true, [CMD_SERVE] = true, [CMD_RESYNC] = true, [CMD_ADDRESS] = true },
        .most_operands = -1, .kind = CMD_PHONES, .request = VOIPLAB_PHONE)

COMMAND(cmd_run_sipp, .name = "sipp", .also = "run", .operands = "[LOAD ...]",
        .summary = "run the lab's load tests with SIPp",
        .takes = { LAB, LOAD, [CMD_DRY_RUN] = true, [CMD_EXPLAIN] = true, [CMD_SHOW_SECRETS] = true, [CMD_RATE] = true,
                   [CMD_CALLS] = true, [CMD_UNTRIED] = true, [CMD_RESULTS] = true },
        .most_operands = -1, .kind = CMD_LOADS, .request = VOIPLAB_SIPP)

COMMAND(cmd_run_sipp, .name = "sipp capacity", .operands = "[LOAD ...]",
        .summary = "find the largest load that holds, and what gives beyond it",
        .takes = { LAB, LOAD, [CMD_RATE] = true, [CMD_BY] = true, [CMD_FAILURES] = true, [CMD_P95] = true,
                   [CMD_RESULTS] = true, [CMD_RETRANSMISSIONS] = true, [CMD_LOSS] = true, [CMD_MOS] = true },
        .most_operands = -1, .kind = CMD_LOADS, .request = VOIPLAB_SIPP_CAPACITY)

COMMAND(cmd_run_sipp_report, .name = "sipp report", .operands = "DIR ...",
        .summary = "make the report of a load run again, or one that compares runs",
        .takes = { TALK, [CMD_SHARE] = true, [CMD_RESULTS] = true, [CMD_PNG] = true }, .least_operands = 1,
        .most_operands = -1, .kind = CMD_DIRECTORIES, .lab = CMD_LAB_NONE, .request = VOIPLAB_SIPP_REPORT)

COMMAND(cmd_run_up, .name = "up", .operands = "[PBX ...]",
        .synonyms = (const char *const[]){ "deploy", "start", "apply", "create", "launch", "provision", NULL },
        .summary = "bring the whole lab up, from whatever it is now",
        .takes = { LAB, PLAN,
                   REACH, [CMD_ROOT] = true, [CMD_PRUNE] = true, [CMD_RESTART] = true, [CMD_NO_START] = true },
        .most_operands = -1, .kind = CMD_PBXS, .request = VOIPLAB_UP)

COMMAND(cmd_run_request, .name = "status", .operands = "[PBX ...]",
        .synonyms = (const char *const[]){ "list", "ls", "ps", "show", NULL },
        .summary = "show what is seen: guests, registrations, peers",
        .takes = { LAB, REACH, [CMD_EXPLAIN] = true, [CMD_LONE] = true }, .most_operands = -1, .kind = CMD_PBXS,
        .request = VOIPLAB_STATUS)

COMMAND(cmd_run_request, .name = "verify", .operands = "[PBX ...]", .summary = "call every PBX from every other",
        .takes = { LAB, REACH, [CMD_EXPLAIN] = true }, .most_operands = -1, .kind = CMD_PBXS, .request = VOIPLAB_VERIFY)

COMMAND(cmd_run_request, .name = "calls", .operands = "[PBX ...]",
        .summary = "show what is called on the PBXs now, a line per channel", .takes = { LAB, REACH },
        .most_operands = -1, .kind = CMD_PBXS, .request = VOIPLAB_CALLS)

COMMAND(cmd_run_inspect, .name = "inspect", .operands = "[NAME ...]",
        .summary = "show the numbers, accounts and secrets of the lab; with --all the labs of this host",
        .takes = { LAB, [CMD_SHOW_SECRETS] = true, [CMD_ALL] = true }, .most_operands = -1, .kind = CMD_PBXS,
        .request = VOIPLAB_INSPECT)

COMMAND(cmd_run_ssh, .name = "ssh", .operands = "NAME [CMD ...]",
        .summary = "log in to a PBX, or run a command there, with the lab's key",
        .takes = { LAB, [CMD_DRY_RUN] = true }, .least_operands = 1, .most_operands = -1, .kind = CMD_PBXS,
        .takes_rest = true, .form = CMD_FORM_VERBATIM, .request = VOIPLAB_SSH)

COMMAND(cmd_run_trust, .name = "trust", .operands = "NAME ...",
        .summary = "show the SSH host key of a PBX, and write it into the lab file",
        .takes = { LAB, SHOW, [CMD_SHOW_SECRETS] = true, [CMD_WAIT] = true, [CMD_YES] = true }, .least_operands = 1,
        .most_operands = -1, .kind = CMD_PBXS, .request = VOIPLAB_TRUST)

COMMAND(cmd_run_cli, .name = "cli", .operands = "NAME [COMMAND]",
        .summary = "open the console of a PBX's Asterisk, or ask it one thing",
        .takes = { LAB, [CMD_DRY_RUN] = true, [CMD_WAIT] = true, [CMD_SHOW_SECRETS] = true }, .least_operands = 1,
        .most_operands = 2, .kind = CMD_PBXS, .takes_rest = true, .form = CMD_FORM_VERBATIM, .request = VOIPLAB_CLI)

COMMAND(cmd_run_exec, .name = "exec", .operands = "[NAME ...] -- CMD ...",
        .summary = "run a command on all PBXs at once",
        .takes = { LAB, [CMD_DRY_RUN] = true, [CMD_JOBS] = true, [CMD_WAIT] = true, [CMD_SHOW_SECRETS] = true },
        .least_operands = 1, .most_operands = -1, .kind = CMD_PBXS, .takes_rest = true, .form = CMD_FORM_VERBATIM,
        .request = VOIPLAB_EXEC)

COMMAND(cmd_run_logs, .name = "logs", .operands = "NAME",
        .summary = "show the end of the log of a PBX's Asterisk, or follow it",
        .takes = { LAB, [CMD_DRY_RUN] = true, [CMD_WAIT] = true, [CMD_SHOW_SECRETS] = true, [CMD_FOLLOW] = true,
                   [CMD_CONSOLE] = true },
        .least_operands = 1, .most_operands = 1, .kind = CMD_PBXS, .form = CMD_FORM_VERBATIM, .request = VOIPLAB_LOGS)

COMMAND(cmd_run_console, .name = "console", .operands = "NAME",
        .summary = "open the serial console of a guest, or its screen",
        .takes = { LAB, [CMD_VNC] = true, [CMD_LONE] = true }, .least_operands = 1, .most_operands = 1,
        .kind = CMD_PBXS, .form = CMD_FORM_VERBATIM, .request = VOIPLAB_CONSOLE)

COMMAND(cmd_run_capture, .name = "capture", .operands = "[PBX|A:B ...]",
        .summary = "show calls and sound as they are on the wire: ladder, loss, jitter, MOS",
        .takes = { LAB, [CMD_DRY_RUN] = true, [CMD_READ] = true, [CMD_WRITE_FRAMES] = true, [CMD_INTERFACE] = true,
                   [CMD_SECONDS] = true, [CMD_MOST] = true, [CMD_LADDER] = true, [CMD_SVG] = true },
        .most_operands = -1, .kind = CMD_PBXS, .lab = CMD_LAB_MAY_BE, .form = CMD_FORM_VERBATIM,
        .request = VOIPLAB_CAPTURE)

COMMAND(cmd_run_request, .name = "impair", .operands = "[A:B loss=N%|off]",
        .summary = "have a trunk lose packets on purpose; show which do; off ends it", .takes = { LAB, SHOW },
        .most_operands = 2, .kind = CMD_PBXS, .request = VOIPLAB_IMPAIR)

COMMAND(cmd_run_request, .name = "down", .operands = "[PBX ...]",
        .synonyms = (const char *const[]){ "stop", "halt", "shutdown", "poweroff", NULL },
        .summary = "shut the guests down", .takes = { LAB, PLAN, [CMD_LONE] = true }, .most_operands = -1,
        .kind = CMD_PBXS, .request = VOIPLAB_DOWN)

COMMAND(cmd_run_reset, .name = "reset", .operands = "PBX ...", .destructive = true,
        .summary = "put a guest back: what was changed on it since is lost",
        .takes = { LAB, PLAN, REACH, [CMD_CLEAN] = true }, .least_operands = 1, .most_operands = -1, .kind = CMD_PBXS,
        .request = VOIPLAB_RESET)

COMMAND(cmd_run_snapshot, .name = "snapshot", .operands = "[PBX ...] [TAG]",
        .summary = "have guests put back to what they are now, or keep that under a tag",
        .takes = { LAB, PLAN, REACH, [CMD_TAG] = true }, .most_operands = -1, .kind = CMD_PBXS,
        .request = VOIPLAB_SNAPSHOT)

COMMAND(cmd_run_request, .name = "snapshot list", .operands = "[PBX ...]",
        .summary = "show what guests can be put back to, and what it takes up", .takes = { LAB }, .most_operands = -1,
        .kind = CMD_PBXS, .request = VOIPLAB_SNAPSHOT_LIST)

COMMAND(cmd_run_snapshot_tag, .name = "snapshot delete", .operands = "TAG [PBX ...]", .destructive = true,
        .summary = "delete a snapshot, of these PBXs or of all", .takes = { LAB, PLAN }, .least_operands = 1,
        .most_operands = -1, .kind = CMD_PBXS, .request = VOIPLAB_SNAPSHOT_DELETE)

COMMAND(cmd_run_snapshot_tag, .name = "revert", .operands = "TAG [PBX ...]", .destructive = true,
        .synonyms = (const char *const[]){ "rollback", NULL },
        .summary = "put guests back to a snapshot: what was changed on them since is lost",
        .takes = { LAB, PLAN, REACH }, .least_operands = 1, .most_operands = -1, .kind = CMD_PBXS,
        .request = VOIPLAB_REVERT)

COMMAND(cmd_run_request, .name = "save", .operands = "[PBX ...]", .synonyms = (const char *const[]){ "diff", NULL },
        .summary = "show what was changed by hand on PBXs since voiplab wrote them, as a diff",
        .takes = { LAB, REACH, [CMD_SHOW_SECRETS] = true }, .most_operands = -1, .kind = CMD_PBXS,
        .form = CMD_FORM_VERBATIM, .request = VOIPLAB_SAVE)

COMMAND(cmd_run_backup, .name = "backup", .operands = "FILE [PBX ...]",
        .synonyms = (const char *const[]){ "export", NULL },
        .summary = "write the lab, or some of its guests, into one file",
        .takes = { LAB, PLAN, REACH, [CMD_REPLACE] = true, [CMD_NO_BASE] = true }, .least_operands = 1,
        .most_operands = -1, .kind = CMD_FILES, .request = VOIPLAB_BACKUP)

COMMAND(cmd_run_restore, .name = "restore", .operands = "FILE [PBX ...]",
        .synonyms = (const char *const[]){ "import", NULL }, .destructive = true,
        .summary = "put back what is in a backup, on this host or another",
        .takes = { LAB, PLAN, [CMD_REPLACE] = true }, .least_operands = 1, .most_operands = -1, .kind = CMD_FILES,
        .lab = CMD_LAB_PLACE, .request = VOIPLAB_RESTORE)

COMMAND(cmd_run_destroy, .name = "destroy", .operands = "[PBX ...]",
        .synonyms = (const char *const[]){ "rm", "delete", "remove", "purge", NULL }, .destructive = true,
        .summary = "take away all that is this lab's own, and nothing else",
        .takes = { LAB, PLAN, [CMD_YES] = true, [CMD_LONE] = true }, .most_operands = -1, .kind = CMD_PBXS,
        .request = VOIPLAB_DESTROY)

COMMAND(cmd_run_completion, .name = "completion", .operands = "bash|zsh|fish",
        .summary = "print the script that lets a shell complete the words of voiplab", .takes = { [CMD_SHARE] = true },
        .least_operands = 1, .most_operands = 1, .kind = CMD_WORDS,
        .words = (const char *const[]){ "bash", "zsh", "fish", NULL }, .lab = CMD_LAB_NONE)

COMMAND(cmd_run_completion_words, .name = "completion words", .operands = "-- WORD ...",
        .summary = "print what may stand in place of the last word; the scripts ask for it", .most_operands = -1,
        .kind = CMD_TEXT, .lab = CMD_LAB_NONE, .takes_rest = true)
