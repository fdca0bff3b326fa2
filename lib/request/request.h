/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Requests: what each command of the public interface does, from the stages, the fleet and the probes.
 */
#ifndef VL_REQUEST_REQUEST_H
#define VL_REQUEST_REQUEST_H

#include "plan/session.h"
#include "request/fleet.h"
#include "request/result.h"

/* What every request works with. */
struct vl_run {
    struct vl_session *session;
    const struct voiplab_request *request;
    struct voiplab_result *result;
    struct vl_error *err;
    int *lock; /* descriptor that holds the lock of the lab; -1: none is held */
};

/* Requests return 0 or -1; err->code makes the status. In the files named after them, those of the whole lab in up.c.
 */
#define REQUEST(command, function, ...) int function(const struct vl_run *run);
#include "request/requests.h"
#undef REQUEST

/* In phone.c. Whether the lab has the telephones that are named. */
int vl_run_phone_names(const struct vl_run *run);
int vl_run_create_vm_values(const struct vl_run *run);
/* In image_import.c. Carry out the plan of an image of the cache, or show it, and tell of the image; `made` is how it
 * came there. An empty plan: it is there. */
int vl_run_keep_image(const struct vl_run *run, struct vl_plan *plan, const char *name, const char *made);

/* In image_capture.c. Whether the lab has the guest that is named, and the name of the image can be one. */
int vl_run_image_capture_names(const struct vl_run *run);
/* In capture.c. Whether the lab has the PBXs and the trunks A:B that are named. */
int vl_run_capture_names(const struct vl_run *run);
/* In snapshot_names.c. Whether the tag and the PBXs that are named can be meant. */
int vl_run_snapshot_names(const struct vl_run *run);

/* Whether the request names nothing but sections `[KIND NAME]` of the lab file, whose names are `known`
 * (NULL-terminated). VL_ERROR_USAGE, with the nearest or with all that there are. */
int vl_run_check_names(const struct vl_run *run, const char *kind, const char *const *known);

/* In impair.c. Whether the words are a trunk of the lab and what it shall lose; and say which trunks lose packets on
 * purpose. */
int vl_run_impair_names(const struct vl_run *run);
void vl_run_tell_impaired(const struct vl_run *run);

/* The result of a command that gives others to be run: its heading and the array `commands`, which the caller closes;
 * and one of them, the PBX that it is for and its words, up to VL_RESULT_COLUMNS in all, NULL-terminated. */
void vl_run_begin_commands(const struct vl_run *run);
void vl_run_add_command(const struct vl_run *run, const char *const *cells);

/* In ssh.c. See to the files of ssh(1), and add a row for each PBX that is meant: its name, then the command line that
 * runs `words` on it, by ssh (with a `terminal`) or, on this host, as they are. Without any words it is a login. They
 * stand in nobody's quotes: no characters that a shell would take for its own. */
int vl_run_hand_over(const struct vl_run *run, bool terminal, const char *const *words);

/* In exec.c. Run `argv` on a PBX whose SSH answers; the result is the caller's to free. */
int vl_run_on(const struct vl_run *run, const struct vl_pbx *pbx, const char *const *argv,
              struct vl_command_result *ret_result, struct vl_error *err);
/* Print a plan that is to run `argv` on each PBX that is meant. */
int vl_run_show_command(const struct vl_run *run, const char *const *argv);
/* What a PBX said, as it may be printed: whole lines, escaped, and without secrets unless they are asked for. */
char *vl_run_output(const struct vl_run *run, struct vl_arena *arena, const char *said);
/* The same with secrets, of what has none any more; letters of UTF-8 stay. */
char *vl_run_visible(struct vl_arena *arena, const char *said);

/* All is changed that will be: others may change the lab while this request goes on. */
void vl_run_unlock(const struct vl_run *run);

/* Print `plan` into the result as the request's mode asks for it; VL_ERROR_DRIFT under VOIPLAB_CHECK when it is not
 * empty. */
int vl_run_show_plan(const struct vl_run *run, const struct vl_plan *plan);

/* The lab's host stages (state, and when asked for bridge and images), planned and carried out. Adds to *changed. */
int vl_run_apply_stage(const struct vl_run *run, int (*stage)(struct vl_session *, struct vl_plan *, struct vl_error *),
                       size_t *changed);

/* Carry out a plan of this host and libvirt. `root` is where its files lie: "/" for the state of a lab, which is always
 * this host's, and the root option for the files of the bridge. */
int vl_run_apply_plan(const struct vl_run *run, const struct vl_plan *plan, const char *root, size_t *changed);

/* Show or carry out a plan that takes guests away, and sum it up. */
int vl_run_take_away(const struct vl_run *run, const struct vl_plan *plan);

/* The table of PBXs from what the fleet saw, and the error when members failed. */
void vl_run_fleet_table(const struct vl_run *run, struct vl_fleet *fleet, bool calls);
void vl_run_failures_json(const struct vl_run *run, struct vl_fleet *fleet);
int vl_run_fleet_error(const struct vl_run *run, const struct vl_fleet *fleet);

/* In up.c. Connect to whoever runs, ask about the trunks, with `calls` call everyone from everyone, and find out why
 * what failed did; nothing is changed. `every`: the edges that are good are wanted as well. */
int vl_run_look(const struct vl_run *run, struct vl_fleet *fleet, bool calls, bool every);

/* In ways.c. Say which guests have no way to which, and which trunks are to encrypt and cannot. */
void vl_run_tell_ways(const struct vl_run *run);

/* Connect to the hypervisor when the lab has virtual machines. Under a dry run one that does not answer is a warning.
 */
int vl_run_hypervisor(const struct vl_run *run);

/* Say which guests run, or lie there, that the lab file has no more. */
int vl_run_tell_orphans(const struct vl_run *run);

bool vl_run_is_dry(const struct vl_run *run);

#endif
