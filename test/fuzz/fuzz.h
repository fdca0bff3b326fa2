/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the fuzz targets share: the entry point that libFuzzer and replay.c call, and a check that stops both.
 */
#ifndef VL_TEST_FUZZ_H
#define VL_TEST_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_CHECK(condition)                                                                                          \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            (void)fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);                              \
            abort();                                                                                                   \
        }                                                                                                              \
    } while (0)

#endif
