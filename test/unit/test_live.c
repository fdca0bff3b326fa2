/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The picture of a load run: for 80 columns in UTF-8 and in C as in test/golden/live (UPDATE_GOLDEN=1 writes them anew;
 * look at the difference before you keep it), and within any screen.
 */
#include <math.h>

#include "../../cmd/live_frame.h"
#include "../../cmd/screen.h"
#include "base/cleanup.h"
#include "support.h"

static const struct voiplab_load_reason reasons[] = {
    { .text = "503 Service Unavailable", .code = 503, .count = 17 },
    { .text = "no answer to a request (retransmissions used up)", .count = 2 },
    { .text = "486 Busy Here", .code = 486, .count = 1 },
    { .text = "404 Not Found", .code = 404, .count = 1 },
};
static struct voiplab_load_guest guests[CMD_LIVE_GUESTS];

static struct voiplab_load_figures figures_at(unsigned second)
{
    struct voiplab_load_figures figures = {
        .load = "thesis \xc3\xb1\x1b[31m",
        .at_s = second,
        .rate_asked = 10,
        .rate = 10.0 - second % 3,
        .made = second * 10ULL,
        .asked = 1265,
        .up = second < 30 ? second * 10 : 300,
        .succeeded = second * 9ULL,
        .failed = second > 40 ? second - 40 : 0,
        .request_p50_ms = second == 50 ? (double)NAN : 2.0 + second % 4,
        .request_p95_ms = second == 60 ? (double)NAN : 8.0 + second,
        .processor = second / 100.0,
        .generator = 0.07,
        .memory = 3e9,
        .memory_most = 4e9,
        .guests = guests,
        .guest_count = 3,
        .reasons = reasons,
        .reason_count = second > 40 ? VL_COUNT(reasons) : 0,
        .loss_percent = second == 50  ? (double)NAN
                        : second > 30 ? second % 4 * 2.5
                                      : 0,
        .mos = second == 50  ? (double)NAN
               : second > 30 ? 4.41 - second % 4 * 0.8
                             : 4.41,
    };

    for (size_t i = 0; i < VL_COUNT(guests); i++)
        guests[i] = (struct voiplab_load_guest){ .name = i ? "virtual2" : "virtual1",
                                                 .processor = i ? NAN : 1,
                                                 .memory = 1e8,
                                                 .memory_most = i == 2 ? 0 : 3e8 };
    return figures;
}

static char *drawn(size_t columns, size_t rows, bool utf8, size_t guest_count, enum cmd_live_keys keys, size_t *lines)
{
    const struct cmd_live_screen screen = { .columns = columns, .rows = rows, .utf8 = utf8 };
    struct cmd_live_past past = { .count = 0 };
    struct voiplab_load_figures figures = { .load = NULL };
    char *text;

    for (unsigned second = 1; second <= 60; second++) {
        figures = figures_at(second);
        figures.guest_count = guest_count;
        cmd_live_take(&past, &figures);
    }
    text = cmd_live_draw(&past, &figures, &screen, keys, lines);
    assert_non_null(text);
    return text;
}

static void check_golden(const char *name, const char *text)
{
    char *path = NULL, golden[8192];
    FILE *file;
    size_t length;

    assert_true(asprintf(&path, SOURCE_DIRECTORY "/test/golden/live/%s", name) > 0);
    file = fopen(path, getenv("UPDATE_GOLDEN") ? "w+" : "r");
    assert_non_null(file);
    if (getenv("UPDATE_GOLDEN"))
        (void)fputs(text, file);
    rewind(file);
    length = fread(golden, 1, sizeof(golden) - 1, file);
    golden[length] = '\0';
    (void)fclose(file);
    free(path);
    assert_string_equal(text, golden);
}

static void test_golden(void **state)
{
    size_t lines;
    char *utf8 = drawn(79, 23, true, 3, CMD_LIVE_STEERED, &lines),
         *ascii = drawn(79, 23, false, 3, CMD_LIVE_PAUSED, &lines);

    (void)state;
    check_golden("utf8.txt", utf8);
    check_golden("ascii.txt", ascii);
    free(utf8);
    free(ascii);
}

static void check_size(size_t columns, size_t rows, bool utf8, size_t guest_count, enum cmd_live_keys keys)
{
    size_t lines, seen = 0;
    char *text = drawn(columns, rows, utf8, guest_count, keys, &lines);

    for (const char *at = text; *at; at = strchr(at, '\n') + 1, seen++)
        assert_true(cmd_width(at, strcspn(at, "\n")) <= columns);
    assert_int_equal(seen, lines);
    assert_true(lines <= rows);
    if (rows > 1 && columns > 50 && keys == CMD_LIVE_STEERED)
        assert_non_null(strstr(text, "q stop\n"));
    free(text);
}

static void test_size(void **state)
{
    static const size_t columns[] = { 1, 2, 19, 41, 42, 43, 46, 47, 60, 79, 132, 300 };

    (void)state;
    for (size_t i = 0; i < VL_COUNT(columns); i++)
        for (size_t rows = 1; rows < 32; rows++)
            for (unsigned way = 0; way < 4; way++)
                check_size(columns[i], rows, way & 1, way & 2 ? CMD_LIVE_GUESTS : 1,
                           way & 1 ? CMD_LIVE_STEERED : CMD_LIVE_UNHEARD);
}

/* A run without sound has no row for it, also after one that had. */
static void test_silent(void **state)
{
    const struct cmd_live_screen screen = { .columns = 79, .rows = 24 };
    struct cmd_live_past past = { .count = 0 };
    struct voiplab_load_figures figures = figures_at(60);
    char *text;
    size_t lines, silent;

    (void)state;
    cmd_live_take(&past, &figures);
    text = cmd_live_draw(&past, &figures, &screen, CMD_LIVE_STEERED, &lines);
    assert_non_null(strstr(text, "\nsound "));
    free(text);
    figures = figures_at(1);
    figures.reason_count = 0;
    figures.loss_percent = figures.mos = NAN;
    cmd_live_take(&past, &figures);
    text = cmd_live_draw(&past, &figures, &screen, CMD_LIVE_STEERED, &silent);
    assert_null(strstr(text, "sound"));
    assert_true(silent < lines);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_silent),
        cmocka_unit_test(test_golden),
        cmocka_unit_test(test_size),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
