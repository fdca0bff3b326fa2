/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The seed's files against golden files, and the ISO that is made of them. UPDATE_GOLDEN=1 makes the golden files
 * anew; look at the difference before you keep it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/file_ops.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/process.h"
#include "guest/seed_iso.h"
#include "render/seed.h"

#define GOLDEN SOURCE_DIRECTORY "/test/golden/seed/"

static bool xorriso_missing;

/* Not a key: only its shape matters here, and that it has lines. */
static const char private_key[] =
    "-----BEGIN OPENSSH PRIVATE KEY-----\nTk9UIEEgS0VZ\n-----END OPENSSH PRIVATE KEY-----\n";

static struct vl_seed full_seed(void)
{
    static const char *const dns[] = { "192.168.0.1", "9.9.9.9", NULL };

    return (struct vl_seed){
        .hostname = "virtual1",
        .mac = "52:54:00:b0:91:ea",
        .address = 0xc0a800c3,
        .prefix = 24,
        .gateway = 0xc0a80001,
        .dns = dns,
        .authorized_key = "ssh-ed25519 QVVUSE9SSVpFRA== voiplab \"tesis\"",
        .host_private_key = private_key,
        .host_public_key = "ssh-ed25519 SE9TVA== root@virtual1",
        .zone = "America/Guayaquil",
        .language = "es",
    };
}

static void render(struct vl_arena *arena, const struct vl_seed *seed, struct vl_fileset *set)
{
    VL_ERROR_AUTO err = { .code = VL_OK };

    *set = (struct vl_fileset){ .count = 0 };
    if (vl_render_seed(arena, seed, set, &err) < 0)
        fail_msg("%s", vl_error_text(&err));
}

static const struct vl_file *file_of(const struct vl_fileset *set, const char *path)
{
    for (size_t i = 0; i < set->count; i++) {
        if (strcmp(set->files[i].path, path) == 0)
            return &set->files[i];
    }
    fail_msg("the seed has no '%s'", path);
    return NULL;
}

/* The golden file of a set holds all its files, each after a line with mode and path. */
static void check_golden(const struct vl_fileset *set, const char *name)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    const char *path = vl_arena_printf(&arena, GOLDEN "%s.txt", name);
    const char *text = "";
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_FREE char *expected = NULL;

    for (size_t i = 0; i < set->count; i++)
        text = vl_arena_printf(&arena, "%s==== %04o %s\n%s", text, set->files[i].mode, set->files[i].path,
                               set->files[i].text);
    if (getenv("UPDATE_GOLDEN"))
        assert_int_equal(vl_file_write(path, text, strlen(text), 0644, &err), 0);
    if (vl_file_read(path, 1 << 20, &expected, NULL, &err) < 0)
        fail_msg("%s", vl_error_text(&err));
    assert_string_equal(text, expected);
}

static void test_full(void **state)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    const struct vl_seed seed = full_seed();
    struct vl_fileset set;

    (void)state;
    render(&arena, &seed, &set);
    check_golden(&set, "full");
}

static void test_isolated(void **state)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    struct vl_seed seed = full_seed();
    struct vl_fileset set;

    (void)state;
    seed.gateway = 0;
    seed.dns = NULL;
    render(&arena, &seed, &set);
    check_golden(&set, "isolated");
}

/* The names that the image's reader looks for, and that keys are not for everybody. */
static void test_contract(void **state)
{
    static const struct {
        const char *path;
        unsigned mode;
    } rows[] = {
        { "voiplab/hostname", 0644 },
        { "voiplab/network", 0644 },
        { "voiplab/facts", 0644 },
        { "voiplab/authorized_keys", 0600 },
        { "voiplab/ssh_host_ed25519_key", 0600 },
        { "voiplab/ssh_host_ed25519_key.pub", 0644 },
        { "user-data", 0600 },
        { "meta-data", 0644 },
        { "network-config", 0644 },
    };
    VL_ARENA_AUTO arena = { .blocks = NULL };
    const struct vl_seed seed = full_seed();
    struct vl_fileset set;

    (void)state;
    render(&arena, &seed, &set);
    assert_int_equal(set.count, VL_COUNT(rows));
    for (size_t i = 0; i < VL_COUNT(rows); i++)
        assert_int_equal(file_of(&set, rows[i].path)->mode, rows[i].mode);
    assert_string_equal(file_of(&set, "voiplab/ssh_host_ed25519_key")->text, private_key);
}

