/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From options to a request, and from its result to the terminal.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd.h"
#include "live.h"

static volatile sig_atomic_t interrupted;

/* The first interrupt asks for a clean end, the second one, whichever it is, ends the program. */
static void interrupt(int signal_number)
{
    interrupted = signal_number;
    cmd_live_leave();
    (void)signal(SIGINT, SIG_DFL);
    (void)signal(SIGTERM, SIG_DFL);
    (void)signal(SIGHUP, SIG_DFL);
}

static bool is_cancelled(void *context)
{
    (void)context;
    return interrupted != 0;
}

int cmd_interrupted(int status)
{
    return interrupted && status != VOIPLAB_OK ? 128 + (int)interrupted : status;
}

static void catch_interrupts(void)
{
    struct sigaction action = { .sa_handler = interrupt }, before;

    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
    if (sigaction(SIGHUP, NULL, &before) == 0 && before.sa_handler != SIG_IGN) /* as nohup(1) has it */
        (void)sigaction(SIGHUP, &action, NULL);
}

/* Where the shared files are: said, else beside the program (installed, or in a build directory), else as configured.
 */
const char *cmd_share_directory(const struct cmd_options *options)
{
    static char path[4096 + 32];
    static const char *const tries[] = { "/../share/voiplab", "/../share", "/share" };
    const char *given = options->values[CMD_SHARE] ? options->values[CMD_SHARE] : cmd_from_environment(CMD_SHARE);
    ssize_t length;
    char *slash;

    if (given)
        return given;
    length = readlink("/proc/self/exe", path, 4096);
    if (length <= 0)
        return VOIPLAB_SHARE;
    path[length] = '\0';
    slash = strrchr(path, '/');
    for (size_t i = 0; slash && i < sizeof(tries) / sizeof(tries[0]); i++) {
        size_t room = sizeof(path) - (size_t)(slash - path);

        (void)snprintf(slash, room, "%s/numbering", tries[i]);
        if (access(path, F_OK) == 0) {
            (void)snprintf(slash, room, "%s", tries[i]);
            return path;
        }
    }
    return VOIPLAB_SHARE;
}

const char *cmd_lab_file(const struct cmd_options *options)
{
    const char *environment = getenv("VOIPLAB_FILE");

    if (options->values[CMD_FILE])
        return options->values[CMD_FILE];
    if (access("voiplab.ini", F_OK) == 0)
        return "voiplab.ini";
    return environment && *environment ? environment : NULL;
}

/* Add what `given` says to `path`, part by part: empty ones and "." say nothing, ".." takes the last one off. */
static void add_parts(char *path, const char *given)
{
    char *end = path + strlen(path);

    while (*given) {
        size_t length = strcspn(given, "/");

        if (length == 2 && !strncmp(given, "..", 2)) {
            while (end > path && *--end != '/')
                continue;
        } else if (length && !(length == 1 && *given == '.')) {
            *end++ = '/';
            end = mempcpy(end, given, length);
        }
        *end = '\0';
        given += length + (given[length] == '/');
    }
}

/* Whether one of its parts is "..": where it leads depends on links. */
static bool goes_up(const char *path)
{
    for (const char *at = path; (at = strstr(at, "..")); at += 2)
        if ((at == path || at[-1] == '/') && (!at[2] || at[2] == '/'))
            return true;
    return false;
}

/* The library takes plain absolute paths only, since others can lead elsewhere. Links stay what they are: it looks
 * whose they are. */
char *cmd_absolute(const char *given)
{
    char *path = given && goes_up(given) ? realpath(given, NULL) : NULL, *start;
    size_t length;

    if (!given || path)
        return path;
    start = *given == '/' ? NULL : getcwd(NULL, 0);
    length = start ? strlen(start) : 0;
    path = calloc(1, length + strlen(given) + 2);
    if (path && start)
        (void)memcpy(path, start, length);
    if (path)
        add_parts(path, given);
    free(start);
    return path;
}

static voiplab_lab *open_lab(const struct cmd_options *options, struct voiplab_options *library,
                             voiplab_error **ret_error)
{
    char *state = cmd_absolute(options->values[CMD_STATE]), *cache = cmd_absolute(options->values[CMD_CACHE]);
    char *root = cmd_absolute(options->values[CMD_ROOT]);
    voiplab_lab *lab;

    library->state_directory = state;
    library->cache_directory = cache;
    library->root = root;
    lab = voiplab_open(library, ret_error);
    free(state);
    free(cache);
    free(root);
    return lab;
}

/* -f that stands behind the NAME of ssh or exec is a word of the command over there. */
static bool is_file_too_late(const struct cmd_options *options)
{
    for (int i = 1; i < options->operand_count; i++)
        if (!strcmp(options->operands[i], "-f") || !strncmp(options->operands[i], "--file", strlen("--file")))
            return true;
    return false;
}

/* The verb that the first name was surely meant for; NULL: none. */
static const char *verb_meant(const struct cmd_options *options)
{
    bool named = cmd_is_command(options->command) && options->operand_count;

    return named ? cmd_meant(options->operands[0], options->command) : NULL;
}

