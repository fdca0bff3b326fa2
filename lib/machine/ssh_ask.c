/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/ssh_script.h"

/*
 * Numbers for AF_UNIX and SOCK_STREAM, as Linux has them on all machines but MIPS, which is told by the 9 that it
 * cannot connect. The greeting is HOST/PROCESS/VERSION. A command that Asterisk does not know is named in its error;
 * one of a single word is named whole by all versions. The last command, or the last ones together, are asked again
 * until what is awaited of them is there, after pauses of 20, 40, 60 ms and so on, five times; several, which cost
 * more, after 60, 120, 190 ms and so on, eight times: so long do ten guests take that all register at once, and to be
 * asked once more costs each of them as much. That an answer is another than before (`!=`) is waited for four of
 * them: it may be the same in the end, of the same second or without a time. What was answered before it is cut off is
 * given all the same.
 */
const char vl_ssh_ask_program[] =
    "$t=shift; ($g,@w)=split / /,shift; exit 0 unless @ARGV; $g=1 unless $g; sub gone { print @k ? @k : @h; exit 0 } "
    "$SIG{ALRM}=\\&gone; "
    "$SIG{PIPE}=\"IGNORE\"; $|=1; alarm $t; $n=@ARGV; ($m,$s)=$g>1 ? (8,16) : (5,50); "
    "sub lacks { my($w,$o)=@_; $w eq \"!=\" ? $i && $u<4 : $w=~s/^~// ? $o!~/$w/ : $o!~/^\\Q$w\\E[^\\n]*!Up!/m } "
    "for $f (\"/var/run/asterisk/asterisk.ctl\",\"/var/run/asterisk.ctl\") { socket(S,1,1,0) or exit($x||9); "
    "if (connect(S,pack(\"Sa*\",1,\"$f\\0\"))) { $y=1; last } } exit($x||9) unless $y; "
    "sysread(S,$b,4096); exit($x||9) unless $b=~m{^[^\\n]*/\\d+/[^\\n]*\\n}; "
    "sub ask { my $o=\"\"; syswrite(S,\"$_[0]\\0voiplab-end\\0\"); while (1) { sysread(S,$b,65536) or gone(); $o.=$b; "
    "if (substr($o,-400)=~/No such command .voiplab-end.[^\\n]*\\n\\0*$/) { "
    "$o=~s/No such command .voiplab-end.[^\\n]*\\n\\0*$//; return $o } "
    "if (length($o)>1048576) { print @h,\"c 0 1048576\\n\",substr($o,0,1048576); exit 0 } } } "
    "for $c (splice(@ARGV,0,$n>$g ? $n-$g : 0)) { $o=$e{$c}=ask($c); print \"c 0 \",length($o),\"\\n\",$o } "
    "while (1) { @h=(); $a=\"\"; $i=0; for $c (@ARGV) { $o=ask($c); $a.=$o; "
    "if (exists $e{$c}) { if ($e{$c} eq $o) { $i=1 } else { delete $e{$c} } } push @h,\"c 0 \".length($o).\"\\n\",$o } "
    "@k=@h; last if $u>=$m || !grep { lacks($_,$a) } @w; select(undef,undef,undef,++$u/$s) } print @h";
