#!/bin/bash
# Libraries that are loaded when they are first needed (lib/base/library.h): where one is missing, what needs it says
# which package has it, and all else is as it is elsewhere.
#
# ctest: COST 2
# shellcheck source=test/cli/support.sh
. "${SOURCE:?}/test/cli/support.sh"
need strings

net=127.$(($$ / 250 % 250 + 1)).$(($$ % 250 + 1))
cat >lab.ini <<END
[lab]
name = demo
[bridge]
name = br7
address = $net.1/24
[image i]
base = build:debian-asterisk
os = debian11
[pbx a]
image = i
place = vm
address = $net.11
prefix = 1
extensions = 1500
[phone one]
model = spa303
mac = 00:0E:08:AA:BB:01
pbx = a
extension = 1500
END
echo nothing >capture.pcap

# without NAME COMMAND...: run it where the library cannot be loaded
without() {
    local name
    name=$(strings -a "$BUILD/libvoiplab.so" | grep -x "lib$1[.]so[.][0-9.]*") || fail "it loads no $1"
    shift
    rm -rf broken
    mkdir broken
    echo nothing >"broken/$name"
    LD_LIBRARY_PATH=$PWD/broken run "$@" --state "$work/state"
}

for name in virt xml2 archive microhttpd pcap; do
    without $name dialplan show -f "$SOURCE/share/labs/quickstart.ini" alfa
    expect_status 0 "dialplan show without lib$name"
    without $name inspect -f lab.ini
    expect_status 0 "inspect without lib$name"
done

without virt create-vm -n -f lab.ini
expect_status 0 'a dry run without libvirt'
expect err 'libvirt.so.0 cannot be loaded' 'a dry run without libvirt'
expect err 'install the package libvirt0; the plan is shown as if the hypervisor were empty' 'a dry run without libvirt'
without virt status --lone
expect_status 1 'status without libvirt'
expect err 'libvirt.so.0 cannot be loaded' 'status without libvirt'
without xml2 create-vm -n -f lab.ini
expect_status 1 'a dry run without libxml2'
expect err 'a: libxml2.so.2 cannot be loaded' 'a dry run without libxml2'
expect err 'install the package libxml2' 'a dry run without libxml2'
without xml2 phone -n -f lab.ini
expect_status 1 'profiles without libxml2'
expect err 'install the package libxml2' 'profiles without libxml2'
without pcap capture --read capture.pcap
expect_status 1 'capture without libpcap'
expect err 'cannot be loaded' 'capture without libpcap'
expect err 'install the package libpcap0.8' 'capture without libpcap'
# another library under its name has none of the functions
cp "$(ldd "$BUILD/voiplab" | sed -n 's/.*libuuid.* => \([^ ]*\) .*/\1/p')" broken/libpcap.so.0.8
LD_LIBRARY_PATH=$PWD/broken run capture --read capture.pcap --state "$work/state"
expect_status 1 'capture with a libpcap that lacks functions'
expect err 'undefined symbol: pcap_' 'capture with a libpcap that lacks functions'
without archive restore capture.pcap
expect_status 1 'restore without libarchive'
expect err 'install the package libarchive13' 'restore without libarchive'
run phone -f lab.ini --state "$work/state"
expect_status 0 'profiles'
without microhttpd phone --serve 1 -f lab.ini
expect_status 1 'an HTTP server without libmicrohttpd'
expect err 'install the package libmicrohttpd12' 'an HTTP server without libmicrohttpd'
finish
