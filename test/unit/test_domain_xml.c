/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The definitions of guests, volumes and pools against golden files, and the golden files against libvirt's own
 * schemas. UPDATE_GOLDEN=1 makes the golden files anew; look at the difference before you keep it.
 */
#include "base/xml.h"
#include "domain_bed.h"
#include "lab/emulation.h"
#include "lab/identity.h"
#include "render/volume_xml.h"

#define GOLDEN SOURCE_DIRECTORY "/test/golden/domain/"
static void check_schema(const char *path, const char *schema)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };

    check_schemas(&arena, (const char *const[]){ path, NULL }, schema);
}

/* Compare and free. */
static void check_golden(char *text, const char *name, const char *schema)
{
    VL_FREE char *path = NULL, *expected = NULL;
    VL_ERROR_AUTO err = { .code = VL_OK };

    assert_non_null(text);
    assert_true(asprintf(&path, GOLDEN "%s.xml", name) > 0);
    if (getenv("UPDATE_GOLDEN"))
        assert_int_equal(vl_file_write(path, text, strlen(text), 0644, &err), 0);
    if (vl_file_read(path, 1 << 20, &expected, NULL, &err) < 0)
        fail_msg("%s", vl_error_text(&err));
    assert_string_equal(text, expected);
    free(text);
    check_schema(path, schema);
}

static void test_clone(void **state)
{
    const struct vl_domain_spec spec = clone_spec();

    (void)state;
    check_golden(domain(&spec), "clone-emulated", SCHEMAS "domain.rng");
}

static void test_disk_kvm(void **state)
{
    struct vl_domain_spec spec = clone_spec();

    (void)state;
    spec.emulated = false;
    spec.kernel = spec.initrd = spec.cmdline = spec.console_log = spec.title = spec.os = NULL;
    spec.vcpus = 2;
    spec.memory = (2ULL << 30) + 1; /* rounded up, never down */
    check_golden(domain(&spec), "disk-kvm", SCHEMAS "domain.rng");
}

static void test_install(void **state)
{
    const struct vl_domain_spec spec = install_spec();

    (void)state;
    check_golden(domain(&spec), "install-old", SCHEMAS "domain.rng");
}

/* The attribute of the definition that `spec` gives. */
static const char *found(const struct vl_domain_spec *spec, struct vl_arena *arena, const char *xpath)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_FREE char *xml = domain(spec);
    VL_XML_DOCUMENT_AUTO *document = vl_xml_parse(xml, "it", &err);

    assert_non_null(document);
    return vl_xml_find(document, arena, xpath);
}

/* What the lab file can say of a guest beyond what each has, each by itself and all of it. */
static void test_variants(void **state)
{
    struct vl_domain_spec spec = clone_spec();
    VL_ARENA_AUTO arena = { .blocks = NULL };

    (void)state;
    assert_string_equal(found(&spec, &arena, "/domain/currentMemory"), "307200");
    assert_null(found(&spec, &arena, "/domain/vcpu/@current"));
    spec.max_memory = 512ULL << 20;
    spec.vcpus = 2;
    spec.max_vcpus = 4;
    spec.cpu = "Nehalem";
    spec.network = "default";
    spec.machine_now = "pc-i440fx-5.2";
    assert_string_equal(found(&spec, &arena, "/domain/memory"), "524288");
    assert_string_equal(found(&spec, &arena, "/domain/vcpu/@current"), "2");
    assert_string_equal(found(&spec, &arena, "/domain/os/type/@machine"), "pc-i440fx-5.2");
    spec.machine = "pc-i440fx-7.2";
    check_golden(domain(&spec), "everything", SCHEMAS "domain.rng");
    spec.emulated = false;
    spec.cpu = "host";
    assert_string_equal(found(&spec, &arena, "/domain/cpu/@mode"), "host-passthrough");
}

static const char *const every_order[] = { "network", "cdrom", "disk", NULL };
static const char *const network_order[] = { "network", NULL };

/* What it boots from is what is said, and the card's boot ROM is there for the network alone. */
static void test_order(void **state)
{
    static const char *const disk_first[] = { "disk", "network", NULL };
    struct vl_domain_spec spec = clone_spec();
    VL_ARENA_AUTO arena = { .blocks = NULL };

    (void)state;
    spec.boot = disk_first;
    assert_string_equal(found(&spec, &arena, "/domain/os/kernel"), spec.kernel);
    assert_null(found(&spec, &arena, "/domain/os/boot/@dev"));
    spec.boot = network_order;
    assert_null(found(&spec, &arena, "/domain/os/kernel"));
    assert_null(found(&spec, &arena, "/domain/devices/interface/rom/@enabled"));
    check_golden(domain(&spec), "network", SCHEMAS "domain.rng");
    spec.installs = true;
    assert_string_equal(found(&spec, &arena, "/domain/os/kernel"), spec.kernel);

    spec = install_spec();
    assert_string_equal(found(&spec, &arena, "/domain/os/boot[1]/@dev"), "hd");
    assert_string_equal(found(&spec, &arena, "/domain/os/boot[2]/@dev"), "cdrom");
    assert_string_equal(found(&spec, &arena, "/domain/devices/interface/rom/@enabled"), "no");
    spec.boot = every_order;
    check_golden(domain(&spec), "every-order", SCHEMAS "domain.rng");
    spec.cdrom_path = NULL;
    assert_string_equal(found(&spec, &arena, "/domain/os/boot[2]/@dev"), "hd");
    assert_null(found(&spec, &arena, "/domain/os/boot[3]/@dev"));
}

