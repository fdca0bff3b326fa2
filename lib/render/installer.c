/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "render/installer.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/list.h"
#include "lab/system.h"
#include "render/installer_part.h"

#define ASTERISK "asterisk"
#define MIB(count) ((uint64_t)(count) << 20)

static const struct vl_installer centos5 = {
    .name = "CentOS 5",
    .memory = MIB(512),
    .carrier = VL_CARRIER_DISC,
    .disc_kernel = "isolinux/vmlinuz",
    .disc_initrd = "isolinux/initrd.img",
    .tree_kernel = "images/pxeboot/vmlinuz",
    .tree_initrd = "images/pxeboot/initrd.img",
    .tree_word = "method=",
    .render = vl_write_kickstart5,
    .cmdline = vl_kickstart5_cmdline,
};

static const struct vl_installer centos7 = {
    .name = "CentOS 7",
    .memory = MIB(2048),
    .carrier = VL_CARRIER_DISC,
    .disc_kernel = "isolinux/vmlinuz",
    .disc_initrd = "isolinux/initrd.img",
    .tree_kernel = "images/pxeboot/vmlinuz",
    .tree_initrd = "images/pxeboot/initrd.img",
    .tree_word = "inst.repo=",
    .render = vl_write_kickstart7,
    .cmdline = vl_kickstart7_cmdline,
};

static const struct vl_installer debian = {
    .name = "Debian",
    .memory = MIB(1024),
    .carrier = VL_CARRIER_INITRD,
    .disc_kernel = "install.amd/vmlinuz",
    .disc_initrd = "install.amd/initrd.gz",
    .tree_kernel = "current/images/netboot/debian-installer/amd64/linux",
    .tree_initrd = "current/images/netboot/debian-installer/amd64/initrd.gz",
    .render = vl_write_preseed,
    .cmdline = vl_preseed_cmdline,
};

static const char *const debian_alone[] = { "openssh-server", NULL };
static const char *const debian_asterisk[] = { "openssh-server", ASTERISK, NULL };
static const char *const centos_alone[] = { "@core", "openssh-server", NULL };

/* Which versions of which family (lab/system.h) have which installer, and what is installed unless the lab file says
 * it: nothing that is not there, for that is a question, and the installation stands still. CentOS never had Asterisk,
 * and Debian not since 12; before, its archive has it, and the disc that most have (netinst) has not. The names of the
 * packages of Elastix, Issabel and FreePBX are those of their repositories; their discs have further ones, which the
 * dependencies bring. */
static const struct system_row {
    const char *family;
    unsigned long first, last;
    const struct vl_installer *installer;
    const char *const *packages;
    const char *const *from_tree; /* NULL: the same */
} rows[] = {
    { "centos", 5, 5, &centos5, centos_alone, NULL },
    { "rhel", 5, 5, &centos5, centos_alone, NULL },
    {
        "elastix",
        2,
        2,
        &centos5,
        (const char *const[]){ "@base", "@core", "openssh-server", ASTERISK, "elastix", "elastix-firstboot",
                               "elastix-pbx", "elastix-system", "freePBX", NULL },
        NULL,
    },
    { "centos", 7, 7, &centos7, centos_alone, NULL },
    { "rhel", 7, 7, &centos7, centos_alone, NULL },
    {
        "elastix",
        4,
        4,
        &centos7,
        (const char *const[]){ "@core", "openssh-server", ASTERISK, "elastix", "elastix-firstboot", "elastix-pbx",
                               "elastix-system", "freePBX", NULL },
        NULL,
    },
    {
        "issabel",
        4,
        4,
        &centos7,
        (const char *const[]){ "@core", "openssh-server", ASTERISK, "issabel", "issabel-firstboot", "issabel-pbx",
                               "issabel-system", "issabelPBX", NULL },
        NULL,
    },
    { "freepbx", 14, 16, &centos7, (const char *const[]){ "@core", "openssh-server", ASTERISK, "freepbx", NULL },
      NULL },
    { "debian", 9, 11, &debian, debian_alone, debian_asterisk },
    { "debian", 12, 39, &debian, debian_alone, NULL },
};

static const struct system_row *find_row(const char *os)
{
    const char *version;
    const struct vl_system_family *family = vl_system_family(os, &version);
    unsigned long number = family ? strtoul(version, NULL, 10) : 0;

    for (size_t i = 0; family && i < VL_COUNT(rows); i++)
        if (strcmp(rows[i].family, family->name) == 0 && number >= rows[i].first && number <= rows[i].last)
            return &rows[i];
    return NULL;
}

static const char *const *packages_of(const struct system_row *row, bool tree)
{
    return tree && row->from_tree ? row->from_tree : row->packages;
}

bool vl_installer_has_asterisk(const char *os, bool tree)
{
    const struct system_row *row = find_row(os);

    return !row || vl_list_has(packages_of(row, tree), ASTERISK);
}

