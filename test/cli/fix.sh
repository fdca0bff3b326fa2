#!/bin/bash
# check-cpu --fix: the plan, the files of both kinds of host, nothing twice, nothing without a yes. What it does on a
# running host is tried in a mount namespace whose kernel seems to have modules, with a modprobe that only notes.
# shellcheck source=test/cli/support.sh
. "${SOURCE:?}/test/cli/support.sh"
need jq script
hosts=$SOURCE/test/fixtures/hosts

tree() {
    rm -rf tree
    cp -r "$hosts/$1" tree
}

snapshot() {
    find tree -printf '%P %m %y\n' | sort
    find tree -type f -exec sha256sum {} + | sort
}

fix() {
    run check-cpu --fix --root tree --state "$work/state" "$@"
}

# untouched WHAT: the tree is as it was in the file before.
untouched() {
    snapshot >after
    cmp -s before after || fail "$1 has changed the tree: $(diff before after)"
}

# A host with modules-load.d: shown, asked for, done once.
tree xeon-6338
snapshot >before
fix --dry-run
expect_status 0 '--fix --dry-run'
expect out 'write /etc/modules-load.d/voiplab.conf (new, mode 0644)' '--fix --dry-run'
expect out '+vhost_net' '--fix --dry-run'
expect out '+br_netfilter' '--fix --dry-run'
expect_not out kvm '--fix --dry-run'
expect_not out modprobe 'the plan of a tree'
fix --check
expect_status 5 '--fix --check'
fix --explain
expect_status 0 '--fix --explain'
expect out 'loaded at every start' '--fix --explain'
fix --dry-run --json
jq -e '.plan | length == 1 and .[0].object == "/etc/modules-load.d/voiplab.conf"' out >/dev/null ||
    fail "the plan as JSON: $(cat out)"
fix
expect_status 2 '--fix without a terminal'
expect err 'needs --yes' '--fix without a terminal'
untouched 'looking at the plan'
# on a terminal it asks
printf 'n\n' | script -qec "\"$VOIPLAB\" check-cpu --fix --root tree" /dev/null >out 2>&1 || fail "a no: $(cat out)"
expect out '+vhost_net' 'a no'
expect out 'do this? [y/N]' 'a no'
untouched 'a no'
printf 'y\n' | script -qec "\"$VOIPLAB\" check-cpu --fix --root tree" /dev/null >out 2>&1 || fail "a yes: $(cat out)"
expect out 'do this? [y/N]' 'a yes'
file=tree/etc/modules-load.d/voiplab.conf
printf '# Written by voiplab check-cpu --fix.\nvhost_net\nbr_netfilter\n' | cmp -s - $file || fail "the file is $(cat $file)"
[ "$(stat -c %a $file)" = 644 ] || fail "the file has mode $(stat -c %a $file)"
snapshot >before
fix --check
expect_status 0 '--fix --check after --fix'
fix --yes
expect_status 0 '--fix once more'
untouched '--fix once more'
# what an earlier run has put there stays, although it is loaded by now
printf '# Written by voiplab check-cpu --fix.\ntun\nvhost_net\n' >$file
fix --yes --json
expect_status 0 '--fix with one module more'
jq -e '.changed' out >/dev/null || fail "--fix --json: $(cat out)"
[ "$(grep -v '^#' $file | tr '\n' ' ')" = 'tun vhost_net br_netfilter ' ] || fail "the file is $(cat $file)"

# CentOS 5 and 6: a script that rc.sysinit runs.
tree core2duo-e6750
sed -i '/^kvm_intel/d; /^tun/d' tree/proc/modules
fix --yes
expect_status 0 '--fix for CentOS 5'
file=tree/etc/sysconfig/modules/voiplab.modules
[ -x $file ] || fail 'the script of CentOS 5 is not executable'
mkdir -p sbin
# shellcheck disable=SC2016
printf '#!/bin/sh\necho "$@" >>"%s/loaded"\n' "$work" >sbin/modprobe
chmod +x sbin/modprobe
sed "s|/sbin/modprobe|$work/sbin/modprobe|" $file | sh
[ "$(tr '\n' ' ' <loaded)" = 'kvm_intel tun ' ] || fail "the script of CentOS 5 loads $(cat loaded)"
fix --check
expect_status 0 '--fix --check for CentOS 5'