/* A guest keeps its machine, and that is no other definition: what was saved of it stays good. */
static void test_machine_kept(void **state)
{
    static const char xpath[] = "/domain/metadata/voiplab:guest/@fingerprint";
    VL_ARENA_AUTO arena = { .blocks = NULL };
    struct vl_domain_spec spec = clone_spec();
    const char *first = found(&spec, &arena, xpath);

    (void)state;
    spec.machine_now = "pc-i440fx-7.2";
    assert_string_equal(first, found(&spec, &arena, xpath));
    spec.machine = "pc-i440fx-5.2";
    assert_string_not_equal(first, found(&spec, &arena, xpath));
}

static void test_old_with_seed(void **state)
{
    struct vl_domain_spec spec = install_spec();

    (void)state;
    spec.os = "elastix2.5";
    spec.cdrom_path = NULL;
    spec.seed_path = "/srv/pool/elastix1-seed.iso";
    check_golden(domain(&spec), "disk-old-seed", SCHEMAS "domain.rng");
}

static void test_escaped(void **state)
{
    struct vl_domain_spec spec = clone_spec();

    (void)state;
    spec.title = "</title><devices>&\"'ñ";
    spec.pbx = "\"/><evil a=\"";
    spec.disk_path = "/srv/a&b<c>.qcow2";
    spec.cpu = "</model></cpu><devices/>";
    spec.network = "'/><evil b='";
    spec.console_log = "/srv/\"><evil c=\"";
    check_golden(domain(&spec), "escaped", SCHEMAS "domain.rng");
}

static void test_unwritable(void **state)
{
    static const char *const bad[] = { "bell\a", "latin \xf1", "\xed\xa0\x80", NULL };
    struct vl_domain_spec spec = clone_spec();

    (void)state;
    for (size_t i = 0; bad[i]; i++) {
        VL_ERROR_AUTO err = { .code = VL_OK };

        spec.title = bad[i];
        assert_null(vl_render_domain_xml(&spec, &err));
        assert_int_equal(err.code, VL_ERROR_FAILED);
        assert_non_null(strstr(vl_error_text(&err), "XML cannot carry"));
    }
}

static void test_fingerprint(void **state)
{
    static const char xpath[] = "/domain/metadata/voiplab:guest/@fingerprint";
    VL_ARENA_AUTO arena = { .blocks = NULL };
    struct vl_domain_spec spec = clone_spec();
    const char *first = found(&spec, &arena, xpath);

    (void)state;
    assert_int_equal(strlen(first), 16);
    assert_int_equal(strspn(first, "0123456789abcdef"), 16);
    assert_string_equal(first, found(&spec, &arena, xpath));
    spec.memory += 1 << 20;
    assert_string_not_equal(first, found(&spec, &arena, xpath));
}

static void test_hardware_by_os(void **state)
{
    static const struct {
        const char *os, *bus, *network, *id;
    } rows[] = {
        { "rhel5.4", "ide", "e1000", "http://redhat.com/rhel/5.4" },
        { "centos5.5", "ide", "e1000", "http://centos.org/centos/5.5" },
        { "centos6.5", "virtio", "virtio", "http://centos.org/centos/6.5" },
        { "rhel10", "virtio", "virtio", "http://redhat.com/rhel/10" },
        { "debian5", "ide", "e1000", "http://debian.org/debian/5" },
        { "debian11", "virtio", "virtio", "http://debian.org/debian/11" },
        { "elastix2.5", "ide", "e1000", NULL },
        { "elastix4", "virtio", "virtio", NULL },
        { "debian", "virtio", "virtio", NULL },
        { "centosx5", "virtio", "virtio", NULL },
        { "rhel54", "virtio", "virtio", NULL },
        { NULL, "virtio", "virtio", NULL },
    };

    (void)state;
    for (size_t i = 0; i < VL_COUNT(rows); i++) {
        VL_ARENA_AUTO arena = { .blocks = NULL };
        struct vl_domain_spec spec = clone_spec();
        const char *id;

        spec.os = rows[i].os;
        assert_string_equal(found(&spec, &arena, "/domain/devices/disk[1]/target/@bus"), rows[i].bus);
        assert_string_equal(found(&spec, &arena, "/domain/devices/interface/model/@type"), rows[i].network);
        id = found(&spec, &arena, "/domain/metadata/*/*[local-name()='os']/@id");
        if (rows[i].id)
            assert_string_equal(id, rows[i].id);
        else
            assert_null(id);
    }
}

