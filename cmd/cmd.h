/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The command line: what a command is, what its options are, how it prints. The library does the work.
 */
#ifndef CMD_CMD_H
#define CMD_CMD_H

#include <stdbool.h>
#include <stddef.h>

#include "voiplab.h"

#include "options.h"

enum cmd_option {
#define X(id, name, letter, argument, value, help) CMD_##id,
    CMD_OPTIONS(X)
#undef X
        CMD_OPTION_COUNT
};

/* What a value or an operand is: what is checked, and what the completion offers. */
enum cmd_kind {
    CMD_NOTHING,
    CMD_TEXT, /* anything; nothing is offered */
    CMD_NUMBER,
    CMD_DECIMAL,
    CMD_WORDS,    /* one of a few */
    CMD_BACKENDS, /* one of those that the library has for a bridge */
    CMD_FILES,
    CMD_DIRECTORIES,
    CMD_PBXS, /* names of sections of the lab file, as the next three are */
    CMD_IMAGES,
    CMD_PHONES,
    CMD_LOADS,
    CMD_RULES, /* rules of dialplan lint, separated by commas */
};

struct cmd_option_row {
    const char *name;
    char letter;          /* '\0': it has none */
    const char *argument; /* its name in the help text; NULL: it takes none */
    const char *help;
    enum cmd_kind kind;
    unsigned most;            /* CMD_NUMBER: from 1 to this; CMD_DECIMAL: from 0 to this */
    const char *const *words; /* CMD_WORDS: NULL-terminated */
};

/* Options as given: NULL when not given; options without an argument hold "". */
struct cmd_options {
    const struct cmd_command *command;
    const char *values[CMD_OPTION_COUNT]; /* the last one of each */
    const char **set;                     /* every --set, NULL-terminated; NULL: none. main.c frees it */
    bool environment[CMD_OPTION_COUNT];   /* the value is that of the option's variable */
    char **operands;
    int operand_count;
    bool dashes; /* of a command that takes the rest of the line: "--" stood before the operands */
};

enum cmd_lab {
    CMD_LAB_NEEDED,
    CMD_LAB_MAY_BE, /* used when there is one */
    CMD_LAB_NAMED,  /* used when --file names one */
    CMD_LAB_PLACE,  /* not opened: it says where a lab file goes */
    CMD_LAB_NONE,   /* not used, also when voiplab.ini or $VOIPLAB_FILE is there */
};

/* What the text of a result is, and so how its lines are broken on a terminal (text.c). */
enum cmd_form {
    CMD_FORM_WORDS,    /* for people: wherever the screen ends */
    CMD_FORM_PLAN,     /* but what is indented is what files hold */
    CMD_FORM_NOTE,     /* Markdown: not its blocks and tables */
    CMD_FORM_VERBATIM, /* what other programs print, or read */
};

/* What can be asked for: a command, or a verb of one. */
struct cmd_command {
    const char *name;                  /* "dialplan", or "dialplan lint" for a verb */
    const char *also;                  /* of a command that has verbs: the verb that is meant when none is said */
    const char *const *synonyms;       /* what other programs call it, NULL-terminated; none is taken for it */
    bool destructive;                  /* what it takes away is gone: a slip of the hand never suggests it */
    const char *operands;              /* for the usage line: "[PBX ...]" */
    const char *summary;               /* one line */
    bool takes[CMD_OPTION_COUNT];      /* the options, besides --help */
    int least_operands, most_operands; /* most: -1 no limit */
    enum cmd_kind kind;                /* what the operands are */
    const char *const *words;          /* CMD_WORDS: NULL-terminated */
    enum cmd_lab lab;
    bool takes_rest;    /* options end at the first operand: the rest of the line is somebody else's, taken as it is */
    enum cmd_form form; /* of the text that it prints */
    enum voiplab_command request;
    int (*run)(const struct cmd_command *command, const struct cmd_options *options);
};

/* commands.c: the table, ended by a row without a name. */
extern const struct cmd_command cmd_commands[];
/* The row of a command, or of its verb. NULL: there is none. `verb` may be NULL. */
const struct cmd_command *cmd_find(const char *name, const char *verb);
/* Whether a row is the command itself and no verb of it. */
bool cmd_is_command(const struct cmd_command *command);
/* Whether both are of one command. */
bool cmd_are_kin(const struct cmd_command *a, const struct cmd_command *b);
/* The word after the command's name; NULL for the command itself. */
const char *cmd_verb(const struct cmd_command *command);
/* The names of all commands, or the verbs of one, NULL-terminated. The caller frees the array; NULL: no memory. */
const char **cmd_names(const struct cmd_command *of);
/* The command, or the verb of one, that a wrong word was surely meant for: by what other programs call it, else by its
 * letters. NULL: none was. */
