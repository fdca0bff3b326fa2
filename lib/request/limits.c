/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "request/limits.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "lab/mask.h"
#include "probe/evidence.h"

enum {
    CONNECT_MS = 5000,
    ASK_MS = 8000,
    STEP_MS = 100,
    PERIOD_MS = 400,
    AGAIN_MS = 2000,
    ACCOUNTS_EVERY = 3, /* looks */
    MOST = 1 << 24,
    PORTS = 65536
};

const struct vl_limit_name vl_limit_names[VL_LIMITS] = {
    [VL_LIMIT_PORTS] = { "RTP ports", "rtp_ports", "rtp.conf" },
    [VL_LIMIT_FILES] = { "open files", "open_files", "ulimit -n" },
    [VL_LIMIT_THREADS] = { "threads", "threads", "TasksMax of its unit, ulimit -u" },
};

struct vl_limits_watch {
    struct vl_session *session;
    const struct vl_pbx *pbx;
    const char *account;
    pthread_mutex_t lock;
    pthread_t thread;
    bool started, stopped;
    unsigned first, last; /* port of the range of RTP */
    unsigned looks;
    struct vl_arena arena; /* of names in `limits` */
    struct vl_limits limits;
};

/* The number behind `key`; 0: there is none. */
static unsigned number_after(const char *text, const char *key)
{
    const char *at = strstr(text, key);
    unsigned long number;

    if (!at)
        return 0;
    at += strlen(key);
    number = strtoul(at + strspn(at, " \t:="), NULL, 10);
    return number < MOST ? (unsigned)number : 0;
}

void vl_limits_read_settings(struct vl_limits *limits, unsigned *ret_first, unsigned *ret_last, const char *text)
{
    *ret_first = number_after(text, "Port start");
    *ret_last = number_after(text, "Port end");
    limits->calls_most = number_after(text, "Call limit");
    limits->cores = number_after(text, "voiplab processors");
    limits->mhz = number_after(text, "voiplab megahertz");
    if (*ret_first && *ret_last<PORTS && * ret_last> * ret_first)
        limits->use[VL_LIMIT_PORTS].most = *ret_last - *ret_first + 1;
}

/* Lines of /proc/net/udp: a number and a colon, the local address and its port in hexadecimal. */
static unsigned ports_within(const char *text, unsigned first, unsigned last)
{
    unsigned count = 0;

    for (const char *line = text; line && *line; line = strchr(line, '\n'), line += line != NULL) {
        const char *number = line + strspn(line, " "), *colon = number + strspn(number, "0123456789"), *address, *port;
        unsigned long value;

        if (colon == number || *colon != ':')
            continue;
        address = colon + 1 + strspn(colon + 1, " ");
        port = address + strspn(address, "0123456789ABCDEF");
        value = *port == ':' ? strtoul(port + 1, NULL, 16) : 0;
        count += value >= first && value <= last;
    }
    return count;
}

static void take_use(struct vl_limit_use *use, unsigned now)
{
    use->now = now;
    use->peak = now > use->peak ? now : use->peak;
}

/* The smaller one, where 0 is none. */
static unsigned smaller(unsigned one, unsigned other)
{
    return !one || (other && other < one) ? other : one;
}

void vl_limits_read_use(struct vl_limits *limits, unsigned first, unsigned last, const char *text)
{
    struct vl_limit_use *use = limits->use;

    limits->known = true;
    use[VL_LIMIT_FILES].most = number_after(text, "Max open files");
    use[VL_LIMIT_THREADS].most =
        smaller(number_after(text, "Max processes"), number_after(text, "voiplab most threads"));
    take_use(&use[VL_LIMIT_PORTS], use[VL_LIMIT_PORTS].most ? ports_within(text, first, last) : 0);
    take_use(&use[VL_LIMIT_FILES], number_after(text, "voiplab open files"));
    take_use(&use[VL_LIMIT_THREADS], number_after(text, "Threads:"));
}

