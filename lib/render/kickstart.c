/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Kickstart files: commands, then the packages, then a shell script that is run in the new system. What anaconda takes
 * differs between RHEL 5 (no %end, one name server, device by name, no locked root) and 7.
 *
 * `cmdline`: a question that is not answered stops the installation for good, where the serial console shows it, and
 * `poweroff` is an end that the hypervisor sees.
 */
#include "base/text.h"
#include "render/installer_part.h"

static void add_head(struct vl_buf *out, const struct vl_answers *answers)
{
    vl_buf_printf(out, "# Written by voiplab for %s of the lab %s: the answers of its installation.\n",
                  answers->hostname, answers->lab);
    vl_buf_puts(out, "install\ncmdline\n");
    if (answers->url)
        vl_buf_printf(out, "url --url=%s\n", answers->url);
    else
        vl_buf_puts(out, "cdrom\n");
    vl_buf_printf(out, "lang %s\n", answers->country->locale);
}

static void add_network(struct vl_buf *out, struct vl_arena *arena, const struct vl_answers *answers,
                        const char *device)
{
    vl_buf_printf(out, "network --device=%s --bootproto=static --ip=%s --netmask=%s", device,
                  vl_text_from_ipv4(arena, answers->address),
                  vl_text_from_ipv4(arena, vl_text_netmask(answers->prefix)));
    if (answers->gateway)
        vl_buf_printf(out, " --gateway=%s", vl_text_from_ipv4(arena, answers->gateway));
}

static bool has_dns(const struct vl_answers *answers)
{
    return answers->dns && answers->dns[0];
}

static void add_packages(struct vl_buf *out, const struct vl_answers *answers)
{
    vl_buf_puts(out, "\n%packages\n");
    vl_installer_packages(out, answers, "", "\n");
}

static void add_post(struct vl_buf *out, struct vl_arena *arena, const struct vl_answers *answers)
{
    vl_buf_puts(out, "\n%post\n");
    vl_write_installer_post(out, arena, answers);
}

static void finish(struct vl_buf *out, struct vl_arena *arena, struct vl_fileset *set)
{
    vl_installer_file(arena, set, "ks.cfg", 0600, out,
                      "the answers to all that the installer would ask, with the lab's key and the guest's own host "
                      "key");
}

void vl_write_kickstart5(struct vl_arena *arena, const struct vl_answers *answers, struct vl_fileset *set)
{
    VL_BUF_AUTO out = VL_BUF_INIT;
    const char *disk = answers->disk;

    add_head(&out, answers);
    vl_buf_printf(&out, "keyboard %s\n", answers->country->layout);
    add_network(&out, arena, answers, "eth0");
    vl_buf_printf(&out, "%s%s --noipv6 --hostname=%s\n", has_dns(answers) ? " --nameserver=" : " --nodns",
                  has_dns(answers) ? answers->dns[0] : "", answers->hostname);
    vl_buf_puts(&out, "rootpw --iscrypted !!\nauthconfig --enableshadow --enablemd5\nfirewall --disabled\n"
                      "selinux --disabled\nfirstboot --disable\n");
    vl_buf_printf(&out, "timezone --utc %s\n", answers->country->zone);
    vl_buf_printf(&out, "bootloader --location=mbr --driveorder=%s --append=\"" VL_INSTALLER_CONSOLE "\"\n", disk);
    vl_buf_printf(&out, "zerombr\nclearpart --all --initlabel --drives=%s\n", disk);
    vl_buf_printf(&out, "part swap --size=256 --ondisk=%s --asprimary\n", disk);
    vl_buf_printf(&out, "part / --fstype=ext3 --size=1024 --grow --ondisk=%s --asprimary\n", disk);
    vl_buf_puts(&out, "skipx\npoweroff\n");
    add_packages(&out, answers);
    add_post(&out, arena, answers);
    finish(&out, arena, set);
}

