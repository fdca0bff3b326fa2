/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One SIPp process as a child: started, listened to, ordered about, ended. Its exit status says little (0 also when it
 * was killed without one good call, 1 also for a wrong option), so what happened is taken from the statistics that it
 * writes four times a second, and from who ended it.
 *
 * What the target sends is read by SIPp, and the target is a guest's root: SIPp 3.6.1 can be made to crash, and maybe
 * worse. So it runs in the cage (machine/cage.h) in a directory of its own, where nothing else of the lab is to be
 * found, and what it writes there is read as what somebody else wrote.
 *
 * The control socket takes orders from anyone who can reach it: it is bound to 127.0.0.1.
 */
#ifndef VL_SIPP_GENERATOR_H
#define VL_SIPP_GENERATOR_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/scratch.h"
#include "sipp/statistics.h"

/* What one SIPp is to do. All texts outlive it. */
struct vl_generator_task {
    const char *scenario;       /* XML */
    const char *accounts;       /* its injection file */
    const char *work_directory; /* ours, mode 0700; SIPp's own directory is made there */
    const char *local_address;
    const char *remote;    /* ADDRESS:PORT */
    const char *extension; /* that is called */
    double rate;           /* calls a second */
    unsigned calls, concurrent, hold_ms;
    unsigned answer_ms;  /* how long it waits for a message */
    unsigned timeout_s;  /* no new calls after this long */
    const char *expires; /* seconds that what it registers is for; NULL: it does not ask */
    uint16_t local_port; /* 0: one that is free */
    bool tcp, sends;
};

/* What one that answers is to do. */
struct vl_answer_task {
    const char *work_directory, *local_address;
    const char *scenario;  /* XML; NULL: it takes every call (its built-in scenario `uas`) */
    const char *remote;    /* ADDRESS or ADDRESS:PORT of the PBX whose telephone it is; NULL: of none */
    const char *extension; /* that it is; NULL: any */
    uint16_t local_port;   /* 0: one that is free */
    unsigned hold_ms;      /* when it is the one that hangs up */
    bool echoes;           /* what it hears */
};

struct vl_generator {
    const struct vl_generator_task *task; /* NULL: it answers */
    const struct vl_answer_task *answer;  /* NULL: it calls */
    struct vl_arena arena;
    struct vl_scratch scratch; /* its directory */
    uint16_t control_port, local_port;
    pid_t pid;
    bool ended;
    int status; /* as from waitpid, once it has ended */
    int errors; /* our end of its stderr */
    int rows;   /* the statistics file, once it exists; and the response times */
    int samples;
    struct vl_buf stderr_text, pending;
    struct vl_statistics statistics;
    struct vl_response_times times[VL_SIPP_CLOCKS];
};

#define VL_GENERATOR_INIT                                                                                              \
    {                                                                                                                  \
        .scratch = VL_SCRATCH_INIT, .errors = -1, .rows = -1, .samples = -1                                            \
    }

/* The command line, which is run where the files of VL_SIPP_SCENARIO and VL_SIPP_ACCOUNTS are; in the arena. */
#define VL_SIPP_SCENARIO "call.xml"
#define VL_SIPP_ACCOUNTS "accounts.csv"
const char *const *vl_generator_command(struct vl_arena *arena, const struct vl_generator_task *task,
                                        unsigned local_port, unsigned control_port);

int vl_generator_start(struct vl_generator *generator, const struct vl_generator_task *task, struct vl_error *err);

/* The command line of one that answers, likewise; NULL when memory ran out. */
const char *const *vl_generator_answer_command(struct vl_arena *arena, const struct vl_answer_task *task,
                                               unsigned local_port, unsigned control_port);

/* A port of UDP of `address` that is free at this moment. */
int vl_generator_free_port(const char *address, uint16_t *ret_port, struct vl_error *err);

/* Start a SIPp that answers, over UDP, at the address and the port `local_port` of the generator; it is there when this
 * returns. */
int vl_generator_answer(struct vl_generator *generator, const struct vl_answer_task *task, struct vl_error *err);

/* Keep the beginning of what SIPp says (the first message is the cause), drop the rest. */
void vl_generator_hear(struct vl_generator *generator);

/* Read what it has written since: statistics and response times. */
int vl_generator_take(struct vl_generator *generator, struct vl_error *err);

/* Whether it has ended; with `wait` it is waited for. */
bool vl_generator_ended(struct vl_generator *generator, bool wait);

/* An order to its control socket: a letter, or a command such as `cset rate 20`. One that is lost is followed by what
 * comes next. */
void vl_generator_order(const struct vl_generator *generator, const char *what);

/* After its end: read the codes of the answers that its scenario did not expect. */
int vl_generator_read_codes(struct vl_generator *generator, struct vl_error *err);

/* Whether it ended because its port was taken by somebody else in the meantime. */
bool vl_generator_lost_port(const struct vl_generator *generator);

/* Why it could not run. Returns -1. */
int vl_generator_fail(struct vl_generator *generator, struct vl_error *err);

/* Its directory is removed. One that still runs is killed. */
void vl_generator_free(struct vl_generator *generator);

#endif
