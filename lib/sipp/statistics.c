/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The header row is turned once into a list that says what each column is for us (most are nothing); every later row is
 * walked along that list. Bytes after the last line feed wait for the rest of their row.
 */
#include "sipp/statistics.h"

#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/memory.h"
#include "base/text.h"

enum { ROW_LIMIT = 256 * 1024, SERIES_LIMIT = 7 * 86400, FIGURE_DIGITS = 40 };

enum column_kind { COLUMN_OTHER, COLUMN_START, COLUMN_NOW, COLUMN_FIGURE, COLUMN_FAILURE, COLUMN_REFUSED };

struct vl_statistics_column {
    enum column_kind kind;
    size_t index; /* into `now`, `failures` or `refused` */
};

static const char *const figure_names[VL_STATISTIC_COUNT] = {
    [VL_STATISTIC_MADE] = "OutgoingCall(C)",
    [VL_STATISTIC_CURRENT] = "CurrentCall",
    [VL_STATISTIC_SUCCEEDED] = "SuccessfulCall(C)",
    [VL_STATISTIC_FAILED] = "FailedCall(C)",
    [VL_STATISTIC_RETRANSMISSIONS] = "Retransmissions(C)",
    [VL_STATISTIC_WATCHDOG_MAJOR] = "WatchdogMajor(C)",
    [VL_STATISTIC_WATCHDOG_MINOR] = "WatchdogMinor(C)",
    [VL_STATISTIC_ARRIVED] = "arrived(C)",
};

static bool has_ends(const char *name, const char *start, const char *end)
{
    size_t length = strlen(name), tail = strlen(end);

    return vl_text_starts(name, start) && length > strlen(start) + tail && strcmp(name + length - tail, end) == 0;
}

static size_t add_failure(struct vl_statistics *statistics, const char *name)
{
    struct vl_statistics_failure *grown =
        vl_arena_grow(&statistics->arena, statistics->failures, statistics->failure_count, sizeof(*grown));

    if (!grown)
        return 0;
    statistics->failures = grown;
    grown[statistics->failure_count] = (struct vl_statistics_failure){
        .name = vl_arena_strndup(&statistics->arena, name, strlen(name) - strlen("(C)")),
    };
    return statistics->failure_count++;
}

static struct vl_statistics_column column_of(struct vl_statistics *statistics, const char *name)
{
    char *end;

    if (strcmp(name, "StartTime") == 0)
        return (struct vl_statistics_column){ .kind = COLUMN_START };
    if (strcmp(name, "CurrentTime") == 0)
        return (struct vl_statistics_column){ .kind = COLUMN_NOW };
    for (size_t i = 0; i < VL_COUNT(figure_names); i++)
        if (strcmp(name, figure_names[i]) == 0)
            return (struct vl_statistics_column){ .kind = COLUMN_FIGURE, .index = i };
    if (has_ends(name, "Failed", "(C)"))
        return (struct vl_statistics_column){ .kind = COLUMN_FAILURE, .index = add_failure(statistics, name) };
    if (has_ends(name, "refused_", "(C)")) {
        unsigned long code = strtoul(name + strlen("refused_"), &end, 10);

        if (code < VL_SIP_CODES && strcmp(end, "(C)") == 0)
            return (struct vl_statistics_column){ .kind = COLUMN_REFUSED, .index = code };
    }
    return (struct vl_statistics_column){ .kind = COLUMN_OTHER };
}

static int check_header(const struct vl_statistics *statistics, struct vl_error *err)
{
    for (size_t i = 0; i < VL_COUNT(figure_names); i++) {
        size_t found = 0;

        for (size_t c = 0; c < statistics->column_count; c++)
            found += statistics->columns[c].kind == COLUMN_FIGURE && statistics->columns[c].index == i;
        if (found != 1 && (i != VL_STATISTIC_ARRIVED || found))
            return vl_fail(err, VL_ERROR_FAILED,
                           "the statistics of sipp have no column '%s': use SIPp 3.6 or a later one", figure_names[i]);
    }
    return 0;
}

