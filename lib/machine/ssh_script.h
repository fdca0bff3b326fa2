/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the scripts for a host over SSH share: how Asterisk is asked (ssh_ask.c). Why in this way is told in
 * ssh_ahead.c.
 */
#ifndef VL_MACHINE_SSH_SCRIPT_H
#define VL_MACHINE_SSH_SCRIPT_H

/* Shell functions: `ask COMMAND...` prints `c STATUS LENGTH` and the answer for each, in order, up to the first that is
 * not answered within $t seconds. $p is vl_ssh_ask_program. Where that does not get through, `each` has `asterisk -rx`
 * run for one after the other: a list of channels before a call must not have the call in it. The answers are bounded
 * as run() bounds its own: a program that prints for ever is ended at that size. */
#define VL_SSH_ASKING                                                                                                  \
    "one() { (ulimit -f 2048; exec asterisk -rx \"$1\") >\"$d/o\" 2>/dev/null </dev/null; s=$?; "                      \
    "z=$(wc -c <\"$d/o\"); z=$((z)); [ $z -le 1048576 ] || z=1048576; echo \"c $s $z\"; head -c $z \"$d/o\"; }; "      \
    "each() { [ $# != 0 ] || return 0; d=$(mktemp -d /tmp/.voiplab.XXXXXX) || return 0; "                              \
    "trap 'rm -rf \"$d\"' 0; trap 'exit 82' 1 2 13 15; for c; do one \"$c\"; done; }; "                                \
    "ask() { if [ $# != 0 ] && command -v perl >/dev/null 2>&1; then perl -e \"$p\" \"$t\" '' \"$@\"; "                \
    "[ $? = 9 ] || return 0; fi; each \"$@\"; }; "

/* Shell function: `group NAME` sets $x to its number, where the host has it, else to nothing. */
#define VL_SSH_GROUP                                                                                                   \
    "group() { x=; while IFS=: read -r a b c d; do if [ \"$a\" = \"$1\" ]; then x=$c; fi; "                            \
    "done </etc/group; [ -z \"$x\" ] || return 0; x=$(getent group \"$1\" 2>/dev/null); x=${x#*:*:}; x=${x%%:*}; }; "

/* Programs of perl(1), without a line end and without a module. One asks: seconds, how many commands are the last and
 * what is awaited of them (struct vl_wanted) with blanks between, then the commands. It ends with 9, having printed
 * nothing, when the control socket is not to be had. Behind the other one, which learns of files and groups, their
 * numbers and names come before the commands, and that status is 8. */
extern const char vl_ssh_ask_program[];
extern const char vl_ssh_learn_program[];
extern const char vl_ssh_learn_nothing_program[]; /* where there are none of either */

/* What vl_ssh_prefetch() runs with sh(1): the two programs, seconds, what is awaited, how many paths, how many groups;
 * then these, and the commands. */
extern const char vl_ssh_ahead_script[];

#endif
