/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "guest/libvirt.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/memory.h"

/* The name of the interface, which has not changed since libvirt 0.1 */
#define LIBRARY "libvirt.so.0"

static const struct {
    const char *name;
    size_t offset;
} functions[] = {
#define ROW(name) { #name, offsetof(struct vl_libvirt, name) },
    VL_LIBVIRT(ROW)
#undef ROW
};

struct vl_libvirt vl_libvirt;
static bool is_loaded;
static char *failure; /* why it is not */

/* dlerror() is of the thread, and its text goes with the next call. */
static void note_failure(void)
{
    const char *reason = dlerror();

    failure = vl_strdup(reason ? reason : "no reason is given");
}

/* Never unloaded: libraries below it have threads, and handlers for the end of the process. */
static void load(void)
{
    void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);

    for (size_t i = 0; library && i < VL_COUNT(functions); i++) {
        void *address = dlsym(library, functions[i].name);

        if (!address)
            library = NULL;
        memcpy((char *)&vl_libvirt + functions[i].offset, &address, sizeof(address));
    }
    is_loaded = library != NULL;
    if (!is_loaded)
        note_failure();
}

int vl_libvirt_load(struct vl_error *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    (void)pthread_once(&once, load);
    if (!is_loaded)
        return vl_fail(err, VL_ERROR_NOTFOUND, "libvirt cannot be loaded: %s: install the package libvirt0",
                       failure ? failure : LIBRARY);
    return 0;
}