static int take_header(struct vl_statistics *statistics, char *row, struct vl_error *err)
{
    char *rest = row, *name;

    while ((name = strsep(&rest, ";"))) {
        struct vl_statistics_column *grown =
            vl_arena_grow(&statistics->arena, statistics->columns, statistics->column_count, sizeof(*grown));

        if (!grown)
            return vl_no_memory(err);
        statistics->columns = grown;
        grown[statistics->column_count++] = column_of(statistics, name);
    }
    if (statistics->arena.failed)
        return vl_no_memory(err);
    return check_header(statistics, err);
}

/* YYYY-MM-DD<tab>HH:MM:SS.uuuuuu<tab>EPOCH.uuuuuu: the last part says it all. */
static double epoch_of(const char *field)
{
    const char *last = strrchr(field, '\t');
    double epoch = strtod(last ? last + 1 : field, NULL);

    return isfinite(epoch) && epoch > 0 ? epoch : 0;
}

static uint64_t figure_of(const char *field)
{
    char *end;
    unsigned long long figure = strtoull(field, &end, 10);

    return *field >= '0' && *field <= '9' && end - field < FIGURE_DIGITS && *end == '\0' ? figure : 0;
}

static void take_field(struct vl_statistics *statistics, const struct vl_statistics_column *column, const char *field)
{
    switch (column->kind) {
    case COLUMN_START:
        statistics->start = epoch_of(field);
        break;
    case COLUMN_NOW:
        statistics->last = epoch_of(field);
        break;
    case COLUMN_FIGURE:
        statistics->now[column->index] = figure_of(field);
        break;
    case COLUMN_FAILURE:
        statistics->failures[column->index].count = figure_of(field);
        break;
    case COLUMN_REFUSED:
        statistics->refused[column->index] = figure_of(field);
        break;
    case COLUMN_OTHER:
        break;
    }
}

/* Count calls begun since the row before into the second of the run in which this row was written. */
static void extend_series(struct vl_statistics *statistics, uint64_t begun)
{
    double elapsed = statistics->last - statistics->start;
    size_t second;

    if (!(elapsed >= 0 && elapsed < (double)SERIES_LIMIT))
        return;
    second = (size_t)elapsed;
    while (statistics->series_count <= second) {
        uint32_t *grown =
            vl_arena_grow(&statistics->arena, statistics->series, statistics->series_count, sizeof(*grown));

        if (!grown)
            return;
        statistics->series = grown;
        grown[statistics->series_count++] = 0;
    }
    statistics->series[second] += (uint32_t)begun;
}

static int take_row(struct vl_statistics *statistics, char *row, struct vl_error *err)
{
    uint64_t before = statistics->now[VL_STATISTIC_MADE], made;
    char *rest = row, *field;
    size_t count = 0;

    for (const char *at = row; (at = strchr(at, ';')); at++)
        count++;
    if (count + 1 < statistics->column_count) /* SIPp was killed in the middle of it */
        return 0;
    for (size_t i = 0; i < statistics->column_count && (field = strsep(&rest, ";")); i++)
        take_field(statistics, &statistics->columns[i], field);
    statistics->rows++;
    made = statistics->now[VL_STATISTIC_MADE];
    if (made > before)
        statistics->last_begun = statistics->last;
    if (statistics->now[VL_STATISTIC_CURRENT] > statistics->peak)
        statistics->peak = statistics->now[VL_STATISTIC_CURRENT];
    extend_series(statistics, made > before ? made - before : 0);
    return vl_arena_check(&statistics->arena, err);
}

static int take_line(struct vl_statistics *statistics, char *line, struct vl_error *err)
{
    if (*line == '\0')
        return 0;
    return statistics->column_count ? take_row(statistics, line, err) : take_header(statistics, line, err);
}

