/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The first half of ssh_ahead.c's answer by a perl of any time, without a module: as the shell gives it, byte for byte
 * (test_ssh_scripts.c), in the process that asks Asterisk anyway. The shell needs five more, and processes were a sixth
 * of what a look at thirty guests costs.
 */
#include "machine/ssh_script.h"

/*
 * real() is realpath(3). A file's status is that of what was opened, and it is looked at by its name again when all
 * were read: who finds another one then has read no whole. 71 is the shell's status for files that moved meanwhile. $x
 * tells vl_ssh_ask_program with which status to end where it cannot go on.
 */
const char vl_ssh_learn_program[] =
    "END { print \"t \",time,\"\\n\" unless $? } "
    "$t=shift; $w=shift; @p=splice(@ARGV,2,$ARGV[0]); @g=splice(@ARGV,2,$ARGV[1]); splice(@ARGV,0,2,$t,$w); $x=8; "
    "sub real { my ($r,$n,@q)=(\"\",0,split m{/},$_[0]); while (@q) { my $c=shift @q; next if $c eq \"\" || $c eq "
    "\".\"; if ($c eq \"..\") { $r=~s{/[^/]*$}{}; next } if (-l \"$r/$c\") { return \"\" if $n++>=40; "
    "my $l=readlink(\"$r/$c\"); $r=\"\" if $l=~m{^/}; unshift @q,split m{/},$l } else { $r.=\"/$c\" } } "
    "$r eq \"\" ? \"/\" : $r } "
    "sub facts { sprintf \"i %o %d %d %d %d\\n\",$_[2]&07777,@_[4,5,7,9] } "
    "sub value { \"l \".length($_[0]).\"\\n$_[0]\" } "
    "sub absent { my $d=$_[0]; $d=~s{/[^/]*$}{} while length $d && !-e $d; $d=\"/\" unless length $d; "
    "-d $d && !-x $d ? \"s\" : \"n\" } "
    "for $f (@p) { lstat $f; $h=-l _; if ($h ? !-e $f : !-e _) { $k.=$h ? \"X\" : absent($f); "
    "$l.=value(readlink $f) if $h; next } stat $f; $d=$h ? \"M\" : -f _ ? \"u\" : -d _ ? \"d\" : \"o\"; "
    "if (-f _ && open F,\"<\",$f) { $d=$h ? \"L\" : \"f\"; @s=stat F; $z=$s[7]; "
    "if ($z<=1048576 && $q+$z<=4194304) { $q+=$z; read(F,$b,$z+1)==$z or exit 71; $a.=$b; push @c,$f } close F } "
    "else { @s=stat $f } $k.=$d; $i.=facts(@s); $l.=value(readlink $f).value(real($f)) if $h } "
    "for $f (@c) { @s=stat $f or exit 71; $e.=facts(@s) } "
    "for $g (@g) { @s=-o \"/\" ? getgrnam $g : (); $l.=\"g \".(@s ? $s[2] : \"-\").\"\\n\" } "
    "print \"k $k\\n$i$a$e$l\"; ";

const char vl_ssh_learn_nothing_program[] =
    "END { print \"t \",time,\"\\n\" unless $? } splice(@ARGV,2,2); $x=8; print \"k \\n\"; ";
