/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libvoiplab: virtual telephony labs from one lab file. See libvoiplab(3).
 *
 * Open a lab file with voiplab_open(), run requests on it with voiplab_run(), read the results. A library call never
 * prints and never ends the program. Structures that a program fills in begin with their size and start from their
 * _INIT: what a program does not know is as if it were not there, and a library refuses what it does not know. The
 * program must ignore SIGPIPE (a child may go away while it is written to), and
 * must call voiplab_worker() first thing in main(): SSH sessions and the HTTP server for telephones run in processes of
 * their own, which are the program started again.
 */
#ifndef VOIPLAB_H
#define VOIPLAB_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define VOIPLAB_API __attribute__((visibility("default")))
#else
#define VOIPLAB_API
#endif

/* What a request came to. The command ends with the same number. */
enum voiplab_status {
    VOIPLAB_OK = 0,
    VOIPLAB_FAILED = 1,
    VOIPLAB_USAGE = 2,
    VOIPLAB_LAB_FILE = 3, /* the lab file is wrong; the message starts with FILE:LINE */
    VOIPLAB_PARTIAL = 4,  /* some targets failed, the rest are done */
    VOIPLAB_DRIFT = 5,    /* VOIPLAB_CHECK found differences */
};

typedef struct voiplab_error voiplab_error;
typedef struct voiplab_lab voiplab_lab;
typedef struct voiplab_result voiplab_result;

/* The version of the library: "0.1.0". Static. */
VOIPLAB_API const char *voiplab_version(void);

/* To be called with main()'s arguments before anything else. True when this process was started as a worker: then
 * *ret_status is the exit status that main() must return at once. */
VOIPLAB_API bool voiplab_worker(int argc, char **argv, int *ret_status);

/* The message, without a full stop: one line, of a lab file one for each of its mistakes. Belongs to the error. */
VOIPLAB_API const char *voiplab_error_message(const voiplab_error *error);
VOIPLAB_API enum voiplab_status voiplab_error_status(const voiplab_error *error);
/* Accepts NULL. */
VOIPLAB_API void voiplab_error_free(voiplab_error *error);

/* What happens while a request runs. Strings are valid during the call only. Calls come one at a time, but from any
 * thread. */
enum voiplab_event_kind {
    VOIPLAB_EVENT_PHASE,    /* a part of the work begins: text, and where it stands: done of total */
    VOIPLAB_EVENT_STEP,     /* something was done on `target`: text */
    VOIPLAB_EVENT_PROGRESS, /* how far a long step on `target` is: text */
    VOIPLAB_EVENT_WARNING,  /* `target` has a problem that does not stop the rest: text */
};

struct voiplab_event {
    enum voiplab_event_kind kind;
    const char *target; /* NULL: the lab as a whole */
    const char *text;
    unsigned done, total;
};

struct voiplab_options {
    size_t size;                 /* VOIPLAB_OPTIONS_INIT sets it, as the _INIT of every structure below does */
    const char *lab_file;        /* NULL: no lab file (check-cpu, guests without one) */
    const char *share_directory; /* recipes, numbering plans, scenarios; required */
    const char *state_directory; /* NULL: /var/lib/voiplab */
    const char *cache_directory; /* NULL: /var/cache/voiplab */
    const char *root;            /* files of this host are written under it; NULL: / */
    const char *hypervisor;      /* libvirt URI; NULL: the lab file's */
    unsigned jobs;               /* targets at the same time; 0: 32 */
    unsigned wait_s;             /* how long to wait for a PBX to answer; 0: as long as its kind takes */
    void (*event)(void *context, const struct voiplab_event *event); /* may be NULL */
    bool (*cancelled)(void *context); /* asked now and then during long work; true ends it; may be NULL */
    void *context;
    /* Asked for a password, by one thread at a time and at most once for each PBX: puts it into `answer` of `size`
     * bytes, and a NUL behind. False: there is none. NULL: nobody is there to be asked. */
    bool (*ask)(void *context, const char *question, char *answer, size_t size);
};

/* Read and check the lab file and the lab's state. Nothing is written. NULL on failure, with the caller's *ret_error.
 */