static bool is_stopped(struct vl_limits_watch *watch)
{
    bool stopped;

    (void)pthread_mutex_lock(&watch->lock);
    stopped = watch->stopped;
    (void)pthread_mutex_unlock(&watch->lock);
    return stopped;
}

static bool ask(struct vl_target *target, const char *const *argv, struct vl_command_result *result)
{
    VL_ERROR_AUTO ignored = { .code = VL_OK };

    return target->ops->run(target, argv, NULL, ASK_MS, result, &ignored) == 0;
}

/* What accounts have in use is asked less often: it costs two consoles of Asterisk, and calls at once stay up. */
static bool look_once(struct vl_limits_watch *watch, struct vl_target *target)
{
    const char *const argv[] = {
        "sh", "-c",
        "[ \"$0\" = 0 ] || { asterisk -rx 'sip show inuse'; asterisk -rx 'group show channels'; } 2>/dev/null; p=$(cat "
        "/var/run/asterisk/asterisk.pid 2>/dev/null || pidof -s asterisk); "
        "echo voiplab open files $(ls /proc/$p/fd 2>/dev/null | wc -l); "
        /* version 2 of control groups, else version 1 */
        "echo voiplab most threads $(cat \"/sys/fs/cgroup$(sed -n 's/^0:://p' /proc/$p/cgroup)/pids.max\" "
        "\"/sys/fs/cgroup/pids$(sed -n 's/^[0-9]*:pids://p' /proc/$p/cgroup)/pids.max\" 2>/dev/null); "
        "grep Threads: /proc/$p/status; cat /proc/$p/limits /proc/net/udp /proc/net/udp6 2>/dev/null",
        watch->looks++ % ACCOUNTS_EVERY ? "0" : "1", NULL
    };
    struct vl_command_result result = { .output = NULL };
    long long asked_ms = vl_now_ms();

    if (!ask(target, argv, &result))
        return false;
    (void)pthread_mutex_lock(&watch->lock);
    watch->limits.asked_ms = asked_ms;
    vl_limits_read_use(&watch->limits, watch->first, watch->last, result.output);
    vl_limits_read_accounts(&watch->limits, &watch->arena, watch->session->lab, watch->pbx, watch->account,
                            result.output);
    (void)pthread_mutex_unlock(&watch->lock);
    vl_command_result_free(&result);
    return true;
}

static void read_settings(struct vl_limits_watch *watch, struct vl_target *target)
{
    const char *const argv[] = {
        "sh", "-c",
        "asterisk -rx 'rtp show settings'; asterisk -rx \"sip show peer $0\"; "
        "echo voiplab processors $(grep -c ^processor /proc/cpuinfo); "
        "echo voiplab megahertz $(sed -n 's/^cpu MHz[^0-9]*//p' /proc/cpuinfo | sort -n | tail -n 1)",
        watch->account ? watch->account : "", NULL
    };
    struct vl_command_result result = { .output = NULL };

    if (!ask(target, argv, &result))
        return;
    (void)pthread_mutex_lock(&watch->lock);
    vl_limits_read_settings(&watch->limits, &watch->first, &watch->last, result.output);
    (void)pthread_mutex_unlock(&watch->lock);
    vl_command_result_free(&result);
}

static void pause_for(struct vl_limits_watch *watch, int ms)
{
    static const struct timespec moment = { .tv_nsec = STEP_MS * 1000000L };

    for (int waited = 0; waited < ms && !is_stopped(watch); waited += STEP_MS)
        (void)nanosleep(&moment, NULL);
}

/* What is in use is not known any more. */
static void lose_sight(struct vl_limits_watch *watch)
{
    (void)pthread_mutex_lock(&watch->lock);
    watch->limits.known = false;
    (void)pthread_mutex_unlock(&watch->lock);
}

