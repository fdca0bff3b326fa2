/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is done in a system that was just installed, by the shell of the installer in it: plain sh, as CentOS 5 has it.
 * Nothing of it may fail the installation that is done otherwise: what the system has no part for is left out.
 */
#include <string.h>

#include "base/text.h"
#include "lab/system.h"
#include "render/installer_part.h"

#define END "VOIPLAB-END"

static void add_file(struct vl_buf *out, const char *path, const char *mode, const char *text)
{
    size_t length = strlen(text);

    vl_buf_printf(out, "cat >%s <<'" END "'\n%s%s" END "\nchmod %s %s\n", path, text,
                  length && text[length - 1] == '\n' ? "" : "\n", mode, path);
}

/* The key that logs in, and the host key that was made on the voiplab host instead of those that were made here. */
static void add_keys(struct vl_buf *out, struct vl_arena *arena, const struct vl_answers *answers)
{
    const char *kind = vl_system_key_type(answers->os);
    const char *path = vl_arena_printf(arena, "/etc/ssh/ssh_host_%s_key", kind);

    vl_buf_puts(out, "umask 077\nmkdir -p /root/.ssh\nchmod 0700 /root/.ssh\n");
    add_file(out, "/root/.ssh/authorized_keys", "0600", answers->authorized_key);
    vl_buf_puts(out, "rm -f /etc/ssh/ssh_host_*\n");
    add_file(out, path, "0600", answers->host_private_key);
    add_file(out, vl_arena_printf(arena, "%s.pub", path), "0644", answers->host_public_key);
}

/* At the top, where no Match block can be before it, and without what says otherwise further down. On a network without
 * a name server each login would wait for one; so does GSSAPI. */
static const char sshd[] = "conf=/etc/ssh/sshd_config\n"
                           "{\n"
                           "    echo 'UseDNS no'\n"
                           "    echo 'GSSAPIAuthentication no'\n"
                           "    echo 'PermitRootLogin yes'\n"
                           "    grep -v -i -E '^[[:space:]]*(UseDNS|GSSAPIAuthentication|PermitRootLogin)[[:space:]]' "
                           "$conf\n"
                           "} >$conf.new\n"
                           "cat $conf.new >$conf\n"
                           "rm -f $conf.new\n";

/* Asterisk looks its own name up when it starts, and the card of a clone has another address. */
static void add_network(struct vl_buf *out, struct vl_arena *arena, const struct vl_answers *answers)
{
    vl_buf_printf(out,
                  "{\n"
                  "    grep -v '[[:space:]]%s$' /etc/hosts\n"
                  "    echo '%s %s'\n"
                  "} >/etc/hosts.new\n"
                  "cat /etc/hosts.new >/etc/hosts\n"
                  "rm -f /etc/hosts.new /etc/udev/rules.d/*persistent-net*\n",
                  answers->hostname, vl_text_from_ipv4(arena, answers->address), answers->hostname);
    for (size_t i = 0; answers->dns && answers->dns[i]; i++)
        vl_buf_printf(out, "%secho 'nameserver %s' >%s/etc/resolv.conf\n", i ? "" : "rm -f /etc/resolv.conf\n",
                      answers->dns[i], i ? ">" : "");
    if (answers->dns && answers->dns[0])
        vl_buf_puts(out, "chmod 0644 /etc/resolv.conf\n");
}

/* systemd and Debian's installer see to it by the kernel's command line; init of RHEL 5 has a line for each. */
static const char console[] = "if [ -f /etc/inittab ] && ! grep -q ttyS0 /etc/inittab && [ -x /sbin/agetty ]; then\n"
                              "    echo 'S0:2345:respawn:/sbin/agetty -L ttyS0 115200 vt100' >>/etc/inittab\n"
                              "    grep -q ttyS0 /etc/securetty || echo ttyS0 >>/etc/securetty\n"
                              "fi\n";

/*
 * Elastix and Issabel ask for the passwords of MySQL's root and of the web interface's admin on the console at their
 * first start, and nothing that comes later is started until somebody answers. They do not ask when their file has the
 * password of MySQL, which then must be true: so it is set just before, once MySQL runs. Later versions have a program
 * that sets all passwords. What both leave as it was shipped, and everybody knows, is that of the manager interface.
 */
