/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A list of small functions, each of which looks at one thing and adds its checks. The order matters: memory is judged
 * after virtualization, since an emulated guest needs more of it.
 */
#include "probe/host.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/process.h"
#include "base/text.h"

#define MIB ((uint64_t)1 << 20)
#define GIB ((uint64_t)1 << 30)

/* What the host keeps for itself: the thesis recommends 1.5 GB. */
static const uint64_t host_reserve = 3 * GIB / 2;
/* What QEMU's emulator takes beside the guest's memory: measured, 470 MB for a guest of 256 MB. */
static const uint64_t emulation_overhead = 214 * MIB;
/* What a linked clone grows to in a term of classes, and what its base image takes: estimates. */
static const uint64_t clone_growth = 1 * GIB, image_size = 2 * GIB;
static const uint64_t usual_memory = 300 * MIB, usual_disk = 35 * GIB;

enum { CPUINFO_LIMIT = 16 << 20, MEMINFO_LIMIT = 1 << 20 };

struct probe {
    struct vl_arena *arena;
    const struct vl_host_options *options;
    const char *root; /* "" for this host */
    struct vl_host_report *report;
    struct vl_cpu cpu;
    struct vl_check *checks;
    struct vl_error *err;
};

static void add(struct probe *probe, const char *name, enum vl_check_status status, const char *seen,
                const char *remedy)
{
    struct vl_host_report *report = probe->report;
    struct vl_check *grown = vl_arena_grow(probe->arena, probe->checks, report->count, sizeof(*grown));

    if (!grown)
        return;
    grown[report->count++] = (struct vl_check){ .name = name, .status = status, .seen = seen, .remedy = remedy };
    probe->checks = grown;
    report->checks = grown;
}

static const char *in_root(struct probe *probe, const char *path)
{
    return vl_arena_printf(probe->arena, "%s%s", probe->root, path);
}

/* For people: 1.5 GiB, 300 MiB. */
static const char *size_text(struct probe *probe, uint64_t bytes)
{
    if (bytes >= GIB)
        return vl_arena_printf(probe->arena, "%.1f GiB", (double)bytes / (double)GIB);
    return vl_arena_printf(probe->arena, "%" PRIu64 " MiB", bytes / MIB);
}

static const char *cpu_remedy(const struct vl_cpu *cpu)
{
    return cpu->is_guest ? "guests will be emulated (type='qemu'), slow but working; for speed turn on nested "
                           "virtualization on the host that carries this machine"
                         : "guests will be emulated (type='qemu'), slow but working; for speed turn on Intel VT-x or "
                           "AMD-V in the firmware setup (BIOS), if the processor has it";
}

static int check_cpu(struct probe *probe)
{
    const char *path = probe->options->cpuinfo ? probe->options->cpuinfo : in_root(probe, "/proc/cpuinfo");
    VL_FREE char *text = NULL;
    VL_ERROR_AUTO cause = { .code = VL_OK };
    struct vl_cpu *cpu = &probe->cpu;

    if (vl_file_read(path, CPUINFO_LIMIT, &text, NULL, &cause) < 0) {
        if (probe->options->cpuinfo) {
            vl_error_move(probe->err, &cause);
            return -1;
        }
        add(probe, "virtualization", VL_CHECK_SKIP, vl_arena_strdup(probe->arena, vl_error_text(&cause)), NULL);
        return 0;
    }
    *cpu = vl_cpu_parse(text);
    probe->report->virtualization = cpu->virtualization;
    if (cpu->virtualization)
        add(probe, "virtualization", VL_CHECK_PASS,
            vl_arena_printf(probe->arena, "%s on %u processors", cpu->virtualization, cpu->processors), NULL);
    else if (cpu->has_flags)
        add(probe, "virtualization", VL_CHECK_FAIL,
            vl_arena_printf(probe->arena, "neither vmx nor svm on %u processors", cpu->processors), cpu_remedy(cpu));
    else
        add(probe, "virtualization", VL_CHECK_SKIP, "no x86 processor, so no flag tells: the kvm device decides", NULL);
    return 0;
}

static const struct {
    const char *seen, *remedy;
} kvm_texts[] = {
    [VL_KVM_ABSENT] = { "/dev/kvm does not exist",
                        "load the module: modprobe kvm_intel (vmx) or modprobe kvm_amd (svm)" },
    [VL_KVM_DENIED] = { "/dev/kvm cannot be opened", "run as root, or join the group kvm" },
    [VL_KVM_VERSION] = { "/dev/kvm does not speak version 12 of the KVM API", "use a kernel of 2.6.22 or later" },
    [VL_KVM_NO_VM] = { "/dev/kvm opens, but makes no guest", "look for `kvm` in the kernel's log (dmesg)" },
    [VL_KVM_NO_VCPU] = { "/dev/kvm makes a guest, but no processor for it",
                         "look for `kvm` in the kernel's log (dmesg)" },
    [VL_KVM_WORKS] = { "/dev/kvm makes a guest with a processor", NULL },
};

