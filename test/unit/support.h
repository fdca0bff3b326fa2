/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What several unit tests need: cmocka with its headers, a directory that is removed afterwards, whole files, and a
 * seeded generator, so that a property test does the same on every machine.
 */
#ifndef VL_TEST_SUPPORT_H
#define VL_TEST_SUPPORT_H

/* cmocka.h needs the first four before it */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A part that cannot be tried here is left out; never in CI, but for what a sanitizer is in the way of. */
#undef skip
#define skip() leave_out(__FILE__, __LINE__)

static inline void leave_out(const char *file, int line)
{
    const char *ci = getenv("CI");

    if (!SANITIZED && ci && !strcmp(ci, "true"))
        fail_msg("%s:%d: nothing is left out in CI", file, line);
    _skip(file, line);
}

/* xorshift64*: small, good enough to choose test cases, the same everywhere. */
struct generator {
    uint64_t state;
};

static inline uint64_t generate(struct generator *generator)
{
    uint64_t x = generator->state;

    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    generator->state = x;
    return x * 0x2545f4914f6cdd1dULL;
}

/* 0 … below-1 */
static inline size_t choose(struct generator *generator, size_t below)
{
    return (size_t)(generate(generator) >> 33) % below;
}

/* The whole file, which must be there; the caller frees it. */
static inline char *read_whole(const char *path)
{
    FILE *file = fopen(path, "re");
    char *text = NULL;
    size_t size = 0;
    ssize_t length;

    if (!file)
        fail_msg("cannot open %s", path);
    length = getdelim(&text, &size, '\0', file);
    (void)fclose(file);
    if (length < 0) {
        free(text);
        text = strdup("");
    }
    assert_non_null(text);
    return text;
}

static inline void write_whole(const char *path, const char *text)
{
    FILE *file = fopen(path, "we");

    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
}

static inline int remove_entry(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)status;
    (void)type;
    (void)walk;
    return remove(path);
}

static inline void remove_tree(const char *path)
{
    (void)nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

/* A new directory of mode 0700; the caller removes it with remove_tree() and frees the name. */
static inline char *make_directory(void)
{
    const char *base = getenv("TMPDIR");
    char *path = NULL;

    assert_true(asprintf(&path, "%s/voiplab-test-XXXXXX", base ? base : "/tmp") > 0);
    assert_non_null(mkdtemp(path));
    return path;
}

#endif