VOIPLAB_API voiplab_lab *voiplab_open(const struct voiplab_options *options, voiplab_error **ret_error);
/* Accepts NULL. */
VOIPLAB_API void voiplab_close(voiplab_lab *lab);

enum voiplab_command {
    VOIPLAB_CHECK_CPU,
    VOIPLAB_BRIDGE,
    VOIPLAB_IMAGE,
    VOIPLAB_CREATE_VM,
    VOIPLAB_TRUNK,
    VOIPLAB_DIALPLAN,
    VOIPLAB_SIPP,
    VOIPLAB_UP,
    VOIPLAB_STATUS,
    VOIPLAB_VERIFY,
    VOIPLAB_DOWN,
    VOIPLAB_DESTROY,
    VOIPLAB_TRUNK_REMOVE,
    VOIPLAB_BRIDGE_CONFIRM, /* keep the change of the network that waits; needs no lab file */
    VOIPLAB_BRIDGE_REVERT,  /* put the network back as it was; needs no lab file */
    VOIPLAB_DIALPLAN_DIFF,  /* what the PBXs run against what the lab file says; VOIPLAB_DRIFT when they differ */
    VOIPLAB_BRIDGE_SHOW,    /* what is, and who wrote it; needs no lab file */
    VOIPLAB_PHONE,
    VOIPLAB_DIALPLAN_LINT, /* look for mistakes in files like extensions.conf; needs no lab file */
    VOIPLAB_SSH, /* write STATE/LAB/ssh/config and known_hosts; a row for each PBX, its name and a word of ssh's in each
                    cell that is no dash: the program becomes that */
    VOIPLAB_EXEC, /* run a command on the PBXs; the text is what it said, each line behind the name of the PBX */
    VOIPLAB_CLI,  /* what the Asterisk of the PBX that is named answers; without a command a row as for VOIPLAB_SSH */
    VOIPLAB_LOGS, /* the end of the log of the Asterisk of the PBX that is named; to follow it, a row */
    VOIPLAB_INSPECT, /* numbers, accounts and secrets of the lab, or the labs of this host; nobody is asked */
    VOIPLAB_TRUST, /* see the host keys of the PBXs that are named, and write those that are confirmed into the lab file
                    */
    VOIPLAB_TRUNK_ROTATE,  /* new secrets for the trunks of the lab, or of the PBXs that are named */
    VOIPLAB_TRUNK_VERIFY,  /* every trunk, as each end sees it, and a call over it; why one that fails does */
    VOIPLAB_IMAGE_LIST,    /* the images in the cache; needs no lab file */
    VOIPLAB_IMAGE_REMOVE,  /* those of these names; needs no lab file */
    VOIPLAB_IMAGE_IMPORT,  /* the file names[0] into the cache, as names[1] if it is there; needs no lab file */
    VOIPLAB_IMAGE_VERIFY,  /* compare those of these names, or all, with their checksums; needs no lab file */
    VOIPLAB_RESET,         /* put the guests back that are named */
    VOIPLAB_SNAPSHOT,      /* what guests are now is what they are put back to, or can be by a tag */
    VOIPLAB_SNAPSHOT_LIST, /* what guests can be put back to; a row for each */
    VOIPLAB_SNAPSHOT_DELETE,
    VOIPLAB_REVERT,  /* put guests back to what they were when a snapshot was taken; no names: all that have it */
    VOIPLAB_CAPTURE, /* what is on the wire, or in a capture file: calls and media. Names are PBXs, or A:B for what
                        goes between two; of a file none are needed, and no lab file */
    VOIPLAB_IMPAIR,  /* have a trunk lose packets: names are "A:B" and "loss=2%" or "off", or "off" for all; without
                        any it is said which do */
    VOIPLAB_BACKUP,  /* the lab, or the guests that are named, into one file */
    VOIPLAB_RESTORE, /* what is in such a file, or the guests that are named; no lab file may be open */
    VOIPLAB_SIPP_CAPACITY, /* the largest load that holds, and what gives beyond it */
    VOIPLAB_SIPP_REPORT,   /* make the report of load runs, whose directories are named, again; needs no lab file */
    VOIPLAB_CONSOLE,       /* the serial console of the guest that is named, or its screen; without a lab file that of a
                              guest of VOIPLAB_CREATE_VM */
    VOIPLAB_SAVE,          /* what was changed on PBXs by hand since they were handed over, as a diff */
    VOIPLAB_IMAGE_CAPTURE, /* the guest that is named first becomes a base image, of the name that is said second */
    VOIPLAB_CALLS,         /* what is called on the PBXs now; a row per channel */
};

