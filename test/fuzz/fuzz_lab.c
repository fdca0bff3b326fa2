/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A lab file of any bytes: it loads or is refused with a message, and neither crashes, leaks nor hangs.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "lab/lab.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    VL_CLOSE int file = memfd_create("lab.ini", MFD_CLOEXEC);
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_FREE char *path = NULL;
    struct vl_lab *lab;

    if (file < 0 || write(file, data, size) != (ssize_t)size || asprintf(&path, "/proc/self/fd/%d", file) < 0)
        return 0;
    lab = vl_lab_load(path, SOURCE_DIRECTORY "/share", &err);
    /* one or the other, and what is said can be printed */
    FUZZ_CHECK(lab ? err.code == VL_OK : err.code == VL_ERROR_LAB);
    for (const char *p = lab ? "" : vl_error_text(&err); *p; p++)
        FUZZ_CHECK(*p == '\n' || (*p >= ' ' && *p < 0x7f));
    vl_lab_free(lab);
    return 0;
}