static void test_instance_id(void **state)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    struct vl_seed seed = full_seed();
    struct vl_fileset set, again, other;

    (void)state;
    render(&arena, &seed, &set);
    render(&arena, &seed, &again);
    seed.address++;
    render(&arena, &seed, &other);
    assert_string_equal(file_of(&set, "meta-data")->text, file_of(&again, "meta-data")->text);
    assert_string_not_equal(file_of(&set, "meta-data")->text, file_of(&other, "meta-data")->text);
}

static void refused(const struct vl_seed *seed, const char *message)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };
    struct vl_fileset set = { .count = 0 };

    assert_int_equal(vl_render_seed(&arena, seed, &set, &err), -1);
    assert_string_equal(vl_error_text(&err), message);
}

static void test_injection(void **state)
{
    static const char *const dns[] = { "9.9.9.9\nDHCP=yes", NULL };
    struct vl_seed seed = full_seed();

    (void)state;
    seed.hostname = "a\nb";
    refused(&seed, "seed: the host name must be one line of text");
    seed = full_seed();
    seed.authorized_key = "ssh-ed25519 A\nssh-ed25519 B";
    refused(&seed, "seed: the authorized key must be one line of text");
    seed = full_seed();
    seed.host_public_key = "";
    refused(&seed, "seed: the public host key is empty");
    seed = full_seed();
    seed.zone = "UTC\nADDRESS=1.2.3.4";
    refused(&seed, "seed: the time zone must be one line of text");
    seed = full_seed();
    seed.dns = dns;
    refused(&seed, "seed: a name server must be one line of text");
}

/* However early memory runs out, it is said, and a seed that was made is whole. */
static void test_out_of_memory(void **state)
{
    const struct vl_seed seed = full_seed();
    long n = 0;
    int rc;

    (void)state;
    do {
        VL_ARENA_AUTO arena = { .blocks = NULL };
        VL_ERROR_AUTO err = { .code = VL_OK };
        struct vl_fileset set = { .count = 0 };

        vl_memory_fail_after(n++);
        rc = vl_render_seed(&arena, &seed, &set, &err);
        vl_memory_fail_after(-1);
        if (rc == 0)
            check_golden(&set, "full");
        else
            assert_int_equal(err.code, VL_ERROR_MEMORY);
    } while (rc < 0);
    assert_true(n > 5);
}

/* A directory of the test's own, emptied by remove_work. */
static char *make_work(void)
{
    char *directory = strdup("/tmp/voiplab-test-seed.XXXXXX");

    assert_non_null(directory);
    assert_non_null(mkdtemp(directory));
    return directory;
}

static size_t entries_in(const char *directory)
{
    DIR *stream = opendir(directory);
    size_t count = 0;

    assert_non_null(stream);
    while (readdir(stream))
        count++;
    (void)closedir(stream);
    return count - 2;
}

static void digest_of(const char *path, char ret_hex[static VL_DIGEST_SHA256_SIZE])
{
    FILE *stream = fopen(path, "re");
    VL_FREE char *bytes = malloc(4 << 20);
    size_t length;

    assert_non_null(stream);
    assert_non_null(bytes);
    length = fread(bytes, 1, 4 << 20, stream);
    (void)fclose(stream);
    assert_true(length > 32768); /* the label of an ISO stands at 32 KiB */
    assert_memory_equal(bytes + 32768 + 40, "cidata ", 7);
    assert_int_equal(vl_digest_sha256(bytes, length, ret_hex), 0);
}

static bool need_xorriso(void)
{
    if (vl_process_found("xorriso"))
        return true;
    xorriso_missing = true;
    return false;
}