static void add_dns(struct vl_buf *out, const struct vl_answers *answers)
{
    if (!has_dns(answers))
        vl_buf_puts(out, " --nodns");
    for (size_t i = 0; has_dns(answers) && answers->dns[i]; i++)
        vl_buf_printf(out, "%s%s", i ? "," : " --nameserver=", answers->dns[i]);
}

void vl_write_kickstart7(struct vl_arena *arena, const struct vl_answers *answers, struct vl_fileset *set)
{
    VL_BUF_AUTO out = VL_BUF_INIT;
    const char *disk = answers->disk;

    add_head(&out, answers);
    vl_buf_printf(&out, "eula --agreed\nkeyboard --vckeymap=%s --xlayouts=%s\n", answers->country->layout,
                  answers->country->keymap);
    add_network(&out, arena, answers, answers->mac);
    add_dns(&out, answers);
    vl_buf_printf(&out, " --noipv6 --onboot=yes --activate --hostname=%s\n", answers->hostname);
    vl_buf_puts(&out, "rootpw --lock\nauth --enableshadow --passalgo=sha512\nfirewall --disabled\nselinux --disabled\n"
                      "firstboot --disable\n");
    vl_buf_printf(&out, "timezone %s --utc --nontp\n", answers->country->zone);
    vl_buf_printf(&out, "ignoredisk --only-use=%s\n", disk);
    vl_buf_printf(
        &out, "bootloader --location=mbr --boot-drive=%s --append=\"" VL_INSTALLER_CONSOLE " net.ifnames=0\"\n", disk);
    vl_buf_printf(&out, "zerombr\nclearpart --all --initlabel --drives=%s\n", disk);
    vl_buf_printf(&out, "part swap --size=256 --ondisk=%s --asprimary\n", disk);
    vl_buf_printf(&out, "part / --fstype=ext4 --size=1024 --grow --ondisk=%s --asprimary\n", disk);
    vl_buf_puts(&out, "skipx\npoweroff\n");
    add_packages(&out, answers);
    vl_buf_puts(&out, "%end\n");
    add_post(&out, arena, answers);
    vl_buf_puts(&out, "%end\n");
    finish(&out, arena, set);
}

/* The loader of RHEL 5 tries every CD drive in turn until one has the file. */
const char *vl_kickstart5_cmdline(struct vl_arena *arena, const struct vl_answers *answers)
{
    return vl_arena_printf(arena, "ks=cdrom:/ks.cfg ksdevice=eth0 cmdline noipv6%s " VL_INSTALLER_CONSOLE,
                           answers->url ? "" : " method=cdrom");
}

/* By its label, whatever device it is. From a tree the second stage comes over the network, which dracut sets up. */
const char *vl_kickstart7_cmdline(struct vl_arena *arena, const struct vl_answers *answers)
{
    VL_BUF_AUTO line = VL_BUF_INIT;

    vl_buf_puts(&line, "inst.ks=hd:LABEL=OEMDRV:/ks.cfg inst.cmdline net.ifnames=0 biosdevname=0");
    if (answers->url) {
        vl_buf_printf(&line, " inst.repo=%s ip=%s::%s:%s:%s:eth0:none", answers->url,
                      vl_text_from_ipv4(arena, answers->address),
                      answers->gateway ? vl_text_from_ipv4(arena, answers->gateway) : "",
                      vl_text_from_ipv4(arena, vl_text_netmask(answers->prefix)), answers->hostname);
        for (size_t i = 0; has_dns(answers) && answers->dns[i]; i++)
            vl_buf_printf(&line, " nameserver=%s", answers->dns[i]);
    } else {
        vl_buf_puts(&line, " inst.repo=cdrom");
    }
    vl_buf_puts(&line, " " VL_INSTALLER_CONSOLE);
    arena->failed |= line.failed;
    return vl_arena_strdup(arena, vl_buf_text(&line));
}
