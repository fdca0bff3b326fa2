/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the writers of answers share; installer.c is the only caller of the writers, and gives them answers that have
 * packages.
 */
#ifndef VL_RENDER_INSTALLER_PART_H
#define VL_RENDER_INSTALLER_PART_H

#include "base/buf.h"
#include "render/installer.h"

#define VL_INSTALLER_CONSOLE "console=tty0 console=ttyS0,115200"

/* kickstart.c */
void vl_write_kickstart5(struct vl_arena *arena, const struct vl_answers *answers, struct vl_fileset *set);
void vl_write_kickstart7(struct vl_arena *arena, const struct vl_answers *answers, struct vl_fileset *set);
const char *vl_kickstart5_cmdline(struct vl_arena *arena, const struct vl_answers *answers);
const char *vl_kickstart7_cmdline(struct vl_arena *arena, const struct vl_answers *answers);

/* preseed.c */
void vl_write_preseed(struct vl_arena *arena, const struct vl_answers *answers, struct vl_fileset *set);
const char *vl_preseed_cmdline(struct vl_arena *arena, const struct vl_answers *answers);

/* Where in the URL of a Debian tree, …/dists/SUITE/…, the suite begins; NULL: it is none. */
const char *vl_preseed_suite(const char *url);

/* installer_write.c: the packages that are asked for, each behind `before` and with `after` behind it. */
void vl_installer_packages(struct vl_buf *out, const struct vl_answers *answers, const char *before, const char *after);

/* installer_post.c: the commands that make an installed system a guest of the lab, for a shell in it. */
void vl_write_installer_post(struct vl_buf *out, struct vl_arena *arena, const struct vl_answers *answers);

/* A file of the set: its text is what is in the buffer. */
void vl_installer_file(struct vl_arena *arena, struct vl_fileset *set, const char *path, unsigned mode,
                       const struct vl_buf *text, const char *why);

#endif