enum voiplab_mode {
    VOIPLAB_APPLY,
    VOIPLAB_DRY_RUN, /* print the plan, touch nothing */
    VOIPLAB_CHECK,   /* the same, and VOIPLAB_DRIFT when the plan is not empty */
    VOIPLAB_EXPLAIN, /* the plan as a lab note in Markdown, touch nothing */
};

/* Parameters of the commands that have any, each in a structure of its own. */

struct voiplab_check_cpu {
    size_t size;
    const char *cpuinfo; /* another /proc/cpuinfo; NULL: this host's */
    bool fix;            /* install the packages that are missing and load the modules, as the mode says */
    bool all;            /* the table has a row for every check, not only for those that tell of something to do */
};

struct voiplab_bridge {
    size_t size;
    const char *backend; /* who shall configure it; NULL: as the lab file says */
    /* on this host: */
    unsigned timeout_s;       /* until an unconfirmed change is taken back; 0: 120 */
    bool commit_if_reachable; /* confirm by itself when what answered before answers again */
    const char *peer;         /* whoever is logged in, to stay reachable: an address, or what SSH_CONNECTION says;
                                 NULL: none */
    bool unrehearsed;         /* do not try before whether the new files bring the bridge up at the next start */
};

/* The names that `backend` may be, NULL-terminated. Static. */
VOIPLAB_API const char *const *voiplab_bridge_backends(void);

struct voiplab_bridge_revert {
    size_t size;
    bool boot; /* only what was cut off, for the boot-time unit */
};

struct voiplab_up {
    size_t size;
    const char *peer; /* as for the bridge */
    bool prune;       /* guests that the lab file has no more are stopped and removed, with their disks */
    bool restart;     /* guests that run as they were before the lab file changed are shut down and started anew */
};

/* For VOIPLAB_CREATE_VM: a guest without a lab file. */
struct voiplab_guest {
    size_t size;
    const char *name;
    const char *memory, *disk; /* sizes with units */
    const char *cdrom;         /* installation ISO; NULL: none */
    const char *bridge;
    const char *os;       /* NULL: not stated */
    unsigned vcpus;       /* 0: 1 */
    const char *network;  /* libvirt's, such as "default", instead of a bridge; NULL: the bridge */
    bool pxe;             /* it boots from the network while the disk is empty */
    const char *location; /* URL of an installation tree, of which `os` says which it is; NULL: none */
};

struct voiplab_phone {
    size_t size;
    const char *output;  /* directory of the profiles, an absolute path; NULL: phones of the lab's state */
    unsigned serve_s;    /* then hand each out once over HTTP, for this long at most; 0: do not */
    bool resync;         /* and ask the phones to fetch them */
    const char *address; /* of the one phone that is named; NULL: the lab file's */
};

/* For VOIPLAB_DIALPLAN_LINT; `names` of the request are the files. */
struct voiplab_lint {
    size_t size;
    const char *asterisk;          /* the version that will run it, such as "1.8" or "22"; NULL: "16" */
    const char *sip, *iax, *pjsip; /* files of devices; NULL: those beside the file, when they are there */
    const char *country;           /* a numbering plan, whose emergency numbers must be reachable; NULL: the lab's */
    const char *const *ignore;     /* names of rules, NULL-terminated; NULL: none */
    const char *level;             /* "error", "warning" or "notice": what is told, and fails; NULL: "warning" */
    bool sarif;                    /* the text is a SARIF 2.1.0 document */
    bool rules;                    /* the result is the table of rules; no file is read */
    bool fix;                      /* the text is a unified diff of what can be put right without thinking */
    bool write;                    /* with fix: the files are changed */
    bool all; /* the text has a line for every finding, however many; the document has them anyway */
};

