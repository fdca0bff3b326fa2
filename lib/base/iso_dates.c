/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A volume's descriptors stand from the sixteenth block on and say where the root directory is; each directory says
 * where those in it are, and where a record's system use goes on (CE). So a block is known for what it is when it
 * comes, as long as whoever writes the image puts directories behind the one that they are in, as libarchive does.
 */
#include "base/iso_dates.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/memory.h"

/* ECMA-119 8.4 (volume descriptors), 9.1 (directory records); SUSP 5.1; RRIP 4.1.1 and 4.1.6. */
enum {
    FIRST_DESCRIPTOR = 16,
    LAST_DESCRIPTOR = 31,
    LABEL_AT = 40,
    LABEL_SIZE = 32,
    ROOT_AT = 156,
    DATES_AT = 813,
    DATES = 4,
    DIGITS = 16,
    RECORD_EXTENT = 2,
    RECORD_LENGTH = 10,
    RECORD_DATE = 18,
    RECORD_FLAGS = 25,
    RECORD_NAME = 33,
    DATE_SIZE = 7,
    IS_DIRECTORY = 2,
    MOST_EXTENTS = 65536,
};

struct vl_iso_extent {
    uint32_t block, offset, length;
    bool is_directory;
};

static uint32_t number_at(const unsigned char *bytes)
{
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static void note(struct vl_iso_dates *dates, const struct vl_iso_extent *extent)
{
    struct vl_iso_extent *grown;

    for (size_t i = 0; i < dates->count; i++)
        if (dates->extents[i].block == extent->block && dates->extents[i].offset == extent->offset)
            return;
    if (dates->count == MOST_EXTENTS)
        return;
    grown = vl_realloc(dates->extents, (dates->count + 1) * sizeof(*grown));
    if (!grown) {
        dates->failed = 1;
        return;
    }
    grown[dates->count++] = *extent;
    dates->extents = grown;
}

static void set_date(const struct vl_iso_dates *dates, unsigned char *at)
{
    time_t seconds = (time_t)dates->time;
    struct tm date;

    if (!gmtime_r(&seconds, &date))
        return;
    at[0] = (unsigned char)date.tm_year;
    at[1] = (unsigned char)(date.tm_mon + 1);
    at[2] = (unsigned char)date.tm_mday;
    at[3] = (unsigned char)date.tm_hour;
    at[4] = (unsigned char)date.tm_min;
    at[5] = (unsigned char)date.tm_sec;
    at[6] = 0;
}

/* System use: fields of two letters, a length and a version. TF: dates; PX: mode, links, owner, group, each number in
 * both byte orders. */
static void clean_fields(struct vl_iso_dates *dates, unsigned char *field, const unsigned char *end)
{
    while (end - field >= 4 && field[2] >= 4 && field[2] <= end - field) {
        const unsigned char *next = field + field[2];

        if (memcmp(field, "TF", 2) == 0 && field[2] > 5 && !(field[4] & 0x80)) {
            for (unsigned char *date = field + 5; next - date >= DATE_SIZE; date += DATE_SIZE)
                set_date(dates, date);
        } else if (memcmp(field, "PX", 2) == 0 && field[2] >= 36) {
            memset(field + 20, 0, 16);
        } else if (memcmp(field, "CE", 2) == 0 && field[2] >= 28) {
            note(dates, &(struct vl_iso_extent){ .block = number_at(field + 4),
                                                 .offset = number_at(field + 12),
                                                 .length = number_at(field + 20) });
        }
        field += field[2];
    }
}

static void clean_record(struct vl_iso_dates *dates, unsigned char *record, size_t length)
{
    size_t name = record[RECORD_NAME - 1], use = RECORD_NAME + name + !(name & 1);

    set_date(dates, record + RECORD_DATE);
    if (record[RECORD_FLAGS] & IS_DIRECTORY)
        note(dates, &(struct vl_iso_extent){ .block = number_at(record + RECORD_EXTENT),
                                             .length = number_at(record + RECORD_LENGTH),
                                             .is_directory = true });
    if (use < length)
        clean_fields(dates, record + use, record + length);
}

static void clean_directory(struct vl_iso_dates *dates, unsigned char *block)
{
    size_t at = 0;

    while (at + RECORD_NAME < VL_ISO_BLOCK && block[at] > RECORD_NAME && at + block[at] <= VL_ISO_BLOCK) {
        size_t length = block[at];

        clean_record(dates, block + at, length);
        at += length;
    }
}

/* Dates of 16 digits and a zone; one that is not given is zeros, and stays. The label of Joliet is in two bytes a
 * letter, and has kept its case. */
static void clean_descriptor(struct vl_iso_dates *dates, unsigned char *block)
{
    time_t seconds = (time_t)dates->time;
    struct tm date;
    char digits[DIGITS + 1];

    if (!gmtime_r(&seconds, &date) || strftime(digits, sizeof(digits), "%Y%m%d%H%M%S00", &date) != DIGITS)
        return;
    for (size_t i = 0; i < DATES; i++) {
        unsigned char *at = block + DATES_AT + i * (DIGITS + 1);

        if (*at >= '1' && *at <= '9') {
            memcpy(at, digits, DIGITS);
            at[DIGITS] = 0;
        }
    }
    if (dates->label && *block == 1) {
        memset(block + LABEL_AT, ' ', LABEL_SIZE);
        memcpy(block + LABEL_AT, dates->label, strnlen(dates->label, LABEL_SIZE));
    }
    clean_record(dates, block + ROOT_AT, block[ROOT_AT]);
}

void vl_iso_dates_block(struct vl_iso_dates *dates, uint64_t number, unsigned char block[static VL_ISO_BLOCK])
{
    if (number >= FIRST_DESCRIPTOR && number <= LAST_DESCRIPTOR && memcmp(block + 1, "CD001", 5) == 0) {
        if (*block == 1 || *block == 2)
            clean_descriptor(dates, block);
        return;
    }
    /* libarchive's own note behind the descriptors, of when and by which of its versions */
    if (number > FIRST_DESCRIPTOR && number <= LAST_DESCRIPTOR && memcmp(block, "INFO ", 5) == 0)
        memset(block, 0, VL_ISO_BLOCK);
    for (size_t i = 0; i < dates->count; i++) {
        const struct vl_iso_extent extent = dates->extents[i];

        if (extent.is_directory && number >= extent.block &&
            number < (uint64_t)extent.block + (extent.length + VL_ISO_BLOCK - 1) / VL_ISO_BLOCK)
            clean_directory(dates, block);
        else if (!extent.is_directory && number == extent.block && extent.offset < VL_ISO_BLOCK &&
                 extent.length <= VL_ISO_BLOCK - extent.offset)
            clean_fields(dates, block + extent.offset, block + extent.offset + extent.length);
    }
}

void vl_iso_dates_free(struct vl_iso_dates *dates)
{
    vl_free(dates->extents);
    dates->extents = NULL;
    dates->count = 0;
}
