/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Looking at the trunks of a guest that answers with as much as it can: nothing of it is kept but what a view says.
 * Guests that wake, that start, and that call.
 *
 * ctest: THREADS yes
 */
#include "support.h"

#include <malloc.h>

#include "base/buf.h"
#include "base/text.h"
#include "guest/hypervisor.h"
#include "lab_fixture.h"
#include "request/fleet_part.h"

enum { ANSWER = VL_TARGET_OUTPUT_LIMIT, KEPT = 128 << 10 };

struct talker {
    struct vl_target base;
    char *sip, *iax2, *registry;
    unsigned looks;
};

/* `head` and then `row` until no more would be read. */
static char *long_answer(const char *head, const char *row)
{
    struct vl_buf buf = VL_BUF_INIT;

    vl_buf_puts(&buf, head);
    while (buf.length + strlen(row) <= ANSWER)
        vl_buf_puts(&buf, row);
    return vl_buf_take(&buf);
}

static int talk(struct vl_target *target, const char *const *argv, const char *input, int timeout_ms,
                struct vl_command_result *ret_result, struct vl_error *err)
{
    struct talker *talker = (struct talker *)target;
    const char *text = "Asterisk 16.28.0";

    (void)input;
    (void)timeout_ms;
    (void)err;
    if (!strcmp(argv[2], "sip show peers"))
        text = talker->sip;
    else if (!strcmp(argv[2], "iax2 show peers"))
        text = talker->iax2;
    else if (!strcmp(argv[2], "sip show registry"))
        text = talker->registry;
    talker->looks += text == talker->iax2;
    ret_result->status = 0;
    ret_result->output = strdup(text);
    return ret_result->output ? 0 : -1;
}

static void stop_talking(struct vl_target *target)
{
    struct talker *talker = (struct talker *)target;

    free(talker->sip);
    free(talker->iax2);
    free(talker->registry);
}

static const struct vl_target_ops talk_ops = { .run = talk, .close = stop_talking };

static size_t held(void)
{
    struct mallinfo2 info = mallinfo2();

    return info.uordblks + info.hblkhd;
}

