/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A thread takes frames from a tap on the link that has the address from which SIPp calls. Sound that goes over IAX2
 * (mini frames, RFC 5456 section 8.1.2) is not RTP: the kernel is told to leave it out. What came before the first
 * call, the trial, is told by its time, since frames come in blocks.
 */
#include "request/load_listen.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <math.h>
#include <net/if.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "base/memory.h"
#include "base/text.h"
#include "probe/tap.h"
#include "request/capture.h"
#include "sipp/heard.h"

enum { WHOLE_FRAME = 65535, TELL_NS = 100000000 /* how often the thread says how it sounds */ };

static const char filter[] = "(udp or (tcp and port 5060)) and not (udp port 4569 and udp[8] & 0x80 = 0)";

struct vl_load_listener {
    const char *link;
    struct vl_endpoint caller;
    struct vl_tap *tap;
    struct vl_capture *capture;
    pthread_t thread;
    bool started;
    _Atomic int64_t begun_ns, ended_ns; /* ended: 0 until then */
    bool failed;                        /* it could not go on to the end */
    pthread_mutex_t lock;               /* of `sum`, which the thread says, and which was taken last */
    struct vl_media_sum sum, taken;
    struct vl_tap_counts counts;
};

/* The link in whose network an address of this host is; NULL: there is none. */
static const char *link_of(struct vl_arena *arena, uint32_t address)
{
    struct ifaddrs *list = NULL;
    const char *found = NULL;

    if (getifaddrs(&list) < 0)
        return NULL;
    for (const struct ifaddrs *at = list; at && !found; at = at->ifa_next) {
        const struct sockaddr_in *own = (const struct sockaddr_in *)(const void *)at->ifa_addr;
        const struct sockaddr_in *mask = (const struct sockaddr_in *)(const void *)at->ifa_netmask;

        if (!own || !mask || own->sin_family != AF_INET || !(at->ifa_flags & IFF_UP))
            continue;
        if (((ntohl(own->sin_addr.s_addr) ^ address) & ntohl(mask->sin_addr.s_addr)) == 0)
            found = vl_arena_strdup(arena, at->ifa_name);
    }
    freeifaddrs(list);
    return found;
}

