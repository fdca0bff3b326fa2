/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the parts of a search for the largest load share (sipp_capacity.c): its steps, and what was seen meanwhile.
 */
#ifndef VL_REQUEST_CAPACITY_H
#define VL_REQUEST_CAPACITY_H

#include "base/buf.h"
#include "request/limits.h"
#include "request/load_listen.h"
#include "sipp/search.h"

enum {
    VL_CAPACITY_FIRST = 4,   /* the load of the first step */
    VL_CAPACITY_SECONDS = 5, /* how long a rate is tried */
    VL_CAPACITY_PLACES = 3,  /* the target, the hub, the PBX at the other end */
};

/* What gave in a step that did not hold. */
struct vl_capacity_gave {
    const char *name, *text;   /* in results, and for people; NULL: it was not seen */
    const char *log;           /* what the PBX wrote meanwhile; NULL: nothing that tells */
    bool generator, processor; /* processor: of the machine that is called */
    bool full;                 /* it was seen to be full */
    const struct vl_pbx *pbx;  /* where, when it was */
};

/* What a step that holds keeps to. */
enum vl_capacity_rule {
    VL_CAPACITY_KEPT,
    VL_CAPACITY_CALLS,    /* the calls go well, and soon, and are as many as they should be */
    VL_CAPACITY_MESSAGES, /* few are sent again */
    VL_CAPACITY_LOSS,     /* of sound */
    VL_CAPACITY_MOS,
};

struct vl_capacity_step {
    double begun_s; /* since the search began */
    unsigned load;
    bool held;
    double rate;
    uint64_t made, failed, peak;
    double p95_ms;
    uint64_t retransmissions, missed; /* missed: frames that the listener did not hear */
    struct vl_load_sound sound;       /* NAN: none was heard */
    enum vl_capacity_rule broken;
    const char *why; /* it did not hold; NULL: it did */
    struct vl_capacity_gave gave;
};

/* What of the capacity comes to a processor of the PBX's machine, and to a gigahertz of them; NAN: that is not known.
 */
struct vl_capacity_share {
    double per_core, per_ghz, ghz;
    unsigned cores;
    bool least; /* something else gave before, or nothing did */
};

/* A PBX that the calls go through, looked at. */
struct vl_capacity_place {
    const struct vl_pbx *pbx;
    const char *account; /* by which the calls come to it; NULL: that is not known */
    struct vl_limits_watch *watch;
    bool idle_known;
    unsigned idle[VL_LIMITS];  /* what is in use without calls */
    unsigned kept[VL_LIMITS];  /* what was not given back, though nobody calls any more */
    double of_each[VL_LIMITS]; /* what a call took, at the most */
    double of_last[VL_LIMITS]; /* the same in the step before this one */
    struct vl_limits before;   /* the step that goes on */
};

/* How fast calls are begun while their number is in question (capacity_ramp.c). All zeros is the start. */
struct vl_capacity_ramp {
    double easy; /* calls a second that were seen to keep nobody busy; 0: that of the first step */
    bool slow;   /* for the rest of the search it stays at that of the first step */
};

struct vl_capacity {
    const struct vl_run *run;
    const struct voiplab_sipp *asked;
    struct vl_load_asked *load;
    struct vl_load now;     /* the step that goes on */
    struct vl_far_end *far; /* of that step */
    struct vl_load_watch *watch;
    struct vl_load_listener *listener;                   /* of the step that goes on */
    struct vl_capacity_place places[VL_CAPACITY_PLACES]; /* the first is the target */
    size_t place_count;                                  /* 0: nobody of the lab */
    struct vl_load_search search;
    struct vl_capacity_ramp ramp;
    double generator_rate; /* that SIPp reached with itself */
    bool generator_slow;   /* that was less than was wanted */
    struct vl_capacity_step steps[VL_SIPP_SEARCH_STEPS];
    long long started_ms, begun_ms; /* of the search, of the calls of the step */
    struct vl_load_sample *samples; /* of all steps, in the run's arena */
    size_t sample_count;
    struct vl_capacity_gave gave; /* in the smallest step that did not hold */
    struct vl_capacity_share share;
};

