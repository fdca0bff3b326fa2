/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Kernel modules: whether what the guests and their network need is loaded, built in, or could be loaded. The sources,
 * in this order: /proc/modules, /sys/module (which has loaded modules, and built-in ones that have parameters),
 * modules.builtin and modules.dep of the kernel's release, and a device or directory that only the module makes.
 *
 * Names are written with '_' in /proc and /sys and often with '-' in file names; both are the same to modprobe.
 */
#include <dirent.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "probe/forward.h"
#include "probe/host_part.h"

struct wanted {
    const char *name;
    const char *sign;                /* path that is there when the module is; NULL: none */
    enum vl_check_status absent;     /* neither there nor loadable */
    enum vl_check_status loadable;   /* not loaded, but can be */
    const char *purpose, *on_absent; /* what it is for; what to do when there is none, NULL: nothing */
};

static const struct wanted network_modules[] = {
    { "vhost_net", "/dev/vhost-net", VL_CHECK_WARN, VL_CHECK_WARN, "the guests' network cards in the kernel",
      "guests work without it, with a slower network; use a kernel that has it" },
    { "tun", "/dev/net/tun", VL_CHECK_FAIL, VL_CHECK_WARN, "the guests' end of the bridge",
      "use a kernel with CONFIG_TUN: without it no guest has a network" },
    { "bridge", NULL, VL_CHECK_FAIL, VL_CHECK_WARN, "the bridge of the lab",
      "use a kernel with CONFIG_BRIDGE: without it there is no lab network" },
    { "br_netfilter", "/proc/sys/net/bridge", VL_CHECK_PASS, VL_CHECK_WARN,
      "the kernel settings that 'voiplab bridge' writes", NULL },
};

/* True when `line` names the module, up to `end`, '-' and '_' being the same. */
static bool same_name(const char *text, size_t length, const char *name)
{
    if (length != strlen(name))
        return false;
    for (size_t i = 0; i < length; i++)
        if (text[i] != name[i] && !(text[i] == '-' && name[i] == '_'))
            return false;
    return true;
}

/* A line of modules.builtin ("kernel/net/bridge/bridge.ko") or modules.dep ("kernel/net/bridge/bridge.ko.xz: …"). */
static bool lists(const char *text, const char *name)
{
    while (*text) {
        size_t length = strcspn(text, "\n"), path = strcspn(text, ":\n");
        const char *slash = memrchr(text, '/', path), *base = slash ? slash + 1 : text;
        size_t rest = path - (size_t)(base - text), stem = strcspn(base, ".:\n");

        if (stem < rest && same_name(base, stem, name))
            return true;
        text += length + (text[length] == '\n');
    }
    return false;
}

/* /proc/modules: "kvm_intel 282624 0 - Live 0x0000000000000000". */
static bool is_loaded(const char *text, const char *name)
{
    while (*text) {
        size_t length = strcspn(text, "\n");

        if (same_name(text, strcspn(text, " \n"), name))
            return true;
        text += length + (text[length] == '\n');
    }
    return false;
}

enum vl_module_state vl_probe_module(struct vl_probe *probe, const char *name)
{
    if (is_loaded(probe->modules, name))
        return VL_MODULE_LOADED;
    if (vl_probe_exists(probe, vl_arena_printf(probe->arena, "/sys/module/%s", name)) || lists(probe->built_in, name))
        return VL_MODULE_BUILT_IN;
    return lists(probe->loadable, name) ? VL_MODULE_LOADABLE : VL_MODULE_ABSENT;
}

/* The release whose modules count: of a tree what its /proc says, else the only one that it has. */
static const char *release(struct vl_probe *probe)
{
    const char *said = vl_probe_word(probe, "/proc/sys/kernel/osrelease"), *only = NULL;
    struct utsname name;
    DIR *directory;

    if (said && *said && !strchr(said, '/'))
        return said;
    if (!*probe->root)
        return uname(&name) == 0 ? vl_arena_strdup(probe->arena, name.release) : NULL;
    directory = opendir(vl_probe_path(probe, "/lib/modules"));
    for (const struct dirent *entry; directory && (entry = readdir(directory));) {
        if (entry->d_name[0] == '.')
            continue;
        if (only) {
            only = NULL;
            break;
        }
        only = vl_arena_strdup(probe->arena, entry->d_name);
    }
    if (directory)
        (void)closedir(directory);
    return only;
}

