/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Models of telephones are data: share/phones/MODEL.ini. A setting there reads `KEY = ELEMENT TEXT`; in both stand
 * {placeholders} of the table below, which the renderer fills in. A model that needs no new placeholder needs no code.
 */
#ifndef VL_LAB_PHONE_MODEL_H
#define VL_LAB_PHONE_MODEL_H

#include "lab/lab.h"

/* What a template may ask for. X(ENUM, name, of a line only) */
#define VL_PHONE_VALUES(X)                                                                                             \
    X(MAC, "mac", false)           /* 000e08aabbcc */                                                                  \
    X(TITLE, "title", false)       /* the name that is shown */                                                        \
    X(SERVER, "server", false)     /* address of the PBX */                                                            \
    X(PASSWORD, "password", false) /* of the web page */                                                               \
    X(NTP, "ntp", false)           /* time server */                                                                   \
    X(TIMEZONE, "timezone", false)                                                                                     \
    X(DAYLIGHT, "daylight", false)   /* rule of the summer time */                                                     \
    X(SUMMER, "summer", false)       /* yes or no: whether there is one */                                             \
    X(VOICEMAIL, "voicemail", false) /* number of the voicemail */                                                     \
    X(URL, "url", false)             /* where the profile lies; in `resync` only */                                    \
    X(LINE, "line", true)            /* 1, 2, ... */                                                                   \
    X(PORT, "port", true)            /* its own SIP port */                                                            \
    X(EXTENSION, "extension", true)                                                                                    \
    X(NAME, "name", true) /* the title, or the extension when there is none */                                         \
    X(SECRET, "secret", true)                                                                                          \
    X(CODEC, "codec", true)         /* asked for first */                                                              \
    X(OTHER, "other-codec", true)   /* asked for second */                                                             \
    X(NAT, "nat", true)             /* yes or no */                                                                    \
    X(KEEPALIVE, "keepalive", true) /* yes or no */                                                                    \
    X(DIALPLAN, "dialplan", true)   /* the digit map */

enum vl_phone_value {
#define X(id, name, line) VL_PHONE_##id,
    VL_PHONE_VALUES(X)
#undef X
        VL_PHONE_VALUE_COUNT
};

/* Fill in the placeholders of `template` with `values` (index: enum vl_phone_value; NULL counts as ""). In the arena.
 */
const char *vl_phone_fill(struct vl_arena *arena, const char *template, const char *const *values);

/* Read the model `name` of `share_directory`/phones; everything in it lives in the arena. A mistake in the file is
 * VL_ERROR_LAB with FILE:LINE, a missing one VL_ERROR_NOTFOUND. */
int vl_phone_model_read(struct vl_arena *arena, const char *share_directory, const char *name,
                        struct vl_phone_model *ret_model, struct vl_error *err);

#endif
