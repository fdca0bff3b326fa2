/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The processor, from /proc/cpuinfo: lines of `key<tab>: value`, a block for each processor (proc(5)). On ARM there is
 * no `flags` line but `Features`, which says nothing about virtualization.
 */
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "probe/host_part.h"

enum { CPUINFO_LIMIT = 16 << 20, NAME_LIMIT = 100 };

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static bool has_word(const char *list, size_t length, const char *word)
{
    size_t size = strlen(word);

    while (length > 0) {
        size_t part = 0;

        while (part < length && !is_blank(list[part]))
            part++;
        if (part == size && memcmp(list, word, size) == 0)
            return true;
        part += part < length;
        list += part;
        length -= part;
    }
    return false;
}

static void take_flags(struct vl_cpu *cpu, const char *list, size_t length)
{
    static const char *const virtualization[] = { "vmx", "svm" };

    cpu->has_flags = true;
    cpu->with_flags++;
    cpu->is_guest |= has_word(list, length, "hypervisor");
    cpu->is_64_bit |= has_word(list, length, "lm");
    cpu->has_nested_paging |= has_word(list, length, "ept") || has_word(list, length, "npt");
    for (size_t i = 0; i < VL_COUNT(virtualization); i++)
        if (has_word(list, length, virtualization[i])) {
            cpu->virtualization = virtualization[i];
            cpu->with_virtualization++;
            return;
        }
}

/* The key ends at white space or at the colon; `flags` is not `vmx flags`, which newer kernels print as well. */
static bool is_key(const char *line, size_t length, const char *key)
{
    size_t size = strlen(key);

    if (length < size || memcmp(line, key, size) != 0)
        return false;
    while (size < length && is_blank(line[size]))
        size++;
    return size < length && line[size] == ':';
}

static void take_text(const char **slot, size_t *slot_length, const char *value, size_t length)
{
    while (length > 0 && is_blank(*value)) {
        value++;
        length--;
    }
    while (length > 0 && is_blank(value[length - 1]))
        length--;
    if (*slot || length == 0)
        return;
    *slot = value;
    *slot_length = length < NAME_LIMIT ? length : NAME_LIMIT;
}

static void take_line(struct vl_cpu *cpu, const char *line, size_t length)
{
    const char *colon = memchr(line, ':', length);
    size_t rest = colon ? length - (size_t)(colon + 1 - line) : 0;

    if (!colon)
        return;
    if (is_key(line, length, "processor"))
        cpu->processors++;
    else if (is_key(line, length, "flags"))
        take_flags(cpu, colon + 1, rest);
    else if (is_key(line, length, "vendor_id"))
        take_text(&cpu->vendor, &cpu->vendor_length, colon + 1, rest);
    else if (is_key(line, length, "model name"))
        take_text(&cpu->model, &cpu->model_length, colon + 1, rest);
    else if (is_key(line, length, "CPU architecture"))
        cpu->is_64_bit |= has_word(colon + 1, rest, "8") || has_word(colon + 1, rest, "AArch64");
    else if (is_key(line, length, "CPU implementer") && !cpu->vendor) {
        cpu->vendor = "ARM";
        cpu->vendor_length = 3;
    }
}

struct vl_cpu vl_cpu_parse(const char *text)
{
    struct vl_cpu cpu = { .virtualization = NULL };

    while (*text) {
        size_t length = strcspn(text, "\n");

        take_line(&cpu, text, length);
        text += length + (text[length] == '\n');
    }
    if (!cpu.processors)
        cpu.processors = cpu.with_flags;
    return cpu;
}

#define EMULATED "guests are emulated (type='qemu')"

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

static void add_virtualization(struct vl_probe *probe)
{
    const struct vl_cpu *cpu = &probe->cpu;
    const char *flag = cpu->virtualization, *seen;

    if (flag && cpu->processors > cpu->with_virtualization)
        vl_probe_add(probe, "virtualization", VL_CHECK_WARN,
                     vl_arena_printf(probe->arena, "%s on %u of %u processors only", flag, cpu->with_virtualization,
                                     cpu->processors),
                     "the processors differ, which KVM does not expect: look at the firmware setup (BIOS)");
    else if (flag)
        vl_probe_add(
            probe, "virtualization", VL_CHECK_PASS,
            vl_arena_printf(probe->arena, "%s on %u processor%s", flag, cpu->processors, vl_plural(cpu->processors)),
            NULL);
    if (flag)
        return;
    seen = vl_arena_printf(probe->arena, "neither vmx nor svm on %u processor%s%s", cpu->processors,
                           vl_plural(cpu->processors),
                           !cpu->processors  ? ": the file names none"
                           : !cpu->has_flags ? ": not an x86 processor, and the lab's guests are x86_64"
                           : cpu->is_guest   ? ": this is a virtual machine, and its hypervisor hides them"
                                             : "");
    probe->report->unusable = cpu->processors ? "the processor has neither vmx nor svm" : "cpuinfo names no processor";
    vl_probe_add(probe, "virtualization", VL_CHECK_FAIL, seen, cpu_remedy(cpu));
}

static void add_processor(struct vl_probe *probe)
{
    const struct vl_cpu *cpu = &probe->cpu;
    const char *vendor = cpu->vendor ? vl_arena_strndup(probe->arena, cpu->vendor, cpu->vendor_length) : NULL;
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
        vl_probe_add(probe, "64-bit", VL_CHECK_PASS, cpu->has_flags ? "lm" : "AArch64", NULL);
    else
        vl_probe_add(probe, "64-bit", VL_CHECK_WARN, cpu->has_flags ? "no lm" : "not said",
                     "guests of 64 bits do not run here with hardware virtualization: use images of 32 bits");
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
    else if (!cpu->is_guest)
        vl_probe_add(probe, "outer hypervisor", VL_CHECK_PASS, "none: this is a machine of its own", NULL);
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
    add_virtualization(probe);
    add_processor(probe);
    add_abilities(probe);
    add_carrier(probe);
    return 0;
}
