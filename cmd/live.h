/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A load run that is watched: as a picture that stands still on a terminal and listens to keys, or as lines of JSON.
 */
#ifndef CMD_LIVE_H
#define CMD_LIVE_H

#include <stdbool.h>
#include <stddef.h>

#include "voiplab.h"

/* live.c: the view. Its texts and the terminal's mode are those of this process: there is one. */

/* `steered`: the rate may be changed, and not only the run be stopped. */
void cmd_live_setup(bool steered);
/* For struct voiplab_sipp. The view begins with the first figures. */
void cmd_live_figures(void *context, const struct voiplab_load_figures *figures);
void cmd_live_steer(void *context, struct voiplab_load_steering *steering);
/* Take the picture away, before something else is printed; the next figures bring it back. */
void cmd_live_erase(void);
/* Give the terminal its mode back, and hear no more keys. May be called from a signal handler, and more than once. */
void cmd_live_leave(void);

/* live_json.c: for struct voiplab_sipp, a line for each call. */
void cmd_live_json(void *context, const struct voiplab_load_figures *figures);

#endif