static void look_for_a_while(struct vl_limits_watch *watch)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_TARGET_AUTO *target = vl_session_connect(watch->session, watch->pbx, CONNECT_MS, NULL, &err);

    if (target)
        read_settings(watch, target);
    while (target && !is_stopped(watch) && look_once(watch, target))
        pause_for(watch, PERIOD_MS);
}

/* A PBX that has more to do than it can may break the connection off, or be slow to take one: it is asked again. */
static void *look(void *argument)
{
    struct vl_limits_watch *watch = argument;

    while (!is_stopped(watch)) {
        look_for_a_while(watch);
        lose_sight(watch);
        pause_for(watch, AGAIN_MS);
    }
    return NULL;
}

const struct vl_evidence_line *vl_limits_telling_line(const struct vl_evidence *evidence)
{
    static const char *const words[][2] = { { " ERROR[", "" }, { " WARNING[", "" }, { " NOTICE[", "limit" } };

    for (size_t w = 0; w < VL_COUNT(words); w++)
        for (size_t i = 0; i < evidence->log_count; i++) {
            const char *found = evidence->log[i].before ? NULL : strstr(evidence->log[i].text, words[w][0]);

            if (found && strstr(found, words[w][1]))
                return &evidence->log[i];
        }
    return NULL;
}

const char *vl_limits_log(const struct vl_run *run, const struct vl_pbx *pbx, unsigned seconds)
{
    static const char *const questions[] = { NULL };
    struct vl_arena *arena = &run->result->arena;
    VL_ARENA_AUTO heard = { .blocks = NULL };
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    VL_TARGET_AUTO *target = vl_session_connect(run->session, pbx, CONNECT_MS, NULL, &ignored);
    struct vl_evidence evidence = { .log_count = 0 };
    const struct vl_evidence_line *line;

    if (!target || vl_evidence_ask(&heard, target, seconds, seconds, questions, &evidence, &ignored) < 0)
        return NULL;
    line = vl_limits_telling_line(&evidence);
    if (!line)
        return NULL;
    return vl_arena_printf(arena, "%s: %s", vl_evidence_where(arena, &evidence, line),
                           vl_lab_mask(&run->session->state, arena, vl_text_quote(arena, line->text, VL_TEXT_QUOTED)));
}

struct vl_limits_watch *vl_limits_start(const struct vl_run *run, const struct vl_pbx *pbx, const char *account)
{
    struct vl_limits_watch *watch = vl_calloc(1, sizeof(*watch));

    if (!watch)
        return NULL;
    watch->session = run->session;
    watch->pbx = pbx;
    watch->account = account;
    (void)pthread_mutex_init(&watch->lock, NULL);
    watch->started = pthread_create(&watch->thread, NULL, look, watch) == 0;
    return watch;
}

struct vl_limits vl_limits_now(struct vl_limits_watch *watch)
{
    struct vl_limits limits = { .known = false };

    if (!watch)
        return limits;
    (void)pthread_mutex_lock(&watch->lock);
    limits = watch->limits;
    (void)pthread_mutex_unlock(&watch->lock);
    return limits;
}

void vl_limits_forget(struct vl_limits_watch *watch)
{
    if (!watch)
        return;
    (void)pthread_mutex_lock(&watch->lock);
    for (size_t i = 0; i < VL_LIMITS; i++)
        watch->limits.use[i].peak = watch->limits.use[i].now;
    watch->limits.fullest = (struct vl_limit_account){ .name = NULL };
    (void)pthread_mutex_unlock(&watch->lock);
}

void vl_limits_stop(struct vl_limits_watch *watch)
{
    if (!watch)
        return;
    (void)pthread_mutex_lock(&watch->lock);
    watch->stopped = true;
    (void)pthread_mutex_unlock(&watch->lock);
    if (watch->started)
        (void)pthread_join(watch->thread, NULL);
    (void)pthread_mutex_destroy(&watch->lock);
    vl_arena_free(&watch->arena);
    vl_free(watch);
}
