#!/bin/sh
# The kickstart files of the golden files against the grammar of their installer (tools/kickstart.py), and that this
# sees what is broken: each of these files with one change, by sed, and a part of what must be said of it.
#
# shellcheck disable=SC2016 # of sed
# ctest: COST 3
set -eu
: "${SOURCE:?the source directory}"
golden=$SOURCE/test/golden/installer
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
    echo "FAIL: $*" >&2
    exit 1
}

good() {
    said=$(python3 "$SOURCE/test/tools/kickstart.py" "$1" "$golden/$2.ks.cfg") || fail "RHEL $1 does not take $2:
$said"
}

# broken VERSION GOLDEN SED PART
broken() {
    sed "$3" "$golden/$2.ks.cfg" >"$work/ks.cfg"
    ! cmp -s "$golden/$2.ks.cfg" "$work/ks.cfg" || fail "'$3' changes nothing of $2"
    if said=$(python3 "$SOURCE/test/tools/kickstart.py" "$1" "$work/ks.cfg"); then fail "'$3' is not seen in $2"; fi
    case $said in *"$4"*) ;; *) fail "of '$3' in $2 this is said, without '$4':
$said" ;; esac
}

good 5 elastix2
good 5 centos5-tree
good 7 issabel4
good 7 centos7-tree

# what one has and the other does not
broken 7 elastix2 '1s/$/ changed/' "the section '%packages' has no %end"
broken 5 issabel4 '1s/$/ changed/' 'RHEL 5 has no %end'
broken 5 elastix2 's/^rootpw.*/rootpw --lock/' 'no option --lock'
broken 5 elastix2 's/--nameserver=192.168.0.1/&,9.9.9.9/' 'one name server'
broken 5 elastix2 '/^skipx/s/$/\nsshkey --username=root "ssh-rsa A"/' "no command 'sshkey'"
broken 5 elastix2 '/^skipx/s/$/\nignoredisk --only-use=hda/' "no command 'ignoredisk'"
broken 7 issabel4 '/^ignoredisk/d' 'counts as a disk'
broken 7 issabel4 '$d' "the section '%post' has no %end"
broken 7 issabel4 '/^%packages/i %end' '%end without a section'

# what would be asked
broken 5 elastix2 '/^timezone/d' "nothing answers 'timezone'"
broken 5 elastix2 '/^poweroff/d' "nothing answers 'poweroff'"
broken 5 elastix2 '/^zerombr/d' "nothing answers 'zerombr'"
broken 7 issabel4 's/ --initlabel//' 'without --initlabel'
broken 7 issabel4 's/ --nameserver=[^ ]*//' '--nameserver or --nodns'
broken 7 issabel4 's/ --netmask=[^ ]*//' 'needs --netmask'
broken 5 elastix2 '/^skipx/s/$/\nlangsupport es_EC/' 'halts the installation'

# what is no sense in either
broken 5 elastix2 's/^rootpw.*/rootpw secret/' 'in the clear'
broken 7 issabel4 's/--ip=[^ ]*/--ip=192.168.0.1956/' 'is no IPv4 address'
broken 7 issabel4 's/^part swap --size=256/part swap/' 'needs --size'
broken 7 issabel4 's/^part \/ /part root /' 'is no mount point'
broken 7 issabel4 's/^lang .*/lang espanol/' 'is no locale'
broken 7 issabel4 's/ net.ifnames=0"$/ net.ifnames=0/' 'quotes'
broken 7 issabel4 's/^@core$/@core; rm/' 'is no package'
broken 7 issabel4 's/^cdrom$/&\n&/' 'is there twice'
broken 7 issabel4 's/^%post$/%posst/' "no section '%posst'"
broken 7 issabel4 '/^chmod 0644 .*host.*pub/i cat <<X-END' 'here-document of the script has no end'
broken 7 centos7-tree 's/--url=ftp/--url=nfs/' 'http, https or ftp'