int vl_statistics_feed(struct vl_statistics *statistics, const char *bytes, size_t length, struct vl_error *err)
{
    while (length > 0) {
        const char *end = memchr(bytes, '\n', length);
        size_t part = end ? (size_t)(end - bytes) : length;

        vl_buf_add(&statistics->pending, bytes, part);
        if (statistics->pending.failed)
            return vl_no_memory(err);
        if (statistics->pending.length > ROW_LIMIT)
            return vl_fail(err, VL_ERROR_FAILED, "a row of the statistics of sipp is longer than %d bytes", ROW_LIMIT);
        if (!end)
            return 0;
        if (statistics->pending.data && take_line(statistics, statistics->pending.data, err) < 0)
            return -1;
        vl_buf_reset(&statistics->pending);
        bytes += part + 1;
        length -= part + 1;
    }
    return 0;
}

static void take_codes(struct vl_statistics *statistics, const char *list)
{
    while (*list) {
        char *end;
        unsigned long code = strtoul(list, &end, 10);

        if (end == list)
            return;
        if (code >= 100 && code < VL_SIP_CODES)
            statistics->unexpected[code]++;
        list = *end == ',' ? end + 1 : end;
    }
}

int vl_statistics_read_codes(struct vl_statistics *statistics, FILE *file, struct vl_error *err)
{
    VL_FREE char *line = NULL;
    size_t size = 0;

    while (getline(&line, &size, file) > 0) {
        const char *list = strchr(line, ';');

        if (list && (list = strchr(list + 1, ';')))
            take_codes(statistics, list + 1);
    }
    return ferror(file) ? vl_fail_errno(err, "cannot read the error codes of sipp") : 0;
}

static void add_failures(struct vl_statistics *sum, const struct vl_statistics *other)
{
    for (size_t i = 0; i < other->failure_count; i++) {
        const struct vl_statistics_failure *more = &other->failures[i];
        size_t at = 0;

        while (at < sum->failure_count && strcmp(sum->failures[at].name, more->name) != 0)
            at++;
        if (at < sum->failure_count) {
            sum->failures[at].count += more->count;
            continue;
        }
        sum->failures = vl_arena_grow(&sum->arena, sum->failures, sum->failure_count, sizeof(*sum->failures));
        if (!sum->failures)
            return;
        sum->failures[sum->failure_count++] = (struct vl_statistics_failure){
            .name = vl_arena_strdup(&sum->arena, more->name),
            .count = more->count,
        };
    }
}

int vl_statistics_add(struct vl_statistics *sum, const struct vl_statistics *other, struct vl_error *err)
{
    if (!sum->rows || other->start < sum->start)
        sum->start = other->start;
    sum->last = other->last > sum->last ? other->last : sum->last;
    sum->last_begun = other->last_begun > sum->last_begun ? other->last_begun : sum->last_begun;
    sum->rows += other->rows;
    sum->peak = other->peak > sum->peak ? other->peak : sum->peak;
    for (size_t i = 0; i < VL_STATISTIC_COUNT; i++)
        sum->now[i] += other->now[i];
    for (size_t i = 0; i < VL_SIP_CODES; i++) {
        sum->refused[i] += other->refused[i];
        sum->unexpected[i] += other->unexpected[i];
    }
    add_failures(sum, other);
    for (size_t i = 0; i < other->series_count; i++) {
        if (sum->series_count <= i) {
            sum->series = vl_arena_grow(&sum->arena, sum->series, sum->series_count, sizeof(*sum->series));
            if (!sum->series)
                break;
            sum->series[sum->series_count++] = 0;
        }
        sum->series[i] += other->series[i];
    }
    return vl_arena_check(&sum->arena, err);
}

void vl_statistics_free(struct vl_statistics *statistics)
{
    vl_buf_free(&statistics->pending);
    vl_arena_free(&statistics->arena);
    *statistics = (struct vl_statistics){ .rows = 0 };
}

static int add_sample(struct vl_response_times *times, double sample)
{
    if (times->count == times->size) {
        size_t size = times->size ? times->size * 2 : 1024;
        double *grown = size > SIZE_MAX / sizeof(*grown) ? NULL : vl_realloc(times->samples, size * sizeof(*grown));

        if (!grown)
            return -1;
        times->samples = grown;
        times->size = size;
    }
    times->samples[times->count++] = sample;
    return 0;
}

