/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What stands around a dialplan: accounts of devices, the contexts in which calls of devices start, mailboxes, queues,
 * and the modules that are loaded. Read from Asterisk's other files as far as a linter needs them.
 */
#ifndef VL_LINT_DEVICES_H
#define VL_LINT_DEVICES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/names.h"
#include "dialplan/dialplan.h"
#include "dialplan/module_loading.h"

enum vl_technology {
    VL_SIP,
    VL_IAX,
    VL_PJSIP,
    VL_TECHNOLOGY_COUNT,
};

/* A section of sip.conf, iax.conf or an endpoint of pjsip.conf. */
struct vl_device {
    enum vl_technology technology;
    const char *name;
    const char *context; /* NULL: that of [general] */
    const char *host;    /* NULL: not said; of PJSIP where its first AOR is */
    struct vl_position at;
};

/* Somebody that this PBX registers with. */
struct vl_registered {
    enum vl_technology technology;
    const char *host;
    bool named; /* with an extension, which calls from there carry */
};

/* What an account is asked for. */
struct vl_found_secret {
    const char *name, *user; /* of the section, and the one to log in with: mostly the same */
    const char *value;
    struct vl_position at;
};

/* An account that everybody can register as: it is asked for nothing, and its address may be any. Or one of PJSIP that
 * nobody registers as, and that takes calls all the same. */
struct vl_open {
    const char *name;
    const char *wanted; /* the setting that it lacks */
    struct vl_position at;
};

/* A section that lets in whoever calls. */
struct vl_stranger {
    const char *who;     /* which one, for messages */
    const char *context; /* where these calls start */
    const char *wanted;  /* what to write instead */
};

/* What a setting that names a context has it for: "calls start in" it, and where it is not there "every one fails".
 * No consequence: Asterisk makes the context itself. */
struct vl_entry_use {
    const char *setting, *text, *consequence;
};

/* A context that a file names as the place where calls start, or something is looked up. */
struct vl_entry {
    const char *context;
    const struct vl_entry_use *use;
    struct vl_position at;
    bool line;   /* an analogue line, or one of which it is not said what it is */
    bool surely; /* it is a line */
};

struct vl_mailbox {
    const char *name, *context;
};

struct vl_devices {
    bool read[VL_TECHNOLOGY_COUNT];         /* the file was there: its devices are known */
    const char *files[VL_TECHNOLOGY_COUNT]; /* its name, for messages */
    bool mailboxes_missing;                 /* the other files are beside the plan, voicemail.conf is not */
    bool queues_read;                       /* queues.conf was there */
    bool voicemail;                         /* voicemail.conf was there */
    struct vl_module_loading loading;       /* modules.conf */
    bool lines;                             /* a file of telephone lines was there */
    bool guests;                            /* sip.conf takes calls without an account */
    struct vl_position guests_at;           /* where it says so, or where its [general] is */
    const char *guest_context;              /* where they start */
    bool realtime;                          /* devices may come from a database */
    struct vl_device *devices;
    size_t device_count;
    struct vl_names device_names; /* of the devices, for vl_lint_device() */
    struct vl_registered *registered;
    size_t registered_count;
    struct vl_entry *entries;
    size_t entry_count;
    struct vl_found_secret *secrets;
    size_t secret_count;
    struct vl_open *open;
    size_t open_count;
    struct vl_open *unchallenged;
    size_t unchallenged_count;
    struct vl_stranger *strangers; /* of IAX and PJSIP: SIP's are `guests` */
    size_t stranger_count;
    const char **queues;
    size_t queue_count;
    struct vl_mailbox *mailboxes;
    size_t mailbox_count;
    struct vl_names mailbox_names; /* of the mailboxes, for vl_lint_has_mailbox() */
};

struct vl_lint_options;
struct vl_conf;

/* secrets.c: fill secrets, open and strangers from one file; of users.conf secrets only. */
void vl_lint_read_secrets(struct vl_arena *arena, enum vl_technology technology, const struct vl_conf *conf,
                          struct vl_devices *devices);
void vl_lint_read_user_secrets(struct vl_arena *arena, const struct vl_conf *conf, struct vl_devices *devices);

/* Read what the options name, or what lies beside the plan. */
int vl_lint_read_devices(struct vl_arena *arena, const struct vl_lint_options *options, struct vl_devices *ret_devices,
                         struct vl_error *err);

/* The device, NULL when there is none. SIP names are compared without case, as chan_sip does. */
const struct vl_device *vl_lint_device(const struct vl_devices *devices, enum vl_technology technology,
                                       const char *name, size_t length);

bool vl_lint_has_mailbox(const struct vl_devices *devices, const char *name, const char *context);

#endif