struct voiplab_exec {
    size_t size;
    const char *const *command; /* its words, NULL-terminated; no shell takes them apart; required */
};

struct voiplab_cli {
    size_t size;
    const char *command; /* "core show channels"; NULL: the console */
};

struct voiplab_logs {
    size_t size;
    bool follow;  /* a row as for VOIPLAB_SSH instead of the text */
    bool console; /* what the guest wrote on its serial console, where that is kept, instead */
};

struct voiplab_console {
    size_t size;
    bool vnc;    /* where its screen is, and how to come there from elsewhere, as the text; instead of a row as for
                  * VOIPLAB_SSH with the words of virsh(1) that open its serial console */
    bool viewer; /* with vnc: such a row with the words of virt-viewer(1) instead of the text */
};

struct voiplab_capture {
    size_t size;
    const char *read;      /* a capture file, pcap or pcapng, instead of a link of this host; NULL: listen */
    const char *write;     /* a new file for what is heard, pcapng, an absolute path; NULL: none */
    const char *interface; /* the link to listen on; NULL: the lab's bridge */
    unsigned seconds;      /* listen for so long at most; 0: 300 */
    const char *most;      /* and for so many bytes, a size with a unit; NULL: 64M */
    bool ladder;           /* the text has the ladder of a call */
    unsigned call;         /* which one, from 1; 0: the first that failed, else the first */
    const char *svg;       /* the same ladder goes to this file as SVG, an absolute path; NULL: it does not */
};

struct voiplab_trunk_verify {
    size_t size;
    bool junit; /* the text is a JUnit report instead of the matrix */
};

struct voiplab_inspect {
    size_t size;
    bool all; /* the labs of this host; needs no lab file */
};

struct voiplab_reset {
    size_t size;
    bool clean; /* each gets a new disk from its base image, and boots */
};

/* What is seen of a load run once a second. Shares are NAN where they are not known. */
struct voiplab_load_guest {
    const char *name;
    double processor;           /* of its processors, 0 to 1 */
    double memory, memory_most; /* bytes; 0: not known */
};

struct voiplab_load_reason {
    const char *text; /* such as "503 Service Unavailable" */
    unsigned code;    /* SIP status; 0: there was no answer */
    unsigned long long count;
};

struct voiplab_load_figures {
    const char *load; /* its name */
    double at_s;      /* since the run began */
    double rate_asked, rate;
    unsigned long long made, asked, up, succeeded, failed, retransmissions, late;
    double request_p95_ms; /* to the first answer, of the second before; NAN: none came */
    double processor;      /* of this host, 0 to 1 */
    double generator;      /* of the busiest SIPp; 1 is one processor */
    double memory, memory_most;
    const struct voiplab_load_guest *guests;
    size_t guest_count;
    double request_p50_ms;                     /* as request_p95_ms */
    const struct voiplab_load_reason *reasons; /* why calls failed, the most frequent first */
    size_t reason_count;                       /* 16 at the most */
    double loss_percent, mos; /* of the sound in the second before, of all streams together; NAN: none was heard */
};

/* What who watches a run may set. */
struct voiplab_load_steering {
    double rate; /* calls a second */
    bool paused; /* no new calls */
};

