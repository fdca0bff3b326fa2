/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is seen of a load run once a second: the calls, and how busy this host, SIPp itself and the guests are.
 */
#ifndef VL_SIPP_SAMPLE_H
#define VL_SIPP_SAMPLE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "sipp/media_sum.h"

/* This host. A share that is not known, such as that of the first look, is NAN. */
struct vl_load_host {
    double processor;                   /* all processors together, 0 to 1 */
    double generator;                   /* the SIPp that takes the most, in processors: 1 is one of them, full */
    uint64_t memory_used, memory_total; /* bytes; used is what is not available */
};

/* A guest, as the hypervisor or the guest itself says. */
struct vl_load_guest {
    const char *name;                   /* belongs to who looks */
    double processor;                   /* of those that it has, 0 to 1; NAN: not known */
    uint64_t memory_used, memory_total; /* bytes; total 0: not known */
};

enum { VL_LOAD_GUESTS = 16 }; /* that are looked at during a run, at the most */

struct vl_load_reason; /* sipp/summary.h */

struct vl_load_sample {
    double at_s;             /* since the run began */
    double rate_asked, rate; /* calls begun a second; that is since the sample before */
    uint64_t made, current, succeeded, failed, retransmissions, late;
    double request_p95_ms; /* to the first answer, of those that came since the sample before; NAN: none did */
    double request_p50_ms;
    struct vl_load_sound sound; /* since the sample before; NAN: none was heard */
    struct vl_load_host host;
    const struct vl_load_guest *guests;
    size_t guest_count;
    const struct vl_load_reason *reasons; /* why calls failed so far, the most frequent first; gone when who is told */
    size_t reason_count;                  /* of the sample has returned */
};

/* What the kernel had counted at the look before. All zeros is the start. */
enum { VL_HOST_PROCESSES = 16 };
struct vl_host_meter {
    uint64_t busy, all;
    uint64_t ticks[VL_HOST_PROCESSES];
    long long at_ms;
};

/* Look at this host and at `count` processes. */
void vl_host_look(struct vl_host_meter *meter, const pid_t *processes, size_t count, struct vl_load_host *ret_host);

/* The numbers of the first line of /proc/stat, whose text may be a guest's: *ret_busy and *ret_all are what all
 * processors have spent, in ticks. Time that the hypervisor took counts as busy. */
void vl_host_ticks(const char *stat, uint64_t *ret_busy, uint64_t *ret_all);

/* MemTotal and MemAvailable of a /proc/meminfo, in bytes; 0 where it does not say. */
void vl_host_memory(const char *meminfo, uint64_t *ret_used, uint64_t *ret_total);

#endif
