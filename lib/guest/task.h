/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Work with libvirt that can be given up. A call of libvirt's has no deadline: with libvirtd stopped, or a QEMU that
 * does not answer its monitor, it comes back when they do, which may be never. So every piece of work is done on a
 * thread of its own, with copies of all that it was asked with and an arena for what it answers; who asked waits for
 * it as long as its patience lasts, and then leaves it to itself: it takes what it has with it when it ends at last.
 *
 * A connection carries few calls at a time (libvirtd's max_client_requests is 5), so one on which a call hangs is left
 * to it and a new one is made for what comes after. When that is not to be had either, it is libvirtd that does not
 * answer, and nothing more is asked of it.
 */
#ifndef VL_GUEST_TASK_H
#define VL_GUEST_TASK_H

#include "guest/hypervisor.h"
#include "guest/hypervisor_part.h"

struct vl_task;
typedef int vl_task_work(struct vl_task *task, virConnectPtr connection, struct vl_error *err);

/* What is asked. The texts are copied; those that a question does not have are NULL. */
struct vl_question {
    vl_task_work *work;
    const char *what; /* for the message when it is given up: "start domain"; then its object comes, quoted */
    const char *name; /* of a domain or volume, or a URI */
    const char *lab, *pool, *xml, *path, *domain;
    bool flag;       /* what it means is the question's */
    uint64_t size;   /* likewise */
    bool changes;    /* something, and so has longer than a look */
    int patience_ms; /* 0: that of the hypervisor */
};

struct vl_task {
    struct vl_question asked;
    struct vl_arena arena; /* what is answered is in it, and the copies of what was asked */
    union {
        virConnectPtr connection;
        struct vl_domain domain;
        struct vl_volume volume;
        struct vl_pool_there pool;
        enum vl_domain_state state;
        bool flag;
        const char *text;
        void *list;
    } answer;
    size_t count; /* of the list */
    bool kvm;
    struct vl_errand *errand; /* the thread's side of it */
};

/* Do it on a thread and wait. NULL: it failed, was given up, or who waits was cancelled. */
struct vl_task *vl_task_do(struct vl_hypervisor *hypervisor, const struct vl_question *question, struct vl_error *err);

/* The same where only success counts. */
int vl_task_done(struct vl_hypervisor *hypervisor, const struct vl_question *question, struct vl_error *err);

/* From within long work: it is getting on, and its patience begins anew. */
void vl_task_beat(struct vl_task *task);

/* Nobody waits for it any more: who asked has gone on. */
bool vl_task_is_given_up(struct vl_task *task);

void vl_task_free(struct vl_task **task);

/* The work of connecting to the URI that is the question's name, and that of giving the hypervisor's connection back,
 * which libvirt tells the other side. */
int vl_task_connect(struct vl_task *task, virConnectPtr connection, struct vl_error *err);
int vl_task_disconnect(struct vl_task *task, virConnectPtr connection, struct vl_error *err);

#define VL_TASK_AUTO __attribute__((cleanup(vl_task_free))) struct vl_task

#endif