static int check_kvm(struct probe *probe)
{
    const struct vl_cpu *cpu = &probe->cpu;
    int cause = 0;
    enum vl_kvm_state state;
    const char *seen;

    if (*probe->root) {
        add(probe, "kvm device", VL_CHECK_SKIP, "devices of another root are not opened", NULL);
        return 0;
    }
    state = vl_kvm_try("/dev/kvm", &cause);
    seen = cause ? vl_arena_printf(probe->arena, "%s (%s)", kvm_texts[state].seen, strerror(cause))
                 : kvm_texts[state].seen;
    if (state != VL_KVM_WORKS)
        add(probe, "kvm device", VL_CHECK_FAIL, seen, kvm_texts[state].remedy);
    else if (cpu->has_flags && !cpu->virtualization)
        add(probe, "kvm device", VL_CHECK_WARN,
            vl_arena_printf(probe->arena, "%s, but the processor has no flag for it", seen),
            "it is not used: without vmx or svm ordinary guests do not run on it");
    else
        add(probe, "kvm device", VL_CHECK_PASS, seen, NULL);
    probe->report->usable = state == VL_KVM_WORKS && (cpu->virtualization || !cpu->has_flags);
    return 0;
}

static bool is_there(struct probe *probe, const char *program)
{
    static const char *const directories[] = { "/usr/bin", "/usr/sbin", "/bin", "/sbin", "/usr/local/bin" };

    if (!*probe->root)
        return vl_process_found(program);
    for (size_t i = 0; i < VL_COUNT(directories); i++)
        if (vl_file_exists(vl_arena_printf(probe->arena, "%s%s/%s", probe->root, directories[i], program)))
            return true;
    return false;
}

static int check_emulator(struct probe *probe)
{
    struct utsname name = { .machine = "x86_64" };
    const char *program;
    bool found;

    (void)uname(&name);
    program = vl_arena_printf(probe->arena, "qemu-system-%s", name.machine);
    found = is_there(probe, program) || vl_file_exists(in_root(probe, "/usr/libexec/qemu-kvm"));
    probe->report->emulation_possible = found;
    add(probe, "emulator", found ? VL_CHECK_PASS : VL_CHECK_FAIL,
        found ? program : vl_arena_printf(probe->arena, "no %s", program),
        found ? NULL : "install the package qemu-system-x86 (or the one for this processor)");
    return 0;
}

/* A figure of /proc/meminfo in bytes, 0 when it is not there. */
static uint64_t meminfo(const char *text, const char *key)
{
    const char *at = strstr(text, key);

    return at && (at == text || at[-1] == '\n') ? (uint64_t)strtoull(at + strlen(key), NULL, 10) * 1024 : 0;
}

struct needs {
    uint64_t memory, disk;
    unsigned guests;
    size_t images;
};

static struct needs lab_needs(const struct vl_lab *lab)
{
    struct needs needs = { .images = lab ? lab->image_count : 1 };

    for (size_t i = 0; lab && i < lab->pbx_count; i++) {
        if (lab->pbxs[i].place != VL_PLACE_VM)
            continue;
        needs.guests++;
        needs.memory += lab->pbxs[i].memory;
        needs.disk += lab->pbxs[i].disk;
    }
    return needs;
}

static unsigned fits(uint64_t room, uint64_t taken, uint64_t each)
{
    uint64_t count = room > taken && each ? (room - taken) / each : 0;

    return count > 100000 ? 100000 : (unsigned)count;
}

static int check_memory(struct probe *probe)
{
    struct vl_host_capacity *capacity = &probe->report->capacity;
    struct needs needs = lab_needs(probe->options->lab);
    uint64_t overhead = probe->report->usable ? 0 : emulation_overhead;
    uint64_t each = (needs.guests ? needs.memory / needs.guests : usual_memory) + overhead;
    VL_FREE char *text = NULL;
    VL_ERROR_AUTO cause = { .code = VL_OK };
    const char *seen;

    capacity->guests = needs.guests;
    capacity->memory_needed = needs.memory + needs.guests * overhead + host_reserve;
    if (vl_file_read(in_root(probe, "/proc/meminfo"), MEMINFO_LIMIT, &text, NULL, &cause) < 0) {
        add(probe, "memory", VL_CHECK_SKIP, vl_arena_strdup(probe->arena, vl_error_text(&cause)), NULL);
        return 0;
    }
    capacity->memory_total = meminfo(text, "MemTotal:");
    capacity->memory_available = meminfo(text, "MemAvailable:");
    capacity->by_memory = fits(capacity->memory_total, host_reserve, each);
    seen = vl_arena_printf(probe->arena, "%s (%s available); %u guests of %s each fit beside 1.5 GiB for the host",
                           size_text(probe, capacity->memory_total), size_text(probe, capacity->memory_available),
                           capacity->by_memory, size_text(probe, each));
    if (needs.guests)
        seen = vl_arena_printf(probe->arena, "%s; this lab's %u need %s in all", seen, needs.guests,
                               size_text(probe, capacity->memory_needed));
    if (capacity->memory_needed > capacity->memory_total)
        add(probe, "memory", VL_CHECK_FAIL, seen, "make fewer guests, or give them less `memory` in the lab file");
    else if (capacity->memory_needed - host_reserve > capacity->memory_available)
        add(probe, "memory", VL_CHECK_WARN, seen, "other programs hold memory that the guests will need: end some");
    else
        add(probe, "memory", VL_CHECK_PASS, seen, NULL);
    return 0;
}

