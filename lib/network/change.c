/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "network/change.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/delete.h"
#include "base/file.h"
#include "base/text.h"
#include "network/checkpoint.h"

/* `pending` and `reverting` hold one number: the deadline in milliseconds since boot. */
static bool read_deadline(const char *directory, const char *name, long long *ret_deadline)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    VL_FREE char *text = NULL;

    if (vl_file_read(vl_arena_printf(&arena, "%s/%s", directory, name), 256, &text, NULL, &ignored) < 0)
        return ignored.code != VL_ERROR_NOTFOUND;
    if (strtoll(text, NULL, 10) > 0)
        *ret_deadline = strtoll(text, NULL, 10);
    return true;
}

bool vl_change_is_watched(const char *directory)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_CLOSE int descriptor = open(vl_arena_printf(&arena, "%s/watchdog", directory), O_RDONLY | O_CLOEXEC);

    return descriptor >= 0 && flock(descriptor, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK;
}

enum vl_change_phase vl_change_phase(const char *directory, long long *ret_left_s)
{
    long long deadline = 0, left;
    bool pending = read_deadline(directory, "pending", &deadline);
    bool reverting = read_deadline(directory, "reverting", &deadline);

    if (!pending && !reverting)
        return VL_CHANGE_NONE;
    if (!vl_change_is_watched(directory))
        return VL_CHANGE_ABANDONED;
    left = (deadline - vl_boot_ms() + 999) / 1000;
    if (ret_left_s)
        *ret_left_s = reverting || left < 0 ? 0 : left;
    return VL_CHANGE_ARMED;
}

int vl_change_begin(const char *directory, long long deadline_ms, struct vl_error *err)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    const char *text = vl_arena_printf(&arena, "%lld\n", deadline_ms);
    const char *path = vl_arena_printf(&arena, "%s/pending", directory);

    if (vl_file_write(path, text, strlen(text), 0600, err) == 0)
        return 0;
    (void)vl_file_drop(path); /* it may be in its place and only not be synced */
    return -1;
}

static bool is_gone(const char *directory, const char *name)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };

    return access(vl_arena_printf(&arena, "%s/%s", directory, name), F_OK) < 0 && errno == ENOENT;
}

static bool remove_mark(const char *directory, const char *name)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };

    return vl_file_drop(vl_arena_printf(&arena, "%s/%s", directory, name));
}

void vl_change_drop(const char *directory)
{
    (void)remove_mark(directory, "pending");
}

bool vl_change_pending(const char *directory)
{
    return !is_gone(directory, "pending");
}

enum vl_change_mark vl_change_mark(const char *directory, long long deadline_ms)
{
    long long pending = deadline_ms, reverting = deadline_ms;

    if (read_deadline(directory, "pending", &pending))
        return pending == deadline_ms ? VL_MARK_PENDING : VL_MARK_DECIDED;
    if (read_deadline(directory, "reverting", &reverting))
        return reverting == deadline_ms ? VL_MARK_REVERTING : VL_MARK_DECIDED;
    return VL_MARK_DECIDED;
}

int vl_change_confirm(const char *directory, struct vl_error *err)
{
    VL_ERROR_AUTO cause = { .code = VL_OK };
    bool watched = vl_change_is_watched(directory), waits = vl_change_pending(directory);
    const char *mark = waits ? "pending" : "reverting";

    if (!waits && (watched || is_gone(directory, "reverting")))
        return 0;
    /* what nobody watches can be read no more, perhaps, and this is then the only way out */
    if (vl_checkpoint_keep(directory, &cause) < 0 && watched) {
        vl_error_move(err, &cause);
        return -1;
    }
    if (!remove_mark(directory, mark))
        return errno == ENOENT ? 0 : vl_fail_errno(err, "cannot remove '%s/%s'", directory, mark);
    vl_file_sync_names(directory); /* a power cut must not undo what was decided */
    return 1;
}

bool vl_change_take_back(const char *directory)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    const char *reverting = vl_arena_printf(&arena, "%s/reverting", directory);

    if (!vl_file_move(vl_arena_printf(&arena, "%s/pending", directory), reverting) && errno == ENOENT)
        return !is_gone(directory, "reverting");
    vl_file_sync_names(directory);
    return true;
}

void vl_change_over(const char *directory, const char *outcome, bool over)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    const char *line = vl_arena_printf(&arena, "%s\n", outcome);

    (void)vl_file_write(vl_arena_printf(&arena, "%s/outcome", directory), line, strlen(line), 0600, &ignored);
    if (over)
        (void)remove_mark(directory, "reverting");
}

const char *vl_change_outcome(struct vl_arena *arena, const char *directory, const char *prefix)
{
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    VL_FREE char *text = NULL;

    if (vl_file_read(vl_arena_printf(arena, "%s/outcome", directory), 4096, &text, NULL, &ignored) < 0)
        return "";
    return vl_arena_printf(arena, "%s%s", prefix, vl_text_printable(arena, vl_text_strip(text)));
}