const char *cmd_meant(const char *wrong, const struct cmd_command *of);

/* options.c: the table, by enum cmd_option. */
extern const struct cmd_option_row cmd_option_rows[];
/* The words of an option; NULL: it takes others. */
const char *const *cmd_option_words(enum cmd_option option);
bool cmd_option_is_optional(enum cmd_option option);
bool cmd_option_is_taken(const struct cmd_command *command, int option);
/* The name of an option's variable: VOIPLAB_DRY_RUN. The caller frees it; NULL: no memory. */
char *cmd_variable(enum cmd_option option);
/* What the variable of an option says; NULL: nothing, also of one without an argument that is turned off. */
const char *cmd_from_environment(enum cmd_option option);
/* Whether the command line itself gives an option. */
bool cmd_is_given(const struct cmd_options *options, enum cmd_option option);
/* Whether what is given fits the rows of the options. False after it has said what does not. */
bool cmd_check_values(const struct cmd_options *options);
/* The same of one word; `dashes` stand before the name in what is said. */
bool cmd_check_word(const char *dashes, const char *name, const char *const *words, const char *text);
/* Words as a text: each in `quote`s, commas between, and `last` before the last. The caller frees it; NULL: no memory.
 */
char *cmd_list(const char *const *words, const char *quote, const char *last);
/* A number option that has been checked; `otherwise` when it, or its argument, is not given. */
unsigned cmd_number(const struct cmd_options *options, enum cmd_option option, unsigned otherwise);
/* The same of one that may have a fraction: `value`, or NULL when it is not given. */
const double *cmd_decimal(const struct cmd_options *options, enum cmd_option option, double *value);

/* help.c */
void cmd_print_commands(void);
void cmd_print_help(const struct cmd_command *command);
const char *cmd_option_help(const struct cmd_command *command, enum cmd_option option);

/* opt.c: parse argv[0...], argv[0] being the name of `command`. *command becomes the row of the verb that is meant.
 * Returns 0, or 2 after it has said what is wrong. */
int cmd_parse(const struct cmd_command **command, int argc, char **argv, struct cmd_options *ret_options);

/* nearest.c: the one of `names` that was surely meant; NULL when none was. */
const char *cmd_nearest(const char *wrong, const char *const *names);

/* out.c */
void cmd_out_setup(const struct cmd_command *command, const struct cmd_options *options);
void cmd_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Many of them that are one failure, a line each. */
void cmd_complain_lines(const char *text);
/* Note whether the command line asks for JSON, also one that cannot be parsed; `always`: it is asked for anyway. */
void cmd_json_wanted(int argc, char **argv, bool always);
/* A run that ends without a result still prints a JSON document where one is wanted: the last complaint. */
void cmd_print_failure(int status);
/* Print a text as JSON has it, with its quotes. */
void cmd_print_json_string(const char *text);
/* Print the text of a result of the command that runs. */
void cmd_print(const char *text);
/* Print JSON on a line of its own, one of many: what goes wrong stands in them, and there is no such document. */
void cmd_print_line(const char *json);
void cmd_event(void *context, const struct voiplab_event *event);
void cmd_print_result(const voiplab_result *result, bool json, bool quiet);
bool cmd_flush(void);

/* text.c. False: no memory. */
bool cmd_print_text(const char *text, enum cmd_form form, bool color);

/* request.c: the commands that are one request to the library */
/* Open the lab that the row asks for, run the request on it, print its result, return the exit status. */
int cmd_carry_out(const struct cmd_command *command, const struct voiplab_request *request,
                  const struct cmd_options *options);
/* The exit status of what came to `status`: as a shell has it for a program that a signal ended, when it did not come
 * to its end because of one. */
int cmd_interrupted(int status);
/* The lab file that is meant; NULL: there is none. */
const char *cmd_lab_file(const struct cmd_options *options);
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

/* ask.c: the question of struct voiplab_options, to the terminal */
bool cmd_ask(void *context, const char *question, char *answer, size_t size);

/* peer.c: the address from which the person at this terminal is logged in; NULL: not over SSH */
const char *cmd_ssh_peer(void);

/* ssh.c: run the request and become what the first row of its result says, and `rest` as its last words. Where it is to
 * be shown only, the result is printed. Comes back with the exit status when there is nothing to become. */
int cmd_become(const struct cmd_command *command, const struct voiplab_request *request,
               const struct cmd_options *options, char *const *rest, int rest_count);

/* What the rows run: in the files named after them, those that are one request to the library in request.c. */
#define COMMAND(function, ...) int function(const struct cmd_command *command, const struct cmd_options *options);
#include "commands.h"
#undef COMMAND

#endif