# Nothing that cannot be loaded, or would not work, is in the plan.
tree bios-off-amd
fix --dry-run
expect_not out kvm_amd 'a processor that the firmware locks'
tree arm-server
fix --check
expect_status 0 'a tree without modules'

# What makes no sense together.
run check-cpu --yes
expect_status 2 '--yes without --fix'
run check-cpu --dry-run
expect_status 2 '--dry-run without --fix'
run check-cpu --fix --dry-run --cpuinfo "$hosts/xeon-6338/proc/cpuinfo"
expect_status 2 '--fix --cpuinfo'

# A running host. Its kernel's modules and /etc are those of the namespace alone.
live() {
    # shellcheck disable=SC2016
    unshare -m --propagation private sh -euc '
        mkdir -p "$1/etc" "$1/lib"
        mount -t overlay overlay -o "lowerdir=/etc,upperdir=$1/etc,workdir=$1/w1" /etc
        mount -t overlay overlay -o "lowerdir=/usr/lib,upperdir=$1/lib,workdir=$1/w2" /usr/lib
        mkdir -p "/lib/modules/$(uname -r)"
        printf "kernel/drivers/vhost/vhost_net.ko:\n" >"/lib/modules/$(uname -r)/modules.dep"
        mkdir -p /etc/modules-load.d
        shift
        "$@"
    ' sh "$work/upper" "$@"
}
if [ "$(id -u)" -ne 0 ] || [ -e /dev/vhost-net ] || [ -d /sys/module/vhost_net ]; then
    echo 'the running host is left out: not root, or vhost_net is there'
elif mkdir upper && mount -t tmpfs tmpfs upper; then
    trap 'umount "$work/upper"; rm -rf "$work"' EXIT
    mkdir upper/w1 upper/w2
    if live true 2>/dev/null; then
        rm -f loaded
        printf '#!/bin/sh\n' >sbin/apt-get && chmod +x sbin/apt-get # no package is what this is about
        status=0
        PATH=$work/sbin:$PATH live "$VOIPLAB" check-cpu --fix --yes >out 2>err </dev/null || status=$?
        expect_status 0 '--fix on this host'
        expect out 'modprobe -- vhost_net' '--fix on this host'
        [ "$(cat loaded)" = '-- vhost_net' ] || fail "--fix on this host has loaded $(cat loaded)"
        grep -qx vhost_net upper/etc/modules-load.d/voiplab.conf || fail '--fix on this host has written no file'
        # a module that does not load leaves no file behind
        rm upper/etc/modules-load.d/voiplab.conf
        printf '#!/bin/sh\necho "could not insert" >&2\nexit 1\n' >sbin/modprobe
        status=0
        PATH=$work/sbin:$PATH live "$VOIPLAB" check-cpu --fix --yes >out 2>err </dev/null || status=$?
        expect_status 1 'a module that does not load'
        expect err "'modprobe' ended with status 1" 'a module that does not load'
        [ ! -e upper/etc/modules-load.d/voiplab.conf ] || fail 'a module that does not load is written down'
    else
        echo 'the running host is left out: no overlay can be mounted'
    fi
