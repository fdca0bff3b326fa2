/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any bytes as what SIPp writes while it runs: its statistics, read as they grow, its error codes, its response times.
 * The first byte chooses, the second one says in steps of which size the statistics come.
 */
#include <string.h>

#include "base/cleanup.h"
#include "sipp/statistics.h"

#include "fuzz.h"

enum { MOST_SECONDS = 7 * 86400 }; /* a week, which is what statistics.c keeps */

static void feed(struct vl_statistics *statistics, const char *bytes, size_t length, size_t step)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    int rc = 0;

    for (size_t at = 0; at < length && rc == 0; at += step)
        rc = vl_statistics_feed(statistics, bytes + at, length - at < step ? length - at : step, &err);
    FUZZ_CHECK((rc == 0) == (err.code == VL_OK));
    FUZZ_CHECK(statistics->series_count <= MOST_SECONDS);
}

static void read_times(FILE *file)
{
    struct vl_response_times times[VL_SIPP_CLOCKS] = { { .samples = NULL } };
    VL_ERROR_AUTO err = { .code = VL_OK };

    (void)vl_response_times_read(file, times, &err);
    for (size_t i = 0; i < VL_SIPP_CLOCKS; i++) {
        struct vl_response_summary summary;

        vl_response_times_summarize(&times[i], &summary);
        FUZZ_CHECK(!summary.count || (summary.minimum <= summary.p50 && summary.p50 <= summary.p95 &&
                                      summary.p95 <= summary.p99 && summary.p99 <= summary.maximum));
    }
    vl_response_times_free(times);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vl_statistics statistics = { .rows = 0 };
    VL_ERROR_AUTO err = { .code = VL_OK };
    FILE *file;

    if (size < 3)
        return 0;
    if (data[0] % 3 == 0) {
        feed(&statistics, (const char *)data + 2, size - 2, 1 + data[1] % 64);
        vl_statistics_free(&statistics);
        return 0;
    }
    file = fmemopen((void *)(uintptr_t)(data + 2), size - 2, "r");
    if (!file)
        return 0;
    if (data[0] % 3 == 1)
        (void)vl_statistics_read_codes(&statistics, file, &err);
    else
        read_times(file);
    (void)fclose(file);
    vl_statistics_free(&statistics);
    return 0;
}
