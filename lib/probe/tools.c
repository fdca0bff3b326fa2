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

static const struct vl_package emulator = { { "qemu-system-x86", "qemu-kvm", "qemu-x86" }, true };
static const struct vl_package libvirt = { { "libvirt-daemon-system", "libvirt", "libvirt-daemon-qemu" }, true };

/* A program is missing: note its package. The remedy. */
static const char *lack(struct vl_probe *probe, const struct vl_package *package, const char *program)
{
    const struct vl_package_manager *manager = probe->report->packages.manager;
    const char *command = vl_package_command(probe->arena, manager, package, program);

    vl_package_missing(probe->arena, &probe->report->packages, package);
    if (!probe->is_live || !manager || !package->names[manager->family])
        return command;
    return vl_arena_printf(probe->arena, "voiplab check-cpu --fix, or %s", command);
}

/* Whether it answers is asked where it is opened; here, whether it is there to be started. */
static void look_for_daemon(struct vl_probe *probe)
{
    if (!tells_of_programs(probe) || is_there(probe, "libvirtd") || is_there(probe, "virtqemud"))
        return;
    probe->report->daemon_install = lack(probe, &libvirt, "libvirtd");
}

int vl_probe_emulator(struct vl_probe *probe)
{
    static const char *const names[] = { "qemu-system-x86_64", "/usr/libexec/qemu-kvm" };
    const char *program = NULL, *version;

    probe->report->packages.manager = vl_package_manager(probe->arena, probe->root);
    if (!probe->options->lab || has_machines(probe->options->lab))
        look_for_daemon(probe);
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
                     lack(probe, &emulator, "qemu-system-x86_64"));
        return 0;
    }
    version = probe->is_live ? version_of(probe, program) : "";
    vl_probe_add(probe, "emulator", VL_CHECK_PASS,
                 *version ? vl_arena_printf(probe->arena, "%s: %s", program, version) : program, NULL);
    return 0;
}

static const struct {
    const char *program;
    struct vl_package package;
    const char *purpose;
    bool (*needed)(const struct vl_lab *lab);
    enum vl_check_status missing; /* when the lab needs it, and without a lab */
} tools[] = {
    { "qemu-img",
      { { "qemu-utils", "qemu-img", "qemu-tools" }, true },
      "makes disk images",
      has_machines,
      VL_CHECK_FAIL },
    { "xorriso",
      { { "xorriso", "xorriso", "xorriso" }, false },
      "makes the seed of each guest",
      has_seeds,
      VL_CHECK_FAIL },
    { "ip", { { "iproute2", "iproute", "iproute2" }, false }, "makes the bridge", always, VL_CHECK_FAIL },
    { "ssh",
      { { "openssh-client", "openssh-clients", "openssh" }, false },
      "logs in to a PBX by hand",
      always,
      VL_CHECK_WARN },
    { "mmdebstrap",
      { { "mmdebstrap", "mmdebstrap", NULL }, false },
      "builds images; not needed for ready ones",
      builds,
      VL_CHECK_WARN },
    { "mke2fs",
      { { "e2fsprogs", "e2fsprogs", "e2fsprogs" }, false },
      "builds images; not needed for ready ones",
      builds,
      VL_CHECK_WARN },
    { "curl", { { "curl", "curl", "curl" }, false }, "fetches images", fetches, VL_CHECK_WARN },
    { "sipp", { { "sip-tester", "sipp", "sipp" }, false }, "makes the calls of load runs", has_load, VL_CHECK_WARN },
};

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
                         found ? NULL : lack(probe, &tools[i].package, tools[i].program));
    }
    return 0;
}
