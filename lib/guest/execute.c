/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A program that is run in a guest by the guest's agent: without a network, and without the login over SSH, which takes
 * an emulated guest that has just been put back most of a second.
 *
 * The agent starts it (guest-exec of the QEMU guest agent protocol) and is asked whether it has ended until it has
 * (guest-exec-status). Neither the agent nor what it answers is to be trusted more than anything else in the guest; the
 * form of its answers has been checked by libvirt, which also bounds their size.
 */
#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/json.h"
#include "guest/hypervisor.h"
#include "guest/hypervisor_part.h"
#include "guest/task.h"

enum {
    ANSWER_S = 10, /* the agent itself */
    SPARE_MS = 3 * ANSWER_S * 1000,
    /* Between two questions whether it has ended, each of which costs an emulated guest 30 ms: of one guest; of many
     * that share the processors of a host it takes each as many times longer. */
    FIRST_MS = 30,
    LATER_MS = 150,
    MOST_MS = 800,
};

char *vl_hypervisor_agent_command(virDomainPtr domain, const char *command, int timeout_s, unsigned flags)
{
    return vl_libvirt_qemu.virDomainQemuAgentCommand(domain, command, timeout_s, flags);
}

/* Not more at a time than libvirtd serves of one connection: agents that hang would keep all others from it. */
static pthread_mutex_t turnstile = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t one_left = PTHREAD_COND_INITIALIZER;
static unsigned asking;

static void enter(void)
{
    (void)pthread_mutex_lock(&turnstile);
    while (asking >= VL_GUESTS_AT_A_TIME)
        (void)pthread_cond_wait(&one_left, &turnstile);
    asking++;
    (void)pthread_mutex_unlock(&turnstile);
}

static void leave(void)
{
    (void)pthread_mutex_lock(&turnstile);
    asking--;
    (void)pthread_cond_signal(&one_left);
    (void)pthread_mutex_unlock(&turnstile);
}

static int ask(virDomainPtr domain, const char *name, const char *command, char **ret_reply, struct vl_error *err)
{
    enter();
    *ret_reply = vl_hypervisor_ops()->agent_command(domain, command, ANSWER_S, 0);
    leave();
    return *ret_reply ? 0 : vl_hypervisor_fail(err, "ask the agent of domain", name);
}

/* Its number, which whoever answers chooses. */
static int start(virDomainPtr domain, const char *name, const char *command, long long *ret_number,
                 struct vl_error *err)
{
    VL_FREE char *reply = NULL;
    VL_JSON_VALUE_AUTO *value = NULL;
    double number;

    if (ask(domain, name, command, &reply, err) < 0 || !(value = vl_json_read(reply, err)))
        return -1;
    number = vl_json_real_of(vl_json_member(vl_json_member(value, "return"), "pid"));
    if (!(number >= 1 && number < 1e15))
        return vl_fail(err, VL_ERROR_FAILED, "the agent of domain '%s' does not say what it has started", name);
    *ret_number = (long long)number;
    return 0;
}

static bool has_ended(const char *reply)
{
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    VL_JSON_VALUE_AUTO *value = vl_json_read(reply, &ignored);
    const struct vl_json_value *said = vl_json_member(value, "return");

    return !isnan(vl_json_real_of(vl_json_member(said, "exitcode"))) ||
           !isnan(vl_json_real_of(vl_json_member(said, "signal")));
}

static atomic_int running; /* programs, of all guests */

static int pause_of(int pause)
{
    int all = pause * atomic_load(&running);

    return all < MOST_MS ? all : MOST_MS;
}

/* Ask until it has ended; the answer that says so is the task's. */
static int await(struct vl_task *task, virDomainPtr domain, long long number, struct vl_error *err)
{
    const struct vl_question *asked = &task->asked;
    const char *command =
        vl_arena_printf(&task->arena, "{\"execute\": \"guest-exec-status\", \"arguments\": {\"pid\": %lld}}", number);
    long long deadline = vl_now_ms() + (long long)asked->size;

    for (int pause = FIRST_MS; command; pause = pause * 3 / 2 < LATER_MS ? pause * 3 / 2 : LATER_MS) {
        VL_FREE char *reply = NULL;

        (void)poll(NULL, 0, pause_of(pause));
        if (ask(domain, asked->name, command, &reply, err) < 0)
            return -1;
        if (has_ended(reply)) {
            task->answer.text = vl_arena_strdup(&task->arena, reply);
            break;
        }
        if (vl_now_ms() >= deadline)
            return vl_fail(err, VL_ERROR_TIMEOUT, "what the agent of domain '%s' runs has not ended within %.1f s",
                           asked->name, (double)asked->size / 1000);
    }
    return vl_arena_check(&task->arena, err);
}

