/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A vendor's library that is loaded when it is first asked for.
 *
 * voiplab is started for a moment, many times: by who types, by the completion of a shell, and by itself for each
 * worker. Most starts need no more than one or two of the libraries that stand behind it, while to map and to bind them
 * all, and those behind them (libvirt alone brings sixty), was four fifths of the work of a start. So those are not
 * linked with it: the file that is the door to one lists the functions that it calls, as
 *
 *     #define FUNCTIONS(FUNCTION) FUNCTION(pcap_close) FUNCTION(pcap_create)
 *     static VL_LIBRARY_TABLE(FUNCTIONS) libpcap;
 *     static const char *const names[] = { FUNCTIONS(VL_LIBRARY_NAME) };
 *     static struct vl_library library = VL_LIBRARY(VOIPLAB_LIBPCAP, "libpcap0.8", names, &libpcap);
 *
 * and calls libpcap.pcap_close() once vl_library_load() has found them. Their types are those of the library's own
 * header, and the name of the library is the one (SONAME) of that which the header belongs to: CMake hands it over.
 */
#ifndef VL_BASE_LIBRARY_H
#define VL_BASE_LIBRARY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

#define VL_LIBRARY_MEMBER(name) __typeof__(&(name)) name;
#define VL_LIBRARY_TABLE(FUNCTIONS)                                                                                    \
    struct {                                                                                                           \
        FUNCTIONS(VL_LIBRARY_MEMBER)                                                                                   \
    }
#define VL_LIBRARY_NAME(name) #name,

struct vl_library {
    const char *file;    /* its SONAME */
    const char *package; /* what Debian calls it, for who lacks it */
    const char *const *names;
    size_t count;
    void *table; /* a pointer for each name, in their order: NULLs until it is loaded */
    bool loaded;
    char *failure; /* why it is not */
};

#define VL_LIBRARY(soname, debian, all_names, functions)                                                               \
    {                                                                                                                  \
        .file = (soname), .package = (debian), .names = (all_names),                                                   \
        .count = sizeof(all_names) / sizeof((all_names)[0]), .table = (functions)                                      \
    }

/* Load it, once for the process, whichever thread comes first; it stays. Fails with VL_ERROR_NOTFOUND when it is not
 * installed or lacks one of the functions. */
int vl_library_load(struct vl_library *library, struct vl_error *err);

#endif