static void read_lists(struct vl_probe *probe)
{
    const char *directory = release(probe), *modules = vl_probe_read(probe, "/proc/modules");
    const char *built_in = NULL, *loadable = NULL;

    if (directory) {
        directory = vl_arena_printf(probe->arena, "/lib/modules/%s", directory);
        built_in = vl_probe_read(probe, vl_arena_printf(probe->arena, "%s/modules.builtin", directory));
        loadable = vl_probe_read(probe, vl_arena_printf(probe->arena, "%s/modules.dep", directory));
    }
    probe->modules = modules ? modules : "";
    probe->built_in = built_in ? built_in : "";
    probe->loadable = loadable ? loadable : "";
}

static void add_missing(struct vl_probe *probe, const char *name)
{
    struct vl_host_report *report = probe->report;
    size_t count = 0;
    const char **grown;

    while (report->missing_modules[count])
        count++;
    grown = vl_arena_zalloc(probe->arena, (count + 2) * sizeof(*grown));
    if (!grown)
        return;
    for (size_t i = 0; i < count; i++)
        grown[i] = report->missing_modules[i];
    grown[count] = name;
    report->missing_modules = grown;
}

static const char *load_remedy(struct vl_probe *probe, const char *name)
{
    return vl_arena_printf(probe->arena, "voiplab check-cpu --fix, or modprobe %s", name);
}

static void check_network_module(struct vl_probe *probe, const struct wanted *wanted)
{
    enum vl_module_state state = vl_probe_module(probe, wanted->name);

    if (state == VL_MODULE_LOADABLE)
        add_missing(probe, wanted->name);
    if (state == VL_MODULE_LOADED || state == VL_MODULE_BUILT_IN)
        vl_probe_add(probe, wanted->name, VL_CHECK_PASS, state == VL_MODULE_LOADED ? "loaded" : "built in", NULL);
    else if (wanted->sign && vl_probe_exists(probe, wanted->sign) && state == VL_MODULE_ABSENT)
        vl_probe_add(probe, wanted->name, VL_CHECK_PASS, vl_arena_printf(probe->arena, "there: '%s'", wanted->sign),
                     NULL);
    else if (state == VL_MODULE_LOADABLE)
        vl_probe_add(probe, wanted->name, wanted->loadable,
                     vl_arena_printf(probe->arena, "not loaded (%s)", wanted->purpose),
                     load_remedy(probe, wanted->name));
    else
        vl_probe_add(probe, wanted->name, wanted->absent,
                     vl_arena_printf(probe->arena, "this kernel has none (%s)%s", wanted->purpose,
                                     wanted->absent == VL_CHECK_PASS ? ": bridged frames pass no packet filter" : ""),
                     wanted->on_absent);
}

static const char *kvm_module(const struct vl_probe *probe)
{
    if (!probe->cpu.virtualization || probe->bar != VL_CPU_NO_BAR)
        return NULL;
    return strcmp(probe->cpu.virtualization, "vmx") == 0 ? "kvm_intel" : "kvm_amd";
}

static void check_kvm_module(struct vl_probe *probe)
{
    const char *name = kvm_module(probe);
    enum vl_module_state state;

    if (!name) {
        vl_probe_add(probe, "kvm module", VL_CHECK_SKIP,
                     vl_arena_printf(probe->arena, "of no use: %s", probe->report->unusable), NULL);
        return;
    }
    state = vl_probe_module(probe, name);
    if (state == VL_MODULE_LOADED || state == VL_MODULE_BUILT_IN) {
        vl_probe_add(probe, "kvm module", VL_CHECK_PASS,
                     vl_arena_printf(probe->arena, "%s is %s", name, state == VL_MODULE_LOADED ? "loaded" : "built in"),
                     NULL);
    } else if (state == VL_MODULE_LOADABLE && !probe->is_locked) {
        add_missing(probe, name);
        vl_probe_add(probe, "kvm module", VL_CHECK_FAIL, vl_arena_printf(probe->arena, "%s is not loaded", name),
                     load_remedy(probe, name));
    } else if (state == VL_MODULE_LOADABLE) {
        vl_probe_add(probe, "kvm module", VL_CHECK_FAIL,
                     vl_arena_printf(probe->arena,
                                     "%s is not loaded, and does not load while the firmware keeps %s "
                                     "off",
                                     name, probe->cpu.virtualization),
                     "see the row 'firmware lock'");
    } else if (probe->is_live && probe->report->usable) {
        vl_probe_add(probe, "kvm module", VL_CHECK_PASS,
                     vl_arena_printf(probe->arena, "%s is not to be seen, but /dev/kvm works", name), NULL);
    } else {
        vl_probe_add(probe, "kvm module", probe->is_live ? VL_CHECK_FAIL : VL_CHECK_WARN,
                     vl_arena_printf(probe->arena, "no %s to be seen", name),
                     "install the kernel's modules, or a kernel with KVM");
    }
}