const struct vl_installer *vl_installer_find(const char *os)
{
    const struct system_row *row = find_row(os);

    return row ? row->installer : NULL;
}

static bool goes_on(const struct system_row *row, const struct system_row *next)
{
    return !strcmp(row->family, next->family) && row->last + 1 == next->first;
}

const char *vl_installer_list(struct vl_arena *arena)
{
    const char *list = "";

    for (size_t i = 0, last; i < VL_COUNT(rows); i = last + 1) {
        for (last = i; last + 1 < VL_COUNT(rows) && goes_on(&rows[last], &rows[last + 1]); last++)
            ;
        list = vl_arena_printf(arena, rows[i].first == rows[last].last ? "%s%s%s%lu" : "%s%s%s%lu to %lu", list,
                               i ? ", " : "", rows[i].family, rows[i].first, rows[last].last);
    }
    return list;
}

/* A control character would end a line early and start one of its writer's choice; a quote, what is quoted. */
static int check_line(const char *what, const char *text, struct vl_error *err)
{
    for (const char *p = text; *p; p++)
        if ((unsigned char)*p < ' ' || *p == 0x7f || *p == '\'' || *p == '"' || *p == '\\')
            return vl_fail(err, VL_ERROR_FAILED, "the answers of an installation: %s must be one line without quotes",
                           what);
    return *text ? 0 : vl_fail(err, VL_ERROR_FAILED, "the answers of an installation: %s is empty", what);
}

static int check_word(const char *what, const char *text, struct vl_error *err)
{
    for (const char *p = text; *p; p++)
        if ((unsigned char)*p <= ' ' || *p >= 0x7f)
            return vl_fail(err, VL_ERROR_FAILED, "the answers of an installation: %s must be one word", what);
    return check_line(what, text, err);
}

static int check_list(const char *what, const char *const *words, struct vl_error *err)
{
    for (; words && *words; words++)
        if (check_word(what, *words, err) < 0)
            return -1;
    return 0;
}

/* A file in a shell's here-document: none of its lines may be the one that ends it. */
static int check_key(const char *text, struct vl_error *err)
{
    for (const char *p = text; *p; p++)
        if (((unsigned char)*p < ' ' && *p != '\n') || *p >= 0x7f)
            return vl_fail(err, VL_ERROR_FAILED, "the answers of an installation: the host key is no text");
    return text[0] == '-' && text[strlen(text) - 1] == '\n'
               ? 0
               : vl_fail(err, VL_ERROR_FAILED, "the answers of an installation: the host key is no file of a key");
}

static int check(const struct vl_answers *answers, struct vl_error *err)
{
    const struct {
        const char *what, *text;
    } words[] = {
        { "the name of the lab", answers->lab },
        { "the host name", answers->hostname },
        { "the mac address", answers->mac },
        { "the disk", answers->disk },
        { "the time zone", answers->country->zone },
        { "the url", answers->url ? answers->url : "none" },
        { "the first password", vl_system_asks(answers->os) ? answers->database_password : "none" },
        { "the second password", vl_system_asks(answers->os) ? answers->web_password : "none" },
    };

    for (size_t i = 0; i < VL_COUNT(words); i++)
        if (check_word(words[i].what, words[i].text ? words[i].text : "", err) < 0)
            return -1;
    if (check_line("the authorized key", answers->authorized_key, err) < 0 ||
        check_line("the public host key", answers->host_public_key, err) < 0 ||
        check_list("a name server", answers->dns, err) < 0 || check_list("a package", answers->packages, err) < 0)
        return -1;
    return check_key(answers->host_private_key, err);
}

int vl_render_answers(struct vl_arena *arena, const struct vl_answers *answers, struct vl_fileset *set,
                      struct vl_error *err)
{
    const struct vl_installer *installer = vl_installer_find(answers->os);
    struct vl_answers complete = *answers;

    if (!installer)
        return vl_fail(err, VL_ERROR_FAILED,
                       "nobody knows how '%s' is installed unattended; known are %s, each with its version",
                       answers->os ? answers->os : "", vl_installer_list(arena));
    if (check(answers, err) < 0)
        return -1;
    if (!complete.packages)
        complete.packages = packages_of(find_row(answers->os), answers->url != NULL);
    if (installer == &debian && answers->url && !vl_preseed_suite(answers->url))
        return vl_fail(err, VL_ERROR_FAILED,
                       "'%s' is no installation tree of Debian's: it shall read like "
                       "http://deb.debian.org/debian/dists/bookworm/main/installer-amd64/",
                       answers->url);
    installer->render(arena, &complete, set);
    return vl_arena_check(arena, err);
}

const char *vl_render_installer_cmdline(struct vl_arena *arena, const struct vl_answers *answers)
{
    return vl_installer_find(answers->os)->cmdline(arena, answers);
}
