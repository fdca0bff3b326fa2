/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One round trip that learns all that is needed of a host over SSH: what files and groups are, what is in them, what
 * Asterisk answers. Kept in ahead.h; the operations on one file or one command look there first.
 *
 * A process costs a guest a millisecond, and `asterisk -rx` nine, seven of them to load the program. So the script does
 * with the shell's own means what it can, asks stat(1) and cat(1) once for all files, and has Asterisk answer all
 * commands over one connection to its control socket: each is followed by a command that does not exist, whose error
 * marks the end of the answer before it. This takes three milliseconds for five commands instead of 45. That much of a
 * Unix socket no shell speaks, but any perl does without a module, and Debian and the distributions of PBXs have it;
 * started anyway, it looks at the files too. Where there is none, or no socket in its usual place, `asterisk -rx` runs
 * once for each; but not where something is to be done first, which takes perl.
 *
 * What is printed:
 *
 *   voiplab ahead
 *   w NUMBER                something was to be done first, and is; what it left in $said
 *   k LETTERS               one per path: n none, s may not be searched, f file, u file that may not be read, d
 *                           directory, o other; links: L to a file, M to what is not read, X to nothing
 *   i MODE UID GID SIZE TIME  per path that is there; then the contents, without a mark between them, of files up to
 *                           VL_TARGET_FILE_LIMIT and as many as stay within VL_AHEAD_TOTAL; then these lines once more
 *                           for files that were read: who finds them the same has read a whole
 *   l LENGTH                what a link says, that many bytes; but for X, a second one with where it ends
 *   g ID                    per group; or `g -`, when there is none or we may not give to it
 *   c STATUS LENGTH         per command, and that many bytes; fewer than asked for when one was not answered in time
 *   t TIME                  the host's clock after all that
 *   voiplab end
 *
 * The shell may be that of CentOS 5, dash or busybox; the tools those of that time.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/list.h"
#include "base/memory.h"
#include "base/text.h"
#include "machine/ahead.h"
#include "machine/ssh_internal.h"
#include "machine/ssh_script.h"

enum { ANSWER_S = 30, SPARE_MS = 5000 };

/* Without a program that comes first: by perl, when there is one; else, or where that does not get as far as to print,
 * by the shell. */
