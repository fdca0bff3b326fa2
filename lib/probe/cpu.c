/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the processor means for the lab: its guests are x86_64, so KVM carries them where an x86 processor of 64 bits
 * has vmx or svm, and nobody else holds it: neither the firmware (firmware.c) nor Xen, under which KVM does not run.
 */
#include <string.h>
#include <sys/utsname.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "probe/host_part.h"

enum { CPUINFO_LIMIT = 16 << 20 };

#define EMULATED "guests are emulated (type='qemu')"
#define OTHER_KERNEL EMULATED "; for speed start this machine with a kernel "

/* What keeps KVM from our guests although the flag may be there. */
static const struct {
    const char *seen, *unusable, *remedy;
} bars[] = {
    [VL_CPU_NO_BAR] = { NULL, NULL, NULL },
    [VL_CPU_IS_32_BIT] = { "the processor has 32 bits, and the lab's guests are x86_64", "the processor has 32 bits",
                           EMULATED "; for speed use a host with a processor of 64 bits" },
    [VL_CPU_XEN_HOST] = { "Xen runs below this host (dom0) and keeps virtualization to itself",
                          "Xen keeps virtualization to itself",
                          OTHER_KERNEL "without Xen: choose that entry in the boot menu (GRUB)" },
    [VL_CPU_XEN_PERHAPS] = { "Xen runs below: this is its host (dom0) or one of its paravirtual guests",
                             "Xen keeps virtualization to itself",
                             EMULATED
                             "; for speed: if this is the Xen host itself, start it with a kernel without Xen; "
                             "a guest must be made anew as HVM with nested virtualization" },
    [VL_CPU_KERNEL_32_BIT] = { "the kernel has 32 bits, and the lab's guests are x86_64", "the kernel has 32 bits",
                               OTHER_KERNEL "of 64 bits (amd64, x86_64)" },
};

static bool is_32_bit_kernel(struct vl_probe *probe)
{
    static const char *const signs[] = { "i386", "i486", "i586", "i686", "PAE", "-pae", "-686" };
    struct utsname name;
    const char *release = "";

    if (probe->is_live)
        release = uname(&name) == 0 ? name.machine : "";
    else if (!probe->cpu_alone)
        release = vl_probe_word(probe, "/proc/sys/kernel/osrelease");
    for (size_t i = 0; release && i < VL_COUNT(signs); i++)
        if (strstr(release, signs[i]))
            return true;
    return false;
}

/* dom0, as Xen itself says: only its first guest is in control. */
static bool is_xen_host(struct vl_probe *probe)
{
    const char *abilities = probe->cpu_alone ? NULL : vl_probe_word(probe, "/proc/xen/capabilities");

    return abilities && strstr(abilities, "control_d");
}

static enum vl_cpu_bar find_bar(struct vl_probe *probe)
{
    if (!probe->cpu.has_flags)
        return VL_CPU_NO_BAR;
    if (is_xen_host(probe))
        return VL_CPU_XEN_HOST;
    if (probe->cpu.is_paravirtual)
        return VL_CPU_XEN_PERHAPS;
    if (!probe->cpu.is_64_bit)
        return VL_CPU_IS_32_BIT;
    return is_32_bit_kernel(probe) ? VL_CPU_KERNEL_32_BIT : VL_CPU_NO_BAR;
}

static const char *cpu_remedy(const struct vl_cpu *cpu)
{
    if (!cpu->processors)
        return EMULATED "; give --cpuinfo the whole of that machine's /proc/cpuinfo";
    if (!cpu->has_flags)
        return EMULATED "; for speed use a host with an Intel or AMD processor";
    if (cpu->is_guest)
        return EMULATED "; for speed turn on nested virtualization on the host that carries this machine, and give it "
                        "the processor model host-passthrough";
    return EMULATED "; for speed turn on Intel VT-x or AMD-V in the firmware setup (BIOS), if the processor has it";
}

static void add_flag(struct vl_probe *probe)
{
    const struct vl_cpu *cpu = &probe->cpu;

    if (cpu->processors > cpu->with_virtualization)
        vl_probe_add(probe, "virtualization", VL_CHECK_WARN,
                     vl_arena_printf(probe->arena, "%s on %u of %u processors only", cpu->virtualization,
                                     cpu->with_virtualization, cpu->processors),
                     "the processors differ, which KVM does not expect: look at the firmware setup (BIOS)");
    else
        vl_probe_add(probe, "virtualization", VL_CHECK_PASS,
                     vl_arena_printf(probe->arena, "%s on %u processor%s", cpu->virtualization, cpu->processors,
                                     vl_plural(cpu->processors)),
                     NULL);
}

static void add_virtualization(struct vl_probe *probe)
{
    const struct vl_cpu *cpu = &probe->cpu;
    const char *flag = cpu->virtualization, *seen, *because = bars[probe->bar].seen;

    if (flag && !because) {
        add_flag(probe);
        return;
    }
    if (!because)
        because = !cpu->processors  ? "the file names none"
                  : !cpu->has_flags ? "not an x86 processor, and the lab's guests are x86_64"
                  : cpu->is_guest   ? "this is a virtual machine, and its hypervisor hides them"
                                    : NULL;
    seen = vl_arena_printf(probe->arena, "%s on %u processor%s%s%s", flag ? flag : "neither vmx nor svm",
                           cpu->processors, vl_plural(cpu->processors), because ? ": " : "", because ? because : "");
    probe->report->unusable = bars[probe->bar].unusable ? bars[probe->bar].unusable
                              : !cpu->processors        ? "cpuinfo names no processor"
                              : !cpu->has_flags         ? "the processor is not an x86"
                                                        : "the processor has neither vmx nor svm";
    vl_probe_add(probe, "virtualization", VL_CHECK_FAIL, seen,
                 bars[probe->bar].remedy ? bars[probe->bar].remedy : cpu_remedy(cpu));
}

