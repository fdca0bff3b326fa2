/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dialplan/zone.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/cleanup.h"

#define ZONES "/usr/share/zoneinfo"

enum { HEAD_BYTES = 44, FILE_MOST = 1 << 16, DAY = 24 * 3600 };

/* One of the two blocks of a file, of 4 and of 8 bytes a moment. */
struct block {
    const unsigned char *bytes; /* behind the head */
    size_t moments, kinds, length;
    size_t width;
};

static uint64_t read_big(const unsigned char *bytes, size_t width)
{
    uint64_t number = 0;

    for (size_t i = 0; i < width; i++)
        number = number << 8 | bytes[i];
    return number;
}

/* False: the bytes end before the block does. */
static bool read_head(const unsigned char *bytes, size_t length, size_t width, struct block *ret_block)
{
    size_t counts[6];

    if (length < HEAD_BYTES || memcmp(bytes, "TZif", 4) != 0)
        return false;
    for (size_t i = 0; i < VL_COUNT(counts); i++) {
        counts[i] = (size_t)read_big(bytes + 20 + 4 * i, 4);
        if (counts[i] > FILE_MOST)
            return false;
    }
    *ret_block = (struct block){ .bytes = bytes + HEAD_BYTES,
                                 .moments = counts[3],
                                 .kinds = counts[4],
                                 .width = width,
                                 .length = counts[3] * (width + 1) + counts[4] * 6 + counts[5] +
                                           counts[2] * (width + 4) + counts[1] + counts[0] };
    return ret_block->kinds && ret_block->length <= length - HEAD_BYTES;
}

static int64_t moment_of(const struct block *block, size_t place)
{
    uint64_t number = read_big(block->bytes + place * block->width, block->width);

    return block->width == 4 ? (int32_t)number : (int64_t)number;
}

/* What holds before the first moment is the first kind. */
static bool offset_of(const struct block *block, int64_t when, int *ret_seconds)
{
    const unsigned char *kinds = block->bytes + block->moments * block->width;
    size_t kind = 0, count = 0;

    while (count < block->moments && moment_of(block, count) <= when)
        kind = kinds[count++];
    if (kind >= block->kinds)
        return false;
    *ret_seconds = (int32_t)read_big(kinds + block->moments + kind * 6, 4);
    return *ret_seconds > -2 * DAY && *ret_seconds < 2 * DAY;
}

/* The rule stands in a line of its own behind the second block. NULL: memory ran out. */
static const char *rule_of(struct vl_arena *arena, const unsigned char *bytes, size_t length)
{
    const unsigned char *end = length > 1 && *bytes == '\n' ? memchr(bytes + 1, '\n', length - 1) : NULL;

    return end ? vl_arena_strndup(arena, (const char *)bytes + 1, (size_t)(end - bytes) - 1) : "";
}

bool vl_zone_file_offset(const unsigned char *bytes, size_t length, int64_t when, int *ret_seconds)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    struct block block;
    const char *rule = "";
    size_t used;

    if (!read_head(bytes, length, 4, &block))
        return false;
    if (bytes[4] >= '2') {
        used = HEAD_BYTES + block.length;
        bytes += used;
        length -= used;
        if (!read_head(bytes, length, 8, &block))
            return false;
        used = HEAD_BYTES + block.length;
        rule = rule_of(&arena, bytes + used, length - used);
    }
    if (*rule && (!block.moments || moment_of(&block, block.moments - 1) <= when))
        return vl_zone_rule_offset(rule, when, ret_seconds);
    return offset_of(&block, when, ret_seconds);
}

static bool read_zone(const char *zone, int64_t when, int *ret_seconds)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    unsigned char *bytes = vl_arena_zalloc(&arena, FILE_MOST);
    FILE *file = bytes ? fopen(vl_arena_printf(&arena, ZONES "/%s", zone), "re") : NULL;
    size_t length = file ? fread(bytes, 1, FILE_MOST, file) : 0;

    if (file)
        (void)fclose(file);
    return vl_zone_file_offset(bytes, length, when, ret_seconds) || vl_zone_rule_offset(zone, when, ret_seconds);
}

bool vl_zone_moment(const struct vl_moment *here, const char *zone, struct vl_moment *ret_there)
{
    struct tm local = { .tm_year = here->year - 1900,
                        .tm_mon = here->month - 1,
                        .tm_mday = here->day,
                        .tm_hour = here->hour,
                        .tm_min = here->minute,
                        .tm_isdst = -1 },
              there;
    time_t when = mktime(&local), shifted;
    int seconds = 0;

    if (*zone == '/' || strstr(zone, "..") || access(ZONES, R_OK) < 0 || when == (time_t)-1)
        return false;
    if (!read_zone(zone, when, &seconds))
        seconds = 0;
    shifted = when + seconds;
    if (!gmtime_r(&shifted, &there))
        return false;
    /* the weekday may have been asked for, and not be that of the date */
    *ret_there = (struct vl_moment){ .year = there.tm_year + 1900,
                                     .month = there.tm_mon + 1,
                                     .day = there.tm_mday,
                                     .weekday = (here->weekday + there.tm_wday - local.tm_wday + 7) % 7,
                                     .hour = there.tm_hour,
                                     .minute = there.tm_min,
                                     .elsewhere = here->elsewhere };
    return true;
}