static int64_t now_ns(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void tell_sum(struct vl_load_listener *listener)
{
    (void)pthread_mutex_lock(&listener->lock);
    listener->sum = *vl_media_sum(listener->capture->media);
    (void)pthread_mutex_unlock(&listener->lock);
}

struct vl_load_sound vl_run_listen_sound(struct vl_load_listener *listener)
{
    const struct vl_media_sum none = { .expected = 0 };
    struct vl_load_sound sound;

    if (!listener)
        return vl_media_sum_between(&none, &none);
    (void)pthread_mutex_lock(&listener->lock);
    sound = vl_media_sum_between(&listener->taken, &listener->sum);
    listener->taken = listener->sum;
    (void)pthread_mutex_unlock(&listener->lock);
    return sound;
}

static bool is_of(const struct vl_load_listener *listener, const struct vl_endpoint *hosts, size_t count,
                  const struct vl_endpoint *end)
{
    bool found = vl_packet_same_host(end, &listener->caller);

    for (size_t i = 0; i < count; i++)
        found |= vl_packet_same_host(end, &hosts[i]);
    return found;
}

struct vl_load_sound vl_run_listen_total(const struct vl_load_listener *listener, const struct vl_endpoint *hosts,
                                         size_t count)
{
    struct vl_media_figures figures;
    uint64_t expected = 0, lost = 0, estimated = 0;
    size_t cursor = 0;
    double mos = 0;

    while (listener && vl_media_next(listener->capture->media, &cursor, &figures)) {
        if (!is_of(listener, hosts, count, &figures.from) && !is_of(listener, hosts, count, &figures.to))
            continue;
        expected += figures.expected;
        lost += figures.lost;
        estimated += figures.estimated;
        mos += figures.estimated ? figures.mos.mos : 0;
    }
    return (struct vl_load_sound){ .loss_percent = expected ? 100.0 * (double)lost / (double)expected : NAN,
                                   .mos = estimated ? mos / (double)estimated : NAN };
}

uint64_t vl_run_listen_missed(const struct vl_load_listener *listener)
{
    uint64_t uncounted = 0;

    if (!listener)
        return 0;
    (void)vl_media_streams(listener->capture->media, &uncounted);
    return listener->counts.dropped + uncounted + (listener->failed ? 1 : 0);
}

static void *listen_on(void *argument)
{
    struct vl_load_listener *listener = argument;
    unsigned kind = vl_tap_kind(listener->tap);
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    struct vl_tap_frame frame;
    int64_t told_ns = 0;

    for (;;) {
        int64_t end = atomic_load(&listener->ended_ns); /* what is in the kernel's hands by then still counts */
        enum vl_tap_next next = vl_tap_next(listener->tap, &frame, &ignored);

        listener->failed = next == VL_TAP_FAILED;
        if (listener->failed || (end && (next != VL_TAP_FRAME || frame.time_ns > end)))
            return NULL;
        if (next == VL_TAP_FRAME && frame.time_ns >= atomic_load(&listener->begun_ns))
            vl_capture_frame(listener->capture, kind, frame.bytes, frame.captured, frame.length, frame.time_ns);
        if (next != VL_TAP_FRAME || frame.time_ns - told_ns >= TELL_NS) {
            tell_sum(listener);
            told_ns = next == VL_TAP_FRAME ? frame.time_ns : told_ns;
        }
    }
}

static struct vl_load_listener *new_listener(const char *link, uint32_t address, struct vl_error *err)
{
    struct vl_load_listener *listener = vl_calloc(1, sizeof(*listener));

    if (!listener) {
        (void)vl_no_memory(err);
        return NULL;
    }
    listener->link = link;
    listener->caller = vl_packet_ipv4_end(address, 0);
    atomic_init(&listener->begun_ns, INT64_MAX);
    (void)pthread_mutex_init(&listener->lock, NULL);
    listener->tap = vl_tap_link(link, filter, WHOLE_FRAME, err);
    listener->capture = listener->tap ? vl_capture_new() : NULL;
    if (listener->capture)
        listener->started = pthread_create(&listener->thread, NULL, listen_on, listener) == 0;
    if (listener->started)
        return listener;
    if (listener->tap)
        (void)vl_no_memory(err);
    vl_run_listen_free(listener);
    return NULL;
}

struct vl_load_listener *vl_run_listen_start(const struct vl_run *run, const struct vl_load_asked *asked,
                                             const char **ret_why)
{
    struct vl_arena *arena = &run->result->arena;
    VL_ERROR_AUTO cause = { .code = VL_OK };
    struct vl_load_listener *listener = NULL;
    uint32_t address = 0;
    const char *link;

    *ret_why = NULL;
    (void)vl_text_ipv4(asked->options.local_address, &address);
    link = link_of(arena, address);
    if (link)
        listener = new_listener(link, address, &cause);
    if (!listener)
        *ret_why = link ? vl_arena_strdup(arena, vl_error_text(&cause))
                        : vl_arena_printf(arena, "no link of this host has '%s'", asked->options.local_address);
    return listener;
}

void vl_run_listen_begin(struct vl_load_listener *listener)
{
    if (listener)
        atomic_store(&listener->begun_ns, now_ns());
}

void vl_run_listen_end(struct vl_load_listener *listener)
{
    if (!listener || !listener->started)
        return;
    atomic_store(&listener->ended_ns, now_ns());
    (void)pthread_join(listener->thread, NULL);
    listener->started = false;
    (void)vl_tap_count(listener->tap, &listener->counts);
    vl_capture_calls(listener->capture);
}

static void put_heard(const struct vl_load_listener *listener, struct vl_json *json)
{
    const struct vl_capture_counts *counts = &listener->capture->counts;
    uint64_t uncounted;

    (void)vl_media_streams(listener->capture->media, &uncounted);
    vl_json_object(json, "heard");
    vl_json_string(json, "link", listener->link);
    vl_json_number(json, "frames", (int64_t)counts->frames);
    vl_json_number(json, "dropped", (int64_t)listener->counts.dropped);
    vl_json_number(json, "left_out", (int64_t)(counts->legs_over + counts->steps_over + uncounted));
    vl_json_bool(json, "to_the_end", !listener->failed);
    vl_json_end(json);
}

void vl_run_listen_json(const struct vl_run *run, const struct vl_load_listener *listener, const char *why,
                        const struct vl_sipp_summary *summary, struct vl_json *json)
{
    const struct vl_ladder_names names = vl_run_host_names(run);

    if (!listener) {
        vl_json_null(json, "heard");
        vl_json_string(json, "not_heard", why);
        return;
    }
    put_heard(listener, json);
    vl_heard_media_json(listener->capture, &names, json, "media");
    vl_heard_ladders_json(listener->capture, &names, &listener->caller, summary, json, "ladders");
}

void vl_run_listen_free(struct vl_load_listener *listener)
{
    if (!listener)
        return;
    vl_run_listen_end(listener);
    vl_tap_close(listener->tap);
    vl_capture_free(listener->capture);
    (void)pthread_mutex_destroy(&listener->lock);
    vl_free(listener);
}
