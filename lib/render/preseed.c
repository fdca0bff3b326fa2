/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Preseed files: lines `owner question type value`, one blank before the value. They are read from the initrd before
 * the first question, those about the network too. The installation is text on the serial console.
 */
#include "base/cleanup.h"
#include "base/text.h"
#include "render/installer_part.h"

#include <string.h>

const char *vl_preseed_suite(const char *url)
{
    static const char dists[] = "/dists/";
    const char *at = strstr(url, dists), *host = strstr(url, "://");

    if (!host || !at || at < host + strlen("://x") || strspn(at + strlen(dists), "/") || !at[strlen(dists)])
        return NULL;
    return at + strlen(dists);
}

/* On a serial line the installer speaks no other language, and asks where it is told one; what the system speaks is
 * said in it afterwards. */
#define INSTALLER_LOCALE "en_US.UTF-8"

struct question {
    const char *name, *type, *value;
};

static void ask(struct vl_buf *out, const struct question *questions, size_t count)
{
    for (size_t i = 0; i < count; i++)
        vl_buf_printf(out, "d-i %s %s%s%s\n", questions[i].name, questions[i].type, *questions[i].value ? " " : "",
                      questions[i].value);
}

static const char *name_servers(struct vl_arena *arena, const struct vl_answers *answers)
{
    const char *list = "";

    for (size_t i = 0; answers->dns && answers->dns[i]; i++)
        list = vl_arena_printf(arena, "%s%s%s", list, i ? " " : "", answers->dns[i]);
    return list;
}

static void add_place(struct vl_buf *out, struct vl_arena *arena, const struct vl_answers *answers)
{
    const struct question questions[] = {
        { "debian-installer/locale", "string", INSTALLER_LOCALE },
        { "keyboard-configuration/xkb-keymap", "select", answers->country->keymap },
        { "netcfg/choose_interface", "select", "auto" },
        { "netcfg/disable_autoconfig", "boolean", "true" },
        { "netcfg/get_ipaddress", "string", vl_text_from_ipv4(arena, answers->address) },
        { "netcfg/get_netmask", "string", vl_text_from_ipv4(arena, vl_text_netmask(answers->prefix)) },
        { "netcfg/get_gateway", "string", answers->gateway ? vl_text_from_ipv4(arena, answers->gateway) : "none" },
        { "netcfg/get_nameservers", "string", name_servers(arena, answers) },
        { "netcfg/confirm_static", "boolean", "true" },
        { "netcfg/get_hostname", "string", answers->hostname },
        { "netcfg/get_domain", "string", "" },
        { "netcfg/hostname", "string", answers->hostname },
        { "hw-detect/load_firmware", "boolean", "false" },
        { "clock-setup/utc", "boolean", "true" },
        { "clock-setup/ntp", "boolean", "false" },
        { "time/zone", "string", answers->country->zone },
    };

    ask(out, questions, VL_COUNT(questions));
}

/* From http://HOST/debian/dists/SUITE/main/installer-amd64/ to where packages come from. Only what is there is asked
 * for: a mirror of a lab need not have updates. */
static void add_mirror(struct vl_buf *out, struct vl_arena *arena, const char *url)
{
    const char *suite = vl_preseed_suite(url), *host = strstr(url, "://") + strlen("://"), *path = strchr(host, '/');
    const char *protocol = vl_arena_strndup(arena, url, (size_t)(strstr(url, "://") - url));
    const char *directory = vl_arena_strndup(arena, path, (size_t)(suite - strlen("/dists/") - path));
    const struct question questions[] = {
        { "mirror/country", "string", "manual" },
        { "mirror/protocol", "string", protocol },
        { vl_arena_printf(arena, "mirror/%s/hostname", protocol), "string",
          vl_arena_strndup(arena, host, (size_t)(path - host)) },
        { vl_arena_printf(arena, "mirror/%s/directory", protocol), "string", *directory ? directory : "/" },
        { vl_arena_printf(arena, "mirror/%s/proxy", protocol), "string", "" },
        { "mirror/suite", "string", vl_arena_strndup(arena, suite, strcspn(suite, "/")) },
        { "base-installer/kernel/image", "string", "linux-image-cloud-amd64" },
    };

    ask(out, questions, VL_COUNT(questions));
}

