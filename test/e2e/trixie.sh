#!/bin/bash
# Debian 13: there, too, voiplab builds without a warning and passes its unit tests, and every package that the README's
# two commands install exists.
#
# In a root of its own, which mmdebstrap makes once and keeps beside the tree of the beds; its name carries a hash of this
# script and of the list of packages. The build has no network, and of this machine nothing but the sources, read-only.
#
# ctest: RESOURCE_LOCK processor TIMEOUT 1200 COST 600
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=test/e2e/lib.sh
. "$here/lib.sh"

: "${SOURCE:?the source directory}"
suite=trixie
cache=${VOIPLAB_TEST_CACHE:-/var/cache/voiplab-test}
list=$SOURCE/share/quickstart/packages
# No unit test has a use for them: only asked for.
unneeded='clang clang-format libclang-rt-dev libvirt-daemon-system libvirt-daemon-driver-qemu qemu-system-x86
    virtinst mmdebstrap g++ gcc-multilib valgrind libxml2-utils dropbear-bin shellcheck strace augeas-tools netplan.io
    git sipvicious tshark mariadb-server systemd zsh fish chromium librsvg2-bin'

# names [PATTERN]: the packages of the list, on one line
names() { sed -n 's/^[a-z]*: *//p' "$list" | grep -vxF -e '' "$@" | paste -sd' '; }

# What the packages would do when they are installed, as far as a build and the unit tests need it: to unpack them takes
# a third of the time.
configure='ldconfig
cp /usr/share/base-passwd/passwd.master /etc/passwd
cp /usr/share/base-passwd/group.master /etc/group
echo "sshd:x:100:65534::/run/sshd:/usr/sbin/nologin" >>/etc/passwd
ln -s gcc /usr/bin/cc
ln -s mawk /usr/bin/awk'

make_root() {
    local leave_out=() package mirror
    mirror=$("$SOURCE/share/images/debian-asterisk/mirrors" debian "$suite" \
        ${VOIPLAB_TEST_MIRROR:+"$VOIPLAB_TEST_MIRROR"} | head -n 1)
    [ -n "$mirror" ] || fail "the $suite root cannot be made"
    for package in $unneeded; do leave_out+=(-e "$package"); done
    say "making the $suite root (about a minute, once)"
    rm -rf --one-file-system "$root.part"
    # shellcheck disable=SC2016 # $1 is for mmdebstrap's shell
    mmdebstrap --quiet --mode=root --variant=extract --format=directory \
        --include='?essential' --include="$(names "${leave_out[@]}" | tr ' ' ,)" \
        --aptopt='APT::Install-Recommends "false"' \
        --aptopt='APT::Sandbox::User "root"' \
        --aptopt='Acquire::Retries "3"' \
        --customize-hook='chroot "$1" apt-get -qq --simulate --no-install-recommends install '"$(names)"' >/dev/null' \
        "$suite" "$root.part" "$mirror" </dev/null >&2 9>&- || fail "the $suite root cannot be made"
    chroot "$root.part" /bin/sh -euc "$configure" || fail "the $suite root cannot be made usable"
    mv "$root.part" "$root"
}

# The first process in the new namespaces: lays out the root, builds and tests in it.
if [ "${1-}" = --inside ]; then
    root=$2 work=$3
    ip link set lo up
    mount -t tmpfs -o mode=0755 tmpfs "$work"
    mkdir "$work/upper" "$work/work" "$work/root"
    mount -t overlay -o "lowerdir=$root,upperdir=$work/upper,workdir=$work/work" trixie "$work/root"
    root=$work/root
    mkdir -p "$root/source" "$root/build" "$root/run/sshd"
    mount --bind "$SOURCE" "$root/source"
    mount -o remount,bind,ro "$root/source"
    mount --rbind /dev "$root/dev"
    mount -t proc proc "$root/proc"
    mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
    cd /
    # shellcheck disable=SC2016 # for the shell in there
    exec chroot "$root" env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
        LANG=C.UTF-8 CI="${CI-}" sh -eu -c '
        cmake -S /source -B /build -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_C_FLAGS_RELEASE=-O1 -DVOIPLAB_WERROR=ON >/tmp/log ||
            { cat /tmp/log; exit 1; }
        cmake --build /build >/tmp/log 2>&1 || { cat /tmp/log; exit 1; }
        exec ctest --test-dir /build --output-on-failure --no-tests=error --parallel 2 -L unit -LE rules'
fi

requires_root
requires mmdebstrap unshare flock ip
unshare --mount --net true 2>/dev/null || skip "this machine does not let us make namespaces"
mkdir -p "$cache"
root=$cache/root-$suite-$(cat "$list" "$0" | sha256sum | cut -c1-16)
exec 9>"$cache/$suite.lock"
flock 9
[ -d "$root" ] || make_root
exec 9>&-
work=$(mktemp -d)
cleanup_fn rm -rf "$work"
unshare --mount --net --uts --ipc --pid --fork --kill-child --propagation private \
    bash "$0" --inside "$root" "$work"
