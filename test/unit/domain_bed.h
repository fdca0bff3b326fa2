/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the tests of definitions of guests have in common: guests, and libvirt's own schemas.
 */
#ifndef TEST_DOMAIN_BED_H
#define TEST_DOMAIN_BED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/process.h"
#include "render/domain_xml.h"

#define SCHEMAS "/usr/share/libvirt/schemas/"

static bool schemas_missing;

static inline const char *schema_tools(void)
{
    if (!vl_process_found("xmllint"))
        return "the program 'xmllint' is missing (package libxml2-utils)";
    return vl_file_exists(SCHEMAS "domain.rng") ? NULL : "libvirt's schemas are missing (package libvirt0)";
}

/* xmllint says of each file that is valid that it validates. */
static inline const char *first_complaint(char *output)
{
    for (char *line; (line = strsep(&output, "\n"));)
        if (*line && !strstr(line, " validates"))
            return line;
    return "it does not say why";
}

/* `paths` ends with NULL; they are of one schema. */
static inline void check_schemas(struct vl_arena *arena, const char *const *paths, const char *schema)
{
    static const char *const words[] = { "xmllint", "--noout", "--nonet", "--relaxng" };
    size_t count = 0;
    const char **argv;
    const struct vl_process_options options = { .timeout_ms = 60000 };
    VL_PROCESS_RESULT_AUTO result = { .output = NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };

    if (schema_tools()) {
        schemas_missing = true;
        return;
    }
    while (paths[count])
        count++;
    argv = vl_arena_zalloc(arena, (VL_COUNT(words) + count + 2) * sizeof(*argv));
    assert_non_null(argv);
    memcpy(argv, words, sizeof(words));
    argv[VL_COUNT(words)] = schema;
    memcpy(argv + VL_COUNT(words) + 1, paths, count * sizeof(*argv));
    assert_int_equal(vl_process_run(argv, &options, &result, &err), 0);
    if (result.status != 0)
        fail_msg("%s", first_complaint(result.errors));
}

/* A guest of the quickstart: a linked clone of a built image, booted directly, emulated. */
static inline struct vl_domain_spec clone_spec(void)
{
    return (struct vl_domain_spec){
        .lab = "tesis",
        .pbx = "virtual1",
        .name = "voiplab-tesis-virtual1",
        .uuid = "b091ea4d-8a90-5e27-ab41-adb809575c3a",
        .mac = "52:54:00:b0:91:ea",
        .title = "virtual1 of lab tesis",
        .memory = 300ULL << 20,
        .vcpus = 1,
        .emulated = true,
        .disk_path = "/srv/pool/virtual1.qcow2",
        .disk_format = "qcow2",
        .seed_path = "/srv/pool/virtual1-seed.iso",
        .kernel = "/srv/pool/debian-asterisk.vmlinuz",
        .initrd = "/srv/pool/debian-asterisk.initrd",
        .cmdline = "root=/dev/vda rw console=ttyS0 quiet",
        .bridge = "br0",
        .os = "debian11",
        .console_log = "/srv/log/virtual1.log",
    };
}

/* The thesis's own way: an installation of Elastix from its CD on an empty disk, under KVM. */
static inline struct vl_domain_spec install_spec(void)
{
    return (struct vl_domain_spec){
        .lab = "tesis",
        .pbx = "elastix1",
        .name = "elastix1",
        .uuid = "11111111-2222-5333-8444-555555555555",
        .mac = "52:54:00:11:11:11",
        .memory = 300ULL << 20,
        .vcpus = 1,
        .disk_path = "/srv/pool/elastix1.qcow2",
        .disk_format = "qcow2",
        .cdrom_path = "/srv/iso/Elastix.iso",
        .bridge = "br0",
        .os = "rhel5.4",
    };
}

static inline char *domain(const struct vl_domain_spec *spec)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    char *xml = vl_render_domain_xml(spec, &err);

    if (!xml)
        fail_msg("%s", vl_error_text(&err));
    return xml;
}

/* How a program of such tests ends: without the schemas it is not a pass. */
static inline int verdict(int failed)
{
    const char *ci = getenv("CI");

    if (failed || !schemas_missing)
        return failed != 0;
    (void)fprintf(stderr, "not checked against libvirt's schemas: %s\n", schema_tools());
    return ci && strcmp(ci, "true") == 0 ? 1 : 77;
}

#endif
