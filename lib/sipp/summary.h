/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is reported of a load run, as figures, as text and as JSON. A figure without a denominator is undefined: `n/a`
 * in the text, null in JSON, and never 0.
 */
#ifndef VL_SIPP_SUMMARY_H
#define VL_SIPP_SUMMARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"
#include "lab/lab.h"
#include "sipp/sample.h"
#include "sipp/statistics.h"

enum vl_load_outcome {
    VL_LOAD_COMPLETE,  /* every call that was asked for was tried and has ended */
    VL_LOAD_CANCELLED, /* ended early because the caller asked */
    VL_LOAD_TIMED_OUT, /* ended early because timeout_s had passed */
    VL_LOAD_BROKEN,    /* SIPp ended early by itself */
};

/* Why calls failed: `503 Service Unavailable`, `no answer to a request (retransmissions used up)`. */
struct vl_load_reason {
    const char *text;
    unsigned code; /* SIP status; 0: no response */
    uint64_t count;
};

struct vl_sipp_summary {
    struct vl_arena arena;
    const char *name, *target, *address, *caller, *extension;
    unsigned rate_asked, calls_asked, hold_ms, concurrent_asked;
    enum vl_load_outcome outcome;
    int ended_by; /* the signal that ended SIPp, which we had not asked for; 0: none */
    bool proven;  /* at least one call was answered and ended as it should: only then the run says anything */
    uint64_t made, succeeded, failed;
    uint64_t peak;           /* calls up at once, sampled four times a second (once in runs of more than ten minutes) */
    const char *answered_by; /* the telephone that SIPp was at the other end; NULL: it was none */
    const char *answered_on; /* its PBX */
    const char *far_ended;   /* why the SIPp there is gone before the end; NULL: it is not */
    uint64_t arrived;        /* calls that came to it */
    uint64_t retransmissions;
    uint64_t late;    /* times that SIPp itself was late: then the figures tell of this host, not of the PBX */
    uint64_t left_up; /* calls that were up when SIPp had to be killed; it was told to hang them up, nobody saw whether
                         they did: look at the PBX (`channel request hangup all`) */
    uint64_t current; /* calls that SIPp still had when it wrote its last figures */
    double silent_since_s;  /* nothing came from the target after this, while calls failed; NAN: that was not so */
    double stalled_since_s; /* SIPp itself stood still after this, until it was killed; NAN: that was not so */
    bool disk_full;         /* SIPp could not write its figures any more */
    size_t processes;       /* of SIPp */
    double duration_s;
    double rate;                          /* calls begun a second while calls were begun; NAN: undefined */
    const struct vl_load_reason *reasons; /* the most frequent first */
    size_t reason_count;
    struct vl_response_summary times[VL_SIPP_CLOCKS];
    const uint32_t *series; /* calls begun in each second */
    size_t series_count;
    const struct vl_load_sample *samples; /* once a second */
    size_t sample_count;
};

/* Fill an empty summary from the load and the figures of its run; the times are sorted. The caller frees it with
 * vl_sipp_summary_free(). `outcome`, `ended_by` and `left_up` are the caller's. The texts are copied. */
int vl_sipp_summary_fill(struct vl_sipp_summary *summary, const struct vl_load *load,
                         const struct vl_statistics *statistics, struct vl_response_times times[static VL_SIPP_CLOCKS],
                         struct vl_error *err);

/* Fill only the reasons, of a summary that has none: while the run goes on. */
void vl_sipp_summary_reasons(struct vl_sipp_summary *summary, const struct vl_statistics *statistics);

/* Calls that the target refused in words of its own, and those to which it owed an answer: they failed without one, or
 * SIPp still had them at the end. */
uint64_t vl_sipp_summary_refused(const struct vl_sipp_summary *summary);
uint64_t vl_sipp_summary_unanswered(const struct vl_sipp_summary *summary);

/* Calls that went well and did not come to the telephone that SIPp was at the other end. */
uint64_t vl_sipp_summary_astray(const struct vl_sipp_summary *summary);

void vl_sipp_summary_free(struct vl_sipp_summary *summary);

/* 0 when the run proves that the target carried the load: complete, calls succeeded, none failed. Else an error that
 * says in one line what went wrong. */
int vl_sipp_verdict(const struct vl_sipp_summary *summary, struct vl_error *err);

/* Several lines for people, ending with a line feed; the caller frees it. NULL when memory ran out. */
char *vl_sipp_summary_text(const struct vl_sipp_summary *summary);

/* Add the summary as an object. */
void vl_sipp_summary_json(const struct vl_sipp_summary *summary, struct vl_json *json, const char *key);

/* The reason phrase of a SIP status code (RFC 3261 section 21 and later registrations); "" when it is not known. */
const char *vl_sip_phrase(unsigned code);

#define VL_SIPP_SUMMARY_AUTO __attribute__((cleanup(vl_sipp_summary_free))) struct vl_sipp_summary

#endif
