/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The definitions of guests of every system in every form against libvirt's own schema, and that no text in them,
 * however hostile, makes another definition.
 */
#include "base/delete.h"
#include "base/xml.h"
#include "domain_bed.h"
#include "lab/lab.h"
#include "lab/system.h"

/* Every system of the table, with its first and last versions and the one between that is new devices' first; and
 * one that is in no table, and none. */
static const char *const *all_systems(struct vl_arena *arena)
{
    size_t count, filled = 0;
    const struct vl_system_family *families = vl_system_families(&count);
    const char **systems = vl_arena_zalloc(arena, (3 * count + 3) * sizeof(*systems));

    assert_non_null(systems);
    for (size_t i = 0; i < count; i++) {
        const unsigned long versions[] = { 1, families[i].virtio_from, families[i].last };

        for (size_t j = 0; j < VL_COUNT(versions); j++)
            systems[filled++] = vl_arena_printf(arena, "%s%lu", families[i].name, versions[j]);
    }
    systems[filled++] = "none&<known>";
    systems[filled] = ""; /* stands for NULL */
    return systems;
}

/* The forms that a guest of a system has: a clone that is booted directly, a disk, an installation; each of the type
 * that there is of this architecture, which is one, and with all that a lab file can say of it. */
static struct vl_domain_spec form_of(size_t form)
{
    static const char *const network_first[] = { VL_BOOT_NETWORK, VL_BOOT_CDROM, VL_BOOT_DISK, NULL };
    struct vl_domain_spec spec = form & 1 ? install_spec() : clone_spec();

    spec.emulated = form & 2;
    if (form & 4)
        spec.kernel = spec.initrd = spec.cmdline = NULL;
    if (form & 8) {
        spec.max_memory = 2 * spec.memory;
        spec.max_vcpus = 4;
        spec.cpu = "Nehalem";
        spec.machine = "pc-i440fx-7.2";
        spec.network = "default";
    }
    if (form & 16)
        spec.boot = network_first;
    return spec;
}

enum { FORMS = 32 };

static void test_every_system(void **state)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    const char *const *systems = all_systems(&arena), **paths;
    char directory[] = "/tmp/voiplab-domains.XXXXXX";
    VL_ERROR_AUTO err = { .code = VL_OK };
    size_t count = 0;

    (void)state;
    assert_non_null(mkdtemp(directory));
    while (systems[count])
        count++;
    paths = vl_arena_zalloc(&arena, (count * FORMS + 1) * sizeof(*paths));
    assert_non_null(paths);
    for (size_t i = 0; i < count * FORMS; i++) {
        struct vl_domain_spec spec = form_of(i % FORMS);
        VL_FREE char *xml = NULL;

        spec.os = *systems[i / FORMS] ? systems[i / FORMS] : NULL;
        xml = domain(&spec);
        paths[i] = vl_arena_printf(&arena, "%s/%zu.xml", directory, i);
        assert_int_equal(vl_file_write(paths[i], xml, strlen(xml), 0600, &err), 0);
    }
    check_schemas(&arena, paths, SCHEMAS "domain.rng");
    assert_int_equal(vl_file_remove_tree(directory, &err), 0);
}

/* Everything that is a text in the specification. */
static const struct {
    const char *name;
    size_t offset;
} texts[] = {
#define TEXT(field)                                                                                                    \
    {                                                                                                                  \
#field, offsetof(struct vl_domain_spec, field)                                                                 \
    }
    TEXT(lab),     TEXT(pbx),     TEXT(name),       TEXT(uuid),        TEXT(mac),
    TEXT(title),   TEXT(cpu),     TEXT(machine),    TEXT(os),          TEXT(bridge),
    TEXT(kernel),  TEXT(initrd),  TEXT(disk_path),  TEXT(seed_path),   TEXT(disk_format),
    TEXT(cmdline), TEXT(network), TEXT(cdrom_path), TEXT(machine_now), TEXT(console_log),
#undef TEXT
};

/* How many elements and attributes the definition has with `text` in one field; and how many of them say that. */
static size_t count_nodes(size_t field, const char *text, size_t *ret_saying)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };
    struct vl_domain_spec spec = clone_spec();
    VL_XML_DOCUMENT_AUTO *document = NULL;
    const char *const *nodes;
    VL_FREE char *xml = NULL;
    size_t count = 0;

    spec.cdrom_path = "/srv/iso/x.iso";
    memcpy((char *)&spec + texts[field].offset, &text, sizeof(text));
    xml = domain(&spec);
    document = vl_xml_parse(xml, "it", &err);
    assert_non_null(document);
    nodes = vl_xml_find_all(document, &arena, "//* | //@*");
    assert_non_null(nodes);
    *ret_saying = 0;
    for (; nodes[count]; count++)
        *ret_saying += !strcmp(nodes[count], text);
    return count;
}

/* None of them can make the definition another one, however hostile it is. */
static void test_hostile(void **state)
{
    static const char *const hostile[] = {
        "x\"/><evil a=\"", "</name><name>", "'/><!-- ", "]]><![CDATA[<evil/>", "&lt;&amp;&#60;&evil;", "<?evil?>",
    };

    (void)state;
    for (size_t i = 0; i < VL_COUNT(texts); i++) {
        size_t said, says, count = count_nodes(i, "plain", &said);

        for (size_t j = 0; j < VL_COUNT(hostile); j++)
            if (count_nodes(i, hostile[j], &says) != count || says != said)
                fail_msg("%s: '%s' makes another definition", texts[i].name, hostile[j]);
        if (!said && strcmp(texts[i].name, "os") != 0)
            fail_msg("%s stands nowhere", texts[i].name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_every_system), cmocka_unit_test(test_hostile) };

    return verdict(cmocka_run_group_tests(tests, NULL, NULL));
}