static void check_iso_content(const char *iso, const char *directory, const struct vl_fileset *set)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    const char *out = vl_arena_printf(&arena, "%s/out", directory);
    const char *const argv[] = { "xorriso", "-osirrox", "on", "-indev", iso, "-extract", "/", out, NULL };
    const char *const clean[] = { "rm", "-rf", out, NULL };
    const struct vl_process_options options = { .timeout_ms = 60000 };
    VL_ERROR_AUTO err = { .code = VL_OK };

    if (vl_process_check(argv, &options, NULL, &err) < 0)
        fail_msg("%s", vl_error_text(&err));
    for (size_t i = 0; i < set->count; i++) {
        VL_FREE char *text = NULL;
        struct stat status;

        assert_int_equal(
            vl_file_read(vl_arena_printf(&arena, "%s/%s", out, set->files[i].path), 1 << 20, &text, &status, &err), 0);
        assert_string_equal(text, set->files[i].text);
        assert_int_equal(status.st_mode & 07777, set->files[i].mode);
    }
    assert_int_equal(vl_process_check(clean, &options, NULL, &err), 0);
}

/* The same files, made at another second and in another directory, give the same bytes. */
static void test_iso(void **state)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };
    const struct vl_seed seed = full_seed();
    char first[VL_DIGEST_SHA256_SIZE], second[VL_DIGEST_SHA256_SIZE];
    VL_FREE char *directory = NULL;
    const char *iso;
    struct vl_fileset set;
    struct stat status;

    (void)state;
    if (!need_xorriso())
        return;
    directory = make_work();
    iso = vl_arena_printf(&arena, "%s/seed.iso", directory);
    render(&arena, &seed, &set);
    if (vl_seed_iso(&set, VL_SEED_LABEL, iso, &err) < 0)
        fail_msg("%s", vl_error_text(&err));
    assert_int_equal(entries_in(directory), 1);
    assert_int_equal(stat(iso, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    digest_of(iso, first);
    (void)usleep(1100000);
    assert_int_equal(vl_seed_iso(&set, VL_SEED_LABEL, iso, &err), 0);
    digest_of(iso, second);
    assert_string_equal(first, second);
    check_iso_content(iso, directory, &set);
    assert_int_equal(unlink(iso), 0);
    assert_int_equal(rmdir(directory), 0);
}

static int failing_rename(const char *from, const char *to)
{
    (void)from;
    (void)to;
    errno = EIO;
    return -1;
}

/* Whatever fails, nothing is left behind: neither a half image nor a private key in a temporary directory. */
static void test_iso_failure(void **state)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };
    const struct vl_seed seed = full_seed();
    const struct vl_file_ops *kernel = vl_file_set_ops(NULL);
    struct vl_file_ops broken = *kernel;
    VL_FREE char *directory = make_work(), *path = strdup(getenv("PATH"));
    const char *iso = vl_arena_printf(&arena, "%s/seed.iso", directory);
    struct vl_fileset set;

    (void)state;
    render(&arena, &seed, &set);
    broken.rename = failing_rename;
    (void)vl_file_set_ops(&broken);
    assert_int_equal(vl_seed_iso(&set, VL_SEED_LABEL, iso, &err), -1);
    (void)vl_file_set_ops(NULL);
    assert_int_equal(entries_in(directory), 0);

    assert_int_equal(setenv("PATH", directory, 1), 0); /* no program is there, and none is needed */
    assert_int_equal(vl_seed_iso(&set, VL_SEED_LABEL, iso, &err), 0);
    assert_int_equal(setenv("PATH", path, 1), 0);
    assert_int_equal(entries_in(directory), 1);
    assert_int_equal(unlink(iso), 0);

    assert_int_equal(vl_seed_iso(&set, VL_SEED_LABEL, "/nowhere/at/all.iso", &err), -1);
    assert_int_equal(rmdir(directory), 0);
}