/* For VOIPLAB_SIPP and VOIPLAB_SIPP_CAPACITY. What is NULL, 0 or false is as the lab file says. */
struct voiplab_sipp {
    size_t size;
    const char *target;    /* a PBX or provider of the lab, or ADDRESS or ADDRESS:PORT of anybody */
    const char *extension; /* the number that is called */
    const char *callers;   /* "all": each telephone of the target; a path: a file of lines NUMBER;SECRET */
    const char *scenario;  /* a name (voiplab-sipp(1) lists them), or the path of an XML file */
    unsigned rate, calls, hold_s, concurrent;
    bool tcp;
    bool untried; /* no trial call before */
    /* For VOIPLAB_SIPP_CAPACITY, which begins calls at `rate` and tries no more than `concurrent` at once: */
    bool by_rate;              /* it is calls a second that are looked for, and no more than `rate` are tried */
    unsigned failures_percent; /* of calls that may fail in a step that holds */
    unsigned p95_ms;           /* that 95 of 100 first answers may take; 0: 1000 */
    const char *output;        /* directory of the results, an absolute path; NULL: one in the state of the lab */
    void *context;
    void (*figures)(void *context, const struct voiplab_load_figures *figures); /* once a second; may be NULL */
    /* Ten times a second; may be NULL. What it sets is not heard by VOIPLAB_SIPP_CAPACITY. */
    void (*steer)(void *context, struct voiplab_load_steering *steering);
    const char *answer; /* the telephone of the lab that SIPp is at the other end, and answers; NULL: it is none */
    /* For VOIPLAB_SIPP_CAPACITY, what else a step must keep to that holds; NULL: it is not looked at. */
    const double *most_retransmissions; /* messages that were sent again, for each 100 calls */
    const double *most_loss;            /* percent of the packets of sound that were lost on the way */
    const double *least_mos;            /* of all sound together, 1 to 4.5 (ITU-T G.107) */
    bool pictures;                      /* VOIPLAB_SIPP_REPORT: each picture of the page as a PNG file as well */
};

struct voiplab_backup {
    size_t size;
    const char *file; /* where it goes, an absolute path; required */
    bool replace;     /* what is there may be replaced */
    bool no_base;     /* without the base images, which are built or fetched again when it is restored */
};

struct voiplab_restore {
    size_t size;
    const char *file;     /* the backup, an absolute path; required */
    const char *lab_file; /* where the lab file in it goes, an absolute path; required */
    bool replace;         /* the lab, or the guests that are named, may be there: they are replaced */
};

struct voiplab_snapshot {
    size_t size;
    /* NULL: for VOIPLAB_SNAPSHOT the last name when it is no PBX's, else the ready state; for the others the first
     * name. */
    const char *tag;
};

struct voiplab_trust {
    size_t size;
    /* Asked about each key that is not the known one, with `context`: whether to write it. NULL: all are written. */
    bool (*confirm)(void *context, const char *question);
    void *context;
};

struct voiplab_request {
    size_t size;
    enum voiplab_command command;
    enum voiplab_mode mode;
    const char *const *names; /* PBXs, images, load runs or phones that are meant, NULL-terminated; NULL: all */
    bool show_secrets;        /* secrets are in the plan as they are, not as dots */
    union {
        const void *any;                           /* NULL: as if the structure were given as its _INIT makes it */
        const struct voiplab_check_cpu *check_cpu; /* VOIPLAB_CHECK_CPU */
        const struct voiplab_bridge *bridge;       /* VOIPLAB_BRIDGE */
        const struct voiplab_bridge_revert *bridge_revert; /* VOIPLAB_BRIDGE_REVERT */
        const struct voiplab_guest *guest;                 /* VOIPLAB_CREATE_VM; NULL: those of the lab file */
        const struct voiplab_phone *phone;                 /* VOIPLAB_PHONE */
        const struct voiplab_up *up;                       /* VOIPLAB_UP */
        const struct voiplab_lint *lint;                   /* VOIPLAB_DIALPLAN_LINT */
        const struct voiplab_exec *exec;                   /* VOIPLAB_EXEC */
        const struct voiplab_cli *cli;                     /* VOIPLAB_CLI */
        const struct voiplab_logs *logs;                   /* VOIPLAB_LOGS */
        const struct voiplab_inspect *inspect;             /* VOIPLAB_INSPECT */
        const struct voiplab_trust *trust;                 /* VOIPLAB_TRUST */
        const struct voiplab_reset *reset;                 /* VOIPLAB_RESET */
        const struct voiplab_trunk_verify *trunk_verify;   /* VOIPLAB_TRUNK_VERIFY */
        const struct voiplab_sipp *sipp;                   /* VOIPLAB_SIPP, …_CAPACITY, …_REPORT */
        const struct voiplab_capture *capture;             /* VOIPLAB_CAPTURE */
        const struct voiplab_backup *backup;               /* VOIPLAB_BACKUP */
        const struct voiplab_restore *restore;             /* VOIPLAB_RESTORE */
        const struct voiplab_snapshot *snapshot; /* VOIPLAB_SNAPSHOT, VOIPLAB_SNAPSHOT_DELETE, VOIPLAB_REVERT */
        const struct voiplab_console *console;   /* VOIPLAB_CONSOLE */
    } parameters;
    bool no_start; /* VOIPLAB_UP, VOIPLAB_CREATE_VM: guests are made and not started, and that is all */
};

