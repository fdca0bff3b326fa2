/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "probe/packages.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/process.h"
#include "base/text.h"

/* The row of CentOS 5 comes before that of yum: there the hypervisor is a group of packages, and bears no name of ours.
 * What a distribution does not have keeps none of the others from being installed, as far as the manager can be told.
 */
static const struct vl_package_manager managers[] = {
    { .program = "yum",
      .family = VL_PACKAGES_RED_HAT,
      .install = { "yum", "-y", "install" },
      .group = "KVM",
      .install_group = { "yum", "-y", "groupinstall", "KVM" } },
    { .program = "yum", .family = VL_PACKAGES_RED_HAT, .install = { "yum", "-y", "install" } },
    { .program = "dnf", .family = VL_PACKAGES_RED_HAT, .install = { "dnf", "-y", "--setopt=strict=0", "install" } },
    { .program = "zypper",
      .family = VL_PACKAGES_SUSE,
      .install = { "zypper", "--non-interactive", "--ignore-unknown", "install" } },
    { .program = "apt-get",
      .family = VL_PACKAGES_DEBIAN,
      .install = { "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "--yes", "--no-install-recommends", "install" },
      .refresh = { "apt-get", "update" },
      .lists = "/var/lib/apt/lists/*Packages*" },
};

enum { YUM_OF_CENTOS_5, YUM, DNF, ZYPPER, APT };

static bool has_file(struct vl_arena *arena, const char *root, const char *path)
{
    return vl_file_exists(vl_arena_printf(arena, "%s%s", root, path));
}

static bool has_program(struct vl_arena *arena, const char *root, const char *program)
{
    return (!*root && vl_process_found(program)) ||
           has_file(arena, root, vl_arena_printf(arena, "/usr/bin/%s", program));
}

static bool is_centos_5(struct vl_arena *arena, const char *root)
{
    VL_FREE char *text = NULL;
    VL_ERROR_AUTO ignored = { .code = VL_OK };

    return vl_file_read(vl_arena_printf(arena, "%s/etc/redhat-release", root), 4096, &text, NULL, &ignored) == 0 &&
           strstr(text, "release 5");
}

/* By the distribution before the programs: apt-get is a package of Fedora's, and zypper one of Debian's. */
const struct vl_package_manager *vl_package_manager(struct vl_arena *arena, const char *root)
{
    bool live = !*root;

    if (is_centos_5(arena, root))
        return &managers[YUM_OF_CENTOS_5];
    if (has_file(arena, root, "/etc/redhat-release"))
        return &managers[has_program(arena, root, "dnf") ? DNF : YUM];
    if (has_file(arena, root, "/etc/zypp"))
        return &managers[ZYPPER];
    return !live || has_program(arena, root, "apt-get") ? &managers[APT] : NULL;
}

const struct vl_package_manager *vl_package_manager_named(const char *program)
{
    for (size_t i = VL_COUNT(managers); i > 0; i--)
        if (!strcmp(managers[i - 1].program, program))
            return &managers[i - 1];
    return NULL;
}

const char *vl_package_command(struct vl_arena *arena, const struct vl_package_manager *manager,
                               const struct vl_package *package, const char *program)
{
    if (manager && manager->group && package->in_group)
        return vl_arena_printf(arena, "%s groupinstall %s", manager->program, manager->group);
    if (manager && package->names[manager->family])
        return vl_arena_printf(arena, "%s install %s", manager->program, package->names[manager->family]);
    return vl_arena_printf(arena, "install the program %s%s", program,
                           manager ? "; this distribution has no package of it" : "");
}

void vl_package_missing(struct vl_arena *arena, struct vl_missing_packages *missing, const struct vl_package *package)
{
    const struct vl_package_manager *manager = missing->manager;
    const char *name = manager ? package->names[manager->family] : NULL;
    const char **grown;
    size_t count = 0;

    if (manager && manager->group && package->in_group) {
        missing->group = true;
        return;
    }
    while (name && missing->names && missing->names[count])
        if (!strcmp(missing->names[count++], name))
            return;
    grown = name ? vl_arena_zalloc(arena, (count + 2) * sizeof(*grown)) : NULL;
    if (!grown)
        return;
    for (size_t i = 0; i < count; i++)
        grown[i] = missing->names[i];
    grown[count] = name;
    missing->names = grown;
}
