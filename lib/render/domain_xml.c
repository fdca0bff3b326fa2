/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One function per part of the document, in its order. What differs between guests of 2009 and of today is in the table
 * of operating systems (lab/system.h); what differs between KVM and emulation is asked of spec->emulated where it
 * matters.
 */
#include "render/domain_xml.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/digest.h"
#include "base/list.h"
#include "base/xml.h"
#include "lab/emulation.h"
#include "lab/lab.h"
#include "lab/system.h"

/* How often a guest says what memory it uses: as often as somebody who looks at the lab would look again. */
#define BALLOON_PERIOD_S "5"

/* After what time the firmware begins again that has found nothing to boot from. */
#define RETRY_MS "5000"

/* Names of devices, as libvirt writes them. */
struct hardware {
    const char *bus, *disk, *seed_device, *seed, *cdrom; /* bus of the disk; targets */
    const char *network;
    bool virtio; /* the devices that only a virtio driver can drive */
};

static const struct hardware modern = {
    .bus = "virtio",
    .disk = "vda",
    .seed_device = "disk",
    .seed = "vdb",
    .cdrom = "hdc",
    .network = "virtio",
    .virtio = true,
};
static const struct hardware old = {
    .bus = "ide",
    .disk = "hda",
    .seed_device = "cdrom",
    .seed = "hdb",
    .cdrom = "hdc",
    .network = "e1000",
};

static const struct hardware *hardware_of(const char *os)
{
    return vl_system_is_virtio(os) ? &modern : &old;
}

static void add_osinfo(struct vl_xml *xml, const char *os)
{
    const char *version;
    const struct vl_system_family *family = vl_system_family(os, &version);

    if (!family || !family->url)
        return;
    vl_xml_open(xml, "libosinfo:libosinfo");
    vl_xml_attribute(xml, "xmlns:libosinfo", "http://libosinfo.org/xmlns/libvirt/domain/1.0");
    vl_xml_open(xml, "libosinfo:os");
    vl_xml_format(xml, "id", "%s%s", family->url, version);
    vl_xml_close(xml);
    vl_xml_close(xml);
}

static void add_metadata(struct vl_xml *xml, const struct vl_domain_spec *spec, const char *fingerprint)
{
    vl_xml_open(xml, "metadata");
    vl_xml_open(xml, "voiplab:guest");
    vl_xml_attribute(xml, "xmlns:voiplab", VL_XML_NAMESPACE);
    vl_xml_attribute(xml, "lab", spec->lab);
    vl_xml_attribute(xml, "name", spec->pbx);
    vl_xml_attribute(xml, "fingerprint", fingerprint);
    vl_xml_close(xml);
    add_osinfo(xml, spec->os);
    vl_xml_close(xml);
}

static void add_memory(struct vl_xml *xml, const char *element, uint64_t bytes)
{
    vl_xml_open(xml, element);
    vl_xml_attribute(xml, "unit", "KiB");
    vl_xml_format(xml, NULL, "%llu", (unsigned long long)(bytes / 1024 + (bytes % 1024 != 0)));
    vl_xml_close(xml);
}

static uint64_t most_memory(const struct vl_domain_spec *spec)
{
    return spec->max_memory > spec->memory ? spec->max_memory : spec->memory;
}

/* The most that it can have, and what it has: the balloon holds the rest, and processors beyond those that it has are
 * plugged in later. libvirt writes the number of these only where it is not the most. */
static void add_size(struct vl_xml *xml, const struct vl_domain_spec *spec)
{
    unsigned most = spec->max_vcpus > spec->vcpus ? spec->max_vcpus : spec->vcpus;

    add_memory(xml, "memory", most_memory(spec));
    add_memory(xml, "currentMemory", spec->memory);
    vl_xml_open(xml, "vcpu");
    if (most != spec->vcpus)
        vl_xml_format(xml, "current", "%u", spec->vcpus);
    vl_xml_format(xml, NULL, "%u", most);
    vl_xml_close(xml);
}

/* Machine `pc` has the IDE controller that old guests need, and emulated it starts no slower than q35. libvirt puts the
 * newest version of it into the definition. */
