#!/bin/bash
# The library from outside: its header as other compilers read it, what it exports, and a program that is built against
# it where it is installed, found by pkg-config and by CMake.
# shellcheck source=test/cli/support.sh
. "${SOURCE:?}/test/cli/support.sh"
need cc c++ cmake ninja nm pkg-config

# The header, and each structure's _INIT, as C99 and as C++17.
sed -n 's/^#define VOIPLAB_\([A-Z_]*\)_INIT VOIPLAB_INIT(\(voiplab_[a-z_]*\))$/\1 \2/p' "$SOURCE/lib/voiplab.h" >inits
[ "$(wc -l <inits)" -ge 11 ] || fail "the _INITs of voiplab.h are not found"
{
    echo '#include <voiplab.h>'
    while read -r name structure; do
        echo "size_t size_of_$structure(void);"
        echo "size_t size_of_$structure(void) { struct $structure s = VOIPLAB_${name}_INIT; return s.size; }"
    done <inits
} >header.c
cp header.c header.cpp
cc -std=c99 -Wall -Wextra -Wpedantic -Wmissing-prototypes -Werror -I "$SOURCE/lib" -c header.c ||
    fail "voiplab.h is no C99"
c++ -std=c++17 -Wall -Wextra -Wpedantic -Werror -I "$SOURCE/lib" -c header.cpp || fail "voiplab.h is no C++17"

# Every structure that a program fills in has a size first, and an _INIT.
awk '/^struct voiplab_[a-z_]* \{/ { name = $2; getline; print name, $0 }' "$SOURCE/lib/voiplab.h" >structures
while read -r structure first; do
    case $structure in voiplab_event | voiplab_load_*) continue ;; esac # the library fills it in
    case $first in
    "size_t size;"*) ;;
    *) fail "$structure does not begin with its size but with '$first'" ;;
    esac
    grep -q " $structure\$" inits || fail "$structure has no _INIT"
done <structures

# Exported symbols, the map, the header and the manual page: one list.
library=$(dirname "$VOIPLAB")/libvoiplab.so
nm -D --defined-only "$library" | sed -n 's/.* T \(voiplab_[a-z_]*\).*/\1/p' | sort >exported
sed -n 's/^    \(voiplab_[a-z_]*\);$/\1/p' "$SOURCE/lib/libvoiplab.map" | sort >mapped
tr '\n' ' ' <"$SOURCE/lib/voiplab.h" | grep -o 'VOIPLAB_API [^;{}]*;' |
    sed -n 's/^VOIPLAB_API [^(]*\b\(voiplab_[a-z_]*\)(.*/\1/p' | sort >declared
sed -n '/^\.Sh SYNOPSIS/,/^\.Sh DESCRIPTION/s/^\.F[no] \(voiplab_[a-z_]*\).*/\1/p' "$SOURCE/man/libvoiplab.3" |
    sort >told
[ -s exported ] || fail "the library exports nothing"
for list in mapped declared told; do
    diff -u exported "$list" || fail "what is exported and what is $list differ"
done

# A program of somebody else's.
build=$(dirname "$VOIPLAB")
DESTDIR=$work/root cmake --install "$build" >install.log || fail "cmake --install: $(tail -n 3 install.log)"
prefix=$work/root$(sed -n 's/^CMAKE_INSTALL_PREFIX:PATH=//p' "$build/CMakeCache.txt")
pc=$(find "$prefix" -name voiplab.pc)
[ -f "$pc" ] || fail "no voiplab.pc is installed"
for page in man1/voiplab.1 man1/voiplab-up.1 man3/libvoiplab.3 man5/voiplab-lab.5; do
    find "$prefix" -path "*/$page" | grep -q . || fail "$page is not installed"
done
printf '[here]\nexten => 1,1,Answer()\n' >extensions.conf
answers() {
    LD_LIBRARY_PATH=$(dirname "$(find "$prefix" -name libvoiplab.so)") "$1" extensions.conf here 1 >answer 2>err ||
        fail "$2: the program ended $?: $(cat err)"
    grep -q '"match"' answer || fail "$2: the program answers $(cat answer)"
}
export PKG_CONFIG_PATH PKG_CONFIG_SYSROOT_DIR=$work/root
PKG_CONFIG_PATH=$(dirname "$pc")
# shellcheck disable=SC2046 # words
cc -std=c17 -Wall -Wextra -Werror -o by-pkg-config "$SOURCE/test/api/example.c" $(pkg-config --cflags --libs voiplab) ||
    fail "the example does not build by pkg-config"
answers ./by-pkg-config pkg-config
[ "$(pkg-config --modversion voiplab)" = "$("$VOIPLAB" --version | cut -d ' ' -f 2)" ] ||
    fail "pkg-config names another version"
unset PKG_CONFIG_PATH PKG_CONFIG_SYSROOT_DIR
{
    cmake -S "$SOURCE/test/api" -B by-cmake -G Ninja -DCMAKE_PREFIX_PATH="$prefix"
    cmake --build by-cmake
} >cmake.log 2>&1 || fail "the example does not build by CMake: $(cat cmake.log)"
answers by-cmake/example CMake

finish
