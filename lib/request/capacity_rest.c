/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Between two steps: what the Asterisks that the calls go through have in use, and whether they let go of it.
 */
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "request/capacity.h"

enum { RELEASE_MS = 45000, FIRST_LOOK_MS = 8000, LOOK_MS = 200 };

enum { SPARE = 4 }; /* files and threads come and go also without calls */

/* Who watches a search may end it. The rate is what is searched: it stays as it is. */
void vl_capacity_steer(void *context, struct vl_load_steering *steering)
{
    const struct vl_capacity *capacity = context;
    struct vl_load_steering unheard = *steering;

    vl_run_steer(capacity->asked, &unheard);
}

static void look_at(struct vl_capacity *capacity, const struct vl_pbx *pbx, const char *account)
{
    for (size_t i = 0; i < capacity->place_count; i++)
        if (capacity->places[i].pbx == pbx)
            return;
    capacity->places[capacity->place_count++] = (struct vl_capacity_place){
        .pbx = pbx, .account = account, .watch = vl_limits_start(capacity->run, pbx, account)
    };
}

/* A number that the target has itself goes no further. */
void vl_capacity_look(struct vl_capacity *capacity)
{
    const struct vl_load_asked *load = capacity->load;
    const struct vl_lab *lab = capacity->run->session->lab;

    if (load->foreign)
        return;
    look_at(capacity, load->load.target, load->options.caller_count == 1 ? load->load.caller : NULL);
    if (vl_lab_extension_owner(lab, load->load.extension) == load->load.target)
        return;
    if (lab->hub)
        look_at(capacity, lab->hub, load->load.target->account);
    if (load->far.number)
        look_at(capacity, load->far.pbx, NULL);
}

void vl_capacity_look_away(struct vl_capacity *capacity)
{
    for (size_t i = 0; i < capacity->place_count; i++)
        vl_limits_stop(capacity->places[i].watch);
}

/* How it is now; what a search before this one left goes in the course of this one. */
static struct vl_limits look_at_idle(struct vl_capacity_place *place)
{
    const struct vl_limits now = vl_limits_now(place->watch);

    for (size_t i = 0; now.known && i < VL_LIMITS; i++)
        if (!place->idle_known || now.use[i].now < place->idle[i])
            place->idle[i] = now.use[i].now;
    place->idle_known |= now.known;
    return now;
}

/* Ports are of calls: what is in use of them when nobody calls has been left by those before. */
static bool is_in_use(const struct vl_limits *now)
{
    bool used = now->use[VL_LIMIT_PORTS].now > 0;

    for (size_t i = 0; i < VL_LIMITS; i++)
        used |= now->use[i].most && now->use[i].now * 2 > now->use[i].most;
    return now->known && used;
}

static void wait_a_moment(struct vl_capacity *capacity)
{
    static const struct timespec moment = { .tv_nsec = LOOK_MS * 1000000L };

    if (capacity->asked->steer)
        vl_capacity_steer(capacity, &(struct vl_load_steering){ .rate = capacity->now.rate });
    (void)nanosleep(&moment, NULL);
}

static bool is_cancelled(const struct vl_capacity *capacity)
{
    return vl_session_cancelled(capacity->run->session);
}

static void wait_for_idle(struct vl_capacity *capacity, struct vl_capacity_place *place)
{
    long long begun = vl_now_ms();
    struct vl_limits now = look_at_idle(place);

    while (place->watch && !is_cancelled(capacity) && vl_now_ms() - begun < (now.known ? RELEASE_MS : FIRST_LOOK_MS) &&
           (!now.known || is_in_use(&now))) {
        wait_a_moment(capacity);
        now = look_at_idle(place);
    }
}

void vl_capacity_wait_for_idle(struct vl_capacity *capacity)
{
    for (size_t i = 0; i < capacity->place_count; i++)
        wait_for_idle(capacity, &capacity->places[i]);
}

/* Whether there is room for `number` calls, each of which takes as much as those of the steps before. */
static bool has_room(const struct vl_capacity_place *place, const struct vl_limits *now, unsigned number)
{
    bool room = true;

    for (size_t i = 0; i < VL_LIMITS; i++)
        room &= !now->use[i].most || now->use[i].now + place->of_each[i] * number * 1.25 < now->use[i].most;
    return room;
}