const char vl_ssh_ahead_script[] =
    "LC_ALL=C; export LC_ALL; p=$1 q=$2 t=$3 v=$4 n=$5 m=$6; shift 6; "
    "value() { echo \"l ${#1}\"; printf %s \"$1\"; }; "
    "kind() { if [ -h \"$1\" ]; then if [ -f \"$1\" ] && [ -r \"$1\" ]; then c=L; elif [ -e \"$1\" ]; then c=M; "
    "else c=X; fi; elif [ -f \"$1\" ]; then c=u; [ ! -r \"$1\" ] || c=f; elif [ -d \"$1\" ]; then c=d; "
    "elif [ -e \"$1\" ]; then c=o; else c=n; d=$1; while [ -n \"$d\" ] && [ ! -e \"$d\" ]; do d=${d%/*}; done; "
    "if [ -d \"${d:-/}\" ] && [ ! -x \"${d:-/}\" ]; then c=s; fi; fi; }; "
    "learn() { k=; i=$#; while [ $i -gt 0 ]; do f=$1; shift; i=$((i-1)); kind \"$f\"; k=$k$c; "
    "case $c in [nsX]) ;; *) set -- \"$@\" \"$f\";; esac; done; echo \"k $k\"; [ $# != 0 ] || return 0; "
    "s=$(stat -L -c i:%a:%u:%g:%s:%Y \"$@\") || exit 71; q=0; "
    "for w in $s; do IFS=:; echo $w; unset IFS; f=$1; shift; z=${w%:*}; z=${z##*:}; "
    "if [ -f \"$f\" ] && [ -r \"$f\" ] && [ \"$z\" -le 1048576 ] && [ $((q+z)) -le 4194304 ]; "
    "then q=$((q+z)); set -- \"$@\" \"$f\"; fi; done; "
    "[ $# = 0 ] || { cat \"$@\" && stat -L -c \"i %a %u %g %s %Y\" \"$@\"; } || exit 71; }; "
    "links() { for f; do [ -h \"$f\" ] || continue; value \"$(readlink \"$f\")\"; "
    "[ ! -e \"$f\" ] || value \"$(readlink -f \"$f\")\"; done; }; " VL_SSH_GROUP VL_SSH_ASKING
    "echo \"voiplab ahead\"; s=9; if command -v perl >/dev/null 2>&1; then "
    "perl -e \"$q$p\" \"$t\" \"$v\" $n $m \"$@\"; s=$?; fi; "
    "end() { echo \"t $(date +%s)\"; echo \"voiplab end\"; exit 0; }; "
    "case $s in 0) echo \"voiplab end\"; exit 0;; 8) shift $((n+m)); each \"$@\"; end;; 9) ;; *) exit $s;; esac; "
    "part() { j=$1 l=$2 i=$#; shift 2; i=$((i-2)); while [ $i -gt 0 ]; do f=$1; shift; i=$((i-1)); "
    "if [ $j -le 0 ] && [ $l -gt 0 ]; then set -- \"$@\" \"$f\"; l=$((l-1)); fi; j=$((j-1)); done; $h \"$@\"; }; "
    "h=learn; part 0 $n \"$@\"; h=links; part 0 $n \"$@\"; "
    "groups() { for g; do x=; [ ! -O / ] || group \"$g\"; echo \"g ${x:--}\"; done; }; h=groups; part $n $m \"$@\"; "
    "shift $((n+m)); each \"$@\"; end";

_Static_assert(VL_TARGET_FILE_LIMIT == 1048576 && VL_AHEAD_TOTAL == 4194304, "the script above has these numbers");

static size_t add(const char **argv, size_t count, const char *const *list)
{
    for (size_t i = 0; list && list[i]; i++)
        argv[count++] = list[i];
    return count;
}

static bool is_sound(const struct vl_wanted *wanted)
{
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    size_t counts[3] = { 0 };

    for (; wanted->paths && wanted->paths[counts[0]]; counts[0]++)
        if (counts[0] >= VL_AHEAD_MOST || vl_ssh_check_path(wanted->paths[counts[0]], &ignored) < 0)
            return false;
    for (; wanted->groups && wanted->groups[counts[1]]; counts[1]++)
        if (counts[1] >= VL_AHEAD_MOST || !vl_ssh_is_group(wanted->groups[counts[1]]))
            return false;
    for (; wanted->commands && wanted->commands[counts[2]]; counts[2]++)
        if (counts[2] >= VL_AHEAD_MOST)
            return false;
    return counts[0] + counts[1] + counts[2] > 0;
}

int vl_ssh_answer_seconds(const struct vl_ssh *ssh)
{
    int timeout_ms = ssh->base.answer_timeout_ms;

    return timeout_ms > 0 ? (timeout_ms + 999) / 1000 : ANSWER_S;
}

#define AHEAD "voiplab ahead\n"
#define DONE "w "

/* The words behind the programs. */
static void add_question(const char **argv, struct vl_target *target, const struct vl_wanted *wanted,
                         struct vl_arena *arena)
{
    size_t count = 0;

    argv[count++] = vl_arena_printf(arena, "%d", vl_ssh_answer_seconds(vl_ssh_of(target)));
    argv[count++] = wanted->awaited ? vl_arena_printf(arena, "%u %s", wanted->together, wanted->awaited) : "";
    argv[count++] = vl_arena_printf(arena, "%zu", vl_list_length(wanted->paths));
    argv[count++] = vl_arena_printf(arena, "%zu", vl_list_length(wanted->groups));
    count = add(argv, count, wanted->paths);
    count = add(argv, count, wanted->groups);
    (void)add(argv, count, wanted->commands);
}