fi
# Packages: shown, installed by the manager that the host has, and then there is nothing to do. Managers that only note
# what they were told and make the programs, in a namespace whose /etc and /usr/bin are its own.
# bare SETUP COMMAND...: SETUP makes this host the one that is meant, once
bare() {
    # shellcheck disable=SC2016
    unshare -m --propagation private sh -euc '
        for part in etc:/etc bin:/usr/bin lists:/var/lib/apt/lists; do
            mkdir -p "$1/${part%%:*}" "$1/w-${part%%:*}" "${part#*:}"
            mount -t overlay overlay -o "lowerdir=${part#*:},upperdir=$1/${part%%:*},workdir=$1/w-${part%%:*}" "${part#*:}"
        done
        [ -e /etc/is-set-up ] || {
            rm -f /etc/redhat-release /usr/bin/sipp /usr/bin/xorriso /usr/bin/qemu-system-x86_64
            for p in qemu-img ip ssh mmdebstrap mke2fs curl; do command -v $p >/dev/null || ln -s true /usr/bin/$p; done
            eval "$2"
            : >/etc/is-set-up
        }
        shift 2
        "$@"
    ' sh "$work/bare" "$@"
}
cat >manager <<'EOF'
#!/bin/sh
echo "${0##*/} $*" >>"${MANAGED:?}"
make() { ln -s true "/usr/bin/$1"; }
case " $* " in *' groupinstall '* | *' qemu-kvm '* | *' qemu-x86 '* | *' qemu-system-x86 '*) make qemu-system-x86_64 ;; esac
case " $* " in *' xorriso '*) make xorriso ;; esac
case " $* " in *' sipp '* | *' sip-tester '*) make sipp ;; esac
EOF
chmod +x manager
printf '#!/bin/sh\nexit 0\n' >sbin/modprobe
export MANAGED=$work/managed
# on_bare SETUP ARGUMENT...: voiplab there, with the managers first in PATH
on_bare() {
    local setup=$1
    shift
    status=0
    PATH=$work/sbin:$PATH bare "$setup" "$VOIPLAB" check-cpu -c "$nowhere" "$@" >out 2>err </dev/null || status=$?
}
# distribution NAME PROGRAM SETUP WANTED: WANTED is what its manager PROGRAM shall be told
distribution() {
    mount -t tmpfs tmpfs bare
    rm -f sbin/apt-get sbin/yum sbin/dnf sbin/zypper
    cp manager "sbin/$2"
    : >managed
    on_bare "$3" --fix --dry-run
    expect_status 0 "$1"
    [ ! -s managed ] || fail "$1: a dry run has installed something: $(cat managed)"
    while read -r line; do
        expect out "${line% *}" "$1"
    done <<<"$4"
    on_bare "$3" --json
    jq -e '[.checks[] | select(.name == "xorriso" or .name == "sipp" or .name == "emulator") | .remedy | startswith("voiplab check-cpu --fix, or ")] | length == 3 and all' out >/dev/null ||
        fail "$1: $(jq -c '.checks[] | select(.status == "FAIL")' out)"
    on_bare "$3" --fix --yes
    expect_status 0 "$1"
    # a libvirt that this host lacks as well is none of this test's
    sed 's/ libvirt[a-z-]*//' managed >told
    [ "$(cat told)" = "${4//env DEBIAN_FRONTEND=noninteractive /}" ] || fail "$1: the manager was told: $(cat managed)"
    : >managed
    on_bare "$3" --fix --yes
    expect_status 0 "$1, again"
    if command -v libvirtd >/dev/null; then
        [ ! -s managed ] || fail "$1: a second run installs again: $(cat managed)"
    fi
    umount bare
}
if [ "$(id -u)" -eq 0 ] && mkdir bare && mount -t tmpfs tmpfs bare && bare : true 2>/dev/null; then
    umount bare
    trap 'umount "$work/upper" "$work/bare" 2>/dev/null || :; rm -rf "$work"' EXIT
    distribution 'CentOS 5' yum 'echo "CentOS release 5.5 (Final)" >/etc/redhat-release' \
        $'yum -y groupinstall KVM\nyum -y install xorriso sipp'
    distribution 'CentOS 6' yum 'echo "CentOS release 6.10 (Final)" >/etc/redhat-release' \
        'yum -y install qemu-kvm xorriso sipp'
    distribution Fedora dnf 'echo "Fedora release 40" >/etc/redhat-release' \
        'dnf -y --setopt=strict=0 install qemu-kvm xorriso sipp'
    distribution openSUSE zypper 'mkdir -p /etc/zypp' \
        'zypper --non-interactive --ignore-unknown install qemu-x86 xorriso sipp'
    debian='env DEBIAN_FRONTEND=noninteractive apt-get --yes --no-install-recommends install qemu-system-x86 xorriso sip-tester'
    distribution Debian apt-get 'touch /var/lib/apt/lists/x_Packages' "$debian"
    distribution 'Debian without lists' apt-get 'rm -rf /var/lib/apt/lists/*' "apt-get update"$'\n'"$debian"
    # a manager that fails is told in its own words, and nothing is said to be done
    mount -t tmpfs tmpfs bare
    printf '#!/bin/sh\necho "E: Unable to locate package" >&2\nexit 100\n' >sbin/apt-get
    on_bare : --fix --yes
    expect_status 1 'a manager that fails'
    expect err "ended with status 100" 'a manager that fails'
    umount bare
else
    echo 'packages are left out: not root, or no overlay can be mounted'
fi
# what it leaves to whoever runs it is said, with the command
run check-cpu --fix --dry-run -c "$nowhere" --state "$work/state"
expect_status 0 'a libvirt that does not answer'
expect err 'which --fix leaves to you: start libvirtd (' 'a libvirt that does not answer'
[ ! -e state ] || fail '--fix has made a state directory'
finish