static const char first_start[] =
    "#!/bin/sh\n"
    "# chkconfig: 2345 65 35\n"
    "# description: the passwords that the web interface would ask for at its first start\n"
    "### BEGIN INIT INFO\n"
    "# Provides: voiplab-first-start\n"
    "# Required-Start: $local_fs\n"
    "# Default-Start: 2 3 4 5\n"
    "### END INIT INFO\n"
    "[ -f /root/.voiplab-first-start ] || exit 0\n"
    "umask 077\n"
    ". /root/.voiplab-first-start\n"
    "for service in mysqld mariadb; do\n"
    "    service $service start >/dev/null 2>&1 && break\n"
    "done\n"
    "mysql -u root <<SQL || exit 1\n"
    "UPDATE mysql.user SET Password = PASSWORD('$database') WHERE User = 'root';\n"
    "FLUSH PRIVILEGES;\n"
    "SQL\n"
    "for name in elastix issabel; do\n"
    "    [ -x /usr/bin/$name-admin-passwords ] || [ -f /etc/init.d/$name-firstboot ] || continue\n"
    "    printf 'mysqlrootpwd=%s\\ncyrususerpwd=%s\\namiadminpwd=%s\\n' \"$database\" \"$database\" \"$web\" "
    ">/etc/$name.conf\n"
    "    chown asterisk:asterisk /etc/$name.conf\n"
    "done\n"
    "if [ -f /etc/amportal.conf ] && [ -f /etc/asterisk/manager.conf ]; then\n"
    "    sed -i -f /dev/stdin /etc/amportal.conf <<SED\n"
    "s/^AMPMGRPASS=.*/AMPMGRPASS=$web/\n"
    "SED\n"
    "    sed -i -f /dev/stdin /etc/asterisk/manager.conf <<SED\n"
    "/^\\[admin\\]/,/^secret/s/^secret.*/secret = $web/\n"
    "SED\n"
    "fi\n"
    "rm -f /root/.voiplab-first-start\n";

static const char first_start_unit[] = "[Unit]\n"
                                       "Description=The passwords that the web interface would ask for\n"
                                       "ConditionPathExists=/root/.voiplab-first-start\n"
                                       "After=mariadb.service mysqld.service\n"
                                       "Before=elastix-firstboot.service issabel-firstboot.service asterisk.service\n"
                                       "[Service]\n"
                                       "Type=oneshot\n"
                                       "ExecStart=/etc/init.d/voiplab-first-start\n"
                                       "[Install]\n"
                                       "WantedBy=multi-user.target\n";

static void add_first_start(struct vl_buf *out, struct vl_arena *arena, const struct vl_answers *answers)
{
    add_file(out, "/root/.voiplab-first-start", "0600",
             vl_arena_printf(arena, "database=%s\nweb=%s\n", answers->database_password, answers->web_password));
    add_file(out, "/etc/init.d/voiplab-first-start", "0755", first_start);
    vl_buf_puts(out, "if [ -d /etc/systemd/system ]; then\n");
    add_file(out, "/etc/systemd/system/voiplab-first-start.service", "0644", first_start_unit);
    vl_buf_puts(out, "    systemctl enable voiplab-first-start.service\n"
                     "else\n"
                     "    chkconfig --add voiplab-first-start\n"
                     "fi\n");
}

/* Where the installer spoke another language: Debian's. */
static void add_language(struct vl_buf *out, const struct vl_answers *answers)
{
    const char *locale = answers->country->locale;

    vl_buf_printf(out,
                  "if [ -f /etc/locale.gen ] && ! grep -q '^%s' /etc/locale.gen; then\n"
                  "    echo '%s UTF-8' >>/etc/locale.gen\n"
                  "    locale-gen >/dev/null && update-locale LANG=%s\n"
                  "fi\n",
                  locale, locale, locale);
}

void vl_write_installer_post(struct vl_buf *out, struct vl_arena *arena, const struct vl_answers *answers)
{
    add_keys(out, arena, answers);
    vl_buf_puts(out, sshd);
    add_network(out, arena, answers);
    vl_buf_puts(out, console);
    add_language(out, answers);
    if (vl_system_asks(answers->os))
        add_first_start(out, arena, answers);
    vl_buf_puts(out, "rm -f /root/anaconda-ks.cfg /root/original-ks.cfg\n");
}
