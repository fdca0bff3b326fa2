/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/batch.h"

#include <string.h>

#include "machine/lines.h"

/* One line per file that is in its place, or gone: at most as many as there are. */
static void take_files(struct vl_lines *lines, size_t files, struct vl_batch_report *report)
{
    while (report->done < files && vl_lines_try_word(lines, "s"))
        report->done++;
}

/* Why it stopped, when it did. A failure while the texts are made ready is before any file is touched. */
static void take_failure(struct vl_lines *lines, size_t count, struct vl_batch_report *report,
                         struct vl_batch_failure *failure)
{
    static const int bases[3] = { 10, 10, 10 };
    unsigned long numbers[3]; /* item, status, 1 when files were being put in place */

    if (!vl_lines_try_numbers(lines, 'f', bases, numbers, 3))
        return;
    if (numbers[0] > count || numbers[1] < 1 || numbers[1] > 255 || numbers[2] > 1 ||
        (!numbers[2] && report->done > 0)) {
        lines->failed = true;
        return;
    }
    *failure = (struct vl_batch_failure){ .failed = true, .index = numbers[0], .status = (int)numbers[1] };
    report->touched = report->done + (numbers[2] && numbers[0] < count ? 1 : 0);
}

static void take_commands(struct vl_lines *lines, size_t count, struct vl_batch_report *report)
{
    while (report->done < count && vl_lines_try_answer(lines, &report->results[report->done]))
        report->done++;
}

bool vl_batch_parse(const struct vl_batch_item *items, size_t count, const char *bytes, size_t length,
                    struct vl_batch_report *report, struct vl_batch_failure *ret_failure)
{
    struct vl_lines lines = { .at = bytes, .end = bytes + length };
    size_t files = 0;

    while (files < count && items[files].kind != VL_BATCH_COMMAND)
        files++;
    *ret_failure = (struct vl_batch_failure){ .failed = false };
    report->done = 0;
    report->touched = count;
    (void)vl_lines_word(&lines, "voiplab batch");
    take_files(&lines, files, report);
    take_failure(&lines, count, report, ret_failure);
    if (!ret_failure->failed && report->done == files)
        take_commands(&lines, count, report);
    if (!vl_lines_word(&lines, "voiplab end") || lines.at != lines.end)
        return false;
    return ret_failure->failed || report->done >= files;
}