static void check_nested(struct vl_probe *probe)
{
    const char *name = kvm_module(probe), *value = NULL;

    if (name)
        value = vl_probe_word(probe, vl_arena_printf(probe->arena, "/sys/module/%s/parameters/nested", name));
    if (!value || !*value)
        vl_probe_add(probe, "nested", VL_CHECK_SKIP, "the kvm module does not tell", NULL);
    else
        /* "Y" or "N", and "1" or "0" where it is a number */
        vl_probe_add(probe, "nested", VL_CHECK_PASS,
                     strchr("Yy123456789", *value)
                         ? "on: guests can be given virtualization of their own"
                         : "off: not needed, unless a guest shall itself run guests (nested=1)",
                     NULL);
}

static void skip_all(struct vl_probe *probe, const char *why)
{
    vl_probe_add(probe, "kvm module", VL_CHECK_SKIP, why, NULL);
    vl_probe_add(probe, "nested", VL_CHECK_SKIP, why, NULL);
    for (size_t i = 0; i < VL_COUNT(network_modules); i++)
        vl_probe_add(probe, network_modules[i].name, VL_CHECK_SKIP, why, NULL);
}

int vl_probe_modules(struct vl_probe *probe)
{
    probe->modules = probe->built_in = probe->loadable = "";
    if (probe->cpu_alone) {
        skip_all(probe, "a cpuinfo file does not tell");
        return 0;
    }
    read_lists(probe);
    if (*probe->root && !*probe->modules && !*probe->built_in && !*probe->loadable) {
        skip_all(probe, "the tree has neither /proc/modules nor /lib/modules");
        return 0;
    }
    check_kvm_module(probe);
    check_nested(probe);
    for (size_t i = 0; i < VL_COUNT(network_modules); i++)
        check_network_module(probe, &network_modules[i]);
    return 0;
}

/* Whether the guests of one bridge reach each other through the host's packet filter. */
int vl_probe_forward(struct vl_probe *probe)
{
    const struct vl_lab *lab = probe->options->lab;
    struct vl_forward forward[VL_FORWARD_FAMILIES];
    bool filtered = false;

    if (!probe->is_live) {
        vl_probe_add(probe, "bridged frames", VL_CHECK_SKIP, "another machine's packet filter is not seen", NULL);
        return 0;
    }
    vl_forward_look(probe->arena, lab ? lab->bridge.name : NULL, forward);
    for (int i = 0; i < VL_FORWARD_FAMILIES; i++) {
        filtered |= forward[i].filtered;
        if (!forward[i].filtered || !forward[i].drops || forward[i].accepted)
            continue;
        vl_probe_add(probe, "bridged frames", VL_CHECK_WARN,
                     vl_arena_printf(probe->arena,
                                     "the packet filter%s drops what is forwarded (%s), bridged frames as well (%s = "
                                     "1): guests do not reach each other",
                                     forward[i].docker ? " of Docker" : "", vl_forward_rows[i].program,
                                     vl_forward_rows[i].key),
                     "'voiplab bridge' and 'voiplab up' let those of the lab's bridge pass");
        return 0;
    }
    vl_probe_add(probe, "bridged frames", VL_CHECK_PASS,
                 filtered ? "pass the packet filter, which drops none of them by its policy"
                          : "pass by the packet filter",
                 NULL);
    return 0;
}

static bool has_entries(const char *path)
{
    DIR *directory = opendir(path);
    bool found = false;

    for (const struct dirent *entry; directory && !found && (entry = readdir(directory));)
        found = entry->d_name[0] != '.';
    if (directory)
        (void)closedir(directory);
    return found;
}

/* Said because people look for it: a lab passes no device through to a guest, DAHDI cards belong to the hub's host. */
int vl_probe_iommu(struct vl_probe *probe)
{
    bool on = has_entries(vl_probe_path(probe, "/sys/class/iommu"));

    vl_probe_add(probe, "iommu", VL_CHECK_PASS,
                 probe->cpu_alone ? "not needed: no device is passed through to a guest"
                 : on             ? "on, and not needed: no device is passed through to a guest"
                                  : "off, and not needed: no device is passed through to a guest",
                 NULL);
    return 0;
}
