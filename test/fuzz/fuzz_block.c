/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Our block in any text: taking it out gives back the bytes, and putting it in twice is putting it in once. The first
 * byte chooses the comment character. A text that holds a whole block of ours already is put right first.
 */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "plan/block.h"

#include "fuzz.h"

#define BLOCK "#include voiplab_sip.conf\n"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_FREE char *text = NULL;
    const char *once, *back, *without;
    char comment;

    if (size == 0)
        return 0;
    comment = data[0] % 2 ? ';' : '#';
    text = strndup((const char *)data + 1, size - 1);
    if (!text)
        return 0;
    without = vl_block_take_out(&arena, text, comment);
    once = vl_block_put(&arena, text, BLOCK, comment);
    FUZZ_CHECK(strstr(once, BLOCK));
    FUZZ_CHECK(!strcmp(vl_block_put(&arena, once, BLOCK, comment), once));
    back = vl_block_take_out(&arena, once, comment);
    FUZZ_CHECK(!arena.failed);
    /* with a block in it before, the text comes back without that block; otherwise as it was */
    FUZZ_CHECK(without ? back && !strcmp(back, without) : !back);
    return 0;
}