/* What an archive of cpio's, which begins there in a file, has as `init`. */
static void assert_init(const char *path, long begin, const char *wanted)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_FREE char *printed = NULL;
    const char *command =
        vl_arena_printf(&arena, "tail -c +%ld %s | cpio -i --quiet --to-stdout init", begin + 1, path);

    assert_int_equal(vl_process_check((const char *const[]){ "sh", "-c", command, NULL }, NULL, &printed, &err), 0);
    assert_string_equal(printed, wanted);
}

/* A kernel unpacks all archives of an initrd, one over the other, if each begins where it looks. */
static void test_initrd(void **state)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };
    struct vl_file init = { .path = "init", .mode = 0755, .text = "#!/bin/sh\nfirst\n" };
    const struct vl_fileset set = { .files = &init, .count = 1 };
    char directory[] = "/tmp/voiplab-test-initrd.XXXXXX";
    const char *odd, *one, *both;
    struct stat first;

    (void)state;
    assert_non_null(mkdtemp(directory));
    odd = vl_arena_printf(&arena, "%s/odd", directory);
    one = vl_arena_printf(&arena, "%s/one", directory);
    both = vl_arena_printf(&arena, "%s/both", directory);
    assert_int_equal(vl_file_write(odd, "x", 1, 0600, &err), 0);
    assert_int_equal(vl_seed_initrd(&set, odd, one, &err), 0);
    assert_init(one, 512, init.text);
    assert_int_equal(stat(one, &first), 0);
    assert_int_equal(first.st_mode & 07777, 0600);
    init.text = "#!/bin/sh\nthe one\n";
    assert_int_equal(vl_seed_initrd(&set, one, both, &err), 0);
    assert_init(both, 512, "#!/bin/sh\nfirst\n");
    assert_init(both, (long)((first.st_size + 511) / 512 * 512), init.text);
    assert_int_equal(vl_seed_initrd(&set, directory, both, &err), -1);
    assert_int_equal(unlink(odd) | unlink(one) | unlink(both) | rmdir(directory), 0);
}

static void test_json(void **state)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_JSON_AUTO *json = vl_json_new(), *unbalanced = vl_json_new();
    VL_FREE char *text = NULL;

    (void)state;
    vl_json_object(json, NULL);
    vl_json_string(json, "z", "q\"\n\x1b");
    vl_json_string(json, "bad", "a\xff\xc3\xa9\xc3");
    vl_json_bytes(json, "bad_bytes", "a\xff\xc3\xa9\xc3");
    vl_json_bytes(json, "good_bytes", "a\xc3\xa9");
    vl_json_string(json, "none", NULL);
    vl_json_bytes(json, "no_bytes", NULL);
    vl_json_array(json, "list");
    vl_json_number(json, NULL, -5);
    vl_json_real(json, NULL, 0.5);
    vl_json_real(json, NULL, 1.0 / 0.0);
    vl_json_bool(json, NULL, true);
    vl_json_end(json);
    text = vl_json_text(json, 0, &err);
    assert_non_null(text);
    assert_string_equal(text, "{\"z\": \"q\\\"\\n\\u001B\", \"bad\": \"a\xef\xbf\xbd\xc3\xa9\xef\xbf\xbd\", "
                              "\"bad_bytes\": \"Yf/DqcM=\", \"good_bytes\": null, \"none\": null, \"no_bytes\": null, "
                              "\"list\": [-5, 0.5, null, true]}\n");
    vl_json_end(unbalanced);
    assert_null(vl_json_text(unbalanced, 0, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_full),        cmocka_unit_test(test_isolated),  cmocka_unit_test(test_contract),
        cmocka_unit_test(test_instance_id), cmocka_unit_test(test_injection), cmocka_unit_test(test_iso),
        cmocka_unit_test(test_iso_failure), cmocka_unit_test(test_json),      cmocka_unit_test(test_out_of_memory),
        cmocka_unit_test(test_initrd),
    };
    const char *ci = getenv("CI");
    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    if (failed || !xorriso_missing)
        return failed != 0;
    (void)fprintf(stderr, "the seed's ISO was not tested: the program 'xorriso' is missing\n");
    return ci && strcmp(ci, "true") == 0 ? 1 : 77;
}
