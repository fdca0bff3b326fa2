/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/library.h"

#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

#include "base/memory.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* dlerror() is of the thread, and its text goes with the next call. */
static void note_failure(struct vl_library *library)
{
    const char *reason = dlerror();

    library->failure = vl_strdup(reason ? reason : "no reason is given");
}

/* Never unloaded: some have threads, or handlers for the end of the process. */
static void load(struct vl_library *library)
{
    void *handle = dlopen(library->file, RTLD_NOW | RTLD_LOCAL);

    for (size_t i = 0; handle && i < library->count; i++) {
        void *address = dlsym(handle, library->names[i]);

        if (!address)
            handle = NULL;
        memcpy((char *)library->table + i * sizeof(address), &address, sizeof(address));
    }
    library->loaded = handle != NULL;
    if (!library->loaded)
        note_failure(library);
}

int vl_library_load(struct vl_library *library, struct vl_error *err)
{
    int rc = 0;

    (void)pthread_mutex_lock(&lock);
    if (!library->loaded && !library->failure)
        load(library);
    if (!library->loaded)
        rc = vl_fail(err, VL_ERROR_NOTFOUND, "%s cannot be loaded: %s: install the package %s", library->file,
                     library->failure ? library->failure : "no memory", library->package);
    (void)pthread_mutex_unlock(&lock);
    return rc;
}
