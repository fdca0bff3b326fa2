/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Programs that are missing, and the packages that bring them: a row per package manager, and for each package its name
 * in each family of distributions. What is here is words and argument vectors; the plan runs them.
 */
#ifndef VL_PROBE_PACKAGES_H
#define VL_PROBE_PACKAGES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

enum vl_package_family { VL_PACKAGES_DEBIAN, VL_PACKAGES_RED_HAT, VL_PACKAGES_SUSE, VL_PACKAGE_FAMILIES };

enum { VL_PACKAGES_ARGV = 8 };

struct vl_package_manager {
    const char *program;
    enum vl_package_family family;
    const char *install[VL_PACKAGES_ARGV]; /* argv before the names; NULL-terminated */
    const char *refresh[VL_PACKAGES_ARGV]; /* argv that fetches the lists of packages; empty: it does so by itself */
    const char *lists;                     /* pattern of the files that are there once it did */
    const char *group;                     /* brings the hypervisor and all that belongs to it; NULL: no group does */
    const char *install_group[VL_PACKAGES_ARGV];
};

/* A package. */
struct vl_package {
    const char *names[VL_PACKAGE_FAMILIES]; /* NULL: that family has none */
    bool in_group;                          /* comes with the group, where there is one */
};

/* What is missing of a host. */
struct vl_missing_packages {
    const struct vl_package_manager *manager; /* NULL: none that we know */
    const char *const *names;                 /* NULL-terminated */
    bool group;                               /* the group is missing as well */
};

/* The manager of the host whose files are below `root` ("" for this one). */
const struct vl_package_manager *vl_package_manager(struct vl_arena *arena, const char *root);

/* The manager in a row by the name of its program; NULL: there is no such row. */
const struct vl_package_manager *vl_package_manager_named(const char *program);

/* The command that a person types for the package: "yum groupinstall KVM". `program` is what is missing, for where no
 * package brings it. */
const char *vl_package_command(struct vl_arena *arena, const struct vl_package_manager *manager,
                               const struct vl_package *package, const char *program);

/* Add the package to what is missing, once. */
void vl_package_missing(struct vl_arena *arena, struct vl_missing_packages *missing, const struct vl_package *package);

#endif
