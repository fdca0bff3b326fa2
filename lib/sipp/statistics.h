/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What SIPp writes about a run, read while it grows: the statistics (-trace_stat), the response times (-trace_rtt) and
 * the codes of responses that its scenario did not expect (-trace_error_codes). Formats as SIPp 3.6.1 writes them;
 * columns are found by name, since their number changes with the version, the scenario and its counters.
 */
#ifndef VL_SIPP_STATISTICS_H
#define VL_SIPP_STATISTICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"

/* Figures that every statistics file must have; cumulative, but for the calls that are up now. */
enum vl_statistic {
    VL_STATISTIC_MADE,      /* OutgoingCall(C) */
    VL_STATISTIC_CURRENT,   /* CurrentCall */
    VL_STATISTIC_SUCCEEDED, /* SuccessfulCall(C) */
    VL_STATISTIC_FAILED,    /* FailedCall(C) */
    VL_STATISTIC_RETRANSMISSIONS,
    VL_STATISTIC_WATCHDOG_MAJOR, /* SIPp itself came late by more than 3 s … */
    VL_STATISTIC_WATCHDOG_MINOR, /* … or by more than half a second */
    VL_STATISTIC_ARRIVED,        /* a counter of answer.xml: calls that came to a telephone */
    VL_STATISTIC_COUNT,
};

enum { VL_SIP_CODES = 700 }; /* SIP status codes are 100 to 699 */

/* A column `FailedREASON(C)`. */
struct vl_statistics_failure {
    const char *name; /* FailedMaxUDPRetrans */
    uint64_t count;
};

/* All zeros is the start; free it at the end. */
struct vl_statistics {
    struct vl_arena arena;
    struct vl_buf pending; /* a row of which the end is not yet written */
    struct vl_statistics_column *columns;
    size_t column_count;
    size_t rows; /* complete ones, without the header */
    uint64_t now[VL_STATISTIC_COUNT];
    uint64_t peak;      /* the most calls up at once, as far as the rows show it */
    double start, last; /* seconds since 1970 */
    double last_begun;  /* when the last row was written that had more calls than the one before */
    struct vl_statistics_failure *failures;
    size_t failure_count;
    uint64_t refused[VL_SIP_CODES];    /* by code: the columns `refused_CODE(C)` of our own scenarios */
    uint64_t unexpected[VL_SIP_CODES]; /* by code: from the error codes file */
    uint32_t *series;                  /* calls begun in each second of the run */
    size_t series_count;
};

/* Take the next bytes of the statistics file. Fails when it is no such file, or when memory ran out. */
int vl_statistics_feed(struct vl_statistics *statistics, const char *bytes, size_t length, struct vl_error *err);

/* Add the codes of an error codes file: DATE<tab>EPOCH;ELAPSED;503,503, a row for each period. */
int vl_statistics_read_codes(struct vl_statistics *statistics, FILE *file, struct vl_error *err);

/* Add the figures of another SIPp of the same run. The peak is the larger one: nobody knows whether both were at once.
 */
int vl_statistics_add(struct vl_statistics *sum, const struct vl_statistics *other, struct vl_error *err);

void vl_statistics_free(struct vl_statistics *statistics);

/* The clocks of our scenarios, by the number that they have there. */
enum vl_load_clock {
    VL_LOAD_CLOCK_REQUEST, /* 1: first INVITE to the first response but 100: session request delay, RFC 6076 §4.3 */
    VL_LOAD_CLOCK_ANSWER,  /* 2: first INVITE to 200 */
    VL_LOAD_CLOCK_HANGUP,  /* 3: BYE to its 200 */
    VL_SIPP_CLOCKS,
};

/* Samples of one clock, in milliseconds. SIPp's clock moves with its loop: 1 ms at best, 4 ms on kernels of 250 Hz. */
struct vl_response_times {
    double *samples; /* owned */
    size_t count, size;
};

/* Statistics of one clock, in milliseconds; percentiles by nearest rank. Without a sample all are undefined. */
struct vl_response_summary {
    size_t count;
    double minimum, mean, p50, p95, p99, maximum;
};

/* Take the next bytes of a response time file: Date_ms;response_time_ms;clock. Clocks that are not ours are left out.
 * `pending` keeps a row of which the end is not yet written. */
int vl_response_times_feed(struct vl_buf *pending, const char *bytes, size_t length,
                           struct vl_response_times times[static VL_SIPP_CLOCKS], struct vl_error *err);

/* Read the rest of such a file. */
int vl_response_times_read(FILE *file, struct vl_response_times times[static VL_SIPP_CLOCKS], struct vl_error *err);

/* The percentile of the samples from `first` on, which become sorted among themselves; NAN without any. */
double vl_response_times_since(struct vl_response_times *times, size_t first, unsigned percent);

int vl_response_times_add(struct vl_response_times *sum, const struct vl_response_times *other, struct vl_error *err);

/* Sorts the samples. */
void vl_response_times_summarize(struct vl_response_times *times, struct vl_response_summary *ret_summary);

void vl_response_times_free(struct vl_response_times times[static VL_SIPP_CLOCKS]);

#endif
