/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/ssh_script.h"

/*
 * Numbers for AF_UNIX and SOCK_STREAM, as Linux has them on all machines but MIPS, which is told by the 9 that it
 * cannot connect. The greeting is HOST/PROCESS/VERSION. A command that Asterisk does not know is named in its error;
 * one of a single word is named whole by all versions. The last command is asked again, after pauses of 20 to 100 ms,
 * until what is awaited of it is there or a third of a second has passed.
 */
const char vl_ssh_ask_program[] =
    "$t=shift; @w=split / /,shift; exit 0 unless @ARGV; $SIG{ALRM}=sub{exit 0}; $SIG{PIPE}=\"IGNORE\"; $|=1; alarm "
    "$t; $n=@ARGV; "
    "for $f (\"/var/run/asterisk/asterisk.ctl\",\"/var/run/asterisk.ctl\") { socket(S,1,1,0) or exit($x||9); "
    "if (connect(S,pack(\"Sa*\",1,\"$f\\0\"))) { $y=1; last } } exit($x||9) unless $y; "
    "sysread(S,$b,4096); exit($x||9) unless $b=~m{^[^\\n]*/\\d+/[^\\n]*\\n}; "
    "for $c (@ARGV) { $o=\"\"; syswrite(S,\"$c\\0voiplab-end\\0\"); while (1) { sysread(S,$b,65536) or exit 0; $o.=$b; "
    "if (substr($o,-400)=~/No such command .voiplab-end.[^\\n]*\\n\\0*$/) { "
    "$o=~s/No such command .voiplab-end.[^\\n]*\\n\\0*$//; last } "
    "if (length($o)>1048576) { print \"c 0 1048576\\n\",substr($o,0,1048576); exit 0 } } "
    "if (!--$n && $u<5 && grep { $o!~/^\\Q$_\\E[^\\n]*!Up!/m } @w) { select(undef,undef,undef,++$u/50); $n=1; redo } "
    "print \"c 0 \",length($o),\"\\n\",$o }";
