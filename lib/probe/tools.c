/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Programs that voiplab runs: QEMU, and the tools that this lab needs. What a lab has no use for is not asked for.
 */
#include <string.h>

#include "base/cleanup.h"
#include "base/process.h"
#include "base/text.h"
#include "probe/host_part.h"

enum { VERSION_TIMEOUT_MS = 5000 };

static bool is_there(struct vl_probe *probe, const char *program)
{
    static const char *const directories[] = { "/usr/bin", "/usr/sbin", "/bin", "/sbin", "/usr/local/bin" };

    if (!*probe->root && vl_process_found(program))
        return true;
    for (size_t i = 0; i < VL_COUNT(directories); i++)
        if (vl_probe_exists(probe, vl_arena_printf(probe->arena, "%s/%s", directories[i], program)))
            return true;
    return false;
}

/* The first line of what `program --version` says; "" when it says nothing. */
static const char *version_of(struct vl_probe *probe, const char *program)
{
    const char *const argv[] = { program, "--version", NULL };
    const struct vl_process_options options = { .timeout_ms = VERSION_TIMEOUT_MS, .output_limit = 4096 };
    VL_PROCESS_RESULT_AUTO result = { .status = -1 };
    VL_ERROR_AUTO ignored = { .code = VL_OK };

    if (vl_process_run(argv, &options, &result, &ignored) < 0 || result.status != 0 || !result.output)
        return "";
    result.output[strcspn(result.output, "\n")] = '\0';
    return vl_text_printable(probe->arena, vl_text_strip(result.output));
}

/* A copy of some files of another machine does not tell what is installed there. */
static bool tells_of_programs(struct vl_probe *probe)
{
    return !*probe->root || vl_probe_exists(probe, "/usr/bin") || vl_probe_exists(probe, "/bin");
}

int vl_probe_emulator(struct vl_probe *probe)
{
    static const char *const names[] = { "qemu-system-x86_64", "/usr/libexec/qemu-kvm" };
    const char *program = NULL, *version;

    for (size_t i = 0; i < VL_COUNT(names) && !program; i++)
        if (names[i][0] == '/' ? vl_probe_exists(probe, names[i]) : is_there(probe, names[i]))
            program = names[i];
    /* of a machine that is known by some of its files it is taken for granted: it can be installed on each */
    probe->report->emulation_possible = program || !tells_of_programs(probe);
    if (!program && !tells_of_programs(probe)) {
        vl_probe_add(probe, "emulator", VL_CHECK_SKIP, "these files do not tell whether there is one", NULL);
        return 0;
    }
    if (!program) {
        vl_probe_add(probe, "emulator", VL_CHECK_FAIL, "no qemu-system-x86_64",
                     "install the package qemu-system-x86 (Debian) or qemu-kvm (CentOS)");
        return 0;
    }
    version = probe->is_live ? version_of(probe, program) : "";
    vl_probe_add(probe, "emulator", VL_CHECK_PASS,
                 *version ? vl_arena_printf(probe->arena, "%s: %s", program, version) : program, NULL);
    return 0;
}

static bool always(const struct vl_lab *lab)
{
    (void)lab;
    return true;
}

static bool has_machines(const struct vl_lab *lab)
{
    return vl_probe_machines(lab) > 0;
}

/* A guest that is installed by hand from an ISO gets no seed. */
static bool has_seeds(const struct vl_lab *lab)
{
    for (size_t i = 0; i < lab->pbx_count; i++)
        if (lab->pbxs[i].place == VL_PLACE_VM && lab->pbxs[i].image && lab->pbxs[i].image->kind != VL_IMAGE_ISO)
            return true;
    return false;
}

static bool has_image(const struct vl_lab *lab, enum vl_image_kind kind)
{
    for (size_t i = 0; i < lab->image_count; i++)
        if (lab->images[i].kind == kind)
            return true;
    return false;
}

static bool builds(const struct vl_lab *lab)
{
    return has_image(lab, VL_IMAGE_BUILD);
}

static bool fetches(const struct vl_lab *lab)
{
    return has_image(lab, VL_IMAGE_URL);
}

static bool has_load(const struct vl_lab *lab)
{
    return lab->load_count > 0;
}

static const struct {
    const char *program, *deb, *rpm, *purpose; /* the package's name on Debian, and on CentOS and Fedora */
    bool (*needed)(const struct vl_lab *lab);
    enum vl_check_status missing; /* when the lab needs it, and without a lab */
} tools[] = {
    { "qemu-img", "qemu-utils", "qemu-img", "makes disk images", has_machines, VL_CHECK_FAIL },
    { "xorriso", "xorriso", "xorriso", "makes the seed of each guest", has_seeds, VL_CHECK_FAIL },
    { "ip", "iproute2", "iproute", "makes the bridge", always, VL_CHECK_FAIL },
    { "ssh", "openssh-client", "openssh-clients", "logs in to a PBX by hand", always, VL_CHECK_WARN },
    { "mmdebstrap", "mmdebstrap", "mmdebstrap", "builds images; not needed for ready ones", builds, VL_CHECK_WARN },
    { "mke2fs", "e2fsprogs", "e2fsprogs", "builds images; not needed for ready ones", builds, VL_CHECK_WARN },
    { "curl", "curl", "curl", "fetches images", fetches, VL_CHECK_WARN },
    { "sipp", "sip-tester", "sipp", "makes the calls of load runs", has_load, VL_CHECK_WARN },
};

static const char *install(struct vl_probe *probe, const char *deb, const char *rpm)
{
    if (vl_probe_exists(probe, "/etc/redhat-release"))
        return vl_arena_printf(probe->arena, "yum install %s", rpm);
    return vl_arena_printf(probe->arena, "apt-get install %s", deb);
}

int vl_probe_tools(struct vl_probe *probe)
{
    const struct vl_lab *lab = probe->options->lab;
    bool known = tells_of_programs(probe);

    for (size_t i = 0; i < VL_COUNT(tools); i++) {
        bool found = is_there(probe, tools[i].program);

        if (lab && !tools[i].needed(lab))
            vl_probe_add(probe, tools[i].program, VL_CHECK_SKIP,
                         vl_arena_printf(probe->arena, "this lab has no use for it (%s)", tools[i].purpose), NULL);
        else
            vl_probe_add(probe, tools[i].program,
                         found    ? VL_CHECK_PASS
                         : !known ? VL_CHECK_SKIP
                                  : tools[i].missing,
                         found ? "installed" : vl_arena_printf(probe->arena, "not installed (%s)", tools[i].purpose),
                         found ? NULL : install(probe, tools[i].deb, tools[i].rpm));
    }
    return 0;
}