static int execute(struct vl_task *task, virConnectPtr connection, struct vl_error *err)
{
    const struct vl_question *asked = &task->asked;
    DOMAIN_AUTO domain = NULL;
    enum vl_domain_state state;
    long long number = 0;
    int rc;

    if (vl_hypervisor_find_ours(connection, asked->name, asked->lab, &domain, &state, err) < 0)
        return -1;
    if (state != VL_DOMAIN_RUNNING)
        return vl_fail(err, VL_ERROR_FAILED, "domain '%s' does not run", asked->name);
    if (start(domain, asked->name, asked->xml, &number, err) < 0)
        return -1;
    (void)atomic_fetch_add(&running, 1);
    rc = await(task, domain, number, err);
    (void)atomic_fetch_sub(&running, 1);
    return rc;
}

/* Whether the words are in the text as they are: those that are no UTF-8 are not. */
static bool says_all(const char *text, const char *const *argv)
{
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    VL_JSON_VALUE_AUTO *value = vl_json_read(text, &ignored);
    const struct vl_json_value *words = vl_json_member(vl_json_member(value, "arguments"), "arg");

    for (size_t i = 1; argv[i]; i++) {
        const char *word = vl_json_string_of(vl_json_element(words, i - 1));

        if (!word || strcmp(word, argv[i]) != 0)
            return false;
    }
    return true;
}

static char *compose(const char *const *argv, const char *input, struct vl_error *err)
{
    VL_JSON_AUTO *json = vl_json_new();
    VL_FREE char *encoded = input ? vl_digest_base64(input, strlen(input)) : NULL;

    if (!json || (input && !encoded)) {
        (void)vl_no_memory(err);
        return NULL;
    }
    vl_json_object(json, NULL);
    vl_json_string(json, "execute", "guest-exec");
    vl_json_object(json, "arguments");
    vl_json_string(json, "path", argv[0]);
    vl_json_array(json, "arg");
    for (size_t i = 1; argv[i]; i++)
        vl_json_string(json, NULL, argv[i]);
    vl_json_end(json);
    if (encoded)
        vl_json_string(json, "input-data", encoded);
    vl_json_bool(json, "capture-output", true);
    return vl_json_text(json, 0, err);
}

/* Base64, or nothing. */
static int take_bytes(const struct vl_json_value *said, const char *key, unsigned char **ret_bytes, size_t *ret_length,
                      const char *name, struct vl_error *err)
{
    const char *text = vl_json_string_of(vl_json_member(said, key));

    *ret_length = 0;
    *ret_bytes = NULL;
    if (!text || !*text)
        return 0;
    *ret_bytes = vl_digest_unbase64(text, strlen(text), ret_length);
    return *ret_bytes
               ? 0
               : vl_fail(err, VL_ERROR_FAILED, "the agent of domain '%s' gives what is no base64 as %s", name, key);
}

static int take(const char *reply, const char *name, struct vl_hypervisor_answer *answer, struct vl_error *err)
{
    VL_JSON_VALUE_AUTO *value = vl_json_read(reply, err);
    const struct vl_json_value *said = vl_json_member(value, "return");
    double status = vl_json_real_of(vl_json_member(said, "exitcode")),
           signal = vl_json_real_of(vl_json_member(said, "signal"));

    if (!value)
        return -1;
    answer->status = status >= 0 && status <= 255   ? (int)status
                     : signal >= 1 && signal <= 127 ? 128 + (int)signal
                                                    : 255;
    return take_bytes(said, "out-data", &answer->output, &answer->output_length, name, err) < 0
               ? -1
               : take_bytes(said, "err-data", &answer->errors, &answer->errors_length, name, err);
}

void vl_hypervisor_answer_free(struct vl_hypervisor_answer *answer)
{
    free(answer->output);
    free(answer->errors);
    *answer = (struct vl_hypervisor_answer){ .status = -1 };
}

int vl_hypervisor_execute(struct vl_hypervisor *hypervisor, const char *name, const char *lab, const char *const *argv,
                          const char *input, int timeout_ms, struct vl_hypervisor_answer *ret_answer,
                          struct vl_error *err)
{
    VL_FREE char *command = compose(argv, input, err);
    VL_HYPERVISOR_ANSWER_AUTO answer = { .status = -1 };
    VL_TASK_AUTO *task = NULL;

    if (!command || vl_libvirt_qemu_load(err) < 0)
        return -1;
    if (!says_all(command, argv))
        return vl_fail(err, VL_ERROR_FAILED, "an argument that is no UTF-8 cannot be sent to a guest's agent");
    task = vl_task_do(hypervisor,
                      &(struct vl_question){ .work = execute,
                                             .what = "ask the agent of domain",
                                             .name = name,
                                             .lab = lab,
                                             .xml = command,
                                             .size = (uint64_t)timeout_ms,
                                             .changes = true,
                                             .patience_ms = timeout_ms + SPARE_MS },
                      err);
    if (!task || take(task->answer.text, name, &answer, err) < 0)
        return -1;
    *ret_answer = answer;
    answer = (struct vl_hypervisor_answer){ .status = -1 };
    return 0;
}