static void add_disk(struct vl_buf *out, struct vl_arena *arena, const char *disk)
{
    const char *device = vl_arena_printf(arena, "/dev/%s", disk);
    const struct question questions[] = {
        { "partman-auto/disk", "string", device },
        { "partman-auto/method", "string", "regular" },
        { "partman-auto/choose_recipe", "select", "atomic" },
        { "partman-partitioning/confirm_write_new_label", "boolean", "true" },
        { "partman/choose_partition", "select", "finish" },
        { "partman/confirm", "boolean", "true" },
        { "partman/confirm_nooverwrite", "boolean", "true" },
        { "grub-installer/only_debian", "boolean", "true" },
        { "grub-installer/with_other_os", "boolean", "true" },
        { "grub-installer/bootdev", "string", device },
    };

    ask(out, questions, VL_COUNT(questions));
}

static const struct question packages[] = {
    { "base-installer/install-recommends", "boolean", "false" },
    { "apt-setup/services-select", "multiselect", "" },
    { "apt-setup/enable-source-repositories", "boolean", "false" },
    { "apt-setup/cdrom/set-first", "boolean", "false" },
    { "pkgsel/run_tasksel", "boolean", "false" },
    { "pkgsel/upgrade", "select", "none" },
    { "pkgsel/update-policy", "select", "none" },
};

/* Root has no password, and there is nobody else. It is "*" since "!" is no answer: the installer then asks for one. */
static const struct question rest[] = {
    { "passwd/root-login", "boolean", "true" },
    { "passwd/make-user", "boolean", "false" },
    { "passwd/root-password-crypted", "password", "*" },
    { "finish-install/reboot_in_progress", "note", "" },
    { "debian-installer/exit/poweroff", "boolean", "true" },
    { "preseed/late_command", "string",
      "cp /voiplab-post /target/root/voiplab-post && in-target sh /root/voiplab-post && "
      "rm /target/root/voiplab-post" },
};

void vl_write_preseed(struct vl_arena *arena, const struct vl_answers *answers, struct vl_fileset *set)
{
    VL_BUF_AUTO out = VL_BUF_INIT;
    VL_BUF_AUTO post = VL_BUF_INIT;

    vl_buf_printf(&out, "# Written by voiplab for %s of the lab %s: the answers of its installation.\n",
                  answers->hostname, answers->lab);
    add_place(&out, arena, answers);
    if (answers->url)
        add_mirror(&out, arena, answers->url);
    else
        vl_buf_puts(&out, "d-i apt-setup/use_mirror boolean false\n");
    add_disk(&out, arena, answers->disk);
    ask(&out, packages, VL_COUNT(packages));
    vl_buf_puts(&out, "d-i pkgsel/include string");
    vl_installer_packages(&out, answers, " ", "");
    vl_buf_puts(&out, "\npopularity-contest popularity-contest/participate boolean false\n");
    ask(&out, rest, VL_COUNT(rest));
    vl_installer_file(arena, set, "preseed.cfg", 0600, &out, "the answers to all that the installer would ask");
    vl_write_installer_post(&post, arena, answers);
    vl_installer_file(arena, set, "voiplab-post", 0600, &post,
                      "what makes the new system a guest of the lab: its keys and its console");
}

const char *vl_preseed_cmdline(struct vl_arena *arena, const struct vl_answers *answers)
{
    return vl_arena_printf(
        arena,
        "auto=true priority=critical file=/preseed.cfg hostname=%s domain= DEBIAN_FRONTEND=text TERM=dumb "
        "net.ifnames=0 console=ttyS0,115200 --- net.ifnames=0 " VL_INSTALLER_CONSOLE,
        answers->hostname);
}