static bool has_let_go(const struct vl_capacity_place *place, const struct vl_limits *now)
{
    bool gone = true;

    for (size_t i = 0; i < VL_LIMITS; i++)
        gone &= now->use[i].now <= place->idle[i] + (i == VL_LIMIT_PORTS ? 0 : SPARE);
    return gone;
}

/* What is in use after so long without a call will not be given back any more: an Asterisk that had no file left for a
 * call may have forgotten half of it. Nobody waits for it again. */
static void note_kept(struct vl_capacity_place *place, const struct vl_limits *now)
{
    for (size_t i = 0; i < VL_LIMITS; i++) {
        place->kept[i] += now->use[i].now - place->idle[i];
        place->idle[i] = now->use[i].now;
    }
}

/* What was seen before the last step had ended says nothing, and a PBX that was in sight and is busy will be again. */
static void wait_for_release(struct vl_capacity *capacity, struct vl_capacity_place *place, unsigned number)
{
    long long begun = vl_now_ms();

    while (place->idle_known && !is_cancelled(capacity)) {
        const struct vl_limits now = look_at_idle(place);
        bool seen = now.known && now.asked_ms >= begun;

        if (seen && (has_let_go(place, &now) || has_room(place, &now, number)))
            break;
        if (vl_now_ms() - begun >= RELEASE_MS) {
            if (seen)
                note_kept(place, &now);
            break;
        }
        wait_a_moment(capacity);
    }
}

void vl_capacity_wait_for_release(struct vl_capacity *capacity, unsigned number)
{
    for (size_t i = 0; i < capacity->place_count; i++)
        wait_for_release(capacity, &capacity->places[i], number);
    for (size_t i = 0; i < capacity->place_count; i++) {
        vl_limits_forget(capacity->places[i].watch);
        capacity->places[i].before = vl_limits_now(capacity->places[i].watch);
    }
}

/* What is still held of an earlier step may have gone meanwhile. */
void vl_capacity_note_use(struct vl_capacity *capacity, unsigned number)
{
    for (size_t p = 0; p < capacity->place_count; p++) {
        struct vl_capacity_place *place = &capacity->places[p];
        const struct vl_limits now = vl_limits_now(place->watch);

        for (size_t i = 0; i < VL_LIMITS; i++) {
            unsigned was = place->before.use[i].now, peak = now.use[i].peak;
            double each = peak > was ? (double)(peak - was) / number : 0;

            place->of_each[i] = each > place->of_each[i] ? each : place->of_each[i];
            place->of_last[i] = each;
        }
    }
}

static double less(double fit, double most, double each)
{
    return most > 0 && each > 0 && most / each < fit ? most / each : fit;
}

/* The account that the calls come by: what others have in use of it at the same time they will have again. Of any other
 * account nobody knows how many of the calls are its. */
static double room_of_account(const struct vl_capacity_place *place, const struct vl_limits *now, unsigned number)
{
    const struct vl_limit_account *fullest = &now->fullest;
    unsigned others = fullest->now > number ? fullest->now - number : 0;

    if (!fullest->name || !place->account || strcmp(fullest->name, place->account) != 0)
        return 0;
    return fullest->most > others ? fullest->most - others : 0;
}

unsigned vl_capacity_expected(struct vl_capacity *capacity, unsigned number)
{
    double fit = capacity->search.most;

    for (size_t p = 0; p < capacity->place_count && !capacity->asked->by_rate; p++) {
        const struct vl_capacity_place *place = &capacity->places[p];
        const struct vl_limits now = vl_limits_now(place->watch);

        for (size_t i = 0; i < VL_LIMITS; i++)
            if (now.use[i].most > place->idle[i])
                fit = less(fit, now.use[i].most - place->idle[i], place->of_last[i]);
        fit = less(fit, room_of_account(place, &now, number), 1);
        if (p == 0)
            fit = less(fit, now.calls_most, 1);
    }
    return fit < capacity->search.most ? (fit < 1 ? 1 : (unsigned)fit) : 0;
}
