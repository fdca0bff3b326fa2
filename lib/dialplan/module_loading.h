/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * modules.conf: which modules an Asterisk loads when it starts.
 */
#ifndef VL_DIALPLAN_MODULE_LOADING_H
#define VL_DIALPLAN_MODULE_LOADING_H

#include "dialplan/conf.h"

struct vl_module_loading {
    bool read;                     /* there was a modules.conf */
    bool autoload;                 /* it loads whatever it does not bar */
    const char **loaded, **barred; /* modules that it names */
    size_t loaded_count, barred_count;
};

/* Texts are kept in the arena. */
void vl_module_loading_read(struct vl_arena *arena, const struct vl_conf *conf, struct vl_module_loading *ret_loading);

/* Whether its noload names the module ("app_dial" or "app_dial.so"), in whatever case. */
bool vl_module_is_barred(const struct vl_module_loading *loading, const char *module);

/* Whether it loads the module, provided that this is installed. */
bool vl_module_is_loaded(const struct vl_module_loading *loading, const char *module);

#endif