static void look(struct talker *talker, const char *status, unsigned wait_s)
{
    LAB_FIXTURE_AUTO *fixture = lab_fixture_open("quickstart");
    struct vl_session session = { .lab = fixture->lab, .options = { .root = "/", .jobs = 1 } };
    const char *const names[] = { "alfa", NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_FLEET_AUTO fleet = { .session = NULL };
    size_t before;

    session.state = fixture->state;
    assert_int_equal(pthread_mutex_init(&session.event_lock, NULL), 0);
    assert_int_equal(vl_fleet_open(&session, names, &fleet, &err), 0);
    assert_int_equal(fleet.count, 1);
    fleet.members[0].target = &talker->base;
    before = held();
    vl_fleet_look(&fleet, wait_s);
    if (held() > before + KEPT)
        fail_msg("%u looks keep %zu bytes", talker->looks, held() - before);
    assert_int_equal(fleet.members[0].error.code, VL_ERROR_FAILED);
    assert_non_null(strstr(vl_error_text(&fleet.members[0].error), status));
    assert_true(strlen(vl_error_text(&fleet.members[0].error)) < 2048);
    assert_int_equal(fleet.members[0].view.peers_wanted, 1);
}

static void test_many_rows(void **state)
{
    struct talker talker = {
        .base = { .ops = &talk_ops, .name = "alfa" },
        .sip = long_answer("Name/username Host Port Status\n", "a             h    1    U\n"),
        .iax2 = long_answer("Name/Username Host Port Status\n", "a             h    1    U\n"),
        .registry = long_answer("Host Username Refresh State\n", "h    a          1      U\n"),
    };

    (void)state;
    look(&talker, "no such registration", 3);
    assert_true(talker.looks >= 2);
}

/* A status of a mebibyte is none that anybody wants to read. */
static void test_long_cells(void **state)
{
    VL_FREE char *word = long_answer("", "\x1b");
    struct talker talker = {
        .base = { .ops = &talk_ops, .name = "alfa" },
        .sip = long_answer("Name/username Host Port Status\n", "hub           h    1    OK (1 ms)\n"),
        .iax2 = strdup("Name/Username Host Port Status\n"),
    };

    (void)state;
    assert_non_null(word);
    word[ANSWER - 200] = '\0';
    assert_true(asprintf(&talker.registry,
                         "Host                 dnsmgr Username  Refresh State\n"
                         "10.77.7.10:5060      N      7001      105     %s\n",
                         word) > 0);
    look(&talker, "not registered with the hub: \\x1b", 0);
}

/* A guest whose hub answered late once, and in time when it is asked again; or that has it, and lacks another peer. */
struct late {
    struct vl_target base;
    const char *hub, *peer; /* what it says of each */
    bool asked;
};

static int talk_late(struct vl_target *target, const char *const *argv, const char *input, int timeout_ms,
                     struct vl_command_result *ret_result, struct vl_error *err)
{
    struct late *late = (struct late *)target;
    VL_FREE char *peers = NULL;
    const char *text = "";

    (void)input;
    (void)timeout_ms;
    (void)err;
    late->asked |= !strcmp(argv[2], "sip qualify peer hub");
    if (!strcmp(argv[2], "sip show registry"))
        text = "Host                 dnsmgr Username  Refresh State\n10.77.7.10:5060      N      7001      105     "
               "Registered\n";
    else if (!strcmp(argv[2], "sip show peers"))
        assert_true(asprintf(&peers, "Name/username Host Port Status\nhub           h    1    %s\n",
                             late->asked ? "OK (1 ms)" : late->hub) > 0);
    else if (!strcmp(argv[2], "iax2 show peers"))
        assert_true(asprintf(&peers, "Name/Username Host Port Status\nbeta          h    1    %s\n", late->peer) > 0);
    text = peers ? peers : text;
    ret_result->status = 0;
    ret_result->output = strdup(text);
    return ret_result->output ? 0 : -1;
}

static void stay(struct vl_target *target)
{
    (void)target;
}

static void look_at_late(struct late *late, unsigned wait_s)
{
    static const struct vl_target_ops ops = { .run = talk_late, .close = stay };
    LAB_FIXTURE_AUTO *fixture = lab_fixture_open("quickstart");
    struct vl_session session = { .lab = fixture->lab, .options = { .root = "/", .jobs = 1 } };
    const char *const names[] = { "alfa", NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_FLEET_AUTO fleet = { .session = NULL };

    late->base = (struct vl_target){ .ops = &ops, .name = "alfa" };
    session.state = fixture->state;
    assert_int_equal(pthread_mutex_init(&session.event_lock, NULL), 0);
    assert_int_equal(vl_fleet_open(&session, names, &fleet, &err), 0);
    fleet.members[0].target = &late->base;
    vl_fleet_look(&fleet, wait_s);
    if (fleet.members[0].error.code)
        fail_msg("%s", vl_error_text(&fleet.members[0].error));
}

static void test_late_hub(void **state)
{
    struct late late = { .hub = "LAGGED (2600 ms)", .peer = "OK (1 ms)" };

    (void)state;
    look_at_late(&late, 1);
    assert_true(late.asked);
}

/* Its driver asks the peers of IAX2 by itself: the hub need not answer once more for that. (The request did not name
 * the peer, so that it is no failure in the end.) */
static void test_missing_peer(void **state)
{
    struct late late = { .hub = "OK (1 ms)", .peer = "UNREACHABLE" };

    (void)state;
    look_at_late(&late, 3);
    assert_false(late.asked);
}

/* A guest that runs on from saved memory, with perl(1) or without it: what it was told, a line for each command. */
struct sleeper {
    bool stood;
    bool has_perl;
    unsigned long zone; /* as its program says it */
    char registry[256];
    struct vl_buf told;
};

#define REGISTRY                                                                                                       \
    "Host                  dnsmgr Username  Refresh State       Reg.Time\n"                                            \
    "10.77.7.10:5060       N      7001          105 Registered"

/* The words of a question that wakes: env perl -e PROGRAM, seconds, what is awaited, how many paths and groups; of
 * another one: sh -c SCRIPT sh, two programs, and the same. */
enum { PROGRAM = 3, PATHS = 6, GROUPS = 7, NAMES = 8, MORE = 2 };

static int be_told(void *context, const char *const *argv, const char *input, size_t limit, int timeout_ms,
                   int *ret_status, struct vl_buf *output, struct vl_buf *errors, struct vl_error *err)
{
    struct sleeper *sleeper = context;
    bool woken = !strcmp(argv[0], "env") && strstr(argv[PROGRAM], "$w = q(@");
    bool asked = woken || !strcmp(argv[0], "sh");
    size_t more = woken ? 0 : MORE;

    (void)limit;
    (void)timeout_ms;
    (void)errors;
    (void)err;
    vl_buf_printf(&sleeper->told, "%s", woken ? "perl" : argv[0]);
    if (woken && strstr(argv[PROGRAM], "utime(undef, undef, \"/etc/asterisk/voiplab_sip.conf\""))
        vl_buf_puts(&sleeper->told, " touches");
    vl_buf_puts(output, asked ? "voiplab ahead\n" : "");
    if (woken && sleeper->has_perl)
        vl_buf_printf(output, "w %lu\n", sleeper->zone);
    vl_buf_puts(output, asked ? "k \n" : "");
    if (asked)
        assert_true(!strcmp(argv[PATHS + more], "0") && !strcmp(argv[GROUPS + more], "0"));
    for (size_t i = asked ? NAMES + more : 1; argv[i]; i++) {
        vl_buf_printf(&sleeper->told, " '%s'", argv[i][0] == '@' ? "@" : argv[i]);
        if (asked)
            vl_buf_printf(output, "c 0 %zu\n%s", strlen(sleeper->registry), sleeper->registry);
    }
    vl_buf_puts(output, asked ? "t 1796010721\nvoiplab end\n" : "");
    vl_buf_puts(&sleeper->told, woken && input && strlen(input) == 64 ? " and chance\n" : "\n");
    *ret_status = woken && !sleeper->has_perl ? 127 : 0;
    return 0;
}

/* `anew`: what it says of its registration is of after its clock was set. */
static void wake(struct sleeper *sleeper, bool anew, const char *told)
{
    LAB_FIXTURE_AUTO *fixture = lab_fixture_open("quickstart");
    struct vl_session session = { .lab = fixture->lab, .options = { .root = "/", .jobs = 1 } };
    const char *const names[] = { "alfa", NULL }, *const then[] = { "core show version", NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_FLEET_AUTO fleet = { .session = NULL };
    struct vl_member *member;

    session.state = fixture->state;
    assert_int_equal(pthread_mutex_init(&session.event_lock, NULL), 0);
    assert_int_equal(vl_fleet_open(&session, names, &fleet, &err), 0);
    member = &fleet.members[0];
    member->target = vl_target_by("alfa", &(struct vl_executor){ .execute = be_told, .context = sleeper }, &err);
    member->asleep = true;
    member->stood = sleeper->stood;
    if (vl_fleet_wake(&fleet, member, &(struct vl_wanted){ .commands = then }, &err) < 0)
        fail_msg("%s", vl_error_text(&err));
    assert_false(member->asleep);
    if (anew)
        assert_null(member->before);
    else
        assert_string_equal(member->before, sleeper->registry);
    assert_string_equal(vl_buf_text(&sleeper->told), told);

    /* What woke it is not answered out of what was learnt with it. */
    vl_buf_free(&sleeper->told);
    for (size_t i = 0; i < 2; i++) {
        static const char *const reload[] = { "asterisk", "-rx", "module reload chan_sip.so", NULL };
        struct vl_command_result result = { .status = -1 };

        assert_int_equal(member->target->ops->run(member->target, reload, NULL, 1000, &result, &err), 0);
        vl_command_result_free(&result);
    }
    assert_string_equal(vl_buf_text(&sleeper->told), "asterisk '-rx' 'module reload chan_sip.so'\n"
                                                     "asterisk '-rx' 'module reload chan_sip.so'\n");
    vl_buf_free(&sleeper->told);
}

/* The clock, new chance, what it says of its registration, that it is to be a new one, and what will be asked then. */
static void test_woken_at_once(void **state)
{
    struct sleeper sleeper = { .has_perl = true, .zone = 86400, .registry = REGISTRY "\n" };

    (void)state;
    wake(&sleeper, false,
         "perl touches 'sip show registry' 'module reload chan_sip.so' 'core show version' and chance\n");
}

static void test_woken_without_perl(void **state)
{
    struct sleeper sleeper = { .has_perl = false, .registry = REGISTRY "\n" };

    (void)state;
    wake(&sleeper, false,
         "perl touches 'sip show registry' 'module reload chan_sip.so' 'core show version' and chance\n"
         "date '-s' '@'\n"
         "touch '-c' '/etc/asterisk/voiplab_sip.conf' '/etc/asterisk/voiplab_sip_registrations.conf'\n"
         "sh 'sip show registry' 'module reload chan_sip.so'\n");
}

/* One that only stood still is told the time, and asked what will be asked. */
static void test_stood(void **state)
{
    struct sleeper sleeper = { .has_perl = true, .zone = 86400, .stood = true };
    struct sleeper without = { .has_perl = false, .stood = true };

    (void)state;
    wake(&sleeper, true, "perl 'core show version' and chance\n");
    wake(&without, true, "perl 'core show version' and chance\ndate '-s' '@'\n");
}

/* chan_sip registers by itself when its clock is set. Such a registration, and the one that it is told to make, can be
 * of the same second, so it is not taken for the old one, whatever the time zone over there; one of before is. */
static void test_woken_registered(void **state)
{
    static const int zones[] = { -18000, 0, 20700, 50400 };

    (void)state;
    for (size_t i = 0; i < 2 * VL_COUNT(zones); i++) {
        bool anew = i % 2;
        struct sleeper sleeper = { .has_perl = true, .zone = (unsigned long)(86400 + zones[i / 2]) };
        time_t then = time(NULL) + zones[i / 2] + (anew ? 1 : -2);
        struct tm parts;

        assert_non_null(gmtime_r(&then, &parts));
        assert_int_not_equal(
            strftime(sleeper.registry, sizeof(sleeper.registry), REGISTRY "    %a, %d %b %Y %T\n", &parts), 0);
        wake(&sleeper, anew,
             "perl touches 'sip show registry' 'module reload chan_sip.so' 'core show version' and chance\n");
    }
}

/* A guest that has booted, and whose Asterisk comes when it was asked for `late` times. */
struct starter {
    struct vl_target base;
    unsigned late;
    struct vl_buf told;
};

static int start_late(struct vl_target *target, const char *const *argv, const char *input, int timeout_ms,
                      struct vl_command_result *ret_result, struct vl_error *err)
{
    struct starter *starter = (struct starter *)target;
    bool shell = !strcmp(argv[0], "sh");

    (void)input;
    (void)timeout_ms;
    (void)err;
    if (starter->told.length < 64)
        vl_buf_printf(&starter->told, "%s %s\n", argv[0], shell ? "waits" : argv[2]);
    ret_result->status = shell && starter->late ? 1 : 0;
    starter->late -= shell && starter->late;
    ret_result->output = strdup("");
    return 0;
}

static int read_nothing(struct vl_target *target, const char *path, char **ret_text, mode_t *ret_mode,
                        struct vl_error *err)
{
    (void)target;
    (void)ret_text;
    (void)ret_mode;
    return vl_fail(err, VL_ERROR_NOTFOUND, "there is no '%s'", path);
}

static int find_nothing(struct vl_target *target, const char *path, struct vl_path_facts *ret_facts,
                        struct vl_error *err)
{
    (void)target;
    (void)path;
    (void)err;
    *ret_facts = (struct vl_path_facts){ .kind = VL_PATH_NONE };
    return 0;
}

static void stop_late(struct vl_target *target)
{
    (void)target;
}

static const struct vl_target_ops starter_ops = {
    .run = start_late, .read = read_nothing, .facts = find_nothing, .close = stop_late
};

static void connect_to(struct starter *starter, bool booted, const char *told)
{
    LAB_FIXTURE_AUTO *fixture = lab_fixture_open("quickstart");
    struct vl_session session = { .lab = fixture->lab, .options = { .root = "/", .jobs = 1 } };
    const char *const names[] = { "alfa", NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_FLEET_AUTO fleet = { .session = NULL };

    session.state = fixture->state;
    assert_int_equal(pthread_mutex_init(&session.event_lock, NULL), 0);
    assert_int_equal(vl_fleet_open(&session, names, &fleet, &err), 0);
    fleet.dry = true; /* nothing is remembered */
    fleet.members[0].target = &starter->base;
    fleet.members[0].started = booted;
    vl_fleet_connect(&fleet, 60);
    if (!vl_text_starts(vl_buf_text(&starter->told), told))
        fail_msg("told: %s", vl_buf_text(&starter->told));
    vl_buf_free(&starter->told);
}

/* Nothing else is asked of a guest whose Asterisk starts, and of one that was up before that is not asked. */
static void test_awaits_start(void **state)
{
    struct starter booted = { .base = { .ops = &starter_ops, .name = "alfa" }, .late = 2 };
    struct starter up = { .base = { .ops = &starter_ops, .name = "alfa" } };

    (void)state;
    connect_to(&booted, true, "sh waits\nsh waits\nsh waits\nasterisk core waitfullybooted\n");
    connect_to(&up, false, "asterisk core waitfullybooted\n");
}

/* The command that places the call to beta. It says how long that may take. */
static int keep_originate(void *context, const char *const *argv, const char *input, size_t limit, int timeout_ms,
                          int *ret_status, struct vl_buf *output, struct vl_buf *errors, struct vl_error *err)
{
    struct vl_buf *told = context;

    (void)input;
    (void)limit;
    (void)timeout_ms;
    (void)output;
    (void)errors;
    (void)err;
    for (; *argv; argv++)
        if (vl_text_starts(*argv, "channel originate Local/2999@") && !told->length)
            vl_buf_puts(told, *argv);
    *ret_status = 1;
    return 0;
}

/* From alfa to beta, where one of them, or the hub, is a virtual machine of a hypervisor that has KVM or not. */
static void call(bool kvm, const char *machine, const char *end)
{
    LAB_FIXTURE_AUTO *fixture = lab_fixture_open("quickstart");
    struct vl_session session = { .lab = fixture->lab, .options = { .root = "/", .jobs = 1 }, .kvm = kvm };
    const char *const names[] = { "alfa", "hub", "beta", NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_HYPERVISOR_AUTO *hypervisor = vl_hypervisor_open("test:///default", NULL, &err);
    VL_FLEET_AUTO fleet = { .session = NULL };
    VL_BUF_AUTO told = VL_BUF_INIT;

    assert_non_null(hypervisor);
    session.hypervisor = hypervisor;
    session.state = fixture->state;
    assert_int_equal(pthread_mutex_init(&session.event_lock, NULL), 0);
    for (size_t i = 0; i < fixture->lab->pbx_count; i++) {
        struct vl_pbx *pbx = (struct vl_pbx *)(uintptr_t)&fixture->lab->pbxs[i];

        pbx->place = strcmp(pbx->name, machine) ? VL_PLACE_SSH : VL_PLACE_VM;
    }
    assert_int_equal(vl_fleet_open(&session, names, &fleet, &err), 0);
    for (size_t i = 0; i < fleet.count; i++) {
        fleet.members[i].target =
            vl_target_by("one", &(struct vl_executor){ .execute = keep_originate, .context = &told }, &err);
        fleet.members[i].view.asterisk = true;
    }
    vl_fleet_call(&fleet, false);
    if (!vl_text_ends(vl_buf_text(&told), end))
        fail_msg("told: %s", vl_buf_text(&told));
    vl_arena_free(&session.site_arena);
}

/* An emulated guest has more time for a call, at either end or between them. */
static void test_call_time(void **state)
{
    static const char *const machines[] = { "alfa", "beta", "hub" };

    (void)state;
    for (size_t i = 0; i < VL_COUNT(machines); i++) {
        call(true, machines[i], " application Wait 12");
        call(false, machines[i], " application Wait 32");
    }
    call(false, "none", " application Wait 12");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_many_rows),     cmocka_unit_test(test_long_cells),
        cmocka_unit_test(test_late_hub),      cmocka_unit_test(test_missing_peer),
        cmocka_unit_test(test_woken_at_once), cmocka_unit_test(test_woken_without_perl),
        cmocka_unit_test(test_stood),         cmocka_unit_test(test_woken_registered),
        cmocka_unit_test(test_awaits_start),  cmocka_unit_test(test_call_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
