/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A lab of share/labs with a state whose secrets are the same in every run, and the files that a PBX of it gets.
 * For cmocka tests: include the cmocka headers first.
 */
#ifndef TEST_LAB_FIXTURE_H
#define TEST_LAB_FIXTURE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "lab/lab.h"
#include "lab/state.h"
#include "render/asterisk.h"
#include "render/fileset.h"

struct lab_fixture {
    struct vl_lab *lab;
    struct vl_state state;
    struct vl_arena arena; /* for what the test renders */
};

static unsigned lab_fixture_seed;

static int lab_fixture_random(void *bytes, size_t length)
{
    unsigned char *byte = bytes;

    for (size_t i = 0; i < length; i++) {
        lab_fixture_seed = lab_fixture_seed * 1103515245U + 12345U;
        byte[i] = (unsigned char)(lab_fixture_seed >> 16);
    }
    return 0;
}

/* `name` of share/labs, or a path that contains a slash. */
static struct lab_fixture *lab_fixture_open(const char *name)
{
    struct lab_fixture *fixture = calloc(1, sizeof(*fixture));
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_FREE char *path = NULL;

    assert_non_null(fixture);
    assert_true(asprintf(&path, strchr(name, '/') ? "%.0s%s" : "%s/share/labs/%s.ini", SOURCE_DIRECTORY, name) > 0);
    lab_fixture_seed = 1;
    fixture->lab = vl_lab_load(path, SOURCE_DIRECTORY "/share", &err);
    if (!fixture->lab)
        fail_msg("%s", vl_error_text(&err));
    if (vl_state_open(&fixture->state, fixture->lab, "/nonexistent", lab_fixture_random, &err) < 0)
        fail_msg("%s", vl_error_text(&err));
    return fixture;
}

static void lab_fixture_close(struct lab_fixture **slot)
{
    struct lab_fixture *fixture = *slot;

    vl_arena_free(&fixture->arena);
    vl_state_close(&fixture->state);
    vl_lab_free(fixture->lab);
    free(fixture);
}

#define LAB_FIXTURE_AUTO __attribute__((cleanup(lab_fixture_close))) struct lab_fixture

static inline struct vl_fileset lab_fixture_render(struct lab_fixture *fixture, const char *pbx_name, unsigned parts)
{
    struct vl_fileset set = { .files = NULL };
    const struct vl_pbx *pbx = vl_lab_pbx(fixture->lab, pbx_name);

    assert_non_null(pbx);
    vl_render_pbx(&fixture->arena, fixture->lab, &fixture->state, pbx, parts, &set);
    assert_false(fixture->arena.failed);
    return set;
}

/* How many files of the set shall be there. */
static inline size_t lab_fixture_count(const struct vl_fileset *set)
{
    size_t count = 0;

    for (size_t i = 0; i < set->count; i++)
        count += vl_file_stays(set->files[i].kind);
    return count;
}

/* The file of this path and kind, or NULL. */
static inline const struct vl_file *lab_fixture_find(const struct vl_fileset *set, const char *path,
                                                     enum vl_file_kind kind)
{
    for (size_t i = 0; i < set->count; i++)
        if (set->files[i].kind == kind && !strcmp(set->files[i].path, path))
            return &set->files[i];
    return NULL;
}

/* The text of /etc/asterisk/NAME of a PBX. */
static inline const char *lab_fixture_text(struct lab_fixture *fixture, const char *pbx, const char *name)
{
    struct vl_fileset set = lab_fixture_render(fixture, pbx, VL_PART_TRUNK | VL_PART_DIALPLAN);
    const struct vl_file *file =
        lab_fixture_find(&set, vl_arena_printf(&fixture->arena, "/etc/asterisk/%s", name), VL_FILE_WHOLE);

    if (!file)
        fail_msg("%s has no file %s", pbx, name);
    return file->text;
}

/* The lines of section [NAME] of an Asterisk file, without its heading; NULL when it is not there or there twice. */
static inline const char *lab_fixture_section(struct lab_fixture *fixture, const char *text, const char *name)
{
    const char *heading = vl_arena_printf(&fixture->arena, "\n[%s]", name);
    const char *whole = vl_arena_printf(&fixture->arena, "\n%s", text);
    const char *start = strstr(whole, heading), *end;

    if (!start || strstr(start + 1, heading))
        return NULL;
    start = strchr(start + 1, '\n');
    end = start ? strstr(start, "\n[") : NULL;
    return start ? vl_arena_strndup(&fixture->arena, start + 1, end ? (size_t)(end - start) : strlen(start + 1)) : NULL;
}

#endif