static const char *machine_of(const struct vl_domain_spec *spec)
{
    if (spec->machine)
        return spec->machine;
    return spec->machine_now ? spec->machine_now : "pc";
}

/* The disk first, also for an installation: an empty disk has no boot sector, so the firmware goes on to the next; once
 * installed it has one. The same definition is right before and after, and no run has to change it. */
static const char *const *order_of(const struct vl_domain_spec *spec)
{
    static const char *const usual[] = { VL_BOOT_DISK, VL_BOOT_CDROM, NULL };

    return spec->boot ? spec->boot : usual;
}

static bool uses_network(const struct vl_domain_spec *spec)
{
    return vl_list_has(order_of(spec), VL_BOOT_NETWORK);
}

/* An installer's kernel asks for no order. */
static bool uses_kernel(const struct vl_domain_spec *spec)
{
    return spec->kernel && (spec->installs || strcmp(*order_of(spec), VL_BOOT_DISK) == 0);
}

/* libvirt has our words, but for the disk. Without a medium there is no drive of that name but that of a seed. Where
 * nothing was found to boot from the firmware would halt for good, but a server of the network may come up later. */
static void add_order(struct vl_xml *xml, const struct vl_domain_spec *spec)
{
    for (const char *const *from = order_of(spec); *from; from++)
        if (spec->cdrom_path || strcmp(*from, VL_BOOT_CDROM) != 0)
            vl_xml_empty(xml, "boot", "dev", strcmp(*from, VL_BOOT_DISK) == 0 ? "hd" : *from, NULL);
    if (uses_network(spec))
        vl_xml_empty(xml, "bios", "rebootTimeout", RETRY_MS, NULL);
}

static void add_boot(struct vl_xml *xml, const struct vl_domain_spec *spec)
{
    vl_xml_open(xml, "os");
    vl_xml_open(xml, "type");
    vl_xml_attribute(xml, "arch", "x86_64");
    vl_xml_attribute(xml, "machine", machine_of(spec));
    vl_xml_text(xml, "hvm");
    vl_xml_close(xml);
    if (uses_kernel(spec)) {
        vl_xml_leaf(xml, "kernel", spec->kernel);
        if (spec->initrd)
            vl_xml_leaf(xml, "initrd", spec->initrd);
        if (spec->cmdline)
            vl_xml_leaf(xml, "cmdline", spec->cmdline);
    } else {
        add_order(xml, spec);
    }
    vl_xml_close(xml);
}

/* Late ticks are made up for (rtc) or spread (pit), and the clock source that costs most under KVM is left out:
 * RTP needs an even clock. Emulated, time is QEMU's own and the defaults start fastest. */
static void add_clock(struct vl_xml *xml, bool emulated)
{
    vl_xml_open(xml, "clock");
    vl_xml_attribute(xml, "offset", "utc");
    if (!emulated) {
        vl_xml_empty(xml, "timer", "name", "rtc", "tickpolicy", "catchup", NULL);
        vl_xml_empty(xml, "timer", "name", "pit", "tickpolicy", "delay", NULL);
        vl_xml_empty(xml, "timer", "name", "hpet", "present", "no", NULL);
    }
    vl_xml_close(xml);
}

/* In the unit that libvirt keeps it in. It is of a size while the guest runs, so the most that it can have counts. */
static void add_translation_cache(struct vl_xml *xml, uint64_t memory)
{
    vl_xml_open(xml, "tcg");
    vl_xml_open(xml, "tb-cache");
    vl_xml_attribute(xml, "unit", "KiB");
    vl_xml_format(xml, NULL, "%llu", (unsigned long long)(vl_emulation_cache(memory) / 1024));
    vl_xml_close(xml);
    vl_xml_close(xml);
}

static void add_processor(struct vl_xml *xml, const struct vl_domain_spec *spec)
{
    if (!spec->cpu || strcmp(spec->cpu, "host") == 0) {
        vl_xml_empty(xml, "cpu", "mode", spec->emulated ? "maximum" : "host-passthrough", NULL);
        return;
    }
    vl_xml_open(xml, "cpu");
    vl_xml_attribute(xml, "mode", "custom");
    vl_xml_attribute(xml, "match", "exact");
    vl_xml_leaf(xml, "model", spec->cpu);
    vl_xml_close(xml);
}

