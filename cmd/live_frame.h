/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The picture of a load run: figures in, text out.
 */
#ifndef CMD_LIVE_FRAME_H
#define CMD_LIVE_FRAME_H

#include <stdbool.h>
#include <stddef.h>

#include "voiplab.h"

enum { CMD_LIVE_PAST = 64, CMD_LIVE_GUESTS = 16 };

/* What is drawn as a line of little bars. */
enum cmd_live_series {
    CMD_LIVE_RATE,
    CMD_LIVE_UP,
    CMD_LIVE_SUCCEEDED, /* in each second, as the next one */
    CMD_LIVE_FAILED,
    CMD_LIVE_P50,
    CMD_LIVE_P95,
    CMD_LIVE_LOSS,
    CMD_LIVE_MOS, /* 1 is 0 here, and the best, 4.5, is 1; from here on 1 is full */
    CMD_LIVE_GENERATOR,
    CMD_LIVE_HOST,                      /* processor, memory */
    CMD_LIVE_GUEST = CMD_LIVE_HOST + 2, /* and the same of each guest */
    CMD_LIVE_SERIES = CMD_LIVE_GUEST + 2 * CMD_LIVE_GUESTS,
};

/* The last minute. All zeros is the start. */
struct cmd_live_past {
    double values[CMD_LIVE_SERIES][CMD_LIVE_PAST]; /* the oldest first; NAN: not known */
    size_t count;
    unsigned long long succeeded, failed; /* at the figures before */
    bool heard;                           /* this run has sound */
};

void cmd_live_take(struct cmd_live_past *past, const struct voiplab_load_figures *figures);

struct cmd_live_screen {
    size_t columns, rows; /* that may be used: no line is wider, and there are no more of them */
    bool utf8;
};

enum cmd_live_keys {
    CMD_LIVE_STEERED, /* all of them */
    CMD_LIVE_PAUSED,
    CMD_LIVE_WATCHED, /* only the one that stops it */
    CMD_LIVE_STOPPED, /* it is told to stop */
    CMD_LIVE_UNHEARD, /* there is nobody to press one */
};

/* The picture, each line ended by a line feed; *ret_lines is how many there are. The figures are those that were taken
 * last. The caller frees it; NULL: no memory. */
char *cmd_live_draw(const struct cmd_live_past *past, const struct voiplab_load_figures *figures,
                    const struct cmd_live_screen *screen, enum cmd_live_keys keys, size_t *ret_lines);

#endif