/* The header, or a row that was cut, is no sample. */
static int take_sample(const char *line, struct vl_response_times times[static VL_SIPP_CLOCKS], struct vl_error *err)
{
    const char *field = strchr(line, ';');
    char *end = NULL;
    double sample = field ? strtod(field + 1, &end) : -1;
    unsigned long clock;

    if (!(sample >= 0 && isfinite(sample)) || !end || *end != ';')
        return 0;
    clock = strtoul(end + 1, NULL, 10);
    if (clock < 1 || clock > VL_SIPP_CLOCKS)
        return 0;
    return add_sample(&times[clock - 1], sample) < 0 ? vl_no_memory(err) : 0;
}

int vl_response_times_feed(struct vl_buf *pending, const char *bytes, size_t length,
                           struct vl_response_times times[static VL_SIPP_CLOCKS], struct vl_error *err)
{
    const char *end;

    for (; length && (end = memchr(bytes, '\n', length)); length -= (size_t)(end + 1 - bytes), bytes = end + 1) {
        vl_buf_add(pending, bytes, (size_t)(end - bytes));
        if (take_sample(vl_buf_text(pending), times, err) < 0)
            return -1;
        vl_buf_reset(pending);
    }
    if (pending->length < ROW_LIMIT) /* of a longer row there is nothing to know */
        vl_buf_add(pending, bytes, length);
    return pending->failed ? vl_no_memory(err) : 0;
}

int vl_response_times_read(FILE *file, struct vl_response_times times[static VL_SIPP_CLOCKS], struct vl_error *err)
{
    VL_BUF_AUTO pending = VL_BUF_INIT;
    char chunk[16384];
    size_t got;
    int rc = 0;

    while (rc == 0 && (got = fread(chunk, 1, sizeof(chunk), file)) > 0)
        rc = vl_response_times_feed(&pending, chunk, got, times, err);
    if (rc == 0 && pending.length)
        rc = take_sample(vl_buf_text(&pending), times, err);
    if (rc < 0)
        return -1;
    return ferror(file) ? vl_fail_errno(err, "cannot read the response times of sipp") : 0;
}

int vl_response_times_add(struct vl_response_times *sum, const struct vl_response_times *other, struct vl_error *err)
{
    for (size_t i = 0; i < other->count; i++)
        if (add_sample(sum, other->samples[i]) < 0)
            return vl_no_memory(err);
    return 0;
}

static int by_size(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;

    return (a > b) - (a < b);
}

/* The smallest sample that at least `percent` of all are not larger than. */
static double percentile(const struct vl_response_times *times, unsigned percent)
{
    size_t rank = (times->count * percent + 99) / 100;

    return times->samples[rank ? rank - 1 : 0];
}

double vl_response_times_since(struct vl_response_times *times, size_t first, unsigned percent)
{
    struct vl_response_times part = { .samples = times->samples + first, .count = times->count - first };

    if (first >= times->count)
        return NAN;
    qsort(part.samples, part.count, sizeof(*part.samples), by_size);
    return percentile(&part, percent);
}

void vl_response_times_summarize(struct vl_response_times *times, struct vl_response_summary *ret_summary)
{
    double sum = 0;

    *ret_summary = (struct vl_response_summary){ .count = times->count };
    if (times->count == 0)
        return;
    qsort(times->samples, times->count, sizeof(*times->samples), by_size);
    for (size_t i = 0; i < times->count; i++)
        sum += times->samples[i];
    ret_summary->minimum = times->samples[0];
    ret_summary->maximum = times->samples[times->count - 1];
    ret_summary->mean = sum / (double)times->count;
    ret_summary->p50 = percentile(times, 50);
    ret_summary->p95 = percentile(times, 95);
    ret_summary->p99 = percentile(times, 99);
}

void vl_response_times_free(struct vl_response_times times[static VL_SIPP_CLOCKS])
{
    for (size_t i = 0; i < VL_SIPP_CLOCKS; i++)
        free(times[i].samples);
}