/* The file system on which `path` is or would be made. */
static int free_space(struct probe *probe, const char *path, uint64_t *ret_bytes)
{
    char *at = vl_arena_strdup(probe->arena, in_root(probe, path));
    struct statvfs status;

    while (statvfs(*at ? at : "/", &status) < 0) {
        char *slash = strrchr(at, '/');

        if ((errno != ENOENT && errno != ENOTDIR) || !slash || !*at)
            return -1;
        *slash = '\0';
    }
    *ret_bytes = (uint64_t)status.f_bavail * status.f_frsize;
    return 0;
}

static int check_disk(struct probe *probe)
{
    struct vl_host_capacity *capacity = &probe->report->capacity;
    struct needs needs = lab_needs(probe->options->lab);
    const char *storage = probe->options->storage ? probe->options->storage : "/var/lib/libvirt/images", *seen;
    uint64_t images = needs.images * image_size;

    capacity->disk_thin = images + needs.guests * clone_growth;
    capacity->disk_full = images + needs.disk;
    if (free_space(probe, storage, &capacity->disk_available) < 0) {
        add(probe, "disk", VL_CHECK_FAIL,
            vl_arena_printf(probe->arena, "cannot look at '%s': %s", storage, strerror(errno)),
            "choose another `storage` in the lab file");
        return 0;
    }
    capacity->by_disk_thin = fits(capacity->disk_available, images, clone_growth);
    capacity->by_disk_full =
        fits(capacity->disk_available, images, needs.guests ? needs.disk / needs.guests : usual_disk);
    seen = vl_arena_printf(probe->arena, "%s free for '%s'; room for %u linked clones, %u of them written full",
                           size_text(probe, capacity->disk_available), storage, capacity->by_disk_thin,
                           capacity->by_disk_full);
    if (needs.guests)
        seen = vl_arena_printf(probe->arena, "%s; this lab's %u need about %s, at most %s", seen, needs.guests,
                               size_text(probe, capacity->disk_thin), size_text(probe, capacity->disk_full));
    if (capacity->disk_thin > capacity->disk_available)
        add(probe, "disk", VL_CHECK_FAIL, seen, "make room, or choose another `storage` in the lab file");
    else if (capacity->disk_full > capacity->disk_available)
        add(probe, "disk", VL_CHECK_WARN, seen, "enough for linked clones, not for disks that are written full");
    else
        add(probe, "disk", VL_CHECK_PASS, seen, NULL);
    return 0;
}

static const struct {
    const char *program, *package, *purpose;
    enum vl_check_status missing;
} tools[] = {
    { "qemu-img", "qemu-utils", "makes disk images", VL_CHECK_FAIL },
    { "xorriso", "xorriso", "makes the seed of each guest", VL_CHECK_FAIL },
    { "ip", "iproute2", "makes the bridge", VL_CHECK_FAIL },
    { "ssh-keygen", "openssh-client", "makes the lab's keys", VL_CHECK_FAIL },
    { "mmdebstrap", "mmdebstrap", "builds images; not needed for ready ones", VL_CHECK_WARN },
    { "sipp", "sip-tester", "makes the calls of load runs", VL_CHECK_WARN },
};

static int check_tools(struct probe *probe)
{
    for (size_t i = 0; i < VL_COUNT(tools); i++) {
        bool found = is_there(probe, tools[i].program);

        add(probe, tools[i].program, found ? VL_CHECK_PASS : tools[i].missing,
            found ? "installed" : vl_arena_printf(probe->arena, "not installed (%s)", tools[i].purpose),
            found ? NULL : vl_arena_printf(probe->arena, "apt-get install %s", tools[i].package));
    }
    return 0;
}

int vl_probe_host(struct vl_arena *arena, const struct vl_host_options *options, struct vl_host_report *ret_report,
                  struct vl_error *err)
{
    static int (*const checks[])(struct probe *) = {
        check_cpu, check_kvm, check_emulator, check_memory, check_disk, check_tools,
    };
    bool elsewhere = options->root && *options->root && strcmp(options->root, "/") != 0;
    struct vl_host_report report = { .count = 0 };
    struct probe probe = {
        .arena = arena,
        .options = options,
        .report = &report,
        .err = err,
        .root = elsewhere ? options->root : "",
    };

    for (size_t i = 0; i < VL_COUNT(checks); i++)
        if (checks[i](&probe) < 0)
            return -1;
    report.capacity.first = report.capacity.by_memory <= report.capacity.by_disk_thin ? "memory" : "disk";
    if (arena->failed)
        return vl_fail(err, VL_ERROR_MEMORY, "out of memory");
    *ret_report = report;
    return 0;
}
