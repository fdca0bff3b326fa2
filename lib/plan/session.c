/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/session.h"

#include <ctype.h>
#include <stdarg.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "guest/hypervisor.h"
#include "plan/login.h"
#include "probe/host.h"

enum { ANSWER_LEAST_S = 5, ANSWER_MOST_S = 30 };
enum { LOOK_LEAST_S = 5, LOOK_MOST_S = 20 };

static void send_event(struct vl_session *session, const struct voiplab_event *event)
{
    if (!session->options.event)
        return;
    (void)pthread_mutex_lock(&session->event_lock);
    session->options.event(session->options.context, event);
    (void)pthread_mutex_unlock(&session->event_lock);
}

void vl_session_event(struct vl_session *session, enum voiplab_event_kind kind, const char *target, const char *format,
                      ...)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_FREE char *text = NULL;
    char *line;
    va_list args;
    int rc;

    va_start(args, format);
    rc = vl_vasprintf(&text, format, args);
    va_end(args);
    if (rc < 0)
        text = NULL;
    line = vl_text_visible(&arena, text ? text : "");
    for (char *end = line; (end = strchr(end, '\n'));)
        *end = ' '; /* an event is one line: a guest's words must not look like another event of ours */
    send_event(session, &(struct voiplab_event){ .kind = kind, .target = target, .text = line });
}

void vl_session_phase(struct vl_session *session, unsigned done, unsigned total, const char *text)
{
    send_event(session,
               &(struct voiplab_event){ .kind = VOIPLAB_EVENT_PHASE, .text = text, .done = done, .total = total });
}

const char *vl_session_lab_name(const struct vl_session *session)
{
    return session->lab ? session->lab->name : "default";
}

bool vl_session_cancelled(const struct vl_session *session)
{
    return session->options.cancelled && session->options.cancelled(session->options.context);
}

/* Whether guests get hardware virtualization. A remote hypervisor is asked; on this host we look for ourselves,
 * because a /dev/kvm that opens need not run guests. */
static bool choose_kvm(const struct vl_session *session, const char *uri, bool hypervisor_says)
{
    enum vl_virtualization wish = session->lab ? session->lab->virtualization : VL_VIRTUALIZATION_AUTO;

    if (wish != VL_VIRTUALIZATION_AUTO)
        return wish == VL_VIRTUALIZATION_KVM;
    if (!vl_text_starts(uri, "qemu:///"))
        return hypervisor_says;
    return hypervisor_says && vl_probe_kvm_usable(NULL);
}

static bool hypervisor_cancelled(void *context)
{
    return vl_session_cancelled(context);
}

/* Who does not want to wait for a PBX does not want to wait for libvirt either. A second of it goes to finding out,
 * once a call is overdue, who keeps us waiting. */
static int look_patience(unsigned wait_s)
{
    if (!wait_s)
        return 0;
    return (int)(wait_s < LOOK_LEAST_S ? LOOK_LEAST_S : wait_s > LOOK_MOST_S ? LOOK_MOST_S : wait_s) * 1000 - 1000;
}

int vl_session_connect_to(struct vl_session *session, const char *uri, struct vl_hypervisor **ret_hypervisor,
                          bool *ret_kvm, struct vl_error *err)
{
    const struct vl_patience patience = { .look_ms = look_patience(session->options.wait_s),
                                          .cancelled = hypervisor_cancelled,
                                          .context = session };
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_HYPERVISOR_AUTO *hypervisor = NULL;
    const char *version;
    bool kvm = false;

    hypervisor = vl_hypervisor_open(uri, &patience, err);
    if (!hypervisor || vl_hypervisor_describe(hypervisor, &arena, &version, &kvm, err) < 0)
        return -1;
    *ret_kvm = choose_kvm(session, uri, kvm);
    *ret_hypervisor = hypervisor;
    hypervisor = NULL;
    return 0;
}

int vl_session_remember(struct vl_session *session, struct vl_error *err)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    const char *text = vl_state_natures_text(&session->state, &arena);
    const char *path = vl_arena_printf(&arena, "%s/natures", session->state.directory);

    if (vl_arena_check(&arena, err) < 0)
        return -1;
    if (!vl_file_exists(session->state.directory))
        return 0;
    return vl_file_write(path, text, strlen(text), 0600, err);
}

static struct vl_target *connect_ssh(struct vl_session *session, const struct vl_pbx *pbx, int timeout_ms,
                                     const struct vl_ssh_there *there, struct vl_error *err)
{
    VL_LOGIN_AUTO login = { .count = 0 };

    if (vl_login_make(session, pbx, VL_LOGIN_WORK, timeout_ms, &login, err) < 0)
        return NULL;
    login.sessions[0].there = there;
    return vl_target_ssh(&login.sessions[0], err);
}

void vl_session_forget(struct vl_session *session)
{
    for (size_t i = 0; session->passwords && i < session->lab->pbx_count; i++) {
        if (session->passwords[i])
            explicit_bzero(session->passwords[i], strlen(session->passwords[i]));
        free(session->passwords[i]);
    }
    free(session->passwords);
    session->passwords = NULL;
    vl_arena_free(&session->key_arena);
    session->keys = NULL;
    session->key_count = 0;
}

/* Who does not want to wait for a PBX does not want to wait for its Asterisk either; but a busy one needs a moment. */
static int answer_timeout(unsigned wait_s)
{
    if (wait_s < ANSWER_LEAST_S)
        return ANSWER_LEAST_S * 1000;
    return (int)(wait_s > ANSWER_MOST_S ? ANSWER_MOST_S : wait_s) * 1000;
}

struct vl_target *vl_session_connect(struct vl_session *session, const struct vl_pbx *pbx, int timeout_ms,
                                     const struct vl_ssh_there *there, struct vl_error *err)
{
    struct vl_target *target = pbx->place == VL_PLACE_LOCAL ? vl_target_local(session->options.root, err)
                                                            : connect_ssh(session, pbx, timeout_ms, there, err);

    if (target && session->options.wait_s)
        target->answer_timeout_ms = answer_timeout(session->options.wait_s);
    return target;
}

bool vl_session_wanted(const char *const *names, const char *name)
{
    if (!names || !names[0])
        return true;
    for (; *names; names++)
        if (!strcmp(*names, name))
            return true;
    return false;
}