/* Carry out a request. Returns the status; *ret_result is the caller's whenever it is not NULL, also when some targets
 * failed; *ret_error says what failed when the status is not VOIPLAB_OK or VOIPLAB_DRIFT. `lab` must have a lab file
 * for all but VOIPLAB_CHECK_CPU, VOIPLAB_CREATE_VM with a guest, and what says that it needs none; without one
 * VOIPLAB_STATUS, _DOWN and _DESTROY are about the guests that were made without a lab file. Both pointers may be
 * NULL. */
VOIPLAB_API enum voiplab_status voiplab_run(voiplab_lab *lab, const struct voiplab_request *request,
                                            voiplab_result **ret_result, voiplab_error **ret_error);

/* The plan or the report as text; "" when there is none. Belongs to the result. */
VOIPLAB_API const char *voiplab_result_text(const voiplab_result *result);
/* One line that sums up; never NULL. */
VOIPLAB_API const char *voiplab_result_summary(const voiplab_result *result);
/* Everything as a JSON document that ends with a line feed. */
VOIPLAB_API const char *voiplab_result_json(const voiplab_result *result);
/* The table: what was seen, each cell a line of printable ASCII and of letters in UTF-8. */
VOIPLAB_API size_t voiplab_result_columns(const voiplab_result *result);
VOIPLAB_API size_t voiplab_result_rows(const voiplab_result *result);
VOIPLAB_API const char *voiplab_result_heading(const voiplab_result *result, size_t column);
VOIPLAB_API const char *voiplab_result_cell(const voiplab_result *result, size_t row, size_t column);
/* Accepts NULL. */
VOIPLAB_API void voiplab_result_free(voiplab_result *result);

/* Write a commented lab file from the template `name` of share/labs to `path`, which must not exist. */
VOIPLAB_API enum voiplab_status voiplab_init(const char *share_directory, const char *name, const char *path,
                                             voiplab_error **ret_error);

/* Dialplans, understood as Asterisk 16 understands them. */
typedef struct voiplab_dialplan voiplab_dialplan;

struct voiplab_dialplan_source {
    size_t size;
    const char *conf; /* an extensions.conf; its #include lines are read beside it */
    const char *pbx;  /* without conf: what this PBX of the lab runs, over SSH; NULL: what the lab's hub would get */
    const char *database; /* what `database show` of Asterisk printed; NULL: that of `pbx`, else it is not known */
};

/* Read a dialplan. `lab` may be NULL when the source has a file. NULL on failure, with the caller's *ret_error. */
VOIPLAB_API voiplab_dialplan *voiplab_dialplan_open(voiplab_lab *lab, const struct voiplab_dialplan_source *source,
                                                    voiplab_error **ret_error);
/* Accepts NULL. */
VOIPLAB_API void voiplab_dialplan_close(voiplab_dialplan *dialplan);

struct voiplab_dialplan_query {
    size_t size;
    const char *number;
    const char *context;    /* NULL: where the telephones of the lab's hub dial */
    const char *callerid;   /* NULL: none */
    const char *at;         /* "HH:MM", "mon HH:MM" or "YYYY-MM-DD HH:MM", filled up from now; NULL: now */
    long long now;          /* seconds since 1970 */
    int priority;           /* 0: 1 */
    const char *const *set; /* `NAME=VALUE`, NULL-terminated: variables that the call comes with. Or NULL */
    int steps;              /* that are followed at most; 0: 100 */
    bool utf8;              /* letters of UTF-8 stand in the text as they are, not as \xNN */
    const char *asterisk; /* the version that runs it, such as "1.8" or "22": it has the applications that this version
                           * has. NULL: not known; 16, and what other versions have is taken for there */
};