static void add_processor(struct vl_probe *probe)
{
    const struct vl_cpu *cpu = &probe->cpu;
    const char *vendor = cpu->vendor ? vl_arena_strndup(probe->arena, cpu->vendor, cpu->vendor_length) : cpu->family;
    const char *model = cpu->model ? vl_arena_strndup(probe->arena, cpu->model, cpu->model_length) : "";

    if (!vendor && !*model)
        vl_probe_add(probe, "processor", VL_CHECK_SKIP, "cpuinfo names neither vendor nor model", NULL);
    else
        vl_probe_add(probe, "processor", VL_CHECK_PASS,
                     vl_text_printable(probe->arena, vl_arena_printf(probe->arena, "%s%s%s", vendor ? vendor : "",
                                                                     vendor && *model ? ", " : "", model)),
                     NULL);
}

static void add_abilities(struct vl_probe *probe)
{
    const struct vl_cpu *cpu = &probe->cpu;

    if (cpu->is_64_bit)
        vl_probe_add(probe, "64-bit", VL_CHECK_PASS, cpu->has_flags ? "lm" : "of 64 bits, as it says itself", NULL);
    else if (cpu->has_flags)
        vl_probe_add(probe, "64-bit", VL_CHECK_WARN, "no lm",
                     "the lab's guests have 64 bits: they do not run here with hardware virtualization, but emulated");
    else
        vl_probe_add(probe, "64-bit", VL_CHECK_SKIP, "not said; matters for x86 processors only", NULL);
    if (!cpu->virtualization)
        vl_probe_add(probe, "nested paging", VL_CHECK_SKIP, "matters with vmx or svm only", NULL);
    else if (cpu->has_nested_paging)
        vl_probe_add(probe, "nested paging", VL_CHECK_PASS, strcmp(cpu->virtualization, "vmx") == 0 ? "ept" : "npt",
                     NULL);
    else
        vl_probe_add(probe, "nested paging", VL_CHECK_WARN, "neither ept nor npt",
                     "guests run, but slower: KVM keeps shadow page tables");
}

/* What carries this host, when it is itself a virtual machine: DMI says who made the "board". */
static void add_carrier(struct vl_probe *probe)
{
    const struct vl_cpu *cpu = &probe->cpu;
    const char *maker = probe->cpu_alone ? NULL : vl_probe_word(probe, "/sys/class/dmi/id/sys_vendor");
    const char *of = maker && *maker ? vl_arena_printf(probe->arena, " of '%s'", maker) : "";

    if (!cpu->has_flags)
        vl_probe_add(probe, "outer hypervisor", VL_CHECK_SKIP, "cpuinfo does not tell", NULL);
    else if (probe->bar == VL_CPU_XEN_HOST || probe->bar == VL_CPU_XEN_PERHAPS)
        vl_probe_add(probe, "outer hypervisor", VL_CHECK_WARN,
                     probe->bar == VL_CPU_XEN_HOST ? "Xen, of which this is the host (dom0)"
                                                   : "Xen, of which this is the host (dom0) or a paravirtual guest",
                     bars[probe->bar].remedy);
    else if (!cpu->is_guest)
        vl_probe_add(probe, "outer hypervisor", VL_CHECK_PASS,
                     *of ? vl_arena_printf(probe->arena, "the processor tells of none; a machine%s", of)
                         : "the processor tells of none",
                     NULL);
    else if (cpu->virtualization)
        vl_probe_add(probe, "outer hypervisor", VL_CHECK_PASS,
                     vl_arena_printf(probe->arena, "a virtual machine%s, which is given %s: guests are nested", of,
                                     cpu->virtualization),
                     NULL);
    else
        vl_probe_add(probe, "outer hypervisor", VL_CHECK_WARN,
                     vl_arena_printf(probe->arena, "a virtual machine%s, from which vmx and svm are hidden", of),
                     "on the host that carries it: nested=1 for kvm_intel or kvm_amd, and host-passthrough");
}

int vl_probe_cpu(struct vl_probe *probe)
{
    const char *path = probe->options->cpuinfo ? probe->options->cpuinfo : vl_probe_path(probe, "/proc/cpuinfo");
    VL_FREE char *text = NULL;
    VL_ERROR_AUTO cause = { .code = VL_OK };

    if (vl_file_read(path, CPUINFO_LIMIT, &text, NULL, &cause) < 0) {
        if (probe->options->cpuinfo && cause.code != VL_ERROR_NOTFOUND)
            return vl_fail(
                probe->err, cause.code,
                "%s; --cpuinfo takes what 'cat /proc/cpuinfo' prints there: what Windows has saved as UTF-16 "
                "is made a text file by 'iconv -f UTF-16 -t UTF-8'",
                vl_error_text(&cause));
        if (probe->options->cpuinfo) {
            vl_error_move(probe->err, &cause);
            return -1;
        }
        probe->report->unusable = "nothing is known of the processor";
        vl_probe_add(probe, "virtualization", VL_CHECK_SKIP, vl_arena_strdup(probe->arena, vl_error_text(&cause)),
                     NULL);
        return 0;
    }
    /* what is kept of it points into the text */
    probe->cpu_text = vl_arena_strdup(probe->arena, text);
    probe->cpu = vl_cpu_parse(probe->cpu_text);
    probe->report->virtualization = probe->cpu.virtualization;
    probe->bar = find_bar(probe);
    add_virtualization(probe);
    add_processor(probe);
    add_abilities(probe);
    add_carrier(probe);
    return 0;
}