static void complain_of_no_lab(const struct cmd_options *options)
{
    const char *verb = verb_meant(options);

    if (verb)
        cmd_complain("there is no command '%s %s'; did you mean '%s'?", options->command->name, options->operands[0],
                     verb);
    else if (is_file_too_late(options))
        cmd_complain("there is no lab file: -f comes too late behind '%s'; options stand in front of the name",
                     options->operands[0]);
    else
        cmd_complain("there is no lab file: give one with -f, or 'voiplab init' writes voiplab.ini");
}

voiplab_lab *cmd_open(const struct cmd_options *options, enum cmd_lab wanted, int *ret_status)
{
    const char *named = options->values[CMD_FILE];
    bool none = wanted == CMD_LAB_NONE || wanted == CMD_LAB_PLACE || options->values[CMD_LONE];
    const char *file = none ? NULL : wanted == CMD_LAB_NAMED ? named : cmd_lab_file(options);
    struct voiplab_options open_options = {
        .size = sizeof(open_options),
        .lab_file = file,
        .share_directory = cmd_share_directory(options),
        .hypervisor = options->values[CMD_CONNECT],
        .event = cmd_event,
        .cancelled = is_cancelled,
        .jobs = cmd_number(options, CMD_JOBS, 0),
        .wait_s = cmd_number(options, CMD_WAIT, 0),
        .ask = cmd_ask,
    };
    voiplab_error *error = NULL;
    voiplab_lab *lab;

    *ret_status = VOIPLAB_USAGE;
    if (options->values[CMD_LONE] && named) {
        cmd_complain("--lone is about the guests of no lab file, and --file names one");
        return NULL;
    }
    if (!file && !none && wanted == CMD_LAB_NEEDED) {
        complain_of_no_lab(options);
        return NULL;
    }
    catch_interrupts();
    lab = open_lab(options, &open_options, &error);
    if (!lab) {
        *ret_status = (int)voiplab_error_status(error);
        if (*ret_status == VOIPLAB_LAB_FILE)
            cmd_complain_lines(voiplab_error_message(error));
        else
            cmd_complain("%s", voiplab_error_message(error));
        voiplab_error_free(error);
    }
    return lab;
}

struct voiplab_request cmd_request(const struct cmd_command *command, const struct cmd_options *options)
{
    struct voiplab_request request = {
        .size = sizeof(request),
        .command = command->request,
        .mode = VOIPLAB_APPLY,
        .names = options->operand_count ? (const char *const *)(void *)options->operands : NULL,
        .show_secrets = options->values[CMD_SHOW_SECRETS] != NULL,
        .no_start = options->values[CMD_NO_START] != NULL,
    };

    if (options->values[CMD_DRY_RUN])
        request.mode = VOIPLAB_DRY_RUN;
    if (options->values[CMD_CHECK])
        request.mode = VOIPLAB_CHECK;
    if (options->values[CMD_EXPLAIN])
        request.mode = VOIPLAB_EXPLAIN;
    return request;
}

bool cmd_confirmed(const char *question)
{
    char answer[8];

    (void)fprintf(stderr, "%s [y/N] ", question);
    if (!fgets(answer, sizeof(answer), stdin))
        return false;
    return answer[0] == 'y' || answer[0] == 'Y';
}

int cmd_finish(voiplab_lab *lab, const struct voiplab_request *request, const struct cmd_options *options)
{
    voiplab_result *result = NULL;
    voiplab_error *error = NULL;
    enum voiplab_status status = voiplab_run(lab, request, &result, &error);

    if (result)
        cmd_print_result(result, options->values[CMD_JSON] || options->values[CMD_JSON_LINES],
                         options->values[CMD_QUIET] != NULL);
    if (error && status != VOIPLAB_DRIFT)
        cmd_complain("%s", voiplab_error_message(error));
    voiplab_result_free(result);
    voiplab_error_free(error);
    return (int)status;
}

int cmd_carry_out(const struct cmd_command *command, const struct voiplab_request *request,
                  const struct cmd_options *options)
{
    int status;
    voiplab_lab *lab = cmd_open(options, command->lab, &status);

    if (!lab)
        return status;
    status = cmd_finish(lab, request, options);
    voiplab_close(lab);
    return status;
}

int cmd_run_request(const struct cmd_command *command, const struct cmd_options *options)
{
    struct voiplab_request request = cmd_request(command, options);

    return cmd_carry_out(command, &request, options);
}

/* Whoever is logged in must stay reachable while the uplink is switched over. */
int cmd_run_up(const struct cmd_command *command, const struct cmd_options *options)
{
    struct voiplab_request request = cmd_request(command, options);
    struct voiplab_up up = VOIPLAB_UP_INIT;

    up.peer = cmd_ssh_peer();
    up.prune = options->values[CMD_PRUNE] != NULL;
    up.restart = options->values[CMD_RESTART] != NULL;
    request.parameters.up = &up;
    return cmd_carry_out(command, &request, options);
}
