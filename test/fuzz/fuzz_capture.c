/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any bytes as what is on a link. The first byte chooses what frames begin with; then each frame has two bytes of
 * length in front. Whatever comes, the ladder of the first call fits its width and every figure is a figure.
 */
#include <math.h>
#include <string.h>

#include "base/cleanup.h"
#include "sipp/ladder.h"

#include "fuzz.h"

enum { WIDTH = 80 };

static void check_ladder(const struct vl_capture *capture)
{
    VL_BUF_AUTO text = VL_BUF_INIT;
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_FREE char *svg = NULL;

    vl_ladder_text(capture, 0, &(struct vl_ladder_names){ .name = NULL }, WIDTH, &text);
    for (const char *at = vl_buf_text(&text); *at;) {
        size_t length = strcspn(at, "\n");

        FUZZ_CHECK(length <= WIDTH);
        for (size_t i = 0; i < length; i++)
            FUZZ_CHECK(at[i] >= ' ' && at[i] < 0x7f);
        at += length + (at[length] == '\n');
    }
    svg = vl_ladder_svg(capture, 0, &(struct vl_ladder_names){ .name = NULL }, &err);
    FUZZ_CHECK(svg);
}

static void check_media(const struct vl_media *media)
{
    struct vl_media_figures figures;
    size_t cursor = 0;

    while (vl_media_next(media, &cursor, &figures)) {
        FUZZ_CHECK(figures.lost <= figures.expected);
        FUZZ_CHECK(figures.duplicates <= figures.packets && figures.reordered <= figures.packets);
        FUZZ_CHECK(isfinite(figures.jitter_mean_ms) && isfinite(figures.jitter_max_ms));
        FUZZ_CHECK(!figures.estimated || (figures.mos.mos >= 1 && figures.mos.mos <= 4.5));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const unsigned links[] = { VL_LINK_ETHERNET, VL_LINK_IPV4, VL_LINK_COOKED, VL_LINK_COOKED2, VL_LINK_NULL };
    VL_CAPTURE_AUTO *capture = vl_capture_new();
    int64_t now = 0;

    FUZZ_CHECK(capture);
    for (size_t at = 1; at + 2 < size;) {
        size_t length = (size_t)data[at] << 8 | data[at + 1];
        VL_FREE uint8_t *frame = NULL;

        at += 2;
        length = length < size - at ? length : size - at;
        frame = malloc(length + 1);
        FUZZ_CHECK(frame);
        (void)memcpy(frame, data + at, length);
        vl_capture_frame(capture, links[data[0] % VL_COUNT(links)], frame, length, length, now += 20000000);
        at += length;
    }
    vl_capture_calls(capture);
    if (capture->leg_count)
        check_ladder(capture);
    check_media(capture->media);
    return 0;
}