/* ACPI is how a guest is asked to stop. */
static void add_machine(struct vl_xml *xml, const struct vl_domain_spec *spec)
{
    vl_xml_open(xml, "features");
    vl_xml_empty(xml, "acpi", NULL);
    vl_xml_empty(xml, "apic", NULL);
    if (spec->emulated)
        add_translation_cache(xml, most_memory(spec));
    vl_xml_close(xml);
    add_processor(xml, spec);
    add_clock(xml, spec->emulated);
    vl_xml_leaf(xml, "on_poweroff", "destroy");
    vl_xml_leaf(xml, "on_reboot", spec->installs ? "destroy" : "restart");
    vl_xml_leaf(xml, "on_crash", "destroy");
}

struct drive {
    const char *device, *format, *path, *target, *bus;
    bool readonly;
};

static void add_drive(struct vl_xml *xml, const struct drive *drive)
{
    vl_xml_open(xml, "disk");
    vl_xml_attribute(xml, "type", "file");
    vl_xml_attribute(xml, "device", drive->device);
    vl_xml_empty(xml, "driver", "name", "qemu", "type", drive->format, NULL);
    vl_xml_empty(xml, "source", "file", drive->path, NULL);
    vl_xml_empty(xml, "target", "dev", drive->target, "bus", drive->bus, NULL);
    if (drive->readonly)
        vl_xml_empty(xml, "readonly", NULL);
    vl_xml_close(xml);
}

static void add_drives(struct vl_xml *xml, const struct vl_domain_spec *spec, const struct hardware *hardware)
{
    const struct drive drives[] = {
        { "disk", spec->disk_format, spec->disk_path, hardware->disk, hardware->bus, false },
        /* As a virtio disk the seed needs no CD driver, which saves an emulated guest a second. */
        { hardware->seed_device, "raw", spec->seed_path, hardware->seed, hardware->bus, true },
        { "cdrom", "raw", spec->cdrom_path, hardware->cdrom, "ide", true },
    };

    for (size_t i = 0; i < VL_COUNT(drives); i++) {
        if (drives[i].path)
            add_drive(xml, &drives[i]);
    }
}

static void add_network(struct vl_xml *xml, const struct vl_domain_spec *spec, const struct hardware *hardware)
{
    const char *type = spec->network ? "network" : "bridge";

    vl_xml_open(xml, "interface");
    vl_xml_attribute(xml, "type", type);
    vl_xml_empty(xml, "mac", "address", spec->mac, NULL);
    vl_xml_empty(xml, "source", type, spec->network ? spec->network : spec->bridge, NULL);
    vl_xml_empty(xml, "model", "type", hardware->network, NULL);
    if (!uses_network(spec))
        vl_xml_empty(xml, "rom", "enabled", "no", NULL); /* it does not boot from the network: do not load a boot ROM */
    vl_xml_close(xml);
}

/* A pseudo terminal for `virsh console`, and a log of all that went over it. */
static void add_console(struct vl_xml *xml, const char *log)
{
    vl_xml_open(xml, "serial");
    vl_xml_attribute(xml, "type", "pty");
    if (log)
        vl_xml_empty(xml, "log", "file", log, "append", "off", NULL);
    vl_xml_empty(xml, "target", "port", "0", NULL);
    vl_xml_close(xml);
    vl_xml_open(xml, "console");
    vl_xml_attribute(xml, "type", "pty");
    vl_xml_empty(xml, "target", "type", "serial", "port", "0", NULL);
    vl_xml_close(xml);
}

/* An installer shows a screen and wants a mouse, and it may come from the network; VNC is on the host's loopback only.
 * Any other guest has neither, nor a USB controller, whose polling wakes an emulated guest a thousand times a second.
 */