static void test_volumes(void **state)
{
    static const struct {
        const char *golden;
        struct vl_volume_spec spec;
    } rows[] = {
        { "volume-clone", { "virtual1.qcow2", "qcow2", 35ULL << 30, "/srv/pool/debian-asterisk.qcow2" } },
        { "volume-empty", { "elastix1.qcow2", "qcow2", 35ULL << 30, NULL } },
        { "volume-raw", { "virtual1-seed.iso", "raw", 393216, NULL } },
    };

    (void)state;
    for (size_t i = 0; i < VL_COUNT(rows); i++) {
        VL_ERROR_AUTO err = { .code = VL_OK };

        check_golden(vl_render_volume_xml(&rows[i].spec, &err), rows[i].golden, SCHEMAS "storagevol.rng");
    }
}

static void test_pool(void **state)
{
    VL_ERROR_AUTO err = { .code = VL_OK };

    (void)state;
    check_golden(vl_render_pool_xml("voiplab-tesis", "/srv/pool", &err), "pool", SCHEMAS "storagepool.rng");
}

static void test_reader(void **state)
{
    static const char *const refused[] = {
        "", "<a>", "<!DOCTYPE a [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><a>&e;</a>", "<!DOCTYPE a><a/>", NULL,
    };
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_XML_DOCUMENT_AUTO *document = vl_xml_parse("<a b='1'><c> x &amp; y</c></a>", "it", &err);

    (void)state;
    assert_non_null(document);
    assert_string_equal(vl_xml_find(document, &arena, "/a/@b"), "1");
    assert_string_equal(vl_xml_find(document, &arena, "/a/c"), " x & y");
    assert_string_equal(vl_xml_part(document, &arena, "/a/c"), "<c> x &amp; y</c>");
    assert_null(vl_xml_find(document, &arena, "/a/d"));
    assert_null(vl_xml_part(document, &arena, "/a/d"));
    for (size_t i = 0; refused[i]; i++) {
        assert_null(vl_xml_parse(refused[i], "the thing", &err));
        assert_string_equal(vl_error_text(&err), "the thing is not XML that can be read");
    }
}

/* What an emulated guest costs beside its memory grows with its memory, from some size on. */
static void test_translation_cache(void **state)
{
    static const struct {
        uint64_t memory_mib;
        const char *cache;
    } rows[] = { { 64, ">49152<" }, { 128, ">49152<" }, { 192, ">49152<" }, { 256, ">65536<" }, { 4096, ">524288<" } };

    (void)state;
    for (size_t i = 0; i < VL_COUNT(rows); i++) {
        const struct vl_domain_spec spec = { .lab = "l",
                                             .pbx = "p",
                                             .name = "l-p",
                                             .uuid = "b091ea4d-8a90-5e27-ab41-adb809575c3a",
                                             .mac = "52:54:00:b0:91:ea",
                                             .memory = rows[i].memory_mib << 20,
                                             .vcpus = 1,
                                             .emulated = true,
                                             .disk_path = "/d",
                                             .disk_format = "qcow2",
                                             .bridge = "b" };
        VL_ERROR_AUTO err = { .code = VL_OK };
        VL_FREE char *xml = vl_render_domain_xml(&spec, &err);

        assert_non_null(xml);
        assert_non_null(strstr(xml, rows[i].cache));
    }
    assert_int_equal(vl_emulation_cost(128ULL << 20), 88ULL << 20);
    assert_int_equal(vl_emulation_cost(256ULL << 20), 104ULL << 20);
}

/* The values come from another implementation: Python's uuid.uuid5. */
static void test_identity(void **state)
{
    char uuid[37], other[37], mac[18];

    (void)state;
    vl_identity_uuid("tesis", "virtual1", uuid);
    assert_string_equal(uuid, "b091ea4d-8a90-5e27-ab41-adb809575c3a");
    vl_identity_mac("tesis", "virtual1", mac);
    assert_string_equal(mac, "52:54:00:b0:91:ea");
    vl_identity_uuid("tesi", "svirtual1", other);
    assert_string_not_equal(uuid, other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clone),       cmocka_unit_test(test_disk_kvm),
        cmocka_unit_test(test_install),     cmocka_unit_test(test_old_with_seed),
        cmocka_unit_test(test_variants),    cmocka_unit_test(test_machine_kept),
        cmocka_unit_test(test_escaped),     cmocka_unit_test(test_unwritable),
        cmocka_unit_test(test_fingerprint), cmocka_unit_test(test_hardware_by_os),
        cmocka_unit_test(test_volumes),     cmocka_unit_test(test_pool),
        cmocka_unit_test(test_reader),      cmocka_unit_test(test_translation_cache),
        cmocka_unit_test(test_identity),    cmocka_unit_test(test_order),
    };

    return verdict(cmocka_run_group_tests(tests, NULL, NULL));
}
