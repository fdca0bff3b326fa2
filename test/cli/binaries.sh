#!/bin/bash
# No program or library that is built or installed looks for its libraries in the working directory, or where anybody
# but who installed it may write.
# shellcheck source=test/cli/support.sh
. "${SOURCE:?}/test/cli/support.sh"
: "${BUILD:?the build directory}"
need readelf cmake

# look FILE: the elements of its RUNPATH, if it has one
look() {
    LC_ALL=C readelf -d "$1" 2>/dev/null | sed -n 's/.*(R\(UN\)\{0,1\}PATH).*\[\(.*\)\]$/\2/p'
}

# judge FILE: an empty element is the working directory, and so is one that is not absolute
judge() {
    local path
    path=$(look "$1")
    [ -n "$path" ] || return 0
    case ":$path:" in
    *::*) fail "$1: its RUNPATH '$path' has an empty element" ;;
    esac
    printf '%s\n' "$path" | tr ':' '\n' | grep -vE '^(/|[$]ORIGIN(/|$)|$)' &&
        fail "$1: its RUNPATH '$path' has an element that depends on the working directory"
    return 0
}

# judge_all DIRECTORY LEAST
judge_all() {
    find "$1" -name CMakeFiles -prune -o -type f \( -perm -u+x -o -name '*.so*' \) -print >list
    found=0
    while read -r file; do
        [ "$(head -c 4 "$file" | tail -c 3)" = ELF ] || continue
        found=$((found + 1))
        judge "$file"
    done <list
    [ "$found" -ge "$2" ] || fail "only $found binaries were found in $1"
}

judge_all "$BUILD" 10
cmake --install "$BUILD" --prefix "$work/installed" >/dev/null
judge_all "$work/installed" 2

# From outside: what lies in the working directory under the name of a library is not opened. It is no library, so that
# a program that opens it ends there.
mkdir planted
LC_ALL=C readelf -d "$VOIPLAB" "$BUILD"/libvoiplab.so.0 | sed -n 's/.*(NEEDED).*\[\(.*\)\]$/\1/p' |
    while read -r name; do echo 'not a library' >"planted/$name"; done
[ -e planted/libvoiplab.so.0 ] || fail 'no name of a library was found'
cd planted
for program in "$VOIPLAB" "$work/installed/bin/voiplab"; do
    env -u LD_LIBRARY_PATH "$program" --version >../out 2>../err || fail "$program opens what lies beside: $(cat ../err)"
done
cd ..

# The processor guards jumps and returns, where the compiler can have it do so.
object=$BUILD/CMakeFiles/voiplab_command.dir/cmd/main.c.o
if [ "$(uname -m)" = x86_64 ]; then
    [ -e "$object" ] || fail "'$object' is not there"
    LC_ALL=C readelf -n "$object" >notes
    expect notes 'IBT, SHSTK' 'main.c is compiled without -fcf-protection=full'
fi
finish
