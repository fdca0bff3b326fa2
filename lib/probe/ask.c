/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "probe/ask.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "probe/asterisk.h"

enum { ASK_TIMEOUT_MS = 30000 };

int vl_asterisk_answer(struct vl_target *target, const char *command, struct vl_command_result *ret_answer,
                       struct vl_error *err)
{
    const char *const argv[] = { "asterisk", "-rx", command, NULL };
    struct vl_command_result result = { .status = -1 };
    int timeout = target->answer_timeout_ms ? target->answer_timeout_ms : ASK_TIMEOUT_MS;

    if (target->ops->run(target, argv, NULL, timeout, &result, err) < 0)
        return -1;
    if (result.status) {
        vl_command_result_free(&result);
        return vl_fail(err, VL_ERROR_FAILED, "Asterisk does not answer on '%s'", target->name);
    }
    *ret_answer = result;
    return 0;
}

int vl_asterisk_ask(struct vl_target *target, const char *command, char **ret_output, struct vl_error *err)
{
    struct vl_command_result answer = { .status = -1 };

    if (vl_asterisk_answer(target, command, &answer, err) < 0)
        return -1;
    *ret_output = answer.output;
    return 0;
}

bool vl_probe_asterisk_ready(struct vl_target *target)
{
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    VL_FREE char *output = NULL;

    return vl_asterisk_ask(target, VL_PROBE_READY, &output, &ignored) == 0;
}

bool vl_probe_started_since(struct vl_target *target, long long since)
{
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    VL_FREE char *ready = NULL, *uptime = NULL;
    unsigned long seconds;

    return vl_asterisk_ask(target, VL_PROBE_READY, &ready, &ignored) == 0 &&
           vl_asterisk_ask(target, "core show uptime seconds", &uptime, &ignored) == 0 &&
           vl_asterisk_parse_uptime(uptime ? uptime : "", &seconds) && (long long)seconds * 1000 <= vl_now_ms() - since;
}

void vl_asterisk_ask_all(struct vl_target *target, const char *const *commands)
{
    VL_ERROR_AUTO ignored = { .code = VL_OK };

    vl_target_prefetch(target, &(struct vl_wanted){ .commands = commands });
    for (; *commands; commands++) {
        VL_FREE char *output = NULL;

        (void)vl_asterisk_ask(target, *commands, &output, &ignored);
    }
}