enum voiplab_dialplan_form {
    VOIPLAB_DIALPLAN_TEXT,
    VOIPLAB_DIALPLAN_JSON,
    /* JSON on one line: the search without the steps. A context that is not there is an answer; where none is said
     * there is a text too, with VOIPLAB_USAGE. */
    VOIPLAB_DIALPLAN_LINE,
    VOIPLAB_DIALPLAN_GRAPH, /* Graphviz DOT: all contexts, what the search visits in bold */
};

/* Which extension a number reaches, and what it does. On success *ret_text is the caller's, to be freed. */
VOIPLAB_API enum voiplab_status voiplab_dialplan_show(const voiplab_dialplan *dialplan,
                                                      const struct voiplab_dialplan_query *query,
                                                      enum voiplab_dialplan_form form, char **ret_text,
                                                      voiplab_error **ret_error);

#ifdef __cplusplus
}

/* A structure with nothing in it but its size. */
template <typename structure> inline structure voiplab_init()
{
    structure empty = structure();

    empty.size = sizeof(empty);
    return empty;
}
#define VOIPLAB_INIT(name) voiplab_init<struct name>()
#else
#define VOIPLAB_INIT(name)                                                                                             \
    {                                                                                                                  \
        .size = sizeof(struct name)                                                                                    \
    }
#endif

#define VOIPLAB_OPTIONS_INIT VOIPLAB_INIT(voiplab_options)
#define VOIPLAB_CHECK_CPU_INIT VOIPLAB_INIT(voiplab_check_cpu)
#define VOIPLAB_BRIDGE_INIT VOIPLAB_INIT(voiplab_bridge)
#define VOIPLAB_BRIDGE_REVERT_INIT VOIPLAB_INIT(voiplab_bridge_revert)
#define VOIPLAB_UP_INIT VOIPLAB_INIT(voiplab_up)
#define VOIPLAB_GUEST_INIT VOIPLAB_INIT(voiplab_guest)
#define VOIPLAB_PHONE_INIT VOIPLAB_INIT(voiplab_phone)
#define VOIPLAB_LINT_INIT VOIPLAB_INIT(voiplab_lint)
#define VOIPLAB_EXEC_INIT VOIPLAB_INIT(voiplab_exec)
#define VOIPLAB_CLI_INIT VOIPLAB_INIT(voiplab_cli)
#define VOIPLAB_LOGS_INIT VOIPLAB_INIT(voiplab_logs)
#define VOIPLAB_INSPECT_INIT VOIPLAB_INIT(voiplab_inspect)
#define VOIPLAB_TRUST_INIT VOIPLAB_INIT(voiplab_trust)
#define VOIPLAB_RESET_INIT VOIPLAB_INIT(voiplab_reset)
#define VOIPLAB_CONSOLE_INIT VOIPLAB_INIT(voiplab_console)
#define VOIPLAB_CAPTURE_INIT VOIPLAB_INIT(voiplab_capture)
#define VOIPLAB_SNAPSHOT_INIT VOIPLAB_INIT(voiplab_snapshot)
#define VOIPLAB_TRUNK_VERIFY_INIT VOIPLAB_INIT(voiplab_trunk_verify)
#define VOIPLAB_SIPP_INIT VOIPLAB_INIT(voiplab_sipp)
#define VOIPLAB_BACKUP_INIT VOIPLAB_INIT(voiplab_backup)
#define VOIPLAB_RESTORE_INIT VOIPLAB_INIT(voiplab_restore)
#define VOIPLAB_REQUEST_INIT VOIPLAB_INIT(voiplab_request)
#define VOIPLAB_DIALPLAN_SOURCE_INIT VOIPLAB_INIT(voiplab_dialplan_source)
#define VOIPLAB_DIALPLAN_QUERY_INIT VOIPLAB_INIT(voiplab_dialplan_query)

#endif