/* What the load is counted in: "calls at once". */
const char *vl_capacity_unit(const struct vl_capacity *capacity);

/* What of the capacity comes to a processor, while that machine is looked at. */
struct vl_capacity_share vl_capacity_share(const struct vl_capacity *capacity);

/* As the `steer` of struct vl_sipp_options. */
void vl_capacity_steer(void *context, struct vl_load_steering *steering);

/* Which of them a step has broken, and why, in the run's arena. `sound` is that of the step. */
enum vl_capacity_rule vl_capacity_broken_rule(const struct vl_capacity *capacity, const struct vl_sipp_summary *summary,
                                              unsigned number, const struct vl_load_sound *sound, const char **ret_why);

/* Whether the sound of the steps is part of the rule; and whether it was heard so that it can be: who wants a verdict
 * is not content with silence, nor with what was heard in part, nor with a codec of which the MOS is not known. */
bool vl_capacity_judges_sound(const struct vl_capacity *capacity);
int vl_capacity_check_sound(const struct vl_capacity *capacity, const struct vl_capacity_step *step,
                            struct vl_error *err);

/* The rate at which so many calls at once are begun, and what a step says of the rate of the next ones. */
unsigned vl_capacity_ramp_rate(const struct vl_capacity *capacity, unsigned number);
void vl_capacity_ramp_learn(struct vl_capacity *capacity, const struct vl_sipp_summary *summary,
                            const struct vl_capacity_step *step);

/* Whether it may have been the rate that broke a step: then the next are slow, and it says nothing. */
bool vl_capacity_ramp_blamed(struct vl_capacity *capacity, const struct vl_capacity_step *step);

/* What gave in a step that did not hold, `step`, and began so many seconds ago: what can be seen to be full, before
 * what is only said. */
struct vl_capacity_gave vl_capacity_find_limit(const struct vl_capacity *capacity,
                                               const struct vl_sipp_summary *summary,
                                               const struct vl_capacity_step *step, unsigned seconds);

/* Of a load that did not hold, the part that was carried all the same. */
unsigned vl_capacity_carried(const struct vl_capacity *capacity, const struct vl_sipp_summary *summary,
                             unsigned number);

/* Of the smallest load that did not hold what was seen the last time; where all held, why no more was tried. */
struct vl_capacity_gave vl_capacity_what_gave(const struct vl_capacity *capacity);

/* Begin and end to look at the PBXs that the calls go through. */
void vl_capacity_look(struct vl_capacity *capacity);
void vl_capacity_look_away(struct vl_capacity *capacity);

/* A search that begins where another has just ended finds its leavings: they are waited for, or the first step would be
 * judged by them. */
void vl_capacity_wait_for_idle(struct vl_capacity *capacity);

/* Until the PBX has let go of enough of the ports and files of the step before: chan_sip keeps them for half a minute.
 * Nobody can be sure of a step that finds others' leavings, but waiting when there is room for both would take hours.
 */
void vl_capacity_wait_for_release(struct vl_capacity *capacity, unsigned number);

/* What a call takes, by the step that has just been made. */
void vl_capacity_note_use(struct vl_capacity *capacity, unsigned number);

/* How many calls at once fit, by what those of the step that has just been made took; 0: nothing says so. */
unsigned vl_capacity_expected(struct vl_capacity *capacity, unsigned number);

/* What was found: for people, and as an object. */
void vl_capacity_tell(const struct vl_capacity *capacity, struct vl_buf *text);
void vl_capacity_tell_json(const struct vl_capacity *capacity, struct vl_json *json, const char *key);

/* The answer in one line, and what gave. */
const char *vl_capacity_answer(const struct vl_capacity *capacity);
const char *vl_capacity_limit(const struct vl_capacity *capacity);

/* Keep it in `directory` (results.h), with what was seen over time. */
int vl_capacity_keep(const struct vl_capacity *capacity, const char *directory, long long begun, struct vl_error *err);

#endif