/* Perl alone: who can do without needs another way for the program as well, and no shell is a process less. Of files it
 * learns only where there are some; without a control socket in its usual place it ends with a status of its own, and
 * nothing was learnt. */
static const char *perl_of(const struct vl_wanted *wanted, const char *program, struct vl_arena *arena)
{
    bool learns = (wanted->paths && *wanted->paths) || (wanted->groups && *wanted->groups);

    return vl_arena_printf(arena,
                           "BEGIN { $ENV{LC_ALL}=\"C\" } END { print \"voiplab end\\n\" unless $? } "
                           "print \"voiplab ahead\\n\"; %sprint \"w \",$said+0,\"\\n\"; %s%s",
                           program, learns ? vl_ssh_learn_program : vl_ssh_learn_nothing_program, vl_ssh_ask_program);
}

const char *const *vl_ssh_question(struct vl_target *target, const struct vl_wanted *wanted, const char *program,
                                   struct vl_arena *arena)
{
    const char **argv = vl_arena_zalloc(arena, (3 * VL_AHEAD_MOST + 16) * sizeof(*argv));
    size_t count = 0;

    if (!argv || !is_sound(wanted))
        return NULL;
    if (program) {
        argv[count++] = "env"; /* which is there, and says by 127 that perl is not: an agent would not know it */
        argv[count++] = "perl";
        argv[count++] = "-e";
        argv[count++] = perl_of(wanted, program, arena);
    } else {
        argv[count++] = "sh";
        argv[count++] = "-c";
        argv[count++] = vl_ssh_ahead_script;
        argv[count++] = "sh";
        argv[count++] = vl_ssh_ask_program;
        argv[count++] = vl_ssh_learn_program;
    }
    add_question(argv + count, target, wanted, arena);
    return arena->failed ? NULL : argv;
}

static bool learn(struct vl_ssh *ssh, const struct vl_wanted *wanted, const char *bytes, size_t length)
{
    struct vl_ahead *learnt = vl_calloc(1, sizeof(*learnt));

    if (!learnt)
        return false;
    learnt->taken_ms = vl_now_ms();
    if (!vl_ahead_parse(learnt, wanted, bytes, length)) {
        vl_ahead_drop(&learnt);
        return false;
    }
    vl_ahead_push(&ssh->ahead, learnt);
    return true;
}

/* An answer that is longer than that of a command may be, or has a NUL in it, is cut: what was done is done. */
enum vl_taken vl_ssh_take(struct vl_target *target, const struct vl_wanted *wanted, const char *answer,
                          unsigned long *ret_said)
{
    if (!vl_text_starts(answer, AHEAD DONE))
        return VL_TAKEN_NOT;
    *ret_said = strtoul(answer + strlen(AHEAD DONE), NULL, 10);
    return learn(vl_ssh_of(target), wanted, answer, strlen(answer)) ? VL_TAKEN_LEARNT : VL_TAKEN_DONE;
}

void vl_ssh_prefetch(struct vl_target *target, const struct vl_wanted *wanted)
{
    struct vl_ssh *ssh = vl_ssh_of(target);
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    VL_SSH_REPLY_AUTO reply = { .status = -1 };
    VL_ARENA_AUTO arena = { .blocks = NULL };
    const char *const *argv;

    if (!vl_ssh_is_open(ssh) || vl_ahead_has(ssh->ahead, wanted, vl_now_ms()))
        return;
    argv = vl_ssh_question(target, wanted, NULL, &arena);
    if (argv &&
        vl_ssh_execute(ssh, argv, NULL, VL_AHEAD_LIMIT, vl_ssh_answer_seconds(ssh) * 1000 + SPARE_MS, &reply,
                       &ignored) == 0 &&
        !reply.status)
        (void)learn(ssh, wanted, vl_buf_text(&reply.output), reply.output.length);
}