static void add_screen(struct vl_xml *xml, const struct vl_domain_spec *spec)
{
    if (!spec->cdrom_path && !uses_network(spec) && !spec->installs) {
        vl_xml_empty(xml, "controller", "type", "usb", "model", "none", NULL);
        return;
    }
    vl_xml_empty(xml, "input", "type", "tablet", "bus", "usb", NULL);
    vl_xml_open(xml, "graphics");
    vl_xml_attribute(xml, "type", "vnc");
    vl_xml_attribute(xml, "autoport", "yes");
    vl_xml_empty(xml, "listen", "type", "address", "address", "127.0.0.1", NULL);
    vl_xml_close(xml);
    vl_xml_open(xml, "video");
    vl_xml_empty(xml, "model", "type", "vga", NULL); /* the one that every installer of the last 20 years can drive */
    vl_xml_close(xml);
}

/* sshd and Asterisk's TLS wait for randomness at the first boot; the host has it. */
static void add_rng(struct vl_xml *xml)
{
    vl_xml_open(xml, "rng");
    vl_xml_attribute(xml, "model", "virtio");
    vl_xml_open(xml, "backend");
    vl_xml_attribute(xml, "model", "random");
    vl_xml_text(xml, "/dev/urandom");
    vl_xml_close(xml);
    vl_xml_close(xml);
}

/* What QEMU's guest agent in the guest would be asked through: libvirt makes the socket. Without an agent nobody is at
 * the other end. */
static void add_agent(struct vl_xml *xml)
{
    vl_xml_open(xml, "channel");
    vl_xml_attribute(xml, "type", "unix");
    vl_xml_empty(xml, "target", "type", "virtio", "name", "org.qemu.guest_agent.0", NULL);
    vl_xml_close(xml);
}

/* Memory that the guest has free goes back to the host by itself, where its kernel can (5.7 and later); it can be given
 * less or, up to the most, more of it; and it says every so often how much it uses. */
static void add_balloon(struct vl_xml *xml, bool virtio)
{
    if (!virtio) {
        vl_xml_empty(xml, "memballoon", "model", "none", NULL);
        return;
    }
    vl_xml_open(xml, "memballoon");
    vl_xml_attribute(xml, "model", "virtio");
    vl_xml_attribute(xml, "autodeflate", "on");
    vl_xml_attribute(xml, "freePageReporting", "on");
    vl_xml_empty(xml, "stats", "period", BALLOON_PERIOD_S, NULL);
    vl_xml_close(xml);
}

static void add_devices(struct vl_xml *xml, const struct vl_domain_spec *spec)
{
    const struct hardware *hardware = hardware_of(spec->os);

    vl_xml_open(xml, "devices");
    add_drives(xml, spec, hardware);
    add_network(xml, spec, hardware);
    add_console(xml, spec->console_log);
    add_screen(xml, spec);
    if (hardware->virtio) {
        add_agent(xml);
        add_rng(xml);
    }
    add_balloon(xml, hardware->virtio);
    vl_xml_close(xml);
}

static char *render(const struct vl_domain_spec *spec, const char *fingerprint, struct vl_error *err)
{
    VL_XML_AUTO *xml = vl_xml_new();

    vl_xml_open(xml, "domain");
    vl_xml_attribute(xml, "type", spec->emulated ? "qemu" : "kvm");
    vl_xml_leaf(xml, "name", spec->name);
    vl_xml_leaf(xml, "uuid", spec->uuid);
    if (spec->title)
        vl_xml_leaf(xml, "title", spec->title);
    add_metadata(xml, spec, fingerprint);
    add_size(xml, spec);
    add_boot(xml, spec);
    add_machine(xml, spec);
    add_devices(xml, spec);
    vl_xml_close(xml);
    return vl_xml_take(xml, err);
}

char *vl_render_domain_xml(const struct vl_domain_spec *spec, struct vl_error *err)
{
    struct vl_domain_spec stated = *spec;
    VL_FREE char *unmarked = NULL;
    char fingerprint[65];

    stated.machine_now = NULL;
    unmarked = render(&stated, "", err);
    if (!unmarked || vl_digest_sha256(unmarked, strlen(unmarked), fingerprint) < 0) {
        if (unmarked)
            vl_fail(err, VL_ERROR_FAILED, "cannot compute the fingerprint of guest '%s'", spec->name);
        return NULL;
    }
    fingerprint[16] = '\0';
    return render(spec, fingerprint, err);
}
