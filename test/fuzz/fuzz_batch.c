/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a hostile host says about the changes that it was given in one go (machine/batch.h).
 */
#include <string.h>

#include "base/cleanup.h"
#include "machine/batch.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct vl_batch_item items[] = {
        { .kind = VL_BATCH_WRITE, .object = "/a", .text = "a" },
        { .kind = VL_BATCH_REMOVE, .object = "/b" },
        { .kind = VL_BATCH_COMMAND, .object = "sip reload" },
        { .kind = VL_BATCH_COMMAND, .object = "dialplan reload" },
    };
    struct vl_command_result results[VL_COUNT(items)] = { { .status = 0 } };
    struct vl_batch_report report = { .results = results };
    struct vl_batch_failure failure;
    bool good = vl_batch_parse(items, VL_COUNT(items), (const char *)data, size, &report, &failure);

    FUZZ_CHECK(report.done <= report.touched && report.touched <= VL_COUNT(items));
    FUZZ_CHECK(!failure.failed || failure.index <= VL_COUNT(items));
    FUZZ_CHECK(!good || failure.failed || report.done >= 2);
    for (size_t i = 0; i < VL_COUNT(items); i++) {
        FUZZ_CHECK(!results[i].output || strlen(results[i].output) <= VL_TARGET_OUTPUT_LIMIT);
        vl_command_result_free(&results[i]);
    }
    return 0;
}
