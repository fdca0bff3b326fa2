/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the scripts for a host over SSH share: how Asterisk is asked (ssh_ask.c). Why in this way is told in
 * ssh_ahead.c.
 */
#ifndef VL_MACHINE_SSH_SCRIPT_H
#define VL_MACHINE_SSH_SCRIPT_H

/* Shell functions: `ask COMMAND...` prints `c STATUS LENGTH` and the answer for each, in order, up to the first that is
 * not answered within $t seconds. $p is vl_ssh_ask_program. Where that does not get through, `asterisk -rx` runs for
 * one after the other: a list of channels before a call must not have the call in it. The answers are bounded as run()
 * bounds its own: a program that prints for ever is ended at that size. */
#define VL_SSH_ASK                                                                                                     \
    "one() { (ulimit -f 2048; exec asterisk -rx \"$1\") >\"$d/o\" 2>/dev/null </dev/null; s=$?; "                      \
    "z=$(wc -c <\"$d/o\"); z=$((z)); [ $z -le 1048576 ] || z=1048576; echo \"c $s $z\"; head -c $z \"$d/o\"; }; "      \
    "ask() { [ $# != 0 ] || return 0; if command -v perl >/dev/null 2>&1; then perl -e \"$p\" \"$t\" \"$@\"; "         \
    "[ $? = 9 ] || return 0; fi; d=$(mktemp -d /tmp/.voiplab.XXXXXX) || return 0; trap 'rm -rf \"$d\"' 0; "            \
    "trap 'exit 82' 1 2 13 15; for c; do one \"$c\"; done; }; "

/* Shell function: `group NAME` sets $x to its number, where the host has it, else to nothing. */
#define VL_SSH_GROUP                                                                                                   \
    "group() { x=; while IFS=: read -r a b c d; do if [ \"$a\" = \"$1\" ]; then x=$c; fi; "                            \
    "done </etc/group; [ -z \"$x\" ] || return 0; x=$(getent group \"$1\" 2>/dev/null); x=${x#*:*:}; x=${x%%:*}; }; "

/* The program of perl(1), without a line end and without a module: seconds, then the commands. Ends with 9, having
 * printed nothing, when the control socket is not to be had. */
extern const char vl_ssh_ask_program[];

#endif
